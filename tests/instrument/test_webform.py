"""The electronic form in a real browser, opened from the disk: filled in, saved, collected, and held against what was
meant.
"""

import hashlib
import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from civsam import edition
from civsam.files import UserError
from civsam.instrument import keys, webform
from civsam.instrument.allowed import valid
from civsam.instrument.conditions import Claim, Joined
from civsam.instrument.keys import new_key, valid_key
from civsam.instrument.questionnaire import DONT_KNOW, NONE, Background, Item, Questionnaire, Scale, read
from civsam.intake import answers, collecting
from civsam.intake.collecting import KEY

STUDY = read()
ABOUT = {name: f"Tekst om {name}." for name in webform.TEXTS}
TOTAL, PART = Scale("alle", "antal", low=0, high=2000), Scale("del", "antal", low=0, high=2000)
SMALL = Questionnaire(  # another survey altogether, with characters that mean something to HTML, scripts and SurveyJS
    title="Dyr & <planter>", scope="Tænk på i dag.", dont_know="Det ved jeg ikke", key="elev",
    blocks={"a": "Antal </script><b>", "tom": "Ingen spørgsmål", "b": "Slags"},
    items={item.id: item for item in (
        Item("dyr i alt", "a", TOTAL, "Dyr", "Hvor mange dyr?"),
        Item("hunde", "a", PART, "Hunde", "Hvor mange af dem er {hunde}?", part_of=("dyr i alt",)),
        Item("slags", "b", Scale("s", "flere", {"hund": "Hund", "kat": "Kat", NONE: "Ingen"}), "Slags", "Hvilke?"),
        Item("glad", "b", Scale("g", "ordinal", {"nej": "Slet ikke", "ja": "<i>Meget</i>"}), "Glad", "Glad i dag?"),
        Item("ord", "b", Scale("o", "tekst"), "Andet", "Andet?"),
    )},
)
CLASS = replace(SMALL, title="Klassen", background={  # those of a class, who have no keys
    "hold": Background("hold", "hold", {"a": "Hold A", "b": "Hold B"}),
    "maaned": Background("maaned", "måned", {f"m{place}": f"Måned {place}" for place in range(webform.MANY + 1)}),
})
EXACT = replace(SMALL, title="Grader", items={"grader": Item(
    "grader", "a", Scale("g", "antal", low=-20.5, high=1000, decimals=1, unit="grader"), "Varme", "Hvor varmt?")})

RANKED = replace(SMALL, title="Rækkefølge", items={"orden": Item("orden", "a", Scale(
    "r", "rangordning", {"hund": "Hund", "kat": "Kat", "ko": "Ko"}, low=2, high=3), "Orden", "Hvem er bedst?")})

ROUTED = replace(SMALL, title="Ruter", items={item.id: item for item in (
    Item("dyr", "a", Scale("d", "enkelt", {"ja": "Ja", "nej": "Nej"}), "Dyr", "Har du dyr?"),
    Item("antal", "a", TOTAL, "Antal", "Hvor mange dyr?", only_if=Claim("dyr", "er", "ja")),
    Item("hunde", "a", PART, "Hunde", "Hvor mange hunde?", part_of=("antal",), only_if=Claim("antal", "over", "1")),
    Item("slags", "a", SMALL.items["slags"].scale, "Slags", "Hvilke?"),
    Item("kat", "b", SMALL.items["glad"].scale, "Kat", "Er den glad?", only_if=Joined("og", (
        Claim("slags", "kryds", "kat"), Claim("antal", "er", "0", holds=False)))),
)})


# ---- The page as a file


