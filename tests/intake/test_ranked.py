"""Rankings in all the ways that programs write them, and the forms that ask for one."""

from pathlib import Path

import openpyxl
import pandas as pd
import pytest
import small
from brought import brought

from civsam.disclosure import tables
from civsam.files import UserError
from civsam.inference import estimate
from civsam.instrument import webform, xlsform
from civsam.instrument.print_form import print_page
from civsam.instrument.questionnaire import Questionnaire
from civsam.intake import export
from civsam.survey.survey import Survey

HEAD = """
titel: Prøve
afgraensning: A
ved_ikke: Ved ikke
blokke: {b: Blok}
skalaer:
  rang: {type: rangordning, svar: {pris: Prisen, tid: Tiden, sted: "Sted, tid og rum"}}
spoergsmaal:
  - {id: q, blok: b, skala: rang, emne: Vigtigst, ordlyd: Hvad er vigtigst?}
"""
SOME = HEAD.replace("rangordning,", "rangordning, mindst: 1, hoejst: 2,")
ABOUT = dict.fromkeys(webform.TEXTS, "x")


def study(folder: Path, text: str = HEAD) -> Questionnaire:
    return small.asked(folder, text=text)


@pytest.mark.parametrize("content", [
    "q\npris sted tid\nved_ikke\n\"\"\n",
    "q\n\"Prisen;Sted, tid og rum;Tiden\"\nVed ikke\n\"\"\n",
    "q/pris,q/tid,q/sted,q_ved_ikke\n1,3,2,0\n,,,1\n,,,0\n",
    "q[Prisen],q[Tiden],\"q[Sted, tid og rum]\",q_ved_ikke\n1,3,2,\n,,,1\n,,,\n",
    "q[1],q[2],q[3],q_ved_ikke\npris,sted,tid,\n,,,1\n,,,\n",
    "q_plads_1,q_plads_2,q_plads_3,q_ved_ikke\nPrisen,\"Sted, tid og rum\",Tiden,\n,,,1\n,,,\n",
    "q,q/pris,q/tid,q/sted,q_ved_ikke\npris sted tid,1,3,2,0\n,,,,1\n,,,,\n",
])
def test_an_order_is_read_however_it_is_written(tmp_path: Path, content: str) -> None:
    reading = small.read(tmp_path, content, study(tmp_path)).accept()
    assert reading.answers["q"].tolist()[:2] == ["pris sted tid", "ved_ikke"]


@pytest.mark.parametrize(("content", "message"), [
    ("q\npris pris tid\n", "samme svar står to gange"),
    ("q\npris tid\n", "2 svar er rangordnet"),
    ("q\npris tid sted ved_ikke\n", "både en rækkefølge og ved ikke"),
    ("q\npris tid stde\n", "»stde« er ukendt. Tilladt: pris, tid, sted i rækkefølge"),
    ("q/pris,q/tid,q/sted\n1,1,2\n", "flere svar har plads 1"),
    ("q/pris,q/tid,q/sted\n1,2,4\n", "plads 3 mangler"),
    ("q/pris,q/tid,q/sted\n1,2,\n", "2 svar er rangordnet"),
    ("q/pris,q/tid,q/sted\n1,2,sidst\n", "en plads skal være et helt tal"),
    ("q/pris,q/tid,q/sted,q_ved_ikke\n1,2,3,1\n", "både en rækkefølge og ved ikke"),
    ("q[1],q[2],q[3]\npris,pris,tid\n", "samme svar har flere pladser"),
    ("q[1],q[2],q[3]\npris,,tid\n", "plads 2 mangler"),
    ("q[1],q[2],q[3]\npris,stde,tid\n", "et ukendt svar"),
    ("q,q/pris,q/tid,q/sted\npris tid sted,1,3,2\n", "de delte kolonner siger noget andet: pris sted tid"),
    ("q/pris,q/tid,q/sted,q/hus\n1,2,3,4\n", "er pladser ved »hus«, som spørgeskemaet ikke har"),
])
def test_what_is_no_order_is_told(tmp_path: Path, content: str, message: str) -> None:
    assert message in small.told(small.read(tmp_path, content, study(tmp_path)))


def test_some_may_be_left_out_where_the_questionnaire_says_so(tmp_path: Path) -> None:
    reading = small.read(tmp_path, "q/pris,q/tid,q/sted\n1,,2\n,1,\n", study(tmp_path, SOME)).accept()
    assert reading.answers["q"].tolist() == ["pris sted", "tid"]
    assert "3 svar er rangordnet" in small.told(
        small.read(tmp_path, "q\npris tid sted\n", study(tmp_path, SOME)))


