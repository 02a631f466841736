"""Who answered each row: keys that are blank, unknown to the frame or doubled, and background held against it."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from civsam import danish
from civsam.files import visible
from civsam.instrument.allowed import nearest
from civsam.instrument.classes import classed, value
from civsam.instrument.questionnaire import Background
from civsam.instrument.words import plain
from civsam.intake import design_columns, personal
from civsam.intake.answer_file import KEY, AnswerFile, Role, by_value, places_of
from civsam.intake.coding import UNREAD, Spelling
from civsam.intake.columns import RANDOM_KEY
from civsam.intake.faults import ODD, SUGGESTED, TOTAL, Fault, amount, pattern, spoilt
from civsam.intake.table import as_text
from civsam.survey.survey import ROW


def keys(file: AnswerFile, places: Mapping[Role, int]) -> tuple[pd.Index, np.ndarray]:
    """The key of each row, and whether the frame knows it; faults for those that are blank, unknown or doubled."""
    name = next((name for name in (file.questionnaire.key, RANDOM_KEY) if (KEY, name) in places), None)
    if name is None:
        numbered = pd.Index(file.table.cells.index.astype(str), name=ROW)
        return numbered, np.zeros(len(file.table.cells), dtype=bool)
    file.notes.append(f"Den, der har svaret, er slået op i kolonnen {file.table.header[places[KEY, name]]}.")
    codes, found = file.distinct(places[KEY, name])
    spelt = [unicodedata.normalize("NFC", cell.strip()) for cell in found]
    keys = pd.Series(spelt, dtype="str").iloc[codes].reset_index(drop=True)
    file.add(Fault(name, "", "er tom: det kan ikke ses, hvem der har svaret", "en nøgle i hver række",
                   "Skriv, hvem der har svaret."), np.flatnonzero(keys == ""))
    _no_respondent(file, name, codes, found)
    for kind, those in personal.told(found, ("CPR-numre", "mailadresser")).items():
        file.note(f"ADVARSEL: nøgler, der ligner {kind}, og som andet bør bruges i stedet for, i {name}",
                  [amount(len(those), "nøgle", "nøgler")])
    known = np.zeros(len(keys), dtype=bool)
    if file.frame is not None and (name == file.questionnaire.key or name in file.frame.columns):
        asked = pd.Series(file.frame.index, index=file.frame.index if name == file.questionnaire.key
                          else file.frame[name].astype(str))
        known = keys.isin(asked.index).to_numpy()
        _strangers(file, name, keys, known, asked.index)
        keys = keys.where(~known, keys.map(asked[~asked.index.duplicated()]))
    elif file.frame is not None:
        file.add(Fault(name, "", "findes ikke i rammen", file.questionnaire.key,
                       f"Brug en ramme med kolonnen {name}, eller skriv {file.questionnaire.key} i svarene."))
    _doubled(file, name, keys)
    return pd.Index(keys, name=file.questionnaire.key), known


def _no_respondent(file: AnswerFile, column: str, codes: np.ndarray, found: Sequence[str]) -> None:
    """A fault for each cell that names nobody: a formula, a spreadsheet's fault, lost letters, or the word of a total.
    """
    for at, cell in [(at, cell) for at, cell in enumerate(found) if ODD.match(cell)]:
        harm = spoilt(cell)
        if TOTAL.fullmatch(plain(cell)):
            harm = "ligner en række med summer, og ikke en, der har svaret", "Slet rækken, eller ret navnet."
        if harm:
            file.add(Fault(column, cell, *_told(harm)), np.flatnonzero(codes == at))


def _told(harm: tuple[str, str]) -> tuple[str, str, str]:
    return harm[0], "den, der har svaret", harm[1]


def _strangers(file: AnswerFile, name: str, keys: pd.Series, known: np.ndarray, asked: pd.Index) -> None:
    """A fault for each key that the frame does not have, with the part of it that is unknown."""
    parts = [set(column) for column in zip(*(key.split("-") for key in asked.astype(str)), strict=False)]
    options = list(asked.astype(str)) if len(asked) <= 20_000 else []
    for number, (key, rows) in enumerate(by_value(keys[~known & (keys != "")]).items()):
        pieces = key.split("-")
        odd = [piece for piece, all_such in zip(pieces, parts, strict=False) if piece not in all_such]
        which = f": »{visible(odd[0])}« kendes ikke" if len(odd) == 1 and len(pieces) > 1 else ""
        a_number = bool(which) and odd[0].isdigit()  # the nearest number is somebody else
        hint = nearest(key, options) if number < SUGGESTED and not a_number else ""
        file.add(Fault(name, key, f"er ikke i rammen{which}", "en nøgle fra rammen",
                       hint or "Ret den, eller slet rækken, hvis den ikke hører til undersøgelsen."), rows)


def _doubled(file: AnswerFile, name: str, keys: pd.Series) -> None:
    """A fault for every row of a respondent with more than one: which of them counts cannot be known."""
    for key, rows in by_value(keys[keys.duplicated(keep=False) & (keys != "")]).items():
        numbers = danish.first_of(file.table.cells.index[rows])
        file.add(Fault(name, key, f"har svaret {len(rows)} gange: række {numbers}", "ét svar fra hver",
                       "Behold det svar, der gælder, og slet de andre."), rows)


# ---- Background


def background(file: AnswerFile, places: Mapping[Role, int], keys: pd.Index, known: np.ndarray) -> pd.DataFrame:
    """The background variables and the columns of the design that are in the file, coded.

    What a frame has too is only held against it.
    """
    extra = {role[1]: at for role, at in places.items() if role[0] == ""}
    if file.frame is not None and (KEY, RANDOM_KEY) in places and (KEY, file.questionnaire.key) in places:
        file.note("Kolonner, der er udeladt", [RANDOM_KEY])
    sample = file.questionnaire.sample
    numbers = {name: design_columns.column(file, sample, name, at) for name, at in extra.items()
               if sample is not None and sample.is_number(name)}
    done = {name: numbers[name] if name in numbers else _variable(file, name, at) for name, at in extra.items()}
    design_columns.check(file, places, done)
    if file.frame is None:
        return pd.DataFrame(done)
    own = {name: done.pop(name) for name in list(done) if name not in file.frame}
    for name, cells in [(name, cells.map(as_text) if name in numbers else cells) for name, cells in done.items()]:
        told = file.frame[name].reindex(keys).map(as_text).reset_index(drop=True)
        same = (cells.map(plain) == told.map(plain)) | cells.str.startswith(UNREAD) | (cells == "")
        for pair, rows in by_value((cells + "\n" + told)[known & ~same]).items():
            cell, frame = pair.rsplit("\n", 1)
            file.add(Fault(name, cell, "er et andet end i rammen", frame, "Ret den, eller slet kolonnen."), rows)
    file.note("Kolonner, der er holdt op mod rammen", list(done))
    return pd.DataFrame(own, index=range(len(file.table.cells)))


def _classes(file: AnswerFile, variable: Background, found: Sequence[str], values: Sequence[str]) -> list[str]:
    """The values with each number's class, and a note of how far the numbers go: what is no age looks like one."""
    given = [number for cell in found if (number := value(cell)) is not None]
    ends = [danish.number(end, 1 if end % 1 else 0) for end in (min(given), max(given))] if given else []
    file.note(f"Tallene i {variable.id}, som er delt i klasser, går fra", [" til ".join(ends)] if ends else [])
    return [UNREAD + cell if read.startswith(UNREAD) and value(cell) is None
            else read if not read.startswith(UNREAD) else classed(variable.limits, cell)
            for cell, read in zip(found, values, strict=True)]


