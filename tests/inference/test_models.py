"""Models against R `survey`, statsmodels where it is right, textbook identities and simulations with a known truth."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.special import expit
from scipy.stats import f as fisher
from statsmodels.miscmodels.ordinal_model import OrderedModel
from test_compare import FLAGS, HERE, PROCESS, case_of, counted, expected, process_of

from civsam.inference import compare, equations, model, models, ordinal
from civsam.survey.survey import Survey

NAMES = {"(Intercept)": "constant", "stypeH": "fagomraade=H", "stypeM": "fagomraade=M"}


def agrees(fit: models.Fit, result: dict, rel: float) -> None:
    """Coefficients and the whole covariance matrix are R's."""
    found, order = result["vcov"]["matrix"], [NAMES.get(name, name) for name in result["vcov"]["names"]]
    at = [fit.names.index(name) for name in order]
    coef = {**result["coef"], **result.get("zeta", {})}
    np.testing.assert_allclose(fit.coef[at], [coef[name] for name in result["vcov"]["names"]], rtol=rel)
    scale = np.sqrt(np.outer(np.diag(found), np.diag(found)))
    np.testing.assert_allclose(fit.covariance[np.ix_(at, at)] / scale, found / scale, rtol=rel, atol=rel)


@FLAGS
@pytest.mark.parametrize(("case", "model", "item", "answer", "by", "numbers"), [
    ("glm_gauss", "linear", "api00", None, [], ["ell", "meals", "mobility"]),
    ("glm_gauss_factor", "linear", "api00", None, ["fagomraade"], ["meals"]),
    ("glm_logit", "logit", "sch_wide", "Yes", [], ["ell", "meals", "mobility"]),
    ("glm_poisson", "count", "api99", None, ["fagomraade"], ["meals"]),
])
def test_regression(
    name: str, case: str, model: str, item: str, answer: str | None, by: list[str], numbers: list[str]
) -> None:
    survey, data = case_of(name)
    fit = models.regression(survey, equations.measure(survey, item, answer), by, model, data[numbers])
    result = expected(name, case)
    agrees(fit, result, 1e-6)
    assert fit.df == result["df_resid"]


@FLAGS
def test_a_term_of_a_model(name: str) -> None:
    survey, data = case_of(name)
    what = equations.measure(survey, "api00")
    fit = models.regression(survey, what, ["fagomraade"], "linear", data[["ell", "meals"]])
    row, result = models.term_test(fit, "fagomraade", small_sample=False).iloc[0], expected(name, "regterm_Wald")
    assert [row["df1"], row["df2"]] == [result["df"], result["ddf"]]
    assert row["f"] == pytest.approx(result["F"], rel=1e-9)
    assert row["p"] == pytest.approx(result["p"], rel=1e-8)


@FLAGS
def test_proportional_odds_model(name: str) -> None:
    survey, data = case_of(name)
    numbers = data[["avg_ed", "mobility"]].rename(columns={"avg_ed": "avg.ed"})
    fit = ordinal.ordinal(survey, "mealcat", ["fagomraade"], numbers)
    result = expected(name, "olr_logit_exact")
    for key in ("zeta", "vcov"):  # R names a cut "low|high"
        if key == "zeta":
            result["zeta"] = {cut.split("|")[0] + "|": value for cut, value in result["zeta"].items()}
        else:
            names = [cut.split("|")[0] + "|" if "|" in cut else cut for cut in result["vcov"]["names"]]
            result["vcov"]["names"] = names
    agrees(fit, result, 1e-6)


def ordinal_of(y: np.ndarray, group: np.ndarray) -> Survey:
    """Ordered answers of respondents who are each a cluster."""
    codes = np.array(["(0,25]", "(25,50]", "(50,75]", "(75,100]"])
    base = process_of(np.zeros(len(y)), group, np.arange(len(y)))
    return replace(base, answers=base.answers.assign(mealcat=codes[y]))


