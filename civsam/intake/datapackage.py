"""A Data Package of the project's own files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from civsam.danish import slug
from civsam.files import UserError, read_table, read_yaml, shown, without_lines
from civsam.instrument.dates import iso
from civsam.instrument.questionnaire import DONT_KNOW, NO_TICK, NONE, Item, Questionnaire

# ---- Data Package


def datapackage(questionnaire: Questionnaire, folder: Path, words: Path | None = None) -> dict[str, Any]:
    """The Data Package descriptor of a folder's CSV files: a resource with a Table Schema each.

    Files of answers and the frame get their constraints from the questionnaire, and answers refer to the frame; other
    columns get the narrowest type that holds all their values. words: a YAML file with what cannot be worked out, put
    in as it is: properties of the package, and under `ressourcer` those of each file. Raises UserError.
    """
    questionnaire = questionnaire.collected
    told = without_lines(read_yaml(words)) if words else {}
    described = told.pop("ressourcer", {})
    tables = {path.name: read_table(path, []) for path in sorted(folder.glob("*.csv"))}
    unknown = [name for name in described if name not in tables]
    if words and unknown:
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
        none = bool(item) and bool((table[name] == NO_TICK).any())
        made = item_field(item, questionnaire, none) if item else _plain_field(table[name], questionnaire)
        fields.append({**made, **words.get(name, {})})
    schema: dict[str, Any] = {"fields": fields, "missingValues": [""]}
    if key in table:
        schema["primaryKey"] = [key]
        if frame and answers:
            schema["foreignKeys"] = [{"fields": [key], "reference": {"resource": frame, "fields": [key]}}]
    return schema


def item_field(item: Item, questionnaire: Questionnaire, none: bool = False) -> dict[str, Any]:
    """A Table Schema field: what may stand in the item's column of an answer file. Blank is always missing.

    none: whether anybody answered without a tick.
    """
    scale, made = item.scale, {"name": item.id, "title": item.topic, "description": item.wording}
    allowed = item.codes
    if scale.type == "antal":
        return {**made, "type": "number" if scale.decimals else "integer", "missingValues": ["", *allowed],
                "constraints": {"minimum": scale.low, "maximum": scale.high}}
    if scale.type == "dato":
        return {**made, "type": "date", "missingValues": ["", *allowed],
                "constraints": {"minimum": iso(scale.low), "maximum": iso(scale.high)}}
    if scale.type == "tekst":
        return {**made, "type": "string"}
    if scale.type == "rangordning":
        one = "|".join(scale.answers)
        alone = f"{DONT_KNOW}|" if item.allows_dont_know else ""
        order = {"pattern": f"({alone}({one})( ({one})){{{scale.low - 1:.0f},{scale.high - 1:.0f}}})"}
        return {**made, "type": "string", "constraints": order, "svarkoder": [
            {"value": code, "label": questionnaire.label(item.id, code)} for code in allowed]}
    labels = [{"value": code, "label": questionnaire.label(item.id, code)} for code in allowed]
    if scale.type == "flere":
        alone = "|".join(code for code in (*allowed, *[NO_TICK] * none) if code in (NONE, DONT_KNOW, NO_TICK))
        one = "|".join(code for code in allowed if code not in (NONE, DONT_KNOW))
        alone += "|" if alone else ""
        rule: dict[str, Any] = {"pattern": f"({alone}({one})( ({one}))*)"}
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


