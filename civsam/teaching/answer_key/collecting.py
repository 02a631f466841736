"""Right answers of the lessons on who is asked, what is measured, and those who do not answer."""

from __future__ import annotations

import numpy as np
import pandas as pd

from civsam.edition import Edition
from civsam.survey.survey import Survey
from civsam.teaching.answer_key.common import region_of, same_region
from civsam.teaching.exercises import exercise


def _percent(part: np.ndarray, whole: np.ndarray) -> float:
    """Those of `whole` that are in `part`, both boolean of shape (n,), in percent."""
    return 100 * (part & whole).sum() / whole.sum()


# ---- Population og ramme


@exercise("population-1", unit="stillinger", own=True, mistakes={
    "Så mange svarede. Opgaven spørger, hvor mange der blev spurgt.": lambda edition, code:
        _answered_in_region(edition, code),
    "Så mange er der i kommunen selv. Opgaven spørger om hele regionen.": lambda edition, code:
        int((edition.survey.frame["kommunekode"] == code).sum()),
})
def asked_in_region(edition: Edition, code: int) -> int:
    """Positions in the frame in the region of the reader's municipality."""
    frame = edition.survey.frame
    return int((frame["region"] == region_of(edition, code)).sum())


@exercise("population-2", unit="stillinger pr. kommune", decimals=1, mistakes={
    "Du har delt antallet af svar. Her spørges der om alle i rammen.": lambda edition:
        len(edition.survey.answers) / edition.survey.frame["kommunekode"].nunique(),
})
def positions_a_municipality(edition: Edition) -> float:
    """Positions in the frame over municipalities."""
    return len(edition.survey.frame) / edition.survey.frame["kommunekode"].nunique()


@exercise("population-3", choices={"chefer": "cheferne", "kommuner": "kommunerne", "samarbejder": "samarbejderne"},
          mistakes={
              "Cheferne er dem, der svarer. Men hvad er det, der går på tværs?": lambda _: "chefer",
              "Kommunerne er der, hvor cheferne arbejder. Men hvad er det, der går på tværs?": lambda _: "kommuner",
          })
def unit_of_n6(edition: Edition) -> str:
    """The unit that the published share across areas is a share of."""
    return "samarbejder"


@exercise("population-4", unit="kommuner", mistakes={
    "Du har talt dem med, der har netop tre svar. Opgaven spørger efter dem med færre end tre.": lambda edition:
        int((_respondents(edition) <= 3).sum()),
})
def nearly_silent(edition: Edition) -> int:
    """Municipalities from which fewer than three answered."""
    return int((_respondents(edition) < 3).sum())


def _respondents(edition: Edition) -> pd.Series:
    """Respondents in each municipality of the frame, none included."""
    survey = edition.survey
    return survey.background["kommunekode"].value_counts().reindex(survey.frame["kommunekode"].unique(), fill_value=0)


@exercise("population-5", choices={
    "under": "underdækning", "over": "overdækning", "bortfald": "bortfald",
}, mistakes={
    "Er det en, der hører til populationen, men mangler på listen?": lambda _: "under",
    "Den, der svarer nej tak eller tier, hører til populationen. Gør en nedlagt stilling det?": lambda _: "bortfald",
})
def abolished_position(edition: Edition) -> str:
    """A position in the frame that is in the population no more."""
    return "over"


# ---- At måle


@exercise("maaling-1", choices={"nominal": "nominal", "ordinal": "ordinal", "antal": "antal"}, mistakes={
    "Svarene er mere end navne: det ene udtrykker mere enighed end det andet.": lambda _: "nominal",
    "Man kan give svarene numre, men er der lige langt fra det ene til det andet?": lambda _: "antal",
})
def scale_of_trust(edition: Edition) -> str:
    """The kind of scale that the item on trust has in the questionnaire."""
    return edition.survey.questionnaire.items["vae_tillid"].scale.type


@exercise("maaling-2", unit="procent", decimals=1, mistakes={
    "Det er andelen af alle, der svarede. Tag dem ud, der ikke vidste det.": lambda edition:
        _percent(edition.survey.says("pol_fokus", "ja"), edition.survey.answered("pol_fokus")),
})
def focus_among_those_who_know(edition: Edition) -> float:
    """Share with increased focus of those who did not say 'ved ikke', not weighted."""
    return _percent(edition.survey.says("pol_fokus", "ja"), edition.survey.knows("pol_fokus"))


@exercise("maaling-3", unit="samarbejder", mistakes={
    "Det er gennemsnittet. Find det midterste tal.": lambda edition: np.nanmean(edition.survey.number("pra_lange")),
})
def median_of_long(edition: Edition) -> float:
    """Median of the longer collaborations among those who gave a number, not weighted."""
    return float(np.nanmedian(edition.survey.number("pra_lange")))


