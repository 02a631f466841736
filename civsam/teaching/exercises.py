"""Exercises by id, each with the function that computes what is right."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from numbers import Real
from typing import Any

from civsam.danish import in_unit, number
from civsam.edition import Edition, open_edition
from civsam.files import per_project
from civsam.pages.words import Words
from civsam.survey.survey import SYNTHETIC

RIGHT = "rigtigt"
NOT_YET = "Ikke rigtigt endnu. Læs opgaven igen, eller åbn vinket."
WELL_DONE = "Rigtigt."
FINER = 2  # decimals more with which an answer is looked up too: those of a share where percent is asked for
SHARE = "Det ligner en andel mellem nul og én. Hvilken enhed beder opgaven om?"
SIGN = "Se på fortegnet igen."
COARSE = "Afrundet er det rigtigt, men opgaven beder om {}."
DECIMALS = ("hele tal", "en decimal", "to decimaler", "tre decimaler")
A_COMMA = 'et komma skiller to tal ad i Python. Brug punktum, eller skriv tallet i anførselstegn: 8.6 eller "8,6".'
NO_NUMBER = "det ikke kan læses som et tal. Skriv for eksempel 12.5."
LARGEST = 1e12  # and infinity is no answer
NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
TAIL = re.compile(r"([-+.,\d]*)(.*)", re.ASCII)
PERCENT = re.compile(r"%|%?-?point|pct\.?|procent|procentpoint|pp\.?")
THOUSANDS = re.compile(r"-?[1-9]\d{0,2}(\.\d{3})+", re.ASCII)

Answer = float | str
Rule = Callable[..., Answer]  # takes the edition, and the municipality's code where the exercise asks for one


@dataclass(frozen=True)
class Exercise:
    """A question with one right answer: a number (`unit`, `decimals`) or one of `choices` (code to words).

    mistakes: what to say to somebody whose answer is the one that a known mistake leads to. accepts: other answers that
    are right too, such as that of who counts on with the page's own rounded figures. own: whether the answer is about
    the reader's own municipality. signed: whether it may be below zero, which a phone's number keys cannot type.
    """

    id: str
    right: Rule
    unit: str = ""
    decimals: int = 0
    choices: Mapping[str, str] = field(default_factory=dict)
    mistakes: Mapping[str, Rule] = field(default_factory=dict)
    accepts: Sequence[Rule] = ()
    own: bool = False
    signed: bool = False

    def normal(self, answer: Answer, finer: int = 0) -> str:
        """The answer in the one form that is compared; a number with the decimals asked for, and so many more."""
        return str(answer) if self.choices else rounded(float(answer), self.decimals + finer)

    def forms(self, given: Any) -> list[str]:
        """The forms in which what somebody gave is looked up. Raises ValueError for what is no number, or no choice."""
        if isinstance(given, tuple):
            raise ValueError(A_COMMA)
        if self.choices:
            return [self._choice(str(given))]
        if isinstance(given, bool) or not isinstance(given, Real | str):
            raise ValueError(NO_NUMBER)
        numbers = readings(given, self.unit) if isinstance(given, str) else [given]
        if not all(abs(number) < LARGEST for number in numbers):
            raise ValueError(NO_NUMBER)
        return [self.normal(number, finer) for number in map(float, numbers) for finer in (0, FINER)]

    def _choice(self, given: str) -> str:
        """The code of a choice, given by code or words. Raises ValueError for neither."""
        for code, words in self.choices.items():
            if _alike(given) in (_alike(code), _alike(words)):
                return code
        raise ValueError(f"det ikke er en af mulighederne. Vælg mellem {', '.join(self.choices)}.")

    def feedback(self, edition: Edition, *municipality: int) -> dict[str, str]:
        """What to say to each foreseen answer, in its normal form; the right one comes to `RIGHT`."""
        right, *also = (rule(edition, *municipality) for rule in (self.right, *self.accepts))
        said = {} if self.choices else self._common(float(right))
        said |= {self.normal(wrong(edition, *municipality)): text for text, wrong in self.mistakes.items()}
        return said | {self.normal(one): RIGHT for one in (right, *also)}

    def _common(self, right: float) -> dict[str, str]:
        """What to say to mistakes that can be made in any number: sign, too few decimals, a share for percent."""
        said = {self.normal(-right): SIGN}
        said |= {self.normal(float(rounded(right, few))): COARSE.format(DECIMALS[self.decimals])
                 for few in range(self.decimals)}
        if self.unit.startswith("procent"):
            said |= {self.normal(float(rounded(right / 100, few)), FINER): SHARE
                     for few in range(1, self.decimals + FINER + 1)}
        return said


def rounded(number: float, decimals: int) -> str:
    """The number as at school, halves away from zero, and without a minus before zero; the page does the same."""
    exact = Decimal(round(number, 9)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    return str(exact or abs(exact))


def _alike(text: str) -> str:
    return " ".join(text.casefold().split())


def readings(text: str, unit: str = "") -> list[float]:
    """The numbers that a text may mean: 1.234,5 and 12,5 % as Danes write them, 12.5 too, and 1.251 either way.

    A unit may stand after it: that of the exercise, or the beginning of it, or percent, which of a number without a
    unit makes a hundredth. The page's script reads in the same way. Raises ValueError for what is no number, and for
    percent where something is counted.
    """
    plain = re.sub(r"\s", "", text).replace("−", "-").replace("–", "-").removeprefix("+").casefold()
    number, tail = TAIL.fullmatch(plain).groups()
    percent = PERCENT.fullmatch(tail) is not None
    if percent and unit and not unit.startswith("procent"):
        raise ValueError(f"der er skrevet procent, og opgaven beder om {unit}.")
    ways = [number, number.replace(".", "") if THOUSANDS.fullmatch(number) else number]
    if "," in number:
        ways = [number.replace(".", "").replace(",", ".", 1)]
    found = [float(way) for way in dict.fromkeys(ways) if NUMBER.fullmatch(way)]
    if not found or not (percent or re.sub(r"\s", "", unit).startswith(tail)):
        raise ValueError(NO_NUMBER)
    return [one / 100 for one in found] if percent and not unit else found


REGISTERED: dict[str, Exercise] = {}


def exercise(id: str, **how: Any) -> Callable[[Rule], Rule]:
    """Register the decorated function as the right answer of an exercise; `how` as the fields of `Exercise`."""

    def register_it(right: Rule) -> Rule:
        REGISTERED[id] = Exercise(id, right, **how)
        return right

    return register_it


@per_project
def edition() -> Edition:
    """The synthetic answers that all exercises are about: the same for everybody."""
    return open_edition()


def told(value: float, unit: str, decimals: int = 0) -> Words:
    """A number that a lesson has counted itself, with its unit, for a sentence.

    Raises ValueError where the answers are not synthetic: then only `pages` may say what may be told.

    >>> from civsam import opgave
    >>> opgave.told(12.34, "procent", 1)
    '12,3\xa0%'
    """
    if edition().survey.provenance != SYNTHETIC:
        raise ValueError("a lesson counts synthetic answers only")
    return Words(in_unit(number(value, decimals), unit))
