"""Build an edition of the book: chapters run, sources staged, pages rendered, the finished book put in its place."""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import yaml

from civsam.book import own, passed, render, status
from civsam.book.audience import READERS, fitted
from civsam.book.contents import NUMBERS, NUMBERS_KEY, Values, cells, chapters, pages, sources, title
from civsam.book.execute import TRACE, run_chapters, seconds
from civsam.book.stale import STATE, chapter_digest, code_digest, digest, surroundings, tree
from civsam.disclosure.remembered import FOLDER
from civsam.edition import NO_OTHER
from civsam.files import (
    UserError,
    project,
    read_json,
    read_yaml,
    without_halves,
    without_lines,
    write_if_changed,
    write_json,
)
from civsam.pages.bibliography import COMPENDIUM

ADDRESS = "CIVSAM_BASEURL"
BOOK = "."  # key of the book's own digest, beside those of the chapters
MADE_OF = "svarfiler"  # key of what tells the edition's answers from others


class Places:
    """Where an edition is made: executed notebooks, sources for Jupyter Book, what they were made from; then the books.

    `run` holds when each part was last run and how long it took, `hidden` what is not shown (`disclosure.remembered`),
    `kept` what the next book goes on from (`render`).
    `new` is the book on its way in, `old` the last one on its way out, `pdf` the book on paper.
    """

    def __init__(self, name: str) -> None:
        """The places of the edition of that name; nothing is made here."""
        self.work = work = project.work / name
        self.name, self.lock = name, work / "laas"
        self.executed, self.stage, self.state = work / "kapitler", work / "bog", work / STATE
        self.run, self.hidden, self.kept = work / "koersel.json", work / "skjult", work / "forrige"
        self.pdf = project.editions / f"{name}.pdf"
        self.book = project.editions / name
        self.new, self.old = project.editions / f".{name}.ny", project.editions / f".{name}.gammel"


