"""The report's statements judged: by rules that data of known truth can support and contradict."""

import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import opened
import pandas as pd
import pytest

from civsam.disclosure import suppression
from civsam.disclosure.plan import Plan
from civsam.disclosure.tables import key_of
from civsam.files import UserError, project
from civsam.inference import compare, decide, equations, weighting
from civsam.pages import imprint
from civsam.study import claims, figures, published, verdicts
from civsam.survey.survey import Survey

EDITION = opened.edition()
SURVEY = EDITION.survey
TEXT = (project.data / "paastande.yml").read_text(encoding="utf-8")


def judged(survey: Survey) -> pd.DataFrame:
    return claims.judge(survey).set_index("id")


def changed(**columns: object) -> Survey:
    """The answers with some items replaced for most respondents: enough to turn them, and still varied."""
    rows = np.random.default_rng(1).random(len(SURVEY.answers)) < 0.9
    answers = SURVEY.answers.copy()
    for item, values in columns.items():
        answers[item] = np.where(rows, values, answers[item])
    return Survey(answers, SURVEY.frame, SURVEY.questionnaire)


@cache
def standard() -> pd.DataFrame:
    return judged(SURVEY)


def test_every_statement_that_should_be_judged_has_a_claim() -> None:
    facts = published.statements()
    assert set(claims.read()) == {name for name in facts.index if name not in ("N1", "N2", "N3", "N4", "N10", "N11")}


def test_no_published_value_is_repeated_in_the_claims() -> None:
    for claim in claims.read().values():
        if claim.rule == "lig":
            assert claim.limit is None
    assert "0.82" not in TEXT
    assert "0.39" not in TEXT


def test_every_limit_that_is_the_projects_own_has_a_reason() -> None:
    nedre = published.statements()["nedre"]
    for name, claim in claims.read().items():
        if claim.limit is not None and claim.limit != nedre[name]:
            assert claim.reason, name


def test_the_anchored_statements_are_supported_and_the_others_judged() -> None:
    for name in ("N5", "N6", "N7", "N8"):
        assert standard().at[name, "verdict"] == "understoettet"
    assert (standard().loc[["N9", "O24", "O25", "O26"], "verdict"] == "kan_ikke").all()
    assert set(standard()["verdict"]) <= set(claims.VERDICTS)
    assert set(standard()["provenance"]) == {"syntetisk"}


def test_the_two_versions_of_the_reasons_cannot_both_be_supported() -> None:
    assert not (standard().loc[["O12", "O12b"], "verdict"] == "understoettet").all()


def test_data_against_the_statements_contradict_them() -> None:
    area = SURVEY.background["fagomraade"]
    count = np.where(area == "sundhed", "0", np.where(area == "teknik", "90", "30"))
    against = judged(changed(
        pra_lange=count, pra_korte=count, pol_fokus="nej", pol_strategi="nej", pra_initiativ="borgergrupper",
        for_udfordringer="civile", for_stoette="kompetence",
        pra_drift="0", pra_planlaegning=count, pra_politik=count,
    ))
    expected = ["N5", "O1", "O2", "O4", "O14", "O15", "O16", "O16b", "O19", "O20", "O23"]
    assert (against.loc[expected, "verdict"] == "modsagt").all(), against.loc[expected, "verdict"]


@pytest.mark.slow
def test_no_difference_is_supported_only_where_groups_are_shown_to_be_alike() -> None:
    frame = SURVEY.background
    # every second manager of every municipality: all groups of municipalities are alike by construction
    half = pd.Series(np.arange(len(frame)), frame.index).groupby(frame["kommunekode"]).rank() % 2 == 0
    alike = judged(changed(pol_fokus=np.where(half, "ja", "nej"), pra_maalgruppe=np.where(half, "enig", "uenig"),
                           pra_lange="10", pra_korte="2"))
    assert alike.at["O9", "verdict"] == "understoettet"
    assert alike.at["O8", "verdict"] != "modsagt"
    # red and blue quite different: contradicted, not undecided
    red = (frame["blok"] == "roed").to_numpy()
    apart = judged(changed(pol_fokus=np.where(red & half, "nej", "ja")))
    assert apart.at["O9", "verdict"] == "modsagt"
    assert standard().at["O8", "verdict"] == "uafgjort"
    # counts are part of the statement, with a margin of their own
    many = judged(changed(pra_lange=np.where(red, "60", "0")))
    assert (many.at["O9", "verdict"], many.at["O9", "item"]) == ("modsagt", "pra_lange+pra_korte")
    assert many.at["O9", "estimate"] > 10


