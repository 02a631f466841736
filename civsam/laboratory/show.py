"""Figures, tables and numbers of a summary for a page; all of it simulated, and marked as such."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cache, partial
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.ticker import FuncFormatter, MaxNLocator

from civsam.danish import in_unit, number
from civsam.files import HOME
from civsam.inference import statistics
from civsam.inference.statistics import COUNT
from civsam.laboratory import run
from civsam.laboratory.declare import FACTORS, Drawing, Scenario
from civsam.pages import cells, html
from civsam.pages.cells import Cell, together
from civsam.pages.figure import INK, QUIET, SMALL, SPACING, Figure, canvas, finish, house_style, under_mark, wrapped
from civsam.pages.output import Output
from civsam.pages.words import Words
from civsam.study import published
from civsam.survey.survey import SYNTHETIC

SUMMARY = HOME / "data" / "scenarier.parquet"  # of the study, also in a project of another
LOOKS = (("#154095", "o"), ("#c2540a", "s"), ("#552a55", "D"), ("#6f6f00", "^"), ("#800015", "v"))
ERRORS = 2  # Monte Carlo errors to each side of a dot


@dataclass(frozen=True)
class Quantity:
    """A column of the summary: its heading, unit, what a number is multiplied by, and what it should be."""

    heading: str
    unit: str
    times: int
    decimals: int
    right: float | None = None

    def told(self, value: float, name: str = "") -> Cell:
        """The number, without unit."""
        return cells.number(self.times * value, self.decimals, name)

    @property
    def axis(self) -> str:
        """Heading with unit."""
        return f"{self.heading}, {self.unit}" if self.unit else self.heading


QUANTITIES = {
    "bias": Quantity("Skævhed", "procentpoint", 100, 1, 0),
    "se": Quantity("Virkelig standardfejl", "procentpoint", 100, 2),
    "stated": Quantity("Oplyst standardfejl", "procentpoint", 100, 2),
    "ratio": Quantity("Oplyst standardfejl delt med den virkelige", "", 1, 2, 1),
    "coverage": Quantity("Intervaller, der dækker sandheden", "procent", 100, 1, 0.95),
    "false_alarm": Quantity("Falske alarmer", "procent", 100, 1, 0.05),
    "missed": Quantity("Oversete forskelle", "procent", 100, 1),
    "truth": Quantity("Svarprocent med rykkere", "procent", 100, 1),
}
IN_UNITS = ("bias", "se", "stated")  # that are counts where the estimate is a mean


def quantity(rows: pd.DataFrame, column: str) -> Quantity:
    """How the column of these rows is told."""
    found = QUANTITIES[column]
    if column in IN_UNITS and {statistics.of(name).unit for name in rows["statistic"].unique()} == {COUNT}:
        return Quantity(found.heading, "samarbejder", 1, 2, found.right)
    return found


# ---- Which rows ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rows:
    """Rows of a summary: a row a scenario, all of one figure."""

    table: pd.DataFrame

    def told(self, column: str, **factors: Any) -> Words:
        """The number of the one row with these factors, with its unit, for a sentence."""
        rows = self.table
        for name, value in factors.items():
            rows = rows[rows[name] == value]
        (value,), shown = rows[column], quantity(rows, column)
        return Words(in_unit(shown.told(value), shown.unit))

    def scenarios_table(self, factors: Sequence[str], columns: Sequence[str], caption: str, name: str) -> Output:
        """A row a scenario."""
        frame = numbers(self.table, factors, columns)
        return html.table(frame, caption, name, provenance=SYNTHETIC, note=note(self.table))

    @house_style()
    def figure(self, column: str, across: str, by: str, caption: str, name: str) -> Figure:
        """A dot a scenario, with its Monte Carlo error: a line down a value of `across`, a look a value of `by`.

        What the column should be is a line across them all.
        """
        rows = self.table
        shown, frame = quantity(rows, column), numbers(rows, (across, by), (column,))
        said = "; ".join(f"{first}, {second}: {shown.told(value)}" for first, second, value in
                         zip(words(rows, across), words(rows, by), rows[column], strict=True))
        return finish(partial(_drawn, rows, shown, column, across, by), SYNTHETIC, frame, caption, name=name,
                      alt=f"Prikdiagram. {shown.axis}. {said}.", note=note(rows),
                      reading=self._reading(shown, column, across, by))

    def _reading(self, shown: Quantity, column: str, across: str, by: str) -> str:
        """What a dot and the line are, and one dot in words."""
        first = self.table.iloc[[0]]
        right = None if shown.right is None else shown.told(shown.right)
        line = f" Den lodrette streg er, hvad tallet skulle være: {right}." if right else ""
        return (f"Hver prik er et scenarie, gennemført mange gange. Den vandrette streg er tilfældet i simuleringen."
                f"{line} Ved »{words(first, across)[0]}« og »{words(first, by)[0]}« er tallet "
                f"{Rows(first).told(column)}.")


@dataclass(frozen=True)
class Grid:
    """What a laboratory found: the summary of a grid of scenarios, see `judge.COLUMNS`."""

    summary: pd.DataFrame

    def of_scenarios(self, **factors: Any) -> pd.DataFrame:
        """All rows of the scenarios with these factors: one value or a list, then the order; else as the study."""
        table = self.summary
        for name, value in reversed((Scenario().values | factors).items()):
            values = value if isinstance(value, list) else [value]
            table = table[table[name].isin(values)].sort_values(name, key=lambda x, v=values: x.map(v.index),
                                                                kind="stable")
        return table

    def rows(self, target: str, what: dict[str, str], **factors: Any) -> Rows:
        """The rows of one figure, that `what` tells from the others: a row a scenario. Raises ValueError for none."""
        table = self.of_scenarios(**factors)
        for name, value in ({"by": "", "a": "", "b": "", "name": "", "target": target} | what).items():
            table = table[table[name] == value]
        if table.empty:
            raise ValueError(f"the grid has no {what} with {factors}")
        return Rows(table.reset_index(drop=True))

    def size(self) -> tuple[Words, ...]:
        """How many scenarios it has, how many kinds of surveys they are analyses of, and runs of each."""
        surveys = self.summary[[one.name for one in fields(Drawing)]].drop_duplicates()
        counts = self.summary["scenario"].nunique(), len(surveys), self.summary["used"].max()
        return tuple(Words(number(n)) for n in counts)

    def claims_table(self, caption: str, name: str, **factors: Any) -> Output:
        """The study's statements that are judged here: how often they are true, supported in error, and overlooked."""
        found = self.of_scenarios(**factors)
        found = found[found["kind"] == "claim"]
        columns = {"Sand": "truth", "Understøttet, skønt falsk": "false_alarm",
                   "Ikke understøttet, skønt sand": "missed"}
        frame = pd.DataFrame({
            "Udsagn": [published.statements().loc[one, "udsagn"] for one in found["name"]],
            **{heading: [cells.percent(share) for share in found[column]] for heading, column in columns.items()},
        }, index=pd.Index(found["name"], name="Nr."))
        told = ("Første tal er, hvor ofte udsagnet er sandt i de trukne populationer, eller i modellen bag dem. "
                f"En streg: det sker aldrig. {note(found)}")
        return html.table(frame, caption, name, provenance=SYNTHETIC, note=told)

    def factors_table(self, caption: str, name: str) -> Output:
        """What may stand in a grid: each factor with its values."""
        study = Scenario().values
        frame = pd.DataFrame({
            "I gitteret": FACTORS.keys(),
            "Værdier": [factor.allowed for factor in FACTORS.values()],
            "I undersøgelsen": [str(study[factor]) for factor in FACTORS],
        }, index=pd.Index([factor.heading for factor in FACTORS.values()], name="Faktor"))
        return html.table(frame, caption, name, provenance="projekt", words=True)


