"""References and their list, in Danish."""

from __future__ import annotations

from dataclasses import dataclass, field

import pybtex.plugin
import sphinxcontrib.bibtex.plugin
from sphinx.application import Sphinx
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


def setup(app: Sphinx) -> None:
    """Register both styles as ``dansk``."""
    pybtex.plugin.register_plugin("pybtex.style.formatting", "dansk", DanishBibliography, force=True)
    sphinxcontrib.bibtex.plugin.register_plugin(
        "sphinxcontrib.bibtex.style.referencing", "dansk", DanishReferences, force=True
    )
