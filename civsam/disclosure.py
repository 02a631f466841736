"""What may leave the house: collected answers are shown so that no small group or count can be worked out.

The rules, for answers whose provenance is `indsamlet` (synthetic answers pass untouched):

- A group is shown with at least `minimum` respondents, and in it an answer that at least `minimum` gave and at least
  `minimum` did not. For counts, and shares of what is counted, `minimum` must have contributed, and what all but the
  two largest contributed must be `DOMINANCE` times the largest, so that the second cannot work out the first (p% rule).
- n is rounded to `STEP`; a share is given as a multiple of `STEP` respondents among n, a mean as a multiple of what
  `STEP` average respondents would add, so that each shown number stands for a window `STEP` wide. Standard errors are
  those of the rounded shares times a design factor that goes up to the next preferred number (`GRID` a decade), and
  intervals are made from the rounded numbers: an error tells no more of a share than the share, nor do other levels.
  Of counts, the error is shown only if it is not most of all that of the largest, by the same p% rule.
- What is hidden must keep an interval of `STEP` respondents, given all that is shown: a linear programme over all
  answers of an item and all groups of all background variables finds its least and greatest value, and shown cells that
  bind are hidden until it has room (secondary suppression).

The plan is a function of answers, frame, weights and `minimum` alone, over every table that an edition can show, so
that editions with other parameters show parts of one whole. Numbers made of several cells (differences, trends, shares
without 'ved ikke') are made from the rounded cells. The door shows only what it can recompute: a row whose number of
respondents is not its own is hidden, and a table that it does not know raises ValueError.

The attacker is given more than is shown: the weighted size of every group to the last digit, and which groups lie
within others in the frame. Who responded is not held to be a secret: numbers of respondents and of those who left an
item out are rounded, and hidden below `minimum`, with at least `STEP` possible values, but are not in the programme.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.optimize import linprog
from scipy.stats import norm
from scipy.stats import t as student

from civsam import claims, compare, estimate
from civsam.estimate import share_interval, t_interval
from civsam.questionnaire import DONT_KNOW, NONE, Item
from civsam.survey import SYNTHETIC, Survey

STEP = 5  # respondents that a rounded number stands for, at least
GRID = 10  # preferred numbers a decade: each is a quarter more than the last
DOMINANCE = 0.5
P_CLASSES = np.array([0.001, 0.01, 0.05, 0.1, 0.2, 0.5, 1.0])
QUARTILES = ("0.25", "0.5", "0.75")
HIDDEN_VERDICT = "kan_ikke"

Key = tuple[str, str, str]  # statistic, item, answer; several joined by +, in alphabetical order


def _key(statistic: str, item: str, answer: str) -> Key:
    return statistic, "+".join(sorted(item.split("+"))), "+".join(sorted(answer.split("+")))


def preferred(values: np.ndarray | pd.Series | float) -> np.ndarray:
    """The nearest preferred numbers from above (a factor 1.26 apart), any shape; 0 and NaN stay."""
    given = np.asarray(values, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        power = np.ceil(GRID * np.log10(given) - 1e-9) / GRID
        return np.where(given > 0, np.round(10**power, 12), given)


def rounded(n: np.ndarray | pd.Series | float, minimum: int) -> np.ndarray:
    """Numbers of respondents to the nearest multiple of the step; NaN below `minimum`."""
    n, step = np.asarray(n, dtype=float), max(STEP, minimum)
    return np.where(n >= minimum, step * np.floor(n / step + 0.5), np.nan)


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
    keys = [_key("share", item.id, answer) for answer in answers]
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
    return _Table([_key(statistic, items, "")], np.eye(1), x, d, survey.design.weights, limits, unit or 1.0)


def _response(survey: Survey) -> _Table:
    """Who responded, among the frame: its sizes are known to all."""
    said = survey.frame.index.isin(survey.answers.index)
    x = np.column_stack([said, ~said]).astype(float)
    keys, ones = [_key("rate", "", "")], np.ones(len(said))
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
        step = max(STEP, minimum)
        self.n_shown = rounded(self.n, minimum) if table.counted else self.n
        with np.errstate(invalid="ignore", divide="ignore"):
            self.step = step * table.unit / self.n_shown
            self.shown = self.step[:, None] * np.floor(self.exact / self.step[:, None] + 0.5)
            each = np.where(self.n > 0, self.base / self.n, 0.0)[:, None]  # what a respondent stands for
        need = np.minimum(step + 1, self.n)[:, None] * each * table.unit
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
            edge = self.minimum * each
            self.low, self.high = np.maximum(self.low, edge), np.minimum(self.high, base - edge)
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


# ---- The plan --------------------------------------------------------------------------------------------------------


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


@dataclass(frozen=True, eq=False)
class Plan:
    """What is shown of a survey: `protect` makes each table safe. Made by `plan`."""

    survey: Survey
    minimum: int
    cells: dict[tuple[Key, str, str], Cell] = field(repr=False)

    @property
    def idle(self) -> bool:
        """Whether the answers are synthetic, so that nothing needs protection."""
        return self.survey.provenance == SYNTHETIC

    def protect(self, table: pd.DataFrame) -> pd.DataFrame:
        """The table as it may be shown: numbers rounded, hidden rows with NaN, and a column `hidden` (bool).

        Takes the tables of `estimate`, `compare`, `claims`, `sensitivity`, `models`, `nonresponse`, `power` and
        `weighting`. Numbers whose precision is not decided here become NaN. Rows of a specification curve that may not
        be shown are left out. Synthetic answers: the very same table. Raises ValueError for a table of another kind, or
        of other answers.
        """
        found = set(table["provenance"]) if "provenance" in table else set()
        if found == {SYNTHETIC}:
            return table
        if self.idle or found != {self.survey.provenance}:
            raise ValueError(f"this plan is for {self.survey.provenance} answers, not for {sorted(found)}")
        for columns, make in KINDS:
            if columns <= set(table.columns):
                rows = [make(self, row) for _, row in table.iterrows()]
                if make is not Plan._specification:
                    return _written(table, rows)
                made = _written(table, rows)
                return made[~made["hidden"] & ~self._told_apart(table)].reset_index(drop=True)
        raise ValueError(f"no rule says how to show a table with the columns {', '.join(table.columns)}")

    def cell(self, statistic: str, item: str, answer: str = "", by: str = "", group: str = "") -> Cell | None:
        """The number of that name, or None: then it is in no edition."""
        return self.cells.get((_key(statistic, item, answer), by, group))

    def n(self, count: float) -> float:
        """A number of respondents as it is shown: rounded, NaN if it is small. Exact for synthetic answers."""
        return float(count) if self.idle else float(rounded(count, self.minimum))

    def isolates(self, *groups: np.ndarray) -> bool:
        """Whether a group, or the difference between two, has fewer respondents than `minimum` (and at least one).

        groups: who is in each, boolean, shape (n,): of one specification, or of several that are shown together. What
        isolates people is not to be published. Never for synthetic answers.
        """
        pairs = [one != other for place, one in enumerate(groups) for other in groups[:place]]
        apart = [one & ~other for one in groups for other in groups]
        return not self.idle and any(0 < part.sum() < self.minimum for part in [*groups, *pairs, *apart])

    def base(self, item: str) -> tuple[float, float, float]:
        """How many answered an item, said 'ved ikke' and left it out, as shown. NaN: hidden."""
        n, everybody = self.survey.answered(item).sum(), len(self.survey.answers)
        unsure, cell = n - self.survey.knows(item).sum(), self.cell("share", item, DONT_KNOW)
        if not self.idle and (n - unsure < self.minimum or (cell and cell.hidden)):
            unsure = np.nan
        return self.n(n), self.n(unsure), self.n(everybody - n if self.idle or n >= self.minimum else np.nan)

    def without_dont_know(self, table: pd.DataFrame) -> np.ndarray:
        """The same shares of those who did not say 'ved ikke', from what is shown of both, shape (rows,).

        NaN where either is hidden, and for 'ved ikke' itself. For collected answers only.
        """
        return np.array([np.nan if DONT_KNOW in row["answer"].split("+") else
                         self._share(row["item"], row["answer"], row["by"], row["group"], dont_know=False)[1]
                         for _, row in table.iterrows()])

    # -- numbers made of cells: exact, shown (NaN: hidden) and the step between shown values

    def _value(self, cell: Cell | None, n: float | None = None) -> Number:
        if cell is None or cell.hidden or (n is not None and n != cell.n):
            return NOTHING
        return cell.number

    def _share(self, item: str, answer: str, by: str, group: str, *, dont_know: bool) -> Number:
        share = self._value(self.cell("share", item, answer, by, group))
        if dont_know:
            return share
        unsure = self._value(self.cell("share", item, DONT_KNOW, by, group))
        if np.isnan(share.shown + unsure.shown):
            return NOTHING
        shown = min(share.shown / (1 - unsure.shown), 1.0)
        return Number(share.exact / (1 - unsure.exact), shown, share.step, share.spread)

    def _trend(self, statistic: str, item: str, answer: str, by: str, n: float) -> Number:
        """The line through all groups of an ordered variable, `compare.slope`, made of what is shown of them."""
        labels = self.survey.questionnaire.background[by].labels
        cells = [self.cell(statistic, item, answer, by, code) for code in labels]
        size = np.array([cell.n if cell else 0 for cell in cells])
        if len(cells) < 2 or size.sum() != n or any(np.isnan(self._value(cell).shown) for cell in cells):
            return NOTHING
        there = self.survey.answered if statistic == "share" else self.survey.knows
        counted = np.where(np.logical_and.reduce([*map(there, item.split("+"))]), self.survey.design.weights, 0.0)
        weighted = np.bincount(self.survey.group(by), counted, len(labels))
        exact = np.polyfit(range(len(cells)), [cell.exact for cell in cells], 1, w=np.sqrt(weighted))[0]
        told = np.polyfit(range(len(cells)), [cell.shown for cell in cells], 1, w=np.sqrt(rounded(size, self.minimum)))
        spread = tuple(sum(cell.number.spread[place] for cell in cells) for place in (0, 1))
        return Number(exact, told[0], max(cell.step for cell in cells), spread)

    # -- tables, row by row: a dict of the numbers that are shown; nothing else is

    def _estimate(self, row: pd.Series) -> Shown:
        cell = self.cell(row["statistic"], row["item"], row["answer"], row["by"], row["group"])
        if row["statistic"] == "quantile":
            return self._quantile(row)
        number = self._value(cell, row["n"])
        told = _moved(number, row["estimate"])
        n = self.n(row["n"]) if cell is not None and cell.n == row["n"] else np.nan
        if np.isnan(told):
            return {"n": n, "hidden": True}
        share, se = row["statistic"] in ("share", "ratio"), number.error(row["se"])
        told = min(max(told, 0.0), 1.0 if share else np.inf)
        df = _freedom(row["df"])
        limits = share_interval if row["statistic"] == "share" else t_interval
        given = [np.array([x]) for x in ((told, se, n, df) if row["statistic"] == "share" else (told, se, df))]
        low, high = (float(x[0]) for x in limits(*given, row["level"]))
        high = min(high, 1.0) if share else high
        counted = {"count": told * n} if row["statistic"] == "share" else {}
        low = max(low, 0.0) if low == low else low
        return {"n": n, "estimate": told, "se": se, "low": low, "high": high, **counted}

    def _quantile(self, row: pd.Series) -> Shown:
        """Quartiles of many respondents. Intervals of quantiles are answers themselves, and never shown."""
        mean = self.cell("mean", row["item"], "", row["by"], row["group"])
        if np.isnan(self._value(mean, row["n"]).shown) or row["n"] < 4 * self.minimum or row["answer"] not in QUARTILES:
            return {"hidden": True}
        return {"n": self.n(row["n"]), "estimate": row["estimate"]}

    def _contrast(self, row: pd.Series) -> Shown:
        """Differences between two cells, or a cell and a limit, and trends."""
        odds = row["effect"] == "odds_ratio"
        told, error = self._contrasted(row)
        n = {side: self.n(row[side]) for side in ("n_a", "n_b")}
        if np.isnan(told):
            return {"hidden": True}
        return {**n, **_with_error(told, error, row["df"], row["level"], odds=odds)}

    def _contrasted(self, row: pd.Series) -> tuple[float, float]:
        """A contrast as it is shown, of odds on the log scale, and its standard error."""
        if row["effect"] == "slope":
            trend = self._trend(row["statistic"], row["item"], row["answer"], row["by"], row["n_a"])
            return _moved(trend, row["estimate"]), trend.error(row["se"])
        if row["effect"] not in compare.SCALES:
            return np.nan, np.nan
        sides = [self._side(row["statistic"], row["item"], row["answer"], row["by"], row[side], row[f"n_{side}"])
                 for side in "ab"]
        error = _difference(*sides).error(row["se"])
        if row["effect"] == "difference":
            return _moved(_difference(*sides), row["estimate"]), error
        scale = compare.SCALES[row["effect"]][0]
        with np.errstate(divide="ignore", invalid="ignore"):
            exact, told = (scale(sides[0][place]) - scale(sides[1][place]) for place in (0, 1))
            given = np.log(row["estimate"]) if row["effect"] == "odds_ratio" else row["estimate"]
        return told if np.isclose(exact, given) else np.nan, error

    def _side(self, statistic: str, item: str, answer: str, by: str, side: str, n: float | None) -> Number:
        """What stands on one side of a contrast: a group, an answer ("item=answer"), a count, or a limit (n is 0)."""
        if by:
            return self._value(self.cell(statistic, item, answer, by, side), n)
        if _is_number(side) and not n:
            return Number(float(side), float(side), 0.0, (0.0, 0.0))
        name, _, said = side.partition("=")
        if said:
            return self._value(self.cell("share", name, said), n)
        return self._value(self.cell(statistic, item or name, answer), n)

    def _claim(self, row: pd.Series) -> Shown:
        """A judged claim: found again among the cells that it may be about, or hidden with its verdict."""
        claim = claims.read().get(row["id"])
        if claim is None or row["verdict"] == HIDDEN_VERDICT:
            return {"n": 0, "hidden": claim is None, "verdict": HIDDEN_VERDICT}
        for number in self._candidates(claim, row):
            told = number.shown
            if np.isclose(number.exact, row["estimate"], rtol=0, atol=1e-9) and not np.isnan(told):
                level = 0.95 if claim.rule == "lig" else self.survey.level  # as `claims` makes their intervals
                z = norm.ppf((1 + level) / 2)
                half = number.error((row["high"] - row["low"]) / 2 / z) * z
                p = float(p_class(row["p"]))
                return {"n": self.n(row["n"]), "estimate": told, "low": told - half, "high": told + half, "p": p}
        return {"hidden": True, "verdict": HIDDEN_VERDICT}

    def _candidates(self, claim: claims.Claim, row: pd.Series) -> Iterator[Number]:
        """The numbers made of cells that a claim's deciding comparison may be."""
        for spec in [*claim.measures, *claim.against]:
            statistic, item = next((name, spec[kind]) for kind, name in KINDS_OF_MEASURE.items() if kind in spec)
            item, answer = ("", "") if statistic == "rate" else (item, spec.get("svar", ""))
            if claim.rule == "lig":
                yield self._value(self.cell(statistic, item, answer))
            for by in claim.by:
                if claim.rule == "haeldning":
                    yield self._trend(statistic, item, answer, by, row["n"])
                else:
                    yield _difference(*(self._side(statistic, item, answer, by, row[side], None) for side in "ab"))
            if not claim.by:
                yield _difference(*(self._side(statistic, item, answer, "", row[side], None) for side in "ab"))

    def _specification(self, row: pd.Series) -> Shown:
        """A row of a specification curve: what it moves from the number it varies, in whole steps."""
        dont_know = row["dont_know"] != "uden"
        if row["rule"] == "haeldning":
            anchor = self._trend("share", row["item"], row["answer"], row["by"],
                                 self.survey.answered(row["item"]).sum()) if dont_know else NOTHING
        else:
            anchor = _difference(*(self._share(row["item"], row["answer"], row["by"], row[side], dont_know=dont_know)
                                   for side in "ab"))
        told = _moved(anchor, row["estimate"])
        if np.isnan(told):
            return {"hidden": True}
        return {"n": self.n(row["n"]), "margin": row["margin"],
                **_with_error(told, anchor.error(row["se"]), row["df"], row["level"])}

    def _told_apart(self, table: pd.DataFrame) -> np.ndarray:
        """Rows of a curve that leave out a few respondents whom others of the same measure keep, or the other way."""
        usual = table.groupby(["measure", "dont_know"])["n"].transform(lambda n: n.mode().iloc[0])
        return (abs(table["n"] - usual).between(1, self.minimum - 1)).to_numpy()

    def _test(self, row: pd.Series) -> Shown:
        """A test of all groups: only the class of its p-value, and only if no group is small."""
        base = self._answered(row["item"]) if row.get("item") else None
        sizes = self._sizes(row["by"], base)
        if ((sizes > 0) & (sizes < self.minimum)).any():
            return {"hidden": True}
        p = {name: float(p_class(row[name])) for name in ("p", "p_adjusted") if name in row}
        kept = {name: row[name] for name in ("df1", "family_size") if name in row}
        return {**({"n": self.n(row["n"])} if "n" in row else {}), **p, **kept}

    def _answered(self, items: str) -> np.ndarray:
        """Who answered an item, or all of several joined by +."""
        return np.logical_and.reduce([self.survey.answered(item) for item in items.split("+")])

    def _sizes(self, by: str, base: np.ndarray | None = None) -> np.ndarray:
        """Respondents (in a base) in each group of a variable."""
        return np.bincount(self.survey.group(by), base, len(self._codes(by)))

    def _codes(self, by: str) -> list[str]:
        """The groups of a variable; none for what is not one."""
        background = self.survey.questionnaire.background
        return list(background[by].labels) if by in background else []

    def _model(self, row: pd.Series) -> Shown:
        """A coefficient: in steps of what some respondents more or less would change it by, if nothing is hidden."""
        by = row["by"] if "by" in row else row["term"].partition("=")[0]
        base = self._answered(row["item"]) if row.get("item") else None
        sizes = self._sizes(by, base) if by in self.survey.questionnaire.background else np.array([row.get("n", 0)])
        if not sizes.any() or sizes[sizes > 0].min() < self.minimum or self._hides(row, by, sizes):
            return {"hidden": True}
        odds = row["statistic"] == "odds_ratio"
        se, value = float(preferred(row["se"])), np.log(row["estimate"]) if odds else row["estimate"]
        step = se * 2 * STEP / np.sqrt(sizes[sizes > 0].min()) if row.get("item") else se
        told = step * np.round(value / step) if step > 0 else np.nan
        n = {"n": self.n(row["n"])} if "n" in row else {}
        return {**n, **_with_error(told, se, row["df"], row["level"], odds=odds)}

    def _hides(self, row: pd.Series, by: str, sizes: np.ndarray) -> bool:
        """Whether a coefficient would tell of a hidden group, its own or the first one, or of a largest count."""
        codes = [code for code, size in zip(self._codes(by), sizes, strict=False) if size]
        cells = {code: self.cell(row["statistic"], row.get("item", ""), row.get("answer", ""), by, code)
                 for code in codes}
        own = row["term"].partition("=")[2] if "term" in row else row["group"]
        compared = [cells.get(code) for code in (own, *codes[:1])]
        return any(cell.hidden for cell in compared if cell) or not all(cell.steady for cell in cells.values() if cell)

    def _rate(self, row: pd.Series) -> Shown:
        cell = self.cell("rate", "", "", row["by"], row["group"])
        if cell is None:  # no frame: nobody knows how many were asked
            return {"responded": self.n(row["responded"])}
        told = _moved(self._value(cell, row["asked"]), row["estimate"])
        return {"asked": row["asked"], "responded": told * row["asked"], "estimate": told, "hidden": np.isnan(told)}

    def _missing(self, row: pd.Series) -> Shown:
        n, unsure, missing = self.base(row["item"])
        asked = self.n(row["asked"])
        return {"asked": asked, "answered": self.n(row["answered"]), "dont_know": unsure, "missing": missing,
                "dont_know_rate": unsure / asked, "missing_rate": missing / asked, "hidden": bool(np.isnan(n))}

    def _power(self, row: pd.Series) -> Shown:
        if min(row["n_a"], row["n_b"]) < self.minimum:
            return {"hidden": True}
        kept = ("difference", "power", "power_se", "equivalence", "equivalence_se", "margin")
        return {name: row[name] for name in kept} | {name: self.n(row[name]) for name in (
            "n_a", "n_b", "clusters_a", "clusters_b")}

    def _weights(self, row: pd.Series) -> Shown:
        return {"n": self.n(row["n"]), "low": float(preferred(row["low"])), "high": float(preferred(row["high"])),
                "design_effect": round(row["design_effect"], 1), "effective_n": self.n(row["effective_n"])}

    def _icc(self, row: pd.Series) -> Shown:
        if row["n"] < 4 * self.minimum:
            return {"hidden": True}
        nearest = 0.05 * np.round(row["estimate"] / 0.05)
        return {"n": self.n(row["n"]), "clusters": self.n(row["clusters"]), "estimate": nearest}

    def _r_indicator(self, row: pd.Series) -> Shown:
        return {name: round(row[name], 2) for name in ("estimate", "low", "high", "level")}


