"""Dates as people and programs write them, in and out again, and the years, quarters and months they are shown by."""

from datetime import date
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
import small
from brought import brought, said

from civsam.files import UserError
from civsam.inference import estimate
from civsam.instrument import dates, keys, webform, xlsform
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
  dag: {type: dato, mindst: 2014-01-01, hoejst: 31.12.2016}
spoergsmaal:
  - {id: d, blok: b, skala: dag, emne: Begyndt, ordlyd: Hvornår begyndte det?}
"""
ABOUT = dict.fromkeys(webform.TEXTS, "x")


def study(folder: Path, text: str = HEAD) -> Questionnaire:
    return small.asked(folder, text=text)


def survey(folder: Path, cells: list[object], text: str = HEAD) -> Survey:
    answers = pd.DataFrame({"d": cells}, index=[f"p{row}" for row in range(len(cells))])
    return Survey(answers, answers[[]], study(folder, text), framed=False)


@pytest.mark.parametrize("cell", [
    "2015-03-01", "2015-03-01 00:00:00", "2015-03-01T00:00:00.000Z", "1.3.2015", "01-03-2015", "1/3/2015",
    "1. marts 2015", "1 mar. 2015", " 01.03.2015 ",
])
def test_a_date_is_read_however_it_is_written(tmp_path: Path, cell: str) -> None:
    assert small.read(tmp_path, f"d\n{cell}\n", study(tmp_path)).accept().answers["d"].tolist() == ["2015-03-01"]


@pytest.mark.parametrize(("cells", "message"), [
    (["31.2.2015"], "ikke en dato, der findes"), (["i går"], "ikke en dato, der findes"),
    (["2013-12-31"], "datoen er uden for det tilladte. Tilladt: dato fra 1. januar 2014 til 31. december 2016"),
    (["1.3.15"], "et årstal med to cifre"), (["42064"], "Excels nummer på en dag"),
    (["3/4/2015", "3/14/2015"], "måned før dag (amerikansk)"), (["2015"], "ikke en dato, der findes"),
])
def test_what_is_no_such_date_is_told(tmp_path: Path, cells: list[str], message: str) -> None:
    reading = small.read(tmp_path, "d\n" + "".join(f"{cell}\n" for cell in cells), study(tmp_path))
    assert message in small.told(reading)
    assert reading.answers.empty


def test_a_time_of_day_and_strokes_are_told(tmp_path: Path) -> None:
    told = small.told(small.read(tmp_path, "d\n2015-03-01 14:22\n13/4/2015\n", study(tmp_path)).accept())
    assert "klokkeslættet er udeladt, i d: 1 svar (række 2)" in told
    assert "dag/måned/år, i d: 1 svar (række 3)" in told


def test_a_workbook_has_dates_of_its_own(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["d"], [date(2015, 3, 1)], ["ved ikke"]):
        book.active.append(row)
    book.save(tmp_path / "svar.xlsx")
    reading = small.answers.check(tmp_path / "svar.xlsx", study(tmp_path), None).accept()
    assert reading.answers["d"].tolist() == ["2015-03-01", "ved_ikke"]


def test_dates_are_counted_by_what_the_questionnaire_says(tmp_path: Path) -> None:
    cells = ["2014-05-01", pd.Timestamp("2015-03-01"), date(2015, 12, 31), "ved_ikke", None]
    made = survey(tmp_path, cells)
    assert made.answers["d_aar"].tolist() == ["2014", "2015", "2015", "ved_ikke", ""]
    found = estimate.shares(made, "d_aar", dont_know=False).set_index("answer")["estimate"]
    assert found.tolist() == pytest.approx([1 / 3, 2 / 3, 0])
    by_quarter = survey(tmp_path, cells, HEAD.replace("dato,", "dato, vis: kvartal,"))
    assert by_quarter.answers["d_kvartal"].tolist()[:3] == ["20142", "20151", "20154"]
    assert by_quarter.questionnaire.label("d_kvartal", "20142") == "2. kvartal 2014"
    by_month = survey(tmp_path, cells, HEAD.replace("dato,", "dato, vis: maaned,"))
    assert by_month.questionnaire.label("d_maaned", by_month.answers["d_maaned"].iloc[1]) == "marts 2015"
    assert keys.digest(made.questionnaire) == keys.digest(by_month.questionnaire)  # it is only shown otherwise
    with pytest.raises(UserError, match="Brug d_aar"):
        estimate.shares(made, "d", "2014-05-01")


@pytest.mark.parametrize("suffix", ["sav", "dta", "csv", "excel"])
def test_an_own_file_comes_back(tmp_path: Path, suffix: str) -> None:
    made, path = survey(tmp_path, ["2014-05-01", "ved_ikke", ""]), tmp_path / f"svar.{suffix.replace('excel', 'csv')}"
    export.write(made.answers, made.questionnaire, path, excel=suffix == "excel")
    back = small.answers.check(path, made.questionnaire, None).accept().answers
    assert back["d"].tolist() == made.answers["d"].tolist()
    if suffix == "sav":
        asked, cells, _ = brought(path)
        assert (asked.items["d"].scale.low, asked.items["d"].scale.unit) == (date(2014, 1, 1).toordinal(), "aar")
        assert cells is not None
        assert cells["d"].tolist() == made.answers["d"].tolist()


def test_a_file_of_others_gives_dates_in_the_years_it_has(tmp_path: Path) -> None:
    (tmp_path / "svar.csv").write_text("id;dato\na;1.3.2015\nb;24.12.2017\n", encoding="utf-8")
    asked, cells, _ = brought(tmp_path / "svar.csv")
    assert asked.items["dato"].scale.type == "dato"
    assert [dates.iso(end) for end in (asked.items["dato"].scale.low, asked.items["dato"].scale.high)] == [
        "2015-01-01", "2017-12-31"]
    assert cells is not None
    assert cells["dato"].tolist() == ["2015-03-01", "2017-12-24"]
    (tmp_path / "svar.csv").write_text("id;dato\na;3/4/2015\nb;3/24/2017\n", encoding="utf-8")
    assert "dato ligner datoer, men" in said(brought(tmp_path / "svar.csv")[2])


def test_the_forms_ask_for_a_date_and_their_form_comes_back(tmp_path: Path) -> None:
    asked, path = study(tmp_path, HEAD.replace("dato,", "dato, vis: maaned,")), tmp_path / "skema.xlsx"
    xlsform.xlsform(asked, path, ABOUT)
    again, _, _ = brought(path)
    one, other = asked.items["d"].scale, again.items["d"].scale
    assert (one.type, one.low, one.high, one.unit) == (other.type, other.low, other.high, other.unit)
    assert [*again.items] == [*asked.items]
    element, _ = webform.definition(asked.collected)["pages"][0]["elements"]
    assert element["inputType"] == "date"
    assert "Skriv en dato fra 1. januar 2014 til 31. december 2016." in print_page(asked, ABOUT)


@pytest.mark.parametrize(("old", "new", "message"), [
    ("mindst: 2014-01-01,", "", "'mindst' er 'None'; der skal stå en dato"),
    ("2014-01-01", "2014-13-01", "'mindst' er '2014-13-01'; der skal stå en dato"),
    ("2014-01-01", "2017-01-01", "'mindst' (2017-01-01) er senere end 'hoejst'"),
    ("2014-01-01", "1914-01-01", "er der 103 år, og der vises højst 60"),
    ("dato,", "dato, vis: uge,", "ukendt måde i 'vis' 'uge'"),
    ("ordlyd: Hvornår begyndte det?}", "ordlyd: Hvornår?}\n  - {id: r, blok: b, skala: dag, emne: A, ordlyd: A?, "
     "kun_hvis: d er 2015}", "d er en dato, som ingen kan spørges efter"),
])
def test_a_date_that_cannot_be_asked_is_refused_with_its_line(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    small.refused(tmp_path, old, new, HEAD, message)
