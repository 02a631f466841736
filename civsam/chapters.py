"""The chapters: what decides whether one must be run again, running them side by side, and cleaning the results."""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import CancelledError, ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import yaml

from civsam.files import HOME, PACKAGE, ROOT, UserError, shown

WORK = ROOT / "_build" / "arbejde"
TIMES = WORK / "tider.json"
TRACE = WORK / "fejl.txt"
RUN_METADATA = ("papermill", "execution")
INJECTED = "injected-parameters"
FILES = ("data", "ramme", "mod", "modramme")  # the parameters that name a file, or stand for none
ALONE = ("mod", "modramme")  # the parameters that a chapter may do without
NUMBERS = "tal.json"  # lies beside the pages: what the edition shows, for another edition to be held against
NUMBERS_KEY = "tal"  # under which an output carries it in its metadata
UNUSED = "rfc3987_syntax"  # jsonschema imports it where it is found: 1.4 s for a grammar that nobody here asks for
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
START_FAULTS = ("Address already in use", "Kernel died before replying", "Kernel didn't respond")

Values = Mapping[str, Any]


class ChapterError(Exception):
    """A cell failed for a reason that the user cannot mend by other parameters or data. The message is Danish."""


def seconds(duration: float) -> str:
    """A duration as Danish text."""
    return f"{duration:.1f} s".replace(".", ",")


def write_if_changed(path: Path, content: bytes) -> bool:
    """Write the file unless it holds just that; a reader never sees half a file. True if it was written."""
    if path.exists() and path.read_bytes() == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.{os.getpid()}")
    half.write_bytes(content)
    half.replace(path)
    return True


def read_json(path: Path) -> dict[str, Any]:
    """The object in the file; empty where there is none, or none that can be read."""
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write the object, keys sorted."""
    write_if_changed(path, json.dumps(content, indent=1, sort_keys=True).encode())


# ---- What the book consists of --------------------------------------------------------------------------------------


def files_named(entry: Any) -> Iterator[str]:
    """The files that an entry of _toc.yml names, without suffix, in order."""
    for key, part in entry.items() if isinstance(entry, dict) else enumerate(entry):
        if key in ("root", "file"):
            yield Path(part).with_suffix("").as_posix()
        elif isinstance(part, dict | list):
            yield from files_named(part)


def contents() -> dict[str, Any]:
    """What _toc.yml holds."""
    return yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))


def pages() -> list[str]:
    """The pages of _toc.yml, without suffix, in order. Raises UserError for one that is not there."""
    found = list(files_named(contents()))
    for page in found:
        if not notebook(page).exists() and not (ROOT / f"{page}.md").exists():
            raise UserError(f"_toc.yml: siden {page} findes ikke, hverken som .ipynb eller .md.")
    return found


def chapters() -> list[str]:
    """The pages that are notebooks. Raises UserError as `pages` does."""
    return [page for page in pages() if notebook(page).exists()]


def notebook(chapter: str) -> Path:
    """The committed notebook of a chapter."""
    return ROOT / f"{chapter}.ipynb"


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
    return {name: values[name] for name in FILES if (ROOT / values.get(name, ".")).is_file()}


def surroundings(values: Values) -> bytes:
    """Digest of all but the notebook that decides a chapter's outputs: code, data, reference, packages, parameters."""
    reference = ROOT / "CITATION.cff"
    return digest(
        tree(PACKAGE, "*.py"),
        tree(ROOT / "data"),
        reference.read_bytes() if reference.exists() else b"",
        *((ROOT / path).read_bytes() for path in files_in(values).values()),  # which may lie outside the project
        (HOME / "requirements.txt").read_bytes(),
        sys.version.encode(),
        json.dumps(values, sort_keys=True).encode(),
    ).encode()


def cells(chapter: str) -> list[dict[str, Any]]:
    """The cells of the committed notebook. Raises UserError for a file that is not a notebook."""
    try:
        return json.loads(notebook(chapter).read_bytes())["cells"]
    except (ValueError, KeyError, TypeError):
        raise UserError(f"{shown(notebook(chapter))}: filen er ikke en gyldig Jupyter-notebook.") from None


