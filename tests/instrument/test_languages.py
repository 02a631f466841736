"""A questionnaire in more than one language: read, checked, asked, and brought back from a form."""

import re
from pathlib import Path

import openpyxl
import pytest

from civsam.files import UserError
from civsam.instrument import english, keys, webform, xlsform
from civsam.instrument.print_form import print_page
from civsam.instrument.questionnaire import Questionnaire
from tests.intake import small
from tests.intake.brought import brought

TEXT = """
titel: Prøve
afgraensning: Tænk på i dag.
ved_ikke: Ved ikke
baggrund:
  afdeling: {navn: afdeling, svar: {nord: Nord, syd: Syd}}
blokke: {a: Første del}
skalaer:
  grad: {type: ordinal, svar: {lidt: Lidt, meget: Meget}}
  rang: {type: rangordning, svar: {pris: Prisen, tid: Tiden, sted: Stedet}}
  tal: {type: antal, mindst: 0, hoejst: 9}
spoergsmaal:
  - {id: glad, blok: a, skala: grad, emne: Glæde, ordlyd: Hvor glad?, hjaelp: I dag}
  - {id: q, blok: a, skala: rang, emne: Vigtigst, ordlyd: Hvad er vigtigst?}
  - {id: n, blok: a, skala: tal, emne: Antal, ordlyd: Hvor mange?}
afledt:
  - {id: g2, emne: Glad, omkod: glad, svar: {ja: {tekst: Glade, fra: [lidt, meget]}}}
oversaettelser:
  en:
    titel: Test
    ved_ikke: Don't know
    blokke: {a: Part one}
    skalaer: {grad: {lidt: A little, meget: A lot}, rang: {pris: Price, tid: Time}}
    baggrund: {afdeling: {navn: department, svar: {nord: North}}}
    spoergsmaal: {glad: {ordlyd: How happy?, emne: Happiness}}
    afledt: {g2: {emne: Happy, svar: {ja: Happy people}}}
"""
ABOUT = dict.fromkeys(webform.TEXTS, "x")


def study(folder: Path, old: str = "", new: str = "") -> Questionnaire:
    return small.asked(folder, old, new, TEXT)


def test_texts_are_in_the_language_that_is_chosen_and_else_as_they_were(tmp_path: Path) -> None:
    danish = study(tmp_path)
    english = danish.languages["en"]
    chosen = study(tmp_path, "titel: Prøve", "sprog: en\ntitel: Prøve")
    for made in (english, chosen):
        assert (made.title, made.scope, made.dont_know) == ("Test", "Tænk på i dag.", "Don't know")
        assert made.items["glad"].wording == "How happy?"
        assert made.items["glad"].help == "I dag"
        assert made.items["glad"].scale.answers == {"lidt": "A little", "meget": "A lot"}
        assert made.items["q_plads_pris"].topic == "Vigtigst: pladsen for »Price«"
        assert made.items["g2"].scale.answers == {"ja": "Happy people"}
        assert made.background["afdeling"].labels == {"nord": "North", "syd": "Syd"}
    assert chosen.languages["da"].title == "Prøve"
    assert danish.items["glad"].wording == "Hvor glad?"


def test_answers_may_be_in_the_words_of_any_language(tmp_path: Path) -> None:
    reading = small.read(tmp_path, "glad,q,n\nA lot,\"Time;Price;Stedet\",3\nLidt,,Don't know\n", study(tmp_path))
    assert reading.accept().answers.to_numpy().tolist() == [["meget", "tid pris sted", "3"], ["lidt", "", "ved_ikke"]]


def test_a_form_has_all_languages_and_brings_them_back(tmp_path: Path) -> None:
    asked, path = study(tmp_path), tmp_path / "skema.xlsx"
    xlsform.xlsform(asked, path, ABOUT)
    rows = {row["name"]: row for row in read(path, "survey")}
    assert rows["glad"]["label::Dansk (da)"] == "Hvor glad?"
    assert rows["glad"]["label::English (en)"] == "How happy?"
    assert {row["label::English (en)"] for row in read(path, "choices")} >= {"A lot", "North", "Don't know"}
    again, _, _ = brought(path)
    english, before = again.languages["en"], asked.languages["en"]
    assert english.title == "Test"
    assert [*english.blocks.values()] == ["Part one"]
    for name in ("glad", "q", "n"):
        one, other = english.items[name], before.items[name]
        assert (one.wording, one.topic, one.scale.answers) == (other.wording, other.topic, other.scale.answers)
    assert english.background["afdeling"].labels == before.background["afdeling"].labels


