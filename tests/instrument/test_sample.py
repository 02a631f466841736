"""What a questionnaire says of its sample and of the population: read, and refused with its line where it cannot be."""

from pathlib import Path

import pytest

from civsam.files import UserError
from civsam.instrument import questionnaire

TEXT = """
titel: t
afgraensning: a
ved_ikke: Ved ikke
baggrund:
  koen: {navn: køn, svar: {k: Kvinde, m: Mand}}
blokke: {a: A}
skalaer: {j: {type: enkelt, svar: {ja: Ja, nej: Nej}}}
spoergsmaal: [{id: glad, blok: a, skala: j, emne: G, ordlyd: G?}]
"""


def read(folder: Path, more: str) -> questionnaire.Questionnaire:
    (folder / "skema.yml").write_text(TEXT + more, "utf-8")
    questionnaire._read.cache_clear()
    return questionnaire.read(folder / "skema.yml")


def test_names_of_columns_are_read(tmp_path: Path) -> None:
    asked = read(tmp_path, "stikproeve: {vaegt: w, strata: [koen], klynge: [skole, klasse], antal: [n1, n2]}")
    assert asked.sample.fixed == ["w", "n1", "n2", "koen", "skole", "klasse"]
    assert asked.sample.numbers == ["w", "n1", "n2"]
    assert asked.weighting.cluster == "skole"
    assert read(tmp_path, "stikproeve: {vaegt: w}\nvaegtning: {klynge: skole}").sample.cluster == ("skole",)
    assert read(tmp_path, "").sample is None


@pytest.mark.parametrize(("told", "holds"), [("rw", ["rw1", "rw12"]), ("'rw[0-9]'", ["rw1"]), ("[rw1, rw2]", ["rw1"])])
def test_replicate_weights_are_told_by_names_a_beginning_or_a_pattern(
    told: str, holds: list[str], tmp_path: Path
) -> None:
    sample = read(tmp_path, f"stikproeve: {{vaegt: w, replikater: {told}, type: BRR}}").sample
    assert [name for name in ("w", "rw1", "rw12", "x") if sample.is_replicate(name)] == holds


def test_margins_are_shares_percent_or_totals(tmp_path: Path) -> None:
    known = read(tmp_path, "vaegtning: {margener: {koen: {k: 0.51, m: 0.49}}}").weighting.known
    assert (known.shares, known.size, known.told) == ({"koen": {"k": 0.51, "m": 0.49}}, None, {"koen": "andele"})
    assert read(tmp_path, "margener: {koen: {k: 51, m: 49.1}}").weighting.known.told == {"koen": "procent"}
    totals = read(tmp_path, "margener: {koen: {k: 2900, m: 3000}}").weighting
    assert totals.known.size == 5900
    assert totals.margins == ("koen",)
    assert read(tmp_path, "vaegtning: {margener: [koen]}").weighting.known is None


