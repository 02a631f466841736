"""Exercises for teaching: one function checks an answer, on the page, in Jupyter, and for a whole class.

What is right follows from the synthetic answers (`facit` computes it), so nothing is typed in. A page holds only hashes
of the right answer and of known mistakes: enough to give feedback, too little to read the answer off.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from html import escape
from numbers import Real
from pathlib import Path
from types import EllipsisType
from typing import Any

import numpy as np
import pandas as pd

from civsam import register
from civsam.edition import Edition, open_edition
from civsam.export import guard
from civsam.files import DATA, UserError, read_yaml, shown, without_lines
from civsam.output import Output, number
from civsam.simulate import responding
from civsam.survey import SYNTHETIC, Survey
from civsam.tables import MARKS, Words, table

LESSONS = DATA / "undervisning.yml"
CLASS_DATA = "syntetiske-svar.csv"
RIGHT = "rigtigt"
NOT_YET = "Ikke rigtigt endnu. Læs opgaven igen, eller åbn vinket."
WELL_DONE = "Rigtigt."
FINER = 2  # decimals more with which an answer is looked up too: those of a share where percent is asked for
SHARE = "Det ligner en andel mellem nul og én. Hvilken enhed beder opgaven om?"
SIGN = "Se på fortegnet igen."
COARSE = "Afrundet er det rigtigt, men opgaven beder om {}."
DECIMALS = ("hele tal", "en decimal", "to decimaler", "tre decimaler")
A_COMMA = 'et komma skiller to tal ad i Python. Brug punktum, eller skriv tallet i anførselstegn: 8.6 eller "8,6"'
NO_NUMBER = "svaret skal være et tal, for eksempel 12.5"
LARGEST = 1e12  # and infinity is no answer
NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
THOUSANDS = re.compile(r"-?[1-9]\d{0,2}(\.\d{3})+", re.ASCII)

Answer = float | str
Rule = Callable[..., Answer]  # takes the edition, and the municipality's code where the exercise asks for one


@dataclass(frozen=True)
class Exercise:
    """A question with one right answer: a number (`unit`, `decimals`) or one of `choices` (code to words).

    mistakes: what to say to somebody whose answer is the one that a known mistake leads to. own: whether the answer is
    about the reader's own municipality.
    """

    id: str
    right: Rule
    unit: str = ""
    decimals: int = 0
    choices: Mapping[str, str] = field(default_factory=dict)
    mistakes: Mapping[str, Rule] = field(default_factory=dict)
    own: bool = False

    def normal(self, answer: Answer, finer: int = 0) -> str:
        """The answer in the one form that is compared; a number with the decimals asked for, and so many more."""
        return str(answer) if self.choices else rounded(float(answer), self.decimals + finer)

    def forms(self, given: Any) -> list[str]:
        """The forms in which what somebody gave is looked up. Raises ValueError for what is no number, or no choice."""
        if isinstance(given, tuple):
            raise ValueError(A_COMMA)
        if self.choices:
            return [self._choice(str(given))]
        if isinstance(given, bool) or not isinstance(given, Real | str):
            raise ValueError(NO_NUMBER)
        numbers = readings(given) if isinstance(given, str) else [float(given)]
        if not all(abs(number) < LARGEST for number in numbers):
            raise ValueError(NO_NUMBER)
        return [self.normal(number, finer) for number in numbers for finer in (0, FINER)]

    def _choice(self, given: str) -> str:
        """The code of a choice, given by code or words. Raises ValueError for neither."""
        for code, words in self.choices.items():
            if _alike(given) in (_alike(code), _alike(words)):
                return code
        raise ValueError(f"vælg mellem {', '.join(self.choices)}")

    def feedback(self, edition: Edition, *municipality: int) -> dict[str, str]:
        """What to say to each foreseen answer, in its normal form; the right one comes to `RIGHT`."""
        right = self.right(edition, *municipality)
        said = {} if self.choices else self._common(float(right))
        said |= {self.normal(wrong(edition, *municipality)): text for text, wrong in self.mistakes.items()}
        return said | {self.normal(right): RIGHT}

    def _common(self, right: float) -> dict[str, str]:
        """What to say to mistakes that can be made in any number: sign, too few decimals, a share for percent."""
        said = {self.normal(-right): SIGN}
        said |= {self.normal(float(rounded(right, few))): COARSE.format(DECIMALS[self.decimals])
                 for few in range(self.decimals)}
        if self.unit.startswith("procent"):
            said |= {self.normal(float(rounded(right / 100, few)), FINER): SHARE
                     for few in range(1, self.decimals + FINER + 1)}
        return said


def rounded(number: float, decimals: int) -> str:
    """The number as at school, halves away from zero, and without a minus before zero; the page does the same."""
    exact = Decimal(round(number, 9)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    return str(exact or abs(exact))


def _alike(text: str) -> str:
    return " ".join(text.casefold().split())


def readings(text: str) -> list[float]:
    """The numbers that a text may mean: 1.234,5 and 12,5 % as Danes write them, 12.5 too, and 1.251 either way.

    The page's script reads in the same way. Raises ValueError for what is no number.
    """
    plain = re.sub(r"[\s%]", "", text).replace("−", "-").removeprefix("+")
    ways = [plain, plain.replace(".", "") if THOUSANDS.fullmatch(plain) else plain]
    if "," in plain:
        ways = [plain.replace(".", "").replace(",", ".", 1)]
    found = [float(way) for way in dict.fromkeys(ways) if NUMBER.fullmatch(way)]
    if not found:
        raise ValueError(NO_NUMBER)
    return found


_exercises: dict[str, Exercise] = {}


def exercise(id: str, **how: Any) -> Callable[[Rule], Rule]:
    """Register the decorated function as the right answer of an exercise; `how` as the fields of `Exercise`."""

    def register_it(right: Rule) -> Rule:
        _exercises[id] = Exercise(id, right, **how)
        return right

    return register_it


@cache
def exercises() -> dict[str, Exercise]:
    """All exercises by id."""
    from civsam import facit  # noqa: F401  registers them; it needs the decorator above

    return _exercises


def find(id: str) -> Exercise:
    """The exercise of that id. Raises UserError for an unknown one."""
    if id not in exercises():
        raise UserError(f"opgaven '{id}' findes ikke. Der er: {', '.join(exercises())}.")
    return exercises()[id]


@cache
def edition() -> Edition:
    """The synthetic answers that all exercises are about: the same for everybody."""
    return open_edition()


# ---- Checking an answer ---------------------------------------------------------------------------------------------


def code_of(municipality: str) -> int:
    """The code of a municipality by its name. Raises UserError for an unknown one."""
    names = register.municipalities()["kommunenavn"]
    found = names.index[names.str.casefold() == str(municipality).strip().casefold()]
    if not len(found):
        raise UserError(f"kommunen '{municipality}' findes ikke. Skriv navnet som i tabellen over kommuner.")
    return int(found[0])


def judged(id: str, answer: Any, municipality: str = "") -> tuple[bool, str]:
    """Whether the answer is right, and what to say to it. Raises UserError for an unknown exercise or municipality."""
    one = find(id)
    if one.own and not municipality:
        return False, "Skriv også, hvilken kommune du har valgt."
    try:
        forms = one.forms(answer)
    except ValueError as fault:
        return False, f"Svaret kan ikke læses: {fault}."
    foreseen = one.feedback(edition(), *([code_of(municipality)] if one.own else []))
    said = [foreseen[form] for form in forms if form in foreseen]
    return (True, WELL_DONE) if RIGHT in said else (False, next(iter(said), NOT_YET))


def answer(id: str, given: Any = ..., *after_comma: Any, kommune: str = "") -> Output:
    """A field to answer in on a page; in Jupyter, where `given` is put in instead of ``...``, what to say to it."""
    one = find(id)
    given = (given, *after_comma) if after_comma else given
    if isinstance(given, EllipsisType):
        told = f"Opgave {id}: skriv dit svar i stedet for de tre prikker, og kør cellen."
        return Output(_form(one), told)
    right, said = judged(id, given, kommune)
    return Output(f'<p class="tjek {"ja" if right else "nej"}" role="status">{escape(said)}</p>', said)


def solution(id: str, right: Answer, kommune: str = "") -> Output:
    """The answer of a solution in words, as its cell computes it. Raises ValueError where it is not right."""
    one = find(id)
    is_right, said = judged(id, right, kommune)
    if not is_right:
        raise ValueError(f"the solution of {id} says {right}: {said}")
    told = f"Svaret{f' for {kommune}' if one.own else ''} er {_in_words(one, right)}."
    return Output(f'<p class="svaret">{escape(told)}</p>', told)


def _in_words(one: Exercise, right: Answer) -> str:
    if one.choices:
        return f"»{one.choices[right].rstrip('.')}«"
    return number(right, one.decimals) + (f" {one.unit}" if one.unit and right != 1 else "")  # units are plurals


def grade(answers: Mapping[str, Any], kommune: str = "") -> pd.DataFrame:
    """A row for each exercise answered: id, answer, right (boolean), feedback."""
    rows = [(id, given, *judged(id, given, kommune)) for id, given in answers.items()]
    return pd.DataFrame(rows, columns=["id", "answer", "right", "feedback"])


def grade_all(notebooks: Iterable[Path]) -> pd.DataFrame:
    """A row for each answer in each notebook: fil, opgave, svar, rigtigt (0 or 1), besked. Raises UserError."""
    tables = [grade(*answers_in(path)).assign(fil=guard(path.stem)) for path in notebooks]
    graded = pd.concat(tables, ignore_index=True).astype({"right": int})
    graded["answer"] = [guard(given) if isinstance(given, str) else str(given).replace(".", ",")
                        for given in graded["answer"]]
    graded = graded.rename(columns={"id": "opgave", "answer": "svar", "right": "rigtigt", "feedback": "besked"})
    return graded[["fil", "opgave", "svar", "rigtigt", "besked"]]


def answers_in(path: Path) -> tuple[dict[str, Any], str]:
    """What a student wrote in a notebook's calls of `answer`, and the municipality; nothing in the notebook is run.

    Raises UserError for a file that is not a notebook.
    """
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    except (OSError, ValueError, KeyError, TypeError):
        raise UserError(f"{shown(path)}: filen er ikke en Jupyter-notebook.") from None
    found, kommune = {}, ""
    for id, given, own in _calls(sources):
        if not isinstance(given, EllipsisType):
            found[id], kommune = given, own or kommune
    return found, kommune


def _calls(sources: Iterable[str]) -> Iterable[tuple[str, Any, str]]:
    """The arguments of every call of `opgave.answer`; what is not a plain value counts as text."""
    for source in sources:
        try:
            tree = ast.parse(source)
        except SyntaxError:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "opgave.answer" and node.args:
                named = {word.arg: _plain(word.value) for word in node.keywords}
                id, *given = map(_plain, node.args)
                one = tuple(given) if len(given) > 1 else next(iter(given), ...)
                yield id, named.get("given", one), named.get("kommune", "")


def _plain(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except ValueError:
        return ast.unparse(node)


# ---- What a page shows ----------------------------------------------------------------------------------------------


def fingerprint(text: str) -> str:
    """FNV-1a, 32 bits, as hexadecimal: short enough to be the same few lines in the page's script."""
    value = 0x811C9DC5
    for byte in text.encode():
        value = (value ^ byte) * 0x01000193 % 2**32
    return f"{value:08x}"


