"""A column of a statistics file: its values, their labels, and those that are declared missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from civsam.intake.table import THOUSANDS, as_text


@dataclass
class Column:
    """A column as the file has it: its distinct values, and the place of each row's among them, -1 for none.

    labels: of values. gone: the values that the file declares missing, those that say 'ved ikke' aside.
    """

    name: str
    wording: str
    values: list[Any]
    places: np.ndarray
    labels: dict[Any, str]
    gone: list[Any]
    measure: str = ""
    kind: str = ""
    form: str = ""

    @property
    def there(self) -> list[Any]:
        """The values that occur and are answers, in order of occurrence."""
        return [value for value in self.values if value not in self.gone]

    def raw(self) -> np.ndarray:
        """The cells as they stand, to the last decimal, and never as thousands are written. Shape (n,)."""
        texts = {value: as_text(value) for value in self.there}
        return self.written({value: f"{text}0" if "." in text and THOUSANDS.fullmatch(text) else text
                             for value, text in texts.items()})

    def written(self, made: dict[Any, str]) -> np.ndarray:
        """The cells, where each value is written so; blank for all others. Shape (n,)."""
        return np.array([*(made.get(value, "") for value in self.values), ""], dtype=object)[self.places]
