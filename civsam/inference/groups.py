"""Groups among respondents: sums over them, their clusters and their freedom."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from civsam.inference.variance import cluster_sums, freedom, grouped_covariance, staged_covariance
from civsam.survey.design import Nested
from civsam.survey.grouping import By, Split, split
from civsam.survey.survey import Survey


@dataclass(frozen=True, eq=False)
class Groups:
    """The groups of a variable among the respondents of a base.

    labels: the k codes; code: (n,) each row's group; weights: (n,), 0 outside the base; count: (n,) how many of the
    base a row is: 1 or 0, or more where rows were `merged`; stages: the design's, of these rows.
    """

    survey: Survey
    by: str
    labels: list[str]
    code: np.ndarray
    weights: np.ndarray
    count: np.ndarray
    stages: list[Nested]

    def merged(self, y: np.ndarray) -> tuple[Groups, np.ndarray]:
        """Rows alike in cluster, group and y (boolean) added up into one, and their y; shapes (m,).

        These are all that shares and their errors depend on, in few rows. As it is where that would not be fewer, and
        for a calibrated survey, whose residuals differ from row to row.
        """
        *before, last = self.stages
        clusters, k = len(last.stratum), len(self.labels)
        design = self.survey.design
        if design.calibration is not None or design.replicates is not None or clusters * k * 3 >= len(y):
            return self, y
        cell = last.cluster * k  # then group, and 0, 1, 2 for out of the base, not y, y; in place, as it is long
        cell += self.code
        cell *= 3
        cell += self.count
        cell += y & (self.count > 0)
        cluster, code, state = np.indices((clusters, k, 3)).reshape(3, -1)
        weights, count = np.bincount(cell, self.weights, len(state)), np.bincount(cell, minlength=len(state))
        stages = [*(replace(stage, cluster=_of_each(last.cluster, stage.cluster)[cluster]) for stage in before),
                  replace(last, cluster=cluster)]
        return replace(self, code=code, weights=weights, count=count * (state > 0), stages=stages), state == 2

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Sum of values (n,) in each group, shape (k,). Not weighted."""
        if len(self.labels) == 1:
            return np.array([values.sum()], dtype=float)
        return np.bincount(self.code, values, len(self.labels))

    def covariance(self, influence: np.ndarray, *, left_out: bool = False) -> np.ndarray:
        """Covariance of the groups' estimators from influence values (n,), 0 outside the base; shape (k, k).

        left_out: as of `variance.covariance`.
        """
        design, k = self.survey.design, len(self.labels)
        if design.calibration is not None or design.replicates is not None:
            return grouped_covariance(influence, self.code, k, design, left_out=left_out)
        return staged_covariance(influence, self.code, k, self.stages)

    @cached_property
    def n(self) -> np.ndarray:
        """Respondents in the base of each group, shape (k,)."""
        return self.sums(self.count).astype(int)

    @cached_property
    def by_cluster(self) -> np.ndarray:
        """Sums of the weights in each cluster of the first stage and group, shape (clusters, k)."""
        return cluster_sums(self.weights, self.code, len(self.labels), self.stages[0])

    @cached_property
    def size(self) -> np.ndarray:
        """How many each group's respondents stand for: the sum of their weights, shape (k,)."""
        return self.sums(self.weights)  # in the order of all sums, so that a share of all is 1 to the last bit

    @cached_property
    def df(self) -> np.ndarray:
        """Degrees of freedom of each group, shape (k,)."""
        if (replicates := self.survey.design.replicates) is not None:
            return replicates.freedom(np.where(self.weights > 0, self.code, -1), len(self.labels))
        return freedom(self.by_cluster > 0, self.stages[0])


def _of_each(inner: np.ndarray, outer: np.ndarray) -> np.ndarray:
    """The outer code of each inner code, which lies within it."""
    found = np.empty(int(inner.max(initial=-1)) + 1, dtype=int)
    found[inner] = outer
    return found


def groups(survey: Survey, base: np.ndarray, by: By | Split) -> Groups:
    """The groups of a name or several (`grouping`), or all as one, among the respondents in base (n,)."""
    part = by if isinstance(by, Split) else split(survey, by)
    base, code = base & (part.code >= 0), np.maximum(part.code, 0)
    weights = survey.design.weights if base.all() else survey.design.weights * base
    return Groups(survey, part.variable.id, part.labels, code, weights, base, survey.design.nested)
