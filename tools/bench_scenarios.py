"""Measure the laboratory: what cores give, what replications cost, and how far one is from its bare arithmetic.

`python tools/bench_scenarios.py [REPLICATIONS]`: of the longest run, 100,000 unless given. Numerical libraries have one
thread, and starting processes is not counted. Ends with status 1 if a limit is broken.
"""

import os

from civsam.laboratory import estimates

os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")

import resource
import sys
import time
from collections.abc import Callable

import numpy as np
from scipy.stats import beta, t
from threadpoolctl import threadpool_limits

from civsam import sharing
from civsam.laboratory import draw, judge, run
from civsam.laboratory.declare import Analysis, Drawing, Grid, Scenario

MOST = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
TIMES, STEADY, GROWTH, BARE = 1.6, 1.25, 1.1, 3.0  # the limits
SHARES, ROUNDS = 30, 40
HERE = draw.layout()


def danish(number: float, decimals: int) -> str:
    """The number with a decimal comma."""
    return f"{number:.{decimals}f}".replace(".", ",")


def verdict(told: str, found: str, fine: bool) -> bool:
    """Print one requirement, what was found, and whether it is met."""
    print(f"  {'ok' if fine else 'uden for grænsen':<17} {told}: {found}", flush=True)
    return fine


# ---- Cores and replications ------------------------------------------------------------------------------------------


def took(replications: int, workers: int) -> float:
    """Seconds that the replications take, shared out as a grid is, with nothing stored."""
    grid = Grid("", 1, replications, (Scenario(),))
    work = [part for those in run.parts(grid).values() for part in those]
    list(sharing.here(run.done, work[:workers] * workers, workers))  # the processes are started, with data read
    started = time.perf_counter()
    done = sum(int(counts["head"][0][0]) for _, counts in sharing.here(run.done, work, workers))
    assert done == replications
    return time.perf_counter() - started


