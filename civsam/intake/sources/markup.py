"""XML of another program, read without following anything that it declares."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.parsers import expat

from civsam.files import UserError, shown

SUFFIXES = (".xml", ".lss", ".ddi")
LARGEST, DEEPEST = 50 * 2**20, 200  # bytes of a file, and elements within one another
DANISH = re.compile(r"da(n)?\b", re.IGNORECASE)


def is_xml(path: Path, data: bytes) -> bool:
    """Whether a file is XML, by its name or how it begins."""
    start = data[:400].replace(b"\x00", b"").removeprefix(b"\xef\xbb\xbf").lstrip(b"\xff\xfe \r\n\t")
    return path.suffix.lower() in SUFFIXES or start.startswith((b"<?xml", b"<!DOCTYPE", b"<document", b"<codeBook"))


def parse(path: Path, data: bytes) -> ElementTree.Element:
    """The root of the document. Raises UserError for what is no XML, is too large or deep, or declares entities."""
    if len(data) > LARGEST:
        raise UserError(f"{shown(path)}: filen fylder over {LARGEST // 2**20} MB og læses ikke. Gem den uden svar.")
    try:
        _harmless(path, data)
        return ElementTree.fromstring(data)
    except (expat.ExpatError, ElementTree.ParseError, ValueError, LookupError) as fault:
        line, place = getattr(fault, "position", (getattr(fault, "lineno", 0), getattr(fault, "offset", 0)))
        where = f", linje {line}, tegn {place + 1}" if line else ""
        raise UserError(f"{shown(path)}{where}: filen er ikke hel XML. Den er afkortet eller beskadiget. Gem den igen "
                        "fra det program, den kommer fra.") from None


def _harmless(path: Path, data: bytes) -> None:
    """Raise UserError for a document that declares entities, which can be made to fill all memory, or is too deep."""
    parser, depth = expat.ParserCreate(), [0]

    def declared(*_: object) -> Any:
        raise UserError(f"{shown(path)}: filen erklærer sine egne forkortelser (ENTITY) og læses ikke, for de kan "
                        "fylde hele hukommelsen. Gem den igen fra det program, den kommer fra.")

    def opened(*_: object) -> None:
        depth[0] += 1
        if depth[0] > DEEPEST:
            raise UserError(f"{shown(path)}: filen har over {DEEPEST} lag i hinanden og læses ikke.")

    def closed(*_: object) -> None:
        depth[0] -= 1

    parser.EntityDeclHandler = parser.ExternalEntityRefHandler = declared
    parser.StartElementHandler, parser.EndElementHandler = opened, closed
    parser.Parse(data, True)


def local(element: ElementTree.Element) -> str:
    """The name of an element without its namespace."""
    return element.tag.rpartition("}")[2]


def children(element: ElementTree.Element, name: str) -> Iterator[ElementTree.Element]:
    """The elements of a name, whatever their namespace, right below this one."""
    return (child for child in element if isinstance(child.tag, str) and local(child) == name)


def within(element: ElementTree.Element, name: str) -> Iterator[ElementTree.Element]:
    """The same at any depth."""
    return (child for child in element.iter() if isinstance(child.tag, str) and local(child) == name)
