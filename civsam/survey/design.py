"""How respondents stand for a population, and the one variance function that every estimator uses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from civsam.survey.replicate_weights import Replicates


@dataclass(frozen=True, eq=False)
class Stage:
    """One stage of selection. All arrays have one entry a respondent, shape (n,).

    strata and clusters: integer codes; a cluster lies within its stratum (and within its cluster of the stage before).
    population: how many clusters the row's stratum has in the population; infinite for no finite population correction.
    Raises ValueError for codes that are not whole numbers from 0, populations that are no positive numbers, and arrays
    of different lengths.
    """

    strata: np.ndarray
    clusters: np.ndarray
    population: np.ndarray

    def __post_init__(self) -> None:
        """Keep the arrays as they are now, and refuse what no stage could be."""
        for name in ("strata", "clusters", "population"):
            object.__setattr__(self, name, kept(getattr(self, name)))
            if getattr(self, name).shape != (len(self.strata),):
                raise ValueError(f"{name}: every array of a stage must have {len(self.strata)} entries, as strata")
        for name, codes in (("strata", self.strata), ("clusters", self.clusters)):
            if not np.issubdtype(codes.dtype, np.integer) or codes.min(initial=0) < 0:
                raise ValueError(f"{name} must be codes: whole numbers from 0")
        if not np.all(self.population > 0):
            raise ValueError("population must be positive numbers: none may be missing, 0 or less")


def apart(stage: Stage, there: np.ndarray) -> Stage:
    """The stage with the rows that are not there in a stratum of their own that is known whole, so they add nothing.

    there: boolean, shape (n,). The stratum is one cluster, or as many as it has rows where all rows are clusters.
    """
    if there.all():
        return stage
    rows, out = np.arange(len(there)), len(there) - int(there.sum())
    single = len(np.unique(stage.clusters)) == len(rows)
    own = int(stage.clusters.max()) + 1 + (rows if single else 0)
    return Stage(np.where(there, stage.strata, int(stage.strata.max()) + 1), np.where(there, stage.clusters, own),
                 np.where(there, stage.population, out if single else 1))


def kept(array: np.ndarray) -> np.ndarray:
    """The array, or a copy of it if somebody else could change it; nobody can change what is returned."""
    array = np.asarray(array)
    if array.flags.writeable or array.base is not None:
        array = array.copy()
        array.flags.writeable = False
    return array


ALONE = 1e-9  # a leverage this close to 1: the cluster decides something of the margins alone
HALF = 0.5  # the most that a row, or cluster of rows, is held to decide of its own fit; see `left_out`
ROUNDING = 1e-9  # by how much a population may fall short of what was drawn: it may have been reckoned
SPANNED = 1e-7  # a column has no more than this of its own where others span it, as R's `qr`
KEPT = 200  # designs for the questions of a survey that are kept
LONELY = ("fail", "certainty", "adjust", "average")  # what may be done about a stratum with a single cluster


@dataclass(frozen=True, eq=False)
class Calibration:
    """What weights were calibrated to, as the variance needs it, and how well the totals are met.

    cell: each respondent's cell, shape (n,): those of a cell are alike in all that the weights were calibrated to. x:
    the values of each cell, one column a total, shape (cells, k): of a margin 0/1 for each of its groups. weights: as
    they were before, shape (n,). discrepancy: the largest, relative to its total.
    """

    cell: np.ndarray
    x: np.ndarray
    weights: np.ndarray
    iterations: int = 0
    discrepancy: float = 0.0

    def residual(self, influence: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Influence values less what x explains; shapes (n, k), (n,) and (n, k).

        w z becomes w (z - x'b) with b of the regression of z on x, weighted by the weights before the calibration
        (Deville & Särndal 1992, eq. 3.4; Deville, Särndal & Sautory 1993): the convention of R survey's `calibrate`.
        R's `rake` takes unweighted means of one margin after another instead. After equal weights that is the same.
        After unequal ones its errors may be a quarter too large or more, by simulation, and those here are
        right (tools/bench_statistics.py).
        """
        share = np.where(weights > 0, self.weights, 0.0)
        z = np.divide(influence, weights[:, None], out=np.zeros(influence.shape), where=weights[:, None] > 0)
        root = np.sqrt(np.bincount(self.cell, share, len(self.x)))[:, None]
        sums = cluster_totals(z * share[:, None], self.cell, len(self.x))
        basis = orthonormal(self.x * root)
        mean = np.divide(1.0, root, out=np.zeros(root.shape), where=root > 0)
        explained = mean * (basis @ (basis.T @ (mean * sums)))
        return influence - weights[:, None] * explained[self.cell]

    def within(self, stratum: np.ndarray) -> np.ndarray:
        """What x tells apart within strata (n,): columns with cross-product 1, times sqrt(weights); (n, r)."""
        x, share = self.x[self.cell], self.weights[:, None]
        size = np.bincount(stratum, self.weights)[:, None]
        sums = cluster_totals(x * share, stratum)
        mean = np.divide(sums, size, out=np.zeros(sums.shape), where=size > 0)
        return orthonormal((x - mean[stratum]) * np.sqrt(share), np.sqrt(np.sum(x**2 * share, axis=0)))


