"""Answers in: an answer file of any common format, checked against questionnaire and frame.

Nothing is guessed silently: what was recognised is told in notes. All faults are found at once, each with file, row,
column, value, what is allowed and the remedy. The rules of the answers are the questionnaire's (`instrument.allowed`);
they look at each column's distinct cells, so that a million rows cost little more than reading them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from civsam.files import UserError, shown
from civsam.instrument.questionnaire import Questionnaire
from civsam.intake import cells, columns, joining, respondents, routed, tabular
from civsam.intake.answer_file import KEY, AnswerFile
from civsam.intake.faults import report
from civsam.intake.mapping import Map
from civsam.intake.table import Progress, Say, clear
from civsam.survey.survey import ROW


@dataclass(frozen=True)
class Reading:
    """What an answer file holds.

    answers: the rows without faults, indexed by the questionnaire's key, a text column an item, in the instrument's
    order. background: the same rows' codes of the background variables, and the columns of the design, that the file
    has and a frame has not; None for none.
    notes: what was recognised. faults: `FAULT_COLUMNS`, a row a fault; raekke is missing for a fault of a whole column.
    rejected: the rows with faults, as they stood, indexed by row number. None is lost: rows = answers + rejected.
    unused: the file's columns that are none of the questionnaire's. absent: the questions without a column.
    """

    path: Path
    answers: pd.DataFrame
    background: pd.DataFrame | None
    notes: list[str]
    faults: pd.DataFrame
    rejected: pd.DataFrame
    unused: list[str]
    absent: list[str]

    def accept(self, keep_valid: bool = False) -> Reading:
        """The same, if there are no faults; with keep_valid also if at least one row and all columns have none.

        Raises UserError with the report.
        """
        whole_columns = self.faults["raekke"].isna().any()
        if len(self.faults) and (not keep_valid or whole_columns or self.answers.empty):
            raise UserError(f"{shown(self.path)}: {report(self.faults)}")
        return self


def check(
    path: Path, questionnaire: Questionnaire, frame: pd.DataFrame | None, *, sheet: str | None = None,
    given: Map | None = None, more: Sequence[tuple[Path | None, str | None]] = (), progress: Say | None = None,
) -> Reading:
    """Read an answer file and find all its faults.

    frame: who was asked, indexed by the questionnaire's key; a column `RANDOM_KEY` in it may be used instead. With
    None the key may be missing (rows are numbered), and the file may have background variables and the clusters.
    sheet: which of a workbook's sheets. given: what the user says that columns and cells are. more: files with the
    rest of the answers, each with its sheet, see `joining`; of the file itself another sheet if there is no path.
    progress: is told what has been done; else standard error is, after some seconds. Raises UserError only for a file
    that cannot be read as a table, files that cannot be joined, and for a map of other columns than there are.
    """
    say = progress or Progress()
    given = given or Map()
    named = columns.Columns(questionnaire, frame, given)
    questionnaire = questionnaire.collected
    table = tabular.load(path, named.known, sheet, say, questionnaire.dont_know)
    others = [(one or path, tabular.load(one or path, named.known, of, say, questionnaire.dont_know))
              for one, of in more]
    table = joining.joined(table, others, named.role)
    given.held_against(table.header)
    file = AnswerFile(path, questionnaire, frame, columns.without_headings(table, named), say, given.values)
    places = columns.place(file, named)
    keys, known = respondents.keys(file, places)
    answers = cells.answers(file, places)
    cells.parts(file, answers)
    answers = routed.held(file, answers)
    background = respondents.background(file, places, keys, known)
    unjudged = {KEY, *(name for name, item in questionnaire.items.items() if item.scale.type == "tekst")}
    file.headings([at for role, at in places.items() if role[0] not in unjudged])
    return _parted(file, keys, answers, background)


def write(table: pd.DataFrame, path: Path, questionnaire: Questionnaire | None = None) -> None:
    """Write a table indexed by the key, if there is one, as CSV: UTF-8, comma, the same bytes on every machine.

    What is a number in the questionnaire is written so that it can be read in one way only.
    """
    items = questionnaire.items if questionnaire else {}
    counts = [name for name in table if name in items and items[name].scale.decimals]
    table = table.assign(**{name: table[name].map(clear) for name in counts})
    table.to_csv(path, index=table.index.name != ROW, lineterminator="\n", encoding="utf-8")


def _parted(file: AnswerFile, keys: pd.Index, answers: pd.DataFrame, others: pd.DataFrame) -> Reading:
    """Part the rows into valid and rejected, and tell all faults in the order of the file."""
    file.uneven()
    numbers = file.table.cells.index
    faulty = [rows for _, rows in file.faults if rows is not None]
    sound = ~numbers.isin(np.concatenate([np.empty(0, int), *faulty]))
    index = pd.Index(keys, name=keys.name, dtype="str")[sound]
    answers = answers[sound].astype("str").set_axis(index)
    silent = int((answers == "").all(axis=1).sum())
    file.note("Rækker uden svar på noget spørgsmål, som er taget med", [str(silent)] if silent else [])
    background = others[sound].set_axis(index) if len(others.columns) else None
    return Reading(file.path, answers, background, [*file.table.notes, *file.notes], file.fault_table(),
                   file.rejected(~sound), file.unused, file.absent)
