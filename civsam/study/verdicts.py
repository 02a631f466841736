"""Judged claims as a reader meets them: what was published, how it was measured, what these data show, the verdict."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

import numpy as np
import pandas as pd

from civsam.danish import at_level, joined, listed, number, percent
from civsam.files import project, read_table, read_yaml, without_lines
from civsam.inference import statistics
from civsam.inference.compare import CONTRADICTED, SUPPORTED, UNDECIDED
from civsam.inference.statistics import COUNT, PERCENT, POINTS
from civsam.instrument.questionnaire import Questionnaire
from civsam.pages import cells, imprint
from civsam.pages.door import hidden_note, shown
from civsam.pages.html import table
from civsam.pages.output import Output
from civsam.pages.provenance import MARKS, mark, provenance_of
from civsam.pages.sentences import sentence
from civsam.pages.words import p_value
from civsam.study import claims, modelled, published, rule_power
from civsam.study.claims import Claim
from civsam.study.comparison import published_value
from civsam.survey.design import TARGETS
from civsam.survey.survey import SYNTHETIC, Survey

WORDS = {
    SUPPORTED: "understøttet", UNDECIDED: "uafgjort", CONTRADICTED: "modsagt", "kan_ikke": "kan ikke afgøres",
}
THEN = {  # of answers of another survey than the study's: what held then may hold now, or not
    SUPPORTED: "som dengang", UNDECIDED: "kan ikke afgøres", CONTRADICTED: "anderledes end dengang",
    "kan_ikke": "kan ikke sammenlignes",
}
SIGNS = {SUPPORTED: "✓", UNDECIDED: "?", CONTRADICTED: "✗"}
HIDDEN_WORD = "skjult"
MANAGERS = "fag- og forvaltningschefer"  # whom a share is of


def of_another_survey(survey: Survey) -> bool:
    """Whether answers are collected from others than those whom the study asked, or in another year, or may be."""
    if survey.provenance == SYNTHETIC:
        return False
    told, study = imprint.read(), read_table(project.data / "ramme.csv", [survey.questionnaire.key])
    same_people = survey.framed and set(survey.frame.index.astype(str)) == set(study[survey.questionnaire.key])
    return not (same_people and told and str(told.aar) == published.year())


def words_of(survey: Survey) -> dict[str, str]:
    """The verdicts in words: whether the study's own answers bear its statements out; of others, if it is as then."""
    return THEN if of_another_survey(survey) else WORDS


def then_sentence(survey: Survey) -> Output:
    """How the verdicts are to be read where the answers are those of another survey; else that they are the study's."""
    if not of_another_survey(survey):
        return sentence("Svarene er fra dem, undersøgelsen spurgte, og fra det år, den spurgte.", survey)
    instead = [f"»{THEN[verdict]}« for »{WORDS[verdict]}«" for verdict in (SUPPORTED, CONTRADICTED, UNDECIDED)]
    return sentence(
        "Svarene er fra andre, eller fra et andet år, end dem, udsagnene handler om, og de kan hverken støtte eller "
        f"modsige, hvad undersøgelsen fandt i {published.year()}. Derfor står der i denne udgave {listed(instead)}. "
        "Reglerne er de samme. At noget er anderledes end dengang, kan komme af, at det er ændret, eller af, at det er "
        "andre, der er spurgt, eller spurgt på en anden måde.", survey)


def claims_table(survey: Survey, judged: pd.DataFrame, ids: Iterable[str], caption: str, name: str) -> Output:
    """Claims by the ids of their statements: the statement, how it is measured, the deciding number and the verdict."""
    rows, words = told(survey, judged).loc[list(ids)], published.statements()["udsagn"]
    model = rows.get("I de syntetiske svar", pd.Series("", rows.index))
    frame = pd.DataFrame({
        "Offentliggjort udsagn": words[rows.index],
        "Denne udgaves svar": rows["Denne udgaves svar"],
        "Afgørelse": [signed(word, survey) + (f"\ni de syntetiske svar: {why}" if why else "")
                      for word, why in zip(rows["Afgørelse"], model, strict=True)],
    }, index=rows.index.rename("Nr."))
    return _with_fold(table(frame, caption, name, provenance=provenance_of(judged), stacked=True),
                     "Sådan er udsagnene målt", rows["Målt som"].to_dict())


