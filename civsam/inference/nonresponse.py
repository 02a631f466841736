"""Who did not answer: tests and a model of response in the whole frame, its representativeness, and items left blank.

Response is seen for every position in the frame, so nothing here is weighted. Positions of one municipality may answer,
or not, for the same reasons: what is called clustered allows for that.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from scipy.special import expit
from scipy.stats import chi2_contingency
from scipy.stats import f as fisher
from scipy.stats import t as student

from civsam.inference import compare
from civsam.inference.imputation import imputed
from civsam.inference.settled import settled_table
from civsam.inference.variance import covariance
from civsam.survey.checked import several_names
from civsam.survey.design import Design, Stage
from civsam.survey.grouping import the_survey
from civsam.survey.survey import Survey

__all__ = ("imputed", "item_nonresponse", "r_indicator", "response_tests")


def _responded(survey: Survey) -> np.ndarray:
    return survey.frame.index.isin(survey.answers.index).astype(float)


def _names(survey: Survey, variables: Iterable[str] | None) -> list[str]:
    """The frame variables, the margins of the weighting unless given. Raises UserError for what are not some."""
    if variables is None:
        return list(the_survey(survey).questionnaire.weighting.margins)
    return [the_survey(survey).variable(name).id for name in several_names(variables, "baggrundsvariable")]


def _terms(
    survey: Survey, variables: Iterable[str]
) -> tuple[np.ndarray, list[tuple[str, str, str]]]:
    """Constant and indicators, shape (positions, 1 + terms), and variable, code and reference code of each term.

    The reference is the first code that occurs in the frame; codes that do not occur have no term.
    """
    frame, columns, terms = survey.frame, [np.ones(len(survey.frame))], []
    for variable in variables:
        own = frame[survey.variable(variable).id].to_numpy()
        reference, *codes = [code for code in survey.variable(variable).labels if (own == code).any()]
        columns += [(own == code).astype(float) for code in codes]
        terms += [(variable, code, reference) for code in codes]
    return np.column_stack(columns), terms


def fit_logit(y: np.ndarray, x: np.ndarray, cluster: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients of a logistic regression, shape (p,), and their cluster-robust covariance, shape (p, p).

    y: 0 or 1, shape (n,). x: with its constant, shape (n, p). cluster: codes 0, 1, ..., shape (n,). Newton's method
    (McCullagh & Nelder 1989); the covariance is that of the influence values, inverse information times score,
    when clusters are drawn from many (Binder 1983). Where all or none of a group respond the chances are right and the
    coefficients only large. statsmodels would give the same; the jackknife of `r_indicator` needs a hundred fits.
    """
    coefficients = np.zeros(x.shape[1])
    for _ in range(50):
        chance = expit(x @ coefficients)
        score = x * (y - chance)[:, None]
        inverse = np.linalg.pinv(x.T @ (x * (chance * (1 - chance))[:, None]), hermitian=True, rcond=1e-12)
        step = inverse @ score.sum(axis=0)
        if np.abs(x @ step).max() < 1e-10:
            break
        coefficients += step
    stage = Stage(np.zeros(len(y), dtype=int), cluster, np.full(len(y), np.inf))
    return coefficients, covariance(score @ inverse, Design(np.ones(len(y)), (stage,), "process"))


def _fit(survey: Survey, variables: Iterable[str]) -> tuple[np.ndarray, list[tuple[str, str, str]], np.ndarray,
                                                             np.ndarray, int]:
    """Indicators, terms, coefficients, covariance and degrees of freedom: municipalities less coefficients."""
    x, terms = _terms(survey, variables)
    clusters = survey.cluster.max() + 1
    return x, terms, *fit_logit(_responded(survey), x, survey.cluster), clusters - x.shape[1]


def _all_or_none(survey: Survey, variable: str) -> list[str]:
    """The groups in which all or none responded: a logit has no coefficient for them."""
    rate = pd.Series(_responded(survey)).groupby(survey.frame[variable].to_numpy()).mean()
    return [str(code) for code in rate.index[(rate == 0) | (rate == 1)]]


