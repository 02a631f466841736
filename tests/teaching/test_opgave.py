"""Exercises and lessons: what is right is said to be right, on the page too, and nobody sees what is not for them."""

import json
import re

import nbformat
import pytest
from playwright.sync_api import Browser

from civsam.book import audience
from civsam.book.contents import notebook
from civsam.files import PACKAGE
from civsam.teaching import exercises, feedback, lessons, opgave
from civsam.teaching.exercises import NOT_YET, SHARE, SIGN, WELL_DONE
from civsam.teaching.grading import lesson_of

LESSONS = audience.lesson_notebooks()
SOLUTION = nbformat.v4.new_markdown_cell("Del alle med kommunerne.", metadata={"tags": ["loesning"]})
NOTE = nbformat.v4.new_markdown_cell("Spørg klassen.", metadata={"tags": ["laerer"]})
CODE = nbformat.v4.new_code_cell("8.6", metadata={"tags": ["loesning"]}, outputs=[
    nbformat.v4.new_output("display_data", {"text/plain": "Svaret er 8,6."})])
TEXT = nbformat.v4.new_markdown_cell("Opgaven.", metadata={"tags": []})


def cells(lesson: str) -> list[dict]:
    return json.loads(notebook(lesson).read_text("utf-8"))["cells"]


def fitted(who: str) -> list[dict]:
    content = nbformat.v4.new_notebook(cells=[TEXT, SOLUTION, CODE, NOTE])
    made = audience.fitted(f"{audience.LESSONS}x", nbformat.writes(content).encode(), who)
    return [cell | {"source": "".join(cell["source"])} for cell in json.loads(made)["cells"]]


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_exercise_of_a_lesson_has_one_solution_that_tells_the_answer(lesson: str) -> None:
    asked, solved = set(), {}
    for cell in cells(lesson):
        source, tags = "".join(cell["source"]), cell["metadata"]["tags"]
        for call, id in re.findall(r"opgave\.(answer|solution)\(\s*\"([^\"]+)\"", source):
            assert (call == "solution") == ("loesning" in tags)
            if call == "answer":
                asked.add(id)
            else:
                solved[id] = "".join(output for shown in cell["outputs"] for output in shown["data"]["text/plain"])
    assert 3 <= len(asked) <= 6
    assert set(solved) == asked
    answer = r"Svaret (for Viborg )?er (»\D+«|[−-]?[\d,]+\D*)\."
    assert all(re.fullmatch(answer, told) for told in solved.values()), solved


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_has_hints_notes_a_guess_and_ones_own_municipality(lesson: str) -> None:
    code = "\n".join("".join(cell["source"]) for cell in cells(lesson) if cell["cell_type"] == "code")
    text = "\n".join("".join(cell["source"]) for cell in cells(lesson) if cell["cell_type"] == "markdown")
    assert "opgave.lesson(" in code
    assert "opgave.guess(" in code
    assert "kommune=" in code
    assert text.count("{dropdown} Vink") >= 3
    assert any("laerer" in cell["metadata"]["tags"] for cell in cells(lesson))


def test_every_objective_is_tested_by_an_exercise_of_its_lesson_and_every_exercise_tests_one() -> None:
    told = opgave.table("maal", "Mål", "tab-maal").text
    for name, lesson in lessons.lessons().items():
        own = {id for id in exercises.REGISTERED if lesson_of(id) == name}
        assert all(lesson["maal"].values()), name
        assert {id for ids in lesson["maal"].values() for id in ids} == own
        assert all(goal in told for goal in lesson["maal"])


def test_every_lesson_has_its_place_on_the_map_of_errors() -> None:
    for name, lesson in lessons.lessons().items():
        assert "På fejlkortet: Fra" in opgave.lesson(name).text
        assert lesson["titel"] in opgave.table("kort", "Kort", "tab-kort").text
    with pytest.raises(ValueError, match="lektioner, kort"):
        opgave.table("andet", "Andet", "tab-andet")


