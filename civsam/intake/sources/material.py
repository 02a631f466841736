"""What a file of another program tells of a survey, in that file's own names and values."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from civsam.files import visible

SEVERAL = "\n"  # between the values of a cell with several answers
MOST_QUESTIONS = 2000  # more make no book
KEYS = re.compile(r"_*(id|nr|no|key|n(ø|oe)gle|svarperson|resp(ondent)?([_ ]?(id|nr|no))?|respid|case([_ ]?(id|no))?|"
                  r"serial|token|record[_ ]?id|response[_ ]?id|person([_ ]?(id|nr))?|l(ø|oe)be?[_ ]?nr|uuid|idno|seqn|"
                  r"svar-?id|elev([_ ]?(id|nr))?|deltager([_ ]?(id|nr))?|participant([_ ]?(id|no))?|"
                  r"subject([_ ]?(id|no))?|pid|caseid|caseno|obs)")
COUNTED = 10  # rows, for numbers that go up from one to the next in the first column to be those of the rows


@dataclass(frozen=True)
class Words:
    """What a question is called in another language: answers by the file's own values."""

    wording: str = ""
    help: str = ""
    topic: str = ""
    answers: dict[str, str] = field(default_factory=dict)


@dataclass
class Question:
    """One question as the file has it.

    type: one of `questionnaire.TYPES`. answers: the file's own values, as text, with their labels, in order. cells: the
    values of each row, `SEVERAL` between those of one cell, DONT_KNOW of a count, blank for nothing; None where the
    file has no answers. scale: the name of a list that several questions share. guesses: what should be confirmed.
    parts: names of the counts that it is a part of. only_if: whom it is asked, as `kun_hvis` has it; routes: the same
    in the file's own words, all of which must hold. missing: of background, the value of those it is not known of.
    codes: the code of each value here, when it has been given one. others: its words in other languages, by code.
    """

    name: str
    wording: str
    type: str
    answers: dict[str, str] = field(default_factory=dict)
    low: float = 0
    high: float = 0
    decimals: int = 0
    unit: str = ""
    topic: str = ""
    help: str = ""
    block: str = ""
    scale: str = ""
    dont_know: bool = False
    background: bool = False
    missing: str = ""
    parts: tuple[str, ...] = ()
    only_if: str = ""
    routes: tuple[str, ...] = ()
    codes: dict[str, str] = field(default_factory=dict)
    guesses: list[str] = field(default_factory=list)
    others: dict[str, Words] = field(default_factory=dict)
    cells: np.ndarray | None = None


@dataclass
class Material:
    """A survey as a file has it.

    blocks: their titles by name. dont_know: the words of 'ved ikke', if told. keys: who answered each row, (n,), and
    key: what they are called; None where the file does not tell. lost: what is not carried over. told: what was
    recognised, and how. raw: gives the cells of a column as they stand, (n,); None where the file has no answers.
    others: by language, the title and scope, and the titles of the blocks under `blok:` and their names.
    """

    title: str = ""
    scope: str = ""
    questions: list[Question] = field(default_factory=list)
    blocks: dict[str, str] = field(default_factory=dict)
    dont_know: str = ""
    key: str = ""
    keys: np.ndarray | None = None
    lost: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    raw: Callable[[str], np.ndarray] | None = None
    others: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def answered(self) -> bool:
        """Whether the file has answers."""
        return any(question.cells is not None for question in self.questions)


def one_line(text: Any, most: int = 0) -> str:
    """The text on one line, nothing invisible in it, cut at a word where it is longer than `most`."""
    line = visible(" ".join(str(text).split()))
    if not most or len(line) <= most:
        return line
    return f"{line[:most - 1].rsplit(' ', 1)[0].rstrip(' ,;:-')}…"


def is_key(name: str, wording: str, cells: Sequence[str] | np.ndarray, *, first: bool = False) -> bool:
    """Whether a column names the respondents: it is called as such columns are, or is the first and counts the rows,
    and no two rows are alike.
    """
    called = KEYS.fullmatch(name.strip().lower()) or wording == "Svarpersonens nøgle"
    if first and not called and len(cells) >= COUNTED and all(re.fullmatch(r"[0-9]{1,15}", cell) for cell in cells):
        called = bool((np.diff([int(cell) for cell in cells]) > 0).all())
    return bool(called) and len(cells) > 0 and all(cells) and len({cell.strip() for cell in cells}) == len(cells)


def shared_start(texts: Sequence[str]) -> str:
    """What all the texts begin with."""
    least, most = min(texts), max(texts)
    at = next((at for at, (one, other) in enumerate(zip(least, most, strict=False)) if one != other), len(least))
    return least[:at]


def few(names: Iterable[str], most: int = 12) -> str:
    """Names in a message, and how many there are more."""
    names = list(names)
    return ", ".join(names[:most]) + (f" og {len(names) - most} mere" if len(names) > most else "")