def test_the_vendored_library_is_what_its_readme_says() -> None:
    listed = re.findall(r"\| `(\S+)`.*?\| (\S+) \| ([\d.]+) \| `([0-9a-f]{64})` \|",
                        (webform.VENDOR / "README.md").read_text("utf-8"))
    assert {name for name, *_ in listed} | {"README.md", "LICENSE"} == {file.name for file in webform.VENDOR.iterdir()}
    assert len({version for _, _, version, _ in listed}) == 1
    for name, _, _, digest in listed:
        assert hashlib.sha256((webform.VENDOR / name).read_bytes()).hexdigest() == digest
    assert "Permission is hereby granted" in (webform.VENDOR / "LICENSE").read_text("utf-8")


def test_the_page_is_one_file_with_the_same_bytes_each_time(tmp_path: Path) -> None:
    path = webform.write(SMALL, tmp_path, ABOUT)
    assert path.read_bytes() == webform.page(SMALL, ABOUT)
    assert [file.name for file in tmp_path.iterdir()] == ["skema.html"]
    text = path.read_text("utf-8")
    assert "Dyr &amp; &lt;planter&gt;" in text
    assert "</script><b>" not in text
    assert all(about in text for about in ABOUT.values())
    assert "Permission is hereby granted" in text


@pytest.mark.parametrize(("content", "message"), [
    ("afsender: Os\n", "'formaal' mangler"),
    ("".join(f"{name}: x\n" for name in webform.TEXTS) + "navn: y\n", "ukendt tekst 'navn'"),
    ("".join(f"{name}: ' '\n" for name in webform.TEXTS), "'afsender' mangler"),
])
def test_a_missing_or_unknown_text_is_told(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "tekst.yml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UserError, match=message):
        webform.read_about(path)


# ---- In a browser


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {questionnaire.title: webform.write(questionnaire, tmp_path_factory.mktemp("form"), ABOUT)
            for questionnaire in (STUDY, SMALL, CLASS, EXACT, RANKED, ROUTED)}


@pytest.fixture
def visit(browser: Browser, forms: dict[str, Path]) -> Iterator[Callable[..., Page]]:
    """Opens a form in a browser of its own, and fails for any error, warning or request."""
    context, faults = browser.new_context(accept_downloads=True), []

    def opened(questionnaire: Questionnaire, fragment: str = "", script: str = "", **size: int) -> Page:
        page, address = context.new_page(), forms[questionnaire.title].as_uri()
        page.set_default_timeout(5000)
        page.set_viewport_size({"width": 1000, "height": 800} | size)
        page.on("console", lambda message: faults.append(message.text))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("request", lambda request: request.url.startswith((address, "data:", "blob:"))
                or faults.append(request.url))
        page.add_init_script(script)
        page.goto(address + fragment)
        return page

    yield opened
    context.close()
    assert not faults


def question(page: Page, item: str) -> Locator:
    return page.locator(f'[data-name="{item}"]')


def box(page: Page, item: str) -> Locator:
    return question(page, f"{DONT_KNOW}:{item}").get_by_role("checkbox")


def number(page: Page, item: str) -> Locator:
    return question(page, item).get_by_role("textbox")


def tick(page: Page, item: str, label: str) -> None:
    question(page, item).locator("label").filter(has_text=re.compile(f"^{re.escape(label)}$")).click()


def turn(page: Page, name: str = "Videre") -> None:
    page.get_by_role("button", name=name, exact=True).click()


def saved(page: Page, folder: Path) -> dict:
    with page.expect_download() as waiting:
        turn(page, "Hent dit svar")
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    expect(page.locator("#besked")).to_contain_text(path.name)
    return json.loads(path.read_text("utf-8"))


def respond(page: Page, item: Item, value: str, questionnaire: Questionnaire) -> None:
    """Answers as a person with a mouse does."""
    if item.scale.type == "antal" and value == DONT_KNOW:
        question(page, f"{DONT_KNOW}:{item.id}").locator("label").click()
    elif item.scale.type in ("antal", "tekst") and value:
        number(page, item.id).fill(value)
    else:
        for code in value.split():
            tick(page, item.id, questionnaire.label(item.id, code))


def some_answers(questionnaire: Questionnaire, seed: int) -> dict[str, str]:
    """Answers that are allowed, of all kinds, each item at random."""
    rng, given = random.Random(seed), {}
    for item in questionnaire.items.values():
        codes = [code for code in item.scale.answers if code != NONE]
        totals = [int(given[total]) for total in item.part_of if given[total] not in ("", DONT_KNOW)]
        high = sum(totals) if len(totals) == len(item.part_of) and totals else item.scale.high
        own = {
            "antal": str(rng.randint(item.scale.low, min(high, item.scale.high))),
            "tekst": "Ja, »æøå«; =1+1\n<b>\"x\"</b> 😀",
            "flere": " ".join(code for code in codes if rng.random() < 0.5) or NONE,
        }.get(item.scale.type) or rng.choice(codes)
        unsure = DONT_KNOW if item.allows_dont_know else ""
        given[item.id] = rng.choices([own, unsure, ""], [6, 1, 1])[0]
        assert valid(item, given[item.id])
    return given


@pytest.mark.parametrize("seed", [1, 2])
def test_what_a_respondent_answers_is_what_is_collected(visit: Callable[..., Page], tmp_path: Path, seed: int) -> None:
    key, meant = new_key(random.Random(seed)), some_answers(STUDY, seed)
    page = visit(STUDY, f"#n={key}")
    blocks = list(STUDY.blocks)
    for block in blocks:
        expect(page.get_by_role("heading", level=2)).to_have_text(STUDY.blocks[block])
        for item in STUDY.block(block):
            respond(page, item, meant[item.id], STUDY)
        if block != blocks[-1]:
            turn(page)
    file = saved(page, tmp_path)
    assert file[KEY] == key
    assert file["egen_noegle"] is False
    assert [path.name for path in tmp_path.iterdir()] == [f"svar-{key}.json"]
    frame = pd.DataFrame({KEY: [key]}, index=pd.Index(["en"], name=STUDY.key))
    table, report = collecting.collect(tmp_path, STUDY, frame)
    assert report[["udfald", "grund"]].to_numpy().tolist() == [["brugt", ""]]
    assert table.loc["en"].to_dict() == meant


def test_without_a_key_the_background_is_asked_and_the_answers_need_no_frame(
    visit: Callable[..., Page], tmp_path: Path
) -> None:
    folder = tmp_path / "svarfiler"
    folder.mkdir()
    for team, month in (("Hold A", "m3"), ("Hold B", "m20")):
        page = visit(CLASS)
        expect(page.get_by_role("heading", level=2)).to_have_text("Om dig")
        expect(page.locator("#indledning")).to_contain_text("spørges der også om hold og måned. Det kommer med i filen")
        turn(page)
        expect(question(page, "hold").get_by_role("alert")).to_have_text("Vælg et svar.")
        tick(page, "hold", team)
        page.get_by_role("combobox", name="Måned", exact=True).select_option(month)
        turn(page)
        turn(page)
        given = saved(page, folder)["svar"]
        assert given == {"hold": team[-1].lower(), "maaned": month}
        page.once("dialog", lambda dialog: dialog.accept())
        page.get_by_role("button", name="Slet kladden").click()  # so that the next is somebody else
        page.close()
    table, report = collecting.collect(folder, CLASS)
    assert set(report["udfald"]) == {"brugt"}
    collecting.write(table, tmp_path / "svar.csv")
    known = edition.own_frame(answers.check(tmp_path / "svar.csv", CLASS, None).accept(), CLASS, "svar.csv")
    assert sorted(known.to_numpy().tolist()) == [["a", "m3"], ["b", "m20"]]


def test_with_a_key_the_background_is_not_asked(visit: Callable[..., Page], tmp_path: Path) -> None:
    page = visit(CLASS, f"#n={new_key(random.Random(5))}")
    expect(page.get_by_role("heading", level=2)).to_have_text(CLASS.blocks["a"])
    expect(page.get_by_text("spørges der også om")).to_be_hidden()
    turn(page)
    assert saved(page, tmp_path)["svar"] == {}


def test_a_draft_without_the_background_is_not_saved(visit: Callable[..., Page]) -> None:
    page = visit(CLASS)
    tick(page, "hold", "Hold A")
    page.evaluate("""() => { for (const key of Object.keys(localStorage)) { if (key.endsWith("noegle")) continue;
        localStorage.setItem(key, JSON.stringify({data: {}, page: 2})); } }""")
    page.reload()
    turn(page, "Hent dit svar")
    expect(question(page, "hold").get_by_role("alert")).to_have_text("Vælg et svar.")
    expect(page.locator("#besked")).to_be_empty()


def test_the_study_asks_only_what_the_register_does_not_tell() -> None:
    assert [item.id for item in STUDY.unknown()] == ["fagomraade", "kommunekode"]
    assert STUDY.unknown()[1].scale.answers["101"] == "København"


def test_the_keyboard_alone_fills_in_and_saves(visit: Callable[..., Page], tmp_path: Path) -> None:
    page = visit(SMALL)

    def go(locator: Locator, *keys: str) -> None:
        for _ in range(20):
            if locator.evaluate("element => element === document.activeElement"):
                break
            page.keyboard.press("Tab")
        expect(locator).to_be_focused()
        for key in keys:
            page.keyboard.press(key)

    go(number(page, "dyr i alt"), "1", "2")
    go(box(page, "hunde"), "Space")
    go(page.get_by_role("button", name="Videre"), "Enter")
    expect(page.get_by_role("heading", level=2)).to_be_focused()
    go(question(page, "slags").get_by_role("checkbox", name="Hund"), "Space")
    go(question(page, "slags").get_by_role("checkbox", name="Kat"), "Space")
    go(question(page, "glad").get_by_role("radio").first, "Space", "ArrowDown")
    go(number(page, "ord"), "h", "e", "j")
    with page.expect_download() as waiting:
        go(page.get_by_role("button", name="Hent dit svar"), "Enter")
    file = json.loads(Path(waiting.value.path()).read_text("utf-8"))
    assert file["svar"] == {"dyr i alt": "12", "hunde": DONT_KNOW, "slags": "hund kat", "glad": "ja", "ord": "hej"}
    assert file["egen_noegle"] is True
    assert valid_key(file[KEY])


def test_an_empty_answer_can_be_saved_and_without_a_link_each_browser_has_its_own_key(
    visit: Callable[..., Page], browser: Browser, forms: dict[str, Path], tmp_path: Path
) -> None:
    page = visit(SMALL)
    expect(page.locator("#noegle")).to_contain_text("uden personligt link")
    turn(page)
    file = saved(page, tmp_path)
    assert file["svar"] == {}
    page.reload()
    assert file[KEY] in page.locator("#noegle").inner_text()
    other = browser.new_page()
    other.goto(forms[SMALL.title].as_uri())
    assert file[KEY] not in other.locator("#noegle").inner_text()
    other.close()
    assert collecting.collect(tmp_path, SMALL)[0].shape == (1, 5)


def test_a_count_that_is_none_is_refused_with_a_message(visit: Callable[..., Page]) -> None:
    page = visit(SMALL)
    for typed in ("4,5", "2001", "-1", "ti", "1e2", "1.000"):
        number(page, "dyr i alt").fill(typed)
        turn(page)
        expect(page.get_by_role("alert").filter(has_text="Skriv et helt tal fra 0 til 2.000 uden")).to_be_visible()
        expect(number(page, "dyr i alt")).to_have_attribute("aria-invalid", "true")
        expect(number(page, "dyr i alt")).to_be_focused()
        expect(page.get_by_role("heading", level=2)).to_contain_text("Antal")
        number(page, "dyr i alt").fill("")
        number(page, "dyr i alt").press("Tab")
        expect(page.get_by_role("alert").filter(has_text="Skriv")).to_have_count(0)
    number(page, "dyr i alt").fill("2000")
    turn(page)
    expect(page.get_by_role("heading", level=2)).to_contain_text("Slags")


def test_decimals_and_numbers_below_0_are_saved_with_a_point(visit: Callable[..., Page], tmp_path: Path) -> None:
    page = visit(EXACT)
    for typed in ("4,55", "-20,6", "ti", "1.000,5", "4,"):
        number(page, "grader").fill(typed)
        turn(page, "Hent dit svar")
        words = "Skriv et tal fra -20,5 til 1.000 med højst 1 decimal og uden"
        expect(page.get_by_role("alert").filter(has_text=words)).to_be_visible()
    for typed, meant in (("-20,5", "-20.5"), ("7.0", "7"), ("1000", "1000")):
        number(page, "grader").fill(typed)
        content = saved(page, tmp_path)
        assert content["svar"] == {"grader": meant}
        assert valid(EXACT.items["grader"], meant)
    expect(page.get_by_text("Skriv tallet i grader.")).to_be_visible()


def test_a_question_is_shown_to_whom_it_is_asked_and_sent_by_nobody_else(
    visit: Callable[..., Page], tmp_path: Path
) -> None:
    page = visit(ROUTED)
    expect(question(page, "slags")).to_be_visible()
    for item in ("antal", "hunde", "kat"):
        expect(question(page, item)).to_be_hidden()
    expect(box(page, "antal")).to_be_hidden()
    tick(page, "dyr", "Ja")
    expect(question(page, "antal")).to_be_visible()
    expect(box(page, "antal")).to_be_attached()
    number(page, "antal").fill("3")
    number(page, "antal").blur()
    number(page, "hunde").fill("2")
    tick(page, "slags", "Kat")
    turn(page)
    tick(page, "kat", "Slet ikke")
    assert saved(page, tmp_path)["svar"] == {"dyr": "ja", "antal": "3", "hunde": "2", "slags": "kat", "kat": "nej"}
    turn(page, "Tilbage")
    tick(page, "dyr", "Nej")
    for item in ("antal", "hunde"):
        expect(question(page, item)).to_be_hidden()
    turn(page)  # he was not asked how many, so it is not 0, and the cat's question stands
    assert saved(page, tmp_path)["svar"] == {"dyr": "nej", "slags": "kat", "kat": "nej"}
    turn(page, "Tilbage")
    tick(page, "dyr", "Ja")
    number(page, "antal").fill("0")
    number(page, "antal").blur()
    expect(question(page, "hunde")).to_be_hidden()
    expect(page.get_by_role("button", name="Videre")).to_be_hidden()  # nothing is asked on the last page
    assert saved(page, tmp_path)["svar"] == {"dyr": "ja", "antal": "0", "slags": "kat"}
    table, report = collecting.collect(tmp_path, ROUTED)
    assert report[["udfald", "grund"]].to_numpy().tolist() == [["brugt", ""]]
    collecting.write(table, tmp_path / "svar.csv")
    assert answers.check(tmp_path / "svar.csv", replace(ROUTED, key=KEY), None).faults.empty


def test_a_hidden_fault_stops_nobody_and_a_draft_brings_the_shown_questions_back(
    visit: Callable[..., Page], tmp_path: Path
) -> None:
    key = new_key(random.Random(9))
    page = visit(ROUTED, f"#n={key}")
    tick(page, "dyr", "Ja")
    number(page, "antal").fill("3")
    number(page, "antal").blur()
    number(page, "hunde").fill("7")
    number(page, "hunde").blur()
    tick(page, "dyr", "Nej")
    assert saved(page, tmp_path)["svar"] == {"dyr": "nej"}
    tick(page, "dyr", "Ja")
    page = visit(ROUTED, f"#n={key}")
    expect(question(page, "hunde")).to_be_visible()
    assert number(page, "antal").input_value() == "3"
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Slet kladden").click()
    expect(question(page, "antal")).to_be_hidden()


def test_a_part_may_not_exceed_its_total_whichever_is_changed_last(visit: Callable[..., Page], tmp_path: Path) -> None:
    page = visit(SMALL)
    message = "Tallet kan højst være 3, for det er en del af det, du har svaret ved »Dyr«."
    alert = page.get_by_role("alert").filter(has_text=message)
    number(page, "dyr i alt").fill("3")
    number(page, "hunde").fill("4")
    turn(page)
    expect(alert).to_be_visible()
    number(page, "hunde").fill("3")
    turn(page)
    turn(page, "Tilbage")
    number(page, "dyr i alt").fill("2")
    number(page, "dyr i alt").press("Tab")
    expect(page.get_by_role("alert").filter(has_text="højst være 2")).to_be_visible()
    question(page, f"{DONT_KNOW}:dyr i alt").locator("label").click()
    expect(page.get_by_role("alert").filter(has_text="højst")).to_have_count(0)
    turn(page)
    assert saved(page, tmp_path)["svar"] == {"dyr i alt": DONT_KNOW, "hunde": "3"}


def test_a_fault_on_an_earlier_page_stops_the_saving_and_is_shown(visit: Callable[..., Page]) -> None:
    page = visit(SMALL)
    number(page, "dyr i alt").fill("3")
    number(page, "dyr i alt").press("Tab")
    page.evaluate("""() => { for (const key of Object.keys(localStorage)) { if (key.endsWith("noegle")) continue;
        localStorage.setItem(key, JSON.stringify({data: {"dyr i alt": "3", "hunde": "4"}, page: 1})); } }""")
    page.reload()
    turn(page, "Hent dit svar")
    expect(page.get_by_role("alert").filter(has_text="Tallet kan højst være 3")).to_be_visible()
    expect(page.locator("#besked")).to_be_empty()


def test_ved_ikke_and_ingen_exclude_all_else(visit: Callable[..., Page], tmp_path: Path) -> None:
    page = visit(SMALL)
    number(page, "dyr i alt").fill("7")
    question(page, f"{DONT_KNOW}:dyr i alt").locator("label").click()
    expect(number(page, "dyr i alt")).to_have_value("")
    expect(box(page, "dyr i alt")).to_be_checked()
    number(page, "dyr i alt").fill("8")
    number(page, "dyr i alt").press("Tab")
    expect(box(page, "dyr i alt")).not_to_be_checked()
    turn(page)
    for first, then, left in (("Hund", "Ingen", ["Ingen"]), ("Kat", SMALL.dont_know, [SMALL.dont_know]),
                              ("Ingen", SMALL.dont_know, [SMALL.dont_know]), ("Hund", "Kat", ["Hund", "Kat"])):
        for label in (first, then):
            if not question(page, "slags").get_by_label(label, exact=True).is_checked():
                tick(page, "slags", label)
        expect(question(page, "slags").get_by_role("checkbox", checked=True)).to_have_count(len(left))
        assert all(question(page, "slags").get_by_label(label, exact=True).is_checked() for label in left)
    tick(page, "glad", "Slet ikke")
    question(page, "glad").get_by_role("button", name="Fjern svaret").click()
    assert saved(page, tmp_path)["svar"] == {"dyr i alt": "8", "slags": "hund kat"}


def test_a_draft_outlives_the_page_and_can_be_deleted(visit: Callable[..., Page], tmp_path: Path) -> None:
    key = new_key(random.Random(5))
    page = visit(SMALL, f"#n={key}")
    expect(page.get_by_role("button", name="Slet kladden")).to_be_hidden()
    number(page, "dyr i alt").fill("5")
    turn(page)
    tick(page, "slags", "Kat")
    page.close()
    other = visit(SMALL, f"#n={new_key(random.Random(6))}")
    expect(number(other, "dyr i alt")).to_have_value("")  # another respondent at the same computer
    page = visit(SMALL, f"#n={key}")
    expect(page.locator("#varsel")).to_contain_text("Din kladde er hentet frem")
    expect(page.get_by_role("heading", level=2)).to_contain_text("Slags")
    assert saved(page, tmp_path)["svar"] == {"dyr i alt": "5", "slags": "kat"}
    page.once("dialog", lambda dialog: dialog.dismiss())
    page.get_by_role("button", name="Slet kladden").click()
    expect(page.get_by_role("heading", level=2)).to_contain_text("Slags")
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Slet kladden").click()
    expect(page.locator("#varsel")).to_have_text("Kladden er slettet.")
    expect(number(page, "dyr i alt")).to_have_value("")
    assert page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('civsam:')).length") == 0
    page.reload()
    expect(number(page, "dyr i alt")).to_have_value("")
    expect(page.get_by_role("button", name="Slet kladden")).to_be_hidden()


