"""Codes that are numbers, and numbers with decimals or below 0: forms, files in and out, estimates, what is shown."""

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import small

from civsam import estimate, show
from civsam.files import UserError
from civsam.instrument import keys, questionnaire, webform, xlsform
from civsam.instrument.allowed import valid
from civsam.intake import export
from civsam.intake.coding import decimal_number
from civsam.survey.survey import Survey

DECIMALS = "kr: {type: antal, mindst: -2.5, hoejst: 1000, decimaler: 2, enhed: timer}"
WHOLE = "kr: {type: antal, mindst: 0, hoejst: 1000}"
CODES = "{ja: Ja, nej: Nej}"
ABOUT = dict.fromkeys(webform.TEXTS, "tekst")


def row(cell: str, code: str = "ja") -> str:
    return f"{small.ANSWERS.splitlines()[0]}\np1,nord,lidt,{code},\"{cell}\",hal,\n"


# ---- Decimals and numbers below 0


@pytest.mark.parametrize(("cell", "wanted"), [
    ("7,5", "7.5"), ("2.25", "2.25"), ("-2,50", "-2.5"), ("3", "3"), ("3,0", "3"), ("0,125", None), ("-0,0", "0"),
    ("7.0999999", "7.1"), ("1.500", None), ("1,5 timer", None), ("1e2", None), ("-3", "-3"), ("1.25.5", None),
])
def test_a_number_with_decimals_as_it_is_written(cell: str, wanted: str | None) -> None:
    assert decimal_number(cell, 2) == wanted


@pytest.mark.parametrize(("cell", "told"), [
    ("-2,51", "tallet er uden for det tilladte"), ("0,125", "et tal med flere end 2 decimaler"),
    ("1.500", "et flertydigt tal"), ("mange", "tekst, hvor der skal stå et tal"),
])
def test_what_is_no_such_number_is_told(tmp_path: Path, cell: str, told: str) -> None:
    reading = small.read(tmp_path, row(cell), small.asked(tmp_path, WHOLE, DECIMALS))
    assert told in small.told(reading)
    assert "Tilladt: et tal fra -2.5 til 1000 med højst 2 decimaler (timer), ved_ikke eller tomt" in small.told(reading)


def test_whole_numbers_below_0_are_read_and_a_count_stays_whole(tmp_path: Path) -> None:
    below = small.asked(tmp_path, WHOLE, "kr: {type: antal, mindst: -5, hoejst: 5}")
    assert small.read(tmp_path, row("-3"), below).accept().answers["timer"].tolist() == ["-3"]
    for cell, study in (("-6", below), ("2,5", below), ("2.5", small.asked(tmp_path)), ("-1", small.asked(tmp_path))):
        assert len(small.read(tmp_path, row(cell), study).faults) == 1
    assert not valid(small.asked(tmp_path).items["timer"], "2.5")


@pytest.mark.parametrize("name", ["a.sav", "a.dta", "a.csv", "excel.csv"])
def test_decimals_come_back_from_every_file_that_we_write(tmp_path: Path, name: str) -> None:
    study = small.asked(tmp_path, WHOLE, DECIMALS)
    hours = ["-2.5", "7.1", "0.05", "999.99", "3", "ved_ikke", ""]
    table = pd.DataFrame({"glad": "lidt", "medlem": "ja", "timer": hours, "sted": "hal", "andet": ""},
                         index=pd.Index(list("abcdefg"), name="svarperson"))
    export.write(table, study, tmp_path / name, excel=name == "excel.csv")
    back = small.read(tmp_path, (tmp_path / name).read_bytes(), study, f"igen{Path(name).suffix}").accept().answers
    assert back["timer"].tolist() == table["timer"].tolist()


def test_a_number_kept_in_four_bytes_is_what_was_typed(tmp_path: Path) -> None:
    table = pd.DataFrame({"glad": ["lidt"], "medlem": ["ja"], "timer": np.array([7.1], dtype="float32"),
                          "sted": ["hal"], "andet": [""]})
    made = io.BytesIO()
    table.to_parquet(made)
    study = small.asked(tmp_path, WHOLE, DECIMALS)
    assert small.read(tmp_path, made.getvalue(), study, "a.parquet").accept().answers["timer"].tolist() == ["7.1"]


@pytest.mark.parametrize("name", ["svar.sav", "svar.dta", "svar.csv", "excel.csv"])
def test_three_decimals_and_very_small_numbers_come_back(tmp_path: Path, name: str) -> None:
    """1.693 may be 1693 where it is typed, but what we write is read as it was; and no number is written as 1e-05."""
    study = small.asked(tmp_path, WHOLE, "kr: {type: antal, mindst: 0, hoejst: 2000, decimaler: 5, ved_ikke: nej}")
    table = pd.DataFrame({"glad": "", "medlem": "", "timer": ["1.693", "0.00001", "2000", ""], "sted": "", "andet": ""},
                         index=pd.Index(list("abcd"), name="svarperson"))
    export.write(table, study, tmp_path / name, excel=name == "excel.csv")
    back = small.read(tmp_path, (tmp_path / name).read_bytes(), study, f"igen{Path(name).suffix}").accept().answers
    assert back["timer"].tolist() == table["timer"].tolist()


