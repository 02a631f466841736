"""Hold the statistics against what they promise: coverage and level by simulation, and speed.

Everything is drawn from one seed, in blocks with streams of their own, so the figures of the simulation are the same on
any number of cores. The parts `gyldighed`, `pladser`, `udsagn`, `vejning` and `fart` can be named, to run those alone;
what is finished of the first three is kept, and the same command goes on from there. Speed is also held against the
package `svy`, if it lies in an environment of its own (`python tools/bench_statistics.py --svy` makes it). Ends with
status 1 if a limit is broken.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import bench_calibration
import bench_claims
import numpy as np
import pandas as pd
from scipy.stats import norm

from civsam.book.stale import digest
from civsam.inference import compare, estimate, replicates, weighting
from civsam.instrument.questionnaire import DONT_KNOW, Questionnaire, read
from civsam.intake.frame import read_frame
from civsam.laboratory import declare, draw, judge, worlds
from civsam.laboratory import run as laboratory
from civsam.study import simulate
from civsam.survey.design import TARGETS, Design, Stage
from civsam.survey.survey import Survey

ROOT = Path(__file__).resolve().parents[1]
INSTRUMENT = read()

SEED, BLOCKS, DRAWS = 20161, 16, 75  # 1,200 draws: a Monte Carlo error of 0.63 percentage points at 95 percent
OFTEN = 10  # times that both outcomes must be expected for an interval to be held to both limits
SURE = 3  # Monte Carlo errors that one figure may lie outside before it is called outside; averages get none
RATE = simulate.assumptions()["svarprocent"]

ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS", "RAYON_NUM_THREADS"), "1"
)
SVY = "svy==0.35.0"
SVY_VENV = ROOT / "_build" / "bench" / "svy-venv"
SVY_PYTHON = SVY_VENV / "bin" / "python"


def danish(number: float, decimals: int) -> str:
    """The number with a decimal comma."""
    return f"{number:.{decimals}f}".replace(".", ",")


def verdict(told: str, found: str, fine: bool) -> bool:
    """Print one requirement, what was found, and whether it is met."""
    print(f"  {'ok' if fine else 'uden for grænsen':<17} {told}: {found}", flush=True)
    return fine


# ---- Coverage and level: what is computed in each draw ---------------------------------------------------------------

COUNT = "pra_lange+pra_korte"
AGREE = "enig+helt_enig"

# Each is a call of the library: kind, item, answer, frame variable, and for differences what to hold against.
POPULATION = (
    ("share", "pol_fokus", "ja", None, None),
    ("share", "vae_overordnet", None, None, None),
    ("share", "pol_fokus", "ja", "fagomraade", None),
    ("share", "pra_maalgruppe", AGREE, "region", None),
    ("share", "vae_omkostning", AGREE, "udgiftspres", None),
    ("share", "vae_aarsag", "omkostning", "fagomraade", None),
    ("mean", COUNT, None, None, None),
    ("mean", COUNT, None, "fagomraade", None),
    ("mean", COUNT, None, "region", None),
    ("difference", "pol_fokus", "ja", "blok", None),
    ("difference", "pol_fokus", "ja", "fagomraade", "sundhed"),
    ("difference", "pra_maalgruppe", AGREE, "region", None),
    ("difference", "vae_aarsag", "omkostning", "region", None),
    ("difference", COUNT, None, "blok", None),
    ("difference", COUNT, None, "fagomraade", None),
    ("difference", COUNT, None, "region", None),
)
WHOLE = (  # whose true value is what the same call says of all 838
    ("ratio", "pra_tvaers", None, None, None),
    ("ratio", "pra_flere", None, "region", None),
    ("total", COUNT, None, None, None),
    ("total", COUNT, None, "kommunetype", None),
    ("total", "pol_fokus", "ja", "region", None),
    ("quantile", COUNT, None, None, None),
    ("quantile", "pra_lange", None, "blok", None),
)
PROCESS = (
    ("share", "pol_strategi", None, None, None),
    ("share", "vae_overordnet", None, None, None),
    ("share", "pol_fokus", "ja", "fagomraade", None),
    ("share", "vae_tillid", AGREE, "region", None),
    ("share", "vae_omkostning", AGREE, "udgiftspres", None),
    ("share", "vae_overordnet", "omkostning", "fagomraade", None),
    ("mean", COUNT, None, None, None),
    ("mean", COUNT, None, "fagomraade", None),
    ("mean", COUNT, None, "region", None),
    ("difference", COUNT, None, "blok", None),
    ("difference", COUNT, None, "fagomraade", "sundhed"),
    ("difference", COUNT, None, "region", None),
)
NULL = tuple(  # groups that do not differ in the model, by the assumptions
    ("difference", item, answer, by, None)
    for item, answer in (("pol_nye", "ja"), ("vae_tillid", AGREE)) for by in ("blok", "udgiftspres", "region")
)
BOUNDARY = (  # groups that differ, by as much as the margin that they are tested against
    ("difference", "vae_omkostning", AGREE, "udgiftspres", "lavt"),
    ("difference", "pol_fokus", "ja", "fagomraade", "teknik"),
)

Call = tuple[str, str, str | None, str | None, str | None]


def table(survey: Survey, call: Call) -> pd.DataFrame:
    """What the library says."""
    kind, item, answer, by, reference = call
    if kind == "share":
        return estimate.shares(survey, item, answer, by)
    if kind == "mean":
        return estimate.means(survey, item, by)
    if kind == "ratio":
        return estimate.ratios(survey, item, by)
    if kind == "total":
        return estimate.totals(survey, item, answer, by)
    if kind == "quantile":
        return estimate.quantiles(survey, item, by=by)
    return compare.contrasts(survey, item, answer, by, reference)


def asking(calls: tuple[Call, ...]) -> Questionnaire:
    """The questionnaire with the items that calls use, and those that they are parts of."""
    used = {item for call in calls for item in call[1].split("+")}
    used |= {whole for item in used for whole in INSTRUMENT.items[item].part_of}
    return replace(INSTRUMENT, items={name: item for name, item in INSTRUMENT.items.items() if name in used})


Values = Callable[[str, str], np.ndarray]  # item and answer give a value for each of the 838, NaN for none


def given_values(asked: pd.DataFrame) -> Values:
    """Of a population: 1 for those who would give the answer, else 0; of counts the sum."""
    def values(item: str, answer: str) -> np.ndarray:
        if answer:
            return asked[item].isin(answer.split("+")).to_numpy(float)
        return asked[item.split("+")].apply(pd.to_numeric, errors="coerce").sum(axis=1, skipna=False).to_numpy()
    return values


def expected_values(frame: pd.DataFrame) -> Values:
    """Of the model: each position's probability of the answer, or its expected count, from the assumptions alone."""
    given = simulate.assumptions()

    def values(item: str, answer: str) -> np.ndarray:
        if not answer:
            return sum(frame["fagomraade"].map(given["antal"][count]).to_numpy(float) for count in item.split("+"))
        scale, shares = INSTRUMENT.items[item].scale, given["fordelinger"][item]
        shift = np.zeros(len(frame))
        for variable, key in (("fagomraade", "omraader"), ("udgiftspres", "udgiftspres")):
            shift += frame[variable].map(given[key].get(item, {})).fillna(0).to_numpy(float)
        cuts = norm.ppf(np.clip(np.cumsum([0, *shares.values()]), 0, 1))
        chance = np.diff(norm.cdf(cuts[:, None] - (shift if scale.type == "ordinal" else -shift)), axis=0)
        unsure = given["ved_ikke"][scale.type]
        by_code = dict(zip(shares, chance * (1 - unsure), strict=True)) | {DONT_KNOW: np.full(len(frame), unsure)}
        return sum(by_code[code] for code in answer.split("+"))
    return values