def test_a_difference_is_decided_by_the_question_whose_joint_test_says_least() -> None:
    """All must reject, so that none is corrected: after a correction several would be at 1, and none the weakest."""
    measures = [*claims.read()["O10"].measures]
    p = pd.Series({(claims.item_of(spec), spec.get("svar", "")): compare.equality(
        EDITION.process, claims.item_of(spec), spec.get("svar"), "fagomraade")["p"].item() for spec in measures})
    assert standard().at["O10", "p"] == pytest.approx(p.max(), rel=1e-9)
    assert standard().at["O10", "item"] == p.idxmax()[0]
    assert p.min() < 0.05  # some of the questions do differ
    backwards = replace(claims.read()["O10"], measures=measures[::-1], margins=claims.read()["O10"].margins[::-1])
    assert claims._judged(backwards, EDITION.process)["item"] == p.idxmax()[0]


def test_a_claim_of_several_measures_is_not_contradicted_by_what_chance_gives_one_of_them() -> None:
    """A limit between the ends that the lowest measure has alone and among three: only alone it contradicts."""
    claim = claims.read()["O13"]
    measures = [equations.measure(SURVEY, spec["andel"], spec["svar"]) for spec in claim.measures]
    tables = [compare.above(SURVEY, what, 0.5) for what in measures]
    lowest = min(range(len(tables)), key=lambda place: tables[place]["estimate"].item())
    alone, among = (compare.simultaneous(tables[lowest], comparisons)[1].item() + 0.5
                    for comparisons in (1, len(tables)))
    between = replace(claim, limit=(alone + among) / 2)
    assert claims._judged(between, SURVEY)["verdict"] == "uafgjort"
    single = replace(between, measures=[claim.measures[lowest]], margins=[claim.margins[lowest]])
    assert claims._judged(single, SURVEY)["verdict"] == "modsagt"


