"""Whom a question is asked: a condition on answers to earlier questions, as `kun_hvis` of the questionnaire has it.

    condition: part, or several with `eller` between          part: claim, or several with `og` between
    claim: `ikke` claim | ( condition ) | ID er CODE | ID er kryds ved CODE | ID er over NUMBER

Instead of `er` there may be =, and `er ikke` or != for what it is not; instead of `over`, `under`, `mindst` and
`højst` there may be >, <, >= and <=. A claim is about one answer (a code, or a number where something is counted), and
about what is ticked where there may be several. All of it is checked when it is read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from difflib import get_close_matches
from typing import Any, NamedTuple

from civsam.danish import listed

IS, TICKED = "er", "kryds"
ORDER = {"over": ">", "under": "<", "mindst": ">=", "højst": "<="}
SIGNS = {sign: word for word, sign in ORDER.items()} | {"=": IS, "!=": IS}
AND, OR, NOT = "og", "eller", "ikke"
ROUTABLE = ("enkelt", "flere", "ordinal", "antal")  # the kinds that a claim can be about
TOKEN = re.compile(r"\s*(>=|<=|!=|[=<>()]|\"[^\"]*\"|'[^']*'|-?[0-9]+(?:[.,][0-9]+)?(?!\w)|\w+)\s*")


@dataclass(frozen=True)
class Claim:
    """What is said of the answer to an item: a test of `IS`, `TICKED` and `ORDER`, and whether it holds."""

    item: str
    test: str
    value: str
    holds: bool = True


@dataclass(frozen=True)
class Joined:
    """Several conditions, of which all (`AND`) or one (`OR`) must hold."""

    word: str
    parts: tuple[Condition, ...]


Condition = Claim | Joined


class Question(NamedTuple):
    """What a claim must know of the question that it is about: type, codes with labels, and what may be counted."""

    kind: str
    answers: Mapping[str, str]
    low: float
    high: float
    decimals: int


class ConditionError(ValueError):
    """A condition that cannot be; the message is the reason, in Danish."""


def claims(condition: Condition) -> Iterator[Claim]:
    """All claims of a condition, in order."""
    if isinstance(condition, Claim):
        yield condition
    else:
        for part in condition.parts:
            yield from claims(part)


def sources(condition: Condition) -> list[str]:
    """The items that a condition is about, each once."""
    return list(dict.fromkeys(claim.item for claim in claims(condition)))


def opposite(condition: Condition) -> Condition:
    """The condition that holds where this one does not (De Morgan)."""
    if isinstance(condition, Claim):
        return replace(condition, holds=not condition.holds)
    return Joined(AND if condition.word == OR else OR, tuple(map(opposite, condition.parts)))


def possible(condition: Condition, may: Callable[[Claim], bool]) -> bool:
    """Whether the condition could hold where these of its claims may."""
    if isinstance(condition, Claim):
        return may(condition)
    return (all if condition.word == AND else any)(possible(part, may) for part in condition.parts)


def plain(condition: Condition) -> dict[str, Any]:
    """The condition as JSON has it."""
    return asdict(condition)


def text(condition: Condition) -> str:
    """The condition as `read` reads it."""
    if isinstance(condition, Claim):
        test = {IS: "", TICKED: "kryds ved "}.get(condition.test, f"{condition.test} ")
        return f"{condition.item} er {'' if condition.holds else 'ikke '}{test}{condition.value}"
    return f" {condition.word} ".join(text(part) if isinstance(part, Claim) else f"({text(part)})"
                                      for part in condition.parts)


def of(name: str, text: str, questions: Mapping[str, Question], background: Iterable[str]) -> Condition:
    """The condition of a question. Raises ConditionError. questions: all, in the order that they are asked in."""
    order = list(questions)
    place = order.index(name)
    others = dict.fromkeys(background, "en baggrundsvariabel, og der kan kun spørges efter svar på spørgsmål")
    others |= dict.fromkeys(order[place:], f"et spørgsmål, der stilles efter {name}. Byt om på de to")
    others[name] = "spørgsmålet selv. Nævn et, der stilles før"
    return read(text, {one: questions[one] for one in order[:place]}, others)


def read(text: str, earlier: Mapping[str, Question], others: Mapping[str, str]) -> Condition:
    """The condition that the text says. Raises ConditionError, with the place in the text.

    earlier: the questions that are asked before. others: names that are none of them, each with what it is.
    """
    return _Parser(text, earlier, others).whole()


class _Parser:
    """Reads a condition from the left, a word at a time."""

    def __init__(self, text: str, earlier: Mapping[str, Question], others: Mapping[str, str]) -> None:
        self.text, self.earlier, self.others = text, earlier, others
        self.words: list[str] = []
        place = 0
        while place < len(text.rstrip()):
            if not (found := TOKEN.match(text, place)):
                raise ConditionError(f"tegnet {text[place:].strip()[0]!r} kan ikke stå i en betingelse. "
                                     f"{self.example()}")
            self.words.append(found[1])
            place = found.end()
        self.at = 0

    @property
    def next(self) -> str:
        """The word that is to be read; blank at the end."""
        return self.words[self.at] if self.at < len(self.words) else ""

    def take(self, *wanted: str) -> bool:
        """Whether the next words are these; they are then read."""
        if tuple(word.casefold() for word in self.words[self.at:self.at + len(wanted)]) != wanted:
            return False
        self.at += len(wanted)
        return True

    def stop(self, expected: str) -> ConditionError:
        """The fault of the next word, after what was read."""
        before = " ".join(self.words[:self.at])
        where = f"efter »{before}« " if before else "først "
        found = f", ikke »{self.next}«" if self.next else ""
        return ConditionError(f"{where}skal der stå {expected}{found}. {self.example()}")

    def example(self) -> str:
        """How a condition may look."""
        name = next(iter(self.earlier), "spg1")
        return f"Skriv for eksempel: {name} er ja og ikke {name} er nej."

    def whole(self) -> Condition:
        condition = self.joined(OR)
        if self.next:
            raise self.stop("»og« eller »eller«")
        return condition

    def joined(self, word: str) -> Condition:
        parts = [self.joined(AND) if word == OR else self.part()]
        while self.take(word):
            parts.append(self.joined(AND) if word == OR else self.part())
        return parts[0] if len(parts) == 1 else Joined(word, tuple(parts))

    def part(self) -> Condition:
        if self.take(NOT):
            return opposite(self.part())
        if self.take("("):
            condition = self.joined(OR)
            if not self.take(")"):
                raise self.stop("»)«")
            return condition
        return self.claim()

    def claim(self) -> Claim:
        """A claim about one question."""
        name = self.next
        if name not in self.earlier:
            raise self.unknown(name)
        self.at += 1
        sign = self.next
        if not (sign in SIGNS or sign.casefold() in (IS, "har", *ORDER)):
            raise self.stop("»er«")
        self.at += 1
        test, holds = SIGNS.get(sign, IS), sign != "!="
        if sign.casefold() in ORDER:
            test = sign.casefold()
        elif sign not in SIGNS and self.take(NOT):
            holds = False
        if self.take(TICKED, "ved"):
            test = TICKED
        elif test == IS and self.next.casefold() in ORDER:
            test, self.at = self.next.casefold(), self.at + 1
        return self.about(name, test, holds)

    def about(self, name: str, test: str, holds: bool) -> Claim:
        """The claim that ends with the next word."""
        question, value = self.earlier[name], self.next.strip("\"'")
        if question.kind not in ROUTABLE:
            what = {"tekst": "fri tekst"}.get(question.kind, f"en {question.kind}")
            raise ConditionError(f"{name} er {what}, som ingen kan spørges efter. Nævn et spørgsmål med svar.")
        fits = {TICKED: "flere", IS: question.kind if question.kind != "flere" else "enkelt"}.get(test, "antal")
        if question.kind != fits:
            ways = {"flere": f"»{name} er kryds ved ...«", "antal": f"»{name} er over ...«"}
            raise ConditionError(f"{name} kan ikke siges at være »{test} {value}«. Skriv "
                                 f"{ways.get(question.kind, f'»{name} er ...« og et svar')}.")
        if question.kind == "antal" and not (value in question.answers and test == IS):
            value = self.number(name, test, value, question)
        elif value not in question.answers:
            raise self.strange(name, value, question.answers)
        self.at += 1
        return Claim(name, test, value, holds)

    def number(self, name: str, test: str, value: str, question: Question) -> str:
        """The number that a count is held against, as a number is written in answers."""
        value = value.replace(",", ".")
        if not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", value):
            raise self.stop("et tal")
        never = {"over": float(value) >= question.high, "under": float(value) <= question.low}.get(test, False)
        if len(value.partition(".")[2]) > question.decimals:
            raise ConditionError(f"{name} har højst {question.decimals} decimaler, så »{self.next}« svares aldrig. Ret "
                                 "tallet.")
        if never or not question.low <= float(value) <= question.high:
            raise ConditionError(f"{name} er tal fra {question.low} til {question.high}, så »{test} {self.next}« siger "
                                 "det samme om alle. Ret tallet.")
        return value

    def unknown(self, name: str) -> ConditionError:
        """The fault of what is no earlier question."""
        if name in self.others:
            return ConditionError(f"»{name}« er {self.others[name]}.")
        if not re.fullmatch(r"\w+", name):
            return self.stop("et spørgsmål")
        near = get_close_matches(name, list(self.earlier), n=1)
        hint = f" Mente du »{near[0]}«?" if near else ""
        before = [word for word in self.words[:self.at] if word in self.earlier]
        if before and name in self.earlier[before[-1]].answers:
            hint = f" Skriv »{before[-1]} er {name}«, hvis det er et svar på {before[-1]}."
        return ConditionError(f"ukendt spørgsmål »{name}«.{hint} Kendte: {listed(self.earlier) or 'ingen'}.")

    def strange(self, name: str, value: str, answers: Mapping[str, str]) -> ConditionError:
        """The fault of what is no answer."""
        if not value or value in ("(", ")"):
            return self.stop(f"et svar på {name}")
        named = [code for code, label in answers.items() if label.casefold() == value.casefold()]
        near = named or get_close_matches(value, list(answers), n=1)
        hint = f" Mente du »{near[0]}«?" if near else ""
        return ConditionError(f"»{value}« er ikke et svar på {name}.{hint} Svarene er: {', '.join(answers)}.")
