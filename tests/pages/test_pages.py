"""What reaches a page: Danish formats, provenance everywhere, figures that say the same to all readers."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import opened
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from matplotlib import font_manager, ft2font

from civsam import danish, edition
from civsam.inference import compare, estimate, nonresponse, weighting
from civsam.pages import door, downloads, figure, model_tables, sentences, tables
from civsam.pages import dots as dots_
from civsam.pages import html as html_
from civsam.pages import likert as likert_
from civsam.pages import words as words_
from civsam.pages.cells import DASH, number
from civsam.study import comparison, facts, municipality_map
from civsam.survey.survey import SYNTHETIC, Survey, recognise

EDITION = opened.edition()
SURVEY = EDITION.survey
# The same answers less one are no longer known: collected.
COLLECTED = Survey(SURVEY.answers.iloc[1:], SURVEY.frame, SURVEY.questionnaire)


def likert(survey: Survey) -> figure.Figure:
    return likert_.likert(survey, estimate.shares(survey, "vae_tillid", by="region"), "Tillid", "fig-x")


def dots(survey: Survey) -> figure.Figure:
    return dots_.dots(survey, estimate.shares(survey, "pra_emner"), "Emner", "fig-y")


def test_a_word_without_an_end_leaves_room_for_the_figure() -> None:
    assert figure.wrapped("W" * 60 + " og resten", 20).split("\n") == ["W" * 28, "W" * 28, "WWWW og resten"]
    assert figure.room(["\n".join(["W" * 28] * 3)]) < figure.PHONE - 0.6


def test_numbers_are_written_in_danish() -> None:
    assert danish.number(1234567.891, 2) == "1.234.567,89"
    assert danish.number(-0.5, 1) == "\u22120,5"
    assert danish.percent(0.824) == "82\u00a0%"
    assert danish.number(float("nan")) == danish.percent(float("nan")) == "–"
    assert danish.listed(["a"]) == "a"
    assert danish.listed(["a", "b", "c"]) == "a, b og c"


@pytest.mark.slow
def test_every_output_made_from_answers_says_where_they_came_from() -> None:
    for survey, words in ((SURVEY, "syntetiske svar"), (COLLECTED, "indsamlede svar")):
        shares = estimate.shares(survey, "pol_fokus", by="region")
        outputs = [
            tables.estimates_table(survey, shares, "c", "n"),
            tables.group_table(survey, shares, "c", "n"),
            sentences.sentence("{}", survey, shares),
            sentences.question(survey, "pol_fokus"),
            comparison.cards(survey, {"x": shares}, ["N5"]),
            comparison.comparison_table({"a": {"N5": shares}}, survey, "c", "n"),
        ]
        for output in outputs:
            assert words in output.html
            assert words in output.text


def test_a_note_says_weighted_only_of_answers_that_are() -> None:
    surveys = ((SURVEY, True), (EDITION.raw, False), (weighting.weighted(COLLECTED), True), (COLLECTED, False))
    for survey, yes in surveys:
        table = tables.estimates_table(survey, estimate.shares(survey, "pol_fokus", by="region"), "c", "n")
        for told in (table.text, likert(survey).note, words_.reading_target(survey)):
            assert ("er vægtet" in told.replace("Svarene", "svarene")) is yes
            assert ("er ikke vægtet" in told) is not yes


def test_a_figure_from_synthetic_answers_carries_the_mark_in_the_drawing() -> None:
    # text is drawn as glyphs: matplotlib leaves the words themselves in a comment
    for draw in (likert, dots):
        assert "SYNTETISKE SVAR" in draw(SURVEY).svg
        assert "SYNTETISKE SVAR" not in draw(COLLECTED).svg


def test_estimates_without_or_with_mixed_provenance_are_not_shown() -> None:
    shares = estimate.shares(SURVEY, "pol_fokus")
    mixed = pd.concat([shares, estimate.shares(COLLECTED, "pol_fokus")])
    for bad in (shares.drop(columns="provenance"), mixed):
        with pytest.raises(ValueError, match=r"provenance|this plan is for"):
            tables.estimates_table(SURVEY, bad, "c", "n")
        with pytest.raises(ValueError, match=r"provenance|this plan is for"):
            dots_.dots(SURVEY, bad, "c", "n")


@pytest.mark.parametrize("draw", [likert, dots, lambda _: municipality_map.municipality_map("blok", "Kort", "kort-x")])
def test_a_figure_has_the_same_bytes_every_time_and_no_date(draw) -> None:
    first, second = draw(SURVEY), draw(SURVEY)
    assert first.svg == second.svg
    assert "<dc:date>" not in first.svg
    ET.fromstring(first.svg)


@pytest.mark.parametrize("name", figure.SAVED["font.family"])
def test_the_fonts_are_those_that_come_along_whatever_the_system_has(monkeypatch, name: str) -> None:
    fonts = font_manager.fontManager
    strange = font_manager.FontEntry(fname="/strange/Font.ttf", name=name, style="normal",
                                     variant="normal", weight=400, stretch="normal", size="scalable")
    monkeypatch.setattr(fonts, "ttflist", [strange, *fonts.ttflist])
    figure.own_fonts_first()
    looks = (font_manager.FontProperties(family=name, weight=weight) for weight in ("normal", "bold"))
    found = {Path(str(fonts.findfont(look))) for look in looks}
    assert len(found) == 2
    assert found <= {*downloads.WEIGHTS.values(), *downloads.SPARE_FONTS}


def test_letters_that_the_typeface_lacks_are_drawn_in_another_and_figures_are_as_wide_as_one_another() -> None:
    font = ft2font.FT2Font(downloads.WEIGHTS["normal"])
    assert len({font.load_char(ord(digit)).linearHoriAdvance for digit in "0123456789"}) == 1
    assert not {*map(ord, "æøåÆØÅéöäü–»«’·−×±½%")} - {*font.get_charmap()}
    with figure.house_style():
        drawing, axes = figure.canvas(2, 1, 0, 0, 0)
        axes.set_title("Öğrenci ≥ 5")
        drawn = figure.finish(lambda _: drawing, SYNTHETIC, pd.DataFrame(), "c", widths=(2,), name="n", alt="a")
    assert {*re.findall(r'"#(\w+)-', drawn.svg)} == {"SourceSans3ExtraLight", "DejaVuSans"}


def test_alternative_text_holds_every_number_in_the_figure() -> None:
    shares = estimate.shares(SURVEY, "pra_emner")
    alt = dots(SURVEY).alt
    for _, row in shares.iterrows():
        assert f"{danish.percent(row['estimate'])} ({words_.interval(row)})" in alt
    alt = likert(SURVEY).alt
    assert alt.count("ved ikke") == alt.count("helt enig") == 5


def test_bars_add_up_to_all_who_answered() -> None:
    shares = estimate.shares(SURVEY, "vae_tillid", by="region")
    assert shares.groupby("group")["estimate"].sum().to_numpy() == pytest.approx(1)
    drawn = re.findall(r"(\d+)\u00a0%", likert(SURVEY).alt)
    assert sum(map(int, drawn)) == pytest.approx(500, abs=10)  # five regions, each 100 give or take rounding


def test_dont_know_comes_last_whatever_its_size() -> None:
    shares = estimate.shares(SURVEY, "pra_emner").assign(estimate=lambda t: t["estimate"].where(
        t["answer"] != "ved_ikke", 0.99))
    assert dots_.dots(SURVEY, shares, "c", "n").alt.rstrip(".").split("; ")[-1].startswith("Ved ikke")


@pytest.mark.parametrize(("estimate", "low", "high", "told"), [
    (0.9, 0.8, 0.95, "0,90 (interval 0,80 til 0,95)"),
    (0.97, 0.9, 1.0, "0,97 (interval 0,90 til 1,00) og kan ikke skelnes fra 1"),
    (1.0, 1.0, 1.0, "1,00 og kan ikke skelnes fra 1"),
])
def test_an_r_indicator_that_may_be_1_says_so(estimate: float, low: float, high: float, told: str) -> None:
    found = nonresponse.r_indicator(SURVEY).assign(estimate=estimate, low=low, high=high)
    assert sentences.sentence("R er {}.", SURVEY, found).text.startswith(f"R er {told}. [")


def test_collected_tables_leave_out_what_is_dashes_only_and_say_so() -> None:
    frame = pd.DataFrame({"Mod": ["c", "c"], "Forskel": [number(1, 1), DASH], "p": [DASH, DASH]}, index=["a", "b"])
    shown = html_.table(frame, "c", "n", provenance="indsamlet", note="Note.")
    made = shown.html
    assert [heading for heading, *_ in shown.facts["columns"]] == ["svar", "", "Mod", "Forskel"]
    assert [told for *_, told in shown.facts["columns"]] == ["indsamlede", "a", "c", "1.0"]
    assert "Note. Udeladt, for der er kun streger: 1 kolonne (»p«) og 1 række (»b«)." in made
    assert ">b<" not in made
    assert ">p<" not in made
    assert ">b<" in html_.table(frame, "c", "n", provenance="syntetisk").html
    hidden = html_.table(frame.assign(Forskel=[DASH, DASH]), "c", "n", provenance="indsamlet").html
    assert "Alle tal er skjult" in hidden
    assert ">a<" not in hidden


@pytest.mark.slow
def test_an_empty_group_does_not_break_a_figure_or_a_table() -> None:
    only = SURVEY.answers[SURVEY.background["region"] != "nordjylland"]
    survey = Survey(only, SURVEY.frame, SURVEY.questionnaire)
    assert "Nordjylland –." in dots_.dots(survey, estimate.shares(survey, "pol_fokus", "ja", "region"), "c", "n").alt
    bars = likert_.likert(survey, estimate.shares(survey, "vae_tillid", by="region"), "c", "n").alt
    told = dict(part.split(": ") for part in bars.removesuffix(".").partition(". ")[2].split("; "))
    assert [region for region, shares in told.items() if not re.search(r"\d", shares)] == ["Nordjylland"]
    table = tables.group_table(survey, estimate.shares(survey, "pol_fokus", by="region"), "c", "n").html
    rows = BeautifulSoup(table, "html.parser").select("tbody tr")
    assert [row.th.get_text() for row in rows] == ["Hovedstaden", "Sjælland", "Syddanmark", "Midtjylland"]
    assert all(re.search(r"\d", row.td.get_text()) for row in rows)
    assert "1 række (»Nordjylland«)" in table


@pytest.mark.slow
def test_without_a_frame_a_page_says_that_it_is_not_known_who_was_asked() -> None:
    answers = SURVEY.answers.iloc[2:]
    plain = Survey(answers, SURVEY.frame.loc[answers.index], SURVEY.questionnaire, framed=False)
    survey = weighting.weighted(plain)
    rates = weighting.response_rates(survey)
    outputs = [
        sentences.sentence("I alt svarede {}.", survey, rates),
        sentences.sentence("R-indikatoren er {}.", survey, nonresponse.r_indicator(survey)),
        tables.rates_table(survey, rates, "c", "n"),
        tables.p_table(survey, nonresponse.response_tests(survey), "c", "n"),
        model_tables.weights_table(survey, weighting.weights_summary({"Vægtet": survey}), "c", "n"),
        facts.area_table(survey, "c", "n"),
    ]
    assert all(door.NO_FRAME in output.text for output in outputs)
    card = comparison.cards(survey, {"svarede": rates}, ["N3"]).text
    assert card.startswith(f"{danish.number(round(len(answers) / 5) * 5)} svarede (Uden en ramme")
    assert "Der er ingen ramme" in edition.Edition(edition.check({"ramme": "ingen"}), survey).banner().text
    assert door.NO_FRAME not in tables.p_table(survey, _same_in_regions(survey), "c", "n").text


def _same_in_regions(survey: Survey) -> pd.DataFrame:
    tests = compare.equality(weighting.for_process(survey), "pol_fokus", "ja", "region")
    return compare.corrected(tests, "holm", "region")


def test_tables_have_caption_and_scope_and_escape_what_they_show() -> None:
    frame = pd.DataFrame({"a<b": ["<script>"]}, index=pd.Index(["&"], name="r"))
    html = html_.table(frame, "En <tabel>", "tab-x", provenance="register").html
    assert "<caption>En &lt;tabel&gt;" in html
    assert html.count('scope="col"') == 2
    assert html.count('scope="row"') == 1
    assert "<script>" not in html


def test_a_published_sentence_takes_its_numbers_from_the_file() -> None:
    output = comparison.published_sentence("{N5} af {N2}")
    assert output.text == "82\u00a0% af 838 (udsagn N5 og N2) [offentliggjort]"
    with pytest.raises(KeyError):
        comparison.published_sentence("{N99}")


def test_the_banner_warns_of_synthetic_answers_and_tells_the_parameters() -> None:
    html = EDITION.banner().html
    assert "Ingen har svaret dette" in html
    for term, words in EDITION.words():
        assert term in html
        assert words in html
    assert "Ingen har svaret dette" not in replace(EDITION, survey=COLLECTED).banner().html


def test_every_assumption_is_shown_with_its_reason() -> None:
    text = facts.assumption_table("c", "n").text
    for name in ("standardfroe", "pol_fokus", "pra_lange", "ved_ikke", "forankring", "jaevnt_fordelt"):
        assert name in text


def test_what_has_no_interval_says_why_where_nothing_is_hidden() -> None:
    answers = pd.DataFrame({"t": [3, 3, 5, 6, 7], "u": [1, 2, 3, 4, 5], "g": list("aabbc")})
    recognise(Survey.of(answers, background=["g"]).answers)
    survey = Survey.of(answers, background=["g"])
    alike, usual, alone = (estimate.means(survey, "t", "g")[row:row + 1] for row in range(3))
    for one in (alike, alone):
        assert sentences.sentence("{}.", survey, one).text.startswith(f"{words_.value(one.iloc[0])} (ingen usikkerhed")
        told = tables.estimates_table(survey, one, "c", "n").text
        assert "Hvor intervallet er en streg, er der ingen usikkerhed at regne: der er kun én svarperson" in told
        assert "0,0" not in told
    assert "streg" not in tables.estimates_table(survey, usual, "c", "n").text
    pairs = compare.corrected(compare.contrasts(survey, "t", None, "g"), "holm", "par")
    assert "ingen usikkerhed at regne" in tables.contrasts_table(survey, pairs, "c", "n").text
    hidden = estimate.means(COLLECTED, "pra_lange", by="fagomraade").assign(low=float("nan"))
    assert "ingen usikkerhed" not in tables.estimates_table(COLLECTED, hidden, "c", "n").text


def test_a_sum_of_counts_says_whom_it_is_about() -> None:
    counts = ["pra_lange", "pra_korte"]
    parts = [estimate.means(SURVEY, items) for items in (*counts, counts)]
    assert abs(sum(part["estimate"].item() for part in parts[:2]) - parts[2]["estimate"].item()) > 0.01
    said = "gælder dem, der kendte dem alle, og kan afvige fra summen"
    assert said in tables.estimates_table(SURVEY, pd.concat(parts), "c", "n").text
    assert said not in tables.estimates_table(SURVEY, pd.concat(parts[:2]), "c", "n").text


def test_answered_means_the_same_in_the_table_of_blanks_as_under_a_figure() -> None:
    made = model_tables.item_nonresponse_table(SURVEY, nonresponse.item_nonresponse(SURVEY), "Svar", "tab-svar")
    row = BeautifulSoup(made.html, "html.parser").find("th", string=SURVEY.questionnaire.items["pol_fokus"].topic)
    answered, unsure, missing, *_ = [cell.text for cell in row.find_next_siblings("td")]
    base = f"svarede på spørgsmålet: {answered}, heraf »ved ikke«: {unsure}; sprang det over: {missing}"
    assert base in sentences.question(SURVEY, "pol_fokus").text
