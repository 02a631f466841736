"""Who was not asked a question is in no base of it, is no nonrespondent, and is not filled in."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from civsam.files import UserError
from civsam.inference import compare, estimate, imputation, nonresponse, scales, waves, weighting
from civsam.instrument import routing
from civsam.instrument.conditions import Claim, Joined
from civsam.instrument.questionnaire import Background, Item, Questionnaire, Scale, Weighting
from civsam.survey.survey import Survey

YES = Scale("jn", "enkelt", {"ja": "Ja", "nej": "Nej"})
NUMBER = Scale("t", "antal", low=0, high=100)
TICKS = Scale("b", "flere", {"app": "App", "web": "Web"})
ITEMS = (
    Item("bruger", "a", YES, "Bruger", "Bruger?"),
    Item("timer", "a", NUMBER, "Timer", "Timer?", only_if=Claim("bruger", "er", "ja")),
    Item("glad", "a", YES, "Glad", "Glad?", only_if=Claim("timer", "over", "10")),
    Item("hvor", "a", TICKS, "Hvor", "Hvor?", only_if=Joined("og", (
        Claim("bruger", "er", "ja"), Claim("timer", "er", "0", holds=False)))),
    Item("alle", "a", YES, "Alle", "Alle?"),
)
STUDY = Questionnaire("T", "S", "Ved ikke", {"a": "A"}, {item.id: item for item in ITEMS},
                      background={"hold": Background("hold", "hold", {"a": "A", "b": "B", "c": "C"})},
                      weighting=Weighting(("hold",), ("hold",)))


def made(seed: int = 1, positions: int = 600, n: int = 400, yes: float = 0.7, blank: float = 0.1,
         study: Questionnaire = STUDY) -> Survey:
    """Respondents who were asked as the questionnaire says, some of whom left some blank."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"hold": rng.choice(list("abc"), positions)}, index=[f"p{at}" for at in range(positions)])
    answers = pd.DataFrame({
        "bruger": np.where(rng.random(n) < yes, "ja", "nej"), "timer": rng.integers(0, 30, n).astype(str),
        "glad": rng.choice(["ja", "nej"], n), "hvor": rng.choice(["app", "web", "app web"], n),
        "alle": rng.choice(["ja", "nej"], n)}, index=frame.index[:n])
    clean = routing.without(study, answers.astype("str"))
    return Survey(routing.without(study, clean.mask(rng.random(clean.shape) < blank, "")), frame, study)


SURVEY = made()
ANSWERS = SURVEY.answers
OPEN = replace(STUDY, items={name: replace(item, only_if=None) for name, item in STUDY.items.items()})


def test_item_nonresponse_is_of_those_who_were_asked() -> None:
    told = nonresponse.item_nonresponse(SURVEY).set_index("item")
    asked = ANSWERS["bruger"] != "nej"  # a blank may have been a yes
    assert told.loc["timer", ["asked", "answered", "missing"]].tolist() == [
        asked.sum(), (ANSWERS["timer"] != "").sum(), (asked & (ANSWERS["timer"] == "")).sum()]
    assert told.loc["timer", "missing_rate"] == pytest.approx(told.loc["timer", "missing"] / asked.sum())
    assert told.loc["alle", "asked"] == len(ANSWERS)
    hours = pd.to_numeric(ANSWERS["timer"], errors="coerce")
    passed = (ANSWERS["bruger"] == "nej") | (hours <= 10)
    assert told.loc["glad", "asked"] == (~passed).sum()


def test_an_estimate_is_of_a_domain_and_the_others_are_its_response() -> None:
    """As R's svymean of a subset: those who answered, by weights that count who was not asked as having responded."""
    survey = weighting.weighted(SURVEY)
    response = (ANSWERS["timer"] != "") | (ANSWERS["bruger"] == "nej")
    hold = SURVEY.background["hold"]
    weight = hold.map(SURVEY.frame["hold"].value_counts()) / hold.map(hold[response].value_counts())
    hours = pd.to_numeric(ANSWERS["timer"], errors="coerce")
    there = response & hours.notna()
    by_hand = (weight * hours)[there].sum() / weight[there].sum()
    found = estimate.means(survey, "timer")
    assert found["n"].item() == there.sum()
    assert found["estimate"].item() == pytest.approx(by_hand, abs=1e-9)
    open_ = estimate.means(weighting.weighted(SURVEY.having(questionnaire=OPEN, design=None)), "timer")
    assert abs(open_["estimate"].item() - by_hand) > 1e-6  # where they count as nonrespondents the weights are others
    total = estimate.totals(survey, "timer")["estimate"].item()
    assert total == pytest.approx((weight * hours)[there].sum(), rel=1e-9)
    assert total < 0.9 * estimate.totals(weighting.weighted(SURVEY.having(questionnaire=OPEN, design=None)),
                                         "timer")["estimate"].item()


