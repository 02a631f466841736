"""Finding in the built book: search in a real browser, and what its index is made of."""

import json
from collections.abc import Iterator

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, Locator, Page, expect

from civsam.book.sphinxext import search
from civsam.files import project

SITE = project.root / "_build" / "udgaver" / "standard"
pytestmark = pytest.mark.browser  # needs the built book
SEARCH = (SITE / "search.html").as_uri()
TEXT = "Kommunen har en frivillighedspolitik, og et kommunalbestyrelsesmedlem læste frivillighedsundersøgelsen."
PLANTED = [
    {"type": "afsnit", "adresse": "a.html#b", "overskrift": "Afsnit", "sti": "A", "tekst": TEXT},
    {"type": "afsnit", "adresse": "a.html#c", "overskrift": "Ældreråd", "sti": "A", "tekst": "Blandt andet."},
    {"type": "begreb", "adresse": "o.html#d", "overskrift": "klynge (cluster)", "sti": "O", "tekst": "En gruppe."},
    {"type": "side", "adresse": "k.html", "overskrift": "Klynger", "sti": "", "tekst": "Klynger og clusters."},
]


def index() -> dict:
    text = (SITE / "_static" / search.INDEX).read_text(encoding="utf-8")
    found = json.loads(text.removeprefix("const soegeindeks = ").partition(";\n")[0])
    return found | {"steder": [dict(zip(search.FIELDS, row, strict=True)) for row in found["steder"]]}


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """The page of search, opened from the disk without the net, where any fault is one of the test."""
    faults: list[str] = []
    opened = browser.new_page(viewport={"width": 360, "height": 740})
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on("request", lambda request: request.url.startswith("file:") or faults.append(request.url))
    yield opened
    opened.close()
    assert not faults


@pytest.fixture(scope="module")
def planted(browser: Browser) -> Iterator[Page]:
    """The same page with places of which all is known."""
    opened = browser.new_page(bypass_csp=True)  # for the second engine that is put in
    opened.goto(SEARCH)
    opened.evaluate("planted => { soegeindeks.steder.splice(0, Infinity, ...planted) }", PLANTED)
    opened.add_script_tag(content=(SITE / "_static" / "search.js").read_text("utf-8").replace("soegning", "proevet"))
    yield opened
    opened.close()


def found(page: Page, query: str, engine: str = "proevet") -> list[str]:
    return page.evaluate(f"query => {engine}.find(query).places.map(place => place.adresse)", query)


# ---- Which words find which


@pytest.mark.parametrize("query", [
    "frivillig", "frivillige", "frivilliges", "FRIVILLIGT", "politik", "politikker", "frivillighedspolitikken",
    "kommunalbestyrelse", "kommunalbestyrelsens", "medlemmer", "undersøgelse", "undersoegelser", "UNDERSØGELSE",
    "frivillighed politik", "kommunen og politikken",
])
def test_inflected_words_and_both_parts_of_compounds_are_found(planted: Page, query: str) -> None:
    assert found(planted, query) == ["a.html#b"]


@pytest.mark.parametrize("query", ["ældreråd", "aeldreraad", "Ældrerådene", "råd", "raad"])
def test_danish_letters_are_found_however_they_are_typed(planted: Page, query: str) -> None:
    assert found(planted, query) == ["a.html#c"]


def test_a_word_is_not_found_within_any_other(planted: Page) -> None:
    assert found(planted, "land") == []  # as in »blandt«
    assert found(planted, "en") != found(planted, "ende")


@pytest.mark.parametrize("query", ["klynge", "Klyngerne", "cluster"])
def test_the_definition_of_a_term_comes_first(planted: Page, query: str) -> None:
    assert found(planted, query)[0] == "o.html#d"


def test_every_word_of_the_book_finds_its_place_however_it_is_typed(page: Page) -> None:
    page.goto(SEARCH)
    lost = page.evaluate("""() => {
      const plain = {æ: "ae", ø: "oe", å: "aa"};
      const ascii = word => word.replace(/[æøå]/g, letter => plain[letter]);
      const lost = new Set();
      for (const place of soegeindeks.steder)
        for (const word of new Set((place.tekst + " " + place.overskrift).match(/[\\p{L}\\p{N}_]+/gu)))
          for (const typed of [word, word.toUpperCase(), ascii(word.toLowerCase()), word.normalize("NFD")])
            if (soegning.term(typed) !== soegning.term(word)) lost.add(typed);
      return [...lost];
    }""")
    assert not lost


# ---- What a reader meets


def search_for(page: Page, query: str) -> Locator:
    page.goto(SEARCH)
    page.get_by_label("Ord, du leder efter").fill(query)
    page.get_by_role("button", name="Søg", exact=True).last.click()
    page.wait_for_url("**q=*")
    return page.locator("#fund li")


