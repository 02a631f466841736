"""Response rates, response groups, and weights to known totals: against R `survey` and against known truths."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import opened
import pandas as pd
import pytest

from civsam.files import UserError
from civsam.inference import estimate, raking, weighting
from civsam.inference.variance import covariance
from civsam.instrument.questionnaire import Background, Item, Scale, read
from civsam.study import municipality_groups
from civsam.survey.design import Design, Stage
from civsam.survey.survey import Survey

EDITION = opened.edition()
WEIGHTED = EDITION.survey

HERE = Path(__file__).parent / "reference"
CASES = json.loads((HERE / "r_weighting.json").read_text())["cases"]
CALIBRATED = json.loads((HERE / "r_calibrate.json").read_text())["cases"]
COUNT = Scale("antal", "antal", low=0, high=10_000)
COUNTS = ("api00", "complete", "sw")
ITEMS = {name: Item(name, "b", COUNT, "", "") for name in COUNTS}
AREAS = Background("fagomraade", "", {code: code for code in "EHM"})
INSTRUMENT = replace(read(), items=ITEMS, background=read().background | {"fagomraade": AREAS},
                     weighting=replace(read().weighting, cluster=""))

TYPES = {"E": 4421, "H": 755, "M": 1018}
WIDE = {"No": 1072, "Yes": 5122}
BOTH = {("E", "No"): 472, ("H", "No"): 334, ("M", "No"): 266, ("E", "Yes"): 3949, ("H", "Yes"): 421, ("M", "Yes"): 752}


def sample(data: pd.DataFrame, weights: pd.Series, *stages: Stage) -> Survey:
    """A survey of R's example data, with school type as area. R leaves out rows that lack any of its two variables."""
    data = data.assign(complete=data["api00"].where(data.get("enroll", data["api00"]).notna()))
    data = data.assign(**{name: data.get(name, data["api00"]).astype("Int64") for name in COUNTS})
    answers = data[list(COUNTS)].astype("string").fillna("").astype(str)
    frame = data.assign(fagomraade=data["stype"])
    return Survey(answers, frame, INSTRUMENT.only(answers, frame),
                  Design(weights.to_numpy(float), stages, "population"))


def stage(clusters: pd.Series, population: pd.Series | float, strata: pd.Series | None = None) -> Stage:
    n = len(clusters)
    return Stage(np.zeros(n, dtype=int) if strata is None else pd.factorize(strata)[0], pd.factorize(clusters)[0],
                 np.broadcast_to(population, n).astype(float))


def survey_of(name: str) -> Survey:
    kind, _, option = name.partition("_")
    if kind == "cen":
        frame = pd.read_csv(HERE / "weighting_census.csv")
        data = frame[frame["resp"] == 1].reset_index(drop=True)
        one = stage(data["cnum"], np.inf) if option == "clus" else stage(data["school"], len(frame))
        return sample(data, pd.Series(np.full(len(data), len(frame) / len(data))), one)
    file = {"strat": "apistrat", "clus1": "apiclus1", "clus2": "apiclus2"}[kind]
    data = pd.read_csv(HERE / f"weighting_{file}.csv")
    rows = pd.Series(data.index)
    if kind == "strat":
        return sample(data, data["pw"], stage(rows, data["fpc"], data["stype"]))
    if kind == "clus1":
        return sample(data, data["pw"], stage(data["dnum"], 757 if option == "" else np.inf))
    return sample(data, data["pw"], stage(data["dnum"], data["fpc1"]), stage(rows, data["fpc2"]))


def close_to_r(survey: Survey, result: dict, tolerance: float, item: str = "complete", by_type: str = "api00") -> None:
    row = estimate.means(survey, item, interval="t").iloc[0]
    assert row["estimate"] == pytest.approx(result["mean"]["est"]["api00"], rel=tolerance)
    assert row["se"] == pytest.approx(result["mean"]["se"]["api00"], rel=tolerance)
    rows = estimate.means(survey, by_type, "fagomraade", interval="t")
    for ours, theirs in {"estimate": "est", "se": "se"}.items():
        np.testing.assert_allclose(rows[ours], [result["by"][theirs][code] for code in rows["group"]], rtol=tolerance)


