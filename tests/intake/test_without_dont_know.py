"""Where 'ved ikke' is not offered, it is nowhere: not in the file, the forms, the codebook, an export or on a page."""

import re
from pathlib import Path

import pandas as pd
import pytest
import small

from civsam import estimate, nonresponse, show
from civsam.files import UserError
from civsam.instrument import keys, print_form, webform, xlsform
from civsam.instrument.allowed import valid
from civsam.instrument.questionnaire import Questionnaire
from civsam.intake import datapackage, export
from civsam.pages import codebook
from civsam.pages.door import plan_of
from civsam.survey.survey import Survey

ABOUT = dict.fromkeys(webform.TEXTS, "tekst")
SCALES = {"grad": "type: ordinal,", "janej": "type: enkelt,", "kr": "type: antal,", "steder": "type: flere,"}
UNSURE = re.compile("ved[ _]ikke|grå søjler", re.IGNORECASE)


@pytest.fixture
def study(tmp_path: Path) -> Questionnaire:
    """The small questionnaire with 'ved ikke' nowhere."""
    text = small.QUESTIONNAIRE
    for name, kind in SCALES.items():
        text = text.replace(f"{name}: {{{kind}", f"{name}: {{{kind} ved_ikke: nej,")
    return small.asked(tmp_path, text=text)


def collected(study: Questionnaire, rows: int = 60) -> Survey:
    """Answers of many, all kinds of them often enough to be shown."""
    cycle = {"glad": ["slet_ikke", "lidt", "meget"], "medlem": ["ja", "nej"], "timer": ["1", "2", "3", "4"],
             "sted": ["hal", "skov bib", "bib", "ingen", "hal skov"], "andet": [""]}
    table = pd.DataFrame({name: [values[at % len(values)] for at in range(rows)] for name, values in cycle.items()})
    return Survey(table, pd.DataFrame({"afdeling": ["nord", "nord", "syd"] * (rows // 3)}), study, framed=False)


@pytest.mark.parametrize("column", ["glad", "medlem", "timer", "sted"])
@pytest.mark.parametrize("cell", ["ved_ikke", "Ved ikke"])
def test_no_cell_can_say_it(tmp_path: Path, study: Questionnaire, column: str, cell: str) -> None:
    row = {"glad": "lidt", "medlem": "ja", "timer": "1", "sted": "hal", "andet": ""} | {column: cell}
    made = pd.DataFrame([row], index=pd.Index(["p1"], name="svarperson")).assign(afdeling="nord").to_csv()
    reading = small.read(tmp_path, made, study)
    assert reading.faults[["kolonne", "fejl"]].astype(str).to_numpy().tolist() == [
        [column, "»Ved ikke« kan ikke svares på dette spørgsmål"]]
    assert "ved_ikke" not in str(reading.faults["tilladt"].iloc[0])
    assert not valid(study.items[column], "ved_ikke")


def test_no_column_can_be_a_tick_of_it(tmp_path: Path, study: Questionnaire) -> None:
    head, *rows = small.ANSWERS.replace("ved_ikke", "").splitlines()
    for name in ("timer_ved_ikke", "sted/ved_ikke"):
        made = "\n".join([f"{head},{name}", *(f"{row},1" for row in rows), ""])
        assert "læst under et andet navn" not in small.told(small.read(tmp_path, made, study))


def test_no_form_offers_it(study: Questionnaire) -> None:
    assert not UNSURE.search(str(xlsform.survey_rows(study, ABOUT)) + str(xlsform.choice_rows(study)))
    assert not UNSURE.search(str(webform.definition(study)))
    facts = webform._facts(study)
    assert not UNSURE.search(str(facts["items"]))
    assert not UNSURE.search(print_form.print_page(study, ABOUT))
    assert not UNSURE.search("".join(one.html + one.text for one in codebook.codebook(study)))
    for item in study.items.values():
        assert not UNSURE.search(str(datapackage.item_field(item, study)))


@pytest.mark.parametrize("suffix", [".sav", ".dta"])
def test_no_export_has_it_and_all_comes_back(tmp_path: Path, study: Questionnaire, suffix: str) -> None:
    table = collected(study).answers.rename_axis("svarperson").rename(index=str).sort_index()
    assert not UNSURE.search(" ".join(export.columns(study, suffix)))
    assert not UNSURE.search(str([column.labels for column in export.coded(table, study, suffix).values()]))
    export.write(table, study, tmp_path / f"ud{suffix}")
    back = small.read(tmp_path, (tmp_path / f"ud{suffix}").read_bytes(), study, f"ind{suffix}").accept().answers
    pd.testing.assert_frame_equal(back.astype(object), table.astype(object), check_index_type=False)


@pytest.mark.parametrize("item", ["glad", "medlem", "sted"])
def test_no_table_figure_or_sentence_has_it(study: Questionnaire, item: str) -> None:
    survey = collected(study)
    shares = estimate.shares(survey, item)
    assert "ved_ikke" not in list(shares["answer"])
    by = estimate.shares(survey, item, "ja" if item == "medlem" else None, "afdeling")
    outputs = [show.figure(survey, shares, "Svar", "fig-a"), show.table(survey, shares, "Svar", "tab-a"),
               show.table(survey, by, "Svar", "tab-b"), show.question(survey, item),
               show.table(survey, nonresponse.item_nonresponse(survey), "Svar", "tab-c")]
    for output in outputs:
        assert not UNSURE.search(str(vars(output)))


def test_nothing_is_hidden_for_an_answer_that_was_not_offered(study: Questionnaire) -> None:
    """'Ja' was hidden, as the nobody who said 'ved ikke' was a small group."""
    survey = collected(study)
    assert "skjult" not in show.table(survey, estimate.shares(survey, "medlem"), "Medlem", "tab-m").html.lower()
    share = plan_of(survey).share("medlem", "ja", "", "", dont_know=False)
    assert share.shown == pytest.approx(0.5)


def test_an_item_may_say_otherwise_than_its_scale(tmp_path: Path) -> None:
    text = small.QUESTIONNAIRE.replace("skala: janej,", "skala: janej, ved_ikke: nej,").replace(
        "  - {id: timer", "  - {id: aktiv, blok: a, skala: janej, emne: Aktiv, ordlyd: Er du aktiv?}\n  - {id: timer")
    study = small.asked(tmp_path, text=text)
    assert [study.items[name].allows_dont_know for name in ("medlem", "aktiv", "glad", "andet")] == [
        False, True, True, False]
    names = {row["name"]: row["type"] for row in xlsform.survey_rows(study, ABOUT) if "name" in row}
    lists: dict[str, list[str]] = {}
    for one in xlsform.choice_rows(study):
        lists.setdefault(one["list_name"], []).append(one["name"])
    assert lists[names["medlem"].split()[1]] == ["ja", "nej"]
    assert lists[names["aktiv"].split()[1]] == ["ja", "nej", "ved_ikke"]
    assert keys.digest(study) != keys.digest(small.asked(tmp_path, "medlem, blok: a, skala: janej, ved_ikke: nej",
                                                         "medlem, blok: a, skala: janej", text=text))


def test_what_is_neither_yes_nor_no_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"linje \d+: 'ved_ikke' er 'måske'; der skal stå ja eller nej"):
        small.asked(tmp_path, "{type: ordinal,", "{type: ordinal, ved_ikke: måske,")
