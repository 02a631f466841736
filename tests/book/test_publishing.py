"""How the book is cited, found on the web and kept as versions."""

import errno
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml
from bs4 import BeautifulSoup
from pybtex.database import Entry, parse_string
from pybtex.richtext import Text

from civsam import __version__, cli
from civsam.book import build, render, versions
from civsam.edition import open_edition
from civsam.files import Project, UserError, project
from civsam.pages import bibliography
from civsam.study import citation, structured
from civsam.survey.survey import COLLECTED, SYNTHETIC

ADDRESS = "https://eksempel.dk/bog/"
WORKS = {"rapport": citation.report(), "kompendium": bibliography.compendium("Svar: syntetiske, frø 2015.")}


# ---- Cite


@pytest.mark.parametrize(("kind", "name"), [
    ("citation-file-format", "CITATION.cff"), ("github-workflows", ".github/workflows/udgiv.yml"),
])
def test_files_that_other_programs_read_have_the_form_they_want(kind: str, name: str) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{kind}", project.root / name]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_the_version_is_the_same_everywhere() -> None:
    newest = re.search(r"(?m)^## (\d\S*)", (project.root / "CHANGELOG.md").read_text("utf-8"))
    assert versions.current((project.root / bibliography.COMPENDIUM), None)["version"] == __version__ == newest[1]


@pytest.mark.parametrize("work", WORKS.values(), ids=WORKS)
def test_bibtex_and_ris_tell_the_same_as_the_words(work: Entry) -> None:
    shown = BeautifulSoup(bibliography.cited(work, "vaerk").html, "html.parser")
    bibtex, ris = (file.get_text() for file in shown.select("pre[data-fil]"))
    read = parse_string(bibtex, "bibtex").entries[work.key]
    fields = [line.split("  - ") for line in ris.splitlines()]
    told = {tag: value for tag, value in fields}
    assert (fields[0][0], fields[-1]) == ("TY", ["ER", ""])
    assert [value for tag, value in fields if tag == "AU"] == [str(one).strip("{}") for one in work.persons["author"]]
    assert read.persons == work.persons
    assert told["TI"] == read.fields["title"].strip("{}") in shown.blockquote.get_text()
    assert told["PY"] == read.fields["year"] in shown.blockquote.get_text()
    assert [link["href"] for link in shown.select("a[download]")] == [file["data-fil"] for file in shown.select("pre")]


def test_a_name_of_a_file_with_signs_of_its_own_does_not_break_bibtex() -> None:
    made = bibliography.compendium("Svar: mine_{svar}%&.csv").to_string("bibtex")
    note = parse_string(made, "bibtex").entries["civsam"].fields["note"]
    assert str(Text.from_latex(note)) == "Svar: mine__svar___.csv"


def test_the_reference_says_which_answers_and_that_they_are_not_the_results_of_the_study() -> None:
    edition = open_edition(seed=7)
    assert "Svar: syntetiske, frø 7. Tallene er ikke resultater" in edition.citation().text


# ---- Found by


def works(provenance: str) -> dict[str, dict]:
    script = BeautifulSoup(structured.output(provenance).html, "html.parser").script
    return {work["@type"]: work for work in json.loads(script.string)["@graph"]}


def test_catalogues_are_told_of_the_report_and_of_synthetic_data_only() -> None:
    told = works(SYNTHETIC)
    assert told["Report"]["datePublished"] == "2016-09"
    assert [author["name"] for author in told["Report"]["author"]] == ["Bjarne Ibsen", "Helle Hygum Espersen"]
    assert told["Dataset"]["version"] == __version__
    assert "Ingen har svaret" in told["Dataset"]["description"]
    assert not works(COLLECTED)


