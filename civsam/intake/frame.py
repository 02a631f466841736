"""The frame: all who were asked, with what is known of them beforehand."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from civsam.danish import listed
from civsam.files import UserError, project, shown
from civsam.instrument.classes import classed
from civsam.instrument.questionnaire import Background, Questionnaire
from civsam.instrument.words import plain
from civsam.intake import design_columns, tabular


def read_frame(questionnaire: Questionnaire, path: Path | None = None) -> pd.DataFrame:
    """Those who were asked, one row each, indexed by the questionnaire's key, with all its background variables.

    path: the project's own frame unless another is given. What follows from the code of the questionnaire's lookup is
    looked up where the file does not say it itself. Raises UserError for a file that cannot be read, a key that is
    blank or doubled, an unknown code, and a variable that is missing.
    """
    path = path or project.data / "ramme.csv"
    table = _asked(path, questionnaire)
    where = f"{shown(path)}, kolonnen {questionnaire.key}"
    doubled = table[questionnaire.key].duplicated() | (table[questionnaire.key] == "")
    if doubled.any():
        row = int(doubled.to_numpy().argmax())
        raise UserError(f"{where}, linje {row + 2}: '{table[questionnaire.key][row]}' er tom eller står to gange. "
                        "Hver, der er spurgt, skal have sin egen.")
    table = with_lookup(table.set_index(questionnaire.key), questionnaire, shown(path))
    _check_one_of_each(table, questionnaire, shown(path))
    for variable in [one for one in questionnaire.background.values() if one.limits and one.id in table.columns]:
        table[variable.id] = [classed(variable.limits, str(cell)) for cell in table[variable.id]]
    for variable in [one for one in questionnaire.background.values() if one.missing and one.id in table.columns]:
        cells = table[variable.id]
        table[variable.id] = cells.where(cells.astype(str).str.strip() != "", variable.missing)
    for variable in questionnaire.background.values():
        if variable.id in table.columns:
            table[variable.id] = _by_label(table[variable.id], variable)
        _check_codes(table, variable, shown(path))
    return design_columns.of_frame(table, questionnaire, shown(path))


def _asked(path: Path, questionnaire: Questionnaire) -> pd.DataFrame:
    """The frame's file as text cells, in any of the formats that answers may have. Raises UserError."""
    expected = {questionnaire.key, *questionnaire.background, *map(questionnaire.source, questionnaire.background)}
    loaded = tabular.load(path, lambda names: len(expected & {name.strip() for name in names}), None, lambda _: None)
    if loaded.ragged:
        raise UserError(f"{shown(path)}, linje {min(loaded.ragged)}: rækken har ikke lige så mange felter som "
                        "overskriften.")
    named = loaded.cells.set_axis([name.strip() for name in loaded.header], axis=1)
    table = named.astype(object).reset_index(drop=True)
    if questionnaire.key not in table:
        raise UserError(f"{shown(path)}: kolonnen {questionnaire.key} mangler i rammen. Fandt: "
                        f"{', '.join(loaded.header[:8])}.")
    return table


def with_lookup(table: pd.DataFrame, questionnaire: Questionnaire, where: str) -> pd.DataFrame:
    """The table with what the questionnaire's lookup knows of each row, if it has the code for it. Raises UserError."""
    lookup = questionnaire.lookup
    if lookup is None or lookup.key not in table.columns:
        return table
    code = table[lookup.key].astype(str).str.strip()
    numeric = lookup.known.index.str.fullmatch(r"[1-9]\d*").all()
    if numeric:  # a spreadsheet may have written 0101 or 101.0
        code = code.str.replace(r"^0+(?=\d)|\.0+$", "", regex=True)
    unknown = ~code.isin(lookup.known.index)
    if unknown.any():
        row, (example, label) = int(unknown.to_numpy().argmax()), (lookup.known.index[0], lookup.labels)
        raise UserError(f"{where}, linje {row + 2}, kolonnen {lookup.key}: '{table[lookup.key].iloc[row]}' er ikke en "
                        f"kode for {lookup.name}. Skriv koden, for eksempel {example} for {label[example]}.")
    missing = [name for name in lookup.known if name not in table.columns]
    found = lookup.known.loc[code, missing].set_axis(table.index)
    return table.assign(**{lookup.key: code.astype(int) if numeric else code}).join(found)


def _check_one_of_each(table: pd.DataFrame, questionnaire: Questionnaire, where: str) -> None:
    """Raise UserError where the frame says two things of what follows from one code."""
    lookup = questionnaire.lookup
    if lookup is None or lookup.key not in table.columns:
        return
    for name in lookup.known:
        first = table.groupby(lookup.key)[name].transform("first")
        if (differ := (table[name] != first).to_numpy()).any():
            row = int(differ.argmax())
            code = table[lookup.key].iloc[row]
            raise UserError(f"{where}, linje {row + 2}, kolonnen {name}: '{table[name].iloc[row]}', men en række "
                            f"højere oppe har '{first.iloc[row]}' for den samme {lookup.name} ({lookup.key} {code}). "
                            "Ret den, der er forkert.")


def of_register(frame: pd.DataFrame, questionnaire: Questionnaire) -> list[str]:
    """The names of the background variables that are as the lookup has them, so that they are of its year."""
    lookup = questionnaire.lookup
    if lookup is None or lookup.key not in frame.columns:
        return []
    there = lookup.known.reindex(frame[lookup.key].astype(str))
    return [variable.name for variable in questionnaire.background.values()
            if variable.id in there and variable.id in frame
            and (there[variable.id].to_numpy() == frame[variable.id].astype(str).to_numpy()).all()]


def register_note(frame: pd.DataFrame, questionnaire: Questionnaire) -> list[str]:
    """What the user must know of the year of what is looked up; nothing where nothing is."""
    names, lookup = of_register(frame, questionnaire), questionnaire.lookup
    if not names or lookup is None:
        return []
    if not lookup.year:
        return [f"Bemærk: {listed(names)} er slået op i {lookup.file}, og det vides ikke, hvilket år den er fra. Skriv "
                "det som »aar« under »opslag« i spørgeskemaet."]
    return [f"Bemærk: {listed(names)} er slået op i {lookup.file} og er, som de var i {lookup.year}. Er de ændret "
            "siden, så giv rammen sine egne kolonner, som bruges først, eller ret filen og »aar« i spørgeskemaet."]


def _by_label(cells: pd.Series, variable: Background) -> pd.Series:
    """The cells with codes where the words of the codes stand, as in answer files; others as they are."""
    codes = {plain(label): code for code, label in variable.labels.items()}
    return cells.map(lambda cell: cell if cell in variable.labels else codes.get(plain(str(cell)), cell))


def _check_codes(table: pd.DataFrame, variable: Background, where: str) -> None:
    if variable.id not in table.columns:
        raise UserError(f"{where}: kolonnen {variable.id} ({variable.name}) mangler. Tilføj den.")
    bad = ~table[variable.id].isin(variable.labels)
    if bad.any():
        row = int(bad.to_numpy().argmax())
        raise UserError(f"{where}, linje {row + 2}, kolonnen {variable.id}: '{table[variable.id].iloc[row]}' er ikke "
                        f"en kode for {variable.name}. Tilladt: {', '.join(variable.labels)}.")
