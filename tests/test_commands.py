"""The commands for one's own answers, as typed: what they write, what they say, and what they leave alone."""

import json
import os
import re
from pathlib import Path

import pandas as pd
import pytest

from civsam import cli, edition
from civsam.book import build
from civsam.cli.options import pairs
from civsam.files import Project, project
from civsam.inference import estimate
from civsam.instrument import keys as keys_
from civsam.instrument import questionnaire, webform
from civsam.intake import answers
from civsam.intake.frame import read_frame

INSTRUMENT = questionnaire.read()
FRAME = read_frame(INSTRUMENT)


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the user's own, with an answer file; she stands in it."""
    (tmp_path / "mine.csv").write_bytes((project.data / "svar.csv").read_bytes())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(line: str, capsys: pytest.CaptureFixture) -> tuple[int, str, str]:
    status = cli.main(line.split())
    said = capsys.readouterr()
    return status, said.out, said.err


def test_check_tells_what_it_recognised(own: Path, capsys: pytest.CaptureFixture) -> None:
    status, out, err = run("check mine.csv", capsys)
    assert (status, err) == (0, "")
    assert "444 svar uden fejl." in out


def test_tables_tells_all_numbers_and_leaves_the_file_alone(own: Path, capsys: pytest.CaptureFixture) -> None:
    before = (own / "mine.csv").read_bytes()
    status, out, err = run("tables mine.csv --by region --out tal.html", capsys)
    assert (status, err) == (0, "")
    assert (own / "mine.csv").read_bytes() == before
    assert "Øget fokus på samarbejde efter region" in out
    assert "Øget fokus på samarbejde efter region" in (own / "tal.html").read_text("utf-8")
    assert "Delt op efter" not in out
    assert out.count(next(iter(INSTRUMENT.blocks.values())).upper()) == 1


def test_tables_of_collected_answers_hide_what_is_few(own: Path, capsys: pytest.CaptureFixture) -> None:
    table = pd.read_csv("mine.csv", dtype=str, keep_default_na=False).head(60)
    table.to_csv("mine.csv", index=False)
    status, out, _ = run("tables mine.csv", capsys)
    assert status == 0
    assert "[indsamlede svar]" in out
    assert "[syntetiske svar]" not in out
    assert "En streg står for tal, der er skjult" in out


@pytest.mark.parametrize(("line", "told"), [
    ("tables nix.csv", "nix.csv: filen findes ikke"),
    ("tables mine.csv --by regionn", "»regionn« er ikke en baggrundsvariabel"),
    ("tables mine.csv --out mine.csv", "mine.csv findes allerede"),
])
def test_tables_that_cannot_be_made_are_told_of(
    own: Path, capsys: pytest.CaptureFixture, line: str, told: str
) -> None:
    before = (own / "mine.csv").read_bytes()
    status, out, err = run(line, capsys)
    assert (status, out) == (2, "")
    assert told in err
    assert (own / "mine.csv").read_bytes() == before


def test_check_tells_all_faults_writes_them_and_leaves_the_file_alone(own: Path, capsys: pytest.CaptureFixture) -> None:
    text = (own / "mine.csv").read_text("utf-8").replace("101-social,hele_kommunen", "101-social,hele_komunen", 1)
    (own / "mine.csv").write_text(text.replace("101-aeldre,omraadet", "101-aeldrre,omraadet", 1), "utf-8")
    before = (own / "mine.csv").read_bytes()
    status, _, err = run("check mine.csv --report fejl.csv", capsys)
    assert status == 2
    assert "2 fejl" in err
    assert "»hele_kommunen«" in err
    report = pd.read_csv(own / "fejl.csv", sep=";", encoding="utf-8-sig")
    assert set(report["kolonne"]) == {"pol_strategi", "stilling"}
    assert (own / "mine.csv").read_bytes() == before