def test_means_of_decimals_are_shown_but_of_what_can_be_below_0_only_when_synthetic(tmp_path: Path) -> None:
    hours = [str(x) for x in np.round(np.linspace(0.5, 8.25, 40), 2)]
    answers = pd.DataFrame({"glad": "lidt", "medlem": "ja", "timer": hours, "sted": "hal", "andet": ""})
    frame = pd.DataFrame({"afdeling": ["nord", "syd"] * 20})
    for text, hidden in ((DECIMALS.replace("-2.5", "0"), False), (DECIMALS, True)):
        survey = Survey(answers, frame, small.asked(tmp_path, WHOLE, text), framed=False)
        means = estimate.means(survey, "timer")
        assert means["estimate"].iloc[0] == pytest.approx(np.mean([float(x) for x in hours]))
        shown = show.table(survey, means, "Timer", "tab-timer").html
        assert ("skjult" in shown.lower()) == hidden


def test_numbers_of_a_data_frame_are_answers(tmp_path: Path) -> None:
    study = small.asked(tmp_path, WHOLE, DECIMALS)
    answers = pd.DataFrame({"glad": ["lidt"] * 2, "medlem": "ja", "timer": [2.5, 3.0], "sted": "hal", "andet": ""})
    frame = pd.DataFrame({"afdeling": ["nord", "syd"]})
    assert Survey(answers, frame, study, framed=False).answers["timer"].tolist() == ["2.5", "3"]
    with pytest.raises(UserError, match="timer"):
        Survey(answers.assign(timer=[2.555, 3]), frame, study, framed=False)


def test_the_forms_ask_for_decimals_and_the_unit(tmp_path: Path) -> None:
    study = small.asked(tmp_path, WHOLE, DECIMALS)
    (asked,) = [one for one in xlsform.survey_rows(study, ABOUT) if one.get("name") == "timer"]
    assert asked["type"] == "decimal"
    assert asked["constraint"] == ". >= -2.5 and . <= 1000"
    assert xlsform.rule(study.items["timer"], study).replace("−", "-") == (
        "Skriv et tal fra -2,50 til 1.000 med højst 2 decimaler (timer).")
    facts = {item["id"]: item for item in webform._facts(study)["items"]}
    assert facts["timer"]["decimals"] == 2


def test_only_what_is_new_in_a_form_changes_its_digest(tmp_path: Path) -> None:
    """Answer files of forms that were sent out before are still answers to them."""
    assert keys.digest(questionnaire.read()) == "3f0d74569098a5bb4b9fa816d4b4a6272f124edcc537b24107b7462f1b05fed8"
    digests = {keys.digest(small.asked(tmp_path, WHOLE, text)) for text in (
        WHOLE, DECIMALS, DECIMALS.replace("decimaler: 2", "decimaler: 1"), DECIMALS.replace("timer}", "kr}"))}
    assert len(digests) == 4


@pytest.mark.parametrize("text", ["decimaler: 7", "decimaler: yes", "decimaler: -1"])
def test_decimals_that_cannot_be_are_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(UserError, match=r"linje \d+: 'decimaler' er"):
        small.asked(tmp_path, "hoejst: 1000", f"hoejst: 1000, {text}")


# ---- Codes that are numbers


def test_codes_that_are_numbers_are_read_as_they_are_written(tmp_path: Path) -> None:
    study = small.asked(tmp_path, CODES, "{1: Ja, 2: Nej, 5: 5}")
    cells = ["1", "2.0", "2,0", "Ja", "nej", "5", "ved_ikke", ""]
    rows = "".join(f"q{at},nord,lidt,\"{cell}\",1,hal,\n" for at, cell in enumerate(cells))
    reading = small.read(tmp_path, f"{small.ANSWERS.splitlines()[0]}\n{rows}", study).accept()
    assert reading.answers["medlem"].tolist() == ["1", "2", "2", "1", "2", "5", "ved_ikke", ""]
    wrong = small.told(small.read(tmp_path, row("1", "3"), study))
    assert "»3«: et ukendt svar. Tilladt: 1, 2, 5, ved_ikke eller tomt" in wrong


@pytest.mark.parametrize("name", ["a.sav", "a.dta", "a.csv", "excel.csv"])
def test_codes_that_are_numbers_come_back_and_keep_their_numbers(tmp_path: Path, name: str) -> None:
    study = small.asked(tmp_path, text=small.QUESTIONNAIRE.replace(CODES, "{0: Nej, 1: Ja}").replace(
        "{hal: Idrætshal, skov:", "{1: Idrætshal, 2:"))
    table = pd.DataFrame({"glad": "lidt", "medlem": ["0", "1", "ved_ikke", ""], "timer": "1",
                          "sted": ["1", "2", "1 2 bib", "intet_kryds"], "andet": ""},
                         index=pd.Index(list("abcd"), name="svarperson"))
    export.write(table, study, tmp_path / name, excel=name == "excel.csv")
    back = small.read(tmp_path, (tmp_path / name).read_bytes(), study, f"igen{Path(name).suffix}").accept().answers
    pd.testing.assert_frame_equal(back.astype(object), table.astype(object), check_index_type=False)
    columns = export.coded(table, study, ".sav")
    assert columns["medlem"].values.tolist()[:3] == [0, 1, -8]


def test_numbers_of_a_data_frame_are_codes(tmp_path: Path) -> None:
    study = small.asked(tmp_path, CODES, "{1: Ja, 2: Nej}")
    answers = pd.DataFrame({"glad": ["lidt"] * 3, "medlem": [1, 2.0, None], "timer": 1, "sted": "hal", "andet": ""})
    survey = Survey(answers, pd.DataFrame({"afdeling": ["nord"] * 3}), study, framed=False)
    assert survey.answers["medlem"].tolist() == ["1", "2", ""]
    assert estimate.shares(survey, "medlem", "1")["estimate"].tolist() == [0.5]
