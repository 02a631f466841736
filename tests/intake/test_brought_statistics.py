"""A survey made from SPSS and Stata files: what the file says of its questions is what the questionnaire says."""

import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest
import small
from brought import brought, said

from civsam.files import UserError
from civsam.instrument.questionnaire import Questionnaire
from civsam.intake import export
from civsam.intake.sources import reading
from civsam.survey.survey import Survey

NAN = float("nan")


def spss(path: Path, sets: str = "", **columns: object) -> Path:
    """An SPSS file; a column is its values, or those with wording, labels, missing values and measure."""
    told = {name: one if isinstance(one, tuple) else (one,) for name, one in columns.items()}
    wordings, labels, missing, measure = ({name: one[place] for name, one in told.items() if len(one) > place
                                           and one[place]} for place in range(1, 5))
    pyreadstat.write_sav(pd.DataFrame({name: one[0] for name, one in told.items()}), path, column_labels=wordings,
                         variable_value_labels=labels, missing_ranges=missing, variable_measure=measure)
    if sets:
        data, text = path.read_bytes(), f"{sets}\n".encode()
        end = data.rindex(struct.pack("<ii", 999, 0))
        path.write_bytes(data[:end] + struct.pack("<iiii", 7, 7, 1, len(text)) + text + data[end:])
    return path


def test_wordings_labels_codes_and_measures_are_kept(tmp_path: Path) -> None:
    grade = {1: "Slet ikke", 2: "Lidt", 3: "Meget", 8: "Ved ikke"}
    path = spss(tmp_path / "a.sav", respid=(["x1", "x2", "x3", "x4"],),
                q1=([1.0, 3, 8, NAN], "Hvor glad er du?", grade, None, "ordinal"),
                q2=([5.0, 5, 6, 6], "Hvilken?", {5: "Den ene", 6: "Den anden", 7: "Den tredje"}, None, "nominal"))
    study, answers, made = brought(path)
    assert study.key == "respid"
    assert answers.index.tolist() == ["x1", "x2", "x3", "x4"]
    glad, which = study.items.values()
    assert (glad.id, glad.wording, glad.scale.type) == ("q1", "Hvor glad er du?", "ordinal")
    assert glad.scale.answers == {"1": "Slet ikke", "2": "Lidt", "3": "Meget"}
    assert (glad.allows_dont_know, which.allows_dont_know) == (True, False)
    assert answers["q1"].tolist() == ["1", "3", "ved_ikke", ""]
    assert which.scale.type == "enkelt"
    assert list(which.scale.answers) == ["5", "6", "7"]
    assert made.guesses == 0


def test_missing_values_are_blank_and_told_and_a_count_is_no_mean_of_99(tmp_path: Path) -> None:
    path = spss(tmp_path / "a.sav", timer=([2.0, 4, 6, 99, 99], "Timer", {99: "Uoplyst"}, [99]),
                uge=([2.0, 4, 6, 98, 97], "Uge", {98: "Ønsker ikke at svare", 97: "Ved ikke"}),
                skala=([0.0, 5, 7, 10, 96], "Anbefale", {0: "Slet ikke", 10: "I høj grad", 96: "Andet"}))
    study, answers, made = brought(path)
    assert answers["timer"].tolist() == ["2", "4", "6", "", ""]
    assert "timer: 99 »Uoplyst« er i filen angivet som manglende" in said(made)
    assert answers["uge"].tolist() == ["2", "4", "6", "", "ved_ikke"]
    assert "uge: 98 »Ønsker ikke at svare« er ikke et antal" in said(made)
    assert answers["skala"].tolist() == ["0", "5", "7", "10", ""]
    assert "skala: 96 »Andet« er ikke et antal" in said(made)
    scale = study.items["skala"]
    assert (scale.scale.low, scale.scale.high, scale.help) == (0, 10, "0 = Slet ikke; 10 = I høj grad")


def test_a_value_without_a_label_is_an_answer_that_is_called_as_it_is(tmp_path: Path) -> None:
    path = spss(tmp_path / "a.sav", q=([1.0, 2, 3, 4, 5], "Enig?", {1: "Helt uenig", 3: "Hverken", 5: "Helt enig"}))
    study, _, made = brought(path)
    assert study.items["q"].scale.answers == {"1": "Helt uenig", "2": "2", "3": "Hverken", "4": "4", "5": "Helt enig"}
    assert "q: 2, 4 har ingen tekst" in said(made)


