"""The numbers that stand for answer codes in SPSS and Stata files."""

from __future__ import annotations

from civsam.instrument.questionnaire import DONT_KNOW, Item

UNKNOWN = -8  # 'ved ikke' as a number, unless a count reaches down to it
TICKED = {0: "Nej", 1: "Ja"}


def codes(item: Item) -> dict[str, int]:
    """The number that stands for each code in .sav and .dta; of a count only that of 'ved ikke'.

    Several answers have a column each, and text has none: empty.
    """
    if item.scale.type in ("flere", "tekst"):
        return {}
    numbers = {code: place for place, code in enumerate(item.scale.answers, 1)}
    return {**numbers, DONT_KNOW: min(UNKNOWN, item.scale.low - 1)}
