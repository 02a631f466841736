"""A result of the laboratory told: the words follow the numbers, and every column has an explanation."""

import re
from pathlib import Path

import pandas as pd
import pytest

from civsam import cli
from civsam.files import project
from civsam.laboratory import told
from civsam.laboratory.run import read

RESULT = project.data / "scenarier.parquet"


@pytest.fixture
def result(tmp_path: Path) -> Path:
    """Of the standard grid, the two scenarios where response goes by area: without weights and raked."""
    table = read(RESULT)
    kept = (table["bortfald"] == "fagomraade") & table["vaegtning"].isin(["ingen", "raket"])
    path = tmp_path / "mit.parquet"
    table[kept].reset_index(drop=True).to_parquet(path)
    return path


def test_the_words_are_those_of_the_numbers(result: Path) -> None:
    rows = told.rows_of(result, "pol_fokus")
    without, raked = told.in_words(rows).split("\n\n")[1:3]
    assert without.splitlines()[0].endswith("Vægte: ingen (2.000 gentagelser)")
    assert f"Skævheden er {100 * rows['bias'][0]:.1f} ±".replace(".", ",") in without
    assert "Tallet er for højt" in without
    assert "Det dækker sjældnere, end det lover." in without
    assert "Den kan være tilfældig" in raked
    assert "Den mindste samlede fejl har" in told.in_words(rows)
    assert "Vægte: raking" in told.in_words(rows).splitlines()[-1]
    low = told.in_words(rows.assign(bias=-rows["bias"]))
    assert "Tallet er for lavt" in low


def test_a_verdict_on_coverage_is_not_made_of_chance(result: Path) -> None:
    rows = told.rows_of(result, "pol_fokus")
    few = told.in_words(rows.assign(coverage=1.0, coverage_mc=0.0, used=20))
    assert few.count("Det kan være, hvad det lover.") == 2
    assert told.in_words(rows.assign(coverage=1.0, used=2000)).count("Det dækker oftere, end det lover.") == 2


def test_files_lie_beside_it_and_each_column_is_explained(result: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["scenarios", "show", str(result), "--item", "pra_lange+pra_korte"]) == 0
    printed = capsys.readouterr().out
    assert "gennemsnitligt antal samarbejder" in printed
    assert re.search(r"Skævheden er [\d,]+ ± [\d,]+ samarbejder", printed)
    table = read(result)
    again = pd.read_csv(result.with_suffix(".csv"), sep=";", decimal=",", keep_default_na=False, encoding="utf-8-sig")
    assert list(again.columns) == list(table.columns)
    assert len(again) == len(table)
    sheets = pd.read_excel(result.with_suffix(".xlsx"), sheet_name=None)
    assert sheets["kolonner"]["kolonne"].tolist() == list(table.columns)
    assert sheets["kolonner"]["forklaring"].str.len().min() > 8
    for name in ("skaevhed", "daekning"):
        drawn = result.with_name(f"mit-{name}.svg").read_text("utf-8")
        assert drawn.startswith("<?xml")
        assert "SYNTETISKE SVAR" in drawn or "syntetiske" in drawn.lower() or "<use" in drawn


@pytest.mark.parametrize(("name", "item", "said"), [
    ("mit.parquet", "x", "Vælg mellem pol_fokus"), ("ingen.parquet", "pol_fokus", "ikke et resultat"),
    ("andet.parquet", "pol_fokus", "Den mangler"), ("tekst.parquet", "pol_fokus", "ikke et resultat")])
def test_what_is_no_result_is_told(result: Path, name: str, item: str, said: str,
                                   capsys: pytest.CaptureFixture[str]) -> None:
    result.with_name("tekst.parquet").write_text("hej")
    read(result).drop(columns="bias").to_parquet(result.with_name("andet.parquet"))
    assert cli.main(["scenarios", "show", str(result.with_name(name)), "--item", item]) == 2
    assert said in capsys.readouterr().err
