"""A survey from an XLSForm (ODK, Kobo): questions, choices, groups, routing and limits."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from civsam.danish import listed
from civsam.instrument import dates
from civsam.instrument.questionnaire import BACKGROUND, DONT_KNOW, LARGEST, MOST_DECIMALS
from civsam.instrument.ranking import FEWEST
from civsam.instrument.xlsform import KEY, NOTES, OWN, YOU
from civsam.intake.sources import spoken
from civsam.intake.sources.material import Material, Question, Words, few, one_line
from civsam.intake.table import as_text, reading

Row = Mapping[str, str]
NEEDED = {"survey", "choices"}
SELECTS = {"select_one": "enkelt", "select_multiple": "flere", "rank": "rangordning"}
PLAIN = {"integer": "antal", "int": "antal", "decimal": "antal", "range": "antal", "text": "tekst", "string": "tekst",
         "date": "dato"}
# What asks nobody anything
AROUND = frozenset(("start", "end", "today", "deviceid", "subscriberid", "simserial", "phonenumber", "username",
                    "email", "audit", "note", "instanceid"))
HIGHEST = 1000  # of a number whose limits the form does not tell
LEAST, MOST = re.compile(r"\. *>(=?) *(-?[0-9.]+)"), re.compile(r"\. *<(=?) *(-?[0-9.]+)")
PARTS = re.compile(r"\. *<= *(\$\{\w+\}(?: *\+ *\$\{\w+\})*)")
ALONE = re.compile(r"\(?not\(selected\(\., '\w+'\)\) or count-selected\(\.\) = 1\)?")


@dataclass
class Form:
    """The lists of choices, the language that is read, and what is made.

    groups: those that are open; of each its name, its condition, whether it is repeated. other: what is no question.
    """

    choices: dict[str, dict[str, str]]
    language: str
    made: Material
    groups: list[tuple[str, str, bool]] = field(default_factory=list)
    other: set[str] = field(default_factory=set)
    spoken: dict[str, str] = field(default_factory=dict)  # other languages, code to their name in the form
    labels: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)  # by language and list

    def say(self, row: Row, what: str) -> str:
        """The words in a column that may stand in several languages."""
        columns = [f"{what}::{self.language}", what, *(name for name in row if name.startswith(f"{what}::"))]
        return one_line(next((row[name] for name in columns if row.get(name)), ""))


    def others(self, row: Row, list_name: str) -> dict[str, Words]:
        """What a row says in the other languages."""
        topics = _own(row).get("emner")
        return {code: Words(row.get(f"label::{name}", ""), row.get(f"hint::{name}", ""),
                            str(topics.get(code, "")) if isinstance(topics, dict) else "",
                            self.labels.get((code, list_name), {})) for code, name in self.spoken.items()}


def is_form(data: bytes) -> bool:
    """Whether a workbook has the sheets of a form."""
    import openpyxl

    try:
        names = openpyxl.load_workbook(io.BytesIO(data), read_only=True).sheetnames
    except Exception:  # whoever reads it tells
        return False
    return {name.strip().lower() for name in names} >= NEEDED


def read(path: Path, data: bytes) -> Material:
    """The survey in a form. Raises UserError for a damaged file."""
    import openpyxl

    with reading(path, "xlsx"):
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True)
        sheets = {sheet.title.strip().lower(): _rows(sheet) for sheet in book.worksheets}
    settings = next(iter(sheets.get("settings", [])), {})
    made = Material(one_line(settings.get("form_title", "")))
    language, others = _language(made, sheets, settings)
    form = Form({}, language, made, spoken=others)
    titles = _own(settings).get("titler")
    made.others = {code: {"titel": str(titles[code])} if isinstance(titles, dict) and code in titles else {}
                   for code in others}
    made.told += [f"Også på {listed(others.values())}."] if others else []
    _choices(form, sheets["choices"])
    made.told.append("Format: XLSForm.")
    made.told += [f"Sprog: {form.language}."] if form.language else []
    for row in sheets["survey"]:
        _read_row(form, row)
    for what in ("required", "appearance"):
        if any(row.get(what, "").strip().lower() not in ("", "no", "false()") for row in sheets["survey"]) and (
                KEY not in (row.get("name") for row in sheets["survey"])):
            made.lost.append(f"Kolonnen {what}: " + ("krav om svar." if what == "required" else "udseendet."))
    if form.other:
        made.lost.append(f"Rækker, der ikke er spørgsmål, eller er af en slags, der ikke findes her: "
                         f"{few(sorted(form.other))}.")
    made.key = _own(settings).get("noegle", "")
    return made


def _rows(sheet: Any) -> list[dict[str, str]]:
    """The filled rows, by the names of the columns."""
    sheet.reset_dimensions()
    rows = [[as_text(value).strip() for value in row] for row in sheet.iter_rows(values_only=True)]
    rows = [row for row in rows if any(row)]
    names = [re.sub(r"\s*::\s*|(?<=label|.hint)\s*:\s*", "::", name) for name in rows[0]] if rows else []
    heads = [name if "::" in name else name.lower() for name in names]
    return [{name: cell for name, cell in zip(heads, row, strict=False) if name and cell} for row in rows[1:]]


def _language(
    made: Material, sheets: Mapping[str, list[dict[str, str]]], settings: Row
) -> tuple[str, dict[str, str]]:
    """The language that is read: Danish, else the form's default, else its first; and the others, by code.

    Those without a code are told, and so are all where the one that is read is not Danish.
    """
    found = list(dict.fromkeys(name.partition("::")[2] for row in [*sheets["survey"], *sheets["choices"]]
                               for name in row if name.startswith("label::")))
    danish = [name for name in found if re.match(r"(dansk|danish)\b", name, re.IGNORECASE) or name.endswith("(da)")]
    chosen = next(iter([*danish, *(name for name in found if name == settings.get("default_language")), *found]), "")
    others = [name for name in found if name != chosen]
    known = {code: name for name in others if danish and (code := spoken.code(name)) and code != "da"}
    if lost := [name for name in others if name not in known.values()]:
        made.lost.append(f"Andre sprog: {few(lost)}.")
    return chosen, known


def _choices(form: Form, rows: list[dict[str, str]]) -> None:
    """The lists of choices: codes with labels."""
    for row in rows:
        name = row.get("list_name") or row.get("list name", "")
        code, those = row.get("name") or row.get("value", ""), form.choices.setdefault(name, {})
        if code in those:
            form.made.lost.append(f"Listen {name}: {code} står to gange, og kun det første er med.")
        elif code:
            for language, called in form.spoken.items():
                if text := row.get(f"label::{called}"):
                    form.labels.setdefault((language, name), {})[code] = one_line(text)
            those[code] = form.say(row, "label") or code


def _read_row(form: Form, row: dict[str, str]) -> None:
    """A row of the survey: a group begins or ends, or something is asked."""
    kind, _, rest = row.get("type", "").strip().partition(" ")
    kind, name = kind.lower(), row.get("name", "")
    whole = f"{kind} {rest}".lower().replace("_", " ")
    if whole.startswith(("begin group", "begin repeat")):
        form.groups.append((name, row.get("relevant", ""), "repeat" in whole))
        if len(form.groups) == 1:
            form.made.blocks[name] = form.say(row, "label")
            for code, words in form.others(row, "").items():
                form.made.others[code][f"blok:{name}"] = words.wording
        if "repeat" in whole:
            form.made.lost.append(f"Gruppen {name}, der gentages, med sine spørgsmål.")
    elif whole.startswith("end "):
        del form.groups[-1:]
    elif kind == "note" and name == NOTES[1]:
        form.made.scope = form.say(row, "label")
        for code, words in form.others(row, "").items():
            form.made.others[code] |= {"afgraensning": words.wording} if words.wording else {}
    elif not any(repeated for _, _, repeated in form.groups) and kind:
        _ask(form, row, kind, rest, name)


def _ask(form: Form, row: dict[str, str], kind: str, rest: str, name: str) -> None:
    """Add a question, unless nobody is asked, or it is only the tick for 'ved ikke' of a count."""
    list_name = rest.split(" ")[0]
    if kind in AROUND or name == KEY or not kind:
        return
    if kind == "select_multiple" and {*form.choices.get(list_name, {})} == {DONT_KNOW}:
        counts = [one for one in form.made.questions if f"{one.name}_{DONT_KNOW}" == name]
        for one in counts:
            one.dont_know = True
        if counts:
            return
    if any(name.startswith(f"{one.name}_plads_") for one in form.made.questions if one.type == "rangordning"):
        return
    row, kind, name = _ranked(form, row, kind, name)
    if kind not in (*SELECTS, *PLAIN) or (kind in SELECTS and list_name not in form.choices):
        form.other.add(f"{name or 'uden navn'} ({' '.join(filter(None, (kind, rest)))})")
        return
    asked = Question(name, form.say(row, "label") or name, {**SELECTS, **PLAIN}[kind],
                     dict(form.choices.get(list_name, {})) if kind in SELECTS else {}, help=form.say(row, "hint"),
                     scale=list_name, block=form.groups[0][0] if form.groups else "")
    asked.background = bool(form.groups) and form.groups[0][0] == YOU
    _limits(form, asked, row, kind)
    _known(asked, _own(row))
    if kind == "select_one" and OWN not in row and len(asked.answers) > 2:
        asked.guesses.append("formularen siger ikke, om svarene har en rækkefølge; har de, så skriv type: ordinal")
    if "or_other" in rest or "or other" in rest:
        form.made.lost.append(f"{name}: »Andet, skriv« ved siden af svarene.")
    asked.others = form.others(row, list_name)
    asked.only_if = _route(form, row)
    if not asked.only_if:
        routes = [group[1] for group in form.groups if group[0] != YOU] + [row.get("relevant", "")]
        asked.routes = tuple(filter(None, routes))
    for what in ("calculation", "choice_filter", "default", "repeat_count"):
        if row.get(what):
            form.made.lost.append(f"{name}: {what}: {one_line(row[what])}")
    form.made.questions.append(asked)


def _ranked(form: Form, row: dict[str, str], kind: str, name: str) -> tuple[dict[str, str], str, str]:
    """The row, its kind and its name: those of the ranking, where our own form has a row for each place of one."""
    told = _own(row)
    if told.get("type") == "rangordning" and isinstance(told.get("id"), str):
        row = row | {f"label::{form.language}": str(told.get("ordlyd", name)), "constraint": ""}
        kind, name = "rank", told["id"]
    few = kind == "rank" and len(form.choices.get(row["type"].split(" ")[1], {})) < FEWEST
    return row, "rank af færre end tre svar" if few else kind, name


def _limits(form: Form, asked: Question, row: Row, kind: str) -> None:
    """The limits of a number, and what else an answer must fulfil: told where it cannot be said here."""
    rule = row.get("constraint", "")
    if asked.type == "dato":
        _days(form, asked, rule)
        return
    if asked.type != "antal":
        if rule and not all(ALONE.fullmatch(part.strip()) for part in rule.split(" and ")):
            form.made.lost.append(f"{asked.name}: et svar skal opfylde {one_line(rule)}")
        return
    asked.decimals = 2 if kind == "decimal" else 0
    given = dict(re.findall(r"(start|end|step)\s*=\s*(-?[0-9.]+)", row.get("parameters", "")))
    low, high = LEAST.search(rule), MOST.search(rule)
    ends = (given.get("start") or (low and low[2]), given.get("end") or (high and high[2]))
    if "." in "".join(given.values()):
        asked.decimals = 2
    asked.low, asked.high = (_number(end, default, asked.decimals) for end, default in
                             zip(ends, (0, HIGHEST), strict=True))
    if not asked.decimals:  # above 0 is from 1
        asked.low += low is not None and not low[1] and "start" not in given
        asked.high -= high is not None and not high[1] and "end" not in given
    if asked.low > asked.high:
        asked.low, asked.high = min(0, asked.low), max(HIGHEST, asked.low)
    totals = PARTS.search(rule)
    asked.parts = tuple(re.findall(r"\w+", totals[1])) if totals else ()
    if None in ends:
        asked.guesses.append("mindst og hoejst står ikke i formularen; ret dem, hvis der kan svares andet")
    if asked.decimals:
        asked.guesses.append("formularen siger ikke, hvor mange decimaler der kan svares med")
    left = rule
    for pattern in (LEAST, MOST, PARTS, re.compile(r"\$\{\w+\} = ''")):
        left = pattern.sub("", left)
    if left.replace("and", "").replace("or", "").strip("() "):
        form.made.lost.append(f"{asked.name}: et svar skal opfylde {one_line(rule)}")


def _days(form: Form, asked: Question, rule: str) -> None:
    """The limits of a date."""
    low, high = (re.search(rf"\. *{sign} *date\('([0-9-]+)'\)", rule) for sign in (">=", "<="))
    found = [one and dates.parsed(one[1]) for one in (low, high)]
    if rule and None in found:
        form.made.lost.append(f"{asked.name}: et svar skal opfylde {one_line(rule)}")
    if None in found:
        asked.guesses.append("mindst og hoejst står ikke i formularen; ret dem, hvis der kan svares andet")
    asked.low, asked.high = (day.toordinal() if day else default
                             for day, default in zip(found, dates.USUAL, strict=True))
    asked.unit = "aar"


def _number(text: str | None, default: int, decimals: int) -> float:
    """A limit; the default where there is none that can be."""
    try:
        value = float(text or default)
    except ValueError:
        return default
    value = value if abs(value) <= LARGEST else default
    return round(value, decimals) if decimals else int(value)


def _route(form: Form, row: Row) -> str:
    """What our own form says of whom a question is asked, if it still asks by that; else blank."""
    told = _own(row)
    around = any(group[1] and group[0] != YOU for group in form.groups)
    same = not around and told.get("relevant") and told["relevant"] == row.get("relevant")
    return str(told.get("kun_hvis", "")) if same else ""


def _own(row: Row) -> dict[str, Any]:
    """What civsam's own forms say besides of a row, where it can be read."""
    try:
        told = json.loads(row.get(OWN, "{}"))
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _known(asked: Question, told: Mapping[str, Any]) -> None:
    """What civsam's own forms say of a question, as far as it goes with what the form asks."""
    kind = told.get("type")
    if (kind == "ordinal" or told.get("ordnet") is True) and asked.type == "enkelt":
        asked.type = "ordinal"
    if isinstance(told.get("emne"), str):
        asked.topic = told["emne"]
    if asked.type == "dato" and told.get("vis") in dates.UNITS:
        asked.unit = told["vis"]
    if asked.type == "rangordning":
        most = len(asked.answers)
        asked.low, asked.high = (end if isinstance(end, int) and 0 < end <= most else most
                                 for end in (told.get("mindst"), told.get("hoejst")))
    if asked.type == "antal" and isinstance(told.get("decimaler"), int) and 0 < told["decimaler"] <= MOST_DECIMALS:
        asked.decimals, asked.guesses = told["decimaler"], asked.guesses[:-1]
    if isinstance(told.get("enhed"), str):
        asked.unit = told["enhed"]
    asked.missing = told["uoplyst"] if asked.background and isinstance(told.get("uoplyst"), str) else ""
    asked.background = asked.background or kind == BACKGROUND
