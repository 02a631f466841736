"""Nothing that is hidden can be worked out: an attacker of its own making reads the protected tables and tries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.optimize import LinearConstraint, linprog, milp

from civsam.disclosure import plan as disclosure
from civsam.disclosure import precision, programme, rounding
from civsam.inference import compare, equations, estimate, intervals, models, nonresponse, ordinal, power, weighting
from civsam.instrument import questionnaire
from civsam.instrument.questionnaire import Background, Item, Questionnaire, Scale, Weighting
from civsam.instrument.sample import Sample
from civsam.intake.frame import read_frame
from civsam.pages import door, model_tables
from civsam.study import claims, published, rule_power, sensitivity, simulate
from civsam.survey.survey import COLLECTED, LIMITS, Survey

QUESTIONNAIRE = questionnaire.read()
QUESTIONNAIRE_FRAME = read_frame(QUESTIONNAIRE)
SOME = ("pol_strategi", "pol_fokus", "pol_inspiration", "vae_aarsag", "vae_tillid")
FEW = replace(QUESTIONNAIRE, items={item: QUESTIONNAIRE.items[item] for item in SOME})


def only(item: str) -> Questionnaire:
    """The questionnaire with a single item."""
    return replace(QUESTIONNAIRE, items={item: QUESTIONNAIRE.items[item]})


COUNTS = replace(QUESTIONNAIRE, items={item: QUESTIONNAIRE.items[item] for item in (
    "pra_lange", "pra_korte", "pra_tvaers")})


def collected(seed: int, n: int | None = None, asked: int | None = None, instrument: Questionnaire = FEW) -> Survey:
    """Simulated answers with one word changed, so that they count as collected; unweighted."""
    study = simulate.simulate(seed, anchored=False)
    frame = study.frame if asked is None else study.frame.sample(asked, random_state=seed).sort_index()
    answers = study.asked.loc[frame.index].sample(n, random_state=seed) if n else study.answers.copy()
    answers.iloc[0, answers.columns.get_loc("vae_kommentar")] = "en anden kommentar"
    survey = Survey(answers[list(instrument.items)], frame, instrument)
    assert survey.provenance == COLLECTED
    return survey


def released(plan: disclosure.Plan, item: str) -> pd.DataFrame:
    """Everything that an edition can show of an item's shares, protected: all answers, sets and splits.

    least: how many have given a shown answer at least, and have not.
    """
    survey, scale = plan.survey, plan.survey.questionnaire.items[item].scale
    codes = [*scale.answers, "ved_ikke"]
    if scale.type == "ordinal":
        codes += ["+".join(list(scale.answers)[:2]), "+".join(list(scale.answers)[-2:])]
    splits = (None, *survey.questionnaire.background)
    shown = pd.concat([plan.protect(estimate.shares(survey, item, codes, by)) for by in splits], ignore_index=True)
    return shown.assign(least=plan.minimum)


# ---- The attacker ----------------------------------------------------------------------------------------------------


@dataclass
class Attacker:
    """Knows the frame, the rules and the tables. Unknown: how many of each stratum of the frame gave each answer.

    A stratum is all of the frame that is alike in all background variables. He may be told how many answered in each
    group (`sizes`), which is more than the tables say; or how much they weigh, and the largest weight.
    """

    survey: Survey
    table: pd.DataFrame
    several: bool
    sizes: dict[tuple[str, str], float] | None = None
    largest: float = 1.0

    def __post_init__(self) -> None:
        self.cells = self.table.drop_duplicates(["by", "group", "answer"]).reset_index(drop=True)
        self.codes = [code for code in dict.fromkeys(self.cells["answer"]) if "+" not in code]
        self.frame = self.survey.frame
        strata = self.frame.groupby(list(self.survey.questionnaire.background), sort=True)
        self.stratum = strata.ngroup().to_numpy()
        self.size = np.bincount(self.stratum)
        self.width = len(self.codes) + 1  # the last column: who answered the item
        self.rows, self.low, self.high = [], [], []
        self._structure()
        for _, row in self.cells.iterrows():
            self._read(row)

    def count(self, by: str, group: str, answer: str | None) -> np.ndarray:
        """A count as a vector over the unknowns; None for those who answered."""
        members = np.ones(len(self.frame), bool) if not by else (self.frame[by] == group).to_numpy()
        inside = np.zeros(len(self.size))
        inside[np.unique(self.stratum[members])] = 1
        which = np.zeros(self.width)
        which[[self.width - 1] if answer is None else [self.codes.index(code) for code in answer.split("+")]] = 1
        return np.kron(inside, which)

    def say(self, vector: np.ndarray, low: float, high: float) -> None:
        used = np.flatnonzero(vector)
        self.rows.append((used, vector[used]))
        self.low.append(low)
        self.high.append(high)

    def _structure(self) -> None:
        for place, size in enumerate(self.size):
            at = np.zeros((len(self.size), self.width))
            at[place, -1] = 1
            self.say(at.ravel(), 0, size * self.largest)
            at[place] = [*([-1] * len(self.codes)), 1]
            self.say(at.ravel(), -np.inf if self.several else 0, 0)
            for code in range(len(self.codes)) if self.several else ():
                alone = [self.codes.index(one) for one in ("ingen", "ved_ikke") if one in self.codes]
                at[place] = 0
                at[place, [*{code, *alone}]], at[place, -1] = -1, 1
                self.say(at.ravel(), 0, np.inf)

    def _read(self, row: pd.Series) -> None:
        n = self.count(row["by"], row["group"], None)
        if self.sizes is not None:
            self.say(n, *[self.sizes[row["by"], row["group"]]] * 2)
        elif not np.isnan(row["n"]):
            self.say(n, row["n"] - 2, row["n"] + 2)
        if not row["hidden"]:
            c, half = self.count(row["by"], row["group"], row["answer"]), 2.5 / row["n"] + 1e-9
            self.say(c - (row["estimate"] - half) * n, 0, np.inf)
            self.say(c - (row["estimate"] + half) * n, -np.inf, 0)
            if self.largest == 1:
                self.say(c, row["least"], np.inf)
                self.say(n - c, row["least"], np.inf)

    def interval(self, row: pd.Series, whole: bool = False) -> tuple[float, float]:
        """The least and the greatest count that fit everything; `whole` tries whole numbers only."""
        starts = np.cumsum([0, *(len(used) for used, _ in self.rows)])
        values, used = (np.concatenate([row[part] for row in self.rows]) for part in (1, 0))
        matrix = sparse.csr_matrix((values, used, starts), shape=(len(self.rows), len(self.size) * self.width))
        low, high = np.array(self.low), np.array(self.high)
        target = self.count(row["by"], row["group"], row["answer"])
        if whole:
            found = [milp(sign * target, constraints=LinearConstraint(matrix, low, high),
                          integrality=np.ones(len(target))) for sign in (1, -1)]
        else:
            equal, above, below = low == high, np.isfinite(high) & (low < high), np.isfinite(low) & (low < high)
            left = sparse.vstack([matrix[above], -matrix[below]])
            limits = np.concatenate([high[above], -low[below]])
            found = [linprog(sign * target, left, limits, matrix[equal], low[equal], method="highs-ipm")
                     for sign in (1, -1)]
        assert all(one.status == 0 for one in found), found
        return found[0].fun, -found[1].fun

    def hidden(self) -> pd.DataFrame:
        return self.cells[self.cells["hidden"]]


def groups(survey: Survey) -> dict[tuple[str, str], np.ndarray]:
    """Who is in each group, boolean."""
    everybody = np.ones(len(survey.answers), dtype=bool)
    return {("", ""): everybody} | {
        (by, code): (survey.background[by] == code).to_numpy()
        for by, variable in survey.questionnaire.background.items() for code in variable.labels
    }


def said(survey: Survey, item: str, answer: str) -> np.ndarray:
    return np.array([bool(set(text.split()) & set(answer.split("+"))) for text in survey.answers[item]])


def attack(
    plan: disclosure.Plan, item: str, tries: int = 1000, *, told: bool = True, whole: bool = False,
    higher: Sequence[disclosure.Plan] = (),
) -> list[float]:
    """By how much the attacker's intervals of hidden counts are wider than 5, or than all there is in a small group.

    Some of the hidden counts, if they are more than `tries`. higher: plans of editions that ask for more respondents,
    whose tables he reads too. Fails where the truth is not within an interval.
    """
    survey = plan.survey
    weight = survey.design.weights / survey.design.weights.mean()
    there, inside = survey.answered(item), groups(survey)
    sizes = {name: weight[who & there].sum() for name, who in inside.items()}
    several = survey.questionnaire.items[item].scale.type == "flere"
    table = released(plan, item)
    for other in higher:
        table["least"] = table["least"].mask(~released(other, item)["hidden"], other.minimum)
    attacker = Attacker(survey, table, several, sizes if told else None, weight.max())
    hidden, wider = attacker.hidden(), []
    for _, row in hidden.sample(min(tries, len(hidden)), random_state=0).iterrows():
        who = inside[row["by"], row["group"]]
        low, high = attacker.interval(row, whole)
        count, n = weight[who & said(survey, item, row["answer"])].sum(), (who & there).sum()
        assert low - 1e-4 <= count <= high + 1e-4, (item, dict(row), low, high, count)
        each = sizes[row["by"], row["group"]] / n if n else 1.0
        wider.append((high - low) / each - min(5, n))
    return wider


# ---- What he finds ---------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(("survey", "item"), [
    ((1, 60, 150), "pol_fokus"), ((1, 60, 150), "vae_tillid"), ((2, 100, 200), "pol_strategi"),
    ((2, 100, 200), "pol_inspiration"), ((3, 150, 300), "vae_aarsag"),
])
def test_hidden_counts_of_a_small_survey_cannot_be_worked_out(survey, item):
    plan = disclosure.plan(collected(*survey, only(item)))
    assert min(attack(plan, item, 6)) >= -1e-4


@pytest.mark.slow
def test_hidden_counts_of_the_whole_study_cannot_be_worked_out():
    plan = disclosure.plan(collected(4, instrument=only("pol_strategi")))
    assert min(attack(plan, "pol_strategi", 4)) >= -1e-4


def test_weights_do_not_give_hidden_counts_away():
    survey = weighting.raked(collected(5, instrument=only("pol_strategi")))
    plan = disclosure.plan(survey)
    assert np.ptp(survey.design.weights) > 0.3
    assert min(attack(plan, "pol_strategi", 6)) >= -1e-4


@pytest.mark.slow
def test_without_secondary_suppression_he_wins(monkeypatch):
    survey = collected(6, 150, 300, only("pol_strategi"))
    monkeypatch.setattr(programme.Programme, "protect", lambda self: False)
    plan = disclosure.plan(survey)
    assert min(attack(plan, "pol_strategi", 20)) < -2


SMALL = Questionnaire(
    "Lille", "", "Ved ikke", {"b": "B"},
    {"en": Item("en", "b", Scale("s", "enkelt", {"a": "A", "b": "B", "c": "C"}), "En", "En?"),
     "grad": Item("grad", "b", Scale("g", "ordinal", {"a": "A", "b": "B", "c": "C", "d": "D"}), "Grad", "Grad?"),
     "flere": Item("flere", "b", Scale("f", "flere", {"a": "A", "b": "B", "ingen": "Ingen"}), "Flere", "Flere?")},
    "id", {"fin": Background("fin", "fin", {"1": "1", "2": "2", "3": "3", "4": "4"}),
           "grov": Background("grov", "grov", {"x": "X", "y": "Y"}),
           "anden": Background("anden", "anden", {"p": "P", "q": "Q", "r": "R"})},
)


@st.composite
def small_surveys(draw) -> Survey:
    """10 to 80 respondents, rare answers, a variable that lies within another, and answers left out."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.integers(10, 80))
    size = n + draw(st.integers(0, 40))
    fin = rng.choice(["1", "2", "3", "4"], size, p=rng.dirichlet([2, 2, 1, 0.5]))
    frame = pd.DataFrame({"fin": fin, "grov": np.where(fin > "2", "x", "y"),
                          "anden": rng.choice(["p", "q", "r"], size, p=rng.dirichlet([3, 2, 1]))},
                         index=pd.Index([f"r{place}" for place in range(size)], name="id"))
    spread = draw(st.sampled_from([0.2, 0.7, 3.0]))
    answers = pd.DataFrame({
        item: rng.choice(codes, n, p=rng.dirichlet([spread] * len(codes)))
        for item, codes in {"en": ["a", "b", "c", "ved_ikke", ""], "grad": ["a", "b", "c", "d", "ved_ikke"],
                            "flere": ["a", "b", "a b", "ingen", "ved_ikke"]}.items()
    }, index=rng.choice(frame.index, n, replace=False))
    return Survey(answers, frame, SMALL)


