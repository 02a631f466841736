"""Tests, contrasts and verdicts against R `survey`, scipy, textbook identities and simulations with a known truth."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import opened
import pandas as pd
import pytest
from scipy.stats import chi2_contingency, norm, ttest_ind
from scipy.stats import t as student

from civsam.inference import compare, decide, estimate, rao_scott, weighting
from civsam.inference import equations as equations_
from civsam.instrument.questionnaire import Background, Item, Scale, read
from civsam.survey.design import Design, Stage
from civsam.survey.survey import Survey

HERE = Path(__file__).parent / "reference"
CASES = json.loads((HERE / "r_compare.json").read_text())["cases"]
DESIGNS = {
    "strat": "apistrat", "clus1": "apiclus1", "clus1_nofpc": "apiclus1", "cen_srs": "census_resp",
    "cen_clus": "census_resp",
}
FLAGS = pytest.mark.parametrize("name", DESIGNS)

COUNT = Scale("antal", "antal", low=0, high=10**9)
MEALS = ("(0,25]", "(-1,25]", "(25,50]", "(50,75]", "(75,100]")
ITEMS = {
    "sch_wide": Item("sch_wide", "b", Scale("jn", "enkelt", {"Yes": "Yes", "No": "No"}), "", ""),
    "mealcat": Item("mealcat", "b", Scale("m", "ordinal", {code: code for code in MEALS}), "", ""),
    "several": Item("several", "b", Scale("f", "flere", {"x": "x", "y": "y"}), "", ""),
    "api00": Item("api00", "b", COUNT, "", ""),
    "api99": Item("api99", "b", COUNT, "", "", part_of=("api00",)),
}
AREAS = Background("fagomraade", "", {code: code for code in "EHM"}, ordered=True)
BLOCS = replace(read().background["blok"], ordered=True)
INSTRUMENT = replace(read(), items=ITEMS, background=read().background | {"fagomraade": AREAS, "blok": BLOCS})


def design_of(name: str, data: pd.DataFrame) -> Design:
    """The design of a case. Without finite population correction it is about the process."""
    n, process = len(data), name in ("clus1_nofpc", "cen_clus")
    strata = pd.factorize(data["stype"])[0] if name == "strat" else np.zeros(n, dtype=int)
    alone = name in ("strat", "cen_srs")
    clusters = np.arange(n) if alone else pd.factorize(data["cluster"])[0]
    population = np.full(n, np.inf) if process else data["population"].to_numpy(float)
    stage = Stage(strata, clusters, population)
    return Design(data["weight"].to_numpy(float), (stage,), "process" if process else "population")


def case_of(name: str) -> tuple[Survey, pd.DataFrame]:
    """The survey of a case and its numeric covariates."""
    data = pd.read_csv(HERE / f"compare_{DESIGNS[name]}.csv", dtype={"mealcat": str})
    blok = data["sch_wide"].map({"Yes": "roed", "No": "blaa"})
    frame = pd.DataFrame({"kommunekode": data.get("cluster", 0), "fagomraade": data["stype"], "blok": blok})
    known = [item for item in ITEMS if item in data]
    answers = data[known].astype("string").fillna("").astype(str).assign(several="")
    return Survey(answers, frame, INSTRUMENT.only(answers, frame), design_of(name, data)), data


def expected(name: str, case: str) -> dict:
    return CASES[f"{name}/{case}"]["result"]


# ---- Against R ------------------------------------------------------------------------------------------------------


@FLAGS
@pytest.mark.parametrize("method", ["F", "Chisq", "Wald", "adjWald"])
def test_independence(name: str, method: str) -> None:
    result, row = expected(name, f"chisq_{method}"), rao_scott.independence(
        case_of(name)[0], "sch_wide", "fagomraade", method=method).iloc[0]
    assert row["statistic"] == pytest.approx(result["stat"], rel=1e-9)
    assert row["df1"] == pytest.approx(result["parameter"].get("ndf", result["parameter"].get("df")), rel=1e-9)
    assert row["df2"] == pytest.approx(result["parameter"].get("ddf", np.nan), rel=1e-9, nan_ok=True)
    assert row["p"] == pytest.approx(result["p"], rel=1e-9)


@FLAGS
def test_difference_of_two_means(name: str) -> None:
    result = expected(name, "ttest")
    row = compare.contrasts(case_of(name)[0], "api00", None, "blok", small_sample=False).iloc[0]
    assert [row["a"], row["b"], row["method"]] == ["roed", "blaa", "design"]
    for ours, theirs in {"estimate": "diff", "t": "t", "df": "df", "p": "p"}.items():
        assert row[ours] == pytest.approx(result[theirs], rel=1e-9)


@FLAGS
def test_contrasts_use_the_joint_covariance(name: str) -> None:
    result = expected(name, "contrast")
    rows = compare.contrasts(case_of(name)[0], "api00", None, "fagomraade", small_sample=False).iloc[:2]
    assert list(rows["b"]) == ["H", "M"]
    np.testing.assert_allclose(rows["estimate"], list(result["est"].values()), rtol=1e-9)
    np.testing.assert_allclose(rows["se"], list(result["se"].values()), rtol=1e-9)


def test_correction_for_many_tests() -> None:
    p = [4e-04, 0.0012, 0.003, 0.0099, 0.012, 0.02, 0.031, 0.0449, 0.05, 0.21, 0.33, 0.51, 0.88]
    for ours, theirs in {"holm": "holm", "fdr_bh": "BH"}.items():
        table = compare.corrected(pd.DataFrame({"p": [*p, np.nan]}), ours, "alle regioner")
        np.testing.assert_allclose(table["p_adjusted"], [*CASES[f"padjust/{theirs}"]["result"]["p"], np.nan], rtol=1e-9)
        assert set(table["family_size"]) == {len(p)}
        assert set(table["family"]) == {"alle regioner"}


# ---- Against textbooks ----------------------------------------------------------------------------------------------


def counted(values: np.ndarray) -> np.ndarray:
    """Real numbers as counts: 0 is 20,000, and 1 is 1,000 more."""
    return np.rint(1000 * values).astype(int) + 20_000


def process_of(values: np.ndarray, group: np.ndarray, cluster: np.ndarray, weight: np.ndarray | None = None) -> Survey:
    """A survey of one count in the groups red (0) and blue (1), about the process."""
    n = len(values)
    frame = pd.DataFrame({"kommunekode": cluster, "blok": np.array(["roed", "blaa"])[group], "fagomraade": "E"})
    answers = pd.DataFrame({item: [""] * n for item in ITEMS}).assign(
        api00=values.astype(int).astype(str))
    design = Design(np.ones(n) if weight is None else weight,
                    (Stage(np.zeros(n, dtype=int), cluster, np.full(n, np.inf)),), "process")
    return Survey(answers, frame, INSTRUMENT.only(answers, frame), design)


def bell_mccaffrey(m: int, n: int) -> float:
    """Degrees of freedom of the difference between m and n independent values (Imbens & Kolesár 2016)."""
    return (1 / m + 1 / n) ** 2 / (1 / (m**2 * (m - 1)) + 1 / (n**2 * (n - 1)))


def test_cr2_of_independent_respondents_is_welchs_standard_error() -> None:
    rng = np.random.default_rng(3)
    values, group = counted(rng.normal(size=25)), (np.arange(25) >= 7).astype(int)
    row = compare.contrasts(process_of(values, group, np.arange(25)), "api00", None, "blok").iloc[0]
    assert row["t"] == pytest.approx(ttest_ind(values[:7], values[7:], equal_var=False).statistic, rel=1e-9)
    assert row["df"] == pytest.approx(bell_mccaffrey(7, 18), rel=1e-9)


def test_cr2_of_whole_clusters_is_welchs_test_of_their_means() -> None:
    rng = np.random.default_rng(4)
    cluster = np.repeat(np.arange(12), 5)
    values, group = counted(rng.normal(size=60) + rng.normal(size=12)[cluster]), (cluster >= 4).astype(int)
    means = values.reshape(12, 5).mean(axis=1)
    row = compare.contrasts(process_of(values, group, cluster), "api00", None, "blok").iloc[0]
    assert row["t"] == pytest.approx(ttest_ind(means[:4], means[4:], equal_var=False).statistic, rel=1e-9)
    assert row["df"] == pytest.approx(bell_mccaffrey(4, 8), rel=1e-9)


def test_cr2_within_clusters_is_the_paired_test() -> None:
    rng = np.random.default_rng(5)
    cluster, group = np.repeat(np.arange(9), 2), np.tile([0, 1], 9)
    values = counted(rng.normal(size=18) + 3 * rng.normal(size=9)[cluster])
    row = compare.contrasts(process_of(values, group, cluster), "api00", None, "blok").iloc[0]
    gap = values[::2] - values[1::2]
    assert row["se"] == pytest.approx(gap.std(ddof=1) / 3, rel=1e-9)
    assert row["df"] == pytest.approx(8, rel=1e-9)


@pytest.mark.parametrize("spread", [0.0, 1e-7, 1.0])  # of the weights: what is nearly the same must not be lost
def test_cr2_is_what_its_definition_gives_with_a_matrix_of_all_rows(spread: float) -> None:
    rng = np.random.default_rng(6)
    cluster = rng.permutation(np.repeat(np.arange(16), [1, 1, 1, 2, 2, 3, 3, 3, 4, 5, 9, 20, 20, 31, 40, 12]))
    group = np.where(cluster == 15, 3, rng.integers(3, size=len(cluster)))  # the last cluster decides a group alone
    z = np.eye(4)[group]
    equations = equations_.solve(rng.normal(size=len(z)), z, z, 1 + spread * rng.random(len(z)), np.arange(len(z)))
    combine = np.array([[1.0, -1, 0, 0], [0, 1, -2, 1]])
    reduced = equations_.bias_reduced(equations, cluster, combine)
    left = np.eye(len(z)) - equations.x @ equations.sensitivity.T  # times y: the residuals
    clusters = [np.flatnonzero(cluster == code) for code in range(16)]
    loads = [symmetric_root(left[rows] @ left[rows].T) @ (equations.sensitivity @ combine.T)[rows] for rows in clusters]
    totals = [load.T @ equations.residual[rows] for load, rows in zip(loads, clusters, strict=True)]
    np.testing.assert_allclose(reduced.covariance(equations.residual), np.transpose(totals) @ totals, rtol=1e-9)
    moves = np.array([load.T @ left[rows] for load, rows in zip(loads, clusters, strict=True)])
    for own, df in zip(moves.swapaxes(0, 1), reduced.freedom(), strict=True):
        assert df == pytest.approx(np.trace(own @ own.T) ** 2 / np.sum((own @ own.T) ** 2), rel=1e-9)


def symmetric_root(matrix: np.ndarray) -> np.ndarray:
    """The symmetric inverse root, 0 where the matrix is singular."""
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.where(values > 1e-9, 1 / np.sqrt(np.maximum(values, 1e-9)), 0.0)) @ vectors.T


def test_equality_of_two_groups_is_the_square_of_the_contrast() -> None:
    survey = case_of("clus1_nofpc")[0]
    for small in (True, False):
        test = compare.equality(survey, "api00", None, "blok", small_sample=small).iloc[0]
        row = compare.contrasts(survey, "api00", None, "blok", small_sample=small).iloc[0]
        assert [test["statistic"], test["df2"], test["p"]] == pytest.approx([row["t"] ** 2, row["df"], row["p"]])


def test_effect_sizes_are_the_textbooks() -> None:
    # Cohen (1988, ch. 6): h of 0.50 and 0.25 is 1.571 - 1.047 = 0.524. The odds are 3 times as large.
    said = np.array([1] * 10 + [0] * 10 + [1] * 5 + [0] * 15)
    base = process_of(said, np.repeat([0, 1], 20), np.arange(40))
    survey = replace(base, answers=base.answers.assign(sch_wide=np.where(said, "Yes", "No")))
    found = {effect: compare.contrasts(survey, "sch_wide", "Yes", "blok", effect=effect, small_sample=False).iloc[0]
             for effect in compare.SCALES}
    assert found["difference"]["estimate"] == pytest.approx(0.25)
    assert found["cohens_h"]["estimate"] == pytest.approx(0.524, abs=5e-4)
    assert found["odds_ratio"]["estimate"] == pytest.approx(3)
    # Woolf (1955): variance of the log odds ratio 1/10 + 1/10 + 1/5 + 1/15, here times 40 / 39 (clusters / less one)
    woolf = np.sqrt((1 / 10 + 1 / 10 + 1 / 5 + 1 / 15) * 40 / 39)
    assert found["odds_ratio"]["se"] == pytest.approx(woolf)
    assert found["odds_ratio"]["high"] == pytest.approx(3 * np.exp(student.ppf(0.975, 38) * woolf))
    # Cohen's h has variance 1/20 + 1/20 whatever the shares
    assert found["cohens_h"]["se"] == pytest.approx(np.sqrt((1 / 20 + 1 / 20) * 40 / 39))


def test_standardised_mean_difference_of_normal_values() -> None:
    rng = np.random.default_rng(6)
    m, n = 4000, 6000
    normal, group = rng.normal(size=m + n), np.repeat([0, 1], [m, n])
    values = counted(np.where(group, normal, 5 + 2 * normal))
    row = compare.contrasts(process_of(values, group, np.arange(m + n)), "api00", None, "blok", effect="smd").iloc[0]
    a, b = values[:m], values[m:]
    pooled = np.sqrt(((m - 1) * a.var(ddof=1) + (n - 1) * b.var(ddof=1)) / (m + n - 2))
    assert row["estimate"] == pytest.approx((a.mean() - b.mean()) / pooled, rel=1e-9)
    alike = compare.contrasts(process_of(counted(np.where(group, normal, 2.5 + normal)), group, np.arange(m + n)),
                              "api00", None, "blok", effect="smd").iloc[0]
    # Hedges & Olkin (1985): the variance is 1/m + 1/n + d^2 / 2(m + n) for normal values
    assert alike["se"] == pytest.approx(np.sqrt(1 / m + 1 / n + alike["estimate"] ** 2 / (2 * (m + n))), rel=0.03)


def test_slope_is_the_weighted_least_squares_line() -> None:
    survey, _ = case_of("clus1_nofpc")
    row = compare.slope(survey, "api00", None, "fagomraade").iloc[0]
    line = np.polyfit(survey.group("fagomraade"), survey.number("api00"), 1, w=np.sqrt(survey.design.weights))
    assert row["estimate"] == pytest.approx(line[0], rel=1e-9)
    two = compare.slope(survey, "api00", None, "blok").iloc[0]  # over two groups it is their difference
    pair = compare.contrasts(survey, "api00", None, "blok", "roed").iloc[0]
    assert list(two[["estimate", "se", "df", "p"]]) == pytest.approx(list(pair[["estimate", "se", "df", "p"]]))


def test_differences_between_answers_of_the_same_respondents() -> None:
    rng = np.random.default_rng(7)
    base = process_of(counted(rng.normal(size=50)), np.repeat([0, 1], 25), np.arange(50))
    survey = replace(base, answers=base.answers.assign(api99=counted(rng.normal(1, 1, size=50)).astype(str)))
    parts = [equations_.measure(survey, item) for item in ("api99", "api00")]
    row = compare.differences(survey, parts).iloc[0]
    gap = survey.number("api99") - survey.number("api00")
    assert row["estimate"] == pytest.approx(gap.mean())
    assert row["se"] == pytest.approx(gap.std(ddof=1) / np.sqrt(50))
    over = compare.above(survey, parts[0], 20_500).iloc[0]
    assert over["t"] == pytest.approx((survey.number("api99").mean() - 20_500) / (gap * 0 + survey.number("api99")).std(
        ddof=1) * np.sqrt(50))
    assert over["df"] == pytest.approx(49)


def test_a_ratio_is_compared_as_it_is_estimated() -> None:
    survey = case_of("clus1_nofpc")[0]
    row = compare.contrasts(survey, "api99", None, "blok", ratio=True).iloc[0]
    y, x, w, red = survey.number("api99"), survey.number("api00"), survey.design.weights, survey.group("blok") == 0
    ratio = [np.sum((w * y)[who]) / np.sum((w * x)[who]) for who in (red, ~red)]
    assert row["estimate"] == pytest.approx(ratio[0] - ratio[1], rel=1e-9)


# ---- Against simulation ---------------------------------------------------------------------------------------------

PROCESS = weighting.for_process(opened.edition().survey)


def prepared(by: str, groups: list[int]) -> tuple[np.ndarray, equations_.Equations, equations_.BiasReduced]:
    """Rows, equations and CR2 of the difference between two groups of the edition's respondents."""
    row = np.flatnonzero(np.isin(PROCESS.group(by), groups) & PROCESS.answered("pol_fokus"))
    z = (PROCESS.group(by)[row][:, None] == groups).astype(float)
    equations = equations_.solve(np.zeros(len(row)), z, z, PROCESS.design.weights[row], row)
    cluster = PROCESS.design.nested[0].cluster[row]
    return row, equations, equations_.bias_reduced(equations, cluster, np.array([[1.0, -1.0]]))


