"""Numbered figures and tables from the outputs of cells, with all that a reader may open or take along.

A cell output says what it is in its own metadata, under its mime type and the key `output.KEY`:

- ``image/svg+xml``: ``name``, ``caption`` and ``alt`` make a numbered figure; ``note``, ``reading`` and ``table`` (see
  `civsam.pages.figure.Figure`) stand with it, and ``tiles`` make it a map that can be asked;
- ``text/html`` holding a table with a ``<caption>``: ``name`` and ``caption`` make a numbered table.

Both say their ``provenance``, and their numbers as ``columns`` for files (`civsam.pages.downloads`). They can be
referred to from any page with ``{numref}`` and ``{ref}``, and hold the code of their cell where that is not removed.
Other outputs are shown as usual.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from typing import Any
from urllib.parse import quote

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml
from myst_nb.core.render import MimeData, MimeRenderPlugin, NbElementRenderer
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.locale import _
from sphinx.writers.html5 import HTML5Translator

from civsam import __version__
from civsam.files import in_script
from civsam.pages import downloads
from civsam.pages.alone import alone
from civsam.pages.output import KEY
from civsam.pages.provenance import MARKS, mark

MORE = "mere"  # the class of what can be opened below a figure or table
FORMS = (("CSV til dansk Excel", "", True), ("international CSV", "-international", False))


class HtmlTable(nodes.General, nodes.Element):
    """A table that a cell wrote as HTML, with a name and a number: raw HTML around its `TableTitle`."""


class TableTitle(nodes.Part, nodes.TextElement):
    """The words of a table's caption, raw HTML, which get the number before them."""


class Picture(nodes.General, nodes.Element):
    """The two drawings of a figure, of which a browser takes one: a `PhoneImage`, then the image of other pages."""


class PhoneImage(nodes.image):
    """The drawing of a figure for narrow pages."""


class Fold(nodes.General, nodes.Element):
    """A part of the page that a reader opens by its `summary`: `html`, which search leaves out, then its children."""


class NumberedOutput(MimeRenderPlugin):
    """Turns the outputs described at the top of this module into figures and tables with a number."""

    @staticmethod
    def handle_mime(renderer: NbElementRenderer, data: MimeData, inline: bool) -> list[nodes.Element] | None:
        """Return the numbered node, or None for an output that is not ours."""
        facts = data.output_metadata.get(data.mime_type, {}).get(KEY)
        build = {"image/svg+xml": numbered_figure, "text/html": numbered_table}.get(data.mime_type)
        if inline or not facts or not build:
            return None
        node = build(renderer, data, facts)
        node["names"].append(nodes.fully_normalize_name(facts["name"]))
        renderer.renderer.document.note_explicit_target(node, node)
        return [node]


def require(facts: Mapping[str, Any], *keys: str) -> None:
    """Raise ExtensionError unless each of the keys has a text."""
    missing = [key for key in keys if not facts.get(key, "").strip()]
    if missing:
        raise ExtensionError(f"output {facts.get('name', '(no name)')!r} lacks {', '.join(missing)}")


def raw(html: str) -> nodes.raw:
    """HTML as it is."""
    return nodes.raw("", html, format="html")


# ---- Figures


def numbered_figure(renderer: NbElementRenderer, data: MimeData, facts: Mapping[str, Any]) -> nodes.figure:
    """Figure with the image in a file of its own, caption with mark, note as legend, and what can be opened."""
    require(facts, "name", "caption", "alt", "provenance")
    svg, stem = data.string.encode(), downloads.stem(facts["name"], facts["provenance"])
    taken = alone(data.string, facts, f"{renderer.renderer.sphinx_env.config.project}, version {__version__}")
    files = [("SVG", f"{stem}-alene.svg", taken.encode()), ("PNG", f"{stem}.png", downloads.png(taken))]
    caption = nodes.caption("", facts["caption"])
    caption += [nodes.Text(" "), raw(mark(facts["provenance"]))]
    kind, dot, numbers_told = facts["alt"].partition(".")
    told = f"{kind} ({MARKS[facts['provenance']]}){dot}{numbers_told}"
    image = nodes.image(uri=renderer.write_file([f"{stem}.svg"], svg, overwrite=True), alt=told)
    if facts.get("phone"):
        narrow = renderer.write_file([f"{stem}-smal.svg"], facts["phone"].encode(), overwrite=True)
        image = Picture("", PhoneImage(uri=narrow), image)
    more = nodes.container(classes=[MORE])
    if facts.get("folded") and facts.get("finding"):
        seen = f'<p class="fund">{escape(facts["finding"])} {mark(facts["provenance"])}</p>'
        figure = nodes.figure("", raw(seen), caption, classes=["foldet"])
        more += Fold("", image, summary="Vis figuren", classes=["figurfold"])
    else:
        figure = nodes.figure("", image, caption)
    if facts.get("note"):
        figure += nodes.legend("", nodes.paragraph("", facts["note"]))
    if facts.get("tiles"):
        figure["classes"].append("kommunekort")
        figure += raw(f'<script type="application/json">{in_script(facts["tiles"])}</script>')
    if facts.get("asked"):
        more += Fold("", summary="Spørgsmålet", html=facts["asked"], classes=["spurgt"])
    if facts.get("reading"):
        more += Fold("", summary="Sådan læser du figuren", html=f"<p>{escape(facts['reading'])}</p>",
                     classes=["laesning"])
    more += Fold("", *numbers(renderer, facts), links(renderer, "Hent figuren: ", files),
                 summary="Tallene bag, og filer", html=facts.get("table", ""))
    figure += more
    return figure


