"""The version of a questionnaire's file: what it may hold, and how a file is marked with it."""

from __future__ import annotations

from difflib import get_close_matches

from civsam.files import LINE
from civsam.instrument.reader import Reader

VERSION = 2  # 1: files without a version, which go on working; 2: rankings, dates and what follows from answers
KEY = "format"
KEYS = (KEY, "titel", "formulering", "afgraensning", "ved_ikke", "noegle", "opslag", "baggrund", "vaegtning",
        "stikproeve", "margener", "blokke", "skalaer", "spoergsmaal", "afledt", "uden_spoergsmaal",
        "sprog", "oversaettelser")


def check(reader: Reader) -> None:
    """Raise UserError for a file of a version that is not known here, and for a part whose name is misspelt."""
    version = reader.get(reader.content, KEY, int, 1)
    if isinstance(version, bool) or version < 1:
        raise reader.stop(reader.content[LINE], f"'{KEY}' er {version!r}; der skal stå et tal fra 1 til {VERSION}.")
    if version > VERSION:
        raise reader.stop(reader.content[LINE], f"skemaet er skrevet i format {version}, og denne udgave af civsam "
                                                f"kender til og med {VERSION}. Brug en nyere civsam.")
    for name in [name for name in reader.content if name not in (*KEYS, LINE)]:
        if near := get_close_matches(str(name), KEYS, n=1, cutoff=0.75):
            raise reader.stop(reader.content[LINE], f"ukendt nøgle '{name}'. Mente du '{near[0]}'?")


def marked(text: str) -> str:
    """A questionnaire's text with its version at the top, if it has none."""
    lines = text.split("\n")
    if any(line.startswith(f"{KEY}:") for line in lines):
        return text
    place = next((at + 1 for at, line in enumerate(lines) if line.rstrip() == "---"), 0)
    return "\n".join([*lines[:place], f"{KEY}: {VERSION}", *lines[place:]])
