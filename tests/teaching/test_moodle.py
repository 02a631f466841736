"""The question bank for Moodle says what the page says, and asks all that the lessons ask."""

from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from civsam import cli
from civsam.study import register
from civsam.teaching import moodle
from civsam.teaching.exercises import REGISTERED, WELL_DONE
from civsam.teaching.feedback import judged

OWN = sum(known.own for known in REGISTERED.values())


@pytest.fixture(scope="module")
def quiz() -> dict[str, Xml.Element]:
    """The questions by name."""
    found = Xml.fromstring(moodle.bank()).findall("question")
    return {one.findtext("name/text"): one for one in found if one.get("type") != "category"}


def replied(question: Xml.Element, number: float) -> tuple[str, str]:
    """The mark and the feedback of the first answer that Moodle takes the number for."""
    for answer in question.findall("answer"):
        text = answer.findtext("text")
        if text == "*" or abs(float(text) - number) <= float(answer.findtext("tolerance")):
            return answer.get("fraction"), answer.findtext("feedback/text")
    raise AssertionError("nothing is said")


def test_every_exercise_is_there_for_every_municipality(quiz: dict[str, Xml.Element]) -> None:
    names = register.municipalities()["kommunenavn"]
    assert len(quiz) == len(REGISTERED) - OWN + OWN * len(names)
    for id, known in REGISTERED.items():
        for name in ([f"{id} {place}" for place in names] if known.own else [id]):
            assert quiz[name].get("type") == ("multichoice" if known.choices else "numerical")
            text = quiz[name].findtext("questiontext/text")
            assert "{" not in text
            assert "opgave.solution" not in text
            assert len(text) > 120


@pytest.mark.parametrize("id", [id for id, known in REGISTERED.items() if not known.choices])
def test_it_says_what_the_page_says(quiz: dict[str, Xml.Element], id: str) -> None:
    known, place = REGISTERED[id], "Viborg" if REGISTERED[id].own else ""
    question = quiz[f"{id} {place}".strip()]
    reader = [791] if known.own else []
    assert replied(question, float(known.right(moodle.edition(), *reader))) == ("100", WELL_DONE)
    for told, wrong in known.mistakes.items():
        given = float(wrong(moodle.edition(), *reader))
        assert judged(id, given, place)[1] == told
        assert replied(question, float(known.normal(given))) == ("0", told)
    assert replied(question, 123456.7) == ("0", moodle.WRONG)


def test_one_choice_is_right_and_each_has_its_answer(quiz: dict[str, Xml.Element]) -> None:
    for id, known in REGISTERED.items():
        if known.choices:
            answers = {one.findtext("text"): one for one in quiz[id].findall("answer")}
            assert list(answers) == list(known.choices.values())
            right = known.choices[known.right(moodle.edition())]
            assert [words for words, one in answers.items() if one.get("fraction") == "100"] == [right]


def test_the_figures_come_along_as_text(quiz: dict[str, Xml.Element]) -> None:
    assert "838 stillinger i 98 kommuner" in quiz["population-2"].findtext("questiontext/text")
    assert "Kommune: Viborg." in quiz["population-1 Viborg"].findtext("questiontext/text")


def test_the_command_writes_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["items", str(tmp_path / "bank.csv")]) == 2
    assert cli.main(["items", str(tmp_path / "ingen" / "bank.xml")]) == 2
    assert "Lav den først" in capsys.readouterr().err
