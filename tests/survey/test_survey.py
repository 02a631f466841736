"""A survey refuses what it cannot be made from, tells it in words, and does not change when its tables do."""

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from civsam.files import UserError
from civsam.inference import compare, equations, estimate, estimators, models, power, rao_scott, replicates, weighting
from civsam.instrument.questionnaire import Background, Item, Questionnaire, Scale, Weighting, read
from civsam.survey import survey as surveys
from civsam.survey.design import Design, Stage
from civsam.survey.survey import Survey

YES = Scale("jn", "enkelt", {"ja": "Ja", "nej": "Nej"})
ITEMS = {
    "glad": Item("glad", "b", YES, "Glad", "Er du glad?"),
    "gjort": Item("gjort", "b", Scale("f", "flere", {"bold": "Bold", "kor": "Kor", "ingen": "Intet"}), "Gjort", ""),
    "timer": Item("timer", "b", Scale("t", "antal", low=0, high=24), "Timer", ""),
    "del": Item("del", "b", Scale("t", "antal", low=0, high=24), "Del", "", part_of=("timer",)),
    "fri": Item("fri", "b", Scale("fri", "tekst"), "Fri", ""),
}
SEX = Background("koen", "køn", {"k": "Kvinde", "m": "Mand"})
INSTRUMENT = Questionnaire("", "", "Ved ikke", {"b": ""}, ITEMS, background={"koen": SEX})
KEYS = pd.Index(["p1", "p2", "p3", "p4"])


def answers(**columns: list) -> pd.DataFrame:
    usual = {"glad": ["ja", "nej", "ja", "ved_ikke"], "gjort": ["bold", "bold kor", "ingen", ""],
             "timer": ["1", "2", "24", "ved_ikke"], "del": ["0", "1", "", ""], "fri": ["", "hej", "nan", ""]}
    return pd.DataFrame(usual | columns, index=KEYS)


FRAME = pd.DataFrame({"koen": ["k", "m", "k", "m", "k"]}, index=[*KEYS, "p5"])


def survey(frame: pd.DataFrame = FRAME, **columns: list) -> Survey:
    return Survey(answers(**columns), frame, INSTRUMENT)


# ---- Answers and background ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("blank", ["", " ", "\t \n", None, np.nan, pd.NA, pd.NaT])
@pytest.mark.parametrize("item", list(ITEMS))
def test_a_blank_is_never_an_answer(item: str, blank: object) -> None:
    column = [blank, *answers()[item].iloc[1:]]
    made = survey(**{item: column})
    assert made.answers[item].iloc[0] == ""
    assert not made.answered(item)[0]
    assert made.answers.loc["p2":].equals(survey().answers.loc["p2":])


def test_blanks_of_every_dtype_leave_the_shares_as_they_are() -> None:
    plain = estimate.shares(survey(glad=["ja", "", "ja", "ved_ikke"]), "glad")
    cells = ["ja", None, "ja", "ved_ikke"]
    for column in (pd.array(cells, dtype="string"), pd.array(cells, dtype="str"), pd.Categorical(cells),
                   np.array(cells, dtype=object), np.array(["ja", np.nan, "ja", "ved_ikke"], dtype=object)):
        made = survey(glad=column)
        assert set(map(type, made.answers["glad"])) == {str}
        columns = ["answer", "n", "count", "estimate", "se"]
        pd.testing.assert_frame_equal(estimate.shares(made, "glad")[columns], plain[columns])
    assert survey(glad=[np.nan] * 4).answered("glad").sum() == 0


