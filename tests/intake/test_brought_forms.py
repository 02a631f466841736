"""A survey made from the forms of other programs: XLSForm, LimeSurvey, DDI."""

from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pytest
import small
from brought import brought, said

from civsam.files import UserError, project
from civsam.instrument import conditions, questionnaire, xlsform
from civsam.instrument.questionnaire import Questionnaire

ABOUT = dict.fromkeys(("afsender", "formaal", "samtykke", "kontakt", "rettigheder"), "Tekst.")
SURVEY = (
    ("type", "name", "label::English (en)", "label::Dansk (da)", "hint::Dansk (da)", "relevant", "constraint",
     "required", "calculation"),
    ("start", "start"),
    ("begin group", "g1", "About", "Om jer", "", "${x} > 1"),
    ("select_one yn", "q1", "Member?", "Er du <b>medlem</b>?", "Sæt ét kryds", "", "", "yes"),
    ("select_multiple places or_other", "q2", "Where?", "Hvor?", "", "${q1} = 'y'"),
    ("integer", "q3", "Hours", "Timer", "", "", ". > 0 and . <= 24"),
    ("end group",),
    ("decimal", "q4", "Price", "Pris", "", "", ". < ${q3} * 2"),
    ("range", "q5", "Score", "Score"),
    ("text", "q6", "Else", "Andet"),
    ("calculate", "c1", "", "", "", "", "", "", "${q3} + 1"),
    ("begin repeat", "børn", "Children", "Børn"),
    ("text", "navn", "Name", "Navn"),
    ("end repeat",),
    ("geopoint", "sted", "Place", "Sted"),
)
CHOICES = (("list_name", "name", "label::English (en)", "label::Dansk (da)"), ("yn", "y", "Yes", "Ja"),
           ("yn", "n", "No", "Nej"), ("yn", "dk", "Don't know", "Ved ikke"), ("places", "1", "Hall", "Hal"),
           ("places", "2", "Park", "Park"))


def form(path: Path, survey: Sequence[Sequence[str]] = SURVEY) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in (("survey", survey), ("choices", CHOICES),
                       ("settings", (("form_title", "default_language"), ("Fritid", "English (en)")))):
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    book.save(path)
    return path


def test_a_form_is_questions_in_danish_and_its_routing_is_told(tmp_path: Path) -> None:
    study, answers, made = brought(form(tmp_path / "skema.xlsx"))
    assert answers is None
    assert study.title == "Fritid"
    assert study.blocks == {"g1": "Om jer", "spoergsmaal": "Spørgsmål"}
    types = {name: item.scale.type for name, item in study.items.items()}
    assert types == {"q1": "enkelt", "q2": "flere", "q3": "antal", "q4": "antal", "q5": "antal", "q6": "tekst"}
    assert study.items["q1"].scale.answers == {"y": "Ja", "n": "Nej"}
    assert study.items["q1"].allows_dont_know
    assert study.items["q1"].help == "Sæt ét kryds"
    assert (study.items["q3"].scale.low, study.items["q3"].scale.high) == (1, 24)
    told = said(made)
    english = study.languages["en"]
    assert (english.items["q1"].wording, english.blocks["g1"], english.dont_know) == ("Member?", "About", "Don't know")
    assert [*english.items["q2"].scale.answers.values()] == ["Hall", "Park"]
    for word in ("Også på English (en).", "q1 bliver kun stillet, hvis: ${x} > 1",
                 "q2 bliver kun stillet, hvis: ${x} > 1 and ${q1} = 'y'", "q2: »Andet, skriv«", "c1 (calculate)",
                 "q4: et svar skal opfylde . < ${q3} * 2", "Gruppen børn, der gentages", "sted (geopoint)",
                 "Kolonnen required"):
        assert word in told, word
    assert "navn" not in study.items


def same(one: Questionnaire, other: Questionnaire) -> None:
    """All that a respondent sees and may answer, and how it is told, is the same."""
    for name, item in one.items.items():
        again = other.items[name]
        for what in ("id", "topic", "wording", "help", "part_of", "codes"):
            assert getattr(again, what) == getattr(item, what), (name, what)
        for what in ("type", "answers", "low", "high", "decimals", "unit"):
            assert getattr(again.scale, what) == getattr(item.scale, what), (name, what)
    assert list(other.items) == [item.id for block in one.blocks for item in one.block(block)]
    assert (other.title, other.key, other.dont_know, other.scope) == (one.title, one.key, one.dont_know, one.scope)
    assert list(other.blocks.values()) == list(one.blocks.values())
    for name in map(one.source, one.background):
        variable, again = one.background.get(name), other.background[name]
        if variable:
            assert (again.labels, again.ordered, again.missing) == (variable.labels, variable.ordered, variable.missing)


