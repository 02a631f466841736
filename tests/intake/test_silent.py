"""Files that were once read wrong without a word: ticks, groups, totals, lost letters; each with what is right."""

import io
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
import small

from civsam import estimate
from civsam.disclosure import tables
from civsam.files import UserError
from civsam.intake import answers, export, tabular
from civsam.intake.frame import read_frame
from civsam.survey.survey import Survey

HEAD = "svarperson,afdeling,glad,medlem,timer,andet,"
TICKS = "sted/hal,sted/skov,sted/bib,sted/ingen,sted/ved_ikke"
WANTED = ["hal", "hal skov", "bib", "ved_ikke", "", "ingen"]


def split(*rows: str, head: str = TICKS, joined: tuple[str, ...] = ()) -> str:
    """A file with these ticks, a row a respondent; joined: the same answers in one column."""
    own = [f"{text}," for text in joined] or [""] * len(rows)
    lines = [f"p{place},nord,,,,,{one}{row}" for place, (one, row) in enumerate(zip(own, rows, strict=True), 1)]
    return "\n".join([HEAD + ("sted," if joined else "") + head, *lines, ""])


ROWS = ("1,0,0,0,0", "1,1,0,0,0", "0,0,1,0,0", "0,0,0,0,1", ",,,,", "0,0,0,1,0")


# ---- Ticks -----------------------------------------------------------------------------------------------------------


def test_a_row_without_a_tick_is_answered_and_a_blank_one_is_not(tmp_path: Path) -> None:
    """Five were asked and answered, two ticked the hall: 40 percent."""
    rows = ("1,0,0,0,0", "1,1,0,0,0", "0,0,0,0,0", "0,0,0,0,0", "0,,0,,0", ",,,,")
    reading = small.read(tmp_path, split(*rows)).accept()
    assert reading.answers["sted"].tolist() == ["hal", "hal skov", *["intet_kryds"] * 3, ""]
    assert "Rækker, hvor sted er besvaret uden noget kryds: 3." in reading.notes
    survey = Survey(reading.answers, reading.background, small.asked(tmp_path), framed=False)
    share = estimate.shares(survey, "sted", "hal").iloc[0]
    assert (share["n"], share["estimate"]) == (5, pytest.approx(0.4))
    several = tables._several(survey, survey.item("sted"))
    assert not any(low == 1.0 for _, low, _ in several.limits)  # what is hidden may not lean on 'all said something'


@pytest.mark.parametrize("name", ["svar.sav", "svar.dta", "svar.csv", "excel.csv"])
def test_who_ticked_nothing_comes_back_from_every_file_that_we_write(tmp_path: Path, name: str) -> None:
    study = small.asked(tmp_path)
    table = pd.DataFrame({"glad": ["", "lidt", "meget"], "medlem": "ja", "timer": ["1", "ved_ikke", ""],
                          "sted": ["intet_kryds", "", "hal bib"], "andet": ""},
                         index=pd.Index(list("abc"), name="svarperson"))
    export.write(table, study, tmp_path / name, excel=name == "excel.csv")
    back = small.read(tmp_path, (tmp_path / name).read_bytes(), study, f"igen{Path(name).suffix}").accept().answers
    pd.testing.assert_frame_equal(back.astype(object), table.astype(object), check_index_type=False)


@pytest.mark.parametrize(("change", "rows"), [
    (lambda row: row.replace("1", "Y").replace("0", "N"), ROWS),
    (lambda row: row.replace("0", "2"), ROWS),
    (lambda row: row.replace("1", "Valgt").replace("0", "Ikke valgt"), ROWS),
    (lambda row: ",".join(code if tick == "1" else "" for code, tick in zip(
        ("hal", "Skov", "Bibliotek", "ingen", "Ved ikke"), row.split(","), strict=True)).replace("Skov", "skov"), ROWS),
])
def test_ticks_as_other_programs_write_them(tmp_path: Path, change, rows: tuple[str, ...]) -> None:
    assert small.read(tmp_path, split(*map(change, rows))).accept().answers["sted"].tolist() == WANTED


