"""The lessons as a class is handed them: notebooks made for Jupyter, and the answers that they count on.

A lesson is written once, in the Markdown of the book (MyST). Jupyter knows none of its directives and roles, so here
they become plain Markdown; one that is not known here is a fault, so that none reaches a student.
"""

from __future__ import annotations

import json
import posixpath
import re
from functools import partial
from pathlib import Path

from pybtex.database import parse_file

from civsam.book.audience import CLASS_DATA, DATA_PACK, fitted, lesson_notebooks
from civsam.book.contents import notebook
from civsam.danish import listed
from civsam.files import UserError, project, write_if_changed
from civsam.teaching.datapack import packed
from civsam.teaching.lessons import class_data

DIRECTIVE = re.compile(r"^:::\{(?P<kind>\w+)\} (?P<title>.+)\n(?P<options>(?::.+\n)*)\n?(?P<body>(?s:.*?))\n:::$",
                       re.MULTILINE)
ROLE = re.compile(r"\{(?P<role>[a-z:]+)\}`(?P<text>[^`<]+?)(?: <(?P<target>[^`]+)>)?`")
TITLE = re.compile(r"^# (.+)$", re.MULTILINE)
MYST = re.compile(r"^\s*:::|^\s*```\{|\{[a-z:]+\}`", re.MULTILINE)


def hand_out(folder: Path, audience: str) -> list[Path]:
    """Write the lessons as notebooks to work in, without outputs, and the answers beside them; return the files.

    Raises UserError, before anything is written, where one would replace a file that somebody has worked in.
    """
    ready = {folder / f"{Path(lesson).name}.ipynb": to_work_in(lesson, audience) for lesson in lesson_notebooks()}
    beside = {CLASS_DATA: class_data().encode(), DATA_PACK: packed()}
    ready |= {folder / name: content for name, content in beside.items() if content}
    for path, content in ready.items():
        if path.exists() and path.read_bytes() != content:
            raise UserError(f"{path}: der er allerede en fil af det navn, og den er en anden. "
                            "Vælg en anden mappe, eller flyt den.")
    for path, content in ready.items():
        write_if_changed(path, content)
    return list(ready)


def to_work_in(lesson: str, audience: str) -> bytes:
    """A lesson's notebook as the audience is to have it in Jupyter."""
    content = json.loads(fitted(lesson, notebook(lesson).read_bytes(), audience))
    code = "\n".join("".join(cell["source"]) for cell in content["cells"] if cell["cell_type"] == "code")
    for cell in content["cells"]:
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
        else:
            cell["source"] = plain("".join(cell["source"]), lesson, code)
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()


def plain(text: str, lesson: str, code: str = "") -> str:
    """The text as Markdown that any Jupyter shows. code: that of the lesson, where figures and tables have their names.

    Raises ValueError for a directive or role that is not known here.
    """
    made = ROLE.sub(partial(_role, lesson=lesson, code=code), DIRECTIVE.sub(_directive, text))
    if left := MYST.search(made):
        raise ValueError(f"{lesson}: no plain form of {made[left.start():][:40]!r}")
    return made


def _directive(found: re.Match[str]) -> str:
    if found["kind"] == "dropdown":
        opened = " open" if ":open:" in found["options"] else ""
        return f"<details{opened}><summary>{found['title']}</summary>\n\n{found['body']}\n\n</details>"
    if found["kind"] == "admonition":
        lines = f"**{found['title']}**\n\n{found['body']}".split("\n")
        return "\n".join(f"> {line}".rstrip() for line in lines)
    return found[0]


def _role(found: re.Match[str], lesson: str, code: str) -> str:
    text, target = found["text"], found["target"] or found["text"]
    match found["role"]:
        case "term" | "en":
            return text
        case "doc":
            return _page(lesson, target)
        case "numref":
            caption = re.search(rf'"([^"]+)",\s*"{re.escape(target)}"', code)
            return f"*{caption[1]}*" if caption else found[0]
        case "cite":
            return f"({'; '.join(' '.join(_work(key.strip())) for key in target.split(','))})"
        case "cite:t":
            who, year = _work(target)
            return f"{who} ({year})"
    return found[0]


def _page(lesson: str, target: str) -> str:
    """A lesson as a link to its notebook; any other page by its title, which is found in the book."""
    place = target.removeprefix("/") if target.startswith("/") else posixpath.normpath(f"{lesson}/../{target}")
    if place in lesson_notebooks():
        return f"[{_title(notebook(place))}]({Path(place).name}.ipynb)"
    path = notebook(place)
    return f"*{_title(path if path.exists() else project.root / f'{place}.md')}* i bogen"


def _title(path: Path) -> str:
    if path.suffix == ".md":
        return TITLE.search(path.read_text("utf-8"))[1]
    cells = json.loads(path.read_text("utf-8"))["cells"]
    return TITLE.search("\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"))[1]


def _work(key: str) -> tuple[str, str]:
    """Who and when, of a reference."""
    for path in project.data.glob("*.bib"):
        entries = parse_file(str(path), encoding="utf-8").entries
        if key in entries:
            authors = [" ".join(one.last_names) for one in entries[key].persons["author"]]
            return listed(authors), entries[key].fields["year"]
    raise ValueError(f"no reference {key}")
