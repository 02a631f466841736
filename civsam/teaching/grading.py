"""The hand-ins of a class, judged: a row for each student and exercise, and for each file that cannot be read.

Nothing that students wrote is run, and what is wrong with one hand-in never stops the others.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import pandas as pd

from civsam.danish import danish_order, listed
from civsam.teaching.exercises import REGISTERED
from civsam.teaching.feedback import judged
from civsam.teaching.handins import HandIn, found
from civsam.teaching.written import HandedIn, NoNotebook, Written, handed_in

RIGHT, WRONG, BLANK, MISSING, CANNOT = "rigtigt", "forkert", "tomt", "mangler", "kan ikke rettes"
COLUMNS = ("navn", "nummer", "fil", "opgave", "kommune", "svar", "status", "rigtigt", "besked")
PLAIN = re.compile(r"-?\d+(\.\d+)?")
LATEST = "Der er flere svar i filen; det sidste tæller."


@dataclass(frozen=True)
class Row:
    """A student's answer to an exercise as judged, or (no exercise) a file that cannot be."""

    navn: str
    nummer: str
    fil: str
    opgave: str
    status: str
    besked: str
    svar: str = ""
    kommune: str = ""

    @property
    def rigtigt(self) -> int | None:
        """1 or 0; None where nobody can say before the teacher has looked."""
        return None if self.status == CANNOT else int(self.status == RIGHT)


def grade(answers: Mapping[str, Any], kommune: str = "") -> pd.DataFrame:
    """A row for each answer: id, answer, right (True, False, or None where it cannot be judged), feedback."""
    rows = [(id, given, *judged(id, given, kommune)) for id, given in answers.items()]
    return pd.DataFrame(rows, columns=["id", "answer", "right", "feedback"])


def lesson_of(id: str) -> str:
    """The lesson that an exercise belongs to."""
    return id.rpartition("-")[0]


@dataclass(frozen=True)
class Graded:
    """A class's hand-ins, judged. rows: `COLUMNS`, one for each student and exercise, and one for each fault besides.

    asked: the exercises that are graded, the same for all. guesses: how many guessed what in each lesson, of those who
    handed in a sheet (columns lektion, gaet, antal).
    """

    rows: pd.DataFrame
    asked: list[str]
    guesses: pd.DataFrame

    @property
    def answers(self) -> pd.DataFrame:
        """The rows of the exercises that are graded: as many for each student."""
        return self.rows[self.rows["opgave"].isin(self.asked)]

    @property
    def faults(self) -> pd.DataFrame:
        """The other rows: files that cannot be read, and exercises that are not there."""
        return self.rows[~self.rows["opgave"].isin(self.asked)]


def grade_all(place: Path, lessons: Collection[str] = (), but: Collection[Path] = ()) -> Graded:
    """Every student's every exercise.

    place: a folder or a zip. lessons: those that are graded; else those of which there is an answer in any hand-in.
    but: files and folders in it that are no hand-ins. Raises OSError where the place itself cannot be read.
    """
    read = [_read(one) for one in found(place, but)]
    seen = {lesson_of(call.id) for _, given, _ in read for call in given.answers if call.id in REGISTERED}
    asked = [id for id in REGISTERED if lesson_of(id) in (lessons or seen)]
    read.sort(key=lambda one: (danish_order(one[0].name), *one[0].student, one[0].path))
    rows = [row for _, files in groupby(read, lambda one: one[0].student) for row in _of_student(list(files), asked)]
    table = pd.DataFrame([{name: getattr(row, name) for name in COLUMNS} for row in rows], columns=list(COLUMNS))
    return Graded(table.astype({"rigtigt": "Int64"}), asked, _pooled(read))


Read = tuple[HandIn, HandedIn, str]  # a file, what is in it, and why there is nothing
NOTHING = HandedIn([], [])


def _pooled(read: Iterable[Read]) -> pd.DataFrame:
    """How many guessed what in each lesson; each student once, whatever number of sheets."""
    each = {(file.student, lesson): guess for file, given, _ in read for lesson, guess in given.guesses}
    guessed = pd.DataFrame([(lesson, guess) for (_, lesson), guess in each.items()], columns=["lektion", "gaet"])
    return guessed.groupby(["lektion", "gaet"]).size().rename("antal").reset_index()


def _read(file: HandIn) -> Read:
    if file.fault:
        return file, NOTHING, file.fault
    try:
        given = handed_in(file.content)
    except NoNotebook as fault:
        return file, NOTHING, str(fault)
    except Exception as fault:
        return file, NOTHING, f"den ikke kan læses ({type(fault).__name__})"
    return file, given, "" if given.answers else "der er ingen opgaver i den"


def _of_student(files: list[Read], asked: Iterable[str]) -> list[Row]:
    """One row for each exercise asked for, whatever was handed in; and one for each fault of a file."""
    owner = files[0][0]
    rows = [Row(*owner.student, file.path, "", CANNOT, f"Filen kan ikke rettes, fordi {fault}.")
            for file, _, fault in files if fault]
    calls = {}
    for file, given, _ in files:
        for call in given.answers:
            calls.setdefault(call.id, {}).setdefault(file.path, []).append(call)
    asked = list(asked)
    for id in asked:
        rows.append(_of_exercise(owner, id, calls.pop(id, {})))
    known = listed(asked) if asked else "ingen"
    return rows + [Row(*owner.student, path, id, CANNOT, _not_asked(id, known), written[-1].source)
                   for id, places in calls.items() for path, written in places.items()]


def _not_asked(id: str, known: str) -> str:
    if id in REGISTERED:
        return f"Svaret kan ikke rettes, fordi opgaven hører til lektionen {lesson_of(id)}, som der ikke rettes for."
    return f"Svaret kan ikke rettes, fordi opgaven »{id}« ikke findes. Der rettes for {known}."


def _of_exercise(owner: HandIn, id: str, places: Mapping[str, list[Written]]) -> Row:
    """What is said of an exercise: the last answer in a file counts; files that tell different things cannot."""
    if not places:
        return Row(*owner.student, "", id, MISSING, "Opgaven er ikke i det, der er afleveret.")
    rows = [_judged(owner, path, calls) for path, calls in places.items()]
    given = [row for row in rows if row.status != BLANK] or rows[:1]
    if len({(row.svar, row.kommune) for row in given}) > 1 and len({row.status for row in given}) > 1:
        told = f"Svaret kan ikke rettes, fordi der er forskellige svar i {listed(sorted(row.fil for row in given))}."
        return Row(*owner.student, given[0].fil, id, CANNOT, told, " / ".join(row.svar for row in given))
    return given[-1]


def _judged(owner: HandIn, path: str, calls: list[Written]) -> Row:
    given = [call for call in calls if call.fault or call.given is not ...]
    if not given:
        return Row(*owner.student, path, calls[0].id, BLANK, "Opgaven er ikke besvaret.")
    last = given[-1]
    if last.fault:
        right, told = None, f"Svaret kan ikke rettes, fordi {last.fault}."
    else:
        right, told = judged(last.id, last.given, last.municipality)
    several = len({(call.source, call.municipality) for call in given}) > 1
    status = CANNOT if right is None else RIGHT if right else WRONG
    return Row(*owner.student, path, last.id, status, f"{told} {LATEST}" if several else told, _shown(last),
               last.municipality)


def _shown(call: Written) -> str:
    """The answer as a Danish spreadsheet takes it: a number with a comma, anything else as it is written."""
    return call.source.replace(".", ",") if PLAIN.fullmatch(call.source) else call.source
