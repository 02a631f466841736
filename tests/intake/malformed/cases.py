"""Malformed answer files, each with the words that its fault must be told in.

Every file is the first twelve synthetic answers with one thing broken, so each is told apart from a good file by that
alone. Binary files are made by the libraries that write them.
"""

from __future__ import annotations

import datetime
import io
from collections.abc import Callable
from dataclasses import dataclass

import openpyxl
import pandas as pd
import pyreadstat

from civsam.files import project

GOOD = pd.read_csv(project.data / "svar.csv", dtype=str, keep_default_na=False).head(12)
CELL = 2  # place of the respondent whose cell is broken: row 4 of a CSV file or a sheet

Change = Callable[[pd.DataFrame], pd.DataFrame]


@dataclass(frozen=True)
class Case:
    """name: what is wrong. file: its name. content: makes its bytes. words: what the message must hold."""

    name: str
    file: str
    content: Callable[[], bytes]
    words: tuple[str, ...]


# ---- Ways to write and to break a table


def text(table: pd.DataFrame, separator: str = ";", codec: str = "utf-8") -> bytes:
    """The table as delimited text."""
    return table.to_csv(index=False, sep=separator, lineterminator="\r\n").encode(codec)


def put(column: str, value: object, row: int = CELL) -> Change:
    """Write a value in one cell."""
    def change(table: pd.DataFrame) -> pd.DataFrame:
        table = table.astype({column: object})
        table.loc[row, column] = value
        return table
    return change


def workbook(table: pd.DataFrame, sheets: tuple[str, ...] = ("Svar",)) -> bytes:
    """The table in each of these sheets."""
    made = io.BytesIO()
    with pd.ExcelWriter(made) as writer:
        for name in sheets:
            table.to_excel(writer, sheet_name=name, index=False)
    return made.getvalue()


def sheet_cell(column: str, value: object) -> bytes:
    """A workbook with a value of any kind in one cell."""
    book = openpyxl.load_workbook(io.BytesIO(workbook(GOOD)))
    book["Svar"].cell(CELL + 2, list(GOOD).index(column) + 1, value)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def statistics(suffix: str, table: pd.DataFrame = GOOD, **facts: object) -> bytes:
    """The table as an SPSS or Stata file."""
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"svar{suffix}")
        (pyreadstat.write_sav if suffix == ".sav" else pyreadstat.write_dta)(table, path, **facts)
        return path.read_bytes()


def parquet(table: pd.DataFrame = GOOD) -> bytes:
    """The table as a Parquet file."""
    made = io.BytesIO()
    table.to_parquet(made)
    return made.getvalue()


def numbered(value: float) -> pd.DataFrame:
    """The table with numbers in a question with labels, as statistics programs keep them; one has no label."""
    table = GOOD.assign(pol_fokus=[1.0, 2.0] * 6)
    table.loc[CELL, "pol_fokus"] = value
    return table


LABELS = {"variable_value_labels": {"pol_fokus": {1: "Ja", 2: "Nej"}}}


# ---- The cases


def cells(name: str, column: str, value: object, *words: str) -> Case:
    """One bad cell of a CSV file; the place is always told."""
    return Case(name, "svar.csv", lambda: text(put(column, value)(GOOD)),
                (f"række 4, kolonne {column}, »", *words))


def whole(name: str, change: Change, *words: str) -> Case:
    """A CSV file that is changed as a table."""
    return Case(name, "svar.csv", lambda: text(change(GOOD)), words)


def raw(name: str, content: Callable[[], bytes], *words: str, file: str = "svar.csv") -> Case:
    """A file of these bytes."""
    return Case(name, file, content, words)


def lines(change: Callable[[list[str]], list[str]]) -> bytes:
    """A CSV file changed line by line."""
    return "\r\n".join(change(text(GOOD).decode().splitlines())).encode()


def with_comment(words: str) -> pd.DataFrame:
    """The table with a comment."""
    return put("vae_kommentar", words)(GOOD)


