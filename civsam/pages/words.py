"""Estimates in words: numbers with their unit, intervals, groups and what an interval covers."""

from __future__ import annotations

import numpy as np
import pandas as pd

from civsam.danish import at_level, joined, listed, number
from civsam.disclosure.precision import P_CLASSES
from civsam.inference import raking, statistics
from civsam.inference.statistics import PERCENT
from civsam.instrument import routing
from civsam.instrument.questionnaire import Questionnaire
from civsam.pages import cells
from civsam.pages.cells import DASH, Cell
from civsam.pages.door import hidden_note
from civsam.pages.provenance import provenance_of
from civsam.survey.design import TARGETS
from civsam.survey.grouping import grouping
from civsam.survey.survey import SYNTHETIC, Survey


class Words(str):
    """Words that were made here, and so hold no number that may not be shown."""


HIDDEN = Words("–")
QUARTILES = {"0.25": "Nedre kvartil", "0.5": "Median", "0.75": "Øvre kvartil"}
NO_INTERVAL = "ingen usikkerhed at regne"


def value(row: pd.Series, more: int = 0) -> Cell:
    """An estimate's number in its unit, with so many decimals more. Raises ValueError for an unknown statistic."""
    unit = statistics.unit_of(row)
    if unit == PERCENT:
        return cells.percent(row["estimate"], more)
    return cells.number(unit.times * row["estimate"], unit.decimals + more)


def interval(row: pd.Series, more: int = 0, link: str = "–") -> Cell:
    """An estimate's interval, 79–84; decimals as of `value`."""
    unit = statistics.unit_of(row)
    return cells.span(unit.times * row["low"], unit.times * row["high"], unit.decimals + more, link)


def with_interval(row: pd.Series) -> Cell:
    """An estimate and its interval, 82 % (79–84); in words that it has none, where it is not hidden."""
    if "hidden" not in row and pd.notna(row["estimate"]) and pd.isna(row["low"]):
        return cells.together(f"{{}} ({NO_INTERVAL})", value(row))
    return cells.together("{} ({})", value(row), interval(row)) if pd.notna(row["estimate"]) else DASH


def group_label(row: pd.Series, questionnaire: Questionnaire) -> str:
    """The words for the group that an estimate is about."""
    return grouping(questionnaire, row["by"]).labels[row["group"]]


def topic_of(row: pd.Series, questionnaire: Questionnaire) -> str:
    """What an estimate is about: the topic of its question, or of several."""
    return joined([questionnaire.items[item].topic for item in row["item"].split("+")], " og ")


def asked(questionnaire: Questionnaire, estimates: pd.DataFrame) -> str:
    """The questions that estimates are answers to, as they were asked."""
    items = dict.fromkeys(name for those in estimates["item"] for name in those.split("+") if those)
    return " ".join(f"»{questionnaire.items[name].wording}«" for name in items)


def answer_of(row: pd.Series, questionnaire: Questionnaire) -> str:
    """The words of the answer that an estimate counts, or of the quantile that it is; blank where it is of all."""
    if row["statistic"] == "quantile":
        return QUARTILES.get(row["answer"]) or f"{100 * float(row['answer']):g}\u00a0%\u2011fraktil".replace(".", ",")
    if row["statistic"] == "score" or not row["answer"]:
        return ""
    return joined([questionnaire.label(row["item"], code) for code in row["answer"].split("+")], " eller ")


def described(estimates: pd.DataFrame, questionnaire: Questionnaire) -> pd.DataFrame:
    """What tells the estimates from one another, in words: only the columns that vary, the nearest first."""
    words = pd.DataFrame({
        name: [make(row, questionnaire) for _, row in estimates.iterrows()]
        for name, make in {
            "Gruppe": group_label,
            "Svar": answer_of,
            "Spørgsmål": topic_of,
            "Variabel": lambda row, those: grouping(those, row["by"]).name.capitalize(),
            "Gælder": lambda row, _: TARGETS[row["target"]],
        }.items()
    })
    varying = words.loc[:, words.nunique() > 1]
    if words.duplicated().any() and estimates["statistic"].nunique() > 1:
        varying.insert(0, "Mål", [_capital(statistics.of(name).words) for name in estimates["statistic"]])
    return varying if len(varying.columns) else words[["Spørgsmål"]]


def _capital(words: str) -> str:
    """The words with a capital first letter; names keep theirs."""
    return words[:1].upper() + words[1:]


