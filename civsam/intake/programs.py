"""Exports of survey programs, known by their shape: the columns that are the program's own, and headings in more rows.

What each writes has been read out of exports and of others' readers of them; see the tests for the shape of each.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from civsam.danish import first_of, number
from civsam.instrument.words import plain
from civsam.intake.table import Table


@dataclass(frozen=True)
class Program:
    """A survey program. sure: names, in plain form, by which its exports are known. own: what else it adds.

    least: how many of the sure ones there must be. unfinished: by column, the cells of those who were not done, or
    who only tried the form; blank for an empty one.
    """

    name: str
    sure: str
    own: str
    least: int = 2
    unfinished: dict[str, frozenset[str]] = field(default_factory=dict)

    def adds(self, name: str) -> bool:
        """Whether the program itself adds a column of this name."""
        return re.fullmatch(f"{self.sure}|{self.own}", plain(name)) is not None


# What ODK and Kobo add to the questions, besides what begins with _ or meta/
METADATA = ("start", "end", "today", "deviceid", "subscriberid", "simserial", "phonenumber", "username", "email",
            "audit", "instanceid", "instancename", "formhub/uuid", "key", "submissiondate", "submitterid",
            "submittername", "attachmentspresent", "attachmentsexpected", "status", "reviewstate", "edits",
            "formversion")
KOBO = Program("KoboToolbox eller ODK", "_uuid|_submission_time|__version__|_index|_id|_submitted_by|"
               "_validation_status|(formhub/)?uuid|(meta[/-])?instanceid|submissiondate",
               f"_.*|meta[/-].*|(.+/)?({'|'.join(METADATA)})")
FALSE = frozenset(("false", "falsk", "0", "nej", "no"))
PROGRAMS = (
    Program("Google Forms", "tidsstempel|timestamp",
            "mailadresse|e-mailadresse|email address|brugernavn|username|score|resultat", least=1),
    Program("Microsoft Forms", "starttidspunkt|start time|fuldførelsestidspunkt|sluttidspunkt|completion time",
            r"id|mail|e-mail|email|navn|name|sprog|language|sidst ændret.*|last modified time|samlet antal point|"
            r"total points|quizfeedback|quiz feedback|(points?|feedback) - .*"),
    Program("Qualtrics", "response ?id|recorded ?date|distribution ?channel|user ?language|duration \\(in seconds\\)",
            r"(start|end) ?date|status|response type|ip ?address|progress|finished|recipient ?(first|last) ?name|"
            r"recipient ?email|external ?(data ?)?reference|location ?(latitude|longitude)|"
            r"q_(recaptchascore|totalduration|relevantid.*|ballotbox.*|duplicate.*|dataretained.*)|"
            r".+_(first click|last click|page submit|click count)", 1,
            {"status": frozenset(("survey preview", "survey test", "spam", "1", "2", "8", "9")), "finished": FALSE}),
    Program("SurveyMonkey", "respondent.?id|collector.?id",
            "(start|end) date|date (created|modified)|ip address|email address|(first|last) name|custom data.*"),
    Program("LimeSurvey", "submitdate|lastpage|startlanguage|datestamp|ipaddr|refurl|interviewtime|date submitted|"
            "last page|start language|date started|date last action|referrer url",
            r"id|response id|seed|token|startdate|ip address|grouptime.*",
            unfinished={"submitdate": frozenset(("",)), "date submitted": frozenset(("",))}),
    Program("REDCap", r"record_id|record id|redcap_.*|.+_complete|complete\?|event name|repeat in(strument|stance)",
            ".*_timestamp|survey (timestamp|identifier)"),
    Program("SurveyXact", r"stat(overall|completion|creation|distribution|source|collect|internal)_\d+",
            "respondentid|organization|created|modified|closetime|starttime|difftime|responsecollectsessions|"
            "numberofreturnedmail|importgroup|distributionschedule|email|digitaldistribution.*"),
    KOBO,
)


def told(table: Table, unknown: Sequence[int]) -> tuple[Program | None, list[int]]:
    """The program that a table seems to come from, and which of the unknown columns it has added by itself."""
    best, places = None, list[int]()
    for program in PROGRAMS:
        sure = [at for at in unknown if re.fullmatch(program.sure, plain(table.header[at]))]
        own = [at for at in unknown if program.adds(table.header[at])]
        if len(sure) >= program.least and len(own) > len(places):
            best, places = program, own
    return best, places


def notes(table: Table, program: Program, own: Sequence[int]) -> list[str]:
    """What is told of a table that has been recognised."""
    names = ", ".join(table.header[at].strip() for at in own)
    added = "1 kolonne er dens egen" if len(own) == 1 else f"{number(len(own))} kolonner er dens egne"
    lines = [f"Ligner en eksport fra {program.name}; {added} og er sprunget over: {names}."]
    for at in own:
        cells = program.unfinished.get(plain(table.header[at]))
        rows = table.cells.index[table.cells[at].map(plain).isin(cells)] if cells else []
        if len(rows):
            lines.append(f"Svar, som ikke er gjort færdige eller er prøver, ifølge {table.header[at]}, og som er taget "
                         f"med: {number(len(rows))} (række {first_of(rows)}).")
    return lines


# ---- Headings in more rows than one


def with_headings(table: Table) -> Table:
    """The table with what a second and third row of headings say in `titles`; the table as it is if there are none."""
    return _qualtrics(table) or _survey_monkey(table) or table


def _row(table: Table, place: int) -> list[str]:
    return [cell.strip() for cell in table.cells.iloc[place]] if place < len(table.cells) else []


def _without(table: Table, places: Sequence[int], header: list[str], titles: list[str]) -> Table:
    """The table without these rows, with other headings."""
    gone = table.cells.index[list(places)]
    note = f"Rækker, der er overskrifter og ikke svar, er sprunget over: {', '.join(map(str, gone))}."
    return replace(table, header=header, titles=titles, cells=table.cells.drop(index=gone), notes=[*table.notes, note])


def _qualtrics(table: Table) -> Table | None:
    """Three rows of headings: names, questions, and the program's own ids, each with the word ImportId."""
    for place in (0, 1):
        ids = _row(table, place)
        if ids and sum('"importid"' in cell.replace("'", '"').casefold() for cell in ids) > len(ids) / 2:
            titles = _row(table, 0) if place else [""] * len(ids)
            return _without(table, range(place + 1), table.header, titles)
    return None


def _survey_monkey(table: Table) -> Table | None:
    """Two rows: questions, with blank ones where the question goes on; below them answers, or a word for an answer.

    The second row says nothing below the program's own columns, and something below each blank name.
    """
    below, names = _row(table, 0), [name.strip() for name in table.header]
    program, own = told(table, range(len(names)))
    blank = [at for at, name in enumerate(names) if not name]
    if program is None or program.name != "SurveyMonkey" or not below or any(below[at] for at in own):
        return None
    if not any(below) or not all(below[at] for at in blank):
        return None
    first = np.maximum.accumulate([0 if at in blank else at for at in range(len(names))])
    several = {names[at] for at in first[blank]}
    titles = [f"{names[at]} - {cell}" if names[at] in several else names[at]
              for at, cell in zip(first, below, strict=True)]
    header = [name if name and name not in several else title for name, title in zip(names, titles, strict=True)]
    return _without(table, [0], header, titles)
