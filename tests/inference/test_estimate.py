"""Estimates against R `survey`, on data and designs not this project's, and where there is little to stand on."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t as student

from civsam.inference import estimate, estimators, groups, intervals, weighting
from civsam.inference.variance import covariance, degrees_of_freedom, grouped_covariance
from civsam.instrument.questionnaire import Background, Item, Scale, read
from civsam.survey.design import Design, Stage
from civsam.survey.survey import Survey

HERE = Path(__file__).parent / "reference"
CASES = {case["id"]: case["result"] for case in json.loads((HERE / "r_estimate.json").read_text())["cases"]}
EXACT = 1e-9

COUNT = Scale("antal", "antal", low=0, high=10_000)
TYPES = Scale("type", "enkelt", {"E": "E", "H": "H", "M": "M"})
ITEMS = {
    "sch_wide": Item("sch_wide", "b", Scale("jn", "enkelt", {"Yes": "Yes", "No": "No"}), "", ""),
    "stype": Item("stype", "b", TYPES, "", ""),
    "api00": Item("api00", "b", COUNT, "", ""),
    "enroll": Item("enroll", "b", COUNT, "", ""),
    "api99": Item("api99", "b", COUNT, "", "", part_of=("api00",)),
    "api99_of_enroll": Item("api99_of_enroll", "b", COUNT, "", "", part_of=("enroll",)),
}
AREAS = Background("fagomraade", "", TYPES.answers)
INSTRUMENT = replace(read(), items=ITEMS, background=read().background | {"fagomraade": AREAS},
                     weighting=replace(read().weighting, cluster=""))
NO_LIMIT = np.inf


def whole(clusters: np.ndarray, population: Any, strata: np.ndarray | None = None) -> Stage:
    n = len(clusters)
    return Stage(np.zeros(n, dtype=int) if strata is None else strata, clusters, np.full(n, population, dtype=float))


def design_of(name: str, data: pd.DataFrame) -> Design:
    """The design that R was given, in this project's terms."""
    rows = np.arange(len(data))
    if name == "srs":
        return Design(data["pw"].to_numpy(), (whole(rows, data["fpc"]),), "population")
    if name == "strat":
        return Design(data["pw"].to_numpy(), (whole(rows, data["fpc"], pd.factorize(data["stype"])[0]),), "population")
    if name in ("clus1", "clus1_nofpc"):
        population, target = (data["fpc"], "population") if name == "clus1" else (NO_LIMIT, "process")
        return Design(data["pw"].to_numpy(), (whole(pd.factorize(data["dnum"])[0], population),), target)
    if name == "clus2":
        district = pd.factorize(data["dnum"])[0]
        weights = data["fpc1"] / (district.max() + 1) * data["fpc2"] / np.bincount(district)[district]
        return Design(weights.to_numpy(), (whole(district, data["fpc1"]), whole(rows, data["fpc2"])), "population")
    if name == "cen_srs":
        return Design(data["w0"].to_numpy(), (whole(rows, data["Ntot"]),), "population")
    return Design(data["w0"].to_numpy(), (whole(pd.factorize(data["cnum"])[0], NO_LIMIT),), "process")


FILES = {"srs": "apisrs", "strat": "apistrat", "clus1": "apiclus1", "clus1_nofpc": "apiclus1", "clus2": "apiclus2",
         "cen_srs": "census_resp", "cen_clus": "census_resp"}


def survey_of(name: str) -> Survey:
    """Schools as respondents: fagomraade is the school type, blok the school-wide target, udgiftspres a domain."""
    data = pd.read_csv(HERE / f"estimate_{FILES[name]}.csv", dtype={"stype": str, "enroll": "Int64"})
    frame = pd.DataFrame({
        "kommunekode": data.get("dnum", 0), "fagomraade": data["stype"],
        "blok": data["sch_wide"].map({"Yes": "roed", "No": "blaa"}),
        "udgiftspres": np.where((data["stype"] == "E") & (data["meals"] > 40), "hoejt", "lavt"),
    })
    answers = data.assign(api99_of_enroll=data["api99"])[list(ITEMS)].astype("string").fillna("").astype(str)
    return Survey(answers, frame, INSTRUMENT.only(answers, frame), design_of(name, data))


