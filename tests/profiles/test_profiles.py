"""Profiles: a page about each municipality or group, made in one run, that tells no more than the book."""

import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from bs4 import BeautifulSoup, Tag
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Browser, Page, expect
from test_site import barriers_on_every_screen, fits, listen, unfold

from civsam import cli, profiles, sharing
from civsam.files import Project, UserError, project
from civsam.pages import group_picker
from civsam.profiles import render, run
from civsam.study import register

BROKEN, ALIKE = "825", ("480", "482")  # Læsø; Nordfyns and Langeland, alike in all that the register groups by
SMALL = [new_code_cell("efter = ''\ngruppe = ''\nvalg = {}", metadata={"tags": ["parameters"]}),
         new_code_cell("from civsam import profiles\n\nprofil = profiles.open_profile(efter, gruppe, **valg)\n"
                       f"assert gruppe != '{BROKEN}', 'PLANTET'\nprofil.heading()"),
         new_code_cell("profil.peers()")]


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folders of their own for what is built, and a small template."""
    monkeypatch.setattr(Project, "build", tmp_path)
    monkeypatch.setattr(run, "OWN", tmp_path / "profil.ipynb")
    nbformat.write(new_notebook(cells=SMALL), run.OWN)
    return tmp_path / "udgaver"


def soup(html: bytes | str) -> BeautifulSoup:
    return BeautifulSoup(html, "html.parser")


# ---- The set ---------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_all_municipalities_are_there_and_a_broken_one_is_listed(places: Path, capsys: pytest.CaptureFixture) -> None:
    assert cli.main(["profiles", "--by", "kommune", "--name", "alle"]) == 2
    said = capsys.readouterr()
    assert "97 profiler ligger i" in said.out
    assert said.err.endswith("1 af 98 profiler kunne ikke laves:\n  Læsø: kodecelle 2: AssertionError: PLANTET\n")
    folder = places / "profiler-alle"
    pages = {path.name: soup(path.read_bytes()) for path in folder.glob("*.html")}
    index = pages["index.html"]
    names = [link.get_text() for link in index.select(".profiler a")]
    assert sorted(names) == sorted(register.municipalities()["kommunenavn"])
    assert names[-1] == "Aarhus"
    assert len(index.select(".profilkort a")) == 98
    assert "kunne ikke laves" in index.find("a", string="Læsø").parent.get_text()
    assert "kunne ikke laves" in pages["laesoe.html"].main.get_text()
    for name, page in pages.items():
        assert page.h1.get_text() == page.title.get_text().partition(" – ")[0], name
        for part in page.select("[href], [src]"):
            target = part.get("href") or part["src"]
            assert target.startswith(("#", "data:")) or (folder / target).exists(), (name, target)


def _at_once(do, todo, *_: object) -> Iterator[tuple]:
    for part in todo:
        yield part, do(part)


def test_an_interrupted_run_leaves_the_last_good_set(places: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    common = profiles.open_common("region")
    monkeypatch.setattr(sharing, "shared_out", _at_once)
    first = run.build("profiler-x", common, {}, {})[0]
    before = {path.name: path.read_bytes() for path in first.parent.glob("*.html")}

    def stopped(do, todo, *_: object) -> Iterator[tuple]:
        yield todo[0], do(todo[0])
        raise KeyboardInterrupt

    monkeypatch.setattr(sharing, "shared_out", stopped)
    with pytest.raises(KeyboardInterrupt):
        run.build("profiler-x", common, {}, {})
    monkeypatch.setattr(sharing, "shared_out", _at_once)
    nbformat.write(new_notebook(cells=[SMALL[0], new_code_cell("1 / 0")]), run.OWN)
    with pytest.raises(UserError, match=r"ingen profil kunne laves\. Hovedstaden: kodecelle 2: ZeroDivisionError"):
        run.build("profiler-x", common, {}, {})
    assert {path.name: path.read_bytes() for path in first.parent.glob("*.html")} == before
    assert len(before) == 6


def test_a_page_sees_no_names_of_the_last_one_and_keeps_those_of_every_module() -> None:
    render.html_of([render.Cell("code", "tal = 1")])
    assert "<pre>False</pre>" in render.html_of([render.Cell("code", "'tal' in dir()")], raw=True)
    own = render.Cell("code", "__name__ == '__main__' and __spec__ is None")
    assert "<pre>True</pre>" in render.html_of([own], raw=True)


@pytest.mark.parametrize(("source", "told"), [
    ("print(3)", "udskriver tekst"), ("3", "viser en værdi"),
    ("import pandas as pd; pd.DataFrame([3])", "viser en tabel"),
    ("from IPython.display import SVG; SVG('<svg xmlns=\"http://www.w3.org/2000/svg\"/>')", "en figur"),
])
def test_a_profile_of_collected_answers_refuses_what_has_not_passed_the_door(source: str, told: str) -> None:
    ours = render.Cell("code", "from civsam.pages import sentences; sentences.quotation('Ordlyd')")
    assert "Ordlyd" in render.html_of([ours])
    with pytest.raises(render.CellFault, match=f"kodecelle 2: .*{told}.*Vis tallene med"):
        render.html_of([ours, render.Cell("code", source)])
    assert render.html_of([ours, render.Cell("code", source)], raw=True)


@pytest.mark.parametrize(("arguments", "told"), [
    (["--by", "komune"], "der kan ikke laves profiler efter 'komune'. Kendte: kommune, fagomraade"),
    (["--workers", "0"], "--workers kan ikke være '0'"),
    (["frø=7"], "ukendt parameter 'frø'"),
])
def test_faults_are_told_in_danish(arguments: list[str], told: str, capsys: pytest.CaptureFixture) -> None:
    assert cli.main(["profiles", *arguments]) == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(("content", "told"), [
    ("{}", "ikke en gyldig Jupyter-notebook"),
    (nbformat.writes(new_notebook(cells=SMALL[1:])), "cellen mærket parameters mangler efter, gruppe og valg"),
])
def test_a_template_that_cannot_be_used_is_told(content: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "profil.ipynb").write_text(content)
    with pytest.raises(UserError, match=told):
        run.template(tmp_path / "profil.ipynb")


def test_groups_with_the_same_name_in_a_file_have_a_page_each() -> None:
    names = ["Hold A", "hold a", "Index", "Ærø"]
    found = profiles._with_addresses([profiles.Group(str(place), name, "") for place, name in enumerate(names)])
    assert [group.address for group in found] == ["hold-a.html", "hold-a-1.html", "index-1.html", "aeroe.html"]


def test_a_worker_with_other_files_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    task = run.Task(profiles.Group("101", "København", "koebenhavn.html"), (), "{}", "noget andet")
    with pytest.raises(UserError, match="en arbejder har en anden udgave"):
        run.make(task)


def test_work_goes_on_when_workers_die_but_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    tasks = [run.Task(profiles.Group(name, name, ""), (), "{}", "") for name in "abc"]
    deaths = []

    def dying(do, todo, workers) -> Iterator[tuple]:
        deaths.append(len(todo))
        if len(deaths) % 2:
            yield todo[0], do(todo[0])
        raise sharing.WorkerLost

    monkeypatch.setattr(sharing, "here", dying)
    made = dict(sharing.shared_out(lambda task: task.group.code, tasks))
    assert sorted(made.values()) == ["a", "b", "c"]

    def dead(*_: object) -> Iterator[tuple]:
        raise sharing.WorkerLost

    monkeypatch.setattr(sharing, "here", dead)
    with pytest.raises(UserError, match="arbejderne døde 3 gange"):
        list(sharing.shared_out(str, tasks))


# ---- What a page tells -----------------------------------------------------------------------------------------------


def made(by: str, *codes: str, **values: str) -> list[BeautifulSoup]:
    """Pages of the real template, run here."""
    common = profiles.open_common(by, **values)
    tasks = {task.group.code: task for task in run.tasks(common, values, run.TEMPLATE)}
    results = [run.make(tasks[code]) for code in codes]
    assert not any(result.fault for result in results), results
    return [soup(result.content) for result in results]


def numbers(page: Tag) -> list[str]:
    return [cell.get_text("\n") for cell in page.select(".tabel:not(.tekst) td")]


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Answers that nobody simulated: the study's, but one who answered is gone, and of one area only three are left."""
    answers = pd.read_csv(project.data / "svar.csv", dtype=str, keep_default_na=False)
    few = answers["stilling"].str.endswith("-integration")
    path = tmp_path_factory.mktemp("svar") / "svar.csv"
    pd.concat([answers[~few].iloc[1:], answers[few].iloc[:3]]).to_csv(path, index=False)
    return path


