"""The lessons: what each takes up, and what a class is handed."""

from __future__ import annotations

from html import escape
from typing import Any

import pandas as pd

from civsam.danish import number
from civsam.files import UserError, per_project, project, read_yaml, shown, without_lines
from civsam.pages.html import table
from civsam.pages.output import Output
from civsam.pages.provenance import MARKS
from civsam.survey.survey import SYNTHETIC
from civsam.teaching.exercises import edition

LESSONS = "undervisning.yml"


# ---- Lessons --------------------------------------------------------------------------------------------------------


@per_project
def lessons() -> dict[str, dict[str, Any]]:
    """The lessons by id, in order, with the facts that `lesson` shows. Raises UserError where one is missing."""
    table = without_lines(read_yaml(project.data / LESSONS))["lektioner"]
    for id, lesson in table.items():
        if missing := {"titel", "lektioner", "maal", "forudsaetter", "spoergsmaal"} - lesson.keys():
            raise UserError(f"{shown(project.data / LESSONS)}: lektionen {id} mangler {', '.join(sorted(missing))}.")
    return table


def lesson(id: str) -> Output:
    """What a lesson opens with: the question it takes up, what one learns and must know, and how long it takes.

    >>> from civsam import opgave
    >>> "Forudsætter: " in opgave.lesson("bortfald").text
    True
    """
    facts = lessons()[id]
    goals = "".join(f"<li>{escape(goal)}</li>" for goal in facts["maal"])
    terms = {"Tid": hours(facts["lektioner"]), "Forudsætter": _required(facts["forudsaetter"])}
    rows = "".join(f"<div><dt>{term}</dt><dd>{escape(words)}</dd></div>" for term, words in terms.items())
    html = (f'<div class="lektion"><p class="spoerger">{escape(facts["spoergsmaal"])}</p><p>Efter lektionen kan du</p>'
            f'<ul>{goals}</ul><dl class="parametre">{rows}</dl>'
            '<p class="til-lysbilleder" style="display:none">'
            f'<a href="{id}-lysbilleder.html">Vis som lysbilleder</a></p></div>')
    text = "; ".join([facts["spoergsmaal"], *facts["maal"], *(f"{term}: {words}" for term, words in terms.items())])
    return Output(html, text)


def lessons_table(caption: str, name: str) -> Output:
    """The lessons in order: the question that each takes up, how long it takes and what it builds on.

    >>> from civsam import opgave
    >>> opgave.lessons_table("Lektionerne", "tab-eksempel").facts["caption"]
    'Lektionerne'
    """
    rows = lessons().values()
    frame = pd.DataFrame({
        "Spørgsmål": [lesson["spoergsmaal"] for lesson in rows],
        "Tid": [hours(lesson["lektioner"]) for lesson in rows],
        "Forudsætter": [_required(lesson["forudsaetter"]) for lesson in rows],
    }, index=pd.Index([lesson["titel"] for lesson in rows], name="Lektion"))
    return table(frame, caption, name, provenance="projekt", words=True)


def hours(lessons: int) -> str:
    """A number of class hours in words."""
    return "1 lektion" if lessons == 1 else f"{number(lessons)} lektioner"


def _required(ids: list[str]) -> str:
    return "; ".join(lessons()[id]["titel"] for id in ids) or "ingenting"


def class_data() -> str:
    """The synthetic answers with what the frame knows of each, for a class to count in Danish Excel: CSV.

    Empty where the project's own answers are not synthetic.
    """
    survey = edition().survey
    if survey.provenance != SYNTHETIC:
        return ""
    table = survey.background.join(survey.answers)
    table.insert(0, "svar", MARKS[SYNTHETIC])
    table.insert(1, "vaegt", survey.design.weights.round(4))
    return "\ufeff" + table.to_csv(sep=";", index=False, decimal=",", lineterminator="\r\n")
