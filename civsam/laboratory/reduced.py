"""The bias-reduced cluster-robust variance CR2 of differences between groups, for many surveys at once.

`models.bias_reduced` is the general method, and has its sources. Here a group either holds whole municipalities, or has
at most one position in each; then the matrices of the method are 2 x 2 or diagonal, and all replications go together.

Shapes: R replications, N positions, L municipalities, G groups, P pairs of groups. Only shares and means: x is 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from civsam.laboratory.draw import Layout, Values

SMALL = 1e-10  # as `models.bias_reduced`: what decides an estimate alone adds nothing
Pairs = tuple[np.ndarray, np.ndarray]


def over(above: np.ndarray | float, below: np.ndarray, least: float = 0.0) -> np.ndarray:
    """One over the other, 0 where what is below is not more than the least."""
    return np.divide(above, below, out=np.zeros(np.broadcast(above, below).shape), where=below > least)


def _freedom(trace: np.ndarray, overlap: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return trace**2 / overlap


# ---- Groups of whole municipalities ----------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Sums:
    """Sums over a measure's base in each municipality, (R, L): n of 1, p of w, q of w^2, y, and wy."""

    n: np.ndarray
    p: np.ndarray
    q: np.ndarray
    y: np.ndarray
    wy: np.ndarray


def _sums(here: Layout, values: Values, measure: int, weight: np.ndarray) -> _Sums:
    base, y = values.base[:, measure], values.y[:, measure]
    w = weight * base
    return _Sums(*(here.by_cluster(part) for part in (base.astype(float), w, w**2, y, w * y)))


def _groups(here: Layout, variable: str) -> np.ndarray:
    """Which group each municipality is in, 0/1 of shape (L, G)."""
    return here.domains[here.starts, here.columns[variable]]


