"""A survey from a plain table (CSV, Excel, Parquet): nothing says what a column is, so each is guessed, and marked."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from civsam.instrument.questionnaire import DONT_KNOW, LARGEST, MOST_DECIMALS, NO_TICK
from civsam.instrument.words import plain
from civsam.intake import export, programs, tabular
from civsam.intake.coding import TICKS
from civsam.intake.columns import PAIRS
from civsam.intake.faults import DATE, NOTHING, amount
from civsam.intake.sources import numbers, texts
from civsam.intake.sources.material import SEVERAL, Material, Question, few, is_key, one_line, shared_start
from civsam.intake.sources.naming import unsure
from civsam.intake.table import THOUSANDS, Table

NUMBER = re.compile(r"-?(0|[1-9][0-9]*)([.,][0-9]+)?")
SIGNS = (";", "|", ", ", " ")  # between several answers in a cell
PARTS = (*PAIRS, re.compile(r"(?P<whole>.+)/(?P<part>[^/]+)"))  # columns of one answer among several


@dataclass
class Cells:
    """A column: what it is called, the question if there is one, and its cells as text, (n,)."""

    name: str
    wording: str
    cells: np.ndarray


def read(path: Path, sheet: str | None) -> Material:
    """The survey in a table. Raises UserError for what is no table."""
    table = tabular.load(path, lambda names: len([name for name in names if name.strip()]), sheet, lambda _: None)
    made = Material(told=[*table.notes])
    if table.ragged:
        made.lost.append(f"Rækker med et andet antal felter end den første: {few(map(str, table.ragged))}.")
    columns = _columns(made, table)
    by_name = {column.name: column.cells for column in columns}
    made.raw = lambda name: np.array([cell.strip() for cell in by_name[name]], dtype=object)
    groups = {one.name: group for group in _groups(columns) for one in group[1]}
    joined = {plain(head) for head, _, _ in groups.values()}
    for column in columns:
        if column.name in groups:
            head, members, guess = groups[column.name]
            if members[0] is column:
                made.questions.append(_several(made, head, members, guess))
        elif plain(column.name) in joined:
            made.told.append(f"{column.name} er læst i de delte kolonner, hvor hvert svar har sin.")
        elif made.keys is None and is_key(column.name, column.wording, column.cells, first=column is columns[0]):
            made.key, made.keys = column.name, column.cells
            made.told.append(f"Den, der har svaret, står i kolonnen {column.name}.")
        else:
            made.questions.append(_question(made, column))
    return made


# ---- Columns ---------------------------------------------------------------------------------------------------------


def _columns(made: Material, table: Table) -> list[Cells]:
    """The columns that hold something, each with a name of its own."""
    found: list[Cells] = []
    empty, taken, own = [], set[str](), _program(made, table)
    for at in [at for at in range(len(table.header)) if at not in own]:
        cells, name = _cells(table, at), one_line(table.header[at]) or f"kolonne {at + 1}"
        if not any(cells):
            empty.append(name)
            continue
        called, place = name, 2
        while plain(called) in taken:
            called, place = f"{name} {place}", place + 1
        if called != name or not table.header[at].strip():
            made.told.append(f"Kolonne {at + 1} hedder {'som en anden' if table.header[at].strip() else 'intet'} og er "
                             f"kaldt »{called}«.")
        taken.add(plain(called))
        title = one_line(table.titles[at]) if table.titles else ""
        found.append(Cells(called, title or name, cells))
    if empty:
        made.lost.append(f"Tomme kolonner: {few(empty)}.")
    return found


def _program(made: Material, table: Table) -> set[int]:
    """The columns that the program itself has added, but for one that names the respondents."""
    program, own = programs.told(table, range(len(table.header)))
    keep = [at for at in own if is_key(table.header[at], "", [cell.strip() for cell in _cells(table, at)])]
    others = [at for at in own if at not in keep[:1]]
    if program is not None:
        made.told += programs.notes(table, program, others)
    return {*others} | {at for at, name in enumerate(table.header) if name.startswith("_") and programs.KOBO.adds(name)
                        and at not in keep[:1]}


def _cells(table: Table, at: int) -> np.ndarray:
    """A column's cells, blank where there are only spaces, (n,)."""
    cells = [export.unguard(cell) if table.guarded else cell for cell in table.cells[at]]
    return np.array([cell if cell.strip() else "" for cell in cells], dtype=object)


