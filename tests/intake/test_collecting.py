"""Respondents' keys, and answer files joined into one table: whatever the files hold."""

import itertools
import json
import random
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from civsam.files import UserError
from civsam.instrument import keys as keys_
from civsam.instrument.keys import ALPHABET, new_key, valid_key
from civsam.instrument.questionnaire import Background, Item, Questionnaire, Scale
from civsam.intake import answers, collecting
from civsam.intake.collecting import KEY, add_keys, collect, links

COUNT, WORDS = Scale("antal", "antal", low=0, high=50), Scale("tekst", "tekst")
SEVERAL = Scale("dyr", "flere", {"hund": "Hund", "kat": "Kat", "ingen": "Ingen"})
SMALL = Questionnaire(
    title="Dyr", scope="Tænk på i dag.", dont_know="Ved ikke", blocks={"a": "Dyr"}, key="elev",
    items={item.id: item for item in (
        Item("dyr", "a", SEVERAL, "Dyr", "Hvilke dyr har du?"),
        Item("antal", "a", COUNT, "Antal dyr", "Hvor mange?"),
        Item("ord", "a", WORDS, "Andet", "Andet?"),
    )},
)
FRAME = add_keys(pd.DataFrame({"klasse": ["7a", "7b", "7b"]}, index=pd.Index(["e1", "e2", "e3"], name="elev")),
                 random.Random(1))


def reply(key: str, given: dict, time: str = "2026-01-31T12:00:00.000Z", **changed: object) -> dict:
    whole = {"version": 1, "skema": keys_.digest(SMALL), KEY: key, "egen_noegle": False, "tid": time}
    return whole | {"svar": given} | changed


def save(folder: Path, content: object, name: str = "svar.json") -> Path:
    path = folder / name
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


# ---- Keys


def test_every_slip_of_one_character_and_every_swap_of_two_is_found() -> None:
    key = new_key(random.Random(7))
    assert valid_key(key)
    for place, sign in itertools.product(range(len(key)), ALPHABET):
        assert valid_key(key[:place] + sign + key[place + 1:]) == (sign == key[place])
    for one, two in itertools.combinations(range(len(key)), 2):
        swapped = list(key)
        swapped[one], swapped[two] = swapped[two], swapped[one]
        assert valid_key("".join(swapped)) == (key[one] == key[two])
    assert not any(valid_key(wrong) for wrong in ("", key[:-1], key + "2", key.lower(), key[:-1] + "ø"))


def test_keys_are_whole_unique_and_as_random_as_they_look() -> None:
    keys = add_keys(pd.DataFrame(index=range(5000)))[KEY]
    assert keys.is_unique
    assert keys.map(valid_key).all()
    for place in range(keys_.LENGTH):
        seen = keys.str[place].value_counts()
        assert len(seen) == 31
        assert ((seen - 5000 / 31) ** 2 / (5000 / 31)).sum() < 80  # chi squared, 30 df: 1 in a million is 82
    assert set(ALPHABET).isdisjoint("0O1IL")
    assert add_keys(FRAME[["klasse"]])[KEY].tolist() != add_keys(FRAME[["klasse"]])[KEY].tolist()


def test_keys_that_are_there_are_kept_and_the_others_made() -> None:
    partly = FRAME.assign(**{KEY: [FRAME[KEY].iloc[0], "", None]})
    again = add_keys(partly)
    assert again[KEY].iloc[0] == FRAME[KEY].iloc[0]
    assert again[KEY].map(valid_key).all()
    assert again[KEY].is_unique
    pd.testing.assert_frame_equal(add_keys(FRAME), FRAME)
    assert partly[KEY].iloc[1] == ""


@pytest.mark.parametrize(("keys", "message"), [
    (["2345", "", ""], "e1.*ikke en hel nøgle"),
    ([FRAME[KEY].iloc[0]] * 2 + [""], "e2.*står to gange"),
])
def test_a_bad_key_in_the_frame_is_told(keys: list[str], message: str, tmp_path: Path) -> None:
    frame = FRAME.assign(**{KEY: keys})
    with pytest.raises(UserError, match=message):
        add_keys(frame)
    save(tmp_path, reply(FRAME[KEY].iloc[0], {}))
    with pytest.raises(UserError, match=message):
        collect(tmp_path, SMALL, frame)


