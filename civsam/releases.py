"""Books of the same answers: two that are read together may tell what each of them hides.

Editions with other splits, levels or limits show parts of one whole (see `disclosure`) and may stand side by side.
With another frame, or none, the same answers get other weights and other cells are hidden: such an edition is refused
while the first one is there. Answers that are nearly the same, as after one more reply, cannot be refused, since books
are made again when replies come in; the user is told.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import pandas as pd

from civsam import book
from civsam.chapters import read_json
from civsam.files import UserError
from civsam.survey import SYNTHETIC, Survey

NEARLY = 0.5  # of the rows of the smaller file

Trace = dict[str, Any]


def trace(survey: Survey) -> Trace:
    """What tells answers and frame from others, kept in the edition's own folder; empty for synthetic answers.

    svar: the answers whatever the respondents are called. ramme: the frame, blank without one. raekker: a short digest
    of each respondent's key and answers.
    """
    if survey.provenance == SYNTHETIC:
        return {}
    rows = survey.answers.fillna("").agg("\x1f".join, axis=1)
    frame = survey.frame.sort_index().to_csv() if survey.framed else ""
    keyed = rows.index.astype(str) + "\x1f" + rows
    return {"svar": _digest("\x1e".join(sorted(rows))), "ramme": frame and _digest(frame),
            "raekker": sorted(_digest(row)[:12] for row in keyed)}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def warnings(name: str, mine: Trace) -> list[str]:
    """What the maker of the edition of that name must know of books that are here already, in Danish.

    Raises UserError if there is one of the same answers with another frame.
    """
    return [told for other, theirs in _others() if (told := _told(name, mine, other, theirs))]


def _others() -> Iterator[tuple[str, Trace]]:
    """The editions with a book of collected answers, and what they were made of."""
    for name in book.editions():
        places = book.Places(name)
        made_of = read_json(places.state).get(book.MADE_OF)
        if made_of and places.book.exists():
            yield name, made_of


def _told(name: str, mine: Trace, other: str, theirs: Trace) -> str:
    if mine["svar"] == theirs["svar"]:
        if mine["ramme"] == theirs["ramme"]:
            return ""
        raise UserError(f"udgaven {other} viser de samme svar med en anden ramme eller uden. Læst sammen kan to "
                        "sådanne bøger røbe tal, som hver af dem skjuler. Del kun den ene. Fjern den anden med: "
                        f"civsam clean {other}")
    same = len(pd.Index(mine["raekker"]).intersection(theirs["raekker"]))
    if same <= NEARLY * min(len(mine["raekker"]), len(theirs["raekker"])):
        return ""
    what = "Den bog, der lå her før, blev" if other == name else f"Udgaven {other} er"
    return (f"Bemærk: {what} lavet af næsten de samme svar; {same} rækker er ens. Læst sammen kan de to bøger røbe, "
            "hvad de sidste svarede. Del kun den ene.")