@cache  # by file: no process both changes a summary and reads it again
def open_grid(path: Path | None = None) -> Grid:
    """What a grid of scenarios found: the standard one, or a summary that `civsam scenarios run` wrote.

    The grid has rows() for a figure or a table, with figure(), scenarios_table() and told(); and size(), claims_table()
    and factors_table().

    >>> from civsam import laboratory
    >>> rows = laboratory.open_grid().rows("population", {"kind": "estimate", "item": "pol_fokus"}, svarprocent=53)
    >>> rows.told("coverage").endswith("%")
    True
    """
    return Grid(run.read(path or SUMMARY))


# ---- On a page -------------------------------------------------------------------------------------------------------


def words(rows: pd.DataFrame, factor: str) -> list[str | Cell]:
    """The factor's value of each row, in words or as a number."""
    one, units = FACTORS[factor], {"": cells.number, "\u00a0%": lambda whole: cells.percent(whole / 100)}
    return [one.told(value) if one.words else units[one.unit](value) for value in rows[factor].tolist()]


def numbers(rows: pd.DataFrame, factors: Sequence[str], columns: Sequence[str]) -> pd.DataFrame:
    """Factors and columns in words and numbers, those that have it with their Monte Carlo error."""
    frame = pd.DataFrame({FACTORS[factor].heading: words(rows, factor) for factor in factors})
    for column in columns:
        shown, error = quantity(rows, column), rows.get(f"{column}_mc", pd.Series(np.nan, rows.index))
        frame[shown.axis] = [together("{} ± {}", shown.told(value), shown.told(ERRORS * more, "±")) if more > 0
                             else shown.told(value) for value, more in zip(rows[column], error, strict=True)]
    return frame.set_index(frame.columns[0])


