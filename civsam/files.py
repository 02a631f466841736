"""Where the project's files lie, and how they are read: every fault names file, place and remedy, in Danish."""

from __future__ import annotations

import errno
import io
import json
import os
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import yaml

if TYPE_CHECKING:
    import pandas as pd

PACKAGE = Path(__file__).resolve().parent
HOME = PACKAGE.parent  # the study's own project
T = TypeVar("T")
QUESTIONNAIRE = Path("data", "spoergeskema.yml")


class Project:
    """The project that is worked on, and where its things lie: one for the whole process, decided when it is opened."""

    _root: Path | None = None

    def open(self, folder: Path | None = None) -> None:
        """Take the nearest folder with a questionnaire, from the given one or the current one up, else the study's."""
        here = (folder or Path.cwd()).resolve()
        self._root = next((one for one in (here, *here.parents) if (one / QUESTIONNAIRE).exists()), HOME)

    @property
    def root(self) -> Path:
        """Its folder; if no project was opened, that of the current folder when it is first asked for."""
        if self._root is None:
            self.open()
        assert self._root is not None
        return self._root

    @property
    def data(self) -> Path:
        """All its data."""
        return self.root / "data"

    @property
    def build(self) -> Path:
        """What is made, and can be made again."""
        return self.root / "_build"

    @property
    def work(self) -> Path:
        """What the commands need while they make a book."""
        return self.build / "arbejde"

    @property
    def editions(self) -> Path:
        """The finished books."""
        return self.build / "udgaver"


project = Project()


def per_project(make: Callable[[], T]) -> Callable[[], T]:
    """Remember what a function without arguments made of the project's own files: once for each project.

    A process reads a project's files once. It does not go stale, for no process both changes them and reads them again.
    """
    made: dict[Path, T] = {}

    @wraps(make)
    def remembered() -> T:
        if project.root not in made:
            made[project.root] = make()
        return made[project.root]

    return remembered


LINE = "__linje__"


class UserError(Exception):
    """A fault that the user can mend. The message is Danish and stands alone, without a traceback."""

    def _render_traceback_(self) -> list[str]:
        """Show only the message in a notebook (IPython's protocol for exceptions)."""
        return [f"Fejl: {self}"]


SYSTEM_FAULTS = {
    errno.ENOENT: "den findes ikke",
    errno.EACCES: "der er ikke adgang",
    errno.EPERM: "der er ikke adgang",
    errno.EROFS: "der kan ikke skrives dér",
    errno.ENOSPC: "disken er fuld",
    errno.ENAMETOOLONG: "navnet er for langt",
    errno.EEXIST: "der er allerede en fil af det navn",
    errno.ELOOP: "symbolske links peger på hinanden",
    errno.ENOTDIR: "en del af stien er en fil, ikke en mappe",
}
DEEPEST = 50  # lists and mappings in one another in a YAML file
REPEATED = 100_000  # values that aliases may repeat in one


YAML_FAULTS = {  # what the library says, by how it begins, and what it comes of
    "mapping values are not allowed": "et kolon for meget, eller forkert indrykning. Sæt \"\" om tekst med kolon",
    "found a tab character": "et tabulatortegn. Ryk ind med mellemrum",
    "found unexpected end of stream": "et anførselstegn er ikke lukket",
    "did not find expected ',' or": "en parentes er ikke lukket, eller et komma mangler",
    "did not find expected node content": "en parentes er ikke lukket, eller en værdi mangler",
    "did not find expected key": "forkert indrykning, eller et anførselstegn for meget",
    "did not find expected '-' indicator": "forkert indrykning i en liste, der begynder med bindestreg",
    "could not find expected ':'": "et kolon mangler efter et navn",
    "found undefined alias": "en stjerne først i teksten. Sæt anførselstegn om den",
    "found character that cannot start": "et tabulatortegn, eller et tegn, der ikke må stå først i en tekst",
    "could not determine a constructor": "<< eller et udråbstegn først. Skriv det ud, eller sæt \"\" om teksten",
    "control characters are not allowed": "et usynligt styretegn. Slet det",
}


