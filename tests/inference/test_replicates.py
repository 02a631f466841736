"""Replicate weights against R's published jackknife, theorems, and the variance that they stand in for."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from test_estimate import CASES, NO_LIMIT, survey_of, whole

from civsam.inference import estimate, replicates
from civsam.inference.variance import covariance
from civsam.survey.design import Calibration, Design

PUBLISHED = json.loads((Path(__file__).parent / "reference" / "r_jackknife_published.json").read_text())
R = 4000
MONTE_CARLO = 4 / np.sqrt(2 * R)  # four relative standard errors of a bootstrap standard error: 4.5 percent


def total_of(item: str, name: str) -> tuple[Design, np.ndarray]:
    survey = survey_of(name)
    return survey.design, survey.number(item)


# ---- Jackknife -------------------------------------------------------------------------------------------------------


def test_jackknife_of_means_as_published() -> None:
    survey = survey_of("clus1")
    made = replicates.jackknife(survey.design)
    for item, (mean, se) in PUBLISHED["svymean"].items():
        statistic, name, answer = ("mean", item, "") if item.startswith("api") else ("share", "stype", item[-1])
        row = replicates.replicated(survey, made, statistic, name, answer=answer).iloc[0]
        assert row["estimate"] == pytest.approx(mean, abs=5e-7)
        assert row["se"] == pytest.approx(se, abs=5e-5)
        assert row["df"] == 14


def test_jackknife_of_totals_as_published() -> None:
    design, enroll = total_of("enroll", "clus1")
    made = replicates.jackknife(design)
    total, se = PUBLISHED["svytotal"]["enroll"]
    assert design.weights @ enroll == pytest.approx(total, abs=5e-3)
    assert np.sqrt(replicates.covariance(made, lambda w: w @ enroll, total).item()) == pytest.approx(se, abs=5e-3)


@pytest.mark.parametrize("name", ["srs", "strat", "clus1", "clus1_nofpc", "cen_srs", "cen_clus"])
def test_jackknife_of_a_total_is_its_linearised_variance(name: str) -> None:
    """For what is linear in the weights the two agree exactly (Wolter 2007, chapter 4): R's `svytotal`."""
    design, api00 = total_of("api00", name)
    made = replicates.jackknife(design)
    sums = made.sums(api00, np.zeros(len(api00), dtype=int), 1)
    variance = made.spread(sums, design.weights @ api00)
    assert np.sqrt(variance.item()) == pytest.approx(CASES[f"{name}/total"]["se"]["api00"], rel=1e-9)


def test_jackknife_by_hand() -> None:
    """Leave each cluster out, put the weights up in its stratum, and look again."""
    survey = survey_of("strat")
    api00, api99 = survey.number("api00"), survey.number("api99")
    w, strata = survey.design.weights, survey.design.stages[0].strata
    kept = []
    for i in range(len(w)):
        m = np.sum(strata == strata[i])
        left = np.where(strata == strata[i], w * m / (m - 1), w)
        left[i] = 0
        kept.append((left @ api99 / (left @ api00), (1 - m / survey.design.stages[0].population[i]) * (m - 1) / m))
    values, scales = np.array(kept).T
    variance = np.sum(scales * (values - values.mean()) ** 2)
    row = replicates.replicated(survey, replicates.jackknife(survey.design), "ratio", "api99").iloc[0]
    assert row["se"] ** 2 == pytest.approx(variance, rel=1e-9)


# ---- Bootstrap -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["srs", "strat", "clus1", "clus1_nofpc", "cen_srs", "cen_clus"])
def test_bootstrap_gives_the_linearised_standard_error(name: str) -> None:
    """With and without finite population correction: cen_srs, where 55 percent are in, would be 49 percent off."""
    design, api00 = total_of("api00", name)
    made = replicates.bootstrap(design, R, seed=8)
    sums = made.sums(api00, np.zeros(len(api00), dtype=int), 1)
    se = np.sqrt(made.spread(sums, design.weights @ api00).item())
    assert se == pytest.approx(CASES[f"{name}/total"]["se"]["api00"], rel=MONTE_CARLO)
    assert sums.mean() == pytest.approx(design.weights @ api00, abs=5 * se / np.sqrt(R))


