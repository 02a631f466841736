"""The municipality as response group: an alternative to the study's own, shown as a sensitivity."""

from __future__ import annotations

from collections.abc import Hashable

import pandas as pd

from civsam.study import register
from civsam.survey.survey import Survey

MIN_IN_MUNICIPALITY = 2  # a variance within a municipality needs two


def municipality_groups(survey: Survey) -> pd.Series:
    """The municipality as response group of every position in the frame, an alternative to `weighting.response_groups`.

    Municipalities with fewer than `MIN_IN_MUNICIPALITY` respondents are joined within region and size type; if that is
    too few still, with the municipality there that has fewest respondents, else with the next size type of the region.
    """
    frame = survey.frame
    responded = pd.Series(frame.index.isin(survey.answers.index), frame.index).groupby(frame["kommunekode"]).sum()
    own = frame.drop_duplicates("kommunekode").set_index("kommunekode")
    name: dict[Hashable, str] = {}
    for _, region in own.groupby("region", sort=False):
        for joined in _joined([responded[region.index[region["kommunetype"] == size]].sort_values(kind="stable")
                               for size in register.SIZES]):
            name |= dict.fromkeys(joined, "+".join(map(str, joined)))
    return frame["kommunekode"].map(name)


def _joined(size_types: list[pd.Series]) -> list[list[Hashable]]:
    """Groups of municipalities from their respondents by size type, fewest first; see `municipality_groups`."""
    done: list[list[Hashable]] = []
    pending: list[Hashable] = []
    respondents = 0
    for responded in size_types:
        few = responded[responded < MIN_IN_MUNICIPALITY]
        enough = [[code] for code in responded.index[len(few):]]
        pending, respondents = [*pending, *few.index], respondents + few.sum()
        if pending and respondents < MIN_IN_MUNICIPALITY and enough:
            enough[0] = [*enough[0], *pending]
            pending, respondents = [], 0
        elif respondents >= MIN_IN_MUNICIPALITY:
            done, pending, respondents = [*done, pending], [], 0
        done += enough
    if pending:  # what is left over joins the last group
        done = [*done[:-1], [*(done[-1] if done else []), *pending]]
    return done
