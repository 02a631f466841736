"""Slides: all of a lesson but its code, cut up so that nothing is too tall for a wall."""

from bs4 import BeautifulSoup

from civsam.book.sphinxext import slides

PAGE = """<article><section><h1>Emne<a class="headerlink">#</a></h1><div class="lektion">Mål</div>
<section><h2>Et</h2><p>Kort.</p><div class="cell"><div class="cell_input">kode</div><div class="cell_output">
<figure><img loading="lazy" src="a.svg" alt="x"></figure></div></div><p>Efter figuren.</p></section>
<section><h2>To</h2><p>AAA</p><p>BBB</p><section><h3>Opgave</h3><form class="opgave"><select>CCC</select></form>
<details class="loesning" open>Løsning</details></section>
<section><h3>Figuren</h3><p id="q">Hvad viser den?</p><figure><img src="b.svg" alt="y"></figure>
<form>DDD</form></section>
</section><div class="admonition laerer">Til læreren</div></section></article>"""
for letter in "ABC":
    PAGE = PAGE.replace(3 * letter, 300 * letter.lower())


def made() -> BeautifulSoup:
    return BeautifulSoup(slides.slides_of(PAGE, "emne.html", "../_static"), "html.parser")


def test_a_heading_begins_a_stack_and_what_is_too_much_goes_on_below() -> None:
    stacks = made().select(".slides > section")
    texts = [[slide.get_text(" ", strip=True)[:14] for slide in stack.find_all("section", recursive=False)]
             for stack in stacks]
    assert texts == [["Emne Mål"], ["Et Kort.", "Efter figuren."],
                     ["To aaaaaaaaaaa", "bbbbbbbbbbbbbb", "Opgave ccccccc", "Figuren Hvad v", "Figuren Hvad v"]]


def test_a_form_stands_with_its_question_and_nothing_tells_the_class_too_much() -> None:
    page = made()
    forms = page.select("form")
    assert [form.parent.h3.get_text() for form in forms] == ["Opgave", "Figuren"]
    assert forms[1].parent.p.get_text() == "Hvad viser den?"
    assert len(page.select("#q")) == 1
    assert "open" not in page.select_one("details.loesning").attrs
    assert "Til læreren" not in page.get_text()


def test_code_is_left_in_the_book_and_pictures_and_solutions_come_along() -> None:
    page = made()
    assert "kode" not in page.get_text()
    assert page.select_one("section form.opgave") is not None
    assert page.select_one("section details.loesning").find_previous("form") is not None
    assert "loading" not in page.img.attrs
    assert page.select_one(".tilbage a")["href"] == "emne.html"
    assert len(page.find_all("h1")) == 1
