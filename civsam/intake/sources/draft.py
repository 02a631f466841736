"""A survey of another program in this project's own terms: names and codes, scales that are shared, and the answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from civsam.files import UserError
from civsam.instrument.dates import iso
from civsam.instrument.questionnaire import DONT_KNOW, NO_TICK, NONE
from civsam.instrument.words import plain
from civsam.intake.faults import amount
from civsam.intake.sources import naming, numbers, routes, sampled, spoken
from civsam.intake.sources.material import MOST_QUESTIONS, SEVERAL, Material, Question, few, one_line
from civsam.intake.sources.texts import natural

TOPIC = 80  # letters of a heading
UNKNOWN = "uoplyst"  # the code of a background variable that is not known of all
GROUPS = 50  # of a background variable whose values have no labels
FEW_NUMBERS = 12  # different numbers of a background variable; more are made classes of


@dataclass
class Draft:
    """A questionnaire as its file has it, and the answers under it.

    items: entries of `spoergsmaal`, and beside each what should be confirmed of it. answers: text cells, a column a
    background variable and an item, indexed by the key, if there is one; None where the file has no answers.
    """

    title: str
    scope: str
    dont_know: str
    key: str
    blocks: dict[str, str]
    background: dict[str, dict[str, Any]] = field(default_factory=dict)
    sample: dict[str, Any] = field(default_factory=dict)
    scales: dict[str, dict[str, Any]] = field(default_factory=dict)
    items: list[tuple[dict[str, Any], list[str]]] = field(default_factory=list)
    answers: pd.DataFrame | None = None
    lost: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    translations: spoken.Translations = field(default_factory=dict)

    @property
    def guesses(self) -> int:
        """How many questions have something to confirm."""
        return sum(bool(guesses) for _, guesses in self.items)


def draft(
    material: Material, fallback: str, background: Iterable[str] = (), sample: Mapping[str, str] | None = None
) -> Draft:
    """The survey as a project has it. fallback: a title where the file has none. background: what the answers are
    divided by, as the file calls it. sample: columns that tell how it was drawn, see `sampled`. Raises UserError for
    what cannot be a survey, and an unknown name.
    """
    background = [*background]
    design = sampled.apart(material, dict(sample or {}), background)
    questions = material.questions
    if not questions:
        raise UserError("der er ingen spørgsmål i filen.")
    if len(questions) > MOST_QUESTIONS:
        raise UserError(f"der er {len(questions)} kolonner eller spørgsmål i filen, og et projekt kan højst have "
                        f"{MOST_QUESTIONS}. Gem en fil med dem, der skal bruges.")
    _mark(questions, background)
    numbers.scales(questions)
    scope = material.scope or "[Skriv her, hvad undersøgelsen handler om, og hvem der spørges.]"
    made = Draft(material.title or fallback, scope, material.dont_know or _dont_know(questions), "svarperson", {},
                 lost=[*material.lost], told=[*material.told])
    blocks = _blocks(material, made)
    ids = _ids(material, made, blocks)
    spoken.whole(made.translations, material.others, blocks)
    columns: dict[str, np.ndarray] = {}
    for question in sorted(questions, key=lambda one: not one.background):
        name = ids[question.name]
        cells = _background(made, question, name) if question.background else _item(made, question, ids, blocks)
        if cells is not None:
            columns[name] = cells
    _routes(made, questions, ids)
    if columns:
        columns |= _design(made, design, dict(sample or {}), ids)
        made.answers = _answers(made, columns, material.keys)
    return made


def _design(
    made: Draft, design: Mapping[str, np.ndarray], sample: Mapping[str, str], ids: Mapping[str, str]
) -> dict[str, np.ndarray]:
    """The columns of the design by the names that the questionnaire calls them."""
    called = {name: ids.get(name, "") for name in design}
    for name in design:
        called[name] = naming.named(name, {*naming.RESERVED, *ids.values(), *called.values()} - {""}, "k")
    known = {plain(name): new for name, new in {**ids, **called}.items()}
    for key, value in sample.items():
        parts: list[Any] = value.split("+")
        if key in sampled.NUMBERS:
            parts = [sampled.number(key, part) for part in parts]
        elif key == "replikater" and plain(value) not in known:
            parts = [new for name, new in called.items() if plain(name).startswith(plain(value))]
        elif key in sampled.COLUMNS:
            parts = [known.get(plain(name), name) for name in parts]
        made.sample[key] = parts if len(parts) > 1 or key == "rskalaer" else parts[0]
    return {called[name]: cells for name, cells in design.items()}


def _mark(questions: list[Question], background: Iterable[str]) -> None:
    """Note which questions are background."""
    by_name = {plain(question.name): question for question in questions}
    for name in background:
        question = by_name.get(plain(name))
        if question is None:
            raise UserError(f"--background: filen har ikke noget, der hedder »{name}«. Der er: "
                            f"{few(one.name for one in questions)}.")
        question.background = True


def _dont_know(questions: list[Question]) -> str:
    """The words of 'ved ikke' that stand most often; the usual ones where there are none."""
    words = [label for question in questions for value, label in question.answers.items()
             if _is_unsure(value, label) and plain(label) != DONT_KNOW]
    return max(dict.fromkeys(words), key=words.count) if words else "Ved ikke"


def _is_unsure(value: str, label: str) -> bool:
    return naming.unsure(label) or value == DONT_KNOW


def _blocks(material: Material, made: Draft) -> dict[str, str]:
    """The block of each of the file's own, by its name; all that stand outside are in one."""
    used = list(dict.fromkeys(question.block for question in material.questions if not question.background))
    ids: dict[str, str] = {}
    for block in used:
        ids[block] = naming.named(block or "spoergsmaal", ids.values(), "blok")
        title = one_line(material.blocks.get(block, "")) or (block if block else "Spørgsmål")
        made.blocks[ids[block]] = title
    return ids