MORE = """  pris: {type: antal, mindst: -2, hoejst: 9.5, decimaler: 3, enhed: kr.}
  bare: {type: enkelt, ved_ikke: nej, svar: {1: Ja, 2: Nej}}
spoergsmaal:
  - {id: pris, blok: a, skala: pris, emne: Pris, ordlyd: "=Hvad?", hjaelp: Cirka.}
  - {id: bare, blok: b, skala: bare, emne: Kort, ordlyd: Nej?}
  - {id: del, blok: b, skala: kr, emne: Del, ordlyd: Heraf?, del_af: [ialt]}
"""


def test_a_form_of_our_own_comes_back_as_the_same_questions(tmp_path: Path) -> None:
    text = small.QUESTIONNAIRE.replace("{navn: afdeling,", "{navn: afdeling, ordnet: true, uoplyst: syd,")
    ialt = "  - {id: ialt, blok: a, skala: kr, emne: Alt, ordlyd: I alt?, ved_ikke: nej}\n"
    asked = small.asked(tmp_path, "spoergsmaal:\n", MORE.replace("  - {id: pris", f"{ialt}  - {{id: pris"), text)
    xlsform.xlsform(asked, tmp_path / "ud.xlsx", ABOUT)
    study, _, made = brought(tmp_path / "ud.xlsx")
    same(asked, study)
    assert made.lost == []
    assert made.guesses == 0


def test_whom_a_question_is_asked_comes_back_from_a_form_of_our_own_unless_that_was_changed(tmp_path: Path) -> None:
    asked = small.asked(tmp_path, "emne: Timer,", "emne: Timer, kun_hvis: ikke (glad er lidt og medlem er ikke ja),")
    xlsform.xlsform(asked, tmp_path / "ud.xlsx", ABOUT)
    study, _, made = brought(tmp_path / "ud.xlsx")
    assert study.items["timer"].only_if == asked.items["timer"].only_if is not None
    assert made.lost == []
    book = openpyxl.load_workbook(tmp_path / "ud.xlsx")
    cell = next(cell for row in book["survey"] for cell in row if cell.value and "${glad}" in str(cell.value))
    for now, words in (("${medlem} = 'nej'", "medlem er nej"), ("count-selected(${medlem}) > 1", "")):
        cell.value = now
        book.save(tmp_path / "andet.xlsx")
        study, _, made = brought(tmp_path / "andet.xlsx")
        told = study.items["timer"].only_if
        assert (conditions.text(told) if told else "") == words
        assert made.lost == ([] if words else [f"timer bliver kun stillet, hvis: {now}"])


ROUTED = (
    ("type", "name", "label", "relevant", "constraint"),
    ("select_one yn", "Er-med", "Med?"), ("select_multiple places", "hvor", "Hvor?"),
    ("integer", "timer", "Timer?", "", ". <= 24"), ("text", "ord", "Ord?"), ("select_one places", "valgt", "Valgt?"))
SAID = {
    "${hvor} = '1'": "", "${ord} != ''": "", "${timer} * 2 > 3": "", "${timer} = ''": "",
    "selected(${hvor}, '3')": "", "${ukendt} = '1'": "", "${timer} > 24": "", "not(${timer} != '')": "",
    "selected(${hvor}, '1') and ${ord} = 'x'": "", "${valgt} > 0": "", "(${timer} > 3": "", "${timer} > 3 or": "",
    "selected(${hvor}, '1')": "hvor er kryds ved 1",
    "not(selected(${hvor}, '1') or ${timer}>=3.0)": "",
    "not(selected(${hvor}, '1') or ${timer}>=3)": "hvor er ikke kryds ved 1 og timer er under 3",
    "not( selected(${hvor}, \"1\") and not(${timer} != 3))": "hvor er ikke kryds ved 1 eller timer er ikke 3",
    "${timer} != '' and ${timer} != 3 or 5 < ${timer}": "timer er ikke 3 eller timer er over 5",
    "${timer} != ''": "timer er mindst 0",
    "${valgt} >= 2": "valgt er 2", "${valgt} != ''": "valgt er 1 eller valgt er 2",
    "${Er-med} = 'y'": "Er_med er y", "${Er-med} != 'dk'": "Er_med er ikke ved_ikke",
    "${valgt} = 1 or ${valgt} = 2 and ${timer} < 4": "valgt er 1 eller (valgt er 2 og timer er under 4)",
}


