"""Answers out: what pyreadstat, pandas and our own reader find in the files, and what frictionless says of the data."""

import csv
import json
import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest
from frictionless import Package
from hypothesis import given
from hypothesis import strategies as st

from civsam.files import UserError, project
from civsam.instrument import questionnaire
from civsam.instrument.questionnaire import DONT_KNOW, Item, Questionnaire, Scale
from civsam.intake import answers, datapackage, export
from civsam.survey import survey

INSTRUMENT = questionnaire.read()
STANDARD = answers.check(project.data / "svar.csv", INSTRUMENT, None).accept().answers.sort_index()
TEXT = next(item.id for item in INSTRUMENT.items.values() if item.scale.type == "tekst")
NASTY = ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\tfane", "'=x", "''", "'citat'", 'han sagde "ja"; nej, 2,5',
         "linje 1\nlinje 2", "blåbærgrød 🫐", "\u202egnirts\u202c", "ＮＡ", "NA", "＝1", "null", "æ" * 3000, "<b>x</b>"]
nasty = STANDARD.head(len(NASTY)).assign(**{TEXT: NASTY})


def other() -> Questionnaire:
    """Another study's questionnaire, with long names that begin alike, long labels and a count below zero."""
    long = "en_kode_der_er_meget_lang_og_ens_i_begyndelsen_af_navnet_"
    scales = [Scale("s", "flere", {f"{long}a": "A", f"{long}b": "B"}), Scale("t", "antal", low=-20, high=5),
              Scale("u", "enkelt", {"æ": "Æ" * 200, "ø": "Ø"})]
    items = [Item(f"spoergsmaal_{scale.id}", "b", scale, "Emne " + "å" * 100, "Ordlyd?") for scale in scales]
    return Questionnaire("Ø" * 100, "", "Ved ikke", {"b": "B"}, {item.id: item for item in items}, key="nr")


def written(path: Path, table: pd.DataFrame = STANDARD, study: Questionnaire = INSTRUMENT, **how: bool) -> Path:
    export.write(table, study, path, **how)
    return path


def by_hand(path: Path) -> pd.DataFrame:
    """The answers of a .sav or .dta file as pyreadstat reads it, put together from its own labels and nothing else."""
    read = pyreadstat.read_sav if path.suffix == ".sav" else pyreadstat.read_dta
    table, facts = read(path, user_missing=True)
    return put_together(table, facts.column_names_to_labels, facts.variable_value_labels)


def put_together(table: pd.DataFrame, columns: dict[str, str], values: dict[str, dict]) -> pd.DataFrame:
    """The answers in a table of numbers and texts. columns: labels of them. values: labels of the values of each."""
    done = {}
    for item in INSTRUMENT.items.values():
        words = {label: code for code, label in item.scale.answers.items()} | {INSTRUMENT.dont_know: DONT_KNOW}
        if item.scale.type == "tekst":
            done[item.id] = table[item.id]
        elif item.scale.type == "flere":
            parts = {columns[name].removeprefix(f"{item.topic}: "): table[name]
                     for name in table if columns[name].startswith(f"{item.topic}: ")}
            assert set(parts) == set(words)
            done[item.id] = pd.DataFrame({words[label]: ticks for label, ticks in parts.items()}).apply(
                lambda row: " ".join(row.index[row == 1]), axis=1)
            assert {value for ticks in parts.values() for value in ticks.dropna()} <= {0, 1}
        else:
            labels = values[item.id]
            done[item.id] = table[item.id].map(
                lambda value, labels=labels, words=words: "" if pd.isna(value) else words[labels[value]]
                if value in labels else f"{value:.0f}")
            assert columns[item.id] == item.topic
    return pd.DataFrame(done).set_axis(pd.Index(table[INSTRUMENT.key], name=INSTRUMENT.key)).astype("str")


def in_order(table: pd.DataFrame) -> pd.DataFrame:
    """Rows in the order of their keys, and several answers in that of the scale, as the files give them back."""
    done = table.astype("str").sort_index()
    for item in INSTRUMENT.items.values():
        if item.scale.type == "flere":
            order = [*item.scale.answers, DONT_KNOW]
            done[item.id] = done[item.id].map(lambda text, order=order: " ".join(sorted(text.split(), key=order.index)))
    return done


# ---- Files


