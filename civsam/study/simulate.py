"""The synthetic study: a population of complete answers, its response, and the anchoring to what is published.

Each step and each item has a random stream of its own, named after it, and draws in the order of the positions' keys.
So a question more or less, or rows in another order, leave all other answers as they are. What they must change: who
stops at a new question gives no answer from there on, and in an anchored item a few more or fewer are moved for that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm

from civsam.files import project
from civsam.inference.settled import settled
from civsam.instrument import routing
from civsam.instrument.questionnaire import DONT_KNOW, NONE, Item, Questionnaire, read
from civsam.intake.answers import write
from civsam.intake.frame import read_frame
from civsam.study import assumed, published
from civsam.study.assumed import assumptions
from civsam.survey import survey

PLACEHOLDER = "Syntetisk kommentar"
DRAWN_WITHIN = ("fagomraade", "kommunetype")  # in each of whose groups as large a part answers
DRAWN_AGAIN = ("region", "blok")  # over whose groups response is as even as is assumed


@dataclass(frozen=True)
class Simulation:
    """A synthetic study. All tables are indexed by `stilling` and hold answer codes as text, a column an item.

    truth: 838 rows, complete. asked: 838 rows, what each would have answered, 'ved ikke' included.
    answers: the respondents' rows of `asked`, blank where they stopped.
    """

    frame: pd.DataFrame
    truth: pd.DataFrame
    asked: pd.DataFrame
    answers: pd.DataFrame


@dataclass(frozen=True)
class Source:
    """Random numbers by name: what is drawn under one name depends on no other, nor on whether others are drawn."""

    seed: int

    def of(self, *name: str) -> np.random.Generator:
        """A generator that follows from the seed and the name alone."""
        words = np.frombuffer(hashlib.sha256("\n".join(name).encode()).digest(), ">u4")
        return np.random.default_rng([self.seed, *words.tolist()])


# ---- Population -----------------------------------------------------------------------------------------------------


class Population:
    """Draws the complete answers of all positions in a frame, in its order.

    source: a `Source`; or what gives generators that draw for many at once, a row each: then all arrays have that axis
    first. given: the assumptions, those of the file unless given.
    """

    def __init__(
        self, frame: pd.DataFrame, questionnaire: Questionnaire, source: Source, given: dict[str, Any] | None = None
    ) -> None:
        """Draw what the items of a block share."""
        self.frame, self.source, self.given = frame, source, given or assumptions()
        self.municipality = pd.factorize(frame["kommunekode"], sort=True)[0]
        self.shared = {block: self.block_level(self.stream("blok", block)) for block in questionnaire.blocks}

    def stream(self, *name: str) -> np.random.Generator:
        """The generator of an item or of a part of it."""
        return self.source.of("befolkning", *name)

    def normal(self, rng: np.random.Generator) -> np.ndarray:
        """One standard normal draw a position."""
        return rng.standard_normal(len(self.frame))

    def municipal(self, rng: np.random.Generator) -> np.ndarray:
        """One standard normal draw a municipality, spread to its positions."""
        return rng.standard_normal(self.municipality.max() + 1)[..., self.municipality]

    def block_level(self, rng: np.random.Generator) -> np.ndarray:
        """What the items of a block share: municipality and person, with their shares of the variance."""
        icc, person = self.given["icc"], self.given["faelles_holdning"]
        return np.sqrt(icc) * self.municipal(rng) + np.sqrt(person) * self.normal(rng)

    def shift(self, item: str) -> np.ndarray:
        """The item's differences between areas and between pressure groups, in standard deviations."""
        total = np.zeros(len(self.frame))
        for variable, key in (("fagomraade", "omraader"), ("udgiftspres", "udgiftspres")):
            effect = self.given[key].get(item)
            if effect:
                total += self.frame[variable].map(effect).to_numpy(float)
        return total

    def latent(self, item: Item, *code: str) -> np.ndarray:
        """Standard normal level, of one of several crosses by its code, before the item's shifts are added."""
        own = 1 - self.given["icc"] - self.given["faelles_holdning"]
        return self.shared[item.block] + np.sqrt(own) * self.normal(self.stream(item.id, *code))

    def place(self, item: Item) -> np.ndarray:
        """One answer as its place on the scale: ordered probit.

        A positive shift moves towards agreement, or towards the first nominal answer.
        """
        sign = 1 if item.scale.type == "ordinal" else -1
        cuts = norm.ppf(np.cumsum(list(self.given["fordelinger"][item.id].values()))[:-1])
        return np.searchsorted(cuts, self.latent(item) + sign * self.shift(item.id))

    def choice(self, item: Item) -> np.ndarray:
        """One answer as its code."""
        return np.array(list(self.given["fordelinger"][item.id]))[self.place(item)]

    def several(self, item: Item) -> np.ndarray:
        """Crosses, each with its own draw; 'ingen' where nothing else was ticked."""
        shares = self.given["krydser"][item.id]
        ticked = {code: self.latent(item, code) < norm.ppf(share) for code, share in shares.items()}
        rows = zip(*ticked.values(), strict=True)
        return np.array([" ".join(np.array(list(ticked))[list(row)]) or NONE for row in rows])

    def mean(self, item: str) -> np.ndarray:
        """What a count is on average: the area's."""
        return self.frame["fagomraade"].map(self.given["antal"][item]).to_numpy(float)

    def count(self, item: Item) -> np.ndarray:
        """Gamma-mixed Poisson around its mean."""
        form, between, rng = self.given["antal_form"], self.given["antal_kommune"], self.stream(item.id)
        mean = self.mean(item.id)
        level = np.exp(between * self.municipal(rng) - between**2 / 2) * rng.gamma(form, 1 / form, len(mean))
        return np.minimum(rng.poisson(mean * level), item.scale.high)

    def part(self, item: Item, total: np.ndarray) -> np.ndarray:
        """How many of `total` collaborations: binomial, with the manager's own share on the logit scale."""
        share, rng = self.given["dele"][item.id], self.stream(item.id)
        own = np.log(share / (1 - share)) + self.given["dele_spredning"] * self.normal(rng)
        return rng.binomial(total, 1 / (1 + np.exp(-own)))

    def text(self, item: Item) -> np.ndarray:
        """A placeholder from the few who write."""
        writes = self.stream(item.id).random(len(self.frame)) < self.given["kommentar"]
        return np.where(writes, PLACEHOLDER, "")


