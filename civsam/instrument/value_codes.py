"""The numbers that stand for answer codes in SPSS and Stata files."""

from __future__ import annotations

from math import floor

from civsam.instrument.kinds import ASKED
from civsam.instrument.questionnaire import DONT_KNOW, Item

UNKNOWN = -8  # 'ved ikke' as a number, unless a count reaches down to it
TICKED = {0: "Nej", 1: "Ja"}


def codes(item: Item) -> dict[str, int]:
    """The number that stands for each code in .sav and .dta: its own, if all are numbers, else its place.

    Of a count only that of 'ved ikke'. Several answers have a column each, and text has none: empty.
    """
    if ASKED[item.scale.type].parts or item.scale.type in ("tekst", "dato"):
        return {}
    own = all(code.isdigit() for code in item.scale.answers)
    numbers = {code: int(code) if own else place for place, code in enumerate(item.scale.answers, 1)}
    unsure = {DONT_KNOW: min(UNKNOWN, floor(item.scale.low) - 1)} if item.allows_dont_know else {}
    return numbers | unsure
