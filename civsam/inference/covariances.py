"""The covariance of any estimates: each row of a table is made again, and all are held together by one design."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from civsam.files import UserError
from civsam.inference.estimators import variables
from civsam.inference.variance import covariance as of_influence
from civsam.survey.design import Design
from civsam.survey.grouping import split
from civsam.survey.survey import Survey

NAMES = ["statistic", "item", "answer", "by", "group"]
KINDS = ("share", "mean", "score", "ratio", "total", "variance", "sd")
ALIKE = 1e-8  # how near a row that is made again must be to the row, relative


def covariance(survey: Survey, estimates: pd.DataFrame) -> pd.DataFrame:
    """Covariance matrix of a table of estimates, or of several that are stacked (`pd.concat`); R's vcov.

    Rows and columns are the table's rows, named by `NAMES`; the diagonal is se squared, and what a linear combination
    of the estimates has for an error follows. All but quantiles, which are no sums. Missing for a row without estimate.

    Raises ValueError for what are no estimates of this survey, known by their number, estimate and error, and for
    quantiles; UserError where the estimates are not of the same response: the weights follow who answered a question.

    >>> from civsam import estimate, open_edition
    >>> survey = open_edition().survey
    >>> regions = estimate.shares(survey, "pol_fokus", "ja", by="region")
    >>> estimate.covariance(survey, regions).shape
    (5, 5)
    """
    if estimates.empty or not {*NAMES, "n", "estimate", "se"} <= set(estimates):
        raise ValueError(f"covariances are of estimates (`estimate`), not of a table with {', '.join(estimates)}")
    made = [_made(survey, row) for _, row in estimates.iterrows()]
    design = made[0].design
    if other := [one for one in made if one.design is not design]:
        raise UserError(f"{made[0].item} og {other[0].item} er ikke besvaret af de samme, og vægtene følger dem, der "
                        "svarede på spørgsmålet. Regn begge på weighting.blank_as_domain(survey), og giv den.")
    names, (value, se) = pd.MultiIndex.from_frame(estimates[NAMES]), estimates[["estimate", "se"]].to_numpy(float).T
    slack = ALIKE * np.abs(np.nan_to_num(value))  # an error of 0 is what rounding leaves of it
    for left_out in (True, False):  # the errors of "jackknife" and of R: where weights are not calibrated, the same
        matrix = _matrix(design, made, left_out=left_out)
        near = np.isclose(np.sqrt(np.maximum(np.diag(matrix), 0)), se, ALIKE, slack, equal_nan=True)
        if np.all(near | np.isnan(value)):
            return pd.DataFrame((matrix + matrix.T) / 2, names, names)
    raise ValueError("the errors of the table are not those of this survey: make the estimates of it, all in one way")


@dataclass(frozen=True, eq=False)
class _Made:
    """A row made again. y and x: (n,), 0 outside the group. inside: who is in it, 0/1 (n,)."""

    design: Design
    kind: str
    item: str
    y: np.ndarray
    x: np.ndarray
    inside: np.ndarray

    def value(self, weights: np.ndarray) -> np.floating:
        """The estimate with these weights (n,)."""
        total = weights @ self.y
        if self.kind == "total":
            return total
        mean = total / (weights @ self.x)
        if self.kind not in ("variance", "sd"):
            return mean
        n, deviation = self.inside.sum(), self.inside * (self.y - mean)
        variance = weights @ deviation**2 / (weights @ self.x) * n / (n - 1)
        return variance if self.kind == "variance" else np.sqrt(variance)

    def linear(self, weights: np.ndarray) -> np.floating:
        """The estimate, but of a standard deviation what its variance moves it by: its error is by the delta method."""
        value = self.value(weights)
        return value if self.kind != "sd" else value**2 / (2 * self.value(self.design.weights))

    def influence(self) -> np.ndarray:
        """Influence values, shape (n,)."""
        weights = self.design.weights
        if self.kind == "total":
            return weights * self.y
        size, value = weights @ self.x, self.value(weights)
        y, centre = self.y, value
        if self.kind in ("variance", "sd"):
            n, mean = self.inside.sum(), weights @ self.y / size
            y, centre = self.inside * (self.y - mean) ** 2 * n / (n - 1), value if self.kind == "variance" else value**2
        influence = weights * (y - centre * self.x) / size
        return influence / (2 * value) if self.kind == "sd" else influence


def _made(survey: Survey, row: pd.Series) -> _Made:
    """A row of estimates made again. Raises ValueError where it comes out as another."""
    kind, item, answer = row["statistic"], row["item"], row["answer"]
    if kind not in KINDS:
        raise ValueError(f"covariances are of {', '.join(KINDS)}, not of {kind}")
    part = split(survey, row["by"])
    place = part.place(row["group"])
    sort = {"total": "share" if answer else "mean", "variance": "mean", "sd": "mean"}.get(kind, kind)
    for dont_know in (True, False):
        those = variables(survey, sort, item, answer, dont_know=dont_know)
        inside = (those.base & (part.code == place)).astype(float)
        x = inside if those.x is None else those.x * inside
        made = _Made(part.among(survey, those.responded).design, kind, item, those.y * inside, x, inside)
        with np.errstate(divide="ignore", invalid="ignore"):
            value = made.value(made.design.weights)
        if inside.sum() == row["n"] and (np.isclose(value, row["estimate"], rtol=ALIKE, atol=ALIKE**2)
                                         or np.isnan(row["estimate"])):
            return made
    raise ValueError(f"{kind} of {item} {answer} in {row['by']} {row['group']} is another of this survey: {value:g} of "
                     f"{inside.sum():g}, not {row['estimate']:g} of {row['n']}")


def _matrix(design: Design, made: list[_Made], *, left_out: bool) -> np.ndarray:
    """The covariance (k, k); NaN where there is no estimate."""
    with np.errstate(divide="ignore", invalid="ignore"):
        if design.replicates is not None:
            each = np.array([[one.linear(weights) for one in made] for weights in design.replicates])
            return design.replicates.spread(each, np.array([one.linear(design.weights) for one in made]))
        return of_influence(np.column_stack([one.influence() for one in made]), design, left_out=left_out)
