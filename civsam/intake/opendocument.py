"""OpenDocument spreadsheets (.ods, ISO/IEC 26300), which are XML in a zip: cells as they stand, formulas as formulas.

Libraries that read the format give what a formula last showed, or nothing, and never say that it is one.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from xml.etree import ElementTree

from civsam.files import UserError, shown
from civsam.intake import workbook
from civsam.intake.sources.markup import children, local, parse
from civsam.intake.table import Known, Say, Table, as_text, reading

KIND = b"application/vnd.oasis.opendocument.spreadsheet"
MOST = 20_000_000  # cells: a row or a cell may say that it stands a million times
AROUND = ("table-header-rows", "table-row-group", "table-rows")  # what rows may stand in
SPACES = {"tab": "\t", "line-break": "\n"}

Rows = list[tuple[int, list[str]]]


def is_spreadsheet(data: bytes) -> bool:
    """Whether a zip is a spreadsheet of this kind."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            return packed.read("mimetype").strip().startswith(KIND)
    except Exception:  # another kind, or a damaged file, which whoever reads it tells
        return False


def read(path: Path, data: bytes, known: Known, sheet: str | None, say: Say) -> Table:
    """The table of a sheet. Raises UserError where it is not clear which, and for a file that is locked or damaged."""
    with reading(path, "ods"):
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            if b"encryption-data" in packed.read("META-INF/manifest.xml"):
                raise UserError(f"{shown(path)}: filen er beskyttet med adgangskode. Gem den uden.")
            content = packed.read("content.xml")
        root = parse(path, content)
        sheets = {_attribute(one, "name"): _rows(path, one) for body in children(root, "body")
                  for book in children(body, "spreadsheet") for one in children(book, "table")}
        return workbook.of_sheets(path, {name: partial(iter, rows) for name, rows in sheets.items()}, known, sheet, say)


def _rows(path: Path, table: ElementTree.Element) -> Rows:
    """Number and cells of each row up to the last that is filled. Raises UserError for far too many."""
    found: Rows = []
    number, left = 0, MOST
    for row in _each(table):
        cells, times = _cells(row), _times(row, "rows")
        if cells:
            first = found[-1][0] + 1 if found else 1
            left -= times * len(cells) + number + 1 - first
            if left < 0:
                raise UserError(f"{shown(path)}: arket »{_attribute(table, 'name')}« har over {MOST} celler. Den er "
                                "beskadiget, eller den er lavet for at skade.")
            found += [(blank, []) for blank in range(first, number + 1)]
            found += [(number + one, cells) for one in range(1, times + 1)]
        number += times
    return found


def _each(parent: ElementTree.Element) -> Iterator[ElementTree.Element]:
    """The rows of a table in order, those that are grouped too."""
    for child in parent:
        if local(child) == "table-row":
            yield child
        elif local(child) in AROUND:
            yield from _each(child)


def _cells(row: ElementTree.Element) -> list[str]:
    """The cells up to the last that is filled; none for a blank row."""
    texts: list[tuple[str, int]] = []
    for cell in row:
        if local(cell) in ("table-cell", "covered-table-cell"):
            texts.append((_text(cell), _times(cell, "columns")))
    while texts and not texts[-1][0]:
        texts.pop()
    if sum(times for _, times in texts) > MOST:
        return [""] * (MOST + 1)
    return [text for text, times in texts for _ in range(times)]


def _times(element: ElementTree.Element, what: str) -> int:
    """How many times a row or cell stands after itself."""
    given = _attribute(element, f"number-{what}-repeated")
    return max(int(given), 1) if re.fullmatch(r"\d{1,9}", given) else 1


def _text(cell: ElementTree.Element) -> str:
    """A cell as text, as in other workbooks: a formula as it is written, a number to its last decimal."""
    kind, value = _attribute(cell, "value-type"), _attribute(cell, "value")
    if formula := _attribute(cell, "formula"):
        return "=" + formula.partition("=")[2] if "=" in formula else f"={formula}"
    if kind in ("float", "percentage", "currency"):
        return as_text(float(value))
    if kind == "date":
        return _attribute(cell, "date-value").replace("T", " ")
    if kind == "boolean":
        return as_text(_attribute(cell, "boolean-value") == "true")
    lines = [_words(line) for line in children(cell, "p")]
    return "\n".join(lines) or _attribute(cell, "string-value")


def _words(element: ElementTree.Element) -> str:
    """The text of a paragraph: several spaces and line breaks are elements of their own; notes are left out."""
    parts = [element.text or ""]
    for child in element:
        name = local(child)
        if name == "s":
            parts.append(" " * min(int(_attribute(child, "c") or 1), 1000))
        elif name not in ("annotation", "ruby-text"):
            parts.append(SPACES.get(name) or _words(child))
        parts.append(child.tail or "")
    return "".join(parts)


def _attribute(element: ElementTree.Element, name: str) -> str:
    """The attribute of a name, whatever its namespace; blank where there is none."""
    return next((value for key, value in element.attrib.items() if key.rpartition("}")[2] == name), "")
