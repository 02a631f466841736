"""Search in Danish, in place of Sphinx's own: the finished pages as places to find, for `static/search.js`.

The browser folds, stems and indexes the words itself, those of the book and those typed alike, so there is one way to
do it. A place is what a reader is led to: a heading with the text under it, a figure, a table, a term of the glossary.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import sphinx.search
from bs4 import BeautifulSoup, Tag
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.search.da import danish_stopwords
from sphinx.util.parallel import ParallelTasks, SerialTasks, make_chunks

from civsam.book.sphinxext.kept import once
from civsam.files import in_script
from civsam.pages.provenance import MARKS

PAGE = "search"  # as Sphinx and the theme call it
INDEX = "soegeindeks.js"
STEMMERS = Path(sphinx.search.__file__).parent / "minified-js"
SCRIPTS = ("base-stemmer.js", "danish-stemmer.js", "minisearch/minisearch.min.js", INDEX, "search.js")
UNUSED = ("searchtools.js", "language_data.js", "sphinx_highlight.js")  # Sphinx's own search

FIELDS = ("adresse", "maerker", "overskrift", "sti", "tekst", "type")  # of a place, as the index has them
PLACES = {"section": "afsnit", "figure": "figur", "table": "tabel", "div": "tabel", "dt": "begreb"}
TITLES = "h1, h2, h3, h4, h5, h6, caption, figcaption > p"
SELECTED = f":is(section, figure, table, div.nummereret)[id]:has({TITLES}), dl.glossary > dt[id]"
# Not words of the page: marks and links that stand everywhere, code and its English, and what repeats other pages, as
# the notes under figures and tables do, which say how to read them. Of a table for picking a group: its numbers.
PASSED = ("script, style, nav, .headerlink, .legend, .note, .banner, .citation > .label, .cell_input, "
          "details.hide, .mere, .figurliste, .citat pre, .handlinger, .funktioner :is(p, pre), .vaelger td:not(.ord), "
          "td > small, .vises, .nummereret summary")
# What a question asks with, beside the words that Danish search leaves out.
ASKING = ("bog", "bogen", "findes", "få", "får", "gør", "hvem", "hvilke", "hvilken", "hvilket", "hvordan", "hvorfor",
          "hvornår", "jeg", "kan", "må", "står")
# What readers call that which the book has another word for.
CALLED = {
    "anonym": ["genkendes", "diskretion"], "anonymiseres": ["genkendes", "diskretion"],
    "anonymisering": ["genkendes", "diskretion"], "anonymt": ["genkendes", "diskretion"], "artikel": ["litteratur"],
    "betalt": ["finansiering"], "betaler": ["finansiering"], "print": ["udskriv"],
    "citere": ["henvis"], "citer": ["henvis"], "citerer": ["henvis"], "citation": ["henvis"],
    "download": ["hent"], "downloade": ["hent"], "excel": ["csv", "regneark"], "fejlmargin": ["interval"],
    "gdpr": ["genkendes", "diskretion"], "graf": ["figur"], "grafer": ["figurer"], "kilder": ["kilde"],
    "landkort": ["kort"], "licens": ["licens"], "ophavsret": ["licens"], "quote": ["henvis"],
    "reference": ["henvis"], "signifikant": ["test"], "stikprøve": ["totaltælling"], "spørgeskema": ["spørgsmål"],
    "undervisning": ["undervis"], "usikkerhed": ["interval"],
}
BLOCKS = "p, li, tr, td, th, dt, dd, div, caption, figcaption, summary, h1, h2, h3, h4, h5, h6"


def reading_order(env: BuildEnvironment) -> Iterator[str]:
    """The pages as the contents list them."""
    waiting = [env.config.root_doc]
    while waiting:
        page = waiting.pop(0)
        yield page
        waiting = env.toctree_includes.get(page, []) + waiting


def places(page: str, html: str) -> list[dict[str, Any]]:
    """All places of a page: kind, address, title, the titles that it stands under, and its own text."""
    article = BeautifulSoup(html, "html.parser").article
    for tiles in article.select("figure.kommunekort script"):  # the municipalities of a map
        names = ", ".join(tile[0] for tile in json.loads(tiles.string)["tiles"])
        tiles.insert_before(f" Kort: {names} ")
    for node in article.select(PASSED):
        node.decompose()
    for image in article.select("img[alt]"):
        image.replace_with(f" {image['alt']} ")
    for node in article.select(BLOCKS):
        node.append("; " if node.name == "tr" else " ")
    # from the last, so that what a place holds is taken out before the place itself, and no text is in two
    return [place(page, node) for node in reversed(article.select(SELECTED))][::-1]


def _places(app: Sphinx, page: str) -> list[dict[str, Any]]:
    """All places of a finished page."""
    made = Path(app.builder.get_outfilename(page)).read_bytes()
    return once(app, "steder", page, made, lambda: places(page, made.decode()))


def _find(app: Sphinx, pages: list[str]) -> None:
    """Find the places of the pages, which are kept."""
    for page in pages:
        _places(app, page)


def place(page: str, node: Tag) -> dict[str, Any]:
    """One place, taken out of the page."""
    kind, marks = PLACES[node.name], _marks(node)
    path = [words(section.select_one(TITLES)) for section in reversed(node.find_parents("section", id=True))]
    heading, text = (node, node.find_next_sibling("dd")) if kind == "begreb" else (node.select_one(TITLES), node)
    title = words(heading.extract())
    if "kommunekort" in node.get("class", []):
        title += " (kort, landkort)"
    if english := kind == "begreb" and text.select_one("[lang=en]"):
        title += f" ({words(english)})"
    top = kind == "afsnit" and not path
    return {
        "type": "side" if top else kind,
        "adresse": f"{page}.html" if top else f"{page}.html#{node['id']}",
        "overskrift": title,
        "sti": " › ".join(path),
        "tekst": words(text.extract()),
        **({"maerker": marks} if marks else {}),
    }


def _marks(node: Tag) -> list[str]:
    """Where the numbers of a place come from; the marks are taken out, so that nobody finds all places by them."""
    found = [mark.extract() for mark in node.select(".maerke")]
    return sorted({kind for mark in found for kind in mark["class"] if kind in MARKS})


def words(node: Tag) -> str:
    """The text of an element on one line."""
    return " ".join(node.get_text().split())


def write_index(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Write the index of all pages, which are finished by now, and ask for the page that searches in it."""
    if app.builder.name != "html":
        return
    pages, tasks = [*reading_order(app.env)], ParallelTasks(app.parallel) if app.parallel > 1 else SerialTasks()
    for chunk in make_chunks(pages, app.parallel):
        tasks.add_task(partial(_find, app), chunk)
    tasks.join()
    found = [entry for page in pages for entry in _places(app, page)]
    rows = [[entry.get(name, []) for name in FIELDS] for entry in found]  # names at each are a tenth of the file
    content = {"stopord": sorted({*danish_stopwords, *ASKING}), "kaldt": CALLED, "maerker": MARKS, "steder": rows}
    index, names = in_script(content, separators=(",", ":"), sort_keys=True), ", ".join(FIELDS)
    Path(app.outdir, "_static", INDEX).write_text(
        f"const soegeindeks = {index};\n"
        f"soegeindeks.steder = soegeindeks.steder.map(([{names}]) => ({{{names}}}));\n", "utf-8")
    yield PAGE, {"title": "Søg i bogen"}, "search.html"