def test_from_keys_to_answer_files_to_one_answer_file(own: Path, capsys: pytest.CaptureFixture) -> None:
    assert run("frame keys --out noegler.csv --link https://eksempel.dk/skema.html", capsys)[0] == 0
    keyed = pd.read_csv(own / "noegler.csv", dtype=str).set_index("stilling")
    assert keyed["link"].str.contains("#n=").all()
    (own / "filer").mkdir()
    given = answers.check(project.data / "svar.csv", INSTRUMENT, FRAME).accept().answers.head(3)
    for name, row in given.iterrows():
        content = {"version": keys_.VERSION, "skema": keys_.digest(INSTRUMENT),
                   "noegle": keyed.at[name, "noegle"], "egen_noegle": False, "tid": "2026-01-01T10:00:00.000Z",
                   "svar": {item: code for item, code in row.items() if code}}
        (own / "filer" / f"svar-{content['noegle']}.json").write_text(json.dumps(content), "utf-8")
    status, out, err = run("collect filer --ramme noegler.csv --out samlet.csv", capsys)
    assert (status, err) == (0, "")
    assert "3 svar står i samlet.csv" in out
    pd.testing.assert_frame_equal(answers.check(own / "samlet.csv", INSTRUMENT, FRAME).accept().answers, given)
    assert run("frame keys --out noegler.csv", capsys)[0] == 2  # it would have been overwritten


def test_collecting_only_broken_files_writes_nothing(own: Path, capsys: pytest.CaptureFixture) -> None:
    (own / "filer").mkdir()
    (own / "filer" / "svar-x.json").write_text("{", "utf-8")
    status, out, err = run("collect filer", capsys)
    assert status == 2
    assert "afvist: svar-x.json" in out
    assert "ingen af filerne kunne bruges" in err
    assert not (own / "svar-samlet.csv").exists()


@pytest.mark.parametrize("line", ["collect ingen --out mine.csv", "frame keys --ramme ingen.csv --out mine.csv"])
def test_a_file_that_is_there_is_told_of_before_the_work(line: str, own: Path, capsys: pytest.CaptureFixture) -> None:
    before = (own / "mine.csv").read_bytes()
    status, _, err = run(line, capsys)
    assert status == 2
    assert "mine.csv: filen findes allerede" in err
    assert (own / "mine.csv").read_bytes() == before


def test_answers_out_and_in_again(own: Path, capsys: pytest.CaptureFixture) -> None:
    assert run("export mine.csv ud.sav", capsys)[0] == 0
    assert run("check ud.sav", capsys)[0] == 0
    status, _, err = run("export mine.csv ud.sav", capsys)
    assert status == 2
    assert "findes allerede" in err


def test_forms_are_written_where_the_user_says(own: Path, capsys: pytest.CaptureFixture) -> None:
    assert run("form --out skema", capsys)[0] == 0
    assert {path.name for path in (own / "skema").iterdir()} == {"skema.html", "skema-print.html", "skema.xlsx"}


def test_clean_removes_an_edition_and_nothing_else(
    own: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Project, "editions", own / "editions")
    monkeypatch.setattr(Project, "work", own / "work")
    for name in ("min", "anden"):
        for folder in ("editions", "work"):
            (own / folder / name).mkdir(parents=True)
            (own / folder / name / "side.html").write_text("x")
    assert run("clean min", capsys)[0] == 0
    assert build.editions() == ["anden"]
    status, _, err = run("clean min", capsys)
    assert status == 2
    assert "udgaven min findes ikke. Der er: anden." in err
    assert run("clean", capsys)[0] == 2
    assert run("clean --all", capsys)[0] == 0
    assert build.editions() == []
    assert (own / "mine.csv").exists()


def test_a_list_of_faults_never_takes_the_place_of_another_file(own: Path, capsys: pytest.CaptureFixture) -> None:
    before = (own / "mine.csv").read_bytes()
    status, _, err = run("check mine.csv --report mine.csv", capsys)
    assert status == 2
    assert "er ikke en fejlliste" in err
    assert (own / "mine.csv").read_bytes() == before
    assert [run("check mine.csv --report fejl.csv", capsys)[0] for _ in range(2)] == [0, 0]  # its own it may replace


def test_without_frame_the_answers_must_say_who_answered(own: Path, capsys: pytest.CaptureFixture) -> None:
    status, _, err = run("book --data mine.csv ramme=ingen", capsys)
    assert status == 2
    assert "uden ramme skal svarfilen selv sige, hvem der har svaret" in err
    assert "Den mangler kolonnerne fagomraade og kommunekode. Tilføj dem, eller angiv en ramme" in err
    status, out, checked = run("check mine.csv --ramme ingen", capsys)
    assert status == 2
    assert checked.endswith(err[-60:])
    assert "uden fejl" not in out
    frame = pd.read_csv(project.data / "ramme.csv", dtype=str)
    table = pd.read_csv(own / "mine.csv", dtype=str).merge(frame, on="stilling")
    table.to_csv(own / "mine.csv", index=False)
    status, out, err = run("check mine.csv --ramme ingen", capsys)
    assert (status, err) == (0, "")
    assert "444 svar uden fejl." in out


