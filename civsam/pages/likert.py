"""Diverging bars for answers on an ordered scale."""

from __future__ import annotations

from functools import partial

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns

from civsam.danish import number, percent
from civsam.instrument.questionnaire import DONT_KNOW, Background, Questionnaire
from civsam.pages.door import hidden_note, nothing_to_show, plan_of, shown
from civsam.pages.figure import (
    DIVERGING,
    INK,
    LAPTOP,
    QUIET,
    SMALL,
    SPACING,
    SPAN,
    Figure,
    base_of,
    canvas,
    finish,
    house_style,
    inches,
    room,
    row_height,
    under_mark,
    wrapped,
)
from civsam.pages.output import Output
from civsam.pages.provenance import provenance_of
from civsam.pages.sentences import of_estimates
from civsam.pages.tables import estimates_frame
from civsam.pages.words import asked, base_note, chance_note, group_label, weighted
from civsam.survey.survey import Survey

# ---- Bars around the middle of a scale


def _likert_rows(estimates: pd.DataFrame, questionnaire: Questionnaire) -> tuple[list[str], pd.DataFrame]:
    """Row names, and shares with a column an answer; a row is an item, or a group of one item."""
    keys = estimates[["item", "group"]].agg("|".join, axis=1)
    wide = estimates.assign(key=keys).pivot(index="key", columns="answer", values="estimate").loc[keys.unique()]
    firsts = estimates.assign(key=keys).drop_duplicates("key")
    names = [group_label(row, questionnaire) if row["by"] else questionnaire.items[row["item"]].topic
             for _, row in firsts.iterrows()]
    return names, wide


def _ranked(
    names: list[str], wide: pd.DataFrame, codes: list[str], answers: list[str], by: Background | None,
) -> tuple[list[str], pd.DataFrame, str]:
    """Names and rows from the one that reaches farthest to the right, and why they stand so, as a sentence.

    Rows stay as they are by a variable that has an order, and where something is hidden: their places would tell of it.
    """
    if len(names) < 2:
        return names, wide, ""
    if (by and by.ordered) or wide.isna().any(axis=None):
        return names, wide, "Rækkefølgen er fast og følger ikke tallene. "
    order = np.argsort(-_ends(wide, codes)[1].round(9), kind="stable")
    told = f"Øverst står den søjle, der når længst mod »{answers[len(codes) - 1]}«. "
    return [names[place] for place in order], wide.iloc[order], told


def _sums(wide: pd.DataFrame) -> str:
    """That the whole percents of a bar need not be 100 together, where they are not."""
    if wide.isna().any(axis=None) or ((100 * wide).round().sum(axis=1) == 100).all():
        return ""
    return "Hvert tal er afrundet for sig, så en søjles tal giver ikke altid 100. "


