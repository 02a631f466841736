"""What is shown beside the plan's own numbers, when it is asked for: means of scales, and crossed and other groups.

None of it hides anything of the plan, so an edition that asks for it shows the same as one that does not, and more. It
is decided in three steps, each of which takes what is shown in those before it as given, and hides of its own numbers
what would tell too much of any hidden one:

1. the mean of an ordered scale, in the plan's groups;
2. the groups of two background variables crossed: of all pairs whose every group has `FEW` times the minimum of
   respondents, up to `MOST` groups in all, those with fewest groups first. They are decided at once, whichever is asked
   for, so that no two tell of a third;
3. a condition and the others, of all conditions that the survey has; or the answers to a question that was asked before
   the one that is told of.

A group of the last kind has `FEW` times the minimum, or is closed: its answers are then told as little as its size. A
question's answer is closed where its share of all is hidden, and a condition where it is, but for fewer than the
minimum, who gave an answer that is hidden: it would tell how many they are. Conditions made on surveys apart are not
held against one another: make those that are shown together on one survey. A question that is asked of some only is in
none of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np
import pandas as pd

from civsam.disclosure import routes, suppression, tables
from civsam.disclosure.programme import Programme
from civsam.disclosure.scored import Scored, scored
from civsam.disclosure.suppression import Cell
from civsam.disclosure.tables import Groups, Key, Table
from civsam.survey.grouping import split
from civsam.survey.survey import LIMITS, Survey

FEW = 4  # times the minimum: so that an answer of a quarter of a group can be shown
MOST = 40  # crossed groups in all: the linear programme takes time
Cells = dict[tuple[Key, str, str], Cell]
Names = tuple[str, ...]  # of what groups are formed by
OWN, CROSSED = (), ("+",)


def pairs(survey: Survey, minimum: int) -> list[Names]:
    """The pairs of background variables whose crossed groups are shown."""
    background = survey.questionnaire.background
    there = {pair: pd.crosstab(*(survey.background[name] for name in pair)).to_numpy()
             for pair in combinations(background, 2)}
    large = {pair: np.count_nonzero(sizes) for pair, sizes in there.items()
             if sizes.size and sizes[sizes > 0].min() >= FEW * minimum}
    order = sorted(large, key=lambda pair: (large[pair], pair))
    return [pair for place, pair in enumerate(order) if sum(large[one] for one in order[:place + 1]) <= MOST]


def wider(survey: Survey, base: Groups, splits: Sequence[Names]) -> Groups:
    """The groups, and after them those of more splits, each of one name or of two background variables crossed."""
    names, own, of, sums = [*base.names], [base.own], [base.variable], [*base.sums]
    place = {name: at for at, name in enumerate(names)}
    for number, those in enumerate(splits, base.variable.max() + 1):
        part, by = split(survey, list(those)), "+".join(those)
        first = len(names)
        names += [(by, code) for code in part.labels]
        own.append(np.array([part.code == at for at in range(len(part.labels))], dtype=float))
        if len(those) == 1:  # who left a question blank is in none of its groups
            names.append((by, ""))
            own.append((part.code < 0)[None].astype(float))
            sums.append((0, np.arange(first, len(names))))
        else:
            parts = np.arange(first, len(names)).reshape([len(survey.variable(name).labels) for name in those])
            sums += [(place[name, code], row) for name, rows in zip(those, (parts, parts.T), strict=True)
                     for code, row in zip(survey.variable(name).labels, rows, strict=True)]
        of.append(np.full(len(names) - first, number))
    every, variable = np.vstack(own), np.concatenate(of)
    known = len(base.names)
    within = [(group, others) for group, others in tables.lies_within(every > 0, variable)
              if group >= known or others[0] >= known]
    return Groups(names, variable, every, [*base.within, *within], sums)


@dataclass(frozen=True, eq=False)
class Step:
    """What was decided of an item: its programmes, the groups, of which those from `first` on are new, which of them
    are open, and which numbers are shown by limit; boolean (groups,) and (limits, groups, numbers).
    """

    programmes: list[Programme]
    groups: Groups
    first: int
    open: np.ndarray
    shown: np.ndarray


class Further:
    """What is shown of a survey beside the plan's own cells: `cell` tells. Worked out once for each item, as asked."""

    def __init__(self, survey: Survey, minimum: int, shown: Mapping[tuple[Key, str, str], Cell]) -> None:
        """shown: the plan's own cells."""
        self.survey, self.minimum, self.shown = survey, minimum, shown
        self.limits = [limit for limit in LIMITS if limit <= minimum]
        self.crossed = {limit: pairs(survey, limit) for limit in self.limits}
        self.steps: dict[tuple[str, Names], Step] = {}
        self.cells: dict[tuple[str, Names], Cells] = {}

    def cell(self, key: Key, by: str, group: str) -> Cell | None:
        """The number of that name, or None: then it is in no edition."""
        step, family = self.step(by, key[1]), self._family(key[1])
        if step is None or not family:
            return None
        if (key[1], step) not in self.cells:
            self.cells[key[1], step] = dict(_cells(self._decided(key[1], step, family)))
        return self.cells[key[1], step].get((key, *self._in_order(by, group)))

    def step(self, by: str, item: str = "") -> Names | None:
        """What is decided together with the groups of that name; None for groups that nothing is worked out of."""
        asked = self.survey.questionnaire
        if by == "" or by in asked.background:
            return OWN
        if by in asked.conditions:
            return tuple(asked.conditions)
        if by in asked.items:
            order = [*asked.items]
            return (by,) if all(order.index(by) < order.index(one) for one in item.split("+") if one) else None
        return CROSSED if tuple(self._in_order(by, "")[0].split("+")) in self.crossed[self.minimum] else None

    def _in_order(self, by: str, group: str) -> tuple[str, str]:
        """The name of a group, the variables of a crossed one in the questionnaire's order."""
        background = self.survey.questionnaire.background
        names = by.split("+")
        if len(names) != 2 or not set(names) <= set(background):
            return by, group
        order = sorted(names, key=[*background].index)
        if order == names or not group:
            return "+".join(order), group
        labels = (background[name].labels for name in names)
        first, second = next(codes for codes in product(*labels) if "+".join(codes) == group)
        return "+".join(order), f"{second}+{first}"

    def _family(self, item: str) -> list[Table]:
        """The tables of an item; none for what is told of nowhere, or asked of some only."""
        return next((family for family in routes.families(self.survey) if not any(table.gates for table in family)
                     and any(table.keys[0][1] == item for table in family)), [])

    def _decided(self, item: str, step: Names, plain: list[Table]) -> Step:
        """What is decided of an item in a step. plain: its tables, without means of scales."""
        if (item, step) not in self.steps:
            asked, items = self.survey.questionnaire, self.survey.questionnaire.items
            ordered = item in items and items[item].scale.type == "ordinal"
            family = [scored(items[item], table) for table in plain] if ordered else plain
            last = None
            if step == OWN:
                groups = tables.groups(self.survey, self.survey.answers.index)
                first, before = len(groups.names), suppression.visible_of(plain, groups, self.minimum, [])
            else:
                last = self._decided(item, CROSSED if set(step) <= set(asked.conditions) else OWN, plain)
                splits = self.crossed[self.limits[0]] if step == CROSSED else [(name,) for name in step]
                first, before = len(last.groups.names), last.shown
                groups = wider(self.survey, last.groups, splits)
            open_to = np.array([self._open(groups, first, limit) for limit in self.limits])
            stages = [[_programme(table, groups, limit) for table in family] for limit in self.limits]
            if last:
                _follow(last.programmes, stages[0])
            self.steps[item, step] = Step(stages[-1], groups, first, open_to[-1], _added(stages, before, open_to))
        return self.steps[item, step]

    def _open(self, groups: Groups, first: int, limit: int) -> np.ndarray:
        """Which groups anything is told of, boolean (G,)."""
        found = groups.own.sum(axis=1) >= FEW * limit
        found[:first] = True
        asked, crossed = self.survey.questionnaire, {"+".join(pair) for pair in self.crossed[limit]}
        for place, (by, code) in list(enumerate(groups.names))[first:]:
            if by in asked.items:
                told = self.shown.get((tables.key_of("share", by, code), "", ""))
                found[place] &= told is not None and not told.hidden
            elif by in asked.conditions:
                both = [groups.own[at] > 0 for at, name in enumerate(groups.names) if name[0] == by and name[1]]
                apart = [(who != (other > 0)).sum() for who in both for other in groups.own]
                found[place] &= bool(code) and all(who.sum() >= FEW * limit and self._apart(who) for who in both)
                found[place] &= not any(0 < few < self.minimum for few in apart)
            else:
                found[place] &= by in crossed
        return found

    def _apart(self, who: np.ndarray) -> bool:
        """Whether how many are in a group tells of no hidden answer: they are not, but for a few, who gave it."""
        for (statistic, item, answer), by, _ in self.shown:
            if statistic == "share" and not by and self.shown[(statistic, item, answer), "", ""].hidden:
                gave, there = self.survey.says(item, answer), self.survey.answered(item)
                if any((who ^ those).sum() < self.minimum for those in (gave, ~gave, there & ~gave, ~there | gave)):
                    return False
        return True


