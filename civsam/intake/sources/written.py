"""A draft as the files of a project: the questionnaire with its comments, the answers, and who answered."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd
import yaml

from civsam.instrument import format, languages
from civsam.intake import export
from civsam.intake.sources import spoken
from civsam.intake.sources.draft import Draft
from civsam.intake.sources.material import one_line
from civsam.intake.table import clear

WIDTH = 118
SHAPES = ("# Typer: enkelt (ét svar), flere (flere svar), ordinal (ordnet skala), antal (et tal), tekst (fri tekst),\n"
          "# rangordning (svar i rækkefølge), dato (fra mindst til hoejst).")
BACKGROUND = "# Det, der vides om alle, og som svarene deles op efter."
TRANSLATED = "# Teksterne på andre sprog. Skriv sprog: en øverst, når skemaer, tabeller og bog skal have de engelske."
SAMPLE = "# Kolonner i svarfilen, der siger, hvordan de, der har svaret, er trukket."
WEIGHTS = """# Har du en ramme (data/ramme.csv med nøglen og baggrunden for alle, der blev spurgt), så vej efter den:
# vaegtning: {{svargrupper: [{first}], margener: [{all}]}}"""


def questionnaire(draft: Draft, source: str) -> str:
    """The questionnaire as YAML; at the top what was not carried over, and beside each question what was guessed."""
    parts = [_comment([f"Lavet af {source} med civsam new --from. Ret det til, og skriv så: civsam new . --again"])]
    for heading, lines in (("Ikke taget med:", draft.lost), ("Sådan blev filen forstået:", draft.told)):
        if lines:
            parts.append(_comment([heading, *(f"- {line}" for line in lines)]))
    if draft.guesses:
        parts.append(_comment([f"Ved {draft.guesses} spørgsmål står der »Gæt«. Ret det, eller slet linjen."]))
    head = {format.KEY: format.VERSION, "titel": one_line(draft.title),
            "afgraensning": one_line(draft.scope), "ved_ikke": draft.dont_know,
            "noegle": draft.key}
    parts.append(_dumped(head))
    if draft.background:
        names = [*draft.background]
        parts += [f"{BACKGROUND}\n{_dumped({'baggrund': draft.background})}",
                  WEIGHTS.format(first=names[0], all=", ".join(names)) + "\n"]
    if draft.sample:
        parts.append(f"{SAMPLE}\n{_dumped({'stikproeve': draft.sample})}")
    parts += [_dumped({"blokke": draft.blocks}), f"{SHAPES}\n{_dumped({'skalaer': draft.scales})}"]
    items = "".join("".join(f"  # Gæt: {guess}\n" for guess in guesses) + _entry(item) for item, guesses in draft.items)
    others = spoken.ordered(draft.translations, languages.PARTS)
    translated = [f"{TRANSLATED}\n{_dumped({'oversaettelser': others})}"] if others else []
    return "\n".join([*parts, f"spoergsmaal:\n{items}", *translated])


def _dumped(content: Any) -> str:
    return yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=WIDTH)


def _entry(item: dict[str, Any]) -> str:
    """A question in the list."""
    return "".join(f"  {line}\n" for line in _dumped([item]).splitlines())


def _comment(lines: list[str]) -> str:
    return "".join(f"# {one_line(line)}\n" for line in lines)


def answers(draft: Draft) -> str:
    """The answers as an answer file: codes, comma, and an apostrophe before what a spreadsheet would run."""
    assert draft.answers is not None
    counts = {item["id"] for item, _ in draft.items if draft.scales[item["skala"]]["type"] == "antal"}
    safe = draft.answers.apply(lambda column: column.map(clear if column.name in counts else export.guard))
    if draft.answers.index.name is not None:
        safe.insert(0, draft.key, safe.index.map(export.guard))
    return _csv(safe)


def frame(draft: Draft) -> str:
    """Who answered, as the beginning of a frame; blank where nobody is named."""
    if draft.answers is None or draft.answers.index.name is None:
        return ""
    table = draft.answers[list(draft.background)].reset_index()
    return _csv(table.apply(lambda column: column.map(export.guard)))


def _csv(table: pd.DataFrame) -> str:
    rows = [tuple(table.columns), *table.itertuples(index=False, name=None)]
    return "".join(",".join(map(_field, row)) + "\r\n" for row in rows)


def _field(text: str) -> str:
    """A cell; in quotation marks where any reader could take a sign in it for one between cells."""
    return '"' + text.replace('"', '""') + '"' if re.search(r'[,;\t|"\r\n]|^ | $', text) else text
