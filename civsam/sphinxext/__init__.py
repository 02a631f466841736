"""What the book needs from Sphinx, a module for each: it is an extension, listed in ``_config.yml``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from civsam import forms
from civsam.audience import LESSONS
from civsam.questionnaire import read
from civsam.sphinxext import lists, outputs, publishing, references, search, slides, statements, theme


def add_forms(app: Sphinx, failure: Exception | None) -> None:
    """Write the questionnaire beside the pages: electronic, to print, and as XLSForm."""
    if failure is None and app.builder.format == "html":
        forms.write(read(), Path(app.outdir), "index.html")


def add_class_data(app: Sphinx, failure: Exception | None) -> None:
    """Write the answers that the lessons are about beside them, if the book has lessons."""
    lessons = [page for page in app.env.found_docs if page.startswith(LESSONS)]
    if failure is None and app.builder.format == "html" and lessons:
        from civsam.opgave import write_class_data

        write_class_data(Path(app.outdir, LESSONS))


def setup(app: Sphinx) -> dict[str, Any]:
    """Register all parts with Sphinx."""
    for part in (lists, outputs, publishing, references, search, slides, statements, theme):
        part.setup(app)
    app.connect("build-finished", add_forms)
    app.connect("build-finished", add_class_data)
    return {"version": "1", "env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
