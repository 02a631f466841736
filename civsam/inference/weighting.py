"""Weights against nonresponse: response rates, response groups, post-stratification, raking and trimming."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import pandas as pd

from civsam.files import UserError
from civsam.inference.replicates import bootstrap, jackknife, replicated
from civsam.inference.settled import settled, settled_table
from civsam.survey.checked import unknown
from civsam.survey.design import Calibration, Design, Stage
from civsam.survey.survey import Survey

__all__ = ("bootstrap", "by_response_groups", "for_process", "jackknife", "poststratify", "rake", "replicated",
           "response_rates", "trim", "unweighted", "weighted", "weights_summary")

Totals = Mapping[Hashable, float]
Variable = str | tuple[str, ...]  # a column of the frame, or several that are crossed

MIN_RESPONDENTS = 5  # a response group needs this many for its variance to be worth having


def response_rates(survey: Survey, by: str | None = None) -> pd.DataFrame:
    """Positions asked, respondents and response rate, in all or for each group of a frame variable.

    Columns: by, group, asked, responded, estimate (the rate), provenance. The rate is a count, not an estimate. Without
    a frame nobody knows how many were asked: asked and the rate are NaN.

    >>> from civsam import open_edition, weighting
    >>> weighting.response_rates(open_edition().survey)["estimate"].round(2).item()
    0.53
    """
    labels = survey.variable(by).labels if by else {"": "Alle"}
    asked_in = survey.frame[by] if by else pd.Series("", index=survey.frame.index)
    here = asked_in.index.isin(survey.answers.index)
    known = 1 if survey.framed else np.nan
    rows = [(by or "", code, (asked_in == code).sum() * known, (here & (asked_in == code)).sum()) for code in labels]
    table = pd.DataFrame(rows, columns=["by", "group", "asked", "responded"])
    return table.assign(estimate=table["responded"] / table["asked"], provenance=survey.provenance)


def response_groups(survey: Survey) -> pd.Series:
    """The response group of every position in the frame: the crossed variables of the questionnaire's weighting.

    A group with fewer than `MIN_RESPONDENTS` respondents is joined with the next along the last of the variables (in
    the study: the next size type of its area). Without such variables all are one group.
    """
    frame, wanted = survey.frame, survey.questionnaire.weighting.groups
    if not wanted:
        return pd.Series("", frame.index)
    *first, last = wanted
    area = frame[first].agg(" ".join, axis=1) if first else pd.Series("", frame.index)
    responded = pd.Series(frame.index.isin(survey.answers.index), frame.index)
    cells = responded.groupby([area, frame[last]]).sum().to_dict()
    name: dict[tuple[str, str], str] = {}
    for one in area.unique():
        sizes = {code: cells.get((one, code), 0) for code in survey.questionnaire.background[last].labels}
        for joined in _enough(sizes):
            name |= {(one, code): f"{one} {'+'.join(joined)}".strip() for code in joined}
    group = pd.Series([name[cell] for cell in zip(area, frame[last], strict=True)], frame.index)
    return _none_alone(group, responded)


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
    group = response_groups(survey) if group is None else _whole_groups(survey, group)
    own = group.loc[survey.answers.index]
    population = own.map(group.value_counts()).to_numpy()
    respondents = own.map(own.value_counts()).to_numpy()
    stage = Stage(pd.factorize(own)[0], np.arange(len(own)), population)
    return survey.having(design=Design(population / respondents, (stage,), "population"))


def _whole_groups(survey: Survey, group: pd.Series) -> pd.Series:
    """The group of every position, in the order of the frame."""
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

    >>> from civsam import open_edition, weighting
    >>> weighting.weighted(open_edition().raw).design.target
    'population'
    """
    plain = unweighted(survey)
    if not survey.framed:
        return plain
    try:
        return raked(plain)
    except ValueError:
        return by_response_groups(plain)


def frame_margins(survey: Survey, variables: Iterable[Variable] | None = None) -> dict[Variable, Totals]:
    """How many positions the frame has of each code of each variable: margins for `rake`.

    variables: the margins of the questionnaire's weighting unless given.
    """
    wanted = survey.questionnaire.weighting.margins if variables is None else variables
    columns = {name: list(name) if isinstance(name, tuple) else name for name in wanted}
    return {name: survey.frame.groupby(column).size().to_dict() for name, column in columns.items()}


def poststratify(survey: Survey, by: Variable, totals: Totals | None = None) -> Survey:
    """The survey with weights that add up to known totals in each group (Holt & Smith 1979).

    by, totals and errors as in `rake`, of which this is the case with a single margin.

    >>> from civsam import open_edition, weighting
    >>> round(float(weighting.poststratify(open_edition().raw, "region").design.weights.sum()))
    838
    """
    return rake(survey, frame_margins(survey, [by]) if totals is None else {by: totals})


