"""Files of statistics programs (SPSS, Stata) and Parquet: typed values, with labels where there are any."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow

from civsam.intake.table import KINDS, Table, as_text, from_columns, reading


def read(path: Path, kind: str, data: bytes) -> Table:
    """SPSS or Stata. Values marked as missing by the user are kept, so that 'ved ikke' is not lost."""
    import pyreadstat

    with reading(path, kind):
        if data.startswith(b"<stata_dta>") and not data.rstrip().endswith(b"</stata_dta>"):
            raise ValueError("truncated")
        read = pyreadstat.read_sav if kind == "sav" else pyreadstat.read_dta
        frame, meta = read(str(path), user_missing=True)
        labels = meta.variable_value_labels
        columns = [_texts(frame.iloc[:, place], labels.get(name, {})) for place, name in enumerate(frame.columns)]
    used = [name for name in frame.columns if name in labels]
    notes = [f"Format: {KINDS[kind]}. Værdietiketter er brugt i: {', '.join(used) or 'ingen kolonner'}."]
    return from_columns(list(frame.columns), columns, notes)


def parquet(path: Path, data: bytes) -> Table:
    """The table of a Parquet file."""
    from pyarrow import parquet, types

    with reading(path, "parquet"):
        table = parquet.read_table(pyarrow.BufferReader(data))
        columns = []
        for column in table.columns:
            nested = types.is_nested(column.type)
            values = pd.Series([as_text(v) for v in column.to_pylist()]) if nested else column.to_pandas()
            columns.append(_texts(values, {}))
    return from_columns(list(table.column_names), columns, [f"Format: {KINDS['parquet']}."])


def _texts(values: pd.Series, labels: Mapping[Any, str]) -> pd.api.extensions.ExtensionArray:
    """The values as text, with labels where there are any; missing is "". Shape as given."""
    codes, found = pd.factorize(values)
    texts = np.array([*(as_text(labels.get(value, value)) for value in found), ""], dtype=object)
    return pd.array(texts[codes], dtype="str")  # code -1, missing, takes the last