def test_after_deletion_the_next_person_without_a_link_has_another_key(visit: Callable[..., Page]) -> None:
    page = visit(SMALL)
    first = page.locator("#noegle").inner_text()
    number(page, "dyr i alt").fill("5")
    number(page, "dyr i alt").press("Tab")
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Slet kladden").click()
    expect(page.locator("#noegle")).not_to_have_text(first)


@pytest.mark.parametrize("draft", ["null", '{"data": {"glad": ["?"], "slags": 7}}'])
def test_a_broken_draft_does_no_harm(visit: Callable[..., Page], tmp_path: Path, draft: str) -> None:
    key = new_key(random.Random(5))
    place = f"civsam:{keys.digest(SMALL)}:{key}"
    page = visit(SMALL, f"#n={key}", f"localStorage.setItem({place!r}, {draft!r})")
    number(page, "dyr i alt").fill("5")
    turn(page)
    file = saved(page, tmp_path)
    assert file["svar"]["dyr i alt"] == "5"
    assert collecting.collect(tmp_path, SMALL)[1]["udfald"].tolist() == ["brugt"]


@pytest.mark.parametrize("refusal", [
    "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no', 'SecurityError'); }})",
    "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); }",
])
def test_a_browser_that_keeps_nothing_is_told_of_and_the_form_works(
    visit: Callable[..., Page], tmp_path: Path, refusal: str
) -> None:
    page = visit(SMALL, "", refusal)
    number(page, "dyr i alt").fill("5")
    turn(page)
    expect(page.locator("#kladde")).to_have_text("Din browser gemmer ingen kladde. Hent dit svar, før du lukker siden.")
    assert saved(page, tmp_path)["svar"] == {"dyr i alt": "5"}