def made(folder: Path, text: str, cells: list[str]) -> Survey:
    answers = pd.DataFrame({"q": cells}, index=[f"p{row}" for row in range(len(cells))])
    return Survey(answers, answers[[]], study(folder, text), framed=False)


def test_mean_places_and_what_is_first_are_as_by_hand(tmp_path: Path) -> None:
    survey = made(tmp_path, HEAD, ["pris sted tid", "pris tid sted", "sted tid pris", "ved_ikke", ""])
    first = estimate.shares(survey, "q_foerst", dont_know=False).set_index("answer")["estimate"]
    assert first["pris"] == pytest.approx(2 / 3)
    assert [estimate.means(survey, f"q_plads_{code}")["estimate"].item() for code in ("pris", "tid", "sted")
            ] == pytest.approx([5 / 3, 7 / 3, 2])
    some = made(tmp_path, SOME, ["pris sted", "tid", ""])
    assert some.answers.filter(like="plads").iloc[:2].to_numpy().tolist() == [["1", "3", "2"], ["2.5", "1", "2.5"]]
    with pytest.raises(UserError, match="Brug q_foerst, q_plads_pris"):
        estimate.shares(survey, "q")


def test_places_are_hidden_together_since_one_follows_from_the_others(tmp_path: Path) -> None:
    survey = made(tmp_path, HEAD, ["pris sted tid", "tid pris sted"] * 9)
    assert ["q_plads_pris", "q_plads_tid", "q_plads_sted"] in [
        [table.keys[0][1] for table in family] for family in tables.families(survey)]


@pytest.mark.parametrize("suffix", ["sav", "dta", "csv"])
def test_an_own_file_comes_back(tmp_path: Path, suffix: str) -> None:
    survey = made(tmp_path, SOME, ["pris sted", "tid", "ved_ikke", ""])
    path = tmp_path / f"svar.{suffix}"
    export.write(survey.answers, survey.questionnaire, path)
    back = small.answers.check(path, survey.questionnaire, None).accept().answers
    assert back["q"].tolist() == survey.answers["q"].tolist()
    if suffix == "sav":
        asked, cells, _ = brought(path)
        assert asked.items["q"].scale.type == "rangordning"
        assert cells is not None
        assert cells["q"].tolist() == survey.answers["q"].tolist()


@pytest.mark.parametrize("text", [HEAD, SOME])
def test_the_forms_ask_for_an_order_and_their_form_comes_back(tmp_path: Path, text: str) -> None:
    asked, path = study(tmp_path, text), tmp_path / "skema.xlsx"
    xlsform.xlsform(asked, path, ABOUT)
    names = [row[:2] for row in openpyxl.load_workbook(path)["survey"].iter_rows(values_only=True)]
    assert ("rank rang", "q") in names or ("select_one rang", "q_plads_2") in names
    assert ("select_multiple kun_ved_ikke", "q_ved_ikke") in names
    again, _, _ = brought(path)
    assert [*again.items] == [*asked.items]
    assert (again.items["q"].scale.low, again.items["q"].scale.high) == (
        asked.items["q"].scale.low, asked.items["q"].scale.high)
    assert again.items["q"].allows_dont_know
    element, box = webform.definition(asked.collected)["pages"][0]["elements"]
    assert (element["type"], element["selectToRankEnabled"], box["type"]) == ("ranking", True, "checkbox")
    assert "1 ved det, du sætter først" in print_page(asked, ABOUT)


@pytest.mark.parametrize(("old", "new", "message"), [
    (', sted: "Sted, tid og rum"', "", "en rangordning skal have mindst 3 svar"),
    ("pris: Prisen", "1: Prisen", "'1' kan ikke være et svar i en rangordning"),
    ("pris: Prisen", "pris: '7'", "'7' kan ikke være et svar i en rangordning"),
    ("rangordning,", "rangordning, hoejst: 4,", "hvor mange af de 3 svar der rangordnes"),
    ("rangordning,", "rangordning, mindst: 3, hoejst: 2,", "hvor mange af de 3 svar der rangordnes"),
    ("ordlyd: Hvad er vigtigst?}", "ordlyd: Hvad?}\n  - {id: q_foerst, blok: b, skala: rang, emne: A, ordlyd: A?}",
     "'q_foerst' hedder det, der vises af q"),
    ("ordlyd: Hvad er vigtigst?}", "ordlyd: Hvad?}\n  - {id: r, blok: b, skala: rang, emne: A, ordlyd: A?, "
     "kun_hvis: q er pris}", "q er en rangordning, som ingen kan spørges efter"),
])
def test_a_ranking_that_cannot_be_is_refused_with_its_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    small.refused(tmp_path, old, new, HEAD, message)
