"""Letters of significance: which groups a number in a table is significantly higher than, as in a banner table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from string import ascii_uppercase

import numpy as np
import pandas as pd

from civsam.danish import number
from civsam.inference import compare
from civsam.pages.cells import DASH, Cell

LEVEL = 0.05  # as a verdict's: the same whatever level an edition shows its intervals at
HIGHER = "højere end"
KEYS = ["item", "answer", "by"]


@dataclass(frozen=True)
class Letters:
    """Of each estimate its group's letter and those of the groups that it is higher than; and how they came about."""

    own: list[str]
    lower: list[str]
    note: str


def told(estimates: pd.DataFrame, contrasts: pd.DataFrame, shown: Callable[[pd.DataFrame], pd.DataFrame]) -> Letters:
    """The letters of estimates by one variable, from contrasts of all pairs of its groups in each column.

    They follow from the contrasts as they are shown, corrected as one family (Holm 1979), so that they tell nothing of
    what is hidden. Raises ValueError for contrasts of something else than the estimates' own differences.
    """
    _check(estimates, contrasts)
    groups = list(estimates["group"].unique())
    letter = dict(zip(groups, map(_letter, range(len(groups))), strict=True))
    tests = compare.corrected(shown(contrasts), "holm", "parrene i tabellen")
    found: dict[tuple[str, str, str], set[str]] = {}
    for row in tests[tests["p_adjusted"] < LEVEL].itertuples():
        higher, lower = (row.a, row.b) if row.estimate > 0 else (row.b, row.a)
        found.setdefault((row.item, row.answer, higher), set()).add(lower)
    lower = [", ".join(letter[group] for group in groups if group in found.get(key, ()))
             for key in estimates[["item", "answer", "group"]].itertuples(index=False, name=None)]
    pairs = f"{number(int(tests['family_size'].iloc[0]))} par, der {'vises' if 'hidden' in tests else 'kan testes'}"
    note = (f" Hver gruppe har et bogstav. »{HIGHER.capitalize()} A, C« står ved et tal, der er signifikant højere end "
            f"gruppe A’s og C’s i samme kolonne (på 5\u00a0%\u2011niveau, korrigeret for de {pairs} "
            "i tabellen, med Holms metode). Uden bogstaver er det ikke påvist, at tallet er højere end "
            "nogen.")
    return Letters([letter[group] for group in estimates["group"]], lower, note)


def marked(cells: Sequence[Cell], letters: Letters) -> list[Cell]:
    """The cells with their letters on a line of their own; none where nothing is shown."""
    return [cell if cell is DASH or not lower else
            replace(cell, text=f"{cell}\n{HIGHER} {lower}", beside=(HIGHER, lower))
            for cell, lower in zip(cells, letters.lower, strict=True)]


def _letter(place: int) -> str:
    """A, B, ..., Z, AA, AB, ..."""
    return (_letter(place // 26 - 1) if place >= 26 else "") + ascii_uppercase[place % 26]


def _check(estimates: pd.DataFrame, contrasts: pd.DataFrame) -> None:
    """Raises ValueError for contrasts that are not the differences between all the estimates of each column."""
    if "p_adjusted" in contrasts:
        raise ValueError("letters are corrected within the table: give the contrasts before they are corrected")
    if set(contrasts["effect"]) != {"difference"}:
        raise ValueError(f"letters are of differences, not of {', '.join(sorted(set(contrasts['effect'])))}")
    for name in ("statistic", "target", "provenance"):
        if set(contrasts[name]) != set(estimates[name]):
            raise ValueError(f"the contrasts' {name} is {', '.join(sorted(set(contrasts[name])))}, and the estimates' "
                             f"{', '.join(sorted(set(estimates[name])))}: make both from the same survey")
    if estimates["by"].nunique() != 1:
        raise ValueError(f"letters are of the groups of one variable, not of {', '.join(estimates['by'].unique())}")
    value = estimates.set_index([*KEYS, "group"])["estimate"]
    pairs = {(*key, frozenset(pair)) for key, groups in estimates.groupby(KEYS, sort=False)["group"]
             for pair in combinations(groups, 2)}
    given = [(*row[:3], frozenset(row[3:])) for row in contrasts[[*KEYS, "a", "b"]].itertuples(index=False, name=None)]
    if set(given) != pairs or len(given) != len(pairs):
        raise ValueError(f"letters need a contrast of each of the {len(pairs)} pairs of groups in a column, and got "
                         f"{len(given)}: `compare.contrasts` of each item and answer without a reference, stacked")
    for *key, a, b, gap in contrasts[[*KEYS, "a", "b", "estimate"]].itertuples(index=False, name=None):
        own = value[(*key, a)] - value[(*key, b)]
        if not np.isclose(own, gap, rtol=1e-6, atol=1e-9, equal_nan=True):
            raise ValueError(f"{' '.join(key)}: the contrast of {a} and {b} is {gap:g}, and the estimates differ by "
                             f"{own:g}: make both from the same survey, with the same base")