def test_columns_that_only_say_what_is_ticked_are_told(tmp_path: Path) -> None:
    reading = small.read(tmp_path, split(*(row.replace("0", "") for row in ROWS))).accept()
    assert reading.answers["sted"].tolist() == WANTED
    assert "så rækker uden kryds er læst som ikke besvaret: 1." in small.told(reading)


@pytest.mark.parametrize("cell", ["ved_ikke", "Ved ikke", "skov", "3", "x"])
def test_what_is_no_tick_of_its_own_answer_is_a_fault_of_that_cell(tmp_path: Path, cell: str) -> None:
    reading = small.read(tmp_path, split(*ROWS[:2], f"0,0,{cell},0,0"))
    assert reading.faults[["raekke", "kolonne", "vaerdi"]].astype(str).to_numpy().tolist() == [["4", "sted/bib", cell]]


def test_an_answer_without_a_column_is_told(tmp_path: Path) -> None:
    rows = [row.rsplit(",", 3)[0] for row in ROWS]
    reading = small.read(tmp_path, split(*rows, head="sted/hal,sted/skov"))
    assert "som ingen derfor kan have sat kryds ved: sted/bib, sted/ingen." in small.told(reading)


def test_a_blank_joined_column_is_filled_from_the_split_ones(tmp_path: Path) -> None:
    for joined in (("",) * 6, tuple(WANTED), ("", "hal skov", "", "", "", "Ingen af dem")):
        reading = small.read(tmp_path, split(*ROWS, joined=joined)).accept()
        assert reading.answers["sted"].tolist() == WANTED
        filled = sum(a != b for a, b in zip(joined, WANTED, strict=True)) - ("Ingen af dem" in joined)
        assert (f"den samlede er tom: {filled} rækker." in small.told(reading)) == bool(filled)


@pytest.mark.parametrize(("joined", "row", "fault"), [
    ("hal", "0,1,0,0,0", True), ("hal skov", "1,0,0,0,0", True), ("hal", "0,0,0,0,0", True), ("hal", ",,,,", False),
    ("skov hal", "1,1,0,0,0", False),
])
def test_joined_and_split_columns_that_disagree_are_a_fault_of_that_row(
    tmp_path: Path, joined: str, row: str, fault: bool
) -> None:
    reading = small.read(tmp_path, split(ROWS[0], row, joined=("hal", joined)))
    assert (reading.faults["raekke"].tolist() == [3]) == fault == (not reading.faults.empty)
    assert ("de delte kolonner siger noget andet" in small.told(reading)) == fault


def test_a_joined_column_is_held_against_those_answers_that_have_a_column(tmp_path: Path) -> None:
    reading = small.read(tmp_path, split("1", "0", "0", head="sted/hal", joined=("hal bib", "bib", "hal")))
    assert reading.faults["raekke"].tolist() == [4]


OTHER = small.QUESTIONNAIRE.replace("bib: Bibliotek", "andet: Andet").replace("id: andet", "id: sted_andet")
BESIDE = "svarperson,afdeling,glad,medlem,timer,sted_hal,sted_skov,sted_ingen,sted_andet\n"


def test_a_text_called_as_a_tick_is_both(tmp_path: Path) -> None:
    study = small.asked(tmp_path, text=OTHER)
    reading = small.read(tmp_path, f"{BESIDE}1,nord,,,,1,0,0,Marken\n2,nord,,,,0,1,0,\n3,syd,,,,0,0,0,Engen\n", study)
    assert reading.accept().answers["sted"].tolist() == ["hal andet", "skov", "andet"]
    assert reading.answers["sted_andet"].tolist() == ["Marken", "", "Engen"]
    assert "læst som et kryds ved sted/andet, står i: sted_andet." in small.told(reading)


def test_a_column_that_may_be_a_tick_or_a_text_is_a_fault(tmp_path: Path) -> None:
    study = small.asked(tmp_path, text=OTHER)
    reading = small.read(tmp_path, f"{BESIDE}1,nord,,,,1,0,0,1\n2,nord,,,,0,1,0,0\n", study)
    assert reading.faults["fejl"].tolist() == ["kan både være et kryds ved sted/andet og teksten sted_andet"]


