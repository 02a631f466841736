"""What the outputs of a book's cells must be: each name of a figure or table one's own, and of collected answers, what
has passed the door.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from civsam.book.contents import INJECTED
from civsam.files import UserError, visible
from civsam.pages.output import FORMS, KEY, is_ours
from civsam.survey.survey import COLLECTED, SYNTHETIC

TOO_MANY = 10  # that are told
REMEDY = ("En bog om indsamlede svar viser kun det, som civsams egne tabeller, figurer og sætninger har skjult og "
          "afrundet. Vis tallene med dem (fx estimates_table, dots eller sentence), eller fjern linjen fra cellen.")
KINDS = {"stdout": "udskriver tekst (print)", "stderr": "udskriver tekst eller en advarsel (stderr)",
         "error": "viser en fejl", "image": "viser en figur, som civsam ikke har lavet",
         "widget": "viser en widget", "html": "viser en tabel eller anden HTML, som civsam ikke har lavet",
         "text": "viser en værdi, som civsam ikke har lavet"}


def raw_allowed(about: Mapping[str, Any]) -> bool:
    """Whether cells may show what they like: only where the answers are known to be synthetic. about: see `status`."""
    return about.get("oprindelse") == SYNTHETIC


def shows_collected(made: bytes) -> bool:
    """Whether an executed notebook shows collected answers, whatever the edition is made of: their mark tells."""
    return f"maerke {COLLECTED}".encode() in made or f"banner {COLLECTED}".encode() in made


def kind(output: Mapping[str, Any]) -> str:
    """In words what an output of a cell does that has not passed the door; empty for one that has, or is nothing."""
    if output["output_type"] not in ("display_data", "execute_result"):
        return KINDS.get(output.get("name", output["output_type"]), KINDS["text"])
    data = output.get("data", {})
    if not data or is_ours(data, output.get("metadata", {})):
        return ""
    return KINDS[next((word for word in ("widget", "image", "html") if any(word in form for form in data)), "text")]


def refused(chapter: str, notebook: Mapping[str, Any]) -> Iterator[str]:
    """What of an executed notebook has not passed the door: chapter, number of the code cell, and what it does."""
    for number, cell in enumerate(_code_cells(notebook), 1):
        for told in dict.fromkeys(filter(None, map(kind, cell["outputs"]))):
            yield f"kapitlet {chapter}, kodecelle {number}: {told}."
    if "widgets" in notebook["metadata"]:
        yield f"kapitlet {chapter}: gemmer widgets, som kan rumme svar."


def _code_cells(notebook: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The code cells that the author wrote."""
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"
            and INJECTED not in cell["metadata"].get("tags", [])]


def check_names(executed: Mapping[str, bytes], kept: Mapping[str, bytes]) -> None:
    """Raise UserError where two cells of a book give a figure or table the same name: a link would not know which.

    executed: the notebooks by chapter; kept: what of them stands in the book, where some cells are left out.
    """
    known: dict[str, str] = {}
    for chapter, made in kept.items():
        numbers = {cell.get("id"): number for number, cell in enumerate(_code_cells(json.loads(executed[chapter])), 1)}
        for cell in _code_cells(json.loads(made)):
            where = f"kapitlet {chapter}, kodecelle {numbers.get(cell.get('id'), '?')}"
            for name in _names(cell):
                if (plain := " ".join(name.lower().split())) in known:
                    raise UserError(f"{where}: navnet »{visible(name)}« har en figur eller tabel allerede, i "
                                    f"{known[plain]}. Giv den ene et andet navn, og kør igen.")
                known[plain] = where


def _names(cell: Mapping[str, Any]) -> Iterator[str]:
    """The names of the figures and tables that a cell shows."""
    for output in cell["outputs"]:
        for told in (output.get("metadata", {}).get(form) for form in FORMS):
            if isinstance(told, Mapping) and isinstance(told.get(KEY), Mapping) and told[KEY].get("name"):
                yield str(told[KEY]["name"])


def check(executed: Iterable[tuple[str, bytes]], *, raw: bool = False) -> None:
    """Raise UserError for chapters (name, executed notebook) that show what has not passed the door.

    raw: whether that is allowed, for the answers are synthetic; a chapter that shows collected ones beside is held to
    it all the same. Tags do not matter: a cell whose output is not on the page still has it in the notebook.
    """
    found = [told for chapter, made in executed if not raw or shows_collected(made)
             for told in refused(chapter, json.loads(made))]
    if found:
        rest = [f"... og {len(found) - TOO_MANY} til."] if len(found) > TOO_MANY else []
        raise UserError("\n".join([*found[:TOO_MANY], *rest, REMEDY]))
