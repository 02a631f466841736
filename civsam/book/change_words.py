"""A change in words: what was measured, how far it moved, and the interval of that."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from civsam.danish import joined, rounded
from civsam.inference import statistics
from civsam.instrument.questionnaire import Questionnaire
from civsam.pages import cells
from civsam.pages.cells import DASH, Cell, together
from civsam.pages.output import Output
from civsam.pages.sentences import sentence
from civsam.pages.words import Words
from civsam.survey.survey import Survey


def measured(row: pd.Series, questionnaire: Questionnaire) -> str:
    """A measure in words: the question's topic, and the answer."""
    topic = questionnaire.items[row["item"]].topic
    if not row["answer"]:
        return topic
    answers = [questionnaire.label(row["item"], code) for code in row["answer"].split("+")]
    return f"{topic}: {joined(answers, ' eller ')}"


def say(told: str, survey: Survey) -> Output:
    """A sentence whose numbers were made here."""
    return sentence("{}", survey, Words(told))


def signed(value: float, name: str = "") -> Cell:
    """A number with one decimal and its sign."""
    amount = cells.number(value, 1, name)
    return replace(amount, text=f"+{amount}") if rounded(value, 1) > 0 else amount


def moved(row: pd.Series, column: str = "estimate", name: str = "") -> Cell:
    """A change in percentage points, or in a count's own unit, with its sign."""
    return signed(row[column] * statistics.of(row["statistic"]).difference.times, name)


def moved_interval(row: pd.Series) -> Cell:
    """The interval of a change."""
    return DASH if pd.isna(row["low"]) else together("{} til {}", moved(row, "low", "fra"), moved(row, "high", "til"))
