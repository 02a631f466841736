"""Intervals of estimates. What takes a second to import is imported where it is used: weights are made without."""

from __future__ import annotations

import numpy as np
from scipy.special import expit, logit

# ---- Intervals -------------------------------------------------------------------------------------------------------


def t_interval(estimate: np.ndarray, se: np.ndarray, df: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Two-sided t intervals, shapes (k,); missing where df is less than 1."""
    from scipy.stats import t as student

    half = student.ppf((1 + level) / 2, np.where(df < 1, np.nan, df)) * se
    return estimate - half, estimate + half


def share_interval(
    p: np.ndarray, se: np.ndarray, n: np.ndarray, df: np.ndarray, level: float, method: str = "beta"
) -> tuple[np.ndarray, np.ndarray]:
    """Intervals of shares inside 0 and 1; shapes (k,).

    beta: Clopper-Pearson on the effective sample size (Korn & Graubard 1998). logit: the t interval of log(p / (1 - p))
    by the delta method, as R `survey`'s. At 0 and 1, where the standard error says nothing, both are Clopper-Pearson on
    n itself. Of a share that the design leaves no doubt about (se 0, but for rounding), it is the share. t: the share
    plus and minus t se (Wald). Missing where df is less than 1. Raises ValueError for another method.
    """
    from scipy.stats import t as student
    from statsmodels.stats.proportion import proportion_confint

    if method == "t":
        return t_interval(p, se, df, level)
    if method not in ("beta", "logit"):
        raise ValueError(f"interval must be beta, logit or t, not {method!r}")
    tail = (1 + level) / 2
    t = student.ppf(tail, np.where(df < 1, np.nan, df))
    certain = (p == 0) | (p == 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        known = ~certain & (se <= 1e-9 * np.sqrt(p * (1 - p)))
        odd = certain | known
        shrunk = (student.ppf(tail, np.maximum(n - 1, 1)) / t) ** 2
        size = np.where(odd, n, p * (1 - p) / np.where(odd, 1.0, se) ** 2 * shrunk)
        low, high = proportion_confint(size * p, size, alpha=1 - level, method="beta")
        low, high = np.where(p == 0, 0.0, low), np.where(p == 1, 1.0, high)
        if method == "logit":
            half = t * se / (p * (1 - p))
            low = np.where(certain, low, expit(logit(p) - half))
            high = np.where(certain, high, expit(logit(p) + half))
    nothing = np.isnan(p) | (df < 1)
    low, high = np.where(known, p, low), np.where(known, p, high)
    return np.where(nothing, np.nan, low), np.where(nothing, np.nan, high)
