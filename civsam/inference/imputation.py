"""Multiple imputation of partial answers: a sensitivity that shows what the blanks may mean, never the default.

Only blanks are filled: 'ved ikke' is an answer, and the free text stays blank. Each respondent with blanks takes them
all from one donor of the same response group (area by size type), so that the answers hang together. The donors'
chances are drawn anew for every imputation (the Bayesian bootstrap: Rubin 1981; 1987, example 4.3), which carries
the donors' own randomness into the result; one draw a group serves all patterns of blanks in it. It supposes that
blanks are missing at random given the group. The estimates are combined by Rubin's (1987) rules.

A blank of who was not asked is none, and stays (`instrument.routing`). Where it is not known whether he was, since he
left blank what it depends on, both come from the donor, who agrees with him in all else that decides who is asked; so
whatever is filled in, he is asked what he answered, and nothing is filled in where he would not be asked.

Filled-in answers never leave this module; what comes out has the provenance of the answers that were given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import t as student

from civsam.inference import weighting
from civsam.inference.donors import Routes
from civsam.inference.settled import in_order, settled, settled_table
from civsam.instrument import routing
from civsam.instrument.questionnaire import DONT_KNOW
from civsam.survey.checked import seeded, whole
from civsam.survey.grouping import the_survey
from civsam.survey.survey import Survey

MIN_DONORS = weighting.MIN_RESPONDENTS  # with fewer the whole area gives, and then everybody
RULED = ("estimate", "se", "df", "low", "high", "t", "p", "level", "deff", "n_effective")


def imputed(
    survey: Survey, estimator: Callable[[Survey], pd.DataFrame], imputations: int = 20, seed: int = 0
) -> pd.DataFrame:
    """What an estimator says when blanks are filled in `imputations` times: its own table, combined, and fmi.

    estimator: gives a tidy table with estimate, se, df and level, a row an estimate, such as those of `estimate`,
    `compare.contrasts` and `models`. In the result estimate is the mean over imputations, se holds the variance within
    and between them, df is Barnard & Rubin's (1999), low, high, t and p follow from those by t, deff holds the price of
    the blanks, and other numbers (n, count) are means. fmi is the fraction of missing information (Rubin 1987, 3.1).
    provenance is that of the given answers. The same seed gives the same result, in whatever order the respondents are.

    A count that is part of others the respondent gave himself is the donor's share of them. Blanks that nobody in the
    whole survey could fill together stay blank. A blank total is not held against parts that he gave.

    Raises ValueError for imputations that are no whole number from 2, a table that the rules do not fit, and odds
    ratios; TypeError for an estimator that is no function.

    >>> from civsam import estimate, nonresponse, open_edition
    >>> made = nonresponse.imputed(open_edition().survey, lambda filled: estimate.shares(filled, "pol_fokus", "ja"), 2)
    >>> bool(0 <= made["fmi"].item() < 1)
    True
    """
    the_survey(survey)
    whole(imputations, "imputations", 2)
    if not callable(estimator):
        raise TypeError("what is estimated is told as a function of the survey, `lambda filled: "
                        f"estimate.shares(filled, ...)`, not as {type(estimator).__name__}")
    rng = np.random.default_rng(seeded(seed))
    tables = [estimator(filled) for filled in _impute(in_order(survey), imputations, rng)]
    return settled_table(_combine(tables)).assign(provenance=survey.provenance)


# ---- Filling in -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Cell:
    """Respondents (rows) with the same blanks in the same group, and the rows that may give to them."""

    rows: np.ndarray
    donors: np.ndarray


def _impute(survey: Survey, imputations: int, rng: np.random.Generator) -> Iterator[Survey]:
    """The survey with its blanks filled in, one after another."""
    answers = survey.answers.fillna("").astype(str)
    items = survey.questionnaire.items
    lacks = (answers == "") & pd.DataFrame({name: survey.asked(name) for name in answers}, answers.index)
    blank = lacks & ~(answers == "").all()
    blank[[name for name in answers if items[name].scale.type == "tekst" or items[name].derived]] = False
    cells = list(_cells(survey, blank, lacks))
    rows = np.concatenate([np.empty(0, dtype=int), *(cell.rows for cell in cells)])
    given, missing = answers.to_numpy(object), blank.to_numpy()[rows]
    for _ in range(imputations):
        chance = rng.standard_exponential(len(answers))
        donor = np.concatenate([np.empty(0, dtype=int), *(_draw(cell, chance, rng) for cell in cells)])
        filled = given.copy()
        filled[rows] = np.where(missing, given[donor], given[rows])
        table = pd.DataFrame(filled, answers.index, answers.columns, dtype=str)
        table = _with_parts(survey, table, rows, donor, missing)
        yield survey.having(answers=routing.without(survey.questionnaire, table))  # a part may have moved


def _draw(cell: _Cell, chance: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A donor for each row of the cell. chance: (n,), exponential; scaled to 1 they are the Bayesian bootstrap's."""
    cumulated = np.cumsum(chance[cell.donors])
    return cell.donors[np.searchsorted(cumulated, rng.random(len(cell.rows)) * cumulated[-1])]


