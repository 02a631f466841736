"""What the survey could have detected: power and equivalence of a difference between two groups, by simulation.

The survey's own respondents answer again and again, with a true difference that we choose. Municipalities, respondents
in each and weights stay as they are. Nothing is supposed to differ but the two groups, and the municipalities within
them by the simulation's intraclass correlation: real answers that differ by area too vary a little more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from pandas.api.types import is_list_like
from scipy.stats import norm
from scipy.stats import t as student

from civsam.inference import weighting
from civsam.inference.equations import BiasReduced, bias_reduced, measure, solve
from civsam.inference.settled import in_order, settled
from civsam.survey.checked import is_number, seeded, whole
from civsam.survey.survey import Survey

COLUMNS = ("item", "answer", "by", "a", "b", "difference", "power", "power_se", "equivalence", "equivalence_se", "n_a",
           "n_b", "clusters_a", "clusters_b", "margin", "icc", "provenance")


def detectable(
    survey: Survey, item: str, answer: str, by: str, differences: Sequence[float], draws: int = 500, seed: int = 0, *,
    icc: float, margin: float = 0.10, share: float | None = None,
) -> pd.DataFrame:
    """How often a true difference between two groups of municipalities would be found; a row a difference.

    by: of an ordered variable the first group is held against the last, else the smallest against the largest (in
    respondents). Columns: item, answer, by, a and b (codes of the groups), difference (share in a less share in b,
    around `share`), power (share of draws where the two-sided test of `compare.contrasts`, CR2 with
    Satterthwaite degrees of freedom, rejects at 1 - the survey's level), equivalence (where the 90 percent interval
    lies within the margin, Schuirmann 1987), power_se and equivalence_se (Monte Carlo standard errors), n_a, n_b,
    clusters_a, clusters_b, margin, icc, provenance. A draw in which all of a group answer alike decides nothing.

    share: the share in both together; the one observed unless given.

    icc: the clusters' share of the variance on the latent normal scale. All differences are tried on the same random
    numbers.

    Rates are NaN where a share would be below 0 or above 1.

    Raises UserError for an unknown item, answer or variable, ValueError for no answer, differences that are no list, a
    group with fewer than two municipalities, no draws, a margin outside 0 to 1, and an icc or a share outside 0 to 1.

    >>> from civsam import compare, open_edition
    >>> found = compare.detectable(open_edition().survey, "pol_fokus", "ja", "blok", [0.2], draws=50, icc=0.05)
    >>> found["power"].item() > 0.8
    True
    """
    whole(draws, "draws", 1)
    shares = [icc] if share is None else [icc, share]
    if not (is_number(margin) and 0 < margin < 1 and all(is_number(one) and 0 <= one <= 1 for one in shares)):
        raise ValueError("a margin is a distance between shares, such as 0.1, and an icc lies between 0 and 1, as a "
                         f"share does, not {margin!r}, {icc!r} and {share!r}")
    if answer is None or not (is_list_like(differences) and len(differences) and all(
            is_number(one) and abs(one) < 1 for one in differences)):
        raise ValueError("what is detected are differences, such as [0.1, 0.2], in the share of an answer; they were "
                         f"{differences!r} and the answer {answer!r}")
    process = in_order(weighting.for_process(survey))  # so that random numbers belong to respondents
    pair = _pair(process, item, answer, by)
    pair = pair if share is None else replace(pair, base=share)
    latent = _latent(pair.cluster, icc, draws, np.random.default_rng(seeded(seed)))
    rows = []
    for difference in differences:
        limit = norm.ppf(pair.shares(difference))  # NaN where a share cannot be
        found, equal = _decided(pair, latent < limit[pair.side][:, None], survey.level, margin)
        found, equal = (hits if np.all(limit == limit) else np.full(draws, np.nan) for hits in (found, equal))
        rows.append((item, answer, by, *pair.names, difference, *_rate(found), *_rate(equal), *pair.n, *pair.clusters,
                     margin, icc, survey.provenance))
    return pd.DataFrame(rows, columns=list(COLUMNS))


@dataclass(frozen=True, eq=False)
class _Pair:
    """Two groups and their m respondents. side (0 or 1), weight, cluster (codes 0, 1, ...): (m,); the rest (2,).

    weight is scaled to sum to 1 in each group. reduced: CR2 of the difference.
    """

    names: list[str]
    side: np.ndarray
    weight: np.ndarray
    cluster: np.ndarray
    n: np.ndarray
    clusters: np.ndarray
    split: np.ndarray
    base: float
    reduced: BiasReduced

    def shares(self, difference: float) -> np.ndarray:
        """The true shares in a and b, which differ by that much and give the share of both, if there are such."""
        return settled(self.base + difference * (np.array([1.0, 0.0]) - self.split[0]))


def _pair(survey: Survey, item: str, answer: str, by: str) -> _Pair:
    """The two groups to compare, among those who answered the item."""
    what, group = measure(survey, item, answer), survey.group(by)
    survey = survey.among(what.responded)
    used = what.base & (survey.design.weights > 0)
    names, size = list(survey.variable(by).labels), np.bincount(group[used])
    present = np.flatnonzero(size)
    ordered = survey.variable(by).ordered
    ends = present[[0, -1]] if ordered else present[np.argsort(size[present], kind="stable")[[0, -1]]]
    row = np.flatnonzero(used & np.isin(group, ends))
    side, weight = (group[row] == ends[1]).astype(int), survey.design.weights[row]
    cluster = pd.factorize(survey.design.nested[0].cluster[row])[0]  # in the order of the respondents
    clusters = np.array([len(np.unique(cluster[side == place])) for place in (0, 1)])
    if len(set(ends)) < 2 or clusters.min() < 2:
        raise ValueError(f"{by}: each of two groups must have respondents in at least two municipalities")
    columns, split = np.eye(2)[side], np.bincount(side, weight)
    equations = solve(what.y[row], columns, columns, weight, row)
    reduced = bias_reduced(equations, cluster, np.array([[1.0, -1.0]]))
    base = float(weight @ what.y[row] / weight.sum())
    return _Pair([names[end] for end in ends], side, weight / split[side], cluster, size[ends], clusters,
                 split / split.sum(), base, reduced)


def _latent(cluster: np.ndarray, icc: float, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Standard normal levels that share `icc` of their variance within a cluster, shape (m, draws)."""
    shared = rng.standard_normal((cluster.max() + 1, draws))[cluster]
    return np.sqrt(icc) * shared + np.sqrt(1 - icc) * rng.standard_normal((len(cluster), draws))


