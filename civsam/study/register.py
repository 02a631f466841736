"""The 98 municipalities of October 2015, and the frame: all who were asked, with what is known of them beforehand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from civsam.files import per_project, project, read_table
from civsam.inference.settled import settled

# The report's own cut points are not published: these are this project's choice.
SIZE_CUTS = (30_000, 60_000)

NUMERIC = ("kommunekode", "folketal_2015", "udgiftsbehov", "beskatningsgrundlag", "tilskud_udligning", "col", "row")

# Codes of the grouping variables that are made here; their labels are in the questionnaire.
SIZES = ("lille", "mellem", "stor")
PRESSURES = ("lavt", "middel", "hoejt")
REGIONS = {"Hovedstaden": "hovedstaden", "Sjælland": "sjaelland", "Syddanmark": "syddanmark",
           "Midtjylland": "midtjylland", "Nordjylland": "nordjylland"}
OWN = ["kommunenavn", "region", "blok", "kommunetype", "udgiftspres"]  # what a position has from its municipality
GROUPS = "kommunegrupper.csv"  # the same as a file, where the questionnaire looks it up


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
    values = pd.Series(settled(values), values.index)
    return ((values.rank(method="first") - 1) * groups // len(values)).astype(int)


def thirds(values: pd.Series) -> pd.Series:
    """The codes of three groups by `steps`."""
    return pd.Series(np.array(PRESSURES)[steps(values, 3)], index=values.index)


@per_project
def _municipalities() -> pd.DataFrame:
    table = read_table(project.data / "kommuner.csv", [*NUMERIC, "kommunenavn", "region", "borgmesterparti", "blok"])
    table = table.astype(dict.fromkeys(NUMERIC, int)).set_index("kommunekode")
    table["region"] = table["region"].map(REGIONS)
    table["kommunetype"] = size_type(table["folketal_2015"])
    table["pres"] = expenditure_pressure(table)
    table["udgiftspres"] = thirds(table["pres"])
    return table


def municipalities() -> pd.DataFrame:
    """The 98 municipalities, indexed by `kommunekode`, with codes for region, bloc, size type and pressure group."""
    return _municipalities().copy()


def write_groups(folder: Path) -> None:
    """Write what a position has from its municipality to the file that the questionnaire looks it up in."""
    municipalities()[OWN].to_csv(folder / GROUPS, lineterminator="\n")
