"""Numbers, lists and names in Danish."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable

from babel.numbers import format_decimal, format_percent

LATIN = {ord(danish): latin for danish, latin in zip("æøåÆØÅ", ("ae", "oe", "aa", "Ae", "Oe", "Aa"), strict=True)}


def listed(words: Iterable[str]) -> str:
    """Words as a Danish list: a, b og c."""
    *first, last = words
    return f"{', '.join(first)} og {last}" if first else last


def plain(text: str) -> str:
    """The text as part of a file name."""
    text = unicodedata.normalize("NFKD", text.translate(LATIN)).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9.]+", "-", text).strip("-.") or "x"


def missing(value: float | None) -> bool:
    """Whether there is no number."""
    return value is None or math.isnan(value)


def number(value: float, decimals: int = 0) -> str:
    """A number in Danish: 1234.5 as 1.234,5; a dash where there is none."""
    if missing(value):
        return "–"
    pattern = "#,##0." + "0" * decimals if decimals else "#,##0"
    return format_decimal(rounded(value, decimals), pattern, locale="da_DK").replace("-", "\u2212")


def rounded(value: float, decimals: int = 0) -> float:
    """A number as it is shown."""
    return round(float(value), decimals) + 0.0  # no minus before a zero


def danish_order(text: str) -> str:
    """What to sort names by: æ, ø and å last, and aa as å."""
    return text.lower().replace("aa", "å").translate(str.maketrans("æøå", "{|}"))  # the characters after z


def first_of(things: Iterable[object], most: int = 5) -> str:
    """The first of them as they stand, with commas, and whether there are more: '2, 3, 5 og flere'."""
    words = [str(thing) for thing in things]
    return ", ".join(words[:most]) + (" og flere" if len(words) > most else "")


# ---- Danish formats


def percent(share: float, decimals: int = 0) -> str:
    """A share as percent, with a no-break space; a dash where there is none."""
    form = f"#,##0.{'0' * decimals}\u00a0%" if decimals else None
    return "–" if missing(share) else format_percent(share, form, locale="da_DK")


def confidence(level: float) -> str:
    """A confidence level as percent, with a decimal only where there is one."""
    return f"{number(100 * level, 1).removesuffix(',0')}\u00a0%"


def at_level(level: float, word: str) -> str:
    """A word made of a confidence level, such as 95 %-interval, which no line may break."""
    return f"{confidence(level)}\u2011{word}"


def in_unit(told: str, unit: str) -> str:
    """A number as it is shown with its unit; percent as a sign."""
    return f"{told}\u00a0%" if unit == "procent" else f"{told} {unit}".strip()


def joined(words: list[str], link: str) -> str:
    """Labels as one phrase: only the first keeps its capital."""
    return link.join([words[0], *(word[0].lower() + word[1:] for word in words[1:])])


def slug(text: str) -> str:
    """A name that a Data Package allows: lower-case ASCII letters, digits, and - _ ."""
    latin = text.lower().removesuffix(".csv").translate(LATIN)
    return re.sub(r"[^a-z0-9._-]+", "-", latin).strip("-") or "data"
