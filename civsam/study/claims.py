"""The report's statements as data, judged on whatever answers there are: numbers and a verdict, no text.

`data/paastande.yml` says how each published statement is read; `compare` holds the rules. Verdicts are `VERDICTS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm

from civsam.disclosure.plan import KINDS, Plan
from civsam.disclosure.precision import Shown, difference, moved, p_class
from civsam.disclosure.suppression import Cell, Number
from civsam.files import LINE, UserError, project, read_yaml, shown, without_lines
from civsam.inference import compare, decide, estimate, weighting
from civsam.inference.compare import CONTRADICTED, SUPPORTED, UNDECIDED
from civsam.inference.equations import Measure, measure
from civsam.inference.settled import settled
from civsam.study import published
from civsam.survey.survey import Survey

VERDICTS = (SUPPORTED, UNDECIDED, CONTRADICTED, "kan_ikke")
KEYS = ("regel", "spoergsmaal", "maal", "end", "graense", "efter", "grupper", "undtagen", "margin", "grund")
COLUMNS = ("id", "rule", "target", "item", "a", "b", "n", "estimate", "low", "high", "p", "verdict", "provenance")


@dataclass(frozen=True)
class Claim:
    """One published statement as something that answers can support or contradict; see the head of the data file.

    margins: of each measure, the smallest difference of interest.
    """

    id: str
    rule: str
    process: bool
    measures: list[dict[str, str]]
    against: list[dict[str, str]]
    limit: float | None
    by: list[str]
    groups: list[str]
    except_groups: list[str]
    margins: list[float]
    reason: str


def read(path: Path | None = None) -> dict[str, Claim]:
    """The claims by the id of their statement.

    A margin is one of shares, `forskel` unless another is named; counts have the margin `antal`.

    Raises UserError, with file and line, for an unknown statement, key, rule or margin, or a limit that is not there.
    """
    path = path or project.data / "paastande.yml"
    content = read_yaml(path)
    margins = dict(_margins(content["marginer"], path))
    facts = published.statements()
    claims = {}
    for name, entry in content["paastande"].items():
        if name == LINE:
            continue
        where = f"{shown(path)}, linje {entry[LINE]}: påstanden {name}"
        wrong = [key for key in entry if key not in (*KEYS, LINE)]
        if wrong or name not in facts.index or entry.get("regel") not in RULES:
            raise UserError(f"{where} har en ukendt nøgle, et ukendt id eller en ukendt regel. "
                            f"Nøgler: {', '.join(KEYS)}. Regler: {', '.join(RULES)}.")
        limit = facts.at[name, "nedre"] if entry.get("graense") == "nedre" else entry.get("graense")
        if entry.get("margin", "andel") not in margins or (limit is not None and not 0 <= limit <= 1):
            raise UserError(f"{where}: margin skal være en af {', '.join(margins)}, og graense et tal fra 0 til 1.")
        part = without_lines(entry)
        measures, margin = part.get("maal", []), part.get("margin", "forskel")
        claims[name] = Claim(
            name, part["regel"], part.get("spoergsmaal") == "proces", measures, part.get("end", []), limit,
            part.get("efter", []), part.get("grupper", []), part.get("undtagen", []),
            [margins["antal" if "middel" in spec else margin] for spec in measures],
            part.get("grund", ""),
        )
    return claims


def _margins(entries: dict[str, Any], path: Path) -> Iterator[tuple[str, float]]:
    """Each margin by its name; a comma in a reason without quotation marks would make a key of its own."""
    for name, entry in entries.items():
        if name == LINE:
            continue
        if set(entry) != {"vaerdi", "grund", LINE}:
            raise UserError(f"{shown(path)}, linje {entry[LINE]}: marginen {name} skal have vaerdi og grund og ikke "
                            f"andet. Sæt grunden i anførselstegn, hvis der er komma i den.")
        yield name, entry["vaerdi"]


def judge(survey: Survey) -> pd.DataFrame:
    """All claims on these answers: a row a claim, with the columns `COLUMNS`.

    a and b name what is compared, estimate, low and high the deciding comparison: the weakest where several must hold.
    item is the question that it is about, target the kind of question that is answered, p that of the deciding test.
    What answers cannot judge has the verdict `kan_ikke` and no numbers.
    """
    process = weighting.for_process(survey)
    rows = [_judged(claim, process if claim.process else survey) for claim in read().values()]
    return pd.DataFrame(rows).assign(provenance=survey.provenance)[list(COLUMNS)]


def _judged(claim: Claim, survey: Survey) -> dict[str, Any]:
    row = {"id": claim.id, "rule": claim.rule, "target": survey.design.target}
    unknown = not survey.framed and any("svarede" in spec for spec in claim.measures)
    if claim.rule == "kan_ikke" or unknown:
        return row | {"target": "", "item": "", "a": "", "b": "", "n": 0, "verdict": "kan_ikke",
                      **dict.fromkeys(NUMBERS, np.nan)}
    return row | _summed(RULES[claim.rule](claim, survey))


NUMBERS = ("estimate", "low", "high", "p")
Judged = tuple[pd.DataFrame, str]  # comparisons, turned so that a positive one supports the claim, and the verdict


def _summed(parts: list[Judged]) -> dict[str, Any]:
    """One row from the parts of a claim: all must be supported, and one that is contradicted contradicts it."""
    verdicts = {verdict for _, verdict in parts}
    verdict = SUPPORTED if verdicts == {SUPPORTED} else CONTRADICTED if CONTRADICTED in verdicts else UNDECIDED
    table = pd.concat([table for table, _ in parts], ignore_index=True)
    weakest = table.loc[table["weight"].fillna(-np.inf).idxmin()]
    same = weakest.get("by", "") == ""  # the same respondents on both sides
    n = int(max(weakest["n_a"], weakest["n_b"]) if same else weakest["n_a"] + weakest["n_b"])
    return {"item": weakest.get("item", ""), "a": weakest["a"], "b": weakest["b"], "n": n, "verdict": verdict,
            **weakest[list(NUMBERS)]}


def measure_of(survey: Survey, spec: dict[str, str]) -> Measure:
    """The statistic that a `maal` names."""
    if "andel" in spec:
        return measure(survey, spec["andel"], spec["svar"])
    return measure(survey, spec.get("middel") or spec["del"], ratio="del" in spec)


def statistic_of(spec: dict[str, str]) -> str:
    """The name of the statistic that a `maal` names; see `statistics`."""
    return next(name for kind, name in KINDS_OF_MEASURE.items() if kind in spec)


def name_of(what: Measure) -> str:
    """What a comparison of measures calls one of them (`compare.differences`)."""
    return f"{what.item}={what.answer}" if what.answer else what.item


def item_of(spec: dict[str, str]) -> str:
    """What a `maal` is about: an item, items with + between, or `svarede`, who answered."""
    return spec.get("andel") or spec.get("middel") or spec.get("del") or "svarede"


def _weighed(table: pd.DataFrame) -> pd.DataFrame:
    """Comparisons with how well each supports the claim: the lower limit that the verdict asks about."""
    return table.assign(weight=compare.interval(table, 0.90)[0])


def _turned(table: pd.DataFrame) -> pd.DataFrame:
    """The same comparisons with a and b changed about."""
    swapped = table.rename(columns={"a": "b", "b": "a", "n_a": "n_b", "n_b": "n_a"})
    return swapped.assign(estimate=-table["estimate"], low=-table["high"], high=-table["low"])


# ---- Rules: each gives the parts that must all hold -----------------------------------------------------------------


def _equal(claim: Claim, survey: Survey) -> list[Judged]:
    value, (spec,), (margin,) = published.value(claim.id), claim.measures, claim.margins
    narrow, wide = (estimate_of(survey.having(level=level), spec) for level in (0.90, 0.95))
    verdict = decide.equal((narrow["low"], narrow["high"]), (wide["low"], wide["high"]), value, margin)
    row = {"a": spec.get("svar", ""), "b": str(value), "n_a": wide["n"], "n_b": 0, "p": np.nan, "weight": 0.0}
    return [(pd.DataFrame([row | wide[["estimate", "low", "high"]].to_dict()]), verdict)]


def _even(claim: Claim, survey: Survey) -> list[Judged]:
    """Rates of response, which are counted: the two groups of one variable that are furthest apart, without an error.

    Supported if they are less than the margin apart, else contradicted: who answered is known, and nothing is inferred.
    """
    rates = [weighting.response_rates(survey, by).query("asked > 0") for by in claim.by]
    ends = [(table.loc[table["estimate"].idxmax()], table.loc[table["estimate"].idxmin()]) for table in rates]
    most, least = max(ends, key=lambda pair: float(settled(pair[0]["estimate"] - pair[1]["estimate"])))
    apart = float(settled(most["estimate"] - least["estimate"]))
    row = {"item": "svarede", "by": most["by"], "a": most["group"], "b": least["group"], "n_a": most["asked"],
           "n_b": least["asked"], "estimate": apart, "low": np.nan, "high": np.nan, "p": np.nan, "weight": 0.0}
    return [(pd.DataFrame([row]), SUPPORTED if apart < settled(claim.margins[0]) else CONTRADICTED)]


def estimate_of(survey: Survey, spec: dict[str, str]) -> pd.Series:
    """The share or ratio that a `maal` names, of all."""
    if "del" in spec:
        return estimate.ratios(survey, spec["del"]).iloc[0]
    return estimate.shares(survey, spec["andel"], spec["svar"]).iloc[0]


def _more_than(claim: Claim, survey: Survey, *, less: bool = False) -> list[Judged]:
    measures = [measure_of(survey, spec) for spec in claim.measures]
    if claim.limit is not None:
        tables = [compare.above(survey, what, claim.limit) for what in measures]
        tables = [_turned(table) if less else table for table in tables]
        return [(_weighed(table), decide.more_than(table, len(tables))) for table in tables]
    against = [measure_of(survey, spec) for spec in claim.against]
    table = compare.differences(survey, [*measures, *against])
    return [_first(table, [name_of(what) for what in measures], last=less)]


def _first(table: pd.DataFrame, first: list[str], *, last: bool = False, comparisons: int = 0) -> Judged:
    """The comparisons of some to all others, turned so that positive supports, and the verdict."""
    verdict = decide.ranks_first(table, first, last=last, comparisons=comparisons)
    return _weighed(crossing(table, first, last=last)), verdict


def crossing(table: pd.DataFrame, first: list[str], *, last: bool = False) -> pd.DataFrame:
    """The comparisons of some to all others, turned so that positive is what puts them first (or last)."""
    mine = table[table["a"].isin(first) != table["b"].isin(first)]
    other_way = mine["a"].isin(first) == last
    return pd.concat([mine[~other_way], _turned(mine[other_way])], ignore_index=True)


def without(table: pd.DataFrame, groups: list[str]) -> pd.DataFrame:
    """The comparisons that are of none of these groups."""
    return table[~(table["a"].isin(groups) | table["b"].isin(groups))]


def _ranks(claim: Claim, survey: Survey) -> list[Judged]:
    tables = [without(table, claim.except_groups) for table in _contrasts(claim, survey)]
    comparisons = sum(compare.testable(crossing(table, claim.groups)) for table in tables)
    return [_first(table, claim.groups, last=claim.rule == "sidst", comparisons=comparisons) for table in tables]


def _contrasts(claim: Claim, survey: Survey) -> list[pd.DataFrame]:
    """All pairs of groups, for each measure and each variable of the claim."""
    return [pairs(survey, spec, by) for spec in claim.measures for by in claim.by]


def pairs(survey: Survey, spec: dict[str, str], by: str) -> pd.DataFrame:
    """The contrasts of a measure between all pairs of groups."""
    return compare.contrasts(survey, item_of(spec), spec.get("svar"), by, ratio="del" in spec)


def _held(claim: Claim, survey: Survey) -> list[pd.DataFrame]:
    """All pairs of groups, for each measure and each variable, held against the measure's margin."""
    margins, pairs = [margin for margin in claim.margins for _ in claim.by], _contrasts(claim, survey)
    comparisons = sum(map(compare.testable, pairs))
    return [compare.equivalence(table, margin, comparisons) for table, margin in zip(pairs, margins, strict=True)]


