"""A column of numbers: answers with labels, or a count, by what the file says of its values."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby
from math import isfinite
from typing import Any

import numpy as np

from civsam.instrument.batteries import FEWEST
from civsam.instrument.questionnaire import DONT_KNOW, LARGEST, MOST_DECIMALS
from civsam.instrument.words import plain
from civsam.intake.sources.column import Column
from civsam.intake.sources.material import Material, Question, few
from civsam.intake.sources.naming import unsure
from civsam.intake.table import as_text

LONGEST_SCALE = 10  # the end of a scale of numbers
FEW = 10  # different whole numbers that may be codes
AGE, AGES, OLDEST = re.compile(r"(?<![a-zæøå])(alder|age|aar|år)(?![a-zæøå])|alder$"), [18, 30, 45, 60, 75], 120
CODES = "tallene er et antal; er de koder for svar, så giv dem tekst i en skala: {1: Ja, 2: Nej}"
EXACT, SINGLE = 1e-12, 6e-8  # relative: how close a number is to what was typed, and one of single precision
NO_ANSWER = re.compile(r"(vil|ønsker|kan) ikke (at )?(svare|oplyse).*|uoplyst|ubesvaret|intet svar|"
                       r"ikke (relevant|aktuel|besvaret|oplyst|stillet).*|mangler|missing|refus(ed|al|er).*|no answer|"
                       r"not (applicable|asked|stated).*|n/?a|prefer not to.*|system missing")
ODD = re.compile(r"-\d+|[89]|[79]*[6-9]|9+[0-9]")  # numbers that stand for what is no number: -1, 8, 98, 997


def decide(made: Material, asked: Question, column: Column) -> None:
    """Make a column of numbers a question with answers or a count."""
    know = {value for value, label in column.labels.items() if unsure(label)}
    labelled = [value for value in column.labels if value not in know and value not in column.gone]
    bare = [value for value in column.there if value not in column.labels]
    if labelled and not _ends(column, labelled, bare):
        _answers(made, asked, column, sorted({*labelled, *bare, *know}, key=_order), bare)
    else:
        _count(made, asked, column, know, labelled)


def _ends(column: Column, labelled: list[Any], bare: list[Any]) -> bool:
    """Whether labels only name some numbers of a count, as both ends of a scale from 0 to 10."""
    if len(bare) > len(labelled):
        return True
    kept = [value for value in labelled if not isinstance(value, str)
            and not NO_ANSWER.fullmatch(plain(column.labels[value])) and not (value > max(bare, default=value) + 1
                                                                              and ODD.fullmatch(as_text(value)))]
    inside = bool(bare and kept) and min(kept) < min(bare) and max(bare) < max(kept)
    return inside and max(kept) - min(kept) + 1 > 2 * len(kept)


def _order(value: Any) -> tuple[bool, Any]:
    """Numbers in order; Stata's .a after them."""
    return isinstance(value, str), value


def _answers(made: Material, asked: Question, column: Column, values: list[Any], bare: list[Any]) -> None:
    """A question with labelled answers; values without a label are answers that are called as they are."""
    asked.answers = {as_text(value): column.labels.get(value) or as_text(value) for value in values}
    asked.cells = column.written({value: as_text(value) for value in column.there})
    if bare:
        made.told.append(f"{column.name}: {few(map(as_text, sorted(bare, key=_order)))} har ingen tekst i filen og "
                         "hedder som tallet.")
    real = [value for value in values if not unsure(asked.answers[as_text(value)])]
    asked.type = "ordinal" if column.measure == "ordinal" or (column.measure == "scale" and len(real) > 2) else "enkelt"
    if column.measure == "scale" and len(real) > 2:
        asked.guesses.append("filen kalder tallene en skala, så svarene har en rækkefølge (ordinal)")
    elif column.measure not in ("ordinal", "nominal") and len(real) > 2:
        asked.guesses.append("filen siger ikke, om svarene har en rækkefølge; har de, så skriv type: ordinal")
    if others := [label for label in asked.answers.values() if NO_ANSWER.fullmatch(plain(label))]:
        made.told.append(f"{column.name}: {few(f'»{label}«' for label in others)} er et svar som de andre. Er det ikke "
                         "et svar, så angiv det som manglende i filen, og lav projektet igen.")


def _count(made: Material, asked: Question, column: Column, know: set[Any], labelled: list[Any]) -> None:
    """A count. Its labelled values are numbers too, unless they stand for what is no number."""
    asked.type, asked.dont_know = "antal", bool(know)
    given = [value for value in column.there if value not in know and not isinstance(value, str)]
    bare = [value for value in given if value not in column.labels]
    aside = [value for value in labelled if isinstance(value, str) or _aside(value, column.labels[value], bare)]
    for value in aside:
        made.told.append(f"{column.name}: {as_text(value)} »{column.labels[value]}« er ikke et antal og er læst som "
                         "ikke besvaret.")
    kept = [value for value in labelled if value not in aside]
    asked.help = "; ".join(f"{as_text(value)} = {column.labels[value]}" for value in sorted(kept))
    fill(made, asked, column, [value for value in given if value not in aside], know, kept)