ALL = pytest.mark.parametrize("name", FILES)


def close(found: Any, expected: dict[str, float], keys: list[str], tolerance: float = EXACT) -> None:
    """`found` agrees with R; where R's own is 0, it is rounding noise at most."""
    np.testing.assert_allclose(found, [expected[key] for key in keys], rtol=tolerance, atol=tolerance**2)


def noise(name: str, se: pd.Series) -> bool:
    """A stratified sample by school type leaves no doubt about the shares of the types."""
    return name == "strat" and bool(np.all(se < 1e-9))


# ---- R ---------------------------------------------------------------------------------------------------------------


@ALL
def test_degrees_of_freedom_and_weights(name: str) -> None:
    survey = survey_of(name)
    assert estimate.means(survey, "api00")["df"].item() == CASES[f"{name}/degf"]["value"]
    assert survey.design.weights.sum() == pytest.approx(CASES[f"{name}/weights_sum"]["value"], rel=EXACT)


@ALL
def test_mean_with_its_interval_and_design_effect(name: str) -> None:
    survey, result = survey_of(name), CASES[f"{name}/mean"]
    enroll = estimate.means(survey, "enroll").iloc[0]
    close(enroll["estimate"], result["est"], ["enroll"])
    close(enroll["se"], result["se"], ["enroll"])
    if name not in ("clus2", "cen_srs"):  # R was given the degrees of freedom of all rows, missing or not
        close(enroll["low"], result["ci_t"]["lower"], ["enroll"])
        close(enroll["high"], result["ci_t"]["upper"], ["enroll"])
    row, replaced = estimate.means(survey, "api00").iloc[0], CASES[f"{name}/mean_deffwr"]
    for ours, theirs in {"estimate": "est", "se": "se", "deff": "deff"}.items():
        close(row[ours], replaced[theirs], ["api00"])
    assert row["n_effective"] == pytest.approx(row["n"] / replaced["deff"]["api00"], rel=EXACT)


@ALL
def test_total_with_its_interval_and_design_effect(name: str) -> None:
    row, result = estimate.totals(survey_of(name), "api00").iloc[0], CASES[f"{name}/total"]
    close(row["estimate"], result["est"], ["api00"])
    close(row["se"], result["se"], ["api00"])
    close(row["low"], result["ci_t"]["lower"], ["api00"])
    close(row["high"], result["ci_t"]["upper"], ["api00"])
    without_replacement = row["deff"] / (1 - row["n"] / CASES[f"{name}/weights_sum"]["value"])
    close(without_replacement, result["deff"], ["api00"])


@ALL
def test_totals_of_answers(name: str) -> None:
    rows, result = estimate.totals(survey_of(name), "stype", list("EHM")), CASES[f"{name}/total_factor"]
    close(rows["estimate"], result["est"], ["stypeE", "stypeH", "stypeM"])
    if not noise(name, rows["se"] / rows["estimate"]):
        close(rows["se"], result["se"], ["stypeE", "stypeH", "stypeM"])


@ALL
def test_shares(name: str) -> None:
    result = CASES[f"{name}/prop"]
    for item, answers, prefix in (("stype", list("EHM"), "stype"), ("sch_wide", ["No", "Yes"], "sch.wide")):
        rows = estimate.shares(survey_of(name), item, answers)
        close(rows["estimate"], result["est"], [prefix + answer for answer in answers])
        if not noise(name, rows["se"]):
            close(rows["se"], result["se"], [prefix + answer for answer in answers])


@ALL
@pytest.mark.parametrize(("kind", "function"), [("by_mean", estimate.means), ("by_total", estimate.totals)])
def test_mean_and_total_by_domain(name: str, kind: str, function: Any) -> None:
    rows, result = function(survey_of(name), "api00", by="fagomraade"), CASES[f"{name}/{kind}"]
    close(rows["estimate"], result["est"], list(rows["group"]))
    close(rows["se"], result["se"], list(rows["group"]))


