"""The exports of survey programs as they are: known by their shape, told in one line, and read."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas as pd
import pyreadstat
import pytest
import small

LABELS = {"afdeling": {"nord": "Nord", "syd": "Syd"},
          "glad": {"slet_ikke": "Slet ikke", "lidt": "Lidt", "meget": "Meget", "ved_ikke": "Ved ikke"},
          "medlem": {"ja": "Ja", "nej": "Nej"}, "timer": {"ved_ikke": "Ved ikke"}}
PLACES = {"hal": "Idrætshal", "skov": "Skov, strand og park", "bib": "Bibliotek", "ingen": "Ingen af dem",
          "ved_ikke": "Ved ikke"}
ASKED = {"glad": "Hvor glad er du?", "medlem": "Er du medlem?", "timer": "Hvor mange timer?",
         "sted": "Hvor er du henne?", "andet": "Er der andet?"}
PEOPLE = list(csv.DictReader(io.StringIO(small.ANSWERS)))
Rows = list[list[str]]


def words(person: dict[str, str], name: str) -> str:
    """What stands in the export of a program that writes labels."""
    return LABELS.get(name, {}).get(person[name], person[name])


def several(person: dict[str, str], sign: str) -> str:
    return sign.join(PLACES[code] for code in person["sted"].split())


def ticks(person: dict[str, str], yes: str | None = "1", no: str = "0", codes: tuple = tuple(PLACES)) -> list[str]:
    """A cell an answer; blank in all where nothing was answered. yes: None for the answer's own words."""
    given = person["sted"].split()
    return [("" if not given else PLACES[code] if yes is None and code in given else yes if code in given else no)
            for code in codes]


def forms(own: list[str], sign: str, end: str = "") -> Rows:
    """The forms of Google and Microsoft: the questions are the names, and several answers stand in one cell."""
    head = [*own, "svarperson", "afdeling", *ASKED.values()]
    return [head, *([*["x"] * len(own), one["svarperson"], words(one, "afdeling"), *(words(one, name) for name in (
        "glad", "medlem", "timer")), several(one, sign) + (end if one["sted"] else ""), one["andet"]]
        for one in PEOPLE)]


def split(own: list[str], names: Callable[[str], str], yes: str | None, no: str, labels: bool = False,
          asked: dict[str, str] | None = None) -> Rows:
    """A column for each of several answers; names: what it is called. asked: what the others are."""
    others = ["svarperson", "afdeling", "glad", "medlem", "timer", "andet"]
    head = [*own, *((asked or {}).get(name, name) for name in others), *map(names, PLACES)]
    return [head, *([*["x"] * len(own), *(words(one, name) if labels else one[name] for name in others),
                     *ticks(one, yes, no)] for one in PEOPLE)]


def qualtrics(joined: bool) -> Rows:
    """Three rows of headings; the names say nothing, the second row is the questions, one with its answers."""
    own = ["StartDate", "Status", "Finished", "ResponseId", "Duration (in seconds)"]
    parts = ["Q4"] if joined else [f"Q4_{number}" for number in range(1, 6)]
    asked = [ASKED["sted"] + " - Selected Choice"] if joined else [
        f"{ASKED['sted']} - Selected Choice - {label}" for label in PLACES.values()]
    names = [*own, "svarperson", "afdeling", "Q1", "Q2", "Q3", "Q5", *parts]
    second = [*own, "svarperson", "afdeling", *(ASKED[name] for name in ("glad", "medlem", "timer", "andet")), *asked]
    return [names, second, [f'{{"ImportId":"{name}"}}' for name in names],
            *(["2026-05-03", "Survey Preview" if one["svarperson"] == "p1" else "IP Address", "True", "R_1", "44",
               one["svarperson"], *(words(one, name) for name in ("afdeling", "glad", "medlem", "timer", "andet")),
               *([several(one, ",")] if joined else ticks(one, None, ""))] for one in PEOPLE)]


def survey_monkey() -> Rows:
    """Two rows of headings: the name of a question with several columns stands in the first, and then none."""
    own = ["Respondent ID", "Collector ID", "Start Date", "IP Address"]
    single = ["svarperson", "afdeling", "glad", "medlem", "timer"]
    first = [*own, *(ASKED.get(name, name) for name in single), ASKED["sted"], *[""] * 4, ASKED["andet"]]
    second = [*[""] * 4, *["Response"] * 5, *PLACES.values(), "Open-Ended Response"]
    return [first, second, *(["1", "2", "x", "y", *(words(one, name) for name in single), *ticks(one, None, ""),
                              one["andet"]] for one in PEOPLE)]


LIMESURVEY = ["id", "submitdate", "lastpage", "startlanguage", "seed"]
REDCAP = ["record_id", "redcap_survey_identifier", "skema_timestamp", "skema_complete"]
SURVEYXACT = ["respondentid", "organization", "statcompletion_1", "statcreation_1", "statoverall_1", "statoverall_2",
              "created", "modified", "closetime", "difftime"]
