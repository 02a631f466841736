"""The exercises as a question bank that Moodle imports (Moodle XML), with feedback and tolerances.

An exercise about one's own municipality becomes a category with a question for each municipality, so that a quiz can
draw one for each student.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from xml.etree import ElementTree as Xml

from markdown_it import MarkdownIt

from civsam.book.audience import LESSONS
from civsam.book.contents import notebook
from civsam.study import register
from civsam.teaching.exercises import REGISTERED, RIGHT, WELL_DONE, Exercise, edition
from civsam.teaching.grading import lesson_of
from civsam.teaching.handout import plain
from civsam.teaching.lessons import lessons

TOP = "$course$/top/civsam"
WRONG = "Ikke rigtigt endnu. Læs opgaven igen."
CALL = 'opgave.answer("{}"'


def bank() -> bytes:
    """All exercises, as Moodle XML."""
    quiz = Xml.Element("quiz")
    for id, known in REGISTERED.items():
        name = lessons()[lesson_of(id)]["titel"].replace("/", "-")
        _category(quiz, f"{TOP}/{name}/{id}" if known.own else f"{TOP}/{name}")
        for place, code in _readers(known):
            _question(quiz, id, known, place, *code)
    Xml.indent(quiz)
    return Xml.tostring(quiz, encoding="utf-8", xml_declaration=True) + b"\n"


def _readers(known: Exercise) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The name of each municipality with what the rules are given; one without either for other exercises."""
    if not known.own:
        yield "", ()
        return
    for code, name in register.municipalities()["kommunenavn"].items():
        yield name, (int(code),)


def _category(quiz: Xml.Element, path: str) -> None:
    question = Xml.SubElement(quiz, "question", type="category")
    _text(Xml.SubElement(question, "category"), path)


def _question(quiz: Xml.Element, id: str, known: Exercise, place: str, *code: int) -> None:
    question = Xml.SubElement(quiz, "question", type="multichoice" if known.choices else "numerical")
    _text(Xml.SubElement(question, "name"), f"{id} {place}".strip())
    _text(Xml.SubElement(question, "questiontext", format="html"), asked(id, place))
    for name, value in (("defaultgrade", "1"), ("penalty", "0.3333333"), ("hidden", "0")):
        Xml.SubElement(question, name).text = value
    said = known.feedback(edition(), *code)
    if known.choices:
        for name, value in (("single", "true"), ("shuffleanswers", "true"), ("answernumbering", "none")):
            Xml.SubElement(question, name).text = value
        for choice, words in known.choices.items():
            _answer(question, words, said.get(choice, WRONG))
        return
    for form, told in sorted(said.items(), key=lambda one: (one[1] != RIGHT, -_decimals(one[0]))):
        Xml.SubElement(_answer(question, form, told), "tolerance").text = f"{0.499 * 10**-_decimals(form):.7f}"
    Xml.SubElement(_answer(question, "*", WRONG), "tolerance").text = "0"


def _decimals(form: str) -> int:
    return len(form.partition(".")[2])


def _answer(question: Xml.Element, text: str, told: str) -> Xml.Element:
    answer = Xml.SubElement(question, "answer", fraction="100" if told == RIGHT else "0", format="moodle_auto_format")
    Xml.SubElement(answer, "text").text = text
    _text(Xml.SubElement(answer, "feedback", format="html"), WELL_DONE if told == RIGHT else told)
    return answer


def _text(element: Xml.Element, text: str) -> None:
    Xml.SubElement(element, "text").text = text


def asked(id: str, place: str = "") -> str:
    """The exercise as HTML: what the lesson asks, the figures that stand with it, unit and municipality."""
    lesson = f"{LESSONS}{lesson_of(id)}"
    cells = json.loads(notebook(lesson).read_text("utf-8"))["cells"]
    sources = ["".join(cell["source"]) for cell in cells]
    code = "\n".join(source for cell, source in zip(cells, sources, strict=True) if cell["cell_type"] == "code")
    at = next(number for number, source in enumerate(sources) if CALL.format(id) in source)
    first = max(number for number in range(at) if re.search("^### ", sources[number], re.MULTILINE))
    text = plain(sources[first][sources[first].rindex("### "):].partition("\n")[2], lesson, code)
    parts = [MarkdownIt().render(text).strip()]
    parts += [f"<pre>{_shown(cell)}</pre>" for cell in cells[first + 1:at] if cell["cell_type"] == "code"]
    known, title = REGISTERED[id], lessons()[lesson_of(id)]["titel"]
    about = [f"Kommune: {place}." if place else "", f"Svar i {known.unit}." if known.unit else "",
             f"Opgaven hører til lektionen »{title}«, hvor de tal står, som den bruger."]
    return "\n".join([*parts, f"<p>{' '.join(filter(None, about))}</p>"])


def _shown(cell: dict) -> str:
    """What a cell shows, as text."""
    told = "\n".join("".join(output["data"]["text/plain"]) for output in cell["outputs"] if "data" in output)
    return told.replace("&", "&amp;").replace("<", "&lt;")
