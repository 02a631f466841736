"""A page as a Word file: what Word knows of it as a table, a caption, a picture and a formula."""

import re
import shutil
import xml.etree.ElementTree as ET
import zipfile
from io import BytesIO

import pytest

from civsam.book import word
from civsam.book.onepage import element
from civsam.files import UserError

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="475.2pt" height="72pt" viewBox="0 0 475.2 72"/>'
PAGE = """<section id="kapitel"><h1><span class="section-number">3. </span>Resultater</h1>
<h2>Politik</h2><p>Tekst med <strong>vægt</strong>,
<a href="https://kora.dk">et link</a> og <a href="#andet-kapitel">ord</a>.</p>
<div class="cell"><details class="hide"><summary>Vis koden</summary><pre>hemmelig = 1</pre></details>
<figure id="fig-a" class="foldet">
<p class="fund">Flest siger ja. <span class="maerke syntetisk">syntetiske svar</span></p>
<figcaption><p>
<span class="caption-number">Figur 1 </span><span class="caption-text">Øget fokus
<span class="maerke syntetisk">syntetiske svar</span></span></p></figcaption><div class="legend"><p>n = 407.</p></div>
<div class="mere"><details class="fold figurfold"><summary>Vis figuren</summary><picture>
<source media="(max-width: 36rem)" srcset="SMAL"><img src="BRED" alt="Prikdiagram. Ja 54 %."></picture></details>
<details class="fold"><summary>Tallene bag</summary><p>skjult fold</p></details></div></figure></div>
<div class="nummereret" id="tab-a"><details><summary>Vis tallene</summary><div class="tabel"><table>
<caption><span class="caption-number">Tabel 1 </span><span class="caption-text">Svar</span></caption>
<thead><tr><th scope="col">Svar</th><th scope="col">Andel</th></tr></thead>
<tbody><tr><th scope="row">Ja</th><td>54 %<small>(50–57)</small></td></tr></tbody></table></div></details></div>
<math><mfrac><mi>y</mi><mi>x</mi></mfrac></math><script>alert(1)</script>
<p><img src="https://ond.eksempel.dk/x.png" alt="Et billede"></p></section>"""


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> bytes:
    if not shutil.which("pandoc"):
        pytest.skip("INGEN PANDOC: Word-filerne er ikke prøvet. apt install pandoc")
    folder = tmp_path_factory.mktemp("word")
    (folder / "bred.svg").write_text(SVG)
    section = element(PAGE.replace("BRED", (folder / "bred.svg").as_uri()).replace("SMAL", "file:///findes-ikke.svg"))
    section.h1.decompose()
    return word.converted(word.prepared(section, folder), "3. Resultater")


@pytest.fixture(scope="module")
def body(made: bytes) -> ET.Element:
    with zipfile.ZipFile(BytesIO(made)) as file:
        assert file.testzip() is None
        assert any(name.endswith(".png") for name in file.namelist())
        return ET.fromstring(file.read("word/document.xml"))


def styled(body: ET.Element, style: str) -> list[str]:
    """The words of the paragraphs and runs with a style."""
    names = {"p": f"{W}pPr/{W}pStyle", "r": f"{W}rPr/{W}rStyle"}
    return ["".join(part.itertext()) for tag, path in names.items() for part in body.iter(f"{W}{tag}")
            if (found := part.find(path)) is not None and found.get(f"{W}val") == style]


def test_captions_notes_and_marks_have_styles_that_one_may_change(body: ET.Element) -> None:
    assert styled(body, "Title") == ["3. Resultater"]
    assert styled(body, "Heading1") == ["Politik"]
    (caption,) = styled(body, "ImageCaption")
    assert " ".join(caption.split()) == "Figur 1 Øget fokus [syntetiske svar]"
    assert [" ".join(words.split()) for words in styled(body, "TableCaption")] == ["Tabel 1 Svar"]
    assert styled(body, "Note") == ["n = 407."]
    assert styled(body, "Fund") == ["Flest siger ja. [syntetiske svar]"]
    assert len(styled(body, "Mærke")) == 2


def test_a_table_is_a_table_with_a_heading_and_a_formula_a_formula(body: ET.Element) -> None:
    (table,) = body.iter(f"{W}tbl")
    assert table.find(f".//{W}br") is not None
    assert [["".join(cell.itertext()).strip() for cell in row.iter(f"{W}tc")] for row in table.iter(f"{W}tr")] == [
        ["Svar", "Andel"], ["Ja", "54 %(50–57)"]]
    assert table.find(f".//{W}tblHeader") is not None
    assert [part for part in body.iter() if part.tag.endswith("}oMath")]


def test_a_folded_figure_is_a_picture_that_is_told_in_words(body: ET.Element) -> None:
    (picture,) = [part for part in body.iter() if part.tag.endswith("}docPr")]
    assert picture.get("descr") == "Prikdiagram. Ja 54 %."
    (size,) = [part for part in body.iter() if part.tag.endswith("}extent")]
    assert int(size.get("cx")) / 360_000 == pytest.approx(16, abs=0.1)  # centimetres


def test_what_only_a_screen_can_use_and_what_lies_elsewhere_is_left_out(body: ET.Element) -> None:
    words = " ".join(body.itertext())
    for left_out in ("hemmelig", "skjult fold", "alert", "Vis "):
        assert left_out not in words
    assert "Et billede" in words


def test_the_file_is_the_same_every_time(made: bytes) -> None:
    assert word.converted("<p>b</p>", "A") == word.converted("<p>b</p>", "A")
    with zipfile.ZipFile(BytesIO(made)) as file:
        assert {part.date_time[:3] for part in file.infolist()} == {(1980, 1, 1)}


def test_a_page_has_one_link_to_its_file() -> None:
    once = word.linked("<article>x</article>", "chapters/resultater")
    assert re.findall(r'href="([^"]*)"', once) == ["../word/chapters-resultater.docx"]
    assert word.linked(once, "chapters/resultater") == once


def test_without_pandoc_one_is_told_what_to_do(monkeypatch) -> None:
    monkeypatch.setenv("PANDOC", "findes-ikke")
    with pytest.raises(UserError, match="apt install pandoc"):
        word.pandoc()
