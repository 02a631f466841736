"""Strata with a single cluster: refused, or what they add as R `survey`'s options.lonely.psu has it."""

import re

import numpy as np
import pandas as pd
import pytest

from civsam.files import UserError
from civsam.inference import compare, estimate, replicates, settled, waves, weighting
from civsam.inference.variance import covariance, grouped_covariance
from civsam.survey.design import Design, Stage
from civsam.survey.survey import Survey

# R 4.2.2, survey 4.1.1, with options(survey.lonely.psu = "certainty") and so on:
#   one <- svydesign(id = ~c, strata = ~h, weights = ~w, data = ONE), and with fpc = ~N
#   two <- svydesign(id = ~c1 + e, strata = ~h + s2, fpc = ~N1 + N2, data = TWO, nest = TRUE)
#   SE(svymean(~y, d)), SE(svytotal(~y, d)), SE(svyby(~y, ~g, d, svymean)), SE(svyby(~y, ~g, d, svytotal))
ONE = pd.DataFrame({
    "h": [1, 1, 1, 2, 2, 3, 4, 4, 4, 5], "c": range(1, 11), "w": [3, 3, 3, 5, 5, 7, 2, 2, 2, 4],
    "N": [9, 9, 9, 10, 10, 7, 6, 6, 6, 4], "y": [2, 5, 3, 8, 6, 9, 1, 4, 2, 7], "g": list("abaababbab")})
TWO = pd.DataFrame({
    "h": [1] * 8 + [2, 2, 3, 3], "c1": [1, 1, 1, 2, 2, 3, 3, 3, 4, 4, 5, 5], "s2": [1, 1, 2] + [1] * 9,
    "e": range(1, 13), "N1": [12] * 8 + [4, 4, 9, 9], "N2": [4, 4, 3, 5, 5, 6, 6, 6, 3, 3, 4, 4],
    "y": [2, 5, 3, 8, 6, 9, 1, 4, 2, 7, 5, 8], "g": list("abaababbabaa")})
DESIGNS = {
    "one": (ONE, {"weight": "w", "strata": "h", "cluster": "c"}),
    "fpc": (ONE, {"weight": "w", "strata": "h", "population": "N"}),
    "two": (TWO, {"strata": ["h", "s2"], "cluster": ["c1", "e"], "population": ["N1", "N2"]}),
}
BY_R = {
    ("one", "certainty"): [0.3838965267, 13.82027496, 0.8379737466, 0.5329419289, 40.9756025, 34.3074336],
    ("one", "adjust"): [0.7625896952, 70.31358332, 1.316216168, 0.6995351065, 75.15317691, 44.28317965],
    ("one", "average"): [0.4956082849, 17.84189825, 0.9676087364, 0.6153883323, 47.31455026, 39.61481204],
    ("fpc", "certainty"): [0.3239417719, 11.66190379, 0.6857113095, 0.4019453428, 36.46916506, 29.93325909],
    ("fpc", "adjust"): [0.6890764754, 64.23394741, 1.16329274, 0.5617399379, 68.78953409, 38.52272057],
    ("fpc", "average"): [0.4182070293, 15.05545305, 0.7917912183, 0.4641265037, 42.11096453, 34.56395039],
    ("two", "certainty"): [0.6091182151, 45.48626166, 0.9697864919, 0.9744172938, 47.77028365, 35.93048845],
    ("two", "adjust"): [0.7111154514, 230.5298245, 1.076835733, 1.025076217, 226.4464617, 51.12729212],
    ("two", "average"): [1.006171236, 68.9710084, 1.639259104, 1.346193708, 57.00877125, 39.88734135],
}
WAYS = ("certainty", "adjust", "average")


def survey_of(name: str, lonely: str, table: pd.DataFrame | None = None, **more: object) -> Survey:
    data, columns = DESIGNS[name]
    return Survey.of(data if table is None else table, **{**columns, **more}, background="g", lonely=lonely)