def differences_and_variances(
    y: np.ndarray, equations: equations_.Equations, reduced: equations_.BiasReduced
) -> tuple[np.ndarray, np.ndarray]:
    """Difference and CR2 variance of each column of y (m, draws)."""
    value = equations.sensitivity.T @ y
    residual = (y - equations.x @ value) * reduced.loading
    totals = np.eye(reduced.cluster.max() + 1)[reduced.cluster].T @ residual
    return value[0] - value[1], np.sum(totals**2, axis=0)


def test_cr2_is_unbiased_and_its_degrees_of_freedom_are_those_of_its_spread() -> None:
    rng, draws = np.random.default_rng(8), 10_000
    for by, groups in (("region", [0, 4]), ("fagomraade", [0, 8])):
        row, equations, reduced = prepared(by, groups)
        difference, variance = differences_and_variances(rng.normal(size=(len(row), draws)), equations, reduced)
        # Monte Carlo error of a variance is sqrt(2 / draws) = 1.4 percent; of degrees of freedom about 3 percent
        assert variance.mean() == pytest.approx(difference.var(), rel=0.05)
        assert reduced.freedom()[0] == pytest.approx(2 * variance.mean() ** 2 / variance.var(), rel=0.10)


@pytest.mark.parametrize(("share", "icc"), [(0.5, 0.05), (0.8, 0.05), (0.3, 0.2)])
def test_a_true_null_is_rejected_as_often_as_is_said(share: float, icc: float) -> None:
    """Monte Carlo standard error 0.22 percentage points at 5 percent (10,000 draws)."""
    rng, draws = np.random.default_rng(9), 10_000
    municipality = PROCESS.design.nested[0].cluster
    shared = rng.normal(size=(municipality.max() + 1, draws))[municipality]
    level = np.sqrt(icc) * shared + np.sqrt(1 - icc) * rng.normal(size=shared.shape)
    y = (level < norm.ppf(share)).astype(float)
    for by, groups, least in (("udgiftspres", [0, 2], 0.04), ("blok", [0, 1], 0.04), ("region", [0, 4], 0.0)):
        row, equations, reduced = prepared(by, groups)
        difference, variance = differences_and_variances(y[row], equations, reduced)
        rejected = np.mean(2 * student.sf(np.abs(difference) / np.sqrt(variance), reduced.freedom()) < 0.05)
        assert least < rejected < 0.06


