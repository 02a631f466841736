"""Scales of several items: the index that a respondent gets of her answers, and how reliable it is.

Answers on an ordered scale are counted 1, 2, ... in the questionnaire's order, which takes the steps to be of one size;
counts are themselves. A reversed item is turned around, so that all items point the same way. 'Ved ikke' and blanks are
no numbers.

Estimates are tidy tables as those of `estimate`, with one column more: reversed (the items that were turned, joined by
+). Statistics: index (the mean of respondents' indices), alpha and omega.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize, root

from civsam.danish import listed
from civsam.files import UserError
from civsam.inference import statistics
from civsam.inference.estimators import ratio, tidy
from civsam.inference.groups import groups
from civsam.inference.variance import covariance
from civsam.survey.checked import several_names, whole
from civsam.survey.grouping import the_survey
from civsam.survey.own import HIGHEST
from civsam.survey.survey import Survey

Array = NDArray[np.float64]
ENOUGH = 3  # items that a factor can be told from
PROPER = 1e-6  # of an item's variance: less is no error of its own, and the solution is not a proper one
SOLVED = 1e-8  # the likelihood equations
NEAR = 0.05  # of what was climbed to: else the equations were solved at another of their solutions


# ---- What each respondent said, in numbers ---------------------------------------------------------------------------


def _numbers(survey: Survey, items: Sequence[str], reverse: Sequence[str]) -> tuple[list[str], list[str], Array]:
    """The items, those that are turned, and their numbers, shape (n, k); NaN for blanks and 'ved ikke'.

    Raises UserError for fewer than two items, items of different scales, and what cannot be counted or turned.
    """
    names, turned = several_names(items, "spørgsmål"), several_names(reverse, "spørgsmål, der skal vendes")
    if len(names) < 2:
        raise UserError(f"en skala laves af mindst to spørgsmål, og her er {len(names)}. Nævn dem alle i en liste.")
    if odd := [name for name in turned if name not in names]:
        raise UserError(f"»{odd[0]}« skal vendes, men er ikke et af skalaens spørgsmål: {listed(names)}.")
    first = the_survey(survey).item(names[0])
    for name in names:
        scale = survey.item(name).scale
        if scale.type not in ("ordinal", "antal"):
            raise UserError(f"{name} har ingen rækkefølge at tælle efter: svarene er af typen {scale.type}. En skala "
                            "laves af spørgsmål med ordnede svar (ordinal) eller antal.")
        kind = scale.type, scale.answers, scale.low, scale.high
        if kind != (first.scale.type, first.scale.answers, first.scale.low, first.scale.high):
            raise UserError(f"{first.id} og {name} har ikke samme svarmuligheder, så et gennemsnit af dem siger ikke "
                            "noget. Lav en skala af spørgsmål, der besvares ens.")
    return names, turned, np.column_stack([_number(survey, name, name in turned) for name in names])


def _number(survey: Survey, name: str, turned: bool) -> Array:
    """The numbers of one item, shape (n,)."""
    scale = survey.item(name).scale
    if scale.type == "antal":
        if turned and scale.high >= HIGHEST:
            raise UserError(f"{name} kan ikke vendes, for ingen har sagt, hvad det højeste tal er. Brug et spørgeskema "
                            "med mindst og hoejst, eller giv kolonnen som en ordnet kategori.")
        return scale.low + scale.high - survey.number(name) if turned else survey.number(name)
    place = {code: at for at, code in enumerate(scale.answers, 1)}
    values = [float(place.get(code, np.nan)) for code, in survey.answer_sets(name)]
    found = np.array([*values, np.nan])[survey.codes(name)]
    return 1 + len(place) - found if turned else found


# ---- The index -------------------------------------------------------------------------------------------------------


def index(
    survey: Survey, items: Sequence[str], by: str | None = None, *, reverse: Sequence[str] = (),
    least: int | None = None, interval: str = "jackknife",
) -> pd.DataFrame:
    """Mean of an index of several items; one row a group. A respondent's index is the mean of her items' numbers.

    reverse: items that point the other way. least: how many of the items must have a number; all, unless given. Who
    answered so many of them has responded; who did so with 'ved ikke' has no index, and is outside the base. interval:
    as for `estimate.means`.

    Raises UserError for fewer than two items, items that are answered differently or have no order, and what cannot be
    turned; ValueError for `least` that is not a number of the items, and for another interval.

    >>> from civsam import model, open_edition
    >>> survey = open_edition().survey
    >>> trust = model.index(survey, ["vae_tillid", "vae_civile", "vae_demokrati"], by="region", least=2)
    >>> trust["estimate"].between(1, 5).all().item()
    True
    """
    names, turned, numbers = _numbers(survey, items, reverse)
    least = len(names) if least is None else whole(least, "least", 1)
    if least > len(names):
        raise ValueError(f"least is {least}, and there are {len(names)} items")
    if interval not in ("jackknife", "t"):
        raise ValueError(f"interval must be jackknife or t, not {interval!r}")
    counted = np.sum(~np.isnan(numbers), axis=1)
    given, asked = (np.sum([who(name) for name in names], axis=0) for who in (survey.answered, survey.asked))
    responded = (given >= least) | (asked < least)
    base = (survey.design.weights > 0) & (counted >= least)
    y = np.where(base, np.nansum(numbers, axis=1) / np.maximum(counted, 1), 0.0)
    among = groups(survey.among(responded), base, by)
    columns, _ = ratio(among, y, interval=interval)
    return tidy(among, "index", "+".join(names), [""], columns).assign(reversed="+".join(turned))


# ---- Reliability -----------------------------------------------------------------------------------------------------


def reliability(survey: Survey, items: Sequence[str], *, reverse: Sequence[str] = ()) -> pd.DataFrame:
    """Cronbach's alpha and McDonald's omega of a scale, among those who gave a number to all of its items; two rows.

    alpha (Cronbach 1951) is from the weighted covariances of the items. omega (McDonald 1999) is the share of the sum's
    variance that one factor explains, by maximum likelihood on those covariances; it is missing with fewer than three
    items, and where one factor has no proper solution. An item that ought to be turned, and is not, makes both low.

    Standard errors are the design's, from influence values (Binder 1983), so they hold whatever the answers are
    distributed as, and omega's also where one factor does not fit. Intervals are t intervals, cut where no value can
    be; those of log(1 - x) covered less by simulation, where skewed answers were shared within 60 clusters.

    Raises UserError as `index`, and where the items do not vary.

    >>> from civsam import model, open_edition
    >>> made = model.reliability(open_edition().survey, ["vae_tillid", "vae_civile", "vae_demokrati"])
    >>> made["statistic"].tolist()
    ['alpha', 'omega']
    """
    names, turned, numbers = _numbers(survey, items, reverse)
    survey = survey.among(np.logical_and.reduce([survey.responded(name) for name in names]))
    base = (survey.design.weights > 0) & ~np.isnan(numbers).any(axis=1)
    weight = np.where(base, survey.design.weights, 0.0)
    _varied(names, numbers[base])
    numbers = np.where(base[:, None], numbers, 0.0)
    share = weight / weight.sum()
    deviation = numbers - share @ numbers
    matrix = (deviation * share[:, None]).T @ deviation
    made = [_alpha(deviation, matrix), _omega(deviation, matrix)]
    among = groups(survey, base, None)
    none, parts = np.full(1, np.nan), []
    for name, (value, influence) in zip(("alpha", "omega"), made, strict=True):
        known = not np.isnan(value)
        variance = covariance((share * influence)[:, None], survey.design, left_out=True)[0, 0] if known else np.nan
        columns = {"estimate": np.array([value]), "se": np.sqrt(np.maximum([variance], 0.0)), "df": among.df,
                   "n": among.n, "count": among.n.astype(float), "deff": none, "n_effective": none}
        parts.append(tidy(among, name, "+".join(names), [""], columns))
    table = pd.concat(parts, ignore_index=True)
    low = [statistics.of(row.statistic).within(row.low) for row in table.itertuples()]
    return table.assign(low=low, high=table["high"].clip(upper=1.0), reversed="+".join(turned))


def _varied(names: list[str], numbers: Array) -> None:
    """Raises UserError for items that tell nothing of one another, shape (n, k)."""
    if len(numbers) < 2:
        raise UserError(f"{len(numbers)} svarede med et tal på alle {len(names)} spørgsmål, og så kan en skala ikke "
                        "vurderes. Udelad det spørgsmål, som flest har sprunget over.")
    for name, values in zip(names, numbers.T, strict=True):
        if np.ptp(values) == 0:
            raise UserError(f"{name}: alle {len(values)} svarede det samme, så det kan ikke følges ad med de andre. "
                            "Udelad det af skalaen.")
    if np.ptp(numbers.sum(axis=1)) == 0:
        raise UserError("summen af spørgsmålene er den samme for alle: de ophæver hinanden. Er der et, der skal vendes "
                        "(reverse), eller er et vendt uden grund?")


def _alpha(deviation: Array, matrix: Array) -> tuple[float, Array]:
    """Alpha of a covariance matrix (k, k), and the influence (n,) of each row of deviations (n, k) on it."""
    k, own, whole = len(matrix), np.trace(matrix), matrix.sum()
    squares, of_sum = np.sum(deviation**2, axis=1), np.sum(deviation, axis=1) ** 2
    scale = k / (k - 1)
    return float(scale * (1 - own / whole)), -scale * (squares - own / whole * of_sum) / whole


def _omega(deviation: Array, matrix: Array) -> tuple[float, Array]:
    """Omega of a covariance matrix (k, k), and the influence (n,) of each row of deviations (n, k) on it; or NaN.

    Loadings l and the items' own variances u solve the likelihood equations diag(M) = 0 and M l = 0, M = S^-1 -
    S^-1 C S^-1, S = l l' + diag(u), C the matrix (Lawley & Maxwell 1971). The influence is by the implicit function.
    """
    k, size = len(matrix), np.sqrt(np.diag(matrix))
    missing = np.nan, np.full(len(deviation), np.nan)
    if k < ENOUGH:
        return missing
    correlation, scaled = matrix / np.outer(size, size), deviation / size
    found = _one_factor(correlation)
    if found is None:
        return missing
    loading, own = found[:k], found[k:]
    inverse = np.linalg.inv(np.outer(loading, loading) + np.diag(own))
    part = scaled @ inverse
    moved = np.column_stack([part * (part @ loading)[:, None], part**2])
    moved = moved - np.concatenate([inverse @ correlation @ inverse @ loading,
                                    np.diag(inverse @ correlation @ inverse)])
    change = moved @ np.linalg.inv(_bend(found, correlation)).T
    common, rest = size @ loading, size**2 @ own
    whole = common**2 + rest
    first, second = change[:, :k] @ size, change[:, k:] @ size**2
    return float(common**2 / whole), (2 * common * first * rest - common**2 * second) / whole**2


def _equations(at: Array, correlation: Array) -> Array:
    """The likelihood equations of one factor at loadings and own variances, shape (2k,)."""
    k = len(correlation)
    loading, own = at[:k], at[k:]
    inverse = np.linalg.inv(np.outer(loading, loading) + np.diag(own))
    gap = inverse - inverse @ correlation @ inverse
    return np.concatenate([gap @ loading, np.diag(gap)])


def _bend(at: Array, correlation: Array) -> Array:
    """The derivative of `_equations`, shape (2k, 2k)."""
    k = len(correlation)
    loading, own = at[:k], at[k:]
    inverse = np.linalg.inv(np.outer(loading, loading) + np.diag(own))
    both = inverse @ correlation @ inverse
    gap, columns = inverse - both, []
    for j, one in enumerate(np.vstack([np.eye(k), np.eye(k)])):
        turn = np.outer(one, loading) + np.outer(loading, one) if j < k else np.diag(one)
        change = -inverse @ turn @ inverse + inverse @ turn @ both + both @ turn @ inverse
        columns.append(np.concatenate([change @ loading + (gap @ one if j < k else 0), np.diag(change)]))
    return np.column_stack(columns)


def _one_factor(correlation: Array) -> Array | None:
    """Loadings and own variances of the one factor model by maximum likelihood, (2k,); None without a proper one.

    The likelihood is climbed over the logarithms of the own variances, and its equations then solved to the last bits.
    """
    k = len(correlation)

    def lost(at: Array) -> tuple[float, Array]:
        at = np.concatenate([at[:k], np.exp(at[k:])])
        whole = np.outer(at[:k], at[:k]) + np.diag(at[k:])
        value = np.linalg.slogdet(whole)[1] + np.trace(np.linalg.solve(whole, correlation))
        return float(value), _equations(at, correlation) * np.concatenate([np.full(k, 2.0), at[k:]])

    values, vectors = np.linalg.eigh(correlation)
    guess = np.clip(vectors[:, -1] * np.sqrt(values[-1]), -0.9, 0.9)
    bounds = [(None, None)] * k + [(np.log(PROPER), None)] * k
    climbed = minimize(lost, np.concatenate([guess, np.log(1 - guess**2)]), jac=True, method="L-BFGS-B", bounds=bounds)
    start = np.concatenate([climbed.x[:k], np.exp(climbed.x[k:])])
    if start[k:].min() < 2 * PROPER:
        return None
    found = root(_equations, start, (correlation,), jac=_bend, tol=1e-13).x
    solved = np.abs(_equations(found, correlation)).max() < SOLVED and np.abs(found - start).max() < NEAR
    return found if solved and found[k:].min() > PROPER else None
