"""The synthetic study: reproducible, anchored where it should be, free of effects where it should be."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chisquare

from civsam.files import UserError, project
from civsam.inference import estimate, weighting
from civsam.instrument import questionnaire
from civsam.instrument.conditions import Claim
from civsam.intake.frame import read_frame
from civsam.study import assumed, published, simulate
from civsam.survey import survey
from civsam.survey.survey import Survey

INSTRUMENT = questionnaire.read()
SEEDS = (0, 1, 7, 2015, 2**32 - 1)


def survey_of(study: simulate.Simulation) -> Survey:
    return Survey(study.answers, study.frame, INSTRUMENT)


def within(found: float, statement: str) -> bool:
    fact = published.statements().loc[statement]
    return fact["nedre"] <= found <= fact["oevre"]


def test_who_is_not_asked_gives_no_answer() -> None:
    study = INSTRUMENT
    asked = replace(study.items["vae_aarsag"], only_if=Claim("pol_strategi", "er", "nej", holds=False))
    some = simulate.simulate(3, replace(study, items=study.items | {"vae_aarsag": asked}), anchored=False)
    for table in (some.truth, some.asked, some.answers):
        past = table["pol_strategi"] == "nej"
        assert past.any()
        assert (table.loc[past, "vae_aarsag"] == "").all()
    assert (some.truth.loc[some.truth["pol_strategi"] != "nej", "vae_aarsag"] != "").all()
    fixed = replace(study.items["pol_fokus"], only_if=Claim("pol_strategi", "er", "nej"))
    with pytest.raises(UserError, match="pol_fokus stilles kun til nogle"):
        simulate.simulate(3, replace(study, items=study.items | {"pol_fokus": fixed}))


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
    free = simulate.population(study.frame.sort_index(), INSTRUMENT, simulate.Source(3)).loc[study.frame.index]
    moved = (free != study.truth).sum()
    assert set(moved[moved > 0].index) <= set(simulate.assumptions()["forankring"])
    assert moved["pol_fokus"] < 40


def test_parts_never_exceed_the_total() -> None:
    truth = simulate.simulate(4).truth
    total = truth[["pra_lange", "pra_korte"]].astype(int).sum(axis=1)
    for item in INSTRUMENT.items.values():
        if item.part_of:
            assert (truth[item.id].astype(int) <= total).all()


# ---- What a change of the questionnaire redraws ---------------------------------------------------------------------

NEW = {"enkelt": "pol_nye", "ordinal": "pra_maalgruppe", "flere": "pra_emner", "antal": "pra_lange", "del": "pra_flere",
       "tekst": "vae_kommentar"}  # of each type an item that a new one is like
GROUPS = {"enkelt": "fordelinger", "ordinal": "fordelinger", "flere": "krydser", "antal": "antal", "del": "dele"}


def with_one_more(kind: str, monkeypatch: pytest.MonkeyPatch) -> questionnaire.Questionnaire:
    """The questionnaire with a new question of that type in the middle, and with the assumptions for it."""
    like, items = INSTRUMENT.items[NEW[kind]], list(INSTRUMENT.items.items())
    given = dict(simulate.assumptions())
    if kind in GROUPS:
        given[GROUPS[kind]] = given[GROUPS[kind]] | {"nyt": given[GROUPS[kind]][like.id]}
    for module in (simulate, assumed):
        monkeypatch.setattr(module, "assumptions", lambda: given)
    return replace(INSTRUMENT, items=dict([*items[:11], ("nyt", replace(like, id="nyt")), *items[11:]]))


def without(item: str) -> questionnaire.Questionnaire:
    return replace(INSTRUMENT, items={name: one for name, one in INSTRUMENT.items.items() if name != item})


def held_against(other: questionnaire.Questionnaire, seed: int, anchored: bool) -> tuple[pd.DataFrame, ...]:
    """Where the study of the other questionnaire differs, and its answers and the study's own, of the items of both."""
    one, two = simulate.simulate(seed, anchored=anchored), simulate.simulate(seed, other, anchored=anchored)
    both = [item for item in INSTRUMENT.items if item in other.items]
    assert one.answers.index.equals(two.answers.index), "who responds"
    free = [item for item in both if not anchored or item not in simulate.assumptions()["forankring"]]
    for before, after in ((one.truth, two.truth), (one.asked, two.asked)):
        pd.testing.assert_frame_equal(before[free], after[free])
    return one.answers[both] != two.answers[both], one.answers, two.answers


def stopped(answers: pd.DataFrame) -> pd.Series:
    """The first item that each leaves blank, counted without the free text; "" for none."""
    blank = answers.drop(columns="vae_kommentar") == ""
    return blank.idxmax(axis=1).where(blank.any(axis=1), "")


