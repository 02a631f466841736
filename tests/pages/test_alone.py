"""A picture of a figure that stands alone, and what is drawn of intervals, small numbers and zeros."""

import re
import xml.etree.ElementTree as ET
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from civsam import open_edition
from civsam.inference import estimate
from civsam.pages import dots, downloads, likert
from civsam.pages.alone import SVG, alone
from civsam.pages.figure import LAPTOP, PHONE, Figure, house_style

SURVEY = open_edition().survey
BOOK = "En bog, version 9.9"
DRAWN = {
    "prikker": dots.dots(SURVEY, estimate.shares(SURVEY, "pol_fokus", "ja", by="fagomraade"), "Øget fokus", "fig-a"),
    "søjler": likert.likert(SURVEY, estimate.shares(SURVEY, "pra_sikker", by="fagomraade"), "Sikkerhed", "fig-b"),
}


def picture(figure: Figure) -> ET.Element:
    return ET.fromstring(alone(figure.svg, vars(figure), BOOK))


def lines(svg: ET.Element) -> list[tuple[str, float]]:
    """Words of the picture with their height from the top, those of the drawing among them."""
    drawing = svg.find(f"{SVG}svg")
    found = [(text, 0.0) for text in svg.findall(f"{SVG}text")]
    found += [(text, float(drawing.get("y"))) for text in drawing.iter(f"{SVG}text")]
    return [(text.text, top + float(re.match(r"translate\([-\d.]+ ([-\d.]+)\)", text.get("transform"))[1]))
            for text, top in found]


@pytest.mark.parametrize("kind", DRAWN)
def test_a_picture_says_by_itself_what_it_shows_of_whom_and_that_nobody_answered(kind: str) -> None:
    figure = DRAWN[kind]
    svg = picture(figure)
    told = " ".join(words for words, _ in lines(svg))
    for part in (figure.finding, figure.caption, figure.question, figure.note, BOOK):
        assert part
        assert part.replace("\u2011", "-") in told
    assert svg.find(f"{SVG}title").text == figure.finding
    assert figure.alt in svg.find(f"{SVG}desc").text


@pytest.mark.parametrize("kind", DRAWN)
def test_the_mark_is_over_the_plot_where_no_cut_below_the_axis_removes_it(kind: str) -> None:
    places = dict(lines(picture(DRAWN[kind])))
    mark = places["SYNTETISKE SVAR: INGEN HAR SVARET DETTE"]
    in_plot = [place for words, place in places.items() if re.match(r"(Sundhed|Kultur og|Social|Teknik)", words)]
    assert len(in_plot) >= 3
    assert all(mark < place for place in in_plot)


@pytest.mark.parametrize("kind", DRAWN)
def test_all_text_of_a_picture_is_text(kind: str) -> None:
    svg = picture(DRAWN[kind])
    words = re.findall(r"<!-- (.+?) -->", DRAWN[kind].svg)
    assert len(words) > 10
    assert "SourceSans3" in DRAWN[kind].svg
    assert downloads.FONT in svg.find(f"{SVG}style").text
    assert set(words) <= {text.text for text in svg.iter(f"{SVG}text")}
    assert not [use for use in svg.iter(f"{SVG}use") if "SourceSans" in str(use.attrib)]


def test_a_picture_is_drawn_with_the_fonts_that_come_with_it_and_the_same_each_time() -> None:
    with_words = alone(DRAWN["prikker"].svg, vars(DRAWN["prikker"]), BOOK)
    made = downloads.png(with_words)
    assert made == downloads.png(with_words)
    assert len(made) > 1.2 * len(downloads.png(re.sub(r"<text[^>]*>[^<]*</text>", "", with_words)))


def test_each_interval_has_ends_that_the_dot_does_not_hide_and_is_told_beside_it() -> None:
    rows = estimate.shares(SURVEY, "vae_overordnet")
    svg = dots.dots(SURVEY, rows, "c", "n").svg
    for part in ("LineCollection_1", "LineCollection_2", "LineCollection_3"):
        drawn = re.search(rf'<g id="{part}">(.*?)</g>', svg, re.DOTALL)[1]
        assert drawn.count("<path d=") == len(rows)
        assert "clip-path" not in drawn
    ends = [[float(y) for y in re.findall(r"[ML] [\d.]+ ([\d.]+)", path)] for path in
            re.findall(r'<path d="([^"]*)"', re.search(r'<g id="LineCollection_2">(.*?)</g>', svg, re.DOTALL)[1])]
    assert all(abs(a - b) > 1.2 * dots.SIZE for a, b in ends)
    assert len(re.findall(r"<!-- \d+\s% \(\d+–\d+\) -->", svg)) == len(rows)


