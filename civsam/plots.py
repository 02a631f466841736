"""The figures of the book: one house style, readable without colour vision, with alternative text written from data."""

from __future__ import annotations

import io
import textwrap
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.ticker import FuncFormatter, MaxNLocator

from civsam import published, register, sensitivity
from civsam.files import listed
from civsam.questionnaire import DONT_KNOW, NONE, Questionnaire, read
from civsam.statements import WORDS
from civsam.survey import SYNTHETIC, Survey
from civsam.tables import (
    MARKS,
    Output,
    group_label,
    hidden_note,
    is_mean,
    labels,
    nothing_to_show,
    number,
    percent,
    plan_of,
    provenance_of,
    reading_note,
    shown,
    value,
    weighted,
    with_interval,
)

WIDTH = 5.0  # inches: the page shows figures a little larger on a PC and two thirds of it on a phone
INK, QUIET, ACCENT, FOCUS = "#222222", "#6b6b6b", "#0b5a8a", "#c2540a"
SYNTHETIC_INK = "#7a4b00"
# Red to blue through grey: told apart by readers with any colour vision, and in grey print by lightness.
DIVERGING = {
    3: ("#ef8a62", "#d9d9d9", "#67a9cf"),
    4: ("#b2182b", "#ef8a62", "#67a9cf", "#2166ac"),
    5: ("#b2182b", "#ef8a62", "#d9d9d9", "#67a9cf", "#2166ac"),
}
STYLE = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # ships with matplotlib, so the layout is the same everywhere
    "font.size": 10.5,
    "axes.labelsize": 9.5, "xtick.labelsize": 9.5, "ytick.labelsize": 10.5, "legend.fontsize": 9.5,
    "axes.edgecolor": "#9a9a9a", "grid.color": "#e3e3e3", "text.color": INK, "axes.labelcolor": QUIET,
    "xtick.color": QUIET, "ytick.color": INK,
    "svg.hashsalt": "civsam",
    "svg.fonttype": "path",
}


@dataclass(frozen=True)
class Figure:
    """A drawn figure: SVG with the same bytes every time, caption, alternative text, and a note on how to read it."""

    svg: str
    name: str
    caption: str
    alt: str
    note: str = ""

    def __repr__(self) -> str:
        """The words of the figure, for those who do not see it."""
        return f"{self.caption}\n{self.alt}"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, str], dict[str, Any]]:
        """Data and metadata for Jupyter (IPython's display protocol)."""
        facts = {"name": self.name, "caption": self.caption, "alt": self.alt, "note": self.note}
        return {"image/svg+xml": self.svg, "text/plain": repr(self)}, {"image/svg+xml": {"civsam": facts}}


def _canvas(rows: float, top: float, bottom: float, left: float, **kwargs: Any) -> tuple[plt.Figure, Any]:
    """Axes of the given height with margins around them, all in inches: laid out by hand, at half the time."""
    height = rows + top + bottom
    sides = {"left": left / WIDTH, "right": 0.955, "top": 1 - top / height, "bottom": bottom / height}
    with mpl.rc_context():
        sns.set_theme(style="whitegrid", rc=STYLE)
        return plt.subplots(figsize=(WIDTH, height), gridspec_kw=sides | kwargs.pop("gridspec", {}), **kwargs)


def _finish(figure: plt.Figure, provenance: str, words: dict[str, str]) -> Figure:
    """Put the provenance into the drawing itself, so that it follows a copy, and save it without date."""
    if provenance == SYNTHETIC:
        figure.text(0.01, 0.05 / figure.get_figheight(), MARKS[provenance].upper(), fontsize=8, color=SYNTHETIC_INK,
                    weight="bold")
    stream = io.StringIO()
    with mpl.rc_context(STYLE):
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None}, transparent=False)
    plt.close(figure)
    return Figure(stream.getvalue(), **words)


def _wrapped(words: str, width: int = 24) -> str:
    return "\n".join(textwrap.wrap(words, width))


def _row_height(labels: list[str], least: float) -> float:
    """Inches a row, so that labels of several lines do not meet."""
    return max(least, 0.19 * max(text.count("\n") + 1 for text in labels))


def _base(estimates: pd.DataFrame) -> str:
    """The number of respondents behind a figure, or its range."""
    low, high = estimates["n"].min(), estimates["n"].max()
    return f"n = {number(low)}" if low == high else f"n fra {number(low)} til {number(high)}"


