"""Answers out again: with labels for SPSS and Stata, as CSV, and a Data Package of the project's own files.

What a reader of these files must know:

- One answer (.sav, .dta): 1, 2, ... in the order of the scale, with its label. `codes` gives the numbers.
- 'Ved ikke' of one answer or a count: -8, labelled as in the questionnaire. Of a count it is also user-missing in .sav,
  which readers turn into a blank unless they are told otherwise (pyreadstat: user_missing=True).
- Several answers: a column `<item>_<code>` for each code, `<item>_ved_ikke` too: 1 ticked, 0 not, blank in all of them
  where the item was not answered.
- Not answered: system missing, in text an empty string.
- A name longer than the format takes (.sav 64 bytes, .dta 28 characters) is cut; `columns` gives item and code of each.
- CSV with codes is the answer file's own form: comma, UTF-8, several codes with a space between. For Danish Excel:
  semicolon, UTF-8 with byte order mark, the columns of .sav with labels in place of numbers.
- In both kinds of CSV text that a spreadsheet would run has an apostrophe before it; `unguard` takes it away.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from civsam.files import ROOT, UserError, read_table, read_yaml, shown, without_lines
from civsam.questionnaire import DONT_KNOW, NONE, Item, Questionnaire
from civsam.survey import COLLECTED, SYNTHETIC, provenance

UNKNOWN = -8  # 'ved ikke' as a number, unless a count reaches down to it
TICKED = {0: "Nej", 1: "Ja"}
LIMITS = {".sav": (64, "utf-8"), ".dta": (28, "utf-32-le")}  # longest name: bytes, or characters
# Stata takes 32 characters, but pyreadstat calls a column's labels by its name with its number after.
ORIGIN = {SYNTHETIC: "Syntetiske svar", COLLECTED: "Indsamlede svar"}
RISKY = re.compile(r"^'*[=+\-@\t\r\n＝＋－＠]")
PUBLIC = ROOT / "_build"  # where books are made


# ---- The answers as columns of numbers and texts


@dataclass(frozen=True, eq=False)
class Column:
    """A column of an exported file: one item, or one of its codes. labels: number to words; blank for text."""

    item: str
    values: pd.Series
    label: str
    labels: dict[int, str] = field(default_factory=dict)


def codes(item: Item) -> dict[str, int]:
    """The number that stands for each code in .sav and .dta; of a count only that of 'ved ikke'.

    Several answers have a column each, and text has none: empty.
    """
    if item.scale.type in ("flere", "tekst"):
        return {}
    numbers = {code: place for place, code in enumerate(item.scale.answers, 1)}
    return {**numbers, DONT_KNOW: min(UNKNOWN, item.scale.low - 1)}


def columns(questionnaire: Questionnaire, suffix: str) -> dict[str, tuple[str, str]]:
    """The names of the columns in a .sav or .dta file, each with its item and code ("" but for several answers)."""
    parts = [(item.id, code) for item in questionnaire.items.values()
             for code in ([*item.scale.answers, DONT_KNOW] if item.scale.type == "flere" else [""])]
    names: dict[str, tuple[str, str]] = {}
    taken = {questionnaire.key.casefold()}
    for item, code in parts:
        name = _free(f"{item}_{code}" if code else item, taken, suffix)
        taken.add(name.casefold())
        names[name] = item, code
    return names


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


def coded(answers: pd.DataFrame, questionnaire: Questionnaire, suffix: str) -> dict[str, Column]:
    """The answers as the columns of a .sav or .dta file, shape (n,) each.

    Raises ValueError for an answer that its item does not allow: nothing is left out unsaid.
    """
    return {name: _column(answers[item], questionnaire.items[item], code, questionnaire)
            for name, (item, code) in columns(questionnaire, suffix).items()}


def _column(given: pd.Series, item: Item, code: str, questionnaire: Questionnaire) -> Column:
    if item.scale.type == "tekst":
        return Column(item.id, given, item.topic)
    if code:
        sets = {text: text.split(" ") for text in given.unique() if text}
        _stop_at({one for those in sets.values() for one in those} - {*item.scale.answers, DONT_KNOW}, item)
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


def write(answers: pd.DataFrame, questionnaire: Questionnaire, path: Path, *, excel: bool = False) -> None:
    """Write answers, as in `Survey.answers`, with labels to a .sav, .dta or .csv file that is not there yet.

    excel: CSV for Danish Excel, with labels. Raises UserError for a file that may not be written, see `check_place`.
    """
    path = path.expanduser().resolve()
    check_place(path, excel=excel)
    writers = {".sav": write_sav, ".dta": write_dta, ".csv": write_excel if excel else write_csv}
    unfinished = path.with_name(f".{path.name}.ny")
    try:
        writers[path.suffix.lower()](answers, questionnaire, unfinished)
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
    if path.is_relative_to(PUBLIC):
        raise UserError(f"{shown(path)}: svar må ikke ligge i {shown(PUBLIC)}, hvor bøgerne er. Vælg en anden mappe.")
    if path.exists():
        raise UserError(f"{shown(path)}: filen findes allerede og bliver ikke overskrevet. Vælg et andet navn.")
    if not path.parent.is_dir():
        raise UserError(f"{shown(path.parent)}: mappen findes ikke. Opret den først.")


def write_sav(answers: pd.DataFrame, questionnaire: Questionnaire, path: Path) -> None:
    """Write an SPSS file with labels; 'ved ikke' of a count is user-missing."""
    table, facts = _labelled(answers, questionnaire, ".sav")
    counts = {name: list(codes(questionnaire.items[item]).values())
              for name, (item, _) in columns(questionnaire, ".sav").items()
              if questionnaire.items[item].scale.type == "antal"}
    _write_statistics("write_sav", table, path, facts | {"missing_ranges": counts})


def write_dta(answers: pd.DataFrame, questionnaire: Questionnaire, path: Path) -> None:
    """Write a Stata file with labels (version 15, UTF-8)."""
    table, facts = _labelled(answers, questionnaire, ".dta")
    _write_statistics("write_dta", table, path, facts)


def _write_statistics(write: str, table: pd.DataFrame, path: Path, facts: dict[str, Any]) -> None:
    import pyreadstat  # here, since a browser's Python does not have it

    try:
        getattr(pyreadstat, write)(table, path, **facts)
    except pyreadstat.PyreadstatError as fault:
        raise UserError(f"{shown(path.parent)}: filen kan ikke skrives dér. Vælg en anden mappe.") from fault


def _labelled(
    answers: pd.DataFrame, questionnaire: Questionnaire, suffix: str
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The table, the key first, and its labels, cut to what both formats take."""
    made = coded(answers, questionnaire, suffix)
    table = pd.DataFrame({questionnaire.key: answers.index, **{name: column.values.to_numpy()
                                                              for name, column in made.items()}})
    title = f"{ORIGIN[provenance(answers)]}: {questionnaire.title}"
    labels = ["Svarpersonens nøgle", *(column.label for column in made.values())]
    return table, {
        "file_label": cut(title, 64),
        "column_labels": [cut(label, 80) for label in labels],
        "variable_value_labels": {name: {number: cut(label, 120) for number, label in column.labels.items()}
                                  for name, column in made.items() if column.labels},
    }


