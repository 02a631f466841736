"""Do groups, answers or items differ: tests, contrasts, effect sizes, equivalence and the verdicts that follow.

A contrast is a linear combination of estimates, and its standard error follows the survey's design. For `population`
that is the design's own joint covariance (R's convention). For `process` it is the bias-reduced cluster-robust variance
CR2 with Satterthwaite degrees of freedom (Bell & McCaffrey 2002; Pustejovsky & Tipton 2018), because some groups have
few municipalities; `small_sample=False` gives R's convention there too. CR2 looks at the clusters only, not at strata,
and takes calibrated weights as they are. For `population` with calibrated weights the standard error is that of
"jackknife" in `estimate.means`, unless small_sample is False.

Response is response to the question (`Survey.among`): who is compared answered all that a table is about. Differences
between items are taken among those who answered all of them.

Contrasts are tidy tables with the columns `COLUMNS`: statistic, item, answer and by as in `estimate`; a and b (what is
compared, a minus b), n_a and n_b (respondents), effect (what `estimate` measures), estimate, se, df, low, high, t, p
(two-sided, of no difference), level, method (CR2 or design), target and provenance. Where a group has fewer than two
clusters, or all in it answered alike, nothing is known of its error: se, df, low, high, t and p are NaN.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import logit
from scipy.stats import t as student
from statsmodels.stats.multitest import multipletests

from civsam.files import UserError
from civsam.inference.equations import Equations, Measure, design_freedom, errors, joint, measure, solve, t_table
from civsam.inference.power import detectable
from civsam.inference.rao_scott import independence
from civsam.inference.settled import settled, settled_table
from civsam.survey.checked import is_number, whole, yes_or_no
from civsam.survey.design import Design
from civsam.survey.grouping import By, Split, split
from civsam.survey.survey import Survey

__all__ = ("contrasts", "corrected", "detectable", "equality", "equivalence", "independence")

COLUMNS = (
    "statistic", "item", "answer", "by", "a", "b", "n_a", "n_b", "effect", "estimate", "se", "df", "low", "high",
    "t", "p", "level", "method", "target", "provenance",
)
SUPPORTED, CONTRADICTED, UNDECIDED = "understoettet", "modsagt", "uafgjort"


# ---- Contrasts ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Cells:
    """Estimators side by side, one a group or one a measure.

    member: (k, n), who counts in each; group: (k,), the same number where they are of the same respondents; value:
    (k,), NaN for one without respondents; varies: (k,), whether its respondents differ.
    """

    names: list[str]
    member: np.ndarray
    group: np.ndarray
    value: np.ndarray
    varies: np.ndarray
    equations: Equations


def _cells(design: Design, parts: list[tuple[Measure, np.ndarray]], names: list[str], group: np.ndarray) -> _Cells:
    """One estimator a part; a part is a measure and the rows (boolean) that it is taken over."""
    member = np.array([part.base & inside & (design.weights > 0) for part, inside in parts])
    exists = np.array([np.any(part.x[who]) for (part, _), who in zip(parts, member, strict=True)], dtype=bool)
    cell, row = np.nonzero(member & exists[:, None])
    z = (cell[:, None] == np.flatnonzero(exists)).astype(float)
    y, x = (np.array([getattr(part, name) for part, _ in parts])[cell, row] for name in "yx")
    equations = solve(y, z * x[:, None], z, design.weights[row], row)
    value, varies = np.full(len(parts), np.nan), np.zeros(len(parts), dtype=bool)
    value[exists] = settled(equations.estimate)
    varies[exists] = (np.abs(equations.residual) > 1e-9) @ z > 0
    return _Cells(names, member, group, value, varies, equations)


def _by_group(survey: Survey, what: Measure, part: Split) -> _Cells:
    places = np.arange(len(part.labels))
    return _cells(survey.design, [(what, part.code == place) for place in places], part.labels, places)


def _pairs(size: int, reference: int | None) -> list[tuple[int, int]]:
    """Places of the pairs to compare: all, or each against the reference. Raises UserError where there are none."""
    if size < 2:
        raise UserError("der er kun én gruppe, og den har ingen at blive holdt op mod. Brug en variabel med flere.")
    if reference is None:
        return list(combinations(range(size), 2))
    return [(place, reference) for place in range(size) if place != reference]


def _pair_freedom(design: Design, cells: _Cells, a: int, b: int) -> float:
    """R's degrees of freedom of a difference; NaN where one side has no variance of its own."""
    if not all(cells.varies[side] and design_freedom(design, cells.member[side], 1) >= 1 for side in (a, b)):
        return np.nan
    return design_freedom(design, cells.member[a] | cells.member[b], 1 + int(cells.group[a] != cells.group[b]))


