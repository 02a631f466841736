"""How collected numbers are rounded before they are shown: counts, and what standard errors go up to."""

from __future__ import annotations

import numpy as np
import pandas as pd

from civsam.survey.survey import LIMITS

STEP = 5  # respondents that a rounded number stands for
GRID = 10  # preferred numbers a decade: each is a quarter more than the last


def preferred(values: np.ndarray | pd.Series | float) -> np.ndarray:
    """The nearest preferred numbers from above (a factor 1.26 apart), any shape; 0 and NaN stay."""
    given = np.asarray(values, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        power = np.ceil(GRID * np.log10(given) - 1e-9) / GRID
        return np.where(given > 0, np.round(10**power, 12), given)


def rounded(n: np.ndarray | pd.Series | float, minimum: int) -> np.ndarray:
    """Numbers of respondents to the nearest multiple of the step; NaN below `minimum`."""
    n = np.asarray(n, dtype=float)
    return np.where(n >= minimum, STEP * np.floor(n / STEP + 0.5), np.nan)


def bracket(n: np.ndarray) -> np.ndarray:
    """The largest of `LIMITS` that each number reaches, or 0: what it takes part in, in editions with other limits."""
    return np.array([0, *LIMITS])[np.searchsorted(LIMITS, np.nan_to_num(n) + 1e-9, side="right")]
