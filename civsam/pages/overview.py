"""All questions of a survey at once: what was asked and answered, for a terminal and as one page by itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from itertools import groupby
from operator import itemgetter
from string import Template

import pandas as pd

from civsam.files import PACKAGE, read_text
from civsam.inference import estimate
from civsam.instrument import batteries, policy
from civsam.instrument.kinds import KINDS
from civsam.instrument.questionnaire import Item
from civsam.pages import show, tables
from civsam.pages.output import Output
from civsam.survey.grouping import grouping
from civsam.survey.survey import Survey

STYLES = ("civsam.css", "figurer.css")
PAGE = Template("""<!DOCTYPE html>
<html lang="da" data-theme="light">
<head>
<meta charset="utf-8">
$policy
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Alle tal: $title</title>
<style>
$style
</style>
</head>
<body><main class="bd-main"><div class="bd-content"><article class="bd-article">
<h1>$title</h1>
$body
</article></div></main></body>
</html>
""")


def statistic(item: Item) -> str:
    """What of `estimate` tells the answers to an item where nobody says what: shares, means or ratios; else blank.

    What is shown of a ranking follows after it.
    """
    return "ratios" if item.part_of else KINDS[item.scale.type].statistic


def estimates(survey: Survey, item: Item, by: str | None = None) -> pd.DataFrame | None:
    """Those estimates, in all or by a background variable; None for free text."""
    name = statistic(item)
    return getattr(estimate, name)(survey, item.id, by=by) if name else None


def answered(survey: Survey, item: Item, by: str | None = None) -> Iterator[Output]:
    """A question, and what was answered: in all, and by group, if any are asked for. Raises UserError."""
    yield show.question(survey, item.id)
    for split in dict.fromkeys([None, by]):
        found = estimates(survey, item, split)
        caption = item.topic + (_after(survey, split) if split else "")
        if found is not None:
            yield show.table(survey, found, caption, f"tab-{item.id}")
        elif split is None and item.scale.type == "tekst":
            yield show.texts(survey, item.id)


def together(survey: Survey, battery: list[Item], by: str | None = None) -> Iterator[Output]:
    """The questions of a battery, all answers to them, and by group how many gave one of the scale's upper half.

    Of a ranking, the mean place of each answer, in all and by group.
    """
    names, caption = [item.id for item in battery], batteries.heading(battery)
    yield show.question(survey, *names)
    if batteries.ranking(battery[0]):
        for split in dict.fromkeys([None, by]):
            places = pd.concat([estimate.means(survey, name, by=split) for name in names], ignore_index=True)
            yield show.table(survey, places, caption + (_after(survey, split) if split else ""),
                             f"tab-{names[0]}{'-delt' if split else ''}")
        return
    every = pd.concat([estimate.shares(survey, name) for name in names], ignore_index=True)
    yield tables.battery_table(survey, every, caption, f"tab-{names[0]}")
    if by:
        codes, words = batteries.upper(battery)
        high = pd.concat([estimate.shares(survey, name, codes, by) for name in names], ignore_index=True)
        yield show.table(survey, high, f"{caption}: {words}{_after(survey, by)}", f"tab-{names[0]}-delt")


def _after(survey: Survey, by: str) -> str:
    return f" efter {grouping(survey.questionnaire, by).name}"


def parts(survey: Survey, by: str | None = None, own: str = "") -> Iterator[tuple[str, list[Item], list[Output]]]:
    """Each question, or those of a battery, in the order of the questionnaire, with the heading of their block before
    them, and what is told of them after.

    by: what groups are formed by; own: the question whose answers those are, if any. Raises UserError.
    """
    for block, heading in survey.questionnaire.blocks.items():
        for those in batteries.parted(survey.questionnaire.block(block)):
            split = None if own in {item.id for item in those} else by
            made = answered(survey, those[0], split) if len(those) == 1 else together(survey, those, split)
            yield heading, those, [*made]


def page(title: str, banner: Output, told: Iterable[tuple[str, list[Item], list[Output]]]) -> bytes:
    """One page of them all, without scripts, and with its style in it."""
    style = "\n".join(read_text(PACKAGE / "book" / "static" / name) for name in STYLES)
    body = [banner.html]
    for heading, those in groupby(told, itemgetter(0)):
        body.append(f"<h2>{escape(heading)}</h2>")
        for _, items, outputs in those:
            body += [f"<h3>{escape(batteries.heading(items))}</h3>", *(output.html for output in outputs)]
    return PAGE.substitute(policy=policy.alone(), title=escape(title), style=style, body="\n".join(body)).encode()