KOBO = ["start", "end", "_id", "_uuid", "_submission_time", "__version__"]
EXPORTS = {
    "Google Forms": (forms(["Tidsstempel"], ", "), 1),
    "Google Forms, engelsk": (forms(["Timestamp", "Email Address"], ", "), 2),
    "Microsoft Forms": (forms(["Id", "Starttidspunkt", "Fuldførelsestidspunkt", "Mail", "Navn"], ";", ";"), 5),
    "Microsoft Forms, engelsk": (forms(["Id", "Start time", "Completion time", "Email", "Name"], ";", ";"), 5),
    "Qualtrics, samlet": (qualtrics(True), 5),
    "Qualtrics, delt": (qualtrics(False), 5),
    "SurveyMonkey": (survey_monkey(), 4),
    "LimeSurvey": (split(LIMESURVEY, "sted[{}]".format, "Y", "N"), 5),
    "LimeSurvey, tekst": (split(LIMESURVEY, lambda code: f"{ASKED['sted']} [{PLACES[code]}]", "Ja", "Nej", True,
                                ASKED), 5),
    "REDCap": (split(REDCAP, "sted___{}".format, "1", "0"), 4),
    "REDCap, tekst": (split(["Record ID", "Complete?"], lambda code: f"{ASKED['sted']} (choice={PLACES[code]})",
                            "Checked", "Unchecked", True, ASKED), 2),
    "SurveyXact": (split(SURVEYXACT, lambda code: f"{ASKED['sted']} - {PLACES[code]}", "Valgt", "Ikke valgt", True,
                         ASKED), 10),
    "SurveyXact, svarets tekst": (split(SURVEYXACT, "sted_{}".format, None, "", True), 10),
    "KoboToolbox eller ODK": (split(KOBO, "blok_b/sted/{}".format, "1", "0"), 6),
    "KoboToolbox eller ODK, tekst": (split(KOBO, lambda code: f"Anden del/{ASKED['sted']}/{PLACES[code]}", "1", "0",
                                           True, {name: f"Første del/{text}" for name, text in ASKED.items()}), 6),
}


BOTH = EXPORTS["KoboToolbox eller ODK, tekst"][0]
EXPORTS["KoboToolbox eller ODK, samlet tekst"] = (forms(KOBO, " "), 6)
EXPORTS["KoboToolbox eller ODK, begge"] = ([[*row, cell] for row, cell in zip(
    BOTH, [f"Anden del/{ASKED['sted']}", *(several(one, " ") for one in PEOPLE)], strict=True)], 6)


def as_csv(rows: Rows) -> bytes:
    file = io.StringIO(newline="")
    csv.writer(file).writerows(rows)
    return file.getvalue().encode()


def as_xlsx(rows: Rows) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append([cell or None for cell in row])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


@pytest.mark.parametrize("name", ["svar.csv", "svar.xlsx"])
@pytest.mark.parametrize("program", EXPORTS)
def test_an_export_is_known_told_in_a_line_and_read(tmp_path: Path, program: str, name: str) -> None:
    rows, own = EXPORTS[program]
    made = as_csv(rows) if name.endswith("csv") else as_xlsx(rows)
    reading = small.read(tmp_path, made, name=name).accept()
    truth = small.read(tmp_path, small.ANSWERS).accept()
    pd.testing.assert_frame_equal(reading.answers, truth.answers)
    pd.testing.assert_frame_equal(reading.background, truth.background)
    added = "1 kolonne er dens egen" if own == 1 else f"{own} kolonner er dens egne"
    told = small.told(reading)
    assert f"Ligner en eksport fra {program.split(',')[0]}; {added} og er sprunget over: {rows[0][0]}" in told
    assert "ikke er brugt" not in told


def test_answers_that_only_try_the_form_are_told(tmp_path: Path) -> None:
    told = small.told(small.read(tmp_path, as_csv(qualtrics(True))))
    assert "er prøver, ifølge Status, og som er taget med: 1 (række 4)." in told


def test_labels_of_columns_in_spss_say_what_they_are(tmp_path: Path) -> None:
    """SurveyXact and Enalyzer: names that say nothing, ticks with the labels Valgt and Ikke valgt."""
    table = pd.DataFrame([[one["svarperson"], words(one, "afdeling"), *(words(one, name) for name in (
        "glad", "medlem", "timer", "andet")), *(float(tick) if tick else None for tick in ticks(one))]
        for one in PEOPLE])
    table.columns = ["svarperson", "afdeling", *(f"s_{at}" for at in range(1, 5)), *(f"s_5_{at}" for at in range(1, 6))]
    labels = [None, None, *(ASKED[name] for name in ("glad", "medlem", "timer", "andet")),
              *(f"{ASKED['sted']} - {label}" for label in PLACES.values())]
    pyreadstat.write_sav(table, tmp_path / "lavet.sav", column_labels=labels, variable_value_labels={
        f"s_5_{at}": {0: "Ikke valgt", 1: "Valgt"} for at in range(1, 6)})
    reading = small.read(tmp_path, (tmp_path / "lavet.sav").read_bytes(), name="svar.sav").accept()
    pd.testing.assert_frame_equal(reading.answers, small.read(tmp_path, small.ANSWERS).answers)


