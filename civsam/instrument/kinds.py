"""The kinds of question: each is one entry, and where a kind is called or shown as something, that stands here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from civsam.files import LINE
from civsam.instrument import dates, ranking, scale
from civsam.instrument.item import Item
from civsam.instrument.reader import Reader
from civsam.instrument.scale import BACKGROUND, Scale


@dataclass(frozen=True)
class Kind:
    """A kind of question. words: what it is called. way: how a form on paper says to answer, if its rule does not.

    form: its type in an XLSForm. measure: its measure in SPSS. statistic: what of `estimate` tells its answers; blank
    where nothing does. keys: what a scale of it may have in the file. read: makes the scale of that. apart: whether
    'ved ikke' is a tick beside the answer. parts: whether each of its codes has a column in files of numbers. implied:
    what is shown of it, where that is not itself.
    """

    words: str
    form: str
    measure: str
    statistic: str
    keys: tuple[str, ...]
    read: Callable[[Reader, str, dict[str, Any]], Scale]
    way: str = ""
    apart: bool = False
    parts: bool = False
    implied: Callable[[Item], list[Item]] | None = None


CODES, NUMBERS = ("svar", "ved_ikke"), ("mindst", "hoejst", "decimaler", "enhed", "ved_ikke")
KINDS = {
    "enkelt": Kind("ét svar", "select_one", "nominal", "shares", CODES, scale.choice, "Sæt ét kryds."),
    "flere": Kind("et eller flere svar", "select_multiple", "nominal", "shares", CODES, scale.choice,
                  "Sæt gerne flere krydser.", parts=True),
    "ordinal": Kind("ét svar på en ordnet skala", "select_one", "ordinal", "shares", CODES, scale.choice,
                    "Sæt ét kryds."),
    "antal": Kind("et antal", "integer", "scale", "means", NUMBERS, scale.count, apart=True),
    "rangordning": Kind("svar i rækkefølge", "rank", "ordinal", "", ("svar", "mindst", "hoejst", "ved_ikke"),
                        ranking.read, apart=True, parts=True, implied=ranking.implied),
    "dato": Kind("en dato", "date", "scale", "", ("mindst", "hoejst", "vis", "ved_ikke"), dates.read, apart=True,
                 implied=dates.implied),
    "tekst": Kind("fri tekst", "text", "nominal", "", (), scale.text),
}
ASKED = {**KINDS, BACKGROUND: KINDS["enkelt"]}  # what a form may ask


def read(reader: Reader, name: str, raw: dict[str, Any]) -> Scale:
    """A scale under `skalaer`. Raises UserError for another type than these, and for what it may not have."""
    kind = KINDS[reader.known(raw[LINE], "type", reader.get(raw, "type", str), KINDS)]
    for key in raw:
        reader.known(raw[LINE], f"nøgle i skalaen {name}", key, ("type", *kind.keys, LINE))
    return kind.read(reader, name, raw)
