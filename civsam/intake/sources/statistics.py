"""A survey from an SPSS or Stata file: wordings, value labels, missing values, measures, multiple-response sets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from civsam.intake import statistics_files
from civsam.intake.faults import amount
from civsam.intake.sources import numbers, own_file, several, texts
from civsam.intake.sources.column import Column
from civsam.intake.sources.material import Material, Question, few, is_key, one_line
from civsam.intake.sources.naming import unsure
from civsam.intake.table import KINDS, as_text

LABELS_END = {"sav": 120, "dta": 32_000, "xpt": 32_000}  # bytes, where a format cuts a value's label
WORDINGS_END = {"sav": 255, "dta": 80, "xpt": 40}  # and that of a column: bytes, of Stata characters
OWN = ("Indsamlede svar: ", "Syntetiske svar: ")  # before the title in files that civsam writes


def read(path: Path, kind: str, data: bytes) -> Material:
    """The survey in a file. kind: sav or dta. Raises UserError for one that cannot be read."""
    found = statistics_files.content(path, kind, data)
    columns = [_column(found, name, *each) for name, each in zip(found["names"], found["columns"], strict=True)]
    title = found["title"] or ""
    own = title.startswith(OWN)
    made = Material(title=one_line(title.partition(": ")[2] if own else title))
    made.told.append(f"Format: {KINDS[kind]}, {amount(len(columns), 'kolonne', 'kolonner')}.")
    if kind == "xpt" and columns:
        made.told.append(statistics_files.UNCOUNTED.format(amount(len(columns[0].places), "række", "rækker")))
    by_name = {column.name: column for column in columns}
    made.raw = lambda name: by_name[name].raw()
    if own_file.questions(made, columns, found["notes"]):
        return made
    _key(made, columns)
    sets = several.from_sets(made, columns, found["sets"])
    taken = {member for those in sets.values() for member in those.members}
    groups = several.from_ticks([column for column in columns if column.name not in taken])
    firsts = {one.members[0]: one for one in (*sets.values(), *groups)}
    inside = {member for one in firsts.values() for member in one.members}
    for column in columns:
        if column.name in firsts:
            made.questions.append(several.question(made, firsts[column.name], columns))
        elif column.name not in inside and column.name != made.key:
            made.questions.append(_question(made, column, own))
    _cut(made, columns, kind)
    return made


def _column(found: dict[str, Any], name: str, values: list[Any], places: list[int]) -> Column:
    labels = {value: one_line(label) for value, label in found["labels"].get(name, ())}
    missing = found["missing"].get(name, ())
    gone = [value for value in {*values, *labels} if statistics_files.declared(value, missing)
            and not unsure(labels.get(value, as_text(value)))]
    wording = one_line(found["wordings"].get(name) or "")
    return Column(name, wording, values, np.array(places, dtype=int), labels, gone, found["measures"].get(name, ""),
                  found["types"].get(name, ""), found["formats"].get(name) or "")


def _key(made: Material, columns: list[Column]) -> None:
    """The first column that names the respondents."""
    for column in columns:
        cells = column.written({value: as_text(value).strip() for value in column.values})
        if not column.labels and is_key(column.name, column.wording, cells,
                                           first=column is columns[0]):
            made.key, made.keys = column.name, cells
            made.told.append(f"Den, der har svaret, står i kolonnen {column.name}.")
            return


def _question(made: Material, column: Column, own: bool) -> Question:
    """A column as one question, with its answers."""
    if blank := [_with_label(column, value) for value in column.values if value in column.gone]:
        made.told.append(f"{column.name}: {few(blank)} er i filen angivet som manglende og er læst som ikke besvaret.")
    asked = Question(column.name, column.wording or column.name, "tekst")
    if column.kind == "string":
        texts.decide(made, asked, column, guess=not own)
    elif texts.is_date(column.form):
        asked.cells = column.written({value: as_text(value) for value in column.there})
        texts.dated(made, asked)
    else:
        numbers.decide(made, asked, column)
    return asked


def _with_label(column: Column, value: Any) -> str:
    """A value that is missing, as the file's program writes it: Stata's .a is read as a."""
    sign, label = "." if isinstance(value, str) and column.kind != "string" else "", column.labels.get(value)
    return f"{sign}{as_text(value)} »{label}«" if label else f"{sign}{as_text(value)}"


def _cut(made: Material, columns: list[Column], kind: str) -> None:
    """Tell of texts that are just as long as the format takes: their end may be lost."""
    wordings = [column.name for column in columns if _size(column.wording, kind) >= WORDINGS_END[kind]]
    labels = [column.name for column in columns
              if any(len(label.encode()) >= LABELS_END[kind] for label in column.labels.values())]
    if wordings:
        made.lost.append("Spørgsmålets tekst fylder alt, hvad formatet kan rumme, og kan være afkortet: "
                         f"{few(wordings)}.")
    if labels:
        made.lost.append(f"Svartekster, der fylder alt, hvad formatet kan rumme, og kan være afkortet: {few(labels)}.")


def _size(text: str, kind: str) -> int:
    return len(text) if kind == "dta" else len(text.encode())
