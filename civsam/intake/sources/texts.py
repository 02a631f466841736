"""A column of texts: answers to choose from where the file says so or few texts stand often, else free text."""

from __future__ import annotations

import re

import numpy as np

from civsam.danish import danish_order
from civsam.intake.sources.column import Column
from civsam.intake.sources.material import Material, Question

MOST, OFTEN, LONGEST = 30, 4, 120  # different texts, times that each stands on average, and letters of one
DATES = re.compile(r"%t|%d|.*(DATE|TIME|JDATE|MOYR|QYR|WKYR|MONTH|WKDAY)", re.IGNORECASE)  # SPSS and Stata formats


def is_date(form: str) -> bool:
    """Whether the format is that of a date or a time."""
    return DATES.match(form) is not None


def choices(cells: np.ndarray) -> list[str]:
    """The texts to choose from, in order; none where there are too many, or they stand too seldom."""
    given = [cell for cell in cells if cell]
    found = {*given}
    if not found or len(found) > MOST or len(given) < OFTEN * len(found) or max(map(len, found)) > LONGEST:
        return []
    return sorted(found, key=natural)


def natural(text: str) -> tuple[bool, float, str]:
    """What to sort answers by: those that begin with a number by that, and then the alphabet."""
    begins = re.match(r"\s*(-?\d+)", text)
    return begins is None, float(begins[1]) if begins else 0.0, danish_order(text)


def decide(made: Material, asked: Question, column: Column, guess: bool) -> None:
    """Make a column of texts a question with answers, or one with free text. guess: whether to choose by the texts."""
    asked.cells = column.written({value: value.strip() if column.labels else value for value in column.there})
    labels = {value.strip(): label for value, label in column.labels.items() if value not in column.gone}
    if labels:
        bare = sorted({cell for cell in asked.cells if cell} - {*labels})
        asked.type, asked.answers = "enkelt", labels | {text: text for text in bare}
        if bare:
            made.told.append(f"{column.name}: værdier uden tekst i filen hedder som de er: {', '.join(bare[:12])}.")
    elif guess:
        by_texts(asked)


def by_texts(asked: Question) -> None:
    """Make it a question with the texts as answers, if they look so."""
    assert asked.cells is not None
    trimmed = np.array([cell.strip() for cell in asked.cells], dtype=object)
    if found := choices(trimmed):
        asked.type, asked.answers, asked.cells = "enkelt", {text: text for text in found}, trimmed
        asked.guesses.append("svarene er de tekster, der står i filen; rækkefølgen er alfabetets")
