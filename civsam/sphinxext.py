"""What the book needs from Sphinx: numbered figures and tables from cells, and a page that is Danish throughout.

A cell output says what it is in its own metadata, under its mime type and the key ``civsam``:

- ``image/svg+xml``: ``name``, ``caption``, ``alt`` and, if wanted, ``note`` make a numbered figure;
- ``text/html`` holding a table with a ``<caption>``: ``name`` and ``caption`` make a numbered table.

Both can be referred to from any page with ``{numref}`` and ``{ref}``. Other outputs are shown as usual.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pybtex.plugin
import sphinxcontrib.bibtex.plugin
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml
from myst_nb.core.render import MimeData, MimeRenderPlugin, NbElementRenderer
from pybtex.database import Entry, Person
from pybtex.richtext import HRef, Tag, Text
from pybtex.style import FormattedEntry
from pybtex.style.formatting import BaseStyle
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError
from sphinx.locale import _
from sphinx.writers.html5 import HTML5Translator
from sphinxcontrib.bibtex.style.referencing import BracketStyle, PersonStyle
from sphinxcontrib.bibtex.style.referencing.author_year import AuthorYearReferenceStyle

from civsam import forms
from civsam.questionnaire import read

HERE = Path(__file__).parent

# English that the theme writes straight into its templates, out of reach of any message catalogue, and
# faults it has: title and contents again for print, which search then quotes; a search form without a button;
# a side bar outside all landmarks; a role that browsers no longer know; headings of tables without scope.
MENDED = (
    (r'title="Toggle primary sidebar"', 'title="Vis eller skjul kapitlerne"'),
    (r'title="Toggle secondary sidebar"', 'title="Vis eller skjul sidens indhold"'),
    (r'<div id="pst-primary-sidebar"', r'\g<0> role="complementary" aria-label="Bogens indhold"'),
    (r'aria-label="Main"', 'aria-label="Kapitler"'),
    (r' aria-label="Toggle hidden content"', ""),
    (r' role="doc-biblioentry"', ' role="listitem"'),
    (r'<th class="head', '<th scope="col" class="head'),
    (r'(?s)<div id="jb-print-docs-body".*?(?=<div id="searchbox">)', ""),
    (
        r'(?s)(<form class="bd-search.*?>\s*)(<i .*?</i>)(.*?)(</form>)',
        r'\1\3<button type="submit" class="btn btn-sm" aria-label="Søg">\2</button>\4',
    ),
)


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


@dataclass
class DanishReferences(AuthorYearReferenceStyle):
    """References in the text: Ibsen og Espersen (2016); (Espersen m.fl., 2018)."""

    bracket_textual: BracketStyle = field(default_factory=lambda: BracketStyle("(", ")", "; "))
    bracket_parenthetical: BracketStyle = field(default_factory=lambda: BracketStyle("(", ")", "; "))
    person: PersonStyle = field(default_factory=lambda: PersonStyle(sep2=" og ", last_sep=" og ", other=" m.fl."))


class DanishBibliography(BaseStyle):
    """The list of references: who (year). Title. Where. Link. One form for all kinds of entries."""

    default_name_style = "lastfirst"
    default_label_style = "number"
    default_sorting_style = "none"

    def __init__(self, **options: Any) -> None:
        """Sort by the alphabet in which æ, ø and å come last."""
        super().__init__(**options)
        last = str.maketrans("æøå", "{|}")  # the characters after z
        self.sort = partial(sorted, key=lambda entry: str(self.format_entry("", entry).text).lower().translate(last))

    def format_entry(self, label: str, entry: Entry, bib_data: Any = None) -> FormattedEntry:
        """One entry as rich text."""
        known = {name: Text.from_latex(value) for name, value in entry.fields.items()}
        inside = known.get("journal") or known.get("booktitle")
        title = known["title"] if inside else Tag("em", known["title"])
        year = Text(" (", known["year"], ")")
        who = self.people(entry)
        parts = [Text(who, year), title] if who else [Text(title, year)]
        parts += [self.place(entry, inside)] if inside else []
        parts += [known[name] for name in ("publisher", "howpublished", "note") if name in known]
        sentences = [Text(part).add_period() for part in parts]
        return FormattedEntry(entry.key, Text(" ").join(sentences + link(entry)), label)

    def people(self, entry: Entry) -> Text | None:
        """Authors, or else editors, joined as in Danish."""
        role = next((role for role in ("author", "editor") if entry.persons.get(role)), None)
        if not role:
            return None
        return Text(self.join(entry.persons[role]), " (red.)" if role == "editor" else "")

    def join(self, persons: list[Person]) -> Text:
        """Join names with commas and og."""
        *first, last = [self.format_name(person, True).format() for person in persons]
        return Text(Text(", ").join(first), " og ", last) if first else Text(last)

    def place(self, entry: Entry, inside: Text) -> Text:
        """The journal or book that holds the work, with volume, number and pages."""
        known = {name: Text.from_latex(value) for name, value in entry.fields.items()}
        editors = entry.persons.get("editor")
        holder = Text(self.join(editors), " (red.), ", Tag("em", inside)) if editors else Tag("em", inside)
        parts = [Text("I: " if "booktitle" in known else "", holder)]
        number = Text("(", known["number"], ")") if "number" in known else ""
        parts += [Text(known["volume"], number)] if "volume" in known else []
        parts += [Text("s. ", str(known["pages"]).replace("--", "–"))] if "pages" in known else []
        return Text(", ").join(parts)


def link(entry: Entry) -> list[HRef]:
    """Link to the work, by DOI if it has one."""
    doi, url = entry.fields.get("doi"), entry.fields.get("url")
    address = f"https://doi.org/{doi}" if doi else url
    return [HRef(address, address)] if address else []


def danish_page(html: str) -> str:
    """Return the page with the theme's last English words in Danish and its faults mended."""
    for pattern, replacement in MENDED:
        html = re.sub(pattern, replacement, html)
    return html


