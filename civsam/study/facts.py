"""Tables of all that is not answers: the report, the register, the questionnaire, published statements, assumptions."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

import numpy as np
import pandas as pd

from civsam import danish
from civsam.danish import danish_order
from civsam.files import LINE, project, read_yaml
from civsam.instrument.questionnaire import read
from civsam.pages import bibliography
from civsam.pages.cells import number, percent
from civsam.pages.door import NO_FRAME, plan_of, shown
from civsam.pages.html import table
from civsam.pages.output import Output
from civsam.pages.provenance import mark
from civsam.pages.sentences import sentence
from civsam.study import citation, published, register
from civsam.study.simulate import assumptions
from civsam.survey.survey import Survey


def report_byline() -> Output:
    """Whose report it is, and when its answers were collected."""
    told = published.report()["vaerdi"]
    publisher, when = told["Udgiver"].partition(",")[0], told["Dataindsamling"].lower()
    text = f"Rapport af {told['Forfattere']}. {publisher}, {told['Udgivet'].lower()}. Grundlag: {when}."
    return Output(f'<p class="kilde">{escape(text)}</p>', text)


def report_facts() -> Output:
    """All that is known of the report, as a list of terms; those not from the main source name theirs."""
    told = published.report()
    main = told["kilde"].mode()[0]
    sources = ["" if row["kilde"] == main else f' <span class="kilde">({row["kilde"]})</span>'
               for _, row in told.iterrows()]
    html = "".join(f"<div><dt>{escape(term)}</dt><dd>{escape(value)}{source}</dd></div>"
                   for term, value, source in zip(told.index, told["vaerdi"], sources, strict=True))
    note = f"Kilde: {main}, hvor andet ikke er nævnt."
    text = "\n".join(f"{term}: {value}" for term, value in told["vaerdi"].items())
    return Output(f'<div class="fakta"><dl>{html}</dl><p class="kilde">{note}</p>{mark("publiceret")}</div>',
                  f"{text}\n{note}")


def report_citation() -> Output:
    """How to cite the report."""
    return bibliography.cited(citation.report(), "rapport")


def findings(topics: dict[str, list[str]]) -> Output:
    """Published statements by topic, each with its number and where it was read."""
    told = published.statements()
    html, text = "", []
    for topic, ids in topics.items():
        said = [(told.at[key, "udsagn"], f"{key}, {told.at[key, 'kilde'].replace(';', ', ')}") for key in ids]
        lines = "".join(f'<dd>{escape(words)} <span class="kilde">({source})</span></dd>' for words, source in said)
        html += f"<div><dt>{escape(topic)}</dt>{lines}</div>"
        text += [f"{topic}: {words} ({source})" for words, source in said]
    codes = sorted({code for ids in topics.values() for key in ids for code in told.at[key, "kilde"].split(";")})
    note = f"{'; '.join(f'{code} er {title}' for code, title in published.sources()['titel'][codes].items())}."
    return Output(f'<div class="fakta"><dl>{html}</dl><p class="kilde">{escape(note)}</p>{mark("publiceret")}</div>',
                  "\n".join([*text, note]))


def sources_table(caption: str, name: str) -> Output:
    """All sources."""
    frame = published.sources()
    frame.columns, frame.index.name = ["Titel", "Hvad det er", "Adresse"], "Kode"
    return table(frame, caption, name, provenance="publiceret", words=True)


def published_table(ids: Iterable[str], caption: str, name: str) -> Output:
    """Published statements with their sources and reservations."""
    columns = {"udsagn": "Offentliggjort udsagn", "kilde": "Kilde", "note": "Forbehold"}
    frame = published.statements().loc[list(ids), list(columns)].rename(columns=columns)
    frame["Kilde"] = frame["Kilde"].str.replace(";", ", ")
    frame.index.name = "Nr."
    return table(frame, caption, name, provenance="publiceret", words=True)


def mayor_sentence() -> Output:
    """How sure the mayors' parties are: numbers of municipalities from the register."""
    sure = register.municipalities()["borgmester_sikkerhed"].value_counts()
    text = (f"Borgmesterens parti er bekræftet for {sure['hoej']} kommuner, sandsynligt for {sure['ret_hoej']} og "
            f"usikkert for {sure['lav']}.")
    return Output(f'<p class="saetning">{text} {mark("register")}</p>', text)


def correction_sentence(survey: Survey, before: pd.DataFrame, after: pd.DataFrame) -> Output:
    """How much wider the intervals of the same groups are for the process than for all asked, and why.

    before, after: estimates of one question for either. Without the finite population correction intervals are wider by
    1 / sqrt(1 - f), f the part of all asked who answered the question (Cochran 1977).
    """
    alike, (item,) = ["answer", "by", "group"], before["item"].unique()
    widths = [table.set_index(alike)["high"] - table.set_index(alike)["low"]
              for table in (shown(survey, before), shown(survey, after))]
    wider, answered = (widths[1] / widths[0]).median(), plan_of(survey).base(item)[0] / len(survey.frame)
    if not (survey.framed and np.isfinite(wider) and 0 < answered < 1):
        return sentence("Hvor meget bredere intervallerne bliver, kan ikke regnes ud for disse svar.", survey)
    alone = number(1 / np.sqrt(1 - answered), 2)
    return sentence(
        f"Deles svarene efter baggrund, er intervallerne for processen {number(wider, 2)} gange så brede som de samme "
        f"gruppers for alle adspurgte (medianen). Alene det, at endelighedskorrektionen falder bort, gør dem {alone} "
        f"gange så brede, når {percent(answered)} af de adspurgte har svaret på spørgsmålet. Resten er, at der regnes "
        "mellem kommuner.",
        survey)


