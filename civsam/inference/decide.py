"""Verdicts on claims from tables of contrasts: supported, contradicted or undecided."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from civsam.inference.compare import CONTRADICTED, SUPPORTED, UNDECIDED, interval, simultaneous
from civsam.inference.settled import settled


def _verdict(supported: bool, contradicted: bool) -> str:
    return SUPPORTED if supported else CONTRADICTED if contradicted else UNDECIDED


def equal(narrow: tuple[float, float], wide: tuple[float, float], value: float, margin: float) -> str:
    """Whether an estimate equals a published value: the 90 percent interval lies within the margin around it.

    Contradicted where the 95 percent interval lies wholly outside. narrow, wide: the 90 and 95 percent intervals.
    """
    low, high = settled([value - margin, value + margin])
    return _verdict(low < narrow[0] and narrow[1] < high, wide[0] > high or wide[1] < low)


def no_difference(table: pd.DataFrame) -> str:
    """Whether k groups are equal, from `equivalence` of all pairs: supported only if every pair is equivalent.

    Contradicted if any simultaneous interval lies wholly outside the margin.
    """
    outside = (table["low_all"] > table["margin"]) | (table["high_all"] < -table["margin"])
    return _verdict(len(table) > 0 and bool(table["equivalent"].all()), bool(outside.any()))


def ranks_first(table: pd.DataFrame, first: str | Sequence[str], *, last: bool = False, comparisons: int = 0) -> str:
    """Whether one group (or each of several) lies above all others, from a table of contrasts that holds them.

    Supported only if every contrast of them to the others is positive at one-sided 5 percent; contradicted if any
    simultaneous interval (over those contrasts, or so many comparisons) lies below 0. last: below all others instead.

    Raises ValueError where the table holds none of those contrasts.
    """
    chosen = {first} if isinstance(first, str) else set(first)
    in_a, in_b = table["a"].isin(chosen), table["b"].isin(chosen)
    used = table[in_a != in_b]
    if used.empty:
        raise ValueError(f"no contrast between {', '.join(sorted(chosen))} and others")
    sign = np.where(in_a[in_a != in_b], 1, -1) * (-1 if last else 1)
    turned = used.assign(estimate=used["estimate"] * sign)
    return _verdict(bool(np.all(interval(turned, 0.90)[0] > 0)), bool(np.any(simultaneous(turned, comparisons)[1] < 0)))


def more_than(table: pd.DataFrame, comparisons: int = 1) -> str:
    """Whether a contrast, a distance above a limit or a slope is positive; for a table of one row.

    Supported at one-sided 5 percent, contradicted where the 95 percent interval lies below 0; of several comparisons
    that may each contradict a claim, the one that holds with the others.
    """
    row = table.iloc[[0]]
    return _verdict(bool(interval(row, 0.90)[0][0] > 0), bool(simultaneous(row, comparisons)[1][0] < 0))
