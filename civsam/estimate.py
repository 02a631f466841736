"""Shares, means and ratios with standard error and interval, in all or by group.

Two targets. `population`: what all in the frame would say; response is the second phase, respondents are drawn
within response groups, with finite population correction. `process`: what lies behind the answers; uncertainty is
cluster-robust by municipality, without finite population correction.

Every estimate is a ratio, and every variance comes from its influence values through `covariance`.

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
from civsam.questionnaire import DONT_KNOW
from civsam.survey import Design, Survey

TARGETS = ("population", "process")
COLUMNS = (
    "statistic", "item", "answer", "by", "group", "n", "count", "estimate", "se", "low", "high", "df",
    "level", "target", "provenance",
)


def covariance(influence: np.ndarray, strata: np.ndarray, clusters: np.ndarray, fraction: np.ndarray) -> np.ndarray:
    """Covariance of estimators from their influence values; shape (n, k) gives (k, k).

    sum over strata of (1 - f) m / (m - 1) times the sum over its m clusters of the squared deviation of the
    clusters' totals (Cochran 1977; Binder 1983). `fraction` is f, one entry a row.

    Raises ValueError where a stratum holds a single cluster that is not the whole stratum.
    """
    cluster_of_row, where = np.unique(np.column_stack([strata, clusters]), axis=0, return_inverse=True)
    where = where.ravel()
    totals = np.zeros((len(cluster_of_row), influence.shape[1]))
    np.add.at(totals, where, influence)
    _, stratum = np.unique(cluster_of_row[:, 0], return_inverse=True)
    m = np.bincount(stratum)
    f = np.zeros(len(m))
    f[stratum[where]] = fraction
    if np.any((m == 1) & (f < 1)):
        raise ValueError("a stratum has a single cluster: join it with another")
    mean = np.zeros((len(m), influence.shape[1]))
    np.add.at(mean, stratum, totals)
    deviation = totals - (mean / m[:, None])[stratum]
    scale = ((1 - f) * m / np.maximum(m - 1, 1))[stratum]
    return deviation.T @ (deviation * scale[:, None])


def _sampling(design: Design, target: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Strata, clusters and sampling fraction of every row, for the question that is asked."""
    n = len(design.weights)
    if target == "population":
        respondents = np.bincount(design.strata)[design.strata]
        return design.strata, np.arange(n), respondents / design.population
    if target == "process":
        return np.zeros(n, dtype=int), design.clusters, np.zeros(n)
    raise ValueError(f"target is one of {TARGETS}, not {target!r}")


def _groups(survey: Survey, by: str | None) -> tuple[list[str], np.ndarray]:
    """Group codes and a boolean matrix of who belongs where, shape (n, groups)."""
    if by is None:
        return [""], np.ones((len(survey.answers), 1), dtype=bool)
    codes = list(register.labels(by, survey.questionnaire))
    return codes, survey.background[by].to_numpy()[:, None] == np.array(codes)


def _degrees_of_freedom(domain: np.ndarray, strata: np.ndarray, clusters: np.ndarray) -> np.ndarray:
    """Clusters less strata among the rows of each domain (columns of `domain`)."""
    return np.array([len(set(zip(strata[d], clusters[d], strict=True))) - len(set(strata[d])) for d in domain.T])


def _ratios(
    survey: Survey, y: np.ndarray, x: np.ndarray, base: np.ndarray, by: str | None, target: str
) -> pd.DataFrame:
    """Weighted sum of y over that of x within each group's base, with standard errors.

    Influence of a row: w (y - r x) / X inside the group, 0 outside (Särndal, Swensson & Wretman 1992, ch. 5).
    """
    codes, member = _groups(survey, by)
    domain = member & base[:, None]
    weight = survey.design.weights[:, None] * domain
    safe_y, safe_x = np.where(base, y, 0.0), np.where(base, x, 0.0)
    total = safe_x @ weight
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = (safe_y @ weight) / total
        influence = weight * (safe_y[:, None] - ratio * safe_x[:, None]) / total
    strata, clusters, fraction = _sampling(survey.design, target)
    variance = np.diag(covariance(np.nan_to_num(influence), strata, clusters, fraction))
    return pd.DataFrame({
        "by": by or "",
        "group": codes,
        "n": domain.sum(axis=0),
        "count": (safe_y[:, None] * domain).sum(axis=0),
        "estimate": ratio,
        "se": np.where(np.isnan(ratio), np.nan, np.sqrt(variance)),
        "df": _degrees_of_freedom(domain, strata, clusters),
        "target": target,
        "provenance": survey.provenance,
    })


def share_interval(p: float, se: float, n: int, df: int, level: float) -> tuple[float, float]:
    """Korn-Graubard interval: Clopper-Pearson on the effective sample size (Korn & Graubard 1998).

    At 0 and 1, where the standard error says nothing, n itself is the size. Of a whole group there is no doubt.
    """
    if np.isnan(p) or df < 1:
        return np.nan, np.nan
    if p in (0.0, 1.0):
        size = float(n)
    elif se == 0:
        return p, p
    else:
        tail = (1 + level) / 2
        size = p * (1 - p) / se**2 * (student.ppf(tail, max(n - 1, 1)) / student.ppf(tail, df)) ** 2
    low, high = proportion_confint(size * p, size, alpha=1 - level, method="beta")
    return float(np.nan_to_num(low, nan=0.0)), float(np.nan_to_num(high, nan=1.0))


def _finish(table: pd.DataFrame, statistic: str, item: str, answer: str, level: float) -> pd.DataFrame:
    """Add interval and names, in the order of `COLUMNS`."""
    if statistic == "share":
        rows = table[["estimate", "se", "n", "df"]].itertuples(index=False)
        low, high = zip(*(share_interval(*row, level) for row in rows), strict=True)
    else:
        half = student.ppf((1 + level) / 2, table["df"].clip(lower=1)) * table["se"]
        low, high = table["estimate"] - half, table["estimate"] + half
    full = table.assign(statistic=statistic, item=item, answer=answer, low=low, high=high, level=level)
    return full[list(COLUMNS)]


def shares(survey: Survey, item: str, answers: str | list[str] | None = None, by: str | None = None, *,
           target: str = "population", dont_know: bool = True) -> pd.DataFrame:
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
        said = np.logical_or.reduce([survey.says(item, code) for code in answer.split("+")])
        table = _ratios(survey, said.astype(float), ones, base, by, target)
        parts.append(_finish(table, "share", item, answer, survey.level))
    return pd.concat(parts, ignore_index=True)


def means(
    survey: Survey, items: str | list[str], by: str | None = None, *, target: str = "population"
) -> pd.DataFrame:
    """Mean of a count, or of the sum of several, among those who gave a number to all of them; one row a group."""
    names = [items] if isinstance(items, str) else items
    total = sum(survey.number(name) for name in names)
    base = ~np.isnan(total)
    table = _ratios(survey, total, np.ones(len(base)), base, by, target)
    return _finish(table, "mean", "+".join(names), "", survey.level)


def ratios(survey: Survey, part: str, by: str | None = None, *, target: str = "population") -> pd.DataFrame:
    """Share of the collaborations: the sum of a count over the sum of the counts that it is a part of; one row a group.

    The base is managers who gave all the numbers; `count` is collaborations.
    """
    y = survey.number(part)
    x = sum(survey.number(name) for name in survey.questionnaire.items[part].part_of)
    table = _ratios(survey, y, x, ~np.isnan(x + y), by, target)
    return _finish(table, "ratio", part, "", survey.level)
