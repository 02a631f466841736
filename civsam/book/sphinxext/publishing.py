"""What a published book has beside its pages: files to cite it by, links at the foot, and what the web finds it by."""

from __future__ import annotations

import html
import re
import shutil
import textwrap
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

from civsam import __version__
from civsam.pages.bibliography import COMPENDIUM

FILE = re.compile(r'(?s)<pre data-fil="([\w./-]+)">(.*?)</pre>')
ABOUT = ("versioner", "rettelser", "licens")  # pages that the foot of every page links to, where the book has them
VIEWPORT = re.compile(r'<meta name="viewport"[^>]*>\s*')
CARD = "delebillede.png"


def shown_files(app: Sphinx, doctree: nodes.document) -> None:
    """Note each text that a page shows as a file to fetch; the note is of that page alone, and is kept with it."""
    found = dict(pair for raw in doctree.findall(nodes.raw) for pair in FILE.findall(raw.astext()))
    app.env.metadata[app.env.docname]["filer"] = found


def write_shown_files(app: Sphinx, failure: Exception | None) -> None:
    """Write those texts to the files, so that the two are always the same.

    Raises ExtensionError for a place outside the site, or one where the book has another file.
    """
    if failure is not None or app.builder.format != "html":
        return
    written: set[Path] = set()  # a reference may stand on several pages
    for page in sorted(app.env.found_docs):
        for name, content in app.env.metadata[page].get("filer", {}).items():
            path = (Path(app.outdir).resolve() / name).resolve()
            if not path.is_relative_to(Path(app.outdir).resolve()) or (path.exists() and path not in written):
                raise ExtensionError(f"{page}: filen {name} ligger uden for bogen, eller bogen har en anden fil dér. "
                                     "Skriv et andet navn i data-fil.")
            written.add(path)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(html.unescape(content), "utf-8")


def copy_citation(app: Sphinx, failure: Exception | None) -> None:
    """Ship the reference that machines read, where the book has one."""
    if failure is None and app.builder.format == "html" and Path(app.srcdir, COMPENDIUM).exists():
        shutil.copyfile(Path(app.srcdir, COMPENDIUM), Path(app.outdir, COMPENDIUM))


def describe(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Say what the page is about in its first paragraph's words, for lists of pages that others make of them.

    Docutils' own measures of the screen are taken out: Sphinx has them too, and they are to stand once.
    """
    parts = doctree.findall(nodes.paragraph) if doctree else ()
    told = next((part.astext() for part in parts if isinstance(part.parent, nodes.section)), context.get("title", page))
    words = html.escape(textwrap.shorten(told, 200, placeholder=" …"))
    others = VIEWPORT.sub("", context.get("metatags", ""))
    context["metatags"] = f'{others}<meta name="description" content="{words}">'


def add_foot(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """End the foot of the page with links to what is said of the book itself."""
    links = [f'<a href="{context["pathto"](name)}">{html.escape(app.env.titles[name].astext())}</a>'
             for name in ABOUT if name in app.env.titles]
    version = context.get("udgave", f"Version {__version__}")  # whose it is, where the answers are collected
    if links or "udgave" in context:
        told = " · ".join([html.escape(version), *links])
        context["theme_extra_footer"] += f'<p class="om-bogen">{told}</p>'


def add_script(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Give a page with buttons to copy, share or print the script for them."""
    if 'class="knap"' in context.get("body", ""):
        app.add_js_file("share.js")


def draw_card(app: Sphinx, failure: Exception | None) -> None:
    """Draw the picture that links to the book are shown with: its title and what it is, 1200 × 630 pixels."""
    if failure is not None or app.builder.format != "html":
        return
    from matplotlib.figure import Figure  # slow to import, and only needed here
    from matplotlib.patches import Rectangle

    from civsam.pages.figure import FONT

    figure = Figure(figsize=(12, 6.3), dpi=100, facecolor="#1d5482")
    title = textwrap.fill(textwrap.shorten(app.config.project, 80, placeholder="…"), 22)
    told = "En spørgeskemaundersøgelse, der kan læses, køres igen og skilles ad"
    text = {"color": "white", "ha": "left", "fontfamily": [FONT, "DejaVu Sans"]}
    figure.text(0.07, 0.86, title, fontsize=48, fontweight="bold", va="top", linespacing=1.25, **text)
    figure.text(0.07, 0.1, told, fontsize=20, **text)
    if app.config.html_context.get("synthetic"):
        figure.text(0.07, 0.93, "SYNTETISKE SVAR: INGEN HAR SVARET DETTE", fontsize=20, fontweight="bold", **text)
    for row, width in enumerate((0.15, 0.1, 0.125)):  # as in the icon of the book
        figure.add_artist(Rectangle((0.07, 0.3 - 0.055 * row), width, 0.025, color="white"))
    figure.savefig(Path(app.outdir, CARD), metadata={"Software": None})


def map_all_pages(app: Sphinx, failure: Exception | None) -> None:
    """Give the site map all pages, those taken over from the last build too, in one order."""
    links = app.sitemap_links
    while not links.empty():
        links.get()
    for page in sorted(app.env.found_docs):
        links.put((f"{page}.html", None))


def add_web(app: Sphinx, address: str) -> None:
    """Site map, and descriptions for links to the pages: they need the address at which the book is published."""
    for extension in ("sphinx_sitemap", "sphinxext.opengraph"):
        app.setup_extension(extension)
    settings = {"sitemap_url_scheme": "{link}", "sitemap_indent": 1,
                "ogp_site_url": address, "ogp_image": CARD, "ogp_image_alt": app.config.project,
                "ogp_enable_meta_description": False,
                "ogp_custom_meta_tags": ['<meta property="og:locale" content="da_DK" />',
                                         '<meta name="twitter:card" content="summary_large_image" />']}
    for name, value in settings.items():
        app.config[name] = value
    app.connect("build-finished", map_all_pages, priority=400)  # before the map is written
    app.connect("build-finished", draw_card)


def setup(app: Sphinx) -> None:
    """Register the parts; those for the web only where `html_baseurl` says where the book is published."""
    app.connect("doctree-read", shown_files)
    app.connect("html-page-context", add_foot)
    app.connect("html-page-context", describe)
    app.connect("html-page-context", add_script)
    app.connect("build-finished", write_shown_files)
    app.connect("build-finished", copy_citation)
    if address := app.config.html_baseurl:
        add_web(app, address)
