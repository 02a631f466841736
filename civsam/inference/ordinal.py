"""The proportional odds model of an ordered answer, and a check of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import expit
from scipy.stats import f as fisher

from civsam.inference.equations import Measure, design_freedom, wald
from civsam.inference.models import Covariates, Fit, fitted_glm, model_matrix, tested
from civsam.inference.settled import settled
from civsam.inference.variance import covariance
from civsam.survey.grouping import the_survey
from civsam.survey.survey import Survey

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


def ordinal(survey: Survey, item: str, by: Sequence[str], covariates: Covariates = None) -> Fit:
    """Proportional odds model of an ordered answer, 'ved ikke' left out: logit P(Y <= j) = cut j - x'b.

    Maximum weighted likelihood by Newton's method with halved steps (McCullagh 1980); the likelihood is concave.
    Variance after Binder (1983); CR2 is not defined for it, so the process keeps R's convention.

    Raises ValueError for an item without ordered answers, and where the likelihood has no maximum; else as
    `models.regression`.
    """
    scale = the_survey(survey).item(item).scale
    if scale.type != "ordinal":
        raise ValueError(f"{item} has no ordered answers: it is {scale.type}")
    base, responded = survey.knows(item), survey.responded(item)
    what = Measure("share", item, "", survey.codes(item), np.ones(len(base)), base, responded)
    survey, row, x, names, terms = model_matrix(survey, what, by, covariates)
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

    A logit is fitted at each cut; their joint covariance is from influence values. One row as `models.term_test`.
    Raises ValueError where a logit separates the answers, with fewer than three answers, and for another model.
    """
    if fit.equations is not None or not fit.names or not fit.x.shape[1]:
        raise ValueError("what is checked is an ordinal model with groups or covariates")
    y, n = fit.what.y, len(fit.what.y)
    found = np.unique(y[fit.row])
    if len(found) < 3:
        raise ValueError("with two answers there is nothing to check")
    weight, x = fit.survey.design.weights[fit.row], np.column_stack([np.ones(len(fit.row)), fit.x])
    parts = [fitted_glm(x, (y[fit.row] > cut).astype(float), weight, "logit", fit.row) for cut in found[:-1]]
    influence = np.hstack([part.influence(n)[:, 1:] for part in parts])
    slopes, q = np.concatenate([part.estimate[1:] for part in parts]), fit.x.shape[1]
    differ = np.hstack([np.tile(np.eye(q), (len(parts) - 1, 1)), -np.eye(q * (len(parts) - 1))])
    variance = differ @ covariance(influence, fit.survey.design) @ differ.T
    residual = design_freedom(fit.survey.design, np.isin(np.arange(n), fit.row), len(differ))
    f, df1, _, _ = wald(differ @ slopes, variance, residual)
    # Thomas & Rao (1987): with many cuts and few clusters the plain Wald test rejects too often
    f *= residual / (residual + df1 - 1)
    f = float(settled(f))
    p = float(settled(fisher.sf(f, df1, residual), 0.0))
    return tested(fit, "proportional odds", (f, df1, residual, p, "design"))
