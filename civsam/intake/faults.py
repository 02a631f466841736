"""What is wrong with an answer file: each fault with what is allowed and the remedy, and the report of them all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from civsam import danish
from civsam.files import UserError, shown, visible
from civsam.instrument import dates, ranking
from civsam.instrument.allowed import nearest
from civsam.instrument.questionnaire import DONT_KNOW, NONE, Item
from civsam.instrument.words import joined, plain
from civsam.intake import export
from civsam.intake.coding import UNREAD, Spelling, whole_number
from civsam.intake.table import THOUSANDS

FAULT_COLUMNS = ["fil", "raekke", "kolonne", "vaerdi", "fejl", "tilladt", "rettelse"]
SHOWN = 50  # lines in a printed report
USE_MAP = "lav et kort over filen (civsam check --suggest)"
ALIKE = 5  # values, rows and columns that a line names; and values of one kind that have a line each
VARYING = re.compile(r":? »[^«]*«| \d[\d.]*")  # in a fault, what is particular to one value
SUGGESTED = 200  # misspelt cells in a column for which the nearest is looked up: that takes time


@dataclass(frozen=True)
class Fault:
    """What is wrong with a cell, what may stand there, and what to do about it."""

    column: str
    value: str
    fault: str
    allowed: str
    remedy: str


DATE = re.compile(
    r"\d{4}-\d\d-\d\d([ T].*)?|\d{1,2}[-./]\d{1,2}[-./](\d{2}|\d{4})|\d\d:\d\d(:\d\d)?"
    r"|\d{1,2}[-. ]+(jan|feb|mar|apr|maj|may|jun|jul|aug|sep|okt|oct|nov|dec)[a-z]*\.?"
    r"|(jan|feb|mar|apr|maj|may|jun|jul|aug|sep|okt|oct|nov|dec)[a-z]*[-. ]+\d{1,4}", re.IGNORECASE)


# What UTF-8 looks like when it is read as Windows-1252: æ is Ã¦
TWICE = re.compile("Ã[\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|â€|Â[\u00a0-\u00bf]|\ufffd")
WORDS = frozenset(("true", "false", "sand", "falsk", "t", "f", "y", "n", "yes", "no"))  # of true and false, yes and no
NOTHING = frozenset(("na", "n/a", "#n/a", "nan", "null", "none", "<na>", ".", "-", "--"))  # what programs write for it
FROM_SHEET = re.compile(r"\s*(#[A-ZÆØÅ/0-9]+[!?]|#N/A|#I/T|=[A-ZÆØÅ]+\(.*\))\s*")
TOTAL = re.compile(r"(i alt|ialt|total(t|en|er)?|sum|hovedtotal|grand total|subtotal|gennemsnit|middelværdi|mean|"
                   r"average)\W*(n?\W*\d+\W*)?")

ODD = re.compile(r"\s*([=#]|i ?alt|total|sum|hoved|grand|subtotal|gennemsnit|middel|mean|average)|.*[ÃÂâ\ufffd]",
                 re.IGNORECASE | re.DOTALL)  # what begins as one of the above may; a million keys are looked at


def damaged(cell: str) -> tuple[str, str] | None:
    """What a spreadsheet or a wrong encoding has made of a cell, and the remedy; None if neither."""
    text = cell.strip()
    if DATE.fullmatch(text):
        return ("en dato, ikke et svar: regnearket kan have lavet for eksempel 3-5 om til en dato",
                "Formatér kolonnen som tekst, og skriv svaret igen.")
    return spoilt(cell)


def spoilt(cell: str) -> tuple[str, str] | None:
    """The same, but for dates, which may well be meant where the cell is no answer to choose."""
    text = cell.strip()
    if text.startswith("="):
        return "en formel, ikke et svar", "Indsæt resultatet som værdi (Indsæt speciel, Værdier)."
    if re.fullmatch(r"#[A-ZÆØÅ/0-9]+[!?]?", text):
        return "en fejlværdi fra regnearket", "Ret formlen, og indsæt resultatet som værdi, eller tøm cellen."
    if TWICE.search(text):
        return ("forkert tegnsæt: æ, ø og å er gået tabt",
                "Hent svarene igen, og gem dem som CSV UTF-8 eller .xlsx.")
    return None


def pattern(cell: str) -> tuple[str, str] | None:
    """What a program has written for nothing, or for true and false, and the remedy; None if neither."""
    if plain(cell) in NOTHING:
        return ("sådan skriver et program et tomt felt",
                f"Tøm cellerne, gem filen igen med tomme felter (i R: na = \"\"), eller {USE_MAP}.")
    if plain(cell) in WORDS:
        return ("sådan skriver et program sandt og falsk eller ja og nej, og det er ikke et af svarene",
                f"Erstat det med svarets kode eller tekst, eller {USE_MAP}.")
    return None


def explain(
    item: Item, cell: str, answer: str, dont_know: str, suggest: bool, given: Mapping[str, str]
) -> tuple[str, str]:
    """What is wrong with an invalid cell, and the remedy. answer: what `coding.coded` made of it, with given."""
    if item.scale.type == "tekst":
        return "fri tekst kan ikke besvares med ved ikke", "Lad cellen være tom."
    if item.scale.type == "dato" and not pattern(cell) and (
            item.allows_dont_know or plain(cell) not in (DONT_KNOW, plain(dont_know))):
        return _explain_date(item, cell, answer)
    harm = damaged(cell) or pattern(cell)
    if harm:
        return harm
    if not item.allows_dont_know and plain(cell) in (DONT_KNOW, plain(dont_know)):
        return f"»{dont_know}« kan ikke svares på dette spørgsmål", "Tøm cellen, eller tilbyd det i spørgeskemaet."
    if item.scale.type == "antal":
        return _explain_count(item, cell, answer)
    if item.scale.type == "rangordning" and not answer.startswith(UNREAD):
        return _explain_order(item, answer.split(" "))
    spelling = Spelling.of(item.scale.answers, dont_know if item.allows_dont_know else None, given)
    known = spelling.codes | spelling.labels
    parts = spelling.split(cell)
    strange = [text for text in parts if text not in known]
    if not strange and len(parts) > 1:
        return _explain_several(item, [known[text] for text in parts])
    if len(parts) == 1 and "," in parts[0] and parts[0] not in known and len(joined(
            parts[0].split(","), known, parts[0].count(",") + 1)) > 1:
        return "kan læses på mere end én måde, fordi en svartekst rummer komma", "Sæt semikolon mellem svarene."
    if not strange:
        return ("en etiket i filen, som ikke er en svartekst, og etiketter læses aldrig som koder",
                "Giv værdien svarteksten som etiket, eller fjern etiketterne.")
    options = [*item.scale.answers.values(), *item.scale.answers, *[dont_know] * item.allows_dont_know]
    hint = nearest(strange[0], options) if suggest else ""
    which = f"»{visible(strange[0])}« er ukendt" if len(parts) > 1 else "et ukendt svar"
    if whole_number(strange[0]) is not None and not item.scale.numbered:
        return (f"{which}: et tal, hvor der skal stå et svar",
                f"Erstat tallet med svarets kode eller tekst, eller {USE_MAP}.")
    return which, hint or "Skriv en af koderne eller svarteksterne, eller tøm cellen."


def _explain_count(item: Item, cell: str, answer: str) -> tuple[str, str]:
    scale, text = item.scale, cell.strip()
    if not answer.startswith(UNREAD) or re.fullmatch(r"-?[0-9]{19,}", text):
        return ("tallet er uden for det tilladte", f"Ret det til et tal fra {scale.low} til {scale.high}.")
    if THOUSANDS.fullmatch(text):
        bare = re.sub("[.,]", "", text)
        return ("et flertydigt tal: punktum eller komma kan skille tusinder eller decimaler",
                f"Skriv {bare}, hvis det er tusinder.")
    if text.endswith(f" {DONT_KNOW}"):
        return "både et tal og ved ikke", "Behold det ene svar."
    if scale.decimals and re.fullmatch(r"-?[0-9]+[.,][0-9]+", text):
        most = amount(scale.decimals, "decimal", "decimaler")
        return f"et tal med flere end {most}", f"Afrund det til {most}."
    if re.fullmatch(r"-?[0-9]+[.,][0-9]+", text):
        return ("et decimaltal, hvor der skal stå et helt tal",
                "Ret det til et helt tal, eller giv skalaen »decimaler« i spørgeskemaet.")
    return "tekst, hvor der skal stå et tal", "Skriv kun tallet, uden enhed og mellemrum, eller tøm cellen."


def _explain_date(item: Item, cell: str, answer: str) -> tuple[str, str]:
    write = "Skriv år-måned-dag (2015-03-01) eller dag.måned.år (1.3.2015)."
    if not answer.startswith(UNREAD):
        return "datoen er uden for det tilladte", f"Ret den til en {dates.span(item.scale)}."
    if cell.strip().endswith(f" {DONT_KNOW}"):
        return "både en dato og ved ikke", "Behold det ene."
    if dates.parsed(cell):
        return "kolonnen ser ud til at have måned før dag (amerikansk)", write
    if re.fullmatch(r"[0-9]{5}([.,][0-9]+)?", cell.strip()):
        return "et tal: Excels nummer på en dag", "Giv cellerne format som dato i Excel, og gem igen."
    if re.fullmatch(r"[0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{2}", cell.strip()):
        return "et årstal med to cifre, som kan læses på flere måder", "Skriv årstallet med fire cifre."
    return "ikke en dato, der findes", write


def _explain_order(item: Item, codes: list[str]) -> tuple[str, str]:
    if DONT_KNOW in codes:
        return "både en rækkefølge og ved ikke", "Behold det ene."
    if len({*codes}) < len(codes):
        return "samme svar står to gange", "Fjern det ene."
    return f"{len(codes)} svar er rangordnet", f"Rangordn {ranking.amount(item.scale)}."


def _explain_several(item: Item, codes: list[str]) -> tuple[str, str]:
    if item.scale.type != "flere":
        return f"{len(codes)} svar, hvor der kun må gives ét", "Behold det ene svar."
    if len(set(codes)) < len(codes):
        return "samme svar står to gange", "Fjern det ene."
    return "svarene udelukker hinanden", f"»{NONE}« og »{DONT_KNOW}« kan ikke stå sammen med andre svar."


def report(faults: pd.DataFrame, limit: int = SHOWN) -> str:
    """The faults as lines of text: what is the same is told once, with a count and the first rows.

    The same value with the same fault is one line, in however many columns it stands. Of more than `ALIKE` values of a
    column with one kind of fault, the rest are one line. At most `limit` lines.
    """
    if faults.empty:
        return "0 fejl."
    rows = faults["raekke"].nunique()
    kinds = _groups(faults)
    where = f" i {amount(rows, 'række', 'rækker')}" if rows else ""
    sorts = f", af {len(kinds)} slags" if 1 < len(kinds) < len(faults) else ""
    lines = [f"{amount(len(faults), 'fejl', 'fejl')}{where}{sorts}."]
    lines += [f"  {_told(those)}" for those in kinds[:limit]]
    if len(kinds) > limit:
        rest = sum(map(len, kinds[limit:]))
        lines.append(f"  ... og {amount(rest, 'fejl mere', 'fejl mere')}, af {len(kinds) - limit} andre slags.")
    return "\n".join([*lines, "Kontrollér filen igen, når det er rettet: en fejl kan have skjult en anden."])


def _groups(faults: pd.DataFrame) -> list[pd.DataFrame]:
    """The faults, parted into those that are told together, in the order of the first of each."""
    names = [name for name in FAULT_COLUMNS if name != "raekke"]
    kind = faults.groupby(names, sort=False, observed=True).ngroup()
    texts = faults.loc[~kind.duplicated(), ["raekke", *names]].astype(dict.fromkeys(names, "str"))
    value = texts["vaerdi"] + "\n" + texts["fejl"] + "\n" + texts["rettelse"]
    whole = texts["raekke"].isna() | (texts["vaerdi"] == "")
    value = value.where(~whole, value + "\n" + texts["kolonne"])
    sort = texts["kolonne"] + "\n" + texts["fejl"].str.replace(VARYING, "", regex=True)
    new = ~value.duplicated()
    which = pd.Series(sort[new].groupby(sort[new]).cumcount().to_numpy(), index=value[new])  # of its sort
    told = value.where((value.map(which) < ALIKE) | whole, sort)
    return [those for _, those in faults.groupby(kind.map(pd.Series(told.to_numpy())), sort=False)]


def _told(those: pd.DataFrame) -> str:
    """One line about faults that are told together."""
    first = those.iloc[0]
    names, values, remedies = (those[name].astype("str").unique() for name in ("kolonne", "vaerdi", "rettelse"))
    several = len(values) > 1
    others = f" og {len(names) - ALIKE} andre" if len(names) > ALIKE else ""
    columns = ", ".join(map(visible, names[:ALIKE])) + others
    place = f"{'kolonne' if len(names) == 1 else 'kolonnerne'} {columns}"
    cells = ", ".join(f"»{_short(value)}«" for value in values[:ALIKE] if value)
    what = f"{danish.number(len(values))} andre værdier, blandt andet {cells}" if several else cells
    if len(those) == 1:
        place = place if pd.isna(first["raekke"]) else f"række {first['raekke']}, {place}"
    elif not those["raekke"].isna().all():
        numbers = those["raekke"].dropna().unique()
        where = f"(række {danish.first_of(numbers, ALIKE)})"
        what += f"{', ' if what else ''}{danish.number(len(those))} gange {where}"
    fault = first["fejl"] if not several or those["fejl"].nunique() == 1 else VARYING.sub("", str(first["fejl"]))
    may = those["tilladt"].unique()
    allows = f" Tilladt: {_short(may[0], 400)}." if len(may) == 1 and may[0] else ""
    remedy = remedies[0] if len(remedies) == 1 else "Se hver af dem i fejllisten (--report)."
    return f"{place}{', ' if what else ''}{what}: {fault}.{allows} {remedy}"


def amount(number: int, one: str, many: str) -> str:
    """A number and its noun: 1 fejl, 12 rækker."""
    return f"{danish.number(number)} {one if number == 1 else many}"


def _short(text: str, limit: int = 60) -> str:
    text = visible(text)
    return text if len(text) <= limit else text[:limit] + "..."


def write_report(faults: pd.DataFrame, path: Path) -> None:
    """Write all faults as CSV that Danish Excel opens: semicolon, UTF-8 with BOM. No cell can run as a formula.

    Raises UserError for a file that is there already, unless it is such a report, and a folder that is not.
    """
    if path.exists() and not path.read_bytes().startswith(";".join(FAULT_COLUMNS).encode("utf-8-sig")):
        raise UserError(f"{shown(path)}: filen findes allerede og er ikke en fejlliste. Vælg et andet navn.")
    if not path.parent.is_dir():
        raise UserError(f"{shown(path.parent)}: mappen findes ikke. Opret den først.")
    safe = faults.assign(**{name: faults[name].astype(str).map(export.guard)
                            for name in FAULT_COLUMNS if name != "raekke"})
    safe.to_csv(path, sep=";", index=False, encoding="utf-8-sig", lineterminator="\r\n")


def write_rejected(rejected: pd.DataFrame, path: Path) -> None:
    """Write the rejected rows as they stood, under the file's own column names: semicolon, UTF-8 with BOM.

    The cells are unchanged, so that the file can be mended and read again; open it only if you trust the answers.
    """
    rejected.to_csv(path, sep=";", index=False, encoding="utf-8-sig", lineterminator="\r\n")
