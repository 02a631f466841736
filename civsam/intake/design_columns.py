"""The columns of an answer file or a frame that tell how the sample was drawn: weights, strata, clusters, populations.

What they may hold is told by the questionnaire's `sample`; whether they fit one another is seen by what makes the
design of them (`survey.own`), row by row of the file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from civsam.danish import first_of, number
from civsam.files import UserError, visible
from civsam.instrument.questionnaire import Questionnaire
from civsam.instrument.sample import Sample
from civsam.instrument.words import plain
from civsam.intake.answer_file import AnswerFile, Role, places_of
from civsam.intake.faults import NOTHING, Fault
from civsam.intake.table import THOUSANDS, as_text
from civsam.survey import own
from civsam.survey.own_design import DesignFault, renumbered

NUMBER = re.compile(r"[+-]?([0-9]+([.,][0-9]*)?|[.,][0-9]+)(e[+-]?[0-9]+)?", re.IGNORECASE)
REMEDY = "Ret filen, eller stikproeve i spørgeskemaet."


def numbers(cells: Sequence[str], zero: bool) -> tuple[np.ndarray, list[str]]:
    """Cells as numbers, NaN for none, and what is wrong with each, blank for nothing. zero: whether 0 may stand.

    The decimals' sign is point or comma. 1.500 may be 1500, and is read only where another cell of the column shows
    that the sign before the three digits is that of decimals.
    """
    texts = [cell.strip() for cell in cells]
    decimal = {sign for text in texts for sign in ".," if sign in text and NUMBER.fullmatch(text)
               and not THOUSANDS.fullmatch(text.lstrip("+"))}
    values, wrong = np.full(len(texts), np.nan), []
    for place, text in enumerate(texts):
        if plain(text) in NOTHING or not text:
            wrong.append("mangler")
        elif not NUMBER.fullmatch(text):
            wrong.append("er ikke et tal")
        elif THOUSANDS.fullmatch(text) and not {*text} & decimal:
            wrong.append("er et flertydigt tal: punktum eller komma kan skille tusinder eller decimaler")
        else:
            values[place] = value = float(text.replace(",", "."))
            wrong.append("er under 0" if value < 0 else "er 0" if value == 0 and not zero else
                         "er for stort" if np.isinf(value) else "")
    return values, wrong


def kind(sample: Sample, name: str) -> str:
    """What a column of numbers holds, in words."""
    return ("populationens størrelse" if name in sample.population else
            "en vægt" if name == sample.weight else "en replikatvægt")


def column(file: AnswerFile, sample: Sample, name: str, at: int) -> pd.Series:
    """A column of numbers, shape (rows,), NaN where there is none; faults for what cannot be used."""
    codes, found = file.distinct(at)
    what = kind(sample, name)
    values, wrong = numbers(found, zero=name not in sample.population)
    bad = [place for place, why in enumerate(wrong) if why]
    rows = places_of(codes, bad)
    for place in bad:
        remedy = ("Skriv det, eller slet rækken." if wrong[place] == "mangler" else
                  "Skriv tallet uden tusindtegn." if "tusinder" in wrong[place] else "Ret tallet.")
        file.add(Fault(name, found[place], wrong[place], f"{what} i hver række: et tal "
                       f"{'over 0' if name in sample.population else 'fra 0 og op'}", remedy), rows[place])
    cells = pd.Series(values[codes])
    if name == sample.weight and (nil := np.flatnonzero(cells == 0)).size:
        some = first_of(file.table.cells.index[nil])
        file.note("Rækker med vægten 0, som ikke tæller med i noget tal", [f"{nil.size} (række {some})"])
    return cells


def check(file: AnswerFile, places: Mapping[Role, int], done: Mapping[str, pd.Series]) -> None:
    """Faults for columns that are missing, and where they do not fit one another. done: what was read of them."""
    sample = file.questionnaire.sample
    if sample is None:
        return
    elsewhere = {*([] if file.frame is None else file.frame.columns), *_looked_up(file.questionnaire, places)}
    lacks = [name for name in sample.fixed if name not in done and name not in elsewhere]
    for name in lacks:
        file.add(Fault(name, "", "mangler", "stikproeve i spørgeskemaet nævner den",
                       "Tilføj kolonnen, eller ret navnet i spørgeskemaet."))
    faulty = {fault.column for fault, _ in file.faults} & {*sample.of(done)}
    if lacks or faulty or elsewhere & {*sample.of(elsewhere)}:
        return  # what is elsewhere is held together with it when the survey is made
    table = pd.DataFrame(done).set_axis(file.table.cells.index)
    columns, scales = own.of_sample(sample)
    try:
        own.drawn(renumbered(table, columns.stages) if columns.nest else table, columns, scales)
    except DesignFault as fault:
        rows, name = table.index[fault.rows], fault.column or "stikproeve"
        value = visible(as_text(table[name][rows[0]])) if name in table else ""
        more = f" (og {number(len(rows) - 1)} rækker til)" if len(rows) > 1 else ""
        file.add(Fault(name, value, f"række {rows[0]}{more}: {fault.what}", "kolonner, der passer sammen", REMEDY))
    except UserError as fault:
        file.add(Fault("stikproeve", "", str(fault).rstrip("."), "kolonner, der passer sammen", REMEDY))


def _looked_up(questionnaire: Questionnaire, places: Mapping[Role, int]) -> list[str]:
    """What follows from a code in the file."""
    lookup = questionnaire.lookup
    return list(lookup.known) if lookup and ("", lookup.key) in places else []


def of_frame(table: pd.DataFrame, questionnaire: Questionnaire, where: str) -> pd.DataFrame:
    """A frame with the numbers of the design as numbers. Raises UserError with line and column."""
    sample = questionnaire.sample
    for name in [name for name in sample.of(table.columns) if sample.is_number(name)] if sample else []:
        assert sample is not None
        cells = table[name].astype(str).tolist()
        values, wrong = numbers(cells, zero=name not in sample.population)
        if bad := [row for row, why in enumerate(wrong) if why]:
            row = bad[0]
            raise UserError(f"{where}, linje {row + 2}, kolonnen {name}: »{visible(cells[row])}« {wrong[row]}. Der "
                            f"skal stå {kind(sample, name)} i hver række.")
        table = table.assign(**{name: values})
    return table