def _with_fold(made: Output, heading: str, told_of: Mapping[str, str]) -> Output:
    """What is shown, and under it a fold with a line for each statement."""
    lines = "".join(f"<li>{key}: {escape(words)}</li>" for key, words in told_of.items())
    text = "\n".join([heading, *(f"{key}: {words}" for key, words in told_of.items())])
    return Output(f"{made.html}<details><summary>{heading}</summary><ul>{lines}</ul></details>",
                  f"{made.text}\n{text}", made.facts)


def is_(word: str) -> str:
    """A verdict's word as what a sentence says of its subject."""
    return word if word.startswith("kan ") else f"er {word}"


def counted(counts: Mapping[str, int]) -> str:
    """How many have each verdict, as clauses of a sentence."""
    *others, last = (f"{number(count)} {is_(word)}" for word, count in counts.items())
    return f"{', '.join(others)}, og {last}"


def signed(word: str, survey: Survey) -> str:
    """A verdict's word with its sign, where it has one."""
    signs = {words_of(survey)[verdict]: sign for verdict, sign in SIGNS.items()}
    return f"{signs.get(word, '')} {word}".strip()


def summary(survey: Survey, judged: pd.DataFrame) -> Output:
    """The conclusion: how many statements answers decide which way, and in words those that they do not support."""
    words, called = published.statements()["udsagn"], words_of(survey)
    verdicts = verdict_words(shown(survey, judged).set_index("id"), called)
    ids = {verdict: list(verdicts.index[verdicts == called[verdict]])
           for verdict in (SUPPORTED, CONTRADICTED, UNDECIDED)}
    decided = sum(map(len, ids.values()))
    told_of = counted({called[verdict]: len(those) for verdict, those in ids.items()})
    first = f"Svarene her kan sige noget om {number(decided)} udsagn: {told_of}."
    html, text = [f"<p>{first} {mark(survey.provenance)}</p>"], [f"{first} [{MARKS[survey.provenance]}]"]
    for verdict in (CONTRADICTED, UNDECIDED):
        told_ = [f"{words[key].removesuffix('.')} ({key})" for key in ids[verdict]]
        if told_:
            heading = f"{called[verdict].capitalize()}:"
            html.append(f"<p>{heading}</p><ul>{''.join(f'<li>{escape(one)}</li>' for one in told_)}</ul>")
            text += [heading, *(f"- {one}" for one in told_)]
    return Output(f'<div class="konklusion">{"".join(html)}</div>', "\n".join(text))


def told(survey: Survey, judged: pd.DataFrame) -> pd.DataFrame:
    """All judged claims in words, as they may be shown: a row a claim, by the id of its statement."""
    rows, known, then = shown(survey, judged).set_index("id"), claims.read(), of_another_survey(survey)
    frame = pd.DataFrame({
        "Målt som": [measured(known[key], survey.questionnaire, survey.design.target) for key in rows.index],
        "Denne udgaves svar": [deciding(known[key], row, survey.questionnaire, then=then)
                               for key, row in rows.iterrows()],
        "Afgørelse": verdict_words(rows, words_of(survey)),
    }, index=rows.index)
    if survey.provenance == SYNTHETIC:
        frame["I de syntetiske svar"] = [of_the_model(known[key], survey) for key in rows.index]
    return frame


def verdict_words(rows: pd.DataFrame, known: Mapping[str, str]) -> pd.Series:
    """The verdicts of claims, as `shown`, in words (`words_of`): what is hidden is not what answers cannot decide."""
    words = rows["verdict"].map(known)
    return words.mask(rows["hidden"] & (rows["rule"] != "kan_ikke"), HIDDEN_WORD) if "hidden" in rows else words


def margin_table(caption: str, name: str) -> Output:
    """The margins and limits of the claims that are this project's choice, each with its reason."""
    content = without_lines(read_yaml(project.data / "paastande.yml"))
    margins = content["marginer"].items()
    rows = [(f"Margin: {key}", cells.number(entry["vaerdi"], 2), entry["grund"]) for key, entry in margins]
    rows += [(f"Grænse: {key}", cells.number(entry["graense"], 2), entry["grund"])
             for key, entry in content["paastande"].items() if isinstance(entry.get("graense"), float)]
    frame = pd.DataFrame(rows, columns=["Hvad", "Værdi", "Grund"]).set_index("Hvad")
    return table(frame, caption, name, provenance="projekt", words=True, folded="Vis marginer og grænser")


