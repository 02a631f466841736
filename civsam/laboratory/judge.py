"""Analyses held against the truth: what is counted in each replication, of figures, families of tests and claims.

Two truths: what all in the drawn population would say (`population`), and the model's own value (`process`). A figure
is counted in whole numbers, real ones as multiples of 2^-32, so that sums are the same in any order and in any parts.

Shares have Korn-Graubard intervals, all else estimate ± t se. Tests are at 5 percent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import t as student
from threadpoolctl import threadpool_limits

from civsam.files import per_project
from civsam.inference.intervals import share_interval, t_interval
from civsam.inference.settled import settled
from civsam.laboratory import draw, estimates, truths
from civsam.laboratory.declare import Analysis, Drawing
from civsam.laboratory.draw import MEASURES, Values, layout
from civsam.laboratory.estimates import AREA, BLOCKS, MEASURE, PAIRS, SLICES, SLOPE, Errors, Fit
from civsam.study import claims, published

TARGETS = ("population", "process")
UNIT = 2.0**32  # of the whole numbers that real ones are counted in
SIZE = 25  # replications in a batch: few enough for the processor's cache
NEGLIGIBLE = 0.001  # a difference in the model that only comes of how areas are spread over the regions
LEVEL, LOW_LEVEL = 0.95, 0.90

REPORTED = range(17)  # the cells of the blocks that the study reports: in all, counts by area, costs by pressure
# Pairs that the summary shows: a block, and the codes of both sides.
SHOWN_PAIRS = (
    ((4, AREA), "sundhed", "teknik"), ((4, AREA), "boern", "skole"), ((0, AREA), "boern", "skole"),
    ((0, "kommunetype"), "lille", "stor"), ((0, "region"), "hovedstaden", "nordjylland"), ((0, "blok"), "roed", "blaa"),
    ((6, "udgiftspres"), "lavt", "hoejt"),
)
FAMILIES = {
    "regioner og blokke": ((0, "region"), (0, "blok"), (5, "region"), (5, "blok")),
    "antal mellem fagområder": ((4, AREA),),
    "øget fokus mellem fagområder": ((0, AREA),),
    "omkostninger mellem udgiftspres": ((6, "udgiftspres"),),
}
# Those that thousands of surveys are judged by, on arrays; `worlds` judges all, a survey at a time.
CLAIMS = ("N5", "N6", "N7", "N8", "O1", "O4", "O8", "O9", "O11")


# ---- What is counted -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Figures:
    """The figures that the summary shows, (R, Q): estimate, se, df and limits; right: of the population, or process."""

    estimate: np.ndarray
    se: np.ndarray
    low: np.ndarray
    high: np.ndarray


@per_project
def shown_pairs() -> list[tuple[int, int]]:
    """The block and the place in it of each of `SHOWN_PAIRS`."""
    here, found = layout(), []
    for (measure, variable), *sides in SHOWN_PAIRS:
        block = BLOCKS.index((measure, variable))
        codes = [code for name, code in here.names if name == variable]
        wanted = [codes.index(side) for side in sides]
        found.append((block, PAIRS[block].T.tolist().index(wanted)))
    return found


@per_project
def names() -> pd.DataFrame:
    """What the figures are: kind, statistic, item, answer, by, a and b; a row each, in their order."""
    here, rows = layout(), []
    for cell in REPORTED:
        rows.append(("estimate", *MEASURES[MEASURE[cell]], *here.names[estimates.DOMAIN[cell]], ""))
    for (measure, variable), a, b in SHOWN_PAIRS:
        rows.append(("difference", *MEASURES[measure], variable, a, b))
    rows.append(("slope", *MEASURES[SLOPE[0]], SLOPE[1], "", ""))
    return pd.DataFrame(rows, columns=["kind", "statistic", "item", "answer", "by", "a", "b"])


def collected(cells: np.ndarray, pairs: dict[int, np.ndarray], slope: np.ndarray) -> np.ndarray:
    """One number of each figure, (R, Q), from those of cells, pairs and slope."""
    return np.column_stack([cells[:, REPORTED], *(pairs[block][:, place] for block, place in shown_pairs()), slope])


def figures(found: Fit, errors: Errors) -> Figures:
    """Estimates, errors and limits of all figures."""
    value, se, df = (collected(cells, {block: three[part] for block, three in errors.pairs.items()}, errors.slope[part])
                     for part, cells in enumerate((found.estimate, errors.se, errors.df)))
    low, high = t_interval(value, se, df, LEVEL)
    share = np.array([MEASURES[MEASURE[cell]][0] == "share" for cell in REPORTED])
    places = np.flatnonzero(share)
    parts = (part[:, places].ravel() for part in (value, se, found.n[:, REPORTED], df))
    low[:, places], high[:, places] = (limit.reshape(-1, len(places)) for limit in share_interval(*parts, LEVEL))
    return Figures(value, se, low, high)


def true_figures(values: Values) -> np.ndarray:
    """The figures of whole populations, (R, Q)."""
    one = np.ones(values.y.shape[2])
    cells, _ = estimates.ratios(values, one)
    pairs = {block: cells[:, SLICES[block]][:, a] - cells[:, SLICES[block]][:, b] for block, (a, b) in PAIRS.items()}
    return collected(cells, pairs, estimates.slope(values, one)[0])


@per_project
def process_cells() -> np.ndarray:
    """The model's value of every cell, (1, C)."""
    return estimates.ratios(_process(), np.ones(len(layout().frame)))[0]


