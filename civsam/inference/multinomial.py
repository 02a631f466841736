"""The multinomial logit of an unordered answer: its estimating equations and its marginal effects, on arrays.

log P(Y = a) / P(Y = first) = x'b_a: each answer but the first that occurs has coefficients of its own. Coefficients
stand answer by answer, shape ((answers - 1) * p,).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import softmax

from civsam.inference.equations import Equations

Array = NDArray[np.float64]
APART = 1e-8  # a probability that is less: an answer that a group all but cannot give


def probabilities(x: Array, coef: Array) -> Array:
    """Of each answer but the first, shape (m, answers - 1)."""
    return softmax(np.column_stack([np.zeros(len(x)), x @ coef.reshape(-1, x.shape[1]).T]), axis=1)[:, 1:]


def fitted(x: Array, y: np.ndarray, weight: Array, row: np.ndarray) -> Equations:
    """Maximum weighted likelihood (McFadden 1974) of answers y (m,), codes from 0, by x (m, p) with its constant.

    The equations have a row a respondent and answer, scaled by the root of the answers' covariance that the model
    expects (Agresti 2013), so that the residuals have variance 1 and are uncorrelated. Raises ValueError where the
    groups separate the answers, or there are more coefficients than respondents.
    """
    answers = int(y.max())
    if len(x) <= (size := answers * x.shape[1]):
        raise ValueError(f"{len(x)} gave all that a model with {size} coefficients needs: leave out some")
    said, unit = (y[:, None] == np.arange(1, answers + 1)).astype(float), weight / weight.sum()
    q, r = np.linalg.qr(x * np.sqrt(unit)[:, None])
    level = q / np.sqrt(unit)[:, None]  # columns of weighted mean square 1, uncorrelated

    def loss(at: Array) -> tuple[float, Array]:
        p = probabilities(level, at)
        told = np.where(y > 0, p[np.arange(len(y)), np.maximum(y, 1) - 1], 1 - p.sum(axis=1))
        return -float(unit @ np.log(np.maximum(told, 1e-300))), ((p - said) * unit[:, None]).T.dot(level).ravel()

    def bend(at: Array) -> Array:
        return _information(level, probabilities(level, at), unit)

    many = {"gtol": 1e-8, "maxiter": 200}
    at = minimize(loss, np.zeros(size), jac=True, hess=bend, method="trust-exact", options=many).x
    p = probabilities(level, at)
    if min(p.min(), (1 - p.sum(axis=1)).min()) < APART:
        raise ValueError("the groups separate the answers: a coefficient has no finite value")
    at = at - np.linalg.solve(bend(at), loss(at)[1])  # to the last bits
    coef = np.linalg.solve(r, at.reshape(answers, -1).T).T.ravel()
    return _equations(x, said, probabilities(x, coef), weight, row, coef)


def _information(x: Array, p: Array, weight: Array) -> Array:
    """The weighted information (k, k): the covariance of the answers in each row, times x x'."""
    answers, columns = p.shape[1], x.shape[1]
    blocks = np.empty((answers, columns, answers, columns))
    for a in range(answers):
        for b in range(answers):
            both = weight * p[:, a] * ((a == b) - p[:, b])
            blocks[a, :, b] = (x * both[:, None]).T @ x
    return blocks.reshape(answers * columns, -1)


def _equations(x: Array, said: Array, p: Array, weight: Array, row: np.ndarray, coef: Array) -> Equations:
    """The score equations, a row a respondent and answer."""
    m, answers = p.shape
    root = np.linalg.cholesky(p[:, :, None] * (np.eye(answers) - p[:, None, :]))
    residual = np.linalg.solve(root, (said - p)[:, :, None])[:, :, 0].ravel()
    scaled = (root.swapaxes(1, 2)[:, :, :, None] * x[:, None, None, :]).reshape(m * answers, -1)
    return Equations(scaled, scaled, np.repeat(weight, answers), residual, np.repeat(row, answers), coef)


def shares(x: Array, coef: Array, weight: Array) -> tuple[Array, Array]:
    """Weighted mean probability of every answer, the first too, (answers,), and its gradient, (answers, k)."""
    p = probabilities(x, coef)
    slopes = _steepness(x, p, weight)
    mean = weight @ p
    return np.append(1 - mean.sum(), mean), np.vstack([-slopes.sum(axis=0), slopes])


def _steepness(x: Array, p: Array, weight: Array) -> Array:
    """The derivative of the weighted mean of p (m, answers - 1) in the coefficients, (answers - 1, k)."""
    each = range(p.shape[1])
    return np.array([np.concatenate([(weight * p[:, a] * ((a == b) - p[:, b])) @ x for b in each]) for a in each])


def slopes(x: Array, coef: Array, weight: Array, column: int) -> tuple[Array, Array]:
    """Weighted mean derivative of every answer's probability in a column of x, (answers,), and its gradient."""
    p, b = probabilities(x, coef), coef.reshape(-1, x.shape[1])
    gap = b[:, column] - (p @ b[:, column])[:, None]  # (m, answers - 1)
    mean, each = weight @ (p * gap), range(p.shape[1])
    gradient = np.array([np.concatenate([
        (weight * p[:, a] * (((a == c) - p[:, c]) * gap[:, a] - p[:, c] * gap[:, c])) @ x
        + np.eye(x.shape[1])[column] * (weight @ (p[:, a] * ((a == c) - p[:, c]))) for c in each]) for a in each])
    return np.append(-mean.sum(), mean), np.vstack([-gradient.sum(axis=0), gradient])