@pytest.mark.slow
@settings(max_examples=8, deadline=None, derandomize=True, phases=[Phase.generate])
@given(small_surveys())
def test_no_hidden_whole_number_of_any_small_survey_can_be_worked_out(survey):
    plan = disclosure.plan(survey)
    for item in SMALL.items:
        assert min(attack(plan, item, 4, whole=True), default=0) >= -1e-4
        assert min(attack(plan, item, 2, whole=True, told=False), default=0) >= -1e-4


# ---- The rules -------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_no_small_group_count_or_rest_is_shown():
    plan = disclosure.plan(collected(2, 100, 200))
    inside = groups(plan.survey)
    for item in SOME:
        for _, row in released(plan, item).iterrows():
            base = inside[row["by"], row["group"]] & (plan.survey.answers[item] != "").to_numpy()
            count = (base & said(plan.survey, item, row["answer"])).sum()
            assert np.isnan(row["n"]) if base.sum() < 5 else abs(row["n"] - base.sum()) <= 2
            if min(count, base.sum() - count) < 5:
                assert row["hidden"]
            if row["hidden"]:
                assert row[["estimate", "se", "low", "high", "count"]].isna().all()
            else:
                assert abs(row["estimate"] - count / base.sum()) <= 2.5 / row["n"] + 1e-9
                fives = row["estimate"] * row["n"] / 5
                assert fives == pytest.approx(round(fives))
                assert row[["deff", "n_effective", "df"]].isna().all()


