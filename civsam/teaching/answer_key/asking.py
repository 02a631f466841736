"""Right answers of the lesson on asking: wording, order, the good impression, reliability."""

from __future__ import annotations

import pandas as pd

from civsam.edition import Edition
from civsam.teaching.answer_key.common import same_region
from civsam.teaching.exercises import exercise

SCALE = ("vae_tillid", "vae_civile", "vae_demokrati", "vae_kvalitet")
STEPS = {"helt_uenig": 1, "uenig": 2, "hverken": 3, "enig": 4, "helt_enig": 5}


@exercise("spoergsmaal-1", choices={
    "langt": "det er for langt", "dobbelt": "der spørges om to ting på én gang", "svaert": "ordet »kommunen« er uklart",
}, mistakes={
    "Korte spørgsmål er gode, men hvad skal den svare, der er enig i det ene og ikke i det andet?": lambda _: "langt",
    "Det kan diskuteres, men hvad skal den svare, der er enig i det ene og ikke i det andet?": lambda _: "svaert",
})
def worst_in_wording(edition: Edition) -> str:
    """A question with two parts has no answer for who agrees with one of them."""
    return "dobbelt"


@exercise("spoergsmaal-2", choices={
    "foerst": "stille det samlede spørgsmål først", "flere": "spørge flere, så fejlen bliver mindre",
    "vaegte": "vægte svarene bagefter",
}, mistakes={
    "Alle får den samme rækkefølge. Hvad gør flere svar ved en skævhed?": lambda _: "flere",
    "Vægte retter det, de ved noget om. Hvad ved de om rækkefølgen?": lambda _: "vaegte",
})
def general_before_special(edition: Edition) -> str:
    """The general question stands before those that would colour it."""
    return "foerst"


def _focus(edition: Edition) -> float:
    """Share of everybody with increased focus, as the page tells it."""
    return round(100 * edition.unanchored[1].says("pol_fokus", "ja").mean(), 1)


@exercise("spoergsmaal-3", unit="procent", decimals=1, mistakes={
    "Du har lagt tyve procentpoint til. Kun dem, der ikke har øget fokus, kan pynte.": lambda edition:
        _focus(edition) + 20,
    "Du har lagt en femtedel af dem til, der har øget fokus. Det er de andre, der pynter.": lambda edition:
        1.2 * _focus(edition),
    "Så mange kommer der til. Læg dem til andelen.": lambda edition: 0.2 * (100 - _focus(edition)),
})
def with_good_impressions(edition: Edition) -> float:
    """Share that says yes where a fifth of the others do so too, in percent."""
    return _focus(edition) + 0.2 * (100 - _focus(edition))


def _correlation(edition: Edition) -> float:
    """Mean correlation of the items of the scale, of who answered both, as the page tells it."""
    steps = pd.DataFrame({item: edition.survey.answers[item].map(STEPS) for item in SCALE})
    each = len(SCALE)
    return round((steps.corr().to_numpy().sum() - each) / (each * (each - 1)), 2)


@exercise("spoergsmaal-4", decimals=2, mistakes={
    "Det er korrelationen. Summen af flere er mere pålidelig.": _correlation,
    "Nævneren er én plus korrelationen gange ét færre end antallet.": lambda edition:
        len(SCALE) * _correlation(edition) / (1 + len(SCALE) * _correlation(edition)),
})
def reliability(edition: Edition) -> float:
    """Standardised alpha of the scale from the mean correlation of its items."""
    each, mean = len(SCALE), _correlation(edition)
    return each * mean / (1 + (each - 1) * mean)


@exercise("spoergsmaal-5", unit="svarpersoner", own=True, mistakes={
    "Så mange svarede. Hvor mange af dem valgte midten?": lambda edition, code: same_region(edition, code).sum(),
    "Så mange er det i hele landet.": lambda edition, code: edition.survey.says("vae_tillid", "hverken").sum(),
})
def middle_at_home(edition: Edition, code: int) -> int:
    """Respondents of the region of the reader's municipality who neither agree nor disagree on trust."""
    return int((same_region(edition, code) & edition.survey.says("vae_tillid", "hverken")).sum())