def test_decimals_negatives_and_large_numbers_come_back_as_they_were(tmp_path: Path) -> None:
    values = [1.5, -2.25, 123456.789, 1.234, NAN]
    path = spss(tmp_path / "a.sav", tal=values, stort=[1e15, 2e15, 3e15, 4e15, NAN], vaegt=[1 / 3, 1, 1, 1, 1])
    study, answers, made = brought(path)
    assert study.items["tal"].scale.decimals == 3
    assert [float(cell) if cell else NAN for cell in answers["tal"]] == pytest.approx(values, nan_ok=True)
    assert study.items["tal"].scale.low == pytest.approx(-2.25)
    assert study.items["stort"].scale.type == "tekst"
    assert "vaegt har flere end 6 decimaler" in said(made)


def test_single_precision_of_stata_is_what_was_typed(tmp_path: Path) -> None:
    path = tmp_path / "a.dta"
    pyreadstat.write_dta(pd.DataFrame({"tal": np.array([7.1, 0.3, 1234.5], dtype="float32")}), path)
    study, answers, _ = brought(path)
    assert study.items["tal"].scale.decimals == 1
    assert answers["tal"].tolist() == ["7.1", "0.3", "1234.5"]


def test_sets_with_several_answers_are_one_question(tmp_path: Path) -> None:
    one = {1: "Sport", 2: "Musik", 3: "Natur"}
    path = spss(tmp_path / "a.sav", "$brug=D1 1 14 Hvad bruger I? k_app k_web\n$fri=C 8 Fritid:  f1 f2",
                k_app=([1.0, 0, 0, NAN], "Hvad bruger I? - App"), k_web=([1.0, 1, 0, NAN], "Hvad bruger I? - Web"),
                f1=([1.0, 2, NAN, 3], "Første", one), f2=([2.0, NAN, NAN, 3], "Anden", one))
    study, answers, _ = brought(path)
    assert {name: item.scale.type for name, item in study.items.items()} == {"k": "flere", "fri": "flere"}
    assert study.items["k"].scale.answers == {"app": "App", "web": "Web"}
    assert study.items["k"].wording == "Hvad bruger I?"
    assert answers["k"].tolist() == ["app web", "web", "intet_kryds", ""]
    assert study.items["fri"].scale.answers == {"1": "Sport", "2": "Musik", "3": "Natur"}
    assert answers["fri"].tolist() == ["1 2", "2", "", "3"]


def test_names_are_ascii_and_unique_and_what_is_changed_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.dta"
    table = pd.DataFrame({"Q1": [1.0, 2], "q1": [3.0, 4], "køn": [1.0, 2], "samtykke": [1.0, 1]})
    pyreadstat.write_dta(table, path, variable_value_labels={"køn": {1: "Kvinde", 2: "Mand"}})
    study, answers, made = brought(path)
    assert list(study.items) == ["Q1", "q1_2", "koen", "samtykke_2"]
    assert answers["q1_2"].tolist() == ["3", "4"]
    assert "q1 hedder q1_2, køn hedder koen, samtykke hedder samtykke_2" in said(made)


def test_scales_that_can_be_mistaken_are_repaired_with_a_word(tmp_path: Path) -> None:
    path = spss(tmp_path / "a.sav", a=([1.0, 2, 3], "A", {1: "2", 2: "1", 3: "Andet"}),
                b=([1.0, 2, 3], "B", {1: "Nej", 2: "nej", 3: "Ja"}),
                c=([-1.0, 1, 1.5], "C", {-1: "Nej", 1: "Ja", 1.5: "Tja"}),
                d=([8.0, 9, 1], "D", {1: "Ja", 8: "Ved ikke", 9: "Ved ikke"}))
    study, answers, made = brought(path)
    assert study.items["a"].scale.answers == {"1": "2 (1)", "2": "1 (2)", "3": "Andet"}
    assert study.items["b"].scale.answers == {"1": "Nej", "2": "nej (2)", "3": "Ja"}
    assert study.items["c"].scale.answers == {"m1": "Nej", "1": "Ja", "k1_5": "Tja"}
    assert answers["d"].tolist() == ["ved_ikke", "9", "1"]
    assert study.items["d"].scale.answers == {"1": "Ja", "9": "Ved ikke (9)"}
    for word in ("»2 (1)«", "»nej (2)«", "-1 hedder m1", "»Ved ikke (9)«"):
        assert word in said(made)


