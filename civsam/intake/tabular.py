"""Tables out of many file formats: every cell as text, every row with the number that the user's program gives it.

The file is opened for reading only. What was recognised (encoding, separator, sheet, labels) is told in Danish notes;
a file that can be read in more than one way, or in none, raises UserError.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from datetime import time as clock
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow

from civsam.files import UserError, shown

CHUNK = 50_000  # rows that are turned into columns at a time
SEPARATORS = {";": "semikolon", ",": "komma", "\t": "tabulator", "|": "lodret streg"}
MAGIC = {b"PK\x03\x04": "xlsx", b"$FL2": "sav", b"$FL3": "sav", b"PAR1": "parquet", b"<stata_dta>": "dta"}
SUFFIXES = {".xlsx": "xlsx", ".xlsm": "xlsx", ".sav": "sav", ".zsav": "sav", ".dta": "dta", ".parquet": "parquet"}
KINDS = {"xlsx": "Excel-projektmappe (.xlsx)", "sav": "SPSS-fil (.sav)", "dta": "Stata-fil (.dta)",
         "parquet": "Parquet-fil"}
OLD_STATA = range(0x66, 0x74)  # first byte of a .dta before version 117
OTHER_ENCODINGS = {"cp850": "DOS (CP850)", "mac_roman": "Macintosh"}

Say = Callable[[str], None]
Known = Callable[[list[str]], int]  # how many of these column names are recognised


@dataclass(frozen=True)
class Table:
    """header: the columns' names as they stand. cells: text, shape (rows, columns), columns numbered from 0, indexed by
    row number. ragged: the fields of each row that has another number of them, by row number. guarded: whether an
    apostrophe may guard what a spreadsheet would run as a formula, as in delimited text.
    """

    header: list[str]
    cells: pd.DataFrame
    ragged: dict[int, list[str]]
    notes: list[str]
    guarded: bool = False


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


def load(path: Path, known: Known, sheet: str | None, say: Say) -> Table:
    """The table in a file: delimited text, .xlsx, .sav, .dta or .parquet, told by its content.

    known: how many of some column names are recognised; decides on the separator. sheet: which of a workbook's sheets.
    Raises UserError for a file that is missing, empty, truncated or damaged, of an unknown kind or encoding, without a
    known column, or a workbook with more than one filled sheet and no choice.
    """
    data = _content(path)
    kind = _kind(path, data)
    if sheet is not None and kind != "xlsx":
        raise UserError(f"{shown(path)}: kun en Excel-projektmappe har ark. Udelad »{sheet}«.")
    if kind == "xlsx":
        table = _workbook(path, data, known, sheet, say)
    elif kind == "parquet":
        table = _parquet(path, data)
    elif kind in ("sav", "dta"):
        table = _statistics(path, kind, data)
    else:
        table = _text(path, data, known, say)
    if not known(table.header):
        found = ", ".join(name.strip()[:40] for name in table.header[:8] if name.strip())
        raise UserError(f"{shown(path)}: ingen af kolonnerne er kendt. Fandt: {visible(found) or 'ingen navne'}. "
                        "Første række skal være kolonnenavne, og felterne skal være adskilt af semikolon, komma, "
                        "tabulator eller lodret streg.")
    if table.cells.empty and not table.ragged:
        raise UserError(f"{shown(path)}: der er kolonnenavne, men ingen svar.")
    return table


def visible(text: str) -> str:
    """The text with control characters written out, so that none reaches the terminal."""
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)


def _content(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise UserError(f"{shown(path)}: filen findes ikke. Kontrollér stien.") from None
    except IsADirectoryError:
        raise UserError(f"{shown(path)}: er en mappe, ikke en fil. Angiv selve filen.") from None
    except OSError as fault:
        raise UserError(f"{shown(path)}: filen kan ikke læses ({fault.strerror}).") from None
    if not data.strip(b"\xef\xbb\xbf\xfe\xff\r\n\t \x00"):
        raise UserError(f"{shown(path)}: filen er tom. Første række skal være kolonnenavne.")
    return data


def _kind(path: Path, data: bytes) -> str:
    """What the content says that the file is; a name that says something else is a fault."""
    wanted = SUFFIXES.get(path.suffix.lower(), "")
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise UserError(f"{shown(path)}: filen er en gammel Excel-fil (.xls) eller beskyttet med adgangskode. "
                        "Gem den som .xlsx uden adgangskode.")
    found = next((kind for magic, kind in MAGIC.items() if data.startswith(magic)), "")
    if wanted == "dta" and not found and data[0] in OLD_STATA:
        found = "dta"
    if wanted and found != wanted:
        raise UserError(f"{shown(path)}: filen er ikke en {KINDS[wanted]}, som navnet siger. Den er beskadiget, eller "
                        "endelsen er forkert. Gem den igen fra det program, den kommer fra.")
    return found


@contextmanager
def _reading(path: Path, kind: str) -> Iterator[None]:
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


def as_text(value: Any) -> str:
    """A cell's value as text: whole numbers without decimals, dates as year-month-day, "" for nothing."""
    if value is None or value != value:
        return ""
    if isinstance(value, bool | np.bool_):
        return "SAND" if value else "FALSK"
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    if isinstance(value, datetime | date | clock):
        return value.isoformat(" ") if isinstance(value, datetime) else value.isoformat()
    if isinstance(value, list):
        return "; ".join(map(as_text, value))
    return str(value).encode("utf-8", "replace").decode()  # a workbook can hold half a character


