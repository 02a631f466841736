"""Published editions: each version in a folder of its own that stays as it is, the newest at the top as well."""

from __future__ import annotations

import filecmp
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from html import escape
from pathlib import Path

from babel.dates import format_date
from packaging.version import InvalidVersion, Version

from civsam.files import UserError, read_json, read_yaml, shown, without_halves, write_if_changed, write_json
from civsam.pages import imprint
from civsam.pages.bibliography import COMPENDIUM

LIST, PAGE = "versioner.json", "versioner.html"
BEGUN = "begyndt"  # in the list: the version that is being put at the top, so that who is stopped can go on
PLACE = re.compile(r'(?s)(<ul id="udgivne-versioner">).*?(</ul>)')

Release = dict[str, str]  # version; dato (ISO, or empty); titel of an edition of collected answers


def parsed(version: str) -> Version:
    """The version, to be compared. Raises UserError for one that is not a version."""
    try:
        return Version(version)
    except InvalidVersion:
        raise UserError(f"versionen '{version}' er ikke et versionsnummer. Skriv tal med punktum, som 1.2.0.") from None


def current(citation: Path, version: str | None) -> Release:
    """The version that is to be published, with its date: as given, else as CITATION.cff has it. Raises UserError."""
    if version is None and not citation.exists():
        raise UserError(f"{shown(citation)} findes ikke, så versionen skal skrives med --version.")
    told = read_yaml(citation) if citation.exists() else {}
    own = str(told.get("version"))
    parsed(version or own)
    return {"version": version or own, "dato": str(told.get("date-released", "")) if version in (None, own) else ""}


def own_release(site: Path, version: str | None) -> Release:
    """The version of a built book of collected answers, as it says itself. version: as typed. Raises UserError."""
    citation = site / COMPENDIUM
    if not citation.exists():
        raise UserError(f"{shown(site)}: bogen siger ikke, hvem der udgiver den. Udfyld {imprint.FILE}, og byg den "
                        "igen.")
    told = read_yaml(citation)
    if version not in (None, told["version"]):
        raise UserError(f"bogen er bygget som version {told['version']}, ikke {version}. Ret version i "
                        f"{imprint.FILE}, og byg den igen.")
    return {"version": told["version"], "dato": "", "titel": told["title"]}


def releases(folder: Path) -> list[Release]:
    """The versions in the folder, the newest first; those whose folder has been taken away are left out."""
    known = [one for one in read_json(folder / LIST).get("versioner", []) if (folder / one["version"]).is_dir()]
    return sorted(known, key=lambda one: parsed(one["version"]), reverse=True)


def files(top: Path) -> dict[str, Path]:
    """The files below the folder, by their path in it."""
    return {path.relative_to(top).as_posix(): path for path in sorted(top.rglob("*")) if path.is_file()}


def same(one: Path, other: Path) -> bool:
    """Whether two books are the same, but for the page that lists the versions."""
    a, b = files(one), files(other)
    return a.keys() == b.keys() and all(filecmp.cmp(a[name], b[name], shallow=False) for name in a if name != PAGE)


def publish(site: Path, folder: Path, release: Release, *, again: bool = False) -> bool:
    """Copy the book to the folder as that version, and as the newest unless a newer one is there; True if it is.

    All is copied before anything that is there is changed; what is then left is to rename. Who is stopped in the midst
    of that can say the same once more. again: replace the version if it is there with another content. Other versions
    are never changed, nor any file that was not published from here. Raises UserError before anything is written.
    """
    before, version = releases(folder), release["version"]
    check(site, folder, release, before, again)
    for written in (LIST, PAGE):
        without_halves(folder / written)
    last = at_the_top(folder, before)
    newest = not before or parsed(version) >= parsed(before[0]["version"])
    after = sorted([*(one for one in before if one["version"] != version), release],
                   key=lambda one: parsed(one["version"]), reverse=True)
    put_version(site, folder / version, after)
    if newest:
        with beside(site, folder / "nyeste", after, "") as made:
            write_json(folder / LIST, {BEGUN: version, "versioner": before})
            put_newest(made, folder, last)
    fill_page(folder / PAGE, after, "")
    write_json(folder / LIST, {"nyeste": after[0]["version"], "versioner": after})
    return newest


