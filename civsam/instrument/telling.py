"""What a question offers, and what an answer to it must keep to, in the words that all forms share."""

from __future__ import annotations

from civsam.danish import listed, number
from civsam.instrument import dates, ranking
from civsam.instrument.questionnaire import DONT_KNOW, NONE, Item, Questionnaire


def answers(item: Item, questionnaire: Questionnaire) -> dict[str, str]:
    """The codes that may be ticked with the words beside them, 'ved ikke' last; of a count only that."""
    own = {DONT_KNOW: questionnaire.dont_know} if item.allows_dont_know else {}
    return {**item.scale.answers, **own}


def rule(item: Item, questionnaire: Questionnaire) -> str:
    """What an answer must keep to, in words; blank for one answer and for text."""
    if item.scale.type == "antal":
        scale, places = item.scale, item.scale.decimals
        low, high = (number(end, places if end % 1 else 0) for end in (scale.low, scale.high))
        precise = f" med højst {places} decimal{'er' if places > 1 else ''}" if places else ""
        unit = f" ({scale.unit})" if scale.unit else ""
        words = f"Skriv et {'' if places else 'helt '}tal fra {low} til {high}{precise}{unit}."
        totals = [f"»{questionnaire.items[total].topic}«" for total in item.part_of]
        together = " tilsammen" if len(totals) > 1 else ""
        return f"{words} Tallet må ikke være større end i {listed(totals)}{together}." if totals else words
    if item.scale.type == "dato":
        return f"Skriv en {dates.span(item.scale)}."
    if item.scale.type == "rangordning":
        some = ranking.amount(item.scale)
        return f"Skriv tal: 1 ved det, du sætter først, 2 ved det næste og så videre. Rangordn {some}."
    alone = [f"»{label}«" for code, label in answers(item, questionnaire).items() if code in (NONE, DONT_KNOW)]
    return f"{listed(alone)} kan kun vælges alene." if item.scale.type == "flere" and alone else ""
