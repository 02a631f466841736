"""What one chapter has found that may be shown is taken over by the next, and only for the same answers."""

from pathlib import Path

import pytest

from civsam.disclosure import plan, programme, remembered
from civsam.inference import weighting
from civsam.survey.survey import Survey
from tests.disclosure.test_disclosure import collected, only


@pytest.fixture
def survey() -> Survey:
    return collected(7, 100, 200, only("pol_fokus"))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[programme.Programme]:
    """The linear programmes that are solved."""
    found, protect = [], programme.Programme.protect
    monkeypatch.setattr(programme.Programme, "protect", lambda one: found.append(one) or protect(one))
    return found


def test_what_is_kept_gives_the_same_plan_without_solving_anything(survey, asked, tmp_path, monkeypatch):
    alone = plan.plan(survey, 10).cells
    monkeypatch.setenv(remembered.FOLDER, str(tmp_path / "skjult"))
    plan.plan(survey, 10)
    before = len(asked)
    again = plan.plan(survey, 10).cells
    assert len(asked) == before > 0
    assert repr(again) == repr(alone)  # as text, for a hidden number is NaN
    assert {cell.hidden for cell in again.values()} == {True, False}


def test_other_answers_limits_weights_and_frames_are_worked_out_on_their_own(survey, asked, tmp_path, monkeypatch):
    monkeypatch.setenv(remembered.FOLDER, str(tmp_path))
    turned = survey.having(answers=survey.answers.assign(pol_fokus=survey.answers["pol_fokus"].to_numpy()[::-1]))
    raked = weighting.weighted(survey)
    for number, (one, minimum) in enumerate(((survey, 5), (survey, 10), (turned, 5), (raked, 5)), 1):
        before = len(asked)
        plan.plan(one, minimum)
        assert len(asked) > before
        assert len(list(Path(tmp_path).iterdir())) == number


def test_a_file_that_cannot_be_read_is_as_none(survey, tmp_path, monkeypatch):
    monkeypatch.setenv(remembered.FOLDER, str(tmp_path))
    whole = repr(plan.plan(survey).cells)
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:30])
    assert repr(plan.plan(survey).cells) == whole
