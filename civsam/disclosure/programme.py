"""A linear programme that finds what hidden numbers tell: an attacker's knowledge, and what must also be hidden."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from civsam.disclosure.rounding import STEP, bracket, preferred, rounded
from civsam.disclosure.tables import LOWER, SECRET, UPPER, Groups, Table
from civsam.inference.settled import settled

DOMINANCE = 0.5
MARGIN = 2  # standard errors


class Programme:
    """What an attacker knows of a table's weighted sums x (G, A), as linear constraints, and what may be shown.

    n: (G,) respondents. total: (G, S) and base: (G,) weighted sums. window: low and high (G, S) of what is told of each
    number if it is shown. need: (G, S) how wide a hidden one must stay. decided: (G, S), what is shown come what may.
    All sums are in units of an average respondent.
    """

    def __init__(self, table: Table, groups: Groups, minimum: int) -> None:
        """minimum: respondents that a number must have to be shown for its own sake."""
        self.table, self.groups, self.minimum = table, groups, minimum
        x, d = table.values
        weights = np.where(table.base, table.weights, 0.0)
        self.n = groups.own @ table.base
        scale = table.unit * max(weights.sum(), 1e-12) / max(table.base.sum(), 1)
        self.parts_sum = settled(groups.own @ (weights[:, None] * np.where(table.base[:, None], table.x, 0.0)) / scale)
        self.total = settled(groups.own @ (weights[:, None] * x) / scale)
        self.base = settled(groups.own @ (weights * d) / scale)
        with np.errstate(invalid="ignore", divide="ignore"):
            self.exact = settled(self.total / self.base[:, None])
        self.n_shown = rounded(self.n, minimum) if table.counted else self.n
        with np.errstate(invalid="ignore", divide="ignore"):
            self.step = STEP * table.unit / self.n_shown
            self.shown = self.step[:, None] * np.floor(settled(self.exact / self.step[:, None]) + 0.5)
            each = np.where(self.n > 0, self.base / self.n, 0.0)[:, None]  # what a respondent stands for
        self.coarse = self._coarse(x, d)
        need = np.minimum(minimum + 1, self.n)[:, None] * each * table.unit
        self.need = np.broadcast_to(need, self.total.shape).copy()
        self.steady = np.ones(len(self.n), dtype=bool)
        self.decided = np.zeros(self.total.shape, dtype=bool)
        self.visible = self._allowed(x, d, weights / scale)
        self._windows(each)
        if table.kinds is not None and table.said is not None:
            self._bounds(table.kinds, table.said, settled(groups.own @ (weights[:, None] * table.said) / scale))

    def _allowed(self, x: np.ndarray, d: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Which numbers may be shown for their own sake, (G, S); the need of counts is at least the largest.

        weights: (n,), in units of an average respondent. Whoever weighs most must be able to have given the answer, or
        not, also to the one who weighs next to most.
        """
        least, n = self.minimum, self.n[:, None]
        allowed = (n >= least) & (self.groups.own @ (x != 0) >= least) & ~np.isnan(self.exact)
        statistic = self.table.keys[0][0]
        if statistic != "mean":
            part = settled(self.exact * n)  # weights may make few respondents of many, and the other way
            allowed &= (self.groups.own @ (x < d[:, None]) >= least) & (part >= least) & (settled(n - part) >= least)
            heaviest = settled(np.sum(self._largest(weights), axis=0))[:, None] if statistic == "share" else 0.0
            allowed &= (self.total >= heaviest) & (settled(self.base[:, None] - self.total) >= heaviest)
        if statistic in ("mean", "ratio"):
            mean_d = settled(self.groups.own @ d)[:, None]
            for values in (x[:, 0], d)[:1 + (statistic == "ratio")]:
                for added in (values * weights, values):  # the last is what the need is made of
                    first, second = self._largest(added)
                    rest = settled(self.groups.own @ np.abs(added) - first - second)
                    allowed &= (rest >= settled(DOMINANCE * first))[:, None]
                with np.errstate(invalid="ignore", divide="ignore"):
                    largest = np.where(mean_d > 0, first[:, None] * self.base[:, None] / mean_d, 0)
                self.need = np.maximum(self.need, largest)
            self.steady = self._steady(x[:, 0], d, np.ones(len(d))) & self._steady(x[:, 0], d, weights)
        return allowed

    def _coarse(self, x: np.ndarray, d: np.ndarray) -> np.ndarray:
        """Which means have a step that is more than their margin of error, (G,): such a number would mislead."""
        if self.table.keys[0][0] != "mean":
            return np.zeros(len(self.n), dtype=bool)
        squares = (self.groups.own * (x[:, 0] - np.nan_to_num(self.exact[:, :1]) * d) ** 2).sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            return ~(self.step <= MARGIN * preferred(settled(np.sqrt(squares) / self.n)))

    def _steady(self, x: np.ndarray, d: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Where the standard error does not tell the largest count: the others add enough of their own, (G,)."""
        squares = self.groups.own * (weights * (x - np.nan_to_num(self.exact[:, :1]) * d)) ** 2
        first = squares.max(axis=1)
        return settled(squares.sum(axis=1)) >= settled((1 + DOMINANCE) ** 2 * first)

    def _largest(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The largest and the second largest contribution in each group, shapes (G,)."""
        two = np.sort(np.pad(self.groups.own * np.abs(values), ((0, 0), (2, 0))), axis=1)
        return two[:, -1], two[:, -2]

    def _windows(self, each: np.ndarray) -> None:
        """What is told of each number if it is shown: half a step to each side, and what all know of shown ones."""
        base, half = self.base[:, None], self.step[:, None] / 2
        self.low, self.high = (self.shown - half) * base, (self.shown + half) * base
        if self.table.keys[0][0] != "mean":
            part = settled(self.exact * self.n[:, None])
            self.low = np.maximum(self.low, bracket(part) * each)
            self.high = np.minimum(self.high, base - bracket(self.n[:, None] - part) * each)
        alike = len(np.unique(self.table.weights[self.table.base])) < 2
        if self.table.keys[0][0] in ("share", "rate") and alike:  # counts are whole numbers
            one = np.where(each > 0, each, 1.0)
            self.low, self.high = np.ceil(self.low / one - 1e-6) * each, np.floor(self.high / one + 1e-6) * each
        self.low, self.high = np.minimum(self.low, self.total), np.maximum(self.high, self.total)

    def _bounds(self, kinds: np.ndarray, who: np.ndarray, said: np.ndarray) -> None:
        """What others tell of some numbers: that so many are in them, or are not, as their own rounded number tells.

        kinds: (S,), who: (n, S), both as of a `Table`. said: (G, S), the weighted sums of who. Bounds are no numbers
        themselves, and need no room.
        """
        n = self.groups.own @ who
        told = np.nan_to_num(rounded(n, self.minimum)) - STEP / 2
        said = np.where(n > 0, said * np.clip(told / np.maximum(n, 1), 0, 1), 0.0)
        base, bound = self.base[:, None], np.isin(kinds, (LOWER, UPPER))
        self.low = np.where(kinds == LOWER, said, np.where(bound, 0.0, self.low))
        self.high = np.where(kinds == UPPER, base - said, np.where(bound, base, self.high))
        self.low, self.high = np.minimum(self.low, self.total), np.maximum(self.high, self.total)
        self.visible = np.where(kinds == SECRET, False, self.visible | bound & (self.n > 0)[:, None])
        self.need[:, bound] = 0.0

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
        """Groups add up to what they are parts of, and answers to the base where they do."""
        eye, rows, right = np.eye(self.parts_sum.shape[1]), [], []
        for whole, parts in self.groups.sums:
            rows += [([-whole - 1, *parts], column) for column in eye]
            right += [0.0] * len(eye)
        for vector, low, high in self.table.limits:
            if low == high:
                rows += [([group], vector) for group in range(len(self.n))]
                right += list(low * self.base)
        return self._rows(rows), np.array(right)

    @cached_property
    def at_most(self) -> tuple[sparse.csr_matrix, np.ndarray]:
        """Limits of each group, and a group within others has no more of an answer, or of the rest, than they."""
        rows: list[tuple[Sequence[int], np.ndarray]] = []
        right: list[float] = []
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
                rest = self.base[others].sum() - self.base[group]
                rows, right = [*rows, (inner, column)], [*right, -self.table.floor * rest]
                if self.table.keys[0][0] != "mean":
                    rows, right = [*rows, (inner, -column)], [*right, rest]
        return self._rows(rows), np.array(right)

    @cached_property
    def told(self) -> sparse.csr_matrix:
        """The numbers themselves, a row each: (G * S, G * A)."""
        return sparse.kron(sparse.eye(len(self.n)), self.table.parts, format="csr")

    @property
    def ends(self) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
        """What is at most the `high`, and at least the `low`, of each number: the numbers themselves."""
        return self.told, self.told

    # -- solving

    def furthest(self, objective: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """All numbers (G * S,) where a sum of them is greatest, and the shown cells that bind it."""
        shown = np.flatnonzero(self.visible.ravel())
        upper, lower = self.ends
        fixed, limit = self.at_most
        above = sparse.vstack([fixed, upper[shown], -lower[shown]], format="csr")
        limits = np.concatenate([limit, self.high.ravel()[shown], -self.low.ravel()[shown]])
        least = np.minimum(self.table.floor * self.base[:, None], self.parts_sum).ravel() if self.table.floor else 0.0
        bounds = np.column_stack(np.broadcast_arrays(least, np.full(self.parts_sum.size, np.inf)))
        found = linprog(-(objective @ self.told), above, limits, *self.equal, bounds, method="highs-ds")
        if found.x is None:  # the solver gives up: nothing is known to be safe
            return self.total.ravel(), shown
        dual = np.abs(found.ineqlin.marginals[len(limit):]).reshape(2, -1).max(axis=0)
        return self.told @ found.x, shown[dual > 1e-9]

    def protect(self) -> bool:
        """Hide what binds a hidden number too narrowly, until none is. Whether anything more was hidden."""
        before, need = self.visible.sum(), self.need.ravel() - 1e-6
        reach = Reach(self.total.ravel())
        waiting = list(np.flatnonzero(~self.visible.ravel()))
        self._many(reach, np.array(waiting, dtype=int), need)
        for cell in waiting:  # grows while it runs
            one = np.arange(len(need)) == cell
            while reach.width[cell] < need[cell]:
                binding = [reach.add(*self.furthest(sign * one)) for sign in (1.0, -1.0)]
                free = [one for one in np.concatenate(binding) if not self.decided.ravel()[one]]
                if reach.width[cell] >= need[cell] or not free:
                    break  # wide enough, or nothing that is shown has a part in it
                least = min(free, key=self._cost)
                if self.hide(least):
                    waiting.append(least)
        return bool(self.visible.sum() < before)

    def hide(self, cell: int) -> bool:
        """Hide a number that tells too much, (G * S,) counted; whether it then is hidden."""
        self.visible.ravel()[cell] = False
        return True

    def cell(self, group: int, number: int) -> tuple[int, float, float, float]:
        """A number of a group, less the table's origin: respondents, its value, as it is told, and the step."""
        return int(self.n[group]), self.exact[group, number], self.shown[group, number], self.step[group]

    def _cost(self, cell: int) -> tuple[float, float, int]:
        """What is hidden first: in small groups, and what few have said."""
        return self.n[cell // self.total.shape[1]], self.total.ravel()[cell], cell

    def _many(self, reach: Reach, hidden: np.ndarray, need: np.ndarray) -> None:
        """A first round for all hidden numbers at once, in random directions: most have room, and are then known to."""
        directions, gained = np.random.default_rng(0), True
        while gained:
            narrow = hidden[reach.width[hidden] < need[hidden]]
            objective = np.zeros(len(need))
            objective[narrow] = directions.choice([-1.0, 1.0], len(narrow))
            for sign in (1, -1) if len(narrow) else ():
                reach.add(*self.furthest(sign * objective))
            gained = bool(np.any(reach.width[narrow] >= need[narrow]))


class Reach:
    """The least and the greatest values that numbers are known to take, from the points seen so far."""

    def __init__(self, truth: np.ndarray) -> None:
        """truth: the numbers themselves, shape (G * S,)."""
        self.low, self.high = truth.copy(), truth.copy()

    def add(self, point: np.ndarray, binding: np.ndarray) -> np.ndarray:
        """Take a point in; gives `binding` back."""
        self.low, self.high = np.minimum(self.low, point), np.maximum(self.high, point)
        return binding

    @property
    def width(self) -> np.ndarray:
        """Greatest less least."""
        return self.high - self.low
