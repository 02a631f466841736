"""What a file says in other languages than the one that is read, as `oversaettelser` of a questionnaire has it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from civsam.instrument.questionnaire import DONT_KNOW
from civsam.instrument.words import ambiguous
from civsam.intake.sources.material import Question, one_line

NAMES = {"english": "en", "engelsk": "en", "german": "de", "deutsch": "de", "tysk": "de", "french": "fr",
         "français": "fr", "arabic": "ar", "polski": "pl", "polish": "pl", "svenska": "sv", "norsk": "nb"}
Translations = dict[str, dict[str, Any]]


def code(language: str) -> str:
    """The code of a language as a form calls it, as 'English (en)'; blank where that is not known."""
    told = re.search(r"\(([a-z]{2,3})\)\s*$", language)
    return told[1] if told else NAMES.get(language.strip().casefold(), "")


def whole(made: Translations, told: Mapping[str, Mapping[str, str]], blocks: Mapping[str, str]) -> None:
    """Put what is said of the whole, and the titles of its blocks. blocks: each block's id by its name in the file."""
    for language, texts in told.items():
        words = {key: one_line(text) for key, text in texts.items() if key in ("titel", "afgraensning")}
        titles = {new: one_line(texts[f"blok:{old}"]) for old, new in blocks.items() if texts.get(f"blok:{old}")}
        _put(made, language, words | ({"blokke": titles} if titles else {}))


def one(
    made: Translations, question: Question, name: str, scale: str, codes: Mapping[str, str], own: Mapping[str, str]
) -> list[str]:
    """Put what is said of a question, or of a background variable where there is no scale; what could not be put.

    codes: the answers' codes by the file's own values. own: their labels in the language that is read, by code.
    """
    lost = []
    for language, words in question.others.items():
        labels = {new: one_line(words.answers[old]) for old, new in codes.items() if words.answers.get(old)}
        unsure = labels.pop(DONT_KNOW, "")
        if why := ambiguous({**own, **labels}, {}, question.type in ("flere", "rangordning")):
            lost.append(f"{name}: svarteksterne på sproget {language}, for {why}.")
            labels = {}
        answers: dict[Any, str] = {int(new) if new.isdigit() else new: label for new, label in labels.items()}
        if not scale:
            topic = one_line(words.topic or words.wording)
            told: dict[str, Any] = {"navn": topic[:1].lower() + topic[1:]} if topic else {}
            told |= {"svar": answers} if answers else {}
            _put(made, language, {"baggrund": {name: told}} if told else {})
            continue
        texts = {"emne": words.topic, "ordlyd": words.wording, "hjaelp": words.help}
        texts = {key: one_line(text) for key, text in texts.items() if text}
        _put(made, language, {"ved_ikke": unsure} if unsure else {})
        _put(made, language, {"skalaer": {scale: answers}} if answers else {})
        _put(made, language, {"spoergsmaal": {name: texts}} if texts else {})
    return lost


def ordered(made: Translations, parts: Iterable[str]) -> Translations:
    """The translations with their parts in order; none for a language that nothing is said in."""
    return {language: {part: told[part] for part in parts if part in told} for language, told in made.items() if told}


def _put(made: Translations, language: str, told: Mapping[str, Any]) -> None:
    """Add to what is said in a language."""
    known = made.setdefault(language, {})
    for part, words in told.items():
        known[part] = {**known.get(part, {}), **words} if isinstance(words, dict) else known.get(part, words)