def test_a_key_that_lost_a_character_is_told_and_not_used(visit: Callable[..., Page], tmp_path: Path) -> None:
    key = new_key(random.Random(5))
    page = visit(SMALL, f"#n={key[:-1]}")
    expect(page.locator("#varsel")).to_contain_text("Nøglen i linket er ikke hel")
    turn(page)
    assert saved(page, tmp_path)["egen_noegle"] is True
    page.evaluate(f"location.hash = 'n={key.lower()}'")  # the right link, opened in the same tab
    expect(page.locator("#noegle")).to_have_text(f"Din nøgle: {key}")


def test_the_page_is_danish_has_one_title_and_names_for_all_that_can_be_used(visit: Callable[..., Page]) -> None:
    page = visit(STUDY, f"#n={new_key(random.Random(5))}")
    assert page.locator("html").get_attribute("lang") == "da"
    expect(page.get_by_role("heading", level=1)).to_have_text(STUDY.title)
    expect(page.locator("#indledning")).to_contain_text("Dine svar forlader kun din browser som den fil")
    for place, (block, title) in enumerate(STUDY.blocks.items(), 1):
        expect(page.get_by_role("heading", level=2)).to_have_text(title)
        bar = page.get_by_role("progressbar")
        expect(bar).to_have_attribute("aria-valuetext", f"Side {place} af 4")
        for item in STUDY.block(block):
            role = {"enkelt": "radiogroup", "ordinal": "radiogroup", "flere": "group"}.get(item.scale.type, "textbox")
            named = page.get_by_role(role, name=item.wording, exact=True)
            expect(named).to_have_count(1)
            if role in ("radiogroup", "group"):
                one = named.get_by_role("radio" if role == "radiogroup" else "checkbox")
                assert one.count() == len(item.scale.answers) + 1
        words = page.locator("body").inner_text() + " ".join(page.evaluate(
            "[...document.querySelectorAll('*')].flatMap(e => ['aria-label', 'title', 'placeholder', 'alt']"
            ".map(name => e.getAttribute(name) || ''))"))
        assert not re.search(r"\b(Next|Previous|Complete|Page|Clear|Please|Error|of|None|Select|Survey)\b", words)
        if place < len(STUDY.blocks):
            turn(page)
        expect(page.locator("#indledning")).to_be_hidden() if place < len(STUDY.blocks) else None


