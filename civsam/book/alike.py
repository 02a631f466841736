"""What tells one set of collected answers from another, and what lies between two sets that are nearly the same.

Two books of nearly the same answers, read together, tell of the answers that only one of them has: who subtracts one
from the other has what the newcomers said. They may stand side by side if at least `mindst` answers lie between them,
also in each group that both show, or none: the difference is then no smaller a group than those that either shows.
Where groups, codes, frame or weights are others too, a group with nothing new may be cut in two ways, and that is
refused as well. Other levels, focus and limits make books that are parts of one whole (see `disclosure`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from civsam.danish import listed, number
from civsam.survey.survey import SYNTHETIC, Survey

NEARLY = 0.5  # of the rows of the smaller file
LIKE = 0.9  # of a respondent's answers, where it is known that it is the same respondent
MOST = 5  # places that are told
Trace = dict[str, Any]


def trace(survey: Survey) -> Trace:
    """What tells answers and frame from others, kept where the edition is made; empty for synthetic answers.

    svar: the answers whatever the respondents are called. ramme: the frame, or what else gives weights; blank without
    any. inddeling: which groups there are, and what depends on what. noegler: the respondents' keys, blank where rows
    are only numbered; kolonner: of each question its codes and all answers, grupper: of each background variable its
    name, labels and everybody's group; all in the order of the rows, keys and answers as short digests.
    """
    if survey.provenance == SYNTHETIC:
        return {}
    told, asked = survey.answers.fillna("").astype(str), survey.questionnaire
    index, frame = told.index.astype(str), _weighted_by(survey)
    numbered = not survey.framed and index.str.fullmatch(r"\d+").all()
    given = told[[*asked.collected.items]]
    linked = [(item.id, item.part_of, item.only_if) for item in asked.items.values() if item.part_of or item.only_if]
    groups = {name: {"navn": variable.name, "svar": list(variable.labels.values()),
                     "celler": " ".join(map(str, survey.group(name)))} for name, variable in asked.background.items()}
    return {
        "svar": digest("\x1e".join(sorted(given.agg("\x1f".join, axis=1)))), "ramme": frame and digest(frame),
        "inddeling": digest(repr(([(name, list(one.labels)) for name, one in asked.background.items()], linked,
                                  asked.derived))),
        "mindst": survey.minimum, "noegler": "" if numbered else _marks(index, 8), "grupper": groups,
        "kolonner": {name: {"koder": digest(repr((item.scale.type, item.codes))), "tekst": item.scale.type == "tekst",
                            "celler": _marks(told[name], 4)}
                     for name, item in asked.items.items() if name in told},
    }


def _weighted_by(survey: Survey) -> str:
    """What gives the answers their weights: the frame, and else the design's columns; margins in numbers too."""
    sample, known = survey.questionnaire.sample, survey.questionnaire.weighting.known
    told = survey.frame.sort_index() if survey.framed else survey.frame.sort_index()[
        sample.of(survey.frame.columns) if sample else []]
    return (told.to_csv() if survey.framed or sample else "") + (repr(known) if known else "")