def latent(rng: np.random.Generator, group: np.ndarray, spread: float) -> np.ndarray:
    """Answers cut from a logistic level; with another spread in group 1 the odds are not proportional."""
    level = rng.logistic(size=len(group)) * np.where(group == 1, spread, 1) + 0.5 * group
    return np.searchsorted([-1.0, 0.0, 1.0], level)


def test_ordinal_model_without_weights_is_that_of_statsmodels() -> None:
    rng, group = np.random.default_rng(2), np.repeat([0, 1], 150)
    y = latent(rng, group, 1)
    fit = ordinal.ordinal(ordinal_of(y, group), "mealcat", ["blok"])
    other = OrderedModel(y, group[:, None].astype(float), distr="logit").fit(method="bfgs", disp=0, gtol=1e-8)
    assert fit.coef[0] == pytest.approx(other.params[0], rel=1e-4)
    weighted = ordinal_of(y, group)
    twice = replace(weighted, design=replace(weighted.design, weights=1.0 + (np.arange(300) % 2)))
    doubled = np.repeat(np.arange(300), 1 + np.arange(300) % 2)
    expanded = ordinal.ordinal(ordinal_of(y[doubled], group[doubled]), "mealcat", ["blok"])
    np.testing.assert_allclose(ordinal.ordinal(twice, "mealcat", ["blok"]).coef, expanded.coef, rtol=1e-8)


def test_check_of_proportional_odds() -> None:
    rng, group = np.random.default_rng(3), np.repeat([0, 1], 200)
    p = {spread: np.array([ordinal.proportional_odds(
        ordinal.ordinal(ordinal_of(latent(rng, group, spread), group), "mealcat", ["blok"]))["p"].item()
        for _ in range(draws)]) for spread, draws in ((1, 100), (3, 20))}
    assert np.mean(p[1] < 0.05) < 0.12  # true null: 5 percent, Monte Carlo standard error 2.2
    assert np.mean(p[3] < 0.05) > 0.9
    fit = ordinal.ordinal(ordinal_of(latent(rng, group, 1), group), "mealcat", ["blok"])
    assert ordinal.proportional_odds(fit)["df1"].item() == 2  # one covariate, three cuts


def test_marginal_effects_are_those_of_statsmodels() -> None:
    rng, n = np.random.default_rng(4), 300
    group, z = rng.integers(0, 2, n), pd.DataFrame({"z": rng.normal(size=n)})
    said = rng.random(n) < expit(-0.3 + 0.8 * group + 0.5 * z["z"])
    base = process_of(np.zeros(n), group, np.arange(n))
    survey = replace(base, answers=base.answers.assign(sch_wide=np.where(said, "Yes", "No")))
    fit = models.regression(survey, equations.measure(survey, "sch_wide", "Yes"), ["blok"], "logit", z)
    rows = models.marginal_effects(fit, small_sample=False)
    x = sm.add_constant(np.column_stack([group, z["z"]]))
    other = sm.Logit(said.astype(float), x).fit(disp=0, cov_type="HC0").get_margeff(dummy=True)
    np.testing.assert_allclose(rows["estimate"], other.margeff, rtol=1e-6)
    np.testing.assert_allclose(rows["se"], other.margeff_se * np.sqrt(n / (n - 1)), rtol=1e-6)


def test_effects_of_groups_alone_are_the_contrasts_of_their_shares() -> None:
    for small in (True, False):
        fit = models.regression(PROCESS, equations.measure(PROCESS, "pol_fokus", "ja"), ["region"], "logit")
        rows = models.marginal_effects(fit, small_sample=small)
        pairs = compare.contrasts(PROCESS, "pol_fokus", "ja", "region", "hovedstaden", small_sample=small)
        np.testing.assert_allclose(rows["estimate"], pairs["estimate"], rtol=1e-8)
        # CR2's working variance is the logit's own here, the same for all in the contrast: nearly, not wholly, alike
        np.testing.assert_allclose(rows["se"], pairs["se"], rtol=0.01 if small else 1e-8)