def small_group(survey: Survey, by: str, code: str, keep: int) -> Survey:
    """The survey with so many respondents left in a group."""
    mine = survey.background.index[survey.background[by] == code]
    return Survey(survey.answers.drop(mine[keep:]), survey.frame, survey.questionnaire)


def test_a_group_of_four_is_hidden_and_one_of_five_counted():
    for keep in (4, 5):
        survey = small_group(collected(6, 150, 300, only("pol_fokus")), "region", "nordjylland", keep)
        plan = disclosure.plan(survey)
        table = plan.protect(estimate.shares(survey, "pol_fokus", by="region")).set_index(["group", "answer"])
        mine = table.loc["nordjylland"]
        assert mine["hidden"].all()
        assert mine["estimate"].isna().all()
        assert mine["n"].isna().all() if keep == 4 else (mine["n"] == 5).all()
        rates = plan.protect(weighting.response_rates(survey, "region")).set_index("group")
        assert np.isnan(rates.at["nordjylland", "responded"]) == (keep == 4)
        assert min(attack(plan, "pol_fokus", 12)) >= -1e-4


def test_all_answers_alike_are_hidden_and_cannot_be_told_from_others():
    survey = collected(7, 100, 200, only("pol_fokus"))
    survey = replace(survey, answers=survey.answers.assign(pol_fokus="ja"))
    plan = disclosure.plan(survey)
    assert plan.protect(estimate.shares(survey, "pol_fokus"))["hidden"].all()
    assert min(attack(plan, "pol_fokus", 10)) >= -1e-4


