"""Work in parts, shared out over this machine's cores or a Dask cluster; parts come back as they are finished."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from typing import Any, Protocol, TypeVar

from joblib import Parallel, cpu_count, delayed, parallel_config
from tqdm import tqdm

from civsam.files import UserError

PATIENCE = 3  # times in a row that workers may be lost without a part being finished
WAIT = 10  # seconds for a cluster's scheduler to answer


class Part(Protocol):
    """A piece of work. name: a digest of all that its result depends on."""

    name: str


P = TypeVar("P", bound=Part)
Work = Callable[[P], Any]


class WorkerLost(Exception):
    """A process that worked for us has died."""


def shared_out(
    do: Work[P], todo: Iterable[P], workers: int | None = None, scheduler: str | None = None, again: str = ""
) -> Iterator[tuple[P, Any]]:
    """Each part with what `do` (a function of a module) makes of it, as they are finished. Raises UserError.

    workers: processes on this machine, as many as its cores unless given. scheduler: the address of a Dask cluster,
    whose workers may come and go. again: what to say to who is stopped by lost workers or a lost cluster.
    """
    left, lost = {part.name: part for part in todo}, 0
    while left:
        those = list(left.values())
        try:
            for part, made in on_cluster(do, those, scheduler, again) if scheduler else here(do, those, workers):
                del left[part.name]
                lost = 0
                yield part, made
        except WorkerLost:
            lost += 1
            if lost == PATIENCE:
                raise UserError(f"arbejderne døde {PATIENCE} gange i træk. Er der hukommelse nok? {again}") from None


def _with_part(do: Work[P], part: P) -> tuple[P, Any]:
    return part, do(part)


def here(do: Work[P], todo: list[P], workers: int | None) -> Iterator[tuple[P, Any]]:
    """Parts as they are finished by this machine's cores. Raises WorkerLost."""
    try:
        with parallel_config("loky", n_jobs=min(workers or cpu_count(), len(todo)), inner_max_num_threads=1):
            made = Parallel(return_as="generator_unordered", batch_size=1)
            yield from made(map(delayed(partial(_with_part, do)), todo))
    except BrokenProcessPool:
        raise WorkerLost from None


def on_cluster(do: Work[P], todo: list[P], address: str, again: str = "") -> Iterator[tuple[P, Any]]:
    """Parts as they are finished by a Dask cluster. Raises WorkerLost and UserError."""
    try:
        from distributed import CancelledError, Client, KilledWorker, as_completed
    except ImportError:
        raise UserError("--scheduler kræver pakken distributed. Installér den med: pip install distributed") from None
    try:
        client: Any = Client(address, timeout=WAIT)
    except (OSError, ValueError, TypeError):
        raise UserError(f"der er ingen Dask-planlægger på {address}. Start den med: dask scheduler, og skriv den "
                        "adresse, den selv oplyser, for eksempel tcp://127.0.0.1:8786.") from None
    with client:
        try:
            running = client.map(partial(_with_part, do), todo, key=[part.name for part in todo])
            for _, finished in as_completed(running, with_results=True):
                yield finished
        except KilledWorker:
            raise WorkerLost from None
        except (OSError, CancelledError):
            raise UserError(f"forbindelsen til {address} gik tabt. {again}") from None
        except ModuleNotFoundError as fault:
            raise UserError(f"en arbejder mangler pakken {fault.name}. Giv alle arbejdere det samme miljø.") from None


def progress(total: int, what: str) -> tqdm:
    """Parts (in words) finished and time left; where nobody is watching, seldom."""
    told = "{percentage:3.0f} % |{bar:20}| {n_fmt} af {total_fmt} " + what + ", {remaining} tilbage"
    return tqdm(total=total, bar_format=told, mininterval=0.2 if sys.stderr.isatty() else 15)
