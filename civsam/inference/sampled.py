"""Weights by a questionnaire that tells how its sample was drawn, and what is known of the population in numbers.

The design is made by what makes it of a DataFrame of one's own (`survey.own`). Where a frame holds all who were drawn,
and what the design says of each, those who answered stand for the others of their response group: the weights of the
group's respondents are raised to the sum of all who were drawn in it (Särndal, Swensson & Wretman 1992, section 15.6).
Then they are raked to the margins: those of the questionnaire in numbers, or the weighted ones of the frame. What is
left blank lies outside a question's domain, as in R `survey`, but in strata of a finite population.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from civsam.danish import number
from civsam.files import UserError
from civsam.inference.raking import Variable, rake
from civsam.instrument.sample import Margins
from civsam.survey import own
from civsam.survey.design import Design, Stage
from civsam.survey.survey import Survey

ADJUSTED = "vægt med bortfald"  # the column of weights that were raised


def sampled(survey: Survey, group: pd.Series | None) -> Survey:
    """The survey with the design, the response adjustment and the margins that its questionnaire tells.

    group: the response group of every position in the frame, where there is one. Raises UserError for columns and
    margins that do not fit the respondents.
    """
    asked = survey.questionnaire
    whole = _whole(survey) if group is not None else None
    if asked.sample is not None:
        survey = survey.having(design=_drawn(survey, whole, group))
    elif whole is not None and group is not None:
        survey = survey.having(design=_asked_of_many(survey, whole, group))
    if asked.weighting.known is not None:
        return _to_numbers(survey, asked.weighting.known)
    if whole is None or not asked.weighting.margins or survey.design.replicates is not None:
        return survey
    try:
        return rake(survey, {name: whole.groupby(survey.frame[name]).sum().to_dict()
                             for name in asked.weighting.margins})
    except ValueError:
        return survey  # too few answers to rake


def told(survey: Survey) -> list[str]:
    """What was understood of the design and the margins, in words, a line each; none where nothing is told.

    survey: weighted by them.
    """
    questionnaire, lines = survey.questionnaire, list[str]()
    if questionnaire.sample is not None:
        columns, scales = own.of_sample(questionnaire.sample)
        lines += own.drawn(survey.background, columns, scales)[1]
        left_out = int((survey.design.weights == 0).sum())
        lines += [f"{number(left_out)} svar har vægten 0 og tæller ikke med"] if left_out else []
        if survey.framed:
            as_is = _whole(survey) is None
            lines.append("bortfald: vægtene er " + ("brugt, som de er" if as_is else
                                                    "løftet til alle i rammen, gruppe for gruppe"))
    if (known := questionnaire.weighting.known) is not None:
        lines.append("margener: " + ", ".join(
            f"{questionnaire.background[name].name} ({how})" for name, how in known.told.items()))
    return lines


def _whole(survey: Survey) -> pd.Series | None:
    """The weight of everybody in the frame by the design; None where it is known only of those who answered.

    Replicate weights are taken as they are: they have in them what their producer did about nonresponse.
    """
    sample, frame = survey.questionnaire.sample, survey.frame
    if sample is None:
        return pd.Series(1.0, frame.index)
    if sample.replicates or frame[sample.of(frame.columns)].isna().any(axis=None):
        return None
    columns, scales = own.of_sample(sample)
    design = own.drawn(frame, columns, scales)[0]
    assert design is not None  # a sample tells one
    return pd.Series(design.weights, frame.index)


def _raised(survey: Survey, whole: pd.Series, group: pd.Series) -> np.ndarray:
    """The respondents' weights, (n,), raised to the sum of all who were asked in their response group."""
    code = pd.factorize(group)[0]
    place = survey.data.place
    before = np.bincount(code, whole)
    after = np.bincount(code[place], whole.to_numpy()[place], len(before))
    return whole.to_numpy()[place] * np.divide(before, after, out=np.ones(len(before)), where=after > 0)[code[place]]


def _drawn(survey: Survey, whole: pd.Series | None, group: pd.Series | None) -> Design:
    """The design of the respondents by the questionnaire's columns."""
    assert survey.questionnaire.sample is not None
    columns, scales = own.of_sample(survey.questionnaire.sample)
    table = survey.background
    if whole is not None and group is not None:
        table = table.assign(**{ADJUSTED: _raised(survey, whole, group)})
        columns = replace(columns, weight=ADJUSTED)
    design = own.drawn(table, columns, scales)[0]
    assert design is not None  # a sample tells one
    return design


def _asked_of_many(survey: Survey, whole: pd.Series, group: pd.Series) -> Design:
    """A frame of those who were drawn from a population of which only margins are known: no correction for its size."""
    n = len(survey.answers)
    if n > 1 and len(np.unique(survey.own_cluster)) == 1:
        raise UserError("svarene: alle er fra samme klynge, og så kan usikkerheden ikke regnes.")
    stage = Stage(np.zeros(n, dtype=int), survey.own_cluster, np.full(n, np.inf))
    return Design(_raised(survey, whole, group), (stage,), "drawn")


# ---- Margins ---------------------------------------------------------------------------------------------------------


def _to_numbers(survey: Survey, known: Margins) -> Survey:
    """The survey raked to the numbers. Raises UserError where no weights can meet them."""
    weights, n = survey.design.weights, int((survey.design.weights > 0).sum())
    if known.size is not None and known.size < n:
        raise UserError(f"margenerne giver {number(known.size)} i alt, og der er {number(n)} svarpersoner. "
                        "Befolkningen kan ikke være mindre end dem, der har svaret. Er det andele, skal de give 1 "
                        "eller 100 procent.")
    size = float(weights.sum()) if known.size is None else known.size
    margins: dict[Variable, dict[Hashable, float]] = {
        name: _totals(survey, name, shares, size) for name, shares in known.shares.items()}
    try:
        return rake(survey, margins)
    except ValueError:
        raise UserError(f"ingen vægte passer på alle margenerne ({', '.join(known.shares)}): nogle grupper er tomme, "
                        "når margenerne krydses. Slå koder sammen, eller udelad en margen.") from None


def _totals(survey: Survey, name: str, shares: Mapping[str, float], size: float) -> dict[Hashable, float]:
    """The total of each code; those of whom it is not known keep the share that they have."""
    variable, code = survey.questionnaire.background[name], survey.group(name)
    there = np.bincount(code, survey.design.weights, len(variable.labels))
    shown = dict(zip(variable.labels, there, strict=True))
    unknown = shown[variable.missing] / there.sum() if variable.missing and variable.missing not in shares else 0.0
    for one, label in variable.labels.items():
        share = shares.get(one, unknown)
        if share > 0 and not shown[one]:
            raise UserError(f"margener: ingen af dem, der har svaret, har {variable.name} »{label}« ({name}: {one}), "
                            "og deres margen er ikke 0. Slå koden sammen med en anden, eller udelad margenen.")
        if shown[one] and not share:
            first = survey.answers.index[(code == list(variable.labels).index(one)) & (survey.design.weights > 0)][0]
            raise UserError(f"margener: rækken »{first}« har {variable.name} »{label}« ({name}: {one}), og margenen "
                            "siger 0. Ret margenen eller svaret.")
    return {one: size * (unknown if one == variable.missing and one not in shares else shares[one] * (1 - unknown))
            for one in variable.labels}
