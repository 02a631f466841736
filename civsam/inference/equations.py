"""Estimating equations of statistics and their standard errors, the bias-reduced ones (CR2) among them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import f as fisher
from scipy.stats import t as student

from civsam.inference.estimators import variables
from civsam.inference.settled import settled
from civsam.inference.variance import covariance, degrees_of_freedom
from civsam.survey.checked import yes_or_no
from civsam.survey.design import Design
from civsam.survey.survey import Survey

# ---- Estimating equations -------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Measure:
    """A statistic of the answers: the weighted sum of y over that of x among the rows of base. Arrays of shape (n,).

    responded: who answered what it is about, see `estimators.Variables`.
    """

    statistic: str
    item: str
    answer: str
    y: np.ndarray
    x: np.ndarray
    base: np.ndarray
    responded: np.ndarray


def measure(
    survey: Survey, item: str, answer: str | None = None, *, ratio: bool = False, dont_know: bool = True
) -> Measure:
    """The share who gave `answer` ("a+b": either), else the mean of a count, or its ratio to the counts it is part of.

    item: "a+b" is the sum of two counts. dont_know: whether 'ved ikke' counts in the base of a share. Raises UserError
    as `estimators.variables`, ValueError for a ratio of an answer.

    >>> from civsam import model, open_edition
    >>> focus = model.measure(open_edition().survey, "pol_fokus", "ja")
    >>> focus.statistic, focus.y.max().item()
    ('share', 1.0)
    """
    if yes_or_no(ratio, "ratio") and answer is not None:
        raise ValueError(f"a ratio is of counts and has no answer: leave out ratio, or the answer {answer!r}")
    statistic = "share" if answer is not None else "ratio" if ratio else "mean"
    those = variables(survey, statistic, item, answer or "", dont_know=dont_know)
    x = np.ones(len(those.base)) if those.x is None else those.x
    return Measure(statistic, item, answer or "", those.y.astype(float), x, those.base, those.responded)


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
    """CR2 of the combinations of estimates in `combine` (q, k); cluster: (m,) codes from 0.

    The variance is unbiased where the residuals are independent with one variance (Bell & McCaffrey 2002; Pustejovsky
    & Tipton 2018). A cluster that decides an estimate alone adds nothing to it.

    What is to be taken the root of is I + u middle u' in each cluster, with u its rows of x and s side by side. As
    u = basis r, only the small I + r middle r' differs from I. Clusters of one size are done at once.
    """
    s, x, q = equations.sensitivity, equations.x, len(combine)
    k, both = s.shape[1], np.hstack([x, s])
    inner, one = s.T @ s, np.eye(k)
    middle = np.block([[inner, -one], [-one, 0 * one]])
    code = (np.cumsum(np.bincount(cluster) > 0) - 1)[cluster]
    count, order = np.bincount(code), np.argsort(code, kind="stable")
    start = np.cumsum(count) - count
    loading, own, bend = np.empty((len(x), q)), np.empty((len(count), q, q)), np.empty((len(count), q, 2 * k))
    for size in np.unique(count):
        alike = np.flatnonzero(count == size)
        rows = order[start[alike][:, None] + np.arange(size)]
        u = both[rows]
        basis, r = np.linalg.qr(u)
        values, vectors = np.linalg.eigh(np.eye(r.shape[1]) + r @ middle @ r.swapaxes(1, 2))
        root = np.where(values > 1e-10, 1 / np.sqrt(np.maximum(values, 1e-10)), 0.0) - 1
        change = (vectors * root[:, None]) @ (vectors.swapaxes(1, 2) @ (r[:, :, k:] @ combine.T))
        load = u[:, :, k:] @ combine.T + basis @ change
        across = load.swapaxes(1, 2)
        loading[rows], own[alike], bend[alike] = load, across @ load, across @ u
    return BiasReduced(loading, code, own, bend, middle)


def errors(
    design: Design, equations: Equations, combine: np.ndarray, df: np.ndarray, *, small_sample: bool
) -> tuple[np.ndarray, np.ndarray, str]:
    """Standard errors and degrees of freedom of combinations (q, k) of estimates, both (q,), and the method's name.

    df: (q,), by the design's own convention. CR2 is used for the process, and else residuals that leave each cluster
    out (`Design.left_out`) where weights are calibrated, unless small_sample is False. Where nothing varies the
    standard error is NaN, not 0.
    """
    if small_sample and design.target == "process" and len(equations.row):
        reduced = bias_reduced(equations, design.nested[0].cluster[equations.row], combine)
        variance = np.diag(reduced.covariance(equations.residual))
        return np.sqrt(np.where(_varies(reduced, equations), variance, np.nan)), reduced.freedom(), "CR2"
    influence = equations.influence(len(design.weights)) @ combine.T
    return from_influence(influence, design, left_out=small_sample), df, "design"


def _varies(reduced: BiasReduced, equations: Equations) -> np.ndarray:
    """Whether there is anything to make the error of each combination of, shape (q,)."""
    return np.array([np.any(np.abs(column * equations.residual) > 1e-12) for column in reduced.loading.T])


def from_influence(influence: np.ndarray, design: Design, *, left_out: bool) -> np.ndarray:
    """Standard errors of estimates from their influence values (n, q); NaN where nothing varies. Shape (q,)."""
    variance = np.maximum(np.diag(covariance(influence, design, left_out=left_out)), 0)
    return np.sqrt(np.where(np.any(np.abs(influence) > 1e-12, axis=0), variance, np.nan))


def design_freedom(design: Design, used: np.ndarray, parameters: int) -> float:
    """R's residual degrees of freedom: clusters less strata among the used rows (n,), plus 1, less the parameters."""
    return float(degrees_of_freedom(design, np.where(used, 0, -1), 1)[0] + 1 - parameters)


