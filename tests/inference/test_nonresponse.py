"""Nonresponse: against R `survey`, against statsmodels, and against known truths."""

import json
from pathlib import Path

import numpy as np
import opened
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.stats import chi2

from civsam.inference import nonresponse
from civsam.survey.survey import Survey

HERE = Path(__file__).parent / "reference"
CASES = json.loads((HERE / "r_weighting.json").read_text())["cases"]
STUDY = opened.edition().raw
MUNICIPALITY = pd.factorize(STUDY.frame["kommunekode"])[0]


def responding(chance: np.ndarray | float, seed: int = 1) -> Survey:
    who = STUDY.frame.index[np.random.default_rng(seed).random(len(STUDY.frame)) < chance]
    return Survey(pd.DataFrame(index=who), STUDY.frame, STUDY.questionnaire.only((), STUDY.frame))


def by_area(weak: float, rest: float) -> np.ndarray:
    return np.where(STUDY.frame["fagomraade"] == "kultur", weak, rest)


def by_municipality(seed: int) -> np.ndarray:
    """Chances that differ from municipality to municipality for no reason that the frame knows."""
    return np.random.default_rng(seed).beta(0.6, 0.6, MUNICIPALITY.max() + 1)[MUNICIPALITY]


def test_the_clustered_logit_is_that_of_r() -> None:
    frame = pd.read_csv(HERE / "weighting_census.csv")
    x = np.column_stack([np.ones(len(frame)), frame["stype"] == "H", frame["stype"] == "M", frame["sch_wide"] == "Yes",
                         frame["meals"]]).astype(float)
    found, variance = nonresponse.fit_logit(frame["resp"].to_numpy(float), x, pd.factorize(frame["cnum"])[0])
    result = CASES["frame/response_propensity"]["result"]
    np.testing.assert_allclose(found, list(result["coef"].values()), rtol=1e-6)
    np.testing.assert_allclose(variance, result["vcov"]["matrix"], rtol=1e-6)


def test_the_model_has_r_s_degrees_of_freedom_and_intervals() -> None:
    """R's design degrees of freedom: clusters less one, less the coefficients besides the constant."""
    result = CASES["frame/response_propensity"]["result"]
    data = pd.read_csv(HERE / "weighting_census.csv")
    order = list(STUDY.questionnaire.background["kommunetype"].labels)
    frame = pd.DataFrame({
        "kommunekode": data["cnum"],
        "kommunetype": data["stype"].map(dict(zip("EHM", order, strict=True))),
        "blok": data["sch_wide"].map({"No": "roed", "Yes": "blaa"}),
    })
    answers = pd.DataFrame(index=frame.index[data["resp"] == 1])
    survey = Survey(answers, frame, STUDY.questionnaire.only((), frame))
    table = nonresponse.response_model(survey, ["kommunetype", "blok"])
    assert set(table["df"]) == {result["df_resid"] + 1}  # R's model has one covariate more
    x = [data["stype"] == "H", data["stype"] == "M", data["sch_wide"] == "Yes"]
    fit = sm.Logit(data["resp"], sm.add_constant(np.column_stack(x).astype(float))).fit(disp=0)
    odds = table[table["statistic"] == "odds_ratio"]
    np.testing.assert_allclose(odds["estimate"], np.exp(fit.params.iloc[1:]), rtol=1e-6)


def test_chi_square_of_response_is_pearson_s() -> None:
    survey = responding(by_area(0.3, 0.6))
    rows = nonresponse.response_tests(survey).set_index(["method", "by"])
    asked = survey.frame["fagomraade"].value_counts()
    answered = survey.background["fagomraade"].value_counts().reindex(asked.index)
    rate = answered.sum() / asked.sum()
    statistic = ((answered - rate * asked) ** 2 / (asked * rate * (1 - rate))).sum()
    row = rows.loc[("independent", "fagomraade")]
    assert row["statistic"] == pytest.approx(statistic)
    assert row["df"] == len(asked) - 1
    assert row["p"] == pytest.approx(chi2.sf(statistic, len(asked) - 1))


