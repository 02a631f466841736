"""Scales on a page: what their numbers mean, how they were made, and what is told of collected answers."""

import opened
import pytest

from civsam.inference import scales
from civsam.pages import door, show
from civsam.survey.survey import Survey

SURVEY = opened.edition().survey
COLLECTED = Survey(SURVEY.answers.iloc[1:], SURVEY.frame, SURVEY.questionnaire)  # less one: no longer known
TRUST = ["vae_tillid", "vae_civile", "vae_demokrati"]


def test_a_table_of_reliability_says_which_number_is_which_and_what_was_turned() -> None:
    made = show.table(SURVEY, scales.reliability(SURVEY, TRUST, reverse=["vae_civile"]), "Tillid", "tab-x")
    for told in ("Cronbachs alfa", "McDonalds omega", "talt 1, 2, 3 og så videre", "på alle skalaens spørgsmål",
                 f"Vendt om: {SURVEY.item('vae_civile').topic}."):
        assert told in made.text
    assert "ikke kendte antallet" not in made.text
    assert "En alfa under 0 tyder på, at et spørgsmål skal vendes." in made.text
    assert "under 0" not in show.table(SURVEY, scales.reliability(SURVEY, TRUST), "Tillid", "tab-x").text
    assert [heading for heading, numbers, _ in made.facts["columns"] if numbers] == [
        "Tal", "Interval, fra", "Interval, til", "n"]


def test_a_table_says_why_there_is_no_omega() -> None:
    told = "Omega kan ikke regnes ud: det kræver mindst tre spørgsmål"
    assert told in show.table(SURVEY, scales.reliability(SURVEY, TRUST[:2]), "Tillid", "tab-x").text
    assert told not in show.table(SURVEY, scales.reliability(SURVEY, TRUST), "Tillid", "tab-x").text


def test_an_index_by_group_is_a_table_and_a_figure() -> None:
    made = scales.index(SURVEY, TRUST, "region", least=2)
    table = show.table(SURVEY, made, "Tillid", "tab-x").text
    assert "på nok af skalaens spørgsmål" in table
    assert "Nordjylland" in table
    assert f"{made['estimate'][0]:.2f}".replace(".", ",") in show.figure(SURVEY, made, "Tillid", "fig-x").alt


def test_of_collected_answers_reliability_is_told_in_steps_and_so_is_an_index() -> None:
    exact, shown = (make(scales.reliability(COLLECTED, TRUST)) for make in (
        lambda table: table, lambda table: door.shown(COLLECTED, table)))
    assert not shown["hidden"].any()
    for name in ("estimate", "low", "high"):
        steps = shown[name] / 0.05
        assert steps.tolist() == pytest.approx(steps.round().tolist())
    assert (abs(shown["estimate"] - exact["estimate"]) < 0.026).all()
    assert ((shown["low"] <= exact["low"]) & (shown["high"] >= exact["high"])).all()
    assert shown[["se", "df"]].isna().all(axis=None)
    assert (shown["n"] % 5 == 0).all()
    few = Survey(COLLECTED.answers.iloc[:19], SURVEY.frame, SURVEY.questionnaire)
    assert door.shown(few, scales.reliability(few, TRUST))["hidden"].all()
    assert door.shown(few, scales.index(few, TRUST, "blok"))["hidden"].all()
    made = show.table(COLLECTED, scales.index(COLLECTED, TRUST, "blok"), "Tillid", "tab-x")
    assert "Gennemsnit er afrundet til trin på" in made.text
