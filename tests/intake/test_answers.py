"""Answer files of all formats, good and malformed, and the provenance of what they hold."""

import csv
import io
import re
import subprocess
import sys
import unicodedata
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import small
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from malformed import cases

from civsam import edition
from civsam.files import UserError, project
from civsam.instrument import questionnaire
from civsam.instrument.allowed import invalid, valid, within
from civsam.intake import answers, coding, delimited, export, faults
from civsam.intake import table as tabular
from civsam.intake.frame import read_frame
from civsam.intake.tabular import load
from civsam.study import simulate
from civsam.survey import survey
from civsam.survey.survey import ROW

INSTRUMENT = questionnaire.read()
FRAME = read_frame(INSTRUMENT)
STANDARD = project.data / "svar.csv"
TRUE = pd.read_csv(STANDARD, dtype=str, keep_default_na=False).set_index("stilling")  # read without civsam
PLAIN = TRUE.reset_index()
SEVERAL = [item for item in INSTRUMENT.items.values() if item.scale.type == "flere"]

OTHER = """
titel: Fritid
afgraensning: Tænk på det seneste år.
ved_ikke: Det ved jeg ikke
noegle: deltager
blokke: {a: Første, b: Anden}
baggrund:
  koen: {navn: køn, svar: {k: Kvinde, m: Mand}}
vaegtning: {klynge: hold}
skalaer:
  grad: {type: ordinal, svar: {"a1": Lidt, "a2": "Noget, men ikke meget", "a3": Meget}}
  tal: {type: antal, mindst: 1, hoejst: 9}
  hvad: {type: flere, svar: {bold: Boldspil, a: "Kor, band og orkester", ingen: Intet af det}}
  fri: {type: tekst}
spoergsmaal:
  - {id: glad, blok: a, skala: grad, emne: Glæde, ordlyd: "Hvor glad/tilfreds er du?"}
  - {id: timer, blok: a, skala: tal, emne: Timer, ordlyd: Hvor mange timer?}
  - {id: gjort, blok: b, skala: hvad, emne: Gjort, ordlyd: Hvad har du gjort?}
  - {id: andet, blok: b, skala: fri, emne: Andet, ordlyd: Andet?}
"""


def sound(table: pd.DataFrame) -> bool:
    """Whether the questionnaire allows all of a table's answers."""
    items = INSTRUMENT.items.values()
    return not any(invalid(item, table[item.id]) for item in items) and all(
        within(item, table).all() for item in items if item.part_of)


@pytest.fixture(scope="module")
def other(tmp_path_factory) -> questionnaire.Questionnaire:
    path = tmp_path_factory.mktemp("fritid") / "spoergeskema.yml"
    path.write_text(OTHER, encoding="utf-8")
    return questionnaire.read(path)


