"""A map of an answer file: which column is which question, and which cell is which answer, kept beside the file.

The file is YAML. Under `kolonner` stands each of the file's columns with a question, question/answer, the key or a
background variable; blank for one that is passed over. Under `svar`, for each question, question/answer or background
variable, stands what is written in the file with the code that it is; blank for not answered. It is written by
`suggest`; a `?` in it must be replaced by whoever knows.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import pandas as pd

from civsam.danish import first_of
from civsam.files import LINE, UserError, line_of, read_yaml, shown
from civsam.instrument.allowed import nearest, valid
from civsam.instrument.questionnaire import DONT_KNOW, Questionnaire
from civsam.instrument.words import plain
from civsam.intake.faults import NOTHING

COLUMNS, VALUES = "kolonner", "svar"
UNDECIDED = "?"
MOST = 100  # cells of a question in a suggested map
PASSED_OVER = ""
HEAD = """# Et kort over en svarfil. Ret det, og brug det med --map.
# kolonner: filens kolonne, og det spørgsmål, den er; tomt, hvis den skal udelades.
# svar: det, der står i filen, og den kode, det er; tomt, hvis der ikke er svaret.
"""


@dataclass(frozen=True)
class Map:
    """columns: of each column's name the name of what it is; blank for one that is passed over. values: by what a
    column is, the codes of cells in plain form. source: where it was read, in words; blank if nowhere.
    """

    columns: dict[str, str] = field(default_factory=dict)
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    source: str = ""

    def held_against(self, header: Iterable[str]) -> None:
        """Raise UserError for a column that the file does not have."""
        there = {plain(name): name.strip() for name in header}
        for name in self.columns:
            if plain(name) not in there:
                where = f"{self.source}: " if self.source else ""
                told = [nearest(name, there.values()), f"Den har: {first_of(there.values(), 12)}."]
                raise UserError(" ".join([f"{where}svarfilen har ingen kolonne »{name}«.", *filter(None, told)]))

    @property
    def roles(self) -> dict[str, str]:
        """What each column is, by its name in plain form."""
        return {plain(name): target for name, target in self.columns.items()}

    def ignoring(self, names: Iterable[str]) -> Map:
        """The same, with these columns passed over too."""
        return Map({**self.columns, **dict.fromkeys(names, PASSED_OVER)}, self.values, self.source)


def read(path: Path, questionnaire: Questionnaire, known: Collection[str]) -> Map:
    """Read and check a map. known: what a column may be: every question, question/answer, key and variable.

    Raises UserError, with file and line, for an unknown question or answer, and what is not decided.
    """
    content = read_yaml(path)
    for key in content:
        if key not in (COLUMNS, VALUES, LINE):
            raise _stop(path, f"ukendt nøgle '{key}'. Kendte: {COLUMNS}, {VALUES}.", key)
    columns = _texts(path, content.get(COLUMNS) or {}, COLUMNS)
    for name, target in columns.items():
        if target != PASSED_OVER and target not in known:
            raise _stop(path, f"»{name}« kan ikke være '{target}', som ikke er et spørgsmål eller en variabel. "
                              f"{nearest(target, known)}", COLUMNS, name)
    values = {}
    for name, raw in (content.get(VALUES) or {}).items():
        if name == LINE:
            continue
        if name not in known:
            raise _stop(path, f"ukendt spørgsmål '{name}'. {nearest(str(name), known)}", VALUES, name)
        given = _texts(path, raw or {}, VALUES, name)
        for cell, code in given.items():
            if not _may(questionnaire, name, code):
                raise _stop(path, f"'{code}' er ikke en kode i {name}. "
                                  f"{_codes(questionnaire, name)}", VALUES, name, cell)
        values[name] = {plain(cell): code for cell, code in given.items()}
    return Map(columns, values, shown(path))


def _stop(path: Path, message: str, *keys: Any) -> UserError:
    return UserError(f"{shown(path)}, linje {line_of(path, *keys)}: {message.strip()}")


def _texts(path: Path, raw: Any, *keys: Any) -> dict[str, str]:
    """A mapping of texts. Numbers are text, nothing is blank; Raises UserError for what YAML takes for true or false,
    for two cells that are the same, and what is not decided."""
    if not isinstance(raw, dict):
        raise _stop(path, "der skal stå en opslagstabel.", *keys)
    given = {key: value for key, value in raw.items() if key != LINE}
    for key, value in given.items():
        if isinstance(key, bool) or isinstance(value, bool):
            raise UserError(f"{shown(path)}, linje {raw[LINE]}: YAML læser yes, no, on, off, true og false som sandt "
                            "og falsk. Sæt anførselstegn om dem.")
        if not isinstance(value, str | int | float | None) or not isinstance(key, str | int | float):
            raise UserError(f"{shown(path)}, linje {raw[LINE]}: {key!r} kan ikke bruges. Sæt anførselstegn om det.")
        if str(value).strip() == UNDECIDED:
            raise _stop(path, f"skriv, hvad »{key}« er, i stedet for {UNDECIDED}; tomt, hvis det ikke er noget.",
                        *keys, key)
    texts = {str(key): "" if value is None else str(value).strip() for key, value in given.items()}
    if len({plain(text) for text in texts}) < len(given):
        raise _stop(path, "det samme står to gange.", *keys)
    return texts


def _may(questionnaire: Questionnaire, name: str, code: str) -> bool:
    """Whether a cell of a question, a column of one answer, or a background variable may be this code, or blank."""
    if code == "":
        return True
    if "/" in name:
        return code in ("0", "1")
    if name in questionnaire.background:
        return code in questionnaire.background[name].labels
    item = questionnaire.items.get(name)
    return item is not None and item.scale.type != "tekst" and valid(item, code)


def _codes(questionnaire: Questionnaire, name: str) -> str:
    if name in questionnaire.background:
        return f"Kendte: {', '.join(questionnaire.background[name].labels)}."
    item = questionnaire.items.get(name)
    return f"Kendte: {', '.join(item.codes)}." if item is not None and item.codes else "Kun tomt er muligt."


# ---- Suggested


def suggest(questionnaire: Questionnaire, given: Map, faults: pd.DataFrame, unused: Iterable[str],
            absent: Iterable[str]) -> str:
    """A map of what could not be read, as text: what is given already stands, what is clear is filled in, else `?`.

    unused: the file's columns that are none of the questionnaire's; one that is called almost as a question without a
    column is suggested for it, the others are passed over. absent: the questions without a column.
    """
    absent = list(absent)
    columns = {name: target for name, target in given.columns.items()}
    for name in unused:
        columns.setdefault(name, _nearest(name, {plain(word): one for one in absent for word in (
            one, questionnaire.items[one].wording, questionnaire.items[one].topic)}) or PASSED_OVER)
    values = {name: dict(cells) for name, cells in given.values.items()}
    cells = faults[faults["raekke"].notna() & (faults["vaerdi"] != "")]
    for column, value in cells[["kolonne", "vaerdi"]].astype(str).drop_duplicates().itertuples(index=False):
        options = _options(questionnaire, column)
        if options and len(values.get(column, ())) < MOST:
            code = "" if plain(value) in NOTHING else _nearest(value, options) or UNDECIDED
            values.setdefault(column, {}).setdefault(value, code)
    lines = [HEAD + (f"# Spørgsmål uden kolonne: {', '.join(absent)}\n" if absent else ""), f"{COLUMNS}:"]
    lines += [f"  {_quoted(name)}: {_quoted(target)}" for name, target in columns.items()]
    lines.append(f"{VALUES}:")
    for name, those in values.items():
        codes = ", ".join(dict.fromkeys(_options(questionnaire, name).values()))
        lines += [f"  {_quoted(name)}:{f'  # {codes}' if codes else ''}"]
        lines += [f"    {_quoted(cell)}: {_quoted(code)}" for cell, code in those.items()]
    return "\n".join([*lines, ""])


def _nearest(text: str, options: Mapping[str, str]) -> str:
    """What the option is that looks most like the text; blank if none does."""
    near = get_close_matches(plain(text)[:100], options, n=1, cutoff=0.75)
    return options[near[0]] if near else ""


def _options(questionnaire: Questionnaire, name: str) -> Mapping[str, str]:
    """What a cell may clearly mean, in plain form, each with its code; empty for what has no codes."""
    if name in questionnaire.background:
        labels = questionnaire.background[name].labels
    elif name in questionnaire.items and questionnaire.items[name].scale.type != "tekst":
        item = questionnaire.items[name]
        labels = {code: questionnaire.label(name, code) for code in item.codes} or {DONT_KNOW: questionnaire.dont_know}
    else:
        return {}
    return {plain(word): code for code, label in labels.items() for word in (code, label)}


def _quoted(text: str) -> str:
    """The text as YAML in quotes: what stands there is text, whatever it looks like."""
    return json.dumps(text, ensure_ascii=False)
