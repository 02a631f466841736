"""What is shown and hidden is worked out once for all chapters of an edition, each of which is a process of its own.

It takes seconds, and a chapter asks for all of it. A build names a folder of its own for it in the environment
(`FOLDER`), which lies where its answers, code, packages and parameters are the same; without it nothing is kept. A file
there holds which numbers are shown, as any reader of the book can see, and no number.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from civsam.files import read_json, write_json
from civsam.survey.survey import Survey

FOLDER = "CIVSAM_SKJULT"


def visible(survey: Survey, minimum: int, make: Callable[[], Sequence[np.ndarray]]) -> list[np.ndarray]:
    """What `make` gives, boolean arrays (groups, numbers), or what it gave before for the same survey and minimum."""
    folder = os.environ.get(FOLDER)
    if not folder:
        return list(make())
    weights = survey.design.weights.tobytes()
    name = hashlib.sha256(f"{survey.identity} {minimum} {survey.framed}".encode() + weights).hexdigest()[:32]
    file = Path(folder, f"{name}.json")
    if not (kept := read_json(file).get("vist")):
        kept = [["".join("01"[shown] for shown in row) for row in table.astype(int)] for table in make()]
        write_json(file, {"vist": kept})
    return [np.array([[shown == "1" for shown in row] for row in table]) for table in kept]
