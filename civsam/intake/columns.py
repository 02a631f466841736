"""Which column of an answer file is what: questions, split questions, keys, background; unknown and missing ones."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from civsam.files import visible
from civsam.instrument.allowed import nearest
from civsam.instrument.kinds import KINDS
from civsam.instrument.questionnaire import DONT_KNOW, Questionnaire
from civsam.instrument.webform import YOU_TITLE
from civsam.instrument.words import plain
from civsam.instrument.xlsform import YOU
from civsam.intake import export, programs
from civsam.intake.answer_file import KEY, AnswerFile, Role
from civsam.intake.coding import TICKS, Spelling
from civsam.intake.faults import Fault
from civsam.intake.mapping import Map
from civsam.intake.table import Table

# How programs write the column of one answer among several: after a sign, in brackets, or before what is asked
PAIRS = tuple(map(re.compile, (r"(?P<whole>.+)\[(?P<part>[^\[]+)\]", r"(?P<whole>.+?)___(?P<part>.+)",
                               r"(?P<whole>.+) \(choice=(?P<part>.+)\)", r"\[(?P<part>[^\]]+)\](?P<whole>.+)")))
SIGNS = ("/", "-", "–", ":")
LONGEST = 2000  # letters of a name: each sign in it is a way to read it
ADDED = " - selected choice"  # what Qualtrics writes after a question with more than one column
GROUPS = ("indledning", YOU, YOU_TITLE)  # of the form, besides those of the blocks
WEIGHT = re.compile(r"w|wt|pw|wgt|.*(vægt|vaegt|weight|wgt)(e|s|en)?\d*|wt[a-z]*\d+(yr)?", re.IGNORECASE)
PLACES = tuple(map(str, range(2, 50)))  # in a ranking
RANDOM_KEY = "noegle"  # the column of random respondent keys, in a frame and in what the forms give


def pairs(text: str) -> list[tuple[str, str]]:
    """All ways to read a plain name as a question and one part of it; none for one longer than anybody writes."""
    if len(text) > LONGEST:
        return []
    found = [(match["whole"], match["part"]) for pattern in PAIRS if (match := pattern.fullmatch(text))]
    found += [(text[:at], text[at + 1:]) for at, sign in enumerate(text) if sign in SIGNS]
    return [(whole.strip(), part.strip()) for whole, part in found]


class Columns:
    """Which column is what: items, split items (a column an answer), the key, background and frame variables.

    A role is (item,), (item, code), (KEY, name) or ("", variable). Of a count the code is that of 'ved ikke'.
    """

    def __init__(self, questionnaire: Questionnaire, frame: pd.DataFrame | None, given: Map | None = None) -> None:
        """frame: its columns may stand in the file, and must then agree with it. given: what the user says they are."""
        self.sample = questionnaire.sample
        others = [*questionnaire.background, questionnaire.weighting.cluster] if frame is None else list(frame.columns)
        others += self.sample.fixed if self.sample else []
        self.derived = {plain(name) for name in questionnaire.derived}
        questionnaire = questionnaire.collected
        items, self.dont_know = questionnaire.items, questionnaire.dont_know
        wordings = [plain(item.wording) for item in items.values()]
        roles: dict[str, tuple[str, ...]] = {
            wording: (name,) for wording, name in zip(wordings, items, strict=True) if wordings.count(wording) == 1}
        roles |= {f"{plain(name)}_{DONT_KNOW}": (name, DONT_KNOW)
                  for name, item in items.items() if KINDS[item.scale.type].apart and item.allows_dont_know}
        roles |= {plain(f"{name}_plads_{place}"): (name, str(place)) for name, item in items.items()
                  if item.scale.type == "rangordning" for place in range(1, len(item.scale.answers) + 1)}
        for suffix in export.LIMITS:
            roles |= {plain(column): role if role[1] else role[:1]
                      for column, role in export.columns(questionnaire, suffix).items()}
        roles |= {plain(name): ("", name) for name in others if name}
        roles |= {plain(name): (KEY, name) for name in (questionnaire.key, RANDOM_KEY)}
        self.items, self.roles = items, roles | {plain(name): (name,) for name in items}
        self.targets: dict[str, Role] = {name: (name,) for name in items}
        self.targets |= {f"{name}/{code}": (name, code) for name, item in items.items()
                         if KINDS[item.scale.type].parts for code in item.codes}
        self.targets |= {f"{name}_{DONT_KNOW}": (name, DONT_KNOW) for name, item in items.items()
                         if KINDS[item.scale.type].apart and item.allows_dont_know}
        self.targets |= {name: ("", name) for name in others if name}
        self.targets |= {name: (KEY, name) for name in (questionnaire.key, RANDOM_KEY)}
        self.given = {} if given is None else given.roles
        blocks = [name for pair in questionnaire.blocks.items() for name in (f"blok_{pair[0]}", *pair)]
        self.groups = [plain(name) for name in (*GROUPS, *blocks)]

    def known(self, header: list[str]) -> int:
        """How many of these column names are recognised."""
        return sum(self.role(name) is not None for name in header)

    def role(self, name: str) -> tuple[str, ...] | None:
        """What a column of this name holds; None for an unknown name.

        The form's own groups before the name, as ODK and Kobo write them, are passed over: block/item, block-item,
        block/item/code. LimeSurvey's item[code] and REDCap's item___code are read as item/code. Any other name before
        it may say that the column holds something else.
        """
        text = plain(name)
        if text in self.given:
            return self.targets.get(self.given[text])
        role = self._grouped(text) or self._grouped(text.removesuffix(ADDED))
        if role is not None:
            return role
        if self.sample is not None and self.sample.is_replicate(name.strip()):
            return "", name.strip()
        roles = {self._part(whole, part) for whole, part in pairs(text)} - {None}
        return roles.pop() if len(roles) == 1 else None

    def _part(self, whole: str, part: str) -> tuple[str, ...] | None:
        """The role of a part of a question: of one answer, or LimeSurvey's battery[SQ1], an item of its own."""
        role = self._grouped(whole) or self._grouped(whole.removesuffix(ADDED))
        found = self._split(role, part) if role is not None and role[0] in self.items else None
        own = self.roles.get(f"{whole}_{part}", ("",))
        return found or (own if own[0] in self.items and len(own) == 1 else None)

    def other_answer(self, name: str) -> str:
        """The answer that a column of this name would be of a question with several, which the question does not have;
        blank where the name says no such thing."""
        for whole, part in pairs(plain(name)):
            role = self._grouped(whole) or self._grouped(whole.removesuffix(ADDED))
            if role is not None and len(role) == 1 and KINDS[self.items[role[0]].scale.type].parts:
                return part
        return ""

    def batteries(self, names: Mapping[int, str]) -> dict[int, tuple[str, ...]]:
        """The roles of columns whose names say what is asked of all of them and what each is: 'Hvor enig? [Jeg ...]'.

        names: by place, of columns without a role. Only where there are two or more, and each is a question's wording.
        """
        found: dict[str, dict[int, tuple[str, ...]]] = {}
        for at, name in names.items():
            for whole, part in pairs(plain(name)):
                role = self.roles.get(part)
                if role is not None and role[0] in self.items and part == plain(self.items[role[0]].wording):
                    found.setdefault(whole, {})[at] = role
        return {at: role for those in found.values() if len(those) > 1 for at, role in those.items()}

    def _grouped(self, text: str) -> tuple[str, ...] | None:
        """The role of a plain name, with or without groups before it."""
        while text not in self.roles:
            group = next((group for group in self.groups if text.startswith((f"{group}/", f"{group}-"))), None)
            if group is None:
                return None
            text = text[len(group) + 1:]
        return self.roles[text]

    def _split(self, role: tuple[str, ...], tail: str) -> tuple[str, ...] | None:
        """The role of item/code or item/label; of item_ved_ikke/ved_ikke it is a third."""
        item = self.items[role[0]]
        if item.scale.type == "rangordning" and tail.isdigit() and 0 < int(tail) <= len(item.scale.answers):
            return (*role, str(int(tail))) if len(role) == 1 else None
        if len(role) == 2:
            return (*role, "1") if tail == role[1] else None
        spelling = Spelling.of(item.scale.answers, self.dont_know if item.allows_dont_know else None)
        code = (spelling.labels | spelling.codes).get(tail) if KINDS[item.scale.type].parts else None
        return (*role, code) if code else None

    @staticmethod
    def metadata(name: str) -> bool:
        """Whether a form's server adds the column by itself."""
        return programs.KOBO.adds(name)