def test_whom_a_question_is_asked_is_taken_over_where_it_can_be_said_and_else_told(tmp_path: Path) -> None:
    asked = [("integer", f"p{at}", "?", said) for at, said in enumerate(SAID)]
    study, _, made = brought(form(tmp_path / "skema.xlsx", [*ROUTED, *asked]))
    for at, (expression, words) in enumerate(SAID.items()):
        told = study.items[f"p{at}"].only_if
        assert (conditions.text(told) if told else "") == words, expression
        assert (f"p{at} bliver kun stillet, hvis: {expression}" in made.lost) == (not words), expression


@pytest.mark.parametrize("name", ["spoergeskema.yml", "anes96/spoergeskema.yml"])
def test_the_forms_of_whole_surveys_come_back(tmp_path: Path, name: str) -> None:
    asked = questionnaire.read(project.data / name)
    xlsform.xlsform(asked, tmp_path / "ud.xlsx", ABOUT)
    study, _, made = brought(tmp_path / "ud.xlsx")
    same(asked, study)
    assert made.lost == []


def rows(table: str, *those: dict) -> str:
    """A table of LimeSurvey's structure."""
    made = "".join("<row>" + "".join(f"<{name}><![CDATA[{cell}]]></{name}>" for name, cell in row.items()) + "</row>"
                   for row in those)
    return f"<{table}><fields><fieldname>x</fieldname></fields><rows>{made}</rows></{table}>"


ASKED = (
    {"qid": 1, "gid": 5, "type": "L", "title": "glad", "question": "<p>Er du <b>glad</b> &amp; tilfreds?</p>",
     "other": "Y", "relevance": "1", "question_order": 2, "help": "Sæt kryds"},
    {"qid": 2, "gid": 5, "type": "M", "title": "hvor", "question": "Hvor?", "relevance": "glad == 'A1'",
     "question_order": 1},
    {"qid": 3, "gid": 6, "type": "F", "title": "enig", "question": "Enig?", "question_order": 1},
    {"qid": 4, "gid": 6, "type": "N", "title": "timer", "question": "Timer?", "question_order": 2},
    {"qid": 7, "gid": 6, "type": "Y", "title": "med", "question": "Med?", "question_order": 3},
    {"qid": 8, "gid": 6, "type": "R", "title": "rang", "question": "Rang?", "question_order": 4},
    {"qid": 9, "gid": 6, "type": "X", "title": "tak", "question": "Tak", "question_order": 5},
    {"qid": 10, "gid": 6, "type": "T", "title": "fri", "question": "Andet?", "question_order": 6},
    {"qid": 11, "gid": 6, "type": "5", "title": "fem", "question": "Fem?", "question_order": 7,
     "relevance": "((timer.NAOK > 3 || 99X5X2hal.NAOK == \"Y\")) and !is_empty(enig_SQ1)"},
)
PARTS = ({"qid": 21, "parent_qid": 2, "title": "hal", "question": "Hal", "question_order": 1},
         {"qid": 22, "parent_qid": 2, "title": "park", "question": "Park", "question_order": 2},
         {"qid": 31, "parent_qid": 3, "title": "SQ1", "question": "Let", "question_order": 1},
         {"qid": 32, "parent_qid": 3, "title": "SQ2", "question": "Sjovt", "question_order": 2})
ANSWERS = ({"aid": 1, "qid": 1, "code": "A1", "answer": "Ja", "sortorder": 1},
           {"aid": 2, "qid": 1, "code": "A2", "answer": "Ved ikke", "sortorder": 2},
           {"aid": 3, "qid": 3, "code": "1", "answer": "Uenig", "sortorder": 1},
           {"aid": 4, "qid": 3, "code": "2", "answer": "Midt", "sortorder": 2},
           {"aid": 5, "qid": 3, "code": "3", "answer": "Enig", "sortorder": 3})
GROUPS = ({"gid": 6, "group_name": "To", "group_order": 2}, {"gid": 5, "group_name": "Et", "group_order": 1})
SETTINGS = rows("surveys", {"sid": 1, "language": "en"}) + rows(
    "surveys_languagesettings", {"surveyls_language": "en", "surveyls_title": "Leisure"},
    {"surveyls_language": "da", "surveyls_title": "Fritid", "surveyls_description": "<p>Om fritid.</p>"})
