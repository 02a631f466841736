"""Measure the build against Jupyter Book alone: all of it, one edit, nothing, and while it is followed.

Works in a copy of the project in a temporary folder. Every measurement is made ROUNDS times in turn with the others,
and the shortest counts. The edited book is held, byte by byte, against one from nothing. Prints each ratio with its
limit and what it was last time, which is kept in RECORD. Ends with status 1 if a limit is broken, or the books differ.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RECORD = ROOT / "tools" / "bench.json"
ROUNDS = 2
CIVSAM = (sys.executable, "-m", "civsam.cli", "book")
PAGE = "rettelser.md"
RUN = "koersel.js"  # tells when it was built
LIMITS = {  # of the serial build; seconds for what is not a ratio
    "alt fra ny": 0.42, "én celle rettet": 0.08, "én side rettet": 0.05,
    "én celle rettet, bogen følges": 0.08, "én side rettet, bogen følges": 0.05,
}
NOTHING, SECONDS = "intet ændret", 2.0


def danish(number: float, decimals: int) -> str:
    """The number with a decimal comma."""
    return f"{number:.{decimals}f}".replace(".", ",")


def environment(project: Path) -> dict[str, str]:
    """The same for all: the project's own package, and one thread a process."""
    return os.environ | {"PYTHONPATH": str(project), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1",
                         "PYTHONUNBUFFERED": "1"}


def timed(told: str, act: Callable[[], object]) -> float:
    """Seconds that it takes, told as it is done."""
    print(f"  {told:<46}", end="", flush=True)
    started = time.perf_counter()
    act()
    took = time.perf_counter() - started
    print(f"{danish(took, 1):>7} s", flush=True)
    return took


def run(project: Path, *command: str) -> None:
    """Run the command in the project; ends with what it said where it fails."""
    done = subprocess.run(command, cwd=project, env=environment(project), capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command[:4])} fejlede:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")


# ---- Edits


def edit_cell(project: Path) -> None:
    """Change the code of the chapter that takes neither the most nor the least time, so that it must be run again."""
    times = json.loads((project / "_build" / "arbejde" / "tider.json").read_text("utf-8"))
    path = project / f"{sorted(times, key=times.get)[len(times) // 2]}.ipynb"
    content = json.loads(path.read_text("utf-8"))
    last = [cell for cell in content["cells"] if cell["cell_type"] == "code"][-1]
    last["source"] = ["".join(last["source"]), f"\n# rettet {time.time()}"]
    path.write_text(json.dumps(content), "utf-8")


def edit_page(project: Path) -> None:
    """Add a paragraph to a page of text."""
    with (project / PAGE).open("a", encoding="utf-8") as page:
        page.write(f"\nEt afsnit til {time.time()}.\n")


class Followed:
    """The book while it is followed: `edit` returns when the open page has been told."""

    def __init__(self, project: Path) -> None:
        """Start to follow it, and open a page."""
        self.project = project
        self.process = subprocess.Popen([*CIVSAM, "--watch"], cwd=project, env=environment(project),
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        address = next(found[0] for line in self.process.stdout if (found := re.search(r"http://[\d.:]+/", line)))
        self.news = urllib.request.urlopen(f"{address}.nyt")
        self.told()

    def told(self) -> None:
        """Wait for the next news."""
        if not self.news.readline() or not self.news.readline():
            sys.exit("Bogen følges ikke mere.")

    def edit(self, make: Callable[[Path], None]) -> None:
        """Change a source, and wait until it is seen."""
        make(self.project)
        self.told()

    def stop(self) -> None:
        """Stop following it."""
        self.process.send_signal(signal.SIGINT)
        self.process.communicate()


# ---- All


def book(project: Path) -> dict[str, bytes]:
    """The files of the finished book, but for when it was built."""
    site = project / "_build" / "udgaver" / "standard"
    return {file.relative_to(site).as_posix(): file.read_bytes() for file in site.rglob("*")
            if file.is_file() and file.name != RUN}


def measure(project: Path) -> dict[str, float]:
    """Seconds of each kind of build; ends where the edited book is not the one from nothing."""
    jupyter_book = str(Path(sys.executable).with_name("jupyter-book"))
    shutil.rmtree(project / "_build", ignore_errors=True)
    took = {"serial": timed("jupyter-book build --all, kapitel for kapitel",
                            lambda: run(project, jupyter_book, "build", "--all", "."))}
    shutil.rmtree(project / "_build")
    took["alt fra ny"] = timed("alt fra ny", lambda: run(project, *CIVSAM))
    took[NOTHING] = timed(NOTHING, lambda: run(project, *CIVSAM))
    for name, edit in (("én celle rettet", edit_cell), ("én side rettet", edit_page)):
        edit(project)
        took[name] = timed(name, lambda: run(project, *CIVSAM))
    followed = Followed(project)
    for name, edit in (("én celle rettet, bogen følges", edit_cell), ("én side rettet, bogen følges", edit_page)):
        took[name] = timed(name, lambda edit=edit: followed.edit(edit))
    followed.stop()
    edited = book(project)
    shutil.rmtree(project / "_build")
    took["alt fra ny"] = min(took["alt fra ny"], timed("alt fra ny, med rettelserne", lambda: run(project, *CIVSAM)))
    new = book(project)
    if differ := sorted(name for name in new.keys() | edited.keys() if new.get(name) != edited.get(name)):
        sys.exit(f"Den rettede bog er en anden end den, der er lavet fra ny: {', '.join(differ[:9])}")
    print(f"  {len(new)} filer er de samme, byte for byte")
    return took


def main() -> int:
    """Measure, print all ratios with their limits and those of last time, and keep them."""
    rounds = []
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "projekt"
        shutil.copytree(ROOT, project, ignore=shutil.ignore_patterns(".*", "_build", "__pycache__"))
        for number in range(1, ROUNDS + 1):
            print(f"Runde {number} af {ROUNDS}", flush=True)
            rounds.append(measure(project))
    best = {name: min(took[name] for took in rounds) for name in rounds[0]}
    now = {name: round(best[name] / best["serial"], 3) for name in LIMITS} | {NOTHING: round(best[NOTHING], 1)}
    last = json.loads(RECORD.read_text("utf-8")) if RECORD.exists() else {}
    print(f"\n{os.cpu_count()} kerner. Korteste tid af {ROUNDS} runder, mod jupyter-book: "
          f"{danish(best['serial'], 1)} s. Sidst: {last.get('dato', 'ikke målt')}")
    for name, limit in (LIMITS | {NOTHING: SECONDS}).items():
        unit, before = (" s" if name == NOTHING else ""), last.get("tal", {}).get(name)
        told = f"(højst {danish(limit, 2)}{unit}; sidst {danish(before, 3) if before is not None else '-'})"
        print(f"  {name:<32} {danish(now[name], 3)}{unit} {told} {'ok' if now[name] <= limit else 'for langsomt'}")
    record = {"dato": date.today().isoformat(), "kerner": os.cpu_count(), "serial": best["serial"], "tal": now}
    RECORD.write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return int(any(now[name] > limit for name, limit in (LIMITS | {NOTHING: SECONDS}).items()))


if __name__ == "__main__":
    sys.exit(main())
