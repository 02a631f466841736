"""Multiple imputation: Rubin's rules worked by hand, the Bayesian bootstrap's known variance, and a known truth."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import opened
import pandas as pd
import pytest
from scipy.stats import t as student

from civsam.inference import compare, estimate, imputation, weighting
from civsam.inference.settled import in_order
from civsam.instrument.allowed import valid
from civsam.instrument.questionnaire import Background, Item, Scale, read
from civsam.survey import survey as surveys
from civsam.survey.design import Design, Stage
from civsam.survey.survey import Survey

COUNT = Scale("n", "antal", low=0, high=99)
YES = Scale("jn", "enkelt", {"ja": "", "nej": ""})
ITEMS = {
    "total": Item("total", "b", COUNT, "", ""),
    "other": Item("other", "b", COUNT, "", ""),
    "part": Item("part", "b", COUNT, "", "", part_of=("total", "other")),
    "y": Item("y", "b", YES, "", ""),
    "twin": Item("twin", "b", YES, "", ""),
    "text": Item("text", "b", Scale("t", "tekst"), "", ""),
}
AREAS = Background("fagomraade", "", {code: code for code in "ABC"})
INSTRUMENT = replace(read(), items=ITEMS, background=read().background | {"fagomraade": AREAS})


def survey_of(areas: list[str] | np.ndarray, sizes: list[str] | str = "lille", **columns: object) -> Survey:
    """A survey of the process (no finite population) in which every respondent counts the same."""
    n = len(areas)
    frame = pd.DataFrame({"kommunekode": range(n), "fagomraade": areas, "kommunetype": sizes})
    given = pd.DataFrame({name: columns.get(name, "") for name in ITEMS}, index=frame.index).astype(str)
    stage = Stage(np.zeros(n, dtype=int), np.arange(n), np.full(n, np.inf))
    return Survey(given, frame, INSTRUMENT.only(given, frame), Design(np.ones(n), (stage,), "process"))


def scripted(*tables: dict[str, list[float]]) -> Callable[[Survey], pd.DataFrame]:
    """An estimator that gives these tables one after another, whatever the answers."""
    left = iter(tables)
    return lambda _: pd.DataFrame(next(left)).assign(item="x", level=0.95)


def filled_in(survey: Survey, imputations: int = 3, seed: int = 0) -> list[Survey]:
    """The surveys that an estimator is shown."""
    seen: list[Survey] = []

    def look(one: Survey) -> pd.DataFrame:
        seen.append(one)
        return pd.DataFrame({"estimate": [0.0], "se": [1.0], "df": [9.0], "level": [0.95]})

    imputation.imputed(survey, look, imputations, seed)
    return seen


# ---- Rubin's rules --------------------------------------------------------------------------------------------------


def test_rubins_rules_against_a_hand_worked_example() -> None:
    # W = 4, B = 4, T = 4 + 4/3 * 4 = 28/3, lambda = 4/7, r = 4/3, nu = 2 / lambda^2 = 49/8 (Rubin 1987);
    # nu_obs = 61/63 * 60 * 3/7 = 10980/441 (Barnard & Rubin 1999)
    parts = [{"estimate": [value], "se": [2.0], "df": [60.0], "n": [n], "low": [0.0], "high": [0.0], "t": [0.0],
              "p": [0.0], "deff": [1.5], "n_effective": [0.0]} for value, n in ((10.0, 40), (12.0, 41), (14.0, 45))]
    row = imputation.imputed(survey_of(["A"] * 5), scripted(*parts), 3).iloc[0]
    df = 1 / (8 / 49 + 441 / 10980)
    half = student.ppf(0.975, df) * np.sqrt(28 / 3)
    wanted = {"estimate": 12, "se": np.sqrt(28 / 3), "df": df, "low": 12 - half, "high": 12 + half, "n": 42,
              "fmi": (4 / 3 + 2 / (49 / 8 + 3)) / (4 / 3 + 1), "t": 12 / np.sqrt(28 / 3),
              "p": 2 * student.sf(12 / np.sqrt(28 / 3), df), "deff": 1.5 * 7 / 3, "n_effective": 42 / 3.5}
    assert {name: row[name] for name in wanted} == pytest.approx(wanted, rel=1e-11)


def test_degrees_of_freedom_lie_below_rubins_and_below_the_complete_datas() -> None:
    rng = np.random.default_rng(1)
    parts = [{"estimate": rng.normal(size=50), "se": rng.uniform(0.5, 2, 50), "df": np.full(50, 12.0)}
             for _ in range(5)]
    table = imputation.imputed(survey_of(["A"] * 5), scripted(*parts), 5)
    values, errors = (np.array([part[name] for part in parts]) for name in ("estimate", "se"))
    b, w = 1.2 * values.var(axis=0, ddof=1), (errors**2).mean(axis=0)
    assert np.all(table["df"] < 12)
    assert np.all(table["df"] < 4 * (1 + w / b) ** 2)
    assert np.allclose(table["se"], np.sqrt(w + b), rtol=1e-12)
    assert table["fmi"].between(0, 1).all()


def test_without_blanks_estimates_are_the_same_and_nothing_lies_between() -> None:
    rng = np.random.default_rng(2)
    survey = survey_of(rng.choice(list("ABC"), 60), y=rng.choice(["ja", "nej", "ved_ikke"], 60))
    plain = estimate.shares(survey, "y", by="fagomraade")
    table = imputation.imputed(survey, lambda one: estimate.shares(one, "y", by="fagomraade"))
    assert list(table) == [*plain, "fmi"]
    same = ["item", "answer", "by", "group", "n", "count", "level", "target", "provenance"]
    pd.testing.assert_frame_equal(table[same], plain[same], check_dtype=False)
    assert np.allclose(table[["estimate", "se", "deff", "n_effective"]],
                       plain[["estimate", "se", "deff", "n_effective"]], rtol=1e-12)
    assert (table["fmi"] == 0).all()
    assert np.allclose(table["df"], plain["df"] * (plain["df"] + 1) / (plain["df"] + 3))


def test_tables_that_the_rules_do_not_fit_are_refused() -> None:
    survey, one = survey_of(["A"] * 5), {"estimate": [1.0], "se": [1.0], "df": [5.0]}
    with pytest.raises(ValueError, match="imputations must be a whole number, 2 or more, not"):
        imputation.imputed(survey, scripted(one), 1)
    with pytest.raises(ValueError, match="columns"):
        imputation.imputed(survey, scripted({"estimate": [1.0]}, {"estimate": [1.0]}), 2)
    with pytest.raises(ValueError, match="odds ratio"):
        imputation.imputed(survey, scripted(*[one | {"effect": ["odds_ratio"]}] * 2), 2)
    with pytest.raises(ValueError, match="same rows"):
        imputation.imputed(survey, scripted(one | {"group": ["a"]}, one | {"group": ["b"]}), 2)


# ---- Filling in -----------------------------------------------------------------------------------------------------


def test_only_blanks_are_filled_from_one_donor_of_the_same_group() -> None:
    rng = np.random.default_rng(3)
    area, size = rng.choice(list("ABC"), 300), rng.choice(["lille", "stor"], 300)
    group = pd.Series(area) + size
    number = (group.map({name: place for place, name in enumerate(sorted(set(group)))}) * 10
              + rng.integers(0, 10, 300)).astype(str)
    answer = rng.choice(["ja", "nej", "ved_ikke"], 300)
    survey = survey_of(area, size, total=number, y=answer, twin=answer, text=rng.choice(["", "hej"], 300))
    given = survey.answers
    given["other"] = given["total"]
    given.loc[rng.random(300) < 0.3, ["total", "other", "y", "twin"]] = ""
    given.loc[(given["y"] != "") & (rng.random(300) < 0.2), "y"] = ""  # and some skip a single one
    blank = given == ""
    for one in filled_in(replace(survey, answers=given)):
        done = one.answers
        assert (done["text"] == given["text"]).all()
        assert (done[["total", "other", "y", "twin"]] != "").all(axis=None)
        assert (done.where(~blank) == given.where(~blank))[~blank].stack().all()
        whole = blank["total"]
        assert (done["total"] == done["other"]).all()
        assert (done["y"] == done["twin"])[whole].all()
        assert (done["total"].astype(int) // 10 == number.astype(int) // 10).all()  # tens tell the group
        assert (done.loc[whole, "y"] == "ved_ikke").mean() == pytest.approx(1 / 3, abs=0.15)


def test_few_donors_are_joined_within_the_area_and_then_by_everybody() -> None:
    area = np.repeat(["A", "B"], [20, 8])
    y = np.array(["ja"] * 7 + [""] * 3 + ["nej"] * 2 + [""] * 8 + ["nej"] * 2 + [""] * 6)
    size = np.repeat(["lille", "stor", "lille"], [10, 10, 8])
    found = filled_in(survey_of(area, size, y=y), 200)
    share = pd.DataFrame([(one.answers["y"] == "ja").to_numpy() for one in found]).mean()
    assert (share[7:10] == 1).all()  # enough of their own
    assert share[12:20].mean() == pytest.approx(7 / 9, abs=0.05)  # two of their own: the area's nine
    assert share[22:].mean() == pytest.approx(7 / 11, abs=0.05)  # two in the area: all eleven


def test_blanks_that_nobody_can_fill_stay_blank() -> None:
    survey = survey_of(["A"] * 12, y=["ja"] * 6 + [""] * 6, twin="")
    assert all((one.answers["twin"] == "").all() and (one.answers["y"] == "ja").all() for one in filled_in(survey))
    crossed = survey_of(["A"] * 3, y=["ja", "", ""], twin=["", "ja", ""])
    assert all(one.answers.iloc[2][["y", "twin"]].tolist() == ["", ""] for one in filled_in(crossed))


def test_parts_follow_the_respondents_own_totals() -> None:
    donors, takers = 10, 4
    survey = survey_of(["A"] * (donors + takers), total=["10"] * donors + ["4", "20", "ved_ikke", ""],
                       other=["0"] * (donors + takers), part=["5"] * donors + [""] * takers)
    for one in filled_in(survey):
        assert one.answers["part"].tolist() == ["5"] * donors + ["2", "10", "ved_ikke", "5"]


def test_a_part_is_taken_only_from_donors_who_told_its_totals() -> None:
    survey = survey_of(["A"] * 14, total=["10"] * 8 + [""] * 4 + ["20"] * 2, other=["0"] * 8 + [""] * 4 + ["0"] * 2,
                       part=["5"] * 8 + ["9"] * 4 + [""] * 2)
    assert all((one.answers["part"].iloc[12:] == "10").all() for one in filled_in(survey, 20))


def test_filled_in_answers_are_such_as_the_questionnaire_allows() -> None:
    survey = opened.edition().survey
    items = survey.questionnaire.items
    for one in filled_in(survey, 2):
        assert all(valid(items[name], value) for name in items for value in one.answers[name].unique())
        for name in (name for name in items if items[name].part_of):
            over = one.number(name) > sum(one.number(total) for total in items[name].part_of)
            assert not over.any()
        assert (one.answers.drop(columns="vae_kommentar") != "").all(axis=None)


# ---- Provenance -----------------------------------------------------------------------------------------------------


def test_provenance_is_that_of_the_given_answers() -> None:
    survey = opened.edition().survey
    assert survey.provenance == surveys.SYNTHETIC
    run = {seed: imputation.imputed(survey, lambda one: estimate.shares(one, "vae_tillid"), 3, seed) for seed in (0, 1)}
    assert set(run[0]["provenance"]) == {surveys.SYNTHETIC}
    again = imputation.imputed(survey, lambda one: estimate.shares(one, "vae_tillid"), 3, 0)
    pd.testing.assert_frame_equal(run[0], again)
    assert not np.allclose(run[0]["estimate"], run[1]["estimate"], rtol=1e-9)
    mine = survey.answers.copy()
    mine.iloc[0, 0] = "nej" if mine.iloc[0, 0] != "nej" else "hele_kommunen"
    collected = Survey(mine, survey.frame, survey.questionnaire)
    table = imputation.imputed(collected, lambda one: estimate.shares(one, "vae_tillid"), 2)
    assert set(table["provenance"]) == {surveys.COLLECTED}


def test_contrasts_and_their_tests_are_combined() -> None:
    survey = weighting.for_process(opened.edition().survey)
    table = imputation.imputed(survey, lambda one: compare.contrasts(one, "vae_tillid", "enig", "blok"), 5)
    row = table.iloc[0]
    assert row["t"] == pytest.approx(row["estimate"] / row["se"])
    assert row["p"] == pytest.approx(2 * student.sf(abs(row["t"]), row["df"]))
    assert row["n_a"] + row["n_b"] == len(survey.answers)
    assert 0 < row["fmi"] < 0.5


# ---- Known truths ---------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_between_variance_is_that_of_the_bayesian_bootstrap() -> None:
    # r donors with variance s2 (divisor r) fill m blanks of n: the mean of the m has, over imputations, the variance
    # s2 / (r + 1) of the donors' mean under Dirichlet chances, and s2 r / (r + 1) / m of the draws (Rubin 1981).
    r, m, many = 12, 24, opened.draws(3000)
    value = np.random.default_rng(4).integers(0, 30, r)
    survey = survey_of(["A"] * (r + m), total=[*value.astype(str), *[""] * m])
    means = np.array([one.number("total")[r:].mean() for one in filled_in(survey, many)])
    s2 = value.var()
    assert means.mean() == pytest.approx(value.mean(), abs=4 * np.sqrt(s2 / r / many))
    assert means.var(ddof=1) == pytest.approx(s2 / (r + 1) + s2 * r / (r + 1) / m, rel=4 * np.sqrt(2 / many))


@pytest.mark.slow
def test_imputation_mends_what_blanks_do_at_random_given_area() -> None:
    # 'ja' in 20, 50 and 80 percent of three areas of one size; blank in 0, 30 and 60 percent: truth 0.5.
    rng, runs, n = np.random.default_rng(5), opened.draws(300), 200
    level, lacking = np.array([0.2, 0.5, 0.8]), np.array([0.0, 0.3, 0.6])
    found = []
    for _ in range(runs):
        area = rng.integers(0, 3, n)
        answer = np.where(rng.random(n) < level[area], "ja", "nej")
        blank = rng.random(n) < lacking[area]
        survey = survey_of(np.array(list("ABC"))[area], y=np.where(blank, "", answer))
        row = imputation.imputed(survey, share_of_yes, 10, seed=int(rng.integers(2**31))).iloc[0]
        available = (answer[~blank] == "ja").mean()
        found.append((available, row["estimate"], row["low"] < 0.5 < row["high"], row["se"]))
    available, mended, covered, se = np.array(found).T
    assert available.mean() == pytest.approx(level @ (1 - lacking) / (1 - lacking).sum(), abs=0.01)  # 0.414
    assert abs(mended.mean() - 0.5) < 3 * mended.std() / np.sqrt(runs)
    assert covered.mean() == pytest.approx(0.95, abs=3 * np.sqrt(0.95 * 0.05 / runs))  # Monte Carlo error 0.013
    assert np.sqrt(np.mean(se**2)) == pytest.approx(mended.std(), rel=3 / np.sqrt(2 * runs))


def share_of_yes(survey: Survey) -> pd.DataFrame:
    """The plain mean with its textbook standard error, quicker than `estimate`."""
    yes = survey.answers["y"].to_numpy() == "ja"
    return pd.DataFrame({"estimate": [yes.mean()], "se": [yes.std(ddof=1) / np.sqrt(len(yes))], "df": [len(yes) - 1.0],
                         "low": [0.0], "high": [0.0], "level": [0.95]})


def test_replicate_weights_follow_the_respondents_into_the_order_of_keys() -> None:
    rng = np.random.default_rng(4)
    table = pd.DataFrame({"svar": rng.choice(["ja", "nej"], 12), "v": 1.0}, index=[f"p{key:02}" for key in range(12)])
    table = table.assign(**{f"r{key}": np.where(np.arange(12) == key, 0.0, 12 / 11) for key in range(12)})
    own = Survey.of(table.sample(frac=1, random_state=3), weight="v", replicates=r"r\d+", kind="JK1")
    moved = in_order(own)
    assert moved.answers.index.is_monotonic_increasing
    assert not own.answers.index.is_monotonic_increasing
    np.testing.assert_array_equal(moved.design.replicates.matrix(), table.filter(regex=r"^r\d").to_numpy())
    mine, there = (estimate.shares(one, "svar", "ja")["se"].item() for one in (own, moved))
    assert mine == pytest.approx(there, rel=1e-12)
    assert there > 0
