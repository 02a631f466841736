"""Who is asked what: the questionnaire's conditions held against answers, in words and in the language of forms.

A claim about a question is true or false where that is answered, and false where it is known not to have been asked.
Where it was left blank nobody knows, and then:

- a form does not go on to what depends on it;
- in the data, who left the dependent question blank too counts as having left it blank (item nonresponse), since he may
  belong to those it is about, and the weights let others like him stand for him; who answered it was asked it.

So not to have been asked is only what the answers tell for certain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np
import pandas as pd

from civsam.files import UserError
from civsam.instrument.allowed import numbers
from civsam.instrument.conditions import OR, ORDER, TICKED, Claim, Condition, opposite, sources
from civsam.instrument.english import digits, said
from civsam.instrument.questionnaire import DONT_KNOW, Item, Questionnaire

COMPARED = {"over": np.greater, "under": np.less, "mindst": np.greater_equal, "højst": np.less_equal}


def routed(questionnaire: Questionnaire) -> list[Item]:
    """The items that are asked of some only, in the order of the form: what they depend on comes first."""
    return [item for block in questionnaire.blocks for item in questionnaire.block(block) if item.only_if]


def closed(items: Iterable[Item]) -> list[Item]:
    """The items but those that depend on another that is not among them, or follow from one."""
    some = list(items)
    while lacks := [item for item in some if not {
            *(sources(item.only_if) if item.only_if else ()),
            *(item.derived.sources if item.derived else ())} <= {one.id for one in some}]:
        some = [item for item in some if item not in lacks]
    return some


# ---- In the answers


def passed_over(questionnaire: Questionnaire, answers: pd.DataFrame) -> dict[str, np.ndarray]:
    """Who was certainly not asked each item that has a condition, boolean (n,), by item.

    answers: text, a column an item. Raises UserError for a condition on a question that is not among these.
    """
    past: dict[str, np.ndarray] = {}
    for item in routed(questionnaire):
        assert item.only_if is not None
        if lacks := [name for name in sources(item.only_if) if name not in questionnaire.items]:
            raise UserError(f"spørgeskemaet: {item.id} stilles kun efter svaret på {lacks[0]}, som ikke er med. Tag "
                            f"{lacks[0]} med, eller udelad {item.id}.")
        past[item.id] = certain(opposite(item.only_if), questionnaire, answers, past)
    return past


def in_spite(questionnaire: Questionnaire, answers: pd.DataFrame) -> Iterator[tuple[Item, np.ndarray]]:
    """The items that somebody answered who was not asked, and who did, boolean (n,)."""
    for name, past in passed_over(questionnaire, answers).items():
        if past.any() and (wrong := past & (answers[name] != "").to_numpy()).any():
            yield questionnaire.items[name], wrong


def without(questionnaire: Questionnaire, answers: pd.DataFrame) -> pd.DataFrame:
    """The answers with a blank wherever the question would not have been asked; the very same where there are none."""
    for item in routed(questionnaire):  # one at a time: a blank may close what comes after
        past = passed_over(questionnaire, answers)[item.id]
        if (past & (answers[item.id] != "").to_numpy()).any():
            answers = answers.assign(**{item.id: answers[item.id].mask(past, "")})
    return answers


def certain(
    condition: Condition, questionnaire: Questionnaire, answers: pd.DataFrame, past: dict[str, np.ndarray]
) -> np.ndarray:
    """Where the condition holds for certain, boolean (n,). past: who was not asked what it depends on."""
    if isinstance(condition, Claim):
        return _claimed(condition, questionnaire.items[condition.item], answers[condition.item],
                        past.get(condition.item))
    parts = [certain(part, questionnaire, answers, past) for part in condition.parts]
    return np.logical_or.reduce(parts) if condition.word == OR else np.logical_and.reduce(parts)


def _claimed(claim: Claim, item: Item, cells: pd.Series, past: np.ndarray | None) -> np.ndarray:
    """Where a claim is certain, boolean (n,)."""
    codes, found = pd.factorize(cells)
    values = pd.Series([*found, ""], dtype=object)  # the last is what -1, for missing, points at
    if claim.test in COMPARED or (item.scale.type == "antal" and claim.value != DONT_KNOW):
        with np.errstate(invalid="ignore"):
            hit = COMPARED.get(claim.test, np.equal)(numbers(values), float(claim.value))
    else:
        hit = np.array([claim.value in value.split(" ") for value in values])
    sure = ((hit == claim.holds) & (values != "").to_numpy())[codes]
    return sure if claim.holds or past is None else sure | (past & (cells == "").to_numpy())


# ---- In words


def words(condition: Condition, questionnaire: Questionnaire, refer: Callable[[str], str]) -> str:
    """The condition as what comes after »hvis du« or »dem, der«. refer: how a question is called there."""
    language = questionnaire.language
    if not isinstance(condition, Claim):
        parts = [words(part, questionnaire, refer) for part in condition.parts]
        parts = [text if isinstance(part, Claim) else f"({text})"
                 for text, part in zip(parts, condition.parts, strict=True)]
        return said(f" {condition.word} ", language).join(parts)
    item, start = questionnaire.items[condition.item], "" if condition.holds else "ikke "
    if condition.test == TICKED:
        return said(f"{start}satte kryds ved »{{answer}}« i {{where}}", language).format(
            answer=questionnaire.label(item.id, condition.value), where=refer(item.id))
    answer = f"»{questionnaire.label(item.id, condition.value)}«" if condition.value in item.codes else ""
    if item.scale.type == "antal" and condition.value != DONT_KNOW:
        order = said(f"{condition.test} ", language) if condition.test in ORDER else ""
        places = len(condition.value.partition(".")[2])
        answer = order + digits(float(condition.value), places, language)
    return said(f"{start}svarede {{answer}} til {{where}}", language).format(answer=answer, where=refer(item.id))


def base(item: Item, questionnaire: Questionnaire) -> str:
    """Whom an item was asked, in words, each question called by its topic; blank for everybody."""
    if item.only_if is None:
        return ""
    told = words(item.only_if, questionnaire, lambda name: f"»{questionnaire.items[name].topic}«")
    return f"dem, der {told}"


# ---- In XPath


def relevant(condition: Condition, questionnaire: Questionnaire) -> str:
    """Where the condition holds for certain, as an XLSForm says it."""
    if not isinstance(condition, Claim):
        return (" or " if condition.word == OR else " and ").join(
            f"({relevant(part, questionnaire)})" for part in condition.parts)
    item, there = questionnaire.items[condition.item], f"${{{condition.item}}}"
    unsure = f"selected(${{{item.id}_{DONT_KNOW}}}, '{DONT_KNOW}')"
    count, answered = item.scale.type == "antal", f"{there} != ''"
    if count and condition.value == DONT_KNOW:
        test, said = unsure, answered
    elif count:
        test = f"{answered} and {there} {ORDER.get(condition.test, '=')} {condition.value}"
        said = f"({answered} or {unsure})" if item.allows_dont_know else answered
    else:
        test = (f"selected({there}, '{condition.value}')" if condition.test == TICKED
                else f"{there} = '{condition.value}'")
        said = answered
    if condition.holds:
        return test
    not_so = f"{said} and not({test})"
    past = relevant(opposite(item.only_if), questionnaire) if item.only_if else ""
    return f"({not_so}) or ({past})" if past else not_so
