"""Notes in a Stata file (release 118): characteristics of `_dta`, which the library that writes the file has no way to.

After "File formats .dta, 118" in Stata's own help: a characteristic is its length, the name of what it is of, its own
name, both 129 bytes, and its text, each ended by a zero. The map holds where each of the file's sections begins.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

SECTIONS, NAME = 14, 129  # of the map; bytes of a name
LONGEST = 60_000  # bytes of a note; Stata takes 67,784


def add(path: Path, notes: Sequence[str]) -> None:
    """Add notes to a file that has none and is written in the byte order of most machines (little-endian)."""
    data = path.read_bytes()
    texts = {"note0": str(len(notes)), **{f"note{place}": text for place, text in enumerate(notes, 1)}}
    extra = b"".join(map(_characteristic, texts, texts.values()))
    mapped = data.index(b"<map>") + len(b"<map>")
    layout, size = f"<{SECTIONS}Q", 8 * SECTIONS
    places = struct.unpack(layout, data[mapped:mapped + size])
    at = data.index(b"<characteristics>", mapped) + len(b"<characteristics>")
    moved = struct.pack(layout, *(place + len(extra) * (place >= at) for place in places))
    path.write_bytes(b"".join((data[:mapped], moved, data[mapped + size:at], extra, data[at:])))


def _characteristic(name: str, text: str) -> bytes:
    body = b"_dta".ljust(NAME, b"\0") + name.encode().ljust(NAME, b"\0") + text.encode() + b"\0"
    return b"<ch>" + struct.pack("<I", len(body)) + body + b"</ch>"
