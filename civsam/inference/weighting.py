"""Weights against nonresponse: response rates, response groups, raking (`raking`) and trimming.

Response is response to a question. What makes weights here tells the design how (`Design.again`), and every estimate is
made with the weights that the same steps give when those who answered its questions are the respondents
(`Survey.among`): in a response group they stand for the whole of it, and the margins are raked anew. Where the margins
cannot be met, since nobody in one of their groups answered, the weights are those of the response groups alone, as
`weighted` has it for a form. `blank_as_domain` gives the other convention, that of R `survey`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from civsam.files import UserError
from civsam.inference.raking import no_replicates, poststratify, rake
from civsam.inference.replicates import replicated, resampled
from civsam.inference.sampled import sampled
from civsam.inference.settled import settled, settled_table
from civsam.survey.checked import is_number, yes_or_no
from civsam.survey.design import Design, Stage, apart
from civsam.survey.grouping import the_survey
from civsam.survey.survey import Survey

__all__ = ("by_response_groups", "for_process", "poststratify", "rake", "replicated", "resampled", "response_rates",
           "trim", "unweighted", "weighted", "weights_summary")

MIN_RESPONDENTS = 5  # a response group needs this many for its variance to be worth having


def response_rates(survey: Survey, by: str | None = None) -> pd.DataFrame:
    """Positions asked, respondents and response rate, in all or for each group of a frame variable.

    Columns: by, group, asked, responded, estimate (the rate), provenance. The rate is a count, not an estimate. Without
    a frame nobody knows how many were asked: asked and the rate are NaN.

    >>> from civsam import open_edition, weighting
    >>> weighting.response_rates(open_edition().survey)["estimate"].round(2).item()
    0.53
    """
    the_survey(survey)
    labels = survey.variable(by).labels if by not in (None, "") else {"": "Alle"}
    asked_in = survey.frame[by] if by not in (None, "") else pd.Series("", index=survey.frame.index)
    here = asked_in.index.isin(survey.answers.index)
    known = 1 if survey.framed else np.nan
    rows = [(by or "", code, (asked_in == code).sum() * known, (here & (asked_in == code)).sum()) for code in labels]
    table = pd.DataFrame(rows, columns=["by", "group", "asked", "responded"])
    return table.assign(estimate=table["responded"] / table["asked"], provenance=survey.provenance)


def response_groups(survey: Survey, there: np.ndarray | None = None) -> pd.Series:
    """The response group of every position in the frame: the crossed variables of the questionnaire's weighting.

    A group with fewer than `MIN_RESPONDENTS` respondents is joined with the next along the last of the variables (in
    the study: the next size type of its area). Without such variables all are one group. there: which respondents
    answered the question that it is about, boolean (n,); all unless given.
    """
    frame, wanted = survey.frame, list(survey.questionnaire.weighting.groups)
    if not wanted:
        return pd.Series("", frame.index)
    place = frame.groupby(wanted, sort=False, observed=True).ngroup().to_numpy()  # of each position among the cells
    rows = frame[wanted].iloc[np.unique(place, return_index=True)[1]]
    crossed = [(tuple(area), last) for *area, last in rows.itertuples(index=False, name=None)]
    responded = _among(survey, there)
    cells = dict(zip(crossed, np.bincount(place, responded), strict=True))
    name: dict[tuple[tuple[str, ...], str], str] = {}
    for area in dict.fromkeys(area for area, _ in crossed):
        sizes = {code: cells.get((area, code), 0) for code in survey.questionnaire.background[wanted[-1]].labels}
        for joined in _enough(sizes):
            name |= {(area, code): " ".join([*area, "+".join(joined)]) for code in joined}
    group = pd.array([name[cell] for cell in crossed], dtype="str").take(place)
    return _none_alone(pd.Series(group, frame.index), responded)


def _among(survey: Survey, there: np.ndarray | None) -> pd.Series:
    """Which positions in the frame responded, or did and are there."""
    responded = np.zeros(len(survey.frame), dtype=bool)
    responded[survey.data.place if there is None else survey.data.place[there]] = True
    return pd.Series(responded, survey.frame.index)


def _none_alone(group: pd.Series, responded: pd.Series) -> pd.Series:
    """Groups with fewer than two respondents joined with the smallest of the others: they have no variance alone."""
    while len(size := responded.groupby(group).sum().sort_values(kind="stable")) > 1 and size.iloc[0] < 2:
        group = group.replace(list(size.index[:2]), " og ".join(size.index[:2]))
    return group


def _enough(respondents: dict[str, int]) -> list[list[str]]:
    """Neighbouring codes joined until each group has `MIN_RESPONDENTS`; what is left over joins the last."""
    done: list[list[str]] = []
    pending: list[str] = []
    for code in respondents:
        pending.append(code)
        if sum(respondents[one] for one in pending) >= MIN_RESPONDENTS:
            done, pending = [*done, pending], []
    return [*done[:-1], [*(done[-1] if done else []), *pending]] if pending else done


def by_response_groups(survey: Survey, group: pd.Series | None = None) -> Survey:
    """The survey with response as a second phase: within a group every position was equally likely to answer.

    Weights are the group's positions over its respondents; the groups are strata with finite population correction
    (response homogeneity groups: Särndal, Swensson & Wretman 1992). group: of every position in the frame;
    `response_groups` unless given; its index is the frame's, in any order. Raises UserError for one that is not.

    >>> from civsam import open_edition, weighting
    >>> grouped = weighting.by_response_groups(open_edition().raw)
    >>> round(float(grouped.design.weights.sum()))
    838
    """
    made = partial(_grouped, the_survey(survey), None if group is None else _whole_groups(survey, group))
    return survey.having(design=made(np.ones(len(survey.answers), dtype=bool)).made_by(made))


def _grouped(survey: Survey, group: pd.Series | None, there: np.ndarray) -> Design:
    """The design of `by_response_groups` where those there (n,) are the respondents.

    Groups that were given are joined as far as they must be: none has fewer than two of those who answered.
    """
    if group is None:
        group = response_groups(survey, there)
    elif not there.all():
        group = _none_alone(group, _among(survey, there))
    code = pd.factorize(group)[0]
    own = code[survey.data.place]
    population = np.bincount(code)[own]
    respondents = np.bincount(own[there], minlength=len(code))[own]
    stage = Stage(pd.factorize(own)[0], np.arange(len(own)), population)
    weights = np.divide(population, respondents, out=np.zeros(len(own)), where=there)
    return Design(weights, (apart(stage, there),), "population")


def _whole_groups(survey: Survey, group: pd.Series) -> pd.Series:
    """The group of every position, in the order of the frame."""
    if isinstance(group, str):
        raise UserError(f"svargrupperne: »{group}« er et navn. Giv hver i rammen sin gruppe: survey.frame[{group!r}].")
    whole = survey.aligned(group, "svargrupperne", everybody=True)
    if (blank := pd.isna(whole)).any():
        raise UserError(f"svargrupperne: »{survey.frame.index[blank][0]}« har ingen gruppe.")
    return pd.Series(whole, survey.frame.index)


def raked(survey: Survey, group: pd.Series | None = None) -> Survey:
    """The study's weights: response groups as strata, then raked to the frame's margins (`rake` for errors)."""
    grouped = by_response_groups(survey, group)
    return rake(grouped) if survey.questionnaire.weighting.margins else grouped


def weighted(survey: Survey) -> Survey:
    """The usual weights: `raked`, or with too few answers for that the response groups alone; none without a frame.

    Where the questionnaire tells how the sample was drawn, or margins in numbers, they follow from that: `sampled`.

    >>> from civsam import open_edition, weighting
    >>> weighting.weighted(open_edition().raw).design.target
    'population'
    """
    plain, asked = unweighted(survey), survey.questionnaire
    if asked.sample is not None or asked.weighting.known is not None:
        return sampled(plain, response_groups(plain) if plain.framed else None)
    if not survey.framed:
        return plain
    try:
        return raked(plain)
    except ValueError:
        return by_response_groups(plain)


def trim(survey: Survey, lower: float = 0.0, upper: float = np.inf, *, strict: bool = False) -> Survey:
    """The survey with weights cut to lie between two limits, and what was cut shared out so that the total is kept.

    The respondents whose weights were within the limits share it equally (on trimming: Potter 1990; the rule is R
    `survey`'s `trimWeights`). Their shares may take some of them past a limit: `strict` repeats until none is. Margins
    that the weights were raked to no longer hold, so the calibration is dropped; rake again to have them back.

    Raises UserError for replicate weights, ValueError for limits that are no numbers, where the mean weight is outside
    them, and where no weight is within them to share it with.

    >>> from civsam import open_edition, weighting
    >>> weighting.trim(open_edition().survey, upper=3).design.calibration is None
    True
    """
    no_replicates(survey)
    yes_or_no(strict, "strict")
    if not (is_number(lower) and is_number(upper) and 0 <= lower <= upper and lower < np.inf and upper > 0):
        raise ValueError("the limits of weights are numbers from 0 up, the lower first, such as upper=3, not "
                         f"lower={lower!r} and upper={upper!r}")
    again = partial(_trimmed_anew, survey, lower, upper, strict)
    return survey.having(design=_trimmed(survey, lower, upper, strict).made_by(survey.design.again and again))


def _trimmed_anew(survey: Survey, lower: float, upper: float, strict: bool, there: np.ndarray) -> Design:
    """The design of `trim` where those there (n,) are the respondents; untrimmed where that has no solution."""
    fewer = survey.among(there)
    try:
        return _trimmed(fewer, lower, upper, strict)
    except ValueError:
        return fewer.design


def _trimmed(survey: Survey, lower: float, upper: float, strict: bool) -> Design:
    weights = survey.design.weights
    used = weights > 0  # who is left out stays out
    if not lower <= settled(weights[used].mean()) <= upper:
        raise ValueError(f"no weights between {lower:g} and {upper:g} have the mean {weights[used].mean():g}")
    while True:
        cut = np.where(used, np.clip(weights, lower, upper), 0.0)
        within = used & (cut == weights)
        if not within.any():
            raise ValueError(f"no weight lies between {lower:g} and {upper:g}: nobody to share the rest with")
        weights = settled(cut + within * ((weights - cut).sum() / within.sum()))
        over = np.maximum(weights - upper, lower - weights)[used].max()
        if not strict or over <= 1e-12 * weights[used].mean():
            return replace(survey.design, weights=weights, calibration=None)


def for_process(survey: Survey) -> Survey:
    """The same answers and weights for what lies behind them: clusters (here municipalities) as if drawn from many.

    A calibration stays: the margins of the frame are taken as given, and only what they do not explain varies.

    >>> from civsam import open_edition, weighting
    >>> weighting.for_process(open_edition().raw).design.target
    'process'
    """
    no_replicates(survey)
    again = survey.design.again and partial(_clustered, survey)
    return survey.having(design=_clustered(survey, np.ones(len(survey.answers), dtype=bool)).made_by(again))


def _clustered(survey: Survey, there: np.ndarray) -> Design:
    """The design of `for_process` where those there (n,) are the respondents."""
    n = len(there)
    stage = Stage(np.zeros(n, dtype=int), survey.own_cluster, np.full(n, np.inf))
    return replace(survey.design.among(there), stages=(apart(stage, there),), target="process")


def without(survey: Survey, rows: np.ndarray) -> Survey:
    """The survey with these respondents, boolean (n,), outside every estimate. The others keep their weights."""
    again = survey.design.again and partial(_without, survey.design, rows)
    return survey.having(design=_without(survey.design, rows, np.ones(len(rows), dtype=bool)).made_by(again))


def _without(design: Design, rows: np.ndarray, there: np.ndarray) -> Design:
    design = design.among(there)
    return replace(design, weights=np.where(rows, 0.0, design.weights))


def blank_as_domain(survey: Survey) -> Survey:
    """The same weights by R `survey`'s convention: who left a question blank lies outside its domain.

    Every estimate then has the weights of the form, and the finite population correction counts those who answered the
    form: right where blanks belong to the question, as where it was not put to all, and too sure where they are
    nonresponse.

    >>> from civsam import estimate, open_edition, weighting
    >>> survey = open_edition().survey
    >>> by_form = estimate.shares(weighting.blank_as_domain(survey), "vae_overordnet", "omkostning")["se"].item()
    >>> by_form < estimate.shares(survey, "vae_overordnet", "omkostning")["se"].item()
    True
    """
    return survey.having(design=replace(survey.design))


def unweighted(survey: Survey) -> Survey:
    """The survey with every respondent counting the same: what the raw answers say.

    >>> from civsam import open_edition, weighting
    >>> weighting.unweighted(open_edition().survey).design.weighted
    False
    """
    return the_survey(survey).having(design=None)


def design_effect(survey: Survey) -> float:
    """Kish's design effect of the weights, n * sum(w^2) / sum(w)^2: how much unequal weights cost (Kish 1965).

    n: those with a weight above 0, as the others are in no estimate.
    """
    weights = _counting(survey)
    return float(len(weights) * np.sum(weights**2) / np.sum(weights) ** 2)


def _counting(survey: Survey) -> np.ndarray:
    """The weights of those who count. Raises ValueError where nobody does."""
    weights = the_survey(survey).design.weights
    if not weights.any():
        raise ValueError("all weights are 0: nobody is left to count")
    return weights[weights > 0]


def weights_summary(surveys: Mapping[str, Survey]) -> pd.DataFrame:
    """The weights of several versions of a survey, as before and after raking; one row a version.

    Columns: version (the key), n (respondents with a weight above 0), total, low and high (the smallest and the largest
    of those weights), design_effect (Kish 1965), effective_n (n over the design effect), provenance.

    >>> from civsam import open_edition, weighting
    >>> edition = open_edition()
    >>> weighting.weights_summary({"raw": edition.raw, "raked": edition.survey})["version"].tolist()
    ['raw', 'raked']
    """
    if not isinstance(surveys, Mapping):
        raise TypeError(f"surveys are given by name, {{\"raked\": survey}}, not as {type(surveys).__name__}")
    if not surveys:
        raise UserError("der er ingen undersøgelser at vise vægte af. Giv dem med navn: {\"raket\": edition.survey}.")
    rows = []
    for version, survey in surveys.items():
        weights, effect = _counting(survey), design_effect(survey)
        rows.append((version, len(weights), weights.sum(), weights.min(), weights.max(), effect, len(weights) / effect,
                     survey.provenance))
    columns = ["version", "n", "total", "low", "high", "design_effect", "effective_n", "provenance"]
    return settled_table(pd.DataFrame(rows, columns=columns))
