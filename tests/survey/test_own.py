"""A DataFrame of one's own as a survey: against R `survey`, and what is understood, told and refused."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from civsam.files import UserError
from civsam.inference import compare, equations, estimate, models, replicates, weighting
from civsam.instrument.questionnaire import Background, Item, Questionnaire, Scale
from civsam.instrument.sample import Sample
from civsam.survey.survey import Survey

HERE = Path(__file__).parents[1] / "inference" / "reference"
CASES = {case["id"]: case["result"] for case in json.loads((HERE / "r_estimate.json").read_text())["cases"]}
PUBLISHED = json.loads((HERE / "r_jackknife_published.json").read_text())


def data(name: str) -> pd.DataFrame:
    return pd.read_csv(HERE / f"estimate_{name}.csv")


DESIGNS = {
    "srs": ("apisrs", {"population": "fpc"}),
    "strat": ("apistrat", {"weight": "pw", "strata": "stype", "population": "fpc"}),
    "clus1": ("apiclus1", {"weight": "pw", "cluster": "dnum", "population": "fpc"}),
    "clus1_nofpc": ("apiclus1", {"weight": "pw", "cluster": "dnum"}),
    "clus2": ("apiclus2", {"cluster": ["dnum"], "population": ["fpc1", "fpc2"]}),
    "cen_srs": ("census_resp", {"population": "Ntot"}),
    "cen_clus": ("census_resp", {"weight": "w0", "cluster": "cnum"}),
}


# ---- Against R -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", DESIGNS)
def test_four_lines_give_what_r_gives(name: str) -> None:
    file, columns = DESIGNS[name]
    survey = Survey.of(data(file), **columns, background="stype")
    mean, total = estimate.means(survey, "api00").iloc[0], estimate.totals(survey, "api00").iloc[0]
    shares = estimate.shares(survey, "sch_wide", "Yes", by="stype")
    known = CASES[f"{name}/mean_deffwr"]
    assert mean["estimate"] == pytest.approx(known["est"]["api00"], rel=1e-8)
    assert mean["se"] == pytest.approx(known["se"]["api00"], rel=1e-8)
    assert total["se"] == pytest.approx(CASES[f"{name}/total"]["se"]["api00"], rel=1e-8)
    assert list(shares["group"]) == ["E", "H", "M"]
    assert estimate.means(survey, "api00")["df"].item() == CASES[f"{name}/degf"]["value"]
    assert survey.design.weights.sum() == pytest.approx(CASES[f"{name}/weights_sum"]["value"], rel=1e-8)
    by = estimate.means(survey, "api00", by="stype").set_index("group")
    for code, se in CASES[f"{name}/by_mean"]["se"].items():
        assert by.loc[code, "se"] == pytest.approx(se, rel=1e-8)


def jackknifed() -> tuple[pd.DataFrame, dict]:
    """apiclus1 with jackknife weights of its 15 districts as columns, and what tells them."""
    table = data("apiclus1")
    districts = table["dnum"].unique()
    made = {f"rw{place}": np.where(table["dnum"] == out, 0, table["pw"] * 15 / 14)
            for place, out in enumerate(districts)}
    return table.assign(**made), {"weight": "pw", "replicates": "rw", "kind": "JK1", "scale": 14 / 15 * (1 - 15 / 757)}


def test_replicate_weights_give_what_r_published() -> None:
    table, told = jackknifed()
    for item, (mean, se) in PUBLISHED["svymean"].items():
        survey = Survey.of(table, **told)
        row = (estimate.means(survey, item) if item.startswith("api")
               else estimate.shares(survey, "stype", item[-1])).iloc[0]
        assert row["estimate"] == pytest.approx(mean, abs=5e-7)
        assert row["se"] == pytest.approx(se, abs=5e-5)
        assert row["df"] == 14
    total, se = PUBLISHED["svytotal"]["enroll"]
    row = estimate.totals(survey, "enroll").iloc[0]
    assert [row["estimate"], row["se"]] == pytest.approx([total, se], abs=5e-3)


def test_replicate_weights_bear_on_every_estimator() -> None:
    """Linearised where the estimate is not made anew: near the jackknife, and not what the plain weights say."""
    table, told = jackknifed()
    survey = Survey.of(table, **told, background="stype")
    known = Survey.of(table.drop(columns=[f"rw{place}" for place in range(15)]), cluster="dnum", population="fpc",
                      weight="pw", background="stype")
    alone = Survey.of(table, weight="pw", background="stype")
    pair = [compare.contrasts(one, "api00", None, "stype", "E")["se"].iloc[0] for one in (survey, known, alone)]
    assert pair[0] == pytest.approx(pair[1], rel=1e-6)
    assert abs(pair[2] / pair[1] - 1) > 0.1
    fits = [models.regression(one, equations.measure(one, "api00"), ["stype"], "linear") for one in (survey, known)]
    first, second = (models.coefficients(fit) for fit in fits)
    np.testing.assert_allclose(first["se"], second["se"], rtol=1e-6)
    np.testing.assert_allclose(first["df"], second["df"])
    by = estimate.means(survey, "api00", by="stype")
    assert list(by["df"]) == [replicate_freedom(table, code) for code in by["group"]]
    for change in (weighting.for_process, lambda one: weighting.rake(one, {"stype": {}}), weighting.trim):
        with pytest.raises(UserError, match="har replikatvægte"):
            change(survey)
    for make in (replicates.jackknife, replicates.bootstrap):
        with pytest.raises(ValueError, match="already"):
            make(survey.design)


def replicate_freedom(table: pd.DataFrame, code: str) -> int:
    return table.loc[table["stype"] == code, "dnum"].nunique() - 1


@pytest.mark.parametrize(("kind", "more", "scale"), [
    ("JK1", {}, 14 / 15), ("BRR", {}, 1 / 15), ("bootstrap", {}, 1 / 14), ("Fay", {"rho": 0.5}, 4 / 15),
    ("JKn", {"rscales": [0.5] * 15}, 0.5)])
def test_the_scale_of_replicate_weights_follows_from_their_kind(kind: str, more: dict, scale: float) -> None:
    table, _ = jackknifed()
    names = [f"rw{place}" for place in range(15)]
    survey = Survey.of(table, weight="pw", replicates=names, kind=kind, **more)
    w = table[names].to_numpy()
    means = (w * table[["api00"]].to_numpy()).sum(axis=0) / w.sum(axis=0)
    variance = scale * np.sum((means - means.mean()) ** 2)
    assert estimate.means(survey, "api00")["se"].item() ** 2 == pytest.approx(variance)
    same = Survey.of(table, weight="pw", replicates=r"rw\d+", kind=kind, **more)
    assert len(same.design.replicates.rscales) == 15


# ---- What is understood ----------------------------------------------------------------------------------------------


MIXED = pd.DataFrame({
    "svar": ["Ja", "Nej", "Ved ikke", None], "Er du glad?": ["Ja tak", "Nej tak", "Ja tak", " "],
    "enig": pd.Categorical(["lidt", "meget", "lidt", None], ["lidt", "noget", "meget"], ordered=True),
    "ryger": [True, False, True, True], "antal": [1, 2, 3, 0], "maaske": [1.0, np.nan, 2.0, 3.0],
    "vaegt": [1.0, 2.0, 1.5, 0.5], "indkomst": [1.5, 2.5, 3.5, 4.5], "dato": pd.to_datetime(["2020-01-01"] * 4),
    "region": [1084, 1083, 1083, 1084], "lag": ["b", "a", "a", "b"], "grad": [-1, 2, 3, 4],
})


def test_what_was_understood_is_told() -> None:
    survey = Survey.of(MIXED, weight="vaegt", strata="lag", background=["region"])
    assert repr(survey).splitlines() == [
        "Survey", "  4 svarpersoner",
        "  spørgsmål: svar (2 svar), Er_du_glad (2 svar), enig (3 svar), ryger (2 svar), antal (antal) og maaske "
        "(antal)",
        "  baggrund: region", "  »Er du glad?« hedder Er_du_glad", "  udeladt: indkomst (decimaltal)",
        "  udeladt: dato (datoer)", "  udeladt: grad (tal under 0)", "  vægte: vaegt", "  strata: lag"]
    scales = {name: item.scale for name, item in survey.questionnaire.items.items()}
    assert scales["Er_du_glad"].answers == {"Ja_tak": "Ja tak", "Nej_tak": "Nej tak"}
    assert (scales["enig"].type, list(scales["enig"].answers)) == ("ordinal", ["lidt", "noget", "meget"])
    assert list(survey.answers["svar"]) == ["Ja", "Nej", "ved_ikke", ""]
    assert list(survey.answers["ryger"]) == ["Ja", "Nej", "Ja", "Ja"]
    assert list(survey.answers["maaske"]) == ["1", "", "2", "3"]
    assert list(survey.background["region"]) == ["1084", "1083", "1083", "1084"]
    assert list(survey.questionnaire.background["region"].labels) == ["1083", "1084"]
    assert estimate.shares(survey, "ryger", "Ja", by="region")["estimate"].tolist() == pytest.approx([1.5 / 3.5, 1])
    with pytest.raises(UserError, match="Skriv koden »Ja_tak«"):
        estimate.shares(survey, "Er_du_glad", "Ja tak")


def test_many_texts_are_free_text_and_values_that_look_alike_have_codes_of_their_own() -> None:
    table = pd.DataFrame({"fri": [f"t{place}" for place in range(60)], "q": ["a-b", "a b", "1"] * 20})
    survey = Survey.of(table)
    assert survey.questionnaire.items["fri"].scale.type == "tekst"
    assert survey.questionnaire.items["q"].scale.answers == {"v1": "1", "a_b": "a b", "a_b_2": "a-b"}
    assert estimate.shares(survey, "q")["estimate"].tolist() == pytest.approx([1 / 3] * 3 + [0])
    assert survey.design.target == "sample"


ITEM = Item("svar", "b", Scale("s", "enkelt", {"ja": "Ja"}), "", "")
OWN = Questionnaire("", "", "Ved ikke", {"b": ""}, {"svar": ITEM},
                    background={"lag": Background("lag", "lag", {"a": "A", "b": "B"})})


def test_a_questionnaire_of_ones_own_and_a_frame() -> None:
    table = MIXED.assign(svar=["ja", "", "ja", "ved_ikke"], nr=list("wxyz"))
    survey = Survey.of(table, questionnaire=OWN, weight="vaegt", key="nr")
    assert list(survey.answers) == ["svar"]
    assert list(survey.answers.index) == list("wxyz")
    assert "udeladt: Er du glad?, enig" in survey.understood
    frame = pd.DataFrame({"nr": list("vwxyz"), "lag": list("abaab")})
    framed = Survey.of(table.drop(columns="lag"), questionnaire=OWN, key="nr", frame=frame)
    assert framed.framed
    assert list(framed.design.weights) == [1.25] * 4
    with pytest.raises(UserError, match=r"»Ja« er ikke et af svarene\. Skriv koden »ja«"):
        Survey.of(MIXED.assign(svar="Ja"), questionnaire=OWN)
    with pytest.raises(UserError, match="»svar« er ikke en kolonne, men et spørgsmål"):
        Survey.of(MIXED.drop(columns="svar"), questionnaire=OWN)


# ---- What is refused -------------------------------------------------------------------------------------------------


PLAIN = pd.DataFrame({"q": list("abab"), "w": [1.0, 2.0, 3.0, 4.0], "s": list("xxyy"), "c": [1, 2, 3, 4],
                      "n": [9, 9, 7, 7], "r1": 1.0, "r2": 2.0}, index=list("klmn"))


@pytest.mark.parametrize(("change", "told", "message"), [
    ({"w": [1, np.nan, 3, 4]}, {"weight": "w"}, "kolonnen w, rækken »l«: »nan« mangler, og alle skal have en"),
    ({"w": [1, 2, -3, 4]}, {"weight": "w"}, "kolonnen w, rækken »m«: »-3« kan ikke bruges: en vægt skal være 0"),
    ({"w": [1, 2, np.inf, 4]}, {"weight": "w"}, "kolonnen w, rækken »m«: »inf« kan ikke bruges"),
    ({"w": [1, 2, "3,5", "x"]}, {"weight": "w"}, r"kolonnen w, rækken »m«: »3,5« er ikke et tal.*\(2 rækker i alt\)"),
    ({"w": 0}, {"weight": "w"}, "kolonnen w: alle vægte er 0"),
    ({}, {"weight": "vv"}, "»vv« er ikke en kolonne"),
    ({"s": ["x", " ", "y", "y"]}, {"strata": "s"}, "kolonnen s, rækken »l«: » « er tom"),
    ({"s": ["x", None, "y", "y"]}, {"strata": "s"}, "kolonnen s, rækken »l«: ».*« er tom"),
    ({"c": [1, None, 3, 4]}, {"cluster": "c"}, "kolonnen c, rækken »l«: »nan« er tom"),
    ({"c": [1, 2, 1, 2]}, {"strata": "s", "cluster": "c"}, "kolonnen c, rækken »m«: klyngen »1« er i to strata .*»y«"),
    ({"n": [9, 8, 7, 7]}, {"strata": "s", "population": "n"}, "kolonnen n, rækken »l«: »8« er et andet tal .* stratum"),
    ({"n": [9, 9, 1, 1]}, {"strata": "s", "population": "n"}, "kolonnen n, rækken »m«: »1« er færre, end der er"),
    ({"n": [9, 9, 0, 0]}, {"strata": "s", "population": "n"}, "kolonnen n, rækken »m«: »0« kan ikke bruges"),
    ({"n": [9, 9, np.nan, 7]}, {"strata": "s", "population": "n"}, "kolonnen n, rækken »m«: »nan« mangler"),
    ({"s": list("xxxy")}, {"strata": "s"}, "rækken »n« er den eneste klynge i sit stratum"),
    ({}, {"replicates": ["r1", "r2"]}, "sig med kind, hvordan de er lavet: JK1, JKn, BRR, Fay, bootstrap"),
    ({}, {"replicates": "r", "kind": "JKn"}, "skal have rscales"),
    ({}, {"replicates": "r", "kind": "JKn", "rscales": [1]}, "rscales skal være 2 tal"),
    ({}, {"replicates": "r", "kind": "Fay", "rho": 1}, "rho er 1"),
    ({"r2": [1, 2, -1, 1]}, {"replicates": "r", "kind": "BRR"}, "kolonnen r2, rækken »m«: »-1« kan ikke bruges"),
    ({}, {"replicates": "z", "kind": "BRR"}, "0 kolonner begynder med"),
    ({"s": ["x", None, "y", "y"]}, {"background": "s"}, "rammen, kolonnen s, rækken »l«: .* Den er tom"),
    ({}, {"key": "s"}, "rækken »x« og 1 andre står to gange"),
    ({1: "a"}, {}, "kolonnen 1 har et navn, der ikke er tekst"),
])
def test_columns_that_cannot_be_what_is_told_are_refused(change: dict, told: dict, message: str) -> None:
    table = PLAIN.copy()
    for name, values in change.items():
        table[name] = values
    with pytest.raises(UserError, match=message):
        Survey.of(table, **told)


def test_tables_without_rows_or_questions_are_refused() -> None:
    with pytest.raises(UserError, match="ingen rækker"):
        Survey.of(PLAIN.iloc[:0])
    with pytest.raises(UserError, match="ingen kolonner er spørgsmål"):
        Survey.of(PLAIN[["w"]], weight="w")
    with pytest.raises(TypeError, match="pandas DataFrame"):
        Survey.of({"q": ["a"]})


def test_clusters_that_are_numbered_anew_in_each_stratum() -> None:
    table = PLAIN.assign(c=[1, 2, 1, 2], v=list("abab"))
    survey = Survey.of(table[["q", "v", "s", "c"]], strata="s", cluster="c", nest=True)
    assert "klynger: c (nummereret forfra i hvert stratum)" in survey.understood
    assert list(survey.frame["c"]) == ["x 1", "x 2", "y 1", "y 2"]
    assert len(np.unique(survey.own_cluster)) == 4
    with pytest.raises(UserError, match=r"kolonnen s, rækken »l«: .* er tom"):
        Survey.of(table.assign(s=["x", None, "y", "y"]), strata="s", cluster="c", nest=True)


def test_a_replicate_that_is_missing_is_told() -> None:
    table = PLAIN.assign(r4=1.0)
    with pytest.raises(UserError, match="kolonnen r3 mangler mellem r1 og r4"):
        Survey.of(table, weight="w", replicates="r", kind="BRR")


def test_a_questionnaire_that_tells_the_sample_is_enough() -> None:
    asked = replace(OWN, sample=Sample(weight="vaegt"))
    table = MIXED.assign(svar=["ja", "", "ja", "ved_ikke"])
    survey = Survey.of(table, questionnaire=asked)
    assert list(survey.design.weights) == [1.0, 2.0, 1.5, 0.5]
    assert list(weighting.weighted(survey).design.weights) == [1.0, 2.0, 1.5, 0.5]
    with pytest.raises(UserError, match="spørgeskemaet siger selv, hvordan stikprøven er trukket"):
        Survey.of(table, questionnaire=asked, weight="vaegt")


def test_replicate_weights_that_are_factors_are_told() -> None:
    table, told = jackknifed()
    factors = table.assign(**{name: table[name] / table["pw"] for name in table if name.startswith("rw")})
    with pytest.raises(UserError, match=r"rw0 til rw14 er typisk 184 i alt, og vægten er 6\.194"):
        Survey.of(factors, **told)
