"""Questionnaire, register, published statements: the facts that everything stands on."""

import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from civsam.files import UserError, project, read_yaml
from civsam.instrument import questionnaire
from civsam.instrument.questionnaire import Background
from civsam.instrument.words import ambiguous
from civsam.intake.frame import read_frame
from civsam.study import published, register
from civsam.study.simulate import assumptions

INSTRUMENT = questionnaire.read()
TEXT = (project.data / "spoergeskema.yml").read_text(encoding="utf-8")


def broken(tmp_path: Path, old: str, new: str, count: int = 1) -> str:
    """The message for the questionnaire with `old` replaced by `new`."""
    assert old in TEXT
    path = tmp_path / "skema.yml"
    path.write_text(TEXT.replace(old, new, count), encoding="utf-8")
    with pytest.raises(UserError) as fault:
        questionnaire.read(path)
    return str(fault.value)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("id: pol_nye", "id: pol_fokus", ["'pol_fokus' er brugt i linje", "Giv spørgsmålet et andet id"]),
        ("skala: janej", "skala: jannej", ["ukendt skala 'jannej'", "Mente du 'janej'"]),
        ("blok: politik", "blok: politk", ["ukendt blok 'politk'", "Mente du 'politik'"]),
        ("type: ordinal", "type: ordnet", ["ukendt type 'ordnet'"]),
        ("del_af: [pra_lange, pra_korte]", "del_af: [pra_langt]", ["del_af 'pra_langt'", "Mente du 'pra_lange'"]),
        ("    emne: Øget", "    enme: Øget", ["ukendt nøgle 'enme'", "Mente du 'emne'"]),
        ("    emne: Øget fokus på samarbejde\n", "", ["'emne' mangler"]),
        ("mindst: 0", "mindst: nul", ["'mindst' er 'nul'", "et helt tal"]),
        ("hoejst: 500", "hoejst: -1", ["er større end 'hoejst'"]),
        ("  - id: pol_fokus\n", "  - id: 'pol+str(1)'\n", ["id 'pol+str(1)' kan ikke bruges"]),
        ("ja: Ja,", "'ja da': Ja,", ["'ja da' kan ikke bruges"]),
        ("ja: Ja, nej: Nej", "ja: Ja, nej: Ja", ["to svar hedder 'Ja'", "sin egen tekst"]),
        ("ja: Ja, nej: Nej", "ja: Ja, nej: Ved ikke", ["to svar hedder 'Ved ikke'"]),
        ("margener: [fagomraade", "margener: [omraade", ["ukendt baggrundsvariabel 'omraade'"]),
        ("    ordnet: true", "    ordnet: ja", ["'ordnet' er 'ja'"]),
        ("skalaer:\n", "skalaer:\n  janej: {}\n", ["står to gange"]),
        ("titel: Kommunernes", "format: 3\ntitel: Kommunernes", ["format 3", "kender til og med 2", "nyere civsam"]),
        ("titel: Kommunernes", "format: to\ntitel: Kommunernes", ["'format' er 'to'"]),
        ("vaegtning:\n", "vaegtnig:\n", ["ukendt nøgle 'vaegtnig'. Mente du 'vaegtning'"]),
        ("    type: tekst", "    type: tekst\n    laengst: 9", ["linje", "ukendt nøgle i skalaen", "'laengst'"]),
        ("blokke:\n", "blokke: [\n", ["ikke gyldig YAML"]),
    ],
)
def test_a_broken_questionnaire_is_told_with_file_line_and_remedy(
    tmp_path: Path, old: str, new: str, expected: list[str]
) -> None:
    message = broken(tmp_path, old, new)
    assert message.startswith(str(tmp_path / "skema.yml"))
    assert ", linje " in message
    for words in expected:
        assert words in message


@pytest.mark.parametrize(("text", "expected"), [
    ("a: b: c\n", "linje 1, tegn 5: ikke gyldig YAML: et kolon for meget"),
    ("a:\n\t- b\n", "linje 2, tegn 1: ikke gyldig YAML: et tabulatortegn"),
    ('a: 1\nb: "x\n', "et anførselstegn er ikke lukket"),
    ("a: [1, 2\n", "en parentes er ikke lukket"),
    ("a: [\n", "en parentes er ikke lukket"),
    ("a:\n  - b\n c: d\n", "linje 3, tegn 2: ikke gyldig YAML: forkert indrykning"),
    ("a: 1\nb\nc: 2\n", "et kolon mangler efter et navn"),
    ("a: *b\n", "en stjerne først i teksten"),
    ("a: @b\n", "et tabulatortegn, eller et tegn, der ikke må stå først"),
    ("[a, b]: 1\n", "et navn kan ikke være en liste"),
    ("a: x\x01y\n", "et usynligt styretegn"),
    ("- a\n", "ikke en YAML-opslagstabel"),
    ("", "filen er tom"),
])
def test_what_is_no_yaml_is_told_in_danish(tmp_path: Path, text: str, expected: str) -> None:
    file = tmp_path / "skema.yml"
    file.write_text(text, "utf-8")
    with pytest.raises(UserError, match=re.escape(expected)):
        read_yaml(file)


