"""Raking and post-stratification: weights that add up to known totals."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from numbers import Real

import numpy as np
import pandas as pd

from civsam.files import UserError
from civsam.inference.settled import settled
from civsam.survey.checked import unknown
from civsam.survey.design import Calibration, Design
from civsam.survey.survey import Survey

ROUNDED = 1e-3  # of a total: published totals that differ by less may be rounded
Totals = Mapping[Hashable, float]
Variable = str | tuple[str, ...]  # a column of the frame, or several that are crossed


def frame_margins(survey: Survey, variables: Iterable[Variable] | None = None) -> dict[Variable, Totals]:
    """How many positions the frame has of each code of each variable: margins for `rake`.

    variables: the margins of the questionnaire's weighting unless given.
    """
    wanted = survey.questionnaire.weighting.margins if variables is None else variables
    columns = {name: list(name) if isinstance(name, tuple) else name for name in wanted}
    for name in columns:
        for part in _parts(name):
            _in_frame(survey, part)
    return {name: survey.frame.groupby(column).size().to_dict() for name, column in columns.items()}


def poststratify(survey: Survey, by: Variable, totals: Totals | None = None) -> Survey:
    """The survey with weights that add up to known totals in each group (Holt & Smith 1979).

    by, totals and errors as in `rake`, of which this is the case with a single margin.

    >>> from civsam import open_edition, weighting
    >>> round(float(weighting.poststratify(open_edition().raw, "region").design.weights.sum()))
    838
    """
    if isinstance(by, list):
        raise UserError(f"{by!r} er en liste. Skriv ét navn, eller {tuple(by)!r} for at krydse dem.")
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
    that add up to different sums, and when it does not converge; for no margins; TypeError for what are not margins.

    >>> from civsam import open_edition, weighting
    >>> raked = weighting.rake(open_edition().raw, {"blok": {"roed": 400, "blaa": 438}})
    >>> raked.design.calibration.iterations
    1
    """
    no_replicates(survey)
    if not (isinstance(tolerance, Real) and tolerance > 0 and max_iterations >= 1):
        raise ValueError(f"tolerance must be above 0 and max_iterations 1 or more, not {tolerance!r} and "
                         f"{max_iterations!r}")
    given, before = frame_margins(survey) if margins is None else margins, survey.design
    design = _raked(survey, given, tolerance, max_iterations)
    again = partial(_raked_anew, survey, given, tolerance, max_iterations)
    return survey.having(design=design.made_by(before.again and again))


def _raked_anew(
    survey: Survey, margins: Mapping[Variable, Totals], tolerance: float, max_iterations: int, there: np.ndarray
) -> Design:
    """The design of `rake` where those there (n,) are the respondents; that before it where margins cannot be met."""
    fewer = survey.among(there)
    try:
        return _raked(fewer, margins, tolerance, max_iterations)
    except ValueError:
        return fewer.design


def _raked(survey: Survey, given: Mapping[Variable, Totals], tolerance: float, max_iterations: int) -> Design:
    _check_form(given)
    rows = [_margin(survey, variable, dict(totals)) for variable, totals in given.items()]
    _check_sums(rows, tolerance)
    sizes = [len(margin.target) for margin in rows]
    # Rows that are alike in all margins get the same factor, so the work is done on the distinct cells.
    cell, place = pd.factorize(np.ravel_multi_index([margin.codes for margin in rows], sizes))
    cells = [replace(margin, codes=codes) for margin, codes in zip(rows, np.unravel_index(place, sizes), strict=True)]
    before = survey.design.weights
    factor, iterations, discrepancy = _fit(np.bincount(cell, before), cells, tolerance, max_iterations)
    x = np.column_stack([np.eye(len(margin.target))[margin.codes] for margin in cells])
    calibration = Calibration(cell, x, before, iterations, discrepancy)
    weights = settled(before * factor[cell])
    return replace(survey.design, weights=weights, calibration=calibration)


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
    _in_frame(survey, variable)
    column = survey.background[variable]
    if column.isna().any():
        raise UserError(f"rammen, kolonnen {variable}: rækken »{column.index[column.isna()][0]}« er tom. Alle, der har "
                        "svaret, skal have en kode at veje efter.")
    codes, labels = pd.factorize(column)
    return codes, labels.tolist()


def _parts(variable: Variable) -> tuple[str, ...]:
    return variable if isinstance(variable, tuple) else (variable,)


def _in_frame(survey: Survey, name: str) -> None:
    """Raises UserError, with the nearest, for what is no column of the frame."""
    if name not in survey.frame:
        raise unknown(name, dict.fromkeys(map(str, survey.frame), ""), "en kolonne i rammen", "navnet")


def _check_form(given: Mapping[Variable, Totals]) -> None:
    """Raises for what are not margins: a total of each code of each variable."""
    form = "margins are the total of each code of each variable, such as {'region': {'nord': 120, 'syd': 80}}"
    if not isinstance(given, Mapping) or any(not isinstance(totals, Mapping | pd.Series) for totals in given.values()):
        raise TypeError(f"{form}, not {given!r}. `poststratify` takes the totals of a variable from the frame")
    if not given or not all(_parts(variable) for variable in given):
        raise ValueError(f"{form}, and {dict(given)!r} names none: there is nothing to rake to")


def _margin(survey: Survey, variable: Variable, totals: dict[Hashable, float]) -> _Margin:
    """The margin, if there are respondents behind each total and a total for all respondents."""
    codes, labels = _coded(survey, variable)
    weights = dict(zip(labels, np.bincount(codes, survey.design.weights, len(labels)), strict=True))
    for code in weights | totals:
        total, weight = totals.get(code, 0), weights.get(code, 0)
        if not (isinstance(total, Real) and np.isfinite(total) and total >= 0):
            raise ValueError(f"margin {variable}: the total of {code} is {total!r}, and must be a number from 0 up")
        if weight > 0 and total == 0:
            raise ValueError(f"margin {variable}: {code} has respondents but no total; there are totals of "
                             f"{', '.join(map(str, totals)) or 'no code'}")
        if total > 0 and weight == 0:
            raise ValueError(f"margin {variable}: {code} has a total ({total:g}) but no respondent")
    return _Margin(variable, labels, codes, np.array([float(totals.get(label, 0)) for label in labels]))


def _check_sums(margins: list[_Margin], tolerance: float) -> None:
    low, *_, high = sorted([*margins, margins[0]], key=lambda margin: margin.target.sum())
    least, most = low.target.sum(), high.target.sum()
    if most - least > tolerance * most:
        apart = (most - least) / most
        todo = (f"If they are rounded, scale those of one to the sum of the other, or set tolerance={2 * apart:.1g}"
                if apart < ROUNDED else "They must be of the same population")
        raise ValueError(f"the margins do not agree: the totals of {low.variable} add up to {least:.12g}, those of "
                         f"{high.variable} to {most:.12g}, {most - least:.3g} more ({apart:.1g} of it). {todo}")


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


def no_replicates(survey: Survey) -> None:
    """Raises UserError for replicate weights, which do not follow when the survey's own are changed."""
    if survey.design.replicates is not None:
        raise UserError("undersøgelsen har replikatvægte, og de følger ikke med, når vægtene ændres. Brug dem, som de "
                        "er, eller lav undersøgelsen uden replikatvægte.")
