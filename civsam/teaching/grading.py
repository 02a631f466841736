"""Answers of a class, found in its notebooks and judged; nothing that students wrote is run."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import EllipsisType
from typing import Any

import pandas as pd

from civsam.files import UserError, shown
from civsam.intake.export import guard
from civsam.teaching.feedback import judged


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