@pytest.mark.parametrize("name", ["strat", "cen_srs"])
def test_bootstrap_of_means_shares_and_ratios_by_group(name: str) -> None:
    survey = survey_of(name)
    made = replicates.bootstrap(survey.design, R, seed=8)
    expected = {"mean": CASES[f"{name}/by_mean"]["se"], "ratio": CASES[f"{name}/ratio_by"]["se"]}
    for statistic, item in (("mean", "api00"), ("ratio", "api99_of_enroll")):
        rows = replicates.replicated(survey, made, statistic, item, "fagomraade")
        found = rows["se"] / rows["group"].map(expected[statistic])
        # few in a group: what is not linear adds a little
        np.testing.assert_allclose(found, 1, atol=MONTE_CARLO + 0.03)
    rows = replicates.replicated(survey, made, "share", "sch_wide", "fagomraade", "Yes")
    wanted = estimate.shares(survey, "sch_wide", "Yes", "fagomraade")
    np.testing.assert_allclose(rows["se"] / wanted["se"], 1, atol=MONTE_CARLO + 0.03)
    same = ["statistic", "group", "n", "count", "estimate", "df"]
    assert rows[same].equals(wanted[same])
    np.testing.assert_allclose(rows["deff"] / wanted["deff"], (rows["se"] / wanted["se"]) ** 2)


def test_every_draw_is_m_less_1_and_each_cluster_as_likely() -> None:
    strata = np.repeat([0, 1, 2], [5, 40, 2])
    stage = whole(np.arange(47), NO_LIMIT, strata)
    made = replicates.bootstrap(Design(np.ones(47), (stage,), "process"), R, seed=1)
    for stratum, m in enumerate((5, 40, 2)):
        counts = made.counts[strata == stratum].astype(int)
        assert set(counts.sum(axis=0)) == {m - 1}
        expected = (m - 1) / m
        np.testing.assert_allclose(counts.mean(axis=1), expected, atol=5 * np.sqrt(expected / R))


def test_the_same_seed_gives_the_same_weights_and_a_generator_goes_on() -> None:
    design = survey_of("strat").design
    first, again = (replicates.bootstrap(design, 20, seed=3).matrix() for _ in range(2))
    np.testing.assert_array_equal(first, again)
    rng = np.random.default_rng(3)
    np.testing.assert_array_equal(replicates.bootstrap(design, 20, rng).matrix(), first)
    assert not np.array_equal(replicates.bootstrap(design, 20, rng).matrix(), first)
    assert np.all(first >= 0)


def test_a_stratum_that_is_all_in_does_not_vary() -> None:
    strata = np.array([0, 0, 0, 1, 1, 1, 2])
    population = np.array([3, 3, 3, 9, 9, 9, 1])
    design = Design(np.full(7, 2.0), (replace(whole(np.arange(7), 1, strata), population=population),), "population")
    boot, jack = replicates.bootstrap(design, 50), replicates.jackknife(design)
    assert np.all(boot.matrix()[[0, 1, 2, 6]] == 2)
    assert boot.matrix()[3:6].std(axis=1).min() > 0
    np.testing.assert_array_equal(jack.rscales > 0, [False, False, False, True, True, True, False])
    values = np.array([5.0, 1, 2, 8, 3, 4, 9])
    with np.errstate(invalid="ignore"):
        found = replicates.covariance(jack, lambda w: w @ values, 2 * values.sum())
    assert found == pytest.approx(covariance((2 * values)[:, None], design), rel=1e-12)


def test_a_thousand_replicates_of_many_respondents_are_a_small_table() -> None:
    n, rng = 100_000, np.random.default_rng(0)
    cluster = rng.integers(98, size=n)
    made = replicates.bootstrap(Design(np.ones(n), (whole(cluster, NO_LIMIT),), "process"), 1000)
    assert made.counts.nbytes == 98 * 1000
    group, values = rng.integers(5, size=n), rng.random(n)
    found = made.sums(values, group, 5)[7]
    np.testing.assert_allclose(found, np.bincount(group, values * list(made)[7]), rtol=1e-12)


# ---- Given with the data ---------------------------------------------------------------------------------------------