def _groups(columns: list[Cells]) -> list[tuple[str, list[Cells], str]]:
    """Columns that are the answers of one question: its name, they, and what is guessed."""
    by_head: dict[str, list[Cells]] = {}
    for column in columns:
        match = next((found for pattern in PARTS if (found := pattern.fullmatch(column.name))), None)
        if match and _is_tick(column.cells):
            by_head.setdefault(match["whole"], []).append(column)
    done = [(head, members, "kolonnerne er samlet til ét spørgsmål med flere svar")
            for head, members in by_head.items() if len(members) > 1]
    inside = {one.name for _, members, _ in done for one in members}
    run: list[Cells] = []
    for column in [*(one for one in columns if one.name not in inside), Cells("", "", np.array([], dtype=object))]:
        if run and not _alike(run[0], column):
            stem = shared_start([one.name for one in run]).rpartition("_")[0]
            if len(run) > 1 and stem:
                done.append((stem, run, f"{len(run)} kolonner med ja og nej er samlet til ét spørgsmål med flere svar"))
            run = []
        run = [*run, column] if "_" in column.name and {*column.cells} <= {"Ja", "Nej", ""} else []
    return done


def _alike(one: Cells, other: Cells) -> bool:
    """Whether two columns of yes and no are named alike and filled in by the same."""
    same = one.name.partition("_")[0] == other.name.partition("_")[0] and len(one.cells) == len(other.cells)
    return same and {*other.cells} <= {"Ja", "Nej", ""} and np.array_equal(one.cells == "", other.cells == "")


def _is_tick(cells: np.ndarray) -> bool:
    """Whether the cells only say that there is a tick, or none."""
    return {plain(cell) for cell in cells} <= {*TICKS, ""}


def _several(made: Material, head: str, members: list[Cells], guess: str) -> Question:
    """Columns of ticks as one question with several answers."""
    name = head.rpartition("/")[2] or head
    asked = Question(name, name, "flere", guesses=[guess])
    codes = {one.name: _tail(one.name, head) for one in members}
    asked.answers = {codes[one.name]: _tail(one.wording, head) if one.wording != one.name else codes[one.name]
                     for one in members}
    rows = zip(*([TICKS.get(plain(cell), -1) for cell in one.cells] for one in members), strict=True)
    names = [codes[one.name] for one in members]
    asked.cells = np.array([_ticked(names, row) for row in rows], dtype=object)
    made.told.append(f"{name} samler kolonnerne {few(one.name for one in members)}.")
    return asked


def _tail(text: str, head: str) -> str:
    """What a column is called after the question that it is a part of."""
    rest = text[len(head):] if text.startswith(head) else text
    return rest.strip().removeprefix("(choice=").strip("_[]()/ ") or text


def _ticked(names: list[str], row: Iterable[int]) -> str:
    ticks = list(row)
    chosen = [name for name, tick in zip(names, ticks, strict=True) if tick == 1]
    return SEVERAL.join(chosen) or (NO_TICK if 0 in ticks else "")


# ---- Types -----------------------------------------------------------------------------------------------------------


def _question(made: Material, column: Cells) -> Question:
    """What a column looks like."""
    asked = Question(column.name, column.wording, "tekst", cells=column.cells)
    nothing = np.array([plain(cell) in NOTHING for cell in column.cells])
    trimmed = np.array([cell.strip() for cell in np.where(nothing, "", column.cells)], dtype=object)
    said = [cell for cell in dict.fromkeys(trimmed) if cell and not unsure(cell)]
    if said and all(NUMBER.fullmatch(cell) for cell in said):
        _count(made, asked, trimmed, said)
    elif said and all(DATE.fullmatch(cell) for cell in said):
        asked.dont_know = any(unsure(cell) for cell in trimmed)
        asked.cells = np.array([DONT_KNOW if unsure(cell) else cell for cell in trimmed], dtype=object)
        texts.dated(made, asked)
    elif sign := next((sign for sign in SIGNS if _listed(trimmed, sign)), ""):
        _split(asked, trimmed, sign)
    else:
        texts.by_texts(asked, trimmed)
    if asked.type == "tekst":
        asked.guesses.append("fri tekst")
    elif nothing.any():
        words = dict.fromkeys(cell.strip() for cell in column.cells[nothing])
        made.told.append(f"{column.name}: {few(f'»{word}«' for word in words)} er læst som ikke besvaret "
                         f"({amount(int(nothing.sum()), 'gang', 'gange')}).")
    return asked