@pytest.mark.parametrize("suffix", [".sav", ".dta", ".csv"])
def test_a_tick_and_a_text_of_the_same_name_come_back(tmp_path: Path, suffix: str) -> None:
    study = small.asked(tmp_path, text=OTHER)
    table = pd.DataFrame({"glad": ["lidt"] * 2, "medlem": "ja", "timer": "1", "sted": ["hal andet", "skov"],
                          "sted_andet": ["Marken", "1"]}, index=pd.Index(["a", "b"], name="svarperson"))
    export.write(table, study, tmp_path / f"ud{suffix}")
    back = small.read(tmp_path, (tmp_path / f"ud{suffix}").read_bytes(), study, f"ind{suffix}").accept().answers
    pd.testing.assert_frame_equal(back.astype(object), table.astype(object), check_index_type=False)


# ---- Labels ----------------------------------------------------------------------------------------------------------

LONG = "Kommunen har en vedtaget politik for samarbejdet med foreninger, grupper og enkeltpersoner, som gælder alle, og"


@pytest.mark.parametrize("suffix", [".sav", ".dta"])
@pytest.mark.parametrize("labels", [(f"{LONG} den evalueres", f"{LONG} den evalueres ikke"), (LONG[:119], LONG + "xy"),
                                    (f"{LONG} a", f"{LONG} A b", LONG)])
def test_labels_alike_in_their_first_bytes_come_back_as_they_were(tmp_path: Path, suffix: str, labels) -> None:
    codes = list("abc")[:len(labels)]
    text = small.QUESTIONNAIRE.replace("{ja: Ja, nej: Nej}", str(dict(zip(codes, labels, strict=True))))
    study = small.asked(tmp_path, text=text)
    table = pd.DataFrame({"glad": "lidt", "medlem": [*codes, "ved_ikke"], "timer": "1", "sted": "hal", "andet": ""},
                         index=pd.Index([*codes, "x"], name="svarperson"))
    export.write(table, study, tmp_path / f"ud{suffix}")
    back = small.read(tmp_path, (tmp_path / f"ud{suffix}").read_bytes(), study, f"ind{suffix}").accept().answers
    assert back["medlem"].to_dict() == table["medlem"].to_dict()


def test_an_answer_that_can_be_read_in_two_ways_is_a_fault(tmp_path: Path) -> None:
    study = small.asked(tmp_path, "{hal: Idrætshal, skov: \"Skov, strand og park\", bib: Bibliotek,",
                        '{a: "Eng, mark", b: "Sti", c: "Eng", d: "Mark, sti",')
    cells = ('"Eng, mark, sti"', '"Eng, mark; Sti"', '"Eng; Mark, sti"', '"Sti, Eng"')
    reading = small.read(tmp_path, small.ANSWERS.splitlines()[0] + "".join(
        f"\n{place},nord,lidt,ja,1,{cell}," for place, cell in enumerate(cells)) + "\n", study)
    assert reading.faults["raekke"].tolist() == [2]
    assert "kan læses på mere end én måde" in small.told(reading)
    assert reading.answers["sted"].tolist() == ["a b", "c d", "b c"]


# ---- Columns, keys and comments --------------------------------------------------------------------------------------


def test_only_the_forms_own_groups_are_passed_over(tmp_path: Path) -> None:
    for name in ("blok_a/timer", "a-timer", "Første del/timer", "indledning/blok_a/timer"):
        assert small.read(tmp_path, small.ANSWERS.replace("timer", name, 1)).accept().answers["timer"].iloc[2] == "99"
    for name in ("aendring/timer", "ikke-timer", "blok_a/aendring/timer"):
        reading = small.read(tmp_path, small.ANSWERS.replace("timer", name, 1))
        assert {name, "timer"} <= set(reading.faults["kolonne"])


