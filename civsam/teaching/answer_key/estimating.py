"""Right answers of the lessons on weights, small populations and clusters, and groups and many tests."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from civsam.edition import Edition
from civsam.inference import compare, weighting
from civsam.survey.survey import Survey
from civsam.teaching.answer_key.common import focus as _focus
from civsam.teaching.answer_key.common import here, same_region
from civsam.teaching.exercises import exercise

# ---- Vægtning


def uneven(edition: Edition) -> Survey:
    """Respondents of a draw in which three areas answer seldom."""
    return edition.skewed(lambda everybody: np.where(
        everybody.frame["fagomraade"].isin(["teknik", "skole", "beskaeftigelse"]), 0.25, 0.7))[0]


def _in_technology(table: pd.DataFrame) -> np.ndarray:
    return (table["fagomraade"] == "teknik").to_numpy()


@exercise("vaegtning-1", unit="stillinger pr. svar", decimals=2, mistakes={
    "Du har delt den forkerte vej: det er svarprocenten som et tal under én.": lambda edition:
        1 / weight_of_technology(edition),
})
def weight_of_technology(edition: Edition) -> float:
    """Weight of a respondent from the technical area when weighted by area."""
    return _in_technology(uneven(edition).frame).sum() / _in_technology(uneven(edition).background).sum()


@exercise("vaegtning-2", unit="procent", decimals=1, accepts=[
    lambda edition: _weighted(edition, tuple(round(share, 2) for share in _shares_in_two(uneven(edition)))),
], mistakes={
    "Det er andelen uden vægte. Lad grupperne tælle efter, hvor mange der blev spurgt.": lambda edition:
        100 * uneven(edition).says("pol_fokus", "ja").mean(),
    "Du har taget det simple gennemsnit af de to andele, men grupperne er ikke lige store.": lambda edition:
        100 * np.mean(_shares_in_two(uneven(edition))),
})
def weighted_in_two(edition: Edition) -> float:
    """Share with increased focus when technology and the rest count by positions, in percent."""
    return _weighted(edition, _shares_in_two(uneven(edition)))


def _weighted(edition: Edition, shares: tuple[float, float]) -> float:
    inside = _in_technology(edition.survey.frame).mean()
    return 100 * float(np.dot(shares, [inside, 1 - inside]))


def _shares_in_two(survey: Survey) -> tuple[float, float]:
    """Shares with increased focus in technology and in the rest."""
    inside, yes = _in_technology(survey.background), survey.says("pol_fokus", "ja")
    return yes[inside].mean(), yes[~inside].mean()


@exercise("vaegtning-3", choices={
    "bortfald": "en, der hænger sammen med, hvem der svarer", "svar": "en, der hænger sammen med, hvad de svarer",
    "begge": "en, der hænger sammen med begge dele",
}, mistakes={
    "Så ændrer vægtene antallet af hver slags, men ikke svaret.": lambda _: "bortfald",
    "Så er der ikke nogen skævhed at rette, men tallet kan blive mere sikkert.": lambda _: "svar",
})
def weight_by(edition: Edition) -> str:
    """A variable removes bias only if it goes with both response and answer."""
    return "begge"


@exercise("vaegtning-4", unit="stillinger", decimals=2, own=True, accepts=[
    lambda edition, code: edition.survey.design.weights[here(edition, code)].round(4).sum(),  # as in the class's file
], mistakes={
    "Det er antallet af svarpersoner. Læg deres vægte sammen.": lambda edition, code: here(edition, code).sum(),
    "Det er antallet af stillinger i rammen. Hvad giver vægtene?": lambda edition, code:
        (edition.survey.frame["kommunekode"] == code).sum(),
})
def weight_at_home(edition: Edition, code: int) -> float:
    """Sum of the book's weights over the respondents of the reader's municipality."""
    return edition.survey.design.weights[here(edition, code)].sum()


def _variation(edition: Edition) -> float:
    """Coefficient of variation of the weights by area in the draw with uneven response."""
    weights = weighting.poststratify(uneven(edition), "fagomraade").design.weights
    return float(weights.std() / weights.mean())


@exercise("vaegtning-5", decimals=2, accepts=[lambda edition: 1 + round(_variation(edition), 2) ** 2], mistakes={
    "Variationskoefficienten skal i anden, før der lægges en til.": lambda edition: 1 + _variation(edition),
    "Det er kun det, der skal lægges til. Med ens vægte er designeffekten en.": lambda edition:
        _variation(edition) ** 2,
})
def price_of_weights(edition: Edition) -> float:
    """Design effect of unequal weights, 1 + CV² (Kish 1965)."""
    return 1 + _variation(edition) ** 2


# ---- Små populationer og klynger


def _response(edition: Edition) -> float:
    """Share of all asked who answered the item on increased focus."""
    return edition.survey.answered("pol_fokus").sum() / len(edition.survey.frame)


@exercise("klynger-1", decimals=2, mistakes={
    "Husk kvadratroden.": lambda edition: 1 - _response(edition),
    "Du har brugt dem, der svarede. Det er den del, der ikke svarede, der er usikkerhed om.": lambda edition:
        math.sqrt(_response(edition)),
})
def finite_population(edition: Edition) -> float:
    """Square root of the finite population correction."""
    return math.sqrt(1 - _response(edition))


def _plain_error(edition: Edition, share: float | None = None) -> float:
    """Standard error of the share with increased focus as in a simple sample of an endless population, in points."""
    n, share = edition.survey.answered("pol_fokus").sum(), _focus(edition) if share is None else share
    return 100 * math.sqrt(share * (1 - share) / n)


@exercise("klynger-2", unit="procentpoint", decimals=2, accepts=[
    lambda edition: round(_plain_error(edition), 2) * round(finite_population(edition), 2),
    lambda edition: _plain_error(edition, round(_focus(edition), 2)) * finite_population(edition),
], mistakes={
    "Det er uden den sidste faktor. Populationen er ikke uendelig.": _plain_error,
    "Du har ganget med hele korrektionen. Det er dens kvadratrod, der skal bruges.": lambda edition:
        _plain_error(edition) * (1 - _response(edition)),
})
def error_by_hand(edition: Edition) -> float:
    """The same with the finite population correction (Cochran 1977, § 3.2, with n for n - 1)."""
    return _plain_error(edition) * finite_population(edition)


@exercise("klynger-3", choices={
    "endelig": "for alle de adspurgte, med korrektion for en endelig population",
    "klynger": "for processen, med kommunerne som klynger", "simpel": "som i en simpel tilfældig stikprøve af chefer",
}, mistakes={
    "Så ville forskellen være sikker, hvis blot alle svarede. Er det det, der spørges om?": lambda _: "endelig",
    "Så regner man, som om hver chef havde sit eget udgiftspres.": lambda _: "simpel",
})
def which_uncertainty(edition: Edition) -> str:
    """Groups that are constant within municipalities are compared between municipalities."""
    return "klynger"


@exercise("klynger-4", unit="svarpersoner", own=True, mistakes={
    "Så mange svarede. Hvor mange af dem sagde ja?": lambda edition, code: same_region(edition, code).sum(),
    "Så mange kommuner er der. Tæl svarpersonerne i dem.": lambda edition, code:
        edition.survey.background.loc[same_region(edition, code), "kommunekode"].nunique(),
})
def focus_in_region(edition: Edition, code: int) -> int:
    """Respondents of the region of the reader's municipality with increased focus."""
    return int((same_region(edition, code) & edition.survey.says("pol_fokus", "ja")).sum())