@ALL
def test_shares_by_domain(name: str) -> None:
    rows, result = estimate.shares(survey_of(name), "sch_wide", ["No", "Yes"], "fagomraade"), CASES[f"{name}/by_prop"]
    keys = [f"{row.group}:sch.wide{row.answer}" for row in rows.itertuples()]
    close(rows["estimate"], result["est"], keys)
    close(rows["se"], result["se"], keys)


@ALL
def test_ratio_and_ratio_by_domain(name: str) -> None:
    row, result = estimate.ratios(survey_of(name), "api99"), CASES[f"{name}/ratio"]
    close(row["estimate"], result["est"], ["api99/api00"])
    close(row["se"], result["se"], ["api99/api00"])
    rows, result = estimate.ratios(survey_of(name), "api99_of_enroll", "fagomraade"), CASES[f"{name}/ratio_by"]
    close(rows["estimate"], result["est"], list(rows["group"]))
    close(rows["se"], result["se"], list(rows["group"]))


@ALL
def test_a_domain_is_the_same_by_group_and_by_weight_0(name: str) -> None:
    survey, result = survey_of(name), CASES[f"{name}/domain_mean"]
    by_group = estimate.means(survey, "api00", "udgiftspres").set_index("group").loc["hoejt"]
    inside = survey.background["udgiftspres"].to_numpy() == "hoejt"
    zero = replace(survey, design=replace(survey.design, weights=survey.design.weights * inside))
    by_weight = estimate.means(zero, "api00").iloc[0]
    for row in (by_group, by_weight):
        close(row["estimate"], result["est"], ["api00"])
        close(row["se"], result["se"], ["api00"])
    same = ["n", "count", "df", "low", "high", "deff"]
    np.testing.assert_allclose(by_group[same].astype(float), by_weight[same].astype(float), rtol=EXACT)
    assert by_weight["n"] == inside.sum() < len(inside)


@ALL
@pytest.mark.parametrize(("kind", "tolerance"), [("beta", EXACT), ("logit", 1e-5)])  # R fits a model for the logit
def test_intervals_of_shares(name: str, kind: str, tolerance: float) -> None:
    for case, item, answer in (("ciprop", "sch_wide", "Yes"), ("ciprop_E", "stype", "E")):
        row = estimate.shares(survey_of(name), item, answer, interval=kind).iloc[0]
        result = CASES[f"{name}/{case}_{kind}"]
        if (name, item) == ("strat", "stype"):
            assert row["low"] == row["high"] == row["estimate"] == pytest.approx(result["est"], rel=1e-6)
            continue
        for ours, theirs in {"estimate": "est", "se": "se", "low": "lower", "high": "upper", "df": "df"}.items():
            assert row[ours] == pytest.approx(result[theirs], rel=tolerance)


# With equal weights a cumulated share ties with the probability, and R's answer hangs on the last bit of a sum.
@pytest.mark.parametrize("name", ["strat", "clus2"])
def test_quantiles(name: str) -> None:
    asked = (("rule_math", "api00", [0.1, 0.25, 0.5, 0.75, 0.9]), ("ci_mean", "enroll", [0.25, 0.5, 0.75]))
    for case, item, at in asked:
        rows = estimate.quantiles(survey_of(name), item, at, interval="mean")
        result = CASES[f"{name}/quantile_{case}"]
        for ours, theirs in {"estimate": "q", "low": "lower", "high": "upper"}.items():
            assert list(rows[ours]) == result[theirs]
        np.testing.assert_allclose(rows["se"], result["se"], rtol=EXACT)


# ---- What the tables promise -----------------------------------------------------------------------------------------


def test_estimates_have_the_documented_columns() -> None:
    survey = survey_of("strat")
    made = (estimate.shares(survey, "sch_wide"), estimate.means(survey, "api00"), estimate.ratios(survey, "api99"),
            estimate.totals(survey, "sch_wide"), estimate.quantiles(survey, "api00"),
            estimate.variances(survey, "api00"))
    for table in made:
        assert tuple(table.columns) == estimators.COLUMNS
        assert set(table["provenance"]) == {"indsamlet"}