def digest(text: str) -> str:
    """SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def _marks(texts: Iterable[str], size: int) -> str:
    """A digest of so many bytes for each text, after one another."""
    return "".join(hashlib.blake2b(text.encode(), digest_size=size).hexdigest() for text in texts)


def _read(marks: str, size: int) -> np.ndarray:
    return np.frombuffer(bytes.fromhex(marks), dtype=f">u{size}").astype(np.uint64)


BLANK = _read(_marks([""], 4), 4)[0]


@dataclass(frozen=True)
class Between:
    """What lies between two sets of answers: rows that are the same, only in this one, and only in the other one.

    few: where too little lies between, in words, with how much. others: whether groups, codes, frame or weights differ.
    """

    same: int
    new: int
    gone: int
    least: int
    few: tuple[str, ...]
    others: bool

    @property
    def told(self) -> str:
        """It in words, of which the last say what the two books together might tell."""
        same, new, gone = map(number, (self.same, self.new, self.gone))
        how = " Rammen, vægtene, grupperne eller svarmulighederne er nogle andre." if self.others else ""
        places = [*self.few[:MOST], *([f"{len(self.few) - MOST} steder til"] if len(self.few) > MOST else [])]
        return (f"{same} svar er ens, {new} er kun i denne, og {gone} er kun i den.{how} Den, der trækker den ene bog "
                "fra den anden, kan få at vide, hvad nogle få har svaret; for få er kommet til eller ændret: "
                f"{listed(places)}. Der skal være mindst {self.least}, både i alt og i hver gruppe, "
                f"{'der vises' if self.others else 'der er ændret'}.")


def between(mine: Trace, theirs: Trace) -> Between | None:
    """What lies between two sets of answers if most of the smaller one is in the other, else None.

    The same respondents are known by their keys where both have them, else by all that they answered.
    """
    named = [name for name in mine["kolonner"] if name in theirs.get("kolonner", {})]
    alike = [name for name in named if mine["kolonner"][name]["koder"] == theirs["kolonner"][name]["koder"]]
    groups = [name for name, one in mine["grupper"].items() if one["svar"] == theirs.get("grupper", {}).get(
        name, {}).get("svar")]
    keyed = bool(mine["noegler"] and theirs.get("noegler"))
    if not (named if keyed else alike):
        return None
    sets = [_Rows.of(one, alike, groups) for one in (mine, theirs)]
    who = [_read(one["noegler"], 8) for one in (mine, theirs)] if keyed else _numbered(*(one.all for one in sets))
    _, *both = np.intersect1d(*who, return_indices=True)
    fixed = [not mine["kolonner"][name]["tekst"] for name in alike]
    equal = [one.answers[place][:, fixed] for one, place in zip(sets, both, strict=True)]
    same = (equal[0] == equal[1]).mean(axis=1) >= LIKE if any(fixed) else np.ones(len(both[0]), dtype=bool)
    if same.sum() <= NEARLY * min(map(len, who)):
        return None
    others = mine["ramme"] != theirs["ramme"] or mine["inddeling"] != theirs["inddeling"] or named != alike
    least, limits = max(mine["mindst"], theirs["mindst"]), (mine["mindst"], theirs["mindst"])
    new, gone = (len(np.setdiff1d(one, other)) for one, other in (who, who[::-1]))
    few = [f"i alt {_counted(new, gone)}"] if _few(new, gone, least, others, net=not keyed) else []
    few += [f"{mine['grupper'][name]['navn']} {label} {_counted(*counts)}"
            for name, label, counts in _by_group(mine, sets, who, groups, limits)
            if _few(*counts, least, others, net=not keyed)]
    few += [f"spørgsmålet {name} {_counted(*counts)}" for name, counts in _by_item(sets, who, both, alike)
            if _few(*counts, least, others=False)]
    return Between(int(same.sum()), new, gone, least, tuple(few), others)


def _few(new: int, gone: int, least: int, others: bool, *, net: bool = False) -> bool:
    """Whether so few are new, or gone, that the difference tells of them. net: rows are not known to be the same."""
    if others and max(new, gone) == 0:
        return True
    return any(0 < count < least for count in (new, gone, *([abs(new - gone)] if net else [])))


def _counted(new: int, gone: int) -> str:
    return f"({number(new)} nye{f', {number(gone)} væk' if gone else ''})"


@dataclass(frozen=True)
class _Rows:
    """Answers and groups as numbers, shapes (rows, questions) and (rows, variables)."""

    answers: np.ndarray
    groups: np.ndarray

    @classmethod
    def of(cls, one: Trace, alike: list[str], groups: list[str]) -> _Rows:
        """Those columns of a trace."""
        any_column = next(iter(one["kolonner"].values()))["celler"]
        n = len(any_column) // 8
        answers = [_read(one["kolonner"][name]["celler"], 4) for name in alike]
        own = [np.array(one["grupper"][name]["celler"].split(), dtype=np.uint64) for name in groups]
        return cls(*(np.array(those, dtype=np.uint64).reshape(len(those), n).T for those in (answers, own)))

    @property
    def all(self) -> np.ndarray:
        """Both beside each other."""
        return np.hstack([self.answers, self.groups])


def _numbered(one: np.ndarray, other: np.ndarray) -> list[np.ndarray]:
    """A number for each row of either: the same for rows that are the same, the first with the first and so on."""
    kinds = np.unique(np.vstack([one, other]), axis=0, return_inverse=True)[1].ravel()
    found = []
    for part in (kinds[:len(one)], kinds[len(one):]):
        order = np.argsort(part, kind="stable")
        ordered = part[order]
        place = np.empty(len(part), dtype=np.int64)
        place[order] = np.arange(len(part)) - np.searchsorted(ordered, ordered)
        found.append(part * (len(kinds) + 1) + place)
    return found


def _by_group(mine: Trace, sets: list[_Rows], who: list[np.ndarray], groups: list[str], limits: tuple[int, int]
              ) -> Iterator[tuple[str, str, tuple[int, int]]]:
    """How many are new and gone in each group that both books show: variable, label and the two numbers."""
    for column, name in enumerate(groups):
        for place, label in enumerate(mine["grupper"][name]["svar"]):
            a, b = (those[one.groups[:, column] == place] for one, those in zip(sets, who, strict=True))
            if len(a) >= limits[0] and len(b) >= limits[1]:
                yield name, label, (len(np.setdiff1d(a, b)), len(np.setdiff1d(b, a)))


def _by_item(sets: list[_Rows], who: list[np.ndarray], both: list[np.ndarray], alike: list[str]
             ) -> Iterator[tuple[str, tuple[int, int]]]:
    """How many answers to each question are new, or changed, and how many are gone, or were something else."""
    for column, name in enumerate(alike):
        a, b = (one.answers[:, column] for one in sets)
        differ = a[both[0]] != b[both[1]]
        counts = []
        for cells, those, place in ((a, who[0], both[0]), (b, who[1], both[1])):
            alone = np.ones(len(those), dtype=bool)
            alone[place] = differ
            counts.append(int((alone & (cells != BLANK)).sum()))
        yield name, (counts[0], counts[1])