def test_a_rare_answer_is_hidden_everywhere_and_stays_wide():
    survey = collected(8, 150, 300, only("vae_aarsag"))
    rare = survey.answers["vae_aarsag"].where(~survey.answers["vae_aarsag"].isin(["omkostning"]), "kvalitet")
    rare.iloc[:3] = "omkostning"
    plan = disclosure.plan(replace(survey, answers=survey.answers.assign(vae_aarsag=rare)))
    table = released(plan, "vae_aarsag")
    assert table.loc[table["answer"] == "omkostning", "hidden"].all()
    assert min(attack(plan, "vae_aarsag", 6)) >= -1e-4


# ---- Counts ----------------------------------------------------------------------------------------------------------


def test_one_dominant_count_is_hidden_and_cannot_be_subtracted():
    survey = collected(9, 150, 300, COUNTS)
    there = survey.answered("pra_lange") & survey.knows("pra_lange")
    who = survey.answers.index[there & (survey.background["region"] == "sjaelland").to_numpy()][0]
    values = survey.answers["pra_lange"].copy()
    values[who] = "500"
    survey = replace(survey, answers=survey.answers.assign(pra_lange=values))
    plan = disclosure.plan(survey)
    by_region = plan.protect(estimate.means(survey, "pra_lange", by="region")).set_index("group")
    assert by_region.at["sjaelland", "hidden"]
    assert plan.protect(estimate.means(survey, ["pra_lange", "pra_korte"], by="region"))["hidden"].sum() >= 1
    for (key, by, group), cell in plan.cells.items():
        if key == ("mean", "pra_lange", "") and cell.hidden and cell.n >= 5 and (by, group) in groups(survey):
            low, high = total_interval(plan, by, group)
            y = survey.number("pra_lange")[groups(survey)[by, group]]
            assert low - 1e-3 <= np.nansum(y) <= high + 1e-3
            assert high - low >= max(np.nanmax(y), 5) - 1e-3


def total_interval(plan: disclosure.Plan, by: str, group: str) -> tuple[float, float]:
    """What an attacker who knows all the ns and steps can say of a hidden total of `pra_lange`; by group sums alone."""
    names = list(groups(plan.survey))
    rows, right = [], []
    for variable in plan.survey.questionnaire.background:
        rows.append([(name[0] == variable) - (name == ("", "")) * 1.0 for name in names])
        right.append(0.0)
    bounds = []
    for name in names:
        cell = plan.cell("mean", "pra_lange", "", *name)
        half = cell.step / 2
        bounds.append((0, 500 * cell.n) if cell.hidden else (max((cell.shown - half) * cell.n, 0),
                                                             (cell.shown + half) * cell.n))
    target = np.array([float(name == (by, group)) for name in names])
    ends = [linprog(sign * target, A_eq=rows, b_eq=right, bounds=bounds) for sign in (1, -1)]
    return ends[0].fun, -ends[1].fun


def test_quantiles_are_quartiles_of_many_without_interval_and_totals_are_not_shown(whole):
    survey, plan = whole.survey, whole
    table = plan.protect(estimate.quantiles(survey, "pra_lange", (0.25, 0.5, 0.99)))
    assert list(table["hidden"]) == [False, False, True]
    assert table[["low", "high", "se"]].isna().all().all()
    assert plan.protect(estimate.totals(survey, "pra_lange"))["hidden"].all()


# ---- Every kind of table ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def whole() -> disclosure.Plan:
    """The plan of a whole survey, weighted as the study is."""
    return disclosure.plan(weighting.raked(collected(10, instrument=QUESTIONNAIRE)))


def test_synthetic_answers_are_untouched():
    study = simulate.simulate(11)
    survey = Survey(study.answers, study.frame, QUESTIONNAIRE)
    plan = disclosure.plan(survey)
    table = estimate.shares(survey, "pol_fokus", by="region")
    assert plan.protect(table) is table
    assert plan.n(3) == 3
    assert plan.base("pol_fokus")[0] == survey.answered("pol_fokus").sum()


@pytest.mark.slow
def test_editions_with_other_parameters_release_the_same_numbers(whole):
    first = weighting.raked(collected(12))
    again = replace(first, answers=first.answers.copy(), level=0.5)
    one, other = ({key: cell.shown for key, cell in disclosure.plan(survey).cells.items() if not cell.hidden}
                  for survey in (first, again))
    assert one == other
    narrow, wide = (whole.protect(estimate.shares(replace(whole.survey, level=level), "pol_fokus", by="region"))
                    for level in (0.5, 0.999))
    pd.testing.assert_frame_equal(narrow[["n", "estimate", "se"]], wide[["n", "estimate", "se"]])
    one = whole.protect(estimate.shares(whole.survey, "pol_fokus", "ja", by="region"))
    assert list(one["estimate"]) == list(wide.loc[wide["answer"] == "ja", "estimate"])


def test_editions_that_ask_for_more_show_a_part_of_the_same_numbers():
    survey = collected(2, 100, 200, replace(QUESTIONNAIRE, items={
        item: QUESTIONNAIRE.items[item] for item in ("pol_fokus", "pra_lange")}))
    plans = [disclosure.plan(survey, minimum) for minimum in LIMITS]
    shown = [{key: cell.shown for key, cell in plan.cells.items() if not cell.hidden} for plan in plans]
    for less, more in pairwise(shown):
        assert more.items() < less.items()
    assert shown[-2]


