"""How much of collected answers is shown, and which splits cost most: told before a book is published."""

from __future__ import annotations

from collections import Counter

from civsam.danish import number
from civsam.disclosure import alternatives
from civsam.disclosure.plan import Plan


def told(plan: Plan) -> list[str]:
    """In words: how many shares are shown, in all and by each split, that with most hidden first; none if all are.

    Counted are the answers one by one, in groups that somebody is in. Synthetic answers: nothing.
    """
    shown, there = (Counter(name[1] for name in alternatives.seen(plan, hidden=all_)) for all_ in (False, True))
    if shown == there:
        return []
    background = plan.survey.questionnaire.background
    costly = sorted((by for by in there if by), key=lambda by: shown[by] - there[by])
    parts = [f"  efter {background[by].name}: {number(shown[by])} af {number(there[by])}" for by in costly]
    return [f"{number(shown.total())} af {number(there.total())} andele vises; resten er skjult for at beskytte "
            "dem, der har svaret.",
            f"  uden opdeling: {number(shown[''])} af {number(there[''])}", *parts]
