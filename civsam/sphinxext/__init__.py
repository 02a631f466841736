"""What the book needs from Sphinx, a module for each: it is an extension, listed in ``_config.yml``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from civsam import forms
from civsam.questionnaire import read
from civsam.sphinxext import outputs, references, theme


def add_forms(app: Sphinx, failure: Exception | None) -> None:
    """Write the questionnaire beside the pages: electronic, to print, and as XLSForm."""
    if failure is None and app.builder.format == "html":
        forms.write(read(), Path(app.outdir), "index.html")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register all parts with Sphinx."""
    for part in (outputs, references, theme):
        part.setup(app)
    app.connect("build-finished", add_forms)
    return {"version": "1", "env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
