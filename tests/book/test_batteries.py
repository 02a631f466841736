"""Questions on one ordered scale after one another: one figure and one table in the book of a project."""

import json
import random
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup

from civsam.book import projects
from civsam.instrument import questionnaire

HEAD = """
titel: Trivsel
afgraensning: Dette år.
ved_ikke: Ved ikke
baggrund:
  hold: {navn: hold, svar: {a: A, b: B}}
blokke: {a: Skolen, b: Resten}
skalaer:
  enig: {type: ordinal, svar: {uenig: Uenig, hverken: Hverken eller, enig: Enig, meget: Meget enig}, ved_ikke: nej}
  janej: {type: enkelt, svar: {ja: Ja, nej: Nej}, ved_ikke: nej}
spoergsmaal:
"""
TWELVE = [f"q{n}" for n in range(12)]


def item(name: str, block: str, scale: str, topic: str = "") -> str:
    topic = topic or f"Emne {name}"
    return f"  - {{id: {name}, blok: {block}, skala: {scale}, emne: {topic}, ordlyd: Ordlyd {name}?}}\n"


def laid_out(folder: Path, items: str) -> Path:
    (folder / "skema.yml").write_text(HEAD + items, "utf-8")
    questionnaire._read.cache_clear()
    projects.create(folder / "min", folder / "skema.yml")
    return folder / "min"


def cells(folder: Path) -> list[str]:
    return [cell.source for cell in nbformat.read(folder / "chapters" / "resultater.ipynb", 4).cells]


def test_a_battery_has_one_figure_and_one_table(tmp_path: Path) -> None:
    found = cells(laid_out(tmp_path, "".join(item(name, "a", "enig") for name in TWELVE) + item("til", "b", "janej")))
    assert sum("show.figure" in cell for cell in found) == 2
    assert sum("show.table" in cell for cell in found) == 2
    assert "### Emne q0 og 11 spørgsmål til på samme skala" in found
    assert f"show.question(survey, {json.dumps(TWELVE)[1:-1]})" in found
    assert any('estimate.shares(survey, item, "enig+meget", by=opdel)' in cell for cell in found)
    assert all(line in "\n".join(found) for line in ("import pandas as pd", "»Enig« eller »Meget enig«"))


@pytest.mark.parametrize("items", [
    item("x", "a", "enig") + item("y", "a", "enig"),  # too few
    item("x", "a", "enig") + item("y", "a", "enig") + item("z", "b", "enig"),  # in two blocks
    item("x", "a", "janej") + item("y", "a", "janej") + item("z", "a", "janej"),  # no order
    item("x", "a", "enig") + item("y", "a", "enig") + item("j", "a", "janej") + item("z", "a", "enig"),
    item("x", "a", "enig", "E") + item("y", "a", "enig", "E") + item("z", "a", "enig"),  # alike in a table
])
def test_all_else_is_shown_question_by_question(items: str, tmp_path: Path) -> None:
    found = cells(laid_out(tmp_path, items))
    assert sum("show.figure" in cell for cell in found) == items.count("id:")
    assert "pandas" not in "\n".join(found)


@pytest.mark.slow
def test_the_book_shows_a_battery_as_one(tmp_path: Path) -> None:
    folder = laid_out(tmp_path, "".join(item(name, "a", "enig") for name in TWELVE))
    draw = random.Random(1)
    rows = [",".join([draw.choice("ab"), *(draw.choice(["uenig", "hverken", "enig", "meget"]) for _ in TWELVE)])
            for _ in range(200)]
    (folder / "data" / "svar.csv").write_text("\n".join([",".join(["hold", *TWELVE]), *rows]) + "\n", "utf-8")
    done = subprocess.run([sys.executable, "-m", "civsam.cli", "book"], cwd=folder, capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, done.stderr
    page = folder / "_build" / "udgaver" / "standard" / "chapters" / "resultater.html"
    made = BeautifulSoup(page.read_text("utf-8"), "html.parser")
    tables = [[cell.get_text(strip=True) for cell in table.find_all("th")] for table in made.find_all("table")]
    wide = [heads for heads in tables if "A" in heads]
    assert len(wide) == 1
    assert wide[0][:5] == ["Spørgsmål", "A", "B", "Emne q0", "Emne q1"]
