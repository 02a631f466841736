"""How to cite the study's report and this compendium: in words, as BibTeX and as RIS."""

from __future__ import annotations

from pybtex.database import Entry, parse_file

from civsam.files import project

REPORT = "ibsen_espersen_2016"


# ---- The two works, and their forms


def report() -> Entry:
    """The study's report, as the list of references has it (`data/referencer.bib`)."""
    return parse_file(str(project.data / "referencer.bib"), bib_format="bibtex").entries[REPORT]