@pytest.mark.slow
def test_editions_with_several_limits_do_not_give_hidden_counts_away():
    survey = collected(2, 100, 200, only("pol_strategi"))
    plan, *higher = (disclosure.plan(survey, minimum) for minimum in LIMITS)
    assert min(attack(plan, "pol_strategi", 20, higher=higher)) >= -1e-4
    assert disclosure.plan(survey, 10).protect(estimate.shares(survey, "pol_strategi"))["n"].eq(100).all()
    with pytest.raises(ValueError, match="minimum"):
        disclosure.plan(survey, 7)


def test_intervals_follow_from_what_is_shown_of_estimate_and_error_at_any_level(whole):
    for level in np.linspace(0.5, 0.999, 7):
        shown = whole.protect(estimate.shares(replace(whole.survey, level=level), "pol_fokus", "ja"))
        row = shown.iloc[0]
        df = precision.freedom(estimate.shares(whole.survey, "pol_fokus", "ja")["df"].iloc[0])
        given = (np.array([x]) for x in (row["estimate"], row["se"], row["n"], df))
        low, high = intervals.share_interval(*given, level)
        assert (row["low"], row["high"]) == pytest.approx((low[0], high[0]))


def test_what_the_door_does_not_know_is_not_shown(whole):
    survey = whole.survey
    with pytest.raises(ValueError, match="no rule"):
        whole.protect(pd.DataFrame({"x": [1], "provenance": COLLECTED}))
    with pytest.raises(ValueError, match="plan is for"):
        whole.protect(pd.DataFrame({"x": [1]}))
    assert whole.protect(estimate.shares(survey, "vae_tillid", "helt_uenig+helt_enig"))["hidden"].all()
    assert whole.protect(estimate.shares(survey, "pra_emner", "sundhed+sociale"))["hidden"].all()
    uncertain = estimate.shares(survey, "vae_omkostning", "enig", dont_know=False)
    assert whole.protect(uncertain)["hidden"].all()
    one_area = replace(survey, design=replace(survey.design, weights=np.where(
        survey.background["fagomraade"] == "kultur", survey.design.weights, 0.0)))
    assert whole.protect(estimate.shares(one_area, "pol_fokus"))["hidden"].all()


def test_differences_and_trends_are_made_of_the_shown_groups(whole):
    process = weighting.for_process(whole.survey)
    shown = whole.protect(estimate.shares(process, "pol_fokus", "ja", by="region")).set_index("group")["estimate"]
    table = whole.protect(compare.contrasts(process, "pol_fokus", "ja", "region"))
    assert not table["hidden"].any()
    for _, row in table.iterrows():
        assert row["estimate"] == pytest.approx(shown[row["a"]] - shown[row["b"]])
    trend = whole.protect(compare.slope(process, "vae_omkostning", "enig+helt_enig", "udgiftspres")).iloc[0]
    exact = compare.slope(process, "vae_omkostning", "enig+helt_enig", "udgiftspres").iloc[0]
    assert trend["estimate"] == pytest.approx(exact["estimate"], abs=0.03)
    assert trend["n_a"] % 5 == 0


def test_shares_without_dont_know_follow_from_the_shown_ones(whole):
    table = estimate.shares(whole.survey, "vae_omkostning")
    shown = whole.protect(table).set_index("answer")["estimate"]
    without = dict(zip(table["answer"], whole.without_dont_know(table), strict=True))
    assert without["enig"] == pytest.approx(shown["enig"] / (1 - shown["ved_ikke"]))
    assert np.isnan(without["ved_ikke"])


@pytest.mark.slow
def test_every_table_of_the_chapters_has_a_rule_and_gives_no_exact_n(whole):
    survey, process = whole.survey, weighting.for_process(whole.survey)
    share = equations.measure(process, "pol_fokus", "ja")
    tables = [
        compare.equality(process, "pol_fokus", "ja", "region"), nonresponse.response_tests(survey),
        nonresponse.response_model(survey), nonresponse.r_indicator(survey), nonresponse.item_nonresponse(survey),
        weighting.response_rates(survey, "region"), weighting.weights_summary({"a": survey}),
        models.intraclass_correlation(process, share), claims.judge(survey), sensitivity.curve(survey, "O9"),
        rule_power.supportable(survey),
        models.coefficients(models.regression(process, share, ["region"], "linear")),
        power.detectable(survey, "pol_fokus", "ja", "blok", [0.1], draws=5, icc=0.05),
        compare.differences(survey, [equations.measure(survey, "vae_aarsag", code) for code in ("kvalitet", "tillid")]),
    ]
    for table in tables:
        shown = whole.protect(table)
        assert 0 < len(shown) <= len(table)
        assert not shown["hidden"].all()  # so many answered that most may be told
        assert shown.drop(columns="hidden").select_dtypes("number").notna().any(axis=None)
        shown_numbers = shown.select_dtypes("number")
        for name in {"n", "n_a", "n_b", "responded", "answered", "dont_know", "missing"} & set(shown_numbers):
            fives = shown_numbers[name].dropna() / 5
            assert np.allclose(fives, fives.round())
        if "p" in shown and "test" in shown:
            assert shown["p"].isin(precision.P_CLASSES).all()


@pytest.mark.parametrize(("item", "by", "some"), [("pol_strategi", "region", True), ("pol_fokus", "blok", False)])
def test_a_model_of_all_answers_tells_of_no_group_with_a_hidden_answer(whole, item, by, some):
    process = weighting.for_process(whole.survey)
    fit = models.multinomial_regression(process, item, [by])
    codes, groups = list(process.item(item).scale.answers), list(process.variable(by).labels)
    closed = {group: any(whole.cell("share", item, code, by, group).hidden for code in codes) for group in groups}
    assert any(closed.values()) == some
    for table in (fit.coefficients(), fit.marginal_effects()):
        shown = whole.protect(table)
        for term, hidden in zip(shown["term"], shown["hidden"], strict=True):
            assert hidden == (term == "constant" or any(closed.values()))


