"""Another survey: a project of its own, laid out from a questionnaire, that the same commands make a book of."""

from __future__ import annotations

import json
from pathlib import Path

import yaml

from civsam.book import batteries
from civsam.book.contents import escaped
from civsam.files import HOME, PACKAGE, QUESTIONNAIRE, UserError, read_json, read_text, shown, write_if_changed
from civsam.instrument import questionnaire as instrument
from civsam.instrument.batteries import heading as called
from civsam.instrument.batteries import parted
from civsam.instrument.format import marked
from civsam.instrument.questionnaire import Item, Questionnaire

EXAMPLE = PACKAGE / "book" / "skelet" / "spoergeskema.yml"
WORDS = PACKAGE / "book" / "skelet" / "skematekst.yml"
RESULTS, CHANGES = "chapters/resultater.ipynb", "chapters/aendringer.ipynb"
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
PARAMETERS = '''data: str = "data/svar.csv"  # svarfil, regnet fra projektets rod
ramme: str = "{frame}"  # fil med dem, der blev spurgt; »ingen«, hvis det ikke vides
{split}konfidens: float = 0.95  # konfidensniveau for intervallerne
mindst: int = 5  # så få svarpersoner vises en gruppe med, når svarene er indsamlede
fritekst: str = "skjul"  # om fri tekst fra indsamlede svar vises'''
MOD = '''mod: str = "ingen"  # tidligere svarfil, som svarene sammenlignes med
modramme: str = "samme"  # rammen for den tidligere svarfil
'''
OPEN = '''from civsam import estimate, open_edition, show, weighting

edition = open_edition(globals())
survey = edition.survey
edition.banner()'''
OF_STUDY = ("civsam.book.statement_links", "civsam.teaching.sphinxext", "sphinxcontrib.bibtex")
OWNER = "[Skriv i _config.yml, hvem der udgiver bogen]"
README = """# {title}

Læg svarene i `data/svar.csv` (se `civsam check`). Vides det, hvem der blev spurgt, lægges de i `data/ramme.csv`.

- `civsam check data/svar.csv` finder fejl i svarfilen.
- `civsam book` laver bogen i `_build/udgaver/standard/index.html`.
- `civsam book -p mod data/svar-foer.csv` holder svarene op mod en tidligere bølges svarfil.
- `civsam new . --again` laver kapitlerne igen, når `data/spoergeskema.yml` er ændret.
"""
INDEX = """# {title}

{scope}

Bogen er lavet af spørgeskemaet og svarene med civsam. {{doc}}`chapters/resultater` viser svarene spørgsmål for
spørgsmål, og {{doc}}`chapters/kodebog` viser, hvad der blev spurgt om.
"""


def create(folder: Path, given: Path | None, *, again: bool = False) -> list[Path]:
    """Lay out a project, and return its files. given: the questionnaire, else a small one to begin with.

    again: write only the chapters, after the questionnaire has been changed. Raises UserError for a folder that is
    there already (or is no project, with `again`), and a questionnaire that cannot be used.
    """
    if not again:
        check_free(folder)
    if again and not (folder / QUESTIONNAIRE).exists():
        raise UserError(f"{shown(folder)}: mappen er ikke et projekt, for {QUESTIONNAIRE.as_posix()} mangler.")
    source = folder / QUESTIONNAIRE if again else given or EXAMPLE
    asked = instrument.read(source)
    content = files(asked, framed=(folder / "data" / "ramme.csv").exists())
    old = again and not (folder / CHANGES).exists()  # laid out before there was such a chapter, and not in its contents
    content = {name: text for name, text in content.items() if not again or (
        name.startswith("chapters/") and not (old and name == CHANGES))}
    if not again:
        content |= {QUESTIONNAIRE.as_posix(): marked(read_text(source)), "data/skematekst.yml": read_text(WORDS)}
        if asked.lookup is not None:
            content[f"data/{asked.lookup.file}"] = read_text(source.parent / asked.lookup.file)
    for name, text in content.items():
        write_if_changed(folder / name, text.encode())
    return [folder / name for name in content]


