"""SPSS and Stata files: what they declare missing, what their labels are, and a native reader that dies."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest
import small
from brought import brought, said

from civsam.files import UserError
from civsam.intake import statistics_files

LABELS = {"glad": {1: "Slet ikke", 2: "Lidt", 3: "Meget", 8: "Ved ikke"}, "medlem": {1: "Ja", 2: "Nej"}}
COLUMNS = {"afdeling": ["nord", "syd", "nord", "syd", "nord"], "glad": [1.0, 2.0, 3.0, 8.0, None],
           "medlem": [1.0, 2.0, 1.0, 2.0, None], "timer": [2.0, 4.0, 6.0, 99.0, 99.0],
           "sted": ["hal", "bib", "hal", "", ""], "andet": ["", "", "", "", ""]}


def spss(folder: Path, missing: dict, labels: dict | None = None, **columns: list) -> bytes:
    """The answers of five as SPSS keeps them, with these values declared missing and more labels."""
    path = folder / "lavet.sav"
    pyreadstat.write_sav(pd.DataFrame({**COLUMNS, **columns}), path, missing_ranges=missing,
                         variable_value_labels=LABELS | (labels or {}))
    return path.read_bytes()


@pytest.mark.parametrize("missing", [[99], [{"lo": 90, "hi": 120}], [{"lo": 50, "hi": float("inf")}, 7]],
                         ids=["discrete", "range", "range and discrete"])
def test_a_value_that_spss_declares_missing_is_blank_and_told(tmp_path: Path, missing: list) -> None:
    """2, 4, 6, 99, 99: the mean of the three who answered is 4, not 42 of five."""
    reading = small.read(tmp_path, spss(tmp_path, {"timer": missing}), name="svar.sav").accept()
    assert reading.answers["timer"].tolist() == ["2", "4", "6", "", ""]
    assert ("Værdier, som filen selv angiver som manglende, er læst som ikke besvaret: timer 99 (2 gange)."
            in reading.notes)


def test_a_value_that_is_not_declared_missing_is_kept(tmp_path: Path) -> None:
    reading = small.read(tmp_path, spss(tmp_path, {"timer": [98]}), name="svar.sav").accept()
    assert reading.answers["timer"].tolist() == ["2", "4", "6", "99", "99"]
    assert "manglende" not in small.told(reading)


def test_a_labelled_missing_value_is_blank_but_ved_ikke_stays_an_answer(tmp_path: Path) -> None:
    made = spss(tmp_path, {"timer": [99, 888], "glad": [8]}, {"timer": {99: "Uoplyst", 888: "ved  IKKE"}},
                timer=[2.0, 888.0, 6.0, 99.0, 99.0])
    reading = small.read(tmp_path, made, name="svar.sav").accept()
    assert reading.answers["timer"].tolist() == ["2", "ved_ikke", "6", "", ""]
    assert reading.answers["glad"].tolist() == ["slet_ikke", "lidt", "meget", "ved_ikke", ""]
    assert "ikke besvaret: timer 99 »Uoplyst« (2 gange)." in small.told(reading)


def test_a_text_that_spss_declares_missing_is_blank(tmp_path: Path) -> None:
    made = spss(tmp_path, {"andet": ["XX"], "sted": ["bib"]}, andet=["XX", "XXL", "", "god", "XX  "])
    reading = small.read(tmp_path, made, name="svar.sav").accept()
    assert reading.answers["andet"].tolist() == ["", "XXL", "", "god", ""]
    assert reading.answers["sted"].tolist() == ["hal", "", "hal", "", ""]


def test_the_missing_values_of_stata_are_blank_and_told(tmp_path: Path) -> None:
    path = tmp_path / "lavet.dta"
    table = pd.DataFrame(COLUMNS).astype({"timer": object, "glad": object})
    table.loc[[1, 3, 4], "timer"] = ["a", "z", "z"]
    table.loc[[0, 4], "glad"] = ["b", "c"]
    pyreadstat.write_dta(table, path, missing_user_values={"timer": ["a", "z"], "glad": ["b", "c"]},
                         variable_value_labels=LABELS | {"timer": {"a": "Ved ikke", "z": "Uoplyst"}})
    reading = small.read(tmp_path, path.read_bytes(), name="svar.dta").accept()
    assert reading.answers["timer"].tolist() == ["2", "ved_ikke", "6", "", ""]
    assert reading.answers["glad"].tolist() == ["", "lidt", "meget", "ved_ikke", ""]
    assert "glad .b (1 gang), glad .c (1 gang), timer .z »Uoplyst« (2 gange)." in small.told(reading)


def test_a_label_is_never_looked_up_as_a_code(tmp_path: Path) -> None:
    reading = small.read(tmp_path, spss(tmp_path, {}, {"glad": {1: "meget", 2: "slet_ikke", 3: "Slet ikke"}}),
                         name="svar.sav")
    assert reading.faults[["raekke", "vaerdi"]].astype(str).to_numpy().tolist() == [["2", "slet_ikke"], ["4", "8"]]
    assert "etiketter læses aldrig som koder" in small.told(reading)
    assert reading.answers["glad"].tolist() == ["meget", "slet_ikke", ""]  # 1 is labelled 'meget', as is an answer


# ---- The native reader -----------------------------------------------------------------------------------------------

DEATHS = {"dies": "import os; os.kill(os.getpid(), 11)",
          "takes all memory": "b = [bytearray(10**8) for _ in range(10**4)]",
          "answers nothing": "pass", "is out of words": "raise SystemExit(1)"}


@pytest.mark.parametrize("how", DEATHS)
def test_a_native_reader_that_dies_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    real = Path(statistics_files.__file__).with_name("native.py").read_text("utf-8")
    script = tmp_path / "native.py"
    script.write_text(real.replace("    import pyreadstat\n", f"    {DEATHS[how]}; raise SystemExit(0)\n"), "utf-8")
    monkeypatch.setattr(statistics_files, "__file__", str(tmp_path / "x.py"))
    with pytest.raises(UserError, match=r"svar\.sav: filen er ikke en hel SPSS-fil"):
        small.read(tmp_path, spss(tmp_path, {}), name="svar.sav")


def test_a_native_reader_that_never_ends_is_stopped_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics_files, "SECONDS", 1)
    script = tmp_path / "native.py"
    script.write_text("import time; time.sleep(600)", "utf-8")
    monkeypatch.setattr(statistics_files, "__file__", str(tmp_path / "x.py"))
    with pytest.raises(UserError, match="ikke læst efter 2 sekunder"):
        small.read(tmp_path, spss(tmp_path, {}), name="svar.sav")


def test_what_lies_beside_the_script_is_no_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pyreadstat.py").write_text("raise SystemExit(9)", "utf-8")
    (tmp_path / "native.py").write_bytes(Path(statistics_files.__file__).with_name("native.py").read_bytes())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(statistics_files, "__file__", str(tmp_path / "x.py"))
    assert len(small.read(tmp_path, spss(tmp_path, {}), name="svar.sav").accept().answers) == 5


def test_one_changed_byte_that_ends_the_native_reader_is_exit_2_in_words(tmp_path: Path) -> None:
    """A record that says it is longer than the file: the process of the reader dies of it."""
    made = Path(__file__).with_name("malformed") / "segv_1byte.sav"
    done = subprocess.run([sys.executable, "-m", "civsam.cli", "check", str(made), "--ramme", "ingen"],
                          capture_output=True, text=True)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert "filen er ikke en hel SPSS-fil" in done.stderr


def test_a_transport_file_of_sas_is_read_with_its_wordings_and_told_to_have_no_count(tmp_path: Path) -> None:
    """As public health surveys are published: numbers without labels, and no number of rows."""
    wordings = ["Afdeling", "Glæde", "Er du medlem?", "Timer", "Steder", "Andet"]
    pyreadstat.write_xport(pd.DataFrame(COLUMNS), tmp_path / "lavet.xpt", column_labels=wordings)
    path = tmp_path / "svar.xpt"
    path.write_bytes((tmp_path / "lavet.xpt").read_bytes())
    study, answers, made = brought(path, "afdeling")
    assert study.items["medlem"].wording == "Er du medlem?"
    assert answers["timer"].tolist() == ["2", "4", "6", "99", "99"]
    assert "Kontrollér, at alle 5 rækker er der." in said(made)
    reading = small.read(tmp_path, path.read_bytes(), study, "svar.xpt")
    assert "Kontrollér, at alle 5 rækker er der." in "\n".join(reading.notes)
    with pytest.raises(UserError, match=r"ikke en hel SAS-fil \(.xpt\)"):
        small.read(tmp_path, path.read_bytes()[:500], study, "svar.xpt")
