"""Batteries: questions of a block that stand after one another on one ordered scale, and are shown together.

So are the places of the answers to a ranking.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from civsam.danish import joined
from civsam.instrument.item import Item
from civsam.instrument.ranking import Place

FEWEST = 3  # questions of a battery


def ranking(item: Item) -> str:
    """The ranking in which an item is the place of one answer; blank for all other items."""
    return item.derived.sources[0] if item.derived and isinstance(item.derived.way, Place) else ""


def parted(items: Iterable[Item]) -> Iterator[list[Item]]:
    """The questions of a block in order, those of a battery together and all others alone."""
    for _, those in groupby(items, key=lambda item: ranking(item) or item.scale.id):
        together = list(those)
        topics = {item.topic for item in together}
        one_scale = together[0].scale.type == "ordinal" and FEWEST <= len(together) == len(topics)
        if one_scale or ranking(together[0]):
            yield together
        else:
            yield from ([item] for item in together)


def heading(battery: list[Item]) -> str:
    """What a battery is called: its first question, and how many more; a question alone by its topic."""
    if ranking(battery[0]):
        return f"{battery[0].topic.partition(': pladsen for ')[0]}: gennemsnitlig plads"
    more = f" og {len(battery) - 1} spørgsmål til på samme skala" if len(battery) > 1 else ""
    return battery[0].topic + more


def upper(battery: list[Item]) -> tuple[str, str]:
    """The answers of the upper half of the scale, joined by +, and in words."""
    answers = battery[0].scale.answers
    codes = list(answers)[-max(len(answers) // 2, 1):]
    return "+".join(codes), joined([f"»{answers[code]}«" for code in codes], " eller ")