def check(site: Path, folder: Path, release: Release, before: list[Release], again: bool) -> None:
    """Raise UserError where the book is not there, or publishing it would destroy something."""
    version = release["version"]
    if not (site / "index.html").exists():
        raise UserError(f"{shown(site)}: udgaven er ikke bygget. Byg den først med: civsam book")
    if folder.is_relative_to(site) or site.is_relative_to(folder):
        raise UserError(f"{shown(folder)}: bogen kan ikke udgives dér, hvor den bygges. Vælg en anden mappe.")
    if (folder / version).exists() and not again and not same(site, folder / version):
        raise UserError(f"{shown(folder / version)}: version {version} er udgivet med et andet indhold. Giv bogen et "
                        "nyt versionsnummer, eller skriv --again for at erstatte den.")
    if before and parsed(version) < parsed(before[0]["version"]):
        return
    own = at_the_top(folder, before) | ({LIST} if "versioner" in read_json(folder / LIST) else set())
    if foreign := [name for name in [LIST, *files(site)] if (folder / name).exists() and name not in own]:
        raise UserError(f"{shown(folder / foreign[0])}: filen er ikke lagt der af civsam publish og ville blive "
                        "overskrevet. Flyt den, eller vælg en tom mappe.")


def at_the_top(folder: Path, before: list[Release]) -> set[str]:
    """What lies at the top of the folder from here: the files of the newest version, and of one that was begun."""
    begun = read_json(folder / LIST).get(BEGUN)
    those = [*(one["version"] for one in before[:1]), *([begun] if begun else [])]
    return {name for version in those for name in files(folder / version)}


@contextmanager
def beside(site: Path, target: Path, known: list[Release], up: str) -> Iterator[Path]:
    """A copy of the book beside where it is to be, which is gone afterwards. Raises OSError that names a file."""
    new = target.with_name(f".{target.name}.ny")
    shutil.rmtree(new, ignore_errors=True)
    try:
        for name, file in files(site).items():
            (new / name).parent.mkdir(parents=True, exist_ok=True)
            write_copy(file, new / name)
        fill_page(new / PAGE, known, up)
        yield new
    finally:
        shutil.rmtree(new, ignore_errors=True)


def write_copy(file: Path, target: Path) -> None:
    """Copy a file. Raises OSError that names the new one, as that of a full disk does not itself."""
    try:
        shutil.copy2(file, target)
    except OSError as fault:
        fault.filename = shown(target)
        raise


def put_version(site: Path, target: Path, known: list[Release]) -> None:
    """Put the book in its version's folder, whole or not at all."""
    old = target.with_name(f".{target.name}.gammel")
    if old.exists() and not target.exists():  # stopped between the two
        old.rename(target)
    shutil.rmtree(old, ignore_errors=True)
    with beside(site, target, known, "../") as new:
        if target.exists():
            target.rename(old)
        new.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def put_newest(made: Path, folder: Path, last: set[str]) -> None:
    """Move the book to the top of the folder, its pages last, and take away what only the version before had."""
    ready = files(made)
    for name in sorted(ready, key=lambda name: (name.endswith(".html"), name)):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        ready[name].replace(folder / name)
    for name in last - ready.keys():
        (folder / name).unlink(missing_ok=True)


def fill_page(page: Path, known: list[Release], up: str) -> None:
    """Write the list of versions into the page for it, if the book has one. up: the way from the page to the folder."""
    if page.exists():
        entries = [entry(one, up, not up and number == 0) for number, one in enumerate(known)]
        if up:
            entries.append(f'<li><a href="{up}{PAGE}">Alle versioner, også senere</a></li>')
        text = PLACE.sub(lambda found: f"{found[1]}{''.join(entries)}{found[2]}", page.read_text("utf-8"))
        write_if_changed(page, text.encode())


def entry(release: Release, up: str, newest: bool) -> str:
    """A version as a line of the list."""
    version, day = escape(release["version"]), release["dato"]
    when = f", {format_date(date.fromisoformat(day), 'long', 'da_DK')}" if day else ""
    words = f"{escape(release['titel'])}, version {version}" if release.get("titel") else f"Version {version}"
    return f'<li><a href="{up}{version}/index.html">{words}</a>{when}{" (nyeste)" if newest else ""}</li>'
