"""What a cell says: the answers of the questionnaire in all the ways that they may be spelt."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from civsam.instrument.allowed import plain
from civsam.instrument.questionnaire import DONT_KNOW, Item
from civsam.intake import export

UNREAD = "? "  # stands before a cell that could not be read as an answer; no code begins so


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
