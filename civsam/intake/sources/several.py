"""Columns that together are one question with several answers: as the file says, or as their ticks and names show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np

from civsam.instrument.questionnaire import NO_TICK
from civsam.instrument.words import plain
from civsam.intake.coding import TICKS
from civsam.intake.sources.column import Column
from civsam.intake.sources.material import SEVERAL, Material, Question, few, one_line, shared_start
from civsam.intake.table import as_text

HEADS = (": ", " - ", " – ", " | ")  # between a question and one of its answers
ENDS = ("_", "[", "/", "___", ".")  # between the name of a question and that of an answer


@dataclass(frozen=True)
class Together:
    """Columns of one question. counted: the text of a tick; blank where each column holds one of the same answers."""

    name: str
    wording: str
    members: tuple[str, ...]
    counted: str
    declared: bool


def from_sets(made: Material, columns: Sequence[Column], sets: dict[str, Any]) -> dict[str, Together]:
    """The multiple-response sets of the file, by name. A column that is in two is in the first."""
    known, taken = {column.name: column for column in columns}, set[str]()
    lower = {name.casefold(): name for name in known}
    done = {}
    for name, told in sets.items():
        members = tuple(lower[one.casefold()] for one in told["variable_list"] if one.casefold() in lower)
        both = [one for one in members if one in taken]
        members = tuple(one for one in members if one not in taken)
        if both:
            made.lost.append(f"Sættet {name} deler {few(both)} med et andet sæt, og dér er de talt med.")
        if len(members) < 2 or any(known[one].kind == "string" for one in members):
            made.lost.append(f"Sættet {name} med flere svar er ikke samlet til ét spørgsmål.")
            continue
        taken |= {*members}
        counted = as_text(_number(told["counted_value"])) if told["is_dichotomy"] else ""
        done[name] = Together(name.lstrip("$"), one_line(told["label"] or ""), members, counted, True)
    return done


def _number(value: Any) -> Any:
    """What a set counts, as a number where it is one."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return value


def from_ticks(columns: Sequence[Column]) -> list[Together]:
    """Columns side by side that say yes or no, are named alike, and are filled in by the same respondents."""
    found = []
    for _, run in groupby(columns, _tick_group):
        those = list(run)
        same = len(those) > 1 and all(np.array_equal(one.places < 0, those[0].places < 0) for one in those)
        stem, head = _stem([one.name for one in those]), _head([one.wording for one in those])
        if same and stem and head and _tick_group(those[0]):
            found.append(Together(stem, head, tuple(one.name for one in those), "1", False))
    return found


def _tick_group(column: Column) -> str:
    """What columns of one question share: the start of their wording; blank for one that is no tick."""
    ticks = {value: TICKS.get(plain(label)) for value, label in column.labels.items()}
    head = column.wording.partition(": ")[0] if ": " in column.wording else ""
    start = next((column.name.partition(end)[0] for end in ENDS if end in column.name), "")
    is_tick = ticks == {0: 0, 1: 1} and {*column.values} <= {0, 1} and not column.gone
    return f"{start}\n{head}" if is_tick and head and start else ""


def _stem(names: Sequence[str]) -> str:
    """What the names begin with alike, up to where the answer's name begins."""
    start = shared_start(names)
    cuts = [start.rindex(end) for end in ENDS if end in start]
    return start[:max(cuts)].rstrip("_[/.") if cuts and len(names) > 1 else ""


def _head(wordings: Sequence[str]) -> str:
    """What the wordings begin with alike, up to where the answer begins."""
    start = shared_start([f"{wording} " for wording in wordings])
    cuts = [start.rindex(sign) for sign in HEADS if sign in start]
    return start[:max(cuts)].strip() if cuts else ""


def question(made: Material, those: Together, columns: Sequence[Column]) -> Question:
    """The columns as one question with several answers, and what was answered."""
    members = [column for column in columns if column.name in those.members]
    head, stem = _head([one.wording for one in members]), _stem([one.name for one in members])
    asked = Question(those.name, those.wording or head or those.name, "flere")
    if those.counted:
        asked.name = stem or asked.name
        names = {one.name: one.name[len(stem):].strip("_[]/.") if stem else one.name for one in members}
        asked.answers = {names[one.name]: _after(one.wording, head) or one.name for one in members}
        asked.cells = _ticked(members, names, those.counted)
        if those.declared and not any((one.places >= 0).all() or _denied(one, those.counted) for one in members):
            made.told.append(f"{asked.name}: kolonnerne siger ikke, hvad der ikke er sat kryds ved, så rækker uden "
                             "kryds er læst som ikke besvaret.")
    else:
        labels = {value: label for one in members for value, label in one.labels.items() if value not in one.gone}
        values = {value for one in members for value in one.there}
        asked.answers = {as_text(value): labels.get(value) or as_text(value)
                         for value in sorted({*labels, *values}, key=lambda one: (isinstance(one, str), one))}
        asked.cells = _listed(members)
    if not those.declared:
        asked.guesses.append(f"{len(members)} kolonner med ja og nej er samlet til ét spørgsmål med flere svar")
    made.told.append(f"{asked.name} samler kolonnerne {few(those.members)}.")
    return asked


def _after(wording: str, head: str) -> str:
    """The answer that a wording ends with."""
    rest = wording[len(head):] if head and wording.startswith(head) else wording
    return rest.strip().lstrip(":-–|").strip()


def _denied(column: Column, counted: str) -> bool:
    """Whether a column says of anybody that there is no tick."""
    return any(as_text(value) != counted for value in column.there)


def _ticked(members: Sequence[Column], names: dict[str, str], counted: str) -> np.ndarray:
    """What is ticked in each row; `NO_TICK` where it is only said of some that they are not. Shape (n,)."""
    ticks = [one.written({value: names[one.name] if as_text(value) == counted else NO_TICK for value in one.there})
             for one in members]
    return np.array([_together(row) for row in zip(*ticks, strict=True)], dtype=object)


def _together(row: Sequence[str]) -> str:
    chosen = dict.fromkeys(cell for cell in row if cell and cell != NO_TICK)
    return SEVERAL.join(chosen) or (NO_TICK if NO_TICK in row else "")


def _listed(members: Sequence[Column]) -> np.ndarray:
    """The answers of each row, where every column holds one. Shape (n,)."""
    cells = [one.written({value: as_text(value) for value in one.there}) for one in members]
    return np.array([_together(row) for row in zip(*cells, strict=True)], dtype=object)