def labels(estimates: pd.DataFrame, questionnaire: Questionnaire) -> list[str]:
    """The words for each estimate in a figure or a list."""
    return list(described(estimates, questionnaire).iloc[:, 0])


def reading_note(survey: Survey, estimates: pd.DataFrame) -> str:
    """What the intervals cover and which question they answer, in words."""
    return " ".join(filter(None, reading_notes(survey, estimates)))


def reading_notes(survey: Survey, estimates: pd.DataFrame) -> tuple[str, str]:
    """The same in two: which question, and what is hidden or left to chance; how it is computed, and what it covers."""
    if estimates["target"].nunique() > 1:
        return "Intervallerne svarer hver på sit spørgsmål.", ""
    level = at_level(estimates["level"].iloc[0], "interval")
    of_scales = estimates["statistic"].isin(statistics.OF_SCALES)
    counted = estimates[~of_scales & ~estimates["statistic"].isin(["share", "score"])]
    counts = "" if counted.empty else " Svarpersoner, der ikke kendte antallet, indgår ikke."
    target = estimates["target"].iloc[0]
    about = "for, hvad alle adspurgte ville svare" if target == "population" else f"for {TARGETS[target]}"
    clustered = target == "process" or (target == "sample" and survey.questionnaire.weighting.cluster)
    how = between(survey) if clustered else _weighted(estimates["weighted"].any())
    how += _drawn(survey) if target == "drawn" else ""
    covers = "Intervallet dækker tilfældigt bortfald, også fra det enkelte spørgsmål, ikke skævt bortfald."
    if any("+" in item for item in counted["item"]):
        counts += (" Et tal for flere antal lagt sammen gælder dem, der kendte dem alle, og kan afvige fra summen af "
                   "tallene hver for sig.")
    made = _scores_note(estimates, survey.questionnaire) + scales_note(survey, estimates[of_scales])
    rest = f"{dash_note(estimates)}{hidden_note(estimates)}{chance_note(survey, estimates)}"
    rest += base_note(survey, estimates) + margins_note(survey, estimates)
    return f"{level} {about}; {how}.{made}{rest}", f"{covers}{counts}"


def base_note(survey: Survey, estimates: pd.DataFrame) -> str:
    """Whom the questions behind these were asked, where that is not everybody."""
    names = {name: None for joined_ in estimates["item"] for name in joined_.split("+")}
    asked = survey.questionnaire
    told = {name: routing.base(asked.items[name], asked) for name in names if asked.items[name].only_if}
    if len(names) == 1 and told:
        return f" Grundlag: {told.popitem()[1]}."
    each = "; ".join(f"»{asked.items[name].topic}« {whom}" for name, whom in told.items())
    return f" Ikke stillet til alle, men kun til: {each}." if each else ""


def margins_note(survey: Survey, estimates: pd.DataFrame) -> str:
    """Of which questions the weights do not meet the margins, as none of a group answered them."""
    told = []
    for items in dict.fromkeys(estimates["item"]):
        names = [name for name in items.split("+") if name]
        if names and raking.unmet(survey, np.logical_and.reduce([survey.responded(name) for name in names])):
            told += [f"»{survey.item(name).topic}«" for name in names]
    return (f" På {listed(dict.fromkeys(told))} svarede for få til, at vægtene kan passe med alle margener; de er "
            "vejet efter svargruppe alene." if told else "")


def _scores_note(estimates: pd.DataFrame, questionnaire: Questionnaire) -> str:
    """What a mean of a scale assumes, and what its answers count."""
    scored = estimates.loc[estimates["statistic"] == "score", ["item", "answer"]].drop_duplicates()
    given = dict.fromkeys(
        ", ".join(f"{label.lower()} {number(float(score), len(score.partition('.')[2]))}" for label, score in
                  zip(questionnaire.items[row["item"]].scale.answers.values(), row["answer"].split(","), strict=True))
        for _, row in scored.iterrows())
    told = "; ".join(given)
    return (f" Et gennemsnit af skalaen giver svarene point ({told}) og antager, at der er lige så langt mellem "
            "svarene som mellem deres point; »ved ikke« har ingen point og indgår ikke." if told else "")


