"""What is made of all groups of a variable at once: tests and models, and p-values corrected as a family.

Each of their numbers hangs on every group, so they are told where all the cells that they are made of are told, and not
else: that is decided by the plan, before anything is computed. Else a table with a gap, or that nothing could be
computed, would tell what was answered in a group that is hidden.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import numpy as np
import pandas as pd

from civsam.disclosure.precision import Shown, p_class, with_error
from civsam.disclosure.rounding import STEP, preferred
from civsam.disclosure.routes import gates
from civsam.disclosure.suppression import Cell
from civsam.disclosure.tables import Key, key_of
from civsam.inference import compare, statistics
from civsam.inference.power import detectable
from civsam.inference.settled import settled
from civsam.instrument.questionnaire import DONT_KNOW
from civsam.survey.grouping import split
from civsam.survey.survey import Survey

CUT = "|"  # ends the term of a cut of an ordered model


class Told(Protocol):
    """A plan of what may be shown: see `plan.Plan`."""

    @property
    def survey(self) -> Survey:
        """The answers."""

    @property
    def minimum(self) -> int:
        """Respondents that a number must have to be shown."""

    @property
    def cells(self) -> dict[tuple[Key, str, str], Cell]:
        """What is shown, by number, variable and group."""

    def at(self, key: Key, by: str, group: str) -> Cell | None:
        """A number that is shown, of any groups."""

    def n(self, count: float) -> float:
        """A number of respondents as it is shown."""


def keys(plan: Told, item: str, answers: Iterable[str]) -> list[Key]:
    """The numbers that answers of an item are told by; of a count its mean, and its share of those it is a part of."""
    if not item:
        return [key_of("rate", "", "")]
    if named := [answer for answer in answers if answer]:
        return [key_of("share", item, answer) for answer in named]
    counts = [key_of(statistic, item, "") for statistic in ("mean", "ratio")]
    return [key for key in counts if (key, "", "") in plan.cells] or counts[:1]


def all_told(plan: Told, item: str, answers: Iterable[str], by: str) -> bool:
    """Whether these answers' numbers are shown, as of `told`. Blank item: who responded."""
    return told(plan, keys(plan, item, answers), by)


def told(plan: Told, needed: list[Key], by: str) -> bool:
    """Whether numbers are shown, with their errors, in every group that a respondent is in.

    by: what groups are formed by, or '' for everybody.
    """
    survey, codes = plan.survey, [""]
    if by:
        part = split(survey, by)
        codes = [code for at, code in enumerate(part.labels) if (part.code == at).any()]
    items = {item for _, names, _ in needed for item in names.split("+") if item}
    every = [*needed, *gates(survey.questionnaire, items)]
    found = [plan.at(key, by, code) for key in every for code in codes]
    return all(cell is not None and not cell.hidden and cell.steady for cell in found)


def test(plan: Told, row: pd.Series) -> Shown:
    """A test of all groups: the class of its p-value. Not of given shares, which have no groups."""
    by, item, answer = row["by"], row.get("item", ""), row.get("answer", "")
    of_all = item and not answer and row["test"] != "equality"  # a test of independence
    answers = plan.survey.item(item).codes if of_all else [answer]
    if not by or not all_told(plan, item, _with_unsure(plan, row, answers), by):
        return {"hidden": True}
    kept = {name: row[name] for name in ("df1", "family_size") if name in row}
    return {**({"n": plan.n(row["n"])} if "n" in row else {}), "p": float(p_class(row["p"])), **kept}


def coefficient(plan: Told, row: pd.Series) -> Shown:
    """A coefficient or effect, in steps of what some respondents more or less would change it by.

    A constant, or a cut, is of the first groups of all variables at once, and never shown.
    """
    statistics.of(row["statistic"])  # raises for what nobody knows the unit of
    by, item = row["by"] if "by" in row else row["term"].partition("=")[0], row.get("item", "")
    many = row.get("model") in ("multinomial", "ordinal")  # of all answers; 'ved ikke' is outside
    answers = list(plan.survey.item(item).scale.answers) if many else [row.get("answer", "")]
    with_unsure = _with_unsure(plan, row, answers)
    if inner(row) or by not in plan.survey.questionnaire.background or not all_told(
            plan, item, answers if many else with_unsure, by):
        return {"hidden": True}
    sizes = np.bincount(plan.survey.group(by), _base(plan.survey, item))
    odds = row["statistic"] == "odds_ratio"
    se, value = float(preferred(row["se"])), np.log(row["estimate"]) if odds else row["estimate"]
    step = se * 2 * STEP / np.sqrt(sizes[sizes > 0].min()) if item else se
    at = float(step * np.round(settled(value / step))) if step > 0 else np.nan
    n = {"n": plan.n(row["n"])} if "n" in row and all_told(plan, item, with_unsure, "") else {}
    return {**n, **with_error(at, se, row["df"], row["level"], odds=odds)}


