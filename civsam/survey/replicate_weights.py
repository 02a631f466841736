"""Replicate weights: the survey with other weights, over and over; the spread of an estimate over them is its variance.

Whatever the estimate, as long as it is a function of the weights (Wolter 2007). How they are made, and what a producer
states of those that came with the data, stands in `inference.replicates`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

CHUNK = 4_000_000  # factors held as floats at a time, 32 MB
RANK = 1e-10  # an eigenvalue this small beside the largest counts for nothing: replicate weights are rounded


@dataclass(frozen=True, eq=False)
class Replicates:
    """R sets of weights: replicate r gives row i in cluster c weights[i] * (shift[c] + slope[c] * counts[c, r]).

    weights and cluster: (n,); shift and slope: (clusters,); counts: (clusters, R). The variance is scale times the sum
    of rscales (R,) times squared deviations from the mean of the replicates, or, with `mse`, from the estimate itself.
    index: whose weights they are, (n,), where that is known. again: what makes them of another design, of those that
    were made here.
    """

    weights: np.ndarray
    cluster: np.ndarray
    shift: np.ndarray
    slope: np.ndarray
    counts: np.ndarray
    scale: float
    rscales: np.ndarray
    mse: bool = False
    index: pd.Index | None = None
    again: Callable[[Any], Replicates] | None = field(default=None, repr=False)

    def __iter__(self) -> Iterator[np.ndarray]:
        """The weights of each replicate in turn, shape (n,)."""
        for counts in self.counts.T:
            yield self.weights * (self.shift + self.slope * counts)[self.cluster]

    def matrix(self) -> np.ndarray:
        """All weights at once, shape (n, R)."""
        return self.weights[:, None] * (self.shift[:, None] + self.slope[:, None] * self.counts)[self.cluster]

    def sums(self, values: np.ndarray, group: np.ndarray, groups: int) -> np.ndarray:
        """Weighted sums of values (n,) in each group by each replicate, shape (R, groups).

        Sums by cluster first, then one matrix product.
        """
        cells = np.bincount(self.cluster * groups + group, self.weights * values, len(self.shift) * groups)
        totals = cells.reshape(-1, groups)
        moved, step = self.slope[:, None] * totals, max(1, CHUNK // self.counts.shape[1])
        result = np.tile(self.shift @ totals, (self.counts.shape[1], 1))
        for at in range(0, len(totals), step):
            result += self.counts[at:at + step].astype(float).T @ moved[at:at + step]
        return result

    def spread(self, estimates: np.ndarray, full: np.ndarray) -> np.ndarray:
        """Covariance (k, k) of estimates made by each replicate (R, k); full: the survey's own, (k,).

        An estimate that a replicate could not make (NaN: nobody of the group is in it) has no variance. Replicates that
        do not count (rscales 0) have no part in the mean either.
        """
        counts = self.rscales > 0
        estimates, rscales = estimates[counts], self.rscales[counts]
        deviation = estimates - (np.atleast_1d(full) if self.mse else estimates.mean(axis=0))
        return self.scale * (deviation.T @ (deviation * rscales[:, None]))

    def freedom(self, group: np.ndarray, groups: int) -> np.ndarray:
        """Degrees of freedom of each group, (groups,): the rank of its rows' weights less 1, as R `survey`.

        A row of group -1 is in none.
        """
        weights = self.matrix()
        inside = [weights[group == place] for place in range(groups)]
        values = [np.linalg.eigvalsh(part.T @ part) for part in inside]
        return np.array([max(np.sum(one > RANK * one.max(initial=0)) - 1, 0) for one in values])
