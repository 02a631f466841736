"""One statement under all reasonable choices: the study's own among them, and each choice changes what it should."""

import xml.etree.ElementTree as ET
from dataclasses import replace
from functools import cache

import numpy as np
import opened
import pandas as pd
import pytest
from scipy.stats import t as student

from civsam import danish
from civsam.inference import weighting
from civsam.pages.door import shown
from civsam.study import claims, figures, municipality_groups, register, sensitivity
from civsam.study.sensitivity import CHOICES, GULDBORGSUND
from civsam.survey.survey import Survey, recognise

SURVEY = opened.edition().survey
STATEMENTS = ("O8", "O9", "O11")
THERE = (SURVEY.background["kommunekode"] == GULDBORGSUND).to_numpy()


@cache
def curve(statement: str) -> pd.DataFrame:
    return sensitivity.curve(SURVEY, statement)


def chosen(table: pd.DataFrame, item: str, **choices: str) -> pd.Series:
    """The row of one specification; the study's own choices where none are named."""
    own = {name: next(iter(codes)) for name, codes in CHOICES.items() if table[name].iloc[0]} | choices
    (row,) = table[(table[list(own)] == pd.Series(own)).all(axis=1) & (table["item"] == item)].itertuples(index=False)
    return pd.Series(row._asdict())


def red_less_blue(bloc: pd.Series, keep: np.ndarray) -> float:
    """By hand: the raked share of 'ja' to pol_fokus among red respondents less that among blue."""
    said, weights = SURVEY.answers["pol_fokus"], SURVEY.among(SURVEY.answered("pol_fokus")).design.weights
    base = (said != "").to_numpy() & keep
    red, blue = (base & (bloc == code).to_numpy() for code in ("roed", "blaa"))
    return float(np.subtract(*(np.average(said[who] == "ja", weights=weights[who]) for who in (red, blue))))


@pytest.mark.parametrize(
    ("statement", "rows", "varied"),
    [("O8", 2 * 4 * 2, {"weights", "dont_know"}), ("O9", 2 * 4 * 3 * 2, {"weights", "guldborgsund", "dont_know"}),
     ("O11", 4 * 3 * 2 * 2, {"weights", "cut", "definition", "dont_know"})],
)
def test_all_combinations_of_what_bears_on_the_statement_and_no_others(
    statement: str, rows: int, varied: set[str]
) -> None:
    table = curve(statement)
    assert len(table) == len(table[["measure", *CHOICES]].drop_duplicates()) == rows
    assert {name for name in CHOICES if table[name].nunique() > 1} == varied
    assert (table[list(set(CHOICES) - varied)] == "").all(axis=None)
    assert list(table.columns) == sensitivity.COLUMNS
    assert set(table["provenance"]) == {"syntetisk"}
    assert table.groupby("measure")["base"].sum().eq(1).all()


@pytest.mark.parametrize("statement", STATEMENTS)
def test_the_studys_own_choices_give_what_the_claim_is_judged_by(statement: str) -> None:
    own = curve(statement)[curve(statement)["base"]]
    judged = claims.judge(SURVEY).set_index("id").loc[statement]
    (same,) = [row for _, row in own.iterrows() if row["n"] == judged["n"]]  # the deciding of the two measures
    names = ["estimate", "low", "high"]
    np.testing.assert_allclose(same[names].astype(float), judged[names].astype(float), rtol=1e-8)
    assert (same["a"], same["b"]) == (judged["a"], judged["b"])
    verdicts = set(own["verdict"])
    assert judged["verdict"] == ("understoettet" if verdicts == {"understoettet"} else "modsagt"
                                 if "modsagt" in verdicts else "uafgjort")


def test_guldborgsund_is_blue_red_or_left_out_and_nothing_else_moves() -> None:
    assert THERE.sum() >= 2
    table, bloc = curve("O9"), SURVEY.background["blok"]
    recoded = bloc.mask(THERE, "roed")
    everybody = np.ones(len(THERE), dtype=bool)
    for code, groups, keep in (("blaa", bloc, everybody), ("roed", recoded, everybody), ("udeladt", bloc, ~THERE)):
        row = chosen(table, "pol_fokus", guldborgsund=code)
        assert row["estimate"] == pytest.approx(red_less_blue(groups, keep), abs=1e-9), code
        assert row["n"] == np.sum((SURVEY.answers["pol_fokus"] != "").to_numpy() & keep)
    assert len({chosen(table, "pol_fokus", guldborgsund=code)["estimate"] for code in CHOICES["guldborgsund"]}) == 3