def changes(folder: Path) -> list[str]:
    """What `create(folder, None, again=True)` would change in the chapters that are there, in Danish."""
    asked = instrument.read(folder / QUESTIONNAIRE)
    plain = read_text(folder / QUESTIONNAIRE)
    told = [] if marked(plain) == plain else [f"{QUESTIONNAIRE.as_posix()}: ældre format; det læses som før."]
    for name, text in files(asked, framed=(folder / "data" / "ramme.csv").exists()).items():
        if not name.startswith("chapters/"):
            continue
        new = [cell["source"] for cell in json.loads(text)["cells"]]
        path = folder / name
        old = ["".join(cell["source"]) for cell in read_json(path)["cells"]] if path.exists() else []
        new = ["".join(source) for source in new]
        parts = [f"{len(cells)} celler {what} ({_firsts(cells)})" for what, cells in (
            ("er nye", [cell for cell in new if cell not in old]),
            ("forsvinder", [cell for cell in old if cell not in new])) if cells]
        told.append(f"{name}: {'; '.join(parts) or 'uændret'}.")
    return told


def _firsts(cells: list[str]) -> str:
    """What the first of some cells begin with."""
    firsts = [f"»{cell.strip().partition(chr(10))[0][:40]}«" for cell in cells[:3]]
    return ", ".join(firsts) + (" og flere" if len(cells) > len(firsts) else "")


def check_free(folder: Path) -> None:
    """Raise UserError for a folder that holds something, or a file of that name."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(f"{shown(folder)}: mappen findes allerede. Vælg et andet navn, eller skriv --again for kun at "
                        "lave kapitlerne igen.")


def check_chapter(folder: Path) -> None:
    """Raise UserError if a generated results chapter has other questions or groups than its project's questionnaire."""
    path = folder / RESULTS
    made = read_json(path).get("metadata", {}).get("civsam")
    if made is None:
        return  # written by hand, as the study's own
    now = _made_of(instrument.read(folder / QUESTIONNAIRE))
    if changed := sorted({name for kind in made for name in set(made[kind]) ^ set(now[kind])}):
        raise UserError(f"{RESULTS}: spørgeskemaet er ændret, siden kapitlet blev lavet ({', '.join(changed[:5])}). "
                        "Skriv: civsam new . --again")


def _made_of(questionnaire: Questionnaire) -> dict[str, list[str]]:
    """What a results chapter depends on, as it is written in the notebook."""
    return {"spoergsmaal": list(questionnaire.items), "baggrund": list(questionnaire.background)}


def files(questionnaire: Questionnaire, *, framed: bool) -> dict[str, str]:
    """The files of a project but its questionnaire: name to text."""
    title, scope = escaped(questionnaire.title), escaped(questionnaire.scope)
    toc = {"format": "jb-book", "root": "index", "parts": [
        {"caption": "Kapitler", "numbered": True, "chapters": [
            {"file": "chapters/resultater"}, {"file": "chapters/aendringer"}]},
        {"caption": "Opslag", "chapters": [{"file": "chapters/kodebog"}]}]}
    return {
        "README.md": README.format(title=title),
        "index.md": INDEX.format(title=title, scope=scope),
        "_toc.yml": yaml.safe_dump(toc, allow_unicode=True, sort_keys=False),
        "_config.yml": yaml.safe_dump(_config(questionnaire.title), allow_unicode=True, sort_keys=False),
        CHANGES: _notebook("aendringer", change_cells(questionnaire, framed)),
        RESULTS: _notebook("resultater", results(questionnaire, framed), _made_of(questionnaire)),
        "chapters/kodebog.ipynb": _notebook("kodebog", [
            ("md", "# Kodebog\n\nSpørgsmålene, som de blev stillet, og de koder, svarene har i datafilerne."),
            ("remove-input", "from civsam import show\n\ndisplay(*show.codebook())"),
        ]),
    }


def _config(title: str) -> dict[str, object]:
    """The study's own settings under another title, without its literature."""
    config = yaml.safe_load(read_text(HOME / "_config.yml"))
    config["title"] = config["sphinx"]["config"]["project"] = title
    config["html"]["extra_footer"] = config["html"]["baseurl"] = ""
    config["copyright"] = OWNER
    del config["bibtex_bibfiles"]
    own = config["sphinx"]["config"]
    own["extensions"] = [name for name in own["extensions"] if name not in OF_STUDY]
    own["myst_disable_syntax"] = ["substitution_inline", "substitution_block"]  # templates are code that is run
    config["sphinx"]["config"] = {name: value for name, value in own.items() if not name.startswith("bibtex_")}
    return config


