"""Ways to work an answer out from others: fewer answers, classes of a number, sums and means. Each is tidy text.

What is blank is blank in what is made of it, and 'ved ikke' stays that. A sum or mean is made where enough of its parts
are numbers; else it is 'ved ikke' where all of them were answered, and blank where one was not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import pandas as pd

from civsam.instrument.classes import classed
from civsam.instrument.scale import DONT_KNOW, MOST_DECIMALS


class Way(Protocol):
    """How cells of the sources become a cell."""

    def cell(self, *cells: str) -> str:
        """The answer that follows from the answers to the sources, in their order."""


@dataclass(frozen=True)
class Derived:
    """An answer that nobody gives: sources, the ids of the items that it follows from; the way; and that in words."""

    sources: tuple[str, ...]
    way: Way
    words: str

    def column(self, answers: pd.DataFrame) -> pd.Series:
        """The answers that follow from those to the sources, text (n,); each combination of them is looked at once."""
        rows = pd.MultiIndex.from_frame(answers[list(self.sources)].astype(str))
        codes, found = pd.factorize(rows)
        made = pd.array([self.way.cell(*row) for row in found], dtype="str")
        return pd.Series(made.take(codes), index=answers.index)


@dataclass(frozen=True)
class Recoded:
    """Fewer answers: each code with that which it becomes."""

    codes: Mapping[str, str]

    def cell(self, *cells: str) -> str:
        """As of `Way`."""
        return self.codes.get(cells[0], cells[0])


@dataclass(frozen=True)
class Classed:
    """The class of a number. limits: where each class but the first begins."""

    limits: tuple[float, ...]

    def cell(self, *cells: str) -> str:
        """As of `Way`."""
        return classed(self.limits, cells[0])


@dataclass(frozen=True)
class Combined:
    """Sum or mean of what the answers of each source count: numbers as they are, codes as `scores` says.

    least: how many of them must be numbers.
    """

    mean: bool
    least: int
    scores: tuple[Mapping[str, int], ...]

    def cell(self, *cells: str) -> str:
        """As of `Way`."""
        given = [float(points.get(cell, cell)) for cell, points in zip(cells, self.scores, strict=True)
                 if cell not in ("", DONT_KNOW)]
        if len(given) < self.least:
            return "" if "" in cells else DONT_KNOW
        value = sum(given) / len(given) if self.mean else sum(given)
        digits = f"{value:.{MOST_DECIMALS}f}".rstrip("0").rstrip(".")
        return "0" if digits == "-0" else digits


def added(answers: pd.DataFrame, derived: Mapping[str, Derived]) -> pd.DataFrame:
    """The answers with a column for each that follows from others; sources of one come before it."""
    for name, one in derived.items():
        answers = answers.assign(**{name: one.column(answers)})
    return answers