def rules() -> Output:
    """When a claim of each kind is supported and when it is contradicted, with the levels of `claims.judge`."""
    near, sure, one_sided = at_level(0.90, "interval"), at_level(0.95, "interval"), at_level(0.05, "niveau")
    items = {
        "Et tal": f"understøttet, når et {near} ligger inden for en margin omkring det offentliggjorte tal, og "
                  f"modsagt, når et {sure} ligger helt uden for den.",
        "En rækkefølge": "understøttet, når hver eneste sammenligning, den kræver, er positiv i en ensidet test på "
                         f"{one_sided}, og modsagt, når en af dem sikkert er negativ.",
        "»Ingen forskel«": "understøttet, når alle forskelle er mindre end den mindste forskel, der har betydning, og "
                           "modsagt, når en af dem sikkert er større. En stor p-værdi er ikke nok.",
        "En forskel": "understøttet, når en fælles test for hvert spørgsmål afviser, at grupperne er ens, og "
                      "modsagt, når de på et af spørgsmålene er vist at være ens. Da de alle skal afvise, er det ikke "
                      "nødvendigt at korrigere for, at der er flere.",
        "En jævn besvarelse": "talt op og ikke skønnet. Den er understøttet, når to gruppers svarprocenter ingen "
                              "steder ligger så langt fra hinanden som den mindste forskel, der har betydning, og "
                              "ellers modsagt. Der er intet interval og ingen test, for det vides, hvem der svarede.",
        "En hældning": f"understøttet, når målet stiger over grupperne i en ensidet test på {one_sided}, og modsagt, "
                       "når det sikkert falder.",
    }
    last = (f"»Sikkert« er på {at_level(0.95, 'niveau')} for udsagnet som helhed, også når det har flere mål og "
            f"sammenligninger. Set ensidet er det {at_level(0.025, 'niveau')}, altså strengere end at støtte: at "
            "modsige noget, der er offentliggjort, er den alvorligste fejl.")
    html = "".join(f"<li><strong>{kind}</strong> er {escape(told)}</li>" for kind, told in items.items())
    text = "\n".join(f"- {kind} er {told}" for kind, told in items.items())
    return Output('<details class="regler"><summary>Vis reglerne for hver slags udsagn</summary>'
                  f'<ul>{html}</ul><p>{escape(last)} {mark("projekt")}</p></details>',
                  f"{text}\n{last} [{MARKS['projekt']}]")


def power_table(survey: Survey, power: pd.DataFrame, caption: str, name: str) -> Output:
    """How often each claim would be supported if it were true (`rule_power.supportable`), the least often first."""
    known, power = claims.read(), shown(survey, power).sort_values("power", kind="stable").set_index("id")
    frame = pd.DataFrame({
        "Sandt på den måde, at": [_true(known[key]) for key in power.index],
        "Sammenligninger": [cells.number(count) for count in power["tests"]],
        "Ville blive støttet": [_rate(share, bound="hidden" in power) for share in power["power"]],
    }, index=power.index.rename("Nr."))
    others = [key for key, claim in known.items() if claim.rule not in (*rule_power.RULES, "kan_ikke")]
    note = ("Simuleret: de sammenligninger, der alle skal holde, er trukket sammen, med deres fejl og samvariation. "
            f"Ikke med: {listed(others)}, som afgøres på en anden måde.")
    return table(frame, caption, name, provenance=provenance_of(power), note=note + hidden_note(power), stacked=True,
                 folded="Vis, hvor ofte hvert udsagn ville blive støttet")


def _rate(share: float, *, bound: bool) -> cells.Cell:
    """A rate; bound: it is the upper end of its class (`rule_power.CLASSES`), and the last is told by its lower end."""
    last, before = rule_power.CLASSES[-1], rule_power.CLASSES[-2]
    if bound and share == last:
        return cells.Cell(f"over {percent(before)}", (("procent", f">{100 * before:.0f}"),))
    shown_rate = cells.percent(share)
    return cells.together("højst {}", shown_rate) if bound and shown_rate != cells.DASH else shown_rate


