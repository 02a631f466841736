"""Whether a claim is true where everything is known: of the model behind the answers, or of a whole population.

It is held against values as they are, with no chance in them. The arrays may have an axis of replications first; the
groups are on the last.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from civsam.inference.settled import settled
from civsam.study import published
from civsam.study.claims import Claim

Spec = dict[str, str]  # a `maal` of a claim
Found = Callable[[Spec, str], np.ndarray]  # measure and variable ("" for all) give the value of each group, (..., G)
Trend = Callable[[Spec, str], np.ndarray]  # measure and variable give the slope over the ordered groups, (...)


def holds(claim: Claim, value: Found, trend: Trend, labels: Callable[[str], list[str]]) -> np.ndarray:
    """Whether a claim is true of these values, boolean (...); what is as good as equal is equal (`settled`).

    labels: the groups of a variable, in their order. Raises ValueError for a rule that has no truth here.
    """
    def each(specs: list[Spec]) -> np.ndarray:
        """The values of these measures in all, the measures on the last axis."""
        return np.concatenate([settled(value(spec, "")) for spec in specs], axis=-1)

    grouped = [(settled(value(spec, by)), by, margin) for by in claim.by if claim.rule != "haeldning"
               for spec, margin in zip(claim.measures, claim.margins, strict=True)]
    sign = -1 if claim.rule in ("mindre_end", "sidst") else 1
    if claim.rule == "lig":
        return settled(np.abs(each(claim.measures)[..., 0] - published.value(claim.id))) < claim.margins[0]
    if claim.rule in ("mere_end", "mindre_end"):
        mine = sign * each(claim.measures)
        least = sign * np.array([claim.limit]) if claim.limit is not None else sign * each(claim.against)
        return mine.min(axis=-1) > least.max(axis=-1)
    if claim.rule in ("foerst", "sidst"):
        return np.all([_apart(sign * found, labels(by), claim) for found, by, _ in grouped], axis=0)
    if claim.rule == "ingen_forskel":
        return np.all([settled(np.ptp(found, axis=-1)) < margin for found, _, margin in grouped], axis=0)
    if claim.rule == "forskel":
        return np.all([settled(np.ptp(found, axis=-1)) > 0 for found, _, _ in grouped], axis=0)
    if claim.rule == "haeldning":
        return np.all([settled(trend(spec, by)) > 0 for spec in claim.measures for by in claim.by], axis=0)
    raise ValueError(f"no truth is known of the rule {claim.rule!r}")


def _apart(found: np.ndarray, labels: list[str], claim: Claim) -> np.ndarray:
    """Whether the claim's groups lie above all others but those that are excepted."""
    first = np.isin(labels, claim.groups)
    others = ~first & ~np.isin(labels, claim.except_groups)
    return found[..., first].min(axis=-1) > found[..., others].max(axis=-1)
