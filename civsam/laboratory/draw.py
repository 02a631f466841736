"""Surveys by the hundred: populations, what all would answer, and who answers, as arrays of replications by positions.

The population is that of `simulate`, drawn by the same code; only the items behind the study's main estimates are
drawn. Every replication has two streams of random numbers of its own, one for the population and one for the response.
They follow from the grid's seed, the content of the `Drawing` and the number of the replication, and from nothing else:
so a replication is the same in any order, on any number of workers and in a batch of any size.

Shapes: R replications, N positions in the frame, M measures (`MEASURES`), K domains (`Layout.domains`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, reduce
from operator import and_
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from civsam.files import QUESTIONNAIRE, UserError, per_project, project, shown
from civsam.instrument.questionnaire import Questionnaire, read
from civsam.intake.frame import read_frame
from civsam.laboratory.declare import Drawing
from civsam.study import simulate
from civsam.study.modelled import Model

ASSUMPTIONS = "scenarier_antagelser.yml"
AGREE = "enig+helt_enig"
COUNTS = ("pra_lange", "pra_korte")

# The study's main figures: statistic, item and answer as `estimators.variables` takes them.
MEASURES = (
    ("share", "pol_fokus", "ja"),  # N5, O8, O9
    ("ratio", "pra_tvaers", ""),  # N6
    ("ratio", "pra_flere", ""),  # N7
    ("share", "vae_overordnet", "omkostning"),  # N8
    ("mean", "+".join(COUNTS), ""),  # O1, O4, O8, O9
    ("share", "pra_maalgruppe", AGREE),  # O8, O9
    ("share", "vae_omkostning", AGREE),  # O11
)
ITEMS = tuple(dict.fromkeys(name for _, item, _ in MEASURES for name in item.split("+")))


@dataclass(frozen=True, eq=False)
class Layout:
    """The frame as the laboratory needs it, in the order of the municipalities.

    questionnaire: only with the items of `MEASURES`, in the order of the whole. places: of each item in the whole, of
    which there are `length`. code: (N,) of each frame variable; cluster: (N,) from 0. names: variable and code of each
    domain, the first of which is all; domains: (N, K) 0/1; columns: the domains of a variable.
    """

    frame: pd.DataFrame
    questionnaire: Questionnaire
    places: dict[str, int]
    length: int
    code: dict[str, np.ndarray]
    cluster: np.ndarray
    names: list[tuple[str, str]]
    domains: np.ndarray
    columns: dict[str, slice]

    @cached_property
    def starts(self) -> np.ndarray:
        """The first position of each municipality."""
        return np.flatnonzero(np.diff(self.cluster, prepend=-1))

    def by_cluster(self, values: np.ndarray) -> np.ndarray:
        """Sums over the positions of each municipality, along the last axis."""
        return np.add.reduceat(values, self.starts, axis=-1)


@per_project
def layout() -> Layout:
    """The study's own frame and questionnaire."""
    whole = read()
    frame = read_frame(whole).sort_values("kommunekode", kind="stable")
    items = {name: item for name, item in whole.items.items() if name in ITEMS}
    if some := [name for name, item in items.items() if item.only_if]:
        raise UserError(f"{shown(project.root / QUESTIONNAIRE)}: {some[0]} stilles kun til nogle (kun_hvis), og det "
                        "kan laboratoriet ikke regne med. Spørg alle, eller mål på et andet spørgsmål.")
    code, names, parts = {}, [("", "")], [np.ones((len(frame), 1))]
    for variable, background in whole.background.items():
        labels = list(background.labels)
        code[variable] = frame[variable].map(labels.index).to_numpy(int)
        names += [(variable, label) for label in labels]
        parts.append(np.eye(len(labels))[code[variable]])
    ends = np.cumsum([part.shape[1] for part in parts])
    columns = {variable: slice(start, end) for variable, start, end in zip(code, ends, ends[1:], strict=False)}
    places = {name: place for place, name in enumerate(whole.items) if name in ITEMS}
    blocks = {name: words for name, words in whole.blocks.items() if any(one.block == name for one in items.values())}
    return Layout(frame, replace(whole, items=items, blocks=blocks), places, len(whole.items), code,
                  pd.factorize(frame["kommunekode"])[0], names, np.hstack(parts), columns)


# ---- Random numbers --------------------------------------------------------------------------------------------------


