"""The numbers that any edition can show of some answers, gathered in tables: what may be worked out from each other.

Every answer of every item in every group of every background variable, means and shares of counts, and response rates.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, reduce
from itertools import chain

import numpy as np
import pandas as pd

from civsam.disclosure.rounding import preferred
from civsam.inference import estimators
from civsam.inference.settled import settled
from civsam.instrument.derived import Combined, Recoded
from civsam.instrument.questionnaire import DONT_KNOW, NO_TICK, NONE, Item
from civsam.instrument.ranking import Place
from civsam.survey.survey import Survey

LOWER, UPPER, SECRET = 1, 2, 3
Key = tuple[str, str, str]  # statistic, item, answer; several joined by +, in alphabetical order


def key_of(statistic: str, item: str, answer: str) -> Key:
    """The name of a number, the same in whatever order items and answers are joined."""
    return statistic, "+".join(sorted(item.split("+"))), "+".join(sorted(answer.split("+")))


@dataclass(frozen=True, eq=False)
class Groups:
    """All groups of all background variables, the first of them everybody. G groups, n units, F rows of the frame.

    within: pairs of a group and the groups of another variable that it lies within, where those are not all.
    sums: pairs of a group and the groups that add up to it.
    """

    names: list[tuple[str, str]]
    variable: np.ndarray
    own: np.ndarray
    within: list[tuple[int, np.ndarray]]
    sums: list[tuple[int, np.ndarray]]


def groups(survey: Survey, rows: pd.Index) -> Groups:
    """The groups; `rows` are the units that are counted: respondents, or everybody in the frame."""
    names, member, variable = [("", "")], [np.ones(len(survey.frame), dtype=bool)], [0]
    for place, (name, background) in enumerate(survey.questionnaire.background.items(), 1):
        for code in background.labels:
            names.append((name, code))
            member.append((survey.frame[name] == code).to_numpy())
            variable.append(place)
    inside, of = np.array(member), np.array(variable)
    own = inside[:, survey.frame.index.get_indexer(rows)].astype(float)
    parts = [(0, np.flatnonzero(of == place)) for place in range(1, len(survey.questionnaire.background) + 1)]
    return Groups(names, of, own, list(lies_within(inside, of)), parts)


def lies_within(inside: np.ndarray, variable: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """The pairs of `Groups.within`; inside: who is in each group, boolean (G, units), variable: (G,)."""
    meet = inside.astype(float) @ inside.T.astype(float) > 0
    there = inside.any(axis=1)
    for group in np.flatnonzero(there & (variable > 0)):
        for other in sorted(set(variable[1:]) - {variable[group]}):
            others = np.flatnonzero(there & (variable == other))
            if not meet[group, others].all():
                yield int(group), others[meet[group, others]]


@dataclass(frozen=True, eq=False)
class Table:
    """One item's numbers for all groups: ratios of weighted sums of x to that of d.

    keys: S numbers, each the sum of the parts (S, A) of the A columns of x, shape (n, A). d: (n,), 0 outside the base.
    limits: what adds up: low * d <= coefficients * x <= high * d in each group. unit: what an average respondent adds.
    origin: what x is counted from, and floor: the least that x can be, 0 or less. Of a mean of what all have much of,
    a number in the middle: what a respondent adds to such a mean is how far she is from the others.
    gates: numbers that must be told where these may be. kinds: of each number, (S,), whether it is one (0), a bound on
    one (`LOWER`, `UPPER`) or never shown (`SECRET`). said: for bounds, who is known to be in it, (n, S). See `routes`.
    """

    keys: list[Key]
    parts: np.ndarray
    x: np.ndarray
    d: np.ndarray
    weights: np.ndarray
    limits: list[tuple[np.ndarray, float, float]]
    unit: float = 1.0
    origin: float = 0.0
    floor: float = 0.0
    counted: bool = True  # n is rounded; of a frame it is known
    gates: list[Key] = field(default_factory=list)
    kinds: np.ndarray | None = None
    said: np.ndarray | None = None

    @cached_property
    def base(self) -> np.ndarray:
        """Who is in the base; for ratios also those whose total is 0."""
        return ~np.isnan(self.d) & (self.weights > 0)

    @cached_property
    def values(self) -> tuple[np.ndarray, np.ndarray]:
        """x in the numbers asked for, (n, S), and d, both 0 outside the base."""
        return np.where(self.base[:, None], self.x @ self.parts.T, 0.0), np.where(self.base, self.d, 0.0)


def _choice(survey: Survey, item: Item) -> Table:
    """One answer a respondent: all answers add up to the base.

    What groups the same answers into fewer is of the same numbers, so it stands in the same table.
    """
    columns = item.codes
    told = [(item.id, those, {*those}) for those in _sets(item)]
    for other, becomes in _regrouped(survey, item):
        told += [(other.id, those, {code for code in columns if becomes[code] in those}) for those in _sets(other)]
    parts = np.array([[float(code in members) for code in columns] for _, _, members in told])
    table = _shares(survey, item, columns, columns, parts, [(np.ones(len(columns)), 1.0, 1.0)])
    return replace(table, keys=[key_of("share", name, "+".join(those)) for name, those, _ in told])


def _sets(item: Item) -> list[list[str]]:
    """The answers that are told: each, the outer halves of a scale, and all but one of three."""
    codes = list(item.scale.answers)
    half = len(codes) // 2
    if item.scale.type == "ordinal":
        sets = [codes[:half], codes[-half:]] if half > 1 else []
    else:
        sets = [[code for code in codes if code != left_out] for left_out in codes] if len(codes) == 3 else []
    return [*([code] for code in item.codes), *sets]


def _regrouped(survey: Survey, item: Item) -> Iterator[tuple[Item, dict[str, str]]]:
    """What groups the answers to an item into fewer, each with what every answer becomes."""
    items = survey.questionnaire.items
    for other in items.values():
        ways, source = [], other
        while source.derived and isinstance(source.derived.way, Recoded):
            ways.append(source.derived.way)
            source = items[source.derived.sources[0]]
        if ways and source.id == item.id:
            yield other, {code: reduce(lambda cell, way: way.cell(cell), reversed(ways), code) for code in item.codes}


def _several(survey: Survey, item: Item) -> Table:
    """Several answers a respondent: each is a yes or no; 'none' and 'ved ikke' stand alone; all said something,
    unless some ticked nothing."""
    columns = item.codes
    eye = np.eye(len(columns))
    alone = np.array([column in (NONE, DONT_KNOW) for column in columns], dtype=float)
    limits = [(np.maximum(row, alone), -np.inf, 1.0) for row in eye]
    if not any(NO_TICK in answers for answers in survey.answer_sets(item.id)):
        limits.append((eye.sum(axis=0), 1.0, np.inf))
    return _shares(survey, item, columns, columns, eye, limits)


def _shares(survey: Survey, item: Item, columns: list[str], answers: list[str], parts: np.ndarray,
            limits: list[tuple[np.ndarray, float, float]]) -> Table:
    x = np.column_stack([survey.says(item.id, code) for code in columns]).astype(float)
    d = np.where(survey.answered(item.id), 1.0, np.nan)
    keys = [key_of("share", item.id, answer) for answer in answers]
    weights = survey.among(survey.responded(item.id)).design.weights
    return Table(keys, parts, x, d, weights, limits)


def _counts(survey: Survey, statistic: str, items: str) -> Table:
    """The mean of a count, or of a sum of counts, or its share of the counts that it is a part of."""
    what, high = estimators.variables(survey, statistic, items), 1.0
    d = np.where(what.base, 1.0 if what.x is None else what.x, np.nan)
    weights = survey.among(what.responded).design.weights
    if statistic == "mean":
        high = float(sum(survey.questionnaire.items[item].scale.high for item in items.split("+")))
    there = what.base & (weights > 0)
    origin = _origin(what.y[there]) if statistic == "mean" and there.any() else 0.0
    unit = float(preferred(np.abs(what.y[there] - origin).mean())) if statistic == "mean" and there.any() else 1.0
    x, limits = what.y[:, None].astype(float) - origin, [(np.ones(1), -np.inf, high - origin)]
    floor = sum(survey.questionnaire.items[item].scale.low for item in items.split("+")) - origin
    return Table([key_of(statistic, items, "")], np.eye(1), x, d, weights, limits, unit or 1.0, origin,
                 float(floor if origin else 0.0))


def _origin(values: np.ndarray) -> float:
    """A round number in the middle of values that lie far from 0, about a standard deviation coarse; else 0."""
    spread, middle = float(values.std()), float(np.median(values))
    if spread <= 0 or settled(middle) <= settled(2 * spread):
        return 0.0
    ten = 10.0 ** np.floor(np.log10(spread))
    grain = next(ten * part for part in (1, 2, 5, 10) if settled(spread) <= settled(ten * part))
    return float(grain * np.floor(settled(middle / grain) + 0.5))


def response(survey: Survey) -> Table:
    """Who responded, among the frame: its sizes are known to all."""
    said = survey.frame.index.isin(survey.answers.index)
    x = np.column_stack([said, ~said]).astype(float)
    keys, ones = [key_of("rate", "", "")], np.ones(len(said))
    return Table(keys, np.eye(2)[:1], x, ones, ones, [(np.ones(2), 1.0, 1.0)], counted=False)


def families(survey: Survey) -> Iterator[list[Table]]:
    """All tables of the answers, those together that are hidden together; the totals of a part come before it."""
    items = survey.questionnaire.items
    linked = _linked(items)
    for names in linked:
        yield [_counts(survey, "mean", name) for name in names]
    in_linked = {name for names in linked for name in names}
    for item in items.values():
        if item.part_of and item.id in in_linked:
            yield [_counts(survey, "ratio", item.id)]
        if item.id in in_linked or _below_zero(items, item.id) or (
                item.derived and isinstance(item.derived.way, Recoded)):
            continue  # told already, with its source, or not worked out: numbers below 0 are hidden
        if item.scale.type == "antal":
            yield [_counts(survey, statistic, item.id) for statistic in ("mean", "ratio")[:1 + bool(item.part_of)]]
        elif item.scale.type in ("enkelt", "ordinal"):
            yield [_choice(survey, item)]
        elif item.scale.type == "flere":
            yield [_several(survey, item)]


def _linked(items: Mapping[str, Item]) -> list[list[str]]:
    """The counts whose means tell of one another: those with a common part and their sum, what sums are made
    of, and the places of a ranking.
    """
    sets = [[*item.part_of, "+".join(item.part_of)] for item in items.values() if item.part_of]
    sets += [[*item.derived.sources, item.id] for item in items.values() if item.derived and isinstance(
        item.derived.way, Combined) and items[item.derived.sources[0]].scale.type == "antal"]
    places: dict[str, list[str]] = {}  # of a ranking: they add up to the same for everybody
    for item in items.values():
        if item.derived and isinstance(item.derived.way, Place):
            places.setdefault(item.derived.sources[0], []).append(item.id)
    sets += places.values()
    found: list[list[str]] = []
    for names in [those for those in sets if not any(_below_zero(items, name) for name in those if name in items)]:
        near = [those for those in found if {*those} & {*names}]
        found = [those for those in found if those not in near] + [[*dict.fromkeys(chain(*near, names))]]
    return found


def _below_zero(items: Mapping[str, Item], name: str) -> bool:
    """Whether a number, or what it is made of, may be below 0."""
    item = items[name]
    return item.scale.low < 0 or (item.derived is not None and isinstance(item.derived.way, Combined) and any(
        _below_zero(items, source) for source in item.derived.sources))
