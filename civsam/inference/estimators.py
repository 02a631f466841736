"""What an estimate is made of, its variance and its tidy table: the arithmetic under `estimate`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from civsam.files import UserError
from civsam.inference import statistics
from civsam.inference.groups import Groups
from civsam.inference.intervals import share_interval, t_interval
from civsam.inference.settled import settled, settled_table
from civsam.survey.checked import several_names, yes_or_no
from civsam.survey.grouping import the_survey
from civsam.survey.replicate_weights import Replicates
from civsam.survey.survey import Survey

COLUMNS = (
    "statistic", "item", "answer", "by", "group", "n", "count", "estimate", "se", "low", "high", "df",
    "level", "target", "weighted", "provenance", "deff", "n_effective",
)

BY_R = ("t", "logit")  # intervals with R's standard errors
NO_SPREAD = 1e-12  # of the estimate: what is less is rounding
Columns = dict[str, np.ndarray]


# ---- What is estimated, and for whom ---------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Variables:
    """What an estimate is made of: a ratio of weighted sums of y and x (None: 1) over the respondents in the base.

    Shapes (n,). y is 0 outside the base; it is boolean for shares. responded: who answered what it is about, be
    it with 'ved ikke', or was not asked it.
    """

    y: np.ndarray
    x: np.ndarray | None
    base: np.ndarray
    responded: np.ndarray


def variables(survey: Survey, statistic: str, item: str, answer: str = "", *, dont_know: bool = True) -> Variables:
    """The variables of a share, mean, score or ratio, as the functions of `estimate` describe them.

    item: several counts are joined by +. answer: of a share, several are joined by +; of a score, what the answers
    count, in the order of the scale and with commas between. Raises UserError for what is no item or answer of the
    survey, or no count, and ValueError for another statistic.
    """
    weighs = the_survey(survey).design.weights > 0
    if statistic == "share":
        base = weighs & (survey.answered(item) if yes_or_no(dont_know, "dont_know") else survey.knows(item))
        return Variables(survey.says(item, answer) & base, None, base, survey.responded(item))
    if statistic == "score":
        base, scores = weighs & survey.knows(item), map(float, answer.split(","))
        given = zip(survey.item(item).scale.answers, scores, strict=True)
        y = np.sum([score * survey.says(item, code) for code, score in given], axis=0)
        return Variables(np.where(base, y, 0.0), None, base, survey.responded(item))
    if statistic not in ("mean", "ratio"):
        raise ValueError(f"statistic must be share, mean, score or ratio, not {statistic!r}")
    counts = several_names(item.split("+"), "antal, der skal lægges sammen")
    y, x = np.sum([survey.number(name) for name in counts], axis=0), None
    base = ~np.isnan(y)
    if statistic == "ratio":
        if not survey.item(item).part_of:
            raise UserError(f"{item} er ikke en del af et andet antal, så det har ingen andel.")
        x = np.sum([survey.number(name) for name in survey.item(item).part_of], axis=0)
        base &= ~np.isnan(x)
        counts = [*counts, *survey.item(item).part_of]
    responded = np.logical_and.reduce([survey.responded(name) for name in counts])
    base = weighs & base
    return Variables(np.where(base, y, 0.0), None if x is None else np.where(base, x, 0.0), base, responded)


# ---- Estimates and their variances -----------------------------------------------------------------------------------


def ratio(
    among: Groups, y: np.ndarray, x: np.ndarray | None = None, covariance: np.ndarray | None = None,
    interval: str = "jackknife",
) -> tuple[Columns, np.ndarray]:
    """Weighted sum of y over that of x in each group: columns of shape (k,), and the covariance (k, k).

    y and x: (n,), 0 outside the base; no x is 1. Influence of a row: w (y - r x) / X inside its group, 0 outside
    (Särndal, Swensson & Wretman 1992). covariance: another than that, say from replicate weights. interval: one of
    `BY_R` has the errors of R `survey`, see `means`.
    """
    if covariance is None and among.survey.design.replicates is not None:
        covariance = replicated(among, y, x, among.survey.design.replicates)
    if y.dtype == bool and x is None and covariance is None:
        among, y = among.merged(y)
    values, weights = y.astype(float), among.weights
    below = among.size if x is None else among.sums(weights * x)
    with np.errstate(invalid="ignore", divide="ignore"):
        r = among.sums(weights * values) / below
        residual = np.where(below > 0, r, 0.0)[among.code]
        if x is not None:
            residual *= x
        np.subtract(values, residual, out=residual)
        influence = weights * residual
        spread = below * r * (1 - r) if y.dtype == bool else among.sums(influence * residual)
        if covariance is None:
            covariance = among.covariance(influence, left_out=interval not in BY_R) / np.outer(below, below)
        srs = among.size * spread / (among.n - 1) / below**2
    return _columns(among, values, r, covariance, srs), covariance


def replicated(among: Groups, y: np.ndarray, x: np.ndarray | None, replicates: Replicates) -> np.ndarray:
    """Covariance (k, k) of the ratio of y to x in each group, made anew by each of the replicate weights."""
    return replicates.spread(*made_anew(among, y, x, replicates))


def made_anew(
    among: Groups, y: np.ndarray, x: np.ndarray | None, replicates: Replicates
) -> tuple[np.ndarray, np.ndarray]:
    """The ratio of y to x in each group by each of the replicate weights (R, k), and by the survey's own (k,)."""
    k, inside = len(among.labels), among.count > 0
    below = inside.astype(float) if x is None else x * inside
    with np.errstate(invalid="ignore", divide="ignore"):
        made = replicates.sums(np.where(inside, y, 0.0), among.code, k) / replicates.sums(below, among.code, k)
        return made, among.sums(among.weights * y) / among.sums(among.weights * below)


