"""Numbered figures and tables from the outputs of cells.

A cell output says what it is in its own metadata, under its mime type and the key ``civsam``:

- ``image/svg+xml``: ``name``, ``caption``, ``alt`` and, if wanted, ``note`` make a numbered figure;
- ``text/html`` holding a table with a ``<caption>``: ``name`` and ``caption`` make a numbered table.

Both can be referred to from any page with ``{numref}`` and ``{ref}``. Other outputs are shown as usual.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml
from myst_nb.core.render import MimeData, MimeRenderPlugin, NbElementRenderer
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.locale import _
from sphinx.writers.html5 import HTML5Translator


class HtmlTable(nodes.General, nodes.Element):
    """A table that a cell wrote as HTML, with a name and a number; its one child is the raw HTML."""


class NumberedOutput(MimeRenderPlugin):
    """Turns the outputs described at the top of this module into figures and tables with a number."""

    @staticmethod
    def handle_mime(renderer: NbElementRenderer, data: MimeData, inline: bool) -> list[nodes.Element] | None:
        """Return the numbered node, or None for an output that is not ours."""
        facts = data.output_metadata.get(data.mime_type, {}).get("civsam")
        build = {"image/svg+xml": numbered_figure, "text/html": numbered_table}.get(data.mime_type)
        if inline or not facts or not build:
            return None
        node = build(renderer, data, facts)
        node["names"].append(nodes.fully_normalize_name(facts["name"]))
        renderer.renderer.document.note_explicit_target(node, node)
        return [node]


def require(facts: Mapping[str, str], *keys: str) -> None:
    """Raise ExtensionError unless each of the keys has a text."""
    missing = [key for key in keys if not facts.get(key, "").strip()]
    if missing:
        raise ExtensionError(f"output {facts.get('name', '(no name)')!r} lacks {', '.join(missing)}")


def numbered_figure(renderer: NbElementRenderer, data: MimeData, facts: Mapping[str, str]) -> nodes.figure:
    """Figure with the image in a file of its own, caption and, if there is one, note as legend."""
    require(facts, "name", "caption", "alt")
    (image,) = renderer.render_image(data)
    image["alt"] = facts["alt"]
    figure = nodes.figure("", image, nodes.caption("", facts["caption"]))
    if facts.get("note"):
        figure += nodes.legend("", nodes.paragraph("", facts["note"]))
    return figure


def numbered_table(renderer: NbElementRenderer, data: MimeData, facts: Mapping[str, str]) -> HtmlTable:
    """Table node around the HTML as it is; the number is put in when the page is written."""
    require(facts, "name", "caption")
    if "<caption>" not in data.string:
        raise ExtensionError(f"table {facts['name']!r} has no <caption>")
    return HtmlTable("", nodes.raw("", data.string, format="html"), caption=facts["caption"])


def write_table(page: HTML5Translator, node: HtmlTable) -> None:
    """Write the table's HTML with its number first, and a link to itself last, in the caption."""
    before, _caption, rest = node.astext().partition("<caption>")
    text, _end, after = rest.partition("</caption>")
    page.body.append(page.starttag(node, "div", CLASS="nummereret") + before + "<caption>")
    page.add_fignumber(node)
    page.body.append(f'<span class="caption-text">{text}</span>')
    page.add_permalink_ref(node, _("Link to this table"))
    page.body.append(f"</caption>{after}</div>\n")
    raise nodes.SkipNode


def skip_table(page: nodes.NodeVisitor, node: HtmlTable) -> None:
    """Leave the table out where there is no HTML; MyST-NB shows the plain text instead."""
    raise nodes.SkipNode


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
    """Register tables with a number, and formulas as MathML."""
    skip: tuple[Callable, None] = (skip_table, None)
    app.add_enumerable_node(
        HtmlTable,
        "table",
        lambda node: node["caption"],
        html=(write_table, None),
        latex=skip,
        text=skip,
    )
    app.add_html_math_renderer("mathml", (write_math, None), (write_math_block, None))
