"""How many answered what comes after an answer tells of no hidden answer, and routing hides nothing else."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

from civsam.disclosure import plan as disclosure
from civsam.disclosure import routes
from civsam.inference import compare, estimate, nonresponse
from civsam.instrument.conditions import Claim, Condition, Joined
from civsam.instrument.questionnaire import Background, Item, Questionnaire, Scale
from civsam.survey.survey import Survey

THREE = Scale("tre", "enkelt", {"ja": "Ja", "nej": "Nej", "delvist": "Delvist"}, dont_know=False)
YES = Scale("jn", "enkelt", {"ja": "Ja", "nej": "Nej"}, dont_know=False)
NUMBER = Scale("t", "antal", low=0, high=100, dont_know=False)
TICKS = Scale("b", "flere", {"app": "App", "web": "Web", "tlf": "Telefon"}, dont_know=False)
HOLD = {"hold": Background("hold", "hold", {"a": "A", "b": "B"})}


def study(after: Condition | None, source: Scale = YES) -> Questionnaire:
    items = (Item("foer", "a", source, "Før", "Før?", dont_know=False),
             Item("efter", "a", YES, "Efter", "Efter?", dont_know=False, only_if=after),
             Item("tal", "a", NUMBER, "Tal", "Tal?", dont_know=False, only_if=after))
    return Questionnaire("T", "S", "Ved ikke", {"a": "A"}, {item.id: item for item in items}, background=HOLD)


def survey(
    given: dict[str, int], asked: set[str], after: Condition | None, source: Scale = YES, blank: int = 0
) -> Survey:
    """So many of group a gave each answer, and of group b twice as many; blank: of those asked, in each group, who left
    it blank.
    """
    rows = [(hold, answer) for hold, times in (("a", 1), ("b", 2)) for answer, n in given.items()
            for _ in range(times * n)]
    table = pd.DataFrame(rows, columns=["hold", "foer"])
    there = table["foer"].isin(asked)
    place = there.groupby(table["hold"]).cumsum()
    there &= place > blank
    table = table.assign(efter=np.where(there, np.where(table.index % 2, "ja", "nej"), ""),
                         tal=np.where(there, (table.index % 7).astype(str), ""))
    return Survey(table[["foer", "efter", "tal"]].astype("str"), table[["hold"]], study(after, source), framed=False)


def shown(plan: disclosure.Plan, by: str | None = None) -> list[bool]:
    """Where anything is told of what comes after: everybody, or each group."""
    table = pd.concat([estimate.shares(plan.survey, "efter", by=by), estimate.means(plan.survey, "tal", by=by)])
    made = plan.protect(table)
    told = made[["n", "estimate"]].notna().any(axis=1).groupby(made["group"], sort=False).any()
    return told.tolist()


IS = Claim("foer", "er", "ja")


def test_an_answer_of_a_few_is_not_told_by_how_many_were_led_past() -> None:
    """98 of 100 in a said yes, and went on: about 100 who answered what follows tell that hardly any said no."""
    plan = disclosure.plan(survey({"ja": 98, "nej": 2}, {"ja"}, IS))
    assert shown(plan, "hold") == [False, True]  # of b there were four: at most seven
    assert shown(plan) == [True]
    assert plan.cell("share", "foer", "nej", "hold", "a").hidden
    assert plan.cell("mean", "tal", "", "hold", "a").hidden
    assert plan.cell("share", "efter", "ja", "hold", "a").hidden
    told = plan.protect(compare.contrasts(plan.survey, "tal", None, "hold", "a"))
    assert told[["n_a", "n_b", "estimate"]].isna().all(axis=None)
    open_ = disclosure.plan(survey({"ja": 98, "nej": 2}, {"ja"}, IS, blank=20))
    assert shown(open_, "hold") == [True, True]  # it may as well be a blank


def test_the_bounds_are_what_hides_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "bounds", lambda *_: iter(()))
    assert shown(disclosure.plan(survey({"ja": 98, "nej": 2}, {"ja"}, IS)), "hold") == [True, True]
    assert shown(disclosure.plan(survey({"ja": 100, "nej": 0}, {"ja"}, IS))) == [True]


def test_where_many_were_led_past_nothing_more_is_hidden() -> None:
    routed = disclosure.plan(survey({"ja": 60, "nej": 40}, {"ja"}, IS))
    plain = disclosure.plan(survey({"ja": 60, "nej": 40}, {"ja"}, None))
    for made in (estimate.shares, estimate.means):
        item = "efter" if made is estimate.shares else "tal"
        for by in (None, "hold"):
            one, other = (plan.protect(made(plan.survey, item, by=by)) for plan in (routed, plain))
            pd.testing.assert_frame_equal(one, other)


def test_a_group_that_nobody_was_asked_in_hides_nothing_of_the_others() -> None:
    """Nobody in c was asked: a zero of the routing, and no small group."""
    made = survey({"ja": 60, "nej": 40}, {"ja"}, IS)
    third = pd.DataFrame({"foer": "nej", "efter": "", "tal": ""}, index=[*range(1000, 1040)], dtype="str")
    frame = pd.concat([made.frame, pd.DataFrame({"hold": "c"}, index=third.index)])
    asked = replace(made.questionnaire, background={"hold": Background("hold", "hold", {"a": "A", "b": "B", "c": "C"})})
    plan = disclosure.plan(Survey(pd.concat([made.answers, third]), frame, asked, framed=False))
    assert shown(plan, "hold") == [True, True, False]


@pytest.mark.parametrize(("after", "source", "asked", "few"), [
    (Claim("foer", "er", "ja", holds=False), YES, {"nej"}, "ja"),
    (Joined("eller", (IS, Claim("foer", "er", "delvist"))), THREE, {"ja", "delvist"}, "nej"),
    (Claim("foer", "kryds", "app"), TICKS, {"app", "app web"}, "web"),
    (Claim("foer", "kryds", "app", holds=False), TICKS, {"web"}, "app"),
    (Claim("foer", "over", "3"), NUMBER, {"9"}, "1"),
    (Joined("og", (Claim("foer", "over", "3"), Claim("foer", "under", "50"))), NUMBER, {"9"}, "1"),
])
def test_every_kind_of_condition_is_held_back(after: Condition, source: Scale, asked: set[str], few: str) -> None:
    parts = sorted(asked)
    many = {part: 96 // len(parts) for part in parts}
    assert shown(disclosure.plan(survey(many | {few: 0}, asked, after, source))) == [False]
    assert shown(disclosure.plan(survey(many | {few: 0}, asked, after, source)), "hold") == [False, False]
    assert shown(disclosure.plan(survey(many | {few: 2}, asked, after, source)), "hold") == [False, True]
    assert shown(disclosure.plan(survey(many | {few: 30}, asked, after, source)), "hold") == [True, True]


def widths(plan: disclosure.Plan) -> dict[tuple[str, str], float]:
    """How far each hidden share of `foer` can go, in respondents, for one who knows all bases and reads the rest."""
    own, codes = plan.survey, [*plan.survey.questionnaire.items["foer"].scale.answers]
    groups = [("", "", np.ones(len(own.answers), dtype=bool)),
              *(("hold", code, own.frame["hold"].to_numpy() == code) for code in "ab")]
    place = {(group[1], code): at for at, (group, code) in enumerate((g, c) for g in groups for c in codes)}
    equal, right, above, most = [], [], [], []

    def row(values: dict[tuple[str, str], float]) -> np.ndarray:
        made = np.zeros(len(place))
        for key, value in values.items():
            made[place[key]] = value
        return made

    for by, group, there in groups:
        n = there.sum()
        equal, right = [*equal, row({(group, code): 1.0 for code in codes})], [*right, n]
        for code in codes:
            cell = plan.cell("share", "foer", code, by, group)
            if not cell.hidden:
                above += [row({(group, code): 1.0}), row({(group, code): -1.0})]
                most += [(cell.shown + cell.step / 2) * n, -(cell.shown - cell.step / 2) * n]
        if plan.protect(estimate.means(own, "tal", by=by or None))["n"].notna().to_numpy()[max("ab".find(group), 0)
                                                                                           if group else 0]:
            said = (there & (own.answers["tal"] != "").to_numpy()).sum()
            above, most = [*above, row({(group, "ja"): -1.0})], [*most, 2.5 - 5 * np.floor(said / 5 + 0.5)]
    for code in codes:
        equal, right = [*equal, row({("", code): -1.0, ("a", code): 1.0, ("b", code): 1.0})], [*right, 0.0]
    found = {}
    for (group, code), at in place.items():
        if plan.cell("share", "foer", code, "hold" if group else "", group).hidden:
            aim = np.eye(len(place))[at]
            limits = (np.array(above).reshape(-1, len(place)), np.array(most), np.array(equal), np.array(right))
            ends = [sign * linprog(sign * aim, *limits, bounds=(0, None)).fun for sign in (1, -1)]
            found[group, code] = ends[1] - ends[0]
    return found


@pytest.mark.parametrize("minimum", [5, 10, 20])
@pytest.mark.parametrize("given", [{"ja": 97, "nej": 3, "delvist": 0}, {"ja": 70, "nej": 28, "delvist": 2},
                                   {"ja": 50, "nej": 46, "delvist": 4}, {"ja": 40, "nej": 12, "delvist": 7}])
def test_an_attacker_who_knows_every_base_learns_nothing_that_is_hidden(given: dict[str, int], minimum: int) -> None:
    plan = disclosure.plan(survey(given, {"ja"}, IS, THREE, blank=1), minimum)
    for (group, _), width in widths(plan).items():
        n = len(plan.survey.answers) if not group else (plan.survey.frame["hold"] == group).sum()
        assert width >= min(minimum + 1, n) - 1e-6, group


def test_editions_with_a_higher_minimum_show_a_part_of_what_others_do() -> None:
    made = survey({"ja": 60, "nej": 12, "delvist": 7}, {"ja"}, IS, THREE, blank=3)
    before: set[object] = set()
    for minimum in (50, 20, 10, 5):
        told = {name for name, cell in disclosure.plan(made, minimum).cells.items() if not cell.hidden}
        assert before <= told
        before = told


def test_how_many_were_asked_is_told_where_the_answer_itself_is() -> None:
    many = disclosure.plan(survey({"ja": 60, "nej": 40}, {"ja"}, IS, blank=20))
    told = many.protect(nonresponse.item_nonresponse(many.survey)).set_index("item")
    assert told.loc["efter", ["asked", "answered", "missing"]].tolist() == [180, 140, 40]
    assert many.base("efter")[2] == 40
    hidden = disclosure.plan(survey({"ja": 99, "nej": 1}, {"ja"}, IS, blank=20))
    assert hidden.cell("share", "foer", "ja").hidden
    row = hidden.protect(nonresponse.item_nonresponse(hidden.survey)).set_index("item").loc["efter"]
    assert row["answered"] in (255, 260)
    assert row[["asked", "missing", "missing_rate"]].isna().all()
    assert np.isnan(hidden.base("efter")[2])
