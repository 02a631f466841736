"""Whether answers depend on the group, or have the shares expected: the Rao-Scott test."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real

import numpy as np
import pandas as pd
from scipy.stats import chi2
from scipy.stats import f as fisher

from civsam.danish import number
from civsam.files import UserError
from civsam.inference.equations import design_freedom, wald
from civsam.inference.settled import settled_table
from civsam.inference.variance import covariance
from civsam.instrument.questionnaire import DONT_KNOW
from civsam.survey.checked import yes_or_no
from civsam.survey.design import Design
from civsam.survey.grouping import By, Split, split, the_survey
from civsam.survey.survey import Survey

ROUNDED = 1e-6  # expected shares may be this far from 1 together
NO_DOUBT = 1e-12


# ---- Tests ----------------------------------------------------------------------------------------------------------


def _two_way(survey: Survey, item: str, part: Split, answer: str | None, dont_know: bool) -> tuple[np.ndarray, ...]:
    """The respondents of the table (n,), and their group and answer among those that occur, as 0/1 columns."""
    scale = survey.item(item).scale
    if answer is None and scale.type not in ("enkelt", "ordinal"):
        raise ValueError(f"{item} has no single answer to tabulate: name one")
    said = survey.answered(item) if dont_know else survey.knows(item) & part.knows
    base = said & (survey.design.weights > 0) & (part.code >= 0)
    codes = survey.codes(item) if answer is None else survey.says(item, answer).astype(int)
    return base, *((code[:, None] == np.unique(code[base])).astype(float) for code in (part.code, codes))


def independence(
    survey: Survey, item: str, by: By = None, answer: str | None = None, *, method: str = "F", dont_know: bool = True,
    expected: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Rao-Scott test that an item's answers (or `answer` against the rest) do not depend on the group. One row.

    by: what groups are formed by, as in `estimate`; a question tests whether two questions are independent.

    method: F (second order) or Chisq (first order; Rao & Scott 1984), Wald (Koch, Freeman & Freeman 1975) or adjWald
    (Thomas & Rao 1987). Columns: test, item, answer, by, n, statistic, df1, df2, p, cramers_v (Cramér 1946), target,
    provenance. NaN where fewer than two groups or answers occur. dont_know: whether 'ved ikke' is an answer or left
    out, also to the questions that groups are formed by.

    expected: instead of groups, the share of each answer that the item's are held against (goodness of fit), such as a
    register's. The same test of second order (Rao & Scott 1981), as R's svygofchisq, but for F in place of chi-square;
    by is "" and cramers_v NaN. Where the design leaves no doubt about the shares, as after raking to them, all are NaN.

    For the process, R's degrees of freedom: with few municipalities a group, `compare.equality` keeps its level better.

    Raises ValueError for an unknown method, for neither groups nor expected shares or both, and for counts, free text
    and items with several answers, unless an answer is named; UserError for an unknown item, answer or variable, and
    for shares that are not positive, one of each answer, and 1 together.

    >>> from civsam import compare, open_edition
    >>> test = compare.independence(open_edition().survey, "pol_strategi", "region")
    >>> test["test"].item(), bool(0 <= test["cramers_v"].item() <= 1)
    ('F', True)
    >>> even = {"hele_kommunen": 0.25, "omraadet": 0.25, "nej": 0.5}
    >>> test = compare.independence(open_edition().survey, "pol_strategi", expected=even, dont_know=False)
    >>> bool(test["p"].item() < 0.05)
    True
    """
    the_survey(survey)
    yes_or_no(dont_know, "dont_know")
    if expected is not None:
        if by is not None or answer is not None or method != "F":
            raise ValueError("expected shares are of all answers of an item, without groups, and tested by method F")
        return goodness_of_fit(survey, item, expected, dont_know=dont_know)
    if by is None or by == "":
        raise ValueError("independence is of groups: name what they are formed by, or give the expected shares")
    if method not in ("F", "Chisq", "Wald", "adjWald"):
        raise ValueError(f"method must be F, Chisq, Wald or adjWald, not {method!r}")
    part = split(survey, by)
    survey = part.among(survey, survey.responded(item))
    base, rows, columns = _two_way(survey, item, part, answer, dont_know)
    row = {"test": method, "item": item, "answer": answer or "", "by": part.variable.id, "n": int(base.sum())}
    names = ["statistic", "df1", "df2", "p", "cramers_v"]
    if min(rows.shape[1], columns.shape[1]) < 2:
        values = (np.nan,) * 5
    else:
        values = _rao_scott(survey.design, base, rows, columns, method)
    ends = {"target": survey.design.target, "provenance": survey.provenance}
    return settled_table(pd.DataFrame([{**row, **dict(zip(names, values, strict=True)), **ends}]))


def _rao_scott(
    design: Design, base: np.ndarray, rows: np.ndarray, columns: np.ndarray, method: str
) -> tuple[float, float, float, float, float]:
    """Statistic, df1, df2, p and Cramér's V from the respondents' 0/1 columns of group and answer."""
    n, weight = base.sum(), np.where(base, design.weights, 0.0) / design.weights[base].sum()
    p_row, p_column, whole = weight @ rows, weight @ columns, design_freedom(design, base, 1)
    excess = (rows * weight[:, None]).T @ columns - np.outer(p_row, p_column)
    phi2 = float(np.sum(excess**2 / np.outer(p_row, p_column)))
    v = np.sqrt(phi2 / (min(excess.shape) - 1))
    if method in ("Wald", "adjWald"):
        # of the counts less those expected, whose sum is not known beforehand: hence not centred at the excess
        product = _products((rows - p_row)[:, :-1], (columns - p_column)[:, :-1]) * weight[:, None]
        q = product.shape[1]
        last = whole if method == "Wald" else whole - q + 1
        f = wald(excess[:-1, :-1].ravel(), covariance(product, design), last)[0] * last / whole
        return f, q, last, float(fisher.sf(f, q, last)), v
    effects = _design_effects(design, n, weight, rows, columns)
    q, trace = len(effects), np.trace(effects)
    if method == "Chisq":
        return n * phi2, q, np.nan, float(chi2.sf(n * phi2 * q / trace, q)), v
    with np.errstate(divide="ignore", invalid="ignore"):  # no variance where all were asked and all answered
        f, df = n * phi2 / trace, trace**2 / np.trace(effects @ effects)
    return f, df, df * whole, float(fisher.sf(f, df, df * whole)), v


