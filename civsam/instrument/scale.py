"""A scale: what may be answered to a question, and how the file of a questionnaire tells it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from civsam.files import LINE
from civsam.instrument.reader import Reader
from civsam.instrument.words import ambiguous

DONT_KNOW = "ved_ikke"
NONE = "ingen"  # the answer to items with several answers that says none of the others
NO_TICK = "intet_kryds"  # to an item with several answers: it was answered, and nothing was ticked
MOST_DECIMALS, LARGEST = 6, 10**12  # of a count: what a number on a computer holds without loss
BACKGROUND = "baggrund"  # the type of what a frame else tells: one answer, and nobody is in doubt


@dataclass(frozen=True)
class Scale:
    """What may be answered: a type from `TYPES` or `BACKGROUND`, codes with their labels, or the range of a count.

    decimals: how many a count may have at most; whole numbers where there are none. unit: what it counts, in words.
    dont_know: whether 'ved ikke' is offered, unless the item says otherwise. others: the answers' words in other
    languages, in plain form, each with its code.
    """

    id: str
    type: str
    answers: dict[str, str] = field(default_factory=dict)
    low: float = 0
    high: float = 0
    decimals: int = 0
    unit: str = ""
    dont_know: bool = True
    others: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def numbered(self) -> bool:
        """Whether any code is a number, so that a number may be an answer."""
        return any(code.isdigit() for code in self.answers)


def answers(reader: Reader, raw: dict[str, Any]) -> dict[str, str]:
    """The codes and labels under 'svar' as text. Numbers are text; what YAML takes for true or false is a fault."""
    given = reader.get(raw, "svar", dict)
    line = raw["svar"][LINE]
    for word in (*given, *given.values()):
        if isinstance(word, bool):
            raise reader.stop(line, "YAML læser yes, no, on og off (og true og false) som sandt og falsk, ikke som "
                                  "ord. Sæt anførselstegn om dem, for eksempel \"yes\": \"Yes\".")
        if not isinstance(word, str | int):
            raise reader.stop(line, f"{word!r} kan ikke bruges i 'svar'. Skriv koder og tekster som tekst eller hele "
                                  "tal, for eksempel ja: Ja.")
    texts = {str(code): str(label) for code, label in given.items()}
    if len(texts) < len(given):
        raise reader.stop(line, "en kode står to gange, som tal og som tekst. Slet den ene.")
    return texts


def clear(reader: Reader, raw: dict[str, Any], answers: dict[str, str], others: dict[str, str], several: bool) -> None:
    """Raise UserError for codes and labels by which an answer can be taken for another; see `words.ambiguous`."""
    if why := ambiguous(answers, others, several):
        raise reader.stop(raw["svar"][LINE], f"{why}.")


def sound(reader: Reader, raw: dict[str, Any], codes: Iterable[str]) -> None:
    """Raise UserError for a code that cannot be one."""
    bad = [code for code in codes if (not re.fullmatch(r"0|[1-9][0-9]{0,8}", code) and not code.isidentifier())
           or code in (DONT_KNOW, NO_TICK)]
    if bad:
        raise reader.stop(raw["svar"][LINE], f"svarkoden {bad[0]!r} kan ikke bruges. Koder er bogstaver, tal og _.")


def choice(reader: Reader, name: str, raw: dict[str, Any]) -> Scale:
    """A scale of answers with codes."""
    given, kind = answers(reader, raw), raw["type"]
    sound(reader, raw, given)
    several = kind in ("flere", "rangordning")
    clear(reader, raw, given, {DONT_KNOW: reader.get(reader.content, "ved_ikke", str)}, several=several)
    return Scale(name, kind, given, dont_know=reader.yes(raw, "ved_ikke", True))


def count(reader: Reader, name: str, raw: dict[str, Any]) -> Scale:
    """A scale of numbers: whole ones, unless 'decimaler' says how many decimals there may be."""
    decimals = reader.get(raw, "decimaler", int, 0)
    if isinstance(decimals, bool) or not 0 <= decimals <= MOST_DECIMALS:
        raise reader.stop(raw[LINE], f"'decimaler' er {decimals!r}; der skal stå et helt tal fra 0 til "
                                   f"{MOST_DECIMALS}.")
    low, high = (reader.get(raw, key, (int, float) if decimals else int) for key in ("mindst", "hoejst"))
    if not -LARGEST <= low <= high <= LARGEST:
        what = f"'mindst' ({low}) er større end 'hoejst' ({high})" if low > high else "tallene er for store"
        raise reader.stop(raw[LINE], f"{what}.")
    return Scale(name, "antal", low=low, high=high, decimals=decimals, unit=reader.get(raw, "enhed", str, ""),
                 dont_know=reader.yes(raw, "ved_ikke", True))


def text(reader: Reader, name: str, raw: dict[str, Any]) -> Scale:
    """Free text."""
    return Scale(name, "tekst")
