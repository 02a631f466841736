"""Codes and labels as words: when two are the same, and when a cell could be read as more than one answer."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any

SEPARATORS = (";", "|", "\n")  # between several answers in a cell, besides a comma, and a space between codes


@lru_cache(10_000)  # by the text alone: each of many columns is held against the same names
def plain(text: str) -> str:
    """The text as it is compared: composed characters, small letters, single spaces, nothing invisible."""
    bare = text.translate({0xFEFF: None, 0x200B: None, 0xAD: None})
    return " ".join(unicodedata.normalize("NFC", bare).casefold().split())


def joined(pieces: Sequence[str], known: Collection[str], longest: int, sign: str = ",") -> list[list[str]]:
    """The ways to read pieces between commas as known answers, the first two of them; none if there is none.

    longest: how many pieces an answer may be made of: 'natur, miljø og byrum' is one answer of two. sign: what stands
    between the pieces, if no comma does.
    """
    ways: list[list[Any]] = [[()], *([] for _ in pieces)]  # of the first so many pieces: (the way before, an answer)
    for end in range(1, len(pieces) + 1):
        for start in range(max(end - longest, 0), end):
            answer = sign.join(pieces[start:end]).strip()
            if ways[start] and (answer in known or not answer):
                ways[end] += [(way, answer) if answer else way for way in ways[start]]
        ways[end] = ways[end][:2]
    return [_answers(way) for way in ways[-1]]


def _answers(way: Any) -> list[str]:
    """The answers of a way, first to last."""
    found = []
    while way:
        way, answer = way
        found.append(answer)
    return found[::-1]


def ambiguous(answers: Mapping[str, str], others: Mapping[str, str], several: bool) -> str:
    """Why a cell could be read as another answer than it is, in Danish; blank where it never can.

    answers: codes with labels. others: codes and words that may be answered besides, as 'ved ikke'. several: whether
    a cell may hold more than one answer.
    """
    labels, codes = {**answers, **others}, [*answers, *others]
    for place, code in enumerate(codes):
        for other in codes[:place]:
            if plain(code) == plain(other):
                return f"koderne {other!r} og {code!r} er ens bortset fra store bogstaver. Giv den ene en anden kode"
            if plain(labels[code]) == plain(labels[other]):
                return f"to svar hedder {labels[code]!r}. Giv hvert svar, og 'ved_ikke', sin egen tekst"
    by_code = {plain(code): code for code in codes}
    for code, label in labels.items():
        if by_code.get(plain(label), code) != code:
            return (f"teksten {label!r} til svaret {code!r} er også koden til et andet svar. Giv det andet svar en "
                    "anden kode")
    known = {*by_code, *map(plain, labels.values())}
    for code, label in answers.items() if several else ():
        parts = [[plain(part) for part in label.split(sign) if part.strip()] for sign in SEPARATORS]
        by_comma = [way for way in joined(plain(label).split(","), known, len(label)) if len(way) > 1]
        if by_comma or any(len(those) > 1 and known.issuperset(those) for those in parts) or (
                len(plain(label).split()) > 1 and set(plain(label).split()) <= set(by_code)):
            return f"teksten {label!r} til svaret {code!r} er også flere andre svar efter hinanden. Skriv den om"
    return ""
