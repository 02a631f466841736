"""Binder, Codespaces and Colab: the steps that each of them takes, taken in an environment that has nothing."""

import json
import os
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from civsam.files import HOME

LOCKED = "python -m pip install -r requirements.txt"
UV = Path(sys.prefix, "bin", "uv")
OWN = "python -m pip install --no-deps --no-build-isolation -e ."


def binder() -> list[str]:
    """repo2docker installs .binder/requirements.txt, then runs .binder/postBuild."""
    assert (HOME / ".binder" / "requirements.txt").read_text().split() == ["-r", "../requirements.txt"]
    assert (HOME / ".binder" / "runtime.txt").read_text().strip() == "python-3.11"
    *_, last = (HOME / ".binder" / "postBuild").read_text().splitlines()
    return [LOCKED, last]


def colab() -> list[str]:
    page = json.loads((HOME / "chapters" / "undervisning.ipynb").read_text("utf-8"))
    text = "\n".join("".join(cell["source"]) for cell in page["cells"])
    return re.findall(r"(?m)^!(python .*)$", text)


@pytest.mark.parametrize("steps", [binder, colab])
def test_each_takes_the_same_steps(steps) -> None:
    assert steps() == [LOCKED, OWN]


def test_codespaces_has_the_environment_that_make_uses() -> None:
    container = json.loads((HOME / ".devcontainer" / "devcontainer.json").read_text("utf-8"))
    assert container["postCreateCommand"] == "python tools/setup_env.py test"
    settings = container["customizations"]["vscode"]["settings"]
    assert settings["python.defaultInterpreterPath"].endswith(".venv/bin/python")


def taken(step: str, python: Path, project: Path) -> subprocess.CompletedProcess[str]:
    """A step as pip takes it. What is locked is taken by uv from what it has fetched for `make`, where it can: 6 s."""
    if step == LOCKED and UV.exists():
        offline = [UV, "pip", "install", "--offline", "--python", python, *step.split()[4:]]
        done = subprocess.run(offline, cwd=project, capture_output=True, text=True)
        if done.returncode == 0:
            return done
    return subprocess.run([python, *step.split()[1:], "-q"], cwd=project, capture_output=True, text=True,
                          env=os.environ | {"PIP_NO_COMPILE": "1"})  # half the time


@pytest.mark.slow
def test_the_steps_give_a_place_where_the_first_lesson_runs(tmp_path: Path) -> None:
    project, python = tmp_path / "projekt", tmp_path / "miljoe" / "bin" / "python"
    names = subprocess.run(["git", "ls-files"], cwd=HOME, capture_output=True, text=True, check=True).stdout.split("\n")
    for name in filter(None, names):
        target = project / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(HOME / name, target)
    venv.create(tmp_path / "miljoe", with_pip=True)
    for step in (LOCKED, OWN):
        done = taken(step, python, project)
        assert done.returncode == 0, done.stderr
    run = [python, "-m", "papermill", "chapters/undervisning/population.ipynb", tmp_path / "ud.ipynb", "-k", "python3"]
    done = subprocess.run(run, cwd=project, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "Svaret er " in (tmp_path / "ud.ipynb").read_text("utf-8")
    assert sys.prefix not in (tmp_path / "ud.ipynb").read_text("utf-8")
