"""Regression on a survey's design: estimating equations, their standard errors, and the models built on them.

statsmodels fits; the variance is ours: the design's own (R's convention), or for the process behind the answers the
bias-reduced cluster-robust CR2 with Satterthwaite degrees of freedom (Bell & McCaffrey 2002; Pustejovsky & Tipton
2018). CR2 looks at the clusters of the first stage only, not at strata, and takes calibrated weights as they are.

Coefficients and average marginal effects are tidy tables with the columns `COLUMNS`: model (linear, logit, count,
ordinal or multinomial), statistic, item and answer as in `estimate`, term (variable=group, or a covariate), estimate (a
coefficient on the model's own scale, or a marginal effect), se, df, low, high, t, p, n, level, method (CR2 or design),
target and provenance. Groups are held against the first that occurs.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar
from statsmodels.genmod import families
from statsmodels.genmod.generalized_linear_model import GLM
from statsmodels.tools.sm_exceptions import PerfectSeparationWarning

from civsam.files import UserError
from civsam.inference import multinomial
from civsam.inference.equations import Equations, Measure, design_freedom, errors, from_influence, joint, t_table, wald
from civsam.inference.settled import settled, settled_table
from civsam.inference.variance import covariance
from civsam.survey.checked import several_names, unknown
from civsam.survey.grouping import the_survey
from civsam.survey.survey import Survey

COLUMNS = (
    "model", "statistic", "item", "answer", "term", "estimate", "se", "df", "low", "high", "t", "p", "n", "level",
    "method", "target", "provenance",
)


# ---- Generalised linear models --------------------------------------------------------------------------------------

COLLINEAR = 1e-7  # of a column is left when those before it are taken from it: as R's lm
FLAT = 7  # decimals of an intraclass correlation: a likelihood is too flat at its top to tell more
Covariates: TypeAlias = pd.DataFrame | pd.Series | np.ndarray | None
FAMILIES = {"linear": families.Gaussian(), "logit": families.Binomial(), "count": families.Poisson()}


@dataclass(frozen=True, eq=False)
class Fit:
    """A fitted model. names: of the k coefficients; terms: places of those that belong together; x: (m, k) of the m
    respondents in `row`; coef: (k,); influence: (n, k); df: R's residual degrees of freedom.

    equations: what CR2 is made from; None for the ordinal model, whose thresholds come last in names and coef.
    answers: of the multinomial model, whose coefficients stand answer by answer, all but the first.
    """

    model: str
    survey: Survey
    what: Measure
    names: list[str]
    terms: dict[str, list[int]]
    x: np.ndarray
    row: np.ndarray
    coef: np.ndarray
    influence: np.ndarray
    df: float
    equations: Equations | None
    answers: tuple[str, ...] = ()

    @property
    def covariance(self) -> np.ndarray:
        """Design-based covariance of the coefficients, R's convention, shape (k, k)."""
        return covariance(self.influence, self.survey.design)

    def coefficients(self) -> pd.DataFrame:
        """As the function `coefficients`."""
        return coefficients(self)

    def marginal_effects(self) -> pd.DataFrame:
        """As the function `marginal_effects`."""
        return marginal_effects(self)

    def term_test(self, term: str) -> pd.DataFrame:
        """As the function `term_test`."""
        return term_test(self, term)