@pytest.mark.parametrize("kind", NEW)
@pytest.mark.parametrize("anchored", [False, True])
def test_a_new_question_leaves_all_others_as_they_are(
    monkeypatch: pytest.MonkeyPatch, kind: str, anchored: bool
) -> None:
    differs, _, answers = held_against(with_one_more(kind, monkeypatch), 2015, anchored)
    here = answers.columns.get_loc("nyt")
    stops_there = ((answers.iloc[:, here:] == "").all(axis=1)) & (answers.iloc[:, here - 1] != "")
    assert stops_there.sum() < 8
    for item in differs:
        if anchored and item in simulate.assumptions()["forankring"]:
            assert differs.loc[~stops_there, item].sum() <= 10, item
        else:
            assert not differs.loc[~stops_there, item].any(), item


@pytest.mark.parametrize("item", ["pol_nye", "pra_emner", "pra_tvaers", "vae_tillid"])
def test_a_question_less_leaves_all_others_as_they_are(item: str) -> None:
    """Those who stopped there stop elsewhere."""
    differs, before, _ = held_against(without(item), 2015, anchored=False)
    stays = stopped(before) != item
    assert not differs[stays].to_numpy().any()
    assert (~stays).sum() < 8


def test_the_order_of_the_frames_rows_decides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = simulate.simulate(5)
    frame = read_frame(INSTRUMENT).sample(frac=1, random_state=1)
    monkeypatch.setattr(simulate, "read_frame", lambda _: frame)
    other = simulate.simulate(5)
    assert other.truth.index.equals(frame.index)
    for name in ("truth", "asked", "answers"):
        one, two = getattr(plain, name), getattr(other, name)
        pd.testing.assert_frame_equal(one, two.loc[one.index])


def test_each_name_has_a_stream_of_its_own() -> None:
    names = [("svarer",), ("befolkning", "a"), ("befolkning", "b"), ("befolkning", "blok", "a"), ("ved ikke", "a")]
    first = [simulate.Source(seed).of(*name).random() for seed in (0, 1) for name in names]
    assert len(set(first)) == len(first)
    assert first[0] == simulate.Source(0).of("svarer").random()


def test_another_response_leaves_the_views_alone() -> None:
    one, two = simulate.simulate(5, anchored=False), simulate.simulate(5, anchored=False, asked_again=6)
    pd.testing.assert_frame_equal(one.truth, two.truth)
    assert not one.answers.index.equals(two.answers.index)


def test_all_places_after_the_first_are_as_likely_to_be_stopped_at() -> None:
    items = [str(number) for number in range(6)]
    places = np.concatenate([simulate.stops(items, 838, simulate.Source(seed)) for seed in range(100)])
    share = simulate.assumptions()["delvist_besvaret"]
    counts = np.bincount(places, minlength=7)
    assert counts[0] == 0
    assert counts[6] / len(places) == pytest.approx(1 - share, abs=0.005)
    assert chisquare(counts[1:6]).pvalue > 0.01


@pytest.mark.parametrize(("kind", "told"), [
    ("enkelt", "under 'fordelinger', så svarene på spørgsmålet ikke kan trækkes. Skriv 'nyt: {vaerdi: {ja: …, nej: …}"),
    ("flere", "under 'krydser', så svarene på spørgsmålet ikke kan trækkes. Skriv 'nyt: {vaerdi: {sundhed: …, sociale"),
    ("antal", "under 'antal', så svarene på spørgsmålet ikke kan trækkes. Skriv 'nyt: {vaerdi: {sundhed: …, social: …"),
    ("del", "under 'dele', så svarene på spørgsmålet ikke kan trækkes. Skriv 'nyt: …' i vaerdi under 'dele': "),
])
def test_an_assumption_that_an_item_lacks_is_told(monkeypatch: pytest.MonkeyPatch, kind: str, told: str) -> None:
    other = with_one_more(kind, monkeypatch)
    del simulate.assumptions()[GROUPS[kind]]["nyt"]
    with pytest.raises(UserError, match="^" + re.escape(f"data/antagelser.yml: nyt mangler {told}")):
        simulate.simulate(1, other)


def test_an_assumption_that_does_not_fit_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    other = with_one_more("ordinal", monkeypatch)
    given = simulate.assumptions()
    for entry, wrong in (("fordelinger", {"ja": 1.0}), ("omraader", {"sundhed": 0.1})):
        right, given[entry] = given[entry], given[entry] | {"nyt": wrong}
        with pytest.raises(UserError, match=f"nyt passer ikke til spørgeskemaet under '{entry}'"):
            simulate.simulate(1, other)
        given[entry] = right


def test_the_record_keeps_only_what_is_still_drawn(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    record = tmp_path / "syntetiske_svar.csv"
    monkeypatch.setattr(survey, "RECORD", record)
    right = survey.digest(simulate.simulate(7).answers)
    record.write_text(f"sha256,seed,svar\n{'a' * 64},2015,444\n{'b' * 64},8,444\n{right},7,444\n")
    for _ in range(2):
        study = simulate.write_study(2015, tmp_path)
        found = pd.read_csv(record, dtype=str).set_index("seed")["sha256"]
        assert found.to_dict() == {"2015": survey.digest(study.answers), "7": right}


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
    drawn = [simulate.population(frame, INSTRUMENT, simulate.Source(seed)) for seed in range(30)]
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
