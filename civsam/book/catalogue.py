"""Every published statement opened: what was published, what these answers show, who was asked what, and where it is.

Where a statement is shown is read from the chapters' own cells: one that makes a figure or table shows a statement if
it names it, or a question that is asked for it. No list of them has to be kept.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import escape, unescape

import pandas as pd

from civsam.book.contents import cells, contents, files_named, notebook
from civsam.edition import Edition
from civsam.instrument.questionnaire import Questionnaire
from civsam.pages import codebook
from civsam.pages.output import Output
from civsam.pages.provenance import mark
from civsam.study import claims, published
from civsam.study.verdicts import signed, told, words_of
from civsam.survey.survey import Survey

GROUPS = {"N": "Tal og definitioner", "M": "Besvarelsen", "O": "Andre udsagn"}  # by the first letter of an id
ABOUT_METHOD = "chapters/metode"  # shows a question as an example only, and so comes last
RESPONSE = {"svarede": "response_rates"}  # who answered is no question; what counts them is called this
AT_ONCE = ("Denne udgaves svar", "Afgørelse")  # what stands beside the statement
NAME = re.compile(r"(?:fig|tab)-[a-z0-9-]+")


@dataclass(frozen=True)
class Place:
    """A figure or table of a chapter: what its cell names, itself or through what it uses, and if its code is shown."""

    chapter: str
    name: str
    words: frozenset[str]
    code: bool


# ---- Where a statement is shown -------------------------------------------------------------------------------------


def chapters() -> list[str]:
    """The chapters to look in: those that _toc.yml numbers, that about method last."""
    numbered = [page for part in contents()["parts"] if part.get("numbered") for page in files_named(part)]
    return sorted((page for page in numbered if notebook(page).exists()), key=ABOUT_METHOD.__eq__)


def places(chapter: str, known: Mapping[str, Iterable[str]]) -> Iterator[Place]:
    """The figures and tables of a chapter, in order.

    known: what names stand for that the chapter does not set itself, or that a cell may read from the questionnaire.
    """
    names = {name: set(words) for name, words in known.items()}
    for cell in cells(chapter):
        source, tags = "".join(cell["source"]), cell["metadata"].get("tags", [])
        if cell["cell_type"] != "code" or "parameters" in tags or "open_edition(" in source:
            continue  # all cells use the edition, so that it tells nothing
        for statement in ast.parse(source).body:
            words = reached(statement, names)
            names |= dict.fromkeys(assigned(statement), words)
            for name in filter(NAME.fullmatch, sorted(words)):
                if f'"{name}"' in source:
                    yield Place(chapter, name, frozenset(words), "hide-input" in tags)


def reached(code: ast.AST, names: Mapping[str, set[str]]) -> set[str]:
    """All texts and attributes in the code, and those that its names stand for; a+b is both."""
    found: set[str] = set()
    for part in ast.walk(code):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            found.update(part.value.split("+"))
        elif isinstance(part, ast.Attribute):
            found |= {part.attr} | names.get(part.attr, set())
        elif isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load):
            found |= names.get(part.id, set())
    return found


def assigned(statement: ast.stmt) -> list[str]:
    """The names that a statement gives a value, or a function."""
    if isinstance(statement, ast.FunctionDef):
        return [statement.name]
    targets = getattr(statement, "targets", [])
    return [part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)]


def shown_in(found: Iterable[Place], statement: str, items: Iterable[str], by: Iterable[str]) -> list[Place]:
    """The places that show a statement.

    items: what is asked for it. by: the variables whose groups it is about: places that do not name the statement must
    have all of them, if any has.
    """
    response = {RESPONSE[item] for item in items if item in RESPONSE} | {statement}
    about = [place for place in found
             if place.words & (response if place.chapter == ABOUT_METHOD else response.union(items))]
    split = [place for place in about if place.words.issuperset(by)]
    return [place for place in about if place in split or statement in place.words] if split else about


# ---- The page -------------------------------------------------------------------------------------------------------


def statements(edition: Edition) -> list[Output]:
    """All statements: links to them, and a part for each group with headings of level 2 and 3.

    Of each stand what was published, what these answers show and the verdict; a fold has the rest. A statement's
    place is that of `published.place_of`. The figures and tables have their names instead of numbers, which
    `statement_links` puts in.

    >>> from civsam import book, open_edition
    >>> len(book.statements(open_edition())) > 3
    True
    """
    survey = edition.survey
    known = {"background": survey.questionnaire.background, "opdel": [edition.parameters["opdel"]]}
    found = [place for chapter in chapters() for place in places(chapter, known)]
    results, facts_ = told(survey, claims.judge(survey)), published.statements()
    parts, groups = [], {}
    for letter, title in GROUPS.items():
        ids = groups[title] = [key for key in facts_.index if key.startswith(letter)]
        entries = {key: {**_published(facts_.loc[key]), **_found(key, results, survey),
                         **_places(key, survey.questionnaire, found)} for key in ids}
        parts.append(_part(title, facts_["udsagn"], entries))
    return [_contents(facts_["udsagn"], groups), *parts]


def _contents(words: pd.Series, groups: Mapping[str, list[str]]) -> Output:
    """Links to all statements, by group: their codes, which are read aloud with the words."""
    html, text = "", []
    for title, ids in groups.items():
        links = " ".join(f'<a href="#{published.place_of(key)}" aria-label="{key} {escape(words[key])}">{key}</a>'
                         for key in ids)
        html += f"<p>{title}: {links}</p>"
        text += [title, *(f"{key}: {words[key]}" for key in ids)]
    return Output(f'<nav class="udsagnsliste" aria-label="Alle udsagn">{html}</nav>', "\n".join(text))


def _part(title: str, words: pd.Series, entries: dict[str, dict[str, str]]) -> Output:
    """A group of statements, each with what is told of it in HTML."""
    html = "".join(_entry(key, escape(words[key]), told_of) for key, told_of in entries.items())
    text = "\n".join(f"{key}: {words[key]}\n" + "\n".join(f"  {term}: {_plain(told)}" for term, told in told_of.items())
                     for key, told_of in entries.items())
    heads = "".join(f"<div>{head}</div>" for head in ("Offentliggjort udsagn", *AT_ONCE))
    html = f'<h2>{title}</h2><div class="opslag hoved" aria-hidden="true">{heads}</div>{html}'
    return Output(f'<div class="kodebog">{html}</div>', f"{title}\n{text}")


def _entry(key: str, statement: str, told_of: dict[str, str]) -> str:
    """What is published, what these answers show and the verdict, side by side where there is room; the rest folded."""
    place, rest = published.place_of(key), {term: told for term, told in told_of.items() if term not in AT_ONCE}
    at_once = "".join(f'<div><span class="navn">{term}: </span>{told_of[term]}</div>' if term in told_of
                      else "<div></div>" for term in AT_ONCE)
    return (f'<section class="post opslag" id="{place}" aria-labelledby="{place}-navn"><div>'
            f'<h3 id="{place}-navn">{key} {statement}</h3> {mark("publiceret")}</div>{at_once}'
            f"<details><summary>Mere om {key}</summary>{codebook.definitions(rest)}</details></section>")


def _plain(html: str) -> str:
    return unescape(re.sub(r"<[^>]+>", "", html.replace("</li><li>", "; ")))


def _published(row: pd.Series) -> dict[str, str]:
    """Where a statement was read, and what must be said with it."""
    titles = published.sources()["titel"]
    names = [f"{escape(titles[code])} ({code})" if code in titles
             else _link(f"#{published.place_of(code)}", f"udsagn {code}") for code in row["kilde"].split(";")]
    note = {"Forbehold": escape(row["note"])} if row["note"] else {}
    return {"Kilde": "; ".join(names)} | note


def _found(statement: str, results: pd.DataFrame, survey: Survey) -> dict[str, str]:
    """How a statement is measured, what these answers show, and the verdict; why not, where answers cannot judge it."""
    claim = claims.read().get(statement)
    if claim is None:
        return {"Afgørelse": "ikke et spørgsmål til svarene",
                "Grund": escape(survey.questionnaire.without_item[statement])}
    if claim.rule == "kan_ikke":
        return {"Afgørelse": words_of(survey)["kan_ikke"], "Grund": escape(claim.reason)}
    row = results.loc[statement]
    why = row.get("I de syntetiske svar", "")
    shown = f"{escape(row['Denne udgaves svar'])} {mark(survey.provenance)}" if row["Denne udgaves svar"] else ""
    facts_ = {"Målt som": escape(row["Målt som"]), "Denne udgaves svar": shown,
              "Afgørelse": signed(row["Afgørelse"], survey)
                          + (f" <small>i de syntetiske svar: {why}</small>" if why else "")}
    return {term: words for term, words in facts_.items() if words}


def _places(statement: str, questionnaire: Questionnaire, found: list[Place]) -> dict[str, str]:
    """What was asked for a statement, and where it is shown."""
    asked, by = asked_for(statement, questionnaire)
    items = [questionnaire.items[name] for name in asked if name in questionnaire.items]
    questions = [f"{_link(f'kodebog.html#kodebog-{item.id}', item.topic)}: {escape(item.wording)}" for item in items]
    places = [_where(place) for place in shown_in(found, statement, asked, by)]
    return {term: f"<ul{kind}>{''.join(f'<li>{line}</li>' for line in lines)}</ul>"
            for term, kind, lines in (("Spørgsmål", "", questions), ("Vises i", ' class="vises"', places)) if lines}


def asked_for(statement: str, questionnaire: Questionnaire) -> tuple[list[str], list[str]]:
    """The items that are asked for a statement, or decide it, and the variables whose groups it is about."""
    asked = [item.id for item in questionnaire.items.values() if statement in item.statements]
    claim = claims.read().get(statement)
    specs = [*claim.measures, *claim.against] if claim else []
    deciding = [name for spec in specs for name in claims.item_of(spec).split("+")]
    return list(dict.fromkeys([*deciding, *asked])), claim.by if claim else []


def _where(place: Place) -> str:
    address = f"{place.chapter.removeprefix('chapters/')}.html"
    code = f' <a class="til-kode" href="{address}#kode-{place.name}" aria-label="koden bag {place.name}">koden</a>'
    return _link(f"{address}#{place.name}", place.name) + code * place.code


def _link(address: str, words: str) -> str:
    return f'<a href="{escape(address)}">{escape(words)}</a>'
