"""The lessons: what each takes up, and what a class is handed."""

from __future__ import annotations

from html import escape
from typing import Any

import pandas as pd

from civsam.danish import number
from civsam.files import UserError, per_project, project, read_yaml, shown, without_lines
from civsam.pages import html
from civsam.pages.output import Output
from civsam.pages.provenance import MARKS
from civsam.survey.checked import one_name, unknown
from civsam.survey.survey import SYNTHETIC
from civsam.teaching import budget
from civsam.teaching.exercises import edition

LESSONS = "undervisning.yml"
POINTS = "Skævhed og spredning er i procentpoint, middelkvadratfejlen i procentpoint i anden."


# ---- Lessons --------------------------------------------------------------------------------------------------------


@per_project
def lessons() -> dict[str, dict[str, Any]]:
    """The lessons by id, in order, with the facts that `lesson` shows. Raises UserError where one is missing.

    `maal` of each maps its learning objectives to the exercises that test them.
    """
    found = _file()["lektioner"]
    for id, lesson in found.items():
        if missing := {"titel", "lektioner", "maal", "forudsaetter", "spoergsmaal"} - lesson.keys():
            raise UserError(f"{shown(project.data / LESSONS)}: lektionen {id} mangler {', '.join(sorted(missing))}.")
    return found


def _file() -> dict[str, Any]:
    return without_lines(read_yaml(project.data / LESSONS))


def lesson(id: str) -> Output:
    """What a lesson opens with: the question it takes up, what one learns and must know, and how long it takes.

    >>> from civsam import opgave
    >>> "Forudsætter: " in opgave.lesson("bortfald").text
    True
    """
    if one_name(id, "en lektion") not in lessons():
        raise unknown(id, {name: facts["titel"] for name, facts in lessons().items()}, "en lektion", "navnet")
    facts = lessons()[id]
    goals = "".join(f"<li>{escape(goal)}</li>" for goal in facts["maal"])
    places = [step["led"] for step in _file()["kort"] if id in step["lektioner"]]
    terms = {"Tid": hours(facts["lektioner"]), "Forudsætter": _titles(facts["forudsaetter"]),
             "På fejlkortet": "; ".join(places)}
    rows = "".join(f"<div><dt>{term}</dt><dd>{escape(words)}</dd></div>" for term, words in terms.items())
    made = (f'<div class="lektion"><p class="spoerger">{escape(facts["spoergsmaal"])}</p><p>Efter lektionen kan du</p>'
            f'<ul>{goals}</ul><dl class="parametre">{rows}</dl>'
            '<p class="til-lysbilleder" style="display:none">'
            f'<a href="{id}-lysbilleder.html">Vis som lysbilleder</a></p></div>')
    text = "; ".join([facts["spoergsmaal"], *facts["maal"], *(f"{term}: {words}" for term, words in terms.items())])
    return Output(made, text)


def table(which: str, caption: str, name: str) -> Output:
    """An overview of the course, or of the errors of its survey.

    which: "lektioner" (what each takes up), "kort" (where an error can arise), "maal" (the objectives, each with the
    exercises that test it), "budget" (what each source of error does to one share) or "hvis" (what it would do, were it
    otherwise). Raises ValueError for another.

    >>> from civsam import opgave
    >>> opgave.table("lektioner", "Lektionerne", "tab-eksempel").facts["caption"]
    'Lektionerne'
    """
    counted = {"budget": lambda seed: budget.table(budget.as_it_is(seed), "I alt"),
               "hvis": lambda seed: budget.table(budget.if_it_were_so(seed))}
    told = {"lektioner": _each, "kort": _map, "maal": _objectives}
    if which not in counted | told:
        raise ValueError(f"there is no {which}: {', '.join(told | counted)}")
    if which in told:
        return html.table(told[which](), caption, name, provenance="projekt", words=True)
    return html.table(counted[which](edition().parameters["seed"]), caption, name, provenance=SYNTHETIC, note=POINTS)


def _each() -> pd.DataFrame:
    rows = lessons().values()
    return pd.DataFrame({
        "Spørgsmål": [lesson["spoergsmaal"] for lesson in rows],
        "Tid": [hours(lesson["lektioner"]) for lesson in rows],
        "Forudsætter": [_titles(lesson["forudsaetter"]) for lesson in rows],
    }, index=pd.Index([lesson["titel"] for lesson in rows], name="Lektion"))


def _map() -> pd.DataFrame:
    """Where an error can arise, from the population to the conclusion, and the lessons about it."""
    steps = _file()["kort"]
    return pd.DataFrame({"Fejl": [step["fejl"] for step in steps],
                         "Lektion": [_titles(step["lektioner"]) for step in steps]},
                        index=pd.Index([step["led"] for step in steps], name="Hvor"))


def _objectives() -> pd.DataFrame:
    rows = [(lesson["titel"], goal, ", ".join(ids)) for lesson in lessons().values()
            for goal, ids in lesson["maal"].items()]
    return pd.DataFrame([row[1:] for row in rows], columns=["Mål", "Prøves af"],
                        index=pd.Index([row[0] for row in rows], name="Lektion"))


def hours(lessons: int) -> str:
    """A number of class hours in words."""
    return "1 lektion" if lessons == 1 else f"{number(lessons)} lektioner"


def _titles(ids: list[str]) -> str:
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
