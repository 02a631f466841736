"""Answers out again: with labels for SPSS and Stata, as CSV, and a Data Package of the project's own files.

What a reader of these files must know:

- One answer (.sav, .dta): 1, 2, ... in the order of the scale, with its label. `codes` gives the numbers.
- 'Ved ikke' of one answer or a count: -8, labelled as in the questionnaire. Of a count it is also user-missing in .sav,
  which readers turn into a blank unless they are told otherwise (pyreadstat: user_missing=True); in .dta it is not -8
  but .a, one of Stata's missing values, with the same label.
- Several answers: a column `<item>_<code>` for each code, `<item>_ved_ikke` too: 1 ticked, 0 not, blank in all of them
  where the item was not answered. Who answered and ticked nothing has 0 in all of them.
- A ranking: a column `<item>_<code>` for each code with its place, blank where it has none.
- A date is a date; who answered 'ved ikke' to one has 1 in `<item>_ved_ikke`.
- Not answered: system missing, in text an empty string.
- What the answer file itself tells of the respondents, background and the columns of the design, stands last.
- Notes of both kinds of file hold what the format cannot of the questions and the background, see `own_note`.
- A name longer than the format takes (.sav 64 bytes, .dta 28 characters) is cut; `columns` gives item and code of each.
- CSV with codes is the answer file's own form: comma, UTF-8, several codes with a space between. For Danish Excel:
  semicolon, UTF-8 with byte order mark, the columns of .sav with labels in place of numbers.
- In both kinds of CSV text that a spreadsheet would run has an apostrophe before it; `unguard` takes it away.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from civsam.danish import first_of
from civsam.files import UserError, project, shown
from civsam.instrument import conditions
from civsam.instrument.allowed import valid
from civsam.instrument.kinds import KINDS
from civsam.instrument.questionnaire import DONT_KNOW, NO_TICK, Background, Item, Questionnaire
from civsam.instrument.value_codes import TICKED, codes
from civsam.instrument.words import plain
from civsam.intake import stata_notes
from civsam.intake.table import clear
from civsam.survey.survey import COLLECTED, SYNTHETIC, provenance

LIMITS = {".sav": (64, "utf-8"), ".dta": (28, "utf-32-le")}  # longest name: bytes, or characters
# Stata takes 32 characters, but pyreadstat calls a column's labels by its name with its number after.
LABEL, COLUMN_LABEL = 120, 80  # bytes of a value's and of a column's label
LONGEST_TEXT = 32_767  # bytes of a text that SPSS reads
STATA_MISSING = "a"  # .a
STATA = 14  # the version whose files are release 118: of 119, R's haven reads every text as blank if one is long
K = TypeVar("K")
NOTE, NOTE_LINE = "civsam:", 76  # how our own note begins; the longest line of one in bytes, less than SPSS's 80
ORIGIN = {SYNTHETIC: "Syntetiske svar", COLLECTED: "Indsamlede svar"}
RISKY = re.compile(r"^'*[=+\-@\t\r\n＝＋－＠]")


# ---- The answers as columns of numbers and texts


@dataclass(frozen=True, eq=False)
class Column:
    """A column of an exported file: one item, or one of its codes. labels: number to words; blank for text."""

    item: str
    values: pd.Series
    label: str
    labels: dict[int, str] = field(default_factory=dict)


def columns(questionnaire: Questionnaire, suffix: str) -> dict[str, tuple[str, str]]:
    """The names of the columns in a .sav or .dta file, each with its item and code ("" but for several answers)."""
    parts = [(item.id, code) for item in questionnaire.items.values()
             for code in (item.codes if KINDS[item.scale.type].parts else ["", *_beside(item)])]
    names: dict[tuple[str, str], str] = {}
    taken = {questionnaire.key.casefold()}
    for item, code in sorted(parts, key=lambda part: part[1] != ""):  # a tick never takes the name of a question
        names[item, code] = _free(f"{item}_{code}" if code else item, taken, suffix)
        taken.add(names[item, code].casefold())
    return {names[part]: part for part in parts}


def _beside(item: Item) -> list[str]:
    """The codes that have a column beside that of the item: 'ved ikke' of a date, which is no number."""
    return item.codes if item.scale.type == "dato" else []


def _free(name: str, taken: set[str], suffix: str) -> str:
    """The name, cut to what the format takes; where that is taken, the end is a number."""
    short, place = cut(name, *LIMITS[suffix]), 2
    while short.casefold() in taken:
        end = f"_{place}"
        short, place = cut(name, LIMITS[suffix][0] - len(end), LIMITS[suffix][1]) + end, place + 1
    return short


def cut(text: str, limit: int, encoding: str = "utf-8") -> str:
    """The text up to so many bytes (of UTF-8) or characters (of "utf-32-le"), never half a character."""
    size = 4 if encoding == "utf-32-le" else 1
    return text.encode(encoding)[: limit * size].decode(encoding, errors="ignore")


def short(labels: Mapping[K, str], limit: int = LABEL) -> dict[K, str]:
    """The labels as both formats take them: where one that is cut would be as another, its end is a number."""
    done: dict[K, str] = {}
    taken = [plain(cut(label, limit)) for label in labels.values()]
    for key, label in labels.items():
        own, place = cut(label, limit), 2
        if own != label and taken.count(plain(own)) > 1:
            while plain(own) in {*taken, *map(plain, done.values())}:
                end = f" ({place})"
                own, place = cut(label, limit - len(end)) + end, place + 1
        done[key] = own
    return done


def coded(answers: pd.DataFrame, questionnaire: Questionnaire, suffix: str) -> dict[str, Column]:
    """The answers as the columns of a .sav or .dta file, shape (n,) each.

    Raises ValueError for an answer that its item does not allow: nothing is left out unsaid.
    """
    return {name: _column(answers[item], questionnaire.items[item], code, questionnaire)
            for name, (item, code) in columns(questionnaire, suffix).items()}


def beside(others: pd.DataFrame | None, questionnaire: Questionnaire, suffix: str) -> dict[str, Column]:
    """The background and the design of the respondents as columns, as `coded` has the answers; none for None.

    Raises UserError for a name that the format does not take.
    """
    if others is None:
        return {}
    for name in others:
        if not name.isidentifier() or cut(name, *LIMITS[suffix]) != name:
            raise UserError(f"kolonnen {name} kan ikke hedde sådan i en {suffix}-fil. Giv den et kortere navn af "
                            "bogstaver, tal og _ i svarfil og spørgeskema, eller gem som CSV.")
    asked, made = {item.id: item for item in questionnaire.unknown()}, {}
    for name in others:
        numbers = codes(asked[name]) if name in asked else {}
        words = {value: asked[name].scale.answers[code] for code, value in numbers.items()}
        values = others[name].map(numbers).astype(float) if numbers else others[name]
        made[name] = Column(name, values, asked[name].topic if name in asked else name, words)
    return made


def _column(given: pd.Series, item: Item, code: str, questionnaire: Questionnaire) -> Column:
    if item.scale.type == "tekst":
        return Column(item.id, given, item.topic)
    if item.scale.type == "dato" and not code:
        _stop_at({text for text in given.unique() if not valid(item, text)}, item)
        days = {text: date.fromisoformat(text) if text not in ("", DONT_KNOW) else None for text in given.unique()}
        return Column(item.id, given.map(days).astype(object), item.topic)
    if code:
        if item.scale.type == "rangordning" and code != DONT_KNOW:
            _stop_at({text for text in given.unique() if not valid(item, text)}, item)
            orders = {text: text.split(" ") for text in given.unique()}
            places = {text: float(order.index(code) + 1) for text, order in orders.items() if code in order}
            return Column(item.id, given.map(places).astype(float),
                          f"{item.topic}: {questionnaire.label(item.id, code)}")
        if item.scale.type == "dato":
            return Column(item.id, given.map({text: float(text == code) for text in given.unique() if text}).astype(
                float), f"{item.topic}: {questionnaire.label(item.id, code)}", TICKED)
        sets = {text: text.split(" ") if text != NO_TICK else [] for text in given.unique() if text}
        _stop_at({one for those in sets.values() for one in those} - {*item.codes}, item)
        ticked = given.map({text: float(code in those) for text, those in sets.items()})
        return Column(item.id, ticked.astype(float), f"{item.topic}: {questionnaire.label(item.id, code)}", TICKED)
    numbers = codes(item)
    values = given.map(numbers)
    if item.scale.type == "antal":
        values = values.fillna(pd.to_numeric(given.where(~given.isin(["", DONT_KNOW])), errors="coerce"))
    _stop_at(set(given[values.isna() & (given != "")]), item)
    labels = {value: questionnaire.label(item.id, key) for key, value in numbers.items()}
    return Column(item.id, values.astype(float), item.topic, labels)


def _stop_at(strange: set[str], item: Item) -> None:
    """Raise ValueError if there are any answers that the item does not allow."""
    if strange:
        raise ValueError(f"{item.id} does not allow {min(strange)!r}")


# ---- Files


def write(
    answers: pd.DataFrame, questionnaire: Questionnaire, path: Path, *, excel: bool = False,
    others: pd.DataFrame | None = None,
) -> None:
    """Write answers, as in `Survey.answers`, with labels to a .sav, .dta or .csv file that is not there yet.

    The rows stand in the order of their keys, so that the same answers give the same file.
    excel: CSV for Danish Excel, with labels. others: what else the file told of the same respondents. Raises UserError
    for a file that may not be written, see `check_place`, and for a name that its format does not take.
    """
    path, questionnaire = path.expanduser().resolve(), questionnaire.collected
    check_place(path, excel=excel)
    answers = answers[[*questionnaire.items]]
    writers = {".sav": write_sav, ".dta": write_dta, ".csv": write_excel if excel else write_csv}
    unfinished = path.with_name(f".{path.name}.ny")
    try:
        told = None if others is None else others.reindex(answers.index).sort_index()
        writers[path.suffix.lower()](answers.sort_index(), questionnaire, unfinished, told)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def check_place(path: Path, *, excel: bool = False) -> None:
    """Raise UserError for another kind of file, one that exists, a folder that does not, and a place in the books.

    The books are made to be published. path: absolute.
    """
    kinds = (".sav", ".dta", ".csv")
    if path.suffix.lower() not in kinds:
        raise UserError(f"{shown(path)}: ukendt filtype. Filen skal ende på {', '.join(kinds)}.")
    if excel and path.suffix.lower() != ".csv":
        raise UserError(f"{shown(path)}: udgaven til Excel er en CSV-fil. Lad navnet ende på .csv.")
    if path.is_relative_to(project.build):
        raise UserError(f"{shown(path)}: svar må ikke ligge i {shown(project.build)}, hvor bøgerne er. "
                        "Vælg en anden mappe.")
    if path.exists():
        raise UserError(f"{shown(path)}: filen findes allerede og bliver ikke overskrevet. Vælg et andet navn.")
    if not path.parent.is_dir():
        raise UserError(f"{shown(path.parent)}: mappen findes ikke. Opret den først.")


def write_sav(
    answers: pd.DataFrame, questionnaire: Questionnaire, path: Path, others: pd.DataFrame | None = None
) -> None:
    """Write an SPSS file with labels and measures; 'ved ikke' of a count is user-missing."""
    table, facts = _labelled(answers, questionnaire, ".sav", others)
    facts["note"] = own_note(questionnaire, ".sav", NOTE_LINE, others)
    facts["variable_measure"] = {name: KINDS[questionnaire.items[item].scale.type].measure
                                 for name, (item, _) in columns(questionnaire, ".sav").items()}
    counts = {name: list(codes(questionnaire.items[item]).values())
              for name, (item, _) in columns(questionnaire, ".sav").items()
              if questionnaire.items[item].scale.type == "antal" and questionnaire.items[item].allows_dont_know}
    _write_statistics("write_sav", table, path, facts | {"missing_ranges": counts})


def own_note(questionnaire: Questionnaire, suffix: str, longest: int, others: pd.DataFrame | None) -> list[str]:
    """The questions as notes in a .sav or .dta file, for `civsam new --from`: JSON without spaces, in parts that fit.

    longest: bytes of a part. others: what stands beside the answers; of it the background is told.
    """
    named: dict[str, dict[str, str]] = {}
    for column, (item, code) in columns(questionnaire, suffix).items():
        named.setdefault(item, {})[column] = code
    items = [{"kolonner": named[item.id], "type": item.scale.type, "blok": item.block, "emne": item.topic,
              "ordlyd": item.wording, "hjaelp": item.help, "svar": list(item.scale.answers.items()),
              "mindst": item.scale.low, "hoejst": item.scale.high, "decimaler": item.scale.decimals,
              "enhed": item.scale.unit, "ved_ikke": item.allows_dont_know, "id": item.id, "skala": item.scale.id,
              "del_af": item.part_of, **({"kun_hvis": conditions.text(item.only_if)} if item.only_if else {})}
             for item in questionnaire.items.values()]
    known = {item.id: item for item in questionnaire.unknown() if others is not None and item.id in others}
    background = [{"id": name, "navn": item.topic, "svar": list(item.scale.answers.items()),
                   "ordnet": variable.ordered, "uoplyst": variable.missing} for name, item in known.items()
                  for variable in [questionnaire.background.get(name, Background(name, name, {}))]]
    told = {"titel": questionnaire.title, "afgraensning": questionnaire.scope, "ved_ikke": questionnaire.dont_know,
            "noegle": questionnaire.key, "blokke": questionnaire.blocks, "spoergsmaal": items, "baggrund": background}
    text = NOTE + json.dumps(told, separators=(",", ":")).replace(" ", "\\u0020")
    return [text[at:at + longest] for at in range(0, len(text), longest)]


def write_dta(
    answers: pd.DataFrame, questionnaire: Questionnaire, path: Path, others: pd.DataFrame | None = None
) -> None:
    """Write a Stata file with labels (release 118, UTF-8); 'ved ikke' of a count is .a, with its label."""
    table, facts = _labelled(answers, questionnaire, ".dta", others)
    labels: dict[str, dict[Any, str]] = facts["variable_value_labels"]
    unsure = {name: codes(questionnaire.items[item])[DONT_KNOW]
              for name, (item, _) in columns(questionnaire, ".dta").items()
              if questionnaire.items[item].scale.type == "antal" and questionnaire.items[item].allows_dont_know}
    for name, number in unsure.items():
        labels[name] = {STATA_MISSING: labels[name][number]}
        table[name] = table[name].astype(object).mask(table[name] == number, STATA_MISSING)
    _write_statistics("write_dta", table, path, facts | {
        "version": STATA, "missing_user_values": {name: [STATA_MISSING] for name in unsure}})
    stata_notes.add(path, own_note(questionnaire, ".dta", stata_notes.LONGEST, others))


def cautions(answers: pd.DataFrame, questionnaire: Questionnaire, path: Path) -> list[str]:
    """What whoever reads the file should know of texts that are longer than SPSS reads, in Danish."""
    if path.suffix.lower() != ".sav":
        return []
    texts = [item.id for item in questionnaire.items.values() if item.scale.type == "tekst"]
    long = {name: answers.index[[len(text.encode()) > LONGEST_TEXT for text in answers[name]]] for name in texts}
    return [f"Bemærk: SPSS læser kun de første {LONGEST_TEXT} byte af en tekst. I {name} er {len(rows)} længere: "
            f"{first_of(rows)}. Brug .dta eller .csv til dem."
            for name, rows in long.items() if len(rows)]


def _write_statistics(write: str, table: pd.DataFrame, path: Path, facts: dict[str, Any]) -> None:
    import pyreadstat  # here, since a browser's Python does not have it

    try:
        getattr(pyreadstat, write)(table, path, **facts)
    except pyreadstat.PyreadstatError as fault:
        raise UserError(f"{shown(path.parent)}: filen kan ikke skrives dér. Vælg en anden mappe.") from fault


def _labelled(
    answers: pd.DataFrame, questionnaire: Questionnaire, suffix: str, others: pd.DataFrame | None
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The table, the key first, and its labels, cut to what both formats take."""
    made = coded(answers, questionnaire, suffix) | beside(others, questionnaire, suffix)
    table = pd.DataFrame({questionnaire.key: answers.index, **{name: column.values.to_numpy()
                                                              for name, column in made.items()}})
    title = f"{ORIGIN[provenance(answers)]}: {questionnaire.title}"
    labels = ["Svarpersonens nøgle", *(column.label for column in made.values())]
    return table, {
        "file_label": cut(title, 64),
        "column_labels": [*short(dict(enumerate(labels)), COLUMN_LABEL).values()],
        "variable_value_labels": {name: short(column.labels) for name, column in made.items() if column.labels},
    }


