"""Batteries: questions of a block that stand after one another on one ordered scale are shown together in a project.

One figure has a bar for each of them, and one table tells by group how many gave an answer of the scale's upper half.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Iterator
from itertools import groupby

from civsam.danish import joined
from civsam.instrument.questionnaire import Item
from civsam.instrument.ranking import Place

FEWEST = 3  # questions of a battery
IMPORT = "import pandas as pd\n"  # what its cells need


def parted(items: Iterable[Item]) -> Iterator[list[Item]]:
    """The questions of a block in order, those of a battery together and all others alone."""
    for _, those in groupby(items, key=lambda item: _ranking(item) or item.scale.id):
        together = list(those)
        if _ranking(together[0]):
            yield together
            continue
        topics = {item.topic for item in together}
        if together[0].scale.type == "ordinal" and FEWEST <= len(together) == len(topics):
            yield together
        else:
            yield from ([item] for item in together)


def heading(battery: list[Item]) -> str:
    """What a battery is called: its first question, and how many more; a question alone by its topic."""
    if _ranking(battery[0]):
        return f"{battery[0].topic.partition(': pladsen for ')[0]}: gennemsnitlig plads"
    more = f" og {len(battery) - 1} spørgsmål til på samme skala" if len(battery) > 1 else ""
    return battery[0].topic + more


def cells(battery: list[Item], split: bool) -> list[str]:
    """The code that shows a battery: a figure of all answers, and a table of the upper half of the scale by group."""
    name, names = battery[0].id.lower().replace("_", "-"), json.dumps([item.id for item in battery], ensure_ascii=False)
    listed = names if len(names) < 90 else "[\n{}\n]".format(textwrap.fill(
        names[1:-1] + ",", 100, initial_indent="    ", subsequent_indent="    "))
    if _ranking(battery[0]):
        return _places(battery, name, listed, split)
    answers = battery[0].scale.answers
    upper = list(answers)[-max(len(answers) // 2, 1):]
    told = f"{heading(battery)}: {joined([f'»{answers[code]}«' for code in upper], ' eller ')}, delt op"
    figure = (f"batteri = {listed}\nsvar = pd.concat([estimate.shares(survey, item) for item in batteri])\n"
              f"show.figure(survey, svar, {_quoted(heading(battery))}, {_quoted(f'fig-{name}')})")
    high = _quoted("+".join(upper))
    table = (f"delt = pd.concat([estimate.shares(survey, item, {high}, by=opdel) for item in batteri])\n"
             f"show.table(\n    survey, delt, {_quoted(told)},\n    {_quoted(f'tab-{name}')}, folded=True\n)")
    return [figure, table] if split else [figure]


def _ranking(item: Item) -> str:
    """The ranking in which an item is the place of one answer; blank for all other items."""
    return item.derived.sources[0] if item.derived and isinstance(item.derived.way, Place) else ""


def _places(battery: list[Item], name: str, listed: str, split: bool) -> list[str]:
    """The code that shows the mean places of a ranking, in all and by group."""
    figure = (f"pladser = {listed}\nmidt = pd.concat([estimate.means(survey, item) for item in pladser])\n"
              f"show.figure(survey, midt, {_quoted(heading(battery))}, {_quoted(f'fig-{name}')})")
    table = (f"delt = pd.concat([estimate.means(survey, item, by=opdel) for item in pladser])\n"
             f"show.table(\n    survey, delt, {_quoted(f'{heading(battery)}, delt op')},\n"
             f"    {_quoted(f'tab-{name}')}, folded=True\n)")
    return [figure, table] if split else [figure]


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
