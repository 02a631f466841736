"""Delimited text: its encoding and separator are found, and told; Arrow reads it where every quote is in its place."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow

from civsam.danish import number
from civsam.files import UserError, shown
from civsam.intake.table import Known, Say, Table, check_width, fitted, from_columns, gather

SEPARATORS = {";": "semikolon", ",": "komma", "\t": "tabulator", "|": "lodret streg"}
LONGEST = 2**22  # bytes of a line: no program that people answer in writes one
OTHER_ENCODINGS = {"cp850": "DOS (CP850)", "mac_roman": "Macintosh"}


def read(path: Path, data: bytes, known: Known, say: Say) -> Table:
    """The table of delimited text. Raises UserError for an unknown encoding, a quote out of place, and far too much."""
    _check_lines(path, data)
    codec, words = _encoding(path, data)
    text = _utf8(path, data, codec)
    hint = re.match(rb'"?sep=([;,\t|])"?[ ;,]*\r?\n', text)  # Excel's own first line
    if hint:
        text, separator = text[hint.end():], hint[1].decode()
    else:
        firsts = {one: _first(text, one) for one in SEPARATORS}
        separator = max(SEPARATORS, key=lambda one: (known(firsts[one]), len(firsts[one])))
    check_width(path, len(_first(text, separator)))
    table = _parsed(text, separator, say) or gather(_records(path, text, separator), say)
    _same_separator(path, table, separator)
    notes = [f"Tegnsæt: {words}.", f"Felterne er adskilt af {SEPARATORS[separator]}.", *table.notes]
    if not text.endswith((b"\n", b"\r")):
        notes.append("Filen ender uden linjeskift. Kontrollér, at den sidste række er hel.")
    return Table(table.header, table.cells, table.ragged, notes, guarded=True)


def _check_lines(path: Path, data: bytes) -> None:
    """Raise UserError for a line that is too long, before anything is read: it would take a while, and then fail."""
    start, breaks = 0, (b"\n", b"\r")
    while start + LONGEST < len(data):
        end = max(data.rfind(one, start, start + LONGEST) for one in breaks)
        if end < 0:
            raise UserError(f"{shown(path)}, linje {data.count(breaks[0], 0, start) + 1}: linjen er mere end "
                            f"{LONGEST // 2**20} MB lang, og det er intet svar. Åbn filen, og slet eller afkort det, "
                            "der står dér, eller del linjen, hvis filen mangler linjeskift.")
        start = end + 1


def _encoding(path: Path, data: bytes) -> tuple[str, str]:
    """Python's name of the encoding, and its name in words. Raises UserError for one that cannot be told."""
    for mark, codec, words in ((b"\xef\xbb\xbf", "utf-8-sig", "UTF-8 med BOM"), (b"\xff\xfe", "utf-16", "UTF-16"),
                               (b"\xfe\xff", "utf-16", "UTF-16")):
        if data.startswith(mark):
            return codec, words
    if b"\x00" in data:
        even, odd = data[:200:2].count(0), data[1:200:2].count(0)  # names of columns: one byte of each letter is 0
        if even * odd or 3 * (even + odd) < min(len(data), 200):
            raise UserError(f"{shown(path)}, byte {data.index(0) + 1}: filen er ikke tekst, eller den er beskadiget. "
                            "Gem den som CSV UTF-8 eller .xlsx.")
        return ("utf-16-le" if odd else "utf-16-be"), "UTF-16 uden BOM"
    if data.isascii():
        return "utf-8", "ASCII (det samme i UTF-8 og Windows-1252)"
    try:
        for _ in _decode(data, "utf-8"):
            pass
    except UnicodeDecodeError as fault:
        return _danish(path, data, fault)
    return "utf-8", "UTF-8 uden BOM"


def _danish(path: Path, data: bytes, fault: UnicodeDecodeError) -> tuple[str, str]:
    """Windows-1252, if that is what its letters say: in other encodings the Danish letters are other bytes.

    fault: what is wrong with the file as UTF-8.
    """
    if "unexpected end" in fault.reason and re.search(rb"[\x80-\xbf]", data):
        raise UserError(f"{shown(path)}: filen er afkortet midt i det sidste tegn. Kopiér den igen.")
    special = data.translate(None, bytes(range(128)))
    place = data.index(special[:1]) + 1
    if re.search(rb"\xc3[\xa6\xb8\xa5\x86\x98\x85]", data):
        raise UserError(f"{shown(path)}, byte {place}: filen blander UTF-8 med et andet tegnsæt. "
                        "Gem den som CSV UTF-8.")
    count = {codec: sum(map(special.decode(codec, "ignore").count, "æøåÆØÅ")) for codec in ("cp1252", *OTHER_ENCODINGS)}
    likely = max(count, key=count.__getitem__)
    if likely != "cp1252":
        raise UserError(f"{shown(path)}, byte {place}: tegnsættet ligner {OTHER_ENCODINGS[likely]}, som ikke læses. "
                        "Gem filen som CSV UTF-8.")
    return "cp1252", "Windows-1252"