def _numbers(survey: Survey, covariates: Covariates, by: Sequence[str]) -> pd.DataFrame:
    """The covariates as floats, a row a respondent of the survey, in its order.

    Raises UserError for an index that is not the survey's, for what is no number, and a name used twice.
    """
    if covariates is None:
        return pd.DataFrame(index=survey.answers.index)
    if isinstance(covariates, pd.Series):
        covariates = covariates.to_frame(covariates.name or "x")
    table = survey.aligned(covariates, "kovariaterne")
    if not isinstance(table, pd.DataFrame):
        table = np.asarray(table)
        table = pd.DataFrame(table.reshape(len(table), -1)).rename(columns=lambda place: f"x{place + 1}")
    names = [*by, *table.columns]
    if twice := [name for name in names if names.count(name) > 1]:
        raise UserError(f"kovariaterne: »{twice[0]}« er med to gange. Giv hver sit eget navn.")
    numbers = table.apply(pd.to_numeric, errors="coerce").astype(float)
    odd = (numbers.isna() & table.notna() | np.isinf(numbers)).to_numpy()
    if odd.any():
        row, column = np.argwhere(odd)[0]
        raise UserError(f"kovariaten {table.columns[column]}, rækken »{survey.answers.index[row]}«: "
                        f"»{table.iat[row, column]}« er ikke et tal. Ret det, eller lad det mangle.")
    return numbers


def model_matrix(
    survey: Survey, what: Measure, by: Sequence[str], covariates: Covariates
) -> tuple[Survey, np.ndarray, np.ndarray, list[str], dict[str, list[int]]]:
    """The survey among those who gave all that is needed, the rows used, their matrix without constant, the columns'
    names, and which columns make up each term. Raises as `regression`."""
    _of_this(survey, what)
    by = several_names(by, "baggrundsvariable")
    numbers = _numbers(survey, covariates, by)
    known = ~np.isnan(numbers.to_numpy(float)).any(axis=1)
    survey = survey.among(what.responded & known)
    row = np.flatnonzero(what.base & known & (survey.design.weights > 0))
    columns: list[np.ndarray] = []
    names: list[str] = []
    terms: dict[str, list[int]] = {}
    for variable in by:
        codes, group = list(survey.variable(variable).labels), survey.group(variable)[row]
        found = np.unique(group)[1:]
        terms[variable] = list(range(len(names), len(names) + len(found)))
        columns += [group == place for place in found]
        names += [f"{variable}={codes[place]}" for place in found]
    for name in numbers:
        terms[name] = [len(names)]
        columns.append(numbers[name].to_numpy(float)[row])
        names.append(name)
    x = np.column_stack([np.empty((len(row), 0)), *columns])
    _check_data(what, row, x, names)
    return survey, row, x, names, terms


def _of_this(survey: Survey, what: Measure) -> None:
    """Raises for what is no measure of this survey."""
    if not isinstance(what, Measure):
        raise TypeError(f"what is modelled is a measure, `model.measure(survey, item, answer)`, not {what!r}")
    if len(what.base) != len(the_survey(survey).answers):
        raise ValueError("the measure is of another survey")


def _check_data(what: Measure, row: np.ndarray, x: np.ndarray, names: list[str]) -> None:
    """Raises ValueError for answers that tell nothing of x (m, k), and for columns of x that others decide."""
    y, x = what.y[row], np.column_stack([np.ones(len(row)), x])
    if len(y) < x.shape[1]:
        raise ValueError(f"{len(y)} gave all that a model with {x.shape[1]} coefficients needs: leave out some")
    if np.ptp(y) == 0:
        raise ValueError(f"all {len(y)} who answered {what.item} answered alike: there is nothing to model")
    size = np.sqrt(np.sum(x**2, axis=0))
    left = np.abs(np.diag(np.linalg.qr(x / np.where(size > 0, size, 1), mode="r")))
    if left.min() < COLLINEAR:
        place, names = int(np.argmax(left < COLLINEAR)), ["constant", *names]
        of = np.linalg.lstsq(x[:, :place], x[:, place], rcond=None)[0] * size[:place]
        others = [name for name, part in zip(names, np.abs(of), strict=False) if part > 1e-6 * size[place]]
        why = f"follows from {', '.join(others)}" if set(others) - {"constant"} else "is the same for all"
        raise ValueError(f"{names[place]} {why}: its coefficient cannot be told apart. Leave it out")