R_DESIGNS = pytest.mark.parametrize("name", ["strat", "clus1", "clus1_nofpc", "clus2"])


@R_DESIGNS
def test_poststratified_estimates_are_those_of_r(name: str) -> None:
    survey = survey_of(name)
    close_to_r(weighting.poststratify(survey, "fagomraade", TYPES), CASES[f"{name}/poststrat_stype"]["result"], 1e-9)
    close_to_r(weighting.poststratify(survey, ("fagomraade", "sch_wide"), BOTH),
               CASES[f"{name}/poststrat_both"]["result"], 1e-9)


MARGINS = {"fagomraade": TYPES, "sch_wide": WIDE}


@R_DESIGNS
def test_raked_estimates_are_those_of_r(name: str) -> None:
    raked = weighting.rake(survey_of(name), MARGINS, tolerance=1e-12)
    close_to_r(raked, CASES[f"{name}/cal_raking_cat"]["result"], 1e-8)
    if name in ("clus1", "clus1_nofpc"):  # equal weights: the same as the sweeps of R's rake
        close_to_r(raked, CASES[f"{name}/rake"]["result"], 1e-8)
    if name != "clus1_nofpc":
        np.testing.assert_allclose(raked.design.weights, CASES[f"{name}/rake"]["result"]["weights"], rtol=1e-8)


@pytest.mark.parametrize("name", ["cen_srs", "cen_clus"])
def test_a_census_with_nonresponse_raked_to_four_margins(name: str) -> None:
    survey = survey_of(name)
    frame = pd.read_csv(HERE / "weighting_census.csv")
    margins = {v: frame[v].value_counts() for v in ("stype", "sch_wide", "mealcat", "awards")}
    raked = weighting.rake(survey, margins, tolerance=1e-13)
    np.testing.assert_allclose(raked.design.weights, CASES["cen_srs/rake4"]["result"]["weights"], rtol=1e-8)
    close_to_r(raked, CALIBRATED[f"{name}/raking_four"]["result"], 1e-8, "api00", "sw")
    close_to_r(raked, CASES[f"{name}/rake4"]["result"], 1e-5, "api00", "sw")  # ten sweeps are not quite a regression
    close_to_r(weighting.poststratify(survey, "stype", margins["stype"]),
               CASES[f"{name}/poststrat"]["result"], 1e-9, "api00", "sw")


API99 = 3914069
NUMBER = {"fagomraade": TYPES, "api99": API99}
LIMITS = {"strat": (0.95, 1.02), "clus1": (0.45, 1.7)}  # that some weights end at
LOGIT = {"method": "logit", "bounds": (0.4, 2.5)}


@pytest.mark.parametrize("name", ["strat", "clus1"])
@pytest.mark.parametrize(("case", "margins", "how"), [
    ("linear", NUMBER, {"method": "linear"}), ("linear_bounds", NUMBER, {"method": "linear", "bounds": LIMITS}),
    ("raking", NUMBER, {}), ("logit", NUMBER, LOGIT), ("number_alone", {"api99": API99}, {"method": "linear"}),
])
def test_calibration_to_totals_of_numbers_is_that_of_r(name: str, case: str, margins: dict, how: dict) -> None:
    survey = survey_of(name)
    if how.get("bounds") is LIMITS:
        how = how | {"bounds": LIMITS[name]}
    made = weighting.rake(survey, margins, **how)
    result = CALIBRATED[f"{name}/{case}"]["result"]
    np.testing.assert_allclose(made.design.weights[:40], result["weights"], rtol=1e-8)
    close_to_r(made, result, 1e-8, "api00")
    assert made.design.calibration.discrepancy <= 1e-10
    if low_high := how.get("bounds"):
        times = made.design.weights / survey.design.weights
        assert low_high[0] * (1 - 1e-9) <= times.min() < times.max() <= low_high[1] * (1 + 1e-9)


def test_margins_alone_get_the_same_weights_by_newton_as_by_raking() -> None:
    survey = survey_of("clus2")
    by_sweeps = weighting.rake(survey, MARGINS, tolerance=1e-12).design.weights
    by_newton = weighting.rake(survey, MARGINS, bounds=(0, 100)).design.weights
    np.testing.assert_allclose(by_newton, by_sweeps, rtol=1e-9)


