"""Estimates and their errors for many surveys at once, as `estimate` and `compare` have them for one.

What each function does for one survey is told there, with its source; `tests/laboratory/test_scenarios.py` holds both
against each other to 1e-10. Sums run within a replication, never across them, so a result does not depend on the
batch it is in. Shapes as in `draw`; C cells (`CELLS`, a measure in a domain each) and one more for the slope; S
strata at most. Each measure has weights of its own, made from who answered what it needs (`Survey.among`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np

from civsam.laboratory.draw import Batch, Layout, Values, layout
from civsam.laboratory.reduced import crossed, over, slope_reduced, whole
from civsam.laboratory.weigh import AREA, Weights, alone, alone_by_cluster, by_measure, weights
from civsam.survey.design import SPANNED

# A measure (its place in `draw.MEASURES`) by a frame variable, or in all.
BLOCKS = (
    (0, ""), (1, ""), (2, ""), (3, ""), (4, ""), (4, "fagomraade"), (6, "udgiftspres"), (0, "fagomraade"),
    (0, "kommunetype"), (0, "region"), (0, "blok"), (0, "udgiftspres"), (5, "region"), (5, "blok"), (4, "region"),
    (4, "blok"),
)
SLOPE = (6, "udgiftspres")


def _cells() -> tuple[np.ndarray, np.ndarray, list[slice]]:
    """The measure and the domain of each cell, (C,) both, and the cells of each block."""
    here, measure, domain, slices = layout(), [], [], []
    for place, variable in BLOCKS:
        columns = range(*here.columns[variable].indices(len(here.names))) if variable else range(1)
        slices.append(slice(len(measure), len(measure) + len(columns)))
        measure += [place] * len(columns)
        domain += columns
    return np.array(measure), np.array(domain), slices


MEASURE, DOMAIN, SLICES = _cells()
CELLS = len(MEASURE)
PAIRS = {place: np.array(list(combinations(range(part.stop - part.start), 2))).T
         for place, part in enumerate(SLICES) if part.stop - part.start > 1}  # both sides of every pair of a block


# ---- Estimates -------------------------------------------------------------------------------------------------------


def ratios(values: Values, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The cells' estimates and the weighted sums below them, (R, C) both; weight: (R, M, N) or (N,)."""
    here = layout()
    above, below = (((part * weight) @ here.domains)[:, MEASURE, DOMAIN] for part in (values.y, values.x))
    with np.errstate(invalid="ignore", divide="ignore"):
        return above / below, below