def test_the_simulation_computes_what_contrasts_report() -> None:
    row, equations, reduced = prepared("region", [0, 4])
    y = PROCESS.says("pol_fokus", "ja")[row].astype(float)
    difference, variance = differences_and_variances(y[:, None], equations, reduced)
    domain = weighting.blank_as_domain(PROCESS)  # with the weights of the form, as `prepared` has them
    table = compare.contrasts(domain, "pol_fokus", "ja", "region").set_index(["a", "b"])
    found = table.loc[("hovedstaden", "nordjylland"), ["estimate", "se", "df"]]
    assert list(found) == pytest.approx([difference[0], np.sqrt(variance[0]), reduced.freedom()[0]])


# ---- Edges ----------------------------------------------------------------------------------------------------------


def test_a_group_with_one_cluster_or_without_variation_has_no_standard_error() -> None:
    group = np.repeat([0, 1], [3, 12])
    lonely = process_of(np.arange(15.0), group, np.repeat(np.arange(5), 3))
    flat = process_of(np.ones(15), group, np.arange(15))
    nobody = process_of(np.arange(15.0), np.ones(15, dtype=int), np.arange(15))
    for survey in (lonely, flat, nobody):
        for small in (True, False):
            row = compare.contrasts(survey, "api00", None, "blok", small_sample=small).iloc[0]
            assert row[["se", "low", "high", "p"]].isna().all()
            table = compare.equivalence(row.to_frame().T, 1.0)
            assert decide.no_difference(table) == "uafgjort"
            assert decide.ranks_first(table, "roed") == "uafgjort"


