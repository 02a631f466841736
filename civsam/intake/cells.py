"""The cells of an answer file as codes: what no cell may say, and counts that are larger than their whole."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from civsam.danish import first_of
from civsam.instrument import dates
from civsam.instrument.allowed import allowed, invalid, numbers, within
from civsam.instrument.kinds import KINDS
from civsam.instrument.questionnaire import DONT_KNOW, NO_TICK, Item
from civsam.instrument.words import plain
from civsam.intake import personal
from civsam.intake.answer_file import AnswerFile, Role, Rows, by_value, places_of
from civsam.intake.coding import TICKS, UNREAD, coded, logical, whole_number
from civsam.intake.faults import FROM_SHEET, NOTHING, SUGGESTED, TWICE, Fault, amount, explain, pattern
from civsam.intake.ranked import ranked

FEW = 10  # rows that a note names
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")  # but tab and line breaks


def answers(file: AnswerFile, places: Mapping[Role, int]) -> pd.DataFrame:
    """The coded answers, shape (rows, items); faults for all cells that hold no answer to their item."""
    done: dict[str, pd.Categorical] = {}
    written: dict[str, list[str]] = {}
    for name, item in file.questionnaire.items.items():
        codes, found = _cells(file, item, places)
        values, how = coded(item, found, file.questionnaire.dont_know, _labelled(file, item, places),
                            file.given.get(name))
        _judge(file, item, codes, found, values, how)
        written.setdefault(how, []).append(name)
        file.note(f"Læst efter kortet i {name}", [
            f"»{cell.strip()[:40]}« som {code or 'ikke besvaret'}" for cell in found
            if (code := file.given.get(name, {}).get(plain(cell))) is not None])
        written.setdefault(_as_logical(file, item, found), []).append(name)
        coding, kinds = pd.factorize(np.array(values, dtype=object))
        done[name] = pd.Categorical.from_codes(coding[codes], kinds)  # text is made of it when rows are chosen
        file.say(f"{len(done)} af {len(file.questionnaire.items)} kolonner kontrolleret")
    for how in sorted(filter(None, written)):
        file.note(f"Skrevet som {how}", written[how])
    return pd.DataFrame(done)


def _as_logical(file: AnswerFile, item: Item, found: Sequence[str]) -> str:
    """How the cells are written besides, if any is what a program writes for yes or no; else blank."""
    spelt = logical(item.scale.answers) if item.scale.type != "flere" else {}
    own = {plain(word) for pair in item.scale.answers.items() for word in pair} if spelt else set()
    words = dict.fromkeys(cell.strip() for cell in found if spelt and plain(cell) in {*spelt} - own)
    return ", ".join(f"{word} for {file.questionnaire.label(item.id, spelt[plain(word)])}" for word in words)


def _labelled(file: AnswerFile, item: Item, places: Mapping[Role, int]) -> frozenset[str]:
    """The cells of an item's own column that are labels in the file itself."""
    return file.table.labelled.get(places.get((item.id,), -1), frozenset())


def _cells(file: AnswerFile, item: Item, places: Mapping[Role, int]) -> tuple[np.ndarray, list[str]]:
    """An item's cells, as of `distinct`: its own column or its split ones, or both; else blank; a count with its tick.
    """
    split = {role[1]: at for role, at in sorted(places.items(), reverse=True) if role[0] == item.id and role[1:]}
    if KINDS[item.scale.type].apart and {*split} == {DONT_KNOW}:
        return _ticked_apart(file, item, places.get((item.id,)), split[DONT_KNOW])
    if (item.id,) not in places and item.scale.type == "rangordning":
        texts = _ranked(file, item, split)
    elif (item.id,) not in places:
        texts = ticked(file, item, split, places)
        lacking = [f"{item.id}/{code}" for code in item.scale.answers if split and code not in split]
        file.note("Svarmuligheder uden kolonne, som ingen derfor kan have sat kryds ved", lacking)
    elif not split:
        return file.distinct(places[item.id,])
    else:
        texts = _both(file, item, places[item.id,], split, places)
    codes, found = pd.factorize(pd.Series(texts))
    return codes, list(found)


