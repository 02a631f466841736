"""The figures of the book: one house style, readable without colour vision and on a phone.

Each comes with alternative text, how to read it, and the numbers behind it, all written from its data.
"""

from __future__ import annotations

import io
import re
import textwrap
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import matplotlib as mpl
import pandas as pd
import seaborn as sns
from matplotlib import font_manager
from matplotlib.figure import Figure as Drawing
from matplotlib.textpath import text_to_path

from civsam.danish import number
from civsam.instrument.questionnaire import Questionnaire
from civsam.pages.downloads import FONT, SPARE_FONTS, WEIGHTS, Columns, columns
from civsam.pages.html import table_html
from civsam.pages.output import KEY
from civsam.pages.provenance import MARKS
from civsam.survey.survey import SYNTHETIC

# Inches. A figure is drawn twice: its smallest text is 14 pixels where it fills a column, and 12 on a phone of 360.
LAPTOP, PHONE, MAP = 6.6, 4.0, 4.6
LONGEST_WORD = 28  # letters of a word in one piece: of the widest there is still room for a figure beside it
SMALL = 10  # points: the smallest text of a figure
INK, QUIET, ACCENT, FOCUS = "#222222", "#6b6b6b", "#0b5a8a", "#c2540a"
SYNTHETIC_INK = "#7a4b00"
IN_PICTURE = {SYNTHETIC: f"{MARKS[SYNTHETIC].upper()}: INGEN HAR SVARET DETTE"}
LINE, SPACING = 0.17, 0.85  # inches from one line of a label to the next, and how matplotlib is told so
MARKED = 0.22  # inches over the plot for the mark
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
SAVED = {"svg.hashsalt": "civsam", "svg.fonttype": "path",
         "font.family": [FONT, "DejaVu Sans"],  # both come along, so the layout is the same everywhere
         "text.parse_math": False}  # a dollar sign in a questionnaire is a dollar sign
STYLE = {
    "font.family": SAVED["font.family"],
    "font.size": SMALL, "axes.labelsize": SMALL, "xtick.labelsize": SMALL, "ytick.labelsize": SMALL,
    "legend.fontsize": SMALL,
    "axes.edgecolor": "#9a9a9a", "grid.color": "#e3e3e3", "text.color": INK, "axes.labelcolor": QUIET,
    "xtick.color": QUIET, "ytick.color": INK,
}


def own_fonts_first() -> None:
    """Prefer the fonts that come along to a system's, which may be other versions and so give other bytes."""
    fonts = font_manager.fontManager
    for path in SPARE_FONTS:
        fonts.addfont(path)
        fonts.ttflist.insert(0, fonts.ttflist.pop())
    for weight, path in WEIGHTS.items():
        fonts.ttflist.insert(0, font_manager.FontEntry(
            fname=str(path), name=FONT, style="normal", variant="normal", weight=weight, stretch="normal",
            size="scalable"))


own_fonts_first()


@contextmanager
def house_style() -> Iterator[None]:
    """What is drawn and saved within has the house's style alone, whatever the user's own settings are.

    A decorator too: each function that makes a figure has it, so that a figure's whole life is within. The settings of
    whoever called are as they were after it.
    """
    with mpl.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")  # a box is drawn; the table has the letter
        mpl.rcdefaults()
        mpl.rcParams.update(SAVED)
        yield


@dataclass(frozen=True)
class Figure:
    """A drawn figure: SVG with the same bytes every time, and all that stands with it on a page.

    note: base and uncertainty. reading: how to read it, with an example. finding: what is seen, as a sentence, and
    question: what was asked, for a picture that stands alone, and asked: the same for the page, with how many answered.
    folded: whether the page shows the finding, and a reader unfolds the drawing. provenance: where the numbers come
    from. table and columns: the numbers as HTML, and for files. tiles: for a map, see `figurer.js`. phone: the drawing
    for a narrow page, if it has one of its own.
    """

    svg: str
    name: str
    caption: str
    alt: str
    note: str = ""
    reading: str = ""
    finding: str = ""
    question: str = ""
    asked: str = ""
    folded: bool = False
    provenance: str = ""
    table: str = ""
    columns: Columns = field(default_factory=list)
    tiles: dict[str, Any] = field(default_factory=dict)
    phone: str = ""

    def __repr__(self) -> str:
        """The words of the figure, for those who do not see it."""
        return f"{self.caption}\n{self.alt}"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, str], dict[str, Any]]:
        """Data and metadata for Jupyter (IPython's display protocol)."""
        facts = {name: told for name, told in vars(self).items() if told and name != "svg"}
        return {"image/svg+xml": self.svg, "text/plain": repr(self)}, {"image/svg+xml": {KEY: facts}}