def test_no_page_is_wider_than_the_screen_and_nothing_small_must_be_hit(visit: Callable[..., Page]) -> None:
    page = visit(STUDY, width=360)
    for place in range(len(STUDY.blocks) + 1):
        if place == 1:
            tick(page, "fagomraade", "Kultur og fritid")
            page.get_by_role("combobox", name="Kommune").select_option("101")
        if place:
            turn(page)
        for width in (320, 360, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            small = page.evaluate("[...document.querySelectorAll('#formular label, button, input[type=text]')]"
                                  ".map(e => e.getBoundingClientRect()).filter(r => r.width && r.height < 24).length")
            assert small == 0


def test_answers_are_put_in_order_with_the_keyboard(visit: Callable[..., Page], tmp_path: Path) -> None:
    page = visit(RANKED)
    choices = question(page, "orden").locator(".sv-ranking-item")
    choices.filter(has_text="Ko").press("Space")
    turn(page, "Hent dit svar")
    expect(question(page, "orden")).to_contain_text("Rangordn mindst 2 og højst 3 af svarene")
    choices.filter(has_text="Hund").press("Space")
    assert saved(page, tmp_path)["svar"] == {"orden": "ko hund"}
    box(page, "orden").check(force=True)
    assert saved(page, tmp_path)["svar"] == {"orden": DONT_KNOW}


def test_the_page_itself_forbids_the_browser_any_request(browser: Browser, forms: dict[str, Path]) -> None:
    page = browser.new_page()
    page.goto(forms[SMALL.title].as_uri())
    for attempt, directive in (("fetch('http://127.0.0.1:9/').catch(() => 0)", "connect-src"),
                               ("new Image().src = 'http://127.0.0.1:9/x.png'", "img-src"),
                               ("navigator.sendBeacon('http://127.0.0.1:9/')", "connect-src")):
        stopped = page.evaluate(f"""() => new Promise(told => {{
            addEventListener('securitypolicyviolation', event => told(event.effectiveDirective), {{once: true}});
            {attempt}; setTimeout(() => told('sent'), 2000); }})""")
        assert stopped == directive
    page.close()


def test_the_form_works_from_a_server_too(browser: Browser, forms: dict[str, Path], tmp_path: Path) -> None:
    page, asked = browser.new_page(), []
    page.route("**/*", lambda route: (asked.append(route.request.url), route.fulfill(
        path=forms[SMALL.title], content_type="text/html")))
    page.goto("http://bog.test/skema.html")
    turn(page)
    assert saved(page, tmp_path)["svar"] == {}
    assert asked == ["http://bog.test/skema.html"]
    page.close()