# ---- Precision -------------------------------------------------------------------------------------------------------


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


Shown = dict[str, float | str | bool]
NOTHING = Number(np.nan, np.nan, np.nan)
KINDS_OF_MEASURE = {"andel": "share", "middel": "mean", "del": "ratio", "svarede": "rate"}

# Tables by the columns that they have, and how a row of each is shown; the first that fits.
KINDS: list[tuple[set[str], Callable[[Plan, pd.Series], Shown]]] = [
    ({"statement", "measure", "verdict", "base", "dont_know"}, Plan._specification),
    ({"id", "rule", "verdict", "a", "b"}, Plan._claim),
    ({"statistic", "item", "answer", "by", "a", "b", "n_a", "n_b", "effect"}, Plan._contrast),
    ({"a", "b", "power", "equivalence", "clusters_a"}, Plan._power),
    ({"statistic", "item", "answer", "by", "group", "n", "estimate", "se", "df", "low", "level"}, Plan._estimate),
    ({"by", "group", "asked", "responded", "estimate"}, Plan._rate),
    ({"statistic", "by", "group", "reference", "estimate", "se", "df", "level"}, Plan._model),
    ({"model", "term", "statistic", "item", "estimate", "se", "df", "level"}, Plan._model),
    ({"test", "item", "by", "p"}, Plan._test),
    ({"by", "method", "statistic", "p"}, Plan._test),
    ({"item", "asked", "answered", "dont_know", "missing"}, Plan._missing),
    ({"version", "design_effect", "effective_n"}, Plan._weights),
    ({"item", "between", "within", "clusters"}, Plan._icc),
    ({"unadjusted", "variance", "variables"}, Plan._r_indicator),
]