def _secrets(one: Exercise) -> dict[str, str]:
    """Hash of every foreseen answer, with what to say to it."""
    if not one.own:
        return {fingerprint(f"{one.id}::{given}"): said for given, said in one.feedback(edition()).items()}
    return {fingerprint(f"{one.id}:{code}:{given}"): said for code in register.municipalities().index
            for given, said in one.feedback(edition(), code).items()}


def _form(one: Exercise) -> str:
    """The field of an exercise: label, input or choices, a button, and room for what is said."""
    key = f"opgave-{one.id}"
    secrets = _secrets(one)
    texts = list(dict.fromkeys([RIGHT, *secrets.values()]))
    places = json.dumps({given: texts.index(said) for given, said in secrets.items()}, separators=(",", ":"))
    return (f'<form class="opgave" id="{key}" data-opgave="{one.id}" data-decimaler="{one.decimals}" '
            f'data-beskeder="{escape(json.dumps(texts, ensure_ascii=False))}" data-svar="{escape(places)}">'
            f'{_municipalities(key) if one.own else ""}{_input(one, key)}'
            f'<button type="submit">Tjek svaret</button><output></output></form>')


def _input(one: Exercise, key: str) -> str:
    if not one.choices:
        unit = f' <span class="enhed">{escape(one.unit)}</span>' if one.unit else ""
        return (f'<label for="{key}-svar">Dit svar</label><span class="felt"><input id="{key}-svar" name="svar" '
                f'inputmode="decimal" autocomplete="off" size="8">{unit}</span>')
    options = "".join(f'<label><input type="radio" name="svar" value="{code}"> {escape(words)}</label>'
                      for code, words in one.choices.items())
    return f"<fieldset><legend>Dit svar</legend>{options}</fieldset>"


