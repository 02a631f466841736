"""How an edition was made: what the page *Sådan er bogen bygget* says, and the record of the run beside it.

Two kinds of facts are kept apart. Versions, digests and parameters decide what the pages say: they stand on the page,
and are the same whenever the same book is built. When it was built and how long it took is another every time: it lies
in `RUN`, a script that fills in a table on the page, also where the page is opened from the disk. So all other files
of two builds of the same book have the same bytes.
"""

from __future__ import annotations

import platform
import re
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from typing import Any

from civsam import __version__
from civsam.book.contents import title
from civsam.book.stale import chapter_digest, code_digest, digest, tree
from civsam.files import HOME, PACKAGE, in_script, project

RUN = "koersel.js"  # the only file of a book that is not the same in every build
PACKAGES = ("jupyter-book", "matplotlib", "numpy", "pandas", "papermill", "scipy", "seaborn", "sphinx", "statsmodels")
REGISTERS = ("kommuner.csv", "ramme.csv", "publicerede_tal.csv", "rapport.csv")  # not any file that a user puts there
ORIGINS = {"syntetisk": "syntetiske: trukket af en model, ingen har svaret dette", "indsamlet": "indsamlede"}

Rows = Iterable[tuple[str, str]]


def filled(page: str, about: Mapping[str, Any], run: Iterable[str]) -> str:
    """The page, Markdown, with tables where it has a comment of their names.

    about: where the answers come from (`oprindelse`), their digest (`svar`), and the parameters in words (`ord`).
    run: the chapters.
    """
    made = {
        "svar": lambda: table("Svar og parametre i denne udgave", "tab-udgave", answers(about)),
        "versioner": lambda: table("Versioner", "tab-versioner", versions()),
        "aftryk": lambda: table("Aftryk", "tab-aftryk", digests(about, run)),
    }
    for name, make in made.items():
        place = f"% civsam: {name}\n"
        page = page.replace(place, make()) if place in page else page
    return page


def answers(about: Mapping[str, Any]) -> Rows:
    """Where the answers come from, and the parameters in words."""
    return [("Svarene er", ORIGINS[about["oprindelse"]]), *about["ord"].items()]


def versions() -> Rows:
    """Python and the packages that the numbers and the pages depend on most."""
    installed = [(f"`{name}`", version(name)) for name in PACKAGES]
    return [("civsam", __version__), ("Python", platform.python_version()), *installed]


def digests(about: Mapping[str, Any], run: Iterable[str]) -> Rows:
    """Digests of all that the edition is made of. Collected answers are left out; see `Edition.about`."""
    registers = [(project.data / name).read_bytes() for name in REGISTERS]
    parts = [
        ("Svarene", about["svar"] or "vises ikke"), ("Spørgeskema og antagelser", digest(tree(project.data, "*.yml"))),
        ("Kommuner og offentliggjorte tal", digest(*registers)), ("Koden", code_digest()),
        ("Alle pakker", digest((HOME / "requirements.txt").read_bytes())),
        *((title(chapter), chapter_digest(chapter, b"")) for chapter in run),
    ]
    return [(name, f"`{value}`" if " " not in value else value) for name, value in parts]


def table(caption: str, name: str, rows: Rows) -> str:
    """A numbered table of two columns in MyST Markdown. A cell in backquotes stays as it is."""
    cells = [cell if cell.startswith("`") else re.sub(r"([^\w\s])", r"\\\1", cell) for row in rows for cell in row]
    lines = [f"{'  -' if place % 2 else '* -'} {cell}" for place, cell in enumerate(["Hvad", "Værdi", *cells])]
    return "\n".join([f"```{{list-table}} {caption}", ":header-rows: 1", f":name: {name}", ":class: aftryk", "",
                      *lines, "```", ""])


def script(run: Mapping[str, Any]) -> str:
    """The record of a run as a script that fills in the page's table."""
    record = in_script(run, indent=1)
    return f"const koersel = {record};\n\n{(PACKAGE / 'book' / 'templates' / RUN).read_text('utf-8')}"