def _programme(table: Table, groups: Groups, limit: int) -> Programme:
    return (Scored if any(key[0] == "score" for key in table.keys) else Programme)(table, groups, limit)


def _added(stages: list[list[Programme]], before: np.ndarray, open_to: np.ndarray) -> np.ndarray:
    """What the programmes of a family show, by limit, boolean (limits, G, S).

    before: what is shown come what may, of the first groups and numbers, by limit; open_to: (limits, G).
    """
    _, old, numbers = before.shape
    decided = np.zeros(stages[0][0].visible.shape, dtype=bool)
    decided[:old, :numbers] = True
    shared = np.ones_like(decided)
    found: list[np.ndarray] = []
    for programmes, given, there in zip(stages, before, open_to, strict=True):
        shared = np.logical_and.reduce([shared, *(one.visible for one in programmes)]) & there[:, None]
        if (kinds := programmes[0].table.kinds) is not None:  # what is asked of some only is shown in no new group
            shared[old:, kinds != 0] = False
        shared[:old, :numbers] = given
        if found:
            _follow(stages[len(found) - 1], programmes)
        for one in programmes:
            one.visible, one.decided = shared, decided
        while len([one for one in programmes if one.protect()]) and len(programmes) > 1:
            pass
        found.append(shared)
    return np.stack(found)


def _follow(before: list[Programme], after: list[Programme]) -> None:
    """Means of scales are told in the steps in which they were told before."""
    for one, other in zip(before, after, strict=True):
        if isinstance(one, Scored) and isinstance(other, Scored):
            other.follow(one)


def _cells(step: Step) -> Iterator[tuple[tuple[Key, str, str], Cell]]:
    """The cells of a step by name: of the new groups, or where there are none, of the means of scales."""
    places = {name: place for place, name in enumerate(step.groups.names)}
    for programme in step.programmes:
        for (key, by, group), cell in suppression.cells_of(programme, step.shown[-1]):
            place = places[by, group]
            if step.open[place] and (place >= step.first or (key[0] == "score" and step.first == len(places))):
                yield (key, by, group), cell
