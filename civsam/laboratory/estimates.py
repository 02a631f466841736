"""Weights, estimates and their errors for many surveys at once, as `weighting`, `estimate` and `compare` have them.

What each function does for one survey is told there, with its source; `tests/laboratory/test_scenarios.py` holds both
against each other to 1e-10. Sums run within a replication, never across them, so a result does not depend on the
batch it is in. Shapes as in `draw`; C cells (`CELLS`, a measure in a domain each) and one more for the slope; S
strata at most.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np
import pandas as pd

from civsam.inference import weighting
from civsam.laboratory.draw import ASSUMPTIONS, Batch, Layout, Values, layout
from civsam.laboratory.reduced import crossed, over, slope_reduced, whole
from civsam.study import simulate
from civsam.survey.design import SWEEPS
from civsam.survey.survey import Survey

# A measure (its place in `draw.MEASURES`) by a frame variable, or in all.
BLOCKS = (
    (0, ""), (1, ""), (2, ""), (3, ""), (4, ""), (4, "fagomraade"), (6, "udgiftspres"), (0, "fagomraade"),
    (0, "kommunetype"), (0, "region"), (0, "blok"), (0, "udgiftspres"), (5, "region"), (5, "blok"), (4, "region"),
    (4, "blok"),
)
SLOPE = (6, "udgiftspres")
AREA = "fagomraade"  # the one variable that differs within a municipality
TOLERANCE, ITERATIONS = 1e-10, 1000  # as `weighting.rake`


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


# ---- Weights ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Strata:
    """Response groups: `cell` (N,) codes of what may be joined, joined (R, S, S) 0/1 from cell to group.

    drawn and size: respondents and positions of each group, (R, S).
    """

    cell: np.ndarray
    joined: np.ndarray
    drawn: np.ndarray
    size: np.ndarray

    def spread(self, values: np.ndarray) -> np.ndarray:
        """Values of the groups (R, S) to the positions, (R, N)."""
        return (self.joined @ values[:, :, None])[:, self.cell, 0]

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Sums of values (R, k, N) over the positions of each group, (R, k, S)."""
        return (values @ np.eye(self.joined.shape[1])[self.cell]) @ self.joined

    def scale(self, fpc: bool) -> np.ndarray:
        """What squared deviations count for, (R, S): (1 - f) n / (n - 1), f being 0 without the correction."""
        fraction = np.divide(self.drawn, self.size, out=np.zeros_like(self.drawn), where=self.size > 0) if fpc else 0.0
        return (1 - fraction) * self.drawn / np.maximum(self.drawn - 1, 1)


@dataclass(frozen=True, eq=False)
class Weights:
    """Weights (R, N), 0 for who did not answer, and what they were made from.

    margins: the domains that each margin has, none without calibration; share: (R, N), with which the margins' means
    are taken. usable: (R,), whether there is an estimate at all.
    """

    weight: np.ndarray
    strata: Strata
    margins: tuple[slice, ...]
    share: np.ndarray
    usable: np.ndarray

    @property
    def answered(self) -> np.ndarray:
        """Who answered, (R, N)."""
        return self.weight > 0


def weights(kind: str, answered: np.ndarray) -> Weights:
    """The weights of that kind (a value of the factor `vaegtning`) for these respondents (R, N)."""
    here = layout()
    enough = answered.sum(axis=1) >= 2
    if kind in ("ingen", "fagomraade", "region"):
        strata = _one_stratum(answered)
        before = answered * strata.spread(over(strata.size, strata.drawn))
        if kind == "ingen":
            return Weights(before, strata, (), before, enough)
        margin = here.columns[kind]
        target = here.domains[:, margin].sum(axis=0)
        factor = over(target, (before[:, None] @ here.domains[:, margin])[:, 0])
        usable = enough & np.all(factor > 0, axis=1)
        return Weights(before * factor[:, here.code[kind]], strata, (margin,), before, usable)
    strata = response_groups(here, answered)
    before = answered * strata.spread(over(strata.size, strata.drawn))
    margins = tuple(here.columns[name] for name in here.questionnaire.weighting.margins)
    target = here.domains.sum(axis=0) if kind == "raket" else wrong_totals(here)
    there = np.all(((answered[:, None] @ here.domains)[:, 0] > 0), axis=1)
    weight, converged = rake(here, before, target, there)
    weight = np.where(converged[:, None], weight, before)  # factors that do not converge may grow beyond all numbers
    return Weights(weight, strata, margins, answered.astype(float), enough & there & converged)


