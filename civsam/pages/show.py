"""What a chapter shows: tables, figures, questions, and sentences whose numbers a cell has made.

Whatever is made from answers says by itself whether they are synthetic or collected, and passes the rules of what
may be shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pandas as pd

from civsam.inference.equations import Measure
from civsam.instrument.questionnaire import read
from civsam.pages import model_tables, sentences, tables
from civsam.pages.dots import dots
from civsam.pages.figure import Figure
from civsam.pages.group_picker import picker
from civsam.pages.likert import likert
from civsam.pages.model_tables import errors_table as errors
from civsam.pages.model_tables import ordinal_sentence as odds
from civsam.pages.output import Output
from civsam.pages.sentences import highest, sentence, texts
from civsam.survey.checked import text, unknown, yes_or_no
from civsam.survey.grouping import the_survey
from civsam.survey.survey import Survey

__all__ = ("codebook", "errors", "figure", "highest", "model", "odds", "picker", "question", "sentence", "table",
           "texts")

# The form of a table by the columns that tell results of its kind: the first that has them all.
FORMS: tuple[tuple[set[str], Callable[..., Output]], ...] = (
    ({"power", "equivalence", "margin"}, model_tables.power_table),
    ({"dont_know_rate", "missing_rate"}, model_tables.item_nonresponse_table),
    ({"version", "effective_n"}, model_tables.weights_table),
    ({"asked", "responded"}, tables.rates_table),
    ({"a", "b", "effect", "family_size"}, tables.contrasts_table),
    ({"by", "statistic", "p_adjusted"}, tables.p_table),
    ({"statistic", "item", "answer", "by", "group", "n_effective"}, tables.estimates_table),
)


def table(
    survey: Survey, results: pd.DataFrame, caption: str, name: str, *, beside: pd.DataFrame | None = None,
    folded: bool = False,
) -> Output:
    """A numbered table of results, in the form that fits them.

    results: estimates, response rates, tests or contrasts corrected as a family, weights, item nonresponse or power, as
    `estimate`, `compare`, `weighting` and `nonresponse` give them; rows of several calls may be stacked. Estimates of
    several answers or questions by one background variable have a row a group and a column an answer, others a row
    each.

    beside: to contrasts the same pairs with effect="cohens_h", to estimates the same ones from `nonresponse.imputed`.
    To shares or means by group the contrasts of all pairs, not corrected: each number then has the letters of those
    groups that it is significantly higher than (a banner table).
    folded: the reader unfolds a table of estimates or tests. name: tab-..., which no other table has.

    Raises TypeError for results of another kind, ValueError for contrasts that are not the estimates' own differences.

    >>> from civsam import estimate, open_edition, show
    >>> survey = open_edition().survey
    >>> made = show.table(survey, estimate.shares(survey, "pol_fokus", "ja"), "Øget fokus", "tab-eksempel")
    >>> made.text.splitlines()[0]
    'Øget fokus [syntetiske svar]'
    """
    the_survey(survey)
    _table(results)
    text(caption, "caption"), text(name, "name"), yes_or_no(folded, "folded")
    if beside is not None and not isinstance(beside, pd.DataFrame):
        raise TypeError(f"what stands beside is a table of results, not {type(beside).__name__}")
    make = next((form for marks, form in FORMS if marks <= set(results.columns)), None)
    if make is None:
        raise TypeError(f"no table is made of results with the columns {', '.join(results.columns)}. Contrasts and "
                        "tests of equality are corrected as a family first (`compare.corrected`)")
    if beside is not None and make is tables.estimates_table and {"a", "b", "effect"} <= set(beside):
        return tables.group_table(survey, results, caption, name, folded=folded, contrasts=beside)
    if beside is not None:
        pair = model_tables.imputation_table if "fmi" in beside else tables.contrasts_table
        return pair(survey, results, caption, name, beside)
    if make is tables.p_table:
        return tables.p_table(survey, results, caption, name, folded=folded)
    if make is not tables.estimates_table:
        return make(survey, results, caption, name)
    grouped = results["by"].nunique() == 1 and results["by"].iloc[0] != ""
    crossed = grouped and len(results[["item", "answer"]].drop_duplicates()) > 1
    return (tables.group_table if crossed else make)(survey, results, caption, name, folded=folded)


def _table(results: pd.DataFrame) -> list[str]:
    """The columns of results. Raises TypeError for what is no table."""
    if not isinstance(results, pd.DataFrame):
        raise TypeError(f"what is shown is a table of results, as `estimate` gives it, not {type(results).__name__}")
    return list(results)


def figure(
    survey: Survey, estimates: pd.DataFrame, caption: str, name: str, *, focus: str = "", ordered: bool = False,
    folded: bool = False,
) -> Figure | Output:
    """A numbered figure of estimates: bars around the middle of an ordered scale, else dots with intervals.

    Bars where the estimates are shares of all answers on an ordered scale, in all or by group. Dots stand from the
    highest down, or in the given order (`ordered`). focus: the code of a group to bring out. folded: the page tells
    what is highest and lowest, and a reader unfolds the drawing. name: fig-..., which no other figure has. Everything
    hidden: a line that says so.

    >>> from civsam import estimate, open_edition, show
    >>> survey = open_edition().survey
    >>> regions = estimate.shares(survey, "pol_fokus", "ja", by="region")
    >>> show.figure(survey, regions, "Øget fokus", "fig-eksempel").caption
    'Øget fokus'
    """
    the_survey(survey)
    text(caption, "caption"), text(name, "name"), yes_or_no(ordered, "ordered"), yes_or_no(folded, "folded")
    if not {"statistic", "item", "answer", "by", "group", "estimate"} <= set(_table(estimates)):
        raise TypeError(f"no figure is made of results with the columns {', '.join(estimates)}, but of estimates")
    known = survey.questionnaire.background.values()
    codes = {code: label for variable in known for code, label in variable.labels.items()}
    if text(focus, "focus") not in {"", "alle", *codes, *estimates["group"]}:  # a book may be about no group
        raise unknown(focus, codes, "en gruppe")
    scales = [survey.questionnaire.items[item].scale for item in estimates["item"].unique() if "+" not in item]
    whole = scales and all(scale.type == "ordinal" and {*scale.answers} <= {*estimates["answer"]} for scale in scales)
    if whole and not ordered and (estimates["statistic"] == "share").all():
        return likert(survey, estimates, caption, name, folded=folded)
    return dots(survey, estimates, caption, name, focus=focus, ordered=ordered, folded=folded)


def model(
    survey: Survey, what: Measure | str | None, variables: Iterable[str], caption: str, name: str, *,
    kind: str = "logit",
) -> Output:
    """A numbered table of average marginal effects, each group against the first of its variable, folded.

    what: a share or a mean (`model.measure`), modelled by background variables at once, or an item, of which each
    answer has a row a group (kind="multinomial"); None: who responds, of all in the frame. kind: logit, count, linear
    or multinomial, as of `model.regression`. Says so where the model cannot be fitted.

    >>> from civsam import model, open_edition, show
    >>> survey = open_edition().process
    >>> focus = model.measure(survey, "pol_fokus", "ja")
    >>> show.model(survey, focus, ["region", "blok"], "Øget fokus", "tab-eksempel").text.splitlines()[0]
    'Øget fokus [syntetiske svar]'
    """
    the_survey(survey)
    text(caption, "caption"), text(name, "name")
    if what is None:
        return model_tables.response_model_table(survey, variables, caption, name)
    return model_tables.model_table(survey, what, kind, variables, caption, name)


def question(survey: Survey, *items: str) -> Output:
    """Questions as they were asked, with how many answered, said 'ved ikke' and left them out.

    Without a question: what the whole questionnaire says that it is about.

    >>> from civsam import open_edition, show
    >>> show.question(open_edition().survey, "pol_fokus").text.splitlines()[1][:18]
    'pol_fokus: svarede'
    """
    the_survey(survey)
    return sentences.question(survey, *items) if items else sentences.quotation(survey.questionnaire.scope)


def codebook() -> list[Output]:
    """The codebook of the project's questionnaire: links to the questions, a part for each block, and what is missing.

    >>> from civsam import show
    >>> len(show.codebook()) > 3
    True
    """
    from civsam.pages import codebook as books  # it takes what forms are made with, and a lesson needs no forms

    return books.codebook(read())