def test_hc2_and_its_degrees_of_freedom_in_a_line() -> None:
    rng, n = np.random.default_rng(5), 40
    z = pd.DataFrame({"z": rng.normal(size=n) ** 3})
    y = counted(1 + z["z"].to_numpy() + rng.normal(size=n))
    survey = process_of(y, np.zeros(n, dtype=int), np.arange(n))
    fit = models.regression(survey, equations.measure(survey, "api00"), [], "linear", z)
    other = sm.OLS(y, sm.add_constant(z.to_numpy())).fit(cov_type="HC2")
    np.testing.assert_allclose(models.coefficients(fit)["se"], other.bse, rtol=1e-9)


@pytest.mark.parametrize("by", ["region", "fagomraade"])
def test_equality_of_many_groups_rejects_a_true_null_as_often_as_is_said(by: str) -> None:
    """Monte Carlo standard error 0.7 percentage points (1,000 draws)."""
    rng, n, draws = np.random.default_rng(6), len(PROCESS.answers), 1000
    group, municipality = PROCESS.group(by), PROCESS.design.nested[0].cluster
    z = (group[:, None] == np.unique(group)).astype(float)
    k = z.shape[1]
    combine = np.column_stack([-np.ones(k - 1), np.eye(k - 1)])
    shared = rng.normal(size=(municipality.max() + 1, draws))[municipality]
    y = (np.sqrt(0.05) * shared + np.sqrt(0.95) * rng.normal(size=(n, draws)) < 0).astype(float)
    solved = equations.solve(y[:, 0], z, z, PROCESS.design.weights, np.arange(n))
    working = solved.sensitivity.T @ solved.sensitivity
    unit = np.linalg.solve(np.linalg.cholesky(combine @ working @ combine.T), combine)
    reduced = equations.bias_reduced(solved, municipality, unit)
    f, df1, df2, p, _ = equations.joint(PROCESS.design, solved, combine, 0, small_sample=True)
    value = solved.sensitivity.T @ y
    residual, aim = y - z @ value, unit @ value
    distance = np.array([aim[:, j] @ np.linalg.solve(reduced.covariance(residual[:, j]), aim[:, j])
                         for j in range(draws)])
    # f is the first draw's distance in the unit of the F distribution; the design is the same in all draws
    rejected = fisher.sf(distance * f / distance[0], df1, df2) < 0.05
    assert np.mean(rejected) == pytest.approx(0.05, abs=0.015)
    assert p == pytest.approx(fisher.sf(f, df1, df2))


def test_degrees_of_freedom_of_equality_are_those_of_its_covariance() -> None:
    """Pustejovsky & Tipton (2018): they match the spread of all parts of CR2. Monte Carlo error about 3 percent."""
    rng, draws = np.random.default_rng(8), 4000
    group, municipality = PROCESS.group("fagomraade"), PROCESS.design.nested[0].cluster
    z = (group[:, None] == np.unique(group)).astype(float)
    y = rng.normal(size=(len(group), draws))
    solved = equations.solve(y[:, 0], z, z, PROCESS.design.weights, np.arange(len(group)))
    combine = np.column_stack([-np.ones(8), np.eye(8)])
    _, q, last, _, _ = equations.joint(PROCESS.design, solved, combine, 0, small_sample=True)
    working = solved.sensitivity.T @ solved.sensitivity
    unit = np.linalg.solve(np.linalg.cholesky(combine @ working @ combine.T), combine)
    reduced = equations.bias_reduced(solved, municipality, unit)
    residual = y - z @ (solved.sensitivity.T @ y)
    found = np.array([reduced.covariance(column) for column in residual.T])
    np.testing.assert_allclose(found.mean(axis=0), np.eye(q), atol=0.05)  # unbiased
    assert found.var(axis=0).sum() == pytest.approx(q * (q + 1) / (last + q - 1), rel=0.08)