def test_texts_at_the_end_of_what_the_format_takes_are_told(tmp_path: Path) -> None:
    path = spss(tmp_path / "a.sav", q=([1.0, 2], "x" * 256, {1: "j" * 120, 2: "Nej"}),
                lang=([1.0, 2], "ord " * 50, {1: "Ja", 2: "Nej"}))
    study, _, made = brought(path)
    assert "Svartekster, der fylder alt, hvad formatet kan rumme, og kan være afkortet: q" in said(made)
    assert "Spørgsmålets tekst fylder alt, hvad formatet kan rumme, og kan være afkortet: q" in said(made)
    assert study.items["lang"].wording == ("ord " * 50).strip()
    assert len(study.items["lang"].topic) <= 80


def test_background_is_asked_for_by_name(tmp_path: Path) -> None:
    path = spss(tmp_path / "a.sav", koen=([1.0, 2, NAN], "Køn", {1: "Kvinde", 2: "Mand"}), aar=[1.0, 2, 2],
                q=([1.0, 2, 1], "Enig?", {1: "Ja", 2: "Nej"}))
    study, answers, _ = brought(path, "KOEN", "aar")
    assert (study.background["koen"].ordered, study.background["aar"].ordered) == (False, True)
    assert study.background["koen"].labels == {"1": "Kvinde", "2": "Mand", "uoplyst": "Uoplyst"}
    assert answers["koen"].tolist() == ["1", "2", "uoplyst"]
    assert study.background["aar"].labels == {"1": "1", "2": "2"}
    with pytest.raises(UserError, match=r"»alder«\. Der er: koen, aar, q"):
        brought(path, "alder")


def test_formulas_control_characters_and_codes_in_texts_are_kept_or_told(tmp_path: Path) -> None:
    texts = ["=1+1", "'=x", 'a "b"; c,\nd', "ved_ikke", "\x01\x1b[31m", "  ", "æøå"]
    path = spss(tmp_path / "a.sav", fri=(texts, "=Skriv: #her\n--- x"))
    study, answers, made = brought(path)
    assert answers["fri"].tolist() == [*texts[:3], "ved ikke", texts[4], texts[6]]  # no blank row
    assert study.items["fri"].wording == "=Skriv: #her --- x"
    assert "fri: teksten ved_ikke (1 gang)" in said(made)


def test_too_many_columns_and_damaged_files_are_refused(tmp_path: Path) -> None:
    pyreadstat.write_sav(pd.DataFrame(np.zeros((1, 2001)), columns=[f"v{place}" for place in range(2001)]),
                         tmp_path / "bred.sav")
    with pytest.raises(UserError, match=r"bred\.sav: der er 2001 kolonner"):
        reading.survey(tmp_path / "bred.sav")
    (tmp_path / "halv.sav").write_bytes((tmp_path / "bred.sav").read_bytes()[:3000])
    with pytest.raises(UserError, match="ikke en hel SPSS-fil"):
        reading.survey(tmp_path / "halv.sav")


def as_exported(study: Questionnaire, name: str) -> list[str]:
    """The words of an item's answers in order, 'ved ikke' last."""
    item = study.items[name]
    return [study.label(name, code) for code in item.codes]


@pytest.mark.parametrize("suffix", [".sav", ".dta"])
def test_what_is_exported_comes_back_as_the_same_questions_and_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    """Also where the note of our own is lost: by their words."""
    asked = small.asked(tmp_path)
    answers = small.read(tmp_path, small.ANSWERS).accept().answers
    path = tmp_path / f"ud{suffix}"
    monkeypatch.setattr(export, "own_note", lambda *_: [])
    export.write(answers, asked, path)
    study, back, _ = brought(path)
    assert study.title == asked.title
    assert list(study.items) == list(asked.items)
    for name, item in asked.items.items():
        assert as_exported(study, name) == as_exported(asked, name), name
        assert study.items[name].topic == item.topic
        words = [[asked.label(name, code) if code in item.codes else code for code in cell.split(" ")]
                 for cell in answers[name]]
        again = [[study.label(name, code) if code in study.items[name].codes else code for code in cell.split(" ")]
                 for cell in back[name]]
        assert again == words, name
    assert study.items["sted"].scale.type == "flere"
    assert list(study.items["sted"].scale.answers) == list(asked.items["sted"].scale.answers)
    assert isinstance(Survey(back, pd.DataFrame(index=back.index), study), Survey)


