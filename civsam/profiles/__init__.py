"""Profiles: what a page about one municipality, or one group of the asked, holds. Used by the template `profil.ipynb`.

All profiles of a set are cut from the same tables, which are made once in a process. Numbers come from the groups that
the book itself tells of, through `tables`; a municipality's own answers are shown only where nobody gave them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from civsam.danish import danish_order, joined, listed, number, plain
from civsam.edition import Edition, open_edition
from civsam.files import UserError, project
from civsam.inference import weighting
from civsam.instrument.kinds import KINDS
from civsam.instrument.questionnaire import Item, Questionnaire
from civsam.pages import dots, group_picker
from civsam.pages import figure as plots
from civsam.pages.door import NO_FRAME, shown
from civsam.pages.html import table
from civsam.pages.output import Output
from civsam.pages.provenance import mark, provenance_of
from civsam.pages.sentences import sentence
from civsam.pages.words import chance_note, reading_note
from civsam.study import municipality_map, register
from civsam.survey.survey import SYNTHETIC, Survey

MUNICIPALITY, CODE = "kommune", "kommunekode"
INDEX = "index.html"


@dataclass(frozen=True)
class Group:
    """What a profile is about. address: its page; facts: in words; tile: column and row on the map."""

    code: str
    name: str
    address: str
    facts: tuple[str, ...] = ()
    tile: tuple[int, int] | None = None


@dataclass(frozen=True, eq=False)
class Common:
    """What all profiles of a set share. by: `kommune`, or a background variable."""

    edition: Edition
    by: str
    groups: dict[str, Group]
    _tables: dict[str, tuple[pd.DataFrame, pd.DataFrame]] = field(default_factory=dict, repr=False)
    shown: dict[tuple, Output] = field(default_factory=dict, repr=False)  # tables that several profiles have alike

    @cached_property
    def items(self) -> list[Item]:
        """The questions that are shown: all but those answered in words."""
        return [item for item in self.edition.survey.questionnaire.items.values() if KINDS[item.scale.type].statistic]

    @cached_property
    def note(self) -> str:
        """What the intervals of all the tables cover, and what is hidden."""
        survey = self.edition.survey
        return reading_note(survey, shown(survey, pd.concat([self.answers(item)[0] for item in self.items])))

    def answers(self, item: Item) -> tuple[pd.DataFrame, pd.DataFrame]:
        """The estimates of a question for all groups, and the same in words as they may be shown; made once."""
        if item.id not in self._tables:
            estimates = group_picker.by_group(self.edition.survey, item)
            self._tables[item.id] = estimates, group_picker.as_words(self.edition.survey, estimates)
        return self._tables[item.id]


def ways(survey: Survey) -> dict[str, str]:
    """What profiles can be made by, with its name in a sentence."""
    known = {name: variable.name for name, variable in survey.questionnaire.background.items()}
    return ({MUNICIPALITY: "kommune"} if CODE in survey.frame else {}) | known


def open_common(by: str, **values: Any) -> Common:
    """What the profiles by a variable share, opened once. Raises UserError for one unknown, as `open_edition`."""
    return _opened(project.root, by, tuple(sorted(values.items())))


@cache  # once for each project and choice; a worker that has other files than those asked for says so: `run.around`
def _opened(root: Path, by: str, values: tuple[tuple[str, Any], ...]) -> Common:
    edition = open_edition(**dict(values))
    survey = edition.survey
    if by not in (known := ways(survey)):
        raise UserError(f"der kan ikke laves profiler efter '{by}'. Kendte: {', '.join(known)}.")
    found = _municipalities(survey) if by == MUNICIPALITY else _of_variable(survey, by)
    return Common(edition, by, {group.code: group for group in _with_addresses(found)})


def _with_addresses(groups: list[Group]) -> Iterator[Group]:
    """The groups, each with a page of its own, told by its name, also where capitals are not told apart."""
    taken = {INDEX}
    for group in groups:
        stem = plain(group.name).lower()
        names = (f"{stem}{'-' * bool(again)}{again or ''}.html" for again in range(len(groups) + 1))
        address = next(name for name in names if name not in taken)
        taken.add(address)
        yield Group(group.code, group.name, address, group.facts, group.tile)


def _own_variables(questionnaire: Questionnaire) -> list[str]:
    """The background variables that a municipality decides."""
    return [name for name in questionnaire.background if name in register.OWN]


def _register(survey: Survey) -> pd.DataFrame:
    """The register's municipalities, in the groups that the survey itself has them in."""
    known, mine = register.municipalities(), survey.frame.drop_duplicates(CODE).set_index(CODE)
    own = [name for name in _own_variables(survey.questionnaire) if name in mine]
    return known.assign(**{name: mine[name].reindex(known.index).fillna(known[name]) for name in own})