def test_intraclass_correlation_of_equal_clusters_is_the_anova_estimate() -> None:
    rng, m, k = np.random.default_rng(7), 40, 6
    cluster = np.repeat(np.arange(m), k)
    y = counted(rng.normal(size=m)[cluster] + 2 * rng.normal(size=m * k))
    survey = process_of(y, np.zeros(m * k, dtype=int), cluster)
    table = y.reshape(m, k)
    between, within = k * table.mean(axis=1).var(ddof=1), table.var(axis=1, ddof=1).mean()
    row = models.intraclass_correlation(survey, equations.measure(survey, "api00")).iloc[0]
    # Donner (1986): (MSB - MSW) / (MSB + (k - 1) MSW), which REML gives where all clusters are of one size
    assert row["estimate"] == pytest.approx((between - within) / (between + (k - 1) * within), rel=1e-6)
    assert [row["clusters"], row["within"]] == pytest.approx([m, within], rel=1e-6)
    flat = process_of(np.tile([0.0, 1.0], 60), np.zeros(120, dtype=int), np.repeat(np.arange(60), 2))
    assert models.intraclass_correlation(flat, equations.measure(flat, "api00"))["estimate"].item() == 0
    alike = models.intraclass_correlation(flat, equations.measure(flat, "sch_wide", "Yes"))
    assert alike[["estimate", "between", "within"]].isna().all(axis=None)


def test_intraclass_correlation_is_that_of_a_mixed_model() -> None:
    survey, data = case_of("cen_clus")
    row = models.intraclass_correlation(survey, equations.measure(survey, "api00")).iloc[0]
    other = sm.MixedLM(data["api00"].to_numpy(float), np.ones((len(data), 1)), groups=data["cluster"]).fit(reml=True)
    assert [row["between"], row["within"]] == pytest.approx([other.cov_re[0, 0], other.scale], rel=1e-3)


def test_models_that_cannot_be_fitted_say_so() -> None:
    survey, _ = case_of("clus1_nofpc")
    with pytest.raises(ValueError, match="separate"):
        models.regression(survey, equations.measure(survey, "sch_wide", "Yes"), ["blok"], "logit")
    with pytest.raises(ValueError, match="ratio"):
        models.regression(survey, equations.measure(survey, "api99", ratio=True), ["blok"], "linear")
    with pytest.raises(ValueError, match="ordered"):
        ordinal.ordinal(survey, "sch_wide", ["blok"])
    group = np.repeat([0, 1], 20)
    with pytest.raises(ValueError, match="maximum"):
        ordinal.ordinal(ordinal_of(np.where(group == 1, 3, np.arange(40) % 3), group), "mealcat", ["blok"])


def test_tables_have_the_documented_columns() -> None:
    fit = models.regression(PROCESS, equations.measure(PROCESS, "pra_lange"), ["fagomraade", "blok"], "count")
    for table in (models.coefficients(fit), models.marginal_effects(fit)):
        assert tuple(table.columns) == models.COLUMNS
        assert set(table["provenance"]) == {"syntetisk"}
        assert set(table["method"]) == {"CR2"}
    ordered = ordinal.ordinal(PROCESS, "vae_tillid", ["udgiftspres"])
    assert list(models.term_test(ordered, "udgiftspres")["method"]) == ["design"]
    assert models.coefficients(ordered)["n"].unique().item() == PROCESS.knows("vae_tillid").sum()


# ---- Unordered answers ----------------------------------------------------------------------------------------------


def unordered(rng: np.random.Generator, n: int, clusters: int = 0) -> tuple[Survey, pd.DataFrame, np.ndarray]:
    """Answers a, b and c by a group and a number, with the coefficients that they were drawn with, answer by answer."""
    group, z = rng.integers(0, 2, n), rng.normal(size=n)
    x, true = np.column_stack([np.ones(n), group, z]), np.array([[0.2, 0.6, -0.5], [-0.3, -0.4, 0.8]])
    p = np.column_stack([np.ones(n), np.exp(x @ true.T)])
    y = (rng.random(n)[:, None] > np.cumsum(p / p.sum(axis=1, keepdims=True), axis=1)).sum(axis=1)
    table = pd.DataFrame({"y": pd.Categorical(np.array(list("abc"))[y]), "g": group, "w": rng.uniform(0.5, 3, n),
                          "c": rng.integers(0, clusters, n) if clusters else np.arange(n)})
    return Survey.of(table, weight="w", cluster="c", background=["g"]), pd.DataFrame({"z": z}), true


