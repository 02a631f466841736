"""Whom a question is asked: the grammar of `kun_hvis`, and what is said of a condition that cannot be."""

from itertools import product
from pathlib import Path

import pandas as pd
import pytest

from civsam.files import UserError
from civsam.instrument import conditions, questionnaire, routing
from civsam.instrument.conditions import Claim, Joined, opposite

HEAD = """titel: Prøve
afgraensning: Prøve.
ved_ikke: Ved ikke
baggrund:
  koen: {navn: køn, svar: {k: Kvinde, m: Mand}}
blokke: {a: A, b: B}
skalaer:
  janej: {type: enkelt, svar: {ja: Ja, nej: Nej}}
  tal: {type: antal, mindst: 0, hoejst: 100}
  maal: {type: antal, mindst: -5, hoejst: 5, decimaler: 1}
  brug: {type: flere, svar: {app: App, web: Web}}
  fri: {type: tekst}
  koder: {type: enkelt, svar: {1: En, 2: To}}
spoergsmaal:
  - {id: q1, blok: a, skala: janej, emne: Et, ordlyd: Et?}
  - {id: q2, blok: a, skala: tal, emne: To, ordlyd: To?}
  - {id: q3, blok: a, skala: brug, emne: Tre, ordlyd: Tre?}
  - {id: q4, blok: a, skala: maal, emne: Fire, ordlyd: Fire?}
  - {id: q5, blok: a, skala: fri, emne: Fem, ordlyd: Fem?}
  - {id: q6, blok: a, skala: koder, emne: Seks, ordlyd: Seks?}
"""


def asked(folder: Path, condition: str, rest: str = "") -> questionnaire.Questionnaire:
    """The questionnaire with a last question that is asked on a condition."""
    path = folder / "skema.yml"
    last = f"  - {{id: q7, blok: a, skala: tal, emne: Syv, ordlyd: 'Syv?', kun_hvis: {condition}}}\n"
    path.write_text(HEAD + last + rest, encoding="utf-8")
    questionnaire._read.cache_clear()
    return questionnaire.read(path)


def condition(folder: Path, text: str) -> conditions.Condition:
    found = asked(folder, f'"{text}"').items["q7"].only_if
    assert found is not None
    return found


@pytest.mark.parametrize(("text", "meant"), [
    ("q1 er ja", Claim("q1", "er", "ja")),
    ("q1=ja", Claim("q1", "er", "ja")),
    ("q1 = 'ja'", Claim("q1", "er", "ja")),
    ("q1 er ikke ja", Claim("q1", "er", "ja", holds=False)),
    ("q1 != ja", Claim("q1", "er", "ja", holds=False)),
    ("ikke q1 er ja", Claim("q1", "er", "ja", holds=False)),
    ("ikke ikke q1 er ja", Claim("q1", "er", "ja")),
    ("q1 er ved_ikke", Claim("q1", "er", "ved_ikke")),
    ("q2 er 0", Claim("q2", "er", "0")),
    ("q2 er over 3", Claim("q2", "over", "3")),
    ("q2 over 3", Claim("q2", "over", "3")),
    ("q2 > 3", Claim("q2", "over", "3")),
    ("q2 <= 3", Claim("q2", "højst", "3")),
    ("q2 er ikke mindst 3", Claim("q2", "mindst", "3", holds=False)),
    ("q2 er ved_ikke", Claim("q2", "er", "ved_ikke")),
    ("q4 under -1,5", Claim("q4", "under", "-1.5")),
    ("q3 er kryds ved app", Claim("q3", "kryds", "app")),
    ("q3 har kryds ved app", Claim("q3", "kryds", "app")),
    ("q3 har ikke kryds ved app", Claim("q3", "kryds", "app", holds=False)),
    ("q6 er 1", Claim("q6", "er", "1")),
    ("q1 er ja OG q2 er 1", Joined("og", (Claim("q1", "er", "ja"), Claim("q2", "er", "1")))),
    ("q1 er ja eller q2 er 1 og q6 er 2", Joined("eller", (Claim("q1", "er", "ja"), Joined(
        "og", (Claim("q2", "er", "1"), Claim("q6", "er", "2")))))),
    ("(q1 er ja eller q2 er 1) og q6 er 2", Joined("og", (Joined("eller", (
        Claim("q1", "er", "ja"), Claim("q2", "er", "1"))), Claim("q6", "er", "2")))),
    ("ikke (q1 er ja og q2 er 1)", Joined("eller", (Claim("q1", "er", "ja", False), Claim("q2", "er", "1", False)))),
    ("ikke q1 er ja og q2 er 1", Joined("og", (Claim("q1", "er", "ja", False), Claim("q2", "er", "1")))),
])
def test_what_a_condition_means(tmp_path: Path, text: str, meant: conditions.Condition) -> None:
    assert condition(tmp_path, text) == meant
    assert condition(tmp_path, conditions.text(meant)) == meant
    assert opposite(opposite(meant)) == meant != opposite(meant)