LIMITS = rows("question_attributes", {"qid": 4, "attribute": "min_num_value_n", "value": "1"},
              {"qid": 4, "attribute": "max_num_value_n", "value": "24"},
              {"qid": 4, "attribute": "num_value_int_only", "value": "1"})


def parted(those: Sequence[dict], words: dict[str, str], key: str) -> tuple[list[dict], list[dict]]:
    """Rows as the new format has them: their words in a table of their own, by language."""
    bare = [{name: cell for name, cell in row.items() if name not in words} for row in those]
    told = [{key: row[key], "language": language, **{name: row[name] if language == "da" else "x" for name in words
                                                     if name in row}} for row in those for language in ("en", "da")]
    return bare, told


def structure(new: bool) -> str:
    """The same survey in LimeSurvey's old or new format, in two languages."""
    if not new:
        tables = [rows(name, *({**row, "language": "da"} for row in those), *({**row, "language": "en", "question": "x",
                  "answer": "x", "group_name": "x"} for row in those)) for name, those in (
                  ("answers", ANSWERS), ("groups", GROUPS), ("questions", ASKED), ("subquestions", PARTS))]
    else:
        answers, told = parted(ANSWERS, {"answer": ""}, "aid")
        groups, names = parted(GROUPS, {"group_name": ""}, "gid")
        asked, wordings = parted((*ASKED, *PARTS), {"question": "", "help": ""}, "qid")
        tables = [rows("answers", *answers), rows("answer_l10ns", *told), rows("groups", *groups),
                  rows("group_l10ns", *names), rows("questions", *asked[:len(ASKED)]),
                  rows("subquestions", *asked[len(ASKED):]), rows("question_l10ns", *wordings)]
    return ('<?xml version="1.0" encoding="UTF-8"?><document><LimeSurveyDocType>Survey</LimeSurveyDocType>'
            f"{''.join(tables)}{SETTINGS}{LIMITS}</document>")


@pytest.mark.parametrize("new", [False, True])
def test_a_structure_of_limesurvey_is_questions_in_danish(tmp_path: Path, new: bool) -> None:
    path = tmp_path / "skema.lss"
    path.write_text(structure(new), "utf-8")
    study, answers, made = brought(path)
    assert answers is None
    assert (study.title, study.scope) == ("Fritid", "Om fritid.")
    assert list(study.blocks.values()) == ["Et", "To"]
    types = {name: item.scale.type for name, item in study.items.items()}
    assert types == {"hvor": "flere", "glad": "enkelt", "glad_other": "tekst", "enig_SQ1": "enkelt",
                     "enig_SQ2": "enkelt", "timer": "antal", "med": "enkelt", "fri": "tekst", "fem": "antal"}
    glad = study.items["glad"]
    assert (glad.wording, glad.help) == ("Er du glad & tilfreds?", "Sæt kryds")
    assert glad.scale.answers == {"A1": "Ja", "oth": "Andet"}
    assert glad.allows_dont_know
    assert study.items["hvor"].scale.answers == {"hal": "Hal", "park": "Park"}
    assert study.items["enig_SQ1"].scale is study.items["enig_SQ2"].scale
    assert (study.items["enig_SQ2"].topic, study.items["enig_SQ2"].wording) == ("Sjovt", "Enig? Sjovt")
    assert (study.items["timer"].scale.low, study.items["timer"].scale.high) == (1, 24)
    told = study.items["fem"].only_if
    assert told
    assert conditions.text(told) == ("(timer er over 3 eller hvor er kryds ved hal) og (enig_SQ1 er 1 eller enig_SQ1 "
                                     "er 2 eller enig_SQ1 er 3)")
    for word in ("hvor bliver kun stillet, hvis: glad == 'A1'", "rang er en rangordning af færre end",
                 "Andre sprog: en",
                 "glad: koder, der er lavet om: -oth- hedder oth"):
        assert word in said(made), word


def test_the_answers_of_limesurvey_fit_the_structure_that_was_brought(tmp_path: Path) -> None:
    path = tmp_path / "skema.lss"
    path.write_text(structure(True), "utf-8")
    study, _, _ = brought(path)
    found = small.read(tmp_path, "id,submitdate,lastpage,startlanguage,hvor[hal],hvor[park],glad,glad[other],enig[SQ1],"
                       "enig[SQ2],timer,med,fri,fem\n1,2024-01-01,3,da,Y,,A1,nej,1,3,4,Y,hej,5\n", study).accept()
    assert found.answers.iloc[0].to_dict() == {
        "hvor": "hal", "glad": "A1", "glad_other": "nej", "enig_SQ1": "1", "enig_SQ2": "3", "timer": "4", "med": "Y",
        "fri": "hej", "fem": "5"}


