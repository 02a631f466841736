"""The report's statements as data, judged on whatever answers there are: numbers and a verdict, no text.

`data/paastande.yml` says how each published statement is read; `compare` holds the rules. Verdicts are `VERDICTS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from civsam.disclosure import together
from civsam.disclosure.plan import KINDS, Plan
from civsam.disclosure.precision import Shown, difference, p_class, with_error, written
from civsam.disclosure.tables import key_of
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


See = Callable[[pd.DataFrame], pd.DataFrame]


def _exact(table: pd.DataFrame) -> pd.DataFrame:
    """A table of results as a verdict sees it where nothing is hidden: as it is."""
    return table


def judge(
    survey: Survey, see: See = _exact, told: Callable[[Claim], bool] = lambda claim: True
) -> pd.DataFrame:
    """All claims on these answers: a row a claim, with the columns `COLUMNS`.

    a and b name what is compared, estimate, low and high the deciding comparison: the weakest where several must hold.
    item is the question that it is about, target the kind of question that is answered, p that of the deciding test.
    What answers cannot judge has the verdict `kan_ikke` and no numbers. see: what each table of results goes through
    before it is judged. told: which claims are judged; the others are as those that cannot be.
    """
    process = weighting.for_process(survey)
    rows = [_judged(claim, process if claim.process else survey, see, told=told(claim)) for claim in read().values()]
    return pd.DataFrame(rows).assign(provenance=survey.provenance)[list(COLUMNS)]


def _judged(claim: Claim, survey: Survey, see: See = _exact, *, told: bool = True) -> dict[str, Any]:
    row = {"id": claim.id, "rule": claim.rule, "target": survey.design.target}
    unknown = not survey.framed and any("svarede" in spec for spec in claim.measures)
    if claim.rule == "kan_ikke" or unknown or not told:
        return row | {"target": "", "item": "", "a": "", "b": "", "n": 0, "verdict": "kan_ikke",
                      **dict.fromkeys(NUMBERS, np.nan)}
    return row | _summed(RULES[claim.rule](claim, survey, see))


NUMBERS = ("estimate", "low", "high", "p")
Judged = tuple[pd.DataFrame, str]  # comparisons, turned so that a positive one supports the claim, and the verdict


def _summed(parts: list[Judged]) -> dict[str, Any]:
    """One row from the parts of a claim: all must be supported, and one that is contradicted contradicts it."""
    verdicts = {verdict for _, verdict in parts}
    verdict = SUPPORTED if verdicts == {SUPPORTED} else CONTRADICTED if CONTRADICTED in verdicts else UNDECIDED
    table = pd.concat([table for table, _ in parts], ignore_index=True)
    weakest = table.loc[table["weight"].fillna(-np.inf).idxmin()]
    same = weakest.get("by", "") == ""  # the same respondents on both sides
    n = int((np.nanmax if same else np.nansum)(weakest[["n_a", "n_b"]].to_numpy(float)))
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


def _equal(claim: Claim, survey: Survey, see: See = _exact) -> list[Judged]:
    value, (spec,), (margin,) = published.value(claim.id), claim.measures, claim.margins
    narrow, wide = (see(estimates_of(survey.having(level=level), spec)).iloc[0] for level in (0.90, 0.95))
    verdict = decide.equal((narrow["low"], narrow["high"]), (wide["low"], wide["high"]), value, margin)
    row = {"a": spec.get("svar", ""), "b": str(value), "n_a": wide["n"], "n_b": 0, "p": np.nan, "weight": 0.0}
    return [(pd.DataFrame([row | wide[["estimate", "low", "high"]].to_dict()]), verdict)]


def _even(claim: Claim, survey: Survey, see: See = _exact) -> list[Judged]:
    """Rates of response, which are counted: the two groups of one variable that are furthest apart, without an error.

    Supported if they are less than the margin apart, else contradicted: who answered is known, and nothing is inferred.
    """
    rates = [see(weighting.response_rates(survey, by).query("asked > 0")) for by in claim.by]
    ends = [(table.loc[table["estimate"].idxmax()], table.loc[table["estimate"].idxmin()]) for table in rates]
    most, least = max(ends, key=lambda pair: float(settled(pair[0]["estimate"] - pair[1]["estimate"])))
    apart = float(settled(most["estimate"] - least["estimate"]))
    row = {"item": "svarede", "by": most["by"], "a": most["group"], "b": least["group"], "n_a": most["asked"],
           "n_b": least["asked"], "estimate": apart, "low": np.nan, "high": np.nan, "p": np.nan, "weight": 0.0}
    return [(pd.DataFrame([row]), SUPPORTED if apart < settled(claim.margins[0]) else CONTRADICTED)]


def estimates_of(survey: Survey, spec: dict[str, str]) -> pd.DataFrame:
    """The share or ratio that a `maal` names, of all; one row."""
    if "del" in spec:
        return estimate.ratios(survey, spec["del"])
    return estimate.shares(survey, spec["andel"], spec["svar"])


def _more_than(claim: Claim, survey: Survey, see: See = _exact, *, less: bool = False) -> list[Judged]:
    measures = [measure_of(survey, spec) for spec in claim.measures]
    if claim.limit is not None:
        tables = [see(compare.above(survey, what, claim.limit)) for what in measures]
        tables = [_turned(table) if less else table for table in tables]
        return [(_weighed(table), decide.more_than(table, len(tables))) for table in tables]
    against = [measure_of(survey, spec) for spec in claim.against]
    table = see(compare.differences(survey, [*measures, *against]))
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


def _ranks(claim: Claim, survey: Survey, see: See = _exact) -> list[Judged]:
    tables = [without(table, claim.except_groups) for table in _contrasts(claim, survey, see)]
    comparisons = sum(compare.testable(crossing(table, claim.groups)) for table in tables)
    return [_first(table, claim.groups, last=claim.rule == "sidst", comparisons=comparisons) for table in tables]


def _contrasts(claim: Claim, survey: Survey, see: See = _exact) -> list[pd.DataFrame]:
    """All pairs of groups, for each measure and each variable of the claim."""
    return [see(pairs(survey, spec, by)) for spec in claim.measures for by in claim.by]


def pairs(survey: Survey, spec: dict[str, str], by: str) -> pd.DataFrame:
    """The contrasts of a measure between all pairs of groups."""
    return compare.contrasts(survey, item_of(spec), spec.get("svar"), by, ratio="del" in spec)


def _held(claim: Claim, survey: Survey, see: See = _exact) -> list[pd.DataFrame]:
    """All pairs of groups, for each measure and each variable, held against the measure's margin."""
    margins, pairs = [margin for margin in claim.margins for _ in claim.by], _contrasts(claim, survey, see)
    comparisons = sum(map(compare.testable, pairs))
    return [compare.equivalence(table, margin, comparisons) for table, margin in zip(pairs, margins, strict=True)]


