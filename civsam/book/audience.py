"""Who an edition is for: teachers see solutions and teaching notes, students neither, readers the solutions folded.

Lessons are written once. Cells carry the tag `loesning` (a solution: its text, then the code that computes the answer)
or `laerer` (a note to the teacher); hints are folded in the text itself. On the page about teaching, cells for whoever
teaches carry the tag `underviser`. What somebody is not to see is taken out before the pages are made, not hidden.
"""

from __future__ import annotations

import json
from typing import Any

from civsam.book.contents import chapters

READERS, TEACHER, STUDENTS = "alle", "laerer", "studerende"
AUDIENCES = (READERS, TEACHER, STUDENTS)
ALONG = ("vejledning", "undervisning", "projektet")  # what a book of collected answers may take along (`own`)
TEACHING = "chapters/undervisning"
LESSONS = f"{TEACHING}/"
CLASS_DATA = "syntetiske-svar.csv"  # beside the lessons: the answers that they count on
DATA_PACK = "datapakke.zip"  # the same, and more, for statistical programs, with the code that this page has:
OTHER_PROGRAMS = "chapters/andre_programmer"
SOLUTION, NOTE, FOR_TEACHING = "loesning", "laerer", "underviser"
SHOW, HIDE = "Vis løsningens kode", "Skjul løsningens kode"
LEFT_OUT = {READERS: {NOTE}, TEACHER: set(), STUDENTS: {NOTE, SOLUTION, FOR_TEACHING}}

Notebook = dict[str, Any]


def fitted(chapter: str, made: bytes, audience: str) -> bytes:
    """A chapter's notebook as the audience is to have it; only lessons, and the page about teaching, differ."""
    if not chapter.startswith(LESSONS) and chapter != TEACHING:
        return made
    content = json.loads(made)
    cells = [cell for cell in content["cells"] if not LEFT_OUT[audience] & _tags(cell)]
    answers = [_answer(cell) for cell in cells[1:]] + [""]
    content["cells"] = [_fitted(cell, answer, audience) for cell, answer in zip(cells, answers, strict=True)]
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()


def _tags(cell: dict[str, Any]) -> set[str]:
    return set(cell["metadata"].get("tags", []))


def _answer(cell: dict[str, Any]) -> str:
    """The answer in words that a solution's code computed, with a blank line before; empty for other cells."""
    if SOLUTION not in _tags(cell):
        return ""
    return "".join(f"\n\n{''.join(output['data']['text/plain'])}" for output in cell.get("outputs", []))


def _fitted(cell: dict[str, Any], answer: str, audience: str) -> dict[str, Any]:
    """A note in its box; a solution folded, or for the teacher open, with the answer that its code, below, computed."""
    text, tags = "".join(cell["source"]), _tags(cell)
    if NOTE in tags and cell["cell_type"] == "markdown":
        return cell | {"source": f":::{{admonition}} Til læreren\n:class: laerer\n{text}\n:::"}
    if SOLUTION not in tags:
        return cell
    if cell["cell_type"] == "markdown":
        state = ":open:\n" if audience == TEACHER else ""
        return cell | {"source": f":::{{dropdown}} Løsning\n:class-container: loesning\n{state}\n{text}{answer}\n:::"}
    folded = [] if audience == TEACHER else ["hide-cell"]
    prompts = {"mystnb": {"code_prompt_show": SHOW, "code_prompt_hide": HIDE}}
    return cell | {"metadata": cell["metadata"] | prompts | {"tags": sorted(tags) + folded}, "outputs": []}


def lesson_notebooks() -> list[str]:
    """The chapters that are lessons, in the order of the book."""
    return [chapter for chapter in chapters() if chapter.startswith(LESSONS)]