@pytest.mark.parametrize("change", [lambda api99: 2000 + api99 / 1000, lambda api99: api99 * 1e9])
def test_numbers_that_are_large_or_nearly_constant_calibrate_as_well(change) -> None:
    survey = survey_of("clus1")
    frame = survey.frame.assign(other=change(survey.frame["api99"]))
    total = change(0.0) * 6194 + (change(1.0) - change(0.0)) * API99
    other = weighting.rake(Survey(survey.answers, frame, survey.questionnaire, survey.design),
                           {"fagomraade": TYPES, "other": total})
    plain = weighting.rake(survey, NUMBER)
    np.testing.assert_allclose(other.design.weights, plain.design.weights, rtol=1e-6)
    errors = [estimate.means(one, "api00")["se"].item() for one in (other, plain)]
    assert errors[0] == pytest.approx(errors[1], rel=1e-6)


def test_a_count_of_the_questionnaire_may_be_calibrated_to_and_is_then_known() -> None:
    made = weighting.rake(survey_of("clus1"), {"fagomraade": TYPES, "api00": 4.1e6})
    row = estimate.totals(made, "api00").iloc[0]
    assert row["estimate"] == pytest.approx(4.1e6)
    assert row["se"] == pytest.approx(0, abs=1)


@pytest.mark.parametrize(("margins", "how", "message"), [
    (NUMBER, {"bounds": (0.9, 1.1)}, r"højst må ganges med 1\.1 og mindst med 0\.9: .* videre grænser"),
    (NUMBER, {"method": "logit", "bounds": (0.9, 1.1)}, "videre grænser"),
    (NUMBER | {"api99": 6194 * 2000}, {}, "ingen vægte giver totalerne på én gang"),
    (NUMBER | {"api99": 6194 * 1000}, {"method": "linear"}, "vægte bliver negative"),
    (NUMBER, {"max_iterations": 1}, "nåede ikke totalerne på 1 gange: .*max_iterations op"),
    (NUMBER, {"method": "greg"}, "method='greg': skriv 'raking' eller 'linear' eller 'logit'"),
    (NUMBER, {"method": "logit"}, "Uden dem kan method='logit' ikke bruges"),
    (NUMBER, {"method": "logit", "bounds": (0, np.inf)}, "ikke uendeligt"),
    (NUMBER, {"bounds": (1.1, 2)}, r"bounds=\(1.1, 2\): skriv det mindste og det største.* under 1"),
    (NUMBER, {"bounds": (0.1, "2")}, "bounds="), (NUMBER, {"bounds": 3}, "bounds=3"),
    (NUMBER, {"bounds": (np.nan, 3)}, "bounds="), (NUMBER, {"bounds": (True, 3)}, "bounds="),
    ({"fagomraade": 6194}, {}, r"hver kode skal have sin total: {'fagomraade': {'E': ..., 'H': ..., 'M': ...}}"),
    ({"api98": 3}, {}, "»api98« er ikke en kolonne i rammen. Mente du navnet »api99«"),
    ({("api99", "enroll"): 3}, {}, "krydser flere kolonner"),
    ({"stype": 33}, {}, "kolonnen stype: rækken »0« har »H«, som ikke er et tal"),
    ({"api99": 0}, {}, "api99: tallene går fra 365,0 til 890,0, så deres sum kan ikke blive 0,0"),
    ({"api99": -5}, {}, "kan ikke blive −5,0"),
    ({"gaps": 3}, {}, "rammen, kolonnen gaps: 1 af 183 har intet tal, den første er »3«"),
])
def test_totals_of_numbers_that_cannot_be_met_are_told(margins: dict, how: dict, message: str) -> None:
    survey = survey_of("clus1")
    frame = survey.frame.assign(gaps=survey.frame["api99"].where(survey.frame.index != 3))
    with pytest.raises(UserError, match=message):
        weighting.rake(Survey(survey.answers, frame, survey.questionnaire, survey.design), margins, **how)