@pytest.mark.parametrize(("name", "lonely"), BY_R)
def test_errors_are_those_of_r(name: str, lonely: str) -> None:
    survey = survey_of(name, lonely)
    found = [estimate.means(survey, "y")["se"], estimate.totals(survey, "y")["se"],
             estimate.means(survey, "y", by="g")["se"], estimate.totals(survey, "y", by="g")["se"]]
    np.testing.assert_allclose(np.concatenate(found), BY_R[name, lonely], rtol=1e-8)


# p <- postStratify(one, ~g, data.frame(g = c("a", "b"), Freq = c(20, 16))); SE(svymean(~y, p)), SE(svytotal(~y, p))
@pytest.mark.parametrize(("lonely", "known"), [
    ("certainty", [0.3686221399, 13.27039704]), ("adjust", [0.7031432611, 25.3131574]),
    ("average", [0.4758891363, 17.13200891])])
def test_calibrated_weights_keep_what_is_done_about_them(lonely: str, known: list[float]) -> None:
    raked = weighting.poststratify(survey_of("one", lonely), "g", {"a": 20, "b": 16})
    found = [make(raked, "y", interval="t")["se"].item() for make in (estimate.means, estimate.totals)]
    np.testing.assert_allclose(found, known, rtol=1e-8)


def test_a_jackknife_leaves_certain_clusters_alone_and_no_replicates_do_more() -> None:
    certain = survey_of("one", "certainty")
    made = replicates.jackknife(certain.design)
    # as.svrepdesign(one, type = "JKn") with certainty: SE(svymean(~y, d)), SE(svytotal(~y, d))
    errors = [replicates.replicated(certain, made, "mean", "y")["se"].item(), np.sqrt(replicates.covariance(
        made, lambda w: w @ certain.number("y"), certain.design.weights @ certain.number("y")).item())]
    np.testing.assert_allclose(errors, [0.3838965267, 13.82027496], rtol=1e-8)
    drawn = replicates.bootstrap(certain.design, 50).matrix()
    assert (drawn[[5, 9]] == certain.design.weights[[5, 9]][:, None]).all()
    assert (drawn[0] != drawn[0, 0]).any()
    for lonely in ("adjust", "average"):
        for make in (replicates.jackknife, replicates.bootstrap):
            with pytest.raises(ValueError, match=f"lonely='{lonely}'.*use lonely='certainty'"):
                make(survey_of("one", lonely).design)


@pytest.mark.parametrize("lonely", WAYS)
@pytest.mark.parametrize("name", DESIGNS)
def test_one_variance_however_it_is_reckoned(name: str, lonely: str) -> None:
    """By group in one go, column by column, and as differences: a variance of what is added is never below 0."""
    survey = survey_of(name, lonely)
    influence, group = survey.design.weights * (survey.number("y") - 4.5), survey.group("g")
    columns = np.where(group[:, None] == np.arange(2), influence[:, None], 0.0)
    short = grouped_covariance(influence, group, 2, survey.design)
    np.testing.assert_allclose(short, covariance(columns, survey.design), rtol=1e-10)
    assert np.linalg.eigvalsh(short).min() > 0
    pair = compare.contrasts(survey, "y", None, "g", "a")["se"].item()
    low, high = np.sort(estimate.means(survey, "y", by="g")["se"])
    assert high - low < pair
    assert pair < high + low or lonely == "average"  # a difference has rows in more strata, and so another average


@pytest.mark.parametrize("lonely", WAYS)
def test_it_follows_the_survey_where_some_left_a_question_blank_and_into_another_order(lonely: str) -> None:
    table = ONE.assign(y=[2, None, 3, 8, 6, 9, 1, 4, 2, 7])
    blank = survey_of("fpc", lonely, table)
    assert blank.among(blank.answered("y")).design.lonely == lonely
    assert estimate.means(blank, "y")["se"].item() > 0
    survey = survey_of("one", lonely)
    back = survey_of("one", lonely, ONE.iloc[::-1])
    assert settled.in_order(back).design.lonely == lonely
    assert estimate.means(settled.in_order(back), "y")["se"].item() == estimate.means(survey, "y")["se"].item()


def test_waves_with_the_same_are_held_together_and_others_not() -> None:
    same = [survey_of("one", "certainty") for _ in range(2)]
    assert waves.stacked(*same).design.lonely == "certainty"
    with pytest.raises(UserError, match="den ene bølge har lonely='certainty', den anden 'adjust'"):
        waves.stacked(same[0], survey_of("one", "adjust"))