def _ids(material: Material, made: Draft, blocks: dict[str, str]) -> dict[str, str]:
    """The id of each question by its name in the file, and of the key."""
    taken = {*naming.RESERVED, DONT_KNOW, NO_TICK, *(f"blok_{block}" for block in blocks.values())}
    if material.key:
        made.key = naming.named(material.key, taken - {"svarperson"}, "noegle")
        taken.add(made.key)
    ids: dict[str, str] = {}
    for question in material.questions:
        if question.name in ids:
            raise UserError(f"to spørgsmål i filen hedder »{question.name}«. Giv det ene et andet navn.")
        ids[question.name] = naming.named(question.name, {*taken, *ids.values()})
    renamed = [f"{name} hedder {new}" for name, new in ids.items() if name != new]
    if renamed:
        made.told.append(f"Navne, der er lavet om, så de er ens for alle programmer: {few(renamed)}.")
    return ids


# ---- Answers ---------------------------------------------------------------------------------------------------------


def _coded(made: Draft, question: Question, *, keep_unsure: bool) -> tuple[dict[str, str], dict[str, str]]:
    """The codes with their labels, and the code of each of the file's values.

    keep_unsure: whether 'ved ikke' is an answer as the others; else it is the questionnaire's own.
    """
    unsure = [value for value, label in question.answers.items()
              if not keep_unsure and _is_unsure(value, label)][:1]
    codes = naming.codes(value for value in question.answers if value not in unsure)
    if question.type == "rangordning":  # where a number is a place
        codes = {value: f"k{code}" if code.isdigit() else code for value, code in codes.items()}
    codes = {value: _not_alone(question, value, code, codes) for value, code in codes.items()}
    labels = {code: one_line(question.answers[value]) for value, code in codes.items()}
    clear, changed = naming.clear(labels, made.dont_know, question.type in ("flere", "rangordning"))
    if changed:
        made.told.append(f"{question.name}: svarteksten har koden efter sig, fordi den ellers kan forveksles: "
                         f"{few(f'»{clear[code]}«' for code in changed)}.")
    if renamed := [f"{value or 'tom'} hedder {code}" for value, code in codes.items()
                   if value != code and plain(value) != plain(question.answers[value])]:
        made.told.append(f"{question.name}: koder, der er lavet om: {few(renamed)}.")
    for value in unsure:
        words = question.answers[value]
        if plain(words) not in (plain(made.dont_know), DONT_KNOW):
            made.told.append(f"{question.name}: »{words}« hedder her »{made.dont_know}«.")
    question.dont_know = question.dont_know or bool(unsure)
    question.codes = codes | dict.fromkeys(unsure, DONT_KNOW)
    return clear, question.codes


def _not_alone(question: Question, value: str, code: str, codes: dict[str, str]) -> str:
    """The code, but never the one of 'none of these' for an answer that stands together with others."""
    if code != NONE or question.type != "flere" or question.cells is None:
        return code
    together = any(value in cell.split(SEVERAL) and SEVERAL in cell for cell in question.cells)
    return naming.named(f"{code}_2", codes.values(), "k") if together else code


