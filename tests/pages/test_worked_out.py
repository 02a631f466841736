"""What pages say of numbers, each worked out a second way: by hand from the answers."""

import re

import numpy as np
import opened
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from civsam.inference import equations, estimate, power, weighting
from civsam.pages import door, likert, model_tables, sentences
from civsam.pages.figure import house_style
from civsam.study import claims, figures, published
from civsam.survey.survey import Survey

SURVEY = opened.edition().survey
SAID = SURVEY.answers


def weights(there: np.ndarray) -> np.ndarray:
    """Of those who answered a question, (answered,)."""
    return SURVEY.among(there).design.weights[there]


def cells(html: str) -> list[list[str]]:
    rows = BeautifulSoup(html, "html.parser").select("tbody tr")
    return [[cell.get_text() for cell in row.find_all(["th", "td"])] for row in rows]


def percent(item: str, answer: str, by: str, group: str) -> float:
    """Weighted percent of a group's answers to the question."""
    there = (SAID[item] != "").to_numpy()
    inside = (SURVEY.background[by] == group).to_numpy()[there]
    return 100 * np.average((SAID[item][there] == answer)[inside], weights=weights(there)[inside])


def test_a_sentence_tells_a_share_a_mean_and_a_response_rate() -> None:
    told = sentences.summary(SURVEY, estimate.shares(SURVEY, "pol_fokus", "ja"))
    share, low, high = map(int, re.fullmatch(r"(\d+)\u00a0% \((\d+)–(\d+)\)", told).groups())
    there = (SAID["pol_fokus"] != "").to_numpy()
    assert share == round(100 * np.average(SAID["pol_fokus"][there] == "ja", weights=weights(there)))
    assert low < share < high < share + 5
    count = pd.to_numeric(SAID["pra_lange"], errors="coerce").to_numpy()
    told = sentences.summary(SURVEY, estimate.means(SURVEY, "pra_lange"))
    there = (SAID["pra_lange"] != "").to_numpy()  # 'ved ikke' is an answer, but no number
    number = ~np.isnan(count[there])
    mean = np.average(count[there][number], weights=weights(there)[number])
    assert told.startswith(f"{mean:.1f} (".replace(".", ","))
    asked, answered = len(SURVEY.frame), len(SAID)
    told = sentences.summary(SURVEY, weighting.response_rates(SURVEY))
    assert told == f"{round(100 * answered / asked)}\u00a0% ({answered} af {asked})"


def test_the_highest_and_the_lowest_group_are_named_and_several_are_told_from_the_highest() -> None:
    labels = SURVEY.questionnaire.background["region"].labels
    order = sorted(labels, key=lambda group: -percent("pol_fokus", "ja", "region", group))
    shares = estimate.shares(SURVEY, "pol_fokus", "ja", by="region")
    assert sentences.highest(SURVEY, shares).startswith(f"»{labels[order[0]]}« (")
    assert sentences.highest(SURVEY, shares, lowest=True).startswith(f"»{labels[order[-1]]}« (")
    told = sentences.summary(SURVEY, shares).split("; ")
    assert [re.match(r"\D+", part)[0].strip() for part in told] == [labels[group] for group in order]
    for part, group in zip(told, order, strict=True):
        assert int(re.search(r"(\d+)\u00a0%", part)[1]) == round(percent("pol_fokus", "ja", "region", group))


@pytest.mark.parametrize(("item", "answer", "by", "model"), [
    ("pol_fokus", "ja", "region", "er grupperne ens"), ("pra_maalgruppe", "enig+helt_enig", "fagomraade",
                                                        "er der forskel på grupperne"),
    ("vae_overordnet", ["tillid", "omkostning"], None, None),
])
def test_what_ranks_says_by_how_much_and_whether_it_is_told_apart(
    item: str, answer: str | list[str], by: str | None, model: str | None
) -> None:
    """Two numbers with independent errors have a difference whose error is the root of the sum of squares, nearly."""
    shares = estimate.shares(SURVEY, item, answer, by).sort_values("estimate", ascending=False)
    for lowest, (first, second) in ((False, [row for _, row in shares.iloc[:2].iterrows()]),
                                    (True, [row for _, row in shares.iloc[:-3:-1].iterrows()])):
        told = sentences.highest(SURVEY, shares, lowest=lowest)
        size, low, high = (float(x.replace(",", ".").replace("−", "-")) for x in re.search(
            r"\(([\d,]+) procentpoint \w+ ».*«, interval (−?[\d,]+) til (−?[\d,]+), og", told).groups())
        assert size == pytest.approx(100 * abs(first["estimate"] - second["estimate"]), abs=0.06)
        assert (low + high) / 2 == pytest.approx(size, abs=0.11)
        if by:
            assert (high - low) / 2 == pytest.approx(196 * np.hypot(first["se"], second["se"]), rel=0.2)
        assert ("kan skelnes" in told) == (low > 0)
        assert (" over »" in told, " under »" in told) == (not lowest, lowest)
        assert ("i modellen bag de syntetiske svar" in told) == (model is not None and not lowest)
        assert lowest or model is None or model in told


def test_of_collected_answers_a_rank_is_told_from_shown_numbers_and_of_no_model() -> None:
    survey = Survey(SURVEY.answers.iloc[1:], SURVEY.frame, SURVEY.questionnaire)
    survey = weighting.weighted(survey)
    shares = estimate.shares(survey, "pol_fokus", "ja", by="blok")
    told, numbers = sentences.highest(survey, shares), door.shown(survey, shares)["estimate"]
    assert "modellen" not in told
    assert float(re.search(r"\(([\d,]+)", told)[1].replace(",", ".")) == pytest.approx(100 * np.ptp(numbers), abs=0.06)


