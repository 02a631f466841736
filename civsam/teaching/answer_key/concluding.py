"""Right answers of the lessons on no difference, on not telling of anybody, and on reporting."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from civsam.edition import Edition
from civsam.inference import compare, estimate
from civsam.survey.survey import Survey
from civsam.teaching import budget
from civsam.teaching.answer_key.common import focus as _focus
from civsam.teaching.answer_key.common import region_of, same_region
from civsam.teaching.exercises import exercise

# ---- Ingen forskel er også en påstand

VERDICTS = {"ens": "grupperne er ens, når marginen er ti", "forskellige": "grupperne er forskellige",
            "uafgjort": "det kan ikke afgøres"}
OUTSIDE = "Så skulle hele intervallet ligge uden for marginen. Gør det det?"


@exercise("ingen_forskel-1", choices=VERDICTS, mistakes={
    OUTSIDE: lambda _: "forskellige",
    "Se igen på marginen: ligger noget af intervallet uden for den?": lambda _: "uafgjort",
})
def inside_the_margin(edition: Edition) -> str:
    """An interval that lies within the margin shows equivalence."""
    return "ens"


@exercise("ingen_forskel-2", choices=VERDICTS, mistakes={
    "Den ene ende af intervallet ligger uden for marginen.": lambda _: "ens",
    OUTSIDE: lambda _: "forskellige",
})
def across_the_margin(edition: Edition) -> str:
    """An interval that crosses the margin decides nothing."""
    return "uafgjort"


def _narrow(edition: Edition) -> tuple[float, float]:
    """The ends of the 90 percent interval of red less blue, in points."""
    both = compare.equivalence(compare.contrasts(edition.process, "pol_fokus", "ja", "blok"), 0.1).iloc[0]
    return round(100 * both["low90"], 1), round(100 * both["high90"], 1)  # as the page tells them


@exercise("ingen_forskel-3", unit="procentpoint", decimals=1, mistakes={
    "Det er den ende, der er nærmest nul. Marginen skal rumme hele intervallet.": lambda edition:
        min(map(abs, _narrow(edition))),
    "Det er hele intervallets bredde. Marginen regnes fra nul til hver side.": lambda edition:
        _narrow(edition)[1] - _narrow(edition)[0],
})
def smallest_margin(edition: Edition) -> float:
    """The end of the 90 percent interval that lies farthest from zero."""
    return max(map(abs, _narrow(edition)))


@exercise("ingen_forskel-4", unit="kommuner", own=True, mistakes={
    "Det er antallet af svarpersoner. Hver kommune skal kun tælles én gang.": lambda edition, code:
        same_region(edition, code).sum(),
})
def municipalities_in_region(edition: Edition, code: int) -> int:
    """Municipalities with respondents in the region of the reader's municipality."""
    return edition.survey.background.loc[same_region(edition, code), "kommunekode"].nunique()


@exercise("ingen_forskel-5", choices=VERDICTS, mistakes={
    "At nul ligger uden for intervallet, siger, at der er en forskel. Er den større end marginen?": lambda _:
        "forskellige",
    "Se igen på marginen: ligger noget af intervallet uden for den?": lambda _: "uafgjort",
})
def significant_but_small(edition: Edition) -> str:
    """A difference that is significant, and within the margin: shown, and shown to be without importance."""
    return "ens"


# ---- Ingen må kunne genkendes


def _cost_in(edition: Edition, *regions: str) -> int:
    """Respondents of the regions (of all, where none is named) to whom cost is the overall value."""
    here = edition.survey.background["region"].isin(regions).to_numpy() | (not regions)
    return int((edition.survey.says("vae_overordnet", "omkostning") & here).sum())


@exercise("diskretion-1", unit="chefer", mistakes={
    "Det er alle de andre regioner. Hvad mangler der op til det hele?": lambda edition:
        _cost_in(edition) - hidden_count(edition),
})
def hidden_count(edition: Edition) -> int:
    """The count that was hidden in one region, from the total and the others."""
    return _cost_in(edition) - _cost_in(edition, "hovedstaden", "sjaelland", "syddanmark", "midtjylland")


