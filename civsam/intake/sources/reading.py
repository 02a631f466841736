"""The survey in a file of any kind that is known, and its answers held against the questionnaire that came of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from civsam.files import UserError, shown
from civsam.instrument import classes
from civsam.instrument.questionnaire import Background, read
from civsam.intake import answers, statistics_files, tabular
from civsam.intake.sources import ddi, limesurvey, markup, statistics, xls_form
from civsam.intake.sources import sheet as sheet_
from civsam.intake.sources.draft import Draft, draft
from civsam.intake.sources.material import Material


def survey(
    path: Path, sheet: str | None = None, background: Iterable[str] = (), sample: Mapping[str, str] | None = None
) -> Draft:
    """The survey that a file holds. sheet: which of a workbook's sheets. background: what answers are divided by.
    sample: columns that tell how the sample was drawn.

    Raises UserError for a file that cannot be read, that holds no survey, or in which something cannot be told apart.
    """
    try:
        return draft(material(path, sheet), path.stem.replace("_", " ").capitalize(), background, sample)
    except UserError as fault:
        told = str(fault)
        raise UserError(told if told.startswith((shown(path), "--")) else f"{shown(path)}: {told}") from None


def material(path: Path, sheet: str | None) -> Material:
    """What the file tells, in its own names."""
    kind, data = tabular.opened(path)
    if kind in statistics_files.NATIVE:
        return statistics.read(path, kind, data)
    if not kind and markup.is_xml(path, data):
        return _of_xml(path, data)
    if kind == "xlsx" and sheet is None and xls_form.is_form(data):
        return xls_form.read(path, data)
    return sheet_.read(path, sheet)


def _of_xml(path: Path, data: bytes) -> Material:
    """The survey in XML, told by its root."""
    root = markup.parse(path, data)
    readers = {"document": limesurvey.read, "codeBook": ddi.read}
    if markup.local(root) not in readers:
        raise UserError(f"{shown(path)}: XML af slagsen »{markup.local(root)[:40]}« læses ikke. Den skal være en "
                        "struktur fra LimeSurvey (.lss) eller en DDI-kodebog (2.5).")
    return readers[markup.local(root)](root)


def check(made: Draft, questionnaire: Path, written: Path, source: str) -> None:
    """Raise UserError if the answers, as they are read back from their file, are not those of the draft."""
    if made.answers is None:
        return
    asked = read(questionnaire).collected
    try:
        found = answers.check(written, asked, None, progress=lambda _: None).accept()
    except UserError as fault:
        told = str(fault).replace(shown(written), f"{source}, som den blev forstået")
        raise UserError(f"{told} Ret det i filen, og prøv igen.") from None
    items = made.answers[list(asked.items)]
    wrong = [name for name in items if found.answers[name].tolist() != items[name].tolist()]
    if background := [name for name in asked.background]:
        known = found.background if found.background is not None else pd.DataFrame()
        wrong += [name for name in background
                  if known[name].tolist() != _classed(asked.background[name], made.answers[name])]
    if wrong or found.answers.index.astype(str).tolist() != _keys(made, found.answers.index):
        raise UserError(f"svarene kom ikke ens tilbage i {', '.join(wrong[:5]) or 'nøglen'}. Gem filen i et andet "
                        "format, for eksempel CSV UTF-8, og prøv igen.")


def _classed(variable: Background, cells: pd.Series) -> list[str]:
    """What should come back of a background variable: of a number its class."""
    if not variable.limits:
        return cells.tolist()
    return [classes.classed(variable.limits, cell) if cell else variable.missing for cell in cells]


def _keys(made: Draft, found: pd.Index) -> list[str]:
    """The keys that should come back; any, where nobody is named."""
    assert made.answers is not None
    named = made.answers.index.name is not None
    return [str(key).strip() for key in made.answers.index] if named else found.astype(str).tolist()
