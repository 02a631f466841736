"""Letters of significance: where they stand, what they say to all readers and in files, and what they must not tell."""


import numpy as np
import opened
import pandas as pd
import pytest
from statsmodels.stats.multitest import multipletests

from civsam.danish import number
from civsam.inference import compare, estimate
from civsam.pages import door, letters, show
from civsam.pages.downloads import csv_file
from civsam.survey.survey import Survey

PROCESS = opened.edition().process
COUNTS = ["pra_lange", "pra_korte"]
LABELS = PROCESS.variable("fagomraade").labels
LETTER = dict(zip(LABELS, "ABCDEFGHI", strict=True))


def contrasts(survey: Survey, items: list[str], answer: str | None = None, by: str = "fagomraade") -> pd.DataFrame:
    return pd.concat([compare.contrasts(survey, item, answer, by) for item in items], ignore_index=True)


MEANS = pd.concat([estimate.means(PROCESS, item, "fagomraade") for item in COUNTS], ignore_index=True)
PAIRS = contrasts(PROCESS, COUNTS)
MADE = show.table(PROCESS, MEANS, "Samarbejder", "tab-x", beside=PAIRS)


def test_each_number_has_the_letters_of_those_that_it_is_higher_than_corrected_over_the_table() -> None:
    told = letters.told(MEANS, PAIRS, lambda table: table)
    p = multipletests(PAIRS["p"], method="holm")[1]
    expected = {(row.item, group): "" for row in MEANS.itertuples() for group in LABELS}
    for row, one in zip(PAIRS.itertuples(), p, strict=True):
        if one < 0.05:
            high, low = (row.a, row.b) if row.estimate > 0 else (row.b, row.a)
            before = expected[row.item, high]
            expected[row.item, high] = ", ".join(sorted([*filter(None, before.split(", ")), LETTER[low]]))
    assert told.lower == [expected[row.item, row.group] for row in MEANS.itertuples()]
    assert sum(map(bool, told.lower)) > 2
    assert not all(told.lower)
    assert "de 72 par" in told.note  # 36 in each column


def test_they_are_words_for_every_reader_and_the_note_explains_them() -> None:
    told = letters.told(MEANS, PAIRS, lambda table: table)
    place = next(place for place, lower in enumerate(told.lower) if lower)
    assert f"<small>højere end {told.lower[place]}</small>" in MADE.html
    assert all(f"{words} ({LETTER[code]})" in MADE.html for code, words in LABELS.items())
    assert "Hver gruppe har et bogstav." in MADE.html
    assert "med Holms metode" in MADE.html
    assert "uden ved ikke" not in MADE.html


def test_in_files_numbers_are_numbers_and_letters_a_column_of_their_own() -> None:
    columns = {heading: (numbers, cells.split("\n")) for heading, numbers, cells in MADE.facts["columns"]}
    told = letters.told(MEANS, PAIRS, lambda table: table)
    topic = PROCESS.item("pra_lange").topic
    assert columns[f"{topic}, højere end"] == (False, told.lower[:9])
    assert columns[topic][0]
    assert [number(float(one), 1) for one in columns[topic][1]] == [number(one, 1) for one in MEANS["estimate"][:9]]
    assert b"\xc3\xb8jere end" in csv_file(MADE.facts["columns"], danish=True)


def test_of_collected_answers_no_letter_is_of_a_hidden_number_or_follows_from_one() -> None:
    """Letters are those of the contrasts as shown, whatever the hidden ones are."""
    answers = PROCESS.answers.iloc[1:]
    region = PROCESS.frame.loc[answers.index, "region"]
    place, often = answers.groupby(region).cumcount(), region.map({"hovedstaden": 8, "midtjylland": 5}).fillna(3)
    yes = (place % 10 < often).where(region != "nordjylland", place >= 4)  # four said no
    survey = Survey(answers.assign(pol_fokus=np.where(yes, "ja", "nej")), PROCESS.frame, PROCESS.questionnaire)
    letter = dict(zip(survey.variable("region").labels, "ABCDE", strict=True))
    made = estimate.shares(survey, "pol_fokus", "ja", "region")
    pairs = contrasts(survey, ["pol_fokus"], "ja", "region")
    told = letters.told(made, pairs, lambda table: door.shown(survey, table))
    shown = door.shown(survey, made).set_index("group")
    hidden = shown.index[shown["hidden"]]
    assert "nordjylland" in hidden
    assert told.lower[0] == letter["midtjylland"]
    for own, lower in zip(made["group"], told.lower, strict=True):
        assert not (lower and own in hidden)
        assert not {letter[group] for group in hidden} & set(lower.split(", "))
    visible = door.shown(survey, pairs)
    p = multipletests(visible["p"].dropna(), method="holm")[1]
    assert sum(len(lower.split(", ")) for lower in told.lower if lower) == np.sum(p < 0.05)
    assert f"de {len(p)} par" in told.note
    assert '"row">Nordjylland' not in show.table(survey, made, "Fokus", "tab-x", beside=pairs).html
    other = pairs.assign(p=pairs["p"].where(~(pairs["a"].isin(hidden) | pairs["b"].isin(hidden)), 1e-12))
    assert letters.told(made, other, lambda table: door.shown(survey, table)) == told


@pytest.mark.parametrize(("beside", "told"), [
    (compare.corrected(PAIRS, "holm", "x"), "give the contrasts before they are corrected"),
    (PAIRS.iloc[1:], "each of the 72 pairs .* and got 71"),
    (pd.concat([PAIRS, PAIRS.iloc[:1]]), "and got 73"),
    (PAIRS.assign(target="population"), "the contrasts' target is population, and the estimates' process"),
    (PAIRS.assign(estimate=PAIRS["estimate"] + 0.1), "make both from the same survey, with the same base"),
    (contrasts(PROCESS, COUNTS, by="region"), "letters need a contrast of each of the 72 pairs"),
    (PAIRS.assign(effect="smd"), "letters are of differences, not of smd"),
])
def test_contrasts_of_something_else_are_refused(beside: pd.DataFrame, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        show.table(PROCESS, MEANS, "Samarbejder", "tab-x", beside=beside)


def test_shares_on_another_base_and_groups_of_two_variables_are_refused() -> None:
    shares = estimate.shares(PROCESS, "pol_fokus", "ja", "blok")
    known = compare.contrasts(PROCESS, "pol_fokus", "ja", "blok", dont_know=False)
    with pytest.raises(ValueError, match="with the same base"):
        show.table(PROCESS, shares, "Fokus", "tab-x", beside=known)
    both = pd.concat([shares, estimate.shares(PROCESS, "pol_fokus", "ja", "region")])
    with pytest.raises(ValueError, match="groups of one variable, not of blok, region"):
        show.table(PROCESS, both, "Fokus", "tab-x", beside=known)


def test_there_are_letters_for_any_number_of_groups() -> None:
    assert [letters._letter(place) for place in (0, 25, 26, 27, 52, 702)] == ["A", "Z", "AA", "AB", "BA", "AAA"]
