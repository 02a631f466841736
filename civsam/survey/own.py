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
from itertools import zip_longest
from typing import Any

import numpy as np
import pandas as pd

from civsam.danish import danish_order, listed, number
from civsam.files import UserError
from civsam.instrument.questionnaire import DONT_KNOW, Background, Item, Questionnaire, Scale
from civsam.instrument.sample import KINDS, Sample
from civsam.survey.checked import is_number, unknown, yes_or_no
from civsam.survey.design import Design
from civsam.survey.own_design import StageColumns, design_of, lonely_strata, positive, renumbered
from civsam.survey.replicate_weights import Replicates

MOST = 50  # different texts in a column, before it is taken for free text
FAR = 2.0  # times the sum of the weights, up or down: no set of replicate weights is so far from it
HIGHEST = 999_999_999  # of a count whose range nobody has told
Names = str | Sequence[str] | None


@dataclass(frozen=True)
class Columns:
    """The names of the columns that tell the design. Several strata, clusters or populations are stages, in order.

    lonely: no column, but what is done about a stratum with a single cluster, one of `design.LONELY`. nest: whether
    clusters are numbered anew in each stratum.
    """

    weight: str | None = None
    strata: Names = None
    cluster: Names = None
    population: Names = None
    replicates: Names = None
    background: Names = ()
    key: str | None = None
    lonely: str = "fail"
    nest: bool = False

    @property
    def design(self) -> bool:
        """Whether any column tells of a design."""
        return any((self.weight, self.strata, self.cluster, self.population, self.replicates))

    @property
    def stages(self) -> list[StageColumns]:
        """The columns of strata, clusters and populations, stage by stage."""
        told = self.strata, self.cluster, self.population
        strata, cluster, population = ([names] if isinstance(names, str) else names or () for names in told)
        return [*zip_longest(strata, cluster, population)]


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
    if questionnaire is not None and questionnaire.sample is not None:
        if columns.design:
            raise UserError("spørgeskemaet siger selv, hvordan stikprøven er trukket (stikproeve). Udelad vægte, "
                            "strata, klynger og replikatvægte her, eller slet det i spørgeskemaet.")
        told_columns, scales = of_sample(questionnaire.sample)
        columns = replace(told_columns, background=columns.background, key=columns.key)
    table, frame = _keyed(data, columns.key), None if frame is None else _keyed(frame, columns.key)
    background = _names(table if frame is None else frame, columns.background)
    told: list[str] = []
    design_of_these = used(table, columns)
    table = renumbered(table, columns.stages) if yes_or_no(columns.nest, "nest") else table
    given = table, frame, design_of_these, background, told
    answers, known, own = _asked(*given) if questionnaire is None else _given(questionnaire, *given)
    if (cluster := columns.stages[0][1] if columns.stages else None) and questionnaire is None:
        own = replace(own, weighting=replace(own.weighting, cluster=cluster))
        known = known if cluster in known else known.assign(**{cluster: table[cluster]})
    design, drawn_so = drawn(table, columns, scales)
    lines = [f"{number(len(table))} svarpersoner", *_said("spørgsmål", _kinds(own)),
             *_said("baggrund", own.background), *told, *drawn_so]
    return {"answers": answers, "frame": known, "questionnaire": own, "design": design, "framed": frame is not None,
            "understood": "Survey\n" + "\n".join(f"  {line}" for line in lines)}


def used(table: pd.DataFrame, columns: Columns) -> set[str]:
    """The columns that tell the design. Raises UserError, with the nearest, for one that is not there."""
    told = (columns.weight, columns.strata, columns.cluster, columns.population)
    return {name for names in told for name in _names(table, names)} | {*_replicate_columns(table, columns.replicates)}


def drawn(table: pd.DataFrame, columns: Columns, scales: Scales) -> tuple[Design | None, list[str]]:
    """The design that the columns tell, None where they tell nothing; and what was understood of them, in words.

    Clusters that are numbered anew in each stratum are `renumbered` already. Raises UserError, with column, row and
    value, for what cannot be so.
    """
    used(table, columns)
    weight, strata, cluster, population = (
        _names(table, told) for told in (columns.weight, columns.strata, columns.cluster, columns.population))
    replicates = _replicate_columns(table, columns.replicates)
    design = design_of(table, weight, columns.stages, _replicates(table, replicates, scales), columns.lonely)
    if weight and replicates:
        _no_factors(design, replicates)
    none = "udregnet af populationens størrelse" if population else "ingen: alle tæller lige meget"
    anew = [" (nummereret forfra i hvert stratum)"] if columns.nest else []
    return design, [
        *_said("vægte", weight, none), *_said("strata", strata), *("".join([line, *anew]) for line in
                                                                   _said("klynger", cluster)),
        *_said("størrelse af populationen", population), *lonely_strata(design),
        *([f"replikatvægte: {len(replicates)} ({scales.kind})"] if replicates else [])]


