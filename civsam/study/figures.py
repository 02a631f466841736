"""Figures of claims: all verdicts at a glance, and a statement under other choices."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.ticker import FuncFormatter, MaxNLocator

from civsam.danish import at_level, listed, number
from civsam.inference.compare import SUPPORTED
from civsam.instrument.questionnaire import Questionnaire
from civsam.pages import cells
from civsam.pages.door import nothing_to_show, shown
from civsam.pages.figure import (
    ACCENT,
    INK,
    LAPTOP,
    QUIET,
    SMALL,
    SPACING,
    Figure,
    base_of,
    canvas,
    finish,
    house_style,
    room,
    under_mark,
    wrapped,
)
from civsam.pages.output import Output
from civsam.pages.provenance import provenance_of
from civsam.pages.words import reading_note
from civsam.study import published, sensitivity
from civsam.study.verdicts import HIDDEN_WORD, WORDS, counted, is_, verdict_words, words_of
from civsam.survey.survey import Survey

# ---- Claims


# Colour and shape of each verdict, so that either tells it.
VERDICT_LOOKS = dict(zip(WORDS, ((ACCENT, "o"), ("#757575", "s"), ("#b24a00", "X")), strict=False))
CLAIM_LOOKS = [*VERDICT_LOOKS.values(), ("#6b6b6b", "D"), ("#6b6b6b", "v")]  # with what is not asked, and hidden


@house_style()
def verdicts(survey: Survey, judged: pd.DataFrame, caption: str, name: str) -> Figure:
    """All claims at a glance: the number and short name of each statement, under its verdict."""
    facts, judged = published.statements()["udsagn"], shown(survey, judged)
    known = words_of(survey)
    words, looks = verdict_words(judged, known), dict(zip([*known.values(), HIDDEN_WORD], CLAIM_LOOKS, strict=True))
    groups = {word: list(judged.loc[words == word, "id"]) for word in looks if (words == word).any()}
    frame = pd.DataFrame({"Udsagn": [facts[key] for key in judged["id"]], "Afgørelse": words})
    told = "; ".join(f"{word}: {listed(ids)}" for word, ids in groups.items())
    word, (first, *_) = next(iter(groups.items()))
    return finish(
        lambda width: _draw_verdicts(groups, looks, width), provenance_of(judged),
        frame.set_index(pd.Index(judged["id"], name="Nr.")), caption, name=name,
        alt=f"Oversigt over udsagn efter afgørelse. {told}.",
        note=f"{number(len(judged))} udsagn med korte navne. Tabellerne nedenfor viser tallene bag hvert af dem.",
        reading=f"Hver linje er et offentliggjort udsagn med sit nummer og et kort navn, og farve og form er "
                f"afgørelsen. {first} står under »{word}«. Det er udsagnet »{facts[first]}«",
    )


def _draw_verdicts(groups: dict[str, list[str]], looks: dict[str, tuple[str, str]], width: float) -> plt.Figure:
    """Under a heading for each verdict its statements in columns, each with its number and a short name."""
    names, across = published.short_names(), int(width / 2)
    lines = sum(1.5 - (-len(ids) // across) for ids in groups.values())
    figure, axes = canvas(width, 0.205 * lines, top=0.05, bottom=0.05, left=0.0, right=0.0)
    axes.set(xlim=(0, width), ylim=(-lines, 0))
    axes.axis("off")
    line = 0.0
    for word, ids in groups.items():
        (colour, shape), deep = looks[word], -(-len(ids) // across)
        axes.scatter([0.1], [line - 0.6], c=colour, marker=shape, s=50)
        axes.text(0.22, line - 0.6, f"{word.capitalize()}: {len(ids)}", va="center", weight="bold")
        for place, key in enumerate(ids):
            x, y = width / across * (place // deep), line - 1.6 - place % deep
            axes.scatter([x + 0.1], [y], c=colour, marker=shape, s=16)
            axes.text(x + 0.18, y, key, va="center", color=colour, weight="bold", fontsize=SMALL)
            axes.text(x + 0.54, y, names[key], va="center", fontsize=SMALL)
        line -= 1.5 + deep
    return figure


@house_style()
def specifications(survey: Survey, table: pd.DataFrame, caption: str, name: str) -> Figure | Output:
    """A specification curve from `sensitivity.curve`: the estimates in order, and below which choices lie behind each.

    After Simonsohn, Simmons & Nelson (2020). A place across for each row of the table, those without estimate last.
    """
    rows = shown(survey, table).sort_values(["estimate", "low", "measure", *sensitivity.CHOICES], ignore_index=True)
    words = words_of(survey)
    if rows.empty:
        return nothing_to_show(caption)
    return finish(
        lambda width: _draw_curve(rows, survey.questionnaire, words, width), provenance_of(table),
        _curve_frame(rows, survey.questionnaire, words), caption, name=name,
        alt=_curve_alt(rows, survey.questionnaire, words), reading=_curve_reading(rows, words),
        note=f"{base_of(rows)}. {_together(rows)}Stregen er {reading_note(survey, rows)}", folded=True,
        finding=f"{number(len(rows))} beregninger bygger på forskellige valg: {_counts(rows, words)}.",
    )


def _together(rows: pd.DataFrame) -> str:
    """Where a statement asks for several questions at once: under how many combinations they all support it."""
    measures = rows["measure"].nunique()
    if measures < 2:
        return ""
    every = rows.groupby(list(sensitivity.CHOICES))["verdict"].agg(["size", lambda told: (told == SUPPORTED).all()])
    whole = every[every["size"] == measures].iloc[:, 1]
    return (f"Udsagnet kræver alle sine spørgsmål på én gang, og det er opfyldt for de viste under "
            f"{number(whole.sum())} af {number(len(whole))} kombinationer af valg. ")


def _draw_curve(
    rows: pd.DataFrame, questionnaire: Questionnaire, words: Mapping[str, str], width: float,
) -> plt.Figure:
    """The curve above, and the choices below."""
    letters = 23 if width < LAPTOP else 30
    lines = [(wrapped(label, letters), made) for label, made in _choice_lines(rows, questionnaire)]
    height = 0.18 * sum(label.count("\n") + 1 for label, _ in lines)
    figure, (axes, below) = canvas(
        width, 2.1 + height, top=0.8, bottom=0.3, left=room([label for label, _ in lines]), nrows=2, sharex=True,
        height_ratios=(2.1, height), gridspec={"hspace": 0.03},
    )
    _curve(axes, rows, words)
    _choice_matrix(below, rows, lines)
    for place in np.flatnonzero(rows["base"]):
        for panel in (axes, below):
            panel.axvspan(place - 0.5, place + 0.5, color="#efe6cf", zorder=0, linewidth=0)
    axes.set_title(wrapped(f"{_compared(rows, questionnaire)}, procentpoint", int(7 * width)), loc="left",
                   fontsize=SMALL, color=QUIET)
    figure.legend(*axes.get_legend_handles_labels(), loc="upper center", ncols=len(VERDICT_LOOKS), frameon=False,
                  bbox_to_anchor=under_mark(figure),
                  handletextpad=0.1, columnspacing=0.8, borderpad=0.2)
    return figure


def _curve_frame(rows: pd.DataFrame, questionnaire: Questionnaire, words: Mapping[str, str]) -> pd.DataFrame:
    """The numbers behind a curve, from the left: each with all that it was made with."""
    frame = pd.DataFrame({
        "Spørgsmål": [questionnaire.items[item].topic for item in rows["item"]],
        **{sensitivity.NAMES[key]: rows[key].map(codes).fillna("") for key, codes in sensitivity.CHOICES.items()},
        "Par": [_pair(pair, rows["by"].iloc[0], questionnaire, " – ") for pair in _pairs(rows)],
        "Forskel, procentpoint": [cells.number(100 * x, 1) for x in rows["estimate"]],
        "Interval": [cells.span(100 * low, 100 * high) for low, high in zip(rows["low"], rows["high"], strict=True)],
        "n": [cells.number(n) for n in rows["n"]],
        "Afgørelse": rows["verdict"].map(words),
    })
    return frame.set_index(pd.Index([cells.number(place) for place in range(1, len(rows) + 1)], name="Nr. fra venstre"))


def _curve(axes: plt.Axes, rows: pd.DataFrame, words: Mapping[str, str]) -> None:
    """Estimates with intervals in the look of their verdict, a line at 0 and dashed ones at the margin."""
    for verdict, (colour, shape) in VERDICT_LOOKS.items():
        mine = rows[rows["verdict"] == verdict]
        axes.vlines(mine.index, 100 * mine["low"], 100 * mine["high"], color=colour, linewidth=1.8, alpha=0.5)
        axes.scatter(mine.index, 100 * mine["estimate"], c=colour, marker=shape, s=20, zorder=3, linewidth=0,
                     label=f"{words[verdict]}: {len(mine)}")
    axes.axhline(0, color=INK, linewidth=0.9, zorder=1)
    for margin in rows["margin"].dropna().unique():
        for side in (-margin, margin):
            axes.axhline(100 * side, color=INK, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
    axes.margins(y=0.08)
    axes.tick_params(axis="y", pad=2)
    axes.yaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: number(y)))
    axes.grid(axis="x", visible=False)
    sns.despine(ax=axes, left=True, bottom=True)


def _choice_matrix(axes: plt.Axes, rows: pd.DataFrame, lines: list[tuple[str, np.ndarray | None]]) -> None:
    """A mark for each choice made, in the look of the verdict; headings in bold."""
    tall = np.array([label.count("\n") + 1 for label, _ in lines])
    at = tall / 2 - tall.cumsum()
    for line, (_, made) in zip(at, lines, strict=True):
        for verdict, (colour, shape) in VERDICT_LOOKS.items():
            if made is not None:
                place = np.flatnonzero(made & (rows["verdict"] == verdict))
                axes.scatter(place, np.full(len(place), line), c=colour, marker=shape, s=13, linewidth=0, zorder=3)
    axes.set_yticks(at, [label for label, _ in lines], linespacing=SPACING)
    axes.tick_params(axis="y", pad=2)
    for text, (_, made) in zip(axes.get_yticklabels(), lines, strict=True):
        text.set_weight("bold" if made is None else "normal")
    axes.set(xticks=[], xlim=(-0.8, len(rows) - 0.2), ylim=(-tall.sum() - 0.1, 0.1))
    axes.grid(visible=False)
    sns.despine(ax=axes, left=True, bottom=True)


def _choice_lines(rows: pd.DataFrame, questionnaire: Questionnaire) -> list[tuple[str, np.ndarray | None]]:
    """The lines of the matrix: a heading (None) for all that varies, then which rows chose it, shape (rows,)."""
    topics = {item: questionnaire.items[item].topic for item in rows["item"].unique()}
    pairs = {pair: _pair(pair, rows["by"].iloc[0], questionnaire, "–") for pair in _pairs(rows)}
    parts = [("Spørgsmål", rows["item"], topics)]
    parts += [(sensitivity.NAMES[key], rows[key], codes) for key, codes in sensitivity.CHOICES.items()]
    parts += [("Afgørende par", pd.Series(_pairs(rows)), pairs)]
    lines: list[tuple[str, np.ndarray | None]] = []
    for heading, chosen, words in parts:
        if chosen.nunique() > 1:
            lines += [(heading, None), *((word, (chosen == code).to_numpy()) for code, word in words.items())]
    return lines


def _pairs(rows: pd.DataFrame) -> list[str]:
    """What is compared in each row, as "a|b"."""
    return list(rows["a"] + "|" + rows["b"])


def _pair(pair: str, by: str, questionnaire: Questionnaire, link: str) -> str:
    """The labels of the two groups of a pair; nothing where there are none, as for a slope."""
    names = questionnaire.background[by].labels
    return link.join(names.get(code, "") for code in pair.split("|"))


def _compared(rows: pd.DataFrame, questionnaire: Questionnaire) -> str:
    """What the estimates of a specification curve are of."""
    if rows["rule"].iloc[0] == "haeldning":
        return "Stigning pr. tredjedel af kommunerne"
    pair, *others = set(_pairs(rows))
    return "Afgørende forskel" if others else _pair(pair, rows["by"].iloc[0], questionnaire, " minus ")


def _curve_alt(rows: pd.DataFrame, questionnaire: Questionnaire, words: Mapping[str, str]) -> str:
    """How many specifications, what they range over, the verdicts, and what the study's own choices give."""
    def points(share: float) -> str:
        return number(100 * share, 1)

    own = "; ".join(
        f"{questionnaire.items[row['item']].topic} {points(row['estimate'])} ({points(row['low'])} til "
        f"{points(row['high'])}), {words[row['verdict']]}" for _, row in rows[rows["base"]].iterrows())
    return (f"Specifikationskurve med {number(len(rows))} beregninger. {_compared(rows, questionnaire)}: estimaterne "
            f"går fra {points(rows['estimate'].min())} til {points(rows['estimate'].max())} procentpoint. "
            f"Afgørelser: {_counts(rows, words)}. Med bogens egne valg: {own}.")