@pytest.mark.parametrize("name", ["ramme.xlsx", "ramme.csv"])
def test_a_frame_may_be_as_danish_excel_saves_it(own: Path, capsys: pytest.CaptureFixture, name: str) -> None:
    table = pd.read_csv(project.data / "ramme.csv", dtype=str)
    table.to_excel(own / name, index=False) if name.endswith("xlsx") else table.to_csv(
        own / name, sep=";", index=False, encoding="cp1252")
    status, out, err = run(f"check mine.csv --ramme {name}", capsys)
    assert (status, err) == (0, "")
    assert "444 svar uden fejl." in out


def test_parameters_may_stand_anywhere(own: Path) -> None:
    options = cli.parsed(["book", "opdel=region", "--data", "mine.csv", "fokus=kultur"])
    assert pairs(options) == {"opdel": "region", "data": "mine.csv", "fokus": "kultur"}
    assert cli.main(["check", "mine.csv", "opdel=region"]) == 2


def test_every_way_in_gives_the_same_estimates(own: Path, capsys: pytest.CaptureFixture) -> None:
    """Answer files of the form, SPSS and Stata, each read and weighted as a book does it."""
    assert run("frame keys --out noegler.csv", capsys)[0] == 0
    keys = pd.read_csv(own / "noegler.csv", dtype=str).set_index("stilling")["noegle"]
    given = answers.check(project.data / "svar.csv", INSTRUMENT, FRAME).accept().answers
    given.loc[given.index[0], "pol_fokus"] = "nej"  # so that they are no longer the synthetic ones
    (own / "filer").mkdir()
    for name, row in given.iterrows():
        content = {"version": keys_.VERSION, "skema": keys_.digest(INSTRUMENT), "noegle": keys[name],
                   "egen_noegle": False, "tid": "2026-01-01T10:00:00.000Z",
                   "svar": {item: code for item, code in row.items() if code}}
        (own / "filer" / f"svar-{keys[name]}.json").write_text(json.dumps(content), "utf-8")
    for line in ("collect filer --ramme noegler.csv --out samlet.csv", "export samlet.csv ud.sav",
                 "export samlet.csv ud.dta"):
        assert run(line, capsys)[0] == 0
    found = []
    for name in ("samlet.csv", "ud.sav", "ud.dta"):
        survey = edition.open_edition(data=str(own / name), ramme=str(own / "noegler.csv")).survey
        assert survey.provenance == "indsamlet"
        found.append(pd.concat([estimate.shares(survey, "pol_fokus", by="region"), estimate.shares(survey, "pra_emner"),
                                estimate.means(survey, ["pra_lange", "pra_korte"])], ignore_index=True))
    for other in found[1:]:
        pd.testing.assert_frame_equal(found[0], other)


def test_what_is_said_of_a_file_moves_nothing_in_the_terminal(capsys: pytest.CaptureFixture, tmp_path: Path) -> None:
    name = "a\x1b[2J\u202e\u2028b.csv"
    (tmp_path / name).write_text("x\n1\n", "utf-8")
    for arguments in (["check", f"{tmp_path}/{name}"], ["check", f"{tmp_path}/i{name}"], ["tables", f"--by={name}"]):
        assert cli.main(arguments) == 2
        said = capsys.readouterr()
        assert all(sign.isprintable() for sign in (said.out + said.err).replace("\n", ""))
        assert r"a\u001b[2J\u202e\u2028b.csv" in said.err + said.out


