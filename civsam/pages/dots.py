"""Dots with intervals."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.ticker import MaxNLocator

from civsam.danish import number, percent
from civsam.inference import statistics
from civsam.inference.statistics import PERCENT
from civsam.instrument.questionnaire import DONT_KNOW, NONE, Questionnaire
from civsam.pages.door import nothing_to_show, plan_of, shown
from civsam.pages.figure import (
    ACCENT,
    FOCUS,
    QUIET,
    Figure,
    area_colours,
    base_of,
    canvas,
    finish,
    house_style,
    room,
    row_height,
    wrapped,
)
from civsam.pages.output import Output
from civsam.pages.provenance import provenance_of
from civsam.pages.tables import estimates_frame
from civsam.pages.words import interval, labels, reading_note, value, with_interval
from civsam.survey.survey import Survey

# ---- Dots and intervals


def _from_the_top(estimates: pd.DataFrame) -> pd.DataFrame:
    """Highest first, with 'none of these' and 'ved ikke' last."""
    last = estimates["answer"].map({NONE: 1, DONT_KNOW: 2}).fillna(0)
    return estimates.assign(last=last).sort_values(["last", "estimate"], ascending=[True, False], kind="stable")


@house_style()
def dots(
    survey: Survey, estimates: pd.DataFrame, caption: str, name: str, *, focus: str = "", ordered: bool = False
) -> Figure | Output:
    """A dot and an interval for each estimate, from the highest down, or in the given order (`ordered`).

    focus: the code of a group to bring out.
    """
    estimates = shown(survey, estimates)
    rows = estimates if ordered else _from_the_top(estimates)
    if rows["estimate"].isna().all() and not plan_of(survey).idle:
        return nothing_to_show(caption)
    names = labels(rows, survey.questionnaire)
    words = [wrapped(text, 20) for text in names]
    figure, axes = canvas(row_height(words, 0.4) * len(rows), top=0.05, bottom=0.55, left=room(words), right=0.65)
    place = np.arange(len(rows))[::-1]
    _draw_dots(axes, rows, place, _dot_colours(rows, survey.questionnaire, focus))
    axes.set_yticks(place, words)
    for label, group in zip(axes.get_yticklabels(), rows["group"], strict=True):
        label.set_weight("bold" if focus and group == focus else "normal")
    axes.set_ylim(-0.6, len(rows) - 0.4)
    top = _dot_axis(axes, rows)
    told = "; ".join(f"{text} {with_interval(row)}" for text, (_, row) in zip(names, rows.iterrows(), strict=True))
    return finish(
        figure, provenance_of(rows), estimates_frame(survey, rows, 1), caption, name=name,
        alt=f"Prikdiagram med intervaller. {told}.", note=f"{base_of(rows)}. Stregen er {reading_note(survey, rows)}",
        reading=_dots_reading(rows, names, survey.questionnaire, top, ordered=ordered),
    )


def _dot_colours(rows: pd.DataFrame, questionnaire: Questionnaire, focus: str) -> np.ndarray:
    """A colour for each row: that of its area, else one for all; a group in focus has grey around it."""
    first = next(iter(questionnaire.background), "")
    own = rows["group"].map(area_colours(questionnaire)).where(rows["by"] == first)
    colours = own.fillna(FOCUS if focus else ACCENT)
    return np.where((rows["group"] != focus) & (focus in set(rows["group"]) - {""}), "#8a8a8a", colours)


def _draw_dots(axes: plt.Axes, rows: pd.DataFrame, place: np.ndarray, colours: np.ndarray) -> None:
    """Lines, dots, and the value beside each; a group that nobody answered in keeps its row, without a dot."""
    axes.hlines(place, rows["low"], rows["high"], color=colours, linewidth=3.5, alpha=0.5)
    known = rows["estimate"].notna().to_numpy()
    axes.scatter(rows["estimate"][known], place[known], c=colours[known], s=42, zorder=3)
    beside = {"xytext": (5, 0), "textcoords": "offset points", "va": "center", "annotation_clip": False}
    for y, (_, row) in zip(place[known], rows[known].iterrows(), strict=True):
        end = row[["estimate", "high"]].max()  # an interval may be hidden
        axes.annotate(str(value(row)), (end, y), **beside)
    for y in place[~known] if "hidden" in rows else ():
        axes.annotate("skjult", (0, y), color=QUIET, **beside)


def _dot_axis(axes: plt.Axes, rows: pd.DataFrame) -> float:
    """Shares have the same axis in all figures, others one that fits, in their unit; returns where it ends."""
    unit = statistics.one_unit(rows)
    if unit == PERCENT:
        ticks = np.linspace(0, 1, 5)
        axes.set_xticks(ticks, [percent(x) for x in ticks])
    else:
        ends = rows[["low", "high", "estimate"]]
        least, most = (unit.times * end for end in (min(np.nanmin(ends), 0), max(np.nanmax(ends), 1 / unit.times)))
        ticks = MaxNLocator(4, integer=True).tick_values(least, most) / unit.times
        axes.set_xticks(ticks, [number(unit.times * x) for x in ticks])
    axes.set_xlim(ticks[0], ticks[-1])
    axes.grid(axis="y", visible=False)
    sns.despine(ax=axes, left=True)
    return float(ticks[-1])


def _dots_reading(
    rows: pd.DataFrame, names: list[str], questionnaire: Questionnaire, top: float, *, ordered: bool
) -> str:
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
        told += f"Aksen går til {number(statistics.one_unit(rows).times * top)} og passer til netop denne figur."
    first = next(iter(questionnaire.background.values()), None)
    if first and (rows["by"] == first.id).all() and area_colours(questionnaire):
        told += f" Samme {first.name} har samme farve i hele bogen."
    return told if ordered else f"{told} Det højeste tal står øverst."


def _says_one(row: pd.Series) -> bool:
    """Whether an estimate is the share of a group that gave one answer."""
    return bool(row["by"] and row["answer"] and row["statistic"] == "share" and "+" not in row["answer"])
