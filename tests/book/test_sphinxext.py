"""A tiny book with the real settings, built once; its pages are read as a browser would get them."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
import yaml
from bs4 import BeautifulSoup, Comment, Doctype
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from sphinx.errors import ExtensionError

from civsam.book.sphinxext import outputs, publishing

ROOT = Path(__file__).parents[2]
JUPYTER_BOOK = Path(sys.executable).with_name("jupyter-book")
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'
TABLE = (
    "<div class='tabel'><table><caption>Svar &amp; frafald</caption><thead><tr><th scope='col'>Antal</th></tr></thead>"
    "<tbody><tr><td>5</td></tr></tbody></table></div>"
)
FACTS = {"name": "tab-et", "caption": "Svar & frafald", "provenance": "antaget", "columns": [("Antal", True, "5")]}
TILES = {"tiles": [["Ødelagt</script><b id='brudt'>, <!--<script>", 0, 0]]}
ENGLISH = re.compile(
    r"\b(the|and|of|et al|search|page|next|previous|copy|copyright|toggle|hide|hidden|light|dark|color|contents|"
    r"download|back|skip|click|found|settings|please|activate|warning|main|heading|image|table|mode|edited)\b",
    re.IGNORECASE,
)


def cell(mime, content, facts=None, tags=("hide-input",)):
    output = new_output(
        "display_data", {mime: content, "text/plain": "…"}, metadata={mime: {"civsam": facts}} if facts else {}
    )
    return new_code_cell("vis()", execution_count=1, outputs=[output], metadata={"tags": list(tags)})


def figure(name, tags=("hide-input",), **more):
    facts = {"name": name, "caption": "Ældre på 100 %", "alt": "Søjler", "provenance": "projekt", **more}
    return cell("image/svg+xml", SVG, facts, tags)


def notebook(path, text, *cells):
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    book = new_notebook(cells=[new_markdown_cell(text), *cells], metadata={"kernelspec": kernel})
    nbformat.write(book, path)


def write_book(folder):
    config = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
    config["execute"]["execute_notebooks"] = "off"
    (folder / "data").mkdir(parents=True)
    (folder / "_config.yml").write_text(yaml.safe_dump(config), "utf-8")
    (folder / "_toc.yml").write_text(
        "format: jb-book\nroot: index\nparts:\n- numbered: true\n  chapters: [file: et, file: to]\n"
        "- chapters: [file: litteratur, file: nyt]\n",
        "utf-8",
    )
    shutil.copy(ROOT / "litteratur.md", folder)
    (folder / "nyt.md").write_text("# Nyt\n\n## 0.4.0 (30. november 2026)\n\n## 0.3.0 (2. november 2026)\n", "utf-8")
    (folder / "data" / "referencer.bib").write_text(
        "@book{a, author={Ås, B. and Bæk, C. and Dal, D.}, title={Første}, publisher={KORA}, year=2016}\n"
        "@incollection{b, author={Elm, F. and Fisk, G.}, editor={Gran, H.}, title={Anden}, booktitle={Bog},\n"
        "pages={1--9}, year=2017}\n",
        "utf-8",
    )
    (folder / "data" / "metodelitteratur.bib").write_text("Kun metoder.", "utf-8")
    notebook(folder / "index.ipynb", "# Bogen\n\n{numref}`fig-to`, {numref}`tab-et`, {ref}`tab-et`.")
    notebook(
        folder / "et.ipynb",
        "# Et\n\n{cite:t}`a` og {cite:p}`b`. $x^2$",
        figure("fig-et"),
        cell("text/html", TABLE, FACTS, tags=("remove-input",)),
        cell("text/html", "<p class='saetning'>Som den er.</p>"),
        figure("fig-kort", tiles=TILES),
    )
    two = figure("fig-to", ("remove-input",), note="Vægtet.", phone="<svg/>")
    notebook(folder / "to.ipynb", "# To", figure("fig-en"), two)


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bog") / "bog"
    write_book(folder)
    command = [JUPYTER_BOOK, "build", folder, "-W", "--keep-going"]
    built = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    assert built.returncode == 0, built.stdout + built.stderr
    files = (folder / "_build" / "html").glob("*.html")
    return {file.stem: BeautifulSoup(file.read_text("utf-8"), "html.parser") for file in files}


def text(node):
    return " ".join(node.get_text().split())


@pytest.mark.slow
def test_figure_has_number_caption_alt_and_note(pages):
    found = pages["to"].find("figure", id="fig-to")
    assert text(found.select_one(".caption-number")) == "Figur 2.2"
    assert text(found.select_one(".caption-text")) == "Ældre på 100 % projektets"
    assert found.img["alt"] == "Søjler (projektets)"
    assert text(found.select_one(".legend")) == "Vægtet."
    assert [tag.name for tag in found.picture.find_all(True)] == ["source", "img"]
    assert found.picture.find_parent("figcaption") is None
    assert found.picture.find_next_sibling().name == "figcaption"
    assert re.fullmatch(r"_images/fig-to-.*-smal\.svg", found.picture.source["srcset"])
    assert text(pages["et"].select_one("#fig-et .caption-number")) == "Figur 1.1"


@pytest.mark.slow
def test_no_name_on_a_map_can_end_its_script(pages):
    found = pages["et"].select_one("figure.kommunekort script")
    assert json.loads(found.string) == TILES
    assert not pages["et"].select("#brudt")


@pytest.mark.slow
def test_table_has_number_in_its_caption_and_a_name(pages):
    caption = pages["et"].select_one("#tab-et .tabel caption")
    assert text(caption).startswith("Tabel 1.1 Svar & frafald")
    assert caption.a["href"] == "#tab-et"


@pytest.mark.slow
def test_references_resolve_across_pages(pages):
    links = {link["href"]: text(link) for link in pages["index"].select("article p a.reference")}
    assert links["to.html#fig-to"] == "Figur 2.2"
    assert [text(link) for link in pages["index"].select('a[href="et.html#tab-et"]')] == ["Tabel 1.1", "Svar & frafald"]


@pytest.mark.slow
def test_other_outputs_pass_unchanged(pages):
    assert text(pages["et"].select_one("p.saetning")) == "Som den er."


@pytest.mark.slow
def test_the_numbers_are_files_named_after_the_table_and_where_they_come_from(pages):
    links = [link["href"].split("/")[-1] for link in pages["et"].select("#tab-et .filer a")]
    assert links == ["tab-et-antaget.csv", "tab-et-antaget-international.csv"]


@pytest.mark.parametrize("missing", ["name", "caption", "alt", "provenance"])
def test_a_figure_without_one_of_its_texts_stops_the_build(missing):
    facts = {"name": "fig-x", "caption": "Tekst", "alt": "Tekst", "provenance": "projekt", missing: " "}
    with pytest.raises(ExtensionError, match=missing):
        outputs.numbered_figure(None, None, facts)


@pytest.mark.slow
def test_references_and_bibliography_are_danish(pages):
    assert "Ås m.fl. (2016) og (Elm og Fisk, 2017)" in text(pages["et"].article)
    entries = [text(entry.p) for entry in pages["litteratur"].select(".citation")]
    assert entries == [
        "Elm, F. og Fisk, G. (2017). Anden. I: Gran, H. (red.), Bog, s. 1–9.",
        "Ås, B., Bæk, C. og Dal, D. (2016). Første. KORA.",
    ]


@pytest.mark.slow
def test_no_english_in_the_interface(pages):
    for name, page in pages.items():
        found = set()
        for node in page.find_all(string=True):
            if not isinstance(node, Comment | Doctype) and node.find_parent(["script", "style", "pre"]) is None:
                found.add(str(node))
        for attribute in ("title", "aria-label", "placeholder", "alt", "data-bs-title"):
            found |= {tag[attribute] for tag in page.find_all(attrs={attribute: True})}
        assert not [said for said in found if ENGLISH.search(said)], name


@pytest.mark.slow
def test_one_first_heading_and_a_button_to_search(pages):
    assert set(pages) == {"index", "et", "to", "litteratur", "nyt", "search", "skema", "skema-print"}
    for page in pages.values():
        assert len(page.find_all("h1")) == 1
        assert all(form.find("button", type="submit") for form in page.select("form.bd-search"))


@pytest.mark.slow
def test_a_heading_has_a_link_with_a_name_that_is_no_part_of_it(pages):
    heading = pages["et"].h1
    assert text(heading) == "1. Et"
    link = heading.find_next_sibling("a")
    assert link["aria-label"] == "Link til afsnittet Et"
    assert link["href"] == f"#{heading.find_parent('section')['id']}"
    table = pages["et"].select_one("caption .headerlink, figcaption .headerlink")
    assert table["aria-label"].startswith(f"{table['title']} ")


@pytest.mark.slow
def test_a_page_fits_the_screen_once_and_says_what_it_is_about(pages):
    for name, page in pages.items():
        assert len(page.select('meta[name="viewport"]')) == 1, name
        assert [meta["content"] for meta in page.select('meta[name="description"]') if meta["content"].strip()], name
    assert pages["litteratur"].select_one('meta[name="description"]')["content"].startswith("Her står de kilder")


@pytest.mark.slow
def test_places_have_names_that_last(pages):
    assert {"kilde-a", "kilde-b"} <= {node["id"] for node in pages["litteratur"].select("[id]")}
    assert pages["et"].select_one('a[href$="litteratur.html#kilde-a"]')
    assert pages["nyt"].select_one("section#version-0-4-0 h2")


@pytest.mark.slow
def test_pages_ask_nothing_of_other_hosts(pages):
    for page in pages.values():
        asked = [tag.get("src") or tag.get("href") for tag in page.select("script[src], img, iframe, link[href]")]
        assert not [address for address in asked if re.match(r"(https?:)?//", address)]
        assert not page.select('a[href*="executablebooks"]')
    assert pages["et"].find("math")


@pytest.mark.parametrize("name", ["../ude.txt", "/ude.txt", "et.html", "."])
def test_a_file_that_a_page_shows_lies_in_the_site_and_takes_the_place_of_no_other(name: str, tmp_path: Path) -> None:
    site = tmp_path / "side"
    site.mkdir()
    (site / "et.html").write_text("Siden", "utf-8")
    pages = {"et": {"filer": {"citat/a.bib": "@misc"}}, "to": {"filer": {"citat/a.bib": "@misc"}}, "x": {"filer": {}}}
    app = SimpleNamespace(outdir=site, builder=SimpleNamespace(format="html"),
                          env=SimpleNamespace(found_docs=pages, metadata=pages))
    publishing.write_shown_files(app, None)
    assert (site / "citat" / "a.bib").read_text("utf-8") == "@misc"
    (site / "citat" / "a.bib").unlink()
    pages["x"]["filer"] = {name: "skrevet"}
    with pytest.raises(ExtensionError, match="ligger uden for bogen"):
        publishing.write_shown_files(app, None)
    assert (site / "et.html").read_text("utf-8") == "Siden"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["side"]