def test_the_line_is_the_line_of_the_fault(tmp_path: Path) -> None:
    line = TEXT[: TEXT.index("- id: pol_nye")].count("\n") + 1
    assert f"linje {line}:" in broken(tmp_path, "id: pol_nye", "id: pol_fokus")


def test_every_published_statement_has_an_item_or_a_reason() -> None:
    served = {name for item in INSTRUMENT.items.values() for name in item.statements}
    assert served | set(INSTRUMENT.without_item) == set(published.statements().index)
    assert not served & set(INSTRUMENT.without_item)


def test_the_four_blocks_come_in_the_order_of_the_study() -> None:
    assert list(INSTRUMENT.blocks) == ["politik", "praksis", "forvaltning", "vaerdi"]
    assert list(dict.fromkeys(item.block for item in INSTRUMENT.items.values())) == list(INSTRUMENT.blocks)


def test_all_kinds_of_question_are_asked() -> None:
    assert {item.scale.type for item in INSTRUMENT.items.values()} == {"enkelt", "flere", "ordinal", "antal", "tekst"}


def test_the_four_published_areas_are_marked_as_such() -> None:
    known = {INSTRUMENT.background["fagomraade"].labels[area] for area in assumptions()["offentliggjorte_fagomraader"]}
    assert known == {"Sundhed og forebyggelse", "Socialområdet", "Kultur og fritid", "Teknik og miljø"}


def test_the_frame_has_the_published_number_of_positions_and_municipalities() -> None:
    frame = read_frame(INSTRUMENT)
    assert len(frame) == published.value("N2")
    assert frame["kommunekode"].nunique() == published.value("N1")
    assert frame.index.is_unique
    assert not frame.isna().any().any()


def test_eight_areas_are_in_all_municipalities_and_the_ninth_in_the_largest() -> None:
    areas, largest = read_frame(INSTRUMENT).groupby("fagomraade")["kommunekode"].agg(set), register.municipalities()
    everywhere = {area for area, codes in areas.items() if len(codes) == len(largest)}
    assert everywhere == set(INSTRUMENT.background["fagomraade"].labels) - {"integration"}
    assert areas["integration"] == set(largest["folketal_2015"].nlargest(54).index)


@pytest.mark.parametrize(("old", "new", "expected"), [
    ("101-social", "101-sundhed", "linje 3: '101-sundhed' er tom eller står to gange"),
    ("101-social,101", "101-social,999", "linje 3, kolonnen kommunekode: '999' er ikke en kode for kommune"),
    ("101-social,101,social", "101-social,101,sociale", "linje 3, kolonnen fagomraade: 'sociale' er ikke en kode"),
    ("fagomraade\n", "omraade\n", "kolonnen fagomraade (fagområde) mangler"),
    ("kommunekode", "kommune", "kolonnen kommunetype (kommunetype) mangler"),
])
def test_a_broken_frame_is_told_with_its_place_and_remedy(tmp_path: Path, old: str, new: str, expected: str) -> None:
    path = tmp_path / "ramme.csv"
    path.write_text((project.data / "ramme.csv").read_text("utf-8").replace(old, new, 1), "utf-8")
    with pytest.raises(UserError) as fault:
        read_frame(INSTRUMENT, path)
    assert expected in str(fault.value)


def test_a_frame_of_another_survey_needs_no_register(tmp_path: Path) -> None:
    path = tmp_path / "ramme.csv"
    path.write_text("person,koen\na,k\nb,m\n")
    sex = Background("koen", "køn", {"k": "Kvinde", "m": "Mand"})
    other = replace(INSTRUMENT, key="person", background={"koen": sex})
    assert read_frame(other, path)["koen"].to_dict() == {"a": "k", "b": "m"}


def test_the_register_agrees_with_the_known_totals() -> None:
    table = register.municipalities()
    assert table["region"].value_counts().to_dict() == {
        "hovedstaden": 29, "syddanmark": 22, "midtjylland": 19, "sjaelland": 17, "nordjylland": 11,
    }
    assert table["blok"].value_counts().to_dict() == {"blaa": 63, "roed": 35}
    assert table["folketal_2015"].sum() == 5_659_624
    assert not table.duplicated(["col", "row"]).any()


