"""What a survey is given, checked and kept: its answers and frame can be changed by nobody afterwards.

Each distinct value of a column is looked at once, so that a million rows cost little more than finding them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, time
from difflib import get_close_matches
from functools import cached_property
from numbers import Integral, Real
from typing import Any

import numpy as np
import pandas as pd

from civsam.danish import listed, number
from civsam.files import UserError
from civsam.instrument.allowed import allowed, invalid, nearest
from civsam.instrument.classes import classed
from civsam.instrument.derived import added
from civsam.instrument.kinds import KINDS
from civsam.instrument.questionnaire import DONT_KNOW, Background, Item, Questionnaire
from civsam.instrument.words import plain
from civsam.survey import routed
from civsam.survey.design import kept

ANSWERS, FRAME = "svarene", "rammen"
TOLD = 5  # faults that a message tells; the rest are counted
NAMED = 12  # names that a message lists


@dataclass(frozen=True, eq=False)
class Checked:
    """Answers, frame and questionnaire that fit together; `checked` makes it. Nothing in it is changed or handed out.

    place: each respondent's row of the frame, (n,). conditions: of each, 0 for whom it holds and else 1, (n,). coded
    and grouped: what has been asked for so far, codes and sets of answers by item, groups by background variable; told:
    the answers' digest, once it has been asked for.
    """

    answers: pd.DataFrame
    frame: pd.DataFrame
    questionnaire: Questionnaire
    place: np.ndarray
    conditions: dict[str, np.ndarray] = field(default_factory=dict, repr=False)
    coded: dict[str, tuple[np.ndarray, list[set[str]]]] = field(default_factory=dict, init=False, repr=False)
    grouped: dict[str, np.ndarray] = field(default_factory=dict, init=False, repr=False)
    told: list[str] = field(default_factory=list, init=False, repr=False)

    @cached_property
    def background(self) -> pd.DataFrame:
        """The respondents' rows of the frame."""
        return self.frame.iloc[self.place]

    @cached_property
    def asked(self) -> dict[str, np.ndarray]:
        """Who was asked each item that is not asked of everybody, boolean (n,); see `routing`."""
        return {name: kept(there) for name, there in routed.asked(self.answers, self.questionnaire).items()}

    @cached_property
    def cluster(self) -> np.ndarray:
        """The cluster of each row of the frame as integers from 0; each is its own where none are named."""
        name = self.questionnaire.weighting.cluster
        return kept(pd.factorize(self.frame[name])[0] if name else np.arange(len(self.frame)))

    @cached_property
    def own_cluster(self) -> np.ndarray:
        """The cluster of each respondent, (n,)."""
        return kept(self.cluster[self.place])


def checked(
    answers: pd.DataFrame, frame: pd.DataFrame, questionnaire: Questionnaire, before: Checked | None = None
) -> Checked:
    """The tables as a survey keeps them: every answer and background value is one that the questionnaire knows.

    Missing answers and blanks of white space are "", and counts are text. before: what of it was checked already.
    Raises UserError.
    """
    known = before if before is not None and before.questionnaire is questionnaire else None
    if known is None or known.frame is not frame:
        frame = _frame(frame, questionnaire)
    if known is None or known.answers is not answers:
        answers = _answers(answers, questionnaire)
    place = frame.index.get_indexer(answers.index)
    if (missing := place < 0).any():
        raise UserError(f"{ANSWERS}: {_rows(answers.index[missing])} findes ikke i {FRAME}. Alle, der har svaret, skal "
                        "stå i den med samme nøgle.")
    return Checked(answers, frame, questionnaire, kept(place))


def _answers(table: pd.DataFrame, questionnaire: Questionnaire) -> pd.DataFrame:
    """The answers in their normal form, a column an item as in the table; what follows from others is made anew."""
    _table(table, ANSWERS)
    items, derived = questionnaire.collected.items, questionnaire.derived
    table = table[[name for name in table if name not in derived]] if derived else table
    for name in [name for name in table if name not in items]:
        raise UserError(f"{ANSWERS}: kolonnen »{name}« er ikke et spørgsmål i spørgeskemaet. "
                        f"{nearest(str(name), items) or 'Slet den.'}")
    if lacks := [name for name in items if name not in table]:
        raise UserError(f"{ANSWERS}: {_columns(lacks)} mangler. Hvert spørgsmål skal have en kolonne, tom hvis ingen "
                        "blev spurgt.")
    faults: list[str] = []
    done = {name: _column(table[name], items[name], questionnaire, faults) for name in table}
    _raise(faults)
    changed = {name: cells for name, cells in done.items() if cells is not None}
    made = table.copy(deep=False) if not changed else table.assign(**changed)
    _raise(routed.faults(made, questionnaire.collected))
    return added(made, derived)


