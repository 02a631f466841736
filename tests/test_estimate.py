"""Estimates against R `survey`, on data and designs that are not this project's."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from civsam import estimate
from civsam.design import Design, Stage, covariance
from civsam.questionnaire import Area, Item, Questionnaire, Scale
from civsam.survey import Survey

HERE = Path(__file__).parent / "reference"
CASES = json.loads((HERE / "r_survey.json").read_text())["cases"]
CODES = {"E": "E", "H": "H", "M": "M"}

COUNT = Scale("antal", "antal", low=0, high=10_000)
ITEMS = {
    "sch_wide": Item("sch_wide", "b", Scale("jn", "enkelt", {"Yes": "Yes", "No": "No"}), "", ""),
    "api00": Item("api00", "b", COUNT, "", ""),
    "enroll": Item("enroll", "b", COUNT, "", ""),
    "api99": Item("api99", "b", COUNT, "", "", part_of=("api00",)),
}
INSTRUMENT = Questionnaire("", "", "", {"b": ""}, {k: Area(k, k, False, None) for k in CODES}, ITEMS, {})


def survey_of(name: str) -> Survey:
    data = pd.read_csv(HERE / f"{name}.csv", dtype={"stype": str})
    frame = pd.DataFrame({"kommunekode": data.get("dnum", 0), "fagomraade": data["stype"]})
    n = len(data)
    strata = pd.factorize(data["stype"])[0] if "fpc" in data else np.zeros(n, dtype=int)
    clusters = pd.factorize(data["dnum"])[0] if "dnum" in data else np.arange(n)
    stage = Stage(strata, clusters, data.get("fpc", pd.Series(np.full(n, np.inf))).to_numpy())
    design = Design(data["pw"].to_numpy(), (stage,), "population" if "fpc" in data else "process")
    answers = data[list(ITEMS)].astype("string").fillna("").astype(str)
    return Survey(answers, frame, INSTRUMENT, design)


FLAGS = pytest.mark.parametrize(("data", "case"), [("apistrat", "strat"), ("apiclus1", "clus1_nofpc")])


def close(found: pd.Series, expected: dict, keys: list[str]) -> None:
    np.testing.assert_allclose(found, [expected[key] for key in keys], rtol=1e-9)


@FLAGS
def test_mean(data: str, case: str) -> None:
    result = CASES[f"{case}/mean"]["result"]
    for item in ("api00", "enroll"):
        row = estimate.means(survey_of(data), item)
        close(row["estimate"], result["est"], [item])
        close(row["se"], result["se"], [item])


@FLAGS
def test_mean_by_domain(data: str, case: str) -> None:
    result = CASES[f"{case}/by_mean"]["result"]
    rows = estimate.means(survey_of(data), "api00", "fagomraade")
    close(rows["estimate"], result["est"], list(rows["group"]))
    close(rows["se"], result["se"], list(rows["group"]))


@FLAGS
def test_share_by_domain(data: str, case: str) -> None:
    result = CASES[f"{case}/by_prop"]["result"]
    rows = estimate.shares(survey_of(data), "sch_wide", "Yes", "fagomraade")
    keys = [f"{group}:sch.wideYes" for group in rows["group"]]
    close(rows["estimate"], result["est"], keys)
    close(rows["se"], result["se"], keys)


@FLAGS
def test_ratio(data: str, case: str) -> None:
    result = CASES[f"{case}/ratio"]["result"]
    row = estimate.ratios(survey_of(data), "api99")
    close(row["estimate"], result["est"], ["api99/api00"])
    close(row["se"], result["se"], ["api99/api00"])


@FLAGS
def test_share_with_korn_graubard_interval(data: str, case: str) -> None:
    result = CASES[f"{case}/ciprop_beta"]["result"]
    row = estimate.shares(survey_of(data), "sch_wide", "Yes").iloc[0]
    for ours, theirs in {"estimate": "est", "se": "se", "low": "lower", "high": "upper", "df": "df"}.items():
        assert row[ours] == pytest.approx(result[theirs], rel=1e-9)


def test_the_interval_of_a_mean_is_the_t_interval() -> None:
    row = estimate.means(survey_of("apiclus1"), "api00").iloc[0]
    assert row["df"] == CASES["clus1_nofpc/degf"]["result"]["value"]
    # t(14) at 97.5 percent is 2.1448 in any table
    assert row["high"] - row["estimate"] == pytest.approx(2.1448 * row["se"], rel=1e-4)


def test_shares_near_0_and_1_have_intervals_inside_0_and_1() -> None:
    p, se, n, df = np.array([0.0, 1.0]), np.zeros(2), np.array([20, 20]), np.array([19, 19])
    low, high = estimate.share_interval(p, se, n, df, 0.95)
    # Clopper-Pearson for 0 of 20 at 95 percent: 0 to 1 - 0.025 ** (1 / 20)
    np.testing.assert_allclose(low, [0, 0.025 ** (1 / 20)])
    np.testing.assert_allclose(high, [1 - 0.025 ** (1 / 20), 1])


def test_a_whole_group_that_answered_leaves_no_doubt() -> None:
    design = Design(np.ones(4), (Stage(np.zeros(4, dtype=int), np.arange(4), np.full(4, 4)),), "population")
    base = survey_of("apistrat")
    small = Survey(base.answers.iloc[:4].assign(sch_wide=["Yes", "No", "Yes", "Yes"]), base.frame, INSTRUMENT, design)
    row = estimate.shares(small, "sch_wide", "Yes").iloc[0]
    assert (row["estimate"], row["se"], row["low"], row["high"]) == (0.75, 0.0, 0.75, 0.75)


LONELY = Stage(np.array([0, 0, 1]), np.arange(3), np.full(3, np.inf))


def test_a_lonely_cluster_is_refused() -> None:
    with pytest.raises(ValueError, match="single cluster"):
        covariance(np.ones((3, 1)), Design(np.ones(3), (LONELY,), "process"))


def test_an_empty_group_has_no_estimate() -> None:
    base = survey_of("apistrat")
    nobody = Survey(base.answers, base.frame.assign(fagomraade="E"), INSTRUMENT, base.design)
    rows = estimate.shares(nobody, "sch_wide", "Yes", "fagomraade").set_index("group")
    assert rows.loc["H", "n"] == 0
    assert rows.loc["H", ["estimate", "se", "low", "high"]].isna().all()
    assert not np.isnan(rows.loc["E", "estimate"])


def test_dont_know_counts_in_the_base_unless_left_out() -> None:
    base = survey_of("apistrat")
    answers = base.answers.copy()
    answers.iloc[:50, answers.columns.get_loc("sch_wide")] = "ved_ikke"
    answers.iloc[50:60, answers.columns.get_loc("sch_wide")] = ""
    survey = Survey(answers, base.frame, INSTRUMENT, base.design)
    with_it = estimate.shares(survey, "sch_wide").set_index("answer")
    assert with_it["n"].unique() == [190]
    assert with_it["estimate"].sum() == pytest.approx(1)
    assert with_it.loc["ved_ikke", "count"] == 50
    assert estimate.shares(survey, "sch_wide", "Yes", dont_know=False)["n"].item() == 140


def test_estimates_have_the_documented_columns() -> None:
    survey = survey_of("apistrat")
    made = (estimate.shares(survey, "sch_wide"), estimate.means(survey, "api00"), estimate.ratios(survey, "api99"))
    for table in made:
        assert tuple(table.columns) == estimate.COLUMNS
        assert set(table["provenance"]) == {"indsamlet"}


@pytest.mark.parametrize("weights", [[1.0, np.nan], [1.0, -1.0], [1.0, np.inf], [1.0]])
def test_weights_that_no_estimate_could_be_made_from(weights: list[float]) -> None:
    with pytest.raises(ValueError, match=r"weights|entries"):
        Design(np.array(weights), (Stage(np.zeros(2, dtype=int), np.arange(2), np.full(2, 9)),), "population")
