"""Feedback to a pupil: whether an answer to an exercise is right, and what to say to it."""

from __future__ import annotations

import unicodedata
from difflib import get_close_matches
from typing import Any

from civsam.files import UserError
from civsam.study import register
from civsam.teaching import answer_key  # noqa: F401  registers the exercises
from civsam.teaching.exercises import NOT_YET, REGISTERED, RIGHT, WELL_DONE, Exercise, edition


def find(id: str) -> Exercise:
    """The exercise of that id. Raises UserError for an unknown one."""
    if id not in REGISTERED:
        raise UserError(f"opgaven '{id}' findes ikke. Der er: {', '.join(REGISTERED)}.")
    return REGISTERED[id]


def code_of(municipality: str) -> int:
    """The code of a municipality by its name. Raises ValueError, with the nearest names, for an unknown one."""
    names = register.municipalities()["kommunenavn"]
    known = {_folded(name): code for code, name in names.items()}
    wanted = _folded(municipality).removesuffix(" kommune")
    if wanted not in known:
        near = [names[known[one]] for one in get_close_matches(wanted, known, n=2, cutoff=0.75)]
        meant = f" Mente du {' eller '.join(near)}?" if near else ""
        raise ValueError(f"kommunen »{municipality}« ikke findes.{meant}")
    return int(known[wanted])


def _folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", str(name)).casefold().replace("aa", "å").split())


def judged(id: str, answer: Any, municipality: str = "") -> tuple[bool | None, str]:
    """Whether the answer is right, and what to say to it; None where that cannot be judged.

    Raises UserError for an unknown exercise.
    """
    one = find(id)
    try:
        code = [_own_code(municipality)] if one.own else []
        forms = one.forms(answer)
    except ValueError as fault:
        return None, f"Svaret kan ikke rettes, fordi {fault}"
    foreseen = one.feedback(edition(), *code)
    said = [foreseen[form] for form in forms if form in foreseen]
    return (True, WELL_DONE) if RIGHT in said else (False, next(iter(said), NOT_YET))


def _own_code(municipality: str) -> int:
    if not municipality.strip():
        raise ValueError('kommunen mangler. Skriv den efter svaret, for eksempel: kommune="Viborg".')
    return code_of(municipality)
