"""A survey made from a plain table: every guess is marked, and what cannot be told apart is not guessed."""

from pathlib import Path

import openpyxl
import pytest
import small
from brought import brought, said

from civsam.files import UserError
from civsam.intake import export
from civsam.intake.sources import written


def table(folder: Path, text: str, name: str = "svar.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode())
    return path


def test_types_are_guessed_and_each_guess_is_marked(tmp_path: Path) -> None:
    held, ways = ("Enig", "Helt enig", "Uenig", "Ved ikke"), ('"Bus; Tog"', "Bus", "Tog")
    rows = [f"r{at};{held[at % 4]};{at % 5};{at},5;{('Ja', 'Nej')[at % 2]};Tekst nr. {at};{ways[at % 3]};"
            f"2024-01-{at + 10}" for at in range(20)]
    path = table(tmp_path, "respondent_id;Holdning;Børn;Timer;Medlem;Andet;Hvordan kommer du?;Dato\n" + "\n".join(rows))
    study, answers, made = brought(path)
    types = {name: item.scale.type for name, item in study.items.items()}
    assert types == {"Holdning": "ordinal", "Boern": "antal", "Timer": "antal", "Medlem": "enkelt", "Andet": "tekst",
                     "Hvordan_kommer_du": "flere", "Dato": "dato", "Dato_maaned": "ordinal"}
    assert list(study.items["Holdning"].scale.answers.values()) == ["Uenig", "Enig", "Helt enig"]
    assert study.items["Holdning"].allows_dont_know
    assert study.items["Timer"].scale.decimals == 1
    assert answers["Timer"].tolist()[:2] == ["0.5", "1.5"]
    assert answers["Hvordan_kommer_du"].tolist()[:2] == ["Bus Tog", "Bus"]
    assert study.key == "respondent_id"
    assert made.guesses == len(study.collected.items)
    assert written.questionnaire(made, "x").count("  # Gæt: ") >= 7


def test_what_can_be_read_in_two_ways_is_not_guessed(tmp_path: Path) -> None:
    path = table(tmp_path, "a;b;c\n1.500;1.500;007\n2.000;2.25;008\n1.500;3.5;009\n")
    study, answers, made = brought(path)
    assert study.items["a"].scale.type == "tekst"
    assert "a er fri tekst, for 1.500, 2.000 kan læses på to måder" in said(made)
    assert answers["b"].tolist() == ["1.5", "2.25", "3.5"]
    assert answers["c"].tolist() == ["007", "008", "009"]


def test_columns_without_a_name_alike_or_empty_are_told(tmp_path: Path) -> None:
    path = table(tmp_path, "Q,q,,tom,start,SUM\n1,2,3,,2024,=1+1\n2,3,4,,2025,=1+2\n")
    study, _, made = brought(path)
    assert list(study.items) == ["Q", "q_2", "kolonne_3", "start_2", "SUM"]
    for word in ("Kolonne 2 hedder som en anden", "Kolonne 3 hedder intet", "Tomme kolonner: tom"):
        assert word in said(made)


def test_columns_of_ticks_are_one_question_as_programs_name_them(tmp_path: Path) -> None:
    path = table(tmp_path, "q1[a],q1[b],q2___1,q2___2,grp/q3,grp/q3/x,grp/q3/y\n"
                 "Y,,1,0,x y,1,1\n,Y,0,0,y,0,1\n,,0,1,,,\n")
    study, answers, _ = brought(path)
    assert {name: item.scale.type for name, item in study.items.items()} == dict.fromkeys(("q1", "q2", "q3"), "flere")
    assert answers["q1"].tolist() == ["a", "b", ""]
    assert answers["q2"].tolist() == ["1", "intet_kryds", "2"]
    assert answers["q3"].tolist() == ["x y", "y", ""]


def test_the_headings_of_qualtrics_are_wordings(tmp_path: Path) -> None:
    ids = ",".join(f'"{{""ImportId"":""{name}""}}"' for name in ("id", "Q1", "Q2"))
    path = table(tmp_path, f"ResponseId,Q1,Q2\nResponse ID,Er du glad?,Alder?\n{ids}\n"
                 "R_1,Ja,30\nR_2,Ja,31\nR_3,Nej,32\nR_4,Nej,33\n")
    study, answers, _ = brought(path)
    assert study.items["Q1"].wording == "Er du glad?"
    assert answers.index.tolist() == ["R_1", "R_2", "R_3", "R_4"]
    assert answers["Q2"].tolist() == ["30", "31", "32", "33"]


def test_a_workbook_with_several_sheets_asks_which(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["a"])
    other = book.create_sheet("Svar")
    for row in (["køn", "alder"], ["k", 30], ["m", 40], ["k", 50], ["m", 31]):
        other.append(row)
    book.save(tmp_path / "svar.xlsx")
    with pytest.raises(UserError, match="flere ark"):
        brought(tmp_path / "svar.xlsx")
    study, answers, _ = brought(tmp_path / "svar.xlsx", "køn", sheet="Svar")
    assert study.background["koen"].labels == {"k": "k", "m": "m"}
    assert answers["alder"].tolist() == ["30", "40", "50", "31"]


@pytest.mark.parametrize("excel", [False, True])
def test_what_is_exported_as_csv_comes_back_with_the_same_answers(tmp_path: Path, excel: bool) -> None:
    asked = small.asked(tmp_path)
    more = "p7,nord,lidt,ja,3,hal skov,God tur\np8,nord,meget,nej,3,bib,=1+1\n"
    answers = small.read(tmp_path, small.ANSWERS + more).accept()
    export.write(answers.answers, asked, tmp_path / "ud.csv", excel=excel)
    study, back, _ = brought(tmp_path / "ud.csv")
    assert list(study.items) == list(asked.items)
    assert back.index.tolist() == answers.answers.index.tolist()
    for name, item in asked.items.items():
        assert study.items[name].scale.type == {"ordinal": "enkelt"}.get(item.scale.type, item.scale.type)
        told = [{asked.label(name, code) if excel and code in item.codes else code for code in cell.split(" ")}
                for cell in answers.answers[name]]
        again = [{study.label(name, code) if excel and code in study.items[name].codes else code
                  for code in cell.split(" ")} for cell in back[name]]
        if item.scale.type == "flere" and excel:
            again = [{*cell.split(" ")} for cell in back[name]]
            told = [{*cell.split(" ")} for cell in answers.answers[name]]
        if item.scale.type not in ("tekst", "antal"):
            assert again == told, name
    assert back["timer"].tolist() == answers.answers["timer"].tolist()
    assert back["andet"].tolist() == answers.answers["andet"].tolist()


@pytest.mark.parametrize("text", ["", "a,b\n", "\n\n", "a\n\n\n"])
def test_a_table_without_answers_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(UserError):
        brought(table(tmp_path, text))


def test_a_row_of_totals_is_refused_with_the_name_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"svar\.csv, som den blev forstået: 1 fejl.*\n.*række 4.*summer"):
        brought(table(tmp_path, "id,q\n1,3\n2,4\nI alt,7\n"))