@pytest.mark.parametrize("name", ["O1", "O9"])
def test_all_comparisons_of_a_claim_count_together(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rankings on two measures, and equality on three: Bonferroni is over all of their comparisons."""
    asked, simultaneous = [], compare.simultaneous
    for module in (compare, decide):
        monkeypatch.setattr(module, "simultaneous",
                            lambda table, comparisons=0: asked.append(comparisons) or simultaneous(table, comparisons))
    claim = claims.read()[name]
    if name == "O1":
        claim = replace(claim, measures=[{"middel": "pra_lange"}, {"middel": "pra_korte"}])
    claims._judged(claim, EDITION.process)
    others = len(SURVEY.questionnaire.background[claim.by[0]].labels) - 1
    assert asked
    assert set(asked) == {len(claim.measures) * (others if name == "O1" else 1)}


def test_a_difference_is_contradicted_only_where_one_question_is_shown_equal_among_them_all() -> None:
    """A margin between the ends that a difference has alone and among two questions: only alone it is equal."""
    spec, other = {"andel": "pol_fokus", "svar": "ja"}, {"andel": "pol_nye", "svar": "ja"}
    pair = compare.contrasts(EDITION.process, "pol_fokus", "ja", "blok")
    alone, among = (np.abs(compare.interval(pair, 1 - 0.10 / questions)).max() for questions in (1, 2))
    single = replace(claims.read()["O10"], by=["blok"], measures=[spec], margins=[(alone + among) / 2])
    assert claims._judged(single, EDITION.process)["verdict"] == "modsagt"
    both = replace(single, measures=[spec, other], margins=[*single.margins, 1e-9])
    assert claims._judged(both, EDITION.process)["verdict"] == "uafgjort"


def test_less_than_another_share_is_more_than_it_the_other_way_round() -> None:
    """In the answers, drift is the larger part of the collaborations, and politik a small one."""
    for one, other, verdict in (("pra_politik", "pra_drift", "understoettet"), ("pra_drift", "pra_politik", "modsagt")):
        claim = replace(claims.read()["O14"], rule="mindre_end", measures=[{"del": one}], against=[{"del": other}])
        row = claims._judged(claim, SURVEY)
        assert row["verdict"] == verdict
        assert (row["estimate"] > 0) == (verdict == "understoettet")


def test_a_slope_against_the_statement_contradicts_it() -> None:
    pressure = SURVEY.background["udgiftspres"].to_numpy()
    order = np.arange(len(pressure)) % 5 == 0
    falling = np.where(pressure == "lavt", "enig", np.where((pressure == "middel") & order, "enig", "uenig"))
    assert judged(changed(vae_omkostning=falling)).at["O11", "verdict"] == "modsagt"


def test_even_response_is_counted_and_not_tested() -> None:
    """The widest gap between two groups' rates of one variable, counted here by hand, held against the margin."""
    frame, margin = EDITION.truth.frame, claims.read()["M1"].margins[0]
    north = (frame["region"] == "nordjylland").to_numpy()
    here = pd.Series(frame.index.isin(SURVEY.answers.index), frame.index)
    for stays, verdict in ((here, "understoettet"), (here & (~north | (np.arange(len(here)) % 2 == 0)), "modsagt")):
        survey = Survey(EDITION.truth.answers[stays.to_numpy()], frame, EDITION.truth.questionnaire)
        rates = [stays.groupby(frame[by]).mean().rename(by) for by in ("fagomraade", "kommunetype", "region")]
        widest = max(rates, key=np.ptp)
        row = judged(survey).loc["M1"]
        assert row["estimate"] == pytest.approx(np.ptp(widest), rel=1e-9)
        assert widest[[row["a"], row["b"]]].tolist() == [widest.max(), widest.min()]  # several may be
        assert (np.ptp(widest) < margin) == (verdict == "understoettet")
        assert row["verdict"] == verdict
        assert row[["low", "high", "p"]].isna().all()
        assert row["n"] == frame[widest.name].isin([row["a"], row["b"]]).sum()
    assert standard().at["M1", "verdict"] == "understoettet"  # it is built in


def test_even_response_is_hidden_where_any_groups_rate_is() -> None:
    """That no group lies further away than the two named would tell of a hidden one too: each is hidden in turn."""
    survey = Survey(SURVEY.answers.iloc[1:], SURVEY.frame, SURVEY.questionnaire)
    rates = {(key_of("rate", "", ""), by, code): suppression.Cell(len(part), part.mean(), part.mean(), 0.01)
             for by in claims.read()["M1"].by
             for code, part in pd.Series(SURVEY.frame.index.isin(survey.answers.index), SURVEY.frame.index).groupby(
                 SURVEY.frame[by])}
    claim = claims.read()["M1"]
    assert claims.all_told(Plan(survey, 5, rates), claim)
    for name, cell in rates.items():
        assert not claims.all_told(Plan(survey, 5, rates | {name: replace(cell, shown=np.nan)}), claim)


def test_both_kinds_of_policy_count_as_one() -> None:
    """A policy for one's own area is a policy, as the statement has it; and the reader is told what it counts."""
    other = changed(pol_strategi="omraadet")
    row = claims._judged(claims.read()["O23"], other)
    assert row["verdict"] == "understoettet"
    said = verdicts.measured(claims.read()["O23"], SURVEY.questionnaire)
    assert said.endswith("(alle adspurgte; udsagnet gælder kommuner)")
    assert "udsagnet gælder" not in verdicts.measured(claims.read()["O12"], SURVEY.questionnaire)


def test_what_decides_a_claim_is_the_same_at_every_level_of_confidence() -> None:
    """Else editions with several levels would tell when a verdict turns, which is more than rounded numbers tell."""
    for level in (0.5, 0.999):
        other = judged(replace(SURVEY, level=level))
        pd.testing.assert_frame_equal(other[["a", "b", "n", "estimate", "verdict"]],
                                      standard()[["a", "b", "n", "estimate", "verdict"]])


@pytest.mark.parametrize(
    ("old", "new"),
    [("  N5: {regel: lig", "  N99: {regel: lig"), ("regel: haeldning", "regel: skraaning"),
     ("margin: andel}\n  N5b", "margin: stor}\n  N5b"), ("graense: 0.33", "graense: 33"),
     ("    undtagen:", "    undtaget:")],
)
def test_a_broken_claims_file_is_told_with_file_and_line(tmp_path: Path, old: str, new: str) -> None:
    assert old in TEXT
    path = tmp_path / "paastande.yml"
    path.write_text(TEXT.replace(old, new), encoding="utf-8")
    with pytest.raises(UserError, match=r"paastande\.yml, linje \d+: påstanden"):
        claims.read(path)


def test_a_reason_with_a_comma_is_read_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "paastande.yml"
    path.write_text(re.sub(r'grund: "(Tre samarbejder.*)"', r"grund: \1", TEXT), encoding="utf-8")
    with pytest.raises(UserError, match=r"paastande\.yml, linje \d+: marginen antal .* anførselstegn"):
        claims.read(path)


def test_a_reader_gets_words_numbers_and_verdict() -> None:
    table = verdicts.claims_table(SURVEY, claims.judge(SURVEY), standard().index, "c", "n")
    text = table.text
    for words in ("82\u00a0% (79 til 84); offentliggjort 82\u00a0%", "offentliggjort to ud af tre", "understøttet",
                  "Sundhed og forebyggelse minus Socialområdet", "bygget ind", "kan ikke afgøres",
                  "Fælles test af alle grupper: p = ",
                  "over grænsen på 50\u00a0%", "under grænsen på 20\u00a0%", "samarbejder pr. chef"):
        assert words in text, words


@pytest.mark.slow
def test_collected_answers_are_not_said_to_be_built_in() -> None:
    one_less = Survey(SURVEY.answers.iloc[1:], SURVEY.frame, SURVEY.questionnaire)
    text = verdicts.claims_table(one_less, claims.judge(one_less), ["N5"], "c", "n").text
    assert "bygget ind" not in text
    assert "indsamlede svar" in text


# ---- Answers of another survey


@pytest.fixture
def later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Survey]:
    """The study's answers as if collected, from its frame or a part of it, in a year that is told, or not."""
    def make(year: str, part: slice = slice(None)) -> Survey:
        path = tmp_path / imprint.FILE
        told = dict.fromkeys(imprint.FIELDS, "x") | {"version": "1", "aar": year}
        path.write_text("\n".join(f'{name}: "{text}"' for name, text in told.items()) if year else "", "utf-8")
        monkeypatch.setattr(imprint, "read", lambda: imprint.Imprint(**told | {"aar": int(year)}) if year else None)
        frame = SURVEY.frame.iloc[part]
        answers = SURVEY.answers[SURVEY.answers.index.isin(frame.index)].iloc[1:]
        return weighting.weighted(Survey(answers, frame, SURVEY.questionnaire))
    return make


