"""The door through which results reach a page: tables, sentences and cards, with Danish formats and provenance.

Whatever is made from answers carries their provenance mark; nobody has to remember it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from html import escape
from string import Formatter

import numpy as np
import pandas as pd
from babel.numbers import format_percent

from civsam import disclosure, estimate, models, nonresponse, published, weighting
from civsam.citation import cited, compendium
from civsam.design import TARGETS
from civsam.edition import Edition
from civsam.files import listed
from civsam.models import Measure
from civsam.output import Output, number
from civsam.questionnaire import DONT_KNOW, Questionnaire
from civsam.simulate import has_effect
from civsam.survey import COLLECTED, SYNTHETIC, Survey

MARKS = {
    SYNTHETIC: "syntetiske svar", COLLECTED: "indsamlede svar", "publiceret": "offentliggjort", "antaget": "antaget",
    "projekt": "projektets", "register": "register",
}


NO_FRAME = "Der er ingen ramme, så det vides ikke, hvem der blev spurgt. Svarene er derfor ikke vægtet."


class Words(str):
    """Words that were made here, and so hold no number that may not be shown."""


HIDDEN = Words("–")
PARENTHESIS = re.compile(r"\([^()]*\d[^()]*\)")  # an interval in one, which no line breaks
WIDE = 3  # so many columns of numbers do not fit on a phone
BETWEEN = "usikkerheden er regnet mellem kommuner"


# ---- Danish formats


def percent(share: float, decimals: int = 0) -> str:
    """A share as percent, with a no-break space; a dash where there is none."""
    form = f"#,##0.{'0' * decimals}\u00a0%" if decimals else None
    return "–" if pd.isna(share) else format_percent(share, form, locale="da_DK")


def confidence(level: float) -> str:
    """A confidence level as percent, with a decimal only where there is one."""
    return f"{number(100 * level, 1).removesuffix(',0')}\u00a0%"


def is_mean(row: pd.Series) -> bool:
    """Whether an estimate is in the unit of a count; else it is a share."""
    return row["statistic"] in ("mean", "total", "quantile")


def value(row: pd.Series, more: int = 0) -> str:
    """An estimate's number: percent for shares, one decimal for means, and so many decimals more."""
    return number(row["estimate"], 1 + more) if is_mean(row) else percent(row["estimate"], more)


def interval(row: pd.Series, more: int = 0) -> str:
    """An estimate's interval, 79–84; decimals as of `value`."""
    if pd.isna(row["low"]):
        return "–"
    times, decimals = (1, 1 + more) if is_mean(row) else (100, more)
    return f"{number(times * row['low'], decimals)}–{number(times * row['high'], decimals)}"


def with_interval(row: pd.Series) -> str:
    """An estimate and its interval, 82 % (79–84)."""
    return f"{value(row)} ({interval(row)})" if pd.notna(row["estimate"]) else "–"


def span(low: float, high: float, decimals: int = 1) -> str:
    """The interval of a difference, −2,1 til 4,0: its ends may be negative."""
    return f"{number(low, decimals)} til {number(high, decimals)}" if pd.notna(low) else "–"


def group_label(row: pd.Series, questionnaire: Questionnaire) -> str:
    """The words for the group that an estimate is about."""
    return questionnaire.background[row["by"]].labels[row["group"]] if row["by"] else "Alle"


def joined(words: list[str], link: str) -> str:
    """Labels as one phrase: only the first keeps its capital."""
    return link.join([words[0], *(word[0].lower() + word[1:] for word in words[1:])])


def _topic(row: pd.Series, questionnaire: Questionnaire) -> str:
    return joined([questionnaire.items[item].topic for item in row["item"].split("+")], " og ")


def _answer(row: pd.Series, questionnaire: Questionnaire) -> str:
    if not row["answer"]:
        return ""
    return joined([questionnaire.label(row["item"], code) for code in row["answer"].split("+")], " eller ")


def described(estimates: pd.DataFrame, questionnaire: Questionnaire) -> pd.DataFrame:
    """What tells the estimates from one another, in words: only the columns that vary, the nearest first."""
    words = pd.DataFrame({
        name: [make(row, questionnaire) for _, row in estimates.iterrows()]
        for name, make in {
            "Gruppe": group_label,
            "Svar": _answer,
            "Spørgsmål": _topic,
            "Variabel": lambda row, those: those.background[row["by"]].name.capitalize() if row["by"] else "",
            "Gælder": lambda row, _: TARGETS[row["target"]],
        }.items()
    })
    varying = words.loc[:, words.nunique() > 1]
    return varying if len(varying.columns) else words[["Spørgsmål"]]


def labels(estimates: pd.DataFrame, questionnaire: Questionnaire) -> list[str]:
    """The words for each estimate in a figure or a list."""
    return list(described(estimates, questionnaire).iloc[:, 0])


# ---- Provenance


def provenance_of(estimates: pd.DataFrame) -> str:
    """The provenance of estimates. Raises ValueError where it is missing or mixed: nothing is shown without it."""
    found = set(estimates["provenance"]) if "provenance" in estimates else set()
    if len(found) != 1:
        raise ValueError(f"estimates of one provenance are needed, not {sorted(found)}")
    return found.pop()