@pytest.mark.parametrize(("columns", "told"), [
    ({"glad": ["ja", "Nej", "", ""]}, "kolonnen glad, rækken »p2«: »Nej« er ikke et af svarene. Skriv koden »nej«."),
    ({"glad": ["ja", "ja", "ja", "jaa"]}, "kolonnen glad, rækken »p4«: »jaa« .* Mente du koden »ja«?"),
    ({"glad": ["ja", "nan", "nan", "ja"]}, "kolonnen glad, rækken »p2« og 1 andre: »nan« .* Tilladt: ja, nej, ved_"),
    ({"glad": ["Ved ikke", "", "", ""]}, "Skriv koden »ved_ikke«"),
    ({"glad": ["ja ", "", "", ""]}, "»ja « er ikke et af svarene. Skriv koden »ja«"),
    ({"glad": [1, 2, 1, 2]}, "kolonnen glad, rækken »p1« og 1 andre: 1 .* Det er et tal eller andet end tekst"),
    ({"glad": [1.0, np.nan, 1.0, 2.0]}, "kolonnen glad, rækken »p1« og 1 andre: 1.0 "),
    ({"glad": [True, False, True, True]}, "Det er et tal eller andet end tekst"),
    ({"gjort": ["bold svømning", "", "", ""]}, "»bold svømning« .* Tilladt: bold, kor, ingen, ved_ikke"),
    ({"gjort": ["bold Kor", "", "", ""]}, "Skriv koden »kor«"),
    ({"gjort": ["bold ingen", "", "", ""]}, "Svarene udelukker hinanden"),
    ({"gjort": ["bold bold", "", "", ""]}, "det samme står to gange"),
    ({"gjort": ["bold ved_ikke", "", "", ""]}, "udelukker hinanden"),
    ({"timer": ["25", "", "", ""]}, "»25« er ikke et af svarene. Tilladt: et helt tal fra 0 til 24, ved_ikke"),
    ({"timer": ["1.0", "", "", ""]}, "»1.0« er ikke"),
    ({"timer": [1.5, np.nan, 1, 2]}, "kolonnen timer, rækken »p1«: 1.5 er ikke"),
    ({"timer": [-1, 2, 1, 2]}, "kolonnen timer, rækken »p1«: -1 er ikke"),
    ({"timer": [np.inf, 2, 1, 2]}, "kolonnen timer, rækken »p1«: inf er ikke"),
    ({"fri": ["ved_ikke", "", "", ""]}, "kolonnen fri, rækken »p1«: »ved_ikke« .* Lad cellen være tom"),
    ({"fri": [3, 4, 5, 6]}, "kolonnen fri, rækken »p1«: 3 er ikke"),
])
def test_what_is_no_answer_is_refused_with_column_row_value_and_code(columns: dict, told: str) -> None:
    with pytest.raises(UserError, match=told):
        survey(**columns)


def test_faults_of_many_columns_are_told_together_but_not_without_end() -> None:
    with pytest.raises(UserError) as fault:
        survey(glad=["a1", "a2", "a3", "a4"], timer=["x", "y", "", ""], gjort=["z", "", "", ""])
    lines = str(fault.value).splitlines()
    assert len(lines) == 6
    assert lines[-1] == "... og 2 fejl mere."


CLASSES = replace(INSTRUMENT, items={"glad": ITEMS["glad"]}, background={}, weighting=Weighting(cluster="klasse"))


def pupils(classes: list[str], **how: bool) -> Survey:
    """Answers of pupils, half of the classes glad; a frame of their own with the class of each."""
    index = pd.Index([str(place) for place in range(len(classes))], name="elev")
    glad = ["ja" if str(name) < "k06" else "nej" for name in classes]
    return Survey(pd.DataFrame({"glad": glad}, index=index), pd.DataFrame({"klasse": classes}, index=index), CLASSES,
                  framed=False, **how)


def test_clusters_count_without_a_frame_too() -> None:
    """12 classes that each agree: the error is that of 12 answers, and not of 240."""
    made = estimate.shares(weighting.weighted(pupils([f"k{place % 12:02}" for place in range(240)])), "glad", "ja")
    assert made["se"].item() == pytest.approx(np.sqrt(0.25 / 11))
    assert made["df"].item() == 11
    assert made["deff"].item() == pytest.approx(20, rel=0.1)


