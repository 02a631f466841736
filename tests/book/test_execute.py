"""Chapters run in this Python without a user's own settings, wherever Jupyter and matplotlib look for them."""

import json
from pathlib import Path

import nbformat
import pytest

from civsam.book import execute
from civsam.files import Project

v4 = nbformat.v4
SOURCES = (
    "import locale, os, sys, time\nprint(sys.executable, os.environ.get('TZ'), time.tzname[0], hash('a'))\n"
    "print(locale.getlocale(), sys.flags.optimize, os.environ['PYTHONPATH'])",
    "import matplotlib as mpl\nprint(mpl.rcParams['font.size'], mpl.rcParams['savefig.bbox'], mpl.get_backend())",
    "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nNone",
)


@pytest.fixture
def chapter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    cells = [v4.new_code_cell("seed: int = 1", id="p", metadata={"tags": ["parameters"]})]
    cells += [v4.new_code_cell(source, id=f"c{place}") for place, source in enumerate(SOURCES)]
    (tmp_path / "projekt").mkdir()
    nbformat.write(v4.new_notebook(cells=cells), tmp_path / "projekt" / "kapitel.ipynb")
    monkeypatch.setattr(Project, "root", tmp_path / "projekt")
    monkeypatch.chdir(tmp_path / "projekt")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "andet"))
    return tmp_path


def own_settings(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that a user may have set up for herself, in each place where it is looked for."""
    files = {
        "jupyter/kernels/python3/kernel.json": json.dumps({"argv": ["false"], "display_name": "", "language": ""}),
        "ipython/profile_default/startup/00-hej.py": "print('hej')",
        "ipython/profile_default/ipython_config.py": "c.InteractiveShellApp.exec_lines = ['print(1)']",
        "matplotlibrc": "savefig.bbox: tight\nfont.size: 33\n", "start.py": "print('start')",
        "config/jupyter_client_config.json": json.dumps({"KernelManager": {"kernel_cmd": ["false"]}}),
    }
    for name, content in files.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(content, "utf-8")
    for name, value in {
        "JUPYTER_PATH": home / "jupyter", "JUPYTER_DATA_DIR": home / "jupyter", "JUPYTER_CONFIG_DIR": home / "config",
        "IPYTHONDIR": home / "ipython", "MATPLOTLIBRC": home / "matplotlibrc", "PYTHONSTARTUP": home / "start.py",
        "MPLBACKEND": "agg", "PYTHONHASHSEED": 7, "PYTHONOPTIMIZE": 2, "LC_ALL": "POSIX",
        "LANG": "da_DK", "TZ": "Asia/Tokyo",
    }.items():
        monkeypatch.setenv(name, str(value))


@pytest.mark.slow
def test_a_users_own_settings_change_no_byte_of_a_chapter(
    chapter: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture,
) -> None:
    first = execute.run_chapter("kapitel", {"seed": 2})[0]
    own_settings(chapter / "hjem", monkeypatch)
    assert execute.run_chapter("kapitel", {"seed": 2})[0] == first
    assert capfd.readouterr() == ("", "")  # nor do the kernels tell anything in the terminal
    assert "andet" in first
    assert "inline" in first