class Streams:
    """Draws from many generators at once, as one `numpy.random.Generator` would from itself; a row a generator."""

    def __init__(self, generators: list[np.random.Generator]) -> None:
        """generators: one a replication."""
        self.generators = generators

    def of(self, *name: str) -> Streams:
        """Themselves for any name: the items are fixed, and a generator a name would take longer than its draws.

        name: as in `simulate.Source.of`.
        """
        return self

    def _rows(self, make: str, *arguments: Any) -> np.ndarray:
        return np.array([getattr(one, make)(*arguments) for one in self.generators])

    def _each(self, make: str, *arrays: Any) -> np.ndarray:
        rows = zip(self.generators, *(np.broadcast_to(a, (len(self.generators), np.shape(a)[-1])) if np.ndim(a) else
                                      [a] * len(self.generators) for a in arrays), strict=True)
        return np.array([getattr(one, make)(*row) for one, *row in rows])

    def standard_normal(self, size: int) -> np.ndarray:
        """Shape (R, size), as all that follow."""
        return self._rows("standard_normal", size)

    def random(self, size: int) -> np.ndarray:
        """Uniform from 0 to 1."""
        return self._rows("random", size)

    def integers(self, low: int, high: int, size: int) -> np.ndarray:
        """Whole numbers from low to below high."""
        return self._rows("integers", low, high, size)

    def gamma(self, shape: float, scale: float, size: int) -> np.ndarray:
        """Gamma."""
        return self._rows("gamma", shape, scale, size)

    def poisson(self, mean: np.ndarray) -> np.ndarray:
        """Poisson, with means (R, size)."""
        return self._each("poisson", mean)

    def binomial(self, n: np.ndarray, p: np.ndarray | float) -> np.ndarray:
        """Binomial, with n and p (R, size), or one p."""
        return self._each("binomial", n, p)


def streams(drawing: Drawing, seed: int, first: int, last: int) -> tuple[Streams, Streams]:
    """For population and for response, of the replications from first to before last."""
    entropy = [seed, int(drawing.digest[:32], 16)]
    pairs = [np.random.SeedSequence(entropy, spawn_key=(number,)).spawn(2) for number in range(first, last)]
    population, response = ([np.random.default_rng(one) for one in side] for side in zip(*pairs, strict=True))
    return Streams(population), Streams(response)


# ---- Populations and surveys -----------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Values:
    """What each position gives for each measure: the estimate is the sum of y over that of x. Shapes (R, M, N).

    base: who is in the measure, boolean; x and y are 0 for others. responded: who answered what it is about.
    """

    y: np.ndarray
    x: np.ndarray
    base: np.ndarray
    responded: np.ndarray


@dataclass(frozen=True, eq=False)
class Batch:
    """A batch of surveys. truth: what all would say, with none of the scenario's faults; given: what those who answered
    gave, 0 for others; answered: (R, N) who did.
    """

    truth: Values
    given: Values
    answered: np.ndarray


def batch(drawing: Drawing, seed: int, first: int, last: int) -> Batch:
    """The surveys of the replications from first to before last."""
    here = layout()
    for_population, for_response = streams(drawing, seed, first, last)
    values = population(here, for_population, drawing.kommuneeffekt)
    unsure = simulate.unsure(here.questionnaire, len(here.frame), for_response)
    truth = measured(here, values, {item: ~rows for item, rows in unsure.items()}, dict.fromkeys(ITEMS, True))
    answered = responds(here, truth, drawing, for_response)
    given, known = reported(here, values, unsure, drawing, for_response)
    first_blank = stops(here, drawing.delvise / 100, for_response)
    reached = {item: answered & (first_blank > here.places[item]) for item in ITEMS}
    return Batch(truth, measured(here, given, known, reached), answered)


def population(here: Layout, rng: Streams, effect: int) -> dict[str, np.ndarray]:
    """The complete answers: of choices the place on the scale, else the number; whole numbers of shape (R, N).

    effect: percent of the variation in attitudes that lies between municipalities; that of counts follows it.
    """
    given = simulate.assumptions()
    grown = effect / 100 / given["icc"]
    given = given | {"icc": effect / 100, "antal_kommune": given["antal_kommune"] * np.sqrt(grown)}
    draw, values = simulate.Population(here.frame, here.questionnaire, rng, given), {}
    for item in here.questionnaire.items.values():
        if item.part_of:
            values[item.id] = draw.part(item, sum(values[total] for total in item.part_of))
        else:
            values[item.id] = draw.count(item) if item.scale.type == "antal" else draw.place(item)
    return values


def measured(
    here: Layout, values: dict[str, np.ndarray], known: dict[str, np.ndarray], reached: dict[str, np.ndarray]
) -> Values:
    """The measures from items; known: who would not say 'ved ikke', reached: who answered the item at all.

    In the base of a share are all who answered, 'ved ikke' included; of counts all who gave the numbers.
    """
    shape = (len(values[ITEMS[0]]), len(MEASURES), len(here.frame))
    y, x, base, responded = (np.zeros(shape, dtype=kind) for kind in (float, float, bool, bool))
    total = sum(values[name] for name in COUNTS)
    for place, (statistic, item, answer) in enumerate(MEASURES):
        if statistic == "share":
            codes = list(simulate.assumptions()["fordelinger"][item])
            hit = np.isin(values[item], [codes.index(code) for code in answer.split("+")])
            base[:, place] = x[:, place] = responded[:, place] = reached[item]
            y[:, place] = reached[item] & known[item] & hit
        else:
            names, ratio = {item, *COUNTS} & set(ITEMS), statistic == "ratio"
            responded[:, place] = reduce(and_, (reached[name] for name in names))
            base[:, place] = reduce(and_, (reached[name] & known[name] for name in names))
            x[:, place] = base[:, place] * (total if ratio else 1)
            y[:, place] = base[:, place] * (values[item] if ratio else total)
    return Values(y, x, base, responded)