def mark(provenance: str) -> str:
    """The badge that says where a number comes from."""
    return f'<span class="maerke {provenance}">{MARKS[provenance]}</span>'


# ---- Disclosure

_plans: dict[tuple[str, int, bool], disclosure.Plan] = {}


def plan_of(survey: Survey) -> disclosure.Plan:
    """What may be shown of these answers: the same for every weighting of them, and made once."""
    key = (survey.digest, survey.minimum, survey.framed)
    if key not in _plans:
        usual = survey if survey.provenance == SYNTHETIC else weighting.weighted(survey)  # nothing is hidden of those
        _plans[key] = disclosure.plan(usual, survey.minimum)
    return _plans[key]


def shown(survey: Survey, table: pd.DataFrame) -> pd.DataFrame:
    """The table as it may be shown: as it is for synthetic answers, else rounded, with small numbers hidden."""
    return plan_of(survey).protect(table)


def hidden_note(table: pd.DataFrame) -> str:
    """What the reader of collected answers must know of rounding and hidden numbers."""
    if "hidden" not in table:
        return ""
    gaps = table["hidden"].any() or ("low" in table and table["low"].isna().any())
    dash = " En streg står for tal, der er skjult for at beskytte svarpersonerne." if gaps else ""
    bound = " En p-værdi er en øvre grænse." if "p" in table and "verdict" not in table else ""
    step = disclosure.STEP
    sums = ("" if "estimate" not in table else
            f", og de andre tal til trin på {step} svar; derfor giver andele ikke altid 100\u00a0% tilsammen")
    return f" Antal er afrundet til nærmeste {step}{sums}.{bound}{dash}"


def response_note(survey: Survey, table: pd.DataFrame) -> str:
    """As `hidden_note`, for what takes knowing who was asked: without a frame, that it is not known."""
    return (hidden_note(table) if survey.framed else NO_FRAME + hidden_note(table)).strip()


# ---- Tables


def _html_rows(frame: pd.DataFrame, *, named: bool) -> str:
    """Head and body, with scope on every heading; columns without digits are marked as words.

    named: each cell has its column's name, for a phone shows tables of words, and wide ones, as a list of them.
    """
    kinds = ["" if _is_numbers(frame[name]) else ' class="ord"' for name in frame]
    heads = zip((frame.index.name or "", *frame.columns), ("", *kinds), strict=True)
    head = "".join(f'<th scope="col"{kind}>{escape(str(name))}</th>' for name, kind in heads)
    body = "".join(
        f'<tr><th scope="row">{escape(str(name))}</th>{_html_cells(row, frame.columns if named else None, kinds)}</tr>'
        for name, row in zip(frame.index, frame.to_numpy(), strict=True)
    )
    return f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>"


def _is_numbers(column: pd.Series) -> bool:
    """Whether each cell of a column holds a number, a dash for one, or nothing."""
    return all(re.search(r"\d|^–?$", str(cell)) for cell in column)


