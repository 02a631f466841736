"""Links to the published statements wherever a page names one by its code, and from their own page to the figures.

They are made in the finished text of a page, for codes stand in prose and in the HTML that cells wrote alike.
"""

from __future__ import annotations

import re
from functools import cache
from html import escape
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from civsam import published
from civsam.sphinxext.lists import numbered

PAGE = "chapters/udsagn"


@cache
def parts() -> re.Pattern[str]:
    """Codes of statements in HTML, and before them what is passed over whole: an inline code of one alone is not."""
    codes = "|".join(published.statements().index)
    return re.compile(
        r"<(?P<passed>a|pre|h[1-6]|script|style|summary|button|label|legend|nav|math)\b.*?</(?P=passed)>"
        rf'|<code\b[^>]*>(?:<span class="pre">)?(?P<literal>{codes})(?:</span>)?</code>'
        rf"|<code\b.*?</code>|<[^>]*>|\b(?P<plain>{codes})\b", re.DOTALL,
    )


def linked(html: str, address: str) -> str:
    """The page with a link to its entry around each code of a statement, but in code, links and headings."""

    def link(part: re.Match[str]) -> str:
        code = part["literal"] or part["plain"]
        return f'<a class="udsagn" href="{address}#{published.place_of(code)}">{part[0]}</a>' if code else part[0]

    return parts().sub(link, html)


def with_numbers(app: Sphinx, html: str) -> str:
    """The page of all statements with number and caption instead of the names of figures and tables.

    A place that this edition does not have, for it would show too much, is said to be hidden.
    """
    known = {name: (number, caption) for page in app.env.found_docs for number, caption, name in numbered(app, page)}
    html = re.sub(r"<li><a [^>]*>((?:fig|tab)-[\w-]+)</a>.*?</li>",
                  lambda name: name[0] if name[1] in known else "<li>En figur, der er skjult i denne udgave</li>", html)
    html = re.sub(r">((?:fig|tab)-[\w-]+)</a>", lambda name: f">{': '.join(map(escape, known[name[1]]))}</a>", html)
    return re.sub(r' bag ((?:fig|tab)-[\w-]+)"', lambda name: f' bag {known[name[1]][0]}"', html)


def add_links(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Make the links of a page, if the book has the page of the statements."""
    if "body" not in context or PAGE not in app.env.found_docs:
        return
    if pagename == PAGE:
        context["body"] = with_numbers(app, context["body"])
    else:
        context["body"] = linked(context["body"], app.builder.get_relative_uri(pagename, PAGE))


def setup(app: Sphinx) -> None:
    """Make the links when a page is finished."""
    app.connect("html-page-context", add_links)
