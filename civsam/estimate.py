"""Shares, means and ratios with standard error and interval, in all or by group.

What an estimate is about follows from the survey's design: `population` (what all in the frame would say; response is
the second phase) or `process` (what lies behind the answers; see `weighting.for_process`).

Every estimate is a ratio, and every variance comes from its influence values through `design.covariance`. A group is a
domain: the rows outside it stay in the design with influence 0.

Estimates are tidy tables with the columns `COLUMNS`: statistic (share of respondents, mean of a count, or ratio: share
of what the counts count), item and answer (codes; several items are joined by +), by and group (frame variable and
code, "" for all), n (respondents in the base), count (how many of them), estimate, se, low, high, df (degrees of
freedom), level (of confidence, the survey's own), target and provenance.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import t as student
from statsmodels.stats.proportion import proportion_confint

from civsam import register
from civsam.design import degrees_of_freedom, grouped_covariance
from civsam.questionnaire import DONT_KNOW
from civsam.survey import Survey

COLUMNS = (
    "statistic", "item", "answer", "by", "group", "n", "count", "estimate", "se", "low", "high", "df",
    "level", "target", "provenance",
)


def _ratios(survey: Survey, y: np.ndarray, x: np.ndarray, base: np.ndarray, by: str | None) -> pd.DataFrame:
    """Weighted sum of y over that of x within each group's base, with standard errors.

    Influence of a row: w (y - r x) / X inside its group, 0 outside (Särndal, Swensson & Wretman 1992, ch. 5).
    """
    codes = list(register.labels(by, survey.questionnaire)) if by else [""]
    k, design = len(codes), survey.design
    group = survey.group(by) if by else np.zeros(len(base), dtype=int)
    y, x, weight = np.where(base, y, 0.0), np.where(base, x, 0.0), np.where(base, design.weights, 0.0)
    total = np.bincount(group, weight * x, k)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.bincount(group, weight * y, k) / total
        influence = weight * (y - ratio[group] * x) / total[group]
    variance = np.diag(grouped_covariance(np.where(base, influence, 0.0), group, k, design))
    return pd.DataFrame({
        "by": by or "",
        "group": codes,
        "n": np.bincount(group, base, k).astype(int),
        "count": np.bincount(group, y, k),
        "estimate": ratio,
        "se": np.where(np.isnan(ratio), np.nan, np.sqrt(variance)),
        "df": degrees_of_freedom(design, np.where(base, group, -1), k),
        "target": design.target,
        "provenance": survey.provenance,
    })


def share_interval(
    p: np.ndarray, se: np.ndarray, n: np.ndarray, df: np.ndarray, level: float
) -> tuple[np.ndarray, np.ndarray]:
    """Korn-Graubard intervals: Clopper-Pearson on the effective sample size (Korn & Graubard 1998); shapes (k,).

    At 0 and 1, where the standard error says nothing, n itself is the size. Of a whole group there is no doubt.
    """
    tail = (1 + level) / 2
    certain = (p == 0) | (p == 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        shrunk = (student.ppf(tail, np.maximum(n - 1, 1)) / student.ppf(tail, df)) ** 2
        size = np.where(certain, n, p * (1 - p) / se**2 * shrunk)
        low, high = proportion_confint(size * p, size, alpha=1 - level, method="beta")
    low, high = np.where(p == 0, 0.0, low), np.where(p == 1, 1.0, high)
    known = (se == 0) & ~certain
    nothing = np.isnan(p) | (df < 1)
    low, high = np.where(known, p, low), np.where(known, p, high)
    return np.where(nothing, np.nan, low), np.where(nothing, np.nan, high)


def _finish(table: pd.DataFrame, statistic: str, item: str, answer: str, level: float) -> pd.DataFrame:
    """Add interval and names, in the order of `COLUMNS`."""
    if statistic == "share":
        low, high = share_interval(*table[["estimate", "se", "n", "df"]].to_numpy().T, level)
    else:
        half = student.ppf((1 + level) / 2, table["df"].clip(lower=1)) * table["se"]
        low, high = table["estimate"] - half, table["estimate"] + half
    return table.assign(statistic=statistic, item=item, answer=answer, low=low, high=high, level=level)[list(COLUMNS)]


def shares(
    survey: Survey, item: str, answers: str | list[str] | None = None, by: str | None = None, *, dont_know: bool = True
) -> pd.DataFrame:
    """Share of those who answered the item that gave each answer; one row a group and answer.

    answers: a code, several (a row each), or None for all of the scale, 'ved ikke' included where it is offered. A code
    "a+b" is the share who gave either. dont_know: whether 'ved ikke' counts in the base.
    """
    if answers is None:
        offered = list(survey.questionnaire.items[item].scale.answers)
        answers = [*offered, DONT_KNOW] if dont_know else offered
    base = survey.answered(item) if dont_know else survey.knows(item)
    ones = np.ones(len(base))
    parts = []
    for answer in [answers] if isinstance(answers, str) else answers:
        said = survey.says(item, *answer.split("+")).astype(float)
        table = _ratios(survey, said, ones, base, by)
        parts.append(_finish(table, "share", item, answer, survey.level))
    return pd.concat(parts, ignore_index=True)


def means(survey: Survey, items: str | list[str], by: str | None = None) -> pd.DataFrame:
    """Mean of a count, or of the sum of several, among those who gave a number to all of them; one row a group."""
    names = [items] if isinstance(items, str) else items
    total = sum(survey.number(name) for name in names)
    base = ~np.isnan(total)
    table = _ratios(survey, total, np.ones(len(base)), base, by)
    return _finish(table, "mean", "+".join(names), "", survey.level)


def ratios(survey: Survey, part: str, by: str | None = None) -> pd.DataFrame:
    """Share of the collaborations: the sum of a count over the sum of the counts that it is a part of; one row a group.

    The base is managers who gave all the numbers; `count` is collaborations.
    """
    y = survey.number(part)
    x = sum(survey.number(name) for name in survey.questionnaire.items[part].part_of)
    table = _ratios(survey, y, x, ~np.isnan(x + y), by)
    return _finish(table, "ratio", part, "", survey.level)