def _without_hidden(frame: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """The table without columns and rows that hold dashes only, and a note that says so."""
    dashes = frame.loc[:, [_is_numbers(frame[name]) for name in frame]] == "–"
    columns = dashes.columns[dashes.all()]
    rows = dashes.drop(columns=columns).all(axis=1) & bool(len(columns) < dashes.shape[1])
    if dashes.all(axis=None) and len(dashes.columns):
        why = "Alle tal er skjult for at beskytte svarpersonerne, eller kan ikke regnes ud."
        return pd.DataFrame({"Hvorfor": [why]}, index=pd.Index(["–"], name=frame.index.name)), ""
    told = [_counted(names, *words) for names, *words in
            ((columns, "kolonne", "kolonner"), (frame.index[rows], "række", "rækker")) if len(names)]
    note = f"Udeladt, for der er kun streger: {' og '.join(told)}." if told else ""
    return frame.loc[~rows].drop(columns=columns), note


def _counted(names: pd.Index, one: str, more: str) -> str:
    """How many there are, and which, if they are few: 1 kolonne (»p, korrigeret«)."""
    which = f" ({listed(f'»{name}«' for name in names.unique())})" if len(names) <= 3 else ""
    return f"{number(len(names))} {one if len(names) == 1 else more}{which}"


def _html_cells(row: Iterable[object], names: Iterable[object] | None, kinds: list[str]) -> str:
    """A row's cells; what stands on further lines of a cell is small."""
    cells = [[PARENTHESIS.sub(r"<span>\g<0></span>", escape(line)) for line in str(cell).split("\n")] for cell in row]
    heads = [f' data-navn="{escape(str(name))}"' for name in names] if names is not None else [""] * len(kinds)
    return "".join(f'<td{kind}{head}>{first}{"".join(f"<small>{line}</small>" for line in rest)}</td>'
                   for (first, *rest), head, kind in zip(cells, heads, kinds, strict=True))


def table(frame: pd.DataFrame, caption: str, name: str, *, provenance: str, note: str = "", words: bool = False,
          stacked: bool = False, folded: str = "") -> Output:
    """A table with caption and number. `frame` holds ready-made text; its index is the row headings.

    words: cells are text, not numbers, and stand to the left. stacked: the cells of a row stand below one another, each
    with its heading. folded: the text that unfolds a long table.
    """
    if provenance == COLLECTED:
        frame, left_out = _without_hidden(frame)
        note = f"{note} {left_out}".strip()
    html = table_html(frame, caption, provenance, "tabel" + " tekst" * (words or stacked) + " stak" * stacked)
    if note:
        html += f'<p class="note">{escape(note)}</p>'
    if folded:
        html = f"<details><summary>{escape(folded)}</summary>{html}</details>"
    text = f"{caption} [{MARKS[provenance]}]\n{frame.to_string()}\n{note}".rstrip()
    return Output(html, text, {"name": name, "caption": caption})


def table_html(frame: pd.DataFrame, caption: str, provenance: str, kind: str = "tabel") -> str:
    """The table itself in a box that scrolls, with scope on every heading."""
    kind += " bred" * (len(frame.columns) >= WIDE and "tekst" not in kind)
    return (f'<div class="{kind}" role="region" tabindex="0" aria-label="{escape(caption)}"><table>'
            f"<caption>{escape(caption)} {mark(provenance)}</caption>"
            f"{_html_rows(frame, named=kind != 'tabel')}</table></div>")


def reading_note(estimates: pd.DataFrame) -> str:
    """What the intervals cover and which question they answer, in words."""
    if estimates["target"].nunique() > 1:
        return "Intervallerne svarer hver på sit spørgsmål."
    level = confidence(estimates["level"].iloc[0])
    shares = (estimates["statistic"] == "share").all()
    counts = "" if shares else " Svarpersoner, der ikke kendte antallet, indgår ikke."
    target = estimates["target"].iloc[0]
    about = {"population": "for, hvad alle adspurgte ville svare", "process": "for processen bag svarene",
             "sample": "for en tænkt population, som svarene er trukket tilfældigt fra"}[target]
    how = BETWEEN if target == "process" else _weighted(estimates["weighted"].any())
    covers = " Det dækker tilfældigt bortfald, ikke skævt bortfald."
    counts += hidden_note(estimates)
    return f"{level}-interval {about}; {how}.{covers}{counts}{chance_note(estimates)}"


def weighted(estimates: pd.DataFrame) -> str:
    """Whether the answers are weighted, as a sentence."""
    return f"{_weighted(estimates['weighted'].any()).capitalize()}."


def _weighted(yes: bool) -> str:
    return "svarene er vægtet" if yes else "svarene er ikke vægtet"


def chance_note(estimates: pd.DataFrame) -> str:
    """Where synthetic groups are equal by construction, the reader is told that what she sees is chance."""
    grouped = estimates[estimates["by"] != ""]
    if grouped.empty or provenance_of(estimates) != SYNTHETIC:
        return ""
    effects = [has_effect(*pair) for pair in grouped[["item", "by"]].drop_duplicates().itertuples(index=False)]
    return "" if any(effects) else " I modellen bag de syntetiske svar er grupperne ens; forskellene er tilfældige."


def estimates_table(survey: Survey, estimates: pd.DataFrame, caption: str, name: str) -> Output:
    """Estimates as a table: a row each, with interval and base, and a column for all that varies among them."""
    estimates = shown(survey, estimates)
    frame = estimates_frame(survey, estimates)
    return table(frame, caption, name, provenance=provenance_of(estimates), note=reading_note(estimates))


def estimates_frame(survey: Survey, estimates: pd.DataFrame, more: int = 0) -> pd.DataFrame:
    """Estimates, as `shown`, in words and numbers: a row each; so many decimals more, where nothing is rounded."""
    more *= "hidden" not in estimates
    rows = [row for _, row in estimates.iterrows()]
    frame = described(estimates, survey.questionnaire).assign(
        Tal=[value(row, more) for row in rows],
        Interval=[interval(row, more) for row in rows],
        n=[number(n) for n in estimates["n"]],
    )
    if (estimates["statistic"] == "share").all():
        frame["Uden ved ikke"] = [percent(share, more) for share in _among_those_who_know(survey, estimates)]
    return frame.set_index(frame.columns[0])


def p_table(survey: Survey, tests: pd.DataFrame, caption: str, name: str, *, note: str = "") -> Output:
    """Tests as a table: a row each, named by its frame variable, with p before and after correction for the family."""
    tests = shown(survey, tests)
    frame = pd.DataFrame({
        "F": [number(x, 2) for x in tests["statistic"]],
        "p": [p_value(p, bound="hidden" in tests) for p in tests["p"]],
        "p, korrigeret": [p_value(p, bound="hidden" in tests) for p in tests["p_adjusted"]],
    }, index=pd.Index([survey.questionnaire.background[by].name.capitalize() for by in tests["by"]], name="Variabel"))
    told = hidden_note(tests) if "item" in tests else response_note(survey, tests)
    return table(frame, caption, name, provenance=provenance_of(tests), note=note + told)


def p_value(p: float, *, bound: bool = False) -> str:
    """A p-value with three decimals; the smallest as under 0,001. bound: it is the upper end of its class."""
    if bound and p == disclosure.P_CLASSES[-1]:
        return f"over {number(disclosure.P_CLASSES[-2], 1)}"
    return "–" if pd.isna(p) else "under 0,001" if p < 0.001 else number(p, 3)


def _effects_table(survey: Survey, effects: pd.DataFrame, caption: str, name: str, note: str, folded: str) -> Output:
    """Average marginal effects, each group against the first of its variable: by, group, reference and the numbers."""
    background, note = survey.questionnaire.background, note + hidden_note(effects)
    count = "statistic" in effects and (effects["statistic"] == "mean").any()
    rows, times = [row for _, row in effects.iterrows()], 1 if count else 100
    frame = pd.DataFrame({
        "Mod": [background[row["by"]].labels[row["reference"]] for row in rows],
        "Antal" if count else "Procentpoint": [number(times * row["estimate"], 1) for row in rows],
        "Interval": [span(times * row["low"], times * row["high"]) for row in rows],
        "p": [p_value(row["p"]) for row in rows],
    }, index=pd.Index([group_label(row, survey.questionnaire) for row in rows], name="Gruppe"))
    return table(frame, caption, name, provenance=survey.provenance, note=note, folded=folded)


def response_model_table(survey: Survey, variables: Iterable[str], caption: str, name: str) -> Output:
    """Average marginal effects on the chance of responding, each group against the first of its variable."""
    named = list(variables)
    note = "Gennemsnitlige marginale effekter i en logistisk model; usikkerheden er regnet mellem kommuner."
    if not survey.framed:
        note = NO_FRAME
    elif not named:
        note = "Alle eller ingen svarede i mindst én gruppe af hver variabel, så der er intet at modellere."
    model = pd.DataFrame()
    if named:
        model = shown(survey, nonresponse.response_model(survey, named).query("statistic == 'effect'"))
    return _effects_table(survey, model.drop(columns="statistic", errors="ignore"), caption, name, note,
                          "Vis modellen af, hvem der svarer")


def model_table(survey: Survey, what: Measure, model: str, variables: Iterable[str], caption: str, name: str) -> Output:
    """Average marginal effects of all frame variables at once on a share or a mean; model as `models.regression`."""
    words = {"logit": "en logistisk model", "count": "en Poisson-model", "linear": "en lineær model"}[model]
    note = (f"Gennemsnitlige marginale effekter i {words} med alle variable på én gang; {reading_target(survey)} "
            "Frihedsgrader og usikkerhed er korrigeret for få kommuner (CR2).")
    try:
        effects = shown(survey, models.marginal_effects(models.regression(survey, what, list(variables), model)))
    except ValueError:
        note = "Modellen kan ikke beregnes på disse svar."  # why would tell that all of a group answered alike
        effects = pd.DataFrame(columns=[*models.COLUMNS])
    effects[["by", "group"]] = effects["term"].str.split("=", expand=True).reindex(columns=[0, 1])
    first = {by: next(code for place, code in enumerate(survey.questionnaire.background[by].labels)
                      if (survey.group(by)[what.base] == place).any()) for by in effects["by"].unique()}
    effects["reference"] = effects["by"].map(first)
    return _effects_table(survey, effects, caption, name, note, "Vis modellen")


def ordinal_sentence(survey: Survey, item: str, by: str) -> Output:
    """The odds of a higher answer in the last group against the first (proportional odds), and whether that holds."""
    words, topic = survey.questionnaire.background[by].labels, survey.questionnaire.items[item].topic
    try:
        fit = models.ordinal(survey, item, [by])
        row = shown(survey, models.coefficients(fit)).loc[len(fit.terms[by]) - 1]
        p = models.proportional_odds(fit)["p"].iloc[0]
    except ValueError:
        return sentence("Modellen kan ikke beregnes på disse svar.", survey)
    odds, low, high = (number(np.exp(row[name]), 2) for name in ("estimate", "low", "high"))
    last = words[row["term"].split("=")[1]]
    held, told = "afvises" if p < 0.05 else "afvises ikke", f"p = {p_value(p)}"
    if not plan_of(survey).idle:
        told = f"p højst {p_value(disclosure.p_class(p))}"
    return sentence(
        f"{topic}: oddsene for et højere svar er {odds} gange så store i gruppen »{last}« som i gruppen »"
        f"{next(iter(words.values()))}« ({confidence(survey.level)}-interval {low} til {high}). Forudsætningen om "
        f"proportionale odds {held} ({told}).", survey)


def contrasts_table(
    survey: Survey, contrasts: pd.DataFrame, sizes: pd.DataFrame, caption: str, name: str
) -> Output:
    """Differences between pairs of groups with interval, effect size (Cohen's h) and p corrected for the family.

    contrasts: from `compare.contrasts`, corrected; sizes: the same pairs with effect="cohens_h".
    """
    words = survey.questionnaire.background[contrasts["by"].iloc[0]].labels
    family, contrasts, sizes = contrasts["family_size"].iloc[0], shown(survey, contrasts), shown(survey, sizes)
    rows = [row for _, row in contrasts.iterrows()]
    frame = pd.DataFrame({
        "Forskel, procentpoint": [number(100 * row["estimate"], 1) for row in rows],
        "Interval": [span(100 * row["low"], 100 * row["high"]) for row in rows],
        "Cohens h": [number(h, 2) for h in sizes["estimate"]],
        "p, korrigeret": [p_value(row["p_adjusted"]) for row in rows],
    }, index=pd.Index([f"{words[row['a']]} – {words[row['b']]}" for row in rows], name="Par"))
    note = (f"{confidence(survey.level)}-intervaller, ikke korrigeret; {reading_target(survey)} p-værdierne er "
            f"korrigeret for de {family} par, der kan testes (Holms metode).{hidden_note(contrasts)}")
    return table(frame, caption, name, provenance=provenance_of(contrasts), note=note, folded="Vis alle par")


def reading_target(survey: Survey) -> str:
    """How the uncertainty of comparisons is computed, in words."""
    return f"{BETWEEN if survey.design.target == 'process' else _weighted(survey.design.weighted)}."


def item_nonresponse_table(survey: Survey, caption: str, name: str) -> Output:
    """What respondents did with each question: answered, said 'ved ikke', or left it out."""
    counts = shown(survey, nonresponse.item_nonresponse(survey))
    frame = pd.DataFrame({
        "Besvaret": [number(n) for n in counts["answered"]],
        survey.questionnaire.dont_know: [number(n) for n in counts["dont_know"]],
        "Ikke besvaret": [number(n) for n in counts["missing"]],
        f"{survey.questionnaire.dont_know}, andel": [percent(x) for x in counts["dont_know_rate"]],
        "Ikke besvaret, andel": [percent(x) for x in counts["missing_rate"]],
    }, index=pd.Index([survey.questionnaire.items[item].topic for item in counts["item"]], name="Spørgsmål"))
    note = f"Antal svarpersoner af {number(counts['asked'].iloc[0])}; andelene er af dem alle.{hidden_note(counts)}"
    return table(frame, caption, name, provenance=provenance_of(counts), note=note, folded="Vis alle spørgsmål")


def weights_table(survey: Survey, summary: pd.DataFrame, caption: str, name: str) -> Output:
    """Versions of the weights: their range, design effect and effective number of respondents."""
    summary = shown(survey, summary)
    frame = pd.DataFrame({
        "Mindste": [number(x, 0 if "hidden" in summary else 2) for x in summary["low"]],
        "Største": [number(x, 0 if "hidden" in summary else 2) for x in summary["high"]],
        "Designeffekt": [number(x, 3) for x in summary["design_effect"]],
        "Effektivt antal": [number(x) for x in summary["effective_n"]],
    }, index=pd.Index(summary["version"], name="Vægte"))
    return table(frame, caption, name, provenance=provenance_of(summary), note=response_note(survey, summary))


def power_table(power: pd.DataFrame, survey: Survey, by: str, caption: str, name: str) -> Output:
    """What could have been detected: a row a true difference, with the chance of finding it and of finding none."""
    words = survey.questionnaire.background[by].labels
    power = shown(survey, power)
    first = power.iloc[0]
    frame = pd.DataFrame({
        "Forskellen påvises": [percent(share) for share in power["power"]],
        "»Ingen forskel« påvises": [percent(share) for share in power["equivalence"]],
    }, index=pd.Index([number(100 * x) for x in power["difference"]], name="Sand forskel, procentpoint"))
    sides = " ".join(f"{words[first[side]]}: {number(first[f'n_{side}'])} svar i {number(first[f'clusters_{side}'])} "
                     "kommuner." for side in "ab")
    note = (f"{sides} Margin: {number(100 * first['margin'])} procentpoint. Simuleret; usikkerheden på hvert tal er "
            f"højst {number(200 * power['power_se'].max())} procentpoint.")
    return table(frame, caption, name, provenance=provenance_of(power), note=note)


def imputation_table(survey: Survey, plain: pd.DataFrame, imputed: pd.DataFrame, caption: str, name: str) -> Output:
    """Estimates from those who answered beside the same with blanks filled in by multiple imputation."""
    fmi, plain, imputed = imputed["fmi"], shown(survey, plain), shown(survey, imputed)
    frame = described(plain, survey.questionnaire).iloc[:, [-1]].assign(**{
        "Kun besvarede": [with_interval(row) for _, row in plain.iterrows()],
        "Imputeret": [with_interval(row) for _, row in imputed.iterrows()],
        "Manglende information": [percent(share) for share in fmi.where(imputed["estimate"].notna().to_numpy())],
    })
    frame = frame.set_index(frame.columns[0])
    return table(frame, caption, name, provenance=provenance_of(plain), note=reading_note(plain))


def errors_table(
    draw: tuple[Survey, Survey] | None, versions: dict[str, Callable[[Survey], Survey]],
    measures: dict[str, Callable[[Survey], pd.DataFrame]], caption: str, name: str,
) -> Output:
    """How far estimates are from a known truth: a row a measure, a column a way of weighting.

    draw: respondents and everybody, or None where nobody knows the truth: then the table says so.
    """
    if draw is None:
        nobody = {"Hvorfor": ["De indsamlede svars sandhed kender ingen."]}
        frame = pd.DataFrame(nobody, index=pd.Index(["–"], name="Mål"))
        return table(frame, caption, name, provenance=COLLECTED, words=True)
    respondents, everybody = draw
    rows = {}
    for words, make in measures.items():
        known = make(everybody).iloc[0]
        shown = (lambda x: number(x, 1)) if is_mean(known) else (lambda x: number(100 * x, 1))
        rows[words] = {"Sandheden": value(known)} | {
            heading: shown(make(weigh(respondents)).iloc[0]["estimate"] - known["estimate"])
            for heading, weigh in versions.items()
        }
    frame = pd.DataFrame.from_dict(rows, orient="index")
    frame.index.name = "Mål"
    return table(frame, caption, name, provenance=everybody.provenance)


def _among_those_who_know(survey: Survey, estimates: pd.DataFrame) -> Iterable[float]:
    """The same shares of those who answered with something else than 'ved ikke'."""
    if not plan_of(survey).idle:
        return plan_of(survey).without_dont_know(estimates)
    wanted = estimates.loc[estimates["answer"] != DONT_KNOW, ["item", "answer", "by"]].drop_duplicates()
    known = [estimate.shares(survey, item, answer, by or None, dont_know=False)
             for item, answer, by in wanted.itertuples(index=False)]
    found = pd.concat(known).set_index(["item", "answer", "by", "group"])["estimate"]
    return [found.get(tuple(row), float("nan"))
            for row in estimates[["item", "answer", "by", "group"]].itertuples(index=False)]


def _without_dont_know(survey: Survey, estimates: pd.DataFrame) -> list[str]:
    """A second line for the cells of shares: what they are without 'ved ikke'."""
    lines = pd.Series("", index=range(len(estimates)))
    shares = (estimates["statistic"] == "share").to_numpy()
    if shares.any():
        known = _among_those_who_know(survey, estimates[shares])
        lines[shares] = ["" if pd.isna(share) else f"\n{percent(share)} uden ved ikke" for share in known]
    return list(lines)


def group_table(survey: Survey, estimates: pd.DataFrame, caption: str, name: str, *, folded: bool = False) -> Output:
    """Estimates by group: a row a group, a column an answer (or a question, where there are several)."""
    estimates = shown(survey, estimates)
    one = estimates["item"].nunique() == 1 and (estimates["answer"] != "").all()
    heading = _answer if one else _topic
    cells = pd.DataFrame({
        "row": [group_label(row, survey.questionnaire) for _, row in estimates.iterrows()],
        "column": [heading(row, survey.questionnaire) for _, row in estimates.iterrows()],
        "cell": [with_interval(row) for _, row in estimates.iterrows()],
    })
    cells["cell"] += _without_dont_know(survey, estimates)
    frame = cells.pivot(index="row", columns="column", values="cell")
    frame = frame.loc[cells["row"].unique(), cells["column"].unique()]
    variable = survey.questionnaire.background[estimates["by"].iloc[0]].name
    frame.index.name = variable.capitalize()
    return table(frame, caption, name, provenance=provenance_of(estimates), note=reading_note(estimates),
                 folded=f"Vis fordelt efter {variable}" if folded else "")


def rates_table(rates: pd.DataFrame, survey: Survey, caption: str, name: str) -> Output:
    """Response rates as a table. Rows of several variables may be stacked."""
    rates = shown(survey, rates)
    frame = pd.DataFrame({
        "Gruppe": [group_label(row, survey.questionnaire) for _, row in rates.iterrows()],
        "Adspurgte": [number(n) for n in rates["asked"]],
        "Svarede": [number(n) for n in rates["responded"]],
        "Svarprocent": [percent(share) for share in rates["estimate"]],
    }).set_index("Gruppe")
    return table(frame, caption, name, provenance=provenance_of(rates), note=response_note(survey, rates))


def published_value(statement: str) -> str:
    """A published number as its source has it: in words, as percent, or as a count."""
    fact = published.statements().loc[statement]
    return fact["ord"] or (percent(fact["vaerdi"]) if fact["art"] == "andel" else number(fact["vaerdi"]))


def comparison_table(columns: dict[str, dict[str, pd.DataFrame]], survey: Survey, caption: str, name: str) -> Output:
    """The published value of some statements beside one-row estimates; `columns`: heading to statement to estimate."""
    ids = list(next(iter(columns.values())))
    facts = published.statements().loc[ids]
    frame = pd.DataFrame({"Offentliggjort": [published_value(name) for name in ids]}, index=facts["udsagn"])
    for heading, estimates in columns.items():
        frame[heading] = [value(shown(survey, estimates[name]).iloc[0]) for name in ids]
    frame.index.name = "Udsagn"
    return table(frame, caption, name, provenance=survey.provenance)


def summary(survey: Survey, estimates: pd.DataFrame) -> str:
    """One estimate with its interval, or several from the highest, each with its words (and interval, if few)."""
    provenance_of(estimates)
    estimates = shown(survey, estimates)
    if len(estimates) == 1:
        return _alone(estimates.iloc[0])
    ordered = estimates.sort_values("estimate", ascending=False, kind="stable")
    words = labels(ordered, survey.questionnaire)
    told = with_interval if len(ordered) <= 5 else value
    return "; ".join(f"{text} {told(row)}" for text, (_, row) in zip(words, ordered.iterrows(), strict=True))


def _alone(row: pd.Series) -> str:
    """A single number: a response rate with its counts, an R-indicator, or an estimate with what it has of interval."""
    if "responded" in row:
        return f"{percent(row['estimate'])} ({number(row['responded'])} af {number(row['asked'])})"
    if "unadjusted" in row:
        return f"{number(row['estimate'], 2)} (interval {number(row['low'], 2)} til {number(row['high'], 2)})"
    return with_interval(row) if "low" in row else value(row)


# ---- Sentences, questions, cards


def sentence(text: str, survey: Survey, *estimates: pd.DataFrame | Words) -> Output:
    """A sentence with numbers, made by the cell: each {} takes an estimate (or several, or words made here).

    Raises TypeError for text from elsewhere: it might hold numbers that may not be shown.
    """
    if not all(isinstance(part, pd.DataFrame | Words) for part in estimates):
        raise TypeError("a sentence takes tables of estimates and words made by this module")
    parts = [part if isinstance(part, Words) else summary(survey, part) for part in estimates]
    filled = text.format(*parts)
    if not survey.framed and any("responded" in part or "unadjusted" in part for part in estimates):
        filled = NO_FRAME
    elif not plan_of(survey).idle and any(part is HIDDEN or part.startswith("–") for part in parts):
        filled = "Her er et tal skjult for at beskytte svarpersonerne."
    html = f'<p class="saetning">{escape(filled)} {mark(survey.provenance)}</p>'
    return Output(html, f"{filled} [{MARKS[survey.provenance]}]")


def published_sentence(text: str) -> Output:
    """A sentence with published numbers: {N5} is replaced by the value of statement N5, which is named after it."""
    ids = [part[1] for part in Formatter().parse(text) if part[1]]
    filled = text.format(**{name: published_value(name) for name in ids})
    source = f"udsagn {listed(ids)}"
    html = f'<p class="saetning">{escape(filled)} <span class="kilde">({source})</span> {mark("publiceret")}</p>'
    return Output(html, f"{filled} ({source}) [{MARKS['publiceret']}]")


def highest(survey: Survey, estimates: pd.DataFrame, *, lowest: bool = False) -> Words:
    """The words of the estimate that is highest (or lowest); `HIDDEN` where it may be one that is not shown."""
    values = shown(survey, estimates)["estimate"].to_numpy()
    if np.isnan(values).all() or (np.isnan(values).any() and not plan_of(survey).idle):
        return HIDDEN
    ends = values == (np.nanmin(values) if lowest else np.nanmax(values))  # rounded numbers may be equal
    return Words(listed(np.array(labels(estimates, survey.questionnaire), dtype=object)[ends]))


def question(survey: Survey, *items: str) -> Output:
    """Questions as they were asked, each with how many answered, said 'ved ikke' and left it out."""
    parts = [_asked(survey, item) for item in items]
    html = "".join(f'<p class="ordlyd">{escape(wording)}</p><p class="grundlag"><code>{item}</code> · {base}</p>'
                   for item, wording, base in parts)
    text = "\n".join(f"{wording}\n{item}: {base}" for item, wording, base in parts)
    mine = survey.provenance
    return Output(f'<div class="spoergsmaal">{html}{mark(mine)}</div>', f"{text} [{MARKS[mine]}]")


def _asked(survey: Survey, item: str) -> tuple[str, str, str]:
    """An item, its wording with help, and its base in words."""
    asked = survey.questionnaire.items[item]
    n, unsure, missing = plan_of(survey).base(item)
    base = f"besvaret: {number(n)}, heraf ved ikke: {number(unsure)}; ikke besvaret: {number(missing)}"
    return item, f"{asked.wording} {asked.help}".strip(), base


def quotation(text: str) -> Output:
    """Words from the questionnaire, set off from the chapter's own."""
    return Output(f'<blockquote class="spoergsmaal"><p class="ordlyd">{escape(text)}</p></blockquote>', text)


def cards(survey: Survey, entries: dict[str, pd.DataFrame], statements: list[str]) -> Output:
    """Key figures as cards: a text to a one-row estimate, each beside the published statement it belongs to."""
    html, text = [], []
    for (words, estimates), statement in zip(entries.items(), statements, strict=True):
        row = shown(survey, estimates).iloc[0]
        big, spread = _figure(row, framed=survey.framed)
        known = f"Offentliggjort: {published_value(statement)} ({statement})"
        scale = _scale(row, published.value(statement)) if "%" in big else ""
        html.append(f'<div class="kort"><p class="tal">{big}</p><p class="tekst">{escape(words)}</p>{scale}'
                    f'<p class="usikkerhed">{spread}</p><p class="usikkerhed">{known}</p>'
                    f'{mark(provenance_of(estimates))}</div>')
        text.append(f"{big} {words} ({spread}). {known} [{MARKS[survey.provenance]}]")
    return Output(f'<div class="noegletal">{"".join(html)}</div>', "\n".join(text))


def _figure(row: pd.Series, *, framed: bool) -> tuple[str, str]:
    """A key figure and how sure it is. A response rate is counted; without a frame only those who answered are."""
    if "responded" not in row:
        return value(row), f"{confidence(row['level'])}-interval {interval(row)}"
    if not framed:
        return number(row["responded"]), "Uden en ramme kendes svarprocenten ikke"
    return percent(row["estimate"]), f"{number(row['responded'])} af {number(row['asked'])}"


def _scale(row: pd.Series, known: float) -> str:
    """A share on a line from 0 to 100 percent: a band for its interval, a dot, and a tick for what is published.

    It is drawn from the whole percents that the card tells, so it holds nothing more.
    """
    at = {name: round(100 * share) for name, share in row.reindex(["estimate", "low", "high"]).items()
          if not pd.isna(share)}
    band = f'<line class="spaend" x1="{at["low"]}%" x2="{at["high"]}%" y1="8" y2="8"/>' if "low" in at else ""
    dot = f'<circle cx="{at["estimate"]}%" cy="8" r="4"/>' if "estimate" in at else ""
    tick = f'<line class="kendt" x1="{round(100 * known)}%" x2="{round(100 * known)}%" y1="0" y2="16"/>'
    return ('<svg class="skala" width="100%" height="16" aria-hidden="true"><line x1="0" x2="100%" y1="8" y2="8"/>'
            f"{tick}{band}{dot}</svg>")


def citation(edition: Edition) -> Output:
    """How to cite this edition: which answers its numbers are made from is part of the reference."""
    made = dict(edition.words())["Svar"]
    warning = " Tallene er ikke resultater af undersøgelsen." if edition.survey.provenance == SYNTHETIC else ""
    return cited(compendium(f"Svar: {made}.{warning}"), "kompendium")


def banner(edition: Edition) -> Output:
    """What every chapter opens with: where the answers come from, and the edition's parameters in words."""
    survey = edition.survey
    notice = {
        SYNTHETIC: "Ingen har svaret dette. Svarene på siden er trukket af en model, så de passer med det, der er "
                   "offentliggjort om undersøgelsen. Alt andet i dem er antagelser.",
        COLLECTED: "Svarene på siden er læst fra en fil. Små grupper og små antal er skjult, og tal er afrundet, så "
                   "ingen kan genkendes. En streg er et tal, der er skjult eller ikke kan regnes ud.",
    }[survey.provenance]
    if not survey.framed:
        notice += (" Der er ingen ramme, så det vides ikke, hvem der blev spurgt. Svarprocent, vægte og bortfald kan "
                   "ikke regnes ud, og intervallerne gælder kun, hvis det er tilfældigt, hvem der har svaret.")
    terms = "".join(f"<div><dt>{escape(term)}</dt><dd>{escape(words)}</dd></div>" for term, words in edition.words())
    html = (f'<div class="banner {survey.provenance}" role="note"><p><strong>{MARKS[survey.provenance].capitalize()}.'
            f'</strong> {escape(notice)}</p><dl class="parametre">{terms}</dl></div>')
    text = "; ".join(f"{term}: {words}" for term, words in edition.words())
    return Output(html, f"{MARKS[survey.provenance].capitalize()}. {notice}\n{text}")


# What may turn text around or hide in it, shown as what it is.
INVISIBLE = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0), 0x61C, 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F),
                           *range(0x2060, 0x206A), 0xFEFF], "\N{REPLACEMENT CHARACTER}") | {10: " / ", 9: " ", 13: ""}


def nothing_to_show(caption: str) -> Output:
    """What stands in the place of a figure of which everything is hidden."""
    told = f"{caption}: skjult for at beskytte svarpersonerne."
    return Output(f'<p class="note">{escape(told)}</p>', told)


def texts(survey: Survey, item: str) -> Output:
    """The answers in words, if the edition may show them: in alphabetical order, which says nothing of who wrote."""
    if not survey.texts:
        nothing = "Fri tekst vises ikke i denne udgave."
        return Output(f'<p class="note">{nothing}</p>', nothing)
    said = sorted(text.translate(INVISIBLE) for text in survey.answers[item] if text.strip())
    html = "".join(f"<li><bdi>{escape(text)}</bdi></li>" for text in said)
    return Output(f'<div class="fritekst"><ul>{html}</ul>{mark(survey.provenance)}</div>', "\n".join(said))