def _frame(table: pd.DataFrame, questionnaire: Questionnaire) -> pd.DataFrame:
    """The frame, in which every background variable has one of its codes in every row."""
    _table(table, FRAME)
    if both := [name for name in questionnaire.background if name in questionnaire.items]:
        raise UserError(f"spørgeskemaet: »{both[0]}« er både et spørgsmål og en baggrundsvariabel. Giv den ene et "
                        "andet navn.")
    if lacks := [name for name in questionnaire.background if name not in table]:
        raise UserError(f"{FRAME}: {_columns(lacks)} mangler. Hver baggrundsvariabel i spørgeskemaet skal have en.")
    _clusters(table, questionnaire.weighting.cluster)
    table = table.assign(**{one.id: _classes(table[one.id], one) for one in questionnaire.background.values()
                            if one.limits})
    faults: list[str] = []
    for variable in questionnaire.background.values():
        _groups(table[variable.id], variable, faults)
    _raise(faults)
    return table.copy(deep=False)


def _classes(cells: pd.Series, variable: Background) -> pd.Series:
    """A number as the codes of its classes; what is no number stays."""
    codes, found = pd.factorize(cells, use_na_sentinel=False)
    texts = [f"{value:.9f}" if is_number(value) and abs(value) < np.inf else value for value in found]
    made = [classed(variable.limits, text) if isinstance(text, str) else text for text in texts]
    return pd.Series(np.array(made, dtype=object)[codes], cells.index)


def _clusters(table: pd.DataFrame, name: str) -> None:
    """That the clusters that the questionnaire names are there, and each row is in one."""
    if name and name not in table:
        raise UserError(f"{FRAME}: kolonnen »{name}« mangler. Spørgeskemaet siger, at svar med samme {name} kan ligne "
                        "hinanden (klynge). Tilføj kolonnen, eller slet linjen klynge i spørgeskemaet.")
    if name and (blank := (table[name].isna() | (table[name] == "")).to_numpy()).any():
        raise UserError(f"{FRAME}, kolonnen {name}: {_rows(table.index[blank])} er tom. Skriv klyngen, den hører til.")


def _table(table: Any, what: str) -> None:
    """That it is a table with one row a key and one column a name."""
    if not isinstance(table, pd.DataFrame):
        raise TypeError(f"a survey is made from pandas DataFrames, not {type(table).__name__}")
    if not table.columns.is_unique:
        raise UserError(f"{what}: kolonnen »{table.columns[table.columns.duplicated()][0]}« står to gange. Slet den "
                        "ene.")
    if not table.index.is_unique:
        raise UserError(f"{what}: {_rows(table.index[table.index.duplicated()])} står to gange. Hver skal have én "
                        "række.")
    if table.index.nlevels == 1 and table.index.hasnans:
        raise UserError(f"{what}: en række har ingen nøgle.")


def _column(cells: pd.Series, item: Item, questionnaire: Questionnaire, faults: list[str]) -> pd.Series | None:
    """A column in normal form, None where it is that already; its faults are added to the list."""
    kind = _kind(cells)
    if item.scale.type == "tekst" and kind == "text":
        return _free(cells, item, questionnaire, faults)
    codes, found = pd.factorize(cells)
    values = list(found)
    texts = [_text(value, item) for value in values]
    bad = [place for place, text in enumerate(texts) if text is None]
    bad += [place for place in invalid(item, [text or "" for text in texts]) if texts[place] is not None]
    _tell(ANSWERS, cells, codes, values, sorted(bad), faults, lambda value: remedy(item, value, questionnaire))
    plain_text = kind == "text" and getattr(cells.dtype, "na_value", None) is not pd.NA
    if plain_text and codes.min(initial=0) >= 0 and texts == values:
        return None
    clean = pd.array([text or "" for text in texts] + [""], dtype="str")  # the last is what -1, for missing, points at
    return pd.Series(clean.take(codes), index=cells.index)


def _free(cells: pd.Series, item: Item, questionnaire: Questionnaire, faults: list[str]) -> pd.Series | None:
    """Free text in normal form, without a look at each of what may be a million texts."""
    blank = cells.isna().to_numpy() | (cells.str.strip() == "").to_numpy(bool, na_value=False)
    dull = cells.where(~blank, "")
    refused = (dull == DONT_KNOW).to_numpy(bool)
    if refused.any():
        _tell(ANSWERS, cells, np.where(refused, 0, -1), [DONT_KNOW], [0], faults,
              lambda value: remedy(item, value, questionnaire))
    return dull if (blank & (cells != "").to_numpy(bool, na_value=True)).any() else None


