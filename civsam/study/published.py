"""All that is published of the study, as data: the only place from which a published number may come."""

from __future__ import annotations

import re

import pandas as pd

from civsam.files import per_project, project, read_table, read_yaml

COLUMNS = ("id", "udsagn", "art", "gruppe", "enhed", "vaerdi", "ord", "nedre", "oevre", "kilde", "evidens", "note")


@per_project
def _statements() -> pd.DataFrame:
    table = read_table(project.data / "publicerede_tal.csv", COLUMNS).set_index("id")
    for column in ("vaerdi", "nedre", "oevre"):
        table[column] = pd.to_numeric(table[column])
    return table


def statements() -> pd.DataFrame:
    """The published statements, indexed by id (N1, O1, ...); `vaerdi`, `nedre`, `oevre` are numbers or NaN."""
    return _statements().copy()


def short_names() -> dict[str, str]:
    """Statements in a few words, by their ids, where there is no room for them (`data/korte_navne.yml`)."""
    return read_yaml(project.data / "korte_navne.yml")


def report() -> pd.DataFrame:
    """The report's own data: authors, publisher, date, ISBN, ... with its source (`data/rapport.csv`)."""
    return read_table(project.data / "rapport.csv", ["felt", "vaerdi", "kilde"]).set_index("felt")


def year() -> str:
    """The year in which the study's answers were collected."""
    return re.search(r"\d{4}", report().at["Dataindsamling", "vaerdi"])[0]


@per_project
def _sources() -> pd.DataFrame:
    return read_table(project.data / "kilder.csv", ["id", "titel", "hvad", "adresse"]).set_index("id")


def sources() -> pd.DataFrame:
    """What the codes S0, S1, ... stand for (`data/kilder.csv`)."""
    return _sources().copy()


def value(statement: str) -> float:
    """The published number of a statement. Raises KeyError for an unknown id."""
    return float(_statements().at[statement, "vaerdi"])


def place_of(statement: str) -> str:
    """The id of a statement's entry in the book, on the page of them all."""
    return f"udsagn-{statement.lower()}"