def test_each_choice_of_weights_gives_the_share_that_it_should() -> None:
    said, area = SURVEY.answers["pol_fokus"], SURVEY.background["blok"]
    plain = weighting.unweighted(SURVEY)
    groups = municipality_groups.municipality_groups(plain)
    asked, answered = groups.value_counts(), groups[said.index].value_counts()
    by_municipality = groups[said.index].map(asked / answered).to_numpy()
    grouped = weighting.by_response_groups(plain, groups)
    np.testing.assert_allclose(grouped.design.weights, by_municipality)
    for code, weighed in (("raking", SURVEY), ("uvaegtet", plain), ("kommuner", grouped),
                          ("svargrupper", weighting.by_response_groups(plain))):
        weights = weighed.among(SURVEY.answered("pol_fokus")).design.weights
        red, blue = ((said != "").to_numpy() & (area == bloc).to_numpy() for bloc in ("roed", "blaa"))
        share = [np.average(said[who] == "ja", weights=weights[who]) for who in (red, blue)]
        assert chosen(curve("O9"), "pol_fokus", weights=code)["estimate"] == pytest.approx(share[0] - share[1]), code
    assert curve("O9").groupby("weights")["estimate"].first().nunique() == 4


def test_left_out_is_a_domain_with_the_standard_error_of_the_rest() -> None:
    # with equal weights and clusters without a finite population, a domain of whole clusters equals the rest alone
    rest = weighting.for_process(weighting.unweighted(Survey(SURVEY.answers[~THERE], SURVEY.frame,
                                                             SURVEY.questionnaire)))
    row = chosen(curve("O9"), "pra_maalgruppe", weights="uvaegtet", guldborgsund="udeladt")
    claim = claims.read()["O9"]
    alone = sensitivity._no_difference(rest, claim, claim.measures[1], {"dont_know": "med"})
    for name in ("estimate", "se", "df", "low", "high"):
        assert row[name] == pytest.approx(alone[name], rel=1e-9)


def test_municipalities_are_cut_in_even_groups_by_rank() -> None:
    table = register.municipalities()
    for groups in (2, 3, 5):
        step = register.steps(table["pres"], groups)
        assert sorted(step.unique()) == list(range(groups))
        assert step.value_counts().max() - step.value_counts().min() <= 1
        edges = table["pres"].groupby(step)
        assert (edges.max().to_numpy()[:-1] <= edges.min().to_numpy()[1:]).all()
    score = sensitivity.pressure_score(SURVEY, 3, "ressourcer")
    assert (score.to_numpy() == SURVEY.group("udgiftspres")).all()


def test_a_trend_along_the_ranking_has_one_slope_whatever_the_cut() -> None:
    # agreeing goes from 0 to 1 in proportion to the rank, evenly over the municipalities: 1/3 for each third
    rank = register.municipalities()["pres"].rank(method="first").sub(0.5).div(98)
    frame = SURVEY.frame
    order = frame.groupby("kommunekode").cumcount().add(0.5) / frame.groupby("kommunekode")["region"].transform("size")
    said = np.where(order < frame["kommunekode"].map(rank), "enig", "uenig")
    answers = pd.DataFrame("", index=frame.index, columns=SURVEY.answers.columns).assign(vae_omkostning=said)
    table = sensitivity.curve(Survey(answers, frame, SURVEY.questionnaire), "O11")
    main = table[table["definition"] == "ressourcer"]
    assert main["estimate"].to_numpy() == pytest.approx(1 / 3, abs=0.02)
    assert set(table["verdict"]) == {"understoettet"}
    other = table[table["definition"] == "grundlag"]
    assert (other["estimate"] != main["estimate"].to_numpy()).all()


def test_two_groups_are_the_difference_between_the_halves() -> None:
    pressure = register.municipalities().eval("udgiftsbehov / beskatningsgrundlag")
    high = SURVEY.background["kommunekode"].map(pressure.rank(method="first") > 49).to_numpy()
    said = SURVEY.answers["vae_omkostning"]
    knows = ~said.isin(["", "ved_ikke"]).to_numpy()
    agree = said.isin(["enig", "helt_enig"]).to_numpy()
    row = chosen(curve("O11"), "vae_omkostning", weights="uvaegtet", cut="2", definition="grundlag", dont_know="uden")
    assert row["estimate"] == pytest.approx((agree[knows & high].mean() - agree[knows & ~high].mean()) / 1.5)
    assert row["n"] == knows.sum()


