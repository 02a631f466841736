"""Crossed groups, conditions, questions as groups, means of scales: an attacker who reads them too learns no more."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

from civsam.disclosure import further, scored
from civsam.disclosure import plan as disclosure
from civsam.files import UserError
from civsam.inference import compare, estimate, scales, weighting
from civsam.instrument.questionnaire import Background, Item, Questionnaire, Scale
from civsam.survey.survey import LIMITS, Survey

GRADES = {"a": "A", "b": "B", "c": "C", "d": "D"}
ASKED = Questionnaire("Lille", "", "Ved ikke", {"b": "B"}, {
    "en": Item("en", "b", Scale("s", "enkelt", {"x": "X", "y": "Y"}), "En", "En?"),
    "grad": Item("grad", "b", Scale("g", "ordinal", GRADES), "Grad", "Grad?"),
    "mere": Item("mere", "b", Scale("g", "ordinal", GRADES), "Mere", "Mere?"),
    "timer": Item("timer", "b", Scale("n", "antal", low=0, high=99), "Timer", "Timer?"),
}, "id", {"p": Background("p", "p", {"p1": "1", "p2": "2"}), "q": Background("q", "q", {"q1": "1", "q2": "2"}),
          "r": Background("r", "r", {"r1": "1", "r2": "2", "r3": "3"})})


def survey(seed: int = 0, n: int = 300) -> Survey:
    """Respondents of all in the frame; some answers are rare, and r lies within p but for a few."""
    rng = np.random.default_rng(seed)
    p = rng.choice(["p1", "p2"], n)
    frame = pd.DataFrame({"p": p, "q": rng.choice(["q1", "q2"], n),
                          "r": np.where(p == "p1", "r1", rng.choice(["r2", "r3"], n))},
                         index=pd.Index([f"i{place}" for place in range(n)], name="id"))
    frame.iloc[:3, 2] = "r2"
    grades = [*GRADES, "ved_ikke"]
    answers = pd.DataFrame({
        "en": rng.choice(["x", "y", "ved_ikke"], n, p=[0.5, 0.33, 0.17]),
        "grad": rng.choice(grades, n, p=[0.01, 0.17, 0.4, 0.32, 0.1]),
        "mere": rng.choice(grades, n, p=[0.1, 0.2, 0.3, 0.37, 0.03]),
        "timer": rng.poisson(9, n).astype(str)}, index=frame.index)
    made = Survey(answers, frame, ASKED)
    return made.with_condition("ung", pd.Series(rng.random(n) < 0.4, frame.index), "Unge")


ONE = survey()
PLAN = disclosure.plan(ONE)


def inside(of: Survey, by: str, group: str) -> np.ndarray:
    if not by:
        return np.ones(len(of.answers), dtype=bool)
    known = of.background.assign(ung=np.where(of.data.conditions["ung"] == 0, "ja", "nej"), en=of.answers["en"])
    return np.logical_and.reduce([(known[name] == code).to_numpy() for name, code in zip(
        by.split("+"), group.split("+"), strict=True)])


def widths(plan: disclosure.Plan, item: str, splits: tuple[str | None, ...]) -> dict[tuple[str, str, str], float]:
    """How many respondents each hidden answer may have, most less least, for who reads all splits and mean scores.

    He knows who is in each group, be it by frame, condition or answer; unknown is how many of all that are alike in
    them gave each answer.
    """
    of = plan.survey
    codes, scores = [*GRADES, "ved_ikke"], np.array([1, 2, 3, 4, 0])
    if item == "en":
        codes, scores = ["x", "y", "ved_ikke"], np.zeros(3)
    tables = [plan.protect(estimate.shares(of, item, codes, by)) for by in splits]
    if item != "en":
        tables += [plan.protect(estimate.means(of, item, by, scores=True)) for by in splits]
    table = pd.concat(tables, ignore_index=True)
    members = {name: inside(of, *name) for name in dict.fromkeys(zip(table["by"], table["group"], strict=True))}
    alike = np.unique(np.array([*members.values()]), axis=1, return_inverse=True)[1].ravel()
    size = np.bincount(alike)
    rows, most = [], []
    for _, row in table[~table["hidden"]].iterrows():
        stratum = np.isin(np.arange(len(size)), alike[members[row["by"], row["group"]]]).astype(float)
        if row["statistic"] == "score":
            half = row["step"] / 2 + 1e-9
            for side in (1, -1):
                rows.append(side * np.kron(stratum, np.where(scores > 0, scores - row["estimate"] - side * half, 0)))
                most.append(0.0)
            continue
        vector = np.kron(stratum, np.array([code == row["answer"] for code in codes], dtype=float))
        n = stratum @ size
        for side, end in ((1, min((row["estimate"] + 2.5 / row["n"]) * n, n - plan.minimum)),
                          (-1, max((row["estimate"] - 2.5 / row["n"]) * n, plan.minimum))):
            rows.append(side * vector)
            most.append(side * end + 1e-7)
    found = {}
    equal = np.kron(np.eye(len(size)), np.ones(len(codes)))
    for (by, group), who in members.items():
        stratum = np.isin(np.arange(len(size)), alike[who]).astype(float)
        for place, code in enumerate(codes):
            cell = table[(table["by"] == by) & (table["group"] == group) & (table["answer"] == code)]
            if cell["hidden"].item():
                vector = np.kron(stratum, np.eye(len(codes))[place])
                ends = [linprog(side * vector, np.array(rows), most, equal, size) for side in (1, -1)]
                assert all(end.status == 0 for end in ends)
                found[by, group, code] = -ends[1].fun - ends[0].fun - min(plan.minimum + 1, who.sum())
    return found


@pytest.mark.parametrize(("item", "more"), [("grad", ("p+q", "q+r")), ("grad", ("p+q", "ung")), ("mere", ("en",))])
def test_who_reads_crossed_groups_and_means_of_scales_works_out_no_hidden_answer(
    item: str, more: tuple[str, ...]
) -> None:
    found = widths(PLAN, item, (None, "p", "q", "r", *more))
    assert len(found) > 20
    assert min(found.values()) >= -1e-4


def test_without_the_step_that_hides_he_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scored.Scored, "protect", lambda self: False)
    assert min(widths(disclosure.plan(ONE), "grad", (None, "p", "q", "r", "p+q", "ung")).values()) < -1


def test_much_of_what_is_asked_for_is_shown_near_the_truth() -> None:
    for item, by in (("en", "p+q"), ("en", "ung"), ("grad", "en")):
        exact = estimate.shares(ONE, item, None, by)
        shown = PLAN.protect(exact)
        there = ~shown["hidden"]
        assert there.any()
        assert (abs(shown["estimate"] - exact["estimate"])[there] <= 2.5 / shown["n"][there] + 1e-9).all()
    whole, split = (PLAN.protect(estimate.means(ONE, "grad", by, scores=True)) for by in (None, "p"))
    exact = estimate.means(ONE, "grad", scores=True)
    assert abs(whole["estimate"] - exact["estimate"]).item() <= whole["step"].item() / 2 + 1e-9
    assert (whole["low"] < exact["low"]).item()
    assert not split["hidden"].all()


def test_either_order_of_two_variables_tells_the_same() -> None:
    one, other = (PLAN.protect(estimate.shares(ONE, "en", "x", by)).set_index("group")
                  for by in (["p", "q"], ["q", "p"]))
    for p, q in (("p1", "q1"), ("p2", "q1"), ("p1", "q2")):
        pd.testing.assert_series_equal(one.loc[f"{p}+{q}", ["n", "estimate"]], other.loc[f"{q}+{p}", ["n", "estimate"]],
                                       check_names=False)


def test_nothing_of_the_plan_is_changed_by_what_is_asked_for_beside_it() -> None:
    PLAN.protect(estimate.shares(ONE, "grad", by=["p", "q"]))
    plain = disclosure.plan(ONE).cells
    assert {name: cell.shown for name, cell in PLAN.cells.items() if not cell.hidden} == {
        name: cell.shown for name, cell in plain.items() if not cell.hidden}


def test_what_is_shown_with_a_higher_minimum_is_a_part_of_what_is_shown_with_a_lower_one() -> None:
    less, more = PLAN.further, disclosure.plan(ONE, LIMITS[1]).further
    for make in (lambda: estimate.shares(ONE, "en", "x", ["p", "q"]), lambda: estimate.shares(ONE, "en", None, "ung"),
                 lambda: estimate.means(ONE, "mere", "p", scores=True)):
        row = make().iloc[0]
        key = disclosure.key_of(row["statistic"], row["item"], row["answer"])
        for group in make()["group"]:
            one, other = (each.cell(key, row["by"], group) for each in (less, more))
            if other is not None and not other.hidden:
                assert one is not None
                assert one.shown == other.shown


@pytest.mark.parametrize(("by", "item"), [(["p", "q", "r"], "en"), (["ung", "p"], "en"), ("grad", "en"), ("en", "en"),
                                          (["p", "en"], "grad")])
def test_groups_that_nothing_is_worked_out_of_say_what_can_be_shown(by: str | list[str], item: str) -> None:
    with pytest.raises(UserError, match=r"vises ikke.*Del op efter en baggrundsvariabel, to krydsede.* 20 svar"):
        PLAN.protect(estimate.shares(ONE, item, by=by))


def test_a_condition_of_a_hidden_answer_or_all_but_a_few_of_a_group_is_closed() -> None:
    said = ONE.answers["grad"]
    hidden = ONE.with_condition("faa", said.isin(["b", "c", "d", "ved_ikke"]))  # but those of a rare answer
    few = ONE.with_condition("naesten", (first := ONE.background["p"] == "p1") & (first.cumsum() > 2))
    for one, by in ((hidden, "faa"), (few, "naesten")):
        table = disclosure.plan(one).protect(estimate.shares(one, "en", "x", by))
        assert table["hidden"].all()
        assert table["n"].isna().all()


def test_a_group_of_an_answer_that_is_hidden_is_not_counted() -> None:
    table = PLAN.protect(estimate.shares(ONE, "mere", "d", "grad")).set_index("group")
    assert np.isnan(table.loc["a", "n"])
    assert (table["n"].dropna() % 5 == 0).all()


def test_spread_is_told_by_preferred_numbers_and_an_index_by_what_its_items_are_told_by() -> None:
    for root in (True, False):
        exact = estimate.variances(ONE, "timer", root=root)
        shown = PLAN.protect(exact)
        assert 0.88 < (shown["estimate"] / exact["estimate"]).item() ** (1 if root else 0.5) < 1.13
        assert shown[["se", "low", "high"]].isna().all(axis=None)
    exact = scales.index(ONE, ["grad", "mere"], reverse=["mere"])
    shown, (one, two) = PLAN.protect(exact), (PLAN.middle(item, "", "") for item in ("grad", "mere"))
    assert abs(shown["estimate"] - exact["estimate"]).item() <= shown["step"].item()
    from_items = (one.shown + 5 - two.shown) / 2
    moves = (shown["estimate"].item() - from_items) / shown["step"].item()
    assert moves == pytest.approx(round(moves), abs=1e-6)
    assert shown["low"].item() < exact["estimate"].item() < shown["high"].item()
    assert PLAN.protect(scales.index(ONE, ["grad", "mere"], "r"))["hidden"].any()


def test_a_heavy_or_odd_respondent_is_not_told_by_a_spread_or_a_mean_of_a_scale() -> None:
    told = ONE.answers.assign(timer=["99", *["1"] * (len(ONE.answers) - 1)])
    odd = ONE.having(answers=told, design=None)
    assert disclosure.plan(odd).protect(estimate.variances(odd, "timer"))["hidden"].all()
    alike = ONE.having(answers=ONE.answers.assign(grad=["a", *["c"] * (len(told) - 1)]), design=None)
    assert disclosure.plan(alike).protect(estimate.means(alike, "grad", scores=True))["hidden"].all()


def test_contrasts_and_tests_of_crossed_groups_are_made_of_what_is_shown() -> None:
    table = PLAN.protect(compare.contrasts(ONE, "en", "x", ["p", "q"]))
    groups = PLAN.protect(estimate.shares(ONE, "en", "x", ["p", "q"])).set_index("group")["estimate"]
    for _, row in table[~table["hidden"]].iterrows():
        assert row["estimate"] == pytest.approx(groups[row["a"]] - groups[row["b"]])
    assert (~table["hidden"]).any()
    test = PLAN.protect(compare.independence(weighting.for_process(ONE), "en", ["p", "q"]))
    assert not test["hidden"].any()
    assert set(test["p"]) <= {0.001, 0.01, 0.05, 0.1, 0.2, 0.5, 1.0}


def test_pairs_with_a_small_group_are_not_crossed() -> None:
    small = ONE.background.groupby(["p", "r"]).size()
    assert (("p", "r") in further.pairs(ONE, 5)) == (small[small > 0].min() >= 20)
    assert ("p", "q") in further.pairs(ONE, 5)
    assert not further.pairs(ONE, 50)
    twins = replace(ASKED.background["p"], id="s")
    more = ONE.having(frame=ONE.frame.assign(s=ONE.frame["p"]),
                      questionnaire=replace(ASKED, background=ASKED.background | {"s": twins}), design=None)
    assert ("p", "s") in further.pairs(more, 5)  # the groups that nobody is in are no groups
