"""Answers that come back from the web form: the respondents' keys, and many answer files joined into one table."""

from __future__ import annotations

import json
import os
import random
import re
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from civsam.danish import listed
from civsam.files import UserError, shown
from civsam.instrument.allowed import valid
from civsam.instrument.keys import LONGEST, VERSION, asked, digest, new_key, valid_key
from civsam.instrument.questionnaire import Item, Questionnaire
from civsam.intake.columns import RANDOM_KEY

KEY = RANDOM_KEY
LARGEST = 1_000_000  # bytes of an answer file; an ordinary one has a few thousand
FIELDS = {"version": int, "skema": str, KEY: str, "egen_noegle": bool, "tid": str, "svar": dict}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")  # all but tab and new line; the form takes them out itself
USED, REPLACED, REJECTED, SKIPPED = "brugt", "afløst", "afvist", "sprunget over"


def add_keys(frame: pd.DataFrame, rng: random.Random | None = None) -> pd.DataFrame:
    """The frame with a random key a row in the column `noegle`; keys that stand there already are kept.

    rng: for tests only; else the operating system's source of secrets. Raises UserError for a key that is not whole or
    stands twice.
    """
    rng = rng or secrets.SystemRandom()
    keys = list(_frame_keys(frame)) if KEY in frame else [""] * len(frame)
    taken = set(keys)
    for place, key in enumerate(keys):
        while not key or (key in taken and not keys[place]):
            key = new_key(rng)
        keys[place] = key
        taken.add(key)
    return frame.assign(**{KEY: keys})


def links(frame: pd.DataFrame, address: str) -> pd.DataFrame:
    """The frame with each respondent's link to the form in the column `link`; the key is what follows #n=.

    Raises UserError for an address that is none.
    """
    if not re.fullmatch(r"(https?|file)://[^\s#]+", address):
        raise UserError(f"'{address}' er ikke skemaets adresse. Skriv den uden # og det, der følger efter, "
                        "for eksempel https://eksempel.dk/skema.html.")
    return frame.assign(link=[f"{address}#n={key}" for key in frame[KEY]])


def _frame_keys(frame: pd.DataFrame) -> pd.Series:
    """The frame's keys, "" where there is none. Raises UserError for one that is not whole or stands twice."""
    keys = frame[KEY].fillna("").astype(str)
    given = keys[keys != ""]
    for row, key in given[~given.map(valid_key)].items():
        raise UserError(f"rammen, række {row}, kolonne {KEY}: '{key}' er ikke en hel nøgle. Et tegn er ændret eller "
                        "faldet ud. Sæt den rigtige nøgle ind igen; en tom celle får en ny.")
    for row, key in given[given.duplicated()].items():
        raise UserError(f"rammen, række {row}, kolonne {KEY}: nøglen '{key}' står to gange. Tøm cellen; så får "
                        "rækken en ny nøgle.")
    return keys


# ---- Answer files ----------------------------------------------------------------------------------------------------


class _Form(NamedTuple):
    """What the answers are to be answers to: the questionnaire's digest, and all that it may ask."""

    digest: str
    asked: dict[str, Item]


class _Rejected(Exception):
    """An answer file that cannot be used; the message is the reason, in Danish."""


@dataclass(frozen=True)
class _Reply:
    """An answer file: its name, the respondent's key, when it was saved (UTC, sorts as text), and codes by item."""

    file: str
    key: str
    time: str
    answers: dict[str, str]


