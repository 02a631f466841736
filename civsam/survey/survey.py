"""A survey: answers, questionnaire, frame and design, with the provenance that follows from the answers themselves."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from civsam.files import UserError, project, read_table
from civsam.instrument.allowed import valid
from civsam.instrument.kinds import KINDS
from civsam.instrument.questionnaire import DONT_KNOW, Background, Item, Questionnaire, read
from civsam.survey import own
from civsam.survey.checked import Checked, aligned, checked, one_name, same, unknown
from civsam.survey.conditions import conditioned
from civsam.survey.design import Design, Stage, apart, kept
from civsam.survey.own import Names

SYNTHETIC, COLLECTED = "syntetisk", "indsamlet"
PLURAL = {SYNTHETIC: "syntetiske", COLLECTED: "indsamlede"}
LIMITS = (5, 10, 20, 50)  # how few collected answers a group may be shown with; editions choose among them
ROW = "raekke"  # what answers without a key are indexed by: it does not tell who is who in another file
RECORD, RECORDED = "syntetiske_svar.csv", ["sha256", "seed", "svar"]

_simulated_here: dict[str, str] = {}  # digests of answers that this process simulated, and how many they are


def digest(answers: pd.DataFrame) -> str:
    """SHA-256 of the answers' content: the same whatever the order of rows and columns."""
    ordered = answers.fillna("").astype(str).sort_index().sort_index(axis=1)
    return hashlib.sha256(ordered.to_csv(lineterminator="\n").encode()).hexdigest()


def recognise(answers: pd.DataFrame) -> None:
    """Remember that these answers were simulated in this process. Only `simulate` calls this."""
    _simulated_here[digest(answers)] = str(len(answers))


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


def _simulated() -> dict[str, str]:
    """The digests of all answers that are known to be simulated, and how many they are."""
    recorded = _recorded()
    return dict(zip(recorded["sha256"], recorded["svar"], strict=True)) | _simulated_here


def _origin(content: str) -> str:
    return SYNTHETIC if content in _simulated() else COLLECTED