def without_headings(table: Table, columns: Columns) -> Table:
    """The table without the rows below the names that only say again what the columns are, as Qualtrics writes two.

    Every filled cell of a known column must be its name, the question, or an ImportId: no respondent answers so.
    """
    roles = [columns.role(name) for name in table.header]
    said = {at: {plain(table.header[at]), *(plain(columns.items[role[0]].wording) for role in [role]
                                            if role[0] in columns.items)} for at, role in enumerate(roles) if role}
    extra = []
    for number, row in table.cells.head(2).iterrows():
        cells = {at: plain(row[at]) for at in said if row[at].strip()}
        if len(cells) < 2 or not all(cell in said[at] or '"importid"' in cell for at, cell in cells.items()):
            break
        extra.append(number)
    if not extra:
        return table
    told = f"Rækker, der er overskrifter og ikke svar, er sprunget over: {', '.join(map(str, extra))}."
    return replace(table, cells=table.cells.drop(index=extra), notes=[*table.notes, told])


def place(file: AnswerFile, columns: Columns) -> dict[Role, int]:
    """Where each thing stands; faults for columns that are unknown, doubled or missing."""
    found: dict[Role, int] = {}
    passed, left_out, renamed, derived, strange, header = [], [], [], [], [], file.table.header
    roles = _roles(file, columns)
    for at, name in enumerate(header):
        role = roles.get(at)
        if role is None and plain(name) in columns.given:
            passed.append(name.strip())
        elif role is None and plain(name) in columns.derived:
            derived.append(name.strip())
        elif role is None and (columns.metadata(name) or not file.table.cells[at].str.strip().any()):
            left_out.append(name.strip() or f"nr. {at + 1} (tom)")
        elif role is None:
            strange.append(at)
        elif role in found:
            file.add(Fault(name, "", f"står to gange: også som »{header[found[role]]}«", "én kolonne",
                           "Slet den ene."))
        else:
            found[role] = at
            renamed += [f"»{name}« som {'/'.join(filter(None, role))}"] if name.strip() not in role else []
    program, own = programs.told(file.table, _unnamed(file, columns, roles))
    if program is not None:
        file.notes += programs.notes(file.table, program, own)
        left_out = [name for name in left_out if name not in {header[at].strip() for at in own}]
        strange = [at for at in strange if at not in own]
    _beside(file, found)
    missing = _missing(file, found)
    unused = [name for name in (_unknown(file, columns, at, found, missing) for at in strange) if name]
    for fault in missing:
        file.add(fault)
    file.unused = [header[at] for at in strange if header[at].strip()]
    file.absent = [fault.column for fault in missing if fault.column in columns.items]
    file.note("Kolonner, der ikke er brugt, fordi spørgeskemaet ikke nævner dem", unused)
    for name in [name for name in unused if WEIGHT.fullmatch(name)]:
        file.note(f"Kolonnen {name} ligner en vægt, og svarene vejes ikke efter den. Skal de det, skriver du i "
                  "spørgeskemaet", [f"stikproeve: {{vaegt: {name}}}"])
    file.note("Kolonner, der ikke er læst, fordi spørgeskemaet regner dem ud af andre svar", derived)
    file.note("Kolonner, der er læst under et andet navn", renamed)
    file.note("Kolonner, der er udeladt, fordi det er bestemt med --ignore eller i et kort", passed)
    file.note("Kolonner, der er udeladt, fordi de er tomme, eller formularen selv tilføjer dem", left_out)
    return found


