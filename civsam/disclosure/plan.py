"""What may leave the house: collected answers are shown so that no small group or count can be worked out.

The rules, for answers whose provenance is `indsamlet` (synthetic answers pass untouched):

- A group is shown with at least `minimum` respondents, and in it an answer that at least `minimum` gave and at least
  `minimum` did not. For counts, and shares of what is counted, `minimum` must have contributed, and what all but the
  two largest contributed must be `DOMINANCE` times the largest, so that the second cannot work out the first (p% rule),
  also by weight. Those who gave an answer, and those who did not, must each weigh as much as the two of the group who
  weigh most: a weighted share would else tell what the heaviest said.
- n is rounded to `STEP`; a share is a multiple of `STEP` respondents among n, a mean of what `STEP` average respondents
  would add, counted from the middle where all lie far from 0 (`Table.origin`), so that each shown number stands for a
  window `STEP` wide. The interval of a mean has half a step more at either end; one with a step of more than two
  standard errors is hidden. Standard errors are those of the rounded shares times a design factor that goes up to the
  next preferred number (`GRID` a decade), and intervals are made of rounded numbers: an error tells no more than the
  share. Of counts, the error is shown only if it is not most of all that of the largest, by the same p% rule.
- Means of scales, and crossed and other groups, are shown beside all this and change nothing of it: see `further`.
- What is asked of some only is shown where the answers that decide who they are are shown: see `routes`.
- What is hidden must keep an interval of `STEP` respondents, given all that is shown: a linear programme over all
  answers of an item and all groups of all background variables finds its least and greatest value, and shown cells that
  bind are hidden until it has room (secondary suppression).

The plan is a function of answers, frame, weights and `minimum` alone, over every table that an edition can show:
editions show parts of one whole. What is shown with a higher `minimum` is a part of what is shown with a lower one, in
the same rounded numbers. With another frame the weights are others, and two such editions of the same answers could
tell what each hides: only one is published (`book.alike`). What is made of several cells is made of rounded ones. The
door shows only what it can recompute: a row whose number of respondents is not its own is hidden, and a table that it
does not know raises ValueError.

The attacker is given more than is shown: the weighted size of every group to the last digit, of every question, whose
weights follow from who answered it; and which groups lie within others in the frame. Who responded is no secret:
numbers of respondents and of those who left an item out are rounded, and hidden below `minimum`, with at least `STEP`
possible values, but are not in the programme.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from civsam.disclosure import measures, suppression, together
from civsam.disclosure.further import FEW, Further
from civsam.disclosure.precision import NOTHING, Shown, difference, freedom, moved, with_error, written
from civsam.disclosure.rounding import STEP, preferred, rounded
from civsam.disclosure.routes import counted, shut
from civsam.disclosure.suppression import Cell, Number
from civsam.disclosure.tables import Key, key_of
from civsam.files import UserError
from civsam.inference import compare, statistics
from civsam.inference.intervals import share_interval, t_interval
from civsam.instrument.questionnaire import DONT_KNOW
from civsam.survey.survey import LIMITS, SYNTHETIC, Survey

MEASURES = ("quantile", "variance", "sd", "alpha", "omega", "index")


@dataclass(frozen=True, eq=False)
class Plan:
    """What is shown of a survey: `protect` makes each table safe. Made by `plan`."""

    survey: Survey
    minimum: int
    cells: dict[tuple[Key, str, str], Cell] = field(repr=False)

    @property
    def idle(self) -> bool:
        """Whether the answers are synthetic, so that nothing needs protection."""
        return self.survey.provenance == SYNTHETIC

    def protect(self, table: pd.DataFrame) -> pd.DataFrame:
        """The table as it may be shown: numbers rounded, hidden rows with NaN, and a column `hidden` (bool).

        Takes the tables of `inference`, and those that rooms below have told the rules of (`KINDS`). Numbers whose
        precision is not decided become NaN. Synthetic answers: the very same table. Raises ValueError for a table of
        another kind, or of other answers.
        """
        found = set(table["provenance"]) if "provenance" in table else set()
        if found == {SYNTHETIC}:
            return table
        if self.idle or found != {self.survey.provenance}:
            raise ValueError(f"this plan is for {self.survey.provenance} answers, not for {sorted(found)}")
        if "by" in table:
            self._known_groups(table)
        for columns, make, keep in KINDS:
            if columns <= set(table.columns):
                made = written(table, [{"hidden": True} if shut(self.survey, self.cells, row) else make(self, row)
                                       for _, row in table.iterrows()])
                made = keep(self, table, made) if keep else made
                return together.corrected(made) if "p_adjusted" in made else made
        raise ValueError(f"no rule says how to show a table with the columns {', '.join(table.columns)}")

    def cell(self, statistic: str, item: str, answer: str = "", by: str = "", group: str = "") -> Cell | None:
        """The number of that name, or None: then it is in no edition."""
        return self.at(key_of(statistic, item, answer), by, group)

    def at(self, key: Key, by: str, group: str) -> Cell | None:
        """The same by its key."""
        own = by in {"", *self.survey.questionnaire.background} and key[0] != "score"
        return self.cells.get((key, by, group)) if own or self.idle else self.further.cell(key, by, group)

    @cached_property
    def further(self) -> Further:
        """What is shown beside the cells."""
        return Further(self.survey, self.minimum, self.cells)

    def _known_groups(self, table: pd.DataFrame) -> None:
        """Raises UserError for groups that nothing is worked out of."""
        background = {"", *self.survey.questionnaire.background}
        items = table["item"] if "item" in table else [""] * len(table)
        for by, item in dict.fromkeys(zip(table["by"], items, strict=True)):
            if by not in background and ("reference" in table or self.further.step(by, item) is None):
                raise UserError(f"tal delt op efter »{by}« vises ikke, når svarene er indsamlet: det er ikke regnet "
                                "ud, hvad der kan læses af forskellen til de grupper, der ellers vises. Del op efter "
                                "en baggrundsvariabel, to krydsede, hvis grupper alle har mindst "
                                f"{FEW * self.minimum} svar, et spørgsmål, der er stillet før, eller en betingelse.")

    def n(self, count: float) -> float:
        """A number of respondents as it is shown: rounded, NaN if it is small. Exact for synthetic answers."""
        return float(count if self.idle else rounded(count, self.minimum))

    def asked(self, item: str) -> float:
        """How many were asked an item, exactly; NaN where it may not be told."""
        return float(self.survey.asked(item).sum()) if counted(self.survey, self.cells, item) else np.nan

    def base(self, item: str) -> tuple[float, float, float]:
        """How many answered an item, said 'ved ikke' and left it out, as shown. NaN: hidden."""
        if shut(self.survey, self.cells, {"item": item}):
            return np.nan, np.nan, np.nan
        n, everybody = self.survey.answered(item).sum(), self.asked(item)
        unsure, cell = n - self.survey.knows(item).sum(), self.cell("share", item, DONT_KNOW)
        if not self.idle and (n - unsure < self.minimum or (cell and cell.hidden)):
            unsure = np.nan
        return self.n(n), self.n(unsure), self.n(everybody - n if self.idle or n >= self.minimum else np.nan)

    def without_dont_know(self, table: pd.DataFrame) -> np.ndarray:
        """The same shares of those who did not say 'ved ikke', from what is shown of both, shape (rows,).

        NaN where either is hidden, and for 'ved ikke' itself. For collected answers only.
        """
        return np.array([np.nan if DONT_KNOW in row["answer"].split("+") else
                         self.share(row["item"], row["answer"], row["by"], row["group"], dont_know=False)[1]
                         for _, row in table.iterrows()])

    # -- numbers made of cells: exact, shown (NaN: hidden) and the step between shown values

    def number_of(self, cell: Cell | None, n: float | None = None) -> Number:
        """The number of a cell; `NOTHING` where it is hidden, or is of others than n respondents."""
        if cell is None or cell.hidden or (n is not None and n != cell.n):
            return NOTHING
        return cell.number

    def share(self, item: str, answer: str, by: str, group: str, *, dont_know: bool) -> Number:
        """A share of all who answered, or of those who did not say 'ved ikke'."""
        share = self.number_of(self.cell("share", item, answer, by, group))
        if dont_know or not self.survey.questionnaire.offers_dont_know([item]):
            return share
        unsure = self.number_of(self.cell("share", item, DONT_KNOW, by, group))
        if np.isnan(share.shown + unsure.shown):
            return NOTHING
        shown = min(share.shown / (1 - unsure.shown), 1.0)
        return Number(share.exact / (1 - unsure.exact), shown, share.step, share.spread)

    def trend(self, statistic: str, item: str, answer: str, by: str, n: float) -> Number:
        """The line through all groups of an ordered variable, `compare.slope`, made of what is shown of them."""
        labels = self.survey.questionnaire.background[by].labels
        cells = [cell for code in labels if (cell := self.cell(statistic, item, answer, by, code)) and not cell.hidden]
        size = np.array([cell.n for cell in cells])
        if len(cells) < max(2, len(labels)) or size.sum() != n:
            return NOTHING
        there = self.survey.answered if statistic == "share" else self.survey.knows
        used, responded = (np.logical_and.reduce([*map(who, item.split("+"))])
                           for who in (there, self.survey.responded))
        counted = np.where(used, self.survey.among(responded).design.weights, 0.0)
        weighted = np.bincount(self.survey.group(by), counted, len(labels))
        exact = np.polyfit(range(len(cells)), [cell.exact for cell in cells], 1, w=np.sqrt(weighted))[0]
        told = np.polyfit(range(len(cells)), [cell.shown for cell in cells], 1, w=np.sqrt(rounded(size, self.minimum)))
        first, second = (float(sum(cell.number.spread[place] for cell in cells)) for place in (0, 1))
        return Number(exact, told[0], max(cell.step for cell in cells), (first, second))

    # -- tables, row by row: a dict of the numbers that are shown; nothing else is

    def _estimate(self, row: pd.Series) -> Shown:
        kind = statistics.of(row["statistic"])
        if row["statistic"] in MEASURES:
            return self._measure(row)
        cell = self.cell(row["statistic"], row["item"], row["answer"], row["by"], row["group"])
        number = self.number_of(cell, row["n"])
        told = moved(number, row["estimate"])
        n = self.n(row["n"]) if cell is not None and cell.n == row["n"] else np.nan
        if np.isnan(told):
            return {"n": n, "hidden": True}
        told, se, df = kind.within(told), number.error(row["se"]), freedom(row["df"])
        at, error, size, free = (np.array([x]) for x in (told, se, n, df))
        shares, level = row["statistic"] == "share", row["level"]
        ends = share_interval(at, error, size, free, level) if shares else t_interval(at, error, free, level)
        step = number.step if row["statistic"] in ("mean", "score") else 0.0
        low, high = (kind.within(float(x[0]) + side * step / 2) for x, side in zip(ends, (-1, 1), strict=True))
        return {"n": n, "estimate": told, "se": se, "low": low, "high": high,
                **({"count": told * n} if shares else {}), **({"step": step} if step else {})}

    def _measure(self, row: pd.Series) -> Shown:
        """A measure of counts or scales that is no cell: it is shown as far as the means of the same are."""
        if row["statistic"] in ("alpha", "omega"):
            return measures.reliability(row, self.minimum)
        if row["statistic"] == "index":
            return measures.index(row, lambda item: self.middle(item, row["by"], row["group"]), self.turn, self.minimum)
        make = measures.quartile if row["statistic"] == "quantile" else measures.spread
        return make(row, self.cell("mean", row["item"], "", row["by"], row["group"]), self.minimum)

    def middle(self, item: str, by: str, group: str) -> Cell | None:
        """The mean of a count, or of a scale counted 1, 2, ..."""
        answers = self.survey.item(item).scale.answers
        scores = ",".join(map(str, range(1, len(answers) + 1)))
        return self.cell("score" if answers else "mean", item, scores if answers else "", by, group)

    def turn(self, item: str) -> float:
        """The least and the greatest number that an item can be answered with, added up."""
        scale = self.survey.item(item).scale
        return float(1 + len(scale.answers) if scale.answers else scale.low + scale.high)

    def _contrast(self, row: pd.Series) -> Shown:
        """Differences between two cells, or a cell and a limit, and trends."""
        statistics.unit_of(row)  # raises for what nobody knows the unit of
        odds = row["effect"] == "odds_ratio"
        told, error = self._contrasted(row)
        n = {side: self.n(row[side]) for side in ("n_a", "n_b")}
        if np.isnan(told):
            return {"hidden": True}
        return {**n, **with_error(told, error, row["df"], row["level"], odds=odds)}

    def _contrasted(self, row: pd.Series) -> tuple[float, float]:
        """A contrast as it is shown, of odds on the log scale, and its standard error."""
        if row["effect"] == "slope":
            trend = self.trend(row["statistic"], row["item"], row["answer"], row["by"], row["n_a"])
            return moved(trend, row["estimate"]), trend.error(row["se"])
        if row["effect"] not in compare.SCALES:
            return np.nan, np.nan
        sides = [self.side(row["statistic"], row["item"], row["answer"], row["by"], row[side], row[f"n_{side}"])
                 for side in "ab"]
        error = difference(*sides).error(row["se"])
        if row["effect"] == "difference":
            return moved(difference(*sides), row["estimate"]), error
        scale = compare.SCALES[row["effect"]][0]
        with np.errstate(divide="ignore", invalid="ignore"):
            exact, told = (scale(sides[0][place]) - scale(sides[1][place]) for place in (0, 1))
            given = np.log(row["estimate"]) if row["effect"] == "odds_ratio" else row["estimate"]
        return told if np.isclose(exact, given) else np.nan, error

    def side(self, statistic: str, item: str, answer: str, by: str, side: str, n: float | None) -> Number:
        """What stands on one side of a contrast: a group, an answer ("item=answer"), a count, or a limit (n is 0)."""
        if by:
            return self.number_of(self.cell(statistic, item, answer, by, side), n)
        if _is_number(side) and not n:
            return Number(float(side), float(side), 0.0, (0.0, 0.0))
        name, _, said = side.partition("=")
        if said:
            return self.number_of(self.cell("share", name, said), n)
        return self.number_of(self.cell(statistic, item or name, answer), n)

    def _rate(self, row: pd.Series) -> Shown:
        cell = self.cell("rate", "", "", row["by"], row["group"])
        if cell is None:  # no frame: nobody knows how many were asked
            return {"responded": self.n(row["responded"])}
        told = moved(self.number_of(cell, row["asked"]), row["estimate"])
        return {"asked": row["asked"], "responded": told * row["asked"], "estimate": told, "hidden": np.isnan(told)}

    def _missing(self, row: pd.Series) -> Shown:
        n, unsure, missing = self.base(row["item"])
        asked = self.n(self.asked(row["item"]))
        return {"asked": asked, "answered": self.n(row["answered"]), "dont_know": unsure, "missing": missing,
                "dont_know_rate": unsure / asked, "missing_rate": missing / asked, "hidden": bool(np.isnan(n))}

    def _weights(self, row: pd.Series) -> Shown:
        return {"n": self.n(row["n"]), "low": float(preferred(row["low"])), "high": float(preferred(row["high"])),
                "design_effect": round(row["design_effect"], 1), "effective_n": self.n(row["effective_n"])}


# ---- Kinds of tables -------------------------------------------------------------------------------------------------


Make = Callable[[Plan, pd.Series], Shown]
Keep = Callable[[Plan, pd.DataFrame, pd.DataFrame], pd.DataFrame]  # plan, table, the same as shown: what is kept of it

MODEL: tuple[Make, Keep] = together.coefficient, together.all_or_none

# Tables by the columns that they have, how a row of each is shown, and which rows are kept; the first that fits.
KINDS: list[tuple[set[str], Make, Keep | None]] = [
    ({"statistic", "item", "answer", "by", "a", "b", "n_a", "n_b", "effect"}, Plan._contrast, None),
    ({"a", "b", "power", "equivalence", "clusters_a"}, together.power, None),
    ({"statistic", "item", "answer", "by", "group", "n", "estimate", "se", "df", "low", "level"}, Plan._estimate, None),
    ({"by", "group", "asked", "responded", "estimate"}, Plan._rate, None),
    ({"statistic", "by", "group", "reference", "estimate", "se", "df", "level"}, *MODEL),
    ({"model", "term", "statistic", "item", "estimate", "se", "df", "level"}, *MODEL),
    ({"test", "item", "by", "p"}, together.test, None),
    ({"by", "method", "statistic", "p"}, together.test, None),
    ({"item", "asked", "answered", "dont_know", "missing"}, Plan._missing, None),
    ({"version", "design_effect", "effective_n"}, Plan._weights, None),
    ({"item", "between", "within", "clusters"}, together.icc, None),
    ({"unadjusted", "variance", "variables"}, together.r_indicator, None),
]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def plan(survey: Survey, minimum: int = STEP) -> Plan:
    """What may be shown of these answers, over every table that any edition can show. Takes seconds: keep it.

    minimum: respondents behind a group, an answer and its opposite. Raises ValueError for one that is not of `LIMITS`.
    """
    if minimum not in LIMITS:
        raise ValueError(f"minimum must be one of {LIMITS}, not {minimum}")
    if survey.provenance == SYNTHETIC:
        return Plan(survey, minimum, {})
    return Plan(survey, minimum, suppression.cells(survey, minimum))
