"""The worlds make the statements true and false as they say, and the book's own verdicts are counted against that."""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from civsam.files import UserError, project
from civsam.inference import weighting
from civsam.inference.compare import SUPPORTED
from civsam.instrument import questionnaire
from civsam.intake.frame import read_frame
from civsam.laboratory import truths, worlds
from civsam.study import claims, simulate
from civsam.survey.survey import Survey

ASKED = questionnaire.read()
FRAME = read_frame(ASKED)
WORLDS = worlds.read()
PROCESS = {name for name, claim in worlds.judged().items() if claim.process}
ALIKE = {"O8", "O9"}  # that there is no difference between regions, and between blocs


@cache
def everybody(world: str, seed: int) -> Survey:
    """What all would answer."""
    study = simulate.simulate(seed, ASKED, anchored=False, people=WORLDS[world].people)
    return Survey(study.asked, study.frame, ASKED)


def true(world: str, seed: int = 1) -> set[str]:
    """The claims that are true in the world, those about the 838 of the population of the seed."""
    there, behind = everybody(world, seed), worlds.by_model(WORLDS[world], FRAME, ASKED)
    here = worlds.by_population(there)
    return {name for name, claim in worlds.judged().items()
            if worlds.true(claim, behind if claim.process else here, there)}


def found(world: str, spec: dict[str, str], by: str) -> pd.Series:
    """The model's value of a measure in each group, by code."""
    y, x = worlds.by_model(WORLDS[world], FRAME, ASKED)(spec)
    return pd.Series(y).groupby(FRAME[by].to_numpy()).sum() / pd.Series(x).groupby(FRAME[by].to_numpy()).sum()


def test_every_statement_that_is_a_question_to_the_answers_is_judged() -> None:
    asked = {name for name, claim in claims.read().items() if claim.rule != "kan_ikke"}
    assert asked - set(worlds.judged()) <= {"M1"}, "who answered is counted"
    assert {claim.rule for claim in worlds.judged().values()} >= {
        "lig", "mere_end", "mindre_end", "foerst", "sidst", "forskel", "ingen_forskel", "haeldning"}


def test_every_statement_is_true_in_one_world_and_false_in_another() -> None:
    every = set(worlds.judged())
    assert every - true("offentliggjort") == {"O10", "O12b"}, "the model was built against these two"
    assert true("omvendt") == {"O10"}
    assert true("ens") & PROCESS == ALIKE


def test_at_the_limit_what_lies_behind_the_answers_is_false_by_next_to_nothing() -> None:
    assert not true("graensen") & PROCESS
    total = {"middel": "pra_lange+pra_korte"}
    focus, target = ({"andel": "pol_fokus", "svar": "ja"}, {"andel": "pra_maalgruppe", "svar": "enig+helt_enig"})
    assert 0 <= np.ptp(found("graensen", target, "region")) - 0.10 < 0.001
    assert 0 <= np.ptp(found("graensen", total, "blok")) - 3 < 0.01
    for spec, first, second in (
        (total, "sundhed", "kultur"), (total, "social", "aeldre"), (total, "teknik", "beskaeftigelse"),
        ({"middel": "pra_lange"}, "sundhed", "social"), ({"middel": "pra_korte"}, "kultur", "sundhed"),
        (target, "social", "kultur"),
    ):
        values = found("graensen", spec, "fagomraade")
        assert values[first] == pytest.approx(values[second], abs=1e-9)
    assert np.ptp(found("graensen", focus, "fagomraade")) < 0.001, "one of O10's measures is the same in all areas"
    assert np.ptp(found("graensen", {"andel": "vae_omkostning", "svar": "enig+helt_enig"}, "udgiftspres")) < 1e-9


@pytest.mark.slow
def test_at_the_limit_statements_about_the_838_are_now_true_and_now_false() -> None:
    seen = [true("graensen", seed) for seed in range(24)]
    for name in set(worlds.judged()) - PROCESS:
        assert 1 <= sum(name in one for one in seen) <= 23, name