@pytest.mark.slow
def test_right_wrong_unreadable_and_known_mistakes_are_told_apart() -> None:
    edition = exercises.edition()
    right = feedback.find("population-2").right(edition)
    assert feedback.judged("population-2", round(right, 1)) == (True, WELL_DONE)
    assert feedback.judged("population-2", right + 1) == (False, NOT_YET)
    mistake = len(edition.survey.answers) / edition.survey.frame["kommunekode"].nunique()
    assert "antallet af svar" in feedback.judged("population-2", mistake)[1]
    assert "læses som et tal" in feedback.judged("population-2", "mange")[1]
    assert "Vælg mellem" in feedback.judged("population-3", "folk")[1]


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exercises whose right answers are chosen here."""
    known = exercises.REGISTERED
    for id, right, how in (("andel", 84.1, {"unit": "procent", "decimals": 1}), ("stor", 1251, {}),
                           ("p", 0.0851, {"decimals": 3}), ("forskel", 4.8, {"unit": "procentpoint", "decimals": 1}),
                           ("to", 0.69, {"decimals": 2}), ("fejl", 1.25, {"unit": "procentpoint", "decimals": 2}),
                           ("halv", 62.5, {"unit": "procent"}), ("lille", 85, {}),
                           ("antal", 47, {"unit": "kommuner i alt"}),
                           ("minus", -4.4, {"decimals": 1, "unit": "procentpoint"}),
                           ("flere", 43.1, {"decimals": 1, "unit": "procent", "accepts": [lambda _: 43.5]}),
                           ("valg", "a", {"choices": {"a": "Nord og syd", "b": "B"}})):
        monkeypatch.setitem(known, id, exercises.Exercise(id, lambda _, right=right: right, **how))


COARSE = exercises.COARSE.format
ASKED = [  # exercise, what is typed, what is said
    ("andel", "84,1", WELL_DONE), ("andel", "84.1 %", WELL_DONE), ("andel", "84,13", WELL_DONE),
    ("andel", "0,841", SHARE), ("andel", ".841", "læses"), ("andel", "0.84", SHARE),
    ("andel", "84", COARSE("en decimal")), ("andel", "−84,1", SIGN), ("andel", "1", NOT_YET),
    ("andel", "0,9", NOT_YET), ("andel", "841", NOT_YET),
    ("stor", "1.251", WELL_DONE), ("stor", "1251", WELL_DONE), ("stor", "1.251,0", WELL_DONE),
    ("stor", "0.251", NOT_YET), ("stor", "1,251", NOT_YET), ("stor", "1.2510", NOT_YET),
    ("p", "0.085", WELL_DONE), ("p", "0,085", WELL_DONE), ("p", "0,09", COARSE("tre decimaler")),
    ("p", "85", NOT_YET), ("lille", "0.085", NOT_YET), ("lille", "85", WELL_DONE),
    ("forskel", "+4,8", WELL_DONE), ("forskel", "-4.8", SIGN), ("forskel", "0,048", SHARE),
    ("forskel", "5", COARSE("en decimal")), ("to", "0,7", COARSE("to decimaler")), ("to", "0.690", WELL_DONE),
    ("to", "1", COARSE("to decimaler")), ("fejl", "0,0125", SHARE), ("fejl", "1.250", WELL_DONE),
    ("halv", "62,5", WELL_DONE), ("halv", "63", WELL_DONE), ("halv", "0", NOT_YET),
    ("halv", "4,8,1", "læses"), ("halv", "1.2.3", "læses"),
    ("halv", "9e9", "læses"), ("andel", "84,1 pct.", WELL_DONE), ("andel", "84,1PROCENT", WELL_DONE),
    ("andel", "84,1 kr.", "læses"), ("andel", "0,84 %", SHARE), ("p", "8,5 %", WELL_DONE), ("p", "8,5 pct", WELL_DONE),
    ("to", "69 %", WELL_DONE), ("to", "0,69 procent", NOT_YET), ("antal", "47 kommuner", WELL_DONE),
    ("antal", "47 kommune", WELL_DONE), ("antal", "47 chefer", "læses"), ("minus", "–4,4 procentpoint", WELL_DONE),
    ("minus", "−4,4 pp", WELL_DONE), ("minus", "4,4", SIGN), ("flere", "43,5", WELL_DONE), ("flere", "43,1", WELL_DONE),
    ("flere", "43,3", NOT_YET), ("antal", "47 %", "kommuner i alt"), ("andel", "%", "læses"),
]


@pytest.mark.usefixtures("made_up")
@pytest.mark.parametrize(("id", "typed", "said"), ASKED)
def test_a_number_is_read_as_danes_write_it_and_common_mistakes_are_known(id: str, typed: str, said: str) -> None:
    assert said in feedback.judged(id, typed)[1]


@pytest.mark.usefixtures("made_up")
def test_the_page_reads_and_says_the_same(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content("".join(opgave.answer(id).html for id in dict.fromkeys(id for id, *_ in ASKED)))
    page.add_style_tag(path=PACKAGE / "book" / "static" / "opgave.css")
    page.add_script_tag(path=PACKAGE / "book" / "static" / "opgave.js")
    for id, typed, said in ASKED:
        form = page.locator(f"#opgave-{id}")
        form.locator("input").fill(typed)
        form.locator("button").click()
        assert said in form.locator("output").inner_text(), (id, typed)
    page.close()


@pytest.mark.usefixtures("made_up")
def test_in_python_a_comma_is_told_and_a_choice_may_be_given_in_its_words() -> None:
    assert feedback.judged("valg", " nord og  SYD")[0]
    assert not feedback.judged("valg", "B")[0]
    assert "Brug punktum" in opgave.answer("andel", 84, 1).text
    for wrong in (float("nan"), float("inf"), 1e300, True, None):
        assert "læses som et tal" in feedback.judged("andel", wrong)[1]


def test_a_solution_tells_the_answer_and_a_wrong_one_stops() -> None:
    assert opgave.solution("population-2", 8.551).text == "Svaret er 8,6 stillinger pr. kommune."
    assert opgave.solution("population-1", 165, kommune="Viborg").text == "Svaret for Viborg er 165 stillinger."
    assert opgave.solution("maaling-1", "ordinal").text == "Svaret er »ordinal«."
    assert opgave.solution("diskretion-1", 2).text == "Svaret er 2 chefer."
    with pytest.raises(ValueError, match="population-2"):
        opgave.solution("population-2", 8.7)


def test_ones_own_municipality_decides_what_is_right() -> None:
    frame = exercises.edition().survey.frame
    asked = frame["region"].value_counts()
    for name, region in (("København", "hovedstaden"), ("Fanø", "syddanmark"), (" åbenrå Kommune", "syddanmark")):
        assert feedback.judged("population-1", int(asked[region]), name)[0]
    for name, said in (("", "kommunen mangler"), ("Atlantis", "»Atlantis« ikke findes."), ("Koldin", "Kolding?")):
        right, told = feedback.judged("population-1", 8, name)
        assert right is None
        assert said in told


def test_the_page_tells_the_same_as_the_function_and_holds_no_answer(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content("".join(opgave.answer(id).html for id in ("population-2", "population-3")))
    page.add_style_tag(path=PACKAGE / "book" / "static" / "opgave.css")
    page.add_script_tag(path=PACKAGE / "book" / "static" / "opgave.js")
    right = f"{feedback.find('population-2').right(exercises.edition()):.1f}".replace(".", ",")
    form = page.locator("#opgave-population-2")
    for typed, said in ((right, "Rigtigt."), ("1,0", NOT_YET), ("", "Skriv eller"), ("x", "læses")):
        form.locator("input").fill(typed)
        form.locator("button").click()
        assert said in form.locator("output").inner_text()
    form = page.locator("#opgave-population-3")
    for code, said in (("chefer", "Cheferne er dem"), ("samarbejder", "Rigtigt.")):
        form.locator(f"input[value={code}]").check()
        form.locator("button").press("Enter")
        assert said in form.locator("output").inner_text()
    assert right not in page.locator("#opgave-population-2").evaluate("form => form.outerHTML")
    page.close()


def test_students_get_no_solutions_and_no_notes_and_only_the_teacher_gets_notes() -> None:
    assert [cell["source"] for cell in fitted("studerende")] == ["Opgaven."]
    readers, teacher = fitted("alle"), fitted("laerer")
    assert len(readers) == 3
    assert "{dropdown}" in readers[1]["source"]
    assert ":open:" not in readers[1]["source"]
    assert "hide-cell" in readers[2]["metadata"]["tags"]
    for cells in (readers, teacher):
        assert "kommunerne.\n\nSvaret er 8,6.\n:::" in cells[1]["source"]
        assert cells[2]["outputs"] == []
    assert ":open:" in teacher[1]["source"]
    assert "hide-cell" not in teacher[2]["metadata"]["tags"]
    assert "Til læreren" in teacher[3]["source"]
    assert audience.fitted("chapters/metode", b"x", "studerende") == b"x"


def test_the_page_about_teaching_has_no_promises_for_students_that_their_edition_breaks() -> None:
    page = notebook(audience.TEACHING).read_bytes()
    promises = ("EDITION=", "løsning", "civsam grade")
    assert all(words in page.decode() for words in promises)
    assert not any(words in audience.fitted(audience.TEACHING, page, "studerende").decode() for words in promises)
    for who in ("alle", "laerer"):
        assert json.loads(audience.fitted(audience.TEACHING, page, who)) == json.loads(page)


def test_the_class_counts_on_what_danish_excel_reads() -> None:
    content = lessons.class_data().encode()
    assert content.startswith(b"\xef\xbb\xbfsvar;vaegt;")
    header, first, *rows = content.decode("utf-8-sig").split("\r\n")
    assert len(rows) == len(exercises.edition().survey.answers)  # the last is what follows the last line
    told = dict(zip(header.split(";"), first.split(";"), strict=False))
    assert told["svar"] == "syntetiske svar"
    assert re.fullmatch(r"\d,\d{1,4}", told["vaegt"])
