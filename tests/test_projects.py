"""Another survey: a project laid out from a questionnaire, its book, and the answers of a real public survey."""

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from civsam import cli, projects, questionnaire
from civsam.files import DATA, UserError

ROWS = [("Nord", "Enig", "3", ""), ("Syd", "Uenig", "4", "<script>alert(1)</script>"), ("Nord", "Enig", "2", "")] * 10


def laid_out(folder: Path, *arguments: str) -> Path:
    assert cli.main(["new", str(folder), *arguments]) == 0
    return folder


def test_a_project_is_laid_out_from_any_questionnaire(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    folder = laid_out(tmp_path / "valg", "--questionnaire", str(DATA / "anes96" / "spoergeskema.yml"))
    assert (folder / "data" / "spoergeskema.yml").read_bytes() == (DATA / "anes96" / "spoergeskema.yml").read_bytes()
    chapter = nbformat.read(folder / "chapters" / "resultater.ipynb", 4)
    headings = [cell.source for cell in chapter.cells if cell.cell_type == "markdown"]
    for item in questionnaire.read(DATA / "anes96" / "spoergeskema.yml").items.values():
        assert f"### {item.topic}" in headings
    assert "chapters/resultater.ipynb" in capsys.readouterr().out


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "min").mkdir()
    (tmp_path / "min" / "brev.txt").write_text("kære")
    with pytest.raises(UserError, match="mappen findes allerede"):
        projects.create(tmp_path / "min", None)
    assert [path.name for path in (tmp_path / "min").iterdir()] == ["brev.txt"]


def test_only_the_chapters_are_made_again(tmp_path: Path) -> None:
    folder = laid_out(tmp_path / "min")
    (folder / "index.md").write_text("# Min egen forside\n", "utf-8")
    schema = folder / "data" / "spoergeskema.yml"
    schema.write_text(schema.read_text("utf-8").replace("emne: Møder", "emne: Sammenkomster").replace(
        "id: kommentar", "id: bemaerkning"), "utf-8")
    with pytest.raises(UserError, match=r"bemaerkning, kommentar\)\. Skriv: civsam new \. --again"):
        projects.check_chapter(folder)
    laid_out(folder, "--again")
    projects.check_chapter(folder)
    schema.write_text(schema.read_text("utf-8").replace("afdeling", "hold"), "utf-8")
    questionnaire.read.cache_clear()  # as a new command does
    with pytest.raises(UserError, match=r"\(afdeling, hold\)\. Skriv: civsam new \. --again"):
        projects.check_chapter(folder)
    laid_out(folder, "--again")
    assert (folder / "index.md").read_text("utf-8") == "# Min egen forside\n"
    projects.check_chapter(folder)
    assert "### Sammenkomster" in (folder / "chapters" / "resultater.ipynb").read_text("utf-8")
    with pytest.raises(UserError, match="ikke et projekt"):
        projects.create(tmp_path / "tom", None, again=True)


def test_the_book_of_a_project_is_built_by_the_same_command(tmp_path: Path) -> None:
    """With answers as Danish Excel writes them, and free text that is shown as what it is."""
    folder = laid_out(tmp_path / "min")
    lines = ["afdeling;tilfreds;moeder;kommentar", *(";".join(row) for row in ROWS)]
    (folder / "data" / "svar.csv").write_bytes("\r\n".join(lines).encode("cp1252"))
    command = [sys.executable, "-m", "civsam.cli", "book", "--publish-text", "--name", "aaben"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    page = (folder / "_build" / "udgaver" / "aaben" / "chapters" / "resultater.html").read_text("utf-8")
    assert "indsamlede svar" in page
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "n = 30" in page
