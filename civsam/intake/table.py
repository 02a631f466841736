"""A table as it is read: every cell as text, every row with the number that the user's program gives it."""

from __future__ import annotations

import re
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from datetime import time as clock
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow

from civsam import danish
from civsam.files import UserError, shown

CHUNK = 50_000  # rows that are turned into columns at a time
KINDS = {"xlsx": "Excel-projektmappe (.xlsx)", "ods": "OpenDocument-projektmappe (.ods)",
         "sav": "SPSS-fil (.sav)", "dta": "Stata-fil (.dta)",
         "xpt": "SAS-fil (.xpt)", "parquet": "Parquet-fil"}

WIDEST = 16_384  # columns: as many as a sheet of Excel has
THOUSANDS = re.compile(r"-?[1-9][0-9]{0,2}([.,][0-9]{3})+")  # or three decimals

Say = Callable[[str], None]
Known = Callable[[list[str]], int]  # how many of these column names are recognised


@dataclass(frozen=True)
class Table:
    """header: the columns' names as they stand. cells: text, shape (rows, columns), columns numbered from 0, indexed by
    row number. ragged: the fields of each row that has another number of them, by row number. guarded: whether an
    apostrophe may guard what a spreadsheet would run as a formula, as in delimited text. labelled: by column, the
    texts that are labels of values in the file itself; they are words, and never codes. titles: what the file itself
    says in words that each column is, blank where it says nothing; empty if it says so of none.
    """

    header: list[str]
    cells: pd.DataFrame
    ragged: dict[int, list[str]]
    notes: list[str]
    guarded: bool = False
    labelled: dict[int, frozenset[str]] = field(default_factory=dict)
    titles: list[str] = field(default_factory=list)


def check_width(path: Path, columns: int) -> None:
    """Raise UserError for more columns than any questionnaire has."""
    if columns > WIDEST:
        raise UserError(f"{shown(path)}: filen har {danish.number(columns)} kolonner, og der læses højst "
                        f"{danish.number(WIDEST)}. Gem de kolonner, der er svar, i en fil for sig. Er der ikke så "
                        "mange, mangler filen linjeskift.")


class Progress:
    """Prints what has been done to standard error where somebody sees it, from the third second on, once a second.

    Not in a notebook: what it holds must not depend on how fast the machine is.
    """

    def __init__(self, wait: float = 3.0) -> None:
        """wait: seconds until the first line."""
        self.next = time.monotonic() + wait

    def __call__(self, text: str) -> None:
        """Print the text, if it is time."""
        if sys.stderr.isatty() and time.monotonic() >= self.next:
            print(text, file=sys.stderr, flush=True)
            self.next = time.monotonic() + 1


def clear(number: str) -> str:
    """A number as text that is read in one way only: 1.693 may be 1693, and 1.6930 is not."""
    return f"{number}0" if THOUSANDS.fullmatch(number) else number


def as_text(value: Any) -> str:
    """A cell's value as text: whole numbers without decimals, dates as year-month-day, "" for nothing."""
    if value is None or value != value:
        return ""
    if isinstance(value, bool | np.bool_):
        return "SAND" if value else "FALSK"
    if isinstance(value, float | np.floating):
        return str(int(value)) if float(value).is_integer() else clear(
            np.format_float_positional(value, trim="-"))
    if isinstance(value, datetime | date | clock):
        return value.isoformat(" ") if isinstance(value, datetime) else value.isoformat()
    if isinstance(value, list):
        return "; ".join(map(as_text, value))
    return str(value).encode("utf-8", "replace").decode()  # a workbook can hold half a character


@contextmanager
def reading(path: Path, kind: str) -> Iterator[None]:
    """Turn whatever a library says of a damaged file into one message; the libraries share no class of faults."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except UserError:
        raise
    except Exception:
        raise UserError(f"{shown(path)}: filen er ikke en hel {KINDS[kind]}. Den er afkortet eller beskadiget. "
                        "Gem den igen fra det program, den kommer fra, og kopiér den igen.") from None


def gather(records: Iterable[tuple[int, list[str]]], say: Say, pad: bool = False) -> Table:
    """Rows as a table. The first that is not blank names the columns; blank rows, and blank fields past the last
    column, are left out. pad: whether a row may be shorter than the header.
    """
    records, blank = iter(records), 0
    header: list[str] = []
    for _, header in records:
        if any(header):
            break
        blank += 1
    parts, numbers, rows, ragged = [], [], [], {}
    for number, fields in records:
        if not any(fields):
            blank += 1
            continue
        if len(fields) != len(header):
            fields = fitted(fields, len(header), pad)
        if len(fields) != len(header):
            ragged[number] = fields
            continue
        numbers.append(number)
        rows.append(fields)
        if len(rows) == CHUNK:
            parts.append(_columns(rows))
            rows = []
            say(f"{danish.number(number)} rækker læst")
    parts += [_columns(rows)] if rows else []
    notes = [f"Tomme rækker, der er sprunget over: {blank}."] if blank else []
    return Table(header, _joined(parts, len(header), numbers), ragged, notes)


def fitted(fields: list[str], width: int, pad: bool) -> list[str]:
    """The row without blank fields past the last column, and filled up if it may be."""
    if not any(fields[width:]):
        fields = fields[:width]
    return fields + [""] * (width - len(fields)) if pad else fields


def _columns(rows: list[list[str]]) -> list[pyarrow.Array]:
    return [pyarrow.array(column, pyarrow.string()) for column in zip(*rows, strict=True)]


def _joined(parts: list[list[pyarrow.Array]], width: int, numbers: list[int]) -> pd.DataFrame:
    columns = {place: pd.array(pyarrow.chunked_array([part[place] for part in parts], pyarrow.string()), dtype="str")
               for place in range(width)}
    return pd.DataFrame(columns, index=pd.Index(numbers, dtype=int, name="raekke"))


def from_columns(header: list[str], columns: list[Any], notes: list[str], numbers: np.ndarray | None = None,
                  ragged: dict[int, list[str]] | None = None) -> Table:
    """A table of text columns. numbers: those of the rows, the first that is filled being the header; else from 1."""
    height = len(columns[0]) if columns else 0
    filled = np.zeros(height, dtype=bool)
    for column in columns:
        if filled.all():
            break
        filled |= np.asarray(column != "", dtype=bool)
    blank = int((~filled).sum())
    if numbers is not None:
        filled[filled.argmax()] = False
    index = pd.Index(np.arange(1, height + 1) if numbers is None else numbers, name="raekke")
    notes = [*notes, f"Tomme rækker, der er sprunget over: {blank}."] if blank else notes
    return Table(header, pd.DataFrame(dict(enumerate(columns)), index=index)[filled], ragged or {}, notes)