def orthonormal(x: np.ndarray, size: np.ndarray | None = None) -> np.ndarray:
    """Columns with cross-product 1 that span those of x; (n, k) gives (n, r), r the rank.

    size: of each column, (k,), beside which what is left of it may be nothing; its own unless given.
    """
    left = np.linalg.norm(x, axis=0)
    there = left > SPANNED * (left if size is None else size)
    u, values, _ = np.linalg.svd(x[:, there] / left[there], full_matrices=False)
    return u[:, values > SPANNED * values.max(initial=0.0)]


@dataclass(frozen=True, eq=False)
class Design:
    """Weights and stages of selection, and the question that they answer (a key of `TARGETS`).

    A weight of 0 leaves a respondent out of every estimate, but not out of the size of the stratum. replicates: where
    there are any, every variance is their spread, and the stages tell nothing but who is in the sample.

    again: how the weights were made, told as what makes the design anew for those who answered a question, from who
    they are, boolean (n,); see `among`. It is set by what makes the weights, and goes with them: a design that is given
    other weights, or is made by hand, has none, and blank answers are then outside the domain, as in R `survey`.

    lonely: what is done about a stratum with a single cluster that is not the whole of it, one of `LONELY`, as R
    `survey`'s option of that name; see `Nested`.

    Raises ValueError for weights that are missing or negative, as R `survey` does, for arrays of different lengths, for
    an unknown `lonely`, and for a stratum whose population differs from row to row, or is smaller than what was drawn
    from it.
    """

    weights: np.ndarray
    stages: tuple[Stage, ...]
    target: str
    calibration: Calibration | None = None
    replicates: Replicates | None = None
    lonely: str = "fail"
    _known: tuple[tuple[Stage, ...], list[Nested]] | None = field(default=None, repr=False)
    again: Callable[[np.ndarray], Design] | None = field(default=None, init=False, repr=False)
    _items: dict[bytes, Design] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        """Refuse what no estimate could be made from. Stages that another design has been made with are known."""
        object.__setattr__(self, "weights", kept(self.weights))
        n = len(self.weights)
        if not np.all(np.isfinite(self.weights)) or np.any(self.weights < 0):
            raise ValueError("weights must be finite and not negative")
        lengths = {len(part) for stage in self.stages for part in (stage.strata, stage.clusters, stage.population)}
        if lengths - {n}:
            raise ValueError(f"every array of a stage must have {n} entries, as the weights")
        if self.calibration is not None and len(self.calibration.cell) != n:
            raise ValueError(f"the calibration must have {n} entries, as the weights")
        if self.replicates is not None and len(self.replicates.cluster) != n:
            raise ValueError(f"the replicate weights must have {n} rows, as the weights")
        if self.lonely not in LONELY:
            raise ValueError(f"lonely must be one of {', '.join(LONELY)}, not {self.lonely!r}")
        if self._known is None or self._known[0] is not self.stages:
            object.__setattr__(self, "_known", (self.stages, list(_nested(self.stages))))
        assert self._known is not None
        if any(one.lonely != self.lonely for one in self._known[1]):
            told = [replace(one, lonely=self.lonely) for one in self._known[1]]
            object.__setattr__(self, "_known", (self.stages, told))

    def made_by(self, again: Callable[[np.ndarray], Design] | None) -> Design:
        """The design, which from now on knows how it was made."""
        object.__setattr__(self, "again", again)
        return self

    def among(self, there: np.ndarray) -> Design:
        """The design for those who answered a question: what made the weights, done with them as the respondents.

        Response is to the question: who answered the form and left it blank did not respond, so the others of the
        response group stand for the whole of it (Särndal, Swensson & Wretman 1992), and the finite population
        correction counts them alone. there: boolean (n,). The others have weight 0 and lie in a stratum that adds
        nothing. It is the design itself where all answered, where nobody told how the weights were made, and where
        fewer than two answered: of one answer there is no error to be had.
        """
        if self.again is None or there.all() or there.sum() < 2:
            return self
        key = np.packbits(there).tobytes()
        if key not in self._items:
            if len(self._items) >= KEPT:
                self._items.clear()
            self._items[key] = self.again(there)
        return self._items[key]

    @property
    def weighted(self) -> bool:
        """Whether some of those who count, count for more than others."""
        used = self.weights[self.weights > 0]
        return not np.allclose(used, used[:1])

    @property
    def nested(self) -> list[Nested]:
        """The stages with codes that are unique across the whole design, ready for `covariance`."""
        assert self._known is not None  # made with the design
        return self._known[1]

    def left_out(self, residual: np.ndarray) -> np.ndarray:
        """Residuals of a calibrated design, each cluster's from margins fitted without that cluster; shapes (n, k).

        Residuals are too small, as the margins' means were fitted to them: with e = w (z - x'b) and the leverage h of
        a row, w (z - x'b) is e / (1 - h) where b is without the row. So the covariance of these is nearly that of the
        jackknife (HC3 of MacKinnon & White 1985, here by cluster of the first stage, within strata). By simulation
        (tools/bench_statistics.py) the error of a share for the process is 3 to 8 percent too large, and its interval
        covers 96 to 97 percent. With e / (1 - h)^(1/2), the CR2 of Bell & McCaffrey (2002), errors would be right on
        average, but intervals of counts, which are skewed, would cover less than 94 percent at a low response rate.
        Where a row decides more than half of its own fit, as one alone in a group of its stratum, 1 / (1 - h) is many
        times (1 - h)^(-1/2), and errors came out three times too large: h counts as 1/2 at most.
        """
        x, inverse = self._leverage
        if inverse is None:
            return residual / (1 - np.minimum(np.sum(x**2, axis=1), HALF))[:, None]
        assert self.calibration is not None  # else there is no inverse
        weight = np.sqrt(self.calibration.weights)[:, None]
        scaled = np.divide(self.weights[:, None], weight, out=np.zeros(weight.shape), where=weight > 0)
        z = np.divide(residual, scaled, out=np.zeros(residual.shape), where=scaled > 0)
        cluster = self.nested[0].cluster
        sums = np.stack([cluster_totals(x * column[:, None], cluster) for column in z.T], axis=2)
        return residual + scaled * np.einsum("nr,nrk->nk", x, (inverse @ sums)[cluster])

    @cached_property
    def _leverage(self) -> tuple[np.ndarray, np.ndarray | None]:
        """`Calibration.within` (n, r), and of each cluster of rows (I - x'x)^-1, shape (clusters, r, r)."""
        assert self.calibration is not None
        stage = self.nested[0]
        x = self.calibration.within(stage.stratum[stage.cluster])
        if len(stage.stratum) == len(x):
            return x, None
        rows = np.split(np.argsort(stage.cluster, kind="stable"), np.cumsum(np.bincount(stage.cluster))[:-1])
        values, vectors = np.linalg.eigh(np.array([x[own].T @ x[own] for own in rows]))
        inner = 1 / np.maximum(1 - values, values)  # 1 + v / (1 - v) is 1 / (1 - v), and 1 + v / v is 2
        without = np.where(values > 1 - ALONE, 0.0, inner)
        return x, (vectors * without[:, None]) @ vectors.swapaxes(1, 2)


