"""Weights, strata, clusters and replicate weights in an answer file: what is read, and what is told of each fault."""

from pathlib import Path

import pandas as pd
import pytest
from small import asked, told

from civsam import edition
from civsam.files import UserError
from civsam.inference import sampled
from civsam.intake import answers
from civsam.intake.design_columns import numbers
from civsam.intake.frame import read_frame

SAMPLE = "stikproeve: {vaegt: w, strata: lag, klynge: skole, antal: n, enlig: certainty}\nblokke:"
ROWS = ["p1,nord,ja,0.5,a,1,4", "p2,nord,nej,1.5,a,2,4", "p3,syd,ja,2,b,3,5", "p4,syd,ja,1,b,4,5", "p5,syd,nej,1,b,4,5"]
HEADER = "svarperson,afdeling,medlem,w,lag,skole,n"
SHORT = """
titel: t
afgraensning: a
ved_ikke: Ved ikke
baggrund:
  afdeling: {navn: afdeling, svar: {nord: Nord, syd: Syd}}
blokke: {a: A}
skalaer: {janej: {type: enkelt, svar: {ja: Ja, nej: Nej}}}
spoergsmaal: [{id: medlem, blok: a, skala: janej, emne: Medlem, ordlyd: Er du medlem?}]
"""


def read(folder: Path, rows: list[str], sample: str = SAMPLE, header: str = HEADER,
         frame: pd.DataFrame | None = None) -> answers.Reading:
    (folder / "svar.csv").write_text("\n".join([header, *rows]) + "\n", "utf-8")
    return answers.check(folder / "svar.csv", asked(folder, "blokke:", sample, SHORT), frame)


def changed(row: int, old: str, new: str) -> list[str]:
    assert old in ROWS[row]
    return [*ROWS[:row], ROWS[row].replace(old, new), *ROWS[row + 1:]]


def test_the_columns_are_read_beside_the_answers(tmp_path: Path) -> None:
    reading = read(tmp_path, ROWS).accept()
    assert list(reading.answers) == ["medlem"]
    assert reading.background["w"].tolist() == [0.5, 1.5, 2, 1, 1]
    assert reading.background["lag"].tolist() == list("aabbb")
    study = asked(tmp_path, "blokke:", SAMPLE, SHORT)
    survey = edition.usual_weights(edition.of_reading(reading, None, study, "s"), "s")
    assert survey.design.weights.tolist() == [0.5, 1.5, 2, 1, 1]
    assert sampled.told(survey) == ["vægte: w", "strata: lag", "klynger: skole", "størrelse af populationen: n",
                                    "strata med én klynge: 0 (certainty: de giver ingen usikkerhed)"]


@pytest.mark.parametrize(("rows", "message"), [
    (changed(1, "1.5", ""), "række 3, kolonne w: mangler"),
    (changed(1, "1.5", "NA"), "række 3, kolonne w, »NA«: mangler"),
    (changed(1, "1.5", "-1"), "række 3, kolonne w, »-1«: er under 0"),
    (changed(1, "1.5", "høj"), "række 3, kolonne w, »høj«: er ikke et tal"),
    (changed(1, "1.5", "1e999"), "række 3, kolonne w, »1e999«: er for stort"),
    (changed(4, ",5", ",0"), "række 6, kolonne n, »0«: er 0"),
    (changed(4, "b,4,5", "b,4,6"), r"kolonne n, »6«: række 6: er et andet tal end ovenfor i samme stratum \(lag »b«\)"),
    ([row.replace("b,3,5", "b,3,1").replace("b,4,5", "b,4,1") for row in ROWS],
     r"kolonne n, »1«: række 4 \(og 2 rækker til\): er færre, end der er trukket"),
    ([*ROWS[:4], "p5,syd,nej,1,a,4,4"], "kolonne skole, »4«: række 6: klyngen »4« er i to"),
    (changed(1, ",a,", ",,"), "kolonne lag: række 3: er tom"),
])
def test_each_fault_is_told_with_row_column_and_value(rows: list[str], message: str, tmp_path: Path) -> None:
    reading = read(tmp_path, rows)
    with pytest.raises(UserError, match=message):
        reading.accept()


def test_a_stratum_with_a_single_cluster_is_refused_unless_it_is_said_what_to_do(tmp_path: Path) -> None:
    rows = changed(1, "a,2", "a,1")
    read(tmp_path, rows).accept()
    with pytest.raises(UserError, match=r"kolonne lag, »a«: række 2 .* er den eneste klynge i sit stratum.*enlig"):
        read(tmp_path, rows, SAMPLE.replace(", enlig: certainty", "")).accept(keep_valid=True)