def _from_the_top(estimates: pd.DataFrame) -> pd.DataFrame:
    """Highest first, with 'none of these' and 'ved ikke' last."""
    last = estimates["answer"].map({NONE: 1, DONT_KNOW: 2}).fillna(0)
    return estimates.assign(last=last).sort_values(["last", "estimate"], ascending=[True, False], kind="stable")


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
    mean = is_mean(rows.iloc[0])
    words = [_wrapped(text) for text in names]
    figure, axes = _canvas(_row_height(words, 0.4) * len(rows), top=0.05, bottom=0.5, left=2.05)
    place = np.arange(len(rows))[::-1]
    colour = np.where(rows["group"].isin([focus]) & (focus != ""), FOCUS, ACCENT)
    axes.hlines(place, rows["low"], rows["high"], color=colour, linewidth=3, alpha=0.5)
    known = rows["estimate"].notna().to_numpy()  # a group that nobody answered in keeps its row, without a dot
    axes.scatter(rows["estimate"][known], place[known], c=colour[known], s=38, zorder=3)
    for y, (_, row) in zip(place[known], rows[known].iterrows(), strict=True):
        end = row[["estimate", "high"]].max()  # an interval may be hidden
        axes.annotate(value(row), (end, y), xytext=(5, 0), textcoords="offset points", va="center", fontsize=9)
    for y in place[~known] if "hidden" in rows else ():
        axes.annotate("skjult", (0, y), xytext=(4, 0), textcoords="offset points", va="center", fontsize=9, color=QUIET)
    axes.set_yticks(place, words)
    axes.set_ylim(-0.6, len(rows) - 0.4)
    axes.grid(axis="y", visible=False)
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=mean))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: number(x) if mean else percent(x)))
    axes.set_xlim(0, np.nanmax([*rows["high"], *rows["estimate"], 0.01]) * 1.16)  # room beside the longest line
    sns.despine(ax=axes, left=True)
    told = "; ".join(f"{text} {with_interval(row)}" for text, (_, row) in zip(names, rows.iterrows(), strict=True))
    return _finish(figure, provenance_of(rows), {
        "name": name,
        "caption": caption,
        "alt": f"Prikdiagram med intervaller. {told}.",
        "note": f"{_base(rows)}. Stregen er {reading_note(rows)}",
    })


def _likert_rows(estimates: pd.DataFrame, questionnaire: Questionnaire) -> tuple[list[str], pd.DataFrame]:
    """Row names, and shares with a column an answer; a row is an item, or a group of one item."""
    keys = estimates[["item", "group"]].agg("|".join, axis=1)
    wide = estimates.assign(key=keys).pivot(index="key", columns="answer", values="estimate").loc[keys.unique()]
    firsts = estimates.assign(key=keys).drop_duplicates("key")
    names = [group_label(row, questionnaire) if row["by"] else questionnaire.items[row["item"]].topic
             for _, row in firsts.iterrows()]
    return names, wide


def _bars(axes: plt.Axes, wide: pd.DataFrame, codes: list[str], answers: list[str]) -> None:
    """Stacked bars around the middle of the scale, each part with its percent where there is room."""
    half = len(codes) // 2
    left_side = wide[codes[:half]].sum(axis=1) + (wide[codes[half]] / 2 if len(codes) % 2 else 0)
    start, place = -left_side.to_numpy(), np.arange(len(wide))[::-1]
    colours = DIVERGING.get(len(codes)) or sns.color_palette("RdBu", len(codes)).as_hex()
    for code, words, colour in zip(codes, answers, colours, strict=True):
        width = wide[code].to_numpy()
        axes.barh(place, width, left=start, color=colour, height=0.72, label=words, edgecolor="white", linewidth=0.6)
        dark = np.dot(mpl.colors.to_rgb(colour), (0.2126, 0.7152, 0.0722)) < 0.35
        for x, y, share in zip(start + width / 2, place, width, strict=True):
            if share >= 0.08:
                axes.text(x, y, number(100 * share), ha="center", va="center", fontsize=8.5,
                          color="white" if dark else INK)
        start = start + width