@pytest.mark.parametrize(("text", "told"), [
    ("q1 er jaa", "»jaa« er ikke et svar på q1. Mente du »ja«? Svarene er: ja, nej, ved_ikke."),
    ("q1 er Nej", "Mente du »nej«?"),
    ("q9 er ja", "ukendt spørgsmål »q9«. Kendte: q1, q2"),
    ("q11 er ja", "ukendt spørgsmål »q11«. Mente du »q1«?"),
    ("q8 er ja", "»q8« er et spørgsmål, der stilles efter q7"),
    ("q7 er 1", "»q7« er spørgsmålet selv"),
    ("koen er k", "»koen« er en baggrundsvariabel"),
    ("q5 er noget", "q5 er fri tekst"),
    ("q3 er app", "Skriv »q3 er kryds ved ...«"),
    ("q1 er kryds ved ja", "Skriv »q1 er ...« og et svar"),
    ("q1 over 3", "Skriv »q1 er ...« og et svar"),
    ("q3 over 3", "Skriv »q3 er kryds ved ...«"),
    ("q2 er kryds ved 3", "Skriv »q2 er over ...«"),
    ("q2 over mange", "efter »q2 over« skal der stå et tal, ikke »mange«"),
    ("q2 over 100", "siger det samme om alle"),
    ("q2 under 0", "siger det samme om alle"),
    ("q2 er 101", "siger det samme om alle"),
    ("q2 er 1,5", "højst 0 decimaler"),
    ("q1 er", "efter »q1 er« skal der stå et svar på q1."),
    ("q1", "efter »q1« skal der stå »er«."),
    ("q1 ja", "skal der stå »er«, ikke »ja«"),
    ("", "først skal der stå et spørgsmål"),
    ("q1 er ja og", "efter »q1 er ja og« skal der stå et spørgsmål"),
    ("q1 er ja q2 er 1", "skal der stå »og« eller »eller«, ikke »q2«"),
    ("q1 er ja eller nej", "ukendt spørgsmål »nej«. Skriv »q1 er nej«, hvis det er et svar på q1."),
    ("(q1 er ja", "skal der stå »)«"),
    ("q1 er ja)", "skal der stå »og« eller »eller«, ikke »)«"),
    ("q1 er ja & q2 er 1", "tegnet '&' kan ikke stå i en betingelse"),
    ("og", "ukendt spørgsmål »og«"),
])
def test_a_condition_that_cannot_be_is_told_with_its_line(tmp_path: Path, text: str, told: str) -> None:
    rest = "  - {id: q8, blok: a, skala: janej, emne: Otte, ordlyd: Otte?}\n"
    with pytest.raises(UserError) as fault:
        asked(tmp_path, f'"{text}"', rest)
    assert "linje 21: 'kun_hvis' i q7: " in str(fault.value)
    assert told in str(fault.value)


@pytest.mark.parametrize("value", ["[q1, ja]", "true", "ja", "{q1: ja}"])
def test_a_condition_is_text(tmp_path: Path, value: str) -> None:
    with pytest.raises(UserError, match="kun_hvis"):
        asked(tmp_path, value)