@pytest.mark.parametrize(("year", "part", "other"), [
    ("2015", slice(None), False), ("2026", slice(None), True), ("", slice(None), True), ("2015", slice(600), True),
])
def test_answers_of_others_or_of_another_year_neither_support_nor_contradict(
    later: Callable[..., Survey], year: str, part: slice, other: bool
) -> None:
    survey = later(year, part)
    assert verdicts.of_another_survey(survey) == other
    assert verdicts.words_of(survey) == (verdicts.THEN if other else verdicts.WORDS)
    assert ("kan hverken støtte eller modsige" in verdicts.then_sentence(survey).text) == other
    assert not verdicts.of_another_survey(SURVEY)


def test_what_is_otherwise_than_then_is_told_with_its_difference_and_interval(later: Callable[..., Survey]) -> None:
    survey = later("2026")
    rows = verdicts.told(survey, claims.judge(survey))
    assert set(rows["Afgørelse"]) <= {*verdicts.THEN.values(), "skjult"}
    told = re.fullmatch(r"(\d+)\u00a0% \((\d+) til (\d+)\); offentliggjort 82\u00a0%; "
                        r"forskel (\S+) procentpoint \((\S+) til (\S+)\)", rows.at["N5", "Denne udgaves svar"])
    numbers = [float(text.replace("−", "-").replace(",", ".")) for text in told.groups()]
    assert numbers[3:] == pytest.approx([number - 82 for number in numbers[:3]], abs=0.6)
    made = figures.verdicts(survey, claims.judge(survey), "c", "n")
    assert "som dengang" in made.alt.lower()
    assert "understøttet" not in made.alt.lower()


def test_words_for_verdicts_are_said_as_a_sentence_says_them(later: Callable[..., Survey]) -> None:
    survey = later("2026")
    judged = claims.judge(survey)
    assert re.match(r"Svarene her kan sige noget om \d+ udsagn: \d+ er som dengang, \d+ er anderledes end dengang, "
                    r"og \d+ kan ikke afgøres\.", verdicts.summary(survey, judged).text)
    assert verdicts.is_("uafgjort") == "er uafgjort"


def test_a_hidden_interval_is_said_to_be_hidden() -> None:
    judged = claims.judge(SURVEY)
    row = judged.set_index("id").loc["O5"].copy()
    row[["low", "high"]] = float("nan")
    told = verdicts.deciding(claims.read()["O5"], row, SURVEY.questionnaire)
    assert told.endswith("samarbejder pr. chef (intervallet er skjult)")
