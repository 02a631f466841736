"""Numbers and rows that are the same whatever order sums were made in: nothing is decided on the last bit of a sum.

Sums differ in their last bits from processor to processor and with the order of their parts. What is compared, sorted,
ranked, rounded or shown is therefore `settled` first. What is drawn at random is drawn for respondents `in_order`, so
that it belongs to them and not to their places in a file.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from civsam.survey.design import Design, Stage
from civsam.survey.survey import Survey

DIGITS = 12  # significant ones that are kept
NOTHING = 1e-12  # what lies this close to 0 is what is left of numbers that cancel


def settled(values: np.ndarray | pd.Series | float, nothing: float = NOTHING) -> np.ndarray:
    """The values to `DIGITS` significant digits, any shape; those within `nothing` of 0 are 0. NaN and infinity stay.

    nothing: 0 for what may be tiny without being a remainder, such as p-values.
    """
    x = np.asarray(values, dtype=float)
    size = np.abs(x)
    usual = (size >= nothing) & (size > 1e-290) & np.isfinite(x)
    scale = 10.0 ** (DIGITS - 1 - np.floor(np.log10(np.where(usual, size, 1.0))))
    whole = np.rint(np.where(usual, x, 0.0) * scale) / scale
    return np.where(usual, whole, np.where(np.isfinite(x), 0.0, x)) + 0.0  # no minus before a zero


def settled_table(table: pd.DataFrame) -> pd.DataFrame:
    """The table with all its real numbers `settled`; p-values keep what they have of small ones."""
    real = table.select_dtypes("floating")
    return table.assign(**{str(name): settled(real[name], 0.0 if _is_p(str(name)) else NOTHING) for name in real})


def _is_p(name: str) -> bool:
    return name == "p" or name.startswith("p_")


def in_order(survey: Survey) -> Survey:
    """The same survey with its respondents, and all that their design tells of each, in the order of their keys."""
    order = survey.answers.index.argsort(kind="stable")
    if np.all(order == np.arange(len(order))):
        return survey
    design, calibration, replicates = survey.design, survey.design.calibration, survey.design.replicates
    stages = tuple(Stage(stage.strata[order], stage.clusters[order], stage.population[order])
                   for stage in design.stages)
    if calibration is not None:
        calibration = replace(calibration, cell=calibration.cell[order], weights=calibration.weights[order])
    if replicates is not None:
        replicates = replace(replicates, weights=replicates.weights[order], cluster=replicates.cluster[order],
                             index=None if replicates.index is None else replicates.index[order])
    nested = [replace(stage, cluster=stage.cluster[order]) for stage in design.nested]
    ordered = Design(design.weights[order], stages, design.target, calibration, replicates, design.lonely,
                     (stages, nested))
    again = design.again and partial(_ordered, survey, order)
    return survey.having(answers=survey.answers.iloc[order], design=ordered.made_by(again))


def _ordered(survey: Survey, order: np.ndarray, there: np.ndarray) -> Design:
    """The ordered design where those there (n,), in that order, are the respondents."""
    back = np.empty(len(order), dtype=bool)
    back[order] = there
    return in_order(survey.having(design=survey.design.among(back))).design
