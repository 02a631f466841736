"""How far a finding hangs on choices that could have been made otherwise: one statement under all of them.

Every combination of the reasonable choices is a specification (Steegen, Tuerlinckx, Gelman & Vanpaemel 2016; Simonsohn,
Simmons & Nelson 2020). Only choices that bear on the statement are varied; verdicts are those of `compare`.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from civsam.disclosure.plan import KINDS, Plan
from civsam.disclosure.precision import NOTHING, Shown, difference, moved, with_error
from civsam.disclosure.together import all_told
from civsam.inference import compare, decide, equations, models, weighting
from civsam.instrument.questionnaire import DONT_KNOW
from civsam.study import claims, municipality_groups, register
from civsam.study.claims import Claim
from civsam.survey.survey import Survey

GULDBORGSUND = 376  # its mayor's list belongs to no bloc

# Each choice, with its Danish name and the labels of its codes; the first code is the study's own.
NAMES = {
    "weights": "Vægte", "guldborgsund": "Guldborgsund", "cut": "Kommuner delt i", "definition": "Behov delt med",
    "dont_know": "Ved ikke",
}
CHOICES = {
    "weights": {"raking": "raking", "svargrupper": "svargrupper", "kommuner": "kommuner som svargrupper",
                "uvaegtet": "ingen"},
    "guldborgsund": {"blaa": "blå", "roed": "rød", "udeladt": "udeladt"},
    "cut": {"3": "3 grupper", "2": "2 grupper", "5": "5 grupper"},
    "definition": {"ressourcer": "grundlag + tilskud", "grundlag": "kun grundlag"},
    "dont_know": {"med": "regnet med", "uden": "udeladt"},
}
BEARING = {"blok": ["guldborgsund"], "udgiftspres": ["cut", "definition"]}  # beside weights and ved ikke
WEIGHTS = {
    "raking": weighting.raked, "svargrupper": weighting.by_response_groups,
    "kommuner": lambda survey: weighting.by_response_groups(survey, municipality_groups.municipality_groups(survey)),
    "uvaegtet": weighting.unweighted,
}
DECIDING = ["a", "b", "n", "estimate", "se", "df", "low", "high", "verdict"]
COLUMNS = ["statement", "rule", "measure", "item", "answer", "by", "statistic", *CHOICES, "base", *DECIDING, "margin",
           "level", "target", "provenance"]


def curve(survey: Survey, statement: str) -> pd.DataFrame:
    """A statement under every specification: a row a specification and measure, with the columns `COLUMNS`.

    measure is "item=answer". The choices hold codes of `CHOICES`, blank where they do not bear on the statement; base
    marks the study's own. a, b and the numbers are those of the deciding comparison, as in `claims.judge`; a slope is
    the rise for each third of the municipalities, ranked by pressure, so that cuts are comparable. margin: NaN for
    slopes. All weights are made from the frame as it stands: a choice of groups changes the groups alone.

    Of a statement's measures, those that are shares: counts do not go into the same picture.

    Raises ValueError for statements other than no difference between, or a slope over, the groups of one variable.
    """
    claim = claims.read().get(statement)
    if not (claim and claim.process and claim.rule in RULES and len(claim.by) == 1
            and any("andel" in spec for spec in claim.measures)):
        raise ValueError(f"{statement} is not a statement whose choices are known")
    shares = [spec for spec in claim.measures if "andel" in spec]
    names = ["weights", *BEARING.get(claim.by[0], []), "dont_know"]
    weighted = {code: weighting.for_process(weigh(survey)) for code, weigh in WEIGHTS.items()}
    rows = []
    for codes in product(*(CHOICES[name] for name in names)):
        chosen = dict(zip(names, codes, strict=True))
        rows += [_row(weighted[chosen["weights"]], claim, spec, chosen) for spec in shares]
    return pd.DataFrame(rows).assign(
        statement=statement, rule=claim.rule, by=claim.by[0], statistic="share", target="process", level=survey.level,
        margin=np.nan if claim.rule == "haeldning" else claim.margins[0], provenance=survey.provenance,
    )[COLUMNS]


def _row(survey: Survey, claim: Claim, spec: dict[str, str], chosen: dict[str, str]) -> dict[str, Any]:
    """One specification of one measure."""
    own = all(code == next(iter(CHOICES[name])) for name, code in chosen.items())
    names = {"measure": f"{spec['andel']}={spec['svar']}", "item": spec["andel"], "answer": spec["svar"], "base": own}
    numbers = RULES[claim.rule](survey, claim, spec, chosen)[DECIDING].to_dict()
    return names | dict.fromkeys(CHOICES, "") | chosen | numbers


def _no_difference(survey: Survey, claim: Claim, spec: dict[str, str], chosen: dict[str, str]) -> pd.Series:
    """The pair of groups nearest to leaving the margin, and the verdict on all of them."""
    survey = _guldborgsund(survey, chosen.get("guldborgsund", ""))
    table = compare.contrasts(survey, spec["andel"], spec["svar"], claim.by[0], dont_know=chosen["dont_know"] == "med")
    table = compare.equivalence(table, claim.margins[0])  # that of shares
    nearest = table[["low90", "high90"]].abs().max(axis=1).fillna(np.inf).idxmax()
    table = table.assign(n=table["n_a"] + table["n_b"], verdict=decide.no_difference(table))
    return table.loc[nearest]


def _guldborgsund(survey: Survey, bloc: str) -> Survey:
    """The survey with that municipality in a bloc, or outside every estimate: a domain, so nobody is deleted."""
    if bloc in survey.questionnaire.background["blok"].labels:
        there = survey.frame["kommunekode"] == GULDBORGSUND
        return survey.having(frame=survey.frame.assign(blok=survey.frame["blok"].mask(there, bloc)))
    if bloc == "udeladt":
        return weighting.without(survey, (survey.background["kommunekode"] == GULDBORGSUND).to_numpy())
    return survey


def _slope(survey: Survey, claim: Claim, spec: dict[str, str], chosen: dict[str, str]) -> pd.Series:
    """The trend over groups of pressure: `compare.slope` in thirds, for any number of groups."""
    what = equations.measure(survey, spec["andel"], spec["svar"], dont_know=chosen["dont_know"] == "med")
    score = pressure_score(survey, int(chosen["cut"]), chosen["definition"])
    used = what.base & (survey.design.weights > 0)
    row = pd.Series(np.nan, ["estimate", "se", "df", "low", "high"]).astype(object)
    if score[used].nunique() > 1:  # no line through one group
        fit = models.regression(survey, what, [], "linear", score.to_frame())
        row = models.coefficients(fit).iloc[1]
    table = row.to_frame().T.assign(a=spec["svar"], b="", n=int(used.sum()), level=survey.level)
    return table.assign(verdict=decide.more_than(table)).iloc[0]


def pressure_score(survey: Survey, groups: int, definition: str) -> pd.Series:
    """Each respondent's place, in thirds, when the municipalities are cut into groups by pressure; shape (n,).

    A group counts as the middle of its ranks (Bross 1958), three times: with three groups they lie 1 apart, with five
    0.6, so that a slope means the same for any number. definition: a code of `CHOICES`.
    """
    table = register.municipalities()
    values = table["pres"] if definition == "ressourcer" else table["udgiftsbehov"] / table["beskatningsgrundlag"]
    place = register.steps(values, groups) * 3 / groups
    return survey.background["kommunekode"].map(place).rename("pres")


RULES = {"ingen_forskel": _no_difference, "haeldning": _slope}


# ---- What may be shown of a specification curve ----------------------------------------------------------------------


def as_shown(plan: Plan, row: pd.Series) -> Shown:
    """A row of a specification curve: what it moves from the number it varies, in whole steps, and judged by that.

    Hidden where not all groups of its variable are shown, and where it is of one pair of several: which pair decides
    is told by the exact numbers. So are rows that move a single municipality, which no other page shows alone.
    """
    dont_know, base = row["dont_know"] != "uden", next(iter(CHOICES["guldborgsund"]))
    answers = [row["answer"], *([] if dont_know else [DONT_KNOW])]
    pairs = row["rule"] != "haeldning" and len(plan.survey.questionnaire.background[row["by"]].labels) > 2
    if row["guldborgsund"] not in ("", base) or pairs or not all_told(plan, row["item"], answers, row["by"]):
        return {"hidden": True}
    if row["rule"] == "haeldning":
        anchor = plan.trend("share", row["item"], row["answer"], row["by"],
                            plan.survey.answered(row["item"]).sum()) if dont_know else NOTHING
    else:
        anchor = difference(*(plan.share(row["item"], row["answer"], row["by"], row[side], dont_know=dont_know)
                               for side in "ab"))
    told = moved(anchor, row["estimate"])
    if np.isnan(told):
        return {"hidden": True}
    numbers = with_error(told, anchor.error(row["se"]), row["df"], row["level"])
    return {"n": plan.n(row["n"]), "margin": row["margin"], **numbers, "verdict": _verdict(row, numbers)}


def _verdict(row: pd.Series, numbers: Shown) -> str:
    """What the numbers as shown say of a statement."""
    table = row.to_frame().T.assign(**numbers, effect="difference")
    if row["rule"] == "haeldning":
        return decide.more_than(table)
    return decide.no_difference(compare.equivalence(table, float(row["margin"])))


def kept(_: Plan, __: pd.DataFrame, made: pd.DataFrame) -> pd.DataFrame:
    """The rows of a curve that may be shown."""
    return made[~made["hidden"]].reset_index(drop=True)


KINDS.insert(0, ({"statement", "measure", "verdict", "base", "dont_know"}, as_shown, kept))