def _variable(file: AnswerFile, name: str, at: int) -> pd.Series:
    """A background variable as codes, shape (rows,); faults for what is neither code nor label."""
    codes, found = file.distinct(at)
    variable = file.questionnaire.background.get(name)
    values = [cell.strip() for cell in found]
    if variable is None:
        _no_respondent(file, name, codes, found)
    else:
        spelling = Spelling.of(variable.labels, None, file.given.get(name))
        labelled = file.table.labelled.get(at, frozenset())
        reading, how = spelling.chosen(spelling.one(cell) for cell in found if cell not in labelled)
        blank = variable.missing if file.frame is None else ""  # with a frame, it knows it
        reading = reading | ({"": blank} if blank or file.frame is not None else {})
        unknown = int(np.isin(codes, [at for at, cell in enumerate(found) if not cell.strip()]).sum())
        file.note(f"Tomme felter i {name}, der er læst som »{variable.labels.get(blank)}«",
                  [str(unknown)] if blank and unknown else [])
        values = [(spelling.labels if cell in labelled else reading).get(spelling.one(cell), UNREAD + cell)
                  for cell in found]
        if variable.limits:
            values, how = _classes(file, variable, found, values), "tal eller klasser"
        bad = [place for place, value in enumerate(values) if value.startswith(UNREAD)]
        rows = places_of(codes, bad)
        may = ", ".join(variable.labels if how == "koder" else variable.labels.values())
        for number, place in enumerate(bad):
            cell, options = found[place], [*variable.labels.values(), *variable.labels]
            hint = nearest(cell, options) if number < SUGGESTED else ""
            what = f"kendes ikke som {variable.name}" if cell.strip() else "er tom"
            remedy = hint or "Skriv en af koderne eller teksterne."
            if not cell.strip():
                remedy += (" Er den ukendt for nogle, kan skemaet have en kode for det: "
                           f"under {name}, uoplyst: koden.")
            what, remedy = pattern(cell) or (what, remedy)
            file.add(Fault(name, cell, what, may, remedy), rows[place])
        file.note(f"{name} er skrevet som", [how])
    return pd.Series(values, dtype="str").iloc[codes].reset_index(drop=True)
