"""What an edition of collected answers says of itself: whose it is, of which year, and how to cite it.

It stands in `udgave.yml` in the project's folder. The study's own title, publisher and reference are another survey's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from packaging.version import InvalidVersion, Version
from pybtex.database import Entry, Person

from civsam.danish import listed
from civsam.files import LINE, UserError, line_of, project, read_yaml, visible, write_if_changed

FILE = "udgave.yml"
FIELDS = {  # what each is asked for by
    "titel": "Bogens titel",
    "manchet": "Hvad undersøgelsen handler om, i en eller to sætninger",
    "udgiver": "Hvem der udgiver bogen",
    "aar": "Hvilket år svarene er samlet ind",
    "kontakt": "Hvem læsere kan skrive til",
    "version": "Bogens version, for eksempel 1.0",
}
LONGEST = {"manchet": 600}
LONG = 150  # characters of the others
UNNAMED = "Egne svar (udgaven er uden titel)"
CONFLICT = re.compile(r"[\\{}~^]")  # what BibTeX takes for its own, and no reader misses


@dataclass(frozen=True)
class Imprint:
    """The fields of the file: title, lead, publisher, contact and version as text, the year as a number."""

    titel: str
    manchet: str
    udgiver: str
    aar: int
    kontakt: str
    version: str

    @property
    def byline(self) -> str:
        """Whose edition of which year."""
        return f"{self.udgiver}, {self.aar}, version {self.version}"

    def entry(self, note: str) -> Entry:
        """The edition as a reference. note: what its numbers are made from."""
        fields = {"title": f"{{{_latex(self.titel)}}}", "year": str(self.aar),
                  "howpublished": f"Version {_latex(self.version)}", "note": _latex(note)}
        made = Entry("misc", fields, {"author": [Person(f"{{{_latex(self.udgiver)}}}")]})
        made.key = "udgave"
        return made

    def citation(self) -> str:
        """The reference that machines read (Citation File Format 1.2.0)."""
        fields = {"cff-version": "1.2.0", "message": "Henvis til denne udgave, når du bruger dens tal.",
                "type": "dataset", "title": self.titel, "abstract": self.manchet, "version": self.version,
                "authors": [{"name": self.udgiver}], "contact": [{"name": self.kontakt}]}
        return yaml.safe_dump(fields, allow_unicode=True, sort_keys=False)


def _latex(text: str) -> str:
    """The text as a field of a reference may have it: a sign of percent would begin a comment."""
    return re.sub(r"\s*%", " procent", CONFLICT.sub("", text))


def read() -> Imprint | None:
    """What the project's file says; None where there is no such file, or something in it has not been filled in.

    Raises UserError, with the line, for an unknown name and a value that cannot be.
    """
    found = told()
    if any(not found.get(name) for name in FIELDS):
        return None
    return Imprint(**{name: found[name] for name in FIELDS if name != "aar"}, aar=int(found["aar"]))


def missing() -> list[str]:
    """The names of what has not been filled in. Raises UserError as `read` does."""
    found = told()
    return [name for name in FIELDS if not found.get(name)]


def told() -> dict[str, str]:
    """What stands in the file, blank where nothing does; empty without a file. Raises UserError as `read` does."""
    path = project.root / FILE
    if not path.exists():
        return {}
    content = read_yaml(path)
    for name in content:
        if name not in (*FIELDS, LINE):
            raise UserError(f"{FILE}, linje {line_of(path, name)}: '{name}' kendes ikke. Kendte: {listed(FIELDS)}.")
    found = {name: "" if content.get(name) is None else str(content[name]).strip() for name in FIELDS}
    for name, text in found.items():
        if text and (why := fault(name, text)):
            raise UserError(f"{FILE}, linje {line_of(path, name)}: {name} {why}")
    return found


def fault(name: str, text: str) -> str:
    """Why a text cannot be that field, and what to write; empty where it can."""
    if isinstance(text, str) and visible(text) != text:
        return "har et linjeskift eller tegn, der ikke kan ses. Skriv det på én linje."
    if len(text) > LONGEST.get(name, LONG):
        return f"er på {len(text)} tegn. Skriv højst {LONGEST.get(name, LONG)}."
    if name == "aar" and not re.fullmatch(r"(19|20)\d\d", text):
        return f"er '{text}'. Skriv et årstal, for eksempel 2026."
    if name == "version":
        try:
            Version(text)
        except InvalidVersion:
            return f"er '{text}'. Skriv tal med punktum, for eksempel 1.0."
    return ""


def write(known: Mapping[str, Any]) -> None:
    """Write the file, what is not known as blanks to fill in."""
    lines = ["# Hvad udgaven hedder, og hvem der står bag. civsam book læser det, når svarene er indsamlede.", ""]
    for name, words in FIELDS.items():
        value = yaml.safe_dump(str(known.get(name, "")), allow_unicode=True, default_style='"', width=10_000).strip()
        lines += [f"# {words}", f"{name}: {value}"]
    write_if_changed(project.root / FILE, ("\n".join(lines) + "\n").encode())
