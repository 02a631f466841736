"""The cells of an answer file as codes: what no cell may say, and counts that are larger than their whole."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from civsam.instrument.allowed import allowed, invalid, numbers, plain, within
from civsam.instrument.questionnaire import DONT_KNOW, Item
from civsam.intake.answer_file import AnswerFile, Role, by_value, places_of
from civsam.intake.coding import coded, whole_number
from civsam.intake.faults import SUGGESTED, Fault, amount, explain

TICKS = dict.fromkeys(("1", "sand", "true", "ja", DONT_KNOW), True) | dict.fromkeys(
    ("", "0", "falsk", "false", "nej"), False)  # in a column of one answer among several
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")  # but tab and line breaks


def answers(file: AnswerFile, places: Mapping[Role, int]) -> pd.DataFrame:
    """The coded answers, shape (rows, items); faults for all cells that hold no answer to their item."""
    done: dict[str, pd.Categorical] = {}
    written: dict[str, list[str]] = {}
    for name, item in file.questionnaire.items.items():
        codes, found = _cells(file, item, places)
        values, how = coded(item, found, file.questionnaire.dont_know)
        _judge(file, item, codes, found, values, how)
        written.setdefault(how, []).append(name)
        coding, kinds = pd.factorize(np.array(values, dtype=object))
        done[name] = pd.Categorical.from_codes(coding[codes], kinds)  # text is made of it when rows are chosen
        file.say(f"{len(done)} af {len(file.questionnaire.items)} kolonner kontrolleret")
    for how in sorted(filter(None, written)):
        file.note(f"Skrevet som {how}", written[how])
    return pd.DataFrame(done)


def _cells(file: AnswerFile, item: Item, places: Mapping[Role, int]) -> tuple[np.ndarray, list[str]]:
    """An item's cells, as of `distinct`: its own column, else its split ones, else blank; a count with its tick."""
    split = {role[1]: at for role, at in sorted(places.items(), reverse=True) if role[0] == item.id and role[1:]}
    if item.scale.type == "antal" and split:
        return _ticked_count(file, item, places.get((item.id,)), split[DONT_KNOW])
    if (item.id,) in places:
        file.note(f"Delte kolonner, der er udeladt, fordi {item.id} står samlet",
                  [file.table.header[at] for at in split.values()])
        return file.distinct(places[item.id,])
    texts = np.full(len(file.table.cells), "", dtype=object)
    for code in [code for code in (*item.scale.answers, DONT_KNOW) if code in split]:
        texts[_ticks(file, split[code])] += code + " "
    codes, found = pd.factorize(pd.Series(texts).str.strip())
    return codes, list(found)


def _ticked_count(file: AnswerFile, item: Item, place: int | None, tick: int) -> tuple[np.ndarray, list[str]]:
    """A count's cells with 'ved ikke' where that is ticked; with both, both stay, which is a fault."""
    texts = np.full(len(file.table.cells), "", dtype=object)
    if place is not None:
        texts[:] = file.table.cells[place]
    ticked = _ticks(file, tick)
    texts[ticked] = [f"{cell} {DONT_KNOW}".strip() for cell in texts[ticked]]
    codes, found = pd.factorize(pd.Series(texts, dtype="str"))
    return codes, list(found)


def _ticks(file: AnswerFile, place: int) -> np.ndarray:
    """Where a column of a split item is ticked, boolean, shape (rows,); a fault for what is no tick."""
    codes, found = file.distinct(place)
    told = [TICKS.get(whole_number(cell) or plain(cell)) for cell in found]
    for at in [at for at, tick in enumerate(told) if tick is None]:
        file.add(Fault(file.table.header[place], found[at], "et ukendt kryds", "1, 0 eller tomt",
                       "Skriv 1 for et kryds og 0 for intet."), np.flatnonzero(codes == at))
    return np.array([bool(tick) for tick in told])[codes]


def _judge(file: AnswerFile, item: Item, codes: np.ndarray, found: Sequence[str],
           values: Sequence[str], how: str) -> None:
    """A fault for each distinct cell that is no answer to the item, and a note of odd characters."""
    bad = invalid(item, values)
    rows = places_of(codes, bad)
    labels = how == "svartekster"
    may = allowed(item) if not labels else "; ".join(
        [*item.scale.answers.values(), file.questionnaire.dont_know]) + " eller tomt"
    for number, at in enumerate(bad):
        what, remedy = explain(item, found[at], values[at], file.questionnaire.dont_know, number < SUGGESTED)
        file.add(Fault(item.id, found[at], what, may, remedy), rows[at])
    if item.scale.type == "tekst":
        odd = sum(CONTROL.search(cell) is not None for cell in found)
        file.note(f"Fri tekst med kontroltegn, som er beholdt, i {item.id}",
                  [amount(odd, "svar", "svar")] if odd else [])


def parts(file: AnswerFile, answers: pd.DataFrame) -> None:
    """A fault for each count that is larger than the sum of those it is a part of."""
    for item in [item for item in file.questionnaire.items.values() if item.part_of]:
        bad = answers.loc[~within(item, answers), [item.id, *item.part_of]]
        total = pd.Series(sum(numbers(bad[name]) for name in item.part_of), index=bad.index)
        pairs = bad[item.id].astype("str") + " " + total.map("{:.0f}".format).astype("str")
        for pair, rows in by_value(pairs).items():
            part, whole = pair.split(" ")
            file.add(Fault(item.id, part, f"er flere end {' + '.join(item.part_of)}, som er {whole}",
                           f"højst {whole}", "Ret det ene eller det andet tal."), rows)
