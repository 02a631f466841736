"""Two waves: against scipy and statsmodels, against sums by hand, and against simulations with a known truth."""

from dataclasses import replace
from functools import cache

import numpy as np
import opened
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.stats import ttest_rel

from civsam.disclosure import between, rounding
from civsam.disclosure import plan as disclosure
from civsam.files import UserError
from civsam.inference import equations, estimate, waves, weighting
from civsam.instrument.questionnaire import Item, Questionnaire, Scale, Weighting
from civsam.study import simulate
from civsam.survey import survey
from civsam.survey.design import Design, Stage
from civsam.survey.survey import COLLECTED, SYNTHETIC, Survey

YES = Item("svar", "b", Scale("jn", "enkelt", {"ja": "Ja", "nej": "Nej"}), "Svar", "")
COUNT = Item("antal", "b", Scale("antal", "antal", low=0, high=10**9), "Antal", "")
LIKERT = Item("enig", "b", Scale("e", "ordinal", dict.fromkeys("abcd", "")), "Enig", "")
INSTRUMENT = Questionnaire("", "", "", {"b": ""}, {"svar": YES, "antal": COUNT}, weighting=Weighting((), (), "kommune"))
SHARE, MEAN = ("svar", "ja", False), ("antal", None, False)


MIDDLE = 100_000  # what 0 is as a count; 1 is 1,000 more


def counted(values: np.ndarray) -> np.ndarray:
    """Real numbers as counts."""
    return np.rint(1000 * values).astype(int) + MIDDLE


def wave(values: np.ndarray, cluster: np.ndarray, weight: np.ndarray | None = None) -> Survey:
    """A wave with a count, and whether it is above `MIDDLE`; everybody is asked and is a municipality's."""
    n = len(values)
    frame = pd.DataFrame({"kommune": cluster}, index=[f"s{place}" for place in range(n)])
    answers = pd.DataFrame({"svar": np.where(values > MIDDLE, "ja", "nej"), "antal": values.astype(int).astype(str)},
                           index=frame.index)
    stage = Stage(np.zeros(n, dtype=int), np.arange(n), np.full(n, np.inf))
    return Survey(answers, frame, INSTRUMENT, Design(np.ones(n) if weight is None else weight, (stage,), "process"))


def drawn(seed: int, municipalities: int = 12, each: int = 4, shared: float = 1.0) -> tuple[Survey, Survey]:
    """Two waves of unequal size and weights, in municipalities that partly keep what they are."""
    rng = np.random.default_rng(seed)
    kept, made = rng.normal(size=municipalities), []
    for size in (municipalities * each, municipalities * each - 5):
        level = shared * kept + np.sqrt(1 - shared**2) * rng.normal(size=municipalities)
        cluster = np.sort(rng.integers(0, municipalities, size))
        made.append(wave(counted(level[cluster] + rng.normal(size=size)), cluster, rng.uniform(0.5, 2, size)))
    return made[0], made[1]


@cache
@cache
def study() -> tuple[Survey, Survey]:
    """The standard edition, and a wave of another seed."""
    new, again = opened.edition().survey, simulate.simulate(7)
    return new, weighting.weighted(Survey(again.answers, again.frame, new.questionnaire))


def twice(name: str, framed: bool) -> tuple[Survey, Survey]:
    """100 people asked twice, of whom 12 have come to say yes and 2 to say no; no clusters are named."""
    instrument = replace(INSTRUMENT, items={"svar": YES}, weighting=Weighting())
    index = pd.Index([str(place) for place in range(100)], name=name)
    then = np.repeat(["ja", "nej"], [40, 60])
    now = np.where(np.arange(100) < 2, "nej", np.where(np.arange(100) >= 88, "ja", then))
    new, old = (Survey(pd.DataFrame({"svar": said}, index=index), pd.DataFrame(index=index), instrument, framed=framed)
                for said in (now, then))
    return new, old


