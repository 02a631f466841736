"""All profiles of a set: the template run once for each group, shared out, and laid out as a site of its own.

A set is an edition of its own kind: it lies with the books, and is locked, replaced and removed as they are.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from civsam import sharing
from civsam.book import build as book
from civsam.book import passed, releases
from civsam.book.contents import declared_in
from civsam.book.execute import UNUSED
from civsam.book.releases import Trace
from civsam.book.stale import digest, surroundings
from civsam.danish import listed
from civsam.files import UserError, project, shown, write_if_changed
from civsam.profiles import INDEX, Common, Group, ways
from civsam.profiles.render import FILES, Cell, CellFault, html_of, page, with_contents

OWN = "profil.ipynb"  # the project's own template, where there is one
TEMPLATE = Path(__file__).with_name("profil.ipynb")
TAKES = ("efter", "gruppe", "valg")
AGAIN = "De profiler, der lå her før, er urørt."


@dataclass(frozen=True)
class Task:
    """A profile to make: its group and the template's cells with its parameters, and what else it depends on."""

    group: Group
    cells: tuple[Cell, ...]
    values: str  # the edition's parameters that differ from the defaults, as JSON
    around: str
    raw: bool = False  # whether cells may show what has not passed the door

    @property
    def name(self) -> str:
        """Digest of all that the profile depends on."""
        told = asdict(self) | {"cells": [(one.kind, one.source, sorted(one.tags)) for one in self.cells]}
        return digest(json.dumps(told, sort_keys=True).encode())


@dataclass(frozen=True)
class Made:
    """What became of a task: the content of a page, or the reason why not."""

    content: str = ""
    fault: str = ""


def around(values: str, raw: bool = False) -> str:
    """Digest of code, data and parameters, as they were when this process first asked. raw: as of a `Task`."""
    return _around(project.root, values, raw)


@cache  # meant to be old: a worker whose files have changed since is found by it
def _around(root: Path, values: str, raw: bool) -> str:
    return surroundings(json.loads(values), synthetic=raw).decode()


def make(task: Task) -> Made:
    """Run the template for a group. Raises UserError in a process with other code or data than the one that asked."""
    if around(task.values, task.raw) != task.around:
        raise UserError("en arbejder har en anden udgave af civsam eller af filerne end den, der startede kørslen. "
                        "Giv alle arbejdere de samme filer, og start dem igen.")
    try:
        return Made(content=html_of(task.cells, raw=task.raw))
    except CellFault as fault:
        return Made(fault=str(fault))


# ---- The template ----------------------------------------------------------------------------------------------------


def template(path: Path) -> Any:
    """The template as a notebook. Raises UserError for a file that is none, or that lacks a parameter."""
    sys.modules.setdefault(UNUSED, None)  # before papermill is imported
    from nbformat import ValidationError
    from papermill.iorw import load_notebook_node

    try:
        notebook = load_notebook_node(str(path))
    except (ValueError, KeyError, AttributeError, ValidationError):
        raise UserError(f"{shown(path)}: filen er ikke en gyldig Jupyter-notebook.") from None
    if missing := [name for name in TAKES if name not in declared_in(notebook.cells)]:
        raise UserError(f"{shown(path)}: cellen mærket parameters mangler {listed(missing)}.")
    return notebook


def tasks(common: Common, values: Mapping[str, Any], path: Path) -> list[Task]:
    """A task for each group. Raises UserError for a template that cannot be used."""
    from papermill.parameterize import parameterize_notebook

    notebook, given = template(path), json.dumps(values, sort_keys=True)
    raw = passed.raw_allowed(common.edition.about())
    made = []
    for group in common.groups.values():
        filled = parameterize_notebook(
            notebook, {"efter": common.by, "gruppe": group.code, "valg": dict(values)},
            kernel_name="python3", language="python",
        )
        cells = tuple(Cell(cell.cell_type, cell.source, frozenset(cell.metadata.get("tags", [])))
                      for cell in filled.cells)
        made.append(Task(group, cells, given, around(given, raw), raw))
    return made


# ---- The site --------------------------------------------------------------------------------------------------------


def build(
    name: str, common: Common, values: Mapping[str, Any], made_of: list[Trace], *,
    workers: int | None = None, scheduler: str | None = None,
) -> tuple[Path, dict[str, str]]:
    """Make the set of profiles; returns its first page, and by the names of groups why their profiles failed.

    values: the edition's parameters that differ from the defaults. made_of: see `releases`. Raises UserError; the last
    good set then stays.
    """
    places, made = book.Places(name), {}
    with book.locked(places):
        book.recover(places)
        own = project.root / OWN
        work = tasks(common, values, own if own.exists() else TEMPLATE)
        with sharing.progress(len(work), "profiler") as bar:
            for task, result in sharing.shared_out(make, work, workers, scheduler, AGAIN):
                made[task.group.code] = result
                bar.update()
        broken = {group.name: made[code].fault for code, group in common.groups.items() if made[code].fault}
        if len(broken) == len(made):
            first, why = next(iter(broken.items()))
            raise UserError(f"ingen profil kunne laves. {first}: {why}\n{AGAIN}")
        html = lay_out(places.work / "profiler", common, made)
        releases.publish(places, html, made_of)
    return places.book / INDEX, broken


def lay_out(folder: Path, common: Common, made: Mapping[str, Made]) -> Path:
    """Write all pages, the list of them, and what they use to a new folder, and return it."""
    shutil.rmtree(folder, ignore_errors=True)
    survey, groups = common.edition.survey, list(common.groups.values())
    title = survey.questionnaire.title
    for before, group, following in zip([None, *groups], groups, [*groups[1:], None], strict=False):
        content, headings = with_contents(made[group.code].content)
        write_if_changed(folder / group.address, page(
            "profil.html", group=group, title=title, content=content, headings=headings, before=before,
            following=following))
    write_if_changed(folder / INDEX, page(
        "oversigt.html", groups=groups, title=title, by=ways(survey)[common.by], banner=common.edition.banner(),
        tiles=any(group.tile for group in groups), broken={code for code, one in made.items() if one.fault}))
    for file in FILES:
        write_if_changed(folder / "_static" / file.name, file.read_bytes())
    return folder