def p_class(p: float) -> float:
    """The least of `P_CLASSES` that a p-value does not exceed; NaN for NaN."""
    return np.nan if np.isnan(p) else float(P_CLASSES[np.searchsorted(P_CLASSES, p)])


def _written(table: pd.DataFrame, rows: list[Shown]) -> pd.DataFrame:
    """The table with the numbers of `rows`, NaN for all other numbers, and `hidden`."""
    numbers = [name for name in table if pd.api.types.is_numeric_dtype(table[name]) and name not in ("level", "base")]
    hidden = np.array([bool(row.get("hidden", False)) for row in rows], dtype=bool)
    new = {name: [row.get(name, np.nan) for row in rows] for name in numbers}
    if "verdict" in table:
        new["verdict"] = [row.get("verdict", old) for row, old in zip(rows, table["verdict"], strict=True)]
    return table.assign(**new, hidden=hidden)


def _moved(anchor: Number, estimate: float) -> float:
    """What is shown of an estimate: of its cells, moved by whole steps if other weights or choices moved it."""
    exact, told, step, _ = anchor
    if np.isnan(told) or np.isnan(estimate):
        return np.nan
    return told + (step * np.round((estimate - exact) / step) if step > 0 else 0.0)


def _difference(a: Number, b: Number) -> Number:
    spread = tuple(one + other for one, other in zip(a.spread, b.spread, strict=True))
    return Number(a.exact - b.exact, a.shown - b.shown, max(a.step, b.step), spread)


