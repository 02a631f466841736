"""Variances, sub-populations, crossed groups, scores and given shares against R `survey`."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2, chisquare, f
from test_estimate import counting, survey_of

from civsam.files import UserError
from civsam.inference import compare, estimate, replicates, weighting
from civsam.survey.survey import Survey

CASES = {case["id"]: case["result"]
         for case in json.loads((Path(__file__).parent / "reference" / "r_domains.json").read_text())["cases"]}
SAMPLES = ("srs", "strat", "clus1", "clus2", "cen_clus")
MARGINS = {"fagomraade": {"E": 4421, "H": 755, "M": 1018}, "blok": {"roed": 5122, "blaa": 1072}}
ALL = pytest.mark.parametrize("name", [*SAMPLES, "clus1_jk1", "clus1_rake"])
CLOSE = {"clus1_rake": 1e-7}  # R stops raking a little before


def survey(name: str) -> Survey:
    """The survey of that name: some with replicate weights, or raked to school type and target."""
    made = survey_of(name.partition("_")[0] if name.startswith("clus1_") else name)
    if name == "clus1_jk1":
        return replace(made, design=replace(made.design, replicates=replicates.jackknife(made.design)))
    return weighting.rake(made, MARGINS, tolerance=1e-13) if name == "clus1_rake" else made


def like_r(name: str, table: Any, case: str, keys: list[str]) -> None:
    """Estimates and errors are those of R; where R's error is 0, ours is no more than rounding."""
    result = CASES[f"{name}/{case}"]
    for ours, theirs in {"estimate": "est", "se": "se"}.items():
        expected = np.array([result[theirs][key] for key in keys])
        np.testing.assert_allclose(table[ours], expected, rtol=CLOSE.get(name, 1e-9), atol=1e-9)


# ---- Variances -------------------------------------------------------------------------------------------------------


@ALL
def test_variances(name: str) -> None:
    made = survey(name)
    like_r(name, estimate.variances(made, "api00", interval="t"), "var", ["api00"])
    like_r(name, estimate.variances(made, "api00", "fagomraade", interval="t"), "var_by", list("EHM"))


def test_the_standard_deviation_is_the_root_with_its_limits() -> None:
    made = survey("strat")
    variance, sd = (estimate.variances(made, "api00", "fagomraade", root=root) for root in (False, True))
    for column in ("estimate", "low", "high"):
        np.testing.assert_allclose(sd[column] ** 2, variance[column], rtol=1e-9)
    np.testing.assert_allclose(sd["se"] * 2 * sd["estimate"], variance["se"], rtol=1e-9)
    wald = estimate.variances(made, "api00", "fagomraade", root=True, interval="t")
    np.testing.assert_allclose(wald["high"] - wald["estimate"], wald["estimate"] - wald["low"], rtol=1e-9)
    assert set(sd["statistic"]) == {"sd"}
    assert list(variance["count"]) == list(estimate.means(made, "api00", "fagomraade")["count"])


def test_a_variance_of_little() -> None:
    base = counting([7, 2, 2, 8])
    alone = estimate.variances(replace(base, frame=base.frame.assign(fagomraade=list("EHHH"))), "api00", "fagomraade")
    assert list(alone["estimate"].round(9).fillna(-1)) == [-1, 12, -1]
    assert list(alone["low"].notna()) == [False, True, False]
    alike = estimate.variances(counting([3, 3, 3]), "api00").iloc[0]
    assert alike["estimate"] == 0
    assert np.isnan([alike["low"], alike["high"]]).all()
    # by hand: the mean is 4, the squares are 4, 4 and 16 over n - 1
    assert estimate.variances(counting([2, 2, 8]), "api00")["estimate"].item() == pytest.approx(12)
    with pytest.raises(ValueError, match="log or t"):
        estimate.variances(counting([1, 2]), "api00", interval="jackknife")


# ---- Groups ----------------------------------------------------------------------------------------------------------