def regression(
    survey: Survey, what: Measure, by: Sequence[str], model: str, covariates: Covariates = None
) -> Fit:
    """Generalised linear model of a share or mean by the weighted score equations of McCullagh & Nelder (1989).

    model: linear, logit or count. Raises as `model.regression`.
    """
    _of_this(survey, what)
    if model not in FAMILIES:
        raise ValueError(f"model must be one of {', '.join(FAMILIES)}, not {model!r}")
    if what.statistic == "ratio":
        raise ValueError("a ratio is compared by contrasts, not by a regression")
    if model == "logit" and what.statistic != "share":
        raise ValueError(f"a logit is of a share, and {what.item} without an answer is a {what.statistic}: name an "
                         "answer, or use count or linear")
    survey, row, x, names, terms = model_matrix(survey, what, by, covariates)
    x = np.column_stack([np.ones(len(row)), x])
    terms = {name: [place + 1 for place in places] for name, places in terms.items()}
    equations = fitted_glm(x, what.y[row], survey.design.weights[row], model, row)
    used = np.isin(np.arange(len(what.base)), row)
    df = design_freedom(survey.design, used, x.shape[1])
    influence = equations.influence(len(what.base))
    return Fit(model, survey, what, ["constant", *names], terms, x, row, equations.estimate, influence, df, equations)


def multinomial_regression(survey: Survey, item: str, by: Sequence[str], covariates: Covariates = None) -> Fit:
    """Multinomial logit of an answer (`multinomial.fitted`), 'ved ikke' left out; raises as `model.regression`.

    Each answer is held against the first that occurs.
    """
    scale = the_survey(survey).item(item).scale
    if scale.type not in ("enkelt", "ordinal"):
        raise ValueError(f"{item} is {scale.type}: a multinomial model is of one answer among several")
    base, responded = survey.knows(item), survey.responded(item)
    what = Measure("share", item, "", survey.codes(item), np.ones(len(base)), base, responded)
    survey, row, x, names, terms = model_matrix(survey, what, by, covariates)
    found, y = np.unique(what.y[row], return_inverse=True)
    x = np.column_stack([np.ones(len(row)), x])
    equations = multinomial.fitted(x, y, survey.design.weights[row], row)
    each, (_, p) = range(len(found) - 1), x.shape
    terms = {name: [a * p + place + 1 for a in each for place in places] for name, places in terms.items()}
    df = design_freedom(survey.design, np.isin(np.arange(len(base)), row), len(equations.estimate))
    return Fit("multinomial", survey, what, ["constant", *names] * len(each), terms, x, row, equations.estimate,
               equations.influence(len(base)), df, equations,
               tuple(next(iter(survey.answer_sets(item)[code])) for code in found))


def fitted_glm(x: np.ndarray, y: np.ndarray, weight: np.ndarray, model: str, row: np.ndarray) -> Equations:
    """Fit by iterated least squares; its score equations, scaled by the standard deviation that the model expects."""
    family, apart = FAMILIES[model], "the groups separate the answers: a coefficient has no finite value"
    with warnings.catch_warnings():
        warnings.simplefilter("error", PerfectSeparationWarning)
        try:
            coef = GLM(y, x, family=family, var_weights=weight / weight.mean()).fit(tol=1e-13, maxiter=100).params
        except PerfectSeparationWarning:
            raise ValueError(apart) from None
    mean = family.link.inverse(x @ coef)
    spread = np.sqrt(family.variance(mean))
    if model != "linear" and spread.min() < 1e-4:
        raise ValueError(apart)
    scaled = x * (family.link.inverse_deriv(x @ coef) / spread)[:, None]
    return Equations(scaled, scaled, weight, (y - mean) / spread, row, coef)


