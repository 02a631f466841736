"""A statistic is an entry in one register: with it, it is shown right everywhere; without it, nowhere."""

import io
import json

import pandas as pd
import pytest

from civsam import edition
from civsam.book import change_words, changes, earlier
from civsam.disclosure import between, plan
from civsam.files import UserError
from civsam.inference import compare, equations, estimate, estimators, statistics, weighting
from civsam.inference.statistics import COUNT, Statistic
from civsam.pages import dots, downloads, likert, sentences, tables
from civsam.pages.words import chance_note
from civsam.survey.design import TARGETS
from civsam.survey.survey import Survey

SURVEY = edition.open_edition().survey
COLLECTED = Survey(SURVEY.answers.iloc[1:], SURVEY.frame, SURVEY.questionnaire)
MEANS = estimate.means(SURVEY, "pra_lange", by="region").assign(statistic="median_x")
PAIRS = compare.contrasts(SURVEY, "pra_lange", None, "region")
HERE = plan.Plan(COLLECTED, 5, {})


def of_collected(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(provenance=COLLECTED.provenance)


SURFACES = {
    "table": lambda: tables.estimates_table(SURVEY, MEANS, "c", "n"),
    "groups": lambda: tables.group_table(SURVEY, MEANS, "c", "n"),
    "dots": lambda: dots.dots(SURVEY, MEANS, "c", "n"),
    "bars": lambda: likert.likert(SURVEY, MEANS, "c", "n"),
    "sentence": lambda: sentences.sentence("{}", SURVEY, MEANS.head(1)),
    "pairs": lambda: tables.contrasts_table(SURVEY, _corrected(), _corrected(), "c", "n"),
    "plan": lambda: HERE.protect(of_collected(MEANS)),
    "plan of pairs": lambda: HERE.protect(of_collected(PAIRS.assign(statistic="median_x"))),
    "plan of waves": lambda: between.between(HERE, HERE, of_collected(MEANS)),
    "change": lambda: change_words.moved(MEANS.iloc[0]),
    "largest changes": lambda: changes._largest(MEANS),
    "estimator": lambda: estimators.tidy(None, "median_x", "pra_lange", [""], {}),
}


def _corrected() -> pd.DataFrame:
    return compare.corrected(PAIRS, "holm", "par").assign(statistic="median_x")


@pytest.mark.parametrize("surface", SURFACES)
def test_an_unknown_statistic_is_shown_nowhere(surface: str) -> None:
    with pytest.raises(ValueError, match=r"median_x"):
        SURFACES[surface]()


def test_another_editions_numbers_of_an_unknown_statistic_are_refused(tmp_path) -> None:
    row = {"statistic": "median_x", "item": "pra_lange", "answer": "", "estimate": 1, "low": 0, "high": 2}
    content = {"version": "1", "udgave": {"oprindelse": "syntetisk", "svar": "", "ord": {}}, "tal": [row]}
    (tmp_path / "tal.json").write_text(json.dumps(content), "utf-8")
    with pytest.raises(UserError, match=r"er ikke en udgaves tal\.json"):
        earlier.read_numbers(tmp_path / "tal.json")


def test_an_entry_is_enough_for_a_statistic_to_be_shown_right(monkeypatch) -> None:
    monkeypatch.setitem(statistics.KNOWN, "median_x", Statistic("midterste", COUNT, COUNT))
    usual = estimate.means(SURVEY, "pra_lange", by="region")
    made = tables.estimates_table(SURVEY, MEANS, "c", "n")
    assert made == tables.estimates_table(SURVEY, usual, "c", "n")
    table = pd.read_csv(io.BytesIO(downloads.csv_file(made.facts["columns"], danish=False)))
    assert list(table["Tal"]) == [round(mean, 1) for mean in usual["estimate"]]
    figure = dots.dots(SURVEY, MEANS, "c", "n")
    assert figure.svg == dots.dots(SURVEY, usual, "c", "n").svg
    assert "%" not in figure.alt
    assert sentences.summary(SURVEY, MEANS) == sentences.summary(SURVEY, usual)
    assert change_words.moved(MEANS.iloc[0]) == change_words.moved(usual.iloc[0])


def test_a_figure_has_one_unit() -> None:
    both = pd.concat([estimate.means(SURVEY, "pra_lange"), estimate.shares(SURVEY, "pol_fokus", "ja")])
    with pytest.raises(ValueError, match="one unit"):
        dots.dots(SURVEY, both, "c", "n")


def test_a_mean_is_a_count_in_every_table_of_differences() -> None:
    pairs = compare.corrected(PAIRS, "holm", "par")
    made = tables.contrasts_table(SURVEY, pairs, "c", "n").text
    assert "Forskel, antal" in made
    assert "procentpoint" not in made
    assert sentences.summary(SURVEY, PAIRS.head(1)).endswith(")")
    assert "%" not in sentences.summary(SURVEY, PAIRS.head(1))


def test_a_contrast_is_in_the_unit_of_its_effect() -> None:
    shares = compare.contrasts(SURVEY, "pol_fokus", "ja", "region")
    assert statistics.unit_of(shares.iloc[0]) == statistics.POINTS
    odds = compare.contrasts(SURVEY, "pol_fokus", "ja", "region", effect="odds_ratio")
    assert "%" not in sentences.summary(SURVEY, odds.head(1))
    with pytest.raises(ValueError, match="no contrast"):
        statistics.unit_of(shares.iloc[0].replace("difference", "x"))


def test_what_is_shown_is_within_the_statistics_bounds() -> None:
    assert statistics.of("share").within(1.2) == 1
    assert statistics.of("mean").within(-0.1) == 0
    assert statistics.of("effect").within(-0.4) == -0.4


def test_estimates_that_read_alike_are_told_apart_by_their_statistic() -> None:
    both = pd.concat([estimate.means(SURVEY, "pra_lange"), estimate.totals(SURVEY, "pra_lange")])
    made = tables.estimates_table(SURVEY, both, "c", "n").text
    assert "Gennemsnit" in made
    assert "Antal i alt" in made
    assert equations.measure(SURVEY, "pra_lange").statistic in statistics.KNOWN


def test_variances_are_shown_in_their_own_unit() -> None:
    both = [estimate.variances(SURVEY, "pra_lange", root=root) for root in (False, True)]
    assert [statistics.one_unit(table).name for table in both] == ["antal i anden", "antal"]
    assert "Standardafvigelse" in tables.estimates_table(SURVEY, pd.concat(both), "c", "n").html


def test_crossed_groups_and_conditions_are_told_in_words() -> None:
    told = SURVEY.with_condition("fokus", SURVEY.answers["pol_fokus"] == "ja", "Øget fokus")
    crossed = estimate.shares(told, "pol_nye", "ja", ["blok", "pol_fokus"])
    shown = tables.estimates_table(told, crossed, "c", "n")
    bloc = SURVEY.questionnaire.background["blok"].labels["roed"]
    assert f"{bloc} · Øget fokus på samarbejde: Ja" in shown.html
    by_condition = estimate.shares(told, "pol_nye", by="fokus")
    assert "Øget fokus" in (grid := tables.group_table(told, by_condition, "c", "n").html)
    assert "De øvrige" in grid
    pairs = compare.corrected(compare.contrasts(told, "pol_nye", "ja", "fokus"), "holm", "par")
    assert "Øget fokus – De øvrige" in tables.contrasts_table(told, pairs, "c", "n").html
    assert "Øget fokus" in dots.dots(told, by_condition.query("answer == 'ja'"), "c", "n").alt
    assert chance_note(told, estimate.shares(told, "pol_nye", by="blok")) != ""
    assert chance_note(told, by_condition) == chance_note(told, crossed) == ""
    with pytest.raises(UserError, match="fokus"):
        tables.estimates_table(SURVEY, by_condition, "c", "n")


def test_a_mean_of_a_scale_says_what_it_assumes() -> None:
    scored = estimate.means(SURVEY, "vae_tillid", scores=True)
    halves = dict(zip(SURVEY.item("vae_civile").scale.answers, (-1, -0.5, 0, 0.5, 1), strict=True))
    other = estimate.means(SURVEY, "vae_civile", scores=halves)
    told = tables.estimates_table(SURVEY, pd.concat([scored, other]), "c", "n").html
    assert "helt uenig 1, uenig 2" in told
    assert "helt uenig −1, uenig −0,5" in told
    assert "lige så langt mellem svarene" in told
    assert "kendte antallet" not in told
    grouped = estimate.means(SURVEY, "vae_tillid", "blok", scores=True)
    assert "lige så langt" in dots.dots(SURVEY, grouped, "c", "n").note
    assert "point" not in tables.estimates_table(SURVEY, MEANS.assign(statistic="mean"), "c", "n").html


def test_a_question_whose_weights_cannot_meet_the_margins_says_so() -> None:
    """Nobody of one region answered it: its weights are those of the response groups, as without raking."""
    north = (SURVEY.background["region"] == "nordjylland").to_numpy()
    silent = SURVEY.having(answers=SURVEY.answers.assign(pol_fokus=SURVEY.answers["pol_fokus"].mask(north, "")),
                                design=None)
    raked, grouped = (weighting.rake(made := weighting.by_response_groups(silent)), made)
    one, other = (estimate.shares(one, "pol_fokus", "ja") for one in (raked, grouped))
    assert one["estimate"].item() == pytest.approx(other["estimate"].item())
    told = f"På »{SURVEY.item('pol_fokus').topic}« svarede for få til, at vægtene kan passe med alle margener"
    assert told in tables.estimates_table(raked, one, "c", "n").text
    assert told not in tables.estimates_table(raked, estimate.shares(raked, "pol_nye", "ja"), "c", "n").text
    assert told not in tables.estimates_table(grouped, other, "c", "n").text


def test_quantiles_are_told_in_words() -> None:
    rows = estimate.quantiles(SURVEY, "pra_lange", [0.1, 0.25, 0.5, 0.975])
    told = tables.estimates_table(SURVEY, rows, "c", "n").html
    assert all(words in told
               for words in ("10\u00a0%\u2011fraktil", "Nedre kvartil", "Median", "97,5\u00a0%\u2011fraktil"))
    assert "Median" in dots.dots(SURVEY, rows, "c", "n").alt


def test_a_test_of_given_shares_is_named_by_its_question() -> None:
    test = compare.independence(SURVEY, "pol_fokus", expected={"ja": 0.8, "nej": 0.2}, dont_know=False)
    told = tables.p_table(SURVEY, compare.corrected(test, "holm", "én"), "c", "n").html
    assert "Øget fokus på samarbejde, mod givne andele" in told
    assert HERE.protect(of_collected(test))["hidden"].all()


@pytest.mark.parametrize("target", TARGETS)
def test_every_target_has_words_for_what_its_intervals_are_about(target: str) -> None:
    table = estimate.means(SURVEY, "pra_lange").assign(target=target)
    assert "interval for" in tables.estimates_table(SURVEY, table, "c", "n").html
