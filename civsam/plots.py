"""The figures of the book: one house style, readable without colour vision and on a phone.

Each comes with alternative text, how to read it, and the numbers behind it, all written from its data.
"""

from __future__ import annotations

import io
import textwrap
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib import font_manager
from matplotlib.textpath import TextPath
from matplotlib.ticker import FuncFormatter, MaxNLocator

from civsam import published, sensitivity
from civsam.compare import SUPPORTED
from civsam.files import listed
from civsam.questionnaire import DONT_KNOW, NONE, Questionnaire
from civsam.statements import HIDDEN_WORD, WORDS, verdict_words
from civsam.survey import SYNTHETIC, Survey
from civsam.tables import (
    MARKS,
    Output,
    estimates_frame,
    group_label,
    hidden_note,
    interval,
    is_mean,
    labels,
    mark,
    nothing_to_show,
    number,
    percent,
    plan_of,
    provenance_of,
    reading_note,
    shown,
    span,
    table_html,
    value,
    weighted,
    with_interval,
)

WIDTH = 4.6  # inches; `figurer.css` shows figures so wide that the smallest text is 11 pixels on a phone
SMALL = 10  # points: the smallest text of a figure
INK, QUIET, ACCENT, FOCUS = "#222222", "#6b6b6b", "#0b5a8a", "#c2540a"
SYNTHETIC_INK = "#7a4b00"
# One colour for each group of the first background variable, through the whole book: told apart with any colour vision
# and against white paper (contrast 3:1 or more).
AREA_COLOURS = ("#d46a95", "#800015", "#aa4000", "#959500", "#552a55", "#4095ea", "#154095", "#156abf", "#80556a")
# Red to blue through grey: told apart by readers with any colour vision, and in grey print by lightness.
DIVERGING = {
    3: ("#ef8a62", "#d9d9d9", "#67a9cf"),
    4: ("#b2182b", "#ef8a62", "#67a9cf", "#2166ac"),
    5: ("#b2182b", "#ef8a62", "#d9d9d9", "#67a9cf", "#2166ac"),
}
SPAN = 1.4  # how many times all who answered the width of a figure of bars holds, so that bars can be compared
STYLE = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # ships with matplotlib, so the layout is the same everywhere
    "font.size": SMALL, "axes.labelsize": SMALL, "xtick.labelsize": SMALL, "ytick.labelsize": SMALL,
    "legend.fontsize": SMALL,
    "axes.edgecolor": "#9a9a9a", "grid.color": "#e3e3e3", "text.color": INK, "axes.labelcolor": QUIET,
    "xtick.color": QUIET, "ytick.color": INK,
    "svg.hashsalt": "civsam",
    "svg.fonttype": "path",
}


def own_fonts_first() -> None:
    """Prefer matplotlib's own DejaVu to a system's, which may be another version and so give other bytes."""
    fonts = font_manager.fontManager
    for name in ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf"):
        fonts.addfont(Path(mpl.get_data_path(), "fonts", "ttf", name))
        fonts.ttflist.insert(0, fonts.ttflist.pop())


own_fonts_first()
mpl.rcParams["text.parse_math"] = False  # a dollar sign in a questionnaire is a dollar sign


@dataclass(frozen=True)
class Figure:
    """A drawn figure: SVG with the same bytes every time, and all that stands with it on a page.

    note: base and uncertainty. reading: how to read it, with an example. mark and table: HTML, where the numbers come
    from, and the numbers. tiles: for a map, see `maps`.
    """

    svg: str
    name: str
    caption: str
    alt: str
    note: str = ""
    reading: str = ""
    mark: str = ""
    table: str = ""
    tiles: dict[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        """The words of the figure, for those who do not see it."""
        return f"{self.caption}\n{self.alt}"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, str], dict[str, Any]]:
        """Data and metadata for Jupyter (IPython's display protocol)."""
        facts = {name: told for name, told in vars(self).items() if told and name != "svg"}
        return {"image/svg+xml": self.svg, "text/plain": repr(self)}, {"image/svg+xml": {"civsam": facts}}


def canvas(rows: float, top: float, bottom: float, left: float, right: float = 0.2, **kwargs: Any) -> tuple:
    """Figure and axes of the given height with margins around them, all in inches: by hand, at half the time."""
    height = rows + top + bottom
    sides = {"left": left / WIDTH, "right": 1 - right / WIDTH, "top": 1 - top / height, "bottom": bottom / height}
    with mpl.rc_context():
        sns.set_theme(style="whitegrid", rc=STYLE)
        return plt.subplots(figsize=(WIDTH, height), gridspec_kw=sides | kwargs.pop("gridspec", {}), **kwargs)