# ---- Delimited text --------------------------------------------------------------------------------------------------


def _text(path: Path, data: bytes, known: Known, say: Say) -> Table:
    codec, words = _encoding(path, data)
    text = _utf8(path, data, codec)
    hint = re.match(rb'"?sep=([;,\t|])"?[ ;,]*\r?\n', text)  # Excel's own first line
    if hint:
        text, separator = text[hint.end():], hint[1].decode()
    else:
        firsts = {one: _first(text, one) for one in SEPARATORS}
        separator = max(SEPARATORS, key=lambda one: (known(firsts[one]), len(firsts[one])))
    table = _parsed(text, separator, say) or _gather(_records(path, text, separator), say)
    _same_separator(path, table, separator)
    notes = [f"Tegnsæt: {words}.", f"Felterne er adskilt af {SEPARATORS[separator]}.", *table.notes]
    if not text.endswith((b"\n", b"\r")):
        notes.append("Filen ender uden linjeskift. Kontrollér, at den sidste række er hel.")
    return Table(table.header, table.cells, table.ragged, notes, guarded=True)


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
    if any(not any(fields) or len(_fitted(fields, len(header), False)) == len(header) for fields in ragged.values()):
        return None
    say(f"{_thousands(table.num_rows + len(ragged))} rækker læst")
    numbers = np.delete(np.arange(1, table.num_rows + len(ragged) + 1), np.array(list(ragged), dtype=int) - 1)
    columns = [pd.array(column, dtype="str") for column in table.columns]
    return _from_columns(header, columns, [], numbers, ragged)


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
    number = 0
    try:
        for number, fields in enumerate(_rows(text, separator), 1):
            yield number, fields
    except csv.Error:
        raise UserError(
            f"{shown(path)}, række {number + 1}: et anførselstegn er ikke afsluttet, eller der står tekst efter det. "
            "Filen kan være afkortet. Skriv \" to gange inde i en tekst, og sæt \" om hele teksten."
        ) from None


def _same_separator(path: Path, table: Table, separator: str) -> None:
    """Raise UserError where no row has as many fields as the header: the rows are separated by something else."""
    if table.cells.empty and table.ragged and len(table.header) > 1:
        number, fields = next(iter(table.ragged.items()))
        raise UserError(f"{shown(path)}, række {number}: kolonnenavnene er adskilt af {SEPARATORS[separator]} "
                        f"({len(table.header)} felter), men rækkerne er ikke ({len(fields)} felter). Brug samme "
                        "skilletegn i hele filen.")


