"""Answers to questions that were not asked: faults, but for ticks that only say that nothing is ticked."""

from __future__ import annotations

import pandas as pd

from civsam.instrument import routing
from civsam.instrument.conditions import sources
from civsam.instrument.questionnaire import NO_TICK
from civsam.intake.answer_file import AnswerFile, by_value
from civsam.intake.coding import UNREAD
from civsam.intake.faults import Fault


def held(file: AnswerFile, answers: pd.DataFrame) -> pd.DataFrame:
    """The answers with a fault for each that was given to a question that is not asked after the others.

    Of several answers programs write that none is ticked also where nobody was asked: that is a blank, which a note
    tells. answers: coded, a categorical column an item. Cells that are faults already decide nothing.
    """
    items = file.questionnaire.items
    if not (some := routing.routed(file.questionnaire)):
        return answers
    text = answers.astype("str")
    text = text.mask(text.apply(lambda column: column.str.startswith(UNREAD)), "")
    silent = {item.id: text[item.id] == NO_TICK for item in some}
    past = routing.passed_over(file.questionnaire, text.assign(**{
        name: text[name].mask(none, "") for name, none in silent.items()}))
    file.note("Spørgsmål, som ingen skulle stilles efter deres andre svar",
              [item.id for item in some if len(text) and past[item.id].all()])
    for item in some:
        dull = past[item.id] & silent[item.id].to_numpy()
        if dull.any():
            file.note(f"Rækker uden kryds i {item.id}, som er læst som ikke spurgt", [str(int(dull.sum()))])
            answers = answers.assign(**{item.id: answers[item.id].astype("str").mask(dull, "")})
        wrong = past[item.id] & ~dull & (text[item.id] != "").to_numpy()
        assert item.only_if is not None
        told = routing.words(item.only_if, file.questionnaire, str)
        first = next(name for name in sources(item.only_if) if name in items)
        for value, rows in by_value(text.loc[wrong, item.id]).items():
            file.add(Fault(item.id, value, "er besvaret, selv om spørgsmålet ikke skulle stilles",
                           f"kun svar fra dem, der {told}", f"Tøm cellen, eller ret svaret på {first}."), rows)
    return answers
