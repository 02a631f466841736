"""A survey from a DataFrame of one's own: what its columns are, as told by their names, and checked.

Nothing is guessed silently: what was understood is told in words. Columns of a questionnaire of one's own making:
whole numbers are counts; text, categories and true or false are questions with one answer, whose labels are the values
and whose codes are the values too where they can be. A column with more than `MOST` different texts is free text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import zip_longest
from typing import Any

import numpy as np
import pandas as pd

from civsam.danish import danish_order, listed, number
from civsam.files import UserError
from civsam.instrument.questionnaire import DONT_KNOW, Background, Item, Questionnaire, Scale
from civsam.survey.checked import unknown
from civsam.survey.design import Design, Nested, Stage, apart, pairs
from civsam.survey.replicate_weights import Replicates

MOST = 50  # different texts in a column, before it is taken for free text
HIGHEST = 999_999_999  # of a count whose range nobody has told
KINDS = ("JK1", "JKn", "BRR", "Fay", "bootstrap")
Names = str | Sequence[str] | None
StageColumns = tuple[str | None, str | None, str | None]  # of strata, clusters and population


@dataclass(frozen=True)
class Columns:
    """The names of the columns that tell the design. Several strata, clusters or populations are stages, in order."""

    weight: str | None = None
    strata: Names = None
    cluster: Names = None
    population: Names = None
    replicates: Names = None
    background: Names = ()
    key: str | None = None


@dataclass(frozen=True)
class Scales:
    """What the producer of replicate weights states of them: one of `KINDS`, Fay's rho, the scales, deviations."""

    kind: str | None = None
    rho: float = 0.0
    scale: float | None = None
    rscales: Sequence[float] | None = None
    mse: bool = False


def understood(
    data: pd.DataFrame, questionnaire: Questionnaire | None, columns: Columns, scales: Scales,
    frame: pd.DataFrame | None,
) -> dict[str, Any]:
    """The parts of a survey: answers, frame, questionnaire, design, framed, and understood (in words).

    Raises UserError, with column, row and value, for what cannot be so.
    """
    table, frame = _keyed(data, columns.key), None if frame is None else _keyed(frame, columns.key)
    weight, strata, cluster, population = (
        _names(table, told) for told in (columns.weight, columns.strata, columns.cluster, columns.population))
    replicates = _replicate_columns(table, columns.replicates)
    used = {*weight, *strata, *cluster, *population, *replicates}
    background = _names(table if frame is None else frame, columns.background)
    told: list[str] = []
    given = table, frame, used, background, told
    answers, known, own = _asked(*given) if questionnaire is None else _given(questionnaire, *given)
    if cluster and questionnaire is None:
        own = replace(own, weighting=replace(own.weighting, cluster=cluster[0]))
        known = known if cluster[0] in known else known.assign(**{cluster[0]: table[cluster[0]]})
    design = _design(table, weight, [*zip_longest(strata, cluster, population)],
                     _replicates(table, replicates, scales))
    none = "udregnet af populationens størrelse" if population else "ingen: alle tæller lige meget"
    lines = [f"{number(len(table))} svarpersoner", *_said("spørgsmål", _kinds(own)),
             *_said("baggrund", own.background), *told,
             *_said("vægte", weight, none), *_said("strata", strata), *_said("klynger", cluster),
             *_said("størrelse af populationen", population),
             *([f"replikatvægte: {len(replicates)} ({scales.kind})"] if replicates else [])]
    return {"answers": answers, "frame": known, "questionnaire": own, "design": design, "framed": frame is not None,
            "understood": "Survey\n" + "\n".join(f"  {line}" for line in lines)}


def _said(what: str, names: Iterable[str], nothing: str = "") -> list[str]:
    names = list(names)
    return [f"{what}: {listed(names)}"] if names else [f"{what}: {nothing}"] if nothing else []


def _kinds(questionnaire: Questionnaire) -> list[str]:
    """The items by name, with what may be answered to them."""
    words = {"antal": "antal", "tekst": "fri tekst"}
    return [f"{item.id} ({words.get(item.scale.type) or f'{len(item.scale.answers)} svar'})"
            for item in questionnaire.items.values()]


# ---- Columns ---------------------------------------------------------------------------------------------------------


