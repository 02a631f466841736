"""A project out of another program's file, by the commands that a person types."""

import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest

from civsam import cli
from civsam.files import project

N = 40


def spss(path: Path) -> Path:
    """A survey of 40 as SPSS keeps it, with text that is markup, a key and a long label."""
    glad, sex = {1: "Slet ikke", 2: "Lidt <b>", 3: "Meget {{ x }}" + "e" * 280, 8: "Ved ikke"}, {1: "Kvinde", 2: "Mand"}
    table = pd.DataFrame({"id": [f"p{place}" for place in range(N)], "koen": [1.0 + place % 2 for place in range(N)],
                          "glad": [(1.0, 2.0, 3.0, 8.0)[place % 4] for place in range(N)],
                          "timer": [float(place % 7) for place in range(N)], "andet": ["", "tak"] * (N // 2)})
    pyreadstat.write_sav(table, path, column_labels=["Nr", "Køn", "Hvor glad er du?", "Timer", "Andet: skriv #her"],
                         variable_value_labels={"glad": glad, "koen": sex}, file_label="Fritid")
    return path


def run(*arguments: str) -> int:
    try:
        return cli.main(list(arguments))
    finally:
        project._root = None  # as a new command does


def test_a_file_of_spss_is_a_project_that_can_be_checked(
    tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    spss(tmp_path / "fritid.sav")
    assert run("new", "mit", "--from", "fritid.sav", "--background", "koen") == 0
    told = capsys.readouterr().out
    assert "fritid.sav: 3 spørgsmål, 1 baggrundsvariable, 40 svar." in told
    assert "kan være afkortet: glad" in told
    schema = (tmp_path / "mit" / "data" / "spoergeskema.yml").read_text("utf-8")
    assert "titel: Fritid\n" in schema
    assert "#   Gæt" not in schema
    assert (tmp_path / "mit" / "data" / "ramme-skabelon.csv").read_text("utf-8").startswith("id,koen\np0,1\n")
    monkeypatch.chdir(tmp_path / "mit")
    assert run("check", "data/svar.csv") == 0
    assert "40 svar uden fejl" in capsys.readouterr().out
    assert run("new", ".", "--again") == 0


@pytest.mark.parametrize(("name", "content", "why"), [
    ("tom.sav", b"", "filen er tom"), ("ikke.sav", b"hej", "ikke en SPSS-fil"),
    ("sum.csv", b"id,q\n1,3\n2,4\nI alt,7\n", "summer"), ("findes-ikke.sav", None, "findes ikke"),
    ("skema.yml", b"titel: T\n", "Skriv --questionnaire"),
    ("billede.png", b"\x89PNG\r\n\x1a\n\x00\x00", "filen er ikke tekst")])
def test_a_file_that_cannot_be_read_leaves_nothing_behind(
    tmp_path: Path, capsys: pytest.CaptureFixture, name: str, content: bytes | None, why: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    before = sorted(tmp_path.iterdir())
    assert run("new", str(tmp_path / "mit"), "--from", str(tmp_path / name)) == 2
    assert why in capsys.readouterr().err
    assert sorted(tmp_path.iterdir()) == before


def test_a_folder_that_is_there_and_options_that_do_not_go_together_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    path = str(spss(tmp_path / "fritid.sav"))
    (tmp_path / "mit").mkdir()
    (tmp_path / "mit" / "brev.txt").write_text("kære")
    assert run("new", str(tmp_path / "mit"), "--from", path) == 2
    assert "mappen findes allerede" in capsys.readouterr().err
    assert run("new", str(tmp_path / "a" / "b"), "--from", path) == 2
    assert "Opret den først" in capsys.readouterr().err
    assert run("new", str(tmp_path / "ny"), "--from", path, "--again") == 2
    assert run("new", str(tmp_path / "ny"), "--background", "koen") == 2
    assert not (tmp_path / "ny").exists()
    shutil.rmtree(tmp_path / "mit")
    (tmp_path / "mit").mkdir()
    assert run("new", str(tmp_path / "mit"), "--from", path) == 0


@pytest.mark.slow
def test_the_book_and_the_numbers_of_a_file_come_without_a_line_of_code(tmp_path: Path) -> None:
    spss(tmp_path / "fritid.sav")
    out = tmp_path / "mit"

    def typed(folder: Path, *arguments: str) -> str:
        done = subprocess.run([sys.executable, "-m", "civsam.cli", *arguments], cwd=folder, text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert done.returncode == 0, done.stdout
        return done.stdout

    typed(tmp_path, "new", "mit", "--from", "fritid.sav", "--background", "koen")
    assert "Timer" in typed(out, "tables", "--by", "koen")
    typed(out, "book")
    page = (out / "_build" / "udgaver" / "standard" / "chapters" / "resultater.html").read_text("utf-8")
    assert "Lidt &lt;b&gt;" in page
    assert "n = 40" in page
