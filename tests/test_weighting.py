"""Response rates, response groups and their weights."""

from dataclasses import replace

import numpy as np
import pytest

from civsam import edition, estimate, register, weighting
from civsam.survey import Survey

EDITION = edition.open_edition()
WEIGHTED = EDITION.survey


def test_weights_add_up_to_the_frame_in_every_area_and_size_type() -> None:
    for variable in ("fagomraade", "kommunetype"):
        total = WEIGHTED.background.assign(w=WEIGHTED.design.weights).groupby(variable)["w"].sum()
        np.testing.assert_allclose(total, WEIGHTED.frame[variable].value_counts()[total.index])


def test_a_group_is_joined_with_its_neighbour_until_it_has_enough_respondents() -> None:
    frame = WEIGHTED.frame
    few = frame.index[(frame["fagomraade"] == "kultur") & (frame["kommunetype"] == "stor")][:3]
    other = frame.index[(frame["fagomraade"] != "kultur") | (frame["kommunetype"] != "stor")]
    answers = WEIGHTED.answers.reindex([*few, *other], fill_value="")
    groups = weighting.response_groups(Survey(answers, frame, WEIGHTED.questionnaire))
    assert "kultur mellem+stor" in set(groups)
    assert "kultur stor" not in set(groups)
    assert "kultur lille" in set(groups)
    respondents = groups.loc[answers.index].value_counts()
    assert respondents.min() >= weighting.MIN_RESPONDENTS


def test_an_area_that_nobody_answered_for_is_joined_to_one_group() -> None:
    frame = WEIGHTED.frame
    answers = WEIGHTED.answers[WEIGHTED.background["fagomraade"] != "kultur"]
    groups = weighting.response_groups(Survey(answers, frame, WEIGHTED.questionnaire))
    assert groups[frame["fagomraade"] == "kultur"].unique().tolist() == ["kultur lille+mellem+stor"]


def test_response_rates_count_asked_and_answered() -> None:
    rates = weighting.response_rates(WEIGHTED, "region")
    assert rates["asked"].sum() == len(WEIGHTED.frame)
    assert rates["responded"].sum() == len(WEIGHTED.answers)
    assert list(rates["group"]) == list(register.VARIABLES["region"])


def test_design_effect_of_unequal_weights() -> None:
    # Kish: half with weight 1 and half with weight 3 gives 2 * (1 + 9) / (1 + 3) ** 2 = 1.25
    assert weighting.design_effect(EDITION.raw) == pytest.approx(1)
    design = EDITION.raw.design
    weights = np.where(np.arange(len(design.weights)) % 2, 3.0, 1.0)
    uneven = replace(WEIGHTED, design=replace(design, weights=weights))
    assert weighting.design_effect(uneven) == pytest.approx(1.25)


def test_weighting_mends_nonresponse_that_follows_the_area() -> None:
    """A known truth: only kultur answers less, and weighting brings its share of the counts back."""
    truth = EDITION.truth
    rng = np.random.default_rng(1)
    chance = np.where(truth.frame["fagomraade"] == "kultur", 0.3, 0.8)
    answers = truth.answers[rng.random(len(chance)) < chance]
    raw = Survey(answers, truth.frame, truth.questionnaire)
    full = estimate.means(truth, "pra_korte")["estimate"].item()
    plain = estimate.means(raw, "pra_korte")["estimate"].item()
    weighted = estimate.means(weighting.by_response_groups(raw), "pra_korte")["estimate"].item()
    assert abs(weighted - full) < abs(plain - full) / 2
