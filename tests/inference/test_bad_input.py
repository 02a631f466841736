"""What the statistics are given that they can make nothing of: the message names it and says what to do."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import opened
import pandas as pd
import pytest

from civsam.files import PACKAGE, UserError
from civsam.inference import compare, estimate, models, nonresponse, ordinal, scales, weighting
from civsam.inference.equations import measure
from civsam.inference.model import regression
from civsam.pages import show
from civsam.study import show as study
from civsam.survey.design import Design, Stage
from civsam.survey.survey import Survey
from civsam.teaching import opgave

EDITION = opened.edition()
SURVEY, PROCESS, RAW = EDITION.survey, EDITION.process, EDITION.raw
COUNTS = ["pra_lange", "pra_korte"]
FOCUS, COUNT = measure(PROCESS, "pol_fokus", "ja"), measure(PROCESS, "pra_lange")
ORDERED = "vae_omkostning"
ANSWERS = SURVEY.answers
LEAST = next(iter(SURVEY.item(ORDERED).scale.answers))
FLAT = PROCESS.having(answers=ANSWERS.assign(**{
    ORDERED: ANSWERS[ORDERED].where(ANSWERS[ORDERED] == "", LEAST),
    "pra_lange": ANSWERS["pra_lange"].where(ANSWERS["pra_lange"] == "", "3"), "pra_tvaers": "", "pra_korte": "",
}))
HALF = np.arange(len(ANSWERS)) % 2
BLUE = (SURVEY.background["blok"] == "blaa").to_numpy(float)
PAIRS = compare.contrasts(PROCESS, "pol_fokus", "ja", "region")
SHARES = estimate.shares(SURVEY, "pol_fokus", "ja")
SIZES = {name: SURVEY.frame.groupby(name).size().to_dict() for name in ("blok", "region")}


@pytest.mark.parametrize("ask", [
    lambda: estimate.shares(SURVEY, ["pol_fokus"], "ja"),
    lambda: compare.contrasts(PROCESS, "pol_fokus", ["ja"], "blok"),
    lambda: compare.contrasts(PROCESS, "pol_fokus", "ja", "blok", ["roed"]),
    lambda: compare.contrasts(PROCESS, "pol_fokus", "ja", [["blok"]]),
    lambda: compare.slope(PROCESS, "pol_fokus", "ja", ["udgiftspres"]),
    lambda: compare.detectable(SURVEY, "pol_fokus", "ja", ["blok"], [0.2], 5, icc=0),
    lambda: weighting.response_rates(SURVEY, ["blok"]),
    lambda: weighting.poststratify(RAW, ["blok"]),
    lambda: models.regression(PROCESS, FOCUS, [["blok"]], "linear"),
    lambda: nonresponse.response_tests(SURVEY, [["blok"]]),
])
def test_a_list_where_one_name_is_meant(ask: Callable[[], Any]) -> None:
    with pytest.raises(UserError, match=r"\[.*\] er en liste"):
        ask()


@pytest.mark.parametrize("variables", ["blok", ["blok", "blok"]])
@pytest.mark.parametrize("ask", [
    lambda variables: models.regression(PROCESS, FOCUS, variables, "linear"),
    lambda variables: ordinal.ordinal(PROCESS, ORDERED, variables),
    lambda variables: nonresponse.response_tests(SURVEY, variables),
    lambda variables: nonresponse.response_model(SURVEY, variables),
    lambda variables: nonresponse.r_indicator(SURVEY, variables),
])
def test_one_name_where_a_list_is_meant_or_a_name_twice(ask: Callable[[Any], Any], variables: str | list[str]) -> None:
    told = "»blok« er med to gange" if isinstance(variables, list) else r"»blok« er ét navn.*Skriv \[\"blok\"\]"
    with pytest.raises(UserError, match=told):
        ask(variables)


@pytest.mark.parametrize(("ask", "told"), [
    (lambda: estimate.totals(SURVEY, "pra_lange", "ja"), "»ja« er ikke en svarkode i pra_lange, som er et antal"),
    (lambda: estimate.totals(SURVEY, COUNTS, "ja"), "pra_lange.pra_korte: en sum af antal har ingen svar, så 'ja'"),
    (lambda: estimate.totals(SURVEY, ["pol_fokus", "pra_lange"]), "pol_fokus er ikke et antal"),
    (lambda: estimate.totals(SURVEY, []), "listen af spørgsmål er tom"),
    (lambda: estimate.means(SURVEY, "pol_fokus"), "pol_fokus er ikke et antal: svarene er ikke tal"),
    (lambda: estimate.means(SURVEY, None), "»None« er ikke et spørgsmål"),
    (lambda: estimate.means(SURVEY, ["pra_lange", "pra_lange"]), "»pra_lange« er med to gange"),
    (lambda: estimate.quantiles(SURVEY, "pol_fokus"), "pol_fokus er ikke et antal"),
    (lambda: estimate.shares(SURVEY, "pol_fokus", []), "pol_fokus: listen af svar er tom"),
    (lambda: estimate.shares(SURVEY, "pol_fokus", 3), "»3« er ikke en svarkode i pol_fokus"),
    (lambda: estimate.shares(SURVEY, "pol_fokus", [1]), "»1« er ikke en svarkode i pol_fokus"),
    (lambda: compare.slope(PROCESS, "pol_fokus", "ja", "region"), "»region« har ingen rækkefølge, så der er ingen ten"),
    (lambda: compare.slope(PROCESS, "pol_fokus", "ja", "blok"), "»blok« har ingen rækkefølge"),
    (lambda: nonresponse.response_tests(SURVEY, ["blk"]), "»blk« er ikke en baggrundsvariabel. Mente du navnet »blok«"),
    (lambda: nonresponse.response_model(SURVEY, ["blk"]), "»blk« er ikke en baggrundsvariabel"),
    (lambda: weighting.poststratify(RAW, "blk"), "»blk« er ikke en kolonne i rammen. Mente du navnet »blok«"),
    (lambda: weighting.by_response_groups(RAW, "blok"), "svargrupperne: »blok« er et navn"),
    (lambda: models.regression(PROCESS, FOCUS, ["region"], "logit").term_test("blok"), "»blok« er ikke et led"),
    (lambda: models.regression(PROCESS, FOCUS, [], "linear", pd.Series("x", ANSWERS.index)), "»x« er ikke et tal"),
    (lambda: weighting.weights_summary({}), "ingen undersøgelser at vise vægte af"),
    (lambda: weighting.response_rates(RAW, 0), "»0« er ikke en baggrundsvariabel"),
    (lambda: weighting.response_rates(RAW, []), "er en liste"),
    *((lambda given=given: compare.corrected(PAIRS, "holm", given), "family=.*: skriv med ord")
      for given in (None, True, 0, "", [])),
    *((lambda given=given: weighting.rake(RAW, tolerance=given), f"tolerance={given!r}: .*fx tolerance=1e-10")
      for given in (0, -1, 1, "0.1", True, None, np.nan)),
    *((lambda given=given: weighting.rake(RAW, max_iterations=given), f"max_iterations={given!r}: .*helt tal fra 1")
      for given in (0, -1, "3", 2.5, True, None, np.nan)),
])
def test_items_answers_and_variables_that_are_not_what_is_asked_for(ask: Callable[[], Any], told: str) -> None:
    with pytest.raises(UserError, match=told):
        ask()


@pytest.mark.parametrize(("ask", "told"), [
    (lambda: weighting.rake(RAW, {"blok": {"roed": "400", "blaa": 438}}), "total of roed is '400'"),
    (lambda: weighting.rake(RAW, {"blok": {"Rød": 400, "blaa": 438}}), "roed has .* no total; .* totals of Rød, blaa"),
    (lambda: weighting.resampled(RAW.design, "brr"), "kind must be jackknife or bootstrap, not 'brr'"),
    (lambda: weighting.resampled(RAW.design, "bootstrap", replicates=1), "replicates must be .*, 2 or more, not 1"),
    (lambda: weighting.resampled(RAW.design, "bootstrap", replicates=2.5), "2 or more, not 2.5"),
    (lambda: weighting.trim(SURVEY, upper="3"), "limits of weights are numbers from 0 up, .* upper='3'"),
    (lambda: weighting.trim(SURVEY, lower=-1), "numbers from 0 up, .* not lower=-1"),
    (lambda: weighting.trim(SURVEY, None), "not lower=None and upper=inf"),
    (lambda: weighting.trim(SURVEY, lower=3, upper=1), "the lower first, such as upper=3, not lower=3 and upper=1"),
    (lambda: weighting.trim(SURVEY, upper=np.nan), "upper=nan"),
    (lambda: weighting.by_response_groups(RAW, 3), "svargrupperne is 3, and must have .* entries"),
    (lambda: models.regression(PROCESS, FOCUS, [], "linear", 2.5), "kovariaterne is 2.5, and must have"),
    (lambda: nonresponse.imputed(SURVEY, len, 2.5), "imputations must be a whole number, 2 or more, not 2.5"),
    (lambda: nonresponse.imputed(SURVEY, len, "20"), "2 or more, not '20'"),
    (lambda: nonresponse.imputed(SURVEY, len, True), "2 or more, not True"),
    (lambda: nonresponse.imputed(SURVEY, len, None), "2 or more, not None"),
    (lambda: compare.equivalence(PAIRS, True), "margin is a positive distance .* not True"),
    (lambda: compare.equivalence(PAIRS, 0.1, "3"), "comparisons must be a whole number, 0 or more, not '3'"),
    (lambda: compare.detectable(SURVEY, "pol_fokus", "ja", "blok", [], 5, icc=0), r"they were \[\]"),
    (lambda: compare.detectable(SURVEY, "pol_fokus", "ja", "blok", ["x"], 5, icc=0), r"they were \['x'\]"),
    (lambda: compare.detectable(SURVEY, "pol_fokus", "ja", "blok", [0.2], 2.5, icc=0), "draws must be .* not 2.5"),
    (lambda: compare.detectable(SURVEY, "pol_fokus", "ja", "blok", [0.2], 5, icc="0"), "an icc lies between 0 and 1"),
    (lambda: estimate.quantiles(SURVEY, COUNTS, 0.5), r"such as \[0.5\] for the median, not 0.5"),
    (lambda: estimate.quantiles(SURVEY, COUNTS, []), "list of shares"),
    (lambda: compare.contrasts(PROCESS, "pol_fokus", "ja", "blok", effect="forskel"), "effect must be .*'forskel'"),
    (lambda: compare.contrasts(PROCESS, "pra_lange", None, "blok", effect="cohens_h"), "'cohens_h' of a mean"),
    (lambda: measure(PROCESS, "pol_fokus", "ja", ratio=True), "a ratio .* has no answer"),
    (lambda: compare.corrected(PAIRS, "bonf", "par"), "by holm or fdr_bh, not by 'bonf'"),
    (lambda: compare.corrected(SHARES, "holm", "par"), "tests with a column p"),
    (lambda: compare.equivalence(SHARES, 0.1), "of contrasts .* not of a table with statistic"),
    (lambda: compare.equivalence(PAIRS, "0.1"), "margin is a positive distance .* not '0.1'"),
    (lambda: compare.interval(PAIRS, 95), "0.95 for 95 percent, not 95"),
    (lambda: compare.detectable(SURVEY, "pol_fokus", "ja", "blok", 0.2, 5, icc=0), "they were 0.2"),
    (lambda: compare.detectable(SURVEY, "pol_fokus", "ja", "blok", [0.2], 0, icc=0), "draws must be .* not 0"),
    (lambda: nonresponse.response_model(SURVEY, []), "needs frame variables"),
])
def test_arguments_that_nothing_can_be_computed_with(ask: Callable[[], Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        ask()


@pytest.mark.parametrize("given", [None, 3, "tabel", ["pol_fokus"]])
@pytest.mark.parametrize(("ask", "told"), [
    (lambda given: compare.corrected(given, "holm", "par"), "what is meant is a table"),
    (lambda given: compare.equivalence(given, 0.1), "what is meant is a table"),
    (lambda given: show.table(SURVEY, given, "x", "tab-x"), "what is shown is a table of results"),
    (lambda given: show.figure(SURVEY, given, "x", "fig-x"), "what is shown is a table of results"),
    (lambda given: nonresponse.imputed(SURVEY, given, 2), "what is estimated is told as a function"),
    (lambda given: weighting.replicated(RAW, given, "share", "pol_fokus", answer="ja"), "replicates are made by"),
])
def test_what_is_no_table_or_function(ask: Callable[[Any], Any], told: str, given: Any) -> None:
    with pytest.raises(TypeError, match=told):
        ask(given)


@pytest.mark.parametrize("given", [None, 3, 2.5, True])
def test_what_is_no_list_of_names(given: Any) -> None:
    for ask in (lambda: models.regression(PROCESS, FOCUS, given, "linear"), lambda: nonresponse.response_model(
            SURVEY, given or 0), lambda: estimate.totals(SURVEY, given)):
        with pytest.raises(UserError):
            ask()


@pytest.mark.parametrize("margins", [["blok"], "blok", 3, {}, {(): {}}, {"blok": None}, {"blok": True},
                                     {"blok": "838"}, {"blok": [838]}, {"blok": np.nan}, {"blok": np.inf}])
def test_what_are_not_margins(margins: Any) -> None:
    with pytest.raises(UserError, match=r"totaler at veje til\. Skriv totalen af hver kode af hver variabel"):
        weighting.rake(RAW, margins)


@pytest.mark.parametrize("given", [None, 3, "", {}, (), True, 2.5])
def test_what_is_no_variable_to_poststratify_by(given: Any) -> None:
    with pytest.raises(UserError, match="ikke navnet på en kolonne i rammen"):
        weighting.poststratify(RAW, given)


@pytest.mark.parametrize("given", [None, 3, "svar", EDITION, SURVEY.answers])
@pytest.mark.parametrize("ask", [
    weighting.rake, weighting.trim, weighting.weighted, weighting.unweighted, weighting.for_process,
    weighting.by_response_groups, lambda given: weighting.response_rates(given, "blok"),
    lambda given: weighting.poststratify(given, "blok"), lambda given: weighting.weights_summary({"x": given}),
    lambda given: estimate.shares(given, "pol_fokus"), lambda given: estimate.means(given, "pra_lange"),
    lambda given: estimate.totals(given, "pol_fokus"), lambda given: estimate.quantiles(given, "pra_lange"),
    lambda given: estimate.variances(given, "pra_lange"), lambda given: estimate.ratios(given, "pra_tvaers"),
    lambda given: compare.contrasts(given, "pol_fokus", "ja", "blok"),
    lambda given: compare.equality(given, "pol_fokus", "ja", "blok"),
])
def test_what_is_no_survey(ask: Callable[[Any], Any], given: Any) -> None:
    with pytest.raises(UserError, match=f"en undersøgelse.* {type(given).__name__} er ikke en"):
        ask(given)


OWN = pd.DataFrame({"svar": ["ja", "nej"] * 10, "t": range(20), "w": 1.0, "s": [*"aabb"] * 5, "c": range(20), "r1": 1.0,
                    "r2": 1.0, "g": [*"xy"] * 10})
BLOCS = estimate.shares(SURVEY, "pol_fokus", "ja", "blok")
ORDERS = ["vae_tillid", "vae_civile"]
# Calls that are right. Of the parameters named after each, every value of `NONSENSE` is wrong that is not listed there.
CALLS: dict[Callable[..., Any], tuple[dict[str, Any], dict[str, tuple[Any, ...]]]] = {
    estimate.shares: ({"survey": SURVEY, "item": "pol_fokus"}, {
        "survey": (), "item": (), "answers": (None,), "by": (None, ""), "dont_know": (True,), "interval": ()}),
    estimate.means: ({"survey": SURVEY, "items": "pra_lange"}, {
        "survey": (), "items": (), "by": (None, ""), "scores": (False,), "interval": ()}),
    estimate.ratios: ({"survey": SURVEY, "part": "pra_tvaers"}, {
        "survey": (), "part": (), "by": (None, ""), "interval": ()}),
    estimate.totals: ({"survey": SURVEY, "items": "pol_fokus"}, {
        "survey": (), "items": (), "answers": (None,), "by": (None, ""), "interval": ()}),
    estimate.quantiles: ({"survey": SURVEY, "items": "pra_lange"}, {
        "survey": (), "items": (), "probabilities": (), "by": (None, ""), "interval": ()}),
    estimate.variances: ({"survey": SURVEY, "items": "pra_lange"}, {
        "survey": (), "items": (), "by": (None, ""), "root": (True,), "interval": ()}),
    compare.contrasts: ({"survey": PROCESS, "item": "pol_fokus", "answer": "ja", "by": "blok"}, {
        "survey": (), "item": (), "answer": (), "by": (), "reference": (None,), "effect": (), "ratio": (),
        "dont_know": (True,), "small_sample": (True,)}),
    compare.equality: ({"survey": PROCESS, "item": "pol_fokus", "answer": "ja", "by": "blok"}, {
        "survey": (), "item": (), "answer": (), "ratio": (), "dont_know": (True,), "small_sample": (True,)}),
    compare.independence: ({"survey": PROCESS, "item": "pol_fokus", "by": "blok"}, {
        "survey": (), "item": (), "by": (), "answer": (None,), "method": (), "dont_know": (True,)}),
    compare.corrected: ({"tests": PAIRS, "method": "holm", "family": "par"}, {
        "tests": (), "method": (), "family": ("ukendt",)}),
    compare.equivalence: ({"table": PAIRS, "margin": 0.1}, {"table": (), "margin": (), "comparisons": (0,)}),
    compare.detectable: ({"survey": SURVEY, "item": "pol_fokus", "answer": "ja", "by": "blok", "differences": [0.2],
                          "draws": 2, "icc": 0.0}, {
        "survey": (), "item": (), "answer": (), "by": (), "differences": (), "draws": (), "seed": (0,), "icc": (0,),
        "margin": ()}),
    models.intraclass_correlation: ({"survey": PROCESS, "what": FOCUS}, {"survey": (), "what": ()}),
    measure: ({"survey": PROCESS, "item": "pol_fokus", "answer": "ja"}, {
        "survey": (), "item": (), "answer": (), "ratio": (), "dont_know": (True,)}),
    regression: ({"survey": PROCESS, "what": FOCUS, "by": ["blok"], "model": "linear"}, {
        "survey": (), "what": (), "by": ([], {}), "model": (), "covariates": (None,)}),
    scales.index: ({"survey": SURVEY, "items": ORDERS}, {
        "survey": (), "items": (), "by": (None, ""), "reverse": ([], {}), "least": (None,), "interval": ()}),
    scales.reliability: ({"survey": SURVEY, "items": ORDERS}, {"survey": (), "items": (), "reverse": ([], {})}),
    weighting.rake: ({"survey": RAW, "margins": {"blok": {"roed": 400, "blaa": 438}}}, {
        "survey": (), "margins": (None,), "method": (), "bounds": (None,), "tolerance": (), "max_iterations": ()}),
    weighting.trim: ({"survey": SURVEY, "lower": 0.1, "upper": 10}, {
        "survey": (), "lower": (0,), "upper": (3.5, np.inf), "strict": (True,)}),
    weighting.poststratify: ({"survey": RAW, "by": "blok"}, {"survey": (), "by": (), "totals": (None,)}),
    weighting.by_response_groups: ({"survey": RAW}, {"survey": (), "group": (None,)}),
    weighting.resampled: ({"design": RAW.design, "kind": "bootstrap", "replicates": 2}, {
        "kind": (), "replicates": (), "seed": (0,), "key": (None,)}),
    weighting.replicated: ({"survey": RAW, "replicates": weighting.resampled(RAW.design, "bootstrap", replicates=2),
                            "statistic": "share", "item": "pol_fokus", "answer": "ja"}, {
        "survey": (), "replicates": (), "statistic": (), "item": (), "by": (None, ""), "answer": (),
        "dont_know": (True,)}),
    weighting.response_rates: ({"survey": SURVEY}, {"survey": (), "by": (None, "")}),
    weighting.weights_summary: ({"surveys": {"a": SURVEY}}, {"surveys": ()}),
    nonresponse.imputed: ({"survey": SURVEY, "estimator": lambda one: estimate.shares(one, "pol_fokus", "ja"),
                           "imputations": 2}, {"survey": (), "estimator": (), "imputations": (), "seed": (0,)}),
    nonresponse.response_tests: ({"survey": SURVEY}, {"survey": (), "variables": (None, [], {})}),
    nonresponse.item_nonresponse: ({"survey": SURVEY}, {"survey": ()}),
    Survey.of: ({"data": OWN, "weight": "w"}, {
        "data": (), "weight": (None, [], {}), "strata": (None, [], {}), "cluster": (None, [], {}), "lonely": (),
        "nest": (True,), "level": (), "minimum": ()}),
    partial(Survey.of, OWN, replicates=["r1", "r2"], weight="w", kind="JK1"): ({}, {
        "kind": (), "rho": (0,), "scale": (None, 3.5), "rscales": (None, (2, 1)), "mse": (True,)}),
    show.table: ({"survey": SURVEY, "results": SHARES, "caption": "c", "name": "tab-x"}, {
        "survey": (), "results": (), "caption": ("", "ukendt"), "beside": (None,), "folded": (True,)}),
    show.figure: ({"survey": SURVEY, "estimates": BLOCS, "caption": "c", "name": "fig-x"}, {
        "survey": (), "estimates": (), "caption": ("", "ukendt"), "focus": ("",), "ordered": (True,),
        "folded": (True,)}),
    show.highest: ({"survey": SURVEY, "estimates": BLOCS}, {"survey": (), "lowest": (True,)}),
    show.model: ({"survey": PROCESS, "what": FOCUS, "variables": ["blok"], "caption": "c", "name": "tab-x"}, {
        "survey": (), "what": (None,), "caption": ("", "ukendt"), "kind": ()}),
    show.odds: ({"survey": PROCESS, "item": ORDERED, "by": "udgiftspres"}, {"survey": (), "item": (), "by": ()}),
    show.picker: ({"survey": SURVEY, "block": "politik", "name": "tab-x"}, {
        "survey": (), "block": (), "focus": ("",)}),
    show.texts: ({"survey": SURVEY, "item": "vae_kommentar"}, {"survey": (), "item": ()}),
    show.sentence: ({"text": "x", "survey": SURVEY}, {"text": ("", "ukendt"), "survey": ()}),
    study.map: ({"column": "region", "caption": "c", "name": "fig-x"}, {"column": ()}),
    study.sentence: ({"text": "{N2}"}, {"text": ()}),
    opgave.lesson: ({"id": "bortfald"}, {"id": ()}),
}
NONSENSE = (None, True, np.nan, 0, -1, 3.5, "", "ukendt", [], ["ukendt"], {}, object(), np.inf, (2, 1), b"x")


@pytest.mark.parametrize("call", CALLS, ids=lambda call: getattr(call, "__qualname__", "Survey.of replicates"))
def test_every_parameter_says_what_is_wrong_with_what_it_is_given(call: Callable[..., Any]) -> None:
    """None is taken without a word, and none ends in the middle of another library."""
    right, parameters = CALLS[call]
    call(**right)
    for name, may in parameters.items():
        for given in NONSENSE:
            if any(type(given) is type(one) and (given is one or given == one) for one in may):
                continue
            with pytest.raises((UserError, ValueError, TypeError)) as fault:  # noqa: PT012 - names what is taken
                call(**right | {name: given})
                pytest.fail(f"{name}={given!r} is taken without a word")
            last = [*fault.traceback][-1]
            assert PACKAGE in Path(last.path).parents, f"{name}={given!r}: {fault.value!r} is of {last.path}"


@pytest.mark.parametrize("margin", [1, 1.5, 3.5, np.inf])
def test_a_margin_between_shares_is_below_1_and_one_between_counts_may_be_more(margin: float) -> None:
    with pytest.raises(ValueError, match="margin"):
        compare.equivalence(PAIRS, margin)
    counts = compare.contrasts(PROCESS, "pra_lange", None, "blok")
    if margin < np.inf:
        assert compare.equivalence(counts, margin)["margin"].item() == margin


def test_only_free_text_is_listed() -> None:
    with pytest.raises(UserError, match="»pol_fokus« er ikke et spørgsmål med fri tekst"):
        show.texts(SURVEY.having(texts=True), "pol_fokus")


@pytest.mark.parametrize("given", [None, 0, "ja", "", []])
@pytest.mark.parametrize(("ask", "name"), [
    (lambda given: estimate.shares(SURVEY, "pol_fokus", dont_know=given), "dont_know"),
    (lambda given: estimate.shares(SURVEY, "pol_fokus", "ja", dont_know=given), "dont_know"),
    (lambda given: compare.contrasts(PROCESS, "pol_fokus", "ja", "blok", dont_know=given), "dont_know"),
    (lambda given: estimate.variances(SURVEY, "pra_lange", root=given), "root"),
])
def test_what_is_neither_true_nor_false(ask: Callable[[Any], Any], name: str, given: Any) -> None:
    with pytest.raises(UserError, match=f"skriv {name}=True eller {name}=False"):
        ask(given)


@pytest.mark.parametrize("off", [1e-9, 1e-7, 2.4e-6, 1.4e-4])
def test_margins_that_differ_by_rounding_say_by_how_much_and_what_to_do(off: float) -> None:
    margins = {"blok": SIZES["blok"], "region": {code: size * (1 + off) for code, size in SIZES["region"].items()}}
    with pytest.raises(ValueError, match="blok add up to 838, those of region to 838") as fault:
        weighting.rake(RAW, margins)
    raked = weighting.rake(RAW, margins, tolerance=float(str(fault.value).rsplit("tolerance=", 1)[1]))
    assert raked.design.weights.sum() == pytest.approx(838, rel=2 * off)


@pytest.mark.parametrize("level", [95, 0, 1, -0.5, np.nan, "0.95", None])
def test_a_level_is_a_share(level: Any) -> None:
    for make in (lambda: SURVEY.having(level=level), lambda: Survey.of(pd.DataFrame({"t": [1, 2]}), level=level)):
        with pytest.raises(ValueError, match=f"0.95 for 95 percent, not {level!r}"):
            make()


@pytest.mark.parametrize(("fit", "told"), [
    (lambda: ordinal.ordinal(FLAT, ORDERED, ["blok"]), "who answered vae_omkostning answered alike"),
    (lambda: models.regression(FLAT, measure(FLAT, "pra_lange"), ["blok"], "linear"), "pra_lange answered alike"),
    (lambda: models.regression(FLAT, measure(FLAT, "pra_lange"), ["blok"], "count"), "pra_lange answered alike"),
    (lambda: models.regression(PROCESS, FOCUS, ["region"], "probit"), "linear, logit, count, not 'probit'"),
    (lambda: models.regression(PROCESS, COUNT, ["region"], "logit"), "pra_lange without an answer is a mean"),
    (lambda: models.regression(PROCESS, FOCUS, [], "linear", np.full(len(ANSWERS), np.nan)), "0 gave all"),
    (lambda: models.intraclass_correlation(Survey.of(pd.DataFrame({"t": [1, 2]})), COUNT), "of another survey"),
    (lambda: models.regression(PROCESS, FOCUS, [], "logit").marginal_effects(), "no marginal effects"),
    (lambda: ordinal.ordinal(PROCESS, ORDERED, ["blok"]).marginal_effects(), "no marginal effects"),
    (lambda: ordinal.proportional_odds(ordinal.ordinal(PROCESS, ORDERED, [])), "ordinal model with groups"),
])
def test_models_that_tell_nothing(fit: Callable[[], Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        fit()


@pytest.mark.parametrize("survey", [PROCESS, SURVEY])
@pytest.mark.parametrize("model", ["linear", "logit", "ordinal"])
@pytest.mark.parametrize(("by", "columns", "told"), [
    ([], {"a": HALF, "b": 2 * HALF + 1}, "b follows from constant, a"),
    (["blok"], {"blaa": BLUE}, "blaa follows from blok=blaa"),
    (["blok"], {"roed": 1 - BLUE}, "roed follows from constant, blok=blaa"),
    (["blok"], {"en": np.full(len(BLUE), 7.0)}, "en is the same for all"),
    ([], {"nul": np.zeros(len(BLUE))}, "nul is the same for all"),
])
def test_covariates_that_follow_from_others(
    survey: Survey, model: str, by: list[str], columns: dict[str, np.ndarray], told: str
) -> None:
    numbers, what = pd.DataFrame(columns, ANSWERS.index), measure(survey, "pol_fokus", "ja")
    fit = partial(ordinal.ordinal, survey, ORDERED) if model == "ordinal" else (
        lambda by, numbers: models.regression(survey, what, by, model, numbers))
    with pytest.raises(ValueError, match=told):
        fit(by, numbers)


def test_covariates_far_from_0_are_told_apart() -> None:
    years = pd.DataFrame({"aar": 2000 + HALF, "kvadrat": (2000.0 + np.arange(len(HALF)) % 5) ** 2}, ANSWERS.index)
    assert len(models.regression(PROCESS, FOCUS, [], "linear", years).coef) == 3


# ---- Where there is little to stand on -------------------------------------------------------------------------------

TABLE = pd.DataFrame({"svar": pd.Categorical(["ja", "nej", "ja", "ja", "ja"]), "t": [3, 3, 5, 6, 7],
                      "g": list("aabbc")})
LITTLE = Survey.of(TABLE, background=["g"])


@pytest.mark.parametrize("make", [
    lambda: estimate.means(LITTLE, "t", "g"), lambda: estimate.totals(LITTLE, "t", by="g").drop(index=0),
    lambda: estimate.quantiles(LITTLE, "t", [0.5], "g"),
])
def test_what_has_no_spread_has_no_interval(make: Callable[[], pd.DataFrame]) -> None:
    table = make().set_index("group")
    assert table.loc["b", ["low", "high"]].notna().all()
    assert table.drop(index="b")[["low", "high"]].isna().all(axis=None)  # all alike, and one respondent
    assert table["estimate"].notna().all()


def test_a_share_that_all_gave_has_the_interval_of_its_number() -> None:
    table = estimate.shares(LITTLE, "svar", "ja", "g").set_index("group")
    assert table.loc["b", "high"] == 1 > table.loc["b", "low"] > 0
    assert np.isnan(table.loc["c", "low"])


def test_one_cluster_tests_nothing() -> None:
    one = Stage(np.zeros(5, dtype=int), np.zeros(5, dtype=int), np.full(5, np.inf))
    survey = LITTLE.having(design=Design(np.ones(5), (one,), "process"))
    fit = models.regression(survey, measure(survey, "t"), ["g"], "linear")
    assert fit.term_test("g")[["f", "p"]].isna().all(axis=None)
    with pytest.raises(ValueError, match="a single cluster"):
        estimate.means(survey, "t")


def test_standardised_differences_of_what_does_not_differ_are_missing() -> None:
    flat = Survey.of(TABLE.assign(t=3), background=["g"])
    assert compare.contrasts(flat, "t", None, "g", effect="smd")[["estimate", "se", "p"]].isna().all(axis=None)
    with pytest.raises(UserError, match="kun én gruppe"):
        compare.contrasts(Survey.of(TABLE.assign(g="a"), background=["g"]), "t", None, "g")


def test_a_response_model_whose_groups_follow_from_one_another() -> None:
    frame, asked = SURVEY.frame, SURVEY.questionnaire
    twin = replace(asked.background["blok"], id="tvilling")
    survey = SURVEY.having(frame=frame.assign(tvilling=frame["blok"]),
                           questionnaire=replace(asked, background=asked.background | {"tvilling": twin}))
    with pytest.raises(ValueError, match="blok, tvilling follow from one another"):
        nonresponse.response_model(survey, ["blok", "tvilling"])


def test_who_has_weight_0_is_not_in_the_design_effect() -> None:
    weights = np.where(np.arange(len(ANSWERS)) % 3 == 0, 0.0, RAW.design.weights)
    survey = RAW.having(design=replace(RAW.design, weights=weights))
    assert weighting.design_effect(survey) == pytest.approx(1)
    row = weighting.weights_summary({"en": survey}).iloc[0]
    assert row["n"] == row["effective_n"] == np.count_nonzero(weights)
    assert row["low"] > 0
    with pytest.raises(ValueError, match="all weights are 0"):
        weighting.design_effect(RAW.having(design=replace(RAW.design, weights=0 * weights)))


SAID = SURVEY.answers["pol_fokus"] == "ja"


@pytest.mark.parametrize(("by", "told"), [
    ([], "er tom. Nævn mindst ét navn"),
    (["blok", "blok"], "»blok« er med to gange"),
    ("blok+blok", "»blok« er med to gange"),
    (["blok", "blokk"], "»blokk« er ikke en baggrundsvariabel eller et spørgsmål"),
    ("pra_lange", "»pra_lange« er ikke et spørgsmål med ét svar"),
    (3, "»3« er ikke en baggrundsvariabel eller et spørgsmål"),
])
def test_what_no_groups_can_be_formed_by(by: Any, told: str) -> None:
    for ask in (estimate.means, estimate.variances, partial(compare.contrasts, answer=None), compare.independence):
        with pytest.raises(UserError, match=told):
            ask(SURVEY, "pra_lange" if ask is not compare.independence else "pol_fokus", by=by)


@pytest.mark.parametrize(("condition", "told"), [
    (SAID.to_numpy(), "skal være en Series med svarpersonernes nøgle som indeks, ikke ndarray"),
    (SAID.astype("boolean").mask(SAID), "mangler for .* svarpersoner, blandt dem »"),
    (SAID.astype(object).mask(SAID), "mangler for .* svarpersoner"),
    (SAID.astype(float), "skal være sand eller falsk for hver svarperson, ikke float64"),
    (SURVEY.answers["pol_fokus"], "skal være sand eller falsk"),
    (SAID.iloc[1:], "1 af .* svarpersoner står ikke i indekset"),
    (SAID.reset_index(drop=True).set_axis(range(10_000, 10_000 + len(SAID))), "svarpersoner står ikke i indekset"),
    (pd.concat([SAID, SAID]), "står to gange i indekset"),
])
def test_conditions_that_are_not_of_the_respondents(condition: Any, told: str) -> None:
    with pytest.raises(UserError, match=told):
        SURVEY.with_condition("fokus", condition)


@pytest.mark.parametrize("name", ["blok", "pol_fokus", "a+b", "", 3, ["fokus"]])
def test_names_that_a_condition_cannot_have(name: Any) -> None:
    with pytest.raises(UserError):
        SURVEY.with_condition(name, SAID)


def test_a_condition_goes_with_the_answers_it_was_made_of() -> None:
    with pytest.raises(UserError, match="kan ikke hedde »De øvrige«"):
        SURVEY.with_condition("fokus", SAID, "De øvrige")
    told = SURVEY.with_condition("fokus", SAID)
    with pytest.raises(UserError, match="findes i forvejen"):
        told.with_condition("fokus", SAID)
    other = told.having(answers=ANSWERS.iloc[::-1], design=None)
    with pytest.raises(UserError, match="»fokus« blev lavet til andre svar"):
        estimate.means(other, "pra_lange", "fokus")
    again = estimate.means(other.with_condition("fokus", SAID), "pra_lange", "fokus")
    assert list(again["n"]) == list(estimate.means(told, "pra_lange", "fokus")["n"])
    weighed = told.having(design=PROCESS.design)
    assert estimate.means(weighed, "pra_lange", "fokus")["n"].sum() == estimate.means(SURVEY, "pra_lange")["n"].item()


def test_names_and_codes_with_a_plus_are_crossed_only_where_they_tell_groups_apart() -> None:
    own = Survey.of(TABLE.assign(h=["1+", "1", "2", "2", "1"]), background=["g", "h"])
    assert len(estimate.means(own, "t", ["g", "h"])) == TABLE["g"].nunique() * 3
    twins = TABLE.assign(g=["a", "a+b", "a", "a", "a"], h=["b+c", "c", "c", "c", "c"])
    with pytest.raises(UserError, match="kan ikke krydses"):
        estimate.means(Survey.of(twins, background=["g", "h"]), "t", ["g", "h"])


@pytest.mark.parametrize(("item", "scores", "told"), [
    ("pol_fokus", True, "pol_fokus har ikke en ordnet skala"),
    ("pra_lange", True, "har ikke en ordnet skala"),
    (["vae_tillid", "vae_civile"], True, "vae_tillid.vae_civile"),
    (ORDERED, [1, 2, 3, 4, 5], r"et tal for hvert af svarene .* ikke \[1, 2"),
    (ORDERED, {LEAST: 1}, "et tal for hvert af svarene"),
    (ORDERED, dict.fromkeys([*SURVEY.item(ORDERED).scale.answers, "ved_ikke"], 1), "»ved ikke« har ingen"),
    (ORDERED, dict.fromkeys(SURVEY.item(ORDERED).scale.answers, "1"), "skal være et tal, ikke '1'"),
    (ORDERED, dict.fromkeys(SURVEY.item(ORDERED).scale.answers, np.nan), "skal være et tal, ikke nan"),
    (ORDERED, dict.fromkeys(SURVEY.item(ORDERED).scale.answers, True), "skal være et tal, ikke True"),
])
def test_scores_that_do_not_fit_the_scale(item: Any, scores: Any, told: str) -> None:
    with pytest.raises(UserError, match=told):
        estimate.means(SURVEY, item, scores=scores)


@pytest.mark.parametrize(("expected", "told"), [
    ({"ja": 0.5}, "en andel for hvert af svarene ja, nej, ikke for ja"),
    ({}, "ikke for ingen"),
    ({"ja": 0.5, "Nej": 0.5}, "ikke for ja, Nej"),
    ({"ja": 60, "nej": 40}, "andelen for ja skal være et tal mellem 0 og 1, ikke 60"),
    ({"ja": 1.0, "nej": 0.0}, "andelen for ja"),
    ({"ja": "0.5", "nej": 0.5}, "ikke '0.5'"),
    ({"ja": 0.5, "nej": 0.49}, "andelene giver 99,0000 % tilsammen"),
])
def test_given_shares_that_are_none(expected: dict[str, Any], told: str) -> None:
    with pytest.raises(UserError, match=told):
        compare.independence(SURVEY, "pol_fokus", expected=expected, dont_know=False)


@pytest.mark.parametrize("asked", [{}, {"by": ""}, {"by": "blok", "expected": {"ja": 0.5, "nej": 0.5}},
                                   {"answer": "ja", "expected": {"ja": 0.5, "nej": 0.5}},
                                   {"method": "Wald", "expected": {"ja": 0.5, "nej": 0.5}}])
def test_a_test_of_either_groups_or_given_shares(asked: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="expected shares"):
        compare.independence(SURVEY, "pol_fokus", **asked)
    with pytest.raises(ValueError, match="no single answer"):
        compare.independence(SURVEY, "pol_inspiration", expected={"kl": 1.0})


def test_a_mean_of_a_scale_without_scores_tells_of_them() -> None:
    with pytest.raises(UserError, match=f"{ORDERED} er ikke et antal.* med scores=True får de"):
        estimate.means(SURVEY, ORDERED)