@pytest.mark.parametrize(("item", "by"), [("vae_omkostning", "udgiftspres"), ("vae_tillid", "blok")])
def test_a_model_of_an_ordered_answer_tells_of_no_group_with_a_hidden_answer(whole, item, by):
    process = weighting.for_process(whole.survey)
    fit, labels = ordinal.ordinal(process, item, [by]), list(process.variable(by).labels)
    closed = [any(whole.cell("share", item, code, by, group).hidden for code in process.item(item).scale.answers)
              for group in labels]
    assert any(closed)
    shown = whole.protect(fit.coefficients())
    assert shown["hidden"].tolist() == [True] * (len(labels) - 1 + 4)  # and the cuts
    assert ("gange så store" in model_tables.ordinal_sentence(process, item, by).text) != any(closed)


def test_claims_keep_their_verdict_only_with_their_numbers(whole):
    judged = claims.judge(whole.survey)
    shown = whole.protect(judged)
    decided = shown["hidden"] & judged["verdict"].isin(["understoettet", "modsagt"])
    assert decided.any()
    assert (shown.loc[shown["hidden"], "verdict"] == "kan_ikke").all()
    assert shown.loc[shown["hidden"], ["estimate", "low", "high", "n"]].isna().all(axis=None)
    kept = ~shown["hidden"]
    assert kept.sum() >= 25
    assert (shown.loc[kept, "verdict"] == judged.loc[kept, "verdict"]).mean() >= 0.9  # what is shown is judged
    assert (shown.loc[shown["hidden"], ["item", "a", "b"]] == "").all(axis=None)
    of_shares = kept & (judged["estimate"].abs() < 1)
    moved = shown.loc[of_shares, "estimate"] - judged.loc[of_shares, "estimate"]
    assert 0 < moved.abs().max() < 0.12
    assert not (shown.loc[of_shares, "estimate"] == judged.loc[of_shares, "estimate"]).any()


def test_a_survey_without_frame_or_background_can_be_protected():
    rng = np.random.default_rng(3)
    answers = pd.DataFrame({"en": rng.choice(["a", "b", "c"], 30, p=[0.6, 0.3, 0.1]), "grad": "a", "flere": "a b"},
                           index=pd.Index([str(place) for place in range(30)], name="id"))
    survey = Survey(answers, answers[[]], replace(SMALL, background={}), framed=False)
    shown = disclosure.plan(survey).protect(estimate.shares(survey, "en"))
    assert shown["hidden"].any()
    assert disclosure.plan(survey).protect(weighting.response_rates(survey)).iloc[0]["responded"] == 30


# ---- What may be shown is shown --------------------------------------------------------------------------------------


def test_all_claims_of_a_percent_appear_with_number_and_verdict_where_many_answered(whole):
    equal = [name for name, claim in claims.read().items() if claim.rule == "lig"]
    assert len(equal) == 7
    judged = claims.judge(whole.survey).set_index("id").loc[equal]
    shown = whole.protect(claims.judge(whole.survey)).set_index("id").loc[equal]
    assert not shown["hidden"].any()
    assert (abs(shown["estimate"] - judged["estimate"]) <= 5 / shown["n"]).all()
    for name, row in shown.iterrows():  # what is shown is judged
        at, margin = published.value(name), claims.read()[name].margins[0]
        assert row["verdict"] != "modsagt" or not row["low"] < at < row["high"]
        assert row["verdict"] != "understoettet" or abs(row["estimate"] - at) < margin
    assert not (shown["verdict"] == "kan_ikke").any()


def test_the_error_of_a_count_is_shown_where_the_largest_is_not_most_of_it_and_only_there(whole):
    """By hand: all squared distances to the mean, weighted and not, add up to 1.5 times 1.5 the largest of them."""
    survey, seen = whole.survey, []
    for item in ("pra_lange", "pra_korte", "pra_tvaers"):
        count, weight = survey.number(item), survey.among(survey.responded(item)).design.weights
        for by in (None, *QUESTIONNAIRE.background):
            for _, row in whole.protect(estimate.means(survey, item, by=by)).iterrows():
                inside = np.ones(len(count), bool) if by is None else (survey.background[by] == row["group"]).to_numpy()
                inside = inside & ~np.isnan(count)
                if row["hidden"]:
                    continue
                far = (count[inside] - np.average(count[inside], weights=weight[inside])) ** 2
                few = [part.sum() < 1.5**2 * part.max() for part in (far, far * weight[inside] ** 2)]
                assert np.isnan(row["se"]) == any(few), (item, by, row["group"])
                seen.append(np.isnan(row["se"]))
    assert 0 < sum(seen) < len(seen) / 4


def alone(item: str, *counts: tuple[str, int]) -> Survey:
    """Collected answers to one question, each so many times, from people of whom nothing is known."""
    said = [answer for answer, times in counts for _ in range(times)]
    answers = pd.DataFrame({item: said}, index=pd.Index([str(place) for place in range(len(said))], name="stilling"))
    return Survey(answers, answers[[]], replace(only(item), background={}, weighting=Weighting(), lookup=None),
                  framed=False)


