"""The questionnaire as an electronic form: one page that needs no server and makes no request to anywhere."""

from __future__ import annotations

from html import escape
from pathlib import Path
from string import Template
from typing import Any

from civsam.files import LINE, UserError, in_script, project, read_yaml, shown
from civsam.instrument import keys, policy
from civsam.instrument.conditions import plain
from civsam.instrument.dates import iso
from civsam.instrument.english import said, translated
from civsam.instrument.kinds import ASKED
from civsam.instrument.questionnaire import BACKGROUND, DONT_KNOW, NONE, Item, Questionnaire
from civsam.instrument.routing import routed
from civsam.instrument.telling import joined, ranked, rule

FORM = Path(__file__).parent / "form"
VENDOR = FORM / "vendor"
SCRIPTS = (VENDOR / "survey.core.min.js", VENDOR / "danish.min.js", VENDOR / "survey-js-ui.min.js", FORM / "form.js")
STYLES = (VENDOR / "survey-core.fontless.min.css", FORM / "form.css")
TEXTS = ("afsender", "formaal", "samtykke", "kontakt", "rettigheder")
YOU, YOU_TITLE = "om:dig", "Om dig"  # the page for those without a key; no block can be called so
ORDER = "Sæt svarene i rækkefølge: træk dem, eller brug mellemrum og pile. Det første får nummer 1. Rangordn {some}."
NO_NAMES = "Skriv ikke navne eller andet, der peger på en bestemt person."
EXCEPT = ", bortset fra spørgsmålene om dig selv"
ABOUT_YOU = (" Uden personligt link spørges der også om {topics}. Det kommer med i filen. Er I kun få, der svarer "
             "ens på det, kan det vise, hvem du er.")
MANY = 20  # answers to choose among; more are unfolded


def read_about(path: Path | None = None) -> dict[str, str]:
    """What the page tells the respondent: a text under each name in `TEXTS`.

    Raises UserError for a text that is missing, and for an unknown name.
    """
    path = path or project.data / "skematekst.yml"
    content = read_yaml(path)
    for name in content:
        if name not in (*TEXTS, LINE):
            raise UserError(f"{shown(path)}: ukendt tekst '{name}'. Kendte: {', '.join(TEXTS)}.")
    for name in TEXTS:
        if not isinstance(content.get(name), str) or not content[name].strip():
            raise UserError(f"{shown(path)}: teksten '{name}' mangler. Skriv den; den vises øverst i skemaet.")
    return {name: content[name].strip() for name in TEXTS}


def definition(questionnaire: Questionnaire) -> dict[str, Any]:
    """The form as SurveyJS defines one: a page a block, an element an item, with two for a count.

    The first page is about the respondent; the script takes it away from those with a key.
    """
    you = [part for item in questionnaire.unknown() for part in _elements(item, questionnaire)]
    pages = [{"name": YOU, "title": said(YOU_TITLE, questionnaire.language), "elements": you}] if you else []
    pages += [
        {"name": block, "title": title, "description": questionnaire.scope,
         "elements": [part for item in questionnaire.block(block) for part in _elements(item, questionnaire)]}
        for block, title in questionnaire.blocks.items() if questionnaire.block(block)
    ]
    own = "en" if questionnaire.language == "en" else "da"  # what there are words for
    return {"locale": own, "showTitle": False, "pages": pages, "showProgressBar": True, "progressBarType": "pages",
            "progressBarLocation": "top", "checkErrorsMode": "onValueChanged", "questionErrorLocation": "bottom",
            "questionDescriptionLocation": "underTitle", "requiredMark": "", "completeText": said("Hent dit svar", own)}