def _hidden_rest(axes: plt.Axes, wide: pd.DataFrame, codes: list[str]) -> None:
    """What the shown parts of a bar lack to all, hatched at its end, where something is hidden."""
    lacks = wide.isna().any(axis=1).to_numpy()
    if lacks.any():
        known = wide.fillna(0)
        half = len(codes) // 2
        end = known[codes[half:]].sum(axis=1) - (known[codes[half]] / 2 if len(codes) % 2 else 0)
        rest = (1 - known.sum(axis=1)).clip(lower=0)
        axes.barh(np.arange(len(wide))[::-1][lacks], rest[lacks], left=end[lacks], height=0.72, color="white",
                  edgecolor="#8a8a8a", hatch="////", linewidth=0.6, label="Skjult")


def _unsure(side: plt.Axes, shares: pd.Series, heading: str) -> None:
    """The shares that said 'ved ikke', from the top down, in a panel of their own."""
    place, width = np.arange(len(shares))[::-1], shares.fillna(0).to_numpy()
    side.barh(place, width, color="#8a8a8a", height=0.72)
    side.set_xlim(0, max(0.2, width.max() * 2.2))
    for y, share, end in zip(place, shares, width, strict=True):
        side.text(end + 0.008, y, number(100 * share), va="center", fontsize=8.5)
    side.set_xticks([])
    side.grid(visible=False)
    side.set_title(_wrapped(heading, 6), fontsize=9, color=QUIET)


