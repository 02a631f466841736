"""The budget of errors: what each source does to one share, worked out from a population whose truth is known.

Nothing is drawn: bias and variance follow from everybody's answers and from how response was drawn.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from civsam.files import project
from civsam.pages.cells import number
from civsam.study import simulate

ITEM, ANSWER = "pol_fokus", "ja"
SAMPLE = 200  # positions, where only some are asked
SAYS_YES, OTHERS = 0.6, 0.3  # chances of answering, where those with the answer answer twice as often
FALSELY = 0.1  # of those without it, who say that they have it all the same

Rows = dict[str, tuple[float, float]]  # source to bias and variance


@cache  # by the project, whose files a process reads once, and all else that is drawn from
def _everybody(root: Path, seed: int) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """The frame with `svarede` (answered the item); who has it in truth and who would say so, shape (positions,)."""
    study = simulate.simulate(seed, anchored=False)
    answered = study.answers[ITEM].reindex(study.frame.index, fill_value="") != ""
    frame = study.frame.assign(inde=study.frame.index.isin(study.answers.index), svarede=answered)
    return frame, *((table.loc[frame.index, ITEM] == ANSWER).to_numpy() for table in (study.truth, study.asked))


def as_it_is(seed: int) -> Rows:
    """Of the share among all asked, 'ved ikke' in the denominator, weighted by area and size type.

    Response is a second phase, at random within these groups (Cochran 1977, chapters 5 and 12), and that to the item a
    third, at random among who answered at all.
    """
    frame, true, said = _everybody(project.root, seed)
    groups = frame.assign(ja=said).groupby(list(simulate.DRAWN_WITHIN))
    size, inside, spread = groups.size(), groups["inde"].sum(), groups["ja"].var(ddof=1).fillna(0)
    part = (size / len(frame)) ** 2 * spread
    answer = frame["svarede"].sum() / frame["inde"].sum()
    return {
        "Dækning": (0.0, 0.0), "Udvalg": (0.0, 0.0),
        "Måling: »ved ikke«": (float(said.mean() - true.mean()), 0.0),
        "Bortfald: hele skemaet": (0.0, float((part * (1 / inside - 1 / size)).sum())),
        "Bortfald: kun spørgsmålet": (0.0, float((part * (1 / (inside * answer) - 1 / inside)).sum())),
    }


def if_it_were_so(seed: int) -> Rows:
    """What a source would add, were it otherwise than it is, each by itself."""
    frame, _, said = _everybody(project.root, seed)
    chance, technology = np.where(said, SAYS_YES, OTHERS), (frame["fagomraade"] == "teknik").to_numpy()
    share, size = said.mean(), len(frame)
    respondents = np.average(said, weights=chance)
    return {
        "Dækning: teknik og miljø mangler i rammen": (float(said[~technology].mean() - share), 0.0),
        f"Udvalg: kun {SAMPLE} bliver spurgt": (0.0, float((1 / SAMPLE - 1 / size) * said.var(ddof=1))),
        "Bortfald: de, der har øget fokus, svarer dobbelt så ofte": (
            float(respondents - share),
            float((chance * (1 - chance) * (said - respondents) ** 2).sum() / chance.sum() ** 2)),
        "Måling: hver tiende uden øget fokus siger ja alligevel": (
            float(FALSELY * (1 - share)), float(FALSELY * (1 - FALSELY) * (1 - share) / size)),
    }


def table(rows: Rows, total: str = "") -> pd.DataFrame:
    """Bias, spread and mean squared error, in points and points squared. total: the name of a last row of them all."""
    if total:
        rows = rows | {total: tuple(map(sum, zip(*rows.values(), strict=True)))}
    points = pd.DataFrame.from_dict(rows, "index", columns=["bias", "variance"])
    return pd.DataFrame({
        "Skævhed": [number(100 * bias, 2) for bias in points["bias"]],
        "Spredning": [number(100 * variance ** 0.5, 2) for variance in points["variance"]],
        "Middelkvadratfejl": [number(1e4 * (bias ** 2 + variance), 2) for bias, variance in points.to_numpy()],
    }, index=pd.Index(points.index, name="Kilde"))