def best(made: Survey) -> Survey:
    """With the schools that have a school-wide target and had more than 600."""
    inside = (made.answers["sch_wide"] == "Yes") & (pd.to_numeric(made.answers["api99"]) > 600)
    return made.with_condition("bedst", inside.sample(frac=1, random_state=1), "de bedste")


@ALL
def test_a_condition_is_a_domain(name: str) -> None:
    made = best(survey(name))
    for case, table, keys in (
        ("mean", estimate.means(made, "api00", "bedst", interval="t"), ["api00"]),
        ("total", estimate.totals(made, "api00", by="bedst", interval="t"), ["api00"]),
        ("ratio", estimate.ratios(made, "api99", "bedst", interval="t"), ["ratio"]),
        ("share", estimate.shares(made, "stype", list("EHM"), "bedst", interval="t"), [f"stype{x}" for x in "EHM"]),
    ):
        like_r(name, table[table["group"] == "ja"], f"condition_{case}", keys)
    rows = estimate.means(made, "api00", ["bedst", "fagomraade"], interval="t").set_index("group")
    like_r(name, rows.loc[[f"ja+{code}" for code in "EHM"]], "condition_by", list("EHM"))


@ALL
@pytest.mark.parametrize("by", [["fagomraade", "sch_wide"], "stype+sch_wide", ["stype", "blok"]])
def test_two_variables_or_questions_crossed(name: str, by: Any) -> None:
    codes = ["roed", "blaa"] if "blok" in by else ["Yes", "No"]
    rows = estimate.means(survey(name), "api00", by, interval="t").set_index("group")
    for code, target in zip(codes, ("Yes", "No"), strict=True):
        groups = [group for group in "EHM" if f"{group}.{target}" in CASES[f"{name}/crossed_mean"]["est"]]
        like_r(name, rows.loc[[f"{group}+{code}" for group in groups]], "crossed_mean",
               [f"{group}.{target}" for group in groups])
    assert set(rows["by"]) == {by if isinstance(by, str) else "+".join(by)}


@pytest.mark.parametrize("compared", [
    lambda made, by: compare.contrasts(made, "api00", None, by),
    lambda made, by: compare.contrasts(made, "sch_wide", "Yes", by, "M", effect="odds_ratio"),
    lambda made, by: compare.contrasts(made, "api00", None, by, effect="smd"),
    lambda made, by: compare.equality(made, "sch_wide", "Yes", by),
    lambda made, by: compare.independence(made, "sch_wide", by),
    lambda made, by: weighting.replicated(made, weighting.resampled(made.design, "jackknife"), "mean", "api00", by),
    lambda made, by: estimate.quantiles(made, "api00", by=by),
    lambda made, by: estimate.variances(made, "api00", by=by),
])
def test_a_question_forms_the_groups_of_a_variable_that_tells_the_same(compared: Any) -> None:
    made = survey_of("clus1_nofpc")  # where contrasts have CR2
    question, variable = (compared(made, by) for by in ("stype", "fagomraade"))
    there = question[[name for name in ("a", "b", "group") if name in question]].ne("ved_ikke").all(axis=1)
    pd.testing.assert_frame_equal(question[there].reset_index(drop=True).drop(columns="by"),
                                  variable.drop(columns="by"), rtol=1e-9)


def test_who_left_a_question_blank_that_groups_are_formed_by_did_not_respond() -> None:
    whole = survey_of("cen_srs")
    design = Survey(whole.answers, pd.concat([whole.frame, whole.frame.set_axis(whole.frame.index + 1000)]),
                    whole.questionnaire).design
    blank = np.arange(len(whole.answers)) % 4 == 0
    frame = pd.concat([whole.frame, whole.frame.set_axis(whole.frame.index + 1000)])
    made = whole.having(frame=frame, design=design,
                        answers=whole.answers.assign(sch_wide=whole.answers["sch_wide"].mask(blank, "")))
    fewer = made.having(answers=made.answers[~blank], design=None)
    for question, left in ((estimate.means(one, "api00", "sch_wide") for one in (made, fewer)),
                           (compare.equality(one, "api00", None, "sch_wide") for one in (made, fewer)),
                           (compare.independence(one, "stype", "sch_wide") for one in (made, fewer))):
        pd.testing.assert_frame_equal(question, left, rtol=1e-9)


