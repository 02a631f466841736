"""Feedback to a pupil: whether an answer to an exercise is right, and what to say to it."""

from __future__ import annotations

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
    """The code of a municipality by its name. Raises UserError for an unknown one."""
    names = register.municipalities()["kommunenavn"]
    found = names.index[names.str.casefold() == str(municipality).strip().casefold()]
    if not len(found):
        raise UserError(f"kommunen '{municipality}' findes ikke. Skriv navnet som i tabellen over kommuner.")
    return int(found[0])


def judged(id: str, answer: Any, municipality: str = "") -> tuple[bool, str]:
    """Whether the answer is right, and what to say to it. Raises UserError for an unknown exercise or municipality."""
    one = find(id)
    if one.own and not municipality:
        return False, "Skriv også, hvilken kommune du har valgt."
    try:
        forms = one.forms(answer)
    except ValueError as fault:
        return False, f"Svaret kan ikke læses: {fault}."
    foreseen = one.feedback(edition(), *([code_of(municipality)] if one.own else []))
    said = [foreseen[form] for form in forms if form in foreseen]
    return (True, WELL_DONE) if RIGHT in said else (False, next(iter(said), NOT_YET))
