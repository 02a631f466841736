"""Grading a class: every hand-in has its rows whatever it holds, and what is right in a notebook is right here."""

import io
import json
import os
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from civsam import cli
from civsam.teaching import grading, handins, standing
from civsam.teaching.feedback import judged
from civsam.teaching.grading import BLANK, CANNOT, MISSING, RIGHT, WRONG
from civsam.teaching.written import NoNotebook, handed_in

FIVE = ('opgave.answer("bortfald-1", {})\nopgave.answer("bortfald-2", "svaret")\n'
        'opgave.answer("bortfald-3", 53.3, kommune="Viborg")\nopgave.answer("bortfald-4", 43.1)\n'
        'opgave.answer("bortfald-5", 10.1)')
GOOD = FIVE.format("47.0")
ASKED = 5


def notebook(*code: str, text: str = "") -> bytes:
    cells = [{"cell_type": "code", "source": one.splitlines(keepends=True)} for one in code]
    return json.dumps({"cells": [*cells, {"cell_type": "markdown", "source": text}]}).encode()


def sheet(answers: dict[str, str], kommune: str = "", **guesses: str) -> bytes:
    """What a page of the book gives to hand in."""
    return json.dumps({"civsam": "svarark", "navn": "Eva", "svar": [
        {"opgave": id, "svar": typed, "kommune": kommune} for id, typed in answers.items()],
        "gaet": [{"lektion": lesson, "svar": guess} for lesson, guess in guesses.items()]}).encode()


