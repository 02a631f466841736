"""What is right in the exercises, each worked out a second way: by pandas from the files that the reader has."""

import itertools
import json
import math
import re
from functools import cache

import numpy as np
import opened
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.stats import norm

from civsam.book import audience
from civsam.book.contents import notebook
from civsam.files import project
from civsam.study import simulate
from civsam.teaching import exercises, feedback  # noqa: F401  which registers all of them
from civsam.teaching.answer_key import collecting, estimating

VIBORG = 791
MARGINS = ("fagomraade", "kommunetype", "region", "blok", "udgiftspres")
# What is chosen: argued for in the lessons
CHOSEN = {"population-3": "samarbejder", "maaling-1": "ordinal", "bortfald-2": "svaret", "vaegtning-3": "begge",
         "klynger-3": "klynger", "ingen_forskel-1": "ens", "ingen_forskel-2": "uafgjort", "diskretion-2": "en",
         "rapportering-1": "b", "rapportering-2": "0", "population-5": "over", "klynger-5": "omraade",
         "grupper-5": "vid", "grupper-6": "fdr", "ingen_forskel-5": "ens", "diskretion-5": "sammen",
         "rapportering-5": "skjul", "samlet_fejl-2": "spoergsmaal",
         "usikkerhed-1": "maaden", "stikproever-4": "valg", "stikproever-6": "lag",
         "spoergsmaal-1": "dobbelt", "spoergsmaal-2": "foerst"}


@cache
def asked() -> pd.DataFrame:
    """The frame with what the register knows of each municipality, and whether the position answered."""
    frame = pd.read_csv(project.data / "ramme.csv")
    known = opened.edition().survey.frame[["kommunekode", *MARGINS[1:]]].drop_duplicates()
    answers = pd.read_csv(project.data / "svar.csv", dtype=str, keep_default_na=False)
    return frame.merge(known, on="kommunekode", validate="m:1").merge(answers, on="stilling", how="left",
                                                                     indicator="svar")


def here(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["kommunekode"] == VIBORG]


def region(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["region"] == "midtjylland"]


@cache
def rows() -> pd.DataFrame:
    """Who answered, with weights by raking: one margin after the other, a hundred times."""
    table = asked()[asked()["svar"] == "both"].reset_index(drop=True)
    weights = pd.Series(1.0, table.index)
    for _ in range(100):
        for margin in MARGINS:
            wanted = asked()[margin].value_counts()
            weights *= table[margin].map(wanted / weights.groupby(table[margin]).sum())
    return table.assign(vaegt=weights)


def share(table: pd.DataFrame, item: str, answer: str) -> float:
    """Percent of those who answered the item."""
    return 100 * (table.loc[table[item] != "", item] == answer).mean()


def said(item: str) -> pd.Series:
    """The answers of those who gave one."""
    return rows().loc[rows()[item] != "", item]


def regression(item: str, answer: str, by: str, groups: tuple[str, str]) -> tuple[float, float, float]:
    """The first group less the second in points, with the ends of statsmodels' 90 percent interval by clusters."""
    table = rows()[rows()[by].isin(groups) & (rows()[item] != "")]
    fit = sm.WLS((table[item] == answer).astype(float), sm.add_constant((table[by] == groups[0]).astype(float)),
                 weights=table["vaegt"]).fit(cov_type="cluster", cov_kwds={"groups": table["kommunekode"]}, use_t=True)
    return 100 * fit.params.iloc[1], *(100 * fit.conf_int(0.1).iloc[1])


def skewed() -> tuple[pd.DataFrame, pd.Series]:
    """Answers to `pol_fokus` where three areas answer seldom, and how many were asked in technology and elsewhere."""
    survey = estimating.uneven(exercises.edition())
    table = pd.DataFrame({"teknik": survey.frame["fagomraade"].reindex(survey.answers.index) == "teknik",
                          "svar": survey.answers["pol_fokus"]})
    return table, (survey.frame["fagomraade"] == "teknik").value_counts()


def in_two() -> float:
    table, size = skewed()
    yes = table[table["svar"] != ""].groupby("teknik")["svar"].agg(lambda said: (said == "ja").mean())
    return 100 * (yes * size).sum() / size.sum()


def focus_decides() -> float:
    """How far the share of respondents is from that of all, where those with increased focus answer more often."""
    survey, everybody = collecting.by_answer(exercises.edition())
    return 100 * ((survey.answers["pol_fokus"] == "ja").mean() - (everybody.answers["pol_fokus"] == "ja").mean())