def canvas(
    width: float, rows: float, top: float, bottom: float, left: float, right: float = 0.2, **kwargs: Any,
) -> tuple:
    """Figure and axes of the given size with margins around them, all in inches: by hand, at half the time.

    Above them there is room for the mark that `finish` puts there.

    Raises RuntimeError outside `house_style`.
    """
    if mpl.rcParams["svg.hashsalt"] != SAVED["svg.hashsalt"]:
        raise RuntimeError("a figure is made within house_style")
    top += MARKED
    height = rows + top + bottom
    sides = {"left": left / width, "right": 1 - right / width, "top": 1 - top / height, "bottom": bottom / height}
    with mpl.rc_context(sns.plotting_context("notebook") | sns.axes_style("whitegrid") | STYLE):
        figure = Drawing(figsize=(width, height))  # not pyplot's: a user's backend has no part in it
        return figure, figure.subplots(gridspec_kw=sides | kwargs.pop("gridspec", {}), **kwargs)


def finish(
    draw: Callable[[float], Drawing], provenance: str, frame: pd.DataFrame, caption: str, *,
    widths: tuple[float, ...] = (LAPTOP, PHONE), **words: Any,
) -> Figure:
    """Draw it for each width, with its provenance, and put all that is told of it beside.

    draw: makes it so many inches wide. frame: the numbers behind it, as for `html.table`. words: the other parts of a
    `Figure`.
    """
    svg, *phone = (_saved(draw(width), provenance) for width in widths)
    table = table_html(frame, f"Tallene bag »{caption}«", provenance)
    return Figure(svg, caption=caption, provenance=provenance, table=table, phone="".join(phone),
                  columns=columns(frame, provenance), **words)


def _saved(figure: Drawing, provenance: str) -> str:
    """The drawing as SVG, its provenance in it, over the plot, so that it follows a copy that is cut."""
    figure.text(0.01, 1 - 0.05 / figure.get_figheight(), IN_PICTURE.get(provenance, MARKS[provenance].upper()),
                fontsize=SMALL, color=SYNTHETIC_INK if provenance == SYNTHETIC else QUIET, weight="bold", va="top")
    stream = io.StringIO()
    with mpl.rc_context(STYLE):
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None}, transparent=False)
    return stream.getvalue()


def under_mark(figure: Drawing, across: float = 0.5) -> tuple[float, float]:
    """Where a legend at the top is to stand, so that it does not meet the mark."""
    return across, 1 - MARKED / figure.get_figheight()


def wrapped(words: str, width: int) -> str:
    """Words on several lines of at most so many characters; a longer word has its own line, or several."""
    parted = re.sub(rf"(\S{{{LONGEST_WORD}}})(?=\S)", r"\1 ", words)
    return "\n".join(textwrap.wrap(parted, width, break_long_words=False))


def room(labels: list[str], least: float = 1.8) -> float:
    """Inches left of an axis for its labels, so that no word is cut."""
    return max(least, 0.17 + max(map(inches, labels), default=0))


def inches(words: str) -> float:
    """How wide words are in the smallest text of figures: the longest line of them."""
    font = font_manager.FontProperties(family=STYLE["font.family"], size=SMALL)
    return max(text_to_path.get_text_width_height_descent(line, font, ismath=False)[0]
               for line in words.split("\n")) / 72


def row_height(labels: list[str], least: float) -> float:
    """Inches a row, so that labels of several lines do not meet."""
    return max(least, 0.06 + LINE * max(text.count("\n") + 1 for text in labels))


def base_of(estimates: pd.DataFrame) -> str:
    """The number of respondents behind a figure, or its range."""
    low, high = estimates["n"].min(), estimates["n"].max()
    return f"n = {number(low)}" if low == high else f"n fra {number(low)} til {number(high)}"


def area_colours(questionnaire: Questionnaire) -> dict[str, str]:
    """The colour of each group of the first background variable; none where it has more groups than there are."""
    labels = list(next((one.labels for one in questionnaire.background.values()), {}))
    return dict(zip(labels, AREA_COLOURS, strict=False)) if len(labels) <= len(AREA_COLOURS) else {}