def test_a_group_within_strata_that_are_alone_has_no_known_average() -> None:
    table = ONE.assign(g=np.where(ONE["h"].isin([3, 5]), "alene", "andre"))
    errors = {lonely: estimate.means(survey_of("one", lonely, table), "y", by="g").set_index("group")["se"]
              for lonely in WAYS}
    assert np.isnan(errors["average"]["alene"])
    assert errors["adjust"]["alene"] > 0
    # the others are in no such stratum, so that nothing is added
    assert errors["average"]["andre"] == pytest.approx(errors["certainty"]["andre"])


# ---- What is told and refused ----------------------------------------------------------------------------------------


def test_it_is_told_how_many_there_are() -> None:
    assert "strata med én klynge: 2 (certainty: de giver ingen usikkerhed)" in survey_of("one", "certainty").understood
    assert "strata med én klynge: 3 (average: " in survey_of("two", "average").understood
    assert "én klynge" not in Survey.of(ONE, weight="w", cluster="c").understood
    paired = ONE.assign(h=[1, 1, 1, 2, 2, 2, 4, 4, 4, 4])
    assert "strata med én klynge: 0 (" in survey_of("one", "adjust", paired).understood


APART = ONE.assign(h=range(10))


@pytest.mark.parametrize(("table", "told", "message"), [
    (ONE, {"strata": "h"}, "rækken »5« er den eneste klynge i sit stratum.*lonely='certainty': de giver ingen"),
    (ONE, {"strata": "h", "lonely": "remove"}, "lonely er 'remove', og skal være et af fail, certainty, adjust, av"),
    (ONE, {"weight": "w", "lonely": "adjust"}, "her er der ingen strata eller klynger. Udelad lonely"),
    (ONE, {"strata": "h", "replicates": ["w", "N"], "kind": "BRR", "lonely": "adjust"}, "her er der replikatvægte"),
    (APART, {"strata": "h", "lonely": "certainty"}, "rækken »0« .* lonely='certainty' hjælper ikke: intet andet stra"),
    (APART, {"strata": "h", "lonely": "average"}, "lonely='average' hjælper ikke"),
    (ONE.assign(c=1), {"cluster": "c", "lonely": "adjust"}, "rækken »0« .* lonely='adjust' hjælper ikke"),
    # within the fifth cluster no stratum has two; R's average is NaN
    (TWO.assign(s2=[1, 1, 2, *[1] * 8, 2]), {**DESIGNS["two"][1], "lonely": "average"}, "rækken »10« .* hjælper ikke"),
])
def test_what_cannot_be_is_refused(table: pd.DataFrame, told: dict, message: str) -> None:
    with pytest.raises(UserError, match=message):
        Survey.of(table, **told, background="g")


def test_each_stratum_alone_is_held_against_all() -> None:
    """One cluster from each stratum: adjust makes of it a sample of clusters, but for m / (m - 1)."""
    apart, together = (Survey.of(ONE, weight="w", cluster="c"), survey_of("one", "adjust", APART))
    squares = [estimate.means(survey, "y")["se"].item() ** 2 for survey in (apart, together)]
    assert squares[0] == pytest.approx(squares[1] * 10 / 9)


def test_a_design_made_by_hand() -> None:
    stage = Stage(np.array([0, 0, 1]), np.arange(3), np.full(3, np.inf))
    with pytest.raises(ValueError, match=re.escape("choose what it adds with lonely='certainty' or 'adjust' or")):
        covariance(np.ones((3, 1)), Design(np.ones(3), (stage,), "process"))
    with pytest.raises(ValueError, match="must be one of fail, certainty, adjust, average, not 'remove'"):
        Design(np.ones(3), (stage,), "process", lonely="remove")
    alone = Stage(np.arange(3), np.arange(3), np.full(3, np.inf))
    with pytest.raises(ValueError, match="no other stratum to go by"):
        covariance(np.ones((3, 1)), Design(np.ones(3), (alone,), "process", lonely="certainty"))