def packed(files: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as folder:
        for name, content in files.items():
            folder.writestr(name, content)
    return made.getvalue()


def lay(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def given(code: str) -> object:
    """What one call of `answer` in the last of the cells comes to, or why it cannot be known."""
    last = handed_in(notebook(*code.split("---\n"))).answers[-1]
    return last.fault or last.given


@pytest.mark.parametrize(("code", "value"), [
    ('opgave.answer("a", 100*394/838)', 100 * 394 / 838),
    ('opgave.answer("a", round(100 * 394 / 838, 1))', 47.0),
    ('tavse = 394\n---\nopgave.answer("a", 100 * tavse / 838)', 100 * 394 / 838),
    ('n, N = 440, 838\nandel = n / N\nandel *= 100\nopgave.answer("a", given=andel)', 100 * 440 / 838),
    ('import math as m\nfrom math import sqrt\nopgave.answer("a", sqrt(4) + m.pi)', 2 + 3.141592653589793),
    ('opgave.answer("a", np.round(np.sqrt(2), 2))', 1.41),
    ('opgave.answer("a", -4.4)', -4.4), ('opgave.answer("a", 84,1)', (84, 1)), ('opgave.answer("a", 0)', 0),
    ('opgave.answer("a", "47 %")', "47 %"), ('opgave.answer("a", None)', None),
    ('opgave.answer("a", ...)', ...), ('opgave.answer("a", " ")', ...), ('opgave.answer("a")', ...),
    ('%%time\nopgave.answer("a", 2)', 2),
    ('%matplotlib inline\nopgave.answer("a", round(2.4))', 2),
])
def test_arithmetic_and_names_are_worked_out(code: str, value: object) -> None:
    found = given(code)
    assert found == (pytest.approx(value) if isinstance(value, float) else value)


@pytest.mark.parametrize("code", [
    "x = 5\nfor x in [1]: pass", "x = 5\nif True:\n    x = 6", "x = 5\nx = svar.sum()", "x = 5\ndel x",
    "x = 5\nx, y = f()",
    "x = 5\nexec('x = 6')", "x = 5\nfrom andet import *", "x = 5\n%run andet.py", "x = 5\ndef x(): pass",
    "x = 5\nimport andet as x",
    "x = 5\ntry:\n    1\nexcept ValueError as x:\n    pass", "x = 5\nmatch 1:\n    case x: pass",
    "x = 5\n(y := 1, x := 2)",
    "x = 1 / 0", "x = 10 ** 400", "x = 9 ** 9 ** 9", "round = 5\nx = round(5.5)",
    "x = (-8) ** 0.5", "x = f'{5}'", "x = y",
])
def test_a_name_that_may_be_something_else_has_no_value(code: str) -> None:
    assert "Skriv selve svaret" in given(f'{code}\nopgave.answer("a", x)')


def test_a_name_of_a_function_or_a_comprehension_is_its_own() -> None:
    assert "Skriv selve svaret" in given('x = 5\ndef f(x):\n    opgave.answer("a", x)')
    assert "Skriv selve svaret" in given('x = 5\n[opgave.answer("a", x) for x in (1, 2)]')


@pytest.mark.parametrize(("code", "why"), [
    ('opgave.answer("a", ja.sum() / n)', "»ja.sum() / n« først har en værdi"), ('opgave.answer("a", 1 / 0)', "nul"),
    (f'opgave.answer("a", {"9" * 400})', "for stort"), (f'opgave.answer("a", {"9" * 5000})', "ikke er Python"),
    ('opgave.answer("a", 47 %)', "ikke er Python"), (f'opgave.answer("a", {"1+" * 700}1)', "langt"),
    ('opgave.answer("a", 5, kommune=Viborg)', "kommunen »Viborg« ikke står i anførselstegn"),
    ('opgave.answer("a", svar=5)', "svar="), ('opgave.answer("a", *[1])', "Skriv selve svaret"),
])
def test_what_cannot_be_known_says_why(code: str, why: str) -> None:
    assert why in given(code)


def test_a_cell_made_into_text_is_seen() -> None:
    assert handed_in(notebook(text=GOOD)).answers[0].fault == "cellen er lavet om til tekst"


@pytest.mark.parametrize("content", [b"", b" \n", b"hej {", b"[1]", b'{"cells": [1]}', b'{"cells": 5}', b"\xff\xfe{",
                                     b"[" * 100_000, b'{"cells": [{"cell_type": "code", "source": [1]}]}',
                                     b'{"civsam": "svarark"}', b'{"civsam": "svarark", "svar": [1], "gaet": []}',
                                     sheet({"bortfald-1": 47})])
def test_what_is_no_notebook_is_told(content: bytes) -> None:
    with pytest.raises(NoNotebook):
        handed_in(content)


ODD = {
    "Bo.ipynb": notebook(GOOD.replace("Viborg", "Vibrog")),
    "Carl.ipynb": notebook(GOOD.replace("bortfald-1", "bortfald-11")),
    "Dora.ipynb": b"", "Erik.ipynb": notebook(FIVE.format("9" * 400)), "Fie.ipynb": b"hej {",
    "Hans.ipynb/fil.ipynb": notebook(GOOD), "Ida.zip": packed({"../../fil.ipynb": notebook(GOOD)}),
    "Jens.ipynb": b" " * (handins.LARGEST + 1), "Lis.ipynb": notebook(FIVE.format("...")), "Mona.ipynb": notebook("1"),
    "Ole.pdf": b"%PDF-1.7", "Pia.zip": b"PK\x03\x04rest", "Rie.zip": packed({}),
    "Tove.zip": packed({"fil.ipynb": b"0" * (handins.LARGEST + 1)}),
    "Uffe/et.ipynb": notebook(GOOD), "Uffe/to.ipynb": notebook(GOOD.replace("43.1", "44")),
    "=1+1.ipynb": notebook(FIVE.format('"=1+1"')), "Vera.ipynb": notebook(FIVE.format("ja.sum()")),
}


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = lay(tmp_path_factory.mktemp("klasse"), {"Anna.ipynb": notebook(GOOD), **ODD})
    (folder / "Kai").mkdir()
    os.symlink(folder / "findes ikke", folder / "Nis.ipynb")
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "Olga.ipynb")
    return lay(folder, {"__MACOSX/._Anna.ipynb": b"x", "Uffe/.ipynb_checkpoints/et-checkpoint.ipynb": notebook("1")})


def test_no_hand_in_stops_the_others_and_each_has_its_rows(odd: Path) -> None:
    graded = grading.grade_all(odd)
    rows = graded.rows.set_index(["navn", "opgave"])
    counts = graded.answers.groupby("navn")["opgave"].nunique()
    assert set(counts.index) == {"Anna", "Kai", "Nis", "Olga", *(Path(name).parts[0].split(".")[0] for name in ODD)}
    assert set(counts) == {ASKED}
    assert len(graded.answers) == ASKED * len(counts)
    assert rows.loc["Anna", "status"].tolist() == [RIGHT] * ASKED
    told = {("Bo", "bortfald-3"): "»Vibrog« ikke findes. Mente du Viborg?", ("Carl", "bortfald-11"): "ikke findes",
            ("Dora", ""): "tom", ("Erik", "bortfald-1"): "for stort", ("Fie", ""): "ikke er en Jupyter-notebook",
            ("Jens", ""): "fylder mere", ("Kai", ""): "mappen er tom", ("Mona", ""): "ingen opgaver",
            ("Nis", ""): "åbnes", ("Olga", ""): "åbnes", ("Ole", ""): "ikke er en Jupyter",
            ("Pia", ""): "ikke er en zip-fil", ("Rie", ""): "zip-filen er tom", ("Tove", ""): "fylder mere",
            ("Uffe", "bortfald-4"): "forskellige svar",
            ("=1+1", "bortfald-1"): "læses", ("Vera", "bortfald-1"): "notebooken køres"}
    cannot = rows[rows["status"] == CANNOT]
    assert {key: cannot.at[key, "besked"] for key in told}.keys() == set(cannot.index)
    for key, words in told.items():
        assert "kan ikke rettes, fordi" in cannot.at[key, "besked"]
        assert words in cannot.at[key, "besked"]
    assert cannot["rigtigt"].isna().all()
    assert rows.at[("Carl", "bortfald-1"), "status"] == MISSING
    assert rows.at[("Lis", "bortfald-1"), "status"] == BLANK


def test_what_is_right_in_the_notebook_is_right_in_the_grade(tmp_path: Path) -> None:
    for number, typed in enumerate(("100*394/838", "round(100*394/838, 1)", '"47,0"', '"47 %"', "0.47", "46", "47,0")):
        folder = lay(tmp_path / str(number), {"elev.ipynb": notebook(f'opgave.answer("bortfald-1", {typed})')})
        right, told = judged("bortfald-1", eval(typed))
        row = grading.grade_all(folder).answers.set_index("opgave").loc["bortfald-1"]
        assert (row["status"], row["besked"]) == ({True: RIGHT, False: WRONG, None: CANNOT}[right], told)


def test_the_last_answer_counts_and_it_is_said(tmp_path: Path) -> None:
    row = grading.grade_all(lay(tmp_path, {"a.ipynb": notebook(FIVE.format("1"), GOOD)})).answers.iloc[0]
    assert row["status"] == RIGHT
    assert "det sidste tæller" in row["besked"]


@pytest.mark.parametrize(("files", "students"), [
    ({"Anna Ø_12_assignsubmission_file_/x.ipynb": b"", "Anna Ø_13_assignsubmission_file_/x.ipynb": b""},
     [("Anna Ø", "12"), ("Anna Ø", "13")]),
    ({"Bo B_7_assignsubmission_file_svar.ipynb": b""}, [("Bo B", "7")]),
    ({"jensenbo_LATE_12_34_x-1.ipynb": b"", "jensenbo_12_35_y.ipynb": b"",
      "olsenida_13_36_x.zip": packed({"a.ipynb": b""})},
     [("jensenbo", "12"), ("jensenbo", "12"), ("olsenida", "13")]),
    ({"klasse.zip": packed({"Ib_3_assignsubmission_file_/a.ipynb": b"", "Åse_4_assignsubmission_file_/b.ipynb": b""})},
     [("Ib", "3"), ("Åse", "4")]),
    ({"Eva/et.ipynb": b"", "Eva/to.ipynb": b"", "eva.ipynb.json": b""}, [("Eva", ""), ("Eva", ""), ("eva", "")]),
])
def test_names_come_from_what_the_platforms_write(tmp_path: Path, files: dict[str, bytes],
                                                  students: list[tuple[str, str]]) -> None:
    assert sorted(one.student for one in handins.found(lay(tmp_path, files))) == students


def test_a_zip_of_a_folder_is_a_class(tmp_path: Path) -> None:
    path = tmp_path / "afleveret.zip"
    path.write_bytes(packed({"afleveret/Bo.ipynb": notebook(GOOD), "afleveret/Åse.ipynb": notebook(GOOD)}))
    assert [one.name for one in handins.found(path)] == ["Bo", "Åse"]
    info = zipfile.ZipInfo()
    info.filename, info.flag_bits = "Søren".encode("cp850").decode("cp437"), 0
    assert handins._named(info) == "Søren"


def test_the_commands_files_have_a_denominator_and_what_was_got_wrong(odd: Path, tmp_path: Path,
                                                                      capsys: pytest.CaptureFixture[str]) -> None:
    out, back = tmp_path / "point.csv", tmp_path / "tilbage"
    assert cli.main(["grade", str(odd), "--out", str(out), "--feedback", str(back)]) == 0
    printed = capsys.readouterr().out
    assert "21 studerende, 5 opgaver" in printed
    assert "Bo, bortfald-3: Svaret kan ikke rettes, fordi kommunen »Vibrog«" in printed
    read = {name: pd.read_csv(tmp_path / f"point{name}.csv", sep=";", keep_default_na=False, dtype=str)
            for name in ("", "-studerende", "-opgaver")}
    students = read["-studerende"].set_index("navn")
    assert set(students["af"]) == {"5"}
    assert students.loc["Anna", ["rigtige", "kommune"]].tolist() == ["5", "Viborg"]
    assert "'=1+1" in students.index  # no formula
    counts = students[["rigtige", "forkerte", "tomme", "mangler", "kan_ikke_rettes"]].astype(int)
    assert (counts.sum(axis=1) == ASKED).all()
    items = read["-opgaver"].set_index("opgave")
    assert list(items.index) == [f"bortfald-{number}" for number in range(1, ASKED + 1)]
    assert set(items["af"]) == {"21"}
    assert (tmp_path / "point.csv").read_bytes().startswith(b"\xef\xbb\xbf")  # for Danish Excel
    letters = sorted(back.glob("*/tilbagemelding.txt"))
    assert len(letters) == 21
    assert "5 af 5 er rigtige" in (back / "Anna" / "tilbagemelding.txt").read_text("utf-8")


TYPED = {"bortfald-1": "47,0 %", "bortfald-2": "svaret", "bortfald-3": "53.3", "bortfald-4": " "}


def test_a_sheet_from_a_page_is_graded_as_a_notebook_is_and_guesses_are_pooled(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lay(tmp_path / "ind", {"Eva.json": sheet(TYPED, "Viborg", bortfald="For høj"),
                           "Bo_7_assignsubmission_file_/svarark.json": sheet(
                               {"bortfald-3": "53,3", "bortfald-1": "9" * 400}, "Vibrog", bortfald="=For lav"),
                           "Ib/a.json": sheet({"bortfald-1": "47"}, bortfald="For høj"),
                           "Ib/b.json": sheet({"bortfald-1": "46"}, bortfald="For høj")})
    assert cli.main(["grade", str(tmp_path / "ind"), "--out", str(tmp_path / "ud.csv")]) == 0
    assert "Klassens gæt står i ud-gaet.csv" in capsys.readouterr().out
    rows = pd.read_csv(tmp_path / "ud.csv", sep=";", keep_default_na=False).set_index(["navn", "opgave"])
    assert rows.loc["Eva", "status"].tolist() == [RIGHT, RIGHT, RIGHT, BLANK, MISSING]
    assert set(rows.loc["Bo", "status"]) == {CANNOT, MISSING}
    assert "Mente du Viborg?" in rows.at[("Bo", "bortfald-3"), "besked"]
    assert "forskellige svar" in rows.at[("Ib", "bortfald-1"), "besked"]
    assert (tmp_path / "ud-gaet.csv").read_text("utf-8-sig").splitlines() == [
        "lektion;gaet;antal", "bortfald;'=For lav;1", "bortfald;For høj;2"]


def test_wrong_answers_are_counted_for_each_exercise(tmp_path: Path) -> None:
    graded = grading.grade_all(lay(tmp_path, {f"{n}.ipynb": notebook(FIVE.format(n)) for n in (53.0, 53, 5)}))
    first = standing.exercises(graded).set_index("opgave").loc["bortfald-1"]
    assert first["forkerte"] == 3
    assert "Det er andelen, der svarede" in first["forkerte_svar"]


def test_lessons_that_do_not_count_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lay(tmp_path / "ind", {"a.ipynb": notebook(GOOD), "b.ipynb": notebook('opgave.answer("vaegtning-1", 98/21)')})
    command = ["grade", str(tmp_path / "ind"), "--out", str(tmp_path / "ud.csv")]
    assert cli.main(command) == 0
    assert "vaegtning: 1 har afleveret den" in capsys.readouterr().out
    assert cli.main([*command, "--lessons", "bortfald"]) == 0
    assert "b, vaegtning-1: Svaret kan ikke rettes, fordi opgaven hører til lektionen" in capsys.readouterr().out


@pytest.mark.parametrize(("more", "told"), [(["--lessons", "x"], "lektionen 'x' findes ikke"),
                                           (["--out", "p.ipynb"], ".csv")])
def test_what_cannot_be_asked_for_is_told(tmp_path: Path, more: list[str], told: str,
                                          capsys: pytest.CaptureFixture[str]) -> None:
    lay(tmp_path, {"a.ipynb": notebook(GOOD)})
    assert cli.main(["grade", str(tmp_path), *more]) == 2
    assert told in capsys.readouterr().err
    assert cli.main(["grade", str(tmp_path / "a.ipynb")]) == 2
    (tmp_path / "tom").mkdir()
    assert cli.main(["grade", str(tmp_path / "tom")]) == 2