def _municipalities(key: str) -> str:
    names = register.municipalities()["kommunenavn"].sort_values()
    options = "".join(f'<option value="{code}">{escape(name)}</option>' for code, name in names.items())
    return (f'<label for="{key}-kommune">Din kommune</label><select id="{key}-kommune" name="kommune">'
            f'<option value="">Vælg</option>{options}</select>')


def guess(id: str, choices: Iterable[str], shows: Output) -> Output:
    """A prediction before the answer: pick one, and only then see what the data show."""
    options = "".join(f'<label><input type="radio" name="gaet" value="{escape(words)}"> {escape(words)}</label>'
                      for words in choices)
    html = (f'<form class="gaet" id="gaet-{id}"><fieldset><legend>Dit gæt</legend>{options}</fieldset>'
            f'<p role="status"></p><details><summary>Se, hvad svarene viser</summary>{shows.html}</details></form>')
    return Output(html, f"Dit gæt: {' / '.join(choices)}\n{shows.text}")


# ---- Lessons --------------------------------------------------------------------------------------------------------


@cache
def lessons() -> dict[str, dict[str, Any]]:
    """The lessons by id, in order, with the facts that `lesson` shows. Raises UserError where one is missing."""
    table = without_lines(read_yaml(LESSONS))["lektioner"]
    for id, lesson in table.items():
        if missing := {"titel", "lektioner", "maal", "forudsaetter", "spoergsmaal"} - lesson.keys():
            raise UserError(f"{shown(LESSONS)}: lektionen {id} mangler {', '.join(sorted(missing))}.")
    return table


