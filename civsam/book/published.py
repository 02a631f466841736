"""What has been published of collected answers, so that the next edition tells nothing of the few that came between.

It is kept in the project, and never with what is published: whoever has it can try which answers fit.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from civsam.book import contents, own, versions
from civsam.book.alike import Trace, between
from civsam.files import UserError, project, read_json, shown, without_halves, write_json

FILE = ".udgivet.json"
NOTE = "Hvilke svar de udgivne bøger er lavet af. Læg den aldrig ud. Uden den kan der ikke udgives ved siden af dem."


def known() -> list[dict[str, Any]]:
    """What has been published: folder (`mappe`), `version`, and what it was made of (`spor`)."""
    return read_json(project.root / FILE).get("udgivet", [])


def beside(folder: Path) -> list[dict[str, Any]]:
    """What of it still is, anywhere, or in that folder, which may have been moved.

    Whoever withdraws a version takes its folder away.
    """
    here = [one["version"] for one in versions.releases(folder)]
    return [one for one in known()
            if (project.root / one["mappe"] / one["version"]).is_dir() or one["version"] in here]


def check(folder: Path, made_of: Collection[Trace]) -> None:
    """Raise UserError where an edition of these answers tells too much beside what is published, here or elsewhere."""
    if not all("kolonner" in one for one in made_of):
        raise UserError("udgaven er bygget med en ældre version af civsam, så det ses ikke, hvilke svar den er lavet "
                        "af. Byg den igen.")
    standing = beside(folder)
    if unknown := [version for version in _collected(folder) if version not in [one["version"] for one in standing]]:
        raise UserError(f"{shown(folder)}: det vides ikke, hvilke svar version {unknown[0]} er lavet af, for den står "
                        f"ikke i projektets {FILE}. Læg filen tilbage, eller tag de gamle versioner ned, og slet "
                        "mappen.")
    for one in standing:
        for found in filter(None, (between(mine, theirs) for mine in made_of for theirs in one["spor"])):
            if found.few:
                raise UserError(
                    f"bogen kan ikke udgives ved siden af version {one['version']} i {one['mappe']}, som er lavet af "
                    f"næsten de samme svar: {found.told} Vent på flere svar. Eller tag den gamle version ned, hvis "
                    f"ingen har læst den: slet mappen {one['mappe']}, og udgiv igen.")


def _collected(folder: Path) -> Iterator[str]:
    """The versions in the folder that are of collected answers; the study's own edition of synthetic ones has no title.
    """
    study = own.EARLIER in contents.pages()
    yield from (one["version"] for one in versions.releases(folder) if one.get("titel") or not study)


def note(folder: Path, version: str, made_of: Collection[Trace]) -> None:
    """Remember what is about to be published; what has been withdrawn is forgotten, and nothing else."""
    mine = {"mappe": shown(folder), "version": version, "spor": list(made_of)}
    without_halves(project.root / FILE)
    kept = [one for one in beside(folder) if one != mine]
    write_json(project.root / FILE, {"note": NOTE, "udgivet": [*kept, mine]})
