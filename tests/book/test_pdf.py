"""The book on paper: the PDF that Chromium sets of the built book, and its pages printed one by one."""

import re
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, Page
from pypdf import PageObject, PdfReader

from civsam import files
from civsam.book import onepage, pdf
from civsam.book.build import Places
from civsam.book.contents import pages
from civsam.book.execute import ChapterError
from civsam.files import project

PLACES = Places("standard")
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("pdf")]  # one PDF for all of them
TITLE = "Kommunernes samarbejde med civile aktører"
WIDTH = round(162 / 25.4 * 96)  # of the text in the PDF: A4 less its margins, in pixels of CSS
ON_SCREEN_ONLY = ["Hent tallene", "Hent figuren", "Vis koden", "Tjek svaret", "Vælg et fagområde",
                  "Sådan læser du figuren", "for én gruppe", "Kopiér"]
BEYOND = """width => [...document.querySelectorAll("article *")]
  .filter(tag => tag.getBoundingClientRect().right > width + 1).map(tag => tag.outerHTML.slice(0, 200))"""


@pytest.fixture(scope="module")
def made(browser: Browser) -> Path:
    return pdf.write(PLACES)


@pytest.fixture(scope="module")
def book(made: Path) -> PdfReader:
    return PdfReader(made)


@pytest.fixture(scope="module")
def text(book: PdfReader) -> list[str]:
    return [" ".join(page.extract_text().split()) for page in book.pages]


def headed(text: list[str]) -> dict[int, str]:
    """The number of each page that has one, and the chapter that its running head names."""
    heads = {number: re.match(rf"{TITLE} (.{{3,60}}?) {number}(?!\d)", page) for number, page in enumerate(text, 1)}
    return {number: head[1] for number, head in heads.items() if head}


def test_the_contents_and_all_references_give_the_page_where_the_thing_is(text: list[str]) -> None:
    lines = re.findall(r"(\d\.\d\. [^\d]+?) (\d+)", text[1])
    assert len(lines) > 15
    referred = re.findall(r"(Tabel [\d.]+) [^,]{3,90}, side (\d+)", " ".join(text))
    assert len(referred) > 15
    for thing, number in lines + referred:
        assert f"{thing} " in text[int(number) - 1]


def test_every_page_but_the_first_has_its_number_and_running_heads(text: list[str]) -> None:
    first = min(headed(text))
    assert first < 5
    assert list(headed(text)) == list(range(first, len(text) + 1))
    assert {"2. Metode", "Population og ramme", "Litteratur", "Tabeller", "Løsninger"} < set(headed(text).values())


def test_synthetic_answers_are_plainly_synthetic_on_every_page_of_a_chapter_that_uses_them(text: list[str]) -> None:
    assert "Ingen har svaret dette" in text[0]
    for number, chapter in headed(text).items():
        if chapter in ("2. Metode", "3. Resultater", "4. Konklusion", "Population og ramme", "Tabeller"):
            assert "Syntetiske svar: ingen har svaret dette" in text[number - 1]


def test_nothing_that_only_a_screen_can_use_is_on_paper_and_what_is_folded_stands_at_the_end(text: list[str]) -> None:
    whole = " ".join(text)
    assert not [words for words in ON_SCREEN_ONLY if words in whole]
    assert whole.count("Vink og løsning, side") > 20
    assert whole.rindex("Vink og løsning, side") < whole.rindex("Løsninger Population og ramme")


def test_nothing_is_wider_than_the_page(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "bog.html").write_text(onepage.page(PLACES.book, PLACES.name, PLACES.stage), "utf-8")
    page = browser.new_page(viewport={"width": WIDTH, "height": 900})
    page.emulate_media(media="print")
    page.goto((tmp_path / "bog.html").as_uri())
    assert not page.evaluate(BEYOND, WIDTH)
    page.close()


def test_the_margins_are_white(made: Path) -> None:
    for page in pypdfium2.PdfDocument(made):
        drawn = page.render(scale=0.5, grayscale=True).to_numpy()
        edge = round(20 / 25.4 * 36)  # 20 mm, where a margin is 24
        assert drawn[:, :edge].min() > 250
        assert drawn[:, -edge:].min() > 250


