"""What would let more of the answers be shown: the plan tried with a split less, groups joined, or a lower limit.

A plan takes seconds, so only what promises most is tried: that is seen from the numbers that may be shown for their own
sake, which is known at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from civsam.danish import listed, number
from civsam.disclosure import routes, tables
from civsam.disclosure.plan import Plan, plan
from civsam.disclosure.programme import Programme
from civsam.disclosure.tables import Key
from civsam.instrument.questionnaire import Background
from civsam.survey.survey import LIMITS, Survey

MOST = 2  # ways to join groups that are tried
Name = tuple[Key, str, str]  # of a share: what it is of, the variable and the group


@dataclass(frozen=True, eq=False)
class Other:
    """The answers as they might be shown: in words, with the limit. by, joined: a variable, and groups of it in one."""

    words: str
    survey: Survey
    minimum: int
    by: str = ""
    joined: tuple[str, ...] = ()

    def back(self, before: set[Name], after: set[Name]) -> int:
        """How many shares are shown that were not, less those that no longer are: of the groups that there still are,
        and of the joined where one of them was hidden.
        """
        mine = {name for name in after if not self._is_joined(name)}
        gone = {name for name in before if self.by and name[1] == self.by and name[2] in (self.joined or [name[2]])}
        members = Counter(name[0] for name in gone)
        return len(mine) - len(before - gone) + sum(members[name[0]] < len(self.joined) for name in after - mine)

    def lost(self, before: set[Name], after: set[Name]) -> int:
        """How many shares of the groups that are joined were shown for themselves, beyond those that now are."""
        return (sum(name[1] == self.by and name[2] in self.joined for name in before)
                - sum(map(self._is_joined, after)))

    def _is_joined(self, name: Name) -> bool:
        return name[1] == self.by and name[2] in self.joined[:1]


def told(known: Plan) -> list[str]:
    """In words: how many more shares would be shown, by what was tried; none where all are. Takes some plans' time."""
    before = seen(known)
    if known.idle or len(before) == len(seen(known, hidden=True)):
        return []
    lines = []
    for other in others(known, before):
        tried = plan(other.survey, other.minimum)
        after = seen(tried)
        more = max(other.back(before, after), 0)
        if other.joined and not more:
            continue
        lines.append(f"  {other.words}: {number(len(after))} af {number(len(seen(tried, hidden=True)))} andele vises; "
                     f"{number(more) if more else 'ingen'} af dem, der nu er skjult, kommer tilbage")
    return ["Det er prøvet, hvad der omtrent ville vises, hvis bogen var lavet", *lines] if lines else []


def seen(known: Plan, *, hidden: bool = False) -> set[Name]:
    """The shares that are shown, or all of them, the answers one by one, in groups that somebody is in."""
    return {name for name, cell in known.cells.items()
            if _alone(name[0]) and cell.n and (hidden or not cell.hidden)}


def _alone(key: Key) -> bool:
    return key[0] == "share" and "+" not in key[2]


def others(known: Plan, before: set[Name]) -> Iterator[Other]:
    """What is worth trying: a lower limit, the split that costs most left out, and groups that gain most joined."""
    survey, background = known.survey, known.survey.questionnaire.background
    for lower in [limit for limit in LIMITS if limit < known.minimum][-1:]:
        yield Other(f"med mindst={lower}", survey, lower)
    cost = Counter(name[1] for name in seen(known, hidden=True) - before if name[1])
    for costly, _ in cost.most_common(1):
        left = {name: one for name, one in background.items() if name != costly}
        yield Other(f"uden opdelingen efter {background[costly].name}", _with(survey, left), known.minimum, costly)
    alone, tried = allowed(survey, known.minimum), []
    for variable in background.values():
        ways = [(other.back(alone, after) - other.lost(alone, after), other)
                for other in _ways(survey, variable, known.minimum)
                for after in [allowed(other.survey, known.minimum)]]
        tried += [max(ways, key=lambda way: way[0])] if ways else []
    yield from (other for gain, other in sorted(tried, key=lambda way: -way[0])[:MOST] if gain > 0)


def allowed(survey: Survey, minimum: int) -> set[Name]:
    """The shares that may be shown for their own sake: those that are, if nothing had to be hidden for others."""
    groups, found = tables.groups(survey, survey.answers.index), set()
    for table in (table for family in routes.families(survey) for table in family):
        for group, row in zip(groups.names, Programme(table, groups, minimum).visible, strict=True):
            found |= {(key, *group) for key, shown in zip(table.keys, row, strict=True) if shown and _alone(key)}
    return found


def _ways(survey: Survey, variable: Background, minimum: int) -> Iterator[Other]:
    """Groups of a variable joined: two neighbours where they have an order, else the smallest ones, two or more."""
    size = dict(zip(variable.labels, np.bincount(survey.group(variable.id), minlength=len(variable.labels)),
                    strict=True))
    codes = [code for code, n in size.items() if n]
    if variable.ordered:
        ways = [codes[place:place + 2] for place in range(len(codes) - 1)]
    else:
        by_size = sorted(codes, key=size.__getitem__)
        ways = [by_size[:many] for many in range(2, len(codes))]
    for those in ways if len(codes) > 2 else ():
        words = f"med {listed(f'»{variable.labels[code]}«' for code in those)} som én gruppe i {variable.name}"
        yield Other(words, _joined(survey, variable, those), minimum, variable.id, tuple(those))


def _joined(survey: Survey, variable: Background, codes: list[str]) -> Survey:
    """The survey where the groups are one, called as the first of them."""
    labels = {code: label for code, label in variable.labels.items() if code not in codes[1:]}
    frame = survey.frame
    frame[variable.id] = frame[variable.id].replace(dict.fromkeys(codes[1:], codes[0]))
    background = survey.questionnaire.background | {variable.id: replace(variable, labels=labels)}
    return survey.having(frame=frame, questionnaire=replace(survey.questionnaire, background=background))


def _with(survey: Survey, background: dict[str, Background]) -> Survey:
    """The same answers and weights with other background variables."""
    return survey.having(questionnaire=replace(survey.questionnaire, background=background))
