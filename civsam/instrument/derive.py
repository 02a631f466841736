"""What a questionnaire says follows from its answers (`afledt`): read, checked, and made into items."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from civsam.danish import listed
from civsam.files import LINE
from civsam.instrument import classes, scale
from civsam.instrument.conditions import AND, Condition, Joined
from civsam.instrument.derived import Classed, Combined, Derived, Recoded
from civsam.instrument.item import Item
from civsam.instrument.kinds import KINDS
from civsam.instrument.reader import Reader
from civsam.instrument.scale import DONT_KNOW, LARGEST, MOST_DECIMALS, Scale

SHARED = ("id", "emne", "blok", "ordlyd")
WAYS = {"omkod": ("svar", "ordnet"), "klasser": ("graenser",), "sum": ("mindst_svar", "vendt"),
        "middel": ("mindst_svar", "vendt")}  # each with the keys that go with it
EXAMPLE = "ja: {tekst: Ja, fra: [helt, delvis]}"
COMBINED = {"sum": "Summen", "middel": "Gennemsnittet"}


class Derivations:
    """The entries under `afledt`, each made into an item when it is first needed."""

    def __init__(self, reader: Reader, items: Mapping[str, Item], blocks: Collection[str],
                 taken: Mapping[str, str]) -> None:
        """items: those that are asked. taken: other names that no item can have, and what each is."""
        self.reader, self.blocks, self.items = reader, blocks, _with_implied(reader, items, taken)
        self.raw: dict[str, dict[str, Any]] = {}
        for raw in reader.get(reader.content, "afledt", list, []):
            if not isinstance(raw, dict):
                raise reader.stop(reader.content[LINE], f"under 'afledt' står {raw!r}; der skal stå opslagstabeller.")
            name = reader.get(raw, "id", str)
            what = taken.get(name, "et andet spørgsmål" if name in self.items or name in self.raw else "")
            if what or not name.isidentifier():
                why = f"er allerede navnet på {what}" if what else "er ikke bogstaver, tal og _"
                raise reader.stop(raw[LINE], f"id {name!r} under 'afledt' {why}. Giv det et andet id.")
            self.raw[name] = raw

    def all(self) -> dict[str, Item]:
        """The items that are asked, and after them all that follow from them, sources first."""
        for name in self.raw:
            self.needed(name, (), self.raw[name][LINE])
        return self.items

    def needed(self, name: str, before: tuple[str, ...], line: int) -> Item:
        """The item of that name. before: what it is needed for."""
        if name in before:
            ring = " → ".join([*before[before.index(name):], name])
            raise self.reader.stop(line, f"'{name}' er regnet ud af sig selv: {ring}.")
        if name not in self.items:
            raw = self.raw[self.reader.known(line, "spørgsmål", name, [*self.items, *self.raw])]
            way = self.way(raw)
            names = raw[way] if isinstance(raw[way], list) else [raw[way]]
            if not names or len({*map(str, names)}) < len(names):
                raise self.reader.stop(raw[LINE], f"'{way}' er {raw[way]!r}; der skal stå forskellige spørgsmål.")
            sources = [self.needed(one, (*before, name), raw[LINE]) for one in names]
            make = {"omkod": self.recoded, "klasser": self.classed}.get(way, self.combined)
            self.items[name] = make(self.begun(raw, sources), raw, sources)
        return self.items[name]

    def way(self, raw: dict[str, Any]) -> str:
        """What is done with the sources, of `WAYS`; all other keys must go with it."""
        given = [way for way in WAYS if way in raw]
        if len(given) != 1:
            raise self.reader.stop(raw[LINE], f"der skal stå ét af {', '.join(WAYS)}, som siger, hvordan svaret "
                                              "regnes ud.")
        for key in raw:
            self.reader.known(raw[LINE], "nøgle", key, (*SHARED, given[0], *WAYS[given[0]], LINE))
        many = isinstance(raw[given[0]], list)
        if many != (given[0] in COMBINED):
            raise self.reader.stop(raw[LINE], f"'{given[0]}' er {raw[given[0]]!r}; der skal stå "
                                              f"{'ét spørgsmål' if many else 'en liste af spørgsmål'}.")
        return given[0]

    def begun(self, raw: dict[str, Any], sources: list[Item]) -> Item:
        """The item without what makes it: asked of those who were asked all of its sources."""
        block = self.reader.known(raw[LINE], "blok", self.reader.get(raw, "blok", str, sources[0].block), self.blocks)
        return Item(self.reader.get(raw, "id", str), block, sources[0].scale, self.reader.get(raw, "emne", str),
                    self.reader.get(raw, "ordlyd", str, ""), only_if=_all(item.only_if for item in sources))

    def made(self, item: Item, offered: Scale, derived: Derived) -> Item:
        """The item, whole; its wording is how it is made where there is none."""
        return replace(item, scale=offered, derived=derived, wording=item.wording or f"{derived.words}.",
                       dont_know=offered.dont_know)

    def recoded(self, item: Item, raw: dict[str, Any], sources: list[Item]) -> Item:
        """Fewer answers; each answer of the source becomes one of them."""
        source, = sources
        line = raw[LINE]
        if source.scale.type not in ("enkelt", "ordinal"):
            raise self.reader.stop(line, f"{source.id} har ikke ét svar blandt flere, så det kan ikke omkodes.")
        labels, becomes = self.groups(raw, source)
        if lacks := [code for code in source.scale.answers if code not in becomes]:
            raise self.reader.stop(line, f"svaret '{lacks[0]}' på {source.id} bliver til intet. Skriv det under et af "
                                         "svarene.")
        unsure = source.allows_dont_know and DONT_KNOW not in becomes
        scale.clear(self.reader, raw, labels, {DONT_KNOW: self.reader.get(self.reader.content, "ved_ikke", str)},
                    several=False)
        runs = [code for place, code in enumerate(becomes.values()) if code != [None, *becomes.values()][place]]
        ordered = source.scale.type == "ordinal" and runs in ([*labels], [*labels][::-1]) and DONT_KNOW not in becomes
        kind = "ordinal" if self.reader.yes(raw, "ordnet", ordered) else "enkelt"
        return self.made(item, Scale(item.id, kind, labels, dont_know=unsure),
                         Derived((source.id,), Recoded(becomes), f"Svarene på »{source.topic}« samlet i færre"))

    def groups(self, raw: dict[str, Any], source: Item) -> tuple[dict[str, str], dict[str, str]]:
        """The answers with their labels, and what each answer of the source becomes, in the order of its scale."""
        labels: dict[str, str] = {}
        becomes: dict[str, str] = {}
        for key, told in self.reader.get(raw, "svar", dict).items():
            code = str(key)
            if not isinstance(told, dict) or isinstance(key, bool):
                raise self.reader.stop(raw["svar"][LINE], f"svaret {code!r} skal have tekst og fra, for eksempel "
                                                          f"{EXAMPLE}.")
            for part in told:
                self.reader.known(told[LINE], "nøgle", part, ("tekst", "fra", LINE))
            labels[code] = self.reader.get(told, "tekst", str)
            for one in map(str, self.reader.get(told, "fra", list)):
                self.reader.known(told[LINE], f"svar på {source.id}", one, source.codes)
                if one in becomes:
                    raise self.reader.stop(told[LINE], f"svaret '{one}' på {source.id} bliver til både "
                                                       f"'{becomes[one]}' og '{code}'. Skriv det ét sted.")
                becomes[one] = code
        scale.sound(self.reader, raw, labels)
        if empty := [code for code in labels if code not in becomes.values()]:
            raise self.reader.stop(raw["svar"][LINE], f"intet svar bliver til '{empty[0]}'.")
        return labels, {code: becomes[code] for code in source.codes if code in becomes}

    def classed(self, item: Item, raw: dict[str, Any], sources: list[Item]) -> Item:
        """Classes of a number."""
        source, = sources
        limits, numbers = classes.limits(raw.get("graenser")), source.scale
        if numbers.type != "antal":
            raise self.reader.stop(raw[LINE], f"{source.id} er ikke et antal, så det kan ikke deles i klasser.")
        if not limits or limits[0] <= numbers.low or limits[-1] > numbers.high:
            raise self.reader.stop(raw[LINE], f"'graenser' er {raw.get('graenser')!r}; der skal stå tal i stigende "
                                              f"orden over {numbers.low} og højst {numbers.high}, for eksempel "
                                              "[18, 35, 60].")
        offered = Scale(item.id, "ordinal", classes.labels(limits), dont_know=source.allows_dont_know)
        return self.made(item, offered, Derived((source.id,), Classed(limits), f"»{source.topic}« i klasser"))

    def combined(self, item: Item, raw: dict[str, Any], sources: list[Item]) -> Item:
        """Sum or mean of numbers, or of what the answers of one ordered scale count: 1, 2, ... in its order."""
        line, way = raw[LINE], self.way(raw)
        scores = self.scores(raw, sources, way)
        least = self.reader.get(raw, "mindst_svar", int, len(sources))
        if isinstance(least, bool) or not 1 <= least <= len(sources):
            raise self.reader.stop(line, f"'mindst_svar' er {least!r}; der skal stå et tal fra 1 til {len(sources)}.")
        if least < len(sources) and any(one.only_if != sources[0].only_if for one in sources):
            raise self.reader.stop(line, "'mindst_svar' kan ikke bruges, når spørgsmålene ikke stilles til de samme "
                                         "(kun_hvis).")
        ends = [(one.scale.low, one.scale.high) if not points else (1, len(points))
                for one, points in zip(sources, scores, strict=True)]
        lows, highs = zip(*ends, strict=True)
        mean, few = way == "middel", least < len(sources)
        low, high = (min(lows), max(highs)) if mean else (
            sum(min(end, 0) if few else end for end in lows), sum(max(end, 0) if few else end for end in highs))
        if max(-low, high) > LARGEST:
            raise self.reader.stop(line, "tallene er for store til at lægges sammen.")
        places = MOST_DECIMALS if mean else max(one.scale.decimals for one in sources)
        units = {one.scale.unit for one in sources}
        offered = Scale(item.id, "antal", low=low, high=high, decimals=places, unit=units.pop() if len(units) == 1
                        else "", dont_know=any(one.allows_dont_know for one in sources))
        some = f", hvor mindst {least} af dem er svaret" if few else ""
        back = [one.topic for one in sources if one.id in raw.get("vendt", [])]
        words = (f"{COMBINED[way]} af {listed(f'»{one.topic}«' for one in sources)}{some}"
                 + (f"; {listed(f'»{topic}«' for topic in back)} vendt" if back else ""))
        return self.made(item, offered, Derived(tuple(one.id for one in sources), Combined(mean, least, scores), words))

    def scores(self, raw: dict[str, Any], sources: list[Item], way: str) -> tuple[dict[str, int], ...]:
        """What the answers of each source count; nothing of numbers, which are as they are."""
        first, back = sources[0].scale, self.reader.get(raw, "vendt", list, [])
        for one in sources:
            if one.scale.type not in ("antal", "ordinal") or one.scale.type != first.type or (
                    one.scale.answers != first.answers):
                raise self.reader.stop(raw[LINE], f"{sources[0].id} og {one.id} kan ikke indgå i samme {way}. Det kan "
                                                  "antal, og svar på én og samme ordnede skala (type: ordinal).")
        for name in back:
            self.reader.known(raw[LINE], "spørgsmål i 'vendt'", name,
                              [one.id for one in sources if first.type == "ordinal"])
        codes = list(first.answers)
        return tuple({code: place for place, code in enumerate(codes[::-1] if one.id in back else codes, 1)}
                     for one in sources)


def _with_implied(reader: Reader, items: Mapping[str, Item], taken: Mapping[str, str]) -> dict[str, Item]:
    """The items that are asked, each before what is shown of it in its place."""
    found: dict[str, Item] = {}
    lines = {raw["id"]: raw[LINE] for raw in reader.content["spoergsmaal"]}
    for name, item in items.items():
        implied = KINDS[item.scale.type].implied
        found[name] = item
        for one in implied(item) if implied else ():
            if one.id in items or one.id in taken:
                raise reader.stop(lines[name], f"'{one.id}' hedder det, der vises af {name}. Giv det andet et andet "
                                               "id.")
            found[one.id] = one
    return found


def _all(conditions: Iterable[Condition | None]) -> Condition | None:
    """The condition that all of these hold; None where nothing is demanded."""
    some = list(dict.fromkeys(one for one in conditions if one is not None))
    return Joined(AND, tuple(some)) if len(some) > 1 else next(iter(some), None)