class _LineLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """SafeLoader that notes each mapping's line and refuses a key given twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        mapping: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, (list, dict)) or key in mapping:
                fault = "et navn kan ikke være en liste" if isinstance(key, (list, dict)) else f"{key!r} står to gange"
                raise yaml.constructor.ConstructorError(None, None, fault, key_node.start_mark)
            mapping[key] = self.construct_object(value_node, deep=True)
        mapping[LINE] = node.start_mark.line + 1
        return mapping


def _timestamp(loader: _LineLoader, node: yaml.ScalarNode) -> Any:
    """A date; what only looks like one is text, which whoever reads it tells of."""
    try:
        return loader.construct_yaml_timestamp(node)
    except ValueError:
        return node.value


_LineLoader.add_constructor("tag:yaml.org,2002:timestamp", _timestamp)


def visible(text: str) -> str:
    """The text with what cannot be seen written out, so that it neither moves, hides nor ends what is shown."""
    return "".join(sign if sign.isprintable() else f"\\u{ord(sign):04x}" for sign in text)


def shown(path: Path) -> str:
    """The path as messages show it: from the project's root where it lies there."""
    return visible(path.relative_to(project.root).as_posix() if path.is_relative_to(project.root) else str(path))


def reason(fault: OSError) -> str:
    """Why the system would not, in Danish."""
    return SYSTEM_FAULTS.get(fault.errno or 0, f"systemfejl {fault.errno}")


def resolved(path: Path) -> Path:
    """The path from the root, without links. Raises UserError for links that lead to one another."""
    try:
        return path.resolve()
    except (RuntimeError, OSError):
        raise UserError(f"{visible(str(path))}: stien fører ingen steder hen, for symbolske links peger på hinanden. "
                        "Angiv selve filen.") from None


def read_bytes(path: Path) -> bytes:
    """The file's content. Raises UserError, also for what is no file, as a pipe, which might never end."""
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            raise UserError(f"{shown(path)}: er ikke en almindelig fil. Gem indholdet i en fil, og angiv den.")
        return path.read_bytes()
    except FileNotFoundError:
        raise UserError(f"{shown(path)}: filen findes ikke. Kontrollér stien.") from None
    except IsADirectoryError:
        raise UserError(f"{shown(path)}: er en mappe, ikke en fil. Angiv selve filen.") from None
    except OSError as fault:
        raise UserError(f"{shown(path)}: filen kan ikke læses; {reason(fault)}.") from None


def read_text(path: Path) -> str:
    """The file as text (UTF-8, with or without byte order mark). Raises UserError."""
    try:
        return io.TextIOWrapper(io.BytesIO(read_bytes(path)), encoding="utf-8-sig").read()
    except UnicodeDecodeError as fault:
        raise UserError(
            f"{shown(path)}, byte {fault.start + 1}: filen er ikke gemt som UTF-8. Gem den som "
            f"{'CSV ' * (path.suffix.lower() == '.csv')}UTF-8."
        ) from None


def read_yaml(path: Path) -> dict[str, Any]:
    """The YAML file as a dict; every mapping in it has its line number under the key `LINE`. Raises UserError."""
    text = read_text(path)
    try:
        _check_size(path, text)
        content = yaml.load(text, Loader=_LineLoader)
    except yaml.YAMLError as fault:
        raise UserError(f"{shown(path)}{_yaml_fault(fault)}.") from None
    if not isinstance(content, dict):
        raise UserError(f"{shown(path)}: filen er tom eller ikke en YAML-opslagstabel.")
    return content


def _check_size(path: Path, text: str) -> None:
    """Raise UserError for what would never be read to its end; YAMLError as the reader.

    That is lists in lists too deep, and aliases that repeat too much, or what they stand in themselves.
    """
    values, repeated = 0, 0
    begun: list[tuple[str | None, int]] = []  # of each list that is open, its anchor, and how many values came before
    size: dict[str | None, int] = {}  # of what has an anchor, with what it repeats itself
    for event in yaml.parse(text, Loader=_LineLoader):
        why = ""
        if isinstance(event, yaml.CollectionStartEvent):
            begun.append((event.anchor, values + repeated))
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = begun.pop()
            size[anchor] = values + repeated - before
        elif isinstance(event, yaml.AliasEvent):
            if any(event.anchor == anchor for anchor, _ in begun):
                why = f"*{event.anchor} står inde i det, den henviser til. Skriv det ud."
            repeated += size.get(event.anchor, 1)
        values += isinstance(event, yaml.NodeEvent)
        if len(begun) > DEEPEST:
            why = f"lister ligger mere end {DEEPEST} dybt i hinanden. Skriv dem fladere."
        if repeated > REPEATED:
            why = f"*{event.anchor} gentager noget, der gentager andet, mere end {REPEATED} gange i alt. Skriv det ud."
        if why:
            raise UserError(f"{shown(path)}, linje {event.start_mark.line + 1}: {why}")


