"""What a reader may take along from a page: a figure's or table's numbers as CSV, and a figure as a picture.

The numbers are those that the table's cells hold (`cells.Cell`), so that a file tells what the page tells and no more.

- Two forms: for Danish Excel (semicolon, decimal comma, UTF-8 with byte order mark), and international (comma, point).
- The first column says where the numbers come from, so that it stays with them: `svar` (syntetiske, indsamlede) or, for
  what is not answers, `oprindelse`.
- A column of numbers holds nothing else: a cell with an interval becomes three columns, and what stands on a further
  line of a cell, or after ±, has its own, be it words (`Cell.beside`). A dash is a blank. `<0.001` is a number below
  the least that is shown, `>0.5` one above the greatest. A column with words in any of its cells, or numbers in several
  units, is the page's text.
- Text that a spreadsheet would run has an apostrophe before it, as in `civsam.intake.export`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path

import matplotlib as mpl
import pandas as pd

from civsam.danish import slug
from civsam.intake.export import guard
from civsam.pages.cells import Cell
from civsam.pages.provenance import MARKS

# The typeface of figures, and of the pages: its files name themselves after another weight. What it lacks is DejaVu's.
FONT, FONT_AS_NAMED = "Source Sans 3", "Source Sans 3 ExtraLight"
WEIGHTS = {name: Path(__file__).parent / "skrift" / f"source-sans-3-latin-{weight}-normal.ttf"
           for name, weight in (("normal", 400), ("bold", 600))}
SPARE_FONTS = [Path(mpl.get_data_path(), "fonts", "ttf", name) for name in ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf")]
PNG_WIDTH = 1500  # pixels: over 225 an inch. Drawing takes time in proportion to the square

# Heading, whether it is numbers, and the cells, a line each, so that a notebook has a line a column; headings may be
# alike.
Columns = list[tuple[str, bool, str]]


def stem(name: str, provenance: str) -> str:
    """The name of the files of a figure or table, which says where its numbers come from."""
    return slug(f"{name}-{MARKS[provenance]}")


def columns(frame: pd.DataFrame, provenance: str) -> Columns:
    """The columns of a table as `csv_file` takes them, numbers with a point; none where the table is empty.

    Raises TypeError for a cell that is neither a `Cell` nor words: its number might be told more exactly than shown.
    """
    if frame.empty:
        return []
    origin = MARKS[provenance]
    word = origin.removesuffix(" svar")
    found = [("oprindelse" if word == origin else "svar", False, _lines([word] * len(frame)))]
    for heading, cells in zip([frame.index.name or "", *frame], [frame.index, *frame.to_numpy().T], strict=True):
        found += _column(_plain(heading), list(cells))
    return found


def _column(heading: str, cells: list[str | Cell]) -> Iterator[tuple[str, bool, str]]:
    """One column of the page as one of text, or as one or more of numbers."""
    if strange := {type(cell).__name__ for cell in cells if not isinstance(cell, str | Cell)}:
        raise TypeError(f"the column {heading!r} holds {', '.join(strange)}, not words or cells with numbers")
    parts = [dict(cell.numbers) for cell in cells if isinstance(cell, Cell)]
    names = dict.fromkeys(name for part in parts for name in part)
    if len(parts) < len(cells) or not names or {"", "procent"} <= names.keys():
        yield heading, False, _lines(map(_plain, cells))
    else:
        yield from ((", ".join(filter(None, (heading, name))), True, _lines(part.get(name, "") for part in parts))
                    for name in names)
        beside = [cell.beside for cell in cells if isinstance(cell, Cell)]
        for name in dict.fromkeys(name for name, _ in beside if name):
            yield f"{heading}, {name}", False, _lines(words if own == name else "" for own, words in beside)


def _lines(cells: Iterable[str]) -> str:
    """A line a cell; `_plain` leaves none with more."""
    return "\n".join(cells)


def _plain(told: str | Cell) -> str:
    """The text on one line, with plain spaces."""
    return str(told).strip().replace("\n", "; ").replace("\u00a0", " ")


def csv_file(table: Columns, *, danish: bool) -> bytes:
    """The columns as CSV, the same bytes each time; danish: as Danish Excel opens it."""
    comma = str.maketrans(".", ",") if danish else {}
    ready = [cells.translate(comma).split("\n") if numbers else [*map(guard, cells.split("\n"))]
             for _, numbers, cells in table]
    written = io.StringIO()
    writer = csv.writer(written, delimiter=";" if danish else ",", lineterminator="\r\n")
    writer.writerow(guard(heading) for heading, *_ in table)
    writer.writerows(zip(*ready, strict=True))
    return written.getvalue().encode("utf-8-sig" if danish else "utf-8")


def png(svg: str) -> bytes:
    """An SVG of ours as PNG: resvg draws the same pixels everywhere, for its only fonts are those that figures have."""
    import resvg_py  # only books need it

    return resvg_py.svg_to_bytes(svg_string=svg, width=PNG_WIDTH, dpi=96.0, background="white", skip_system_fonts=True,
                                 font_files=[str(path) for path in (*WEIGHTS.values(), *SPARE_FONTS)],
                                 sans_serif_family=FONT_AS_NAMED)
