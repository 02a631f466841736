"""What is right in the exercises, and where known mistakes lead; every answer is computed from the edition."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from civsam.edition import Edition
from civsam.inference import compare, estimate
from civsam.survey.survey import Survey
from civsam.teaching.exercises import exercise, skewed


def _here(edition: Edition, code: int) -> np.ndarray:
    """Which respondents work in the municipality, shape (n,)."""
    return (edition.survey.background["kommunekode"] == code).to_numpy()


def _percent(part: np.ndarray, whole: np.ndarray) -> float:
    """Those of `whole` that are in `part`, both boolean of shape (n,), in percent."""
    return 100 * (part & whole).sum() / whole.sum()


# ---- Population og ramme


@exercise("population-1", unit="stillinger", own=True, mistakes={
    "Så mange svarede. Opgaven spørger, hvor mange der blev spurgt.": lambda edition, code:
        int(_here(edition, code).sum()),
})
def asked_at_home(edition: Edition, code: int) -> int:
    """Positions in the frame in the reader's own municipality."""
    return int((edition.survey.frame["kommunekode"] == code).sum())


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
        int(_here(edition, code).sum()),
})
def numbers_at_home(edition: Edition, code: int) -> int:
    """Respondents in the reader's municipality who gave a number of longer collaborations."""
    return int((_here(edition, code) & edition.survey.knows("pra_lange")).sum())


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


@exercise("bortfald-3", unit="procent", own=True, mistakes={
    "Det er dem, der ikke svarede.": lambda edition, code: 100 - response_at_home(edition, code),
})
def response_at_home(edition: Edition, code: int) -> float:
    """Response rate of the reader's municipality in percent."""
    return 100 * _here(edition, code).sum() / asked_at_home(edition, code)


@exercise("bortfald-4", unit="procent", decimals=1, mistakes={
    "Det er andelen af dem, der svarede. Nu skal alle adspurgte med i nævneren.": lambda edition:
        _percent(edition.survey.says("pol_fokus", "ja"), edition.survey.answered("pol_fokus")),
    "Det er den anden grænse, hvor alle de tavse ville have svaret ja.": lambda edition:
        least_focus(edition) + silent(edition),
})
def least_focus(edition: Edition) -> float:
    """Share of all asked with increased focus if nobody silent had it, in percent: the lower bound."""
    return 100 * edition.survey.says("pol_fokus", "ja").sum() / len(edition.survey.frame)


# ---- Vægtning


def uneven() -> Survey:
    """Respondents of a draw in which three areas answer seldom."""
    return skewed(lambda everybody: np.where(
        everybody.frame["fagomraade"].isin(["teknik", "skole", "beskaeftigelse"]), 0.25, 0.7))[0]


def _in_technology(table: pd.DataFrame) -> np.ndarray:
    return (table["fagomraade"] == "teknik").to_numpy()


@exercise("vaegtning-1", unit="stillinger pr. svar", decimals=2, mistakes={
    "Du har delt den forkerte vej: det er svarprocenten som et tal under én.": lambda _: 1 / weight_of_technology(_),
})
def weight_of_technology(edition: Edition) -> float:
    """Weight of a respondent from the technical area when weighted by area."""
    return _in_technology(uneven().frame).sum() / _in_technology(uneven().background).sum()


@exercise("vaegtning-2", unit="procent", decimals=1, mistakes={
    "Det er andelen uden vægte. Lad grupperne tælle efter, hvor mange der blev spurgt.": lambda _:
        100 * uneven().says("pol_fokus", "ja").mean(),
    "Du har taget det simple gennemsnit af de to andele, men grupperne er ikke lige store.": lambda _:
        100 * np.mean(_shares_in_two(uneven())),
})
def weighted_in_two(edition: Edition) -> float:
    """Share with increased focus when technology and the rest count by positions, in percent."""
    inside = _in_technology(uneven().frame).mean()
    return 100 * np.dot(_shares_in_two(uneven()), [inside, 1 - inside])


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


