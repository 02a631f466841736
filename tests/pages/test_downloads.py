"""What a reader may take along: the numbers as they stand on the page, in two kinds of CSV, and figures as pictures."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator

import opened
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from civsam import danish as danish_
from civsam.book.sphinxext import outputs
from civsam.files import project
from civsam.inference import estimate, nonresponse
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
        ("oprindelse", False, "projektets\nprojektets"), ("", False, "r\ns"), ("a", True, "1234.5\n"),
        ("b", False, "1.234,5\ningen"), ("c", False, "1.234,5\n50 %"), ("d", False, "–\n–"),
        ("e", False, "12\n13"), ("f", False, "x; y\n"),
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
    assert row["Fagområde: Teknik og miljø"] == shown.replace("\u00a0", " ")
    assert row["Alle"].startswith(danish_.percent(estimate.shares(SURVEY, "pol_fokus", "ja")["estimate"][0])[:2])


# ---- The whole book --------------------------------------------------------------------------------------------------

ENDS = {"", "procent", "fra", "til", "±", "uden ved ikke, procent"}  # of the names of columns that a cell becomes
LIKE_NUMBERS = re.compile(r"(?:[\d.,−–+±()%\s]|under|over|til|uden ved ikke)*")
Told = tuple[str, str, downloads.Columns]  # name, HTML and columns of a figure or table


def in_the_book() -> Iterator[Told]:
    """All figures and tables of the stored notebooks."""
    for path in sorted([*project.root.glob("*.ipynb"), *project.root.glob("chapters/**/*.ipynb")]):
        for cell in json.loads(path.read_text("utf-8"))["cells"]:
            for output in cell.get("outputs", []):
                for form, told in output.get("metadata", {}).items():
                    if (facts := told.get("civsam", {})).get("name"):
                        yield facts["name"], facts.get("table") or "".join(output["data"][form]), facts["columns"]


def of_collected_answers() -> Iterator[Told]:
    """Some figures and tables in which numbers are hidden."""
    survey = Survey(SURVEY.answers.iloc[1:], SURVEY.frame, SURVEY.questionnaire)
    shares, tests = estimate.shares(survey, "pra_emner", by="fagomraade"), nonresponse.response_tests(survey)
    made = [make(survey, shares, "c", "svar") for make in (tables.estimates_table, tables.group_table)]
    made += [tables.p_table(survey, tests, "c", "p"), group_picker.picker(survey, "praksis", "valgt")]
    yield from ((one.facts["name"], one.html, one.facts["columns"]) for one in made)
    figure = dots.dots(survey, shares, "c", "figur")
    yield figure.name, figure.table, figure.columns


def lines_of(columns: downloads.Columns, *, danish: bool) -> list[list[str]]:
    """The columns of a file, without headings, as a reader of CSV finds them."""
    told = downloads.csv_file(columns, danish=danish).decode("utf-8-sig")
    _, *rows = csv.reader(io.StringIO(told), delimiter=";" if danish else ",")
    return [list(column) for column in zip(*rows, strict=True)]


def page_of(html: str) -> list[tuple[str, list[str]]]:
    """The columns of a table as the page shows them, each with its heading."""
    page = BeautifulSoup(html.replace("<small>", "\n"), "html.parser")
    head, *rows = [[cell.get_text().replace("\u00a0", " ").strip() for cell in row.find_all(["th", "td"])]
                   for row in page.find_all("tr")]
    return [(heading, list(cells)) for heading, cells in zip(head, zip(*rows, strict=True), strict=True)]


def same_words(shown: list[str], international: list[str], danish: list[str]) -> bool:
    """Whether both files have the page's text, and it is not numbers of one unit that nobody handed over."""
    units = {"%" in cell for cell in shown if re.search(r"\d", cell)}
    return (international == danish == [re.sub(r"^(?=[=+\-@])", "'", cell.replace("\n", "; ")) for cell in shown]
            and not (len(units) == 1 and all(map(LIKE_NUMBERS.fullmatch, shown))))


def same_numbers(cell: str, told: dict[str, tuple[str, str]]) -> bool:
    """Whether both files have the numbers that a cell shows, in order, and percent where it is. told: by `ENDS`."""
    international, danish = zip(*told.values(), strict=True)
    return ([*filter(None, international)] == numbers_in(cell) and [one.replace(".", ",") for one in international]
            == [*danish] and ("%" in cell) == any(one for end, (one, _) in told.items() if "procent" in end))


def faults(html: str, columns: downloads.Columns) -> Iterator[str]:
    """What the files tell otherwise than the page, of which each cell is read here on its own."""
    left = list(zip(columns, lines_of(columns, danish=False), lines_of(columns, danish=True), strict=True))[1:]
    for heading, shown in page_of(html):
        mine: dict[str, tuple[list[str], list[str]]] = {}
        while left and (end := left[0][0][0].removeprefix(heading).removeprefix(", ")) in ENDS - set(mine):
            (_, numbers, _), *files = left.pop(0)
            mine[end] = tuple(files)
        if not mine:
            yield f"{heading} mangler"
        elif not numbers and not (len(mine) == 1 and same_words(shown, *mine[""])):
            yield f"{heading}: {mine}"
        elif numbers:
            told = ({end: (one[at], other[at]) for end, (one, other) in mine.items()} for at in range(len(shown)))
            yield from (f"{heading}: {cell!r} er {parts}" for cell, parts in zip(shown, told, strict=True)
                        if not same_numbers(cell, parts))
    yield from (f"{column[0]} er ikke på siden" for column, *_ in left)


@pytest.mark.parametrize("made", [in_the_book, of_collected_answers])
def test_a_file_tells_what_the_page_tells_and_no_more(made: Callable[[], Iterator[Told]]) -> None:
    found = [(name, html, columns) for name, html, columns in made() if "<td" in html]
    assert len(found) > 100 or made is of_collected_answers
    assert {name: told for name, html, columns in found if (told := list(faults(html, columns)))} == {}


def test_a_file_that_tells_otherwise_than_the_page_is_found() -> None:
    made = tables.group_table(SURVEY, estimate.shares(SURVEY, "pol_fokus", by="blok"), "c", "n")
    columns = made.facts["columns"]
    assert list(faults(made.html, columns)) == []
    for place, (heading, numbers, told) in enumerate(columns[1:], 1):
        each = told.split("\n")
        for other in ([*each[:-1], each[-1] + ("1" if numbers else " x")], ["", *each[1:]], each[::-1]):
            changed = [*columns[:place], (heading, numbers, "\n".join(other)), *columns[place + 1:]]
            assert other == each or list(faults(made.html, changed)), heading
    text = [(heading, False, told) for heading, _, told in downloads.columns(
        pd.DataFrame({"n": [cells.number(12), cells.number(13)]}, index=["a", "b"]), "projekt")]
    page = html.table(pd.DataFrame({"n": ["12", "13"]}, index=["a", "b"]), "c", "n", provenance="projekt").html
    assert list(faults(page, text)) == ["n: {'': (['12', '13'], ['12', '13'])}"]