def written(tmp_path: Path, content: bytes, name: str = "svar.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


def message(path: Path, keep_valid: bool = False, **choice) -> str:
    with pytest.raises(UserError) as fault:
        answers.check(path, INSTRUMENT, FRAME, **choice).accept(keep_valid)
    return str(fault.value)


def provenance(table: pd.DataFrame) -> str:
    return survey.provenance(table)


def labelled(table: pd.DataFrame = TRUE, separator: str = "; ") -> pd.DataFrame:
    """The answers in the words that the respondents saw, made without civsam.answers."""
    def words(name: str, cell: str) -> str:
        scale = INSTRUMENT.items[name].scale
        known = {**scale.answers, "ved_ikke": "Ved ikke"}
        return cell if scale.type == "tekst" else separator.join(known.get(code, code) for code in cell.split())
    return pd.DataFrame({name: [words(name, cell) for cell in table[name]] for name in table}, index=table.index)


# ---- Malformed files -------------------------------------------------------------------------------------------------


def test_there_are_at_least_sixty_malformed_files_and_no_two_are_the_same() -> None:
    assert len({case.name for case in cases.CASES}) == len(cases.CASES) >= 60
    assert len({case.content() for case in cases.CASES if case.file == "svar.csv"}) == sum(
        case.file == "svar.csv" for case in cases.CASES)


def test_the_file_that_they_are_made_of_is_good(tmp_path: Path) -> None:
    table = answers.check(written(tmp_path, cases.text(cases.GOOD)), INSTRUMENT, FRAME).accept().answers
    assert table.reset_index().astype(object).equals(cases.GOOD.astype(object))


@pytest.mark.parametrize("case", cases.CASES, ids=lambda case: case.name)
def test_a_malformed_file_is_told_with_place_and_remedy(tmp_path: Path, case: cases.Case) -> None:
    path = written(tmp_path, case.content(), case.file)
    before = path.read_bytes()
    told = message(path)
    assert told.startswith(str(path))
    for words in case.words:
        assert words in told
    assert all(c.isprintable() or c == "\n" for c in told)
    assert path.read_bytes() == before


def test_all_faults_come_at_once(tmp_path: Path) -> None:
    table = cases.GOOD.rename(columns={"vae_tillid": "vae_tilid"})
    for row, (column, value) in enumerate({"pol_fokus": "jaa", "pra_lange": "mange", "pra_emner": "ingen kultur_idraet",
                                           "stilling": "999-kultur", "vae_aarsag": "demokrati kvalitet"}.items()):
        table.loc[row, column] = value
    reading = answers.check(written(tmp_path, cases.text(table)), INSTRUMENT, FRAME)
    assert list(reading.faults["kolonne"]) == ["vae_tilid", "vae_tillid", "pol_fokus", "pra_lange", "pra_emner",
                                               "stilling", "vae_aarsag"]
    assert reading.faults["raekke"].astype(object).where(reading.faults["raekke"].notna(), None).tolist() == [
        None, None, 2, 3, 4, 5, 6]
    assert (reading.faults[["fil", "fejl", "tilladt", "rettelse"]].astype(str) != "").all(axis=None)
    assert list(reading.rejected.index) == [2, 3, 4, 5, 6]


def test_a_long_report_is_cut_and_counts_all(tmp_path: Path) -> None:
    table = cases.GOOD.astype(str)
    table = pd.concat([table] * 10, ignore_index=True).assign(stilling=lambda one: [f"x{i}" for i in one.index])
    for place, name in enumerate(table.columns.drop("stilling")):
        table[name] = [f"{name}{place}{'abc'[row % 3]}" for row in range(len(table))]
    told = message(written(tmp_path, cases.text(table)))
    assert told.count("\n") == 52
    assert re.search(r"\.\.\. og [\d.]+ fejl mere, af \d+ andre slags\.", told)


def test_the_same_fault_is_told_once_with_a_count_and_hides_no_other(tmp_path: Path) -> None:
    """588 times U, and eleven others: misspelt, out of range, doubled, and 80 numbers that are none."""
    study = small.asked(tmp_path)
    rows = [f"p{row},nord,U,{'NA' if row % 3 else 'ja'},{'NA' if row % 5 == 0 else row},hal," for row in range(588)]
    rows[9:11] = ["p9,ost,lidtt,jaa,1001,hal hal,ved_ikke", "p8,nord,lidt,ja,3,hal,"]
    for row in range(100, 500, 5):
        rows[row] = f"p{row},nord,U,ja,ca. {row},hal,"
    told = faults.report(small.read(tmp_path, "\n".join([small.ANSWERS.split("\n")[0], *rows, ""]), study).faults)
    assert "kolonne glad, »U«, 586 gange (række 2, 3, 4, 5, 6 og flere): et ukendt svar" in told
    assert told.count("»U«") == told.count("»NA«") == 1
    assert "kolonnerne timer, medlem, »NA«" in told
    assert "75 andre værdier, blandt andet »ca. 125«" in told
    for words in ("»lidtt«", "»jaa«", "»1001«", "»hal hal«", "kolonne andet, »ved_ikke«", "»ost«", "har svaret 2"):
        assert words in told
    assert told.endswith("en fejl kan have skjult en anden.")
    assert told.count("\n") == 16


def test_an_extra_heading_is_told_once_and_a_wrong_answer_is_not_taken_for_one(tmp_path: Path) -> None:
    head, *rows = small.ANSWERS.splitlines(keepends=True)
    heading = "nøgle,hvor,tilfredshed,medlemskab,timer pr. år,lokaler,bemærkning\n"
    told = small.read(tmp_path, head + heading + "".join(rows)).faults
    assert told["fejl"].tolist() == ["ligner en ekstra overskrift: intet felt i rækken er et svar"]
    assert told["raekke"].tolist() == [2]
    wrong = "px,øst,glad,medl,mange,alle,tak\n"  # as all the others: then it is no heading
    assert len(small.read(tmp_path, head + wrong * 3).faults) == 5 * 3 + 3


def test_a_file_that_is_not_there_or_is_a_folder(tmp_path: Path) -> None:
    assert "findes ikke" in message(tmp_path / "nej.csv")
    assert "er en mappe" in message(tmp_path)


def test_the_report_as_csv_holds_every_fault_and_runs_nothing(tmp_path: Path) -> None:
    table = cases.GOOD.copy()
    bad = ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\tx", "mange; \"flere\"\nlinjer"]
    table.loc[: len(bad) - 1, "pra_lange"] = bad
    reading = answers.check(written(tmp_path, cases.text(table)), INSTRUMENT, FRAME)
    path = tmp_path / "fejl.csv"
    faults.write_report(reading.faults, path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        head, *rows = csv.reader(file, delimiter=";")
    assert head == ["fil", "raekke", "kolonne", "vaerdi", "fejl", "tilladt", "rettelse"]
    assert [row[3].removeprefix("'") for row in rows] == bad
    assert [row[1] for row in rows] == ["2", "3", "4", "5", "6", "7"]
    assert not any(cell.startswith(("=", "+", "-", "@", "\t")) for row in rows for cell in row)


# ---- Keeping the valid rows ------------------------------------------------------------------------------------------


def test_keeping_the_valid_loses_no_row(tmp_path: Path) -> None:
    """Valid and rejected rows together are the file, cell by cell, and the rejected can be mended and read again."""
    lines = cases.text(TRUE.reset_index()).decode().splitlines()
    lines[5] = lines[5].rsplit(";", 1)[0]
    lines[9] = lines[9].replace(";ja;", ";jaa;", 1)
    lines[11] += ";for;mange"
    lines.insert(20, "")
    lines.append(lines[7])
    path = written(tmp_path, "\n".join(lines).encode())
    with pytest.raises(UserError):
        answers.check(path, INSTRUMENT, FRAME).accept()
    reading = answers.check(path, INSTRUMENT, FRAME).accept(keep_valid=True)
    assert list(reading.rejected.index) == [6, 8, 10, 12, 447]
    assert len(reading.answers) + len(reading.rejected) == 445
    assert set(reading.answers.index) | set(reading.rejected["stilling"]) == set(TRUE.index)
    pd.testing.assert_frame_equal(reading.answers.astype(object), TRUE.loc[reading.answers.index].astype(object))
    saved = tmp_path / "afvist.csv"
    faults.write_rejected(reading.rejected, saved)
    back = saved.read_text(encoding="utf-8-sig").splitlines()
    assert [line.rstrip(";") for line in back[1:]] == [lines[at - 1].rstrip(";") for at in (6, 8, 10, 12, 447)]


def test_a_fault_of_a_whole_column_or_no_valid_row_stops_also_then(tmp_path: Path) -> None:
    for table in (cases.GOOD.drop(columns="pol_fokus"), cases.GOOD.assign(pol_fokus="jaa")):
        path = written(tmp_path, cases.text(table))
        assert "pol_fokus" in message(path, keep_valid=True)


# ---- Round trips -----------------------------------------------------------------------------------------------------


def kobo(split: bool, slash: str = "/") -> bytes:
    """The answers as ODK and Kobo export the form: groups, metadata, 'ved ikke' of counts ticked beside."""
    made = {"start": "2026-03-01T10:00:00", "indledning/formaal": "", "indledning/noegle": TRUE.index}
    for item in INSTRUMENT.items.values():
        column, path = TRUE[item.id], f"blok_{item.block}{slash}{item.id}"
        if item.scale.type == "antal":
            made[path] = column.where(column != "ved_ikke", "")
            if split:
                made[f"{path}_ved_ikke/ved_ikke"] = (column == "ved_ikke").astype(int)
            else:
                made[f"{path}_ved_ikke"] = column.where(column == "ved_ikke", "")
        elif item in SEVERAL and split:
            for code in [*item.scale.answers, "ved_ikke"]:
                ticked = column.str.split(" ").map(lambda codes, code=code: str(int(code in codes)))
                made[f"{path}/{code}"] = ticked.where(column != "", "")
        else:
            made[path] = column
    made |= {"meta/instanceID": "uuid:1", "_id": "7", "_submission_time": "2026-03-01T10:10:00", "__version__": "v1"}
    return pd.DataFrame(made).to_csv(index=False).encode()


def numbers_in(suffix: str) -> bytes:
    """The answers as a statistics program keeps them: numbers with Danish labels, several answers as text."""
    table, labels = TRUE.reset_index(), {}
    for item in INSTRUMENT.items.values():
        if item.scale.type in ("enkelt", "ordinal", "antal"):
            codes = {**{code: place for place, code in enumerate(item.scale.answers, 1)}, "ved_ikke": 888}
            labels[item.id] = {codes[code]: label for code, label in item.scale.answers.items()} | {888: "Ved ikke"}
            table[item.id] = [float(codes.get(cell, cell or "nan")) for cell in table[item.id]]
    return cases.statistics(suffix, table, variable_value_labels=labels)


def nfd(table: pd.DataFrame) -> pd.DataFrame:
    return table.map(lambda cell: unicodedata.normalize("NFD", cell))


FORMATS = {
    "Danish Excel, Windows-1252": ("a.csv", lambda: cases.text(labelled().reset_index(), codec="cp1252")),
    "UTF-8": ("a.csv", lambda: cases.text(labelled().reset_index())),
    "UTF-8 with BOM": ("a.csv", lambda: cases.text(labelled().reset_index(), codec="utf-8-sig")),
    "UTF-16": ("a.txt", lambda: cases.text(labelled().reset_index(), "\t", "utf-16")),
    "UTF-16 without BOM": ("a.txt", lambda: cases.text(labelled().reset_index(), "\t", "utf-16-be")),
    "comma": ("a.csv", lambda: cases.text(PLAIN, ",")),
    "tab": ("a.tsv", lambda: cases.text(PLAIN, "\t")),
    "bar": ("a.csv", lambda: cases.text(PLAIN, "|")),
    "sep= in the first line": ("a.csv", lambda: b"sep=;\r\n" + cases.text(PLAIN)),
    "lines of old Macintosh": ("a.csv", lambda: cases.text(PLAIN).replace(b"\r\n", b"\r")),
    "labels by comma": ("a.csv", lambda: cases.text(labelled(separator=", ").reset_index())),
    "labels by bar": ("a.csv", lambda: cases.text(labelled(separator="|").reset_index())),
    "capitals and spaces": ("a.csv", lambda: cases.text(
        labelled().map(lambda cell: f"  {cell.upper()} ".replace(" ", "\xa0 ")).assign(
            vae_kommentar=TRUE["vae_kommentar"]).reset_index())),
    "decomposed letters": ("a.csv", lambda: cases.text(nfd(labelled()).reset_index())),
    "decimals": ("a.csv", lambda: cases.text(PLAIN.assign(pra_lange=PLAIN["pra_lange"].str.replace(r"(\d)$", r"\1,0",
                                                                                                 regex=True)))),
    "workbook with labels": ("a.xlsx", lambda: cases.workbook(labelled().reset_index())),
    "workbook with numbers": ("a.xlsx", lambda: cases.workbook(PLAIN.assign(pra_korte=[
        int(cell) if cell.isdigit() else cell for cell in PLAIN["pra_korte"]]))),
    "SPSS with codes": ("a.sav", lambda: cases.statistics(".sav", PLAIN)),
    "SPSS with numbers": ("a.sav", lambda: numbers_in(".sav")),
    "Stata with codes": ("a.dta", lambda: cases.statistics(".dta", PLAIN)),
    "Stata with numbers": ("a.dta", lambda: numbers_in(".dta")),
    "Parquet": ("a.parquet", lambda: cases.parquet(PLAIN)),
    "Parquet with categories": ("a.parquet", lambda: cases.parquet(PLAIN.astype("category"))),
    "Kobo": ("a.csv", lambda: kobo(split=False)),
    "Kobo split": ("a.csv", lambda: kobo(split=True)),
    "ODK": ("a.csv", lambda: kobo(split=True, slash="-")),
}


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_same_answers(tmp_path: Path, name: str) -> None:
    file, content = FORMATS[name]
    frame = FRAME.assign(noegle=FRAME.index) if name in ("Kobo", "Kobo split", "ODK") else FRAME
    reading = answers.check(written(tmp_path, content(), file), INSTRUMENT, frame).accept()
    pd.testing.assert_frame_equal(reading.answers.astype(object), TRUE.astype(object), check_names=True)
    assert provenance(reading.answers) == "syntetisk"
    assert sound(reading.answers)


@pytest.mark.parametrize(("file", "excel"), [("a.sav", False), ("a.dta", False), ("a.csv", False), ("a.csv", True)])
def test_what_the_export_writes_comes_back(tmp_path: Path, file: str, excel: bool) -> None:
    table = TRUE.copy()
    table.loc["101-social", "vae_kommentar"] = "=cmd|' /C calc'!A0"
    export.write(table, INSTRUMENT, tmp_path / file, excel=excel)
    back = answers.check(tmp_path / file, INSTRUMENT, FRAME).accept().answers
    pd.testing.assert_frame_equal(back.astype(object).sort_index(), table.astype(object).sort_index())


def test_several_answers_are_put_in_the_order_of_the_scale(tmp_path: Path) -> None:
    path = written(tmp_path, cases.text(cases.put("pra_emner", "Andet; Natur, miljø og byrum; Sociale problemer")(
        cases.GOOD.assign(pra_emner="natur sundhed"))))
    assert answers.check(path, INSTRUMENT, FRAME).accept().answers["pra_emner"].iloc[1:3].tolist() == [
        "sundhed natur", "sociale natur andet"]


def test_a_hostile_column_name_takes_no_time(tmp_path: Path) -> None:
    name = "a-/" * 20_000
    reading = answers.check(written(tmp_path, cases.text(cases.GOOD.assign(**{name: "1"}))), INSTRUMENT, FRAME)
    assert f"Kolonner, der ikke er brugt, fordi spørgeskemaet ikke nævner dem: {name[:60]}." in reading.notes


def test_what_was_recognised_is_told(tmp_path: Path) -> None:
    frame = FRAME.assign(noegle=FRAME.index)
    notes = answers.check(written(tmp_path, kobo(split=True)), INSTRUMENT, frame).notes
    told = "\n".join(notes)
    for words in ("Tegnsæt: ASCII", "adskilt af komma", "slået op i kolonnen indledning/noegle", "Skrevet som koder",
                  "»blok_politik/pol_fokus« som pol_fokus", "»blok_praksis/pra_emner/natur« som pra_emner/natur",
                  "KoboToolbox eller ODK; 5 kolonner er dens egne og er sprunget over: start, meta/instanceID, _id, "
                  "_submission_time, __version__.", "selv tilføjer dem: indledning/formaal."):
        assert words in told
    mixed = cases.GOOD.assign(pol_fokus=["Ja", "nej"] * 6, vae_tillid="Helt enig")
    told = "\n".join(answers.check(written(tmp_path, cases.text(mixed, codec="utf-16")), INSTRUMENT, FRAME).notes)
    assert "Tegnsæt: UTF-16" in told
    assert "Skrevet som svartekster: vae_tillid." in told


def test_a_file_as_r_writes_it_is_read_and_told_of(tmp_path: Path) -> None:
    """write.csv2: semicolons, and every field in quotes, the names and the empty ones too."""
    made = io.StringIO(newline="")
    csv.writer(made, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(
        [cases.GOOD.columns, *cases.GOOD.to_numpy()])
    assert made.getvalue().startswith('"stilling";"pol_strategi";')
    reading = answers.check(written(tmp_path, made.getvalue().encode()), INSTRUMENT, FRAME)
    pd.testing.assert_frame_equal(reading.answers, cases.GOOD.set_index("stilling"), check_dtype=False,
                                  check_index_type=False)
    assert reading.faults.empty
    assert reading.notes[:3] == ["Tegnsæt: ASCII (det samme i UTF-8 og Windows-1252).",
                                 "Felterne er adskilt af semikolon.",
                                 "Den, der har svaret, er slået op i kolonnen stilling."]


@pytest.mark.parametrize(("codec", "told"), [
    ("utf-8", "UTF-8 uden BOM"), ("utf-8-sig", "UTF-8 med BOM"), ("cp1252", "Windows-1252"), ("utf-16", "UTF-16"),
])
@pytest.mark.parametrize("fast", [True, False])
def test_line_breaks_in_long_texts_are_kept_in_a_file_of_several_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, codec: str, told: str, fast: bool
) -> None:
    """Texts of many lengths lie across the places where the file is cut in pieces of 1 MiB."""
    if not fast:
        monkeypatch.setattr(delimited, "_parsed", lambda *_: None)
        monkeypatch.setattr(tabular, "CHUNK", 7_000)
    texts = [f'{row} æ\nlinje "to"\r\n;{"ø" * (row % 97)}' for row in range(30_000)]
    made = io.StringIO(newline="")
    csv.writer(made, delimiter=";", lineterminator="\n").writerows([["a", "b"], *enumerate(texts)])
    content = made.getvalue().encode(codec)
    assert len(content) > 2 * 2**20
    table = load(written(tmp_path, content), lambda names: len({"a", "b"} & set(names)), None, lambda _: None)
    assert table.header == ["a", "b"]
    assert table.cells[1].tolist() == texts
    assert table.cells[0].tolist() == list(map(str, range(30_000)))
    assert table.cells.index.tolist() == list(range(2, 30_002))
    assert table.notes == [f"Tegnsæt: {told}.", "Felterne er adskilt af semikolon."]


def test_a_wording_that_two_questions_share_names_neither(
    tmp_path: Path, other: questionnaire.Questionnaire
) -> None:
    twin = replace(other, items=other.items | {"uger": replace(other.items["timer"], id="uger")})
    table = pd.DataFrame({"deltager": ["1"], "glad": ["a1"], "timer": ["2"], "uger": ["3"], "gjort": ["bold"],
                          "andet": [""]})
    read = answers.check(written(tmp_path, cases.text(table)), twin, None).accept().answers
    assert read[["timer", "uger"]].iloc[0].tolist() == ["2", "3"]
    wording = other.items["timer"].wording
    asked = written(tmp_path, cases.text(table.rename(columns={"timer": wording})))
    faults = answers.check(asked, twin, None).faults
    assert set(faults["kolonne"]) == {wording, "timer"}
    assert "ukendt kolonne" in answers.report(faults)
    alone = written(tmp_path, cases.text(table.drop(columns="uger").rename(columns={"timer": wording})))
    reading = answers.check(alone, other, None)
    assert reading.answers["timer"].tolist() == ["2"]
    assert f"Kolonner, der er læst under et andet navn: »{wording}« som timer." in reading.notes


def test_a_sheet_is_chosen_by_name(tmp_path: Path) -> None:
    path = written(tmp_path, cases.workbook(cases.GOOD, ("Svar", "Kopi")), "svar.xlsx")
    assert len(answers.check(path, INSTRUMENT, FRAME, sheet="Kopi").accept().answers) == 12
    assert "intet ark »Svra«. Mente du »Svar«?" in message(path, sheet="Svra")
    assert "kun en projektmappe" in message(written(tmp_path, cases.text(cases.GOOD)), sheet="Svar")


def test_rows_are_numbered_as_a_spreadsheet_does(tmp_path: Path) -> None:
    table = cases.with_comment("to\r\nlinjer").assign(pol_fokus=["ja"] * 5 + ["jaa"] * 1 + ["ja"] * 6)
    content = b"\r\n" + cases.text(table)
    assert "række 8, kolonne pol_fokus" in message(written(tmp_path, content))


def test_free_text_is_kept_as_it_is(tmp_path: Path) -> None:
    text = "  <b>æ</b>\r\n\t\"=1\"; \u202e \x07 🙂  "
    path = written(tmp_path, cases.text(cases.with_comment(text)))
    reading = answers.check(path, INSTRUMENT, FRAME).accept()
    assert reading.answers["vae_kommentar"].iloc[2] == text
    assert any("kontroltegn" in note for note in reading.notes)


# ---- Another survey --------------------------------------------------------------------------------------------------


def test_another_survey_without_a_frame(tmp_path: Path, other: questionnaire.Questionnaire) -> None:
    content = ("Hold;Køn?;Hvor glad/tilfreds er du?;b/timer;gjort;andet\n"
               "h1;kvinde;noget, men ikke meget;3;Boldspil, Kor, band og orkester;x\n"
               "h2;MAND;Det ved jeg ikke;det ved jeg ikke;;\n").replace("Køn?", "koen")
    reading = answers.check(written(tmp_path, content.encode()), other, None).accept()
    assert reading.answers.index.tolist() == ["2", "3"]
    assert reading.answers.index.name == ROW  # nobody knows who they are
    assert reading.answers.to_numpy().tolist() == [["a2", "3", "bold a", "x"], ["ved_ikke", "ved_ikke", "", ""]]
    assert reading.background.to_dict("list") == {"hold": ["h1", "h2"], "koen": ["k", "m"]}
    assert reading.background.index.equals(reading.answers.index)
    answers.write(reading.answers.join(reading.background), tmp_path / "gyldige.csv")
    again = answers.check(tmp_path / "gyldige.csv", other, None).accept()
    assert again.answers.index.name == ROW
    assert again.answers.to_numpy().tolist() == reading.answers.to_numpy().tolist()


def test_background_that_cannot_be_is_told(tmp_path: Path, other: questionnaire.Questionnaire) -> None:
    content = "deltager;koen;glad;timer;gjort;andet\n1;kvnde;a1;0;bold;\n2;;a1;9;bold;\n2;k;a1;9;bold;\n"
    told = faults.report(answers.check(written(tmp_path, content.encode()), other, None).faults)
    for words in ("række 2, kolonne koen, »kvnde«: kendes ikke som køn", "Mente du »Kvinde«?", "Tilladt: k, m",
                  "række 2, kolonne timer, »0«", "række 3, kolonne koen: er tom", "har svaret 2 gange: række 3, 4"):
        assert words in told.replace("Tilladt: Kvinde, Mand", "Tilladt: k, m")


def test_what_the_questionnaire_does_not_allow_is_told_column_by_column() -> None:
    bad = {"pol_fokus": "jaa", "pra_lange": "501", "pra_emner": "ingen natur", "vae_kommentar": "ved_ikke"}
    for name, value in bad.items():
        assert invalid(INSTRUMENT.items[name], [*TRUE[name].iloc[1:5], value, ""]) == [4]
    table = TRUE.head(5).assign(pra_tvaers=["0", "0", "300", "0", "0"])
    assert list(within(INSTRUMENT.items["pra_tvaers"], table)) == [True, True, False, True, True]


# ---- Size and chance -------------------------------------------------------------------------------------------------


def many(number: int) -> pd.DataFrame:
    """The answers over and over, each with a key of its own."""
    table = PLAIN.iloc[np.resize(np.arange(len(PLAIN)), number)]
    return table.assign(stilling=np.arange(number).astype(str))


def test_a_large_file_tells_how_far_it_is(tmp_path: Path) -> None:
    told: list[str] = []
    answers.check(written(tmp_path, cases.text(many(5_000))), INSTRUMENT, None, progress=told.append)
    assert told[0] == "5.001 rækker læst"
    assert told[-1] == "28 af 28 kolonner kontrolleret"


@pytest.mark.parametrize("end", ["", ";"])
def test_uneven_rows_are_numbered_right_throughout_a_large_file(tmp_path: Path, monkeypatch, end: str) -> None:
    """Some megabytes, which are parsed in pieces; a blank field too many makes the other parser read them."""
    monkeypatch.setattr(tabular, "CHUNK", 2_000)
    lines = cases.text(many(10_000)).decode().splitlines()
    short = [17, 5_555, 9_999]
    for at in short:
        lines[at] = "x;ja"
    lines[3] += end
    lines[30:30] = ["", ""]
    lines[5] = lines[5].rsplit(";", 1)[0] + ';"to\r\n""linjer"""'
    reading = answers.check(written(tmp_path, "\r\n".join(lines).encode()), INSTRUMENT, None)
    assert list(reading.rejected.index) == [18, 5_558, 10_002]
    assert reading.answers["vae_kommentar"].iloc[4] == 'to\r\n"linjer"'
    expected = many(10_000).reset_index(drop=True).drop([at - 1 for at in short])
    assert list(reading.answers.index) == list(expected["stilling"])
    assert list(reading.answers["pol_fokus"]) == list(expected["pol_fokus"])


def test_progress_is_printed_only_when_it_takes_time_and_somebody_sees_it(capsys, monkeypatch) -> None:
    tabular.Progress(wait=0)("ingen ser det")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    tabular.Progress(wait=60)("nej")
    slow = tabular.Progress(wait=0)
    slow("ja")
    slow("for tidligt")
    assert capsys.readouterr().err == "ja\n"


def test_many_faults_take_little_room(tmp_path: Path) -> None:
    """A file where every cell of many columns is wrong is told without a row of text for each."""
    choices = [item.id for item in INSTRUMENT.items.values() if item.scale.type in ("enkelt", "ordinal")]
    path = written(tmp_path, cases.text(many(10_000).assign(**dict.fromkeys(choices, "sludder"))))
    reading = answers.check(path, INSTRUMENT, None)
    assert len(reading.faults) == 10_000 * len(choices)
    assert reading.faults.memory_usage(deep=True).sum() < 30 * len(reading.faults)
    assert len(reading.rejected) == 10_000


def robust(path: Path, frame: pd.DataFrame | None = FRAME) -> answers.Reading | None:
    """Check a file; nothing but UserError may come of it, and no row may get lost."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            reading = answers.check(path, INSTRUMENT, frame)
    except UserError:
        return None
    faults.report(reading.faults)
    faults.write_report(reading.faults, path.with_name("fejl.csv"))
    faults.write_rejected(reading.rejected, path.with_name("afvist.csv"))
    assert bool(len(reading.rejected)) == bool(reading.faults["raekke"].notna().any())
    return reading


FUZZ = settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
FEW = cases.GOOD.head(4)
GOOD_FILES = {
    "a.csv": cases.text(FEW), "b.csv": cases.text(labelled().reset_index().head(4), codec="cp1252"),
    "c.txt": cases.text(FEW, "\t", "utf-16"), "a.xlsx": cases.workbook(FEW), "a.sav": cases.statistics(".sav", FEW),
    "a.dta": cases.statistics(".dta", FEW), "a.parquet": cases.parquet(FEW),
}


@FUZZ
@given(content=st.binary(max_size=400), suffix=st.sampled_from([".csv", ".xlsx", ".sav", ".dta", ".parquet", ""]),
       magic=st.sampled_from([b"", b"PK\x03\x04", b"$FL2", b"PAR1", b"<stata_dta>", b"\xff\xfe", b"stilling;noegle\n"]))
def test_random_bytes_are_refused_in_words(tmp_path: Path, content: bytes, suffix: str, magic: bytes) -> None:
    robust(written(tmp_path, magic + content, f"svar{suffix}"))


@FUZZ
@given(data=st.data(), name=st.sampled_from(list(GOOD_FILES)))
def test_good_files_with_changed_bytes_never_break_the_checker(tmp_path: Path, data, name: str) -> None:
    content = bytearray(GOOD_FILES[name])
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(content) - 1))
        what = data.draw(st.sampled_from(["byte", "cut", "double", "drop"]))
        if what == "byte":
            content[at] = data.draw(st.integers(0, 255))
        elif what == "cut":
            del content[max(at, 1):]
        elif what == "double":
            content[at:at] = content[at:at + 50]
        else:
            del content[at:at + data.draw(st.integers(1, 30))]
        content = content or bytearray(b"x")
    robust(written(tmp_path, bytes(content), name))


CELLS = st.one_of(
    st.text(max_size=20), st.from_regex(r"\A[-+=]?[0-9.,eE]{1,25}\Z"), st.sampled_from([
        "ja", "Ja", "nej", "ved_ikke", "Ved ikke", "ingen", "sundhed natur", "Natur, miljø og byrum; KL", "101-social",
        "=1+1", "#REF!", "3-5-2015", "Ã¦", "1.000", "ingen, ingen", ";", "|", ",", "'=x", "\ud7ff", "9" * 5000]))
NAMES = st.lists(st.sampled_from(list(cases.GOOD)) | st.text(max_size=8), min_size=29, max_size=29)


@settings(FUZZ, max_examples=200)
@given(st.lists(st.sampled_from(
    ["a", "b", ";", ";", '"', '""', "\r\n", "\n", "\r", ' "', '"a;b"', '"\n"']), max_size=25))
def test_the_fast_parser_reads_what_the_standard_library_does(pieces: list[str]) -> None:
    text = "".join(["stilling;x\n", *pieces]).encode()
    fast = delimited._parsed(text, ";", print)
    if fast is not None:
        slow = tabular.gather(delimited._records(Path("x"), text, ";"), print)
        assert fast.header == slow.header
        assert fast.ragged == slow.ragged
        pd.testing.assert_frame_equal(fast.cells, slow.cells)
        assert fast.notes == slow.notes


@pytest.mark.slow
@settings(FUZZ, max_examples=15)
@given(rows=st.lists(st.lists(CELLS, min_size=29, max_size=29), min_size=1, max_size=3),
       names=NAMES | st.just(list(cases.GOOD)), frame=st.booleans())
def test_random_cells_are_all_accounted_for(tmp_path: Path, rows: list[list[str]], names: list[str], frame) -> None:
    made = io.StringIO(newline="")
    csv.writer(made, delimiter=";").writerows([names, *rows])
    content = made.getvalue().encode("utf-8", "replace")
    reading = robust(written(tmp_path, content), FRAME if frame else None)
    if reading is not None:
        assert len(reading.answers) + len(reading.rejected) == sum(any(row) for row in rows)
        assert sound(reading.answers)


@FUZZ
@given(st.text(max_size=60), st.sampled_from(SEVERAL))
def test_any_text_is_read_as_an_answer_or_not_at_all(cell: str, item: questionnaire.Item) -> None:
    (value,), _ = coding.coded(item, [cell], INSTRUMENT.dont_know)
    assert valid(item, value) or value == f"? {cell}" or value.split(" ") != sorted(set(value.split(" ")))


@pytest.mark.parametrize("text", ["3", "3,0", "3.0", "3.00", "03", " 3 "])
def test_whole_numbers_as_they_are_written(text: str) -> None:
    assert coding.whole_number(text) == "3"


@pytest.mark.parametrize("text", ["", "3,5", "3.000", "1e1", "+3", "3 0", "٣", "²", "-", "3,", ".0"])
def test_other_texts_are_no_whole_numbers(text: str) -> None:
    assert coding.whole_number(text) is None


# ---- The standard answers and their provenance -----------------------------------------------------------------------


def changed(tmp_path: Path, change: cases.Change) -> Path:
    """A copy of the standard answers after `change` of the table."""
    return written(tmp_path, change(PLAIN).to_csv(index=False).encode())


def test_reading_never_changes_the_file() -> None:
    before = STANDARD.read_bytes()
    answers.check(STANDARD, INSTRUMENT, FRAME).accept()
    assert STANDARD.read_bytes() == before


def test_the_standard_answers_are_synthetic_in_any_order_of_rows_and_columns() -> None:
    table = answers.check(STANDARD, INSTRUMENT, FRAME).accept().answers
    assert provenance(table) == "syntetisk"
    assert provenance(table.iloc[::-1, ::-1]) == "syntetisk"


def test_an_edited_synthetic_file_is_collected(tmp_path: Path) -> None:
    table = answers.check(changed(tmp_path, cases.put("pra_lange", "499")), INSTRUMENT, FRAME).accept().answers
    assert provenance(table) == "indsamlet"
    assert provenance(table.iloc[1:]) == "indsamlet"


@pytest.mark.slow
def test_answers_simulated_in_another_process_are_not_known_here() -> None:
    script = "from civsam.study import simulate; print(simulate.simulate(77).answers.to_csv())"
    text = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    there = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False, index_col=0)
    assert provenance(there) == "indsamlet"
    assert provenance(simulate.simulate(77).answers) == "syntetisk"


def test_nothing_overrides_provenance() -> None:
    given = survey.Survey(answers.check(STANDARD, INSTRUMENT, FRAME).accept().answers.iloc[5:], FRAME, INSTRUMENT)
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
    path = changed(tmp_path, cases.put("vae_kommentar", "En anden kommentar"))
    with pytest.raises(UserError, match="seed gælder kun de syntetiske"):
        edition.open_edition(data=str(path), seed=7)
    opened = edition.open_edition(data=str(path))
    assert opened.survey.provenance == "indsamlet"
    assert opened.truth is None
    assert dict(opened.words())["Svar"] == "indsamlede, svar.csv"


def test_parameters_are_parsed_as_danes_write_them() -> None:
    assert edition.parameters()["konfidens"].parse("0,9") == 0.9
    with pytest.raises(UserError, match="seed"):
        edition.parameters()["seed"].parse("syv")


def test_the_parameters_in_words() -> None:
    words = dict(edition.open_edition(seed=7, fokus="kultur", opdel="blok", konfidens=0.9).words())
    assert words == {
        "Svar": "syntetiske, frø 7",
        "Fagområde i fokus": "Kultur og fritid",
        "Delt op efter": "borgmesterens blok",
        "Konfidensniveau": "90\u00a0%",
    }