def of_sample(sample: Sample) -> tuple[Columns, Scales]:
    """What a questionnaire tells of its sample, as the columns and scales of `drawn`."""
    columns = Columns(sample.weight or None, sample.strata, sample.cluster, sample.population,
                      sample.replicates or None, lonely=sample.lonely or "fail", nest=sample.nested)
    return columns, Scales(sample.kind or None, sample.rho, sample.scale, sample.rscales, sample.mse)


def _said(what: str, names: Iterable[str], nothing: str = "") -> list[str]:
    names = list(names)
    return [f"{what}: {listed(names)}"] if names else [f"{what}: {nothing}"] if nothing else []


def _kinds(questionnaire: Questionnaire) -> list[str]:
    """The items by name, with what may be answered to them."""
    words = {"antal": "antal", "tekst": "fri tekst"}  # of others how many answers there are
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
    numbers = [int(digits) for name in found if (digits := name.removeprefix(told)).isdecimal()]
    gone = {*range(min(numbers), max(numbers))} - {*numbers} if numbers and len(numbers) == len(found) else ()
    if gone:
        raise UserError(f"replikatvægte: kolonnen {told}{min(gone)} mangler mellem {told}{min(numbers)} og "
                        f"{told}{max(numbers)}. Alle replikater skal være der.")
    if len(found) < 2:
        raise UserError(f"replikatvægte: {len(found)} kolonner begynder med eller passer på »{told}«. Der skal være "
                        "flere.")
    return found


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
    yes_or_no(scales.mse, "mse")
    if not (scales.scale is None or (is_number(scales.scale) and 0 < scales.scale < np.inf)):
        raise UserError(f"replikatvægte: scale er {scales.scale!r}, og skal være et tal over 0.")
    if not is_number(scales.rho) or not 0 <= scales.rho < 1:
        raise UserError(f"replikatvægte: rho er {scales.rho}, og skal være mindst 0 og under 1.")
    usual = {"JK1": (r - 1) / r, "JKn": 1.0, "BRR": 1 / r, "Fay": 1 / (r * (1 - scales.rho) ** 2),
             "bootstrap": 1 / (r - 1)}[kind]
    weights = np.column_stack([positive(table, name, "en vægt", zero=True) for name in names])
    rscales = np.ones(r) if scales.rscales is None else np.asarray(scales.rscales, dtype=float)
    if rscales.shape != (r,) or not np.all(rscales >= 0):
        raise UserError(f"replikatvægte: rscales skal være {r} tal fra 0 og op, ét for hver replikat.")
    n = len(table)
    return Replicates(np.ones(n), np.arange(n), np.zeros(n), np.ones(n), weights,
                      usual if scales.scale is None else scales.scale, rscales, scales.mse)


def _no_factors(design: Design | None, names: list[str]) -> None:
    """Raises UserError for replicate weights whose sums are far from that of the weight: they may be factors to it."""
    assert design is not None
    assert design.replicates is not None  # there are names
    whole, typical = design.weights.sum(), float(np.median(design.replicates.counts.sum(axis=0)))
    if not whole / FAR <= typical <= whole * FAR:
        raise UserError(f"replikatvægtene {names[0]} til {names[-1]} er typisk {number(typical)} i alt, og vægten er "
                        f"{number(whole)}. De ser ud til at være faktorer, eller til en anden vægt: gang dem med "
                        "vægten først.")


# ---- Questions -------------------------------------------------------------------------------------------------------

Parts = tuple[pd.DataFrame, pd.DataFrame, Questionnaire]


def _given(
    questionnaire: Questionnaire, table: pd.DataFrame, frame: pd.DataFrame | None, used: set[str],
    background: list[str], told: list[str],
) -> Parts:
    """The columns that a questionnaire names."""
    if lacks := [name for name in questionnaire.collected.items if name not in table]:
        raise unknown(lacks[0], dict.fromkeys(map(str, table), ""), "en kolonne, men et spørgsmål i spørgeskemaet",
                      "navnet")
    if odd := [name for name in background if name not in questionnaire.background]:
        raise unknown(odd[0], dict.fromkeys(questionnaire.background, ""), "en baggrundsvariabel i spørgeskemaet",
                      "navnet")
    wanted = [*questionnaire.background, questionnaire.weighting.cluster]
    wanted += [name for name in table if questionnaire.sample and name in used and name not in wanted]
    known = table[[name for name in wanted if name in table]] if frame is None else frame.join(
        table[[name for name in used if questionnaire.sample and name not in frame]])
    told += _said("udeladt", [name for name in table if name not in {*questionnaire.items, *wanted, *used}])
    return table[list(questionnaire.collected.items)], known, questionnaire


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
