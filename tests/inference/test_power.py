"""Power by simulation, against the library's own tests draw by draw, the level, and the closed form."""

import time
from dataclasses import replace

import numpy as np
import opened
import pandas as pd
import pytest
from scipy.stats import multivariate_normal, norm

from civsam.inference import compare, power, weighting
from civsam.inference.settled import in_order
from civsam.survey.survey import Survey

SURVEY = opened.edition().survey
PLAIN = weighting.unweighted(SURVEY)


@pytest.mark.parametrize(("by", "difference"), [("blok", 0.1), ("region", 0.15), ("udgiftspres", -0.1)])
def test_each_draw_is_decided_as_compare_would(by: str, difference: float) -> None:
    draws, seed, margin = 25, 3, 0.12
    row = power.detectable(SURVEY, "pol_fokus", "ja", by, [difference], draws, seed, margin=margin, icc=0.05).iloc[0]
    process = in_order(weighting.for_process(SURVEY))
    pair = power._pair(process, "pol_fokus", "ja", by)
    latent = power._latent(pair.cluster, 0.05, draws, np.random.default_rng(seed))
    says = latent < norm.ppf(pair.shares(difference))[pair.side][:, None]
    used = np.flatnonzero(process.answered("pol_fokus") & process.background[by].isin(pair.names).to_numpy())
    estimate, se, df = power._contrast(pair, says.astype(float))
    found, equal = [], []
    for draw in range(draws):
        answers = process.answers.copy()
        answers.iloc[used, answers.columns.get_loc("pol_fokus")] = np.where(says[:, draw], "ja", "nej")
        table = compare.contrasts(replace(process, answers=answers), "pol_fokus", "ja", by)
        one = table[table["a"].isin(pair.names) & table["b"].isin(pair.names)]
        sign = 1 if one["a"].item() == pair.names[0] else -1
        known = one[["estimate", "se", "df"]].to_numpy(float)[0]
        told = slice(1) if np.isnan(se[draw]) else slice(3)  # all of a group answered alike: no error is known
        assert np.isnan(known[told.stop:]).all()
        ours = [sign * estimate[draw], se[draw], df]
        assert ours[told] == pytest.approx(known[told], rel=1e-9)
        found.append(one["p"].item() < 0.05)
        equal.append(compare.equivalence(one, margin)["equivalent"].item())
    assert [row["power"], row["equivalence"]] == [np.mean(found), np.mean(equal)]
    assert 0 < np.mean(found) < 1
    for side in "ab":
        name = row[side]
        assert row[f"n_{side}"] == (process.background[by].iloc[used] == name).sum()
        assert row[f"clusters_{side}"] == process.background.iloc[used].query(f"{by} == @name")["kommunekode"].nunique()


@pytest.mark.parametrize(("survey", "item", "answer", "by"), [
    (SURVEY, "pol_fokus", "ja", "blok"), (PLAIN, "vae_tillid", "enig", "udgiftspres"),
    (SURVEY, "vae_tillid", "enig+helt_enig", "region"),
])
@pytest.mark.parametrize("icc", [0.0, 0.05, 0.3])
def test_without_difference_power_is_the_level(survey: Survey, item: str, answer: str, by: str, icc: float) -> None:
    row = power.detectable(survey, item, answer, by, [0.0], 3000, seed=1, icc=icc).iloc[0]
    assert row["power"] == pytest.approx(0.05, abs=3 * np.sqrt(0.05 * 0.95 / 3000))
    assert row["power_se"] == pytest.approx(np.sqrt(row["power"] * (1 - row["power"]) / 3000))


def test_level_follows_the_surveys_own() -> None:
    row = power.detectable(replace(SURVEY, level=0.8), "pol_fokus", "ja", "blok", [0.0], 3000, icc=0.05).iloc[0]
    assert row["power"] == pytest.approx(0.2, abs=3 * np.sqrt(0.2 * 0.8 / 3000))


def closed_form(pair: power._Pair, difference: float, icc: float) -> float:
    """Normal power of a cluster-randomised comparison, design effect 1 + (m - 1) icc (Donner & Klar 2000)."""
    variance = 0.0
    for side, p in enumerate(pair.shares(difference)):
        sizes = np.bincount(pair.cluster[pair.side == side])
        mean_size = np.sum(sizes**2) / sizes.sum()
        both = multivariate_normal([0, 0], [[1, icc], [icc, 1]]).cdf([norm.ppf(p)] * 2)
        observed_icc = (both - p**2) / (p * (1 - p))
        variance += p * (1 - p) / sizes.sum() * (1 + (mean_size - 1) * observed_icc)
    shift = abs(difference) / np.sqrt(variance)
    return float(norm.sf(1.96 - shift) + norm.cdf(-1.96 - shift))


