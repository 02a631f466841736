"""Tables out of many file formats: every cell as text, every row with the number that the user's program gives it.

The file is opened for reading only. What was recognised (encoding, separator, sheet, labels) is told in Danish notes;
a file that can be read in more than one way, or in none, raises UserError.
"""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

from civsam.files import UserError, read_bytes, shown, visible
from civsam.intake import delimited, opendocument, programs, statistics_files, workbook
from civsam.intake.table import KINDS, Known, Say, Table, check_width

MAGIC = {b"PK\x03\x04": "xlsx", b"$FL2": "sav", b"$FL3": "sav", b"PAR1": "parquet", b"<stata_dta>": "dta",
         b"HEADER RECORD*******LIB": "xpt"}
SUFFIXES = {".xlsx": "xlsx", ".xlsm": "xlsx", ".ods": "ods", ".sav": "sav", ".zsav": "sav", ".dta": "dta",
            ".parquet": "parquet", ".xpt": "xpt"}
STRICT = re.compile(rb"http://purl\.oclc\.org/ooxml/(\w+)/")  # the names of Strict Open XML, ISO/IEC 29500-1
UNPACKED, PACKING = 2**28, 200  # bytes that any workbook may take unpacked, and how many times its own size
OLD_STATA = range(0x66, 0x74)  # first byte of a .dta before version 117


def load(path: Path, known: Known, sheet: str | None, say: Say, dont_know: str = "") -> Table:
    """The table in a file: delimited text, .xlsx, .ods, .sav, .dta, .xpt or .parquet, told by its content.

    known: how many of some column names are recognised; decides on the separator. sheet: which of a workbook's sheets.
    dont_know: the words of 'ved ikke', which stays an answer where a statistics file declares it missing.
    Raises UserError for a file that is missing, empty, truncated or damaged, of an unknown kind or encoding, without a
    known column, or a workbook with more than one filled sheet and no choice.
    """
    kind, data = opened(path)
    if sheet is not None and kind not in ("xlsx", "ods"):
        raise UserError(f"{shown(path)}: kun en projektmappe (.xlsx, .ods) har ark. Udelad »{sheet}«.")
    if kind in ("xlsx", "ods"):
        read = workbook.read if kind == "xlsx" else opendocument.read
        table = read(path, _workbook(path, data), known, sheet, say)
    elif kind == "parquet":
        table = statistics_files.parquet(path, data)
    elif kind in statistics_files.NATIVE:
        table = statistics_files.read(path, kind, data, dont_know)
    else:
        table = delimited.read(path, data, known, say)
    check_width(path, len(table.header))
    table = programs.with_headings(table)
    if not known(table.header) and not known(table.titles):
        found = ", ".join(name.strip()[:40] for name in table.header[:8] if name.strip())
        raise UserError(f"{shown(path)}: ingen af kolonnerne er kendt. Fandt: {visible(found) or 'ingen navne'}. "
                        "Første række skal være kolonnenavne, og felterne skal være adskilt af semikolon, komma, "
                        "tabulator eller lodret streg.")
    if table.cells.empty and not table.ragged:
        raise UserError(f"{shown(path)}: der er kolonnenavne, men ingen svar.")
    return table


def opened(path: Path) -> tuple[str, bytes]:
    """The kind of a file, blank for text, and its content. Raises UserError as `load` does."""
    data = _content(path)
    return _kind(path, data), data


def _content(path: Path) -> bytes:
    data = read_bytes(path)
    if not data.strip(b"\xef\xbb\xbf\xfe\xff\r\n\t \x00"):
        raise UserError(f"{shown(path)}: filen er tom. Første række skal være kolonnenavne.")
    return data


def _workbook(path: Path, data: bytes) -> bytes:
    """A workbook as it can be read: of Strict Open XML with the usual names in it. Raises UserError for what cannot."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            size = sum(part.file_size for part in packed.infolist())
            if size > max(UNPACKED, PACKING * len(data)):
                raise UserError(f"{shown(path)}: filen fylder {size // 2**20} MB, når den pakkes ud, og det er mere "
                                "end noget regneark. Den er beskadiget, eller den er lavet for at skade.")
            if "xl/workbook.xml" in packed.namelist():
                with packed.open("xl/workbook.xml") as file:
                    if STRICT.search(file.read(4096)):
                        return _usual(packed)
    except UserError:
        raise
    except Exception:  # a damaged one is told by whoever reads it
        return data
    return data


def _usual(packed: zipfile.ZipFile) -> bytes:
    """A workbook of Strict Open XML with the names of the usual kind, which are all that differs."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as usual:
        for name in packed.namelist():
            part = packed.read(name)
            usual.writestr(name, STRICT.sub(rb"http://schemas.openxmlformats.org/\1/2006/", part)
                           if name.endswith((".xml", ".rels")) else part)
    return made.getvalue()


def _kind(path: Path, data: bytes) -> str:
    """What the content says that the file is; a name that says something else is a fault."""
    wanted = SUFFIXES.get(path.suffix.lower(), "")
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise UserError(f"{shown(path)}: filen er en gammel Excel-fil (.xls) eller beskyttet med adgangskode. "
                        "Gem den som .xlsx uden adgangskode.")
    found = next((kind for magic, kind in MAGIC.items() if data.startswith(magic)), "")
    if wanted == "dta" and not found and data[0] in OLD_STATA:
        found = "dta"
    if found == "xlsx" and opendocument.is_spreadsheet(data):
        found = "ods"
    if wanted and found != wanted:
        raise UserError(f"{shown(path)}: filen er ikke en {KINDS[wanted]}, som navnet siger. Den er beskadiget, eller "
                        "endelsen er forkert. Gem den igen fra det program, den kommer fra.")
    return found
