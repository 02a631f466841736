"""An answer file while it is checked: its faults, each with the rows it stands in, and notes of what was recognised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from civsam.files import shown
from civsam.instrument.questionnaire import Questionnaire
from civsam.intake import export
from civsam.intake.faults import FAULT_COLUMNS, Fault, amount
from civsam.intake.table import Say, Table

Rows = np.ndarray  # places in the table, counted from 0
LEAST = 3  # cells that are no answer, for their row to look like a heading
Role = tuple[str, ...]  # what a column holds, see `columns.Columns`
KEY = "#key"  # the role of the key: no question can have such an id


@dataclass
class AnswerFile:
    """A file that is held against questionnaire and frame, with the faults and notes that are gathered of it."""

    path: Path
    questionnaire: Questionnaire
    frame: pd.DataFrame | None
    table: Table
    say: Say
    given: Mapping[str, dict[str, str]] = field(default_factory=dict)  # of cells, see `mapping.Map.values`
    faults: list[tuple[Fault, np.ndarray | None]] = field(default_factory=list)  # with row numbers
    notes: list[str] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)  # columns that are none of the questionnaire's
    absent: list[str] = field(default_factory=list)  # questions without a column

    def add(self, fault: Fault, rows: Rows | None = None) -> None:
        """Note a fault of these rows, or of a whole column."""
        if rows is None or len(rows):
            self.faults.append((fault, rows if rows is None else self.table.cells.index.to_numpy()[rows]))

    def note(self, what: str, names: Sequence[str]) -> None:
        """Note these names, if any."""
        if names:
            self.notes.append(f"{what}: {', '.join(names)}.")

    def distinct(self, place: int) -> tuple[np.ndarray, list[str]]:
        """A column's cells as numbers, shape (rows,), and the cells they stand for, without a guarding apostrophe."""
        codes, found = pd.factorize(self.table.cells[place])
        cells = found.to_numpy(object).tolist()
        if not self.table.guarded:
            return codes, cells
        bare = [export.unguard(cell) for cell in cells]
        if bare != cells:
            self.note("Apostrof foran det, som et regneark ville tage for en formel, er fjernet i kolonnen",
                      [self.table.header[place]])
        return codes, bare

    def uneven(self) -> None:
        """A fault for each row with another number of fields than the header."""
        width, last = len(self.table.header), max([*self.table.ragged, *self.table.cells.index[-1:]], default=0)
        for number, fields in self.table.ragged.items():
            few = len(fields) < width
            remedy = "Et felt mangler." if few else "Sæt \" om felter, der rummer skilletegnet."
            if few and number == last:
                remedy = "Rækken er filens sidste, så filen kan være afkortet. Kopiér den igen."
            self.faults.append((Fault("alle", fields[0], f"har {amount(len(fields), 'felt', 'felter')}",
                                      f"{width} felter, som i første række", remedy), np.array([number])))

    def headings(self, judged: Sequence[int]) -> None:
        """One fault of a row among the first two that holds no answer at all, in place of one of each of its cells.

        judged: the columns that hold answers which may be wrong. Nothing where the row after them is as wrong.
        """
        numbers = self.table.cells.index
        wrong = [len({fault.column for fault, rows in self.faults if rows is not None and number in rows})
                 for number in numbers[:3]]
        filled = (self.table.cells.iloc[:3, list(judged)] != "").sum(axis=1)
        none = [few >= LEAST and bad >= few for few, bad in zip(filled, wrong, strict=True)]
        for number in numbers[:2][none[:2]] if len(none) == 3 and not none[2] else ():
            self.faults = [(fault, rows if rows is None else rows[rows != number]) for fault, rows in self.faults]
            self.faults.append((Fault("alle", "", "ligner en ekstra overskrift: intet felt i rækken er et svar",
                                      "svar", "Slet rækken."), np.array([number])))

    def fault_table(self) -> pd.DataFrame:
        """All faults, a row each and column faults first; texts are categories, since many rows share a few."""
        sizes = [1 if rows is None else len(rows) for _, rows in self.faults]
        kind = np.repeat(np.arange(len(sizes)), sizes)
        numbers = [np.array([-1]) if rows is None else rows for _, rows in self.faults]
        row = pd.array(np.concatenate([np.empty(0, int), *numbers]), dtype="Int64")
        row[row == -1] = pd.NA
        texts = pd.DataFrame([(shown(self.path), fault.column, fault.value, fault.fault, fault.allowed, fault.remedy)
                              for fault, _ in self.faults], columns=[n for n in FAULT_COLUMNS if n != "raekke"])
        table = pd.DataFrame({name: texts[name].astype("category").take(kind).array for name in texts})
        table.insert(1, "raekke", row)
        return table.sort_values("raekke", kind="stable", na_position="first", ignore_index=True)

    def rejected(self, bad: np.ndarray) -> pd.DataFrame:
        """The rows with faults as they stood, with the file's own column names; fields too many come last."""
        width = max(map(len, self.table.ragged.values()), default=0)
        fields = [row + [""] * (width - len(row)) for row in self.table.ragged.values()]
        ragged = pd.DataFrame(fields, index=list(self.table.ragged), dtype="str")
        rows = pd.concat([self.table.cells[bad], ragged]).sort_index().fillna("")
        surplus = [f"felt {at + 1}" for at in range(len(self.table.header), rows.shape[1])]
        return rows.set_axis([*self.table.header, *surplus], axis=1).rename_axis("raekke")


def places_of(codes: np.ndarray, wanted: Sequence[int]) -> dict[int, Rows]:
    """Where each of the wanted codes stands."""
    if not len(wanted):
        return {}
    order = np.argsort(codes, kind="stable")
    low, high = (np.searchsorted(codes, wanted, side, sorter=order) for side in ("left", "right"))
    return {code: order[start:end] for code, start, end in zip(wanted, low, high, strict=True)}


def by_value(values: pd.Series) -> dict[str, Rows]:
    """The places (the index) of each value."""
    codes, found = pd.factorize(values)
    at = values.index.to_numpy()
    return {found[code]: at[places] for code, places in places_of(codes, range(len(found))).items()}