def test_balanced_half_samples_give_the_variance_of_a_total() -> None:
    """Two clusters in each of three strata and a Hadamard matrix of order 4 (McCarthy 1969; Wolter 2007, chapter 3)."""
    values = np.array([120.0, 78, 185, 228, 670, 530])
    signs = np.array([[1, 1, 1], [-1, 1, -1], [1, -1, -1], [-1, -1, 1]]).T  # strata by replicates
    halves = np.stack([1 + signs, 1 - signs], axis=1).reshape(6, 4)
    made = replicates.given(halves, scale=1 / 4, mse=True)
    expected = np.sum((values[::2] - values[1::2]) ** 2)
    assert replicates.covariance(made, lambda w: w @ values, values.sum()).item() == pytest.approx(expected, rel=1e-12)


def test_given_weights_are_those_of_the_jackknife_that_made_them() -> None:
    survey = survey_of("clus1")
    made = replicates.jackknife(survey.design)
    handed = replicates.given(made.matrix(), 1.0, made.rscales)
    for statistic, item in (("mean", "api00"), ("ratio", "api99")):
        ours, theirs = (replicates.replicated(survey, one, statistic, item, "fagomraade") for one in (made, handed))
        np.testing.assert_allclose(ours["se"], theirs["se"], rtol=1e-10)


def test_any_estimate_that_is_a_function_of_the_weights() -> None:
    survey = survey_of("clus1")
    made = replicates.bootstrap(survey.design, 200)
    y = np.column_stack([survey.number("api00"), survey.number("api99")])
    full = survey.design.weights @ y / survey.design.weights.sum()
    both = replicates.covariance(made, lambda w: w @ y / w.sum(), full)
    one = replicates.replicated(survey, made, "mean", "api00")["se"].item()
    assert np.sqrt(both[0, 0]) == pytest.approx(one, rel=1e-9)
    assert both[0, 1] == both[1, 0]
    difference = replicates.covariance(made, lambda w: w @ (y[:, 0] - y[:, 1]) / w.sum(), full[0] - full[1])
    assert difference.item() == pytest.approx(both[0, 0] + both[1, 1] - 2 * both[0, 1], rel=1e-6)


# ---- What is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [replicates.bootstrap, replicates.jackknife])
def test_designs_that_these_replicates_would_get_wrong(make) -> None:
    with pytest.raises(ValueError, match="later ones"):
        make(survey_of("clus2").design)
    once = survey_of("srs").design
    one_cell = Calibration(np.zeros(200, dtype=int), np.ones((1, 1)), np.ones(200))
    calibrated = replace(once, calibration=one_cell)
    with pytest.raises(ValueError, match="calibrated"):
        make(calibrated)
    alone = whole(np.arange(3), NO_LIMIT, np.array([0, 0, 1]))
    with pytest.raises(ValueError, match="single cluster"):
        make(Design(np.ones(3), (alone,), "process"))


def test_later_stages_are_fine_where_they_add_nothing() -> None:
    survey = survey_of("clus2")
    first, second = survey.design.stages
    far = replace(survey.design, stages=(replace(first, population=np.full(len(first.population), np.inf)), second))
    api00 = survey.number("api00")
    variance = replicates.covariance(replicates.jackknife(far), lambda w: w @ api00, far.weights @ api00).item()
    total = estimate.totals(replace(survey, design=far), "api00")
    assert np.sqrt(variance) == pytest.approx(total["se"].item(), rel=1e-9)


def test_a_group_that_a_replicate_empties_has_no_variance() -> None:
    survey = survey_of("clus1_nofpc")
    first = survey.design.nested[0].cluster == 0
    alone = replace(survey, frame=survey.frame.assign(fagomraade=np.where(first, "E", "H")))
    made = replicates.jackknife(alone.design)
    rows = replicates.replicated(alone, made, "mean", "api00", "fagomraade").set_index("group")
    assert np.isnan(rows.loc["E", "se"])
    assert rows.loc["H", "se"] > 0


def test_given_weights_and_scales_must_fit() -> None:
    for weights in ([[1.0, np.nan]], [[1.0, -1.0]]):
        with pytest.raises(ValueError, match="finite"):
            replicates.given(np.array(weights), 1.0)
    with pytest.raises(ValueError, match="rscales"):
        replicates.given(np.ones((3, 2)), 1.0, np.ones(3))
