"""The data pack: the same whenever it is made, read by the programs it is for, and R comes to the book's numbers."""

import io
import shutil
import subprocess
import zipfile
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest

from civsam.book import audience, own
from civsam.inference import compare, estimate
from civsam.teaching import datapack, exercises


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pakke")
    zipfile.ZipFile(io.BytesIO(datapack.packed())).extractall(folder)
    return folder / "datapakke"


def test_it_is_the_same_whenever_it_is_made(pack: Path) -> None:
    survey = exercises.edition().survey
    for name, content in datapack.contents(survey).items():
        made = content.encode() if isinstance(content, str) else content
        assert (pack / name).read_bytes() == made
    assert b"01 Jan 70" in (pack / "svar.sav").read_bytes()[:120]
    assert b"<timestamp>\x1101 Jan 1970 00:00" in (pack / "svar.dta").read_bytes()[:300]


def test_the_files_tell_the_same_with_weight_stratum_cluster_and_size(pack: Path) -> None:
    text = pd.read_csv(pack / "svar.csv", index_col="stilling")
    frame = pd.read_csv(pack / "ramme.csv")
    for read, name in ((pyreadstat.read_sav, "svar.sav"), (pyreadstat.read_dta, "svar.dta")):
        table, facts = read(pack / name)
        table = table.set_index("stilling")
        assert table.index.tolist() == text.index.tolist()
        for column in ("vaegt", "lag", "antal_i_lag", "klynge"):
            assert table[column].to_list() == pytest.approx(text[column].to_list())
        ja = next(value for value, words in facts.variable_value_labels["pol_fokus"].items() if words == "Ja")
        assert ja == 1
        assert (table["pol_fokus"] == ja).tolist() == (text["pol_fokus"] == "ja").tolist()
    assert text.groupby("lag")["antal_i_lag"].first().sum() == len(frame) == text["vaegt"].sum().round()
    truth = pd.read_csv(pack / "sandhed.csv")
    assert len(truth) == len(frame)
    book = pd.read_csv(pack / "kodebog.csv")
    assert set(book["kolonne"]) == set(truth.columns) - {"stilling"}
    assert all((pack / name).read_text("utf-8").strip() for name in datapack.SYNTAX.values())


def test_a_book_about_collected_answers_leaves_its_page_out_with_the_lessons() -> None:
    assert {audience.TEACHING, audience.OTHER_PROGRAMS} <= set(own.GROUPS["undervisning"])


@pytest.fixture(scope="module")
def from_r(pack: Path) -> dict[str, float]:
    if not shutil.which("Rscript"):
        pytest.skip("R mangler: apt install r-cran-survey")
    run = subprocess.run(["Rscript", "--vanilla", "analyse.R"], cwd=pack, capture_output=True, text=True)
    if "there is no package called" in run.stderr:
        pytest.skip("R's survey mangler: apt install r-cran-survey")
    assert run.returncode == 0, run.stderr
    return {name: float(value) for name, value in map(str.split, run.stdout.splitlines())}


def test_r_comes_to_the_numbers_of_the_lessons(from_r: dict[str, float]) -> None:
    edition = exercises.edition()
    for name, id in (("nye_fejl", "usikkerhed-3"), ("tav", "bortfald-1"), ("skaevhed", "bortfald-5"),
                     ("pris", "vaegtning-5")):
        assert from_r[name] == pytest.approx(exercises.REGISTERED[id].right(edition), rel=1e-6), name


def test_r_comes_to_the_numbers_of_the_book(from_r: dict[str, float]) -> None:
    """Estimates are the same; standard errors as near as the page says, for ours are corrected for few of a kind."""
    edition = exercises.edition()
    everybody, process = (estimate.shares(survey, "pol_fokus", "ja").iloc[0]
                          for survey in (edition.survey, edition.process))
    blocs = compare.contrasts(edition.process, "pol_fokus", "ja", "blok").iloc[0]
    assert from_r["andel"] == pytest.approx(100 * everybody["estimate"], abs=1e-4)
    assert from_r["forskel"] == pytest.approx(100 * blocs["estimate"], abs=1e-3)
    for name, row in (("fejl_alle", everybody), ("fejl_proces", process), ("fejl_forskel", blocs)):
        assert 0.97 < from_r[name] / (100 * row["se"]) < 1, name
    assert from_r["designeffekt"] == pytest.approx(process["deff"], rel=0.06)
