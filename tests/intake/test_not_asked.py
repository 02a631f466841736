"""Answers to questions that are asked of some only: what is told of a file, and what a survey makes of it."""

from pathlib import Path

import pandas as pd
import pytest
import small

from civsam.files import UserError
from civsam.instrument import conditions, routing
from civsam.survey.survey import Survey

ONLY = "emne: Timer, kun_hvis: medlem er ja,"
TICKS = "emne: Steder, kun_hvis: medlem er ja,"
HEAD = "svarperson,afdeling,glad,medlem,timer,sted,andet\n"


def reading(
    folder: Path, rows: str, old: str = "emne: Timer,", new: str = ONLY, head: str = HEAD
) -> small.answers.Reading:
    return small.read(folder, head + rows, small.asked(folder, old, new))


def test_an_answer_that_was_not_asked_for_is_told_with_row_column_and_remedy(tmp_path: Path) -> None:
    found = reading(tmp_path, "p1,nord,lidt,ja,5,hal,\np2,syd,lidt,nej,7,hal,\np3,syd,lidt,nej,ved_ikke,hal,\n"
                              "p4,syd,lidt,nej,,hal,\np5,syd,lidt,,3,hal,\np6,syd,lidt,,,hal,\n")
    assert found.faults[["raekke", "kolonne", "vaerdi"]].to_numpy().tolist() == [[3, "timer", "7"],
                                                                                 [4, "timer", "ved_ikke"]]
    assert "række 3, kolonne timer, »7«: er besvaret, selv om spørgsmålet ikke skulle stilles. Tilladt: kun svar fra " \
           "dem, der svarede »Ja« til medlem. Tøm cellen, eller ret svaret på medlem." in small.told(found)
    assert found.answers["timer"].to_dict() == {"p1": "5", "p4": "", "p5": "3", "p6": ""}


def test_a_question_that_nobody_was_asked_is_told(tmp_path: Path) -> None:
    told = "Spørgsmål, som ingen skulle stilles efter deres andre svar: timer."
    rows = "p1,nord,lidt,nej,,hal,\np2,syd,lidt,ved_ikke,,hal,\n"
    assert told in reading(tmp_path, rows).notes
    assert told not in reading(tmp_path, f"{rows}p3,syd,lidt,,,hal,\n").notes  # who may have been


def test_a_row_of_zeros_from_who_was_not_asked_is_no_answer(tmp_path: Path) -> None:
    """Programs write that nothing is ticked also where the question was passed over."""
    head = "svarperson,afdeling,glad,medlem,timer,andet,sted/hal,sted/skov,sted/bib,sted/ingen\n"
    found = reading(tmp_path, "p1,nord,lidt,ja,5,,0,0,0,0\np2,nord,lidt,nej,5,,0,0,0,0\np3,nord,lidt,nej,5,,1,0,0,0\n",
                    "emne: Steder,", TICKS, head)
    assert found.answers["sted"].to_dict() == {"p1": "intet_kryds", "p2": ""}
    assert "Rækker uden kryds i sted, som er læst som ikke spurgt: 1." in small.told(found)
    assert found.faults[["raekke", "vaerdi"]].to_numpy().tolist() == [[4, "hal"]]


def test_a_cell_that_cannot_be_read_decides_nothing(tmp_path: Path) -> None:
    found = reading(tmp_path, "p1,nord,lidt,måske,5,hal,\n")
    assert found.faults["kolonne"].tolist() == ["medlem"]


def test_a_survey_is_not_made_of_answers_that_were_not_asked_for(tmp_path: Path) -> None:
    study = small.asked(tmp_path, "emne: Timer,", ONLY)
    table = pd.DataFrame({"glad": "lidt", "medlem": ["ja", "nej", "nej", ""], "timer": ["1", "", "2", "3"], "sted": "",
                          "andet": ""}, index=["a", "b", "c", "d"])
    frame = pd.DataFrame({"afdeling": "nord"}, index=table.index)
    with pytest.raises(UserError, match="kolonnen timer, rækken »c«: »2« er svaret, men spørgsmålet stilles kun til "
                                        "dem, der svarede »Ja« til »Medlem«"):
        Survey(table, frame, study)
    survey = Survey(table.assign(timer=["1", "", "", "3"]), frame, study)
    assert survey.asked("timer").tolist() == [True, False, False, True]
    assert survey.asked("glad").all()
    assert survey.responded("timer").all()
    assert survey.answered("timer").sum() == 2
    with pytest.raises(UserError, match="er ikke et spørgsmål"):
        survey.asked("tiimer")


def test_a_question_whose_condition_is_about_one_that_is_left_out_is_refused(tmp_path: Path) -> None:
    """Nobody would know who was asked; and in two waves it is the same question only where that is known."""
    study = small.asked(tmp_path, "emne: Timer,", ONLY)
    items = {name: item for name, item in study.items.items() if name != "medlem"}
    with pytest.raises(UserError, match="timer stilles kun efter svaret på medlem, som ikke er med"):
        routing.passed_over(conditions.replace(study, items=items), pd.DataFrame())
    assert [item.id for item in routing.closed(items.values())] == ["glad", "sted", "andet"]