def numbers(renderer: NbElementRenderer, facts: Mapping[str, Any]) -> list[nodes.paragraph]:
    """Links to the numbers of a table in both forms of CSV; none where there is no table, or nothing in it."""
    columns, stem = facts.get("columns"), downloads.stem(facts["name"], facts["provenance"])
    if not columns:
        return []
    files = [(words, f"{stem}{end}.csv", downloads.csv_file(columns, danish=danish)) for words, end, danish in FORMS]
    return [links(renderer, "Hent tallene: ", files)]


def links(renderer: NbElementRenderer, words: str, files: list[tuple[str, str, bytes]]) -> nodes.paragraph:
    """A line of links to files, each its words, name and content, that come along with the page."""
    line, page = nodes.paragraph("", words, classes=["filer"]), renderer.renderer.sphinx_env.docname
    for place, (text, name, content) in enumerate(files):
        address = renderer.write_file([name], content, overwrite=True)
        line += [nodes.Text(", ")] if place else []
        line += addnodes.download_reference("", text, reftarget=address, refdoc=page)
    return line


# ---- Tables


def numbered_table(renderer: NbElementRenderer, data: MimeData, facts: Mapping[str, Any]) -> HtmlTable:
    """Table node around the HTML as it is; the number is put in when the page is written."""
    require(facts, "name", "caption", "provenance")
    before, opened, rest = data.string.partition("<caption>")
    title, closed, after = rest.partition("</caption>")
    if not closed:
        raise ExtensionError(f"table {facts['name']!r} has no <caption>")
    end = "</details>" * after.endswith("</details>")
    return HtmlTable(
        "", raw(before + opened), TableTitle("", "", raw(title)), raw(closed + after.removesuffix(end)),
        nodes.container("", *numbers(renderer, facts), classes=[MORE]), raw(end),
        caption=facts["caption"],
    )


def visit_table(page: HTML5Translator, node: HtmlTable) -> None:
    """Open the box around a table."""
    page.body.append(page.starttag(node, "div", CLASS="nummereret"))


def depart_table(page: HTML5Translator, node: HtmlTable) -> None:
    """Close the box around a table."""
    page.body.append("</div>\n")


def visit_title(page: HTML5Translator, node: TableTitle) -> None:
    """Write the table's number before its caption."""
    page.add_fignumber(node.parent)
    page.body.append('<span class="caption-text">')


def depart_title(page: HTML5Translator, node: TableTitle) -> None:
    """Write a link to the table after its caption."""
    page.body.append("</span>")
    page.add_permalink_ref(node.parent, _("Link to this table"))


# ---- What can be opened


def visit_picture(page: HTML5Translator, node: Picture) -> None:
    """Begin a choice of drawings."""
    page.body.append("<picture>")


def depart_picture(page: HTML5Translator, node: Picture) -> None:
    """End a choice of drawings."""
    page.body.append("</picture>")


def visit_phone_image(page: HTML5Translator, node: PhoneImage) -> None:
    """Offer the drawing to narrow pages."""
    file = page.builder.images.get(node["uri"], node["uri"])
    page.body.append(f'<source media="(max-width: 36rem)" srcset="{page.builder.imgpath}/{quote(file)}">')
    raise nodes.SkipNode


def visit_fold(page: HTML5Translator, node: Fold) -> None:
    """Open a fold, its own HTML first."""
    page.body.append(page.starttag(node, "details", CLASS="fold"))
    page.body.append(f"<summary>{escape(node['summary'])}</summary>{node.get('html', '')}")


def depart_fold(page: HTML5Translator, node: Fold) -> None:
    """Close a fold."""
    page.body.append("</details>\n")


def place_code(app: Sphinx, doctree: nodes.document) -> None:
    """Move the code of a cell to the figure or table that it made, as `kode-<name>`."""
    for cell in list(doctree.findall(nodes.container)):
        source = cell.next_node(nodes.container)
        made = cell.next_node(lambda node: isinstance(node, nodes.figure | HtmlTable))
        if cell.get("hide_mode") == "input" and made and source.get("nb_element") == "cell_code_source":
            cell.remove(source)
            more = next(part for part in made.findall(nodes.container) if MORE in part["classes"])
            more += Fold("", source, summary="Koden bag", ids=[f"kode-{made['ids'][0]}"], classes=["kode"])


def skip(page: nodes.NodeVisitor, node: nodes.Element) -> None:
    """Leave a part out where there is no HTML; MyST-NB shows the plain text instead."""
    raise nodes.SkipNode


# ---- Formulas


def write_math(page: HTML5Translator, node: nodes.math) -> None:
    """Write a formula as MathML, which browsers show without any script."""
    page.body.append(tex2mathml(node.astext()))
    raise nodes.SkipNode


def write_math_block(page: HTML5Translator, node: nodes.math_block) -> None:
    """Write a formula on a line of its own."""
    page.body.append(page.starttag(node, "div", CLASS="math"))
    page.body.append(tex2mathml(node.astext(), as_block=True) + "</div>\n")
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    """Register tables with a number, what can be opened, and formulas as MathML."""
    other: dict[str, tuple[Callable, None]] = {"latex": (skip, None), "text": (skip, None)}
    app.add_enumerable_node(
        HtmlTable, "table", lambda node: node["caption"], html=(visit_table, depart_table), **other,
    )
    app.add_node(TableTitle, html=(visit_title, depart_title), **other)
    app.add_node(Picture, html=(visit_picture, depart_picture), **other)
    app.add_node(PhoneImage, html=(visit_phone_image, None), **other)
    app.add_node(Fold, html=(visit_fold, depart_fold), **other)
    app.connect("doctree-read", place_code)
    app.add_css_file("figurer.css", priority=901)
    app.add_js_file("figurer.js", priority=901)
    app.add_html_math_renderer("mathml", (write_math, None), (write_math_block, None))