@pytest.mark.slow
@pytest.mark.parametrize(("world", "spec", "by"), [
    ("graensen", {"andel": "pra_maalgruppe", "svar": "enig+helt_enig"}, "region"),
    ("graensen", {"middel": "pra_lange+pra_korte"}, "blok"),
    ("graensen", {"middel": "pra_korte"}, "fagomraade"),
    ("omvendt", {"andel": "vae_aarsag", "svar": "kvalitet"}, "fagomraade"),
    ("omvendt", {"andel": "vae_omkostning", "svar": "enig+helt_enig"}, "udgiftspres"),
    ("graensen", {"andel": "pra_emner", "svar": "sundhed+integration+sociale"}, "region"),
    ("ens", {"del": "pra_tvaers"}, "region"),
])
def test_the_model_has_the_values_that_populations_have_on_average(world: str, spec: dict[str, str], by: str) -> None:
    """Within 4 Monte Carlo errors of the mean of 24 populations."""
    drawn = []
    for seed in range(24):
        survey = everybody(world, seed)
        y, x = worlds.by_population(survey)(spec)
        drawn.append(np.bincount(survey.group(by), y) / np.bincount(survey.group(by), x))
    error = np.std(drawn, axis=0, ddof=1) / np.sqrt(len(drawn))
    expected = found(world, spec, by)[list(ASKED.background[by].labels)].to_numpy()
    assert np.abs((np.mean(drawn, axis=0) - expected) / error).max() < 4


def test_a_rule_whose_truth_is_unknown_is_refused() -> None:
    claim = claims.read()["N9"]
    with pytest.raises(ValueError, match="no truth is known of the rule 'kan_ikke'"):
        truths.holds(claim, lambda *_: np.zeros(1), lambda *_: np.zeros(1), lambda _: [])


def test_published_world_is_the_simulation_itself() -> None:
    plain = simulate.simulate(3, ASKED, anchored=False)
    pd.testing.assert_frame_equal(plain.asked, everybody("offentliggjort", 3).answers)


# ---- Verdicts --------------------------------------------------------------------------------------------------------


def trials(world: str, draws: int) -> dict[str, np.ndarray]:
    """The counts of each claim."""
    counts = worlds.tried(worlds.Trials(world, 1, 0, draws, worlds.model()))["claims"]
    assert np.all(counts.sum(axis=(1, 2)) == draws)
    return dict(zip(worlds.judged(), counts, strict=True))


def test_a_verdict_is_counted_as_wrong_where_the_statement_is_false(monkeypatch: pytest.MonkeyPatch) -> None:
    everything = pd.DataFrame({"id": list(claims.read()), "verdict": SUPPORTED})
    monkeypatch.setattr(claims, "judge", lambda survey: everything)
    there = true("graensen")
    for name, counts in trials("graensen", 1).items():
        assert counts[int(name in there), 0] == 1, name


def test_what_is_counted_is_the_books_own_verdict_on_a_raked_survey(monkeypatch: pytest.MonkeyPatch) -> None:
    """All of a survey drawn from the published world: against `claims.judge`, as the book calls it."""
    study, seen, judge = simulate.simulate(1, ASKED, anchored=False), [], claims.judge
    raked = weighting.raked(Survey(study.answers, study.frame, ASKED))
    book = judge(raked).set_index("id")["verdict"]
    monkeypatch.setattr(claims, "judge", lambda survey: seen.append(survey) or judge(survey))
    for name, counts in trials("offentliggjort", 1).items():
        assert counts.sum(axis=0)[claims.VERDICTS.index(book[name])] == 1, name
    np.testing.assert_allclose(seen[0].design.weights, raked.design.weights)
    pd.testing.assert_frame_equal(seen[0].answers, raked.answers)


@pytest.mark.slow
def test_what_is_wholly_false_is_never_supported() -> None:
    counts = trials("omvendt", 4)
    assert all(one[0, 0] == 0 for one in counts.values())
    contradicted = {name for name, one in counts.items() if one[0, 2] == 4}
    assert contradicted >= set(counts) - {"O8", "O10", "O11"}, "of these the survey sees too little"