def _true(claim: Claim) -> str:
    """In which way a claim is taken to be true where it is asked how often it would be supported."""
    if claim.rule == "lig":
        return "tallet er som offentliggjort"
    if claim.rule == "ingen_forskel":
        return "der er slet ingen forskel"
    units = [statistics.of(claims.statistic_of(spec)) for spec in claim.measures]
    names = [("samarbejder" if kind.difference == COUNT else POINTS.name, kind.difference.times) for kind in units]
    told = dict.fromkeys(f"{number(times * margin)} {name}"
                         for (name, times), margin in zip(names, claim.margins, strict=True))
    where = {"haeldning": "fra den laveste gruppe til den højeste er der",
             "forskel": "én gruppe ligger over alle andre med"}.get(claim.rule, "hver forskel er")
    return f"{where} {joined(list(told), ' og ')}"


def out_of_reach(survey: Survey, power: pd.DataFrame) -> Output:
    """A sentence: which claims such answers would in practice never support, and which less often than not."""
    power = shown(survey, power)
    exact, never = power["rule"].isin(rule_power.EXACT), power["power"] <= rule_power.SELDOM
    seldom = ~never & (power["power"] <= 0.5)
    limit, names = percent(rule_power.SELDOM), lambda those: listed(power.loc[those, "id"])
    parts = ["Er et udsagn om, at noget er ens, helt sandt, ville disse svar støtte det i mere end "
             f"{limit} af tilfældene."]
    if (exact & never).any():
        parts = [f"Disse svar kan i praksis aldrig støtte {names(exact & never)}: også hvis det er helt sandt, sker "
                 f"det i højst {limit} af tilfældene."]
    if (~exact & never).any():
        parts.append(f"{names(~exact & never)} ville heller ikke blive støttet oftere, hvis hver forskel kun er den "
                     "mindste, der har betydning; det kræver større forskelle.")
    if seldom.any():
        parts.append(f"I højst halvdelen af tilfældene støttes {names(seldom)}.")
    return sentence(" ".join(parts), survey)


def of_the_model(claim: Claim, survey: Survey) -> str:
    """What the model behind synthetic answers says of a claim, in words; of which measures, where it is of some."""
    if claim.rule == "kan_ikke":
        return ""
    said = modelled.relations(claim, survey)
    kinds = [kind for kind in (modelled.BUILT_IN, modelled.AGAINST, modelled.ASSUMED) if kind in said]
    if len(kinds) == 1:
        return kinds[0]
    parts = [f"{kind} for {joined(_named_measures(claim, said, kind, survey.questionnaire), ' og ')}"
             for kind in kinds[:-1]]
    return f"delvis: {', '.join(parts)}, ellers {kinds[-1]}"


def _named_measures(claim: Claim, said: list[str], kind: str, questionnaire: Questionnaire) -> list[str]:
    """What tells the measures of one kind apart from the others: their question, or their answer to a shared one."""
    items = [claims.item_of(spec) for spec in claim.measures]
    shared = {item for item, other in zip(items, said, strict=True) if other != kind}
    names = [f"»{_answer(item, spec['svar'], questionnaire)}«" if item in shared and "svar" in spec
             else f"»{_topic(item, questionnaire)}«"
             for item, spec, mine in zip(items, claim.measures, said, strict=True) if mine == kind]
    return list(dict.fromkeys(names))


def measured(claim: Claim, questionnaire: Questionnaire, target: str = "population") -> str:
    """How a claim is measured: unit, question, and which of the two questions the answer is to."""
    if claim.rule == "kan_ikke":
        return claim.reason
    units = {"andel": "andel af cheferne", "middel": "gennemsnit pr. chef", "del": "andel af samarbejderne",
             "svarede": "svarprocent"}
    answers: dict[str, list[str]] = {}
    for spec in claim.measures:
        unit = next(key for key in units if key in spec)
        what = units[unit] if unit == "svarede" else f"{units[unit]}: {_topic(spec[unit], questionnaire)}"
        chosen = f"»{_answer(spec[unit], spec['svar'], questionnaire)}«" if unit == "andel" else ""
        answers.setdefault(what, []).extend([chosen] if chosen else [])
    about = "talt op" if claim.rule == "jaevn" else TARGETS["process" if claim.process else target]
    unit = published.statements().at[claim.id, "enhed"]
    if any("andel" in spec for spec in claim.measures) and unit != MANAGERS:
        about += f"; udsagnet gælder {unit}"
    parts = [f"{what}, {listed(chosen)}" if chosen else what for what, chosen in answers.items()]
    return f"{'; '.join(parts)} ({about})"


