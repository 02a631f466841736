"""Dots with intervals."""

from __future__ import annotations

from functools import partial

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import blended_transform_factory

from civsam.danish import number, percent
from civsam.inference import statistics
from civsam.inference.statistics import PERCENT
from civsam.instrument.questionnaire import DONT_KNOW, NONE, Questionnaire
from civsam.pages.door import nothing_to_show, plan_of, shown
from civsam.pages.figure import (
    ACCENT,
    FOCUS,
    LAPTOP,
    LINE,
    QUIET,
    SPACING,
    Figure,
    area_colours,
    base_of,
    canvas,
    finish,
    house_style,
    room,
    wrapped,
)
from civsam.pages.output import Output
from civsam.pages.provenance import provenance_of
from civsam.pages.sentences import of_estimates
from civsam.pages.tables import estimates_frame
from civsam.pages.words import NO_INTERVAL, asked, chance_note, interval, labels, reading_notes, value, with_interval
from civsam.survey.survey import Survey

# ---- Dots and intervals

ROW, CAP = 0.26, 0.055  # inches: a row beside its words, half the end of a line
SIZE = 5.1  # points across a dot


def _from_the_top(estimates: pd.DataFrame) -> pd.DataFrame:
    """Highest first, with 'none of these' and 'ved ikke' last."""
    last = estimates["answer"].map({NONE: 1, DONT_KNOW: 2}).fillna(0)
    return estimates.assign(last=last).sort_values(["last", "estimate"], ascending=[True, False], kind="stable")


@house_style()
def dots(
    survey: Survey, estimates: pd.DataFrame, caption: str, name: str, *, focus: str = "", ordered: bool = False,
    folded: bool = False,
) -> Figure | Output:
    """A dot and an interval for each estimate, from the highest down, or in the given order (`ordered`).

    focus: the code of a group to bring out. folded: the page shows what is seen, and a reader unfolds the drawing.
    """
    estimates = shown(survey, estimates)
    rows = estimates if ordered else _from_the_top(estimates)
    if rows["estimate"].isna().all() and not plan_of(survey).idle:
        return nothing_to_show(caption)
    names = labels(rows, survey.questionnaire)
    colours = _dot_colours(rows, survey.questionnaire, focus)
    note, covers = reading_notes(survey, rows)
    told = "; ".join(f"{text} {with_interval(row)}" for text, (_, row) in zip(names, rows.iterrows(), strict=True))
    return finish(
        partial(_drawn, rows, names, colours, focus), provenance_of(rows), estimates_frame(survey, rows, 1), caption,
        name=name, alt=f"Prikdiagram med intervaller. {told}.",
        note=f"{base_of(rows)}. {_order(rows, ordered=ordered)}Stregen er {note}",
        reading=f"{_dots_reading(rows, names, survey.questionnaire)} {covers}".rstrip(),
        finding=_seen(survey, rows, names), question=asked(survey.questionnaire, rows),
        asked=of_estimates(survey, rows), folded=folded,
    )


def _order(rows: pd.DataFrame, *, ordered: bool) -> str:
    """Why the rows stand as they do, as a sentence."""
    if len(rows) < 2:
        return ""
    if ordered:
        return "Rækkefølgen er fast og følger ikke tallene. "
    return f"Det højeste tal står øverst{', »ved ikke« sidst' * bool((rows['answer'] == DONT_KNOW).any())}. "


def _drawn(rows: pd.DataFrame, names: list[str], colours: np.ndarray, focus: str, width: float) -> plt.Figure:
    """The drawing: words beside the dots where there is room for them, else over each."""
    told = [str(with_interval(row)) for _, row in rows.iterrows()]
    words = [wrapped(text, 24) for text in names]
    beside = width >= LAPTOP and max(text.count("\n") for text in words) <= 2
    left = room(words, 0.5) if beside else 0.2
    words = words if beside else [wrapped(text, int(12 * width)) for text in names]
    lines = np.array([text.count("\n") + 1 for text in words])
    heights = np.maximum(ROW, 0.1 + LINE * lines) if beside else ROW + LINE * lines
    figure, axes = canvas(width, heights.sum(), top=0, bottom=0.4, left=left, right=room(told, 0.65))
    place = heights.sum() - heights.cumsum() + (heights / 2 if beside else 0.12)
    draw_dots(axes, rows, place, colours, told)
    across = blended_transform_factory(figure.transFigure, axes.transData)
    for y, text, group in zip(place, words, rows["group"], strict=True):
        where = (((left - 0.1) / width, y), "right", "center") if beside else ((0.015, y + 0.08), "left", "bottom")
        axes.text(*where[0], text, ha=where[1], va=where[2], transform=across, linespacing=SPACING,
                  weight="bold" if focus and group == focus else "normal")
    axes.set_yticks([])
    axes.set_ylim(0, heights.sum())  # in inches
    _dot_axis(axes, _ticks(rows), statistics.one_unit(rows))
    return figure