def test_what_is_found_is_told_shown_and_marked(page: Page) -> None:
    hits = search_for(page, "udgiftspres")
    number = len(found(page, "udgiftspres", "soegning"))
    expect(page.get_by_role("status")).to_have_text(f"{number} fund for »udgiftspres«.")
    assert page.title().startswith("»udgiftspres«")
    assert page.locator("h1").count() == 1
    first = hits.first
    assert "udgiftspres" in first.locator("mark").first.inner_text().lower()
    assert len(first.locator(".uddrag").inner_text()) < 300
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_hit_leads_to_its_heading(page: Page) -> None:
    hits = search_for(page, "charter")
    with page.expect_navigation():
        hits.locator("a", has_text="Charteret").first.click()
    heading = page.locator(f"#{page.url.partition('#')[2]}").locator("h1, h2, h3").first
    assert "Charteret" in heading.inner_text()
    expect(heading).to_be_in_viewport()


def test_search_is_used_by_keyboard_alone(page: Page) -> None:
    page.goto(SEARCH)
    page.keyboard.type("metode")  # the field has focus
    page.keyboard.press("Enter")
    page.wait_for_url("**q=metode")
    expect(page.locator("#soegeord")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.locator("#fund a").first).to_be_focused()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "metode" in page.url


def test_more_hits_are_shown_on_demand_with_focus_on_the_first_of_them(page: Page) -> None:
    hits = search_for(page, "kommune")
    assert hits.count() == 20
    page.get_by_role("button", name="Vis flere").click()
    expect(hits.nth(20).locator("a")).to_be_focused()


def test_a_letter_wrong_is_helped_and_nothing_found_is_said(page: Page) -> None:
    search_for(page, "rakong")
    expect(page.get_by_role("status")).to_have_text("Ingen fund for »rakong«.")
    with page.expect_navigation():
        page.get_by_role("link", name="raking").click()
    assert page.locator("#fund li").count() > 1
    search_for(page, "xyzzyx <b>")
    expect(page.locator("#forslag")).to_have_text("Prøv med et andet ord, eller skriv kun en del af det.")
    assert page.locator("#soegesvar b").count() == 0


def test_words_that_never_stand_together_are_found_apart(page: Page) -> None:
    search_for(page, "charter raking")
    expect(page.get_by_role("status")).to_contain_text("Ingen steder har alle ordene.")
    assert page.locator("#fund li").count() > 2


def test_every_field_of_search_leads_there() -> None:
    for place in ("index.html", "chapters/metode.html"):
        html = BeautifulSoup((SITE / place).read_text(encoding="utf-8"), "html.parser")
        for form in html.select("form.bd-search"):
            assert (SITE / place).parent.joinpath(form["action"]).resolve() == SITE / "search.html"
            assert form["method"] == "get"
            assert form.find("input", attrs={"name": "q"})


# ---- The index


def test_the_index_holds_the_text_of_the_pages_once_and_nothing_of_code_and_marks() -> None:
    text = json.dumps(index(), ensure_ascii=False)
    assert "Hvem tager initiativet, når kommuner samarbejder" in text
    assert "edition.banner(" not in text
    assert "Ingen har svaret dette" not in text
    assert "seed=seed" not in text
    addresses = [place["adresse"] for place in index()["steder"]]
    assert len(addresses) == len(set(addresses))
    for address in addresses:
        page, _, place = address.partition("#")
        assert not place or f'id="{place}"' in (SITE / page).read_text(encoding="utf-8"), address


def test_a_place_holds_its_own_text_and_not_that_of_the_places_within() -> None:
    html = """<article><section id="a"><h1>Side</h1><p>Først <em>co</em>-production.</p>
      <section id="b"><h2>Del</h2><figure id="f"><img alt="Søjler"><figcaption><p>Figur 1</p></figcaption></figure>
      <dl class="glossary"><dt id="t">klynge</dt><dd><span lang="en">cluster</span>. En gruppe.</dd></dl></section>
      <pre>print()</pre><div class="cell_input">x = 1</div></section></article>"""
    made = [(p["type"], p["adresse"], p["overskrift"], p["sti"], p["tekst"]) for p in search.places("s", html)]
    assert made == [
        ("side", "s.html", "Side", "", "Først co-production. print()"),
        ("afsnit", "s.html#b", "Del", "Side", ""),
        ("figur", "s.html#f", "Figur 1", "Side › Del", "Søjler"),
        ("begreb", "s.html#t", "klynge (cluster)", "Side › Del", "cluster. En gruppe."),
    ]


def test_search_is_small_and_leaves_nothing_of_the_search_it_replaces() -> None:
    names = {file.name for file in SITE.rglob("*") if file.is_file()}
    assert not names & {*search.UNUSED, "searchindex.js"}
    assert sum((SITE / "_static" / name).stat().st_size for name in search.SCRIPTS) < 500_000
    for file in SITE.rglob("*.html"):
        assert "searchtools" not in file.read_text(encoding="utf-8"), file