def test_who_has_no_weight_needs_no_number() -> None:
    survey = survey_of("clus1")
    weights = np.where(np.arange(183) == 3, 0.0, survey.design.weights)
    frame = survey.frame.assign(gaps=survey.frame["api99"].where(survey.frame.index != 3))
    made = weighting.rake(Survey(survey.answers, frame, survey.questionnaire, replace(survey.design, weights=weights)),
                          {"fagomraade": TYPES, "gaps": API99})
    assert made.design.weights[3] == 0
    assert np.isfinite(estimate.means(made, "api00")["se"].item())


@pytest.mark.parametrize("name", ["strat", "clus1"])
def test_trimmed_weights_are_those_of_r(name: str) -> None:
    survey = survey_of(name)
    raked = weighting.rake(survey, MARGINS, tolerance=1e-12)
    middle = np.median(survey.design.weights)
    trimmed = weighting.trim(raked, 0.3 * middle, 1.15 * middle, strict=True)
    np.testing.assert_allclose(trimmed.design.weights, CASES[f"{name}/trim"]["result"]["weights"], rtol=1e-8)
    assert trimmed.design.calibration is None


def weighted(weights: list[float]) -> Survey:
    n = len(weights)
    base = survey_of("strat")
    return Survey(base.answers.iloc[:n], base.frame, base.questionnaire,
                  Design(np.array(weights), (stage(pd.Series(range(n)), np.inf),), "population"))


def test_trimming_keeps_the_total_and_strict_keeps_the_limits() -> None:
    survey = weighted([1, 1, 3.9, 10, 0])
    # 6 is cut off the largest and shared by the three others that count: 2 each
    np.testing.assert_allclose(weighting.trim(survey, upper=4).design.weights, [3, 3, 5.9, 4, 0])
    # 1.9 more is cut, and so on: what is left is 15.9 - 4 - 4, halved
    strict = weighting.trim(survey, upper=4, strict=True).design.weights
    np.testing.assert_allclose(strict, [3.95, 3.95, 4, 4, 0])
    with pytest.raises(ValueError, match="have the mean"):
        weighting.trim(survey, upper=3)
    with pytest.raises(ValueError, match="nobody to share"):
        weighting.trim(weighted([1, 1, 5, 5]), 2, 4)