@exercise("vaegtning-4", unit="stillinger", decimals=1, own=True, mistakes={
    "Det er antallet af svarpersoner. Læg deres vægte sammen.": lambda edition, code: _here(edition, code).sum(),
    "Det er antallet af stillinger i rammen. Hvad giver vægtene?": lambda edition, code: asked_at_home(edition, code),
})
def weight_at_home(edition: Edition, code: int) -> float:
    """Sum of the book's weights over the respondents of the reader's municipality."""
    return edition.survey.design.weights[_here(edition, code)].sum()


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


def _plain_error(edition: Edition) -> float:
    """Standard error of the share with increased focus as in a simple sample of an endless population, in points."""
    n, share = edition.survey.answered("pol_fokus").sum(), edition.survey.says("pol_fokus", "ja").mean()
    return 100 * math.sqrt(share * (1 - share) / n)


@exercise("klynger-2", unit="procentpoint", decimals=2, mistakes={
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
    "Så mange svarede. Hvor mange af dem sagde ja?": lambda edition, code: _here(edition, code).sum(),
})
def focus_at_home(edition: Edition, code: int) -> int:
    """Respondents of the reader's municipality with increased focus."""
    return int((_here(edition, code) & edition.survey.says("pol_fokus", "ja")).sum())


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
    return compare.contrasts(edition.process, "pol_strategi", "hele_kommunen", "region")["p"].min()


@exercise("grupper-3", decimals=3, mistakes={
    "Det er p-værdien, før den er korrigeret.": _smallest_p,
    "Du har delt. En korrigeret p-værdi bliver større, ikke mindre.": lambda edition:
        _smallest_p(edition) / pairs_of_regions(edition),
})
def bonferroni(edition: Edition) -> float:
    """The smallest p of all pairs of regions, times their number."""
    return _smallest_p(edition) * pairs_of_regions(edition)


@exercise("grupper-4", unit="procentpoint", decimals=1, own=True, mistakes={
    "Du har trukket fra i den anden rækkefølge. Regionen kommer først.": lambda edition, code:
        -region_against_the_rest(edition, code),
    "Du har sammenlignet med hele landet. Regionen skal ikke være med i resten.": lambda edition, code:
        100 * (_region_share(edition, code) - edition.survey.says("pol_fokus", "ja").mean()),
})
def region_against_the_rest(edition: Edition, code: int) -> float:
    """Share with increased focus in the region of the reader's municipality less that in the rest, in points."""
    yes, here = edition.survey.says("pol_fokus", "ja"), _same_region(edition, code)
    return 100 * (yes[here].mean() - yes[~here].mean())


def _region_share(edition: Edition, code: int) -> float:
    return edition.survey.says("pol_fokus", "ja")[_same_region(edition, code)].mean()


def _same_region(edition: Edition, code: int) -> np.ndarray:
    """Which respondents work in the region of the municipality, shape (n,)."""
    frame = edition.survey.frame
    region = frame.loc[frame["kommunekode"] == code, "region"].iloc[0]
    return (edition.survey.background["region"] == region).to_numpy()


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
    return 100 * both["low90"], 100 * both["high90"]


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
        _same_region(edition, code).sum(),
})
def municipalities_in_region(edition: Edition, code: int) -> int:
    """Municipalities with respondents in the region of the reader's municipality."""
    return edition.survey.background.loc[_same_region(edition, code), "kommunekode"].nunique()


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
    "Så mange svarede. Hvor mange af dem er der kun én af?": lambda edition, code: _here(edition, code).sum(),
})
def unique_at_home(edition: Edition, code: int) -> int:
    """Respondents of the reader's municipality who are the only one of their kind."""
    return int((unique(edition.survey) & _here(edition, code)).sum())


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
    "Det er andelen uden vægte. Bogens andele er vægtet.": lambda edition, code:
        _strategy(edition.raw, edition, code),
})
def strategy_where_i_live(edition: Edition, code: int) -> float:
    """Weighted share with a policy for all of the municipality, in the size type of the reader's, in percent."""
    return _strategy(edition.survey, edition, code)


def _strategy(survey: Survey, edition: Edition, code: int) -> float:
    frame = edition.survey.frame
    kind = frame.loc[frame["kommunekode"] == code, "kommunetype"].iloc[0]
    table = estimate.shares(survey, "pol_strategi", "hele_kommunen", by="kommunetype").set_index("group")
    return 100 * table.at[kind, "estimate"]