def add_scripts(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Give the page of search its scripts and style, and no page those of Sphinx's search."""
    context["script_files"][:] = [file for file in context["script_files"] if not str(file.filename).endswith(UNUSED)]
    if pagename == PAGE:
        app.add_css_file("search.css")
        for script in SCRIPTS:
            app.add_js_file(script, loading_method="defer")


def replace_search(app: Sphinx) -> None:
    """Turn Sphinx's own search off, but for its stemmer."""
    app.builder.search = False


def add_stemmer(app: Sphinx, config: Config) -> None:
    """Ship the stemmer that comes with Sphinx."""
    config.html_static_path = [*config.html_static_path, *(str(STEMMERS / name) for name in SCRIPTS[:2])]


def remove_unused(app: Sphinx, failure: Exception | None) -> None:
    """Leave out the scripts of Sphinx's search, which every theme brings along."""
    for name in UNUSED:
        Path(app.outdir, "_static", name).unlink(missing_ok=True)


def setup(app: Sphinx) -> None:
    """Register the page of search, its index and scripts."""
    app.connect("config-inited", add_stemmer)
    app.connect("builder-inited", replace_search)
    app.connect("html-collect-pages", write_index)
    app.connect("html-page-context", add_scripts)
    app.connect("build-finished", remove_unused)
