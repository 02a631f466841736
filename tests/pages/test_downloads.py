"""What a reader may take along: the numbers as they stand on the page, in two kinds of CSV, and figures as pictures."""

import io
import re

import opened
import pandas as pd
import pytest
from PIL import Image

from civsam import danish as danish_
from civsam.book.sphinxext import outputs
from civsam.inference import estimate
from civsam.pages import door, dots, downloads, group_picker, model_tables, tables, words
from civsam.study import municipality_map
from civsam.survey.survey import Survey

EDITION = opened.edition()
SURVEY = EDITION.survey
SHARES = estimate.shares(SURVEY, "pol_fokus", "ja", by="fagomraade")


def frames(table: str) -> list[pd.DataFrame]:
    """Both CSV files of a table, as pandas reads them."""
    columns = downloads.columns(table)
    how = ({"sep": ";", "decimal": ",", "encoding": "utf-8-sig"}, {})
    files = (downloads.csv_file(columns, danish=danish) for danish in (True, False))
    return [pd.read_csv(io.BytesIO(file), **options) for file, options in zip(files, how, strict=True)]


def test_both_files_hold_the_numbers_of_the_page_and_say_where_they_come_from() -> None:
    danish, international = frames(tables.estimates_table(SURVEY, SHARES, "Fokus", "tab-x").html)
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
    assert outputs.numbers(None, "tab-x", empty.html) == []


def test_the_danish_file_is_one_that_danish_excel_opens() -> None:
    made = tables.estimates_table(SURVEY, estimate.means(SURVEY, "pra_lange", by="region"), "Antal", "tab-x").html
    content = downloads.csv_file(downloads.columns(made), danish=True)
    assert content.startswith(b"\xef\xbb\xbfsvar;Gruppe;")
    assert re.search(r";\d+,\d;", content.decode("utf-8-sig"))
    assert b"\r\n" in content


def test_the_table_behind_a_figure_holds_its_numbers() -> None:
    figure = dots.dots(SURVEY, SHARES, "Fokus", "fig-x")
    (table, _) = frames(figure.table)
    highest_first = sorted((round(100 * share, 1) for share in SHARES["estimate"]), reverse=True)
    assert list(table["Tal, procent"]) == highest_first
    assert "Prikken ved »" in figure.reading
    assert "SYNTETISKE SVAR" in figure.svg


def test_text_that_a_spreadsheet_would_run_is_guarded() -> None:
    made = ("<table><caption>x</caption><tr><th>=cmd</th><th>Ord</th></tr><tr><th>@a</th><td>+1+1</td></tr>"
            "<tr><th>b</th><td>ord</td></tr></table>")
    (danish, _) = frames(made)
    assert list(danish.columns) == ["'=cmd", "Ord"]
    assert list(danish["'=cmd"]) == ["'@a", "b"]
    assert list(danish["Ord"]) == ["'+1+1", "ord"]


@pytest.mark.parametrize(("cell", "parts"), [
    ("82\u00a0% (79–84)", {"procent": "82", "fra": "79", "til": "84"}),
    ("−1,5 til 12,0", {"fra": "-1.5", "til": "12.0"}), ("1.234", {"": "1234"}), ("under 0,001", {"": "<0.001"}),
    ("–", {}), ("– (–)", {}), ("12 % (10–14)\n13 % uden ved ikke",
                              {"procent": "12", "fra": "10", "til": "14", "uden ved ikke, procent": "13"}),
    ("Ja", None), ("2015 og 2016", None),
])
def test_a_cell_is_taken_apart(cell: str, parts: dict[str, str] | None) -> None:
    assert downloads._parts(cell.replace("\u00a0", " ")) == parts


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
    (table, _) = frames(group_picker.picker(SURVEY, "politik", "tab-x").html)
    row = table[(table["Spørgsmål"] == SURVEY.questionnaire.items["pol_fokus"].topic) & (table["Svar"] == "Ja")].iloc[0]
    assert row["Fagområde: Teknik og Miljø"] == words.with_interval(SHARES.set_index("group").loc["teknik"]).replace(
        "\u00a0", " ")
    assert row["Alle"].startswith(danish_.percent(estimate.shares(SURVEY, "pol_fokus", "ja")["estimate"][0])[:2])
