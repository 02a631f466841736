"""The chapters of a finished edition as Word files, by pandoc, which this machine must have.

They are made of the pages as they are, marks and hidden numbers included, so that nothing is in them that is not on a
page. What only a screen can use is left out, as on paper; folded figures and tables are unfolded where they stand.
Captions, notes and the like have styles of their own, which one may change in Word for all at once.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import unquote, urlsplit
from zipfile import ZipFile

import yaml
from bs4 import BeautifulSoup, Tag

from civsam.book import onepage
from civsam.book.build import Places, locked
from civsam.book.execute import ChapterError
from civsam.files import UserError, read_text, write_if_changed
from civsam.pages import downloads

FOLDER = "word"  # of the edition, where the files lie
LONGEST = 120  # seconds that one chapter may take
STYLES = {"figcaption": "Image Caption", ".legend, .note, .kilde, .usikkerhed": "Note", ".banner": "Banner",
          ".spoergsmaal, .citat": "Spørgsmål", ".fund": "Fund"}
MARK = "Mærke"  # the style of a mark
LONG_AGO = {"SOURCE_DATE_EPOCH": "315532800"}  # what pandoc writes as the time: 1980, as early as such files can tell
WIDEST, POINT = 16.0, 2.54 / 72  # centimetres: as wide as the text, and a typographic point
A4 = (b'<w:sectPr><w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1417" w:right="1417" w:bottom="1417" w:left="1417" '
      b'w:header="708" w:footer="708" w:gutter="0"/></w:sectPr>')


def pandoc() -> str:
    """The path of pandoc. Raises UserError where there is none."""
    found = shutil.which(os.environ.get("PANDOC", "pandoc"))
    if found is None:
        raise UserError("der er ingen pandoc at lave Word-filer med. Installér det, for eksempel med apt install "
                        "pandoc, eller skriv dets sti i miljøvariablen PANDOC. Bogen på skærmen er urørt.")
    return found


def prepared(section: Tag, folder: Path) -> str:
    """A page's section as HTML for pandoc; pictures are put in the folder. The section is changed."""
    for table in section.select(".nummereret > details"):
        table.summary.decompose()
        table.unwrap()
    _, solutions = onepage.for_paper(section)
    for pointing in section.select(".henvisning"):
        pointing.decompose()
    for part in solutions:
        section.append(part)
    onepage.unlink([section])
    for found in section.select("figure > .fund"):  # before the picture that it tells of
        found.parent.insert(0, found.extract())
    for line in section.select("td > small"):
        line.insert_before(_new("br"))
    for place, image in enumerate(section.select("img")):
        _picture(image, folder / f"{place}.png")
    for mark in section.select(".maerke"):
        mark.string = f"[{mark.get_text(strip=True)}]"
        mark["custom-style"] = MARK
        mark.insert_before(" ")
    for selector, style in STYLES.items():
        for part in section.select(selector):
            part.wrap(_new("div", {"custom-style": style}))
    for part in section.select("figure, figcaption, picture"):
        part.name = "div"  # else pandoc takes the caption for the picture's alternative text
    return str(section)


def _picture(image: Tag, target: Path) -> None:
    """Draw a picture of the edition anew for paper; leave the words of one that lies elsewhere, or is no drawing."""
    source = Path(unquote(urlsplit(image["src"]).path))
    if not image["src"].startswith("file:") or source.suffix != ".svg":
        image.replace_with(image.get("alt", ""))
        return
    svg = read_text(source)
    target.write_bytes(downloads.png(svg))
    wide = float(re.search(r'viewBox="0 0 ([\d.]+)', svg)[1]) * POINT
    image.attrs = {"src": str(target), "alt": image.get("alt", ""), "width": f"{min(wide, WIDEST):.1f}cm"}
    image.wrap(_new("p"))


def _new(name: str, facts: dict[str, str] | None = None) -> Tag:
    return BeautifulSoup("", "html.parser").new_tag(name, attrs=facts or {})


def _on_a4(target: Path) -> None:
    """Write pandoc's own reference, of which a file has its styles, with the page that Danish printers have."""
    default = subprocess.run([pandoc(), "--print-default-data-file=reference.docx"], capture_output=True, check=True,
                             env=os.environ | LONG_AGO)
    with ZipFile(BytesIO(default.stdout)) as source, ZipFile(target, "w") as made:
        for part in source.infolist():
            content = source.read(part)
            if part.filename == "word/document.xml":
                content = re.sub(rb"(?s)<w:sectPr\b[^>]*?(/>|>.*?</w:sectPr>)", A4, content)
            made.writestr(part, content)


def converted(html: str, title: str) -> bytes:
    """The HTML below its title as a Word file, the same bytes every time.

    Raises UserError without pandoc, ChapterError if it fails.
    """
    command = [pandoc(), "--from=html", "--to=docx", "--metadata=lang:da", f"--metadata=title:{title}",
               "--shift-heading-level-by=-1"]  # the second level comes first below the title
    with TemporaryDirectory() as folder:
        target, reference = Path(folder, "kapitel.docx"), Path(folder, "reference.docx")
        _on_a4(reference)
        try:
            done = subprocess.run([*command, f"--reference-doc={reference}", f"--output={target}"],
                                  input=html.encode(), capture_output=True, timeout=LONGEST, check=False, cwd=folder,
                                  env=os.environ | LONG_AGO)
        except subprocess.TimeoutExpired:
            raise ChapterError(f"Word-filen »{title}« blev ikke færdig på {LONGEST} sekunder.") from None
        if done.returncode or not target.exists():
            raise ChapterError(f"Word-filen »{title}« kunne ikke laves. Pandoc skrev:\n"
                               f"{done.stderr.decode(errors='replace').strip()[-1000:]}")
        return target.read_bytes()


def _made(places: Places) -> Iterator[tuple[str, bytes]]:
    """Of each page its name and Word file."""
    toc = yaml.safe_load(read_text(places.stage / "_toc.yml"))
    for name, section in onepage.sections(places.book, toc).items():
        title = section.h1.extract().get_text()
        with TemporaryDirectory() as folder:
            yield name, converted(prepared(section, Path(folder)), " ".join(title.split()))


def write(places: Places) -> Path:
    """Make a Word file of each page of the finished edition, in its folder, with a link on the page.

    Raises UserError and ChapterError; pages and files that were there then stay.
    """
    pandoc()
    print("Word-filerne laves", flush=True)
    folder = places.book / FOLDER
    with locked(places):
        files = dict(_made(places))
        for name, made in files.items():
            write_if_changed(folder / f"{name.replace('/', '-')}.docx", made)
            page = places.book / f"{name}.html"
            write_if_changed(page, linked(read_text(page), name).encode())
    return folder


def linked(html: str, name: str) -> str:
    """The page with a link to its Word file at the end of its text."""
    address = f'{"../" * name.count("/")}{FOLDER}/{name.replace("/", "-")}.docx'
    link = f'<p class="til-word d-print-none"><a href="{address}" download>Hent siden som Word-fil</a></p>'
    return html if 'class="til-word' in html else html.replace("</article>", f"{link}</article>", 1)
