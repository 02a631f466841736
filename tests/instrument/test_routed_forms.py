"""Forms that ask some questions of some only: XLSForm, print and codebook, held against what the answers decide."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from itertools import product
from pathlib import Path

import pandas as pd
import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser
from pyxform.xls2xform import convert

from civsam.instrument import keys, print_form, questionnaire, routing, webform, xlsform
from civsam.instrument.questionnaire import Questionnaire
from civsam.pages import codebook

ABOUT = {name: f"Tekst om {name}." for name in webform.TEXTS}
SPACE = {"x": "http://www.w3.org/2002/xforms"}
TEXT = """titel: Ruter
afgraensning: Prøve.
ved_ikke: Ved ikke
blokke: {a: A, b: B}
skalaer:
  janej: {type: enkelt, svar: {ja: Ja, nej: Nej}}
  tal: {type: antal, mindst: 0, hoejst: 100}
  brug: {type: flere, svar: {app: App, web: Web}}
spoergsmaal:
  - {id: q1, blok: a, skala: janej, emne: Bruger, ordlyd: Bruger du det?}
  - {id: q2, blok: a, skala: tal, emne: Timer, ordlyd: Hvor mange timer?, kun_hvis: q1 er ja}
  - {id: q3, blok: a, skala: brug, emne: Hvor, ordlyd: Hvor?}
  - {id: q4, blok: b, skala: janej, emne: Meget, ordlyd: For meget?, kun_hvis: q2 over 3 og ikke q3 er kryds ved app}
  - {id: q5, blok: b, skala: tal, emne: Lidt, ordlyd: For lidt?, kun_hvis: "ikke (q2 over 3) eller q3 er kryds ved web"}
  - {id: q6, blok: b, skala: janej, emne: Uvis, ordlyd: Uvis?, kun_hvis: q2 er ved_ikke}
"""
GIVEN = {"q1": ("ja", "nej", "ved_ikke", ""), "q2": ("0", "3", "4", "ved_ikke", ""),
         "q3": ("app", "app web", "web", "ved_ikke", "")}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Questionnaire:
    path = tmp_path_factory.mktemp("skema") / "ruter.yml"
    path.write_text(TEXT, encoding="utf-8")
    return questionnaire.read(path)


def rows(study: Questionnaire) -> pd.DataFrame:
    """Everything that may be answered to the first three, what was not asked being blank."""
    table = pd.DataFrame([*product(*GIVEN.values())], columns=[*GIVEN], dtype="str")
    table = table.assign(q4="", q5="", q6="")
    return routing.without(study, table).drop_duplicates(ignore_index=True)


def asks(study: Questionnaire, answers: pd.DataFrame, item: str) -> list[bool]:
    """Whether a form goes on to the item, as the conditions say it."""
    return routing.certain(study.items[item].only_if, study, answers, routing.passed_over(study, answers)).tolist()


def relevant(browser: Browser, tree: ET.Element, name: str, answers: pd.DataFrame) -> list[bool]:
    """Whether the XLSForm asks a field, judged by the browser's XPath, for each row of answers."""
    bind = next(one for one in tree.iterfind(".//x:bind", SPACE) if one.get("nodeset").endswith(f"/{name}"))
    rule = re.sub(r"selected\(\s*(\S+?)\s*, '(\w+)'\)", r"contains(concat(' ', \1, ' '), ' \2 ')", bind.get("relevant"))
    page = browser.new_page()
    try:
        return [page.evaluate(
            """([xml, rule]) => {
                const tree = new DOMParser().parseFromString(xml, 'text/xml')
                return tree.evaluate(rule, tree, null, XPathResult.BOOLEAN_TYPE).booleanValue
            }""", [instance(row), rule]) for _, row in answers.iterrows()]
    finally:
        page.close()


def instance(row: pd.Series) -> str:
    """The answers as the form keeps them: 'ved ikke' of a count is a tick of its own."""
    def fields(names: Iterable[str]) -> str:
        parts = {}
        for name in names:
            unsure = name in ("q2", "q5") and row[name] == "ved_ikke"
            parts |= {name: "" if unsure else row[name], f"{name}_ved_ikke": "ved_ikke" if unsure else ""}
        return "".join(f"<{name}>{text}</{name}>" for name, text in parts.items())

    return (f"<data><blok_a>{fields(['q1', 'q2', 'q3'])}</blok_a><blok_b>{fields(['q4', 'q5', 'q6'])}</blok_b></data>")


@pytest.mark.parametrize("item", ["q2", "q4", "q5", "q6"])
def test_an_xlsform_asks_whom_the_conditions_say(
    browser: Browser, study: Questionnaire, tmp_path: Path, item: str
) -> None:
    path = tmp_path / "skema.xlsx"
    xlsform.xlsform(study, path, ABOUT)
    tree = ET.fromstring(convert(path, warnings=[]).xform)
    answers = rows(study)
    asked = asks(study, answers, item)
    assert {*asked} == {True, False}
    assert relevant(browser, tree, item, answers) == asked
    if item in ("q2", "q5"):
        none = answers.assign(**{item: ""})
        asked = asks(study, none, item)
        assert relevant(browser, tree, f"{item}_ved_ikke", none) == asked


def test_the_printed_form_says_who_is_to_answer(study: Questionnaire) -> None:
    page = BeautifulSoup(print_form.print_page(study, ABOUT), "html.parser")
    told = [help_.get_text() for help_ in page.select(".hjaelp") if "Besvar kun" in help_.get_text()]
    assert [text.partition(".")[0] for text in told] == [
        "Besvar kun dette, hvis du svarede »Ja« til spørgsmål 1",
        "Besvar kun dette, hvis du svarede over 3 til spørgsmål 2 og ikke satte kryds ved »App« i spørgsmål 3",
        "Besvar kun dette, hvis du ikke svarede over 3 til spørgsmål 2 eller satte kryds ved »Web« i spørgsmål 3",
        "Besvar kun dette, hvis du svarede »Ved ikke« til spørgsmål 2"]


def test_the_codebook_says_who_was_asked_and_what_a_blank_then_is(study: Questionnaire) -> None:
    text = "\n".join(part.text for part in codebook.codebook(study))
    assert "Stilles kun til: dem, der svarede »Ja« til »Bruger«" in text
    assert "Ikke spurgt: Feltet er også tomt for dem" in text
    assert text.count("Stilles kun til") == 4


def test_another_condition_is_another_form(study: Questionnaire) -> None:
    changed = study.items | {"q2": questionnaire.replace(study.items["q2"], only_if=None)}
    assert len({keys.digest(study), keys.digest(questionnaire.replace(study, items=changed))}) == 2
