"""The theme in Danish, with our own style, and with its faults mended."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config

from civsam.files import PACKAGE

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


def add_exercises(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Give the pages that have exercises, and only those, their style and script."""
    if '<form class="' in context.get("body", ""):
        app.add_css_file("opgave.css", priority=901)
        app.add_js_file("opgave.js", priority=901, loading_method="defer")


def add_catalogues(app: Sphinx) -> None:
    """Compile our Danish messages; Sphinx uses them where it has none itself."""
    for source in (PACKAGE / "locale").glob("*/LC_MESSAGES/*.po"):
        folder = Path(app.doctreedir, "locale")
        target = folder / source.relative_to(PACKAGE / "locale").with_suffix(".mo")
        target.parent.mkdir(parents=True, exist_ok=True)
        with source.open("rb") as po, target.open("wb") as mo:
            write_mo(mo, read_po(po))
        app.add_message_catalog(source.stem, str(folder))


def add_files(app: Sphinx, config: Config) -> None:
    """Use the package's own templates, style, script and icon."""
    config.templates_path = [str(PACKAGE / "templates"), *config.templates_path]
    config.html_static_path = [*config.html_static_path, str(PACKAGE / "static")]
    config.html_favicon = str(PACKAGE / "static" / "favicon.svg")


def setup(app: Sphinx) -> None:
    """Register messages, files and the mending of pages."""
    add_catalogues(app)
    app.connect("config-inited", add_files)
    app.connect("html-page-context", add_page_helpers)
    app.add_css_file("civsam.css", priority=900)
    app.add_js_file("civsam.js", priority=900)
    app.connect("html-page-context", add_exercises)
