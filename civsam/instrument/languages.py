"""The questionnaire's texts in other languages (`oversaettelser`), and which of them it is in (`sprog`)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any

from babel import Locale, UnknownLocaleError

from civsam.files import LINE
from civsam.instrument.reader import Reader

OWN = "da"
PARTS = ("titel", "afgraensning", "ved_ikke", "blokke", "skalaer", "baggrund", "spoergsmaal", "afledt")
WORDS = {"spoergsmaal": ("emne", "ordlyd", "hjaelp"), "afledt": ("emne", "ordlyd")}
Raw = dict[str, Any]


def name(code: str) -> str:
    """What a language is called in itself, with its code, as an XLSForm has it: English (en)."""
    called = str(Locale.parse(code).get_display_name(code))
    return f"{called[:1].upper()}{called[1:]} ({code})"


def codes(reader: Reader) -> list[str]:
    """The languages that the file has, its own first. Raises UserError for one that is unknown, or not there."""
    content = reader.content
    given = reader.get(content, "oversaettelser", dict, {})
    for code in given:
        if code == OWN or not _known(code):
            raise reader.stop(content["oversaettelser"][LINE], f"{code!r} er ikke et andet sprog. Skriv dets kode på "
                                                               "to bogstaver, for eksempel en.")
        for part in reader.get(given, code, dict):
            reader.known(given[code][LINE], f"del i oversættelsen {code}", part, PARTS)
    chosen = reader.get(content, "sprog", str, OWN)
    if chosen not in (OWN, *given):
        raise reader.stop(content[LINE], f"'sprog' er {chosen!r}, og skemaet har kun {', '.join([OWN, *given])}.")
    return [OWN, *given]


def _known(code: object) -> bool:
    """Whether it is the code of a language."""
    if not isinstance(code, str) or not re.fullmatch("[a-z]{2,3}", code):
        return False
    try:
        Locale.parse(code)
    except UnknownLocaleError:
        return False
    return True


def translated(reader: Reader, code: str) -> Raw:
    """The file's content with the texts of a language in place of its own, where it has them. Raises UserError."""
    content = reader.content
    if code == OWN:
        return content
    told, made = content["oversaettelser"][code], deepcopy(content)
    made |= {part: reader.get(told, part, str) for part in PARTS[:3] if part in told}
    _words(reader, told, "blokke", made["blokke"])
    for part in ("skalaer", "baggrund"):
        for key, texts in _named(reader, told, part, content.get(part, {})):
            one = made[part][key]
            if part == "baggrund" and "navn" in texts:
                one["navn"] = reader.get(texts, "navn", str)
            words = texts if part == "skalaer" else texts.get("svar", {LINE: texts[LINE]})
            _words(reader, {"svar": words, LINE: texts[LINE]}, "svar", one.get("svar", {}))
    for part, allowed in WORDS.items():
        entries = {raw["id"]: raw for raw in made.get(part, []) if isinstance(raw, dict) and "id" in raw}
        for key, texts in _named(reader, told, part, entries):
            for word in texts:
                reader.known(texts[LINE], "tekst", word, (*allowed, *["svar"] * (part == "afledt"), LINE))
            entries[key] |= {word: reader.get(texts, word, str) for word in allowed if word in texts}
            for answer, text in texts.get("svar", {}).items():
                if answer != LINE:
                    entries[key]["svar"][reader.known(texts[LINE], "svar", answer, entries[key].get("svar", {}))][
                        "tekst"] = text
    return made


def _named(reader: Reader, told: Raw, part: str, known: Mapping[Any, Any]) -> Iterable[tuple[Any, Raw]]:
    """What a part of a translation says, by name; each must be one that the file has."""
    for key in reader.get(told, part, dict, {}):
        reader.known(told[part][LINE], f"navn i '{part}'", key, [one for one in known if one != LINE])
        yield key, _dict(reader, told[part], key)


def _dict(reader: Reader, told: Raw, key: Any) -> Raw:
    """The mapping under a key, with its line."""
    reader.get(told, key, dict)
    found: Raw = told[key]
    return found


def _words(reader: Reader, told: Raw, part: str, known: Raw) -> None:
    """Put the texts of a part in place of the known ones, each under a name that the file has."""
    line = told[part].get(LINE, told[LINE]) if isinstance(told.get(part), dict) else told[LINE]
    for key, text in reader.get(told, part, dict, {}).items():
        reader.known(line, f"navn i '{part}'", key, [one for one in known if one != LINE])
        if not isinstance(text, str | int) or isinstance(text, bool):
            raise reader.stop(line, f"{key} er {text!r}; der skal stå en tekst.")
        known[key] = str(text)
