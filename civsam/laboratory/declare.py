"""Which scenarios there are: the factors with their values in plain words, and grids of them read from YAML."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from difflib import get_close_matches
from itertools import product
from pathlib import Path
from typing import Any

from civsam.files import LINE, UserError, line_of, read_yaml, shown, without_lines


@dataclass(frozen=True)
class Factor:
    """Something that scenarios differ in: its name in words, and its values.

    words: of each code. Without codes the value is a whole number from low to high, and unit is what it counts.
    """

    heading: str
    words: dict[str, str] | None = None
    low: int = 0
    high: int = 0
    unit: str = "\u00a0%"

    @property
    def allowed(self) -> str:
        """What may stand in a grid."""
        return ", ".join(self.words) if self.words else f"hele tal fra {self.low} til {self.high}"

    def accepts(self, value: Any) -> bool:
        """Whether it may be the value."""
        if self.words:
            return isinstance(value, str) and value in self.words
        return isinstance(value, int) and not isinstance(value, bool) and self.low <= value <= self.high

    def told(self, value: Any) -> str:
        """The value in words."""
        return self.words[value] if self.words else f"{value}{self.unit}"


@dataclass(frozen=True)
class Drawing:
    """How a survey came about. Scenarios that differ only in the analysis are analyses of the same surveys."""

    bortfald: str = "tilfaeldigt"
    svarprocent: int = 53
    rykkere: int = 0
    delvise: int = 12
    fejltaelling: str = "ingen"
    ved_ikke: str = "ja"
    tabte_kommuner: int = 0
    kommuneeffekt: int = 5

    @property
    def digest(self) -> str:
        """What tells it from all others: its content, not its place in a grid."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Analysis:
    """How a survey is analysed."""

    vaegtning: str = "raket"
    fpc: str = "ja"
    klynge: str = "nej"
    korrektion: str = "ja"


FACTORS = {
    "bortfald": Factor("Bortfald", {
        "tilfaeldigt": "helt tilfældigt", "fagomraade": "efter fagområde", "kommunetype": "efter kommunens størrelse",
        "udgiftspres": "efter udgiftspres", "svaret": "efter selve svaret",
    }),
    "svarprocent": Factor("Svarprocent uden rykkere", low=10, high=100),
    "rykkere": Factor("Rykkere", low=0, high=5, unit=""),
    "delvise": Factor("Svar, der standser undervejs", low=0, high=60),
    "fejltaelling": Factor("Antal samarbejder", {
        "ingen": "talt rigtigt", "afrundet": "afrundet til nærmeste 5", "glemt": "hvert fjerde glemt",
    }),
    "ved_ikke": Factor("»Ved ikke«", {"ja": "tilbydes", "nej": "tilbydes ikke, så der gættes"}),
    "tabte_kommuner": Factor("Kommuner, hvor ingen svarer", low=0, high=80),
    "kommuneeffekt": Factor("Variation mellem kommuner", low=0, high=50),
    "vaegtning": Factor("Vægte", {
        "ingen": "ingen", "fagomraade": "efter fagområde", "region": "efter region",
        "raket": "raking til rammens fordelinger", "forkerte": "raking til forkerte fordelinger",
    }),
    "fpc": Factor("Endelighedskorrektion", {"ja": "med", "nej": "uden"}),
    "klynge": Factor("Usikkerhed", {"ja": "regnet mellem kommuner", "nej": "regnet mellem chefer"}),
    "korrektion": Factor("Mange test", {"ja": "korrigeret (Holm)", "nej": "ikke korrigeret"}),
}


@dataclass(frozen=True)
class Scenario:
    """One way to carry a survey out and one way to analyse it."""

    drawing: Drawing = Drawing()
    analysis: Analysis = Analysis()

    @property
    def values(self) -> dict[str, Any]:
        """The value of every factor."""
        return asdict(self.drawing) | asdict(self.analysis)

    def words(self) -> dict[str, str]:
        """Every factor and its value in words."""
        return {FACTORS[name].heading: FACTORS[name].told(value) for name, value in self.values.items()}


