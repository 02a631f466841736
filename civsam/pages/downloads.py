"""What a reader may take along from a page: a figure's or table's numbers as CSV, and a figure as a picture.

The numbers are read from the table as the page shows it, so that a file tells what the page tells and no more.

- Two forms: for Danish Excel (semicolon, decimal comma, UTF-8 with byte order mark), and international (comma, point).
- The first column says where the numbers come from, so that it stays with them: `svar` (syntetiske, indsamlede) or, for
  what is not answers, `oprindelse`.
- A column of numbers holds nothing else; a cell with an interval becomes three columns, as do further lines of a cell.
  A dash is a blank. `<0.001` is a number below the least that is shown.
- Text that a spreadsheet would run has an apostrophe before it, as in `civsam.intake.export`.
"""

from __future__ import annotations

import csv
import io
import re

from bs4 import BeautifulSoup, Tag

from civsam.danish import slug
from civsam.intake.export import guard

NUMBER = r"[−-]?(?:0|[1-9]\d{0,2}(?:\.\d{3})+|[1-9]\d*)(?:,\d+)?"
DASH = r"–"
TOLD = re.compile(rf"(?P<main>{NUMBER}|{DASH})(?P<unit> %)?(?: \((?P<inside>.*)\))?")
RANGE = re.compile(rf"(?P<low>{NUMBER}|{DASH})(?:–| til )(?P<high>{NUMBER}|{DASH})")
UNDER = re.compile(rf"under (?P<limit>{NUMBER})")
FURTHER = re.compile(rf"(?P<main>{NUMBER})(?P<unit> %)? (?P<words>.+)")
VALUE = re.compile(r"(<?-?\d+(\.\d+)?)?")  # a number as `columns` gives it, or nothing
PNG_WIDTH = 1500  # pixels: over 300 an inch. Drawing takes time in proportion to the square

Parts = dict[str, str]  # what a cell holds: number by the end of its column's name ("" for the cell itself)
Columns = list[tuple[str, list[str]]]  # headings with cells; two columns may have the same heading


def stem(name: str, table: str) -> str:
    """The name of the files of a figure or table, which says where its numbers come from."""
    return slug(f"{name}-{_origin(table)}")


def _origin(table: str) -> str:
    """The words of the mark in the caption."""
    marked = re.search(r'<span class="maerke[^>]*>([^<]+)<', table)
    return marked[1] if marked else ""


def columns(table: str) -> Columns:
    """The columns of an HTML table as `csv_file` takes them: numbers with a point, text as it is."""
    page = BeautifulSoup(table, "html.parser")
    head, *rows = [[_lines(cell) for cell in row.find_all(["th", "td"])] for row in page.find_all("tr")]
    found: Columns = []
    if origin := _origin(table):
        heading, word = ("svar", origin.removesuffix(" svar")) if origin.endswith(" svar") else ("oprindelse", origin)
        found.append((heading, [word] * len(rows)))
    for heading, cells in zip(head, zip(*rows, strict=True), strict=True):
        found += _column(heading, cells)
    return found


def _lines(cell: Tag) -> str:
    """The text of a cell; what is small stands on a line of its own."""
    for small in cell.find_all("small"):
        small.insert(0, "\n")
    return cell.get_text().strip().replace("\u00a0", " ")


def _column(heading: str, cells: tuple[str, ...]) -> Columns:
    """One column of the page as one of text, or as one or more of numbers."""
    parts = [_parts(cell) for cell in cells]
    units = {name for part in parts for name in part or {} if name in ("", "procent")}
    if None in parts or not any(parts) or len(units) > 1:
        return [(heading, [cell.replace("\n", "; ") for cell in cells])]
    names = dict.fromkeys(name for part in parts for name in part)
    return [(_joined(heading, name), [part.get(name, "") for part in parts]) for name in names]


def _joined(*words: str) -> str:
    return ", ".join(filter(None, words))


def _parts(cell: str) -> Parts | None:
    """The numbers of a cell: itself, its interval, and those of further lines. None for words."""
    first, *further = cell.split("\n")
    parts = _first(first)
    for line in further:
        found = FURTHER.fullmatch(line)
        if parts is None or not found:
            return None
        parts |= {_joined(found["words"], _unit(found)): _plain(found["main"])}
    return parts


def _first(text: str) -> Parts | None:
    if not text:
        return {}
    if found := RANGE.fullmatch(text):
        return {"fra": _plain(found["low"]), "til": _plain(found["high"])}
    if found := UNDER.fullmatch(text):
        return {"": f"<{_plain(found['limit'])}"}
    found = TOLD.fullmatch(text)
    if not found or (found["inside"] and not RANGE.fullmatch(found["inside"]) and found["inside"] != "–"):
        return None
    parts = {} if found["main"] == "–" else {_unit(found): _plain(found["main"])}
    return parts | (_first(found["inside"]) if found["inside"] else {})


def _unit(found: re.Match) -> str:
    return "procent" if found["unit"] else ""


def _plain(number: str) -> str:
    """A Danish number with a point and without thousands; nothing for a dash."""
    return "" if number == "–" else number.replace(".", "").replace(",", ".").replace("−", "-")


def csv_file(table: Columns, *, danish: bool) -> bytes:
    """The columns as CSV, the same bytes each time; danish: as Danish Excel opens it."""
    comma = str.maketrans(".", ",") if danish else {}
    ready = [[cell.translate(comma) for cell in cells] if all(map(VALUE.fullmatch, cells)) else [*map(guard, cells)]
             for _, cells in table]
    written = io.StringIO()
    writer = csv.writer(written, delimiter=";" if danish else ",", lineterminator="\r\n")
    writer.writerow(guard(heading) for heading, _ in table)
    writer.writerows(zip(*ready, strict=True))
    return written.getvalue().encode("utf-8-sig" if danish else "utf-8")


def png(svg: str) -> bytes:
    """An SVG of ours as PNG: resvg draws the same pixels everywhere, for the text is paths and needs no fonts."""
    import resvg_py  # only books need it

    return resvg_py.svg_to_bytes(svg_string=svg, width=PNG_WIDTH, dpi=96.0, background="white", skip_system_fonts=True)
