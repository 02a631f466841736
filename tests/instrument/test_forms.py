"""The questionnaire as XLSForm, printed page and codebook, for this study's and for another one."""

import hashlib
import re
import shutil
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

import openpyxl
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser
from pyxform.xls2xform import convert

from civsam.files import UserError, project
from civsam.instrument import keys, print_form, questionnaire, webform, xlsform
from civsam.instrument.questionnaire import DONT_KNOW, NONE, Background, Item, Questionnaire, Scale
from civsam.intake import answers
from civsam.intake.frame import read_frame
from civsam.pages import codebook

INSTRUMENT = questionnaire.read()
ABOUT = webform.read_about()
JAVA = shutil.which("java")
ITEMS = list(INSTRUMENT.items.values())
COUNTS = [item for item in ITEMS if item.scale.type == "antal"]
SPACE = {"x": "http://www.w3.org/2002/xforms", "jr": "http://openrosa.org/javarosa"}


def other() -> Questionnaire:
    """Another study's questionnaire, with all that is awkward in a spreadsheet or a page."""
    scales = [Scale("farve", "enkelt", {"roed": "=Rød", "blaa": "Blå & <grøn>"}),
              Scale("tal", "antal", low=-5, high=12_000),
              Scale("mange", "flere", {"a": "+A", "b": "\"B\""}), Scale("ord", "tekst"),
              Scale("trin", "ordinal", {"lav": "Lav", "hoej": "Høj"})]
    items = [Item(scale.id, "eneste", scale, f"Emne {scale.id}", f"<b>{scale.id}</b>?", help="=1+1")
             for scale in scales]
    items.append(Item("del", "eneste", scales[1], "En del", "Hvor mange af dem?", part_of=("tal",)))
    return Questionnaire("Æbler & pærer 2030", "Tænk på frugt.", "Aner det ikke", {"eneste": "Én blok", "tom": "Tom"},
                         {item.id: item for item in items})


def test_forms_that_are_out_still_fit_their_questionnaire() -> None:
    """The digest that a form carries, written out: were it made in another way, no answer from a form would be read."""
    scale = Scale("trin", "ordinal", {"lav": "Lav", "hoej": "Høj"})
    items = {"a": Item("a", "en", scale, "A", "Hvor højt?", help="Fra bunden."),
             "b": Item("b", "en", Scale("tal", "antal", low=0, high=9), "B", "Hvor mange?", part_of=("a",))}
    study = Questionnaire("Æbler", "Alle.", "Ved ikke", {"en": "Én blok"}, items,
                          background={"egn": Background("egn", "egn", {"n": "Nord"})})
    written = ('["Æbler", "Alle.", "Ved ikke", [["en", "Én blok"]], '
               '[["egn", "", "Egn", "", [], "baggrund", [["n", "Nord"]], 0, 0], '
               '["a", "en", "Hvor højt?", "Fra bunden.", [], "ordinal", [["lav", "Lav"], ["hoej", "Høj"]], 0, 0], '
               '["b", "en", "Hvor mange?", "", ["a"], "antal", [], 0, 9]]]')
    assert keys.digest(study) == hashlib.sha256(written.encode()).hexdigest()


def xform(path: Path, study: Questionnaire) -> tuple[ET.Element, list[str]]:
    """The form as pyxform converts it, checked by ODK Validate where there is Java, and all warnings."""
    xlsform.xlsform(study, path, ABOUT)
    warnings: list[str] = []
    made = convert(path, warnings=warnings, validate=JAVA is not None)
    return ET.fromstring(made.xform), [*warnings, *made.warnings]


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> ET.Element:
    tree, warnings = xform(tmp_path_factory.mktemp("skema") / "skema.xlsx", INSTRUMENT)
    assert warnings == []
    return tree


def texts(tree: ET.Element) -> dict[str, str]:
    """All translated texts by their id."""
    found = tree.iterfind(".//x:text", SPACE)
    return {text.get("id"): "".join(text.find("x:value", SPACE).itertext()) for text in found}


