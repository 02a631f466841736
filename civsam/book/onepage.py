"""The finished pages of an edition as one page for paper.

Paper has no folds: folded tables with a number stand in an appendix, hints and solutions in another, and code is left
to the book on the screen. Where the number of a page is to stand, there is a place with the id of what it refers to.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag, urlsplit

import matplotlib
import yaml
from bs4 import BeautifulSoup, Tag
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from civsam import __version__
from civsam.book.contents import files_named, pages
from civsam.book.folds import whole
from civsam.files import PACKAGE
from civsam.instrument import policy

PRINT = PACKAGE / "book" / "print"
OF_EXERCISES = ("Vink", "Løsning")  # folds that a reader of paper must not meet at once
PICKED = "section:has(> .cell .vaelger)"  # what shows one group at a time: all are in the book on the screen
SCREEN_ONLY = (
    f"{PICKED}, script, .headerlink, .cell:not(.tag_loesning) > details.hide, .tag_loesning .cell_output, .mere, "
    ".til-lysbilleder, .til-kode, .toctree-wrapper, select, button:not(th button)"
)
FEET = {"syntetisk": "Syntetiske svar: ingen har svaret dette", "indsamlet": "Indsamlede svar"}


@dataclass(frozen=True)
class Heading:
    """A line of the table of contents: the id it leads to, its text as HTML, and the lines below it."""

    target: str
    text: Markup
    below: tuple[Heading, ...] = ()


@dataclass(frozen=True)
class Chapter:
    """A chapter on paper: its heading, what stands at the foot of its pages, and all of it."""

    heading: Heading
    foot: str
    html: Markup


def element(html: str) -> Tag:
    """The one element that the HTML holds."""
    return BeautifulSoup(html, "html.parser").find()


# ---- Pages into one -------------------------------------------------------------------------------------------------


def sections(book: Path, toc: Mapping[str, Any]) -> dict[str, Tag]:
    """What each page of the finished book says, by its name, with ids and addresses that hold in one page."""
    found, ids = {}, {}
    for name in pages(toc):
        page = whole(element(f"<div>{(book / f'{name}.html').read_text('utf-8')}</div>"))
        found[name] = page.select_one(".bd-article section").extract()
        ids[book / f"{name}.html"] = unique_ids(found[name], {new for known in ids.values() for new in known.values()})
    for name, section in found.items():
        here = book / f"{name}.html"
        for link in section.select("a[href]"):
            address = inside(link["href"], here, ids)
            if address is None:
                link.unwrap()
            else:
                link["href"] = address
        for drawing in section.select("picture > source"):  # for a phone
            drawing.decompose()
        for image in section.select("img[src]"):
            image["src"] = (here.parent / unquote(image["src"])).resolve().as_uri()
            image.attrs.pop("loading", None)  # what is not yet seen is printed too
    return found


def unique_ids(section: Tag, taken: set[str]) -> dict[str, str]:
    """Rename the ids that other pages have too. Returns all of the section's ids, old to new; "" is the section's."""
    ids = {}
    for tag in [section, *section.find_all(id=True)]:
        if not tag.find_parent("svg"):
            old = tag["id"]
            tag["id"] = ids[old] = f"{section['id']}-{old}" if old in taken else old
    return ids | {"": section["id"]}


def inside(address: str, here: Path, ids: Mapping[Path, Mapping[str, str]]) -> str | None:
    """A link's address in the one page; None for what is in the edition's folder, but not in the book."""
    target, fragment = urldefrag(unquote(address))
    if re.match(r"[a-z]+:", target):
        return address
    known = ids.get(here.parent.joinpath(target).resolve() if target else here, {})
    return f"#{known[fragment]}" if fragment in known else None


# ---- From screen to paper -------------------------------------------------------------------------------------------


def page_number(target: str) -> str:
    """The place for the number of the page where the element with that id stands."""
    return f'<span class="side" data-til="{target}">00</span>'


def for_paper(section: Tag) -> tuple[list[Tag], list[Tag]]:
    """Take out what only a screen can use. Returns what is folded: tables with a number, and parts with solutions."""
    for fold in section.select("details.figurfold"):
        fold.find_parent("figure").insert(0, (fold.picture or fold.img).extract())
    for fold in section.select(".mere > .spurgt"):
        fold.summary.decompose()
        fold.name, fold["class"] = "div", ["spoergsmaal"]
        fold.find_parent("figure").insert_before(fold.extract())
    for tag in section.select(SCREEN_ONLY):
        if not tag.decomposed:
            tag.decompose()
    for form in section.select("form"):
        form.replace_with(on_paper(form))
    for fold in section.select("details.sd-dropdown"):
        if fold.summary.get_text(strip=True) not in OF_EXERCISES:
            fold.summary.name = "h4"
            fold.unwrap()
    for fold in section.select(".opslag > details"):
        fold.summary.decompose()
        fold.unwrap()
    return folded_tables(section), folded_solutions(section)


def on_paper(form: Tag) -> Tag:
    """The choices of a form, and what it would have opened."""
    labels = [f"<li>{label.get_text(strip=True)}</li>" for label in form.select("fieldset label")]
    choices = f'<ul class="muligheder">{"".join(labels)}</ul>' if labels else ""
    opened = "".join(fold.decode_contents() for fold in form.select("details") if fold.summary.extract())
    return element(f'<div>{choices}{opened}</div>')


def folded_tables(section: Tag) -> list[Tag]:
    """The folded tables with a number, unfolded; each leaves a reference."""
    tables = [table for table in section.select(".nummereret[id]") if table.find("details", recursive=False)]
    for table in tables:
        number = table.select_one(".caption-number").get_text(strip=True)
        caption = table.select_one(".caption-text")
        title = " ".join("".join(caption.find_all(string=True, recursive=False)).split())
        table.replace_with(reference(number, table["id"], f" {title}"))
        table.details.summary.decompose()
        table.details.unwrap()
    return tables


def folded_solutions(section: Tag) -> list[Tag]:
    """The hints and solutions below the section's headings, and the code in them; each heading leaves a reference."""
    solutions = []
    for part in [part for part in section.select("section[id]") if part.find("details", recursive=False)]:
        solution = element(f'<section id="svar-{part["id"]}"><h3>{heading(part).text}</h3></section>')
        part.select_one("details").insert_before(reference("Vink og løsning", solution["id"]))
        for fold in part.select("details"):
            words = fold.summary.extract().get_text(strip=True)
            if "hide" not in fold["class"]:
                solution.append(element(f"<h4>{words}</h4>"))
            solution.append(fold.extract())
            fold.unwrap()
        solutions.append(solution)
    return solutions


