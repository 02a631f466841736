"""The front page of the built book in a real browser: what is found first, doors, cite, share and print."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from civsam.files import project
from civsam.study import published

SITE = project.root / "_build" / "udgaver" / "standard"
pytestmark = pytest.mark.browser  # needs the built book
FRONT = (SITE / "index.html").as_uri()


@pytest.fixture(scope="module")
def front(browser: Browser) -> Iterator[Page]:
    """The front page on a phone, where the clipboard and the printer may be used."""
    screen, allowed = {"width": 360, "height": 740}, ["clipboard-read", "clipboard-write"]
    context = browser.new_context(viewport=screen, permissions=allowed)
    page = context.new_page()
    page.add_init_script("window.print = () => { window.printed = true; }")
    page.goto(FRONT)
    yield page
    context.close()


def test_it_opens_with_what_the_study_found_and_who_says_so(front: Page) -> None:
    lead = front.locator(".bd-article .saetning").first
    expect(lead).to_contain_text("82 %")
    expect(lead.locator(".maerke")).to_have_text("offentliggjort")
    byline = front.locator(".bd-article p.kilde").first
    expect(byline).to_contain_text("Bjarne Ibsen og Helle Hygum Espersen. KORA, september 2016")
    assert front.evaluate("document.querySelector('h1').getBoundingClientRect().bottom") < 740


def test_each_key_figure_shows_its_uncertainty_its_published_figure_and_its_mark(front: Page) -> None:
    cards = front.locator(".kort")
    expect(cards).to_have_count(5)
    for card in cards.all():
        assert published.statements().index.isin([card.inner_text().split("(")[-1].split(")")[0]]).any()
        expect(card.locator(".maerke")).to_have_text("syntetiske svar")
        known = card.locator(".kendt").bounding_box()["x"]
        dot = card.locator("circle").bounding_box()
        assert dot["x"] - 3 <= known <= dot["x"] + dot["width"] + 3  # the synthetic answers are made to agree
    for card in cards.all()[1:]:
        expect(card).to_contain_text("95 %‑interval")
        band, dot = (card.locator(name).bounding_box() for name in (".spaend", "circle"))
        assert band["x"] <= dot["x"] + dot["width"] / 2 <= band["x"] + band["width"]


@pytest.mark.parametrize(("name", "page"), [
    ("Læs bogen fra begyndelsen", "baggrund"), ("Kør bogen igen", "koer_igen"), ("Brug dine egne svar", "egne_svar"),
    ("Undervis med bogen", "undervisning"),
])
def test_each_door_is_one_link_as_big_as_its_card(front: Page, name: str, page: str) -> None:
    card = front.locator(".doere .sd-card").filter(has=front.get_by_role("link", name=name, exact=True))
    card.scroll_into_view_if_needed()
    box = card.bounding_box()
    for x, y in ((5, 5), (box["width"] - 5, box["height"] - 5)):
        hit = "([x, y]) => document.elementFromPoint(x, y).closest('a').href"
        assert front.evaluate(hit, [box["x"] + x, box["y"] + y]).endswith(f"/chapters/{page}.html")


def test_a_reference_is_copied_as_it_is_shown_and_fetched_as_files(front: Page) -> None:
    for name in ("rapport", "kompendium"):
        box = front.locator(f".citat:has(#citat-{name})")
        button = box.locator("button")
        expect(button).to_have_accessible_name("Kopiér")
        button.click()
        expect(button).to_have_text("Kopieret")
        assert front.evaluate("navigator.clipboard.readText()") == box.locator(".ordlyd").inner_text()
        for link in box.locator("a[download]").all():
            file = SITE / link.get_attribute("href")
            assert file.read_text("utf-8") == box.locator(f'[data-fil="{link.get_attribute("href")}"]').text_content()


def test_the_link_is_copied_and_the_page_printed_without_anybody_being_told(front: Page) -> None:
    asked: list[str] = []
    front.on("request", lambda request: asked.append(request.url))
    button = front.locator('[data-kopier=""]')
    expect(button).to_have_accessible_name("Kopiér link")
    button.click()
    expect(button).to_have_text("Kopieret")
    assert front.evaluate("navigator.clipboard.readText()") == FRONT
    front.get_by_role("button", name="Udskriv siden").click()
    assert front.evaluate("window.printed")
    assert asked == []


def test_without_script_no_button_is_shown_that_does_nothing(browser: Browser) -> None:
    page = browser.new_page(java_script_enabled=False)
    page.goto(FRONT)
    expect(page.locator("button.knap:visible")).to_have_count(0)
    expect(page.get_by_role("link", name="Hent BibTeX")).to_have_count(2)
    page.close()


def test_paper_has_the_references_but_no_buttons(browser: Browser) -> None:
    page = browser.new_page()
    page.goto(FRONT)
    page.emulate_media(media="print")
    expect(page.locator("#citat-rapport")).to_be_visible()
    expect(page.locator(".knap:visible")).to_have_count(0)
    page.close()


def test_without_an_address_nothing_claims_to_have_one() -> None:
    page = (SITE / "index.html").read_text("utf-8")
    assert not (SITE / "sitemap.xml").exists()
    assert 'rel="canonical"' not in page
    assert "og:url" not in page
    assert '"@type": "Report"' in page