def lesson(id: str) -> Output:
    """What a lesson opens with: the question it takes up, what one learns and must know, and how long it takes."""
    facts = lessons()[id]
    goals = "".join(f"<li>{escape(goal)}</li>" for goal in facts["maal"])
    terms = {"Tid": hours(facts["lektioner"]), "Forudsætter": _required(facts["forudsaetter"])}
    rows = "".join(f"<div><dt>{term}</dt><dd>{escape(words)}</dd></div>" for term, words in terms.items())
    html = (f'<div class="lektion"><p class="spoerger">{escape(facts["spoergsmaal"])}</p><p>Efter lektionen kan du</p>'
            f'<ul>{goals}</ul><dl class="parametre">{rows}</dl>'
            f'<p class="til-lysbilleder"><a href="{id}-lysbilleder.html">Vis som lysbilleder</a></p></div>')
    text = "; ".join([facts["spoergsmaal"], *facts["maal"], *(f"{term}: {words}" for term, words in terms.items())])
    return Output(html, text)


def lessons_table(caption: str, name: str) -> Output:
    """The lessons in order: the question that each takes up, how long it takes and what it builds on."""
    rows = lessons().values()
    frame = pd.DataFrame({
        "Spørgsmål": [lesson["spoergsmaal"] for lesson in rows],
        "Tid": [hours(lesson["lektioner"]) for lesson in rows],
        "Forudsætter": [_required(lesson["forudsaetter"]) for lesson in rows],
    }, index=pd.Index([lesson["titel"] for lesson in rows], name="Lektion"))
    return table(frame, caption, name, provenance="projekt", words=True)


def hours(lessons: int) -> str:
    """A number of class hours in words."""
    return "1 lektion" if lessons == 1 else f"{number(lessons)} lektioner"


def _required(ids: list[str]) -> str:
    return "; ".join(lessons()[id]["titel"] for id in ids) or "ingenting"


def told(value: float, unit: str, decimals: int = 0) -> Words:
    """A number that a lesson has counted itself, with its unit, for a sentence.

    Raises ValueError where the answers are not synthetic: then only `tables` may say what may be told.
    """
    if edition().survey.provenance != SYNTHETIC:
        raise ValueError("a lesson counts synthetic answers only")
    return Words(f"{number(value, decimals)} {unit}".strip())


def skewed(chance: Callable[[Survey], np.ndarray]) -> tuple[Survey, Survey]:
    """Respondents, not weighted, and everybody, of the unanchored draw, where each answers with a chance of its own.

    chance: from everybody to probabilities, shape (positions,).
    """
    everybody = edition().unanchored[1]
    answers = responding(everybody.answers, chance(everybody), edition().parameters["seed"])
    return replace(everybody, answers=answers, design=None), everybody


def write_class_data(folder: Path) -> None:
    """Write the synthetic answers with what the frame knows of each, for a class to count in Danish Excel.

    Nothing is written where the project's own answers are not synthetic.
    """
    survey = edition().survey
    if survey.provenance != SYNTHETIC:
        return
    table = survey.background.join(survey.answers)
    table.insert(0, "svar", MARKS[SYNTHETIC])
    table.insert(1, "vaegt", survey.design.weights.round(4))
    folder.mkdir(parents=True, exist_ok=True)
    table.to_csv(folder / CLASS_DATA, sep=";", index=False, decimal=",", encoding="utf-8-sig", lineterminator="\r\n")
