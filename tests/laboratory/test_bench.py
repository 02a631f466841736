"""The bench runs: it takes too long to be run whole by the tests, and so would break without a word."""


import numpy as np
import pandas as pd
import pytest

from civsam.files import project
from civsam.laboratory import worlds


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch):
    """Its module."""
    monkeypatch.syspath_prepend(str(project.root / "tools"))
    import bench_statistics

    monkeypatch.setattr(bench_statistics, "DRAWS", 1)
    return bench_statistics


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["population", "process"])
def test_a_block_has_a_figure_of_each_kind_in_each_draw(bench, kind: str) -> None:
    made = bench.draw_block(bench.Block(kind, 0, 1, ""))
    assert made["hit"].shape == (1, len(made["kind"])) == (1, len(made["names"])) == (1, len(made["least"]))
    wanted = {"population": {"share", "mean", "ratio", "total", "quantile", "difference", "mean difference"},
              "process": {"share", "mean", "mean difference", "small", "large", "equivalence"}}
    assert set(made["kind"]) == wanted[kind]
    assert np.isin(made["hit"][~np.isnan(made["hit"])], [0, 1]).all()
    assert not np.isnan(made["hit"]).all(axis=0).any()


def test_errors_after_unequal_weights_are_too_large_by_unweighted_means(bench, monkeypatch) -> None:
    """With few draws the true error is rough, but the three ways share it."""
    monkeypatch.setattr(bench.bench_calibration, "DRAWS", 4)
    stated = bench.bench_calibration.drawn()
    more = stated["R's rake"] / stated["regression"]
    assert more["antal efter begge på én gang"] > 1.1
    assert more["andel efter ingen"] == pytest.approx(1, abs=0.02)
    assert stated["uden ens egen"].gt(stated["regression"]).all()


def row(**values: object) -> dict[str, object]:
    zero = dict.fromkeys(("false", "false_supported", "false_contradicted", "true", "true_supported",
                          "true_contradicted"), 0)
    return {"world": "ens", "id": "O1", "rule": "foerst", "process": True} | zero | values


def test_wrong_verdicts_are_those_against_what_is_true(bench) -> None:
    """And of what is false by nothing, as it is of the process at the limit, a contradiction is wrong too."""
    table = pd.DataFrame([
        row(false=100, false_supported=4, false_contradicted=90),
        row(world="omvendt", true=50, true_supported=30, true_contradicted=2),
        row(world="graensen", false=200, false_supported=10, false_contradicted=6),
        row(world="graensen", id="N5", rule="lig", process=False, false=100, false_supported=3, false_contradicted=20,
            true=100, true_contradicted=1),
        row(world="ens", id="N6", false=5, false_supported=5),  # too few to tell
    ])
    made = bench.bench_claims.wrong(table).set_index(["kind", "world", "id"])[["hit", "n"]]
    assert {place: tuple(numbers) for place, *numbers in made.itertuples()} == {
        ("støttet, skønt falsk", "ens", "O1"): (4, 100),
        ("støttet, skønt falsk", "graensen", "O1"): (10, 200),
        ("støttet, skønt falsk", "graensen", "N5"): (3, 100),
        ("modsagt, skønt sandt", "omvendt", "O1"): (2, 50),
        ("modsagt, skønt sandt", "graensen", "N5"): (1, 100),
        ("modsagt, skønt sandt", "graensen", "O1"): (6, 200),
    }


def test_the_world_at_the_limit_is_one(bench) -> None:
    assert bench.bench_claims.AT_LIMIT in worlds.read()