def _products(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Every column of left times every column of right, row by row."""
    return (left[:, :, None] * right[:, None, :]).reshape(len(left), -1)


def _design_effects(
    design: Design, n: int, weight: np.ndarray, rows: np.ndarray, columns: np.ndarray
) -> np.ndarray:
    """inv(C'PC / n) C'VC for the interaction contrasts C, with P and V at the shares found (Rao & Scott 1984).

    With an empty cell C'PC has no inverse, and P is taken at the shares expected under independence.
    """
    r, c = rows.shape[1], columns.shape[1]
    left, right = (np.vstack([np.eye(k - 1), -np.ones(k - 1)]) for k in (r, c))
    margins = np.column_stack([np.kron(left, np.ones((c, 1))), np.kron(np.ones((r, 1)), right)])
    cells = _products(rows, columns)
    share = weight @ cells
    at = share if (cells[weight > 0].sum(axis=0) > 0).all() else np.kron(weight @ rows, weight @ columns)
    multinomial = np.diag(at) - np.outer(at, at)
    mixed = np.kron(left, right)
    contrast = mixed - margins @ np.linalg.solve(margins.T @ multinomial @ margins, margins.T @ multinomial @ mixed)
    variance = covariance(weight[:, None] * (cells - share) @ contrast, design)
    return np.linalg.solve(contrast.T @ multinomial @ contrast / n, variance)


# ---- Goodness of fit -------------------------------------------------------------------------------------------------


def goodness_of_fit(survey: Survey, item: str, expected: Mapping[str, float], *, dont_know: bool) -> pd.DataFrame:
    """The test of `independence` against expected shares."""
    if survey.item(item).scale.type not in ("enkelt", "ordinal"):
        raise ValueError(f"{item} has no single answer that shares could be expected of")
    survey = survey.among(survey.responded(item))
    base = (survey.answered(item) if dont_know else survey.knows(item)) & (survey.design.weights > 0)
    share = _shares(survey, item, expected, said=bool(np.any(base & ~survey.knows(item))))
    columns = np.column_stack([survey.says(item, code) for code in share]).astype(float)
    row = {"test": "F", "item": item, "answer": "", "by": "", "n": int(base.sum())}
    found = _goodness(survey.design, base, columns, np.array(list(share.values())))
    values = dict(zip(("statistic", "df1", "df2", "p"), found, strict=True)) | {"cramers_v": np.nan}
    ends = {"target": survey.design.target, "provenance": survey.provenance}
    return settled_table(pd.DataFrame([{**row, **values, **ends}]))


def _shares(survey: Survey, item: str, expected: Mapping[str, float], *, said: bool) -> dict[str, float]:
    """The expected shares, in the order of the scale. said: whether somebody in the base said 'ved ikke'."""
    answers = [*survey.item(item).scale.answers, *[DONT_KNOW] * (said or DONT_KNOW in expected)]
    if set(expected) != set(answers):
        raise UserError(f"{item}: der skal gives en andel for hvert af svarene {', '.join(answers)}, ikke for "
                        f"{', '.join(map(str, expected)) or 'ingen'}. Med dont_know=False er »ved ikke« ikke med.")
    for code, share in expected.items():
        if isinstance(share, bool) or not (isinstance(share, Real) and 0 < share < 1):
            raise UserError(f"{item}: andelen for {code} skal være et tal mellem 0 og 1, ikke {share!r}.")
    if abs(total := sum(expected.values()) - 1) > ROUNDED:
        raise UserError(f"{item}: andelene giver {number(100 * (1 + total), 4)} % tilsammen og skal give 100 %. "
                        "Divider dem med deres sum, hvis de er afrundet.")
    return {code: expected[code] / (1 + total) for code in answers}


def _goodness(
    design: Design, base: np.ndarray, columns: np.ndarray, share: np.ndarray
) -> tuple[float, float, float, float]:
    """Statistic, df1, df2 and p from the respondents' 0/1 columns of answers (n, k) and the shares expected (k,).

    Of z = (O - E) / sqrt(E), O the weighted counts and E what is expected of their sum, linearised.
    """
    weight = np.where(base, design.weights, 0.0)
    observed, fitted = weight @ columns, weight.sum() * share
    z = (observed - fitted) / np.sqrt(fitted)
    slope = (observed + fitted) / (2 * fitted**1.5) * share
    variance = covariance(weight[:, None] * (columns / np.sqrt(fitted) - slope), design)
    trace = np.trace(variance)
    if not trace > NO_DOUBT * weight.sum() / max(base.sum(), 1):  # of what a simple random sample would have
        return (np.nan,) * 4
    f, df = float(z @ z / trace), float(trace**2 / np.sum(variance**2))
    last = df * design_freedom(design, base, 1)
    return f, df, last, float(fisher.sf(f, df, last))