def finish(figure: plt.Figure, provenance: str, frame: pd.DataFrame, caption: str, **words: Any) -> Figure:
    """Put the provenance into the drawing itself, so that it follows a copy, and save it without date.

    frame: the numbers behind it, as text for `table_html`. words: the other parts of a `Figure`.
    """
    if provenance == SYNTHETIC:
        figure.text(0.01, 0.05 / figure.get_figheight(), MARKS[provenance].upper(), fontsize=SMALL, color=SYNTHETIC_INK,
                    weight="bold")
    stream = io.StringIO()
    with mpl.rc_context(STYLE):
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None}, transparent=False)
    plt.close(figure)
    table = table_html(frame, f"Tallene bag »{caption}«", provenance)
    return Figure(stream.getvalue(), caption=caption, mark=mark(provenance), table=table, **words)


def wrapped(words: str, width: int) -> str:
    """Words on several lines of at most so many characters; a longer word has a line of its own."""
    return "\n".join(textwrap.wrap(words, width, break_long_words=False))


def room(labels: list[str], least: float = 1.8) -> float:
    """Inches left of an axis for its labels, so that no word is cut."""
    lines = [line for text in labels for line in text.split("\n")]
    return max(least, 0.13 + max(TextPath((0, 0), line, size=SMALL).get_extents().width for line in lines) / 72)


def row_height(labels: list[str], least: float) -> float:
    """Inches a row, so that labels of several lines do not meet."""
    return max(least, 0.19 * max(text.count("\n") + 1 for text in labels))


def _base(estimates: pd.DataFrame) -> str:
    """The number of respondents behind a figure, or its range."""
    low, high = estimates["n"].min(), estimates["n"].max()
    return f"n = {number(low)}" if low == high else f"n fra {number(low)} til {number(high)}"


def area_colours(questionnaire: Questionnaire) -> dict[str, str]:
    """The colour of each group of the first background variable; none where it has more groups than there are."""
    labels = list(next((one.labels for one in questionnaire.background.values()), {}))
    return dict(zip(labels, AREA_COLOURS, strict=False)) if len(labels) <= len(AREA_COLOURS) else {}


# ---- Dots and intervals


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
        alt=f"Prikdiagram med intervaller. {told}.", note=f"{_base(rows)}. Stregen er {reading_note(rows)}",
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
        axes.annotate(value(row), (end, y), **beside)
    for y in place[~known] if "hidden" in rows else ():
        axes.annotate("skjult", (0, y), color=QUIET, **beside)


def _dot_axis(axes: plt.Axes, rows: pd.DataFrame) -> float:
    """Shares have the same axis in all figures, others one that fits; returns where it ends."""
    if is_mean(rows.iloc[0]):
        most = np.nanmax([*rows["high"], *rows["estimate"], 1])
        ticks = MaxNLocator(4, integer=True).tick_values(0, most)
        axes.set_xticks(ticks, [number(x) for x in ticks])
    else:
        ticks = np.linspace(0, 1, 5)
        axes.set_xticks(ticks, [percent(x) for x in ticks])
    axes.set_xlim(0, ticks[-1])
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
        answer = f", der svarer »{questionnaire.label(row['item'], row['answer'])}«" if _says_one(row) else ""
        low, high = interval(row).split("–")
        told += (f"Prikken ved »{names[place]}« viser {value(row)}{answer}, og stregen går fra {low} til {high}. ")
    if is_mean(rows.iloc[0]):
        told += f"Aksen går til {number(top)} og passer til netop denne figur."
    else:
        told += "Aksen går fra 0 til 100\u00a0% i alle figurer med andele."
    first = next(iter(questionnaire.background.values()), None)
    if first and (rows["by"] == first.id).all() and area_colours(questionnaire):
        told += f" Hver gruppe efter {first.name} har samme farve i hele bogen."
    return told if ordered else f"{told} Det højeste tal står øverst."


def _says_one(row: pd.Series) -> bool:
    """Whether an estimate is the share of a group that gave one answer."""
    return bool(row["by"] and row["answer"] and row["statistic"] == "share" and "+" not in row["answer"])


# ---- Bars around the middle of a scale