def _decided(pair: _Pair, says: np.ndarray, level: float, margin: float) -> tuple[np.ndarray, np.ndarray]:
    """Whether each draw finds a difference, and whether it finds none to speak of. says: (m, draws); both (draws,)."""
    estimate, se, df = _contrast(pair, says.astype(float))
    half, half90 = (student.ppf((1 + confidence) / 2, df) * se for confidence in (level, 0.90))
    size = settled(np.abs(estimate))
    return size > settled(half), settled(size + half90) < margin


def _contrast(pair: _Pair, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """The difference of each column of y (m, draws), its CR2 standard error (NaN where a group is all alike), and df.

    Only the residuals differ from draw to draw: what CR2 multiplies them with is a matter of clusters and weights.
    """
    ones = np.eye(2)[pair.side]
    value = (ones * pair.weight[:, None]).T @ y
    inside = np.eye(len(np.unique(pair.cluster)))[pair.cluster] * pair.reduced.loading
    se = np.sqrt(np.sum((inside.T @ (y - value[pair.side])) ** 2, axis=0))
    count = ones.T @ y
    alike = np.any((count == 0) | (count == pair.n[:, None]), axis=0)
    return value[0] - value[1], np.where(alike, np.nan, se), float(pair.reduced.freedom()[0])


def _rate(hits: np.ndarray) -> tuple[float, float]:
    """The share of draws, and its Monte Carlo standard error."""
    rate = float(np.mean(hits))
    return rate, float(np.sqrt(rate * (1 - rate) / len(hits)))
