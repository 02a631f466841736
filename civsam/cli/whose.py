"""Asking whose edition it is, before a book of collected answers is built."""

from __future__ import annotations

import sys

from civsam.danish import listed
from civsam.files import project, shown
from civsam.pages import imprint
from civsam.survey.survey import COLLECTED


def ask_for_imprint(provenance: str) -> list[str]:
    """Have the file that says whose edition it is filled in, where the answers are collected and it is not.

    The fields are asked for in a terminal; elsewhere the file is laid out, and what to write in it is returned. Raises
    UserError as `imprint.read`.
    """
    if provenance != COLLECTED or not (missing := imprint.missing()):
        return []
    known = imprint.told()
    if sys.stdin is not None and sys.stdin.isatty():
        print(f"Bogen er om dine egne svar. Svarene på disse spørgsmål gemmes i {imprint.FILE}; Enter springer over.")
        for name in missing:
            known[name] = asked_until_right(name)
    imprint.write(known)
    still = imprint.missing()
    return [f"Bogen har ikke sin egen forside: i {shown(project.root / imprint.FILE)} mangler {listed(still)}. Skriv "
            "det, og byg igen. Bogen kan ikke udgives før."] if still else []


def asked_until_right(name: str) -> str:
    """What is typed for a field, asked for again until it can be that."""
    while True:
        text = input(f"  {imprint.FIELDS[name]}: ").strip()
        if not text or not (why := imprint.fault(name, text)):
            return text
        print(f"  Det {why}")