@exercise("diskretion-2", choices={
    "nok": "intet mere; det lille tal er jo skjult", "en": "mindst et tal til i den samme række",
    "total": "kun det samlede antal",
}, mistakes={
    "Prøv at regne det skjulte tal ud, som du lige har gjort.": lambda _: "nok",
    "Det hjælper, men står det samlede antal et andet sted i bogen, er det skjulte tal kendt igen.": lambda _: "total",
})
def secondary(edition: Edition) -> str:
    """A single hidden cell in a row with a total needs another."""
    return "en"


@exercise("diskretion-3", unit="chefer", mistakes={
    "Det er procenten. Hvor mange personer svarer den til?": lambda edition: _social_share(edition),
})
def count_from_percent(edition: Edition) -> int:
    """Respondents behind a percentage with one decimal in the social area."""
    social = (edition.survey.background["fagomraade"] == "social").to_numpy()
    return int((edition.survey.says("vae_overordnet", "omkostning") & social).sum())


def _social_share(edition: Edition) -> float:
    social = (edition.survey.background["fagomraade"] == "social").to_numpy()
    answered = social & edition.survey.answered("vae_overordnet")
    return 100 * count_from_percent(edition) / answered.sum()


def unique(survey: Survey) -> np.ndarray:
    """Which respondents share area, size type, region and bloc with nobody else, shape (n,)."""
    who = survey.background[["fagomraade", "kommunetype", "region", "blok"]].agg("|".join, axis=1)
    return (who.map(who.value_counts()) == 1).to_numpy()


@exercise("diskretion-4", unit="svarpersoner", own=True, mistakes={
    "Så mange svarede. Hvor mange af dem er der kun én af?": lambda edition, code: same_region(edition, code).sum(),
    "Så mange er der i hele landet. Opgaven spørger om din region.": lambda edition, code:
        unique(edition.survey).sum(),
})
def unique_in_region(edition: Edition, code: int) -> int:
    """Respondents of the region of the reader's municipality who are the only one of their kind."""
    return int((unique(edition.survey) & same_region(edition, code)).sum())


@exercise("diskretion-5", choices={
    "skjul": "skjule de små tal og et tal mere i hver række", "sammen": "slå de små områder sammen",
    "afrund": "vise alle tal uden afrunding, men uden navne",
}, mistakes={
    "Så forsvinder næsten hele tabellen. Er der en inddeling, der kan bruges?": lambda _: "skjul",
    "Et lille tal peger den samme ud, også uden navn.": lambda _: "afrund",
})
def many_small_cells(edition: Edition) -> str:
    """Where most cells are small, categories are joined: hiding would leave nothing to read."""
    return "sammen"


# ---- At fortælle det videre


@exercise("rapportering-1", choices={
    "a": "De fleste kommuner har øget fokus på samarbejde.",
    "b": "Blandt de chefer, der svarede, siger de fleste, at de har haft øget fokus på samarbejde det seneste år.",
    "c": "Cheferne samarbejder mere end før.",
}, mistakes={
    "Hvem har svaret, og hvem handler sætningen om?": lambda _: "a",
    "Øget fokus er det, de siger. Er det det samme som flere samarbejder?": lambda _: "c",
})
def honest_sentence(edition: Edition) -> str:
    """The sentence that keeps to who answered, and what they said."""
    return "b"


@exercise("rapportering-2", choices={"0": "ingen", "1": "en", "2": "to"}, mistakes={
    "Så ser det ud, som om tallet er mere sikkert, end intervallet siger.": lambda _: "1",
    "Intervallet er flere procentpoint bredt. Hvad fortæller den anden decimal?": lambda _: "2",
})
def decimals_to_show(edition: Edition) -> str:
    """A share whose interval is several points wide needs no decimals."""
    return "0"


@exercise("rapportering-3", unit="procentpoint", decimals=1, mistakes={
    "Det er hele intervallets bredde. Usikkerheden til hver side er det halve.": lambda edition:
        2 * margin_of_error(edition),
})
def margin_of_error(edition: Edition) -> float:
    """Half the width of the interval of the share with increased focus, in points, from the ends as printed."""
    row = estimate.shares(edition.survey, "pol_fokus", "ja").iloc[0]
    return (round(100 * row["high"]) - round(100 * row["low"])) / 2


