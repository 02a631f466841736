"""The laboratory gives the numbers of the library, the same ones however the work is shared out, and only those asked.

What it says of methods is in `test_scenario_truths`.
"""

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from civsam import cli, sharing
from civsam.files import UserError, project
from civsam.inference import compare, estimate, estimators, groups, raking, weighting
from civsam.instrument import questionnaire
from civsam.laboratory import declare, draw, estimates, judge, run, show, summary, weigh
from civsam.laboratory.declare import Analysis, Drawing
from civsam.study import claims, simulate
from civsam.survey.design import apart
from civsam.survey.survey import Survey

WHOLE = questionnaire.read()
HERE = draw.layout()
CLOSE = {"rtol": 1e-10, "atol": 1e-10}

# ---- Agreement with the library, on one survey at a time -------------------------------------------------------------

DRAWINGS = (
    Drawing(),
    Drawing("fagomraade", svarprocent=30, delvise=50, fejltaelling="glemt", kommuneeffekt=30),
    Drawing("svaret", svarprocent=15, rykkere=1, tabte_kommuner=20, ved_ikke="nej", fejltaelling="afrundet"),
)
KINDS = tuple(declare.FACTORS["vaegtning"].words)


@dataclass
class One:
    """A source with one generator for all names, as the laboratory's have."""

    generator: np.random.Generator

    def of(self, *name: str) -> np.random.Generator:
        return self.generator


def test_populations_are_those_of_the_simulation() -> None:
    """Two generators at once draw what each draws alone through `simulate`."""
    found = draw.population(HERE, draw.Streams([np.random.default_rng(seed) for seed in (5, 6)]), 5)
    for place, seed in enumerate((5, 6)):
        alone = simulate.population(HERE.frame, HERE.questionnaire, One(np.random.default_rng(seed)))
        for item, values in found.items():
            codes = simulate.assumptions()["fordelinger"].get(item)
            mine = np.array(list(codes))[values[place]] if codes else values[place].astype(str)
            assert mine.tolist() == alone[item].tolist(), item


@cache
def drawn(drawing: Drawing) -> tuple[draw.Batch, Survey]:
    """A batch of three surveys, and the second of them as the library takes it."""
    batch = draw.batch(drawing, 7, 10, 13)
    for_population, for_response = draw.streams(drawing, 7, 10, 13)
    values = draw.population(HERE, for_population, drawing.kommuneeffekt)
    unsure = simulate.unsure(HERE.questionnaire, len(HERE.frame), for_response)
    truth = draw.measured(HERE, values, {item: ~rows for item, rows in unsure.items()}, dict.fromkeys(draw.ITEMS, True))
    answered = draw.responds(HERE, truth, drawing, for_response)
    given, known = draw.reported(HERE, values, unsure, drawing, for_response)
    first_blank = draw.stops(HERE, drawing.delvise / 100, for_response)
    table = pd.DataFrame("", HERE.frame.index, list(WHOLE.items))
    for item, numbers in given.items():
        codes = simulate.assumptions()["fordelinger"].get(item)
        text = np.array(list(codes))[numbers[1]] if codes else numbers[1].astype(str)
        reached = first_blank[1] > HERE.places[item]
        table[item] = np.where(reached, np.where(known[item][1], text, questionnaire.DONT_KNOW), "")
    return batch, Survey(table[answered[1]], HERE.frame, WHOLE)


@cache
def weighed(drawing: Drawing, kind: str) -> Survey:
    """The survey with the library's weights of that kind."""
    _, plain = drawn(drawing)
    everyone = pd.Series("", plain.frame.index)
    if kind == "ingen":
        return weighting.by_response_groups(plain, everyone)
    if kind in ("fagomraade", "region"):
        return weighting.poststratify(weighting.by_response_groups(plain, everyone), kind)
    margins = raking.frame_margins(plain)
    if kind == "forkerte":
        area = HERE.columns["fagomraade"]
        margins["fagomraade"] = dict(zip([code for _, code in HERE.names[area]], weigh.wrong_totals(HERE)[area],
                                         strict=True))
    return weighting.rake(weighting.by_response_groups(plain), margins)