def _one_stratum(answered: np.ndarray) -> Strata:
    replications, positions = answered.shape
    one = np.ones((replications, 1, 1))
    return Strata(np.zeros(positions, dtype=int), one, answered.sum(axis=1, keepdims=True).astype(float),
                  np.full((replications, 1), float(positions)))


def wrong_totals(here: Layout) -> np.ndarray:
    """The domains' totals with those of the areas from a wrong frame, (K,)."""
    total = here.domains.sum(axis=0)
    times = simulate.assumptions(ASSUMPTIONS)["forkerte_margener"]
    part = here.columns[AREA]
    grown = total[part] * [times.get(code, 1) for _, code in here.names[part]]
    fixed = np.array([code in times for _, code in here.names[part]])
    rest = (total[part].sum() - grown[fixed].sum()) / grown[~fixed].sum()
    total[part] = np.where(fixed, grown, grown * rest)
    return total


def response_groups(here: Layout, answered: np.ndarray) -> Strata:
    """The strata of `weighting.response_groups`: area by size type, with small ones joined along the size."""
    first, last = here.questionnaire.weighting.groups
    shape = tuple(here.domains[:, here.columns[name]].shape[1] for name in (first, last))
    cell = np.ravel_multi_index([here.code[first], here.code[last]], shape)
    cells = np.eye(shape[0] * shape[1])[cell]
    drawn = (answered[:, None] @ cells)[:, 0]
    group = _along(drawn.reshape(-1, *shape)).reshape(len(drawn), -1)
    for place in np.flatnonzero(np.any(_totals(drawn, group) < 2, axis=1)):  # next to nobody in an area: seldom
        who = Survey(pd.DataFrame(index=here.frame.index[answered[place]]), here.frame,
                     here.questionnaire.only(background=here.questionnaire.background))
        group[place, cell] = pd.factorize(weighting.response_groups(who))[0]
    joined = np.eye(cells.shape[1])[group]
    size = np.broadcast_to(cells.sum(axis=0), drawn.shape)
    return Strata(cell, joined, *((part[:, None] @ joined)[:, 0] for part in (drawn, size)))


