"""How often a claim's whole rule would support it if it were true: what answers like these can show at all.

A rule holds where all its comparisons do, so they are drawn together: as normal, with the standard errors that the rule
itself uses and the correlations of the comparisons' influence values summed by cluster. A claim that groups are alike,
or that a number is as published, is as true as it can be (`EXACT`), so this is the most that such answers can give. Any
other is true by the smallest difference of interest in each of its comparisons; a slope by that from first to last, and
that groups differ by one of them being so far above all others, each of them as often.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import f as fisher
from scipy.stats import t as student

from civsam.disclosure.plan import KINDS, Plan
from civsam.disclosure.precision import Shown
from civsam.inference import compare, weighting
from civsam.inference.equations import Measure
from civsam.inference.intervals import share_interval, t_interval
from civsam.inference.settled import settled
from civsam.study import claims, published, simulate
from civsam.study.claims import Claim
from civsam.survey.survey import Survey

DRAWS = 4000  # a rate's Monte Carlo error is below 0.01
LEVEL = 0.90  # two-sided: one-sided 5 percent, at which claims are supported
EXACT = ("lig", "ingen_forskel")
RULES = (*EXACT, "mere_end", "mindre_end", "foerst", "sidst", "haeldning", "forskel")
SELDOM = 0.05  # who is supported no oftener than this, though true, is in practice never
CLASSES = np.array([SELDOM, 0.2, 0.5, 0.8, 0.95, 1.0])  # of rates that are shown of collected answers
COLUMNS = ("id", "rule", "tests", "power", "provenance")


@dataclass(frozen=True, eq=False)
class _Tests:
    """Comparisons, turned so that positive supports: table has their se and df (and n of an estimate).

    influence: (n, q). margin: in their own unit. together: where all pairs are tested in one, its degrees of freedom.
    """

    table: pd.DataFrame
    influence: np.ndarray
    margin: float
    together: tuple[float, float] | None = None


def supportable(survey: Survey) -> pd.DataFrame:
    """The claims that are comparisons of estimates (`RULES`), with the columns `COLUMNS`.

    tests: how many comparisons must hold, those that are tested in one being one; power: the share of `DRAWS` draws in
    which all do, NaN where the error of one is not known. What is drawn follows from the claim's id. See the head of
    the module.
    """
    process, rows = weighting.for_process(survey), []
    for claim in claims.read().values():
        if claim.rule in RULES:
            used = process if claim.process else survey
            parts = list(_tests(claim, used))
            tests = sum(1 if part.together else len(part.table) for part in parts)
            rows.append((claim.id, claim.rule, tests, _power(claim, parts, used), survey.provenance))
    return pd.DataFrame(rows, columns=list(COLUMNS))


# ---- The comparisons of a rule, with their influence values ----------------------------------------------------------


def _tests(claim: Claim, survey: Survey) -> Iterator[_Tests]:
    """The comparisons as `claims` makes them."""
    measures = [claims.measure_of(survey, spec) for spec in claim.measures]
    if claim.against:
        yield _between(claim, survey, measures)
        return
    for what, spec, margin in zip(measures, claim.measures, claim.margins, strict=True):
        among = survey.among(what.responded)
        if not claim.by:
            table = (claims.estimates_of(survey.having(level=LEVEL), spec) if claim.rule == "lig"
                     else compare.above(survey, what, claim.limit))
            yield _Tests(table, _calibrated(among, _influence(among, what, what.base)[:, None]), margin)
        for by in claim.by:
            yield (_line if claim.rule == "haeldning" else _groups)(claim, survey, among, what, spec, by, margin)


def _between(claim: Claim, survey: Survey, measures: list[Measure]) -> _Tests:
    """Each measure less each that it is held against, among those who answered all."""
    every = [*measures, *(claims.measure_of(survey, spec) for spec in claim.against)]
    names = [claims.name_of(what) for what in every]
    among = survey.among(np.logical_and.reduce([what.responded for what in every]))
    values = {name: _influence(among, what, what.base) for name, what in zip(names, every, strict=True)}
    table = compare.differences(survey, every)
    table = claims.crossing(table, names[:len(measures)], last=claim.rule == "mindre_end")
    return _Tests(table, _less(among, table, values), claim.margins[0])


def _groups(
    claim: Claim, survey: Survey, among: Survey, what: Measure, spec: dict[str, str], by: str, margin: float
) -> _Tests:
    """All pairs of groups, or those of a rank to the others."""
    table, group = claims.pairs(survey, spec, by), survey.group(by)
    if claim.groups:
        table = claims.without(table, claim.except_groups)
        table = claims.crossing(table, claim.groups, last=claim.rule == "sidst")
    values = {code: _influence(among, what, group == place) for place, code in enumerate(survey.variable(by).labels)}
    together = None
    if claim.rule == "forskel":
        test = compare.equality(survey, claims.item_of(spec), spec.get("svar"), by).iloc[0]
        together = float(test["df1"]), float(test["df2"])
    return _Tests(table, _less(among, table, values), margin, together)


def _line(
    claim: Claim, survey: Survey, among: Survey, what: Measure, spec: dict[str, str], by: str, margin: float
) -> _Tests:
    """The slope over ordered groups; true by the margin from the first to the last."""
    weights, place = among.design.weights * what.base, survey.group(by).astype(float)
    apart = place - weights @ place / weights.sum()
    spread, level = weights @ apart**2, weights @ what.y / weights.sum()
    slope = weights @ (apart * what.y) / spread
    influence = weights * apart * (what.y - level - slope * apart) / spread
    table = compare.slope(survey, spec["andel"], spec["svar"], by)
    return _Tests(table, _calibrated(among, influence[:, None]), margin / (len(survey.variable(by).labels) - 1))


def _influence(among: Survey, what: Measure, inside: np.ndarray) -> np.ndarray:
    """Influence of each respondent on a statistic of those inside, (n,); 0 where there are none."""
    weights = among.design.weights * (what.base & inside)
    size = weights @ what.x
    return weights * (what.y - weights @ what.y / size * what.x) / size if size > 0 else np.zeros(len(weights))


def _calibrated(among: Survey, influence: np.ndarray) -> np.ndarray:
    """Influence values (n, q) less what the margins of the weights explain."""
    made = among.design.calibration
    return influence if made is None else made.residual(influence, among.design.weights)


def _less(among: Survey, table: pd.DataFrame, values: dict[str, np.ndarray]) -> np.ndarray:
    """Those of the comparisons of a table, (n, q)."""
    sides = zip(table["a"], table["b"], strict=True)
    nothing = np.zeros((len(among.answers), 0))  # where there is one group
    return _calibrated(among, np.column_stack([nothing, *(values[a] - values[b] for a, b in sides)]))


# ---- Draws -----------------------------------------------------------------------------------------------------------


def _power(claim: Claim, parts: list[_Tests], survey: Survey) -> float:
    """How often all comparisons hold; each cluster has one standard normal number a draw, that all of them share."""
    if not all(len(part.table) and np.all(np.isfinite(part.together or 0)) for part in parts):  # there may be one group
        return np.nan
    totals = np.hstack([_by_cluster(survey, part.influence) for part in parts])
    se, df = (np.hstack([part.table[name].to_numpy(float) for part in parts]) for name in ("se", "df"))
    size = np.sqrt(np.sum(totals**2, axis=0))
    if not (np.all(np.isfinite(se * df)) and np.all(size > 0)):
        return np.nan
    error = simulate.Source(0).of("styrke", claim.id).standard_normal((DRAWS, len(totals))) @ (totals / size * se)
    return float(_held(claim, parts, error).mean())


def _held(claim: Claim, parts: list[_Tests], error: np.ndarray) -> np.ndarray:
    """Whether the rule supports a claim whose comparisons are true and have these errors, (draws, q); (draws,)."""
    if claim.rule == "lig":
        return _equal(claim, parts[0], error[:, 0])
    if claim.rule == "forskel":
        ends = np.cumsum([len(part.table) for part in parts])[:-1]
        own = zip(parts, np.split(error, ends, axis=1), strict=True)
        return np.all([_apart(part, mine) for part, mine in own], axis=0)
    se, df = (np.hstack([part.table[name].to_numpy(float) for part in parts]) for name in ("se", "df"))
    margin = np.hstack([np.full(len(part.table), part.margin) for part in parts])
    half = student.ppf((1 + LEVEL) / 2, df) * se
    return np.all(settled(np.abs(error) + half - margin if claim.rule in EXACT else half - margin - error) < 0, axis=1)


def _equal(claim: Claim, part: _Tests, error: np.ndarray) -> np.ndarray:
    """As `decide.equal`, of estimates that lie around the published value."""
    value, row = published.value(claim.id), part.table.iloc[0]
    at = value + error
    se, n, df = (np.full(len(at), float(row[name])) for name in ("se", "n", "df"))
    share = "andel" in claim.measures[0]
    low, high = (share_interval(np.clip(at, 1e-6, 1 - 1e-6), se, n, df, LEVEL) if share
                 else t_interval(at, se, df, LEVEL))
    return (settled(value - part.margin - low) < 0) & (settled(high - value - part.margin) < 0)


def _apart(part: _Tests, error: np.ndarray) -> np.ndarray:
    """Whether the joint test of all groups rejects where they differ, and their pairs have these errors; (draws,).

    As `equations.joint` for the process (Pustejovsky & Tipton 2018), of each group less the first. The pairs' standard
    errors tell their covariance: var(a - c) + var(b - c) - var(a - b) is twice that of a - c and b - c.
    """
    columns, turn, variance = _from_first(part.table)
    q, last = part.together or (np.nan, np.nan)
    groups = len(columns) + 1
    above = part.margin * np.vstack([-np.ones(groups - 1), np.eye(groups - 1)])  # the first, or one of the others
    at = error[:, columns] * turn + above[np.arange(len(error)) % groups]
    distance = np.sum(at * np.linalg.solve(variance, at.T).T, axis=1)
    return settled(distance * last / ((last + q - 1) * q) - fisher.ppf(0.95, q, last)) > 0


def _from_first(table: pd.DataFrame) -> tuple[list[int], np.ndarray, np.ndarray]:
    """Of a table of all pairs: the rows of each group and the first, -1 where the first is a, and their covariance."""
    sides = list(zip(table["a"], table["b"], strict=True))
    place = {frozenset(pair): row for row, pair in enumerate(sides)}
    first, *others = dict.fromkeys(code for pair in sides for code in pair)
    columns = [place[frozenset((first, code))] for code in others]
    squares = table["se"].to_numpy(float) ** 2
    own, apart = squares[columns], np.array([[squares[place[frozenset((one, other))]] if one != other else 0.0
                                              for other in others] for one in others])
    turn = np.array([-1.0 if sides[row][0] == first else 1.0 for row in columns])
    return columns, turn, (own[:, None] + own - apart) / 2


def _by_cluster(survey: Survey, influence: np.ndarray) -> np.ndarray:
    """Sums of influence values (n, q) over each cluster, (clusters, q), in the order of their respondents' keys.

    So a random number belongs to a cluster, and not to its place in a file.
    """
    cluster = survey.design.nested[0].cluster
    first = pd.Series(survey.answers.index).groupby(cluster).min()
    totals = np.column_stack([np.bincount(cluster, column) for column in influence.T])
    return totals[first.to_numpy().argsort(kind="stable")]


# ---- What may be shown of it -----------------------------------------------------------------------------------------


def as_shown(plan: Plan, row: pd.Series) -> Shown:
    """The class of a claim's rate, and only where every number that its rule is made of is shown."""
    claim = claims.read().get(row["id"])
    if claim is None or not claims.all_told(plan, claim):
        return {"hidden": True}
    if np.isnan(row["power"]):
        return {"tests": row["tests"]}
    return {"tests": row["tests"], "power": float(CLASSES[np.searchsorted(CLASSES, settled(row["power"]))])}


KINDS.insert(0, ({"id", "rule", "tests", "power"}, as_shown, None))