def _tidy(
    fit: Fit, names: Sequence[str], estimate: np.ndarray, combine: np.ndarray, small: bool,
    answers: str | list[str],
) -> pd.DataFrame:
    df = np.full(len(combine), fit.df)
    if fit.equations is None:
        se, method = from_influence(fit.influence @ combine.T, fit.survey.design, left_out=small), "design"
    else:
        se, df, method = errors(fit.survey.design, fit.equations, combine, df, small_sample=small)
    table = pd.DataFrame({"term": names, **t_table(estimate, se, df, fit.survey.level)})
    return table.assign(
        model=fit.model, statistic=fit.what.statistic, item=fit.what.item, answer=answers, n=len(fit.row),
        level=fit.survey.level, method=method, target=fit.survey.design.target, provenance=fit.survey.provenance,
    )[list(COLUMNS)]


def coefficients(fit: Fit, *, small_sample: bool = True) -> pd.DataFrame:
    """The coefficients on the model's own scale: log odds for logit and ordinal, log of the mean for count.

    For multinomial the log of how many times as often the answer is given as the first one, a row an answer and term.
    """
    answers = np.repeat(fit.answers[1:], fit.x.shape[1]).tolist() if fit.answers else fit.what.answer
    return _tidy(fit, fit.names, fit.coef, np.eye(len(fit.coef)), small_sample, answers)


