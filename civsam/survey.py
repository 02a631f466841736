"""A survey: answers, questionnaire, frame and design, with the provenance that follows from the answers themselves."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from civsam.files import DATA, read_table
from civsam.questionnaire import DONT_KNOW, Questionnaire

SYNTHETIC, COLLECTED = "syntetisk", "indsamlet"
RECORD = DATA / "syntetiske_svar.csv"

_simulated_here: set[str] = set()  # digests of answers that this process simulated


def digest(answers: pd.DataFrame) -> str:
    """SHA-256 of the answers' content: the same whatever the order of rows and columns."""
    ordered = answers.fillna("").astype(str).sort_index().sort_index(axis=1)
    return hashlib.sha256(ordered.to_csv(lineterminator="\n").encode()).hexdigest()


def recognise(answers: pd.DataFrame) -> None:
    """Remember that these answers were simulated in this process. Only `simulate` calls this."""
    _simulated_here.add(digest(answers))


def record(answers: pd.DataFrame, seed: int) -> None:
    """Write the digest of simulated answers down for later processes. Only `simulate` calls this."""
    known = _recorded()
    row = pd.DataFrame({"sha256": [digest(answers)], "seed": [str(seed)], "svar": [str(len(answers))]})
    table = pd.concat([known, row]).drop_duplicates("sha256").sort_values("sha256")
    table.to_csv(RECORD, index=False, lineterminator="\n")


def _recorded() -> pd.DataFrame:
    columns = ["sha256", "seed", "svar"]
    return read_table(RECORD, columns) if RECORD.exists() else pd.DataFrame(columns=columns)


def provenance(answers: pd.DataFrame) -> str:
    """`syntetisk` only for answers that a simulation recorded or made in this process; else `indsamlet`."""
    recorded = set(_recorded()["sha256"])
    return SYNTHETIC if digest(answers) in recorded | _simulated_here else COLLECTED


@dataclass(frozen=True)
class Design:
    """How respondents stand for the population. All arrays have one entry a respondent.

    weights: how many positions each stands for. strata: response group codes. population: positions in the
    respondent's group, for the finite population correction. clusters: municipality codes.
    """

    weights: np.ndarray
    strata: np.ndarray
    population: np.ndarray
    clusters: np.ndarray


@dataclass(frozen=True, eq=False)
class Survey:
    """Answers (respondents by items, codes as text, blank where nothing was answered) and all they need.

    answers and frame are indexed by `stilling`; every respondent stands in the frame. Without a `design` every
    respondent counts the same, as in one response group. `level` is the confidence level of all its intervals.
    """

    answers: pd.DataFrame
    frame: pd.DataFrame
    questionnaire: Questionnaire
    design: Design = field(default=None)  # type: ignore[assignment]
    level: float = 0.95

    def __post_init__(self) -> None:
        """Fill in the plain design: one response group, equal weights."""
        if self.design is None:
            n = len(self.answers)
            object.__setattr__(self, "design", Design(
                weights=np.full(n, len(self.frame) / n),
                strata=np.zeros(n, dtype=int),
                population=np.full(n, len(self.frame)),
                clusters=pd.factorize(self.background["kommunekode"])[0],
            ))

    @cached_property
    def provenance(self) -> str:
        """`syntetisk` or `indsamlet`, decided by the answers' digest and by nothing else."""
        return provenance(self.answers)

    @cached_property
    def background(self) -> pd.DataFrame:
        """The respondents' rows of the frame, in the order of the answers."""
        return self.frame.loc[self.answers.index]

    def answered(self, item: str) -> np.ndarray:
        """Who answered the item, 'ved ikke' included. Boolean, shape (n,)."""
        return (self.answers[item] != "").to_numpy()

    def knows(self, item: str) -> np.ndarray:
        """Who answered the item with something else than 'ved ikke'. Boolean, shape (n,)."""
        return self.answered(item) & (self.answers[item] != DONT_KNOW).to_numpy()

    def says(self, item: str, code: str) -> np.ndarray:
        """Who gave this answer; for items with several answers, who ticked it. Boolean, shape (n,)."""
        column = self.answers[item]
        if self.questionnaire.items[item].scale.type == "flere":
            return np.array([code in given.split(" ") for given in column])
        return (column == code).to_numpy()

    def number(self, item: str) -> np.ndarray:
        """The counts, NaN where nothing or 'ved ikke' was answered. Float, shape (n,)."""
        return pd.to_numeric(self.answers[item], errors="coerce").to_numpy(float)
