"""Read a file of SPSS, Stata or SAS, as a process of its own: `python native.py sav|dta|xpt FILE SECONDS BYTES`.

The reader is native code, and a damaged file can end its process without a word, or make it ask for all memory. So it
runs here, within limits. What it found is JSON on standard output: names, columns (for each its distinct values, and
the place of each row's value among them, -1 for none), labels and missing (by column: pairs of value and label, and
pairs of lowest and highest value that the file declares missing), and what else the file tells of its columns:
wordings, measures, formats and types by name, the multiple-response sets, and notes. Nothing of civsam is imported:
that would cost a second.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any


def limited(seconds: int, size: int) -> None:
    """Let this process use so much processor time and memory (bytes), and leave no dump; not where that cannot be."""
    try:
        import resource
    except ImportError:  # Windows
        return
    for what, limit in ((resource.RLIMIT_CPU, seconds), (resource.RLIMIT_AS, size), (resource.RLIMIT_CORE, 0)):
        _, hard = resource.getrlimit(what)
        most = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(what, (most, hard))


def read(kind: str, path: str) -> dict[str, Any]:
    """The file's content as described above; every fault of the library is let through."""
    import pyreadstat

    if kind == "xpt":
        columns, meta = pyreadstat.read_xport(path, output_format="dict")
    else:
        reader = pyreadstat.read_sav if kind == "sav" else pyreadstat.read_dta
        columns, meta = reader(path, user_missing=True, output_format="dict")
    ranges: dict[str, list[Any]] = meta.missing_ranges
    missing = {name: [(one["lo"], one["hi"]) for one in those] for name, those in ranges.items()}
    missing |= {name: [(letter, letter) for letter in letters] for name, letters in meta.missing_user_values.items()}
    labels = {name: list(known.items()) for name, known in meta.variable_value_labels.items()}
    told = {"title": meta.file_label, "wordings": meta.column_names_to_labels, "measures": meta.variable_measure,
            "formats": meta.original_variable_types, "types": meta.readstat_variable_types,
            "sets": getattr(meta, "mr_sets", None) or {}, "notes": list(getattr(meta, "notes", None) or ())}
    return {"names": list(columns), "columns": [_distinct(values) for values in columns.values()],
            "labels": labels, "missing": missing, **told}


def _distinct(values: Sequence[Any]) -> tuple[list[Any], list[int]]:
    """The values that occur, as JSON can hold them, and which of them each row has, -1 for none."""
    places: dict[Any, int] = {}
    codes = [-1 if value is None or value != value else places.setdefault(value, len(places)) for value in values]
    return [_plain(value) for value in places], codes


def _plain(value: Any) -> Any:
    """A number or text; of a date the text."""
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if isinstance(value, date | time):
        return value.isoformat()
    return value if isinstance(value, int | float | str) else str(value)


def main() -> None:
    """As a command."""
    kind, path, seconds, size = sys.argv[1:]
    limited(int(seconds), int(size))
    sys.stdout.write(json.dumps(read(kind, path)))


if __name__ == "__main__":
    main()
