"""Exercises as a page and a notebook show them: the field to answer in, and the answer in words.

What is right follows from the synthetic answers (`answer_key`), so nothing is typed in. A page holds only hashes
of the right answer and of known mistakes: enough to give feedback, too little to read the answer off.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from html import escape
from types import EllipsisType
from typing import Any

from civsam.danish import in_unit, number
from civsam.pages.output import Output
from civsam.study import register
from civsam.teaching.exercises import RIGHT, Answer, Exercise, edition, told
from civsam.teaching.feedback import find, judged
from civsam.teaching.lessons import lesson, table

SIGNS = {True: "ja", False: "nej", None: "mangler"}
__all__ = ("answer", "guess", "lesson", "solution", "table", "told")


def answer(id: str, given: Any = ..., *after_comma: Any, kommune: str = "") -> Output:
    """A field to answer in on a page; in Jupyter, where `given` is put in instead of ``...``, what to say to it.

    >>> from civsam import opgave
    >>> opgave.answer("population-3", "samarbejder").text
    'Rigtigt.'
    """
    one = find(id)
    given = (given, *after_comma) if after_comma else given
    if isinstance(given, EllipsisType):
        told = f"Opgave {id}: skriv dit svar i stedet for de tre prikker, og kør cellen."
        return Output(f'<p class="i-jupyter">{told.replace(id, f"<code>{id}</code>")}</p>{_form(one)}', told)
    right, said = judged(id, given, kommune)
    return Output(f'<p class="tjek {SIGNS[right]}" role="status">{escape(said)}</p>', said)


def solution(id: str, right: Answer, kommune: str = "") -> Output:
    """The answer of a solution in words, as its cell computes it. Raises ValueError where it is not right.

    >>> from civsam import opgave
    >>> opgave.solution("population-3", "samarbejder").text
    'Svaret er »samarbejderne«.'
    """
    one = find(id)
    is_right, said = judged(id, right, kommune)
    if not is_right:
        raise ValueError(f"the solution of {id} says {right}: {said}")
    told = f"Svaret{f' for {kommune}' if one.own else ''} er {_in_words(one, right)}."
    return Output(f'<p class="svaret">{escape(told)}</p>', told)


def _in_words(one: Exercise, right: Answer) -> str:
    if one.choices:
        return f"»{one.choices[right].rstrip('.')}«"
    return in_unit(number(right, one.decimals), one.unit if right != 1 else "")  # units are plurals


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
    """The field of an exercise: label, input or choices, a button, and room for what is said.

    The book's style shows it. Jupyter has no script to answer it, and there it stays hidden: running the cell tells.
    """
    key = f"opgave-{one.id}"
    secrets = _secrets(one)
    texts = list(dict.fromkeys([RIGHT, *secrets.values()]))
    places = json.dumps({given: texts.index(said) for given, said in secrets.items()}, separators=(",", ":"))
    return (f'<form class="opgave" id="{key}" method="dialog" style="display:none" data-opgave="{one.id}" '
            f'data-decimaler="{one.decimals}" data-enhed="{escape(one.unit)}" '
            f'data-beskeder="{escape(json.dumps(texts, ensure_ascii=False))}" data-svar="{escape(places)}">'
            f'{_municipalities(key) if one.own else ""}{_input(one, key)}'
            f'<button type="submit">Tjek svaret</button><output></output></form>')


def _input(one: Exercise, key: str) -> str:
    if not one.choices:
        unit = f' <span class="enhed">{escape(one.unit)}</span>' if one.unit else ""
        return (f'<label for="{key}-svar">Dit svar</label><span class="felt"><input id="{key}-svar" name="svar" '
                f'inputmode="{"text" if one.signed else "decimal"}" autocomplete="off" size="8">{unit}</span>')
    options = "".join(f'<label><input type="radio" name="svar" value="{code}"> {escape(words)}</label>'
                      for code, words in one.choices.items())
    return f"<fieldset><legend>Dit svar</legend>{options}</fieldset>"


def _municipalities(key: str) -> str:
    names = register.municipalities()["kommunenavn"].sort_values()
    options = "".join(f'<option value="{code}">{escape(name)}</option>' for code, name in names.items())
    return (f'<label for="{key}-kommune">Din kommune</label><select id="{key}-kommune" name="kommune">'
            f'<option value="">Vælg</option>{options}</select>')


def guess(id: str, choices: Iterable[str], shows: Output) -> Output:
    """A prediction before the answer: pick one, and only then see what the data show.

    >>> from civsam import opgave, open_edition, show
    >>> shows = show.question(open_edition().survey, "pol_fokus")
    >>> opgave.guess("eksempel", ["Ja", "Nej"], shows).text.splitlines()[0]
    'Dit gæt: Ja / Nej'
    """
    options = "".join(f'<label><input type="radio" name="gaet" value="{escape(words)}"> {escape(words)}</label>'
                      for words in choices)
    html = (f'<form class="gaet" id="gaet-{id}" method="dialog"><fieldset><legend>Dit gæt</legend>{options}</fieldset>'
            f'<p role="status"></p><details><summary>Se, hvad svarene viser</summary>{shows.html}</details></form>')
    return Output(html, f"Dit gæt: {' / '.join(choices)}\n{shows.text}")
