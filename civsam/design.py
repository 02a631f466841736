"""How respondents stand for a population, and the one variance function that every estimator uses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np


@dataclass(frozen=True, eq=False)
class Stage:
    """One stage of selection. All arrays have one entry a respondent, shape (n,).

    strata and clusters: integer codes; a cluster lies within its stratum (and within its cluster of the stage before).
    population: how many clusters the row's stratum has in the population; infinite for no finite population correction.
    """

    strata: np.ndarray
    clusters: np.ndarray
    population: np.ndarray


@dataclass(frozen=True, eq=False)
class Design:
    """Weights and stages of selection, and the question that they answer (a key of `TARGETS`).

    A weight of 0 leaves a respondent out of every estimate, but not out of the size of the stratum. Raises ValueError
    for weights that are missing or negative, as R `survey` does, and for arrays of different lengths.
    """

    weights: np.ndarray
    stages: tuple[Stage, ...]
    target: str

    def __post_init__(self) -> None:
        """Refuse what no estimate could be made from."""
        n = len(self.weights)
        if not np.all(np.isfinite(self.weights)) or np.any(self.weights < 0):
            raise ValueError("weights must be finite and not negative")
        lengths = {len(part) for stage in self.stages for part in (stage.strata, stage.clusters, stage.population)}
        if lengths - {n}:
            raise ValueError(f"every array of a stage must have {n} entries, as the weights")

    @cached_property
    def nested(self) -> list[Nested]:
        """The stages with codes that are unique across the whole design, ready for `covariance`."""
        return list(_nested(self.stages))


# What an interval may be about, in words.
TARGETS = {"population": "alle adspurgte", "process": "processen bag svarene"}


@dataclass(frozen=True, eq=False)
class Nested:
    """A stage as the variance needs it. `cluster` is a row's cluster; the rest has an entry a cluster or a stratum."""

    cluster: np.ndarray
    stratum: np.ndarray  # of each cluster
    size: np.ndarray  # clusters drawn in each stratum
    fraction: np.ndarray  # drawn of all, in each stratum
    carried: np.ndarray  # of each cluster: the product of the fractions of the stages before


def pairs(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Codes 0, 1, ... for the pairs that occur."""
    return np.unique(first * (int(second.max(initial=0)) + 1) + second, return_inverse=True)[1]


def _nested(stages: tuple[Stage, ...]) -> Iterator[Nested]:
    n = len(stages[0].strata) if stages else 0
    enclosing, carried = np.zeros(n, dtype=int), np.ones(n)
    for stage in stages:
        stratum_of_row = pairs(enclosing, stage.strata)
        cluster = pairs(stratum_of_row, stage.clusters)
        _, first = np.unique(cluster, return_index=True)
        stratum = stratum_of_row[first]
        size = np.bincount(stratum)
        population = np.zeros(len(size))
        population[stratum_of_row] = stage.population
        yield Nested(cluster, stratum, size, size / population, carried[first])
        enclosing, carried = cluster, carried * (size / population)[stratum_of_row]


def covariance(influence: np.ndarray, design: Design) -> np.ndarray:
    """Covariance of estimators from their influence values; shape (n, k) gives (k, k).

    At each stage: the sum over strata of (1 - f) m / (m - 1) times the squared deviations of the totals of its m
    clusters, times the fractions f of the stages before (Cochran 1977; Särndal, Swensson & Wretman 1992).

    Raises ValueError where a stratum holds a single cluster that is not the whole stratum.
    """
    return _sum_over_stages(design, lambda stage: _totals(influence, stage.cluster))


def grouped_covariance(influence: np.ndarray, group: np.ndarray, groups: int, design: Design) -> np.ndarray:
    """The same where each row bears on one estimator only, its group's: shape (n,) and (n,) give (groups, groups)."""
    def totals(stage: Nested) -> np.ndarray:
        cells = np.bincount(stage.cluster * groups + group, influence, len(stage.stratum) * groups)
        return cells.reshape(-1, groups)

    return _sum_over_stages(design, totals)


def _totals(influence: np.ndarray, cluster: np.ndarray) -> np.ndarray:
    return np.column_stack([np.bincount(cluster, column) for column in influence.T])


def _sum_over_stages(design: Design, totals: Callable[[Nested], np.ndarray]) -> np.ndarray:
    """The variance of all stages from the totals of the clusters at each, shape (clusters, k)."""
    return sum(_stage_variance(stage, totals(stage)) for stage in design.nested)


def _stage_variance(stage: Nested, totals: np.ndarray) -> np.ndarray:
    m, f, stratum = stage.size, stage.fraction, stage.stratum
    if np.any((m == 1) & (f < 1)):
        raise ValueError("a stratum has a single cluster: join it with another")
    if len(m) == 1:
        deviation = totals - totals.mean(axis=0)
    else:
        mean = np.column_stack([np.bincount(stratum, column) for column in totals.T]) / m[:, None]
        deviation = totals - mean[stratum]
    scale = stage.carried * ((1 - f) * m / np.maximum(m - 1, 1))[stratum]
    return deviation.T @ (deviation * scale[:, None])


def degrees_of_freedom(design: Design, group: np.ndarray, groups: int) -> np.ndarray:
    """Clusters less strata of the first stage among the rows of each group; weight 0 and group -1 are left out."""
    stage = design.nested[0]
    used = (group >= 0) & (design.weights > 0)
    cluster = np.unique(stage.cluster[used] * groups + group[used])
    in_group, cluster = cluster % groups, cluster // groups
    stratum = np.unique(stage.stratum[cluster] * groups + in_group)
    return np.bincount(in_group, minlength=groups) - np.bincount(stratum % groups, minlength=groups)