def _both(file: AnswerFile, item: Item, place: int, split: Mapping[str, int], places: Mapping[Role, int]) -> np.ndarray:
    """An item's own column, filled from its split ones where it is blank; a fault where they say something else."""
    codes, found = file.distinct(place)
    values, _ = coded(item, found, file.questionnaire.dont_know, _labelled(file, item, places), file.given.get(item.id))
    own, ranks = np.array(values, dtype=object)[codes], item.scale.type == "rangordning"
    texts = _ranked(file, item, split) if ranks else ticked(file, item, split, places)
    pairs = pd.Series(own) + "\n" + pd.Series(texts)
    for pair, rows in by_value(pairs[(own != "") & (texts != "")]).items():
        one, other = pair.split("\n")[-2:]
        same = one == other if ranks else {*one.split()} & {*split} == {*other.split()} - {NO_TICK}
        if not one.startswith(UNREAD) and not same:
            file.add(Fault(item.id, one, f"de delte kolonner siger noget andet: {other}", "det samme i begge",
                           "Ret det ene, eller slet enten den samlede eller de delte kolonner."), rows)
    filled = int(((own == "") & (texts != "")).sum())
    file.note(f"Svar på {item.id}, der er læst i de delte kolonner, fordi den samlede er tom",
              [amount(filled, "række", "rækker")] if filled else [])
    return np.where(own == "", texts, np.array(found, dtype=object)[codes])


def _ranked(file: AnswerFile, item: Item, split: Mapping[str, int]) -> np.ndarray:
    """The order that split columns tell, and 'ved ikke' where that is ticked, (rows,); with both, both stay."""
    texts = ranked(file, item, split)
    if DONT_KNOW in split:
        unsure = _ticks(file, item, DONT_KNOW, split[DONT_KNOW]) == 1
        texts[unsure] = [f"{cell} {DONT_KNOW}".strip() for cell in texts[unsure]]
    return texts


def _ticked_apart(file: AnswerFile, item: Item, place: int | None, tick: int) -> tuple[np.ndarray, list[str]]:
    """Cells with 'ved ikke' where that is ticked beside them; with both, both stay, which is a fault."""
    texts = np.full(len(file.table.cells), "", dtype=object)
    if place is not None:
        texts[:] = file.table.cells[place]
    unsure = _ticks(file, item, DONT_KNOW, tick) == 1
    texts[unsure] = [f"{cell} {DONT_KNOW}".strip() for cell in texts[unsure]]
    codes, found = pd.factorize(pd.Series(texts, dtype="str"))
    return codes, list(found)


def ticked(file: AnswerFile, item: Item, split: Mapping[str, int], places: Mapping[Role, int]) -> np.ndarray:
    """What is ticked in the columns of a split item, codes with a space between, shape (rows,).

    `NO_TICK` where it is said of all that they are not ticked; blank where nothing is said. A column that is also that
    of a text is ticked where there is any.
    """
    texts = np.full(len(file.table.cells), "", dtype=object)
    said, denied = np.zeros(len(texts), dtype=bool), False
    wordy = _in_own_words(file, item, split)
    words = {at for role, at in places.items() if role[0] in file.questionnaire.items and role[1:] == ()}
    for code in [code for code in (*item.scale.answers, DONT_KNOW) if code in split]:
        ticks = (_written(file, split[code]) if split[code] in words
                 else _ticks(file, item, code, split[code], wordy))
        texts[ticks == 1] += code + " "
        said |= ticks >= 0
        denied |= bool((ticks == 0).any())
    texts = np.array(pd.Series(texts, dtype=object).str.strip(), dtype=object)
    none = said & (texts == "")
    texts[none] = NO_TICK
    file.note(f"Rækker, hvor {item.id} er besvaret uden noget kryds", [str(none.sum())] if none.any() else [])
    silent = int((~said).sum())
    file.note(f"Kolonnerne for {item.id} siger ikke, hvad der ikke er sat kryds ved, så rækker uden kryds er læst som "
              "ikke besvaret", [str(silent)] if split and silent and not denied else [])
    return texts


def _in_own_words(file: AnswerFile, item: Item, split: Mapping[str, int]) -> bool:
    """Whether ticks are written as the answers' own words, and nowhere as yes and no: then 'Nej' is an answer."""
    own = False
    for code, at in split.items():
        cells = {plain(cell) for cell in file.table.cells[at].unique()} - {""}
        words = {plain(code), plain(item.scale.answers.get(code, file.questionnaire.dont_know))}
        if cells & {*TICKS} - words:
            return False
        own |= bool(cells & words - {*TICKS})
    return own


