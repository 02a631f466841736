"""A project whose questionnaire tells how its sample was drawn: weighted by every command, and said so by each."""

import subprocess
import sys
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from civsam.book import projects

REFERENCE = Path(__file__).parents[1] / "inference" / "reference"
SAMPLE = """stikproeve: {vaegt: vaegt, strata: stratum, klynge: omraade, indlejret: ja}
margener: {koen: {k: 51, m: 49}}"""
UNDERSTOOD = ("vægte: vaegt; strata: stratum; klynger: omraade (nummereret forfra i hvert stratum); "
              "margener: køn (procent)")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    health = (REFERENCE / "sample_sundhed.yml").read_text("utf-8").replace("STIKPROEVE", SAMPLE)
    (tmp_path / "skema.yml").write_text(health, "utf-8")
    projects.create(tmp_path / "min", tmp_path / "skema.yml")
    (tmp_path / "min" / "data" / "svar.csv").write_bytes((REFERENCE / "sample_sundhed.csv").read_bytes())
    return tmp_path / "min"


def run(folder: Path, line: str) -> tuple[int, str]:
    done = subprocess.run([sys.executable, "-m", "civsam.cli", *line.split()], cwd=folder, text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, done.stdout


def test_numbers_are_weighted_and_the_design_is_told(folder: Path) -> None:
    """R has 56.3 percent after weights and margins, 42 percent of the file."""
    status, told = run(folder, "check data/svar.csv")
    assert status == 0, told
    assert all(f"Stikprøve: {line}." in told for line in UNDERSTOOD.split("; "))
    status, told = run(folder, "tables")
    assert status == 0, told
    assert UNDERSTOOD in told
    share = next(line.split() for line in told.splitlines() if line.startswith("Ja "))
    assert 53 <= int(share[1]) <= 59  # rounded, as the answers are collected
    assert "for den population, som stikprøven er trukket fra; svarene er vægtet, og usikkerheden er regnet" in told
    assert "vægte og bortfald kan ikke" not in told
    assert run(folder, "export data/svar.csv ud.sav")[0] == 0
    assert run(folder, "check ud.sav")[0] == 0


def test_a_fault_of_the_design_stops_every_command(folder: Path) -> None:
    file = folder / "data" / "svar.csv"
    file.write_text(file.read_text("utf-8").replace(",5246.7,", ",,", 1), "utf-8")
    for command in ("check data/svar.csv", "tables", "book", "export data/svar.csv ud.csv"):
        status, told = run(folder, command)
        assert status == 2
        assert "række 2, kolonne vaegt: mangler. Tilladt: en vægt i hver række" in told
        assert "Traceback" not in told


@pytest.mark.slow
def test_the_book_says_how_it_is_weighted(folder: Path) -> None:
    status, told = run(folder, "book")
    assert status == 0, told
    page = folder / "_build" / "udgaver" / "standard" / "chapters" / "resultater.html"
    text = " ".join(BeautifulSoup(page.read_text("utf-8"), "html.parser").get_text(" ").split())
    assert not page.with_name("aendringer.html").exists()  # no earlier wave is named
    assert UNDERSTOOD in text
    assert "svarene er vægtet, og usikkerheden er regnet mellem omraader" in text
