"""What is right in the exercises, and where known mistakes lead; every answer is computed from the edition."""

from __future__ import annotations

import pandas as pd

from civsam.edition import Edition
from civsam.opgave import exercise

# ---- Population og ramme


@exercise("population-1", unit="stillinger", own=True, mistakes={
    "Så mange svarede. Opgaven spørger, hvor mange der blev spurgt.": lambda edition, code:
        int((edition.survey.background["kommunekode"] == code).sum()),
})
def asked_at_home(edition: Edition, code: int) -> int:
    """Positions in the frame in the reader's own municipality."""
    return int((edition.survey.frame["kommunekode"] == code).sum())


@exercise("population-2", unit="stillinger pr. kommune", decimals=1, mistakes={
    "Du har delt antallet af svar. Her spørges der om alle i rammen.": lambda edition:
        len(edition.survey.answers) / edition.survey.frame["kommunekode"].nunique(),
})
def positions_a_municipality(edition: Edition) -> float:
    """Positions in the frame over municipalities."""
    return len(edition.survey.frame) / edition.survey.frame["kommunekode"].nunique()


@exercise("population-3", choices={"chefer": "cheferne", "kommuner": "kommunerne", "samarbejder": "samarbejderne"},
          mistakes={
              "Cheferne er dem, der svarer. Men hvad er det, der går på tværs?": lambda _: "chefer",
              "Kommunerne er der, hvor cheferne arbejder. Men hvad er det, der går på tværs?": lambda _: "kommuner",
          })
def unit_of_n6(edition: Edition) -> str:
    """The unit that the published share across areas is a share of."""
    return "samarbejder"


@exercise("population-4", unit="kommuner", mistakes={
    "Du har talt dem med, der har netop tre svar. Opgaven spørger efter dem med færre end tre.": lambda edition:
        int((_respondents(edition) <= 3).sum()),
})
def nearly_silent(edition: Edition) -> int:
    """Municipalities from which fewer than three answered."""
    return int((_respondents(edition) < 3).sum())


def _respondents(edition: Edition) -> pd.Series:
    """Respondents in each municipality of the frame, none included."""
    survey = edition.survey
    return survey.background["kommunekode"].value_counts().reindex(survey.frame["kommunekode"].unique(), fill_value=0)
