"""Calibration by Newton's method: the weights nearest to those before that add up to known totals of any numbers.

A weight d becomes d F(x'λ), and λ is such that the sum of d F(x'λ) x is the totals (Deville & Särndal 1992). F is
1 + u (linear: the regression estimator), exp(u) (raking) or the logit of their eq. 2.13, which stays within its bounds;
with bounds the first two are cut off at them. They are those of R `survey`'s `calibrate`, and give its weights.
λ is where D(λ) = sum of d G(x'λ) - T'λ is least, G' = F: a convex function, so steps that lessen it end there, and
where there is no such place no weights meet the totals.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

METHODS = ("raking", "linear", "logit")
SHORTEST = 2.0**-30  # the shortest part of a step that is tried before it is given up
ENOUGH = 1e-4  # of the fall that the slope promises: what a step must bring (Armijo)

Array = np.ndarray
Bounds = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Distance:
    """G, F = G' and F' of x'λ, each (n,) to (n,)."""

    integral: Callable[[Array], Array]
    factor: Callable[[Array], Array]
    slope: Callable[[Array], Array]


def distance(method: str, bounds: Bounds) -> Distance:
    """The functions of a method within its bounds, which are 0 and infinity, or less, where there are none."""
    low, high = bounds
    if method == "logit":
        return _logit(low, high)
    if method == "linear":
        whole, ends = Distance(lambda u: u + u**2 / 2, lambda u: 1 + u, np.ones_like), (low - 1, high - 1)
    else:
        whole, ends = Distance(np.exp, np.exp, np.exp), (np.log(low) if low > 0 else -np.inf, np.log(high))

    def integral(u: Array) -> Array:
        inside = np.clip(u, *ends)
        return whole.integral(inside) + whole.factor(inside) * (u - inside)  # a straight line beyond the ends

    return Distance(integral, lambda u: whole.factor(np.clip(u, *ends)),
                    lambda u: np.where((ends[0] < u) & (u < ends[1]), whole.slope(np.clip(u, *ends)), 0.0))


def _logit(low: float, high: float) -> Distance:
    steep = (high - low) / ((1 - low) * (high - 1))

    def part(u: Array) -> Array:  # of the way from low to high
        return 1 / (1 + np.exp(np.clip(np.log((high - 1) / (1 - low)) - steep * u, -700, 700)))

    return Distance(
        lambda u: low * u + (high - low) / steep * np.logaddexp(np.log(high - 1), np.log(1 - low) + steep * u),
        lambda u: low + (high - low) * part(u),
        lambda u: (high - low) * steep * part(u) * (1 - part(u)))


def factors(
    weights: Array, x: Array, totals: Array, method: str, bounds: Bounds, tolerance: float, max_iterations: int
) -> tuple[Array, int, Array]:
    """What the weights (n,) are multiplied with to add up to totals (k,) of x (n, k), how many steps, and gaps (k,).

    The gaps are what is left, relative to the totals, or to the sums of the sizes where a total is 0: above tolerance
    where no weights within the bounds meet them all, or max_iterations did not do.
    """
    how, size = distance(method, bounds), np.where(totals != 0, np.abs(totals), weights @ np.abs(x))
    size = np.where(size > 0, size, 1.0)
    z, wanted = _apart(weights, x, totals)

    def gaps(u: Array) -> Array:
        return np.abs((weights * how.factor(u)) @ x - totals) / size

    at, u, step = np.zeros(z.shape[1]), np.zeros(len(z)), 0
    while gaps(u).max() > tolerance and step < max_iterations:
        left = wanted - (weights * how.factor(u)) @ z
        move = np.linalg.pinv((z.T * (weights * how.slope(u))) @ z, 1e-12, hermitian=True) @ left
        if not left @ move > 0:
            move = left  # all are at a bound, so the slope tells nothing: straight down
        part = _part(lambda u, at: float(weights @ how.integral(u) - wanted @ at), u, at, z @ move, move, left @ move)
        if not part:
            break
        at, u, step = at + part * move, u + part * (z @ move), step + 1
    return how.factor(u), step, gaps(u)


def _apart(weights: Array, x: Array, totals: Array) -> tuple[Array, Array]:
    """Columns that span those of x, with cross-product 1 when weighted, and their totals: (n, r) and (r,)."""
    scale = np.sqrt(weights @ x**2)
    scaled = x / np.where(scale > 0, scale, 1.0)
    _, values, turn = np.linalg.svd(np.sqrt(weights)[:, None] * scaled, full_matrices=False)
    keep = values > 1e-9 * values.max(initial=0.0)
    turned = turn[keep].T / values[keep]
    return scaled @ turned, (totals / np.where(scale > 0, scale, 1.0)) @ turned


def _part(height: Callable[[Array, Array], float], u: Array, at: Array, du: Array, move: Array, fall: float) -> float:
    """How much of a step to take: the first of 1, 1/2, 1/4, ... that lessens the height enough; 0 where none does."""
    with np.errstate(over="ignore", invalid="ignore"):  # a step that is too long ends in no number, and is not taken
        now, part = height(u, at), 1.0
        level = 1e-14 * max(abs(now), 1.0)  # heights this close cannot be told apart
        while part > SHORTEST:
            if height(u + part * du, at + part * move) <= now - ENOUGH * part * fall + level:
                return part
            part /= 2
    return 0.0
