"""The one door: what may be shown of answers, and what a reader must know of what is hidden."""

from __future__ import annotations

from html import escape

import numpy as np
import pandas as pd

from civsam.danish import number
from civsam.disclosure import plan, rounding
from civsam.inference import weighting
from civsam.pages.output import Output
from civsam.survey.survey import SYNTHETIC, Survey

NO_FRAME = "Der er ingen ramme, så det vides ikke, hvem der blev spurgt."


# ---- Disclosure

# Made once for all that a plan is a function of, so that it cannot go stale: level is that of intervals made by it.
_plans: dict[tuple[str, int, bool, float, bytes], plan.Plan] = {}


def plan_of(survey: Survey) -> plan.Plan:
    """What may be shown of these answers: the same for every weighting of them, and made once."""
    conditions = b"".join(place.tobytes() for place in survey.data.conditions.values())  # names are in the identity
    key = (survey.identity, survey.minimum, survey.framed, survey.level, conditions)
    if key not in _plans:
        usual = survey if survey.provenance == SYNTHETIC else weighting.weighted(survey)  # nothing is hidden of those
        _plans[key] = plan.plan(usual, survey.minimum)
    return _plans[key]


def shown(survey: Survey, table: pd.DataFrame) -> pd.DataFrame:
    """The table as it may be shown: as it is for synthetic answers, else rounded, with small numbers hidden."""
    return plan_of(survey).protect(table)


def hidden_note(table: pd.DataFrame) -> str:
    """What the reader of collected answers must know of rounding and hidden numbers."""
    if "hidden" not in table:
        return ""
    gaps = table["hidden"].any() or ("low" in table and table["low"].isna().any())
    dash = " En streg står for tal, der er skjult for at beskytte svarpersonerne." if gaps else ""
    bound = " En p-værdi er en øvre grænse." if "p" in table and "verdict" not in table else ""
    step = rounding.STEP
    sums = ("" if "estimate" not in table else
            f", og de andre tal til trin på {step} svar; derfor giver andele ikke altid 100\u00a0% tilsammen")
    means = ""
    if "step" in table and table["step"].notna().any():
        steps = table["step"].dropna()
        means = (f" Gennemsnit er afrundet til trin på {_size(steps.min())}" + (f" til {_size(steps.max())}" if
                 steps.max() > steps.min() else "") + ", målt som svarene, og trinnet er regnet med i intervallet.")
    return f" Antal er afrundet til nærmeste {step}{sums}.{means}{bound}{dash}"


def _size(step: float) -> str:
    """A step with two figures that say something."""
    return number(step, max(0, 1 - int(np.floor(np.log10(step)))))


def response_note(survey: Survey, table: pd.DataFrame) -> str:
    """As `hidden_note`, for what takes knowing who was asked: without a frame, that it is not known."""
    return (hidden_note(table) if survey.framed else NO_FRAME + hidden_note(table)).strip()


def nothing_to_show(caption: str) -> Output:
    """What stands in the place of a figure of which everything is hidden."""
    told = f"{caption}: skjult for at beskytte svarpersonerne."
    return Output(f'<p class="note">{escape(told)}</p>', told)