def test_a_label_never_takes_the_place_of_a_name(tmp_path: Path) -> None:
    """A recoded variable keeps its label in SPSS; the one that is called as the question is the answer."""
    table = pd.DataFrame([[*one.values(), "0"] for one in PEOPLE], columns=[*PEOPLE[0], "timer_rec"])
    labels = [*[""] * 4, ASKED["timer"], "", "", ASKED["timer"]]
    pyreadstat.write_sav(table, tmp_path / "lavet.sav", column_labels=labels)
    reading = small.read(tmp_path, (tmp_path / "lavet.sav").read_bytes(), name="svar.sav").accept()
    assert reading.answers["timer"].tolist()[:3] == ["0", "12", "99"]
    assert "spørgeskemaet ikke nævner dem: timer_rec (Hvor mange timer?)." in small.told(reading)


def test_two_columns_that_say_the_same_are_a_fault(tmp_path: Path) -> None:
    table = pd.DataFrame([[*one.values(), one["timer"]] for one in PEOPLE], columns=[
        "svarperson", "afdeling", "glad", "medlem", "s_1", "sted", "andet", "s_2"])
    labels = [*[""] * 4, ASKED["timer"], "", "", ASKED["timer"]]
    pyreadstat.write_sav(table, tmp_path / "lavet.sav", column_labels=labels)
    reading = small.read(tmp_path, (tmp_path / "lavet.sav").read_bytes(), name="svar.sav")
    assert "kolonne s_2: står to gange: også som »s_1«" in small.told(reading)


def test_ticks_of_an_answer_that_the_question_does_not_have_are_a_fault(tmp_path: Path) -> None:
    """Else who ticked that alone is one who did not answer."""
    rows = split(KOBO, "sted/{}".format, "1", "0")
    made = [[*row, new] for row, new in zip(rows, ["sted/andet", "1", *["0"] * 5], strict=True)]
    told = small.told(small.read(tmp_path, as_csv(made)))
    assert "kolonne sted/andet: er krydser ved »andet«, som spørgeskemaet ikke har" in told
    made = [[*row, new] for row, new in zip(rows, ["sted/andet", "Ude", *[""] * 5], strict=True)]
    assert "nævner dem: sted/andet." in small.told(small.read(tmp_path, as_csv(made)))  # words beside it are no ticks


BATTERY = """
  - {id: tryg, blok: a, skala: janej, emne: Tryg, ordlyd: Jeg er tryg.}
  - {id: rask, blok: a, skala: janej, emne: Rask, ordlyd: Jeg er rask.}
"""


@pytest.mark.parametrize("name", ["Hvor enig er du? [{}]", "Hvor enig er du? - {}", "[{}] Hvor enig er du?"])
def test_a_battery_is_read_by_the_words_of_each_question(tmp_path: Path, name: str) -> None:
    study = small.asked(tmp_path, text=small.QUESTIONNAIRE + BATTERY.lstrip("\n"))
    head, *rows = small.ANSWERS.splitlines()
    names = ",".join(name.format(text) for text in ("Jeg er tryg.", "Jeg er rask."))
    made = "\n".join([f"{head},{names}", *(f"{row},Ja,Nej" for row in rows), ""])
    reading = small.read(tmp_path, made, study).accept()
    assert set(reading.answers["tryg"]) == {"ja"}
    assert set(reading.answers["rask"]) == {"nej"}
    alone = made.replace(names, f"rask,{name.format('Jeg er tryg.')}")  # may as well be a change in it
    assert "kolonne tryg: mangler" in small.told(small.read(tmp_path, alone, study))


@pytest.mark.parametrize(("yes", "no"), [("TRUE", "FALSE"), ("Y", "N"), ("SAND", "FALSK"), ("yes", "no")])
def test_what_programs_write_for_yes_and_no_is_read_and_told(tmp_path: Path, yes: str, no: str) -> None:
    made = small.ANSWERS.replace(",ja,", f",{yes},").replace(",nej,", f",{no},")
    reading = small.read(tmp_path, made).accept()
    assert reading.answers["medlem"].tolist() == ["ja", "nej", "ja", "nej", "ja", ""]
    assert f"Skrevet som {yes} for Ja, {no} for Nej: medlem." in reading.notes


def test_true_is_no_answer_where_yes_and_no_are_not_the_answers(tmp_path: Path) -> None:
    told = small.told(small.read(tmp_path, small.ANSWERS.replace(",lidt,", ",TRUE,")))
    assert "kolonne glad, »TRUE«: sådan skriver et program sandt og falsk" in told
