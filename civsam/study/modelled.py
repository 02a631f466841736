"""What the model behind the synthetic answers says: its own value of a statistic, and of each claim whether it is so.

All follows from the assumptions (`assumed`) and from how `simulate` draws, and nothing from the answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.special import expit, logit
from scipy.stats import norm

from civsam.inference.settled import settled
from civsam.instrument.questionnaire import Questionnaire
from civsam.study import assumed, claims, published, simulate
from civsam.study.claims import Claim
from civsam.survey.survey import Survey

BUILT_IN, ASSUMED, AGAINST = "bygget ind", "antaget", "antaget modsat"
POINTS = 60  # of Gauss-Hermite quadrature
NEGLIGIBLE = 0.01  # of the margin: a difference that only comes of how one variable's groups are spread over another's


# ---- The model's own values ------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Model:
    """The model for the positions of a frame (N rows). people: what draws them, by the file's assumptions or others."""

    frame: pd.DataFrame
    questionnaire: Questionnaire
    people: simulate.People = simulate.Population

    @cached_property
    def _draw(self) -> simulate.Population:
        """For its shifts and means alone."""
        return self.people(self.frame, self.questionnaire, simulate.Source(0))

    def expected(self, statistic: str, item: str, answer: str = "") -> tuple[np.ndarray, np.ndarray]:
        """Expected y and x of each position, both (N,): the model's value is the sum of y over that of x.

        statistic: share, mean or ratio; item and answer as `measure` takes them. What the municipalities share has mean
        0. Raises UserError for an item that the assumptions do not cover.
        """
        assumed.check(self.questionnaire)
        one = np.ones(len(self.frame))
        if statistic == "share":
            return self._share(item, answer.split("+")), one
        if statistic == "mean":
            return self._count(item.split("+")), one
        given, whole = self._draw.given, self._count(list(self.questionnaire.items[item].part_of))
        return whole * mean_share(given["dele"][item], given["dele_spredning"]), whole

    def _count(self, items: list[str]) -> np.ndarray:
        return np.sum([self._draw.mean(name) for name in items], axis=0)

    def _share(self, item: str, codes: list[str]) -> np.ndarray:
        """The chance that each gives one of the answers, in a base with those who say 'ved ikke'."""
        scale, given = self.questionnaire.items[item].scale, self._draw.given
        known = 1 - given["ved_ikke"][scale.type]
        if scale.type == "flere":
            shares = [given["krydser"][item][code] for code in codes]
            return np.full(len(self.frame), known * any_of(shares, given["icc"] + given["faelles_holdning"]))
        shares, sign = given["fordelinger"][item], 1 if scale.type == "ordinal" else -1
        cuts = norm.ppf(np.clip(np.cumsum([0, *shares.values()]), 0, 1))
        chance = dict(zip(shares, np.diff(norm.cdf(cuts[:, None] - sign * self._draw.shift(item)), axis=0),
                          strict=True))
        return known * sum(chance[code] for code in codes)

    def groups(self, spec: dict[str, str], by: str = "") -> dict[str, float]:
        """The model's value of a `maal` in each group of a variable that the frame has, in order; '' for all."""
        y, x = self.expected(claims.statistic_of(spec), claims.item_of(spec), spec.get("svar", ""))
        if not by:
            return {"": float(y.sum() / x.sum())}
        group = self.frame[by].to_numpy()
        inside = {code: group == code for code in self.questionnaire.background[by].labels}
        return {code: float(y[who].sum() / x[who].sum()) for code, who in inside.items() if who.any()}


def mean_share(share: float, spread: float) -> float:
    """The mean of a share that varies normally on the logit scale around that of `share`, by Gauss-Hermite."""
    at, weight = np.polynomial.hermite_e.hermegauss(POINTS)
    return float(weight @ expit(logit(share) + spread * at) / weight.sum())


def any_of(shares: list[float], common: float) -> float:
    """The chance of one of several crosses with these shares, or more; the levels share `common` of their variance.

    Given what they share they are independent; over that, Gauss-Hermite.
    """
    at, weight = np.polynomial.hermite_e.hermegauss(POINTS)
    ticked = norm.cdf((norm.ppf(shares)[:, None] - np.sqrt(common) * at) / np.sqrt(1 - common))
    return float(1 - weight @ np.prod(1 - ticked, axis=0) / weight.sum())


# ---- What it says of claims ------------------------------------------------------------------------------------------


def relations(claim: Claim, survey: Survey) -> list[str]:
    """Of each measure of a claim, whether it was built into synthetic answers, assumed, or assumed otherwise.

    Built in is what answers are moved onto (`forankring`), and what decides who answers (`DRAWN_WITHIN`, `DRAWN_AGAIN`
    of `simulate`).
    """
    model = Model(survey.frame, survey.questionnaire)
    return [BUILT_IN if _built_in(claim, spec) else ASSUMED if _holds(claim, place, model) else AGAINST
            for place, spec in enumerate(claim.measures)]


def _built_in(claim: Claim, spec: dict[str, str]) -> bool:
    if "svarede" in spec:
        return set(claim.by) <= {*simulate.DRAWN_WITHIN, *simulate.DRAWN_AGAIN}
    to = assumed.assumptions()["forankring"].get(claims.item_of(spec), {})
    return to.get("udsagn") == claim.id and to.get("svar") == spec.get("svar")


def _holds(claim: Claim, place: int, model: Model) -> bool:
    """Whether one of a claim's measures is in the model as the claim says."""
    spec, margin = claim.measures[place], claim.margins[place]
    if claim.rule == "lig":
        return bool(settled(abs(model.groups(spec)[""] - published.value(claim.id))) < margin)
    if claim.rule in ("mere_end", "mindre_end"):
        sign = 1 if claim.rule == "mere_end" else -1
        others = [claim.limit] if claim.limit is not None else [model.groups(other)[""] for other in claim.against]
        return all(settled(sign * (model.groups(spec)[""] - other)) > 0 for other in others)
    return all(_holds_over(claim, margin, model.groups(spec, by)) for by in claim.by)


def _holds_over(claim: Claim, margin: float | None, values: dict[str, float]) -> bool:
    """The same of groups with these values."""
    spread = np.ptp(list(values.values()))
    if claim.rule == "ingen_forskel":
        return bool(settled(spread) < margin)
    if claim.rule == "forskel":
        return bool(settled(spread) > NEGLIGIBLE * margin)
    if claim.rule == "haeldning":
        return bool(np.all(settled(np.diff(list(values.values()))) > 0))
    sign = -1 if claim.rule == "sidst" else 1
    mine = [sign * values[code] for code in claim.groups]
    others = [sign * value for code, value in values.items() if code not in (*claim.groups, *claim.except_groups)]
    return bool(settled(min(mine) - max(others)) > 0)
