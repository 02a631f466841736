"""What may be shown of a survey depends on the survey alone, not on what this process has shown before."""

from collections.abc import Iterable
from dataclasses import replace

import pandas as pd
import pytest

from civsam.files import UserError
from civsam.inference import compare, estimate, weighting
from civsam.instrument import questionnaire
from civsam.pages import door
from civsam.study import simulate
from civsam.survey.survey import COLLECTED, Survey

QUESTIONNAIRE = questionnaire.read()
WHOLE = replace(QUESTIONNAIRE, items={"pol_strategi": QUESTIONNAIRE.items["pol_strategi"]})
ONE = replace(WHOLE, background={name: WHOLE.background[name] for name in ("fagomraade", "kommunetype", "region")})
FEWER = replace(WHOLE, background={name: WHOLE.background[name] for name in ("fagomraade", "kommunetype")})


def surveys() -> dict[str, Survey]:
    """The same answers with another frame, questionnaire, minimum and level, and without a frame."""
    study = simulate.simulate(3, anchored=False)
    answers = study.answers[["pol_strategi"]]
    gone = study.frame.index.difference(answers.index)[::3]
    usual = Survey(answers, study.frame, ONE)
    assert usual.provenance == COLLECTED
    return {"usual": usual, "frame": replace(usual, frame=study.frame.drop(gone), design=None),
            "questionnaire": replace(usual, questionnaire=FEWER), "minimum": replace(usual, minimum=20),
            "level": replace(usual, level=0.8),
            "framed": replace(usual, frame=study.frame.loc[answers.index], framed=False, design=None)}


SURVEYS = surveys()


def told(names: Iterable[str]) -> dict[str, pd.DataFrame]:
    """What a process that shows these surveys in this order shows."""
    door._plans.clear()
    made = {}
    for name in names:
        survey = weighting.weighted(SURVEYS[name])
        made[name] = door.shown(survey, estimate.shares(survey, "pol_strategi", by="fagomraade"))
    return made


@pytest.mark.slow
def test_what_is_shown_does_not_depend_on_what_was_shown_before() -> None:
    there, back = told(SURVEYS), told(reversed(SURVEYS))
    for name, table in there.items():
        pd.testing.assert_frame_equal(table, back[name])
    assert len(door._plans) == len(SURVEYS)


def test_a_surveys_identity_is_that_of_answers_frame_and_questionnaire() -> None:
    ids = [SURVEYS[name].identity for name in ("usual", "frame", "questionnaire")]
    assert len(set(ids)) == 3
    assert replace(SURVEYS["usual"], level=0.8).identity == ids[0]


@pytest.mark.parametrize("by", [["fagomraade", "kommunetype"], "pol_strategi", ["sikre", "region"]])
def test_groups_that_nothing_is_worked_out_of_are_not_shown_of_collected_answers(by: str | list[str]) -> None:
    survey = SURVEYS["usual"].with_condition("sikre", SURVEYS["usual"].answers["pol_strategi"] == "omraadet")
    tables = [estimate.shares(survey, "pol_strategi", "nej", by), compare.independence(survey, "pol_strategi", by)]
    if by != "pol_strategi":
        tables += [made(survey, "pol_strategi", "nej", by) for made in (compare.contrasts, compare.equality)]
    for table in tables:
        with pytest.raises(UserError, match="vises ikke, når svarene er indsamlet"):
            door.shown(survey, table)
    usual = estimate.shares(survey, "pol_strategi", "nej", "fagomraade")
    pd.testing.assert_frame_equal(door.shown(survey, usual), door.shown(SURVEYS["usual"], usual))