def title(chapter: str) -> str:
    """The chapter's first heading; the name of its file where it has none. That of the first page is the book's."""
    if chapter == pages()[0]:
        return "Forside"
    lines = (line for cell in cells(chapter) if cell["cell_type"] == "markdown"
             for line in "".join(cell["source"]).splitlines())
    return next((line.removeprefix("# ") for line in lines if line.startswith("# ")), chapter)


def declared(chapter: str) -> set[str]:
    """What a chapter takes: see `declared_in`."""
    return declared_in(cells(chapter))


def declared_in(those: Iterable[Mapping[str, Any]]) -> set[str]:
    """The names in the cell tagged `parameters`, which is where papermill puts values in."""
    marked = [cell for cell in those if "parameters" in cell["metadata"].get("tags", [])]
    return {name for cell in marked for name in re.findall(r"(?m)^(\w+)\s*[:=]", "".join(cell["source"]))}


def chapter_digest(chapter: str, around: bytes) -> str:
    """Digest of a notebook's sources and cell metadata, without its outputs, and of what surrounds it."""
    kept = []
    for cell in cells(chapter):
        metadata = {key: value for key, value in cell["metadata"].items() if key not in RUN_METADATA}
        kept.append([cell["cell_type"], "".join(cell["source"]), metadata])
    return digest(json.dumps(kept, sort_keys=True).encode(), around)


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

    started = time.perf_counter()
    for attempt in (1, 2):
        try:
            done = papermill.execute_notebook(
                str(notebook(chapter)), None, dict(given), kernel_name="python3", language="python",
                progress_bar=False, record_timing=False, coalesce_streams=True,
                extra_arguments=["--IPKernelApp.log_level=40"], shutdown_kernel="immediate",
            )
            return cleaned(done, given), time.perf_counter() - started
        except papermill.PapermillExecutionError as fault:
            raise cell_fault(chapter, fault, bool(given)) from None
        except Exception as fault:  # two kernels may pick the same port
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
    write_if_changed(TRACE, re.sub(r"\x1b\[[0-9;]*m", "", trace).encode())
    return ChapterError(f"{told} ({kind}). Hele forløbet står i {shown(TRACE)}.")


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
    replaced = {**own, f"{ROOT}{os.sep}": "", str(ROOT): "."}
    home = Path(os.path.expanduser("~"))
    if home.name:  # else it is the root of all files
        replaced[f"{home}{os.sep}"] = f"~{os.sep}"
    for path, instead in replaced.items():
        text = text.replace(json.dumps(path, ensure_ascii=False)[1:-1], instead)
    return re.sub(r"[^\s\"']*ipykernel_\d+[\\/]+\d+\.py", "<celle>", text)


def run_chapters(wanted: list[str], given: Values, keep: Callable[[str, str, float], object]) -> None:
    """Run chapters side by side, the slowest first; `keep` gets each as it is finished: name, text and seconds.

    Raises UserError or ChapterError for the first chapter that fails, after those under way are finished and kept.
    """
    for name in ONE_THREAD:
        os.environ[name] = "1"  # the chapters share the cores; more threads in each only slow them down
    os.chdir(ROOT)  # kernels start here
    import matplotlib.font_manager  # noqa: F401  makes the list of fonts, which the first chapters would else tell about

    times, faults = read_json(TIMES), []
    longest_first = sorted(wanted, key=lambda name: (-times.get(name, 0), -notebook(name).stat().st_size))
    workers = ThreadPoolExecutor(min(os.cpu_count() or 1, len(wanted)))

    def run_unless_failed(chapter: str) -> tuple[str, float]:
        if faults:
            raise CancelledError
        return run_chapter(chapter, given)

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
    write_json(TIMES, times)
    if faults:
        raise faults[0]


def refresh() -> None:
    """Run the committed notebooks with their own defaults and store the outputs in them.

    Raises UserError and ChapterError; a notebook that fails is left as it was.
    """
    run_chapters(chapters(), {}, lambda chapter, text, _: write_if_changed(notebook(chapter), text.encode()))