def likert(survey: Survey, estimates: pd.DataFrame, caption: str, name: str) -> Figure | Output:
    """Diverging bars for items on one ordered scale (or one item by group), with 'ved ikke' at the side."""
    questionnaire, estimates = survey.questionnaire, shown(survey, estimates)
    scale = questionnaire.items[estimates["item"].iloc[0]].scale
    codes, answers = list(scale.answers), list(scale.answers.values())
    names, wide = _likert_rows(estimates, questionnaire)
    if wide[codes].isna().all(axis=None) and not plan_of(survey).idle:
        return nothing_to_show(caption)
    words, columns = [_wrapped(text, 20) for text in names], 3 if len(codes) > 4 else 2
    figure, (axes, side) = _canvas(
        _row_height(words, 0.44) * len(wide), top=0.55 + 0.2 * -(-len(codes) // columns), bottom=0.25, left=1.65,
        ncols=2, sharey=True, width_ratios=(6, 1), gridspec={"wspace": 0.03},
    )
    _bars(axes, wide.fillna(0), codes, answers)
    _hidden_rest(axes, wide, codes)
    place = np.arange(len(wide))[::-1]
    axes.set_yticks(place, words)
    axes.axvline(0, color=QUIET, linewidth=0.8, zorder=0)
    axes.set_xticks([])
    axes.grid(visible=False)
    _unsure(side, wide[DONT_KNOW], questionnaire.dont_know)
    sns.despine(fig=figure, left=True, bottom=True)
    handles = axes.get_legend_handles_labels()[0]
    by_row = [i for column in range(columns) for i in range(column, len(codes), columns)]  # legends fill columns first
    figure.legend([handles[i] for i in by_row], [answers[i] for i in by_row], loc="upper center",
                  ncols=columns, frameon=False, handlelength=1, columnspacing=1)
    told = "; ".join(
        f"{words}: " + ", ".join(f"{text.lower()} {percent(share)}" for text, share in
                                 zip([*answers, questionnaire.dont_know], row[[*codes, DONT_KNOW]], strict=True))
        for words, (_, row) in zip(names, wide.iterrows(), strict=True))
    return _finish(figure, provenance_of(estimates), {
        "name": name,
        "caption": caption,
        "alt": f"Liggende, delte søjler. {told}.",
        "note": f"{_base(estimates)}. Tallene er procent af dem, der svarede på spørgsmålet, ved ikke medregnet. "
                f"{weighted(estimates)}{hidden_note(estimates)}",
    })


def municipality_map(column: str, caption: str, name: str) -> Figure:
    """The 98 municipalities as equal tiles, coloured by a grouping variable of the register."""
    table, groups = register.municipalities(), read().background[column].labels
    codes = list(groups)
    number_of = table[column].map(codes.index)
    grid = table.assign(value=number_of).pivot(index="row", columns="col", values="value")
    short = table.assign(short=table["kommunenavn"].str[:3]).pivot(index="row", columns="col", values="short")
    colours = {"blok": ["#c9533f", "#3f86b8"]}.get(column, sns.color_palette("YlGnBu", len(codes)).as_hex())
    figure, axes = _canvas(3.2, top=0.1, bottom=0.1, left=0.1)
    sns.heatmap(grid, annot=short.fillna(""), fmt="", cmap=colours, vmin=-0.5, vmax=len(codes) - 0.5, cbar=False,
                linewidths=1, linecolor="white", square=True, ax=axes, annot_kws={"fontsize": 5.2})
    axes.set(xticks=[], yticks=[], xlabel="", ylabel="")
    handles = [plt.Rectangle((0, 0), 1, 1, color=colour) for colour in colours]
    axes.legend(handles, groups.values(), loc="upper right", bbox_to_anchor=(1.0, 1.05), frameon=False)
    counts = table[column].value_counts()
    told = listed(f"{counts[code]} i gruppen {groups[code]}" for code in codes)
    return _finish(figure, "register", {
        "name": name,
        "caption": caption,
        "alt": f"Kort, hvor hver af de {len(table)} kommuner er et lige stort felt. {told}.",
        "note": "Hvert felt er en kommune, vist med navnets tre første bogstaver. Felterne ligger omtrent som på et "
                "landkort.",
    })


# Colour and shape of each verdict, so that either tells it.
VERDICT_LOOKS = dict(zip(WORDS, ((ACCENT, "o"), ("#8a8a8a", "s"), (FOCUS, "X")), strict=False))


def verdicts(survey: Survey, judged: pd.DataFrame, caption: str, name: str) -> Figure:
    """All claims at a glance: a row a statement, a column a verdict."""
    facts, judged = published.statements()["udsagn"], shown(survey, judged)
    columns = ("under-\nstøttet", "uafgjort", "modsagt", "kan ikke\nafgøres")
    looks = [*VERDICT_LOOKS.values(), ("#c9c9c9", "D")]
    figure, axes = _canvas(0.27 * len(judged), top=0.45, bottom=0.25, left=2.6)
    place = np.arange(len(judged))[::-1]
    column = judged["verdict"].map(list(WORDS).index).to_numpy()
    for verdict, (colour, shape) in enumerate(looks):
        axes.scatter(column[column == verdict], place[column == verdict], c=colour, marker=shape, s=60, zorder=3)
    short = [textwrap.shorten(facts[key].replace("\u00a0", " "), 37, placeholder=" …") for key in judged["id"]]
    axes.set_yticks(place, [f"{text}  {key}" for key, text in zip(judged["id"], short, strict=True)], fontsize=7.5)
    axes.set_xticks(range(len(columns)), columns, fontsize=8)
    axes.xaxis.tick_top()
    axes.set(xlim=(-0.5, len(columns) - 0.5), ylim=(-0.7, len(judged) - 0.3))
    sns.despine(ax=axes, left=True, bottom=True)
    told = "; ".join(f"{WORDS[verdict]}: {listed(judged.loc[judged['verdict'] == verdict, 'id'])}"
                     for verdict in WORDS if (judged["verdict"] == verdict).any())
    return _finish(figure, provenance_of(judged), {
        "name": name, "caption": caption, "alt": f"Oversigt over udsagn efter afgørelse. {told}.",
        "note": "En prik for hvert udsagn. Tabellerne nedenfor viser tallene bag.",
    })


# The colours of `verdicts`, with a shape for readers who cannot tell them apart.
def specifications(survey: Survey, table: pd.DataFrame, caption: str, name: str) -> Figure | Output:
    """A specification curve from `sensitivity.curve`: the estimates in order, and below which choices lie behind each.

    After Simonsohn, Simmons & Nelson (2020). A place across for each row of the table, those without estimate last.
    """
    if plan_of(survey).isolates(sensitivity.tells_apart(survey)):  # the difference would be those few
        table = table[table["guldborgsund"].isin(["", next(iter(sensitivity.CHOICES["guldborgsund"]))])]
    rows = shown(survey, table).sort_values(["estimate", "low", "measure", *sensitivity.CHOICES], ignore_index=True)
    if rows.empty:
        return nothing_to_show(caption)
    lines = _choice_lines(rows, survey.questionnaire)
    height = 0.19 * len(lines)
    figure, (axes, below) = _canvas(
        2.1 + height, top=0.72, bottom=0.25, left=2.1, nrows=2, sharex=True, height_ratios=(2.1, height),
        gridspec={"hspace": 0.03},
    )
    _curve(axes, rows)
    _choice_matrix(below, rows, lines)
    for place in np.flatnonzero(rows["base"]):
        for panel in (axes, below):
            panel.axvspan(place - 0.5, place + 0.5, color="#efe6cf", zorder=0, linewidth=0)
    axes.set_title(_wrapped(f"{_compared(rows, survey.questionnaire)}, procentpoint", 40), loc="left", fontsize=9.5,
                   color=QUIET)
    figure.legend(*axes.get_legend_handles_labels(), loc="upper center", ncols=len(VERDICT_LOOKS), frameon=False,
                  handletextpad=0.1, columnspacing=1)
    return _finish(figure, provenance_of(table), {
        "name": name, "caption": caption, "alt": _curve_alt(rows, survey.questionnaire), "note": _curve_note(rows),
    })


def _curve(axes: plt.Axes, rows: pd.DataFrame) -> None:
    """Estimates with intervals in the look of their verdict, a line at 0 and dashed ones at the margin."""
    for verdict, (colour, shape) in VERDICT_LOOKS.items():
        mine = rows[rows["verdict"] == verdict]
        axes.vlines(mine.index, 100 * mine["low"], 100 * mine["high"], color=colour, linewidth=1.8, alpha=0.5)
        axes.scatter(mine.index, 100 * mine["estimate"], c=colour, marker=shape, s=20, zorder=3, linewidth=0,
                     label=f"{WORDS[verdict]}: {len(mine)}")
    axes.axhline(0, color=INK, linewidth=0.9, zorder=1)
    for margin in rows["margin"].dropna().unique():
        for side in (-margin, margin):
            axes.axhline(100 * side, color=INK, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
    axes.margins(y=0.08)
    axes.tick_params(axis="y", labelsize=9, pad=2)
    axes.yaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: number(y)))
    axes.grid(axis="x", visible=False)
    sns.despine(ax=axes, left=True, bottom=True)


