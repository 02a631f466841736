"""All questions at once: every question of the questionnaire, with the numbers that the book has of it."""

import re
from dataclasses import replace

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from civsam.edition import open_edition
from civsam.files import UserError
from civsam.inference import estimate
from civsam.instrument.questionnaire import Background, Item, Questionnaire, Scale
from civsam.pages import overview, show
from civsam.survey.answered import split_by
from civsam.survey.survey import Survey

EDITION = open_edition()
SURVEY = EDITION.survey
TOLD = [*overview.parts(SURVEY, "region")]


def test_every_question_is_there_once_in_order_under_its_block() -> None:
    asked = SURVEY.questionnaire
    told = [item for _, those, _ in TOLD for item in those]
    assert [item.id for item in told] == [item.id for block in asked.blocks for item in asked.block(block)]
    assert all(heading == asked.blocks[item.block] for heading, those, _ in TOLD for item in those)


@pytest.mark.parametrize(("item", "call"), [
    ("pol_fokus", estimate.shares), ("pra_lange", estimate.means), ("pra_tvaers", estimate.ratios),
])
def test_the_numbers_are_those_of_the_book(item: str, call) -> None:
    question, whole, split = next(outputs for _, those, outputs in TOLD if those[0].id == item)
    assert question.text == show.question(SURVEY, item).text
    for made, by in ((whole, None), (split, "region")):
        as_in_the_book = show.table(SURVEY, call(SURVEY, item, by=by), "", "tab-x")
        assert made.text.splitlines()[1:] == as_in_the_book.text.splitlines()[1:]
    assert split.text.splitlines()[0].endswith(" efter region [syntetiske svar]")


def test_a_battery_is_one_table_of_all_answers_and_one_of_the_upper_half_by_group() -> None:
    those, (_, whole, split) = next((those, outputs) for _, those, outputs in TOLD if len(those) > 1)
    lines = whole.text.splitlines()
    assert [line.split("  ")[0] for line in lines[3:3 + len(those)]] == [item.topic for item in those]
    for item, line in zip(those, lines[3:], strict=False):
        shares = estimate.shares(SURVEY, item.id)
        assert re.findall(r"(\d+)\u00a0% ", line) == [f"{100 * share:.0f}" for share in shares["estimate"]]
        assert line.split()[-1] == str(shares["n"].iloc[0])
    assert "»Enig« eller »Helt enig« efter region" in split.text.splitlines()[0]


def collected() -> Survey:
    """A survey of answers that somebody has collected: 240 persons without a frame, some of whom left blanks."""
    scales = [Scale("glad", "ordinal", {"lidt": "Lidt", "noget": "Noget", "meget": "Meget"}, dont_know=False),
              Scale("medlem", "enkelt", {"ja": "Ja", "nej": "Nej"}),
              Scale("sted", "flere", {"hal": "Hal", "bib": "Bib"})]
    items = {scale.id: Item(scale.id, "a", scale, scale.id.capitalize(), "?", dont_know=scale.dont_know)
             for scale in scales}
    asked = Questionnaire("T", "", "Ved ikke", {"a": "A"}, items, background={
        "sted_nr": Background("sted_nr", "sted", {"nord": "Nord", "syd": "Syd"})})
    answers = pd.DataFrame({
        "glad": ["lidt", "noget", "meget"] * 80, "medlem": (["ja"] * 7 + ["nej"] * 6 + [""] * 7) * 12,
        "sted": ["hal", "bib", "hal bib"] * 80}, index=pd.Index([f"p{at}" for at in range(240)], name="svarperson"))
    return Survey(answers, pd.DataFrame({"sted_nr": ["nord", "syd"] * 120}, index=answers.index), asked, framed=False)


def test_answers_are_told_by_the_answer_to_a_question_and_small_groups_stay_hidden() -> None:
    survey, by = split_by(collected(), "medlem")
    told = {those[0].id: outputs for _, those, outputs in overview.parts(survey, by, "medlem")}
    assert len(told["medlem"]) == 2
    lines = told["glad"][2].text.splitlines()
    assert lines[0] == "Glad efter Medlem [indsamlede svar]"
    assert [line.split("  ")[0] for line in lines[3:6]] == ["Ja", "Nej", "Uden svar"]
    assert all(line.count("%") == 3 for line in lines[3:6])
    few = survey.answers["medlem"].replace({"ja": "nej"}).mask(survey.answers.index.isin(["p0", "p1", "p2"]), "ja")
    survey, by = split_by(collected().having(answers=survey.answers.assign(medlem=few)), "medlem")
    assert "\nJa " not in [*overview.answered(survey, survey.item("glad"), by)][2].text
    with pytest.raises(UserError, match="ikke et spørgsmål med ét svar"):
        split_by(survey, "sted")
    with pytest.raises(UserError, match="»medlm« er ikke"):
        split_by(survey, "medlm")
    assert split_by(survey, "sted_nr") == (survey, "sted_nr")


def test_free_text_is_told_once() -> None:
    outputs = next(outputs for _, those, outputs in TOLD if those[0].id == "vae_kommentar")
    assert [output.text for output in outputs[1:]] == ["Fri tekst vises ikke i denne udgave."]


def test_a_row_of_a_table_is_one_line_of_text() -> None:
    split = next(outputs[2] for _, those, outputs in TOLD if those[0].id == "pol_fokus")
    groups = SURVEY.questionnaire.background["region"].labels.values()
    assert [line.split("  ")[0] for line in split.text.splitlines()[3:8]] == [*groups]
    assert r"\n" not in split.text
    assert "column" not in split.text


def test_the_page_holds_it_all_and_needs_nothing_else() -> None:
    page = BeautifulSoup(overview.page("<Titel>", EDITION.banner(), TOLD), "html.parser")
    assert page.h1.get_text() == "<Titel>"
    assert [heading.get_text() for heading in page.select("h2")] == [*SURVEY.questionnaire.blocks.values()]
    assert len(page.select("h3")) == len(TOLD)
    assert len(page.select("table")) == sum(
        len(outputs) - 1 for _, those, outputs in TOLD if those[0].scale.type != "tekst")
    assert all(table.select_one("caption .maerke.syntetisk") for table in page.select("table"))
    assert not page.select("script, link, img, [src], [onclick]")


def test_an_unknown_variable_is_told() -> None:
    with pytest.raises(UserError, match="»regionn« er ikke"):
        [*overview.parts(SURVEY, "regionn")]


def test_questions_of_each_kind_have_a_statistic() -> None:
    items = SURVEY.questionnaire.items
    count = items["pra_lange"]
    assert overview.statistic(count) == "means"
    assert overview.statistic(replace(count, part_of=("pra_korte",))) == "ratios"
    assert overview.statistic(items["vae_kommentar"]) == ""
    assert {overview.statistic(item) for item in items.values() if item.scale.answers} == {"shares"}