def test_one_group_or_one_answer_cannot_be_tested() -> None:
    survey = case_of("strat")[0]
    same = replace(survey, answers=survey.answers.assign(sch_wide="Yes"))
    assert rao_scott.independence(same, "sch_wide", "fagomraade")[["statistic", "p", "cramers_v"]].isna().all(axis=None)
    alone = replace(survey, frame=survey.frame.assign(blok="blaa"))
    assert compare.equality(alone, "api00", None, "blok")["p"].isna().all()
    for item in ("several", "api00"):
        with pytest.raises(ValueError, match=item):
            rao_scott.independence(survey, item, "fagomraade")
    with pytest.raises(ValueError, match="chisq"):
        rao_scott.independence(survey, "sch_wide", "fagomraade", method="chisq")


def test_an_empty_cell_does_not_stop_the_test() -> None:
    said, group = np.repeat([1, 0, 1], [30, 15, 15]), np.repeat([0, 1], [45, 15])
    base = process_of(said, group, np.arange(60))
    survey = replace(base, answers=base.answers.assign(sch_wide=np.where(said, "Yes", "No")))
    row = rao_scott.independence(survey, "sch_wide", "blok").iloc[0]
    pearson = chi2_contingency([[30, 15], [15, 0]], correction=False).statistic
    # by hand: the design effect of a table of 2 by 2 under independence (Rao & Scott 1981), t(59) squared
    product = (said - 0.75) * (group - 0.25)
    effect = product.var(ddof=1) / (0.75 * 0.25) ** 2
    assert row["cramers_v"] ** 2 * 60 == pytest.approx(pearson)
    assert row["statistic"] == pytest.approx(pearson / effect)
    assert [row["df1"], row["df2"]] == pytest.approx([1, 59])


