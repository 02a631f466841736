"""Books of the same answers: two that are read together may tell what each of them hides.

Editions with other splits, levels or limits show parts of one whole (see `disclosure`) and may stand side by side.
With another frame, or none, or another design, the same answers get other weights and other cells are hidden: such an
edition is refused while the first one is there. Answers that are nearly the same, as after one more reply, cannot be
refused, since books are made again when replies come in; the user is told. An edition that is held against an earlier
wave (`earlier`) is a book of both.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from civsam.book import build
from civsam.book.earlier import Numbers
from civsam.files import UserError, read_json, shown, write_json
from civsam.survey.survey import SYNTHETIC, Survey

NEARLY = 0.5  # of the rows of the smaller file

Trace = dict[str, Any]


def trace(survey: Survey) -> Trace:
    """What tells answers and frame from others, kept in the edition's own folder; empty for synthetic answers.

    svar: the answers whatever the respondents are called. ramme: the frame, or what else gives weights; blank without
    any. raekker: a short digest of each respondent's answers. personer: the same with the respondent's key, none where
    rows are only numbered.
    """
    if survey.provenance == SYNTHETIC:
        return {}
    rows = survey.answers.fillna("").agg("\x1f".join, axis=1)
    frame = _weighted_by(survey)
    numbered = not survey.framed and rows.index.astype(str).str.fullmatch(r"\d+").all()
    keyed = [] if numbered else rows.index.astype(str) + "\x1f" + rows
    return {"svar": _digest("\x1e".join(sorted(rows))), "ramme": frame and _digest(frame),
            "raekker": sorted(_digest(row)[:12] for row in rows),
            "personer": sorted(_digest(row)[:12] for row in keyed)}


def _weighted_by(survey: Survey) -> str:
    """What gives the answers their weights: the frame, and else the design's columns; margins in numbers too."""
    sample, known = survey.questionnaire.sample, survey.questionnaire.weighting.known
    told = survey.frame.sort_index() if survey.framed else survey.frame.sort_index()[
        sample.of(survey.frame.columns) if sample else []]
    return (told.to_csv() if survey.framed or sample else "") + (repr(known) if known else "")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def traces(mine: Survey, other: Survey | Numbers | None = None, file: Path = Path()) -> list[Trace]:
    """What an edition is made of, where the answers are collected: its own, and those of an earlier wave.

    other: what the edition is held against, from `file`. Raises UserError for numbers that are not seen to be of the
    same answers, and for the same answers as another wave with another frame.
    """
    found = [trace(mine)]
    if isinstance(other, Numbers):
        _check_numbers(found[0], file)
    elif other is not None:
        found.append(trace(other))
        _check_waves(*found, file)
    return [one for one in found if one]


def _check_numbers(mine: Trace, file: Path) -> None:
    made_of = read_json(build.Places(file.parent.name).state).get(build.MADE_OF) or [{}]
    if mine and (made_of[0].get("svar") != mine["svar"] or file.parent != build.Places(file.parent.name).book):
        raise UserError(f"{shown(file)}: udgaven er ikke bygget her af de samme svar som denne. Byg den her, og angiv "
                        "dens tal.json, eller angiv svarfilen, hvis svarene er nogle andre.")


def _check_waves(mine: Trace, theirs: Trace, file: Path) -> None:
    if mine and mine["svar"] == theirs["svar"] and mine["ramme"] != theirs["ramme"]:
        raise UserError(f"{shown(file)}: svarene er de samme som udgavens egne, men rammen er en anden. Tal efter to "
                        "rammer kan tilsammen røbe, hvad de hver for sig skjuler. Udelad modramme.")


def warnings(name: str, made_of: list[Trace]) -> list[str]:
    """What the maker of the edition of that name must know of books that are here already, in Danish.

    Raises UserError if there is one of the same answers with another frame.
    """
    told = [_told(name, mine, other, theirs) for mine in made_of for other, theirs in _others()]
    if len(made_of) > 1 and (same := _alike(*made_of)):
        told.append(f"Bemærk: de to bølger er næsten de samme svar; {same} rækker er ens. Ændringerne kan røbe, hvad "
                    "de sidste svarede. Del ikke bogen, medmindre det er de samme personer, der har svaret igen.")
    return [words for words in told if words]


def publish(places: build.Places, html: Path, made_of: list[Trace]) -> None:
    """Put a finished book in its place, and note before what it is made of.

    Raises UserError as `warnings` does: a book of another edition may have come while this one was made.
    """
    with build.one_at_a_time():
        warnings(places.name, made_of)
        write_json(places.state, read_json(places.state) | {build.MADE_OF: made_of})
        build.publish(places, html)


def _others() -> Iterator[tuple[str, Trace]]:
    """The editions with a book of collected answers, and each set of answers that they were made of."""
    for name in build.editions():
        places = build.Places(name)
        if places.book.exists():
            yield from ((name, theirs) for theirs in read_json(places.state).get(build.MADE_OF) or [])


def _told(name: str, mine: Trace, other: str, theirs: Trace) -> str:
    if mine["svar"] == theirs["svar"]:
        if mine["ramme"] == theirs["ramme"]:
            return ""
        raise UserError(f"udgaven {other} viser de samme svar med en anden ramme, andre vægte eller uden. Læst "
                        "sammen kan to sådanne bøger røbe tal, som hver af dem skjuler. Del kun den ene. Fjern den "
                        f"anden med: civsam clean {other}")
    same = _alike(mine, theirs)
    if not same:
        return ""
    what = "Den bog, der lå her før, blev" if other == name else f"Udgaven {other} er"
    return (f"Bemærk: {what} lavet af næsten de samme svar; {same} rækker er ens. Læst sammen kan de to bøger røbe, "
            "hvad de sidste svarede. Del kun den ene.")


def _alike(mine: Trace, theirs: Trace) -> int:
    """How many rows are the same, by the same respondents if both files say by whom, if they are most; else 0."""
    what = "personer" if mine["personer"] and theirs.get("personer") else "raekker"
    same = (Counter(mine[what]) & Counter(theirs[what])).total()
    return same if same > NEARLY * min(len(mine[what]), len(theirs[what])) else 0