People = Callable[[pd.DataFrame, Questionnaire, Source], Population]


def population(
    frame: pd.DataFrame, questionnaire: Questionnaire, source: Source, people: People = Population
) -> pd.DataFrame:
    """The truth: complete answers of every position, no 'ved ikke'. Shape (positions, items), codes as text.

    people: what draws them, by other assumptions than those of the file. Raises UserError for an item or a group that
    the assumptions do not cover.
    """
    assumed.check(questionnaire)
    draw = people(frame, questionnaire, source)
    columns: dict[str, np.ndarray] = {}
    for item in questionnaire.items.values():
        if item.part_of:
            columns[item.id] = draw.part(item, sum(columns[total] for total in item.part_of))
        else:
            make = {"antal": draw.count, "flere": draw.several, "tekst": draw.text}
            columns[item.id] = make.get(item.scale.type, draw.choice)(item)
    return pd.DataFrame(columns, index=frame.index).astype(str)


# ---- Response -------------------------------------------------------------------------------------------------------


def responds(frame: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
    """Who answers: a fixed number within each area and size type, at random within it. Boolean, shape (positions,)."""
    target = round(assumptions()["svarprocent"] * len(frame))
    groups = frame.groupby(list(DRAWN_WITHIN), sort=True).indices
    number, rest = np.divmod(np.array([len(rows) for rows in groups.values()]) * target, len(frame))
    largest = np.argsort(-rest, kind="stable")[: target - number.sum()]
    number[largest] += 1
    chosen = np.zeros(len(frame), dtype=bool)
    for rows, take in zip(groups.values(), number, strict=True):
        chosen[rng.choice(rows, take, replace=False)] = True
    return chosen


def responds_evenly(frame: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
    """The same, drawn again until response is as even over regions and blocs as is assumed."""
    groups = [frame[variable] == code for variable in DRAWN_AGAIN for code in frame[variable].unique()]
    while True:
        chosen = responds(frame, rng)
        rates = np.array([chosen[group].mean() for group in groups])
        if settled(np.abs(rates - chosen.mean()).max()) <= assumptions()["jaevnt_fordelt"]:
            return chosen


def with_dont_know(truth: pd.DataFrame, questionnaire: Questionnaire, source: Source) -> pd.DataFrame:
    """What each would answer if asked: the truth, with 'ved ikke' laid over it."""
    asked = truth.copy()
    for item, rows in unsure(questionnaire, len(truth), source).items():
        asked.loc[rows, item] = DONT_KNOW
    return asked


def unsure(questionnaire: Questionnaire, positions: int, source: Source) -> dict[str, np.ndarray]:
    """Who would say 'ved ikke' to each item that allows it, boolean; who does not know a count, knows no part of it."""
    rates, found = assumptions()["ved_ikke"], {}
    for item in questionnaire.items.values():
        if item.allows_dont_know:
            own = source.of("ved ikke", item.id).random(positions) < rates["del" if item.part_of else item.scale.type]
            found[item.id] = np.logical_or.reduce([own, *(found[total] for total in item.part_of)])
    return found


def stops(items: list[str], positions: int, source: Source) -> np.ndarray:
    """The place of the first item that each leaves blank, `len(items)` for none. Nobody stops before the second item.

    Everybody has a number for each item, and who stops does so at the item where it is least. So all places are equally
    likely, and an item more changes it only for those who have their least number there (as in rendezvous hashing).
    """
    stopping = source.of("standser").random(positions) < assumptions()["delvist_besvaret"]
    numbers = [source.of("standser", item).random(positions) for item in items[1:]]
    return np.where(stopping, 1 + np.argmin(numbers, axis=0), len(items))


# ---- Anchoring ------------------------------------------------------------------------------------------------------


class _Anchor:
    """Moves the respondents' unweighted values onto the published ones by the fewest changes, chosen at random."""

    def __init__(self, tables: tuple[pd.DataFrame, ...], answers: pd.DataFrame, source: Source) -> None:
        self.tables, self.answers, self.source = (*tables, answers), answers, source

    def write(self, rows: pd.Index, item: str, values: Any) -> None:
        """The same change in truth, in what all would answer, and in the answers."""
        for table in self.tables:
            table.loc[rows, item] = values

    def numbers(self, *name: str) -> pd.Series:
        """A number from 0 to 1 of everybody, respondent or not."""
        everybody = self.tables[0].index
        return pd.Series(self.source.of("forankring", *name).random(len(everybody)), everybody)

    def pick(self, among: pd.Index, number: int, *name: str) -> pd.Index:
        """Those with the least numbers: to pick one more leaves the others picked."""
        return self.numbers(*name)[among].nsmallest(number).index

    def share(self, item: Item, key: str, target: float) -> None:
        """As many key answers as the published share of all who answered the item; others as the assumptions say."""
        column = self.answers[item.id]
        answered = column[column != ""]
        others = answered.index[~answered.isin([key, DONT_KNOW])]
        missing = round(target * len(answered)) - (answered == key).sum()
        if missing > 0:
            self.write(self.pick(others, missing, item.id), item.id, key)
        elif missing < 0:
            rows = self.pick(answered.index[answered == key], -missing, item.id)
            shares = pd.Series(assumptions()["fordelinger"][item.id]).drop(key)
            place = np.searchsorted(shares.cumsum()[:-1] / shares.sum(), self.numbers(item.id, "svar")[rows])
            self.write(rows, item.id, shares.index.to_numpy()[place])

    def ratio(self, item: Item, target: float) -> None:
        """As many collaborations as the published share of those that the same managers counted."""
        known = self.answers[[item.id, *item.part_of]].apply(pd.to_numeric, errors="coerce").dropna().astype(int)
        part, total = known[item.id].copy(), known[list(item.part_of)].sum(axis=1)
        missing = round(target * total.sum()) - part.sum()
        step, turn = int(np.sign(missing)), 0
        while missing:
            room = part.index[part < total] if step > 0 else part.index[part > 0]
            rows = self.pick(room, min(abs(missing), len(room)), item.id, str(turn))
            part[rows] += step
            missing, turn = missing - step * len(rows), turn + 1
        changed = part.index[part != known[item.id]]
        self.write(changed, item.id, part[changed].astype(str))


def anchor(
    tables: tuple[pd.DataFrame, ...], answers: pd.DataFrame, questionnaire: Questionnaire, source: Source
) -> None:
    """Change `answers`, and the same rows of `tables`, in place until the published shares hold among respondents."""
    move = _Anchor(tables, answers, source)
    for name, to in assumptions()["forankring"].items():
        if name not in questionnaire.items:
            continue
        item, target = questionnaire.items[name], published.value(to["udsagn"])
        if item.part_of:
            move.ratio(item, target)
        else:
            move.share(item, to["svar"], target)


# ---- The whole study ------------------------------------------------------------------------------------------------


def simulate(
    seed: int, questionnaire: Questionnaire | None = None, *, anchored: bool = True, asked_again: int | None = None,
    people: People = Population,
) -> Simulation:
    """A whole synthetic study, reproducible from its seed.

    Without anchoring the truth is the model's own: use that for studies of bias, coverage, level and power.
    asked_again: another seed for who responds and who is unsure; what everybody thinks is that of the first. people: as
    in `population`.
    """
    questionnaire = questionnaire or read()
    asked_frame = read_frame(questionnaire)
    frame = asked_frame.sort_index()  # what is drawn belongs to the key, not to the place in the file
    source, response = Source(seed), Source(seed if asked_again is None else asked_again)
    truth = population(frame, questionnaire, source, people)
    asked = with_dont_know(truth, questionnaire, response)
    chosen = (responds_evenly if anchored else responds)(frame, response.of("svarer"))
    first = stops(list(asked), len(asked), response)
    answers = asked.where(np.arange(asked.shape[1]) < first[:, None], "")[chosen]
    if anchored:
        anchor((truth, asked), answers, questionnaire, response)
    truth, asked, answers = (routing.without(questionnaire, table).loc[asked_frame.index.intersection(
        table.index, sort=False)] for table in (truth, asked, answers))
    for table in (truth, asked, answers):
        survey.recognise(table)
    return Simulation(asked_frame, truth, asked, answers)


def responding(asked: pd.DataFrame, chance: np.ndarray, seed: int) -> pd.DataFrame:
    """Those of a synthetic population who answer when each does so with a chance of its own, shape (positions,).

    For showing what skewed nonresponse does. Raises ValueError for answers that are not synthetic.
    """
    if survey.provenance(asked) != survey.SYNTHETIC:
        raise ValueError("only synthetic answers can be drawn from")
    number = pd.Series(np.random.default_rng(seed).random(len(asked)), asked.index.sort_values())
    answers = asked[number[asked.index].to_numpy() < chance]
    survey.recognise(answers)
    return answers


def write_study(seed: int, folder: Path) -> Simulation:
    """Write `svar.csv`, `ramme.csv` and `sandhed.csv`, and record the answers' digest in `syntetiske_svar.csv`.

    The record keeps what it has of other seeds where the present code and data still draw just those answers.
    """
    study = simulate(seed)
    folder.mkdir(parents=True, exist_ok=True)
    write(study.answers, folder / "svar.csv")
    if folder != project.data:  # there it is a fact that the simulation starts from
        write(study.frame[["kommunekode", "fagomraade"]], folder / "ramme.csv")
    write(study.truth, folder / "sandhed.csv")
    survey.record(study.answers, seed, lambda other: simulate(other).answers)
    return study