@pytest.mark.parametrize("framed", [True, False])
def test_the_same_people_twice_are_known_by_their_keys(framed: bool) -> None:
    """The error of paired shares (McNemar): without keys it is that of two groups of strangers."""
    paired, = waves.changes(*twice("noegle", framed), [SHARE], process=framed).itertuples()
    strangers, = waves.changes(*twice(survey.ROW, framed), [SHARE], process=framed).itertuples()
    assert paired.estimate == strangers.estimate == pytest.approx(0.1)
    assert paired.se == pytest.approx(np.sqrt((14 - 10**2 / 100) / 99 / 100), rel=0.01)
    assert strangers.se == pytest.approx(np.sqrt((0.4 * 0.6 + 0.5 * 0.5) / 99), rel=0.01)


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> int:
    """How many waves a simulation draws; where their answers come from is then not looked up."""
    monkeypatch.setattr(survey, "digest", lambda answers: "")
    monkeypatch.setattr(survey, "_origin", lambda content: COLLECTED)
    return opened.draws(200)


def about_95_percent(hits: int, tries: int) -> bool:
    return abs(hits / tries - 0.95) < 3 * np.sqrt(0.95 * 0.05 / tries)


# ---- The process -----------------------------------------------------------------------------------------------------


def test_one_respondent_a_municipality_and_wave_is_the_paired_test() -> None:
    rng = np.random.default_rng(1)
    old = counted(rng.normal(size=20))
    new = old + np.rint(rng.normal(300, 500, 20))
    order = rng.permutation(20)
    row = waves.changes(wave(new, np.arange(20)), wave(old[order], order), [MEAN], process=True).iloc[0]
    known = ttest_rel(new, old)
    assert [row["t"], row["df"], row["p"]] == pytest.approx([known.statistic, 19, known.pvalue], rel=1e-9)
    assert [row["a"], row["b"], row["n_a"], row["n_b"]] == ["nu", "foer", 20, 20]


@pytest.mark.parametrize("measured", [SHARE, MEAN])
def test_the_standard_error_is_that_of_a_stacked_regression_clustered_by_municipality(measured: waves.Measured) -> None:
    new, old = drawn(2)
    row = waves.changes(new, old, [measured], process=True, small_sample=False).iloc[0]
    y = np.concatenate([one.says("svar", "ja") if measured == SHARE else one.number("antal") for one in (new, old)])
    wave_of = np.repeat([1, 0], [48, 43])
    names = np.concatenate([one.background["kommune"] for one in (new, old)])
    fit = sm.WLS(y.astype(float), sm.add_constant(wave_of), np.concatenate([one.design.weights for one in (new, old)]))
    fit = fit.fit(cov_type="cluster", cov_kwds={"groups": names, "use_correction": False})
    m = len(set(names))
    assert row["estimate"] == pytest.approx(fit.params[1], rel=1e-9)
    assert row["se"] == pytest.approx(fit.bse[1] * np.sqrt(m / (m - 1)), rel=1e-9)


def test_a_municipality_in_one_wave_only_counts_there_alone() -> None:
    new, old = drawn(3)
    keep = [one.background["kommune"] != gone for one, gone in ((new, 0), (old, 11))]
    new, old = (wave(one.number("antal")[kept], one.background["kommune"].to_numpy()[kept], one.design.weights[kept])
                for one, kept in zip((new, old), keep, strict=True))
    row = waves.changes(new, old, [MEAN], process=True, small_sample=False).iloc[0]
    totals = pd.Series(0.0, index=range(12))
    for one, sign in ((new, 1), (old, -1)):
        y, w = one.number("antal"), one.design.weights
        influence = pd.Series(sign * w * (y - np.average(y, weights=w)) / w.sum())
        totals = totals.add(influence.groupby(one.background["kommune"].to_numpy()).sum(), fill_value=0)
    assert totals[0] != 0 != totals[11]
    assert row["se"] == pytest.approx(np.sqrt(12 / 11 * (totals**2).sum()), rel=1e-9)


def test_the_same_answers_from_the_same_people_are_no_change_and_no_doubt() -> None:
    one = drawn(4)[0]
    row = waves.changes(one, one, [SHARE], process=True).iloc[0]
    assert [row["estimate"], row["se"], row["low"], row["high"]] == pytest.approx([0, 0, 0, 0], abs=1e-12)