def test_the_margin_verdict_and_level_follow_the_claim_and_the_survey() -> None:
    assert set(curve("O9")["margin"]) == {claims.read()["O9"].margins[0]}
    assert curve("O11")["margin"].isna().all()
    wide = sensitivity.curve(replace(SURVEY, level=0.99), "O9")
    assert (wide["high"] - wide["low"] > curve("O9")["high"] - curve("O9")["low"]).all()
    assert (wide["verdict"] == curve("O9")["verdict"]).all()


@pytest.mark.parametrize("statement", ["M1", "N5", "O10", "findes ikke"])
def test_other_statements_are_refused(statement: str) -> None:
    with pytest.raises(ValueError, match=statement):
        sensitivity.curve(SURVEY, statement)


def test_answers_from_one_group_alone_give_no_number_and_no_verdict() -> None:
    lowest = (SURVEY.background["udgiftspres"] == "lavt").to_numpy()
    answers = SURVEY.answers.assign(vae_omkostning=SURVEY.answers["vae_omkostning"].where(lowest, ""))
    recognise(answers)
    survey = Survey(answers, SURVEY.frame, SURVEY.questionnaire)
    table = sensitivity.curve(survey, "O11")
    three = table[(table["cut"] == "3") & (table["definition"] == "ressourcer")]
    assert three["estimate"].isna().all()
    assert set(three["verdict"]) == {"uafgjort"}
    assert table["estimate"].notna().any()
    assert "48 beregninger" in figures.specifications(survey, table, "c", "n").alt


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_question_that_nobody_answered_breaks_nothing(statement: str) -> None:
    answers = SURVEY.answers.assign(pol_fokus="", pra_maalgruppe="", vae_omkostning="")
    recognise(answers)
    survey = Survey(answers, SURVEY.frame, SURVEY.questionnaire)
    table = sensitivity.curve(survey, statement)
    assert table["estimate"].isna().all()
    assert set(table["verdict"]) == {"uafgjort"}
    assert "fra – til –" in figures.specifications(survey, table, "c", "n").alt


@pytest.mark.parametrize("statement", STATEMENTS)
def test_the_figure_says_what_it_shows_and_has_the_same_bytes_every_time(statement: str) -> None:
    table = curve(statement)
    figure = figures.specifications(SURVEY, table, "c", "n")
    assert figure.svg == figures.specifications(SURVEY, table.sample(frac=1, random_state=1), "c", "n").svg
    ET.fromstring(figure.svg)
    assert "SYNTETISKE SVAR" in figure.svg
    counts = table["verdict"].value_counts()
    for words in (f"{len(table)} beregninger", f"{counts.get('uafgjort', 0)} er uafgjort",
                  f"{counts.get('understoettet', 0)} er understøttet", f"{counts.get('modsagt', 0)} er modsagt",
                  f"fra {danish.number(100 * table['estimate'].min(), 1)} til "
                  f"{danish.number(100 * table['estimate'].max(), 1)} procentpoint"):
        assert words in figure.alt, words
    for words in ("raking", "regnet med", *(["Guldborgsund", "rød"] if statement == "O9" else [])):
        assert f"<!-- {words} -->" in figure.svg, words
    assert "90\u00a0%\u2011intervallet" in figure.reading


def test_a_figure_of_mixed_provenance_is_not_drawn() -> None:
    mixed = curve("O9").assign(provenance=lambda t: np.where(t["base"], "indsamlet", "syntetisk"))
    with pytest.raises(ValueError, match="this plan is for"):
        figures.specifications(SURVEY, mixed, "c", "n")


def test_of_collected_answers_no_choice_moves_a_single_municipality_and_what_is_shown_is_judged() -> None:
    survey = Survey(SURVEY.answers.iloc[1:], SURVEY.frame, SURVEY.questionnaire)
    exact = sensitivity.curve(weighting.weighted(survey), "O9")
    told = shown(survey, exact)
    assert set(told["guldborgsund"]) == {"blaa"} < set(exact["guldborgsund"])
    assert len(told) > 3
    for _, row in told.iterrows():
        half = student.ppf(0.95, row["df"]) * row["se"]
        inside = abs(row["estimate"]) + half < row["margin"]
        assert inside == (row["verdict"] == "understoettet")
