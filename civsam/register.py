"""The 98 municipalities of October 2015, and the frame: all who were asked, with what is known of them beforehand."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from civsam import tabular
from civsam.files import DATA, UserError, read_table, shown
from civsam.questionnaire import BACKGROUND, Background, Item, Questionnaire, Scale

# The report's own cut points are not published: these are this project's choice.
SIZE_CUTS = (30_000, 60_000)

NUMERIC = ("kommunekode", "folketal_2015", "udgiftsbehov", "beskatningsgrundlag", "tilskud_udligning", "col", "row")

# Codes of the grouping variables that are made here; their labels are in the questionnaire.
SIZES = ("lille", "mellem", "stor")
PRESSURES = ("lavt", "middel", "hoejt")
REGIONS = {"Hovedstaden": "hovedstaden", "Sjælland": "sjaelland", "Syddanmark": "syddanmark",
           "Midtjylland": "midtjylland", "Nordjylland": "nordjylland"}
OWN = ["kommunenavn", "region", "blok", "kommunetype", "udgiftspres"]  # what a position has from its municipality


def size_type(inhabitants: pd.Series) -> pd.Series:
    """Municipality type by number of inhabitants, cut at `SIZE_CUTS`."""
    return pd.Series(np.array(SIZES)[np.digitize(inhabitants, SIZE_CUTS)], index=inhabitants.index)


def expenditure_pressure(municipalities: pd.DataFrame) -> pd.Series:
    """Expenditure need per krone of resources, 2014: need / (tax base + grants and equalisation), all per inhabitant.

    The ratio is the fiscal-stress measure of the register's source, not KORA's (which is not published).
    """
    resources = municipalities["beskatningsgrundlag"] + municipalities["tilskud_udligning"]
    return municipalities["udgiftsbehov"] / resources


def steps(values: pd.Series, groups: int) -> pd.Series:
    """Groups 0, 1, ... as equal in size as can be, lowest first, by rank (ties keep the order of the register)."""
    return ((values.rank(method="first") - 1) * groups // len(values)).astype(int)


def thirds(values: pd.Series) -> pd.Series:
    """The codes of three groups by `steps`."""
    return pd.Series(np.array(PRESSURES)[steps(values, 3)], index=values.index)


@cache
def _municipalities() -> pd.DataFrame:
    table = read_table(DATA / "kommuner.csv", [*NUMERIC, "kommunenavn", "region", "borgmesterparti", "blok"])
    table = table.astype(dict.fromkeys(NUMERIC, int)).set_index("kommunekode")
    table["region"] = table["region"].map(REGIONS)
    table["kommunetype"] = size_type(table["folketal_2015"])
    table["pres"] = expenditure_pressure(table)
    table["udgiftspres"] = thirds(table["pres"])
    return table


def municipalities() -> pd.DataFrame:
    """The 98 municipalities, indexed by `kommunekode`, with codes for region, bloc, size type and pressure group."""
    return _municipalities().copy()


def frame(questionnaire: Questionnaire, path: Path = DATA / "ramme.csv") -> pd.DataFrame:
    """Those who were asked, one row each, indexed by the questionnaire's key, with all its background variables.

    What a municipality decides is looked up by `kommunekode` where the file does not say it itself. Raises UserError
    for a file that cannot be read, a key that is blank or doubled, an unknown municipality or code, and a variable
    that is missing.
    """
    table = _asked(path, questionnaire)
    where = f"{shown(path)}, kolonnen {questionnaire.key}"
    doubled = table[questionnaire.key].duplicated() | (table[questionnaire.key] == "")
    if doubled.any():
        row = int(doubled.to_numpy().argmax())
        raise UserError(f"{where}, linje {row + 2}: '{table[questionnaire.key][row]}' er tom eller står to gange. "
                        "Hver, der er spurgt, skal have sin egen.")
    table = with_municipality(table.set_index(questionnaire.key), questionnaire, shown(path))
    for variable in questionnaire.background.values():
        _check_codes(table, variable, shown(path))
    return table


def _asked(path: Path, questionnaire: Questionnaire) -> pd.DataFrame:
    """The frame's file as text cells, in any of the formats that answers may have. Raises UserError."""
    expected = {questionnaire.key, "kommunekode", *questionnaire.background}
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


def with_municipality(table: pd.DataFrame, questionnaire: Questionnaire, where: str) -> pd.DataFrame:
    """The table with what the register knows of each row's `kommunekode`, if it has one. Raises UserError."""
    missing = [name for name in OWN if name not in table.columns]
    if "kommunekode" not in table.columns or not (DATA / "kommuner.csv").exists():
        return table
    known = municipalities()
    code = pd.to_numeric(table["kommunekode"], errors="coerce")
    unknown = ~code.isin(known.index)
    if unknown.any():
        row = int(unknown.to_numpy().argmax())
        raise UserError(f"{where}, linje {row + 2}, kolonnen kommunekode: '{table['kommunekode'].iloc[row]}' er ikke "
                        "en kommunekode. Skriv kommunens trecifrede kode, for eksempel 101 for København.")
    table = table.assign(kommunekode=code.astype(int))
    return table.join(known[missing], on="kommunekode")


def source(variable: str) -> str:
    """The column that tells a background variable: the municipality, for what the register knows of it."""
    return "kommunekode" if variable in OWN and (DATA / "kommuner.csv").exists() else variable


def unknown(questionnaire: Questionnaire) -> list[Item]:
    """What a respondent must be asked where no frame knows it: the background, as items without a block."""
    asked = dict.fromkeys(source(name) for name in questionnaire.background if name not in questionnaire.items)
    return [_as_item(name, questionnaire.background.get(name)) for name in asked]


def _as_item(name: str, variable: Background | None) -> Item:
    """A background variable, or else the municipality, as a question."""
    if variable is None:
        names = municipalities()["kommunenavn"].sort_values()
        variable = Background(name, "kommune", {str(code): label for code, label in names.items()})
    words = variable.name[:1].upper() + variable.name[1:]
    return Item(name, "", Scale(f"{BACKGROUND}_{name}", BACKGROUND, variable.labels), words, words)


def _check_codes(table: pd.DataFrame, variable: Background, where: str) -> None:
    if variable.id not in table.columns:
        raise UserError(f"{where}: kolonnen {variable.id} ({variable.name}) mangler. Tilføj den.")
    bad = ~table[variable.id].isin(variable.labels)
    if bad.any():
        row = int(bad.to_numpy().argmax())
        raise UserError(f"{where}, linje {row + 2}, kolonnen {variable.id}: '{table[variable.id].iloc[row]}' er ikke "
                        f"en kode for {variable.name}. Tilladt: {', '.join(variable.labels)}.")
