"""What a class is handed for Jupyter: notebooks in plain Markdown, that run where the class has them."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from civsam.book import audience
from civsam.files import UserError
from civsam.teaching import handout, opgave

LESSON = "chapters/undervisning/bortfald"
CODE = 'show.table(survey, rater, "Hvor mange svarede", "tab-svarede")'


@pytest.mark.parametrize(("myst", "markdown"), [
    (":::{dropdown} Vink\nTræk fra.\n:::", "<details><summary>Vink</summary>\n\nTræk fra.\n\n</details>"),
    (":::{dropdown} Løsning\n:class-container: loesning\n:open:\n\nA\n\nB\n:::",
     "<details open><summary>Løsning</summary>\n\nA\n\nB\n\n</details>"),
    (":::{admonition} Til læreren\n:class: laerer\nA\n\nB\n:::", "> **Til læreren**\n>\n> A\n>\n> B"),
    ("{term}`Rammen <ramme>` og {term}`vægt`", "Rammen og vægt"),
    ("Brug {numref}`tab-svarede`.", "Brug *Hvor mange svarede*."),
    ("{doc}`vaegtning`", "[Vægtning](vaegtning.ipynb)"),
    ("{doc}`/chapters/undervisning/vaegtning`", "[Vægtning](vaegtning.ipynb)"),
    ("{doc}`../udsagn` {doc}`/chapters/egne_svar`", "*Udsagn for udsagn* i bogen *Brug dine egne svar* i bogen"),
    ("{cite}`holm_1979`, {cite:t}`deming_stephan_1940`", "(Holm 1979), Deming og Stephan (1940)"),
    ("{cite}`holm_1979,kish_1965`", "(Holm 1979; Kish 1965)"),
])
def test_what_only_the_book_knows_becomes_plain(myst: str, markdown: str) -> None:
    assert handout.plain(myst, LESSON, CODE) == markdown


@pytest.mark.parametrize("text", [":::{figure} a.png\nb\n:::", "{eq}`a`", "{numref}`tab-ukendt`", "```{table}\n```"])
def test_what_is_not_known_reaches_nobody(text: str) -> None:
    with pytest.raises(ValueError, match="no plain form"):
        handout.plain(text, LESSON, CODE)


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return handout.hand_out(tmp_path_factory.mktemp("klasse"), audience.STUDENTS)


def test_students_get_every_lesson_and_the_answers_without_solutions(given: list[Path]) -> None:
    lessons = [path for path in given if path.suffix == ".ipynb"]
    assert [path.stem for path in lessons] == [Path(lesson).name for lesson in audience.lesson_notebooks()]
    assert (given[0].parent / audience.CLASS_DATA).read_bytes().startswith(b"\xef\xbb\xbfsvar;")
    for path in lessons:
        cells = json.loads(path.read_text("utf-8"))["cells"]
        assert not [cell for cell in cells if {"loesning", "laerer"} & set(cell["metadata"]["tags"])]
        assert not any(cell.get("outputs") for cell in cells)
        text = "\n".join("".join(cell["source"]) for cell in cells)
        assert "answer_key" not in text
        assert not re.search(r":::|\{\w+\}`", text)
        assert text.count("<details><summary>Vink</summary>") >= 3
        for link in re.findall(r"\]\((\w+\.ipynb)\)|href=\"([\w.-]+)\"", text):
            assert (path.parent / max(link)).exists()


def test_nobodys_work_is_replaced(given: list[Path]) -> None:
    folder, before = given[0].parent, given[0].read_bytes()
    assert handout.hand_out(folder, audience.STUDENTS) == given
    given[0].write_text("mit arbejde")
    with pytest.raises(UserError, match="der er allerede en fil"):
        handout.hand_out(folder, audience.STUDENTS)
    assert given[0].read_text() == "mit arbejde"
    given[0].write_bytes(before)


def test_without_the_books_script_an_exercise_has_no_button(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content(opgave.answer("population-2").html)
    assert not page.locator("button").is_visible()
    assert page.get_by_text("skriv dit svar i stedet for de tre prikker").is_visible()
    page.set_content(opgave.answer("population-2", 8.6).html)
    assert page.get_by_text("Rigtigt.").is_visible()
    page.close()


@pytest.mark.slow
def test_a_lesson_runs_where_the_class_has_it(given: list[Path]) -> None:
    code = ["".join(cell["source"]) for cell in json.loads(given[2].read_text("utf-8"))["cells"]
            if cell["cell_type"] == "code"]
    run = subprocess.run([sys.executable, "-c", "\n".join(code) + '\nprint(opgave.answer("bortfald-1", 47).text)'],
                         cwd=given[2].parent, env=os.environ | {"MPLBACKEND": "agg"}, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr[-2000:]
    assert run.stdout.endswith("Rigtigt.\n")