def _no_difference(claim: Claim, survey: Survey) -> list[Judged]:
    """The pair that is nearest to leaving its margin decides: the weight is what is left, as a share of the margin."""
    return [(table.assign(weight=1 - table[["low90", "high90"]].abs().max(axis=1) / table["margin"]),
             decide.no_difference(table)) for table in _held(claim, survey)]


def _difference(claim: Claim, survey: Survey) -> list[Judged]:
    """Supported if each measure's joint test rejects; contradicted if all pairs of one of them are equal (Bonferroni).

    All must reject (an intersection-union test), so none needs a correction for the others: the chance that all do
    where one should not is at most that of the one. The measure with the largest p decides, and is shown by its largest
    difference, with that p.
    """
    tests = pd.concat([
        compare.equality(survey, item_of(spec), spec.get("svar"), by) for spec in claim.measures for by in claim.by
    ])
    parts = []
    for p, table in zip(tests["p"], _held(claim, survey), strict=True):
        ends = np.abs(compare.interval(table, 1 - 0.10 / len(tests)))
        equal = len(table) > 0 and bool((ends < table["margin"].to_numpy()).all())
        verdict = SUPPORTED if p < 0.05 else CONTRADICTED if equal else UNDECIDED
        largest = table.loc[[table["estimate"].abs().fillna(-1).idxmax()]]
        parts.append((largest.assign(p=p, weight=-p), verdict))
    return parts


