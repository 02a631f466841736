"""Another survey: a project laid out from a questionnaire, its book, and the answers of a real public survey."""

import json
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup

from civsam import cli
from civsam.book import projects
from civsam.files import UserError, project
from civsam.instrument import batteries, questionnaire

NASTY = r"{{ cycler.__init__ }} <script>alert(1)</script> <b> `c` *d* $\frac$ [f](g) {h}`i` % & # 1. \\"
SHOWN = ("titel: Min undersøgelse", "afgraensning: Her står, hvad undersøgelsen handler om, og hvem der spørges.",
         "ved_ikke: Ved ikke", "navn: afdeling", "nord: Nord", "tilfredshed: Tilfredshed", "uenig: Uenig",
         "emne: Tilfredshed", "ordlyd: Jeg er alt i alt tilfreds.", "emne: Møder", "emne: Bemærkninger")
ROWS = [("nord", "Enig", "3", ""), ("Syd", "uenig", "4", "<script>alert(1)</script>"), ("nord", "Enig", "2", "")] * 10


def laid_out(folder: Path, *arguments: str) -> Path:
    assert cli.main(["new", str(folder), *arguments]) == 0
    return folder


def test_a_project_is_laid_out_from_any_questionnaire(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    folder = laid_out(tmp_path / "valg", "--questionnaire", str(project.data / "anes96" / "spoergeskema.yml"))
    asked = project.data / "anes96" / "spoergeskema.yml"
    assert (folder / "data" / "spoergeskema.yml").read_bytes() == b"format: 2\n" + asked.read_bytes()
    chapter = nbformat.read(folder / "chapters" / "resultater.ipynb", 4)
    headings = [cell.source.replace("\\", "") for cell in chapter.cells if cell.cell_type == "markdown"]
    study = questionnaire.read(project.data / "anes96" / "spoergeskema.yml")
    for those in (those for block in study.blocks for those in batteries.parted(study.block(block))):
        assert f"### {batteries.heading(those)}" in headings
    assert "chapters/resultater.ipynb" in capsys.readouterr().out


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "min").mkdir()
    (tmp_path / "min" / "brev.txt").write_text("kære")
    with pytest.raises(UserError, match="mappen findes allerede"):
        projects.create(tmp_path / "min", None)
    assert [path.name for path in (tmp_path / "min").iterdir()] == ["brev.txt"]


def test_only_the_chapters_are_made_again(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    folder = laid_out(tmp_path / "min")
    (folder / "index.md").write_text("# Min egen forside\n", "utf-8")
    schema = folder / "data" / "spoergeskema.yml"
    schema.write_text(schema.read_text("utf-8").replace("emne: Møder", "emne: Sammenkomster").replace(
        "id: kommentar", "id: bemaerkning"), "utf-8")
    with pytest.raises(UserError, match=r"bemaerkning, kommentar\)\. Skriv: civsam new \. --again"):
        projects.check_chapter(folder)
    capsys.readouterr()
    laid_out(folder, "--again")
    told = capsys.readouterr().out
    assert "»### Sammenkomster«" in told
    assert "forsvinder (»### Møder«" in told
    assert "chapters/kodebog.ipynb: uændret." in told
    projects.check_chapter(folder)
    schema.write_text(schema.read_text("utf-8").replace("afdeling", "hold"), "utf-8")
    questionnaire._read.cache_clear()  # as a new command does
    with pytest.raises(UserError, match=r"\(afdeling, hold\)\. Skriv: civsam new \. --again"):
        projects.check_chapter(folder)
    laid_out(folder, "--again")
    assert (folder / "index.md").read_text("utf-8") == "# Min egen forside\n"
    projects.check_chapter(folder)
    assert "### Sammenkomster" in (folder / "chapters" / "resultater.ipynb").read_text("utf-8")
    with pytest.raises(UserError, match="ikke et projekt"):
        projects.create(tmp_path / "tom", None, again=True)


def hostile(source: str) -> tuple[str, dict[str, str]]:
    """The questionnaire with texts that are markup, HTML, formulas, templates and code, and each text by its key."""
    texts = {}
    for number, old in enumerate(SHOWN):
        assert old in source
        key = old.partition(":")[0]
        texts[f"{key}{number}"] = f'{number} " {NASTY} {number}'
        source = source.replace(old, f"{key}: {json.dumps(texts[f'{key}{number}'])}", 1)
    return source, texts


@pytest.mark.slow
def test_the_book_of_a_project_is_built_by_the_same_command(tmp_path: Path) -> None:
    """With answers as Danish Excel writes them, and texts of every kind, the free ones too, shown as what they are."""
    source, texts = hostile(projects.EXAMPLE.read_text("utf-8"))
    (tmp_path / "skema.yml").write_text(source, "utf-8")
    folder = laid_out(tmp_path / "min", "--questionnaire", str(tmp_path / "skema.yml"))
    lines = ["afdeling;tilfreds;moeder;kommentar", *(";".join(row) for row in ROWS)]
    (folder / "data" / "svar.csv").write_bytes("\r\n".join(lines).encode("cp1252"))
    (folder / "index.md").write_text((folder / "index.md").read_text("utf-8") + "\n{{ 7 * 191 }}\n", "utf-8")
    before = [lines[0], *(";".join((row[0], "uenig", *row[2:])) for row in ROWS)]
    (folder / "data" / "foer.csv").write_text("\n".join(before), "utf-8")
    command = [sys.executable, "-m", "civsam.cli", "book", "--publish-text", "--name", "aaben", "-p", "mod",
               "data/foer.csv"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    pages = {file.stem: file.read_text("utf-8") for file in (folder / "_build" / "udgaver" / "aaben").rglob("*.html")}
    assert not [name for name, page in pages.items() if "<script>alert(1)" in page]
    shown = {name: BeautifulSoup(page, "html.parser") for name, page in pages.items()}
    assert "{{ 7 * 191 }}" in shown["index"].get_text()
    for page, key in (("index", "titel0"), ("index", "afgraensning1"), ("resultater", "tilfredshed5"),
                      ("resultater", "emne7"), ("resultater", "emne9"), ("resultater", "emne10")):
        told = [part.get_text() for part in shown[page].article.find_all(["h1", "h2", "h3", "p"])]
        assert any(texts[key] in words for words in told), (key, told)
    assert all(text in " ".join(page.get_text() for page in shown.values()) for text in texts.values())
    assert "indsamlede svar" in pages["resultater"]
    assert "&lt;script&gt;alert(1)" in pages["resultater"]
    assert "n = 30" in pages["resultater"]
    told = shown["aendringer"].article.get_text(" ")
    assert "svarene i data/foer.csv er bølgen »før«" in told
    assert "regnet mellem svarpersoner" in told
    assert "kommune" not in told
    assert "Alle adspurgte" not in told
    assert "\\frac" in next(folder.rglob("fig-tilfreds*.svg")).read_text("utf-8")  # as text, and not a formula