def test_a_page_about_synthetic_answers_marks_them_and_tells_those_of_the_municipality() -> None:
    page, = made("kommune", ALIKE[0])
    outputs = page.select(".tabel, figure, .banner")
    assert len(outputs) > 25
    assert all(part.select_one(".maerke.syntetisk") or "syntetisk" in part["class"] for part in outputs)
    survey = profiles.open_common("kommune").edition.survey
    own = survey.answers[survey.background["kommunekode"] == int(ALIKE[0])]
    table = page.select(".tabel.tekst")[-1]
    assert len(table.select("thead th")) == 1 + len(own) > 1
    said = {row.th.get_text(): [cell.get_text() for cell in row.select("td")] for row in table.select("tbody tr")}
    assert said[survey.questionnaire.items["pol_fokus"].topic] == [
        survey.questionnaire.label("pol_fokus", code) if code else "–" for code in own["pol_fokus"]]


@pytest.mark.slow
def test_a_municipalitys_page_tells_nothing_of_its_own_collected_answers(collected: Path) -> None:
    first, second = made("kommune", *ALIKE, data=str(collected))
    assert "Kommunens egne svar vises ikke" in first.get_text()
    assert "indsamlede svar" in first.get_text()
    facts = register.municipalities().loc[[int(code) for code in ALIKE]]
    assert (facts[["region", "kommunetype", "blok", "udgiftspres"]].nunique() == 1).all()
    assert len(numbers(first)) > 200
    after = [str(page).partition("Hvad der svares")[2] for page in (first, second)]
    assert after[0] == after[1]  # so nothing in it is of the one or the other
    asked = [page.select(".fakta")[1].get_text() for page in (first, second)]
    assert all(text.startswith("Adspurgt (") for text in asked)


