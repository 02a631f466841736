"""Measure the build against Jupyter Book alone and against what the machine allows at best.

Works in a copy of the project in a temporary folder. Every measurement is made ROUNDS times in turn with the others,
and the shortest counts. Ends with status 1 if a limit is broken.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ROUNDS = 2
CHAPTERS_ALONE = """
import json
from civsam import chapters
print(json.dumps([chapters.run_chapter(name, {})[1] for name in chapters.chapters()]))
"""
RENDER = "from civsam import book; book.render(book.Places('standard'))"


def danish(number: float, decimals: int) -> str:
    """The number with a decimal comma."""
    return f"{number:.{decimals}f}".replace(".", ",")


def run(project: Path, *command: str) -> str:
    """What the command writes, run in the project on its own package; raises CalledProcessError with what it said."""
    environment = os.environ | {"PYTHONPATH": str(project), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command[:4])} fejlede:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return done.stdout


def timed(told: str, project: Path, *command: str) -> float:
    """Seconds that the command takes, told as it is done."""
    print(f"  {told:<46}", end="", flush=True)
    started = time.perf_counter()
    run(project, *command)
    took = time.perf_counter() - started
    print(f"{danish(took, 1):>7} s", flush=True)
    return took


def edit_one(project: Path) -> None:
    """Change the code of the chapter that takes neither the most nor the least time, so that it must be run again."""
    times = json.loads((project / "_build" / "arbejde" / "tider.json").read_text("utf-8"))
    path = project / f"{sorted(times, key=times.get)[len(times) // 2]}.ipynb"
    content = json.loads(path.read_text("utf-8"))
    last = [cell for cell in content["cells"] if cell["cell_type"] == "code"][-1]
    last["source"] = ["".join(last["source"]), "\n# rettet"]
    path.write_text(json.dumps(content), "utf-8")


def measure(project: Path) -> dict[str, float]:
    """Seconds of each kind of build, and of the floor: chapters shared evenly among the cores, then rendering."""
    tool = str(Path(sys.executable).with_name("jupyter-book"))
    civsam = (sys.executable, "-m", "civsam.cli", "book")
    took = {}
    shutil.rmtree(project / "_build", ignore_errors=True)
    took["serial"] = timed("jupyter-book build --all, kapitel for kapitel", project, tool, "build", "--all", ".")
    shutil.rmtree(project / "_build")
    took["full"] = timed("civsam book, alt fra ny", project, *civsam)
    edit_one(project)
    took["edit"] = timed("civsam book, et middeltungt kapitel rettet", project, *civsam)
    print(f"  {'hvert kapitel for sig med papermill':<46}", end="", flush=True)
    alone = json.loads(run(project, sys.executable, "-c", CHAPTERS_ALONE).splitlines()[-1])
    print(f"{danish(sum(alone), 1):>7} s", flush=True)
    rendering = timed("siderne alene, uden kørsel", project, sys.executable, "-c", RENDER)
    took["floor"] = max(*alone, sum(alone) / (os.cpu_count() or 1)) + rendering
    return took


def main() -> int:
    """Measure, and print the three ratios with their limits."""
    rounds = []
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "projekt"
        shutil.copytree(ROOT, project, ignore=shutil.ignore_patterns(".*", "_build", "__pycache__"))
        for number in range(1, ROUNDS + 1):
            print(f"Runde {number} af {ROUNDS}", flush=True)
            rounds.append(measure(project))
    best = {name: min(took[name] for took in rounds) for name in rounds[0]}
    ratios = [
        ("alt fra ny, mod jupyter-book", best["full"] / best["serial"], 0.7),
        ("alt fra ny, mod det bedst mulige", best["full"] / best["floor"], 1.3),
        ("ét kapitel rettet, mod jupyter-book", best["edit"] / best["serial"], 0.4),
    ]
    print(f"\n{os.cpu_count()} kerner. Korteste tid af {ROUNDS} runder: "
          + ", ".join(f"{name} {danish(took, 1)} s" for name, took in best.items()))
    for told, ratio, limit in ratios:
        verdict = "ok" if ratio <= limit else "for langsomt"
        print(f"  {told:<38} {danish(ratio, 2)} (højst {danish(limit, 1)}) {verdict}")
    return int(any(ratio > limit for _, ratio, limit in ratios))


if __name__ == "__main__":
    sys.exit(main())
