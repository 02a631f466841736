"""What the answers of several lessons are counted with."""

from __future__ import annotations

import numpy as np

from civsam.edition import Edition


def here(edition: Edition, code: int) -> np.ndarray:
    """Which respondents work in the municipality, shape (n,)."""
    return (edition.survey.background["kommunekode"] == code).to_numpy()


def same_region(edition: Edition, code: int) -> np.ndarray:
    """Which respondents work in the region of the municipality, shape (n,)."""
    return (edition.survey.background["region"] == region_of(edition, code)).to_numpy()


def region_of(edition: Edition, code: int) -> str:
    """The code of the region that the municipality lies in."""
    frame = edition.survey.frame
    return str(frame.loc[frame["kommunekode"] == code, "region"].iloc[0])


def focus(edition: Edition, rows: np.ndarray | bool = True) -> float:
    """Share with increased focus of those among the rows who answered the question."""
    return edition.survey.says("pol_fokus", "ja")[edition.survey.answered("pol_fokus") & rows].mean()
