"""A book that goes on from the last one is the same, byte by byte, as one made from nothing: edits drawn at random."""

import json
import os
import random
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from civsam.book import render
from civsam.book.execute import ChapterError
from civsam.files import project

SEEDS = [int(seed) for seed in os.environ.get("CIVSAM_FROE", "1").split()]
ROUNDS = int(os.environ.get("CIVSAM_RUNDER", "4"))
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="{0}" height="9"><rect width="9" height="9"/></svg>'
TABLE = ("<div class='tabel'><table><caption>{0}</caption><thead><tr><th scope='col'>Antal</th></tr></thead>"
         "<tbody><tr><td>{1}</td></tr></tbody></table></div>")
BIB = "@book{{{0}, author={{Ås, {0}. and Bæk, C.}}, title={{Værk {0}}}, publisher={{KORA}}, year=2016}}\n"
FILE = '<pre data-fil="hent/{0}.txt">Linje {1}</pre>'
WORDS = ["bro", "dal", "eng", "fjord", "gren", "hede", "kyst", "lund", "mose", "skov"]


class Book:
    """A small book as what it consists of, which can be changed at random and staged."""

    def __init__(self, seed: int, web: bool) -> None:
        self.draw = random.Random(seed)
        self.number, self.web = 0, web
        self.terms, self.cited = ["svar", "ramme"], ["a", "b"]
        self.pages: dict[str, dict[str, Any]] = {}
        for name in ("et", "to", "del/tre", "del/fire", "del/fem"):
            self.add_page(name)
        for page in ("et", "del/tre", "del/fire") * 2:
            self.pages[page]["run"] = True
            self.add_shown(page)

    def new(self) -> int:
        self.number += 1
        return self.number

    def word(self) -> str:
        return f"{self.draw.choice(WORDS)} {self.new()}"

    def shown(self) -> list[tuple[str, dict[str, Any]]]:
        return [(page, one) for page, content in self.pages.items() for one in content["shown"]]

    def any_page(self, run: bool = False) -> str:
        return self.draw.choice([page for page, content in self.pages.items() if content["run"] or not run])

    # ---- What may happen to it

    def add_page(self, name: str = "") -> None:
        place = self.draw.randint(0, len(self.pages))
        before = [*self.pages.items()]
        name = name or f"{self.draw.choice(['', 'del/'])}side{self.new()}"
        content = {"run": bool(self.draw.getrandbits(1)), "title": self.word(), "text": self.word(),
                   "parts": [self.word()], "shown": [], "wants": "", "term": "", "cites": "",
                   "file": bool(self.draw.getrandbits(1)), "picture": bool(self.draw.getrandbits(1))}
        self.pages = dict([*before[:place], (name, content), *before[place:]])

    def drop_page(self) -> None:
        if (page := self.any_page()) != "et":
            for one in self.pages.pop(page)["shown"]:
                self._renamed(one["name"], "")

    def move_page(self) -> None:
        order = [*self.pages.items()]
        self.draw.shuffle(order)
        self.pages = dict(order)

    def retitle(self) -> None:
        self.pages[self.any_page()]["title"] = self.word()

    def rewrite(self) -> None:
        self.pages[self.any_page()]["text"] = f"{self.word()}\n\n{self.word()}"

    def reparts(self) -> None:
        self.pages[self.any_page()]["parts"] = [self.word() for _ in range(self.draw.randint(0, 3))]

    def refile(self) -> None:
        content = self.pages[self.any_page()]
        content["file"] = not content["file"]

    def picture(self) -> None:
        content = self.pages[self.any_page()]
        content["picture"] = not content["picture"]

    def add_shown(self, page: str = "") -> None:
        kind = self.draw.choice(["fig", "tab"])
        one = {"name": f"{kind}-{self.new()}", "caption": self.word(), "size": self.new()}
        found = self.pages[page or self.any_page(run=True)]["shown"]
        found.insert(self.draw.randint(0, len(found)), one)

    def take(self) -> dict[str, Any] | None:
        there = self.shown()
        if not there:
            return None
        page, one = self.draw.choice(there)
        self.pages[page]["shown"].remove(one)
        return one

    def move_shown(self) -> None:
        if one := self.take():
            found = self.pages[self.any_page(run=True)]["shown"]
            found.insert(self.draw.randint(0, len(found)), one)

    def drop_shown(self) -> None:
        if one := self.take():
            self._renamed(one["name"], "")

    def _renamed(self, old: str, new: str) -> None:
        for content in self.pages.values():
            content["wants"] = new if content["wants"] == old else content["wants"]

    def rename_shown(self) -> None:
        if there := self.shown():
            one = self.draw.choice(there)[1]
            old, one["name"] = one["name"], f"{one['name'][:3]}-{self.new()}"
            self._renamed(old, one["name"])

    def redraw(self) -> None:
        if there := self.shown():
            self.draw.choice(there)[1]["size"] = self.new()

    def recaption(self) -> None:
        if there := self.shown():
            self.draw.choice(there)[1]["caption"] = self.word()

    def refer(self) -> None:
        if there := self.shown():
            self.pages[self.any_page()]["wants"] = self.draw.choice(there)[1]["name"]

    def name_term(self) -> None:
        self.pages[self.any_page()]["term"] = self.draw.choice(self.terms)

    def add_term(self) -> None:
        self.terms.append(f"ord{self.new()}")

    def change_term(self) -> None:
        place = self.draw.randrange(len(self.terms))
        old, self.terms[place] = self.terms[place], f"ord{self.new()}"
        for content in self.pages.values():
            content["term"] = self.terms[place] if content["term"] == old else content["term"]

    def cite(self) -> None:
        self.pages[self.any_page()]["cites"] = self.draw.choice(["", *self.cited])

    def add_source(self) -> None:
        self.cited.append(f"k{self.new()}")

    CHANGES = (add_page, drop_page, move_page, add_source, retitle, rewrite, reparts, refile, picture, add_shown,
               move_shown, drop_shown, rename_shown, redraw, recaption, refer, name_term, add_term, change_term, cite)

    # ---- As it is staged

    def files(self) -> dict[str, str]:
        """The sources by their names."""
        config = yaml.safe_load((project.root / "_config.yml").read_text("utf-8"))
        config["execute"]["execute_notebooks"] = "off"
        config["bibtex_bibfiles"] = ["kilder.bib"]
        config["html"]["baseurl"] = "https://eksempel.dk/bog/" if self.web else ""
        half = len(self.pages) // 2
        names = [{"file": page} for page in self.pages]
        toc = {"format": "jb-book", "root": "index", "parts": [
            {"numbered": True, "caption": "Første", "chapters": names[:half]},
            {"numbered": True, "caption": "Anden", "chapters": names[half:]},
            {"chapters": [{"file": page} for page in ("figurer", "ordliste", "litteratur")]}]}
        terms = "\n\n".join(f"{term}\n  Betyder {term}. {{en}}`{term}`" for term in self.terms)
        first = self.shown()[:1]
        return {
            "_config.yml": yaml.safe_dump(config), "_toc.yml": yaml.safe_dump(toc),
            "kilder.bib": "".join(map(BIB.format, self.cited)),
            "billede.svg": SVG.format(5), "del/billede.svg": SVG.format(6),  # one name, two pictures
            "index.md": "# Bogen\n\nVelkommen. " + "".join(f"{{numref}}`{one['name']}`" for _, one in first),
            "figurer.md": "# Figurer og tabeller\n\n```{figurliste}\n```\n",
            "ordliste.md": f"# Ordliste\n\n```{{glossary}}\n{terms}\n```\n",
            "litteratur.md": "# Litteratur\n\n```{bibliography}\n```\n",
            **dict(written(name, content) for name, content in self.pages.items()),
        }


