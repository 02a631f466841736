"""Numbers on every surface of the built book carry the mark of where they come from: what a reader sees is read."""

import re
from collections.abc import Iterator

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, Page

from civsam.files import project
from civsam.pages.provenance import MARKS

SITE = project.root / "_build" / "udgaver" / "standard"
pytestmark = pytest.mark.browser  # needs the built book
NUMBER = re.compile(r"\d+\s%|\d,\d|n = \d")
KIND = "åbent kompendium med syntetiske svar"


@pytest.fixture(scope="module")
def tab(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 360, "height": 740})
    yield page
    page.close()


@pytest.mark.parametrize("media", ["screen", "print"])
def test_a_picked_group_says_at_each_question_that_nobody_answered(tab: Page, media: str) -> None:
    tab.emulate_media(media=media)
    tab.goto(f"{(SITE / 'chapters/resultater.html').as_uri()}#vis-praksis--region--sjaelland")
    shown = tab.locator(".blokvisning")
    assert shown.count() == 4
    for block in shown.all():
        topics = block.locator(".emne").all_inner_texts()
        assert topics
        assert all(MARKS["syntetisk"] in topic for topic in topics)
        told = block.inner_text()
        assert "95\u00a0%\u2011interval" in told
        assert "ved et tilfælde" in told
    tab.emulate_media(media="screen")


@pytest.mark.parametrize("query", ["øget fokus", "svarprocent", "sundhed", "omkostninger", "initiativ", "styrke"])
def test_no_excerpt_of_a_search_has_numbers_without_a_mark(tab: Page, query: str) -> None:
    tab.goto(f"{(SITE / 'search.html').as_uri()}?q={query}")
    seen = 0
    for hit in tab.locator("#fund li").all():
        excerpt = hit.locator(".uddrag")
        if NUMBER.search(excerpt.inner_text()) and re.search(r"#(fig|tab)-", hit.locator("a").get_attribute("href")):
            assert excerpt.locator(".maerke").count(), hit.inner_text()
            seen += 1
    assert seen or query in ("initiativ", "styrke")


def test_every_picture_says_in_its_alternative_text_where_its_numbers_come_from() -> None:
    for path in SITE.rglob("*.html"):
        for figure in BeautifulSoup(path.read_text("utf-8"), "html.parser").select("figure:has(.maerke)"):
            words = [MARKS[kind] for kind in figure.select_one(".maerke")["class"] if kind in MARKS]
            assert words[0] in figure.img["alt"].lower(), figure["id"]


def test_every_title_and_the_first_screen_say_what_kind_of_book_it_is(tab: Page) -> None:
    for path in SITE.rglob("*.html"):
        if not re.search("lysbilleder|skema", path.name):  # slides, and the questionnaire as it is sent out
            assert KIND in BeautifulSoup(path.read_text("utf-8"), "html.parser").title.get_text(), path
    tab.goto((SITE / "index.html").as_uri())
    place = tab.locator(".bogart")
    assert place.inner_text().lower() == KIND
    assert place.bounding_box()["y"] < 300


def test_a_reader_with_colours_of_her_own_sees_the_marks_of_a_picked_group(browser: Browser) -> None:
    page = browser.new_page(forced_colors="active")
    page.goto(f"{(SITE / 'chapters/resultater.html').as_uri()}#vis-politik--region--sjaelland")
    colour = "mark => getComputedStyle(mark).backgroundColor"
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    for kind in ("prik", "baand", "alle"):
        assert page.locator(f".blokvalg .spor .{kind}").first.evaluate(colour) not in (ground, "rgba(0, 0, 0, 0)"), kind
    page.close()
