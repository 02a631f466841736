"""What a cell shows, and numbers in Danish: all that pages without statistics need."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pandas as pd
from babel.numbers import format_decimal


@dataclass(frozen=True)
class Output:
    """What a cell shows: HTML for pages, text for terminals. `facts` make the book give it a number."""

    html: str
    text: str
    facts: dict[str, str] = field(default_factory=dict)

    def __html__(self) -> str:
        """The HTML, for templates of pages."""
        return self.html

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, str], dict[str, Any]]:
        """Data and metadata for Jupyter (IPython's display protocol)."""
        metadata = {"text/html": {"civsam": self.facts}} if self.facts else {}
        return {"text/html": self.html, "text/plain": self.text}, metadata


def number(value: float, decimals: int = 0) -> str:
    """A number in Danish: 1234.5 as 1.234,5; a dash where there is none."""
    if pd.isna(value):
        return "–"
    pattern = "#,##0." + "0" * decimals if decimals else "#,##0"
    rounded = round(float(value), decimals) + 0.0  # no minus before a zero
    return format_decimal(rounded, pattern, locale="da_DK").replace("-", "\u2212")


def danish_order(text: str) -> str:
    """What to sort names by: æ, ø and å last, and aa as å."""
    return text.lower().replace("aa", "å").translate(str.maketrans("æøå", "{|}"))  # the characters after z