def written(name: str, content: dict[str, Any]) -> tuple[str, str]:
    """The source of a page: a notebook that has been run, or Markdown for one that has never shown a thing."""
    said = [f"# {content['title']}", content["text"]]
    said += [f"{{numref}}`{content['wants']}` og {{ref}}`{content['wants']}`"] if content["wants"] else []
    said += ["![Et billede](billede.svg)"] if content["picture"] else []
    said += [f"{{term}}`{content['term']}`"] if content["term"] else []
    said += [f"{{cite:t}}`{content['cites']}`"] if content["cites"] else []
    said += [FILE.format(name, content["title"])] if content["file"] else []
    said += [line for part in content["parts"] for line in (f"## {part}", "Tekst. $x^2$")]
    if not content["run"]:
        return f"{name}.md", "\n\n".join(said)
    cells = [{"cell_type": "markdown", "id": "tekst", "metadata": {}, "source": "\n\n".join(said)}]
    cells += [cell(one) for one in content["shown"]]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return f"{name}.ipynb", json.dumps(
        {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5})


def cell(one: dict[str, Any]) -> dict[str, Any]:
    """A cell that shows a figure or a table."""
    facts = {"name": one["name"], "caption": one["caption"], "alt": "Søjler", "provenance": "antaget",
             "columns": [("Antal", True, str(one["size"]))]}
    mime, made = ("image/svg+xml", SVG.format(one["size"])) if one["name"].startswith("fig") else (
        "text/html", TABLE.format(one["caption"], one["size"]))
    output = {"output_type": "display_data", "data": {mime: made, "text/plain": "…"},
              "metadata": {mime: {"civsam": facts}}}
    return {"cell_type": "code", "id": one["name"], "metadata": {"tags": ["hide-input"]}, "source": "vis()",
            "execution_count": 1, "outputs": [output]}