def _choice_matrix(axes: plt.Axes, rows: pd.DataFrame, lines: list[tuple[str, np.ndarray | None]]) -> None:
    """A mark for each choice made, in the look of the verdict; headings in bold."""
    for line, (_, made) in enumerate(lines):
        for verdict, (colour, shape) in VERDICT_LOOKS.items():
            if made is not None:
                place = np.flatnonzero(made & (rows["verdict"] == verdict))
                axes.scatter(place, np.full(len(place), -line), c=colour, marker=shape, s=13, linewidth=0, zorder=3)
    words = [textwrap.shorten(label, 30, placeholder=" …") for label, _ in lines]
    axes.set_yticks(-np.arange(len(lines)), words, fontsize=8.5)
    axes.tick_params(axis="y", pad=2)
    for text, (_, made) in zip(axes.get_yticklabels(), lines, strict=True):
        text.set_weight("bold" if made is None else "normal")
    axes.set(xticks=[], xlim=(-0.8, len(rows) - 0.2), ylim=(-len(lines) + 0.4, 0.6))
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


def _curve_alt(rows: pd.DataFrame, questionnaire: Questionnaire) -> str:
    """How many specifications, what they range over, the verdicts, and what the study's own choices give."""
    def points(share: float) -> str:
        return number(100 * share, 1)

    counts = listed(f"{number((rows['verdict'] == verdict).sum())} {WORDS[verdict]}" for verdict in VERDICT_LOOKS)
    own = "; ".join(
        f"{questionnaire.items[row['item']].topic} {points(row['estimate'])} ({points(row['low'])} til "
        f"{points(row['high'])}), {WORDS[row['verdict']]}" for _, row in rows[rows["base"]].iterrows())
    return (f"Specifikationskurve med {number(len(rows))} beregninger. {_compared(rows, questionnaire)}: estimaterne "
            f"går fra {points(rows['estimate'].min())} til {points(rows['estimate'].max())} procentpoint. "
            f"Afgørelser: {counts}. Med bogens egne valg: {own}.")


def _curve_note(rows: pd.DataFrame) -> str:
    """How to read a specification curve, and when a specification supports the statement."""
    if rows["rule"].iloc[0] == "haeldning":
        rule = "Understøttet kræver, at 90\u00a0%-intervallet ligger over 0."
    else:
        rule = ("De stiplede linjer er marginen. Understøttet kræver, at 90\u00a0%-intervallet ligger inden for den, "
                "og det for alle par af grupper. Figuren viser det par, der er nærmest grænsen.")
    return ("Hver beregning er et mærke med en streg. Mærkerne lodret under den er de valg, den bygger på, og det gule "
            f"bånd er bogens egne valg. {rule} {_base(rows)}. Stregen er {reading_note(rows)}")
