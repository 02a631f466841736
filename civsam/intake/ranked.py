"""A ranking that has several columns: one an answer, with its place, or one a place, with the answer that has it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from civsam.instrument import ranking
from civsam.instrument.allowed import allowed
from civsam.instrument.questionnaire import Item
from civsam.instrument.words import plain
from civsam.intake.answer_file import AnswerFile, by_value
from civsam.intake.coding import Spelling, whole_number
from civsam.intake.faults import Fault

PLACES = "kolonnerne for svarene og for pladserne siger ikke det samme"


def ranked(file: AnswerFile, item: Item, split: Mapping[str, int]) -> np.ndarray:
    """The codes in order with a space between, (rows,); blank where nothing is said, and where it is a fault.

    split: the columns by answer or by place, a digit.
    """
    ways = [_by_answer(file, item, split), _by_place(file, item, split)]
    rows = pd.Series(np.full(len(file.table.cells), "", dtype=object))
    for made in filter(None, ways):
        told, why = made
        for text, those in by_value(told[why != ""] + "\n" + why[why != ""]).items():
            cell, _, reason = text.rpartition("\n")
            file.add(Fault(item.id, cell, reason, allowed(item), "Ret pladserne, eller tøm dem alle."), those)
        told = told.where(why == "", "")
        for text, those in by_value(told[(rows != "") & (told != "") & (rows != told)]).items():
            file.add(Fault(item.id, text, PLACES, "det samme i begge", "Ret det ene, eller slet kolonnerne."), those)
        rows = rows.where(rows != "", told)
    lacking = [f"{item.id}/{code}" for code in item.scale.answers if code not in split]
    if {*split} & {*item.scale.answers}:
        file.note("Svarmuligheder uden kolonne, som ingen derfor kan have givet en plads", lacking)
    return rows.to_numpy(object)


def _by_answer(file: AnswerFile, item: Item, split: Mapping[str, int]) -> tuple[pd.Series, pd.Series] | None:
    """What the columns of the answers say, and why it is no order, (rows,) each; None without such columns."""
    codes = [code for code in item.scale.answers if code in split]
    if not codes:
        return None
    cells = pd.DataFrame({code: file.table.cells[split[code]].str.strip() for code in codes}).reset_index(drop=True)

    def order(row: tuple[str, ...]) -> tuple[str, str]:
        given = {code: cell for code, cell in zip(codes, row, strict=True) if cell}
        places = {code: whole_number(cell) for code, cell in given.items()}
        known = {code: int(place) for code, place in places.items() if place is not None}
        told = "; ".join(f"{code}: {cell}" for code, cell in given.items())
        if len(known) < len(given):
            return told, "en plads skal være et helt tal"
        if why := ranking.unsound(item.scale, known) if known else "":
            return told, why
        return " ".join(sorted(known, key=known.__getitem__)), ""

    return _each(cells, order)


def _by_place(file: AnswerFile, item: Item, split: Mapping[str, int]) -> tuple[pd.Series, pd.Series] | None:
    """What the columns of the places say, as of `_by_answer`."""
    places = sorted((place for place in split if place.isdigit()), key=int)
    if not places:
        return None
    spelling = Spelling.of(item.scale.answers, None, file.given.get(item.id))
    cells = pd.DataFrame({place: file.table.cells[split[place]].str.strip() for place in places}).reset_index(drop=True)

    def order(row: tuple[str, ...]) -> tuple[str, str]:
        given = {place: cell for place, cell in zip(places, row, strict=True) if cell}
        codes = [(spelling.codes | spelling.labels).get(plain(cell), "") for cell in given.values()]
        told = "; ".join(f"{place}: {cell}" for place, cell in given.items())
        if "" in codes:
            return told, "et ukendt svar"
        if len({*codes}) < len(codes):
            return told, "samme svar har flere pladser"
        why = ranking.unsound(item.scale, {place: int(place) for place in given}) if given else ""
        return (told, why) if why else (" ".join(codes), "")

    return _each(cells, order)


def _each(
    cells: pd.DataFrame, order: Callable[[tuple[str, ...]], tuple[str, str]]
) -> tuple[pd.Series, pd.Series]:
    """The order of each row; rows that are alike are looked at once."""
    codes, found = pd.factorize(pd.MultiIndex.from_frame(cells))
    made = [order(row) for row in found]
    told, why = (pd.Series([one[at] for one in made], dtype=object) for at in (0, 1))
    return told.iloc[codes].reset_index(drop=True), why.iloc[codes].reset_index(drop=True)