def as_analysed(survey: Survey, there: np.ndarray, fpc: bool, cluster: bool) -> Survey:
    """The survey weighted for those there, with the design that the analysis says; with clusters the correction is left
    to the test. The weights are as good as made by hand, so no estimate makes them anew."""
    fewer = (weighting.for_process(survey) if cluster else survey).among(there)
    stages = tuple(stage if fpc or cluster else replace(stage, population=np.full(len(there), np.inf))
                   for stage in fewer.design.stages)
    if not fpc and not cluster:  # but those who are not there still add nothing
        stages = tuple(apart(stage, there) for stage in stages)
    return replace(fewer, design=replace(fewer.design, stages=stages))


@dataclass
class Sides:
    """The laboratory's numbers, and the library's."""

    ours: np.ndarray
    theirs: np.ndarray


def compared(drawing: Drawing, kind: str, fpc: bool, cluster: bool) -> dict[str, Sides]:
    """Estimates with errors, differences and slope of one survey, from both."""
    batch, _ = drawn(drawing)
    fitted = estimates.fit(batch, kind)
    errors = estimates.errors(fitted, fpc, cluster)
    whole = weighed(drawing, kind)
    cells, pairs = [], []
    for place, by in (*estimates.BLOCKS, estimates.SLOPE):
        statistic, item, answer = draw.MEASURES[place]
        there = estimators.variables(whole, statistic, item, answer).responded
        survey = as_analysed(whole, there, fpc, cluster)
        left = np.sqrt(1 - there.sum() / len(whole.frame)) if cluster and fpc else 1.0
        of = estimators.variables(survey, statistic, item, answer)
        columns, _ = estimators.ratio(groups.groups(survey, of.base, by or None), of.y, of.x)
        cells.append(np.array([columns["n"], columns["estimate"], columns["se"] * left, columns["df"]]))
        if by:
            rows = compare.contrasts(survey, item, answer or None, by, ratio=statistic == "ratio")
            pairs.append(rows[["estimate", "se", "df"]].to_numpy(float).T * [[1], [left], [1]])
    mine = [fitted.n[1, :-1], fitted.estimate[1, :-1], errors.se[1], errors.df[1]]
    trend = compare.slope(survey, item, answer, by)  # the last is that of the slope
    own_pairs = [np.array([part[1] for part in three]) for three in errors.pairs.values()]
    return {"cells": Sides(np.array(mine), np.hstack(cells[:-1])),
            "pairs": Sides(np.hstack(own_pairs), np.hstack(pairs[:-1])),
            "slope": Sides(np.array([part[1] for part in errors.slope]),
                           trend[["estimate", "se", "df"]].to_numpy(float)[0] * [1, left, 1])}


@pytest.mark.parametrize("drawing", DRAWINGS)
@pytest.mark.parametrize("kind", KINDS)
def test_estimates_errors_and_freedom_are_those_of_the_library(drawing: Drawing, kind: str) -> None:
    batch, _ = drawn(drawing)
    np.testing.assert_allclose(weigh.weights(kind, batch.answered).weight[1][batch.answered[1]],
                               weighed(drawing, kind).design.weights, **CLOSE)
    for fpc, cluster in ((True, False), (False, False), (False, True), (True, True)):
        for name, sides in compared(drawing, kind, fpc, cluster).items():
            np.testing.assert_allclose(sides.ours, sides.theirs, **CLOSE, err_msg=f"{name} {fpc=} {cluster=}")


@pytest.mark.parametrize("drawing", DRAWINGS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("cluster", [False, True])
def test_limits_of_all_figures_are_those_that_the_book_shows(drawing: Drawing, kind: str, cluster: bool) -> None:
    """One error an estimate: what the laboratory counts as covered is what `estimate` and `compare` would show."""
    batch, _ = drawn(drawing)
    fitted = estimates.fit(batch, kind)
    made = judge.figures(fitted, estimates.errors(fitted, not cluster, cluster))
    survey = weighed(drawing, kind)
    survey = weighting.for_process(survey) if cluster else survey
    for place, row in enumerate(judge.names().itertuples()):
        if row.kind == "slope":
            table = compare.slope(survey, row.item, row.answer, row.by)
        elif row.kind == "difference":
            table = compare.contrasts(survey, row.item, row.answer or None, row.by, ratio=row.statistic == "ratio")
            table = table[(table["a"] == row.a) & (table["b"] == row.b)]
        else:
            table = estimate.shares(survey, row.item, row.answer, row.by or None) if row.statistic == "share" else (
                getattr(estimate, f"{row.statistic}s")(survey, row.item.split("+") if "+" in row.item else row.item,
                                                       row.by or None))
            table = table[table["group"] == row.a]
        ours = [part[1, place] for part in (made.estimate, made.se, made.low, made.high)]
        theirs = table[["estimate", "se", "low", "high"]].to_numpy(float)[0]
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-9, err_msg=str(row))