@pytest.mark.parametrize("suffix", [".sav", ".dta"])
@pytest.mark.parametrize("table", [STANDARD, nasty], ids=["standard", "nasty"])
def test_the_labels_of_a_statistics_file_give_the_answers_back(
    tmp_path: Path, suffix: str, table: pd.DataFrame
) -> None:
    pd.testing.assert_frame_equal(by_hand(written(tmp_path / f"svar{suffix}", table)), in_order(table),
                                  check_index_type=False)


@pytest.mark.parametrize(("name", "how"), [("svar.sav", {}), ("svar.dta", {}), ("svar.csv", {}),
                                           ("excel.csv", {"excel": True})])
def test_our_own_reader_gives_the_same_answers_with_the_same_digest(tmp_path: Path, name: str, how: dict) -> None:
    read = answers.check(written(tmp_path / name, **how), INSTRUMENT, None).accept().answers
    pd.testing.assert_frame_equal(in_order(read), in_order(STANDARD), check_index_type=False)
    assert survey.provenance(in_order(read)) == survey.provenance(STANDARD) == survey.SYNTHETIC


@pytest.mark.parametrize(("name", "how"), [("svar.sav", {}), ("svar.dta", {}), ("svar.csv", {}),
                                           ("excel.csv", {"excel": True})])
def test_our_own_reader_gives_nasty_texts_back(tmp_path: Path, name: str, how: dict) -> None:
    read = answers.check(written(tmp_path / name, nasty, **how), INSTRUMENT, None).accept().answers
    assert list(read.loc[nasty.index, TEXT]) == NASTY


def test_ved_ikke_is_not_in_the_mean_of_a_count_in_spss_and_is_labelled_in_both(tmp_path: Path) -> None:
    count = next(item for item in INSTRUMENT.items.values() if item.scale.type == "antal")
    single = next(item for item in INSTRUMENT.items.values() if item.scale.type == "enkelt")
    known = pd.to_numeric(STANDARD[count.id].where(~STANDARD[count.id].isin(["", DONT_KNOW])))
    spss = pd.read_spss(written(tmp_path / "svar.sav"), convert_categoricals=False)
    assert (STANDARD[count.id] == DONT_KNOW).any()
    assert spss[count.id].mean() == known.mean()
    assert (spss[single.id] == -8).sum() == (STANDARD[single.id] == DONT_KNOW).sum() > 0
    stata = pd.read_stata(written(tmp_path / "svar.dta"), convert_categoricals=False, convert_missing=True)
    assert stata[count.id].astype(str).value_counts()[".a"] == (STANDARD[count.id] == DONT_KNOW).sum()
    assert stata[count.id].astype(str).value_counts()["."] == (STANDARD[count.id] == "").sum()
    assert (tmp_path / "svar.dta").read_bytes().startswith(b"<stata_dta><header><release>118<")
    labels = pyreadstat.read_dta(tmp_path / "svar.dta", user_missing=True)[1].variable_value_labels
    assert labels[count.id] == {"a": "Ved ikke"}
    with pd.read_stata(tmp_path / "svar.dta", iterator=True) as file:
        assert all(labels.get(-8, "Ved ikke") == "Ved ikke" for labels in file.value_labels().values())
        assert file.data_label.startswith("Syntetiske svar: ")


def test_names_and_labels_fit_their_format_whatever_the_questionnaire(tmp_path: Path) -> None:
    study = other()
    codes = list(study.items["spoergsmaal_s"].scale.answers)
    table = pd.DataFrame({"spoergsmaal_s": [codes[1], "ved_ikke", "", " ".join(codes)],
                          "spoergsmaal_t": ["-20", "5", "ved_ikke", ""], "spoergsmaal_u": ["æ", "ø", "ved_ikke", ""]},
                         index=pd.Index(["a", "b", "c", "d"], name="nr"))
    for suffix in (".sav", ".dta"):
        path = written(tmp_path / f"x{suffix}", table, study)
        names = list(export.columns(study, suffix))
        read, facts = (pyreadstat.read_sav if suffix == ".sav" else pyreadstat.read_dta)(path, user_missing=True)
        assert list(read) == ["nr", *names]
        assert len({name.casefold() for name in names}) == len(names) == 5
        assert read[names[:3]].fillna(-1).astype(int).to_numpy().tolist() == [
            [0, 1, 0], [0, 0, 1], [-1, -1, -1], [1, 1, 0]]
        assert read["spoergsmaal_t"].fillna(99).tolist() == [-20, 5, -21 if suffix == ".sav" else "a", 99]
        assert facts.file_label.startswith("Indsamlede svar: ØØØ")
    assert all(len(name) <= 28 for name in export.columns(study, ".dta"))
    assert all(len(name.encode()) <= 64 for name in export.columns(study, ".sav"))


