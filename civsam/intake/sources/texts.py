"""A column of texts: answers to choose from where the file says so or few texts stand often, else free text."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np

from civsam.danish import danish_order
from civsam.instrument import dates
from civsam.instrument.questionnaire import DONT_KNOW
from civsam.instrument.words import plain
from civsam.intake.sources.column import Column
from civsam.intake.sources.material import Material, Question
from civsam.intake.sources.naming import unsure

MOST, OFTEN, LONGEST = 30, 1.5, 120  # different texts, times that each stands on average, and letters of one
ORDERS = (  # of answers that stand in no other order
    ("Helt uenig", "Uenig", "Delvist uenig", "Hverken enig eller uenig", "Hverken/eller", "Neutral", "Delvist enig",
     "Enig", "Helt enig"),
    ("Meget utilfreds", "Utilfreds", "Hverken tilfreds eller utilfreds", "Hverken/eller", "Tilfreds", "Meget tilfreds"),
    ("Aldrig", "Sjældent", "Af og til", "Nogle gange", "Ofte", "Meget ofte", "Altid"),
    ("Slet ikke", "I ringe grad", "I mindre grad", "I lav grad", "I nogen grad", "I høj grad", "I meget høj grad"),
    ("Meget dårligt", "Dårligt", "Hverken godt eller dårligt", "Godt", "Meget godt"),
    ("Strongly disagree", "Disagree", "Somewhat disagree", "Neither agree nor disagree", "Neutral", "Somewhat agree",
     "Agree", "Strongly agree"),
    ("Very dissatisfied", "Dissatisfied", "Neither satisfied nor dissatisfied", "Neutral", "Satisfied",
     "Very satisfied"),
    ("Never", "Rarely", "Sometimes", "Often", "Very often", "Always"))
CODE = re.compile(r"[a-z0-9_]+")
DATES = re.compile(r"%t|%d|.*(DATE|TIME|JDATE|MOYR|QYR|WKYR|MONTH|WKDAY)", re.IGNORECASE)  # SPSS and Stata formats


def is_date(form: str) -> bool:
    """Whether the format is that of a date or a time."""
    return DATES.match(form) is not None


def choices(cells: np.ndarray) -> list[str]:
    """The texts to choose from, in order; none where there are too many, or they stand too seldom."""
    given = [cell for cell in cells if cell]
    found = {*given}
    if DONT_KNOW in found and len(found) <= MOST and all(CODE.fullmatch(text) for text in found):
        return sorted(found, key=natural)  # civsam's own codes
    if not found or len(found) > MOST or len(given) < OFTEN * len(found) or max(map(len, found)) > LONGEST:
        return []
    if sum(given.count(text) > 1 for text in found) * 2 < len(found):
        return []
    return sorted(found, key=natural)


def ordered(labels: Iterable[str]) -> list[str]:
    """The labels in their order, 'ved ikke' last, if they are three or more of those that have one; else none."""
    labels = list(labels)
    known = {plain(label): label for label in labels if not unsure(label)}
    for order in ORDERS:
        places = [plain(word) for word in order]
        if len(known) > 2 and {*known} <= {*places}:
            return [*sorted(known.values(), key=lambda label: places.index(plain(label))),
                    *(label for label in labels if unsure(label))]
    return []


def natural(text: str) -> tuple[bool, float, str]:
    """What to sort answers by: those that begin with a number by that, and then the alphabet."""
    begins = re.match(r"\s*(-?\d+(?:\.\d+)?)", text)
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
        by_texts(asked, np.array([cell.strip() for cell in asked.cells], dtype=object))


def dated(made: Material, asked: Question) -> None:
    """Make a column of dates a question about a date, in the years that they are in; else it stays free text."""
    assert asked.cells is not None
    said = [cell for cell in dict.fromkeys(asked.cells) if cell not in ("", DONT_KNOW)]
    found = dates.limits(said)
    if found is None:
        asked.dont_know = False
        made.lost.append(f"{asked.name} ligner datoer, men de har klokkeslæt, kan læses på to måder eller er fra for "
                         "mange år: det er fri tekst.")
        return
    asked.type, (asked.low, asked.high, asked.unit) = "dato", found
    written = {cell: str(dates.parsed(cell)) for cell in said}
    asked.cells = np.array([written.get(cell, cell) for cell in asked.cells], dtype=object)
    asked.guesses.append("mindst og hoejst er de år, filens datoer er i, og vis er aar, kvartal eller maaned")


def by_texts(asked: Question, trimmed: np.ndarray) -> None:
    """Make it a question with the texts as answers, if they look so. trimmed: the cells, shape (n,)."""
    if found := choices(trimmed):
        scale = ordered(found)
        asked.type, asked.cells = "ordinal" if scale else "enkelt", trimmed
        asked.answers = {text: text for text in scale or found}
        asked.guesses.append("svarene er de tekster, der står i filen, " + (
            "i den rækkefølge, de plejer at have" if scale else "uden rækkefølge; har de en, så skriv type: ordinal"))
