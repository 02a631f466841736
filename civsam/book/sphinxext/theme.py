"""The theme in Danish: our own page around its style, and what writers of HTML get wrong put right."""

from __future__ import annotations

import shutil
from html import escape
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from docutils import nodes
from docutils.parsers.rst import roles
from myst_nb.sphinx_ import HideCodeCellNode
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.locale import _
from sphinx.writers.html5 import HTML5Translator

from civsam.book.folds import light
from civsam.files import PACKAGE
from civsam.instrument import policy

# Of what Sphinx and its extensions put on every page: our own style needs none but the colours of code.
SPHINX = ("documentation_options.js", "doctools.js", "translations.js")  # for its own search; one makes code of text
UNUSED = ("styles/sphinx-book-theme.css", "scripts/sphinx-book-theme.js", "mystnb.", *SPHINX)
ONLY_WITH = {"sphinx-design.min.css": 'class="sd-', "design-tabs.js": "sd-tab-set"}
LEFT_OUT = ("scripts", "styles", "vendor", "locales", "images", "*webpack-macros.html", "basic.css", "mystnb.*.css",
            "*.png", *SPHINX)


class Translator(HTML5Translator):
    """Writes pages as Sphinx does, but tables' headings have scope, roles are known, and links to parts have names."""

    def starttag(self, node: nodes.Element, tagname: str, *args: Any, **attributes: Any) -> str:
        """Return the start tag."""
        if tagname == "th":
            attributes["scope"] = "col" if isinstance(node.parent.parent, nodes.thead) else "row"
        if attributes.get("role") == "doc-biblioentry":
            attributes["role"] = "listitem"
        return super().starttag(node, tagname, *args, **attributes)

    def visit_title(self, node: nodes.title) -> None:
        """Start a heading, in a box with its link: in the heading the link would be read as part of its name."""
        if self._has_link(node):
            self.body.append('<div class="overskrift">')
        super().visit_title(node)

    def depart_title(self, node: nodes.title) -> None:
        """End a heading, and its box."""
        super().depart_title(node)
        if self._has_link(node):
            self._permalink(node.parent, _("Link to this heading"), node)
            self.body.append("</div>\n")

    def add_permalink_ref(self, node: nodes.Element, title: str) -> None:
        """Link to a figure, table, term or formula, by its words; headings' links are not theirs to make."""
        if not isinstance(node, nodes.section) and node["ids"] and self._linking():
            named = node.next_node(lambda part: isinstance(part, nodes.caption | nodes.title))
            self._permalink(node, title, node if named is None else named)

    def _linking(self) -> bool:
        return self.builder.name == "html" and self.config.html_permalinks

    def _has_link(self, title: nodes.title) -> bool:
        return isinstance(title.parent, nodes.section) and bool(title.parent["ids"]) and self._linking()

    def _permalink(self, node: nodes.Element, kind: str, named: nodes.Element) -> None:
        label = escape(f"{kind} {named.astext()}" if isinstance(named, nodes.TextElement) else kind)
        self.body.append(f'<a class="headerlink" href="#{node["ids"][0]}" title="{kind}" aria-label="{label}">#</a>')


def open_fold(page: HTML5Translator, node: HideCodeCellNode) -> None:
    """Start a fold around code. MyST-NB's own has paragraphs in its summary, and an English label for its words."""
    shown, hidden = (page.encode(node[key]) for key in ("prompt_hide", "prompt_show"))
    page.body.append(f'<details class="hide {" ".join(node["classes"])}"><summary>'
                     f'<span class="collapsed">{hidden}</span><span class="expanded">{shown}</span></summary>\n')


def close_fold(page: HTML5Translator, node: HideCodeCellNode) -> None:
    """End the fold."""
    page.body.append("</details>\n")


def keep_what_is_used(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Leave out style and scripts that the page has no use for, and the theme's settings for scripts not here."""
    body = context.get("body", "")

    def used(file: Any) -> bool:
        name = str(file.filename or "").removeprefix("_static/")
        return not name.startswith(UNUSED) and ONLY_WITH.get(name, "") in body and "body" not in file.attributes

    for kind in ("css_files", "script_files"):
        context[kind] = [file for file in context[kind] if used(file)]


def add_policy(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Give the page what it tells the browser that it may do."""
    context["policy"] = policy.SITE


def make_light(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Let what big folds of a page hold wait until it is needed."""
    if "body" in context:
        context["body"] = light(context["body"])


def remove_unused(app: Sphinx, failure: Exception | None) -> None:
    """Remove the theme's files that no page asks for: most of the site's bytes."""
    if failure is None and app.builder.format == "html":
        Path(app.outdir, ".buildinfo").unlink(missing_ok=True)  # for builds that go on from the last; none does
        for pattern in LEFT_OUT:
            for found in Path(app.outdir, "_static").glob(pattern):
                shutil.rmtree(found) if found.is_dir() else found.unlink()


def add_exercises(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Give the pages that have exercises, and only those, their style and scripts."""
    if '<form class="' in context.get("body", ""):
        app.add_css_file("opgave.css", priority=901)
        app.add_js_file("opgave.js", priority=901, loading_method="defer")
        app.add_js_file("svarark.js", priority=902, loading_method="defer")


def add_catalogues(app: Sphinx) -> None:
    """Compile our Danish messages; Sphinx uses them where it has none itself."""
    for source in (PACKAGE / "book" / "locale").glob("*/LC_MESSAGES/*.po"):
        folder = Path(app.doctreedir, "locale")
        target = folder / source.relative_to(PACKAGE / "book" / "locale").with_suffix(".mo")
        target.parent.mkdir(parents=True, exist_ok=True)
        with source.open("rb") as po, target.open("wb") as mo:
            write_mo(mo, read_po(po))
        app.add_message_catalog(source.stem, str(folder))


def add_files(app: Sphinx, config: Config) -> None:
    """Use the package's own templates, style, script and icon."""
    config.templates_path = [str(PACKAGE / "book" / "templates"), *config.templates_path]
    config.html_static_path = [*config.html_static_path, str(PACKAGE / "book" / "static")]
    config.html_favicon = str(PACKAGE / "book" / "static" / "favicon.svg")


def setup(app: Sphinx) -> None:
    """Register messages, files, page and writer."""
    add_catalogues(app)
    app.connect("config-inited", add_files)
    app.connect("html-page-context", keep_what_is_used, priority=900)
    app.connect("html-page-context", make_light, priority=900)
    app.connect("html-page-context", add_policy)
    app.connect("build-finished", remove_unused)
    app.setup_extension("myst_nb")
    for builder in ("html", "singlehtml"):
        app.set_translator(builder, Translator)
    app.add_node(HideCodeCellNode, override=True, html=(open_fold, close_fold))
    app.add_role("en", roles.CustomRole("en", roles.generic_custom_role, {"class": ["language-en"]}))  # {en}`raking`
    app.add_css_file("skrift/skrift.css", priority=899)
    app.add_css_file("civsam.css", priority=900)
    app.add_css_file("print.css", priority=902, media="print")
    app.add_js_file("civsam.js", priority=900, loading_method="defer")
    app.connect("html-page-context", add_exercises)