def test_the_pdf_says_what_it_is_and_its_links_lead_somewhere(book: PdfReader) -> None:
    assert book.metadata.title == TITLE
    assert book.trailer["/Root"]["/Lang"] == "da"
    assert book.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert len(book.outline) > 15
    links = [link.get_object() for page in book.pages for link in page.get("/Annots", [])]
    inside = [link["/Dest"].lstrip("/") for link in links if "/Dest" in link]
    assert len(inside) > 150
    assert set(inside) <= {name.lstrip("/") for name in book.named_destinations}
    assert all(link["/A"]["/URI"].startswith("http") for link in links if "/A" in link)


def test_the_type_is_ours_on_every_machine(book: PdfReader) -> None:
    fonts = {str(font.get_object()["/BaseFont"]) for page in book.pages
             for font in page["/Resources"].get("/Font", {}).values()}
    assert {re.match(r"/[A-Z]+\+(SourceSans|SourceSerif|DejaVu|)", font)[1] for font in fonts} == {
        "SourceSans", "SourceSerif", "DejaVu"}


def test_the_pdf_is_the_same_every_time(made: Path) -> None:
    """But for fractions of a pixel, which Chromium rounds now this way and now that."""
    before = [content(page) for page in PdfReader(made).pages]
    made.unlink()
    after = [content(page) for page in PdfReader(pdf.write(PLACES)).pages]
    assert [len(page) for page in after] == [len(page) for page in before]
    for one, other in zip(before, after, strict=True):
        moved = [(x, y) for x, y in zip(one, other, strict=True) if x != y]
        assert all(abs(float(x) - float(y)) <= 1 for x, y in moved), moved


def content(page: PageObject) -> list[bytes]:
    """What is drawn on a page, part by part: letters, lines and where they stand."""
    return page.get_contents().get_data().split()


def test_a_machine_without_browser_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROMIUM", "/findes/ikke")
    with pytest.raises(files.UserError, match="CHROMIUM"):
        pdf.browser()


def test_a_browser_that_never_ends_is_stopped_and_told(tmp_path: Path) -> None:
    endless = tmp_path / "chromium"
    endless.write_text("#!/bin/sh\nexec sleep 60\n")
    endless.chmod(0o755)
    with pytest.raises(ChapterError, match="blev ikke færdig på 1 sekunder"):
        pdf.printed(str(endless), "<p>bog</p>", 1)


# ---- Pages printed from the browser ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tab(browser: Browser) -> Any:
    page = browser.new_page(viewport={"width": round(170 / 25.4 * 96), "height": 900}, color_scheme="dark")
    page.emulate_media(media="print")
    yield page
    page.close()


@pytest.mark.parametrize("name", pages())
def test_a_page_prints_dark_on_white_as_wide_as_the_paper_without_what_can_be_pressed(tab: Page, name: str) -> None:
    tab.goto((PLACES.book / f"{name}.html").as_uri())
    assert not tab.evaluate(BEYOND, tab.viewport_size["width"])
    pressed = tab.locator("button:not(th button), select, nav.skuffe, .mere, .copybtn, .headerlink, .til-lysbilleder")
    assert not [button for button in pressed.all() if button.is_visible()]
    assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_folds_are_open_on_paper_but_for_the_solutions_that_the_reader_has_not_opened(tab: Page) -> None:
    tab.goto((PLACES.book / "chapters" / "resultater.html").as_uri())
    table = tab.locator(".nummereret > details:not(.vaelger) table").first
    assert table.is_visible()
    tab.goto((PLACES.book / "chapters" / "undervisning" / "population.html").as_uri())
    solution = tab.locator("details.loesning").first
    assert not solution.is_visible()
    solution.evaluate("fold => fold.open = true")
    assert solution.locator("p").first.is_visible()


def test_the_style_of_paper_is_on_every_page() -> None:
    for file in (project.root / "_build" / "udgaver" / "standard").rglob("*.html"):
        page = BeautifulSoup(file.read_text("utf-8"), "html.parser")
        if page.select_one("article.bd-article"):
            assert page.select_one('link[href*="print.css"]')["media"] == "print"
