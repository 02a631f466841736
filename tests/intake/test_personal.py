"""Numbers and addresses of persons among the answers: told with rows, never with what they are."""

from pathlib import Path

import pytest
import small

from civsam.intake import personal

FOUND = {"CPR-numre": ["010203-1234", "Mit cpr er 311299 1234.", "3112991234", "(010203-1234)", "cpr.010203 - 1234"],
         "mailadresser": ["skriv til eva.holm@eksempel.dk", "Ærø@øl.dk,", "<a@b.co>"],
         "telefonnumre": ["ring 22334455", "22 33 44 55", "Tlf.22334455", "+45 22 33 44 55", "+4522334455",
                          "tlf:22-33-44-55", "+46 70 123 45 67"]}
NOTHING = ["", "i 2015-2016 var vi 12", "21.02.2024", "2024-02-21", "kl. 10.30", "1.000.000 kr.", "320199-1234567",
           "450203-1234", "012203-1234", "@kommunen", "a@b", "12345678", "nr. 1234567", "223344556677", "x22334455"]


@pytest.mark.parametrize(("kind", "cell"), [(kind, cell) for kind, cells in FOUND.items() for cell in cells])
def test_what_names_a_person_is_found(kind: str, cell: str) -> None:
    assert personal.told(["", cell])[kind] == [1]


@pytest.mark.parametrize("cell", NOTHING)
def test_other_numbers_are_not(cell: str) -> None:
    assert personal.told([cell]) == {}


def test_rows_are_told_and_the_value_is_not(tmp_path: Path) -> None:
    text = small.ANSWERS.replace("Blåbær på øen", "ring 22334455 til 010203-1234").replace("tak", "eva@eksempel.dk")
    told = small.told(small.read(tmp_path, text))
    for kind, row in (("CPR-numre", 3), ("telefonnumre", 3), ("mailadresser", 7)):
        assert f"ADVARSEL: fri tekst, der ligner {kind}, som må slettes" in told
        assert f"i andet: 1 svar (række {row})" in told
    assert not any(value in told for value in ("22334455", "010203", "eva@"))


def test_keys_that_name_a_person_are_told(tmp_path: Path) -> None:
    told = small.told(small.read(tmp_path, small.ANSWERS.replace("p1", "010203-1234").replace("p2", "a@b.dk")))
    assert "nøgler, der ligner CPR-numre" in told
    assert "nøgler, der ligner mailadresser" in told
    assert "010203" not in told
