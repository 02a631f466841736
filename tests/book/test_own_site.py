"""A book about collected answers, built as its owner builds it: nobody can be worked out from the finished pages.

The attacker reads the pages alone. He knows the questionnaire, the frame and the rules of rounding, and is told more
than the pages say: how many answered each question in each group, and what they weigh.
"""

from __future__ import annotations

import itertools
import json
import random
import re
import subprocess
import sys
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup, Tag
from scipy import sparse
from scipy.optimize import linprog

from civsam.book import build
from civsam.book.sphinxext.search import INDEX
from civsam.disclosure import plan as disclosure
from civsam.disclosure import programme
from civsam.disclosure.rounding import STEP
from civsam.edition import open_edition
from civsam.files import project
from civsam.inference import estimate
from civsam.instrument import questionnaire
from civsam.instrument.questionnaire import DONT_KNOW, NONE
from civsam.intake import collecting
from civsam.pages import door, group_picker, tables
from civsam.pages import output as output_
from civsam.survey.survey import COLLECTED, Survey

NAME = "proeve-egne-svar"
SITE = project.editions / NAME
pytestmark = pytest.mark.slow
PAGES = ("index", "chapters/metode", "chapters/resultater", "chapters/konklusion", "chapters/udsagn")
QUESTIONNAIRE = questionnaire.read()
AREAS = QUESTIONNAIRE.background["fagomraade"].labels
PLANTED_COUNT = "487"
PLANTED_SET = "forskning kl videnscentre andre_kommuner"  # in no order that the form gives
PLANTED_TEXTS = ("PLANTET-a7 om en kollega", "<b>PLANTET-b8</b><script>alert(1)</script>",
                 '=cmd|"/C calc"!PLANTET-c9', "\u202ePLANTET-d0\u202c bagvendt skrevet")


# ---- The answers and the book ----------------------------------------------------------------------------------------


def plant(folder: Path) -> None:
    """Answers in `mine-svar.csv` and a frame with keys in `ramme-noegler.csv`: the study's, with people planted."""
    frame = pd.read_csv(project.data / "ramme.csv", dtype=str).set_index("stilling")
    keyed = collecting.links(collecting.add_keys(frame, random.Random(7)), "https://eksempel.dk/skema.html")
    answers = pd.read_csv(project.data / "svar.csv", dtype=str, keep_default_na=False).set_index("stilling")
    mine = {area: answers.index[frame.loc[answers.index, "fagomraade"] == area] for area in AREAS}
    alone = mine["integration"][0]
    answers.loc[alone, ["pra_lange", "pol_inspiration"]] = PLANTED_COUNT, PLANTED_SET
    answers.loc[mine["integration"], "vae_tillid"] = "enig"
    answers.loc[alone, "vae_tillid"] = "helt_uenig"  # one against all others of the area
    answers.loc[mine["teknik"], "pol_nye"] = "ja"  # a whole area says the same
    answers.loc[mine["skole"][3:], "vae_civile"] = ""  # three of an area answered
    answers.loc[mine["kultur"][:4], "for_udfordringer"] = DONT_KNOW
    answers.loc[answers.index[[5, 50, 150, 250]], "vae_kommentar"] = PLANTED_TEXTS
    answers.insert(0, "noegle", keyed["noegle"].reindex(answers.index))
    answers.to_csv(folder / "mine-svar.csv", index=False)
    keyed.to_csv(folder / "ramme-noegler.csv")


