"""The pipeline: command line, digests, running, publishing; and what the committed notebooks must be."""

import ast
import errno
import json
import os
import re
import shutil
import time
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace

import nbformat
import papermill
import pytest

from civsam import cli, files
from civsam.book import build as book
from civsam.book import contents, releases, render, stale, status, warm
from civsam.book import execute as chapters
from civsam.book.audience import lesson_notebooks
from civsam.danish import plain
from civsam.edition import parameters
from civsam.files import HOME, Project, UserError
from civsam.study.simulate import assumptions

v4 = nbformat.v4


def write_notebook(path: Path, *sources: str, parameters: str = "seed: int = 1  # frø") -> Path:
    cells = [v4.new_code_cell(parameters, id="p", metadata={"tags": ["parameters"]})]
    cells += [v4.new_code_cell(source, id=f"c{number}") for number, source in enumerate(sources)]
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(v4.new_notebook(cells=cells), path)
    return path


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project of one small chapter; the code under test takes it for its own."""
    for name, content in {"civsam/a.py": "A = 1", "data/tal.csv": "1", "data/svar.csv": "2", "requirements.txt": "x",
                          "_toc.yml": "root: kapitel"}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content, "utf-8")
    write_notebook(tmp_path / "kapitel.ipynb", "print(seed)")
    monkeypatch.setattr(Project, "root", tmp_path)
    for name, value in (("PACKAGE", tmp_path / "civsam"), ("HOME", tmp_path)):
        monkeypatch.setattr(stale, name, value)
        monkeypatch.setattr(render, name, value)
    monkeypatch.chdir(tmp_path)
    return tmp_path


# ---- The command line -----------------------------------------------------------------------------------------------


@pytest.fixture
def built(monkeypatch):
    """The calls that would have built a book."""
    calls = []
    monkeypatch.setattr(book, "build", lambda *call: calls.append(call) or HOME / "x")
    return calls


FAULTS = {
    "": "der mangler: kommando",
    "bog": "'bog' findes ikke. Vælg mellem 'book'",
    "book -p sed 7": "ukendt parameter 'sed'. Mente du 'seed'?",
    "book -p seed": "-p: skal have 2 værdier",
    "book --name": "--name: mangler en værdi",
    "book --naem x": "ukendte argumenter: --naem",
    "book -p seed syv": "parameteren seed kan ikke være 'syv'. Tilladt: et helt tal",
    "book seed=-1": "parameteren seed kan ikke være '-1'",
    "book seed": "'seed' er ikke en parameter. Skriv NAVN=VÆRDI",
    "book konfidens=nan": "parameteren konfidens kan ikke være 'nan'",
    "book fokus=sport": "parameteren fokus kan ikke være 'sport'",
    "book seed=7 -p seed 8": "parameteren seed er angivet mere end én gang",
    "book --data findes_ikke.csv": "findes_ikke.csv: filen findes ikke",
    "book --data tests": "er en mappe, ikke en fil",
    "book --data README.md": "README.md",
    "book --name ../ude": "udgaven kan ikke hedde '../ude'",
    "book --name .ny": "udgaven kan ikke hedde '.ny'",
    "book --name standard seed=7": "navnet 'standard' er forbeholdt",
    "simulate --seed x": "parameteren seed kan ikke være 'x'",
    "simulate --seed 7": "frø 7 ville overskrive standardudgavens svar",
    "simulate --seed 7 --out data": "frø 7 ville overskrive standardudgavens svar",
}


@pytest.mark.parametrize("line", FAULTS)
def test_a_fault_is_told_in_danish_before_anything_is_built(line, built, capsys, monkeypatch):
    monkeypatch.chdir(HOME)
    assert cli.main(line.split()) == 2
    said = capsys.readouterr()
    assert said.err.startswith("civsam: ")
    assert FAULTS[line] in said.err
    assert not re.search(r"Traceback|argument|required|invalid", said.err.replace("argumenter", ""))
    assert not said.out
    assert not built


def test_broken_answers_stop_before_anything_is_built(built, capsys, tmp_path):
    lines = (HOME / "data" / "svar.csv").read_text("utf-8").splitlines()
    broken = tmp_path / "mine svar.csv"
    row = next(line for line in lines if line.startswith("101-social,"))
    broken.write_text("\n".join([lines[0], f"x{row}"]), "utf-8")
    assert cli.main(["book", "--data", str(broken)]) == 2
    told = capsys.readouterr().err
    assert "mine svar.csv: 1 fejl i 1 række" in told
    assert "Mente du »101-social«?" in told
    assert not built


@pytest.mark.parametrize(("line", "name", "given"), [
    ("book", "standard", {}),
    ("book --data data/svar.csv seed=2015", "standard", {}),
    ("book -p seed 7", "seed-7", {"seed": 7}),
    ("book fokus=kultur konfidens=0,9", "fokus-kultur_konfidens-0.9", {"fokus": "kultur", "konfidens": 0.9}),
    ("book seed=7 --name froe7", "froe7", {"seed": 7}),
])
def test_an_edition_gets_its_name_and_only_what_differs(line, name, given, built, monkeypatch):
    monkeypatch.chdir(HOME)
    assert cli.main(line.split()) == 0
    assert [(call[0], call[2]) for call in built] == [(name, given)]
    assert built[0][1].keys() == parameters().keys()


def test_own_answers_are_found_from_where_the_user_stands(built, monkeypatch, tmp_path):
    own = tmp_path / "våre svar.csv"
    own.write_bytes((HOME / "data" / "svar.csv").read_bytes())
    monkeypatch.chdir(tmp_path)
    assert cli.main(["book", "--data", own.name]) == 0
    assert built[0][0] == "data-vaare-svar"
    assert built[0][2] == {"data": str(own)}
    assert built[0][5].func is releases.publish  # which asks once more what else is there


def test_simulate_writes_a_study_elsewhere(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr("civsam.survey.survey.RECORD", tmp_path / "syntetiske_svar.csv")
    assert cli.main(["simulate", "--seed", "7", "--out", str(tmp_path / "ny")]) == 0
    assert {file.name for file in (tmp_path / "ny").iterdir()} == {"svar.csv", "ramme.csv", "sandhed.csv"}
    assert "svar.csv" in capsys.readouterr().out


def test_help_is_danish(capsys):
    for line in (["--help"], ["book", "--help"]):
        with pytest.raises(SystemExit, match="0"):
            cli.main(line)
    said = capsys.readouterr().out
    assert "brug: civsam" in said
    assert not re.search(r"usage|options|optional|positional|show this", said)


# ---- When a chapter is run again ------------------------------------------------------------------------------------

VALUES = {"data": "data/svar.csv", "ramme": "ingen", "seed": 1}


def project_digest(values=VALUES):
    return stale.chapter_digest("kapitel", stale.surroundings(values))


@pytest.mark.parametrize("name", ["civsam/a.py", "data/tal.csv", "data/svar.csv", "requirements.txt", "data/ny.csv",
                                  "CITATION.cff"])
def test_digest_follows_what_a_chapter_reads(project, name):
    before = project_digest()
    (project / name).write_text("andet", "utf-8")
    assert project_digest() != before


def test_digest_follows_whose_the_edition_is_but_not_that_it_is_still_to_be_said(project):
    before, seen = project_digest(), []
    for text in ("titel: \"\"\naar: \"\"\n", "titel: Min bog\n", "titel: Din bog\n", "titl: Min bog\n"):
        (project / "udgave.yml").write_text(text, "utf-8")
        seen.append(project_digest())
    assert seen[0] == before
    assert len({*seen}) == 4
    (project / "udgave.yml").unlink()
    assert stale.surroundings(VALUES, synthetic=True) == stale.surroundings(VALUES)


def test_digest_follows_source_tags_and_parameters(project):
    before = project_digest()
    assert project_digest(VALUES | {"seed": 2}) != before
    path = contents.notebook("kapitel")
    content = path.read_text("utf-8")
    for changed in (content.replace("print(seed)", "print(seed )"), content.replace('"parameters"', '"andre"')):
        assert changed != content
        path.write_text(changed, "utf-8")
        assert project_digest() != before


@pytest.mark.parametrize("name", ["data", "ramme"])
def test_digest_follows_a_file_outside_the_project(project, tmp_path_factory, name):
    own = tmp_path_factory.mktemp("ude") / "svar.csv"
    own.write_text("1", "utf-8")
    before = project_digest(VALUES | {name: str(own)})
    own.write_text("2", "utf-8")
    assert project_digest(VALUES | {name: str(own)}) != before


def test_digest_leaves_out_outputs_times_and_compiled_files(project):
    before = project_digest()
    content = nbformat.read(contents.notebook("kapitel"), 4)
    content.metadata.papermill = {"start_time": "nu"}
    cell = content.cells[1]
    cell.outputs, cell.execution_count = [v4.new_output("stream", text="1\n")], 2
    cell.metadata.execution = {"iopub.status.busy": "nu"}
    nbformat.write(content, contents.notebook("kapitel"))
    (project / "civsam" / "__pycache__").mkdir()
    (project / "civsam" / "__pycache__" / "a.py").write_text("x", "utf-8")
    assert project_digest() == before


def test_what_was_changed_while_the_book_was_made_and_back_is_run_again(project, monkeypatch):
    """It is the notebook as it was that has been run, and not the one that is there before and after."""
    path, ran = contents.notebook("kapitel"), []
    before = path.read_text("utf-8")

    def run(wanted, given, keep, said="print(seed)"):
        for chapter in wanted:
            ran.append(chapter)
            keep(chapter, before.replace("print(seed)", said), 0.1)

    places = book.Places("standard")
    for runs, said in ((1, "print(seed + 1)"), (2, "print(seed)"), (2, "")):
        monkeypatch.setattr(book, "run_chapters", partial(run, said=said))
        book.execute(places, VALUES, {}, contents.contents())
        assert len(ran) == runs


# ---- Running --------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_chapter_is_run_with_its_parameters_and_cleaned(project):
    outside = "/et/andet/sted/mine svar.csv"
    source = "import inspect, os\nprint(seed, data, os.getcwd())\nprint(inspect.stack()[0].filename)"
    write_notebook(project / "kapitel.ipynb", source, parameters='seed: int = 1\ndata: str = "x"')
    given = {"seed": 7, "data": outside}
    text, took = chapters.run_chapter("kapitel", given)
    done = nbformat.reads(text, 4)
    injected = next(cell for cell in done.cells if "injected-parameters" in cell.metadata.get("tags", []))
    assert "remove-cell" in injected.metadata.tags
    assert injected.source == "seed = 7\ndata = 'mine svar.csv'"
    printed = "".join(output.text for cell in done.cells for output in cell.get("outputs", []))
    assert printed == "7 mine svar.csv .\n<celle>\n"
    for trace in (outside, str(project), "papermill", "ipykernel_", "iopub", "start_time"):
        assert trace not in text
    assert all(cell.execution_count for cell in done.cells if cell.cell_type == "code")
    assert took > 0


@pytest.mark.parametrize(("home", "shown"), [("/", "<br/>/srv/a /home/eva/b"), ("/home/eva", "<br/>/srv/a ~/b")])
def test_the_users_folder_is_left_out_but_not_every_slash(project, monkeypatch, home, shown):
    monkeypatch.setenv("HOME", home)
    assert chapters.without_paths("<br/>/srv/a /home/eva/b", {}) == shown
    assert chapters.without_paths("/home/evald/b", {}) == "/home/evald/b"


def test_a_user_whom_the_machine_does_not_know_gets_a_home(monkeypatch, tmp_path):
    """Else Jupyter stops."""
    for known, home in (("/home/eva", "/home/eva"), ("~", str(files.project.work))):
        monkeypatch.setenv("HOME", known)  # what expanduser gives where there is none
        cli.main(["lessons", str(tmp_path / plain(known))])
        assert os.environ["HOME"] == home


@pytest.mark.slow
def test_a_failing_cell_has_the_same_number_with_parameters(project):
    """They are a cell of their own, which is not in the reader's notebook."""
    write_notebook(project / "kapitel.ipynb", "print(seed)", "1 / 0")
    for given in ({}, {"seed": 7}):
        with pytest.raises(chapters.ChapterError, match=r"kodecelle 3: koden gik i stå \(ZeroDivisionError\)"):
            chapters.run_chapter("kapitel", given)


