"""References and their list, in Danish."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pybtex.plugin
import sphinxcontrib.bibtex.plugin
from docutils import nodes
from pybtex.database import Entry, Person
from pybtex.richtext import HRef, Tag, Text
from pybtex.style import FormattedEntry
from pybtex.style.formatting import BaseStyle
from sphinx.application import Sphinx
from sphinxcontrib.bibtex.style.referencing import BracketStyle, PersonStyle
from sphinxcontrib.bibtex.style.referencing.author_year import AuthorYearReferenceStyle

from civsam.output import danish_order


@dataclass
class DanishReferences(AuthorYearReferenceStyle):
    """References in the text: Ibsen og Espersen (2016); (Espersen m.fl., 2018)."""

    bracket_textual: BracketStyle = field(default_factory=lambda: BracketStyle("(", ")", "; "))
    bracket_parenthetical: BracketStyle = field(default_factory=lambda: BracketStyle("(", ")", "; "))
    person: PersonStyle = field(default_factory=lambda: PersonStyle(sep2=" og ", last_sep=" og ", other=" m.fl."))


class English(Text):
    """Text that a page marks as English, so that it is read aloud and hyphenated as such."""

    def _unpack(self) -> Iterator[Text]:
        """Stay one part where other texts are taken apart and joined (pybtex asks every text)."""
        yield self

    def render(self, backend: Any) -> Any:
        """Render for docutils with the mark, for others as it is."""
        rendered = super().render(backend)
        return [nodes.inline("", "", *rendered, classes=["language-en"])] if isinstance(rendered, list) else rendered


def fields(entry: Entry) -> dict[str, Text]:
    """The fields of an entry, with names of works in the language that its `langid` tells."""
    tongue = English if entry.fields.get("langid") == "english" else Text
    return {name: (tongue if name in ("title", "journal", "booktitle") else Text)(Text.from_latex(value))
            for name, value in entry.fields.items()}


class DanishBibliography(BaseStyle):
    """The list of references: who (year). Title. Where. Link. One form for all kinds of entries."""

    default_name_style = "lastfirst"
    default_label_style = "number"
    default_sorting_style = "none"

    def __init__(self, **options: Any) -> None:
        """Sort by the alphabet in which æ, ø and å come last."""
        super().__init__(**options)
        self.sort = partial(sorted, key=lambda entry: danish_order(str(self.format_entry("", entry).text)))

    def format_entry(self, label: str, entry: Entry, bib_data: Any = None) -> FormattedEntry:
        """One entry as rich text."""
        known = fields(entry)
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
        known = fields(entry)
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


def setup(app: Sphinx) -> None:
    """Register both styles as ``dansk``."""
    pybtex.plugin.register_plugin("pybtex.style.formatting", "dansk", DanishBibliography, force=True)
    sphinxcontrib.bibtex.plugin.register_plugin(
        "sphinxcontrib.bibtex.style.referencing", "dansk", DanishReferences, force=True
    )
