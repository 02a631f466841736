"""Groups by an answer, made background: then what may be shown of them is worked out with all the rest."""

from __future__ import annotations

from dataclasses import replace

from civsam.instrument.questionnaire import DONT_KNOW, Background
from civsam.survey.grouping import grouping
from civsam.survey.survey import Survey

SILENT = "uden_svar"


def split_by(survey: Survey, name: str) -> tuple[Survey, str]:
    """A survey whose groups may be formed by that name, and the name to form them by.

    A background variable is one already. A question with one answer becomes one, with a group for each answer that was
    given and one for those without, among them who did not respond. As `by` alone it is not in the plan for what may
    be shown, and of collected answers all of it would be hidden. Raises UserError for an unknown name, and a question
    with other answers.
    """
    if name not in survey.questionnaire.items:
        survey.variable(name)
        return survey, name
    grouping(survey.questionnaire, name)  # tells of what forms no groups
    item, own = survey.item(name), f"{name}_svar"
    while own in {*survey.questionnaire.items, *survey.questionnaire.background, *survey.frame}:
        own += "_"
    cells = survey.answers[name].astype("str").reindex(survey.frame.index, fill_value="").replace("", SILENT)
    words = item.scale.answers | {DONT_KNOW: survey.questionnaire.dont_know, SILENT: "Uden svar"}
    labels = {code: label for code, label in words.items() if (cells == code).any()}
    variable = Background(own, item.topic, labels, item.scale.type == "ordinal", SILENT if SILENT in labels else "")
    asked = replace(survey.questionnaire, background=survey.questionnaire.background | {own: variable})
    return survey.having(frame=survey.frame.assign(**{own: cells}), questionnaire=asked), own