def _at(fit: Fit, x: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weighted mean of what is modelled at x (m, p), an entry an answer (a,), and its gradient (a, k)."""
    if fit.answers:
        return multinomial.shares(x, fit.coef, weight)
    link = FAMILIES[fit.model].link
    mean, steep = weight @ link.inverse(x @ fit.coef), (weight * link.inverse_deriv(x @ fit.coef)) @ x
    return np.array([mean]), steep[None]


def _effect(fit: Fit, column: int, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Average marginal effect of one column of x on each answer (a,), and its gradient in the coefficients (a, k)."""
    group = next((places for name, places in _columns(fit).items()
                  if column in places and "=" in fit.names[places[0]]), [])
    if group:
        without, inside = fit.x.copy(), fit.x.copy()
        without[:, group], inside[:, group] = 0, 0
        inside[:, column] = 1
        (before, slope), (after, slope_after) = (_at(fit, x, weight) for x in (without, inside))
        return after - before, slope_after - slope
    if fit.answers:
        return multinomial.slopes(fit.x, fit.coef, weight, column)
    link = FAMILIES[fit.model].link
    first = link.inverse_deriv(fit.x @ fit.coef)
    second = link.inverse_deriv2(fit.x @ fit.coef) * fit.coef[column]
    own = np.eye(len(fit.coef))[column] * (weight @ first)
    return np.array([weight @ first * fit.coef[column]]), (own + (weight * second) @ fit.x)[None]


def _columns(fit: Fit) -> dict[str, list[int]]:
    """The columns of x that make up each term."""
    return {name: [place for place in places if place < fit.x.shape[1]] for name, places in fit.terms.items()}


def marginal_effects(fit: Fit, *, small_sample: bool = True) -> pd.DataFrame:
    """Average marginal effects on the scale of the answer (a share, a count), weighted over the respondents.

    A group's effect is all in it against all in the first group; a covariate's is the mean derivative. Delta method
    with the covariates as they are (Bartus 2005; Cameron & Trivedi 2005). Of multinomial a row an answer and term.
    Raises ValueError for the ordinal model, whose answers are no number, and for a model of the constant alone.
    """
    columns = fit.x.shape[1]
    if fit.equations is None or columns < 2:
        raise ValueError("an ordinal model, or one without groups and covariates, has no marginal effects: see its "
                         "coefficients")
    weight = fit.survey.design.weights[fit.row]
    made = [_effect(fit, column, weight / weight.sum()) for column in range(1, columns)]
    estimate, gradient = (np.stack(parts, axis=1) for parts in zip(*made, strict=True))  # (answers, columns - 1, ...)
    names, answers = fit.names[1:columns] * len(estimate), np.repeat(fit.answers or fit.what.answer, columns - 1)
    combine = gradient.reshape(len(names), -1)
    return _tidy(fit, names, estimate.ravel(), combine, small_sample, answers.tolist())


def term_test(fit: Fit, term: str, *, small_sample: bool = True) -> pd.DataFrame:
    """Test that a term makes no difference. One row: f, df1, df2, p, method, model, term and what it is about.

    F and p are NaN where the error of the term is not known. Raises UserError for what is no term of the model,
    ValueError for one of which only one group occurs.
    """
    if term not in fit.terms:
        raise unknown(term, dict.fromkeys(fit.terms, ""), "et led i modellen", "navnet")
    places = fit.terms[term]
    if not places:
        raise ValueError(f"only one group of {term} answered: there is nothing to test")
    if fit.equations is None:
        variance = covariance(fit.influence[:, places], fit.survey.design, left_out=small_sample)
        result = *wald(fit.coef[places], variance, fit.df), "design"
    else:
        combine = np.eye(len(fit.coef))[places]
        result = joint(fit.survey.design, fit.equations, combine, fit.df, small_sample=small_sample)
    return tested(fit, term, result)


def tested(fit: Fit, term: str, result: tuple[float, float, float, float, str]) -> pd.DataFrame:
    """A test of a term of a model as a table of one row; result: f, df1, df2, p and method."""
    table = pd.DataFrame([result], columns=["f", "df1", "df2", "p", "method"])
    return table.assign(
        model=fit.model, statistic=fit.what.statistic, item=fit.what.item, answer=fit.what.answer, term=term,
        n=len(fit.row), target=fit.survey.design.target, provenance=fit.survey.provenance,
    )


# ---- How much the municipality means --------------------------------------------------------------------------------


def intraclass_correlation(survey: Survey, what: Measure) -> pd.DataFrame:
    """Share of the variance of an answer that lies between municipalities: a random intercept, by REML.

    On the observed scale (0/1 for a share, the count itself for a mean), not on a latent one; unweighted, never below
    0. One row: estimate, between and within (variances), n, clusters and provenance (Snijders & Bosker 2012, ch. 3).

    The variances and their ratio are NaN where all answered alike, or no municipality answered twice.

    >>> from civsam import model, open_edition
    >>> survey = open_edition().survey
    >>> share = model.intraclass_correlation(survey, model.measure(survey, "pol_fokus", "ja"))["estimate"].item()
    >>> 0 <= share < 0.5
    True
    """
    _of_this(survey, what)
    cluster = np.unique(survey.own_cluster[what.base], return_inverse=True)[1]
    y, size = what.y[what.base], np.bincount(cluster)
    divisible = size.max(initial=0) >= 2 and np.ptp(y) > 0

    def profile(share: float) -> tuple[float, float]:
        """-2 log of the restricted likelihood, and the total variance, at an intraclass correlation."""
        shrunk = 1 / (1 + (size - 1) * share)
        gap = y - (shrunk @ np.bincount(cluster, y)) / (shrunk @ size)
        variance = (gap @ gap - share * shrunk @ np.bincount(cluster, gap) ** 2) / (1 - share) / (len(y) - 1)
        log_det = (len(y) - len(size)) * np.log1p(-share) - np.log(shrunk).sum()
        return log_det + np.log(shrunk @ size) + (len(y) - 1) * np.log(variance), variance

    share = variance = np.nan
    if divisible:
        inside = minimize_scalar(lambda at: profile(at)[0], bounds=(0, 1 - 1e-9), options={"xatol": 1e-10}).x
        share = round(float(inside), FLAT) if settled(profile(inside)[0]) < settled(profile(0.0)[0]) else 0.0
        variance = profile(share)[1]
    return settled_table(pd.DataFrame([{
        "statistic": what.statistic, "item": what.item, "answer": what.answer, "estimate": share,
        "between": share * variance, "within": (1 - share) * variance, "n": len(y), "clusters": len(size),
        "provenance": survey.provenance,
    }]))