def test_the_tests_find_the_area_and_are_corrected_as_a_family() -> None:
    rows = nonresponse.response_tests(responding(by_area(0.25, 0.6)))
    for _, family in rows.groupby("method"):
        p = family.set_index("by")["p"]
        assert p.idxmin() == "fagomraade"
        assert family["p_adjusted"].min() == pytest.approx(len(p) * p.min())  # Holm's first step
        assert family["p_adjusted"].min() < 0.01


def test_response_that_follows_the_municipality_misleads_only_the_unclustered_test() -> None:
    """No frame variable matters, but managers of a municipality answer alike: false alarms of region at 5 percent."""
    p = pd.DataFrame([
        {"independent": nonresponse._chi_square(survey, "region")[-1],
         "clustered": nonresponse._wald(survey, "region")[-1]}
        for survey in (responding(by_municipality(seed), seed) for seed in range(100))
    ])
    alarms = (p < 0.05).mean()
    assert alarms["independent"] > 0.25
    assert alarms["clustered"] < 0.13


def test_nothing_to_test_and_groups_without_a_coefficient() -> None:
    everybody = nonresponse.response_tests(responding(1.0))
    assert everybody[["statistic", "p", "p_adjusted"]].isna().all(axis=None)
    nobody = responding(by_area(0, 0.6))
    rows = nonresponse.response_tests(nobody).set_index(["method", "by"])["p"]
    assert rows["independent", "fagomraade"] < 1e-6
    assert np.isnan(rows["clustered", "fagomraade"])
    assert rows["clustered"].drop("fagomraade").notna().all()
    with pytest.raises(ValueError, match="fagomraade=kultur responded"):
        nonresponse.response_model(nobody)


def test_marginal_effects_of_one_variable_are_differences_of_rates() -> None:
    survey = responding(by_area(0.3, 0.6))
    table = nonresponse.response_model(survey, ["fagomraade"]).set_index(["statistic", "group"])
    rate = survey.background["fagomraade"].value_counts() / survey.frame["fagomraade"].value_counts()
    odds = rate / (1 - rate)
    for group in rate.index.drop("sundhed"):
        assert table.loc[("effect", group), "estimate"] == pytest.approx(rate[group] - rate["sundhed"])
        assert table.loc[("odds_ratio", group), "estimate"] == pytest.approx(odds[group] / odds["sundhed"])
    row = table.loc[("effect", "kultur")]
    # of one manager a municipality each: the difference of two rates, paired by municipality
    responded = survey.frame.index.isin(survey.answers.index).astype(float)
    area, n = survey.frame["fagomraade"].to_numpy(), survey.frame["fagomraade"].value_counts()
    influence = np.zeros(len(area))
    for group, sign in (("kultur", 1), ("sundhed", -1)):
        influence += sign * np.where(area == group, (responded - rate[group]) / n[group], 0)
    total = np.bincount(MUNICIPALITY, influence)
    assert row["se"] == pytest.approx(np.sqrt(len(total) * np.var(total, ddof=1)))


def test_marginal_effects_of_the_model_are_statsmodels_own() -> None:
    """For a variable of two groups, beside another, statsmodels means the same by an average marginal effect."""
    survey = responding(np.where(STUDY.frame["blok"] == "blaa", 0.45, 0.6))
    blok = (survey.frame["blok"] == "blaa").to_numpy(float)
    sizes = [(survey.frame["kommunetype"] == size).to_numpy(float) for size in ("mellem", "stor")]
    x = np.column_stack([np.ones(len(blok)), *sizes, blok])
    y = survey.frame.index.isin(survey.answers.index).astype(float)
    groups = {"groups": MUNICIPALITY, "use_correction": False}
    fit = sm.Logit(y, x).fit(disp=0, cov_type="cluster", cov_kwds=groups)
    theirs = fit.get_margeff(dummy=True)
    ours = nonresponse.response_model(survey, ["kommunetype", "blok"]).set_index(["statistic", "group"])
    row = ours.loc[("effect", "blaa")]
    g = MUNICIPALITY.max() + 1
    assert row["estimate"] == pytest.approx(theirs.margeff[-1], rel=1e-6)
    assert row["se"] == pytest.approx(theirs.margeff_se[-1] * np.sqrt(g / (g - 1)), rel=1e-6)
    odds = ours.loc[("odds_ratio", "blaa")]
    assert odds["low"] < odds["estimate"] < odds["high"]
    assert row["low"] == pytest.approx(row["estimate"] - 1.9855 * row["se"], abs=1e-4)  # t(94), 97.5 percent