def test_a_translation_changes_nothing_for_those_who_have_the_form(tmp_path: Path) -> None:
    assert keys.digest(study(tmp_path)) == keys.digest(small.asked(tmp_path, text=TEXT.partition("oversaettelser")[0]))


def read(path: Path, sheet: str) -> list[dict[str, str]]:
    header, *rows = openpyxl.load_workbook(path)[sheet].iter_rows(values_only=True)
    return [dict(zip(header, row, strict=True)) for row in rows]


@pytest.mark.parametrize(("old", "new", "message"), [
    ("  en:\n", "  engelsk:\n", "'engelsk' er ikke et andet sprog"),
    ("  en:\n", "  da:\n", "'da' er ikke et andet sprog"),
    ("titel: Prøve", "sprog: de\ntitel: Prøve", "'sprog' er 'de', og skemaet har kun da, en"),
    ("glad: {ordlyd", "gald: {ordlyd", "ukendt navn i 'spoergsmaal' 'gald'. Mente du 'glad'"),
    ("lidt: A little", "lit: A little", "ukendt navn i 'svar' 'lit'. Mente du 'lidt'"),
    ("ordlyd: How", "tekst: How", "ukendt tekst 'tekst'"),
    ("meget: A lot", "meget: A little", "to svar hedder 'A little'"),
    ("    blokke: {a: Part one}", "    blokk: {a: Part one}", "ukendt del i oversættelsen en 'blokk'"),
    ("{a: Part one}", "Part one", "'blokke' er 'Part one'"),
    ("svar: {ja: Happy", "svar: {nej: Happy", "ukendt svar 'nej'"),
])
def test_a_translation_of_what_is_not_there_is_told_with_its_line(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    with pytest.raises(UserError) as fault:
        study(tmp_path, old, new)
    assert message in str(fault.value), fault.value
    assert "linje" in str(fault.value)


BARE = {"Tænk på i dag.": "T", "Hvad er vigtigst?": "Q?", "I dag": "H", "Stedet": "S", "Vigtigst": "V", "Syd": "South",
        "emne: Antal, ordlyd: Hvor mange?": "emne: Number, kun_hvis: glad er ikke lidt, ordlyd: N?"}


def test_all_that_an_english_form_says_is_english(tmp_path: Path) -> None:
    text = TEXT
    for danish, bare in BARE.items():
        text = text.replace(danish, bare, 1)
    asked = small.asked(tmp_path, text=text).spoken("en")
    page = webform.page(asked, ABOUT).decode()
    for path in (path for path in (*webform.SCRIPTS, *webform.STYLES) if path.parent != webform.FORM):
        page = page.replace(path.read_text("utf-8").strip(), "")
    page = page.replace((webform.FORM / "form.css").read_text("utf-8"), "").replace('"højst": (a, b)', "")
    paper = print_page(asked, ABOUT)
    sheet = "\n".join(str(cell) for row in xlsform.survey_rows(asked.collected, ABOUT) for cell in row.values())
    for text in (page, paper, sheet):
        assert not [line[:200] for line in text.splitlines() if re.search("[æøåÆØÅ]", line)]
    assert '<html lang="en">' in page
    assert '"locale": "en"' in page
    assert "Answer this only if you did not answer »A little« to question 1." in paper
    assert "Write a whole number from 0 to 9." in paper
    assert "Rank all." in paper
    with pytest.raises(UserError, match="skemaet er ikke på sproget »de«"):
        study(tmp_path).spoken("de")


def test_all_english_words_stand_for_something_that_the_forms_say() -> None:
    folder = webform.FORM.parent
    source = "".join(path.read_text("utf-8") for path in (*webform.FORM.glob("*.*"), *folder.glob("*.py"))
                     if path.name != "english.py")
    source = re.sub(r'"\s*\n\s*f?"', "", source).replace("{{", "{").replace("}}", "}")  # texts on several lines
    parts = {danish: danish.removeprefix("ikke ").removeprefix("mindst ").removeprefix("højst ") or danish
             for danish in english.ENGLISH}
    assert not [danish for danish, part in parts.items() if part.strip() not in source]
