"""The built book in a real browser: every page, wide and narrow, light and dark, served and from the disk."""

import functools
import http.server
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, Page

from civsam.files import ROOT

SITE = ROOT / "_build" / "udgaver" / "standard"
NAMES = ["index", "chapters/baggrund", "chapters/metode", "chapters/resultater", "chapters/konklusion", "litteratur",
         "chapters/egne_svar", "chapters/anden_undersoegelse", "chapters/kodebog"]
WITH_ANSWERS = ["index", "chapters/metode", "chapters/resultater", "chapters/konklusion"]

each_page = pytest.mark.parametrize("name", NAMES)


class Silent(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    handler = functools.partial(Silent, directory=str(SITE))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def soup(name: str) -> BeautifulSoup:
    return BeautifulSoup((SITE / f"{name}.html").read_text(encoding="utf-8"), "html.parser")


def listen(page: Page, base: str) -> list[str]:
    """Collects what should not happen on a page: errors, failed requests, requests to any other place."""
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("requestfailed", lambda request: faults.append(f"failed: {request.url}"))
    page.on("response", lambda reply: faults.append(f"{reply.status}: {reply.url}") if reply.status >= 400 else None)
    page.on("request", lambda request: None if request.url.startswith((base, "data:")) else faults.append(request.url))
    return faults


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("name", [*NAMES, "search"])
def test_a_page_opens_without_fault_and_fits_the_screen(
    browser: Browser, address: str, name: str, width: int, scheme: str
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    faults = listen(page, address)
    page.goto(f"{address}/{name}.html", wait_until="networkidle")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("[...document.images].every(image => image.complete && image.naturalWidth > 0)")
    assert not faults
    page.close()


@each_page
def test_a_page_opens_from_the_disk_without_the_net(browser: Browser, name: str) -> None:
    page = browser.new_page()
    base = SITE.as_uri()
    faults = listen(page, base)
    page.goto(f"{base}/{name}.html", wait_until="networkidle")
    assert page.title()
    assert not faults
    page.close()


@pytest.mark.parametrize("word", ["frivillige", "udgiftspres", "kommunerne"])
def test_search_finds_danish_words(browser: Browser, address: str, word: str) -> None:
    page = browser.new_page()
    page.goto(f"{address}/search.html?q={word}")
    page.wait_for_selector("ul.search li a", timeout=10_000)
    assert "chapters/" in page.locator("ul.search li a").first.get_attribute("href")
    page.close()


def test_code_is_folded_and_unfolds_from_the_keyboard(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.goto(f"{address}/chapters/resultater.html")
    code, summary = page.locator("details.hide pre").first, page.locator("details.hide summary").first
    assert not code.is_visible()
    summary.focus()
    page.keyboard.press("Enter")
    assert code.is_visible()
    page.close()


@each_page
def test_a_page_is_danish_and_has_one_title(name: str) -> None:
    page = soup(name)
    assert page.html["lang"] == "da"
    assert len(page.find_all("h1")) == 1
    english = r"\b(Search|Toggle|Skip to|Back to top|Previous|Next|Contents|Show code|Hide code|Copyright|By the|" \
              r"Click to|Light|Dark|Download|Permalink|Link to this)\b"
    shown = [page.get_text(" "), *(str(tag.get(key, "")) for tag in page.find_all(True)
                                   for key in ("aria-label", "title", "placeholder", "alt", "data-bs-title"))]
    assert not [text for text in shown if re.search(english, text)]


@each_page
def test_every_figure_and_table_has_number_caption_and_words(name: str) -> None:
    page = soup(name)
    for figure in page.select("article figure"):
        assert re.match(r"Figur \d", figure.figcaption.get_text(strip=True))
        alt = figure.img["alt"]
        assert len(alt) > 40
        assert not alt.endswith(".svg")
    for table in page.select("article table"):
        assert re.match(r"Tabel \d", table.caption.get_text(strip=True))
        assert all(cell.get("scope") for cell in table.find_all("th"))
    assert not [image for image in page.find_all("img") if not image.get("alt")]


@pytest.mark.parametrize("name", WITH_ANSWERS)
def test_synthetic_answers_are_plainly_synthetic_on_every_page_that_uses_them(name: str) -> None:
    article = soup(name).article
    assert "Ingen har svaret dette" in article.select_one(".banner.syntetisk").get_text()
    assert "frø" in article.select_one(".parametre").get_text()
    assert article.select(".maerke.syntetisk")
    for shown in article.select(".kort, .saetning, .spoergsmaal:not(blockquote), caption"):
        assert shown.select_one(".maerke"), shown.get_text()


def test_a_page_without_answers_has_no_mark_of_them() -> None:
    assert not soup("chapters/baggrund").select(".maerke.syntetisk")


@each_page
def test_every_link_within_the_book_leads_somewhere(name: str) -> None:
    here = SITE / f"{name}.html"
    for link in soup(name).select("a[href]"):
        target, fragment = urldefrag(unquote(link["href"]))
        if re.match(r"[a-z]+:", target):
            assert target.startswith(("http:", "https:", "mailto:"))
            continue
        file = (here.parent / target).resolve() if target else here
        assert file.exists(), link["href"]
        if fragment and file.suffix == ".html":
            ids = BeautifulSoup(file.read_text(encoding="utf-8"), "html.parser").find_all(id=fragment)
            assert ids, link["href"]


def test_nothing_of_this_machine_and_no_source_is_published() -> None:
    assert not (SITE / "_sources").exists()
    home = {str(ROOT), str(Path.home())} - {"/"}
    for file in SITE.rglob("*"):
        if file.suffix in (".html", ".js", ".svg", ".txt", ".inv"):
            text = file.read_text(encoding="utf-8", errors="ignore")
            assert not [place for place in home if f"{place}/" in text], file