def test_what_programs_write_for_nothing_is_blank_but_not_in_free_text(tmp_path: Path) -> None:
    path = table(tmp_path, "q;bil;fri;liste\n1;Ja;NA;Bus;\n".replace("Bus;", '"Bus;"') + "NA;Nej;godt;\"Bus;Tog;\"\n"
                 "3;N/A;ikke godt;\n4;Ja;andet;\n5;Nej;mere;\n")
    _, answers, made = brought(path)
    assert answers["q"].tolist() == ["1", "", "3", "4", "5"]
    assert answers["bil"].tolist() == ["Ja", "Nej", "", "Ja", "Nej"]
    assert answers["fri"].tolist()[0] == "NA"
    assert answers["liste"].tolist() == ["Bus", "Bus Tog", "", "", ""]
    assert "q: »NA« er læst som ikke besvaret (1 gang)" in said(made)


def test_signs_between_cells_stay_in_the_text(tmp_path: Path) -> None:
    """A single column, in which a semicolon could be taken for the sign between cells."""
    _, answers, _ = brought(table(tmp_path, 'fri,key\n"Sport; Musik",a\n"a|b\n c",b\nd\te,c\n'))
    assert answers["fri"].tolist() == ["Sport; Musik", "a|b\n c", "d\te"]
    _, answers, _ = brought(table(tmp_path, '"fri"\n"Sport; Musik"\n"Bil; Bus; Tog; Fly"\n"x"\n'))
    assert answers["fri"].tolist() == ["Sport; Musik", "Bil; Bus; Tog; Fly", "x"]


def test_numbers_of_the_same_few_values_after_one_another_are_a_scale_and_a_guess(tmp_path: Path) -> None:
    rows = [f"r{at};{at % 5 + 1};{(at + 1) % 5 + 1};{('', 'Ved ikke')[at == 3] or at * 2 % 5 + 1};{at % 4};"
            f"{at * 3 % 4};{at * 5 % 4};{at % 4 + 1};{at % 5 + 1}" for at in range(20)]
    path = table(tmp_path, "respondent_id;A1;A2;A3;børn;biler;dyr;x;y\n" + "\n".join(rows))
    study, answers, made = brought(path)
    types = {name: item.scale.type for name, item in study.items.items()}
    assert types == dict.fromkeys(("A1", "A2", "A3"), "ordinal") | dict.fromkeys(
        ("boern", "biler", "dyr", "x", "y"), "antal")
    assert study.items["A1"].scale is study.items["A2"].scale
    assert list(study.items["A2"].scale.answers) == ["1", "2", "3", "4", "5"]
    assert answers["A3"].tolist()[:4] == ["1", "3", "5", "ved_ikke"]
    assert "# Gæt: tallene er læst som en ordnet skala fra 1 til 5" in written.questionnaire(made, "x")
