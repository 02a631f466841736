"""A project's own register and the file that is looked up in: they fit one another and the frame, or it is told."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from civsam import profiles
from civsam.files import HOME, QUESTIONNAIRE, Project, UserError
from civsam.instrument.questionnaire import read
from civsam.intake.frame import read_frame, register_note
from civsam.study import register
from civsam.study.municipality_map import municipality_map
from civsam.survey.survey import Survey

FILES = ("kommuner.csv", "kommunegrupper.csv", "ramme.csv", "spoergeskema.yml")


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data of a project of one's own."""
    folder = tmp_path / QUESTIONNAIRE.parent
    folder.mkdir()
    for name in FILES:
        shutil.copy(HOME / QUESTIONNAIRE.parent / name, folder)
    monkeypatch.setattr(Project, "root", tmp_path)
    return folder


def put(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")


AARHUS = "751,Aarhus,midtjylland,roed"


@pytest.mark.parametrize(("file", "old", "new", "told"), [
    ("kommunegrupper.csv", AARHUS, "751,Aarhus,midtjylland,blaa",
     "kommunegrupper.csv, kommunekode 751, kolonnen blok: 'blaa', men af data/kommuner.csv følger 'roed' for 2015"),
    ("kommunegrupper.csv", AARHUS, "752,Aarhus,midtjylland,roed", "kommunegrupper.csv: kommunekode 751 mangler"),
    ("kommunegrupper.csv", AARHUS, f"999,Ny,midtjylland,roed,stor,lavt\n{AARHUS}",
     "kommuner.csv: kommunekode 999 mangler og står i data/kommunegrupper.csv"),
    ("kommuner.csv", "101,København,Hovedstaden,580184", "101,København,Hovedstaden,mange",
     "kommuner.csv, linje 2, kolonnen folketal_2015: 'mange'. Der skal stå et helt tal"),
    ("kommuner.csv", "101,København,Hovedstaden", "101,København,Oslo", "linje 2, kolonnen region: 'Oslo'"),
    ("kommuner.csv", "147,Frederiksberg", "101,Frederiksberg", "linje 3, kolonnen kommunekode: '101'"),
])
def test_where_register_and_lookup_do_not_fit_it_is_told(data: Path, file: str, old: str, new: str, told: str) -> None:
    put(data / file, old, new)
    with pytest.raises(UserError) as fault:
        register.municipalities()
    assert told in str(fault.value)


def test_groups_of_another_year_are_those_of_the_map_and_say_so(data: Path) -> None:
    before = register._made()
    put(data / "kommunegrupper.csv", AARHUS, "751,Aarhus,midtjylland,blaa")
    put(data / "spoergeskema.yml", "aar: 2015", "aar: 2026")
    found = register.municipalities()
    assert (before.loc[751, "blok"], found.loc[751, "blok"]) == ("roed", "blaa")
    assert "Grupperne er, som de var i 2026." in municipality_map("blok", "Blok", "kort-blok").note
    assert "som de var i 2026" in register_note(read_frame(read()), read())[0]


def test_a_lookup_without_a_year_is_told_of(data: Path) -> None:
    put(data / "spoergeskema.yml", "  aar: 2015\n", "")
    assert "det vides ikke, hvilket år den er fra. Skriv det som »aar«" in register_note(read_frame(read()), read())[0]


def test_a_frame_that_says_two_things_of_one_municipality_is_told(data: Path) -> None:
    frame = pd.read_csv(data / "ramme.csv", dtype=str)
    own = frame.assign(blok=["roed", "blaa", *["roed"] * (len(frame) - 2)])
    own.to_csv(data / "ramme.csv", index=False)
    with pytest.raises(UserError, match=r"ramme\.csv, linje 3, kolonnen blok: 'blaa', men en række højere oppe har "
                                        r"'roed' for den samme kommune \(kommunekode 101\)"):
        read_frame(read())


def test_a_profile_is_of_the_groups_that_the_frame_has_a_municipality_in() -> None:
    frame = read_frame(read())
    moved = Survey(pd.DataFrame(columns=list(read().items), index=frame.index[:0]),
                   frame.assign(blok=frame["blok"].map({"roed": "blaa", "blaa": "roed"})), read())
    assert (register.municipalities().loc[101, "blok"], profiles._register(moved).loc[101, "blok"]) == ("roed", "blaa")