def test_multinomial_model_is_rs() -> None:
    """R 4.2.2: nnet 7.3-18, multinom(stype ~ meals + ell, apiclus1, weights=pw); errors by `survey` 4.1-1: svytotal of
    the scores times the inverse information, svydesign(~dnum, weights=~pw)."""
    data = pd.read_csv(HERE / "compare_apiclus1.csv")
    table = data[["stype", "weight", "cluster"]].astype({"stype": "category"})
    survey = Survey.of(table, weight="weight", cluster="cluster")
    rows = models.multinomial_regression(survey, "stype", [], data[["meals", "ell"]]).coefficients()
    assert rows["answer"].tolist() == ["H"] * 3 + ["M"] * 3
    np.testing.assert_allclose(rows["estimate"], [-0.7248680743, -0.0039898766, -0.0664527226,
                                                  -0.8686039082, -0.0071526465, -0.0207541692], rtol=1e-6)
    np.testing.assert_allclose(rows["se"], [0.94306203429, 0.01864997540, 0.02925695427,
                                            0.47027273091, 0.01057622144, 0.01587118331], rtol=1e-6)


def test_multinomial_model_without_weights_is_that_of_statsmodels() -> None:
    survey, z, _ = unordered(np.random.default_rng(11), 400, 50)
    cluster = survey.design.nested[0].cluster
    survey = survey.having(design=replace(survey.design, weights=np.ones(400)))
    fit = models.multinomial_regression(survey, "y", ["g"], z)
    x = sm.add_constant(np.column_stack([survey.group("g"), z["z"]]))
    other = sm.MNLogit(survey.codes("y"), x).fit(disp=0, method="newton", tol=1e-12)
    np.testing.assert_allclose(fit.coef, other.params.T.ravel(), rtol=1e-7)
    clustered = sm.MNLogit(survey.codes("y"), x).fit(
        disp=0, method="newton", tol=1e-12, cov_type="cluster", cov_kwds={"groups": cluster, "use_correction": False})
    np.testing.assert_allclose(fit.covariance * 49 / 50, clustered.cov_params(), rtol=1e-6, atol=1e-12)
    rows = fit.marginal_effects()
    assert rows["answer"].tolist() == ["a", "a", "b", "b", "c", "c"]
    assert rows["term"].tolist() == ["g=1", "z"] * 3
    margins = other.get_margeff(dummy=True)
    np.testing.assert_allclose(rows["estimate"], np.array(margins.margeff).T.ravel(), rtol=1e-6)
    assert tuple(rows.columns) == models.COLUMNS


@pytest.mark.parametrize("process", [False, True])
def test_multinomial_model_of_two_answers_is_the_logit(process: bool) -> None:
    survey, z, _ = unordered(np.random.default_rng(12), 300, 40)
    answers = survey.answers.replace({"y": {"c": "a"}})
    target = "process" if process else survey.design.target
    survey = survey.having(answers=answers, design=replace(survey.design, target=target))
    many = models.multinomial_regression(survey, "y", ["g"], z)
    one = models.regression(survey, equations.measure(survey, "y", "b"), ["g"], "logit", z)
    for table, other in ((many.coefficients(), one.coefficients()), (many.term_test("g"), one.term_test("g")),
                         (many.marginal_effects().iloc[2:].reset_index(drop=True), one.marginal_effects())):
        pd.testing.assert_frame_equal(table.drop(columns=["model", "answer"]), other.drop(columns=["model", "answer"]),
                                      rtol=1e-6)
        assert set(other.get("method")) == {"CR2" if process else "design"}


