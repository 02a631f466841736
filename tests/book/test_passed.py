"""A book about collected answers holds nothing that has not passed the door, however a cell shows it."""

import json
from pathlib import Path

import nbformat
import pytest

from civsam.book import build, contents, execute, passed
from civsam.files import Project, UserError
from civsam.pages.output import is_ours

v4 = nbformat.v4
PARAMETERS = v4.new_code_cell("seed: int = 1", id="p", metadata={"tags": ["parameters"]})
ABOUT = {"oprindelse": "indsamlet", "svar": "", "ord": {}}
OURS = "from civsam.pages import sentences\nsentences.quotation('Ordlyd')"
RAW = {
    "print(3)": "udskriver tekst (print)",
    "import sys\nprint(3, file=sys.stderr)": "(stderr)",
    "import warnings\nwarnings.warn('3 svar')": "(stderr)",
    "import pandas as pd\npd.DataFrame({'n': [3]})": "viser en tabel",
    "import matplotlib.pyplot as plt\nplt.plot([3])\nNone": "viser en figur",
    "{'n': 3}": "viser en værdi",
    "from IPython.display import HTML\nHTML('3')": "viser en tabel",
    "from IPython.display import Markdown\nMarkdown('3')": "viser en værdi",
}
EXTRA = {"text/html": "<p>3</p>", "text/plain": "3", "image/png": "AA=="}


def executed(*outputs: nbformat.NotebookNode, tags: tuple[str, ...] = ()) -> bytes:
    cell = v4.new_code_cell("x", id="c", outputs=list(outputs), metadata={"tags": list(tags)})
    return nbformat.writes(v4.new_notebook(cells=[PARAMETERS, cell])).encode()


def shown(data: dict, metadata: dict | None = None) -> nbformat.NotebookNode:
    return v4.new_output("display_data", data, metadata=metadata or {})


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "_toc.yml").write_text("root: kapitel", "utf-8")
    (tmp_path / "_config.yml").write_text("title: Bog", "utf-8")
    monkeypatch.setattr(Project, "root", tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(project: Path, *sources: str) -> None:
    cells = [PARAMETERS, *(v4.new_code_cell(source, id=f"c{place}") for place, source in enumerate(sources))]
    nbformat.write(v4.new_notebook(cells=cells), project / "kapitel.ipynb")


@pytest.mark.slow
def test_whatever_a_cell_shows_around_the_door_is_refused_by_chapter_and_cell(project: Path) -> None:
    write(project, OURS, *RAW)
    made = execute.run_chapter("kapitel", {"seed": 2})[0]
    found = list(passed.refused("kapitel", json.loads(made)))
    assert [told.partition(":")[0] for told in found] == [
        f"kapitlet kapitel, kodecelle {number}" for number in range(3, 3 + len(RAW))]
    for told, words in zip(found, RAW.values(), strict=True):
        assert words in told
    with pytest.raises(UserError, match=r"kodecelle 3: udskriver[\s\S]*Vis tallene med dem"):
        passed.check([("kapitel", made.encode())])
    passed.check([("kapitel", made.encode())], raw=True)


@pytest.mark.slow
def test_notebooks_of_collected_answers_do_not_store_it_either(project: Path) -> None:
    write(project, "print(3)")
    before = (project / "kapitel.ipynb").read_bytes()
    with pytest.raises(UserError, match="kodecelle 2: udskriver"):
        execute.refresh()
    assert (project / "kapitel.ipynb").read_bytes() == before


@pytest.mark.parametrize("output", [
    shown(EXTRA, {"text/html": {"civsam": {}}}),  # a picture beside what is ours
    shown({"text/html": "3"}, {"text/plain": {"civsam": {}}}), shown({"text/html": "3"}, {"civsam": {}}),
    shown({"application/vnd.jupyter.widget-view+json": {}}), shown({"application/papermill.record/text/plain": "3"}),
    v4.new_output("error", ename="ValueError", evalue="3", traceback=["3"]),
    v4.new_output("stream", name="stdout", text="3"),
])
@pytest.mark.parametrize("tags", [(), ("remove-output",), ("remove-cell",), ("hide-output",)])
def test_neither_tags_nor_company_let_an_output_through(output: nbformat.NotebookNode, tags: tuple[str, ...]) -> None:
    with pytest.raises(UserError, match="kapitlet kapitel, kodecelle 2"):
        passed.check([("kapitel", executed(output, tags=tags))])


def test_what_is_ours_passes_with_and_without_a_name() -> None:
    assert is_ours({"text/html": "", "text/plain": ""}, {"text/html": {"civsam": {}}})
    assert is_ours({"image/svg+xml": "", "text/plain": ""}, {"image/svg+xml": {"civsam": {"name": "x"}}, "tal": {}})
    passed.check([("kapitel", executed(shown({"text/html": "x"}, {"text/html": {"civsam": {}}})))])


def test_a_widget_that_was_never_shown_is_refused() -> None:
    made = json.loads(executed())
    made["metadata"]["widgets"] = {"application/vnd.jupyter.widget-state+json": {}}
    with pytest.raises(UserError, match="gemmer widgets"):
        passed.check([("kapitel", json.dumps(made).encode())])


def named(name: str, cell: str = "c") -> bytes:
    """An executed notebook whose second code cell shows a table of that name."""
    output = shown({"text/html": "<p>"}, {"text/html": {"civsam": {"name": name}}})
    cells = [PARAMETERS, v4.new_code_cell("y", id="b"), v4.new_code_cell("x", id=cell, outputs=[output])]
    return nbformat.writes(v4.new_notebook(cells=cells)).encode()


def test_two_cells_that_give_the_same_name_are_both_told() -> None:
    made = {"foerste": named("fig-fokus"), "anden": named("Fig-fokus"), "tredje": named("tab-fokus")}
    with pytest.raises(UserError, match=r"kapitlet anden, kodecelle 3: navnet »Fig-fokus« har .* allerede, i kapitlet "
                                        r"foerste, kodecelle 3\. Giv den ene"):
        passed.check_names(made, made)
    del made["anden"]
    passed.check_names(made, made)


def test_a_name_in_a_cell_that_is_left_out_is_free() -> None:
    made = {"foerste": named("fig-fokus"), "anden": named("fig-fokus")}
    passed.check_names(made, made | {"foerste": executed()})


def test_a_chapter_of_collected_answers_in_a_synthetic_edition_is_held_to_it() -> None:
    ours = shown({"text/html": '<span class="maerke indsamlet">'}, {"text/html": {"civsam": {}}})
    raw = v4.new_output("stream", name="stdout", text="3")
    passed.check([("kapitel", executed(raw))], raw=True)
    with pytest.raises(UserError, match="udskriver"):
        passed.check([("kapitel", executed(ours, raw))], raw=True)


@pytest.mark.parametrize("about", [ABOUT, {}, {"oprindelse": ""}])
def test_a_book_is_staged_only_with_what_passed_unless_answers_are_known_to_be_synthetic(
    project: Path, about: dict
) -> None:
    write(project, "3")
    places = build.Places("prøve")
    (places.executed / "kapitel.ipynb").parent.mkdir(parents=True)
    (places.executed / "kapitel.ipynb").write_bytes(executed(v4.new_output("stream", name="stdout", text="3")))
    with pytest.raises(UserError, match="kodecelle 2: udskriver"):
        build.fill_stage(places, "alle", "", about, contents.contents())
    assert not places.stage.exists()
    build.fill_stage(places, "alle", "", about | {"oprindelse": "syntetisk"}, contents.contents())
    assert (places.stage / "kapitel.ipynb").exists()