def test_an_item_that_nobody_answered_has_no_contrasts() -> None:
    survey = replace(PROCESS, answers=PROCESS.answers.assign(pol_fokus="", pra_lange=""))
    for small in (True, False):
        tables = [
            compare.contrasts(survey, "pol_fokus", "ja", "region", small_sample=small),
            compare.contrasts(survey, "pra_lange", None, "region", effect="smd", small_sample=small),
            compare.slope(survey, "pol_fokus", "ja", "udgiftspres", small_sample=small),
            compare.above(survey, equations_.measure(survey, "pra_lange"), 1.0, small_sample=small),
        ]
        assert all(table[["estimate", "se", "p"]].isna().all(axis=None) for table in tables)
    assert rao_scott.independence(survey, "pol_fokus", "region")["p"].isna().all()
    assert compare.equality(survey, "pra_lange", None, "region")["p"].isna().all()


def test_errors_for_the_population_leave_each_respondent_out_of_the_margins() -> None:
    survey = opened.edition().survey
    ours, by_r = (compare.contrasts(survey, "pra_lange", None, "region", small_sample=small) for small in (True, False))
    for table in (ours, by_r):  # one error: interval, t and p are made of it
        half = student.ppf(0.975, table["df"]) * table["se"]
        np.testing.assert_allclose(table["high"] - table["estimate"], half)
        np.testing.assert_allclose(table["p"], 2 * student.sf(np.abs(table["estimate"] / table["se"]), table["df"]))
    same = [column for column in compare.COLUMNS if column not in ("se", "low", "high", "t", "p")]
    pd.testing.assert_frame_equal(ours[same], by_r[same])
    assert np.all((ours["se"] > by_r["se"]) & (ours["se"] < 1.1 * by_r["se"]))
    what = equations_.measure(survey, "pra_lange")
    for small, interval in ((True, "jackknife"), (False, "t")):
        over = compare.above(survey, what, 5.0, small_sample=small).iloc[0]
        mean = estimate.means(survey, "pra_lange", interval=interval).iloc[0]
        assert [over["low"] + 5, over["high"] + 5] == pytest.approx([mean["low"], mean["high"]])
        assert over["se"] == pytest.approx(mean["se"])


