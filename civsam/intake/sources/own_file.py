"""An SPSS or Stata file that civsam wrote: its note says what the format cannot, as long as the rest says the same."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from civsam.instrument import dates
from civsam.instrument.questionnaire import DONT_KNOW, NO_TICK
from civsam.instrument.value_codes import TICKED
from civsam.intake.export import NOTE, short
from civsam.intake.sources import numbers
from civsam.intake.sources.column import Column
from civsam.intake.sources.material import SEVERAL, Material, Question, one_line


def questions(made: Material, columns: Sequence[Column], notes: Sequence[str]) -> bool:
    """Add the questions of our own note; whether there was one, and it says the same as the rest of the file."""
    text = "".join(line.strip() for line in notes)
    if not text.startswith(NOTE):
        return False
    try:
        told = json.loads(text.removeprefix(NOTE))
        known = {column.name: column for column in columns}
        asked = [_question(one, known, told["ved_ikke"]) for one in told["spoergsmaal"]]
        asked += [_background(one, known) for one in told.get("baggrund", [])]
        key = known[told["noegle"]]
        if {*known} != {key.name, *(name for one in told["spoergsmaal"] for name in one["kolonner"]),
                        *(one.name for one in asked if one.background)}:
            raise ValueError("other columns")
        blocks, texts = dict(told["blokke"]), [str(told[name]) for name in ("titel", "afgraensning", "ved_ikke")]
    except (ValueError, KeyError, TypeError, AttributeError):
        made.told.append("Filen er ændret, siden civsam skrev den, så den er læst som andre filer.")
        return False
    made.questions, made.blocks = asked, blocks
    made.title, made.scope, made.dont_know = texts
    made.key, made.keys = key.name, key.written({value: str(value) for value in key.values})
    made.told.append("Filen er skrevet af civsam, og ordlyd og koder er læst i den note, der står i den.")
    return True


def _question(told: Mapping[str, Any], columns: Mapping[str, Column], dont_know: str) -> Question:
    """A question as the note has it. Raises ValueError or KeyError for one that the file does not fit."""
    members = [(columns[name], code) for name, code in told["kolonner"].items()]
    asked = Question(told["id"], told["ordlyd"], told["type"], dict(told["svar"]), told["mindst"], told["hoejst"],
                     told["decimaler"], told["enhed"], told["emne"], told["hjaelp"], told["blok"], told["skala"],
                     told["ved_ikke"], parts=tuple(told["del_af"]),
                     only_if=str(told.get("kun_hvis", "")))
    if asked.dont_know and asked.type not in ("antal", "tekst"):
        asked.answers[DONT_KNOW] = dont_know
    if asked.type == "tekst":
        asked.cells = members[0][0].written({value: str(value) for value in members[0][0].values})
    elif asked.type == "flere":
        asked.cells = _ticked(members)
    elif asked.type == "dato":
        asked.cells = _dates(members)
    elif asked.type == "rangordning":
        asked.cells = _ranked(asked, members)
    else:
        asked.cells = _numbers(asked, members[0][0], dont_know)
    return asked


def _background(told: Mapping[str, Any], columns: Mapping[str, Column]) -> Question:
    """A background variable as the note has it. Errors as `_question`."""
    asked = Question(told["id"], told["navn"], "ordinal" if told["ordnet"] else "enkelt", dict(told["svar"]),
                     topic=told["navn"], background=True, missing=told["uoplyst"])
    asked.cells = _numbers(asked, columns[asked.name], "")
    return asked


def _ticked(members: Sequence[tuple[Column, str]]) -> np.ndarray:
    """What is ticked in each row, (n,)."""
    ticks = []
    for column, code in members:
        if not {*column.values} <= {*TICKED} or column.labels != TICKED:
            raise ValueError("other ticks")
        ticks.append(column.written({0: NO_TICK, 1: code}))
    rows = [[cell for cell in row if cell not in ("", NO_TICK)] or sorted({*row} - {""}) for row in
            zip(*ticks, strict=True)]
    return np.array([SEVERAL.join(row) for row in rows], dtype=object)


def _dates(members: Sequence[tuple[Column, str]]) -> np.ndarray:
    """The dates in each row, and 'ved ikke' where that is ticked, (n,). Raises ValueError for what is no date."""
    cells = np.full(len(members[0][0].places), "", dtype=object)
    for column, code in members:
        written = {1: code, 0: ""} if code else {value: str(dates.parsed(str(value)) or "") for value in column.values}
        if not {*column.values} <= {*written} or (not code and "" in written.values()):
            raise ValueError("other dates")
        cells = np.where(cells == "", column.written(written), cells)
    return cells


def _ranked(asked: Question, members: Sequence[tuple[Column, str]]) -> np.ndarray:
    """The values in order in each row, (n,). Raises ValueError for places that are none."""
    columns = []
    for column, code in members:
        places = {1: code, 0: ""} if code == DONT_KNOW else {place: f"{place:03} {code}" for place in range(
            1, len(asked.answers) + 1)}
        if not {*column.values} <= {*places}:
            raise ValueError("other places")
        columns.append(column.written(places))
    rows = [sorted(cell for cell in row if cell) for row in zip(*columns, strict=True)]
    return np.array([SEVERAL.join(cell.rpartition(" ")[2] for cell in row) for row in rows], dtype=object)


def _numbers(asked: Question, column: Column, dont_know: str) -> np.ndarray:
    """Numbers as codes, or as counts, (n,)."""
    labels = {code: one_line(label) for code, label in short(
        {**asked.answers, **({DONT_KNOW: dont_know} if asked.dont_know else {})}).items()}
    codes = {value: code for code, label in labels.items() for value, written in column.labels.items()
             if written == label}
    if len(codes) != len(labels) or {*codes} != {*column.labels}:
        raise ValueError("other labels")
    if asked.type == "antal":
        given = [value for value in column.values if value not in codes]
        if any(not asked.low <= value <= asked.high for value in given):
            raise ValueError("other numbers")
        codes |= {value: numbers.number(value, asked.decimals) for value in given}
    return column.written({value: codes[value] for value in column.values})