@pytest.mark.parametrize("minimum", LIMITS)
def test_an_answer_is_shown_from_the_minimum_on(minimum):
    for few, hidden in ((minimum - 1, True), (minimum, False)):
        survey = alone("pol_fokus", ("ja", 3 * minimum), ("nej", few), ("ved_ikke", 2 * minimum))
        shown = disclosure.plan(survey, minimum).protect(estimate.shares(survey, "pol_fokus")).set_index("answer")
        assert shown.at["nej", "hidden"] == hidden


def test_a_count_is_shown_from_where_the_rest_are_half_the_largest():
    for rest, hidden in ((("2", 2), True), (("1", 1), False)):  # 2 + 2, and 2 + 2 + 1, against 10 and 10
        survey = alone("pra_lange", ("10", 2), ("2", 2), ("0", 3), *[] if hidden else [rest])
        shown = disclosure.plan(survey).protect(estimate.means(survey, "pra_lange"))
        assert shown["hidden"].all() == hidden


@pytest.mark.parametrize(("p", "told"), [
    (0.0, 0.001), (0.001, 0.001), (0.0010001, 0.01), (0.05, 0.05), (0.05 + 7e-18, 0.05), (0.0500001, 0.1), (0.5, 0.5),
    (1.0, 1.0), (1.0 + 2e-16, 1.0),
])
def test_a_p_value_is_told_by_the_least_limit_that_it_does_not_exceed(p, told):
    assert precision.p_class(p) == told


def test_preferred_numbers_go_up_by_a_quarter():
    values = rounding.preferred(np.array([0.0, 1.0, 1.01, 0.0123, np.nan]))
    assert values[:4] == pytest.approx([0, 1, 1.2589254, 0.0125893], rel=1e-5)
    assert np.isnan(values[4])
    some = np.exp(np.random.default_rng(0).normal(0, 3, 1000))
    ratio = rounding.preferred(some) / some
    assert ratio.min() >= 1 - 1e-9
    assert ratio.max() < 1.26


# ---- Weights of very different size ----------------------------------------------------------------------------------


def heavy(says: str, hours: int, weight: float) -> Survey:
    """Sixty respondents, of whom the first weighs more than the others; its answers are known to itself alone."""
    answers = pd.DataFrame({"trives": [says] + ["ja", "nej", "nej"] * 19 + ["ja", "nej"], "timer": [hours] + [3, 7] * 29
                            + [4]}).astype(str)
    asked = Questionnaire("t", "", "Ved ikke", {"b": ""}, {
        "trives": Item("trives", "b", Scale("j", "enkelt", {"ja": "Ja", "nej": "Nej"}, dont_know=False), "", "",
                       dont_know=False),
        "timer": Item("timer", "b", Scale("n", "antal", low=0, high=999), "", "")}, sample=Sample(weight="w"))
    frame = pd.DataFrame({"w": [weight] + [1.0] * 59})
    return weighting.weighted(Survey(answers, frame, asked, framed=False))


def test_a_weighted_share_does_not_tell_what_the_heaviest_said() -> None:
    """With 40 of 99 in weight, whoever reads 17 percent would know that the heaviest is not among them."""
    first, second = (disclosure.plan(one).protect(estimate.shares(one, "trives", "ja"))["estimate"].item()
                     for one in (heavy("ja", 3, 40), heavy("nej", 3, 40)))
    assert np.isnan(first)
    assert np.isnan(second)
    light = heavy("ja", 3, 5)
    assert not disclosure.plan(light).protect(estimate.shares(light, "trives", "ja"))["estimate"].isna().any()


def test_a_weighted_mean_does_not_tell_the_count_of_the_heaviest() -> None:
    one = heavy("ja", 9, 400)
    assert disclosure.plan(one).protect(estimate.means(one, "timer"))["estimate"].isna().all()
    light = heavy("ja", 9, 5)
    assert not disclosure.plan(light).protect(estimate.means(light, "timer"))["estimate"].isna().any()


# ---- Means of what nobody has little of


def measured(values: np.ndarray, groups: Sequence[str], high: int = 1_000_000) -> Survey:
    """A count of each respondent, in areas; collected, and without a frame of others."""
    item = QUESTIONNAIRE.items["pra_lange"]
    scale = replace(item.scale, high=high)
    instrument = replace(QUESTIONNAIRE, items={item.id: replace(item, scale=scale, part_of=())})
    frame = QUESTIONNAIRE_FRAME.sample(len(values), random_state=1).assign(fagomraade=list(groups))
    frame.index = pd.Index([f"p{place}" for place in range(len(values))], name=QUESTIONNAIRE.key)
    answers = pd.DataFrame({item.id: np.round(values).astype(int).astype(str)}, index=frame.index)
    return Survey(answers, frame, instrument, framed=False)