@exercise("maaling-4", unit="svarpersoner", own=True, mistakes={
    "Så mange svarede på skemaet. Nogle af dem gav ikke et tal her.": lambda edition, code:
        _answered_in_region(edition, code),
    "Du har talt dem med, der svarede »ved ikke«. De gav ikke et tal.": lambda edition, code:
        int((same_region(edition, code) & edition.survey.answered("pra_lange")).sum()),
})
def numbers_in_region(edition: Edition, code: int) -> int:
    """Respondents in the region of the reader's municipality who gave a number of longer collaborations."""
    return int((same_region(edition, code) & edition.survey.knows("pra_lange")).sum())


# ---- Når nogen ikke svarer


@exercise("bortfald-1", unit="procent", decimals=1, mistakes={
    "Det er andelen, der svarede. Opgaven spørger efter de andre.": lambda edition:
        100 * len(edition.survey.answers) / len(edition.survey.frame),
})
def silent(edition: Edition) -> float:
    """Those asked who did not answer, in percent."""
    return 100 - 100 * len(edition.survey.answers) / len(edition.survey.frame)


@exercise("bortfald-2", choices={
    "tilfaeldigt": "helt tilfældigt", "kendt": "tilfældigt, når man tager hensyn til det, man ved",
    "svaret": "efter svaret selv",
}, mistakes={
    "De travle svarer sjældnere, så alle har ikke den samme chance.": lambda _: "tilfaeldigt",
    "Det ville være rigtigt, hvis nogen havde målt, hvem der er travl.": lambda _: "kendt",
})
def busy_managers(edition: Edition) -> str:
    """Nonresponse that depends on the answer through something that nobody measured."""
    return "svaret"


@exercise("bortfald-3", unit="procent", decimals=1, own=True, mistakes={
    "Du har delt med dem, der tav. I nævneren skal alle adspurgte være med.": lambda edition, code:
        100 / (asked_in_region(edition, code) / _answered_in_region(edition, code) - 1),
    "Det er regionens del af alle svar. Del med regionens egne stillinger.": lambda edition, code:
        100 * _answered_in_region(edition, code) / len(edition.survey.answers),
})
def response_in_region(edition: Edition, code: int) -> float:
    """Response rate in the region of the reader's municipality, in percent."""
    return 100 * _answered_in_region(edition, code) / asked_in_region(edition, code)


def _answered_in_region(edition: Edition, code: int) -> int:
    return int(same_region(edition, code).sum())


@exercise("bortfald-4", unit="procent", decimals=1, accepts=[
    lambda edition: _least_of_rounded(edition),
], mistakes={
    "Det er andelen af dem, der svarede. Nu skal alle adspurgte med i nævneren.": lambda edition:
        _percent(edition.survey.says("pol_fokus", "ja"), edition.survey.answered("pol_fokus")),
    "Det er den anden grænse, hvor alle de tavse ville have svaret ja.": lambda edition:
        least_focus(edition) + silent(edition),
})
def least_focus(edition: Edition) -> float:
    """Share of all asked with increased focus if nobody silent had it, in percent: the lower bound."""
    return 100 * edition.survey.says("pol_fokus", "ja").sum() / len(edition.survey.frame)


def _least_of_rounded(edition: Edition) -> float:
    """The same from the share and the response rate in whole percent, as the pages tell them."""
    survey = edition.survey
    share = round(_percent(survey.says("pol_fokus", "ja"), survey.answered("pol_fokus")))
    return share * round(100 * len(survey.answers) / len(survey.frame)) / 100


def by_answer(edition: Edition) -> tuple[Survey, Survey]:
    """Respondents and everybody of a draw in which those with increased focus answer twice as often."""
    return edition.skewed(lambda everybody: np.where(everybody.says("pol_fokus", "ja"), 0.6, 0.3))


def _of_answered_and_silent(edition: Edition) -> tuple[float, float, float]:
    """Share that answered, and shares with increased focus of who answered and of who did not, in percent."""
    survey, everybody = by_answer(edition)
    here, yes = everybody.answers.index.isin(survey.answers.index), everybody.says("pol_fokus", "ja")
    return 100 * here.mean(), 100 * yes[here].mean(), 100 * yes[~here].mean()


@exercise("bortfald-5", unit="procentpoint", decimals=1, accepts=[
    lambda edition: _bias(*map(round, _of_answered_and_silent(edition))),
], mistakes={
    "Det er forskellen mellem dem, der svarede, og de tavse. Gang den med den andel, der tav.": lambda edition:
        _bias(0, *_of_answered_and_silent(edition)[1:]),
    "Du har ganget med svarprocenten. Det er de tavses andel, der tæller.": lambda edition:
        _bias(100 - _of_answered_and_silent(edition)[0], *_of_answered_and_silent(edition)[1:]),
})
def bias_by_formula(edition: Edition) -> float:
    """Share of who answered less that of all, in points: the share that is silent times the difference."""
    return _bias(*_of_answered_and_silent(edition))


def _bias(rate: float, answered: float, silent: float) -> float:
    return (1 - rate / 100) * (answered - silent)