def reference(words: str, target: str, more: str = "") -> Tag:
    """What stands in the place of what has been moved to an appendix."""
    return element(f'<p class="henvisning"><a href="#{target}">{words}</a>{more}, side {page_number(target)}</p>')


def heading(section: Tag, depth: int = 1) -> Heading:
    """The section's heading, and those of the sections in it, as deep as told."""
    text = " ".join(section.find(["h1", "h2", "h3"]).decode_contents().split())
    below = section.find_all("section", recursive=False) if depth > 1 else []
    return Heading(section["id"], Markup(text), tuple(heading(part, depth - 1) for part in below))


def chapter(section: Tag) -> Chapter:
    """The section as a chapter, with its sections where they have numbers; its foot says what the answers are."""
    depth = 2 if section.select_one("h1 > .section-number") else 1
    feet = (text for kind, text in FEET.items() if section.select_one(f".maerke.{kind}, .banner.{kind}"))
    return Chapter(heading(section, depth), next(feet, ""), Markup(section))


def appendix(name: str, title: str, folded: Iterable[tuple[Tag, list[Tag]]]) -> list[Tag]:
    """What was folded as a chapter of its own, under the headings of the chapters it comes from."""
    groups = "".join(f'<section id="{name}-{section["id"]}"><h2>{heading(section).text}</h2>'
                     f'{"".join(map(str, parts))}</section>' for section, parts in folded if parts)
    return [element(f'<section id="{name}"><h1>{title}</h1>{groups}</section>')] if groups else []


def parts(found: Mapping[str, Tag], toc: Mapping[str, Any]) -> dict[str, list[Tag]]:
    """The pages by the captions of the parts that the contents put them in."""
    divided = {"": [found[toc["root"]]]}
    for part in toc.get("parts") or [{"chapters": toc.get("chapters", [])}]:
        divided.setdefault(part.get("caption", ""), []).extend(found[name] for name in files_named(part))
    return divided


def unlink(chapters: list[Tag]) -> None:
    """Leave the words, and no link, of what leads to a part that is not on paper."""
    there = {tag["id"] for chapter in chapters for tag in [chapter, *chapter.find_all(id=True)]}
    for link in [link for chapter in chapters for link in chapter.select('a[href^="#"]')]:
        if link["href"][1:] not in there:
            link.unwrap()


def page(book: Path, edition: str, stage: Path) -> str:
    """The finished edition in that folder as one page of HTML, to be printed. stage: what it was rendered from."""
    config, toc = (yaml.safe_load((stage / name).read_text("utf-8")) for name in ("_config.yml", "_toc.yml"))
    found = sections(book, toc)
    divided = parts(found, toc)
    front = divided[""][0]
    banner = front.select_one(".banner")
    front.h1.string = "Overblik"
    folded = [(part, *for_paper(part)) for part in found.values()]
    divided["Bilag"] = [*divided.get("Bilag", []),
                        *appendix("tabelbilag", "Tabeller", [(part, tables) for part, tables, _ in folded]),
                        *appendix("loesninger", "Løsninger", [(part, solutions) for part, _, solutions in folded])]
    unlink(list(chain.from_iterable(divided.values())))
    return TEMPLATES.get_template("bog.html").render(
        policy=Markup(policy.SITE), title=config["title"], author=config.get("author"),
        about=Markup(config["html"].get("extra_footer", "")),
        edition=edition, version=__version__, banner=Markup(banner.extract() if banner else ""),
        fonts=Path(matplotlib.get_data_path(), "fonts", "ttf").as_uri(),
        sheets=[sheet.as_uri() for sheet in sheets(book)],
        parts={caption: [chapter(part) for part in chapters] for caption, chapters in divided.items() if chapters},
    )


def sheets(book: Path) -> list[Path]:
    """The style sheets of the finished pages, and what only paper has."""
    links = BeautifulSoup((book / "index.html").read_text("utf-8"), "html.parser").select("link[rel=stylesheet]")
    return [*(book / urlsplit(link["href"]).path for link in links), PRINT / "bog.css"]


def css(text: str) -> Markup:
    """The text as a string of CSS."""
    return Markup(json.dumps(text, ensure_ascii=False).replace("<", r"\3c "))


TEMPLATES = Environment(loader=FileSystemLoader(PRINT), autoescape=True, undefined=StrictUndefined,
                        trim_blocks=True, lstrip_blocks=True)
TEMPLATES.filters["css"] = css