@pytest.mark.parametrize(("margins", "message"), [
    ({"fagomraade": {"E": 4421, "H": 755}}, "fagomraade: M has respondents but no total"),
    ({"fagomraade": TYPES, "sch_wide": {**WIDE, "Maybe": 3}}, r"sch_wide: Maybe has a total \(3\) but no respondent"),
    ({"fagomraade": {**TYPES, "H": -1}}, "fagomraade: the total of H is -1"),
    ({"fagomraade": {**TYPES, "H": np.nan}}, "fagomraade: the total of H is nan"),
    ({"fagomraade": TYPES, "sch_wide": {"No": 1072, "Yes": 5000}}, "sch_wide add up to 6072.*fagomraade to 6194"),
])
def test_margins_that_cannot_be_met_are_named(margins: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        weighting.rake(survey_of("strat"), margins)


def test_raking_that_does_not_converge_names_the_margin() -> None:
    survey = survey_of("strat")
    same = survey.frame.assign(twin=survey.frame["fagomraade"])  # two margins that ask for different things
    with pytest.raises(ValueError, match="did not converge in 50 iterations: margin fagomraade, code H"):
        weighting.rake(Survey(survey.answers, same, survey.questionnaire, survey.design),
                       {"fagomraade": TYPES, "twin": {"E": 4421, "H": 1018, "M": 755}}, max_iterations=50)


def test_the_raked_study_meets_every_margin_of_the_frame() -> None:
    raked = weighting.raked(EDITION.raw)
    for variable, totals in raking.frame_margins(raked).items():
        sums = raked.background.assign(w=raked.design.weights).groupby(variable)["w"].sum()
        np.testing.assert_allclose(sums, pd.Series(totals)[sums.index], rtol=1e-9)
    assert raked.design.weights.min() > 0
    assert raked.design.calibration.discrepancy < 1e-10
    assert raked.design.calibration.iterations > 1


def test_of_what_is_raked_there_is_no_doubt_left() -> None:
    raked = weighting.raked(EDITION.raw)
    size = (raked.background["kommunetype"] == "stor").to_numpy(float)
    weights = raked.design.weights
    share = size @ weights / weights.sum()
    influence = weights * (size - share) / weights.sum()
    assert covariance(influence[:, None], raked.design).item() < 1e-12
    assert covariance(influence[:, None], replace(raked.design, calibration=None)).item() > 1e-8


def test_municipalities_as_response_groups_have_two_respondents_or_more() -> None:
    groups = municipality_groups.municipality_groups(EDITION.raw)
    assert groups.notna().all()
    assert groups.loc[EDITION.raw.answers.index].value_counts().min() >= 2
    frame = EDITION.raw.frame.assign(group=groups)
    joined = frame[frame["group"].str.contains("+", regex=False)]
    assert len(joined) > 0
    answered = frame.loc[EDITION.raw.answers.index, "kommunekode"].value_counts()
    assert (answered == 2).any()
    few = {str(code) for code in frame["kommunekode"].unique() if answered.get(code, 0) < 2}
    for group in joined["group"].unique():  # two are enough to stand alone: only fewer need others
        assert few & set(group.split("+")), group
    two = answered.index[answered == 2].map(str)
    assert set(two) & set(groups)
    assert (joined.groupby("group")[["region", "kommunetype"]].nunique() == 1).all(axis=None)
    survey = weighting.by_response_groups(EDITION.raw, groups)
    assert survey.design.weights.sum() == pytest.approx(len(frame))
    assert estimate.means(survey, "pra_korte")["se"].item() > 0


def test_a_size_type_with_one_respondent_is_joined_inside_its_region() -> None:
    frame = EDITION.raw.frame
    region = frame[frame["region"] == "nordjylland"]
    keep = frame.index[frame["region"] != "nordjylland"]
    one = {size: rows.index[:1] for size, rows in region.groupby("kommunetype")}
    two = region.index[region["kommunetype"] == "mellem"][:1]
    answers = EDITION.raw.answers.reindex([*keep, *one["lille"], *two], fill_value="")
    groups = municipality_groups.municipality_groups(Survey(answers, frame, EDITION.raw.questionnaire))
    # one small and one middle-sized make two together; the large, of whom nobody answered, have to join them
    assert groups[region.index].nunique() == 1


def known_truth() -> Survey:
    """Everybody's answer to one count: more in kultur and in the smallest municipalities, less in the north."""
    frame, rng = WEIGHTED.frame, np.random.default_rng(7)
    mean = 10 + 12 * (frame["fagomraade"] == "kultur") + 4 * (frame["kommunetype"] == "lille")
    mean = mean - 3 * (frame["region"] == "nordjylland")
    answers = pd.DataFrame({"pra_korte": rng.poisson(mean).astype(str)}, frame.index)
    return Survey(answers, frame, WEIGHTED.questionnaire.only(answers, frame))


TRUTH = known_truth()
FULL = estimate.means(TRUTH, "pra_korte")["estimate"].item()


def response(seed: int, chance: np.ndarray) -> Survey:
    answers = TRUTH.answers[np.random.default_rng(seed).random(len(chance)) < chance]
    return Survey(answers, TRUTH.frame, TRUTH.questionnaire)


def test_nonresponse_by_area_is_mended_by_raking_on_area_and_not_on_region() -> None:
    chance = np.where(TRUTH.frame["fagomraade"] == "kultur", 0.25, 0.75)
    error: dict[str, list[float]] = {"none": [], "fagomraade": [], "region": []}
    for seed in range(30):
        raw = response(seed, chance)
        for name, found in error.items():
            survey = raw if name == "none" else weighting.rake(raw, raking.frame_margins(raw, [name]))
            found.append(estimate.means(survey, "pra_korte")["estimate"].item() - FULL)
    bias = {name: abs(np.mean(found)) for name, found in error.items()}
    assert bias["fagomraade"] < bias["none"] / 10
    assert bias["region"] > bias["none"] * 0.8


def spread_and_error(surveys: list[Survey]) -> tuple[float, float]:
    """How much the mean varies from one response to another, and what the standard errors say on average."""
    found = pd.concat([estimate.means(survey, "pra_korte") for survey in surveys])
    assert found["estimate"].mean() == pytest.approx(FULL, abs=3 * found["estimate"].std() / np.sqrt(len(found)))
    return found["estimate"].std(), np.sqrt(np.mean(found["se"] ** 2))


@pytest.mark.slow
def test_the_standard_error_of_the_study_is_that_of_repeated_response() -> None:
    chance = TRUTH.frame["kommunetype"].map({"lille": 0.4, "mellem": 0.55, "stor": 0.7}).to_numpy()
    spread, error = spread_and_error([weighting.raked(response(seed, chance)) for seed in range(150)])
    assert error == pytest.approx(spread, rel=0.12)


def test_the_standard_error_after_raking_is_that_of_the_residuals() -> None:
    """Area explains much of the count: once the areas are known the mean varies less than the answers do."""
    margins = raking.frame_margins(TRUTH, ["fagomraade", "blok"])
    raked = [weighting.rake(response(seed, np.full(838, 0.5)), margins) for seed in range(150)]
    spread, error = spread_and_error(raked)
    assert error == pytest.approx(spread, rel=0.12)
    without = [replace(survey, design=replace(survey.design, calibration=None)) for survey in raked]
    assert spread_and_error(without)[1] > 1.2 * spread


def test_a_summary_of_weights_before_and_after() -> None:
    table = weighting.weights_summary({"raa": EDITION.raw, "rakede": weighting.raked(EDITION.raw)}).set_index("version")
    assert table.loc["raa", "effective_n"] == pytest.approx(len(EDITION.raw.answers))
    assert (table["total"] - 838).abs().max() < 1e-6
    assert table.loc["rakede", "low"] < table.loc["raa", "low"] < table.loc["rakede", "high"]
    # Kish: 1 + the squared coefficient of variation of the weights
    weights = weighting.raked(EDITION.raw).design.weights
    assert table.loc["rakede", "design_effect"] == pytest.approx(1 + np.var(weights) / np.mean(weights) ** 2)


def test_the_process_keeps_the_raked_weights_and_their_residuals() -> None:
    raked = weighting.raked(EDITION.raw)
    process = weighting.for_process(raked)
    assert process.design.target == "process"
    assert process.design.calibration is raked.design.calibration
    np.testing.assert_array_equal(process.design.weights, raked.design.weights)


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
    joined = groups[frame["fagomraade"] == "kultur"]
    assert joined.nunique() == 1
    assert groups[answers.index].value_counts()[joined.iloc[0]] >= 2  # with the smallest of the others


def test_a_single_respondent_is_no_response_group_of_its_own() -> None:
    area = WEIGHTED.background["fagomraade"]
    answers = pd.concat([WEIGHTED.answers[area != "kultur"], WEIGHTED.answers[area == "kultur"].head(1)])
    survey = weighting.by_response_groups(Survey(answers, WEIGHTED.frame, WEIGHTED.questionnaire))
    sizes = np.bincount(survey.design.stages[0].strata)
    assert sizes.min() >= 2
    assert survey.design.weights.sum() == pytest.approx(len(WEIGHTED.frame))


def test_with_few_answers_the_response_groups_alone_must_do() -> None:
    few = Survey(WEIGHTED.answers.iloc[:25], WEIGHTED.frame, WEIGHTED.questionnaire)
    with pytest.raises(ValueError, match="margin"):
        weighting.raked(few)
    weights = weighting.weighted(few).design.weights
    assert weights.sum() == pytest.approx(len(WEIGHTED.frame))
    assert weighting.weighted(WEIGHTED).design.calibration is not None


def test_response_rates_count_asked_and_answered() -> None:
    rates = weighting.response_rates(WEIGHTED, "region")
    assert rates["asked"].sum() == len(WEIGHTED.frame)
    assert rates["responded"].sum() == len(WEIGHTED.answers)
    assert list(rates["group"]) == list(INSTRUMENT.background["region"].labels)


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
