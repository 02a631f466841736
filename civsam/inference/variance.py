"""The one variance function that every estimator uses."""

from __future__ import annotations

import numpy as np

from civsam.survey.design import Design, Nested, cluster_totals
from civsam.survey.replicate_weights import Replicates

NOTHING = 1e-12  # what is this small beside the largest is what is left of numbers that cancel


def covariance(influence: np.ndarray, design: Design, *, left_out: bool = False) -> np.ndarray:
    """Covariance of estimators from their influence values; shape (n, k) gives (k, k).

    At each stage: the sum over strata of (1 - f) m / (m - 1) times the squared deviations of the totals of its m
    clusters, times the fractions f of the stages before (Cochran 1977; Särndal, Swensson & Wretman 1992).
    After calibration the residuals take the place of the influence values; left_out: those of `Design.left_out`.

    Raises ValueError where a stratum holds a single cluster that is not the whole stratum, unless the design tells what
    it adds (`Design.lonely`). NaN for an estimate whose rows all lie in such strata, where these are to be as others.
    """
    if design.replicates is not None:
        return _replicated(influence, design.weights[:, None], design.replicates)
    if design.calibration is not None:
        influence = design.calibration.residual(influence, design.weights)
        influence = design.left_out(influence) if left_out else influence
    stages = [_stage_variance(stage, cluster_totals(influence, stage.cluster)) for stage in design.nested]
    return np.sum(stages, axis=0)


def grouped_covariance(
    influence: np.ndarray, group: np.ndarray, groups: int, design: Design, *, left_out: bool = False
) -> np.ndarray:
    """The same where each row bears on one estimator only, its group's: shape (n,) and (n,) give (groups, groups)."""
    if design.replicates is not None or design.calibration is not None:  # a row's residual bears on every group
        spread = np.zeros((len(group), groups))
        spread[np.arange(len(group)), group] = influence
        return covariance(spread, design, left_out=left_out)

    return staged_covariance(influence, group, groups, design.nested)


def staged_covariance(influence: np.ndarray, group: np.ndarray, groups: int, stages: list[Nested]) -> np.ndarray:
    """The same from the stages alone, without calibration. Rows of one cluster and group may be added up beforehand."""
    def variance(stage: Nested) -> np.ndarray:
        if len(stage.stratum) == len(group) and stage.lonely != "average":
            return _element_variance(stage, influence, group, groups)
        return _stage_variance(stage, cluster_sums(influence, group, groups, stage))

    return np.sum([variance(stage) for stage in stages], axis=0)


def _replicated(influence: np.ndarray, weights: np.ndarray, each: Replicates) -> np.ndarray:
    """The spread of totals of influence values (n, k) over replicate weights: exact for totals. weights: (n, 1)."""
    one = np.zeros(len(influence), dtype=int)
    values = np.divide(influence, weights, out=np.zeros(influence.shape), where=weights > 0)
    made = [each.sums(column, one, 1) for column in values.T]
    return each.spread(np.column_stack([np.empty((len(each.rscales), 0)), *made]), influence.sum(axis=0))


def _stage_variance(stage: Nested, totals: np.ndarray) -> np.ndarray:
    """One stage's part of the covariance from the totals of its clusters, shape (clusters, k)."""
    scale = stage.scale
    if len(stage.size) == 1:
        deviation = totals - totals.mean(axis=0)
    else:
        deviation = totals - _centres(stage, cluster_totals(totals, stage.stratum))[stage.stratum]
    if stage.lonely == "average" and stage.alone.any():
        deviation *= _as_the_others(stage, totals)[stage.stratum]
    return deviation.T @ (deviation * scale[:, None])


def _centres(stage: Nested, sums: np.ndarray) -> np.ndarray:
    """What the clusters of each stratum deviate from, from the strata's sums (strata, k): their mean, mostly."""
    mean = sums / stage.size[:, None]
    return np.where(stage.alone[:, None], 0.0, mean) if stage.lonely == "adjust" else mean


def _as_the_others(stage: Nested, totals: np.ndarray) -> np.ndarray:
    """By what the deviations grow where strata that are alone are given the mean of the others' variances, (strata, k).

    It is reckoned within each cluster of the stage before, and for each estimate among the strata that it has rows in:
    it has none where the clusters' totals (clusters, k) are all 0.
    """
    size = cluster_totals(np.abs(totals), stage.stratum)
    there = (size > NOTHING * size.max(axis=0)).astype(float)
    strata, known = (cluster_totals(part, stage.enclosing) for part in (there, there * ~stage.alone[:, None]))
    with np.errstate(divide="ignore", invalid="ignore"):
        times = np.where(strata == 0, 1.0, np.where(known > 0, np.sqrt(strata / known), np.nan))
    return times[stage.enclosing]


def _element_variance(stage: Nested, influence: np.ndarray, group: np.ndarray, groups: int) -> np.ndarray:
    """The same where every row is a cluster of its own, without a matrix of rows by groups.

    In a stratum of m rows with means t of the groups' influence over all of them, two groups covary by -m t t'; a group
    varies by its own rows' squared deviations and by t^2 for each of the others.
    """
    cell, cells = stage.stratum[stage.cluster] * groups + group, len(stage.size) * groups
    mean: np.ndarray = _centres(stage, np.bincount(cell, influence, cells).reshape(-1, groups)).ravel()
    squares = np.bincount(cell, (influence - mean[cell]) ** 2, cells)
    others = np.repeat(stage.size, groups) - np.bincount(cell, minlength=cells)
    own, means = (squares + others * mean**2).reshape(-1, groups), mean.reshape(-1, groups)
    scale = np.zeros(len(stage.size))
    scale[stage.stratum] = stage.scale
    result = -(means.T @ (means * (scale * stage.size)[:, None]))
    np.fill_diagonal(result, scale @ own)
    return result


def cluster_sums(values: np.ndarray, group: np.ndarray, groups: int, stage: Nested) -> np.ndarray:
    """Sums of values (n,) over the rows of each cluster and group, shape (clusters, groups)."""
    cells = len(stage.stratum) * groups
    return np.bincount(stage.cluster * groups + group, values, cells).reshape(-1, groups)


def degrees_of_freedom(design: Design, group: np.ndarray, groups: int) -> np.ndarray:
    """Clusters less strata of the first stage among the rows of each group; weight 0 and group -1 are left out.

    With replicate weights, the rank of those less 1.
    """
    if design.replicates is not None:
        return design.replicates.freedom(np.where(design.weights > 0, group, -1), groups)
    stage = design.nested[0]
    return freedom(cluster_sums(design.weights, group + 1, groups + 1, stage)[:, 1:] > 0, stage)


def freedom(there: np.ndarray, stage: Nested) -> np.ndarray:
    """Clusters less strata from which clusters each group is in; shape (clusters, groups) gives (groups,)."""
    strata = [np.count_nonzero(np.bincount(stage.stratum[inside])) for inside in there.T]
    return np.count_nonzero(there, axis=0) - np.array(strata, dtype=int)
