"""What a question offers, and what an answer to it must keep to, in the words that all forms share."""

from __future__ import annotations

from civsam.instrument import dates
from civsam.instrument.english import digits, said
from civsam.instrument.questionnaire import DONT_KNOW, NONE, Item, Questionnaire


def answers(item: Item, questionnaire: Questionnaire) -> dict[str, str]:
    """The codes that may be ticked with the words beside them, 'ved ikke' last; of a count only that."""
    own = {DONT_KNOW: questionnaire.dont_know} if item.allows_dont_know else {}
    return {**item.scale.answers, **own}


def rule(item: Item, questionnaire: Questionnaire) -> str:
    """What an answer must keep to, in words; blank for one answer and for text."""
    language, scale = questionnaire.language, item.scale
    if scale.type == "antal":
        return _number(item, questionnaire)
    if scale.type == "dato":
        low, high = (dates.told(end, language) for end in (scale.low, scale.high))
        return said("Skriv en dato fra {low} til {high}.", language).format(low=low, high=high)
    if scale.type == "rangordning":
        return said("Skriv tal: 1 ved det, du sætter først, 2 ved det næste og så videre. Rangordn {some}.",
                    language).format(some=ranked(item, language))
    alone = [f"»{label}«" for code, label in answers(item, questionnaire).items() if code in (NONE, DONT_KNOW)]
    return said("{labels} kan kun vælges alene.", language).format(
        labels=joined(alone, language)) if scale.type == "flere" and alone else ""


def _number(item: Item, questionnaire: Questionnaire) -> str:
    """The numbers that may be answered, and those that they may not be larger than."""
    scale, places, language = item.scale, item.scale.decimals, questionnaire.language
    low, high = (digits(end, places if end % 1 else 0, language) for end in (scale.low, scale.high))
    words = said("Skriv et helt tal fra {low} til {high}{unit}." if not places else
                 "Skriv et tal fra {low} til {high} med højst {places} decimal{unit}." if places == 1 else
                 "Skriv et tal fra {low} til {high} med højst {places} decimaler{unit}.", language)
    totals = [f"»{questionnaire.items[total].topic}«" for total in item.part_of]
    more = said(" Tallet må ikke være større end i {totals} tilsammen." if len(totals) > 1 else
                " Tallet må ikke være større end i {totals}.", language) if totals else ""
    unit = f" ({scale.unit})" if scale.unit else ""
    return (words + more).format(low=low, high=high, places=places, unit=unit,
                                 totals=joined(totals, language) if totals else "")


def ranked(item: Item, language: str) -> str:
    """How many answers are ranked, in words."""
    low, high = int(item.scale.low), int(item.scale.high)
    if low == len(item.scale.answers):
        return said("alle", language)
    return str(low) if low == high else said("mindst {low} og højst {high}", language).format(low=low, high=high)


def joined(words: list[str], language: str) -> str:
    """Words as a list."""
    *first, last = words
    return f"{', '.join(first)}{said(' og ', language)}{last}" if first else last