@exercise("klynger-5", choices={
    "samlet": "andelen af alle chefer", "pres": "kommuner med højt udgiftspres mod kommuner med lavt",
    "omraade": "sundhed mod teknik og miljø",
}, mistakes={
    "Chefer i samme kommune ligner hinanden, så de fortæller mindre, end deres antal siger.": lambda _: "samlet",
    "Her er alle i en kommune i den samme gruppe. Går det, de har til fælles, så ud?": lambda _: "pres",
})
def helped_by_clusters(edition: Edition) -> str:
    """What managers of a municipality share goes out of a difference between areas, which nearly all have."""
    return "omraade"


# ---- Grupper og mange test


def _pairs(groups: int) -> float:
    return groups * (groups - 1) / 2


@exercise("grupper-1", unit="par", mistakes={
    "Du har talt hvert par to gange.": lambda edition: 2 * pairs_of_regions(edition),
    "Du har også holdt hver region op mod sig selv.": lambda edition: edition.survey.frame["region"].nunique() ** 2,
})
def pairs_of_regions(edition: Edition) -> float:
    """Pairs of regions."""
    return _pairs(edition.survey.frame["region"].nunique())


@exercise("grupper-2", unit="procent", mistakes={
    "Så kunne chancen blive over hundrede. Find først chancen for ingen falsk alarm.": lambda edition:
        5 * _pairs(edition.survey.frame["fagomraade"].nunique()),
    "Det er chancen for slet ingen falsk alarm.": lambda edition: 100 - any_false_alarm(edition),
})
def any_false_alarm(edition: Edition) -> float:
    """Chance of at least one false alarm among all pairs of areas if the tests were independent, in percent."""
    return 100 * (1 - 0.95 ** _pairs(edition.survey.frame["fagomraade"].nunique()))