def binds(tree: ET.Element) -> dict[str, ET.Element]:
    """The rules of each field, by its name."""
    return {bind.get("nodeset").rpartition("/")[2]: bind for bind in tree.iterfind(".//x:bind", SPACE)}


def offered(tree: ET.Element) -> dict[str, dict[str, str]]:
    """The choices of each field: code to words."""
    words = texts(tree)
    lists = {part.get("id"): {one.find("x:name", SPACE).text: words[one.find("x:itextId", SPACE).text]
                              for one in part.iterfind(".//x:item", SPACE)}
             for part in tree.iterfind(".//x:instance[@id]", SPACE)}
    return {question.get("ref").rpartition("/")[2]: lists[re.search(r"'(.+?)'", itemset.get("nodeset"))[1]]
            for question in tree.iter() if (itemset := question.find("x:itemset", SPACE)) is not None}


# ---- XLSForm


def test_every_question_and_every_answer_is_in_the_form_with_its_words(converted: ET.Element) -> None:
    words, choices, rules = texts(converted), offered(converted), binds(converted)
    for item in ITEMS:
        place = rules[item.id].get("nodeset")
        assert place == f"/data/blok_{item.block}/{item.id}"
        assert words[f"{place}:label"] == item.wording
        assert words.get(f"{place}:hint", "") == item.help
        if item.scale.answers:
            assert choices[item.id] == {**item.scale.answers, DONT_KNOW: "Ved ikke"}
        assert rules[item.id].get("required") is None
    assert {rules[item.id].get("type") for item in COUNTS} == {"int"}
    assert {words[f"/data/blok_{block}:label"] for block in INSTRUMENT.blocks} == set(INSTRUMENT.blocks.values())


def test_only_whoever_has_no_key_must_tell_the_background(converted: ET.Element) -> None:
    choices, rules = offered(converted), binds(converted)
    assert rules[xlsform.YOU].get("relevant").split() == ["/data/indledning/noegle", "=", "''"]
    for item in INSTRUMENT.unknown():
        assert choices[item.id] == item.scale.answers  # there is no 'ved ikke'
        assert rules[item.id].get("required") == "true()"


def test_a_count_can_be_answered_with_ved_ikke_while_no_number_stands(converted: ET.Element) -> None:
    choices, rules = offered(converted), binds(converted)
    assert COUNTS
    for item in COUNTS:
        tick = f"{item.id}_ved_ikke"
        assert choices[tick] == {"ved_ikke": "Ved ikke"}
        assert rules[tick].get("relevant").split() == [f"/data/blok_{item.block}/{item.id}", "=", "''"]


def test_the_form_asks_for_a_key_and_tells_purpose_and_consent_and_knows_its_version(tmp_path: Path) -> None:
    own = ABOUT | {"formaal": "Vi spørger for at lære."}
    xlsform.xlsform(INSTRUMENT, tmp_path / "a.xlsx", own)
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    rows = {row[1]: row for row in book["survey"].iter_rows(values_only=True)}
    assert "Vi spørger for at lære." in rows["formaal"][2]
    assert rows["samtykke"][2] == ABOUT["samtykke"]
    assert rows["noegle"][0] == "text"
    head, values = book["settings"].iter_rows(values_only=True)
    settings = dict(zip(head, values, strict=True))
    assert settings["form_id"] == "kommunernes-samarbejde-med-civile-aktoerer"
    assert settings["default_language"] == "Dansk (da)"
    changed = {**INSTRUMENT.items, "vae_tillid": replace(INSTRUMENT.items["vae_tillid"], wording="Andet?")}
    versions = {xlsform.version(study, ABOUT) for study in (INSTRUMENT, replace(INSTRUMENT, items=changed))}
    assert len(versions) == 2
    assert settings["version"] not in versions  # it has another purpose
    assert settings["version"] == xlsform.version(INSTRUMENT, own)