# The scale on which two shares are compared, and its derivative (Cohen 1988, ch. 6; Agresti 2013).
SCALES: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "difference": (lambda p: p, np.ones_like),
    "cohens_h": (lambda p: 2 * np.arcsin(np.sqrt(p)), lambda p: 1 / np.sqrt(p * (1 - p))),
    "odds_ratio": (logit, lambda p: 1 / (p * (1 - p))),
}


def _inferred(
    survey: Survey, equations: Equations, combine: np.ndarray, estimate: np.ndarray, df: np.ndarray, small_sample: bool
) -> tuple[dict[str, np.ndarray], str]:
    """The columns of `t_table` for combinations (q, k) of estimates, and the method's name; df: (q,), the design's."""
    se, df, method = errors(survey.design, equations, combine, df, small_sample=small_sample)
    return t_table(estimate, se, df, survey.level), method


def _compared(
    survey: Survey, what: Measure, by: str, cells: _Cells, pairs: list[tuple[int, int]], effect: str, small_sample: bool
) -> pd.DataFrame:
    """The table of contrasts of these pairs of cells."""
    scale, slope = SCALES[effect]
    first, second = np.array(pairs, dtype=int).reshape(-1, 2).T
    differ = np.eye(len(cells.names))[first] - np.eye(len(cells.names))[second]
    df = np.array([_pair_freedom(survey.design, cells, a, b) for a, b in pairs])
    with np.errstate(divide="ignore", invalid="ignore"):
        value, steep = scale(cells.value), slope(cells.value)
        estimate = value[first] - value[second]
    usable = np.isfinite(steep)
    known = usable[first] & usable[second] & ~np.isnan(df)
    weights = (np.where(usable, steep, 0) * differ * known[:, None])[:, ~np.isnan(cells.value)]
    columns, method = _inferred(survey, cells.equations, weights, estimate, df, small_sample)
    columns |= {name: np.where(known, columns[name], np.nan) for name in ("se", "df", "low", "high", "t", "p")}
    table = pd.DataFrame({
        "a": np.array(cells.names, dtype=object)[first], "b": np.array(cells.names, dtype=object)[second],
        "n_a": cells.member.sum(axis=1)[first], "n_b": cells.member.sum(axis=1)[second],
        **columns,
    })
    if effect == "odds_ratio":
        table[["estimate", "low", "high"]] = np.exp(table[["estimate", "low", "high"]])
    return _finish(survey, table, what, by, effect, method)


def _finish(survey: Survey, table: pd.DataFrame, what: Measure, by: str, effect: str, method: str) -> pd.DataFrame:
    return settled_table(table.assign(
        statistic=what.statistic, item=what.item, answer=what.answer, by=by, effect=effect, level=survey.level,
        method=method, target=survey.design.target, provenance=survey.provenance,
    )[list(COLUMNS)])


def contrasts(
    survey: Survey, item: str, answer: str | None, by: By, reference: str | None = None, *, effect: str = "difference",
    ratio: bool = False, dont_know: bool = True, small_sample: bool = True,
) -> pd.DataFrame:
    """Differences between groups, formed as in `estimate`: all pairs, or each group less the reference.

    item, answer, ratio and dont_know as in `measure`. effect: difference (percentage points / 100, or the count's own
    unit); for shares also cohens_h (Cohen 1988) and odds_ratio (se, t and p are of its logarithm); for means also smd,
    the difference over the two groups' pooled standard deviation, whose own error is included (Hedges 1981; Särndal,
    Swensson & Wretman 1992). Delta method.

    Raises UserError for an unknown item, answer, variable or reference, and for a variable with one group; ValueError
    for an unknown effect, an effect of shares on a mean, and the other way.

    >>> from civsam import compare, open_edition
    >>> pairs = compare.contrasts(open_edition().process, "pol_fokus", "ja", "blok")
    >>> pairs[["a", "b", "method"]].iloc[0].tolist()
    ['roed', 'blaa', 'CR2']
    """
    what = measure(survey, item, answer, ratio=ratio, dont_know=dont_know)
    yes_or_no(small_sample, "small_sample")
    known = ("difference", "smd") if what.statistic == "mean" else tuple(SCALES)
    if effect not in known:
        raise ValueError(f"effect must be one of {', '.join(known)}, not {effect!r} of a {what.statistic}")
    part = split(survey, by)
    survey = part.among(survey, what.responded)
    pairs = _pairs(len(part.labels), None if reference is None else part.place(reference))
    if effect == "smd":
        return pd.concat([_standardised(survey, what, part, pair, small_sample) for pair in pairs], ignore_index=True)
    return _compared(survey, what, part.variable.id, _by_group(survey, what, part), pairs, effect, small_sample)


