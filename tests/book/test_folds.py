"""Big folds of the built book: light until they are needed, and then all there, however a reader comes to them."""

from collections.abc import Iterator

import pytest
from bs4 import BeautifulSoup, Tag
from playwright.sync_api import Browser, Locator, Page, expect

from civsam.book import folds
from civsam.files import project

SITE = project.root / "_build" / "udgaver" / "standard"
NAMES = sorted(file.relative_to(SITE).with_suffix("").as_posix() for file in SITE.rglob("*.html"))
HEAVY = "chapters/resultater"
WAITING = "details:has(> noscript)"
MOST = 5_000  # elements of a page when it is opened
ROWS = "<tr><td>1</td></tr>" * 40
OPEN = "<details data-navn='a' open=\"\"><summary>s</summary>"
SHUT = '<details class="er open"><summary>s</summary>'


def address(name: str, place: str = "") -> str:
    return f"{(SITE / f'{name}.html').as_uri()}{place}"


def parsed(name: str) -> BeautifulSoup:
    return BeautifulSoup((SITE / f"{name}.html").read_text("utf-8"), "html.parser")


def led_to(name: str) -> list[str]:
    """What an address may lead to within the folds of a page that wait."""
    return [part["id"] for part in parsed(name).select("details > noscript [id]")]


def words(part: Tag) -> str:
    return " ".join(part.get_text(" ").split())


# ---- What is written


@pytest.mark.parametrize(("body", "waits"), [
    (f"<p>{SHUT}{ROWS}</details></p>", 1),
    (f"{SHUT}{ROWS}</details>{SHUT}{ROWS}</details>", 2),
    (f"{SHUT}<tr></tr></details>", 0),
    (f"{OPEN}{ROWS}</details>", 0),
    (f"{OPEN}{SHUT}{ROWS}</details>{ROWS}</details>", 1),
    (f"{SHUT}<p>{SHUT}{ROWS}</details></p>{ROWS}</details>", 1),
    (f"{SHUT}{ROWS}<form></form></details>", 0),
    (f"{SHUT}{ROWS}<noscript>nej</noscript></details>", 0),
])
def test_only_what_is_big_and_shut_waits_and_nothing_is_lost(body: str, waits: int) -> None:
    made = folds.light(body)
    assert made.count("<noscript>") == waits + body.count("<noscript>")
    assert made.replace("<noscript>", "").replace("</noscript>", "") == body.replace(
        "<noscript>", "").replace("</noscript>", "")
    if waits:
        assert str(folds.whole(BeautifulSoup(made, "html.parser"))) == str(BeautifulSoup(body, "html.parser"))


# ---- What is read


@pytest.fixture(scope="module")
def tab(browser: Browser) -> Iterator[Page]:
    """A page in which any fault is one of the test."""
    faults: list[str] = []
    page = browser.new_page(reduced_motion="reduce")
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield page
    page.close()
    assert not faults


@pytest.fixture
def heavy(tab: Page) -> Page:
    tab.goto("about:blank")
    tab.goto(address(HEAVY))
    assert tab.locator(WAITING).count() > 20
    return tab


def is_there(fold: Locator, written: Tag) -> bool:
    """Whether all that is written in a fold can be seen: its words, and its tables with their captions."""
    seen = fold.locator("caption").evaluate_all("captions => captions.filter(one => one.checkVisibility()).length")
    shown = " ".join(" ".join(fold.evaluate("fold => fold.textContent")).split()).replace(" ", "")
    return seen == len(written.select("caption")) and words(written).replace(" ", "") in shown


@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_light_when_it_is_opened(tab: Page, name: str) -> None:
    tab.goto(address(name), wait_until="networkidle")
    assert tab.evaluate("document.getElementsByTagName('*').length") <= MOST


def test_every_big_fold_opens_by_keyboard_at_once_and_keeps_the_focus(heavy: Page) -> None:
    written = parsed(HEAVY).select(WAITING)
    assert heavy.locator(WAITING).count() == len(written)
    heavy.evaluate("waited = [...document.querySelectorAll('details:has(> noscript)')]")
    for place, part in enumerate(written):
        heavy.evaluate("place => waited[place].querySelector('summary').focus()", place)
        heavy.keyboard.press("Enter")
        fold = heavy.locator("details", has=heavy.locator("summary:focus")).last
        assert fold.get_attribute("open") is not None
        assert not fold.locator("noscript").count()
        assert is_there(fold, part), words(part)[:80]
    long = heavy.locator(".tabel:not(.stak) table").filter(has=heavy.locator("tbody tr:nth-child(11)"))
    assert all("sorterbar" in table.get_attribute("class") for table in long.all() if not in_picker(table))
    assert heavy.locator("details[open] .copybtn").count() == heavy.locator("details[open] div.highlight").count()


def in_picker(table: Locator) -> bool:
    return table.evaluate("table => Boolean(table.closest('.vaelger'))")


def test_a_fold_that_a_script_opens_is_there(heavy: Page) -> None:
    fold = heavy.locator(WAITING).first
    caption = heavy.locator(".nummereret > details caption").first
    assert not caption.count()
    fold.evaluate("fold => { fold.open = true }")
    expect(caption).to_be_visible()


def test_an_address_leads_into_a_fold_on_every_page(tab: Page) -> None:
    leading = {name: places for name in NAMES if (places := led_to(name))}
    assert HEAVY in leading
    for name, places in leading.items():
        first, last = places[0], places[-1]
        tab.goto("about:blank")
        tab.goto(address(name, f"#{first}"))
        expect(tab.locator(f"#{first}:target")).to_be_in_viewport()
        tab.goto("about:blank")
        tab.goto(address(name), wait_until="networkidle")
        tab.evaluate("place => { location.hash = place }", last)  # as a link on the page does
        expect(tab.locator(f"#{last}:target")).to_be_in_viewport()


def test_a_group_is_shown_without_its_table_being_made(heavy: Page) -> None:
    box = heavy.locator(".blokvalg").first
    table = parsed(HEAVY).select_one(".vaelger table")
    heads = [head.get_text().split(": ")[1] for head in table.select("thead th")[3:]]
    assert box.locator("option").all_inner_texts()[1:] == heads
    box.locator("select").select_option(index=1)
    assert box.locator("li .svar").first.inner_text() == table.select_one("tbody th").get_text()
    assert heavy.locator("details.vaelger:has(> noscript)").count() == len(parsed(HEAVY).select(".vaelger"))


@pytest.mark.parametrize("needed", ["print", "paper", "find"])
def test_all_is_there_for_paper_and_for_finding_in_the_page(heavy: Page, needed: str) -> None:
    if needed == "print":
        heavy.evaluate("dispatchEvent(new Event('beforeprint'))")
    elif needed == "paper":
        heavy.emulate_media(media="print")
    else:
        heavy.keyboard.press("Control+f")
    expect(heavy.locator(WAITING)).to_have_count(0)
    assert heavy.locator("article table").count() == len(parsed(HEAVY).select("article table"))
    if needed == "paper":
        expect(heavy.locator(".nummereret > details:not(.vaelger) table").first).to_be_visible()
        heavy.emulate_media(media="screen")


def test_without_script_all_is_there_and_opens(browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address(HEAVY))
    written = parsed(HEAVY).select(WAITING)
    assert page.locator(WAITING).count() == len(written)
    fold = page.locator(".nummereret > details").first
    fold.locator("summary").first.click()
    assert fold.locator("caption").first.is_visible()
    page.emulate_media(media="print")
    assert page.locator(".nummereret > details:not(.vaelger) table").last.is_visible()
    context.close()