def civsam(*arguments: str) -> str:
    done = subprocess.run([sys.executable, "-m", "civsam.cli", *arguments], cwd=project.root, check=False,
                          encoding="utf-8", stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout
    return done.stdout


def left_over() -> list[Path]:
    return [path for path in (project.root / "_build").rglob("*") if NAME in path.name]


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder with the answers, of which the book has been built; afterwards nothing of the book is left."""
    here = tmp_path_factory.mktemp("fortrolig-mappe")
    plant(here)
    files = {file: (file.read_bytes(), file.stat().st_mtime_ns) for file in here.iterdir()}
    if NAME in build.editions():
        civsam("clean", NAME)
    try:
        civsam("book", "--data", str(here / "mine-svar.csv"), f"ramme={here / 'ramme-noegler.csv'}", "--name", NAME)
        yield here
    finally:
        if NAME in build.editions():
            civsam("clean", NAME)
    assert not left_over()
    assert {file: (file.read_bytes(), file.stat().st_mtime_ns) for file in here.iterdir()} == files


@pytest.fixture(scope="session")
def truth(folder: Path) -> Survey:
    """The same answers, as the chapters see them: for the judge, not for the attacker."""
    survey = open_edition(data=str(folder / "mine-svar.csv"), ramme=str(folder / "ramme-noegler.csv")).survey
    assert survey.provenance == COLLECTED
    return survey


@pytest.fixture(scope="session")
def articles(folder: Path) -> dict[str, Tag]:
    """The pages with answers, parsed."""
    return {page: BeautifulSoup((SITE / f"{page}.html").read_text("utf-8"), "html.parser").article for page in PAGES}


# ---- Nothing of a single person is in any file -----------------------------------------------------------------------


@pytest.fixture(scope="session")
def contents(folder: Path) -> dict[str, str]:
    """All files of the book as text, those within zip files too; bytes that are no text stay as they are."""
    found = {}
    for file in filter(Path.is_file, SITE.rglob("*")):
        name = file.relative_to(SITE).as_posix()
        found[name] = file.read_bytes().decode("utf-8", "surrogateescape")
        if zipfile.is_zipfile(file):
            with zipfile.ZipFile(file) as packed:
                found |= {f"{name}/{part}": packed.read(part).decode("utf-8", "replace") for part in packed.namelist()}
    assert {Path(name).suffix for name in found} >= {".html", ".js", ".svg", ".xlsx", ".xml", ".inv"}
    return found


def test_the_book_has_all_its_pages_and_says_what_it_is_made_of(articles):
    for page, article in articles.items():
        marks = {mark["class"][1] for mark in article.select(".maerke")}
        assert COLLECTED in marks, page
        assert "syntetisk" not in marks, page
    assert "mine-svar.csv" in articles["index"].get_text()


def test_no_file_holds_a_planted_text_or_pattern(contents):
    planted = ["plantet", "bagvendt skrevet", "calc\"!", PLANTED_SET, PLANTED_SET.replace(" ", "+")]
    for name, text in contents.items():
        plain = unicodedata.normalize("NFKC", text).casefold()
        assert not [words for words in planted if words in plain], name
        assert "\u202e" not in text, name


def test_no_file_holds_a_key_or_a_position(contents, folder):
    frame = pd.read_csv(folder / "ramme-noegler.csv", dtype=str)
    keys, positions = set(frame["noegle"]), set(frame["stilling"])
    for name, text in contents.items():
        assert not keys.intersection(re.findall(r"(?=([2-9A-Z]{16}))", text)), name
        assert not positions.intersection(re.findall(r"(?<!\d)\d{3}-[a-z]+", text)), name
        assert "#n=" not in text or name.startswith("skema"), name  # the form itself reads a key from there


def test_no_file_tells_where_the_answers_lie(contents, folder):
    places = {str(folder), folder.name, str(folder.parent), str(project.root), str(Path.home())} - {"/", "/root"}
    for name, text in contents.items():
        assert not [place for place in places if f"{place}/" in text or (place == folder.name and place in text)], name


def words_of(contents: dict[str, str]) -> Iterator[tuple[str, str]]:
    """All that a person or a machine may read of a page or a figure: texts, attributes, comments, the search index."""
    for name, text in contents.items():
        if name.endswith(".html"):
            page = BeautifulSoup(text, "html.parser")
            yield name, page.get_text(" ")
            for tag in page.find_all(True):
                yield from ((name, str(tag[key])) for key in tag.attrs
                            if key in ("alt", "title") or key.startswith(("aria-", "data-")))
        elif name.endswith(".svg"):
            yield from ((name, comment) for comment in re.findall(r"<!--(.*?)-->", text, re.DOTALL))
            yield from ((name, part) for part in re.findall(r"<(?:metadata|title|desc)>.*?</", text, re.DOTALL))
        elif name.endswith(INDEX):
            index = json.loads(text[text.index("{"):text.index(";\n")])
            yield from ((name, str(part)) for place in index["steder"] for part in place)


def test_no_words_tell_the_planted_count(contents):
    alone = re.compile(rf"(?<![\d.,\w-]){PLANTED_COUNT}(?![\w-]|[.,]\d)")
    assert any(name.endswith(INDEX) for name, _ in words_of(contents))
    assert not [(name, text[:200]) for name, text in words_of(contents) if alone.search(text)]


# ---- What the attacker reads -----------------------------------------------------------------------------------------


PICKERS = {f"tab-blok-{block}" for block in QUESTIONNAIRE.blocks}


@dataclass(frozen=True)
class Fact:
    """A share as a page has it: whole percent, or None where it is hidden."""

    item: str
    answer: str
    by: str
    group: str
    percent: int | None
    where: str


@dataclass
class Reader:
    """Reads a page from the top; `items` are those of the question that was last asked."""

    facts: list[Fact] = field(default_factory=list)
    unsure: dict[str, int] = field(default_factory=dict)  # how many said 'ved ikke'
    items: list[str] = field(default_factory=list)
    intervals: list[tuple[str, str, str, int, str]] = field(default_factory=list)  # where, row, item, percent, interval

    def page(self, article: Tag) -> None:
        for part in article.select(".spoergsmaal, figure, table, .saetning, .kort"):
            if part.name == "figure":
                self.figure(part)
            elif part.name == "table":
                self.table(part)
            elif "spoergsmaal" in part["class"]:
                self.question(part)
            else:
                self.sentence(part.get_text(" ", strip=True))

    def question(self, part: Tag) -> None:
        self.items = [code.get_text() for code in part.select(".grundlag code")] or self.items
        for base in part.select(".grundlag"):
            item, _, rest = base.get_text().partition(" · ")
            if told := re.search(r"»ved ikke«: ([\d.]+)", rest):
                self.unsure[item] = whole(told[1])

    def say(self, item: str, answer: str, group: str, told: str, where: str, by: str = "fagomraade") -> None:
        """Take a number in: "82 % (79–84)" or a dash."""
        found = re.match(r"(\d+)\s%(?: \((.*)\))?", told)
        assert found or told.startswith("–"), (where, told)
        self.facts.append(Fact(item, answer, by if group else "", group, int(found[1]) if found else None, where))
        if found and found[2]:
            self.intervals.append((where, group, item, int(found[1]), found[2]))

    def figure(self, part: Tag) -> None:
        if asked := part.select_one(".spurgt"):
            self.question(asked)
        kind, _, told = part.img["alt"].removesuffix(".").partition(". ")
        kind = kind.removesuffix(" (indsamlede svar)")
        where, caption = part["id"], part.select_one(".caption-text").get_text()
        if where == "fig-pres" or kind not in ("Prikdiagram med intervaller", "Liggende, delte søjler"):
            return
        for entry in told.split("; "):
            if kind.startswith("Liggende"):
                self.bar(entry, where)
            elif found := re.match(r"(.*?) (\d+\s%.*|–)$", entry):
                self.dot(found[1], found[2], where, caption)

    def dot(self, name: str, told: str, where: str, caption: str) -> None:
        """A group's share of those who say yes, or the share of an answer; `fig-dele` has shares of counts."""
        group = code_of(AREAS, name)
        scale = QUESTIONNAIRE.items[self.items[0]].scale
        if group and scale.type == "enkelt":
            self.say(self.items[0], "ja", group, told, where)
        elif scale.type != "antal":
            self.say(self.items[0], answer_of(self.items[0], name), "", told, where)

    def bar(self, entry: str, where: str) -> None:
        name, _, rest = entry.partition(": ")
        group = code_of(AREAS, name)
        item = self.items[0] if group else next(i for i in self.items if QUESTIONNAIRE.items[i].topic == name)
        for told in rest.split(", "):
            words, number = re.fullmatch(r"(.*?) (\d+\s%|–)", told).groups()
            self.say(item, answer_of(item, words), group, number, where)

    def table(self, part: Tag) -> None:
        where = part.find_parent(id=True)["id"]
        head, *rows = [[cell.get_text().strip() for cell in row.find_all(["th", "td"])]
                       for row in part.find_all("tr")]
        if part.find_parent("details", class_="vaelger"):
            self.picker(head, rows, where)
        elif where == "tab-fokus":
            for name, variable, told, *_ in rows:
                by = next(b.id for b in QUESTIONNAIRE.background.values() if b.name.capitalize() == variable)
                self.say("pol_fokus", "ja", code_of(QUESTIONNAIRE.background[by].labels, name), told, where, by)
        elif where == "tab-imputation":
            for name, told, *_ in rows:
                self.say(topic_of(name), "enig+helt_enig", "", told, where)
        elif head[0] == "Fagområde" and code_of(AREAS, rows[0][0]) and "%" in part.tbody.get_text():
            for name, *cells in rows:
                for heading, told in zip(head[1:], cells, strict=True):
                    self.cell(heading, code_of(AREAS, name), told, where)

    def picker(self, head: list[str], rows: list[list[str]], where: str) -> None:
        """A block for all and for every group: the shares of its answers."""
        variables = {variable.name.capitalize(): variable for variable in QUESTIONNAIRE.background.values()}
        for words, topic, *cells in rows:
            item = topic_of(topic)
            if words == group_picker.BASE or QUESTIONNAIRE.items[item].scale.type == "antal":
                continue
            for heading, told in zip(head[2:], cells, strict=True):
                name, _, label = heading.partition(": ")
                by = variables[name].id if label else ""
                group = code_of(variables[name].labels, label) if label else ""
                self.say(item, answer_of(item, words), group, told, where, by)

    def cell(self, heading: str, group: str, told: str, where: str) -> None:
        """A cell of a table by area: its column is an answer to the last question, or a question."""
        if where in ("tab-i-fokus", "tab-forventninger"):
            item = topic_of(heading)
            if item:
                self.say(item, "ja" if item == "pol_fokus" else "enig+helt_enig", group, told, where)
        else:
            self.say(self.items[0], answer_of(self.items[0], heading), group, told, where)

    def sentence(self, text: str) -> None:
        """The sentences and cards whose words an attacker can tie to answers."""
        for words, item, answer in (
            (" svarer, at der er en politik", "pol_strategi", "hele_kommunen+omraadet"),
            (" af cheferne svarer altid eller ofte", "pra_tvaers_hyppighed", "ofte+altid"),
            (" ja. Det højeste tal har", "pol_fokus", "ja"),
            (" har det seneste år haft øget fokus på (?:at )?samarbejde", "pol_fokus", "ja"),
            (" er enige i, at de er usikre på", "for_evaluering", "enig+helt_enig"),
            (" ser øget omkostningseffektivitet som", "vae_overordnet", "omkostning"),
            (" ser omkostningseffektivitet som den overordnede værdi", "vae_overordnet", "omkostning"),
        ):
            found = re.search(rf"(\d+\s%)(?: \([\d–]+\))?(?: svarer)?{words.removeprefix(' svarer')}", text)
            found = found or re.search(rf"(\d+\s%)(?: \([\d–]+\))?{words}", text)
            if found:
                self.say(item, answer, "", found[1], "sætning")


def whole(text: str) -> int:
    return int(text.replace(".", ""))


def code_of(labels: dict[str, str], name: str) -> str:
    return next((code for code, label in labels.items() if label == name), "")


def answer_of(item: str, words: str) -> str:
    labels = QUESTIONNAIRE.items[item].scale.answers | {DONT_KNOW: QUESTIONNAIRE.dont_know}
    return next(code for code, label in labels.items() if label.lower() == words.lower())


def topic_of(name: str) -> str:
    return next((item.id for item in QUESTIONNAIRE.items.values() if item.topic == name), "")


@pytest.fixture(scope="session")
def read(articles) -> Reader:
    reader = Reader()
    for article in articles.values():
        reader.page(article)
    return reader


def test_the_attacker_reads_what_is_there(read):
    """Every question with answers of its own is read for everybody or by area, in as many cells as there are."""
    chosen = [item.id for item in QUESTIONNAIRE.items.values() if item.scale.type in ("enkelt", "flere", "ordinal")]
    assert {fact.item for fact in read.facts} == set(chosen)
    hidden = {fact.item for fact in read.facts if (fact.answer, fact.group) == (DONT_KNOW, "") and fact.percent is None}
    assert set(read.unsure) >= set(chosen) - hidden
    assert len(read.unsure) > 15
    assert len(read.facts) > 900
    hidden = sum(fact.percent is None for fact in read.facts)
    assert 200 < hidden < len(read.facts) / 2
    where = {fact.where for fact in read.facts}
    assert {"tab-strategi", "tab-i-fokus", "tab-forventninger", "tab-fokus", "tab-imputation", "fig-sikker", "sætning",
            "fig-forventninger", "fig-nye", "tab-emner", "tab-partnere", *PICKERS} <= where


def test_a_number_is_the_same_wherever_it_stands(read):
    facts = pd.DataFrame([vars(fact) for fact in read.facts]).fillna({"percent": -1})
    told = facts.groupby(["item", "answer", "by", "group"])["percent"].nunique()
    assert told.max() == 1, told[told > 1]


# ---- What he makes of it ---------------------------------------------------------------------------------------------


def members(survey: Survey, by: str, group: str) -> np.ndarray:
    return (survey.background[by] == group).to_numpy() if by else np.ones(len(survey.answers), bool)


@dataclass
class Attacker:
    """What the pages say of one item, as linear constraints on how many of each group gave each answer.

    Unknown, for each group and answer: how many respondents, and what they weigh together (in average respondents).
    """

    item: str
    facts: list[Fact]
    unsure: int | None
    survey: Survey  # only for how many answered in each group, and their weights

    def __post_init__(self) -> None:
        self.answered = self.survey.answered(self.item)
        weights = self.survey.among(self.survey.responded(self.item)).design.weights
        self.weight = weights / weights[self.answered].mean()
        self.codes = [*QUESTIONNAIRE.items[self.item].scale.answers, DONT_KNOW]
        names = dict.fromkeys([("", ""), *((fact.by, fact.group) for fact in self.facts)])
        split = dict.fromkeys(by for by, _ in names if by)
        self.groups = [("", ""), *((by, code) for by in split for code in QUESTIONNAIRE.background[by].labels)]
        inside = [members(self.survey, *group) & self.answered for group in self.groups]
        self.n = np.array([who.sum() for who in inside])
        self.base = np.array([self.weight[who].sum() for who in inside])
        self.rows, self.low, self.high = [], [], []
        self._structure(split)
        for fact in self.facts:
            self._read(fact)
        if self.unsure is not None:
            self._say(self.cell(("", ""), DONT_KNOW, weighted=False), self.unsure - STEP // 2, self.unsure + STEP // 2)

    def cell(self, group: tuple[str, str], answer: str, *, weighted: bool) -> dict[int, float]:
        place = self.groups.index(group) * len(self.codes)
        return {2 * (place + self.codes.index(code)) + weighted: 1.0 for code in answer.split("+")}

    def _say(self, sums: dict[int, float], low: float, high: float) -> None:
        self.rows.append(sums)
        self.low.append(low)
        self.high.append(high)

    def _structure(self, split: Iterable[str]) -> None:
        """Groups add up to everybody, answers to their group; weights are neither very small nor very large."""
        light, heavy = self.weight[self.answered].min(), self.weight[self.answered].max()
        several = QUESTIONNAIRE.items[self.item].scale.type == "flere"
        for place, group in enumerate(self.groups):
            for weighted, size in ((False, self.n[place]), (True, self.base[place])):
                cells = [self.cell(group, code, weighted=weighted) for code in self.codes]
                everything = {key: 1.0 for one in cells for key in one}
                self._say(everything, size, np.inf if several else size)
                alone = {key: 1.0 for code in (NONE, DONT_KNOW) if code in self.codes
                         for key in self.cell(group, code, weighted=weighted)}
                for one in cells:
                    self._say(one | alone if several else one, 0, size)
            for code in self.codes:
                (one,), (heavy_one,) = (self.cell(group, code, weighted=weighted) for weighted in (False, True))
                self._say({heavy_one: 1.0, one: -light}, 0, np.inf)
                self._say({heavy_one: 1.0, one: -heavy}, -np.inf, 0)
        for by in split:
            for code in self.codes:
                for weighted in (False, True):
                    parts = [self.cell(group, code, weighted=weighted) for group in self.groups if group[0] == by]
                    total = {key: -1.0 for key in self.cell(("", ""), code, weighted=weighted)}
                    self._say(total | {key: 1.0 for part in parts for key in part}, 0, 0)

    def _read(self, fact: Fact) -> None:
        """A share is a multiple of 5 among the rounded n; at least 5 gave a shown answer, and 5 did not."""
        if fact.percent is None:
            return
        place = self.groups.index((fact.by, fact.group))
        n, rounded = self.n[place], STEP * int(np.floor(self.n[place] / STEP + 0.5))
        many = np.arange(0, rounded + 1, STEP) / rounded
        fits = many[np.abs(100 * many - fact.percent) <= 0.5 + 1e-9]
        assert len(fits), (fact, rounded)
        half = STEP / rounded / 2
        low, high = ((fits[0] - half) * self.base[place], (fits[-1] + half) * self.base[place])
        self._say(self.cell((fact.by, fact.group), fact.answer, weighted=True), low - 1e-6, high + 1e-6)
        if "+" not in fact.answer:
            self._say(self.cell((fact.by, fact.group), fact.answer, weighted=False), STEP, n - STEP)

    @cached_property
    def system(self) -> tuple[sparse.csr_matrix, np.ndarray, sparse.csr_matrix, np.ndarray]:
        """All rows as (at most, equal), for the solver."""
        starts = np.cumsum([0, *map(len, self.rows)])
        columns, values = (np.concatenate([list(part(row)) for row in self.rows]) for part in (dict.keys, dict.values))
        matrix = sparse.csr_matrix((values, columns, starts), (len(self.rows), 2 * len(self.groups) * len(self.codes)))
        low, high = np.array(self.low), np.array(self.high)
        equal, above, below = low == high, np.isfinite(high) & (low < high), np.isfinite(low) & (low < high)
        left = sparse.vstack([matrix[above], -matrix[below]])
        return left, np.concatenate([high[above], -low[below]]), matrix[equal], low[equal]

    def interval(self, group: tuple[str, str], answer: str, *, weighted: bool) -> tuple[float, float]:
        """The least and the greatest that fit all the pages say."""
        target = np.zeros(2 * len(self.groups) * len(self.codes))
        target[list(self.cell(group, answer, weighted=weighted))] = 1
        found = [linprog(sign * target, *self.system, method="highs-ds") for sign in (1, -1)]
        assert all(one.status == 0 for one in found), (self.item, group, answer, [one.message for one in found])
        return found[0].fun, -found[1].fun

    def narrow(self) -> list[str]:
        """The hidden counts that he knows to less than 5; fails if the truth is not within what he knows."""
        told = []
        for fact in {(fact.by, fact.group, fact.answer): fact for fact in self.facts if fact.percent is None}.values():
            group = fact.by, fact.group
            who = members(self.survey, *group) & self.survey.says(self.item, *fact.answer.split("+"))
            n, base = (sizes[self.groups.index(group)] for sizes in (self.n, self.base))
            for weighted, count, each in ((False, who.sum(), 1.0), (True, self.weight[who].sum(), base / max(n, 1))):
                low, high = self.interval(group, fact.answer, weighted=weighted)
                assert low - 1e-4 <= count <= high + 1e-4, (fact, low, high, count)
                if high - low < min(STEP, n) * each - 1e-4:
                    told.append(f"{self.item}, {fact.answer}, {fact.group}: {low:.2f}–{high:.2f} ({fact.where})")
        return told


CHOSEN = [item.id for item in QUESTIONNAIRE.items.values() if item.scale.type in ("enkelt", "flere", "ordinal")]


@pytest.mark.parametrize("item", CHOSEN)
def test_no_hidden_count_can_be_worked_out_from_the_pages(item, read, truth):
    facts = [fact for fact in read.facts if fact.item == item]
    attacker = Attacker(item, facts, read.unsure.get(item), truth)
    assert not attacker.narrow()


def test_the_attacker_wins_without_secondary_suppression(truth, monkeypatch):
    """He reads the same tables as they would be if only small counts were hidden, and finds some of them."""
    item = "pol_fokus"
    asked = replace(QUESTIONNAIRE, items={item: QUESTIONNAIRE.items[item]})
    alone = truth.having(answers=truth.answers[[item]], questionnaire=asked)
    monkeypatch.setattr(programme.Programme, "protect", lambda self: False)
    plan = disclosure.plan(alone)
    shown = pd.concat([plan.protect(estimate.shares(alone, item, by=by)) for by in (None, *QUESTIONNAIRE.background)])
    facts = [Fact(item, row["answer"], row["by"], row["group"], None if row["hidden"] else round(100 * row["estimate"]),
                  "uden sekundær skjulning") for _, row in shown.iterrows()]
    assert Attacker(item, facts, None, truth).narrow()


def test_small_groups_and_people_who_stand_alone_are_hidden(read):
    told = {(fact.item, fact.group, fact.answer): fact.percent for fact in read.facts if fact.by == "fagomraade"}
    assert told["pol_nye", "teknik", "ja"] is None
    assert told["vae_tillid", "integration", "enig+helt_enig"] is None
    assert told["vae_civile", "skole", "enig+helt_enig"] is None
    assert told["for_udfordringer", "kultur", DONT_KNOW] is None


def test_an_interval_tells_no_more_than_its_number(read):
    """Equal shares of one question in one group have equal intervals: else errors tell counts within their step.

    But for a few whose design factors are rounded up to either of two numbers.
    """
    intervals = pd.DataFrame(read.intervals, columns=["where", "group", "item", "percent", "interval"])
    assert len(intervals) > 400
    cells = intervals[intervals["group"] != ""].drop_duplicates(["where", "group", "item", "percent", "interval"])
    alike = intervals[intervals["group"] != ""].groupby(["where", "group", "item", "percent"])["interval"]
    pairs = alike.nunique()[alike.size() > 1]
    assert len(pairs) > 40
    assert (pairs > 1).mean() < 0.05, cells[cells.duplicated(["where", "group", "item", "percent"], keep=False)]


def body(articles: dict[str, Tag], page: str, name: str) -> list[list[str]]:
    """The cells of a table in the book, row by row."""
    rows = articles[page].find(id=name).select("tbody tr")
    return [[cell.get_text().strip() for cell in row.find_all(["th", "td"])] for row in rows]


def points(text: str) -> float:
    return float(text.replace("\u2212", "-").replace(",", "."))


def test_differences_are_those_of_the_shown_groups_and_hidden_with_them(read, articles):
    told = {AREAS[fact.group]: fact.percent for fact in read.facts
            if (fact.item, fact.answer, fact.by, fact.where) == ("pol_fokus", "ja", "fagomraade", "tab-fokus")}
    rows = body(articles, "chapters/resultater", "tab-fokus-par")
    pairs = {" – ".join(pair): pair for pair in itertools.combinations(AREAS.values(), 2)}
    assert {pair for pair, *_ in rows} == {pair for pair, (a, b) in pairs.items() if None not in (told[a], told[b])}
    for pair, difference, *_ in rows:
        a, b = pairs[pair]
        assert abs(points(difference) - (told[a] - told[b])) <= 1.05, pair
    left_out = articles["chapters/resultater"].find(id="tab-fokus-par").select_one(".note").get_text()
    assert f"p-værdierne er korrigeret for de {len(rows)} par, der vises" in left_out
    assert f"{len(pairs) - len(rows)} rækker." in left_out
    assert None in told.values()


@pytest.mark.parametrize(("name", "item", "answer"), [
    ("tab-model-omkostning", "vae_omkostning", "enig+helt_enig"), ("tab-model-antal", "pra_lange+pra_korte", ""),
])
def test_a_model_tells_nothing_of_a_hidden_group_or_the_largest_count(name, item, answer, articles, truth):
    make = estimate.shares if answer else estimate.means
    given = (item, answer) if answer else (item.split("+"),)
    groups = door.shown(truth, pd.concat([make(truth, *given, by=by) for by in QUESTIONNAIRE.background]))
    quiet = groups[groups["hidden"] | groups["se"].isna()]
    secret = {QUESTIONNAIRE.background[row["by"]].labels[row["group"]] for _, row in quiet.iterrows()}
    rows = body(articles, "chapters/resultater", name)
    named = {name for group, reference, *_ in rows for name in (group, reference)} if len(rows) > 1 else set()
    assert not named & secret
    assert named or "Alle tal er skjult" in rows[0][1]
    assert secret or answer  # the planted count


def test_verdicts_are_told_only_with_their_numbers(articles):
    page = articles["chapters/konklusion"]
    told = page.find(id="fig-udsagn").img["alt"]
    hidden = 0
    for row in page.select(".stak:not(#tab-hele-reglen *) tbody tr"):
        key, *_, numbers, verdict = [cell.get_text().strip() for cell in row.find_all(["th", "td"])]
        verdict = verdict.lstrip("✓✗? ")
        listed = next(part for part in told.split(". ")[1].split("; ") if re.search(rf"\b{key}\b", part))
        assert listed.startswith(verdict)
        assert bool(numbers) == (verdict in ("som dengang", "kan ikke afgøres", "anderledes end dengang")), key
        hidden += verdict == "skjult"
    assert hidden


def test_a_specification_curve_has_as_many_marks_as_it_tells_and_rounded_estimates(articles):
    for name in ("fig-valg-blok", "fig-valg-pres"):
        part = articles["chapters/konklusion"].find(id=name)
        count = int(re.search(r"med (\d+) beregninger", part.img["alt"])[1])
        panel = drawing(part).partition('<g id="axes_2">')[0]
        marks = re.findall(r'<use xlink:href="#\w+" x="[\d.]+" y="([\d.]+)" style="fill', panel)
        assert len(marks) == count, name
        assert len(set(marks)) <= count / 2, name  # many specifications move the number by less than a step


# ---- What drawings tell ----------------------------------------------------------------------------------------------


def drawing(part: Tag) -> str:
    return (SITE / "chapters" / part.img["src"]).resolve().read_text("utf-8")


def sizes_told(part: Tag) -> list[int]:
    """The numbers of respondents that may stand behind a figure: multiples of 5 within the range that it tells."""
    found = re.search(r"n (?:=|fra) ([\d.]+)(?: til ([\d.]+))?", part.figcaption.get_text())
    return list(range(whole(found[1]), whole(found[2] or found[1]) + 1, STEP))


def on_grid(share: float, sizes: list[int]) -> bool:
    return any(abs(share * n / STEP - round(share * n / STEP)) < 2e-3 for n in sizes)


def test_dots_and_lines_are_only_drawn_of_what_is_shown_and_stand_on_rounded_numbers(articles):
    seen = 0
    for part in articles["chapters/resultater"].select("figure"):
        if not part.img["alt"].startswith("Prikdiagram"):
            continue
        svg, told = drawing(part), part.img["alt"].partition(". ")[2].split("; ")
        dots = [float(x) for x in re.findall(r'<use xlink:href="#C0_\w+" x="([\d.]+)"', svg)]
        lines = re.search(r'<g id="LineCollection_1">(.*?)</g>', svg, re.DOTALL)[1]
        hidden = [text.rstrip(".").endswith(" –") for text in told]
        assert len(dots) == hidden.count(False), part["id"]
        bare = [text.rstrip(".").endswith(("–", "–)")) for text in told]  # a dot without a line, or nothing
        assert lines.count('<path d="') == bare.count(False), part["id"]
        if "%" not in part.img["alt"] or part["id"] == "fig-dele":
            continue
        left, share = axis(svg)
        sizes = sizes_told(part)
        for x in dots:
            assert on_grid((x - left) * share, sizes), (part["id"], x)
            seen += 1
    assert seen > 50


def axis(svg: str) -> tuple[float, float]:
    """Where 0 is on the axis across, and what a point of it is worth."""
    ticks = re.findall(r'<g id="xtick_\d+">.*?d="M ([\d.]+) .*?<!-- (\d+)\s% -->', svg, re.DOTALL)
    places = [(float(x), int(value) / 100) for x, value in ticks]
    (x0, v0), (x1, v1) = places[0], places[-1]
    share = (v1 - v0) / (x1 - x0)
    return x0 - v0 / share, share


def test_hidden_answers_have_no_width_in_bars_and_the_others_rounded_ones(articles):
    seen = 0
    for part in articles["chapters/resultater"].select("figure"):
        if not part.img["alt"].startswith("Liggende"):
            continue
        svg, rows = drawing(part), part.img["alt"].removesuffix(".").partition(". ")[2].split("; ")
        cells = [row.partition(": ")[2].split(", ") for row in rows]
        told = [[None if "–" in cell else int(re.search(r"(\d+)\s%$", cell)[1]) for cell in row] for row in cells]
        bars = re.findall(r'd="M ([\d.]+) [\d.]+ \nL ([\d.]+) [^"]*?" clip-path="[^"]*" style="fill: #\w+; '
                          "stroke: #ffffff", svg)
        widths = np.array([abs(float(b) - float(a)) for a, b in bars])
        answers = len(told[0]) - 1
        main, shares = widths[:answers * len(rows)], np.array(told, dtype=object)[:, :-1].T.ravel()
        shown = np.array([share is not None for share in shares])
        assert (main[~shown] < 1e-5).all(), part["id"]
        unit = whole_bar(main[shown], shares[shown].astype(float) / 100, sizes_told(part))
        assert (abs(100 * main[shown] / unit - shares[shown].astype(float)) < 0.51).all(), part["id"]
        assert all(on_grid(width / unit, sizes_told(part)) for width in main[shown]), part["id"]
        seen += shown.sum()
    assert seen > 100


def whole_bar(widths: np.ndarray, shares: np.ndarray, sizes: list[int]) -> float:
    """How wide a bar of everybody would be: the one that makes most widths multiples of 5 among a number told."""
    widest = widths.argmax()
    tries = [widths[widest] * n / k for n in sizes for k in range(STEP, n, STEP)
             if abs(k / n - shares[widest]) < 0.0051]
    return min(tries, key=lambda unit: (sum(not on_grid(width / unit, sizes) for width in widths),
                                        abs(widths / unit - shares).max()))


# ---- Counts, and other editions --------------------------------------------------------------------------------------


def test_the_planted_count_cannot_be_reckoned_from_an_interval(truth):
    """The standard error of a mean bounds the largest count: never closer than half as much again as it is."""
    seen = 0
    for item in ("pra_lange", "pra_korte", "pra_lange+pra_korte"):
        items = item.split("+")
        for by in (None, *QUESTIONNAIRE.background):
            for _, row in door.shown(truth, estimate.means(truth, items, by)).iterrows():
                who = members(truth, row["by"], row["group"])
                y = np.sum([truth.number(name) for name in items], axis=0)[who]
                y = y[~np.isnan(y)]
                if not np.isnan(row["se"]):
                    most = row["se"] * len(y) / np.sqrt(1 - len(y) / 2 / len(y))  # half of the frame answered
                    assert most > 1.4 * (y.max() - y.mean()), (item, row["group"])
                    seen += 1
                elif not row["hidden"]:
                    assert np.isnan(row["low"])
    assert seen > 20


def cells_of(output: output_.Output) -> pd.DataFrame:
    """The cells of a table as it stands on a page."""
    rows = BeautifulSoup(output.html, "html.parser").select("tbody tr")
    return pd.DataFrame([[cell.get_text() for cell in row.find_all(["th", "td"])] for row in rows])


def test_an_edition_with_other_parameters_shows_the_same_numbers(read, truth):
    """opdel=region konfidens=0.8: what it shows of the same cells is what the built book shows."""
    other = replace(truth, level=0.8)
    facts = {(fact.item, fact.answer, fact.by, fact.group): fact.percent for fact in read.facts}
    by_region = tables.estimates_table(other, estimate.shares(other, "pol_fokus", "ja", by="region"), "x", "x")
    regions = QUESTIONNAIRE.background["region"].labels
    for name, told, *_ in cells_of(by_region).itertuples(index=False):
        assert facts["pol_fokus", "ja", "region", code_of(regions, name)] == percent_of(told)
    for item in CHOSEN:
        by_area = tables.estimates_table(other, estimate.shares(other, item, by="fagomraade"), "x", "x")
        for group, answer, told, *_ in cells_of(by_area).itertuples(index=False):
            key = item, answer_of(item, answer), "fagomraade", code_of(AREAS, group)
            if key in facts:
                assert facts[key] == percent_of(told), key


def percent_of(told: str) -> int | None:
    return None if told == "–" else int(told.split()[0])


def test_no_message_tells_that_a_group_answered_alike(articles):
    for page, article in articles.items():
        assert "svarede alle ens" not in article.get_text(), page
