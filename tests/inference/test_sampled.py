"""Weights by a questionnaire that tells how its sample was drawn: an answer file as it is, against R `survey`."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from civsam import edition
from civsam.files import UserError
from civsam.inference import estimate, sampled
from civsam.instrument import questionnaire
from civsam.intake import answers
from civsam.survey.survey import Survey

HERE = Path(__file__).parent / "reference"
CASES = {case["id"]: case for case in json.loads((HERE / "r_sample.json").read_text())["cases"]}
HEALTH = (HERE / "sample_sundhed.yml").read_text("utf-8")
CLASSES = """
titel: Elever i klasser
afgraensning: Dette skoleår.
ved_ikke: Ved ikke
noegle: elev
baggrund:
  koen: {navn: køn, svar: {k: Kvinde, m: Mand}}
STIKPROEVE
blokke: {a: Trivsel}
skalaer:
  janej: {type: enkelt, svar: {ja: Ja, nej: Nej}}
  antal: {type: antal, mindst: 0, hoejst: 100}
spoergsmaal:
  - {id: trives, blok: a, skala: janej, emne: Trives, ordlyd: Trives du?}
  - {id: timer, blok: a, skala: antal, emne: Timer, ordlyd: Timer?}
"""
NESTED = "stikproeve: {vaegt: vaegt, strata: stratum, klynge: omraade, indlejret: ja}"
MARGIN = "vaegtning: {margener: {koen: {k: 51, m: 49}}}"
DRAWN = "stikproeve: {strata: slags, klynge: klasse, antal: antal}"


def weighted(folder: Path, file: Path, sample: str, text: str = HEALTH, frame: pd.DataFrame | None = None) -> Survey:
    """The survey that a command makes of the file."""
    path = folder / "skema.yml"
    path.write_text(text.replace("STIKPROEVE", sample), "utf-8")
    questionnaire._read.cache_clear()
    asked = questionnaire.read(path)
    reading = answers.check(file, asked, frame).accept()
    return edition.usual_weights(edition.of_reading(reading, frame, asked, file.name), file.name)


def fits(survey: Survey, case: dict, *, share: str, mean: str, errors: bool = True) -> None:
    for row, known in ((estimate.shares(survey, share, "ja", interval="logit").iloc[0], case[share]),
                       (estimate.means(survey, mean, interval="t").iloc[0], case[mean])):
        assert row["estimate"] == pytest.approx(known["est"], rel=1e-6)
        if errors:
            assert row["se"] == pytest.approx(known["se"], rel=1e-6)
            assert row["df"] == known["df"]


@pytest.mark.parametrize(("name", "sample", "errors"), [
    ("nested", NESTED, True),
    ("poststratified", f"{NESTED}\n{MARGIN}", True),
    # the errors after raking unequal weights to several margins have a convention of their own
    ("raked", f"{NESTED}\nmargener: {{koen: {{k: 0.51, m: 0.49}}, alder: {{ung: 45, midt: 35, gammel: 20}}}}", False),
    ("BRR", "stikproeve: {vaegt: vaegt, replikater: brr, type: BRR}", True),
    ("Fay", "stikproeve: {vaegt: vaegt, replikater: 'fay[0-9]', type: Fay, rho: 0.3}", True),
    ("JKn", f"stikproeve: {{vaegt: vaegt, replikater: jkn, type: JKn, rskalaer: {[0.5] * 12}}}", True),
])
def test_weights_and_designs_from_columns_give_what_r_gives(
    name: str, sample: str, errors: bool, tmp_path: Path
) -> None:
    case = CASES[name]
    survey = weighted(tmp_path, HERE / f"{case['data']}.csv", sample)
    fits(survey, case, share="syg", mean="besoeg", errors=errors)
    assert survey.design.target == "drawn"
    if "by" in case:
        by = estimate.shares(survey, "syg", "ja", by="alder").set_index("group")
        for code, est, se in zip(case["by"]["group"], case["by"]["est"], case["by"]["se"], strict=True):
            assert by.loc[code, ["estimate", "se"]].tolist() == pytest.approx([est, se], rel=1e-6)


def test_classes_of_a_known_number_give_what_r_gives(tmp_path: Path) -> None:
    survey = weighted(tmp_path, HERE / "sample_klasser.csv", DRAWN, CLASSES)
    fits(survey, CASES["classes"], share="trives", mean="timer")
    assert sampled.told(survey) == ["vægte: udregnet af populationens størrelse", "strata: slags", "klynger: klasse",
                                    "størrelse af populationen: antal"]


def test_clusters_that_are_numbered_anew_are_clusters_of_the_process_too(tmp_path: Path) -> None:
    survey = weighted(tmp_path, HERE / "sample_sundhed.csv", NESTED)
    assert len(np.unique(survey.own_cluster)) == 15
    assert list(survey.background["omraade"].unique()[:3]) == ["71 1", "71 2", "71 3"]


# ---- Margins ---------------------------------------------------------------------------------------------------------


PEOPLE = pd.DataFrame({"id": [f"p{n}" for n in range(40)], "koen": ["k"] * 30 + ["m"] * 10,
                       "alder": ["ung", "midt", "gammel", "ung"] * 10, "syg": ["ja", "nej"] * 20, "besoeg": 1})


def made(folder: Path, table: pd.DataFrame) -> Path:
    table.to_csv(folder / "svar.csv", index=False)
    return folder / "svar.csv"


@pytest.mark.parametrize(("numbers", "size"), [
    ("{k: 0.5, m: 0.5}", 40), ("{k: 50, m: 50}", 40), ("{k: 2000, m: 2000}", 4000)])
def test_margins_are_shares_percent_or_totals(numbers: str, size: float, tmp_path: Path) -> None:
    survey = weighted(tmp_path, made(tmp_path, PEOPLE), f"margener: {{koen: {numbers}}}")
    weights = survey.design.weights
    assert weights.sum() == pytest.approx(size)
    assert weights[:30].sum() == pytest.approx(size / 2)
    assert survey.design.target == "sample"
    assert sampled.told(survey)[0].startswith("margener: køn (")


def test_those_of_whom_a_margin_is_not_known_keep_their_share(tmp_path: Path) -> None:
    text = HEALTH.replace("m: Mand}}", "m: Mand, u: Uoplyst}, uoplyst: u}")
    table = PEOPLE.assign(koen=["k"] * 20 + ["m"] * 10 + [""] * 10)
    survey = weighted(tmp_path, made(tmp_path, table), "margener: {koen: {k: 0.5, m: 0.5}}", text)
    sums = pd.Series(survey.design.weights).groupby(survey.background["koen"].to_numpy()).sum()
    assert sums.to_dict() == pytest.approx({"k": 15, "m": 15, "u": 10})


@pytest.mark.parametrize(("sample", "message"), [
    ("margener: {alder: {ung: 0.4, midt: 0.3, gammel: 0.3}}", r"har alder »Midt« \(alder: midt\), og deres margen"),
    ("margener: {koen: {k: 1, m: 0}}", r"rækken »p30« har køn »Mand« \(koen: m\), og margenen siger 0"),
    ("margener: {koen: {k: 10, m: 12}}", "margenerne giver 22 i alt, og der er 40 svarpersoner"),
    ("margener: {koen: {k: 0.9, m: 0.1}, alder: {ung: 0.1, midt: 0, gammel: 0.9}}", "ingen vægte passer på alle"),
])
def test_margins_that_the_answers_cannot_meet_are_told(sample: str, message: str, tmp_path: Path) -> None:
    table = PEOPLE.assign(alder=["ung"] * 30 + ["gammel"] * 10)
    with pytest.raises(UserError, match=message):
        weighted(tmp_path, made(tmp_path, table), sample)


# ---- With a frame ----------------------------------------------------------------------------------------------------


def asked(size: int = 80) -> pd.DataFrame:
    """A frame: those who answered, and as many men again who did not; women were drawn with weight 3, men with 1."""
    koen = ["k"] * 30 + ["m"] * (size - 30)
    return pd.DataFrame({"koen": koen, "alder": "ung", "vaegt": [3.0 if code == "k" else 1.0 for code in koen]},
                        index=pd.Index([f"p{n}" for n in range(size)], name="id"))


def test_those_who_answered_stand_for_all_who_were_drawn_in_their_group(tmp_path: Path) -> None:
    file = made(tmp_path, PEOPLE.drop(columns=["koen", "alder"]))
    survey = weighted(tmp_path, file, "stikproeve: {vaegt: vaegt}\nvaegtning: {svargrupper: [koen]}", frame=asked())
    assert survey.design.weights.tolist() == pytest.approx([3] * 30 + [5] * 10)
    assert survey.design.target == "drawn"
    assert sampled.told(survey)[-1] == "bortfald: vægtene er løftet til alle i rammen, gruppe for gruppe"
    margins = weighted(tmp_path, file, "stikproeve: {vaegt: vaegt}\nvaegtning: {margener: [koen]}", frame=asked())
    assert margins.design.weights.tolist() == pytest.approx([3] * 30 + [5] * 10)


def test_weights_of_the_answers_alone_are_used_as_they_are(tmp_path: Path) -> None:
    file = made(tmp_path, PEOPLE.drop(columns=["koen", "alder"]).assign(vaegt=[1, 2] * 20))
    survey = weighted(tmp_path, file, "stikproeve: {vaegt: vaegt}", frame=asked().drop(columns="vaegt"))
    assert survey.design.weights.tolist() == [1, 2] * 20
    assert sampled.told(survey)[-1] == "bortfald: vægtene er brugt, som de er"


def test_a_frame_of_a_population_that_is_known_by_margins_has_no_correction_for_its_size(tmp_path: Path) -> None:
    """All of a panel answered; of the population behind it the answers are still a sample."""
    frame = asked(40)
    file = made(tmp_path, PEOPLE.drop(columns=["koen", "alder"]))
    survey = weighted(tmp_path, file, "margener: {koen: {k: 0.5, m: 0.5}}", frame=frame)
    row = estimate.shares(survey, "syg", "ja").iloc[0]
    assert row["se"] > 0.05
    assert row["target"] == "drawn"
