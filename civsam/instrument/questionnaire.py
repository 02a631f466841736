"""The instrument: blocks, items, scales and labels; the single source of truth for what an answer may be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from civsam.files import LINE, QUESTIONNAIRE, UserError, project, read_table, shown
from civsam.instrument import classes, conditions, format, kinds, languages, sample, scale
from civsam.instrument.conditions import ConditionError
from civsam.instrument.derive import Derivations
from civsam.instrument.derived import Derived
from civsam.instrument.item import Item as Item
from civsam.instrument.reached import NOBODY, unreached
from civsam.instrument.reader import Reader
from civsam.instrument.sample import Margins, Sample
from civsam.instrument.scale import BACKGROUND as BACKGROUND
from civsam.instrument.scale import DONT_KNOW as DONT_KNOW
from civsam.instrument.scale import LARGEST as LARGEST
from civsam.instrument.scale import MOST_DECIMALS as MOST_DECIMALS
from civsam.instrument.scale import NO_TICK as NO_TICK
from civsam.instrument.scale import NONE as NONE
from civsam.instrument.scale import Scale as Scale
from civsam.instrument.words import plain


@dataclass(frozen=True)
class Background:
    """A frame variable that groups may be formed by: its name in a sentence, and the labels of its codes in order.

    ordered: whether the order means something, as of sizes. missing: the code of those of whom it is not known; blank
    if it is known of all. limits: of a number, where each class but the first begins; its codes are the classes.
    """

    id: str
    name: str
    labels: dict[str, str]
    ordered: bool = False
    missing: str = ""
    limits: tuple[float, ...] = ()


@dataclass(frozen=True)
class Lookup:
    """What is known of a respondent by one code, as that of a school or a municipality.

    file: beside the questionnaire. key: the column that holds the code. name: what it is a code of. labels: of
    each code. known: what follows from the code, a row a code (as text) and a column a variable, all of it text. year:
    when it was so; 0 where that is not told.
    """

    file: str
    key: str
    name: str
    labels: dict[str, str]
    known: pd.DataFrame = field(repr=False, compare=False)
    year: int = 0


@dataclass(frozen=True)
class Weighting:
    """Which frame variables are used for what.

    groups: crossed, they are the response groups; the last is the one along which small groups are joined. margins:
    what the weights are raked to. cluster: who shares something; blank if each respondent stands alone. known: what is
    known of the population in numbers, where the margins are not those of the frame.
    """

    groups: tuple[str, ...] = ()
    margins: tuple[str, ...] = ()
    cluster: str = ""
    known: Margins | None = None


@dataclass(frozen=True)
class Questionnaire:
    """The whole instrument. Dicts keep the order of the file. key: the column that names a respondent. sample: how
    those who were asked were drawn, if the questionnaire tells.

    language: what it is in. languages: the same in others, by code.
    conditions: groups that a survey was told of (`Survey.with_condition`); no file holds them.
    """

    title: str
    scope: str
    dont_know: str
    blocks: dict[str, str]
    items: dict[str, Item]
    key: str = "svarperson"
    background: dict[str, Background] = field(default_factory=dict)
    weighting: Weighting = field(default_factory=Weighting)
    without_item: dict[str, str] = field(default_factory=dict)
    lookup: Lookup | None = None
    sample: Sample | None = None
    conditions: dict[str, Background] = field(default_factory=dict, repr=False)
    language: str = languages.OWN
    languages: dict[str, Questionnaire] = field(default_factory=dict, repr=False, compare=False)

    def block(self, block: str) -> list[Item]:
        """The items of one block, in order."""
        return [item for item in self.items.values() if item.block == block]

    def offers_dont_know(self, names: Iterable[str] | None = None) -> bool:
        """Whether any of these items, or any at all, may be answered with 'ved ikke'; + joins several in a name."""
        wanted = self.items if names is None else {one for name in names for one in name.split("+")}
        return any(self.items[name].allows_dont_know for name in wanted)

    def label(self, item: str, code: str) -> str:
        """The words that a respondent saw for an answer code."""
        return self.dont_know if code == DONT_KNOW else self.items[item].scale.answers[code]

    @cached_property
    def derived(self) -> dict[str, Derived]:
        """What follows from answers to other items, by item; sources come before what follows from them."""
        return {name: item.derived for name, item in self.items.items() if item.derived}

    @cached_property
    def collected(self) -> Questionnaire:
        """The questionnaire with what is asked alone: what forms have and answer files hold."""
        return self.only([name for name in self.items if name not in self.derived],
                         self.background) if self.derived else self

    def spoken(self, language: str) -> Questionnaire:
        """The questionnaire in a language that it has. Raises UserError for another."""
        if language in ("", self.language):
            return self
        if language not in self.languages:
            raise UserError(f"skemaet er ikke på sproget »{language}«. Det har "
                            f"{', '.join([self.language, *self.languages])}; andre skrives under 'oversaettelser'.")
        return self.languages[language]

    def source(self, variable: str) -> str:
        """The column that tells a background variable: that of the lookup, for what the lookup knows."""
        return self.lookup.key if self.lookup and variable in self.lookup.known else variable

    def only(self, items: Iterable[str] = (), background: Iterable[str] = ()) -> Questionnaire:
        """The questionnaire with no other items and background variables than these; other names are passed over.

        What follows from other items is there with them only.
        """
        asked, grouped = set(items), set(background)
        some: dict[str, Item] = {}
        for name, item in self.items.items():
            if name in asked and (item.derived is None or {*item.derived.sources} <= {*some}):
                some[name] = item
        known = {name: variable for name, variable in self.background.items() if name in grouped}
        groups, margins = (tuple(name for name in names if name in known)
                           for names in (self.weighting.groups, self.weighting.margins))
        told = self.weighting.known and self.weighting.known.only(margins)
        return replace(self, items=some, background=known, weighting=replace(
            self.weighting, groups=groups, margins=margins, known=told))

    def unknown(self) -> list[Item]:
        """What a respondent must be asked where no frame knows it: the background, as items without a block."""
        known = dict(self.background)
        if self.lookup is not None:
            known.setdefault(self.lookup.key, Background(self.lookup.key, self.lookup.name, self.lookup.labels))
        asked = dict.fromkeys(map(self.source, self.background))
        return [_as_item(name, known[name]) for name in asked]


def _as_item(name: str, variable: Background) -> Item:
    """A background variable as a question."""
    words = variable.name[:1].upper() + variable.name[1:]
    return Item(name, "", Scale(f"{BACKGROUND}_{name}", BACKGROUND, variable.labels), words, words)


class _Reader(Reader):
    """Turns the YAML into objects; every fault is told with file and line."""

    def item(self, raw: dict[str, Any], blocks: dict[str, str], scales: dict[str, Scale]) -> Item:
        line = raw[LINE]
        allowed = ("id", "blok", "skala", "emne", "ordlyd", "hjaelp", "udsagn", "del_af", "ved_ikke", "kun_hvis", LINE)
        for key in raw:
            self.known(line, "nøgle", key, allowed)
        name = self.get(raw, "id", str)
        if not name.isidentifier():
            raise self.stop(line, f"id {name!r} kan ikke bruges. Det skal være bogstaver, tal og _ og ikke begynde med "
                                  "et tal.")
        offered = scales[self.known(line, "skala", self.get(raw, "skala", str), scales)]
        return Item(
            id=name,
            block=self.known(line, "blok", self.get(raw, "blok", str), blocks),
            scale=offered,
            topic=self.get(raw, "emne", str),
            wording=self.get(raw, "ordlyd", str),
            help=self.get(raw, "hjaelp", str, ""),
            statements=tuple(self.get(raw, "udsagn", list, [])),
            part_of=tuple(self.get(raw, "del_af", list, [])),
            dont_know=self.yes(raw, "ved_ikke", offered.dont_know),
        )

    def items(self, blocks: dict[str, str], scales: dict[str, Scale], background: Iterable[str]) -> dict[str, Item]:
        items: dict[str, Item] = {}
        lines: dict[str, int] = {}
        for raw in self.get(self.content, "spoergsmaal", list):
            item = self.item(raw, blocks, scales)
            if item.id in items:
                first = lines[item.id]
                raise self.stop(raw[LINE], f"id '{item.id}' er brugt i linje {first}. Giv spørgsmålet et andet id.")
            if item.id in background:
                raise self.stop(raw[LINE], f"id '{item.id}' er også navnet på en baggrundsvariabel. Giv en af dem et "
                                           "andet navn.")
            for total in item.part_of:
                self.known(raw[LINE], "tæller i del_af", total, [i for i in items if items[i].scale.type == "antal"])
            if item.part_of and min(item.scale.low, *(items[total].scale.low for total in item.part_of)) < 0:
                raise self.stop(raw[LINE], "'del_af' kan ikke bruges om tal, der kan være under 0.")
            items[item.id], lines[item.id] = item, raw[LINE]
        return self.routed(items, blocks, background)

    def routed(self, items: dict[str, Item], blocks: dict[str, str], background: Iterable[str]) -> dict[str, Item]:
        """The items with the conditions under 'kun_hvis', which may be about what is asked before."""
        order = [item.id for block in blocks for item in items.values() if item.block == block]
        known = {item.id: conditions.Question(
            item.scale.type, {code: item.scale.answers.get(code, self.content["ved_ikke"]) for code in item.codes},
            item.scale.low, item.scale.high, item.scale.decimals) for item in items.values()}
        lines: dict[str, int] = {}
        for raw in [raw for raw in self.content["spoergsmaal"] if "kun_hvis" in raw]:
            name = raw["id"]
            try:
                told = conditions.of(name, self.get(raw, "kun_hvis", str),
                                     {one: known[one] for one in order}, background)
            except ConditionError as fault:
                raise self.stop(raw[LINE], f"'kun_hvis' i {name}: {fault}") from None
            items[name], lines[name] = replace(items[name], only_if=told), raw[LINE]
        if name := unreached(known, {one: some for one in order if (some := items[one].only_if)}):
            raise self.stop(lines[name], NOBODY.format(name=name))
        return items

    def background(self, name: str, raw: dict[str, Any]) -> Background:
        line = raw[LINE]
        if not name.isidentifier():
            raise self.stop(line, f"variablen {name!r} kan ikke bruges. Navne er bogstaver, tal og _.")
        if "graenser" in raw:
            return Background(name, self.get(raw, "navn", str), *classes.told(raw, self.stop))
        labels = scale.answers(self, raw)
        scale.clear(self, raw, labels, {}, several=False)
        missing = str(raw.get("uoplyst", ""))
        if missing:
            self.known(line, "kode i 'uoplyst'", missing, labels)
        return Background(name, self.get(raw, "navn", str), labels, self.get(raw, "ordnet", bool, False), missing)

    def weighting(self, raw: dict[str, Any], variables: dict[str, Background]) -> Weighting:
        known = sample.margins(self.content, raw, variables, self.stop)
        groups = tuple(self.get(raw, "svargrupper", list, []))
        margins = tuple(known.shares if known else self.get(raw, "margener", list, []))
        for name in (*groups, *margins):
            self.known(raw[LINE], "baggrundsvariabel", name, variables)
        return Weighting(groups, margins, self.get(raw, "klynge", str, ""), known)

    def lookup(self, raw: dict[str, Any] | None) -> Lookup | None:
        """The lookup and its file, which lies beside the questionnaire."""
        if raw is None:
            return None
        file, key, name, text = (self.get(raw, part, str) for part in ("fil", "noegle", "navn", "tekst"))
        known = read_table(self.path.parent / file, [key, text]).set_index(key)
        if doubled := [code for code in known.index if not code or (known.index == code).sum() > 1]:
            raise UserError(f"{shown(self.path.parent / file)}: {key} '{doubled[0]}' er tom eller står to gange.")
        return Lookup(file, key, name, known[text].sort_values().to_dict(), known,
                      self.get(raw, "aar", int, 0))


def read(path: Path | None = None) -> Questionnaire:
    """Read and check a questionnaire: the project's own unless another is given.

    Raises UserError, with file and line, for what is missing, unknown or given twice, or cannot be.
    """
    return _read(path or project.root / QUESTIONNAIRE)


@cache  # by file: no process both changes one and reads it again
def _read(path: Path) -> Questionnaire:
    reader = _Reader(path)
    format.check(reader)
    own, codes = reader.content.get("sprog", languages.OWN), languages.codes(reader)
    texts = {code: languages.translated(reader, code) for code in codes}
    made = {}
    for code in codes:
        reader.content = texts[code]
        made[code] = _made(reader)
    others = {code: replace(one, language=code) for code, one in made.items() if code != own}
    return replace(_understood(made[own], others.values()), language=own, languages=others)


def _understood(made: Questionnaire, others: Iterable[Questionnaire]) -> Questionnaire:
    """The questionnaire, whose answers may also be written in the words of other languages, where those are clear."""
    items = dict(made.items)
    for name, item in made.items.items():
        own = {plain(word) for pair in item.scale.answers.items() for word in pair} | {plain(made.dont_know)}
        words: dict[str, set[str]] = {}
        for other in others:
            labels = other.items[name].scale.answers | ({DONT_KNOW: other.dont_know} if item.allows_dont_know else {})
            for code, label in labels.items():
                words.setdefault(plain(label), set()).add(code)
        clear = {word: next(iter(codes)) for word, codes in words.items() if len(codes) == 1 and word not in own}
        if clear:
            items[name] = replace(item, scale=replace(item.scale, others=clear))
    return replace(made, items=items)


def _made(reader: _Reader) -> Questionnaire:
    """The questionnaire in the language of the reader's content."""
    content = reader.content
    blocks = reader.get(content, "blokke", dict)
    scales = {name: kinds.read(reader, name, raw) for name, raw in reader.get(content, "skalaer", dict).items()}
    background = {name: reader.background(name, raw) for name, raw in reader.get(content, "baggrund", dict, {}).items()}
    items, key = reader.items(blocks, scales, background), reader.get(content, "noegle", str, "svarperson")
    items = Derivations(reader, items, blocks, {key: "nøglen"} | dict.fromkeys(background, sample.BACKGROUND)).all()
    weighting = reader.weighting(content.get("vaegtning", {LINE: content[LINE]}), background)
    taken = {key: "nøglen"} | dict.fromkeys(items, "et spørgsmål") | dict.fromkeys(background, sample.BACKGROUND)
    drawn = sample.sample(content, taken, weighting.cluster, reader.stop)
    return Questionnaire(
        title=reader.get(content, "titel", str),
        scope=reader.get(content, "afgraensning", str),
        dont_know=reader.get(content, "ved_ikke", str),
        blocks=blocks,
        items=items,
        key=key,
        background=background,
        weighting=replace(weighting, cluster=drawn.cluster[0]) if drawn and drawn.cluster else weighting,
        without_item=reader.get(content, "uden_spoergsmaal", dict, {}),
        lookup=reader.lookup(content.get("opslag")),
        sample=drawn,
    )
