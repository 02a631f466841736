"""A map of an answer file: written by the checker, kept, and held against questionnaire and file."""

from pathlib import Path

import pytest
import small
from malformed import cases

from civsam import cli
from civsam.files import UserError
from civsam.instrument.questionnaire import Questionnaire
from civsam.intake import answers, mapping
from civsam.intake.columns import Columns

FOREIGN = """respondent,hvor,q_1,q_2,q_3,q_4a,q_4b,q_4c,q_4d,andet,dato
p1,1,1,1,0,1,0,0,0,NA,x
p2,2,2,2,12,1,1,0,0,Blåbær på øen,x
p3,1,3,1,99,0,0,1,0,NA,x
p4,2,9,2,999,9,9,9,9,Æ,x
p5,1,NA,1,NA,NA,NA,NA,NA,NA,x
p6,2,3,NA,400,0,0,0,1,tak,x
"""
MAP = """kolonner:
  respondent: svarperson
  hvor: afdeling
  q_1: glad
  q_2: medlem
  q_3: timer
  q_4a: sted/hal
  q_4b: sted/skov
  q_4c: sted/bib
  q_4d: sted/ingen
  dato: ""
svar:
  afdeling: {1: nord, 2: syd}
  glad: {1: slet_ikke, 2: lidt, 3: meget, 9: ved_ikke, NA: ""}
  medlem: {1: ja, 2: nej, NA: ""}
  timer: {999: ved_ikke, NA: ""}
  sted: {NA: "", 9: ""}
  andet: {NA: ""}
"""


def the_map(folder: Path, study: Questionnaire, text: str = MAP) -> mapping.Map:
    path = folder / "kort.yml"
    path.write_text(text, encoding="utf-8")
    return mapping.read(path, study, Columns(study, None).targets)


def read(folder: Path, given: mapping.Map, study: Questionnaire, text: str = FOREIGN) -> answers.Reading:
    path = folder / "svar.csv"
    path.write_text(text, encoding="utf-8")
    return answers.check(path, study, None, given=given)


def test_a_file_with_other_names_and_values_is_read_by_a_map(tmp_path: Path) -> None:
    study = small.asked(tmp_path)
    reading = read(tmp_path, the_map(tmp_path, study), study).accept()
    truth = small.read(tmp_path, small.ANSWERS, study).accept().answers
    assert reading.answers.drop(columns="sted").equals(truth.drop(columns="sted"))
    assert reading.answers["sted"].tolist() == ["hal", "hal skov", "bib", "", "", "ingen"]
    assert reading.background["afdeling"].tolist() == ["nord", "syd"] * 3
    told = "\n".join(reading.notes)
    assert "Læst efter kortet i timer: »999« som ved_ikke, »NA« som ikke besvaret." in told
    assert "bestemt med --ignore eller i et kort: dato." in told


