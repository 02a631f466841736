"""The pages of the book and the cells of its chapters."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

from civsam.files import UserError, project, read_yaml, shown, without_lines

INJECTED = "injected-parameters"
RUN_METADATA = ("papermill", "execution")
Values = Mapping[str, Any]
FILES = ("data", "ramme", "mod", "modramme")  # the parameters that name a file, or stand for none
NUMBERS = "tal.json"  # lies beside the pages: what the edition shows, for another edition to be held against
NUMBERS_KEY = "tal"  # under which an output carries it in its metadata


# ---- What the book consists of --------------------------------------------------------------------------------------


def files_named(entry: Any) -> Iterator[str]:
    """The files that an entry of _toc.yml names, without suffix, in order."""
    for key, part in entry.items() if isinstance(entry, dict) else enumerate(entry):
        if key in ("root", "file"):
            yield Path(str(part)).with_suffix("").as_posix()
        elif isinstance(part, dict | list):
            yield from files_named(part)


def contents() -> dict[str, Any]:
    """What _toc.yml holds, to keep: nobody else has it. Raises UserError for a file that is no table of contents."""
    path = project.root / "_toc.yml"
    return deepcopy(_parsed(path, path.read_bytes() if path.exists() else b""))


@cache  # by all that it is made of
def _parsed(path: Path, _: bytes) -> dict[str, Any]:
    found = without_lines(read_yaml(path))
    if not isinstance(found.get("root"), str):
        raise UserError(f"{shown(path)}: »root« mangler. Skriv root: og navnet på bogens første side.")
    return found


def pages(toc: Mapping[str, Any] | None = None) -> list[str]:
    """The pages of _toc.yml, or of other contents, without suffix, in order.

    Raises UserError for one that is not there.
    """
    found = list(files_named(toc or contents()))
    for page in found:
        if not notebook(page).exists() and not (project.root / f"{page}.md").exists():
            raise UserError(f"_toc.yml: siden {page} findes ikke, hverken som .ipynb eller .md.")
    return found


def chapters(toc: Mapping[str, Any] | None = None) -> list[str]:
    """The pages that are notebooks. Raises UserError as `pages` does."""
    return [page for page in pages(toc) if notebook(page).exists()]


def notebook(chapter: str) -> Path:
    """The committed notebook of a chapter."""
    return project.root / f"{chapter}.ipynb"


def cells(chapter: str) -> list[dict[str, Any]]:
    """The cells of the committed notebook. Raises UserError for a file that is not a notebook."""
    try:
        return json.loads(notebook(chapter).read_bytes())["cells"]
    except (ValueError, KeyError, TypeError):
        raise UserError(f"{shown(notebook(chapter))}: filen er ikke en gyldig Jupyter-notebook.") from None


def sources(cells: Iterable[dict[str, Any]]) -> list[str]:
    """What each cell says, but for that with the parameters given, which is not the author's."""
    return ["".join(cell["source"]) for cell in cells if INJECTED not in cell["metadata"].get("tags", [])]


def title(chapter: str) -> str:
    """The page's first heading; the name of its file where it has none. That of the first page is the book's."""
    if chapter == pages()[0]:
        return "Forside"
    if notebook(chapter).exists():
        texts = ["".join(cell["source"]) for cell in cells(chapter) if cell["cell_type"] == "markdown"]
    else:
        texts = [(project.root / f"{chapter}.md").read_text("utf-8")]
    lines = (line for text in texts for line in text.splitlines())
    return next((line.removeprefix("# ") for line in lines if line.startswith("# ")), chapter)


def declared(chapter: str) -> set[str]:
    """What a chapter takes: see `declared_in`."""
    return declared_in(cells(chapter))


def declared_in(those: Iterable[Mapping[str, Any]]) -> set[str]:
    """The names in the cell tagged `parameters`, which is where papermill puts values in."""
    marked = [cell for cell in those if "parameters" in cell["metadata"].get("tags", [])]
    return {name for cell in marked for name in re.findall(r"(?m)^(\w+)\s*[:=]", "".join(cell["source"]))}

def escaped(text: str) -> str:
    """The text as Markdown that shows it on one line as typed: no markup, HTML, formula or template comes of it."""
    return re.sub(r"[!#$%&()*+\-:<=>@\[\\\]^_`{|}~]|(?<=\d)\.", r"\\\g<0>", " ".join(text.split()))
