"""Nothing hangs on the order of the rows: neither what is drawn at random, nor what a sum's last bit could decide.

Rows in another order give the same sums but for their last bits, as another processor does.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from civsam import edition
from civsam.book import catalogue, changes
from civsam.danish import listed
from civsam.inference import compare, equations, estimate, imputation, models, nonresponse, power, replicates, weighting
from civsam.inference.settled import in_order, settled
from civsam.intake import export
from civsam.pages import door, dots, group_picker, likert, model_tables, sentences, tables
from civsam.study import claims, figures, sensitivity, simulate, verdicts
from civsam.survey import survey as surveys
from civsam.survey.survey import Survey

pytestmark = pytest.mark.slow

STANDARD = edition.open_edition()
AGREE, SCALE = "enig+helt_enig", ("vae_tillid", "vae_civile", "vae_demokrati", "vae_kvalitet", "vae_omkostning")
FEW = ("pol_fokus", "pol_inspiration", "pra_maalgruppe", "pra_lange", "pra_korte", "pra_tvaers", "vae_kommentar")
ORDERS = (1, 2)


def collected() -> Survey:
    """The standard answers with a cell changed, so that nobody knows them, and with few items, as hiding takes long."""
    answers = STANDARD.survey.answers.copy()
    answers.iloc[0, answers.columns.get_loc("vae_kommentar")] = "En anden kommentar"
    items = STANDARD.survey.questionnaire.items
    few = replace(STANDARD.survey.questionnaire, items={name: items[name] for name in FEW})
    return Survey(answers[list(FEW)], STANDARD.survey.frame, few)


def permuted(survey: Survey, order: int) -> Survey:
    """The survey made anew from rows in another order, those of the frame too; 0 leaves them as they are."""
    answers, frame = survey.answers, survey.frame
    if order:
        answers, frame = (table.sample(frac=1, random_state=order) for table in (answers, frame))
    door._plans.clear()  # else what may be shown is that of the first
    return weighting.weighted(replace(survey, answers=answers, frame=frame, design=None))


def words(made: object) -> str:
    """All that an output or a figure would put on a page."""
    data, metadata = made._repr_mimebundle_()
    return f"{data}\n{metadata}"


def pages(survey: Survey) -> Iterator[tuple[str, str]]:
    """What pages show that any survey with the few items has: name and content."""
    focus = estimate.shares(survey, "pol_fokus", "ja", "fagomraade")
    spread = estimate.shares(survey, "pra_maalgruppe", by="region")
    counts = pd.concat([estimate.means(survey, ["pra_lange", "pra_korte"], by) for by in ("fagomraade", "region")])
    for name, rows in (("andele", focus), ("antal", counts[counts["by"] == "fagomraade"]),
                       ("kilder", estimate.shares(survey, "pol_inspiration"))):
        yield f"prikker {name}", words(dots.dots(survey, rows, "Prikker", f"fig-{name}"))
        yield f"tabel {name}", words(tables.estimates_table(survey, rows, "Tabel", f"tab-{name}"))
        yield f"sætning {name}", words(sentences.sentence("{}", survey, rows))
        for lowest in (False, True):
            yield f"yderst {name} {lowest}", str(sentences.highest(survey, rows, lowest=lowest))
    yield "søjler", words(likert.likert(survey, spread, "Søjler", "fig-s"))
    yield "grupper", words(tables.group_table(survey, focus, "Grupper", "tab-g"))
    yield "vælger", words(group_picker.picker(survey, "politik", "tab-v"))
    blanks = nonresponse.item_nonresponse(survey)
    yield "bortfald", words(model_tables.item_nonresponse_table(survey, blanks, "Bortfald", "tab-b"))
    yield "tekster", words(sentences.texts(replace(survey, texts=True), "vae_kommentar"))
    process = weighting.for_process(survey)
    pairs = compare.corrected(compare.contrasts(process, "pol_fokus", "ja", "region"), "holm", "x")
    sizes = compare.contrasts(process, "pol_fokus", "ja", "region", effect="cohens_h")
    yield "par", words(tables.contrasts_table(process, pairs, "Par", "tab-p", sizes))
    tests = pd.concat([compare.equality(survey, "pol_fokus", "ja", by) for by in survey.questionnaire.background])
    yield "prøver", words(tables.p_table(survey, compare.corrected(tests, "holm", "x"), "Prøver", "tab-t"))


def whole(survey: Survey) -> Iterator[tuple[str, str]]:
    """What pages show of the whole questionnaire, and the numbers behind."""
    judged = claims.judge(survey)
    yield "afgørelser", judged.to_csv()
    yield "påstande", verdicts.told(survey, judged).to_csv()
    yield "overblik", words(figures.verdicts(survey, judged, "Overblik", "fig-o"))
    curve = sensitivity.curve(survey, "O8")
    yield "valg", curve.to_csv()
    yield "kurve", words(figures.specifications(survey, curve, "Kurve", "fig-k"))
    ends = pd.concat([estimate.shares(survey, item) for item in SCALE])
    yield "skala", words(likert.likert(survey, ends, "Skala", "fig-skala"))
    one = replace(STANDARD, survey=survey)
    yield "katalog", "".join(map(words, catalogue.statements(one)))
    both = changes.Changes(one)
    yield "flytninger", words(both.moves_table("Flytninger", "tab-f")) + words(both.moves_sentence())
    fits = nonresponse.response_model(survey), nonresponse.response_tests(survey)
    yield "svarmodel", "".join(fit.round(9).to_csv() for fit in fits)
    aimed = equations.measure(survey, "pra_maalgruppe", AGREE)
    fit = models.regression(survey, aimed, ["fagomraade", "region"], "logit")
    yield "model", models.marginal_effects(fit).round(9).to_csv()


@cache
def plain(kind: str) -> dict[str, str]:
    """All that is compared, of the rows as they are."""
    survey = permuted(STANDARD.survey if kind == "syntetisk" else collected(), 0)
    return dict(pages(survey)) | (dict(whole(survey)) if kind == "syntetisk" else {})


@pytest.mark.parametrize("order", ORDERS)
def test_pages_of_synthetic_answers_are_the_same(order: int) -> None:
    survey = permuted(STANDARD.survey, order)
    assert survey.provenance == surveys.SYNTHETIC
    for name, content in [*pages(survey), *(whole(survey) if order == ORDERS[0] else [])]:
        assert content == plain("syntetisk")[name], name


@pytest.mark.parametrize("order", ORDERS)
def test_pages_of_collected_answers_are_the_same(order: int) -> None:
    survey = permuted(collected(), order)
    assert survey.provenance == surveys.COLLECTED
    for name, content in pages(survey):
        assert content == plain("indsamlet")[name], name


def test_the_same_is_hidden() -> None:
    first, again = (door.plan_of(permuted(collected(), order)).cells for order in (0, 1))
    assert list(first) == list(again)
    for name, cell in first.items():
        np.testing.assert_array_equal((cell.n, cell.shown, cell.step, cell.steady),
                                      (again[name].n, again[name].shown, again[name].step, again[name].steady),
                                      err_msg=str(name))
        np.testing.assert_allclose(cell.exact, again[name].exact, rtol=1e-9, err_msg=str(name))
    assert 0 < sum(cell.hidden for cell in first.values()) < len(first)


@pytest.mark.parametrize("order", ORDERS)
def test_random_numbers_belong_to_respondents(order: int) -> None:
    survey, other = permuted(STANDARD.survey, 0), permuted(STANDARD.survey, order)
    for by in ("blok", "region"):
        rows = [power.detectable(one, "pol_fokus", "ja", by, [0.0, 0.1], 200, icc=0.05) for one in (survey, other)]
        pd.testing.assert_frame_equal(*rows, check_exact=True)
    filled = [imputation.imputed(one, lambda each: estimate.shares(each, "vae_tillid", by="region"), 3)
              for one in (survey, other)]
    pd.testing.assert_frame_equal(*filled, check_exact=True)


def test_replicates_belong_to_keys() -> None:
    tables = []
    for order in (0, *ORDERS):
        one = weighting.by_response_groups(permuted(STANDARD.survey, order))
        made = replicates.bootstrap(one.design, 50, key=one.answers.index)
        weights = pd.DataFrame(made.matrix(), one.answers.index).sort_index()
        tables.append((weights, replicates.replicated(one, made, "share", "pol_fokus", "region", "ja")))
    for weights, table in tables[1:]:
        np.testing.assert_array_equal(weights, tables[0][0])
        pd.testing.assert_frame_equal(table, tables[0][1], check_exact=True)


def test_a_chance_of_answering_belongs_to_a_key() -> None:
    asked = simulate.simulate(3, anchored=False).asked
    other = asked.sample(frac=1, random_state=1)
    first, again = (simulate.responding(each, np.full(len(each), 0.5), 4) for each in (asked, other))
    assert set(first.index) == set(again.index)


@pytest.mark.parametrize(("suffix", "excel"), [(".csv", False), (".csv", True), (".sav", False), (".dta", False)])
def test_exported_files_are_the_same(tmp_path: Path, suffix: str, *, excel: bool) -> None:
    survey, found = STANDARD.survey, []
    for order in (0, 1):
        path = tmp_path / f"svar{order}{suffix}"
        export.write(permuted(survey, order).answers, survey.questionnaire, path, excel=excel)
        found.append(path.read_bytes())
    told = [stamp(content) for content in found] if suffix in (".sav", ".dta") else found
    assert told[0] == told[1]


def stamp(content: bytes) -> bytes:
    """A statistics file without the minute it was written in."""
    return content[200:]


def tied(order: int) -> Survey:
    """A third of each region says yes, by weights of which no two are alike: equal shares but for their last bits."""
    frame = STANDARD.survey.frame.sort_values("region", kind="stable").groupby("region").head(30)
    answers = pd.DataFrame({"pol_fokus": ["ja", "nej", "nej"] * (len(frame) // 3)}, frame.index)
    surveys.recognise(answers)
    weight = pd.Series(np.repeat(np.random.default_rng(0).random(len(frame) // 3), 3), frame.index)
    answers = answers.sample(frac=1, random_state=order)
    instrument = STANDARD.survey.questionnaire
    items = {"pol_fokus": instrument.items["pol_fokus"]}
    plain = Survey(answers, frame, replace(instrument, items=items))
    return replace(plain, design=replace(plain.design, weights=weight[answers.index].to_numpy()))


@pytest.mark.parametrize("order", range(5))
def test_equal_shares_are_equal_and_stand_in_the_order_of_the_groups(order: int) -> None:
    survey = tied(order)
    rows = estimate.shares(survey, "pol_fokus", "ja", "region")
    regions = survey.questionnaire.background["region"].labels
    assert set(rows["estimate"]) == {float(settled(1 / 3))}
    every = listed(f"»{name}«" for name in regions.values())
    assert sentences.highest(survey, rows) == sentences.highest(survey, rows, lowest=True) == every
    assert list(dots._from_the_top(rows)["group"]) == list(regions)
    gaps = compare.contrasts(survey, "pol_fokus", "ja", "region")
    assert (gaps[["estimate", "se"]] == 0).all(axis=None)
    assert gaps[["t", "p"]].isna().all(axis=None), "all were asked and answered: 0 of 0, and not a bit of 0"


@pytest.mark.parametrize("bit", [-2e-16, 0.0, 2e-16])
def test_a_share_of_one_stays_a_share_though_weights_add_up_to_a_bit_more(bit: float) -> None:
    pair = power._pair(in_order(weighting.for_process(STANDARD.survey)), "pol_fokus", "ja", "blok")
    np.testing.assert_array_equal(replace(pair, base=1 + bit).shares(0.0), [1.0, 1.0])


# ---- The rule itself ------------------------------------------------------------------------------------------------


def test_what_is_settled_is_the_same_in_any_order() -> None:
    rng = np.random.default_rng(1)
    for scale in (1e-9, 1.0, 1e9):
        parts = scale * rng.random(444)
        sums = {float(settled(rng.permutation(parts).cumsum()[-1])) for _ in range(200)}
        assert len(sums) == 1
        assert sums.pop() == pytest.approx(parts.sum(), rel=1e-11)


def test_settled_numbers_are_those_that_were_meant() -> None:
    assert settled(0.1 + 0.2) == 0.3
    assert settled(1 + 2e-16) == 1
    assert str(settled(0.1 + 0.2 - 0.3)) == str(settled(-1e-17)) == "0.0"
    assert settled(3e-20, 0.0) == 3e-20
    found = settled(np.array([np.nan, np.inf, -np.inf, 0.0, -123456789.123456789, 999.9999999999999]))
    np.testing.assert_array_equal(found, [np.nan, np.inf, -np.inf, 0.0, -123456789.123, 1000.0])


def test_rows_in_order_keep_all_that_the_design_tells_of_them() -> None:
    survey = permuted(STANDARD.survey, 1)
    ordered = in_order(survey)
    assert ordered.answers.index.is_monotonic_increasing
    weights = [pd.Series(one.design.weights, one.answers.index).sort_index() for one in (survey, ordered)]
    pd.testing.assert_series_equal(*weights, check_exact=True)
    first, again = (estimate.shares(one, "pol_fokus", "ja", "region") for one in (survey, ordered))
    pd.testing.assert_frame_equal(first, again, check_exact=True)
