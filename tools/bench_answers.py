"""How long an answer file takes to check, against pandas reading the same file as text: side by side in one run.

    python tools/bench_answers.py [rows] [faults]

rows: 200,000 unless told. faults: percent of the rows with a wrong cell, 1 unless told. The limit is 5 times pandas.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from civsam.files import project
from civsam.instrument import questionnaire
from civsam.intake import answers

LIMIT = 5.0
ROUNDS = 3


def write_file(path: Path, rows: int, faults: float, key: str) -> None:
    """The standard answers over and over: Danish Excel's form, a key of its own and some free text in each row."""
    rng = np.random.default_rng(1)
    good = pd.read_csv(project.data / "svar.csv", dtype=str, keep_default_na=False)
    table = good.iloc[rng.integers(0, len(good), rows)].reset_index(drop=True)
    table[key] = [f"r{number}" for number in range(rows)]
    table.iloc[:, -1] = [f"Nr. {number}, blåbærgrød; \"mere\"" if number % 3 else "" for number in range(rows)]
    wrong = rng.random(rows) < faults / 100
    table.loc[wrong, "pol_fokus"] = "måske"
    table.to_csv(path, sep=";", index=False, encoding="cp1252", lineterminator="\r\n")


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds of wall time, and what came of it."""
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def main() -> int:
    """Measure in turn, keep the best of each, print the ratio; exit status 1 above the limit."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    faults = float(sys.argv[2]) if len(sys.argv) > 2 else 1.0
    instrument = questionnaire.read()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "svar.csv")
        write_file(path, rows, faults, instrument.key)
        print(f"{rows} rows, {path.stat().st_size / 1e6:.0f} MB, {faults:g} percent of the rows wrong", flush=True)
        pandas, ours = [], []
        for turn in range(1, ROUNDS + 1):
            seconds, table = timed(lambda: pd.read_csv(path, sep=";", encoding="cp1252", dtype=str))
            pandas.append(seconds)
            seconds, reading = timed(lambda: answers.check(path, instrument, None))
            ours.append(seconds)
            assert len(table) == len(reading.answers) + len(reading.rejected)
            print(f"  turn {turn}: pandas {pandas[-1]:.2f} s, check {ours[-1]:.2f} s, "
                  f"{len(reading.faults)} faults found", flush=True)
            del table, reading
    ratio = min(ours) / min(pandas)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"ratio {ratio:.2f} (limit {LIMIT:g}), peak memory of both {peak:.1f} GB")
    return int(ratio > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