def _no_difference(claim: Claim, survey: Survey, see: See = _exact) -> list[Judged]:
    """The pair that is nearest to leaving its margin decides: the weight is what is left, as a share of the margin."""
    return [(table.assign(weight=1 - table[["low90", "high90"]].abs().max(axis=1) / table["margin"]),
             decide.no_difference(table)) for table in _held(claim, survey, see)]


def _difference(claim: Claim, survey: Survey, see: See = _exact) -> list[Judged]:
    """Supported if each measure's joint test rejects; contradicted if all pairs of one of them are equal (Bonferroni).

    All must reject (an intersection-union test), so none needs a correction for the others: the chance that all do
    where one should not is at most that of the one. The measure with the largest p decides, and is shown by its largest
    difference, with that p.
    """
    tests = pd.concat([
        see(compare.equality(survey, item_of(spec), spec.get("svar"), by)) for spec in claim.measures for by in claim.by
    ])
    parts = []
    for p, table in zip(tests["p"], _held(claim, survey, see), strict=True):
        ends = np.abs(compare.interval(table, 1 - 0.10 / len(tests)))
        equal = len(table) > 0 and bool((ends < table["margin"].to_numpy()).all())
        verdict = SUPPORTED if p <= 0.05 else CONTRADICTED if equal else UNDECIDED
        largest = table.loc[[table["estimate"].abs().fillna(-1).idxmax()]]
        parts.append((largest.assign(p=p, weight=-p), verdict))
    return parts


