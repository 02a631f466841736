"""What has changed, as a reader meets it: which files an edition can be held against, and what the tables say."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from civsam import edition
from civsam.book import change_words, changes, earlier
from civsam.edition import Edition
from civsam.files import UserError, project
from civsam.inference import waves
from civsam.pages.cells import DASH
from civsam.study import simulate
from civsam.survey.survey import Survey


@cache
def standard() -> Edition:
    return edition.open_edition()


def against(path: Path, **values: str) -> Edition:
    """The standard edition with another file in `mod`."""
    return replace(standard(), parameters=standard().parameters | {"mod": str(path)} | values)


def saved(path: Path, one: Edition, **other: object) -> Path:
    """The edition's numbers as its book has them."""
    path.write_text(json.dumps(changes.numbers(one).content() | other), "utf-8")
    return path


# ---- Words -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("change", "text", "number"), [
    (0.74, "+0,7", "0.7"), (-1.5, "−1,5", "-1.5"), (0.04, "0,0", "0.0"), (-0.04, "0,0", "0.0"),
    (1234, "+1.234,0", "1234.0"),
])
def test_a_change_shows_its_sign_and_is_a_number(change: float, text: str, number: str) -> None:
    made = change_words.signed(change, "fra")
    assert (str(made), dict(made.numbers)) == (text, {"fra": number})


def test_the_interval_of_a_change_has_both_ends() -> None:
    row = pd.Series({"statistic": "share", "low": -0.046, "high": 0.017})
    made = change_words.moved_interval(row)
    assert (str(made), dict(made.numbers)) == ("−4,6 til +1,7", {"fra": "-4.6", "til": "1.7"})
    assert change_words.moved_interval(row.replace(-0.046, float("nan"))) == DASH


# ---- Files -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"version": "1", "udgave": {"svar": ""}, "tal": []}'])
def test_a_file_that_holds_no_numbers_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "tal.json"
    file.write_text(content, "utf-8")
    with pytest.raises(UserError, match=r"tal\.json: filen er ikke en udgaves tal\.json"):
        earlier.find(against(file))


def test_numbers_of_other_synthetic_answers_are_refused(tmp_path: Path) -> None:
    file = saved(tmp_path / "tal.json", edition.open_edition(seed=7))
    with pytest.raises(UserError, match="udgaven er lavet af andre svar end denne"):
        earlier.find(against(file))


def test_collected_answers_are_not_held_against_synthetic_ones(tmp_path: Path) -> None:
    file = tmp_path / "gammel.csv"
    file.write_text("\n".join((project.data / "svar.csv").read_text("utf-8").splitlines()[:-1]), "utf-8")
    with pytest.raises(UserError, match=r"gammel\.csv: svarene er indsamlede, og udgavens egne er syntetiske"):
        earlier.find(against(file))


def test_what_an_edition_tells_of_collected_answers_holds_no_digest_of_them() -> None:
    one = standard()
    collected = Survey(one.survey.answers.iloc[1:], one.survey.frame, one.survey.questionnaire)
    assert Edition(one.parameters, collected).about()["svar"] == ""
    assert one.about()["svar"] == one.survey.digest


# ---- Two waves -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def wave(tmp_path_factory: pytest.TempPathFactory) -> Edition:
    """The standard edition held against a wave of another seed, without one of the questions."""
    folder = tmp_path_factory.mktemp("boelge")
    again = simulate.simulate(7).answers.drop(columns="vae_tillid")
    again.to_csv(folder / "gammel.csv")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("civsam.survey.survey._origin", lambda content: "syntetisk")  # a column less is another digest
        one = against(folder / "gammel.csv")
        assert changes.pair(one).old.provenance == "syntetisk"
        yield one


def test_a_question_that_the_earlier_wave_lacks_is_left_out_and_named(wave: Edition) -> None:
    two = changes.pair(wave)
    assert "vae_tillid" not in set(two.behind["item"])
    told = changes.changed(wave).introduction().text
    assert "svarene i gammel.csv er bølgen »før«" in told
    assert "Samarbejdet styrker tilliden" in told


