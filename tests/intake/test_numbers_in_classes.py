"""A background variable that is a number: the classes that its limits make, in files, frames and one's own tables."""

from pathlib import Path

import pandas as pd
import pytest
import small

from civsam.files import UserError
from civsam.inference import estimate
from civsam.instrument import classes, webform
from civsam.intake.frame import read_frame
from civsam.pages import codebook
from civsam.survey.survey import Survey

OLD = "afdeling: {navn: afdeling, svar: {nord: Nord, syd: Syd}}"
AGE = "alder: {navn: alder, graenser: [18, 35, 60]}"
HEAD = "svarperson,alder,glad,medlem,timer,sted,andet\n"
REST = ",lidt,ja,5,hal,\n"


def test_the_limits_make_the_codes_and_the_words(tmp_path: Path) -> None:
    variable = small.asked(tmp_path, OLD, AGE).background["alder"]
    assert variable.labels == {"under_18": "Under 18", "fra_18": "18–34", "fra_35": "35–59", "fra_60": "60 og derover"}
    assert variable.ordered
    assert [*classes.labels((-1.5, 2)).values()] == ["Under −1,5", "Fra −1,5 til under 2", "2 og derover"]
    assert classes.labels((1, 2))["fra_1"] == "1"
    book = codebook.codebook(small.asked(tmp_path, OLD, AGE))
    assert "et tal, delt i klasser" in "\n".join(part.text for part in book)
    asked = webform.definition(small.asked(tmp_path, OLD, AGE))["pages"][0]["elements"]
    assert [choice["text"] for choice in asked[0]["choices"]] == list(variable.labels.values())


@pytest.mark.parametrize("limits", ["[]", "[18, 18]", "[35, 18]", "[atten]", "18", "[true]"])
def test_limits_that_are_none_are_told_with_their_line(tmp_path: Path, limits: str) -> None:
    with pytest.raises(UserError, match="linje 6: 'graenser' er"):
        small.asked(tmp_path, OLD, f"alder: {{navn: alder, graenser: {limits}}}")
    with pytest.raises(UserError, match="'svar' kan ikke stå sammen med 'graenser'"):
        small.asked(tmp_path, OLD, "alder: {navn: alder, graenser: [18], svar: {a: A}}")


def test_the_numbers_of_a_file_are_put_in_their_classes(tmp_path: Path) -> None:
    cells = ["17", "18", "34,9", "35", "59.5", "60", "999", "18–34", "fra_35", "-1"]
    content = HEAD + "".join(f'p{at},"{cell}"{REST}' for at, cell in enumerate(cells))
    found = small.read(tmp_path, content, small.asked(tmp_path, OLD, AGE))
    assert found.faults.empty
    assert found.background["alder"].tolist() == [
        "under_18", "fra_18", "fra_18", "fra_35", "fra_35", "fra_60", "fra_60", "fra_18", "fra_35", "under_18"]
    assert "Tallene i alder, som er delt i klasser, går fra: -1 til 999." in small.told(found).replace("−", "-")


@pytest.mark.parametrize(("cell", "fault"), [("ung", "kendes ikke som alder"), ("1.8.9", "kendes ikke"),
                                             ("", "er tom")])
def test_what_is_no_number_is_told(tmp_path: Path, cell: str, fault: str) -> None:
    found = small.read(tmp_path, f"{HEAD}p1,40{REST}p2,{cell}{REST}", small.asked(tmp_path, OLD, AGE))
    assert found.faults[["raekke", "kolonne"]].to_numpy().tolist() == [[3, "alder"]]
    assert fault in small.told(found)


def test_a_blank_can_be_a_class_of_its_own(tmp_path: Path) -> None:
    known = small.asked(tmp_path, OLD, "alder: {navn: alder, graenser: [18], uoplyst: Ukendt}")
    assert known.background["alder"].labels["uoplyst"] == "Ukendt"
    found = small.read(tmp_path, f"{HEAD}p1,40{REST}p2,{REST}", known)
    assert found.background["alder"].tolist() == ["fra_18", "uoplyst"]


def test_a_frame_and_a_table_of_numbers_are_classed_too(tmp_path: Path) -> None:
    study = small.asked(tmp_path, OLD, AGE)
    (tmp_path / "ramme.csv").write_text("svarperson,alder\np1,40\np2,17\np3,fra_60\n", encoding="utf-8")
    assert read_frame(study, tmp_path / "ramme.csv")["alder"].tolist() == ["fra_35", "under_18", "fra_60"]
    (tmp_path / "ramme.csv").write_text("svarperson,alder\np1,gammel\n", encoding="utf-8")
    with pytest.raises(UserError, match="'gammel' er ikke en kode for alder"):
        read_frame(study, tmp_path / "ramme.csv")
    answers = pd.DataFrame({name: "" for name in study.items}, index=["a", "b", "c"], dtype="str").assign(medlem="ja")
    survey = Survey(answers, pd.DataFrame({"alder": [17, 18.0, 60]}, index=answers.index), study)
    assert survey.frame["alder"].tolist() == ["under_18", "fra_18", "fra_60"]
    assert estimate.shares(survey, "medlem", "ja", by="alder")["n"].tolist() == [1, 1, 0, 1]
    with pytest.raises(UserError, match="kolonnen alder"):
        Survey(answers, pd.DataFrame({"alder": [17, float("nan"), 60]}, index=answers.index), study)