ODD = """
  pris: {type: antal, mindst: -2, hoejst: 9.5, decimaler: 3, enhed: kr.}
  bare: {type: enkelt, ved_ikke: nej, svar: {1: Ja, 2: "Nej: æøå og lang"}}
  ens: {type: flere, svar: {a_x: "AAA", a_y: "AAB", b: B}}
spoergsmaal:
  - {id: pris, blok: a, skala: pris, emne: "Pris: nu", ordlyd: "=Hvad?", hjaelp: Cirka.}
  - {id: bare, blok: a, skala: bare, emne: Kort, ordlyd: Nej?}
  - {id: ens, blok: a, skala: ens, emne: Ens, ordlyd: Ens?, kun_hvis: bare er 1 eller ikke pris er over 3}
"""


@pytest.mark.parametrize("suffix", [".sav", ".dta"])
def test_a_file_of_our_own_comes_back_exactly(tmp_path: Path, suffix: str) -> None:
    text = small.QUESTIONNAIRE.replace("ved_ikke: Ved ikke", "ved_ikke: Aner det ikke").replace(
        "Hvor glad er du?", f"Hvor glad er du {'når alt kommer til alt og ' * 40}altså?").replace(
        "{navn: afdeling, svar", "{navn: afdeling, ordnet: true, uoplyst: syd, svar")
    asked = small.asked(tmp_path, "\nspoergsmaal:\n", ODD, text)
    head, *lines = small.ANSWERS.strip().split("\n")
    more = ("1.234,1,a_x b", "-2,2,ved_ikke", "ved_ikke,1,intet_kryds", ",,", "9.5,1,a_y", "0,2,b")
    rows = [f"{head},pris,bare,ens", *(f"{line},{end}" for line, end in zip(lines, more, strict=True))]
    read = small.read(tmp_path, "\n".join(rows).replace("1.234", "1.2340"), asked).accept()
    export.write(read.answers, asked, tmp_path / f"ud{suffix}", others=read.background)
    study, back, made = brought(tmp_path / f"ud{suffix}")
    assert list(study.items) == list(asked.items)
    for name, item in asked.items.items():
        assert replace(study.items[name], scale=item.scale) == item
        assert replace(study.items[name].scale, id=item.scale.id) == item.scale
    assert (study.title, study.scope, study.dont_know, study.blocks, study.key) == (
        asked.title, asked.scope, asked.dont_know, asked.blocks, asked.key)
    assert study.background == asked.background
    assert back[list(read.answers)].astype(object).equals(read.answers.astype(object))
    assert back["afdeling"].tolist() == read.background["afdeling"].tolist()
    assert (made.guesses, made.lost) == (0, [])


def test_a_file_of_our_own_that_was_changed_is_read_as_any_other(tmp_path: Path) -> None:
    """Somebody has given an answer another label in SPSS: the note no longer says what the file says."""
    asked = small.asked(tmp_path)
    export.write(small.read(tmp_path, small.ANSWERS).accept().answers, asked, tmp_path / "ud.sav")
    table, meta = pyreadstat.read_sav(tmp_path / "ud.sav", user_missing=True)
    meta.variable_value_labels["medlem"][1.0] = "Ja, nu"
    pyreadstat.write_sav(table, tmp_path / "ny.sav", note=meta.notes, column_labels=meta.column_labels,
                         variable_value_labels=meta.variable_value_labels)
    study, _, made = brought(tmp_path / "ny.sav")
    assert "ændret, siden civsam skrev den" in said(made)
    assert list(study.items["medlem"].scale.answers.values()) == ["Ja, nu", "Nej"]