def test_nothing_told_to_catalogues_can_end_its_element(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(structured, "report", lambda: {"@type": "Report", "name": "</script><b>"})
    assert works(SYNTHETIC)["Report"]["name"] == "</script><b>"


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small book with the real settings and pages about the book, built for an address and a reader to write to."""
    folder = tmp_path_factory.mktemp("bog") / "bog"
    (folder / "chapters").mkdir(parents=True)
    config = yaml.safe_load((project.root / "_config.yml").read_text("utf-8"))
    config["html"]["baseurl"] = ADDRESS
    config["parse"]["myst_substitutions"]["kontakt"] = "[navn@eksempel.dk](mailto:navn@eksempel.dk)"
    about = ["CHANGELOG", "versioner", "rettelser", "licens"]
    for name in [*config["bibtex_bibfiles"], bibliography.COMPENDIUM, *(f"{page}.md" for page in about)]:
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(project.root / name, folder / name)
    pages = {"index": f"# Bogen\n\n{bibliography.cited(WORKS['rapport'], 'rapport').html}",
             "chapters/metode": "# Metode\n\nSådan blev der <spurgt>.", "chapters/koer_igen": "# Kør igen"}
    for name, text in pages.items():
        (folder / f"{name}.md").write_text(text, "utf-8")
    toc = {"format": "jb-book", "root": "index", "chapters": [{"file": name} for name in [*pages, *about][1:]]}
    for name, settings in (("_config.yml", config), ("_toc.yml", toc)):
        (folder / name).write_text(yaml.safe_dump(settings), "utf-8")
    done = subprocess.run([sys.executable, "-c", render.JUPYTER_BOOK, "build", folder, "-W", "--keep-going"],
                          capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "_build" / "html"


def soup(file: Path) -> BeautifulSoup:
    return BeautifulSoup(file.read_text("utf-8"), "html.parser")


@pytest.mark.slow
def test_a_book_with_an_address_has_a_site_map_of_its_pages(web: Path) -> None:
    found = set(re.findall(r"<loc>(.*)</loc>", (web / "sitemap.xml").read_text("utf-8")))
    assert {f"{ADDRESS}{name}.html" for name in ("index", "chapters/metode", "versioner")} <= found
    assert all((web / address.removeprefix(ADDRESS)).exists() for address in found)


@pytest.mark.slow
def test_links_to_a_page_are_shown_with_words_and_a_picture(web: Path) -> None:
    page = soup(web / "chapters" / "metode.html")
    told = {tag["property"]: tag["content"] for tag in page.select("meta[property]")}
    assert told["og:title"] == "Metode"
    assert told["og:description"].startswith("Sådan blev der")
    assert told["og:url"] == f"{ADDRESS}chapters/metode.html"
    assert told["og:locale"] == "da_DK"
    picture = web / told["og:image"].removeprefix(ADDRESS)
    assert picture.read_bytes()[16:24] == (1200).to_bytes(4) + (630).to_bytes(4)


@pytest.mark.slow
def test_files_to_cite_by_are_what_the_page_shows(web: Path) -> None:
    shown = soup(web / "index.html").select("pre[data-fil]")
    assert len(shown) == 2
    for file in shown:
        assert (web / file["data-fil"]).read_text("utf-8") == file.get_text()
    assert (web / "CITATION.cff").read_bytes() == (project.root / bibliography.COMPENDIUM).read_bytes()


@pytest.mark.slow
def test_every_page_ends_with_its_version_and_the_way_to_errors_and_licences(web: Path) -> None:
    foot = soup(web / "chapters" / "metode.html").select_one(".om-bogen")
    assert foot.get_text().startswith(f"Version {__version__}")
    assert [link["href"] for link in foot.select("a")] == ["../versioner.html", "../rettelser.html", "../licens.html"]


@pytest.mark.slow
def test_the_reader_is_told_whom_to_write_to_if_there_is_one(web: Path) -> None:
    page = soup(web / "rettelser.html").article
    assert "mailto:navn@eksempel.dk" in [unquote(link["href"]) for link in page.select("a")]  # hidden from harvesters
    assert "ingen kontaktadresse" not in page.get_text()


# ---- Where it is published


@pytest.mark.parametrize(("given", "used"), [("", ""), (" https://a.dk ", "https://a.dk/"), (ADDRESS, ADDRESS)])
def test_the_address_is_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch, given: str, used: str) -> None:
    monkeypatch.setenv(build.ADDRESS, given)
    assert build.base_url() == used


@pytest.mark.parametrize("given", ["eksempel.dk", "ftp://a.dk", "https://", "https://a.dk/?b", "https://a.dk/b c"])
def test_what_is_no_address_stops_before_anything_is_built(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv(build.ADDRESS, given)
    with pytest.raises(UserError, match=r"CIVSAM_BASEURL er .* https://eksempel\.dk"):
        build.build("x", {}, {}, {})


# ---- Versions


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The site of an edition, where the command finds it; the user stands beside it."""
    monkeypatch.setattr(Project, "build", tmp_path)
    site = build.Places("standard").book
    site.mkdir(parents=True)
    (site / "index.html").write_text("første", "utf-8")
    (site / "kun-i-den-første.html").write_text("x", "utf-8")
    (site / versions.PAGE).write_text('<h1>V</h1><ul id="udgivne-versioner"><li>Ingen.</li></ul>', "utf-8")
    monkeypatch.chdir(tmp_path)
    return site


def published(version: str, *more: str) -> int:
    return cli.main(["publish", "net", "--version", version, *more])


def second(built: Path) -> None:
    """The book as it is in its next version."""
    (built / "index.html").write_text("anden", "utf-8")
    (built / "kun-i-den-første.html").unlink(missing_ok=True)


def listed(page: str) -> list[tuple[str, str]]:
    return [(link["href"], link.parent.get_text()) for link in soup(Path("net", page)).select("li a")]


def test_earlier_versions_stay_and_the_newest_is_at_the_top(built: Path) -> None:
    assert published("0.9") == 0
    second(built)
    assert published("0.10") == 0
    texts = [Path("net", place, "index.html").read_text("utf-8") for place in ("", "0.9", "0.10")]
    assert texts == ["anden", "første", "anden"]
    assert Path("net/0.9/kun-i-den-første.html").exists()
    assert not Path("net/kun-i-den-første.html").exists()
    assert listed("versioner.html") == [("0.10/index.html", "Version 0.10 (nyeste)"), ("0.9/index.html", "Version 0.9")]
    assert listed("0.9/versioner.html") == [("../0.9/index.html", "Version 0.9"),
                                            ("../versioner.html", "Alle versioner, også senere")]


def test_the_standard_version_and_its_date_are_those_of_the_reference(built: Path) -> None:
    assert cli.main(["publish", "net"]) == 0
    assert Path("net", __version__, "index.html").exists()
    assert re.search(r", \d+\. \w+ 20\d\d \(nyeste\)$", listed("versioner.html")[0][1])


def test_a_correction_of_an_old_version_leaves_the_newest_at_the_top(built: Path) -> None:
    published("2.0")
    second(built)
    published("1.1")
    assert Path("net/index.html").read_text("utf-8") == "første"
    assert [link for link, _ in listed("versioner.html")] == ["2.0/index.html", "1.1/index.html"]


def test_publishing_again_changes_nothing(built: Path) -> None:
    published("1.0")
    before = {path: path.read_bytes() for path in Path("net").rglob("*") if path.is_file()}
    assert {Path("net/index.html"), Path("net/1.0/index.html"), Path("net/versioner.html")} < set(before)
    assert published("1.0") == 0
    assert {path: path.read_bytes() for path in Path("net").rglob("*") if path.is_file()} == before
    assert [link for link, _ in listed("versioner.html")] == ["1.0/index.html"]


def test_a_published_version_is_replaced_only_when_asked(built: Path, capsys: pytest.CaptureFixture) -> None:
    published("1.0")
    second(built)
    assert published("1.0") == 2
    assert "version 1.0 er udgivet med et andet indhold" in capsys.readouterr().err
    assert Path("net/1.0/index.html").read_text("utf-8") == "første"
    assert published("1.0", "--again") == 0
    assert Path("net/1.0/index.html").read_text("utf-8") == Path("net/index.html").read_text("utf-8") == "anden"


@pytest.mark.parametrize("name", ["index.html", versions.LIST, "1.0/brev.txt"])
def test_a_file_of_the_users_own_is_left_alone(built: Path, capsys: pytest.CaptureFixture, name: str) -> None:
    own = Path("net", name)
    own.parent.mkdir(parents=True)
    own.write_text("mit eget", "utf-8")
    before = sorted(Path("net").rglob("*"))
    assert published("1.0") == 2
    assert "net" in capsys.readouterr().err
    assert own.read_text("utf-8") == "mit eget"
    assert sorted(Path("net").rglob("*")) == before


def tree(folder: str) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in Path(folder).rglob("*")
            if path.is_file()}


