"""Tables as HTML: headings with scope, and cells that a phone shows as a list."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

import pandas as pd

from civsam.danish import listed, number
from civsam.pages.downloads import columns
from civsam.pages.output import Output
from civsam.pages.provenance import MARKS, mark
from civsam.survey.survey import COLLECTED

PARENTHESIS = re.compile(r"\([^()]*\d[^()]*\)")  # an interval in one, which no line breaks
WIDE = 3  # so many columns of numbers do not fit on a phone


# ---- Tables


def _html_rows(frame: pd.DataFrame, *, named: bool) -> str:
    """Head and body, with scope on every heading; columns without digits are marked as words.

    named: each cell has its column's name, for a phone shows tables of words, and wide ones, as a list of them.
    """
    kinds = ["" if _is_numbers(frame[name]) else ' class="ord"' for name in frame]
    heads = zip((frame.index.name or "", *frame.columns), ("", *kinds), strict=True)
    head = "".join(f'<th scope="col"{kind}>{escape(str(name))}</th>' for name, kind in heads)
    body = "".join(
        f'<tr><th scope="row">{escape(str(name))}</th>{_html_cells(row, frame.columns if named else None, kinds)}</tr>'
        for name, row in zip(frame.index, frame.to_numpy(), strict=True)
    )
    return f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>"


def _is_numbers(column: pd.Series) -> bool:
    """Whether each cell of a column holds a number, a dash for one, or nothing."""
    return all(re.search(r"\d|^–?$", str(cell)) for cell in column)


def _without_hidden(frame: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """The table without columns and rows that hold dashes only, and a note that says so."""
    dashes = frame.loc[:, [_is_numbers(frame[name]) for name in frame]].map(str) == "–"
    columns = dashes.columns[dashes.all()]
    rows = dashes.drop(columns=columns).all(axis=1) & bool(len(columns) < dashes.shape[1])
    if dashes.all(axis=None) and len(dashes.columns):
        why = "Alle tal er skjult for at beskytte svarpersonerne, eller kan ikke regnes ud."
        return pd.DataFrame({"Hvorfor": [why]}, index=pd.Index(["–"], name=frame.index.name)), ""
    told = [_counted(names, *words) for names, *words in
            ((columns, "kolonne", "kolonner"), (frame.index[rows], "række", "rækker")) if len(names)]
    note = f"Udeladt, for der er kun streger: {' og '.join(told)}." if told else ""
    return frame.loc[~rows].drop(columns=columns), note


def _counted(names: pd.Index, one: str, more: str) -> str:
    """How many there are, and which, if they are few: 1 kolonne (»p, korrigeret«)."""
    which = f" ({listed(f'»{name}«' for name in names.unique())})" if len(names) <= 3 else ""
    return f"{number(len(names))} {one if len(names) == 1 else more}{which}"


def _html_cells(row: Iterable[object], names: Iterable[object] | None, kinds: list[str]) -> str:
    """A row's cells; what stands on further lines of a cell is small."""
    cells = [[PARENTHESIS.sub(r"<span>\g<0></span>", escape(line)) for line in str(cell).split("\n")] for cell in row]
    heads = [f' data-navn="{escape(str(name))}"' for name in names] if names is not None else [""] * len(kinds)
    return "".join(f'<td{kind}{head}>{first}{"".join(f"<small>{line}</small>" for line in rest)}</td>'
                   for (first, *rest), head, kind in zip(cells, heads, kinds, strict=True))


def table(frame: pd.DataFrame, caption: str, name: str, *, provenance: str, note: str = "", words: bool = False,
          stacked: bool = False, folded: str = "") -> Output:
    """A table with caption and number. `frame` holds words and `Cell`s; its index is the row headings.

    words: cells are text, not numbers, and stand to the left. stacked: the cells of a row stand below one another, each
    with its heading. folded: the text that unfolds a long table.
    """
    if provenance == COLLECTED:
        frame, left_out = _without_hidden(frame)
        note = f"{note} {left_out}".strip()
    html = table_html(frame, caption, provenance, "tabel" + " tekst" * (words or stacked) + " stak" * stacked)
    if note:
        html += f'<p class="note">{escape(note)}</p>'
    if folded:
        html = f"<details><summary>{escape(folded)}</summary>{html}</details>"
    text = f"{caption} [{MARKS[provenance]}]\n{_plain(frame)}\n{note}".rstrip()
    return Output(html, text, {"name": name, "caption": caption, "provenance": provenance,
                               "columns": columns(frame, provenance)})


def _plain(frame: pd.DataFrame) -> str:
    """The table for a terminal: a row on one line, and no word of pandas' own over the headings."""
    return frame.map(lambda cell: str(cell).replace("\n", "; ")).rename_axis(columns=None).to_string()


def table_html(frame: pd.DataFrame, caption: str, provenance: str, kind: str = "tabel") -> str:
    """The table itself in a box that scrolls, with scope on every heading."""
    kind += " bred" * (len(frame.columns) >= WIDE and "tekst" not in kind)
    return (f'<div class="{kind}" role="region" tabindex="0" aria-label="{escape(caption)}"><table>'
            f"<caption>{escape(caption)} {mark(provenance)}</caption>"
            f"{_html_rows(frame, named=kind != 'tabel')}</table></div>")
