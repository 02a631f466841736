"""What the book hands out with its lessons: a Sphinx extension, listed in ``_config.yml``."""

from __future__ import annotations

from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from civsam.book.audience import CLASS_DATA, DATA_PACK, LESSONS, OTHER_PROGRAMS
from civsam.book.sphinxext.kept import once


def class_data() -> str:
    """See `lessons.class_data`; in base 64, for `once` keeps text. Its libraries are waited for only here."""
    from civsam.teaching import lessons

    return b64encode(lessons.class_data().encode()).decode()


def data_pack() -> str:
    """See `datapack.packed`; in base 64."""
    from civsam.teaching import datapack

    return b64encode(datapack.packed()).decode()


def add_class_data(app: Sphinx, failure: Exception | None) -> None:
    """Write the answers that the lessons are about beside them, for Excel and for others, if the book has lessons."""
    lessons = [page for page in app.env.found_docs if page.startswith(LESSONS)]
    if failure is not None or app.builder.format != "html" or not lessons:
        return
    folder, code = Path(app.outdir, LESSONS), Path(app.srcdir, f"{OTHER_PROGRAMS}.md")
    shown = code.read_bytes() if code.exists() else b""
    for name, made, make in ((CLASS_DATA, b"", class_data), (DATA_PACK, shown, data_pack)):
        if content := once(app, "klasse", name, made, make):  # what is kept is of the same code and data
            folder.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(b64decode(content))


def setup(app: Sphinx) -> dict[str, Any]:
    """Write the files when the book is finished."""
    app.connect("build-finished", add_class_data)
    return {"version": "1", "env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
