"""Books of the same answers, side by side: which the user is warned of."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from civsam.book import build as book
from civsam.book import releases
from civsam.book.earlier import Numbers
from civsam.files import Project, UserError, project, write_json
from civsam.instrument.questionnaire import Weighting, read
from civsam.instrument.sample import Margins, Sample
from civsam.study import simulate
from civsam.survey.survey import Survey

STUDY = simulate.simulate(3, anchored=False)
ANSWERS = STUDY.answers.assign(vae_kommentar="indsamlet")
MINE = Survey(ANSWERS, STUDY.frame, read())
Built = Callable[..., None]


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Built:
    """Puts a book of a survey in its place."""
    monkeypatch.setattr(Project, "build", tmp_path)

    def build(name: str, *surveys: Survey) -> None:
        places = book.Places(name)
        places.book.mkdir(parents=True)
        write_json(places.state, {book.MADE_OF: releases.traces(*surveys)})

    return build


def told(name: str, survey: Survey) -> list[str]:
    return releases.warnings(name, releases.traces(survey))


def bare(answers: pd.DataFrame) -> Survey:
    """Answers of which nothing else is known."""
    return Survey(answers, answers[[]], replace(read().only(read().items), weighting=Weighting()), framed=False)


def without_frame(survey: Survey) -> Survey:
    """The same answers as rows of a file that does not say who gave them."""
    answers = survey.answers.sample(frac=1, random_state=1).reset_index(drop=True)
    return bare(answers)


def test_other_parameters_may_stand_side_by_side(built: Built) -> None:
    built("foerste", MINE)
    assert told("anden", replace(MINE, level=0.8, minimum=20)) == []
    assert told("foerste", MINE) == []


def test_the_same_answers_with_another_frame_are_warned_of_until_the_first_is_gone(built: Built) -> None:
    built("med", MINE)
    moved = STUDY.frame.assign(region=STUDY.frame["region"].replace("sjaelland", "hovedstaden"))
    for other in (without_frame(MINE), Survey(ANSWERS, moved, read())):
        warning, = told("uden", other)
        assert "udgaven med er lavet af næsten de samme svar: 444 svar er ens, 0 er kun i denne" in warning
        assert "Rammen, vægtene, grupperne eller svarmulighederne er nogle andre" in warning
    book.clean("med")
    assert told("uden", without_frame(MINE)) == []


def test_nearly_the_same_answers_are_warned_of(built: Built) -> None:
    built("foer", MINE)
    fewer = Survey(ANSWERS.iloc[1:], STUDY.frame, read())
    (warning,) = told("nu", fewer)
    assert "udgaven foer er lavet af næsten de samme svar: 443 svar er ens, 0 er kun i denne, og 1 er kun" in warning
    assert "for få er kommet til eller ændret: i alt (0 nye, 1 væk), fagområde " in warning
    assert "den bog, der lå her før" in told("foer", fewer)[0]


def test_rows_without_a_key_are_known_by_their_answers(built: Built) -> None:
    """The number of a row is nothing to know a respondent by: without the first, all others have another number."""
    rows = ANSWERS.reset_index(drop=True)

    def numbered(answers: pd.DataFrame) -> Survey:
        answers = answers.set_axis(pd.RangeIndex(1, len(answers) + 1).astype(str))
        return bare(answers)

    built("foer", numbered(rows))
    assert "443 svar er ens" in told("nu", numbered(rows.iloc[1:]))[0]
    assert "443 svar er ens" in told("nu", Survey(ANSWERS.iloc[1:], STUDY.frame, read()))[0]
    built("ens", numbered(pd.concat([rows.iloc[:1]] * 20).reset_index(drop=True)))
    few = numbered(pd.concat([rows.iloc[:1]] * 18).reset_index(drop=True))
    assert any("udgaven ens er lavet af næsten de samme svar: 18 svar er ens" in words for words in told("nu", few))


def test_nobody_else_puts_a_book_in_its_place_at_the_same_time(
    built: Built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def tries(*_: object) -> None:
        with (project.work / ".laas").open("a") as file, pytest.raises(OSError):  # noqa: PT011  which differs by system
            book._lock(file, wait=False)
        seen.append(True)

    seen: list[bool] = []
    monkeypatch.setattr("civsam.book.build.publish", tries)
    (tmp_path / "html").mkdir()
    releases.publish(book.Places("min"), tmp_path / "html", releases.traces(MINE))
    assert seen
    with (project.work / ".laas").open("a") as file:
        book._lock(file, wait=False)


def test_another_wave_is_not_taken_for_the_same(built: Built) -> None:
    built("foer", MINE)
    again = simulate.simulate(4, anchored=False)
    assert told("nu", Survey(again.answers.assign(vae_kommentar="ny"), again.frame, read())) == []


def test_an_edition_without_a_book_and_synthetic_answers_are_passed_over(built: Built) -> None:
    built("med", MINE)
    assert releases.traces(Survey(STUDY.answers, STUDY.frame, read())) == []
    book.Places("med").book.rmdir()
    assert told("uden", without_frame(MINE)) == []


# ---- Held against an earlier wave, or another edition ---------------------------------------------------------------

AGAIN = simulate.simulate(4, anchored=False)
OLD = Survey(AGAIN.answers.assign(vae_kommentar="ny"), AGAIN.frame, read())


def test_an_edition_with_an_earlier_wave_is_a_book_of_both(built: Built) -> None:
    built("baade", MINE, OLD)
    assert told("nu", MINE) == told("foer", OLD) == []
    for one in (MINE, OLD):
        assert "udgaven baade er lavet af næsten de samme svar" in told("uden", without_frame(one))[0]


def test_the_same_answers_are_no_other_wave(built: Built) -> None:
    assert releases.warnings("nu", releases.traces(MINE, OLD)) == []
    fewer = Survey(ANSWERS.iloc[1:], STUDY.frame, read())
    (warning,) = releases.warnings("nu", releases.traces(MINE, fewer))
    assert "de to bølger er næsten de samme svar: 443 svar er ens" in warning
    with pytest.raises(UserError, match=r"^gammel.csv: svarene er de samme som udgavens egne, men rammen er en anden"):
        releases.traces(MINE, without_frame(MINE), Path("gammel.csv"))


def test_numbers_are_held_against_others_of_the_same_answers_only(built: Built) -> None:
    """Of collected answers no file tells; it is seen from what the edition here was made of."""
    built("med", MINE)
    numbers, file = Numbers("1", {}, pd.DataFrame()), book.Places("med").book / "tal.json"
    assert len(releases.traces(MINE, numbers, file)) == 1
    assert releases.traces(Survey(STUDY.answers, STUDY.frame, read()), numbers, file) == []
    for survey, place in ((OLD, file), (MINE, file.parent.parent / "flyttet" / "med" / "tal.json")):
        with pytest.raises(UserError, match="udgaven er ikke bygget her af de samme svar"):
            releases.traces(survey, numbers, place)


def test_the_same_answers_with_other_weights_or_margins_are_refused(built: Built) -> None:
    asked = replace(read().only(read().items), weighting=Weighting(), sample=Sample(weight="w"))
    rows = STUDY.answers.head(60).assign(**{next(iter(read().items)): ""})
    one, other = (Survey(rows, pd.DataFrame({"w": weight}, rows.index), asked, framed=False) for weight in (1.0, 2.0))
    built("foerste", one)
    assert told("anden", one) == []
    assert "Rammen, vægtene" in told("anden", other)[0]
    known = Margins({}, 100.0, {})
    margins = one.having(questionnaire=replace(asked, weighting=Weighting(known=known)))
    assert "Rammen, vægtene" in told("anden", margins)[0]
