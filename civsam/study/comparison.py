"""Published numbers beside estimates."""

from __future__ import annotations

from html import escape
from string import Formatter

import pandas as pd

from civsam.danish import at_level, listed
from civsam.files import UserError
from civsam.pages.cells import Cell, number, percent
from civsam.pages.door import shown
from civsam.pages.html import table
from civsam.pages.output import Output
from civsam.pages.provenance import MARKS, mark, provenance_of
from civsam.pages.words import interval, value
from civsam.study import published
from civsam.survey.survey import Survey


def published_value(statement: str) -> str | Cell:
    """A published number as its source has it: in words, as percent, or as a count."""
    fact = published.statements().loc[statement]
    return fact["ord"] or (percent(fact["vaerdi"]) if fact["art"] == "andel" else number(fact["vaerdi"]))


def comparison_table(columns: dict[str, dict[str, pd.DataFrame]], survey: Survey, caption: str, name: str) -> Output:
    """The published value of some statements beside one-row estimates; `columns`: heading to statement to estimate."""
    ids = list(next(iter(columns.values())))
    facts = published.statements().loc[ids]
    frame = pd.DataFrame({"Offentliggjort": [published_value(name) for name in ids]}, index=facts["udsagn"])
    for heading, estimates in columns.items():
        frame[heading] = [value(shown(survey, estimates[name]).iloc[0]) for name in ids]
    frame.index.name = "Udsagn"
    return table(frame, caption, name, provenance=survey.provenance)


def published_sentence(text: str) -> Output:
    """A sentence with published numbers: {N5} is replaced by the value of statement N5, which is named after it.

    >>> from civsam import study
    >>> study.sentence("Skemaet gik til {N2} chefer.").text
    'Skemaet gik til 838 chefer. (udsagn N2) [offentliggjort]'
    """
    ids = [part[1] for part in Formatter().parse(text) if part[1]] if isinstance(text, str) else []
    if not ids:
        raise UserError(f"sætningen {text!r} har intet udsagn: skriv mindst ét i krøllede parenteser, fx {{N2}}.")
    filled = text.format(**{name: published_value(name) for name in ids})
    source = f"udsagn {listed(ids)}"
    html = f'<p class="saetning">{escape(filled)} <span class="kilde">({source})</span> {mark("publiceret")}</p>'
    return Output(html, f"{filled} ({source}) [{MARKS['publiceret']}]")


def cards(survey: Survey, entries: dict[str, pd.DataFrame], statements: list[str]) -> Output:
    """Key figures as cards: a text to a one-row estimate, each beside the published statement it belongs to."""
    html, text = [], []
    for (words, estimates), statement in zip(entries.items(), statements, strict=True):
        row = shown(survey, estimates).iloc[0]
        big, spread = _figure(row, framed=survey.framed)
        known = f"Offentliggjort: {published_value(statement)} ({statement})"
        scale = _scale(row, published.value(statement)) if "%" in big else ""
        html.append(f'<div class="kort"><p class="tal">{big}</p><p class="tekst">{escape(words)}</p>{scale}'
                    f'<p class="usikkerhed">{spread}</p><p class="usikkerhed">{known}</p>'
                    f'{mark(provenance_of(estimates))}</div>')
        text.append(f"{big} {words} ({spread}). {known} [{MARKS[survey.provenance]}]")
    return Output(f'<div class="noegletal">{"".join(html)}</div>', "\n".join(text))


def _figure(row: pd.Series, *, framed: bool) -> tuple[str, str]:
    """A key figure and how sure it is. A response rate is counted; without a frame only those who answered are."""
    if "responded" not in row:
        return str(value(row)), f"{at_level(row['level'], 'interval')} {interval(row)}"
    if not framed:
        return str(number(row["responded"])), "Uden en ramme kendes svarprocenten ikke"
    return str(percent(row["estimate"])), f"{number(row['responded'])} af {number(row['asked'])}"


def _scale(row: pd.Series, known: float) -> str:
    """A share on a line from 0 to 100 percent: a band for its interval, a dot, and a tick for what is published.

    It is drawn from the whole percents that the card tells, so it holds nothing more.
    """
    at = {name: round(100 * share) for name, share in row.reindex(["estimate", "low", "high"]).items()
          if not pd.isna(share)}
    band = f'<line class="spaend" x1="{at["low"]}%" x2="{at["high"]}%" y1="8" y2="8"/>' if "low" in at else ""
    dot = f'<circle cx="{at["estimate"]}%" cy="8" r="4"/>' if "estimate" in at else ""
    tick = f'<line class="kendt" x1="{round(100 * known)}%" x2="{round(100 * known)}%" y1="0" y2="16"/>'
    return ('<svg class="skala" width="100%" height="16" aria-hidden="true"><line x1="0" x2="100%" y1="8" y2="8"/>'
            f"{tick}{band}{dot}</svg>")
