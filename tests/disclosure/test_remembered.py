"""What one chapter has found that may be shown is taken over by the next, and only for the same answers."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from civsam.disclosure import plan, programme, remembered, summary
from civsam.disclosure.suppression import Cell
from civsam.disclosure.tables import Key
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


def test_how_much_is_shown_is_told_with_the_costliest_split_first() -> None:
    def cell(n: int, *, hidden: bool) -> Cell:
        return Cell(n, 0.5, float("nan") if hidden else 0.5, 0.1)

    def share(answer: str) -> Key:
        return ("share", "q", answer)

    cells = {(share("ja"), "", ""): cell(50, hidden=False), (share("ja+nej"), "", ""): cell(50, hidden=True),
             (("mean", "x", ""), "", ""): cell(50, hidden=True)}
    cells |= {(share("ja"), "region", str(group)): cell(9, hidden=group > 3) for group in range(5)}
    cells |= {(share("ja"), "blok", str(group)): cell(9, hidden=group > 0) for group in range(3)}
    cells |= {(share("ja"), "blok", "tom"): cell(0, hidden=True)}
    questionnaire = SimpleNamespace(background={name: SimpleNamespace(name=name) for name in ("region", "blok")})
    made = SimpleNamespace(cells=cells, survey=SimpleNamespace(questionnaire=questionnaire))
    assert [line.partition(";")[0] for line in summary.told(made)] == [
        "6 af 9 andele vises", "  uden opdeling: 1 af 1", "  efter blok: 1 af 3", "  efter region: 4 af 5"]
    made.cells = {(share("ja"), "", ""): cell(50, hidden=False)}
    assert summary.told(made) == []
