"""Nonresponse: response rates, response groups and the weights that follow from them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from civsam import register
from civsam.design import Design, Stage
from civsam.survey import Survey

MIN_RESPONDENTS = 5  # a response group needs this many for its variance to be worth having


def response_rates(survey: Survey, by: str | None = None) -> pd.DataFrame:
    """Positions asked, respondents and response rate, in all or for each group of a frame variable.

    Columns: by, group, asked, responded, estimate (the rate), provenance. The rate is a count, not an estimate.
    """
    labels = register.labels(by, survey.questionnaire) if by else {"": "Alle"}
    asked_in = survey.frame[by] if by else pd.Series("", index=survey.frame.index)
    here = asked_in.index.isin(survey.answers.index)
    rows = [(by or "", code, (asked_in == code).sum(), (here & (asked_in == code)).sum()) for code in labels]
    table = pd.DataFrame(rows, columns=["by", "group", "asked", "responded"])
    return table.assign(estimate=table["responded"] / table["asked"], provenance=survey.provenance)


def response_groups(survey: Survey) -> pd.Series:
    """The response group of every position in the frame: area by size type.

    A group with fewer than `MIN_RESPONDENTS` respondents is joined with the next size type of its area.
    """
    sizes = list(register.VARIABLES["kommunetype"])
    responded = survey.frame.index.isin(survey.answers.index)
    group = pd.Series("", index=survey.frame.index)
    for _, rows in survey.frame.groupby("fagomraade", sort=False):
        pending: list[str] = []
        done: list[list[str]] = []
        for size in sizes:
            pending.append(size)
            inside = rows.index[rows["kommunetype"].isin(pending)]
            if responded[survey.frame.index.isin(inside)].sum() >= MIN_RESPONDENTS:
                done, pending = [*done, pending], []
        if pending:  # what is left over joins the last group
            done = [*done[:-1], [*(done[-1] if done else []), *pending]]
        for joined in done:
            inside = rows["kommunetype"].isin(joined)
            group[rows.index[inside]] = rows.loc[inside, "fagomraade"] + " " + "+".join(joined)
    return group


def by_response_groups(survey: Survey) -> Survey:
    """The survey with response as a second phase: within a group every position was equally likely to answer.

    Weights are the group's positions over its respondents; the groups are strata with finite population correction.
    """
    group = response_groups(survey)
    own = group.loc[survey.answers.index]
    population = own.map(group.value_counts()).to_numpy()
    respondents = own.map(own.value_counts()).to_numpy()
    stage = Stage(pd.factorize(own)[0], np.arange(len(own)), population)
    return replace(survey, design=Design(population / respondents, (stage,), "population"))


def for_process(survey: Survey) -> Survey:
    """The same answers and weights for what lies behind them: municipalities as clusters, as if drawn from many."""
    n = len(survey.answers)
    municipality = pd.factorize(survey.background["kommunekode"])[0]
    stage = Stage(np.zeros(n, dtype=int), municipality, np.full(n, np.inf))
    return replace(survey, design=Design(survey.design.weights, (stage,), "process"))


def unweighted(survey: Survey) -> Survey:
    """The survey with every respondent counting the same: what the raw answers say."""
    return replace(survey, design=None)


def design_effect(survey: Survey) -> float:
    """Kish's design effect of the weights, n * sum(w^2) / sum(w)^2: how much unequal weights cost (Kish 1965)."""
    weights = survey.design.weights
    return float(len(weights) * np.sum(weights**2) / np.sum(weights) ** 2)
