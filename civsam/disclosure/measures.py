"""How measures of counts and scales are shown: quartiles, spread, reliability, and the index of several items."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from civsam.disclosure.precision import Shown, freedom, moved
from civsam.disclosure.rounding import GRID, preferred, rounded
from civsam.disclosure.suppression import Cell, Number
from civsam.inference.intervals import t_interval
from civsam.inference.settled import settled

QUARTILES = ("0.25", "0.5", "0.75")
MANY = 4  # times the minimum
HIDDEN: Shown = {"hidden": True}


def quartile(row: pd.Series, mean: Cell | None, minimum: int) -> Shown:
    """Quartiles of many respondents. Intervals of quantiles are answers themselves, and never shown."""
    if row["n"] < MANY * minimum or row["answer"] not in QUARTILES or not _of(mean, row["n"]):
        return HIDDEN
    return {"n": float(rounded(row["n"], minimum)), "estimate": row["estimate"]}


def spread(row: pd.Series, mean: Cell | None, minimum: int) -> Shown:
    """A standard deviation, or its square, where the error of the mean may be shown, which tells as much.

    Told by the preferred number (`rounding.GRID`) that is nearest. Its interval is of fourth powers, which a few large
    counts may be most of, and is never shown.
    """
    if mean is None or not mean.steady or not _of(mean, row["n"]) or not row["estimate"] > 0:
        return HIDDEN
    power = 2 if row["statistic"] == "variance" else 1
    nearest = 10 ** (np.floor(settled(GRID * np.log10(row["estimate"]) / power) + 0.5) / GRID)
    return {"n": float(rounded(row["n"], minimum)), "estimate": float(nearest**power)}


def reliability(row: pd.Series, minimum: int) -> Shown:
    """How items go together among many respondents, to the nearest 0.05; its interval to the next, outwards."""
    if row["n"] < MANY * minimum:
        return HIDDEN
    at, low, high = (settled(row[name] / 0.05) for name in ("estimate", "low", "high"))
    return {"n": float(rounded(row["n"], minimum)), "estimate": float(0.05 * np.round(at)),
            "low": float(0.05 * np.floor(low)), "high": float(0.05 * np.ceil(high))}


def index(row: pd.Series, of: Callable[[str], Cell | None], turn: Callable[[str], float], minimum: int) -> Shown:
    """The mean of an index, made of what is shown of the means of its items, and told in steps of theirs.

    of: the mean of an item in the group; turn: the least and the greatest answer to it, added up. Hidden where one of
    them is. Who answered some of the items only may move it, by whole steps.
    """
    names, turned = row["item"].split("+"), row["reversed"].split("+")
    cells = [of(name) for name in names]
    found = [cell for cell in cells if cell is not None and not cell.hidden]
    if len(found) < len(names) or row["n"] < minimum:
        return HIDDEN
    sides = [(turn(name), -1) if name in turned else (0.0, 1) for name in names]
    exact, told = (float(np.mean([add + sign * number for (add, sign), number in zip(sides, numbers, strict=True)]))
                   for numbers in ([cell.exact for cell in found], [cell.shown for cell in found]))
    step = float(np.mean([cell.step for cell in found]))
    at = moved(Number(exact, told, step), row["estimate"])
    se, df = float(preferred(row["se"])), freedom(row["df"])
    low, high = (float(x[0]) for x in t_interval(np.array([at]), np.array([se]), np.array([df]), row["level"]))
    steady = {"se": se, "low": low - step / 2, "high": high + step / 2} if all(cell.steady for cell in found) else {}
    return {"n": float(rounded(row["n"], minimum)), "estimate": at, "step": step, **steady}


def _of(mean: Cell | None, n: float) -> bool:
    """Whether a mean is shown, of these n respondents."""
    return mean is not None and not mean.hidden and mean.n == n