@pytest.mark.parametrize(("old", "new", "words"), [
    ("q_1: glad", "q_1: gald", "linje 4: »q_1« kan ikke være 'gald', som ikke er et spørgsmål"),
    ("q_4a: sted/hal", "q_4a: sted/kirke", "kan ikke være 'sted/kirke'"),
    ("3: meget", "3: megen", "linje 14: 'megen' er ikke en kode i glad. Kendte: slet_ikke, lidt, meget, ved_ikke."),
    ("andet: {NA", "medel: {NA", "ukendt spørgsmål 'medel'. Mente du »medlem«?"),
    ('andet: {NA: ""}', "andet: {NA: tom}", "'tom' er ikke en kode i andet. Kun tomt er muligt."),
    ("timer: {999: ved_ikke", "timer: {999: 2000", "'2000' er ikke en kode i timer"),
    ("3: meget", '3: "?"', "linje 14: skriv, hvad »3« er, i stedet for ?"),
    ("2: nej, NA", "2: yes, NA", "YAML læser yes, no"),
    ("2: nej, NA", '2: nej, "1 "', "linje 15: det samme står to gange"),
    ("svar:", "svra:", "linje 12: ukendt nøgle 'svra'"),
    ("svar:\n", "svar: [a]\n#", "ikke gyldig YAML"),
])
def test_a_map_that_names_what_is_not_there_is_refused_with_its_line(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    assert old in MAP
    with pytest.raises(UserError) as fault:
        the_map(tmp_path, small.asked(tmp_path), MAP.replace(old, new, 1))
    assert words in str(fault.value)


def test_a_column_that_the_file_does_not_have_is_refused(tmp_path: Path) -> None:
    study = small.asked(tmp_path)
    known = the_map(tmp_path, study)
    for given in (the_map(tmp_path, study, MAP.replace("dato", "datoen")), known.ignoring(["datoen"])):
        with pytest.raises(UserError, match=r"ingen kolonne »datoen«\. Mente du »dato«\?"):
            read(tmp_path, given, study)


def test_two_columns_for_one_question_are_a_fault(tmp_path: Path) -> None:
    study = small.asked(tmp_path)
    reading = read(tmp_path, the_map(tmp_path, study, MAP.replace('dato: ""', "dato: glad")), study)
    assert "kolonne dato: står to gange: også som »q_1«" in small.told(reading)


def test_the_suggested_map_can_be_mended_and_used(tmp_path: Path) -> None:
    study = small.asked(tmp_path)
    text = small.ANSWERS.replace("glad,", "gladd,").replace("slet_ikke", "slet_ikkee").replace("meget", "U").replace(
        ",400,", ",NA,").replace("andet\n", "andet,dato\n").replace(",tak\n", ",tak,x\n")
    text = "\n".join(line if line.count(",") == 7 else f"{line}," for line in text.splitlines()) + "\n"
    first = read(tmp_path, mapping.Map(), study, text)
    made = mapping.suggest(study, mapping.Map(), first.faults, first.unused, first.absent)
    assert '"gladd": "glad"' in made
    assert "# Spørgsmål uden kolonne: glad" in made
    second = read(tmp_path, the_map(tmp_path, study, made), study, text)
    again = mapping.suggest(study, the_map(tmp_path, study, made), second.faults, second.unused, second.absent)
    assert '"slet_ikkee": "slet_ikke"' in again
    assert '"U": "?"' in again
    assert '"NA": ""' in made
    reading = read(tmp_path, the_map(tmp_path, study, again.replace('"?"', '"meget"')), study, text).accept()
    assert reading.answers["glad"].tolist() == ["slet_ikke", "lidt", "meget", "ved_ikke", "", "meget"]
    assert reading.answers["timer"].tolist()[-1] == ""


def test_the_commands_take_a_map_and_columns_to_ignore(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    table = cases.GOOD.rename(columns={"pol_fokus": "fokus"}).assign(pol_foku="x")
    (tmp_path / "svar.csv").write_bytes(cases.text(table))
    (tmp_path / "kort.yml").write_text("kolonner: {fokus: pol_fokus}\n", encoding="utf-8")
    file, given = str(tmp_path / "svar.csv"), ["--map", str(tmp_path / "kort.yml")]
    assert cli.main(["check", file, "--suggest", str(tmp_path / "nyt.yml")]) == 2
    assert (tmp_path / "nyt.yml").read_text("utf-8").startswith("# Et kort over en svarfil.")
    assert cli.main(["check", file, *given]) == 0
    assert cli.main(["check", file, *given, "--ignore", "findes_ikke"]) == 2
    assert "ingen kolonne »findes_ikke«" in capsys.readouterr().err
    assert cli.main(["export", file, str(tmp_path / "ud.csv"), *given, "--ignore", "pol_foku"]) == 0
    assert cli.main(["check", file, "--suggest", str(tmp_path / "kort.yml")]) == 2  # is there, and is not overwritten
