"""The tidy table of the laboratory: what follows from the counts of many surveys, each held against the truth.

A row a scenario, target and figure, with the columns `COLUMNS`:
scenario (its number in the grid), target, kind (response, estimate, difference, slope, family of tests, claim), name (a
family's or claim's), statistic, item, answer, by, a and b as in `compare` (of an estimate a is its group); used
(replications with a figure), truth (its mean), bias, bias_mc, se (the standard deviation of the errors), se_mc, stated
(the root of the mean of the squared standard errors), ratio (stated over se), ratio_mc, coverage (of the 95 percent
interval) and coverage_mc; false_alarm and missed with false_alarm_mc and missed_mc. The columns _mc are Monte Carlo
standard errors.

The row of kind response has the mean response rate as its truth, and in used the replications that could be analysed.
For a family of tests false_alarm is the share of replications with at least one rejection where the model has no
difference, missed the share of the model's differences that are not found. For a claim they are the shares of the
replications in which it is false but supported, and true but not supported; truth is how often it is true.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from civsam.laboratory.draw import layout
from civsam.laboratory.judge import CLAIMS, FAMILIES, TARGETS, UNIT, Tally, names
from civsam.study import claims

COLUMNS = (
    "scenario", "target", "kind", "name", "statistic", "item", "answer", "by", "a", "b", "used", "truth", "bias",
    "bias_mc", "se", "se_mc", "stated", "ratio", "ratio_mc", "coverage", "coverage_mc", "false_alarm", "false_alarm_mc",
    "missed", "missed_mc",
)


def summary(number: int, counts: Tally, place: int) -> pd.DataFrame:
    """The rows of one scenario, from the counts of all its surveys and its place among their analyses."""
    parts = [_figure_rows(counts["fields"][place][side]).assign(target=target) for side, target in enumerate(TARGETS)]
    replications, usable, answered = counts["head"][place]
    rate = answered / replications / len(layout().frame)
    response = pd.DataFrame({"target": "population", "kind": "response", "used": [usable], "truth": rate})
    parts = [response, *parts, _family_rows(counts["families"][place]), _claim_rows(counts["claims"][place])]
    return pd.concat(parts, ignore_index=True).assign(scenario=number).reindex(columns=list(COLUMNS))


def _figure_rows(fields: np.ndarray) -> pd.DataFrame:
    """Bias, errors and coverage, each with its Monte Carlo error; fields: (fields, Q)."""
    n, truth, error, error2, _, se2, intervals, covered = fields.astype(float)
    with np.errstate(invalid="ignore", divide="ignore"):
        truth, error, error2, se2 = (part / UNIT / n for part in (truth, error, error2, se2))
        se = np.sqrt(np.maximum(error2 - error**2, 0) * n / (n - 1))
        mean = fields[4] / UNIT / n
        stated, spread = np.sqrt(se2), np.maximum(se2 - mean**2, 0)
        ratio = stated / se
        ratio_mc = ratio * np.sqrt(1 / (2 * (n - 1)) + spread / (n * se2))
        coverage = covered / intervals
        columns = {"used": n.astype(int), "truth": truth, "bias": error, "bias_mc": se / np.sqrt(n), "se": se,
                   "se_mc": se / np.sqrt(2 * (n - 1)), "stated": stated, "ratio": ratio, "ratio_mc": ratio_mc,
                   "coverage": coverage, "coverage_mc": _rate_mc(coverage, intervals)}
    return names().assign(name="", **columns)


def _rate_mc(rate: np.ndarray, n: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.sqrt(rate * (1 - rate) / n)


def _family_rows(counts: np.ndarray) -> pd.DataFrame:
    """False alarms and missed differences of the families of tests, about the process; counts: (3, families)."""
    n, alarms, missed = counts.astype(float)
    with np.errstate(invalid="ignore", divide="ignore"):
        alarm, miss = alarms / n, missed / UNIT / n
    # the Monte Carlo error of a mean share of misses is at most that of a single one
    return pd.DataFrame({"target": "process", "kind": "family", "name": list(FAMILIES), "used": n.astype(int),
                         "false_alarm": alarm, "false_alarm_mc": _rate_mc(alarm, n), "missed": miss,
                         "missed_mc": _rate_mc(miss, n)})


def _claim_rows(counts: np.ndarray) -> pd.DataFrame:
    """How often claims are true, supported though false, and not supported though true; counts: (claims, 2, 3)."""
    asked = [TARGETS[claims.read()[name].process] for name in CLAIMS]
    false, true = counts.sum(axis=2).T.astype(float)
    with np.errstate(invalid="ignore", divide="ignore"):
        alarm, missed = counts[:, 0, 0] / false, 1 - counts[:, 1, 0] / true
    return pd.DataFrame({"target": asked, "kind": "claim", "name": CLAIMS, "used": (false + true).astype(int),
                         "truth": true / (false + true), "false_alarm": alarm, "false_alarm_mc": _rate_mc(alarm, false),
                         "missed": missed, "missed_mc": _rate_mc(missed, true)})