def differences(
    survey: Survey, measures: Sequence[Measure], reference: int | None = None, *, small_sample: bool = True
) -> pd.DataFrame:
    """Differences between statistics of the same respondents: all pairs, or each less the one at `reference`.

    a and b name what tells the measures apart: "item" or "item=answer". The columns item and answer are blank.
    """
    survey = survey.among(np.logical_and.reduce([what.responded for what in measures]))
    names = [f"{what.item}={what.answer}" if what.answer else what.item for what in measures]
    everyone = np.ones(len(survey.answers), dtype=bool)
    cells = _cells(survey.design, [(what, everyone) for what in measures], names, np.zeros(len(names), dtype=int))
    pairs = _pairs(len(names), reference)
    what = replace(measures[0], item="", answer="")
    return _compared(survey, what, "", cells, pairs, "difference", small_sample)


def above(survey: Survey, what: Measure, limit: float, *, small_sample: bool = True) -> pd.DataFrame:
    """How far a statistic of all respondents lies above a limit: one row, b is the limit."""
    survey = survey.among(what.responded)
    cells = _cells(survey.design, [(what, np.ones(len(what.base), dtype=bool))], [what.item], np.zeros(1, dtype=int))
    one = np.ones((1, len(cells.equations.estimate)))
    return _one(survey, what, "", cells.equations, one, limit, str(limit), small_sample)


def _one(
    survey: Survey, what: Measure, by: str, equations: Equations, combine: np.ndarray, limit: float, against: str,
    small_sample: bool,
) -> pd.DataFrame:
    """A table of one row from one combination of estimates, less a limit; NaN where nothing could be estimated."""
    used = np.isin(np.arange(len(what.base)), equations.row)
    df = np.array([design_freedom(survey.design, used, combine.shape[1])])
    estimate = combine @ equations.estimate - limit if combine.size else np.full(1, np.nan)
    columns, method = _inferred(survey, equations, combine, estimate, df, small_sample)
    table = pd.DataFrame({"a": what.answer or what.item, "b": against, "n_a": used.sum(), "n_b": 0,
                          **columns})
    return _finish(survey, table, what, by, "slope" if by else "difference", method)


def slope(
    survey: Survey, item: str, answer: str | None, by: str, *, dont_know: bool = True, small_sample: bool = True
) -> pd.DataFrame:
    """The trend over ordered groups: the weighted least-squares line through 0, 1, 2, ...; one row, change a step.

    It is the linear contrast of the groups' values, weighted with their sizes (for shares: Armitage 1955).
    """
    what = measure(survey, item, answer, dont_know=dont_know)
    yes_or_no(small_sample, "small_sample")
    if not survey.variable(by).ordered:
        raise UserError(f"»{by}« har ingen rækkefølge, så der er ingen tendens fra gruppe til gruppe. Skriv ordnet: "
                        "true ved variablen, hvis den har (i egne data: en ordnet kategori), eller brug contrasts.")
    survey = survey.among(what.responded)
    row = np.flatnonzero(what.base & (survey.design.weights > 0))
    x = np.column_stack([np.ones(len(row)), survey.group(by)[row]])
    if len(np.unique(x[:, 1])) < 2:  # no line through one group
        row, x = row[:0], np.empty((0, 0))
    equations = solve(what.y[row], x, x, survey.design.weights[row], row)
    return _one(survey, what, by, equations, np.eye(2)[1:, :x.shape[1]], 0.0, "", small_sample)