def test_a_linear_model_of_one_variable_tells_the_differences_between_its_groups() -> None:
    process = weighting.for_process(SURVEY)
    made = model_tables.model_table(process, equations.measure(process, "pol_fokus", "ja"), "linear", ["region"], "c",
                                    "n")
    (first, reference), *others = SURVEY.questionnaire.background["region"].labels.items()
    rows = cells(made.html)
    assert [row[:2] for row in rows] == [[words, reference] for _, words in others]
    for (group, _), (*_, points, interval, p) in zip(others, rows, strict=True):
        differs = percent("pol_fokus", "ja", "region", group) - percent("pol_fokus", "ja", "region", first)
        assert points == f"{differs:.1f}".replace(".", ",").replace("-", "−")
        ends = [float(end.replace(",", ".").replace("−", "-")) for end in re.findall(r"[−-]?\d+,\d", interval)]
        assert ends[0] < differs < ends[1]
        assert (float(p.replace(",", ".").removeprefix("under ")) < 0.05) == (ends[0] > 0 or ends[1] < 0)


def test_a_table_of_power_tells_chances_margin_and_who_stands_behind() -> None:
    table = power.detectable(SURVEY, "pol_fokus", "ja", "blok", [0.0, 0.1], draws=40, margin=0.1, icc=0.05)
    made = model_tables.power_table(SURVEY, table, "c", "n")
    assert [row[0] for row in cells(made.html)] == ["0", "10"]
    for (_, found, alike), power_, equivalence in zip(cells(made.html), table["power"], table["equivalence"],
                                                      strict=True):
        assert (found, alike) == (f"{round(100 * power_)}\u00a0%", f"{round(100 * equivalence)}\u00a0%")
    for code, words in SURVEY.questionnaire.background["blok"].labels.items():
        mine = SURVEY.background[(SURVEY.background["blok"] == code) & (SAID["pol_fokus"] != "")]
        if code in (table["a"][0], table["b"][0]):
            assert f"{words}: {len(mine)} svar i {mine['kommunekode'].nunique()} kommuner." in made.text
    assert "Margin: 10 procentpoint." in made.text


def test_the_overview_has_each_claim_once_in_the_line_of_its_verdict() -> None:
    judged = claims.judge(SURVEY)
    made = figures.verdicts(SURVEY, judged, "c", "n")
    lines = dict(part.split(": ") for part in made.alt.removesuffix(".").partition(". ")[2].split("; "))
    words = {"understoettet": "understøttet", "uafgjort": "uafgjort", "modsagt": "modsagt", "kan_ikke":
             "kan ikke afgøres"}
    for verdict, mine in judged.groupby("verdict")["id"]:
        assert re.split(r", | og ", lines[words[verdict]]) == list(mine)
        assert f"<!-- {words[verdict].capitalize()}: {len(mine)} -->" in made.svg
    tiles = re.findall(r"<!-- ([NMO]\d+b?) -->", made.svg)
    assert sorted(tiles) == sorted(judged["id"])
    assert all(f"<!-- {published.short_names()[key]} -->" in made.svg for key in judged["id"])


@pytest.mark.parametrize(("shares", "left", "right"), [
    ([0.1, 0.2, 0.3, 0.25, 0.15], 0.45, 0.55), ([0.1, 0.2, 0.3, 0.4], 0.3, 0.7),
])
def test_bars_reach_from_the_middle_of_the_scale(shares: list[float], left: float, right: float) -> None:
    """An odd scale has half of its middle answer on each side."""
    codes = list("abcde"[:len(shares)])
    wide = pd.DataFrame([shares, shares[::-1]], columns=codes)
    low, high = likert._ends(wide, codes)
    assert low == pytest.approx([left, right])
    assert high == pytest.approx([right, left])
    with house_style():
        drawn = likert._draw_bars(["x", "y"], wide.assign(ved_ikke=0.05), codes, [*codes, "Ved ikke"], 6.6)
        bars = drawn.axes[0].patches
    assert [min(bar.get_x() for bar in bars[row::2]) for row in (0, 1)] == pytest.approx([-left, -right])
    assert [max(bar.get_x() + bar.get_width() for bar in bars[row::2]) for row in (0, 1)] == pytest.approx(
        [right, left])


def test_errors_are_those_of_each_version_against_the_truth() -> None:
    everybody, raw = opened.edition().truth, opened.edition().raw
    made = model_tables.errors_table((raw, everybody), {"Uden": lambda one: one, "Vægtet": weighting.raked},
                                     {"Fokus": lambda one: estimate.shares(one, "pol_fokus", "ja")}, "c", "n")
    true = 100 * (everybody.answers["pol_fokus"] == "ja").mean()
    there = (SAID["pol_fokus"] != "").to_numpy()
    errors = [f"{100 * np.average(SAID['pol_fokus'][there] == 'ja', weights=these) - true:.1f}"
              .replace(".", ",").replace("-", "−") for these in (None, weights(there))]
    assert cells(made.html) == [["Fokus", f"{round(true)}\u00a0%", *errors]]
    assert made.html.index("Uden") < made.html.index("Vægtet")


def test_a_sentence_with_a_hidden_number_tells_none() -> None:
    mine = Survey(SURVEY.answers.iloc[1:], SURVEY.frame, SURVEY.questionnaire)
    shown, hidden = (estimate.shares(mine, item, answer) for item, answer in (
        ("pol_fokus", "ja"), ("vae_tillid", "helt_uenig+helt_enig")))
    for parts in ((shown, hidden), (hidden, shown)):
        told = sentences.sentence("{} og {}.", mine, *parts).text
        assert told.startswith("Her er et tal skjult for at beskytte svarpersonerne.")
    assert sentences.sentence("{}.", mine, shown).text.startswith("82\u00a0% (")
