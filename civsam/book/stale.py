"""What decides whether a chapter must be run again."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

from civsam.book.contents import FILES, RUN_METADATA, Values, cells, notebook, pages
from civsam.files import HOME, PACKAGE, UserError, project
from civsam.pages import imprint

STATE = "aftryk.json"  # in an edition's work folder: what its parts were made from
ALONE = ("mod", "modramme")  # the parameters that a chapter may do without


def digest(*parts: bytes) -> str:
    """SHA-256 of the parts and their lengths."""
    total = hashlib.sha256()
    for part in parts:
        total.update(f"{len(part)}:".encode() + part)
    return total.hexdigest()


def tree(top: Path, pattern: str = "*") -> bytes:
    """Digest of names and contents of the files below the folder; hidden, compiled and built files left out."""
    parts = []
    for file in sorted(top.rglob(pattern)):
        inside = file.relative_to(top)
        passed = any(part.startswith(".") or part in ("_build", "__pycache__") for part in inside.parts)
        if file.is_file() and not passed:
            parts += [inside.as_posix().encode(), file.read_bytes()]
    return digest(*parts).encode()


def code_digest() -> str:
    """Digest of all of civsam, data and chapters not included."""
    return digest(tree(PACKAGE))


def files_in(values: Values) -> dict[str, str]:
    """The parameters that name a file which is there, with its path."""
    return {name: values[name] for name in FILES if (project.root / values.get(name, ".")).is_file()}


def surroundings(values: Values, *, synthetic: bool = False) -> bytes:
    """Digest of all but the notebook that decides a chapter's outputs: code, data, reference, packages, parameters.

    synthetic: whether the answers are known to be so; whose the project's own editions are then decides nothing.
    """
    reference = project.root / "CITATION.cff"
    return digest(
        tree(PACKAGE, "*.py"),
        tree(project.root / "data"),
        reference.read_bytes() if reference.exists() else b"",
        b"" if synthetic else _whose(),
        *((project.root / path).read_bytes() for path in files_in(values).values()),  # which may lie outside
        (HOME / "requirements.txt").read_bytes(),
        sys.version.encode(),
        json.dumps(values, sort_keys=True).encode(),
    ).encode()


def _whose() -> bytes:
    """What the project says of whose its editions are; nothing where all of it is blank, as a build lays it out."""
    try:
        said = {name: text for name, text in imprint.told().items() if text}
        return json.dumps(said).encode() if said else b""
    except UserError:  # what is wrong is told by who reads it
        return (project.root / imprint.FILE).read_bytes()


def chapter_digest(chapter: str, around: bytes) -> str:
    """Digest of a notebook's sources and cell metadata, without its outputs, and of what surrounds it."""
    kept = []
    for cell in cells(chapter):
        metadata = {key: value for key, value in cell["metadata"].items() if key not in RUN_METADATA}
        kept.append([cell["cell_type"], "".join(cell["source"]), metadata])
    return digest(json.dumps(kept, sort_keys=True).encode(), around)


def seem_changed(edition: str) -> tuple[bool, bool]:
    """Whether a page, and a chapter, seem to have changed since the last build: a guess, for what is begun early."""
    state = project.work / edition / STATE
    code = [*PACKAGE.rglob("*.py")]
    runs = [path for page in pages() if (path := notebook(page)).exists()]
    texts = [path for page in pages() if (path := project.root / f"{page}.md").exists()]
    since = state.stat().st_mtime if state.exists() else 0.0
    chapters, rest = (max((path.stat().st_mtime for path in files), default=0.0) > since
                      for files in (code + runs, texts))
    return chapters or rest, chapters
