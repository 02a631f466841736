"""The answer file and its provenance."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from civsam import answers, edition, questionnaire, register, simulate, survey
from civsam.files import DATA, UserError

INSTRUMENT = questionnaire.read()
FRAME = register.frame(INSTRUMENT)
STANDARD = DATA / "svar.csv"


def message(path: Path) -> str:
    with pytest.raises(UserError) as fault:
        answers.read(path, INSTRUMENT, FRAME)
    return str(fault.value)


def changed(tmp_path: Path, change) -> Path:
    """A copy of the standard answers after `change` of the table."""
    table = pd.read_csv(STANDARD, dtype=str, keep_default_na=False)
    path = tmp_path / "svar.csv"
    change(table).to_csv(path, index=False)
    return path


def put(column: str, value: str):
    """Write `value` in the third respondent's cell."""
    def change(table: pd.DataFrame) -> pd.DataFrame:
        table.loc[2, column] = value
        return table
    return change


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (put("pol_fokus", "måske"), ["linje 4, kolonne pol_fokus: 'måske'", "ja, nej, ved_ikke"]),
        (put("pra_lange", "mange"), ["linje 4, kolonne pra_lange: 'mange'", "et helt tal fra 0 til 500"]),
        (put("pra_lange", "501"), ["'501'", "fra 0 til 500"]),
        (put("pra_lange", "2,5"), ["'2,5'"]),
        (put("pra_lange", "-1"), ["'-1'"]),
        (put("pol_fokus", "ja nej"), ["'ja nej'"]),
        (put("pra_emner", "sundhed sundhed"), ["'sundhed sundhed'", "adskilles af mellemrum"]),
        (put("vae_kommentar", "ved_ikke"), ["kolonne vae_kommentar"]),
        (put("stilling", "999-sundhed"), ["linje 4, kolonne stilling: '999-sundhed' er ikke i rammen"]),
        (lambda table: pd.concat([table, table.iloc[[0]]]), ["linje 446, kolonne stilling", "står to gange"]),
        (lambda table: table.drop(columns="pol_fokus"), ["linje 1: mangler kolonnen pol_fokus"]),
        (lambda table: table.assign(navn="x"), ["linje 1: ukendt kolonne navn"]),
        (lambda table: table.iloc[:0], ["ingen svar"]),
    ],
)
def test_a_broken_answer_file_is_told_with_place_and_remedy(tmp_path: Path, change, expected: list[str]) -> None:
    told = message(changed(tmp_path, change))
    assert told.startswith(str(tmp_path / "svar.csv"))
    for words in expected:
        assert words in told


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "filen er tom"),
        ("stilling\n101-kultur;æ\n".encode("cp1252"), "ikke gemt som UTF-8"),
        (b"a;b\n1;2\n", "mangler kolonnen"),
        (b"a,b\n1,2,3,4\n1,2,3,4,5\n", "ikke lige mange felter"),
    ],
)
def test_a_file_that_is_no_answer_file(tmp_path: Path, content: bytes, expected: str) -> None:
    path = tmp_path / "svar.csv"
    path.write_bytes(content)
    assert expected in message(path)


def test_a_file_that_is_not_there_or_is_a_folder(tmp_path: Path) -> None:
    assert "findes ikke" in message(tmp_path / "nej.csv")
    assert "er en mappe" in message(tmp_path)


def test_reading_never_changes_the_file(tmp_path: Path) -> None:
    before = STANDARD.read_bytes()
    answers.read(STANDARD, INSTRUMENT, FRAME)
    assert STANDARD.read_bytes() == before


def test_the_standard_answers_are_synthetic_in_any_order_of_rows_and_columns() -> None:
    table = answers.read(STANDARD, INSTRUMENT, FRAME)
    assert survey.provenance(table) == "syntetisk"
    assert survey.provenance(table.iloc[::-1, ::-1]) == "syntetisk"


def test_an_edited_synthetic_file_is_collected(tmp_path: Path) -> None:
    table = answers.read(changed(tmp_path, put("pra_lange", "499")), INSTRUMENT, FRAME)
    assert survey.provenance(table) == "indsamlet"
    assert survey.provenance(table.iloc[1:]) == "indsamlet"


def test_answers_simulated_in_another_process_are_not_known_here() -> None:
    script = "from civsam import simulate; print(simulate.simulate(77).answers.to_csv())"
    text = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    from io import StringIO
    there = pd.read_csv(StringIO(text), dtype=str, keep_default_na=False, index_col=0)
    assert survey.provenance(there) == "indsamlet"
    assert survey.provenance(simulate.simulate(77).answers) == "syntetisk"


def test_nothing_overrides_provenance() -> None:
    given = survey.Survey(answers.read(STANDARD, INSTRUMENT, FRAME).iloc[5:], FRAME, INSTRUMENT)
    assert given.provenance == "indsamlet"
    with pytest.raises(TypeError):
        survey.Survey(given.answers, FRAME, INSTRUMENT, provenance="syntetisk")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"fokuss": "kultur"}, "Mente du 'fokus'"),
        ({"fokus": "sport"}, "Tilladt: alle, sundhed"),
        ({"opdel": "kommune"}, "Tilladt: fagomraade, kommunetype"),
        ({"konfidens": 95.0}, "0,5 til 0,999"),
        ({"konfidens": True}, "0,5 til 0,999"),
        ({"seed": -1}, "fra 0 til"),
        ({"seed": "syv"}, "fra 0 til"),
        ({"data": "nej.csv"}, "nej.csv: filen findes ikke"),
    ],
)
def test_a_parameter_that_cannot_be(values: dict, expected: str) -> None:
    with pytest.raises(UserError, match=expected):
        edition.open_edition(**values)


def test_a_seed_and_a_file_of_ones_own_do_not_go_together(tmp_path: Path) -> None:
    path = changed(tmp_path, put("pol_fokus", "nej"))
    with pytest.raises(UserError, match="seed gælder kun de syntetiske"):
        edition.open_edition(data=str(path), seed=7)
    opened = edition.open_edition(data=str(path))
    assert opened.survey.provenance == "indsamlet"
    assert opened.truth is None
    assert dict(opened.words())["Svar"] == "indsamlede, svar.csv"


def test_parameters_are_parsed_as_danes_write_them() -> None:
    assert edition.PARAMETERS["konfidens"].parse("0,9") == 0.9
    with pytest.raises(UserError, match="seed"):
        edition.PARAMETERS["seed"].parse("syv")


def test_the_parameters_in_words() -> None:
    words = dict(edition.open_edition(seed=7, fokus="kultur", opdel="blok", konfidens=0.9).words())
    assert words == {
        "Svar": "syntetiske, frø 7",
        "Fagområde i fokus": "Kultur og fritid",
        "Delt op efter": "borgmesterens blok",
        "Konfidensniveau": "90 procent",
    }