def _elements(item: Item, questionnaire: Questionnaire) -> list[dict[str, Any]]:
    kind, dont_know, language = item.scale.type, questionnaire.dont_know, questionnaire.language
    shared: dict[str, Any] = {"name": item.id, "title": item.wording, "description": item.help}
    if kind == "tekst":
        advice = " ".join(filter(None, (item.help, said(NO_NAMES, language))))
        return [shared | {"type": "comment", "description": advice, "maxLength": keys.LONGEST}]
    if ASKED[kind].apart:
        box = {"type": "checkbox", "name": f"{DONT_KNOW}:{item.id}", "title": f"{item.wording} {dont_know}",
               "titleLocation": "hidden", "choices": [{"value": DONT_KNOW, "text": dont_know}]}
        if kind == "dato":
            day = {"type": "text", "inputType": "date", "description": " ".join(filter(None, (
                item.help, rule(item, questionnaire))))}
            return [shared | day, *[box] * item.allows_dont_know]
        if kind == "rangordning":
            told = " ".join(filter(None, (item.help, said(ORDER, language).format(some=ranked(item, language)))))
            return [shared | {"type": "ranking", "description": told, "selectToRankEnabled": True, "choices": [
                {"value": code, "text": text} for code, text in item.scale.answers.items()],
                "maxSelectedChoices": item.scale.high}, *[box] * item.allows_dont_know]
        count = said("Skriv tallet i {unit}.", language).format(unit=item.scale.unit) if item.scale.unit else ""
        unit = " ".join(filter(None, (item.help, count)))
        return [shared | {"type": "text", "description": unit}, *[box] * item.allows_dont_know]
    if kind == BACKGROUND:
        choices: list[dict[str, Any]] = [
            {"value": code, "text": text} for code, text in item.scale.answers.items()]
        how = {"type": "dropdown", "renderAs": "select"} if len(choices) > MANY else {"type": "radiogroup"}
        needed = {"isRequired": True, "requiredErrorText": said("Vælg et svar.", language)}
        return [shared | how | {"choices": choices} | needed]
    choices = [{"value": code, "text": questionnaire.label(item.id, code)} for code in item.codes]
    if kind == "flere":
        for choice in choices:
            choice["isExclusive"] = choice["value"] in (NONE, DONT_KNOW)
        return [shared | {"type": "checkbox", "choices": choices}]
    return [shared | {"type": "radiogroup", "choices": choices}]


def _limits(item: Item) -> dict[str, Any]:
    """The least and the greatest that may be answered; dates as the browser has them."""
    low, high = item.scale.low, item.scale.high
    return {"low": iso(low), "high": iso(high)} if item.scale.type == "dato" else {"low": low, "high": high}


def _facts(questionnaire: Questionnaire) -> dict[str, Any]:
    """What the page's own script needs to know."""
    items = [
        {"id": item.id, "type": item.scale.type, "topic": item.topic, "codes": item.codes,
         **_limits(item), "decimals": item.scale.decimals, "totals": item.part_of}
        for item in keys.asked(questionnaire).values()
    ]
    some = [{"id": item.id, "onlyIf": plain(item.only_if)} for item in routed(questionnaire) if item.only_if]
    return {"definition": definition(questionnaire), "items": items, "routed": some, "dontKnow": DONT_KNOW, "you": YOU,
            "digest": keys.digest(questionnaire), "version": keys.VERSION,
            "alphabet": keys.ALPHABET, "length": keys.LENGTH}


def _without_key(questionnaire: Questionnaire) -> dict[str, str]:
    """What the page tells those without a key, who are asked about themselves, as HTML; the script unfolds it."""
    asked = [item.topic[:1].lower() + item.topic[1:] for item in questionnaire.unknown()]
    if not asked:
        return {"undtagen": "", "om_dig": ""}
    language = questionnaire.language
    texts = {"undtagen": said(EXCEPT, language),
             "om_dig": said(ABOUT_YOU, language).format(topics=joined(asked, language))}
    return {name: f'<span class="uden-noegle" hidden>{escape(text)}</span>' for name, text in texts.items()}


def page(questionnaire: Questionnaire, about: dict[str, str], home: str = "") -> bytes:
    """The whole page as UTF-8, the same bytes for the same questionnaire and texts.

    about: see `read_about`. home: address of the book to link to, if any. The page's own policy forbids the browser
    any request, and any script but those that are in the page.
    """
    questionnaire = questionnaire.collected
    language = questionnaire.language
    scripts = [_between(translated(path.read_text("utf-8"), language if path.parent == FORM else ""))
               for path in SCRIPTS]
    return Template(translated((FORM / "skema.html").read_text("utf-8"), language)).substitute(
        policy=policy.alone(*scripts),
        title=escape(questionnaire.title),
        style="\n".join(path.read_text("utf-8") for path in STYLES),
        home=f'<p><a href="{escape(home)}">{said("Til bogen", language)}</a></p>' if home else "",
        **{name: escape(text) for name, text in about.items()},
        **_without_key(questionnaire),
        data=in_script(_facts(questionnaire)),
        scripts="\n".join(f"<script>{text}</script>" for text in scripts)
                + f"\n<!-- SurveyJS:\n{(VENDOR / 'LICENSE').read_text('utf-8')}-->",
    ).encode()


def _between(script: str) -> str:
    """The script as it stands between its tags."""
    return f"\n{script.strip()}\n"


def write(questionnaire: Questionnaire, folder: Path, about: dict[str, str], home: str = "") -> Path:
    """Write the page as `skema.html` in a folder, and return where it is; arguments as of `page`."""
    path = folder / "skema.html"
    path.write_bytes(page(questionnaire, about, home))
    return path