@pytest.fixture
def whole(built: Path) -> dict[str, bytes]:
    """What lies there when two versions, and the second once more with another content, were published undisturbed."""
    for name in ("net", "andet"):
        cli.main(["publish", name, "--version", "1.0"])
    second(built)
    cli.main(["publish", "andet", "--version", "1.1"])
    return tree("andet")


def stopped_after(steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the command be stopped when it has moved so many files or folders."""
    left = iter(range(steps))

    def moving(move):
        def moved(path, target):
            if next(left, None) is None:
                raise KeyboardInterrupt
            return move(path, target)
        return moved

    for name in ("rename", "replace"):
        monkeypatch.setattr(Path, name, moving(getattr(Path, name)))


@pytest.mark.parametrize("steps", range(7))
def test_who_is_stopped_can_publish_once_more(
    built: Path, whole: dict[str, bytes], monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    with monkeypatch.context() as broken:
        stopped_after(steps, broken)
        with pytest.raises(KeyboardInterrupt):
            versions.publish(built, Path("net"), {"version": "1.1", "dato": ""})
    assert tree("net/1.0") == tree("andet/1.0")
    assert published("1.1") == 0
    assert tree("net") == whole


def test_who_is_stopped_and_builds_another_book_leaves_nothing_behind(
    built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (built / "a.html").write_text("x", "utf-8")
    with monkeypatch.context() as broken:
        stopped_after(5, broken)  # the version, the list, and the first page, with what they are made beside
        with pytest.raises(KeyboardInterrupt):
            versions.publish(built, Path("net"), {"version": "1.0", "dato": ""})
    assert Path("net/a.html").exists()
    (built / "a.html").unlink()
    assert published("1.0") == 2  # it is there with another content
    assert published("1.0", "--again") == 0
    assert not Path("net/a.html").exists()


def test_a_full_disk_leaves_what_was_published_as_it_was(
    built: Path, whole: dict[str, bytes], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    before, copy, left = tree("net"), shutil.copy2, iter(range(1))

    def full(file: Path, target: Path) -> None:
        if next(left, None) is None:
            Path(target).write_bytes(b"half")
            raise OSError(errno.ENOSPC, "No space left on device")
        copy(file, target)

    with monkeypatch.context() as broken:
        broken.setattr(shutil, "copy2", full)
        assert published("1.1") == 2
    assert re.fullmatch(r"civsam: \S*net\S+: kan ikke læses eller skrives; disken er fuld\.\n", capsys.readouterr().err)
    assert tree("net") == before
    assert published("1.1") == 0
    assert tree("net") == whole


@pytest.mark.parametrize(("arguments", "told"), [
    (["net", "--version", "ny"], "'ny' er ikke et versionsnummer"),
    (["net", "--name", "ukendt"], "udgaven er ikke bygget"),
    (["udgaver/standard/net"], "kan ikke udgives dér, hvor den bygges"),
    (["udgaver"], "kan ikke udgives dér, hvor den bygges"),
])
def test_what_cannot_be_published_is_told(
    built: Path, capsys: pytest.CaptureFixture, arguments: list[str], told: str
) -> None:
    before = sorted(built.parents[1].rglob("*"))
    assert cli.main(["publish", *arguments]) == 2
    assert told in capsys.readouterr().err
    assert sorted(built.parents[1].rglob("*")) == before
