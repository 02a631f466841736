"""A list of all numbered figures and tables of the book, by page: the directive ``figurliste``."""

from __future__ import annotations

from collections.abc import Iterator

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx

from civsam.book.sphinxext.search import reading_order

LIST = "figurliste"  # also the class of what it makes: search leaves it out


class ListOfFigures(nodes.General, nodes.Element):
    """Where the list is to stand; it is made when the numbers are known."""


class FigureList(Directive):
    """Puts the list of all numbered figures and tables here."""

    def run(self) -> list[nodes.Node]:
        """The place of the list."""
        return [ListOfFigures()]


def fill(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Put the list in its place, as seen from the page."""
    for place in list(doctree.findall(ListOfFigures)):
        made = [section(app, page, name) for name in reading_order(app.env) if any(numbered(app, name))]
        place.replace_self(nodes.container("", *made, classes=[LIST]))


def numbered(app: Sphinx, name: str) -> Iterator[tuple[str, str, str]]:
    """Number, caption and id of the figures of a page, then of its tables."""
    labels = app.env.domains["std"].labels.values()
    captions = {ident: caption for page, ident, caption in labels if page == name}
    for kind in ("figure", "table"):
        for ident, number in app.env.toc_fignumbers.get(name, {}).get(kind, {}).items():
            yield app.config.numfig_format[kind] % ".".join(map(str, number)), captions[ident].strip(), ident


def section(app: Sphinx, page: str, name: str) -> nodes.section:
    """The title of a page, and links to what it has."""
    address = app.builder.get_relative_uri(page, name)
    rows = [nodes.list_item("", nodes.paragraph(
        "", f"{number} ", nodes.reference("", caption, internal=True, refuri=f"{address}#{ident}"),
    )) for number, caption, ident in numbered(app, name)]
    title = "Forside" if name == app.config.root_doc else app.env.titles[name].astext()
    return nodes.section("", nodes.title("", title), nodes.bullet_list("", *rows), ids=[f"liste-{nodes.make_id(name)}"])


def setup(app: Sphinx) -> None:
    """Register the list."""
    app.add_node(ListOfFigures)
    app.add_directive(LIST, FigureList)
    app.connect("doctree-resolved", fill)
