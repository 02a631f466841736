"""The words of a text that another program may have marked up.

Apart from the XML that they stand in, since a browser that runs the lessons has not the library for HTML.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree

from bs4 import BeautifulSoup

from civsam.intake.sources.markup import DANISH, children
from civsam.intake.sources.material import one_line


def words(html: str | None) -> str:
    """The words of a text that may hold HTML, on one line."""
    text = html or ""
    bare = BeautifulSoup(text, "html.parser").get_text(" ") if re.search(r"<[a-zA-Z/!]|&[a-z#]", text) else text
    return one_line(bare)


def text_of(element: ElementTree.Element, name: str) -> str:
    """The words of the first child of a name: the Danish one where there are several languages."""
    found = list(children(element, name))
    language = "{http://www.w3.org/XML/1998/namespace}lang"
    danish = [one for one in found if DANISH.match(one.get(language, ""))]
    return words("".join((danish or found)[0].itertext())) if found else ""
