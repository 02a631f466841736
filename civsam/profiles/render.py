"""A template notebook run in this process, and the pages that its outputs and prose become."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from IPython.core.displayhook import CapturingDisplayHook
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import CapturedIO, capture_output
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup
from traitlets.config import Config

from civsam.book import passed
from civsam.book.contents import INJECTED
from civsam.files import PACKAGE, UserError
from civsam.instrument import policy
from civsam.pages.provenance import mark

HERE = Path(__file__).parent
STATIC = PACKAGE / "book" / "static"
FONTS = sorted((STATIC / "skrift").glob("*.woff2"))
FILES = (*FONTS, STATIC / "skrift" / "skrift.css", STATIC / "civsam.css", STATIC / "civsam.js", STATIC / "farver.js",
         STATIC / "figurer.css", STATIC / "favicon.svg", HERE / "profiler.css", HERE / "profiler.js")
HIDDEN_TAGS = {"remove-cell", "remove-output", INJECTED}


@dataclass(frozen=True)
class Cell:
    """A cell of the template."""

    kind: str
    source: str
    tags: frozenset[str] = frozenset()


class CellFault(Exception):
    """A cell of the template failed. The message is Danish."""


# ---- Running


@cache  # one for the process; `_forget` empties it for each page
def _shell() -> InteractiveShell:
    """This process' own IPython, which keeps no history."""
    config = Config()
    config.HistoryManager.enabled = False
    return InteractiveShell.instance(config=config)


def _forget() -> None:
    """Empty the cells' namespace. IPython's own `reset` also collects garbage, which takes as long as a page."""
    names = _shell().user_ns
    for name in names.keys() - _shell().user_ns_hidden.keys():
        if not name.startswith("__"):  # the module's own, without which no process can be started from it
            del names[name]


def html_of(cells: Iterable[Cell], *, raw: bool = False) -> str:
    """The template's prose and what its cells show. Raises CellFault for a cell that fails.

    raw: whether cells may show what has not passed the door, for the answers are synthetic; else that is a fault too.
    """
    _forget()
    parts, number = [], 0
    for cell in cells:
        made = []
        if cell.kind == "markdown":
            made = [MarkdownIt("commonmark").enable("table").render(cell.source)]
        elif cell.kind == "code":
            number += INJECTED not in cell.tags
            made = _run(cell.source, number, raw=raw)
        parts += [] if HIDDEN_TAGS & cell.tags else made
    return "\n".join(parts)


def _run(source: str, number: int, *, raw: bool) -> list[str]:
    """What a cell shows, as HTML. Raises CellFault."""
    shell, shown = _shell(), []
    shell.display_trap.hook = CapturingDisplayHook(shell, shown)
    with capture_output() as caught:
        done = shell.run_cell(source, store_history=False)
    fault = done.error_before_exec or done.error_in_exec
    if fault is not None:
        said = str(fault) if isinstance(fault, UserError) else f"{type(fault).__name__}: {fault}"
        raise CellFault(f"kodecelle {number}: {said}")
    if not raw and (told := _refused(caught, shown)):
        raise CellFault(f"kodecelle {number}: {told}. {passed.REMEDY}")
    printed = [f"<pre>{escape(caught.stdout)}</pre>"] if caught.stdout.strip() else []
    outputs = [(one.data, one.metadata) for one in caught.outputs]
    outputs += [(one["data"], one["metadata"]) for one in shown]
    return [*printed, *(_output(data, metadata or {}) for data, metadata in outputs)]


def _refused(caught: CapturedIO, shown: list[dict[str, Any]]) -> str:
    """What a cell shows that has not passed the door, in words; empty for nothing. What goes to stderr is not shown."""
    made = [{"output_type": "stream", "name": "stdout"}] * bool(caught.stdout.strip())
    made += [{"output_type": "display_data", "data": one.data, "metadata": one.metadata or {}}
             for one in caught.outputs]
    made += [{"output_type": "display_data", "data": one["data"], "metadata": one["metadata"] or {}} for one in shown]
    return next(filter(None, map(passed.kind, made)), "")


# ---- What a cell shows


def _output(data: dict[str, Any], metadata: dict[str, Any]) -> str:
    """The richest form of an output as HTML."""
    if "image/svg+xml" in data:
        return _figure(data["image/svg+xml"], metadata.get("image/svg+xml", {}).get("civsam", {}))
    if "image/png" in data:
        return f'<p><img src="data:image/png;base64,{data["image/png"]}" alt=""></p>'
    if "text/html" in data:
        return data["text/html"]
    if "text/markdown" in data:
        return MarkdownIt("commonmark").enable("table").render(data["text/markdown"])
    return f"<pre>{escape(data.get('text/plain', ''))}</pre>"


def _figure(svg: str, facts: dict[str, str]) -> str:
    """A figure with all that stands with it, in the page itself; facts: those of `figure.Figure`."""
    told = {name: escape(facts.get(name, "")) for name in ("alt", "caption", "note", "reading")}
    folds = [("Sådan læser du figuren", f"<p>{told['reading']}</p>")] * bool(told["reading"])
    folds += [("Tallene bag", facts.get("table", ""))] * bool(facts.get("table"))
    opened = "".join(f'<details class="fold"><summary>{words}</summary>{html}</details>' for words, html in folds)
    image, badge = base64.b64encode(svg.encode()).decode(), mark(facts["provenance"]) if facts else ""
    return (f'<figure><img src="data:image/svg+xml;base64,{image}" alt="{told["alt"]}">'
            f'<figcaption><p>{told["caption"]} {badge}</p></figcaption>'
            f'<div class="legend"><p>{told["note"]}</p></div><div class="mere">{opened}</div></figure>')


# ---- Pages


def with_contents(html: str) -> tuple[Markup, list[tuple[str, str, str]]]:
    """The page with an id on each heading, and the headings: level, id and HTML."""
    headings: list[tuple[str, str, str]] = []

    def named(found: re.Match) -> str:
        level, words = found.groups()
        headings.append((level, f"afsnit-{len(headings) + 1}", words))
        return f'<h{level} id="{headings[-1][1]}">{words}</h{level}>'

    return Markup(re.sub(r"<h([23])>(.*?)</h\1>", named, html)), headings


@cache  # the package's own files, which do not change
def _templates() -> Environment:
    folders = [HERE, PACKAGE / "book" / "templates"]
    return Environment(loader=FileSystemLoader(folders), autoescape=True, undefined=StrictUndefined, trim_blocks=True)


def page(name: str, **words: Any) -> bytes:
    """A page from the template of that name."""
    return _templates().get_template(name).render(policy=policy.SITE, **words).strip().encode() + b"\n"
