"""A model of all the answers of a question, as a table."""

import numpy as np
import opened
import pandas as pd
import pytest

from civsam.inference import model, weighting
from civsam.pages import show
from civsam.survey.survey import Survey

PROCESS = opened.edition().process
ITEM = "pol_strategi"


def test_each_answer_and_group_has_a_row() -> None:
    made = show.model(PROCESS, ITEM, ["blok", "udgiftspres"], "Strategi", "tab-x", kind="multinomial")
    effects = model.regression(PROCESS, ITEM, ["blok", "udgiftspres"], "multinomial").marginal_effects()
    columns = {heading: cells.split("\n") for heading, _, cells in made.facts["columns"]}
    labels = PROCESS.item(ITEM).scale.answers
    assert columns["Svar"] == [labels[answer] for answer in effects["answer"]]
    assert len(effects) == 9
    assert [float(value) for value in columns["Procentpoint"]] == pytest.approx(100 * effects["estimate"], abs=0.051)
    assert "en multinomial logistisk model" in made.text
    plain = show.model(PROCESS, model.measure(PROCESS, "pol_fokus", "ja"), ["blok"], "Fokus", "tab-y")
    assert "Svar" not in {heading for heading, *_ in plain.facts["columns"]}


def of_collected(answers: pd.DataFrame) -> str:
    design = PROCESS.having(answers=answers, design=None).design
    collected = Survey(answers, PROCESS.frame, PROCESS.questionnaire, design)
    return show.model(collected, ITEM, ["blok"], "Strategi", "tab-x", kind="multinomial").text


def test_of_collected_answers_it_passes_the_rules_of_what_may_be_shown() -> None:
    """In a group few said 'ved ikke', so that is hidden and an answer with it, until so many do that none is."""
    rows = PROCESS.answers.iloc[1:]
    assert "Modellen vises ikke: den er skjult" in of_collected(rows)
    unsure = rows[ITEM].where(np.arange(len(rows)) % 4 > 0, "ved_ikke")
    text = of_collected(rows.assign(**{ITEM: unsure}))
    assert "indsamlede svar" in text
    assert "afrundet til nærmeste 5" in text
    assert "en multinomial logistisk model" in text


def test_the_odds_of_collected_answers_are_told_where_no_answer_is_hidden() -> None:
    collected = weighting.for_process(Survey(PROCESS.answers.iloc[1:], PROCESS.frame, PROCESS.questionnaire))
    text = show.odds(collected, "vae_omkostning", "udgiftspres").text
    assert "gange så store i gruppen »Højt udgiftspres«" in text
    assert "indsamlede svar" in text


def test_another_kind_of_model_is_refused() -> None:
    with pytest.raises(ValueError, match="kind must be one of logit, count, linear, multinomial, not 'ordinal'"):
        show.model(PROCESS, ITEM, ["blok"], "Strategi", "tab-x", kind="ordinal")