def slope(values: Values, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The trend of `SLOPE`, (R,), and the influence of each position on it, (R, N): see `compare.slope`."""
    place, variable = SLOPE
    x, w = layout().code[variable].astype(float), weight * values.base[:, place]
    y = values.y[:, place]
    with np.errstate(invalid="ignore", divide="ignore"):
        x = x - np.sum(w * x, axis=1, keepdims=True) / np.sum(w, axis=1, keepdims=True)
        mean = np.sum(w * y, axis=1, keepdims=True) / np.sum(w, axis=1, keepdims=True)
        spread = np.sum(w * x**2, axis=1, keepdims=True)
        found = np.sum(w * x * y, axis=1, keepdims=True) / spread
        return found[:, 0], w * x * (y - mean - found * x) / spread


@dataclass(frozen=True, eq=False)
class Fit:
    """Estimates of a batch of surveys with one kind of weights.

    weights: of each measure. usable: (R,), whether the forms have weights. estimate: (R, C + 1), the slope last; below:
    (R, C); influence: (R, C + 1, N), residuals where weights are calibrated; varies: (R, C), whether those in a cell
    differ.
    """

    values: Values
    weights: list[Weights]
    usable: np.ndarray
    estimate: np.ndarray
    below: np.ndarray
    influence: np.ndarray
    varies: np.ndarray

    @cached_property
    def member(self) -> np.ndarray:
        """Who is in each cell, and last in that of the slope, 0/1 of shape (R, C + 1, N)."""
        here = layout()
        inside = self.values.base[:, MEASURE] * here.domains.T[DOMAIN]
        return np.concatenate([inside, self.values.base[:, SLOPE[0], None]], axis=1)

    @cached_property
    def n(self) -> np.ndarray:
        """Respondents in each cell, (R, C + 1)."""
        return self.member.sum(axis=2)

    @property
    def parts(self) -> list[tuple[slice, Weights]]:
        """The cells of each block, and last the slope, with the weights of its measure."""
        places = [*(place for place, _ in BLOCKS), SLOPE[0]]
        return [(part, self.weights[place])
                for part, place in zip([*SLICES, slice(CELLS, CELLS + 1)], places, strict=True)]


def fit(survey: Batch, kind: str) -> Fit:
    """The estimates with their influence values, with weights of that kind."""
    here, values, made = layout(), survey.given, by_measure(kind, survey)
    weight = np.stack([one.weight for one in made], axis=1)
    found, below = ratios(values, weight)
    trend, of_trend = slope(values, weight[:, SLOPE[0]])
    with np.errstate(invalid="ignore", divide="ignore"):
        z = values.y[:, MEASURE] - np.where(below > 0, found, 0.0)[:, :, None] * values.x[:, MEASURE]
        z *= here.domains.T[DOMAIN]
        varies = np.abs(z).max(axis=2) > 1e-9
        z *= over(1.0, below)[:, :, None]
        last = over(of_trend, weight[:, SLOPE[0]])
    z = np.concatenate([z, last[:, None]], axis=1)
    measure = np.append(MEASURE, SLOPE[0])
    for place, one in enumerate(made):
        if one.margins:
            z[:, measure == place] -= explained(here, z[:, measure == place], one)
    usable = weights(kind, survey.answered).usable
    return Fit(values, made, usable, np.column_stack([found, trend]), below, weight[:, measure] * z, varies)


def explained(here: Layout, z: np.ndarray, made: Weights) -> np.ndarray:
    """What the margins explain of z (R, k, N): `design.Calibration.residual` is what they do not."""
    domains = np.hstack([here.domains[:, part] for part in made.margins])
    inverse = np.linalg.pinv((domains.T * made.share[:, None]) @ domains, SPANNED, hermitian=True)
    sums = (z * made.share[:, None]) @ domains
    return (sums @ inverse) @ domains.T * made.answered[:, None]


# ---- Errors ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Errors:
    """Standard errors and degrees of freedom of the cells, (R, C), of the pairs of each block, and of the slope.

    pairs: block to estimate, se and df, each (R, pairs); slope: estimate, se, df, (R,). NaN where nothing is known.
    """

    se: np.ndarray
    df: np.ndarray
    pairs: dict[int, tuple[np.ndarray, np.ndarray, np.ndarray]]
    slope: tuple[np.ndarray, np.ndarray, np.ndarray]


def errors(found: Fit, fpc: bool, cluster: bool) -> Errors:
    """Errors by element within response groups, or by municipality (then contrasts by CR2).

    With both clusters and the correction, the clusters' variance is lessened by the share of all who answered.
    """
    return _by_cluster(found, fpc) if cluster else _by_element(found, fpc)


def _by_element(found: Fit, fpc: bool) -> Errors:
    covariance, df, strata_of = [], [], []
    for part, made in found.parts:
        strata, e = made.strata, alone(made, found.influence[:, part])
        scale = strata.scale(fpc)
        weighed, totals = e * strata.spread(scale)[:, None], strata.sums(e)
        shrunk = totals * over(scale, strata.drawn)[:, None]
        covariance.append(weighed @ e.swapaxes(1, 2) - shrunk @ totals.swapaxes(1, 2))
        strata_of.append(strata.sums(found.member[:, part]) > 0)
        df.append(found.n[:, part] - strata_of[-1].sum(axis=2))
    variance, freedom = [np.diagonal(one, axis1=1, axis2=2) for one in covariance], np.hstack(df).astype(float)
    se = np.where(np.isnan(found.estimate), np.nan, np.sqrt(np.maximum(np.hstack(variance), 0)))
    known, pairs = found.varies & (freedom[:, :CELLS] >= 1), {}
    for place, (a, b) in PAIRS.items():
        joint = variance[place][:, a] + variance[place][:, b] - 2 * covariance[place][:, a, b]
        n, both = found.n[:, SLICES[place]], strata_of[place][:, a] | strata_of[place][:, b]
        of_pair = n[:, a] + n[:, b] - 1 - both.sum(axis=2)
        pairs[place] = _pairs(found, place, known, np.sqrt(np.maximum(joint, 0)), of_pair)
    return Errors(se[:, :CELLS], freedom[:, :CELLS], pairs, (found.estimate[:, -1], se[:, -1], freedom[:, -1] - 1))


def _pairs(
    found: Fit, place: int, known: np.ndarray, se: np.ndarray, df: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Differences, errors and degrees of freedom of a block's pairs, NaN where those of a side are not known (R, C)."""
    (first, second), part = PAIRS[place], SLICES[place]
    fine = known[:, part][:, first] & known[:, part][:, second]
    difference = found.estimate[:, part][:, first] - found.estimate[:, part][:, second]
    return difference, np.where(fine, se, np.nan), np.where(fine, df, np.nan)


def _by_cluster(found: Fit, fpc: bool) -> Errors:
    here, variance = layout(), []
    left = [1 - fpc * made.answered.mean(axis=1, keepdims=True) for made in found.weights]
    for (part, made), (place, _) in zip(found.parts, BLOCKS, strict=False):  # all but the slope
        totals = here.by_cluster(alone_by_cluster(made, found.influence[:, part]))
        present = here.by_cluster(made.answered.astype(float)) > 0
        clusters = present.sum(axis=1)[:, None]
        deviation = (totals - totals.sum(axis=2, keepdims=True) / clusters[:, :, None]) * present[:, None]
        variance.append(np.sum(deviation**2, axis=2) * left[place] * clusters / np.maximum(clusters - 1, 1))
    se = np.where(np.isnan(found.estimate[:, :CELLS]), np.nan, np.sqrt(np.hstack(variance)))
    df = np.count_nonzero(here.by_cluster(found.member[:, :CELLS]), axis=2) - 1.0
    known, pairs = found.varies & (df >= 1), {}
    for place, sides in PAIRS.items():
        measure, variable = BLOCKS[place]
        reduced = crossed if variable == AREA else whole
        estimate, weight = found.estimate[:, SLICES[place]], found.weights[measure].weight
        error, freedom = reduced(here, variable, found.values, measure, weight, estimate, sides)
        pairs[place] = _pairs(found, place, known, error * np.sqrt(left[measure]), freedom)
    measure = SLOPE[0]
    error, freedom = slope_reduced(here, SLOPE[1], found.values, measure, found.weights[measure].weight)
    return Errors(se, df, pairs, (found.estimate[:, -1], error * np.sqrt(left[measure][:, 0]), freedom))