@pytest.mark.parametrize(("item", "value"), [("pol_fokus", "måske"), ("pra_lange", "mange"), ("pra_emner", "kl andet")])
@pytest.mark.parametrize("name", ["x.sav", "x.dta"])
def test_an_answer_that_is_not_allowed_is_never_left_out_unsaid(
    tmp_path: Path, item: str, value: str, name: str
) -> None:
    bad = STANDARD.copy()
    bad.iloc[2, bad.columns.get_loc(item)] = value
    with pytest.raises(ValueError, match=f"{item} does not allow"):
        export.write(bad, INSTRUMENT, tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_questions_whose_labels_begin_alike_are_told_apart(tmp_path: Path) -> None:
    long = "Hvor enig eller uenig er du i det, der står her om kommunens samarbejde med andre? "
    items = [Item(name, "b", Scale("t", "tekst"), long + name, "Ordlyd?") for name in ("en", "to", "tre")]
    study = Questionnaire("T", "", "Ved ikke", {"b": "B"}, {item.id: item for item in items}, key="nr")
    table = pd.DataFrame({name: [""] for name in study.items}, index=pd.Index(["a"], name="nr"))
    for read, name in ((pyreadstat.read_sav, "x.sav"), (pyreadstat.read_dta, "x.dta")):
        labels = read(written(tmp_path / name, table, study))[1].column_labels
        assert len(set(labels)) == 4
        assert all(len(label.encode()) <= 80 for label in labels)


def test_texts_that_are_longer_than_spss_reads_are_told(tmp_path: Path) -> None:
    table = STANDARD.head(3).assign(**{TEXT: ["æ" * 16_384, "x" * 32_767, "y" * 32_768]})
    told = export.cautions(table, INSTRUMENT, tmp_path / "svar.sav")
    assert len(told) == 1
    assert f"I {TEXT} er 2 længere: {table.index[0]}, {table.index[2]}." in told[0]
    assert export.cautions(table, INSTRUMENT, tmp_path / "svar.dta") == []
    assert export.cautions(STANDARD, INSTRUMENT, tmp_path / "svar.sav") == []


# ---- What those who did not write the reader read: R's haven, and PSPP

HAVEN = """
for (file in commandArgs(TRUE)) {
  table <- if (endsWith(file, "sav")) haven::read_sav(file, user_na = TRUE) else haven::read_dta(file)
  number <- function(x) {
    gone <- ifelse(is.na(haven::na_tag(x)), "", haven::na_tag(x))
    ifelse(is.na(x), gone, format(as.numeric(x), trim = TRUE, digits = 15))
  }
  labels <- lapply(names(table), function(name) {
    those <- attr(table[[name]], "labels")
    data.frame(column = name, value = c("", if (is.null(those)) NULL else number(those)),
               label = c(attr(table[[name]], "label"), names(those)))
  })
  cells <- lapply(table, function(x) if (is.character(x)) as.character(x) else number(unclass(x)))
  write.csv(do.call(rbind, labels), paste0(file, ".labels"), row.names = FALSE, fileEncoding = "UTF-8")
  write.csv(as.data.frame(cells), paste0(file, ".cells"), row.names = FALSE, fileEncoding = "UTF-8")
}
"""
PSPP = """GET FILE='svar.sav'.
SAVE TRANSLATE /OUTFILE='svar.csv' /TYPE=CSV /FIELDNAMES /CELLS=VALUES.
"""
LONG = nasty.assign(**{TEXT: [*NASTY[:-2], "æ" * 16_383, "x" * 32_766],
                       "pra_lange": [DONT_KNOW, "", *nasty["pra_lange"].iloc[2:]]})


def in_program(name: str, command: list[str], folder: Path) -> None:
    """Run a program in a folder. Without it the test is left out, but never where all must be run."""
    if shutil.which(command[0]) is None and not os.environ.get("CI"):
        pytest.skip(f"{name} mangler, så filerne er ikke læst med det")
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False,
                          env=os.environ | {"LC_ALL": "C.UTF-8"})
    if "there is no package called" in done.stderr and not os.environ.get("CI"):
        pytest.skip(f"{name} mangler, så filerne er ikke læst med det")
    assert done.returncode == 0, done.stdout + done.stderr