def test_what_cannot_be_asked_for() -> None:
    survey = survey_of("strat")
    with pytest.raises(ValueError, match="statistic"):
        estimators.variables(survey, "sum", "api00")
    with pytest.raises(ValueError, match="interval"):
        estimate.shares(survey, "sch_wide", interval="wald")
    with pytest.raises(ValueError, match="between 0 and 1"):
        estimate.quantiles(survey, "api00", [50])


def test_a_sum_of_counts_is_a_count() -> None:
    survey = survey_of("clus2")
    both = survey.number("api00") + survey.number("enroll")
    known = ~np.isnan(both)
    assert 0 < known.sum() < len(known)
    for function in (estimate.means, estimate.totals, estimate.quantiles, estimate.variances):
        assert set(function(survey, ["api00", "enroll"])["n"]) == {known.sum()}
    weighted = (survey.design.weights * np.where(known, both, 0)).sum()
    assert estimate.totals(survey, ["api00", "enroll"])["estimate"].item() == pytest.approx(weighted)


def test_dont_know_counts_in_the_base_unless_left_out() -> None:
    base = survey_of("strat")
    answers = base.answers.copy()
    answers.iloc[:50, answers.columns.get_loc("sch_wide")] = "ved_ikke"
    answers.iloc[50:60, answers.columns.get_loc("sch_wide")] = ""
    survey = replace(base, answers=answers)
    with_it = estimate.shares(survey, "sch_wide").set_index("answer")
    assert with_it["n"].unique() == [190]
    assert with_it["estimate"].sum() == pytest.approx(1)
    assert with_it.loc["ved_ikke", "count"] == 50
    assert estimate.shares(survey, "sch_wide", "Yes", dont_know=False)["n"].item() == 140


# ---- Quantiles by hand -----------------------------------------------------------------------------------------------


def counting(values: list[int], weights: list[float] | None = None) -> Survey:
    n = len(values)
    answers = pd.DataFrame({"api00": [str(value) for value in values]})
    design = Design(np.array(weights or [1.0] * n), (whole(np.arange(n), NO_LIMIT),), "process")
    frame = pd.DataFrame({"fagomraade": ["E"] * n})
    return Survey(answers, frame, INSTRUMENT.only(answers, frame), design)


def test_a_quantile_is_the_smallest_value_that_reaches_the_share() -> None:
    # summed step by step, one of these five weights falls short of a fifth by a rounding error: a tie all the same
    fifths = counting(list(range(1, 6)), [698 / 383] * 5)
    assert list(estimate.quantiles(fifths, "api00", [0.2, 0.21, 0.4, 0.6])["estimate"]) == [1, 2, 2, 3]
    assert list(estimate.quantiles(counting([5, 7, 9], [1, 1, 6]), "api00", [0.1, 0.2, 0.5])["estimate"]) == [5, 7, 9]


def test_limits_of_a_quantile_stay_among_the_groups_own_values() -> None:
    survey = counting([1, 2, 3, 100, 200, 300])
    frame = survey.frame.assign(fagomraade=list("EEEHHH"))
    rows = estimate.quantiles(replace(survey, frame=frame), "api00", [0.5], "fagomraade").set_index("group")
    assert list(rows.loc["E", ["low", "estimate", "high"]]) == [1, 2, 3]
    assert list(rows.loc["H", ["low", "estimate", "high"]]) == [100, 200, 300]
    assert rows.loc["M", ["estimate", "se", "low", "high"]].isna().all()