def _slope(claim: Claim, survey: Survey, see: See = _exact) -> list[Judged]:
    tables = [see(compare.slope(survey, spec["andel"], spec["svar"], by)) for spec in claim.measures for by in claim.by]
    return [(_weighed(table), decide.more_than(table, len(tables))) for table in tables]


RULES: dict[str, Callable[[Claim, Survey, See], list[Judged]] | None] = {
    "lig": _equal,
    "jaevn": _even,
    "mere_end": _more_than,
    "mindre_end": lambda claim, survey, see: _more_than(claim, survey, see, less=True),
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
ALIKE = ["estimate", "low", "high"]


def as_shown(plan: Plan, row: pd.Series) -> Shown:
    """Whether a claim is told: `judged_as_shown` says what."""
    claim = read().get(row["id"])
    return {"hidden": claim is None or (row["verdict"] != HIDDEN_VERDICT and not all_told(plan, claim))}


def judged_as_shown(plan: Plan, table: pd.DataFrame, made: pd.DataFrame) -> pd.DataFrame:
    """Claims judged by the numbers that are shown, so that a verdict tells no more than they do.

    Hidden where not all that the claim is about is shown, in all groups, and where these are other answers or weights
    than the plan's own.
    """
    exact, shown = (judged.set_index("id").reindex(table["id"]).reset_index() for judged in _judgements(plan))
    same = np.isclose(table[ALIKE].to_numpy(float), exact[ALIKE].to_numpy(float), rtol=0, atol=1e-9, equal_nan=True)
    open_ = same.all(axis=1) & ~made["hidden"].to_numpy()
    words = {name: np.where(open_, shown[name], "") for name in ("item", "a", "b")}
    numbers = {name: np.where(open_, shown[name], np.nan) for name in (*ALIKE, "p", "n")}
    verdict = np.where(open_, shown["verdict"], HIDDEN_VERDICT)
    return made.assign(**words, **numbers, verdict=verdict, hidden=~open_)


# The same plan judges once, for the tables, figures and sentences of a chapter; a plan is never changed.
@lru_cache(maxsize=2)
def _judgements(plan: Plan) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The claims judged by the exact numbers, and by those shown, with p in classes and n rounded."""
    shown = judge(plan.survey, partial(_seen, plan), partial(all_told, plan))
    n = [plan.n(n) if n else n for n in shown["n"]]  # of those asked it is not rounded
    return judge(plan.survey), shown.assign(n=n, p=shown["p"].map(p_class))


def _seen(plan: Plan, table: pd.DataFrame) -> pd.DataFrame:
    """A table as it is shown. Differences between questions, which not the same have answered, are of what is shown
    of either.
    """
    made = plan.protect(table)
    if "effect" not in table or not (table["by"] == "").all() or not made["hidden"].any():
        return made
    rows = []
    for _, row in table.iterrows():
        gap = difference(*(plan.side(row["statistic"], row["item"], row["answer"], "", row[side], None)
                           for side in "ab"))
        n = {side: plan.n(row[side]) for side in ("n_a", "n_b")}
        rows.append(n | with_error(gap.shown, gap.error(row["se"]), row["df"], row["level"]))
    return written(table, rows)


def all_told(plan: Plan, claim: Claim) -> bool:
    """Whether all that a claim is about is shown: its measures, in all groups."""
    needed = [key_of(*_place(spec)) for spec in [*claim.measures, *claim.against]]
    return all(together.told(plan, needed, by) for by in claim.by or [""])


def _place(spec: dict[str, str]) -> tuple[str, str, str]:
    """The statistic, item and answer of a `maal`, as cells have them."""
    statistic = statistic_of(spec)
    return statistic, "" if statistic == "rate" else item_of(spec), "" if statistic == "rate" else spec.get("svar", "")


KINDS.insert(0, ({"id", "rule", "verdict", "a", "b"}, as_shown, judged_as_shown))
