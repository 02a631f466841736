"""A survey: answers, questionnaire, frame and design, with the provenance that follows from the answers themselves."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from civsam.files import project, read_table
from civsam.instrument.questionnaire import DONT_KNOW, Questionnaire
from civsam.survey.design import Design, Stage

SYNTHETIC, COLLECTED = "syntetisk", "indsamlet"
PLURAL = {SYNTHETIC: "syntetiske", COLLECTED: "indsamlede"}
LIMITS = (5, 10, 20, 50)  # how few collected answers a group may be shown with; editions choose among them
RECORD, RECORDED = "syntetiske_svar.csv", ["sha256", "seed", "svar"]

_simulated_here: set[str] = set()  # digests of answers that this process simulated


def digest(answers: pd.DataFrame) -> str:
    """SHA-256 of the answers' content: the same whatever the order of rows and columns."""
    ordered = answers.fillna("").astype(str).sort_index().sort_index(axis=1)
    return hashlib.sha256(ordered.to_csv(lineterminator="\n").encode()).hexdigest()


def recognise(answers: pd.DataFrame) -> None:
    """Remember that these answers were simulated in this process. Only `simulate` calls this."""
    _simulated_here.add(digest(answers))


def record(answers: pd.DataFrame, seed: int, draw: Callable[[int], pd.DataFrame]) -> None:
    """Write the digest of simulated answers down for later processes. Only `simulate` calls this.

    draw: the answers of a seed. What is recorded of another seed is kept only if the seed still gives those answers.
    """
    others = [row for row in _recorded().itertuples(index=False)
              if int(row.seed) != seed and row.sha256 == digest(draw(int(row.seed)))]
    table = pd.DataFrame(sorted([*others, (digest(answers), str(seed), str(len(answers)))]), columns=RECORDED)
    table.to_csv(project.data / RECORD, index=False, lineterminator="\n")


def _recorded() -> pd.DataFrame:
    file = project.data / RECORD
    return read_table(file, RECORDED) if file.exists() else pd.DataFrame(columns=RECORDED)


def provenance(answers: pd.DataFrame) -> str:
    """`syntetisk` only for answers that a simulation recorded or made in this process; else `indsamlet`."""
    return _origin(digest(answers))


def _origin(content: str) -> str:
    recorded = set(_recorded()["sha256"])
    return SYNTHETIC if content in recorded | _simulated_here else COLLECTED


@dataclass(frozen=True, eq=False)
class Survey:
    """Answers (respondents by items, codes as text, blank where nothing was answered) and all they need.

    answers and frame have the same index, the respondents' keys; every respondent stands in the frame. framed: whether
    the frame holds all who were asked; else it holds the respondents alone. Without a `design` every respondent counts
    the same, as in one response group. `level` is the confidence level of all its intervals, `minimum` how many a group
    must have to be shown, and `texts` whether free text may be, when the answers are collected. effects: of simulated
    answers, the items that a frame variable was made to bear on, as pairs (item, variable); None where it is unknown.
    """

    answers: pd.DataFrame
    frame: pd.DataFrame
    questionnaire: Questionnaire
    design: Design = field(default=None)  # type: ignore[assignment]
    level: float = 0.95
    framed: bool = True
    minimum: int = LIMITS[0]
    texts: bool = False
    effects: frozenset[tuple[str, str]] | None = None
    _cache: dict[str, tuple[np.ndarray, list[set[str]]]] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        """Fill in the plain design: one response group, equal weights, and where it is framed a finite population."""
        if self.design is None:
            n, size = len(self.answers), len(self.frame)
            whole = Stage(np.zeros(n, dtype=int), np.arange(n), np.full(n, size if self.framed else np.inf))
            target = "population" if self.framed else "sample"
            object.__setattr__(self, "design", Design(np.full(n, size / max(n, 1)), (whole,), target))

    @cached_property
    def digest(self) -> str:
        """What tells these answers from all others."""
        return digest(self.answers)

    @cached_property
    def identity(self) -> str:
        """What tells answers, frame and questionnaire together from all others."""
        parts = (self.digest, self.frame.to_csv(lineterminator="\n"), repr(self.questionnaire))
        return hashlib.sha256("\x1e".join(parts).encode()).hexdigest()

    @cached_property
    def provenance(self) -> str:
        """`syntetisk` or `indsamlet`, decided by the answers' digest and by nothing else."""
        return _origin(self.digest)

    @cached_property
    def background(self) -> pd.DataFrame:
        """The respondents' rows of the frame, in the order of the answers."""
        return self.frame.loc[self.answers.index]

    def codes(self, item: str) -> np.ndarray:
        """The answers as integers, shape (n,): -1 for none, then the scale's answers in order, and last 'ved ikke'.

        For items with several answers each combination that occurs has a code of its own; `answer_sets` tells them.
        """
        return self._coded(item)[0]

    def answer_sets(self, item: str) -> list[set[str]]:
        """The answers that each code of `codes` stands for."""
        return self._coded(item)[1]

    def _coded(self, item: str) -> tuple[np.ndarray, list[set[str]]]:
        if item not in self._cache:
            codes, found = pd.factorize(self.answers[item])
            order = [*self.questionnaire.items[item].scale.answers, DONT_KNOW]
            texts = sorted((text for text in found if text), key=lambda text: (order.index(text), "")
                           if text in order else (len(order), text))
            place = {text: code for code, text in enumerate(texts)} | {"": -1}
            recode = np.array([place[text] for text in found], dtype=np.int32)
            self._cache[item] = (recode[codes], [set(text.split(" ")) for text in texts])
        return self._cache[item]

    def answered(self, item: str) -> np.ndarray:
        """Who answered the item, 'ved ikke' included. Boolean, shape (n,)."""
        return self.codes(item) >= 0

    def knows(self, item: str) -> np.ndarray:
        """Who answered the item with something else than 'ved ikke'. Boolean, shape (n,)."""
        return self.answered(item) & ~self.says(item, DONT_KNOW)

    def says(self, item: str, *codes: str) -> np.ndarray:
        """Who gave one of these answers (or ticked it among several). Boolean, shape (n,)."""
        hit = np.array([bool(answers.intersection(codes)) for answers in self.answer_sets(item)] + [False])
        return hit[self.codes(item)]

    def number(self, item: str) -> np.ndarray:
        """The counts, NaN where nothing or 'ved ikke' was answered. Float, shape (n,)."""
        values = [float(*answers) if answers != {DONT_KNOW} else np.nan for answers in self.answer_sets(item)]
        return np.array([*values, np.nan])[self.codes(item)]

    @cached_property
    def cluster(self) -> np.ndarray:
        """The cluster of each position in the frame as integers from 0, shape (frame,)."""
        name = self.questionnaire.weighting.cluster
        return pd.factorize(self.frame[name])[0] if name in self.frame else np.arange(len(self.frame))

    @cached_property
    def own_cluster(self) -> np.ndarray:
        """The cluster of each respondent, shape (n,)."""
        return self.cluster[self.frame.index.get_indexer(self.answers.index)]

    def group(self, variable: str) -> np.ndarray:
        """The respondents' codes of a frame variable as integers in the order of its labels, shape (n,)."""
        key = f"={variable}"  # an item may have the same name
        if key not in self._cache:
            order = {code: place for place, code in enumerate(self.questionnaire.background[variable].labels)}
            self._cache[key] = (self.background[variable].map(order).to_numpy(int), [])
        return self._cache[key][0]
