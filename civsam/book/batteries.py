"""Batteries, see `instrument.batteries`, as the code of a chapter of a project.

One figure has a bar for each of them, and one table tells by group how many gave an answer of the scale's upper half.
"""

from __future__ import annotations

import json
import textwrap

from civsam.instrument.batteries import heading, ranking, upper
from civsam.instrument.questionnaire import Item

IMPORT = "import pandas as pd\n"  # what its cells need


def cells(battery: list[Item], split: bool) -> list[str]:
    """The code that shows a battery: a figure of all answers, and a table of the upper half of the scale by group."""
    name, names = battery[0].id.lower().replace("_", "-"), json.dumps([item.id for item in battery], ensure_ascii=False)
    listed = names if len(names) < 90 else "[\n{}\n]".format(textwrap.fill(
        names[1:-1] + ",", 100, initial_indent="    ", subsequent_indent="    "))
    if ranking(battery[0]):
        return _places(battery, name, listed, split)
    codes, words = upper(battery)
    told = f"{heading(battery)}: {words}, delt op"
    figure = (f"batteri = {listed}\nsvar = pd.concat([estimate.shares(survey, item) for item in batteri])\n"
              f"show.figure(survey, svar, {_quoted(heading(battery))}, {_quoted(f'fig-{name}')})")
    table = (f"delt = pd.concat([estimate.shares(survey, item, {_quoted(codes)}, by=opdel) for item in batteri])\n"
             f"show.table(\n    survey, delt, {_quoted(told)},\n    {_quoted(f'tab-{name}')}, folded=True\n)")
    return [figure, table] if split else [figure]


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