def test_dont_know_is_an_answer_unless_left_out() -> None:
    survey = case_of("strat")[0]
    answers = survey.answers.copy()
    answers.iloc[:50, 0], answers.iloc[50:60, 0] = "ved_ikke", ""
    changed = replace(survey, answers=answers)
    for dont_know, n, df in ((True, 190, 4), (False, 140, 2)):
        row = rao_scott.independence(changed, "sch_wide", "fagomraade", method="Chisq", dont_know=dont_know).iloc[0]
        assert (row["n"], row["df1"]) == (n, df)
        pair = compare.contrasts(changed, "sch_wide", "Yes", "fagomraade", "E", dont_know=dont_know).iloc[0]
        assert pair["n_a"] + pair["n_b"] < n


def test_cramers_v_is_1_when_the_group_decides_the_answer() -> None:
    row = rao_scott.independence(case_of("cen_srs")[0], "sch_wide", "blok", method="Chisq").iloc[0]
    assert row["cramers_v"] == pytest.approx(1)


def test_contrasts_have_the_documented_columns() -> None:
    survey = case_of("clus1_nofpc")[0]
    made = [
        compare.contrasts(survey, "sch_wide", "Yes", "fagomraade"), compare.slope(survey, "api00", None, "fagomraade"),
        compare.contrasts(survey, "api00", None, "fagomraade", effect="smd"),
        compare.above(survey, equations_.measure(survey, "api00"), 1),
    ]
    for table in made:
        assert tuple(table.columns) == compare.COLUMNS
        assert set(table["provenance"]) == {"indsamlet"}
        assert set(table["method"]) == {"CR2"}


