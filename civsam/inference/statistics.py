"""The statistics that there are: what each is called, its unit, its bounds and with how many decimals it is written.

An estimate's column `statistic` names one of them. What is not here is not shown: to add an estimator of something
else is to add it here, and then tables, figures, sentences, files and the rules of what may be shown know it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import pandas as pd


@dataclass(frozen=True)
class Unit:
    """What numbers are told in: its Danish name, what the computed number is multiplied by, and the decimals then."""

    name: str
    times: int
    decimals: int


PERCENT, POINTS = Unit("procent", 100, 0), Unit("procentpoint", 100, 1)
SCORE = Unit("point", 1, 2)
COUNT, SQUARED, PLAIN = Unit("antal", 1, 1), Unit("antal i anden", 1, 1), Unit("", 1, 2)


@dataclass(frozen=True)
class Statistic:
    """A statistic: Danish words for it, its unit, the unit of a difference, and its least and greatest value."""

    words: str
    unit: Unit
    difference: Unit
    low: float = 0.0
    high: float = inf

    def within(self, value: float) -> float:
        """The nearest value that it can have; NaN for NaN."""
        return min(max(value, self.low), self.high) if value == value else value


KNOWN = {
    "share": Statistic("andel", PERCENT, POINTS, high=1.0),
    "ratio": Statistic("andel af det talte", PERCENT, POINTS, high=1.0),
    "rate": Statistic("svarprocent", PERCENT, POINTS, high=1.0),
    "mean": Statistic("gennemsnit", COUNT, COUNT),
    "score": Statistic("gennemsnit af skalaen", SCORE, SCORE, low=-inf),
    "total": Statistic("antal i alt", COUNT, COUNT),
    "quantile": Statistic("fraktil", COUNT, COUNT),
    "variance": Statistic("varians", SQUARED, SQUARED),
    "sd": Statistic("standardafvigelse", COUNT, COUNT),
    "odds_ratio": Statistic("oddsforhold", PLAIN, PLAIN),
    "index": Statistic("indeks", PLAIN, PLAIN),
    "alpha": Statistic("Cronbachs alfa", PLAIN, PLAIN, low=-inf, high=1.0),
    "omega": Statistic("McDonalds omega", PLAIN, PLAIN, high=1.0),
    "effect": Statistic("effekt på en andel", POINTS, POINTS, low=-1.0, high=1.0),
}
OF_SCALES = ("index", "alpha", "omega")  # of several items' numbers, `scales`
# What a contrast is of its statistic, where it is not a difference in the statistic's own unit: `compare.SCALES`.
SCALES = {"difference": None, "slope": None, "odds_ratio": PLAIN, "cohens_h": PLAIN, "smd": PLAIN}


def of(name: str) -> Statistic:
    """The statistic of that name. Raises ValueError for one that is not known: nobody knows its unit."""
    if name not in KNOWN:
        raise ValueError(f"no statistic is called {name!r}; those that are: {', '.join(KNOWN)}")
    return KNOWN[name]


def unit_of(row: pd.Series) -> Unit:
    """The unit of an estimate, or of a contrast between two. Raises ValueError for an unknown statistic or effect."""
    found = of(row["statistic"])
    if "effect" not in row:
        return found.unit
    if row["effect"] not in SCALES:
        raise ValueError(f"no contrast is called {row['effect']!r}; those that are: {', '.join(SCALES)}")
    return SCALES[row["effect"]] or found.difference


def one_unit(table: pd.DataFrame) -> Unit:
    """The unit that all rows of a table have. Raises ValueError where they have several, or an unknown statistic."""
    found = {unit_of(row) for _, row in table.iterrows()}
    if len(found) != 1:
        raise ValueError(f"numbers of one unit are needed, not {sorted(unit.name for unit in found)}")
    return found.pop()


def is_share(table: pd.DataFrame) -> pd.Series:
    """Which rows are percent of something, boolean, shape (rows,). Raises ValueError for an unknown statistic."""
    return pd.Series([of(name).unit == PERCENT for name in table["statistic"]], index=table.index, dtype=bool)
