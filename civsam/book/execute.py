"""The chapters run side by side, and their results cleaned. What makes one run again is in `stale`."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, ThreadPoolExecutor, as_completed
from errno import ENOSPC
from pathlib import Path
from typing import Any

from civsam.book import passed, warm
from civsam.book.contents import FILES, INJECTED, RUN_METADATA, Values, chapters, declared, notebook
from civsam.book.environment import ONE_THREAD, UNUSED
from civsam.book.stale import ALONE
from civsam.files import UserError, project, read_json, shown, write_if_changed, write_json

TIMES = "tider.json"
TRACE = "fejl.txt"
START_FAULTS = ("Address already in use", "Kernel died before replying", "Kernel didn't respond")


class ChapterError(Exception):
    """A cell failed for a reason that the user cannot mend by other parameters or data. The message is Danish."""


def seconds(duration: float) -> str:
    """A duration as Danish text."""
    return f"{duration:.1f} s".replace(".", ",")


# ---- Running the chapters -------------------------------------------------------------------------------------------


def run_chapter(chapter: str, given: Values) -> tuple[str, float]:
    """The executed, cleaned notebook as text, and how many seconds it took.

    Raises UserError where the chapter met one or does not take the parameters, ChapterError for any other fault.
    """
    takes = declared(chapter)
    if not takes:
        given = {}  # a chapter without parameters is the same in all editions
    given = {name: value for name, value in given.items() if name in takes or name not in ALONE}
    if missing := sorted(set(given) - takes):
        raise UserError(f"{shown(notebook(chapter))}: cellen med parametre mangler {', '.join(missing)}.")
    sys.modules.setdefault(UNUSED, None)
    import papermill  # slow to import, and not needed when nothing has changed
    from jupyter_core.utils import ensure_event_loop

    from civsam.book.kernel import OwnKernel

    started = time.perf_counter()
    for attempt in (1, 2):
        try:
            done = papermill.execute_notebook(
                str(notebook(chapter)), None, dict(given), kernel_name="python3", language="python",
                progress_bar=False, record_timing=False, coalesce_streams=True,
                extra_arguments=["--IPKernelApp.log_level=40"], shutdown_kernel="immediate",
                kernel_manager_class=OwnKernel,
            )
            return cleaned(done, given), time.perf_counter() - started
        except papermill.PapermillExecutionError as fault:
            raise cell_fault(chapter, fault, bool(given)) from None
        except Exception as fault:  # two kernels may pick the same port
            if isinstance(fault, OSError) and fault.errno == ENOSPC:
                raise
            if attempt == 2 or not any(text in str(fault) for text in START_FAULTS):
                raise unmendable(f"kapitlet {chapter} kunne ikke køres", type(fault).__name__, str(fault)) from fault
        finally:
            ensure_event_loop().close()  # this thread's own, which papermill leaves open
    raise AssertionError("unreachable")


def cell_fault(chapter: str, fault: Any, injected: bool) -> Exception:
    """What to say about papermill's fault: a UserError if that is what the cell met, else a ChapterError."""
    number = fault.exec_count - injected if fault.exec_count else "?"
    where = f"kapitlet {chapter}, kodecelle {number}"
    if fault.ename == UserError.__name__:
        return UserError(f"{where}: {fault.evalue}")
    return unmendable(f"{where}: koden gik i stå", fault.ename, "\n".join(fault.traceback))


def unmendable(told: str, kind: str, trace: str) -> ChapterError:
    """The fault told in Danish with its kind; what the tools themselves said, in English, goes to a file."""
    write_if_changed(project.work / TRACE, re.sub(r"\x1b\[[0-9;]*m", "", trace).encode())
    return ChapterError(f"{told} ({kind}). Hele forløbet står i {shown(project.work / TRACE)}.")


def cleaned(done: Any, given: Values) -> str:
    """The executed notebook as text, without times, random names and this machine's paths."""
    import nbformat

    for name in RUN_METADATA:
        done.metadata.pop(name, None)
    done.metadata.get("language_info", {}).pop("version", None)
    for cell in done.cells:
        for name in RUN_METADATA:
            cell.metadata.pop(name, None)
        if INJECTED in cell.metadata.get("tags", []):
            cell.id = INJECTED
            cell.metadata.tags = [INJECTED, "remove-cell"]
            cell.source = "\n".join(f"{name} = {value!r}" for name, value in given.items())
    return without_paths(nbformat.writes(done), given) + "\n"


def without_paths(text: str, given: Values) -> str:
    """The notebook's JSON without paths of this machine: a file from outside shows only its name."""
    named = [given.get(name, "") for name in FILES]
    own = {path: Path(path).name for path in named if Path(path).is_absolute()}
    replaced = {**own, f"{project.root}{os.sep}": "", str(project.root): "."}
    home = Path(os.path.expanduser("~"))
    if home.name:  # else it is the root of all files
        replaced[f"{home}{os.sep}"] = f"~{os.sep}"
    for path, instead in replaced.items():
        text = text.replace(json.dumps(path, ensure_ascii=False)[1:-1], instead)
    return re.sub(r"[^\s\"']*ipykernel_\d+[\\/]+\d+\.py", "<celle>", text)


def run_chapters(wanted: list[str], given: Values, keep: Callable[[str, str, float], object]) -> None:
    """Run chapters side by side, the slowest first; `keep` gets each as it is finished: name, text and seconds.

    Raises UserError or ChapterError for the first chapter that fails, after those under way are finished and kept;
    OSError at once.
    """
    for name in ONE_THREAD:
        os.environ[name] = "1"  # the chapters share the cores; more threads in each only slow them down
    os.chdir(project.root)  # kernels start here
    import matplotlib.font_manager  # noqa: F401  makes the list of fonts, which the first chapters would else tell about

    times, faults = read_json(project.work / TIMES), []
    longest_first = sorted(wanted, key=lambda name: (-times.get(name, 0), -notebook(name).stat().st_size))
    workers = ThreadPoolExecutor(min(os.cpu_count() or 1, len(wanted)))

    def run_unless_failed(chapter: str) -> tuple[str, float]:
        if faults:
            raise CancelledError
        return run_chapter(chapter, given)

    with warm.held(warm.KERNEL, len(wanted) > 1):
        running = {workers.submit(run_unless_failed, chapter): chapter for chapter in longest_first}
        for future in as_completed(running):
            chapter = running[future]
            try:
                text, times[chapter] = future.result()
                keep(chapter, text, times[chapter])
                print(f"  {chapter:<24} {seconds(times[chapter]):>8}", flush=True)
            except CancelledError:
                continue
            except (UserError, ChapterError) as fault:
                faults.append(fault)
            except OSError as fault:
                faults.append(fault)
                raise  # at once: on a full disk no chapter can be kept
    write_json(project.work / TIMES, times)
    if faults:
        raise faults[0]


def refresh(*, raw: bool = False) -> None:
    """Run the committed notebooks with their own defaults and store the outputs in them.

    raw: whether outputs that have not passed the door may be stored, for the answers are synthetic. Raises UserError
    and ChapterError; a notebook that fails, or that shows what it may not, is left as it was.
    """
    def keep(chapter: str, text: str, _: float) -> None:
        passed.check([(chapter, text.encode())], raw=raw)
        write_if_changed(notebook(chapter), text.encode())

    run_chapters(chapters(), {}, keep)
