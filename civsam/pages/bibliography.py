"""References in Danish."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from html import escape
from typing import Any

from docutils import nodes
from pybtex.database import Entry, Person
from pybtex.richtext import HRef, Tag, Text
from pybtex.style import FormattedEntry
from pybtex.style.formatting import BaseStyle

from civsam.danish import danish_order
from civsam.files import project, read_yaml
from civsam.pages.output import Output

COMPENDIUM = "CITATION.cff"
LATEX = r"[\\{}%$#&~^\"]"  # may stand in the name of an answer file, but not in BibTeX
RIS_TYPES = {"book": "RPRT", "misc": "DATA"}
RIS_FIELDS = {"title": "TI", "year": "PY", "publisher": "PB", "address": "CY", "isbn": "SN", "howpublished": "ET",
              "note": "N1"}


# ---- In words


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


def compendium(note: str) -> Entry:
    """This compendium (`CITATION.cff`). note: which answers its numbers are made from."""
    cff = read_yaml(project.root / COMPENDIUM)
    fields = {"title": f"{{{cff['title']}}}", "year": str(cff["date-released"])[:4],
              "howpublished": f"Version {cff['version']}", "note": re.sub(LATEX, "_", note)}
    made = Entry("misc", fields, {"author": [Person(f"{{{author['name']}}}") for author in cff["authors"]]})
    made.key = "civsam"
    return made


def ris(entry: Entry) -> str:
    """The reference as RIS: a field a line, its two letters first."""
    lines = [("TY", RIS_TYPES[entry.type]), *(("AU", str(person)) for person in entry.persons["author"])]
    lines += [(tag, entry.fields[name]) for name, tag in RIS_FIELDS.items() if name in entry.fields]
    return "".join(f"{tag}  - {Text.from_latex(value)}\n" for tag, value in [*lines, ("LA", "da"), ("ER", "")])


def cited(entry: Entry, name: str) -> Output:
    """The reference to copy, and as files to fetch: the book writes what stands in a `data-fil` to that file."""
    words = DanishBibliography().format_entry("", entry).text
    html = (f'<blockquote class="spoergsmaal"><p class="ordlyd" id="citat-{name}">{words.render_as("html")}</p>'
            "</blockquote>")
    shown = ""
    links = [f'<button type="button" class="knap" data-kopier="citat-{name}" hidden>Kopiér</button>']
    for form, ending, content in (("BibTeX", "bib", entry.to_string("bibtex")), ("RIS", "ris", ris(entry))):
        file = f"citat/{name}.{ending}"
        links.append(f'<a class="knap" href="{file}" download>Hent {form}</a>')
        shown += f'<details><summary>Vis {form}</summary><pre data-fil="{file}">{escape(content)}</pre></details>'
    return Output(f'<div class="citat">{html}<p class="handlinger">{" ".join(links)}</p>{shown}</div>',
                  words.render_as("text"))
