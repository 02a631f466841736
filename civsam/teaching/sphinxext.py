"""What the book hands out with its lessons: a Sphinx extension, listed in ``_config.yml``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from civsam.book.audience import CLASS_DATA, LESSONS
from civsam.book.sphinxext.kept import once


def class_data() -> str:
    """See `lessons.class_data`; its libraries are waited for only where it is made."""
    from civsam.teaching import lessons

    return lessons.class_data()


def add_class_data(app: Sphinx, failure: Exception | None) -> None:
    """Write the answers that the lessons are about beside them, if the book has lessons."""
    lessons = [page for page in app.env.found_docs if page.startswith(LESSONS)]
    if failure is not None or app.builder.format != "html" or not lessons:
        return
    if content := once(app, "klasse", CLASS_DATA, b"", class_data):  # what is kept is of the same code and data
        folder = Path(app.outdir, LESSONS)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / CLASS_DATA).write_bytes(content.encode())


def setup(app: Sphinx) -> dict[str, Any]:
    """Write the files when the book is finished."""
    app.connect("build-finished", add_class_data)
    return {"version": "1", "env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
