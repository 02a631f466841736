"""Slides of the lessons, made from their finished pages: the same text, figures and exercises, cut up for a wall."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from copy import copy
from functools import partial
from pathlib import Path

from bs4 import BeautifulSoup, Tag
from sphinx.application import Sphinx

from civsam.book.audience import LESSONS
from civsam.book.folds import whole
from civsam.book.sphinxext.kept import once
from civsam.files import PACKAGE
from civsam.instrument import policy

ROOM = 560  # letters of text that fit on a slide with room for a heading
ALONE = "figure, .nummereret, form, .lektion, .banner"  # what fills a slide
# Code, files and what is for the teacher alone stay in the book.
LEFT_OUT = ".cell_input, details.hide, .mere, .headerlink, .til-lysbilleder, .admonition.laerer, script"
HEADINGS = ("h1", "h2", "h3")
SHELL = """<!DOCTYPE html>
<html lang="da" data-theme="light"><head><meta charset="utf-8">{policy}
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title} (lysbilleder)</title>
<meta name="description" content="Lysbilleder til lektionen »{title}«.">
<link rel="icon" href="{static}/favicon.svg">
{styles}</head><body class="lysbilleder"><nav class="tilbage" aria-label="Bogen"><a href="{page}">Til bogen</a></nav>
<div class="reveal"><main class="slides">{slides}</main></div>
{scripts}</body></html>
"""
STATIC = "../../_static"  # from the lessons
STYLES = ("skrift/skrift.css", "civsam.css", "opgave.css", "lysbilleder/reveal.css", "lysbilleder/lysbilleder.css")
SCRIPTS = ("opgave.js", "lysbilleder/reveal.js", "lysbilleder/lysbilleder.js")


def blocks(section: Tag) -> Iterator[Tag]:
    """What stands in a section, from the top down, with cells opened up to their outputs."""
    for child in section.find_all(True, recursive=False):
        if child.name == "section" or {"cell", "cell_output", "output"} & set(child.get("class", [])):
            yield from blocks(child)
        else:
            yield child


def stacks(article: Tag) -> list[list[list[Tag]]]:
    """Slides beside one another, a new one at each second-level heading, each a stack of slides of blocks."""
    found: list[list[list[Tag]]] = [[[]]]
    for block in blocks(article):
        slide = found[-1][-1]
        if block.name == "h2" and slide:
            found.append([[]])
        elif block.name == "h3" or (_full(slide, block) and not _only_heading(slide)):
            found[-1].append(_asked(found[-1]) if block.name == "form" else [])
        found[-1][-1].append(block)
    return found


def _full(slide: list[Tag], block: Tag) -> bool:
    """Whether the next block must go on another slide: nothing but what is folded follows a picture or a form.

    A form follows its question however long that is.
    """
    if not slide or block.name == "details":
        return False
    letters = sum(len(one.get_text()) for one in (*slide, block) if one.name not in ("details", "form"))
    room = ROOM // 2 if _fills(block) else ROOM
    return any(map(_fills, slide)) or (letters > room and block.name != "form")


def _asked(stack: list[list[Tag]]) -> list[Tag]:
    """The question of a form once more: copies, without ids, of the last heading and the paragraphs below it."""
    said = [block for slide in stack for block in slide]
    first = max(place for place, block in enumerate(said) if block.name in HEADINGS)
    again = [copy(block) for block in said[first:] if block.name in (*HEADINGS, "p")]
    for block in again:
        for part in (block, *block.find_all(True)):
            part.attrs.pop("id", None)
    return again


def _fills(block: Tag) -> bool:
    return bool(block.css.match(ALONE) or block.select_one(ALONE))


def _only_heading(slide: list[Tag]) -> bool:
    return all(one.name in HEADINGS for one in slide)


def slides_of(html: str, page: str, static: str) -> str:
    """The slides of a lesson's page; page: its own address from the slides, static: that of the shared files."""
    article = whole(BeautifulSoup(html, "html.parser")).select_one("article")
    for left_out in article.select(LEFT_OUT):
        left_out.decompose()
    for box in article.select(".overskrift"):
        box.unwrap()
    for narrow in article.select("picture > source"):
        narrow.decompose()
    for image in article.find_all("img"):
        image.attrs.pop("loading", None)
    for solution in article.select("details[open]"):
        del solution["open"]
    title = article.h1.get_text()
    made = "".join(
        "<section>" + "".join(f"<section>{''.join(map(str, slide))}</section>" for slide in stack) + "</section>"
        for stack in stacks(article)
    )
    styles = "".join(f'<link rel="stylesheet" href="{static}/{name}">\n' for name in STYLES)
    scripts = "".join(f'<script src="{static}/{name}"></script>\n' for name in SCRIPTS)
    return SHELL.format(policy=policy.SITE, title=title, static=static, page=page, slides=made, styles=styles,
                        scripts=scripts)


def write(app: Sphinx, failure: Exception | None) -> None:
    """Write the slides beside the lessons."""
    folder = Path(app.outdir, LESSONS)
    if failure is not None or app.builder.name != "html" or not folder.exists():
        return
    target = Path(app.outdir, "_static", "lysbilleder")
    shutil.copytree(PACKAGE / "book" / "slides", target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("README.md"))
    for page in sorted(folder.glob("*.html")):
        if '<div class="lektion">' in (html := page.read_text("utf-8")):
            slides = once(app, "lysbilleder", page.stem, html.encode(), partial(slides_of, html, page.name, STATIC))
            page.with_name(f"{page.stem}-lysbilleder.html").write_text(slides, "utf-8")


def setup(app: Sphinx) -> None:
    """Write the slides when the pages are finished."""
    app.connect("build-finished", write)
