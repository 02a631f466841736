"""A grid shared out in parts over this machine's cores or a Dask cluster, stopped and taken up again, and collected.

A part is some replications of one `Drawing` with all its analyses. Its counts are kept in a file named by a digest of
all that they depend on, so a finished part is never done again, and one that is half done leaves nothing.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import scipy

from civsam import __version__, sharing
from civsam.book.stale import digest
from civsam.files import PACKAGE, UserError, per_project, project, write_if_changed
from civsam.laboratory import judge, summary
from civsam.laboratory.declare import FACTORS, Analysis, Drawing, Grid

FOLDER = "scenarier"  # of what is built
LENGTH = 250  # replications in a part: about a second's work
CODE = ("study/assumed", "study/modelled", "study/simulate", "study/register", "study/claims", "inference/weighting",
        "inference/raking", "inference/estimate", "inference/groups", "inference/intervals", "inference/settled",
        "inference/statistics", "inference/variance", "inference/compare", "survey/design", "laboratory/declare",
        "laboratory/draw", "laboratory/truths", "laboratory/weigh", "laboratory/estimates", "laboratory/reduced",
        "laboratory/judge")
INPUT = ("spoergeskema.yml", "ramme.csv", "kommuner.csv", "antagelser.yml", "scenarier_antagelser.yml", "paastande.yml",
         "publicerede_tal.csv")
AGAIN = "De færdige dele er gemt: kør samme kommando igen for at gøre resten."
DIGITS = 6  # that the summary keeps, of numbers that may differ in the last bits between machines


@per_project
def model() -> str:
    """Digest of the code and data that the counts depend on."""
    files = [*(PACKAGE / f"{name}.py" for name in CODE), *(project.data / name for name in INPUT)]
    return digest(*(path.read_bytes() for path in files), np.__version__.encode(), scipy.__version__.encode())


class Named:
    """A piece of work that is named by its fields: all that its result depends on."""

    @property
    def name(self) -> str:
        """Digest of the fields."""
        return digest(json.dumps(asdict(self), sort_keys=True).encode())


@dataclass(frozen=True)
class Part(Named):
    """The replications from start to before stop of one way to carry the survey out, with its analyses."""

    drawing: Drawing
    analyses: tuple[Analysis, ...]
    seed: int
    start: int
    stop: int
    model: str


def parts(grid: Grid) -> dict[Drawing, list[Part]]:
    """The work of a grid, by drawing in the grid's order."""
    analyses: dict[Drawing, list[Analysis]] = {}
    for one in grid.scenarios:
        analyses.setdefault(one.drawing, []).append(one.analysis)
    return {drawing: [Part(drawing, tuple(those), grid.seed, start, min(start + LENGTH, grid.replications), model())
                      for start in range(0, grid.replications, LENGTH)] for drawing, those in analyses.items()}


def done(part: Part) -> judge.Tally:
    """The counts of a part. Raises UserError where this process has other code or data than the one that asked."""
    if model() != part.model:
        raise UserError("en arbejder har en anden udgave af civsam eller af data/ end den, der startede kørslen. "
                        "Giv alle arbejdere den samme.")
    return judge.tally(part.drawing, list(part.analyses), part.seed, part.start, part.stop)


# ---- What is finished ------------------------------------------------------------------------------------------------


def place(part: sharing.Part, folder: Path) -> Path:
    """Where the counts of a part are kept."""
    return folder / "dele" / f"{part.name}.npz"


def keep(part: sharing.Part, counts: judge.Tally, folder: Path) -> None:
    """Store the counts; a reader never sees half of them."""
    stream = io.BytesIO()
    np.savez(stream, **counts)
    write_if_changed(place(part, folder), stream.getvalue())


def kept(part: sharing.Part, folder: Path) -> judge.Tally | None:
    """The stored counts, None where there are none that can be read."""
    try:
        with np.load(place(part, folder)) as stored:
            return {name: stored[name] for name in stored.files}
    except (OSError, ValueError, EOFError, KeyError):
        return None


# ---- The whole grid --------------------------------------------------------------------------------------------------


def run(grid: Grid, folder: Path, workers: int | None = None, scheduler: str | None = None) -> pd.DataFrame:
    """The summary of a grid, after the parts that are not finished are. Raises UserError.

    folder: where finished parts are kept; workers: processes on this machine, as many as its cores unless given;
    scheduler: the address of a Dask cluster.
    """
    finish(done, [part for those in parts(grid).values() for part in those], folder, workers, scheduler)
    return collect(grid, folder)


def finish(
    do: Callable[[Any], judge.Tally], every: Sequence[sharing.Part], folder: Path, workers: int | None = None,
    scheduler: str | None = None,
) -> None:
    """Do the parts whose counts are not kept yet, and keep them. Raises UserError, as `run`."""
    todo = [part for part in every if kept(part, folder) is None]
    with sharing.progress(len(every), "dele") as bar:
        bar.update(len(every) - len(todo))
        for part, counts in sharing.shared_out(do, todo, workers, scheduler, AGAIN):
            keep(part, counts, folder)
            bar.update()


def collect(grid: Grid, folder: Path) -> pd.DataFrame:
    """The summary of a grid whose parts are all finished: as `summary` has it, with a column for each factor."""
    totals: dict[Drawing, judge.Tally] = {}
    for drawing, those in parts(grid).items():
        for part in those:
            total, counts = totals.setdefault(drawing, {}), kept(part, folder)
            totals[drawing] = {name: total.get(name, 0) + array for name, array in counts.items()}
    seen: dict[Drawing, int] = dict.fromkeys(totals, -1)
    rows = []
    for number, one in enumerate(grid.scenarios, 1):
        seen[one.drawing] += 1
        rows.append(summary.summary(number, totals[one.drawing], seen[one.drawing]).assign(**one.values))
    return tidy(pd.concat(rows, ignore_index=True))


def tidy(table: pd.DataFrame) -> pd.DataFrame:
    """The rows with empty text where there is none, and of real numbers the digits that all machines agree on."""
    text = ["target", "kind", "name", "statistic", "item", "answer", "by", "a", "b"]
    table[text] = table[text].fillna("").astype(str)
    real = table.columns.difference([*text, "scenario", "used", *FACTORS])
    return table.assign(**{name: table[name].map(lambda x: float(f"{x:.{DIGITS}g}")) for name in real})


def write(grid: Grid, table: pd.DataFrame, path: Path) -> None:
    """The summary as Parquet, with what it was made of: see `made_of`."""
    made = {"civsam": __version__, "gitter": grid.digest, "model": model(), "tabel": content(table)}
    schema = pa.Table.from_pandas(table, preserve_index=False)
    stream = io.BytesIO()
    pq.write_table(schema.replace_schema_metadata({"civsam": json.dumps(made)}), stream, compression="zstd")
    write_if_changed(path, stream.getvalue())


def content(table: pd.DataFrame) -> str:
    """Digest of the numbers and words of a summary."""
    return digest(table.to_csv(index=False, lineterminator="\n").encode())


def read(path: Path) -> pd.DataFrame:
    """A summary as `write` left it."""
    return pq.read_table(path).to_pandas()


def made_of(path: Path) -> dict[str, str]:
    """Version of civsam, and digests of grid, model and table."""
    return json.loads(pq.read_schema(path).metadata[b"civsam"])