def test_links_carry_the_key_after_the_sign_that_no_server_sees() -> None:
    made = links(FRAME, "https://eksempel.dk/bog/skema.html")
    assert made["link"].iloc[1] == f"https://eksempel.dk/bog/skema.html#n={FRAME[KEY].iloc[1]}"
    for wrong in ("skema.html", "https://eksempel.dk/skema.html#n=", "https://eksempel.dk/ skema.html", ""):
        with pytest.raises(UserError, match="adresse"):
            links(FRAME, wrong)


# ---- Collecting


def test_files_become_the_answers_that_they_hold_in_the_order_of_the_frame(tmp_path: Path) -> None:
    one, _, three = FRAME[KEY]
    save(tmp_path, reply(three, {"dyr": "hund kat", "ord": "Ja, »to«;\n=1+1\t\"æøå\" 😀"}), "a.json")
    save(tmp_path, reply(one, {"antal": "ved_ikke"}), "b.JSON")
    table, report = collect(tmp_path, SMALL, FRAME)
    assert table.index.tolist() == ["e1", "e3"]
    assert table.index.name == "elev"
    assert table.loc["e1"].to_dict() == {"dyr": "", "antal": "ved_ikke", "ord": ""}
    assert table.loc["e3"].to_dict() == {"dyr": "hund kat", "antal": "", "ord": "Ja, »to«;\n=1+1\t\"æøå\" 😀"}
    assert report["udfald"].tolist() == ["brugt", "brugt"]
    collecting.write(table, tmp_path / "samlet.csv")
    read = answers.check(tmp_path / "samlet.csv", SMALL, FRAME).accept().answers
    pd.testing.assert_frame_equal(read, table, check_dtype=False, check_index_type=False)


def test_without_a_frame_the_answers_are_named_by_key(tmp_path: Path) -> None:
    for place, key in enumerate(FRAME[KEY]):
        save(tmp_path, reply(key, {"antal": str(place)}, egen_noegle=True), f"{place}.json")
    table, _ = collect(tmp_path, SMALL)
    assert table.index.name == KEY
    assert table["antal"].to_dict() == {key: str(place) for place, key in enumerate(FRAME[KEY])}
    collecting.write(table, tmp_path / "samlet.csv")
    read = answers.check(tmp_path / "samlet.csv", SMALL, FRAME).accept().answers  # keys are looked up in the frame
    assert read["antal"].to_dict() == {"e1": "0", "e2": "1", "e3": "2"}
    assert len(answers.check(tmp_path / "samlet.csv", SMALL, None).accept().answers) == 3


def test_background_that_respondents_told_is_with_the_answers_only_where_no_frame_tells_it(tmp_path: Path) -> None:
    small = replace(SMALL, background={"klasse": Background("klasse", "klasse", {"7a": "7.a", "7b": "7.b"})})
    assert keys_.digest(small) != keys_.digest(SMALL)
    for place, (key, own) in enumerate(zip(FRAME[KEY], ({"klasse": "7b"}, {"klasse": "7c"}, {}), strict=True)):
        save(tmp_path, reply(key, own | {"antal": "3"}, skema=keys_.digest(small)), f"{place}.json")
    table, report = collect(tmp_path, small)
    assert table.loc[FRAME[KEY], "klasse"].tolist() == ["7b", "7c", ""]
    assert report["grund"].tolist() == ["", "svaret på klasse er ikke gyldigt; civsam check siger hvorfor", ""]
    assert list(collect(tmp_path, small, FRAME)[0]) == list(SMALL.items)
    collecting.write(table.replace("7c", "7b"), tmp_path / "samlet.csv")
    told = answers.check(tmp_path / "samlet.csv", small, FRAME).faults  # the frame knows the blank one
    assert told[["vaerdi", "fejl"]].to_numpy().tolist() == [["7b", "er et andet end i rammen"]]
    (tmp_path / "0.json").unlink()
    (tmp_path / "1.json").unlink()
    assert "klasse" not in collect(tmp_path, small)[0]


