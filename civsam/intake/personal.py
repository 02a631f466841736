"""Numbers and addresses by which a person is known, where somebody has written them among the answers."""

from __future__ import annotations

import re
from collections.abc import Iterable

ALONE = r"(?<![\w@+])(?<!\d[.,-])(?:%s)(?![\w@])"  # not a part of a longer word, number or address
CPR = re.compile(ALONE % r"(0[1-9]|[12][0-9]|3[01])(0[1-9]|1[0-2])[0-9]{2}[ -]{0,3}[0-9]{4}")  # date and four digits
EMAIL = re.compile(r"[^\s@<>()\[\];:,\"]+@[^\s@<>()\[\];:,\"]+\.[^\W\d_]{2,}")
PHONE = re.compile(ALONE % (r"((\+|00)45[ .-]?)?[2-9][0-9](?P<gap>[ .-]?)[0-9]{2}((?P=gap)[0-9]{2}){2}|"
                            r"(\+|00)[1-9]([ .-]?[0-9]){7,13}"))  # eight digits in pairs, or with a country's code
KINDS = {"CPR-numre": CPR, "mailadresser": EMAIL, "telefonnumre": PHONE}
MAY = re.compile(r"@|[0-9][0-9 .-]{6}")  # what has neither holds none of them


def told(cells: Iterable[str], kinds: Iterable[str] = KINDS) -> dict[str, list[int]]:
    """The places of the cells that seem to hold something of each kind; kinds without any are left out."""
    maybe = [(place, cell) for place, cell in enumerate(cells) if MAY.search(cell)]
    found = {kind: [place for place, cell in maybe if KINDS[kind].search(cell)] for kind in kinds}
    return {kind: places for kind, places in found.items() if places}