def test_limits_of_a_quantile_are_about_the_share_that_it_is_asked_for() -> None:
    """By hand: of 100, .41 say 0 and .76 at most 1. Of .5 the error is (.25 / 99)^(1/2), so the limits are at .5 ± .1.

    R's are at .76 ± .08, so they leave out 0, which is well within what .41 may be. t is 1.98 with 99 degrees.
    """
    survey = counting([0] * 41 + [1] * 35 + [2] * 24)
    assert estimate.quantiles(survey, "api00", [0.5])[["estimate", "low", "high"]].iloc[0].tolist() == [1, 0, 1]
    assert estimate.quantiles(survey, "api00", [0.5], interval="mean")[["low", "high"]].iloc[0].tolist() == [1, 2]
    # all are at most 1, and tell nothing; of .65 the error is (.65 * .35 / 99)^(1/2), so the limits are at .65 ± .095
    most = counting([0] * 60 + [1] * 40)
    rows = estimate.quantiles(most, "api00", [0.65, 0.75])
    assert rows["low"].tolist() == [0, 1]
    assert rows["high"].tolist() == [1, 1]
    with pytest.raises(ValueError, match="woodruff or mean, not 'beta'"):
        estimate.quantiles(survey, "api00", interval="beta")


@pytest.mark.parametrize("p", [0.25, 0.5, 0.75])
def test_the_interval_of_a_quantile_covers_it_where_many_give_the_same_number(p: float) -> None:
    """120 counts from 0 to 5, drawn 60 times: all but a few intervals hold the true quantile."""
    chances, rng = [0.3, 0.24, 0.2, 0.1, 0.1, 0.06], np.random.default_rng(5)
    true = int(np.searchsorted(np.cumsum(chances), p))
    rows = pd.concat([estimate.quantiles(counting(rng.choice(6, 120, p=chances)), "api00", [p]) for _ in range(60)])
    assert ((rows["low"] <= true) & (true <= rows["high"])).mean() > 0.93


# ---- Little to stand on ----------------------------------------------------------------------------------------------


def test_shares_near_0_and_1_have_intervals_inside_0_and_1() -> None:
    p, se, n, df = np.array([0.0, 1.0]), np.zeros(2), np.array([20, 20]), np.array([19, 19])
    for method in ("beta", "logit"):
        low, high = intervals.share_interval(p, se, n, df, 0.95, method)
        # Clopper-Pearson for 0 of 20 at 95 percent: 0 to 1 - 0.025 ** (1 / 20)
        np.testing.assert_allclose(low, [0, 0.025 ** (1 / 20)])
        np.testing.assert_allclose(high, [1 - 0.025 ** (1 / 20), 1])


@pytest.mark.parametrize("by", [None, "fagomraade"])
def test_a_share_of_all_is_1_to_the_last_bit(by: str | None) -> None:
    survey = survey_of("cen_clus")
    uneven = np.random.default_rng(1).uniform(1, 3, len(survey.answers))
    agreed = replace(survey, answers=survey.answers.assign(sch_wide="Yes"),
                     design=replace(survey.design, weights=uneven))
    rows = estimate.shares(agreed, "sch_wide", "Yes", by)
    assert list(rows["estimate"]) == [1] * len(rows)
    np.testing.assert_allclose(rows["low"], 0.025 ** (1 / rows["n"]), rtol=EXACT)  # Clopper-Pearson for n of n


@pytest.mark.parametrize("interval", ["beta", "logit"])
def test_a_whole_group_that_answered_leaves_no_doubt(interval: str) -> None:
    base = survey_of("strat")
    answers = base.answers.iloc[:4].assign(sch_wide=["Yes", "No", "Yes", "Yes"])
    small = replace(base, answers=answers, design=Design(np.ones(4), (whole(np.arange(4), 4),), "population"))
    row = estimate.shares(small, "sch_wide", "Yes", interval=interval).iloc[0]
    assert (row["estimate"], row["se"], row["low"], row["high"]) == (0.75, 0.0, 0.75, 0.75)


