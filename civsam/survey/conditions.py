"""Sub-populations by a condition: two more groups that a survey can tell apart."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype

from civsam.files import UserError
from civsam.instrument.questionnaire import Background
from civsam.survey.checked import Checked, aligned, one_name

HOLDS, ELSE = "ja", "nej"
REST = "De øvrige"


def conditioned(data: Checked, name: str, condition: Any, words: str) -> Checked:
    """The tables with a condition more. Raises UserError as `Survey.with_condition`."""
    asked = data.questionnaire
    one_name(name, "det, betingelsen skal hedde")
    if not isinstance(name, str) or not name.isidentifier():
        raise UserError(f"betingelsen skal hedde noget med bogstaver, tal og _, ikke {name!r}.")
    if name in {**asked.items, **asked.background, **data.conditions}:  # one of other answers may be made again
        raise UserError(f"»{name}« findes i forvejen. Giv betingelsen et andet navn.")
    if not isinstance(condition, pd.Series):
        raise UserError(f"betingelsen »{name}« skal være en Series med svarpersonernes nøgle som indeks, ikke "
                        f"{type(condition).__name__}. Skriv fx survey.answers[\"spørgsmål\"] == \"svar\".")
    condition = aligned(condition, data.answers.index, f"betingelsen »{name}«")
    if condition.isna().any():
        raise UserError(f"betingelsen »{name}« mangler for {condition.isna().sum()} svarpersoner, blandt dem "
                        f"»{condition.index[condition.isna()][0]}«. Sig med fillna, om den gælder for dem.")
    if not is_bool_dtype(condition.dtype):
        raise UserError(f"betingelsen »{name}« skal være sand eller falsk for hver svarperson, ikke {condition.dtype}.")
    if words == REST:
        raise UserError(f"betingelsen »{name}« kan ikke hedde »{REST}«, som er ordet for alle andre. Skriv, hvem den "
                        "gælder for.")
    labels = {HOLDS: words or name, ELSE: REST}
    known = replace(asked, conditions=asked.conditions | {name: Background(name, words or name, labels)})
    place = np.where(condition.to_numpy(dtype=bool), 0, 1)
    return Checked(data.answers, data.frame, known, data.place, data.conditions | {name: place})