def test_what_tells_how_the_sample_was_drawn_is_no_question(tmp_path: Path) -> None:
    path = spss(tmp_path / "b.sav", w=[1.234, 0.123456789, 2.0, 1.0], lag=["a", "a", "b", "b"], skole=[1.0, 2, 3, 4],
                q=([1.0, 2, 1, 2], "Enig?", {1: "Ja", 2: "Nej"}), r1=[1.2, 0.1, 2.1, 1], r2=[1.3, 0.2, 1.9, 0.9])
    study, answers, made = brought(path, sample="vaegt=W,strata=lag,klynge=skole")
    assert made.lost == []
    assert list(study.items) == ["q", "r1", "r2"]
    assert (study.sample.weight, study.sample.strata, study.sample.cluster) == ("w", ("lag",), ("skole",))
    assert [float(cell) for cell in answers["w"]] == pytest.approx([1.234, 0.123456789, 2, 1], rel=1e-12)
    assert answers["lag"].tolist() == ["a", "a", "b", "b"]
    study, answers, _ = brought(path, "lag", sample="vaegt=w,replikater=r,type=JK1")
    assert list(study.items) == ["skole", "q"]
    assert (study.sample.replicates, study.sample.kind) == (("r1", "r2"), "JK1")
    assert answers["r2"].tolist() == ["1.3", "0.2", "1.9", "0.9"]
    for wrong in ("vaegt=x", "tyngde=w", "vaegt", "vaegt=w,vaegt=w", "replikater=z"):
        with pytest.raises(UserError, match="--sample: "):
            brought(path, sample=wrong)


def test_all_that_tells_of_a_sample_may_be_said(tmp_path: Path) -> None:
    path = spss(tmp_path / "b.sav", psu=[1.0, 2, 1, 2], lag=[1.0, 1, 2, 2], q=([1.0, 2, 1, 2], "Enig?", {1: "Ja"}))
    with pytest.raises(UserError, match="efter --sample: indlejret=ja"):
        brought(path, sample="strata=lag,klynge=psu")
    study, _, _ = brought(path, sample="strata=lag,klynge=psu,indlejret=ja,enlig=adjust")
    assert (study.sample.nested, study.sample.lonely) == (True, "adjust")
    path = spss(tmp_path / "r.sav", w=[1.0, 2, 1, 2], r1=[1.0, 2, 2, 2], r2=[1.0, 1, 1, 2], q=[4.0, 5, 6, 7])
    study, _, _ = brought(path, sample="vaegt=w,replikater=r,type=JKn,rskalaer=0.5+0.25,mse=ja")
    assert (study.sample.rscales, study.sample.mse, study.sample.kind) == ((0.5, 0.25), True, "JKn")
    with pytest.raises(UserError, match="»skala=to« skal være et tal"):
        brought(path, sample="vaegt=w,replikater=r,type=bootstrap,skala=to")


def test_a_background_that_is_a_number_is_told_in_classes(tmp_path: Path) -> None:
    many = [float(at) for at in range(20)]
    path = spss(tmp_path / "b.sav", alder=[None, *(20 + 2 * at for at in many[1:])], tal=[at / 8 for at in many],
                q=(many, "Enig?", {1: "Ja"}))
    study, answers, made = brought(path, "alder", "tal")
    assert study.background["alder"].limits == (30, 45)
    assert study.background["alder"].missing == "uoplyst"
    assert study.background["tal"].limits == (0.62, 1.2, 1.8)
    assert answers["tal"].tolist()[:3] == ["0", "0.125", "0.25"]
    assert "alder er et tal og er delt i klasser, der begynder ved 30, 45. Det er et gæt" in said(made)


def test_the_first_column_names_who_answered_where_it_counts_the_rows(tmp_path: Path) -> None:
    rows = [float(at) for at in range(1, 13)]
    study, answers, _ = brought(spss(tmp_path / "a.sav", v1=rows, q=[1.0, 2] * 6))
    assert (study.key, list(study.items), answers.index[2]) == ("v1", ["q"], "3")
    study, _, _ = brought(spss(tmp_path / "b.sav", v1=rows[::-1], v2=rows, q=[1.0, 2] * 6))
    assert list(study.items) == ["v1", "v2", "q"]