@pytest.mark.parametrize(("classes", "told"), [
    (["k01", "k02", ""], "kolonnen klasse: .*»2« er tom"),
    (["k01", "k02", np.nan], "kolonnen klasse: .*»2« er tom"),
    (["k01", "k01", "k01"], "alle er fra samme klynge"),
])
def test_clusters_that_tell_nothing_are_refused(classes: list[str], told: str) -> None:
    with pytest.raises(UserError, match=told):
        pupils(classes)


def test_a_cluster_that_is_no_column_is_refused() -> None:
    made = pupils(["k01", "k02", "k03"])
    with pytest.raises(UserError, match=r"kolonnen »klasse« mangler\. .* slet linjen klynge"):
        Survey(made.answers, made.frame[[]], CLASSES)


def test_whole_numbers_are_counts_whatever_their_dtype() -> None:
    text = survey(timer=["1", "2", "", "4"])
    for column in ([1, 2, None, 4], pd.array([1, 2, None, 4], dtype="Int64"), [1.0, 2.0, np.nan, 4.0]):
        made = survey(timer=column)
        assert made.answers.equals(text.answers)
        assert made.digest == text.digest


def test_only_answers_as_many_as_some_simulated_ones_are_digested(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(surveys, "_simulated_here", {})
    surveys.recognise(answers())
    assert survey().provenance == "syntetisk"
    assert survey(glad=["nej", "nej", "ja", "ved_ikke"]).provenance == "indsamlet"
    fewer = Survey(answers().iloc[1:], FRAME, INSTRUMENT)
    assert fewer.provenance == "indsamlet"
    assert "digest" not in vars(fewer)


@pytest.mark.parametrize(("frame", "told"), [
    (FRAME.replace("m", "Mand"), "rammen, kolonnen koen, rækken »p2« og 1 andre: »Mand« .* Skriv koden »m«. Till"),
    (FRAME.replace("m", "mm"), "Mente du koden »m«"),
    (FRAME.replace("m", np.nan), "rammen, kolonnen koen, rækken »p2« og 1 andre: nan .* Den er tom"),
    (FRAME.replace("m", ""), "rammen, kolonnen koen"),
    (FRAME.assign(koen=1), "Det er et tal"),
    (FRAME.rename(columns={"koen": "sex"}), "rammen: kolonnen koen mangler"),
    (FRAME.iloc[1:], "svarene: rækken »p1« findes ikke i rammen"),
    (pd.concat([FRAME, FRAME]), "rammen: rækken »p1« og 4 andre står to gange"),
    (pd.concat([FRAME, FRAME], axis=1), "rammen: kolonnen »koen« står to gange"),
    (FRAME.rename(index={"p5": None}), "rammen: en række har ingen nøgle"),
])
def test_a_frame_that_does_not_fit_is_refused(frame: pd.DataFrame, told: str) -> None:
    with pytest.raises(UserError, match=told):
        survey(frame)


@pytest.mark.parametrize(("change", "told"), [
    (lambda table: table.drop(columns="glad"), "svarene: kolonnen glad mangler"),
    (lambda table: table.assign(gladd="ja"), "kolonnen »gladd« er ikke et spørgsmål i spørgeskemaet. Mente du »glad«?"),
    (lambda table: table.rename(index={"p2": "p1"}), "svarene: rækken »p1« står to gange"),
    (lambda table: pd.concat([table, table[["glad"]]], axis=1), "svarene: kolonnen »glad« står to gange"),
])
def test_a_table_that_does_not_fit_is_refused(change, told: str) -> None:
    with pytest.raises(UserError, match=told):
        Survey(change(answers()), FRAME, INSTRUMENT)


def test_a_question_named_as_a_background_variable_is_refused(tmp_path: Path) -> None:
    both = replace(INSTRUMENT, background={"glad": replace(SEX, id="glad")})
    with pytest.raises(UserError, match="»glad« er både et spørgsmål og en baggrundsvariabel"):
        Survey(answers(), FRAME.assign(glad="k"), both)
    path = tmp_path / "skema.yml"
    path.write_text("titel: T\nafgraensning: A\nved_ikke: V\nblokke: {a: A}\nbaggrund: {x: {navn: x, svar: {a: A}}}\n"
                    "skalaer: {s: {type: enkelt, svar: {ja: Ja}}}\nspoergsmaal:\n"
                    "- {id: x, blok: a, skala: s, emne: E, ordlyd: O}\n", encoding="utf-8")
    with pytest.raises(UserError, match="linje 8: id 'x' er også navnet på en baggrundsvariabel"):
        read(path)


def test_answers_and_groups_are_remembered_apart() -> None:
    made = survey()
    made.data.grouped["glad"] = np.arange(4)  # as a variable of that name would
    assert estimate.shares(made, "glad", "ja")["estimate"].item() == 0.5


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(["ja", "nej", "ved_ikke", "", " ", None, "Ja", "nan", 1, 2.5]), min_size=4, max_size=4))
def test_every_column_is_either_all_answers_or_refused(column: list) -> None:
    if set(column) <= {"ja", "nej", "ved_ikke", "", " ", None}:
        assert set(survey(glad=column).answers["glad"]) <= {"ja", "nej", "ved_ikke", ""}
    else:
        with pytest.raises(UserError, match="kolonnen glad, rækken"):
            survey(glad=column)


