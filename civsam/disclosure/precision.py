"""How precisely a number of collected answers is shown, and the numbers that are made of several shown ones."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import t as student

from civsam.disclosure.rounding import GRID
from civsam.disclosure.suppression import Number
from civsam.inference.intervals import t_interval
from civsam.inference.settled import settled, settled_table

P_CLASSES = np.array([0.001, 0.01, 0.05, 0.1, 0.2, 0.5, 1.0])
Shown = dict[str, float | str | bool]
NOTHING = Number(np.nan, np.nan, np.nan)


def p_class(p: float) -> float:
    """The least of `P_CLASSES` that a p-value does not exceed; NaN for NaN."""
    return np.nan if np.isnan(p) else float(P_CLASSES[np.searchsorted(P_CLASSES, settled(p, 0.0))])


def written(table: pd.DataFrame, rows: list[Shown]) -> pd.DataFrame:
    """The table with the numbers of `rows`, NaN for all other numbers, `hidden`, and of means their `step`."""
    told = ("level", "base", "weighted")
    numbers = [name for name in table if pd.api.types.is_numeric_dtype(table[name]) and name not in told]
    hidden = np.array([bool(row.get("hidden", False)) for row in rows], dtype=bool)
    new = {name: [row.get(name, np.nan) for row in rows] for name in numbers}
    if "verdict" in table:
        new["verdict"] = [row.get("verdict", old) for row, old in zip(rows, table["verdict"], strict=True)]
    if any("step" in row for row in rows):
        new["step"] = [row.get("step", np.nan) for row in rows]
    return settled_table(table.assign(**new)).assign(hidden=hidden)


def moved(anchor: Number, estimate: float) -> float:
    """What is shown of an estimate: of its cells, moved by whole steps if other weights or choices moved it."""
    exact, told, step, _ = anchor
    if np.isnan(told) or np.isnan(estimate):
        return np.nan
    return float(told + (step * np.round(settled((estimate - exact) / step)) if step > 0 else 0.0))


def difference(a: Number, b: Number) -> Number:
    """One number less another."""
    spread = a.spread[0] + b.spread[0], a.spread[1] + b.spread[1]
    return Number(a.exact - b.exact, a.shown - b.shown, max(a.step, b.step), spread)


def freedom(df: float) -> float:
    """Degrees of freedom as used for intervals: the preferred number from below."""
    below = 10 ** (np.floor(settled(GRID * np.log10(df))) / GRID) if df >= 1 else np.nan
    return float(np.maximum(np.floor(settled(below)), 1.0))


def with_error(told: float, se: float, df: float, level: float, *, odds: bool = False) -> Shown:
    """A number with interval, t and p made from what is shown of it and its error; of odds on the log scale."""
    df = freedom(df)
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = (float(x[0]) for x in t_interval(np.array([told]), np.array([se]), np.array([df]), level))
        t = told / se if se > 0 else np.nan
    back = np.exp if odds else float
    return {"estimate": float(back(told)), "se": se, "df": df, "low": float(back(low)), "high": float(back(high)),
            "t": t, "p": float(2 * student.sf(abs(t), df))}
