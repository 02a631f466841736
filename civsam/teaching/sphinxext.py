"""What the book hands out with its lessons: a Sphinx extension, listed in ``_config.yml``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from civsam.book.audience import LESSONS
from civsam.teaching.lessons import write_class_data


def add_class_data(app: Sphinx, failure: Exception | None) -> None:
    """Write the answers that the lessons are about beside them, if the book has lessons."""
    lessons = [page for page in app.env.found_docs if page.startswith(LESSONS)]
    if failure is None and app.builder.format == "html" and lessons:
        write_class_data(Path(app.outdir, LESSONS))


def setup(app: Sphinx) -> dict[str, Any]:
    """Write the files when the book is finished."""
    app.connect("build-finished", add_class_data)
    return {"version": "1", "env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
