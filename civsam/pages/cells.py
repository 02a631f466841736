"""Cells of tables: what a page shows of a number, and the number itself as shown, for files.

A cell that holds a number, or a dash for one, is a `Cell`; a cell that is a `str` is words. The numbers of a `Cell` are
rounded as its text is, so that a file tells what the page tells and no more.
"""

from __future__ import annotations

from dataclasses import dataclass

from babel.numbers import format_percent

from civsam import danish


@dataclass(frozen=True)
class Cell:
    """The text of a cell, and its numbers: each the end of its column's name, and the number with a point.

    A number's name is "" for the cell itself, and "procent" for one that is percent. beside: words that stand with the
    number, of what in files is a column of its own, and what they say. No `str`: pandas would make a plain one of it.
    Raises ValueError for words alone, and where two numbers have one name.
    """

    text: str
    numbers: tuple[tuple[str, str], ...] = ()
    beside: tuple[str, str] = ("", "")

    def __post_init__(self) -> None:
        """Refuse what is words."""
        if len(dict(self.numbers)) < len(self.numbers) or (not self.numbers and self.text != "–"):
            raise ValueError(f"a cell needs numbers of different names, not {self.text!r} with {self.numbers}")

    def __str__(self) -> str:
        """What the page shows."""
        return self.text


DASH = Cell("–")


def number(value: float, decimals: int = 0, name: str = "") -> Cell:
    """A number, as `danish.number`."""
    if danish.missing(value):
        return DASH
    shown = danish.rounded(value, decimals)
    return Cell(danish.number(shown, decimals), ((name, f"{shown:.{decimals}f}"),))


def percent(share: float, decimals: int = 0, name: str = "procent") -> Cell:
    """A share as percent, as `danish.percent`."""
    if danish.missing(share):
        return DASH
    plain = format_percent(share, f"0.{'0' * decimals}%", locale="en").removesuffix("%")
    return Cell(danish.percent(share, decimals), ((name, plain),))


def together(form: str, *cells: Cell) -> Cell:
    """Several as one: form has {} for the text of each."""
    return Cell(form.format(*cells), tuple(part for cell in cells for part in cell.numbers))


def span(low: float, high: float, decimals: int = 1, link: str = " til ") -> Cell:
    """An interval, −2,1 til 4,0; a dash where there is none."""
    if danish.missing(low):
        return DASH
    return together(f"{{}}{link}{{}}", number(low, decimals, "fra"), number(high, decimals, "til"))