def _standardised(
    survey: Survey, what: Measure, part: Split, pair: tuple[int, int], small_sample: bool
) -> pd.DataFrame:
    """One pair: the two means in units of the pooled standard deviation, and the pooled variance (which is then 1)."""
    group = part.code
    inside = [group == place for place in pair]
    labels, places = [part.labels[place] for place in pair], np.arange(2)
    value = _cells(survey.design, [(what, who) for who in inside], labels, places).value
    n = np.sum(what.base & (inside[0] | inside[1]) & (survey.design.weights > 0))
    squared = replace(what, y=(what.y - np.where(inside[0], *value)) ** 2 * n / max(n - 2, 1), x=np.ones(len(group)))
    sd = np.sqrt(_cells(survey.design, [(squared, inside[0] | inside[1])], [""], places[:1]).value[0])
    flat, sd = not sd > 0, sd if sd > 0 else 1.0
    parts = [(replace(what, y=what.y / sd), who) for who in inside]
    parts.append((replace(squared, y=squared.y / sd**2), inside[0] | inside[1]))
    cells = _cells(survey.design, parts, [*labels, ""], np.array([0, 1, 1]))
    d = np.nan if flat else cells.value[0] - cells.value[1]
    df = _pair_freedom(survey.design, cells, 0, 1)
    exists = ~np.isnan(cells.value)
    combine = np.where(np.isnan(d + df), 0, [1, -1, -d / 2])[None, exists]
    columns, method = _inferred(survey, cells.equations, combine, np.array([d]), np.array([df]), small_sample)
    table = pd.DataFrame({
        "a": labels[:1], "b": labels[1:], "n_a": cells.member[0].sum(), "n_b": cells.member[1].sum(), **columns,
    })
    return _finish(survey, table, what, part.variable.id, "smd", method)


def equality(
    survey: Survey, item: str, answer: str | None, by: By, *, ratio: bool = False, dont_know: bool = True,
    small_sample: bool = True,
) -> pd.DataFrame:
    """Test that a share, mean or ratio is the same in all groups: `models.joint` of each against the first. One row.

    Columns as `rao_scott.independence`, with method, without cramers_v. NaN with fewer than two groups, or where one's
    error is not known (`COLUMNS`); for shares that has no such gap.

    >>> from civsam import compare, open_edition
    >>> test = compare.equality(open_edition().process, "pol_fokus", "ja", "region")
    >>> test["df1"].item()
    4
    """
    what, part = measure(survey, item, answer, ratio=ratio, dont_know=dont_know), split(survey, by)
    yes_or_no(small_sample, "small_sample")
    survey = part.among(survey, what.responded)
    cells = _by_group(survey, what, part)
    exists, used = np.flatnonzero(~np.isnan(cells.value)).tolist(), np.logical_or.reduce(cells.member)
    k, tested = len(exists), (np.nan,) * 4 + ("",)
    if k > 1 and not any(np.isnan(_pair_freedom(survey.design, cells, exists[0], other)) for other in exists):
        combine = np.column_stack([-np.ones(k - 1), np.eye(k - 1)])
        df = design_freedom(survey.design, used, k)
        tested = joint(survey.design, cells.equations, combine, df, small_sample=small_sample)
    row = dict(zip(("statistic", "df1", "df2", "p", "method"), tested, strict=True))
    names = {"test": "equality", "item": item, "answer": answer or "", "by": part.variable.id, "n": int(used.sum())}
    return pd.DataFrame([{**names, **row, "target": survey.design.target, "provenance": survey.provenance}])


def corrected(tests: pd.DataFrame, method: str, family: str) -> pd.DataFrame:
    """The tests with p_adjusted, correction, family and family_size; rows without p are outside the family.

    method: holm (Holm 1979) or fdr_bh (Benjamini & Hochberg 1995). family: in words, which tests belong together.
    Raises ValueError for another method, and for what are no tests.

    >>> from civsam import compare, open_edition
    >>> pairs = compare.contrasts(open_edition().process, "pol_fokus", "ja", "region")
    >>> compare.corrected(pairs, "holm", "pairs of regions")["family_size"].iloc[0].item()
    10
    """
    if method not in ("holm", "fdr_bh") or "p" not in _columns(tests):
        raise ValueError(f"tests with a column p are corrected by holm or fdr_bh, not by {method!r} and the columns "
                         f"{', '.join(tests)}")
    if not (isinstance(family, str) and family):
        raise UserError(f"family={family!r}: skriv med ord, hvilke test der hører sammen, fx family=\"alle par\".")
    p = tests["p"].to_numpy(float)
    known = ~np.isnan(p)
    adjusted = np.full(len(p), np.nan)
    if known.any():
        adjusted[known] = settled(multipletests(p[known], method=method)[1], 0.0)
    return tests.assign(p_adjusted=adjusted, correction=method, family=family, family_size=int(known.sum()))