def _municipalities(survey: Survey) -> list[Group]:
    """The municipalities that were asked; without a frame all, for who answered is not to be told."""
    known, background = _register(survey), survey.questionnaire.background
    if survey.framed:
        known = known[known.index.isin(survey.frame[CODE])]
    known = known.sort_values("kommunenavn", key=lambda names: names.map(danish_order))
    return [Group(str(code), row["kommunenavn"], "",
                  tuple(background[name].labels[row[name]] for name in _own_variables(survey.questionnaire)),
                  (int(row["col"]), int(row["row"]))) for code, row in known.iterrows()]


def _of_variable(survey: Survey, by: str) -> list[Group]:
    """All groups of a background variable, in its order."""
    asked = survey.frame[by].value_counts()
    return [Group(code, label, "", (f"{number(asked.get(code, 0))} adspurgte",) if survey.framed else ())
            for code, label in survey.questionnaire.background[by].labels.items()]


def open_profile(by: str, group: str, **values: Any) -> Profile:
    """The profile of one group; values: the parameters of the edition. Raises UserError."""
    common = open_common(by, **values)
    if group not in common.groups:
        raise UserError(f"'{group}' er ikke en gruppe efter {by}. Kendte: {', '.join(list(common.groups)[:12])} ...")
    return Profile(common, common.groups[group])