def _by_group(values: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Sums over the municipalities of each group: (R, L) and (L, G) give (R, G)."""
    return (values[:, None] @ group)[:, 0]


def _loading(sums: _Sums, a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """alpha and beta (R, L) where A^(-1/2) w is alpha + beta w; A = I - a (1 w' + w 1') + b 1 1' in a municipality.

    A maps the span of 1 and w to itself by a 2 x 2 matrix T, whose root has a closed form.
    """
    t11, t12 = 1 + b * sums.n - a * sums.p, b * sums.p - a * sums.q
    t21, t22 = -a * sums.n, 1 - a * sums.p
    root = np.sqrt(np.maximum(t11 * t22 - t12 * t21, 0))
    below = root * np.sqrt(np.maximum(t11 + t22 + 2 * root, 0))
    return over(-t12, below, SMALL), over(t11 + root, below, SMALL)


@dataclass(frozen=True, eq=False)
class _Parts:
    """Sums over the municipalities of each group, (R, G), for loadings of 1 in the place of the group's own.

    variance: of squared loaded residuals; own, own2, own_one, own_two: of own, own^2, own t1^2 and own t1 t2; one, mix,
    two: of t1^2, t1 t2 and t2^2; where own is a loading's square, t1 its product with 1 and t2 with w.
    """

    variance: np.ndarray
    own: np.ndarray
    own2: np.ndarray
    own_one: np.ndarray
    own_mix: np.ndarray
    one: np.ndarray
    mix: np.ndarray
    two: np.ndarray


def _parts(sums: _Sums, group: np.ndarray, a: np.ndarray, b: np.ndarray, fitted: np.ndarray) -> _Parts:
    """a, b, fitted: of each group, (R, G)."""
    alpha, beta = _loading(sums, a @ group.T, b @ group.T)
    at = fitted @ group.T
    residual = alpha * (sums.y - at * sums.n) + beta * (sums.wy - at * sums.p)
    own = alpha**2 * sums.n + 2 * alpha * beta * sums.p + beta**2 * sums.q
    t1, t2 = alpha * sums.n + beta * sums.p, alpha * sums.p + beta * sums.q
    made = (residual**2, own, own**2, own * t1**2, own * t1 * t2, t1**2, t1 * t2, t2**2)
    return _Parts(*(_by_group(one, group) for one in made))


def _overlap(parts: _Parts, load: np.ndarray, a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Trace and overlap that Satterthwaite's degrees of freedom are made of, each (R, G, G): to be summed.

    load: (R, G), what the loadings are multiplied by; a, b: (R, G, G), x'Gx and x'Bx between groups.
    """
    square, eye = load**2, np.eye(load.shape[1])
    at, bt = (np.diagonal(part, axis1=1, axis2=2) for part in (a, b))
    trace = square * (parts.own + bt * parts.one - 2 * at * parts.mix)
    within = square**2 * (parts.own2 + 2 * bt * parts.own_one - 4 * at * parts.own_mix)
    one, mix, two = (square * part for part in (parts.one, parts.mix, parts.two))

    def outer(left: np.ndarray, right: np.ndarray) -> np.ndarray:
        return left[:, :, None] * right[:, None, :]

    between = (b**2 * outer(one, one) - 2 * a * b * (outer(one, mix) + outer(mix, one))
               + a**2 * (outer(one, two) + 2 * outer(mix, mix) + outer(two, one)))
    return trace[:, :, None] * eye, within[:, :, None] * eye + between


def whole(
    here: Layout, variable: str, values: Values, measure: int, weight: np.ndarray, estimate: np.ndarray, pairs: Pairs
) -> tuple[np.ndarray, np.ndarray]:
    """Standard errors and degrees of freedom (R, P) of differences between groups of whole municipalities.

    estimate: (R, G).
    """
    sums, group = _sums(here, values, measure, weight), _groups(here, variable)
    total, square = _by_group(sums.p, group), _by_group(sums.q, group)
    a = over(1.0, total)
    b = square * a**2
    parts = _parts(sums, group, a, b, np.where(total > 0, estimate, 0.0))
    eye, (first, second) = np.eye(group.shape[1]), pairs
    trace, overlap = (np.diagonal(one, axis1=1, axis2=2)
                      for one in _overlap(parts, a, a[:, :, None] * eye, b[:, :, None] * eye))
    variance = a**2 * parts.variance
    se = np.sqrt(variance[:, first] + variance[:, second])
    return se, _freedom(trace[:, first] + trace[:, second], overlap[:, first] + overlap[:, second])


def slope_reduced(
    here: Layout, variable: str, values: Values, measure: int, weight: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Standard error and degrees of freedom (R,) of the trend over ordered groups of whole municipalities."""
    sums, group = _sums(here, values, measure, weight), _groups(here, variable)
    x = np.column_stack([np.ones(group.shape[1]), np.arange(group.shape[1])])
    total, square, above = (_by_group(part, group) for part in (sums.p, sums.q, sums.wy))
    inverse = np.linalg.inv((x.T * total[:, None]) @ x)
    coef = inverse @ (x.T @ above[:, :, None])
    a = x @ inverse @ x.T
    b = (a * square[:, None]) @ a.swapaxes(1, 2)
    parts = _parts(sums, group, *(np.diagonal(one, axis1=1, axis2=2) for one in (a, b)), (x @ coef)[:, :, 0])
    load = (x @ inverse)[:, :, 1]
    trace, overlap = (one.sum(axis=(1, 2)) for one in _overlap(parts, load, a, b))
    return np.sqrt(np.sum(load**2 * parts.variance, axis=1)), _freedom(trace, overlap)


# ---- Groups with one position in each municipality -------------------------------------------------------------------


def crossed(
    here: Layout, variable: str, values: Values, measure: int, weight: np.ndarray, estimate: np.ndarray, pairs: Pairs
) -> tuple[np.ndarray, np.ndarray]:
    """As `whole` where each municipality has at most one position in a group: its own matrix is then diagonal."""
    code, shape = here.code[variable], (len(weight), len(here.starts), estimate.shape[1])
    base, y = values.base[:, measure], values.y[:, measure]
    w, e = np.zeros(shape), np.zeros(shape)
    w[:, here.cluster, code] = weight * base
    e[:, here.cluster, code] = base * (y - np.nan_to_num(estimate)[:, code])
    v = w * over(1.0, w.sum(axis=1))[:, None]
    b = np.sum(v**2, axis=1)
    inside = 1 - 2 * v + b[:, None]
    load = v * np.sqrt(over(1.0, inside, SMALL))
    square, both = load**2, load * v
    bent = square * (b[:, None] - 2 * v)

    def gram(left: np.ndarray, right: np.ndarray) -> np.ndarray:
        return left.swapaxes(1, 2) @ right

    uu, uq, qq, residual = gram(load, load), gram(load, both), gram(both, both), gram(load * e, load * e)
    qu, bg, bh = uq.swapaxes(1, 2), b[:, :, None], b[:, None, :]
    middle = (bg * uu - qu) * (bh * uu - uq) - uu * (bg * uq + bh * qu - 2 * qq) + uq * qu
    overlap = gram(square, square) + 2 * gram(square, bent) + middle
    first, second = pairs

    def summed(matrix: np.ndarray, cross: int) -> np.ndarray:
        own = np.diagonal(matrix, axis1=1, axis2=2)
        return own[:, first] + own[:, second] + cross * (matrix[:, first, second] + matrix[:, second, first])

    trace = np.sum(square + bent, axis=1)
    se = np.sqrt(np.maximum(summed(residual, -1), 0))
    return se, _freedom(trace[:, first] + trace[:, second], summed(overlap, 1))