def t_table(estimate: np.ndarray, se: np.ndarray, df: np.ndarray, level: float) -> dict[str, np.ndarray]:
    """The columns estimate, se, df, low, high, t and p (two-sided), `settled`; arguments of shape (q,)."""
    estimate, se, df = map(settled, (estimate, se, df))
    half = student.ppf((1 + level) / 2, df) * se
    with np.errstate(divide="ignore", invalid="ignore"):
        t = settled(estimate / se)
    p = settled(2 * student.sf(np.abs(t), df), 0.0)
    return {"estimate": estimate, "se": se, "df": df, "low": settled(estimate - half), "high": settled(estimate + half),
            "t": t, "p": p}


def joint(
    design: Design, equations: Equations, combine: np.ndarray, df: float, *, small_sample: bool
) -> tuple[float, float, float, float, str]:
    """F, its two degrees of freedom, p and method for the hypothesis that all q combinations of estimates are 0.

    Wald test with df residual degrees of freedom by the design's convention; for the process the approximate Hotelling
    test on CR2 (Pustejovsky & Tipton 2018), unless small_sample is False. combine: (q, k). F and p are NaN where the
    error of some combination is not known, as with fewer clusters than combinations.
    """
    if not (small_sample and design.target == "process"):
        influence = equations.influence(len(design.weights)) @ combine.T
        variance = covariance(influence, design, left_out=small_sample)
        return *wald(combine @ equations.estimate, variance, df), "design"
    working, q = equations.sensitivity.T @ equations.sensitivity, len(combine)
    unit = np.linalg.solve(np.linalg.cholesky(combine @ working @ combine.T), combine)
    reduced = bias_reduced(equations, design.nested[0].cluster[equations.row], unit)
    spread = sum(reduced.overlap(i, i, j, j) + reduced.overlap(i, j, j, i) for i in range(q) for j in range(q))
    freedom = q * (q + 1) / spread
    estimate, variance = unit @ equations.estimate, reduced.covariance(equations.residual)
    if not (_varies(reduced, equations).all() and _invertible(variance)):
        return np.nan, q, np.nan, np.nan, "CR2"
    distance = estimate @ np.linalg.solve(variance, estimate)
    f, last = float(settled(distance * (freedom - q + 1) / (freedom * q))), float(settled(freedom - q + 1))
    return f, q, last, float(settled(fisher.sf(f, q, last), 0.0)), "CR2"


def _invertible(variance: np.ndarray) -> bool:
    """Whether every combination of the estimates has a variance, whatever the estimates are measured in."""
    root = np.sqrt(np.maximum(np.diag(variance), 0))
    if not root.all() or not np.isfinite(variance).all():
        return False
    return bool(np.linalg.eigvalsh(variance / np.outer(root, root)).min(initial=1.0) > 1e-12)


def wald(estimate: np.ndarray, variance: np.ndarray, df: float) -> tuple[float, float, float, float]:
    """F, its two degrees of freedom and p for the hypothesis that all q estimates are 0 (Wald 1943).

    F and p are NaN where the variance has no inverse: the error of some combination of them is not known.
    """
    if not _invertible(variance):
        return np.nan, len(estimate), df, np.nan
    f = float(settled(estimate @ np.linalg.solve(variance, estimate) / len(estimate)))
    return f, len(estimate), df, float(settled(fisher.sf(f, len(estimate), df), 0.0))
