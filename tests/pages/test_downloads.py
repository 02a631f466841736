"""What a reader may take along: the numbers as they stand on the page, in two kinds of CSV, and figures as pictures."""

import io
import re

import opened
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from civsam import danish as danish_
from civsam.book.sphinxext import outputs
from civsam.inference import estimate
from civsam.pages import cells, door, dots, downloads, group_picker, html, model_tables, tables, words
from civsam.pages.cells import DASH, Cell
from civsam.pages.figure import Figure
from civsam.pages.output import Output
from civsam.study import municipality_map
from civsam.survey.survey import Survey

EDITION = opened.edition()
SURVEY = EDITION.survey
SHARES = estimate.shares(SURVEY, "pol_fokus", "ja", by="fagomraade")


NUMBER = re.compile(r"(under |over )?([−+]?)(\d{1,3}(?:\.\d{3})+|\d+)(,\d+)?")
SIGNS = {"under ": "<", "over ": ">", "−": "-"}


def numbers_in(text: str) -> list[str]:
    """All numbers that a text in Danish shows, in order, as the international file writes them."""
    return ["".join([SIGNS.get(limit, ""), SIGNS.get(sign, ""), whole.replace(".", ""), part.replace(",", ".")])
            for limit, sign, whole, part in NUMBER.findall(text)]


def frames(made: Output | Figure) -> list[pd.DataFrame]:
    """Both CSV files of a table, as pandas reads them."""
    columns = made.columns if isinstance(made, Figure) else made.facts["columns"]
    how = ({"sep": ";", "decimal": ",", "encoding": "utf-8-sig"}, {})
    files = (downloads.csv_file(columns, danish=danish) for danish in (True, False))
    return [pd.read_csv(io.BytesIO(file), **options) for file, options in zip(files, how, strict=True)]


def test_both_files_hold_the_numbers_of_the_page_and_say_where_they_come_from() -> None:
    danish, international = frames(tables.estimates_table(SURVEY, SHARES, "Fokus", "tab-x"))
    pd.testing.assert_frame_equal(danish, international)
    assert list(danish.columns[:2]) == ["svar", "Gruppe"]
    assert set(danish["svar"]) == {"syntetiske"}
    assert list(danish["Tal, procent"]) == [round(100 * share) for share in SHARES["estimate"]]
    assert list(danish["Interval, fra"]) == [round(100 * low) for low in SHARES["low"]]
    assert list(danish["n"]) == list(SHARES["n"])


def test_a_table_with_nothing_in_it_has_no_files() -> None:
    survey = Survey(SURVEY.answers, SURVEY.frame.loc[SURVEY.answers.index], SURVEY.questionnaire, framed=False)
    empty = model_tables.response_model_table(survey, [], "Hvem svarer?", "tab-x")
    assert door.NO_FRAME in empty.html
    assert outputs.numbers(None, empty.facts) == []


def test_the_danish_file_is_one_that_danish_excel_opens() -> None:
    made = tables.estimates_table(SURVEY, estimate.means(SURVEY, "pra_lange", by="region"), "Antal", "tab-x")
    content = downloads.csv_file(made.facts["columns"], danish=True)
    assert content.startswith(b"\xef\xbb\xbfsvar;Gruppe;")
    assert re.search(r";\d+,\d;", content.decode("utf-8-sig"))
    assert b"\r\n" in content


def test_the_table_behind_a_figure_holds_its_numbers() -> None:
    figure = dots.dots(SURVEY, SHARES, "Fokus", "fig-x")
    (table, _) = frames(figure)
    highest_first = sorted((round(100 * share, 1) for share in SHARES["estimate"]), reverse=True)
    assert list(table["Tal, procent"]) == highest_first
    assert "Prikken ved »" in figure.reading
    assert "SYNTETISKE SVAR" in figure.svg


def test_text_that_a_spreadsheet_would_run_is_guarded() -> None:
    frame = pd.DataFrame({"Ord": ["+1+1", "ord"]}, index=pd.Index(["@a", "b"], name="=cmd"))
    (danish, _) = frames(html.table(frame, "x", "tab-x", provenance="projekt"))
    assert list(danish.columns) == ["oprindelse", "'=cmd", "Ord"]
    assert list(danish["'=cmd"]) == ["'@a", "b"]
    assert list(danish["Ord"]) == ["'+1+1", "ord"]


@given(st.floats(-1e9, 1e9) | st.integers(-10**9, 10**9), st.integers(0, 3))
def test_a_cells_number_is_the_one_that_its_text_shows(value: float, decimals: int) -> None:
    made = cells.number(value, decimals)
    assert [(cell, "") for cell in numbers_in(str(made))] == [(number, name) for name, number in made.numbers]
    assert str(made) == danish_.number(value, decimals)