@pytest.mark.parametrize(("means", "spread"), [((165.7, 179.4), 7.0), ((30_200, 31_900), 4_000.0), ((52, 48), 9.0)])
def test_a_mean_is_rounded_by_its_spread_and_the_step_is_told_and_in_the_interval(
    means: tuple[float, float], spread: float
) -> None:
    rng = np.random.default_rng(1)
    groups = np.repeat(["social", "skole"], [150, 130])
    values = np.where(groups == "social", *means) + spread * rng.standard_normal(len(groups))
    survey = measured(values, groups)
    plan = disclosure.plan(survey)
    tables = [estimate.means(survey, "pra_lange", by) for by in (None, "fagomraade")]
    exact = pd.concat(tables, ignore_index=True)
    shown = pd.concat([plan.protect(table) for table in tables], ignore_index=True)
    there = ~shown["hidden"]
    assert set(shown.loc[there, "group"]) == {"", "social", "skole"}
    assert (np.abs(shown["estimate"] - exact["estimate"])[there] <= shown["step"][there] / 2 + 1e-9).all()
    assert (shown["step"][there] <= 1.26 * exact["se"][there] * 1.26).all()
    assert (shown["low"][there] <= exact["low"][there] + 1e-9).all()
    assert (shown["high"][there] >= exact["high"][there] - 1e-9).all()
    whole, low, high = shown.loc[there, "estimate"].iloc[0], *sorted(shown.loc[there, "estimate"].iloc[1:])
    assert low <= whole <= high, "the total lies between the groups"
    assert "trin på" in door.hidden_note(shown)


def test_a_mean_that_everybody_shares_is_hidden() -> None:
    survey = measured(np.full(60, 250_000), ["social"] * 60)
    assert disclosure.plan(survey).protect(estimate.means(survey, "pra_lange"))["hidden"].all()


def test_a_small_group_is_not_worked_out_from_the_means_of_the_others() -> None:
    rng = np.random.default_rng(3)
    groups = np.repeat(["social", "skole", "teknik"], [150, 130, 4])
    values = 170 + 7 * rng.standard_normal(len(groups))
    values[-4:] = 205
    survey = measured(values, groups)
    plan = disclosure.plan(survey)
    table = pd.concat([plan.protect(estimate.means(survey, "pra_lange", by)) for by in (None, "fagomraade")])
    cells = table.set_index("group")
    assert cells.at["teknik", "hidden"]
    if not cells.loc[["", "social", "skole"], "hidden"].any():
        size = {"": 284, "social": 150, "skole": 130}  # which he is told
        low, high = (cells["estimate"] + sign * cells["step"] / 2 for sign in (-1, 1))
        least = size[""] * low[""] - size["social"] * high["social"] - size["skole"] * high["skole"]
        most = size[""] * high[""] - size["social"] * low["social"] - size["skole"] * low["skole"]
        assert (most - least) / 4 > 7, "wider than one standard deviation of a respondent"


# ---- Those who know more, and editions side by side ------------------------------------------------------------------


@pytest.mark.slow
def test_one_who_subtracts_her_own_answer_cannot_work_out_how_many_others_gave_it() -> None:
    survey = collected(2, 100, 200, only("pol_fokus"))
    table, inside, there = released(disclosure.plan(survey), "pol_fokus"), groups(survey), survey.answered("pol_fokus")
    sizes = {name: float((who & there).sum()) for name, who in inside.items()}
    tried = 0
    for _, row in Attacker(survey, table, several=False).hidden().iterrows():
        gave = np.flatnonzero(inside[row["by"], row["group"]] & said(survey, "pol_fokus", row["answer"]))
        if len(gave) and tried < 4:
            attacker = Attacker(survey, table, several=False, sizes=sizes)
            own = np.zeros((len(attacker.size), attacker.width))
            own[attacker.stratum[survey.frame.index.get_loc(survey.answers.index[gave[0]])],
                attacker.codes.index(row["answer"])] = 1
            attacker.say(own.ravel(), 1, np.inf)
            low, high = attacker.interval(row)
            assert high - max(low, 1) >= min(5, sizes[row["by"], row["group"]] - 1) - 1e-4
            tried += 1
    assert tried == 4


def of_five(odd: int) -> Survey:
    """A group of exactly five, of whom all but one say a; and many others."""
    fin = ["1"] * 40 + ["2"] * 35 + ["3"] * 5
    frame = pd.DataFrame({"fin": fin, "grov": np.where(np.array(fin) > "2", "y", "x"),
                          "anden": ["p", "q"] * 35 + ["p"] * 10},
                         index=pd.Index([f"r{place:02}" for place in range(80)], name="id"))
    answers = pd.DataFrame({"en": ["a", "b"] * 30 + ["a"] * 15 + ["a"] * 5}, index=frame.index)
    answers.loc[f"r{75 + odd}", "en"] = "b"
    return Survey(answers, frame, replace(SMALL, items={"en": SMALL.items["en"]}))


def test_of_a_group_of_five_it_is_not_told_who_said_another_thing_than_the_others() -> None:
    def told(odd: int) -> pd.DataFrame:
        plan = disclosure.plan(of_five(odd))
        parts = [plan.protect(estimate.shares(plan.survey, "en", ["a", "b", "c"], by)) for by in (None, "fin", "grov")]
        return pd.concat(parts, ignore_index=True)

    first, *others = map(told, range(5))
    assert first.loc[first["group"].isin(["3", "y"]), "hidden"].all()
    for other in others:
        pd.testing.assert_frame_equal(other, first)


def test_editions_with_other_levels_of_confidence_show_the_same_numbers_and_errors() -> None:
    survey = collected(2, 100, 200, only("pol_fokus"))
    plans = [disclosure.plan(survey.having(level=level)) for level in (0.95, 0.5, 0.999)]
    usual, *others = (released(plan, "pol_fokus") for plan in plans)
    same = ["by", "group", "answer", "n", "estimate", "se", "hidden"]
    assert not usual["hidden"].all()
    for other in others:
        pd.testing.assert_frame_equal(other[same], usual[same])
