"""Books of the same answers: two that are read together may tell what each of them hides.

Editions with other levels or limits show parts of one whole (see `disclosure`) and may stand side by side. With another
frame, or none, or other groups, the same answers get other weights and other cells are hidden; and of answers that are
nearly the same, as after one more reply, the difference tells what the newcomer said. Everybody may build what she
likes for herself, and is told in numbers what it may tell beside the other books that are here (`alike`); what is
published beside what was published before is refused (`published`). An edition that is held against an earlier wave
(`earlier`) is a book of both.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from civsam.book import build
from civsam.book.alike import Trace, between, trace
from civsam.book.earlier import Numbers
from civsam.files import UserError, read_json, shown, write_json
from civsam.survey.survey import Survey


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
    """What the maker of the edition of that name must know of books that are here already, in Danish."""
    told = [_told(name, mine, other, theirs) for mine in made_of for other, theirs in _others()]
    if len(made_of) > 1 and (found := between(*made_of)) and found.few:
        told.append(f"Bemærk: de to bølger er næsten de samme svar: {found.told} Del ikke bogen, medmindre det er de "
                    "samme personer, der har svaret igen.")
    return [words for words in told if words]


def publish(places: build.Places, html: Path, made_of: list[Trace]) -> None:
    """Put a finished book in its place, and note before what it is made of."""
    with build.one_at_a_time():
        write_json(places.state, read_json(places.state) | {build.MADE_OF: made_of})
        build.publish(places, html)


def _others() -> Iterator[tuple[str, Trace]]:
    """The editions with a book of collected answers, and each set of answers that they were made of."""
    for name in build.editions():
        places = build.Places(name)
        if places.book.exists():
            yield from ((name, theirs) for theirs in read_json(places.state).get(build.MADE_OF) or [])


def _told(name: str, mine: Trace, other: str, theirs: Trace) -> str:
    found = between(mine, theirs)
    if found is None or not found.few:
        return ""
    what = "den bog, der lå her før, blev" if other == name else f"udgaven {other} er"
    return f"Bemærk: {what} lavet af næsten de samme svar: {found.told} Del kun den ene."