@pytest.mark.parametrize("icc", [0.0, 0.05, 0.3])
def test_power_rises_as_the_closed_form_says(icc: float) -> None:
    differences = [0.0, 0.05, 0.10, 0.15, 0.20]
    table = power.detectable(PLAIN, "pra_maalgruppe", "enig+helt_enig", "blok", differences, 2000, icc=icc)
    pair = power._pair(weighting.for_process(PLAIN), "pra_maalgruppe", "enig+helt_enig", "blok")
    wanted = [closed_form(pair, difference, icc) for difference in differences]
    assert table["power"].is_monotonic_increasing
    assert np.abs(table["power"] - wanted).max() < 0.04
    assert wanted[-1] - wanted[0] > 0.5


def test_equivalence_is_rare_at_the_margin_and_grows_towards_no_difference() -> None:
    table = power.detectable(PLAIN, "pol_fokus", "ja", "blok", [0.0, 0.05, 0.10], 3000, margin=0.10, icc=0.05)
    assert table["equivalence"].is_monotonic_decreasing
    assert table["equivalence"].iloc[2] <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 3000)
    wide = power.detectable(PLAIN, "pol_fokus", "ja", "blok", [0.0], 500, margin=0.20, icc=0.05)
    assert wide["equivalence"].item() > table["equivalence"].iloc[0] > 0.4


def test_more_alike_municipalities_cost_power() -> None:
    found = [power.detectable(PLAIN, "vae_tillid", "enig", "blok", [0.15], 1000, icc=icc)["power"].item()
             for icc in (0.0, 0.2, 0.6)]
    assert found[0] > found[1] + 0.02
    assert found[1] > found[2] + 0.1


def test_table_is_reproducible_quick_and_says_where_it_comes_from() -> None:
    start = time.perf_counter()
    first = power.detectable(SURVEY, "pol_fokus", "ja", "blok", [0.0, 0.05, 0.10, 0.15, 0.20], icc=0.05)
    assert time.perf_counter() - start < 3
    again = power.detectable(SURVEY, "pol_fokus", "ja", "blok", first["difference"], icc=0.05)
    pd.testing.assert_frame_equal(first, again)
    assert list(first) == list(power.COLUMNS)
    assert set(first["provenance"]) == {"syntetisk"}
    assert first.loc[0, ["clusters_a", "clusters_b"]].tolist() == [35, 63]


def test_which_groups_are_compared() -> None:
    ends = power.detectable(SURVEY, "pol_fokus", "ja", "udgiftspres", [0.0], 10, icc=0.05).iloc[0]
    assert [ends["a"], ends["b"]] == ["lavt", "hoejt"]
    region = power.detectable(SURVEY, "pol_fokus", "ja", "region", [0.0], 10, icc=0.05).iloc[0]
    sizes = SURVEY.background["region"][SURVEY.answered("pol_fokus")].value_counts()
    assert [region["a"], region["b"]] == [sizes.idxmin(), sizes.idxmax()]


def test_true_shares_keep_the_observed_share_of_both_groups() -> None:
    pair = power._pair(weighting.for_process(SURVEY), "pol_fokus", "ja", "region")
    shares, inside = pair.shares(0.12), SURVEY.background["region"].isin(pair.names).to_numpy()
    used = inside & SURVEY.answered("pol_fokus")
    weights = SURVEY.among(SURVEY.answered("pol_fokus")).design.weights[used]
    assert shares[0] - shares[1] == pytest.approx(0.12)
    assert weights @ shares[pair.side] == pytest.approx(weights @ SURVEY.says("pol_fokus", "ja")[used])


def test_answers_that_are_all_alike_decide_nothing() -> None:
    alike = replace(SURVEY, answers=SURVEY.answers.assign(pol_fokus="ja"))
    row = power.detectable(alike, "pol_fokus", "ja", "blok", [0.0], 20, icc=0.05).iloc[0]
    assert [row["power"], row["equivalence"]] == [0.0, 0.0]


def test_a_difference_that_no_two_shares_can_have_has_no_rate_and_the_share_can_be_another() -> None:
    far = power.detectable(SURVEY, "pol_fokus", "ja", "blok", [0.6], 20, icc=0.05).iloc[0]
    assert far[["power", "equivalence"]].isna().all()
    near = power.detectable(SURVEY, "pol_fokus", "ja", "blok", [0.6], 20, icc=0.05, share=0.5).iloc[0]
    assert near["power"] == 1


def test_what_cannot_be_simulated_is_refused() -> None:
    with pytest.raises(ValueError, match=r"as a share does, not .* 1\.5"):
        power.detectable(SURVEY, "pol_fokus", "ja", "blok", [0.0], icc=0.05, share=1.5)
    with pytest.raises(ValueError, match="margin"):
        power.detectable(SURVEY, "pol_fokus", "ja", "blok", [0.0], margin=0.0, icc=0.05)
    with pytest.raises(ValueError, match="icc"):
        power.detectable(SURVEY, "pol_fokus", "ja", "blok", [0.0], icc=1.5)
    few = SURVEY.answers[SURVEY.background["kommunekode"].isin([101, 147])]
    with pytest.raises(ValueError, match="municipalities"):
        power.detectable(Survey(few, SURVEY.frame, SURVEY.questionnaire), "pol_fokus", "ja", "blok", [0.0], icc=0.05)