def test_the_year_of_what_is_looked_up_is_told_unless_the_frame_says_it_itself(
    own: Path, capsys: pytest.CaptureFixture
) -> None:
    assert cli.main(["check", "mine.csv"]) == 0
    assert "er slået op i kommunegrupper.csv og er, som de var i 2015" in capsys.readouterr().out
    assert cli.main(["frame", "keys", "--out", "noegler.csv"]) == 0
    assert "som de var i 2015" in capsys.readouterr().out
    frame = pd.read_csv(project.data / "ramme.csv", dtype=str)
    known = FRAME[["region", "blok", "kommunetype", "udgiftspres"]].reset_index(drop=True)
    newer = known.assign(blok=known["blok"].map({"roed": "blaa", "blaa": "roed"}))
    frame.join(newer).to_csv("ramme2026.csv", index=False)
    assert cli.main(["check", "mine.csv", "--ramme", "ramme2026.csv"]) == 0
    said = capsys.readouterr().out
    assert "som de var i 2015" in said
    assert "borgmester" not in said.split("er slået op")[0].lower()
    words = dict(edition.open_edition(data=own_answers(own), ramme="ramme2026.csv").words())
    assert words["Register"].startswith("fra 2015: ")
    assert FRAME_BLOC not in words["Register"]


@pytest.mark.parametrize("name", ["roer.csv", "ring.csv", f"{'a' * 300}.csv", "/dev/zero"])
@pytest.mark.parametrize("command", ["check", "tables"])
def test_what_is_no_file_is_told_at_once(own: Path, capsys: pytest.CaptureFixture, command: str, name: str) -> None:
    os.mkfifo("roer.csv")
    Path("ring.csv").symlink_to("ring2.csv")
    Path("ring2.csv").symlink_to("ring.csv")
    assert cli.main([command, name]) == 2
    said = capsys.readouterr().err
    assert re.search("ikke en almindelig fil|symbolske links peger på hinanden|findes ikke|navnet er for langt", said)
    assert "name too long" not in said


@pytest.mark.parametrize("text", ["a: " + "[" * 50_000 + "]" * 50_000, "\n".join(f"{' ' * n}a:" for n in range(2_000))])
def test_a_yaml_file_of_lists_in_lists_is_told_and_does_not_end_the_process(
    own: Path, capsys: pytest.CaptureFixture, text: str
) -> None:
    Path("dyb.yml").write_text(text, "utf-8")
    assert cli.main(["new", "projekt", "--questionnaire", "dyb.yml"]) == 2
    assert "lister ligger mere end 50 dybt i hinanden" in capsys.readouterr().err


ALIASES = "a0: &a0 [x, y]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 40))


@pytest.mark.parametrize(("text", "told"), [(ALIASES, "gentager noget, der gentager andet"),
                                            ("a: &a {b: [1, *a]}", "linje 1: *a står inde i det, den henviser til"),
                                            ("a: {<<: {b: 1}}", "<< eller et udråbstegn først")])
@pytest.mark.parametrize("command", [
    ["new", "projekt", "--questionnaire", "x.yml"], ["check", "mine.csv", "--map", "x.yml"],
    ["scenarios", "run", "x.yml", "--out", "ud.parquet"], ["book"], ["publish", "net"],
], ids=lambda command: command[0])
def test_a_yaml_file_that_repeats_itself_is_told_at_once_by_whoever_reads_it(
    own: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch, command: list[str], text: str, told: str
) -> None:
    Path("x.yml").write_text(text, "utf-8")
    if command[0] in ("book", "publish"):  # which read the project's own
        monkeypatch.setattr(Project, "root", own)
        for name in ("_toc.yml", "CITATION.cff"):
            Path(name).write_text(text, "utf-8")
    assert cli.main(command) == 2
    assert told in capsys.readouterr().err


FRAME_BLOC = INSTRUMENT.background["blok"].name


def own_answers(folder: Path) -> str:
    """Answers that nobody simulated."""
    table = pd.read_csv(folder / "mine.csv", dtype=str, keep_default_na=False).iloc[1:]
    table.to_csv(folder / "egne.csv", index=False)
    return str(folder / "egne.csv")


def test_a_form_that_is_not_hers_yet_is_told_of(
    own: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cli.main(["form", "--out", "skema"]) == 0
    assert "er afsender, formaal og kontakt ikke skrevet af jer" in capsys.readouterr().out
    ready = dict.fromkeys(webform.TEXTS, "Vi spørger.")
    monkeypatch.setattr(webform, "read_about", lambda: ready)
    assert cli.main(["form", "--out", "skema"]) == 0
    assert "Bemærk" not in capsys.readouterr().out
    monkeypatch.setattr(webform, "read_about", lambda: ready | {"kontakt": "[Skriv her, hvem.]"})
    assert cli.main(["form", "--out", "skema"]) == 0
    assert "er kontakt ikke skrevet af jer" in capsys.readouterr().out
