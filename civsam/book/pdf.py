"""The book as a PDF, typeset by Chromium, which this machine must have.

Chromium cannot write the number of another page, so the book is set again until its references to pages hold.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml
from bs4 import BeautifulSoup
from pypdf import PdfReader, PdfWriter
from pypdf.generic import BooleanObject, DictionaryObject, NameObject, TextStringObject

from civsam import __version__
from civsam.book import onepage
from civsam.book.build import Places, locked
from civsam.book.execute import ChapterError, seconds
from civsam.files import UserError, write_if_changed

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
LONGEST = 300  # seconds that one setting of the book may take, or on a slow machine so many
SLOWER = 60  # times as long as it took to put its page together; usually it takes 3
ATTEMPTS = 5


def browser() -> str:
    """The path of Chromium. Raises UserError where there is none."""
    names = [os.environ["CHROMIUM"]] if "CHROMIUM" in os.environ else BROWSERS
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        raise UserError(f"der er ingen browser at sætte PDF'en med (søgte efter {', '.join(names)}). Installér "
                        "Chromium, for eksempel med apt install chromium, eller skriv dens sti i miljøvariablen "
                        "CHROMIUM. Bogen på skærmen er urørt.")
    return found


def printed(chromium: str, html: str, longest: float = LONGEST) -> bytes:
    """The page as Chromium prints it, with bookmarks and tags. Raises ChapterError where it does not in `longest` s."""
    with TemporaryDirectory() as folder:
        source, target = Path(folder, "bog.html"), Path(folder, "bog.pdf")
        source.write_text(html, "utf-8")
        command = [chromium, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}/profil",
                   "--disable-background-networking", "--disable-component-update", "--disable-sync",
                   "--no-pdf-header-footer", "--generate-pdf-document-outline", f"--print-to-pdf={target}",
                   source.as_uri()]
        try:
            done = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace", timeout=longest,
                                  check=False)
        except subprocess.TimeoutExpired:
            raise ChapterError(f"PDF'en blev ikke færdig på {longest:.0f} sekunder.") from None
        if done.returncode or not target.exists():
            raise ChapterError(f"PDF'en kunne ikke sættes. Browseren skrev:\n{done.stderr.strip()[-1000:]}")
        return target.read_bytes()


def with_numbers(html: str, pdf: PdfReader) -> str:
    """The page with the numbers of pages as they are in the PDF."""
    places = {name.lstrip("/"): place for name, place in pdf.named_destinations.items()}

    def number(match: re.Match[str]) -> str:
        return f"{match[1]}{pdf.get_destination_page_number(places[match[2]]) + 1}<"

    return re.sub(r'(<span class="side" data-til="([^"]+)">)\d+<', number, html)


def finished(pdf: PdfReader, html: str, stage: Path) -> bytes:
    """The PDF with what it is about, and without the time it was made. stage: what the book was rendered from."""
    config, writer = yaml.safe_load((stage / "_config.yml").read_text("utf-8")), PdfWriter(clone_from=pdf)
    author = config.get("author") or config["copyright"].strip("0123456789 ")
    writer.pdf_header = pdf.pdf_header
    writer.metadata = {"/Title": config["title"], "/Author": author, "/Creator": f"civsam {__version__}"}
    writer.root_object.update({
        NameObject("/Lang"): TextStringObject("da"),
        NameObject("/PageMode"): NameObject("/UseOutlines"),
        NameObject("/ViewerPreferences"): DictionaryObject({NameObject("/DisplayDocTitle"): BooleanObject(True)}),
    })
    mend_bookmarks(writer, html)
    target = BytesIO()
    writer.write(target)
    return steady(target.getvalue())


def steady(pdf: bytes) -> bytes:
    """The PDF with the ids of its table cells, which Chromium numbers anew every time, counted from 0."""
    ids = sorted(set(re.findall(rb"\(node\d{8}\)", pdf)))
    counted = {old: b"(node%08d)" % number for number, old in enumerate(ids)}
    return re.sub(rb"\(node\d{8}\)", lambda match: counted[match[0]], pdf)


def mend_bookmarks(writer: PdfWriter, html: str) -> None:
    """Put back the spaces that Chromium drops from a bookmark where its heading breaks into lines."""
    headings = BeautifulSoup(html, "html.parser").find_all(re.compile("^h[1-6]$"))
    whole = {"".join(text.split()): " ".join(text.split()) for text in (found.get_text() for found in headings)}

    for bookmark in bookmarks(writer.get_outline_root()):
        title = "".join(bookmark["/Title"].split())
        bookmark[NameObject("/Title")] = TextStringObject(whole.get(title, bookmark["/Title"]))


def bookmarks(above: DictionaryObject) -> Iterator[DictionaryObject]:
    """All bookmarks below the one given."""
    below = above.get("/First")
    while below is not None:
        bookmark = below.get_object()
        yield bookmark
        yield from bookmarks(bookmark)
        below = bookmark.get("/Next")


def write(places: Places) -> Path:
    """Set the finished edition as a PDF beside it. Raises UserError and ChapterError; the last PDF then stays."""
    chromium, started = browser(), time.perf_counter()
    print("PDF'en sættes", flush=True)
    with locked(places):
        html = onepage.page(places.book, places.name, places.stage)
        longest = max(LONGEST, SLOWER * (time.perf_counter() - started))
        for attempt in range(1, ATTEMPTS + 1):
            pdf = PdfReader(BytesIO(printed(chromium, html, longest)))
            before, html = html, with_numbers(html, pdf)
            print(f"  {f'omgang {attempt}, {len(pdf.pages)} sider':<24} {seconds(time.perf_counter() - started):>8}",
                  flush=True)
            if html == before:
                write_if_changed(places.pdf, finished(pdf, html, places.stage))
                return places.pdf
    raise ChapterError("PDF'ens sidetal blev ved med at flytte sig.")
