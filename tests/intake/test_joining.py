"""Answers in two files or two sheets: joined when that is asked for, and never by guess."""

from pathlib import Path

import openpyxl
import pandas as pd
import pytest
import small

from civsam.files import UserError
from civsam.intake import answers

LINES = small.ANSWERS.splitlines()
HEAD, ROWS = LINES[0], LINES[1:]


def columns(*places: int) -> list[str]:
    return [",".join(line.split(",")[place] for place in places) for line in LINES]


def read(folder: Path, *files: list[str]) -> answers.Reading:
    paths = [folder / f"{number}.csv" for number in range(len(files))]
    for path, lines in zip(paths, files, strict=True):
        path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return answers.check(paths[0], small.asked(folder), None, more=[(path, None) for path in paths[1:]])


@pytest.fixture
def truth(tmp_path: Path) -> answers.Reading:
    return small.read(tmp_path, small.ANSWERS)


def test_more_respondents_are_put_below(tmp_path: Path, truth: answers.Reading) -> None:
    reading = read(tmp_path, [HEAD, *ROWS[:2]], [HEAD, *ROWS[2:4]], [HEAD, *ROWS[4:]]).accept()
    pd.testing.assert_frame_equal(reading.answers, truth.answers)
    pd.testing.assert_frame_equal(reading.background, truth.background)
    assert "2 rækker til; læg 3 til filens egne rækkenumre." in small.told(reading)


def test_columns_in_another_order_are_still_the_same(tmp_path: Path, truth: answers.Reading) -> None:
    other = [",".join(reversed(line.split(","))) for line in (HEAD, *ROWS[3:])]
    pd.testing.assert_frame_equal(read(tmp_path, [HEAD, *ROWS[:3]], other).accept().answers, truth.answers)


def test_more_questions_are_put_beside_by_the_key_whatever_the_order(tmp_path: Path, truth: answers.Reading) -> None:
    other = columns(0, 5, 6)
    reading = read(tmp_path, columns(0, 1, 2, 3, 4), [other[0], *reversed(other[1:])]).accept()
    pd.testing.assert_frame_equal(reading.answers, truth.answers)
    assert "2 kolonner er sat ved siden af; 6 er i begge, 0 kun i den første" in small.told(reading)


def test_who_is_in_one_file_only_is_kept_and_told(tmp_path: Path, truth: answers.Reading) -> None:
    one, two = columns(0, 1, 2, 3, 4), columns(0, 1, 5, 6)
    reading = read(tmp_path, [line for line in one if "p6" not in line], [line for line in two if "p1" not in line])
    assert "4 er i begge, 1 kun i den første og 1 kun i den anden." in small.told(reading)
    assert reading.answers.loc["p6"].tolist() == ["", "", "", "ingen", "tak"]
    assert reading.answers.loc["p1"].tolist() == ["slet_ikke", "ja", "0", "", ""]
    assert reading.background["afdeling"].to_dict() == truth.background["afdeling"].to_dict()


@pytest.mark.parametrize(("change", "told"), [
    (lambda two: [line.replace("p2,syd", "p2,nord") for line in two], "kolonnen afdeling: p2 har »syd«"),
    (lambda two: [*two, two[2]], "nøglen er tom eller står to gange"),
    (lambda two: [line.replace("p2,", ",") for line in two], "nøglen er tom eller står to gange"),
    (lambda two: [line.split(",", 1)[1] for line in two], "én kolonne med nøglen"),
    (lambda two: [*two, "p9"], "et andet antal felter"),
])
def test_what_cannot_be_joined_is_told(tmp_path: Path, change, told: str) -> None:
    with pytest.raises(UserError, match=told):
        read(tmp_path, columns(0, 1, 2, 3, 4), change(columns(0, 1, 5, 6)))


def test_a_respondent_in_both_of_two_files_below_one_another_is_a_fault(tmp_path: Path) -> None:
    reading = read(tmp_path, [HEAD, *ROWS[:3]], [HEAD, *ROWS[2:]])
    assert reading.faults["fejl"].str.contains("har svaret 2 gange").all()
    assert reading.faults["raekke"].tolist() == [4, 6]


def test_two_sheets_of_a_workbook_are_joined(tmp_path: Path, truth: answers.Reading) -> None:
    book = openpyxl.Workbook()
    for name, lines in (("Del 1", columns(0, 1, 2, 3, 4)), ("Del 2", columns(0, 5, 6))):
        sheet = book.create_sheet(name)
        for line in lines:
            sheet.append([cell or None for cell in line.split(",")])
    book.save(tmp_path / "svar.xlsx")
    reading = answers.check(tmp_path / "svar.xlsx", small.asked(tmp_path), None, sheet="Del 1", more=[(None, "Del 2")])
    pd.testing.assert_frame_equal(reading.accept().answers, truth.answers)
