"""What the book needs from Sphinx, a module for each: it is an extension, listed in ``_config.yml``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from civsam.book.sphinxext import (
    functions,
    kept,
    left_out,
    lists,
    outputs,
    publishing,
    references,
    search,
    slides,
    theme,
)
from civsam.instrument import forms
from civsam.instrument.questionnaire import read


def add_forms(app: Sphinx, failure: Exception | None) -> None:
    """Write the questionnaire beside the pages: electronic, to print, and as XLSForm."""
    if failure is None and app.builder.format == "html":
        forms.write(read(), Path(app.outdir), "index.html")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register all parts with Sphinx."""
    for part in (functions, kept, left_out, lists, outputs, publishing, references, search, slides, theme):
        part.setup(app)
    app.connect("build-finished", add_forms)
    return {"version": "1", "env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