def _gather(records: Iterable[tuple[int, list[str]]], say: Say, pad: bool = False) -> Table:
    """Rows as a table. The first that is not blank names the columns; blank rows, and blank fields past the last
    column, are left out. pad: whether a row may be shorter than the header.
    """
    records, header, blank = iter(records), [], 0
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
            fields = _fitted(fields, len(header), pad)
        if len(fields) != len(header):
            ragged[number] = fields
            continue
        numbers.append(number)
        rows.append(fields)
        if len(rows) == CHUNK:
            parts.append(_columns(rows))
            rows = []
            say(f"{_thousands(number)} rækker læst")
    parts += [_columns(rows)] if rows else []
    notes = [f"Tomme rækker, der er sprunget over: {blank}."] if blank else []
    return Table(header, _joined(parts, len(header), numbers), ragged, notes)


def _fitted(fields: list[str], width: int, pad: bool) -> list[str]:
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


def _thousands(number: int) -> str:
    return f"{number:,}".replace(",", ".")


# ---- Workbooks, statistics programs, Parquet -------------------------------------------------------------------------


def _workbook(path: Path, data: bytes, known: Known, sheet: str | None, say: Say) -> Table:
    import openpyxl

    with _reading(path, "xlsx"):
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True)
        names = [one.title for one in book.worksheets]
        firsts = {name: next((row for _, row in _sheet_rows(book[name]) if any(row)), []) for name in names}
        chosen = _chosen(path, firsts, known, sheet)
        table = _gather(_sheet_rows(book[chosen]), say, pad=True)
    return Table(table.header, table.cells, table.ragged, [f"Ark: »{chosen}«.", *table.notes])


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


def _statistics(path: Path, kind: str, data: bytes) -> Table:
    """SPSS or Stata. Values marked as missing by the user are kept, so that 'ved ikke' is not lost."""
    import pyreadstat

    with _reading(path, kind):
        if data.startswith(b"<stata_dta>") and not data.rstrip().endswith(b"</stata_dta>"):
            raise ValueError("truncated")
        read = pyreadstat.read_sav if kind == "sav" else pyreadstat.read_dta
        frame, meta = read(str(path), user_missing=True)
        labels = meta.variable_value_labels
        columns = [_texts(frame.iloc[:, place], labels.get(name, {})) for place, name in enumerate(frame.columns)]
    used = [name for name in frame.columns if name in labels]
    notes = [f"Format: {KINDS[kind]}. Værdietiketter er brugt i: {', '.join(used) or 'ingen kolonner'}."]
    return _from_columns(list(frame.columns), columns, notes)


def _parquet(path: Path, data: bytes) -> Table:
    from pyarrow import parquet, types

    with _reading(path, "parquet"):
        table = parquet.read_table(pyarrow.BufferReader(data))
        columns = []
        for column in table.columns:
            nested = types.is_nested(column.type)
            values = pd.Series([as_text(v) for v in column.to_pylist()]) if nested else column.to_pandas()
            columns.append(_texts(values, {}))
    return _from_columns(list(table.column_names), columns, [f"Format: {KINDS['parquet']}."])


def _texts(values: pd.Series, labels: Mapping[Any, str]) -> pd.api.extensions.ExtensionArray:
    """The values as text, with labels where there are any; missing is "". Shape as given."""
    codes, found = pd.factorize(values)
    texts = np.array([*(as_text(labels.get(value, value)) for value in found), ""], dtype=object)
    return pd.array(texts[codes], dtype="str")  # code -1, missing, takes the last


def _from_columns(header: list[str], columns: list[Any], notes: list[str], numbers: np.ndarray | None = None,
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