def _decode(data: bytes, codec: str) -> Iterator[str]:
    """The text in pieces, so that a large file is not held twice."""
    return codecs.iterdecode((data[at:at + 2**20] for at in range(0, len(data), 2**20)), codec)


def _utf8(path: Path, data: bytes, codec: str) -> bytes:
    """The text as UTF-8 without byte order mark."""
    if codec == "utf-8":
        return data  # `_encoding` has read it through
    try:
        return b"".join(piece.encode() for piece in _decode(data, codec))
    except UnicodeError:
        raise UserError(f"{shown(path)}: filens tegnsæt kan ikke læses, eller filen er afkortet midt i et tegn. "
                        "Gem den som CSV UTF-8.") from None


def _rows(text: bytes, separator: str) -> Any:
    return csv.reader(io.TextIOWrapper(io.BytesIO(text), "utf-8", newline=""), delimiter=separator, strict=True)


def _first(text: bytes, separator: str) -> list[str]:
    """The first row that is not blank, read with this separator; empty if it cannot be."""
    try:
        return next((row for row in _rows(text, separator) if any(row)), [])
    except csv.Error:
        return []


def _parsed(text: bytes, separator: str, say: Say) -> Table | None:
    """The table by Arrow's fast parser, if every quote is in its place and no row needs blank fields taken off.

    None otherwise: `_records` is slower, and tells where a quote is wrong.
    """
    header, mark = _first(text, separator), re.escape(separator.encode())
    # A field's opening quote that is never closed, or whose closing one has text after it.
    misplaced = rb'"(?<![^%s\r\n]")[^"]*(?:""[^"]*)*(?:"(?![%s\r\n"]|\Z)|\Z)' % (mark, mark)
    if not header or re.search(misplaced, text):
        return None
    uneven: list[tuple[int, str]] = []
    try:
        table = _arrow(text, separator, len(header), uneven)
        ragged = {number: next(csv.reader(io.StringIO(row, newline=""), delimiter=separator)) for number, row in uneven}
    except (pyarrow.ArrowException, csv.Error):
        return None
    if any(not any(fields) or len(fitted(fields, len(header), False)) == len(header) for fields in ragged.values()):
        return None
    say(f"{number(table.num_rows + len(ragged))} rækker læst")
    numbers = np.delete(np.arange(1, table.num_rows + len(ragged) + 1), np.array(list(ragged), dtype=int) - 1)
    columns = [pd.array(column, dtype="str") for column in table.columns]
    return from_columns(header, columns, [], numbers, ragged)


def _arrow(text: bytes, separator: str, width: int, uneven: list[tuple[int, str]]) -> pyarrow.Table:
    """All rows of this width, the header among them; number and text of the others are added to `uneven`."""
    from pyarrow import csv as fast

    def skip(row: Any) -> str:
        uneven.append((row.number, row.text))
        return "skip"

    names = [f"f{place}" for place in range(width)]
    return fast.read_csv(
        pyarrow.BufferReader(text), fast.ReadOptions(column_names=names, use_threads=False),  # else without numbers
        fast.ParseOptions(delimiter=separator, newlines_in_values=True, ignore_empty_lines=False,
                          invalid_row_handler=skip),
        fast.ConvertOptions(column_types=dict.fromkeys(names, pyarrow.string()), strings_can_be_null=False))


def _records(path: Path, text: bytes, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Number and fields of each row, as a spreadsheet numbers them: a text with line breaks is in one row."""
    row = 0
    try:
        for row, fields in enumerate(_rows(text, separator), 1):
            yield row, fields
    except csv.Error as fault:
        if "field limit" in str(fault):
            raise UserError(f"{shown(path)}, række {row + 1}: en celle har mere end "
                            f"{number(csv.field_size_limit())} tegn. Afkort den. Er den ikke så lang, mangler et "
                            "anførselstegn, der slutter den.") from None
        raise UserError(
            f"{shown(path)}, række {row + 1}: et anførselstegn er ikke afsluttet, eller der står tekst efter det. "
            "Filen kan være afkortet. Skriv \" to gange inde i en tekst, og sæt \" om hele teksten."
        ) from None


def _same_separator(path: Path, table: Table, separator: str) -> None:
    """Raise UserError where no row has as many fields as the header: the rows are separated by something else."""
    if table.cells.empty and table.ragged and len(table.header) > 1:
        number, fields = next(iter(table.ragged.items()))
        raise UserError(f"{shown(path)}, række {number}: kolonnenavnene er adskilt af {SEPARATORS[separator]} "
                        f"({len(table.header)} felter), men rækkerne er ikke ({len(fields)} felter). Brug samme "
                        "skilletegn i hele filen.")
