"""Pages answer first: how long they are as they open, what stands at the top, and a summary in English."""

import pytest
from playwright.sync_api import Browser, Page, expect

from civsam.files import project
from civsam.pages.provenance import MARKS

SITE = project.root / "_build" / "udgaver" / "standard"
pytestmark = pytest.mark.browser  # needs the built book
LAPTOP, PHONE = {"width": 1280, "height": 800}, {"width": 360, "height": 740}


def visit(browser: Browser, page: str, screen: dict[str, int]) -> Page:
    opened = browser.new_page(viewport=screen)
    opened.goto((SITE / f"{page}.html").as_uri())
    return opened


@pytest.mark.parametrize(("name", "screen", "most"), [
    ("resultater", LAPTOP, 15), ("resultater", PHONE, 20), ("konklusion", LAPTOP, 13), ("konklusion", PHONE, 22),
    ("udsagn", LAPTOP, 10), ("udsagn", PHONE, 15),
])
def test_a_page_is_so_many_screens_before_anything_is_opened(
    browser: Browser, name: str, screen: dict, most: int
) -> None:
    page = visit(browser, f"chapters/{name}", screen)
    article = page.locator(".bd-article").bounding_box()
    assert article["height"] / screen["height"] <= most
    page.close()


def test_each_block_opens_with_its_finding_marked_and_with_an_interval_then_one_figure(browser: Browser) -> None:
    page = visit(browser, "chapters/resultater", LAPTOP)
    blocks = page.locator(".bd-article > section > section:has(.blokvalg)")
    assert blocks.count() == 4
    for block in blocks.all():
        first = block.locator(".saetning").first
        assert MARKS["syntetisk"] in first.inner_text()
        assert "–" in first.inner_text()
        assert first.bounding_box()["y"] < block.locator("section").first.bounding_box()["y"]
        assert block.locator("figure img:visible").count() == 1
        assert block.locator("figure:has(.figurfold)").count() == block.locator("figure .fund .maerke").count() > 0
    page.close()


def test_a_link_to_a_folded_figure_opens_it(browser: Browser) -> None:
    page = visit(browser, "chapters/resultater", LAPTOP)
    assert not page.locator("#fig-nye img").is_visible()
    page.goto(f"{page.url}#fig-nye")
    expect(page.locator("#fig-nye img")).to_be_visible()
    page.close()


def test_the_conclusion_concludes_before_its_tables(browser: Browser) -> None:
    page = visit(browser, "chapters/konklusion", LAPTOP)
    told = page.locator(".konklusion")
    assert "understøttet" in told.inner_text()
    assert MARKS["syntetisk"] in told.inner_text()
    assert told.bounding_box()["y"] < page.locator(".nummereret").first.bounding_box()["y"]
    page.close()


@pytest.mark.parametrize(("screen", "display"), [(LAPTOP, "grid"), (PHONE, "block")], ids=["laptop", "telefon"])
def test_the_statements_are_a_list_to_scan_and_a_link_to_one_opens_what_is_told_of_it(
    browser: Browser, screen: dict, display: str
) -> None:
    page = visit(browser, "chapters/udsagn", screen)
    entry = page.locator("#udsagn-o11")
    assert entry.evaluate("entry => getComputedStyle(entry).display") == display
    assert all(words in entry.inner_text() for words in (MARKS["publiceret"], MARKS["syntetisk"], "understøttet"))
    assert not entry.locator("dl").is_visible()
    page.goto(f"{page.url}#udsagn-o11")
    expect(entry.locator("dl")).to_be_visible()
    page.close()


@pytest.mark.parametrize(("screen", "display"), [(LAPTOP, "table-row"), (PHONE, "block")], ids=["laptop", "telefon"])
def test_verdicts_are_a_table_where_there_is_room_and_else_cards(browser: Browser, screen: dict, display: str) -> None:
    page = visit(browser, "chapters/konklusion", screen)
    row = page.locator("#tab-omfang tbody tr").first
    assert row.evaluate("row => getComputedStyle(row).display") == display
    assert page.evaluate("document.documentElement.scrollWidth") <= screen["width"]
    box = page.locator("#tab-omfang .tabel")
    assert box.evaluate("box => box.scrollWidth <= box.clientWidth")
    page.close()


def test_the_front_page_leads_to_a_summary_in_english_that_says_that_it_is(browser: Browser) -> None:
    page = visit(browser, "index", PHONE)
    with page.expect_navigation():
        page.get_by_role("link", name="Summary in English").click()
    english = page.locator("article [lang=en]").first
    assert "synthetic" in english.inner_text()
    assert page.locator("html").get_attribute("lang") == "da"
    page.close()