def _slope(claim: Claim, survey: Survey) -> list[Judged]:
    tables = [compare.slope(survey, spec["andel"], spec["svar"], by) for spec in claim.measures for by in claim.by]
    return [(_weighed(table), decide.more_than(table, len(tables))) for table in tables]


RULES: dict[str, Callable[[Claim, Survey], list[Judged]] | None] = {
    "lig": _equal,
    "jaevn": _even,
    "mere_end": _more_than,
    "mindre_end": lambda claim, survey: _more_than(claim, survey, less=True),
    "foerst": _ranks,
    "sidst": _ranks,
    "ingen_forskel": _no_difference,
    "forskel": _difference,
    "haeldning": _slope,
    "kan_ikke": None,
}


# ---- What may be shown of judged claims ------------------------------------------------------------------------------

HIDDEN_VERDICT = "kan_ikke"
KINDS_OF_MEASURE = {"andel": "share", "middel": "mean", "del": "ratio", "svarede": "rate"}


def as_shown(plan: Plan, row: pd.Series) -> Shown:
    """A judged claim: found again among the cells that it may be about, or hidden with its verdict."""
    claim = read().get(row["id"])
    if claim is None or row["verdict"] == HIDDEN_VERDICT:
        return {"n": 0, "hidden": claim is None, "verdict": HIDDEN_VERDICT}
    if claim.rule == "jaevn" and any(cell is None or cell.hidden for cell in cells(plan, claim)):
        return {"hidden": True, "verdict": HIDDEN_VERDICT}  # that no group is further away tells of all of them
    # a difference between questions is among those who answered both, and moves from the numbers of either
    several = bool(claim.against) and len({item_of(spec) for spec in [*claim.measures, *claim.against]}) > 1
    for number in candidates(plan, claim, row):
        told = moved(number, row["estimate"]) if several else number.shown
        if (several or np.isclose(number.exact, row["estimate"], rtol=0, atol=1e-9)) and not np.isnan(told):
            level = 0.95 if claim.rule == "lig" else plan.survey.level  # as `claims` makes their intervals
            z = norm.ppf((1 + level) / 2)
            half = number.error((row["high"] - row["low"]) / 2 / z) * z
            p = float(p_class(row["p"]))
            return {"n": plan.n(row["n"]), "estimate": told, "low": told - half, "high": told + half, "p": p}
    return {"hidden": True, "verdict": HIDDEN_VERDICT}