def memory() -> float:
    """The most this process has used, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def cores_and_cost() -> bool:
    """One core from few to many replications, and the most again on two."""
    took(1000, 1)
    each, before = {}, memory()
    for replications in (n for n in (100, 1_000, 10_000, 30_000, 100_000) if n <= MOST):
        seconds = took(replications, 1)
        each[replications] = 1000 * seconds / replications
        print(f"  {replications:>7} gentagelser på 1 kerne: {danish(seconds, 1)} s, "
              f"{danish(each[replications], 2)} ms hver, højst {danish(memory(), 0)} MB", flush=True)
    last = max(each)
    two = took(last, 2)
    ratio, grown, dearer = each[last] * last / 1000 / two, memory() / before, each[last] / each[1_000]
    return all([
        verdict(f"2 kerner mod 1 (mindst {danish(TIMES, 1)})", f"{danish(ratio, 2)} gange; {danish(two, 0)} s på 2",
                ratio >= TIMES),
        verdict(f"pris pr. gentagelse, {last} mod 1000 (højst {danish(STEADY, 2)} gange)", danish(dearer, 2),
                dearer <= STEADY),
        verdict(f"hukommelse, {last} mod 1000 (højst {danish(GROWTH, 1)} gange)", danish(grown, 2), grown <= GROWTH),
    ])


# ---- One replication, and its bare arithmetic ------------------------------------------------------------------------

CELLS = [cell for cell in range(estimates.CELLS) if draw.MEASURES[estimates.MEASURE[cell]][0] == "share"][:SHARES]
MARGINS = [HERE.code[name] for name in HERE.questionnaire.weighting.margins]
TOTALS = [np.bincount(code) for code in MARGINS]
LEVELS = np.hstack([np.eye(len(total))[code] for code, total in zip(MARGINS, TOTALS, strict=True)])
GROUP = HERE.code["fagomraade"] * 3 + HERE.code["kommunetype"]


def bare(y: np.ndarray, base: np.ndarray, chance: float, rng: np.random.Generator) -> np.ndarray:
    """Estimates, errors and limits of the shares in one survey, straight down; y and base: (N, shares)."""
    who = np.flatnonzero(rng.random(len(GROUP)) < chance)
    group, codes = GROUP[who], [code[who] for code in MARGINS]
    n, size = np.bincount(group, minlength=27), np.bincount(GROUP, minlength=27)
    w = (size / np.maximum(n, 1))[group]
    for _ in range(1000):
        for code, total in zip(codes, TOTALS, strict=True):
            w *= (total / np.bincount(code, w, len(total)))[code]
        gaps = [np.abs(np.bincount(code, w, len(total)) / total - 1).max()
                for code, total in zip(codes, TOTALS, strict=True)]
        if max(gaps) <= estimates.TOLERANCE:
            break
    y, base, levels = y[who], base[who], LEVELS[who]
    below = w @ base
    share = (w @ y) / below
    z = (y - share * base) / below
    z -= levels @ np.linalg.lstsq(levels, z, rcond=None)[0]
    z *= w[:, None]
    sums = np.zeros((27, z.shape[1]))
    np.add.at(sums, group, z)
    scale = (1 - n / np.maximum(size, 1)) * n / np.maximum(n - 1, 1)
    se = np.sqrt(np.maximum(scale @ -(sums**2 / np.maximum(n, 1)[:, None]) + scale[group] @ z**2, 0))
    inside = base.sum(axis=0)
    df = inside - 20
    effective = np.minimum(inside, share * (1 - share) / np.maximum(se, 1e-12)**2)
    effective *= (t.ppf(0.975, inside - 1) / t.ppf(0.975, df))**2
    hits = share * effective
    low, high = beta.ppf(0.025, hits, effective - hits + 1), beta.ppf(0.975, hits + 1, effective - hits)
    return np.array([share, se, low, high])


def ours(surveys: draw.Batch, drawing: Drawing, rng: draw.Streams) -> judge.Figures:
    """The same of a batch of surveys through the laboratory, which gives more than the shares."""
    answered = draw.responds(HERE, surveys.truth, drawing, rng)
    given = draw.Values(*(getattr(surveys.truth, part) * answered[:, None] for part in ("y", "x", "base", "responded")))
    fitted = estimates.fit(draw.Batch(surveys.truth, given, answered), "raket")
    return judge.figures(fitted, estimates.errors(fitted, True, False))


def best(make: Callable[[], object]) -> float:
    """The shortest of several rounds, in milliseconds."""
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        make()
        times.append(time.perf_counter() - started)
    return 1000 * min(times)


def arithmetic() -> bool:
    """One replication: nonresponse, raking, shares with errors and intervals."""
    drawing = Drawing()
    surveys = draw.batch(drawing, 1, 0, judge.SIZE)
    truth = surveys.truth
    y, base = (part[0][estimates.MEASURE[CELLS]].T * HERE.domains[:, estimates.DOMAIN[CELLS]]
               for part in (truth.y, truth.base.astype(float)))
    rng, many = np.random.default_rng(1), draw.streams(drawing, 1, 0, judge.SIZE)[1]
    with threadpool_limits(1, "blas"), np.errstate(all="ignore"):
        means = [np.mean([bare(y, base, drawing.svarprocent / 100, rng)[1, :2] for _ in range(200)], axis=0),
                 ours(surveys, drawing, many).se[:, [0, 3]].mean(axis=0)]
        assert np.allclose(*means, rtol=0.2), f"not the same arithmetic: {means}"
        plain = best(lambda: bare(y, base, drawing.svarprocent / 100, rng))
        own = best(lambda: ours(surveys, drawing, many)) / judge.SIZE
    found = f"{danish(own, 2)} ms mod {danish(plain, 2)} ms, {danish(own / plain, 2)} gange"
    return verdict(f"en gentagelse mod dens rene regning (højst {danish(BARE, 0)} gange)", found, own / plain <= BARE)


if __name__ == "__main__":
    print(f"Analyse: {Analysis()}", flush=True)
    met = [arithmetic(), cores_and_cost()]
    sys.exit(0 if all(met) else 1)
