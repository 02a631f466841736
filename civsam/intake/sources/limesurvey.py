"""A survey from LimeSurvey's own structure (.lss): questions, subquestions, answers and groups, old format and new."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from xml.etree import ElementTree

from civsam.instrument import dates
from civsam.instrument.ranking import FEWEST
from civsam.intake.sources.markup import DANISH, children
from civsam.intake.sources.material import Material, Question, few
from civsam.intake.sources.wording import words

Row = Mapping[str, str]
YES_NO = {"Y": "Ja", "N": "Nej"}
FIXED: dict[str, dict[str, str]] = {  # answers that belong to the type
    "Y": YES_NO, "G": {"F": "Kvinde", "M": "Mand"}, "C": {"Y": "Ja", "U": "Usikker", "N": "Nej"},
    "E": {"I": "Stiger", "S": "Uændret", "D": "Falder"}}
POINTS = {"5": 5, "A": 5, "B": 10}  # numbers from 1
LISTS, TICKS, TEXTS = ("L", "!", "O"), ("M", "P"), ("S", "T", "U")
ARRAYS = ("F", "H", "A", "B", "C", "E", "K", "Q")  # a question for each subquestion
LOST = {"R": "en rangordning af færre end tre svar",
        "1": "en tabel med to skalaer", ";": "en tabel af tekster", ":": "en tabel af tal",
        "*": "en udregning", "|": "en fil", "I": "valg af sprog"}
HIGHEST = 1000  # of a number whose limits are not told
OTHER = "-oth-"


@dataclass
class Survey:
    """The tables of the file as rows of text, the language that is read, and what is made of them."""

    tables: dict[str, list[dict[str, str]]]
    language: str
    made: Material
    attributes: dict[str, dict[str, str]] = field(default_factory=dict)
    routes: dict[str, str] = field(default_factory=dict)  # of the groups: whom their questions are asked

    def rows(self, table: str, wanted: Callable[[Row], bool] = lambda row: True) -> list[dict[str, str]]:
        """The rows of a table in this language, in order; its words may stand in a table of their own."""
        identity = {"groups": "gid", "answers": "aid"}.get(table, "qid")
        told = {"groups": "group_l10ns", "answers": "answer_l10ns"}.get(table, "question_l10ns")
        besides = {row[identity]: row for row in self.tables.get(told, []) if self._mine(row) and identity in row}
        found = [{**row, **besides.get(row.get(identity, ""), {})} for row in self.tables.get(table, [])
                 if wanted(row) and self._mine(row)]
        order = {"groups": "group_order", "answers": "sortorder"}.get(table, "question_order")
        return sorted(found, key=lambda row: int(row.get(order) or 0) if (row.get(order) or "0").isdigit() else 0)

    def named(self, expression: str) -> str:
        """The expression, in which questions that are called by numbers (survey, group, question, and the name of a
        part) are called by name where it is certain which is meant.
        """
        return re.sub(r"\b\d+X(\d+)X(\w+)", lambda found: self._called(found) or found[0], expression.strip())

    def _called(self, found: re.Match[str]) -> str:
        asked = {row.get("qid", ""): row.get("title", "") for row in self.tables.get("questions", [])
                 if row.get("gid") == found[1] and row.get("parent_qid", "0") in ("", "0")}
        names = {f"{number}": title for number, title in asked.items()}
        for row in (*self.tables.get("subquestions", []), *self.tables.get("questions", [])):
            if (above := row.get("parent_qid", "")) in asked:
                part = row.get("title", "")
                names[f"{above}{part}"] = "" if f"{above}{part}" in asked else f"{asked[above]}_{part}"
        return names.get(found[2], "")

    def _mine(self, row: Row) -> bool:
        return row.get("language", self.language) == self.language


def read(root: ElementTree.Element) -> Material:
    """The survey in a document whose root is `document`."""
    tables = {table.tag: [{cell.tag: cell.text or "" for cell in row} for rows in children(table, "rows")
                          for row in children(rows, "row")] for table in root if isinstance(table.tag, str)}
    settings = tables.get("surveys_languagesettings", [])
    languages = [row.get("surveyls_language", "") for row in settings]
    base = next((row.get("language", "") for row in tables.get("surveys", [])), "")
    chosen = next(iter([*(one for one in languages if DANISH.match(one)), *([base] if base else []), *languages]), "")
    own = next((row for row in settings if row.get("surveyls_language") == chosen), {})
    made = Material(words(own.get("surveyls_title")), words(own.get("surveyls_description")))
    made.told.append(f"Format: LimeSurvey (.lss), sprog: {chosen or 'ikke angivet'}.")
    if others := [one for one in languages if one != chosen]:
        made.lost.append(f"Andre sprog: {few(others)}.")
    survey = Survey(tables, chosen, made)
    for row in tables.get("question_attributes", []):
        survey.attributes.setdefault(row.get("qid", ""), {})[row.get("attribute", "")] = row.get("value", "")
    if tables.get("conditions"):
        made.lost.append(f"Betingelser for, hvem der bliver spurgt: {len(tables['conditions'])} rækker i conditions.")
    for group in survey.rows("groups"):
        made.blocks[group.get("gid", "")] = words(group.get("group_name"))
        survey.routes[group.get("gid", "")] = survey.named(group.get("grelevance", ""))
    for row in _in_order(survey):
        _ask(survey, row)
    return made


def _in_order(survey: Survey) -> list[dict[str, str]]:
    """The questions, but for subquestions, group by group."""
    place = {block: at for at, block in enumerate(survey.made.blocks)}
    return sorted(survey.rows("questions", lambda row: row.get("parent_qid", "0") in ("", "0")),
                  key=lambda row: place.get(row.get("gid", ""), len(place)))


def _ask(survey: Survey, row: Row) -> None:
    """Add a question, or one for each of its subquestions."""
    kind, name, made = row.get("type", ""), row.get("title", ""), survey.made
    if kind == "X":
        return
    parts = survey.rows("subquestions" if "subquestions" in survey.tables else "questions",
                        lambda one: one.get("parent_qid") == row.get("qid"))
    parts = [part for part in parts if part.get("scale_id", "0") in ("", "0")]
    known = kind in (*LISTS, *TICKS, *TEXTS, *ARRAYS, *FIXED, *POINTS, "N", "R", "D")
    few = kind == "R" and len(survey.rows("answers", lambda one: one.get("qid") == row.get("qid"))) < FEWEST
    if not known or few or (kind in (*ARRAYS, *TICKS) and not parts):
        made.lost.append(f"{name} er {LOST.get(kind, f'af slagsen {kind!r}')}, som ikke findes her.")
        return
    if kind not in ARRAYS:
        made.questions.append(_question(survey, row, kind, parts))
        if row.get("other") == "Y" and kind in LISTS:
            made.questions.append(_other(made.questions[-1]))
        return
    for part in parts:
        asked = _question(survey, row, {"K": "N", "Q": "T"}.get(kind, kind), [])
        asked.name, asked.topic = f"{name}_{part.get('title', '')}", words(part.get("question"))
        asked.wording = f"{words(row.get('question'))} {asked.topic}".strip()
        asked.scale = name if asked.answers else ""
        made.questions.append(asked)


def _question(survey: Survey, row: Row, kind: str, parts: list[dict[str, str]]) -> Question:
    """One question of a type."""
    name, made = row.get("title", ""), survey.made
    routes = (survey.routes.get(row.get("gid", ""), ""), survey.named(row.get("relevance", "")))
    asked = Question(name, words(row.get("question")) or name, "tekst", help=words(row.get("help")),
                     block=row.get("gid", ""), routes=tuple(one for one in routes if one not in ("", "1")))
    if kind in TICKS:
        asked.type, asked.answers = "flere", {one.get("title", ""): words(one.get("question")) for one in parts}
    elif kind in (*LISTS, "F", "H", "R"):
        rows = survey.rows("answers", lambda one: one.get("qid") == row.get("qid"))
        asked.type, asked.answers = "enkelt", {one.get("code", ""): words(one.get("answer")) for one in rows
                                               if one.get("scale_id", "0") in ("", "0")}
        if kind == "R":
            asked.type, asked.low, asked.high = "rangordning", 1, len(asked.answers)
            asked.guesses.append("filen siger ikke, hvor mange svar der skal rangordnes; mindst er 1, hoejst er alle")
        elif len(asked.answers) > 2:
            asked.guesses.append("filen siger ikke, om svarene har en rækkefølge; har de, så skriv type: ordinal")
    elif kind in FIXED:
        asked.type, asked.answers = ("ordinal" if kind in "CE" else "enkelt"), dict(FIXED[kind])
    elif kind in POINTS:
        asked.type, asked.low, asked.high = "antal", 1, POINTS[kind]
    elif kind == "D":
        asked.type, asked.unit, (asked.low, asked.high) = "dato", "aar", dates.USUAL
        asked.guesses.append("mindst og hoejst står ikke i filen; ret dem, hvis der kan svares andet")
    elif kind == "N":
        _limits(asked, survey.attributes.get(row.get("qid", ""), {}))
    if row.get("other") == "Y" and kind in (*LISTS, *TICKS):
        asked.answers[OTHER] = "Andet"
        if kind in TICKS:
            made.lost.append(f"{name}: den tekst, der kan skrives ved »Andet«.")
    if kind in ("O", "P"):
        made.lost.append(f"{name}: kommentaren ved siden af svarene.")
    return asked


def _other(asked: Question) -> Question:
    """The text that may be written beside an answer."""
    return Question(f"{asked.name}_other", f"{asked.wording} Andet, skriv", "tekst", block=asked.block,
                    routes=asked.routes)


def _limits(asked: Question, told: Row) -> None:
    """The limits of a number."""
    ends = [told.get(name, "") for name in ("min_num_value_n", "max_num_value_n")]
    good = [re.fullmatch(r"-?\d{1,11}(\.\d+)?", end) is not None for end in ends]
    asked.type, asked.decimals = "antal", 0 if told.get("num_value_int_only") == "1" else 2
    low, high = (float(end) if fits else default for end, fits, default in zip(ends, good, (0, HIGHEST), strict=True))
    asked.low, asked.high = (low, max(low, high)) if asked.decimals else (int(low), int(max(low, high)))
    if not all(good):
        asked.guesses.append("mindst og hoejst står ikke i filen; ret dem, hvis der kan svares andet")
    if asked.decimals:
        asked.guesses.append("filen siger ikke, hvor mange decimaler der kan svares med")
