"""How the sample was drawn, and what is known of the population: what a questionnaire says of its weights."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from civsam.danish import number
from civsam.files import LINE, UserError

Stop = Callable[[Any, str], UserError]  # of a line and what is wrong there
KINDS = ("JK1", "JKn", "BRR", "Fay", "bootstrap")  # of replicate weights
LONELY = ("certainty", "adjust", "average")  # what a stratum with a single cluster may add
FEW = 1e-3  # of a population: totals of several margins that differ by less are rounded
SHARES = {"andele": 1.0, "procent": 100.0}  # what they add up to
ROUNDED = 0.005  # how far, relative to that, since published shares are rounded


@dataclass(frozen=True)
class Sample:
    """The columns of the answer file or frame that tell the design; several strata or clusters are stages, in order.

    replicates: names, or how they begin, or a regular expression. kind, rho, scale, rscales and mse: what the producer
    of replicate weights states of them. lonely: one of `LONELY`; blank to refuse a stratum with a single cluster.
    nested: whether clusters are numbered anew in each stratum.
    """

    weight: str = ""
    strata: tuple[str, ...] = ()
    cluster: tuple[str, ...] = ()
    population: tuple[str, ...] = ()
    replicates: tuple[str, ...] | str = ()
    kind: str = ""
    rho: float = 0.0
    scale: float | None = None
    rscales: tuple[float, ...] | None = None
    mse: bool = False
    lonely: str = ""
    nested: bool = False

    @property
    def numbers(self) -> list[str]:
        """The named columns that hold numbers; replicate weights that are told by a pattern are not among them."""
        return [name for name in (self.weight, *self.population, *self._listed) if name]

    @property
    def fixed(self) -> list[str]:
        """All columns that are named, each once."""
        return list(dict.fromkeys([*self.numbers, *self.strata, *self.cluster]))

    @property
    def _listed(self) -> tuple[str, ...]:
        return () if isinstance(self.replicates, str) else self.replicates

    def is_replicate(self, name: str) -> bool:
        """Whether a column of this name holds replicate weights."""
        if not isinstance(self.replicates, str):
            return name in self.replicates
        fits = False
        with suppress(re.error):
            fits = bool(re.fullmatch(self.replicates, name))
        return name not in self.fixed and (fits or name.startswith(self.replicates))

    def is_number(self, name: str) -> bool:
        """Whether a column of this name holds numbers."""
        return name in self.numbers or self.is_replicate(name)

    def of(self, names: Iterable[str]) -> list[str]:
        """Those of these columns that belong to the design."""
        return [name for name in names if name in self.fixed or self.is_replicate(name)]


@dataclass(frozen=True)
class Margins:
    """What is known of the population: the share of each code of each background variable, and its size if told.

    shares: by variable and code; each variable's add up to 1. told: how each was given, in words.
    """

    shares: Mapping[str, Mapping[str, float]]
    size: float | None
    told: Mapping[str, str]

    def only(self, names: Iterable[str]) -> Margins | None:
        """Those of these variables; None for none."""
        shares = {name: self.shares[name] for name in names}
        return replace(self, shares=shares) if shares else None


BACKGROUND = "en baggrundsvariabel"
OF_WEIGHTING = ("svargrupper", "margener", "klynge")
ALLOWED = ("vaegt", "strata", "klynge", "antal", "replikater", "type", "rho", "skala", "rskalaer", "mse", "enlig",
           "indlejret")


def sample(content: Mapping[str, Any], taken: Mapping[str, str], cluster: str, stop: Stop) -> Sample | None:
    """What stands under `stikproeve` in a questionnaire.

    taken: names that no column of the design may have, and what they are. cluster: the one that is told under
    `vaegtning`. Raises UserError, with line, for what cannot be so.
    """
    raw = content.get("stikproeve")
    if raw is None:
        return None
    if not isinstance(raw, dict):
        raise stop(content[LINE], f"'stikproeve' er {raw!r}; der skal stå navne på kolonner, for eksempel "
                                  "stikproeve: {vaegt: w, strata: lag, klynge: skole}.")
    line = raw[LINE]
    for key in raw:
        if key not in (*ALLOWED, LINE):
            raise stop(line, f"ukendt nøgle '{key}' under stikproeve.{_near(str(key), ALLOWED)} Kendte: "
                             f"{', '.join(ALLOWED)}.")
    part = _Parts(raw, line, stop)
    weight = part.names("vaegt")
    if len(weight) > 1:
        raise stop(line, "'vaegt' er flere navne; der er kun én vægt. Er det replikatvægte, står de under replikater.")
    replicates = raw.get("replikater")
    found = Sample("".join(weight), part.names("strata"), part.names("klynge"), part.names("antal"),
                   replicates if isinstance(replicates, str) else part.names("replikater"),
                   part.one_of("type", KINDS), part.number("rho") or 0.0, part.number("skala"), part.rscales(),
                   part.yes("mse"), part.one_of("enlig", LONELY), part.yes("indlejret"))
    if cluster and found.cluster and found.cluster[0] != cluster:
        raise stop(line, f"klyngen er {cluster} under vaegtning og {found.cluster[0]} under stikproeve. Slet den ene.")
    if cluster and not found.cluster:
        found = replace(found, cluster=(cluster,))
    _together(found, raw, line, taken, stop)
    return found


@dataclass(frozen=True)
class _Parts:
    """Reads one part of `stikproeve` at a time; each fault has its line."""

    raw: Mapping[str, Any]
    line: int
    stop: Stop

    def names(self, key: str) -> tuple[str, ...]:
        """One name, or a list of them."""
        given = self.raw.get(key, [])
        names = given if isinstance(given, list) else [given]
        for name in names:
            if not isinstance(name, str) or not name.strip():
                raise self.stop(self.line, f"'{key}' er {given!r}; der skal stå navnet på en kolonne, eller en liste "
                                           "af navne.")
        return tuple(names)

    def one_of(self, key: str, allowed: tuple[str, ...]) -> str:
        given = self.raw.get(key, "")
        if key in self.raw and given not in allowed:
            raise self.stop(self.line, f"'{key}' er {given!r}. Kendte: {', '.join(allowed)}.")
        return given

    def number(self, key: str) -> float | None:
        given = self.raw.get(key)
        if key in self.raw and not _is_number(given):
            raise self.stop(self.line, f"'{key}' er {given!r}; der skal stå et tal fra 0 og op.")
        return None if given is None else float(given)

    def rscales(self) -> tuple[float, ...] | None:
        given = self.raw.get("rskalaer")
        if given is None:
            return None
        if not isinstance(given, list) or not all(map(_is_number, given)):
            raise self.stop(self.line, "'rskalaer' skal være en liste af tal fra 0 og op, ét for hver replikat.")
        return tuple(map(float, given))

    def yes(self, key: str) -> bool:
        given = self.raw.get(key, False)
        if given not in ("ja", "nej", True, False) or _is_number(given):
            raise self.stop(self.line, f"'{key}' er {given!r}; der skal stå ja eller nej.")
        return given in ("ja", True)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < float("inf")


def _together(found: Sample, raw: Mapping[str, Any], line: int, taken: Mapping[str, str], stop: Stop) -> None:
    """Raise UserError for parts that do not fit one another, or the rest of the questionnaire."""
    if not (found.fixed or found.replicates):
        raise stop(line, "'stikproeve' nævner ingen kolonner. Udelad den, eller skriv for eksempel vaegt: w.")
    uses = [(key, name) for key, names in (("vaegt", [found.weight] if found.weight else []), ("strata", found.strata),
            ("klynge", found.cluster), ("antal", found.population), ("replikater", found._listed)) for name in names]
    for place, (key, name) in enumerate(uses):
        if name in taken and not (key in ("strata", "klynge") and taken[name] == BACKGROUND):
            raise stop(line, f"kolonnen {name} er både {taken[name]} og {key} under stikproeve. Giv en af dem et "
                             "andet navn.")
        if again := next((other for other, same in uses[:place] if same == name), ""):
            raise stop(line, f"kolonnen {name} er både {again} og {key} under stikproeve. En kolonne er én ting.")
    if twice := next((name for name in taken if found.is_replicate(name)), ""):
        raise stop(line, f"replikater: »{found.replicates}« passer også på {twice}, som er {taken[twice]}.")
    _replicates(found, raw, line, stop)
    if found.nested and not (found.strata and found.cluster):
        raise stop(line, "'indlejret' gælder klynger, der er nummereret forfra i hvert stratum; skriv både strata og "
                         "klynge.")
    if found.nested and (odd := next((name for name in found.cluster if name in taken), "")):
        raise stop(line, f"klyngen {odd} er nummereret forfra i hvert stratum og kan ikke også være {taken[odd]}.")
    if found.lonely and (found.replicates or not (found.strata or found.cluster)):
        raise stop(line, "'enlig' gælder strata med én klynge, og her er der "
                         f"{'replikatvægte, som bærer usikkerheden' if found.replicates else 'ingen strata'}. "
                         "Udelad den.")


def _replicates(found: Sample, raw: Mapping[str, Any], line: int, stop: Stop) -> None:
    """Raise UserError for replicate weights of which it is not told how they were made, and for the other way round."""
    if not found.replicates:
        if odd := next((key for key in ("type", "rho", "skala", "rskalaer", "mse") if key in raw), ""):
            raise stop(line, f"'{odd}' er om replikatvægte, og her er ingen. Skriv deres navne under replikater.")
        return
    if not found.kind:
        raise stop(line, f"replikatvægte: skriv type, hvordan de er lavet: {', '.join(KINDS)}. Det står i "
                         "dokumentationen til data.")
    if not found.weight:
        raise stop(line, "replikatvægte: skriv også vaegt, den vægt, som tallene selv regnes med.")
    if found.kind == "Fay" and not 0 < found.rho < 1:
        raise stop(line, "replikatvægte af typen Fay skal have rho, et tal mellem 0 og 1, som producenten angiver.")
    if found.kind != "Fay" and "rho" in raw:
        raise stop(line, f"'rho' gælder typen Fay, ikke {found.kind}.")
    if found.kind == "JKn" and found.rscales is None:
        raise stop(line, "replikatvægte af typen JKn skal have rskalaer: (m - 1) / m for hver replikat, hvor m er "
                         "klyngerne i det stratum, som den udelader en klynge af.")


# ---- Margins ---------------------------------------------------------------------------------------------------------


def margins(content: Mapping[str, Any], weighting: Mapping[str, Any], variables: Mapping[str, Any],
            stop: Stop) -> Margins | None:
    """Margins that are given as numbers: shares, percentages or totals of each code of each background variable.

    They stand under `vaegtning` or for themselves; None where there are none, or names alone. variables: with `labels`
    and `missing`. Raises UserError, with line, for a variable or code that is unknown or left out, for what are no
    numbers, and where they do not add up.
    """
    if odd := [key for key in weighting if key not in (*OF_WEIGHTING, LINE)]:
        raise stop(weighting[LINE], f"ukendt nøgle '{odd[0]}' under vaegtning.{_near(str(odd[0]), OF_WEIGHTING)} "
                                    f"Kendte: {', '.join(OF_WEIGHTING)}.")
    given = weighting.get("margener", content.get("margener"))
    if "margener" in content and ("margener" in weighting or not isinstance(given, dict)):
        raise stop(content[LINE], "'margener' står både for sig og under vaegtning. Slet den ene." if "margener" in
                   weighting else "'margener' skal her være et tal for hver kode, for eksempel margener: {koen: "
                                  "{k: 0.5, m: 0.5}}.")
    if not isinstance(given, dict):
        return None
    line, given = given[LINE], {name: numbers for name, numbers in given.items() if name != LINE}
    if not given:
        raise stop(line, "'margener' er tom. Udelad den, eller skriv tal for en baggrundsvariabel.")
    return _margins(given, line, variables, stop)


def _margins(given: Mapping[str, Any], line: int, variables: Mapping[str, Any], stop: Stop) -> Margins:
    shares, told = {}, {}
    sizes: dict[str, float] = {}
    for name, numbers in given.items():
        if name not in variables:
            raise stop(line, f"margener: '{name}' er ikke en baggrundsvariabel.{_near(str(name), variables)} Kendte: "
                             f"{', '.join(variables)}.")
        labels = variables[name].labels
        if not isinstance(numbers, dict):
            raise stop(line, f"margener: '{name}' er {numbers!r}; der skal stå et tal for hver kode, for eksempel "
                             f"{name}: {{{', '.join(f'{code}: 0.5' for code in list(labels)[:2])}}}.")
        where = numbers.get(LINE, line)
        cells = {str(code): value for code, value in numbers.items() if code != LINE}
        _codes(name, cells, labels, variables[name].missing, where, stop)
        total = float(sum(cells.values()))
        kind = next((kind for kind, whole in SHARES.items() if abs(total / whole - 1) <= ROUNDED), "antal")
        if kind == "antal" and total < 2:
            raise stop(where, f"margener: andelene for {name} giver {_told(total)} tilsammen, og skal give 1.")
        shares[name] = {code: value / total for code, value in cells.items()}
        told[name] = kind if kind != "antal" else f"antal, {_told(total)} i alt"
        sizes |= {name: total} if kind == "antal" else {}
    if sizes and max(sizes.values()) > min(sizes.values()) * (1 + FEW):
        raise stop(line, "margenerne er ikke af samme befolkning: " + ", ".join(
            f"{name} giver {_told(total)}" for name, total in sizes.items()) + ". Ret tallene, eller skriv andele.")
    return Margins(shares, next(iter(sizes.values()), None), told)


def _codes(name: str, cells: Mapping[str, Any], labels: Mapping[str, str], missing: str, line: int, stop: Stop) -> None:
    for code, value in cells.items():
        if code not in labels:
            raise stop(line, f"margener: '{code}' er ikke en kode i {name}.{_near(code, labels)} Kendte: "
                             f"{', '.join(labels)}.")
        if not _is_number(value):
            raise stop(line, f"margener: tallet for {name} {code} er {value!r}; der skal stå et tal fra 0 og op.")
    if lacks := [code for code in labels if code not in cells and code != missing]:
        raise stop(line, f"margener: {name} har intet tal for {', '.join(lacks)}. Skriv et for hver kode; 0, hvis "
                         "ingen i befolkningen har den.")
    if not sum(cells.values()):
        raise stop(line, f"margener: alle tal for {name} er 0.")


def _near(text: str, options: Iterable[str]) -> str:
    found = get_close_matches(text, list(options), n=1)
    return f" Mente du '{found[0]}'?" if found else ""


def _told(total: float) -> str:
    return number(total, 0 if float(total).is_integer() else 3)
