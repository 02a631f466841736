"""What is forked from a process with the libraries imported does the same as what starts from nothing."""

import json
import os
import signal
import sys
from pathlib import Path

import nbformat
import pytest

from civsam.book import execute, render, warm
from civsam.files import HOME, Project

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="der forgrenes kun på Linux")]
CELLS = (
    "import sys, os; [sys.argv[0][-30:], len(sys.argv), sys.path[0] == os.getcwd(), os.getcwd() in sys.path, __name__]",
    "import matplotlib.pyplot as plt; plt.plot([1, 2]); plt.gca().set_title('Æ'); plt.rcParams['backend']",
    "import seaborn, pandas as pd; pd.DataFrame({'a': [1.5]})",
    "print('ud'); import warnings; warnings.warn('advarsel'); hash('x')",
    "import random, numpy; numpy.random.default_rng(1).random(), os.environ['PYTHONHASHSEED'], os.environ['TZ']",
    "import subprocess; subprocess.run(['echo', 'barn'], capture_output=True, check=True).stdout",
    "import threading, gc, logging; threading.active_count() > 0, logging.getLogger().handlers == []",
    "sorted(name for name in os.environ if name.startswith(('MPL', 'JUPYTER', 'IPYTHON', 'OMP')))",
    "from civsam import estimate, open_edition; open_edition(globals()).survey",
)


@pytest.fixture
def chapter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A chapter that looks at where it runs, in a project with the study's own data."""
    for name in ("data", "CITATION.cff", "_config.yml"):
        (tmp_path / name).symlink_to(HOME / name)
    cells = [nbformat.v4.new_code_cell("seed: int = 2015", id="p", metadata={"tags": ["parameters"]})]
    cells += [nbformat.v4.new_code_cell(source, id=f"c{number}") for number, source in enumerate(CELLS)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "kapitel.ipynb")
    monkeypatch.setattr(Project, "root", tmp_path)
    monkeypatch.chdir(tmp_path)
    for name in execute.ONE_THREAD:
        monkeypatch.setenv(name, "1")
    return "kapitel"


def test_a_chapter_gives_the_same_bytes_forked_and_not(chapter: str, monkeypatch: pytest.MonkeyPatch,
                                                          capfd: pytest.CaptureFixture[str]) -> None:
    plain = execute.run_chapter(chapter, {})[0]
    forked = []
    start = warm.start
    monkeypatch.setattr(warm, "start", lambda *what: forked.append(start(*what)) or forked[-1])
    with warm.held(warm.KERNEL):
        again = [execute.run_chapter(chapter, {})[0] for _ in range(2)]
    assert all(isinstance(process, warm.Process) for process in forked)
    assert len(forked) == 2
    assert again == [plain, plain]
    assert capfd.readouterr() == ("", "")
    outputs = [cell["outputs"] for cell in json.loads(plain)["cells"]]
    assert "image/png" in outputs[2][-1]["data"]  # a figure of Matplotlib's own shows itself


def test_pages_are_the_same_forked_and_not(tmp_path: Path) -> None:
    for name, text in {"_config.yml": (HOME / "_config.yml").read_text("utf-8").replace("force", "off"),
                       "_toc.yml": "format: jb-book\nroot: index\n", "index.md": "# Bogen\n\n$x^2$\n"}.items():
        (tmp_path / "bog" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "bog" / name).write_text(text, "utf-8")
    (tmp_path / "bog" / "data").symlink_to(HOME / "data")

    def made(kept: str) -> dict[str, bytes]:
        html = render.render(tmp_path / "bog", tmp_path / kept, b"")
        return {file.relative_to(html).as_posix(): file.read_bytes() for file in html.rglob("*") if file.is_file()}

    plain = made("a")
    with warm.held(warm.PAGES):
        assert made("b") == plain
    assert warm.status(tmp_path / "samling.txt") == "0"  # it was forked


def test_what_is_forked_ends_with_its_parent_and_a_killed_one_has_no_status(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    with warm.held(warm.KERNEL):
        first = warm.start(warm.KERNEL, ["ipykernel_launcher"], log)
        assert first.poll() is None
        assert os.getpgid(first.pid) == first.pid  # a signal to its group reaches no other
        first.send_signal(signal.SIGKILL)
        first.wait()
        assert warm.status(log) == ""
        second = warm.start(warm.KERNEL, ["ipykernel_launcher"], log)
        assert second.poll() is None
    second.wait(10)
    assert second.poll() == 0
    assert warm.start(warm.KERNEL, []) is None
