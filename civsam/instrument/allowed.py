"""What an answer may be, by the questionnaire alone; and what somebody may have meant by one that it is not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches

import numpy as np
import pandas as pd

from civsam.instrument import dates, ranking
from civsam.instrument.questionnaire import DONT_KNOW, NO_TICK, NONE, Item
from civsam.instrument.words import plain


def allowed(item: Item) -> str:
    """What may stand in the item's column, in words."""
    if item.scale.type == "tekst":
        return f"enhver tekst undtagen {DONT_KNOW}"
    if item.scale.type == "antal":
        return f"{', '.join([span(item), *item.codes])} eller tomt"
    if item.scale.type == "dato":
        unsure = f", {DONT_KNOW}" if item.allows_dont_know else ""
        return f"{dates.span(item.scale)} (som 2015-03-01 eller 1.3.2015){unsure} eller tomt"
    if item.scale.type == "rangordning":
        return (f"{', '.join(item.scale.answers)} i rækkefølge med mellemrum imellem ({ranking.amount(item.scale)})"
                + f", {DONT_KNOW}" * item.allows_dont_know + " eller tomt")
    several = " (flere koder adskilles af mellemrum)" if item.scale.type == "flere" else ""
    return f"{', '.join(item.codes)} eller tomt{several}"


def span(item: Item) -> str:
    """The numbers that may be answered, in words; what they count is in parentheses."""
    scale = item.scale
    decimals = f" med højst {scale.decimals} decimal{'er' if scale.decimals > 1 else ''}" if scale.decimals else ""
    unit = f" ({scale.unit})" if scale.unit else ""
    return f"et {'' if decimals else 'helt '}tal fra {scale.low} til {scale.high}{decimals}{unit}"


def valid(item: Item, value: str) -> bool:
    """Whether a cell holds an answer that the item allows; blank always does."""
    scale = item.scale
    if value in ("", DONT_KNOW):
        return value == "" or item.allows_dont_know
    if scale.type == "antal":
        written = re.fullmatch(r"-?[0-9]{1,18}(?:\.([0-9]+))?", value)
        return written is not None and len(written[1] or "") <= scale.decimals and (
            scale.low <= float(value) <= scale.high)
    if scale.type == "flere":
        if value == NO_TICK:
            return True
        codes = value.split(" ")
        return len(set(codes)) == len(codes) and set(codes) <= set(scale.answers) and (
            NONE not in codes or len(codes) == 1)
    if scale.type == "dato":
        return dates.valid(scale, value)
    if scale.type == "rangordning":
        return ranking.valid(scale, value)
    return scale.type == "tekst" or value in scale.answers


def invalid(item: Item, values: Sequence[str]) -> list[int]:
    """The places of the values that the item does not allow; there may be a million of free text."""
    if item.scale.type == "tekst":
        return np.flatnonzero(np.asarray(values, dtype=object) == DONT_KNOW).tolist()
    return [place for place, value in enumerate(values) if not valid(item, value)]


def within(item: Item, answers: pd.DataFrame) -> np.ndarray:
    """Whether a count is at most the sum of those it is a part of, shape (n,); true where one of them is no number."""
    total = sum(numbers(answers[name]) for name in item.part_of)
    return ~(numbers(answers[item.id]) > total)


def numbers(cells: pd.Series) -> np.ndarray:
    """The numbers of a text column as floats, NaN for all else. Shape (n,)."""
    codes, found = pd.factorize(cells)
    values = [float(text) if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text) else np.nan for text in found]
    return np.array([*values, np.nan])[codes]


def nearest(text: str, options: Iterable[str]) -> str:
    """'Mente du »...«?' with the option that looks most like the text, or nothing."""
    near, text = {plain(option): option for option in options}, plain(text)[:100]
    found = get_close_matches(text, near, n=1) or [option for option in near if len(text) > 2 and text in option]
    return f"Mente du »{near[found[0]]}«?" if found else ""