def _cells(survey: Survey, blank: pd.DataFrame, lacks: pd.DataFrame) -> Iterator[_Cell]:
    """The cells to fill; donors have answered all that is blank, and the counts that a blank count is part of.

    What they were not asked they have answered by that. Of those who are asked what, see `donors.Routes`.
    """
    items, need = survey.questionnaire.items, blank.copy()
    for name in blank:
        for total in items[name].part_of:
            need[total] |= blank[name]
    own = survey.answers.index
    first = [survey.background[name] for name in survey.questionnaire.weighting.groups[:1]]
    pools = [weighting.response_groups(survey).loc[own], *first, pd.Series("", own)]
    codes = [pd.factorize(pool)[0] for pool in pools]
    routes = Routes(survey, blank)
    pattern = pd.factorize(pd.Series(list(map(bytes, np.hstack([need.to_numpy(), routes.marks])))))[0]
    need, lacks = need.to_numpy(), lacks.to_numpy()
    todo = pd.Series(np.arange(len(own)))[blank.any(axis=1).to_numpy()]
    for _, rows in todo.groupby([pattern[todo], codes[0][todo]]):
        able = ~(lacks & need[rows.iloc[0]]).any(axis=1) & routes.agree(rows.iloc[0])
        nested = [np.flatnonzero(able & (code == code[rows.iloc[0]])) for code in codes]
        donors = next((pool for pool in nested if len(pool) >= MIN_DONORS), nested[-1])
        if len(donors):
            yield _Cell(rows.to_numpy(), donors)


def _with_parts(
    survey: Survey, filled: pd.DataFrame, rows: np.ndarray, donor: np.ndarray, missing: np.ndarray
) -> pd.DataFrame:
    """Counts taken from donors, brought to the respondents' own totals: the donor's share of them, rounded.

    The part is 'ved ikke' where the donor's part or either's total is; of a donor who has no total it is none. rows,
    donor: (m,), who takes from whom. missing: (m, items). filled is changed in place.
    """
    for place, name in enumerate(filled):
        item, here = survey.questionnaire.items[name], missing[:, place]
        if not item.part_of or not here.any():
            continue
        own, taken = (_numbers(filled, item.part_of, who[here]) for who in (rows, donor))
        share = _numbers(survey.answers, (name,), donor[here]) / np.where(taken == 0, 1, taken)
        part = np.minimum(np.rint(settled(share * own)), item.scale.high)
        filled.iloc[rows[here], place] = np.where(np.isnan(part), DONT_KNOW, np.char.mod("%d", np.nan_to_num(part)))
    return filled


def _numbers(table: pd.DataFrame, names: Sequence[str], rows: np.ndarray) -> np.ndarray:
    """The sum of these counts in these rows, shape (rows,), NaN where one is not a number."""
    return sum(pd.to_numeric(table[name].iloc[rows], errors="coerce").to_numpy(float) for name in names)


# ---- Rubin's rules --------------------------------------------------------------------------------------------------


def _combine(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """One table from the tables of each imputation, which differ in numbers only; see `imputed`."""
    first = tables[0]
    numbers = [name for name in first.select_dtypes("number") if name != "level"]
    same = first.columns.difference(numbers)
    if not {"estimate", "se", "df", "level"} <= set(first):
        raise ValueError("Rubin's rules need the columns estimate, se, df and level")
    if "odds_ratio" in set(first.get("effect", [])):
        raise ValueError("an odds ratio is not combined: its standard error is that of its logarithm")
    if not all(table[same].equals(first[same]) for table in tables):
        raise ValueError("the estimator must give the same rows for every imputation")
    each = {name: np.array([table[name] for table in tables], dtype=float) for name in numbers}
    plain = {name: values.mean(axis=0) for name, values in each.items() if name not in RULED}
    ruled = _rubin(each["estimate"], each["se"], each["df"], first["level"].to_numpy(float))
    if "deff" in first:
        with np.errstate(divide="ignore", invalid="ignore"):
            ruled["deff"] = each["deff"].mean(axis=0) * ruled["se"] ** 2 / np.mean(each["se"] ** 2, axis=0)
            ruled["n_effective"] = plain["n"] / ruled["deff"]
    kept = {name: values for name, values in ruled.items() if name in first}
    return first.assign(**plain, **kept, fmi=ruled["fmi"])


def _rubin(estimate: np.ndarray, se: np.ndarray, df: np.ndarray, level: np.ndarray) -> dict[str, np.ndarray]:
    """Rubin's rules for m imputations (first axis) of k estimates: estimate, se, df, low, high, t, p, fmi, each (k,).

    estimate, se, df (of the complete data, their mean is used): (m, k). level: (k,). Total variance and fmi: Rubin
    (1987), section 3.1, with fmi at his large-sample degrees of freedom, so that it is 0 where nothing is missing; df:
    Barnard & Rubin (1999), which is a little below that of the complete data even then.
    """
    m, complete = len(estimate), np.mean(df, axis=0)
    within = np.mean(se**2, axis=0)
    moved = estimate - estimate[0]  # so that what does not move has no variance, not even of rounding
    centre, between = estimate[0] + moved.mean(axis=0), (1 + 1 / m) * moved.var(axis=0, ddof=1)
    total = within + between
    with np.errstate(divide="ignore", invalid="ignore"):
        part = between / total
        large = (m - 1) / part**2
        fmi = np.where(part == 0, 0.0, part + (1 - part) * 2 / (large + 3))
        observed = (complete + 1) / (complete + 3) * complete * (1 - part)
        freedom = np.where(complete >= 1, 1 / (1 / large + 1 / observed), np.nan)
        half, t = student.ppf((1 + level) / 2, freedom) * np.sqrt(total), centre / np.sqrt(total)
    return {"estimate": centre, "se": np.sqrt(total), "df": freedom, "low": centre - half, "high": centre + half,
            "t": t, "p": 2 * student.sf(np.abs(t), freedom), "fmi": fmi}