# ---- It does not change ----------------------------------------------------------------------------------------------


def test_a_survey_is_not_changed_by_what_is_done_to_tables() -> None:
    mine, frame = answers(), FRAME.copy()
    made = Survey(mine, frame, INSTRUMENT)
    before = made.digest
    mine.loc["p1", "glad"], frame.loc["p1", "koen"] = "nej", "m"
    mine["timer"] = "3"
    out = made.answers
    out.loc["p1", "glad"] = "nej"
    with pytest.warns(pd.errors.ChainedAssignmentError):
        made.frame.loc["p1", "koen"] = "m"
    with pytest.warns(pd.errors.ChainedAssignmentError):
        made.background["koen"] = "m"
    assert made.answers.equals(answers())
    assert made.frame.equals(FRAME)
    assert list(made.says("glad", "ja")) == [True, False, True, False]
    assert list(made.group("koen")) == [0, 1, 0, 1]
    assert Survey(made.answers, made.frame, INSTRUMENT).digest == before
    with pytest.raises(ValueError, match="read-only"):
        made.codes("glad")[0] = 1


def test_a_design_is_not_changed_by_what_is_done_to_arrays() -> None:
    weights, clusters = np.ones(4), np.arange(4)
    design = Design(weights, (Stage(np.zeros(4, int), clusters, np.full(4, 9)),), "process")
    weights[0], clusters[0] = 100, 1
    assert list(design.weights) == [1, 1, 1, 1]
    assert list(design.stages[0].clusters) == [0, 1, 2, 3]
    data = pd.DataFrame({"w": [1.0, 1.0, 1.0, 1.0]})
    from_table = replace(design, weights=data["w"].to_numpy())
    data.loc[0, "w"] = 100
    assert list(from_table.weights) == [1, 1, 1, 1]
    assert replace(design, weights=weights).nested is design.nested  # the stages are looked at once