# ---- Equivalence -----------------------------------------------------------------------------------------------------


def equivalence(table: pd.DataFrame, margin: float, comparisons: int = 0) -> pd.DataFrame:
    """Two one-sided tests of each contrast against a smallest effect of interest (Schuirmann 1987).

    margin: in the unit of `estimate`. Adds margin, low90 and high90 (equivalent at 5 percent where both lie within the
    margin), p_equivalence, equivalent, and low_all and high_all: simultaneous 95 percent intervals, Bonferroni over the
    rows with a standard error, or over so many comparisons. For k groups to be equal every pair must pass, and no
    correction is due (intersection-union, Berger 1982).

    Raises ValueError for a margin that is not positive, or of shares not below 1, for odds ratios, whose margin is not
    symmetrical, and for what are no contrasts.

    >>> from civsam import compare, open_edition
    >>> blocs = compare.contrasts(open_edition().process, "pol_fokus", "ja", "blok")
    >>> compare.equivalence(blocs, margin=0.5)["equivalent"].item()
    True
    """
    if not {"effect", "estimate", "se", "df"} <= set(_columns(table)):
        raise ValueError(f"equivalence is of contrasts (`contrasts`), not of a table with {', '.join(table)}")
    whole(comparisons, "comparisons", 0)
    if not (is_number(margin) and 0 < margin < np.inf) or (table["effect"] == "odds_ratio").any():
        raise ValueError(f"a margin is a positive distance from no difference, not {margin!r}, and not of odds ratios")
    of = table["statistic"] if "statistic" in table else pd.Series("", table.index)
    if margin >= 1 and (of.isin(("share", "ratio")) & table["effect"].isin(("difference", "slope"))).any():
        raise ValueError(f"a margin between shares lies between 0 and 1, such as 0.1 for 10 percentage points, not "
                         f"{margin!r}")
    estimate, se, df = table[["estimate", "se", "df"]].to_numpy(float).T
    low, high = interval(table, 0.90)
    low_all, high_all = simultaneous(table, comparisons)
    with np.errstate(divide="ignore", invalid="ignore"):
        p = np.maximum(student.sf((estimate + margin) / se, df), student.cdf((estimate - margin) / se, df))
    return table.assign(
        margin=margin, low90=low, high90=high, p_equivalence=settled(p, 0.0),
        equivalent=(low > -margin) & (high < margin), low_all=low_all, high_all=high_all,
    )


def interval(table: pd.DataFrame, level: float) -> tuple[np.ndarray, np.ndarray]:
    """t intervals of a table's rows at another level than its own. Raises ValueError for one outside 0 to 1."""
    if not 0 < level < 1:
        raise ValueError(f"level is a share between 0 and 1, such as 0.95 for 95 percent, not {level!r}")
    estimate, se, df = table[["estimate", "se", "df"]].to_numpy(float).T
    values = t_table(estimate, se, df, level)
    return values["low"], values["high"]


def simultaneous(table: pd.DataFrame, comparisons: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """95 percent intervals that hold together: Bonferroni over so many comparisons, or those of the table's own rows.

    A verdict is the same whatever level an edition shows its intervals at.
    """
    return interval(table, 1 - 0.05 / max(comparisons or testable(table), 1))


def _columns(table: pd.DataFrame) -> list[str]:
    """The table's columns. Raises TypeError for what is no table."""
    if not isinstance(table, pd.DataFrame):
        raise TypeError(f"what is meant is a table, as `contrasts` and `equality` give it, not {type(table).__name__}")
    return list(table)


def testable(table: pd.DataFrame) -> int:
    """How many rows have a standard error."""
    return int(table["se"].notna().sum())
