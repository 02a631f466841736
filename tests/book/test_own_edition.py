"""A book of answers that somebody has collected: her own title, front page, reference and contents."""

import json
import sys
from pathlib import Path

import pytest
import yaml
from pybtex.database import parse_string
from pybtex.richtext import Text

from civsam import cli
from civsam.book import contents, own, versions
from civsam.cli import whose
from civsam.files import HOME, Project, UserError, project, write_json
from civsam.pages import imprint
from civsam.pages.bibliography import COMPENDIUM, cited
from civsam.study import structured
from civsam.survey.survey import COLLECTED, SYNTHETIC

TOLD = {"titel": 'Foreninger & <b>hold</b> i "2026": 50 % _mere_ #1 $', "manchet": "Vi spurgte igen. *Alle* svarede.",
        "udgiver": "Eksempel Kommune {analyse}", "aar": "2026", "kontakt": "a@eksempel.dk", "version": "1.0"}
HERS = {"oprindelse": COLLECTED}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project's folder with nothing of whose it is."""
    monkeypatch.setattr(Project, "root", tmp_path)
    return tmp_path


# ---- Whose it is


def test_what_is_written_is_read_and_blanks_are_asked_for(folder: Path) -> None:
    assert imprint.read() is None
    assert imprint.missing() == list(imprint.FIELDS)
    imprint.write({"titel": TOLD["titel"]})
    assert imprint.read() is None
    assert imprint.missing() == list(imprint.FIELDS)[1:]
    imprint.write(TOLD)
    read = imprint.read()
    assert {name: str(getattr(read, name)) for name in imprint.FIELDS} == TOLD
    assert imprint.missing() == []


@pytest.mark.parametrize(("line", "told"), [
    ("aar: 26", "linje 1: aar er '26'. Skriv et årstal"), ("version: ny", "linje 1: version er 'ny'. Skriv tal"),
    ("titel: a\ntittel: b", "linje 2: 'tittel' kendes ikke. Kendte: titel"), ('udgiver: "a\\nb"', "på én linje"),
    ('titel: "a\\u202eb"', "tegn, der ikke kan ses"), (f"titel: {'a' * 200}", "er på 200 tegn. Skriv højst 150"),
])
def test_a_fault_in_the_file_is_told_with_its_line(folder: Path, line: str, told: str) -> None:
    (folder / imprint.FILE).write_text(line, "utf-8")
    with pytest.raises(UserError, match=r"udgave\.yml, linje") as fault:
        imprint.read()
    assert told in str(fault.value)


def test_the_reference_is_hers_in_words_bibtex_and_for_machines(folder: Path) -> None:
    imprint.write(TOLD)
    told = imprint.read()
    shown = cited(told.entry("Svar: indsamlede, mine_svar.csv."), "udgave")
    title = TOLD["titel"].replace("%", "procent")
    assert shown.text.startswith(f"Eksempel Kommune analyse (2026). {title}.")
    assert "<b>" not in shown.html
    fields = parse_string(told.entry("x").to_string("bibtex"), "bibtex").entries["udgave"].fields
    assert str(Text.from_latex(fields["title"])) == title
    cff = yaml.safe_load(told.citation())
    assert (cff["title"], cff["version"], cff["authors"]) == (TOLD["titel"], "1.0", [{"name": TOLD["udgiver"]}])


def test_search_engines_are_told_of_her_book_and_not_of_the_report(folder: Path) -> None:
    assert "Report" not in structured.output(COLLECTED).text
    imprint.write(TOLD)
    assert json.loads(structured.output(COLLECTED).html.split(">", 2)[2].split("</script")[0])["@graph"][0][
        "publisher"]["name"] == TOLD["udgiver"]


def test_only_a_book_of_collected_answers_is_asked_about(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    assert whose.ask_for_imprint(SYNTHETIC) == []
    assert not (folder / imprint.FILE).exists()
    told, = whose.ask_for_imprint(COLLECTED)
    assert told.startswith("Bogen har ikke sin egen forside: i udgave.yml mangler titel, manchet, udgiver, aar, ")
    typed = iter([TOLD["titel"], TOLD["manchet"], TOLD["udgiver"], "i år", "2026", TOLD["kontakt"], ""])
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda question: next(typed))
    assert "mangler version" in whose.ask_for_imprint(COLLECTED)[0]
    assert "er 'i år'. Skriv et årstal" in capsys.readouterr().out
    typed = iter(["1.0"])
    assert whose.ask_for_imprint(COLLECTED) == []
    assert {name: str(getattr(imprint.read(), name)) for name in imprint.FIELDS} == TOLD


# ---- What it holds