def _count(made: Material, asked: Question, cells: np.ndarray, said: list[str]) -> None:
    """A count, unless it cannot be told whether a point parts thousands or decimals."""
    sure = {sign for sign in ".," for cell in said if sign in cell and not THOUSANDS.fullmatch(cell)}
    unclear = [cell for cell in said if THOUSANDS.fullmatch(cell)]
    if (unclear and len(sure) != 1) or len(sure) > 1:
        made.lost.append(f"{asked.name} er fri tekst, for {few(unclear[:2] or said[:2])} kan læses på to måder. Skriv "
                         "tal uden tusindtalsskilletegn i filen.")
        return
    values = {cell: float(cell.replace(",", ".")) for cell in said}
    if any(abs(value) > LARGEST for value in values.values()):
        made.lost.append(f"{asked.name} har tal, der er for store til et antal: det er fri tekst.")
        return
    longest = max(len(re.split("[.,]", cell)[1].rstrip("0")) if re.search("[.,]", cell) else 0 for cell in said)
    if longest > MOST_DECIMALS:
        made.lost.append(f"{asked.name} har flere end {MOST_DECIMALS} decimaler og er afrundet til så mange.")
    asked.type, asked.decimals = "antal", min(longest, MOST_DECIMALS)
    words = {cell: numbers.number(value, asked.decimals) for cell, value in values.items()}
    asked.dont_know = any(unsure(cell) for cell in cells)
    asked.cells = np.array([words.get(cell, DONT_KNOW if cell else "") for cell in cells], dtype=object)
    numbers.limits(asked, [*values.values()])
    if len(values) <= numbers.FEW and not asked.decimals:
        asked.guesses.append(numbers.CODES)


def _parts(cell: str, sign: str) -> list[str]:
    """The answers of a cell, each on one line."""
    return [one_line(part) for part in cell.split(sign.strip() or sign) if part.strip()]


def _listed(cells: np.ndarray, sign: str) -> bool:
    """Whether the cells are lists of a few answers: most stand in more than one row, and none twice in one."""
    rows = [_parts(cell, sign) for cell in cells if cell]
    found = [part for row in rows for part in row]
    kinds = {*found}
    if not kinds or len(kinds) > texts.MOST or any(len({*row}) < len(row) for row in rows):
        return False
    if sign == ";" and all(cell.endswith(";") for cell in cells if cell):
        return True  # as Microsoft Forms writes them
    codes = all(texts.CODE.fullmatch(part) for part in kinds)
    if not any(len(row) > 1 for row in rows) or (sign == " " and not codes):
        return False
    if codes and kinds & {DONT_KNOW, NO_TICK}:
        return True
    often = sum(found.count(part) > 1 for part in kinds)
    alone = {row[0] for row in rows if len(row) == 1}
    together = {part for row in rows if len(row) > 1 for part in row}
    enough = sign.strip() in (";", "|") or bool(alone & together)
    return enough and often * 2 >= len(kinds) and max(map(len, kinds)) <= texts.LONGEST


def _split(asked: Question, cells: np.ndarray, sign: str) -> None:
    """A question with several answers in a cell."""
    rows = [_parts(cell, sign) for cell in cells]
    kinds = sorted({part for row in rows for part in row} - {NO_TICK}, key=texts.natural)
    asked.type, asked.answers = "flere", {part: part for part in kinds}
    asked.cells = np.array([SEVERAL.join(row) for row in rows], dtype=object)
    shown = {" ": "mellemrum", ", ": "komma"}.get(sign, sign)
    asked.guesses.append(f"flere svar i en celle, adskilt af {shown}")