def test_the_pressure_ratio_is_the_fiscal_stress_of_the_source() -> None:
    table = register.municipalities()
    pd.testing.assert_series_equal(
        table["pres"].round(4), pd.to_numeric(table["fiscalstress_2014"]), check_names=False, atol=1.01e-4
    )


def test_the_pressure_groups_are_thirds_in_order() -> None:
    table = register.municipalities()
    assert sorted(table["udgiftspres"].value_counts()) == [32, 33, 33]
    groups = table.groupby("udgiftspres")["pres"]
    assert groups.max()["lavt"] <= groups.min()["middel"]
    assert groups.max()["middel"] <= groups.min()["hoejt"]


def test_size_types_are_cut_where_the_labels_say() -> None:
    cut = register.size_type(pd.Series([29_999, 30_000, 59_999, 60_000]))
    assert list(cut) == ["lille", "mellem", "mellem", "stor"]


def test_every_published_number_has_a_source_and_lies_in_its_own_range() -> None:
    table = published.statements()
    assert (table["kilde"] != "").all()
    ranged = table.dropna(subset=["nedre", "oevre", "vaerdi"])
    assert len(ranged) >= 8
    assert ranged["vaerdi"].between(ranged["nedre"], ranged["oevre"]).all()


def test_every_assumption_has_a_value_and_a_reason() -> None:
    assert assumptions()["svarprocent"] == published.value("N3")
    shares = assumptions()["fordelinger"]
    for name, share in shares.items():
        assert list(share) == list(INSTRUMENT.items[name].scale.answers)
        assert sum(share.values()) == pytest.approx(1)


@pytest.mark.parametrize(("new", "expected"), [
    ("{lidt: Meget, meget: Lidt}", "teksten 'Meget' til svaret 'lidt' er også koden til et andet svar"),
    ("{ja: Ja, JA: Meget}", "koderne 'ja' og 'JA' er ens bortset fra store bogstaver"),
    ("{ja: Ja, nej: ja }", "to svar hedder 'ja'"),
    ("{ja: Ja, nej: Ved  IKKE}", "to svar hedder"),
    ("{ja: Ja, nej: ved_ikke}", "er også koden til et andet svar"),
    ("{yes: Ja, no: Nej}", "YAML læser yes, no, on og off"),
    ("{ja: Yes, nej: No}", "YAML læser yes, no, on og off"),
    ("{ja: Ja, nej: }", "None kan ikke bruges i 'svar'"),
    ("{ja: Ja, 1.5: Nej}", "1.5 kan ikke bruges i 'svar'"),
    ("{1: Ja, '1': Nej}", "en kode står to gange"),
    ("{1: 2, 2: 1}", "teksten '2' til svaret '1' er også koden til et andet svar"),
    ("{-1: Ja, 2: Nej}", "svarkoden '-1' kan ikke bruges"),
    ("{intet_kryds: Ja, nej: Nej}", "svarkoden 'intet_kryds' kan ikke bruges"),
])
def test_a_scale_that_can_be_read_in_two_ways_is_refused_with_its_line(
    tmp_path: Path, new: str, expected: str
) -> None:
    message = broken(tmp_path, "{ja: Ja, nej: Nej}", new)
    line = TEXT[: TEXT.index("{ja: Ja, nej: Nej}")].count("\n") + 1
    assert f"skema.yml, linje {line}: " in message
    assert expected in message


@pytest.mark.parametrize("labels", [
    {"a": "Skov", "b": "Park", "c": "Skov, park"}, {"a": "Skov", "b": "Park", "c": "park;Skov"},
    {"app": "Mobil", "web": "Net", "c": "App web"}, {"a": "A, b", "c": "D", "e": "a, B, d"},
])
def test_a_label_that_is_two_others_is_refused_only_where_several_may_be_given(labels: dict[str, str]) -> None:
    assert "er også flere andre svar efter hinanden" in ambiguous(labels, {}, several=True)
    assert ambiguous(labels, {}, several=False) == ""
    assert ambiguous({"a": "Skov", "c": "Skov, strand og park"}, {"ved_ikke": "Ved ikke"}, several=True) == ""


@pytest.mark.parametrize("old", ["svar: {roed: Rød borgmester, blaa: Blå borgmester}"])
@pytest.mark.parametrize("new", ["svar: {roed: Blaa, blaa: Blå}", "svar: {yes: Ja, no: Nej}", "svar: {a: X, A: Y}"])
def test_a_background_that_can_be_read_in_two_ways_is_refused(tmp_path: Path, old: str, new: str) -> None:
    assert ", linje " in broken(tmp_path, old, new)
