"""Worlds where the published statements are true, false or at their limits, and the book's own verdicts in them.

A survey is drawn by `simulate` from assumptions that a world has changed, and judged by `claims.judge`, weights and all
as the book does it: no rule stands twice. What is true is worked out by `truths`, of the model for claims about what
lies behind the answers, and of all 838 in the drawn population for claims about them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from civsam.book.stale import digest
from civsam.files import PACKAGE, UserError, line_of, per_project, project, read_yaml, shown, without_lines
from civsam.inference import weighting
from civsam.inference.equations import measure
from civsam.instrument import questionnaire
from civsam.instrument.questionnaire import Questionnaire
from civsam.intake.frame import read_frame
from civsam.laboratory import truths
from civsam.laboratory.run import Named
from civsam.study import assumed, claims, simulate
from civsam.study.claims import Claim
from civsam.study.modelled import Model
from civsam.survey.checked import is_number
from civsam.survey.survey import Survey

FILE = "verdener.yml"
CHANGED = ("fordelinger", "krydser", "omraader", "udgiftspres", "antal", "dele")  # assumptions that a world may change
SHIFTS = ("omraader", "udgiftspres")  # those where a world may say that there is none
ROOMS = ("instrument", "survey", "intake", "inference", "study", "laboratory")  # whose code a trial depends on


@dataclass(frozen=True, eq=False)
class World:
    """Assumptions to draw by. given: as `simulate.assumptions` has them, changed.

    apart: what a group of another variable than those of the file adds, by variable, item and group: standard
    deviations to an attitude, or what a count's mean is multiplied by.
    """

    name: str
    reason: str
    given: dict[str, Any]
    apart: dict[str, dict[str, dict[str, float]]]

    def people(self, frame: pd.DataFrame, asked: Questionnaire, source: simulate.Source) -> Peopled:
        """What draws them: as `simulate.People`."""
        return Peopled(self, frame, asked, source)


class Peopled(simulate.Population):
    """The population of a world."""

    def __init__(self, world: World, frame: pd.DataFrame, asked: Questionnaire, source: simulate.Source) -> None:
        """As any population, by the world's assumptions."""
        self.world = world
        super().__init__(frame, asked, source, world.given)

    def _apart(self, item: str) -> list[np.ndarray]:
        return [self.frame[variable].map(items[item]).to_numpy(float)
                for variable, items in self.world.apart.items() if item in items]

    def shift(self, item: str) -> np.ndarray:
        """With what the world adds."""
        return np.sum([super().shift(item), *self._apart(item)], axis=0)

    def mean(self, item: str) -> np.ndarray:
        """With what the world multiplies by."""
        return np.prod([super().mean(item), *self._apart(item)], axis=0)


# ---- Worlds as they are written --------------------------------------------------------------------------------------


def read(path: Path | None = None) -> dict[str, World]:
    """The worlds by name: each `grund`, and of `antagelser` and `grupper` what is not as the study's assumptions.

    Raises UserError, with file and line, for a name that is not known, a group or an answer that has no number, and
    shares that do not sum to 1.
    """
    path = path or project.data / FILE
    base, asked, worlds = simulate.assumptions(), questionnaire.read(), {}
    drawn = {*base["fordelinger"], *base["antal"]}
    for name, entry in without_lines(read_yaml(path)).items():
        if not isinstance(entry, dict) or not entry.get("grund") or set(entry) - {"grund", "antagelser", "grupper"}:
            raise _fault(path, (name,), f"{name} skal have 'grund', og kan have 'antagelser' og 'grupper', men intet "
                                        "andet.")
        for where, numbers in _entries(path, (name, "antagelser"), entry):
            _check(path, where, numbers, base[where[-2]].get(where[-1]) if where[-2] in CHANGED else None)
        for where, numbers in _entries(path, (name, "grupper"), entry):
            known = asked.background.get(where[-2]) if where[-1] in drawn else None
            _check(path, where, numbers, known and dict.fromkeys(known.labels))
        given = base | {kind: base[kind] | items for kind, items in entry.get("antagelser", {}).items()}
        worlds[name] = World(name, entry["grund"], given, entry.get("grupper", {}))
    return worlds