@per_project
def process_figures() -> np.ndarray:
    """The model's value of every figure, (1, Q)."""
    return true_figures(_process())


def _process() -> Values:
    y, x = draw.expected()
    return Values(y[None], x[None], *np.ones((2, *y[None].shape), dtype=bool))


def _whole(values: np.ndarray) -> np.ndarray:
    """Real numbers as whole ones, NaN as 0."""
    return np.rint(np.nan_to_num(values) * UNIT).astype(np.int64)


def counted(made: Figures, right: np.ndarray, usable: np.ndarray) -> np.ndarray:
    """Sums: used, truth, error, error², se, se², intervals, covered; shape (8, Q). right: (R, Q) or (1, Q)."""
    used = usable[:, None] & np.isfinite(made.estimate) & np.isfinite(made.se) & np.isfinite(right)
    has = used & np.isfinite(made.low) & np.isfinite(made.high)
    covered = has & (made.low - 1e-9 <= right) & (right <= made.high + 1e-9)
    truth, error, se = (np.where(used, part, 0.0) for part in (right, made.estimate - right, made.se))
    whole = [_whole(part).sum(axis=0) for part in (truth, error, error**2, se, se**2)]
    return np.array([used.sum(axis=0), *whole, has.sum(axis=0), covered.sum(axis=0)])


# ---- Families of tests -----------------------------------------------------------------------------------------------


def _family(blocks: tuple[tuple[int, str], ...]) -> list[int]:
    return [BLOCKS.index(block) for block in blocks]


def families(errors: Errors, usable: np.ndarray, correct: bool) -> np.ndarray:
    """Of each family: replications, those with a false alarm, and the share of differences missed, summed; (3, n)."""
    rows = []
    for blocks in map(_family, FAMILIES.values()):
        value, se, df = (np.hstack([errors.pairs[block][part] for block in blocks]) for part in range(3))
        with np.errstate(invalid="ignore", divide="ignore"):
            p = settled(2 * student.sf(np.abs(value / se), df), 0.0)
        found = (holm(p) if correct else p) < settled(1 - LEVEL)
        cells = process_cells()
        true = np.hstack([np.abs(cells[0, SLICES[block]][PAIRS[block][0]] - cells[0, SLICES[block]][PAIRS[block][1]])
                          for block in blocks]) >= NEGLIGIBLE
        alarm = usable & np.any(found[:, ~true], axis=1)
        missed = np.mean(~found[:, true], axis=1) if true.any() else np.zeros(len(found))
        rows.append([usable.sum(), alarm.sum(), _whole(np.where(usable, missed, 0)).sum()])
    return np.array(rows, dtype=np.int64).T


