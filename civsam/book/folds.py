"""Pages that are light: what a big fold holds is text until a reader opens it, as `<noscript>` within its `<details>`.

A browser without script shows it as if nothing stood around it; with one, `static/figurer.js` makes elements of it when
it is needed. Readers of the finished HTML find all elements where they were, a step further in.
"""

from __future__ import annotations

import re

from bs4 import Tag

SMALL = 50  # elements that a fold may hold as they are
EDGE = re.compile(r"<details\b([^>]*)>|</details>")
STAYS = re.compile(r"<(?:form|button|script|noscript)\b")  # scripts look for these when the page is opened


def light(body: str) -> str:
    """A page's HTML with what each big, closed fold holds, all but its summary, as `<noscript>`; folds in it follow."""
    made, done, around = [], 0, []
    for edge in EDGE.finditer(body):
        if edge[0] != "</details>":
            around.append((edge.end(), is_open(edge[1])))
            continue
        start, seen = around.pop()
        inside = body.index("</summary>", start) + len("</summary>")
        if not seen and all(seen for _, seen in around) and is_big(body[inside:edge.start()]):
            made += [body[done:inside], "<noscript>", body[inside:edge.start()], "</noscript>"]
            done = edge.start()
    return "".join([*made, body[done:]])


def is_open(attributes: str) -> bool:
    """Whether a fold with those attributes is open from the first."""
    return bool({"open", "open="} & set(re.sub('"[^"]*"', "", attributes).split()))


def is_big(content: str) -> bool:
    """Whether that HTML has many elements, and nothing that must be there from the first."""
    return len(re.findall("<[a-z]", content)) > SMALL and not STAYS.search(content)


def whole(page: Tag) -> Tag:
    """The parsed page as it is without script."""
    for kept in page.select("details > noscript"):
        kept.unwrap()
    return page
