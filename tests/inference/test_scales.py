"""Indices and reliability against R, textbook identities and simulations with a known truth."""

from typing import Any

import numpy as np
import opened
import pandas as pd
import pytest
from test_estimate import HERE

from civsam.files import UserError
from civsam.inference import estimate, estimators, scales, weighting
from civsam.instrument.questionnaire import DONT_KNOW
from civsam.survey.survey import Survey

SURVEY = opened.edition().survey
TRUST = ["vae_tillid", "vae_civile", "vae_demokrati", "vae_kvalitet"]
# Chatterjee & Price (1977), as R's `attitude`: rating, complaints, privileges, learning, raises, critical, advance.
ATTITUDE = np.array([
    [43, 63, 71, 61, 81, 43, 58, 71, 72, 67, 64, 67, 69, 68, 77, 81, 74, 65, 65, 50, 50, 64, 53, 40, 63, 66, 78, 48, 85,
     82],
    [51, 64, 70, 63, 78, 55, 67, 75, 82, 61, 53, 60, 62, 83, 77, 90, 85, 60, 70, 58, 40, 61, 66, 37, 54, 77, 75, 57, 85,
     82],
    [30, 51, 68, 45, 56, 49, 42, 50, 72, 45, 53, 47, 57, 83, 54, 50, 64, 65, 46, 68, 33, 52, 52, 42, 42, 66, 58, 44, 71,
     39],
    [39, 54, 69, 47, 66, 44, 56, 55, 67, 47, 58, 39, 42, 45, 72, 72, 69, 75, 57, 54, 34, 62, 50, 58, 48, 63, 74, 45, 71,
     59],
    [61, 63, 76, 54, 71, 54, 66, 70, 71, 62, 58, 59, 55, 59, 79, 60, 79, 55, 75, 64, 43, 66, 63, 50, 66, 88, 80, 51, 77,
     64],
    [92, 73, 86, 84, 83, 49, 68, 66, 83, 80, 67, 74, 63, 77, 77, 54, 79, 80, 85, 78, 64, 80, 80, 57, 75, 76, 78, 83, 74,
     78],
    [45, 47, 48, 35, 47, 34, 35, 41, 31, 41, 34, 41, 25, 35, 46, 36, 63, 60, 46, 52, 33, 41, 37, 49, 33, 72, 49, 38, 55,
     39]]).T


def of(values: np.ndarray, **columns: Any) -> tuple[Survey, list[str]]:
    """A survey whose items are the columns of values (n, k), whole numbers, and their names."""
    names = [f"i{place}" for place in range(values.shape[1])]
    table = pd.DataFrame(dict(zip(names, values.T, strict=True))).assign(**columns)
    return Survey.of(table, **{name: name for name in columns}), names


# ---- Reliability -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("items", "alpha", "alpha_se", "omega", "omega_se"), [
    ("abcd", 0.867188078171, 0.01071, 0.881102884, 0.01521),
    ("acdm", 0.741872921257, 0.02161, 0.885903534, 0.01975),
])
def test_against_r(items: str, alpha: float, alpha_se: float, omega: float, omega_se: float) -> None:
    """R 4.2.2: `survey` 4.1-1's svycralpha; omega of factanal(covmat=cov.wt(x, pw)$cov, factors=1); errors by
    as.svrepdesign(type="JKn") and withReplicates, which are not linearised and so one or two percent larger."""
    data = pd.read_csv(HERE / "compare_apistrat.csv")
    table = pd.DataFrame({"a": data["api00"] // 100, "b": data["api99"] // 100, "c": 10 - data["meals"] // 10,
                          "d": 10 - data["ell"] // 10, "m": 10 - data["mobility"] // 10, "weight": data["weight"],
                          "strata": data["stype"], "population": data["population"]})
    survey = Survey.of(table, weight="weight", strata="strata", population="population")
    made = scales.reliability(survey, list(items)).set_index("statistic")
    assert made["estimate"].tolist() == pytest.approx([alpha, omega], rel=1e-7)
    assert made["se"].tolist() == pytest.approx([alpha_se, omega_se], rel=0.02)
    assert made["df"].tolist() == [197, 197]


def test_against_rs_psych_and_factanal() -> None:
    """psych 2.2.9: alpha(attitude)$total$raw_alpha; factanal(attitude, 1), its loadings on the items' own scale."""
    made = scales.reliability(*of(ATTITUDE))
    assert made["estimate"].tolist() == pytest.approx([0.843142769565, 0.8563267928], rel=1e-7)