# ---- Equivalence and verdicts ---------------------------------------------------------------------------------------


def table_of(estimates: list[float], se: float = 1.0, df: float = 1e9) -> pd.DataFrame:
    """Contrasts of x against others, with normal quantiles: 1.645 and 1.960, and 2.394 for three at once."""
    names = [f"y{place}" for place in range(len(estimates))]
    return pd.DataFrame({"a": "x", "b": names, "effect": "difference", "estimate": estimates, "se": se, "df": df,
                         "level": 0.95})


def test_two_one_sided_tests() -> None:
    table = compare.equivalence(table_of([0.0, 1.0, 5.0]), 2.0)
    np.testing.assert_allclose(table["low90"], [-1.6449, -0.6449, 3.3551], atol=1e-4)
    assert list(table["equivalent"]) == [True, False, False]
    # P(Z > 2), P(Z > 1), and 1 - P(Z > 3)
    np.testing.assert_allclose(table["p_equivalence"], [0.02275, 0.15866, 0.99865], atol=1e-5)
    np.testing.assert_allclose(table["high_all"] - table["estimate"], 2.3940, atol=1e-4)
    for wrong in (0.0, -1.0, np.nan):
        with pytest.raises(ValueError, match="margin"):
            compare.equivalence(table, wrong)


@pytest.mark.parametrize(("estimates", "verdict"), [
    ([0.0, 0.3, -0.3], "understoettet"),
    ([0.0, 0.3, 0.4], "uafgjort"),  # 0.4 + 1.645 > 2
    ([0.0, 0.3, 4.3], "uafgjort"),  # outside by itself (4.3 - 1.96 > 2), not simultaneously
    ([0.0, 0.3, 4.5], "modsagt"),
    ([0.0, 0.3, -4.5], "modsagt"),
    ([0.0, 0.0, np.nan], "uafgjort"),
])
def test_no_difference(estimates: list[float], verdict: str) -> None:
    assert decide.no_difference(compare.equivalence(table_of(estimates), 2.0)) == verdict