def write_csv(
    answers: pd.DataFrame, questionnaire: Questionnaire, path: Path, others: pd.DataFrame | None = None
) -> None:
    """Write the answers' own form: codes, comma, UTF-8."""
    table = (answers if others is None else answers.join(others)).rename_axis(questionnaire.key).reset_index()
    counts = [item.id for item in questionnaire.items.values() if item.scale.type == "antal"]
    numbers = table.select_dtypes("number").columns  # of the design
    table[numbers] = table[numbers].map(_digits)
    as_they_are = {*counts, *numbers}
    safe = table.apply(lambda column: column.map(clear if column.name in as_they_are else guard))
    safe.to_csv(path, index=False, lineterminator="\r\n", encoding="utf-8")


def write_excel(
    answers: pd.DataFrame, questionnaire: Questionnaire, path: Path, others: pd.DataFrame | None = None
) -> None:
    """Write the columns of .sav with labels, as Danish Excel opens them: semicolon, UTF-8 with byte order mark."""
    table = {questionnaire.key: answers.index.to_series().map(guard)}
    made = coded(answers, questionnaire, ".sav") | beside(others, questionnaire, ".sav")
    for name, column in made.items():
        table[name] = column.values.map(partial(_worded, labels=column.labels) if is_numeric_dtype(column.values)
                                        else lambda cell: guard(cell.isoformat() if isinstance(cell, date)
                                                                else cell or ""))
    pd.DataFrame(table).to_csv(path, index=False, sep=";", lineterminator="\r\n", encoding="utf-8-sig")


def _worded(value: float, labels: dict[int, str]) -> str:
    """A number's label; a count that has none as digits; nothing where there is no number."""
    return guard(labels[int(value)]) if value in labels else _digits(value).replace(".", ",")


def _digits(value: float) -> str:
    """All digits of a number, with a decimal point; nothing where there is no number."""
    return "" if pd.isna(value) else clear(np.format_float_positional(value, trim="-"))


def guard(text: str) -> str:
    """Text that a spreadsheet would take for a formula, with an apostrophe before it; other text as it is.

    That is what begins with = + - @ (wide ones too), tab or line break, after apostrophes or none. One more apostrophe
    is what `unguard` takes away, so that every text comes back as it was.
    """
    return f"'{text}" if RISKY.match(text) else text


def unguard(text: str) -> str:
    """The text as it was before `guard`."""
    return text[1:] if text.startswith("'") and RISKY.match(text) else text
