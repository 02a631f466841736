"""A graded class told in tables and files: each student, each exercise, and what each student is given back."""

from __future__ import annotations

import re
from itertools import groupby
from pathlib import Path

import pandas as pd

from civsam.intake.export import guard
from civsam.teaching.grading import BLANK, CANNOT, MISSING, RIGHT, WRONG, Graded, lesson_of

COUNTED = {"rigtige": RIGHT, "forkerte": WRONG, "tomme": BLANK, "mangler": MISSING, "kan_ikke_rettes": CANNOT}
WHO = ["navn", "nummer"]
USUAL = 3  # wrong answers that are told for an exercise
NUMBER = re.compile(r"-?\d+(,\d+)?")
NAME = "tilbagemelding.txt"


def students(graded: Graded) -> pd.DataFrame:
    """A row for each student: how many of each status, of how many (`af`, the same for all), municipalities, files."""
    rows = []
    for who, own in graded.rows.groupby(WHO, sort=False):
        among = own[own["opgave"].isin(graded.asked)]
        beside = own.drop(among.index)
        rows.append({**dict(zip(WHO, who, strict=True)), **_counts(among), "af": len(graded.asked),
                     "kommune": _each(own["kommune"]), "filer": _each(own["fil"]),
                     "bemaerkning": " ".join(f"{row.fil}: {row.besked}" for row in beside.itertuples())})
    return pd.DataFrame(rows)


def exercises(graded: Graded) -> pd.DataFrame:
    """A row for each exercise: how many of each status, of how many students, and the most usual wrong answers."""
    rows = []
    for id, own in graded.answers.groupby("opgave", sort=False):
        counts = _counts(own)
        wrong = own[own["status"] == WRONG].groupby(["svar", "besked"], sort=False).size()
        usual = wrong.sort_values(ascending=False, kind="stable").head(USUAL)
        given = " / ".join(f"{answer} ({times}): {said}" for (answer, said), times in usual.items())
        rows.append({"opgave": id, **counts, "af": len(own), "forkerte_svar": given,
                     "procent_rigtige": round(100 * counts["rigtige"] / len(own))})
    return pd.DataFrame(rows)


def _counts(rows: pd.DataFrame) -> dict[str, int]:
    return {name: int((rows["status"] == status).sum()) for name, status in COUNTED.items()}


def _each(texts: pd.Series) -> str:
    return ", ".join(dict.fromkeys(filter(None, texts)))


def told(graded: Graded) -> str:
    """What the teacher is told in the terminal: the denominator, how it went, and what nobody could grade."""
    table = students(graded)
    lines = [f"{len(table)} studerende, {len(graded.asked)} opgaver. "
             f"Rigtige svar: {table['rigtige'].sum()} af {len(table) * len(graded.asked)}.", *_lessons(graded)]
    if len(unsure := graded.rows[graded.rows["status"] == CANNOT]):
        lines.append(f"Der er {len(unsure)}, som ikke kan rettes. Se selv efter:")
        lines += [f"  {row.navn}, {row.opgave or row.fil}: {row.besked}" for row in unsure.itertuples()]
    return "\n".join(lines)


def _lessons(graded: Graded) -> list[str]:
    """How many handed in each lesson, so that one handed in by mistake is seen."""
    there = graded.answers[graded.answers["status"] != MISSING]
    lines = []
    for lesson, ids in groupby(graded.asked, lesson_of):
        own = there[there["opgave"].isin(list(ids))]
        lines.append(f"  {lesson}: {len(own[WHO].drop_duplicates())} har afleveret den")
    return lines + ["  Skal de ikke alle tælle, så skriv --lessons og dem, der skal."] * (len(lines) > 1)


def write(table: pd.DataFrame, path: Path) -> None:
    """Write a table for Danish Excel; what students wrote is never a formula. Raises OSError."""
    words = table.select_dtypes(exclude="number").columns
    guarded = table.assign(**{name: table[name].map(_guarded) for name in words})
    guarded.to_csv(path, sep=";", index=False, encoding="utf-8-sig", lineterminator="\n")


def _guarded(text: str) -> str:
    return text if NUMBER.fullmatch(text) else guard(text)


def give_back(graded: Graded, folder: Path) -> list[Path]:
    """Write what is said to each student, in a text in a folder of the student's own. Raises OSError."""
    made: dict[str, Path] = {}
    for (name, own_number), rows in graded.rows.groupby(WHO, sort=False):
        wanted = _folder(f"{name}_{own_number}" if own_number else name)
        others = (f"{wanted} ({place})" for place in range(2, len(made) + 3))
        free = next(one for one in (wanted, *others) if one.casefold() not in made)
        place = made[free.casefold()] = folder / free
        place.mkdir(parents=True, exist_ok=True)
        (place / NAME).write_text(_letter(name, rows, len(graded.asked)), "utf-8")
    return [place / NAME for place in made.values()]


def _letter(name: str, rows: pd.DataFrame, asked: int) -> str:
    lines = [f"{name}: {(rows['status'] == RIGHT).sum()} af {asked} er rigtige.", ""]
    for row in rows.itertuples():
        lines.append(f"{row.opgave or row.fil}: {row.status}")
        if row.svar:
            lines.append(f"    Dit svar: {row.svar}" + (f" ({row.kommune})" if row.kommune else ""))
        lines.append(f"    {row.besked}")
    return "\n".join(lines) + "\n"


def _folder(name: str) -> str:
    """The name as that of a folder on any machine."""
    return re.sub(r'[\x00-\x1f<>:"/\\|?*]+', "-", name).strip(". ")[:80] or "uden navn"