CASES = [
    # Cells
    cells("misspelt code", "pol_fokus", "jaa", "»jaa«", "et ukendt svar", "Tilladt: ja, nej, ved_ikke eller tomt",
          "Mente du »ja«?"),
    cells("misspelt label", "vae_tillid", "Helt ening", "»Helt ening«", "Mente du »Helt enig«?"),
    cells("part of a label", "vae_overordnet", "tilliden", "et ukendt svar", "Mente du »tillid«?"),
    cells("no answer at all like it", "pol_fokus", "xyzzy", "et ukendt svar",
          "Skriv en af koderne eller svarteksterne"),
    cells("a number for a label", "pol_fokus", "3", "et tal, hvor der skal stå et svar"),
    cells("NA", "pol_fokus", "NA", "»NA«", "sådan skriver et program et tomt felt"),
    cells("two answers as codes", "pol_fokus", "ja nej", "2 svar, hvor der kun må gives ét"),
    cells("two answers as labels", "vae_tillid", "Enig; Uenig", "2 svar, hvor der kun må gives ét"),
    cells("three answers", "vae_tillid", "enig uenig hverken", "3 svar, hvor der kun må gives ét"),
    cells("an answer twice", "pra_emner", "sundhed sundhed", "samme svar står to gange"),
    cells("an unknown code among several", "pra_emner", "sundhed fodbold", "»fodbold« er ukendt"),
    cells("a misspelt code among several", "pra_emner", "sundhed nattur", "»nattur« er ukendt", "Mente du »natur«?"),
    cells("a misspelt label among several", "pra_emner", "Sundhedsproblemer; Natur, miljø og byrrum",
          "»natur, miljø og byrrum« er ukendt", "Mente du »Natur, miljø og byrum«?"),
    cells("none and something", "pra_emner", "ingen sundhed", "svarene udelukker hinanden"),
    cells("don't know and something", "pra_emner", "sundhed ved_ikke", "svarene udelukker hinanden"),
    cells("don't know in free text", "vae_kommentar", "ved_ikke", "fri tekst kan ikke besvares med ved ikke"),
    cells("too large a count", "pra_lange", "501", "»501«", "uden for det tilladte", "et helt tal fra 0 til 500"),
    cells("a negative count", "pra_lange", "-1", "»-1«", "Ret det til et tal fra 0 til 500"),
    cells("a huge count", "pra_lange", "9" * 5000, "uden for det tilladte"),
    cells("a decimal comma", "pra_lange", "2,5", "et decimaltal, hvor der skal stå et helt tal"),
    cells("a decimal point", "pra_lange", "2.5", "et decimaltal, hvor der skal stå et helt tal"),
    cells("a thousands point", "pra_lange", "1.000", "et flertydigt tal", "Skriv 1000"),
    cells("a thousands comma", "pra_lange", "1,000", "et flertydigt tal"),
    cells("a thousands space", "pra_lange", "1 000", "tekst, hvor der skal stå et tal"),
    cells("text for a count", "pra_lange", "mange", "tekst, hvor der skal stå et tal"),
    cells("a count with a unit", "pra_lange", "3 stk.", "tekst, hvor der skal stå et tal", "uden enhed"),
    cells("a range", "pra_lange", "3 til 5", "tekst, hvor der skal stå et tal"),
    cells("a power of ten", "pra_lange", "1e2", "tekst, hvor der skal stå et tal"),
    cells("digits of another script", "pra_lange", "٣", "tekst, hvor der skal stå et tal"),
    cells("a formula for a count", "pra_lange", "=SUM(A1:A3)", "en formel, ikke et svar",
          "Indsæt resultatet som værdi"),
    cells("a formula for an answer", "pol_fokus", "=HVIS(A1;1;2)", "en formel, ikke et svar"),
    cells("a spreadsheet's fault", "pra_lange", "#DIVISION/0!", "en fejlværdi fra regnearket"),
    cells("a date for a count", "pra_lange", "03-05-2015", "en dato, ikke et svar", "Formatér kolonnen som tekst"),
    cells("a month for a count", "pra_lange", "03-maj", "en dato, ikke et svar"),
    cells("a date for an answer", "pol_fokus", "2015-05-03", "en dato, ikke et svar"),
    cells("a time for a count", "pra_lange", "03:05", "en dato, ikke et svar"),
    cells("UTF-8 read as Windows-1252", "pra_tvaers_hyppighed", "SjÃ¦ldent", "forkert tegnsæt", "Hent svarene igen"),
    cells("letters lost", "pra_tvaers_hyppighed", "Sj\ufffdldent", "forkert tegnsæt"),
    cells("a control character in an answer", "pol_fokus", "ja\x07", "»ja\\u0007«", "et ukendt svar"),
    # Respondents
    cells("unknown municipality", "stilling", "999-social", "er ikke i rammen: »999« kendes ikke",
          "Ret den, eller slet rækken"),
    cells("unknown area", "stilling", "101-sociale", "»sociale« kendes ikke", "Mente du »101-social«?"),
    cells("unknown respondent", "stilling", "Hansen", "er ikke i rammen", "Ret den, eller slet rækken"),
    Case("nobody", "svar.csv", lambda: text(put("stilling", " ")(GOOD)),
         ("række 4, kolonne stilling: er tom", "hvem der har svaret")),
    whole("doubled respondent", lambda table: pd.concat([table, table.iloc[[CELL]]]), "2 fejl i 2 rækker",
          "kolonne stilling, »101-kultur«, 2 gange (række 4, 14): har svaret 2 gange: række 4, 14"),
    whole("another area than the frame's", lambda table: table.assign(fagomraade=["kultur"] + [""] * 11),
          "kolonne fagomraade", "er et andet end i rammen. Tilladt: sundhed"),
    # Parts and totals
    whole("a part larger than its total", lambda table: put("pra_tvaers", "25", 0)(table),
          "række 2, kolonne pra_tvaers, »25«", "er flere end pra_lange + pra_korte, som er 21"),
    # Columns
    whole("missing column", lambda table: table.drop(columns="pol_fokus"), "kolonne pol_fokus: mangler", "1 fejl."),
    whole("two missing columns", lambda table: table.drop(columns=["pol_fokus", "pra_lange"]),
          "kolonne pol_fokus: mangler", "kolonne pra_lange: mangler", "2 fejl."),
    whole("unknown column", lambda table: table.assign(navn="Hansen"), "kolonne navn: ukendt kolonne"),
    whole("misspelt column", lambda table: table.rename(columns={"pol_fokus": "pol_foksu"}),
          "kolonne pol_foksu: ukendt kolonne", "Mente du »pol_fokus«?", "kolonne pol_fokus: mangler"),
    whole("doubled column", lambda table: pd.concat([table, table[["pol_fokus"]]], axis=1),
          "kolonne pol_fokus: står to gange"),
    whole("a column under two names", lambda table: table.assign(**{"politik/pol_fokus": "ja"}),
          "kolonne politik/pol_fokus: står to gange: også som »pol_fokus«"),
    whole("a column without a name", lambda table: table.assign(**{"": "1"}), "kolonne nr. 30: har intet navn"),
    whole("no respondents", lambda table: table.drop(columns="stilling"), "kolonne stilling: mangler",
          "stilling eller noegle"),
    whole("random keys that the frame lacks", lambda table: table.rename(columns={"stilling": "noegle"}),
          "kolonne noegle: findes ikke i rammen"),
    whole("a tick that is none", lambda table: table.drop(columns="for_stoette").assign(
        **{f"for_stoette/{code}": "0" for code in ("koordinator", "aftaler")}, **{"for_stoette/ingen": "x"}),
        "kolonne for_stoette/ingen, »x«, 12 gange (række 2, 3, 4, 5, 6 og flere): et ukendt kryds. "
          "Tilladt: 1, 0 eller tomt"),
    whole("a count and its tick", lambda table: table.assign(pra_lange_ved_ikke="ved_ikke"),
          "kolonne pra_lange, »19 ved_ikke«: både et tal og ved ikke"),
    whole("only column names", lambda table: table.iloc[:0], "der er kolonnenavne, men ingen svar"),
    # Text files
    raw("empty file", lambda: b"", "filen er tom"),
    raw("only line breaks", lambda: b"\r\n\r\n", "filen er tom"),
    raw("no column names", lambda: b"\r\n".join(text(GOOD).splitlines()[1:]), "ingen af kolonnerne er kendt"),
    raw("another separator", lambda: text(GOOD).replace(b";", b"^"), "ingen af kolonnerne er kendt",
        "semikolon, komma"),
    raw("two separators", lambda: lines(lambda all_: [all_[0], *(line.replace(";", ",") for line in all_[1:])]),
        "kolonnenavnene er adskilt af semikolon (29 felter), men rækkerne er ikke"),
    raw("a row with another separator", lambda: lines(lambda all_: [*all_[:3], all_[3].replace(";", ","), *all_[4:]]),
        "række 4, kolonne alle", "29 felter, som i første række"),
    raw("a row too short", lambda: lines(lambda all_: [*all_[:3], all_[3].rsplit(";", 2)[0], *all_[4:]]),
        "række 4, kolonne alle, »101-kultur«: har 27 felter", "Et felt mangler"),
    raw("a row too long", lambda: lines(lambda all_: [*all_[:3], all_[3] + ";mere", *all_[4:]]),
        "række 4, kolonne alle, »101-kultur«: har 30 felter", "om felter, der rummer skilletegnet"),
    raw("cut in the last row", lambda: text(GOOD)[:-60], "række 13, kolonne alle", "filen kan være afkortet"),
    raw("cut in a letter", lambda: text(with_comment("blåbær")).split("bær".encode())[0] + b"b\xc3",
        "afkortet midt i det sidste tegn"),
    raw("unclosed quote", lambda: text(with_comment("a;b")).replace(b'"a;b"', b'"a;b'),
        "række 4: et anførselstegn er ikke afsluttet"),
    raw("a line that never ends", lambda: text(with_comment("x" * 5_000_000)), "linje 4: linjen er mere end 4 MB lang"),
    raw("a cell of a megabyte", lambda: text(with_comment('"' + "a;\n" * 500_000 + '"')),
        "række 4: en celle har mere end 131.072 tegn"),
    raw("far too many columns", lambda: lines(lambda all_: [line + ";x" * 17_000 for line in all_]),
        "filen har 17.029 kolonner, og der læses højst 16.384"),
    raw("text after a quote", lambda: text(with_comment("a;b")).replace(b'"a;b"', b'"a"b'),
        "række 4: et anførselstegn er ikke afsluttet, eller der står tekst efter det"),
    raw("DOS letters", lambda: text(with_comment("Blåbærgrød på øen"), codec="cp850"), "tegnsættet ligner DOS (CP850)",
        "CSV UTF-8"),
    raw("Macintosh letters", lambda: text(with_comment("Blåbærgrød på øen"), codec="mac_roman"),
        "tegnsættet ligner Macintosh"),
    raw("two encodings", lambda: text(with_comment("Blåbær|")).replace(b"|", b"\xe6"), "filen blander UTF-8"),
    raw("a byte that is no letter", lambda: text(with_comment("Bl|")).replace(b"|", b"\x81\xe6"),
        "filens tegnsæt kan ikke læses"),
    raw("UTF-16 cut in a letter", lambda: text(GOOD, codec="utf-16")[:-1], "filens tegnsæt kan ikke læses"),
    raw("a null byte", lambda: text(GOOD)[:900] + b"\x00" + text(GOOD)[900:], "byte 901: filen er ikke tekst"),
    raw("an image", lambda: b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(300), "filen er ikke tekst"),
    raw("a web page", lambda: b"<!DOCTYPE html><html><body>Log ind</body></html>", "ingen af kolonnerne er kendt",
        "<!DOCTYPE html>"),
    # Workbooks
    raw("two filled sheets", lambda: workbook(GOOD, ("Svar", "Kopi")), "projektmappen har flere ark",
        "»Svar« (29 kendte", '--sheet "Svar"', file="svar.xlsx"),
    raw("empty workbook", lambda: workbook(pd.DataFrame()), "projektmappen er tom", file="svar.xlsx"),
    raw("cut workbook", lambda: workbook(GOOD)[:4000], "ikke en hel Excel-projektmappe", file="svar.xlsx"),
    raw("a workbook that is text", lambda: text(GOOD), "ikke en Excel-projektmappe", "endelsen er forkert",
        file="svar.xlsx"),
    raw("old Excel", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "gammel Excel-fil (.xls)",
        file="svar.xls"),
    raw("a formula in a sheet", lambda: sheet_cell("pra_lange", "=1+2"), "række 4, kolonne pra_lange, »=1+2«",
        "en formel", file="svar.xlsx"),
    raw("a date in a sheet", lambda: sheet_cell("pra_lange", datetime.datetime(2015, 5, 3)),
        "række 4, kolonne pra_lange, »2015-05-03 00:00:00«", "en dato", file="svar.xlsx"),
    raw("text among numbers in a sheet", lambda: sheet_cell("pra_lange", "ca. 3"), "tekst, hvor der skal stå et tal",
        file="svar.xlsx"),
    raw("a decimal in a sheet", lambda: sheet_cell("pra_lange", 2.5), "»2.5«", "et decimaltal", file="svar.xlsx"),
    raw("true in a sheet", lambda: sheet_cell("vae_tillid", True), "»SAND«", "sandt og falsk", file="svar.xlsx"),
    raw("#N/A in a sheet", lambda: sheet_cell("pol_fokus", "#N/A"), "en fejlværdi fra regnearket", file="svar.xlsx"),
    # Statistics programs and Parquet
    raw("cut SPSS file", lambda: statistics(".sav")[:-200], "ikke en hel SPSS-fil", file="svar.sav"),
    raw("an SPSS file that is text", lambda: text(GOOD), "ikke en SPSS-fil", file="svar.sav"),
    raw("an SPSS value without a label", lambda: statistics(".sav", numbered(7.0), **LABELS),
        "række 3, kolonne pol_fokus, »7«", "et tal, hvor der skal stå et svar", "Tilladt: ja, nej", file="svar.sav"),
    raw("cut Stata file", lambda: statistics(".dta")[:-5], "ikke en hel Stata-fil", file="svar.dta"),
    raw("a Stata file that is empty", lambda: b"\x00" * 10, "filen er tom", file="svar.dta"),
    raw("a Stata value without a label", lambda: statistics(".dta", numbered(7.0), **LABELS),
        "række 3, kolonne pol_fokus, »7«", file="svar.dta"),
    raw("cut Parquet file", lambda: parquet()[:-200], "ikke en hel Parquet-fil", file="svar.parquet"),
    raw("mixed types in Parquet", lambda: parquet(put("pra_lange", "mange")(GOOD)),
        "række 3, kolonne pra_lange, »mange«", "tekst, hvor der skal stå et tal", file="svar.parquet"),
]
