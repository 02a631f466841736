"""Answers in: an answer file of any common format, checked against questionnaire and frame.

Nothing is guessed silently: what was recognised is told in notes. All faults are found at once, each with file, row,
column, value, what is allowed and the remedy. The rules of the answers are a pandera schema made from the
questionnaire; it is given each column's distinct cells, so that a million rows cost little more than reading them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from civsam.files import UserError, shown
from civsam.instrument.questionnaire import DONT_KNOW, Item, Questionnaire
from civsam.intake import export, tabular
from civsam.intake.coding import UNREAD, Spelling, allowed, coded, numbers, plain, schema, whole_number
from civsam.intake.faults import FAULT_COLUMNS, Fault, amount, explain, nearest, report

if TYPE_CHECKING:
    import pandera.pandas as pandera

RANDOM_KEY = "noegle"  # the column of random respondent keys, in a frame and in what the forms give
SUGGESTED = 200  # misspelt cells in a column for which the nearest is looked up: that takes time
# What ODK and Kobo add to the questions, besides what begins with _ or meta/
METADATA = frozenset((
    "start", "end", "today", "deviceid", "subscriberid", "simserial", "phonenumber", "username", "email", "audit",
    "instanceid", "instancename", "formhub/uuid", "key", "submissiondate", "submitterid", "submittername",
    "attachmentspresent", "attachmentsexpected", "status", "reviewstate", "edits", "formversion",
))

TICKS = dict.fromkeys(("1", "sand", "true", "ja", DONT_KNOW), True) | dict.fromkeys(
    ("", "0", "falsk", "false", "nej"), False)  # in a column of one answer among several
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")  # but tab and line breaks
Rows = np.ndarray  # places in the table, counted from 0


# ---- Reading a file --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reading:
    """What an answer file holds.

    answers: the rows without faults, indexed by the questionnaire's key, a text column an item, in the instrument's
    order. background: the same rows' codes of the background variables that the file has, without a frame; else None.
    notes: what was recognised. faults: `FAULT_COLUMNS`, a row a fault; raekke is missing for a fault of a whole column.
    rejected: the rows with faults, as they stood, indexed by row number. None is lost: rows = answers + rejected.
    """

    path: Path
    answers: pd.DataFrame
    background: pd.DataFrame | None
    notes: list[str]
    faults: pd.DataFrame
    rejected: pd.DataFrame

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
    progress: tabular.Say | None = None,
) -> Reading:
    """Read an answer file and find all its faults.

    frame: who was asked, indexed by the questionnaire's key; a column `RANDOM_KEY` in it may be used instead. With
    None the key may be missing (rows are numbered), and the file may have background variables and the clusters.
    sheet: which of a workbook's sheets. progress: is told what has been done; else standard error is, after some
    seconds. Raises UserError only for a file that cannot be read as a table.
    """
    say = progress or tabular.Progress()
    columns = Columns(questionnaire, frame)
    table = tabular.load(path, columns.known, sheet, say)
    return _Check(path, questionnaire, frame, columns, table, say).run()


def read(
    path: Path, questionnaire: Questionnaire, frame: pd.DataFrame | None, *, sheet: str | None = None,
    keep_valid: bool = False,
) -> pd.DataFrame:
    """The answers in a file: one row a respondent, indexed by the key, a column an item in the instrument's order.

    Raises UserError with all faults; with keep_valid only where no row is without one.
    """
    return check(path, questionnaire, frame, sheet=sheet).accept(keep_valid).answers


def write(table: pd.DataFrame, path: Path) -> None:
    """Write a table indexed by the key as CSV: UTF-8, comma, the same bytes on every machine."""
    table.to_csv(path, lineterminator="\n", encoding="utf-8")


class Columns:
    """Which column is what: items, split items (a column an answer), the key, background and frame variables.

    A role is (item,), (item, code), ("key", name) or ("", variable). Of a count the code is that of 'ved ikke'.
    """

    def __init__(self, questionnaire: Questionnaire, frame: pd.DataFrame | None) -> None:
        """frame: its columns may stand in the file, and must then agree with it."""
        others = [*questionnaire.background, questionnaire.weighting.cluster] if frame is None else list(frame.columns)
        items = questionnaire.items
        wordings = [plain(item.wording) for item in items.values()]
        roles: dict[str, tuple[str, ...]] = {
            wording: (name,) for wording, name in zip(wordings, items, strict=True) if wordings.count(wording) == 1}
        roles |= {f"{plain(name)}_{DONT_KNOW}": (name, DONT_KNOW)
                  for name, item in items.items() if item.scale.type == "antal"}
        for suffix in export.LIMITS:
            roles |= {plain(column): role if role[1] else role[:1]
                      for column, role in export.columns(questionnaire, suffix).items()}
        roles |= {plain(name): ("", name) for name in others if name}
        roles |= {plain(name): ("key", name) for name in (questionnaire.key, RANDOM_KEY)}
        self.items, self.roles = items, roles | {plain(name): (name,) for name in items}

    def known(self, header: list[str]) -> int:
        """How many of these column names are recognised."""
        return sum(self.role(name) is not None for name in header)

    def role(self, name: str) -> tuple[str, ...] | None:
        """What a column of this name holds; None for an unknown name.

        Groups before the name, as ODK and Kobo write them, are passed over: block/item, block-item, block/item/code.
        """
        text = plain(name)
        role = self._grouped(text)
        for separator in "/-":
            head, _, tail = text.rpartition(separator)
            whole = self._grouped(head)
            if role is None and whole is not None and whole[0] in self.items:
                role = self._split(whole, tail)
        return role

    def _grouped(self, text: str) -> tuple[str, ...] | None:
        """The role of a plain name, with or without groups before it."""
        tails = (text, text.rpartition("/")[2], text.rpartition("-")[2])
        return next((self.roles[tail] for tail in tails if tail in self.roles), None)

    def _split(self, role: tuple[str, ...], tail: str) -> tuple[str, ...] | None:
        """The role of item/code or item/label; of item_ved_ikke/ved_ikke it is a third."""
        scale = self.items[role[0]].scale
        if len(role) == 2:
            return (*role, "1") if tail == role[1] else None
        spelling = Spelling.of(scale.answers, DONT_KNOW)
        code = (spelling.labels | spelling.codes).get(tail) if scale.type == "flere" else None
        return (*role, code) if code else None

    @staticmethod
    def metadata(name: str) -> bool:
        """Whether a form's server adds the column by itself."""
        text = plain(name)
        return text.startswith(("_", "meta/", "meta-")) or text in METADATA or text.rpartition("/")[2] in METADATA