CODEBOOK = """<codeBook xmlns="ddi:codebook:2_5" version="2.5">
<stdyDscr><citation><titlStmt><titl>Fritid 2020</titl></titlStmt></citation>
<stdyInfo><abstract>Om fritid.</abstract></stdyInfo></stdyDscr>
<dataDscr>
<varGrp ID="G1" type="multipleResp" var="V3 V4"><labl>Hvor kommer du?</labl></varGrp>
<varGrp ID="G2" type="section" var="V1 V2"><labl>Om dig</labl></varGrp>
<var ID="V0" name="id"><labl>Nr</labl></var>
<var ID="V1" name="glad" intrvl="discrete" nature="ordinal"><labl>Glæde</labl>
 <qstn><preQTxt>Tænk efter.</preQTxt><qstnLit>Hvor glad er du?</qstnLit></qstn><universe>Alle over 17</universe>
 <invalrng><item VALUE="7"/></invalrng>
 <catgry><catValu>1</catValu><labl xml:lang="en">Little</labl><labl xml:lang="da">Lidt</labl></catgry>
 <catgry><catValu>2</catValu><labl>Meget</labl></catgry><catgry><catValu>7</catValu><labl>Andet</labl></catgry>
 <catgry missing="Y"><catValu>8</catValu><labl>Ved ikke</labl></catgry>
 <catgry missing="Y"><catValu>9</catValu><labl>Uoplyst</labl></catgry><varFormat type="numeric"/></var>
<var ID="V2" name="alder" intrvl="contin"><labl>Alder</labl><valrng><range min="18" max="99"/></valrng>
 <catgry><catValu>99</catValu><labl>99 eller mere</labl></catgry><varFormat type="numeric"/></var>
<var ID="V3" name="sted_hal"><labl>Hal</labl><catgry><catValu>1</catValu><labl>Ja</labl></catgry></var>
<var ID="V4" name="sted_park"><labl>Park</labl><catgry><catValu>1</catValu><labl>Ja</labl></catgry></var>
<var ID="V5" name="fri"><labl>Andet</labl><varFormat type="character"/></var>
<var ID="V6" name="w" wgt="wgt"><labl>Vægt</labl></var>
</dataDscr></codeBook>"""


def test_a_codebook_is_questions_with_categories_and_ranges(tmp_path: Path) -> None:
    path = tmp_path / "kodebog.xml"
    path.write_text(CODEBOOK, "utf-8")
    study, _, made = brought(path)
    assert (study.title, study.scope, study.key) == ("Fritid 2020", "Om fritid.", "id")
    glad = study.items["glad"]
    assert (glad.scale.type, glad.wording, glad.topic) == ("ordinal", "Tænk efter. Hvor glad er du?", "Glæde")
    assert glad.scale.answers == {"1": "Lidt", "2": "Meget"}
    assert glad.allows_dont_know
    assert study.blocks[glad.block] == "Om dig"
    assert (study.items["alder"].scale.type, study.items["alder"].scale.high) == ("antal", 99)
    assert study.items["sted"].scale.answers == {"hal": "Hal", "park": "Park"}
    assert study.items["fri"].scale.type == "tekst"
    for word in ("glad er stillet til: Alle over 17", "glad: 9 »Uoplyst«, 7 er angivet som manglende", "w er en vægt"):
        assert word in said(made), word


BOMB = """<?xml version="1.0"?><!DOCTYPE document [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]>
<document>&b;</document>"""


@pytest.mark.parametrize(("content", "why"), [
    (BOMB, "erklærer sine egne forkortelser"), (BOMB.encode("utf-16"), "erklærer sine egne forkortelser"),
    ('<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><document>&x;</document>', "erklærer sine egne"),
    ("<a>" * 5000 + "</a>" * 5000, "over 200 lag"), ("<document><a></document>", "linje 1, tegn .*ikke hel XML"),
    ("<html></html>", "»html« læses ikke"), ("<document/>", "ingen spørgsmål"), ("<codeBook/>", "ingen spørgsmål"),
    (b"\xff\xfe<\x00", "ikke hel XML")], ids=range(9))
def test_xml_that_is_hostile_or_of_another_kind_is_refused(tmp_path: Path, content: str | bytes, why: str) -> None:
    path = tmp_path / "skema.lss"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UserError, match=why):
        brought(path)
