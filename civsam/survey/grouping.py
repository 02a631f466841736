"""What groups are formed by: a background variable, a question, a condition, or several of them crossed.

Wherever groups are asked for with `by`, it is the name of one of these, or a list of names (which is their names joined
by +): then every combination is a group, its code the codes joined by +.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

import numpy as np
from pandas.api.types import is_list_like

from civsam.danish import joined
from civsam.files import UserError
from civsam.instrument.questionnaire import DONT_KNOW, Background, Questionnaire
from civsam.survey.checked import one_name, several_names, unknown
from civsam.survey.survey import Survey

By = str | Sequence[str] | None
EVERYBODY = Background("", "", {"": "Alle"})


def the_survey(given: Any) -> Survey:
    """What is given, if it is a survey. Raises UserError."""
    if not isinstance(given, Survey):
        has_one = ": den har en, .survey" if isinstance(getattr(given, "survey", None), Survey) else ""
        raise UserError(f"her skal stå en undersøgelse, fx edition.survey eller Survey.of(data), og "
                        f"{type(given).__name__} er ikke en{has_one}.")
    return given


@dataclass(frozen=True, eq=False)
class Split:
    """A survey's respondents in groups. code: (n,), places among the labels of the variable, -1 for who is in none.

    responded: who answered the questions that the groups are formed by, boolean (n,); None where there are none.
    knows: who did not say 'ved ikke' to one of them, boolean (n,).
    """

    variable: Background
    code: np.ndarray
    responded: np.ndarray | None
    knows: np.ndarray

    @property
    def labels(self) -> list[str]:
        """The codes of the groups, in order."""
        return list(self.variable.labels)

    def among(self, survey: Survey, responded: np.ndarray) -> Survey:
        """The survey for those who answered a question, boolean (n,), and those that the groups are formed by."""
        return survey.among(responded if self.responded is None else responded & self.responded)

    def place(self, group: str) -> int:
        """The place of a group among the labels. Raises UserError with the nearest for what is none."""
        if one_name(group, f"en kode i {self.variable.id}") not in self.variable.labels:
            raise unknown(group, self.variable.labels, f"en kode i {self.variable.id}")
        return self.labels.index(group)


def split(survey: Survey, by: By) -> Split:
    """The respondents in groups; None is everybody. Raises UserError as `grouping`."""
    variable = grouping(survey.questionnaire, by)
    everybody = np.ones(len(survey.answers), dtype=bool)
    if not variable.id:
        return Split(variable, np.zeros(len(everybody), dtype=int), None, everybody)
    names = _names(survey.questionnaire, variable.id)
    asked = [name for name in names if name in survey.questionnaire.items]
    responded = np.logical_and.reduce([survey.responded(name) for name in asked]) if asked else None
    knows = np.logical_and.reduce([everybody, *(survey.knows(name) for name in asked)])
    codes = [_codes(survey, name) for name in names]
    code = codes[0]
    for name, own in zip(names[1:], codes[1:], strict=True):
        code = code * len(_one(survey.questionnaire, name).labels) + own
    inside = np.min(codes, axis=0) >= 0
    return Split(variable, code if inside.all() else np.where(inside, code, -1), responded, knows)


def _codes(survey: Survey, name: str) -> np.ndarray:
    """Each respondent's place among the labels of one name, -1 for none, shape (n,)."""
    if name in survey.questionnaire.background:
        return survey.group(name)
    if name in survey.questionnaire.conditions:
        if name not in survey.data.conditions:
            raise UserError(f"betingelsen »{name}« blev lavet til andre svar. Lav den igen med with_condition.")
        return survey.data.conditions[name]
    labels = list(_one(survey.questionnaire, name).labels)
    place = [labels.index(next(iter(answers))) for answers in survey.answer_sets(name)]
    return np.array([*place, -1])[survey.codes(name)]


def grouping(questionnaire: Questionnaire, by: By) -> Background:
    """The groups of that name as a variable: what it is called, and the words of each group.

    Raises UserError for an empty list, a name that is there twice, and a name that no groups can be formed by.
    """
    if by is None or (isinstance(by, str) and by == ""):
        return EVERYBODY
    names = _names(questionnaire, by)
    found = [_one(questionnaire, name) for name in names]
    if len(found) == 1:
        return found[0]
    labels = {"+".join(codes): " · ".join(one.labels[code] for one, code in zip(found, codes, strict=True))
              for codes in product(*(one.labels for one in found))}
    if any("+" in name for name in names) or len(labels) < prod(len(one.labels) for one in found):
        raise UserError(f"{' og '.join(names)} kan ikke krydses, da der er + i et navn eller en kode. Skriv det "
                        "anderledes.")
    return Background("+".join(names), joined([one.name or one.id for one in found], " og "), labels)


def _names(questionnaire: Questionnaire, by: str | Sequence[str]) -> list[str]:
    """The names that groups are formed by."""
    if isinstance(by, str):
        whole = by in questionnaire.background or by in questionnaire.items or by in questionnaire.conditions
        return [by] if whole else several_names(by.split("+"), "det, der deles op efter")
    names = several_names(by, "det, der deles op efter") if is_list_like(by) else [by]
    if not names:
        raise UserError("listen af det, der skal deles op efter, er tom. Nævn mindst ét navn, eller udelad den.")
    return [one_name(name, "en baggrundsvariabel eller et spørgsmål") for name in names]


def _one(questionnaire: Questionnaire, name: str) -> Background:
    """The groups of one name."""
    known = questionnaire.background | questionnaire.conditions
    if name in known:
        return known[name]
    if name not in questionnaire.items:
        names = {one: variable.name or one for one, variable in known.items()}
        raise unknown(name, names | {one: item.topic or one for one, item in questionnaire.items.items()},
                      "en baggrundsvariabel eller et spørgsmål", "navnet")
    item = questionnaire.items[name]
    if item.scale.type not in ("enkelt", "ordinal"):
        raise UserError(f"»{name}« er ikke et spørgsmål med ét svar, så det deler ikke svarpersonerne i grupper. "
                        "Lav en betingelse af det med survey.with_condition.")
    topic = item.topic or name
    return Background(name, topic, {code: f"{topic}: {label}" for code, label in
                                    (item.scale.answers | {DONT_KNOW: questionnaire.dont_know}).items()})