def _keyed(data: pd.DataFrame, key: str | None) -> pd.DataFrame:
    """The table by its key, with text as names of columns."""
    if not isinstance(data, pd.DataFrame):
        raise TypeError(f"a survey is made from a pandas DataFrame, not {type(data).__name__}")
    if not len(data):
        raise UserError("tabellen har ingen rækker.")
    if odd := [name for name in data if not isinstance(name, str)]:
        raise UserError(f"kolonnen {odd[0]!r} har et navn, der ikke er tekst. Giv alle kolonner et navn.")
    if not data.columns.is_unique:
        raise UserError(f"kolonnen »{data.columns[data.columns.duplicated()][0]}« står to gange. Slet den ene.")
    return data if key is None or data.index.name == key else data.set_index(_names(data, key)[0])


def _names(table: pd.DataFrame, told: Names) -> list[str]:
    """The columns of these names. Raises UserError with the nearest for one that is not there."""
    names = [] if told is None else [told] if isinstance(told, str) else list(told)
    for name in names:
        if name not in table:
            raise unknown(name, dict.fromkeys(map(str, table), ""), "en kolonne", "navnet")
    return names


def _replicate_columns(table: pd.DataFrame, told: Names) -> list[str]:
    """The columns of a list of names, those that begin so, or those that a regular expression fits."""
    if told is None or not isinstance(told, str):
        return _names(table, told)
    found = [name for name in table if name.startswith(told)]
    with suppress(re.error):
        found = found or [name for name in table if re.fullmatch(told, name)]
    if len(found) < 2:
        raise UserError(f"replikatvægte: {len(found)} kolonner begynder med eller passer på »{told}«. Der skal være "
                        "flere.")
    return found


def _first(table: pd.DataFrame, name: str, bad: Any, what: str) -> None:
    """Raises UserError for the first row where something is the matter with a column."""
    bad = np.asarray(bad, dtype=bool)
    if bad.any():
        at = int(bad.argmax())
        more = f" ({number(bad.sum())} rækker i alt)" if bad.sum() > 1 else ""
        raise UserError(f"kolonnen {name}, rækken »{table.index[at]}«: »{table[name].iloc[at]}« {what}{more}.")


def _positive(table: pd.DataFrame, name: str, what: str, zero: bool = False) -> np.ndarray:
    """A column of numbers above 0 (or from 0), shape (n,)."""
    values = pd.to_numeric(table[name], errors="coerce").to_numpy(float, na_value=np.nan)
    text = ~table[name].map(lambda value: isinstance(value, (int, float, np.number)) or pd.isna(value))
    _first(table, name, text, f"er ikke et tal, og {what} skal være tal")
    _first(table, name, np.isnan(values), f"mangler, og alle skal have {what}")
    _first(table, name, ~np.isfinite(values) | (values < 0) | ((values == 0) & (not zero)),
           f"kan ikke bruges: {what} skal være {'0 eller derover' if zero else 'over 0'}")
    return values


# ---- Design ----------------------------------------------------------------------------------------------------------


def _design(
    table: pd.DataFrame, weight: list[str], told: list[StageColumns], replicates: Replicates | None
) -> Design | None:
    """The design that the columns tell, stage by stage; None where they tell nothing."""
    if not (weight or told or replicates):
        return None
    stages, chance, carried = [], np.ones(len(table)), np.ones(len(table))
    within = np.zeros(len(table), dtype=int)  # the cluster of the stages so far
    for strata, cluster, population in told or [(None, None, None)]:
        stages.append(stage := _stage(table, strata, cluster, population, within))
        whole = pairs(within, stage.strata)
        within = pairs(whole, stage.clusters)
        drawn = np.bincount(whole[np.unique(within, return_index=True)[1]])[whole]
        _first(table, population or "", drawn > stage.population, "er færre, end der er trukket")
        fraction = drawn / stage.population
        if replicates is None:
            _lonely(table, (drawn == 1) & (fraction < 1) & (carried > 0))
        chance, carried = chance * np.where(fraction > 0, fraction, 1.0), carried * fraction
    weights = _positive(table, weight[0], "en vægt", zero=True) if weight else 1 / chance
    if not weights.any():
        raise UserError(f"kolonnen {weight[0]}: alle vægte er 0.")
    design = Design(weights, tuple(stages), "drawn", replicates=replicates)
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
        return Design(weights, (apart(Stage(group, stage.clusters, size), there),), design.target)
    rows, fraction = np.arange(len(there)), np.bincount(group, there) / np.bincount(group)
    carried = np.prod([one.fraction[one.stratum][one.cluster] for one in design.nested], axis=0)
    own = np.where(there, group, len(fraction))
    response = Nested(rows, np.unique(own, return_inverse=True)[1], np.unique(own, return_counts=True)[1],
                      np.append(fraction, 1.0)[np.unique(own)], carried)
    return Design(weights, design.stages, design.target, _known=(design.stages, [*design.nested, response]))


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
        size = _positive(table, population, "populationens størrelse")
        first = size[np.unique(whole, return_index=True)[1]][whole]
        kind = f"i samme stratum ({strata} {_of(table, strata, size != first)})" if strata else "i hele populationen"
        _first(table, population, size != first, f"er et andet tal end ovenfor {kind}. Alle rækker i et stratum skal "
                                                 "have stratummets størrelse")
    return Stage(stratum, group, size)


