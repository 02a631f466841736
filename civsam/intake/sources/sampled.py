"""The columns of a brought file that tell how the sample was drawn: they are no questions, and are kept as they are."""

from __future__ import annotations

import numpy as np

from civsam.files import UserError
from civsam.instrument.words import plain
from civsam.intake.sources.material import Material, few

COLUMNS = ("vaegt", "strata", "klynge", "antal", "replikater")  # of `stikproeve` in a questionnaire
NUMBERS = ("rho", "skala", "rskalaer")  # what is told besides: a number, or several with + between
OTHERS = (*NUMBERS, "type", "mse", "enlig", "indlejret")


def told(text: str) -> dict[str, str]:
    """What was typed, `vaegt=w,strata=lag`, by key. Raises UserError."""
    pairs = [part.partition("=")[::2] for part in text.split(",") if part.strip()]
    done = {key.strip(): value.strip() for key, value in pairs}
    for key, value in done.items():
        if key not in (*COLUMNS, *OTHERS) or not value:
            raise UserError(f"--sample: »{key}={value}« kan ikke bruges. Skriv for eksempel vaegt=w,strata=lag. "
                            f"Kendte: {', '.join((*COLUMNS, *OTHERS))}.")
    if len(done) < len(pairs):
        raise UserError("--sample: det samme står to gange. Flere kolonner skilles med +, for eksempel strata=lag+by.")
    return done


def number(key: str, text: str) -> float:
    """A number that was typed. Raises UserError."""
    try:
        return float(text)
    except ValueError:
        raise UserError(f"--sample: »{key}={text}« skal være et tal, med punktum før decimaler.") from None


def apart(made: Material, sample: dict[str, str], background: list[str]) -> dict[str, np.ndarray]:
    """The columns of the design as text, by name, taken from among the questions. Several names have + between them.

    background: names of columns that are that too; they are not taken. Raises UserError for a column that is not there.
    """
    known = {plain(question.name): question.name for question in made.questions}
    found: dict[str, np.ndarray] = {}
    for key, value in sample.items():
        if key in OTHERS:
            continue
        names = value.split("+")
        if key == "replikater" and plain(value) not in known:
            names = [name for name in known.values() if plain(name).startswith(plain(value))]
        for name in names:
            if plain(name) not in known or made.raw is None:
                raise UserError(f"--sample: filen har ingen kolonne, der hedder »{name}«. Der er: "
                                f"{few(known.values())}.")
            if plain(name) not in map(plain, background):
                found[known[plain(name)]] = made.raw(known[plain(name)])
        if not names:
            raise UserError(f"--sample: ingen kolonner begynder med »{value}«.")
    made.questions = [question for question in made.questions if question.name not in found]
    as_questions = tuple(f"{name}{sign}" for name in found for sign in ": ")
    made.told, made.lost = ([line for line in lines if not line.startswith(as_questions)]
                            for lines in (made.told, made.lost))
    return found
