"""A command that is killed at any moment, or runs beside another, loses nothing, and the next run is right."""

import itertools
import json
import os
import random
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from civsam import cli, sharing
from civsam.book import build as book
from civsam.book import execute, render, stale, versions, warm
from civsam.files import Project, write_json
from civsam.profiles import Common, Group, run

MOMENTS = 8  # of each command, drawn among all
WRITES = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir"}
VALUES = {"data": "data/svar.csv", "ramme": "ingen", "seed": 1}
ABOUT = {"oprindelse": "syntetisk", "svar": "", "ord": {}}
CELL = ('{{"cells": [{{"id": "c", "cell_type": "code", "source": "{}", "metadata": {{}}, "outputs": []}}], '
        '"metadata": {{}}}}')


def begin(do: Callable[[], object], at: int = 0) -> tuple[int, int]:
    """`do` in a process of its own, killed before its file operation of that number; the process, and where it tells
    how many it made."""
    told, tell = os.pipe()
    if child := os.fork():
        os.close(tell)
        return child, told
    count = itertools.count(1)
    made = [0]

    def hook(event: str, arguments: tuple) -> None:
        if event in WRITES and not (event == "open" and not (arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR)):
            made[0] = next(count)
            if made[0] == at:
                os.kill(os.getpid(), signal.SIGKILL)

    status = 1
    try:
        sys.addaudithook(hook)
        do()
        status = 0
    finally:
        os.write(tell, str(made[0]).encode())
        os._exit(status)


def ended(child: int, told: int) -> tuple[int, int]:
    """How a process ended, and how many file operations it made, where it could tell."""
    status = os.waitpid(child, 0)[1]
    with os.fdopen(told) as pipe:
        return status, int(pipe.read() or 0)


def moments(do: Callable[[], object]) -> Iterator[int]:
    """Some numbers of file operations of what `do` does when it is not disturbed, in the order drawn."""
    status, many = ended(*begin(do))
    assert status == 0
    assert many > MOMENTS
    yield from random.Random(1).sample(range(1, many + 1), MOMENTS)


def tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*"))
            if path.is_file() and path.name != "koersel.js"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of one chapter and one page, made without kernels and Sphinx; the user stands in it."""
    for name, text in {"civsam/a.py": "A = 1", "data/svar.csv": "2", "requirements.txt": "x", "side.md": "# Side",
                       "_toc.yml": "root: kapitel\nchapters: [{file: side}]", "_config.yml": "title: Bog",
                       "kapitel.ipynb": CELL.format("foerste")}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    monkeypatch.setattr(Project, "root", tmp_path)
    for name, value in (("PACKAGE", tmp_path / "civsam"), ("HOME", tmp_path)):
        monkeypatch.setattr(stale, name, value)
        monkeypatch.setattr(render, name, value)

    def rendered(stage: Path, kept: Path, ground: bytes) -> Path:
        html = stage / "_build" / "html"
        html.mkdir(parents=True, exist_ok=True)
        for page in ("kapitel", "side"):
            text = next(stage.glob(f"{page}.*")).read_text("utf-8")
            (html / f"{page.replace('kapitel', 'index')}.html").write_text(text, "utf-8")
        return html

    def run_chapter(chapter: str, given: dict) -> tuple[str, float]:
        return (tmp_path / f"{chapter}.ipynb").read_text("utf-8"), 0.1

    monkeypatch.setattr(execute, "run_chapter", run_chapter)
    monkeypatch.setattr(render, "render", rendered)
    monkeypatch.setattr(warm, "held", lambda *what: nullcontext())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def build(name: str = "min") -> Path:
    return book.build(name, VALUES, {}, ABOUT)


def test_a_book_that_is_killed_is_the_last_one_or_the_new_one_and_right_next_time(folder: Path) -> None:
    build()
    old = tree(book.Places("min").book)
    (folder / "kapitel.ipynb").write_text(CELL.format("anden"), "utf-8")
    build("maal")
    new = tree(book.Places("maal").book)
    assert old != new
    for at in moments(lambda: build("proeve")):
        (folder / "kapitel.ipynb").write_text(CELL.format("foerste"), "utf-8")
        build()
        (folder / "kapitel.ipynb").write_text(CELL.format("anden"), "utf-8")
        ended(*begin(build, at))
        book.recover(book.Places("min"))
        assert tree(book.Places("min").book) in (old, new), at
        build()
        assert tree(book.Places("min").book) == new, at
    last = book.Places("min").book
    (last / ".koersel.js.1").write_text("half", "utf-8")  # as one is left that was killed while it wrote the last file
    build()
    assert not list(last.glob(".*"))
    assert {path.name for path in (folder / "_build" / "udgaver").iterdir()} == {"min", "maal", "proeve"}


def test_two_at_once_make_both_their_books(folder: Path) -> None:
    """The same edition is made by one of them, and the other is told, or comes after."""
    under_way = [begin(lambda name=name: build(name)) for name in ("a", "b", "a")]
    assert [ended(*one)[0] for one in under_way][:2].count(0) >= 1
    for name in ("a", "b"):
        build(name)
    assert tree(book.Places("a").book) == tree(book.Places("b").book)


def test_a_clock_that_is_set_back_leaves_no_page_as_it_was(folder: Path) -> None:
    build()
    for name, old, text in (("kapitel.ipynb", "foerste", CELL.format("anden")), ("side.md", "# Side", "# Ny")):
        (folder / name).write_text(text, "utf-8")
        os.utime(folder / name, (1, 1))
        build()
        assert old.encode() not in b"".join(tree(book.Places("min").book).values())


@pytest.mark.parametrize("again", [False, True])
def test_a_version_that_is_killed_is_there_whole_or_not_at_all(folder: Path, again: bool) -> None:
    build("standard")
    assert cli.main(["publish", "net", "--version", "1.0"]) == 0
    before = tree(folder / "net")
    (folder / "kapitel.ipynb").write_text(CELL.format("anden"), "utf-8")
    build("standard")
    command = ["publish", "net", "--version", "1.0" if again else "1.1", *["--again"] * again]

    def restored() -> None:
        for path in sorted((folder / "net").rglob("*"), reverse=True):
            path.unlink() if path.is_file() else path.rmdir()
        for name, content in before.items():
            (folder / "net" / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / "net" / name).write_bytes(content)

    some = list(moments(lambda: cli.main(command)))
    after = tree(folder / "net")
    for at in some:
        restored()
        (folder / "net" / f".{versions.LIST}.1").write_text("half", "utf-8")
        ended(*begin(lambda: cli.main(command), at))
        whole = {path.name: path for path in (folder / "net").glob("[0-9]*")}
        assert all((path / "index.html").exists() and (path / "side.html").exists() for path in whole.values()), at
        assert cli.main(command) == 0, at
        assert tree(folder / "net") == after, at


def test_two_who_publish_at_once_publish_both(folder: Path) -> None:
    build("standard")
    under_way = [begin(lambda nr=nr: cli.main(["publish", "net", "--version", nr])) for nr in ("1.0", "1.1", "1.2")]
    assert [ended(*one)[0] for one in under_way] == [0, 0, 0]
    assert [one["version"] for one in versions.releases(folder / "net")] == ["1.2", "1.1", "1.0"]
    assert all(versions.same(folder / "net" / nr, folder / "net" / "1.2") for nr in ("1.0", "1.1"))


def test_profiles_that_are_killed_are_the_last_ones_or_the_new_ones(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    groups = {code: Group(code, code, f"{code}.html") for code in ("a", "b", "c")}
    common, said = Common(None, "x", groups), ["foerste"]  # type: ignore[arg-type]  # nothing of it is asked for here

    def laid_out(target: Path, _: Common, made: dict[str, run.Made]) -> Path:
        for name, one in made.items():
            (target / f"{name}.html").parent.mkdir(parents=True, exist_ok=True)
            (target / f"{name}.html").write_text(one.content, "utf-8")
        (target / "index.html").write_text(json.dumps(sorted(made)), "utf-8")
        return target

    monkeypatch.setattr(run, "lay_out", laid_out)
    monkeypatch.setattr(run, "tasks", lambda *_: [run.Task(group, (), "{}", "") for group in groups.values()])
    monkeypatch.setattr(sharing, "shared_out", lambda do, todo, *_: (
        (task, run.Made(content=f"{task.group.code} {said[0]}")) for task in todo))

    def make(name: str = "profiler-x") -> None:
        run.build(name, common, {}, [])

    make()
    old = tree(book.Places("profiler-x").book)
    said[0] = "anden"
    make("maal")
    new = tree(book.Places("maal").book)
    for at in moments(lambda: make("proeve")):
        ended(*begin(make, at))
        book.recover(book.Places("profiler-x"))
        assert tree(book.Places("profiler-x").book) in (old, new), at
        make()
        assert tree(book.Places("profiler-x").book) == new, at


def test_an_edition_that_is_being_published_is_noted_first(folder: Path) -> None:
    """Who is killed in the midst has noted what the book is made of, so that the next edition is held against it."""
    from civsam.book import published

    build("standard")
    made_of = {"kolonner": {}, "noegler": ""}
    state = book.Places("standard").state
    write_json(state, json.loads(state.read_text("utf-8")) | {book.MADE_OF: [made_of]})
    (folder / "CITATION.cff").write_text("version: '1.0'", "utf-8")
    for at in range(1, 40):
        ended(*begin(lambda: cli.main(["publish", "net"]), at))
        if (folder / "net" / "1.0").exists():
            assert [one["version"] for one in published.known()] == ["1.0"], at
            break
    assert (folder / "net" / "1.0").exists()
