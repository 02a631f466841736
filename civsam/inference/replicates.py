"""Replicate weights: bootstrap, jackknife, or given with the data; and the variance that they give any estimate.

A replicate is the survey with other weights. The spread of an estimate over the replicates is its variance, whatever
the estimate, as long as it is a function of the weights (Wolter 2007).

`bootstrap` and `jackknife` take clusters of the first stage as the design has them: respondents within response groups
where the question is what all in the frame would say, municipalities where it is the process behind the answers. A
factor belongs to a cluster, so that 1,000 replicates of many respondents in few clusters are a small table; weights for
each respondent and replicate are made only by `Replicates.matrix`.

Designs with later stages are refused where these would count (a first stage with a finite population correction). So
are calibrated weights: replicate the design with the weights before calibration, and give `covariance` a statistic that
calibrates the weights it gets.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from civsam.files import UserError
from civsam.inference import estimators, groups
from civsam.survey import grouping
from civsam.survey.checked import seeded, whole
from civsam.survey.design import Design, Nested
from civsam.survey.grouping import By
from civsam.survey.replicate_weights import CHUNK, Replicates
from civsam.survey.survey import Survey

# ---- Making them -----------------------------------------------------------------------------------------------------


def resampled(
    design: Design, kind: str, *, replicates: int = 1000, seed: int | np.random.Generator = 0,
    key: pd.Index | None = None,
) -> Replicates:
    """Replicate weights made of a design: kind is jackknife (see `jackknife`) or bootstrap (see `bootstrap`).

    replicates, seed and key are of the bootstrap alone: how many, what they are drawn with, and the respondents' keys,
    with which they are the same whatever the order of the rows. Raises ValueError for another kind, and as those two.

    >>> from civsam import open_edition, weighting
    >>> weighting.resampled(open_edition().raw.design, "bootstrap", replicates=20).matrix().shape[1]
    20
    >>> len(weighting.resampled(weighting.for_process(open_edition().raw).design, "jackknife").rscales) <= 98
    True
    """
    if kind not in ("jackknife", "bootstrap"):
        raise ValueError(f"kind must be jackknife or bootstrap, not {kind!r}")
    return jackknife(design) if kind == "jackknife" else bootstrap(design, replicates, seed, key=key)


def bootstrap(
    design: Design, replicates: int = 1000, seed: int | np.random.Generator = 0, *, key: pd.Index | None = None
) -> Replicates:
    """Rescaled bootstrap: in each stratum m - 1 of its m clusters are drawn with replacement (Rao & Wu 1988).

    A cluster drawn t times counts 1 - a + a t m / (m - 1) times, a = sqrt(1 - f), so that the variance of a total is on
    average that of `variance.covariance`, and no weight is negative (Rao, Wu & Yue 1992). The relative Monte Carlo
    error of a standard error is about 1 / sqrt(2 R). seed: a number, or a generator to draw from. key: of each
    respondent, unique; with it what is drawn belongs to the clusters, whatever the order of the rows, and else to their
    order.

    Raises ValueError for fewer than two replicates, calibrated weights, later stages that count, and a stratum with a
    single cluster that is not the whole of it, unless it adds nothing (`Design.lonely` is certainty).
    """
    whole(replicates, "replicates", 2)  # one has no spread
    seeded(seed)
    if key is not None and (not isinstance(key, pd.Index) or len(key) != len(design.weights)):
        raise UserError(f"key={key!r}: giv svarenes nøgle, survey.answers.index, med {len(design.weights)} navne.")
    stage, rng = _first_stage(design), np.random.default_rng(seed)
    counts = np.zeros((len(stage.stratum), replicates), dtype=np.uint8)  # more than 255 of m - 1 draws does not happen
    for members in _strata(stage, key):
        counts[members] = _multiplicities(len(members), replicates, rng)
    size = np.maximum(stage.size, 2)
    root = np.where(stage.size > 1, np.sqrt(1 - stage.fraction), 0.0)
    shift, slope = (1 - root)[stage.stratum], (root * size / (size - 1))[stage.stratum]
    scale, again = 1 / (replicates - 1), partial(bootstrap, replicates=replicates, seed=seed, key=key)
    return Replicates(design.weights, stage.cluster, shift, slope, counts, scale, np.ones(replicates), again=again)


def _strata(stage: Nested, key: pd.Index | None) -> list[np.ndarray]:
    """The clusters of each stratum, clusters and strata in the order of their first keys, or of their codes."""
    if key is None:
        order, stratum = np.arange(len(stage.stratum)), stage.stratum
    else:
        order = stage.cluster[np.argsort(key, kind="stable")]
        order = order[np.sort(np.unique(order, return_index=True)[1])]
        stratum = pd.factorize(stage.stratum[order])[0]
    inside = order[np.argsort(stratum, kind="stable")]
    return np.split(inside, np.cumsum(np.bincount(stratum))[:-1])


def _multiplicities(m: int, replicates: int, rng: np.random.Generator) -> np.ndarray:
    """How often each of m clusters is drawn in m - 1 draws, shape (m, replicates)."""
    result = np.empty((m, replicates), dtype=np.uint8)
    step = max(1, CHUNK // m)
    for at in range(0, replicates, step):
        part = result[:, at:at + step]
        place = rng.integers(m, size=(m - 1, part.shape[1])) * part.shape[1] + np.arange(part.shape[1])
        part[:] = np.bincount(place.ravel(), minlength=part.size).reshape(part.shape)
    return result


def jackknife(design: Design) -> Replicates:
    """Jackknife: each cluster is left out in turn, and the others of its stratum stand in for it (JKn, JK1).

    The deviations of a stratum of m clusters count (1 - f) (m - 1) / m (Wolter 2007, chapter 4). Needs memory for
    clusters x clusters factors. Raises ValueError as `bootstrap`.
    """
    stage = _first_stage(design)
    clusters, stratum = len(stage.stratum), stage.stratum
    m = stage.size[stratum].astype(float)
    counts = np.where(stratum[:, None] == stratum, (m / np.maximum(m - 1, 1))[:, None], 1.0)
    np.fill_diagonal(counts, 0.0)
    return Replicates(design.weights, stage.cluster, np.zeros(clusters), np.ones(clusters), counts, 1.0,
                      (1 - stage.fraction)[stratum] * (m - 1) / m, again=jackknife)


def _first_stage(design: Design) -> Nested:
    """The stage that is resampled. Raises ValueError where that would not do."""
    if not isinstance(design, Design):
        raise TypeError(f"replicates are made of a design, `survey.design`, not of {type(design).__name__}")
    if design.replicates is not None:
        raise ValueError("the design has replicate weights already: use them")
    if design.calibration is not None:
        raise ValueError("the weights are calibrated: replicate those before, and calibrate in the statistic")
    _, *later = [stage.scale for stage in design.nested]  # raises for single clusters
    if design.lonely in ("adjust", "average") and design.nested[0].alone.any():
        raise ValueError(f"no replicates give a stratum with a single cluster what lonely={design.lonely!r} does: use "
                         "lonely='certainty', by which it adds nothing")
    if any(np.any(scale > 0) for scale in later):
        raise ValueError("replicates of the first stage miss the variance of the later ones: use design.covariance")
    return design.nested[0]


def given(
    weights: np.ndarray | pd.DataFrame, scale: float, rscales: np.ndarray | None = None, *, mse: bool = False
) -> Replicates:
    """Replicate weights that came with the data, shape (n, R), with the scales that its producer states.

    weights: ready for use (not factors on the weights of the survey). rscales: (R,), 1 for none. mse: deviations from
    the estimate itself, not from the mean of the replicates. A DataFrame is put in the order of the survey's
    respondents by its index. Raises ValueError for weights that are missing or negative and for scales of another
    length.
    """
    index = weights.index if isinstance(weights, pd.DataFrame) else None
    weights = np.asarray(weights, dtype=float)
    n, replicates = weights.shape
    rscales = np.ones(replicates) if rscales is None else np.asarray(rscales, dtype=float)
    if not np.all(np.isfinite(weights)) or np.any(weights < 0):
        raise ValueError("replicate weights must be finite and not negative")
    if rscales.shape != (replicates,):
        raise ValueError(f"rscales must have {replicates} entries, one a replicate")
    return Replicates(np.ones(n), np.arange(n), np.zeros(n), np.ones(n), weights, scale, rscales, mse,
                      index)


# ---- Using them ------------------------------------------------------------------------------------------------------


def covariance(replicates: Replicates, statistic: Callable[[np.ndarray], np.ndarray], full: np.ndarray) -> np.ndarray:
    """Covariance (k, k) of any estimate: statistic makes k numbers of weights (n,); full: those of the survey's own.

    Calls it once a replicate, with weights for all respondents.
    """
    return replicates.spread(np.array([np.atleast_1d(statistic(weights)) for weights in replicates]), full)


def replicated(
    survey: Survey, replicates: Replicates, statistic: str, item: str, by: By = None, answer: str = "", *,
    dont_know: bool = True,
) -> pd.DataFrame:
    """A share, mean or ratio as `estimate` has it, by group, with the standard error from replicates.

    statistic, item, answer and dont_know: as for `estimators.variables`. The degrees of freedom are the design's, at
    most R - 1; the interval of a share is Korn-Graubard. Where some left the question blank, replicates that were made
    here are made again, of the design for those who did not (`Survey.among`). Of those that came with the data nobody
    told the response groups: blanks are then outside the domain, and the spread of a ratio tells of them as of any
    domain.

    >>> from civsam import open_edition, weighting
    >>> survey = weighting.for_process(open_edition().raw)
    >>> made = weighting.resampled(survey.design, "bootstrap", replicates=50)
    >>> weighting.replicated(survey, made, "share", "pol_fokus", answer="ja")["statistic"].item()
    'share'
    """
    grouping.the_survey(survey)
    if not isinstance(replicates, Replicates):
        raise TypeError(f"replicates are made by `bootstrap` or `jackknife`, not given as {type(replicates).__name__}")
    if len(replicates.cluster) != len(survey.answers):
        raise ValueError(f"the replicate weights must have {len(survey.answers)} rows, one a respondent")
    if replicates.index is not None:
        place = pd.Series(np.arange(len(replicates.index)), replicates.index)
        order = survey.aligned(place, "replikatvægtene").to_numpy()
        replicates = replace(replicates, weights=replicates.weights[order], cluster=replicates.cluster[order])
    those = estimators.variables(survey, statistic, item, answer, dont_know=dont_know)
    part = grouping.split(survey, by)
    if replicates.again is not None and (fewer := part.among(survey, those.responded)) is not survey:
        survey, replicates = fewer, replicates.again(fewer.design)
    among = groups.groups(survey, those.base, part)
    columns, _ = estimators.ratio(among, those.y, those.x, estimators.replicated(among, those.y, those.x, replicates))
    columns["df"] = np.minimum(columns["df"], len(replicates.rscales) - 1)
    return estimators.tidy(among, statistic, item, [answer], columns)
