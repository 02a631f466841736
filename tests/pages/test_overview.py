"""All questions at once: every question of the questionnaire, with the numbers that the book has of it."""

from dataclasses import replace

import pytest
from bs4 import BeautifulSoup

from civsam.edition import open_edition
from civsam.files import UserError
from civsam.inference import estimate
from civsam.pages import overview, show

EDITION = open_edition()
SURVEY = EDITION.survey
TOLD = [*overview.parts(SURVEY, "region")]


def test_every_question_is_there_once_in_order_under_its_block() -> None:
    asked = SURVEY.questionnaire
    assert [item.id for _, item, _ in TOLD] == [item.id for block in asked.blocks for item in asked.block(block)]
    assert all(heading == asked.blocks[item.block] for heading, item, _ in TOLD)


@pytest.mark.parametrize(("item", "call"), [
    ("pol_fokus", estimate.shares), ("pra_lange", estimate.means), ("pra_tvaers", estimate.ratios),
])
def test_the_numbers_are_those_of_the_book(item: str, call) -> None:
    question, whole, split = next(outputs for _, one, outputs in TOLD if one.id == item)
    assert question.text == show.question(SURVEY, item).text
    for made, by in ((whole, None), (split, "region")):
        as_in_the_book = show.table(SURVEY, call(SURVEY, item, by=by), "", "tab-x")
        assert made.text.splitlines()[1:] == as_in_the_book.text.splitlines()[1:]
    assert split.text.splitlines()[0].endswith(" efter region [syntetiske svar]")


def test_free_text_is_told_once() -> None:
    outputs = next(outputs for _, item, outputs in TOLD if item.id == "vae_kommentar")
    assert [output.text for output in outputs[1:]] == ["Fri tekst vises ikke i denne udgave."]


def test_a_row_of_a_table_is_one_line_of_text() -> None:
    split = next(outputs[2] for _, item, outputs in TOLD if item.id == "pol_fokus")
    groups = SURVEY.questionnaire.background["region"].labels.values()
    assert [line.split("  ")[0] for line in split.text.splitlines()[3:8]] == [*groups]
    assert r"\n" not in split.text
    assert "column" not in split.text


def test_the_page_holds_it_all_and_needs_nothing_else() -> None:
    page = BeautifulSoup(overview.page("<Titel>", EDITION.banner(), TOLD), "html.parser")
    assert page.h1.get_text() == "<Titel>"
    assert [heading.get_text() for heading in page.select("h2")] == [*SURVEY.questionnaire.blocks.values()]
    assert len(page.select("h3")) == len(TOLD)
    assert len(page.select("table")) == sum(len(outputs) - 1 for _, item, outputs in TOLD if item.scale.type != "tekst")
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
