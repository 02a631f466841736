"""What an edition is held against: an earlier wave's answers, or the numbers of another edition of the same answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from civsam.book.contents import NUMBERS
from civsam.edition import NO_OTHER, SAME_FRAME, Edition, collected, find_data, find_frame
from civsam.files import UserError, read_text, shown
from civsam.inference import statistics, weighting
from civsam.instrument import routing
from civsam.intake import answers
from civsam.survey.survey import PLURAL, Survey

COLUMNS = ["statistic", "item", "answer", "estimate", "low", "high"]


@dataclass(frozen=True, eq=False)
class Numbers:
    """What an edition shows of all measures. about: as `Edition.about`; code: digest of the code, where it is known."""

    version: str
    about: dict[str, Any]
    table: pd.DataFrame
    code: str = ""

    def content(self) -> dict[str, Any]:
        """It as `NUMBERS` has it; what is hidden has no value."""
        rows = self.table[COLUMNS].astype(object).where(self.table[COLUMNS].notna(), None)
        return {"version": self.version, "udgave": self.about, "tal": rows.to_dict("records")}


def read_numbers(path: Path) -> Numbers:
    """The numbers in a file. Raises UserError for one that is not a `NUMBERS`."""
    try:
        content = json.loads(read_text(path))
        about, table = content["udgave"], pd.DataFrame(content["tal"])[COLUMNS]
        statistics.is_share(table)  # raises ValueError for what is not known
        kinds = {"oprindelse": str, "svar": str, "ord": dict}
        if not all(isinstance(about[key], kind) for key, kind in kinds.items()):
            raise TypeError
        table = table.astype(dict.fromkeys(("estimate", "low", "high"), float))
        return Numbers(str(content["version"]), about, table, content.get("kode", ""))
    except (ValueError, KeyError, TypeError):
        raise UserError(f"{shown(path)}: filen er ikke en udgaves {NUMBERS}. Den ligger i udgavens mappe, ved siden af "
                        "forsiden.") from None


def find(edition: Edition) -> Survey | Numbers | None:
    """What the parameter `mod` names. Raises UserError for a file that cannot be used.

    Answers are weighted as the edition's own, and lack the questions that their file does not have.
    """
    use = edition.parameters
    if use.get("mod", NO_OTHER) == NO_OTHER:
        return None
    path = find_data(use["mod"])
    if path.suffix == ".json":
        return _same_answers(read_numbers(path), edition, path)
    other = _answers(use | {"data": use["mod"]}, edition)
    if other.provenance != edition.survey.provenance:
        raise UserError(f"{shown(path)}: svarene er {PLURAL[other.provenance]}, og udgavens egne er "
                        f"{PLURAL[edition.survey.provenance]}. De kan ikke holdes op mod hinanden.")
    return weighting.weighted(other)


def _same_answers(numbers: Numbers, edition: Edition, path: Path) -> Numbers:
    """Refuse numbers of other answers; whether collected answers are the same is seen by `releases` alone."""
    if any(numbers.about[key] != edition.about()[key] for key in ("oprindelse", "svar")):
        raise UserError(f"{shown(path)}: udgaven er lavet af andre svar end denne. Angiv svarfilen i stedet, så får "
                        "ændringerne intervaller.")
    return numbers


def _answers(use: Mapping[str, Any], edition: Edition) -> Survey:
    """An earlier wave, with its own frame if it has one, and without the questions that it has no column for."""
    if use["modramme"] != SAME_FRAME:
        use = {**use, "ramme": use["modramme"]}
    questionnaire = edition.survey.questionnaire
    faults = answers.check(find_data(use["data"]), questionnaire, find_frame(use)).faults
    lacks = set(faults.loc[faults["raekke"].isna() & (faults["fejl"] == "mangler"), "kolonne"])
    items = {name: item for name, item in questionnaire.items.items() if not {name, *item.part_of} & lacks}
    open_to = {item.id for item in routing.closed(items.values())}  # of the others nobody knows whom they were asked
    items = {name: item if name in open_to else replace(item, only_if=None) for name, item in items.items()}
    return collected(use, replace(questionnaire, items=items).only(items, questionnaire.background))