def _ends(wide: pd.DataFrame, codes: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """How far bars reach to each side of the middle of the scale, shapes (rows,)."""
    half = len(codes) // 2
    middle = wide[codes[half]] / 2 if len(codes) % 2 else 0
    return tuple((wide[side].sum(axis=1) + middle).to_numpy() for side in (codes[:half], codes[-half:]))


def _bars(axes: plt.Axes, wide: pd.DataFrame, codes: list[str], answers: list[str], room_for: float) -> None:
    """Stacked bars around the middle of the scale, each part with its percent where it has the room of one."""
    start, place = -_ends(wide, codes)[0], np.arange(len(wide))[::-1]
    colours = DIVERGING.get(len(codes)) or sns.color_palette("RdBu", len(codes)).as_hex()
    for code, words, colour in zip(codes, answers, colours, strict=True):
        width = wide[code].to_numpy()
        axes.barh(place, width, left=start, color=colour, height=0.72, label=words, edgecolor="white", linewidth=0.6)
        dark = np.dot(mpl.colors.to_rgb(colour), (0.2126, 0.7152, 0.0722)) < 0.45
        for x, y, share in zip(start + width / 2, place, width, strict=True):
            if share >= room_for:
                axes.text(x, y, number(100 * share), ha="center", va="center", color="white" if dark else INK)
        start = start + width


def _hidden_rest(axes: plt.Axes, wide: pd.DataFrame, codes: list[str]) -> None:
    """What the shown parts of a bar lack to all, hatched at its end, where something is hidden."""
    lacks = wide.isna().any(axis=1).to_numpy()
    if lacks.any():
        known = wide.fillna(0)
        rest = (1 - known.sum(axis=1)).clip(lower=0)
        axes.barh(np.arange(len(wide))[::-1][lacks], rest[lacks], left=_ends(known, codes)[1][lacks], height=0.72,
                  color="white", edgecolor="#8a8a8a", hatch="////", linewidth=0.6, label="Skjult")


def _unsure(side: plt.Axes, shares: pd.Series, heading: str) -> None:
    """The shares that said 'ved ikke', from the top down, in a panel of their own."""
    place, width = np.arange(len(shares))[::-1], shares.fillna(0).to_numpy()
    side.barh(place, width, color="#8a8a8a", height=0.72)
    side.set_xlim(0, max(0.25, width.max() * 2.2))
    for y, share, end in zip(place, shares, width, strict=True):
        side.text(end + 0.012, y, number(100 * share), va="center")
    side.set_xticks([])
    side.grid(visible=False)
    side.set_title(wrapped(heading, 6), fontsize=SMALL, color=QUIET, linespacing=SPACING)


def _legend_columns(words: list[str], width: float) -> int:
    """In how many columns the answers fit across a figure, when they stand row by row."""
    widths = [inches(text) + 0.42 for text in words]
    fit = (n for n in range(len(words), 1, -1) if sum(max(widths[at::n]) for at in range(n)) <= width)
    return next(fit, 1)


def _legend(figure: plt.Figure, axes: plt.Axes, columns: int) -> None:
    """The answers with their colours, row by row above the bars."""
    handles, words = axes.get_legend_handles_labels()
    by_row = [i for column in range(columns) for i in range(column, len(words), columns)]  # matplotlib goes downwards
    figure.legend([handles[i] for i in by_row], [words[i] for i in by_row], loc="upper center", ncols=columns,
                  bbox_to_anchor=under_mark(figure),
                  frameon=False, handlelength=1, handletextpad=0.5, columnspacing=1.2, borderpad=0.2)


@house_style()
def likert(
    survey: Survey, estimates: pd.DataFrame, caption: str, name: str, *, folded: bool = False,
) -> Figure | Output:
    """Diverging bars for items on one ordered scale (or one item by group), with 'ved ikke' at the side.

    folded: as of `dots`. Raises ValueError for estimates that are not shares of all who answered.
    """
    if not (estimates["statistic"] == "share").all():
        raise ValueError(f"bars are made of shares, not of {sorted(set(estimates['statistic']))}")
    questionnaire, estimates = survey.questionnaire, shown(survey, estimates)
    scale = questionnaire.items[estimates["item"].iloc[0]].scale
    offered = questionnaire.offers_dont_know(estimates["item"])
    codes, answers = list(scale.answers), [*scale.answers.values(), *[questionnaire.dont_know] * offered]
    names, wide = _likert_rows(estimates, questionnaire)
    if offered:  # by some: it is none of the others' answers, and not hidden
        mine = [questionnaire.items[key.partition("|")[0]].allows_dont_know for key in wide.index]
        wide[DONT_KNOW] = wide[DONT_KNOW].where(mine, 0.0)
    if wide[codes].isna().all(axis=None) and not plan_of(survey).idle:
        return nothing_to_show(caption)
    names, wide, order = _ranked(names, wide, codes, answers, questionnaire.background.get(estimates["by"].iloc[0]))
    told = "; ".join(
        f"{row}: " + ", ".join(f"{text.lower()} {percent(share)}" for text, share in zip(answers, shares, strict=True))
        for row, shares in zip(names, wide[[*codes, *[DONT_KNOW] * offered]].to_numpy(),
                                 strict=True))
    return finish(
        partial(_draw_bars, names, wide, codes, answers), provenance_of(estimates),
        estimates_frame(survey, estimates, 1), caption, name=name, alt=f"Liggende, delte søjler. {told}.",
        note=f"{base_of(estimates)}. Tallene er procent af dem, der svarede på spørgsmålet"
             f"{'; »ved ikke« tæller med' * offered}. {order}{_sums(wide)}{weighted(estimates)}{hidden_note(estimates)}"
             f"{base_note(survey, estimates)}",
        reading=_bars_reading(names, wide[codes], answers),
        finding=_seen(names, wide[codes[-1]], answers[len(codes) - 1], chance_note(survey, estimates)),
        question=asked(questionnaire, estimates),
        asked=of_estimates(survey, estimates),
        folded=folded,
    )


def _seen(names: list[str], shares: pd.Series, answer: str, chance: str) -> str:
    """Where the last answer of the scale was given most and least, as a sentence; nothing where one is hidden."""
    if len(names) < 2 or shares.isna().any():
        return ""
    first, last = (names[int(place)] for place in (shares.to_numpy().argmax(), shares.to_numpy().argmin()))
    return (f"Flest svarer »{answer}« ved »{first}« ({percent(shares.max())}), færrest ved »{last}« "
            f"({percent(shares.min())}).{chance}")


def _draw_bars(
    names: list[str], wide: pd.DataFrame, codes: list[str], answers: list[str], width: float,
) -> plt.Figure:
    """The figure of `likert`; answers: those of the codes, then 'ved ikke' if it was offered."""
    scale, unsure = [wrapped(text, 45) for text in answers[:len(codes)]], answers[len(codes):]
    words = [wrapped(text, 24 if width >= LAPTOP else 18) for text in names]
    columns = _legend_columns([*scale, "Skjult"], width)
    figure, panels = canvas(
        width, row_height(words, 0.3) * len(wide), top=0.5 + 0.21 * -(-len(scale) // columns), bottom=0.15,
        left=room(words, 0.5),
        ncols=1 + len(unsure), sharey=True, width_ratios=(6, 1)[:1 + len(unsure)], gridspec={"wspace": 0.03},
        squeeze=False,
    )
    axes = panels[0, 0]
    left, right = (end.max() + 0.02 for end in _ends(wide.fillna(0), codes))
    across = max(SPAN, left + right)
    _bars(axes, wide.fillna(0), codes, scale, 0.2 * across / (axes.get_position().width * width))
    _hidden_rest(axes, wide, codes)
    place = np.arange(len(wide))[::-1]
    axes.set_yticks(place, words, linespacing=SPACING)
    axes.axvline(0, color=QUIET, linewidth=0.8, zorder=0)
    spare = (across - left - right) / 2
    axes.set(xticks=[], xlim=(-left - spare, right + spare))
    axes.grid(visible=False)
    for side, words_above in zip(panels[0, 1:], unsure, strict=True):
        _unsure(side, wide[DONT_KNOW], wrapped(words_above, 45))
    sns.despine(fig=figure, left=True, bottom=True)
    _legend(figure, axes, columns)
    return figure


def _bars_reading(names: list[str], wide: pd.DataFrame, answers: list[str]) -> str:
    """What a bar, its colours and the line are, and one bar in words."""
    scale, unsure = answers[:len(wide.columns)], answers[len(wide.columns):]
    told = (f"Hver søjle er alle, der svarede. Farverne er svarene fra »{scale[0]}« til »{scale[-1]}«, og den lodrette "
            f"streg går gennem skalaens midte. ")
    if (whole := wide.notna().all(axis=1).to_numpy()).any():
        place = int(whole.argmax())
        first, last = wide.iloc[place, [0, -1]]
        told += (f"Søjlen ved »{names[place]}« viser, at {percent(first)} svarer »{scale[0]}« og {percent(last)} "
                 f"svarer »{scale[-1]}«. ")
    return told.rstrip() + "".join(f" De grå søjler til højre er dem, der svarede »{words}«." for words in unsure)