@pytest.mark.slow
def test_notebooks_are_refreshed_to_the_same_bytes(project):
    chapters.refresh(raw=True)
    first = contents.notebook("kapitel").read_bytes()
    chapters.refresh(raw=True)
    assert contents.notebook("kapitel").read_bytes() == first
    cells = json.loads(first)["cells"]
    assert [cell["execution_count"] for cell in cells] == [1, 2]
    assert cells[1]["outputs"][0]["text"] == ["1\n"]


@pytest.mark.slow
@pytest.mark.parametrize(("source", "kind", "told"), [
    ("class UserError(Exception): pass\nraise UserError('skæv svarfil')", UserError, "kodecelle 2: skæv svarfil"),
    ("1 / 0", chapters.ChapterError, r"kodecelle 2: koden gik i stå \(ZeroDivisionError\)\. Hele .*arbejde.fejl"),
])
def test_a_failing_cell_is_named_and_leaves_the_notebook(project, source, kind, told):
    write_notebook(project / "kapitel.ipynb", source)
    before = contents.notebook("kapitel").read_bytes()
    with pytest.raises(kind, match=f"kapitlet kapitel, {told}"):
        chapters.refresh(raw=True)
    assert contents.notebook("kapitel").read_bytes() == before


def test_a_chapter_that_does_not_take_the_parameter_stops(project):
    with pytest.raises(UserError, match=r"kapitel.ipynb: cellen med parametre mangler fokus"):
        chapters.run_chapter("kapitel", {"fokus": "kultur"})


