"""What a reader can do with figures and tables in the built book: open, sort, ask the map, pick a group, take along."""

import re
from collections.abc import Iterator

import pandas as pd
import pytest
from bs4 import BeautifulSoup
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from civsam.files import project

SITE = project.root / "_build" / "udgaver" / "standard"
pytestmark = pytest.mark.browser  # needs the built book
PAGES = [SITE / f"chapters/{name}.html" for name in ("baggrund", "metode", "resultater", "konklusion")]


@pytest.fixture(scope="module")
def tab(browser: Browser) -> Iterator[Page]:
    """One page of a browser, from the disk, in which any fault is one of the test."""
    faults: list[str] = []
    page = browser.new_page(reduced_motion="reduce")
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda request: request.url.startswith(("file:", "data:")) or faults.append(request.url))
    yield page
    page.close()
    assert not faults


def visit(page: Page, name: str, place: str = "") -> Page:
    page.goto("about:blank")
    page.goto(f"{(SITE / f'chapters/{name}.html').as_uri()}{place}", wait_until="networkidle")
    return page


# ---- Figures and tables to take along


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_every_figure_can_be_read_opened_and_taken_along(path) -> None:
    page = BeautifulSoup(path.read_text("utf-8"), "html.parser")
    for figure in page.select("article figure"):
        assert figure.figcaption.select_one(".maerke")
        assert [fold.summary.get_text() for fold in figure.select("details.fold:not(.figurfold, .spurgt)")][:2] == [
            "Sådan læser du figuren", "Tallene bag, og filer"]
        assert len(figure.select_one("details.fold:not(.figurfold, .spurgt) p").get_text()) > 60
        files = {link.get_text(): (path.parent / link["href"]).resolve() for link in figure.select("a.download")}
        assert list(files) == ["CSV til dansk Excel", "international CSV", "SVG", "PNG"]
        with Image.open(files["PNG"]) as picture:
            assert picture.width >= 1500
        assert b"<svg" in files["SVG"].read_bytes()
        danish = pd.read_csv(files["CSV til dansk Excel"], sep=";", decimal=",", encoding="utf-8-sig")
        pd.testing.assert_frame_equal(danish, pd.read_csv(files["international CSV"]))
        assert len(danish) == len(figure.select("details.fold table tbody tr"))
    for table in page.select("article .nummereret"):
        files = [(path.parent / link["href"]).resolve() for link in table.select(".mere a.download")]
        assert len(files) == 2
        first = files[0].read_text("utf-8-sig").splitlines()
        assert len(first) > 1
        if table.select_one("caption .maerke.syntetisk"):
            assert first[0].startswith("svar;")
            assert all(line.startswith("syntetiske;") for line in first[1:])
            assert "syntetiske" in files[0].name


def test_the_code_behind_a_figure_opens_by_keyboard(tab: Page) -> None:
    visit(tab, "resultater")
    code = tab.locator("details.kode").first
    assert not code.locator("pre").is_visible()
    code.locator("summary").focus()
    tab.keyboard.press("Enter")
    assert "show.figure(" in code.locator("pre").inner_text()
    visit(tab, "resultater", f"#{code.get_attribute('id')}")
    expect(tab.locator("details.kode").first.locator("pre")).to_be_visible()


# ---- Sorting


def test_a_long_table_is_sorted_by_keyboard_in_danish_and_by_numbers(tab: Page) -> None:
    visit(tab, "baggrund")
    tab.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
    table = tab.locator(".nummereret table", has_text="Aabenraa").first
    head = table.locator("thead th")
    name, people = head.nth(0), head.nth(1)

    def column(place: int) -> list[str]:
        return table.locator(f"tbody tr > :nth-child({place + 1})").all_inner_texts()

    people.locator("button").focus()
    tab.keyboard.press("Enter")
    numbers = [int(text.replace(".", "")) for text in column(1)]
    assert numbers == sorted(numbers)
    assert people.get_attribute("aria-sort") == "ascending"
    tab.keyboard.press("Enter")
    assert people.get_attribute("aria-sort") == "descending"
    assert column(0)[0] == "København"
    name.locator("button").click()
    assert people.get_attribute("aria-sort") is None
    assert column(0)[0] == "Albertslund"
    assert column(0)[-1] in ("Aarhus", "Aabenraa", "Aalborg")  # aa is å, the last letter


# ---- The map


def test_the_map_tells_by_pointer_finger_keys_and_list(tab: Page) -> None:
    visit(tab, "baggrund")
    figure = tab.locator("figure.kommunekort").nth(1)
    told = figure.locator(".aflaesning")
    assert "Peg på en kommune" in told.inner_text()
    aarhus = figure.get_by_role("button", name="Aarhus: Rød borgmester")
    aarhus.hover()
    expect(told).to_contain_text("Aarhus: Rød borgmester")
    aarhus.click()
    tab.keyboard.press("ArrowDown")
    focused = tab.evaluate("document.activeElement.ariaLabel")
    assert focused != "Aarhus: Rød borgmester"
    expect(told).to_contain_text(focused)
    figure.locator("select").select_option(label="Fanø: Blå borgmester")
    expect(told).to_contain_text("Fanø")
    assert "borgmester" not in told.inner_text().split("·", 1)[1].lower()  # register facts, and those alike


def test_the_map_without_script_is_a_picture_with_a_table(browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((SITE / "chapters/baggrund.html").as_uri())
    figure = page.locator("figure.kommunekort").first
    assert figure.locator("img").is_visible()
    figure.locator("summary", has_text="Tallene bag").click()
    assert figure.locator("tbody tr").count() == 98
    context.close()


# ---- A block for one group


def test_a_group_is_picked_shown_beside_all_and_kept_in_the_address(tab: Page) -> None:
    visit(tab, "resultater")
    box = tab.locator(".blokvalg").first
    label = "Politik og strategi: vis svarene for"
    assert box.get_by_label(label).count() == 1
    box.locator("select").focus()
    tab.keyboard.press("T")
    box.locator("select").select_option("fagomraade--teknik")
    expect(box.get_by_role("status")).to_have_text("Politik og strategi: Teknik og miljø vises ved siden af alle.")
    table = tab.locator("details.vaelger").first
    table.locator("summary").click()
    head, cells = (table.locator(row).evaluate_all("cells => cells.map(cell => cell.textContent)")
                   for row in ("thead th", "tbody tr:first-child > *"))
    place = head.index("Fagområde: Teknik og miljø")
    shown = box.locator("li").first.inner_text().replace("\n", " ")
    assert cells[0] in shown
    assert cells[place].split(" (")[0] in shown
    assert tab.url.endswith("#vis-politik--fagomraade--teknik")
    others = tab.locator(".blokvalg select").evaluate_all("lists => lists.map(list => list.value)")
    assert set(others) == {"fagomraade--teknik"}
    visit(tab, "resultater", "#vis-vaerdi--udgiftspres--hoejt")
    assert tab.locator(".blokvalg select").last.input_value() == "udgiftspres--hoejt"


def test_without_script_the_block_is_a_table(browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((SITE / "chapters/resultater.html").as_uri())
    page.locator("details.vaelger summary").first.click()
    assert page.locator("details.vaelger table").first.is_visible()
    context.close()


def test_the_marks_of_a_picked_group_lie_where_the_numbers_are(tab: Page) -> None:
    visit(tab, "resultater", "#vis-politik--region--nordjylland")
    line = tab.locator(".blokvalg li").first
    number = int(re.match(r"\d+", line.locator(".tal strong").inner_text())[0])
    assert line.locator(".prik").evaluate("mark => parseFloat(mark.style.left)") == pytest.approx(number)
