"""A summary told to whoever ran it: in words, as drawings, and as files for a spreadsheet, each column explained."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from civsam.danish import number
from civsam.files import UserError, shown, write_if_changed
from civsam.laboratory.declare import FACTORS
from civsam.laboratory.run import read
from civsam.laboratory.show import ERRORS, Quantity, draw_axis, quantity
from civsam.pages.figure import LAPTOP, SMALL, canvas, finish, house_style, room, row_height, wrapped
from civsam.survey.survey import SYNTHETIC

MEASURES = {"pol_fokus": "andelen med øget fokus", "pra_tvaers": "andelen af samarbejder på tværs",
            "pra_flere": "andelen af samarbejder med flere parter",
            "vae_overordnet": "andelen med omkostning som værdi",
            "pra_lange+pra_korte": "gennemsnitligt antal samarbejder"}
COLUMNS = {
    "scenario": "scenariets nummer i gitteret", "target": "population: alle de adspurgte; process: det, der ligger bag",
    "kind": "response: svarprocent; estimate: et tal; difference: en forskel; slope: en hældning; family: flere test "
            "sammen; claim: et udsagn",
    "name": "familiens eller udsagnets navn", "statistic": "slags tal: andel, gennemsnit, forhold",
    "item": "spørgsmålet i skemaet", "answer": "svaret, andelen handler om", "by": "det, der er delt op efter",
    "a": "gruppen, eller den første af to", "b": "den anden af to grupper",
    "used": "gentagelser, der gav et tal", "truth": "sandheden i gennemsnit over gentagelserne",
    "bias": "skævhed: det, fejlen er i gennemsnit", "se": "den virkelige standardfejl: det, fejlen svinger",
    "stated": "den standardfejl, som undersøgelserne selv oplyser",
    "ratio": "den oplyste standardfejl delt med den virkelige",
    "coverage": "den del af 95 %-intervallerne, der dækker sandheden",
    "false_alarm": "falske alarmer: forskelle eller udsagn, der ikke er der, men bliver fundet",
    "missed": "oversete: forskelle eller udsagn, der er der, men ikke bliver fundet",
}
NO_RESULT = "filen er ikke et resultat af civsam scenarios run."
PROMISED = 0.95  # of intervals that are to hold the truth


def rows_of(path: Path, item: str) -> pd.DataFrame:
    """One row a scenario: the estimate of the item about all who were asked. Raises UserError."""
    try:
        table = read(path)
    except (OSError, ValueError):
        raise UserError(f"{shown(path)}: {NO_RESULT}") from None
    if missing := {*COLUMNS, *FACTORS} - set(table.columns):
        raise UserError(f"{shown(path)}: {NO_RESULT} Den mangler {min(missing)}.")
    found = table[(table["kind"] == "estimate") & (table["by"] == "") & (table["target"] == "population")]
    if item not in set(found["item"]):
        raise UserError(f"resultatet har ikke '{item}'. Vælg mellem {', '.join(sorted(set(found['item'])))}.")
    return found[found["item"] == item].assign(
        rmse=lambda rows: np.hypot(rows["bias"], rows["se"])).reset_index(drop=True)


def names(rows: pd.DataFrame) -> list[str]:
    """Each scenario in words: what it has that not all the others have."""
    differs = [name for name in FACTORS if rows[name].nunique() > 1]
    each = [f"{FACTORS[name].heading}: " + rows[name].map(FACTORS[name].told) for name in differs]
    return ["; ".join(parts) for parts in zip(*each, strict=True)] or ["som i undersøgelsen"]


def in_words(rows: pd.DataFrame) -> str:
    """A paragraph a scenario, and which has the smallest error in all: the root of bias and error squared."""
    what = MEASURES.get(rows["item"][0], rows["item"][0])
    lines = [f"{len(rows)} scenarier. Her fortælles om {what} ({rows['item'][0]}), og ± er tilfældet i simuleringen."]
    for name, row in zip(names(rows), rows.itertuples(), strict=True):
        lines += ["", f"{row.scenario}. {name} ({number(row.used)} gentagelser)",
                  f"   Skævheden er {_told(rows, row, 'bias')}. {_biased(row)}",
                  f"   Den virkelige standardfejl er {_told(rows, row, 'se')}, "
                  f"den oplyste {_told(rows, row, 'stated')}.",
                  f"   Intervallet dækker sandheden i {_told(rows, row, 'coverage')} "
                  f"af undersøgelserne. {_covers(row)}"]
    if len(rows) > 1 and rows["rmse"].notna().any():
        best = rows["rmse"].idxmin()
        lines += ["", f"Den mindste samlede fejl har {rows['scenario'][best]}: {names(rows)[best]}."]
    return "\n".join(lines)


def _told(rows: pd.DataFrame, row: tuple, column: str) -> str:
    one = quantity(rows, column)
    error = getattr(row, f"{column}_mc", 0)
    beside = f" ± {number(ERRORS * one.times * error, one.decimals)}" if error > 0 else ""
    return f"{number(one.times * getattr(row, column), one.decimals)}{beside} {one.unit}"


def _biased(row: tuple) -> str:
    if abs(row.bias) <= ERRORS * row.bias_mc:
        return "Den kan være tilfældig."
    return "Tallet er for højt." if row.bias > 0 else "Tallet er for lavt."


def _covers(row: tuple) -> str:
    """Whether the interval holds what it promises, by the error of such a share: that of the one found may be zero."""
    off, error = row.coverage - PROMISED, np.sqrt(PROMISED * (1 - PROMISED) / row.used)
    if abs(off) <= ERRORS * error:
        return "Det kan være, hvad det lover."
    return "Det dækker sjældnere, end det lover." if off < 0 else "Det dækker oftere, end det lover."


@house_style()
def drawing(rows: pd.DataFrame, column: str) -> str:
    """A dot a scenario with its Monte Carlo error, and a line where the number should be, as SVG."""
    one, labels = quantity(rows, column), names(rows)
    beside = [wrapped(f"{place}. {name}", 32) for place, name in zip(rows["scenario"], labels, strict=True)]
    drawn, axes = canvas(LAPTOP, len(rows) * row_height(beside, 0.42), top=0.3, bottom=0.75,
                         left=room(beside) + 0.15)
    _dots(axes, rows, one, column)
    axes.set_yticks(range(len(rows)), beside, fontsize=SMALL)
    axes.invert_yaxis()
    draw_axis(axes, one)
    frame = pd.DataFrame({one.axis: [number(one.times * value, one.decimals) for value in rows[column]]},
                         index=pd.Index(labels, name="Scenarie"))
    return finish(lambda _: drawn, SYNTHETIC, frame, one.heading, widths=(LAPTOP,), name="fig-resultat",
                  alt=one.heading).svg


def _dots(axes: Axes, rows: pd.DataFrame, one: Quantity, column: str) -> None:
    at, middle = np.arange(len(rows)), one.times * rows[column]
    error = one.times * ERRORS * rows[f"{column}_mc"]
    axes.hlines(at, middle - error, middle + error, linewidth=2.5, alpha=0.5)
    axes.scatter(middle, at, s=30, zorder=3, linewidth=0)


def files(path: Path, rows: pd.DataFrame) -> list[Path]:
    """Write the whole result beside it, for Danish spreadsheets, and the drawings; return the files. Raises OSError."""
    table = read(path)
    made = [path.with_suffix(suffix) for suffix in (".csv", ".xlsx")]
    table.to_csv(made[0], sep=";", decimal=",", index=False, encoding="utf-8-sig", lineterminator="\n")
    with pd.ExcelWriter(made[1], engine="openpyxl") as book:
        table.to_excel(book, sheet_name="tal", index=False)
        explained(table).to_excel(book, sheet_name="kolonner", index=False)
    for column, name in (("bias", "skaevhed"), ("coverage", "daekning")):
        made.append(path.with_name(f"{path.stem}-{name}.svg"))
        write_if_changed(made[-1], drawing(rows, column).encode())
    return made


def explained(table: pd.DataFrame) -> pd.DataFrame:
    """Each column of a result and what it is."""
    said = COLUMNS | {name: f"faktor: {factor.heading.lower()}" for name, factor in FACTORS.items()}
    said |= {f"{name}_mc": f"simuleringens standardfejl for {name}" for name in COLUMNS}
    return pd.DataFrame({"kolonne": table.columns, "forklaring": [said[name] for name in table.columns]})