def _roles(file: AnswerFile, columns: Columns) -> dict[int, Role]:
    """What each column holds, by its name; else by what the file says of it in words, where no name says that."""
    header = file.table.header
    named = {at: role for at, name in enumerate(header) if (role := columns.role(name)) is not None}
    free = _unnamed(file, columns, named)
    _, own = programs.told(file.table, free)
    taken = {*named.values()}
    titles = {at: file.table.titles[at] if file.table.titles else "" for at in free if at not in own}
    titled = {at: role for at, title in titles.items() if title.strip() and (role := columns.role(title)) is not None
              and role not in taken}
    rest = {at: title or header[at] for at, title in titles.items() if at not in titled}
    rows = {at: role for at, role in columns.batteries(rest).items() if role not in {*taken, *titled.values()}}
    return named | titled | rows


def _unnamed(file: AnswerFile, columns: Columns, named: Mapping[int, Role]) -> list[int]:
    """The columns without a role, but for those that the user has said to pass over."""
    return [at for at, name in enumerate(file.table.header) if at not in named and plain(name) not in columns.given]


def _unknown(
    file: AnswerFile, columns: Columns, at: int, found: Mapping[Role, int], missing: Sequence[Fault]
) -> str:
    """A fault for a column that is none of the known ones; the name of one that is only unused.

    It is a fault if it could be what is missing, or is called almost as something that is not there.
    """
    name = file.table.header[at]
    title = file.table.titles[at] if file.table.titles else ""
    answer = columns.other_answer(name) or columns.other_answer(title)
    cells = {plain(cell) for cell in file.table.cells[at].unique()}
    if answer and cells <= {"", answer, *TICKS, *PLACES}:
        what = "pladser" if cells & {*PLACES} else "krydser"
        file.add(Fault(name, "", f"er {what} ved »{answer}«, som spørgeskemaet ikke har",
                       "spørgsmålets svar",
                       "Giv spørgsmålet svaret i spørgeskemaet, eller udelad kolonnen med --ignore."))
        return ""
    if not name.strip():
        file.add(Fault(f"nr. {at + 1}", "", "har intet navn, men indhold", "en kolonne i spørgeskemaet",
                       "Giv kolonnen et navn, eller slet den."))
        return ""
    absent = [word for known, role in columns.roles.items() if role not in found and (
        role[-1] != DONT_KNOW or role[:1] not in found) for word in (role[-1], known)]
    hint = nearest(name, absent)
    if not hint and not missing:
        words = f" ({title.strip()[:60]})" if title.strip() and plain(title) != plain(name) else ""
        return visible(name.strip()[:60] + words)
    file.add(Fault(name, "", "ukendt kolonne", "kolonner i spørgeskemaet og rammen",
                   f"{hint} Er det noget andet, så udelad den med --ignore." if hint
                   else "Ret navnet, hvis det er den, der mangler."))
    return ""