def test_what_was_checked_is_not_checked_again() -> None:
    n = 20_000
    rng = np.random.default_rng(1)
    table = pd.DataFrame({"glad": rng.choice(["ja", "nej"], n), "gjort": "bold kor", "del": "", "fri": "x",
                          "timer": rng.integers(0, 24, n).astype(str)})
    frame = pd.DataFrame({"koen": rng.choice(["k", "m"], n)})
    seconds = {}
    made = Survey(table, frame, INSTRUMENT)
    ways = {"new": lambda: Survey(table, frame, INSTRUMENT), "again": lambda: replace(made, level=0.9)}
    for name, make in ways.items():
        start = time.perf_counter()
        for _ in range(5):
            again = make()
        seconds[name] = time.perf_counter() - start
    assert replace(made, level=0.9).data is made.data
    assert again.level == 0.9
    assert seconds["again"] < seconds["new"] / 3
    with pytest.raises(UserError, match="»x« er ikke"):
        replace(made, answers=table.assign(glad="x"))
    with pytest.raises(UserError, match="kolonnen koen"):
        replace(made, frame=frame.assign(koen="x"))


@pytest.mark.parametrize(("change", "told"), [
    ({"level": 95}, "confidence level"), ({"design": Design(np.ones(3), (), "process")}, "3 rows, the answers 4")])
def test_programmers_faults_are_value_errors(change: dict, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        replace(survey(), **change)
    with pytest.raises(TypeError, match="answers, frame and questionnaire"):
        Survey(answers(), FRAME)


# ---- Designs ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("parts", "told"), [
    ({"population": [10.0, 20.0, 30.0, 30.0]}, "same in all its rows"),
    ({"population": [np.nan, 9.0, 9.0, 9.0]}, "positive numbers"),
    ({"population": [0.0] * 4}, "positive numbers"),
    ({"population": [-9.0] * 4}, "positive numbers"),
    ({"population": [3.0] * 4}, "fewer clusters in the population"),
    ({"population": [9.0] * 3}, "4 entries"),
    ({"clusters": [0, 1, 2]}, "4 entries"),
    ({"clusters": [0, 1, 2, -1]}, "whole numbers from 0"),
    ({"clusters": [0.0, 1.0, 2.0, 3.0]}, "whole numbers from 0"),
    ({"strata": ["a", "a", "b", "b"]}, "whole numbers from 0"),
])
def test_a_stage_that_cannot_be_is_refused(parts: dict, told: str) -> None:
    usual = {"strata": [0, 0, 0, 0], "clusters": [0, 1, 2, 3], "population": [9.0] * 4}
    with pytest.raises(ValueError, match=told):
        Design(np.ones(4), (Stage(**{name: np.array(part) for name, part in (usual | parts).items()}),), "process")


def test_population_may_differ_between_strata_and_be_just_what_was_drawn() -> None:
    stage = Stage(np.array([0, 0, 1, 1]), np.array([0, 1, 0, 0]), np.array([2.0, 2.0, 5.0, 5.0]))
    assert list(Design(np.ones(4), (stage,), "population").nested[0].fraction) == [1, 0.2]


# ---- What may be asked for -------------------------------------------------------------------------------------------


ASKED = {
    "shares": lambda one, answer: estimate.shares(one, "glad", answer),
    "shares of several": lambda one, answer: estimate.shares(one, "glad", ["nej", answer]),
    "totals": lambda one, answer: estimate.totals(one, "glad", answer),
    "variables": lambda one, answer: estimators.variables(one, "share", "glad", answer),
    "measure": lambda one, answer: equations.measure(one, "glad", answer),
    "contrasts": lambda one, answer: compare.contrasts(one, "glad", answer, "koen"),
    "equality": lambda one, answer: compare.equality(one, "glad", answer, "koen"),
    "slope": lambda one, answer: compare.slope(one, "glad", answer, "koen"),
    "independence": lambda one, answer: rao_scott.independence(one, "glad", "koen", answer),
    "detectable": lambda one, answer: power.detectable(one, "glad", answer, "koen", [0.0], icc=0.1),
    "replicates": lambda one, answer: replicates.replicated(one, replicates.jackknife(one.design), "share", "glad",
                                                       answer=answer),
    "says": lambda one, answer: one.says("glad", answer),
}


