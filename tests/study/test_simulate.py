"""The synthetic study: reproducible, anchored where it should be, free of effects where it should be."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from civsam.files import project
from civsam.inference import estimate, weighting
from civsam.instrument import questionnaire
from civsam.intake.frame import read_frame
from civsam.study import published, simulate
from civsam.survey import survey
from civsam.survey.survey import Survey

INSTRUMENT = questionnaire.read()
SEEDS = (0, 1, 7, 2015, 2**32 - 1)


def survey_of(study: simulate.Simulation) -> Survey:
    return Survey(study.answers, study.frame, INSTRUMENT)


def within(found: float, statement: str) -> bool:
    fact = published.statements().loc[statement]
    return fact["nedre"] <= found <= fact["oevre"]


def test_the_standard_data_are_made_again_bit_for_bit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(survey, "RECORD", tmp_path / "syntetiske_svar.csv")
    simulate.write_study(simulate.assumptions()["standardfroe"], tmp_path)
    for name in ("svar.csv", "ramme.csv", "sandhed.csv", "syntetiske_svar.csv"):
        assert (tmp_path / name).read_bytes() == (project.data / name).read_bytes(), name


@pytest.mark.parametrize("seed", SEEDS)
def test_unweighted_respondents_give_the_published_values_for_any_seed(seed: int) -> None:
    study = survey_of(simulate.simulate(seed))
    assert within(len(study.answers) / len(study.frame), "N3")
    assert within(estimate.shares(study, "pol_fokus", "ja")["estimate"].item(), "N5")
    assert within(estimate.ratios(study, "pra_tvaers")["estimate"].item(), "N6")
    assert within(estimate.ratios(study, "pra_flere")["estimate"].item(), "N7")
    assert within(estimate.shares(study, "vae_overordnet", "omkostning")["estimate"].item(), "N8")


def test_without_anchoring_the_values_are_left_alone() -> None:
    found = [estimate.shares(survey_of(simulate.simulate(seed, anchored=False)), "pol_fokus", "ja")["estimate"].item()
             for seed in SEEDS]
    assert np.std(found) > 0.005


def test_anchoring_changes_few_and_keeps_truth_and_answers_in_step() -> None:
    study = simulate.simulate(3)
    asked = study.asked.loc[study.answers.index]
    given = study.answers != ""
    assert (study.answers.where(given) == asked.where(given)).to_numpy()[given.to_numpy()].all()
    known = study.asked != questionnaire.DONT_KNOW
    assert (study.asked.where(known) == study.truth.where(known)).to_numpy()[known.to_numpy()].all()
    free = simulate.population(study.frame, INSTRUMENT, simulate.streams(3)[0])
    moved = (free != study.truth).sum()
    assert set(moved[moved > 0].index) <= set(simulate.assumptions()["forankring"])
    assert moved["pol_fokus"] < 40


def test_parts_never_exceed_the_total() -> None:
    truth = simulate.simulate(4).truth
    total = truth[["pra_lange", "pra_korte"]].astype(int).sum(axis=1)
    for item in INSTRUMENT.items.values():
        if item.part_of:
            assert (truth[item.id].astype(int) <= total).all()


def test_population_and_response_have_streams_of_their_own() -> None:
    frame = read_frame(INSTRUMENT)
    population, response, _ = simulate.streams(5)
    truth = simulate.population(frame, INSTRUMENT, population)
    chosen = simulate.responds(frame, response)
    again, _, _ = simulate.streams(5)
    pd.testing.assert_frame_equal(truth, simulate.population(frame, INSTRUMENT, again))
    assert (chosen == simulate.responds(frame, simulate.streams(5)[1])).all()
    assert not (chosen == simulate.responds(frame, simulate.streams(6)[1])).all()


def test_the_truth_is_complete() -> None:
    truth = simulate.simulate(8).truth.drop(columns="vae_kommentar")
    assert truth.shape[0] == 838
    assert not ((truth == "") | (truth == questionnaire.DONT_KNOW)).any().any()


def test_dont_know_is_heaviest_on_the_counts() -> None:
    study = simulate.simulate(9)
    rate = (study.asked == questionnaire.DONT_KNOW).mean()
    counts = [item.id for item in INSTRUMENT.items.values() if item.scale.type == "antal"]
    assert rate[counts].min() > rate.drop(counts).max()


def test_response_is_even_over_areas_and_regions() -> None:
    study = survey_of(simulate.simulate(2015))
    for variable, margin in (("fagomraade", 0.02), ("kommunetype", 0.02), ("region", 0.05), ("blok", 0.05)):
        rates = weighting.response_rates(study, variable)["estimate"]
        assert (rates - published.value("N3")).abs().max() < margin


def test_some_stop_on_the_way_and_none_answers_after_stopping() -> None:
    answers = simulate.simulate(2015).answers.drop(columns="vae_kommentar")
    blank = (answers == "").to_numpy()
    assert 0.05 < blank[:, -1].mean() < 0.2
    assert (np.diff(blank.astype(int), axis=1) >= 0).all()


# What is built in is read off the model itself: many populations, no response, no anchoring.
@pytest.fixture(scope="module")
def populations() -> list[Survey]:
    frame = read_frame(INSTRUMENT)
    drawn = [simulate.population(frame, INSTRUMENT, simulate.streams(seed)[0]) for seed in range(30)]
    return [Survey(truth, frame, INSTRUMENT) for truth in drawn]


def average(populations: list[Survey], by: str, item: str, answer: str | None) -> pd.Series:
    """The mean over populations of a share (or of a count, where there is no answer), by group."""
    tables = [estimate.shares(one, item, answer, by) if answer else estimate.means(one, item.split("+"), by)
              for one in populations]
    return pd.concat([table.set_index("group")["estimate"] for table in tables], axis=1).mean(axis=1)


def test_orderings_of_areas_are_built_in(populations: list[Survey]) -> None:
    total = average(populations, "fagomraade", "pra_lange+pra_korte", None)
    assert total.idxmax() == "sundhed"  # O1
    assert total.idxmin() == "teknik"  # O4
    assert total["social"] >= total.nlargest(3).min()  # O5
    assert average(populations, "fagomraade", "pra_lange", None).idxmax() == "sundhed"  # O2
    assert average(populations, "fagomraade", "pra_korte", None).idxmax() == "kultur"  # O3
    aimed = average(populations, "fagomraade", "pra_maalgruppe", "enig+helt_enig")
    assert set(aimed.nlargest(2).index) == {"sundhed", "social"}  # O6


def test_pressure_moves_the_cost_argument_a_little(populations: list[Survey]) -> None:
    agree = average(populations, "udgiftspres", "vae_omkostning", "enig+helt_enig")
    assert 0.02 < agree["hoejt"] - agree["middel"] < 0.12  # O11
    assert 0.02 < agree["middel"] - agree["lavt"] < 0.12


@pytest.mark.parametrize("by", ["region", "blok"])
@pytest.mark.parametrize(("item", "answer"), [("pol_fokus", "ja"), ("pra_maalgruppe", "enig+helt_enig")])
def test_region_and_bloc_have_no_effect(populations: list[Survey], by: str, item: str, answer: str) -> None:
    # Monte Carlo error of a region's mean over 30 populations: below 0.01; 0.04 is four times that
    spread = average(populations, by, item, answer)
    assert spread.max() - spread.min() < 0.04  # O8, O9


def test_the_other_orderings_are_built_in(populations: list[Survey]) -> None:
    def mean(item: str, answer: str) -> float:
        return float(np.mean([estimate.shares(one, item, answer)["estimate"].item() for one in populations]))

    def part(item: str) -> float:
        return float(np.mean([estimate.ratios(one, item)["estimate"].item() for one in populations]))

    assert min(mean("pra_emner", "sundhed"), mean("pra_emner", "sociale")) > mean("pra_emner", "integration")  # O7
    assert part("pra_drift") > part("pra_planlaegning") > part("pra_politik")  # O14, O15
    assert mean("pra_initiativ", "kommunen") > 0.4 > mean("pra_initiativ", "lokale_foreninger")  # O16
    assert mean("pra_partnere", "lokale_foreninger") > mean("pra_partnere", "landsdaekkende")  # O17
    for used in ("kl", "raad_ministerier", "landsdaekkende"):  # O18
        assert mean("pol_inspiration", used) > mean("pol_inspiration", "videnscentre")
    for own in ("egen_organisation", "egne_medarbejdere"):  # O19
        assert mean("for_udfordringer", own) > mean("for_udfordringer", "civile")
    assert mean("for_stoette", "kompetence") < mean("for_stoette", "koordinator")  # O20
    assert mean("for_evaluering", "enig+helt_enig") > 0.5  # O21
    assert mean("pra_sikker", "meget_usikker+noget_usikker") > 0.5  # O22
    assert mean("vae_aarsag", "demokrati") > mean("vae_aarsag", "tillid")  # O12


def test_the_stated_intraclass_correlation_is_there(populations: list[Survey]) -> None:
    """ANOVA estimate of the ICC of agreement, within one area type so that area effects play no part."""
    found = []
    for one in populations:
        score = one.says("vae_tillid", "helt_enig").astype(float)
        groups = pd.Series(score).groupby(one.frame["kommunekode"].to_numpy())
        size = len(score) / groups.ngroups
        between = size * groups.mean().var()
        within_groups = (groups.var() * (groups.size() - 1)).sum() / (len(score) - groups.ngroups)
        found.append((between - within_groups) / (between + (size - 1) * within_groups))
    # an ICC of 0.05 on the latent scale is about 0.03 on a binary answer of this share
    assert 0.015 < np.mean(found) < 0.045
