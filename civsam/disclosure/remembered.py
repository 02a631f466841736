"""What is shown and hidden is worked out once for all chapters of an edition, each of which is a process of its own.

It takes seconds, and a chapter asks for all of it. A build names a folder of its own for it in the environment
(`FOLDER`), which lies where its answers, code, packages and parameters are the same; without it nothing is kept. A file
there holds which numbers are shown, as any reader of the book can see, and no number.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from civsam.files import read_json, write_json

if TYPE_CHECKING:  # a build names the folder, and waits for no statistics
    from civsam.disclosure.tables import Groups, Table

FOLDER = "CIVSAM_SKJULT"


def visible(families: Sequence[tuple[list[Table], Groups]], minimum: int,
            make: Callable[[], Sequence[np.ndarray]]) -> list[np.ndarray]:
    """What `make` gives, boolean arrays (groups, numbers), or what it gave before for the same tables and minimum."""
    folder = os.environ.get(FOLDER)
    if not folder:
        return list(make())
    file = Path(folder, f"{content(families, minimum)[:32]}.json")
    if not (kept := read_json(file).get("vist")):
        kept = [["".join("01"[shown] for shown in row) for row in table.astype(int)] for table in make()]
        write_json(file, {"vist": kept})
    return [np.array([[shown == "1" for shown in row] for row in table]) for table in kept]


def content(families: Sequence[tuple[list[Table], Groups]], minimum: int) -> str:
    """Digest of all that decides what is shown: every number of the tables, who they are of, and the minimum."""
    found = hashlib.sha256(str(minimum).encode())
    parts: list[Table | Groups] = []
    for together, groups in families:
        parts += [groups, *together]
    for part in parts:
        for field in fields(part):
            for one in flat(getattr(part, field.name)):
                found.update(f"\x1f{one.dtype}{one.shape}".encode() + one.tobytes() if isinstance(one, np.ndarray)
                             else f"\x1f{one!r}".encode())
    return found.hexdigest()


def flat(value: object) -> Iterator[object]:
    """What stands in a list or tuple, and in those in it, with where each begins; else the value alone."""
    if isinstance(value, list | tuple):
        yield len(value)
        for one in value:
            yield from flat(one)
    else:
        yield value
