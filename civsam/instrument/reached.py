"""Whether anybody can be asked a question: whether some answers to the questions before it fulfil its condition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations

from civsam.instrument.conditions import AND, ORDER, TICKED, Claim, Condition, Question, claims, sources

NOBODY = ("'kun_hvis' i {name}: ingen kan blive spurgt, for ingen svar opfylder betingelsen og dem, den afhænger af. "
          "Ret den.")
MOST = 200_000  # sets of answers that are tried; a condition that takes more is taken to be possible
ALONE = ("ingen", "ved_ikke")  # never ticked with another
Answer = str | frozenset[str] | None  # a code or a number; what is ticked; None where it was not asked


def unreached(asked: Mapping[str, Question], routes: Mapping[str, Condition]) -> str:
    """The first question that nobody can be asked; blank where there is none. routes: the conditions, in order."""
    return next((name for name, condition in routes.items() if not anybody(condition, asked, routes)), "")


def anybody(condition: Condition, asked: Mapping[str, Question], routes: Mapping[str, Condition]) -> bool:
    """Whether the condition of a question can hold. routes: the conditions of the questions before it."""
    needed: list[str] = []
    _gather(condition, routes, needed)
    told = [claim for one in (condition, *(routes[name] for name in needed if name in routes)) for claim in claims(one)]
    domains = {name: [*_domain(asked[name], [claim for claim in told if claim.item == name])] for name in needed}
    order = [name for name in asked if name in domains]
    try:
        return any(_holds(condition, answers) for answers in _answers(order, domains, routes, {}, [MOST]))
    except OverflowError:
        return True


def _gather(condition: Condition, routes: Mapping[str, Condition], found: list[str]) -> None:
    """Add the questions that a condition depends on, and those that they do."""
    for name in sources(condition):
        if name not in found:
            found.append(name)
            if name in routes:
                _gather(routes[name], routes, found)


def _domain(question: Question, told: list[Claim]) -> Iterator[Answer]:
    """Answers to a question, one at least of each sort that the claims tell apart."""
    if question.kind == "flere":
        named = list(dict.fromkeys(claim.value for claim in told))
        for size in range(len(named) + 1):
            yield from (frozenset(those) for those in combinations(named, size) if size < 2 or not {*those} & {*ALONE})
        return
    yield from question.answers
    if question.kind == "antal":
        step = 10.0 ** -question.decimals
        numbers = {float(claim.value) for claim in told if claim.value not in question.answers}
        near = {round(number + away, question.decimals) for number in numbers for away in (-step, 0, step)}
        yield from (str(number) for number in sorted({*near, question.low, question.high})
                    if question.low <= number <= question.high)


def _answers(
    order: list[str], domains: Mapping[str, list[Answer]], routes: Mapping[str, Condition],
    given: dict[str, Answer], left: list[int],
) -> Iterator[Mapping[str, Answer]]:
    """All sets of answers, in each of which a question is answered where it is asked. Raises OverflowError."""
    left[0] -= 1
    if left[0] < 0:
        raise OverflowError
    if len(given) == len(order):
        yield given
        return
    name = order[len(given)]
    past = name in routes and not _holds(routes[name], given)
    for answer in [None] if past else domains[name]:
        yield from _answers(order, domains, routes, given | {name: answer}, left)


def _holds(condition: Condition, given: Mapping[str, Answer]) -> bool:
    """Whether a condition holds; a claim about a question that was not asked is false, and its opposite true."""
    if not isinstance(condition, Claim):
        return (all if condition.word == AND else any)(_holds(part, given) for part in condition.parts)
    return _says(condition, given[condition.item]) == condition.holds


def _says(claim: Claim, answer: Answer) -> bool:
    if answer is None:
        return False
    if claim.test == TICKED:
        return claim.value in answer
    if claim.test not in ORDER and answer == claim.value:
        return True
    try:
        number, other = float(str(answer)), float(claim.value)
    except ValueError:
        return answer == claim.value
    return {"over": number > other, "under": number < other, "mindst": number >= other,
            "højst": number <= other}[claim.test] if claim.test in ORDER else number == other