@dataclass(frozen=True, eq=False, init=False, repr=False)
class Survey:
    """Answers (respondents by items, codes as text, blank where nothing was answered) and all they need.

    answers and frame have the same index, the respondents' keys; every respondent stands in the frame. Both are checked
    against the questionnaire (`checked`), kept as they were, and handed out as copies: a survey never changes. framed:
    whether the frame holds all who were asked; else it holds the respondents alone. Without a `design` every respondent
    counts the same, as in one response group. `level` is the confidence level of all its intervals, `minimum` how many
    a group must have to be shown, and `texts` whether free text may be, when the answers are collected. effects: of
    simulated answers, the items that a frame variable was made to bear on, as pairs (item, variable); None where it is
    unknown. understood: what `of` made of the columns that it was given, in words.

    questionnaire: read already, or the path of its file from the project's root.

    Raises UserError for answers, keys and background values that do not fit, ValueError for a design of another length.

    >>> from civsam import Survey, open_edition
    >>> own = open_edition().survey
    >>> Survey(own.answers, own.frame, own.questionnaire, level=0.9).provenance
    'syntetisk'
    """

    data: Checked
    design: Design
    level: float
    framed: bool
    minimum: int
    texts: bool
    effects: frozenset[tuple[str, str]] | None
    understood: str

    def __init__(
        self, answers: pd.DataFrame | None = None, frame: pd.DataFrame | None = None,
        questionnaire: Questionnaire | Path | str | None = None, design: Design | None = None, level: float = 0.95,
        framed: bool = True, minimum: int = LIMITS[0], texts: bool = False,
        effects: frozenset[tuple[str, str]] | None = None, understood: str = "", *, data: Checked | None = None,
    ) -> None:
        """Check the tables, but those that `data` holds: `having` passes it on."""
        if isinstance(questionnaire, Path | str):
            questionnaire = read(project.root / questionnaire)
        if data is None:
            if answers is None or frame is None or questionnaire is None:
                raise TypeError("a survey needs answers, frame and questionnaire")
            data = checked(answers, frame, questionnaire)
        elif not (answers is None and frame is None and questionnaire is None):
            data = checked(data.answers if answers is None else answers, data.frame if frame is None else frame,
                           data.questionnaire if questionnaire is None else questionnaire, data)
        if not (isinstance(level, Real) and 0 < level < 1):
            raise ValueError("level is the confidence level of the intervals, a share between 0 and 1, such as 0.95 "
                             f"for 95 percent, not {level!r}")
        if minimum not in LIMITS:
            raise UserError(f"minimum={minimum!r}: så få svar vises en gruppe med; det er 5, 10, 20 eller 50.")
        if design is None:
            plain = partial(_plain, len(data.frame), None if framed else data.own_cluster)
            design = plain(np.ones(len(data.answers), dtype=bool)).made_by(plain if framed else None)
        if len(design.weights) != len(data.answers):
            raise ValueError(f"the design has {len(design.weights)} rows, the answers {len(data.answers)}")
        self.__dict__.update(data=data, design=design, level=level, framed=framed, minimum=minimum, texts=texts,
                             effects=effects, understood=understood)

    def having(self, **parts: Any) -> Survey:
        """The survey with these parts, named as when it is made; design=None counts all alike. Raises as `Survey`."""
        return replace(self, **parts)

    def with_condition(self, name: str, condition: pd.Series, words: str = "") -> Survey:
        """The survey with two more groups to form: by=name tells `ja`, for whom the condition holds, from `nej`.

        condition: True or False for each respondent, by key. words: for whom it holds, for readers; else the name. A
        group is a domain: the design stays whole. Who left a question blank that the condition asks about is among
        those for whom it does not hold, as in R; by a question's own name, blanks are nonresponse.

        Raises UserError for a condition that is not of these respondents, or lacks some, and for a name in use.
        """
        return self.having(data=conditioned(self.data, name, condition, words))

    def __repr__(self) -> str:
        """What was understood of the user's own columns, or how much there is."""
        n, items, known = len(self.data.answers), len(self.questionnaire.items), len(self.questionnaire.background)
        return self.understood or f"Survey: {n} svarpersoner, {items} spørgsmål, {known} baggrundsvariable"

    @property
    def answers(self) -> pd.DataFrame:
        """The answers; a copy that costs nothing until it is changed."""
        return self.data.answers.copy(deep=False)

    @property
    def frame(self) -> pd.DataFrame:
        """The frame; a copy that costs nothing until it is changed."""
        return self.data.frame.copy(deep=False)

    @property
    def questionnaire(self) -> Questionnaire:
        """What was asked."""
        return self.data.questionnaire

    @property
    def background(self) -> pd.DataFrame:
        """The respondents' rows of the frame, in the order of the answers."""
        return self.data.background.copy(deep=False)

    @property
    def digest(self) -> str:
        """What tells these answers from all others: found once, whatever weights they are then given."""
        if not self.data.told:
            self.data.told.append(digest(self.data.answers[[*self.questionnaire.collected.items]]))
        return self.data.told[0]

    @cached_property
    def identity(self) -> str:
        """What tells answers, frame and questionnaire together from all others."""
        parts = (self.digest, self.frame.to_csv(lineterminator="\n"), repr(self.questionnaire))
        return hashlib.sha256("\x1e".join(parts).encode()).hexdigest()

    @cached_property
    def provenance(self) -> str:
        """`syntetisk` or `indsamlet`, decided by the answers' digest and by nothing else."""
        if str(len(self.data.answers)) not in _simulated().values():  # a million rows take a second to digest
            return COLLECTED
        return _origin(self.digest)

    # -- what may be asked for

    def item(self, name: str) -> Item:
        """The item of that name. Raises UserError with the nearest."""
        items = self.questionnaire.items
        if one_name(name, "et spørgsmål") not in items:
            if name in self.questionnaire.background:
                raise UserError(f"»{name}« er en baggrundsvariabel, ikke et spørgsmål.")
            raise unknown(name, {one: item.topic or one for one, item in items.items()}, "et spørgsmål",
                          "navnet")
        return items[name]

    def variable(self, name: str) -> Background:
        """The background variable of that name. Raises UserError with the nearest."""
        known = self.questionnaire.background
        if one_name(name, "en baggrundsvariabel") not in known:
            if name in self.questionnaire.items:
                raise UserError(f"»{name}« er et spørgsmål, ikke en baggrundsvariabel, og her kan kun deles op "
                                "efter baggrundsvariable.")
            raise unknown(name, {one: variable.name or one for one, variable in known.items()},
                          "en baggrundsvariabel", "navnet")
        return known[name]

    def answer_codes(self, item: str, answer: str) -> list[str]:
        """The codes that an answer such as `ja`, or `a+b` for either, stands for.

        Raises UserError, with the code that was meant, for what is no code of the item: a label, or nothing at all.
        """
        asked = self.item(item)
        if not KINDS[asked.scale.type].statistic:
            shown = [one.id for one in self.questionnaire.items.values() if one.derived and item in one.derived.sources]
            raise UserError(f"{item} er {KINDS[asked.scale.type].words}, og der kan ikke regnes på det"
                            + (f". Brug {', '.join(shown)}." if shown else " selv."))
        known = {code: self.questionnaire.label(item, code) for code in asked.codes}
        answer, count = str(one_name(answer, "en svarkode")), asked.scale.type == "antal"
        codes = [answer] if answer in known else answer.split("+")
        for code in codes:
            if code not in known and count and not (valid(asked, code) and code):
                raise UserError(f"»{code}« er ikke en svarkode i {item}, som er et antal. Brug et helt tal fra "
                                f"{asked.scale.low} til {asked.scale.high} eller {DONT_KNOW}, eller udelad svaret for "
                                "at regne på antallet selv.")
            if code not in known and not count:
                raise unknown(answer if same(answer, known) else code, known, f"en svarkode i {item}")
        return codes

    # -- what was answered

    def codes(self, item: str) -> np.ndarray:
        """The answers as integers, shape (n,): -1 for none, then the scale's answers in order, and last 'ved ikke'.

        For items with several answers each combination that occurs has a code of its own; `answer_sets` tells them.
        """
        return self._coded(item)[0]

    def answer_sets(self, item: str) -> list[set[str]]:
        """The answers that each code of `codes` stands for."""
        return self._coded(item)[1]

    def _coded(self, item: str) -> tuple[np.ndarray, list[set[str]]]:
        done, asked = self.data.coded, self.item(item)
        if item not in done:
            order = [*asked.scale.answers, DONT_KNOW]
            codes, found = pd.factorize(self.data.answers[item])
            texts = sorted((text for text in found if text), key=lambda text: (order.index(text), "")
                           if text in order else (len(order), text))
            place = {text: code for code, text in enumerate(texts)} | {"": -1}
            recode = np.array([place[text] for text in found], dtype=np.int32)
            done[item] = (kept(recode[codes]), [set(text.split(" ")) for text in texts])
        return done[item]

    def asked(self, item: str) -> np.ndarray:
        """Who was asked the item, or may have been (`instrument.routing`). Boolean, shape (n,).

        Who is led past a question (`kun_hvis`) is outside its domain, and has not left it blank.
        """
        self.item(item)
        return self.data.asked.get(item, np.ones(len(self.data.answers), dtype=bool))

    def responded(self, item: str) -> np.ndarray:
        """Who answered the item, or was not asked it: those who are its response. Boolean, shape (n,)."""
        return self.answered(item) | ~self.asked(item)

    def among(self, responded: np.ndarray) -> Survey:
        """The survey weighted for an estimate of what these answered, boolean (n,); see `Design.among`.

        Every estimate is made on it, and nobody is left out of the answers.
        """
        design = self.design.among(responded)
        return self if design is self.design else self.having(design=design)

    def answered(self, item: str) -> np.ndarray:
        """Who answered the item, 'ved ikke' included. Boolean, shape (n,)."""
        return self.codes(item) >= 0

    def knows(self, item: str) -> np.ndarray:
        """Who answered the item with something else than 'ved ikke'. Boolean, shape (n,)."""
        return self.answered(item) & ~self._gave(item, {DONT_KNOW})

    def says(self, item: str, *codes: str) -> np.ndarray:
        """Who gave one of these answers (or ticked it among several). Boolean, shape (n,).

        Raises UserError as `answer_codes`.
        """
        return self._gave(item, {code for answer in codes for code in self.answer_codes(item, answer)})

    def _gave(self, item: str, codes: set[str]) -> np.ndarray:
        hit = np.array([bool(answers & codes) for answers in self.answer_sets(item)] + [False])
        return hit[self.codes(item)]

    def number(self, item: str) -> np.ndarray:
        """The counts, NaN where nothing or 'ved ikke' was answered. Float, shape (n,). Raises UserError for others."""
        if self.item(item).scale.type != "antal":
            raise UserError(f"{item} er ikke et antal: svarene er ikke tal.")
        values = [float(*answers) if answers != {DONT_KNOW} else np.nan for answers in self.answer_sets(item)]
        return np.array([*values, np.nan])[self.codes(item)]

    # -- who answered

    @property
    def keyed(self) -> bool:
        """Whether the answers' index tells who answered, so that the same one is known in another wave."""
        return self.data.answers.index.name not in (None, ROW)

    @property
    def cluster(self) -> np.ndarray:
        """The cluster of each position in the frame as integers from 0, shape (frame,)."""
        return self.data.cluster

    @property
    def own_cluster(self) -> np.ndarray:
        """The cluster of each respondent, shape (n,)."""
        return self.data.own_cluster

    def group(self, variable: str) -> np.ndarray:
        """The respondents' codes of a frame variable as integers in the order of its labels, shape (n,)."""
        done, known = self.data.grouped, self.variable(variable)
        if variable not in done:
            order = {code: place for place, code in enumerate(known.labels)}
            codes, found = pd.factorize(self.data.frame[variable])
            done[variable] = kept(np.array([order[code] for code in found], dtype=int)[codes[self.data.place]])
        return done[variable]

    def aligned(self, values: Any, what: str, everybody: bool = False) -> Any:
        """What a user gives alongside the survey, in the order of its respondents (or of all in the frame).

        A DataFrame or Series is put in order by its index, which must have each of them once; anything else must have
        as many entries. what: its name in messages. Raises UserError for an index that does not fit, ValueError else.
        """
        index = self.data.frame.index if everybody else self.data.answers.index
        return aligned(values, index, what)

    @classmethod
    def of(
        cls, data: pd.DataFrame, *, questionnaire: Questionnaire | None = None, weight: str | None = None,
        strata: Names = None, cluster: Names = None, population: Names = None, replicates: Names = None,
        kind: str | None = None, rho: float = 0.0, scale: float | None = None, rscales: Sequence[float] | None = None,
        mse: bool = False, background: Names = (), key: str | None = None, frame: pd.DataFrame | None = None,
        lonely: str = "fail", nest: bool = False, level: float = 0.95, minimum: int = LIMITS[0],
    ) -> Survey:
        """A survey from a DataFrame of one's own, a row a respondent; print it to see what was understood.

        weight, strata, cluster, population: names of columns; population is how many clusters (respondents, where there
        are none) the row's stratum has. Lists are stages of selection. Without a weight it is what the populations say.
        replicates: columns of replicate weights, a list, how their names begin or a regular expression; kind: JK1, JKn
        (with rscales), BRR, Fay (with rho) or bootstrap; scale, rscales and mse as their producer states them. They are
        ready for use, not factors. background: columns that groups may be formed by. key: the column that names a
        respondent, else the index. frame: all who were asked, with the background. Without a questionnaire all other
        columns are questions, see `survey.own`. lonely: what a stratum with a single cluster adds to the variance; fail
        refuses it; certainty (nothing), adjust (its distance from the mean of all) and average (what the others add on
        average) are R `survey`'s, as is nest: clusters are numbered anew in each stratum. Where none of this is told,
        the design is the one that the questionnaire tells, if any.

        Raises UserError, with column, row and value, for what cannot be so.

        >>> import pandas as pd
        >>> from civsam import Survey, estimate
        >>> own = Survey.of(pd.DataFrame({"svar": ["ja", "nej", "ja"], "vægt": [1, 2, 1]}), weight="vægt")
        >>> estimate.shares(own, "svar", "ja")["estimate"].item()
        0.5
        """
        columns = own.Columns(weight, strata, cluster, population, replicates, background, key, lonely, nest)
        scales = own.Scales(kind, rho, scale, rscales, mse)
        return cls(**own.understood(data, questionnaire, columns, scales, frame), level=level, minimum=minimum)


def _plain(size: int, cluster: np.ndarray | None, there: np.ndarray) -> Design:
    """One response group of a finite population with equal weights, of which those there answered.

    cluster: of each respondent where there is no frame; they are then a sample of clusters from a population without
    end. Raises UserError where there is one cluster only.
    """
    n, framed = len(there), cluster is None
    if cluster is not None and n > 1 and len(np.unique(cluster)) == 1:
        raise UserError("svarene: alle er fra samme klynge, og så kan usikkerheden ikke regnes. Slet linjen klynge i "
                        "spørgeskemaet, hvis svarene kan regnes som uafhængige af hinanden.")
    whole = Stage(np.zeros(n, dtype=int), np.arange(n) if cluster is None else cluster,
                  np.full(n, float(size) if framed else np.inf))
    weights = there * (size / max(there.sum(), 1))
    return Design(weights, (apart(whole, there),), "population" if framed else "sample")