def _coded(table: pd.DataFrame, name: str) -> np.ndarray:
    """A column's values as integers from 0, shape (n,)."""
    _first(table, name, table[name].isna() | (table[name].astype(str).str.strip() == ""),
           "er tom. Alle skal have en kode")
    return pd.factorize(table[name])[0]


def _of(table: pd.DataFrame, name: str, there: np.ndarray) -> str:
    return f"»{table[name].iloc[int(there.argmax())]}«"


def _in_two(table: pd.DataFrame, strata: str, cluster: str, group: np.ndarray, stratum: np.ndarray) -> None:
    """Raises UserError for a cluster in two strata."""
    first = stratum[np.unique(group, return_index=True)[1]][group]
    there = stratum != first
    if there.any():
        at = int(there.argmax())
        other = table[strata].iloc[int((group == group[at]).argmax())]
        raise UserError(
            f"kolonnen {cluster}, rækken »{table.index[at]}«: klyngen »{table[cluster].iloc[at]}« er i to strata "
            f"({strata} »{other}« og »{table[strata].iloc[at]}«). Er klyngerne nummereret forfra i hvert stratum, så "
            "lav en kolonne, der samler stratum og klynge.")


def _lonely(table: pd.DataFrame, alone: np.ndarray) -> None:
    """Raises UserError for a stratum of which a single cluster was drawn."""
    if alone.any():
        raise UserError(f"rækken »{table.index[int(alone.argmax())]}« er den eneste klynge i sit stratum, og så kan "
                        "usikkerheden ikke regnes ud. Slå stratummet sammen med et andet.")


def _replicates(table: pd.DataFrame, names: list[str], scales: Scales) -> Replicates | None:
    """Replicate weights with the scales of their kind (as R `survey`'s svrepdesign)."""
    if not names:
        return None
    r, kind = len(names), scales.kind
    if kind not in KINDS:
        raise UserError(f"replikatvægte: sig med kind, hvordan de er lavet: {', '.join(KINDS)}.")
    if kind == "JKn" and scales.rscales is None:
        raise UserError("replikatvægte af slagsen JKn skal have rscales: (m - 1) / m for hver replikat, hvor m er "
                        "klyngerne i det stratum, som den udelader en klynge af.")
    if kind == "Fay" and not 0 <= scales.rho < 1:
        raise UserError(f"replikatvægte: rho er {scales.rho}, og skal være mindst 0 og under 1.")
    usual = {"JK1": (r - 1) / r, "JKn": 1.0, "BRR": 1 / r, "Fay": 1 / (r * (1 - scales.rho) ** 2),
             "bootstrap": 1 / (r - 1)}[kind]
    weights = np.column_stack([_positive(table, name, "en vægt", zero=True) for name in names])
    rscales = np.ones(r) if scales.rscales is None else np.asarray(scales.rscales, dtype=float)
    if rscales.shape != (r,) or not np.all(rscales >= 0):
        raise UserError(f"replikatvægte: rscales skal være {r} tal fra 0 og op, ét for hver replikat.")
    n = len(table)
    return Replicates(np.ones(n), np.arange(n), np.zeros(n), np.ones(n), weights,
                      usual if scales.scale is None else scales.scale, rscales, scales.mse)


# ---- Questions -------------------------------------------------------------------------------------------------------

Parts = tuple[pd.DataFrame, pd.DataFrame, Questionnaire]


def _given(
    questionnaire: Questionnaire, table: pd.DataFrame, frame: pd.DataFrame | None, used: set[str],
    background: list[str], told: list[str],
) -> Parts:
    """The columns that a questionnaire names."""
    if lacks := [name for name in questionnaire.items if name not in table]:
        raise unknown(lacks[0], dict.fromkeys(map(str, table), ""), "en kolonne, men et spørgsmål i spørgeskemaet",
                      "navnet")
    if odd := [name for name in background if name not in questionnaire.background]:
        raise unknown(odd[0], dict.fromkeys(questionnaire.background, ""), "en baggrundsvariabel i spørgeskemaet",
                      "navnet")
    wanted = [*questionnaire.background, questionnaire.weighting.cluster]
    known = table[[name for name in wanted if name in table]] if frame is None else frame
    told += _said("udeladt", [name for name in table if name not in {*questionnaire.items, *wanted, *used}])
    return table[list(questionnaire.items)], known, questionnaire