def _likert_rows(estimates: pd.DataFrame, questionnaire: Questionnaire) -> tuple[list[str], pd.DataFrame]:
    """Row names, and shares with a column an answer; a row is an item, or a group of one item."""
    keys = estimates[["item", "group"]].agg("|".join, axis=1)
    wide = estimates.assign(key=keys).pivot(index="key", columns="answer", values="estimate").loc[keys.unique()]
    firsts = estimates.assign(key=keys).drop_duplicates("key")
    names = [group_label(row, questionnaire) if row["by"] else questionnaire.items[row["item"]].topic
             for _, row in firsts.iterrows()]
    return names, wide


def _ends(wide: pd.DataFrame, codes: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """How far bars reach to each side of the middle of the scale, shapes (rows,)."""
    half = len(codes) // 2
    middle = wide[codes[half]] / 2 if len(codes) % 2 else 0
    return tuple((wide[side].sum(axis=1) + middle).to_numpy() for side in (codes[:half], codes[-half:]))


def _bars(axes: plt.Axes, wide: pd.DataFrame, codes: list[str], answers: list[str]) -> None:
    """Stacked bars around the middle of the scale, each part with its percent where there is room."""
    start, place = -_ends(wide, codes)[0], np.arange(len(wide))[::-1]
    colours = DIVERGING.get(len(codes)) or sns.color_palette("RdBu", len(codes)).as_hex()
    for code, words, colour in zip(codes, answers, colours, strict=True):
        width = wide[code].to_numpy()
        axes.barh(place, width, left=start, color=colour, height=0.72, label=words, edgecolor="white", linewidth=0.6)
        dark = np.dot(mpl.colors.to_rgb(colour), (0.2126, 0.7152, 0.0722)) < 0.45
        for x, y, share in zip(start + width / 2, place, width, strict=True):
            if share >= 0.13:
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
    side.set_title(wrapped(heading, 6), fontsize=SMALL, color=QUIET, linespacing=1)


def _legend_columns(words: list[str]) -> int:
    """In how many columns the answers fit across a figure, when they stand row by row."""
    widths = [TextPath((0, 0), text, size=SMALL).get_extents().width + 30 for text in words]
    fit = (n for n in range(len(words), 1, -1) if sum(max(widths[at::n]) for at in range(n)) <= 72 * WIDTH)
    return next(fit, 1)


def _legend(figure: plt.Figure, axes: plt.Axes, columns: int) -> None:
    """The answers with their colours, row by row above the bars."""
    handles, words = axes.get_legend_handles_labels()
    by_row = [i for column in range(columns) for i in range(column, len(words), columns)]  # matplotlib goes downwards
    figure.legend([handles[i] for i in by_row], [words[i] for i in by_row], loc="upper center", ncols=columns,
                  frameon=False, handlelength=1, handletextpad=0.5, columnspacing=1.2, borderpad=0.2)


def likert(survey: Survey, estimates: pd.DataFrame, caption: str, name: str) -> Figure | Output:
    """Diverging bars for items on one ordered scale (or one item by group), with 'ved ikke' at the side."""
    questionnaire, estimates = survey.questionnaire, shown(survey, estimates)
    scale = questionnaire.items[estimates["item"].iloc[0]].scale
    codes, answers = list(scale.answers), [*scale.answers.values(), questionnaire.dont_know]
    names, wide = _likert_rows(estimates, questionnaire)
    if wide[codes].isna().all(axis=None) and not plan_of(survey).idle:
        return nothing_to_show(caption)
    told = "; ".join(
        f"{row}: " + ", ".join(f"{text.lower()} {percent(share)}" for text, share in zip(answers, shares, strict=True))
        for row, shares in zip(names, wide[[*codes, DONT_KNOW]].to_numpy(), strict=True))
    return finish(
        _draw_bars(names, wide, codes, answers), provenance_of(estimates), estimates_frame(survey, estimates, 1),
        caption, name=name, alt=f"Liggende, delte søjler. {told}.",
        note=f"{_base(estimates)}. Tallene er procent af dem, der svarede på spørgsmålet; »ved ikke« tæller med. "
             f"{weighted(estimates)}{hidden_note(estimates)}",
        reading=_bars_reading(names, wide[codes], answers),
    )


def _draw_bars(names: list[str], wide: pd.DataFrame, codes: list[str], answers: list[str]) -> plt.Figure:
    """The figure of `likert`; answers: those of the codes, then 'ved ikke'."""
    *scale, unsure = (wrapped(text, 45) for text in answers)
    words, columns = [wrapped(text, 20) for text in names], _legend_columns([*scale, "Skjult"])
    figure, (axes, side) = canvas(
        row_height(words, 0.44) * len(wide), top=0.5 + 0.21 * -(-len(scale) // columns), bottom=0.3, left=room(words),
        ncols=2, sharey=True, width_ratios=(6, 1), gridspec={"wspace": 0.03},
    )
    _bars(axes, wide.fillna(0), codes, scale)
    _hidden_rest(axes, wide, codes)
    place = np.arange(len(wide))[::-1]
    axes.set_yticks(place, words)
    axes.axvline(0, color=QUIET, linewidth=0.8, zorder=0)
    left, right = (end.max() + 0.02 for end in _ends(wide.fillna(0), codes))
    spare = max(SPAN - left - right, 0) / 2
    axes.set(xticks=[], xlim=(-left - spare, right + spare))
    axes.grid(visible=False)
    _unsure(side, wide[DONT_KNOW], unsure)
    sns.despine(fig=figure, left=True, bottom=True)
    _legend(figure, axes, columns)
    return figure


def _bars_reading(names: list[str], wide: pd.DataFrame, answers: list[str]) -> str:
    """What a bar, its colours and the line are, and one bar in words."""
    *scale, unsure = answers
    told = (f"Hver søjle er alle, der svarede. Farverne er svarene fra »{scale[0]}« til »{scale[-1]}«, og den lodrette "
            f"streg går gennem skalaens midte. ")
    if (whole := wide.notna().all(axis=1).to_numpy()).any():
        place = int(whole.argmax())
        first, last = wide.iloc[place, [0, -1]]
        told += (f"Søjlen ved »{names[place]}« viser, at {percent(first)} svarer »{scale[0]}« og {percent(last)} "
                 f"svarer »{scale[-1]}«. ")
    return f"{told}De grå søjler til højre er dem, der svarede »{unsure}«."


# ---- Claims


# Colour and shape of each verdict, so that either tells it.
VERDICT_LOOKS = dict(zip(WORDS, ((ACCENT, "o"), ("#757575", "s"), ("#b24a00", "X")), strict=False))
CLAIM_LOOKS = dict(zip([*WORDS.values(), HIDDEN_WORD],
                       [*VERDICT_LOOKS.values(), ("#6b6b6b", "D"), ("#6b6b6b", "v")], strict=True))


def verdicts(survey: Survey, judged: pd.DataFrame, caption: str, name: str) -> Figure:
    """All claims at a glance: a tile with the number of each statement, in the line of its verdict."""
    facts, judged = published.statements()["udsagn"], shown(survey, judged)
    words = verdict_words(judged)
    groups = {word: list(judged.loc[words == word, "id"]) for word in CLAIM_LOOKS if (words == word).any()}
    frame = pd.DataFrame({"Udsagn": [facts[key] for key in judged["id"]], "Afgørelse": words})
    told = "; ".join(f"{word}: {listed(ids)}" for word, ids in groups.items())
    word, (first, *_) = next(iter(groups.items()))
    return finish(
        _draw_verdicts(groups), provenance_of(judged), frame.set_index(pd.Index(judged["id"], name="Nr.")), caption,
        name=name, alt=f"Oversigt over udsagn efter afgørelse. {told}.",
        note=f"{number(len(judged))} udsagn. Tabellerne nedenfor viser tallene bag hvert af dem.",
        reading=f"Hvert felt er et offentliggjort udsagn med sit nummer, og farven er afgørelsen. Feltet {first} står "
                f"under »{word}«. Det er udsagnet »{facts[first]}«",
    )


def _draw_verdicts(groups: dict[str, list[str]]) -> plt.Figure:
    """Under a heading for each verdict its statements as tiles."""
    across, lines = 8, sum(1.15 - (-len(ids) // 8) for ids in groups.values())
    figure, axes = canvas(0.31 * lines, top=0.05, bottom=0.3, left=0.05, right=0.05)
    axes.set(xlim=(0, across), ylim=(-lines, 0))
    axes.axis("off")
    line = 0.0
    for word, ids in groups.items():
        colour, shape = CLAIM_LOOKS[word]
        axes.scatter([0.15], [line - 0.55], c=colour, marker=shape, s=50)
        axes.text(0.35, line - 0.55, f"{word.capitalize()}: {len(ids)}", va="center", weight="bold")
        for place, key in enumerate(ids):
            x, y = place % across, line - 2 - place // across
            axes.add_patch(plt.Rectangle((x + 0.03, y + 0.08), 0.94, 0.84, color=colour, linewidth=0))
            axes.text(x + 0.5, y + 0.48, key, ha="center", va="center", color="white")
        line -= 1.15 - (-len(ids) // across)
    return figure


def specifications(survey: Survey, table: pd.DataFrame, caption: str, name: str) -> Figure | Output:
    """A specification curve from `sensitivity.curve`: the estimates in order, and below which choices lie behind each.

    After Simonsohn, Simmons & Nelson (2020). A place across for each row of the table, those without estimate last.
    """
    if plan_of(survey).isolates(sensitivity.tells_apart(survey)):  # the difference would be those few
        table = table[table["guldborgsund"].isin(["", next(iter(sensitivity.CHOICES["guldborgsund"]))])]
    rows = shown(survey, table).sort_values(["estimate", "low", "measure", *sensitivity.CHOICES], ignore_index=True)
    if rows.empty:
        return nothing_to_show(caption)
    return finish(
        _draw_curve(rows, survey.questionnaire), provenance_of(table), _curve_frame(rows, survey.questionnaire),
        caption, name=name, alt=_curve_alt(rows, survey.questionnaire), reading=_curve_reading(rows),
        note=f"{_base(rows)}. {_together(rows)}Stregen er {reading_note(rows)}",
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


def _draw_curve(rows: pd.DataFrame, questionnaire: Questionnaire) -> plt.Figure:
    """The curve above, and the choices below."""
    lines = [(wrapped(label, 23), made) for label, made in _choice_lines(rows, questionnaire)]
    height = 0.185 * sum(label.count("\n") + 1 for label, _ in lines)
    figure, (axes, below) = canvas(
        2.1 + height, top=0.8, bottom=0.3, left=room([label for label, _ in lines]), nrows=2, sharex=True,
        height_ratios=(2.1, height), gridspec={"hspace": 0.03},
    )
    _curve(axes, rows)
    _choice_matrix(below, rows, lines)
    for place in np.flatnonzero(rows["base"]):
        for panel in (axes, below):
            panel.axvspan(place - 0.5, place + 0.5, color="#efe6cf", zorder=0, linewidth=0)
    axes.set_title(wrapped(f"{_compared(rows, questionnaire)}, procentpoint", 34), loc="left", fontsize=SMALL,
                   color=QUIET)
    figure.legend(*axes.get_legend_handles_labels(), loc="upper center", ncols=len(VERDICT_LOOKS), frameon=False,
                  handletextpad=0.1, columnspacing=0.8, borderpad=0.2)
    return figure


def _curve_frame(rows: pd.DataFrame, questionnaire: Questionnaire) -> pd.DataFrame:
    """The numbers behind a curve, from the left: each with all that it was made with."""
    frame = pd.DataFrame({
        "Spørgsmål": [questionnaire.items[item].topic for item in rows["item"]],
        **{sensitivity.NAMES[key]: rows[key].map(codes).fillna("") for key, codes in sensitivity.CHOICES.items()},
        "Par": [_pair(pair, rows["by"].iloc[0], questionnaire, " – ") for pair in _pairs(rows)],
        "Forskel, procentpoint": [number(100 * x, 1) for x in rows["estimate"]],
        "Interval": [span(100 * low, 100 * high) for low, high in zip(rows["low"], rows["high"], strict=True)],
        "n": [number(n) for n in rows["n"]],
        "Afgørelse": rows["verdict"].map(WORDS),
    })
    return frame.set_index(pd.Index([number(place) for place in range(1, len(rows) + 1)], name="Nr. fra venstre"))


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
    axes.set_yticks(at, [label for label, _ in lines], linespacing=1)
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


def _curve_reading(rows: pd.DataFrame) -> str:
    """What a mark, the lines and the choices below are, one of them in words, and when a statement is supported."""
    if rows["rule"].iloc[0] == "haeldning":
        rule = "Understøttet kræver, at 90\u00a0%-intervallet ligger over 0."
    else:
        rule = ("De stiplede linjer er marginen. Understøttet kræver, at 90\u00a0%-intervallet ligger inden for den, "
                "og det for alle par af grupper. Figuren viser det par, der er nærmest grænsen.")
    first = rows.iloc[0]
    low, high = (number(100 * first[name], 1) for name in ("low", "high"))
    return ("Hver beregning er et mærke med en streg. Mærkerne lodret under den er de valg, den bygger på, og det gule "
            f"bånd er bogens egne valg. Mærket længst til venstre viser {number(100 * first['estimate'], 1)} "
            f"procentpoint, og stregen går fra {low} til {high}; beregningen er {WORDS[first['verdict']]}. {rule}")