def write_csv(answers: pd.DataFrame, questionnaire: Questionnaire, path: Path) -> None:
    """Write the answers' own form: codes, comma, UTF-8."""
    table = answers.rename_axis(questionnaire.key).reset_index()
    counts = [item.id for item in questionnaire.items.values() if item.scale.type == "antal"]
    safe = table.apply(lambda column: column if column.name in counts else column.map(guard))
    safe.to_csv(path, index=False, lineterminator="\r\n", encoding="utf-8")


def write_excel(answers: pd.DataFrame, questionnaire: Questionnaire, path: Path) -> None:
    """Write the columns of .sav with labels, as Danish Excel opens them: semicolon, UTF-8 with byte order mark."""
    table = {questionnaire.key: answers.index.to_series().map(guard)}
    for name, column in coded(answers, questionnaire, ".sav").items():
        table[name] = column.values.map(guard if not column.labels else partial(_worded, labels=column.labels))
    pd.DataFrame(table).to_csv(path, index=False, sep=";", lineterminator="\r\n", encoding="utf-8-sig")


def _worded(value: float, labels: dict[int, str]) -> str:
    """A number's label; a count that has none as digits; nothing where there is no number."""
    return "" if pd.isna(value) else guard(labels[int(value)]) if int(value) in labels else str(int(value))


def guard(text: str) -> str:
    """Text that a spreadsheet would take for a formula, with an apostrophe before it; other text as it is.

    That is what begins with = + - @ (wide ones too), tab or line break, after apostrophes or none. One more apostrophe
    is what `unguard` takes away, so that every text comes back as it was.
    """
    return f"'{text}" if RISKY.match(text) else text


def unguard(text: str) -> str:
    """The text as it was before `guard`."""
    return text[1:] if text.startswith("'") and RISKY.match(text) else text


# ---- Data Package


def datapackage(questionnaire: Questionnaire, folder: Path, words: Path | None = None) -> dict[str, Any]:
    """The Data Package descriptor of a folder's CSV files: a resource with a Table Schema each.

    Files of answers and the frame get their constraints from the questionnaire, and answers refer to the frame; other
    columns get the narrowest type that holds all their values. words: a YAML file with what cannot be worked out, put
    in as it is: properties of the package, and under `ressourcer` those of each file. Raises UserError.
    """
    told = without_lines(read_yaml(words)) if words else {}
    described = told.pop("ressourcer", {})
    tables = {path.name: read_table(path, []) for path in sorted(folder.glob("*.csv"))}
    unknown = [name for name in described if name not in tables]
    if unknown:
        raise UserError(f"{shown(words)}: beskriver {unknown[0]}, som ikke findes i {shown(folder)}.")
    frame = next((name for name, table in tables.items() if _is_frame(table, questionnaire)), "")
    resources = []
    for name, table in tables.items():
        extra = dict(described.get(name, {}))
        schema = schema_of(table, questionnaire, extra.pop("felter", {}), slug(frame) if frame != name else "")
        resources.append({"name": slug(name), "type": "table", "path": name, "format": "csv",
                          "mediatype": "text/csv", "encoding": "utf-8", **extra, "schema": schema})
    name = slug(told.get("title", questionnaire.title))
    return {"profile": "data-package", "name": name, "title": questionnaire.title, **told, "resources": resources}