def test_a_kernel_that_does_not_start_is_tried_once_more(project, monkeypatch):
    calls = []

    def fails(*arguments, **options):
        calls.append(arguments)
        raise RuntimeError("Kernel died before replying to kernel_info")

    monkeypatch.setattr(papermill, "execute_notebook", fails)
    with pytest.raises(chapters.ChapterError, match=r"kunne ikke køres \(RuntimeError\)\. Hele forløbet står i "):
        chapters.run_chapter("kapitel", {})
    assert len(calls) == 2
    assert (files.project.work / chapters.TRACE).read_text("utf-8") == "Kernel died before replying to kernel_info"


def test_a_page_that_is_not_there_is_named(project):
    (project / "_toc.yml").write_text("root: kapitel\nchapters: [{file: tillaeg}]", "utf-8")
    with pytest.raises(UserError, match="siden tillaeg findes ikke"):
        contents.pages()


def test_a_broken_notebook_is_named(project):
    contents.notebook("kapitel").write_text("{", "utf-8")
    with pytest.raises(UserError, match="ikke en gyldig Jupyter-notebook"):
        project_digest()


# ---- Publishing -----------------------------------------------------------------------------------------------------


def html(project: Path, text: str) -> Path:
    (project / "html").mkdir()
    (project / "html" / "index.html").write_text(text, "utf-8")
    return project / "html"