@pytest.mark.parametrize("name", ["clus1", "clus1_jk1"])  # rows that are alike are added up, or replicate weights
def test_who_is_in_no_group_is_in_no_estimate(name: str) -> None:
    made = survey(name)
    blank = np.arange(len(made.answers)) % 4 == 0
    made = made.having(answers=made.answers.assign(sch_wide=made.answers["sch_wide"].mask(blank, "")))
    shares, means = estimate.shares(made, "stype", "E", "sch_wide"), estimate.means(made, "api00", "sch_wide")
    said = made.answers["sch_wide"].to_numpy()
    apart = made.having(frame=made.frame.assign(fagomraade=np.select([said == "Yes", said == "No"], ["E", "H"], "M")))
    for found, expected in ((shares, estimate.shares(apart, "stype", "E", "fagomraade")),
                            (means, estimate.means(apart, "api00", "fagomraade"))):
        columns = ["n", "count", "estimate", "se", "low", "high", "df"]
        np.testing.assert_allclose(found[columns].iloc[:2], expected[columns].iloc[:2], rtol=1e-9)


# ---- Scales ----------------------------------------------------------------------------------------------------------


def ordered(name: str) -> Survey:
    """School types as an ordered scale, E, H, M."""
    made = survey(name)
    asked = made.questionnaire
    item = asked.items["stype"]
    scale = replace(item.scale, type="ordinal")
    return made.having(questionnaire=replace(asked, items=asked.items | {"stype": replace(item, scale=scale)}))


@ALL
def test_the_mean_of_a_scale_and_its_two_highest_answers(name: str) -> None:
    made = ordered(name)
    for case, scores in (("scores", True), ("scores_given", {"M": 2, "E": 0, "H": 10.0})):
        rows = estimate.means(made, "stype", scores=scores, interval="t")
        like_r(name, rows, case, list(CASES[f"{name}/{case}"]["est"]))
        assert rows["answer"].item() == ("1,2,3" if scores is True else "0,10,2")
    two = estimate.shares(made, "stype", "E+M", interval="t")
    like_r(name, two, "top_two", [key for key in CASES[f"{name}/top_two"]["est"] if key.endswith("TRUE")])


def test_dont_know_has_no_score() -> None:
    made = ordered("strat")
    answers = made.answers
    answers.iloc[:20, answers.columns.get_loc("stype")] = "ved_ikke"
    row = estimate.means(made.having(answers=answers), "stype", scores=True).iloc[0]
    known, weights = answers["stype"].iloc[20:].map({"E": 1, "H": 2, "M": 3}), made.design.weights[20:]
    assert row["n"] == 180
    assert row["estimate"] == pytest.approx(np.average(known, weights=weights), rel=1e-9)


@ALL
def test_wald_intervals_of_shares(name: str) -> None:
    made, result = survey(name), CASES[f"{name}/share_t"]
    rows = estimate.shares(made, "sch_wide", ["No", "Yes"], interval="t")
    for ours, theirs in {"estimate": "est", "low": "low", "high": "high"}.items():
        np.testing.assert_allclose(rows[ours], [result[theirs][f"sch_wide{x}"] for x in ("No", "Yes")],
                                   rtol=CLOSE.get(name, 1e-9))


# ---- Given shares ----------------------------------------------------------------------------------------------------


@ALL
@pytest.mark.parametrize(("case", "item", "expected"), [
    ("goodness", "stype", {"H": 0.12, "E": 0.7, "M": 0.18}), ("goodness_two", "sch_wide", {"No": 0.15, "Yes": 0.85})])
