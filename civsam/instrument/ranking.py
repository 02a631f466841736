"""Ranking: answers that a respondent puts in order, and what follows from that order.

A cell is the codes in order, with a space between, the first of them first. Some may be left out where the scale says
so; two never share a place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from civsam.files import LINE
from civsam.instrument import scale
from civsam.instrument.derived import Derived
from civsam.instrument.item import Item
from civsam.instrument.reader import Reader
from civsam.instrument.scale import DONT_KNOW, NONE, Scale

FEWEST = 3  # answers; of two one is chosen


def read(reader: Reader, name: str, raw: dict[str, Any]) -> Scale:
    """A scale of answers to be ranked, at least `mindst` and at most `hoejst` of them; all where that is not said."""
    chosen = scale.choice(reader, name, raw)
    if len(chosen.answers) < FEWEST:
        raise reader.stop(raw[LINE], f"en rangordning skal have mindst {FEWEST} svar. Spørg om ét svar (enkelt), når "
                                     "der er færre.")
    if bad := [word for pair in chosen.answers.items() for word in pair if word.strip().isdigit() or word == NONE]:
        raise reader.stop(raw["svar"][LINE], f"{bad[0]!r} kan ikke være et svar i en rangordning: tal er pladser, og "
                                             f"»{NONE}« kan ikke rangordnes.")
    most = len(chosen.answers)
    low, high = (reader.get(raw, key, int, most) for key in ("mindst", "hoejst"))
    if "hoejst" in raw and "mindst" not in raw:
        low = min(low, high)
    if isinstance(low, bool) or isinstance(high, bool) or not 1 <= low <= high <= most:
        raise reader.stop(raw[LINE], f"'mindst' er {low!r} og 'hoejst' er {high!r}; der skal stå, hvor mange af de "
                                     f"{most} svar der rangordnes.")
    return Scale(name, "rangordning", chosen.answers, low=low, high=high, dont_know=chosen.dont_know)


def valid(offered: Scale, value: str) -> bool:
    """Whether a cell is such an order, without 'ved ikke' and blank."""
    codes = value.split(" ")
    return len({*codes}) == len(codes) and {*codes} <= {*offered.answers} and offered.low <= len(codes) <= offered.high


def amount(offered: Scale) -> str:
    """How many answers are ranked, in words."""
    if offered.low == len(offered.answers):
        return "alle"
    low, high = f"{offered.low:.0f}", f"{offered.high:.0f}"
    return low if low == high else f"mindst {low} og højst {high}"


def unsound(offered: Scale, places: dict[str, int]) -> str:
    """Why answers with these places are no order, in Danish; blank where they are."""
    given = sorted(places.values())
    if len({*given}) < len(given):
        twice = next(place for place in given if given.count(place) > 1)
        return f"flere svar har plads {twice}"
    if given != [*range(1, len(given) + 1)]:
        lacks = next(place for place in range(1, len(offered.answers) + 2) if place not in given)
        return f"plads {lacks} mangler"
    return "" if offered.low <= len(given) <= offered.high else f"{len(given)} svar er rangordnet"


@dataclass(frozen=True)
class First:
    """The answer that is put first."""

    def cell(self, *cells: str) -> str:
        """As of `derived.Way`."""
        return cells[0].split(" ")[0]


@dataclass(frozen=True)
class Place:
    """The place of an answer among so many. Those that are left out share the places that are left: their mean."""

    code: str
    among: int

    def cell(self, *cells: str) -> str:
        """As of `derived.Way`."""
        order = cells[0].split(" ")
        if cells[0] in ("", DONT_KNOW):
            return cells[0]
        rest = len(order) + 1 + self.among
        return str(order.index(self.code) + 1) if self.code in order else f"{rest / 2:.1f}".removesuffix(".0")


def implied(item: Item) -> list[Item]:
    """What is shown of a ranking: the answer that is put first, and the place of each."""
    answers, unsure, topic = item.scale.answers, item.allows_dont_know, item.topic

    def made(end: str, told: str, offered: Scale, derived: Derived) -> Item:
        return Item(f"{item.id}_{end}", item.block, offered, told, f"{derived.words}. {item.wording}", dont_know=unsure,
                    only_if=item.only_if, derived=derived)

    few = item.scale.low < len(answers) - 1
    shared = "; de, der ikke er rangordnet, deler de sidste pladser" if few else ""
    first = Scale(f"{item.id}_foerst", "enkelt", answers, dont_know=unsure)
    found = [made("foerst", f"{topic}: sat først", first,
                  Derived((item.id,), First(), f"Det, der er sat først i »{topic}«"))]
    for code, label in answers.items():
        offered = Scale(f"{item.id}_plads_{code}", "antal", low=1, high=len(answers), decimals=int(few),
                        unit="plads", dont_know=unsure)
        words = f"Pladsen for »{label}« i »{topic}«, hvor den første plads er 1{shared}"
        found.append(made(f"plads_{code}", f"{topic}: pladsen for »{label}«", offered,
                          Derived((item.id,), Place(code, len(answers)), words)))
    return found