def _asked(
    table: pd.DataFrame, frame: pd.DataFrame | None, used: set[str], background: list[str], told: list[str]
) -> Parts:
    """A questionnaire made from the columns that are not otherwise used."""
    items: dict[str, Item] = {}
    done: dict[str, pd.Series] = {}
    for name in [name for name in table if name not in {*used, *background}]:
        scale, cells = _scale(name, table[name], told)
        if scale is not None:
            own = _safe(name, items)
            items[own], done[own] = Item(own, "b", scale, name, name), cells
            told += [f"»{name}« hedder {own}"] if own != name else []
    if not items:
        raise UserError("ingen kolonner er spørgsmål. Lad mindst én kolonne være hverken vægt, strata, klynge eller "
                        "baggrund.")
    known = table[background] if frame is None else frame
    groups = {name: known[name].astype(object).map(_as_text, na_action="ignore") for name in background}
    variables = {name: Background(name, name, {code: code for code in _order(known[name], cells)},
                                  _ordered(known[name])) for name, cells in groups.items()}
    made = Questionnaire("Egne svar", "", "Ved ikke", {"b": "Spørgsmål"}, items, background=variables)
    return pd.DataFrame(done, index=table.index), known.assign(**groups), made


def _ordered(cells: pd.Series) -> bool:
    return isinstance(cells.dtype, pd.CategoricalDtype) and bool(cells.dtype.ordered)


def _as_text(value: Any) -> str:
    """A category in words; a whole number without a point."""
    if isinstance(value, (bool, np.bool_)):
        return "Ja" if value else "Nej"
    return str(int(value)) if isinstance(value, (float, np.floating)) and value.is_integer() else str(value)


def _order(cells: pd.Series, texts: pd.Series) -> list[str]:
    """The categories in order: their own, that of numbers, else the alphabet's."""
    if isinstance(cells.dtype, pd.CategoricalDtype):
        return [_as_text(value) for value in cells.cat.categories]
    found = [text for text in texts.dropna().unique() if text.strip()]
    place: Callable[[str], Any] = int if all(re.fullmatch(r"-?\d+", text) for text in found) else danish_order
    return sorted(found, key=place)


def _scale(name: str, cells: pd.Series, told: list[str]) -> tuple[Scale | None, pd.Series]:
    """What may be answered in a column, and its cells as codes; None, and told, for one that is no question."""
    kind = pd.api.types.infer_dtype(cells.astype(object), skipna=True)
    if isinstance(cells.dtype, pd.CategoricalDtype) or kind in ("string", "boolean", "empty"):
        return _of_texts(name, cells)
    if kind in ("integer", "floating", "mixed-integer-float"):
        numbers = pd.to_numeric(cells).dropna()
        why = "decimaltal" if (numbers % 1 != 0).any() else "tal under 0" if (numbers < 0).any() else ""
    else:
        why = "datoer" if kind.startswith("date") else "blandet indhold"
    if why:
        told.append(f"udeladt: {name} ({why})")
        return None, cells
    return Scale(name, "antal", low=0, high=HIGHEST), cells


def _of_texts(name: str, cells: pd.Series) -> tuple[Scale, pd.Series]:
    """One answer with the values as labels; free text where there are too many."""
    texts = cells.astype(object).map(_as_text, na_action="ignore")
    texts = texts.where(texts.fillna("").str.strip() != "")
    labels = _order(cells, texts)
    if len(labels) > MOST and not isinstance(cells.dtype, pd.CategoricalDtype):
        return Scale(name, "tekst"), texts
    codes: dict[str, str] = {}
    for label in labels:
        unsure = re.sub(r"\W+", "_", label.strip().lower()) == DONT_KNOW
        codes[label] = DONT_KNOW if unsure else _safe(label, codes.values())
    answers = {code: label for label, code in codes.items() if code != DONT_KNOW}
    return Scale(name, "ordinal" if _ordered(cells) else "enkelt", answers), texts.map(codes, na_action="ignore")


def _safe(text: str, taken: Iterable[str]) -> str:
    """The text as a code: letters, numbers and _, not beginning with a number, and not taken."""
    code = re.sub(r"\W+", "_", text).strip("_") or "x"
    code = text if text.isidentifier() else code if code.isidentifier() else f"v{code}"
    taken, place, own = set(taken), 2, code
    while own in taken or own == DONT_KNOW:
        own, place = f"{code}_{place}", place + 1
    return own
