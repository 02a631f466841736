"""Answers in and out: the answer file, checked against questionnaire and frame."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from civsam.files import UserError, read_table, shown
from civsam.questionnaire import DONT_KNOW, Item, Questionnaire

KEY = "stilling"
FIRST_ROW = 2  # line number of the first respondent: line 1 holds the column names


def allowed(item: Item) -> str:
    """What may stand in the item's column, in words."""
    if item.scale.type == "antal":
        return f"et helt tal fra {item.scale.low} til {item.scale.high}, {DONT_KNOW} eller tomt"
    several = " (flere koder adskilles af mellemrum)" if item.scale.type == "flere" else ""
    return f"{', '.join(item.scale.answers)}, {DONT_KNOW} eller tomt{several}"


def valid(item: Item, value: str) -> bool:
    """Whether a cell holds an answer that the item allows; blank always does."""
    scale = item.scale
    if value in ("", DONT_KNOW):
        return value == "" or item.allows_dont_know
    if scale.type == "antal":
        return value.isascii() and value.isdigit() and scale.low <= int(value) <= scale.high
    if scale.type == "flere":
        codes = value.split(" ")
        return len(set(codes)) == len(codes) and set(codes) <= set(scale.answers)
    return scale.type == "tekst" or value in scale.answers


def read(path: Path, questionnaire: Questionnaire, frame: pd.DataFrame) -> pd.DataFrame:
    """The answers in a file: one row a respondent, indexed by `stilling`, a column an item in the instrument's order.

    Raises UserError for a file that cannot be read, an unknown or missing column, an unknown or doubled respondent,
    and an answer that its item does not allow.
    """
    table = read_table(path, [KEY, *questionnaire.items])
    where = shown(path)
    unknown = [name for name in table.columns if name != KEY and name not in questionnaire.items]
    if unknown:
        raise UserError(f"{where}, linje 1: ukendt kolonne {', '.join(unknown)}. Fjern den, eller ret navnet.")
    if table.empty:
        raise UserError(f"{where}: der er kolonnenavne, men ingen svar.")
    for number, key in enumerate(table[KEY], FIRST_ROW):
        if key not in frame.index:
            raise UserError(f"{where}, linje {number}, kolonne {KEY}: '{key}' er ikke i rammen. "
                            "Skriv kommunekode og fagområde, for eksempel 101-sundhed.")
    doubled = table[KEY].duplicated()
    if doubled.any():
        number = FIRST_ROW + int(doubled.to_numpy().argmax())
        raise UserError(f"{where}, linje {number}, kolonne {KEY}: '{table[KEY][doubled].iloc[0]}' står to gange. "
                        "Hver stilling må kun svare én gang.")
    for item in questionnaire.items.values():
        bad = {value for value in table[item.id].unique() if not valid(item, value)}
        if bad:
            row = int(table[item.id].isin(bad).to_numpy().argmax())
            raise UserError(f"{where}, linje {FIRST_ROW + row}, kolonne {item.id}: '{table[item.id].iloc[row]}' er "
                            f"ikke et gyldigt svar. Der må stå {allowed(item)}.")
    return table.set_index(KEY)[list(questionnaire.items)]


def write(table: pd.DataFrame, path: Path) -> None:
    """Write a table indexed by `stilling` as CSV: UTF-8, comma, the same bytes on every machine."""
    table.to_csv(path, lineterminator="\n", encoding="utf-8")
