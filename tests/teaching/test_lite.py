"""JupyterLite: what `make lite` lays out, that lessons run on what their first cell fetches, and what the page says."""

import json
import re
import subprocess
import sys
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from civsam.files import Project, UserError, project

sys.path.insert(0, str(project.root / "tools"))
import lite

PAGE = lite.PAGE.read_text("utf-8")


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lite") / "files"
    lite.stage(folder)
    return folder


def test_it_has_an_environment_of_its_own_locked_by_hash() -> None:
    locked = (project.root / "requirements-lite.txt").read_text("utf-8")
    assert all(f"\n{name}==0.8.6 \\\n    --hash=sha256:" in locked
               for name in ("jupyterlite-core", "jupyterlite-pyodide-kernel"))
    assert "jupyterlite" not in (project.root / "requirements.txt").read_text("utf-8")
    steps = re.search(r"\nlite: setup\n((?:\t.*\n)+)", (project.root / "Makefile").read_text("utf-8")).group(1)
    assert [line.split()[1:] for line in steps.splitlines()] == [["tools/setup_env.py", "lite"], ["tools/lite.py"]]


def test_every_lesson_is_there_without_solutions_and_fetches_its_packages_first(staged: Path) -> None:
    lessons = sorted(staged.glob("*.ipynb"))
    assert {path.stem for path in lessons} == {path.stem for path in project.root.glob("chapters/undervisning/*.ipynb")}
    for path in lessons:
        content = json.loads(path.read_text("utf-8"))
        assert "%pip install" in content["cells"][0]["source"]
        assert content["metadata"]["kernelspec"]["name"] == "python"
        assert not any({"loesning", "laerer"} & set(cell["metadata"].get("tags", [])) for cell in content["cells"])


def test_only_the_projects_own_data_are_given_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = tmp_path / "data"
    data.mkdir()
    for path in (project.root / "data").glob("*.*"):
        (data / path.name).write_bytes(path.read_bytes())
    (data / "mine_svar.csv").write_text("id,svar\n", "utf-8")
    monkeypatch.setattr(Project, "data", data)
    lite.stage(tmp_path / "ud")
    given = {path.name for path in (tmp_path / "ud" / "data").iterdir()}
    assert {"svar.csv", "ramme.csv", "sandhed.csv", "spoergeskema.yml", "undervisning.yml"} <= given
    assert "mine_svar.csv" not in given
    monkeypatch.setattr(lite, "SYNTHETIC", "noget andet")
    with pytest.raises(UserError, match="indsamlede"):
        lite.stage(tmp_path / "igen")


def fetched() -> set[str]:
    """The packages that the first cell fetches, and what they need."""
    found, left = set(), [*lite.IN_PYODIDE, *lite.ON_PYPI]
    while left:
        name = canonicalize_name(left.pop())
        if name not in found:
            found.add(name)
            needed = map(Requirement, requires(name) or [])
            left += [one.name for one in needed if not one.marker or one.marker.evaluate({"extra": ""})]
    return found


@pytest.mark.slow
def test_a_lesson_runs_on_what_its_first_cell_fetches(staged: Path) -> None:
    """Everything else that is installed here is put out of reach."""
    there = fetched()
    missing = [module for module, names in packages_distributions().items()
               if not {canonicalize_name(name) for name in names} & (there | {"civsam"})]
    assert {"pyreadstat", "resvg_py", "sphinx", "bs4"} <= set(missing)
    cells = json.loads((staged / "population.ipynb").read_text("utf-8"))["cells"][1:]
    code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    hidden = f"import sys\nclass Hidden:\n    def find_spec(name, path=None, target=None):\n" \
             f"        if name.split('.')[0] in {missing!r}:\n            raise ModuleNotFoundError(name)\n" \
             "sys.meta_path.insert(0, Hidden)\n"
    run = subprocess.run([sys.executable, "-c", hidden + "from civsam.pages import dots\n" + code], cwd=staged,
                         env={"PYTHONPATH": str(staged)}, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr[-2000:]


def test_the_page_names_all_that_is_fetched_and_from_where() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| den første celle")]
    named = [re.findall(r"`([a-z0-9]+)`", row) for row in rows]
    assert named == [list(lite.IN_PYODIDE), list(lite.ON_PYPI)]
    for host in ("`cdn.jsdelivr.net", "pakkeindekset PyPI"):
        assert host in PAGE


def test_an_address_that_the_page_does_not_name_is_found(tmp_path: Path) -> None:
    static = tmp_path / "extensions" / "@jupyterlite" / "pyodide-kernel-extension" / "static"
    static.mkdir(parents=True)
    known = re.search(r"https://\S+\.mjs", PAGE).group()
    (static / "1.js").write_text(f'const a="{known}"', "utf-8")
    (tmp_path / "jupyter-lite.json").write_text("{}", "utf-8")
    assert lite.unsaid(tmp_path, PAGE) == []
    (tmp_path / "jupyter-lite.json").write_text('{"pyodideUrl": "https://example.org/pyodide.mjs"}', "utf-8")
    assert lite.unsaid(tmp_path, PAGE) == ["https://example.org/pyodide.mjs"]
