"""The municipalities as a map of tiles: a picture of the register, and what a reader is told of each tile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns

from civsam.danish import danish_order, listed
from civsam.instrument.questionnaire import Questionnaire, read
from civsam.pages.figure import MAP, MARKED, SMALL, Figure, canvas, finish, house_style
from civsam.study import register
from civsam.survey.checked import one_name, unknown

BLOCS = ("#c9533f", "#3f86b8")
ORDERED = ("#3a9d8f", "#1f6aa5", "#16305f")  # light to dark, also in grey print
SMALL_SCREEN = '@media (max-width: 420px) { [id^="navn-"] { display: none } }'
PEERS = ("kommunetype", "region", "udgiftspres")  # municipalities alike in all of these are peers


@house_style()
def municipality_map(column: str, caption: str, name: str) -> Figure:
    """The 98 municipalities as equal tiles, coloured by a grouping variable of the register.

    >>> from civsam import study
    >>> study.map("blok", "Kommunerne efter blok", "kort-eksempel").caption
    'Kommunerne efter blok'
    """
    table, questionnaire = register.municipalities(), read()
    known = {one: questionnaire.background[one].name for one in questionnaire.background if one in table}
    if one_name(column, "en kolonne i registret") not in known:
        raise unknown(column, known, "en kolonne i registret", "navnet")
    groups = questionnaire.background[column].labels
    counts = table[column].value_counts()
    told = listed(f"{counts[code]} i gruppen {label}" for code, label in groups.items())
    first, value = table["kommunenavn"].iloc[0], groups[table[column].iloc[0]]
    figure, box = _drawn(table, column, list(groups.values()), list(groups))
    heading = questionnaire.background[column].name.capitalize()
    frame = pd.DataFrame({heading: table[column].map(groups)}).set_index(pd.Index(table["kommunenavn"], name="Kommune"))
    made = finish(
        lambda _: figure, "register", frame.sort_index(key=lambda names: names.map(danish_order)), caption, name=name,
        alt=f"Kort, hvor hver af de {len(table)} kommuner er et lige stort felt. {told}.",
        note=f"{len(table)} kommuner. Felterne ligger omtrent som på et landkort.{_year(questionnaire)}",
        reading=f"Hvert felt er en kommune, og farven er dens gruppe. Feltet »{first[:3]}« er {first}, som er i "
                f"gruppen »{value}«. Felterne er lige store, så kortet viser kommuner og ikke indbyggere eller areal.",
        widths=(MAP,), tiles={"box": box, "tiles": list(_tiles(table, column, questionnaire))},
    )
    return replace(made, svg=made.svg.replace("</style>", f"{SMALL_SCREEN}</style>", 1))


def _year(questionnaire: Questionnaire) -> str:
    """When the groups were so, where that is another year than the register's own."""
    year = questionnaire.lookup.year if questionnaire.lookup else 0
    return f" Grupperne er, som de var i {year}." if year not in (0, register.YEAR) else ""


def _drawn(table: pd.DataFrame, column: str, words: list[str], codes: list[str]) -> tuple[plt.Figure, list[float]]:
    """The map, and where its tiles lie in the picture: left, top, width and height of one, as shares of the whole."""
    grid = table.assign(value=table[column].map(codes.index)).pivot(index="row", columns="col", values="value")
    grid = grid.reindex(index=range(table["row"].max() + 1), columns=range(table["col"].max() + 1))
    short = table.assign(short=table["kommunenavn"].str[:3]).pivot(index="row", columns="col", values="short")
    short = short.reindex_like(grid).astype(object).fillna("")
    colours = BLOCS if column == "blok" else sns.blend_palette(ORDERED, len(codes)).as_hex()
    size = (MAP - 0.1) / grid.shape[1]
    figure, axes = canvas(MAP, size * grid.shape[0], top=0.05, bottom=0.3, left=0.05, right=0.05)
    sns.heatmap(grid, annot=short, fmt="", cmap=list(colours), vmin=-0.5, vmax=len(codes) - 0.5, cbar=False,
                linewidths=1, linecolor="white", ax=axes, annot_kws={"fontsize": 6.2})
    for place, text in enumerate(axes.texts):
        text.set_gid(f"navn-{place}")  # `municipality_map` hides them where they would be too small
    axes.set(xticks=[], yticks=[], xlabel="", ylabel="")
    handles = [plt.Rectangle((0, 0), 1, 1, color=colour) for colour in colours]
    axes.legend(handles, words, loc="upper right", frameon=False, fontsize=SMALL, handlelength=1, borderpad=0,
                borderaxespad=0, labelspacing=0.1)
    high = figure.get_figheight()
    return figure, [round(part, 5) for part in (0.05 / MAP, (0.05 + MARKED) / high, size / MAP, size / high)]


def _tiles(table: pd.DataFrame, column: str, questionnaire: Questionnaire) -> Iterator[list]:
    """Of each municipality: name, column, row, the map's group, the other facts in words, and where its peers are."""
    known = [name for name in register.OWN[1:] if name in questionnaire.background and name != column]
    table = table.sort_values(["row", "col"]).reset_index(drop=True)
    alike = table.groupby(list(PEERS)).groups
    for place, row in table.iterrows():
        facts = [questionnaire.background[name].labels[row[name]] for name in known]
        peers = [int(other) for other in alike[tuple(row[name] for name in PEERS)] if other != place]
        yield [row["kommunenavn"], int(row["col"]), int(row["row"]),
               questionnaire.background[column].labels[row[column]], facts, peers]
