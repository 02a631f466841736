"""What is told by how many answered a question that is asked of some only: of the answers that decide who they are.

As many as answered what comes after an answer gave that answer, at least. How many more were asked, and left it
blank, is not shown, unless that answer's own share is. So in the tables of the answers that a condition names there
is, in each group, a bound for each question that depends on them. It is told as long as what is hidden keeps its
interval in spite of it; else it is hidden as any other number, and then all of that question is hidden in that group.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple, Protocol

import numpy as np
import pandas as pd

from civsam.disclosure import tables
from civsam.disclosure.tables import LOWER, SECRET, UPPER, Key, Table, key_of
from civsam.instrument import routing
from civsam.instrument.conditions import Claim, Condition, claims, opposite, possible, sources
from civsam.instrument.questionnaire import Item, Questionnaire
from civsam.survey.survey import Survey

ASKED = "asked"


class Cell(Protocol):
    """A number of the plan: what is shown of it, NaN where it is hidden."""

    @property
    def shown(self) -> float:
        """As of `suppression.Cell`."""


Cells = Mapping[tuple[Key, str, str], Cell]


class Bound(NamedTuple):
    """What a routed item tells of its source: at least (or at most all but) those who answered it gave these codes."""

    key: Key
    item: str
    codes: tuple[str, ...]
    kind: int


def bounds(questionnaire: Questionnaire, source: str) -> Iterator[Bound]:
    """What all items that depend on the answers to a source tell of them."""
    scale, codes = questionnaire.items[source].scale, questionnaire.items[source].codes
    for item in routing.routed(questionnaire):
        if item.only_if is None or source not in sources(item.only_if) or scale.type == "antal":
            continue
        if scale.type != "flere":
            some = tuple(code for code in codes if possible(item.only_if, partial(_fits, source, code)))
            if len(some) < len(codes):
                yield Bound((ASKED, item.id, source), item.id, some, LOWER)
            continue
        for claim in dict.fromkeys(claim for claim in claims(item.only_if) if claim.item == source):
            if not possible(item.only_if, claim.__ne__):
                yield Bound((ASKED, item.id, f"{source} {claim.value}"), item.id, (claim.value,),
                            LOWER if claim.holds else UPPER)


def _fits(source: str, code: str, claim: Claim) -> bool:
    """Whether a claim may hold where the source was answered so."""
    return claim.item != source or (claim.value == code) == claim.holds


def _own(item: Item) -> Iterator[tuple[Key, Condition]]:
    """The conditions that no table tells of otherwise, each with the name of its bound: claims on counts, and several
    claims at once.
    """
    assert item.only_if is not None
    several = list(claims(item.only_if))
    for claim in several:
        if not possible(item.only_if, claim.__ne__):
            yield (ASKED, item.id, f"{claim.item} {claim.test} {claim.value}"), claim
    if len(several) > 1:
        yield (ASKED, item.id, ""), item.only_if


def gates(questionnaire: Questionnaire, names: set[str]) -> list[Key]:
    """What must be told in a group for these items to be shown in it."""
    found: list[Key] = []
    for item in routing.routed(questionnaire):
        if item.id in names and item.only_if:
            found += [bound.key for source in sources(item.only_if) for bound in bounds(questionnaire, source)
                      if bound.item == item.id]
            found += [key for key, condition in _own(item) if _alone(questionnaire, condition)]
    return found


def _alone(questionnaire: Questionnaire, condition: Condition) -> bool:
    """Whether a condition has a table of its own."""
    return not isinstance(condition, Claim) or questionnaire.items[condition.item].scale.type == "antal"


def shut(survey: Survey, cells: Cells, row: Mapping[str, Any] | pd.Series) -> bool:
    """Whether a row of a table is of those who were asked a question where that may not be told, of collected answers.

    A row that is of all groups of a variable is shut where one of them is.
    """
    told = "+".join(str(row.get(name, "")).partition("=")[0] for name in ("item", "a", "b"))
    if not cells or not (needed := gates(survey.questionnaire, set(told.split("+")))):
        return False
    variable = survey.questionnaire.background.get(row.get("by", ""))
    codes = [*variable.labels] if variable else [""]
    named = {row[name] for name in ("group", "a", "b", "reference") if name in row} & {*codes}
    places = [(variable.id if variable else "", code) for code in named or codes]
    found = [cells.get((gate, *place)) for gate in needed for place in places]
    return any(cell is None or np.isnan(cell.shown) for cell in found)


def counted(survey: Survey, cells: Cells, item: str) -> bool:
    """Whether it may be told how many were asked an item: all were, or the share of the one answer is shown."""
    condition = survey.item(item).only_if
    if condition is None or not cells:
        return True
    if not isinstance(condition, Claim) or survey.item(condition.item).scale.type == "antal":
        return False
    cell = cells.get((key_of("share", condition.item, condition.value), "", ""))
    return cell is not None and not np.isnan(cell.shown)


# ---- Tables


def families(survey: Survey) -> Iterator[list[Table]]:
    """All tables of the answers, as `tables.families`, with what they tell of others, and of conditions."""
    for family in tables.families(survey):
        yield [_with_bounds(survey, replace(table, gates=gates(survey.questionnaire, _items(survey, table))))
               for table in family]
    past = routing.passed_over(survey.questionnaire, survey.answers)
    for item in routing.routed(survey.questionnaire):
        for key, condition in _own(item):
            if _alone(survey.questionnaire, condition):
                yield [_two(survey, item, key, condition, past)]


def _items(survey: Survey, table: Table) -> set[str]:
    """The items that somebody must have answered to be in a table."""
    names = set(table.keys[0][1].split("+"))
    return names | {total for name in names for total in survey.item(name).part_of if table.keys[0][0] == "ratio"}


def _with_bounds(survey: Survey, table: Table) -> Table:
    """The table of an item with a number more for each bound on its answers."""
    name = table.keys[0][1]
    if table.keys[0][0] != "share" or not (some := list(bounds(survey.questionnaire, name))):
        return table
    codes = survey.item(name).codes
    parts = np.array([[float(code in bound.codes) for code in codes] for bound in some])
    said = np.column_stack([survey.answered(bound.item) for bound in some]).astype(float)
    before = len(table.keys)
    return replace(
        table, keys=[*table.keys, *(bound.key for bound in some)], parts=np.vstack([table.parts, parts]),
        kinds=np.array([0] * before + [bound.kind for bound in some]),
        said=np.hstack([np.zeros((len(said), before)), said]))


def _two(survey: Survey, item: Item, key: Key, condition: Condition, past: dict[str, np.ndarray]) -> Table:
    """How many a condition holds for, among those of whom it is known: never shown itself, but bounded."""
    x = np.column_stack([routing.certain(one, survey.questionnaire, survey.answers, past)
                         for one in (condition, opposite(condition))]).astype(float)
    known, said = x.sum(axis=1) > 0, survey.answered(item.id).astype(float)
    return Table([("hidden", *key[1:]), key], np.eye(2)[[0, 0]], x, np.where(known, 1.0, np.nan),
                 survey.among(known).design.weights, [(np.ones(2), 1.0, 1.0)], kinds=np.array([SECRET, LOWER]),
                 said=np.column_stack([0 * said, said]))