def total(among: Groups, y: np.ndarray, interval: str = "jackknife") -> Columns:
    """Weighted sum of y in each group, columns as of `ratio`. Influence of a row: w y inside its group, 0 outside."""
    values, weights = y.astype(float), among.weights
    sums = among.sums(weights * values)
    with np.errstate(invalid="ignore", divide="ignore"):
        residual = values - np.where(among.size > 0, sums / among.size, 0.0)[among.code]
        srs = among.size * among.sums(weights * residual**2) / (among.n - 1)
    covariance = among.covariance(weights * values, left_out=interval not in BY_R)
    return _columns(among, values, np.where(among.n > 0, sums, np.nan), covariance, srs)


def _columns(among: Groups, y: np.ndarray, estimate: np.ndarray, covariance: np.ndarray, srs: np.ndarray) -> Columns:
    """The columns that differ from row to row; srs: the variance under simple random sampling, shape (k,)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        se = np.where(np.isnan(estimate), np.nan, np.sqrt(np.maximum(np.diag(covariance), 0)))
        # what is left of residuals that are all 0 is no spread to hold the variance against
        deff = np.where(np.sqrt(srs) > NO_SPREAD * np.abs(estimate), se**2 / srs, np.nan)
        return {"n": among.n, "count": among.sums(y * among.count), "estimate": estimate, "se": se, "df": among.df,
                "deff": deff, "n_effective": among.n / deff}


def tidy(
    among: Groups, statistic: str, item: str, answers: Sequence[str], columns: Columns, interval: str = "beta"
) -> pd.DataFrame:
    """The table of `COLUMNS` with a row an answer and group, from columns such as those of `ratio`.

    Shares get the interval of that name, see `share_interval`, quantiles keep theirs, others get t intervals. Raises
    ValueError for a statistic that `statistics` does not know.
    """
    statistics.of(statistic)
    columns = {name: values if values.dtype == int else settled(values) for name, values in columns.items()}
    if "low" not in columns:
        estimate, se, n, df = (columns[name] for name in ("estimate", "se", "n", "df"))
        level, share = among.survey.level, statistic == "share"
        limits = share_interval(estimate, se, n, df, level, interval) if share else t_interval(estimate, se, df, level)
        columns = columns | dict(zip(("low", "high"), limits, strict=True))
    if statistic != "share":  # a share of 0 or 1 has the interval of its n
        alike = np.isnan(columns["deff"]) & (columns["se"] <= NO_SPREAD * np.abs(columns["estimate"]))
        columns |= {end: np.where(alike, np.nan, columns[end]) for end in ("low", "high")}
    table = pd.DataFrame({
        "statistic": statistic, "item": item, "answer": [answer for answer in answers for _ in among.labels],
        "by": among.by, "group": among.labels * len(answers), "level": among.survey.level,
        "target": among.survey.design.target, "weighted": among.survey.design.weighted,
        "provenance": among.survey.provenance, **columns,
    })
    return settled_table(table[list(COLUMNS)])
