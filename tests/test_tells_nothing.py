"""Nothing shown hangs on what is hidden: two sets of answers that agree in all that may be shown give the same pages.

The second set is the first with answers changed about between two respondents of one municipality, where all numbers
that they are in and that this changes are hidden. All weigh the same, so every other number is the same to the last
digit, and the cells of the chapters must give the same bytes: texts, tables, downloads, drawings, and words for them.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator

import numpy as np
import pytest

from civsam.disclosure import plan as disclosure
from civsam.disclosure.tables import Key
from civsam.edition import Edition, check
from civsam.files import project
from civsam.inference import weighting
from civsam.instrument import questionnaire
from civsam.pages.door import plan_of
from civsam.study import simulate
from civsam.survey.survey import COLLECTED, Survey

SOME = ("pol_fokus", "pol_nye", "pra_maalgruppe", "vae_demokrati", "vae_kvalitet", "vae_omkostning",
        "vae_tillid")
CHAPTERS = ("metode", "resultater", "konklusion")
PLACE = "kommunekode"


def collected(seed: int, respondents: int, asked: int) -> Survey:
    """Answers that nobody simulated, since a word is another; all weigh the same."""
    study = simulate.simulate(seed, anchored=False)
    frame = study.frame.sample(asked, random_state=seed).sort_index()
    answers = study.asked.loc[frame.index].sample(respondents, random_state=seed)
    answers.iloc[0, answers.columns.get_loc("vae_kommentar")] = "en anden kommentar"
    survey = weighting.weighted(Survey(answers, frame, questionnaire.read()))
    assert survey.provenance == COLLECTED
    assert np.ptp(survey.design.weights) == 0
    return survey


@pytest.fixture
def unweighted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everywhere all respondents weigh the same."""
    monkeypatch.setattr(weighting, "weighted", weighting.unweighted)


# ---- The other set of answers ----------------------------------------------------------------------------------------


def changes(key: Key, one: str, other: str) -> bool:
    """Whether it matters to a number which of two answers somebody gave."""
    if key[0] != "share":
        return one != other
    codes = set(key[2].split("+"))
    return bool(codes & set(one.split())) != bool(codes & set(other.split()))


def exchanges(plan: disclosure.Plan, item: str, rng: np.random.Generator) -> Iterator[tuple[int, int]]:
    """Pairs of respondents who may change answers to an item about: few of those in the first one's group said the
    same, and more what the other said, so that those who are hidden come to agree.
    """
    survey = plan.survey
    (by, variable), said = next(iter(survey.questionnaire.background.items())), survey.answers[item].to_numpy()
    group, place = survey.background[by].to_numpy(), survey.background[PLACE].to_numpy()
    hidden = {(key, code) for (key, of, code), cell in plan.cells.items()
              if of == by and item in key[1].split("+") and cell.hidden}
    about = {key for key, *_ in plan.cells if item in key[1].split("+")}
    knows, free = survey.knows(item), survey.answered(item).copy()
    size = {code: (group == code).sum() for code in variable.labels}
    count = {(code, text): ((group == code) & (said == text)).sum() for code in size for text in set(said)}
    for x in sorted(rng.permutation(np.flatnonzero(free)), key=lambda x: size[group[x]]):
        for y in np.flatnonzero(free & (place == place[x]) & (group != group[x]) & (said != said[x])
                                & (knows == knows[x])) if free[x] else ():
            fewer = count[group[x], said[x]] <= count[group[x], said[y]]
            if fewer and all((key, code) in hidden for key in about if changes(key, said[x], said[y])
                             for code in (group[x], group[y])):
                free[[x, y]] = False
                yield int(x), int(y)
                break


def same_cells(plan: disclosure.Plan, other: disclosure.Plan) -> set[str]:
    """The items of which all is shown alike."""
    def told(one: disclosure.Plan) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for (key, by, group), cell in one.cells.items():
            words = repr((key, by, group, cell.n, cell.hidden, None if cell.hidden else
                          (round(cell.shown, 9), round(cell.step, 9), cell.size, cell.steady)))
            for item in key[1].split("+"):
                found.setdefault(item, []).append(words)
        return found

    mine, theirs = told(plan), told(other)
    return {item for item in mine if mine[item] == theirs[item]}


def twin(survey: Survey, seed: int) -> tuple[Survey, dict[str, int]]:
    """Other answers that agree in all that may be shown, and how many pairs changed theirs about, by item."""
    plan, rng, columns, pairs = plan_of(survey), np.random.default_rng(seed), {}, {}
    for item in SOME:
        column = survey.answers[item].to_numpy(copy=True)
        for x, y in exchanges(plan, item, rng):
            column[[x, y]] = column[[y, x]]
            pairs[item] = pairs.get(item, 0) + 1
        columns[item] = column
    while True:
        other = weighting.weighted(Survey(survey.answers.assign(**{item: columns[item] for item in pairs}),
                                          survey.frame, survey.questionnaire))
        if set(pairs) <= (same := same_cells(plan, plan_of(other))):
            return other, pairs
        pairs = {item: number for item, number in pairs.items() if item in same}


# ---- What is shown of either -----------------------------------------------------------------------------------------


def outputs(survey: Survey, chapter: str, items: set[str]) -> dict[str, str]:
    """What the cells of a chapter show of these answers, by their source; not those of other items alone."""
    found, names = {}, {"__edition": Edition(check({}), survey)}
    others = set(survey.questionnaire.items) - items
    for cell in json.loads((project.root / "chapters" / f"{chapter}.ipynb").read_text("utf-8"))["cells"]:
        source = "".join(cell["source"]).replace("open_edition(globals())", "__edition")
        named = {item for item in (*items, *others) if item in source}
        if cell["cell_type"] != "code" or "ikke-egne" in cell["metadata"].get("tags", ()) or (
                named and not named & items) or "show.picker" in source:  # which has the same numbers as the tables
            continue
        tree = ast.parse(source)
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, chapter, "exec"), names)
        if last is not None:
            made = eval(compile(ast.Expression(last.value), chapter, "eval"), names)
            found[source] = repr(made._repr_mimebundle_()) if made is not None else ""
    return found


@pytest.mark.slow
@pytest.mark.usefixtures("unweighted")
def test_chapters_say_the_same_of_answers_that_differ_in_what_is_hidden_only() -> None:
    survey = collected(3, 150, 300)
    other, pairs = twin(survey, 0)
    assert sum(pairs.values()) > 20, pairs
    for chapter in CHAPTERS:
        mine, theirs = (outputs(one, chapter, set(pairs)) for one in (survey, other))
        assert len(mine) > 10
        assert mine.keys() == theirs.keys()
        assert [source for source in mine if mine[source] != theirs[source]] == []