def test_the_projects_own_pages_are_left_out_and_taken_along_when_asked_for() -> None:
    everything = set(contents.pages())
    kept = set(contents.pages(own.toc(own.left_out((), held_against=False))))
    assert {"index", "chapters/metode", "chapters/resultater", "chapters/konklusion", "chapters/baggrund"} <= kept
    assert not [page for page in kept if page.startswith(("chapters/undervisning", "chapters/laboratorium"))]
    assert not kept & {"CHANGELOG", "rettelser", "licens", "chapters/egne_svar", "chapters/aendringer"}
    assert "chapters/engelsk" not in kept, "it says that the answers of the book are synthetic"
    back = {name: set(contents.pages(own.toc(own.left_out([name], held_against=False)))) - kept for name in own.GROUPS}
    assert all(back.values())
    assert kept.union(*back.values()) == everything - {own.CHANGES}
    assert own.CHANGES in contents.pages(own.toc(own.left_out((), held_against=True)))


def test_the_study_stands_after_her_chapters() -> None:
    numbered, study, *_ = own.toc(own.left_out((), held_against=False))["parts"]
    assert numbered["chapters"][0] == {"file": "chapters/metode"}
    assert study == {"caption": "Undersøgelsen i 2015", "chapters": [{"file": "chapters/baggrund"}]}
    assert own.toc_of({"oprindelse": SYNTHETIC}, (), held_against=False) == contents.contents()


def front(*, hers: bool, told: imprint.Imprint | None) -> str:
    made = own.fitted("index", (HOME / "index.ipynb").read_bytes(), own=hers, imprint=told)
    return "\n".join("".join(cell["source"]) for cell in json.loads(made)["cells"])


def test_the_front_page_is_hers(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    imprint.write(TOLD)
    told = imprint.read()
    monkeypatch.undo()
    mine, nameless, study = (front(hers=True, told=told), front(hers=True, told=None), front(hers=False, told=None))
    assert mine.startswith(r"# Foreninger \& \<b\>hold\</b\> i \"2026\"\: 50 \% \_mere\_ \#1 \$".replace('\\"', '"'))
    assert "\n\nVi spurgte igen" in mine
    assert nameless.startswith("# Egne svar \\(udgaven er uden titel\\)")
    assert study.startswith("# Kommunernes samarbejde med civile aktører")
    for text in (mine, nameless):
        assert "Hvad en tidligere undersøgelse fandt" in text
        assert "Fire veje ind" not in text
        assert "omkostningseffektivitet som den overordnede værdi af samarbejdet" not in text
    assert "Hvad en tidligere undersøgelse" not in study
    assert "Fire veje ind" in study


def test_settings_have_her_name_and_keep_the_credit(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    imprint.write(TOLD)
    told = imprint.read()
    config = own.settings(yaml.safe_load((HOME / "_config.yml").read_text("utf-8")), told)
    assert config["title"] == config["sphinx"]["config"]["project"] == TOLD["titel"]
    assert (config["author"], config["copyright"]) == (TOLD["udgiver"], f"2026 {TOLD['udgiver']}")
    assert "CC BY 4.0" in config["html"]["extra_footer"]
    assert config["sphinx"]["config"]["html_context"]["udgave"] == f"{TOLD['udgiver']}, 2026, version 1.0"
    assert "Egne svar" in own.settings(yaml.safe_load((HOME / "_config.yml").read_text("utf-8")), None)["title"]


# ---- Published


def test_a_book_is_published_under_its_own_name_and_not_without(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    (folder / "_toc.yml").write_text("format: jb-book\nroot: index\nchapters:\n- file: chapters/baggrund\n", "utf-8")
    (folder / "chapters").mkdir()
    for page in ("index", "chapters/baggrund"):
        (folder / f"{page}.ipynb").write_text('{"cells": []}', "utf-8")
    monkeypatch.setattr(project, "open", lambda: None)
    book = project.editions / "min-bog"
    book.mkdir(parents=True)
    (book / "index.html").write_text("Bog", "utf-8")
    (book / versions.PAGE).write_text('<ul id="udgivne-versioner"></ul>', "utf-8")
    write_json(project.work / "min-bog" / "aftryk.json", {"svarfiler": [{"kolonner": {}, "noegler": ""}]})
    command = ["publish", str(folder / "ud"), "--name", "min-bog"]
    assert cli.main(command) == 2
    assert "Udfyld udgave.yml, og byg den igen" in capsys.readouterr().err
    imprint.write(TOLD)
    (book / COMPENDIUM).write_text(imprint.read().citation(), "utf-8")
    assert cli.main([*command, "--version", "2.0"]) == 2
    assert "bygget som version 1.0, ikke 2.0" in capsys.readouterr().err
    assert cli.main(command) == 0
    assert "Foreninger &amp; &lt;b&gt;hold" in (folder / "ud" / versions.PAGE).read_text("utf-8")
    assert (folder / "ud" / "1.0" / COMPENDIUM).exists()