def response_tests(survey: Survey, variables: Iterable[str] | None = None) -> pd.DataFrame:
    """Does response depend on each frame variable? One row a variable and method.

    method "independent": Pearson's chi-square of response by group, each position for itself, without continuity
    correction. "clustered": Wald F test of the groups in a logit with cluster-robust covariance; df2 is municipalities
    less coefficients, as in R `survey`'s svyglm. A test is NaN where nothing is to be tested (all or none responded),
    and the clustered one also where all or none of a group did.

    Columns: by, method, statistic, df, df2 (NaN for chi-square), p, p_adjusted (Holm 1979, over the variables of one
    method), provenance.

    >>> from civsam import nonresponse, open_edition
    >>> tests = nonresponse.response_tests(open_edition().survey, ["region"])
    >>> tests["method"].tolist(), tests["df"].astype(int).tolist()
    (['independent', 'clustered'], [4, 4])
    """
    names = _names(survey, variables)
    parts: list[pd.DataFrame] = []
    for method, test in {"independent": _chi_square, "clustered": _wald}.items():
        rows = settled_table(pd.DataFrame([test(survey, name) for name in names],
                                          columns=["statistic", "df", "df2", "p"]))
        tests = compare.corrected(rows.assign(by=names, method=method), "holm", method)
        parts.append(tests.assign(provenance=survey.provenance))
    columns = ["by", "method", "statistic", "df", "df2", "p", "p_adjusted", "provenance"]
    return pd.concat(parts, ignore_index=True)[columns]


def _chi_square(survey: Survey, variable: str) -> tuple[float, float, float, float]:
    table = pd.crosstab(survey.frame[variable].to_numpy(), _responded(survey))
    if min(table.shape) < 2:
        return (np.nan,) * 4
    statistic, p, df, _ = chi2_contingency(table, correction=False)
    return float(statistic), df, np.nan, p


def _wald(survey: Survey, variable: str) -> tuple[float, float, float, float]:
    if _all_or_none(survey, variable) or survey.frame[variable].nunique() < 2:
        return (np.nan,) * 4
    _, _, coefficients, variance, df = _fit(survey, [variable])
    b, k = coefficients[1:], len(coefficients) - 1
    statistic = b @ np.linalg.solve(variance[1:, 1:], b) / k
    return float(statistic), k, df, fisher.sf(statistic, k, df)


def response_model(survey: Survey, variables: Iterable[str] | None = None) -> pd.DataFrame:
    """Logistic regression of response on frame variables together, clustered by municipality; two rows a group.

    statistic "odds_ratio" holds the odds of responding against those of the reference group, with t intervals on the
    log scale and se that of the log. "effect" is the average marginal effect: the mean difference, over the frame, of
    the modelled chance of responding had all positions been of the group rather than of the reference (delta method).

    Columns: statistic, by, group, reference, estimate, se, low, high, df (municipalities less coefficients), p, level,
    provenance. Raises ValueError where all or none of a group responded, and where the groups of one variable follow
    from those of others; UserError for unknown variables.

    >>> from civsam import nonresponse, open_edition
    >>> fitted = nonresponse.response_model(open_edition().survey, ["blok"])
    >>> fitted[["statistic", "group", "reference"]].iloc[0].tolist()
    ['odds_ratio', 'blaa', 'roed']
    """
    names = _names(survey, variables)
    if not names:
        raise ValueError("a model of response needs frame variables: the questionnaire has no margins, so name some")
    for name in names:
        if codes := _all_or_none(survey, name):
            raise ValueError(f"all or none of {name}={codes[0]} responded: leave {name} out of the model")
    x, terms, coefficients, variance, df = _fit(survey, names)
    if np.linalg.matrix_rank(x) < x.shape[1]:
        raise ValueError(f"the groups of {', '.join(names)} follow from one another: leave one variable out")
    effect, gradient = _effects(x, terms, coefficients)
    effect_se = np.sqrt(np.einsum("ij,jk,ik->i", gradient, variance, gradient))
    odds, odds_se = coefficients[1:], np.sqrt(np.diag(variance))[1:]
    half = student.ppf((1 + survey.level) / 2, df)
    parts = []
    for statistic, value, se, shown in (("odds_ratio", odds, odds_se, np.exp), ("effect", effect, effect_se, np.copy)):
        parts.append(pd.DataFrame(terms, columns=["by", "group", "reference"]).assign(
            statistic=statistic, estimate=shown(value), se=se, low=shown(value - half * se),
            high=shown(value + half * se), df=df, p=2 * student.sf(np.abs(value / se), df), level=survey.level,
            provenance=survey.provenance,
        ))
    columns = ["statistic", "by", "group", "reference", "estimate", "se", "low", "high", "df", "p", "level",
               "provenance"]
    return settled_table(pd.concat(parts, ignore_index=True)[columns])