def lay(files: dict[str, str], stage: Path) -> None:
    """Stage the sources as `build.fill_stage` does: what is not among them goes, what is the same stays untouched."""
    for file in render.sources(stage):
        if file.as_posix() not in files:
            (stage / file).unlink()
    for name, content in files.items():
        path = stage / name
        if not path.exists() or path.read_text("utf-8") != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, "utf-8")


def content(site: Path) -> dict[str, bytes]:
    return {file.relative_to(site).as_posix(): file.read_bytes() for file in site.rglob("*") if file.is_file()}


def differing(one: dict[str, bytes], other: dict[str, bytes]) -> list[str]:
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


class Workshop:
    """Renders a staged book: going on from what was rendered before, or from nothing. Counts the runs of Sphinx."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.stage, self.kept, self.nothing = folder / "bog", folder / "forrige", folder / "intet"
        self.runs, run = 0, render._jupyter_book
        self.stage.mkdir()

        def counted(stage: Path) -> str:
            self.runs += 1
            return run(stage)

        monkeypatch.setattr(render, "_jupyter_book", counted)

    def going_on(self) -> dict[str, bytes]:
        return content(render.render(self.stage, self.kept, render.ground(self.stage)))

    def from_nothing(self) -> dict[str, bytes]:
        shutil.rmtree(self.nothing, ignore_errors=True)
        return content(render.render(self.stage, self.nothing, render.ground(self.stage)))


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    return Workshop(tmp_path, monkeypatch)


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_edits_drawn_at_random_give_the_same_book_as_one_from_nothing(seed: int, workshop: Workshop) -> None:
    book = Book(seed, web=seed % 2 == 0)
    happened: list[str] = []
    for number in range(1, ROUNDS + 1):
        lay(book.files(), workshop.stage)
        made = workshop.going_on()
        assert workshop.runs == 2 * number - 1, f"{happened}: det begyndte forfra"
        assert differing(made, workshop.from_nothing()) == [], happened
        # a change of the contents starts from nothing by itself: most rounds have none
        changes = Book.CHANGES if number % 3 == 0 else Book.CHANGES[4:]
        for change in book.draw.choices(changes, k=book.draw.randint(1, 3)):
            happened.append(change.__name__)
            change(book)


@pytest.mark.slow
def test_what_failed_or_bears_an_old_date_is_seen_all_the_same(workshop: Workshop) -> None:
    """A fault leaves nothing behind, and a clock that was set back hides nothing."""
    book = Book(3, web=False)
    lay(book.files(), workshop.stage)
    workshop.going_on()
    good = (workshop.stage / "et.ipynb").read_text("utf-8")
    (workshop.stage / "et.ipynb").write_text(good.replace("# ", "# {ref}`mangler` ", 1), "utf-8")
    with pytest.raises(ChapterError, match="mangler"):
        workshop.going_on()
    new = good.replace("# ", "# Nyt navn: ", 1)
    (workshop.stage / "et.ipynb").write_text(new, "utf-8")
    os.utime(workshop.stage / "et.ipynb", (1, 1))
    made = workshop.going_on()
    assert b"Nyt navn" in made["index.html"]
    assert differing(made, workshop.from_nothing()) == []
    assert workshop.runs == 5  # the fault was tried twice