def test_of_equal_loadings_both_are_the_same_and_of_two_items_alpha_is_spearman_browns() -> None:
    rng = np.random.default_rng(1)
    root = np.linalg.cholesky(np.full((3, 3), 0.5) + 0.5 * np.eye(3))
    z = np.linalg.qr(np.column_stack([np.ones(400), rng.normal(size=(400, 3))]))[0][:, 1:] @ root.T
    survey, names = of(np.rint(1e6 * (z + 1)).astype(int))
    alpha, omega = scales.reliability(survey, names)["estimate"]
    assert [alpha, omega] == pytest.approx([0.75, 0.75], rel=1e-5)  # 3 r / (1 + 2 r)
    two = scales.reliability(survey, names[:2])
    assert two["estimate"][0] == pytest.approx(2 / 3, rel=1e-5)
    assert two.loc[1, ["estimate", "se", "low"]].isna().all()


def test_a_reversed_item_counts_the_other_way() -> None:
    told = dict(enumerate(["aldrig", "lidt", "en del", "meget"]))
    values = np.random.default_rng(2).integers(0, 2, (60, 1)) + np.random.default_rng(3).integers(0, 3, (60, 3))

    def asked(values: np.ndarray) -> Survey:
        kind = pd.CategoricalDtype(list(told.values()), ordered=True)
        return Survey.of(pd.DataFrame({f"i{j}": pd.Series(map(told.get, column)).astype(kind)
                                       for j, column in enumerate(values.T)}))

    names, other = ["i0", "i1", "i2"], values * [1, -1, 1] + [0, 3, 0]
    made, turned = scales.reliability(asked(values), names), scales.reliability(asked(other), names, reverse=["i1"])
    pd.testing.assert_frame_equal(made, turned.assign(reversed=""))
    assert turned["reversed"].tolist() == ["i1", "i1"]
    assert scales.reliability(asked(other), names)["estimate"][0] < made["estimate"][0] - 0.2
    assert scales.index(asked(other), names, reverse=["i1"])["estimate"].item() == pytest.approx(1 + values.mean())
    assert scales.index(asked(values), names)["estimate"].item() == pytest.approx(1 + values.mean())


@pytest.mark.parametrize("clusters", [0, 60])
def test_intervals_cover_the_truth(clusters: int) -> None:
    """Skewed answers, also in clusters that share their factor; the loadings are known, and so alpha and omega."""
    loading, size = np.array([0.9, 0.7, 0.6, 0.4]), np.array([1.0, 1.0, 2.0, 1.0])
    own, rng, hits, draws = 1 - loading**2, np.random.default_rng(4), [], opened.draws(300)
    whole = (size @ loading) ** 2
    omega = whole / (whole + size**2 @ own)
    cov = np.outer(size * loading, size * loading) + np.diag(size**2 * own)
    alpha = 4 / 3 * (1 - np.trace(cov) / cov.sum())
    for _ in range(draws):
        n = 240
        cluster = rng.integers(0, clusters, n) if clusters else np.arange(n)
        factor, error = rng.gamma(4, 0.5, (2, n)) - 2, rng.gamma(4, 0.5, (n, 4)) - 2
        factor = np.sqrt(0.3) * factor[0][cluster] + np.sqrt(0.7) * factor[1]
        x = (np.outer(factor, loading) + error * np.sqrt(own)) * size
        columns = {"cluster": cluster} if clusters else {}
        made = scales.reliability(*of(np.rint(1000 * (x + 10)).astype(int), **columns))
        hits.append((made["low"] < [alpha, omega]) & (made["high"] > [alpha, omega]))
    off = 3 * np.sqrt(0.95 * 0.05 / draws)
    assert np.all(np.abs(np.mean(hits, axis=0) - 0.945) < off + 0.01)


def test_blanks_and_dont_know_are_no_numbers() -> None:
    answers = SURVEY.answers
    known = np.logical_and.reduce([SURVEY.knows(item) for item in TRUST])
    made = scales.reliability(SURVEY, TRUST)
    assert made["n"].tolist() == [known.sum()] * 2
    unsure = answers.assign(**{item: answers[item].where(known, DONT_KNOW) for item in TRUST})
    plain = scales.reliability(weighting.unweighted(SURVEY), TRUST)
    other = scales.reliability(SURVEY.having(answers=unsure, design=None), TRUST)
    assert other["estimate"].tolist() == pytest.approx(plain["estimate"].tolist())