def test_the_error_is_that_of_a_domain() -> None:
    """Linearised, stratified by response group, with the finite population correction of who responded."""
    survey = weighting.by_response_groups(SURVEY)
    response = ((ANSWERS["timer"] != "") | (ANSWERS["bruger"] == "nej")).to_numpy()
    hold, hours = SURVEY.background["hold"].to_numpy(), pd.to_numeric(ANSWERS["timer"], errors="coerce").to_numpy()
    size = SURVEY.frame["hold"].value_counts()
    there = response & ~np.isnan(hours)
    weight = np.array([size[code] / response[hold == code].sum() for code in hold])
    mean = np.average(hours[there], weights=weight[there])
    influence = np.where(there, weight * (np.nan_to_num(hours) - mean), 0) / weight[there].sum()
    variance = 0.0
    for code in "abc":
        own = influence[(hold == code) & response]
        variance += (1 - len(own) / size[code]) * len(own) * np.var(own, ddof=1)
    found = estimate.means(survey, "timer", interval="t")
    assert found["se"].item() == pytest.approx(variance**0.5, rel=1e-6)


def test_groups_by_a_routed_question_are_those_who_answered_it() -> None:
    table = estimate.means(SURVEY, "timer", by="glad")
    assert table["n"].sum() == ((ANSWERS["glad"] != "") & (ANSWERS["timer"] != "")).sum()
    assert len(compare.contrasts(SURVEY, "glad", "ja", "hold", "a")) == 2


def test_who_was_asked_too_little_for_an_index_is_not_its_nonrespondent() -> None:
    items = {**STUDY.items, "to": Item("to", "a", NUMBER, "To", "To?")}
    study = replace(STUDY, items=items)
    answers = ANSWERS.assign(to="3")
    survey = weighting.weighted(Survey(answers, SURVEY.frame, study))
    found = scales.index(survey, ["timer", "to"])
    assert found["n"].item() == (answers["timer"] != "").sum()
    hours = pd.to_numeric(answers["timer"], errors="coerce")
    response = (answers["timer"] != "") | (answers["bruger"] == "nej")
    hold = SURVEY.background["hold"]
    weight = hold.map(SURVEY.frame["hold"].value_counts()) / hold.map(hold[response].value_counts())
    there = hours.notna()
    by_hand = np.average((hours[there] + 3) / 2, weights=weight[there])
    assert found["estimate"].item() == pytest.approx(by_hand, abs=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_what_is_filled_in_is_what_would_have_been_asked(seed: int) -> None:
    """Nobody is given an answer to what he was not asked, nobody loses his own, and nobody asked stays blank."""
    survey = made(seed, blank=0.25)
    own = survey.answers
    for filled in imputation._impute(survey, 3, np.random.default_rng(seed)):
        answers = filled.answers
        given = own != ""
        assert (answers[given] == own[given]).sum().sum() == given.sum().sum()
        for name in STUDY.items:
            asked = filled.asked(name)
            assert (answers[name][~asked] == "").all()
            assert (answers[name][asked] != "").all(), name
        hours = pd.to_numeric(answers["timer"], errors="coerce")
        assert ((answers["timer"] != "") == (answers["bruger"] == "ja")).all()
        assert ((answers["glad"] != "") == (hours > 10)).all()


def test_a_question_is_the_same_in_two_waves_only_where_the_same_are_asked() -> None:
    old = made(2)
    changed = replace(STUDY, items=STUDY.items | {"glad": replace(STUDY.items["glad"],
                                                                  only_if=Claim("timer", "over", "20"))})
    assert [item.id for item in waves.shared(STUDY, STUDY)] == list(STUDY.items)
    assert [item.id for item in waves.shared(STUDY, changed)] == ["bruger", "timer", "hvor", "alle"]
    without = replace(STUDY, items={name: item for name, item in OPEN.items.items() if name != "timer"})
    assert [item.id for item in waves.shared(STUDY, without)] == ["bruger", "alle"]
    found = waves.changes(SURVEY, old, [("timer", None, False)])
    assert found["n_a"].item() == (ANSWERS["timer"] != "").sum()
    with pytest.raises(UserError, match="ikke de samme, der spørges"):
        waves.changes(SURVEY, made(2, study=changed), [("glad", "ja", False)])
