"""What is told of intervals for the process beside those for all asked."""

import re

import numpy as np
import opened
import pytest

from civsam.inference import estimate
from civsam.pages import model_tables
from civsam.study import facts
from civsam.survey.survey import Survey

EDITION = opened.edition()
SURVEY = EDITION.survey


def numbers(text: str) -> list[float]:
    return [float(x.replace(",", ".")) for x in re.findall(r"[\d,]*\d", text)]


def test_how_much_wider_intervals_are_without_the_correction_is_computed() -> None:
    before, after = (estimate.shares(one, "pol_fokus", "ja", by="region") for one in (SURVEY, EDITION.process))
    wider, alone, rate = numbers(facts.correction_sentence(SURVEY, before, after).text)
    widths = [table["high"] - table["low"] for table in (before, after)]
    assert wider == pytest.approx(np.median(widths[1] / widths[0]), abs=0.006)
    answered = (SURVEY.answers["pol_fokus"] != "").sum() / len(SURVEY.frame)
    assert rate == round(100 * answered)
    assert alone == pytest.approx((1 - answered) ** -0.5, abs=0.006)


def test_nothing_is_said_of_the_correction_where_everybody_answered_or_nobody_knows_who_was_asked() -> None:
    def told(survey: Survey) -> str:
        table = estimate.shares(survey, "pol_fokus", "ja", by="region")
        return facts.correction_sentence(survey, table, table).text

    assert "kan ikke regnes ud" in told(SURVEY.having(framed=False))
    everybody = EDITION.truth.answers.replace({"pol_fokus": {"": "ja"}})
    assert "kan ikke regnes ud" in told(Survey(everybody, EDITION.truth.frame, EDITION.truth.questionnaire))


def test_the_odds_are_not_said_to_have_the_correction_for_few_municipalities() -> None:
    said = model_tables.ordinal_sentence(EDITION.process, "vae_omkostning", "udgiftspres").text
    assert "uden den korrektion for få kommuner" in said
    assert "CR2" not in model_tables.ordinal_sentence(SURVEY, "vae_omkostning", "udgiftspres").text