def test_a_column_that_is_not_used_is_told_and_one_that_may_be_the_missing_is_a_fault(tmp_path: Path) -> None:
    more = "\n".join(f"{line},{'vaegt' if at == 0 else '0.5'}" for at, line in enumerate(small.ANSWERS.splitlines()))
    reading = small.read(tmp_path, more + "\n").accept()
    assert "Kolonner, der ikke er brugt, fordi spørgeskemaet ikke nævner dem: vaegt." in reading.notes
    without = small.read(tmp_path, more.replace("glad", "humor", 1) + "\n")
    assert set(without.faults["kolonne"]) == {"vaegt", "humor", "glad"}
    for near in ("afdelingen", "sted_skovv"):  # is not there under its own name
        alone = small.read(tmp_path, more.replace("afdeling", "afdelng", 1).replace("vaegt", near, 1) + "\n")
        assert alone.faults["kolonne"].tolist() == ["afdelng", near]


@pytest.mark.parametrize("key", ["I alt", "TOTAL", "Sum:", "Gennemsnit", "=SUM(A1:A6)", "#REF!", "BlÃ¥bÃ¦r",
                                 "I alt (n=6)"])
def test_what_names_nobody_is_no_respondent(tmp_path: Path, key: str) -> None:
    reading = small.read(tmp_path, f"{small.ANSWERS}{key},nord,,,511,,\n")
    assert reading.faults[["raekke", "kolonne", "vaerdi"]].astype(str).to_numpy().tolist() == [["8", "svarperson", key]]
    assert list(reading.answers.index) == ["p1", "p2", "p3", "p4", "p5", "p6"]


def test_a_formula_in_a_key_of_a_workbook_is_no_respondent(tmp_path: Path) -> None:
    book, made = openpyxl.Workbook(), io.BytesIO()
    for line in small.ANSWERS.splitlines():
        book.active.append([cell or None for cell in line.split(",")])
    book.active["A3"] = '="p"&2'
    book.save(made)
    reading = small.read(tmp_path, made.getvalue(), name="svar.xlsx")
    assert reading.faults["fejl"].tolist() == ["en formel, ikke et svar"]
    assert "p2" not in reading.answers.index
    assert len(reading.answers) == 5


@pytest.mark.parametrize(("words", "told"), [
    ("NA", "der ligner et tomt felt"), ("<NA>", "der ligner et tomt felt"), ("n/a", "der ligner et tomt felt"),
    ("NULL", "der ligner et tomt felt"), ("BlÃ¥bÃ¦r pÃ¥ Ã¸en", "hvor æ, ø og å ser ud til at være gået tabt"),
    ("Bl\ufffdb\ufffdr", "gået tabt"), ("#I/T", "en fejlværdi eller formel"),
    ("=SUM(A1:A3)", "en fejlværdi eller formel"),
])
def test_a_comment_that_is_none_is_told_with_its_rows(tmp_path: Path, words: str, told: str) -> None:
    reading = small.read(tmp_path, small.ANSWERS.replace("0,hal,", f"0,hal,{words}").replace("tak", words)).accept()
    (note,) = [note for note in reading.notes if "Fri tekst" in note]
    assert told in note
    assert note.endswith("i andet: 2 svar (række 2, 7).")
    assert reading.answers["andet"].tolist() == [words, "Blåbær på øen", "", "Æ", "", words]


def test_good_comments_are_not_told(tmp_path: Path) -> None:
    good = ["Nathalie", "na", "Ået", "SKÅ”", "ÅRHUS – NU", "é", "= godt", "Ã", "#1"]
    rows = "".join(f"q{at},nord,lidt,ja,1,hal,{text}\n" for at, text in enumerate(good) if text != "na")
    assert "Fri tekst" not in small.told(small.read(tmp_path, small.ANSWERS + rows))


# ---- Other programs' columns and files


@pytest.mark.parametrize("way", ["sted[{}]", "sted___{}", "Hvor er du henne? (choice={})", "Hvor er du henne?[{}]"])
def test_the_columns_of_an_answer_as_other_programs_call_them(tmp_path: Path, way: str) -> None:
    codes = [one.partition("/")[2] for one in TICKS.split(",")]
    names = ",".join(way.format({"hal": "Idrætshal"}.get(code, code) if "choice" in way else code) for code in codes)
    assert small.read(tmp_path, split(*ROWS, head=names)).accept().answers["sted"].tolist() == WANTED


