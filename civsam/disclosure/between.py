"""What has changed from one wave to another, of what may be shown of each."""

from __future__ import annotations

import numpy as np
import pandas as pd

from civsam.disclosure.plan import Plan
from civsam.disclosure.precision import Shown, difference, moved, with_error, written
from civsam.inference import statistics
from civsam.survey.survey import SYNTHETIC


def between(new: Plan, old: Plan, table: pd.DataFrame) -> pd.DataFrame:
    """What has changed from one wave to another (`waves.changes`) as it may be shown; see `Plan.protect`.

    A change is made of the two numbers that the editions about either wave show, and hidden where one of them is: it
    tells nothing of the answers that they do not.
    """
    if set(table["provenance"]) == {SYNTHETIC}:
        return table
    rows: list[Shown] = []
    for _, row in table.iterrows():
        statistics.of(row["statistic"])  # raises for what nobody knows the unit of
        sides = [one.number_of(one.cell(row["statistic"], row["item"], row["answer"]), row[f"n_{side}"])
                 for one, side in ((new, "a"), (old, "b"))]
        gap = difference(*sides)
        told = moved(gap, row["estimate"])
        n: Shown = {"n_a": new.n(row["n_a"]), "n_b": old.n(row["n_b"])}
        known = {} if np.isnan(told) else n | with_error(told, gap.error(row["se"]), row["df"], row["level"])
        rows.append(known | {"hidden": not known})
    return written(table, rows)