def _effects(
    x: np.ndarray, terms: list[tuple[str, str, str]], coefficients: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Average marginal effect of each term, shape (terms,), and its gradient, shape (terms, p)."""
    variable = np.array(["", *(term[0] for term in terms)])
    effects, gradients = [], []
    for place in range(1, len(variable)):
        without = np.where(variable == variable[place], 0.0, x)  # all in the reference group
        within = without.copy()
        within[:, place] = 1.0
        low, high = (expit(had @ coefficients) for had in (without, within))
        effects.append(np.mean(high - low))
        gradients.append(((high * (1 - high)) @ within - (low * (1 - low)) @ without) / len(x))
    return np.array(effects), np.array(gradients)


def r_indicator(survey: Survey, variables: Iterable[str] | None = None) -> pd.DataFrame:
    """How representative the response is: R = 1 - 2 S, S the standard deviation of the chances of responding.

    The chances come from a logit on the frame variables and S is over the whole frame, so R is about these variables
    only: 1 where they say nothing about who responds, and 0 at worst (Schouten, Cobben & Bethlehem 2009). Estimated
    chances vary more than the true ones, and `estimate` has S^2 less that part: the variance of a modelled chance about
    the mean chance, on average over the frame, by the delta method and clustered by municipality (after Shlomo, Skinner
    & Schouten 2012, who take responses as independent). The interval is a jackknife of the adjusted S^2 over
    municipalities with t (Wolter 2007, ch. 4), carried over to R; it is rough where S is near 0.

    One row with the columns: estimate, unadjusted, low, high, variance (the adjusted S^2; below 0 it counts as 0) and
    its se, df (municipalities - 1), level, variables (joined by +), provenance.

    >>> from civsam import nonresponse, open_edition
    >>> r = nonresponse.r_indicator(open_edition().survey).iloc[0]
    >>> bool(0 <= r["low"] <= r["estimate"] <= 1)
    True
    """
    names = _names(survey, variables)
    y, (x, _) = _responded(survey), _terms(survey, names)
    municipality, g = survey.cluster, survey.cluster.max() + 1
    spread, noise = _spread(y, x, municipality)
    jackknife = [np.subtract(*_spread(y[rest], x[rest], _without(municipality[rest], code)))
                 for code in range(g) for rest in [municipality != code]]
    se = np.sqrt((g - 1) * np.var(jackknife))
    half = student.ppf((1 + survey.level) / 2, g - 1) * se
    known = 1.0 if survey.framed else np.nan  # without a frame nobody knows who did not respond
    r, low, high, unadjusted = known - 2 * np.sqrt(np.maximum(
        [spread - noise, spread - noise + half, spread - noise - half, spread], 0))
    return settled_table(pd.DataFrame([{
        "estimate": r, "unadjusted": unadjusted, "low": np.maximum(low, 0.0), "high": high, "variance": spread - noise,
        "se": se, "df": g - 1, "level": survey.level, "variables": "+".join(names), "provenance": survey.provenance,
    }]))


def _without(codes: np.ndarray, left_out: int) -> np.ndarray:
    return codes - (codes > left_out)


def _spread(y: np.ndarray, x: np.ndarray, cluster: np.ndarray) -> tuple[float, float]:
    """Variance of the modelled chances over the rows, and the part of it that is due to their being estimated."""
    coefficients, variance = fit_logit(y, x, cluster)
    chance = expit(x @ coefficients)
    slope = x * (chance * (1 - chance))[:, None]
    slope -= slope.mean(axis=0)
    noise = np.sum(slope @ variance * slope) / (len(y) - 1)
    return float(np.var(chance, ddof=1)), float(noise)


def item_nonresponse(survey: Survey) -> pd.DataFrame:
    """What respondents did with each item, in counts; one row an item.

    Columns: item, block, asked (all respondents but those who were not asked it), answered (with something else than
    'ved ikke'), dont_know ('ved ikke'), missing (nothing), and the rates dont_know_rate and missing_rate (both of those
    asked), provenance.

    >>> from civsam import nonresponse, open_edition
    >>> counts = nonresponse.item_nonresponse(open_edition().survey)
    >>> counts.columns[:6].tolist()
    ['item', 'block', 'asked', 'answered', 'dont_know', 'missing']
    """
    rows = []
    for item in the_survey(survey).questionnaire.items.values():
        given, knows, asked = survey.answered(item.id), survey.knows(item.id), survey.asked(item.id)
        counts = (asked, knows, given & ~knows, asked & ~given)
        rows.append((item.id, item.block, *(who.sum() for who in counts)))
    table = pd.DataFrame(rows, columns=["item", "block", "asked", "answered", "dont_know", "missing"])
    return table.assign(dont_know_rate=table["dont_know"] / table["asked"],
                        missing_rate=table["missing"] / table["asked"], provenance=survey.provenance)