# What an interval may be about, in words.
TARGETS = {
    "population": "alle adspurgte", "process": "processen bag svarene",
    "sample": "en tænkt population, som svarene er trukket tilfældigt fra",
    "drawn": "den population, som stikprøven er trukket fra",
}


@dataclass(frozen=True, eq=False)
class Nested:
    """A stage as the variance needs it. `cluster` is a row's cluster; the rest has an entry a cluster or a stratum.

    lonely: what a stratum with a single cluster, that is not the whole of it, adds to the variance, as R `survey` has
    it. fail: nobody knows, see `scale`. certainty: nothing. adjust: its total's square, as if the stratum's mean were
    that of all: 0 for the influence on a mean, share or ratio; for a total it is 0 too, which is far too careful.
    average: the mean of what the strata add that have more, among those in which the estimate has anybody.
    """

    cluster: np.ndarray
    stratum: np.ndarray  # of each cluster
    size: np.ndarray  # clusters drawn in each stratum
    fraction: np.ndarray  # drawn of all, in each stratum
    carried: np.ndarray  # of each cluster: the product of the fractions of the stages before
    enclosing: np.ndarray  # of each stratum: the cluster of the stage before
    lonely: str = "fail"

    @property
    def alone(self) -> np.ndarray:
        """Which strata have a single cluster that counts, and is not the whole of it."""
        counts = np.bincount(self.stratum, self.carried > 0) > 0
        return counts & (self.size == 1) & (self.fraction < 1)

    @property
    def scale(self) -> np.ndarray:
        """What the squared deviations of each cluster count for: (1 - f) m / (m - 1) times the fractions before.

        Raises ValueError where a stratum holds a single cluster that is not the whole stratum, and counts, and nothing
        is to be done about it, or nothing can be: where there is no other stratum that tells what clusters vary by.
        """
        alone = self.alone
        if alone.any():
            if self.lonely == "fail":
                raise ValueError("a stratum has a single cluster (or respondent, where they are the clusters), and so "
                                 "no variance: join it with another, or choose what it adds with lonely="
                                 f"{' or '.join(map(repr, LONELY[1:]))}")
            if self.without_others(alone).any():
                raise ValueError(f"lonely={self.lonely!r} has no other stratum to go by: "
                                 "none beside that with a single cluster has a variance")
        return self.carried * ((1 - self.fraction) * self.size / np.maximum(self.size - 1, 1))[self.stratum]

    def without_others(self, alone: np.ndarray) -> np.ndarray:
        """Which strata that are alone, (strata,), have no others beside them by which their part can be known.

        At a later stage that is no matter where nothing is asked of the others.
        """
        first = self.enclosing.max(initial=0) == 0
        others = ~alone & (self.fraction < 1) if self.lonely != "adjust" else np.ones(len(alone), dtype=bool)
        enough = np.bincount(self.enclosing, others)[self.enclosing] >= (1 if self.lonely != "adjust" else 2)
        return alone & ~enough & (first or self.lonely == "average")


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
        outer = enclosing[np.unique(stratum_of_row, return_index=True)[1]]
        size = np.bincount(stratum)
        population = np.zeros(len(size))
        population[stratum_of_row] = stage.population
        if np.any(population[stratum_of_row] != stage.population):
            raise ValueError("the population of a stratum must be the same in all its rows")
        if np.any(size > population * (1 + ROUNDING)):
            raise ValueError("a stratum has fewer clusters in the population than were drawn from it")
        yield Nested(cluster, stratum, size, size / population, carried[first], outer)
        enclosing, carried = cluster, carried * (size / population)[stratum_of_row]


def cluster_totals(influence: np.ndarray, cluster: np.ndarray, clusters: int = 0) -> np.ndarray:
    """Sums over the rows of each cluster; shapes (n, k) and (n,) give (clusters, k)."""
    return np.column_stack([np.bincount(cluster, column, clusters) for column in influence.T])
