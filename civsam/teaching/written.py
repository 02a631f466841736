"""What a student has handed in: the calls of `answer` in a notebook, in order, or what a page's sheet holds.

Nothing in a notebook is run. A sheet is what the book's page has kept of the answers that were typed in it.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from IPython.core.inputtransformer2 import TransformerManager

from civsam.teaching.arithmetic import Names, NoValue, written

SHEET = "svarark"
CALL = re.compile(r"\banswer\(\s*[\"']([\w-]+)[\"']")
NEITHER = "den ikke er en Jupyter-notebook (.ipynb) eller et svarark fra bogen (.json)"
HARMLESS = re.compile(r"\A\s*%%(time|capture)\b.*\n")  # what follows is run as if the line were not there


@dataclass(frozen=True)
class Written:
    """One call: the exercise, what is given (... for nothing), the municipality, how it is written, and why it cannot
    be known, if it cannot."""

    id: str
    given: Any = ...
    municipality: str = ""
    source: str = ""
    fault: str = ""


@dataclass(frozen=True)
class HandedIn:
    """answers: in order. guesses: lesson and what was guessed before its answer was shown; only sheets have them."""

    answers: list[Written]
    guesses: list[tuple[str, str]]


class NoNotebook(ValueError):
    """The content is neither a notebook nor a sheet. The message says what it is: "den er tom"."""


def handed_in(content: bytes) -> HandedIn:
    """What is in a notebook or a sheet. Raises NoNotebook."""
    document = _document(content)
    if document.get("civsam") != SHEET:
        return HandedIn(_in_notebook(document), [])
    try:
        answers = [_typed(*(_text(one[name]) for name in ("opgave", "svar", "kommune"))) for one in document["svar"]]
        guesses = [(_text(one["lektion"]), _text(one["svar"])) for one in document["gaet"]]
    except (KeyError, TypeError):
        raise NoNotebook("svararket er ændret, så det ikke kan læses") from None
    return HandedIn(answers, guesses)


def _document(content: bytes) -> dict[str, Any]:
    """What a JSON file holds. Raises NoNotebook."""
    if not content.strip(b"\0 \r\n\t\xef\xbb\xbf"):
        raise NoNotebook("den er tom")
    try:
        document = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise NoNotebook(NEITHER)
    return document


def _typed(id: str, given: str, municipality: str) -> Written:
    return Written(id, given.strip() or ..., municipality, given.strip())


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _in_notebook(document: dict[str, Any]) -> list[Written]:
    """The calls in a notebook. Raises NoNotebook."""
    names, found = Names(), []
    for kind, source in _cells(document):
        try:
            if kind != "code":
                raise SyntaxError
            found += list(_calls(_python(source).body, names))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            why = "cellen ikke er Python, der kan læses" if kind == "code" else "cellen er lavet om til tekst"
            found += [Written(id, source="", fault=why) for id in CALL.findall(source)]
    return found


def _cells(document: dict[str, Any]) -> list[tuple[str, str]]:
    """Kind and source of each cell. Raises NoNotebook."""
    try:
        return [(str(cell["cell_type"]), "".join(cell["source"])) for cell in document["cells"]]
    except (KeyError, TypeError):
        raise NoNotebook(NEITHER) from None


def _python(source: str) -> ast.Module:
    """The cell as plain Python, as Jupyter makes it: lines that begin with % or ! are calls. Raises SyntaxError."""
    return ast.parse(TransformerManager().transform_cell(HARMLESS.sub("", source, count=1)))


def _calls(statements: Iterable[ast.stmt], names: Names) -> Iterator[Written]:
    for statement in statements:
        names.enter(statement)
        for node in ast.walk(statement):
            if isinstance(node, ast.Call) and written(node.func).split(".")[-1] == "answer":
                yield _written(node, names)
        names.leave(statement)


def _written(call: ast.Call, names: Names) -> Written:
    named = {word.arg or "**": word.value for word in call.keywords}
    id, *given = [*([named["id"]] if "id" in named else []), *call.args] or [ast.Constant("")]
    given = [named["given"]] if "given" in named else given
    told = ", ".join(map(written, given))
    name = str(id.value) if isinstance(id, ast.Constant) else written(id)
    try:
        if strange := named.keys() - {"id", "given", "kommune"}:
            raise NoValue(f"der står {min(strange)}= i cellen. Skriv svaret efter opgavens navn og et komma")
        return Written(str(names.value(id)), _given(given, names), _municipality(named, names), told)
    except NoValue as fault:
        return Written(name, source=told, fault=str(fault))


def _given(given: list[ast.expr], names: Names) -> Any:
    values = [names.value(one) for one in given]
    value = tuple(values) if len(values) > 1 else next(iter(values), ...)
    return ... if isinstance(value, str) and not value.strip() else value


def _municipality(named: dict[str, ast.expr], names: Names) -> str:
    if "kommune" not in named:
        return ""
    try:
        return str(names.value(named["kommune"]))
    except NoValue:
        raise NoValue(f"kommunen »{written(named['kommune'])}« ikke står i anførselstegn") from None