@pytest.mark.parametrize("drawing", DRAWINGS)
@pytest.mark.parametrize("kind", KINDS)
def test_verdicts_on_claims_are_those_of_the_library(
    drawing: Drawing, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch, _ = drawn(drawing)
    fitted = estimates.fit(batch, kind)
    mine = {name: claim for name, claim in claims.read().items() if name in judge.CLAIMS}
    monkeypatch.setattr(claims, "read", lambda: mine)
    theirs = claims.judge(weighed(drawing, kind)).set_index("id")["verdict"]
    for cluster in (False, True):
        made = judge.verdicts(fitted, estimates.errors(fitted, not cluster, cluster))
        for name, (supported, contradicted) in zip(judge.CLAIMS, made, strict=True):
            if mine[name].process == cluster:
                ours = claims.VERDICTS[0 if supported[1] else 2 if contradicted[1] else 1]
                assert ours == theirs[name], name


def test_tests_are_corrected_as_the_library_does() -> None:
    p = np.array([[0.01, 0.04, np.nan, 0.03], [0.2, 0.01, 0.01, 0.9]])
    for row, ours in zip(p, judge.holm(p), strict=True):
        theirs = compare.corrected(pd.DataFrame({"p": row}), "holm", "alle")["p_adjusted"].to_numpy()
        np.testing.assert_allclose(ours, theirs, **CLOSE)


# ---- The work shared out ---------------------------------------------------------------------------------------------

ANALYSES = [Analysis(), Analysis("ingen", klynge="ja"), Analysis("region", fpc="nej", korrektion="nej")]


def same(first: judge.Tally, second: judge.Tally) -> bool:
    return set(first) == set(second) and all(np.array_equal(first[name], second[name]) for name in first)


def added(parts: list[judge.Tally]) -> judge.Tally:
    return {name: sum(part[name] for part in parts) for name in parts[0]}


@pytest.mark.slow
def test_counts_do_not_depend_on_order_batch_or_company() -> None:
    """Bit for bit: in one go, in other batches, in other parts in another order, and analyses alone or together."""
    drawing = DRAWINGS[1]
    whole = judge.tally(drawing, ANALYSES, 3, 0, 24)
    assert same(whole, judge.tally(drawing, ANALYSES, 3, 0, 24, size=5))
    assert same(whole, added([judge.tally(drawing, ANALYSES, 3, a, b) for a, b in ((17, 24), (0, 9), (9, 17))]))
    for place, analysis in enumerate(ANALYSES):
        alone = judge.tally(drawing, [analysis], 3, 0, 24)
        assert all(np.array_equal(alone[name][0], whole[name][place]) for name in whole)


def test_streams_follow_from_seed_drawing_and_number_alone() -> None:
    def first(drawing: Drawing, seed: int, number: int) -> tuple[float, float]:
        return tuple(one.random(1).item() for one in draw.streams(drawing, seed, number, number + 1))

    cases = [(drawing, seed, number) for drawing in DRAWINGS for seed in (0, 1) for number in (0, 1, 10**6)]
    seen = [value for case in cases for value in first(*case)]
    assert len(set(seen)) == 2 * len(cases)
    assert first(*cases[-1]) == first(*cases[-1])


GRID = """titel: Prøve
froe: 4
gentagelser: 120
gitre:
  proeve:
    bortfald: [tilfaeldigt, svaret]
    vaegtning: [ingen, raket]
"""
# A run in a process of its own, in parts so small that it can be stopped between them.
RUN = """import sys
from pathlib import Path
from civsam.laboratory import declare, run
run.LENGTH = 6
run.run(declare.read(Path("gitter.yml")), Path("ud"), int(sys.argv[1]))
"""

# The same through the command line, in parts as small as can be.
STOPPED = """from pathlib import Path
from civsam import cli
from civsam.laboratory import run
run.LENGTH, run.FOLDER = 1, Path("ud").resolve()
raise SystemExit(cli.main())
"""


@pytest.fixture
def grid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> declare.Grid:
    """A small grid, in parts that take a moment; the user stands in its folder."""
    (tmp_path / "gitter.yml").write_text(GRID, "utf-8")
    (tmp_path / "koer.py").write_text(RUN, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(run, "LENGTH", 6)
    return declare.read(tmp_path / "gitter.yml")


def directly(grid: declare.Grid) -> list[judge.Tally]:
    """The counts of each way to carry the survey out, with no parts, files or processes."""
    return [judge.tally(drawing, list(parts[0].analyses), grid.seed, 0, grid.replications)
            for drawing, parts in run.parts(grid).items()]


def stored(grid: declare.Grid, folder: Path) -> list[judge.Tally]:
    return [added([run.kept(part, folder) for part in parts]) for parts in run.parts(grid).values()]


def finished(folder: Path) -> dict[str, int]:
    """The parts that are stored, and when."""
    return {path.name: path.stat().st_mtime_ns for path in (folder / "dele").glob("*.npz")}


@pytest.mark.slow
def test_a_run_that_is_told_to_stop_leaves_no_worker_behind(grid: declare.Grid) -> None:
    command = [sys.executable, "-c", STOPPED, "scenarios", "run", "gitter.yml"]
    env = os.environ | {"PYTHONPATH": str(Path(run.__file__).parents[2])}
    told = subprocess.Popen(command, env=env, start_new_session=True, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 300
    while not finished(Path("ud")) and time.monotonic() < deadline:
        time.sleep(0.02)
    told.terminate()
    assert "afbrudt" in told.communicate()[1]
    assert told.returncode == 130
    while running(told.pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not running(told.pid)


def running(session: int) -> bool:
    """Whether any process of a session is left."""
    try:
        os.killpg(session, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.slow
def test_a_run_that_is_killed_goes_on_where_it_stopped(grid: declare.Grid) -> None:
    command = [sys.executable, "koer.py", "2"]
    env = os.environ | {"PYTHONPATH": str(Path(run.__file__).parents[2])}
    killed = subprocess.Popen(command, env=env, start_new_session=True, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 300
    while len(finished(Path("ud"))) < 3 and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    before = finished(Path("ud"))
    assert 3 <= len(before) < 40, "killed too late to tell anything"
    damaged = next(iter(before))
    Path("ud", "dele", damaged).write_bytes(b"half a part")
    table = run.run(grid, Path("ud"), 1)
    after = finished(Path("ud"))
    assert len(after) == 40
    assert {name: when for name, when in after.items() if name in before and name != damaged} == {
        name: when for name, when in before.items() if name != damaged}
    assert all(map(same, stored(grid, Path("ud")), directly(grid)))
    run.write(grid, table, Path("tabel.parquet"))
    pd.testing.assert_frame_equal(run.read(Path("tabel.parquet")), table)
    assert run.made_of(Path("tabel.parquet"))["tabel"] == run.content(table)


@pytest.mark.slow
def test_a_scenario_has_the_numbers_of_its_own_analysis(grid: declare.Grid) -> None:
    """Those of one drawing lie side by side in its counts."""
    table = run.run(grid, Path("ud"), 1)
    for number, one in enumerate(grid.scenarios, 1):
        alone = summary.summary(number, judge.tally(one.drawing, [one.analysis], grid.seed, 0, grid.replications), 0)
        mine = table[table["scenario"] == number]
        assert set(mine["vaegtning"]) == {one.values["vaegtning"]}
        there, here = (rows[["bias", "coverage"]].to_numpy(float) for rows in (mine, alone))
        np.testing.assert_allclose(there, here, rtol=1e-4, atol=1e-9)
    assert table.groupby("vaegtning")["bias"].sum().nunique() == 2


@pytest.mark.slow
def test_a_cluster_that_loses_a_worker_gives_the_same(grid: declare.Grid) -> None:
    import distributed  # a second to import

    with distributed.LocalCluster(2, threads_per_worker=1, dashboard_address=None, silence_logs=50) as cluster:
        work = [part for parts in run.parts(grid).values() for part in parts]
        done = sharing.on_cluster(run.done, work, cluster.scheduler_address)
        for number, (part, counts) in enumerate(done):
            run.keep(part, counts, Path("klynge"))
            if number == 2:
                os.kill(next(iter(cluster.workers.values())).pid, signal.SIGKILL)
    assert all(map(same, stored(grid, Path("klynge")), directly(grid)))


# ---- Grids as they are written ---------------------------------------------------------------------------------------


def test_a_grid_is_the_product_of_its_factors_in_order_without_repeats(grid: declare.Grid) -> None:
    assert [(one.drawing.bortfald, one.analysis.vaegtning) for one in grid.scenarios] == [
        ("tilfaeldigt", "ingen"), ("tilfaeldigt", "raket"), ("svaret", "ingen"), ("svaret", "raket")]
    Path("to.yml").write_text(GRID + "  igen:\n    bortfald: svaret\n", "utf-8")
    assert declare.read(Path("to.yml").resolve()).scenarios == grid.scenarios


def test_yes_and_no_are_words_in_a_grid(grid: declare.Grid) -> None:
    Path("gitter.yml").write_text(GRID.replace("bortfald: [tilfaeldigt, svaret]", "fpc: [ja, nej]"), "utf-8")
    assert {one.analysis.fpc for one in declare.read(Path("gitter.yml").resolve()).scenarios} == {"ja", "nej"}


FAULTS = (
    ("bortfald: [tilfaeldigt, svaret]", "bortfald: [tilfaeldigt, svarret]", "linje 6: 'bortfald' kan ikke være "
     "'svarret'. Tilladt: tilfaeldigt, fagomraade, kommunetype, udgiftspres, svaret."),
    ("bortfald:", "bortfal:", "linje 6: ukendt navn 'bortfal'. Mente du 'bortfald'?"),
    ("bortfald: [tilfaeldigt, svaret]", "svarprocent: 5", "linje 6: 'svarprocent' kan ikke være 5. Tilladt: hele tal "
     "fra 10 til 100."),
    ("bortfald: [tilfaeldigt, svaret]", "bortfald: []", "linje 6: 'bortfald' er tom."),
    ("gentagelser: 120", "gentagelser: 1,5", "linje 3: 'gentagelser' kan ikke være '1,5'."),
    ("froe: 4\n", "", "mangler froe."),
    ("froe: 4", "froe: 4\nfro: 4", "linje 3: ukendt navn 'fro'. Mente du 'froe'?"),
    ("  proeve:\n    bortfald: [tilfaeldigt, svaret]\n    vaegtning: [ingen, raket]\n", "  proeve: alt\n",
     "linje 5: 'proeve' skal være faktorer"),
    ("  proeve:\n    bortfald: [tilfaeldigt, svaret]\n    vaegtning: [ingen, raket]\n", "",
     "linje 4: 'gitre' skal være navne"),
    ("froe: 4", "froe: [4", "ikke gyldig YAML"),
)


@pytest.mark.parametrize(("right", "wrong", "said"), FAULTS)
def test_faults_in_a_grid_are_told_with_line_and_what_is_allowed(
    grid: declare.Grid, capsys: pytest.CaptureFixture, right: str, wrong: str, said: str
) -> None:
    Path("gitter.yml").write_text(GRID.replace(right, wrong), "utf-8")
    assert cli.main(["scenarios", "run", "gitter.yml"]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert "gitter.yml" in err


@pytest.mark.parametrize(("options", "said"), [
    ("--workers nul", "--workers kan ikke være 'nul'"),
    ("--out tabel.csv", "der ender på .parquet"),
    ("--scheduler tcp://127.0.0.1:9", "der er ingen Dask-planlægger på tcp://127.0.0.1:9"),
])
def test_faults_in_the_command_are_told(grid: declare.Grid, capsys: pytest.CaptureFixture, options: str, said: str,
                                        monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "FOLDER", Path("ud").resolve())
    monkeypatch.setattr(sharing, "WAIT", 1)
    assert cli.main(["scenarios", "run", "gitter.yml", *options.split()]) == 2
    assert said in capsys.readouterr().err


def test_a_worker_with_other_code_or_data_is_refused(grid: declare.Grid) -> None:
    part = next(iter(run.parts(grid).values()))[0]
    with pytest.raises(UserError, match="en anden udgave"):
        run.done(replace(part, model="other"))


# ---- The standard grid, and pages about it ---------------------------------------------------------------------------


@pytest.mark.slow
def test_the_summary_is_of_the_standard_grid_and_a_part_run_again_gives_the_same() -> None:
    grid, table = declare.read(project.data / "scenarier.yml"), show.open_grid().summary
    made = run.made_of(show.SUMMARY)
    assert made["gitter"] == grid.digest, "make scenarios"
    assert made["tabel"] == run.content(table)
    number = len(grid.scenarios)
    one = grid.scenarios[-1]
    counts = judge.tally(one.drawing, [one.analysis], grid.seed, 0, grid.replications)
    again = run.tidy(summary.summary(number, counts, 0).assign(**one.values))
    stored = table[table["scenario"] == number].reset_index(drop=True)
    pd.testing.assert_frame_equal(again, stored, rtol=2e-6)


@pytest.mark.slow
def test_a_grid_is_run_from_the_command_line(
    grid: declare.Grid, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "FOLDER", Path("ud").resolve())
    Path("gitter.yml").write_text(GRID.replace("120", "12"), "utf-8")
    command = ["scenarios", "run", "gitter.yml", "--workers", "1"]
    assert cli.main(command) == 0
    told = capsys.readouterr()
    assert "Prøve: 4 scenarier, 12 gentagelser af hvert." in told.out
    assert "4 af 4 dele" in told.err
    table = run.read(Path("ud", "gitter.parquet"))
    assert table.groupby("scenario")["vaegtning"].first().tolist() == ["ingen", "raket"] * 2
    before, content = finished(Path("ud")), Path("ud", "gitter.parquet").read_bytes()
    assert cli.main(command) == 0
    assert (finished(Path("ud")), Path("ud", "gitter.parquet").read_bytes()) == (before, content)


FOCUS = {"kind": "estimate", "item": "pol_fokus"}


def test_figures_and_tables_of_scenarios_are_in_the_order_asked_and_marked() -> None:
    order = {"bortfald": ["svaret", "tilfaeldigt"], "vaegtning": ["raket", "ingen"]}
    grid = show.open_grid()
    rows = grid.rows("population", FOCUS, **order)
    assert list(zip(rows.table["bortfald"], rows.table["vaegtning"], strict=True)) == [
        (first, second) for first in order["bortfald"] for second in order["vaegtning"]]
    figure = rows.figure("bias", "bortfald", "vaegtning", "Skævhed", "fig-x")
    assert "SYNTETISKE SVAR" in figure.svg
    told = rows.told("bias", bortfald="svaret", vaegtning="ingen")
    assert f"efter selve svaret, ingen: {told.split()[0]}" in figure.alt
    assert told.endswith(" procentpoint")
    table = rows.scenarios_table(("bortfald", "vaegtning"), ("bias", "coverage"), "c", "n")
    assert "syntetiske svar" in table.html
    columns = {heading: (numbers, cells) for heading, numbers, cells in table.facts["columns"]}
    assert list(columns)[3:5] == ["Skævhed, procentpoint", "Skævhed, procentpoint, ±"]
    for heading, times in {"Skævhed, procentpoint": 100, "Skævhed, procentpoint, ±": 200}.items():
        exact = rows.table["bias_mc" if "±" in heading else "bias"]
        assert columns[heading] == (True, "\n".join(f"{abs(x) if round(x, 1) == 0 else x:.1f}" for x in times * exact))
    counts = grid.rows("population", {"kind": "estimate", "item": "pra_lange+pra_korte"})
    assert counts.told("bias").endswith(" samarbejder")


def test_rows_that_are_not_in_the_grid_are_refused() -> None:
    with pytest.raises(ValueError, match="has no"):
        show.open_grid().rows("population", FOCUS, svarprocent=11)
