"""What a reader answers on a page is kept in the browser, can be handed in as a file, and can be deleted."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from civsam.book.sphinxext import slides
from civsam.files import PACKAGE
from civsam.pages.output import Output
from civsam.teaching import grading, opgave

STATIC = PACKAGE / "book" / "static"
ASKED = ["population-1", "population-3", "klynger-4"]  # two of them about one's own municipality
REGION = 165  # positions in the region of Viborg


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A page as the book lays it out, opened from a disk."""
    forms = "".join(f"<section><h3>{id}</h3>{opgave.answer(id).html}</section>" for id in ASKED)
    guess = opgave.guess("population", ["Ja", "Nej"], Output("<p>Svaret</p>", "Svaret")).html
    head = f'<title>Lektion</title><link rel="stylesheet" href="{(STATIC / "opgave.css").as_uri()}">'
    for name in ("opgave.js", "svarark.js"):
        head += f'<script src="{(STATIC / name).as_uri()}" defer></script>'
    path = tmp_path_factory.mktemp("bog") / "lektion.html"
    path.write_text(f'<!DOCTYPE html><html lang="da"><meta charset="utf-8">{head}<article>'
                    f"<section><h1>Lektion</h1><section><h2>Opgaver</h2>{guess}{forms}</section></section></article>",
                    "utf-8")
    return path.as_uri()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(accept_downloads=True)
    context.set_default_timeout(10_000)
    yield context
    context.close()


def answered(context: BrowserContext, address: str) -> Page:
    page = context.new_page()
    page.goto(address)
    page.locator("#opgave-population-1 select").select_option(label="Viborg")
    page.locator("#opgave-population-1 input").fill(f"{REGION}")
    page.locator("#opgave-population-1 input").press("Enter")
    page.get_by_label("kommunerne").check()
    page.get_by_label("Nej").check()
    return page


def test_answers_guess_and_municipality_are_there_again(context: BrowserContext, address: str) -> None:
    answered(context, address).close()
    page = context.new_page()
    page.goto(address)
    expect(page.locator("#opgave-population-1 input")).to_have_value(f"{REGION}")
    expect(page.locator("#opgave-population-1 output")).to_have_text("Rigtigt.")
    expect(page.get_by_label("kommunerne")).to_be_checked()
    expect(page.locator("#opgave-population-3 output")).to_be_empty()  # it was never checked
    expect(page.locator("#opgave-klynger-4 select")).to_have_value("791")
    expect(page.get_by_text("Du gættede: Nej.")).to_be_visible()
    expect(page.locator("form.gaet details")).not_to_have_attribute("open", "")
    expect(page.locator(".naaet")).to_have_text("På denne side er 1 af 3 opgaver rigtige. "
                                                "Der er gemt svar på 2 opgaver i 1 lektion; 1 er tjekket og rigtige.")
    assert context.cookies() == []


def test_another_answer_or_municipality_is_judged_anew(context: BrowserContext, address: str) -> None:
    page = answered(context, address)
    page.locator("#opgave-klynger-4 select").select_option(label="Fanø")
    expect(page.locator("#opgave-population-1 select")).to_have_value("563")
    expect(page.locator("#opgave-population-1 output")).to_contain_text("Ikke rigtigt endnu")
    page.locator("#opgave-population-1 input").fill("8")
    expect(page.locator("#opgave-population-1 output")).to_be_empty()
    expect(page.locator(".naaet")).to_contain_text("0 af 3")


def test_the_sheet_is_fetched_by_keyboard_and_can_be_graded(context: BrowserContext, address: str,
                                                            tmp_path: Path) -> None:
    page = answered(context, address)
    page.get_by_role("textbox", name="Dit navn").fill("Åse B/C.")
    with page.expect_download() as fetched:
        page.get_by_role("textbox", name="Dit navn").press("Enter")
    assert fetched.value.suggested_filename == "Åse B-C-.json"
    expect(page.locator(".svarark [role=status]")).to_have_text("Åse B-C-.json er hentet med 2 svar.")
    fetched.value.save_as(tmp_path / fetched.value.suggested_filename)
    rows = grading.grade_all(tmp_path).rows.set_index("opgave")
    assert rows.loc["population-1", ["navn", "kommune", "svar", "status"]].tolist() == [
        "Åse B-C-", "Viborg", f"{REGION}", grading.RIGHT]
    assert rows.at["population-3", "status"] == grading.WRONG
    assert rows.at["population-2", "status"] == grading.MISSING
    assert json.loads((tmp_path / "Åse B-C-.json").read_text("utf-8"))["gaet"] == [
        {"lektion": "population", "svar": "Nej"}]


def test_all_is_deleted_when_the_reader_says_so(context: BrowserContext, address: str) -> None:
    page = answered(context, address)
    page.once("dialog", lambda dialog: dialog.dismiss())
    page.get_by_role("button", name="Slet alle svar").press("Enter")
    expect(page.locator("#opgave-population-1 input")).to_have_value(f"{REGION}")
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Slet alle svar").press("Enter")
    expect(page.locator("#opgave-population-1 input")).to_have_value("")
    expect(page.locator("#opgave-population-1 select")).to_have_value("")
    expect(page.get_by_label("kommunerne")).not_to_be_checked()
    expect(page.locator(".svarark [role=status]")).to_contain_text("er slettet")
    assert page.evaluate("localStorage.length") == 0


@pytest.mark.parametrize("kept", ["x", "5", "null", '{"svar": 5}', '{"svar": {"population-1": 5}, "kommune": {}}'])
def test_what_somebody_else_put_there_is_passed_over(context: BrowserContext, address: str, kept: str) -> None:
    page, faults = context.new_page(), []
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    page.goto(address)
    page.evaluate("kept => localStorage.setItem('civsam-svar', kept)", kept)
    page.reload()
    page.locator("#opgave-population-1 input").fill("8")
    expect(page.locator(".naaet")).to_contain_text("svar på 1 opgave")
    assert faults == []


def test_a_browser_that_keeps_nothing_says_so_and_the_sheet_is_whole(context: BrowserContext, address: str) -> None:
    page = context.new_page()
    page.add_init_script("Storage.prototype.setItem = () => { throw new DOMException('full'); };")
    page.goto(address)
    page.get_by_label("kommunerne").check()
    page.get_by_label("Nej").check()
    expect(page.locator(".naaet")).to_contain_text("vil ikke gemme noget")
    with page.expect_download() as fetched:
        page.get_by_role("button", name="Hent svarark").click()
    sheet = json.loads(Path(fetched.value.path()).read_text("utf-8"))
    assert [len(sheet[part]) for part in ("svar", "gaet")] == [1, 1]


def test_on_a_wall_nothing_is_kept() -> None:
    assert "svarark.js" not in slides.SCRIPTS
