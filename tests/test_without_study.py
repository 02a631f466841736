"""Another survey runs where the study's own room is deleted: a project is laid out, checked, built and published."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from civsam.book import projects
from civsam.files import HOME, PACKAGE

# A process that asks for the study is told that there is none, and it is noted; so is who has come so far.
WATCH = """
import sys

class Watch:
    def find_spec(self, name, path=None, target=None):
        if name == "civsam" or name.startswith("civsam.study"):
            with open({log!r}, "a") as log:
                log.write(f"{{name}} {{sys.orig_argv}}\\n")

sys.meta_path.insert(0, Watch())
"""
LOOKUP = """
opslag: {fil: steder.csv, noegle: sted, navn: sted, tekst: stednavn}
"""
PLACES = "sted,stednavn,afdeling\nn1,Nordby,nord\nn2,Nordstrand,nord\ns1,Sydby,syd\n"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package without the study, with what a project takes from beside it."""
    house = tmp_path_factory.mktemp("hus")
    shutil.copytree(PACKAGE, house / "civsam", ignore=shutil.ignore_patterns("study", "__pycache__"))
    for name in ("_config.yml", "requirements.txt", "pyproject.toml"):
        shutil.copy(HOME / name, house)
    (house / "sitecustomize.py").write_text(WATCH.format(log=str(house / "set.txt")))
    return house


def run(house: Path, folder: Path, *arguments: str) -> str:
    done = subprocess.run([sys.executable, "-m", "civsam.cli", *arguments], cwd=folder, check=False, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env=os.environ | {"PYTHONPATH": str(house)})
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.mark.slow
def test_another_survey_runs_without_the_study(house: Path, tmp_path: Path) -> None:
    (tmp_path / "skema.yml").write_text(projects.EXAMPLE.read_text("utf-8") + LOOKUP, "utf-8")
    (tmp_path / "steder.csv").write_text(PLACES, "utf-8")
    run(house, tmp_path, "new", "mit", "--questionnaire", "skema.yml")
    mine = tmp_path / "mit"
    assert (mine / "data" / "steder.csv").read_text("utf-8") == PLACES
    people = [(f"p{place}", ("n1", "n2", "s1")[place % 3]) for place in range(60)]
    frame = "".join(f"{key},{place}\n" for key, place in people)
    (mine / "data" / "ramme.csv").write_text("svarperson,sted\n" + frame, "utf-8")
    answers = "".join(f"{key},{('uenig', 'enig')[place % 2]},{place % 7},\n"
                      for place, (key, _) in enumerate(people[:40]))
    (mine / "data" / "svar.csv").write_text("svarperson,tilfreds,moeder,kommentar\n" + answers, "utf-8")
    run(house, mine, "new", ".", "--again")
    assert "40 svar uden fejl" in run(house, mine, "check", "data/svar.csv")
    run(house, mine, "form")
    run(house, mine, "book")
    page = (mine / "_build" / "udgaver" / "standard" / "chapters" / "resultater.html").read_text("utf-8")
    assert "indsamlede svar" in page
    assert "Nord" in page
    run(house, mine, "publish", "ud", "--version", "1.0.0")
    assert (mine / "ud" / "1.0.0" / "index.html").exists()
    seen = (house / "set.txt").read_text("utf-8").splitlines()
    assert not [line for line in seen if line.startswith("civsam.study")]
    assert any(re.search("ipykernel", line) for line in seen)  # the chapters' processes are among them