def scales_note(survey: Survey, estimates: pd.DataFrame) -> str:
    """How the answers of a scale were made numbers, for rows of `scales`; which were turned, and why one is missing."""
    if estimates.empty:
        return ""
    items, kinds = survey.questionnaire.items, set(estimates["statistic"])
    names = [name for those in estimates["reversed"].unique() for name in those.split("+") if name]
    ordered = any(items[name].scale.type == "ordinal" for those in estimates["item"] for name in those.split("+"))
    made = (" Svarene er talt 1, 2, 3 og så videre, som om der er lige langt mellem dem." if ordered else "")
    turned = f" Vendt om: {joined([items[name].topic for name in dict.fromkeys(names)], ' og ')}." if names else ""
    asked = "på nok af skalaens spørgsmål" if kinds == {"index"} else "på alle skalaens spørgsmål"
    lacks = ((estimates["statistic"] == "omega") & estimates["estimate"].isna()).any() and "hidden" not in estimates
    under = (estimates["statistic"] == "alpha") & (estimates["estimate"] < 0)
    turned += " En alfa under 0 tyder på, at et spørgsmål skal vendes." if under.any() else ""
    why = (" Omega kan ikke regnes ud: det kræver mindst tre spørgsmål, som én fælles faktor kan ligge bag." if lacks
           else "")
    return f"{made}{turned} Den, der ikke svarede med et tal {asked}, indgår ikke.{why}"


def between(survey: Survey) -> str:
    """What the uncertainty is between, in words: the clusters that the questionnaire names, or else respondents."""
    name, lookup = survey.questionnaire.weighting.cluster, survey.questionnaire.lookup
    name = lookup.name if lookup and lookup.key == name else name
    units = f"{name}r" if name.endswith("e") else f"klynger ({name})" if name else "svarpersoner"  # skole, skoler
    return f"usikkerheden er regnet mellem {units}"


def _drawn(survey: Survey) -> str:
    """What bears the uncertainty of a sample that was drawn, where it is more than each respondent."""
    if survey.design.replicates is not None:
        return ", og usikkerheden er regnet af replikatvægte"
    return f", og {between(survey)}" if survey.questionnaire.weighting.cluster else ""


def dash_note(table: pd.DataFrame) -> str:
    """Why a number has no interval, where nothing is hidden."""
    if "hidden" in table or not {"estimate", "low"} <= set(table):
        return ""
    none = (table["estimate"].notna() & table["low"].isna()).any()
    return (f" Hvor intervallet er en streg, er der {NO_INTERVAL}: der er kun én svarperson eller én klynge, eller "
            "alle svarede det samme." if none else "")


def weighted(estimates: pd.DataFrame) -> str:
    """Whether the answers are weighted, as a sentence."""
    return f"{_weighted(estimates['weighted'].any()).capitalize()}."


def _weighted(yes: bool) -> str:
    return "svarene er vægtet" if yes else "svarene er ikke vægtet"


def chance_note(survey: Survey, estimates: pd.DataFrame) -> str:
    """Where synthetic groups are equal by construction, the reader is told that what she sees is chance."""
    told = " I modellen bag de syntetiske svar er grupperne ens; forskellene er tilfældige."
    return told if differ_in_model(survey, estimates) is False else ""


def differ_in_model(survey: Survey, estimates: pd.DataFrame) -> bool | None:
    """Whether the groups of synthetic estimates differ by construction; None where nobody knows."""
    grouped = estimates[estimates["by"] != ""]
    if grouped.empty or provenance_of(estimates) != SYNTHETIC or survey.effects is None:
        return None
    pairs = {(name, part) for item, by in zip(grouped["item"], grouped["by"], strict=True)
             for name in item.split("+") for part in by.split("+")}
    if not pairs & survey.effects and {by for _, by in pairs} - set(survey.questionnaire.background):
        return None  # groups by an answer, of which the model's assumptions do not tell
    return bool(pairs & survey.effects)


def reading_target(survey: Survey) -> str:
    """How the uncertainty of comparisons is computed, in words."""
    return f"{between(survey) if survey.design.target == 'process' else _weighted(survey.design.weighted)}."


def p_value(p: float, *, bound: bool = False) -> Cell:
    """A p-value with three decimals; the smallest as under 0,001. bound: it is the upper end of its class."""
    if bound and p == P_CLASSES[-1]:
        return Cell(f"over {number(P_CLASSES[-2], 1)}", (("", f">{P_CLASSES[-2]}"),))
    return Cell("under 0,001", (("", "<0.001"),)) if p < 0.001 else cells.number(p, 3)