def _recoded(question: Question, codes: dict[str, str]) -> np.ndarray | None:
    """The cells in this project's codes, those of several answers in the order of the scale."""
    if question.cells is None or not codes:
        return question.cells
    if question.type == "rangordning":
        return np.array([" ".join(codes[one] for one in cell.split(SEVERAL)) if cell else ""
                         for cell in question.cells], dtype=object)
    if question.type != "flere":
        return np.array([codes[cell] if cell else "" for cell in question.cells], dtype=object)
    order = [*codes.values(), NO_TICK]
    known = {**codes, NO_TICK: NO_TICK}
    return np.array([" ".join(sorted((known[one] for one in cell.split(SEVERAL)), key=order.index)) if cell else ""
                     for cell in question.cells], dtype=object)


def _together_with_unsure(question: Question) -> bool:
    """Whether 'ved ikke' is ticked together with another answer."""
    unsure = {value for value, label in question.answers.items() if _is_unsure(value, label)}
    return question.cells is not None and any(
        SEVERAL in cell and unsure & {*cell.split(SEVERAL)} for cell in question.cells)


def _item(made: Draft, question: Question, ids: dict[str, str], blocks: dict[str, str]) -> np.ndarray | None:
    """Add a question, and its scale where no other has the same; its cells."""
    name, cells = ids[question.name], question.cells
    codes: dict[str, str] = {}
    labels: dict[str, str] = {}
    scale: dict[str, Any] = {"type": question.type}
    if question.type == "antal":
        scale |= {"mindst": question.low, "hoejst": question.high}
        scale |= {"decimaler": question.decimals} if question.decimals else {}
        scale |= {"enhed": one_line(question.unit)} if question.unit else {}
    elif question.type == "dato":
        scale |= {"mindst": iso(question.low), "hoejst": iso(question.high), "vis": question.unit or "aar"}
    elif question.type == "tekst":
        cells = _free(made, question)
    else:
        keep = question.type == "flere" and _together_with_unsure(question)
        labels, codes = _coded(made, question, keep_unsure=keep)
        scale["svar"] = _as_yaml(labels)
        if question.type == "rangordning":
            scale |= {"mindst": int(question.low), "hoejst": int(question.high)}
        cells = _recoded(question, codes)
    if question.type != "tekst" and not question.dont_know:
        scale["ved_ikke"] = "nej"
    wording = one_line(question.wording)
    item: dict[str, Any] = {"id": name, "blok": blocks[question.block], "skala": _scale(made, scale, question, name),
            "emne": one_line(question.topic or wording, TOPIC) or name, "ordlyd": wording or name}
    item |= {"hjaelp": one_line(question.help)} if question.help else {}
    item |= {"kun_hvis": question.only_if} if question.only_if else {}
    item |= {"del_af": [ids[part] for part in question.parts]} if question.parts else {}
    made.lost += spoken.one(made.translations, question, name, item["skala"], codes, labels)
    made.items.append((item, [one_line(guess) for guess in question.guesses]))
    return cells


def _routes(made: Draft, questions: Iterable[Question], ids: Mapping[str, str]) -> None:
    """Say of each question that is asked of some whom, or tell what the file says of it."""
    by_name, entries = {one.name: one for one in questions}, {item["id"]: item for item, _ in made.items}
    known = routes.Known(by_name, ids, {name: one.codes for name, one in by_name.items()})
    told = routes.carried(known, entries.values(), made.scales, made.blocks, made.background)
    for name, words in told.items():
        if words:
            entries[ids[name]]["kun_hvis"] = words
        else:
            made.lost.append(f"{name} bliver kun stillet, hvis: {one_line(' and '.join(by_name[name].routes))}")
    if some := [ids[name] for name, words in told.items() if words]:
        made.told.append(f"Hvem der bliver spurgt, er taget med (kun_hvis): {few(some)}.")


def _as_yaml(labels: dict[str, str]) -> dict[int | str, str]:
    """Codes with labels as they are written: a number is one."""
    return {int(code) if naming.NUMBER.fullmatch(code) else code: label for code, label in labels.items()}