def _written(file: AnswerFile, place: int) -> np.ndarray:
    """1 where there is any text in a column, -1 where there is none, shape (rows,)."""
    return np.where(file.table.cells[place].str.strip() != "", 1, -1)


def _ticks(file: AnswerFile, item: Item, code: str, place: int, wordy: bool = True) -> np.ndarray:
    """1 where a column of a split item is ticked, 0 where it is said not to be, -1 for a blank, shape (rows,).

    The answer's own code or label is a tick; unless it is a word for no, and they are not wordy. A fault for what is
    no tick.
    """
    codes, found = file.distinct(place)
    label = item.scale.answers.get(code, file.questionnaire.dont_know)
    own = {plain(code): 1, plain(label): 1}
    known: dict[str, int] = {"": -1, **(TICKS | own if wordy else own | TICKS)}
    if not item.scale.numbered:
        known["2"] = 0  # 1 and 2 are yes and no
    elif code in ("0", "1"):
        known |= {"0": 0, "1": 1}  # a tick, and not the code
    given = {cell: -1 for cell, code in file.given.get(item.id, {}).items() if code == ""} | {
        cell: int(tick or -1) for cell, tick in file.given.get(f"{item.id}/{code}", {}).items()}
    known |= given
    told = [known.get(whole_number(cell) or plain(cell)) for cell in found]
    for at in [at for at, tick in enumerate(told) if tick is None]:
        what, remedy = pattern(found[at]) or ("et ukendt kryds", "Skriv 1 for et kryds og 0 for intet.")
        file.add(Fault(file.table.header[place], found[at], what, "1, 0 eller tomt", remedy),
                 np.flatnonzero(codes == at))
    if "2" in known and any(whole_number(cell) == "2" for cell in found):
        file.note("2 er læst som intet kryds i", [file.table.header[place]])
    return np.array([-1 if tick is None else tick for tick in told])[codes]


def _judge(file: AnswerFile, item: Item, codes: np.ndarray, found: Sequence[str],
           values: Sequence[str], how: str) -> None:
    """A fault for each distinct cell that is no answer to the item, and a note of odd characters."""
    bad = invalid(item, values)
    rows = places_of(codes, bad)
    labels = how == "svartekster"
    may = allowed(item) if not labels else "; ".join(
        file.questionnaire.label(item.id, code) for code in item.codes) + " eller tomt"
    for number, at in enumerate(bad):
        what, remedy = explain(item, found[at], values[at], file.questionnaire.dont_know, number < SUGGESTED,
                               file.given.get(item.id, {}))
        file.add(Fault(item.id, found[at], what, may, remedy), rows[at])
    if item.scale.type == "dato":
        for what, test in (("Datoer med klokkeslæt, hvor klokkeslættet er udeladt,", dates.timed),
                           ("Datoer læst som dag/måned/år,", lambda cell: "/" in cell)):
            those = [at for at, cell in enumerate(found) if at not in {*bad} and test(cell)]
            file.note(f"{what} i {item.id}", places_told(file, np.flatnonzero(np.isin(codes, those))))
    if item.scale.type == "tekst":
        odd = sum(CONTROL.search(cell) is not None for cell in found)
        file.note(f"Fri tekst med kontroltegn, som er beholdt, i {item.id}",
                  [amount(odd, "svar", "svar")] if odd else [])
        for what, those in (
            ("der ligner et tomt felt",
             [at for at, cell in enumerate(found) if len(cell) < 9 and plain(cell) in NOTHING]),
            ("hvor æ, ø og å ser ud til at være gået tabt",
             [at for at, cell in enumerate(found) if not cell.isascii() and TWICE.search(cell)]),
            ("der er en fejlværdi eller formel fra et regneark",
             [at for at, cell in enumerate(found) if ("#" in cell or "=" in cell) and FROM_SHEET.fullmatch(cell)])):
            file.note(f"Fri tekst, {what}, i {item.id}", places_told(file, np.flatnonzero(np.isin(codes, those))))
        for kind, those in personal.told(found).items():
            file.note(f"ADVARSEL: fri tekst, der ligner {kind}, som må slettes, før svarene deles, i {item.id}",
                      places_told(file, np.flatnonzero(np.isin(codes, those))))


def places_told(file: AnswerFile, rows: Rows) -> list[str]:
    """How many rows, and the first of them by number; nothing for none."""
    numbers = first_of(file.table.cells.index[rows], FEW)
    return [f"{amount(len(rows), 'svar', 'svar')} (række {numbers})"] if len(rows) else []


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
