"""The design that columns of a DataFrame tell: weights, and stages of strata, clusters and populations."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from civsam.danish import number
from civsam.files import UserError
from civsam.survey.design import LONELY, Design, Nested, Stage, apart, pairs
from civsam.survey.replicate_weights import Replicates

StageColumns = tuple[str | None, str | None, str | None]  # of strata, clusters and population
WORDS = {
    "certainty": "de giver ingen usikkerhed", "adjust": "de holdes op mod gennemsnittet af alle",
    "average": "de får de øvriges gennemsnitlige usikkerhed",
}  # what is done about strata with a single cluster
WAYS = "; ".join(f"lonely={way!r}: {what}" for way, what in WORDS.items())


class DesignFault(UserError):
    """A fault of some rows of a column."""

    def __init__(self, message: str, column: str, rows: np.ndarray, what: str) -> None:
        """message: all of it. rows: which they are, boolean (n,). what: what is the matter, apart from where."""
        super().__init__(message)
        self.column, self.rows, self.what = column, rows, what


def design_of(
    table: pd.DataFrame, weight: list[str], told: list[StageColumns], replicates: Replicates | None, lonely: str
) -> Design | None:
    """The design that the columns tell, stage by stage; None where they tell nothing. lonely: as of `Design`.

    Raises UserError for columns that cannot be so, and for a stratum with a single cluster about which nothing is done.
    """
    if lonely not in LONELY:
        raise UserError(f"lonely er {lonely!r}, og skal være et af {', '.join(LONELY)}. {WAYS}.")
    if lonely != "fail" and (replicates or not told):
        raise UserError(f"lonely={lonely!r} gælder strata med én klynge, og her er der "
                        f"{'replikatvægte, som bærer usikkerheden' if replicates else 'ingen strata eller klynger'}. "
                        "Udelad lonely.")
    if not (weight or told or replicates):
        return None
    stages, chance, carried = [], np.ones(len(table)), np.ones(len(table))
    within = np.zeros(len(table), dtype=int)  # the cluster of the stages so far
    for strata, cluster, population in told or [(None, None, None)]:
        stages.append(stage := _stage(table, strata, cluster, population, within))
        whole = pairs(within, stage.strata)
        within = pairs(whole, stage.clusters)
        drawn = np.bincount(whole[np.unique(within, return_index=True)[1]])[whole]
        refuse(table, population or "", drawn > stage.population, "er færre, end der er trukket")
        fraction = drawn / stage.population
        if replicates is None and lonely == "fail":
            _lonely(table, strata or cluster or "", (drawn == 1) & (fraction < 1) & (carried > 0))
        chance, carried = chance * np.where(fraction > 0, fraction, 1.0), carried * fraction
    weights = positive(table, weight[0], "en vægt", zero=True) if weight else 1 / chance
    if not weights.any():
        raise UserError(f"kolonnen {weight[0]}: alle vægte er 0.")
    design = Design(weights, tuple(stages), "drawn", replicates=replicates, lonely=lonely)
    _others(table, design)
    finite = replicates is None and np.any(np.isfinite(stages[0].population))
    return design.made_by(partial(_answering, design) if finite else None)


def _answering(design: Design, answered: np.ndarray) -> Design:
    """The design for those who answered a question: the strata of a finite population are its response groups.

    Where respondents were drawn directly, the stratum's population is held against those who answered. Of clusters the
    response is one phase more (Särndal, Swensson & Wretman 1992): those who answered, of all drawn in the stratum.
    """
    there = answered | (design.weights == 0)
    first = design.nested[0]
    group = _answered_strata(first.stratum[first.cluster], there)
    before, after = (np.bincount(group, design.weights * part) for part in (1, there))
    weights = np.where(there, design.weights * (before / np.where(after > 0, after, 1))[group], 0.0)
    if len(design.stages) == 1 and len(first.stratum) == len(there):
        stage = design.stages[0]
        strata = np.unique(first.stratum[first.cluster], return_index=True)[1]
        size = np.bincount(group[strata], stage.population[strata])[group]
        return Design(weights, (apart(Stage(group, stage.clusters, size), there),), design.target,
                      lonely=design.lonely)
    rows, fraction = np.arange(len(there)), np.bincount(group, there) / np.bincount(group)
    carried = np.prod([one.fraction[one.stratum][one.cluster] for one in design.nested], axis=0)
    own = np.where(there, group, len(fraction))
    response = Nested(rows, np.unique(own, return_inverse=True)[1], np.unique(own, return_counts=True)[1],
                      np.append(fraction, 1.0)[np.unique(own)], carried, np.zeros(len(np.unique(own)), dtype=int))
    return Design(weights, design.stages, design.target, lonely=design.lonely,
                  _known=(design.stages, [*design.nested, response]))


def _answered_strata(stratum: np.ndarray, there: np.ndarray) -> np.ndarray:
    """The strata's codes, (n,), each joined with the next until two are there or nobody is missing."""
    joined, code, some, of = np.zeros(int(stratum.max()) + 1, dtype=int), 0, 0.0, 0.0
    for place, (count, size) in enumerate(zip(np.bincount(stratum, there), np.bincount(stratum), strict=True)):
        joined[place], some, of = code, some + count, of + size
        if some >= 2 or some == of:
            code, some, of = code + 1, 0.0, 0.0
    return np.minimum(joined, max(code - 1, 0))[stratum]  # what is left over joins the last