def _scale(made: Draft, scale: dict[str, Any], question: Question, name: str) -> str:
    """The name of the scale: of one that is the same, else its own."""
    for known, other in made.scales.items():
        if list(other.items()) == list(scale.items()) and list(other.get("svar", {}).items()) == list(
                scale.get("svar", {}).items()):
            return known
    fallback = {"tekst": "fritekst"}.get(question.type, name)
    wanted = naming.named(question.scale or fallback, made.scales, "skala")
    made.scales[wanted] = scale
    return wanted


def _free(made: Draft, question: Question) -> np.ndarray | None:
    """Free text as it is, but for what no file of text can hold."""
    if question.cells is None:
        return None
    cells = np.array([cell.replace("\x00", "") if cell.strip() else "" for cell in question.cells], dtype=object)
    refused = cells == DONT_KNOW
    if refused.any():
        made.told.append(f"{question.name}: teksten {DONT_KNOW} ({amount(int(refused.sum()), 'gang', 'gange')}) er "
                         "skrevet »ved ikke«, for den er en kode her.")
    return np.where(refused, "ved ikke", cells)


def _background(made: Draft, question: Question, name: str) -> np.ndarray | None:
    """Add a background variable, with a code for those it is not known of; its cells."""
    if question.type not in ("enkelt", "ordinal"):
        if question.cells is None or question.type == "flere":
            raise UserError(f"--background: »{question.name}« har ikke ét svar med svartekster, så svarene kan ikke "
                            "deles op efter den.")
        found = sorted({cell for cell in question.cells if cell}, key=natural)
        if question.type == "antal" and len(found) > FEW_NUMBERS:
            return _classes(made, question, name)
        if len(found) > GROUPS or not found:
            raise UserError(f"--background: »{question.name}« har {len(found)} forskellige svar. Højst {GROUPS} kan "
                            "være grupper: del den først i klasser.")
        question.type = "ordinal" if question.type == "antal" else "enkelt"
        question.answers = {cell: cell for cell in found}
    labels, codes = _coded(made, question, keep_unsure=True)
    cells, missing = _recoded(question, codes), codes.get(question.missing, "")
    if cells is not None and (blank := int((cells == "").sum())):
        missing = missing or next((code for code, label in labels.items() if plain(label) == UNKNOWN), "")
        if not missing:
            missing = naming.named(UNKNOWN, labels, "k")
            labels[missing] = next(words for words in ("Uoplyst", "Uoplyst (tomt)") if plain(words) not in map(
                plain, labels.values()))
        cells = np.where(cells == "", missing, cells)
        made.told.append(f"{question.name} er tom for {blank} og hedder dér »{labels[missing]}«.")
    heading = one_line(question.topic or question.wording or question.name, TOPIC)
    told: dict[str, Any] = {"navn": heading[:1].lower() + heading[1:]}
    told |= {"ordnet": True} if question.type == "ordinal" else {}
    told["svar"] = _as_yaml(labels)
    made.lost += spoken.one(made.translations, question, name, "", codes, labels)
    made.background[name] = told | ({"uoplyst": missing} if missing else {})
    return cells


def _classes(made: Draft, question: Question, name: str) -> np.ndarray:
    """Add a background variable that is a number as classes; its cells are the numbers."""
    assert question.cells is not None
    cells = np.where(question.cells == DONT_KNOW, "", question.cells)
    heading = one_line(question.topic or question.wording or question.name, TOPIC)
    limits = numbers.classes(question, [float(cell) for cell in cells if cell])
    made.background[name] = {"navn": heading[:1].lower() + heading[1:], "graenser": limits} | (
        {"uoplyst": "Uoplyst"} if (cells == "").any() else {})
    made.told.append(f"{question.name} er et tal og er delt i klasser, der begynder ved {few(map(str, limits))}. Det "
                     f"er et gæt: ret graenser ved {name} i skemaet.")
    return cells


def _answers(made: Draft, columns: dict[str, np.ndarray], keys: np.ndarray | None) -> pd.DataFrame:
    """All answers; where nobody is named, those who answered nothing are left out."""
    table = pd.DataFrame(columns)
    if keys is not None:
        return table.set_index(pd.Index(keys, name=made.key))
    items = [item["id"] for item, _ in made.items]
    silent = (table[items] == "").all(axis=1) if items else pd.Series(False, index=table.index)
    if silent.any():
        made.told.append(f"Rækker uden et eneste svar, som er sprunget over: {int(silent.sum())}.")
    return table[~silent].reset_index(drop=True)
