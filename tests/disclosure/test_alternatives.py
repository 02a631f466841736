"""What would let more be shown: what is promised of a split less, of groups joined and of a lower limit is kept."""

import re
from dataclasses import replace

import pytest

from civsam.disclosure import alternatives
from civsam.disclosure.alternatives import Other
from civsam.disclosure.plan import plan
from civsam.instrument.questionnaire import Weighting, read
from civsam.study import simulate
from civsam.survey.survey import Survey

STUDY = simulate.simulate(3, anchored=False)
ASKED = replace(read(), items={name: read().items[name] for name in ("pol_fokus", "vae_tillid")},
                background={name: read().background[name] for name in ("region", "udgiftspres")},
                weighting=Weighting())
ROWS = STUDY.answers[list(ASKED.items)].head(300)
MINE = Survey(ROWS, STUDY.frame, ASKED)
PROMISE = re.compile(r"  (.*): (\d+) af (\d+) andele vises; (\d+|ingen) af dem, der nu er skjult")
KEY = ("share", "q", "ja")


@pytest.fixture(scope="module")
def promises() -> dict[str, tuple[int, int, str]]:
    """How many are shown of how many, and how many come back, by what was tried; with a limit of 10."""
    told = alternatives.told(plan(MINE, 10))
    return {found[1]: (int(found[2]), int(found[3]), found[4]) for line in told[1:] if (found := PROMISE.match(line))}


def test_what_is_promised_is_what_such_answers_then_show(promises: dict[str, tuple[int, int, str]]) -> None:
    lower, less, joined, *_ = promises
    assert lower == "med mindst=5"
    at_five = plan(MINE, 5)
    assert promises[lower][:2] == (len(alternatives.seen(at_five)), len(alternatives.seen(at_five, hidden=True)))
    assert promises[lower][2] == str(len(alternatives.seen(at_five)) - len(alternatives.seen(plan(MINE, 10))))
    assert less in [f"uden opdelingen efter {one.name}" for one in ASKED.background.values()]
    left = {name: one for name, one in ASKED.background.items() if not less.endswith(one.name)}
    fewer = plan(Survey(ROWS, STUDY.frame, replace(ASKED, background=left)), 10)
    assert promises[less][:2] == (len(alternatives.seen(fewer)), len(alternatives.seen(fewer, hidden=True)))
    labels = ASKED.background["region"].labels
    two = [code for code, label in labels.items() if f"»{label}«" in joined]
    assert len(two) == 2
    assert joined.endswith("som én gruppe i region")
    region = replace(ASKED.background["region"], labels={code: one for code, one in labels.items() if code != two[1]})
    frame = STUDY.frame.assign(region=STUDY.frame["region"].replace(two[1], two[0]))
    one_less = plan(Survey(ROWS, frame, replace(ASKED, background=ASKED.background | {"region": region})), 10)
    assert promises[joined][:2] == (len(alternatives.seen(one_less)), len(alternatives.seen(one_less, hidden=True)))
    assert int(promises[joined][2]) > 0


def test_what_comes_back_is_counted_where_it_was_hidden() -> None:
    def names(by: str, *groups: str) -> set[alternatives.Name]:
        return {(KEY, by, group) for group in groups}

    one_group = Other("", MINE, 5, "region", ("nord", "syd"))
    assert one_group.back(names("region", "nord", "syd", "vest"), names("region", "nord", "vest")) == 0
    assert one_group.back(names("region", "nord"), names("region", "nord", "vest")) == 2
    assert one_group.lost(names("region", "nord", "syd", "vest"), names("region", "nord", "vest")) == 1
    assert Other("", MINE, 5, "region").back(names("region", "nord", "syd"), names("", "")) == 1


def test_nothing_is_tried_where_nothing_is_hidden() -> None:
    everything = Survey(STUDY.answers[["pol_fokus"]].assign(pol_fokus=["ja", "nej"] * (len(STUDY.answers) // 2)),
                        STUDY.frame, replace(ASKED, items={"pol_fokus": replace(
                            ASKED.items["pol_fokus"], dont_know=False)}, background={}))
    assert alternatives.told(plan(everything)) == []
    assert alternatives.told(plan(Survey(STUDY.answers, STUDY.frame, read()))) == []