def scenario(**values: Any) -> Scenario:
    """The scenario of these values, the others as in the study."""
    parts = [{one.name: values[one.name] for one in fields(kind) if one.name in values} for kind in (Drawing, Analysis)]
    return Scenario(Drawing(**parts[0]), Analysis(**parts[1]))


@dataclass(frozen=True)
class Grid:
    """What to run: scenarios in order, each with as many replications, all drawn from one seed."""

    title: str
    seed: int
    replications: int
    scenarios: tuple[Scenario, ...]

    @property
    def digest(self) -> str:
        """What tells it from all others."""
        content = [self.seed, self.replications, [one.values for one in self.scenarios]]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


NUMBERS = {"froe": (0, 2**32 - 1), "gentagelser": (2, 10_000_000)}


def read(path: Path) -> Grid:
    """Read and check a grid: `titel`, `froe`, `gentagelser` and `gitre`, which are each a product of factors.

    Raises UserError, with file, line, what stands there and what may, for all that cannot be.
    """
    content = read_yaml(path)
    known = ("titel", *NUMBERS, "gitre")
    _only(path, (), content, known)
    if missing := [name for name in known if name not in content]:
        raise UserError(f"{shown(path)}: mangler {', '.join(missing)}. Et gitter skal have {', '.join(known)}.")
    for name, (low, high) in NUMBERS.items():
        if not Factor("", None, low, high).accepts(content[name]):
            raise _fault(path, (name,), f"'{name}' kan ikke være {content[name]!r}. Tilladt: hele tal fra {low} til "
                                        f"{high}.")
    grids = content["gitre"]
    if not isinstance(grids, dict) or not without_lines(grids):
        raise _fault(path, ("gitre",), "'gitre' skal være navne med hver sine faktorer under sig.")
    found = [one for name in without_lines(grids) for one in _grid(path, name, grids[name])]
    return Grid(str(content["titel"]), content["froe"], content["gentagelser"], tuple(dict.fromkeys(found)))


def _grid(path: Path, name: str, content: Any) -> Iterator[Scenario]:
    """The product of the factors' values. Raises UserError."""
    if not isinstance(content, dict):
        raise _fault(path, ("gitre", name), f"'{name}' skal være faktorer med hver sine værdier, ikke {content!r}.")
    _only(path, ("gitre", name), content, FACTORS)
    wanted = {factor: _values(path, name, factor, value) for factor, value in without_lines(content).items()}
    for values in product(*wanted.values()):
        yield scenario(**dict(zip(wanted, values, strict=True)))


def _values(path: Path, grid: str, factor: str, given: Any) -> list[Any]:
    """The values of one factor, one or a list of them. Raises UserError for one that is not allowed."""
    values = given if isinstance(given, list) else [given]
    for place, value in enumerate(values):
        if not FACTORS[factor].accepts(value):
            where = ("gitre", grid, factor, *([place] if values is given else []))
            raise _fault(path, where, f"'{factor}' kan ikke være {value!r}. Tilladt: {FACTORS[factor].allowed}.")
    if not values:
        raise _fault(path, ("gitre", grid, factor), f"'{factor}' er tom. Tilladt: {FACTORS[factor].allowed}.")
    return values


def _only(path: Path, where: tuple[str, ...], content: dict[str, Any], known: Any) -> None:
    """Raise UserError, with the nearest name, for a name that is not known."""
    for name in content:
        if name not in known and name != LINE:
            near = get_close_matches(str(name), known, n=1)
            hint = f" Mente du '{near[0]}'?" if near else ""
            raise _fault(path, (*where, name), f"ukendt navn '{name}'.{hint} Kendte: {', '.join(known)}.")


def _fault(path: Path, where: tuple[Any, ...], message: str) -> UserError:
    return UserError(f"{shown(path)}, linje {line_of(path, *where)}: {message}")