@pytest.mark.parametrize(("more", "message"), [
    ("stikprøve: {vaegt: w}", "ukendt nøgle 'stikprøve'. Mente du 'stikproeve'"),
    ("vægtning: {klynge: w}", "ukendt nøgle 'vægtning'. Mente du 'vaegtning'"),
    ("stikproeve: w", "linje 2: 'stikproeve' er 'w'; der skal stå navne"),
    ("stikproeve: {}", "nævner ingen kolonner"),
    ("stikproeve: {vagt: w}", "linje 10: ukendt nøgle 'vagt' under stikproeve. Mente du 'vaegt'"),
    ("stikproeve: {vaegt: 3}", "'vaegt' er 3; der skal stå navnet på en kolonne"),
    ("stikproeve: {vaegt: [a, b]}", "der er kun én vægt"),
    ("stikproeve: {vaegt: glad}", "kolonnen glad er både et spørgsmål og vaegt"),
    ("stikproeve: {vaegt: koen}", "kolonnen koen er både en baggrundsvariabel og vaegt"),
    ("stikproeve: {klynge: svarperson}", "kolonnen svarperson er både nøglen og klynge"),
    ("stikproeve: {vaegt: w, antal: w}", "kolonnen w er både vaegt og antal"),
    ("stikproeve: {strata: s, klynge: s}", "kolonnen s er både strata og klynge"),
    ("stikproeve: {vaegt: w, klynge: a}\nvaegtning: {klynge: b}", "klyngen er b under vaegtning og a under"),
    ("stikproeve: {vaegt: w, replikater: r}", "skriv type"),
    ("stikproeve: {replikater: r, type: BRR}", "skriv også vaegt"),
    ("stikproeve: {vaegt: w, replikater: r, type: brr}", "'type' er 'brr'. Kendte: JK1, JKn, BRR, Fay, bootstrap"),
    ("stikproeve: {vaegt: w, replikater: r, type: Fay}", "typen Fay skal have rho"),
    ("stikproeve: {vaegt: w, replikater: r, type: BRR, rho: 0.5}", "'rho' gælder typen Fay, ikke BRR"),
    ("stikproeve: {vaegt: w, replikater: r, type: JKn}", "JKn skal have rskalaer"),
    ("stikproeve: {vaegt: w, replikater: r, type: JKn, rskalaer: [a]}", "'rskalaer' skal være en liste af tal"),
    ("stikproeve: {vaegt: w, replikater: gl, type: BRR}", "»gl« passer også på glad, som er et spørgsmål"),
    ("stikproeve: {vaegt: w, type: BRR}", "'type' er om replikatvægte"),
    ("stikproeve: {vaegt: w, replikater: r, type: BRR, mse: 1}", "'mse' er 1; der skal stå ja eller nej"),
    ("stikproeve: {vaegt: w, enlig: adjust}", "ingen strata. Udelad den"),
    ("stikproeve: {strata: s, enlig: nul}", "'enlig' er 'nul'. Kendte: certainty"),
    ("stikproeve: {vaegt: w, indlejret: ja}", "skriv både strata og klynge"),
    ("stikproeve: {strata: s, klynge: koen, indlejret: ja}", "klyngen koen er nummereret forfra"),
    ("vaegtning: {margner: [koen]}", "ukendt nøgle 'margner' under vaegtning. Mente du 'margener'"),
    ("margener: [koen]", "'margener' skal her være et tal for hver kode"),
    ("margener: {koen: {k: 1, m: 0}}\nvaegtning: {margener: [koen]}", "både for sig og under vaegtning"),
    ("margener: {}", "'margener' er tom"),
    ("margener: {kon: {k: 1}}", "'kon' er ikke en baggrundsvariabel. Mente du 'koen'"),
    ("margener: {koen: 3}", "der skal stå et tal for hver kode, for eksempel koen: {k: 0.5, m: 0.5}"),
    ("margener: {koen: {k: 0.5, n: 0.5}}", "'n' er ikke en kode i koen"),
    ("margener: {koen: {k: 0.5}}", "koen har intet tal for m"),
    ("margener: {koen: {k: 0.5, m: '0,5'}}", "tallet for koen m er '0,5'"),
    ("margener: {koen: {k: 0.5, m: -0.5}}", "tallet for koen m er -0.5"),
    ("margener: {koen: {k: 0.5, m: yes}}", "tallet for koen m er True"),
    ("margener: {koen: {k: 0, m: 0}}", "alle tal for koen er 0"),
    ("margener: {koen: {k: 0.5, m: 0.4}}", "andelene for koen giver 0,900 tilsammen"),
])
def test_what_cannot_be_is_refused_with_its_line(more: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=message):
        read(tmp_path, more)


def test_margins_of_two_populations_are_refused(tmp_path: Path) -> None:
    text = TEXT.replace("Mand}}", "Mand}}\n  land: {navn: land, svar: {dk: Danmark, se: Sverige}}")
    (tmp_path / "skema.yml").write_text(
        f"{text}margener: {{koen: {{k: 500, m: 500}}, land: {{dk: 500, se: 600}}}}", "utf-8")
    questionnaire._read.cache_clear()
    with pytest.raises(UserError, match=r"ikke af samme befolkning: koen giver 1\.000, land giver 1\.100"):
        questionnaire.read(tmp_path / "skema.yml")
