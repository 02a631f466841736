"""What a student has written in a notebook: the calls of `answer`, in order; nothing in the notebook is run."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from IPython.core.inputtransformer2 import TransformerManager

from civsam.teaching.arithmetic import Names, NoValue, written

CALL = re.compile(r"\banswer\(\s*[\"']([\w-]+)[\"']")
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


class NoNotebook(ValueError):
    """The content is no notebook. The message says what it is: "den er tom"."""


def answers_in(content: bytes) -> list[Written]:
    """The calls in a notebook. Raises NoNotebook."""
    names, found = Names(), []
    for kind, source in _cells(content):
        try:
            if kind != "code":
                raise SyntaxError
            found += list(_calls(_python(source).body, names))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            why = "cellen ikke er Python, der kan læses" if kind == "code" else "cellen er lavet om til tekst"
            found += [Written(id, source="", fault=why) for id in CALL.findall(source)]
    return found


def _cells(content: bytes) -> list[tuple[str, str]]:
    """Kind and source of each cell. Raises NoNotebook."""
    if not content.strip(b"\0 \r\n\t\xef\xbb\xbf"):
        raise NoNotebook("den er tom")
    try:
        cells = json.loads(content.decode("utf-8-sig"))["cells"]
        return [(str(cell["cell_type"]), "".join(cell["source"])) for cell in cells]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise NoNotebook("den ikke er en Jupyter-notebook (.ipynb)") from None


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
