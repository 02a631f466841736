"""Raking and post-stratification: weights that add up to known totals."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from numbers import Integral, Real

import numpy as np
import pandas as pd

from civsam.danish import number
from civsam.files import UserError
from civsam.inference.calibrating import METHODS, factors
from civsam.inference.settled import settled
from civsam.survey.checked import is_number, unknown
from civsam.survey.design import Calibration, Design
from civsam.survey.grouping import the_survey
from civsam.survey.survey import Survey

ROUNDED = 1e-3  # of a total: published totals that differ by less may be rounded
PLENTY = 100  # steps of Newton's method, which takes ten or so where there is anywhere to go
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
    if not isinstance(by, str | tuple) or not by:
        raise UserError(f"{by!r} er ikke navnet på en kolonne i rammen at veje efter, som \"region\".")
    return rake(survey, frame_margins(the_survey(survey), [by]) if totals is None else {by: totals})


def rake(
    survey: Survey, margins: Mapping[Variable, Totals | float] | None = None, *, method: str = "raking",
    bounds: tuple[float, float] | None = None, tolerance: float = 1e-10, max_iterations: int = 1000,
) -> Survey:
    """The survey with weights that add up to known totals (Deming & Stephan 1940; Deville & Särndal 1992).

    margins: for each frame variable, or tuple of variables that are crossed, the total of each code (of each tuple of
    codes); `frame_margins` unless given. Of a column of numbers in the frame, or a count of the questionnaire, its
    total alone, {"areal": 42933}; a margin beside it holds the size of the population, which a number does not.
    method: how far the weights are held to be from those before: "raking" (they stay above 0), "linear" (the regression
    estimator) or "logit", which needs bounds: the least and the most that a weight may be multiplied with, such as
    (0.5, 2). It stops when no weighted sum differs from its total by more than `tolerance`, relative to the total.
    `design.calibration` of the result tells the iterations and the largest discrepancy, and makes every later variance
    one of residuals. It takes the place of an earlier calibration, whose totals need not hold any longer.

    Raises UserError for replicate weights, for a column that is unknown, blank or no numbers, for an argument that is
    not what it should be, and where no weights meet the totals of numbers, or those within the bounds. Raises
    ValueError, with margin and code, for respondents without a total, a total without respondents, totals that are not
    numbers from 0 up, margins that add up to different sums, and when it does not converge.

    >>> from civsam import open_edition, weighting
    >>> raked = weighting.rake(open_edition().raw, {"blok": {"roed": 400, "blaa": 438}})
    >>> raked.design.calibration.iterations
    1
    """
    no_replicates(survey)
    how = _How(method, _bounds(method, bounds), tolerance, max_iterations, bounds is not None)
    how.check()
    given, before = frame_margins(survey) if margins is None else margins, survey.design
    again = partial(_raked_anew, survey, given, how)
    return survey.having(design=_raked(survey, given, how).made_by(before.again and again))


@dataclass(frozen=True)
class _How:
    """How weights are to be calibrated."""

    method: str
    bounds: tuple[float, float]
    tolerance: float
    max_iterations: int
    bounded: bool

    def check(self) -> None:
        """Raises UserError for what nothing can be done with."""
        if not (is_number(self.tolerance) and 0 < self.tolerance < 1):
            raise UserError(f"tolerance={self.tolerance!r}: det er, hvor stor en del af en total en sum må være fra "
                            "den. Skriv et tal over 0 og under 1, fx tolerance=1e-10.")
        if not (is_number(self.max_iterations) and isinstance(self.max_iterations, Integral)
                and self.max_iterations >= 1):
            raise UserError(f"max_iterations={self.max_iterations!r}: det er, hvor mange gange der højst rettes. Skriv "
                            "et helt tal fra 1 og op, fx max_iterations=1000.")


def _bounds(method: str, bounds: tuple[float, float] | None) -> tuple[float, float]:
    """The bounds of a method, if those given are bounds. Raises UserError."""
    if method not in METHODS:
        raise UserError(f"method={method!r}: skriv {' eller '.join(map(repr, METHODS))}.")
    if bounds is None and method != "logit":
        return (-np.inf if method == "linear" else 0.0, np.inf)
    form = "det mindste og det største, en vægt må ganges med, fx bounds=(0.5, 2)"
    if not isinstance(bounds, tuple | list) or len(bounds) != 2 or not all(map(is_number, bounds)):
        raise UserError(f"bounds={bounds!r}: skriv {form}."
                        + (" Uden dem kan method='logit' ikke bruges." if bounds is None else ""))
    low, high = map(float, bounds)
    if not 0 <= low < 1 < high or (method == "logit" and high == np.inf):
        raise UserError(f"bounds={bounds!r}: skriv {form}. Det mindste er fra 0 til under 1, det største over 1"
                        f"{' og ikke uendeligt' if high == np.inf else ''}.")
    return low, high


def _raked_anew(survey: Survey, margins: Mapping[Variable, Totals | float], how: _How, there: np.ndarray) -> Design:
    """The design of `rake` where those there (n,) are the respondents; that before it where margins cannot be met.

    So it is when none of a group answered the question. Surveys then join groups, leave a margin out, or keep the
    weights of the response groups (Battaglia, Hoaglin & Frankel 2009): which groups can be joined is for who asked to
    say, and a margin less for one question would make two of them differ by it. What is shown says so (`unmet`).
    """
    fewer = survey.among(there)
    try:
        return _raked(fewer, margins, how)
    except ValueError:
        return fewer.design


def unmet(survey: Survey, responded: np.ndarray) -> bool:
    """Whether those who answered a question, boolean (n,), cannot meet the margins that the survey is weighted to."""
    return survey.design.calibration is not None and survey.among(responded).design.calibration is None


def _raked(survey: Survey, given: Mapping[Variable, Totals | float], how: _How) -> Design:
    _check_form(given)
    numbers = {variable: float(total) for variable, total in given.items()
               if not isinstance(total, Mapping | pd.Series)}
    rows = [_margin(survey, variable, dict(totals)) for variable, totals in given.items()
            if isinstance(totals, Mapping | pd.Series)]
    if rows:
        _check_sums(rows, how.tolerance)
    sizes, n = [len(margin.target) for margin in rows], len(survey.answers)
    # Rows that are alike in all margins get the same factor, so the work is done on the distinct cells.
    alike = np.ravel_multi_index([margin.codes for margin in rows], sizes) if rows else np.zeros(n, dtype=int)
    cell, place = pd.factorize(alike) if not numbers else (np.arange(n), alike)
    codes = np.unravel_index(place, sizes) if rows else ()
    cells = [replace(margin, codes=own) for margin, own in zip(rows, codes, strict=True)]
    x = [np.eye(len(margin.target))[margin.codes] for margin in cells]
    x += [_numbers(survey, variable, total)[:, None] for variable, total in numbers.items()]
    before, columns = survey.design.weights, np.column_stack(x)
    weight = np.bincount(cell, before)
    if numbers or how.bounded or how.method != "raking":
        factor, iterations, discrepancy = _newton(weight, columns, rows, numbers, how)
    else:
        factor, iterations, discrepancy = _fit(weight, cells, how.tolerance, how.max_iterations)
    calibration = Calibration(cell, columns, before, iterations, discrepancy)
    return replace(survey.design, weights=settled(before * factor[cell]), calibration=calibration)


def _newton(
    weight: np.ndarray, x: np.ndarray, margins: list[_Margin], numbers: Mapping[Variable, float], how: _How
) -> tuple[np.ndarray, int, float]:
    """As `_fit`, by `calibrating.factors`. Raises UserError where totals are not met, or weights are negative."""
    totals = np.concatenate([*(margin.target for margin in margins), np.array([*numbers.values()], dtype=float)])
    most = min(how.max_iterations, PLENTY)
    factor, steps, gaps = factors(weight, x, totals, how.method, how.bounds, how.tolerance, most)
    worst = int(np.argmax(gaps))
    if not gaps[worst] <= how.tolerance:
        names = [f"{margin.variable}={label}" for margin in margins for label in margin.labels] + [*map(str, numbers)]
        apart = (f"{names[worst]} bliver nærmest {number((weight * factor) @ x[:, worst], 1)}, og totalen er "
                 f"{number(totals[worst], 1)}")
        if steps == how.max_iterations < PLENTY:
            raise UserError(f"vægtene nåede ikke totalerne på {steps} gange: {apart}. Sæt max_iterations op.")
        if how.bounded:
            raise UserError(f"ingen vægte giver totalerne, når de højst må ganges med {how.bounds[1]:g} og mindst med "
                            f"{how.bounds[0]:g}: {apart}. Giv dem videre grænser, eller tag en total ud.")
        raise UserError(f"ingen vægte giver totalerne på én gang: {apart}. Ret den, eller tag en total ud.")
    if np.any(factor[weight > 0] < 0):
        raise UserError(f"{np.sum(factor[weight > 0] < 0)} vægte bliver negative, for method='linear' holder dem ikke "
                        "over 0. Brug method='raking', eller sæt en grænse, fx bounds=(0, 10).")
    return factor, steps, float(gaps[worst])


def _numbers(survey: Survey, variable: Variable, total: float) -> np.ndarray:
    """The numbers of a column of the frame, or a count, for the respondents, (n,); 0 for who has no weight.

    Raises UserError for what are not numbers, for blanks, and for a total that no weights above 0 could give.
    """
    if isinstance(variable, tuple):
        raise UserError(f"{variable!r} krydser flere kolonner, og så skal hver kombination have sin total: "
                        f"{{{variable!r}: {{...}}}}.")
    if variable in survey.questionnaire.items:
        values, where = survey.number(str(variable)), "svarene"
    else:
        if variable in survey.questionnaire.background:
            labels = ", ".join(f"{code!r}: ..." for code in survey.variable(variable).labels)
            raise UserError(f"{variable} er ikke et tal, så hver kode skal have sin total: "
                            f"{{{variable!r}: {{{labels}}}}}.")
        _in_frame(survey, variable)
        column, where = survey.background[variable], "rammen"
        values = pd.to_numeric(column, errors="coerce").to_numpy(float, na_value=np.nan)
        if (wrong := column.notna().to_numpy() & ~np.isfinite(values)).any():
            raise UserError(f"rammen, kolonnen {variable}: rækken »{column.index[wrong][0]}« har "
                            f"»{column[wrong].iloc[0]}«, som ikke er et tal. Har kolonnen koder, skal hver af dem have "
                            "sin total.")
    counts = survey.design.weights > 0
    if (blank := counts & ~np.isfinite(values)).any():
        raise UserError(f"{where}, kolonnen {variable}: {blank.sum()} af {counts.sum()} har intet tal, den første er "
                        f"»{survey.answers.index[blank][0]}«. Alle, der tæller med, skal have et, når der vejes efter "
                        "det.")
    values = np.where(counts, values, 0.0)
    if (total >= 0 and values.max() <= 0) or (total <= 0 and values.min() >= 0):
        raise UserError(f"{variable}: tallene går fra {number(values[counts].min(), 1)} til "
                        f"{number(values[counts].max(), 1)}, så deres sum kan ikke blive {number(total, 1)}.")
    return values


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


def _check_form(given: Mapping[Variable, Totals | float]) -> None:
    """Raises UserError for what are not margins: a total of each code of each variable, or of a number."""
    form = ('Skriv totalen af hver kode af hver variabel, fx {"region": {"nord": 120, "syd": 80}}, og af et tal dets '
            'egen, {"areal": 42933}')
    if not isinstance(given, Mapping) or any(
        not (isinstance(totals, Mapping | pd.Series) or (is_number(totals) and np.isfinite(totals)))
        for totals in given.values()
    ):
        raise UserError(f"{given!r} er ikke totaler at veje til. {form}. `poststratify` tager dem selv fra rammen.")
    if not given or not all(_parts(variable) for variable in given):
        raise UserError(f"{dict(given)!r} nævner ingen totaler at veje til. {form}.")


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
    if the_survey(survey).design.replicates is not None:
        raise UserError("undersøgelsen har replikatvægte, og de følger ikke med, når vægtene ændres. Brug dem, som de "
                        "er, eller lav undersøgelsen uden replikatvægte.")
