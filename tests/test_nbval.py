"""nbval as `make test` and the README run it: what an output says of itself is compared too."""

import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from civsam.files import HOME

FACTS = {"alt": "45 procent svarede ja", "n": 449, "note": "Sådan læses figuren"}
SHOW = """from IPython.display import display
display({"text/html": "<p>Det samme</p>"}, metadata={"text/html": {"civsam": %r}}, raw=True)"""


def notebook(path: Path, stored: dict[str, object]) -> None:
    """A notebook of two cells, where the second shows FACTS and `stored` is what it has saved."""
    output = nbformat.v4.new_output("display_data", {"text/html": "<p>Det samme</p>"},
                                    metadata={"text/html": {"civsam": stored}})
    cells = [nbformat.v4.new_code_cell("one = 1", execution_count=1),
             nbformat.v4.new_code_cell(SHOW % FACTS, execution_count=2, outputs=[output])]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)


@pytest.mark.slow
@pytest.mark.parametrize("changed", [{}, {"n": 448}])
def test_a_digit_that_an_output_says_of_itself_is_compared(tmp_path: Path, changed: dict[str, object]) -> None:
    for name in ("conftest.py", "pyproject.toml"):
        shutil.copy(HOME / name, tmp_path)
    (tmp_path / "chapters").mkdir()
    notebook(tmp_path / "chapters" / "kapitel.ipynb", FACTS | changed)
    command = [sys.executable, "-m", "pytest", "--nbval", "--nbval-current-env", "-W", "default", "chapters"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    if not changed:
        assert run.returncode == 0, run.stdout
        return
    assert run.returncode == 1, run.stdout
    assert "Cell 1: Cell outputs differ" in run.stdout
    assert "mismatch 'metadata'" in run.stdout
    assert '-    "n": 449' in run.stdout
    assert '+    "n": 448' in run.stdout