def _topic(items: str, questionnaire: Questionnaire) -> str:
    return joined([questionnaire.items[name].topic for name in items.split("+")], " og ")


def _answer(item: str, codes: str, questionnaire: Questionnaire) -> str:
    return joined([questionnaire.label(item, code) for code in codes.split("+")], " eller ")


def deciding(claim: Claim, row: pd.Series, questionnaire: Questionnaire, *, then: bool = False) -> str:
    """The deciding comparison in words and numbers, with its interval. then: and the difference since then."""
    if row["verdict"] == "kan_ikke":
        return ""
    about = [spec for spec in claim.measures if claims.item_of(spec) == row["item"]] or claim.measures
    kind, = {statistics.of(claims.statistic_of(spec)) for spec in about}

    def show(x: float) -> str:
        return number(kind.unit.times * x, kind.unit.decimals)

    known = not np.isnan([row["low"], row["high"]]).any()
    spread = f"({show(row['low'])} til {show(row['high'])})" if known else "(intervallet er skjult)"
    if claim.rule == "lig":
        shown_value = percent(row["estimate"]) if kind.unit == PERCENT else show(row["estimate"])
        told = f"{shown_value} {spread}; offentliggjort {published_value(claim.id)}"
        return f"{told}; {_since(row, published.value(claim.id), kind)}" if then else told
    unit = " samarbejder pr. chef" if kind.difference == COUNT else f" {kind.difference.name}"
    if claim.rule == "haeldning":
        return f"{show(row['estimate'])}{unit} pr. gruppe {spread}"
    first, second = (_side(row[side], claim, questionnaire) for side in "ab")
    if claim.limit is not None and str(claim.limit) in (row["a"], row["b"]):
        several = len({claims.item_of(spec) for spec in claim.measures}) > 1
        side = first if row["b"] == str(claim.limit) else second
        return f"{_topic(row['item'], questionnaire) if several else side}: {_from_limit(claim, row)}"
    told = f"{first} minus {second}: {show(row['estimate'])}{unit} {spread}"
    if claim.rule == "jaevn":
        return f"Største afstand, {first} minus {second}: {show(row['estimate'])}{unit}"
    topic = f"{_topic(row['item'], questionnaire)}. " if claim.by and len(claim.measures) > 1 else ""
    if claim.rule == "forskel":
        return f"{topic}Fælles test af alle grupper: p = {p_value(row['p'])}. Største forskel: {told}"
    return topic + told


def _from_limit(claim: Claim, row: pd.Series) -> str:
    """How far a share lies over or under the limit of its claim, with its interval: always as a positive number."""
    over = (row["estimate"] >= 0) == (row["b"] == str(claim.limit))
    ends = sorted(np.sign(row["estimate"] or 1.0) * 100 * row[end] for end in ("low", "high"))
    size, low, high = (number(x) for x in (abs(100 * row["estimate"]), *ends))
    return f"{size} procentpoint {'over' if over else 'under'} grænsen på {percent(claim.limit)} ({low} til {high})"


def _since(row: pd.Series, value: float, kind: statistics.Statistic) -> str:
    """How far a number is from the published one, with its interval; the published one is taken as it is."""
    gap, low, high = (number(kind.difference.times * (row[name] - value), kind.difference.decimals)
                      for name in ("estimate", "low", "high"))
    unit = "" if kind.difference == COUNT else f" {kind.difference.name}"
    return f"forskel {gap}{unit} ({low} til {high})"


def _side(text: str, claim: Claim, questionnaire: Questionnaire) -> str:
    """What stands on one side of a comparison: a group, an answer, a question or a limit."""
    for variable in claim.by:
        labels = questionnaire.background[variable].labels
        if text in labels:
            return labels[text]
    item, _, answer = text.partition("=")
    if item in questionnaire.items:
        return questionnaire.label(item, answer) if answer else questionnaire.items[item].topic
    if claim.limit is not None and text == str(claim.limit):
        return f"grænsen {percent(claim.limit)}"
    spec = next(spec for spec in claim.measures if spec.get("svar") == text)
    return f"»{_answer(spec['andel'], text, questionnaire)}«"