def _beside(file: AnswerFile, found: dict[Role, int]) -> None:
    """A text called as the tick of an answer, as 'andet, skriv': where the tick has no column, text is a tick."""
    items = file.questionnaire.items
    for item in [item for item in items.values() if item.scale.type == "flere" and (item.id,) not in found]:
        split = any(role[0] == item.id for role in found)
        for code in [code for code in item.scale.answers if split and (item.id, code) not in found]:
            at = found.get((f"{item.id}_{code}",))
            if at is None or items[f"{item.id}_{code}"].scale.type != "tekst":
                continue
            name, cells = file.table.header[at], {plain(cell) for cell in file.table.cells[at].unique()} - {""}
            if cells and cells <= {*TICKS}:
                file.add(Fault(name, "", f"kan både være et kryds ved {item.id}/{code} og teksten {name}",
                               "et kryds eller en tekst", f"Kald krydset {item.id}/{code}."))
                continue
            found[item.id, code] = at
            file.note(f"Tekst, der også er læst som et kryds ved {item.id}/{code}, står i", [name])


def _missing(file: AnswerFile, found: Mapping[Role, int]) -> list[Fault]:
    """A fault for each item without a column, and for the key where it is needed."""
    faults = [Fault(name, "", "mangler", "alle spørgsmål har en kolonne",
                    "Tilføj kolonnen; lad den være tom, hvis ingen blev spurgt.")
              for name, item in file.questionnaire.items.items() if (name,) not in found and not any(
                  role[0] == name and KINDS[item.scale.type].parts for role in found)]
    if file.frame is not None and not any(role[0] == KEY for role in found):
        faults.append(Fault(file.questionnaire.key, "", "mangler, så det ikke kan ses, hvem der har svaret",
                            f"{file.questionnaire.key} eller {RANDOM_KEY}", "Tilføj kolonnen."))
    return faults