# ---- Response --------------------------------------------------------------------------------------------------------


def responds(here: Layout, truth: Values, drawing: Drawing, rng: Streams) -> np.ndarray:
    """Who answers, boolean (R, N): each by chance, and nobody in the municipalities that are lost."""
    chance = chances(inclination(here, truth, drawing.bortfald), drawing.svarprocent / 100)
    later = 1 - simulate.assumptions(ASSUMPTIONS)["rykker"] * chance
    chance = 1 - (1 - chance) * later**drawing.rykkere
    rank = np.argsort(np.argsort(rng.random(len(here.starts)), axis=1), axis=1)
    lost = rank < round(drawing.tabte_kommuner / 100 * len(here.starts))
    return (rng.random(len(here.frame)) < chance) & ~lost[:, here.cluster]


def stops(here: Layout, share: float, rng: Streams) -> np.ndarray:
    """The place of the first item that each leaves blank, (R, N): as `simulate.stops`, which has a draw an item."""
    stopping = rng.random(len(here.frame)) < share
    return np.where(stopping, rng.integers(1, here.length, len(here.frame)), here.length)


def inclination(here: Layout, truth: Values, mechanism: str) -> np.ndarray:
    """What the mechanism adds to the log odds of answering, (R, N) or (1, N)."""
    given = simulate.assumptions(ASSUMPTIONS)
    if mechanism == "tilfaeldigt":
        return np.zeros((1, len(here.frame)))
    effect = given["bortfald"][mechanism]
    if mechanism != "svaret":
        return here.frame[mechanism].map(effect).to_numpy(float)[None]
    focus, many = truth.y[:, 0], truth.y[:, 4] >= given["mange_samarbejder"]
    return effect["oeget_fokus"] * focus + effect["mange_samarbejder"] * many


def chances(inclined: np.ndarray, rate: float) -> np.ndarray:
    """Chances with these differences in log odds, whose mean over all positions is the rate; Newton's method."""
    if rate == 1:
        return np.ones_like(inclined)
    constant = logit(rate) - inclined.mean(axis=1, keepdims=True)
    for _ in range(12):
        chance = expit(constant + inclined)
        slope = np.mean(chance * (1 - chance), axis=1, keepdims=True)
        constant = constant - (chance.mean(axis=1, keepdims=True) - rate) / slope
    return expit(constant + inclined)


def reported(
    here: Layout, values: dict[str, np.ndarray], unsure: dict[str, np.ndarray], drawing: Drawing, rng: Streams
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """What each would write, and for which items it is something else than 'ved ikke'."""
    values = miscounted(here, values, drawing.fejltaelling, rng)
    if drawing.ved_ikke == "ja":
        return values, {item: ~rows for item, rows in unsure.items()}
    values = {item: np.where(rows, guess(here, item, rng), values[item]) for item, rows in unsure.items()}
    return bounded(here, values), {item: np.ones_like(rows) for item, rows in unsure.items()}


def miscounted(here: Layout, values: dict[str, np.ndarray], fault: str, rng: Streams) -> dict[str, np.ndarray]:
    """The answers with the counts as they are reported."""
    given, counts = simulate.assumptions(ASSUMPTIONS), {}
    for item in here.questionnaire.items.values():
        if item.scale.type == "antal" and fault == "glemt":
            counts[item.id] = rng.binomial(values[item.id], 1 - given["glemt"])
        elif item.id in COUNTS and fault == "afrundet":
            step = given["afrunding"]
            counts[item.id] = (values[item.id] + step // 2) // step * step
    return bounded(here, values | counts)


def guess(here: Layout, item: str, rng: Streams) -> np.ndarray:
    """What those write who do not know and cannot say so, (R, N)."""
    asked, numbers = here.questionnaire.items[item], np.array(simulate.assumptions(ASSUMPTIONS)["gaet"])
    if asked.scale.type == "antal":
        return numbers[rng.integers(0, len(numbers), len(here.frame))]
    return rng.integers(0, len(asked.scale.answers), len(here.frame))


def bounded(here: Layout, values: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The answers with no part larger than its whole: the form does not take that."""
    wholes = {item.id: sum(values[total] for total in item.part_of)
              for item in here.questionnaire.items.values() if item.part_of}
    return values | {item: np.minimum(values[item], whole) for item, whole in wholes.items()}


# ---- The model's own values ------------------------------------------------------------------------------------------


@per_project
def expected() -> tuple[np.ndarray, np.ndarray]:
    """The process's truth: expected y and x of each measure and position under the assumptions, both (M, N).

    It is the same in all scenarios: what the municipalities share has mean 0.
    """
    here = layout()
    model = Model(here.frame, here.questionnaire)
    y, x = zip(*(model.expected(*measure) for measure in MEASURES), strict=True)
    return np.array(y), np.array(x)
