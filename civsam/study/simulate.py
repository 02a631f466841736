"""The synthetic study: a population of complete answers, its response, and the anchoring to what is published.

Three random streams, spawned from one seed, so that each step can be redrawn while the others stand still.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm

from civsam.files import LINE, UserError, project, read_yaml, shown, without_lines
from civsam.instrument.questionnaire import DONT_KNOW, NONE, Item, Questionnaire, read
from civsam.intake.answers import write
from civsam.intake.frame import read_frame
from civsam.study import published
from civsam.survey import survey

ASSUMPTIONS = "antagelser.yml"
PLACEHOLDER = "Syntetisk kommentar"


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


def assumptions(name: str = ASSUMPTIONS) -> dict[str, Any]:
    """The values of a file of assumptions, without reasons. Raises UserError where a reason or value is missing."""
    return _assumptions(project.data / name)


@cache  # by file: no process both changes one and reads it again
def _assumptions(path: Path) -> dict[str, Any]:
    table = {name: entry for name, entry in read_yaml(path).items() if name != LINE}
    return {name: _value(path, name, entry) for name, entry in table.items()}


def _value(path: Path, name: str, entry: dict[str, Any]) -> Any:
    """The value of an assumption, or of each in a group of them."""
    if set(entry) == {"vaerdi", "grund", LINE}:
        return without_lines(entry["vaerdi"])
    if "vaerdi" in entry or not all(isinstance(part, dict) for key, part in entry.items() if key != LINE):
        raise UserError(
            f"{shown(path)}, linje {entry[LINE]}: '{name}' skal have både 'vaerdi' og 'grund', og intet andet."
        )
    return {key: _value(path, key, part) for key, part in entry.items() if key != LINE}


def effects() -> frozenset[tuple[str, str]]:
    """The items that a frame variable bears on in the model, as pairs of item and variable."""
    given = assumptions()
    sources = {"fagomraade": {**given["omraader"], **given["antal"]}, "udgiftspres": given["udgiftspres"]}
    return frozenset((item, variable) for variable, items in sources.items() for item in items)


def streams(seed: int) -> tuple[np.random.Generator, np.random.Generator, np.random.Generator]:
    """Independent generators for population, response and anchoring."""
    return tuple(np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(3))


# ---- Population -----------------------------------------------------------------------------------------------------


class Population:
    """Draws the complete answers of all positions in a frame.

    rng: a generator; or what draws from many generators at once, a row each: then all arrays have that axis first.
    given: the assumptions, those of the file unless given.
    """

    def __init__(
        self, frame: pd.DataFrame, questionnaire: Questionnaire, rng: np.random.Generator,
        given: dict[str, Any] | None = None,
    ) -> None:
        """Draw what the items of a block share."""
        self.frame, self.rng, self.given = frame, rng, given or assumptions()
        self.municipality = pd.factorize(frame["kommunekode"])[0]
        self.shared = {block: self.block_level() for block in questionnaire.blocks}

    def normal(self) -> np.ndarray:
        """One standard normal draw a position."""
        return self.rng.standard_normal(len(self.frame))

    def municipal(self) -> np.ndarray:
        """One standard normal draw a municipality, spread to its positions."""
        return self.rng.standard_normal(self.municipality.max() + 1)[..., self.municipality]

    def block_level(self) -> np.ndarray:
        """What the items of a block share: municipality and person, with their shares of the variance."""
        icc, person = self.given["icc"], self.given["faelles_holdning"]
        return np.sqrt(icc) * self.municipal() + np.sqrt(person) * self.normal()

    def shift(self, item: str) -> np.ndarray:
        """The item's differences between areas and between pressure groups, in standard deviations."""
        total = np.zeros(len(self.frame))
        for variable, key in (("fagomraade", "omraader"), ("udgiftspres", "udgiftspres")):
            effect = self.given[key].get(item)
            if effect:
                total += self.frame[variable].map(effect).to_numpy(float)
        return total

    def latent(self, item: Item) -> np.ndarray:
        """Standard normal level before the item's shifts are added."""
        own = 1 - self.given["icc"] - self.given["faelles_holdning"]
        return self.shared[item.block] + np.sqrt(own) * self.normal()

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
        ticked = {code: self.latent(item) < norm.ppf(share) for code, share in shares.items()}
        rows = zip(*ticked.values(), strict=True)
        return np.array([" ".join(np.array(list(ticked))[list(row)]) or NONE for row in rows])

    def count(self, item: Item) -> np.ndarray:
        """Gamma-mixed Poisson with the area's mean."""
        form, between = self.given["antal_form"], self.given["antal_kommune"]
        mean = self.frame["fagomraade"].map(self.given["antal"][item.id]).to_numpy(float)
        level = np.exp(between * self.municipal() - between**2 / 2) * self.rng.gamma(form, 1 / form, len(mean))
        return np.minimum(self.rng.poisson(mean * level), item.scale.high)

    def part(self, item: Item, total: np.ndarray) -> np.ndarray:
        """How many of `total` collaborations: binomial, with the manager's own share on the logit scale."""
        share = self.given["dele"][item.id]
        own = np.log(share / (1 - share)) + self.given["dele_spredning"] * self.normal()
        return self.rng.binomial(total, 1 / (1 + np.exp(-own)))

    def text(self) -> np.ndarray:
        """A placeholder from the few who write."""
        writes = self.rng.random(len(self.frame)) < self.given["kommentar"]
        return np.where(writes, PLACEHOLDER, "")


