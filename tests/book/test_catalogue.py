"""The page of all statements, and the links to it: every statement has an entry that leads to figure and code."""

import re
from types import SimpleNamespace

import opened
import pytest
from bs4 import BeautifulSoup, Tag
from playwright.sync_api import Browser, expect

from civsam import edition
from civsam.book import catalogue, contents
from civsam.book.contents import cells
from civsam.book.statement_links import linked, with_numbers
from civsam.files import project
from civsam.study import published
from civsam.survey.survey import Survey

EDITION = opened.edition()
SITE = project.root / "_build" / "udgaver" / "standard"
STATEMENTS = published.statements()


def entries(made: edition.Edition) -> dict[str, Tag]:
    page = BeautifulSoup("".join(part.html for part in catalogue.statements(made)), "html.parser")
    return {post["id"]: post for post in page.select("section.post")}


@pytest.fixture(scope="module")
def standard() -> dict[str, Tag]:
    return entries(EDITION)


def facts(entry: Tag) -> dict[str, str]:
    at_once = {name.text.strip(": "): name.parent.text for name in entry.select(".navn")}
    return at_once | {line.dt.text: line.dd.text for line in entry.select("dl > div")}


def figures(entry: Tag) -> list[str]:
    return [link["href"].partition("#")[2] for link in entry.select("a[href]:not(.til-kode)")
            if re.search("#(fig|tab)-", link["href"])]


def test_every_statement_has_an_entry_with_source_verdict_and_a_place_where_it_is_shown(standard) -> None:
    order = sorted(STATEMENTS.index, key=lambda key: "NMO".index(key[0]))
    assert list(standard) == [f"udsagn-{key.lower()}" for key in order]
    for key, row in STATEMENTS.iterrows():
        entry = standard[published.place_of(key)]
        assert row["udsagn"] in entry.h3.text
        assert row["note"] in entry.text
        assert all(code in facts(entry)["Kilde"] for code in row["kilde"].split(";"))
        assert facts(entry)["Afgørelse"]
        assert figures(entry), key


def test_what_is_judged_on_answers_leads_to_the_questions_and_their_results(standard) -> None:
    for key, entry in standard.items():
        told = facts(entry)
        if key == "udsagn-m1" or "ikke" in told["Afgørelse"]:
            continue
        assert re.search(r"\d.*syntetiske svar", told["Denne udgaves svar"]), key
        assert entry.select('a[href^="kodebog.html#kodebog-"]'), key
        assert entry.select('a[href^="resultater.html#"]'), key
        assert entry.select('a.til-kode[href^="resultater.html#kode-"]'), key


@pytest.mark.parametrize(("statement", "first", "others"), [
    ("n5", "fig-fokus", {"tab-tal", "tab-forankring"}),
    ("n7", "fig-dele", {"tab-tal"}),  # the question is named in a list in another cell
    ("o8", "tab-fokus", {"tab-forskelle"}),  # not the figures by area
    ("o9", "tab-fokus", {"tab-styrke", "fig-valg-blok"}),
    ("o11", "fig-pres", {"fig-valg-pres"}),
    ("m1", "tab-forskelle", {"tab-svar"}),
    ("n2", "tab-ramme", set()),
])
def test_where_a_statement_is_shown_is_read_from_the_chapters(standard, statement, first, others) -> None:
    found = figures(standard[f"udsagn-{statement}"])
    assert found[0] == first
    assert others <= set(found)


def test_a_name_stands_for_what_it_was_last_given(standard) -> None:
    assert "tab-aarsag" not in figures(standard["udsagn-o20"])  # `delt` is used again for each question


def test_a_figure_by_another_variable_is_about_that_one() -> None:
    def by(variable: str) -> set[str]:
        found = list(catalogue.places("chapters/resultater", {"opdel": [variable]}))
        return {place.name for place in catalogue.shown_in(found, "O8", ["pol_fokus"], ["region"])}

    assert "fig-fokus" in by("region")
    assert by("region") != by("fagomraade")


def test_a_fifth_chapter_is_looked_in_too(monkeypatch: pytest.MonkeyPatch) -> None:
    known = contents.contents()
    known["parts"][0]["chapters"].append({"file": "chapters/anden_undersoegelse"})
    assert contents.contents() != known, "who is handed the contents may do with them what she likes"
    monkeypatch.setattr(catalogue, "contents", lambda: known)
    assert catalogue.chapters() == [f"chapters/{name}" for name in (
        "baggrund", "resultater", "konklusion", "anden_undersoegelse", "metode")]


def test_only_code_that_is_shown_is_linked_to(standard) -> None:
    shown = {name for chapter in catalogue.chapters() for cell in cells(chapter)
             if "hide-input" in cell["metadata"].get("tags", [])
             for name in re.findall(r'"((?:fig|tab)-[a-z0-9-]+)"', "".join(cell["source"]))}
    links = [link["href"] for entry in standard.values() for link in entry.select(".til-kode")]
    linked_to = {link.partition("#kode-")[2] for link in links}
    assert linked_to <= shown
    assert "tab-ramme" not in linked_to