def rake(
    survey: Survey, margins: Mapping[Variable, Totals] | None = None, *, tolerance: float = 1e-10,
    max_iterations: int = 1000,
) -> Survey:
    """The survey with weights that add up to the totals of every margin (Deming & Stephan 1940).

    margins: for each frame variable, or tuple of variables that are crossed, the total of each code (of each tuple of
    codes); `frame_margins` unless given. It stops when no weighted sum differs from its total by more than `tolerance`,
    relative to the total. `design.calibration` of the result tells
    the iterations and the largest discrepancy, and makes every later variance one of residuals. It takes the place of
    an earlier calibration, whose totals need not hold any longer.

    Raises UserError for replicate weights and for a column that is unknown or blank. Raises ValueError, with margin and
    code, for respondents without a total, a total without respondents, totals that are not numbers from 0 up, margins
    that add up to different sums, and when it does not converge.

    >>> from civsam import open_edition, weighting
    >>> raked = weighting.rake(open_edition().raw, {"blok": {"roed": 400, "blaa": 438}})
    >>> raked.design.calibration.iterations
    1
    """
    _no_replicates(survey)
    given = frame_margins(survey) if margins is None else margins
    rows = [_margin(survey, variable, dict(totals)) for variable, totals in given.items()]
    _check_sums(rows, tolerance)
    sizes = [len(margin.target) for margin in rows]
    # Rows that are alike in all margins get the same factor, so the work is done on the distinct cells.
    cell, place = pd.factorize(np.ravel_multi_index([margin.codes for margin in rows], sizes))
    cells = [replace(margin, codes=codes) for margin, codes in zip(rows, np.unravel_index(place, sizes), strict=True)]
    before = survey.design.weights
    factor, iterations, discrepancy = _fit(np.bincount(cell, before), cells, tolerance, max_iterations)
    means = before if len(cells) == 1 else np.ones(len(before))  # as R survey's postStratify and rake
    calibration = Calibration(cell, tuple(margin.codes for margin in cells), means, iterations, discrepancy)
    weights = settled(before * factor[cell])
    return survey.having(design=replace(survey.design, weights=weights, calibration=calibration))


def _no_replicates(survey: Survey) -> None:
    """Raises UserError for replicate weights, which do not follow when the survey's own are changed."""
    if survey.design.replicates is not None:
        raise UserError("undersøgelsen har replikatvægte, og de følger ikke med, når vægtene ændres. Brug dem, som de "
                        "er, eller lav undersøgelsen uden replikatvægte.")


@dataclass(frozen=True, eq=False)
class _Margin:
    """A margin with integer codes of the respondents, or of the cells, and the total of each code."""

    variable: Variable
    labels: list[Hashable]
    codes: np.ndarray
    target: np.ndarray

    def gaps(self, weight: np.ndarray) -> np.ndarray:
        """How far the weighted sum of each code is from its total, relative to the total (0 where there is none)."""
        off = np.abs(np.bincount(self.codes, weight, len(self.target)) - self.target)
        return np.divide(off, self.target, out=np.zeros(len(off)), where=self.target > 0)


def _coded(survey: Survey, variable: Variable) -> tuple[np.ndarray, list[Hashable]]:
    """The respondents' integer codes of a frame variable, shape (n,), and what the codes stand for."""
    if isinstance(variable, tuple):
        parts = [_coded(survey, part) for part in variable]
        codes = np.ravel_multi_index([codes for codes, _ in parts], [len(labels) for _, labels in parts])
        return codes, list(product(*(labels for _, labels in parts)))
    if variable in survey.questionnaire.background:
        return survey.group(variable), list(survey.questionnaire.background[variable].labels)
    if variable not in survey.frame:
        raise unknown(variable, dict.fromkeys(map(str, survey.frame), ""), "en kolonne i rammen", "navnet")
    column = survey.background[variable]
    if column.isna().any():
        raise UserError(f"rammen, kolonnen {variable}: rækken »{column.index[column.isna()][0]}« er tom. Alle, der har "
                        "svaret, skal have en kode at veje efter.")
    codes, labels = pd.factorize(column)
    return codes, labels.tolist()


def _margin(survey: Survey, variable: Variable, totals: dict[Hashable, float]) -> _Margin:
    """The margin, if there are respondents behind each total and a total for all respondents."""
    codes, labels = _coded(survey, variable)
    weights = dict(zip(labels, np.bincount(codes, survey.design.weights, len(labels)), strict=True))
    for code in weights | totals:
        total, weight = totals.get(code, 0), weights.get(code, 0)
        if not (np.isfinite(total) and total >= 0):
            raise ValueError(f"margin {variable}: the total of {code} is {total}, and must be a number from 0 up")
        if weight > 0 and total == 0:
            raise ValueError(f"margin {variable}: {code} has respondents but no total")
        if total > 0 and weight == 0:
            raise ValueError(f"margin {variable}: {code} has a total ({total:g}) but no respondent")
    return _Margin(variable, labels, codes, np.array([float(totals.get(label, 0)) for label in labels]))


