"""A block of the questionnaire for one group at a time, held against all: a reader picks the group on the page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from html import escape

import pandas as pd

from civsam.danish import at_level
from civsam.inference import estimate
from civsam.instrument.kinds import KINDS
from civsam.instrument.questionnaire import Item, Questionnaire
from civsam.pages.cells import Cell, number
from civsam.pages.door import shown
from civsam.pages.figure import area_colours
from civsam.pages.html import table
from civsam.pages.output import Output
from civsam.pages.provenance import MARKS, provenance_of
from civsam.pages.words import reading_note, with_interval
from civsam.survey.checked import one_name, text, unknown
from civsam.survey.grouping import the_survey
from civsam.survey.survey import Survey

BASE = "Antal svar (n)"
CHANCE = ("Når man leder blandt mange grupper, er nogle høje eller lave ved et tilfælde; om en forskel er mere end "
          "det, kræver en test.")


def picker(survey: Survey, block: str, name: str, *, focus: str = "") -> Output:
    """All answers of a block, a row each, with a column for all and for each group of every background variable.

    The table is all there is without a script; with one a reader picks a group (`figurer.js`), which is shown beside
    all. focus: the code of a group of the first background variable that is picked from the start.

    >>> from civsam import open_edition, show
    >>> show.picker(open_edition().survey, "politik", "tab-eksempel").facts["name"]
    'tab-eksempel'
    """
    questionnaire = the_survey(survey).questionnaire
    if one_name(block, "en blok") not in questionnaire.blocks:
        raise unknown(block, questionnaire.blocks, "en blok")
    first = next(iter(questionnaire.background.values()), None)
    codes = first.labels if first else {}
    if text(focus, "focus") not in {"", "alle", *codes}:  # a book may be about no group
        raise unknown(focus, codes, "en gruppe af den første baggrundsvariabel")
    heading = questionnaire.blocks[block]
    estimates = [by_group(survey, item) for item in questionnaire.block(block) if KINDS[item.scale.type].statistic]
    frame = pd.concat([as_words(survey, each) for each in estimates])
    estimates = shown(survey, pd.concat(estimates))
    caption = f"{heading} for alle og for hver gruppe"
    made = table(frame, caption, name, provenance=provenance_of(estimates), note=reading_note(survey, estimates),
                 folded="Vis tallene for alle grupper")
    mine = provenance_of(estimates)
    said = {"oprindelse": mine, "maerke": MARKS[mine], "note": f"{at_level(survey.level, 'interval')}. {CHANCE}"}
    facts = _told(questionnaire, block, focus, said)
    html = made.html.replace("<details>", f'<details class="vaelger"{facts}>', 1)
    return replace(made, html=html, text=f"{caption}\n{frame[['Spørgsmål', 'Alle']].to_string()}")


def _told(questionnaire: Questionnaire, block: str, focus: str, said: dict[str, str]) -> str:
    """What the script must know beside the table: the block, its groups in the order of columns, and their colours.

    said: what it must say where it shows the numbers.
    """
    first, colours = next(iter(questionnaire.background), ""), area_colours(questionnaire)
    groups = [(by, code) for by, variable in questionnaire.background.items() for code in variable.labels]
    facts = {
        "blok": block, "emne": questionnaire.blocks[block],
        "koder": " ".join(f"{by}--{code}" for by, code in groups),
        "farver": " ".join(colours.get(code, "-") if by == first else "-" for by, code in groups),
        "valgt": f"{first}--{focus}" if (first, focus) in groups else "",
        **said,
    }
    return "".join(f' data-{key}="{escape(words)}"' for key, words in facts.items())


def headings(questionnaire: Questionnaire) -> dict[tuple[str, str], str]:
    """The column of each group, by variable and code; those of all first."""
    return {("", ""): "Alle"} | {(variable.id, code): f"{variable.name.capitalize()}: {label}"
                                 for variable in questionnaire.background.values()
                                 for code, label in variable.labels.items()}


def by_group(survey: Survey, item: Item) -> pd.DataFrame:
    """A question for all and for every group: shares, or of a count the mean or the share that it is."""
    counted = estimate.ratios if item.part_of else estimate.means
    made = counted if item.scale.type == "antal" else estimate.shares
    return pd.concat([made(survey, item.id, by=by) for by in (None, *survey.questionnaire.background)])


def as_words(survey: Survey, estimates: pd.DataFrame) -> pd.DataFrame:
    """What `by_group` made, as it may be shown: a row an answer, then the respondents behind; a column a group."""
    item = survey.questionnaire.items[estimates["item"].iloc[0]]
    return pd.DataFrame(_rows(survey, item, shown(survey, estimates))).set_index("Svar")


def _rows(survey: Survey, item: Item, estimates: pd.DataFrame) -> Iterator[dict[str, str | Cell]]:
    """A row for each answer, then the number of respondents behind them."""
    groups = headings(survey.questionnaire)
    found = {tuple(row[["answer", "by", "group"]]): row for _, row in estimates.iterrows()}
    for answer in estimates["answer"].unique():
        words = survey.questionnaire.label(item.id, answer) if answer else "Andel" if item.part_of else "Gennemsnit"
        cells = {heading: with_interval(found[answer, *group]) for group, heading in groups.items()}
        yield {"Svar": words, "Spørgsmål": item.topic, **cells}
    cells = {heading: number(found[answer, *group]["n"]) for group, heading in groups.items()}
    yield {"Svar": BASE, "Spørgsmål": item.topic, **cells}