@dataclass(frozen=True, eq=False)
class Profile:
    """One group, and what its page shows."""

    common: Common
    group: Group

    @property
    def edition(self) -> Edition:
        """Answers and parameters."""
        return self.common.edition

    @property
    def survey(self) -> Survey:
        """The weighted answers."""
        return self.edition.survey

    @property
    def _is_municipality(self) -> bool:
        return self.common.by == MUNICIPALITY

    @cached_property
    def _row(self) -> pd.Series:
        """A municipality's row of the register."""
        return _register(self.survey).loc[int(self.group.code)]

    @cached_property
    def _members(self) -> list[tuple[str, str]]:
        """The groups, as variable and code, that the page tells of."""
        if self._is_municipality:
            return [(name, self._row[name]) for name in _own_variables(self.survey.questionnaire)]
        return [(self.common.by, self.group.code)]

    def heading(self) -> Output:
        """The page's title."""
        return Output(f"<h1>{escape(self.group.name)}</h1>", self.group.name)

    # -- who it is

    def facts(self) -> Output:
        """What is known beforehand: of a municipality by the register, of a group by who were asked."""
        if not self._is_municipality:
            return _facts(self._of_group(), self.survey.provenance)
        background = self.survey.questionnaire.background
        told = {"Indbyggere 2015": number(self._row["folketal_2015"])}
        told |= {background[name].name.capitalize(): background[name].labels[code] for name, code in self._members}
        return _facts(told, "register")

    def _of_group(self) -> dict[str, str]:
        """How many were asked, and from how many municipalities, where it is known."""
        asked = self.survey.frame[self.survey.frame[self.common.by] == self.group.code]
        if not self.survey.framed:
            return {"Adspurgte": NO_FRAME}
        there = {"Kommuner": number(asked[CODE].nunique())} if CODE in asked else {}
        return {"Adspurgte": number(len(asked)), **there}

    def asked(self) -> Output | None:
        """Of a municipality, which areas were asked; of a group, how many answered, where it is known."""
        if not self._is_municipality and not self.survey.framed:
            return None
        if not self._is_municipality:
            rates = weighting.response_rates(self.survey, self.common.by)
            return sentence("I gruppen svarede {}.", self.survey, rates[rates["group"] == self.group.code])
        first, mine = next(iter(self.survey.questionnaire.background.values())), self.survey.frame
        if not self.survey.framed or first.id in register.OWN:
            return Output(f'<p class="note">{NO_FRAME}</p>', NO_FRAME)
        found = set(mine.loc[mine[CODE] == int(self.group.code), first.id])
        told = {f"{heading} ({len(words)})": "; ".join(words) for heading, words in (
            ("Adspurgt", [label for code, label in first.labels.items() if code in found]),
            ("Ikke adspurgt", [label for code, label in first.labels.items() if code not in found])) if words}
        return _facts(told, self.survey.provenance)

    def peers(self) -> Output | None:
        """The municipalities that are alike in all of `municipality_map.PEERS`, with links to their profiles."""
        alike = [name for name in municipality_map.PEERS if name in self.survey.questionnaire.background]
        if not self._is_municipality or not alike:
            return None
        known = _register(self.survey)
        same = known.index[(known[alike] == self._row[alike]).all(axis=1)].astype(str)
        peers = [group for code, group in self.common.groups.items() if code in same and group != self.group]
        what = listed(self.survey.questionnaire.background[name].name for name in alike)
        if not peers:
            told = f"Ingen anden kommune har samme {what}."
            return Output(f"<p>{told} {mark('register')}</p>", told)
        links = listed(f'<a href="{peer.address}">{escape(peer.name)}</a>' for peer in peers)
        told = f"Samme {what}: "
        return Output(f"<p>{told}{links}. {mark('register')}</p>", told + listed(peer.name for peer in peers))

    # -- what is answered

    def figure(self, item: str = "", answer: str = "") -> plots.Figure | Output:
        """One answer (the first, unless given) to a question (the first) in the groups beside all."""
        asked = next((one for one in self.common.items if one.id == item), self.common.items[0])
        estimates = self.common.answers(asked)[0]
        answer = answer or estimates["answer"].iloc[0]
        kept = [("", ""), *self._members]
        mine = pd.Series([pair in kept for pair in zip(estimates["by"], estimates["group"], strict=True)],
                         estimates.index)
        wanted = mine if self._is_municipality else estimates["by"].isin(["", self.common.by])
        words = [asked.topic, *([self.survey.questionnaire.label(asked.id, answer)] if answer else [])]
        focus = "" if self._is_municipality else self.group.code
        return dots.dots(self.survey, estimates[wanted & (estimates["answer"] == answer)], ": ".join(words),
                          f"fig-{plain(asked.id)}", focus=focus, ordered=True)

    def block(self, block: str) -> list[Output]:
        """A heading, and a table for each question of the block: the profile's groups beside all."""
        heading = self.survey.questionnaire.blocks[block]
        items = [item for item in self.common.items if item.block == block]
        return [Output(f"<h3>{escape(heading)}</h3>", heading), *map(self.answers, items)] if items else []

    def answers(self, item: Item) -> Output:
        """A question: a row an answer, a column a group. Municipalities alike in all have the same table."""
        key = (item.id, *self._members)
        if key not in self.common.shown:
            self.common.shown[key] = self._table(item)
        return self.common.shown[key]

    def _table(self, item: Item) -> Output:
        estimates, words = self.common.answers(item)
        columns = group_picker.headings(self.survey.questionnaire)
        frame = words[[columns[group] for group in [("", ""), *self._members]]]
        told = estimates[estimates["by"].isin(dict(self._members))]
        return table(frame, item.topic, f"tab-{plain(item.id)}", provenance=provenance_of(estimates),
                     note=chance_note(self.edition.survey, told).strip())

    def note(self) -> Output:
        """What the intervals of the tables cover."""
        told = f"I parentes står intervallet. {self.common.note}"
        return Output(f'<p class="note">{escape(told)} {mark(self.survey.provenance)}</p>', told)

    def own_answers(self) -> list[Output]:
        """The municipality's own answers, where they are synthetic: nobody has given them. Else why they are not shown.

        A row a question, a column a respondent, named by the first background variable.
        """
        if not self._is_municipality:
            return []
        heading = Output("<h2>Kommunens egne svar</h2>", "Kommunens egne svar")
        if self.survey.provenance != SYNTHETIC:
            why = ("Kommunens egne svar vises ikke. Der er så få fra hver kommune, at enhver kunne se, hvem der har "
                   "svaret hvad. Siden viser heller ikke, om nogen fra kommunen har svaret.")
            return [heading, Output(f'<p class="note">{why}</p>', why)]
        mine = self.survey.answers[self.survey.background[CODE] == int(self.group.code)]
        if mine.empty:
            return [heading, Output("<p>Ingen fra kommunen har svaret.</p>", "Ingen fra kommunen har svaret.")]
        words = _in_words(mine, self.survey, self.common.items)
        return [heading, table(words, f"Svarene fra {self.group.name}", "tab-egne", provenance=SYNTHETIC, words=True)]


def _facts(told: dict[str, str], provenance: str) -> Output:
    """A list of terms with what is known."""
    html = "".join(f"<div><dt>{escape(term)}</dt><dd>{escape(words)}</dd></div>" for term, words in told.items())
    text = "\n".join(f"{term}: {words}" for term, words in told.items())
    return Output(f'<div class="fakta"><dl>{html}</dl>{mark(provenance)}</div>', text)


def _in_words(answers: pd.DataFrame, survey: Survey, items: list[Item]) -> pd.DataFrame:
    """Answers as a table: a row a question, a column a respondent, named by the first background variable."""
    questionnaire = survey.questionnaire
    first = next(iter(questionnaire.background.values()))

    def words(item: Item, said: str) -> str:
        codes = [] if item.scale.type == "antal" and said.isdigit() else said.split()
        return joined([questionnaire.label(item.id, code) for code in codes], ", ") if codes else said or "–"

    names = [first.labels[code] for code in survey.frame.loc[answers.index, first.id]]
    cells = [[words(item, said) for said in answers[item.id]] for item in items]
    return pd.DataFrame(cells, pd.Index([item.topic for item in items], name="Spørgsmål"), names)