def _aside(value: float, label: str, bare: list[float]) -> bool:
    """Whether a labelled value of a count is none: it says so, or stands apart from the numbers as 98 does."""
    if NO_ANSWER.fullmatch(plain(label)):
        return True
    apart = bool(bare) and (value < min(bare) - 1 or value > max(bare) + 1)
    return apart and ODD.fullmatch(as_text(value)) is not None and not re.search(r"\d", label)


def fill(
    made: Material, asked: Question, column: Column, given: list[float], know: set[Any], ends: list[float]
) -> None:
    """The range of a count and its cells. given: its numbers; ends: numbers that it may hold besides."""
    if any(not isfinite(value) or abs(value) > LARGEST for value in given):
        asked.type, asked.dont_know = "tekst", False
        asked.cells = column.written({value: as_text(value) for value in column.there})
        made.lost.append(f"{column.name} har tal, der er for store til et antal: det er fri tekst.")
        return
    close = SINGLE if all(value == np.float32(value) for value in given) else EXACT
    asked.decimals = max((places(value, close) for value in given), default=0)
    if any(abs(round(value, MOST_DECIMALS) - value) > close * abs(value) for value in given):
        made.lost.append(f"{column.name} har flere end {MOST_DECIMALS} decimaler og er afrundet til så mange.")
    words = {value: number(value, asked.decimals) for value in given} | dict.fromkeys(know, DONT_KNOW)
    asked.cells = column.written(words)
    limits(asked, [*given, *ends])
    if not asked.decimals and not column.labels and len({*given}) <= FEW:
        asked.guesses.append(CODES)


def limits(asked: Question, given: list[float]) -> None:
    """The least and the largest number: 0 and what occurs, for what else may be answered is not known."""
    ends = [round(value, asked.decimals) for value in given] or [0]
    asked.low, asked.high = min(0, *ends), max(ends)
    if asked.high == asked.low:
        asked.high += 1
    if not asked.decimals:
        asked.low, asked.high = int(asked.low), int(asked.high)
    asked.guesses.append("mindst og hoejst er de tal, der er svaret; ret dem, hvis der kan svares andet")


def scales(questions: Iterable[Question]) -> None:
    """Make counts that stand after one another and have the same few numbers, from 1 or from 0 to 10, a scale."""
    for ends, run in groupby(questions, key=_ends_of):
        together = list(run)
        if ends and len(together) >= FEWEST:
            for asked in together:
                _scaled(asked, *ends)


def _ends_of(asked: Question) -> tuple[int, int] | None:
    """The least and the largest number that was answered, where they may be those of a scale."""
    if asked.type != "antal" or asked.background or asked.decimals or asked.cells is None or asked.help:
        return None
    given = {int(cell) for cell in {*asked.cells} - {"", DONT_KNOW}}
    low, high = min(given, default=0), max(given, default=0)
    scale = (low == 1 and 3 <= high <= LONGEST_SCALE) or (low, high) == (0, LONGEST_SCALE)
    return (low, high) if scale and len(given) > 2 else None


def _scaled(asked: Question, low: int, high: int) -> None:
    asked.type, asked.answers = "ordinal", {str(number): str(number) for number in range(low, high + 1)}
    asked.answers |= {DONT_KNOW: DONT_KNOW} if asked.dont_know else {}
    asked.guesses = [f"tallene er læst som en ordnet skala fra {low} til {high}, som spørgsmålene ved siden af også "
                     f"har; er de et antal, så lav en skala med type: antal, mindst: {low} og hoejst: {high}"]


def classes(asked: Question, given: list[float]) -> list[float]:
    """Where classes of a number begin: usual ages, else the quartiles, rounded to two digits where they can be."""
    age = AGE.search(f"{asked.name} {asked.wording}".lower()) is not None and max(given) <= OLDEST
    exact = np.quantile(given, [0.25, 0.5, 0.75], method="nearest").tolist()
    wanted = AGES if age else [float(f"{limit:.2g}") for limit in exact]
    inside = sorted({limit for limit in wanted if min(given) < limit <= max(given)}) or [exact[1]]
    return [int(limit) if limit % 1 == 0 else limit for limit in inside]


def places(value: float, close: float) -> int:
    """How many decimals a number has, `MOST_DECIMALS` at most. close: how near is the same, relatively."""
    return next((count for count in range(MOST_DECIMALS)
                 if abs(round(value, count) - value) <= close * abs(value)), MOST_DECIMALS)


def number(value: float, decimals: int) -> str:
    """A number as an answer has it: with a point, and no needless zeros."""
    digits = f"{value:.{decimals}f}"
    digits = digits.rstrip("0").rstrip(".") if "." in digits else digits
    return "0" if digits == "-0" else digits
