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
from civsam.instrument import policy
from civsam.instrument.kinds import KINDS
from civsam.instrument.questionnaire import Item
from civsam.pages import show
from civsam.pages.output import Output
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
    """A question, and what was answered: in all, and by the background variable, if any. Raises UserError."""
    yield show.question(survey, item.id)
    for split in dict.fromkeys([None, by]):
        found = estimates(survey, item, split)
        caption = item.topic + (f" efter {survey.variable(split).name}" if split else "")
        if found is not None:
            yield show.table(survey, found, caption, f"tab-{item.id}")
        elif split is None and item.scale.type == "tekst":
            yield show.texts(survey, item.id)


def parts(survey: Survey, by: str | None = None) -> Iterator[tuple[str, Item, list[Output]]]:
    """Each question in the order of the questionnaire, with the heading of its block. Raises UserError."""
    for block, heading in survey.questionnaire.blocks.items():
        for item in survey.questionnaire.block(block):
            yield heading, item, [*answered(survey, item, by)]


def page(title: str, banner: Output, told: Iterable[tuple[str, Item, list[Output]]]) -> bytes:
    """One page of them all, without scripts, and with its style in it."""
    style = "\n".join(read_text(PACKAGE / "book" / "static" / name) for name in STYLES)
    body = [banner.html]
    for heading, those in groupby(told, itemgetter(0)):
        body.append(f"<h2>{escape(heading)}</h2>")
        for _, item, outputs in those:
            body += [f"<h3>{escape(item.topic)}</h3>", *(output.html for output in outputs)]
    return PAGE.substitute(policy=policy.alone(), title=escape(title), style=style, body="\n".join(body)).encode()
