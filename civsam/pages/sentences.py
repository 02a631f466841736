"""Sentences, questions and quotations whose numbers are made by a cell."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

import numpy as np
import pandas as pd

from civsam.danish import listed, number, percent
from civsam.inference import compare, statistics, weighting
from civsam.inference.equations import measure
from civsam.instrument import routing
from civsam.pages.door import NO_FRAME, plan_of, shown
from civsam.pages.free_text import texts
from civsam.pages.output import Output
from civsam.pages.provenance import MARKS, mark, provenance_of
from civsam.pages.words import HIDDEN, Words, differ_in_model, labels, value, with_interval
from civsam.survey.checked import yes_or_no
from civsam.survey.grouping import the_survey
from civsam.survey.survey import Survey

__all__ = ("highest", "question", "quotation", "sentence", "summary", "texts")


def summary(survey: Survey, estimates: pd.DataFrame) -> str:
    """One estimate with its interval, or several from the highest, each with its words (and interval, if few)."""
    provenance_of(estimates)
    estimates = shown(survey, estimates)
    if len(estimates) == 1:
        return _alone(estimates.iloc[0])
    ordered = estimates.sort_values("estimate", ascending=False, kind="stable")
    words = labels(ordered, survey.questionnaire)
    told = with_interval if len(ordered) <= 5 else value
    return "; ".join(f"{text} {told(row)}" for text, (_, row) in zip(words, ordered.iterrows(), strict=True))


def _alone(row: pd.Series) -> str:
    """A single number: a response rate with its counts, an R-indicator, or an estimate with what it has of interval."""
    if "responded" in row:
        return f"{percent(row['estimate'])} ({number(row['responded'])} af {number(row['asked'])})"
    if "unadjusted" in row:
        return _r_indicator(row)
    return str(with_interval(row) if "low" in row else value(row))


def _r_indicator(row: pd.Series) -> str:
    """An R-indicator with its interval; where that ends at 1, which nothing lies above, this is said."""
    told, low, high = (number(row[name], 2) for name in ("estimate", "low", "high"))
    spread = "" if low == high else f" (interval {low} til {high})"
    return f"{told}{spread} og kan ikke skelnes fra 1" if high == number(1, 2) else f"{told}{spread}"


# ---- Sentences, questions, cards


def sentence(text: str, survey: Survey, *estimates: pd.DataFrame | Words) -> Output:
    """A sentence with numbers, made by the cell: each {} takes an estimate (or several, or words made here).

    Raises TypeError for text from elsewhere: it might hold numbers that may not be shown.

    >>> from civsam import estimate, open_edition, show
    >>> survey = open_edition().survey
    >>> show.sentence("{} svarer ja.", survey, estimate.shares(survey, "pol_fokus", "ja")).text[-16:]
    'syntetiske svar]'
    """
    the_survey(survey)
    if not isinstance(text, str):
        raise TypeError(f"a sentence is text with a {{}} for each number, not {type(text).__name__}")
    if not all(isinstance(part, pd.DataFrame | Words) for part in estimates):
        raise TypeError("a sentence takes tables of estimates and words made by this module")
    parts = [part if isinstance(part, Words) else summary(survey, part) for part in estimates]
    filled = text.format(*parts)
    if not survey.framed and any("responded" in part or "unadjusted" in part for part in estimates):
        filled = NO_FRAME
    elif not plan_of(survey).idle and any(part is HIDDEN or part.startswith("–") for part in parts):
        filled = "Her er et tal skjult for at beskytte svarpersonerne."
    html = f'<p class="saetning">{escape(filled)} {mark(survey.provenance)}</p>'
    return Output(html, f"{filled} [{MARKS[survey.provenance]}]")


def highest(survey: Survey, estimates: pd.DataFrame, *, lowest: bool = False) -> Words:
    """The words of the estimate that is highest (or lowest), by how much, and whether it is told apart from the next.

    `HIDDEN` where it may be one that is not shown. Of synthetic groups also whether they differ in the model.

    >>> from civsam import estimate, open_edition, show
    >>> survey = open_edition().survey
    >>> show.highest(survey, estimate.shares(survey, "pol_fokus", ["ja", "nej"]))[:4]
    '»Ja«'
    """
    yes_or_no(lowest, "lowest")
    values = shown(the_survey(survey), estimates)["estimate"].to_numpy()
    if np.isnan(values).all() or (np.isnan(values).any() and not plan_of(survey).idle):
        return HIDDEN
    towards = -values if lowest else values
    ends = np.flatnonzero(towards == np.nanmax(towards))  # rounded numbers may be equal
    names = [f"»{name}«" for name in labels(estimates, survey.questionnaire)]
    told = listed(names[end] for end in ends)
    others = np.flatnonzero(towards < np.nanmax(towards))
    if len(ends) > 1 or not len(others):
        return Words(told)
    following = others[np.argmax(towards[others])]
    apart = _apart(survey, estimates.iloc[ends[0]], estimates.iloc[following], names[following], lowest)
    parts = [*apart, *([] if lowest else _in_the_model(survey, estimates))]
    return Words(f"{told} ({'; '.join(parts)})" if parts else told)


def _apart(survey: Survey, first: pd.Series, following: pd.Series, name: str, lowest: bool) -> list[str]:
    """How far one estimate lies from the next, with the error of a comparison; nothing where there is none to show."""
    alike = ["statistic", "by", *(["item", "answer"] if first["by"] else [])]
    if first["statistic"] not in ("share", "mean", "ratio") or not first[alike].equals(following[alike]):
        return []
    process = first["target"] == "process" and survey.design.target != "process"
    ratio, used = first["statistic"] == "ratio", weighting.for_process(survey) if process else survey
    if first["by"]:
        table = compare.contrasts(used, first["item"], first["answer"] or None, first["by"], following["group"],
                                  ratio=ratio)
        table = table[table["a"] == first["group"]]
    else:
        table = compare.differences(used, [measure(used, row["item"], row["answer"] or None, ratio=ratio)
                                           for row in (first, following)])
    if not np.isclose(table["estimate"].iloc[0], first["estimate"] - following["estimate"], rtol=0, atol=1e-9):
        return []  # it is of others, such as those who did not say 'ved ikke'
    row, unit = shown(survey, table).iloc[0], statistics.of(first["statistic"]).difference
    ends = sorted((-1 if lowest else 1) * unit.times * row[end] for end in ("low", "high"))
    if np.isnan(ends).any():
        return []
    size, low, high = (number(x, unit.decimals) for x in (abs(unit.times * row["estimate"]), *ends))
    in_unit = size if unit == statistics.COUNT else f"{size} {unit.name}"
    where, can = "under" if lowest else "over", "kan" if ends[0] > 0 else "kan ikke"
    return [f"{in_unit} {where} {name}, interval {low} til {high}, og de to {can} skelnes fra hinanden"]


def _in_the_model(survey: Survey, estimates: pd.DataFrame) -> list[str]:
    """Whether groups differ in the model behind synthetic answers; nothing where that is not known."""
    known = differ_in_model(survey, estimates)
    words = {True: "er der forskel på grupperne", False: "er grupperne ens"}
    return [] if known is None else [f"i modellen bag de syntetiske svar {words[known]}"]


def question(survey: Survey, *items: str) -> Output:
    """Questions as they were asked, each with how many answered, said 'ved ikke' and left it out."""
    parts = [_asked(survey, item) for item in items]
    text = "\n".join(f"{wording}\n{item}: {base}" for item, wording, base in parts)
    mine = survey.provenance
    return Output(f'<div class="spoergsmaal">{_questions(parts)}{mark(mine)}</div>', f"{text} [{MARKS[mine]}]")


def of_estimates(survey: Survey, estimates: pd.DataFrame) -> str:
    """The questions that estimates are answers to, as HTML for a fold: wording, and how many answered."""
    items = dict.fromkeys(name for those in estimates["item"] for name in those.split("+") if name)
    return _questions([_asked(survey, item) for item in items]) + f"<p>{mark(survey.provenance)}</p>" if items else ""


def _questions(parts: Iterable[tuple[str, str, str]]) -> str:
    return "".join(f'<p class="ordlyd">{escape(wording)}</p><p class="grundlag"><code>{item}</code> · {base}</p>'
                   for item, wording, base in parts)


def _asked(survey: Survey, item: str) -> tuple[str, str, str]:
    """An item, its wording with help, and its base in words."""
    asked = survey.questionnaire.items[item]
    n, unsure, missing = plan_of(survey).base(item)
    of_them = f", heraf »ved ikke«: {number(unsure)}" if asked.allows_dont_know else ""
    base = f"svarede på spørgsmålet: {number(n)}{of_them}; sprang det over: {number(missing)}"
    if asked.only_if:
        base += f"; kun stillet til {routing.base(asked, survey.questionnaire)}"
    return item, f"{asked.wording} {asked.help}".strip(), base


def quotation(text: str) -> Output:
    """Words from the questionnaire, set off from the chapter's own."""
    return Output(f'<blockquote class="spoergsmaal"><p class="ordlyd">{escape(text)}</p></blockquote>', text)