def add_page_helpers(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Give our layout template the function that makes the page Danish."""
    context["danish_page"] = danish_page


def add_catalogues(app: Sphinx) -> None:
    """Compile our Danish messages; Sphinx uses them where it has none itself."""
    for source in (HERE / "locale").glob("*/LC_MESSAGES/*.po"):
        folder = Path(app.doctreedir, "locale")
        target = folder / source.relative_to(HERE / "locale").with_suffix(".mo")
        target.parent.mkdir(parents=True, exist_ok=True)
        with source.open("rb") as po, target.open("wb") as mo:
            write_mo(mo, read_po(po))
        app.add_message_catalog(source.stem, str(folder))


def add_files(app: Sphinx, config: Config) -> None:
    """Use the package's own templates, style, script and icon."""
    config.templates_path = [str(HERE / "templates"), *config.templates_path]
    config.html_static_path = [*config.html_static_path, str(HERE / "static")]
    config.html_favicon = str(HERE / "static" / "favicon.svg")


def add_forms(app: Sphinx, failure: Exception | None) -> None:
    """Write the questionnaire beside the pages: electronic, to print, and as XLSForm."""
    if failure is None and app.builder.format == "html":
        forms.write(read(), Path(app.outdir), "index.html")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register all of the above with Sphinx."""
    add_catalogues(app)
    app.connect("config-inited", add_files)
    app.connect("html-page-context", add_page_helpers)
    app.connect("build-finished", add_forms)
    app.add_css_file("civsam.css", priority=900)
    app.add_js_file("civsam.js", priority=900)
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
    pybtex.plugin.register_plugin("pybtex.style.formatting", "dansk", DanishBibliography, force=True)
    sphinxcontrib.bibtex.plugin.register_plugin(
        "sphinxcontrib.bibtex.style.referencing", "dansk", DanishReferences, force=True
    )
    return {"version": "1", "env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
