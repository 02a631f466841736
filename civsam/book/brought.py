"""A project out of another program's file: questionnaire, answers, who answered, and the book about them."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from civsam.book import projects
from civsam.files import QUESTIONNAIRE, UserError, read_text, shown, write_if_changed
from civsam.instrument import questionnaire as instrument
from civsam.intake.sources import reading, written
from civsam.intake.sources.draft import Draft
from civsam.intake.sources.material import one_line

ANSWERS, FRAME = "data/svar.csv", "data/ramme-skabelon.csv"
TOLD = 20  # lines of what was not carried over, and of what was understood, in a terminal; all are in the questionnaire


def create(
    folder: Path, source: Path, sheet: str | None = None, background: Iterable[str] = (),
    sample: Mapping[str, str] | None = None,
) -> tuple[list[Path], Draft]:
    """Lay out a project from a file, and return its files and what was understood; nothing is left after a fault.

    Raises UserError for a folder that is there already, and for a file that no survey can be made of.
    """
    projects.check_free(folder)
    made = reading.survey(source, sheet, background, sample)
    if not folder.parent.is_dir():
        raise UserError(f"{shown(folder.parent)}: mappen findes ikke. Opret den først.")
    with tempfile.TemporaryDirectory(prefix=".civsam-", dir=folder.parent) as temporary:
        unfinished = Path(temporary) / "projekt"
        names = _write(unfinished, made, source)
        reading.check(made, unfinished / QUESTIONNAIRE, unfinished / ANSWERS, shown(source))
        if folder.exists():
            folder.rmdir()  # it is empty
        shutil.move(unfinished, folder)
    return [folder / name for name in names], made


def _write(folder: Path, made: Draft, source: Path) -> list[str]:
    """Write the project's files, and return their names."""
    write_if_changed(folder / QUESTIONNAIRE, written.questionnaire(made, source.name).encode())
    content = {"data/skematekst.yml": read_text(projects.WORDS)}
    content |= projects.files(instrument.read(folder / QUESTIONNAIRE), framed=False)
    if made.answers is not None:
        content[ANSWERS] = written.answers(made)
    if text := written.frame(made):
        content[FRAME] = text
    for name, text in content.items():
        write_if_changed(folder / name, text.encode())
    return [QUESTIONNAIRE.as_posix(), *content]


def report(made: Draft, source: Path, folder: str) -> str:
    """What was understood, what was not carried over, and what to do next, in words."""
    lines = [f"{source.name}: {len(made.items)} spørgsmål"
             + (f", {len(made.background)} baggrundsvariable" if made.background else "")
             + (f", {len(made.answers)} svar." if made.answers is not None else ", ingen svar.")]
    for heading, those in (("Sådan blev filen forstået:", made.told), ("Ikke taget med:", made.lost)):
        if those:
            more = [f"  - og {len(those) - TOLD} linjer mere; se øverst i {QUESTIONNAIRE.as_posix()}"]
            lines += [heading, *(f"  - {one_line(line)}" for line in those[:TOLD])]
            lines += more if len(those) > TOLD else []
    if made.guesses:
        lines.append(f"Ved {made.guesses} spørgsmål er der gættet: søg efter »Gæt« i {QUESTIONNAIRE.as_posix()}.")
    if made.answers is None:
        lines.append(f"Gå til mappen {folder}, læg svarene i {ANSWERS}, og skriv: civsam check {ANSWERS}")
    else:
        lines.append(f"Gå til mappen {folder}, og skriv: civsam tables (alle tal nu) eller civsam book (bogen).")
    return "\n".join(lines)
