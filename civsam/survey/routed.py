"""Who a survey's questions were asked, and answers that were given in spite of it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from civsam.instrument import routing
from civsam.instrument.questionnaire import Questionnaire


def faults(answers: pd.DataFrame, questionnaire: Questionnaire) -> list[str]:
    """A line for each item that was answered by somebody who was not asked, in Danish; `checked` raises them."""
    lines = []
    for item, wrong in routing.in_spite(questionnaire, answers):
        cells = answers[item.id][wrong]
        others = f" og {len(cells) - 1} andre" if len(cells) > 1 else ""
        lines.append(f"svarene, kolonnen {item.id}, rækken »{cells.index[0]}«{others}: »{str(cells.iloc[0])[:60]}« er "
                     f"svaret, men spørgsmålet stilles kun til {routing.base(item, questionnaire)}. Tøm cellen, eller "
                     "ret svaret dér.")
    return lines


def asked(answers: pd.DataFrame, questionnaire: Questionnaire) -> dict[str, np.ndarray]:
    """Who was asked each item that is asked of some only, or may have been, boolean (n,); see `routing`."""
    return {name: ~past for name, past in routing.passed_over(questionnaire, answers).items()}
