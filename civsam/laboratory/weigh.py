"""Weights for many surveys at once, as `weighting` has them for one, and residuals that leave respondents out.

Shapes as in `draw`; S strata at most. `tests/laboratory/test_scenarios.py` holds them against the library.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from civsam.inference import weighting
from civsam.laboratory.draw import ASSUMPTIONS, Batch, Layout, layout
from civsam.laboratory.reduced import over
from civsam.study import simulate
from civsam.survey.design import ALONE, HALF
from civsam.survey.survey import Survey

AREA = "fagomraade"  # the one variable that differs within a municipality
TOLERANCE, ITERATIONS = 1e-10, 1000  # as `weighting.rake`


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

    margins: the domains that each margin has, none without calibration; share: (R, N), the weights
    before raking, 0 in replications where the margins cannot be met: these have those weights. usable: (R,), whether
    a form would have weights at all.
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

    @cached_property
    def leverage(self) -> np.ndarray:
        """What each decides of its own fit, but never more than half, (R, N)."""
        x = within(self, self.strata.joined[:, self.strata.cell])
        return np.minimum(np.sum(x**2, axis=2), HALF)

    @cached_property
    def without(self) -> np.ndarray:
        """With x the rows of a municipality (L), by area (A), (I - xx')^-1, (R, L, A, A)."""
        here, x = layout(), within(self, self.answered[:, :, None].astype(float))
        rows = np.zeros((len(x), len(here.starts), here.domains[:, here.columns[AREA]].shape[1], x.shape[2]))
        rows[:, here.cluster, here.code[AREA]] = x
        values, vectors = np.linalg.eigh(rows @ rows.swapaxes(2, 3))
        times = np.where(values > 1 - ALONE, 1.0, 1 / (1 - np.minimum(values, HALF)))
        return (vectors * times[:, :, None]) @ vectors.swapaxes(2, 3)


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
        met = np.all(factor > 0, axis=1)
        weight = np.where(met[:, None], before * factor[:, here.code[kind]], before)
        return Weights(weight, strata, (margin,), before * met[:, None], enough & met)
    strata = response_groups(here, answered)
    before = answered * strata.spread(over(strata.size, strata.drawn))
    margins = tuple(here.columns[name] for name in here.questionnaire.weighting.margins)
    target = here.domains.sum(axis=0) if kind == "raket" else wrong_totals(here)
    there = np.all(((answered[:, None] @ here.domains)[:, 0] > 0), axis=1)
    weight, converged = rake(here, before, target, there)
    met = there & converged
    weight = np.where(met[:, None], weight, before)  # factors that do not converge may grow beyond all numbers
    return Weights(weight, strata, margins, before * met[:, None], enough & met)


def by_measure(kind: str, survey: Batch) -> list[Weights]:
    """The weights of each measure: those who answered it are the respondents, unless they are fewer than two."""
    responded = survey.given.responded.swapaxes(0, 1)
    enough = responded.sum(axis=2, keepdims=True) >= 2
    made: list[Weights] = []
    masks = np.where(enough, responded, survey.answered)
    for place, there in enumerate(masks):
        same = next((other for other in range(place) if np.array_equal(masks[other], there)), None)
        made.append(weights(kind, there) if same is None else made[same])
    return made


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


# ---- Residuals that leave out --------------------------------------------------------------------------------------


def within(made: Weights, stratum: np.ndarray) -> np.ndarray:
    """`design.Calibration.within` of the weights, (R, N, r): stratum is 0/1 of shape (R, N, S)."""
    here, share = layout(), made.share[:, :, None]
    domains = np.hstack([here.domains[:, part] for part in made.margins])
    back = stratum.swapaxes(1, 2)
    mean = (back @ (share * domains)) * over(1.0, back @ share)
    x = (domains - stratum @ mean) * np.sqrt(share)
    values, vectors = np.linalg.eigh(x.swapaxes(1, 2) @ x)
    keep = values > 1e-9 * np.maximum(values.max(axis=1, keepdims=True), 1.0)
    return x @ (vectors * np.sqrt(over(1.0, np.where(keep, values, 0.0)))[:, None])


def alone(made: Weights, residual: np.ndarray) -> np.ndarray:
    """Residuals (R, k, N) from margins fitted without each respondent: `design.Design.left_out`."""
    return residual / (1 - made.leverage)[:, None] if made.margins else residual


def alone_by_cluster(made: Weights, residual: np.ndarray) -> np.ndarray:
    """The same, without each municipality, which has a position of each area at most."""
    if not made.margins:
        return residual
    here, inverse = layout(), made.without
    place = here.cluster, here.code[AREA]
    scaled = over(made.weight, np.sqrt(made.share))
    z = np.zeros((*inverse.shape[:3], residual.shape[1]))
    z[:, *place] = (residual * over(1.0, scaled)[:, None]).swapaxes(1, 2)
    left_out = (inverse @ z)[:, *place].swapaxes(1, 2) * scaled[:, None]
    return np.where(scaled[:, None] > 0, left_out, residual)
