"""Variances, sub-populations, crossed groups, scores and given shares against R `survey`."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_estimate import counting, survey_of

from civsam.inference import estimate, replicates, weighting
from civsam.survey.survey import Survey

CASES = {case["id"]: case["result"]
         for case in json.loads((Path(__file__).parent / "reference" / "r_domains.json").read_text())["cases"]}
SAMPLES = ("srs", "strat", "clus1", "clus2", "cen_clus")
MARGINS = {"fagomraade": {"E": 4421, "H": 755, "M": 1018}, "blok": {"roed": 5122, "blaa": 1072}}
ALL = pytest.mark.parametrize("name", [*SAMPLES, "clus1_jk1", "clus1_rake"])
CLOSE = {"clus1_rake": 1e-7}  # R stops raking a little before


def survey(name: str) -> Survey:
    """The survey of that name: some with replicate weights, or raked to school type and target."""
    made = survey_of(name.partition("_")[0] if name.startswith("clus1_") else name)
    if name == "clus1_jk1":
        return replace(made, design=replace(made.design, replicates=replicates.jackknife(made.design)))
    return weighting.rake(made, MARGINS, tolerance=1e-13) if name == "clus1_rake" else made


def like_r(name: str, table: Any, case: str, keys: list[str]) -> None:
    """Estimates and errors are those of R; where R's error is 0, ours is no more than rounding."""
    result = CASES[f"{name}/{case}"]
    for ours, theirs in {"estimate": "est", "se": "se"}.items():
        expected = np.array([result[theirs][key] for key in keys])
        np.testing.assert_allclose(table[ours], expected, rtol=CLOSE.get(name, 1e-9), atol=1e-9)


# ---- Variances -------------------------------------------------------------------------------------------------------


@ALL
def test_variances(name: str) -> None:
    made = survey(name)
    like_r(name, estimate.variances(made, "api00", interval="t"), "var", ["api00"])
    like_r(name, estimate.variances(made, "api00", "fagomraade", interval="t"), "var_by", list("EHM"))


def test_the_standard_deviation_is_the_root_with_its_limits() -> None:
    made = survey("strat")
    variance, sd = (estimate.variances(made, "api00", "fagomraade", root=root) for root in (False, True))
    for column in ("estimate", "low", "high"):
        np.testing.assert_allclose(sd[column] ** 2, variance[column], rtol=1e-9)
    np.testing.assert_allclose(sd["se"] * 2 * sd["estimate"], variance["se"], rtol=1e-9)
    wald = estimate.variances(made, "api00", "fagomraade", root=True, interval="t")
    np.testing.assert_allclose(wald["high"] - wald["estimate"], wald["estimate"] - wald["low"], rtol=1e-9)
    assert set(sd["statistic"]) == {"sd"}
    assert list(variance["count"]) == list(estimate.means(made, "api00", "fagomraade")["count"])


def test_a_variance_of_little() -> None:
    base = counting([7, 2, 2, 8])
    alone = estimate.variances(replace(base, frame=base.frame.assign(fagomraade=list("EHHH"))), "api00", "fagomraade")
    assert list(alone["estimate"].round(9).fillna(-1)) == [-1, 12, -1]
    assert list(alone["low"].notna()) == [False, True, False]
    alike = estimate.variances(counting([3, 3, 3]), "api00").iloc[0]
    assert alike["estimate"] == 0
    assert np.isnan([alike["low"], alike["high"]]).all()
    # by hand: the mean is 4, the squares are 4, 4 and 16 over n - 1
    assert estimate.variances(counting([2, 2, 8]), "api00")["estimate"].item() == pytest.approx(12)
    with pytest.raises(ValueError, match="log or t"):
        estimate.variances(counting([1, 2]), "api00", interval="jackknife")
