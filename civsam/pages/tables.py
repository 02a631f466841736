"""Tables of estimates, response rates and comparisons on a page, with Danish formats and provenance.

Whatever is made from answers carries their provenance mark; nobody has to remember it.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

import numpy as np
import pandas as pd

from civsam.danish import at_level
from civsam.inference import estimate, statistics
from civsam.instrument.questionnaire import DONT_KNOW
from civsam.pages import letters as letters_
from civsam.pages.cells import DASH, Cell, number, percent, span, together
from civsam.pages.door import hidden_note, plan_of, response_note, shown
from civsam.pages.html import table
from civsam.pages.output import Output
from civsam.pages.provenance import provenance_of
from civsam.pages.words import (
    answer_of,
    base_note,
    dash_note,
    described,
    group_label,
    interval,
    p_value,
    reading_note,
    reading_target,
    topic_of,
    value,
    with_interval,
)
from civsam.survey.grouping import grouping
from civsam.survey.survey import Survey

BESIDE = 8  # questions that stand side by side in a table by group


def estimates_table(
    survey: Survey, estimates: pd.DataFrame, caption: str, name: str, *, folded: bool = False
) -> Output:
    """Estimates as a table: a row each, with interval and base, and a column for all that varies among them."""
    estimates = shown(survey, estimates)
    frame = estimates_frame(survey, estimates)
    return table(frame, caption, name, provenance=provenance_of(estimates), note=reading_note(survey, estimates),
                 folded="Vis tallene" if folded else "")


def estimates_frame(survey: Survey, estimates: pd.DataFrame, more: int = 0) -> pd.DataFrame:
    """Estimates, as `shown`, in words and numbers: a row each; so many decimals more, where nothing is rounded."""
    more *= "hidden" not in estimates
    rows = [row for _, row in estimates.iterrows()]
    frame = described(estimates, survey.questionnaire).assign(
        Tal=[value(row, more) for row in rows],
        Interval=[interval(row, more) for row in rows],
        n=[number(n) for n in estimates["n"]],
    )
    if (estimates["statistic"] == "share").all() and survey.questionnaire.offers_dont_know(estimates["item"]):
        frame["Uden ved ikke"] = [percent(share, more) for share in _among_those_who_know(survey, estimates)]
    return frame.set_index(frame.columns[0])


def p_table(survey: Survey, tests: pd.DataFrame, caption: str, name: str, *, folded: bool = False) -> Output:
    """Tests as a table: a row each, named by its groups or question, with p before and after correction."""
    tests = shown(survey, tests)
    frame = pd.DataFrame({
        "F": [number(x, 2) for x in tests["statistic"]],
        "p": [p_value(p, bound="hidden" in tests) for p in tests["p"]],
        "p, korrigeret": [p_value(p, bound="hidden" in tests) for p in tests["p_adjusted"]],
    }, index=pd.Index([_tested(survey, row) for _, row in tests.iterrows()], name="Variabel"))
    told = hidden_note(tests) if "item" in tests else response_note(survey, tests)
    return table(frame, caption, name, provenance=provenance_of(tests), note=told, folded="Vis testene" * folded)


def _tested(survey: Survey, row: pd.Series) -> str:
    """What a test is of: groups, or a question held against given shares."""
    name = grouping(survey.questionnaire, row["by"]).name.capitalize()
    return name or f"{survey.questionnaire.items[row['item']].topic}, mod givne andele"


def contrasts_table(
    survey: Survey, contrasts: pd.DataFrame, caption: str, name: str, sizes: pd.DataFrame | None = None
) -> Output:
    """Differences between pairs of groups with interval, effect size (Cohen's h) and p corrected for the family.

    contrasts: of shares from `compare.contrasts`, corrected; sizes: the same pairs with effect="cohens_h".
    """
    words = grouping(survey.questionnaire, contrasts["by"].iloc[0]).labels
    contrasts = shown(survey, contrasts)
    pairs = f"{number(contrasts['family_size'].iloc[0])} par, der {'vises' if 'hidden' in contrasts else 'kan testes'}"
    rows = [row for _, row in contrasts.iterrows()]
    unit = statistics.one_unit(contrasts)
    frame = pd.DataFrame({
        f"Forskel, {unit.name}": [number(unit.times * row["estimate"], unit.decimals) for row in rows],
        "Interval": [span(unit.times * row["low"], unit.times * row["high"], unit.decimals) for row in rows],
        **({} if sizes is None else {"Cohens h": [number(h, 2) for h in shown(survey, sizes)["estimate"]]}),
        "p, korrigeret": [p_value(row["p_adjusted"]) for row in rows],
    }, index=pd.Index([f"{words[row['a']]} – {words[row['b']]}" for row in rows], name="Par"))
    note = (f"{at_level(survey.level, 'intervaller')}, ikke korrigeret; {reading_target(survey)} p-værdierne er "
            f"korrigeret for de {pairs} (Holms metode).{dash_note(contrasts)}"
            f"{hidden_note(contrasts)}{base_note(survey, contrasts)}")
    return table(frame, caption, name, provenance=provenance_of(contrasts), note=note, folded="Vis alle par")


def _among_those_who_know(survey: Survey, estimates: pd.DataFrame) -> Iterable[float]:
    """The same shares of those who answered with something else than 'ved ikke'."""
    if not plan_of(survey).idle:
        return plan_of(survey).without_dont_know(estimates)
    wanted = estimates.loc[estimates["answer"] != DONT_KNOW, ["item", "answer", "by"]].drop_duplicates()
    known = [estimate.shares(survey, item, answer, by or None, dont_know=False)
             for item, answer, by in wanted.itertuples(index=False)]
    found = pd.concat(known).set_index(["item", "answer", "by", "group"])["estimate"]
    return [found.get(tuple(row), float("nan"))
            for row in estimates[["item", "answer", "by", "group"]].itertuples(index=False)]


def _with_both(survey: Survey, estimates: pd.DataFrame) -> list[Cell]:
    """Estimates with intervals, shares with a second line: what they are without 'ved ikke'."""
    known = pd.Series(float("nan"), index=range(len(estimates)))
    asked = survey.questionnaire
    shares = np.array([row["statistic"] == "share" and asked.offers_dont_know([row["item"]])
                       for _, row in estimates.iterrows()], dtype=bool)
    if shares.any():
        known[shares] = list(_among_those_who_know(survey, estimates[shares]))
    lines = [percent(share, name="uden ved ikke, procent") for share in known]
    return [with_interval(row) if line is DASH else together("{}\n{} uden ved ikke", with_interval(row), line)
            for line, (_, row) in zip(lines, estimates.iterrows(), strict=True)]


def battery_table(survey: Survey, estimates: pd.DataFrame, caption: str, name: str) -> Output:
    """Shares of all answers to questions on one scale: a row a question, a column an answer, and the base."""
    estimates = shown(survey, estimates)
    rows = [row for _, row in estimates.iterrows()]
    cells = pd.DataFrame({"row": [topic_of(row, survey.questionnaire) for row in rows],
                          "column": [answer_of(row, survey.questionnaire) for row in rows],
                          "cell": [with_interval(row) for row in rows]})
    frame = cells.pivot(index="row", columns="column", values="cell")
    frame = frame.loc[cells["row"].unique(), cells["column"].unique()].fillna(DASH)
    frame["n"] = [number(n) for n in estimates.groupby("item", sort=False)["n"].first()]
    frame.index.name = "Spørgsmål"
    return table(frame, caption, name, provenance=provenance_of(estimates), note=reading_note(survey, estimates))


def group_table(
    survey: Survey, estimates: pd.DataFrame, caption: str, name: str, *, folded: bool = False,
    contrasts: pd.DataFrame | None = None,
) -> Output:
    """Estimates by group: a row a group, a column an answer (or a question, where there are several).

    Where there are more than `BESIDE` questions, they are the rows.

    contrasts: of all pairs of groups in each column; each number then says which groups it is significantly higher
    than, by their letters. Raises ValueError as `letters.told`.
    """
    letters = None if contrasts is None else letters_.told(estimates, contrasts, partial(shown, survey))
    estimates = shown(survey, estimates)
    one = estimates["item"].nunique() == 1 and (estimates["answer"] != "").all()
    heading = answer_of if one else topic_of
    words = [group_label(row, survey.questionnaire) for _, row in estimates.iterrows()]
    made = _with_both(survey, estimates) if letters is None else letters_.marked(
        [with_interval(row) for _, row in estimates.iterrows()], letters)
    cells = pd.DataFrame({
        "row": words if letters is None else [f"{word} ({letter})" for word, letter in zip(words, letters.own,
                                                                                         strict=True)],
        "column": [heading(row, survey.questionnaire) for _, row in estimates.iterrows()],
        "cell": made,
    })
    frame = cells.pivot(index="row", columns="column", values="cell")
    frame = frame.loc[cells["row"].unique(), cells["column"].unique()]
    variable = grouping(survey.questionnaire, estimates["by"].iloc[0]).name
    below = not one and len(frame.columns) > BESIDE
    frame = frame.T if below else frame
    frame.index.name = "Spørgsmål" if below else variable.capitalize()
    note = reading_note(survey, estimates) + ("" if letters is None else letters.note)
    return table(frame, caption, name, provenance=provenance_of(estimates), note=note,
                 folded=f"Vis fordelt efter {variable}" if folded else "")


def rates_table(survey: Survey, rates: pd.DataFrame, caption: str, name: str) -> Output:
    """Response rates as a table. Rows of several variables may be stacked."""
    rates = shown(survey, rates)
    frame = pd.DataFrame({
        "Gruppe": [group_label(row, survey.questionnaire) for _, row in rates.iterrows()],
        "Adspurgte": [number(n) for n in rates["asked"]],
        "Svarede": [number(n) for n in rates["responded"]],
        "Svarprocent": [percent(share) for share in rates["estimate"]],
    }).set_index("Gruppe")
    return table(frame, caption, name, provenance=provenance_of(rates), note=response_note(survey, rates))
