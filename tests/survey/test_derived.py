"""What follows from answers: it is worked out, never asked and never read, and told of with what it is made of."""

from pathlib import Path

import pandas as pd
import pytest

from civsam.disclosure import tables
from civsam.files import UserError
from civsam.inference import estimate, waves
from civsam.instrument import keys, webform, xlsform
from civsam.instrument.print_form import print_page
from civsam.instrument.questionnaire import Questionnaire
from civsam.intake import answers, export
from civsam.survey.survey import Survey
from tests.intake.small import QUESTIONNAIRE, asked, told

RECODE = ("{id: glad2, emne: Glad, omkod: glad, svar: {nej: {tekst: Ikke glad, fra: [slet_ikke]}, "
          "ja: {tekst: Glad, fra: [lidt, meget]}}}")
ALL = f"""
  - {{id: klasse, emne: Klasser, klasser: tid, graenser: [100, 200]}}
  - {{id: tid, emne: Tid, sum: [timer, dage], blok: b}}
  - {RECODE}
  - {{id: indeks, emne: Indeks, middel: [glad, tryg], vendt: [tryg], mindst_svar: 1}}
"""
MORE = QUESTIONNAIRE + """  - {id: tryg, blok: b, skala: grad, emne: Tryghed, ordlyd: Hvor tryg?}
  - {id: dage, blok: b, skala: kr, emne: Dage, ordlyd: Hvor mange dage?}
afledt:"""
ROWS = pd.DataFrame({
    "glad": ["slet_ikke", "lidt", "meget", "ved_ikke", ""], "medlem": "", "sted": "", "andet": "",
    "tryg": ["slet_ikke", "", "meget", "lidt", ""],
    "timer": ["10", "150", "ved_ikke", "", "0"], "dage": ["20", "150", "1", "2", "0"],
}, index=pd.Index([f"p{row}" for row in range(5)], name="svarperson"))


def study(folder: Path, derived: str = ALL) -> Questionnaire:
    return asked(folder, text=f"{MORE} {derived}\n" if derived.startswith("[") else MORE + derived)


def survey(folder: Path, rows: pd.DataFrame = ROWS) -> Survey:
    frame = pd.DataFrame({"afdeling": "nord"}, index=rows.index)
    return Survey(rows, frame, study(folder), framed=False)


def test_each_way_gives_what_can_be_worked_out_by_hand(tmp_path: Path) -> None:
    made = survey(tmp_path)
    assert made.answers["glad2"].tolist() == ["nej", "ja", "ja", "ved_ikke", ""]
    assert made.answers["tid"].tolist() == ["30", "300", "ved_ikke", "", "0"]
    assert made.answers["klasse"].tolist() == ["under_100", "fra_200", "ved_ikke", "", "under_100"]
    assert made.answers["indeks"].tolist() == ["2", "2", "2", "2", ""]
    assert made.questionnaire.items["glad2"].scale.type == "ordinal"
    assert [*made.questionnaire.items["klasse"].scale.answers.values()] == ["Under 100", "100–199", "200 og derover"]
    assert estimate.means(made, "tid")["estimate"].item() == pytest.approx(110)
    assert estimate.shares(made, "tryg", "meget", by="glad2").set_index("group").loc["ja", "estimate"] == 1.0


def test_who_was_not_asked_is_not_in_what_follows(tmp_path: Path) -> None:
    text = f"{MORE}{ALL}\n".replace("id: dage, blok: b,", "id: dage, kun_hvis: glad er meget, blok: b,")
    rows = ROWS.assign(dage=["", "", "1", "", ""])
    made = Survey(rows, pd.DataFrame({"afdeling": "nord"}, index=rows.index), asked(tmp_path, text=text))
    assert made.asked("tid").tolist() == [False, False, True, False, True]  # of the last nobody knows
    assert not made.having(answers=made.answers).answered("tid")[:2].any()


def test_a_survey_that_is_given_its_own_answers_works_them_out_again(tmp_path: Path) -> None:
    made = survey(tmp_path)
    again = made.having(answers=made.answers.assign(glad="meget", glad2="nej"))
    assert set(again.answers["glad2"]) == {"ja"}
    assert made.digest == Survey(ROWS, made.frame, made.questionnaire.collected).digest