# ---- The index -------------------------------------------------------------------------------------------------------


def test_an_index_of_counts_is_their_mean_over_their_number() -> None:
    counts = ["pra_lange", "pra_korte"]
    made, sums = scales.index(SURVEY, counts, "region"), estimate.means(SURVEY, counts, "region")
    for name in ("estimate", "se", "low", "high"):
        np.testing.assert_allclose(made[name], sums[name] / 2, rtol=1e-9)
    assert made[["n", "df"]].equals(sums[["n", "df"]])
    assert tuple(made.columns) == (*estimators.COLUMNS, "reversed")


def test_an_index_of_one_scale_is_the_mean_of_its_codes_and_the_least_is_said() -> None:
    codes = {code: place for place, code in enumerate(SURVEY.item(TRUST[0]).scale.answers, 1)}
    numbers = SURVEY.answers[TRUST].apply(lambda column: column.map(codes)).astype(float)
    plain = weighting.unweighted(SURVEY)
    for least in (1, 2, 4):
        base = (numbers.notna().sum(axis=1) >= least).to_numpy()
        row = scales.index(plain, TRUST, least=least).iloc[0]
        assert row["n"] == base.sum()
        assert row["estimate"] == pytest.approx(numbers[base].mean(axis=1).mean())
    assert scales.index(plain, TRUST)["n"].item() == base.sum()


def test_an_answer_that_nobody_gave_keeps_its_place() -> None:
    """Codes are places on the scale, not among the answers that occur."""
    answers = SURVEY.answers
    high = SURVEY.having(answers=answers.assign(**{name: "helt_enig" for name in TRUST[:2]}), design=None)
    assert scales.index(high, TRUST[:2])["estimate"].item() == 5
    assert scales.index(high, TRUST[:2], reverse=TRUST[:2])["estimate"].item() == 1


# ---- What cannot be a scale ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [scales.index, scales.reliability])
@pytest.mark.parametrize(("items", "more", "told"), [
    (["vae_tillid"], {}, "mindst to spørgsmål, og her er 1"),
    ([], {}, "mindst to spørgsmål, og her er 0"),
    ("vae_tillid", {}, "er ét navn, og her skal stå en liste"),
    (None, {}, "None er ikke en liste: spørgsmål"),
    (["vae_tillid", "vae_tillid"], {}, "er med to gange"),
    (["vae_tillid", "vae_x"], {}, "»vae_x« er ikke et spørgsmål"),
    (["vae_tillid", "pol_fokus"], {}, "pol_fokus har ingen rækkefølge at tælle efter"),
    (["vae_tillid", "pra_lange"], {}, "vae_tillid og pra_lange har ikke samme svarmuligheder"),
    (TRUST, {"reverse": ["pol_fokus"]}, "»pol_fokus« skal vendes, men er ikke et af skalaens"),
    (TRUST, {"reverse": TRUST[0]}, "er ét navn"),
])
def test_what_is_no_scale(make: Any, items: Any, more: dict[str, Any], told: str) -> None:
    with pytest.raises(UserError, match=told):
        make(SURVEY, items, **more)


@pytest.mark.parametrize("least", [0, 5, 2.0, "2", True])
def test_least_is_a_number_of_the_items(least: Any) -> None:
    told = "least is 5, and there are 4 items" if least == 5 else f"least must be a whole number, 1 or .* not {least!r}"
    with pytest.raises(ValueError, match=told):
        scales.index(SURVEY, TRUST, least=least)


def test_items_that_tell_nothing_of_one_another() -> None:
    values = np.random.default_rng(5).integers(0, 9, (50, 3))
    flat, names = of(values * [1, 1, 0] + [0, 0, 4])
    with pytest.raises(UserError, match="i2: alle 50 svarede det samme"):
        scales.reliability(flat, names)
    even, names = of(np.column_stack([values[:, 0], 9 - values[:, 0]]))
    with pytest.raises(UserError, match="de ophæver hinanden"):
        scales.reliability(even, names)
    with pytest.raises(UserError, match="i0 kan ikke vendes, for ingen har sagt"):
        scales.index(even, names, reverse=["i0"])
    same, names = of(np.column_stack([values[:, 0]] * 3))
    made = scales.reliability(same, names)
    assert made["estimate"][0] == pytest.approx(1)
    assert made["estimate"].isna().tolist() == [False, True]
