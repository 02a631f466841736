"""Which numbers of collected answers are shown, cell by cell: small ones are hidden, and what would tell of them.

`cells` decides on all at once that any edition can show; `plan` makes the tables of them, and tells the rules.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from civsam.disclosure import routes, tables
from civsam.disclosure.programme import Programme
from civsam.disclosure.remembered import visible
from civsam.disclosure.rounding import preferred
from civsam.disclosure.tables import Groups, Key, Table
from civsam.survey.survey import LIMITS, Survey


class Number(NamedTuple):
    """A number made of cells: exact, as shown (NaN: hidden), and the step between shown values.

    spread: the sum of p (1 - p) / n of the shares that it is made of, exact and as shown: what its squared standard
    error is proportional to. NaN where that may not be shown.
    """

    exact: float
    shown: float
    step: float
    spread: tuple[float, float] = (1.0, 1.0)

    def error(self, se: float) -> float:
        """A standard error as it is shown: what the shares say is said of the shown ones, the rest is rounded up."""
        exact, told = self.spread
        return float(preferred(se) if exact == 0 else preferred(se / np.sqrt(exact)) * np.sqrt(told))


@dataclass(frozen=True)
class Cell:
    """A number that tables are made of: respondents in its base, its value, and what is shown of it (NaN: hidden).

    step: how far apart shown values lie. size: n as it is shown, for shares of respondents, whose standard errors
    follow from the two; else 0. steady: whether its standard error may be shown.
    """

    n: int
    exact: float
    shown: float
    step: float
    size: float = 0.0
    steady: bool = True

    @property
    def number(self) -> Number:
        """It as a number that others may be made of."""
        if not self.size:
            return Number(self.exact, self.shown, self.step, (1.0, 1.0) if self.steady else (np.nan, np.nan))
        edge = min(self.step, 0.5)  # some gave the answer, and some did not
        inside = min(max(self.shown, edge), 1 - edge)
        spread = (self.exact * (1 - self.exact) / self.n, inside * (1 - inside) / self.size)
        return Number(self.exact, self.shown, self.step, spread)

    @property
    def hidden(self) -> bool:
        """Whether nothing of it is shown."""
        return bool(np.isnan(self.shown))


def cells(survey: Survey, minimum: int) -> dict[tuple[Key, str, str], Cell]:
    """All cells of these answers, by number, variable and group; '' and '' for everybody."""
    mine = tables.groups(survey, survey.answers.index)
    families = [(family, mine) for family in routes.families(survey)]
    if survey.framed:
        families.append(([tables.response(survey)], tables.groups(survey, survey.frame.index)))
    shown = visible(families, minimum, lambda: _all_visible(families, minimum))
    return {name: cell for (together, groups), shared in zip(families, shown, strict=True)
            for table in together for name, cell in cells_of(Programme(table, groups, minimum), shared)}


def _all_visible(families: Sequence[tuple[list[Table], Groups]], minimum: int) -> list[np.ndarray]:
    """What is shown of each family, in their order; those that depend on another come after it."""
    done: dict[int, np.ndarray] = {}
    shown: dict[Key, np.ndarray] = {}  # of each number, by limit and group
    while waiting := [place for place in range(len(families)) if place not in done]:
        for place in waiting:
            together, groups = families[place]
            gates = [gate for table in together for gate in table.gates]
            if shown.keys() >= set(gates):
                stages = visible_of(together, groups, minimum, [shown[gate] for gate in gates])
                shown |= {key: stages[:, :, s] for table in together for s, key in enumerate(table.keys)}
                done[place] = stages[-1]
    return [done[place] for place in range(len(families))]


def visible_of(together: list[Table], groups: Groups, minimum: int, gates: list[np.ndarray]) -> np.ndarray:
    """What is shown of tables that are hidden together, by limit, shape (limits, groups, numbers); the last counts.

    Each limit hides more of what the one below it shows, so that editions with several limits show no more together
    than the one with the lowest. gates: what must be shown for them to be, (limits, groups) each.
    """
    shared, stages = np.ones((len(groups.names), len(together[0].keys)), dtype=bool), []
    for place, limit in enumerate(limit for limit in LIMITS if limit <= minimum):
        family = [Programme(table, groups, limit) for table in together]
        ways = [np.broadcast_to(gate[place][:, None], shared.shape) for gate in gates]
        shared = np.logical_and.reduce([shared, *ways, *(programme.visible for programme in family)])
        for programme in family:
            programme.visible = shared  # one array: what one hides, all hide
        while len([programme for programme in family if programme.protect()]) and len(family) > 1:
            pass
        stages.append(shared)
    return np.stack(stages)


def cells_of(one: Programme, visible: np.ndarray) -> Iterator[tuple[tuple[Key, str, str], Cell]]:
    """The cells of a table by name. visible: which are shown, (G, S)."""
    hidden, origin = ~(visible & ~one.coarse[:, None]), one.table.origin
    for s, key in enumerate(one.table.keys):
        for g, group in enumerate(one.groups.names):
            n, exact, shown, step = one.cell(g, s)
            size = float(one.n_shown[g]) if key[0] == "share" else 0.0
            yield (key, *group), Cell(n, exact + origin, np.nan if hidden[g, s] else shown + origin, step, size,
                                      bool(one.steady[g]))
