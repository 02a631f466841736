"""Several tables of answers as one: of more respondents, or of more questions to the same ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from civsam.danish import number
from civsam.files import UserError, shown
from civsam.instrument.words import plain
from civsam.intake import export
from civsam.intake.answer_file import KEY, Role
from civsam.intake.table import Table


def joined(first: Table, others: Sequence[tuple[Path, Table]], role: Callable[[str], Role | None]) -> Table:
    """The first table with the others: those with the same columns below it, those with other columns beside it.

    role: what a column of some name is; the key tells who is who. Rows of the others are numbered after the last of
    the first, and that is told. Raises UserError where the tables cannot be joined: ragged rows, no key, a key twice,
    or an answer that is said to be two things.
    """
    for path, other in others:
        if first.ragged or other.ragged:
            raise UserError(f"{shown(path)}: filer kan ikke samles, når rækker har et andet antal felter end "
                            "overskriften. Ret dem først.")
        first, other = (_bare(table) for table in (first, other))
        names = {plain(name) for name in other.header}
        same = names == {plain(name) for name in first.header}
        first = _below(path, first, other) if same else _beside(path, first, other, role)
    return first


def _bare(table: Table) -> Table:
    """The table without the apostrophes that guard cells of delimited text."""
    return replace(table, cells=table.cells.map(export.unguard), guarded=False) if table.guarded else table


def _shifted(first: Table, other: Table) -> tuple[pd.Index, int]:
    """The row numbers of the other after those of the first, and by how much they are moved."""
    shift = int(first.cells.index.max()) if len(first.cells) else 0
    return other.cells.index + shift, shift


def _below(path: Path, first: Table, other: Table) -> Table:
    """The rows of both."""
    places = {plain(name): at for at, name in enumerate(other.header)}
    cells = other.cells[[places[plain(name)] for name in first.header]].set_axis(range(len(first.header)), axis=1)
    cells.index, shift = _shifted(first, other)
    told = f"{shown(path)}: {number(len(cells))} rækker til; læg {shift} til filens egne rækkenumre."
    labelled = {at: first.labelled.get(at, frozenset()) | other.labelled.get(places[plain(name)], frozenset())
                for at, name in enumerate(first.header)}
    return replace(first, cells=pd.concat([first.cells, cells]), labelled=labelled, notes=[*first.notes, told])


def _beside(path: Path, first: Table, other: Table, role: Callable[[str], Role | None]) -> Table:
    """The columns of both, by the key."""
    mine, theirs = (_key(path, table, role) for table in (first, other))
    have = {plain(name): at for at, name in enumerate(first.header)}
    new = [at for at, name in enumerate(other.header) if plain(name) not in have]
    keys, others = first.cells[mine].str.strip(), other.cells[theirs].str.strip()
    rows = pd.Series(np.arange(len(others)), index=others.to_numpy())
    place = keys.map(rows)
    for at, name in enumerate(other.header):
        if plain(name) in have and at != theirs:
            _agree(path, name, keys, first.cells[have[plain(name)]], place, other.cells[at])
    cells = first.cells.copy()
    known = place.notna().to_numpy()
    for column, at in enumerate(new, len(first.header)):
        found = np.full(len(cells), "", dtype=object)
        found[known] = other.cells[at].to_numpy(object)[place[known].astype(int)]
        cells[column] = pd.array(found, dtype="str")
    alone = ~others.isin(keys).to_numpy()
    extra = _only(first, other, new, alone)
    told = (f"{shown(path)}: {len(new)} kolonner er sat ved siden af; {number(int(known.sum()))} er i begge, "
            f"{number(int((~known).sum()))} kun i den første og {number(int(alone.sum()))} kun i den anden.")
    mine_said, theirs_said = (table.titles or [""] * len(table.header) for table in (first, other))
    titles = [*mine_said, *(theirs_said[at] for at in new)]
    labelled = first.labelled | {column: other.labelled[at] for column, at in enumerate(new, len(first.header))
                                 if at in other.labelled}
    return replace(first, header=[*first.header, *(other.header[at] for at in new)], cells=pd.concat([cells, extra]),
                   titles=titles, labelled=labelled, notes=[*first.notes, told])


def _only(first: Table, other: Table, new: Sequence[int], alone: np.ndarray) -> pd.DataFrame:
    """The rows of those who are in the other table only, as columns of both."""
    places = {plain(name): at for at, name in enumerate(other.header)}
    sources = [*(places.get(plain(name)) for name in first.header), *new]
    blank = pd.Series("", index=other.cells.index, dtype="str")
    rows = pd.DataFrame({at: blank if source is None else other.cells[source] for at, source in enumerate(sources)})
    rows.index = _shifted(first, other)[0]
    return rows[alone]


def _key(path: Path, table: Table, role: Callable[[str], Role | None]) -> int:
    """The column of the key. Raises UserError where there is none, or it is blank or doubled."""
    found = [at for at, name in enumerate(table.header) if (role(name) or ("",))[0] == KEY]
    if len(found) != 1:
        raise UserError(f"{shown(path)}: filerne kan kun samles, når begge har én kolonne med nøglen, der siger, hvem "
                        "der har svaret.")
    keys = table.cells[found[0]].str.strip()
    bad = keys.index[(keys == "") | keys.duplicated()]
    if len(bad):
        raise UserError(f"{shown(path)}: filerne kan ikke samles, fordi nøglen er tom eller står to gange i en af dem "
                        f"(række {bad[0]}). Ret det først.")
    return found[0]


def _agree(path: Path, name: str, keys: pd.Series, mine: pd.Series, place: pd.Series, theirs: pd.Series) -> None:
    """Raise UserError where both say something, and not the same."""
    known = place.notna().to_numpy()
    found = theirs.to_numpy(object)[place[known].astype(int)]
    own = mine.to_numpy(object)[known]
    bad = np.flatnonzero([plain(one) != plain(two) for one, two in zip(own, found, strict=True)])
    if len(bad):
        raise UserError(f"{shown(path)}, kolonnen {name}: {keys.to_numpy(object)[known][bad[0]]} har »{own[bad[0]]}« i "
                        f"den ene fil og »{found[bad[0]]}« i den anden. Ret det, eller slet kolonnen i den ene.")