def test_an_empty_group_has_no_estimate() -> None:
    base = survey_of("strat")
    nobody = replace(base, frame=base.frame.assign(fagomraade="E"))
    made = (estimate.shares(nobody, "sch_wide", "Yes", "fagomraade"), estimate.means(nobody, "api00", "fagomraade"),
            estimate.totals(nobody, "api00", by="fagomraade"), estimate.quantiles(nobody, "api00", [0.5], "fagomraade"))
    for rows in (table.set_index("group") for table in made):
        assert rows.loc["H", "n"] == 0
        assert rows.loc["H", ["estimate", "se", "low", "high", "deff"]].isna().all()
        assert rows.loc["E", ["estimate", "se", "low", "high", "deff"]].notna().all()


def test_one_respondent_or_cluster_in_a_group_has_no_interval() -> None:
    base = survey_of("srs")
    alone = replace(base, frame=base.frame.assign(fagomraade=["E", *["H"] * 199]))
    one = estimate.means(alone, "api00", "fagomraade").set_index("group").loc["E"]
    assert (one["n"], one["se"], one["df"]) == (1, 0, 0)  # as R: the influence of a single row in a domain is 0
    assert one[["low", "high"]].isna().all()
    district = survey_of("clus1_nofpc")
    first = district.design.nested[0].cluster == 0
    rows = estimate.shares(replace(district, frame=district.frame.assign(fagomraade=np.where(first, "E", "H"))),
                           "stype", "E", "fagomraade").set_index("group")
    assert rows.loc["E", "n"] > 1
    assert rows.loc["E", "df"] == 0
    assert rows.loc["E", ["low", "high"]].isna().all()
    assert rows.loc["H", ["low", "high"]].notna().all()


LONELY = Stage(np.array([0, 0, 1]), np.arange(3), np.full(3, np.inf))


def test_a_lonely_cluster_is_refused() -> None:
    alone = Design(np.ones(3), (LONELY,), "process")
    for made in (lambda: covariance(np.ones((3, 1)), alone),
                 lambda: grouped_covariance(np.ones(3), np.array([0, 1, 1]), 2, alone)):
        with pytest.raises(ValueError, match="single cluster"):
            made()


def test_a_lonely_cluster_in_a_stage_that_does_not_count_is_no_matter() -> None:
    """Without a finite population correction at the first stage, the later ones add nothing."""
    first = whole(np.array([0, 0, 1, 2]), NO_LIMIT)
    second = whole(np.arange(4), 5.0)  # one drawn in two of the clusters
    values = np.array([[1.0], [2.0], [4.0], [8.0]])
    one, two = (Design(np.ones(4), stages, "process") for stages in ((first,), (first, second)))
    np.testing.assert_allclose(covariance(values, two), covariance(values, one))


def test_weight_0_counts_in_the_stratum_and_nowhere_else() -> None:
    survey = survey_of("clus1_nofpc")
    clusters = survey.design.nested[0].cluster
    zero = replace(survey, design=replace(survey.design, weights=np.where(clusters == 3, 0.0, survey.design.weights)))
    row = estimate.shares(zero, "sch_wide", "Yes").iloc[0]
    assert row["n"] == np.sum(clusters != 3)
    assert row["count"] == np.sum(survey.says("sch_wide", "Yes") & (clusters != 3))
    assert row["df"] == estimate.shares(survey, "sch_wide", "Yes")["df"].item() - 1
    inside = np.where(clusters == 3, -1, 0)
    assert degrees_of_freedom(survey.design, inside, 1)[0] == row["df"]
    assert degrees_of_freedom(zero.design, np.zeros_like(inside), 1)[0] == row["df"]


@pytest.mark.parametrize("weights", [[1.0, np.nan], [1.0, -1.0], [1.0, np.inf], [1.0]])
def test_weights_that_no_estimate_could_be_made_from(weights: list[float]) -> None:
    with pytest.raises(ValueError, match=r"weights|entries"):
        Design(np.array(weights), (Stage(np.zeros(2, dtype=int), np.arange(2), np.full(2, 9)),), "population")


# ---- One variance, however it is reckoned ----------------------------------------------------------------------------