def _with_unsure(plan: Told, row: pd.Series, answers: list[str]) -> list[str]:
    """The answers, and 'ved ikke' where a row is of those who did not say it: it is then made of that number too."""
    item = row.get("item", "")
    apart = item and "n" in row and any(answers) and row["n"] != _base(plan.survey, item).sum()
    return [*answers, DONT_KNOW] if apart and plan.survey.questionnaire.offers_dont_know([item]) else answers


def _base(survey: Survey, items: str) -> np.ndarray:
    """Who answered all of several items joined by +, as 0 and 1; everybody for none."""
    there = [survey.answered(item) for item in items.split("+") if item]
    return np.logical_and.reduce(there).astype(float) if there else np.ones(len(survey.answers))


def power(plan: Told, row: pd.Series) -> Shown:
    """What could be detected around the share that is shown of everybody, in place of the exact one."""
    item, answer, by = row["item"], row["answer"], row["by"]
    if not (all_told(plan, item, [answer], "") and all_told(plan, item, [answer], by)):
        return {"hidden": True}
    share = plan.cells[key_of("share", item, answer), "", ""].shown
    found = detectable(plan.survey, item, answer, by, [row["difference"]], icc=row["icc"], margin=row["margin"],
                       share=share).iloc[0]
    kept = ("difference", "power", "power_se", "equivalence", "equivalence_se", "margin", "icc")
    return {name: found[name] for name in kept} | {name: plan.n(found[name]) for name in (
        "n_a", "n_b", "clusters_a", "clusters_b")}


def icc(plan: Told, row: pd.Series) -> Shown:
    """How much of the variance lies between clusters, to the nearest 0.05, where what it is of is shown."""
    if row["n"] < 4 * plan.minimum or not all_told(plan, row["item"], [row.get("answer", "")], ""):
        return {"hidden": True}
    nearest = float(0.05 * np.round(settled(row["estimate"] / 0.05)))
    return {"n": plan.n(row["n"]), "clusters": plan.n(row["clusters"]), "estimate": nearest}


def r_indicator(plan: Told, row: pd.Series) -> Shown:
    """How representative the response is, where all the response rates that it is made of are shown."""
    if not all(all_told(plan, "", [], by) for by in row["variables"].split("+")):
        return {"hidden": True}
    return {name: round(row[name], 2) for name in ("estimate", "low", "high", "level")}


def inner(row: pd.Series) -> bool:
    """Whether a row is a constant, or a cut between two answers."""
    return row.get("term") == "constant" or str(row.get("term")).endswith(CUT)


def all_or_none(_: Told, table: pd.DataFrame, made: pd.DataFrame) -> pd.DataFrame:
    """A model as it is shown: all of it, or nothing, since each coefficient hangs on all others."""
    outer = ~np.array([inner(row) for _, row in table.iterrows()], dtype=bool)
    if not made.loc[outer, "hidden"].any():
        return made
    numbers = [name for name in made.select_dtypes("number") if name != "level"]
    return made.assign(hidden=True, **dict.fromkeys(numbers, np.nan))


def corrected(table: pd.DataFrame) -> pd.DataFrame:
    """Tests or contrasts, as shown, corrected as the family that is shown: by Holm's method unless another is named.

    What is hidden is outside the family, so that no shown p-value, nor the number of tests, hangs on it.
    """
    rows = table.reset_index(drop=True)
    parts = [part for _, part in rows.groupby("family" if "family" in rows else "method", sort=False)]
    if not parts:
        return table
    method = rows["correction"].iloc[0] if "correction" in rows else "holm"
    again = pd.concat([compare.corrected(part, method, "vist") for part in parts]).sort_index()
    adjusted = again["p_adjusted"] if "effect" in rows else again["p_adjusted"].map(p_class)
    sizes = {"family_size": again["family_size"].to_numpy()} if "family_size" in rows else {}
    return table.assign(p_adjusted=adjusted.to_numpy(), **sizes)
