"""What decides whether a chapter must be run again."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

from civsam.book.contents import FILES, RUN_METADATA, Values, cells
from civsam.files import HOME, PACKAGE, project

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


def surroundings(values: Values) -> bytes:
    """Digest of all but the notebook that decides a chapter's outputs: code, data, reference, packages, parameters."""
    reference = project.root / "CITATION.cff"
    return digest(
        tree(PACKAGE, "*.py"),
        tree(project.root / "data"),
        reference.read_bytes() if reference.exists() else b"",
        *((project.root / path).read_bytes() for path in files_in(values).values()),  # which may lie outside
        (HOME / "requirements.txt").read_bytes(),
        sys.version.encode(),
        json.dumps(values, sort_keys=True).encode(),
    ).encode()


def chapter_digest(chapter: str, around: bytes) -> str:
    """Digest of a notebook's sources and cell metadata, without its outputs, and of what surrounds it."""
    kept = []
    for cell in cells(chapter):
        metadata = {key: value for key, value in cell["metadata"].items() if key not in RUN_METADATA}
        kept.append([cell["cell_type"], "".join(cell["source"]), metadata])
    return digest(json.dumps(kept, sort_keys=True).encode(), around)