def note(rows: pd.DataFrame) -> str:
    """How many surveys there are behind, and what has not been said by the factors."""
    least = rows["used"].min()
    return (f"Simuleret: mindst {number(least)} gennemførte undersøgelser bag hvert tal. Tallene svinger med "
            f"tilfældet i simuleringen; ± er {ERRORS} gange simuleringens standardfejl.")


def _drawn(rows: pd.DataFrame, shown: Quantity, column: str, across: str, by: str, width: float) -> plt.Figure:
    """The figure of `Rows.figure`."""
    lines, looks, left = rows[across].nunique(), rows[by].nunique(), 1.55
    figure, axes = canvas(width, lines * max(0.36, 0.11 * looks + 0.12), top=0.66 + 0.22 * looks, bottom=0.72,
                          left=left)
    _draw(axes, rows, shown, column, across, by)
    axes.set_title(FACTORS[across].heading, loc="left", x=-(left - 0.05) / (width - left - 0.2), fontsize=SMALL,
                   color=INK)
    draw_axis(axes, shown)
    figure.legend(*axes.get_legend_handles_labels(), loc="upper left", ncols=1, frameon=False,
                  handletextpad=0.1, bbox_to_anchor=under_mark(figure, 0),
                  title=FACTORS[by].heading, title_fontsize=SMALL, alignment="left", borderpad=0.2,
                  labelspacing=0.25)
    return figure


def _draw(axes: plt.Axes, rows: pd.DataFrame, shown: Quantity, column: str, across: str, by: str) -> None:
    """The dots; those of one line stand a little apart."""
    lines, looks = (list(dict.fromkeys(rows[factor].tolist())) for factor in (across, by))
    apart = np.linspace(1, -1, len(looks)) * min(0.28, 0.16 * (len(looks) - 1))
    for value, (colour, shape), shift in zip(looks, LOOKS, apart, strict=False):
        mine = rows[rows[by] == value]
        at = len(lines) - 1 - mine[across].map(lines.index).to_numpy() + shift
        middle, error = shown.times * mine[column], shown.times * ERRORS * mine[f"{column}_mc"]
        axes.hlines(at, middle - error, middle + error, color=colour, linewidth=2.5, alpha=0.5)
        axes.scatter(middle, at, c=colour, marker=shape, s=30, zorder=3, linewidth=0, label=FACTORS[by].told(value))
    axes.set_yticks(range(len(lines))[::-1], [wrapped(FACTORS[across].told(value), 20) for value in lines],
                    linespacing=SPACING)
    axes.set_ylim(-0.6, len(lines) - 0.4)


def draw_axis(axes: plt.Axes, shown: Quantity) -> None:
    """The quantity below, and a line where it should be."""
    if shown.right is not None:
        axes.axvline(shown.times * shown.right, color=INK, linewidth=1, zorder=1)
    axes.margins(x=0.06)
    axes.set_xlabel(wrapped(shown.axis, 38), color=QUIET)
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: number(x, 2).rstrip("0").removesuffix(",")))
    axes.grid(axis="y", visible=False)
    sns.despine(ax=axes, left=True)