def test_weights_of_a_multinomial_model_count_as_so_many_respondents() -> None:
    survey, z, _ = unordered(np.random.default_rng(13), 200)
    times = 1 + np.arange(200) % 3
    weighted = survey.having(design=replace(survey.design, weights=times.astype(float)))
    who = np.repeat(np.arange(200), times)
    table = survey.answers.iloc[who].reset_index(drop=True).assign(g=survey.group("g")[who])
    expanded = models.multinomial_regression(Survey.of(table.astype({"y": "category"}), background=["g"]), "y", ["g"],
                                             z.iloc[who].reset_index(drop=True))
    np.testing.assert_allclose(models.multinomial_regression(weighted, "y", ["g"], z).coef, expanded.coef, rtol=1e-8)


def test_influence_on_a_multinomial_model_is_the_derivative_in_the_weights() -> None:
    survey, z, _ = unordered(np.random.default_rng(14), 120)
    fit = models.multinomial_regression(survey, "y", ["g"], z)
    effects = fit.marginal_effects()["estimate"]
    for row in (0, 7, 60):
        moved = [models.multinomial_regression(survey.having(design=replace(
            survey.design, weights=survey.design.weights * (1 + step * (np.arange(120) == row)))), "y", ["g"], z)
            for step in (1e-4, -1e-4)]
        np.testing.assert_allclose((moved[0].coef - moved[1].coef) / 2e-4, fit.influence[row], rtol=1e-5, atol=1e-8)
    gradient = np.stack([models._effect(fit, column, np.full(120, 1 / 120))[1] for column in (1, 2)], axis=1)
    for place in range(len(fit.coef)):
        step = 1e-6 * np.eye(len(fit.coef))[place]
        ends = [np.stack([models._effect(replace(fit, coef=fit.coef + sign * step), column, np.full(120, 1 / 120))[0]
                          for column in (1, 2)], axis=1) for sign in (1, -1)]
        np.testing.assert_allclose((ends[0] - ends[1]) / 2e-6, gradient[:, :, place], rtol=1e-5, atol=1e-9)
    assert effects.groupby(effects.index % 2).sum().abs().max() < 1e-9  # of all answers


def test_intervals_of_a_multinomial_model_cover_the_truth() -> None:
    rng, draws = np.random.default_rng(15), 120
    hits = []
    for _ in range(draws):
        survey, z, true = unordered(rng, 300, 100)
        table = models.multinomial_regression(survey, "y", ["g"], z).coefficients()
        hits.append((table["low"] < true.ravel()) & (table["high"] > true.ravel()))
    assert np.abs(np.mean(hits) - 0.95) < 0.03  # six coefficients a draw


def test_multinomial_models_that_cannot_be_fitted_say_so() -> None:
    survey, z, _ = unordered(np.random.default_rng(16), 60)
    parted = survey.having(answers=survey.answers.assign(y=np.where(survey.group("g"), "a", survey.answers["y"])))
    with pytest.raises(ValueError, match="separate"):
        models.multinomial_regression(parted, "y", ["g"])
    with pytest.raises(ValueError, match="antal: a multinomial model is of one answer"):
        model.regression(PROCESS, "pra_lange", ["blok"], "multinomial")
    few = survey.having(design=replace(survey.design, weights=(np.arange(60) < 6).astype(float)))
    with pytest.raises(ValueError, match="6 gave all that a model with 6 coefficients needs"):
        models.multinomial_regression(few, "y", ["g"], z)
    with pytest.raises(TypeError, match=r"logit is of a measure, `model.measure.survey, 'pol_fokus', answer.`, not of"):
        model.regression(PROCESS, "pol_fokus", ["blok"], "logit")
    with pytest.raises(TypeError, match="multinomial is of an item, such as"):
        model.regression(PROCESS, equations.measure(PROCESS, "pol_fokus", "ja"), ["blok"], "multinomial")
    with pytest.raises(ValueError, match="linear, logit, count, ordinal, multinomial, not 'probit'"):
        model.regression(PROCESS, equations.measure(PROCESS, "pol_fokus", "ja"), ["blok"], "probit")