def test_the_r_indicator_of_one_variable_is_the_spread_of_its_rates() -> None:
    survey = responding(by_area(0.3, 0.6))
    rate = survey.background["fagomraade"].value_counts() / survey.frame["fagomraade"].value_counts()
    row = nonresponse.r_indicator(survey, ["fagomraade"]).iloc[0]
    assert row["df"] == survey.frame["kommunekode"].nunique() - 1
    assert row["unadjusted"] == pytest.approx(1 - 2 * survey.frame["fagomraade"].map(rate).std())
    assert row["unadjusted"] < row["estimate"] < 1
    assert row["low"] < row["estimate"] < row["high"] <= 1


@pytest.mark.parametrize("alike", [0.0, 0.8])
def test_the_adjusted_spread_of_chances_is_the_true_one(alike: float) -> None:
    """A known truth, with or without municipalities that answer alike: unadjusted it is far too large."""
    x, _ = nonresponse._terms(STUDY, STUDY.questionnaire.weighting.margins)
    rng, frame = np.random.default_rng(5), STUDY.frame
    logit = 0.8 * (frame["fagomraade"] == "kultur").to_numpy() + 0.5 * (frame["region"] == "nordjylland").to_numpy()
    draws = rng.normal(0, alike, 1000)
    true = np.var((1 / (1 + np.exp(-logit[:, None] - draws))).mean(axis=1), ddof=1)
    plain, adjusted = [], []
    for _ in range(40):
        chance = 1 / (1 + np.exp(-logit - rng.normal(0, alike, MUNICIPALITY.max() + 1)[MUNICIPALITY]))
        spread, noise = nonresponse._spread((rng.random(838) < chance).astype(float), x, MUNICIPALITY)
        plain.append(spread)
        adjusted.append(spread - noise)
    assert np.mean(adjusted) == pytest.approx(true, abs=0.002)
    assert np.mean(plain) > true + 0.004


def test_items_are_counted_as_answered_unknown_or_blank() -> None:
    answers = STUDY.answers.copy()
    item = "pol_strategi"
    answers[item] = [*[""] * 10, *["ved_ikke"] * 20, *["nej"] * (len(answers) - 30)]
    survey = Survey(answers, STUDY.frame, STUDY.questionnaire)
    table = nonresponse.item_nonresponse(survey).set_index("item")
    row = table.loc[item]
    assert (row["asked"], row["missing"], row["dont_know"], row["answered"]) == (444, 10, 20, 414)
    assert row["missing_rate"] == pytest.approx(10 / 444)
    assert (table[["answered", "dont_know", "missing"]].sum(axis=1) == table["asked"]).all()
    assert list(table.index) == list(STUDY.questionnaire.items)


def test_all_the_tests_of_a_method_are_corrected_as_one_family_by_holm() -> None:
    tests = nonresponse.response_tests(responding(by_municipality(3)))
    for _, family in tests.groupby("method"):
        ordered = family.sort_values("p")
        steps = ordered["p"].to_numpy() * np.arange(len(ordered), 0, -1)  # Holm (1979): p times those left
        np.testing.assert_allclose(ordered["p_adjusted"], np.minimum(np.maximum.accumulate(steps), 1))