def kish() -> float:
    """n times the sum of squares over the square of the sum, of weights worked out for each area."""
    survey = estimating.uneven(exercises.edition())
    area = survey.frame["fagomraade"]
    weights = survey.frame.loc[survey.answers.index, "fagomraade"].map(
        area.value_counts() / area[survey.answers.index].value_counts())
    return len(weights) * (weights ** 2).sum() / weights.sum() ** 2


def all_errors() -> float:
    """Bias of 'ved ikke' and spread of who answered, as in a simple sample of all."""
    study = simulate.simulate(2015, anchored=False)
    said, true = study.asked["pol_fokus"] == "ja", study.truth["pol_fokus"] == "ja"
    n = (study.answers["pol_fokus"] != "").sum()
    return 100 * math.hypot((said.mean() - true.mean()), said.std() * math.sqrt(1 / n - 1 / len(said)))


def new_error(table: pd.DataFrame) -> float:
    said = table.loc[table["pol_nye"] != "", "pol_nye"] == "ja"
    return 100 * said.std(ddof=0) / math.sqrt(len(said))


def sample_error() -> float:
    agrees = simulate.simulate(2015, anchored=False).asked["vae_omkostning"].isin(["enig", "helt_enig"])
    return 100 * agrees.std(ddof=0) * math.sqrt((1 - 200 / 838) / 200)


def alpha() -> float:
    """Spearman and Brown's formula on the mean of the six correlations, in two decimals."""
    steps = {"helt_uenig": 1, "uenig": 2, "hverken": 3, "enig": 4, "helt_enig": 5}
    items = ["vae_tillid", "vae_civile", "vae_demokrati", "vae_kvalitet"]
    table = rows()[items].apply(lambda answers: answers.map(steps))
    pairs = [table[one].corr(table[other]) for one, other in itertools.combinations(items, 2)]
    r = round(sum(pairs) / 6, 2)
    return 4 * r / (1 + 3 * r)


def alone() -> pd.DataFrame:
    """Respondents who share area, size type, region and bloc with nobody else."""
    return rows()[~rows().duplicated(["fagomraade", "kommunetype", "region", "blok"], keep=False)]


def rest() -> pd.DataFrame:
    return rows()[rows()["region"] != "midtjylland"]


BY_HAND = {
    "population-1": lambda: len(region(asked())),
    "population-2": lambda: 838 / 98,
    "population-4": lambda: ((asked()["svar"] == "both").groupby(asked()["kommunekode"]).sum() < 3).sum(),
    "maaling-2": lambda: share(rows()[rows()["pol_fokus"] != "ved_ikke"], "pol_fokus", "ja"),
    "maaling-3": lambda: pd.to_numeric(rows()["pra_lange"], errors="coerce").median(),
    "maaling-4": lambda: pd.to_numeric(region(rows())["pra_lange"], errors="coerce").count(),
    "bortfald-1": lambda: 100 * (asked()["svar"] != "both").mean(),
    "bortfald-3": lambda: 100 * (region(asked())["svar"] == "both").mean(),
    "bortfald-4": lambda: 100 * (asked()["pol_fokus"] == "ja").mean(),
    "bortfald-5": focus_decides,
    "vaegtning-5": kish,
    "vaegtning-1": lambda: skewed()[1][True] / skewed()[0]["teknik"].sum(),
    "vaegtning-2": in_two,
    "vaegtning-4": lambda: here(rows())["vaegt"].sum(),
    "klynger-1": lambda: math.sqrt(1 - (rows()["pol_fokus"] != "").sum() / 838),
    "klynger-2": lambda: 100 * (said("pol_fokus") == "ja").std(ddof=0) / math.sqrt(len(said("pol_fokus")))
    * math.sqrt(1 - len(said("pol_fokus")) / 838),
    "klynger-4": lambda: (region(rows())["pol_fokus"] == "ja").sum(),
    "grupper-1": lambda: 4 + 3 + 2 + 1,
    "grupper-2": lambda: 100 - 100 * math.prod([0.95] * sum(range(asked()["fagomraade"].nunique()))),
    "grupper-4": lambda: share(rows()[rows()["region"] == "midtjylland"], "pol_fokus", "ja")
    - share(rest(), "pol_fokus", "ja"),
    "ingen_forskel-4": lambda: rows().loc[rows()["region"] == "midtjylland", "kommunekode"].nunique(),
    "spoergsmaal-3": lambda: 82.1 + (100 - 82.1) / 5,
    "spoergsmaal-4": alpha,
    "spoergsmaal-5": lambda: (region(rows())["vae_tillid"] == "hverken").sum(),
    "usikkerhed-2": lambda: 3 ** 2,
    "usikkerhed-3": lambda: new_error(rows()),
    "usikkerhed-4": lambda: 2 * new_error(region(rows())),
    "stikproever-1": sample_error,
    "stikproever-2": lambda: 200 * (asked()["fagomraade"] == "teknik").mean(),
    "stikproever-3": lambda: 1 + (838 / 98 - 1) * 0.05,
    "stikproever-5": lambda: 200 * len(region(asked())) / 838,
    "samlet_fejl-1": all_errors,
    "samlet_fejl-3": lambda: share(rest(), "pol_fokus", "ja") - share(rows(), "pol_fokus", "ja"),
    "diskretion-1": lambda: ((rows()["region"] == "nordjylland") & (rows()["vae_overordnet"] == "omkostning")).sum(),
    "diskretion-3": lambda: ((rows()["fagomraade"] == "social") & (rows()["vae_overordnet"] == "omkostning")).sum(),
    "diskretion-4": lambda: len(region(alone())),
}