def holm(p: np.ndarray) -> np.ndarray:
    """p (R, m) corrected within each row (Holm 1979); NaN is outside the family."""
    order = np.argsort(p, axis=1)
    ranked = np.take_along_axis(p, order, axis=1)
    left = np.count_nonzero(~np.isnan(p), axis=1)[:, None] - np.arange(p.shape[1])
    adjusted = np.empty(p.shape)
    np.put_along_axis(adjusted, order, np.minimum(np.maximum.accumulate(ranked * left, axis=1), 1), axis=1)
    return adjusted


# ---- Claims ----------------------------------------------------------------------------------------------------------

@per_project
def known() -> dict[str, claims.Claim]:
    """The study's claims: to read them takes longer than to judge a batch by them."""
    return claims.read()


Rows = tuple[np.ndarray, np.ndarray, np.ndarray]  # estimate, se and df of comparisons, (R, m) each
Verdicts = tuple[np.ndarray, np.ndarray]  # supported, contradicted: boolean, (R,)


def _place(spec: dict[str, str]) -> int:
    """The measure that a claim names."""
    if "andel" in spec:
        return MEASURES.index(("share", spec["andel"], spec["svar"]))
    return MEASURES.index(("mean", spec["middel"], "") if "middel" in spec else ("ratio", spec["del"], ""))