def _check_sums(margins: list[_Margin], tolerance: float) -> None:
    low, *_, high = sorted([*margins, margins[0]], key=lambda margin: margin.target.sum())
    if high.target.sum() - low.target.sum() > tolerance * high.target.sum():
        raise ValueError(f"the margins do not agree: the totals of {low.variable} add up to {low.target.sum():g}, "
                         f"those of {high.variable} to {high.target.sum():g}")


def _fit(
    weight: np.ndarray, margins: list[_Margin], tolerance: float, max_iterations: int
) -> tuple[np.ndarray, int, float]:
    """Iterative proportional fitting: the factor of each cell, how many iterations, and the largest gap left."""
    factor = np.ones(len(weight))
    for iteration in range(1, max_iterations + 1):
        for margin in margins:
            now = np.bincount(margin.codes, weight * factor, len(margin.target))
            factor *= np.divide(margin.target, now, out=np.ones(len(now)), where=now > 0)[margin.codes]
        worst = max(margins, key=lambda margin: margin.gaps(weight * factor).max())
        gaps = worst.gaps(weight * factor)
        if gaps.max() <= tolerance:
            return factor, iteration, float(gaps.max())
    raise ValueError(f"raking did not converge in {max_iterations} iterations: margin {worst.variable}, code "
                     f"{worst.labels[gaps.argmax()]} is off its total by {gaps.max():.2g} of it")


def trim(survey: Survey, lower: float = 0.0, upper: float = np.inf, *, strict: bool = False) -> Survey:
    """The survey with weights cut to lie between two limits, and what was cut shared out so that the total is kept.

    The respondents whose weights were within the limits share it equally (on trimming: Potter 1990; the rule is R
    `survey`'s `trimWeights`). Their shares may take some of them past a limit: `strict` repeats until none is. Margins
    that the weights were raked to no longer hold, so the calibration is dropped; rake again to have them back.

    Raises UserError for replicate weights, ValueError where the mean weight is outside the limits, or no weight is
    within them to share it with.

    >>> from civsam import open_edition, weighting
    >>> weighting.trim(open_edition().survey, upper=3).design.calibration is None
    True
    """
    _no_replicates(survey)
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
            return survey.having(design=replace(survey.design, weights=weights, calibration=None))


def for_process(survey: Survey) -> Survey:
    """The same answers and weights for what lies behind them: clusters (here municipalities) as if drawn from many.

    A calibration stays: the margins of the frame are taken as given, and only what they do not explain varies.

    >>> from civsam import open_edition, weighting
    >>> weighting.for_process(open_edition().raw).design.target
    'process'
    """
    _no_replicates(survey)
    n = len(survey.answers)
    stage = Stage(np.zeros(n, dtype=int), survey.own_cluster, np.full(n, np.inf))
    return survey.having(design=replace(survey.design, stages=(stage,), target="process"))


def unweighted(survey: Survey) -> Survey:
    """The survey with every respondent counting the same: what the raw answers say.

    >>> from civsam import open_edition, weighting
    >>> weighting.unweighted(open_edition().survey).design.weighted
    False
    """
    return survey.having(design=None)


def design_effect(survey: Survey) -> float:
    """Kish's design effect of the weights, n * sum(w^2) / sum(w)^2: how much unequal weights cost (Kish 1965)."""
    weights = survey.design.weights
    return float(len(weights) * np.sum(weights**2) / np.sum(weights) ** 2)


def weights_summary(surveys: Mapping[str, Survey]) -> pd.DataFrame:
    """The weights of several versions of a survey, as before and after raking; one row a version.

    Columns: version (the key), n (respondents), total, low and high (the smallest and the largest weight),
    design_effect (Kish 1965), effective_n (n over the design effect), provenance.

    >>> from civsam import open_edition, weighting
    >>> edition = open_edition()
    >>> weighting.weights_summary({"raw": edition.raw, "raked": edition.survey})["version"].tolist()
    ['raw', 'raked']
    """
    rows = []
    for version, survey in surveys.items():
        weights, effect = survey.design.weights, design_effect(survey)
        rows.append((version, len(weights), weights.sum(), weights.min(), weights.max(), effect, len(weights) / effect,
                     survey.provenance))
    columns = ["version", "n", "total", "low", "high", "design_effect", "effective_n", "provenance"]
    return settled_table(pd.DataFrame(rows, columns=columns))