def test_a_dot_at_zero_is_whole() -> None:
    rows = estimate.shares(SURVEY, "pol_fokus", ["ja", "nej"])
    rows.loc[rows.index[1], ["estimate", "low"]] = 0.0
    svg = dots.dots(SURVEY, rows, "c", "n").svg
    assert "clip-path" not in re.search(r'<g id="PathCollection_1">(.*?)</g>\s*</g>', svg, re.DOTALL)[1]


def test_nothing_is_said_to_be_highest_where_an_estimate_is_missing() -> None:
    rows = estimate.shares(SURVEY, "pol_fokus", "ja", by="blok")
    assert "ligger højest" in dots.dots(SURVEY, rows, "c", "n").finding
    assert not dots.dots(SURVEY, rows.iloc[:1], "c", "n").finding


def plot(svg: str) -> tuple[float, float]:
    """How wide a drawing of dots is, and its plot: from the first line down to the last."""
    lines = [float(x) for x in re.findall(r'<path d="M ([\d.]+) [\d.]+ \nL \1 ', svg)]
    return float(re.search(r'viewBox="0 0 ([\d.]+)', svg)[1]), max(lines) - min(lines)


@pytest.mark.parametrize("by", ["fagomraade", "udgiftspres"])
def test_the_plot_is_most_of_a_figure_which_has_a_drawing_of_its_own_for_phones(by: str) -> None:
    drawn = dots.dots(SURVEY, estimate.shares(SURVEY, "pol_fokus", "ja", by=by), "c", "n")
    for svg, width in ((drawn.svg, LAPTOP), (drawn.phone, PHONE)):
        whole, inner = plot(svg)
        assert whole == pytest.approx(72 * width)
        assert inner > 0.6 * whole
    assert {*re.findall("<!-- .*%.* -->", drawn.svg)} == {*re.findall("<!-- .*%.* -->", drawn.phone)}


def test_long_words_stand_over_the_dots_where_they_leave_no_room_beside_them() -> None:
    rows = estimate.shares(SURVEY, "pol_fokus", ["ja", "nej"])
    long = "Meget lange ord om et svar, der ikke kan siges kort, men fylder flere linjer, end der er plads til"
    with house_style():
        drawn = [dots._drawn(rows, [name] * 2, np.array(["#222222"] * 2), "", LAPTOP) for name in ("Kort", long)]
    beside, over = (figure.axes[0].get_position().x0 for figure in drawn)
    assert 72 * LAPTOP * over == pytest.approx(0.2 * 72)
    assert beside > over


def test_bars_stand_by_how_far_they_reach_and_it_is_said_why() -> None:
    ranked = likert.likert(SURVEY, estimate.shares(SURVEY, "vae_tillid", by="fagomraade"), "c", "n")
    assert "Øverst står den søjle, der når længst mod »Helt enig«." in ranked.note
    parts = [[int(share) for share in re.findall(r"(\d+)\s%", row)] for row in ranked.alt.split(";")]
    reach = [middle / 2 + agree + most for _, _, middle, agree, most, _ in parts]
    assert len(reach) == 9
    assert all(above > below - 2 for above, below in pairwise(reach))
    order = estimate.shares(SURVEY, "vae_tillid", by="udgiftspres")
    fixed = likert.likert(SURVEY, order, "c", "n")
    assert "Rækkefølgen er fast" in fixed.note
    assert fixed.alt.index("Lavt") < fixed.alt.index("Middel") < fixed.alt.index("Højt")


def test_it_is_said_where_the_shown_parts_of_a_bar_are_not_a_hundred_together() -> None:
    even, odd = (pd.DataFrame({code: [share] for code, share in zip("abc", row, strict=True)})
                 for row in ((0.25, 0.5, 0.25), (1 / 3, 1 / 3, 1 / 3)))
    assert not likert._sums(even)
    assert "giver ikke altid 100" in likert._sums(odd)
