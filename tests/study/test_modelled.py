"""What the model says of the statements: its own values by another way, and the words that follow from them."""

from dataclasses import replace

import numpy as np
import opened
import pytest
from scipy.stats import multivariate_normal, norm

from civsam.study import assumed, claims, modelled, simulate, verdicts
from civsam.survey.survey import Survey

SURVEY = opened.edition().survey
MODEL = modelled.Model(SURVEY.frame, SURVEY.questionnaire)
CLAIMS = {name: claim for name, claim in claims.read().items() if claim.rule != "kan_ikke"}


@pytest.fixture(scope="module")
def drawn() -> list[Survey]:
    """What all would say in populations that are not anchored."""
    source = [simulate.Source(seed) for seed in range(opened.draws(60))]
    asked = [simulate.with_dont_know(simulate.population(SURVEY.frame, SURVEY.questionnaire, one), SURVEY.questionnaire,
                                     one) for one in source]
    return [Survey(one, SURVEY.frame, SURVEY.questionnaire) for one in asked]


def test_the_models_values_are_the_means_of_many_populations(drawn: list[Survey]) -> None:
    """Every statistic that a claim is about, in all and in its groups, against what is drawn."""
    seen = set()
    for claim in CLAIMS.values():
        for spec, by in [(spec, by) for spec in [*claim.measures, *claim.against] for by in ["", *claim.by]]:
            if "svarede" in spec or (key := (*spec.values(), by)) in seen:
                continue
            seen.add(key)
            for code, value in MODEL.groups(spec, by).items():
                found = np.array([_drawn(one, spec, by, code) for one in drawn])
                error = found.std(ddof=1) / np.sqrt(len(found))
                assert abs(found.mean() - value) < 4.5 * error + 0.001 * max(value, 1), (spec, by, code)
    assert len(seen) > 50


def _drawn(survey: Survey, spec: dict[str, str], by: str, code: str) -> float:
    """The statistic of a whole population from its answers alone."""
    inside = (survey.frame[by] == code).to_numpy() if by else np.ones(len(survey.frame), dtype=bool)
    if "andel" in spec:
        given = [set(said.split()) for said in survey.answers[spec["andel"]][inside]]
        return float(np.mean([bool(said & set(spec["svar"].split("+"))) for said in given]))
    items = spec.get("middel", "").split("+") if "middel" in spec else [spec["del"], "pra_lange", "pra_korte"]
    numbers = survey.answers[items][inside]
    numbers = numbers[~(numbers == "ved_ikke").any(axis=1)].astype(float)
    if "middel" in spec:
        return float(numbers.sum(axis=1).mean())
    return float(numbers[spec["del"]].sum() / numbers[["pra_lange", "pra_korte"]].to_numpy().sum())


def test_a_cross_among_several_is_the_multivariate_normal() -> None:
    shares, common = [0.6, 0.38, 0.62], 0.3
    covariance = np.full((3, 3), common) + (1 - common) * np.eye(3)
    none = multivariate_normal(np.zeros(3), covariance).cdf(-norm.ppf(shares))  # all above their limits
    assert modelled.any_of(shares, common) == pytest.approx(1 - none, abs=1e-4)


def test_what_the_model_was_built_against_is_not_said_to_be_assumed() -> None:
    """Read here from the file's own numbers: trust is less a reason than quality, and no reason follows the area."""
    given = assumed.assumptions()
    reasons = given["fordelinger"]["vae_aarsag"]
    assert reasons["demokrati"] > reasons["kvalitet"] > reasons["tillid"]
    assert "vae_aarsag" not in given["omraader"]
    assert modelled.relations(CLAIMS["O12b"], SURVEY) == ["antaget", "antaget modsat"]
    said = verdicts.of_the_model(CLAIMS["O12b"], SURVEY)
    assert said == "delvis: antaget modsat for »Større tillid mellem borgere og kommune«, ellers antaget"
    by_area = [{*claims.item_of(spec).split("+")} <= {*given["omraader"], *given["antal"]}
               for spec in CLAIMS["O10"].measures]
    assert [one == "antaget" for one in modelled.relations(CLAIMS["O10"], SURVEY)] == by_area
    assert verdicts.of_the_model(CLAIMS["O10"], SURVEY) == (
        "delvis: antaget modsat for »Den vigtigste årsag til at samarbejde«, ellers antaget")


def test_what_is_built_in_follows_from_the_anchoring_and_from_who_is_drawn() -> None:
    built = {name for name, claim in CLAIMS.items() if modelled.relations(claim, SURVEY) == ["bygget ind"]}
    assert built == {to["udsagn"] for to in assumed.assumptions()["forankring"].values()} | {"M1"}
    other = replace(CLAIMS["M1"], by=["udgiftspres"])
    assert modelled._built_in(other, other.measures[0]) is False


@pytest.mark.parametrize(("name", "changed"), [
    ("O1", {"groups": ["kultur"]}), ("O3", {"groups": ["sundhed"]}), ("O4", {"groups": ["skole"]}),
    ("O5", {"except_groups": ["sundhed"]}), ("O13", {"limit": 0.9}), ("O15", {"limit": 0.05}),
    ("O8", {"by": ["fagomraade"]}), ("O14", {"rule": "mindre_end"}), ("O11", {"measures": [
        {"andel": "vae_omkostning", "svar": "uenig+helt_uenig"}]}), ("N8b", {"margins": [0.001]}),
])
def test_a_statement_turned_about_is_assumed_otherwise(name: str, changed: dict[str, object]) -> None:
    assert modelled.AGAINST not in modelled.relations(CLAIMS[name], SURVEY)
    assert modelled.AGAINST in modelled.relations(replace(CLAIMS[name], **changed), SURVEY)
