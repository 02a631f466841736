"""Workbooks: the sheet with the answers is found or asked for, and read row by row."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any

from civsam.files import UserError, shown
from civsam.intake.table import Known, Say, Table, as_text, gather, reading


def read(path: Path, data: bytes, known: Known, sheet: str | None, say: Say) -> Table:
    """The table of a sheet. Raises UserError where it is not clear which."""
    import openpyxl

    with reading(path, "xlsx"):
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True)
        return of_sheets(path, {one.title: partial(_sheet_rows, one) for one in book.worksheets}, known, sheet, say)


def of_sheets(
    path: Path, sheets: Mapping[str, Callable[[], Iterator[tuple[int, list[str]]]]], known: Known, sheet: str | None,
    say: Say,
) -> Table:
    """The table of one of the sheets, of each of which number and cells of the rows are told. Errors as `read`."""
    firsts = {name: next((row for _, row in rows() if any(row)), []) for name, rows in sheets.items()}
    chosen = _chosen(path, firsts, known, sheet)
    table = gather(sheets[chosen](), say, pad=True)
    return replace(table, notes=[f"Ark: »{chosen}«.", *table.notes])


def _sheet_rows(sheet: Any) -> Iterator[tuple[int, list[str]]]:
    """Number and cells of each row. Formulas stay formulas: what they last showed may be out of date."""
    sheet.reset_dimensions()
    for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
        yield number, [as_text(value) for value in row]


def _chosen(path: Path, firsts: Mapping[str, list[str]], known: Known, sheet: str | None) -> str:
    """The sheet with the answers: the one asked for, or the only one that is not empty."""
    filled = {name: known(first) for name, first in firsts.items() if first}
    if sheet is not None and sheet not in firsts:
        near = get_close_matches(sheet, firsts, n=1)
        hint = f" Mente du »{near[0]}«?" if near else ""
        raise UserError(f"{shown(path)}: der er intet ark »{sheet}«.{hint} Ark: {', '.join(firsts)}.")
    if sheet is not None:
        return sheet
    if not filled:
        raise UserError(f"{shown(path)}: projektmappen er tom. Første række skal være kolonnenavne.")
    if len(filled) > 1:
        told = ", ".join(f"»{name}« ({number} kendte kolonner)" for name, number in filled.items())
        best = max(filled, key=filled.__getitem__)
        raise UserError(f"{shown(path)}: projektmappen har flere ark: {told}. Vælg det med svarene, for eksempel "
                        f"--sheet \"{best}\".")
    return next(iter(filled))