def test_rows_that_say_the_columns_names_again_are_passed_over(tmp_path: Path) -> None:
    head, *rows = small.ANSWERS.splitlines()
    wordings = "svarperson,afdeling,Hvor glad er du?,Er du medlem?,Hvor mange timer?,Hvor er du henne?,Er der andet?"
    ids = ",".join(f'"{{""ImportId"":""{name}""}}"' for name in head.split(","))
    reading = small.read(tmp_path, "\n".join([head, wordings, ids, *rows, ""])).accept()
    assert list(reading.answers.index) == ["p1", "p2", "p3", "p4", "p5", "p6"]
    assert "Rækker, der er overskrifter og ikke svar, er sprunget over: 2, 3." in reading.notes
    half = small.read(tmp_path, "\n".join([head, wordings.replace("Er du medlem?", "ja"), *rows, ""]))
    assert set(half.faults["raekke"]) == {2}
    alone = small.read(tmp_path, f"{head}\n,,,,,,Er der andet?\n{rows[0]}\n")
    assert len(alone.answers) + len(alone.rejected) == 2


def packed(files: dict[str, str | bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in files.items():
            target.writestr(name, content)
    return made.getvalue()


def test_a_workbook_of_strict_open_xml_is_read(tmp_path: Path) -> None:
    """The same workbook, but for the names in it; a formula in it is still a formula."""
    book = openpyxl.Workbook()
    for line in small.ANSWERS.splitlines():
        book.active.append([cell or None for cell in line.split(",")])
    book.save(tmp_path / "usual.xlsx")
    book.active["A3"] = '="p"&2'
    book.save(tmp_path / "formula.xlsx")
    for name in ("usual.xlsx", "formula.xlsx"):
        with zipfile.ZipFile(tmp_path / name) as usual:
            parts = {part: usual.read(part).replace(b"http://schemas.openxmlformats.org/spreadsheetml/2006/",
                                                    b"http://purl.oclc.org/ooxml/spreadsheetml/").replace(
                b"http://schemas.openxmlformats.org/officeDocument/2006/", b"http://purl.oclc.org/ooxml/officeDocument/")
                for part in usual.namelist()}
        assert b"purl.oclc.org/ooxml/spreadsheetml/main" in parts["xl/workbook.xml"]
        reading = small.read(tmp_path, packed(parts), name="svar.xlsx")
        if name == "usual.xlsx":
            pd.testing.assert_frame_equal(reading.accept().answers, small.read(tmp_path, small.ANSWERS).answers)
        else:
            assert reading.faults["fejl"].tolist() == ["en formel, ikke et svar"]


def test_a_workbook_that_is_enormous_when_unpacked_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = packed({"xl/workbook.xml": "<x/>", "xl/worksheets/sheet1.xml": " " * 2**22})
    monkeypatch.setattr(tabular, "UNPACKED", 2**21)
    with pytest.raises(UserError, match="fylder 4 MB, når den pakkes ud"):
        small.read(tmp_path, data, name="svar.xlsx")


# ---- Background that is not known of all

UNKNOWN = small.QUESTIONNAIRE.replace("{nord: Nord, syd: Syd}", "{nord: Nord, syd: Syd, u: Uoplyst}, uoplyst: u")


def test_a_blank_background_has_a_group_where_the_questionnaire_gives_it_one(tmp_path: Path) -> None:
    blank = small.ANSWERS.replace("p2,syd", "p2,").replace("p3,nord", "p3, ")
    reading = small.read(tmp_path, blank, small.asked(tmp_path, text=UNKNOWN)).accept()
    assert reading.background["afdeling"].tolist() == ["nord", "u", "u", "syd", "nord", "syd"]
    assert "Tomme felter i afdeling, der er læst som »Uoplyst«: 2." in reading.notes
    wrong = small.read(tmp_path, blank)
    assert wrong.faults["raekke"].tolist() == [3, 4]
    assert "kan skemaet have en kode for det: under afdeling, uoplyst: koden." in small.told(wrong)


def test_a_frame_may_have_such_a_group_too(tmp_path: Path) -> None:
    (tmp_path / "ramme.csv").write_text("svarperson,afdeling\np1,nord\np2,\n", "utf-8")
    frame = read_frame(small.asked(tmp_path, text=UNKNOWN), tmp_path / "ramme.csv")
    assert frame["afdeling"].tolist() == ["nord", "u"]
    with pytest.raises(UserError, match="ukendt kode i 'uoplyst' 'x'"):
        small.asked(tmp_path, text=UNKNOWN.replace("uoplyst: u", "uoplyst: x"))


def test_a_frame_of_danish_excel_may_say_the_words_of_the_codes(tmp_path: Path) -> None:
    study = small.asked(tmp_path, "nord: Nord, syd: Syd}", "nord: Nørrebro, syd: Østerbro}")
    path = tmp_path / "ramme.csv"
    path.write_bytes("svarperson;afdeling\r\np1;Nørrebro\r\np2; østerbro\r\np3;syd\r\n".encode("cp1252"))
    assert read_frame(study, path)["afdeling"].tolist() == ["nord", "syd", "syd"]
    path.write_text("svarperson;afdeling\np1;Vesterbro\n", "utf-8")
    with pytest.raises(UserError, match="linje 2, kolonnen afdeling: 'Vesterbro' er ikke en kode"):
        read_frame(study, path)


STEDER = 'svar: {hal: Idrætshal, skov: "Skov, strand og park", bib: Bibliotek, ingen: Ingen af dem}'


def test_no_is_no_tick_where_ticks_are_yes_and_no(tmp_path: Path) -> None:
    """A question with the answers yes and no, of which several may be given, and ticks that are Ja and Nej."""
    study = small.asked(tmp_path, STEDER, "svar: {ja: Ja, nej: Nej}, ved_ikke: nej")
    rows = [f"p{at},nord,,,,,{yes},{no}" for at, (yes, no) in enumerate([("Ja", "Nej"), ("Nej", "Nej"), ("Nej", "Ja")])]
    made = "\n".join([f"{HEAD}sted/ja,sted/nej", *rows, ""])
    assert small.read(tmp_path, made, study).accept().answers["sted"].tolist() == ["ja", "intet_kryds", "nej"]


def test_no_is_a_tick_where_ticks_are_the_answers_own_words(tmp_path: Path) -> None:
    study = small.asked(tmp_path, STEDER, "svar: {altid: Altid, nej: Nej}, ved_ikke: nej")
    made = f"{HEAD}sted/altid,sted/nej\np1,nord,,,,,Altid,\np2,nord,,,,,,Nej\np3,nord,,,,,,\n"
    assert small.read(tmp_path, made, study).accept().answers["sted"].tolist() == ["altid", "nej", ""]


def test_a_question_may_be_called_what_others_call_the_key(tmp_path: Path) -> None:
    study = small.asked(tmp_path, text=small.QUESTIONNAIRE.replace("id: sted,", "id: key,"))
    whole = small.read(tmp_path, small.ANSWERS.replace("timer,sted,", "timer,key,"), study)
    split = small.read(tmp_path, "svarperson,afdeling,glad,medlem,timer,key/hal,key/skov,key/bib,key/ingen,andet\n"
                       "p1,nord,slet_ikke,ja,0,1,0,0,0,\n", study)
    assert whole.answers["key"].tolist()[:3] == ["hal", "hal skov", "bib"]
    assert split.answers["key"].tolist() == ["hal"]
    (tmp_path / "uden.csv").write_text("afdeling,glad,medlem,timer,key/hal,key/skov,key/bib,key/ingen,andet\n"
                                       "nord,lidt,ja,0,1,0,0,0,\n", "utf-8")
    frame = pd.DataFrame({"afdeling": ["nord"]}, index=pd.Index(["p1"], name="svarperson"))
    without = answers.check(tmp_path / "uden.csv", study, frame)
    assert "svarperson: mangler, så det ikke kan ses, hvem der har svaret" in small.told(without)