def _counts(rows: pd.DataFrame, words: Mapping[str, str]) -> str:
    """How many specifications end which way."""
    return counted({words[verdict]: (rows["verdict"] == verdict).sum() for verdict in VERDICT_LOOKS})


def _curve_reading(rows: pd.DataFrame, words: Mapping[str, str]) -> str:
    """What a mark, the lines and the choices below are, one of them in words, and when a statement is supported."""
    level = at_level(0.90, "intervallet")
    if rows["rule"].iloc[0] == "haeldning":
        rule = f"»{words[SUPPORTED].capitalize()}« kræver, at {level} ligger over 0."
    else:
        rule = (f"De stiplede linjer er marginen. »{words[SUPPORTED].capitalize()}« kræver, at {level} ligger "
                "inden for den, og det for alle par af grupper. Figuren viser det par, der er nærmest grænsen.")
    first = rows.iloc[0]
    low, high = (number(100 * first[name], 1) for name in ("low", "high"))
    return ("Hver beregning er et mærke med en streg. Mærkerne lodret under den er de valg, den bygger på, og det gule "
            f"bånd er bogens egne valg. Mærket længst til venstre viser {number(100 * first['estimate'], 1)} "
            f"procentpoint, og stregen går fra {low} til {high}; beregningen {is_(words[first['verdict']])}. {rule}")