def test_the_last_saved_of_a_respondents_files_counts_and_the_others_are_named(tmp_path: Path) -> None:
    key = FRAME[KEY].iloc[0]
    times = {"a-ny.json": "2026-02-01T09:00:00.000Z", "b-gammel.json": "2026-01-31T23:59:59.999Z"}
    for name, time in times.items():
        save(tmp_path, reply(key, {"antal": name[2]}, time), name)
    save(tmp_path, reply(key, {"ukendt": "x"}, "2027-01-01T00:00:00.000Z"), "nyest-men-afvist.json")
    table, report = collect(tmp_path, SMALL, FRAME)
    assert table["antal"].tolist() == ["n"]
    outcome = report.set_index("fil")["udfald"].to_dict()
    assert outcome == {"a-ny.json": "brugt", "b-gammel.json": "afløst", "nyest-men-afvist.json": "afvist"}
    said = collecting.summary(report)
    assert "1 brugt, 1 afløst, 1 afvist, 0 sprunget over" in said
    assert "afløst: b-gammel.json: a-ny.json har samme nøgle" in said
    assert {path.name for path in tmp_path.iterdir()} == {*times, "nyest-men-afvist.json"}


@pytest.mark.parametrize(("change", "reason"), [
    (b"", "ikke hel JSON"),
    (b'{"version": 1', "ikke hel JSON"),
    (b"\xff\xfe{}", "UTF-8"),
    (b"[" * 50_000, "ikke hel JSON"),
    (b"9" * 5000, "ikke hel JSON"),
    (b'{"version": 1, "version": 2}', "ikke hel JSON"),
    (b" " * 1_000_001, "over 1 MB"),
    (b"null", "ikke en svarfil"),
    ([], "ikke en svarfil"),
    ({}, "ikke en svarfil"),
    (reply(FRAME[KEY].iloc[0], {}, version="1"), "ikke en svarfil"),
    (reply(FRAME[KEY].iloc[0], {}, version=True), "ikke en svarfil"),
    (reply(FRAME[KEY].iloc[0], {}, version=2), "version 2"),
    (reply(FRAME[KEY].iloc[0], {}, skema="0" * 64), "andet spørgeskema"),
    (reply(FRAME[KEY].iloc[0], {}, svar=["hund"]), "ikke en svarfil"),
    (reply("A" + FRAME[KEY].iloc[0][1:], {}), "ikke hel"),
    (reply("\x1b[31m" + "x" * 900, {}), r"nøglen '\\x1b\[31mx{35}…' er ikke hel"),
    (reply(new_key(random.Random(9)), {}), "ikke i rammen$"),
    (reply(new_key(random.Random(9)), {}, egen_noegle=True), "uden personligt link"),
    (reply(FRAME[KEY].iloc[0], {}, time="i går"), "tidspunktet 'i går'"),
    (reply(FRAME[KEY].iloc[0], {}, time="٢026-01-31T12:00:00.000Z"), "tidspunktet"),
    (reply(FRAME[KEY].iloc[0], {"fugl": "ja"}), "'fugl' er ikke et spørgsmål"),
    (reply(FRAME[KEY].iloc[0], {"antal": 3}), "antal er ikke almindelig tekst"),
    (reply(FRAME[KEY].iloc[0], {"ord": None}), "ord er ikke almindelig tekst"),
    (reply(FRAME[KEY].iloc[0], {"ord": "a\x00b"}), "ord er ikke almindelig tekst"),
    (reply(FRAME[KEY].iloc[0], {"ord": "a\ud800"}), "UTF-8"),
    (reply(FRAME[KEY].iloc[0], {"ord": "a" * 4001}), "længere end 4000"),
])
def test_a_file_that_cannot_be_used_is_rejected_with_its_reason(tmp_path: Path, change: object, reason: str) -> None:
    if isinstance(change, bytes):
        (tmp_path / "svar.json").write_bytes(change)
    else:
        save(tmp_path, change)
    save(tmp_path, reply(FRAME[KEY].iloc[1], {"antal": "3"}), "god.json")
    table, report = collect(tmp_path, SMALL, FRAME)
    row = report.set_index("fil").loc["svar.json"]
    assert row["udfald"] == "afvist"
    assert re.search(reason, row["grund"])
    assert table.index.tolist() == ["e2"]
    assert "svar.json" in collecting.summary(report)


