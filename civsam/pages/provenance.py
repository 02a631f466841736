"""Where numbers come from: no number is shown without its mark."""

from __future__ import annotations

import pandas as pd

from civsam.survey.survey import COLLECTED, SYNTHETIC

MARKS = {
    SYNTHETIC: "syntetiske svar", COLLECTED: "indsamlede svar", "publiceret": "offentliggjort", "antaget": "antaget",
    "projekt": "projektets", "register": "register",
}


# ---- Provenance


def provenance_of(estimates: pd.DataFrame) -> str:
    """The provenance of estimates. Raises ValueError where it is missing or mixed: nothing is shown without it."""
    found = set(estimates["provenance"]) if "provenance" in estimates else set()
    if len(found) != 1:
        raise ValueError(f"estimates of one provenance are needed, not {sorted(found)}")
    return found.pop()


def mark(provenance: str) -> str:
    """The badge that says where a number comes from."""
    return f'<span class="maerke {provenance}">{MARKS[provenance]}</span>'
