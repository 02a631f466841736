"""A survey made from the forms of other programs: XLSForm, LimeSurvey, DDI."""

from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pytest
import small
from brought import brought, said

from civsam.files import project
from civsam.instrument import questionnaire, xlsform
from civsam.instrument.questionnaire import Questionnaire

ABOUT = dict.fromkeys(("afsender", "formaal", "samtykke", "kontakt", "rettigheder"), "Tekst.")
SURVEY = (
    ("type", "name", "label::English (en)", "label::Dansk (da)", "hint::Dansk (da)", "relevant", "constraint",
     "required", "calculation"),
    ("start", "start"),
    ("begin group", "g1", "About", "Om jer", "", "${x} > 1"),
    ("select_one yn", "q1", "Member?", "Er du <b>medlem</b>?", "Sæt ét kryds", "", "", "yes"),
    ("select_multiple places or_other", "q2", "Where?", "Hvor?", "", "${q1} = 'y'"),
    ("integer", "q3", "Hours", "Timer", "", "", ". > 0 and . <= 24"),
    ("end group",),
    ("decimal", "q4", "Price", "Pris", "", "", ". < ${q3} * 2"),
    ("range", "q5", "Score", "Score"),
    ("text", "q6", "Else", "Andet"),
    ("calculate", "c1", "", "", "", "", "", "", "${q3} + 1"),
    ("begin repeat", "børn", "Children", "Børn"),
    ("text", "navn", "Name", "Navn"),
    ("end repeat",),
    ("geopoint", "sted", "Place", "Sted"),
)
CHOICES = (("list_name", "name", "label::English (en)", "label::Dansk (da)"), ("yn", "y", "Yes", "Ja"),
           ("yn", "n", "No", "Nej"), ("yn", "dk", "Don't know", "Ved ikke"), ("places", "1", "Hall", "Hal"),
           ("places", "2", "Park", "Park"))


def form(path: Path, survey: Sequence[Sequence[str]] = SURVEY) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in (("survey", survey), ("choices", CHOICES),
                       ("settings", (("form_title", "default_language"), ("Fritid", "English (en)")))):
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    book.save(path)
    return path


def test_a_form_is_questions_in_danish_and_its_routing_is_told(tmp_path: Path) -> None:
    study, answers, made = brought(form(tmp_path / "skema.xlsx"))
    assert answers is None
    assert study.title == "Fritid"
    assert study.blocks == {"g1": "Om jer", "spoergsmaal": "Spørgsmål"}
    types = {name: item.scale.type for name, item in study.items.items()}
    assert types == {"q1": "enkelt", "q2": "flere", "q3": "antal", "q4": "antal", "q5": "antal", "q6": "tekst"}
    assert study.items["q1"].scale.answers == {"y": "Ja", "n": "Nej"}
    assert study.items["q1"].allows_dont_know
    assert study.items["q1"].help == "Sæt ét kryds"
    assert (study.items["q3"].scale.low, study.items["q3"].scale.high) == (1, 24)
    told = said(made)
    for word in ("Andre sprog: English (en)", "q1 bliver kun stillet, hvis: ${x} > 1",
                 "q2 bliver kun stillet, hvis: ${x} > 1 and ${q1} = 'y'", "q2: »Andet, skriv«", "c1 (calculate)",
                 "q4: et svar skal opfylde . < ${q3} * 2", "Gruppen børn, der gentages", "sted (geopoint)",
                 "Kolonnen required"):
        assert word in told, word
    assert "navn" not in study.items


def same(one: Questionnaire, other: Questionnaire) -> None:
    """All that a respondent sees and may answer, and how it is told, is the same."""
    for name, item in one.items.items():
        again = other.items[name]
        for what in ("id", "topic", "wording", "help", "part_of", "codes"):
            assert getattr(again, what) == getattr(item, what), (name, what)
        for what in ("type", "answers", "low", "high", "decimals", "unit"):
            assert getattr(again.scale, what) == getattr(item.scale, what), (name, what)
    assert list(other.items) == [item.id for block in one.blocks for item in one.block(block)]
    assert (other.title, other.key, other.dont_know, other.scope) == (one.title, one.key, one.dont_know, one.scope)
    assert list(other.blocks.values()) == list(one.blocks.values())
    for name in map(one.source, one.background):
        variable, again = one.background.get(name), other.background[name]
        if variable:
            assert (again.labels, again.ordered, again.missing) == (variable.labels, variable.ordered, variable.missing)


MORE = """  pris: {type: antal, mindst: -2, hoejst: 9.5, decimaler: 3, enhed: kr.}
  bare: {type: enkelt, ved_ikke: nej, svar: {1: Ja, 2: Nej}}
spoergsmaal:
  - {id: pris, blok: a, skala: pris, emne: Pris, ordlyd: "=Hvad?", hjaelp: Cirka.}
  - {id: bare, blok: b, skala: bare, emne: Kort, ordlyd: Nej?}
  - {id: del, blok: b, skala: kr, emne: Del, ordlyd: Heraf?, del_af: [ialt]}
"""


def test_a_form_of_our_own_comes_back_as_the_same_questions(tmp_path: Path) -> None:
    text = small.QUESTIONNAIRE.replace("{navn: afdeling,", "{navn: afdeling, ordnet: true, uoplyst: syd,")
    ialt = "  - {id: ialt, blok: a, skala: kr, emne: Alt, ordlyd: I alt?, ved_ikke: nej}\n"
    asked = small.asked(tmp_path, "spoergsmaal:\n", MORE.replace("  - {id: pris", f"{ialt}  - {{id: pris"), text)
    xlsform.xlsform(asked, tmp_path / "ud.xlsx", ABOUT)
    study, _, made = brought(tmp_path / "ud.xlsx")
    same(asked, study)
    assert made.lost == []
    assert made.guesses == 0


@pytest.mark.parametrize("name", ["spoergeskema.yml", "anes96/spoergeskema.yml"])
def test_the_forms_of_whole_surveys_come_back(tmp_path: Path, name: str) -> None:
    asked = questionnaire.read(project.data / name)
    xlsform.xlsform(asked, tmp_path / "ud.xlsx", ABOUT)
    study, _, made = brought(tmp_path / "ud.xlsx")
    same(asked, study)
    assert made.lost == []