def test_columns_that_are_missing_are_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"kolonne w: mangler.*stikproeve i spørgeskemaet nævner den"):
        read(tmp_path, [",".join(row.split(",")[:3]) for row in ROWS], header="svarperson,afdeling,medlem").accept()
    replicated = "stikproeve: {vaegt: w, replikater: rw, type: BRR}\nblokke:"
    header = "svarperson,afdeling,medlem,w,rw1,rw2,rw4"
    rows = [f"p{n},syd,ja,1,1,2,3" for n in range(6)]
    with pytest.raises(UserError, match="kolonnen rw3 mangler mellem rw1 og rw4"):
        read(tmp_path, rows, replicated, header).accept()
    assert list(read(tmp_path, rows, replicated, header.replace("rw4", "rw3")).accept().background) == [
        "afdeling", "w", "rw1", "rw2", "rw3"]
    with pytest.raises(UserError, match="0 kolonner begynder med eller passer på »xx«"):
        read(tmp_path, rows, replicated.replace("rw,", "xx,"), header).accept()


def test_those_with_weight_0_are_told_and_do_not_count(tmp_path: Path) -> None:
    reading = read(tmp_path, changed(1, "1.5", "0")).accept()
    assert "Rækker med vægten 0, som ikke tæller med i noget tal: 1 (række 3)." in told(reading)


@pytest.mark.parametrize(("cells", "values"), [
    (["0,5", "1,25"], [0.5, 1.25]), (["1.5", "1.500"], [1.5, 1.5]), (["1,500", "0,500"], [1.5, 0.5]),
    ([" 2 ", "1e3", ".5"], [2, 1000, 0.5]), (["12.000000001", "7"], [12.000000001, 7])])
def test_decimals_have_point_or_comma(cells: list[str], values: list[float]) -> None:
    found, wrong = numbers(cells, zero=False)
    assert found.tolist() == values
    assert wrong == ["", ""] + [""] * (len(cells) - 2)


@pytest.mark.parametrize("cells", [["1.500", "2"], ["1.500", "0,5"], ["12,345,678"]])
def test_thousands_that_may_be_decimals_are_refused(cells: list[str]) -> None:
    assert numbers(cells, zero=True)[1][0].startswith(("er et flertydigt tal", "er ikke et tal"))


def test_what_a_frame_tells_is_read_and_held_against_the_file(tmp_path: Path) -> None:
    (tmp_path / "ramme.csv").write_text("svarperson,afdeling,w,lag,skole,n\n" + "\n".join(
        ",".join(part for place, part in enumerate(row.split(",")) if place != 2).replace(".", ";") for row in ROWS
    ).replace(",", "|").replace(";", ",").replace("|", ";").replace("svarperson", ""), "utf-8")
    text = (tmp_path / "ramme.csv").read_text("utf-8").replace("svarperson,afdeling,w,lag,skole,n",
                                                               "svarperson;afdeling;w;lag;skole;n")
    (tmp_path / "ramme.csv").write_text(text, "utf-8")
    study = asked(tmp_path, "blokke:", SAMPLE, SHORT)
    frame = read_frame(study, tmp_path / "ramme.csv")
    assert frame["w"].tolist() == [0.5, 1.5, 2, 1, 1]
    read(tmp_path, ["p1,ja,\"0,50\"", "p2,nej,\"1,5\""], header="svarperson,medlem,w", frame=frame).accept()
    with pytest.raises(UserError, match="kolonne w, »2«: er et andet end i rammen"):
        read(tmp_path, ["p1,ja,2"], header="svarperson,medlem,w", frame=frame).accept()
    (tmp_path / "ramme.csv").write_text(text.replace("0,5;", ";"), "utf-8")
    with pytest.raises(UserError, match=r"ramme\.csv, linje 2, kolonnen w: »« mangler"):
        read_frame(study, tmp_path / "ramme.csv")


def test_a_column_that_looks_like_a_weight_is_told_of(tmp_path: Path) -> None:
    rows = ["p1,nord,ja,0.5,1", "p2,syd,nej,1,2"]
    notes = read(tmp_path, rows, "blokke:", "svarperson,afdeling,medlem,WTMEC2YR,hoejde").notes
    assert [note for note in notes if "ligner en vægt" in note] == [
        "Kolonnen WTMEC2YR ligner en vægt, og svarene vejes ikke efter den. Skal de det, skriver du i spørgeskemaet: "
        "stikproeve: {vaegt: WTMEC2YR}."]
