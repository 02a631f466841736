"""What the laboratory says of methods is what theory says; on unanchored draws, with Monte Carlo errors as tolerance.

A figure may lie `FEW` Monte Carlo errors from what it must be, and must lie `MANY` from what it must not be. With about
25 figures a test, chance alone breaks a `FEW` of 4 once in 600 other seeds.
"""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from civsam.laboratory import judge, summary
from civsam.laboratory.declare import Analysis, Drawing
from civsam.laboratory.draw import layout

FEW, MANY = 4, 4
SEED = 2016
pytestmark = pytest.mark.slow
FIGURES = ("estimate", "difference", "slope")
COMMON = Drawing(kommuneeffekt=50, svarprocent=90, delvise=0)  # municipalities differ, and most of each is there


@cache
def counts(drawing: Drawing, analyses: tuple[Analysis, ...], replications: int) -> judge.Tally:
    return judge.tally(drawing, list(analyses), SEED, 0, replications)


def figures(drawing: Drawing, analyses: tuple[Analysis, ...], target: str, replications: int) -> list[pd.DataFrame]:
    """The figures of each analysis about the target."""
    made = counts(drawing, analyses, replications)
    tables = [summary.summary(1, made, place) for place in range(len(analyses))]
    return [table[(table["target"] == target) & table["kind"].isin(FIGURES)] for table in tables]


def overall(table: pd.DataFrame, item: str) -> pd.Series:
    """The estimate of all positions."""
    return table[(table["item"] == item) & (table["by"] == "")].iloc[0]


def away(table: pd.DataFrame | pd.Series, column: str, right: float = 0.0) -> pd.Series:
    """How many Monte Carlo errors the column lies from what is right."""
    return (table[column] - right) / table[f"{column}_mc"]


def test_nonresponse_completely_at_random_gives_no_bias() -> None:
    kinds = tuple(map(Analysis, ("ingen", "fagomraade", "region", "raket")))
    for kind, table in zip(kinds, figures(Drawing(), kinds, "population", 400), strict=True):
        assert away(table, "bias").abs().max() < FEW, kind


def test_nonresponse_by_area_is_mended_by_weights_on_area_and_not_on_region() -> None:
    drawing, kinds = Drawing("fagomraade"), tuple(map(Analysis, ("ingen", "fagomraade", "region", "raket")))
    plain, area, region, raked = figures(drawing, kinds, "population", 400)
    for table in (area, raked):
        assert away(table, "bias").abs().max() < FEW
    for table in (plain, region):
        for item in ("pol_fokus", "pra_lange+pra_korte"):
            assert away(overall(table, item), "bias") > MANY
    relative = overall(region, "pol_fokus")["bias"] / overall(plain, "pol_fokus")["bias"]
    assert 0.9 < relative < 1.1, "weights on region change next to nothing"


def test_nonresponse_by_the_answer_is_not_mended() -> None:
    kinds = tuple(map(Analysis, ("ingen", "fagomraade", "region", "raket")))
    plain, *weighted = figures(Drawing("svaret"), kinds, "population", 300)
    for kind, table in zip(kinds[1:], weighted, strict=True):
        for item in ("pol_fokus", "pra_lange+pra_korte"):
            assert away(overall(table, item), "bias") > MANY, kind
        assert overall(table, "pol_fokus")["bias"] > 0.9 * overall(plain, "pol_fokus")["bias"], kind


def test_for_the_population_the_error_without_correction_is_too_large() -> None:
    """By the root of what the correction takes: 1 over the root of the share that did not answer the question."""
    with_it, without = figures(Drawing(), (Analysis("ingen"), Analysis("ingen", fpc="nej")), "population", 800)
    for item in ("pol_fokus", "vae_overordnet"):
        assert abs(away(overall(with_it, item), "ratio", 1)) < FEW
        assert away(overall(without, item), "ratio", 1) > MANY
    factor = without["ratio"].to_numpy() / with_it["ratio"].to_numpy()
    here = layout()
    last = np.array([max(here.places[name] for name in item.split("+")) for item in with_it["item"]])
    answered = 0.53 * (1 - 0.12 * last / (here.length - 1))  # those who stop do so anywhere from the second item on
    assert abs(factor - (1 - answered) ** -0.5).max() < 0.01


@pytest.mark.parametrize("rate", [53, 85])
def test_intervals_hold_for_late_questions_as_for_early_ones_when_some_stop(rate: int) -> None:
    """800 draws: a Monte Carlo error of 0.8 percentage points. `make bench-statistik` prints more of them."""
    how = (Analysis(), Analysis(fpc="nej", klynge="ja"))
    drawing = Drawing(svarprocent=rate, delvise=12)
    for target, place in (("population", 0), ("process", 1)):
        table = figures(drawing, how, target, 800)[place]
        assert abs(table["coverage"].mean() - 0.95) < 0.015, target
        for begins in ("pol_", "pra_", "vae_"):
            assert abs(table.loc[table["item"].str.startswith(begins), "coverage"].mean() - 0.95) < 0.025, begins
        if target == "population":
            assert away(table, "ratio", 1).abs().max() < FEW


def clusters() -> list[pd.DataFrame]:
    """About the process: without clusters and with."""
    how = tuple(Analysis("fagomraade", fpc="nej", klynge=klynge) for klynge in ("nej", "ja"))
    return figures(COMMON, how, "process", 500)


def test_for_the_process_errors_without_clusters_are_too_small_for_what_a_municipality_shares() -> None:
    for table, fine in zip(clusters(), (False, True), strict=True):
        shared = table[table["by"].isin(["kommunetype", "region", "blok", "udgiftspres"])]
        assert set(shared["kind"]) == {"estimate", "difference", "slope"}
        for rows in (shared, table[(table["by"] == "") & (table["statistic"] != "ratio")]):
            far = away(rows, "ratio", 1)
            assert (far.abs().max() < FEW) if fine else (far.max() < -MANY)


def test_for_the_process_errors_without_clusters_are_too_large_for_contrasts_between_areas() -> None:
    for table, fine in zip(clusters(), (False, True), strict=True):
        far = away(table[(table["by"] == "fagomraade") & (table["a"] == "boern") & (table["b"] == "skole")], "ratio", 1)
        assert len(far) == 2
        assert (far.abs().max() < FEW) if fine else (far.min() > MANY)


def test_reminders_raise_the_response_and_do_not_remove_the_bias_of_the_answer() -> None:
    """More answers of the same kind make intervals narrower around the wrong value."""
    few, many = (figures(Drawing("svaret", svarprocent=30, rykkere=n), (Analysis(),), "population", 300)[0]
                 for n in (0, 3))
    before, after = overall(few, "pol_fokus"), overall(many, "pol_fokus")
    assert after["stated"] < before["stated"]
    assert away(after, "bias") > MANY
    assert after["coverage"] < 0.5


def test_correction_for_many_tests_keeps_false_alarms_at_five_percent() -> None:
    how = tuple(Analysis(fpc="nej", klynge="ja", korrektion=korrektion) for korrektion in ("ja", "nej"))
    made = counts(Drawing(), how, 400)
    alarms = [summary.summary(1, made, place).set_index("name").loc["regioner og blokke"] for place in (0, 1)]
    assert away(alarms[0], "false_alarm", 0.05) < FEW
    assert away(alarms[1], "false_alarm", 0.05) > MANY
