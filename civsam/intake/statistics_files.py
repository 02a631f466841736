"""Files of SPSS, Stata and SAS (transport), and Parquet: typed values, with labels where there are any."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow

from civsam.files import UserError, shown, visible
from civsam.instrument.questionnaire import DONT_KNOW
from civsam.instrument.words import plain
from civsam.intake.faults import amount
from civsam.intake.table import KINDS, Table, as_text, from_columns, reading

NATIVE = ("sav", "dta", "xpt")  # kinds that `native` reads
UNCOUNTED = ("Filen siger ikke selv, hvor mange rækker den har, og særlige manglende værdier (.A til .Z) er læst som "
             "ikke besvaret. Kontrollér, at alle {} er der.")
SECONDS, MEMORY = 60, 2 * 2**30  # of processor time and bytes for the native reader, besides what a large file takes


def read(path: Path, kind: str, data: bytes, dont_know: str) -> Table:
    """SPSS or Stata. Values that the file declares missing are blank, and told; but 'ved ikke' stays an answer.

    dont_know: the words of it, by which it is known. Raises UserError, also for what makes the native reader die.
    """
    found = content(path, kind, data)
    header, unsure, gone = found["names"], (plain(dont_know), DONT_KNOW), []
    columns, labelled = [], {}
    for place, (name, (values, codes)) in enumerate(zip(header, found["columns"], strict=True)):
        labels = {value: label for value, label in found["labels"].get(name, ())}
        texts = [as_text(labels.get(value, value)) for value in values]
        for at, value in enumerate(values):
            if declared(value, found["missing"].get(name, ())) and plain(texts[at]) not in unsure:
                words = f" »{visible(texts[at])}«" if value in labels else ""
                sign = "." if kind == "dta" and isinstance(value, str) else ""  # Stata's .a is read as a
                times = amount(codes.count(at), "gang", "gange")
                gone.append(f"{name} {sign}{visible(as_text(value))}{words} ({times})")
                texts[at] = ""
        labelled[place] = frozenset(text for text, value in zip(texts, values, strict=True) if value in labels and text)
        columns.append(pd.array(np.array([*texts, ""], dtype=object)[codes], dtype="str"))  # -1 takes the last
    used = [name for name in header if name in found["labels"]]
    notes = [f"Format: {KINDS[kind]}. Værdietiketter er brugt i: {', '.join(used) or 'ingen kolonner'}."]
    notes += [UNCOUNTED.format(amount(len(columns[0]), "række", "rækker"))] if kind == "xpt" and columns else []
    if gone:
        notes.append(f"Værdier, som filen selv angiver som manglende, er læst som ikke besvaret: {', '.join(gone)}.")
    titles = [found["wordings"].get(name) or "" for name in header]
    return replace(from_columns(header, columns, notes), labelled=labelled, titles=titles)


def content(path: Path, kind: str, data: bytes) -> dict[str, Any]:
    """All that `native` tells of an SPSS or Stata file. Raises UserError, also for what makes the native reader die."""
    with reading(path, kind):
        if data.startswith(b"<stata_dta>") and not data.rstrip().endswith(b"</stata_dta>"):
            raise ValueError("truncated")
        return _apart(path, kind, len(data))


def _apart(path: Path, kind: str, size: int) -> dict[str, Any]:
    """What `native` reads, in a process of its own. Raises ValueError for whatever ends it before it is done."""
    script = Path(__file__).with_name("native.py")
    seconds, memory = SECONDS + size // 2**20, MEMORY + 100 * size
    try:  # -P: what lies beside the script is no library
        done = subprocess.run([sys.executable, "-P", str(script), kind, str(path), str(seconds), str(memory)],
                              capture_output=True, timeout=2 * seconds, check=True)
    except subprocess.TimeoutExpired:
        raise UserError(f"{shown(path)}: filen var ikke læst efter {2 * seconds} sekunder. Den er beskadiget eller for "
                        "stor. Gem den som CSV UTF-8 eller .parquet.") from None
    except subprocess.CalledProcessError as fault:
        raise ValueError(f"the reader ended with {fault.returncode}") from None
    return json.loads(done.stdout)


def declared(value: Any, ranges: Iterable[tuple[Any, Any]]) -> bool:
    """Whether a value lies in one of the ranges that a file declares missing; texts may end in spaces."""
    if isinstance(value, str):
        return any(isinstance(low, str) and low.rstrip() <= value.rstrip() <= high.rstrip() for low, high in ranges)
    return any(not isinstance(low, str) and low <= value <= high for low, high in ranges)


def parquet(path: Path, data: bytes) -> Table:
    """The table of a Parquet file."""
    from pyarrow import parquet, types

    with reading(path, "parquet"):
        table = parquet.read_table(pyarrow.BufferReader(data))
        columns = []
        for column in table.columns:
            nested = types.is_nested(column.type)
            values = pd.Series([as_text(v) for v in column.to_pylist()]) if nested else column.to_pandas()
            columns.append(_texts(values))
    return from_columns(list(table.column_names), columns, [f"Format: {KINDS['parquet']}."])


def _texts(values: pd.Series) -> pd.api.extensions.ExtensionArray:
    """The values as text; missing is "". Shape as given."""
    codes, found = pd.factorize(values)
    texts = np.array([*map(as_text, found), ""], dtype=object)
    return pd.array(texts[codes], dtype="str")  # code -1, missing, takes the last
