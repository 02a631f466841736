"""The committed chapters as texts: no typed numbers, every result through the one door."""

import ast
import re
from pathlib import Path

import nbformat
import pytest

from civsam.files import project

NOTEBOOKS = [project.root / "index.ipynb", *sorted((project.root / "chapters").rglob("[!.]*.ipynb"))]
# What may hold digits without being a number in the prose: formulas, roles, links and code.
MARKUP = re.compile(r"(?s)\$\$.*?\$\$|\{[a-z:]+\}`[^`]*`|`[^`]*`|\]\([^)]*\)")

pytestmark = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def cells(path: Path, kind: str) -> list[str]:
    return [cell["source"] for cell in nbformat.read(path, as_version=4)["cells"] if cell["cell_type"] == kind]


def test_no_number_is_typed_into_prose(path: Path) -> None:
    prose = [line for text in cells(path, "markdown") for line in MARKUP.sub("", text).splitlines()]
    quantities = r"\d|(?<!hundrede )\bprocent\b|\b(halvdelen|tredjedel|fjerdedel|ud af (fem|ti|tyve|tre))\b"
    assert not [line for line in prose if re.search(quantities, line)]


def test_every_figure_and_table_has_a_name_of_its_own(path: Path) -> None:
    names = re.findall(r'"((?:fig|tab|kort)-[a-z0-9-]+)"', "\n".join(cells(path, "code")))
    assert names or path.stem in ("kodebog", "udsagn")  # which are long lists
    assert len(names) == len(set(names))


def test_nothing_is_shown_but_through_tables_and_plots(path: Path) -> None:
    for output in outputs(path):
        assert output["output_type"] != "stream", output.get("text")
        data = output["data"]
        assert "image/svg+xml" in data or re.match(r"\s*<(div|p|details|blockquote|nav|form)", data["text/html"])


def test_every_figure_says_in_words_what_it_shows(path: Path) -> None:
    for output in outputs(path):
        if "image/svg+xml" in output["data"]:
            words = output["metadata"]["image/svg+xml"]["civsam"]
            assert words["caption"]
            assert len(words["alt"]) > 40
            assert words["note"]


def test_cells_are_short_enough_for_a_wall(path: Path) -> None:
    for source in cells(path, "code"):
        assert len(source.splitlines()) <= 32
        assert max(map(len, source.splitlines())) <= 100


def outputs(path: Path) -> list[dict]:
    notebook = nbformat.read(path, as_version=4)
    return [output for cell in notebook["cells"] if cell["cell_type"] == "code" for output in cell["outputs"]]


def test_no_chapter_prints_a_number_around_the_door(path: Path) -> None:
    """Captions may hold names of groups; whatever else is put into a text must be made by the face."""
    for source in cells(path, "code"):
        tree = ast.parse(source)
        for node in ast.walk(tree):
            if isinstance(node, ast.FormattedValue):
                assert isinstance(node.value, ast.Name), ast.unparse(node)
                assert node.value.id in ("split", "opdel"), ast.unparse(node)
            if isinstance(node, ast.Call):
                name = ast.unparse(node.func)
                assert not re.fullmatch(r"print|.*\.(number|percent|value|html|Output|Words|format|join)", name), name
            assert not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.Mod | ast.Add), ast.unparse(node)