# The book rakes from the weights of response groups, not from 1, and response is drawn within groups.
ABOUT = ("vaegtning-4", "samlet_fejl-1")


def right(id: str) -> float | str:
    known = exercises.REGISTERED[id]
    return known.right(exercises.edition(), *[VIBORG] * known.own)



@pytest.mark.parametrize("id", BY_HAND)
def test_a_number_is_the_one_that_pandas_gives(id: str) -> None:
    assert right(id) == pytest.approx(BY_HAND[id](), abs=1e-5, rel=0.01 if id in ABOUT else None)


def test_numbers_with_clusters_are_near_those_of_statsmodels() -> None:
    """Its errors are not corrected for few clusters (CR2), so they are a little smaller."""
    _, low, high = regression("pol_fokus", "ja", "blok", ("roed", "blaa"))
    assert right("ingen_forskel-3") == pytest.approx(max(-low, high), abs=0.3)
    regions = asked()["region"].unique()
    closest = max(abs(d) / (high - low) for one in regions for other in regions if one < other
                  for d, low, high in [regression("pol_strategi", "hele_kommunen", "region", (one, other))])
    t = 2 * 1.66 * closest  # the 90 percent interval is 1.66 errors to each side, with 97 degrees of freedom
    assert norm.isf(right("grupper-3") / 10 / 2) == pytest.approx(t, abs=0.25)  # ten pairs
    half = 100 * 1.96 * math.sqrt(0.82 * 0.18 / len(rows()) * (1 - len(rows()) / 838))
    mid = region(rows()).query("pol_strategi != ''")
    share = np.average(mid["pol_strategi"] == "hele_kommunen", weights=mid["vaegt"])
    error = math.sqrt(share * (1 - share) / len(mid) * (1 - len(mid) / len(region(asked()))))
    assert right("rapportering-4") == pytest.approx(100 * (share - 1.96 * error), abs=1)
    assert right("rapportering-3") == pytest.approx(half, abs=0.6)  # of ends as printed


def test_every_exercise_is_worked_out_or_argued_for() -> None:
    clustered = {"ingen_forskel-3", "grupper-3", "rapportering-3", "rapportering-4"}
    assert {*BY_HAND, *CHOSEN, *clustered} == set(exercises.REGISTERED)
    assert {id: right(id) for id in CHOSEN} == CHOSEN


@pytest.mark.parametrize("lesson", audience.lesson_notebooks())
def test_the_solution_that_a_lesson_shows_is_right(lesson: str) -> None:
    shown = {}
    for cell in json.loads(notebook(lesson).read_text("utf-8"))["cells"]:
        if found := re.search(r"opgave\.solution\(\s*\"([^\"]+)\"", "".join(cell["source"])):
            shown[found[1]] = "".join(line for output in cell["outputs"] for line in output["data"]["text/plain"])
    assert len(shown) >= 3
    for id, told in shown.items():
        known = exercises.REGISTERED[id]
        if known.choices:
            assert re.search("»(.*)«", told)[1] == known.choices[CHOSEN[id]].rstrip(".")
        elif id in BY_HAND:
            number = re.search(r"er ([−-]?[\d.]+(?:,\d+)?)", told)[1]
            number = number.replace("−", "-").replace(".", "").replace(",", ".")
            wanted = float(exercises.rounded(float(BY_HAND[id]()), known.decimals))
            assert float(number) == pytest.approx(wanted, rel=0.01 if id in ABOUT else 1e-9), id
