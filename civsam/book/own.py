"""A book of answers that somebody has collected: her own title, front page and reference, and only what it is about.

The study's pages about itself are left out: how to run it, its lessons, its changes. What the study found stands on a
page of its own. Cells of the chapters that are about the study alone carry the tag `ikke-egne`, and those that only
such a book has, `kun-egne`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from civsam.book.audience import ALONG
from civsam.book.contents import contents, escaped, files_named
from civsam.files import project
from civsam.pages.imprint import UNNAMED, Imprint, read
from civsam.survey.survey import COLLECTED

GROUPS = dict(zip(ALONG, (  # what such a book leaves out: pages, and all in folders
    ("chapters/koer_igen", "chapters/egne_svar", "chapters/profiler", "chapters/anden_undersoegelse",
                   "chapters/funktioner"),
    ("chapters/undervisning", "chapters/andre_programmer", "chapters/laboratorium", "chapters/klynge",
     "chapters/jupyterlite"),
    ("CHANGELOG", "rettelser", "licens", "chapters/engelsk"),
), strict=True))
CHANGES = "chapters/aendringer"  # only where the edition is held against another
EARLIER = "chapters/baggrund"  # the study itself
NOT_OWN, ONLY_OWN = "ikke-egne", "kun-egne"
CREDIT = ('<p>Lavet med civsam. Metode og forklaringer bygger på <cite>Kommunernes samarbejde med civile aktører: et '
          'forskningskompendium</cite> (bidragyderne til civsam, CC BY 4.0).</p>')

Contents = dict[str, Any]


def imprint_of(about: Mapping[str, Any]) -> Imprint | None:
    """Whose edition it is, where the answers are collected and that is told. about: see `Edition.about`."""
    return read() if about.get("oprindelse") == COLLECTED else None


def is_own(about: Mapping[str, Any]) -> bool:
    """Whether it is a book of the study's project about answers that somebody has collected."""
    return about.get("oprindelse") == COLLECTED and (project.root / f"{EARLIER}.ipynb").exists()


def left_out(wanted: Collection[str], *, held_against: bool) -> set[str]:
    """The pages that such a book does without. wanted: the `GROUPS` to take along; held_against: another edition."""
    gone = [start for name, starts in GROUPS.items() if name not in wanted for start in starts]
    pages = {page for page in files_named(contents())
             if any(page == start or page.startswith(f"{start}/") for start in gone)}
    return pages if held_against else pages | {CHANGES}


def toc(without: Collection[str]) -> Contents:
    """The contents without those pages, and what the study was about after the chapters."""
    kept = dict(contents())
    if "parts" not in kept:
        return kept | {"chapters": [one for one in kept.get("chapters", []) if one.get("file") not in without]}
    parts: list[Contents] = []
    for part in kept["parts"]:
        entries = [one for one in part["chapters"] if one.get("file") not in without]
        own = [one for one in entries if one.get("file") != EARLIER]
        parts += [{**part, "chapters": own}] if own else []
        if own != entries:
            parts.append({"caption": "Undersøgelsen i 2015", "chapters": [{"file": EARLIER}]})
    return kept | {"parts": parts}


def toc_of(about: Mapping[str, Any], along: Collection[str], *, held_against: bool) -> Contents:
    """The contents of an edition; arguments as of `is_own` and `left_out`."""
    if is_own(about):
        return toc(left_out(along, held_against=held_against))
    of_study = (project.root / f"{EARLIER}.ipynb").exists()
    return contents() if of_study or held_against else toc({CHANGES})


def settings(config: Contents, imprint: Imprint | None) -> Contents:
    """The book's settings with her title, publisher and contact in place of the study's."""
    title = imprint.titel if imprint else UNNAMED
    config = config | {"title": title, "author": imprint.udgiver if imprint else ""}
    config["copyright"] = f"{imprint.aar} {imprint.udgiver}" if imprint else ""
    config["html"] = config["html"] | {"extra_footer": CREDIT}
    sphinx = config["sphinx"]["config"] | {"project": title}
    sphinx["html_context"] = {**sphinx.get("html_context", {}), "udgave": imprint.byline if imprint else UNNAMED}
    config["sphinx"] = config["sphinx"] | {"config": sphinx}
    return config


def fitted(chapter: str, made: bytes, *, own: bool, imprint: Imprint | None = None) -> bytes:
    """A chapter's executed notebook as the study's book has it, or as one of collected answers (`own`) has it."""
    if not own and ONLY_OWN.encode() not in made:
        return made
    content = json.loads(made)
    drop = NOT_OWN if own else ONLY_OWN
    kept = [cell for cell in content["cells"] if drop not in cell["metadata"].get("tags", [])]
    front = own and chapter == contents()["root"]
    if len(kept) == len(content["cells"]) and not front:
        return made
    if front:
        lead = f"\n\n{escaped(imprint.manchet)}" if imprint else ""
        kept[0] = kept[0] | {"source": f"# {escaped(imprint.titel if imprint else UNNAMED)}{lead}"}
    return (json.dumps(content | {"cells": kept}, ensure_ascii=False, indent=1) + "\n").encode()