@given(st.floats(0, 1) | st.sampled_from([0.005, 0.125, 0.575, 12.5]), st.integers(0, 2))
def test_a_percent_is_the_one_that_its_text_shows(share: float, decimals: int) -> None:
    made = cells.percent(share, decimals)
    assert numbers_in(str(made)) == [dict(made.numbers)["procent"]]
    assert str(made) == danish_.percent(share, decimals)


def test_a_cell_of_several_numbers_holds_each_by_its_name() -> None:
    share = cells.together("{} ({})\n{} uden ved ikke", cells.percent(0.124), cells.span(0.1, 0.14, 2, "–"),
                           cells.percent(0.13, name="uden ved ikke, procent"))
    assert str(share) == "12\u00a0% (0,10–0,14)\n13\u00a0% uden ved ikke"
    assert dict(share.numbers) == {"procent": "12", "fra": "0.10", "til": "0.14", "uden ved ikke, procent": "13"}
    assert str(cells.span(-1.5, 12)) == "−1,5 til 12,0"
    assert cells.span(float("nan"), float("nan")) == cells.number(float("nan")) == cells.percent(float("nan")) == DASH
    with pytest.raises(ValueError, match="different names"):
        cells.together("{} og {}", cells.number(1), cells.number(2))


@pytest.mark.parametrize(("p", "bound", "text", "number"), [
    (0.0004, False, "under 0,001", "<0.001"), (0.0312, False, "0,031", "0.031"), (1.0, False, "1,000", "1.000"),
    (1.0, True, "over 0,5", ">0.5"), (0.5, True, "0,500", "0.500"), (0.001, True, "0,001", "0.001"),
])
def test_a_p_value_beyond_what_is_shown_is_a_number_with_a_sign(p: float, bound: bool, text: str, number: str) -> None:
    made = words.p_value(p, bound=bound)
    assert (str(made), dict(made.numbers)) == (text, {"": number})


def test_a_column_is_numbers_only_where_every_cell_is_one_of_the_same_unit() -> None:
    percent, number = cells.percent(0.5), cells.number(1234.5, 1)
    frame = pd.DataFrame({"a": [number, DASH], "b": [number, "ingen"], "c": [number, percent], "d": [DASH, DASH],
                          "e": ["12", "13"], "f": ["x\ny", ""]}, index=["r", "s"])
    assert downloads.columns(frame, "projekt") == [
        ("oprindelse", False, ["projektets"] * 2), ("", False, ["r", "s"]), ("a", True, ["1234.5", ""]),
        ("b", False, ["1.234,5", "ingen"]), ("c", False, ["1.234,5", "50 %"]), ("d", False, ["–", "–"]),
        ("e", False, ["12", "13"]), ("f", False, ["x; y", ""]),
    ]


@pytest.mark.parametrize("cell", [0.8234567, 82, None, float("nan"), pd.NA])
def test_a_number_that_nobody_has_rounded_is_refused(cell: object) -> None:
    with pytest.raises(TypeError, match="'Tal' holds"):
        html.table(pd.DataFrame({"Tal": pd.Series([cell], ["a"], dtype=object)}), "c", "n", provenance="projekt")


def test_words_are_no_cell_with_numbers() -> None:
    with pytest.raises(ValueError, match="needs numbers"):
        Cell("Ja")


def test_a_picture_is_sharp_and_the_same_every_time() -> None:
    svg = dots.dots(SURVEY, SHARES, "Fokus", "fig-x").svg
    made = downloads.png(svg)
    with Image.open(io.BytesIO(made)) as picture:
        assert picture.width == downloads.PNG_WIDTH
        assert len(picture.convert("L").getcolors(256)) > 10
    assert downloads.png(svg) == made


def test_a_map_tells_each_municipality_and_those_like_it() -> None:
    tiles = municipality_map.municipality_map("blok", "Kort", "kort-x").tiles["tiles"]
    assert len(tiles) == 98
    names = [tile[0] for tile in tiles]
    place = names.index("Aarhus")
    assert tiles[place][3] == "Rød borgmester"
    for other in tiles[place][5]:
        assert place in tiles[other][5]
        assert tiles[other][4] == tiles[place][4]


def test_a_picker_holds_the_numbers_for_all_and_for_each_group() -> None:
    (table, _) = frames(group_picker.picker(SURVEY, "politik", "tab-x"))
    row = table[(table["Spørgsmål"] == SURVEY.questionnaire.items["pol_fokus"].topic) & (table["Svar"] == "Ja")].iloc[0]
    shown = str(words.with_interval(SHARES.set_index("group").loc["teknik"]))
    assert row["Fagområde: Teknik og Miljø"] == shown.replace("\u00a0", " ")
    assert row["Alle"].startswith(danish_.percent(estimate.shares(SURVEY, "pol_fokus", "ja")["estimate"][0])[:2])
