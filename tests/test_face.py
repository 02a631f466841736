"""The face: a few names, each with a few functions, all with an example that runs, and all that notebooks take."""

import ast
import doctest
import inspect
import re
import subprocess
import sys
import types
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
import pytest
from docutils import nodes

import civsam
from civsam import compare, estimate, show
from civsam.book.contents import declared
from civsam.book.sphinxext import functions as page
from civsam.edition import open_edition
from civsam.files import PACKAGE, project

NOTEBOOKS = [project.root / "index.ipynb", *sorted((project.root / "chapters").rglob("[!.]*.ipynb"))]
OTHERS = {"math", "numpy", "pandas", "statsmodels.datasets"}
OPENING = re.compile(r"((?:import|from) \S.*\n|\n)*"
                     r"from civsam import [\w, ]+\n\n"
                     r"edition = open_edition\((globals\(\))?\)\n"
                     r"survey = edition\.survey(\n|$)")
WITHOUT_ANSWERS = {"anden_undersoegelse", "kodebog", "undervisning"}  # pages that no answers of the study bear on


def functions() -> Iterator[tuple[str, Any]]:
    """All that may be called, by the name that a chapter calls it."""
    for name in civsam.__all__:
        found = getattr(civsam, name)
        if isinstance(found, types.ModuleType):
            yield from ((f"{name}.{part}", getattr(found, part)) for part in found.__all__)
        else:
            yield name, found
            yield from ((f"{name}.{part}", getattr(found, part)) for part in page.makers(found))


FUNCTIONS = dict(functions())


def code(path: Path) -> list[str]:
    return [cell["source"] for cell in nbformat.read(path, as_version=4)["cells"] if cell["cell_type"] == "code"]


def test_it_is_small() -> None:
    assert len(civsam.__all__) <= 12
    assert len(FUNCTIONS) <= 60
    assert set(civsam.__all__) <= set(dir(civsam))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        civsam.nothing  # noqa: B018


def test_its_names_are_fetched_only_when_they_are_asked_for() -> None:
    code = "import sys, civsam; civsam.study, civsam.book, civsam.laboratory; assert 'pandas' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.fixture
def one_edition(monkeypatch: pytest.MonkeyPatch) -> None:
    """Examples open the standard edition again and again."""
    monkeypatch.setitem(vars(civsam), "open_edition", _opened)


@cache
def _opened(**values: Any) -> Any:
    return open_edition(**values)


@pytest.mark.usefixtures("one_edition")
@pytest.mark.parametrize("name", FUNCTIONS)
def test_everything_has_an_example_that_runs(name: str) -> None:
    found = doctest.DocTestParser().get_doctest(inspect.getdoc(FUNCTIONS[name]), {}, name, None, None)
    imports, *calls = found.examples
    assert imports.source.startswith(("from civsam import ", "import "))
    assert any(name in call.source for call in [*calls, imports])
    assert calls[-1].want
    told: list[str] = []
    assert not doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(found, out=told.append).failed, "".join(told)


def test_the_page_of_functions_has_them_all_with_signature_and_example() -> None:
    sections = {one["ids"][0]: one for name in civsam.__all__ for one in page.named(name).findall(nodes.section)}
    for name in FUNCTIONS:
        told = sections[nodes.make_id(f"api-{name}")].astext()
        assert f"{name}(" in told
        assert ">>> " in told
    assert "'" not in page.written(FUNCTIONS["model.regression"])
    assert "interval: str = 'beta'" in page.written(FUNCTIONS["estimate.shares"])


@pytest.mark.parametrize(("make", "heading"), [
    (lambda survey: estimate.shares(survey, "pol_fokus", "ja", by="region"), "Interval"),
    (lambda survey: estimate.shares(survey, "pol_fokus", by="region"), "Ja"),
    (lambda survey: compare.corrected(compare.contrasts(survey, "pol_fokus", "ja", "blok"), "holm", "x"), "Forskel"),
    (lambda survey: compare.corrected(compare.equality(survey, "pol_fokus", "ja", "blok"), "holm", "x"), "F"),
    (lambda survey: compare.detectable(survey, "pol_fokus", "ja", "blok", [0.1], draws=5, icc=0), "Forskellen"),
])
def test_one_verb_finds_the_form_of_a_table_by_its_columns(make: Any, heading: str) -> None:
    survey = _opened().survey
    assert f'<th scope="col">{heading}' in show.table(survey, make(survey), "Overskrift", "tab-x").html


def test_results_without_a_form_are_refused() -> None:
    survey = _opened().survey
    with pytest.raises(TypeError, match="corrected as a family first"):
        show.table(survey, compare.contrasts(survey, "pol_fokus", "ja", "blok"), "Overskrift", "tab-x")


def test_one_verb_draws_bars_for_whole_ordered_scales_and_else_dots() -> None:
    survey = _opened().survey
    kinds = [show.figure(survey, made, "Overskrift", "fig-x").alt.split()[0] for made in (
        estimate.shares(survey, "vae_tillid", by="region"), estimate.shares(survey, "vae_tillid", "enig"),
        estimate.shares(survey, "pol_strategi"), estimate.means(survey, ["pra_lange", "pra_korte"]))]
    assert kinds == ["Liggende,", "Prikdiagram", "Prikdiagram", "Prikdiagram"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_take_from_the_face_alone(path: Path) -> None:
    names: set[str] = set()
    for source in code(path):
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.ImportFrom) and node.module == "civsam":
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                assert node.module in OTHERS, ast.unparse(node)
            elif isinstance(node, ast.Import):
                assert {alias.name for alias in node.names} <= OTHERS, ast.unparse(node)
    assert names <= set(civsam.__all__)
    for source in code(path):
        for called in re.findall(rf"(?<![\w.])({'|'.join(names)})\.(\w+)", source):
            assert ".".join(called) in FUNCTIONS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_all_open_with_the_same_lines(path: Path) -> None:
    first = next(source for source in code(path) if "import" in source)
    if path.stem not in WITHOUT_ANSWERS:
        opened = OPENING.match(first)
        assert opened, first
        chapter = path.relative_to(project.root).with_suffix("").as_posix()
        assert bool(opened[2]) == bool(declared(chapter)), "its parameters are not what it opens"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_name_is_given_to_a_parameter_and_to_something_else(path: Path) -> None:
    """An edition is opened with the names of the notebook, also when its first cell is run again."""
    taken = declared(path.relative_to(project.root).with_suffix("").as_posix())
    for source in (source for source in code(path) if ": str = " not in source):
        assigned = {node.id for node in ast.walk(ast.parse(source))
                    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        assert not assigned & taken


def test_the_template_of_profiles_takes_its_own_room_beside() -> None:
    found = re.findall(r"(?m)^(?:from|import) .*", "\n".join(code(PACKAGE / "profiles" / "profil.ipynb")))
    assert found == ["from civsam import profiles"]
