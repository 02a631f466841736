"""The 98 municipalities of October 2015 and the frame of 838 positions that were asked."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from civsam.files import DATA, read_table
from civsam.questionnaire import Questionnaire

# The report's own cut points are not published: these are this project's choice.
SIZE_CUTS = (30_000, 60_000)

NUMERIC = ("kommunekode", "folketal_2015", "udgiftsbehov", "beskatningsgrundlag", "tilskud_udligning", "col", "row")

# Every variable that groups may be formed by, with the labels of its codes in their order.
VARIABLES: dict[str, dict[str, str]] = {
    "fagomraade": {},  # filled from the questionnaire by `labels`
    "kommunetype": {
        "lille": "Under 30.000 indbyggere",
        "mellem": "30.000–59.999 indbyggere",
        "stor": "60.000 indbyggere og derover",
    },
    "region": {
        "hovedstaden": "Hovedstaden",
        "sjaelland": "Sjælland",
        "syddanmark": "Syddanmark",
        "midtjylland": "Midtjylland",
        "nordjylland": "Nordjylland",
    },
    "blok": {"roed": "Rød borgmester", "blaa": "Blå borgmester"},
    "udgiftspres": {"lavt": "Lavt udgiftspres", "middel": "Middel udgiftspres", "hoejt": "Højt udgiftspres"},
}

NAMES = {
    "fagomraade": "fagområde",
    "kommunetype": "kommunetype",
    "region": "region",
    "blok": "borgmesterens blok",
    "udgiftspres": "udgiftspres",
}


def labels(variable: str, questionnaire: Questionnaire) -> dict[str, str]:
    """Codes and Danish labels of a frame variable, in the order in which they are shown."""
    if variable == "fagomraade":
        return {area.id: area.name for area in questionnaire.areas.values()}
    return VARIABLES[variable]


def size_type(inhabitants: pd.Series) -> pd.Series:
    """Municipality type by number of inhabitants, cut at `SIZE_CUTS`."""
    codes = np.array(list(VARIABLES["kommunetype"]))
    return pd.Series(codes[np.digitize(inhabitants, SIZE_CUTS)], index=inhabitants.index)


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
    return pd.Series(np.array(list(VARIABLES["udgiftspres"]))[steps(values, 3)], index=values.index)


@cache
def _municipalities() -> pd.DataFrame:
    table = read_table(DATA / "kommuner.csv", [*NUMERIC, "kommunenavn", "region", "borgmesterparti", "blok"])
    table = table.astype(dict.fromkeys(NUMERIC, int)).set_index("kommunekode")
    to_code = {label: code for code, label in VARIABLES["region"].items()}
    table["region"] = table["region"].map(to_code)
    table["kommunetype"] = size_type(table["folketal_2015"])
    table["pres"] = expenditure_pressure(table)
    table["udgiftspres"] = thirds(table["pres"])
    return table


def municipalities() -> pd.DataFrame:
    """The 98 municipalities, indexed by `kommunekode`, with codes for region, bloc, size type and pressure group."""
    return _municipalities().copy()


def frame(questionnaire: Questionnaire) -> pd.DataFrame:
    """The positions that were asked, one row each, indexed by `stilling` ("101-sundhed").

    Columns: kommunekode, kommunenavn, fagomraade and the municipality's own grouping variables.
    """
    table = municipalities()
    rank = table["folketal_2015"].rank(ascending=False, method="first")
    rows = [
        (code, area.id)
        for code in table.index
        for area in questionnaire.areas.values()
        if area.municipalities is None or rank[code] <= area.municipalities
    ]
    positions = pd.DataFrame(rows, columns=["kommunekode", "fagomraade"])
    positions.index = pd.Index([f"{code}-{area}" for code, area in rows], name="stilling")
    own = table[["kommunenavn", "region", "blok", "kommunetype", "udgiftspres"]]
    return positions.join(own, on="kommunekode")
