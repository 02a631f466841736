"""What a class has handed in: the files of a folder or a zip, each with the student whose it is.

Moodle and Canvas write the student's name into the names of folders and files; elsewhere a file, or a folder of files,
is named after the student. A file that cannot be read is a file with a reason, so that one never stops the others.
"""

from __future__ import annotations

import io
import re
import stat
import zipfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

LARGEST = 20_000_000  # bytes of one file
MOST = 2_000  # files of one zip
DEEPEST = 3  # zips in zips: a class's, a student's, and what Windows makes of a folder
MOODLE = re.compile(r"(?P<name>.+?)_(?P<number>\d+)_assignsubmission_[a-z]+(_|$)")
CANVAS = re.compile(r"(?P<name>[^_]+?)(_LATE)?_(?P<number>\d+)_\d+_.+")
ENDING = re.compile(r"(\.ipynb)?(\.(json|txt|zip|pdf|html|py|docx))?$", re.IGNORECASE)
OF_THE_MACHINE = re.compile(r"(^|/)(__MACOSX|\.ipynb_checkpoints|\.git|\._[^/]*|\.DS_Store|Thumbs\.db|desktop\.ini|"
                            r"~\$[^/]*)(/|$)", re.IGNORECASE)


@dataclass(frozen=True)
class HandIn:
    """A file that was handed in. path: from the class's folder. fault: why its content cannot be had, if it cannot."""

    path: str
    content: bytes = b""
    fault: str = ""
    name: str = ""
    number: str = ""

    @property
    def student(self) -> tuple[str, str]:
        """What tells one student from the others: two may have the same name."""
        return self.name, self.number


def found(place: Path, but: Collection[Path] = ()) -> list[HandIn]:
    """All that was handed in, in the order of its names. but: files that are not hand-ins, or folders of such.

    Raises OSError where the folder or the zip itself cannot be read.
    """
    files = _in_folder(place, but) if place.is_dir() else _in_zip(place.read_bytes(), "")
    files = sorted((file for file in files if not OF_THE_MACHINE.search(file.path)), key=lambda file: file.path)
    outer = "" if place.is_dir() else _around_all([file.path for file in files])
    return [_with_student(file, file.path.removeprefix(outer)) for file in files]


def _in_folder(place: Path, but: Collection[Path]) -> Iterator[HandIn]:
    for path in sorted(place.rglob("*")):
        name = path.relative_to(place).as_posix()
        if any(path.is_relative_to(one) for one in but):
            continue
        if path.is_dir() and not path.is_symlink():
            if not any(path.iterdir()):
                yield HandIn(name, fault="mappen er tom")
            continue
        try:
            yield from _opened(name, _content(path))
        except OSError:
            yield HandIn(name, fault="den ikke kan åbnes")


def _content(path: Path) -> bytes:
    """What is in the file, at most one byte more than may be. Raises OSError."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError
    with path.open("rb") as file:
        return file.read(LARGEST + 1)


def _opened(name: str, content: bytes, depth: int = 1) -> Iterator[HandIn]:
    """The file; the files in it, if it is a zip that is not a document of its own kind."""
    if len(content) > LARGEST:
        yield HandIn(name, fault=f"den fylder mere end {LARGEST // 1_000_000} MB")
    elif content.startswith(b"PK") and PurePosixPath(name).suffix.lower() in (".zip", ".ipynb", ""):
        yield from _in_zip(content, f"{name}/", depth)
    else:
        yield HandIn(name, content)


def _in_zip(content: bytes, before: str, depth: int = 1) -> Iterator[HandIn]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            inside = [one for one in packed.infolist() if not one.is_dir()]
            if fault := _too_much(inside, depth):
                yield HandIn(before.rstrip("/"), fault=fault)
                return
            for one in inside:
                yield from _unpacked(packed, one, before, depth)
    except (zipfile.BadZipFile, EOFError, ValueError, OSError, NotImplementedError):
        yield HandIn(before.rstrip("/"), fault="den ikke er en zip-fil, der kan åbnes")


def _too_much(inside: list[zipfile.ZipInfo], depth: int) -> str:
    if not inside:
        return "zip-filen er tom"
    if depth > DEEPEST:
        return "der er zip-filer i zip-filer i mange lag"
    return f"der er mere end {MOST} filer i zip-filen" if len(inside) > MOST else ""


def _unpacked(packed: zipfile.ZipFile, one: zipfile.ZipInfo, before: str, depth: int) -> Iterator[HandIn]:
    name = before + "/".join(part for part in PurePosixPath(_named(one)).parts if part not in ("/", ".."))
    if OF_THE_MACHINE.search(name):
        return
    try:
        with packed.open(one) as file:
            content = file.read(LARGEST + 1)
    except RuntimeError:
        yield HandIn(name, fault="zip-filen er låst med en adgangskode")
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, ValueError):
        yield HandIn(name, fault="den ikke kan pakkes ud af zip-filen")
    except Exception as fault:
        yield HandIn(name, fault=f"den ikke kan pakkes ud af zip-filen ({fault})")
    else:
        yield from _opened(name, content, depth + 1)


def _named(one: zipfile.ZipInfo) -> str:
    """The file's name with its æ, ø and å: Windows writes them as DOS did, others as UTF-8 without saying so."""
    if one.flag_bits & 0x800:
        return one.filename
    try:
        raw = one.filename.encode("cp437")
    except UnicodeEncodeError:
        return one.filename
    try:
        return raw.decode("utf-8").replace("\\", "/")
    except UnicodeDecodeError:
        return raw.decode("cp850").replace("\\", "/")


def _around_all(paths: list[str]) -> str:
    """The folder that a zip of a whole folder begins with: all is in it, in more than one file or folder."""
    first = {path.split("/")[0] for path in paths}
    within = {path.split("/")[1] for path in paths if "/" in path}
    outer = next(iter(first), "")
    single = len(first) == 1 and len(within) > 1 and not outer.lower().endswith(".zip")
    return f"{outer}/" if single and not (MOODLE.match(outer) or CANVAS.fullmatch(outer)) else ""


def _with_student(file: HandIn, path: str) -> HandIn:
    """The file with the name that a learning platform wrote, or else that of the outermost folder or file."""
    parts = path.split("/")
    known = next((match for part in parts for match in (MOODLE.match(part), CANVAS.fullmatch(part)) if match), None)
    if known:
        return replace(file, name=known["name"].strip(), number=known["number"])
    name = ENDING.sub("", parts[0]).strip()
    return replace(file, name=name or parts[0])