@pytest.mark.parametrize(("estimates", "verdict"), [
    ([1.7, 1.7, 9.0], "understoettet"),
    ([1.6, 1.7, 9.0], "uafgjort"),
    ([9.0, 9.0, -2.3], "uafgjort"),
    ([9.0, 9.0, -2.4], "modsagt"),
    ([9.0, 9.0, np.nan], "uafgjort"),
])
def test_ranks_first(estimates: list[float], verdict: str) -> None:
    table = table_of(estimates)
    assert decide.ranks_first(table, "x") == verdict
    turned = table.rename(columns={"a": "b", "b": "a"}).assign(estimate=-table["estimate"])
    assert decide.ranks_first(turned, ["x"]) == verdict
    assert decide.ranks_first(turned.assign(estimate=table["estimate"]), "x", last=True) == verdict


def test_ranks_first_looks_only_at_its_own_contrasts() -> None:
    table = pd.concat([table_of([9.0, 9.0]), table_of([-9.0]).assign(a="y0", b="y1")])
    assert decide.ranks_first(table, "x") == "understoettet"
    assert decide.ranks_first(table, ["x", "y1"]) == "understoettet"
    with pytest.raises(ValueError, match="no contrast"):
        decide.ranks_first(table, "z")


@pytest.mark.parametrize("at", [2.0, -2.0, 2.0 + 4e-16])
def test_what_is_just_on_the_margin_is_neither_equivalent_nor_different(at: float) -> None:
    table = compare.equivalence(table_of([at], se=0.0), 2.0)
    assert not table["equivalent"].any()
    assert decide.no_difference(table) == "uafgjort"
    assert decide.more_than(table_of([0.0], se=0.0)) == decide.ranks_first(table_of([0.0], se=0.0), "x") == "uafgjort"


@pytest.mark.parametrize(("narrow", "wide", "verdict"), [
    ((0.51, 0.59), (0.50, 0.61), "understoettet"),
    ((0.49, 0.59), (0.48, 0.60), "uafgjort"),
    ((0.61, 0.70), (0.60, 0.71), "uafgjort"),
    ((0.62, 0.70), (0.61, 0.71), "modsagt"),
    ((0.30, 0.40), (0.29, 0.41), "modsagt"),
    ((0.50, 0.59), (0.49, 0.60), "uafgjort"),  # an end that is just on the margin is not within it,
    ((0.51, 0.60), (0.50, 0.61), "uafgjort"),
    ((0.40, 0.49), (0.39, 0.50), "uafgjort"),  # and not outside it either
    ((np.nan, np.nan), (np.nan, np.nan), "uafgjort"),
])
def test_equal_to_a_published_value(narrow: tuple, wide: tuple, verdict: str) -> None:
    assert decide.equal(narrow, wide, 0.55, 0.05) == verdict


@pytest.mark.parametrize(("estimate", "verdict"), [(1.7, "understoettet"), (1.6, "uafgjort"), (-1.9, "uafgjort"),
                                                   (-2.0, "modsagt"), (np.nan, "uafgjort")])
def test_more_than(estimate: float, verdict: str) -> None:
    assert decide.more_than(table_of([estimate])) == verdict