def truth(rows: pd.DataFrame, values: Values, frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """The true value of each row of a table, and how often the rarer outcome is expected where it is rarest."""
    found, least = [], []
    for row in rows.itertuples():
        value = values(row.item, row.answer)
        sides = [row.a, row.b] if hasattr(row, "a") else [row.group]
        parts = [value[(frame[row.by] == side) if row.by else slice(None)] for side in sides]
        means = [np.nanmean(part) for part in parts]
        found.append(means[0] - means[1] if len(means) == 2 else means[0])
        counts = [RATE * len(part) * min(mean, 1 - mean) for part, mean in zip(parts, means, strict=True)]
        least.append(min(counts) if row.answer else np.inf)
    return np.array(found), np.array(least)


def words(row: Any) -> str:
    """A row of a table in words."""
    kind = {"share": "andel", "mean": "gennemsnit", "ratio": "forhold", "total": "i alt",
            "quantile": "fraktil"}[row.statistic]
    where = f"{row.a} - {row.b}" if hasattr(row, "a") else row.group
    return f"{kind} {row.item}{'=' if row.answer else ''}{row.answer} {where}".strip()


# ---- Coverage and level: the draws -----------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Drawn:
    """Figures of a block of draws. hit: (draws, k), 1, 0 or NaN for no interval; least: (k,), as `truth` has it."""

    kind: list[str]
    names: list[str]
    least: np.ndarray
    hit: np.ndarray

    def where(self, kind: str, often: bool | None = None) -> "Drawn":
        """The figures of one kind, with both outcomes expected often or not."""
        keep = [i for i, own in enumerate(self.kind) if own == kind and often in (None, self.least[i] >= OFTEN)]
        return Drawn([kind] * len(keep), [self.names[i] for i in keep], self.least[keep], self.hit[:, keep])


def covered(tables: list[pd.DataFrame], right: np.ndarray) -> np.ndarray:
    """Whether each interval holds the true value; NaN where there is none."""
    low, high = (np.concatenate([one[end].to_numpy(float) for one in tables]) for end in ("low", "high"))
    inside = (low - 1e-9 <= right) & (right <= high + 1e-9)
    return np.where(np.isnan(low), np.nan, inside)


def kinds_of(calls: tuple[Call, ...], tables: list[pd.DataFrame]) -> list[str]:
    """The kind of each row of the tables that the calls gave."""
    return ["mean difference" if call[0] == "difference" and call[2] is None else call[0]
            for call, one in zip(calls, tables, strict=True) for _ in range(len(one))]


def population_block(stream: np.random.SeedSequence) -> Drawn:
    """One population, whose response is drawn again and again: the 838 themselves are what is estimated."""
    study = simulate.simulate(int(stream.generate_state(1)[0]), INSTRUMENT, anchored=False)
    calls = (*POPULATION, *WHOLE)
    questionnaire, rng, hit = asking(calls), np.random.default_rng(stream.spawn(1)[0]), []
    asked = study.asked[list(questionnaire.items)]
    everybody = Survey(asked, study.frame, questionnaire)
    whole = np.concatenate([table(everybody, call)["estimate"].to_numpy(float) for call in WHOLE])
    for _ in range(DRAWS):
        survey = weighting.raked(Survey(asked[simulate.responds(study.frame, rng)], study.frame, questionnaire))
        tables = [table(survey, call) for call in calls]
        if not hit:
            known = [truth(one, given_values(asked), study.frame) for one in tables[:len(POPULATION)]]
            right, least = (np.concatenate(part) for part in zip(*known, strict=True))
            right, least = np.append(right, whole), np.append(least, np.full(len(whole), np.inf))
        hit.append(covered(tables, right))
    names = [words(row) for one in tables for row in one.itertuples()]
    return Drawn(kinds_of(calls, tables), names, least, np.array(hit))


def process_survey(frame: pd.DataFrame, rng: np.random.Generator) -> Survey:
    """A new population, its response and the study's weights, for the process. Only the items that are used."""
    questionnaire = asking((*PROCESS, *NULL, *BOUNDARY))
    source = simulate.Source(int(rng.integers(2**63)))
    everyone = simulate.population(frame, questionnaire, source)
    asked = simulate.with_dont_know(everyone, questionnaire, source)
    answers = asked[simulate.responds(frame, rng)]
    return weighting.for_process(weighting.raked(Survey(answers, frame, questionnaire)))


def process_block(stream: np.random.SeedSequence) -> Drawn:
    """Populations and responses, each drawn once: the model's expectation is what is estimated and tested."""
    frame, rng, hit = read_frame(INSTRUMENT), np.random.default_rng(stream), []
    for _ in range(DRAWS):
        survey = process_survey(frame, rng)
        ranges, null, apart = ([table(survey, call) for call in calls] for calls in (PROCESS, NULL, BOUNDARY))
        if not hit:
            known = [truth(one, expected_values(frame), frame) for one in (*ranges, *null, *apart)]
            right, least = (np.concatenate(part) for part in zip(*known, strict=True))
            k, margins = sum(map(len, ranges)), np.abs(right[-sum(map(len, apart)):])
        p = np.concatenate([one["p"].to_numpy(float) for one in null])
        rejected = np.where(np.isnan(p), np.nan, p < 0.05)
        hit.append(np.concatenate([covered(ranges, right[:k]), rejected, equivalent(apart, margins)]))
    kinds = kinds_of(PROCESS, ranges) + ["small" if call[3] == "region" else "large"
                             for call, one in zip(NULL, null, strict=True) for _ in range(len(one))]
    names = [words(row) for one in (*ranges, *null, *apart) for row in one.itertuples()]
    return Drawn(kinds + ["equivalence"] * len(margins), names, least, np.array(hit))


def equivalent(tables: list[pd.DataFrame], margins: np.ndarray) -> np.ndarray:
    """Whether each contrast is found equivalent by the margin of its own."""
    rows = pd.concat(tables, ignore_index=True)
    return np.array([compare.equivalence(rows.iloc[[place]], margin)["equivalent"].item()
                     for place, margin in enumerate(margins)], dtype=float)


@dataclass(frozen=True)
class Block(laboratory.Named):
    """A block of draws: of which kind, its number, and a digest of the code and data that they depend on."""

    kind: str
    number: int
    draws: int
    model: str


DRAWING = {"population": population_block, "process": process_block}


def draw_block(block: Block) -> dict[str, np.ndarray]:
    """The figures of a block, as arrays to be kept."""
    own = np.random.SeedSequence(SEED).spawn(len(DRAWING))[list(DRAWING).index(block.kind)]
    made = DRAWING[block.kind](own.spawn(BLOCKS)[block.number])
    return {"kind": np.array(made.kind), "names": np.array(made.names), "least": made.least, "hit": made.hit}


def drawn(told: str, kind: str) -> Drawn:
    """All blocks of draws, shared among the cores. The order, and so the result, does not depend on their number."""
    print(f"{told}: {BLOCKS * DRAWS} træk", flush=True)
    model = digest(worlds.model().encode(), Path(__file__).read_bytes())
    blocks = [Block(kind, number, DRAWS, model) for number in range(BLOCKS)]
    laboratory.finish(draw_block, blocks, bench_claims.FOLDER)
    parts = [laboratory.kept(block, bench_claims.FOLDER) for block in blocks]
    least, hit = (np.stack([one[name] for one in parts]) for name in ("least", "hit"))
    return Drawn(parts[0]["kind"].tolist(), parts[0]["names"].tolist(), least.mean(axis=0), np.concatenate(hit))


def held(told: str, part: Drawn, low: float, high: float) -> bool:
    """Print every figure of a kind with its Monte Carlo error, and the verdict on them: their average, and each."""
    print(f"\n  {told} (tilladt {danish(100 * low, 0)}-{danish(100 * high, 0)} procent)")
    number = np.sum(~np.isnan(part.hit), axis=0)
    rate = np.nanmean(part.hit, axis=0)
    allowed = np.clip(rate, low, high)  # the nearest, for the Monte Carlo error too
    error = np.sqrt(allowed * (1 - allowed) / number)
    outside = np.abs(rate - allowed) > SURE * error
    for what, each, sd, times, wrong in zip(part.names, rate, error, number, outside, strict=True):
        missing = f"  ({len(part.hit) - times} træk uden interval)" if times < len(part.hit) else ""
        print(f"    {what:<62}{danish(100 * each, 1):>6} ± {danish(100 * sd, 1)}{'  !' if wrong else ''}{missing}")
    each_draw = np.nanmean(part.hit, axis=1)
    mean, sd = np.nanmean(rate), np.nanstd(each_draw) / np.sqrt(len(each_draw))
    found = (f"gennemsnit {danish(100 * mean, 1)} ± {danish(100 * sd, 2)}; {len(rate)} tal fra "
             f"{danish(100 * rate.min(), 1)} til {danish(100 * rate.max(), 1)}, {outside.sum()} uden for ud over "
             f"{SURE} Monte Carlo-fejl")
    return verdict(told, found, bool(low <= mean <= high and not outside.any()))


def validity() -> list[bool]:
    """Coverage and level, with a verdict on each requirement."""
    print("Dækning og niveau. Efter ± står Monte Carlo-fejlen (én standardfejl) i procentpoint.")
    of_all = drawn("De 838, kun svarene trækkes om", "population")
    behind = drawn("Processen, befolkning og svar trækkes om", "process")
    often, seldom = f"begge udfald ventes mindst {OFTEN} gange", f"et udfald ventes under {OFTEN} gange"
    return [
        held(f"De 838: andele, {often}", of_all.where("share", True), 0.94, 0.96),
        held(f"De 838: andele, {seldom}", of_all.where("share", False), 0.94, 1),
        held("De 838: gennemsnit", of_all.where("mean"), 0.94, 0.96),
        held("De 838: forhold", of_all.where("ratio"), 0.94, 0.96),
        held("De 838: antal i alt", of_all.where("total"), 0.94, 0.96),
        held("De 838: kvartiler, hvis intervaller ender på hele tal", of_all.where("quantile"), 0.94, 1),
        held("De 838: forskelle mellem gennemsnit", of_all.where("mean difference"), 0.94, 0.96),
        held(f"De 838: forskelle mellem andele, {often}", of_all.where("difference", True), 0.94, 0.96),
        held(f"De 838: forskelle mellem andele, {seldom}", of_all.where("difference", False), 0.94, 1),
        held(f"Processen: andele, {often}", behind.where("share", True), 0.94, 0.96),
        held(f"Processen: andele, {seldom}", behind.where("share", False), 0.94, 1),
        held("Processen: gennemsnit", behind.where("mean"), 0.94, 0.96),
        held("Processen: forskelle mellem gennemsnit, CR2", behind.where("mean difference"), 0.94, 0.96),
        held("Processen: ingen forskel, grupper med 30 kommuner eller flere, CR2", behind.where("large"), 0.04, 0.06),
        held("Processen: ingen forskel, mindre regioner, CR2", behind.where("small"), 0, 0.06),
        held("Processen: ækvivalens, når forskellen er lig grænsen", behind.where("equivalence"), 0, 0.05),
    ]


# ---- Coverage by question, when some stop on the way -----------------------------------------------------------------

RATES, STOPPING = (30, 53, 85, 100), 12  # percent who answer, and of them who stop somewhere
PLACES = {"først": ("pol_",), "midt": ("pra_",), "sidst": ("vae_",)}
FOR_ALL, FOR_PROCESS = {}, {"fpc": "nej", "klynge": "ja"}  # the study's own analyses


def few_missing(rate: int, item: str) -> bool:
    """Whether fewer than `OFTEN` are expected to be missing from a question: too few to have a variance."""
    here = draw.layout()
    reached = 1 - STOPPING / 100 * max(here.places[one] for one in item.split("+")) / (here.length - 1)
    return len(here.frame) * (1 - rate / 100 * reached) < OFTEN


def by_question() -> list[bool]:
    """Coverage of the first, middle and last questions at each response rate, with a verdict on each mean."""
    print(f"\nDækning efter spørgsmålets plads, når {STOPPING} procent af dem, der svarer, standser undervejs. Efter ± "
          "står Monte Carlo-fejlen.")
    grid = declare.Grid("", SEED, BLOCKS * DRAWS, tuple(
        declare.scenario(svarprocent=rate, delvise=STOPPING, **how) for rate in RATES for how in (FOR_ALL, FOR_PROCESS)
    ))
    found = laboratory.run(grid, bench_claims.FOLDER)
    fine = []
    for rate in RATES:
        for target, cluster in zip(judge.TARGETS, ("nej", "ja"), strict=True):
            table = found[(found["svarprocent"] == rate) & (found["klynge"] == cluster) & (found["target"] == target)
                          & found["kind"].isin(["estimate", "difference", "slope"])]
            fine += [placed(table[table["item"].str.startswith(begins)], rate, target, told)
                     for told, begins in PLACES.items()]
    return fine


def placed(table: pd.DataFrame, rate: int, target: str, told: str) -> bool:
    """Print each figure of the questions of a place, and the verdict on their mean where enough are missing."""
    print(f"\n  {rate} procent svarer, {TARGETS[target]}, spørgsmål {told}")
    kinds = {"share": "andel", "mean": "gennemsnit", "ratio": "forhold"}
    for row in table.itertuples():
        what = f"{row.kind.replace('estimate', '')} {kinds[row.statistic]} {row.item} {row.a} {row.b}"
        print(f"    {' '.join(what.split()):<70}{danish(100 * row.coverage, 1):>6} ± {danish(100 * row.coverage_mc, 1)}"
              f"  fejl {danish(row.ratio, 2)} ± {danish(row.ratio_mc, 2)} af den sande")
    mean = table["coverage"].mean()
    few = all(few_missing(rate, item) for item in table["item"])
    found = f"gennemsnit {danish(100 * mean, 1)}{f', men under {OFTEN} mangler' if few else ''}"
    high = 0.97 if target == "process" and (table["statistic"] == "share").all() else 0.96  # see `Design.left_out`
    return verdict(f"{rate} procent, {told}, 94-{danish(100 * high, 0)} procent", found, few or 0.94 <= mean <= high)


def statements() -> list[bool]:
    """Both kinds of wrong verdict on the book's statements, with a verdict on each kind of rule."""
    return [verdict(*one) for one in bench_claims.statements()]


def calibration() -> list[bool]:
    """Errors after raking unequal weights, with a verdict on them."""
    return [verdict(*one) for one in bench_calibration.after_unequal_weights()]


@contextmanager
def workers(number: int) -> Iterator[ProcessPoolExecutor]:
    """Fresh processes with one thread each."""
    os.environ.update(ONE_THREAD)
    with ProcessPoolExecutor(number, mp_context=get_context("spawn")) as pool:
        yield pool


# ---- Speed -----------------------------------------------------------------------------------------------------------

LARGE, MIDDLE, REPLICATES, ROUNDS, FEW_ROUNDS = 1_000_000, 100_000, 1000, 7, 3
ITEM, ANSWER, BY = "pra_maalgruppe", "enig", "region"
LONG_ITEM = max((item for item in INSTRUMENT.items.values()), key=lambda item: len(item.scale.answers)).id
MARGINS = ("fagomraade", "kommunetype", "region", "udgiftspres")

# Runs in the environment of svy: a line with a task comes in, seconds and numbers go out.
SVY_SERVER = f"""
import json, sys, time, warnings
import numpy as np, polars as pl, svy
warnings.simplefilter("ignore")
large, middle = (np.load(path) for path in sys.argv[1:3])
frames = [pl.DataFrame({{k: v for k, v in part.items() if not k.startswith("total_")}}) for part in (large, middle)]
big, small = (svy.Sample(frame, svy.Design(psu="cluster", wgt="weight")) for frame in frames)
controls = {{k[6:]: dict(enumerate(v.tolist())) for k, v in large.items() if k.startswith("total_")}}

def shares():
    return [(e.est, e.se) for e in big.estimation.mean("y", by="{BY}").estimates]

def rake():
    raked = big.weighting.rake(controls=controls, tol=1e-10, max_iter=1000, wgt_name="ny")
    return raked.data["ny"].to_numpy()

def bootstrap():
    sample = small.weighting.create_bs_wgts({REPLICATES}, rstate=1, rep_prefix="rep")
    return [(e.est, e.se) for e in sample.estimation.mean("y", by="{BY}", method="replication").estimates]

print("klar", flush=True)
for task in sys.stdin:
    started = time.perf_counter()
    made = globals()[task.strip()]()
    took = time.perf_counter() - started
    sums = made if isinstance(made, list) else [[float(made.sum()), float(made @ made)]]
    print(json.dumps([took, sums]), flush=True)
"""


@dataclass(frozen=True, eq=False)
class Big:
    """A made-up survey of n rows, the same columns as numbers, and totals to rake to."""

    survey: Survey
    columns: dict[str, np.ndarray]
    totals: dict[str, dict[str, float]]

    def save(self, path: Path) -> None:
        """The columns and totals as numbers, for svy."""
        totals = {f"total_{name}": np.array(list(total.values())) for name, total in self.totals.items()}
        np.savez(path, **self.columns, **totals)


def big(n: int) -> Big:
    """The rows of the frame over and over, each with an answer and a weight; municipalities are the clusters."""
    rng, frame = np.random.default_rng(n), read_frame(INSTRUMENT)
    frame = frame.iloc[np.arange(n) % len(frame)].set_axis(pd.RangeIndex(n, name="stilling"))
    columns = {"cluster": pd.factorize(frame["kommunekode"])[0], "weight": rng.uniform(0.5, 2, n)}
    said = rng.integers(len(INSTRUMENT.items[ITEM].scale.answers), size=n)
    answers = pd.DataFrame({ITEM: np.array(list(INSTRUMENT.items[ITEM].scale.answers))[said]}, index=frame.index)
    stage = Stage(np.zeros(n, dtype=int), columns["cluster"], np.full(n, np.inf))
    survey = Survey(answers, frame, INSTRUMENT.only(answers, frame), Design(columns["weight"], (stage,), "process"))
    other, totals = columns["weight"].copy(), {}
    columns["y"] = survey.says(ITEM, ANSWER).astype(float)
    for name in MARGINS:
        columns[name] = survey.group(name)
        other *= rng.uniform(0.7, 1.4, columns[name].max() + 1)[columns[name]]
    for name in MARGINS:
        labels = list(INSTRUMENT.background[name].labels)
        totals[name] = dict(zip(labels, np.bincount(columns[name], other).tolist(), strict=True))
    return Big(survey, columns, totals)


def bare_pass(data: Big) -> np.ndarray:
    """The least that shares by group with cluster errors must do: two sums over cells of cluster and group."""
    code, answer = data.survey.codes(ITEM), list(INSTRUMENT.items[ITEM].scale.answers).index(ANSWER)
    weight, cell = data.columns["weight"], data.columns["cluster"] * 5 + data.columns[BY]
    return np.array([np.bincount(cell, weight), np.bincount(cell, weight * (code == answer))])


def our_shares(data: Big) -> np.ndarray:
    """Estimate and standard error by group, through the public call."""
    return estimate.shares(data.survey, ITEM, ANSWER, BY)[["estimate", "se"]].to_numpy()


def our_contrasts(data: Big, small_sample: bool = True) -> np.ndarray:
    """Differences between groups and their standard errors by CR2, or by the design alone, through the public call."""
    return compare.contrasts(data.survey, ITEM, ANSWER, BY, small_sample=small_sample)[["estimate", "se"]].to_numpy()


def bare_coding(data: Big) -> None:
    """The least that coding must do: find the distinct values of each column once."""
    for column in (*(data.survey.frame[name] for name in data.survey.questionnaire.background),
                   data.survey.answers[ITEM]):
        pd.factorize(column)


def our_coding(data: Big) -> np.ndarray:
    """The very first shares by group: the tables checked and coded, and the provenance found."""
    survey = data.survey
    anew = Survey(survey.answers, survey.frame, survey.questionnaire, survey.design)
    return our_shares(replace(data, survey=anew))


def our_rake(data: Big) -> np.ndarray:
    """Raked weights, through the public call."""
    return weighting.rake(data.survey, data.totals).design.weights


def our_bootstrap(data: Big) -> np.ndarray:
    """Estimate and standard error by group from bootstrap replicates, drawn here."""
    made = replicates.bootstrap(data.survey.design, REPLICATES, 1)
    return replicates.replicated(data.survey, made, "share", ITEM, BY, ANSWER)[["estimate", "se"]].to_numpy()


def timed(call: Callable[[Any], Any], argument: Any) -> tuple[float, Any]:
    """Seconds, and what was made."""
    started = time.perf_counter()
    made = call(argument)
    return time.perf_counter() - started, made


def bootstrap_peak() -> float:
    """Peak memory in GB of a process that makes the survey of `MIDDLE` rows and its replicates, and nothing else."""
    our_bootstrap(big(MIDDLE))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e9 if sys.platform == "darwin" else 1e9 / 1024)