def cells(plan: Plan, claim: Claim) -> list[Cell | None]:
    """The cells of all that a claim is about: its measures, in all groups that the frame has where it is of groups."""
    frame = plan.survey.frame
    groups = [(by, code) for by in claim.by for code in frame[by].unique()] or [("", "")]
    return [plan.cell(*_place(spec), *group) for spec in [*claim.measures, *claim.against] for group in groups]


def _place(spec: dict[str, str]) -> tuple[str, str, str]:
    """The statistic, item and answer of a `maal`, as cells have them."""
    statistic = statistic_of(spec)
    return statistic, "" if statistic == "rate" else item_of(spec), "" if statistic == "rate" else spec.get("svar", "")


def candidates(plan: Plan, claim: Claim, row: pd.Series) -> Iterator[Number]:
    """The numbers made of cells that a claim's deciding comparison may be."""
    for spec in [*claim.measures, *claim.against]:
        statistic, item, answer = _place(spec)
        if claim.rule == "lig":
            yield plan.number_of(plan.cell(statistic, item, answer))
        for by in claim.by:
            if claim.rule == "haeldning":
                yield plan.trend(statistic, item, answer, by, row["n"])
            else:
                yield difference(*(plan.side(statistic, item, answer, by, row[side], None) for side in "ab"))
        if not claim.by:
            yield difference(*(plan.side(statistic, item, answer, "", row[side], None) for side in "ab"))


KINDS.insert(0, ({"id", "rule", "verdict", "a", "b"}, as_shown, None))