def population(frame: pd.DataFrame, questionnaire: Questionnaire, rng: np.random.Generator) -> pd.DataFrame:
    """The truth: complete answers of every position, no 'ved ikke'. Shape (positions, items), codes as text."""
    draw = Population(frame, questionnaire, rng)
    columns: dict[str, np.ndarray] = {}
    for item in questionnaire.items.values():
        if item.part_of:
            columns[item.id] = draw.part(item, sum(columns[total] for total in item.part_of))
        else:
            make = {"antal": draw.count, "flere": draw.several, "tekst": lambda _: draw.text()}
            columns[item.id] = make.get(item.scale.type, draw.choice)(item)
    return pd.DataFrame(columns, index=frame.index).astype(str)


# ---- Response -------------------------------------------------------------------------------------------------------


def responds(frame: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
    """Who answers: a fixed number within each area and size type, at random within it. Boolean, shape (positions,)."""
    target = round(assumptions()["svarprocent"] * len(frame))
    groups = frame.groupby(["fagomraade", "kommunetype"], sort=True).indices
    wanted = np.array([len(rows) for rows in groups.values()]) * target / len(frame)
    number = np.floor(wanted).astype(int)
    largest = np.argsort(number - wanted, kind="stable")[: target - number.sum()]
    number[largest] += 1
    chosen = np.zeros(len(frame), dtype=bool)
    for rows, take in zip(groups.values(), number, strict=True):
        chosen[rng.choice(rows, take, replace=False)] = True
    return chosen


def responds_evenly(frame: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
    """The same, drawn again until response is as even over regions and blocs as is assumed."""
    groups = [frame[variable] == code for variable in ("region", "blok") for code in frame[variable].unique()]
    while True:
        chosen = responds(frame, rng)
        rates = np.array([chosen[group].mean() for group in groups])
        if np.abs(rates - chosen.mean()).max() <= assumptions()["jaevnt_fordelt"]:
            return chosen


def with_dont_know(truth: pd.DataFrame, questionnaire: Questionnaire, rng: np.random.Generator) -> pd.DataFrame:
    """What each would answer if asked: the truth, with 'ved ikke' laid over it."""
    asked = truth.copy()
    for item, rows in unsure(questionnaire, len(truth), rng).items():
        asked.loc[rows, item] = DONT_KNOW
    return asked


def unsure(questionnaire: Questionnaire, positions: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Who would say 'ved ikke' to each item that allows it, boolean; who does not know a count, knows no part of it."""
    rates, found = assumptions()["ved_ikke"], {}
    for item in questionnaire.items.values():
        if item.allows_dont_know:
            own = rng.random(positions) < rates["del" if item.part_of else item.scale.type]
            found[item.id] = np.logical_or.reduce([own, *(found[total] for total in item.part_of)])
    return found


def broken_off(answers: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Some stop on the way: everything from a random item on is blank."""
    first = stops(len(answers), answers.shape[1], assumptions()["delvist_besvaret"], rng)
    return answers.where(np.arange(answers.shape[1]) < first[:, None], "")


def stops(positions: int, items: int, share: float, rng: np.random.Generator) -> np.ndarray:
    """The place of the first item that each leaves blank, `items` for none. Nobody stops before the second item."""
    return np.where(rng.random(positions) < share, rng.integers(1, items, positions), items)


# ---- Anchoring ------------------------------------------------------------------------------------------------------


class _Anchor:
    """Moves the respondents' unweighted values onto the published ones by the fewest changes, chosen at random."""

    def __init__(self, tables: tuple[pd.DataFrame, ...], answers: pd.DataFrame, rng: np.random.Generator) -> None:
        self.tables, self.answers, self.rng = (*tables, answers), answers, rng

    def write(self, rows: pd.Index, item: str, values: Any) -> None:
        """The same change in truth, in what all would answer, and in the answers."""
        for table in self.tables:
            table.loc[rows, item] = values

    def pick(self, among: pd.Index, number: int) -> pd.Index:
        return among[np.sort(self.rng.choice(len(among), number, replace=False))]

    def share(self, item: Item, key: str, target: float) -> None:
        """As many key answers as the published share of all who answered the item."""
        column = self.answers[item.id]
        answered = column[column != ""]
        others = answered[~answered.isin([key, DONT_KNOW])]
        missing = round(target * len(answered)) - (answered == key).sum()
        if missing > 0:
            self.write(self.pick(others.index, missing), item.id, key)
        elif missing < 0:
            rows = self.pick(answered.index[answered == key], -missing)
            self.write(rows, item.id, self.rng.choice(others.to_numpy(), len(rows)))

    def ratio(self, item: Item, target: float) -> None:
        """As many collaborations as the published share of those that the same managers counted."""
        known = self.answers[[item.id, *item.part_of]].apply(pd.to_numeric, errors="coerce").dropna().astype(int)
        part, total = known[item.id].copy(), known[list(item.part_of)].sum(axis=1)
        missing = round(target * total.sum()) - part.sum()
        step = int(np.sign(missing))
        while missing:
            room = part.index[part < total] if step > 0 else part.index[part > 0]
            rows = self.pick(room, min(abs(missing), len(room)))
            part[rows] += step
            missing -= step * len(rows)
        changed = part.index[part != known[item.id]]
        self.write(changed, item.id, part[changed].astype(str))


def anchor(tables: tuple[pd.DataFrame, ...], answers: pd.DataFrame, questionnaire: Questionnaire,
           rng: np.random.Generator) -> None:
    """Change `answers`, and the same rows of `tables`, in place until the published shares hold among respondents."""
    move = _Anchor(tables, answers, rng)
    for name, to in assumptions()["forankring"].items():
        item, target = questionnaire.items[name], published.value(to["udsagn"])
        if item.part_of:
            move.ratio(item, target)
        else:
            move.share(item, to["svar"], target)


# ---- The whole study ------------------------------------------------------------------------------------------------


def simulate(
    seed: int, questionnaire: Questionnaire | None = None, *, anchored: bool = True, asked_again: int | None = None
) -> Simulation:
    """A whole synthetic study, reproducible from its seed.

    Without anchoring the truth is the model's own: use that for studies of bias, coverage, level and power.
    asked_again: another seed for who responds and who is unsure; what everybody thinks is that of the first.
    """
    questionnaire = questionnaire or read()
    frame = read_frame(questionnaire)
    for_population, for_response, for_anchor = streams(seed)
    if asked_again is not None:
        _, for_response, for_anchor = streams(asked_again)
    truth = population(frame, questionnaire, for_population)
    asked = with_dont_know(truth, questionnaire, for_response)
    chosen = (responds_evenly if anchored else responds)(frame, for_response)
    answers = broken_off(asked[chosen], for_response)
    if anchored:
        anchor((truth, asked), answers, questionnaire, for_anchor)
    for table in (truth, asked, answers):
        survey.recognise(table)
    return Simulation(frame, truth, asked, answers)


def responding(asked: pd.DataFrame, chance: np.ndarray, seed: int) -> pd.DataFrame:
    """Those of a synthetic population who answer when each does so with a chance of its own, shape (positions,).

    For showing what skewed nonresponse does. Raises ValueError for answers that are not synthetic.
    """
    if survey.provenance(asked) != survey.SYNTHETIC:
        raise ValueError("only synthetic answers can be drawn from")
    answers = asked[np.random.default_rng(seed).random(len(asked)) < chance]
    survey.recognise(answers)
    return answers


def write_study(seed: int, folder: Path) -> Simulation:
    """Write `svar.csv`, `ramme.csv` and `sandhed.csv`, and record the answers' digest in `syntetiske_svar.csv`."""
    study = simulate(seed)
    folder.mkdir(parents=True, exist_ok=True)
    write(study.answers, folder / "svar.csv")
    if folder != project.data:  # there it is a fact that the simulation starts from
        write(study.frame[["kommunekode", "fagomraade"]], folder / "ramme.csv")
    write(study.truth, folder / "sandhed.csv")
    survey.record(study.answers, seed)
    return study
