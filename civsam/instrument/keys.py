"""The respondents' keys, and what tells one version of the form from another."""

from __future__ import annotations

import hashlib
import json
import random
from typing import Any

from civsam.instrument.conditions import plain
from civsam.instrument.questionnaire import Item, Questionnaire

VERSION = 1  # of the answer file's format
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # none of 0 O 1 I L; as many as a prime, so that the check finds all slips
LENGTH = 16  # 15 random characters, 74 bits, and one that checks them
LONGEST = 4000  # characters of an answer in words; the form takes no more


def asked(questionnaire: Questionnaire) -> dict[str, Item]:
    """All that the form may ask, by id: first what it asks only of those without a key from a frame."""
    return {item.id: item for item in questionnaire.unknown()} | questionnaire.collected.items


def _more(item: Item) -> list[Any]:
    """What only some items have; nothing of the others, whose forms are as they always were."""
    unit = "" if item.scale.type == "dato" else item.scale.unit  # how dates are shown is nothing that the form says
    more = [item.scale.decimals, unit, item.dont_know]
    routing = [plain(item.only_if)] if item.only_if else []
    return [more, *routing] if more != [0, "", True] or routing else []


def digest(questionnaire: Questionnaire) -> str:
    """SHA-256 of all that a respondent sees and may answer; it changes when the questionnaire does."""
    items = [
        [item.id, item.block, item.wording, item.help, item.part_of, item.scale.type, list(item.scale.answers.items()),
         item.scale.low, item.scale.high, *_more(item)]
        for item in asked(questionnaire).values()
    ]
    blocks = list(questionnaire.blocks.items())
    whole = [questionnaire.title, questionnaire.scope, questionnaire.dont_know, blocks, items]
    return hashlib.sha256(json.dumps(whole, ensure_ascii=False).encode()).hexdigest()


# ---- Keys ------------------------------------------------------------------------------------------------------------


def valid_key(key: str) -> bool:
    """Whether a key is whole: its characters, each times its place, add up to a multiple of 31.

    One wrong character, or two that changed places, never do.
    """
    if len(key) != LENGTH or not set(key) <= set(ALPHABET):
        return False
    return sum(place * ALPHABET.index(sign) for place, sign in enumerate(key, 1)) % len(ALPHABET) == 0


def new_key(rng: random.Random) -> str:
    """A random key of `LENGTH` characters; the last is the only one that makes it valid."""
    body = "".join(rng.choices(ALPHABET, k=LENGTH - 1))
    return next(body + sign for sign in ALPHABET if valid_key(body + sign))