def _groups(cells: pd.Series, variable: Background, faults: list[str]) -> None:
    """The faults of a background variable's column."""
    codes, found = pd.factorize(cells, use_na_sentinel=False)
    values = list(found)
    bad = [place for place, value in enumerate(values) if not isinstance(value, str) or value not in variable.labels]
    _tell(FRAME, cells, codes, values, bad, faults, lambda value: _group_remedy(variable, value))


def _kind(cells: pd.Series) -> str:
    """`text` for a column of text alone, missing values aside, else `mixed`; categories are looked at one by one."""
    if cells.dtype == "str" or isinstance(cells.dtype, pd.StringDtype):
        return "text"
    return "text" if cells.dtype == object and pd.api.types.infer_dtype(cells, skipna=True) == "string" else "mixed"


def _text(value: Any, item: Item) -> str | None:
    """A cell as text, "" for white space and what is missing; None for a number that cannot be an answer."""
    if isinstance(value, str):
        return value if value.strip() else ""
    scale = item.scale
    if scale.type == "dato" and isinstance(value, date) and not pd.isna(value):
        return pd.Timestamp(value).date().isoformat() if pd.Timestamp(value).time() == time() else None
    if (scale.type == "antal" or scale.numbered) and not isinstance(value, (bool, np.bool_)) and isinstance(
            value, (int, float, np.integer, np.floating)) and not np.isnan(value):
        if scale.decimals and np.isfinite(value):
            return np.format_float_positional(float(value), trim="-")
        return str(int(value)) if np.isfinite(value) and value == int(value) else None
    return "" if pd.api.types.is_scalar(value) and pd.isna(value) else None


# ---- What to say of a fault ------------------------------------------------------------------------------------------


def remedy(item: Item, value: Any, questionnaire: Questionnaire) -> str:
    """What to do about a value that is no answer to an item."""
    labels = item.scale.answers | ({DONT_KNOW: questionnaire.dont_know} if item.allows_dont_know else {})
    may = f"Tilladt: {allowed(item)}."
    if item.scale.type in ("antal", "dato"):
        return may
    if item.scale.type == "tekst":
        return f"{may} Lad cellen være tom."
    if not isinstance(value, str):
        return f"Det er et tal eller andet end tekst. {_meant(str(value), labels)}{may}"
    parts = value.split(" ") if KINDS[item.scale.type].parts and not same(value, labels) else [value]
    strange = [part for part in parts if part not in labels]
    if strange:
        return f"{_meant(strange[0], labels)}{may}"
    return f"Svarene udelukker hinanden, eller det samme står to gange. {may}"


def _group_remedy(variable: Background, value: Any) -> str:
    may = f"Tilladt: {_some(variable.labels)}."
    if not isinstance(value, str):
        blank = pd.api.types.is_scalar(value) and pd.isna(value)
        return f"{'Den er tom' if blank else 'Det er et tal eller andet end tekst'}. {may}"
    return f"{_meant(value, variable.labels)}{may}"


def same(text: str, labels: dict[str, str]) -> str:
    """The code whose label this is, or which is written so but for capitals and spaces; blank for none."""
    ways = [code for code, label in labels.items() if plain(text) in (plain(label), plain(code))]
    return ways[0] if ways and plain(text) else ""


def _meant(text: str, labels: dict[str, str], word: str = "koden") -> str:
    """`Skriv koden »...«.` where the text is the label of one, else the code that looks most like it, or nothing."""
    if code := same(text, labels):
        return f"Skriv {word} »{code}«. "
    near = {plain(way): code for code, label in labels.items() for way in (label, code)}
    found = get_close_matches(plain(text)[:100], near, n=1)
    return f"Mente du {word} »{near[found[0]]}«? " if found else ""


def aligned(values: Any, index: pd.Index, what: str) -> Any:
    """Values in the order of the respondents' index, as `Survey.aligned` has it."""
    if not isinstance(values, (pd.DataFrame, pd.Series)):
        if not pd.api.types.is_list_like(values):
            raise ValueError(f"{what} is {values!r}, and must have {len(index)} entries, one a respondent")
        if len(values) != len(index):
            raise ValueError(f"{what} has {len(values)} entries and must have {len(index)}, one a respondent")
        return values
    if values.index.equals(index):
        return values
    if not values.index.is_unique:
        raise UserError(f"{what}: »{values.index[values.index.duplicated()][0]}« står to gange i indekset. Hver "
                        "svarperson skal stå én gang.")
    if (lacks := ~index.isin(values.index)).any():
        raise UserError(f"{what}: {lacks.sum()} af {len(index)} svarpersoner står ikke i indekset, blandt dem "
                        f"»{index[lacks][0]}«. Brug svarenes nøgle som indeks.")
    return values.loc[index]


