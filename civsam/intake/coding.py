"""What a cell says: the answers of the questionnaire in all the ways that they may be spelt."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from civsam.instrument import dates
from civsam.instrument.questionnaire import DONT_KNOW, NO_TICK, Item
from civsam.instrument.words import SEPARATORS, joined, plain
from civsam.intake import export
from civsam.intake.table import THOUSANDS

# In a column of one answer among several: what a tick is, and what is none
TICKS = dict.fromkeys(("1", "sand", "true", "ja", "yes", "y", "valgt", "selected", "checked"), 1) | dict.fromkeys(
    ("0", "falsk", "false", "nej", "no", "n", "ikke valgt", "not selected", "unchecked"), 0)
# What programs write for yes and no, where those are two of the answers
LOGICAL = {"ja": ("true", "sand", "yes", "y"), "nej": ("false", "falsk", "no", "n")}
CLOSE = 5e-7  # a number of Stata with seven digits is as close to what was typed
UNREAD = "? "  # stands before a cell that could not be read as an answer; no code begins so


@dataclass(frozen=True)
class Spelling:
    """How the answers of a column may be written: codes and labels, in plain form, each with its code."""

    codes: dict[str, str]
    labels: dict[str, str]

    @classmethod
    def of(cls, answers: Mapping[str, str], dont_know: str | None, given: Mapping[str, str] | None = None) -> Spelling:
        """The spellings of these codes and labels; with the words of 'ved ikke' where that may be answered.

        given: what the user says that cells in plain form are, before all else.
        """
        unsure = {plain(word): DONT_KNOW for word in (DONT_KNOW, dont_know) if word} if dont_know else {}
        texts = [plain(label) for label in answers.values()]
        labels = {text: code for text, code in zip(texts, answers, strict=True) if texts.count(text) == 1}
        words = {**answers, **({DONT_KNOW: dont_know} if dont_know else {})}
        labels = {plain(text): code for code, text in export.short(words).items() if code in answers} | labels
        codes, programs = {plain(code): code for code in answers}, logical(answers)
        own = dict(given or {})
        return cls(programs | unsure | codes | own, programs | unsure | labels | own)

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

    def one(self, cell: str) -> str:
        """The cell as one answer, plain; a code that is a number may be written with decimals."""
        text = plain(cell)
        digits = whole_number(text)
        return digits if digits in self.codes and text not in self.labels else text

    def split(self, text: str) -> list[str]:
        """The answers of a cell, plain: by semicolon, bar or line; codes by space; else by comma, as labels allow.

        Labels with only a space between, as Kobo writes them, where that can be read in one way.
        """
        whole = plain(text)
        if whole in self.codes or whole in self.labels:
            return [whole]
        for separator in SEPARATORS:
            if separator in text:
                return [plain(part) for part in text.split(separator) if part.strip()]
        words, pieces = whole.split(" "), self._by_comma(whole)
        codes = sum(word in self.codes for word in words)
        known = any(piece in self.codes or piece in self.labels for piece in pieces)
        if 2 * codes >= len(words) > 1 and not known:  # one of the codes may be misspelt
            return words
        if not all(piece in self.codes or piece in self.labels for piece in pieces):  # Kobo's labels
            ways = joined(words, self.labels, max((label.count(" ") for label in self.labels), default=0) + 1, " ")
            pieces = ways[0] if len(ways) == 1 else pieces
        return pieces

    def _by_comma(self, whole: str) -> list[str]:
        """The pieces, joined into known answers: 'natur, miljø og byrum' is one; all in one if that can be done twice.

        Where there is an unknown piece, it stands alone.
        """
        pieces, known = whole.split(","), self.codes | self.labels
        longest = 1 + max((label.count(",") for label in self.labels), default=0)
        ways = joined(pieces, known, longest)
        if ways:
            return ways[0] if len(ways) == 1 else [whole]
        found, at = [], 0
        while at < len(pieces):
            ends = range(min(at + longest, len(pieces)), at, -1)
            end = next((end for end in ends if ",".join(pieces[at:end]).strip() in known), at + 1)
            found.append(",".join(pieces[at:end]).strip())
            at = end
        return [answer for answer in found if answer]


def logical(answers: Mapping[str, str]) -> dict[str, str]:
    """What programs write for true and false, each with the answer it is; empty without one yes and one no."""
    found = {said: [code for code, label in answers.items() if {said, words[2]} & {plain(code), plain(label)}]
             for said, words in LOGICAL.items()}
    return {word: codes[0] for said, codes in found.items() for word in LOGICAL[said]
            } if all(len(codes) == 1 for codes in found.values()) else {}


def whole_number(text: str) -> str | None:
    """The digits of a whole number such as 3, 3,0 or 3.00; None for all else, thousands separators included."""
    match = re.fullmatch(r"(-?[0-9]{1,18})(?:[.,]0{1,2})?", text.strip())
    return str(int(match[1])) if match else None


def coded(
    item: Item, cells: Sequence[str], dont_know: str, labelled: Collection[str] = (),
    given: Mapping[str, str] | None = None,
) -> tuple[list[str], str]:
    """Each distinct cell as the answer's codes, after `UNREAD` where it is none; and how the cells were written.

    labelled: the cells that are labels in the file itself: they are words, and never looked up as codes. given: what
    the user says that cells in plain form are.
    """
    given = {**item.scale.others, **(given or {})}
    if item.scale.type == "tekst":
        return ["" if not cell.strip() or plain(cell) in given else cell for cell in cells], ""
    spelling = Spelling.of(item.scale.answers, dont_know if item.allows_dont_know else None, given)
    if item.scale.type == "antal":
        return [given[plain(cell)] if plain(cell) in given else _count(cell, spelling, item.scale.decimals)
                for cell in cells], ""
    ranked = item.scale.type == "rangordning"
    if item.scale.type == "dato":
        return _dates(cells, spelling, given), ""
    several = item.scale.type == "flere" or ranked
    if several and not ranked:
        spelling.codes[NO_TICK] = NO_TICK
    answers = [spelling.split(cell) if several else [spelling.one(cell)] if cell.strip() else [] for cell in cells]
    reading, how = spelling.chosen(answer for cell, those in zip(cells, answers, strict=True) for answer in those
                                   if cell not in labelled)
    order = [] if ranked else [*item.scale.answers, DONT_KNOW, NO_TICK]
    texts = [[(spelling.labels if cell in labelled else reading | given).get(answer) for answer in those]
             for cell, those in zip(cells, answers, strict=True)]
    done = [UNREAD + cell if None in those else " ".join(sorted(filter(None, those), key=order.index) if order
                                                         else filter(None, those))
            for cell, those in zip(cells, texts, strict=True)]
    words = "svartekster" if labelled and not {*cells} - {*labelled, ""} else how
    return done, words


def _count(cell: str, spelling: Spelling, decimals: int) -> str:
    text = plain(cell)
    value = decimal_number(text, decimals) if decimals else whole_number(text)
    return text and (spelling.labels.get(text) or value or UNREAD + cell)


def _dates(cells: Sequence[str], spelling: Spelling, given: Mapping[str, str]) -> list[str]:
    """Cells as dates; those with strokes are none where the column has month before day."""
    odd = dates.american(cells)
    found = [None if odd and "/" in cell else dates.parsed(cell) for cell in cells]
    known = {**spelling.labels, **given}
    return [known.get(plain(cell), day.isoformat() if day else UNREAD + cell if cell.strip() else "")
            for cell, day in zip(cells, found, strict=True)]


def decimal_number(text: str, decimals: int) -> str | None:
    """A number such as 3, -3,5 or 3.50 without needless zeros, and with a point; None for all else.

    1.500 may be 1500 and is none. More decimals are none, but where they are what a computer makes of fewer:
    7.0999999 is 7.1.
    """
    if not re.fullmatch(r"-?[0-9]{1,15}([.,][0-9]{1,20})?", text) or THOUSANDS.fullmatch(text):
        return None
    value = float(text.replace(",", "."))
    near = round(value, decimals)
    if abs(value - near) > CLOSE * max(abs(value), 1):
        return None
    digits = f"{near:.{decimals}f}".rstrip("0").rstrip(".")
    return "0" if digits == "-0" else digits
