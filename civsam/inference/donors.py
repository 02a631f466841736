"""Who may fill in the blanks of a respondent so that he is asked what he answered, and nothing else."""

from __future__ import annotations

import numpy as np
import pandas as pd

from civsam.instrument import routing
from civsam.instrument.conditions import claims, opposite, sources
from civsam.survey.survey import Survey


class Routes:
    """What donors must have in common with whom they give to, where questions are asked of some only.

    marks: boolean (n, m), the same for respondents whose donors are the same.
    """

    def __init__(self, survey: Survey, blank: pd.DataFrame) -> None:
        """blank: the cells to fill, (n, items)."""
        asked, answers = survey.questionnaire, survey.answers
        past = routing.passed_over(asked, answers)
        given, some = answers != "", [item for item in routing.routed(asked) if item.id in answers]
        nothing = np.zeros((len(answers), 0), dtype=bool)
        self._given = np.column_stack([nothing, *(given[item.id] for item in some)])
        # what he answered though it is not known that he was asked: the donor must have answered it too
        self._must = np.column_stack([nothing, *(
            given[item.id] & blank[sources(item.only_if)].any(axis=1) for item in some if item.only_if)])
        known, decided = [nothing], [nothing]
        for place, item in enumerate(some):
            for claim in claims(item.only_if) if item.only_if else ():
                holds, fails = (routing.certain(one, asked, answers, past) for one in (claim, opposite(claim)))
                known += [np.column_stack([holds, fails])]
                filled = blank[item.id].to_numpy() | self._must[:, place]
                decided += [np.column_stack([holds & filled, fails & filled])]
        self._known, self._decided = np.hstack(known), np.hstack(decided)
        self.marks = np.hstack([self._must, self._decided])

    def agree(self, row: int) -> np.ndarray:
        """Who may give to the respondent of this row, boolean (n,)."""
        same = ~(self._decided[row] & ~self._known).any(axis=1)
        return same & ~(self._must[row] & ~self._given).any(axis=1)