def test_an_answer_that_the_item_does_not_allow_is_kept_for_the_checker_and_told(tmp_path: Path) -> None:
    save(tmp_path, reply(FRAME[KEY].iloc[0], {"antal": "51", "dyr": "hund ingen"}))
    table, report = collect(tmp_path, SMALL, FRAME)
    assert table.loc["e1", "antal"] == "51"
    assert report["udfald"].tolist() == ["brugt"]
    assert "antal og dyr" in report["grund"][0]


def test_other_files_and_folders_are_passed_over_and_told(tmp_path: Path) -> None:
    save(tmp_path, reply(FRAME[KEY].iloc[0], {}))
    (tmp_path / "noter.txt").write_text("hej", encoding="utf-8")
    (tmp_path / "mappe.json").mkdir()
    _, report = collect(tmp_path, SMALL, FRAME)
    assert report.set_index("fil")["udfald"].to_dict() == {
        "svar.json": "brugt", "noter.txt": "sprunget over", "mappe.json": "sprunget over"}


def test_a_folder_without_answers_and_a_frame_without_keys_are_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="ingen svarfiler"):
        collect(tmp_path, SMALL)
    with pytest.raises(UserError, match="findes ikke"):
        collect(tmp_path / "nej", SMALL)
    with pytest.raises(UserError, match="er en fil"):
        collect(save(tmp_path, {}), SMALL)
    with pytest.raises(UserError, match="civsam frame keys"):
        collect(tmp_path, SMALL, FRAME[["klasse"]])


def test_all_rejected_gives_an_empty_table_with_all_columns(tmp_path: Path) -> None:
    save(tmp_path, {})
    table, report = collect(tmp_path, SMALL, FRAME)
    assert table.shape == (0, 3)
    assert report["udfald"].tolist() == ["afvist"]


def test_no_file_is_overwritten(tmp_path: Path) -> None:
    path = save(tmp_path, {})
    before = path.read_bytes()
    with pytest.raises(UserError, match="findes allerede"):
        collecting.write(FRAME, path)
    assert path.read_bytes() == before


def test_another_wording_or_scale_is_another_questionnaire() -> None:
    first = keys_.digest(SMALL)
    assert first == keys_.digest(SMALL)
    for changed in (Item("ord", "a", WORDS, "Andet", "Andet end det?"), Item("ord", "a", COUNT, "Andet", "Andet?"),
                    Item("ord", "a", WORDS, "Andet", "Andet?", part_of=("antal",))):
        other = replace(SMALL, items=SMALL.items | {"ord": changed})
        assert keys_.digest(other) != first


TEXT = st.text(max_size=20)
JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3), max_leaves=8)
ANSWERS = st.dictionaries(st.sampled_from(list(SMALL.items)) | TEXT, st.sampled_from(["hund", "3", ""]) | TEXT | JSON)
MANGLED = st.builds(
    lambda given, change: reply(FRAME[KEY].iloc[0], given) | change, ANSWERS,
    st.dictionaries(st.sampled_from([*collecting.FIELDS]), JSON, max_size=2))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.binary(max_size=200) | (MANGLED | JSON).map(lambda content: json.dumps(content).encode()),
                min_size=1, max_size=4))
def test_whatever_the_files_hold_each_has_an_outcome_and_the_table_can_be_written(
    tmp_path_factory: pytest.TempPathFactory, contents: list[bytes]
) -> None:
    folder = tmp_path_factory.mktemp("svar")
    for place, content in enumerate(contents):
        (folder / f"{place}.json").write_bytes(content)
    table, report = collect(folder, SMALL, FRAME)
    assert report["fil"].tolist() == [f"{place}.json" for place in range(len(contents))]
    assert (report["udfald"] == "brugt").sum() == len(table)
    assert ((report["grund"] != "") | (report["udfald"] == "brugt")).all()
    collecting.summary(report).encode()
    collecting.write(table, folder / "samlet.csv")
    again = pd.read_csv(folder / "samlet.csv", dtype=str, keep_default_na=False, index_col=0)
    assert again.to_numpy().tolist() == table.to_numpy().tolist()