def as_values(cells: pd.Series) -> pd.Series:
    """The cells as numbers; what is none as it stands, and nothing for a blank."""
    numbers = pd.to_numeric(cells, errors="coerce")
    return numbers.where(numbers.notna() | (cells == ""), cells.astype(object))


def test_haven_reads_values_labels_and_long_texts_as_they_are(tmp_path: Path) -> None:
    for name in ("svar.sav", "svar.dta"):
        written(tmp_path / name, LONG)
    in_program("R med haven", ["Rscript", "-e", HAVEN, "svar.sav", "svar.dta"], tmp_path)
    for name in ("svar.sav", "svar.dta"):
        cells, labels = (pd.read_csv(tmp_path / f"{name}.{what}", dtype=str, keep_default_na=False)
                         for what in ("cells", "labels"))
        columns = dict(labels[labels["value"] == ""][["column", "label"]].itertuples(index=False))
        values: dict[str, dict] = {}
        for column, value, label in labels[labels["value"] != ""].itertuples(index=False):
            values.setdefault(column, {})[value if value == export.STATA_MISSING else float(value)] = label
        table = cells.apply(lambda column: column if column.name in (TEXT, INSTRUMENT.key) else as_values(column))
        pd.testing.assert_frame_equal(put_together(table, columns, values), in_order(LONG), check_index_type=False)


def test_pspp_reads_values_missing_values_and_long_texts_as_they_are(tmp_path: Path) -> None:
    written(tmp_path / "svar.sav", LONG)
    (tmp_path / "laes.sps").write_text(PSPP)
    in_program("PSPP", ["pspp", "laes.sps"], tmp_path)
    cells = pd.read_csv(tmp_path / "svar.csv", dtype=str, keep_default_na=False)
    known, _ = pyreadstat.read_sav(tmp_path / "svar.sav", user_missing=True)
    assert cells[TEXT].tolist() == LONG.sort_index()[TEXT].tolist()
    assert list(cells) == list(known)
    for name in [name for name in known if name not in (TEXT, INSTRUMENT.key)]:
        assert cells[name].replace(" ", "").map(lambda cell: float(cell or "nan")).equals(known[name]), name


# ---- CSV


@pytest.mark.parametrize("how", [{}, {"excel": True}], ids=["koder", "excel"])
def test_no_cell_of_a_csv_file_is_run_as_a_formula(tmp_path: Path, how: dict) -> None:
    path = written(tmp_path / "svar.csv", nasty.rename(index={nasty.index[0]: "=1+1"}), **how)
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file, delimiter=";" if how else ","))
    assert len(rows) == len(NASTY) + 1
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r", "＝"))]
    assert rows[-1][0] == "'=1+1"  # in the order of the keys
    assert [export.unguard(row[rows[0].index(TEXT)]) for row in [rows[-1], *rows[1:-1]]] == NASTY


def test_the_csv_for_danish_excel_has_its_mark_its_separator_and_labels(tmp_path: Path) -> None:
    path = written(tmp_path / "svar.csv", excel=True)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf" + INSTRUMENT.key.encode() + b";")
    table = pd.read_csv(path, sep=";", dtype=str, keep_default_na=False, encoding="utf-8-sig")
    for item in INSTRUMENT.items.values():
        if item.scale.type in ("enkelt", "ordinal"):
            expected = STANDARD[item.id].map(lambda code, item=item: code and INSTRUMENT.label(item.id, code))
            assert list(table[item.id]) == list(expected)
        if item.scale.type == "antal":
            assert list(table[item.id]) == list(STANDARD[item.id].replace(DONT_KNOW, "Ved ikke"))


@given(st.text())
def test_guarding_a_text_can_always_be_undone(text: str) -> None:
    assert export.unguard(export.guard(text)) == text
    assert not export.guard(text).startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


# ---- Where files may be put


