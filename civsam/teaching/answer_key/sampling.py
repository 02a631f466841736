"""Right answers of the lessons on uncertainty and on samples."""

from __future__ import annotations

import math

import numpy as np

from civsam.edition import Edition
from civsam.teaching.answer_key.collecting import asked_in_region
from civsam.teaching.answer_key.common import same_region
from civsam.teaching.exercises import exercise

SAMPLE = 200  # positions drawn, in the lesson on samples

# ---- Usikkerhed fra bunden


@exercise("usikkerhed-1", choices={
    "svar": "De fleste svar ligger i intervallet.", "igen": "Den næste undersøgelse giver et tal i intervallet.",
    "maaden": "Det er lavet på en måde, der næsten altid fanger den sande andel.",
}, mistakes={
    "Intervallet handler om andelen. Hvor ligger et svar, der er ja eller nej?": lambda _: "svar",
    "Den næste undersøgelse svinger også. Hvad er det, intervallet skal fange?": lambda _: "igen",
})
def meaning_of_interval(edition: Edition) -> str:
    """What the level of a confidence interval is about: the way that it was made."""
    return "maaden"


@exercise("usikkerhed-2", unit="gange", mistakes={
    "Så bliver standardfejlen delt med kvadratroden af det tal. Gang igen.": lambda _: 3,
})
def times_as_many(edition: Edition) -> int:
    """How many times as many answers make the standard error a third."""
    return 9


def _new(edition: Edition, rows: np.ndarray | bool = True) -> tuple[float, int]:
    """Share with new collaborations, and how many answered, of those among the rows who answered the question."""
    rows = edition.survey.answered("pol_nye") & rows
    return edition.survey.says("pol_nye", "ja")[rows].mean(), int(rows.sum())


def _error(share: float, n: int) -> float:
    """Standard error of a share in a simple sample of an endless population, in points."""
    return 100 * math.sqrt(share * (1 - share) / n)


@exercise("usikkerhed-3", unit="procentpoint", decimals=2, accepts=[
    lambda edition: _error(round(_new(edition)[0], 2), _new(edition)[1]),
], mistakes={
    "Husk kvadratroden.": lambda edition: _error(*_new(edition)) ** 2 / 100,
    "Kvadratroden skal også over antallet.": lambda edition:
        _error(*_new(edition)) / math.sqrt(_new(edition)[1]),
})
def simple_error(edition: Edition) -> float:
    """Standard error of the share with new collaborations, not weighted, in points."""
    return _error(*_new(edition))


@exercise("usikkerhed-4", unit="procentpoint", decimals=1, own=True, accepts=[
    lambda edition, code: 1.96 * _error(*_new(edition, same_region(edition, code))),
], mistakes={
    "Det er standardfejlen. Gå to af dem til hver side.": lambda edition, code: margin_at_home(edition, code) / 2,
    "Det er hele intervallets bredde. Hvor meget er der til hver side?": lambda edition, code:
        2 * margin_at_home(edition, code),
    "Det er for hele landet. Brug antallet i regionen.": lambda edition, code: 2 * simple_error(edition),
})
def margin_at_home(edition: Edition, code: int) -> float:
    """Two standard errors of that share in the region of the reader's municipality, in points."""
    return 2 * _error(*_new(edition, same_region(edition, code)))


# ---- Stikprøver


def _agrees(edition: Edition) -> np.ndarray:
    return edition.unanchored[1].says("vae_omkostning", "enig", "helt_enig")


def _of_sample(edition: Edition) -> float:
    return _error(_agrees(edition).mean(), SAMPLE)


def _left(edition: Edition) -> float:
    """The part of the frame that is not drawn."""
    return 1 - SAMPLE / len(edition.survey.frame)


@exercise("stikproever-1", unit="procentpoint", decimals=1, mistakes={
    "Det er uden endelighedskorrektionen.": _of_sample,
    "Du har ganget med hele korrektionen. Det er dens kvadratrod, der skal bruges.": lambda edition:
        _of_sample(edition) * _left(edition),
})
def error_of_simple_sample(edition: Edition) -> float:
    """Standard error of the share that agrees on cost in a simple sample, in points (Cochran 1977, § 3.2)."""
    return _of_sample(edition) * math.sqrt(_left(edition))


@exercise("stikproever-2", unit="stillinger", mistakes={
    "Så mange er der i alle områder, hvis de får lige mange. Brug områdets del af rammen.": lambda edition:
        SAMPLE / edition.survey.frame["fagomraade"].nunique(),
    "Så mange er der i rammen. Hvor mange af dem skal trækkes?": lambda edition:
        (edition.survey.frame["fagomraade"] == "teknik").sum(),
})
def proportional_in_technology(edition: Edition) -> float:
    """Positions of the technical area in a sample allocated in proportion."""
    return SAMPLE * (edition.survey.frame["fagomraade"] == "teknik").mean()


def _cluster_size(edition: Edition) -> float:
    return len(edition.survey.frame) / edition.survey.frame["kommunekode"].nunique()


@exercise("stikproever-3", decimals=2, accepts=[
    lambda edition: 1 + (round(_cluster_size(edition), 1) - 1) * edition.icc,
], mistakes={
    "Træk én fra klyngernes størrelse først: en chef ligner altid sig selv.": lambda edition:
        1 + _cluster_size(edition) * edition.icc,
    "Det er kun det, der skal lægges til. Uden lighed er designeffekten en.": lambda edition:
        effect_of_clusters(edition) - 1,
})
def effect_of_clusters(edition: Edition) -> float:
    """Design effect of whole municipalities, 1 + (m - 1) ρ (Kish 1965)."""
    return 1 + (_cluster_size(edition) - 1) * edition.icc


@exercise("stikproever-4", choices={
    "faa": "for få svarede", "valg": "de, der svarede, er ikke trukket; de har selv valgt", "liste": "der var en ramme",
}, mistakes={
    "Også en lille stikprøve er en stikprøve. Hvem bestemte, hvem der er med?": lambda _: "faa",
    "En stikprøve trækkes netop fra en ramme. Hvem bestemte, hvem der er med i svarene?": lambda _: "liste",
})
def census_with_nonresponse(edition: Edition) -> str:
    """Nobody drew the respondents: nonresponse is no sampling."""
    return "valg"


@exercise("stikproever-5", unit="stillinger", own=True, mistakes={
    "Så mange er der i rammen. Hvor mange af dem skal trækkes?": asked_in_region,
    "Så mange ville det være, hvis alle regioner fik lige mange.": lambda edition, code:
        SAMPLE / edition.survey.frame["region"].nunique(),
})
def proportional_at_home(edition: Edition, code: int) -> float:
    """Positions of the region of the reader's municipality in a sample allocated in proportion."""
    return SAMPLE * asked_in_region(edition, code) / len(edition.survey.frame)


@exercise("stikproever-6", choices={
    "simpel": "simpel tilfældig", "lag": "stratificeret, med fagområder som lag", "klynger": "hele kommuner",
}, mistakes={
    "Så kan tilfældet give mange fra ét område og få fra et andet.": lambda _: "simpel",
    "Det er bedre end simpel her, men se på tallene igen.": lambda _: "klynger",
})
def best_design(edition: Edition) -> str:
    """Strata that differ in what is asked about make the estimate surer."""
    return "lag"