def write_datapackage(questionnaire: Questionnaire, folder: Path, words: Path | None = None) -> Path:
    """Write `datapackage.json` in the folder, the same bytes each time, and return its path. Raises UserError."""
    path = folder / "datapackage.json"
    text = json.dumps(datapackage(questionnaire, folder, words), ensure_ascii=False, indent=2)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")
    return path


def schema_of(
    table: pd.DataFrame, questionnaire: Questionnaire, words: dict[str, Any], frame: str = ""
) -> dict[str, Any]:
    """The Table Schema of a file's text cells. words: properties of fields by name; frame: the resource of the key."""
    key, answers = questionnaire.key, set(questionnaire.items) <= set(table.columns)
    fields = []
    for name in table.columns:
        item = questionnaire.items.get(name) if answers else None
        made = item_field(item, questionnaire) if item else _plain_field(table[name], questionnaire)
        fields.append({**made, **words.get(name, {})})
    schema: dict[str, Any] = {"fields": fields, "missingValues": [""]}
    if key in table:
        schema["primaryKey"] = [key]
        if frame and answers:
            schema["foreignKeys"] = [{"fields": [key], "reference": {"resource": frame, "fields": [key]}}]
    return schema


def item_field(item: Item, questionnaire: Questionnaire) -> dict[str, Any]:
    """A Table Schema field: what may stand in the item's column of an answer file. Blank is always missing."""
    scale, made = item.scale, {"name": item.id, "title": item.topic, "description": item.wording}
    allowed = [*scale.answers, DONT_KNOW]
    if scale.type == "antal":
        return {**made, "type": "integer", "missingValues": ["", DONT_KNOW],
                "constraints": {"minimum": scale.low, "maximum": scale.high}}
    if scale.type == "tekst":
        return {**made, "type": "string"}
    labels = [{"value": code, "label": questionnaire.label(item.id, code)} for code in allowed]
    if scale.type == "flere":
        alone = "|".join(code for code in allowed if code in (NONE, DONT_KNOW))
        one = "|".join(code for code in allowed if code not in (NONE, DONT_KNOW))
        rule: dict[str, Any] = {"pattern": f"({alone}|({one})( ({one}))*)"}
        return {**made, "type": "string", "constraints": rule, "svarkoder": labels}
    return {**made, "type": "string", "categories": labels, "categoriesOrdered": scale.type == "ordinal",
            "constraints": {"enum": allowed}}


def _plain_field(values: pd.Series, questionnaire: Questionnaire) -> dict[str, Any]:
    """A field that is no answer: the key, a frame variable, or whatever its values show it to be."""
    made: dict[str, Any] = {"name": str(values.name)}
    if values.name == questionnaire.key:
        return {**made, "type": "string", "constraints": {"required": True, "unique": True}}
    known = questionnaire.background.get(str(values.name))
    labels = known.labels if known else {}
    for allowed in ({code: {"value": code, "label": label} for code, label in labels.items()},
                    {label: {"value": label} for label in labels.values()}):  # a register may hold the labels
        if known and set(values) <= set(allowed):
            return {**made, "title": known.name, "type": "string", "categories": list(allowed.values()),
                    "constraints": {"required": True, "enum": list(allowed)}}
    filled = values[values != ""]
    required = {"constraints": {"required": True}} if len(filled) == len(values) else {}
    return {**made, "type": _type(filled), **required}


def _type(values: pd.Series) -> str:
    """integer, number or string: the narrowest that every value is written as."""
    for name, pattern in (("integer", r"[+-]?(0|[1-9]\d*)"), ("number", r"[+-]?\d+(\.\d+)?")):
        if len(values) and values.str.fullmatch(pattern).all():
            return name
    return "string"


def _is_frame(table: pd.DataFrame, questionnaire: Questionnaire) -> bool:
    return questionnaire.key in table and not set(questionnaire.items) & set(table.columns)


def slug(text: str) -> str:
    """A name that a Data Package allows: lower-case ASCII letters, digits, and - _ ."""
    latin = text.lower().removesuffix(".csv").translate(str.maketrans({"æ": "ae", "ø": "oe", "å": "aa"}))
    return re.sub(r"[^a-z0-9._-]+", "-", latin).strip("-") or "data"