def _totals(drawn: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Respondents in the whole group of each cell, (R, S)."""
    return (np.equal(group[:, :, None], group[:, None, :]) @ drawn[:, :, None])[:, :, 0]


def _along(drawn: np.ndarray) -> np.ndarray:
    """The group of each cell from its respondents (R, areas, sizes): neighbours joined as by `weighting._enough`."""
    group, pending = np.zeros(drawn.shape, dtype=int), np.zeros(drawn.shape[:2])
    now = np.zeros(drawn.shape[:2], dtype=int)
    for place in range(drawn.shape[2]):
        pending, group[:, :, place] = pending + drawn[:, :, place], now
        full = pending >= weighting.MIN_RESPONDENTS
        now, pending = now + full, np.where(full, 0, pending)
    group = np.minimum(group, np.maximum(now - 1, 0)[:, :, None])  # what is left over joins the last
    return group + drawn.shape[2] * np.arange(drawn.shape[1])[:, None]


def rake(here: Layout, before: np.ndarray, target: np.ndarray, usable: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weights (R, N) that meet the totals (K,) of every margin, and (R,) whether that came about (`weighting.rake`).

    Only area differs within a municipality, so a factor a municipality and one an area are all that is needed.
    """
    area, clusters = here.columns[AREA], len(here.starts)
    others = [here.columns[name] for name in here.questionnaire.weighting.margins if name != AREA]
    inside = [here.domains[here.starts, part] for part in others]
    table = np.zeros((len(before), clusters, area.stop - area.start))
    table[:, here.cluster, here.code[AREA]] = before
    row, column = np.ones((len(before), clusters)), np.ones((len(before), table.shape[2]))
    todo, done = np.flatnonzero(usable), np.zeros(len(before), dtype=bool)
    for _ in range(ITERATIONS):
        if not len(todo):
            break
        cells, factor = table[todo], row[todo]
        column[todo] = by_area = target[area] / (factor[:, None] @ cells)[:, 0]
        left = factor * (cells @ by_area[:, :, None])[:, :, 0]
        for part, codes in zip(others, inside, strict=True):
            step = (target[part] / (left[:, None] @ codes)[:, 0]) @ codes.T
            left, factor = left * step, factor * step
        row[todo] = factor
        totals = [(factor[:, None] @ cells)[:, 0] * by_area, *((left[:, None] @ codes)[:, 0] for codes in inside)]
        gaps = [np.abs(total / target[part] - 1) for total, part in zip(totals, [area, *others], strict=True)]
        reached = np.max(np.hstack(gaps), axis=1) <= TOLERANCE
        done[todo[reached]], todo = True, todo[~reached]
    return before * row[:, here.cluster] * column[:, here.code[AREA]], done


# ---- Estimates -------------------------------------------------------------------------------------------------------


def ratios(values: Values, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The cells' estimates and the weighted sums below them, (R, C) both; weight: (R, N) or (N,)."""
    here = layout()
    above, below = (((part * weight[..., None, :]) @ here.domains)[:, MEASURE, DOMAIN] for part in (values.y, values.x))
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

    estimate: (R, C + 1), the slope last; below: (R, C); influence: (R, C + 1, N), residuals where weights are
    calibrated; varies: (R, C), whether those in a cell differ.
    """

    values: Values
    weights: Weights
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


def fit(survey: Batch, made: Weights) -> Fit:
    """The estimates with their influence values."""
    here, values = layout(), survey.given
    found, below = ratios(values, made.weight)
    trend, of_trend = slope(values, made.weight)
    with np.errstate(invalid="ignore", divide="ignore"):
        z = values.y[:, MEASURE] - np.where(below > 0, found, 0.0)[:, :, None] * values.x[:, MEASURE]
        z *= here.domains.T[DOMAIN]
        varies = np.abs(z).max(axis=2) > 1e-9
        z *= over(1.0, below)[:, :, None]
        last = over(of_trend, made.weight)
    z = np.concatenate([z, last[:, None]], axis=1)
    influence = made.weight[:, None] * (z - explained(here, z, made) if made.margins else z)
    return Fit(values, made, np.column_stack([found, trend]), below, influence, varies)


def explained(here: Layout, z: np.ndarray, made: Weights) -> np.ndarray:
    """What the margins explain of z (R, k, N): `design.Calibration.residual` is what they do not."""
    domains = np.hstack([here.domains[:, part] for part in made.margins])
    ends = np.cumsum([part.stop - part.start for part in made.margins])
    cross = (domains.T * made.share[:, None]) @ domains
    sums = (z * made.share[:, None]) @ domains
    parts = [slice(start, end) for start, end in zip([0, *ends], ends, strict=False)]
    return (sums @ _swept(cross, parts).swapaxes(1, 2)) @ domains.T * made.answered[:, None]


def _swept(cross: np.ndarray, parts: list[slice]) -> np.ndarray:
    """What the sweeps make of the groups' sums, (R, groups, groups): as `design.Calibration`'s, for many at once."""
    diagonal = np.diagonal(cross, axis1=1, axis2=2)
    size = np.where(diagonal > 0, diagonal, 1)[:, :, None]
    left, swept = np.broadcast_to(np.eye(cross.shape[1]), cross.shape).copy(), np.zeros(cross.shape)
    for part in parts * SWEEPS:
        mean = left[:, part] / size[:, part]
        left -= cross[:, :, part] @ mean
        swept[:, part] += mean
    return swept


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
    strata, e = found.weights.strata, found.influence
    scale = strata.scale(fpc)
    weighed, totals = e * strata.spread(scale)[:, None], strata.sums(e)
    shrunk = totals * over(scale, strata.drawn)[:, None]
    there = strata.sums(found.member) > 0
    df = (found.n - there.sum(axis=2)).astype(float)
    covariance = [weighed[:, part] @ e[:, part].swapaxes(1, 2) - shrunk[:, part] @ totals[:, part].swapaxes(1, 2)
                  for part in (*SLICES, slice(CELLS, CELLS + 1))]
    variance = np.hstack([np.diagonal(one, axis1=1, axis2=2) for one in covariance])
    se = np.where(np.isnan(found.estimate), np.nan, np.sqrt(np.maximum(variance, 0)))
    known, pairs = found.varies & (df[:, :CELLS] >= 1), {}
    for place, (a, b) in PAIRS.items():
        part = SLICES[place]
        joint = variance[:, part][:, a] + variance[:, part][:, b] - 2 * covariance[place][:, a, b]
        n, both = found.n[:, part], there[:, part][:, a] | there[:, part][:, b]
        freedom = n[:, a] + n[:, b] - 1 - both.sum(axis=2)
        pairs[place] = _pairs(found, place, known, np.sqrt(np.maximum(joint, 0)), freedom)
    return Errors(se[:, :CELLS], df[:, :CELLS], pairs, (found.estimate[:, -1], se[:, -1], df[:, -1] - 1))


def _pairs(
    found: Fit, place: int, known: np.ndarray, se: np.ndarray, df: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Differences, errors and degrees of freedom of a block's pairs, NaN where those of a side are not known (R, C)."""
    (first, second), part = PAIRS[place], SLICES[place]
    fine = known[:, part][:, first] & known[:, part][:, second]
    difference = found.estimate[:, part][:, first] - found.estimate[:, part][:, second]
    return difference, np.where(fine, se, np.nan), np.where(fine, df, np.nan)


def _by_cluster(found: Fit, fpc: bool) -> Errors:
    here, answered = layout(), found.weights.answered
    totals = here.by_cluster(found.influence[:, :CELLS])
    present = here.by_cluster(answered.astype(float)) > 0
    clusters = present.sum(axis=1)[:, None]
    left = 1 - fpc * answered.mean(axis=1, keepdims=True)
    deviation = (totals - totals.sum(axis=2, keepdims=True) / clusters[:, :, None]) * present[:, None]
    variance = np.sum(deviation**2, axis=2) * left * clusters / np.maximum(clusters - 1, 1)
    se = np.where(np.isnan(found.estimate[:, :CELLS]), np.nan, np.sqrt(variance))
    df = np.count_nonzero(here.by_cluster(found.member[:, :CELLS]), axis=2) - 1.0
    known, pairs = found.varies & (df >= 1), {}
    for place, sides in PAIRS.items():
        measure, variable = BLOCKS[place]
        reduced = crossed if variable == AREA else whole
        estimate = found.estimate[:, SLICES[place]]
        error, freedom = reduced(here, variable, found.values, measure, found.weights.weight, estimate, sides)
        pairs[place] = _pairs(found, place, known, error * np.sqrt(left), freedom)
    error, freedom = slope_reduced(here, SLOPE[1], found.values, SLOPE[0], found.weights.weight)
    return Errors(se, df, pairs, (found.estimate[:, -1], error * np.sqrt(left[:, 0]), freedom))