@ALL
def test_grouped_covariance_is_the_covariance_of_the_groups(name: str) -> None:
    """The short cuts by group against the general form, a column a group."""
    survey = survey_of(name)
    group, influence = survey.group("fagomraade"), survey.design.weights * (survey.number("api00") - 600)
    columns = np.where(group[:, None] == np.arange(3), influence[:, None], 0.0)
    short = grouped_covariance(influence, group, 3, survey.design)
    np.testing.assert_allclose(short, covariance(columns, survey.design), rtol=1e-10, atol=1e-3)


def test_all_clusters_in_and_some_in_each_is_stratification() -> None:
    """Two stages with every cluster drawn: the clusters are strata (Cochran 1977, chapter 10, with f1 = 1)."""
    data = pd.read_csv(HERE / "estimate_census_resp.csv")
    county = data["cnum"].to_numpy()
    data = data[np.bincount(county)[county] > 1]
    county, rows = pd.factorize(data["cnum"])[0], np.arange(len(data))
    inside = whole(rows, data["Nc"])
    two = Design(data["wc"].to_numpy(), (whole(county, county.max() + 1), inside), "population")
    one = Design(data["wc"].to_numpy(), (replace(inside, strata=county),), "population")
    values = np.column_stack([data["api00"], data["meals"]]) * data[["wc"]].to_numpy()
    mean = values[:, 0].sum() / two.weights.sum()
    influence = (values[:, 0] - mean * two.weights)[:, None] / two.weights.sum()
    assert np.sqrt(covariance(influence, two).item()) == pytest.approx(4.067, abs=5e-4)  # as R `survey`
    np.testing.assert_allclose(covariance(values, two), covariance(values, one), rtol=1e-12)
    group = (data["stype"] == "E").to_numpy(int)
    np.testing.assert_allclose(grouped_covariance(values[:, 0], group, 2, two),
                               grouped_covariance(values[:, 0], group, 2, one), rtol=1e-12)


@ALL
def test_shares_by_merged_rows_are_those_of_every_row(name: str) -> None:
    """The short cut for booleans in clusters against the ratio of floats, on rows enough that it is taken."""
    base = survey_of(name)
    n = len(base.answers)
    row, times = np.tile(np.arange(n), 30), np.repeat(np.arange(30), n)
    weights = np.random.default_rng(2).uniform(1, 3, len(row)) * (np.arange(len(row)) % 17 > 0)
    stages = tuple(replace(stage, **{key: getattr(stage, key)[row] for key in ("strata", "clusters", "population")})
                   for stage in base.design.stages)
    answers = base.answers.iloc[row].reset_index(drop=True)
    answers.loc[times == 3, "sch_wide"] = ""
    many = replace(base, answers=answers,
                   frame=base.frame.iloc[row].reset_index(drop=True), design=replace(
                       base.design, weights=weights, stages=stages))
    for by in (None, "fagomraade"):
        those = estimators.variables(many, "share", "sch_wide", "Yes")
        among = groups.groups(many, those.base, by)
        quick, long = estimators.ratio(among, those.y), estimators.ratio(among, those.y, those.base.astype(float))
        clustered = len(many.design.nested[-1].stratum) < len(row)
        assert (len(among.merged(those.y)[1]) < len(row)) == clustered
        for column in ("n", "count", "estimate", "se", "df", "deff"):
            np.testing.assert_allclose(quick[0][column], long[0][column], rtol=1e-9)
        np.testing.assert_allclose(quick[1], long[1], rtol=1e-9, atol=1e-18)


# ---- Intervals of means with calibrated weights ----------------------------------------------------------------------


def in_clusters(values: np.ndarray, margin: np.ndarray, cluster: np.ndarray, other: np.ndarray) -> Survey:
    """A survey of a count for the process, raked to two margins of which each group has equal parts."""
    n, labels = len(values), np.array(list(TYPES.answers))
    frame = pd.DataFrame({"fagomraade": labels[margin], "blok": np.array(["roed", "blaa"])[other]})
    answers = pd.DataFrame({"api00": [str(int(value)) for value in values]})
    design = Design(np.ones(n), (whole(cluster, NO_LIMIT),), "process")
    survey = Survey(answers, frame, INSTRUMENT.only(answers, frame), design)
    totals = {"fagomraade": dict.fromkeys(labels, n / 3), "blok": {"roed": n / 2, "blaa": n / 2}}
    return weighting.rake(survey, totals)


