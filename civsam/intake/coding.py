"""What an answer may be, and what a cell says: the rules of the questionnaire as codes, spellings and a schema."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from civsam.instrument.questionnaire import DONT_KNOW, NONE, Item, Questionnaire
from civsam.intake import export

if TYPE_CHECKING:
    import pandera.pandas as pandera

UNREAD = "? "  # stands before a cell that could not be read as an answer; no code begins so


# ---- What an answer may be -------------------------------------------------------------------------------------------


def allowed(item: Item) -> str:
    """What may stand in the item's column, in words."""
    if item.scale.type == "tekst":
        return f"enhver tekst undtagen {DONT_KNOW}"
    if item.scale.type == "antal":
        return f"et helt tal fra {item.scale.low} til {item.scale.high}, {DONT_KNOW} eller tomt"
    several = " (flere koder adskilles af mellemrum)" if item.scale.type == "flere" else ""
    return f"{', '.join(item.scale.answers)}, {DONT_KNOW} eller tomt{several}"


def valid(item: Item, value: str) -> bool:
    """Whether a cell holds an answer that the item allows; blank always does."""
    scale = item.scale
    if value in ("", DONT_KNOW):
        return value == "" or item.allows_dont_know
    if scale.type == "antal":
        return value.isascii() and value.isdigit() and len(value) < 19 and scale.low <= int(value) <= scale.high
    if scale.type == "flere":
        codes = value.split(" ")
        return len(set(codes)) == len(codes) and set(codes) <= set(scale.answers) and (
            NONE not in codes or len(codes) == 1)
    return scale.type == "tekst" or value in scale.answers


def schema(questionnaire: Questionnaire) -> pandera.DataFrameSchema:
    """The pandera schema of an answer table: a text column an item, and for each count that is a part, that it is.

    `schema(questionnaire).validate(answers, lazy=True)` raises pandera's SchemaErrors with all failures.
    """
    import pandera.pandas as pandera  # here, since it takes a second that a chapter need not spend

    columns = {item.id: pandera.Column(str, _rule(item)) for item in questionnaire.items.values()}
    parts = [pandera.Check(partial(_within, item), name=item.id)
             for item in questionnaire.items.values() if item.part_of]
    return pandera.DataFrameSchema(columns, checks=parts)


def _rule(item: Item) -> pandera.Check:
    """What a column's cells must keep to."""
    import pandera.pandas as pandera

    if item.scale.type == "tekst":  # there may be a million of them
        return pandera.Check(lambda cells: cells != DONT_KNOW, name=item.id)
    return pandera.Check(partial(valid, item), element_wise=True, name=item.id)


def _within(item: Item, answers: pd.DataFrame) -> pd.Series:
    """Whether a count is at most the sum of those it is a part of; true where one of them is not a number."""
    total = sum(numbers(answers[name]) for name in item.part_of)
    return pd.Series(~(numbers(answers[item.id]) > total), index=answers.index)


def numbers(cells: pd.Series) -> np.ndarray:
    """The whole numbers of a text column as floats, NaN for all else. Shape (n,)."""
    codes, found = pd.factorize(cells)
    values = [float(text) if text.isascii() and text.isdigit() else np.nan for text in found]
    return np.array([*values, np.nan])[codes]


# ---- What a cell says ------------------------------------------------------------------------------------------------


def plain(text: str) -> str:
    """The text as it is compared: composed characters, small letters, single spaces, nothing invisible."""
    bare = text.translate({0xFEFF: None, 0x200B: None, 0xAD: None})
    return " ".join(unicodedata.normalize("NFC", bare).casefold().split())