@pytest.mark.slow
def test_collected_answers_are_marked_so_and_not_said_to_be_built_in() -> None:
    survey = EDITION.survey
    mine = edition.Edition(EDITION.parameters, Survey(survey.answers.iloc[1:], survey.frame, survey.questionnaire))
    text = "".join(entry.text for entry in entries(mine).values())
    assert "indsamlede svar" in text
    assert "syntetiske svar" not in text


# ---- Links to it


@pytest.mark.parametrize(("html", "expected"), [
    ("(udsagn N5 og O12b)", '(udsagn <a href="u#udsagn-n5">N5</a> og <a href="u#udsagn-o12b">O12b</a>)'),
    ('<code class="x"><span class="pre">O6</span></code>', '<a href="u#udsagn-o6">O6</a>'),
    ("(N5, S0)", '(<a href="u#udsagn-n5">N5</a>, <a href="k#tab-kilder">S0</a>)'),
    ("O1-O5", '<a href="u#udsagn-o1">O1</a>-<a href="u#udsagn-o5">O5</a>'),
    ("<abbr>N5</abbr>", '<abbr><a href="u#udsagn-n5">N5</a></abbr>'),
    *((same, same) for same in (
        "N99 N5c xN5", '<img alt="N5">', "<h2>N5 <a>#</a></h2>", '<a href="x"><b>N5</b></a>', "<pre>f('N5')</pre>",
        "<code>ids = N5</code>", "<script>N5 < 2</script>", "<summary>N5</summary>", "<label>N5</label>")),
])
def test_codes_become_links_but_not_in_code_links_and_headings(html: str, expected: str) -> None:
    assert linked(html, "u", "k").replace(' class="udsagn"', "").replace(' class="kildekode"', "") == expected


def test_a_place_that_an_edition_hides_is_said_to_be_hidden_and_not_linked_to() -> None:
    app = SimpleNamespace(env=SimpleNamespace(found_docs=[]))
    html = '<ul><li><a href="k#fig-a">fig-a</a> <a class="til-kode" aria-label="koden bag fig-a">koden</a></li></ul>'
    assert with_numbers(app, html) == "<ul><li>En figur, der er skjult i denne udgave</li></ul>"


def test_a_page_has_no_links_to_itself() -> None:
    assert linked("N5 (S0)", "", "k") == 'N5 (<a class="kildekode" href="k#tab-kilder">S0</a>)'


@pytest.mark.browser
@pytest.mark.parametrize("page", ["index", *(f"chapters/{name}" for name in (
    "baggrund", "metode", "resultater", "konklusion", "kodebog"))])
def test_pages_that_name_statements_link_to_their_entries(page: str) -> None:
    article = BeautifulSoup((SITE / f"{page}.html").read_text("utf-8"), "html.parser").article
    links = article.select("a.udsagn")
    assert links
    assert all(link["href"].endswith(f"udsagn.html#udsagn-{link.text.lower()}") for link in links)
    heads = [head for head in article.select("tbody th") if head.text in STATEMENTS.index]
    assert all(head.a for head in heads)


@pytest.mark.browser
def test_the_page_itself_has_numbers_for_names_and_no_links_to_itself_from_codes() -> None:
    article = BeautifulSoup((SITE / "chapters" / "udsagn.html").read_text("utf-8"), "html.parser").article
    assert not article.select("a.udsagn")
    named = [link for link in article.select("a[href]:not(.kildekode)") if re.search("#(fig|tab)-", link["href"])]
    assert named
    assert all(re.match(r"(Figur|Tabel) \d+\.\d+: .*\S$", link.text) for link in named)
    assert all(re.fullmatch(r"koden bag (Figur|Tabel) \d+\.\d+", link["aria-label"])
               for link in article.select(".til-kode"))


def test_a_finding_is_three_clicks_from_the_front_page_and_its_code_one_more(browser: Browser) -> None:
    page = browser.new_page()
    page.goto((SITE / "index.html").as_uri())
    page.get_by_role("link", name="Udsagn for udsagn").first.click()
    page.get_by_role("navigation", name="Alle udsagn").get_by_role("link", name="omkostningsargumentet").click()
    entry = page.locator("#udsagn-o11")
    expect(entry).to_be_in_viewport()
    entry.get_by_role("link", name=re.compile("^Figur")).first.click()
    expect(page.locator("#fig-pres img")).to_be_in_viewport()
    page.go_back()
    entry.get_by_role("link", name=re.compile("^koden bag Figur")).first.click()
    expect(page.locator("#kode-fig-pres pre")).to_be_visible()
    page.close()