def change_cells(questionnaire: Questionnaire, framed: bool) -> list[tuple[str, str]]:
    """The cells of a chapter on what has changed since an earlier wave, which is in the book where one is named."""
    return [
        ("md", "# Hvad er ændret\n\nSvarene holdes op mod en tidligere bølge. Hver ændring har et interval, for "
               "bølgerne er forskellige, både fordi noget kan have ændret sig, og fordi tilfældet har rådet hver "
               "gang."),
        ("parameters remove-cell", parameters(questionnaire, framed, MOD)),
        ("remove-input", OPEN.replace("estimate, open_edition, show, weighting", "book, open_edition")),
        ("remove-input", "changes = book.changed(edition)\nchanges.introduction()"),
        ("hide-input", 'changes.figure("De største ændringer mellem to bølger", "fig-aendringer")'),
        ("hide-input", 'changes.changes_table("Alle ændringer mellem to bølger", "tab-aendringer")'),
        ("md", "Når der er mange ændringer at se på, er der altid nogle, som ser sikre ud ved et tilfælde. Derfor er "
               "p-værdierne korrigeret for dem alle. Og at en ændring ikke kan påvises, er ikke det samme som, at "
               "intet er ændret."),
    ]


def parameters(questionnaire: Questionnaire, framed: bool, more: str = "") -> str:
    """The cell of a chapter's parameters. more: those of its own."""
    split = next(iter(questionnaire.background), "")
    declared = f'opdel: str = {_quoted(split)}  # baggrundsvariabel, som svarene deles op efter\n' if split else ""
    return PARAMETERS.format(frame="data/ramme.csv" if framed else "ingen", split=more + declared)


def results(questionnaire: Questionnaire, framed: bool) -> list[tuple[str, str]]:
    """The cells of a results chapter: a section a block, and for each question what was asked and answered."""
    split = next(iter(questionnaire.background), "")
    grouped = any(len(those) > 1 for block in questionnaire.blocks
                  for those in parted(questionnaire.block(block)))
    cells = [
        ("md", "# Resultater\n\nKapitlet viser svarene på hvert spørgsmål i spørgeskemaets rækkefølge."),
        ("parameters remove-cell", parameters(questionnaire, framed)),
        ("remove-input", batteries.IMPORT * grouped + OPEN),
    ]
    if framed and split:
        cells += [("md", "## Hvem der svarede"), ("hide-input", RATES)]
    for block, heading in questionnaire.blocks.items():
        cells.append(("md", f"## {escaped(heading)}"))
        for those in parted(questionnaire.block(block)):
            names = ", ".join(_quoted(item.id) for item in those)
            cells += [("md", f"### {escaped(called(those))}"),
                      ("remove-input", f"show.question(survey, {names})")]
            made = batteries.cells(those, bool(split)) if len(those) > 1 else shown_as(those[0], bool(split))
            cells += [("hide-input", code) for code in made]
    return cells


RATES = '''rates = weighting.response_rates(survey, opdel)
show.table(survey, rates, "Adspurgte og svar", "tab-svar")'''


def shown_as(item: Item, split: bool) -> list[str]:
    """The code that shows a question: a figure, and where it can be split by a frame variable, that too."""
    from civsam.pages.overview import statistic  # slow to import, and `check_chapter` is asked before every book

    call, name = statistic(item), item.id.lower().replace("_", "-")
    if not call:
        return [f"show.texts(survey, {_quoted(item.id)})"] if item.scale.type == "tekst" else []
    made = [f"show.figure(survey, estimate.{call}(survey, {_quoted(item.id)}), {_quoted(item.topic)}, "
            f"{_quoted(f'fig-{name}')})"]
    if split:
        made.append(f"delt = estimate.{call}(survey, {_quoted(item.id)}, by=opdel)\nshow.table(\n"
                    f"    survey, delt, {_quoted(f'{item.topic}, delt op')}, {_quoted(f'tab-{name}')}, folded=True\n)")
    return made


def _quoted(text: str) -> str:
    """The text as a string in code, quotation marks and all."""
    return json.dumps(text, ensure_ascii=False)


def _notebook(name: str, cells: list[tuple[str, str]], made_of: dict[str, list[str]] | None = None) -> str:
    """A notebook as text; a cell is its kind (md, or the tags of a code cell) and its source. made_of: see there."""
    import nbformat  # slow to import, and `check_chapter` is asked before every book
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

    made = []
    for number, (kind, source) in enumerate(cells, 1):
        cell = new_markdown_cell(source) if kind == "md" else new_code_cell(source, metadata={"tags": kind.split()})
        cell["id"] = f"{name}-{number:02d}"
        made.append(cell)
    metadata = {"kernelspec": KERNEL} | ({"civsam": made_of} if made_of else {})
    return nbformat.writes(new_notebook(cells=made, metadata=metadata)) + "\n"
