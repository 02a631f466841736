"""Links to statements and sources wherever a page names one by its code, and from the statements to the figures.

A Sphinx extension, listed in ``_config.yml``. The links are made in the finished text of a page, for codes stand in
prose and in the HTML that cells wrote alike.
"""

from __future__ import annotations

import re
from html import escape
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from civsam.book.sphinxext.lists import numbered
from civsam.files import per_project
from civsam.study import published

PAGE = "chapters/udsagn"
SOURCES = "chapters/metode"  # has the table of sources
PLACE = r"(?:fig|tab)-[\w-]+"


@per_project
def parts() -> re.Pattern[str]:
    """Codes of statements and sources in HTML, and before them what is passed over: inline code of one alone is not."""
    codes = "|".join([*published.statements().index, *published.sources().index])
    return re.compile(
        r"<(?P<passed>a|pre|h[1-6]|script|style|summary|button|label|legend|nav|math)\b.*?</(?P=passed)>"
        rf'|<code\b[^>]*>(?:<span class="pre">)?(?P<literal>{codes})(?:</span>)?</code>'
        rf"|<code\b.*?</code>|<[^>]*>|\b(?P<plain>{codes})\b", re.DOTALL,
    )


def linked(html: str, statements: str, sources: str) -> str:
    """The page with a link to its entry instead of each code, but in code, links and headings.

    statements and sources: the addresses of their pages, "" for no links. A code alone in code style is one of a
    chapter's prose, and is set as all others: O6 is not to be read as 06.
    """

    def link(part: re.Match[str]) -> str:
        code = part["literal"] or part["plain"]
        if not code:
            return part[0]
        page, place, kind = ((sources, "tab-kilder", "kildekode") if code in published.sources().index
                             else (statements, published.place_of(code), "udsagn"))
        return f'<a class="{kind}" href="{page}#{place}">{code}</a>' if page else code

    return parts().sub(link, html)


def with_numbers(app: Sphinx, html: str) -> str:
    """The page of all statements with number and caption instead of the names of figures and tables.

    A place that this edition does not have, for it would show too much, is said to be hidden.
    """
    known = {name: (number, caption) for page in app.env.found_docs for number, caption, name in numbered(app, page)}
    html = re.sub(rf"<li><a [^>]*>({PLACE})</a>.*?</li>",
                  lambda name: name[0] if name[1] in known else "<li>En figur, der er skjult i denne udgave</li>", html)
    html = re.sub(f">({PLACE})</a>", lambda name: f">{': '.join(map(escape, known[name[1]]))}</a>", html)
    return re.sub(f' bag ({PLACE})"', lambda name: f' bag {known[name[1]][0]}"', html)


def add_links(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Make the links of a page, if the book has the page of the statements."""
    if "body" not in context or PAGE not in app.env.found_docs:
        return
    if pagename == PAGE:
        context["body"] = with_numbers(app, context["body"])
    to = {page: "" if page == pagename else app.builder.get_relative_uri(pagename, page) for page in (PAGE, SOURCES)}
    context["body"] = linked(context["body"], to[PAGE], to[SOURCES])


def setup(app: Sphinx) -> dict[str, Any]:
    """Make the links when a page is finished."""
    app.connect("html-page-context", add_links)
    return {"version": "1", "env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