@exercise("rapportering-4", unit="procent", own=True, mistakes={
    "Det er den øverste ende. Hvad kan man i det mindste sige?": lambda edition, code:
        100 * _policy_in_region(edition, code)["high"],
    "Det er andelen selv. Intervallet begynder længere nede.": lambda edition, code:
        100 * _policy_in_region(edition, code)["estimate"],
})
def least_where_i_live(edition: Edition, code: int) -> float:
    """The lower end of the interval of the region's share with a policy for all of the municipality, in percent."""
    return 100 * _policy_in_region(edition, code)["low"]


def _policy_in_region(edition: Edition, code: int) -> pd.Series:
    table = estimate.shares(edition.survey, "pol_strategi", "hele_kommunen", by="region")
    return table.set_index("group").loc[region_of(edition, code)]


@exercise("rapportering-5", choices={
    "vis": "den vises med de andre", "skjul": "den vises ikke, og heller ikke det, man kan regne den ud af",
    "navn": "den vises uden gruppens navn",
}, mistakes={
    "Med så få i gruppen ved alle, hvem der svarede hvad.": lambda _: "vis",
    "Kender man de andre grupper, ved man, hvilken der mangler navn.": lambda _: "navn",
})
def small_group_of_a_class(edition: Edition) -> str:
    """A group of a few of a class's own answers is hidden, and what it could be worked out from."""
    return "skjul"


# ---- Den samlede fejl


def _total(edition: Edition) -> tuple[float, float]:
    """Bias and variance of the share with increased focus, all sources together, in points and points squared."""
    bias, variance = map(sum, zip(*budget.as_it_is(edition.parameters["seed"]).values(), strict=True))
    return round(100 * bias, 2), round(100 * math.sqrt(variance), 2) ** 2  # as the page tells them


@exercise("samlet_fejl-1", unit="procentpoint", decimals=1, mistakes={
    "Det er middelkvadratfejlen. Husk kvadratroden.": lambda edition: total_error(edition) ** 2,
    "Du har lagt skævhed og spredning sammen. De skal hver i anden først.": lambda edition:
        abs(_total(edition)[0]) + math.sqrt(_total(edition)[1]),
    "Det er skævheden alene.": lambda edition: abs(_total(edition)[0]),
})
def total_error(edition: Edition) -> float:
    """Root mean squared error of the share with increased focus, in points."""
    bias, variance = _total(edition)
    return math.sqrt(bias ** 2 + variance)


@exercise("samlet_fejl-2", choices={
    "spoergsmaal": "prøve spørgsmålet af, så færre er i tvivl om, hvad de skal svare",
    "ryk": "rykke, til alle har svaret",
    "faerre": "spørge færre, og bruge pengene på en bedre ramme",
}, mistakes={
    "Se i budgettet: hvor meget af middelkvadratfejlen er bortfaldets?": lambda _: "ryk",
    "Se i budgettet: hvor stor er dækningsfejlen, og hvad gør færre svar ved spredningen?": lambda _: "faerre",
})
def best_use_of_money(edition: Edition) -> str:
    """What takes most from the mean squared error: the source that has most of it."""
    errors = {name: bias ** 2 + variance for name, (bias, variance) in
              budget.as_it_is(edition.parameters["seed"]).items()}
    largest = max(errors, key=errors.__getitem__)
    return {"Måling": "spoergsmaal", "Bortfald": "ryk"}.get(largest.split(":")[0], "faerre")


@exercise("samlet_fejl-3", unit="procentpoint", decimals=2, own=True, signed=True, mistakes={
    "Du har trukket fra i den anden rækkefølge. Andelen uden regionen kommer først.": lambda edition, code:
        -without_region(edition, code),
    "Du har sammenlignet med regionen selv. Hold op mod andelen for alle.": lambda edition, code:
        100 * (_focus(edition, ~same_region(edition, code)) - _focus(edition, same_region(edition, code))),
})
def without_region(edition: Edition, code: int) -> float:
    """Share with increased focus where the frame lacked the region, less that of all, in points."""
    return 100 * (_focus(edition, ~same_region(edition, code)) - _focus(edition))