def shown_book(places):
    return (places.book / "index.html").read_text("utf-8")


def test_a_new_book_takes_the_place_of_the_last(project):
    places = book.Places("prøve")
    for text in ("første", "anden"):
        book.publish(places, html(project, text))
        assert shown_book(places) == text
    assert [folder.name for folder in files.project.editions.iterdir()] == ["prøve"]


@pytest.mark.parametrize("stopped_at", [1, 2, 3])
def test_a_run_stopped_while_it_changed_books_leaves_a_good_one(project, monkeypatch, stopped_at):
    places = book.Places("prøve")
    book.publish(places, html(project, "første"))
    rename, calls = Path.rename, []

    def stops(path, target):
        calls.append(path)
        if len(calls) == stopped_at:
            raise KeyboardInterrupt
        return rename(path, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", stops)
        with pytest.raises(KeyboardInterrupt):
            book.publish(places, html(project, "anden"))
    book.recover(places)
    assert shown_book(places) == "første"
    assert [folder.name for folder in files.project.editions.iterdir()] == ["prøve"]


ABOUT = {"oprindelse": "syntetisk", "svar": "abc", "ord": {"Svar": "syntetiske, frø 1"}}


def build(**given):
    return book.build("prøve", VALUES | given, given, ABOUT)


@pytest.fixture
def quick(project, monkeypatch):
    """Chapters and pages made without kernels and Sphinx; counts what was run and rendered."""
    count = SimpleNamespace(run=0, rendered=0, fault=None)

    def run_chapter(chapter, given):
        count.run += 1
        if count.fault:
            raise count.fault
        made = json.loads(contents.notebook(chapter).read_bytes())
        return json.dumps(made | {"metadata": {"given": str(given)}}), 0.1

    def rendered(stage, kept, ground):
        count.rendered += 1
        return html(project, (stage / "kapitel.ipynb").read_text("utf-8"))

    monkeypatch.setattr(chapters, "run_chapter", run_chapter)
    monkeypatch.setattr(render, "render", rendered)
    monkeypatch.setattr(warm, "held", lambda *what: nullcontext())
    (project / "_config.yml").write_text("title: Bog\nexecute: {execute_notebooks: force}", "utf-8")
    return count


def test_only_what_changed_is_done_again(quick, project, capsys):
    build()
    build()
    assert (quick.run, quick.rendered) == (1, 1)
    assert "uændret" in capsys.readouterr().out
    build(seed=7)
    assert (quick.run, quick.rendered) == (2, 2)
    (project / "_config.yml").write_text("title: Ny bog", "utf-8")
    build(seed=7)
    assert (quick.run, quick.rendered) == (2, 3)


@pytest.mark.parametrize(("origin", "runs"), [("syntetisk", 1), ("indsamlet", 2)])
def test_whose_her_edition_is_changes_no_edition_of_synthetic_answers(quick, project, origin, runs):
    for text in ("titel: Min bog\n", "titel: Din bog\n"):
        (project / "udgave.yml").write_text(text, "utf-8")
        book.build("prøve", VALUES, {}, {**ABOUT, "oprindelse": origin})
    assert quick.run == runs


def test_chapters_in_folders_and_pages_of_text_keep_their_places(quick, project):
    (project / "_toc.yml").write_text("root: kapitel\nchapters: [{file: del/under}, {file: del/side}]", "utf-8")
    write_notebook(project / "del" / "under.ipynb", "print(2)")
    (project / "del" / "side.md").write_text("# Side\n", "utf-8")
    assert contents.pages() == ["kapitel", "del/under", "del/side"]
    assert contents.chapters() == ["kapitel", "del/under"]
    build()
    stage = book.Places("prøve").stage
    staged = {file.relative_to(stage).as_posix() for file in stage.rglob("*") if file.is_file()}
    assert staged == {"_config.yml", "_toc.yml", "kapitel.ipynb", "del/under.ipynb", "del/side.md"}
    assert "print(2)" in (stage / "del" / "under.ipynb").read_text("utf-8")
    assert "print(2)" not in (stage / "kapitel.ipynb").read_text("utf-8")
    (project / "del" / "side.md").write_text("# Ny side\n", "utf-8")
    build()
    assert (stage / "del" / "side.md").read_text("utf-8") == "# Ny side\n"
    assert (quick.run, quick.rendered) == (2, 2)  # a page of text is not run
    (project / "_toc.yml").write_text("root: kapitel", "utf-8")
    build()
    assert not [file for file in (stage / "del").rglob("*") if file.is_file()]


def written(places):
    return {file.name: file.read_bytes() for file in places.book.rglob("*") if file.is_file()}


def test_when_it_was_made_stands_in_a_file_of_its_own_and_nothing_else_differs(quick, monkeypatch):
    places = book.Places("prøve")
    build()
    first = written(places)
    run = re.search(r"koersel = (\{.*?\n\});", first.pop(status.RUN).decode(), re.S)
    (chapter, made, took), (whole, *_) = json.loads(run.group(1))["dele"]
    assert (chapter, took, whole) == ("Forside", 0.1, "Bogen samlet")
    assert abs(datetime.fromisoformat(made) - datetime.now().astimezone()) < timedelta(minutes=1)
    book.clean("prøve")
    monkeypatch.setattr(book, "datetime", SimpleNamespace(now=lambda: datetime(2031, 1, 2, tzinfo=UTC)))
    build()
    again = written(places)
    assert b"2031-01-02" in again.pop(status.RUN)
    assert again == first


def test_a_page_gets_its_tables_of_what_the_book_is_made_of():
    page = (HOME / "status.md").read_text("utf-8")
    told = status.filled(page, ABOUT, contents.chapters())
    assert "% civsam" in page
    assert "% civsam" not in told
    plain = re.sub(r"\\(\W)", r"\1", told)
    for words in ("syntetiske, frø 1", "`abc`", f"- {version('pandas')}", f"`{stale.code_digest()}`"):
        assert f"{words}\n" in plain, words
    collected = status.filled(page, {"oprindelse": "indsamlet", "svar": "", "ord": {}}, [])
    assert "vises ikke" in collected.partition("tab-aftryk")[2]


def test_a_failed_chapter_leaves_the_last_book_and_is_run_again(quick):
    places = book.Places("prøve")
    build()
    first = shown_book(places)
    quick.fault = UserError("nej")
    for runs in (2, 3):
        with pytest.raises(UserError, match="nej"):
            build(seed=7)
        assert quick.run == runs
    assert shown_book(places) == first


def test_a_book_that_is_refused_at_last_leaves_the_one_before(quick):
    places = book.Places("prøve")
    build()
    first = shown_book(places)

    def refuses(places, html):
        shutil.rmtree(html)
        raise UserError("nej")

    with pytest.raises(UserError, match="nej"):
        book.build("prøve", VALUES | {"seed": 7}, {"seed": 7}, ABOUT, put=refuses)
    assert shown_book(places) == first
    book.build("prøve", VALUES | {"seed": 7}, {"seed": 7}, ABOUT)
    assert shown_book(places) != first


def test_after_a_fault_no_more_chapters_are_begun(quick, project):
    names = [f"nr{number}" for number in range(20)]
    for name in names:
        write_notebook(project / f"{name}.ipynb")
    quick.fault = UserError("nej")
    with pytest.raises(UserError, match="nej"):
        chapters.run_chapters(names, {}, lambda chapter, text, took: None)
    assert quick.run < len(names)


def test_a_full_disk_stops_at_once_and_is_told_with_the_file(quick, project, monkeypatch):
    names, write = [f"nr{number}" for number in range(10 * (os.cpu_count() or 1))], Path.write_bytes
    for name in names:
        write_notebook(project / f"{name}.ipynb")

    def full(path: Path, content: bytes) -> None:
        write(path, content[:1])
        raise OSError(errno.ENOSPC, "No space left on device")

    run = chapters.run_chapter

    def slowly(chapter: str, given: dict) -> tuple[str, float]:
        time.sleep(0.05)  # else all are run before the first can be kept
        return run(chapter, given)

    monkeypatch.setattr(chapters, "run_chapter", slowly)
    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space") as fault:
        chapters.run_chapters(names, {}, lambda name, text, took: files.write_if_changed(project / "ud" / name, b"xyz"))
    assert re.fullmatch(r"ud/nr\d+", fault.value.filename)
    time.sleep(0.05 * (2 + len(names) / (os.cpu_count() or 1)))  # as long as all the others would take
    assert quick.run < len(names)
    assert not list((project / "ud").iterdir())  # nothing half written is left


def test_a_full_disk_while_the_pages_are_rendered_is_told_as_such(project, monkeypatch):
    monkeypatch.setattr(render, "_jupyter_book", lambda stage: f"OSError: [Errno 28] {os.strerror(errno.ENOSPC)}: 'x'")
    (project / "bog").mkdir()
    with pytest.raises(OSError, match="No space") as fault:
        render.render(project / "bog", project / "forrige", b"")
    assert (fault.value.errno, fault.value.filename) == (errno.ENOSPC, "bog/_build")


def test_the_stage_holds_what_the_book_needs_and_nothing_else(quick):
    places = book.Places("prøve")
    (places.stage / "chapters").mkdir(parents=True)
    (places.stage / "chapters" / "gammelt.md").write_text("x", "utf-8")
    build()
    names = {file.name for file in places.stage.rglob("*") if file.is_file()}
    assert names == {"_config.yml", "_toc.yml", "kapitel.ipynb"}
    assert "execute_notebooks: 'off'" in (places.stage / "_config.yml").read_text("utf-8")


def test_two_runs_do_not_build_the_same_edition(quick):
    with book.locked(book.Places("prøve")):
        with pytest.raises(UserError, match="ved at blive bygget"):
            build()
        book.build("anden", VALUES, {}, ABOUT)
    build()


# ---- The committed notebooks ----------------------------------------------------------------------------------------


def committed() -> dict[str, nbformat.NotebookNode]:
    return {name: nbformat.read(contents.notebook(name), 4) for name in contents.chapters()}


CHANGES = "chapters/aendringer"  # the only one that knows of other waves and editions


def test_every_notebook_declares_the_parameters():
    wanted = {name: (p.type.__name__, p.default, p.meaning) for name, p in parameters().items()}
    assert parameters()["seed"].default == assumptions()["standardfroe"]
    # the same in all editions
    same = {"chapters/koer_igen", "chapters/laboratorium", "chapters/undervisning", *lesson_notebooks()}
    for name in set(contents.chapters()) - same:
        declared = {
            found["name"]: (found["inferred_type_name"], ast.literal_eval(found["default"]), found["help"])
            for found in papermill.inspect_notebook(str(contents.notebook(name))).values()
        }
        lacks = {} if name == CHANGES else dict.fromkeys(stale.ALONE)
        assert declared == {parameter: told for parameter, told in wanted.items() if parameter not in lacks}, name


def test_the_readme_tells_of_every_parameter_and_no_other():
    told = dict(re.findall(r"(?m)^\| `(\w+)` \|.*\| ([^|]*) \|$", (HOME / "README.md").read_text("utf-8")))
    assert told.keys() == parameters().keys()
    assert told["seed"] == parameters()["seed"].allowed
    assert re.findall(r"`(\w+)`", told["opdel"]) == parameters()["opdel"].allowed.split(", ")


def test_every_code_cell_has_been_run():
    unrun = [(name, cell.id) for name, content in committed().items() for cell in content.cells
             if cell.cell_type == "code" and not cell.execution_count]
    assert unrun == []  # nbval would pass these without comparing anything


def test_no_notebook_holds_times_addresses_or_paths():
    forbidden = re.compile(
        r"(?<![\w.])/(home|root|tmp|work|Users)/|[A-Z]:\\\\|\b0x[0-9a-f]{6,}|\d{4}-\d\d-\d\dT\d\d:\d\d"
        r'|ipykernel_\d|"papermill": \{|"execution": \{|injected-parameters'
    )
    found = [(name, match.group()) for name in contents.chapters()
             for match in forbidden.finditer(contents.notebook(name).read_text("utf-8"))]
    assert found == []
