"""Regression on a survey's design: estimating equations, their standard errors, and the models built on them.

statsmodels fits; the variance is ours: the design's own (R's convention), or for the process behind the answers the
bias-reduced cluster-robust CR2 with Satterthwaite degrees of freedom (Bell & McCaffrey 2002; Pustejovsky & Tipton
2018). CR2 looks at the clusters of the first stage only, not at strata, and takes calibrated weights as they are.

Coefficients and average marginal effects are tidy tables with the columns `COLUMNS`: model (linear, logit, count or
ordinal), statistic, item and answer as in `estimate`, term (variable=group, or a covariate), estimate (a coefficient on
the model's own scale, or a marginal effect), se, df, low, high, t, p, n, level, method (CR2 or design), target and
provenance. Groups are held against the first that occurs.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar
from scipy.special import expit
from scipy.stats import f as fisher
from scipy.stats import t as student
from statsmodels.genmod import families
from statsmodels.genmod.generalized_linear_model import GLM
from statsmodels.tools.sm_exceptions import PerfectSeparationWarning

from civsam.design import Design, covariance, degrees_of_freedom
from civsam.estimate import variables
from civsam.survey import Survey

COLUMNS = (
    "model", "statistic", "item", "answer", "term", "estimate", "se", "df", "low", "high", "t", "p", "n", "level",
    "method", "target", "provenance",
)


# ---- Estimating equations -------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Measure:
    """A statistic of the answers: the weighted sum of y over that of x among the rows of base. Arrays of shape (n,)."""

    statistic: str
    item: str
    answer: str
    y: np.ndarray
    x: np.ndarray
    base: np.ndarray


def measure(
    survey: Survey, item: str, answer: str | None = None, *, ratio: bool = False, dont_know: bool = True
) -> Measure:
    """The share who gave `answer` ("a+b": either), else the mean of a count, or its ratio to the counts it is part of.

    item: "a+b" is the sum of two counts. dont_know: whether 'ved ikke' counts in the base of a share.
    """
    statistic = "share" if answer is not None else "ratio" if ratio else "mean"
    those = variables(survey, statistic, item, answer or "", dont_know=dont_know)
    x = np.ones(len(those.base)) if those.x is None else those.x
    return Measure(statistic, item, answer or "", those.y.astype(float), x, those.base)


@dataclass(frozen=True, eq=False)
class Equations:
    """Solved estimating equations, sum of w z (y - x'b) = 0, scaled so that the residuals have one variance.

    x and z: (m, k). weight, residual, row (which respondent): (m,). estimate: (k,). A respondent may have several rows.
    """

    x: np.ndarray
    z: np.ndarray
    weight: np.ndarray
    residual: np.ndarray
    row: np.ndarray
    estimate: np.ndarray

    @property
    def sensitivity(self) -> np.ndarray:
        """How the estimates move with each y, shape (m, k)."""
        wz = self.weight[:, None] * self.z
        return wz @ np.linalg.inv(wz.T @ self.x).T

    def influence(self, n: int) -> np.ndarray:
        """Influence of each of n respondents on the estimates, shape (n, k) (Binder 1983)."""
        total = np.zeros((n, len(self.estimate)))
        np.add.at(total, self.row, self.residual[:, None] * self.sensitivity)
        return total


def solve(y: np.ndarray, x: np.ndarray, z: np.ndarray, weight: np.ndarray, row: np.ndarray) -> Equations:
    """Solve sum of w z (y - x'b) = 0; shapes as in `Equations`. Raises LinAlgError where there is no one solution."""
    wz = weight[:, None] * z
    estimate = np.linalg.solve(wz.T @ x, wz.T @ y)
    return Equations(x, z, weight, y - x @ estimate, row, estimate)


# ---- Standard errors ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class BiasReduced:
    """CR2 for q combinations of estimates.

    loading: (m, q), what to multiply the residuals with before they are summed within clusters. cluster: (m,), codes
    0, 1, ... The rest gives the covariance of clusters g and h for combinations i and j where y is independent with
    variance 1: (g == h) own[g, i, j] + bend[g, i] @ middle @ bend[h, j].
    """

    loading: np.ndarray
    cluster: np.ndarray
    own: np.ndarray
    bend: np.ndarray
    middle: np.ndarray

    def covariance(self, residual: np.ndarray) -> np.ndarray:
        """The variance estimate of the combinations, shape (q, q)."""
        totals = np.column_stack([np.bincount(self.cluster, residual * column) for column in self.loading.T])
        return totals.T @ totals

    def diagonal(self, i: int, j: int) -> np.ndarray:
        """What `own` lacks of each cluster's covariance with itself, shape (clusters,)."""
        return np.sum((self.bend[:, i] @ self.middle) * self.bend[:, j], axis=1)

    def overlap(self, i: int, j: int, k: int, m: int) -> float:
        """Sum over all pairs of clusters of the covariance of (i, j) times that of (k, m)."""
        left, right = self.bend[:, m].T @ self.bend[:, j], self.bend[:, i].T @ self.bend[:, k]
        first, second = self.own[:, i, j], self.own[:, k, m]
        crossed = first @ self.diagonal(k, m) + second @ self.diagonal(i, j)
        return float(first @ second + crossed + np.sum((self.middle @ left.T @ self.middle) * right))

    def freedom(self) -> np.ndarray:
        """Satterthwaite degrees of freedom of each combination, shape (q,); NaN for one that is 0 by definition."""
        each = range(self.own.shape[1])
        trace = np.array([np.sum(self.own[:, j, j] + self.diagonal(j, j)) for j in each])
        with np.errstate(invalid="ignore"):
            return trace**2 / np.array([self.overlap(j, j, j, j) for j in each])


def bias_reduced(equations: Equations, cluster: np.ndarray, combine: np.ndarray) -> BiasReduced:
    """CR2 of the combinations of estimates in `combine` (q, k); cluster: (m,) codes.

    The variance is unbiased where the residuals are independent with one variance (Bell & McCaffrey 2002; Pustejovsky
    & Tipton 2018). A cluster that decides an estimate alone adds nothing to it.
    """
    s, x, q = equations.sensitivity, equations.x, len(combine)
    inner, one = s.T @ s, np.eye(s.shape[1])
    code = np.unique(cluster, return_inverse=True)[1]
    clusters = np.split(np.argsort(code, kind="stable"), np.cumsum(np.bincount(code))[:-1])
    loading, own = np.empty((len(x), q)), np.empty((len(clusters), q, q))
    bend = np.empty((len(clusters), q, 2 * len(one)))
    for g, rows in enumerate(clusters):
        cross = x[rows] @ s[rows].T
        values, vectors = np.linalg.eigh(np.eye(len(rows)) - cross - cross.T + x[rows] @ inner @ x[rows].T)
        root = np.where(values > 1e-10, 1 / np.sqrt(np.maximum(values, 1e-10)), 0.0)
        load = loading[rows] = (vectors * root) @ (vectors.T @ (s[rows] @ combine.T))
        own[g], bend[g] = load.T @ load, np.hstack([load.T @ x[rows], load.T @ s[rows]])
    return BiasReduced(loading, code, own, bend, np.block([[inner, -one], [-one, 0 * one]]))


def errors(
    design: Design, equations: Equations, combine: np.ndarray, df: np.ndarray, *, small_sample: bool
) -> tuple[np.ndarray, np.ndarray, str]:
    """Standard errors and degrees of freedom of combinations (q, k) of estimates, both (q,), and the method's name.

    df: (q,), by the design's own convention. CR2 is used for the process, unless small_sample is False. Where nothing
    varies the standard error is NaN, not 0.
    """
    if small_sample and design.target == "process" and len(equations.row):
        reduced = bias_reduced(equations, design.nested[0].cluster[equations.row], combine)
        variance = np.diag(reduced.covariance(equations.residual))
        varies = np.any(np.abs(reduced.loading * equations.residual[:, None]) > 1e-12, axis=0)
        return np.sqrt(np.where(varies, variance, np.nan)), reduced.freedom(), "CR2"
    influence = equations.influence(len(design.weights)) @ combine.T
    return _from_influence(influence, design), df, "design"


def _from_influence(influence: np.ndarray, design: Design) -> np.ndarray:
    variance = np.maximum(np.diag(covariance(influence, design)), 0)
    return np.sqrt(np.where(np.any(np.abs(influence) > 1e-12, axis=0), variance, np.nan))


def design_freedom(design: Design, used: np.ndarray, parameters: int) -> float:
    """R's residual degrees of freedom: clusters less strata among the used rows (n,), plus 1, less the parameters."""
    return float(degrees_of_freedom(design, np.where(used, 0, -1), 1)[0] + 1 - parameters)


def t_table(estimate: np.ndarray, se: np.ndarray, df: np.ndarray, level: float) -> dict[str, np.ndarray]:
    """The columns estimate, se, df, low, high, t and p (two-sided); arguments of shape (q,)."""
    half = student.ppf((1 + level) / 2, df) * se
    with np.errstate(divide="ignore", invalid="ignore"):
        t = estimate / se
    p = 2 * student.sf(np.abs(t), df)
    return {"estimate": estimate, "se": se, "df": df, "low": estimate - half, "high": estimate + half, "t": t, "p": p}


# ---- Generalised linear models --------------------------------------------------------------------------------------

FAMILIES = {"linear": families.Gaussian(), "logit": families.Binomial(), "count": families.Poisson()}


@dataclass(frozen=True, eq=False)
class Fit:
    """A fitted model. names: of the k coefficients; terms: places of those that belong together; x: (m, k) of the m
    respondents in `row`; coef: (k,); influence: (n, k); df: R's residual degrees of freedom.

    equations: what CR2 is made from; None for the ordinal model, whose thresholds come last in names and coef.
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

    @property
    def covariance(self) -> np.ndarray:
        """Design-based covariance of the coefficients, R's convention, shape (k, k)."""
        return covariance(self.influence, self.survey.design)


def _matrix(
    survey: Survey, what: Measure, by: Sequence[str], covariates: pd.DataFrame | None
) -> tuple[np.ndarray, np.ndarray, list[str], dict[str, list[int]]]:
    """The rows used, their matrix without constant, the columns' names, and which columns make up each term."""
    numbers = covariates if covariates is not None else pd.DataFrame(index=survey.answers.index)
    known = ~np.isnan(numbers.to_numpy(float)).any(axis=1)
    row = np.flatnonzero(what.base & known & (survey.design.weights > 0))
    columns, names, terms = [], [], {}
    for variable in by:
        codes, group = list(survey.questionnaire.background[variable].labels), survey.group(variable)[row]
        found = np.unique(group)[1:]
        terms[variable] = list(range(len(names), len(names) + len(found)))
        columns += [group == place for place in found]
        names += [f"{variable}={codes[place]}" for place in found]
    for name in numbers:
        terms[name] = [len(names)]
        columns.append(numbers[name].to_numpy(float)[row])
        names.append(name)
    return row, np.column_stack([np.empty((len(row), 0)), *columns]), names, terms


def regression(
    survey: Survey, what: Measure, by: Sequence[str], model: str, covariates: pd.DataFrame | None = None
) -> Fit:
    """Generalised linear model of a share or mean on frame variables and numeric covariates (n, p), main effects.

    model: linear, logit or count (Poisson mean, variance from the data: quasi-Poisson). Solves the weighted score
    equations of McCullagh & Nelder (1989); variance after Binder (1983).

    Raises ValueError for a ratio, and where the groups separate the answers, so that a coefficient is infinite.
    """
    if what.statistic == "ratio":
        raise ValueError("a ratio is compared by contrasts, not by a regression")
    row, x, names, terms = _matrix(survey, what, by, covariates)
    x = np.column_stack([np.ones(len(row)), x])
    terms = {name: [place + 1 for place in places] for name, places in terms.items()}
    equations = _glm(x, what.y[row], survey.design.weights[row], model, row)
    used = np.isin(np.arange(len(what.base)), row)
    df = design_freedom(survey.design, used, x.shape[1])
    influence = equations.influence(len(what.base))
    return Fit(model, survey, what, ["constant", *names], terms, x, row, equations.estimate, influence, df, equations)


def _glm(x: np.ndarray, y: np.ndarray, weight: np.ndarray, model: str, row: np.ndarray) -> Equations:
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


def _tidy(fit: Fit, names: Sequence[str], estimate: np.ndarray, combine: np.ndarray, small: bool) -> pd.DataFrame:
    df = np.full(len(combine), fit.df)
    if fit.equations is None:
        se, method = _from_influence(fit.influence @ combine.T, fit.survey.design), "design"
    else:
        se, df, method = errors(fit.survey.design, fit.equations, combine, df, small_sample=small)
    table = pd.DataFrame({"term": names, **t_table(estimate, se, df, fit.survey.level)})
    return table.assign(
        model=fit.model, statistic=fit.what.statistic, item=fit.what.item, answer=fit.what.answer, n=len(fit.row),
        level=fit.survey.level, method=method, target=fit.survey.design.target, provenance=fit.survey.provenance,
    )[list(COLUMNS)]


def coefficients(fit: Fit, *, small_sample: bool = True) -> pd.DataFrame:
    """The coefficients on the model's own scale: log odds for logit and ordinal, log of the mean for count."""
    return _tidy(fit, fit.names, fit.coef, np.eye(len(fit.coef)), small_sample)


def _effect(fit: Fit, column: int, weight: np.ndarray) -> tuple[float, np.ndarray]:
    """Average marginal effect of one column and its gradient in the coefficients (k,)."""
    link = FAMILIES[fit.model].link
    group = next((places for name, places in fit.terms.items() if column in places and "=" in fit.names[places[0]]), [])
    if not group:
        first = link.inverse_deriv(fit.x @ fit.coef)
        second = link.inverse_deriv2(fit.x @ fit.coef) * fit.coef[column]
        own = np.eye(len(fit.coef))[column] * (weight @ first)
        return float(weight @ first * fit.coef[column]), own + (weight * second) @ fit.x
    without, inside = fit.x.copy(), fit.x.copy()
    without[:, group], inside[:, group] = 0, 0
    inside[:, column] = 1
    change = weight @ (link.inverse(inside @ fit.coef) - link.inverse(without @ fit.coef))
    slopes = [(weight * link.inverse_deriv(at @ fit.coef)) @ at for at in (inside, without)]
    return float(change), slopes[0] - slopes[1]


def marginal_effects(fit: Fit, *, small_sample: bool = True) -> pd.DataFrame:
    """Average marginal effects on the scale of the answer (a share, a count), weighted over the respondents.

    A group's effect is all in it against all in the first group; a covariate's is the mean derivative. Delta method
    with the covariates as they are (Bartus 2005; Cameron & Trivedi 2005).
    """
    weight = fit.survey.design.weights[fit.row]
    made = [_effect(fit, column, weight / weight.sum()) for column in range(1, len(fit.coef))]
    estimate, gradient = np.array([effect for effect, _ in made]), np.array([slope for _, slope in made])
    return _tidy(fit, fit.names[1:], estimate, gradient, small_sample)


def joint(
    design: Design, equations: Equations, combine: np.ndarray, df: float, *, small_sample: bool
) -> tuple[float, float, float, float, str]:
    """F, its two degrees of freedom, p and method for the hypothesis that all q combinations of estimates are 0.

    Wald test with df residual degrees of freedom by the design's convention; for the process the approximate Hotelling
    test on CR2 (Pustejovsky & Tipton 2018), unless small_sample is False. combine: (q, k).
    """
    if not (small_sample and design.target == "process"):
        influence = equations.influence(len(design.weights)) @ combine.T
        return *wald(combine @ equations.estimate, covariance(influence, design), df), "design"
    working, q = equations.sensitivity.T @ equations.sensitivity, len(combine)
    unit = np.linalg.solve(np.linalg.cholesky(combine @ working @ combine.T), combine)
    reduced = bias_reduced(equations, design.nested[0].cluster[equations.row], unit)
    spread = sum(reduced.overlap(i, i, j, j) + reduced.overlap(i, j, j, i) for i in range(q) for j in range(q))
    freedom = q * (q + 1) / spread
    estimate = unit @ equations.estimate
    distance = estimate @ np.linalg.solve(reduced.covariance(equations.residual), estimate)
    f, last = float(distance) * (freedom - q + 1) / (freedom * q), freedom - q + 1
    return f, q, last, float(fisher.sf(f, q, last)), "CR2"


def wald(estimate: np.ndarray, variance: np.ndarray, df: float) -> tuple[float, float, float, float]:
    """F, its two degrees of freedom and p for the hypothesis that all q estimates are 0 (Wald 1943)."""
    f = float(estimate @ np.linalg.solve(variance, estimate)) / len(estimate)
    return f, len(estimate), df, float(fisher.sf(f, len(estimate), df))


def term_test(fit: Fit, term: str, *, small_sample: bool = True) -> pd.DataFrame:
    """Test that a term makes no difference. One row: f, df1, df2, p, method, model, term and what it is about."""
    places = fit.terms[term]
    if fit.equations is None:
        tested = *wald(fit.coef[places], fit.covariance[np.ix_(places, places)], fit.df), "design"
    else:
        combine = np.eye(len(fit.coef))[places]
        tested = joint(fit.survey.design, fit.equations, combine, fit.df, small_sample=small_sample)
    return _test_row(fit, term, tested)


def _test_row(fit: Fit, term: str, tested: tuple[float, float, float, float, str]) -> pd.DataFrame:
    table = pd.DataFrame([tested], columns=["f", "df1", "df2", "p", "method"])
    return table.assign(
        model=fit.model, statistic=fit.what.statistic, item=fit.what.item, answer=fit.what.answer, term=term,
        n=len(fit.row), target=fit.survey.design.target, provenance=fit.survey.provenance,
    )


# ---- Ordered answers ------------------------------------------------------------------------------------------------


def _ordinal_parts(
    coef: np.ndarray, x: np.ndarray, y: np.ndarray, weight: np.ndarray
) -> tuple[float, np.ndarray, np.ndarray]:
    """Log likelihood, score of each row (m, k) and Hessian (k, k) of the proportional odds model; coef: beta, cuts."""
    p, top = x.shape[1], len(coef) - x.shape[1]
    cut, eta = coef[p:], x @ coef[:p]
    upper = np.where(y < top, expit(cut[np.minimum(y, top - 1)] - eta), 1.0)
    lower = np.where(y > 0, expit(cut[np.maximum(y - 1, 0)] - eta), 0.0)
    probability = np.maximum(upper - lower, 1e-300)
    places = np.arange(top)
    above = np.column_stack([-x, y[:, None] == places])
    below = np.column_stack([-x, y[:, None] - 1 == places])
    slope_u, slope_l = upper * (1 - upper) / probability, lower * (1 - lower) / probability
    score = above * slope_u[:, None] - below * slope_l[:, None]
    bend_u, bend_l = slope_u * (1 - 2 * upper), slope_l * (1 - 2 * lower)
    hessian = (above * (weight * bend_u)[:, None]).T @ above - (below * (weight * bend_l)[:, None]).T @ below
    return float(weight @ np.log(probability)), score, hessian - (score * weight[:, None]).T @ score


def ordinal(survey: Survey, item: str, by: Sequence[str], covariates: pd.DataFrame | None = None) -> Fit:
    """Proportional odds model of an ordered answer, 'ved ikke' left out: logit P(Y <= j) = cut j - x'b.

    Maximum weighted likelihood by Newton's method with halved steps (McCullagh 1980); the likelihood is concave.
    Variance after Binder (1983); CR2 is not defined for it, so the process keeps R's convention.

    Raises ValueError for an item without ordered answers, and where the likelihood has no maximum.
    """
    scale = survey.questionnaire.items[item].scale
    if scale.type != "ordinal":
        raise ValueError(f"{item} has no ordered answers")
    what = Measure("ordinal", item, "", survey.codes(item), np.ones(len(survey.answers)), survey.knows(item))
    row, x, names, terms = _matrix(survey, what, by, covariates)
    found, y = np.unique(what.y[row], return_inverse=True)
    weight = survey.design.weights[row]
    coef, score, hessian = _maximise(x, y, weight / weight.mean())
    cuts = [f"{'+'.join(survey.answer_sets(item)[code])}|" for code in found[:-1]]
    influence = np.zeros((len(what.y), len(coef)))
    influence[row] = score * weight[:, None] @ np.linalg.inv(-hessian * weight.mean())
    df = design_freedom(survey.design, np.isin(np.arange(len(what.y)), row), len(coef))
    return Fit("ordinal", survey, what, [*names, *cuts], terms, x, row, coef, influence, df, None)


def _maximise(x: np.ndarray, y: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Coefficients, score of each row and Hessian at the maximum."""
    share = np.cumsum(np.bincount(y, weight))[:-1] / weight.sum()
    coef = np.concatenate([np.zeros(x.shape[1]), np.log(share / (1 - share))])
    best, score, hessian = _ordinal_parts(coef, x, y, weight)
    for _ in range(40):
        step = -np.linalg.lstsq(hessian, weight @ score, rcond=None)[0]
        while np.abs(step).max() > 1e-9:
            new = coef + step
            if np.all(np.diff(new[x.shape[1]:]) > 0) and _ordinal_parts(new, x, y, weight)[0] > best:
                break
            step = step / 2
        else:
            break
        coef = coef + step
        best, score, hessian = _ordinal_parts(coef, x, y, weight)
    # on a ridge that never ends the likelihood is all but flat in some direction
    if len(share) < 1 or np.linalg.eigvalsh(-hessian / weight.sum()).min() < 1e-9 or np.abs(coef).max() > 1e4:
        raise ValueError("the likelihood has no maximum: a group or covariate separates the answers")
    return coef, score, hessian


def proportional_odds(fit: Fit) -> pd.DataFrame:
    """Check of the ordinal model: that the coefficients are the same at every cut (Brant 1990, design-based Wald test).

    A logit is fitted at each cut; their joint covariance comes from the influence values. One row as `term_test`.
    Raises ValueError where a logit separates the answers, and with fewer than three answers.
    """
    y, n = fit.what.y, len(fit.what.y)
    found = np.unique(y[fit.row])
    if len(found) < 3:
        raise ValueError("with two answers there is nothing to check")
    weight, x = fit.survey.design.weights[fit.row], np.column_stack([np.ones(len(fit.row)), fit.x])
    parts = [_glm(x, (y[fit.row] > cut).astype(float), weight, "logit", fit.row) for cut in found[:-1]]
    influence = np.hstack([part.influence(n)[:, 1:] for part in parts])
    slopes, q = np.concatenate([part.estimate[1:] for part in parts]), fit.x.shape[1]
    differ = np.hstack([np.tile(np.eye(q), (len(parts) - 1, 1)), -np.eye(q * (len(parts) - 1))])
    variance = differ @ covariance(influence, fit.survey.design) @ differ.T
    residual = design_freedom(fit.survey.design, np.isin(np.arange(n), fit.row), len(differ))
    f, df1, _, _ = wald(differ @ slopes, variance, residual)
    # Thomas & Rao (1987): with many cuts and few clusters the plain Wald test rejects too often
    f *= residual / (residual + df1 - 1)
    return _test_row(fit, "proportional odds", (f, df1, residual, float(fisher.sf(f, df1, residual)), "design"))


# ---- How much the municipality means --------------------------------------------------------------------------------


def intraclass_correlation(survey: Survey, what: Measure) -> pd.DataFrame:
    """Share of the variance of an answer that lies between municipalities: a random intercept, by REML.

    On the observed scale (0/1 for a share, the count itself for a mean), not on a latent one; unweighted, never below
    0. One row: estimate, between and within (variances), n, clusters and provenance (Snijders & Bosker 2012, ch. 3).

    The variances and their ratio are NaN where all answered alike, or no municipality answered twice.
    """
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
        share = float(inside) if profile(inside)[0] < profile(0.0)[0] else 0.0
        variance = profile(share)[1]
    return pd.DataFrame([{
        "statistic": what.statistic, "item": what.item, "answer": what.answer, "estimate": share,
        "between": share * variance, "within": (1 - share) * variance, "n": len(y), "clusters": len(size),
        "provenance": survey.provenance,
    }])