@pytest.mark.parametrize(("path", "how", "told"), [
    ("svar.xls", {}, "ukendt filtype. Filen skal ende på .sav, .dta, .csv"),
    ("svar.sav", {"excel": True}, "udgaven til Excel er en CSV-fil"),
    ("ny/svar.sav", {}, "mappen findes ikke"),
    (project.root / "_build" / "udgaver" / "standard" / "svar.csv", {}, "svar må ikke ligge i _build"),
])
def test_a_place_that_will_not_do_is_told(tmp_path: Path, path: str, how: dict, told: str) -> None:
    with pytest.raises(UserError, match=told):
        export.write(STANDARD, INSTRUMENT, tmp_path / path, **how)
    assert not list(tmp_path.iterdir())


def test_a_file_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "svar.SAV"
    path.write_text("mit")
    with pytest.raises(UserError, match="findes allerede og bliver ikke overskrevet"):
        export.write(STANDARD, INSTRUMENT, path)
    assert path.read_text() == "mit"


# ---- Data Package


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the project's data with its descriptor."""
    for path in project.data.iterdir():
        if path.is_file():
            shutil.copy(path, tmp_path)
    datapackage.write_datapackage(INSTRUMENT, tmp_path, tmp_path / "datapakke.yml")
    return tmp_path


def faults(folder: Path) -> set[tuple[str, str]]:
    """The resources with faults, and the kinds of them."""
    report = Package(str(folder / "datapackage.json")).validate()
    assert report.valid == (not report.flatten(["type"]))
    return {(task.name, kind) for task in report.tasks for (kind,) in task.flatten(["type"])} | {
        ("", error.type) for error in report.errors}


@pytest.mark.filterwarnings("default")  # frictionless leaves files for the garbage collector to close
def test_frictionless_finds_the_data_package_valid(folder: Path) -> None:
    assert faults(folder) == set()
    package = json.loads((folder / "datapackage.json").read_text("utf-8"))
    assert {part["path"] for part in package["resources"]} == {path.name for path in folder.glob("*.csv")}
    assert all(part["title"] and part["sources"] for part in package["resources"])
    assert package["licenses"][0]["name"] == "CC-BY-4.0"
    made = (folder / "datapackage.json").read_bytes()
    assert datapackage.write_datapackage(INSTRUMENT, folder, folder / "datapakke.yml").read_bytes() == made


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize(("file", "column", "value", "kind"), [
    ("svar.csv", "pol_fokus", "måske", "constraint-error"),
    ("svar.csv", "pra_lange", "501", "constraint-error"),
    ("svar.csv", "pra_lange", "mange", "type-error"),
    ("svar.csv", "pra_emner", "sundhed kl", "constraint-error"),
    ("svar.csv", "pra_emner", "sundhed ingen", "constraint-error"),
    ("svar.csv", "stilling", "999-sundhed", "foreign-key"),
    ("sandhed.csv", "vae_tillid", "ja", "constraint-error"),
    ("ramme.csv", "fagomraade", "sport", "constraint-error"),
    ("ramme.csv", "stilling", "", "constraint-error"),
    ("kommuner.csv", "lon", "øst", "type-error"),
    ("kommuner.csv", "region", "Skåne", "constraint-error"),
    ("publicerede_tal.csv", "evidens", "rygte", "constraint-error"),
])
def test_one_broken_value_makes_the_data_package_invalid(
    folder: Path, file: str, column: str, value: str, kind: str
) -> None:
    table = pd.read_csv(folder / file, dtype=str, keep_default_na=False)
    table.loc[3, column] = value
    table.to_csv(folder / file, index=False)
    assert (file.removesuffix(".csv"), kind) in faults(folder)


def test_a_description_of_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    (tmp_path / "ord.yml").write_text("ressourcer: {borte.csv: {title: Borte}}\n", encoding="utf-8")
    (tmp_path / "a.csv").write_text("x\n1\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"beskriver borte\.csv"):
        datapackage.datapackage(INSTRUMENT, tmp_path, tmp_path / "ord.yml")


def test_a_folder_without_a_description_gives_a_plain_package(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x,y,z\n1,1.5,007\n2,2,b\n", encoding="utf-8")
    study = replace(INSTRUMENT, title="Æbler på øen")
    package = datapackage.datapackage(study, tmp_path)
    assert package["name"] == "aebler-paa-oeen"
    assert [field["type"] for field in package["resources"][0]["schema"]["fields"]] == ["integer", "number", "string"]


def test_the_committed_descriptor_is_that_of_the_files() -> None:
    words = project.data / "datapakke.yml"
    committed = json.loads((project.data / "datapackage.json").read_bytes())
    assert committed == datapackage.datapackage(INSTRUMENT, project.data, words)