class Svy:
    """svy in a process of its own, asked to do one task at a time. Without it, every answer is None."""

    def __init__(self, large: Big, middle: Big, folder: Path) -> None:
        """Start it, if it is there, on the columns of two surveys; it is ready when this returns."""
        self.process, files = None, (folder / "stor.npz", folder / "mellem.npz")
        if not SVY_PYTHON.exists():
            return
        for data, path in zip((large, middle), files, strict=True):
            data.save(path)
        self.process = subprocess.Popen([str(SVY_PYTHON), "-c", SVY_SERVER, *map(str, files)], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        if not self.process.stdout.readline():
            sys.exit("svy kunne ikke starte; fejlen står ovenfor.")

    def time(self, task: str, ours: np.ndarray, tolerance: float) -> float | None:
        """Seconds that the task takes in svy; stops if it does not give the numbers that ours gives."""
        if self.process is None:
            return None
        self.process.stdin.write(f"{task}\n")
        self.process.stdin.flush()
        took, numbers = json.loads(self.process.stdout.readline())
        if not np.allclose(numbers, ours, rtol=tolerance, atol=0):
            sys.exit(f"svy og civsam giver ikke de samme tal ({task}):\n{numbers}\n{ours.tolist()}")
        return took

    def close(self) -> None:
        """End the process."""
        if self.process is not None:
            self.process.communicate()


# Task, what it is held against, how many times its time it may take, and both in words.
TIMES = (("CR2", "contrasts", 3, "forskelle med CR2", "forskelle uden"),
         ("coding", "factorize", 4, "første kald, hvor alt kontrolleres og kodes", "pandas.factorize af kolonnerne"))
ONES = {"bincount": bare_pass, "contrasts": partial(our_contrasts, small_sample=False), "CR2": our_contrasts,
        "factorize": bare_coding, "coding": our_coding}


def rounds(large: Big, middle: Big, svy: Svy) -> dict[str, list[float]]:
    """Seconds of each task, in turn with the others, so that all meet the same machine."""
    took: dict[str, list[float | None]] = {}

    def add(task: str, seconds: float | None) -> None:
        took.setdefault(task, []).append(seconds)

    for number in range(ROUNDS):
        print(f"\rFart: runde {number + 1} af {ROUNDS}", end="", flush=True)
        for task, call in ONES.items():
            add(task, timed(call, large)[0])
        for task, call in (("shares", our_shares), ("rake", our_rake)):
            seconds, made = timed(call, large)
            add(task, seconds)
            ours = made if task == "shares" else np.array([[made.sum(), made @ made]])
            add(f"svy {task}", svy.time(task, ours, 1e-8))
        if number < FEW_ROUNDS:
            seconds, made = timed(our_bootstrap, middle)
            add("bootstrap", seconds)
            add("svy bootstrap", svy.time("bootstrap", made, 0.2))  # two draws: Monte Carlo error 2 percent each
        for task, survey in small_surveys().items():
            add(task, timed(lambda one: estimate.shares(one, LONG_ITEM, None, BY), survey)[0])
    print()
    return {task: seconds for task, seconds in took.items() if None not in seconds}


_small: dict[str, Survey] = {}


def small_surveys() -> dict[str, Survey]:
    """All 838 as respondents, by municipality: with plain weights, and raked as the study."""
    if not _small:
        study = simulate.simulate(SEED, INSTRUMENT, anchored=False)
        whole = Survey(study.asked, study.frame, INSTRUMENT)
        _small.update(plain=weighting.for_process(whole), raked=weighting.for_process(weighting.raked(whole)))
        for survey in _small.values():
            estimate.shares(survey, LONG_ITEM, None, BY)
    return _small


def measure(folder: str) -> dict[str, list[float]]:
    """Make the surveys and time all tasks on them."""
    started = time.perf_counter()
    large, middle = big(LARGE), big(MIDDLE)
    our_shares(large), our_contrasts(large), our_rake(large), our_bootstrap(middle), small_surveys()
    svy = Svy(large, middle, Path(folder))
    print(f"Fart: data er lavet på {danish(time.perf_counter() - started, 0)} s", flush=True)
    try:
        return rounds(large, middle, svy)
    finally:
        svy.close()


def speed() -> list[bool]:
    """Timings, with a verdict on each requirement."""
    with workers(1) as pool:
        peak = pool.submit(bootstrap_peak).result()
    with workers(1) as pool, tempfile.TemporaryDirectory() as folder:
        took = pool.submit(measure, folder).result()
    median = {task: statistics.median(seconds) for task, seconds in took.items()}
    print(f"\nMediantider af {ROUNDS} runder ({FEW_ROUNDS} for bootstrap), én tråd, millisekunder (mindste-største):")
    for task, seconds in took.items():
        spread = "-".join(danish(1000 * end, 1) for end in (min(seconds), max(seconds)))
        print(f"    {task:<16}{danish(1000 * median[task], 1):>10}  ({spread})")
    over = median["shares"] / median["bincount"]
    print(f"    andele efter gruppe, {LARGE} rækker: {danish(over, 1)} gange et bart gennemløb med numpy.bincount")
    return [
        *(verdict(f"alle svar på {LONG_ITEM} efter {BY}, 838 rækker, {told}, under 20 ms",
                  f"{danish(1000 * median[task], 1)} ms", median[task] < 0.02)
          for task, told in (("plain", "uden rakede vægte"), ("raked", "rakede vægte"))),
        verdict(f"{REPLICATES} bootstrap, {MIDDLE} rækker, under 1 GB i alt", f"{danish(peak, 2)} GB", peak < 1),
        *(verdict(f"{told}, {LARGE} rækker, højst {limit} gange {than}", danish(median[task] / median[base], 1),
                  median[task] <= limit * median[base]) for task, base, limit, told, than in TIMES),
        *against_svy(median),
    ]


def against_svy(median: dict[str, float]) -> list[bool]:
    """Ratios to svy, or how to get it."""
    if "svy shares" not in median:
        print(f"  Ikke målt mod svy. Hent {SVY} til et miljø for sig selv med: "
              "python tools/bench_statistics.py --svy")
        return []
    ratios = {task: median[task] / median[f"svy {task}"] for task in ("shares", "rake", "bootstrap")}
    limits = {"shares": (f"andele efter gruppe, {LARGE} rækker", 10),
              "rake": (f"rake til fire marginaler, {LARGE} rækker", 5),
              "bootstrap": (f"{REPLICATES} bootstrap, {MIDDLE} rækker", 50)}
    return [verdict(f"{told}, højst 1/{limit} af svy", f"1/{danish(1 / ratios[task], 1)}", ratios[task] * limit <= 1)
            for task, (told, limit) in limits.items()]


def fetch_svy() -> None:
    """Make the environment of svy; it is no part of the project's own."""
    if not SVY_PYTHON.exists():
        print(f"Henter {SVY} til {SVY_VENV.relative_to(ROOT)} (ca. 640 MB)", flush=True)
        venv.create(SVY_VENV, with_pip=True)
        subprocess.run([str(SVY_PYTHON), "-m", "pip", "install", "-q", SVY], check=True)


def main() -> int:
    """Measure everything and count what is outside its limits."""
    if "--svy" in sys.argv:
        fetch_svy()
    fine = []
    parts = {"gyldighed": validity, "pladser": by_question, "udsagn": statements, "vejning": calibration,
             "fart": speed}
    for part, run in parts.items():
        if part in sys.argv or not set(parts) & set(sys.argv):
            fine += run()
    print(f"\n{len(fine) - sum(fine)} af {len(fine)} krav er uden for grænsen.")
    return int(not all(fine))


if __name__ == "__main__":
    sys.exit(main())
