"""What the simulation assumes: the values of `data/antagelser.yml`, and whether they cover a questionnaire."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from civsam.files import LINE, UserError, project, read_yaml, shown, without_lines
from civsam.instrument.questionnaire import NONE, Item, Questionnaire

ASSUMPTIONS = "antagelser.yml"
ENOUGH = 1e-9  # how far from 1 the sum of shares may be
ENTRIES = {  # what an entry has for each code
    "fordelinger": "andelen, der svarer hvert svar, i skalaens rækkefølge og med summen 1",
    "krydser": "andelen, der sætter hvert kryds, i skalaens rækkefølge",
    "antal": "middeltallet i hvert fagområde",
    "dele": "spørgsmålets andel af det, det er en del af",
    "omraader": "forskydningen i hvert fagområde",
    "udgiftspres": "forskydningen ved hvert udgiftspres",
}


def assumptions(name: str = ASSUMPTIONS) -> dict[str, Any]:
    """The values of a file of assumptions, without reasons. Raises UserError where a reason or value is missing."""
    return _assumptions(project.data / name)


@cache  # by file: no process both changes one and reads it again
def _assumptions(path: Path) -> dict[str, Any]:
    table = {name: entry for name, entry in read_yaml(path).items() if name != LINE}
    return {name: _value(path, name, entry) for name, entry in table.items()}


def _value(path: Path, name: str, entry: dict[str, Any]) -> Any:
    """The value of an assumption, or of each in a group of them."""
    if set(entry) == {"vaerdi", "grund", LINE}:
        return without_lines(entry["vaerdi"])
    if "vaerdi" in entry or not all(isinstance(part, dict) for key, part in entry.items() if key != LINE):
        raise UserError(
            f"{shown(path)}, linje {entry[LINE]}: '{name}' skal have både 'vaerdi' og 'grund', og intet andet."
        )
    return {key: _value(path, key, part) for key, part in entry.items() if key != LINE}


def effects() -> frozenset[tuple[str, str]]:
    """The items that a frame variable bears on in the model, as pairs of item and variable."""
    given = assumptions()
    sources = {"fagomraade": {**given["omraader"], **given["antal"]}, "udgiftspres": given["udgiftspres"]}
    return frozenset((item, variable) for variable, items in sources.items() for item in items)


# ---- Whether they cover a questionnaire -----------------------------------------------------------------------------


def check(questionnaire: Questionnaire) -> None:
    """Raise UserError, naming file, item, entry and what to write, where an item lacks an assumption it is drawn by."""
    areas, pressure = (list(questionnaire.background[name].labels) for name in ("fagomraade", "udgiftspres"))
    for item in questionnaire.items.values():
        entry, codes = _needed(item, areas)
        if entry:
            _check(entry, item.id, codes)
        if item.only_if and item.id in assumptions().get("forankring", {}):
            raise UserError(f"{shown(project.data / ASSUMPTIONS)}: {item.id} stilles kun til nogle (kun_hvis), og så "
                            "kan en offentliggjort andel ikke holdes. Slet det under 'forankring', eller spørg alle.")
        for shift, groups in (("omraader", areas), ("udgiftspres", pressure)):
            if item.id in assumptions().get(shift, {}):
                _check(shift, item.id, groups)


def _needed(item: Item, areas: list[str]) -> tuple[str, list[str]]:
    """The entry that an item is drawn by, '' for none, and the codes that it has a number for, none for a number."""
    answers, kind = list(item.scale.answers), item.scale.type
    if item.part_of:
        return "dele", []
    if kind == "flere":
        return "krydser", [code for code in answers if code != NONE]
    if kind == "antal":
        return "antal", areas
    return ("fordelinger", answers) if kind in ("enkelt", "ordinal") else ("", [])


def _check(entry: str, item: str, codes: list[str]) -> None:
    """Raise UserError unless the entry has the item, with a number for each code."""
    given = assumptions().get(entry, {}).get(item)
    if isinstance(given, dict) and codes:
        ordered = list(given) if entry in ("fordelinger", "krydser") else sorted(given, key=[*codes, *given].index)
        if ordered == codes and (entry != "fordelinger" or abs(sum(given.values()) - 1) < ENOUGH):
            return
    elif isinstance(given, int | float) and not codes:
        return
    numbers = f"{{{', '.join(f'{code}: …' for code in codes)}}}" if codes else "…"
    write = f"'{item}: …' i vaerdi" if entry == "dele" else f"'{item}: {{vaerdi: {numbers}, grund: …}}'"
    fault = "mangler" if given is None else "passer ikke til spørgeskemaet"
    raise UserError(f"{shown(project.data / ASSUMPTIONS)}: {item} {fault} under '{entry}', så svarene på "
                    f"spørgsmålet ikke kan trækkes. Skriv {write} under '{entry}': {ENTRIES[entry]}.")