@contextmanager
def locked(places: Places) -> Iterator[None]:
    """Keep others from building the same edition. Raises UserError if somebody does; ends with the process."""
    places.lock.parent.mkdir(parents=True, exist_ok=True)
    with places.lock.open("a") as file:
        try:
            _lock(file, wait=False)
        except OSError:
            raise UserError(f"udgaven {places.name} er ved at blive bygget af en anden kørsel. "
                            "Vent, til den er færdig, eller vælg et andet navn med --name.") from None
        yield


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Wait until no other edition of the project is being put in its place, and keep others waiting."""
    project.work.mkdir(parents=True, exist_ok=True)
    with (project.work / ".laas").open("a") as file:
        _lock(file, wait=True)
        yield


def _lock(file: IO[str], *, wait: bool) -> None:
    """Lock the file until it is closed. Raises OSError if another has it (on Windows, where waiting takes too long)."""
    if os.name == "nt":
        import msvcrt

        msvcrt.locking(file.fileno(), msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))


@contextmanager
def remembering(places: Places, around: bytes) -> Iterator[None]:
    """Let the chapters share what they find that may be shown, for as long as nothing around them changes."""
    now = places.hidden / around.decode()
    for old in set(places.hidden.glob("*")) - {now}:
        shutil.rmtree(old)
    os.environ[FOLDER] = str(now)
    try:
        yield
    finally:
        del os.environ[FOLDER]


def execute(
    places: Places, values: Values, given: Values, toc: own.Contents, *, synthetic: bool = False
) -> None:
    """Bring the executed notebooks up to date. synthetic: see `surroundings`. Raises UserError and ChapterError."""
    around, state = surroundings(values, synthetic=synthetic), read_json(places.state)
    now = {chapter: chapter_digest(chapter, around) for chapter in chapters(toc)}
    meant = {chapter: sources(cells(chapter)) for chapter in now}

    def target(chapter: str) -> Path:
        return places.executed / f"{chapter}.ipynb"

    def keep(chapter: str, text: str, took: float) -> None:
        write_if_changed(target(chapter), text.encode())
        state[chapter] = now[chapter]  # only now: what failed or was stopped is run again
        if sources(json.loads(text)["cells"]) != meant[chapter]:
            del state[chapter]  # it was changed before it ran, and may since have been changed back
        write_json(places.state, state)
        note_run(places, chapter, took)

    changed = [chapter for chapter in now if state.get(chapter) != now[chapter] or not target(chapter).exists()]
    for chapter in now:
        if chapter not in changed:
            print(f"  {chapter:<24} uændret", flush=True)
    if changed:
        with remembering(places, around):
            run_chapters(changed, given, keep)


def base_url() -> str:
    """Where the book is to be published, from the environment; empty for the setting in _config.yml.

    Raises UserError for what is not a web address.
    """
    address = os.environ.get(ADDRESS, "").strip()
    if address and not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", address):
        raise UserError(f"{ADDRESS} er '{address}', men skal være en adresse som https://eksempel.dk/bog/.")
    return f"{address.rstrip('/')}/" if address else ""


def note_run(places: Places, part: str, took: float) -> None:
    """Remember that a chapter, or the book (`BOOK`), has just been made, and how many seconds it took."""
    now = datetime.now().astimezone().isoformat(timespec="seconds")
    write_json(places.run, read_json(places.run) | {part: [now, round(took, 1)]})


def fill_stage(places: Places, audience: str, address: str, about: Mapping[str, Any], toc: own.Contents) -> None:
    """Lay out what Jupyter Book is to render, as the audience is to have it, with execution turned off.

    address: where the book is to be published, if not where _config.yml says. about: see `status`. toc: the contents.
    Raises UserError where answers may be collected and a cell shows what has not passed the door.
    """
    executed = {chapter: (places.executed / f"{chapter}.ipynb").read_bytes() for chapter in chapters(toc)}
    passed.check(executed.items(), raw=passed.raw_allowed(about))
    config = without_lines(read_yaml(project.root / "_config.yml"))
    config["execute"] = {"execute_notebooks": "off"}
    if address:
        config["html"]["baseurl"] = address
    config.setdefault("sphinx", {}).setdefault("config", {}).setdefault("html_context", {})["synthetic"] = (
        passed.raw_allowed(about))  # what titles and links to the book say of it
    wanted = {name: (project.root / name).read_bytes() for name in config.get("bibtex_bibfiles", [])}
    wanted |= {name: status.filled((project.root / name).read_text("utf-8"), about, chapters(toc)).encode()
               for name in (f"{page}.md" for page in pages(toc) if page not in executed)}
    hers, imprint = own.is_own(about), own.imprint_of(about)
    kept = {chapter: own.fitted(chapter, fitted(chapter, made, audience), own=hers, imprint=imprint)
            for chapter, made in executed.items()}
    passed.check_names(executed, kept)
    wanted |= {f"{chapter}.ipynb": made for chapter, made in kept.items()}
    if hers or imprint:
        config = own.settings(config, imprint)
    if imprint:
        wanted[COMPENDIUM] = imprint.citation().encode()
    elif not hers and (project.root / COMPENDIUM).exists():
        wanted[COMPENDIUM] = (project.root / COMPENDIUM).read_bytes()
    wanted |= {name: yaml.safe_dump(content, allow_unicode=True, sort_keys=False).encode()
               for name, content in (("_config.yml", config), ("_toc.yml", toc))}
    for file in places.stage.rglob("*"):
        if file.is_file() and file.relative_to(places.stage).as_posix() not in wanted:
            file.unlink()
    for name, content in wanted.items():
        write_if_changed(places.stage / name, content)


def add_numbers(places: Places, html: Path, toc: own.Contents) -> None:
    """Lay what the edition shows beside the pages, if a chapter tells it, so that another edition can be held to it."""
    for chapter in chapters(toc):
        for cell in read_json(places.executed / f"{chapter}.ipynb").get("cells", []):
            for output in cell.get("outputs", []):
                if numbers := output.get("metadata", {}).get(NUMBERS_KEY):
                    write_json(html / NUMBERS, numbers | {"kode": code_digest()})


def add_run(places: Places, toc: own.Contents) -> None:
    """Lay the record of the run beside the pages."""
    run = read_json(places.run)
    parts = [(title(chapter), *run[chapter]) for chapter in chapters(toc) if chapter in run]
    parts += [("Bogen samlet", *run[BOOK])] if BOOK in run else []
    write_if_changed(places.book / status.RUN, status.script({"dele": parts}).encode())


def recover(places: Places) -> None:
    """Put the last good book back if an earlier run was stopped while it changed books."""
    if places.old.exists() and not places.book.exists():
        places.old.rename(places.book)
    without_halves(places.book / status.RUN)
    for left_over in (places.old, places.new):
        shutil.rmtree(left_over, ignore_errors=True)


def publish(places: Places, html: Path) -> None:
    """Put the finished book in the place of the last one, which is there until the new one is whole."""
    recover(places)
    project.editions.mkdir(parents=True, exist_ok=True)
    html.rename(places.new)
    if places.book.exists():
        places.book.rename(places.old)
    places.new.rename(places.book)
    shutil.rmtree(places.old, ignore_errors=True)


def editions() -> list[str]:
    """The names of the editions that are here: those with a book, and those of which a build left something."""
    names = {folder.name for place in (project.work, project.editions) for folder in place.glob("*/")}
    return sorted(name for name in names if not name.startswith(".") and _left(Places(name)))


def _left(places: Places) -> bool:
    """Whether there is more of an edition than its lock."""
    return places.book.exists() or any(file != places.lock for file in places.work.glob("*"))


def told() -> str:
    """The editions in words."""
    names = [name if Places(name).book.exists() else f"{name} (uden bog)" for name in editions()]
    return ", ".join(names) or "ingen"


def clean(name: str) -> None:
    """Remove an edition and all that was made for it. Raises UserError for one that is not there, or is being built."""
    if name not in editions():
        raise UserError(f"udgaven {name} findes ikke. Der er: {told()}.")
    places = Places(name)
    with locked(places):
        for folder in (places.book, places.new, places.old, places.work):
            shutil.rmtree(folder, ignore_errors=True)
        places.pdf.unlink(missing_ok=True)
    shutil.rmtree(places.work, ignore_errors=True)  # the lock itself, where it could not be removed while held
    (project.work / TRACE).unlink(missing_ok=True)  # a fault in a cell may tell of answers


def build(
    name: str, values: Values, given: Values, about: Mapping[str, Any], audience: str = READERS,
    put: Callable[[Places, Path], None] = publish, along: Collection[str] = (),
) -> Path:
    """Build the edition and return its first page; `given` is what differs from the defaults in `values`.

    about: what the edition says that it is made of, see `status`. put: what puts the finished book in its place, which
    may refuse (`releases.publish`). along: what a book of collected answers takes along (`own.GROUPS`).
    Raises UserError and ChapterError; the last good book then stays.
    """
    address, places, clock = base_url(), Places(name), [time.perf_counter()]
    with locked(places):
        recover(places)
        print(f"Udgaven {name}: kapitlerne køres", flush=True)
        toc = own.toc_of(about, along, held_against=values.get("mod", NO_OTHER) != NO_OTHER)
        execute(places, values, given, toc, synthetic=passed.raw_allowed(about))
        clock.append(time.perf_counter())
        fill_stage(places, audience, address, about, toc)
        ground = render.ground(places.stage)
        now = digest(ground, tree(places.stage))
        if read_json(places.state).get(BOOK) == now and (places.book / "index.html").exists():
            print("Bogen er uændret", flush=True)
            clock += [clock[-1]] * 2
        else:
            print("Bogen samles", flush=True)
            html = render.render(places.stage, places.kept, ground)
            clock.append(time.perf_counter())
            add_numbers(places, html, toc)
            put(places, html)
            write_json(places.state, read_json(places.state) | {BOOK: now})
            note_run(places, BOOK, clock[-1] - clock[-2])
            clock.append(time.perf_counter())
        add_run(places, toc)
    steps = [*zip(("kapitler", "samling", "udgivelse"), clock, clock[1:], strict=False), ("i alt", clock[0], clock[-1])]
    for step, start, end in steps:
        print(f"  {step:<24} {seconds(end - start):>8}")
    return places.book / "index.html"