@pytest.mark.parametrize("name", ASKED)
def test_only_codes_are_answers(name: str) -> None:
    for answer, told in (("Ja", "»Ja« er ikke en svarkode i glad. Skriv koden »ja«"), ("jaa", "Mente du koden »ja«"),
                         ("Ja+nej", "Skriv koden »ja«"), ("", "Der er: ja, nej og ved_ikke")):
        with pytest.raises(UserError, match=told):
            ASKED[name](survey(), answer)


def test_codes_joined_by_plus_and_codes_that_hold_one() -> None:
    assert survey().answer_codes("glad", "ja+nej") == ["ja", "nej"]
    assert estimate.shares(survey(), "glad", "ja+nej")["count"].item() == 3
    joined = replace(ITEMS["glad"], scale=replace(YES, answers={"a+b": "A", "b": "B"}))
    odd = replace(INSTRUMENT, items=ITEMS | {"glad": joined})
    made = Survey(answers(glad=["a+b", "b", "", ""]), FRAME, odd)
    assert made.answer_codes("glad", "a+b") == ["a+b"]
    assert survey().answer_codes("timer", "3+ved_ikke") == ["3", "ved_ikke"]
    with pytest.raises(UserError, match="»25« er ikke en svarkode i timer"):
        survey().says("timer", "25")


@pytest.mark.parametrize(("ask", "told"), [
    (lambda one: estimate.shares(one, "glaed"), "»glaed« er ikke et spørgsmål. Mente du navnet »glad«"),
    (lambda one: estimate.shares(one, "koen"), "»koen« er en baggrundsvariabel, ikke et spørgsmål"),
    (lambda one: estimate.shares(one, "fri"), "fri har ingen svarmuligheder"),
    (lambda one: one.says("fri", "hej"), "fri er fri tekst"),
    (lambda one: estimate.means(one, "glad"), "glad er ikke et antal"),
    (lambda one: estimate.totals(one, "timer+tmer"), "»tmer« er ikke et spørgsmål. Mente du navnet »timer«"),
    (lambda one: estimate.ratios(one, "timer"), "timer er ikke en del af et andet antal"),
    (lambda one: estimate.shares(one, "glad", by="kon"), "»kon« er ikke en baggrundsvariabel eller et spørgsmål"),
    (lambda one: estimate.shares(one, "glad", by="Køn"), "Skriv navnet »koen«"),
    (lambda one: estimate.shares(one, "glad", by="gjort"), "»gjort« er ikke et spørgsmål med ét svar, så"),
    (lambda one: compare.contrasts(one, "glad", "ja", "koen", "Mand"), "»Mand« er ikke en kode i koen. Skriv koden »m"),
    (lambda one: weighting.response_rates(one, "kn"), "»kn« er ikke en baggrundsvariabel"),
    (lambda one: weighting.rake(one, {"kon": {"k": 3}}), "»kon« er ikke en kolonne i rammen. Mente du navnet »koen«"),
])
def test_unknown_names_are_told_with_the_nearest(ask, told: str) -> None:
    with pytest.raises(UserError, match=told):
        ask(survey())


# ---- What is given alongside -----------------------------------------------------------------------------------------


def many(n: int = 200) -> tuple[Survey, pd.DataFrame]:
    """A count that a covariate decides, with a slope of 1."""
    rng = np.random.default_rng(3)
    keys = pd.Index([f"p{place}" for place in rng.permutation(n)])
    x = rng.integers(0, 10, n)
    table = pd.DataFrame({"glad": "ja", "gjort": "", "timer": (x + rng.integers(0, 3, n)).astype(str), "del": "",
                          "fri": ""}, index=keys)
    made = Survey(table, pd.DataFrame({"koen": rng.choice(["k", "m"], n)}, index=keys), INSTRUMENT, framed=False)
    return made, pd.DataFrame({"x": x}, index=keys)


