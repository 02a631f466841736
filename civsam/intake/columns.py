"""Which column of an answer file is what: questions, split questions, keys, background; unknown and missing ones."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from civsam.instrument.allowed import nearest, plain
from civsam.instrument.questionnaire import DONT_KNOW, Questionnaire
from civsam.intake import export
from civsam.intake.answer_file import AnswerFile, Role
from civsam.intake.coding import Spelling
from civsam.intake.faults import Fault

RANDOM_KEY = "noegle"  # the column of random respondent keys, in a frame and in what the forms give
# What ODK and Kobo add to the questions, besides what begins with _ or meta/
METADATA = frozenset((
    "start", "end", "today", "deviceid", "subscriberid", "simserial", "phonenumber", "username", "email", "audit",
    "instanceid", "instancename", "formhub/uuid", "key", "submissiondate", "submitterid", "submittername",
    "attachmentspresent", "attachmentsexpected", "status", "reviewstate", "edits", "formversion",
))


class Columns:
    """Which column is what: items, split items (a column an answer), the key, background and frame variables.

    A role is (item,), (item, code), ("key", name) or ("", variable). Of a count the code is that of 'ved ikke'.
    """

    def __init__(self, questionnaire: Questionnaire, frame: pd.DataFrame | None) -> None:
        """frame: its columns may stand in the file, and must then agree with it."""
        others = [*questionnaire.background, questionnaire.weighting.cluster] if frame is None else list(frame.columns)
        items = questionnaire.items
        wordings = [plain(item.wording) for item in items.values()]
        roles: dict[str, tuple[str, ...]] = {
            wording: (name,) for wording, name in zip(wordings, items, strict=True) if wordings.count(wording) == 1}
        roles |= {f"{plain(name)}_{DONT_KNOW}": (name, DONT_KNOW)
                  for name, item in items.items() if item.scale.type == "antal"}
        for suffix in export.LIMITS:
            roles |= {plain(column): role if role[1] else role[:1]
                      for column, role in export.columns(questionnaire, suffix).items()}
        roles |= {plain(name): ("", name) for name in others if name}
        roles |= {plain(name): ("key", name) for name in (questionnaire.key, RANDOM_KEY)}
        self.items, self.roles = items, roles | {plain(name): (name,) for name in items}

    def known(self, header: list[str]) -> int:
        """How many of these column names are recognised."""
        return sum(self.role(name) is not None for name in header)

    def role(self, name: str) -> tuple[str, ...] | None:
        """What a column of this name holds; None for an unknown name.

        Groups before the name, as ODK and Kobo write them, are passed over: block/item, block-item, block/item/code.
        """
        text = plain(name)
        role = self._grouped(text)
        for separator in "/-":
            head, _, tail = text.rpartition(separator)
            whole = self._grouped(head)
            if role is None and whole is not None and whole[0] in self.items:
                role = self._split(whole, tail)
        return role

    def _grouped(self, text: str) -> tuple[str, ...] | None:
        """The role of a plain name, with or without groups before it."""
        tails = (text, text.rpartition("/")[2], text.rpartition("-")[2])
        return next((self.roles[tail] for tail in tails if tail in self.roles), None)

    def _split(self, role: tuple[str, ...], tail: str) -> tuple[str, ...] | None:
        """The role of item/code or item/label; of item_ved_ikke/ved_ikke it is a third."""
        scale = self.items[role[0]].scale
        if len(role) == 2:
            return (*role, "1") if tail == role[1] else None
        spelling = Spelling.of(scale.answers, DONT_KNOW)
        code = (spelling.labels | spelling.codes).get(tail) if scale.type == "flere" else None
        return (*role, code) if code else None

    @staticmethod
    def metadata(name: str) -> bool:
        """Whether a form's server adds the column by itself."""
        text = plain(name)
        return text.startswith(("_", "meta/", "meta-")) or text in METADATA or text.rpartition("/")[2] in METADATA


def place(file: AnswerFile, columns: Columns) -> dict[Role, int]:
    """Where each thing stands; faults for columns that are unknown, doubled or missing."""
    found: dict[Role, int] = {}
    left_out, renamed, header = [], [], file.table.header
    for at, name in enumerate(header):
        role = columns.role(name)
        if role is None and (columns.metadata(name) or not file.table.cells[at].str.strip().any()):
            left_out.append(name.strip() or f"nr. {at + 1} (tom)")
        elif role is None:
            _unknown(file, columns, at, name)
        elif role in found:
            file.add(Fault(name, "", f"står to gange: også som »{header[found[role]]}«", "én kolonne",
                           "Slet den ene."))
        else:
            found[role] = at
            renamed += [f"»{name}« som {'/'.join(filter(None, role))}"] if name.strip() not in role else []
    _missing(file, found)
    file.note("Kolonner, der er læst under et andet navn", renamed)
    file.note("Kolonner, der er udeladt, fordi de er tomme, eller formularen selv tilføjer dem", left_out)
    return found


def _unknown(file: AnswerFile, columns: Columns, at: int, name: str) -> None:
    """A fault for a column that is none of the known ones."""
    if not name.strip():
        file.add(Fault(f"nr. {at + 1}", "", "har intet navn, men indhold", "en kolonne i spørgeskemaet",
                       "Giv kolonnen et navn, eller slet den."))
        return
    hint = nearest(name, [*columns.items, *(role[-1] for role in columns.roles.values())])
    file.add(Fault(name, "", "ukendt kolonne", "kolonner i spørgeskemaet og rammen",
                   hint or "Slet kolonnen, eller ret navnet."))


def _missing(file: AnswerFile, found: Mapping[Role, int]) -> None:
    """A fault for each item without a column, and for the key where it is needed."""
    for name, item in file.questionnaire.items.items():
        if (name,) not in found and not any(role[0] == name and item.scale.type == "flere" for role in found):
            file.add(Fault(name, "", "mangler", "alle spørgsmål har en kolonne",
                           "Tilføj kolonnen; lad den være tom, hvis ingen blev spurgt."))
    if file.frame is not None and not any(role[0] == "key" for role in found):
        file.add(Fault(file.questionnaire.key, "", "mangler, så det ikke kan ses, hvem der har svaret",
                       f"{file.questionnaire.key} eller {RANDOM_KEY}", "Tilføj kolonnen."))
