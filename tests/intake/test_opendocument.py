"""Spreadsheets of OpenDocument: cells as LibreOffice writes them, formulas told, and damaged files refused."""

import io
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import pandas as pd
import pytest
import small
from brought import brought

from civsam.files import UserError

KIND = "application/vnd.oasis.opendocument.spreadsheet"
NAMES = " ".join(f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{short}:1.0"'
                 for short in ("office", "table", "text"))
BLANKS = '<table:table-cell table:number-columns-repeated="1000"/>'
END = '<table:table-row table:number-rows-repeated="1048000"><table:table-cell table:number-columns-repeated="1024"/>'


def cell(text: str) -> str:
    """A cell as LibreOffice writes it: numbers with their value, and what is not as it is shown."""
    if not text:
        return "<table:table-cell/>"
    if text.lstrip("-").replace(".", "", 1).isdigit():
        return (f'<table:table-cell office:value-type="float" office:value="{text}"><text:p>{text} kr.</text:p>'
                "</table:table-cell>")
    return (f'<table:table-cell office:value-type="string"><text:p>{escape(text)}</text:p></table:table-cell>')


def sheet(rows: list[str], name: str = "Ark1") -> str:
    """A sheet of rows, as it ends in LibreOffice: with a million blank rows."""
    made = "".join(f"<table:table-row>{row}{BLANKS}</table:table-row>" for row in rows)
    return f"<table:table table:name={quoteattr(name)}>{made}{END}</table:table-row></table:table>"


def ods(path: Path, *sheets: str, manifest: str = "<manifest/>") -> Path:
    content = (f"<office:document-content {NAMES}><office:body><office:spreadsheet>{''.join(sheets)}"
               "</office:spreadsheet></office:body></office:document-content>")
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("mimetype", KIND, zipfile.ZIP_STORED)
        packed.writestr("content.xml", content)
        packed.writestr("META-INF/manifest.xml", manifest)
    path.write_bytes(made.getvalue())
    return path


def answered() -> list[str]:
    return ["".join(map(cell, line.split(","))) for line in small.ANSWERS.splitlines()]


def test_the_answers_of_a_spreadsheet_are_those_of_the_same_csv(tmp_path: Path) -> None:
    content = ods(tmp_path / "x.ods", sheet(answered()), sheet([], "Ark2")).read_bytes()
    reading = small.read(tmp_path, content, name="svar.ods").accept()
    pd.testing.assert_frame_equal(reading.answers, small.read(tmp_path, small.ANSWERS).answers)
    assert reading.notes[0] == "Ark: »Ark1«."
    study, answers, _ = brought(ods(tmp_path / "ny.ods", sheet(answered())))
    assert list(study.items) == ["afdeling", "glad", "medlem", "timer", "sted", "andet"]
    assert answers is not None
    assert answers["timer"].tolist() == ["0", "12", "99", "ved_ikke", "", "400"]


def test_a_formula_and_an_error_are_told_with_their_row_whatever_they_show(tmp_path: Path) -> None:
    formula = ('<table:table-cell table:formula="of:=SUM([.A1:.A2])" office:value-type="float" office:value="12">'
               "<text:p>12</text:p></table:table-cell>")
    rows = answered()
    rows[2] = rows[2].replace(cell("12"), formula)
    reading = small.read(tmp_path, ods(tmp_path / "x.ods", sheet(rows)).read_bytes(), name="svar.ods")
    assert reading.faults[["raekke", "kolonne", "vaerdi", "fejl"]].to_numpy().tolist() == [
        [3, "timer", "=SUM([.A1:.A2])", "en formel, ikke et svar"]]


def test_repeated_cells_rows_and_spaces_are_written_out(tmp_path: Path) -> None:
    rows = answered()
    text = ('<table:table-cell office:value-type="string"><office:annotation><text:p>En note</text:p>'
            '</office:annotation><text:p>to<text:s text:c="2"/>ord<text:line-break/>og <text:a>mere</text:a></text:p>'
            "<text:p>sidst</text:p></table:table-cell>")
    rows[1] = f"{cell('p1')}{cell('nord')}{cell('lidt')}{cell('ja')}{cell('1.5')}{cell('')}{text}"
    rows.insert(1, '</table:table-row><table:table-row table:number-rows-repeated="3"><table:table-cell/>')
    rows[-1] = cell("p6") + cell("syd") + '<table:table-cell table:number-columns-repeated="5"/>'
    study = small.asked(tmp_path, "hoejst: 1000}", "hoejst: 1000, decimaler: 1}")
    reading = small.read(tmp_path, ods(tmp_path / "x.ods", sheet(rows)).read_bytes(), study, "svar.ods").accept()
    assert reading.answers.loc["p1", ["timer", "andet"]].tolist() == ["1.5", "to  ord\nog mere\nsidst"]
    assert reading.answers.loc["p6"].tolist() == [""] * 5
    assert "Tomme rækker, der er sprunget over: 4." in reading.notes


HUGE = '<table:table-row table:number-rows-repeated="999999999">' + cell("x") + "</table:table-row>"


@pytest.mark.parametrize(("sheets", "manifest", "why"), [
    ([sheet(answered()), sheet(answered(), "B")], "", "flere ark: »Ark1« .*, »B«"),
    ([sheet([])], "", "projektmappen er tom"),
    ([sheet(answered())], "<encryption-data/>", "beskyttet med adgangskode"),
    ([f'<table:table table:name="A">{HUGE}</table:table>'], "", "over 20000000 celler"),
    ([sheet([cell("x").replace("<table:table-cell ", '<table:table-cell table:number-columns-repeated="99999999" ')])],
     "", "over 20000000 celler"),
    (["<x>"], "", "ikke hel XML"),
], ids=["ark", "tom", "låst", "rækker", "celler", "xml"])
def test_a_spreadsheet_that_cannot_be_read_is_told(tmp_path: Path, sheets: list[str], manifest: str, why: str) -> None:
    content = ods(tmp_path / "x.ods", *sheets, manifest=manifest).read_bytes()
    with pytest.raises(UserError, match=why):
        small.read(tmp_path, content, name="svar.ods")
    for cut in range(0, len(content), 97):
        with pytest.raises(UserError):
            small.read(tmp_path, content[:cut], name="svar.ods")
