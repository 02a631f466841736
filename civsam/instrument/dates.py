"""Dates: limits, all the ways that one may be written, and the years, quarters or months that they are shown by.

A cell is a date as ISO 8601 has it (2015-03-01). A scale's limits are days, counted as Python's `date.toordinal`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from babel.dates import format_date

from civsam.files import LINE
from civsam.instrument.derived import Derived
from civsam.instrument.item import Item
from civsam.instrument.reader import Reader
from civsam.instrument.scale import DONT_KNOW, Scale

FIRST, LAST = date(1600, 1, 1), date(2200, 12, 31)  # what all programs can hold
USUAL = (date(2000, 1, 1).toordinal(), date(2040, 12, 31).toordinal())  # where a form of others does not tell
UNITS = {"aar": "år", "kvartal": "kvartal", "maaned": "måned"}
MOST = 60  # years, quarters or months that are shown
ISO = re.compile(r"(?P<y>[0-9]{4})-(?P<m>[0-9]{2})-(?P<d>[0-9]{2})(?P<time>[T ][0-9]{2}:[0-9]{2}.*)?")
DANISH = re.compile(r"(?P<d>[0-9]{1,2})(?P<sign>[./-]) ?(?P<m>[0-9]{1,2})(?P=sign) ?(?P<y>[0-9]{4})"
                    r"(?P<time> [0-9]{1,2}[:.][0-9]{2}.*)?")
NAMED = re.compile(r"(?P<d>[0-9]{1,2})\.? (?P<name>[a-zæøå]{3,9})\.? (?P<y>[0-9]{4})")
MONTHS = {format_date(date(2000, month, 1), "MMMM", "da_DK"): month for month in range(1, 13)}


def read(reader: Reader, name: str, raw: dict[str, Any]) -> Scale:
    """A scale of dates from `mindst` to `hoejst`, shown by `vis`: years where that is not said."""
    ends = []
    for key in ("mindst", "hoejst"):
        given = raw.get(key)
        day = given if type(given) is date else parsed(str(given))
        if day is None or not FIRST <= day <= LAST:
            raise reader.stop(raw[LINE], f"'{key}' er {str(given)!r}; der skal stå en dato fra {FIRST.year} til "
                                         f"{LAST.year}, for eksempel 2015-03-01.")
        ends.append(day)
    unit = reader.known(raw[LINE], "måde i 'vis'", reader.get(raw, "vis", str, "aar"), UNITS)
    if ends[0] > ends[1]:
        raise reader.stop(raw[LINE], f"'mindst' ({ends[0]}) er senere end 'hoejst' ({ends[1]}).")
    low, high = (day.toordinal() for day in ends)
    if (found := len(periods(low, high, unit))) > MOST:
        raise reader.stop(raw[LINE], f"fra {ends[0]} til {ends[1]} er der {found} {UNITS[unit]}, og der vises højst "
                                     f"{MOST}. Sæt grænserne tættere, eller skriv en anden 'vis' "
                                     f"({', '.join(UNITS)}).")
    return Scale(name, "dato", low=low, high=high, unit=unit, dont_know=reader.yes(raw, "ved_ikke", True))


def parsed(text: str) -> date | None:
    """The date that a text is, as ISO or Danish has it; None for none. A time of day after it is passed over."""
    bare = " ".join(text.casefold().split())
    found = ISO.fullmatch(text.strip()) or DANISH.fullmatch(bare) or NAMED.fullmatch(bare)
    if found is None:
        return None
    told = found.groupdict()
    month = told.get("m") or next((number for name, number in MONTHS.items() if name.startswith(told["name"])), 0)
    try:
        return date(int(told["y"]), int(month), int(told["d"]))
    except ValueError:
        return None


def timed(text: str) -> bool:
    """Whether there is a time of day after a date, and not midnight."""
    found = ISO.fullmatch(text.strip()) or DANISH.fullmatch(" ".join(text.split()))
    return found is not None and bool(found["time"]) and re.search("[1-9]", found["time"]) is not None


def american(cells: Iterable[str]) -> bool:
    """Whether dates with strokes are written month first: some could only be so, and none only as here."""
    found = [match for cell in cells if (match := DANISH.fullmatch(" ".join(cell.split()))) and match["sign"] == "/"]
    return any(int(one["m"]) > 12 for one in found) and all(int(one["d"]) <= 12 for one in found)


def valid(offered: Scale, value: str) -> bool:
    """Whether a cell is such a date."""
    found = re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value) and parsed(value)
    return isinstance(found, date) and offered.low <= found.toordinal() <= offered.high


def iso(day: float) -> str:
    """A limit as a cell has it."""
    return date.fromordinal(int(day)).isoformat()


def told(day: float, language: str = "da") -> str:
    """A limit in words: 1. marts 2015, or 1 March 2015."""
    form = "d MMMM y" if language == "en" else "d. MMMM y"
    return str(format_date(date.fromordinal(int(day)), form, "en_GB" if language == "en" else "da_DK"))


def span(offered: Scale) -> str:
    """The dates that may be answered, in words."""
    return f"dato fra {told(offered.low)} til {told(offered.high)}"


def code(day: date, unit: str) -> str:
    """The period of a date: 2015, 20151 (of a quarter) or 201503 (of a month)."""
    return {"aar": f"{day.year}", "kvartal": f"{day.year}{(day.month + 2) // 3}",
            "maaned": f"{day.year}{day.month:02}"}[unit]


def periods(low: float, high: float, unit: str) -> dict[str, str]:
    """All periods between two days, code to words."""
    first, last = (date.fromordinal(int(day)) for day in (low, high))
    form = {"aar": "y", "kvartal": "Q. 'kvartal' y", "maaned": "MMMM y"}[unit]
    months = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    days = [date(month // 12, month % 12 + 1, 1) for month in months]
    return {code(day, unit): format_date(day, form, "da_DK") for day in days}


@dataclass(frozen=True)
class Period:
    """The year, quarter or month of a date."""

    unit: str

    def cell(self, *cells: str) -> str:
        """As of `derived.Way`."""
        return cells[0] if cells[0] in ("", DONT_KNOW) else code(date.fromisoformat(cells[0]), self.unit)


def implied(item: Item) -> list[Item]:
    """What is shown of a date: how many answered each period."""
    unit, offered = item.scale.unit, item.scale
    name = f"{item.id}_{unit}"
    words = f"»{item.topic}« efter {UNITS[unit]}"
    shown = Scale(name, "ordinal", periods(offered.low, offered.high, unit), dont_know=item.allows_dont_know)
    return [Item(name, item.block, shown, f"{item.topic}: {UNITS[unit]}", f"{words}. {item.wording}",
                 dont_know=item.allows_dont_know, only_if=item.only_if,
                 derived=Derived((item.id,), Period(unit), words))]


def limits(cells: Sequence[str]) -> tuple[float, float, str] | None:
    """The years that dates are in, from their first day to their last, and how they are shown; None for other texts."""
    found = [parsed(cell) for cell in cells]
    days = [day for day in found if day is not None and FIRST <= day <= LAST]
    if not days or len(days) < len(found) or american(cells) or any(map(timed, cells)):
        return None
    low, high = date(min(days).year, 1, 1).toordinal(), date(max(days).year, 12, 31).toordinal()
    unit = "maaned" if len(periods(low, high, "maaned")) <= 12 else "aar"
    return (low, high, unit) if len(periods(low, high, unit)) <= MOST else None
