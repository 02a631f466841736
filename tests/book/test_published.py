"""A book of collected answers beside those that are published already: what little lies between is not told."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import yaml

from civsam import cli
from civsam.book import build, published
from civsam.book.alike import between, trace
from civsam.files import Project, project, read_json, write_json
from civsam.instrument.derived import Derived, Recoded
from civsam.instrument.questionnaire import DONT_KNOW, Weighting, read
from civsam.pages.bibliography import COMPENDIUM
from civsam.study import simulate
from civsam.survey.survey import Survey

STUDY = simulate.simulate(3, anchored=False)
NAMES = ["pol_fokus", "vae_tillid", "vae_kommentar"]
ASKED = replace(read(), items={name: read().items[name] for name in NAMES})
ANSWERS = STUDY.answers[list(ASKED.items)].assign(vae_kommentar="indsamlet")
bloc = STUDY.frame["blok"].reindex(ANSWERS.index)


def survey(answers: pd.DataFrame = ANSWERS, asked: object = ASKED, frame: pd.DataFrame = STUDY.frame) -> Survey:
    return Survey(answers, frame, asked)


def without(rows: pd.DataFrame) -> Survey:
    return survey(ANSWERS.drop(rows.index))


def bare(answers: pd.DataFrame, asked: object = ASKED) -> Survey:
    """Rows that do not say who gave them."""
    asked = replace(asked, background={}, weighting=Weighting())
    rows = answers.set_axis(pd.RangeIndex(1, len(answers) + 1).astype(str))
    return Survey(rows, rows[[]], asked, framed=False)


def few(mine: Survey, theirs: Survey | None = None) -> str | None:
    """What too little lies between, in words; None if they are not nearly the same."""
    found = between(trace(mine), trace(theirs or survey()))
    return found and "; ".join(found.few)


def one_more_of_each(by: pd.Series) -> pd.DataFrame:
    return ANSWERS.groupby(by.to_numpy()).head(1)


def enough_of_each(least: int = 5) -> pd.DataFrame:
    """So few answers that so many of each group that is shown are among them."""
    rows = pd.concat([ANSWERS.groupby(STUDY.frame[by].reindex(ANSWERS.index).to_numpy()).head(least + 1)
                      for by in ASKED.background])
    return rows[~rows.index.duplicated()]


def test_one_answer_more_is_told_whoever_it_is() -> None:
    told = few(survey(), without(ANSWERS.head(1)))
    assert told.startswith("i alt (1 nye)")
    assert "spørgsmålet pol_fokus (1 nye)" in told
    assert few(without(ANSWERS.head(1))).startswith("i alt (0 nye, 1 væk)")


def test_each_group_must_have_enough_of_its_own() -> None:
    """Many more in all are no protection for the one of them who is alone in her group."""
    many = ANSWERS[bloc == bloc.value_counts().index[0]].head(60)
    alone = ANSWERS[bloc == bloc.value_counts().index[1]].head(1)
    told = few(survey(), without(pd.concat([many, alone])))
    assert not told.startswith("i alt")
    assert f"{ASKED.background['blok'].name} {ASKED.background['blok'].labels[bloc[alone.index[0]]]} (1 nye)" in told
    assert few(survey(), without(enough_of_each())) == ""
    assert few(replace(survey(), minimum=20), without(enough_of_each())) != ""


def test_a_group_that_neither_shows_needs_none() -> None:
    rare = bloc.value_counts().index[-1]
    kept = ANSWERS[(bloc != rare) | (bloc.groupby(bloc.to_numpy()).cumcount() < 3)]
    label = ASKED.background["blok"].labels[rare]
    assert label not in few(survey(kept), survey(kept.drop(kept.index[bloc[kept.index] == rare][:1])))


def test_the_same_answers_with_other_limits_are_parts_of_one_whole() -> None:
    assert few(replace(survey(), minimum=20, level=0.8)) == few(survey()) == ""


@pytest.mark.parametrize("make", [
    lambda: survey(frame=STUDY.frame.assign(region="hovedstaden")),
    lambda: survey(asked=replace(ASKED, background={name: one for name, one in ASKED.background.items()
                                                    if name != "region"},
                                 weighting=Weighting())),
    lambda: survey(asked=replace(ASKED, items=ASKED.items | {"pol_fokus": replace(
        ASKED.items["pol_fokus"], dont_know=not ASKED.items["pol_fokus"].dont_know)}),
        answers=ANSWERS.assign(pol_fokus="")),
    lambda: survey(asked=replace(ASKED, items=ASKED.items | {"kendt": replace(
        ASKED.items["pol_fokus"], id="kendt",
        derived=Derived(("pol_fokus",), Recoded({DONT_KNOW: ASKED.items["pol_fokus"].codes[0]}), ""))})),
], ids=["frame", "split left out", "codes", "recoded"])
def test_the_same_answers_cut_in_another_way_are_told(make: Callable[[], Survey]) -> None:
    assert few(make()).startswith("i alt (0 nye)")


def test_a_question_more_does_not_hide_that_they_are_the_same() -> None:
    less = replace(ASKED, items={name: one for name, one in ASKED.items.items() if name != NAMES[1]})
    rows = ANSWERS[list(less.items)].iloc[1:]
    assert few(survey(), survey(rows, less)).startswith("i alt (1 nye)")
    assert few(bare(ANSWERS), bare(rows, less)).startswith("i alt (1 nye)")


def test_an_answer_that_was_corrected_is_told_and_many_are_not() -> None:
    column = ANSWERS.columns.get_loc("pol_fokus")
    other = next(code for code in ASKED.items["pol_fokus"].codes if code != ANSWERS["pol_fokus"].iloc[0])
    changed = ANSWERS.copy()
    changed.iloc[0, column] = other
    assert few(survey(changed)) == "spørgsmålet pol_fokus (1 nye, 1 væk)"
    assert few(bare(changed), bare(ANSWERS)).startswith("i alt (1 nye, 1 væk)")


def test_rows_without_keys_are_the_same_in_any_order() -> None:
    mixed = ANSWERS.sample(frac=1, random_state=1)
    assert few(bare(mixed), bare(ANSWERS)) == ""
    swapped = pd.concat([mixed.iloc[8:], STUDY.asked.loc[[*STUDY.asked.index.difference(ANSWERS.index)[:9]],
                                                        ANSWERS.columns].assign(vae_kommentar="ny")])
    assert few(bare(swapped), bare(ANSWERS)).startswith("i alt")  # 9 new and 8 gone: one more


def test_another_wave_is_not_nearly_the_same() -> None:
    again = simulate.simulate(4, anchored=False)
    assert few(Survey(again.answers.assign(vae_kommentar="ny"), again.frame, read()),
               Survey(STUDY.answers.assign(vae_kommentar="x"), STUDY.frame, read())) is None


# ---- The command


@pytest.fixture
def publish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> Callable[..., str]:
    """Publishes a book of such answers, as that version, and gives what was said, first the exit status."""
    monkeypatch.setattr(Project, "root", tmp_path)
    monkeypatch.setattr(project, "open", lambda: None)
    (tmp_path / "chapters").mkdir()
    (tmp_path / "chapters" / "baggrund.ipynb").write_text('{"cells": []}', "utf-8")
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: chapters/baggrund\n", "utf-8")
    made = {"hele": trace(survey()), "en mindre": trace(without(ANSWERS.head(1))),
            "uden gruppe": trace(without(enough_of_each()))}

    def run(which: str, version: str, folder: str = "net", *more: str) -> str:
        places = build.Places("min")
        places.book.mkdir(parents=True, exist_ok=True)
        (places.book / "index.html").write_text(which, "utf-8")
        told = {"cff-version": "1.2.0", "title": "Egne svar", "version": version}
        (places.book / COMPENDIUM).write_text(yaml.safe_dump(told), "utf-8")
        write_json(places.state, {build.MADE_OF: [made[which]] if which in made else [{"svar": "x"}]})
        status = cli.main(["publish", str(tmp_path / folder), "--name", "min", *more])
        said = capsys.readouterr()
        return f"{status} {said.out}{said.err}"

    return run


def test_a_growing_file_is_published_when_there_is_enough_that_is_new(publish: Callable[..., str]) -> None:
    assert publish("uden gruppe", "1.0").startswith("0 Version 1.0 ligger i net")
    assert publish("uden gruppe", "1.0", "andetsteds").startswith("0 ")
    assert publish("hele", "1.1").startswith("0 ")
    refused = publish("en mindre", "1.2")
    assert refused.startswith("2 civsam: bogen kan ikke udgives ved siden af version 1.1 i net")
    assert "i alt (0 nye, 1 væk)" in refused
    assert "slet mappen net" in refused
    assert not (project.root / "net" / "1.2").exists()
    assert publish("en mindre", "1.1", "net", "--again").startswith("2 ")
    assert publish("en mindre", "1.2", "helt-nyt").startswith("2 ")  # the other folder is as public as this one


def test_what_is_withdrawn_no_longer_counts(publish: Callable[..., str]) -> None:
    publish("hele", "1.0")
    shutil.rmtree(project.root / "net")
    assert publish("en mindre", "1.1").startswith("0 ")
    assert [one["version"] for one in published.known()] == ["1.1"]


def test_versions_of_which_it_is_not_known_what_they_are_made_of_are_told(publish: Callable[..., str]) -> None:
    publish("hele", "1.0")
    (project.root / "net").rename(project.root / "flyttet")
    assert publish("en mindre", "1.1", "flyttet").startswith("2 civsam: bogen kan ikke udgives ved siden af")
    (project.root / published.FILE).unlink()
    assert "det vides ikke, hvilke svar version 1.0 er lavet af" in publish("en mindre", "1.1", "flyttet")
    assert "bygget med en ældre version af civsam" in publish("ældre", "1.1", "nyt")


def test_nothing_of_what_it_is_made_of_is_published(publish: Callable[..., str]) -> None:
    publish("hele", "1.0")
    assert not [path for path in (project.root / "net").rglob("*")
                if path.is_file() and b"noegler" in path.read_bytes()]
    assert read_json(project.root / published.FILE)["note"].endswith("Uden den kan der ikke udgives ved siden af dem.")