def test_a_question_depends_on_what_the_form_has_before_it_and_not_the_file(tmp_path: Path) -> None:
    """The blocks decide on the order of the form, so what stands first in the file may be asked last."""
    first = "  - {id: q0, blok: b, skala: janej, emne: Nul, ordlyd: Nul?}\n"
    path = tmp_path / "andet.yml"
    path.write_text(HEAD.replace("spoergsmaal:\n", f"spoergsmaal:\n{first}").replace(
        "{id: q1,", "{id: q1, kun_hvis: q0 er ja,"), encoding="utf-8")
    with pytest.raises(UserError, match="»q0« er et spørgsmål, der stilles efter q1"):
        questionnaire.read(path)


# What the answers say for certain: asked, passed over or unknown, for each of the answers.
CASES = {
    "q1 er ja": ("q1", "ja,nej,ved_ikke,", "ANN?"),
    "ikke q1 er ja": ("q1", "ja,nej,ved_ikke,", "NAA?"),
    "q2 over 3": ("q2", "3,4,100,ved_ikke,", "NAAN?"),
    "ikke q2 over 3": ("q2", "3,4,100,ved_ikke,", "ANNA?"),
    "q2 er 0": ("q2", "0,1,ved_ikke,", "ANN?"),
    "q2 er ved_ikke": ("q2", "0,ved_ikke,", "NA?"),
    "q4 mindst -1,5": ("q4", "-1.6,-1.5,0,", "NAA?"),
    "q4 højst -1,5": ("q4", "-1.6,-1.5,0,", "AAN?"),
    "q3 er kryds ved app": ("q3", "app,web,app web,intet_kryds,ved_ikke,", "ANANN?"),
    "ikke q3 er kryds ved app": ("q3", "app,web,app web,intet_kryds,ved_ikke,", "NANAA?"),
    "q6 er 1": ("q6", "1,2,", "AN?"),
}


@pytest.mark.parametrize(("text", "source", "given", "told"), [(text, *rest) for text, rest in CASES.items()])
def test_who_was_asked_follows_from_the_answers(tmp_path: Path, text: str, source: str, given: str, told: str) -> None:
    study, values = asked(tmp_path, f'"{text}"'), pd.Series(given.split(","), dtype="str")
    answers = pd.DataFrame({name: "" for name in study.items}, index=values.index, dtype="str").assign(
        **{source: values})
    past = routing.passed_over(study, answers)["q7"]
    assert past.tolist() == [sign == "N" for sign in told]
    sure = routing.certain(study.items["q7"].only_if, study, answers, {})
    assert sure.tolist() == [sign == "A" for sign in told]


def test_og_and_eller_are_those_of_three_values(tmp_path: Path) -> None:
    values = {"ja": True, "nej": False, "": None}
    rows = list(product(values, values))
    table = pd.DataFrame({name: "" for name in asked(tmp_path, '"q1 er ja"').items}, index=range(9), dtype="str")
    table = table.assign(q1=[row[0] for row in rows], q6=[{"ja": "1", "nej": "2", "": ""}[row[1]] for row in rows])
    for word in ("og", "eller"):
        study = asked(tmp_path, f'"q1 er ja {word} q6 er 1"')
        past = routing.passed_over(study, table)["q7"]
        for row, passed in zip(rows, past, strict=True):
            known = [values[cell] for cell in row]
            none = any(part is False for part in known) if word == "og" else all(part is False for part in known)
            assert passed == none, (word, row)


def test_who_was_not_asked_a_question_is_known_not_to_have_answered_what_comes_after(tmp_path: Path) -> None:
    """A claim about what was not asked is false, and its opposite true; of what was left blank nobody knows."""
    chain = "  - {id: q8, blok: a, skala: tal, emne: Otte, ordlyd: 'Otte?', kun_hvis: %s}\n"
    rows = pd.DataFrame({"q1": ["nej", "ja", "ja", "ja", ""], "q7": ["", "", "2", "5", ""]})
    for text, past in (("q7 over 3", [True, False, True, False, False]),
                       ("ikke q7 over 3", [False, False, False, True, False])):
        study = asked(tmp_path, '"q1 er ja"', chain % text)
        answers = pd.DataFrame({name: "" for name in study.items}, index=rows.index, dtype="str").assign(**rows)
        assert routing.passed_over(study, answers)["q8"].tolist() == past