def test_a_distribution_against_given_shares(name: str, case: str, item: str, expected: dict[str, float]) -> None:
    row, result = compare.independence(survey(name), item, expected=expected).iloc[0], CASES[f"{name}/{case}"]
    if name == "clus1_rake" or (name, item) == ("strat", "stype"):  # R's is the rounding of a variance of 0
        assert row[["statistic", "df1", "df2", "p"]].isna().all()
        return
    assert row["df1"] == pytest.approx(result["df"], rel=1e-7)
    assert row["statistic"] == pytest.approx(result["stat"] / result["scale"] / result["df"], rel=1e-7)
    assert chi2.sf(row["statistic"] * row["df1"], row["df1"]) == pytest.approx(result["p"], rel=1e-7)
    assert f.sf(row["statistic"], row["df1"], row["df2"]) == pytest.approx(row["p"], rel=1e-7)


def test_a_test_of_given_shares_keeps_its_level_in_clusters() -> None:
    """Answers alike within clusters: Pearson's test would reject far too often."""
    rng, rejected, pearson = np.random.default_rng(11), 0, 0
    cluster, runs = np.repeat(np.arange(40), 5), 400
    base = counting([1] * 200)
    scale = replace(base.questionnaire.items["api00"].scale, type="enkelt", answers={"a": "a", "b": "b", "c": "c"})
    asked = replace(base.questionnaire, items={"api00": replace(base.questionnaire.items["api00"], scale=scale)})
    stage = replace(base.design.stages[0], clusters=cluster)
    for _ in range(runs):
        own, shared = (rng.choice(list("abc"), size, p=[0.5, 0.3, 0.2]) for size in (200, 40))
        said = np.where(rng.random(200) < 0.5, own, shared[cluster])
        made = Survey(pd.DataFrame({"api00": said}), base.frame, asked, replace(base.design, stages=(stage,)))
        p = compare.independence(made, "api00", expected={"a": 0.5, "b": 0.3, "c": 0.2})["p"].item()
        rejected += p < 0.05
        pearson += chisquare([np.sum(said == code) for code in "abc"], [100, 60, 40]).pvalue < 0.05
    assert pearson / runs > 0.1
    assert 0.02 < rejected / runs < 0.085  # the Monte Carlo error is 0.011


def test_dont_know_is_one_of_the_shares_or_left_out() -> None:
    made = survey("srs")
    answers = made.answers
    answers.iloc[:20, answers.columns.get_loc("sch_wide")] = "ved_ikke"
    made = made.having(answers=answers)
    given = {"No": 0.15, "Yes": 0.85}
    with pytest.raises(UserError, match="Yes, No, ved_ikke, ikke for No, Yes"):
        compare.independence(made, "sch_wide", expected=given)
    assert compare.independence(made, "sch_wide", expected=given, dont_know=False)["n"].item() == 180
    three = {"No": 0.1, "Yes": 0.8, "ved_ikke": 0.1}
    assert compare.independence(made, "sch_wide", expected=three)["n"].item() == 200


def test_two_questions_are_independent_whichever_forms_the_groups() -> None:
    made = survey("clus1")
    answers = made.answers
    answers.iloc[:20, answers.columns.get_loc("sch_wide")] = "ved_ikke"
    answers.iloc[15:40, answers.columns.get_loc("stype")] = "ved_ikke"
    made = made.having(answers=answers)
    for dont_know, n, size in ((True, 183, 2 * 3), (False, 183 - 40, 1 * 2)):
        one, other = (compare.independence(made, *items, dont_know=dont_know).iloc[0]
                      for items in (("sch_wide", "stype"), ("stype", "sch_wide")))
        assert one["n"] == other["n"] == n
        assert one["df1"] < size
        for name in ("statistic", "df1", "df2", "p", "cramers_v"):
            assert one[name] == pytest.approx(other[name], rel=1e-9)


# ---- Covariances -----------------------------------------------------------------------------------------------------


@ALL
def test_the_covariance_of_estimates_of_several_questions(name: str) -> None:
    made, result = survey(name), CASES[f"{name}/covariance"]
    rows = pd.concat([estimate.shares(made, "stype", list("EHM"), interval="t"),
                      estimate.shares(made, "sch_wide", ["No", "Yes"], interval="t"),
                      estimate.means(made, "api00", interval="t")])
    np.testing.assert_allclose(estimate.covariance(made, rows), result["vcov"], rtol=CLOSE.get(name, 1e-9), atol=1e-9)