def _freedom(df: float) -> float:
    """Degrees of freedom as used for intervals: the preferred number from below."""
    return np.nan if not df >= 1 else max(float(np.floor(10 ** (np.floor(GRID * np.log10(df)) / GRID))), 1.0)


def _with_error(told: float, se: float, df: float, level: float, *, odds: bool = False) -> Shown:
    """A number with interval, t and p made from what is shown of it and its error; of odds on the log scale."""
    df = _freedom(df)
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = (float(x[0]) for x in t_interval(np.array([told]), np.array([se]), np.array([df]), level))
        t = told / se if se > 0 else np.nan
    back = np.exp if odds else float
    return {"estimate": float(back(told)), "se": se, "df": df, "low": float(back(low)), "high": float(back(high)),
            "t": t, "p": float(2 * student.sf(abs(t), df))}


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def plan(survey: Survey, minimum: int = STEP) -> Plan:
    """What may be shown of these answers, over every table that any edition can show. Takes seconds: keep it.

    minimum: respondents behind a group, an answer and its opposite. Raises ValueError for a minimum below 2.
    """
    if minimum < 2:
        raise ValueError(f"a group of {minimum} is a person: minimum must be at least 2")
    if survey.provenance == SYNTHETIC:
        return Plan(survey, minimum, {})
    mine, cells = _groups(survey, survey.answers.index), {}
    for family in _families(survey):
        cells |= _planned([_Programme(table, mine, minimum) for table in family])
    if survey.framed:
        cells |= _planned([_Programme(_response(survey), _groups(survey, survey.frame.index), minimum)])
    return Plan(survey, minimum, cells)


def _planned(family: list[_Programme]) -> dict[tuple[Key, str, str], Cell]:
    """The cells of tables that are hidden together."""
    shared = np.logical_and.reduce([programme.visible for programme in family])
    for programme in family:
        programme.visible = shared  # one array: what one hides, all hide
    while len([programme for programme in family if programme.protect()]) and len(family) > 1:
        pass
    return {(key, *group): Cell(int(one.n[g]), one.exact[g, s], np.where(shared, one.shown, np.nan)[g, s], one.step[g],
                                    float(one.n_shown[g]) if key[0] == "share" else 0.0, bool(one.steady[g]))
            for one in family for s, key in enumerate(one.table.keys) for g, group in enumerate(one.groups.names)}
