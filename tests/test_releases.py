"""Books of the same answers, side by side: which are refused, and which the user is warned of."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from civsam import book, releases, simulate
from civsam.chapters import write_json
from civsam.files import UserError
from civsam.questionnaire import read
from civsam.survey import Survey

STUDY = simulate.simulate(3, anchored=False)
ANSWERS = STUDY.answers.assign(vae_kommentar="indsamlet")
MINE = Survey(ANSWERS, STUDY.frame, read())
Built = Callable[[str, Survey], None]


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Built:
    """Puts a book of a survey in its place."""
    monkeypatch.setattr(book, "EDITIONS", tmp_path / "udgaver")
    monkeypatch.setattr(book, "WORK", tmp_path / "arbejde")

    def build(name: str, survey: Survey) -> None:
        places = book.Places(name)
        places.book.mkdir(parents=True)
        write_json(places.state, {book.MADE_OF: releases.trace(survey)})

    return build


def told(name: str, survey: Survey) -> list[str]:
    return releases.warnings(name, releases.trace(survey))


def without_frame(survey: Survey) -> Survey:
    """The same answers as rows of a file that does not say who gave them."""
    answers = survey.answers.sample(frac=1, random_state=1).reset_index(drop=True)
    return Survey(answers, answers[[]], survey.questionnaire, framed=False)


def test_other_parameters_may_stand_side_by_side(built: Built) -> None:
    built("foerste", MINE)
    assert told("anden", replace(MINE, level=0.8, minimum=20)) == []
    assert told("foerste", MINE) == []


def test_the_same_answers_with_another_frame_are_refused_until_the_first_is_gone(built: Built) -> None:
    built("med", MINE)
    moved = STUDY.frame.assign(region=STUDY.frame["region"].replace("sjaelland", "hovedstaden"))
    for other in (without_frame(MINE), Survey(ANSWERS, moved, read())):
        with pytest.raises(UserError, match=r"udgaven med viser de samme svar .* civsam clean med$"):
            told("uden", other)
    book.clean("med")
    assert told("uden", without_frame(MINE)) == []


def test_nearly_the_same_answers_are_warned_of(built: Built) -> None:
    built("foer", MINE)
    fewer = Survey(ANSWERS.iloc[1:], STUDY.frame, read())
    (warning,) = told("nu", fewer)
    assert "Udgaven foer er lavet af næsten de samme svar; 443 rækker er ens" in warning
    assert "Den bog, der lå her før" in told("foer", fewer)[0]


def test_another_wave_is_not_taken_for_the_same(built: Built) -> None:
    built("foer", MINE)
    again = simulate.simulate(4, anchored=False)
    assert told("nu", Survey(again.answers.assign(vae_kommentar="ny"), again.frame, read())) == []


def test_an_edition_without_a_book_and_synthetic_answers_are_passed_over(built: Built) -> None:
    built("med", MINE)
    np.testing.assert_equal(releases.trace(Survey(STUDY.answers, STUDY.frame, read())), {})
    book.Places("med").book.rmdir()
    assert told("uden", without_frame(MINE)) == []
