"""Shares, means, ratios, totals and quantiles with standard error and interval, in all or by group.

What an estimate is about follows from the survey's design: `population` (what all in the frame would say; response is
the second phase) or `process` (what lies behind the answers; see `weighting.for_process`).

A group is a domain: the rows outside it stay in the design with influence 0 (Särndal, Swensson & Wretman 1992, chapter
10). Response is response to the question: every estimate is made on `Survey.among` those who answered what it is about,
so weights and the finite population correction are theirs. 'Ved ikke' is an answer, and outside the domain of a count.

Every variance comes from influence values through `variance.covariance`. There is one standard error, and interval, p
and verdict are made of it.

Estimates are tidy tables with the columns `COLUMNS`: statistic (share of respondents, mean of a count, ratio: share of
what the counts count, total, quantile, or "share difference" and so on between groups), item and answer (codes; several
items are joined by +; of a quantile the answer is its probability), by and group (frame variable and code, "" for all),
n (respondents in the base), count (how many of them, or of what they count), estimate, se, low, high, df (degrees of
freedom: clusters less strata among the base of the group), level (of confidence, the survey's own), target, whether the
answers are weighted, and provenance.

deff is the design effect: the variance over that of a simple random sample with replacement of n respondents (R
`survey`'s deff="replace"; the default there is this over 1 - n / N). n_effective is n / deff: how many respondents of
such a sample would tell as much (Kish 1965).

Where an estimate stands on little, as in R `survey`:
- Weight 0: the respondent is in no estimate, not in n, count or df, but in the size of cluster and stratum.
- Nobody in a group: n is 0, estimate, standard error and interval are missing.
- One cluster in a group (or one respondent, where respondents are the clusters): the standard error is that of a domain
  and says nothing; df is 0, so there is no interval.
- All gave the same number: the standard error is 0 and says nothing; deff is missing, and there is no interval.
- One cluster in a stratum that is not the whole stratum: ValueError. Join the stratum with another.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from numbers import Real

import numpy as np
import pandas as pd
from pandas.api.types import is_list_like
from scipy.stats import t as student

from civsam.files import UserError
from civsam.inference import statistics
from civsam.inference.groups import Groups, groups
from civsam.inference.intervals import share_interval, t_interval
from civsam.inference.settled import settled, settled_table
from civsam.instrument.questionnaire import DONT_KNOW
from civsam.survey.checked import several_names
from civsam.survey.replicate_weights import Replicates
from civsam.survey.survey import Survey

__all__ = ("means", "quantiles", "ratios", "shares", "totals")

COLUMNS = (
    "statistic", "item", "answer", "by", "group", "n", "count", "estimate", "se", "low", "high", "df",
    "level", "target", "weighted", "provenance", "deff", "n_effective",
)

BY_R = ("t", "logit")  # intervals with R's standard errors
NO_SPREAD = 1e-12  # of the estimate: what is less is rounding
TIE = 1e-9  # a cumulated share this close to a probability has reached it: sums of weights are not exact
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
    """The variables of a share, mean or ratio, as the functions of those names describe them.

    item: several counts are joined by +. answer: of a share only; several are joined by +. Raises UserError for what is
    no item or answer of the survey, or no count, and ValueError for another statistic.
    """
    weighs = survey.design.weights > 0
    if statistic == "share":
        base = weighs & (survey.answered(item) if dont_know else survey.knows(item))
        return Variables(survey.says(item, answer) & base, None, base, survey.responded(item))
    if statistic not in ("mean", "ratio"):
        raise ValueError(f"statistic must be share, mean or ratio, not {statistic!r}")
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
    k, below = len(among.labels), (among.count > 0).astype(float) if x is None else x
    with np.errstate(invalid="ignore", divide="ignore"):
        made = replicates.sums(y.astype(float), among.code, k) / replicates.sums(below, among.code, k)
        full = among.sums(among.weights * y) / among.sums(among.weights * below)
    return replicates.spread(made, full)


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
        "by": among.by or "", "group": among.labels * len(answers), "level": among.survey.level,
        "target": among.survey.design.target, "weighted": among.survey.design.weighted,
        "provenance": among.survey.provenance, **columns,
    })
    return settled_table(table[list(COLUMNS)])


def _joined(parts: Sequence[Columns]) -> Columns:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


# ---- The estimates ---------------------------------------------------------------------------------------------------


def _answers(survey: Survey, item: str, answers: str | list[str] | None, dont_know: bool) -> list[str]:
    """The answers asked for; all of the scale for None. Raises UserError for an item without a scale."""
    if answers is None:
        offered = list(survey.item(item).scale.answers)
        if not offered:
            raise UserError(f"{item} har ingen svarmuligheder at vise andele af.")
        return [*offered, DONT_KNOW] if dont_know else offered
    wanted: list[str] = list(answers) if is_list_like(answers) else [str(answers)]
    if not wanted:
        raise UserError(f"{item}: listen af svar er tom. Nævn et svar, eller udelad listen for at få dem alle.")
    return wanted


def _one(survey: Survey, statistic: str, items: str | list[str], by: str | None, interval: str) -> pd.DataFrame:
    _known_interval(interval)
    item = _joint(items)
    those = variables(survey, statistic, item)
    among = groups(survey.among(those.responded), those.base, by)
    return tidy(among, statistic, item, [""], ratio(among, those.y, those.x, interval=interval)[0])


def _known_interval(interval: str) -> None:
    if interval not in ("jackknife", "t"):
        raise ValueError(f"interval must be jackknife or t, not {interval!r}")


def _joint(items: str | list[str]) -> str:
    """One item, or several joined by +. Raises UserError for none."""
    if not is_list_like(items):
        return str(items)
    if not len(items):
        raise UserError("listen af spørgsmål er tom. Nævn mindst ét.")
    return "+".join(map(str, items))


def shares(
    survey: Survey, item: str, answers: str | list[str] | None = None, by: str | None = None, *,
    dont_know: bool = True, interval: str = "beta",
) -> pd.DataFrame:
    """Share of those who answered the item that gave each answer; one row a group and answer.

    answers: a code, several (a row each), or None for all of the scale, 'ved ikke' included where it is offered. A code
    "a+b" is the share who gave either. dont_know: whether 'ved ikke' counts in the base; who said it responded.
    interval: "beta" (Korn-Graubard, with the error of `means`), or with R's error "logit" or "t", see `share_interval`.

    >>> from civsam import estimate, open_edition
    >>> estimate.shares(open_edition().survey, "pol_fokus", "ja")["estimate"].round(2).item()
    0.82
    """
    wanted = _answers(survey, item, answers, dont_know)
    those = [variables(survey, "share", item, answer, dont_know=dont_know) for answer in wanted]
    among = groups(survey.among(those[0].responded), those[0].base, by)
    columns = _joined([ratio(among, one.y, interval=interval)[0] for one in those])
    return tidy(among, "share", item, wanted, columns, interval)


def means(
    survey: Survey, items: str | list[str], by: str | None = None, *, interval: str = "jackknife"
) -> pd.DataFrame:
    """Mean of a count, or of the sum of several, among those who gave a number to all of them; one row a group.

    Who said 'ved ikke' responded, but has no number, and is outside the base. interval: "t" is estimate ± t se, as R's.
    "jackknife" is the same, but for calibrated weights: there R's se is too small, as the margins were fitted to the
    residuals that it is made of, and se is from residuals that leave each cluster out (`Design.left_out`). Raises
    ValueError for another interval.

    >>> from civsam import estimate, open_edition
    >>> both = estimate.means(open_edition().survey, ["pra_lange", "pra_korte"])
    >>> both[["statistic", "item"]].iloc[0].tolist()
    ['mean', 'pra_lange+pra_korte']
    """
    return _one(survey, "mean", items, by, interval)


def ratios(survey: Survey, part: str, by: str | None = None, *, interval: str = "jackknife") -> pd.DataFrame:
    """Share of the collaborations: the sum of a count over the sum of the counts that it is a part of; one row a group.

    The base is managers who gave all the numbers; `count` is collaborations. interval: as for `means`.

    >>> from civsam import estimate, open_edition
    >>> estimate.ratios(open_edition().survey, "pra_tvaers")["estimate"].round(2).item()
    0.39
    """
    return _one(survey, "ratio", part, by, interval)


def totals(
    survey: Survey, items: str | list[str], answers: str | list[str] | None = None, by: str | None = None, *,
    interval: str = "jackknife",
) -> pd.DataFrame:
    """Weighted total of a count or the sum of several, or of those who gave each answer; one row a group and answer.

    answers: as for `shares`; counts have none. Those who answered the item stand for those who left it blank. 'Ved
    ikke' to a count adds nothing, and of several counts to any adds nothing to their sum: so the total of two may be a
    little less than the sum of their totals. t intervals; interval: as for `means`.

    >>> from civsam import estimate, open_edition
    >>> estimate.totals(open_edition().survey, "pol_fokus")["answer"].tolist()
    ['ja', 'nej', 'ved_ikke']
    """
    _known_interval(interval)
    item = _joint(items)
    if answers is not None and "+" in item:
        raise UserError(f"{item}: en sum af antal har ingen svar, så {answers!r} kan ikke tælles. Udelad svaret, eller "
                        "spørg om ét spørgsmål ad gangen.")
    if "+" in item or (answers is None and survey.item(item).scale.type == "antal"):
        wanted, those = [""], [variables(survey, "mean", item)]
    else:
        wanted = _answers(survey, item, answers, True)
        those = [variables(survey, "share", item, answer) for answer in wanted]
    among = groups(survey.among(those[0].responded), those[0].base, by)
    return tidy(among, "total", item, wanted, _joined([total(among, one.y, interval) for one in those]))


def quantiles(
    survey: Survey, items: str | list[str], probabilities: Sequence[float] = (0.25, 0.5, 0.75), by: str | None = None
) -> pd.DataFrame:
    """Quantiles of a count, or of the sum of several, with Woodruff intervals; one row a group and probability.

    The quantile is the smallest value that at least the share p is at or below (R `survey`'s rule "math"; a share
    within `TIE` of p has reached it). Its interval runs between the quantiles at the limits of the t interval of the
    share F that is at or below it (Woodruff 1952), or to the group's smallest or largest value; the standard error is
    its length over 2 t. count, deff and n_effective are those of F. Raises ValueError for what is no list of
    probabilities between 0 and 1.

    >>> from civsam import estimate, open_edition
    >>> median = estimate.quantiles(open_edition().survey, "pra_lange", [0.5]).iloc[0]
    >>> bool(median["low"] <= median["estimate"] <= median["high"])
    True
    """
    if not (is_list_like(probabilities) and len(probabilities)
            and all(isinstance(p, Real) and 0 < p < 1 for p in probabilities)):
        raise ValueError("probabilities must be a list of shares between 0 and 1, such as [0.5] for the median, not "
                         f"{probabilities!r}")
    item, parts = _joint(items), []
    those = variables(survey, "mean", item)
    among = groups(survey.among(those.responded), those.base, by)
    at = _inverse(among, those.y)
    for p in probabilities:
        quantile = at(np.full(len(among.labels), p))
        columns, _ = ratio(among, those.base & (those.y <= quantile[among.code]))
        low, high = (at(limit) for limit in t_interval(columns["estimate"], columns["se"], columns["df"], survey.level))
        se = (high - low) / 2 / student.ppf((1 + survey.level) / 2, np.maximum(columns["df"], 1))
        parts.append(columns | {"estimate": quantile, "se": se, "low": low, "high": high})
    return tidy(among, "quantile", item, [f"{p:g}" for p in probabilities], _joined(parts))


def _inverse(among: Groups, y: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """The function from cumulated shares, one a group, to the smallest values that reach them; both (k,)."""
    there, k = among.weights > 0, len(among.labels)
    values, place = np.unique(y[there], return_inverse=True)
    weight = np.bincount(place * k + among.code[there], among.weights[there], len(values) * k).reshape(-1, k)
    with np.errstate(invalid="ignore"):
        cumulated = weight.cumsum(axis=0) / weight.sum(axis=0)

    def value(share: np.ndarray) -> np.ndarray:
        before = (cumulated < np.clip(share, 0, 1) - TIE) | (cumulated == 0)
        found = np.append(values, np.nan)[before.sum(axis=0)]
        return np.where(np.isnan(share) | (among.n == 0), np.nan, found)

    return value