def test_answers_that_were_not_asked_for_can_be_blanked_all_the_way_down(tmp_path: Path) -> None:
    study = asked(tmp_path, '"q1 er ja"',
                  "  - {id: q8, blok: a, skala: tal, emne: Otte, ordlyd: 'Otte?', kun_hvis: q7 over 3}\n")
    answers = pd.DataFrame({name: "" for name in study.items}, index=[0, 1], dtype="str").assign(
        q1=["nej", "ja"], q7=["5", "5"], q8=["1", "1"])
    assert [item.id for item, _ in routing.in_spite(study, answers)] == ["q7"]
    clean = routing.without(study, answers)
    assert clean[["q7", "q8"]].to_numpy().tolist() == [["", ""], ["5", "1"]]
    assert routing.without(study, clean) is clean


@pytest.mark.parametrize(("text", "told"), [
    ("q1 er ja", "svarede »Ja« til q1"),
    ("q1 er ikke ved_ikke", "ikke svarede »Ved ikke« til q1"),
    ("q3 er kryds ved app", "satte kryds ved »App« i q3"),
    ("ikke q2 over 3", "ikke svarede over 3 til q2"),
    ("q4 er -1,5", "svarede -1,5 til q4"),
    ("q1 er ja og (q2 er 0 eller ikke q6 er 1)",
     "svarede »Ja« til q1 og (svarede 0 til q2 eller ikke svarede »En« til q6)"),
])
def test_a_condition_in_words(tmp_path: Path, text: str, told: str) -> None:
    study = asked(tmp_path, f'"{text}"')
    assert routing.words(study.items["q7"].only_if, study, str).replace("−", "-") == told


NEXT = "  - {{id: q8, blok: b, skala: fri, emne: Otte, ordlyd: Otte?, kun_hvis: {}}}\n"


@pytest.mark.parametrize(("seven", "eight"), [
    ("q1 er ja og q1 er nej", ""), ("q1 er ja og ikke (q1 er ja eller q2 er 3)", ""),
    ("q2 er over 3 og q2 er under 4", ""),
    ("q4 er mindst 1 og q4 er under 1", ""), ("q2 er ved_ikke og q2 er over 1", ""),
    ("q3 er kryds ved app og q3 er kryds ved ved_ikke", ""),
    ("q3 er kryds ved app og (q3 er ikke kryds ved app og q3 er kryds ved web)", ""),
    ("q1 er ja", "q1 er nej og q7 er over 2"), ("q2 er mindst 10", "q7 er 1 og q2 er højst 9"),
    ("q1 er ikke ja og q1 er ikke nej og q1 er ikke ved_ikke", ""),
])
def test_a_condition_that_nobody_fulfils_is_refused_with_its_line(tmp_path: Path, seven: str, eight: str) -> None:
    with pytest.raises(UserError, match=rf"linje {22 if eight else 21}: 'kun_hvis' i q{8 if eight else 7}: ingen kan"):
        asked(tmp_path, f'"{seven}"', NEXT.format(f'"{eight}"') if eight else "")


@pytest.mark.parametrize(("seven", "eight"), [
    ("q2 er over 3 og q2 er under 5", ""), ("q4 er over 1 og q4 er under 1.2", ""),
    ("q3 er kryds ved app og q3 er kryds ved web", ""), ("q3 er ikke kryds ved app og q3 er ikke kryds ved web", ""),
    ("q6 er 1", "q7 er ikke 2 og q6 er 2"), ("q1 er ja", "q1 er ikke ja eller q7 er over 2"),
    ("q2 er ved_ikke eller q2 er 0", "q7 er 100"),
])
def test_a_condition_that_somebody_may_fulfil_is_read(tmp_path: Path, seven: str, eight: str) -> None:
    assert asked(tmp_path, f'"{seven}"', NEXT.format(f'"{eight}"') if eight else "").items["q7"].only_if