@pytest.mark.slow
def test_intervals_hold_the_true_change_as_often_as_they_say_since_municipalities_are_shared(many: int) -> None:
    """30 municipalities, 4 respondents in each wave; the municipality's level is the same in both: truth is 400."""
    rng, cluster, rows, apart = np.random.default_rng(5), np.repeat(np.arange(30), 4), [], []
    for _ in range(many):
        level = rng.normal(size=30)[cluster]
        new, old = (wave(counted(level + change + rng.normal(size=120)), cluster) for change in (0.4, 0.0))
        rows.append(waves.changes(new, old, [MEAN], process=True))
        if len(apart) < 20:
            apart.append(waves.changes(weighting.for_process(new), weighting.for_process(old), [MEAN]))
    found = pd.concat(rows)
    assert about_95_percent(((found["low"] <= 400) & (found["high"] >= 400)).sum(), many)
    assert np.mean(found["se"] ** 2) == pytest.approx(np.var(found["estimate"]), rel=0.25)
    assert pd.concat(apart)["se"].mean() > 1.8 * found["se"].mean()  # if they were other municipalities


# ---- All who are asked -----------------------------------------------------------------------------------------------


def test_response_in_two_waves_is_independent_so_variances_add_up() -> None:
    new, old = study()
    found = waves.changes(new, old)
    assert set(found["target"]) == {"population"}
    sides = [waves.levels(one, waves.measures(new.questionnaire.items.values())) for one in (new, old)]
    np.testing.assert_allclose(found["estimate"], sides[0]["estimate"] - sides[1]["estimate"], atol=1e-12)
    np.testing.assert_allclose(found["se"], np.hypot(sides[0]["se"], sides[1]["se"]), rtol=1e-9)
    assert list(found["n_a"]) == list(sides[0]["n"])


def trimmed(one: Survey) -> Survey:
    """Weights that are unequal within response groups, and not calibrated."""
    return weighting.trim(weighting.raked(one), upper=np.quantile(one.design.weights, 0.9))