def uneven(rng: np.random.Generator, clusters: int) -> Survey:
    """Clusters of 2 to 6, each in one group of the margin, and within them either side of the other; skewed counts."""
    cluster = np.repeat(np.arange(clusters), rng.integers(2, 7, clusters))
    shared = rng.exponential(20, clusters)[cluster]
    values, other = rng.poisson(shared + rng.exponential(20, len(cluster))), rng.integers(2, size=len(cluster))
    return in_clusters(values, cluster % 3, cluster, other)


def test_residuals_that_leave_a_cluster_out_are_those_of_margins_fitted_without_it() -> None:
    survey = uneven(np.random.default_rng(5), 15)
    design, weights = survey.design, survey.design.weights
    x = np.column_stack([survey.group("fagomraade")[:, None] == np.arange(3), survey.group("blok") == 1]).astype(float)
    z = survey.number("api00") - survey.number("api00").mean()
    residual = design.calibration.residual((weights * z)[:, None], weights)
    found = design.left_out(residual)[:, 0] / weights
    x = (x - x.mean(axis=0))[:, 1:]
    for out in range(15):
        inside = design.nested[0].cluster == out
        fitted = np.linalg.lstsq(x[~inside], z[~inside], rcond=None)[0]
        np.testing.assert_allclose(found[inside], z[inside] - x[inside] @ fitted, rtol=1e-6)


def test_leaving_out_a_single_respondent_divides_the_residual_by_one_less_the_leverage() -> None:
    """By hand, for one margin with groups of 2 and 4, whose leverage within the whole is 1/2 - 1/6 and 1/4 - 1/6."""
    values, labels = np.array([3, 5, 1, 2, 6, 7]), ["E", "E", "H", "H", "H", "H"]
    frame = pd.DataFrame({"fagomraade": labels})
    plain = Design(np.full(6, 2.0), (whole(np.arange(6), 12.0),), "population")
    answers = pd.DataFrame({"api00": values.astype(str)})
    survey = weighting.poststratify(Survey(answers, frame, INSTRUMENT.only(answers, frame), plain), "fagomraade",
                                    {"E": 4, "H": 8})
    residual = (values - 4) / np.where(np.array(labels) == "E", 1 - 1 / 3, 1 - 1 / 12) / 6  # both groups have mean 4
    se = np.sqrt((1 - 6 / 12) * 6 / 5 * np.sum((residual - residual.mean()) ** 2))
    row = estimate.means(survey, "api00").iloc[0]
    half = student.ppf(0.975, 5) * se
    assert [row["low"], row["high"]] == pytest.approx([4 - half, 4 + half])
    assert row["se"] == pytest.approx(se)
    by_r = estimate.means(survey, "api00", interval="t").iloc[0]
    assert by_r["high"] == pytest.approx(4 + student.ppf(0.975, 5) * by_r["se"])
    assert by_r["se"] < row["se"]


def test_without_calibration_the_interval_is_rs() -> None:
    survey = survey_of("clus2")
    pd.testing.assert_frame_equal(estimate.means(survey, "enroll"), estimate.means(survey, "enroll", interval="t"))
    with pytest.raises(ValueError, match="jackknife or t"):
        estimate.means(survey, "enroll", interval="beta")


@pytest.mark.slow
def test_intervals_of_raked_means_cover_the_truth() -> None:
    """300 draws from a model with the mean 40: a Monte Carlo error of 1.3 percentage points."""
    rng, hit = np.random.default_rng(6), []
    for _ in range(300):
        survey = uneven(rng, 24)
        rows = [estimate.means(survey, "api00", interval=kind).iloc[0] for kind in ("jackknife", "t")]
        hit.append([row["low"] <= 40 <= row["high"] for row in rows])
    jackknife, by_r = np.mean(hit, axis=0)
    assert by_r < 0.92 < jackknife < 0.98
