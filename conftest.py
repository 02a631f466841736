"""nbval also compares what a figure, a table or a sentence says of itself: numbers, n, alternative text, reading note.

Outputs carry it in their metadata, which nbval leaves out. Nothing else in this project's outputs has metadata.
"""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest


def in_lines(sanitize: Callable[[Any], Any], value: Any) -> Any:
    """Metadata as text, a fact a line, so that a difference is told by its line; other values as nbval has them."""
    if isinstance(value, dict):
        value = json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True)
    return sanitize(value)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Take metadata off the list of what is not compared in the cell's notebook."""
    if hasattr(item.parent, "skip_compare"):  # a cell: to ask nbval for its class would import it for every test
        item.parent.skip_compare = tuple(key for key in item.parent.skip_compare if key != "metadata")
        item.sanitize = partial(in_lines, item.sanitize)
