"""Whom a question is asked in another program's words, as `kun_hvis` has it, where all of it can be said so.

XLSForm says it in XPath (`selected(${sted}, 'hal') and ${timer} > 3`), LimeSurvey in its expressions
(`sted_hal.NAOK == "Y" && timer > 3`). Both are read here. What cannot be said whole is not said at all, but told.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from civsam.instrument.conditions import (
    AND,
    IS,
    OR,
    SIGNS,
    TICKED,
    Claim,
    Condition,
    ConditionError,
    Joined,
    of,
    text,
)
from civsam.instrument.conditions import Question as Asked
from civsam.instrument.questionnaire import DONT_KNOW
from civsam.instrument.reached import anybody
from civsam.intake.sources.material import Question

TOKEN = re.compile(r"""\s*(\$\{[^{}]+\}|"[^"]*"|'[^']*'|[<>=!]=|&&|\|\||[<>=!(),]|-?\d+(?:\.\d+)?(?!\w)"""
                   r"""|[^\W\d]\w*(?:\.(?:NAOK|value)\b)?)\s*""")
WORDS = {"&&": "and", "||": "or", "!": "not", "==": "=", "eq": "=", "ne": "!=", "gt": ">", "ge": ">=", "lt": "<",
         "le": "<="}
AGAINST = {"=": "!=", "!=": "=", ">": "<=", "<=": ">", "<": ">=", ">=": "<"}
TURNED = {">": "<", "<": ">", ">=": "<=", "<=": ">="}
TICK = "Y"  # what LimeSurvey writes of an answer that is ticked


class CannotSayError(ValueError):
    """An expression that `kun_hvis` has no words for."""


@dataclass(frozen=True)
class Known:
    """What is known of the questions, by their names in the file: their ids, and the code of each of their values."""

    questions: Mapping[str, Question]
    ids: Mapping[str, str]
    codes: Mapping[str, Mapping[str, str]]

    def about(self, name: str, sign: str, value: str) -> Condition:
        """What is said of the answer to a question. Raises CannotSayError."""
        if name not in self.questions:
            return self._part(name, sign, value)
        question, here = self.questions[name], self.ids[name]
        if not value:
            return self._answered(question, sign)
        if question.type == "antal":
            test = SIGNS[sign]
            return Claim(here, test, self.codes[name].get(value, value) if test == IS else value, sign != "!=")
        if question.type not in ("enkelt", "ordinal"):
            raise CannotSayError
        codes = self.codes[name]
        if sign in ("=", "!="):
            return Claim(here, IS, _code(codes, value), sign == "=")
        return self._among(here, codes, sign, value)

    def ticked(self, name: str, value: str, holds: bool) -> Condition:
        """That an answer is among those that were given. Raises CannotSayError."""
        if name not in self.questions or self.questions[name].type not in ("flere", "enkelt", "ordinal"):
            raise CannotSayError
        test = TICKED if self.questions[name].type == "flere" else IS
        return Claim(self.ids[name], test, _code(self.codes[name], value), holds)

    def _part(self, name: str, sign: str, value: str) -> Condition:
        """One answer of several, which LimeSurvey calls by both names."""
        found = [(one, answer) for one, question in self.questions.items() if question.type == "flere"
                 for answer in question.answers if f"{one}_{answer}" == name]
        if len(found) != 1 or sign not in ("=", "!=") or value not in (TICK, ""):
            raise CannotSayError
        return self.ticked(*found[0], (sign == "=") == (value == TICK))

    def _answered(self, question: Question, sign: str) -> Condition:
        """That a question is answered: any of its answers, or any number."""
        if sign != "!=" or question.type == "tekst":
            raise CannotSayError
        here, test = self.ids[question.name], TICKED if question.type == "flere" else IS
        answers = [Claim(here, test, code) for code in dict.fromkeys(self.codes[question.name].values())]
        if question.type == "antal":
            answers = [Claim(here, "mindst", f"{question.low:g}")] + [Claim(here, IS, DONT_KNOW)] * question.dont_know
        return answers[0] if len(answers) == 1 else Joined(OR, tuple(answers))

    def _among(self, here: str, codes: Mapping[str, str], sign: str, value: str) -> Condition:
        """That the number of an answer is over or under another: it is one of those that are."""
        if not all(re.fullmatch(r"-?\d+(\.\d+)?", one) for one in (value, *codes)):
            raise CannotSayError
        low, high = {">": (False, True), ">=": (True, True), "<": (False, False), "<=": (True, False)}[sign]
        those = [code for one, code in codes.items()
                 if (low and float(one) == float(value)) or (float(one) != float(value) and
                                                             (float(one) > float(value)) == high)]
        if not those or len(those) == len(codes):
            raise CannotSayError
        return _joined(OR, [Claim(here, IS, code) for code in those])


def _code(codes: Mapping[str, str], value: str) -> str:
    if value not in codes:
        raise CannotSayError
    return codes[value]


def _joined(word: str, parts: list[Condition]) -> Condition:
    return parts[0] if len(parts) == 1 else Joined(word, tuple(parts))


def said(expressions: Iterable[str], known: Known) -> Condition | None:
    """The condition that all the expressions hold; None where that is always. Raises CannotSayError."""
    parts = [_Parser(one, known).whole() for one in expressions if one.strip() not in ("", "1", "true()")]
    return _joined(AND, parts) if parts else None