# ---- Worlds as they are written --------------------------------------------------------------------------------------

FAULTS = (
    ("  grund: Prøve.\n", "", "linje 1: proeve skal have 'grund'"),
    ("  grund: Prøve.\n", "  grund: Prøve.\n  andet: 1\n", "linje 1: proeve skal have 'grund'"),
    ("pol_fokus: {ja: 0.5, nej: 0.5}", "pol_fokus: {ja: 0.5, nej: 0.6}",
     "linje 5: proeve → antagelser → fordelinger → pol_fokus skal være et tal for hver af ja, nej, i den rækkefølge og "
     "med summen 1"),
    ("pol_fokus: {ja: 0.5, nej: 0.5}", "pol_fokus: {ja: mange, nej: 0.5}", "linje 5: "),
    ("pol_fokus: {ja: 0.5, nej: 0.5}", "pol_fokus: {nej: 0.5, ja: 0.5}", "i den rækkefølge"),
    ("pol_fokus: {ja: 0.5, nej: 0.5}", "pol_fokuss: {ja: 0.5, nej: 0.5}",
     "linje 5: proeve → antagelser → fordelinger → pol_fokuss er ikke noget, som en verden kan lave om."),
    ("    fordelinger:\n", "    icc:\n", "icc → pol_fokus er ikke noget"),
    ("dele: {pra_tvaers: 0.5}", "dele: {pra_tvaers: {a: 0.5}}", "linje 6: proeve → antagelser → dele → pra_tvaers skal "
     "være et tal, ikke"),
    ("    blok:\n", "    parti:\n", "parti → pol_fokus er ikke noget"),
    ("{roed: 0.1, blaa: 0.0}", "{roed: 0.1}",
     "linje 9: proeve → grupper → blok → pol_fokus skal være et tal for hver af roed, blaa"),
    ("      pol_fokus: {roed", "      pra_emner: {roed", "pra_emner er ikke noget"),
    ("    dele: {pra_tvaers: 0.5}", "    dele: meget", "skal være navne med hver sine spørgsmål"),
    ("  antagelser:\n    fordelinger:\n      pol_fokus: {ja: 0.5, nej: 0.5}\n    dele: {pra_tvaers: 0.5}\n",
     "  antagelser: ens\n", "linje 3: proeve → antagelser skal være navne"),
)
WRITTEN = """proeve:
  grund: Prøve.
  antagelser:
    fordelinger:
      pol_fokus: {ja: 0.5, nej: 0.5}
    dele: {pra_tvaers: 0.5}
  grupper:
    blok:
      pol_fokus: {roed: 0.1, blaa: 0.0}
"""


def test_a_world_has_what_is_written_and_else_the_studys_assumptions(tmp_path: Path) -> None:
    (tmp_path / "verdener.yml").write_text(WRITTEN, "utf-8")
    world = worlds.read(tmp_path / "verdener.yml")["proeve"]
    base = simulate.assumptions()
    assert world.given["fordelinger"] == base["fordelinger"] | {"pol_fokus": {"ja": 0.5, "nej": 0.5}}
    assert world.given["antal"] == base["antal"]
    people = world.people(FRAME, ASKED, simulate.Source(0))
    plain = simulate.Population(FRAME, ASKED, simulate.Source(0))
    np.testing.assert_allclose(people.shift("pol_fokus") - plain.shift("pol_fokus"),
                               np.where(FRAME["blok"] == "roed", 0.1, 0.0), atol=1e-12)


@pytest.mark.parametrize(("right", "wrong", "said"), FAULTS)
def test_faults_in_a_world_are_told_with_line_and_what_it_should_be(
    tmp_path: Path, right: str, wrong: str, said: str
) -> None:
    assert right in WRITTEN
    path = tmp_path / "verdener.yml"
    path.write_text(WRITTEN.replace(right, wrong), "utf-8")
    with pytest.raises(UserError) as told:
        worlds.read(path)
    assert said in str(told.value)
    assert str(project.data) not in str(told.value)