def _smallest_p(edition: Edition) -> float:
    """As the page tells it: that is what everybody counts with."""
    return round(compare.contrasts(edition.process, "pol_strategi", "hele_kommunen", "region")["p"].min(), 4)


@exercise("grupper-3", decimals=3, mistakes={
    "Det er p-værdien, før den er korrigeret.": _smallest_p,
    "Du har delt. En korrigeret p-værdi bliver større, ikke mindre.": lambda edition:
        _smallest_p(edition) / pairs_of_regions(edition),
})
def bonferroni(edition: Edition) -> float:
    """The smallest p of all pairs of regions, times their number."""
    return min(1.0, _smallest_p(edition) * pairs_of_regions(edition))


@exercise("grupper-4", unit="procentpoint", decimals=2, own=True, signed=True, mistakes={
    "Du har trukket fra i den anden rækkefølge. Regionen kommer først.": lambda edition, code:
        -region_against_the_rest(edition, code),
    "Du har sammenlignet med hele landet. Regionen skal ikke være med i resten.": lambda edition, code:
        100 * (_focus(edition, same_region(edition, code)) - _focus(edition)),
})
def region_against_the_rest(edition: Edition, code: int) -> float:
    """Share with increased focus in the region of the reader's municipality less that in the rest, in points."""
    here = same_region(edition, code)
    return 100 * (_focus(edition, here) - _focus(edition, ~here))


@exercise("grupper-5", choices={
    "lille": "at der er en forskel, og at den med sikkerhed er stor", "vid": "at der er en forskel, lille eller stor",
    "ingen": "at der ikke er nogen forskel",
}, mistakes={
    "Hvor lille kan forskellen være efter intervallet?": lambda _: "lille",
    "Ligger nul i intervallet?": lambda _: "ingen",
})
def wide_interval(edition: Edition) -> str:
    """An interval from just above zero to a large difference tells the sign, and little of the size."""
    return "vid"


@exercise("grupper-6", choices={
    "ingen": "ingen korrektion", "fdr": "falsk opdagelsesrate (FDR)", "familie": "Holm eller Bonferroni",
}, mistakes={
    "Så er falske alarmer det normale, og der er intet loft over, hvor mange af fundene de er.": lambda _: "ingen",
    "De holder chancen for bare én falsk alarm nede. Det koster flere oversete forskelle.": lambda _: "familie",
})
def price_of_correction(edition: Edition) -> str:
    """The false discovery rate (Benjamini & Hochberg 1995) bounds the share of false among what is found."""
    return "fdr"