def _entries(path: Path, where: tuple[str, ...], entry: dict[str, Any]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Each entry of a part of a world, and the names that lead to it. Raises UserError for what is no such part."""
    part = entry.get(where[-1], {})
    for kind, items in part.items() if isinstance(part, dict) else ((None, None),):
        if not isinstance(items, dict):
            raise _fault(path, where, f"{' → '.join(where)} skal være navne med hver sine spørgsmål under sig.")
        yield from (((*where, kind, item), numbers) for item, numbers in items.items())


def _check(path: Path, where: tuple[str, ...], numbers: Any, known: Any) -> None:
    """Raise UserError unless there is a number for each code that is known, or, of shifts, for none."""
    told, kind, codes = " → ".join(where), where[-2], isinstance(known, dict)
    if known is None:
        raise _fault(path, where, f"{told} er ikke noget, som en verden kan lave om.")
    if not codes:
        fine = is_number(numbers)
    elif not isinstance(numbers, dict) or not all(map(is_number, numbers.values())):
        fine = False
    elif kind == "fordelinger":  # in the order of the scale
        fine = list(numbers) == list(known) and abs(sum(numbers.values()) - 1) < assumed.ENOUGH
    else:
        fine = set(numbers) == set(known) or (kind in SHIFTS and not numbers)
    if not fine:
        wanted = f"et tal for hver af {', '.join(known)}" if codes else "et tal"
        whole = ", i den rækkefølge og med summen 1" if kind == "fordelinger" else ""
        raise _fault(path, where, f"{told} skal være {wanted}{whole}, ikke {numbers!r}.")


def _fault(path: Path, where: tuple[str, ...], message: str) -> UserError:
    return UserError(f"{shown(path)}, linje {line_of(path, *where)}: {message}")


# ---- What is true ----------------------------------------------------------------------------------------------------

Summed = Callable[[truths.Spec], tuple[np.ndarray, np.ndarray]]  # a measure's y and x of each position


def judged() -> dict[str, Claim]:
    """The claims that are questions to the answers; who answered is counted, and nobody is asked about it."""
    return {name: claim for name, claim in claims.read().items()
            if claim.rule != "kan_ikke" and not any("svarede" in spec for spec in claim.measures)}


def by_model(world: World, frame: pd.DataFrame, asked: Questionnaire) -> Summed:
    """Expected values: what lies behind the answers."""
    behind = Model(frame, asked, world.people)

    def summed(spec: truths.Spec) -> tuple[np.ndarray, np.ndarray]:
        return behind.expected(claims.statistic_of(spec), claims.item_of(spec), spec.get("svar", ""))
    return summed


def by_population(everybody: Survey) -> Summed:
    """What all would answer."""
    def summed(spec: truths.Spec) -> tuple[np.ndarray, np.ndarray]:
        found = measure(everybody, claims.item_of(spec), spec.get("svar"), ratio="del" in spec)
        return found.y * found.base, found.x * found.base
    return summed


def true(claim: Claim, summed: Summed, everybody: Survey) -> bool:
    """Whether the claim is true of these values; everybody: a survey that has all positions, for their groups."""
    def group(by: str) -> np.ndarray:
        return everybody.group(by) if by else np.zeros(len(everybody.answers), dtype=int)

    def value(spec: truths.Spec, by: str) -> np.ndarray:
        y, x = (np.bincount(group(by), part) for part in summed(spec))
        return y / x

    def trend(spec: truths.Spec, by: str) -> np.ndarray:
        (y, x), at = summed(spec), group(by)
        apart = at - np.average(at, weights=x)
        return np.sum(apart * y) / np.sum(x * apart**2)

    labels = everybody.questionnaire.background
    return bool(truths.holds(claim, value, trend, lambda by: list(labels[by].labels)))


# ---- Trials ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Trials(Named):
    """The surveys from start to before stop of a world; `digest` of all else that the counts depend on."""

    world: str
    seed: int
    start: int
    stop: int
    model: str


@per_project
def model() -> str:
    """Digest of the code and data that trials depend on."""
    code = [path for room in ROOMS for path in sorted((PACKAGE / room).glob("*.py"))]
    return digest(*(path.read_bytes() for path in [*code, *sorted(project.data.glob("*.yml")),
                                                   *sorted(project.data.glob("*.csv"))]))


def tried(part: Trials) -> dict[str, np.ndarray]:
    """Of each claim of `judged` how often it is false or true, and supported, undecided or contradicted.

    claims: (claims, 2, 3), in the order of `judged`, false first and then as `claims.VERDICTS`.
    """
    asked, world, those = questionnaire.read(), read()[part.world], judged()
    by_process = by_model(world, read_frame(asked), asked)
    counts = np.zeros((len(those), 2, 3), dtype=np.int64)
    for number in range(part.start, part.stop):
        study = simulate.simulate(part.seed + number, asked, anchored=False, people=world.people)
        survey = weighting.raked(Survey(study.answers, study.frame, asked))
        verdicts = claims.judge(survey).set_index("id")["verdict"]
        everybody = Survey(study.asked, study.frame, asked)
        in_population = by_population(everybody)
        for place, (name, claim) in enumerate(those.items()):
            holds = true(claim, by_process if claim.process else in_population, everybody)
            counts[place, int(holds), claims.VERDICTS.index(verdicts[name])] += 1
    return {"claims": counts}