@pytest.mark.slow
def test_the_table_has_both_waves_and_the_change_between_them(wave: Edition) -> None:
    made = changes.changed(wave)
    two, html = made.waves, made.changes_table("Ændringer", "tab-x").html
    of_item = (one.among(one.responded("pol_fokus")) for one in (two.new, two.old))
    new, old = (100 * one.design.weights @ one.says("pol_fokus", "ja") / one.design.weights[
        one.answered("pol_fokus")].sum() for one in of_item)
    row = html.partition("Øget fokus på samarbejde: Ja")[2].partition("</tr>")[0]
    for told in (f"{old:.0f}\u00a0%", f"{new:.0f}\u00a0%", f"{abs(new - old):.1f}".replace(".", ",")):
        assert told in row, told


def test_without_an_earlier_wave_synthetic_answers_get_an_exercise_with_a_known_truth() -> None:
    made = changes.changed(standard())
    two = made.waves
    assert two.truth is not None
    assert "Ingen har altså skiftet mening" in made.introduction().text
    asked, (now, then) = two.asked, two.truth
    assert now.answers.index.equals(then.answers.index)
    assert ((asked["low"] <= 0.06) & (asked["high"] >= -0.06)).mean() > 0.9
    assert "I øvelsen kendes sandheden" in made.known_truth().text


@pytest.mark.slow
def test_the_exercise_counts_the_intervals_that_hold_nothing_whether_they_lie_above_or_below(
    monkeypatch: pytest.MonkeyPatch
) -> None:
    two = changes.pair(standard())
    moved = two.behind.copy()
    moved.loc[moved.index[:5], ["low", "high"]] -= 2  # shares, so far below zero
    moved.loc[moved.index[5:8], ["low", "high"]] += 2
    hold = [low <= 0 <= high for low, high in zip(moved["low"], moved["high"], strict=True)]
    assert 0 < sum(hold) <= len(hold) - 8
    now, then = (waves.levels(everybody, two.wanted)["estimate"] for everybody in two.truth)
    true = [low <= change <= high
            for low, high, change in zip(two.asked["low"], two.asked["high"], now - then, strict=True)]
    monkeypatch.setattr(changes.Pair, "behind", moved)
    told = changes.changed(standard()).known_truth().text
    assert f"Af {len(true)} intervaller for alle adspurgte rummer {sum(true)} den sande" in told
    assert f", og {sum(hold)} af intervallerne for processen rummer nul" in told


# ---- Two editions ----------------------------------------------------------------------------------------------------


def test_an_edition_against_itself_moves_nothing_and_says_so(tmp_path: Path) -> None:
    made = changes.changed(against(saved(tmp_path / "tal.json", standard())))
    both = made.moves
    told = made.moves_sentence().text
    assert (both.points == 0).all()
    assert "0 af 69 andele flyttede sig" in told
    assert "De to udgaver er lavet ens." in told
    assert "Ingen andele flyttede sig." in made.moves_table("Flyttet", "tab-y").html


def test_what_moved_is_told_with_what_differs_and_what_one_of_them_hides_is_left_out(tmp_path: Path) -> None:
    content = changes.numbers(standard()).content()
    rows = {(row["item"], row["answer"]): row for row in content["tal"]}
    rows["pol_fokus", "ja"]["estimate"] += 0.031
    rows["pol_nye", "ja"]["estimate"] = None
    file = saved(tmp_path / "tal.json", standard(), tal=content["tal"], version="0.0")
    made = changes.changed(against(file))
    both = made.moves
    assert both.points.iloc[0] == pytest.approx(-3.1)
    assert len(both.points) == 68
    told = made.moves_sentence().text
    assert "1 af 68 andele flyttede sig mindst ét procentpoint, og den største flytning er 3,1" in told
    assert "version: 0.0 mod" in told
    table = made.moves_table("Flyttet", "tab-y").html
    assert table.count("</tr>") == 2
    assert "\u22123,1" in table
