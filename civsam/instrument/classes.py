"""A number as classes: the codes and labels that limits make, and the class that a number is in."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from civsam.danish import number
from civsam.files import LINE, UserError

NUMBER = re.compile(r"\s*(-?[0-9]{1,15}(?:[.,][0-9]+)?)\s*")


def limits(given: Any) -> tuple[float, ...]:
    """The limits that are given, if they are numbers that go up; else none."""
    numbers = isinstance(given, list) and all(type(one) in (int, float) for one in given)
    return tuple(given) if numbers and all(low < high for low, high in pairwise(given)) else ()


def told(raw: dict[str, Any], stop: Callable[[int, str], UserError]) -> tuple[Any, ...]:
    """What a questionnaire says of a variable that is a number, as a `Background` has it from its labels on.

    'uoplyst' is the words for those of whom it is not known. Raises what `stop` makes of a line and a fault.
    """
    line, unknown, some = raw[LINE], raw.get("uoplyst", ""), limits(raw["graenser"])
    if strange := [key for key in raw if key not in ("navn", "graenser", "uoplyst", LINE)]:
        raise stop(line, f"'{strange[0]}' kan ikke stå sammen med 'graenser'. Kendte: navn, graenser, uoplyst.")
    if not some:
        raise stop(line, f"'graenser' er {raw['graenser']!r}; der skal stå tal i stigende orden, for eksempel "
                         "[18, 35, 60].")
    if not isinstance(unknown, str):
        raise stop(line, f"'uoplyst' er {unknown!r}; der skal stå tekst, for eksempel Uoplyst.")
    return labels(some) | ({"uoplyst": unknown} if unknown else {}), True, "uoplyst" if unknown else "", some


def codes(limits: Sequence[float]) -> list[str]:
    """The code of each class: below the first limit, and from each limit on."""
    names = [f"{limit:g}".replace("-", "minus").replace(".", "_") for limit in limits]
    return [f"under_{names[0]}", *(f"fra_{name}" for name in names)]


def labels(limits: Sequence[float]) -> dict[str, str]:
    """The classes in order, code to words: Under 18, 18–34, 35–59, 60 og derover."""
    whole, words = all(limit % 1 == 0 for limit in limits), list(map(_word, limits))
    between = [_word(low) if whole and high == low + 1 else f"{_word(low)}–{_word(high - 1)}" if whole
               else f"Fra {_word(low)} til under {_word(high)}" for low, high in pairwise(limits)]
    return dict(zip(codes(limits), [f"Under {words[0]}", *between, f"{words[-1]} og derover"], strict=True))


def _word(limit: float) -> str:
    return number(limit, len(f"{limit % 1:g}") - 2 if limit % 1 else 0)


def value(cell: str) -> float | None:
    """The number in a cell, with a point or a comma before decimals; None for what is none."""
    found = NUMBER.fullmatch(cell)
    return float(found[1].replace(",", ".")) if found else None


def classed(limits: Sequence[float], cell: str) -> str:
    """The code of the class that the number in a cell is in; the cell itself where it is no number."""
    given = value(cell)
    return cell if given is None else codes(limits)[bisect_right(limits, given)]