def _outer(rows: Rows, level: float, comparisons: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """t intervals; with so many comparisons (R,) those that hold together (Bonferroni)."""
    if comparisons is not None:
        level = 1 - (1 - level) / np.maximum(comparisons, 1)[:, None]
    low, high = t_interval(*rows, level)
    return settled(low), settled(high)


def _testable(rows: Rows) -> np.ndarray:
    """How many of the comparisons have a standard error, (R,)."""
    return np.count_nonzero(~np.isnan(rows[1]), axis=1)


def equal(claim: claims.Claim, found: Fit, errors: Errors) -> Verdicts:
    """As `decide.equal`."""
    cell, value = BLOCKS.index((_place(claim.measures[0]), "")), published.value(claim.id)
    parts = found.estimate[:, cell], errors.se[:, cell], found.n[:, cell], errors.df[:, cell]
    share = MEASURES[MEASURE[cell]][0] == "share"
    narrow, wide = (share_interval(*parts, level) if share else t_interval(parts[0], parts[1], parts[3], level)
                    for level in (LOW_LEVEL, LEVEL))
    narrow, wide = map(settled, (narrow, wide))
    low, high = settled([value - claim.margins[0], value + claim.margins[0]])
    return (low < narrow[0]) & (narrow[1] < high), (wide[0] > high) | (wide[1] < low)


def first(claim: claims.Claim, errors: Errors) -> Verdicts:
    """As `decide.ranks_first`, of one group; also for the last."""
    block = BLOCKS.index((_place(claim.measures[0]), claim.by[0]))
    code = [name for variable, name in layout().names if variable == claim.by[0]].index(claim.groups[0])
    a, b = PAIRS[block]
    mine = (a == code) | (b == code)
    sign = np.where(a == code, 1, -1)[mine] * (-1 if claim.rule == "sidst" else 1)
    value, se, df = (part[:, mine] for part in errors.pairs[block])
    rows = (value * sign, se, df)
    return np.all(_outer(rows, LOW_LEVEL)[0] > 0, axis=1), np.any(_outer(rows, LEVEL, _testable(rows))[1] < 0, axis=1)


def no_difference(claim: claims.Claim, errors: Errors) -> Verdicts:
    """As `decide.no_difference`, of all the measures of a claim."""
    supported, contradicted = True, False
    pairs = [errors.pairs[BLOCKS.index((_place(spec), claim.by[0]))] for spec in claim.measures]
    comparisons = np.sum([_testable(rows) for rows in pairs], axis=0)
    for rows, margin in zip(pairs, claim.margins, strict=True):
        (low, high), (low_all, high_all) = _outer(rows, LOW_LEVEL), _outer(rows, LEVEL, comparisons)
        supported = supported & np.all((low > -margin) & (high < margin), axis=1)
        contradicted = contradicted | np.any((low_all > margin) | (high_all < -margin), axis=1)
    return supported, contradicted


def increasing(errors: Errors) -> Verdicts:
    """As `decide.more_than`, of the slope."""
    return _outer(errors.slope, LOW_LEVEL)[0] > 0, _outer(errors.slope, LEVEL)[1] < 0


def verdicts(found: Fit, errors: Errors) -> Iterator[Verdicts]:
    """Of each of `CLAIMS`."""
    for name in CLAIMS:
        claim = known()[name]
        rules: dict[str, Callable[[], Verdicts]] = {
            "lig": lambda claim=claim: equal(claim, found, errors),
            "foerst": lambda claim=claim: first(claim, errors),
            "sidst": lambda claim=claim: first(claim, errors),
            "ingen_forskel": lambda claim=claim: no_difference(claim, errors),
            "haeldning": lambda: increasing(errors),
        }
        yield rules[claim.rule]()


def true_claims(cells: np.ndarray, slope: np.ndarray) -> np.ndarray:
    """Whether each claim is true where the cells (R, C) and the slope (R,) are; boolean, (claims, R)."""
    def value(spec: truths.Spec, by: str) -> np.ndarray:
        return cells[:, SLICES[BLOCKS.index((_place(spec), by))]]

    def labels(variable: str) -> list[str]:
        return [label for name, label in layout().names if name == variable]

    return np.array([truths.holds(known()[name], value, lambda *_: slope, labels) for name in CLAIMS])


def claimed(made: list[Verdicts], true: np.ndarray, usable: np.ndarray) -> np.ndarray:
    """Of each claim how often it is false or true, and supported, undecided or contradicted; (claims, 2, 3)."""
    result = np.zeros((len(CLAIMS), 2, 3), dtype=np.int64)
    for place, (supported, contradicted) in enumerate(made):
        verdict = np.where(supported, 0, np.where(contradicted, 2, 1))
        np.add.at(result[place], (true[place][usable].astype(int), verdict[usable]), 1)
    return result


# ---- All analyses of many surveys ------------------------------------------------------------------------------------

Tally = dict[str, np.ndarray]  # name to whole numbers, an analysis first


def tally(drawing: Drawing, analyses: list[Analysis], seed: int, start: int, stop: int, size: int = SIZE) -> Tally:
    """The counts over the replications from start to before stop; size: of a batch, which changes nothing but time.

    Linear algebra is kept to one thread: arrays this small are slower on more, and might differ in the last bit.
    """
    total: Tally = {}
    for at in range(start, stop, size):
        with threadpool_limits(1, "blas"):
            part = _batch(analyses, draw.batch(drawing, seed, at, min(at + size, stop)))
        total = {name: total.get(name, 0) + counts for name, counts in part.items()}
    return total


def _batch(analyses: list[Analysis], surveys: draw.Batch) -> Tally:
    """The counts of one batch."""
    truth = true_figures(surveys.truth)
    one = np.ones(surveys.truth.y.shape[2])
    true = true_claims(estimates.ratios(surveys.truth, one)[0], truth[:, -1])
    always = np.broadcast_to(true_claims(process_cells(), process_figures()[:, -1]), true.shape)
    true = np.where([[known()[name].process] for name in CLAIMS], always, true)
    fits: dict[str, Fit] = {}
    rows: dict[tuple[str, str, str], tuple[Errors, np.ndarray, np.ndarray]] = {}
    found = []
    for analysis in analyses:
        kind = analysis.vaegtning
        fitted = fits[kind] = fits.get(kind) or estimates.fit(surveys, kind)
        usable, key = fitted.usable, (kind, analysis.fpc, analysis.klynge)
        if key not in rows:
            errors = estimates.errors(fitted, analysis.fpc == "ja", analysis.klynge == "ja")
            made = figures(fitted, errors)
            fields = np.array([counted(made, right, usable) for right in (truth, process_figures())])
            rows[key] = errors, fields, claimed(list(verdicts(fitted, errors)), true, usable)
        errors, fields, judged = rows[key]
        head = np.array([len(usable), usable.sum(), surveys.answered.sum()])
        found.append((head, fields, families(errors, usable, analysis.korrektion == "ja"), judged))
    return dict(zip(("head", "fields", "families", "claims"), map(np.array, zip(*found, strict=True)), strict=True))