@pytest.mark.slow
def test_a_groups_page_holds_only_numbers_that_the_book_shows(collected: Path) -> None:
    few, many = made("fagomraade", "integration", "social", data=str(collected))
    common = profiles.open_common("fagomraade", data=str(collected))
    for item in common.items[:4]:
        shown = group_picker.as_words(common.edition.survey, group_picker.by_group(common.edition.survey, item))
        for page in (few, many):
            table = next(one for one in page.select(".tabel") if one.caption.contents[0].strip() == item.topic)
            columns = [head.get_text() for head in table.select("thead th")][1:]
            for row in table.select("tbody tr"):
                told = [cell.get_text() for cell in row.select("td")]
                assert told == [*map(str, shown.loc[row.th.get_text(), columns])], item.id
    assert "Fagområde: Socialområdet" in str(many.select("thead"))
    assert "Integration" not in str(few.select("thead")), "tre svar må ikke have en kolonne med tal"


# ---- In a browser ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set in which one page is made, and the others are not."""
    common = profiles.open_common("kommune")
    tasks = run.tasks(common, {}, run.TEMPLATE)
    results = {task.group.code: run.make(task) if task.group.name == "Odense" else run.Made() for task in tasks}
    return run.lay_out(tmp_path_factory.mktemp("profiler") / "side", common, results)


@pytest.fixture
def tab(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(reduced_motion="reduce")
    page.faults = listen(page, "file:")
    yield page
    page.close()


def test_a_profile_is_found_by_keyboard_however_it_is_typed(tab: Page, site: Path) -> None:
    tab.goto((site / "index.html").as_uri())
    told, visible = tab.locator("#antal"), tab.locator(".profiler li:visible")
    expect(told).to_have_text("98 profiler")
    tab.keyboard.press("Tab")
    while tab.evaluate("document.activeElement.id") != "ord":
        tab.keyboard.press("Tab")
    for typed, found in (("ærø", ["Ærø"]), ("AEROE", ["Ærø"]), ("åbenrå", ["Aabenraa"]), ("xx", []),
                         ("lav stor nordjyl", []), ("fyns", ["Nordfyns"])):
        tab.keyboard.press("Control+A")
        tab.keyboard.type(typed)
        expect(told).to_have_text(f"{len(found)} af 98 profiler")
        assert visible.locator("a").all_inner_texts() == found
        assert tab.locator(".profilkort a:not(.uden)").count() == len(found)
    tab.keyboard.press("Control+A")
    tab.keyboard.type("oden")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/odense.html")
    assert tab.locator("h1").inner_text() == "Odense"
    assert not tab.faults


@pytest.mark.parametrize("name", ["index", "odense"])
def test_a_page_has_no_barriers_and_fits_every_screen(tab: Page, site: Path, name: str) -> None:
    tab.goto((site / f"{name}.html").as_uri())
    unfold(tab)
    for width in (1280, 360, 320):
        tab.set_viewport_size({"width": width, "height": 800})
        assert fits(tab), width
    assert not tab.faults  # before axe asks for the style, which a browser does not give it from the disk
    assert barriers_on_every_screen(tab) == []


def test_what_the_book_says_one_can_search_for_is_found(browser: Browser, site: Path) -> None:
    told = (project.root / "chapters" / "profiler.md").read_text("utf-8")
    words = re.search(r"for eksempel\s`([^`]+)`", told).group(1)
    tab = browser.new_page()
    tab.goto((site / "index.html").as_uri())
    tab.fill("#ord", words)
    assert 0 < tab.locator(".profiler li:visible").count() < 98
    tab.close()


def test_a_page_goes_on_paper_and_works_without_script(browser: Browser, site: Path) -> None:
    plain = browser.new_page(java_script_enabled=False)
    plain.goto((site / "index.html").as_uri())
    assert plain.locator(".profiler li:visible").count() == 98
    assert not plain.locator("#find").is_visible()
    plain.emulate_media(media="print")
    plain.goto((site / "odense.html").as_uri())
    assert not plain.locator(".top").is_visible()
    assert plain.locator(".tabel:visible").count() > 25
    plain.close()
