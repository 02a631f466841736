"""References and their list, in Danish, and places that others may link to from one version to the next."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import pybtex.plugin
import sphinxcontrib.bibtex.plugin
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinxcontrib.bibtex.style.referencing import BracketStyle, PersonStyle
from sphinxcontrib.bibtex.style.referencing.author_year import AuthorYearReferenceStyle

from civsam.pages.bibliography import DanishBibliography


@dataclass
class DanishReferences(AuthorYearReferenceStyle):
    """References in the text: Ibsen og Espersen (2016); (Espersen m.fl., 2018)."""

    bracket_textual: BracketStyle = field(default_factory=lambda: BracketStyle("(", ")", "; "))
    bracket_parenthetical: BracketStyle = field(default_factory=lambda: BracketStyle("(", ")", "; "))
    bracket_year: BracketStyle = field(default_factory=lambda: BracketStyle("(", ")", "; "))
    person: PersonStyle = field(default_factory=lambda: PersonStyle(sep2=" og ", last_sep=" og ", other=" m.fl."))


VERSION = re.compile(r"(\d+(?:\.\d+)+)\b")


def name_sources(app: Sphinx, config: Config) -> None:
    """Let the place of a source be its key, so that a link to it holds when others come before it."""
    config["bibtex_cite_id"] = "kilde-{key}"


def name_versions(app: Sphinx, doctree: nodes.document) -> None:
    """Let the place of a version among the changes be its number, for the same reason."""
    for section in doctree.findall(nodes.section):
        if version := VERSION.match(section.next_node(nodes.title).astext()):
            section["ids"][:] = [f"version-{version[1].replace('.', '-')}"]


def setup(app: Sphinx) -> None:
    """Register both styles as ``dansk``, and places whose names last."""
    app.connect("config-inited", name_sources)
    app.connect("doctree-read", name_versions, priority=400)  # before the contents are made of them
    pybtex.plugin.register_plugin("pybtex.style.formatting", "dansk", DanishBibliography, force=True)
    sphinxcontrib.bibtex.plugin.register_plugin(
        "sphinxcontrib.bibtex.style.referencing", "dansk", DanishReferences, force=True
    )