def collect(
    folder: Path, questionnaire: Questionnaire, frame: pd.DataFrame | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The answers in a folder of answer files from the web form, and a report of what became of each file.

    frame: indexed by the respondents' names, with a column `noegle`; then only keys in it are taken, and the answers
    are indexed as the frame. Without it they are indexed by `noegle`. The answers have a text column an item, blank
    where nothing was answered, and without a frame also one for the background that respondents told themselves.
    Answers that an item does not allow are kept, for the checker to tell. Of files with the same key the one saved last
    is used.

    The report has a row a file: fil, noegle, tid, udfald (brugt, afløst, afvist, sprunget over) and grund.
    Raises UserError for a folder that cannot be read or has no answer file, and for a frame with bad keys.
    """
    names, form = None if frame is None else _names(frame), _Form(digest(questionnaire), asked(questionnaire))
    replies, rows = [], []
    for path in _listed(folder):
        if path.suffix.lower() != ".json" or not path.is_file():
            rows.append((_name(path), "", "", SKIPPED, "ikke en svarfil; de ender på .json og ligger i selve mappen"))
            continue
        try:
            replies.append(_read(path, form, names))
        except _Rejected as reason:
            rows.append((_name(path), "", "", REJECTED, str(reason)))
    if not replies and all(row[3] == SKIPPED for row in rows):
        raise UserError(f"{shown(folder)}: der er ingen svarfiler. De hedder svar-NØGLE.json og hentes i skemaet.")
    last = {reply.key: reply for reply in sorted(replies, key=lambda reply: (reply.time, reply.file))}
    rows += [_row(reply, last[reply.key], form) for reply in replies]
    report = pd.DataFrame(rows, columns=["fil", KEY, "tid", "udfald", "grund"]).sort_values("fil", ignore_index=True)
    return _table(last, questionnaire, frame, names), report


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except FileNotFoundError:
        raise UserError(f"{shown(folder)}: mappen findes ikke. Kontrollér stien.") from None
    except NotADirectoryError:
        raise UserError(f"{shown(folder)}: er en fil. Angiv den mappe, som svarfilerne ligger i.") from None
    except OSError as fault:
        raise UserError(f"{shown(folder)}: mappen kan ikke læses ({fault.strerror}).") from None


def _name(path: Path) -> str:
    """The file's name as it can be shown: a name may hold bytes that are no text."""
    return os.fsencode(path.name).decode("utf-8", "replace")


def _names(frame: pd.DataFrame) -> dict[str, Any]:
    """Respondents by key. Raises UserError for a frame without good keys."""
    if KEY not in frame:
        raise UserError(f"rammen har ingen kolonne {KEY}. Lav nøgler med civsam frame keys.")
    return {key: name for name, key in _frame_keys(frame).items() if key}


def _table(
    last: dict[str, _Reply], questionnaire: Questionnaire, frame: pd.DataFrame | None, names: dict[str, Any] | None
) -> pd.DataFrame:
    """Respondents by what was asked, in the order of the frame, or of the keys, which says nothing."""
    told: set[str] = set()
    if frame is None or names is None:
        order = sorted(last)
        index = pd.Index(order, name=KEY, dtype=str)
        told = {name for reply in last.values() for name in reply.answers}
    else:
        order = [key for key in names if key in last]
        index = pd.Index([names[key] for key in order], name=frame.index.name, dtype=frame.index.dtype)
    columns = [name for name in asked(questionnaire) if name in questionnaire.items or name in told]
    rows = [[last[key].answers.get(name, "") for name in columns] for key in order]
    return pd.DataFrame(rows, index=index, columns=columns, dtype=str)


def _row(reply: _Reply, last: _Reply, form: _Form) -> tuple[str, str, str, str, str]:
    """The report's row on a file that could be read."""
    if reply is not last:
        why = f"{last.file} har samme nøgle og er gemt senere"
        return reply.file, reply.key, reply.time, REPLACED, why
    bad = [item for item, value in reply.answers.items() if not valid(form.asked[item], value)]
    why = f"svaret på {listed(bad)} er ikke gyldigt; civsam check siger hvorfor" if bad else ""
    return reply.file, reply.key, reply.time, USED, why


def _read(path: Path, form: _Form, names: dict[str, Any] | None) -> _Reply:
    """The answer file. Raises _Rejected."""
    content = _load(path)
    if not isinstance(content, dict) or any(type(content.get(name)) is not kind for name, kind in FIELDS.items()):
        raise _Rejected("er ikke en svarfil fra skemaet, eller noget i den mangler")
    if content["version"] != VERSION:
        raise _Rejected(f"er en svarfil af version {content['version']}; denne civsam læser version {VERSION}")
    if content["skema"] != form.digest:
        raise _Rejected("er svar på et andet spørgeskema eller en anden udgave af det. Saml svarene med det "
                        "spørgeskema, som skemaet blev lavet af")
    _check_key(content, names)
    if not TIME.fullmatch(content["tid"]):
        raise _Rejected(f"tidspunktet {_short(content['tid'])} er ikke skrevet som 2026-01-31T12:00:00.000Z")
    for item, value in content["svar"].items():
        if item not in form.asked:
            raise _Rejected(f"{_short(item)} er ikke et spørgsmål i skemaet")
        if not isinstance(value, str) or CONTROL.search(value):
            raise _Rejected(f"svaret på {item} er ikke almindelig tekst")
        if len(value) > LONGEST:
            raise _Rejected(f"svaret på {item} er længere end {LONGEST} tegn")
    return _Reply(_name(path), content[KEY], content["tid"], content["svar"])


def _load(path: Path) -> Any:
    """What the JSON file holds. Raises _Rejected."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
        if len(data) > LARGEST:
            raise _Rejected("fylder over 1 MB. Et svar fylder nogle få kB")
        content = json.loads(data.decode("utf-8-sig"), object_pairs_hook=_unique)
        json.dumps(content, ensure_ascii=False).encode()  # half characters (\ud800) can be read, but not written
        return content
    except OSError as fault:
        raise _Rejected(f"kan ikke læses ({fault.strerror})") from None
    except UnicodeError:
        raise _Rejected("indeholder tegn, der ikke er gyldig UTF-8. Bed om filen igen, som skemaet gemte den") from None
    except (ValueError, RecursionError):
        raise _Rejected("er ikke hel JSON. Bed om filen igen, som skemaet gemte den") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The pairs as a dict; a name that stands twice is a fault."""
    if len(dict(pairs)) < len(pairs):
        raise ValueError
    return dict(pairs)


def _check_key(content: dict[str, Any], names: dict[str, Any] | None) -> None:
    key = content[KEY]
    if not valid_key(key):
        raise _Rejected(f"nøglen {_short(key)} er ikke hel. Et tegn er ændret eller faldet ud")
    if names is not None and key not in names:
        own = "; skemaet blev åbnet uden personligt link, så browseren lavede nøglen"
        raise _Rejected(f"nøglen {key} er ikke i rammen{own if content['egen_noegle'] else ''}")


def _short(text: str) -> str:
    """The text in quotation marks, cut, with what cannot be shown written out."""
    return repr(text if len(text) <= 40 else f"{text[:40]}…")


def summary(report: pd.DataFrame) -> str:
    """The report in Danish lines: how many files were used, and each of the others with its reason."""
    counts = report["udfald"].value_counts()
    lines = [f"{len(report)} filer: " + ", ".join(f"{counts.get(name, 0)} {name}"
                                                  for name in (USED, REPLACED, REJECTED, SKIPPED)) + "."]
    told = report[report["grund"] != ""]
    lines += [f"  {row.udfald}: {row.fil}: {row.grund}." for row in told.itertuples()]
    return "\n".join(lines)


def check_place(path: Path) -> None:
    """Raises UserError if there is something where a file is to be written: before the work, and once more after."""
    if path.exists() or path.is_symlink():
        raise UserError(f"{shown(path)}: filen findes allerede. Vælg et andet med --out, eller flyt den.")


def write(table: pd.DataFrame, path: Path) -> None:
    """Write collected answers or a frame with keys as CSV. Raises UserError rather than overwrite a file."""
    check_place(path)
    with path.open("x", encoding="utf-8", newline="") as file:
        table.to_csv(file, lineterminator="\n")