def _seen(survey: Survey, rows: pd.DataFrame, names: list[str]) -> str:
    """What is highest and lowest, as a sentence; nothing where an estimate that is not shown might be it."""
    told = [(row["estimate"], f"»{name}«", row) for name, (_, row) in zip(names, rows.iterrows(), strict=True)
            if row["answer"] not in (NONE, DONT_KNOW)]
    unknown = [estimate for estimate, *_ in told if np.isnan(estimate)]
    if len(told) < 2 or (unknown and not plan_of(survey).idle) or len(told) - len(unknown) < 2:
        return ""
    told = [one for one in told if not np.isnan(one[0])]
    (_, top, first), (_, bottom, last) = (end(told, key=lambda one: one[0]) for end in (max, min))
    return (f"{top} ligger højest med {with_interval(first)}, {bottom} lavest med {with_interval(last)}."
            f"{chance_note(survey, rows)}")


def _dot_colours(rows: pd.DataFrame, questionnaire: Questionnaire, focus: str) -> np.ndarray:
    """A colour for each row: that of its area, else one for all; a group in focus has grey around it."""
    first = next(iter(questionnaire.background), "")
    own = rows["group"].map(area_colours(questionnaire)).where(rows["by"] == first)
    colours = own.fillna(FOCUS if focus else ACCENT)
    return np.where((rows["group"] != focus) & (focus in set(rows["group"]) - {""}), "#8a8a8a", colours)


def draw_dots(axes: plt.Axes, rows: pd.DataFrame, place: np.ndarray, colours: np.ndarray, told: list[str]) -> None:
    """Small dots under lines with ends, and what is told beside each; no dot for a group that nobody answered in."""
    axes.hlines(place, rows["low"], rows["high"], color=colours, linewidth=1.8, zorder=4, clip_on=False)
    for end in ("low", "high"):
        axes.vlines(rows[end], place - CAP, place + CAP, color=colours, linewidth=1.8, zorder=4, clip_on=False)
    known = rows["estimate"].notna().to_numpy()
    axes.scatter(rows["estimate"][known], place[known], c=colours[known], s=SIZE**2, zorder=3, linewidth=0,
                 clip_on=False)
    beside = {"xytext": (6, 0), "textcoords": "offset points", "va": "center", "annotation_clip": False}
    for y, words, (_, row) in zip(place[known], np.array(told)[known], rows[known].iterrows(), strict=True):
        end = row[["estimate", "high"]].max()  # an interval may be hidden
        axes.annotate(str(words).replace(f" ({NO_INTERVAL})", ""), (end, y), **beside)
    for y in place[~known] if "hidden" in rows else ():
        axes.annotate("skjult", (0, y), color=QUIET, **beside)


def _ticks(rows: pd.DataFrame) -> np.ndarray:
    """Shares have the same axis in all figures, others one that fits."""
    unit = statistics.one_unit(rows)
    if unit == PERCENT:
        return np.linspace(0, 1, 5)
    ends = rows[["low", "high", "estimate"]]
    least, most = (unit.times * end for end in (min(np.nanmin(ends), 0), max(np.nanmax(ends), 1 / unit.times)))
    return MaxNLocator(4, integer=True).tick_values(least, most) / unit.times


def _dot_axis(axes: plt.Axes, ticks: np.ndarray, unit: statistics.Unit) -> None:
    """The axis in its unit."""
    axes.set_xticks(ticks, [percent(x) if unit == PERCENT else number(unit.times * x) for x in ticks])
    axes.set_xlim(ticks[0], ticks[-1])
    axes.grid(axis="y", visible=False)
    sns.despine(ax=axes, left=True)


def _dots_reading(rows: pd.DataFrame, names: list[str], questionnaire: Questionnaire) -> str:
    """What a dot, a line and the axis are, and one dot in words."""
    told = "Prikken er det bedste skøn, og stregen viser, hvor usikkert skønnet er. "
    known = rows["estimate"].notna() & rows["low"].notna()
    if known.any():
        place = int(known.to_numpy().argmax())
        row = rows.iloc[place]
        what = f" {value(row)}"
        if _says_one(row):
            what = f", at{what} svarer »{questionnaire.label(row['item'], row['answer'])}«"
        told += (f"Prikken ved »{names[place]}« viser{what}, "
                 f"og stregen går fra {interval(row, link=' til ')}. ")
    if statistics.one_unit(rows) == PERCENT:
        told += "Aksen går fra 0 til 100\u00a0% i alle figurer med andele."
    else:
        top = number(statistics.one_unit(rows).times * _ticks(rows)[-1])
        told += f"Aksen går til {top} og passer til netop denne figur."
    first = next(iter(questionnaire.background.values()), None)
    if first and (rows["by"] == first.id).all() and area_colours(questionnaire):
        told += f" Samme {first.name} har samme farve i hele bogen."
    return told


def _says_one(row: pd.Series) -> bool:
    """Whether an estimate is the share of a group that gave one answer."""
    return bool(row["by"] and row["answer"] and row["statistic"] == "share" and "+" not in row["answer"])
