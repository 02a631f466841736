"""The 98 municipalities of October 2015, and the frame: all who were asked, with what is known of them beforehand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from civsam.files import UserError, per_project, project, read_table, shown
from civsam.inference.settled import settled
from civsam.instrument import questionnaire
from civsam.instrument.questionnaire import Lookup

# The report's own cut points are not published: these are this project's choice.
SIZE_CUTS = (30_000, 60_000)

NUMERIC = ("kommunekode", "folketal_2015", "udgiftsbehov", "beskatningsgrundlag", "tilskud_udligning", "col", "row")

# Codes of the grouping variables that are made here; their labels are in the questionnaire.
SIZES = ("lille", "mellem", "stor")
PRESSURES = ("lavt", "middel", "hoejt")
REGIONS = {"Hovedstaden": "hovedstaden", "Sjælland": "sjaelland", "Syddanmark": "syddanmark",
           "Midtjylland": "midtjylland", "Nordjylland": "nordjylland"}
OWN = ["kommunenavn", "region", "blok", "kommunetype", "udgiftspres"]  # what a position has from its municipality
REGISTER, GROUPS = "kommuner.csv", "kommunegrupper.csv"  # the second has `OWN`, where the questionnaire looks it up
YEAR = 2015  # of the first


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


def _made() -> pd.DataFrame:
    """The register with the groups that follow from it."""
    table = read_table(project.data / REGISTER, [*NUMERIC, "kommunenavn", "region", "borgmesterparti", "blok"])
    for name in NUMERIC:
        _check_cells(table, name, table[name].str.fullmatch(r"-?[0-9]{1,15}"), "et helt tal")
    _check_cells(table, "region", table["region"].isin(REGIONS), f"en af {', '.join(REGIONS)}")
    _check_cells(table, "kommunekode", ~table["kommunekode"].duplicated(), "en kode, der ikke står i en anden række")
    table = table.astype(dict.fromkeys(NUMERIC, int)).set_index("kommunekode")
    table["region"] = table["region"].map(REGIONS)
    table["kommunetype"] = size_type(table["folketal_2015"])
    table["pres"] = expenditure_pressure(table)
    table["udgiftspres"] = thirds(table["pres"])
    return table


def _check_cells(table: pd.DataFrame, name: str, right: pd.Series, expected: str) -> None:
    """Raise UserError for the first cell of the register that is not as expected."""
    if not right.all():
        row = int(right.idxmin())
        raise UserError(f"{shown(project.data / REGISTER)}, linje {row + 2}, kolonnen {name}: '{table[name][row]}'. "
                        f"Der skal stå {expected}.")


@per_project
def _municipalities() -> pd.DataFrame:
    table, lookup = _made(), questionnaire.read().lookup
    if lookup is None or lookup.key != table.index.name:
        return table
    own = lookup.known.set_axis(lookup.known.index.astype(int))[[name for name in OWN if name in lookup.known]]
    _check_same(table, own, lookup)
    return table.assign(**{name: own[name].reindex(table.index) for name in own})


def _check_same(table: pd.DataFrame, own: pd.DataFrame, lookup: Lookup) -> None:
    """Raise UserError where register and lookup are not of the same municipalities, or tell of the same year otherwise.
    """
    mine, theirs = (shown(project.data / name) for name in (REGISTER, lookup.file))
    for file, other, codes in ((theirs, mine, table.index.difference(own.index)),
                               (mine, theirs, own.index.difference(table.index))):
        if len(codes):
            raise UserError(f"{file}: {table.index.name} {codes[0]} mangler og står i {other}. De to filer skal have "
                            "de samme kommuner. Tilføj rækken, eller slet den i den anden.")
    if lookup.year not in (0, YEAR):
        return
    for name in own:
        if (differ := table[name] != own[name].reindex(table.index)).any():
            code = differ.idxmax()
            raise UserError(f"{theirs}, {table.index.name} {code}, kolonnen {name}: '{own[name][code]}', men af {mine} "
                            f"følger '{table[name][code]}' for {YEAR}. Ret den, der er forkert. Er {theirs} fra et "
                            "andet år, så skriv det år som »aar« under »opslag« i spørgeskemaet.")


def municipalities() -> pd.DataFrame:
    """The municipalities, indexed by `kommunekode`, with codes for region, bloc, size type and pressure group.

    The groups are those that the questionnaire looks up, of whatever year it says. Raises UserError where its file does
    not fit the register.
    """
    return _municipalities().copy()


def write_groups(folder: Path) -> None:
    """Write what a position has from its municipality to the file that the questionnaire looks it up in."""
    _made()[OWN].to_csv(folder / GROUPS, lineterminator="\n")
