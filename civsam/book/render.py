"""Pages rendered by Jupyter Book: those that changed, where the last book stands on the same ground; else all.

What the next build goes on from is a copy: what Sphinx has read, the pictures and files of the pages, and the finished
pages. It is put in place only when a book has been rendered without a warning, so that a build that failed or was
stopped leaves nothing behind. Which pages are read and written again is decided in `sphinxext.kept`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from errno import ENOSPC
from pathlib import Path

from civsam.book import warm
from civsam.book.environment import clean_environment
from civsam.book.execute import ChapterError
from civsam.book.stale import digest, tree
from civsam.files import HOME, PACKAGE, project, shown

JUPYTER_BOOK = "from civsam.book.jupyter_book import main; main()"
GROUND = "grundlag"  # beside what is kept: digest of what it stands on
PAGES = (".md", ".ipynb")
READ = (".doctrees", "jupyter_execute")  # what Sphinx and MyST-NB keep of pages


def sources(stage: Path) -> list[Path]:
    """What is staged: the pages' sources, settings and contents; not what is made of them."""
    found = (file.relative_to(stage) for file in sorted(stage.rglob("*")) if file.is_file())
    return [file for file in found if file.parts[0] != "_build"]


def ground(stage: Path) -> bytes:
    """Digest of all that decides a book but what its pages say: settings, contents, code, data, packages, Python."""
    beside = [HOME / "requirements.txt", project.root / "CITATION.cff"]
    beside += [stage / file for file in sources(stage) if file.suffix not in PAGES]
    return digest(
        *(str(stage / file).encode() for file in sources(stage)),
        *(file.read_bytes() if file.exists() else b"" for file in beside),
        tree(PACKAGE), tree(project.data), sys.version.encode(),
    ).encode()


def render(stage: Path, kept: Path, now: bytes) -> Path:
    """Render the staged sources with Jupyter Book, and return the folder of pages.

    kept: what the last build left, where `now`, the ground, is as it was then; where going on from it fails, all is
    made from nothing. Warnings are faults: raises ChapterError with what Jupyter Book said; OSError on a full disk.
    """
    built, mark = stage / "_build", kept / GROUND
    goes_on = mark.exists() and mark.read_bytes() == now
    said = ""
    for start in (kept, None) if goes_on else (None,):
        shutil.rmtree(built, ignore_errors=True)
        try:
            if start:
                shutil.copytree(start, built)
        except OSError:
            continue
        said = _jupyter_book(stage)
        if os.strerror(ENOSPC) in said:
            raise OSError(ENOSPC, os.strerror(ENOSPC), shown(built))
        if not said and (built / "html" / "index.html").exists():
            _keep(built, kept, now)
            return built / "html"
    raise ChapterError(f"bogen kunne ikke samles. Jupyter Book skrev:\n{said}")


def _jupyter_book(stage: Path) -> str:
    """What Jupyter Book said where it failed; empty where it did not."""
    arguments = ["build", str(stage), "-W", "--keep-going", "-q"]
    log = stage.with_name("samling.txt")
    if process := warm.start(warm.PAGES, ["jupyter-book", *arguments], log):
        process.wait()
        return "" if warm.status(log) == "0" else log.read_text("utf-8", "replace").strip() or "intet"
    done = subprocess.run([sys.executable, "-c", JUPYTER_BOOK, *arguments], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, encoding="utf-8", errors="replace", check=False,
                          cwd=project.root, env=clean_environment())
    return done.stdout.strip() or "intet" if done.returncode else ""


def _keep(built: Path, kept: Path, now: bytes) -> None:
    """Put what the next build is to go on from in the place of what the last one left."""
    new = kept.with_name(f"{kept.name}.ny")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir()
    for name in READ:
        if (built / name).exists():
            (built / name).rename(new / name)
    pages = [Path("html", file).with_suffix(".html") for file in sources(built.parent) if file.suffix in PAGES]
    for page in pages:
        (new / page).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(built / page, new / page)
    (new / GROUND).write_bytes(now)
    shutil.rmtree(kept, ignore_errors=True)
    new.rename(kept)