@pytest.mark.parametrize("name", ["strat", "clus1", "clus1_rake", "clus1_jk1"])
@pytest.mark.parametrize("interval", ["own", "t"])
def test_the_diagonal_is_the_error_of_every_kind_of_estimate(name: str, interval: str) -> None:
    made = ordered(name)
    options: dict[str, Any] = {} if interval == "own" else {"interval": "t"}
    rows = pd.concat([
        estimate.shares(made, "sch_wide", by="stype", **options), estimate.means(made, "api00", "blok", **options),
        estimate.means(made, "stype", scores=True, **options), estimate.ratios(made, "api99", "fagomraade", **options),
        estimate.totals(made, "api00", by="fagomraade", **options), estimate.totals(made, "stype", **options),
        estimate.variances(made, "api00", "blok", **options),
        estimate.variances(made, "api99", "fagomraade", root=True, **options)])
    matrix = estimate.covariance(made, rows)
    np.testing.assert_allclose(np.diag(matrix), rows["se"] ** 2, rtol=1e-7, atol=1e-18)
    np.testing.assert_allclose(matrix, matrix.T)
    known = rows["se"].notna().to_numpy()
    assert np.linalg.eigvalsh(matrix.to_numpy()[np.ix_(known, known)]).min() > -1e-6 * np.nanmax(matrix)
    assert matrix.loc[("share", "sch_wide", "Yes", "stype", "ved_ikke")].isna().all()


@pytest.mark.parametrize("name", ["srs", "strat", "clus1", "clus2", "clus1_rake"])
def test_contrasts_have_the_error_that_the_covariance_gives(name: str) -> None:
    made = survey(name)
    rows = estimate.means(made, "api00", "fagomraade")
    matrix = estimate.covariance(made, rows).to_numpy()
    pairs = compare.contrasts(made, "api00", None, "fagomraade")
    for (a, b), se in zip([(0, 1), (0, 2), (1, 2)], pairs["se"], strict=True):
        assert np.sqrt(matrix[a, a] + matrix[b, b] - 2 * matrix[a, b]) == pytest.approx(se, rel=1e-8)


def test_what_has_no_covariance_with_the_rest() -> None:
    made = survey("clus1")
    rows = estimate.means(made, "api00", "fagomraade")
    with pytest.raises(ValueError, match="not of quantile"):
        estimate.covariance(made, estimate.quantiles(made, "api00"))
    with pytest.raises(ValueError, match="is another of this survey"):
        estimate.covariance(survey("srs"), rows)
    with pytest.raises(ValueError, match="errors of the table are not those"):
        estimate.covariance(survey_of("clus1_nofpc"), rows)
    with pytest.raises(ValueError, match="are of estimates"):
        estimate.covariance(made, compare.contrasts(made, "api00", None, "fagomraade"))
    with pytest.raises(ValueError, match="are of estimates"):
        estimate.covariance(made, rows.head(0))


def test_estimates_of_other_responses_have_a_covariance_by_the_form_only() -> None:
    base = survey("srs")
    blank = np.arange(200) % 4 == 0
    frame = pd.concat([base.frame, base.frame.set_axis(base.frame.index + 1000)])
    answers = base.answers.assign(sch_wide=base.answers["sch_wide"].mask(blank, ""))
    made = base.having(answers=answers, frame=frame, design=None)
    form = weighting.blank_as_domain(made)
    both = [pd.concat([estimate.shares(one, "sch_wide", "Yes"), estimate.means(one, "api00")]) for one in (made, form)]
    with pytest.raises(UserError, match="sch_wide og api00 er ikke besvaret af de samme"):
        estimate.covariance(made, both[0])
    np.testing.assert_allclose(np.diag(estimate.covariance(form, both[1])), both[1]["se"] ** 2, rtol=1e-9)
