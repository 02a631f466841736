"""Which numbers of collected answers may be shown, cell by cell: small ones are hidden, and what would tell of them.

The cells are all that any edition can show: every answer of every item in every group of every background variable,
means and shares of counts, and response rates. `cells` decides on them all at once; `disclosure` makes the tables of
them, and tells the rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.optimize import linprog

from civsam.inference import estimate
from civsam.instrument.questionnaire import DONT_KNOW, NONE, Item
from civsam.survey.survey import LIMITS, Survey

STEP = 5  # respondents that a rounded number stands for
GRID = 10  # preferred numbers a decade: each is a quarter more than the last
DOMINANCE = 0.5

Key = tuple[str, str, str]  # statistic, item, answer; several joined by +, in alphabetical order


def key_of(statistic: str, item: str, answer: str) -> Key:
    """The name of a number, the same in whatever order items and answers are joined."""
    return statistic, "+".join(sorted(item.split("+"))), "+".join(sorted(answer.split("+")))


def preferred(values: np.ndarray | pd.Series | float) -> np.ndarray:
    """The nearest preferred numbers from above (a factor 1.26 apart), any shape; 0 and NaN stay."""
    given = np.asarray(values, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        power = np.ceil(GRID * np.log10(given) - 1e-9) / GRID
        return np.where(given > 0, np.round(10**power, 12), given)


def rounded(n: np.ndarray | pd.Series | float, minimum: int) -> np.ndarray:
    """Numbers of respondents to the nearest multiple of the step; NaN below `minimum`."""
    n = np.asarray(n, dtype=float)
    return np.where(n >= minimum, STEP * np.floor(n / STEP + 0.5), np.nan)


def bracket(n: np.ndarray) -> np.ndarray:
    """The largest of `LIMITS` that each number reaches, or 0: what it takes part in, in editions with other limits."""
    return np.array([0, *LIMITS])[np.searchsorted(LIMITS, np.nan_to_num(n) + 1e-9, side="right")]


# ---- Cells: what every edition's tables are made of ------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Groups:
    """All groups of all background variables, the first of them everybody. G groups, n units, F rows of the frame.

    within: pairs of a group and the groups of another variable that it lies within, where those are not all.
    """

    names: list[tuple[str, str]]
    variable: np.ndarray
    own: np.ndarray
    within: list[tuple[int, np.ndarray]]


def _groups(survey: Survey, rows: pd.Index) -> _Groups:
    """The groups; `rows` are the units that are counted: respondents, or everybody in the frame."""
    names, member, variable = [("", "")], [np.ones(len(survey.frame), dtype=bool)], [0]
    for place, (name, background) in enumerate(survey.questionnaire.background.items(), 1):
        for code in background.labels:
            names.append((name, code))
            member.append((survey.frame[name] == code).to_numpy())
            variable.append(place)
    inside, of = np.array(member), np.array(variable)
    own = inside[:, survey.frame.index.get_indexer(rows)].astype(float)
    return _Groups(names, of, own, list(_within(inside, of)))


def _within(inside: np.ndarray, variable: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    meet = inside.astype(float) @ inside.T.astype(float) > 0
    there = inside.any(axis=1)
    for group in np.flatnonzero(there & (variable > 0)):
        for other in sorted(set(variable[1:]) - {variable[group]}):
            others = np.flatnonzero(there & (variable == other))
            if not meet[group, others].all():
                yield int(group), others[meet[group, others]]


@dataclass(frozen=True, eq=False)
class _Table:
    """One item's numbers for all groups: ratios of weighted sums of x to that of d.

    keys: S numbers, each the sum of the parts (S, A) of the A columns of x, shape (n, A). d: (n,), 0 outside the base.
    limits: what adds up: low * d <= coefficients * x <= high * d in each group. unit: what an average respondent adds.
    """

    keys: list[Key]
    parts: np.ndarray
    x: np.ndarray
    d: np.ndarray
    weights: np.ndarray
    limits: list[tuple[np.ndarray, float, float]]
    unit: float = 1.0
    counted: bool = True  # n is rounded; of a frame it is known

    @cached_property
    def base(self) -> np.ndarray:
        """Who is in the base; for ratios also those whose total is 0."""
        return ~np.isnan(self.d) & (self.weights > 0)

    @cached_property
    def values(self) -> tuple[np.ndarray, np.ndarray]:
        """x in the numbers asked for, (n, S), and d, both 0 outside the base."""
        return np.where(self.base[:, None], self.x @ self.parts.T, 0.0), np.where(self.base, self.d, 0.0)


def _choice(survey: Survey, item: Item) -> _Table:
    """One answer a respondent: all answers add up to the base. The outer halves of a scale, and all but one answer."""
    codes = list(item.scale.answers)
    if item.scale.type == "ordinal":
        half = len(codes) // 2
        sets = [codes[:half], codes[-half:]] if half > 1 else []
    else:
        sets = [[code for code in codes if code != left_out] for left_out in codes] if len(codes) == 3 else []
    columns = [*codes, DONT_KNOW]
    answers = [*([code] for code in columns), *sets]
    parts = np.array([[float(code in those) for code in columns] for those in answers])
    limits = [(np.ones(len(columns)), 1.0, 1.0)]
    return _shares(survey, item, columns, ["+".join(those) for those in answers], parts, limits)


def _several(survey: Survey, item: Item) -> _Table:
    """Several answers a respondent: each is a yes or no; 'none' and 'ved ikke' stand alone; all said something."""
    columns = [*item.scale.answers, DONT_KNOW]
    eye = np.eye(len(columns))
    alone = np.array([column in (NONE, DONT_KNOW) for column in columns], dtype=float)
    limits = [(np.maximum(row, alone), -np.inf, 1.0) for row in eye] + [(eye.sum(axis=0), 1.0, np.inf)]
    return _shares(survey, item, columns, columns, eye, limits)


def _shares(survey: Survey, item: Item, columns: list[str], answers: list[str], parts: np.ndarray,
            limits: list[tuple[np.ndarray, float, float]]) -> _Table:
    x = np.column_stack([survey.says(item.id, code) for code in columns]).astype(float)
    d = np.where(survey.answered(item.id), 1.0, np.nan)
    keys = [key_of("share", item.id, answer) for answer in answers]
    return _Table(keys, parts, x, d, survey.design.weights, limits)


def _counts(survey: Survey, statistic: str, items: str) -> _Table:
    """The mean of a count, or of a sum of counts, or its share of the counts that it is a part of."""
    what, high = estimate.variables(survey, statistic, items), 1.0
    d = np.where(what.base, 1.0 if what.x is None else what.x, np.nan)
    if statistic == "mean":
        high = float(sum(survey.questionnaire.items[item].scale.high for item in items.split("+")))
    there = what.base & (survey.design.weights > 0)
    unit = float(preferred(what.y[there].mean())) if statistic == "mean" and there.any() else 1.0
    x, limits = what.y[:, None].astype(float), [(np.ones(1), -np.inf, high)]
    return _Table([key_of(statistic, items, "")], np.eye(1), x, d, survey.design.weights, limits, unit or 1.0)


def _response(survey: Survey) -> _Table:
    """Who responded, among the frame: its sizes are known to all."""
    said = survey.frame.index.isin(survey.answers.index)
    x = np.column_stack([said, ~said]).astype(float)
    keys, ones = [key_of("rate", "", "")], np.ones(len(said))
    return _Table(keys, np.eye(2)[:1], x, ones, ones, [(np.ones(2), 1.0, 1.0)], counted=False)


def _families(survey: Survey) -> Iterator[list[_Table]]:
    """All tables of the answers, those together that are hidden together; the totals of a part come before it."""
    items = survey.questionnaire.items
    joint = list(dict.fromkeys(item.part_of for item in items.values() if item.part_of))
    in_joint = {name for those in joint for name in those}
    for those in joint:
        names = list(dict.fromkeys([*those, "+".join(those)]))
        yield [_counts(survey, "mean", name) for name in names]
    for item in items.values():
        if item.scale.type == "antal" and item.id not in in_joint:
            yield [_counts(survey, statistic, item.id) for statistic in ("mean", "ratio")[:1 + bool(item.part_of)]]
        elif item.scale.type in ("enkelt", "ordinal"):
            yield [_choice(survey, item)]
        elif item.scale.type == "flere":
            yield [_several(survey, item)]


# ---- The linear programme --------------------------------------------------------------------------------------------


class _Programme:
    """What an attacker knows of a table's weighted sums x (G, A), as linear constraints, and what may be shown.

    n: (G,) respondents. total: (G, S) and base: (G,) weighted sums. window: low and high (G, S) of what is told of each
    number if it is shown. need: (G, S) how wide a hidden one must stay. All sums are in units of an average respondent.
    """

    def __init__(self, table: _Table, groups: _Groups, minimum: int) -> None:
        self.table, self.groups, self.minimum = table, groups, minimum
        x, d = table.values
        weights = np.where(table.base, table.weights, 0.0)
        self.n = groups.own @ table.base
        scale = table.unit * max(weights.sum(), 1e-12) / max(table.base.sum(), 1)
        self.parts_sum = groups.own @ (weights[:, None] * np.where(table.base[:, None], table.x, 0.0)) / scale
        self.total, self.base = groups.own @ (weights[:, None] * x) / scale, groups.own @ (weights * d) / scale
        with np.errstate(invalid="ignore", divide="ignore"):
            self.exact = self.total / self.base[:, None]
        self.n_shown = rounded(self.n, minimum) if table.counted else self.n
        with np.errstate(invalid="ignore", divide="ignore"):
            self.step = STEP * table.unit / self.n_shown
            self.shown = self.step[:, None] * np.floor(self.exact / self.step[:, None] + 0.5)
            each = np.where(self.n > 0, self.base / self.n, 0.0)[:, None]  # what a respondent stands for
        need = np.minimum(minimum + 1, self.n)[:, None] * each * table.unit
        self.need = np.broadcast_to(need, self.total.shape).copy()
        self.steady = np.ones(len(self.n), dtype=bool)
        self.visible = self._allowed(x, d)
        self._windows(each)

    def _allowed(self, x: np.ndarray, d: np.ndarray) -> np.ndarray:
        """Which numbers may be shown for their own sake, (G, S); the need of counts is at least the largest."""
        least, n = self.minimum, self.n[:, None]
        allowed = (n >= least) & (self.groups.own @ (x > 0) >= least) & ~np.isnan(self.exact)
        statistic = self.table.keys[0][0]
        if statistic != "mean":
            part = self.exact * n  # weights may make few respondents of many, and the other way
            allowed &= (self.groups.own @ (x < d[:, None]) >= least) & (part >= least) & (n - part >= least)
        if statistic in ("mean", "ratio"):
            mean_d = (self.groups.own @ d)[:, None]
            for values in (x[:, 0], d)[:1 + (statistic == "ratio")]:
                first, second = self._largest(values)
                rest = self.groups.own @ values - first - second
                allowed &= (rest >= DOMINANCE * first)[:, None]
                with np.errstate(invalid="ignore", divide="ignore"):
                    largest = np.where(mean_d > 0, first[:, None] * self.base[:, None] / mean_d, 0)
                self.need = np.maximum(self.need, largest)
            self.steady = self._steady(x[:, 0], d)
        return allowed

    def _steady(self, x: np.ndarray, d: np.ndarray) -> np.ndarray:
        """Where the standard error does not tell the largest count: the others add enough of their own, (G,)."""
        squares = self.groups.own * (x - np.nan_to_num(self.exact[:, :1]) * d) ** 2
        first = squares.max(axis=1)
        return squares.sum(axis=1) >= (1 + DOMINANCE) ** 2 * first

    def _largest(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The largest and the second largest contribution in each group, shapes (G,)."""
        two = np.sort(np.pad(self.groups.own * values, ((0, 0), (2, 0))), axis=1)
        return two[:, -1], two[:, -2]

    def _windows(self, each: np.ndarray) -> None:
        """What is told of each number if it is shown: half a step to each side, and what all know of shown ones."""
        base, half = self.base[:, None], self.step[:, None] / 2
        self.low, self.high = (self.shown - half) * base, (self.shown + half) * base
        if self.table.keys[0][0] != "mean":
            part = self.exact * self.n[:, None]
            self.low = np.maximum(self.low, bracket(part) * each)
            self.high = np.minimum(self.high, base - bracket(self.n[:, None] - part) * each)
        if self.table.keys[0][0] in ("share", "rate") and not np.ptp(self.table.weights):  # counts are whole numbers
            one = np.where(each > 0, each, 1.0)
            self.low, self.high = np.ceil(self.low / one - 1e-6) * each, np.floor(self.high / one + 1e-6) * each
        self.low, self.high = np.minimum(self.low, self.total), np.maximum(self.high, self.total)

    # -- constraints

    def _rows(self, coefficients: Iterable[tuple[Sequence[int], np.ndarray]]) -> sparse.csr_matrix:
        """Rows over the variables x (G, A): each adds a vector (A,) for some groups, minus it where they are < 0."""
        width = self.parts_sum.shape[1]
        rows, columns, values = [], [], []
        for row, (groups, vector) in enumerate(coefficients):
            used = np.flatnonzero(vector)
            for group in groups:
                place = abs(group) - (group < 0)
                rows += [row] * len(used)
                columns += list(place * width + used)
                values += list(np.where(group < 0, -vector[used], vector[used]))
        count = (max(rows) + 1) if rows else 0
        return sparse.csr_matrix((values, (rows, columns)), shape=(count, self.parts_sum.size))

    @cached_property
    def equal(self) -> tuple[sparse.csr_matrix, np.ndarray]:
        """Groups add up to everybody, and answers to the base where they do."""
        eye, rows, right = np.eye(self.parts_sum.shape[1]), [], []
        for variable in sorted(set(self.groups.variable[1:])):
            members = np.flatnonzero(self.groups.variable == variable)
            rows += [([-1, *members], column) for column in eye]
            right += [0.0] * len(eye)
        for vector, low, high in self.table.limits:
            if low == high:
                rows += [([group], vector) for group in range(len(self.n))]
                right += list(low * self.base)
        return self._rows(rows), np.array(right)

    @cached_property
    def at_most(self) -> tuple[sparse.csr_matrix, np.ndarray]:
        """Limits of each group, and a group within others has no more of an answer, or of the rest, than they."""
        rows, right = [], []
        for vector, low, high in self.table.limits:
            for group in range(len(self.n)) if low != high else ():
                mine = vector @ self.parts_sum[group]
                if np.isfinite(high):
                    rows, right = [*rows, ([group], vector)], [*right, max(high * self.base[group], mine)]
                if np.isfinite(low):
                    rows, right = [*rows, ([group], -vector)], [*right, max(-low * self.base[group], -mine)]
        for group, others in self.groups.within:
            for column in np.eye(self.parts_sum.shape[1]):
                inner = [group, *(-other - 1 for other in others)]
                rows, right = [*rows, (inner, column)], [*right, 0.0]
                if self.table.keys[0][0] != "mean":
                    rest = self.base[others].sum() - self.base[group]
                    rows, right = [*rows, (inner, -column)], [*right, rest]
        return self._rows(rows), np.array(right)

    @cached_property
    def told(self) -> sparse.csr_matrix:
        """The numbers themselves, a row each: (G * S, G * A)."""
        return sparse.kron(sparse.eye(len(self.n)), self.table.parts, format="csr")

    # -- solving

    def furthest(self, objective: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """All numbers (G * S,) where a sum of them is greatest, and the shown cells that bind it."""
        shown = np.flatnonzero(self.visible.ravel())
        told = self.told[shown]
        fixed, limit = self.at_most
        above = sparse.vstack([fixed, told, -told], format="csr")
        limits = np.concatenate([limit, self.high.ravel()[shown], -self.low.ravel()[shown]])
        found = linprog(-(objective @ self.told), above, limits, *self.equal, method="highs-ds")
        if found.x is None:  # the solver gives up: nothing is known to be safe
            return self.total.ravel(), shown
        dual = np.abs(found.ineqlin.marginals[len(limit):]).reshape(2, -1).max(axis=0)
        return self.told @ found.x, shown[dual > 1e-9]

    def protect(self) -> bool:
        """Hide what binds a hidden number too narrowly, until none is. Whether anything more was hidden."""
        before, need = self.visible.sum(), self.need.ravel() - 1e-6
        reach = _Reach(self.total.ravel())
        waiting = list(np.flatnonzero(~self.visible.ravel()))
        self._many(reach, np.array(waiting, dtype=int), need)
        for cell in waiting:  # grows while it runs
            one = np.arange(len(need)) == cell
            while reach.width[cell] < need[cell]:
                binding = [reach.add(*self.furthest(sign * one)) for sign in (1.0, -1.0)]
                if reach.width[cell] >= need[cell] or not sum(map(len, binding)):
                    break  # wide enough, or nothing that is shown has a part in it
                least = min(np.concatenate(binding), key=self._cost)
                self.visible.ravel()[least] = False
                waiting.append(least)
        return bool(self.visible.sum() < before)

    def _cost(self, cell: int) -> tuple[float, float, int]:
        """What is hidden first: in small groups, and what few have said."""
        return self.n[cell // self.total.shape[1]], self.total.ravel()[cell], cell

    def _many(self, reach: _Reach, hidden: np.ndarray, need: np.ndarray) -> None:
        """A first round for all hidden numbers at once, in random directions: most have room, and are then known to."""
        directions, gained = np.random.default_rng(0), True
        while gained:
            narrow = hidden[reach.width[hidden] < need[hidden]]
            objective = np.zeros(len(need))
            objective[narrow] = directions.choice([-1.0, 1.0], len(narrow))
            for sign in (1, -1) if len(narrow) else ():
                reach.add(*self.furthest(sign * objective))
            gained = np.any(reach.width[narrow] >= need[narrow])


class _Reach:
    """The least and the greatest values that numbers are known to take, from the points seen so far."""

    def __init__(self, truth: np.ndarray) -> None:
        self.low, self.high = truth.copy(), truth.copy()

    def add(self, point: np.ndarray, binding: np.ndarray) -> np.ndarray:
        """Take a point in; gives `binding` back."""
        self.low, self.high = np.minimum(self.low, point), np.maximum(self.high, point)
        return binding

    @property
    def width(self) -> np.ndarray:
        """Greatest less least."""
        return self.high - self.low


# ---- What is decided ------------------------------------------------------------------------------------------------


class Number(NamedTuple):
    """A number made of cells: exact, as shown (NaN: hidden), and the step between shown values.

    spread: the sum of p (1 - p) / n of the shares that it is made of, exact and as shown: what its squared standard
    error is proportional to. NaN where that may not be shown.
    """

    exact: float
    shown: float
    step: float
    spread: tuple[float, float] = (1.0, 1.0)

    def error(self, se: float) -> float:
        """A standard error as it is shown: what the shares say is said of the shown ones, the rest is rounded up."""
        exact, told = self.spread
        return float(preferred(se) if exact == 0 else preferred(se / np.sqrt(exact)) * np.sqrt(told))


@dataclass(frozen=True)
class Cell:
    """A number that tables are made of: respondents in its base, its value, and what is shown of it (NaN: hidden).

    step: how far apart shown values lie. size: n as it is shown, for shares of respondents, whose standard errors
    follow from the two; else 0. steady: whether its standard error may be shown.
    """

    n: int
    exact: float
    shown: float
    step: float
    size: float = 0.0
    steady: bool = True

    @property
    def number(self) -> Number:
        """It as a number that others may be made of."""
        if not self.size:
            spread = 1.0 if self.steady else np.nan
            return Number(self.exact, self.shown, self.step, (spread, spread))
        edge = min(self.step, 0.5)  # some gave the answer, and some did not
        inside = min(max(self.shown, edge), 1 - edge)
        spread = (self.exact * (1 - self.exact) / self.n, inside * (1 - inside) / self.size)
        return Number(self.exact, self.shown, self.step, spread)

    @property
    def hidden(self) -> bool:
        """Whether nothing of it is shown."""
        return bool(np.isnan(self.shown))


def cells(survey: Survey, minimum: int) -> dict[tuple[Key, str, str], Cell]:
    """All cells of these answers, by number, variable and group; '' and '' for everybody."""
    mine, found = _groups(survey, survey.answers.index), {}
    for family in _families(survey):
        found |= _planned(family, mine, minimum)
    if survey.framed:
        found |= _planned([_response(survey)], _groups(survey, survey.frame.index), minimum)
    return found


def _planned(tables: list[_Table], groups: _Groups, minimum: int) -> dict[tuple[Key, str, str], Cell]:
    """The cells of tables that are hidden together.

    Each limit hides more of what the one below it shows, so that editions with several limits show no more together
    than the one with the lowest.
    """
    family: list[_Programme] = []
    shared = np.ones((len(groups.names), len(tables[0].keys)), dtype=bool)
    for limit in (limit for limit in LIMITS if limit <= minimum):
        family = [_Programme(table, groups, limit) for table in tables]
        shared = np.logical_and.reduce([shared, *(programme.visible for programme in family)])
        for programme in family:
            programme.visible = shared  # one array: what one hides, all hide
        while len([programme for programme in family if programme.protect()]) and len(family) > 1:
            pass
    return {(key, *group): Cell(int(one.n[g]), one.exact[g, s], np.where(shared, one.shown, np.nan)[g, s], one.step[g],
                                    float(one.n_shown[g]) if key[0] == "share" else 0.0, bool(one.steady[g]))
            for one in family for s, key in enumerate(one.table.keys) for g, group in enumerate(one.groups.names)}