class _Parser:
    """Reads an expression from the left; what is under a `not` is read as its opposite."""

    def __init__(self, expression: str, known: Known) -> None:
        self.known, self.at, place = known, 0, 0
        self.words: list[str] = []
        self.answered: dict[Condition, str] = {}  # what only says that a question is answered, and its name
        while place < len(expression.rstrip()):
            if not (found := TOKEN.match(expression, place)):
                raise CannotSayError
            bare = found[1]
            self.words.append(WORDS.get(bare.lower(), bare.lower() if bare.lower() in ("and", "or", "not") else bare))
            place = found.end()

    @property
    def next(self) -> str:
        return self.words[self.at] if self.at < len(self.words) else ""

    def take(self, *wanted: str) -> bool:
        if tuple(self.words[self.at:self.at + len(wanted)]) != wanted:
            return False
        self.at += len(wanted)
        return True

    def must(self, wanted: str) -> None:
        if not self.take(wanted):
            raise CannotSayError

    def whole(self) -> Condition:
        condition = self.joined("or", False)
        if self.next:
            raise CannotSayError
        return condition

    def joined(self, word: str, against: bool) -> Condition:
        parts = [self.joined("and", against) if word == "or" else self.part(against)]
        while self.take(word):
            parts.append(self.joined("and", against) if word == "or" else self.part(against))
        joint = AND if (word == "and") != against else OR
        return _joined(joint, parts if joint == OR else self.needed(parts))

    def needed(self, parts: list[Condition]) -> list[Condition]:
        """The parts, but for those that say that a question is answered where another says what."""
        told = {part.item for part in parts if isinstance(part, Claim) and (part.holds or self.everybody(part.item))}
        return [part for part in parts if self.known.ids.get(self.answered.get(part, "")) not in told] or parts

    def everybody(self, here: str) -> bool:
        """Whether a question is asked of everybody, so that it is left blank only by who does not answer."""
        question = next(one for name, one in self.known.questions.items() if self.known.ids[name] == here)
        return not question.routes and not question.only_if

    def part(self, against: bool) -> Condition:
        if self.take("not"):
            return self.part(not against)
        if self.take("("):
            condition = self.joined("or", against)
            self.must(")")
            return condition
        if self.take("selected", "("):
            name = self.name()
            self.must(",")
            value = self.value()
            self.must(")")
            return self.known.ticked(name, value, not against)
        if self.take("is_empty", "("):
            name = self.name()
            self.must(")")
            return self.known.about(name, "!=" if against else "=", "")
        return self.compared(against)

    def compared(self, against: bool) -> Condition:
        turned = self.next[:1] in "\"'-0123456789"
        first = self.value() if turned else self.name()
        sign = self.next
        if sign not in AGAINST:
            raise CannotSayError
        self.at += 1
        second = self.name() if turned else self.value()
        name, value = (second, first) if turned else (first, second)
        sign = TURNED.get(sign, sign) if turned else sign
        condition = self.known.about(name, AGAINST[sign] if against else sign, value)
        if not value:
            self.answered[condition] = name
        return condition

    def name(self) -> str:
        found = re.fullmatch(r"\$\{\s*([^{}]+?)\s*\}|(\w+)(?:\.\w+)?", self.next)
        if not found or self.next in ("and", "or", "not") or self.next[0].isdigit():
            raise CannotSayError
        self.at += 1
        return found[1] or found[2]

    def value(self) -> str:
        word = self.next
        if word[:1] not in ('"', "'") and not re.fullmatch(r"-?\d+(\.\d+)?", word):
            raise CannotSayError
        self.at += 1
        return word.strip("\"'")


def carried(
    known: Known, items: Iterable[Mapping[str, Any]], scales: Mapping[str, Mapping[str, Any]], blocks: Iterable[str],
    background: Iterable[str],
) -> dict[str, str]:
    """What `kun_hvis` says of each question that is asked of some, by its name in the file; blank where it cannot.

    items, scales, blocks, background: of the questionnaire as it is made.
    """
    by_id = {item["id"]: item for item in items}
    asked = {name: _asked(scales[by_id[name]["skala"]]) for block in blocks for name in by_id
             if by_id[name]["blok"] == block}
    names = {here: name for name, here in known.ids.items()}
    told, routes = {}, dict[str, Condition]()
    for here in asked:  # what a question depends on comes first
        question = known.questions[names[here]]
        if question.routes:
            condition = _carried(question, here, known, asked, background, routes)
            told[question.name] = text(condition) if condition else ""
            routes |= {here: condition} if condition else {}
    return told


def _carried(
    question: Question, here: str, known: Known, asked: Mapping[str, Asked], background: Iterable[str],
    routes: Mapping[str, Condition],
) -> Condition | None:
    """The condition of a question; None where it cannot be said, or the questionnaire would not take it."""
    try:
        condition = said(question.routes, known)
        if condition is None or of(here, text(condition), asked, background) != condition:
            return None
    except (CannotSayError, ConditionError):
        return None
    return condition if anybody(condition, asked, routes) else None


def _asked(scale: Mapping[str, Any]) -> Asked:
    """A scale as a condition must know it."""
    answers = {str(code): str(label) for code, label in scale.get("svar", {}).items()}
    if scale["type"] != "tekst" and scale.get("ved_ikke") != "nej":
        answers[DONT_KNOW] = DONT_KNOW
    return Asked(scale["type"], answers, scale.get("mindst", 0), scale.get("hoejst", 0), scale.get("decimaler", 0))
