"""Response is response to the question: who left it blank counts as one who did not answer the form."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import opened
import pandas as pd
import pytest

from civsam.inference import compare, estimate, models, ordinal, replicates, scales, settled, waves, weighting
from civsam.inference.equations import measure
from civsam.inference.variance import covariance
from civsam.instrument.questionnaire import Item, Scale, Weighting, read
from civsam.survey.design import Design
from civsam.survey.survey import Survey


def with_blanks(survey: Survey, share: float) -> Survey:
    """The survey with more blanks, at random."""
    blank = np.random.default_rng(1).random(survey.answers.shape) < share
    return survey.having(answers=survey.answers.mask(blank, ""), design=None)


RAW = with_blanks(opened.edition().raw, 0.15)
GROUPS = RAW.frame["fagomraade"]
YES = Scale("jn", "enkelt", {"ja": "Ja", "nej": "Nej"})
ONE = replace(read(), items={"svar": Item("svar", "b", YES, "", "")}, background={},
              weighting=Weighting())

WEIGHTS: dict[str, Callable[[Survey], Survey]] = {
    "ingen": weighting.unweighted,
    "svargrupper": weighting.by_response_groups,
    "egne grupper": lambda survey: weighting.by_response_groups(survey, GROUPS),
    "én margen": lambda survey: weighting.poststratify(weighting.by_response_groups(survey), "region"),
    "raking": weighting.raked,
    "afkortet": lambda survey: weighting.trim(weighting.raked(survey), upper=8),
    "processen": lambda survey: weighting.for_process(weighting.raked(survey)),
}
COUNTS = ["pra_lange", "pra_korte"]
TRUST = ["vae_tillid", "vae_civile", "vae_demokrati"]


def all_of(survey: Survey, *items: str) -> np.ndarray:
    return np.logical_and.reduce([survey.answered(item) for item in items])


Estimator = Callable[[Survey], pd.DataFrame]
# Each estimator, and who answered what it is about.
ESTIMATORS: dict[str, tuple[Estimator, Callable[[Survey], np.ndarray]]] = {
    "andele": (lambda s: estimate.shares(s, "vae_overordnet", by="region"), lambda s: s.answered("vae_overordnet")),
    "uden ved ikke": (lambda s: estimate.shares(s, "pol_fokus", "ja", dont_know=False),
                      lambda s: s.answered("pol_fokus")),
    "gennemsnit": (lambda s: estimate.means(s, COUNTS, "fagomraade"), lambda s: all_of(s, *COUNTS)),
    "del": (lambda s: estimate.ratios(s, "pra_tvaers"), lambda s: all_of(s, "pra_tvaers", *COUNTS)),
    "i alt": (lambda s: estimate.totals(s, "pol_fokus"), lambda s: s.answered("pol_fokus")),
    "fraktiler": (lambda s: estimate.quantiles(s, "pra_lange"), lambda s: all_of(s, "pra_lange")),
    "kontraster": (lambda s: compare.contrasts(s, "vae_tillid", "enig", "region"), lambda s: s.answered("vae_tillid")),
    "to spørgsmål": (lambda s: compare.differences(s, [measure(s, item, "ja") for item in ("pol_fokus", "pol_nye")]),
                     lambda s: all_of(s, "pol_fokus", "pol_nye")),
    "over en grænse": (lambda s: compare.above(s, measure(s, "pol_nye", "ja"), 0.5), lambda s: s.answered("pol_nye")),
    "hældning": (lambda s: compare.slope(s, "vae_omkostning", "enig", "udgiftspres"),
                 lambda s: s.answered("vae_omkostning")),
    "standardiseret": (lambda s: compare.contrasts(s, "pra_korte", None, "blok", effect="smd"),
                       lambda s: all_of(s, "pra_korte")),
    "varians": (lambda s: estimate.variances(s, "pra_korte"), lambda s: all_of(s, "pra_korte")),
    "indeks": (lambda s: scales.index(s, TRUST, "region"), lambda s: all_of(s, *TRUST)),
    "pålidelighed": (lambda s: scales.reliability(s, TRUST), lambda s: all_of(s, *TRUST)),
    "ens": (lambda s: compare.equality(s, "pol_nye", "ja", "region"), lambda s: s.answered("pol_nye")),
    "uafhængighed": (lambda s: compare.independence(s, "pol_nye", "region"), lambda s: s.answered("pol_nye")),
    "logit": (lambda s: models.regression(s, measure(s, "pol_nye", "ja"), ["region"], "logit").marginal_effects(),
              lambda s: s.answered("pol_nye")),
    "ordinal": (lambda s: ordinal.ordinal(s, "vae_tillid", ["region"]).coefficients(),
                lambda s: s.answered("vae_tillid")),
    "replikater": (lambda s: replicates.replicated(s, replicates.jackknife(s.design), "share", "pol_nye", answer="ja"),
                   lambda s: s.answered("pol_nye")),
}
CALIBRATED = ("én margen", "raking", "processen")


@pytest.mark.parametrize("name", ESTIMATORS)
@pytest.mark.parametrize("kind", WEIGHTS)
def test_a_blank_answer_is_a_form_that_was_not_sent(name: str, kind: str) -> None:
    """The same numbers as when only those who answered what it is about had answered the form."""
    make, needs = ESTIMATORS[name]
    if name == "replikater" and kind in CALIBRATED:
        pytest.skip("replicates of calibrated weights are refused")
    answered = needs(RAW)
    assert 0.1 * len(answered) < np.sum(~answered)
    fewer = RAW.having(answers=RAW.answers[answered], design=None)
    ours, theirs = (make(WEIGHTS[kind](survey)) for survey in (RAW, fewer))
    pd.testing.assert_frame_equal(ours, theirs, rtol=1e-7, atol=1e-9)


def said(yes: int, no: int, blank: int, asked: int) -> Survey:
    answers = pd.DataFrame({"svar": ["ja"] * yes + ["nej"] * no + [""] * blank})
    return Survey(answers, pd.DataFrame(index=range(asked)), ONE)


@pytest.mark.parametrize("weigh", [weighting.unweighted, weighting.weighted])
def test_those_who_left_the_question_blank_are_in_doubt(weigh: Callable[[Survey], Survey]) -> None:
    """100 asked, 100 forms, 80 answers: what 80 forms would give, not 0.475 and no doubt."""
    row = estimate.shares(weigh(said(38, 42, 20, 100)), "svar", "ja").iloc[0]
    assert [row["estimate"], row["low"], row["high"]] == pytest.approx([0.475, 0.425, 0.526], abs=5e-4)
    assert row["se"] == pytest.approx(np.sqrt((1 - 80 / 100) * 0.475 * 0.525 / 79))
    total = estimate.totals(weigh(said(38, 42, 20, 100)), "svar", "ja").iloc[0]
    assert total["estimate"] == pytest.approx(47.5)


def test_by_rs_convention_a_blank_is_outside_the_domain() -> None:
    row = estimate.shares(weighting.blank_as_domain(said(38, 42, 20, 100)), "svar", "ja").iloc[0]
    assert [row["se"], row["low"], row["high"]] == pytest.approx([0, 0.475, 0.475])
    domain = weighting.blank_as_domain(weighting.raked(RAW))
    np.testing.assert_array_equal(domain.among(RAW.answered("pol_nye")).design.weights, domain.design.weights)


def test_all_answered_is_the_form_itself() -> None:
    survey = weighting.raked(RAW)
    assert survey.among(np.ones(len(RAW.answers), dtype=bool)) is survey
    assert survey.among(RAW.answered("pol_nye")).design is survey.among(RAW.answered("pol_nye")).design


def test_one_answer_has_no_error_and_none_no_estimate() -> None:
    for yes, n in ((1, 1), (0, 0)):
        row = estimate.shares(said(yes, 0, 100 - yes, 100), "svar", "ja").iloc[0]
        assert row["n"] == n
        assert np.isnan([row["low"], row["high"]]).all()


def test_margins_that_nobody_answers_for_are_left_to_the_response_groups() -> None:
    """All in one region left a question blank: it cannot be raked, as a form from nobody there could not."""
    blank = RAW.answers["pol_nye"].mask((RAW.background["region"] == "nordjylland"), "")
    survey = RAW.having(answers=RAW.answers.assign(pol_nye=blank))
    fewer = weighting.raked(survey).among(survey.answered("pol_nye")).design
    assert fewer.calibration is None
    assert fewer.weights.sum() == pytest.approx(len(RAW.frame))


@pytest.mark.parametrize("weigh", [weighting.raked, lambda survey: weighting.for_process(weighting.raked(survey))])
def test_few_in_an_area_make_no_error_many_times_that_of_r(weigh: Callable[[Survey], Survey]) -> None:
    """One who is alone in a group of her stratum decides nearly all of her own fit: 3 times, were that not bounded."""
    area = np.random.default_rng(3).permutation(np.flatnonzero(RAW.background["fagomraade"] == "skole"))
    for few in (3, 5, 8):
        answers = opened.edition().raw.answers.copy()
        answers.iloc[area[few:], answers.columns.get_loc("vae_civile")] = ""
        survey = weigh(Survey(answers, RAW.frame, RAW.questionnaire))
        ours, theirs = (estimate.shares(survey, "vae_civile", "enig", by="region", **how)["se"]
                        for how in ({}, {"interval": "t"}))
        assert (ours / theirs).max() < 2, few


def test_weights_of_others_have_no_recipe() -> None:
    """A design that is given other weights does not answer with those of the old."""
    design = weighting.raked(RAW).design
    assert replace(design, weights=design.weights * 2).again is None


def test_order_and_waves_keep_the_recipe() -> None:
    shuffled = RAW.having(answers=RAW.answers.sample(frac=1, random_state=1), design=None)
    for weigh in (weighting.raked, lambda one: weighting.for_process(weighting.raked(one))):
        rows = [estimate.shares(one, "vae_overordnet", "omkostning")
                for one in (weigh(RAW), settled.in_order(weigh(shuffled)))]
        pd.testing.assert_frame_equal(*rows, rtol=1e-9)
    new, old = weighting.raked(RAW), weighting.by_response_groups(shuffled)
    row = waves.changes(new, old, [("pol_nye", "ja", False)]).iloc[0]
    sides = [estimate.shares(one, "pol_nye", "ja").iloc[0] for one in (new, old)]
    assert row["se"] == pytest.approx(np.hypot(*(side["se"] for side in sides)))
    assert row["estimate"] == pytest.approx(sides[0]["estimate"] - sides[1]["estimate"])


# ---- Designs of one's own --------------------------------------------------------------------------------------------


def own(**columns: object) -> pd.DataFrame:
    return pd.DataFrame({"svar": ["ja", "ja", "nej", None, "nej", "ja", "nej", None, "ja", "nej"]} | columns)


def test_strata_of_a_finite_population_are_its_response_groups() -> None:
    data = own(stratum=list("aaaaaabbbb"), antal=[12.0] * 6 + [8.0] * 4)
    survey = Survey.of(data, strata="stratum", population="antal")
    fewer = Survey.of(data.dropna(), strata="stratum", population="antal")
    for make in (lambda one: estimate.shares(one, "svar", "ja"), lambda one: estimate.totals(one, "svar")):
        pd.testing.assert_frame_equal(make(survey), make(fewer), rtol=1e-9)
    assert estimate.totals(survey, "svar", ["ja", "nej"])["estimate"].sum() == pytest.approx(20)


def test_a_stratum_with_one_answer_is_joined_with_the_next() -> None:
    data = own(stratum=list("aaabbbbccc"), antal=[6.0] * 3 + [8.0] * 4 + [6.0] * 3)
    data.loc[[0, 1], "svar"] = None
    survey = Survey.of(data, strata="stratum", population="antal")
    weights = survey.among(survey.answered("svar")).design.weights
    assert weights[2] == pytest.approx(weights[4]) == pytest.approx(14 / 4)
    assert estimate.shares(survey, "svar", "ja")["se"].item() > 0


def test_without_a_finite_population_blanks_are_a_domain() -> None:
    survey = Survey.of(own(vaegt=np.arange(1.0, 11)), weight="vaegt")
    pd.testing.assert_frame_equal(estimate.shares(survey, "svar", "ja"),
                                  estimate.shares(weighting.blank_as_domain(survey), "svar", "ja"))


def test_in_clusters_that_are_all_there_the_blanks_are_what_is_in_doubt() -> None:
    """All five clusters of the population were drawn: the variance is that of 8 answers drawn from 10."""
    survey = Survey.of(own(klasse=list("aabbccddee"), antal=5.0), cluster="klasse", population="antal")
    row, there = estimate.shares(survey, "svar", "ja").iloc[0], survey.answered("svar")
    assert row["se"] == pytest.approx(np.sqrt((1 - 8 / 10) * 8 / 7 * np.sum((1 / 8 * 0.5) ** 2 * np.ones(8))))
    half = Survey.of(own(klasse=list("aabbccddee"), antal=10.0), cluster="klasse", population="antal")
    fewer = half.among(there)
    influence = (fewer.design.weights * (half.says("svar", "ja") - 0.5 * there) / fewer.design.weights.sum())[:, None]
    domain = covariance(influence, Design(fewer.design.weights, half.design.stages, "drawn")).item()
    assert fewer.design.weights.sum() == pytest.approx(20)
    assert estimate.shares(half, "svar", "ja")["se"].item() ** 2 == pytest.approx(domain + row["se"] ** 2 / 2)