def _yaml_fault(fault: yaml.YAMLError) -> str:
    """Where a file is no YAML, and why: in Danish where the reason is a usual one."""
    problem = getattr(fault, "problem", None) or getattr(fault, "reason", None) or ""
    mark = getattr(fault, "problem_mark", None)
    place = f", linje {mark.line + 1}, tegn {mark.column + 1}" if mark else ""
    danish = next((words for start, words in YAML_FAULTS.items() if problem.startswith(start)), problem)
    return f"{place}: ikke gyldig YAML: {danish}"


def line_of(path: Path, *keys: Any) -> int:
    """The line in a YAML file of the key, or the place in a list, that these lead to."""
    node, line = yaml.compose(read_text(path), Loader=_LineLoader), 1
    for key in keys:
        if isinstance(node, yaml.SequenceNode):
            mark = node = node.value[key]
        else:
            mark, node = next(pair for pair in node.value if pair[0].value == str(key))
        line = mark.start_mark.line + 1
    return line


def without_lines(content: Any) -> Any:
    """The same content without the line numbers that `read_yaml` notes."""
    if isinstance(content, dict):
        return {key: without_lines(value) for key, value in content.items() if key != LINE}
    return [without_lines(value) for value in content] if isinstance(content, list) else content


def read_table(path: Path, required: Iterable[str]) -> pd.DataFrame:
    """The comma-separated file as text cells (empty string where nothing stands), shape (rows, columns).

    Raises UserError for a file that is missing, empty, ragged, or lacks a required column.
    """
    import pandas as pd  # a command that starts need not wait for it

    text = read_text(path)
    try:
        table = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False, skip_blank_lines=True)
    except pd.errors.EmptyDataError:
        raise UserError(f"{shown(path)}: filen er tom. Første linje skal være kolonnenavne.") from None
    except pd.errors.ParserError as fault:
        raise UserError(f"{shown(path)}: rækkerne har ikke lige mange felter ({fault}).") from None
    missing = [name for name in required if name not in table.columns]
    if missing:
        found = ", ".join(table.columns[:8])
        raise UserError(
            f"{shown(path)}, linje 1: mangler kolonnen {', '.join(missing)}. Fandt: {found}. "
            "Felterne skal være adskilt af komma."
        )
    return table


def write_if_changed(path: Path, content: bytes) -> bool:
    """Write the file unless it holds just that; a reader never sees half a file. True if it was written.

    Raises OSError that names the file, as that of a full disk does not itself.
    """
    if path.exists() and path.read_bytes() == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        half.write_bytes(content)
        half.replace(path)
    except OSError as fault:
        half.unlink(missing_ok=True)
        fault.filename = shown(path)
        raise
    return True


def without_halves(path: Path) -> None:
    """Remove what `write_if_changed` left of a file beside it when it was killed; for whom alone writes that file."""
    for half in path.parent.glob(f".{path.name}.*"):
        half.unlink(missing_ok=True)


def read_json(path: Path) -> dict[str, Any]:
    """The object in the file; empty where there is none, or none that can be read."""
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}


def in_script(content: Any, **how: Any) -> str:
    """JSON to stand in a script, in a page or a file: no text in it can end the element, begin another, or end a line.

    how: as of `json.dumps`.
    """
    text = json.dumps(content, ensure_ascii=False, **how)
    for sign in "<>&\u2028\u2029":  # JSON has them in texts alone; the last two end a line of a script
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write the object, keys sorted."""
    write_if_changed(path, json.dumps(content, indent=1, sort_keys=True).encode())