def _stage(
    table: pd.DataFrame, strata: str | None, cluster: str | None, population: str | None, within: np.ndarray
) -> Stage:
    """One stage; rows are the clusters where no column tells. within: the cluster of the stages before, (n,)."""
    stratum = np.zeros(len(table), dtype=int) if strata is None else _coded(table, strata)
    group = np.arange(len(table)) if cluster is None else _coded(table, cluster)
    if strata is not None and cluster is not None:
        _in_two(table, strata, cluster, pairs(within, group), stratum)
    whole = pairs(within, stratum)
    size = np.full(len(table), np.inf)
    if population is not None:
        size = positive(table, population, "populationens størrelse")
        first = size[np.unique(whole, return_index=True)[1]][whole]
        kind = f"i samme stratum ({strata} {_of(table, strata, size != first)})" if strata else "i hele populationen"
        refuse(table, population, size != first, f"er et andet tal end ovenfor {kind}. Alle rækker i et stratum skal "
                                                 "have stratummets størrelse")
    return Stage(stratum, group, size)


def _coded(table: pd.DataFrame, name: str) -> np.ndarray:
    """A column's values as integers from 0, shape (n,)."""
    refuse(table, name, table[name].isna() | (table[name].astype(str).str.strip() == ""),
           "er tom. Alle skal have en kode")
    return pd.factorize(table[name])[0]


def renumbered(table: pd.DataFrame, told: list[StageColumns]) -> pd.DataFrame:
    """The table where clusters that are numbered anew in each stratum have names of their own: stratum and cluster."""
    for strata, cluster, _ in told:
        if strata and cluster:
            for name in (strata, cluster):
                _coded(table, name)  # a blank one has no name
            table = table.assign(**{cluster: table[strata].astype(str) + " " + table[cluster].astype(str)})
    return table


def _of(table: pd.DataFrame, name: str, there: np.ndarray) -> str:
    return f"»{table[name].iloc[int(there.argmax())]}«"


def _in_two(table: pd.DataFrame, strata: str, cluster: str, group: np.ndarray, stratum: np.ndarray) -> None:
    """Raises UserError for a cluster in two strata."""
    first = stratum[np.unique(group, return_index=True)[1]][group]
    there = stratum != first
    if there.any():
        at = int(there.argmax())
        other = table[strata].iloc[int((group == group[at]).argmax())]
        what = (f"klyngen »{table[cluster].iloc[at]}« er i to strata ({strata} »{other}« og "
                f"»{table[strata].iloc[at]}«). Er klyngerne nummereret forfra i hvert stratum, så skriv nest=True (i "
                "spørgeskemaet: indlejret: ja; efter --sample: indlejret=ja)")
        raise DesignFault(f"kolonnen {cluster}, rækken »{table.index[at]}«: {what}.", cluster, there, what)


# ---- Strata with a single cluster ------------------------------------------------------------------------------------


def _lonely(table: pd.DataFrame, column: str, alone: np.ndarray) -> None:
    """Raises UserError for a stratum of which a single cluster was drawn."""
    if alone.any():
        what = ("er den eneste klynge i sit stratum, og så kan usikkerheden ikke regnes ud. Slå stratummet sammen med "
                "et andet, eller vælg med lonely (i spørgeskemaet: enlig), hvad der regnes med. "
                f"{WAYS}")
        raise DesignFault(f"rækken »{table.index[int(alone.argmax())]}« {what}.", column, alone, what)


def _others(table: pd.DataFrame, design: Design) -> None:
    """Raises UserError for a stratum with a single cluster and no others by which its part can be known."""
    for stage in design.nested if design.lonely != "fail" else []:
        bad = stage.without_others(stage.alone)[stage.stratum][stage.cluster]
        if bad.any():
            what = (f"er den eneste klynge i sit stratum, og lonely={design.lonely!r} hjælper ikke: intet andet "
                    "stratum har to klynger eller flere at regne usikkerheden af")
            raise DesignFault(f"rækken »{table.index[int(bad.argmax())]}« {what}.", "", bad, what)


def lonely_strata(design: Design | None) -> list[str]:
    """How many strata have a single cluster, and what is done about them, in words; nothing where they are refused."""
    if design is None or design.lonely == "fail":
        return []
    count = sum(int(stage.alone.sum()) for stage in design.nested)
    return [f"strata med én klynge: {number(count)} ({design.lonely}: {WORDS[design.lonely]})"]


# ---- Columns ---------------------------------------------------------------------------------------------------------


def refuse(table: pd.DataFrame, name: str, bad: Any, what: str) -> None:
    """Raises UserError for the first row where something is the matter with a column."""
    bad = np.asarray(bad, dtype=bool)
    if bad.any():
        at = int(bad.argmax())
        more = f" ({number(bad.sum())} rækker i alt)" if bad.sum() > 1 else ""
        value = table[name].iloc[at]
        value = int(value) if isinstance(value, float) and value.is_integer() else value
        raise DesignFault(f"kolonnen {name}, rækken »{table.index[at]}«: »{value}« {what}{more}.", name, bad, what)


def positive(table: pd.DataFrame, name: str, what: str, zero: bool = False) -> np.ndarray:
    """A column of numbers above 0 (or from 0), shape (n,)."""
    values = pd.to_numeric(table[name], errors="coerce").to_numpy(float, na_value=np.nan)
    text = ~table[name].map(lambda value: isinstance(value, (int, float, np.number)) or pd.isna(value))
    refuse(table, name, text, f"er ikke et tal, og {what} skal være tal")
    refuse(table, name, np.isnan(values), f"mangler, og alle skal have {what}")
    refuse(table, name, ~np.isfinite(values) | (values < 0) | ((values == 0) & (not zero)),
           f"kan ikke bruges: {what} skal være {'0 eller derover' if zero else 'over 0'}")
    return values