def test_the_same_questionnaire_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.xlsx", "b.xlsx"):
        xlsform.xlsform(INSTRUMENT, tmp_path / name, ABOUT)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    with ZipFile(tmp_path / "a.xlsx") as made:
        assert {part.date_time for part in made.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert b"2000-01-01" in made.read("docProps/core.xml")
        assert not re.search(rb"20[1-9]\d-\d\d", made.read("docProps/core.xml"))


def test_another_questionnaire_converts_too_and_nothing_of_it_is_a_formula(tmp_path: Path) -> None:
    tree, warnings = xform(tmp_path / "andet.xlsx", other())
    assert warnings == []
    assert offered(tree)["farve"] == {"roed": "=Rød", "blaa": "Blå & <grøn>", "ved_ikke": "Aner det ikke"}
    assert binds(tree)["tal"].get("constraint") == ". >= -5 and . <= 12000"
    assert "blok_tom" not in ET.tostring(tree, encoding="unicode")
    book = openpyxl.load_workbook(tmp_path / "andet.xlsx")
    assert {cell.data_type for sheet in book for row in sheet for cell in row if cell.value is not None} == {"s"}


@pytest.mark.parametrize("name", ["noegle", "samtykke", "tal_ved_ikke", "TAL"])
def test_a_name_that_the_form_needs_itself_is_refused(tmp_path: Path, name: str) -> None:
    study = other()
    items = {**study.items, name: replace(study.items["farve"], id=name)}
    with pytest.raises(UserError, match=f"to felter ville hedde '{name}'"):
        xlsform.xlsform(replace(study, items=items), tmp_path / "x.xlsx", ABOUT)
    assert not (tmp_path / "x.xlsx").exists()


def allows(browser: Browser, tree: ET.Element, item: str, given: dict[str, str]) -> bool:
    """Whether the form allows the item's answer, judged by the browser's XPath.

    selected and count-selected, which are ODK's own, are written out in plain XPath.
    """
    rule = binds(tree)[item].get("constraint").replace("count-selected(.)", "count_selected")
    rule = re.sub(r"selected\(\., '(\w+)'\)", r"contains(concat(' ', ., ' '), ' \1 ')", rule)
    rule = rule.replace("count_selected", "(string-length(.) - string-length(translate(., ' ', '')) + 1)")
    data = next(tree.find(".//x:instance", SPACE).iter("{http://www.w3.org/2002/xforms}data"))
    for name, value in given.items():
        next(part for part in data.iter() if part.tag.endswith("}" + name)).text = value
    text = re.sub(r"ns\d+:|:ns\d+| xmlns(:\w+)?=\"[^\"]*\"", "", ET.tostring(data, encoding="unicode"))
    for name in given:
        next(part for part in data.iter() if part.tag.endswith("}" + name)).text = None
    page = browser.new_page()
    try:
        return page.evaluate(
            """([xml, path, rule]) => {
                const tree = new DOMParser().parseFromString(xml, 'text/xml')
                const at = tree.evaluate(path, tree, null, XPathResult.FIRST_ORDERED_NODE_TYPE).singleNodeValue
                return tree.evaluate(rule, at, null, XPathResult.BOOLEAN_TYPE).booleanValue
            }""", [text, binds(tree)[item].get("nodeset"), rule])
    finally:
        page.close()


@pytest.mark.parametrize(("item", "given", "expected"), [
    ("pra_lange", {"pra_lange": "0"}, True),
    ("pra_lange", {"pra_lange": "500"}, True),
    ("pra_lange", {"pra_lange": "501"}, False),
    ("pra_lange", {"pra_lange": "-1"}, False),
    ("pra_tvaers", {"pra_lange": "2", "pra_korte": "3", "pra_tvaers": "5"}, True),
    ("pra_tvaers", {"pra_lange": "2", "pra_korte": "3", "pra_tvaers": "6"}, False),
    ("pra_tvaers", {"pra_lange": "2", "pra_tvaers": "6"}, True),  # the other total is not known
    ("pra_tvaers", {"pra_lange": "400", "pra_korte": "400", "pra_tvaers": "501"}, False),
    ("pra_emner", {"pra_emner": "sundhed sociale"}, True),
    ("pra_emner", {"pra_emner": "ingen"}, True),
    ("pra_emner", {"pra_emner": "ingen sundhed"}, False),
    ("pra_emner", {"pra_emner": "sundhed ved_ikke"}, False),
    ("pra_emner", {"pra_emner": "ved_ikke"}, True),
    ("pra_emner", {"pra_emner": "ingen ved_ikke"}, False),
])
def test_the_form_allows_what_the_questionnaire_allows(
    browser: Browser, converted: ET.Element, item: str, given: dict[str, str], expected: bool
) -> None:
    assert allows(browser, converted, item, given) is expected


def test_every_demand_is_told_in_danish(converted: ET.Element) -> None:
    words = texts(converted)
    for item in ITEMS:
        place = binds(converted)[item.id]
        told = words.get(f"{place.get('nodeset')}:jr:constraintMsg", "")
        assert bool(told) == bool(place.get("constraint")) == (item.scale.type in ("antal", "flere"))
        if item.part_of:
            assert "»Længerevarende samarbejder« og »Kortvarige samarbejder« tilsammen" in told
        if NONE in item.scale.answers:
            assert told == "»Ingen af disse« og »Ved ikke« kan kun vælges alene."


@pytest.mark.parametrize("separator", ["/", "-"])
def test_what_the_form_gives_back_is_read_as_the_same_answers(tmp_path: Path, separator: str) -> None:
    """A table as a server exports it: each field with its group before it, the notes blank."""
    wanted = answers.check(project.data / "svar.csv", INSTRUMENT, None).accept().answers
    background = [item.id for item in INSTRUMENT.unknown()]
    table, group = pd.DataFrame(index=wanted.index), ""
    for row in xlsform.survey_rows(INSTRUMENT, ABOUT):
        kind, name = row["type"], row.get("name", "")
        group = name if kind == "begin_group" else group
        if kind in ("begin_group", "end_group"):
            continue
        item = name.removesuffix("_ved_ikke")
        unknown = wanted[item] == DONT_KNOW if item in wanted else None
        if name == "noegle":
            column = wanted.index
        elif name in (*xlsform.NOTES, *background):  # who has a key is not asked of the background
            column = ""
        elif kind.endswith(xlsform.TICK):
            column = unknown.map({True: DONT_KNOW, False: ""})
        else:
            column = wanted[name].mask(unknown, "") if kind == "integer" else wanted[name]
        table[f"{group}{separator}{name}"] = column
    table.to_csv(tmp_path / "odk.csv", index=False)
    frame = read_frame(INSTRUMENT)
    frame["noegle"] = frame.index
    read = answers.check(tmp_path / "odk.csv", INSTRUMENT, frame).accept().answers
    assert (wanted == DONT_KNOW)[[item.id for item in COUNTS]].to_numpy().any()
    pd.testing.assert_frame_equal(read, wanted)


# ---- Print


def printed(study: Questionnaire) -> BeautifulSoup:
    return BeautifulSoup(print_form.print_page(study, ABOUT), "html.parser")


@pytest.mark.parametrize("study", [INSTRUMENT, other()], ids=["egen", "anden"])
def test_the_printed_page_holds_every_wording_and_every_answer(study: Questionnaire) -> None:
    page = printed(study)
    assert page.html["lang"] == "da"
    assert page.title.text
    you = study.unknown()
    blocks = [words for block, words in study.blocks.items() if study.block(block)]
    assert [block.text for block in page.find_all("h2")] == [*["Om dig"] * bool(you), *blocks]
    asked = page.select(".spoergsmaal")
    for place, (question, item) in enumerate(zip(asked, keys.asked(study).values(), strict=True), 1 - len(you)):
        assert question.select_one(".ordlyd").text == (f"{place}. " if place > 0 else "") + item.wording
        assert page.find(id=question["aria-labelledby"]).parent is question
        assert item.help in question.select_one(".hjaelp").text if item.help else True
        if item.id == "kommunekode":  # too many to tick
            assert question.select_one(".linje")
            continue
        labels = [line.text for line in question.select("li") if line.select_one(".boks:not(.tal)")]
        assert labels == [*item.scale.answers.values(), *([study.dont_know] if item.allows_dont_know else [])]
        assert bool(question.select_one(".boks.tal")) == (item.scale.type == "antal")
        assert bool(question.select_one("li.linje")) == (item.scale.type == "tekst")
    assert study.scope in page.text
    assert ABOUT["samtykke"] in page.text


def test_the_printed_page_fetches_nothing_and_runs_nothing() -> None:
    page = printed(INSTRUMENT)
    assert page.link.extract()["href"] == "data:,"  # no icon, so that no browser asks for one
    assert not page.find_all(["script", "link", "img", "iframe", "form"])
    assert not [tag for tag in page.find_all(True) for name in tag.attrs if name in ("src", "href") or name[:2] == "on"]
    assert "url(" not in page.style.text
    assert "@import" not in page.style.text


def test_no_question_is_cut_by_the_end_of_a_page(browser: Browser) -> None:
    """Pages and columns are broken by the same rules: columns as high as a page show where the breaks come."""
    page = browser.new_page()
    page.set_content(print_form.print_page(INSTRUMENT, ABOUT))
    made = page.pdf(prefer_css_page_size=True)
    assert set(re.findall(rb"/MediaBox \[[\d .]+\]", made)) == {b"/MediaBox [0 0 594.95996 841.91998]"}  # A4 in points
    page.emulate_media(media="print")
    page.add_style_tag(content="main { columns: 174mm; column-fill: auto; height: 259mm; width: 174mm; }")
    cut = "[...document.querySelectorAll('.spoergsmaal, .om')].filter(part => part.getClientRects().length > 1).length"
    assert page.evaluate(cut) == 0
    page.add_style_tag(content=".spoergsmaal { break-inside: auto !important; }")
    assert page.evaluate(cut) > 0
    page.close()


# ---- Codebook


@pytest.mark.parametrize("study", [INSTRUMENT, other()], ids=["egen", "anden"])
def test_the_codebook_tells_all_of_every_item_and_can_be_linked_to(study: Questionnaire) -> None:
    parts = codebook.codebook(study)
    page = BeautifulSoup("".join(part.html for part in parts), "html.parser")
    names = [tag["id"] for tag in page.find_all(id=True)]
    assert len(names) == len(set(names))
    for item in study.items.values():
        post = page.find(id=f"kodebog-{item.id}")
        listed = {line.code.text: line.text for line in post.select("li")}
        assert list(listed) == [*item.scale.answers, *([DONT_KNOW] if item.allows_dont_know else [])]
        assert all(label in listed[code] for code, label in item.scale.answers.items())
        for words in (item.topic, item.wording, item.help, *item.statements):
            assert words in post.text
        assert [link["href"] for link in post.select("a")] == [f"#kodebog-{total}" for total in item.part_of]
        assert not post.find("b")
    for variable in study.background.values():
        listed = [line.text for line in page.find(id=f"kodebog-{variable.id}").select("li")]
        assert listed == [f"{code} {label}" for code, label in variable.labels.items()]
    targets = {link["href"] for link in page.select("a")}
    assert targets == {f"#kodebog-{item}" for item in study.items}
    assert all(part.text for part in parts)


def test_the_codebook_gives_range_and_the_numbers_of_the_exported_files() -> None:
    page = BeautifulSoup("".join(part.html for part in codebook.codebook(other())), "html.parser")
    assert "hele tal fra \u22125 til 12.000" in page.find(id="kodebog-tal").text
    assert page.find(id="kodebog-tal").select_one("li").text == "ved_ikke Aner det ikke (-8)"
    assert [line.text for line in page.find(id="kodebog-mange").select("li")] == [
        "a +A", 'b "B"', "ved_ikke Aner det ikke"]
    assert [line.text for line in page.find(id="kodebog-trin").select("li")] == [
        "lav Lav (1)", "hoej Høj (2)", "ved_ikke Aner det ikke (-8)"]