def unknown(text: Any, labels: dict[str, str], what: str, word: str = "koden") -> UserError:
    """The fault of a name that is none of the known ones, with the one that was meant. word: what a name is."""
    return UserError(f"»{text}« er ikke {what}. {_meant(str(text), labels, word)}Der er: {_some(labels)}.")


def one_name(name: Any, what: str) -> Any:
    """The name, unless it is a list of names. Raises UserError for that. what: what it should be the name of."""
    if pd.api.types.is_list_like(name):
        raise UserError(f"{_list(name)} er en liste, og her skal stå ét navn: {what}. Skriv det alene, og spørg igen "
                        "for hvert af de andre.")
    return name


def several_names(names: Iterable[Any], what: str) -> list[Any]:
    """The names of a list, each once. Raises UserError for a name alone, and for one that is there twice."""
    if isinstance(names, str):
        raise UserError(f"»{names}« er ét navn, og her skal stå en liste: {what}. Skriv [\"{names}\"].")
    if not pd.api.types.is_list_like(names):
        raise UserError(f"{names!r} er ikke en liste: {what}. Skriv navnene i en liste.")
    found = list(names)
    if twice := [name for name in found if found.count(name) > 1]:
        raise UserError(f"»{twice[0]}« er med to gange. Slet det ene.")
    return found


def whole(value: Any, name: str, least: int) -> int:
    """A whole number from `least` and up, for what is counted. Raises ValueError for another, and for what is none."""
    if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
        raise ValueError(f"{name} must be a whole number, {least} or more, not {value!r}")
    return int(value)


def is_number(value: Any) -> bool:
    """Whether it is one number, and neither text, a list, true or false, nor missing."""
    return isinstance(value, Real) and not isinstance(value, bool) and value == value


def yes_or_no(value: Any, name: str) -> bool:
    """The value, if it is True or False. Raises UserError. name: of the argument."""
    if not isinstance(value, bool | np.bool_):
        raise UserError(f"{name}={value!r}: skriv {name}=True eller {name}=False.")
    return bool(value)


def seeded(value: Any) -> Any:
    """What random numbers are drawn with: a whole number from 0, or a generator. Raises UserError for what is neither.

    Nothing (None) would draw other numbers each time.
    """
    whole_number = isinstance(value, int | np.integer) and not isinstance(value, bool) and value >= 0
    if not whole_number and not isinstance(value, np.random.Generator):
        raise UserError(f"seed={value!r}: skriv et helt tal fra 0, så samme tal kan trækkes igen, fx seed=1.")
    return value


def text(value: Any, name: str) -> str:
    """The value, if it is text. Raises UserError. name: of the argument."""
    if not isinstance(value, str):
        raise UserError(f"{name}={value!r}: skriv det som tekst, fx {name}=\"Svar\".")
    return value


def _list(names: Iterable[Any]) -> str:
    return f"[{', '.join(repr(name) for name in names)}]"


def _tell(
    where: str, cells: pd.Series, codes: np.ndarray, values: list[Any], bad: Iterable[int], faults: list[str],
    what: Callable[[Any], str],
) -> None:
    """Add a line for each of the bad values: column, value, whose it is, how many more, and what to do."""
    told = "et af svarene" if where == ANSWERS else "en af koderne"
    for place in bad:
        if len(faults) >= TOLD:
            faults.append("")
            continue
        who, value = _rows(cells.index[np.flatnonzero(codes == place)]), values[place]
        shown = f"»{value}«" if isinstance(value, str) else f"{value}"
        faults.append(f"{where}, kolonnen {cells.name}, {who}: {shown} er ikke {told}. {what(value)}")


def _rows(index: pd.Index) -> str:
    """The first of these rows by its key, and how many more there are."""
    more = f" og {number(len(index) - 1)} andre" if len(index) > 1 else ""
    return f"rækken »{index[0]}«{more}"


def _columns(names: list[str]) -> str:
    return f"kolonnen {names[0]}" if len(names) == 1 else f"kolonnerne {_some(names)}"


def _some(names: Iterable[Any]) -> str:
    """The names, but not more than a message can hold."""
    names = [str(name) for name in names]
    rest = [f"{len(names) - NAMED} andre"] if len(names) > NAMED else []
    return listed([*names[:NAMED], *rest]) if names else "ingen"


def _raise(faults: list[str]) -> None:
    """Tell the faults, if there are any: the first few, and how many more."""
    if not faults:
        return
    more = f"\n... og {number(len(faults) - TOLD)} fejl mere." if len(faults) > TOLD else ""
    raise UserError("\n".join(faults[:TOLD]) + more)