def slope(made: Survey, covariates) -> float:
    fit = models.regression(made, equations.measure(made, "timer"), [], "linear", covariates)
    return models.coefficients(fit)["estimate"].iloc[1]


def test_covariates_are_put_in_the_order_of_the_respondents() -> None:
    made, x = many()
    known = slope(made, x)
    assert known == pytest.approx(1, abs=0.1)
    more = pd.concat([x.sort_index(), pd.DataFrame({"x": [99]}, index=["andre"])])
    for same in (x.sort_index(), more, x["x"].sort_index(), x["x"].to_numpy(), x.to_numpy()):
        assert slope(made, same) == pytest.approx(known, rel=1e-12)


@pytest.mark.parametrize(("change", "told"), [
    (lambda x: x.reset_index(drop=True), "kovariaterne: 200 af 200 svarpersoner står ikke i indekset"),
    (lambda x: x.iloc[1:], "kovariaterne: 1 af 200"),
    (lambda x: pd.concat([x, x.iloc[:1]]), "står to gange i indekset"),
    (lambda x: x.astype(object).replace(3, "tre"), "kovariaten x, rækken »p.*«: »tre« er ikke et tal"),
    (lambda x: x.astype(float).replace(3, np.inf), "»inf« er ikke et tal"),
    (lambda x: pd.concat([x, x], axis=1), "»x« er med to gange"),
])
def test_covariates_that_do_not_fit_are_refused(change, told: str) -> None:
    made, x = many()
    with pytest.raises(UserError, match=told):
        slope(made, change(x))


def test_a_bare_array_must_have_a_row_a_respondent() -> None:
    made, x = many()
    with pytest.raises(ValueError, match="199 entries and must have 200"):
        slope(made, x["x"].to_numpy()[1:])
    with pytest.raises(ValueError, match="of another survey"):
        models.regression(made, equations.measure(survey(), "timer"), [], "linear")


def test_response_groups_are_put_in_the_order_of_the_frame() -> None:
    group = pd.Series(["a", "b", "a", "b", "a"], index=FRAME.index)
    weights = weighting.by_response_groups(survey(), group).design.weights
    assert list(weights) == [1.5, 1, 1.5, 1]
    assert list(weighting.by_response_groups(survey(), group.iloc[::-1]).design.weights) == list(weights)
    with pytest.raises(UserError, match="svargrupperne: 1 af 5 svarpersoner står ikke i indekset"):
        weighting.by_response_groups(survey(), group.iloc[:-1])
    with pytest.raises(UserError, match="svargrupperne: »p2« har ingen gruppe"):
        weighting.by_response_groups(survey(), group.replace("b", None))


def test_a_margin_is_not_taken_from_a_blank_column() -> None:
    with pytest.raises(UserError, match="rammen, kolonnen land: rækken »p1« er tom"):
        weighting.rake(survey(FRAME.assign(land=[None, *"aaaa"])), {"land": {"a": 5}})


def test_replicate_weights_in_a_table_are_put_in_order() -> None:
    made, _ = many()
    table = pd.DataFrame(replicates.jackknife(made.design).matrix(), index=made.answers.index)
    rows = [replicates.replicated(made, replicates.given(one, 199 / 200), "mean", "timer")
            for one in (table, table.sort_index(), table.to_numpy())]
    assert rows[0]["se"].item() == pytest.approx(estimate.means(made, "timer")["se"].item(), rel=1e-9)
    for row in rows[1:]:
        assert row["se"].item() == pytest.approx(rows[0]["se"].item(), rel=1e-12)
    with pytest.raises(UserError, match="replikatvægtene: 1 af 200"):
        replicates.replicated(made, replicates.given(table.rename(index={"p7": "q"}), 1), "mean", "timer")
    with pytest.raises(ValueError, match="200 rows"):
        replicates.replicated(made, replicates.given(table.to_numpy()[1:], 1), "mean", "timer")