def test_nobody_is_asked_and_no_file_has_it(tmp_path: Path) -> None:
    whole, about = study(tmp_path), dict.fromkeys(webform.TEXTS, "x")
    bare = whole.collected
    assert keys.digest(whole) == keys.digest(bare)
    assert webform.page(whole, about) == webform.page(bare, about)
    assert print_page(whole, about) == print_page(bare, about)
    xlsform.xlsform(whole, tmp_path / "a.xlsx", about)
    xlsform.xlsform(bare, tmp_path / "b.xlsx", about)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    export.write(survey(tmp_path).answers, whole, tmp_path / "svar.csv")
    content = (tmp_path / "svar.csv").read_text(encoding="utf-8")
    assert content.splitlines()[0] == "svarperson,glad,medlem,timer,sted,andet,tryg,dage"
    lines = [line + (",glad2" if not place else ",nej") for place, line in enumerate(content.splitlines())]
    (tmp_path / "svar.csv").write_text("\n".join(lines), encoding="utf-8")
    reading = answers.check(tmp_path / "svar.csv", whole, None).accept()
    assert "regner dem ud af andre svar: glad2." in told(reading)
    assert "glad2" not in reading.answers


def test_fewer_answers_are_protected_with_those_they_are_made_of(tmp_path: Path) -> None:
    families = [*tables.families(survey(tmp_path))]
    of_glad, = (table for family in families for table in family if ("share", "glad", "lidt") in table.keys)
    keys_, x = of_glad.keys, of_glad.values[0]
    assert (x[:, keys_.index(("share", "glad2", "ja"))] == x[:, keys_.index(("share", "glad", "lidt"))]
            + x[:, keys_.index(("share", "glad", "meget"))]).all()
    of_tid, = (family for family in families if ("mean", "tid", "") in family[0].keys + family[-1].keys)
    assert {table.keys[0][1] for table in of_tid} == {"tid", "timer", "dage"}


def test_two_waves_share_what_follows_from_the_same_in_the_same_way(tmp_path: Path) -> None:
    old, new = study(tmp_path), study(tmp_path, ALL.replace("[lidt, meget]", "[meget]").replace(
        "[slet_ikke]", "[slet_ikke, lidt]"))
    shared = {item.id for item in waves.shared(new, old)}
    assert "tid" in shared
    assert "glad2" not in shared
    assert "tid" not in {item.id for item in waves.shared(new, old.only(set(old.items) - {"dage"}))}


@pytest.mark.parametrize(("derived", "message"), [
    ("[{id: a, emne: A, omkod: glda, svar: {}}]", "ukendt spørgsmål 'glda'. Mente du 'glad'"),
    ("[{id: a, emne: A, sum: [b]}, {id: b, emne: B, sum: [a]}]", "'a' er regnet ud af sig selv: a → b → a"),
    (f"[{RECODE.replace('[lidt, meget]', '[lidt]')}]", "svaret 'meget' på glad bliver til intet"),
    (f"[{RECODE.replace('[lidt, meget]', '[lidt, megt]')}]", "ukendt svar på glad 'megt'. Mente du 'meget'"),
    (f"[{RECODE.replace('[slet_ikke]', '[slet_ikke, lidt]')}]", "bliver til både 'nej' og 'ja'"),
    (f"[{RECODE.replace('[slet_ikke]', '[]')}]", "intet svar bliver til 'nej'"),
    (f"[{RECODE.replace('Ikke glad', 'Glad')}]", "to svar hedder 'Glad'"),
    (f"[{RECODE.replace('id: glad2', 'id: glad')}]", "id 'glad' under 'afledt' er allerede navnet på"),
    (f"[{RECODE.replace('id: glad2', 'id: afdeling')}]", "allerede navnet på en baggrundsvariabel"),
    (f"[{RECODE.replace('omkod: glad', 'omkod: sted')}]", "sted har ikke ét svar blandt flere"),
    ("[{id: a, emne: A, sum: [glad, timer]}]", "glad og timer kan ikke indgå i samme sum"),
    ("[{id: a, emne: A, sum: [andet]}]", "andet og andet kan ikke indgå"),
    ("[{id: a, emne: A, sum: timer}]", "der skal stå en liste af spørgsmål"),
    ("[{id: a, emne: A, sum: [timer, timer]}]", "der skal stå forskellige spørgsmål"),
    ("[{id: a, emne: A, sum: [timer], mindst_svar: 2}]", "der skal stå et tal fra 1 til 1"),
    ("[{id: a, emne: A, sum: [timer], vendt: [timer]}]", "ukendt spørgsmål i 'vendt' 'timer'"),
    ("[{id: a, emne: A, klasser: glad, graenser: [1]}]", "glad er ikke et antal"),
    ("[{id: a, emne: A, klasser: timer, graenser: [0, 2000]}]", "der skal stå tal i stigende orden over 0"),
    ("[{id: a, emne: A}]", "der skal stå ét af omkod, klasser, sum, middel"),
    ("[{id: a, emne: A, sum: [timer], svar: {}}]", "ukendt nøgle 'svar'"),
    ("[a]", "der skal stå opslagstabeller"),
])
def test_what_cannot_be_worked_out_is_told_with_its_line(tmp_path: Path, derived: str, message: str) -> None:
    with pytest.raises(UserError) as fault:
        study(tmp_path, derived)
    assert message in str(fault.value), fault.value
    assert "linje" in str(fault.value)
