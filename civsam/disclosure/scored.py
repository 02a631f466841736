"""The mean of an ordered scale beside its shares: what it tells of them, as a row more in their linear programme.

Those who said 'ved ikke' have no score, and how many they are may be hidden. So what is told is not a sum, but that the
scores less the shown mean add up to nothing, give or take half a step for each who has one. A mean that tells too much
is told in steps twice as long, while that is not over its margin of error, before it is hidden.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

import numpy as np
from scipy import sparse

from civsam.disclosure.programme import DOMINANCE, MARGIN, Programme
from civsam.disclosure.rounding import STEP, preferred, rounded
from civsam.disclosure.tables import Groups, Table, key_of
from civsam.inference.settled import settled
from civsam.instrument.questionnaire import Item


def scored(item: Item, table: Table) -> Table:
    """The table of an ordered scale's shares with a number more: the mean of the scale, counted 1, 2, ... k."""
    places = range(1, len(item.scale.answers) + 1)
    scores = np.array([*places, *[0] * (len(item.codes) - len(places))], dtype=float)
    kinds = None if table.kinds is None else np.append(table.kinds, 0)
    said = None if table.said is None else np.pad(table.said, ((0, 0), (0, 1)))
    return replace(table, keys=[*table.keys, key_of("score", item.id, ",".join(map(str, places)))],
                   parts=np.vstack([table.parts, scores]), kinds=kinds, said=said)


class Scored(Programme):
    """A programme whose last number is the mean score: (G,) in `mean`, and in steps of `apart`, at most `coarsest`."""

    def __init__(self, table: Table, groups: Groups, minimum: int) -> None:
        """As of `Programme`."""
        super().__init__(table, groups, minimum)
        x, _ = table.values
        known = np.where(table.base, table.x @ (table.parts[-1] > 0), 0.0)
        weights = np.where(table.base, table.weights, 0.0)
        own, score = groups.own, x[:, -1]
        self.knows = own @ known
        with np.errstate(invalid="ignore", divide="ignore"):
            self.mean = settled(own @ (weights * score) / (own @ (weights * known)))
            unit = preferred(np.abs(score - self.mean[0])[known > 0].mean()) if known.any() else np.nan
            self.apart = STEP * unit / rounded(self.knows, minimum)
        away = own * (known * (score - np.nan_to_num(self.mean)[:, None]))
        self.coarsest = MARGIN * preferred(settled(np.sqrt((away**2).sum(axis=1)) / np.maximum(self.knows, 1)))
        most = (own @ (known[:, None] * self.table.x)).max(axis=1)  # who said what most said
        fits = (self.knows - most >= minimum) & (self.apart <= self.coarsest)
        for added in (np.abs(away), np.abs(away * weights)):
            *_, second, first = np.sort(np.pad(added, ((0, 0), (2, 0))), axis=1).T
            fits &= settled(added.sum(axis=1) - first - second) >= settled(DOMINANCE * first)
            self.steady &= settled((added**2).sum(axis=1)) >= settled((1 + DOMINANCE) ** 2 * first**2)
        self.need[:, -1], self.low[:, -1], self.high[:, -1] = 0.0, 0.0, 0.0  # tells of numbers, and is none itself
        self.visible[:, -1] = fits
        self.given = np.zeros(len(fits), dtype=bool)  # whose steps are decided

    def follow(self, other: Scored) -> None:
        """Tell what the other tells, in the same steps: in its groups, which are the first of these."""
        self.apart[:len(other.apart)], self.given[:len(other.apart)] = other.apart, True

    def hide(self, cell: int) -> bool:
        """As of `Programme`, but for a mean that can be told in longer steps."""
        group, number = divmod(cell, self.total.shape[1])
        self.__dict__.pop("ends", None)
        coarsest = self.coarsest[group]
        if number < self.total.shape[1] - 1 or self.given[group] or not settled(self.apart[group]) < settled(coarsest):
            return super().hide(cell)
        self.apart[group] = min(2 * self.apart[group], coarsest)
        return False

    @property
    def told_mean(self) -> np.ndarray:
        """The means as they are told, (G,)."""
        with np.errstate(invalid="ignore"):
            return self.apart * np.floor(settled(self.mean / self.apart) + 0.5)

    @cached_property
    def ends(self) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
        """As of `Programme`; of means, the scores less the one end or the other of what is told, among who has one."""
        last = (np.arange(self.total.shape[1]) == self.total.shape[1] - 1).astype(float)
        known = np.outer(last, self.table.parts[-1] > 0)
        high, low = ((self.told - sparse.kron(sparse.diags(np.nan_to_num(end)), known)).tocsr() for end in (
            self.told_mean + self.apart / 2 + 1e-9, self.told_mean - self.apart / 2 - 1e-9))
        return high, low

    def cell(self, group: int, number: int) -> tuple[int, float, float, float]:
        """As of `Programme`."""
        if number < self.total.shape[1] - 1:
            return super().cell(group, number)
        return int(self.knows[group]), self.mean[group], self.told_mean[group], self.apart[group]