@dataclass(frozen=True)
class Spelling:
    """How the answers of a column may be written: codes and labels, in plain form, each with its code."""

    codes: dict[str, str]
    labels: dict[str, str]

    @classmethod
    def of(cls, answers: Mapping[str, str], dont_know: str | None) -> Spelling:
        """The spellings of these codes and labels; with the words of 'ved ikke' where that may be answered."""
        unsure = {plain(word): DONT_KNOW for word in (DONT_KNOW, dont_know) if word} if dont_know else {}
        texts = [plain(label) for label in answers.values()]
        labels = {text: code for text, code in zip(texts, answers, strict=True) if texts.count(text) == 1}
        labels |= {plain(export.cut(label, 120)): labels[plain(label)]  # as statistics programs cut them
                   for label in answers.values() if export.cut(label, 120) != label and plain(label) in labels}
        return cls(unsure | {plain(code): code for code in answers}, unsure | labels)

    def chosen(self, cells: Iterable[str]) -> tuple[dict[str, str], str]:
        """How these plain cells are read, and the name of that: all as codes, else all as labels, else as both.

        With both, what is one answer's code and another's label is read as neither.
        """
        cells = [cell for cell in cells if cell in self.codes or cell in self.labels]
        if all(cell in self.codes for cell in cells):
            return self.codes, "koder"
        if all(cell in self.labels for cell in cells):
            return self.labels, "svartekster"
        both = self.labels | self.codes
        clear = {text: code for text, code in both.items() if self.labels.get(text, code) == code}
        return clear, "koder og svartekster"

    def split(self, text: str) -> list[str]:
        """The answers of a cell, plain: by semicolon, bar or line; codes by space; else by comma, as labels allow."""
        whole = plain(text)
        if whole in self.codes or whole in self.labels:
            return [whole]
        for separator in (";", "|", "\n"):
            if separator in text:
                return [plain(part) for part in text.split(separator) if part.strip()]
        words, pieces = whole.split(" "), self._by_comma(whole.split(","))
        codes = sum(word in self.codes for word in words)
        known = any(piece in self.codes or piece in self.labels for piece in pieces)
        return words if 2 * codes >= len(words) > 1 and not known else pieces  # one of the codes may be misspelt

    def _by_comma(self, pieces: list[str]) -> list[str]:
        """Join pieces into the longest known label: 'natur, miljø og byrum' is one answer."""
        known, found, at = self.codes | self.labels, [], 0
        longest = 1 + max((label.count(",") for label in self.labels), default=0)
        while at < len(pieces):
            ends = range(min(at + longest, len(pieces)), at, -1)
            end = next((end for end in ends if ",".join(pieces[at:end]).strip() in known), at + 1)
            found.append(",".join(pieces[at:end]).strip())
            at = end
        return [answer for answer in found if answer]


def whole_number(text: str) -> str | None:
    """The digits of a whole number such as 3, 3,0 or 3.00; None for all else, thousands separators included."""
    match = re.fullmatch(r"(-?[0-9]{1,18})(?:[.,]0{1,2})?", text.strip())
    return str(int(match[1])) if match else None


def coded(item: Item, cells: Sequence[str], dont_know: str) -> tuple[list[str], str]:
    """Each distinct cell as the answer's codes, after `UNREAD` where it is none; and how the cells were written."""
    if item.scale.type == "tekst":
        return [cell if cell.strip() else "" for cell in cells], ""
    spelling = Spelling.of(item.scale.answers, dont_know)
    if item.scale.type == "antal":
        return [_count(cell, spelling) for cell in cells], ""
    several = item.scale.type == "flere"
    answers = [spelling.split(cell) if several else [plain(cell)] if cell.strip() else [] for cell in cells]
    reading, how = spelling.chosen(answer for given in answers for answer in given)
    order = [*item.scale.answers, DONT_KNOW]
    texts = [[reading.get(answer) for answer in given] for given in answers]
    return [UNREAD + cell if None in given else " ".join(sorted(filter(None, given), key=order.index))
            for cell, given in zip(cells, texts, strict=True)], how


def _count(cell: str, spelling: Spelling) -> str:
    text = plain(cell)
    return text and (spelling.labels.get(text) or whole_number(text) or UNREAD + cell)
