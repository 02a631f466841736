"""A figure as a picture that stands alone, away from its page: what is seen, what was asked, of whom, and by whom.

The drawing of the page is kept, with its mark over the plot, and words are put over and under it. All text is text,
which can be searched, read aloud and edited, in the font of the drawing, which comes along in it.
"""

from __future__ import annotations

import base64
import re
import xml.etree.ElementTree as ET
from functools import cache
from html import unescape
from itertools import pairwise
from typing import Any

from civsam.files import PACKAGE
from civsam.pages.downloads import FONT
from civsam.pages.figure import INK, QUIET, wrapped

SVG, LINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}href"
FONTS = f"'{FONT}', sans-serif"  # what the drawing was measured with
DRAWN = 100  # the size at which matplotlib draws letters as paths, which it then scales
PLACE = re.compile(r"translate\(([-\d.]+) ([-\d.]+)\)(?: rotate\(([-\d.]+)\))? scale\(([\d.]+) -[\d.]+\)")
SIZES = {"finding": (11.5, 1.3, 11), "words": (8.5, 1.3, 15)}  # points, lines, and characters an inch
MARGIN = 4  # points around the words


def alone(svg: str, facts: dict[str, Any], book: str) -> str:
    """The picture: title, caption and question over the drawing; base, interval and source under it.

    svg: as drawn by `figure.finish`. facts: of a `Figure`. book: its name and version.
    """
    drawing = ET.fromstring(svg, ET.XMLParser(target=ET.TreeBuilder(insert_comments=True)))
    for metadata in drawing.findall(f"{SVG}metadata"):
        drawing.remove(metadata)
    _as_text(drawing)
    width, height = (float(size.removesuffix("pt")) for size in
                     (drawing.get("viewBox") or f"0 0 {drawing.get('width')} {drawing.get('height')}").split()[2:])
    finding = facts.get("finding") or facts["caption"]
    above = [(finding, "finding"), (facts["caption"] if facts.get("finding") else "", "words"),
             (facts.get("question", ""), "words")]
    below = [(facts.get("note", ""), "words"), (f"Kilde: {book}", "words")]
    top, over = _lines(above, MARGIN, width / 72)
    bottom, under = _lines(below, top + height + 2, width / 72)
    drawing.set("y", f"{top:g}")
    for side, size in (("width", width), ("height", height)):
        drawing.set(side, f"{size:g}")
    whole = ET.Element(f"{SVG}svg", {"width": f"{width:g}pt", "height": f"{bottom + MARGIN:g}pt", "lang": "da",
                                     "viewBox": f"0 0 {width:g} {bottom + MARGIN:g}", "role": "img"})
    for tag, words in (("title", finding), ("desc", f"{facts['caption']}. {facts['alt']}")):
        ET.SubElement(whole, f"{SVG}{tag}").text = words
    ET.SubElement(whole, f"{SVG}style").text = _typeface()
    ET.SubElement(whole, f"{SVG}rect", {"width": "100%", "height": "100%", "fill": "white"})
    whole.extend([*over, drawing, *under])
    ET.register_namespace("", SVG[1:-1])
    ET.register_namespace("xlink", "http://www.w3.org/1999/xlink")
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(whole, encoding="unicode")


@cache  # of the package's own files, which do not change
def _typeface() -> str:
    """The typeface of pages, as a style sheet that holds it."""
    folder, faces = PACKAGE / "book" / "static" / "skrift", ""
    for weight, name in ((400, "normal"), (600, "bold")):
        font = base64.b64encode((folder / f"source-sans-3-latin-{weight}-normal.woff2").read_bytes()).decode()
        faces += (f'@font-face {{ font-family: "{FONT}"; font-weight: {name}; '
                  f'src: url("data:font/woff2;base64,{font}"); }}')
    return faces


def _lines(parts: list[tuple[str, str]], top: float, inches: float) -> tuple[float, list[ET.Element]]:
    """Words below one another from the top, on lines so long; where the last line ends, and the elements."""
    made = []
    for words, kind in parts:
        size, spacing, letters = SIZES[kind]
        for line in filter(None, wrapped(words, int(letters * inches)).split("\n")):
            top += size * spacing
            made.append(_text(line, f"translate({MARGIN} {top - size * 0.35:g})", size,
                              INK if kind == "finding" else QUIET, bold=kind == "finding"))
    return top, made


def _text(words: str, transform: str, size: float, colour: str, *, bold: bool) -> ET.Element:
    made = ET.Element(f"{SVG}text", {"transform": transform, "font-family": FONTS, "font-size": f"{size:g}",
                                     "fill": colour} | ({"font-weight": "bold"} if bold else {}))
    made.text = words.replace("\u2011", "-")  # the typeface lacks the hyphen that no line breaks at, and here none does
    return made


def _as_text(drawing: ET.Element) -> None:
    """Put words in place of the paths that matplotlib draws for them: before each line a comment has its words."""
    for group in [*drawing.iter(f"{SVG}g")]:
        for comment, path in pairwise([*group]):
            place = PLACE.match(path.get("transform", "")) if comment.tag is ET.Comment else None
            if place:
                x, y, turned, scale = place.groups()
                colour = re.search(r"fill: (#\w+)", path.get("style", ""))
                bold = any("Bold" in use.get(LINK, "") for use in path.iter(f"{SVG}use"))
                turn = f" rotate({turned})" if turned else ""
                group[[*group].index(path)] = _text(unescape(comment.text).strip(), f"translate({x} {y}){turn}",
                                                    DRAWN * float(scale), colour[1] if colour else "#000000", bold=bold)
                group.remove(comment)
