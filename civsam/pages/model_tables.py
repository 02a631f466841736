"""Models, nonresponse, weights and power as tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd

from civsam.danish import at_level, joined, listed
from civsam.disclosure.precision import p_class
from civsam.disclosure.together import all_told
from civsam.inference import model, models, nonresponse, ordinal, statistics
from civsam.inference.equations import Measure
from civsam.inference.statistics import POINTS
from civsam.pages.cells import number, percent, span
from civsam.pages.door import NO_FRAME, hidden_note, plan_of, response_note, shown
from civsam.pages.html import table
from civsam.pages.output import Output
from civsam.pages.provenance import provenance_of
from civsam.pages.sentences import sentence
from civsam.pages.words import (
    answer_of,
    between,
    dash_note,
    described,
    group_label,
    p_value,
    reading_note,
    reading_target,
    value,
    with_interval,
)
from civsam.survey.grouping import the_survey
from civsam.survey.survey import COLLECTED, Survey

ODDS_ERROR = (" Usikkerheden er regnet mellem kommuner, men uden den korrektion for få kommuner, som forskelle og "
              "andre modeller har (CR2): den findes ikke for denne model.")
NO_MODEL = "Modellen kan ikke beregnes på disse svar."
NOT_IMPUTED = (" Af indsamlede svar vises intet imputeret: det ville sige noget om de enkelte, der sprang et spørgsmål "
               "over.")
NOT_SHOWN = "Modellen vises ikke: den er skjult for at beskytte svarpersonerne, eller den kan ikke beregnes."
KINDS = {"logit": "en logistisk model", "count": "en Poisson-model", "linear": "en lineær model",
         "multinomial": "en multinomial logistisk model"}  # those that have marginal effects


def _effects_table(survey: Survey, effects: pd.DataFrame, caption: str, name: str, note: str, folded: str) -> Output:
    """Average marginal effects, each group against the first of its variable: by, group, reference and the numbers.

    They are differences between two of what `statistic` names.
    """
    background, note = survey.questionnaire.background, note + dash_note(effects) + hidden_note(effects)
    rows = [row for _, row in effects.iterrows()]
    unit, = {statistics.of(row["statistic"]).difference for row in rows} or {POINTS}
    several = "answer" in effects and effects["answer"].nunique() > 1
    frame = pd.DataFrame({
        **({"Svar": [answer_of(row, survey.questionnaire) for row in rows]} if several else {}),
        "Mod": [background[row["by"]].labels[row["reference"]] for row in rows],
        unit.name.capitalize(): [number(unit.times * row["estimate"], unit.decimals) for row in rows],
        "Interval": [span(unit.times * row["low"], unit.times * row["high"], unit.decimals) for row in rows],
        "p": [p_value(row["p"]) for row in rows],
    }, index=pd.Index([group_label(row, survey.questionnaire) for row in rows], name="Gruppe"))
    return table(frame, caption, name, provenance=survey.provenance, note=note, folded=folded)


def _told(survey: Survey, item: str, answers: list[str], variables: Iterable[str]) -> tuple[list[str], str]:
    """The variables of which all is shown, which a model may be made of, and a note on the others; all of synthetic."""
    named = list(variables)
    plan = plan_of(survey)
    kept = [by for by in named if plan.idle or all_told(plan, item, answers, by)]
    left_out = [survey.questionnaire.background[by].name for by in named if by not in kept]
    if not (kept and left_out):
        return kept, ""
    return kept, f" Uden {listed(left_out)}, hvor tal er skjult for at beskytte svarpersonerne."


def _no_model(survey: Survey) -> str:
    """Why there is no model: of collected answers in the same words, whatever the reason, which would tell of them."""
    return NO_MODEL if plan_of(survey).idle else NOT_SHOWN


def response_model_table(survey: Survey, variables: Iterable[str], caption: str, name: str) -> Output:
    """Average marginal effects on the chance of responding, each group against the first of its variable.

    Without the variables in a group of which all or none responded, or is hidden.
    """
    named, left_out = _told(survey, "", [], variables)
    if plan_of(survey).idle and survey.framed:
        tests = nonresponse.response_tests(survey, named).query("method == 'clustered'")
        named = list(tests.loc[tests["p"].notna(), "by"])
    note = f"Gennemsnitlige marginale effekter i en logistisk model; {between(survey)}.{left_out}"
    model = pd.DataFrame()
    try:
        model = shown(survey, nonresponse.response_model(survey, named).query("statistic == 'effect'"))
    except ValueError:
        note = _no_model(survey) if survey.framed else NO_FRAME
    return _effects_table(survey, model, caption, name, note, "Vis modellen af, hvem der svarer")


def model_table(
    survey: Survey, what: Measure | str, kind: str, variables: Iterable[str], caption: str, name: str
) -> Output:
    """Average marginal effects of all frame variables at once on a share, a mean or each answer; as `model.regression`.

    Raises ValueError for another kind of model.
    """
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}, not {kind!r}")
    words, base = KINDS[kind], what.base if isinstance(what, Measure) else survey.knows(what)
    of = (what.item, [what.answer]) if isinstance(what, Measure) else (what, [*survey.item(what).scale.answers])
    named, left_out = _told(survey, *of, variables)
    note = (f"Gennemsnitlige marginale effekter i {words} med alle variable på én gang; {reading_target(survey)} "
            "Frihedsgrader og usikkerhed er korrigeret for få kommuner (CR2)." + left_out)
    effects = pd.DataFrame(columns=[*models.COLUMNS])
    try:
        if named:
            effects = shown(survey, models.marginal_effects(model.regression(survey, what, named, kind)))
    except ValueError:
        named = []
    note = note if named else _no_model(survey)
    effects[["by", "group"]] = effects["term"].str.split("=", expand=True).reindex(columns=[0, 1])
    first = {by: next(code for place, code in enumerate(survey.questionnaire.background[by].labels)
                      if (survey.group(by)[base] == place).any()) for by in effects["by"].unique()}
    effects["reference"] = effects["by"].map(first)
    return _effects_table(survey, effects, caption, name, note, "Vis modellen")


def ordinal_sentence(survey: Survey, item: str, by: str) -> Output:
    """The odds of a higher answer in the last group against the first (proportional odds), and whether that holds.

    >>> from civsam import open_edition, show
    >>> "oddsene for et højere svar" in show.odds(open_edition().process, "vae_omkostning", "udgiftspres").text
    True
    """
    words, topic = the_survey(survey).variable(by).labels, survey.item(item).topic
    if not _told(survey, item, [*survey.item(item).scale.answers], [by])[0]:
        return sentence(f"{topic}: {NOT_SHOWN}", survey)
    try:
        fit = ordinal.ordinal(survey, item, [by])
        row = shown(survey, models.coefficients(fit)).loc[len(fit.terms[by]) - 1]
        p = ordinal.proportional_odds(fit)["p"].iloc[0]
    except ValueError:
        return sentence(f"{topic}: {_no_model(survey)}", survey)
    odds, low, high = (number(np.exp(row[name]), 2) for name in ("estimate", "low", "high"))
    last = words[row["term"].split("=")[1]]
    held, told = "afvises" if p < 0.05 else "afvises ikke", f"p = {p_value(p)}"
    if not plan_of(survey).idle:
        told = f"p højst {p_value(p_class(p))}"
    error = ODDS_ERROR if survey.design.target == "process" else ""
    return sentence(
        f"{topic}: oddsene for et højere svar er {odds} gange så store i gruppen »{last}« som i gruppen »"
        f"{next(iter(words.values()))}« ({at_level(survey.level, 'interval')} {low} til {high}). Forudsætningen om "
        f"proportionale odds {held} ({told}).{error}", survey)


def item_nonresponse_table(survey: Survey, counts: pd.DataFrame, caption: str, name: str) -> Output:
    """What respondents did with each question: answered, of them said 'ved ikke', or left it out.

    'Ved ikke' is an answer here too, as in the base of a figure.
    """
    counts = shown(survey, counts)
    asked, unsure = survey.questionnaire, survey.questionnaire.dont_know
    offered = asked.offers_dont_know(counts["item"])
    routed = bool((counts["asked"] != counts["asked"].max()).any())
    frame = pd.DataFrame({
        **({"Spurgt": [number(n) for n in counts["asked"]]} if routed else {}),
        "Besvaret": [number(n) for n in counts["answered"] + counts["dont_know"]],
        **({f"Heraf {unsure}": [number(n) for n in counts["dont_know"]]} if offered else {}),
        "Ikke besvaret": [number(n) for n in counts["missing"]],
        **({f"{unsure}, andel": [percent(x) for x in counts["dont_know_rate"]]} if offered else {}),
        "Ikke besvaret, andel": [percent(x) for x in counts["missing_rate"]],
    }, index=pd.Index([asked.items[item].topic for item in counts["item"]], name="Spørgsmål"))
    whom = "de spurgte; nogle spørgsmål er ikke stillet til alle" if routed else "dem alle"
    note = f"Antal svarpersoner af {number(counts['asked'].max())}; andelene er af {whom}.{hidden_note(counts)}"
    return table(frame, caption, name, provenance=provenance_of(counts), note=note, folded="Vis alle spørgsmål")


def weights_table(survey: Survey, summary: pd.DataFrame, caption: str, name: str) -> Output:
    """Versions of the weights: their range, design effect and effective number of respondents."""
    summary = shown(survey, summary)
    frame = pd.DataFrame({
        "Mindste": [number(x, 0 if "hidden" in summary else 2) for x in summary["low"]],
        "Største": [number(x, 0 if "hidden" in summary else 2) for x in summary["high"]],
        "Vægtenes designeffekt": [number(x, 3) for x in summary["design_effect"]],
        "Effektivt antal": [number(x) for x in summary["effective_n"]],
    }, index=pd.Index(summary["version"], name="Vægte"))
    return table(frame, caption, name, provenance=provenance_of(summary), note=response_note(survey, summary))


def power_table(survey: Survey, power: pd.DataFrame, caption: str, name: str) -> Output:
    """What could have been detected: a row a true difference, with the chance of finding it and of finding none."""
    words = survey.questionnaire.background[power["by"].iloc[0]].labels
    power = shown(survey, power)
    first = power.iloc[0]
    frame = pd.DataFrame({
        "Forskellen påvises": [percent(share) for share in power["power"]],
        "»Ingen forskel« påvises": [percent(share) for share in power["equivalence"]],
    }, index=pd.Index([number(100 * x) for x in power["difference"]], name="Sand forskel, procentpoint"))
    sides = " ".join(f"{words[first[side]]}: {number(first[f'n_{side}'])} svar i {number(first[f'clusters_{side}'])} "
                     "kommuner." for side in "ab")
    asked, said = survey.questionnaire.items[first["item"]].topic, first["answer"].split("+")
    said = joined([survey.questionnaire.label(first["item"], code) for code in said], " eller ")
    note = (f"{asked}, »{said}«. {sides} Antaget: {percent(first['icc'])} af variationen i svarene ligger mellem "
            f"kommuner (ICC). Margin: {number(100 * first['margin'])} procentpoint. Simuleret; usikkerheden på hvert "
            f"tal er højst {number(200 * power['power_se'].max())} procentpoint.")
    return table(frame, caption, name, provenance=provenance_of(power), note=note)


def imputation_table(survey: Survey, plain: pd.DataFrame, caption: str, name: str, imputed: pd.DataFrame) -> Output:
    """Estimates from those who answered beside the same with blanks filled in by multiple imputation."""
    fmi, plain, imputed = imputed["fmi"], shown(survey, plain), shown(survey, imputed)
    if hidden := not plan_of(survey).idle:  # whatever they are: what is filled in tells of those who left out, and whom
        fmi, imputed = fmi * np.nan, imputed.assign(**dict.fromkeys(("estimate", "low", "high"), np.nan))
    frame = described(plain, survey.questionnaire).iloc[:, [-1]].assign(**{
        "Kun besvarede": [with_interval(row) for _, row in plain.iterrows()],
        "Imputeret": [with_interval(row) for _, row in imputed.iterrows()],
        "Manglende information": [percent(share) for share in fmi.where(imputed["estimate"].notna().to_numpy())],
    })
    frame = frame.set_index(frame.columns[0])
    note = reading_note(survey, plain) + NOT_IMPUTED * hidden
    return table(frame, caption, name, provenance=provenance_of(plain), note=note)


def errors_table(
    draw: tuple[Survey, Survey] | None, versions: dict[str, Callable[[Survey], Survey]],
    measures: dict[str, Callable[[Survey], pd.DataFrame]], caption: str, name: str,
) -> Output:
    """How far estimates are from a known truth: a row a measure, a column a way of weighting.

    draw: respondents and everybody, or None where nobody knows the truth: then the table says so.

    >>> from civsam import estimate, open_edition, show, weighting
    >>> ways = {"Vægtet": weighting.weighted}
    >>> what = {"Øget fokus": lambda answers: estimate.shares(answers, "pol_fokus", "ja")}
    >>> show.errors(open_edition().unanchored, ways, what, "Fejl", "tab-eksempel").text.splitlines()[0]
    'Fejl [syntetiske svar]'
    """
    if draw is None:
        nobody = {"Hvorfor": ["De indsamlede svars sandhed kender ingen."]}
        frame = pd.DataFrame(nobody, index=pd.Index(["–"], name="Mål"))
        return table(frame, caption, name, provenance=COLLECTED, words=True)
    respondents, everybody = draw
    rows = {}
    for words, make in measures.items():
        known = make(everybody).iloc[0]
        unit = statistics.of(known["statistic"]).difference
        errors = {heading: make(weigh(respondents)).iloc[0]["estimate"] - known["estimate"]
                  for heading, weigh in versions.items()}
        rows[words] = {"Sandheden": value(known)} | {
            heading: number(unit.times * error, unit.decimals) for heading, error in errors.items()}
    frame = pd.DataFrame.from_dict(rows, orient="index")
    frame.index.name = "Mål"
    return table(frame, caption, name, provenance=everybody.provenance)
