"""Shares, means, ratios, totals, quantiles and variances with standard error and interval, in all or by group.

What an estimate is about follows from the survey's design: `population` (what all in the frame would say; response is
the second phase) or `process` (what lies behind the answers; see `weighting.for_process`).

by: what groups are formed by: a background variable, a question with one answer, a condition
(`Survey.with_condition`), or a list of these, crossed. A group is a domain: the rows outside it stay in the design with
influence 0 (Särndal, Swensson & Wretman 1992, chapter 10).

Response is response to the question: every estimate is made on `Survey.among` those who answered what it is about, and
the questions that groups are formed by, so weights and the finite population correction are theirs. 'Ved ikke' is an
answer, and outside the domain of a count. Those who answered may be too few to meet the margins of `weighting.rake`:
their weights are then those before raking, and the book says so beside the number.

Every variance comes from influence values through `variance.covariance`. There is one standard error, and interval, p
and verdict are made of it. `estimate.covariance` gives the covariances of any estimates, as R's vcov.

Estimates are tidy tables with the columns of `estimators`: statistic (share of respondents, mean of a count, ratio:
share of what the counts count, score: mean of a scale, total, quantile, variance, sd: standard deviation), item and
answer (codes; several items are joined by +; of a quantile the answer is its probability, of a score all the scores),
by and group (of several, names and codes are joined by +; "" for all), n (respondents in the base), count (how many of
them, or of what they count), estimate, se, low, high, df (degrees of freedom: clusters less strata among the base of
the group), level (of confidence, the survey's own), target, whether the answers are weighted, and provenance.

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

from collections.abc import Callable, Mapping, Sequence
from numbers import Real

import numpy as np
import pandas as pd
from pandas.api.types import is_list_like

from civsam.files import UserError
from civsam.inference.covariances import covariance as covariance  # of any estimates
from civsam.inference.estimators import Columns, Variables, made_anew, ratio, tidy, total, variables
from civsam.inference.groups import Groups, groups
from civsam.inference.intervals import t_interval
from civsam.survey.checked import yes_or_no
from civsam.survey.grouping import By, split, the_survey
from civsam.survey.survey import Survey

__all__ = ("means", "quantiles", "ratios", "shares", "totals", "variances")

TIE = 1e-9  # a cumulated share this close to a probability has reached it: sums of weights are not exact


def _joined(parts: Sequence[Columns]) -> Columns:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


# ---- The estimates ---------------------------------------------------------------------------------------------------


def _answers(survey: Survey, item: str, answers: str | list[str] | None, dont_know: bool) -> list[str]:
    """The answers asked for; all of the scale for None. Raises UserError for an item without a scale."""
    if answers is None:
        offered = list(the_survey(survey).item(item).scale.answers)
        if not offered:
            raise UserError(f"{item} har ingen svarmuligheder at vise andele af.")
        return survey.item(item).codes if yes_or_no(dont_know, "dont_know") else offered
    wanted: list[str] = list(answers) if is_list_like(answers) else [str(answers)]
    if not wanted:
        raise UserError(f"{item}: listen af svar er tom. Nævn et svar, eller udelad listen for at få dem alle.")
    return wanted


def _one(
    survey: Survey, statistic: str, items: str | list[str], by: By, interval: str, answer: str = ""
) -> pd.DataFrame:
    _known_interval(interval)
    item = _joint(items)
    those = variables(survey, statistic, item, answer)
    among = _among(survey, those, by)
    return tidy(among, statistic, item, [answer], ratio(among, those.y, those.x, interval=interval)[0])


def _among(survey: Survey, those: Variables, by: By) -> Groups:
    """The groups asked for, among those who answered what an estimate is about and what the groups are formed by."""
    part = split(survey, by)
    return groups(part.among(survey, those.responded), those.base, part)


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
    survey: Survey, item: str, answers: str | list[str] | None = None, by: By = None, *,
    dont_know: bool = True, interval: str = "beta",
) -> pd.DataFrame:
    """Share of those who answered the item that gave each answer; one row a group and answer.

    answers: a code, several (a row each), or None for all of the scale, 'ved ikke' included where it is offered. A code
    "a+b" is the share who gave either. dont_know: whether 'ved ikke' counts in the base; who said it responded.
    interval: "beta" (Korn-Graubard, with the error of `means`), or with R's error "logit" or "t": the share ± t se
    (Wald), which may reach below 0 or above 1. See `share_interval`.

    >>> from civsam import estimate, open_edition
    >>> survey = open_edition().survey
    >>> estimate.shares(survey, "pol_fokus", "ja")["estimate"].round(2).item()
    0.82
    >>> wald = estimate.shares(survey, "pol_fokus", "ja", interval="t").iloc[0]
    >>> bool(abs(wald["high"] + wald["low"] - 2 * wald["estimate"]) < 1e-9)
    True

    The two highest answers of a scale, in the groups of two variables crossed, and among those for whom a condition
    holds:

    >>> estimate.shares(survey, "vae_tillid", "enig+helt_enig", by=["blok", "pol_fokus"])["group"].iloc[0]
    'roed+ja'
    >>> whole = survey.with_condition("hele", survey.answers["pol_strategi"] == "hele_kommunen", "politik for alle")
    >>> estimate.shares(whole, "pol_fokus", "ja", by="hele")["group"].tolist()
    ['ja', 'nej']
    """
    wanted = _answers(survey, item, answers, dont_know)
    those = [variables(survey, "share", item, answer, dont_know=dont_know) for answer in wanted]
    among = _among(survey, those[0], by)
    columns = _joined([ratio(among, one.y, interval=interval)[0] for one in those])
    return tidy(among, "share", item, wanted, columns, interval)


def means(
    survey: Survey, items: str | list[str], by: By = None, *, scores: bool | Mapping[str, float] = False,
    interval: str = "jackknife",
) -> pd.DataFrame:
    """Mean of a count, or of the sum of several, among those who gave a number to all of them; one row a group.

    Who said 'ved ikke' responded, but has no number, and is outside the base.

    scores: the mean of an ordered scale, whose answers count 1, 2, ... k (True) or what is given for each. It assumes
    that answers are as far from one another as their scores, which no answer can tell, and is shown with that said. Its
    statistic is score, and its answer the scores in the order of the scale.

    interval: "t" is estimate ± t se, as R's.
    "jackknife" is the same, but for calibrated weights: there R's se is too small, as the margins were fitted to the
    residuals that it is made of, and se is from residuals that leave each cluster out (`Design.left_out`). Raises
    ValueError for another interval.

    >>> from civsam import estimate, open_edition
    >>> both = estimate.means(open_edition().survey, ["pra_lange", "pra_korte"])
    >>> both[["statistic", "item"]].iloc[0].tolist()
    ['mean', 'pra_lange+pra_korte']
    >>> estimate.means(open_edition().survey, "vae_tillid", scores=True)[["statistic", "answer"]].iloc[0].tolist()
    ['score', '1,2,3,4,5']
    """
    item = _joint(items)
    if scores is not False:
        return _one(survey, "score", items, by, interval, _scores(survey, item, scores))
    if "+" not in item and the_survey(survey).item(item).scale.type == "ordinal":
        raise UserError(f"{item} er ikke et antal: svarene er ikke tal. De har en orden, og med scores=True får de "
                        "point fra 1 og op, så der kan regnes et gennemsnit.")
    return _one(survey, "mean", items, by, interval)


def _scores(survey: Survey, item: str, scores: bool | Mapping[str, float]) -> str:
    """What the answers of a scale count, in its order. Raises UserError for scores that do not fit it."""
    scale = survey.item(item).scale
    if scale.type != "ordinal":
        raise UserError(f"{item} har ikke en ordnet skala, så svarene kan ikke få point.")
    given = {code: place for place, code in enumerate(scale.answers, 1)} if scores is True else scores
    if not isinstance(given, Mapping) or set(given) != set(scale.answers):
        raise UserError(f"{item}: pointene skal være True eller et tal for hvert af svarene {', '.join(scale.answers)} "
                        f"(»ved ikke« har ingen), ikke {given!r}.")
    if bad := [code for code, score in given.items()
               if isinstance(score, bool) or not (isinstance(score, Real) and np.isfinite(score))]:
        raise UserError(f"{item}: pointene for {bad[0]} skal være et tal, ikke {given[bad[0]]!r}.")
    return ",".join(f"{given[code]:.12g}" for code in scale.answers)


def ratios(survey: Survey, part: str, by: By = None, *, interval: str = "jackknife") -> pd.DataFrame:
    """Share of the collaborations: the sum of a count over the sum of the counts that it is a part of; one row a group.

    The base is managers who gave all the numbers; `count` is collaborations. interval: as for `means`.

    >>> from civsam import estimate, open_edition
    >>> estimate.ratios(open_edition().survey, "pra_tvaers")["estimate"].round(2).item()
    0.39
    """
    return _one(survey, "ratio", part, by, interval)


def totals(
    survey: Survey, items: str | list[str], answers: str | list[str] | None = None, by: By = None, *,
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
    if "+" in item or (answers is None and the_survey(survey).item(item).scale.type == "antal"):
        wanted, those = [""], [variables(survey, "mean", item)]
    else:
        wanted = _answers(survey, item, answers, True)
        those = [variables(survey, "share", item, answer) for answer in wanted]
    among = _among(survey, those[0], by)
    return tidy(among, "total", item, wanted, _joined([total(among, one.y, interval) for one in those]))


def quantiles(
    survey: Survey, items: str | list[str], probabilities: Sequence[float] = (0.25, 0.5, 0.75), by: By = None, *,
    interval: str = "woodruff",
) -> pd.DataFrame:
    """Quantiles of a count, or of the sum of several, with Woodruff intervals; one row a group and probability.

    The quartiles, with the median, where no other probabilities are asked for.

    The quantile is the smallest value that at least the share p is at or below (R `survey`'s rule "math"; a share
    within `TIE` of p has reached it). count is that of F, the share at or below it; deff and n_effective too, or, where
    F is all, those of the share below it.

    interval: "woodruff" runs between the quantiles at p - t s and p + t s (Woodruff 1952), or to the group's smallest
    or largest value; s is the error of F as it would be were F p, since where many gave the same number, F is well
    above p. "mean" is R's default of that name, between the quantiles at F - t se and F + t se. By simulation
    (tools/bench_statistics.py) the first covers 95 percent of quantiles of continuous numbers, and more of counts, as
    it ends at numbers that were given; the second covers as little as half where many gave the same one. The standard
    error is the length over 2 t. Raises ValueError for what is no list of probabilities between 0 and 1, and for
    another interval.

    >>> from civsam import estimate, open_edition
    >>> median = estimate.quantiles(open_edition().survey, "pra_lange", [0.5]).iloc[0]
    >>> bool(median["low"] <= median["estimate"] <= median["high"])
    True
    """
    if not (is_list_like(probabilities) and len(probabilities)
            and all(isinstance(p, Real) and 0 < p < 1 for p in probabilities)):
        raise ValueError("probabilities must be a list of shares between 0 and 1, such as [0.5] for the median, not "
                         f"{probabilities!r}")
    if interval not in ("woodruff", "mean"):
        raise ValueError(f"interval must be woodruff or mean, not {interval!r}")
    from scipy.stats import t as student  # see `intervals`

    item, parts = _joint(items), []
    those = variables(survey, "mean", item)
    among = _among(survey, those, by)
    at = _inverse(among, those.y)
    for p in probabilities:
        quantile = at(np.full(len(among.labels), p))
        columns, _ = ratio(among, those.base & (those.y <= quantile[among.code]))
        columns |= _below_all(among, those, quantile, columns)
        df, middle, error = columns["df"], columns["estimate"], columns["se"]
        if interval == "woodruff":
            with np.errstate(divide="ignore", invalid="ignore"):
                error = np.where(error > 0, error * np.sqrt(p * (1 - p) / (middle * (1 - middle))), 0.0)
            middle = np.where(np.isnan(quantile), np.nan, p)
        low, high = (at(limit) for limit in t_interval(middle, error, df, survey.level))
        se = (high - low) / 2 / student.ppf((1 + survey.level) / 2, np.maximum(df, 1))
        parts.append(columns | {"estimate": quantile, "se": se, "low": low, "high": high})
    return tidy(among, "quantile", item, [f"{p:g}" for p in probabilities], _joined(parts))


def _below_all(among: Groups, those: Variables, quantile: np.ndarray, reached: Columns) -> Columns:
    """The columns of the share at or below the quantile, or of that below it where the first is all: it tells nothing.

    All but count and n, each (k,).
    """
    wanted = ("estimate", "se", "deff", "n_effective")
    if not (whole := reached["estimate"] >= 1).any():
        return {}
    below, _ = ratio(among, those.base & (those.y < quantile[among.code]))
    return {name: np.where(whole, below[name], reached[name]) for name in wanted}


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


def variances(
    survey: Survey, items: str | list[str], by: By = None, *, root: bool = False, interval: str = "log"
) -> pd.DataFrame:
    """Variance of a count, or of the sum of several; root: its root, the standard deviation. One row a group.

    n / (n - 1) times the weighted mean of the squared deviations from the weighted mean (R `survey`'s svyvar), in the
    count's unit squared. Its error is that of such a mean, as the deviations' own mean adds nothing to it (Särndal,
    Swensson & Wretman 1992, chapter 5); the root's is se / (2 sd), by the delta method. Who said 'ved ikke' is outside
    the base.

    interval: "log" is the t interval of the logarithm, so that limits are positive and the root's limits are the roots
    of the variance's. "t" is estimate ± t se with R's error, see `means`. Both cover too seldom where a few counts are
    much larger than the others. Missing for a group of one. Raises ValueError for another interval.

    >>> from civsam import estimate, open_edition
    >>> estimate.variances(open_edition().survey, "pra_lange", root=True)["statistic"].item()
    'sd'
    """
    if interval not in ("log", "t"):
        raise ValueError(f"interval must be log or t, not {interval!r}")
    item, root = _joint(items), yes_or_no(root, "root")
    those = variables(survey, "mean", item)
    among = _among(survey, those, by)
    mean, n = ratio(among, those.y)[0], np.where(among.n > 1, among.n, np.nan)
    deviation = np.where(those.base, those.y - mean["estimate"][among.code], 0.0)
    factor = n / (n - 1)
    squares, replicated = deviation**2 * factor[among.code], _replicated_variance(among, deviation, factor)
    columns, _ = ratio(among, squares, covariance=replicated, interval=interval)
    variance, se = columns["estimate"], columns["se"]
    with np.errstate(divide="ignore", invalid="ignore"):
        ends = t_interval(np.log(variance), se / variance, columns["df"], survey.level)
        sd = np.sqrt(variance)
        columns |= {"count": mean["count"]} | ({"estimate": sd, "se": se / (2 * sd)} if root else {})
    if interval == "log":
        columns |= {end: np.exp(x / 2 if root else x) for end, x in zip(("low", "high"), ends, strict=True)}
    return tidy(among, "sd" if root else "variance", item, [""], columns)


def _replicated_variance(among: Groups, deviation: np.ndarray, factor: np.ndarray) -> np.ndarray | None:
    """Covariance of the groups' variances where the design has replicate weights: each has a mean of its own."""
    if (replicates := among.survey.design.replicates) is None:
        return None
    squares, means = (made_anew(among, y, None, replicates) for y in (deviation**2, deviation))
    return replicates.spread(*(factor * (square - mean**2) for square, mean in zip(squares, means, strict=True)))
