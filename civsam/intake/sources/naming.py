"""Names and codes as a questionnaire takes them: ASCII, unique, and no answer that can be taken for another."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping

from civsam.danish import LATIN
from civsam.instrument.questionnaire import DONT_KNOW, NO_TICK
from civsam.instrument.words import ambiguous, plain
from civsam.instrument.xlsform import KEY, NOTES, YOU

NUMBER = re.compile(r"0|[1-9][0-9]{0,8}")  # a code that is a number
LONGEST, LONGEST_WORDS = 60, 32  # of a name; of one made from words
# What the forms and the chapters call things themselves
RESERVED = (KEY, YOU, *NOTES, "indledning", "svar", "svarperson", "raekke", "start", "end", "today", "deviceid")
UNSURE = frozenset(("ved ikke", "ved ej", "ved det ikke", "ved ikke/husker ikke", "det ved jeg ikke", "don't know",
                    "dont know", "don’t know", "do not know", "i don't know", "dk", DONT_KNOW))


def unsure(label: str) -> bool:
    """Whether a label says that the respondent does not know."""
    return plain(label).rstrip(".") in UNSURE


def latin(text: str) -> str:
    """The text as letters, digits and _ of ASCII; blank where nothing is left."""
    bare = unicodedata.normalize("NFKD", text.translate(LATIN).replace("ß", "ss")).encode("ascii", "ignore").decode()
    return re.sub(r"\W+", "_", bare).strip("_")


def named(text: str, taken: Iterable[str], fallback: str = "q", longest: int = 0) -> str:
    """A name made from the text that is not taken, capitals aside; where it is, its end is a number."""
    bare = latin(text)
    most = longest or (LONGEST_WORDS if " " in text.strip() else LONGEST)
    if len(bare) > most:
        bare = bare[:most].rpartition("_")[0] if "_" in bare[:most].strip("_") and " " in text else bare[:most]
    bare = bare.strip("_") or fallback
    start = bare if bare.isidentifier() else f"{fallback}{bare}"
    used = {name.casefold() for name in taken}
    name, place = start, 2
    while name.casefold() in used or name.endswith(f"_{DONT_KNOW}"):
        name, place = f"{start}_{place}", place + 1
    return name


def codes(values: Iterable[str]) -> dict[str, str]:
    """A code for each value of a file: itself where it can be, else made from it. Values are never taken for others."""
    values = list(values)
    done = {value: value for value in values if NUMBER.fullmatch(value)}
    for value in values:
        if value in done:
            continue
        if value.isascii() and value.isidentifier() and value not in (DONT_KNOW, NO_TICK) and (
                plain(value) not in map(plain, done.values())):
            done[value] = value
        else:
            minus = re.fullmatch(r"-([0-9]+)", value)
            start = f"m{minus[1]}" if minus else latin(value).lower()
            done[value] = named(start, {*done.values(), DONT_KNOW, NO_TICK}, "k", LONGEST_WORDS)
    return {value: done[value] for value in values}


def clear(answers: Mapping[str, str], dont_know: str, several: bool) -> tuple[dict[str, str], list[str]]:
    """The labels of codes so that none can be taken for another, and the codes whose labels were changed.

    A label is followed by its code where that is needed, the later of two first. dont_know: the words of 'ved ikke'.
    """
    others, done, changed = {DONT_KNOW: dont_know}, dict[str, str](), []
    for code, label in answers.items():
        done[code] = label if label.strip() else code
        for one in (code, *list(done)[:-1]):  # an earlier label may be made of this answer
            if not ambiguous(done, others, several):
                break
            if one not in changed:
                done[one] = f"{done[one]} ({one})"
                changed.append(one)
    return done, changed