@pytest.mark.parametrize("weigh", [weighting.by_response_groups, weighting.unweighted, trimmed])
def test_each_wave_keeps_its_own_weights_and_margins(weigh) -> None:
    new, old = study()[0], weigh(study()[1])
    for a, b in ((new, old), (old, new)):
        row = waves.changes(a, b, [("pol_fokus", "ja", False)]).iloc[0]
        one, other = (estimate.shares(side, "pol_fokus", "ja").iloc[0] for side in (a, b))
        assert row["se"] == pytest.approx(np.hypot(one["se"], other["se"]), rel=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("loyal", [0.0, 0.3])
def test_intervals_hold_the_change_of_a_finite_population(many: int, loyal: float) -> None:
    """200 people of whom 100 respond in either wave. loyal: how much readier those are who responded the first time."""
    rng, size, hits = np.random.default_rng(6), 200, 0
    then = rng.normal(size=size)
    now = 0.7 * then + rng.normal(0.2, 0.7, size)
    now, then = counted(now), counted(then)
    frame = pd.DataFrame({"kommune": np.arange(size)}, index=[f"s{place}" for place in range(size)])
    for _ in range(many):
        first = rng.permutation(size)[:100]
        second = np.argsort(rng.random(size) - loyal * np.isin(np.arange(size), first))[:100]
        sides = [Survey(wave(truth[who], who).answers.set_axis(frame.index[who]), frame, INSTRUMENT)
                 for truth, who in ((now, second), (then, first))]
        row = waves.changes(*sides, [MEAN]).iloc[0]
        hits += row["low"] <= now.mean() - then.mean() <= row["high"]
    if loyal:
        assert hits >= 0.95 * many  # a little too wide
    else:
        assert about_95_percent(hits, many)


# ---- What can be compared --------------------------------------------------------------------------------------------


def with_items(one: Survey, *items: Item) -> Survey:
    answers = one.answers[[item.id for item in items]]
    if any("maaske" in item.scale.answers for item in items):
        answers = answers.replace({"svar": {"nej": "maaske"}})
    return replace(one, answers=answers, questionnaire=replace(INSTRUMENT, items={item.id: item for item in items}))


def test_measures_are_a_few_numbers_an_item() -> None:
    part = replace(COUNT, id="del", part_of=("antal",))
    text = Item("fri", "b", Scale("t", "tekst"), "", "")
    several = Item("flere", "b", Scale("f", "flere", dict.fromkeys("xyz", "")), "", "")
    assert waves.measures([YES, COUNT, part, LIKERT, text, several]) == [
        ("svar", "ja", False), ("antal", None, False), ("del", None, True), ("enig", "c+d", False),
        ("flere", "x", False), ("flere", "y", False), ("flere", "z", False)]


def test_an_item_that_only_one_wave_has_is_left_out_or_named() -> None:
    new, old = drawn(7)
    without = with_items(old, COUNT)
    changed = with_items(old, COUNT, replace(YES, scale=replace(YES.scale, answers={"ja": "Ja", "maaske": "Måske"})))
    for other in (without, changed):
        assert list(waves.changes(new, other)["item"]) == ["antal"]
        with pytest.raises(UserError, match=r"^svar: spørgsmålet findes kun i den ene bølge, eller svarmulighederne"):
            waves.changes(new, other, [SHARE])


def test_synthetic_and_collected_answers_are_not_held_against_one_another() -> None:
    new, old = study()
    collected = Survey(old.answers.iloc[1:], old.frame, old.questionnaire)
    assert (new.provenance, collected.provenance) == (SYNTHETIC, COLLECTED)
    with pytest.raises(UserError, match="den ene bølges svar er syntetiske og den andens indsamlede"):
        waves.changes(new, collected)
    assert set(waves.changes(new, old, [("pol_fokus", "ja", False)])["provenance"]) == {SYNTHETIC}


def test_waves_about_different_things_are_not_compared() -> None:
    with pytest.raises(ValueError, match="one wave is about population, the other about process"):
        waves.changes(study()[0], weighting.for_process(study()[1]))


# ---- What may be shown -----------------------------------------------------------------------------------------------


def test_a_change_tells_no_more_than_what_either_wave_shows() -> None:
    """It is the difference of the two shown numbers, and hidden where one of them is; nor is its error finer."""
    areas, some = ["integration", "kultur"], ("pol_strategi", "pol_inspiration", "vae_tillid", "pra_lange")
    few = replace(study()[0].questionnaire, items={item: study()[0].questionnaire.items[item] for item in some})
    plans = []
    for one in study():
        mine = one.answers[one.background["fagomraade"].isin(areas)].iloc[1:][list(some)]
        collected = Survey(mine, one.frame[one.frame["fagomraade"].isin(areas)], few)
        plans.append(disclosure.plan(weighting.weighted(collected)))
    new, old = (plan.survey for plan in plans)
    told = between.between(*plans, waves.changes(new, old))
    sides = [plan.protect(waves.levels(plan.survey, waves.measures(few.items.values()))) for plan in plans]
    gap = sides[0]["estimate"] - sides[1]["estimate"]
    assert 0 < gap.isna().sum() < len(gap)
    np.testing.assert_allclose(told["estimate"], gap, atol=1e-12)
    assert list(told["hidden"]) == list(gap.isna())
    assert told.loc[gap.isna(), ["n_a", "n_b", "se", "df", "low", "high", "t", "p"]].isna().all(axis=None)
    shares = told[(told["statistic"] == "share") & ~told["hidden"]]
    spread = sum(one["estimate"] * (1 - one["estimate"]) / one["n"] for one in sides)[shares.index]
    factor = np.log10(shares["se"] / np.sqrt(spread)) * rounding.GRID
    np.testing.assert_allclose(factor, factor.round(), atol=1e-6)  # a preferred number
    made = equations.t_table(*shares[["estimate", "se", "df"]].to_numpy().T, 0.95)
    np.testing.assert_allclose(shares[["low", "high", "p"]], np.array([made[name] for name in ("low", "high", "p")]).T)


def test_synthetic_changes_are_shown_as_they_are() -> None:
    found = waves.changes(*study(), [("pol_fokus", "ja", False)])
    assert between.between(None, None, found) is found