@dataclass
class _Check:
    """One pass over one table: finds out what the columns are, codes the cells, gathers faults and notes."""

    path: Path
    questionnaire: Questionnaire
    frame: pd.DataFrame | None
    columns: Columns
    table: tabular.Table
    say: tabular.Say
    faults: list[tuple[Fault, np.ndarray | None]] = field(default_factory=list)  # with row numbers
    notes: list[str] = field(default_factory=list)

    def run(self) -> Reading:
        """All checks, in the order in which they build on each other."""
        places, rules = self.place(), schema(self.questionnaire)
        keys, known = self.keys(places)
        answers = self.answers(places, rules)
        self.parts(answers, rules)
        others = self.others(places, keys, known)
        return self.reading(keys, answers, others)

    def add(self, fault: Fault, rows: Rows | None = None) -> None:
        """Note a fault of these rows, or of a whole column."""
        if rows is None or len(rows):
            self.faults.append((fault, rows if rows is None else self.table.cells.index.to_numpy()[rows]))

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

    # -- columns

    def place(self) -> dict[tuple[str, ...], int]:
        """Where each thing stands; faults for columns that are unknown, doubled or missing."""
        found: dict[tuple[str, ...], int] = {}
        left_out, renamed, header = [], [], self.table.header
        for at, name in enumerate(header):
            role = self.columns.role(name)
            if role is None and (self.columns.metadata(name) or not self.table.cells[at].str.strip().any()):
                left_out.append(name.strip() or f"nr. {at + 1} (tom)")
            elif role is None:
                self.unknown(at, name)
            elif role in found:
                self.add(Fault(name, "", f"står to gange: også som »{header[found[role]]}«", "én kolonne",
                               "Slet den ene."))
            else:
                found[role] = at
                renamed += [f"»{name}« som {'/'.join(filter(None, role))}"] if name.strip() not in role else []
        self.missing(found)
        self.note("Kolonner, der er læst under et andet navn", renamed)
        self.note("Kolonner, der er udeladt, fordi de er tomme, eller formularen selv tilføjer dem", left_out)
        return found

    def note(self, what: str, names: Sequence[str]) -> None:
        """Note these names, if any."""
        if names:
            self.notes.append(f"{what}: {', '.join(names)}.")

    def unknown(self, at: int, name: str) -> None:
        """A fault for a column that is none of the known ones."""
        if not name.strip():
            self.add(Fault(f"nr. {at + 1}", "", "har intet navn, men indhold", "en kolonne i spørgeskemaet",
                           "Giv kolonnen et navn, eller slet den."))
            return
        hint = nearest(name, [*self.columns.items, *(role[-1] for role in self.columns.roles.values())])
        self.add(Fault(name, "", "ukendt kolonne", "kolonner i spørgeskemaet og rammen",
                       hint or "Slet kolonnen, eller ret navnet."))

    def missing(self, found: Mapping[tuple[str, ...], int]) -> None:
        """A fault for each item without a column, and for the key where it is needed."""
        for name, item in self.columns.items.items():
            if (name,) not in found and not any(role[0] == name and item.scale.type == "flere" for role in found):
                self.add(Fault(name, "", "mangler", "alle spørgsmål har en kolonne",
                               "Tilføj kolonnen; lad den være tom, hvis ingen blev spurgt."))
        if self.frame is not None and not any(role[0] == "key" for role in found):
            self.add(Fault(self.questionnaire.key, "", "mangler, så det ikke kan ses, hvem der har svaret",
                           f"{self.questionnaire.key} eller {RANDOM_KEY}", "Tilføj kolonnen."))

    # -- respondents

    def keys(self, places: Mapping[tuple[str, ...], int]) -> tuple[pd.Index, np.ndarray]:
        """The key of each row, and whether the frame knows it; faults for those that are blank, unknown or doubled."""
        name = next((name for name in (self.questionnaire.key, RANDOM_KEY) if ("key", name) in places), None)
        if name is None:
            return pd.Index(self.table.cells.index.astype(str)), np.zeros(len(self.table.cells), dtype=bool)
        self.notes.append(f"Den, der har svaret, er slået op i kolonnen {self.table.header[places['key', name]]}.")
        codes, found = self.distinct(places["key", name])
        found = [unicodedata.normalize("NFC", cell.strip()) for cell in found]
        keys = pd.Series(found, dtype="str").iloc[codes].reset_index(drop=True)
        self.add(Fault(name, "", "er tom: det kan ikke ses, hvem der har svaret", "en nøgle i hver række",
                       "Skriv, hvem der har svaret."), np.flatnonzero(keys == ""))
        known = np.zeros(len(keys), dtype=bool)
        if self.frame is not None and (name == self.questionnaire.key or name in self.frame.columns):
            asked = pd.Series(self.frame.index, index=self.frame.index if name == self.questionnaire.key
                              else self.frame[name].astype(str))
            known = keys.isin(asked.index).to_numpy()
            self.strangers(name, keys, known, asked.index)
            keys = keys.where(~known, keys.map(asked[~asked.index.duplicated()]))
        elif self.frame is not None:
            self.add(Fault(name, "", "findes ikke i rammen", self.questionnaire.key,
                           f"Brug en ramme med kolonnen {name}, eller skriv {self.questionnaire.key} i svarene."))
        self.doubled(name, keys)
        return pd.Index(keys), known

    def strangers(self, name: str, keys: pd.Series, known: np.ndarray, asked: pd.Index) -> None:
        """A fault for each key that the frame does not have, with the part of it that is unknown."""
        parts = [set(column) for column in zip(*(key.split("-") for key in asked.astype(str)), strict=False)]
        options = list(asked.astype(str)) if len(asked) <= 20_000 else []
        for number, (key, rows) in enumerate(_by_value(keys[~known & (keys != "")]).items()):
            pieces = key.split("-")
            odd = [piece for piece, all_such in zip(pieces, parts, strict=False) if piece not in all_such]
            which = f": »{tabular.visible(odd[0])}« kendes ikke" if len(odd) == 1 and len(pieces) > 1 else ""
            a_number = bool(which) and odd[0].isdigit()  # the nearest number is somebody else
            hint = nearest(key, options) if number < SUGGESTED and not a_number else ""
            self.add(Fault(name, key, f"er ikke i rammen{which}", "en nøgle fra rammen",
                           hint or "Ret den, eller slet rækken, hvis den ikke hører til undersøgelsen."), rows)

    def doubled(self, name: str, keys: pd.Series) -> None:
        """A fault for every row of a respondent with more than one: which of them counts cannot be known."""
        for key, rows in _by_value(keys[keys.duplicated(keep=False) & (keys != "")]).items():
            numbers = ", ".join(map(str, self.table.cells.index[rows[:5]])) + (" med flere" if len(rows) > 5 else "")
            self.add(Fault(name, key, f"har svaret {len(rows)} gange: række {numbers}", "ét svar fra hver",
                           "Behold det svar, der gælder, og slet de andre."), rows)

    # -- answers

    def answers(self, places: Mapping[tuple[str, ...], int], rules: pandera.DataFrameSchema) -> pd.DataFrame:
        """The coded answers, shape (rows, items); faults for all cells that the schema does not pass."""
        done, written = {}, {}
        for name, item in self.columns.items.items():
            codes, found = self.cells(item, places)
            values, how = coded(item, found, self.questionnaire.dont_know)
            self.judge(item, rules, codes, found, values, how)
            written.setdefault(how, []).append(name)
            coding, kinds = pd.factorize(np.array(values, dtype=object))
            done[name] = pd.Categorical.from_codes(coding[codes], kinds)  # text is made of it when rows are chosen
            self.say(f"{len(done)} af {len(self.columns.items)} kolonner kontrolleret")
        for how in sorted(filter(None, written)):
            self.note(f"Skrevet som {how}", written[how])
        return pd.DataFrame(done)

    def cells(self, item: Item, places: Mapping[tuple[str, ...], int]) -> tuple[np.ndarray, list[str]]:
        """An item's cells, as of `distinct`: its own column, else its split ones, else blank; a count with its tick."""
        split = {role[1]: at for role, at in sorted(places.items(), reverse=True) if role[0] == item.id and role[1:]}
        if item.scale.type == "antal" and split:
            return self.ticked_count(item, places.get((item.id,)), split[DONT_KNOW])
        if (item.id,) in places:
            self.note(f"Delte kolonner, der er udeladt, fordi {item.id} står samlet",
                      [self.table.header[at] for at in split.values()])
            return self.distinct(places[item.id,])
        texts = np.full(len(self.table.cells), "", dtype=object)
        for code in [code for code in (*item.scale.answers, DONT_KNOW) if code in split]:
            texts[self.ticks(split[code])] += code + " "
        codes, found = pd.factorize(pd.Series(texts).str.strip())
        return codes, list(found)

    def ticked_count(self, item: Item, place: int | None, tick: int) -> tuple[np.ndarray, list[str]]:
        """A count's cells with 'ved ikke' where that is ticked; with both, both stay, which is a fault."""
        texts = np.full(len(self.table.cells), "", dtype=object)
        if place is not None:
            texts[:] = self.table.cells[place]
        ticked = self.ticks(tick)
        texts[ticked] = [f"{cell} {DONT_KNOW}".strip() for cell in texts[ticked]]
        codes, found = pd.factorize(pd.Series(texts, dtype="str"))
        return codes, list(found)

    def ticks(self, place: int) -> np.ndarray:
        """Where a column of a split item is ticked, boolean, shape (rows,); a fault for what is no tick."""
        codes, found = self.distinct(place)
        told = [TICKS.get(whole_number(cell) or plain(cell)) for cell in found]
        for at in [at for at, tick in enumerate(told) if tick is None]:
            self.add(Fault(self.table.header[place], found[at], "et ukendt kryds", "1, 0 eller tomt",
                           "Skriv 1 for et kryds og 0 for intet."), np.flatnonzero(codes == at))
        return np.array([bool(tick) for tick in told])[codes]

    def judge(self, item: Item, rules: pandera.DataFrameSchema, codes: np.ndarray, found: Sequence[str],
              values: Sequence[str], how: str) -> None:
        """A fault for each distinct cell that the schema's column does not pass, and a note of odd characters."""
        bad = failures(rules.columns[item.id], values)
        rows = _places(codes, bad)
        labels = how == "svartekster"
        may = allowed(item) if not labels else "; ".join(
            [*item.scale.answers.values(), self.questionnaire.dont_know]) + " eller tomt"
        for number, at in enumerate(bad):
            what, remedy = explain(item, found[at], values[at], self.questionnaire.dont_know, number < SUGGESTED)
            self.add(Fault(item.id, found[at], what, may, remedy), rows[at])
        if item.scale.type == "tekst":
            odd = sum(CONTROL.search(cell) is not None for cell in found)
            self.note(f"Fri tekst med kontroltegn, som er beholdt, i {item.id}",
                      [amount(odd, "svar", "svar")] if odd else [])

    def parts(self, answers: pd.DataFrame, rules: pandera.DataFrameSchema) -> None:
        """A fault for each count that is larger than the sum of those it is a part of."""
        for rule in rules.checks:
            item = self.columns.items[rule.name]
            used = answers[[item.id, *item.part_of]]
            bad = used[~rule(used).check_output]
            total = pd.Series(sum(numbers(bad[name]) for name in item.part_of), index=bad.index)
            pairs = bad[item.id].astype("str") + " " + total.map("{:.0f}".format).astype("str")
            for pair, rows in _by_value(pairs).items():
                part, whole = pair.split(" ")
                self.add(Fault(item.id, part, f"er flere end {' + '.join(item.part_of)}, som er {whole}",
                               f"højst {whole}", "Ret det ene eller det andet tal."), rows)

    # -- background

    def others(self, places: Mapping[tuple[str, ...], int], keys: pd.Index, known: np.ndarray) -> pd.DataFrame:
        """The background variables of the file, coded; with a frame they are only held against it."""
        extra = {role[1]: at for role, at in places.items() if role[0] == ""}
        if self.frame is not None and ("key", RANDOM_KEY) in places and ("key", self.questionnaire.key) in places:
            self.note("Kolonner, der er udeladt", [RANDOM_KEY])
        done = {name: self.background(name, at) for name, at in extra.items()}
        if self.frame is None:
            return pd.DataFrame(done)
        for name, cells in done.items():
            told = self.frame[name].reindex(keys).map(tabular.as_text).reset_index(drop=True)
            same = (cells.map(plain) == told.map(plain)) | cells.str.startswith(UNREAD) | (cells == "")
            for pair, rows in _by_value((cells + "\n" + told)[known & ~same]).items():
                cell, frame = pair.rsplit("\n", 1)
                self.add(Fault(name, cell, "er et andet end i rammen", frame, "Ret den, eller slet kolonnen."), rows)
        self.note("Kolonner, der er holdt op mod rammen", list(done))
        return pd.DataFrame(index=range(len(self.table.cells)))

    def background(self, name: str, at: int) -> pd.Series:
        """A background variable as codes, shape (rows,); faults for what is neither code nor label."""
        codes, found = self.distinct(at)
        variable = self.questionnaire.background.get(name)
        values = [cell.strip() for cell in found]
        if variable is not None:
            reading, how = Spelling.of(variable.labels, None).chosen(map(plain, found))
            reading |= {} if self.frame is None else {"": ""}  # a blank: the frame knows it
            values = [reading.get(plain(cell), UNREAD + cell) for cell in found]
            bad = [place for place, value in enumerate(values) if value.startswith(UNREAD)]
            rows = _places(codes, bad)
            may = ", ".join(variable.labels if how == "koder" else variable.labels.values())
            for number, place in enumerate(bad):
                cell, options = found[place], [*variable.labels.values(), *variable.labels]
                hint = nearest(cell, options) if number < SUGGESTED else ""
                what = f"kendes ikke som {variable.name}" if cell.strip() else "er tom"
                self.add(Fault(name, cell, what, may, hint or "Skriv en af koderne eller teksterne."), rows[place])
            self.note(f"{name} er skrevet som", [how])
        return pd.Series(values, dtype="str").iloc[codes].reset_index(drop=True)

    # -- the whole

    def reading(self, keys: pd.Index, answers: pd.DataFrame, others: pd.DataFrame) -> Reading:
        """Part the rows into valid and rejected, and tell all faults in the order of the file."""
        self.uneven()
        numbers = self.table.cells.index
        faulty = [rows for _, rows in self.faults if rows is not None]
        sound = ~numbers.isin(np.concatenate([np.empty(0, int), *faulty]))
        index = pd.Index(keys, name=self.questionnaire.key, dtype="str")[sound]
        answers = answers[sound].astype("str").set_axis(index)
        silent = int((answers == "").all(axis=1).sum())
        self.note("Rækker uden svar på noget spørgsmål, som er taget med", [str(silent)] if silent else [])
        background = others[sound].set_axis(index) if self.frame is None and len(others.columns) else None
        return Reading(self.path, answers, background, [*self.table.notes, *self.notes], self.fault_table(),
                       self.rejected(~sound))

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


def failures(column: pandera.Column, values: Sequence[str]) -> list[int]:
    """The places of the values that a column of the schema does not pass."""
    from pandera.errors import SchemaErrors

    try:
        column.validate(pd.DataFrame({column.name: pd.array(list(values), dtype="str")}), lazy=True)
    except SchemaErrors as fault:
        return sorted(fault.failure_cases["index"].astype(int))
    return []


def _places(codes: np.ndarray, wanted: Sequence[int]) -> dict[int, Rows]:
    """Where each of the wanted codes stands."""
    if not len(wanted):
        return {}
    order = np.argsort(codes, kind="stable")
    low, high = (np.searchsorted(codes, wanted, side, sorter=order) for side in ("left", "right"))
    return {code: order[start:end] for code, start, end in zip(wanted, low, high, strict=True)}


def _by_value(values: pd.Series) -> dict[str, Rows]:
    """The places (the index) of each value."""
    codes, found = pd.factorize(values)
    at = values.index.to_numpy()
    return {found[code]: at[places] for code, places in _places(codes, range(len(found))).items()}