def assumption_table(caption: str, name: str) -> Output:
    """Every assumption of the simulation with its value and reason (`data/antagelser.yml`)."""
    rows: list[tuple[str, str, str]] = []
    for key, entry in read_yaml(project.data / "antagelser.yml").items():
        parts = {key: entry} if key != LINE and "vaerdi" in entry else entry if key != LINE else {}
        rows += [(part, _in_words(use["vaerdi"]), use["grund"]) for part, use in parts.items() if part != LINE]
    frame = pd.DataFrame(rows, columns=["Antagelse", "Værdi", "Grund"]).set_index("Antagelse")
    return table(frame, caption, name, provenance="antaget", words=True, folded="Vis alle antagelser")


def _in_words(value: object) -> str:
    """A value of an assumption, a dict as a list of its parts."""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, dict):
        return "; ".join(f"{key} {_in_words(part)}" for key, part in value.items() if key != LINE)
    return danish.number(value, 3).rstrip("0").rstrip(",") if isinstance(value, float) else str(value)


def area_table(survey: Survey, caption: str, name: str) -> Output:
    """The areas: positions in the frame, and whether the name is published or this project's own."""
    areas, known = survey.questionnaire.background["fagomraade"].labels, 1 if survey.framed else float("nan")
    positions = survey.frame["fagomraade"].value_counts() * known
    published_ones = assumptions()["offentliggjorte_fagomraader"]
    frame = pd.DataFrame({
        "Stillinger": [number(positions.get(area, 0 * known)) for area in areas],
        "Navnet er": ["offentliggjort" if area in published_ones else "projektets" for area in areas],
    }, index=pd.Index(areas.values(), name="Fagområde"))
    frame.loc["I alt"] = [number(len(survey.frame) * known), ""]
    return table(frame, caption, name, provenance="antaget", note="" if survey.framed else NO_FRAME)


def item_table(survey: Survey, caption: str, name: str) -> Output:
    """All questions with block, wording and the published statements that they serve."""
    questionnaire = survey.questionnaire
    rows = [(item.id, questionnaire.blocks[item.block], item.wording, ", ".join(item.statements) or "ingen")
            for item in questionnaire.items.values()]
    frame = pd.DataFrame(rows, columns=["Id", "Blok", "Ordlyd", "Udsagn"]).set_index("Id")
    return table(frame, caption, name, provenance="antaget", words=True, folded="Vis alle spørgsmål")


def without_item_table(survey: Survey, caption: str, name: str, ids: Iterable[str] = ()) -> Output:
    """Published statements that answers cannot judge, each with the reason; all of them unless some are given."""
    facts, reasons = published.statements(), survey.questionnaire.without_item
    rows = [(key, facts.at[key, "udsagn"], reasons[key]) for key in ids or reasons]
    frame = pd.DataFrame(rows, columns=["Nr.", "Offentliggjort udsagn", "Projektets begrundelse"]).set_index("Nr.")
    return table(frame, caption, name, provenance="projekt", words=True)


def region_table(caption: str, name: str) -> Output:
    """The regions: municipalities, inhabitants, red mayors, large municipalities and those under high pressure."""
    groups = register.municipalities().groupby("region")
    frame = pd.DataFrame({
        "Kommuner": groups.size().map(number),
        "Indbyggere": groups["folketal_2015"].sum().map(number),
        "Rød borgmester": groups["blok"].agg(lambda column: percent((column == "roed").mean())),
        "Store kommuner": groups["kommunetype"].agg(lambda column: percent((column == "stor").mean())),
        "Højt udgiftspres": groups["udgiftspres"].agg(lambda column: percent((column == "hoejt").mean())),
    })
    regions = read().background["region"].labels
    frame = frame.loc[list(regions)].set_axis(pd.Index(regions.values(), name="Region"))
    return table(frame, caption, name, provenance="register")


def municipality_table(caption: str, name: str) -> Output:
    """All municipalities with their grouping variables, folded because it is long."""
    register_rows, background = register.municipalities(), read().background
    register_rows = register_rows.sort_values("kommunenavn", key=lambda names: names.map(danish_order))
    frame = pd.DataFrame({
        "Indbyggere": register_rows["folketal_2015"].map(number),
        **{background[variable].name.capitalize(): register_rows[variable].map(background[variable].labels)
           for variable in ("region", "kommunetype", "blok", "udgiftspres")},
        "Udgiftsbehov i forhold til ressourcer": register_rows["pres"].map(lambda ratio: number(ratio, 3)),
    })
    frame.index = pd.Index(register_rows["kommunenavn"], name="Kommune")
    return table(frame, caption, name, provenance="register", words=True, folded="Vis alle kommuner")


def number_kinds(caption: str, name: str) -> Output:
    """The three kinds of numbers in the book, and what may be concluded from each."""
    frame = pd.DataFrame({
        "Hvad det er": ["et tal eller udsagn fra en nævnt kilde", "et valg i simulationen, nedskrevet med sin grund",
                        "regnet af en celle på de svar, udgaven bruger"],
        "Hvad det kan bruges til": ["at sige noget om kommunerne", "at forstå, hvad der er bygget ind",
                                    "at lære metoden; på indsamlede svar også at sige noget om de spurgte"],
    }, index=pd.Index(["Offentliggjort", "Antaget", "Beregnet"], name="Slags tal"))
    return table(frame, caption, name, provenance="projekt", words=True)


