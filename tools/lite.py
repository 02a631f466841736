"""Make a site where the lessons run in the reader's own browser (JupyterLite): nothing is installed or served.

Run by `make lite`, outside the standard build, since such a site fetches Python and its packages from other hosts when
somebody runs a lesson. The page chapters/jupyterlite.md says what and from where; an address that it lacks is a fault.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from civsam.book.audience import STUDENTS
from civsam.files import PACKAGE, UserError, project, read_yaml, shown
from civsam.survey.survey import SYNTHETIC
from civsam.teaching import exercises
from civsam.teaching.handout import hand_out

SITE = project.root / "_build" / "lite"
PAGE = project.root / "chapters" / "jupyterlite.md"
JUPYTER = project.root / ".venv-lite" / ("Scripts/jupyter.exe" if sys.platform == "win32" else "bin/jupyter")
KERNEL = {"name": "python", "display_name": "Python (Pyodide)", "language": "python"}
IN_PYODIDE = ("docutils", "matplotlib", "numpy", "packaging", "pandas", "pyarrow", "pyyaml", "scipy", "statsmodels")
ON_PYPI = ("babel", "pybtex", "seaborn")  # pure Python, which Pyodide's own collection lacks
SCRIPT = re.compile(r"https?://[^\"'`\s]+\.m?js\b")


def pinned(name: str) -> str:
    """The package with the version that the project is locked to."""
    locked = (project.root / "requirements.txt").read_text("utf-8")
    return re.search(rf"(?m)^{name}==[^ ;]+", locked).group()


def first_cell() -> dict[str, object]:
    """The cell that fetches what a lesson needs; the rest of the lesson is as everywhere else."""
    packages = " ".join([*IN_PYODIDE, *map(pinned, ON_PYPI)])
    source = ("# Kør denne celle først, og vent på den. Den henter pakker fra andre værter.\n"
              "import sys\n\n"
              "sys.dont_write_bytecode = True\n"
              f"%pip install -q {packages}")
    return {"cell_type": "code", "id": "hent-pakker", "metadata": {}, "source": source, "outputs": [],
            "execution_count": None}


def prepare(lesson: Path) -> None:
    """Give the handed-out lesson the browser's kernel and the cell that fetches packages."""
    content = json.loads(lesson.read_bytes())
    content["metadata"]["kernelspec"] = KERNEL
    content["cells"].insert(0, first_cell())
    lesson.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", "utf-8")


def stage(folder: Path) -> list[Path]:
    """Lay out what the site's reader gets: the lessons without solutions, civsam, and the project's own data.

    Of data only what the project describes, so that answers somebody has laid there stay at home. Raises UserError.
    """
    if exercises.edition().survey.provenance != SYNTHETIC:
        raise UserError(f"{shown(project.data / 'svar.csv')}: svarene er indsamlede og må ikke lægges i en bog til "
                        "andre. Læg de syntetiske tilbage.")
    folder.mkdir(parents=True)
    lessons = [path for path in hand_out(folder, STUDENTS) if path.suffix == ".ipynb"]
    for lesson in lessons:
        prepare(lesson)
    shutil.copytree(PACKAGE, folder / "civsam", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "data").mkdir()
    told = read_yaml(project.data / "datapakke.yml")["ressourcer"]
    described = [project.data / name for name in told if name.endswith(".csv")]
    for path in [*described, *(path for kind in ("yml", "bib", "md") for path in project.data.glob(f"*.{kind}"))]:
        shutil.copy(path, folder / "data")
    return lessons


def build(source: Path) -> None:
    """Let JupyterLite make the site; raises UserError with what it said if it cannot."""
    shutil.rmtree(SITE, ignore_errors=True)
    command = [JUPYTER, "lite", "build", "--lite-dir", source, "--output-dir", SITE, "--apps", "lab",
               "--no-sourcemaps", "--no-unused-shared-packages"]
    done = subprocess.run(command, cwd=source, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise UserError(f"JupyterLite kunne ikke lave siderne. Det skrev:\n{done.stdout[-3000:]}")


def unsaid(site: Path, page: str) -> list[str]:
    """The scripts that the site's kernel and configuration fetch from other hosts, and the page does not name."""
    files = [*site.glob("extensions/@jupyterlite/**/*.js"), *site.glob("**/jupyter-lite.json")]
    named = {address for path in files for address in SCRIPT.findall(path.read_text("utf-8"))}
    return sorted(address for address in named if address not in page)


def main() -> int:
    """Make the site, and tell how it is seen."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            lessons = stage(Path(folder) / "files")
            build(Path(folder))
        if missing := unsaid(SITE, PAGE.read_text("utf-8")):
            raise UserError(f"{shown(PAGE)}: siderne henter {', '.join(missing)}, som ikke står dér. Skriv det.")
    except UserError as fault:
        print(f"Fejl: {fault}", file=sys.stderr)
        return 2
    print(f"{len(lessons)} lektioner ligger i {shown(SITE)}. Se dem sådan: python3 -m http.server -d {shown(SITE)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
