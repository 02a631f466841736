"""What a cell shows, and how it is known again: what was made by civsam says so in its own metadata."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

KEY = "civsam"  # under which an output, in the metadata of its form, says what it is
FORMS = ("text/html", "image/svg+xml")


def is_ours(data: Mapping[str, Any], metadata: Mapping[str, Any]) -> bool:
    """Whether an output was made here, and holds nothing beside what was made: data and metadata of a mime bundle."""
    form = next((name for name in FORMS if isinstance(metadata.get(name), Mapping) and KEY in metadata[name]), None)
    return form is not None and set(data) <= {form, "text/plain"}


@dataclass(frozen=True)
class Output:
    """What a cell shows: HTML for pages, text for terminals. `facts` make the book give it a number, and files."""

    html: str
    text: str
    facts: dict[str, Any] = field(default_factory=dict)

    def __html__(self) -> str:
        """The HTML, for templates of pages."""
        return self.html

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, str], dict[str, Any]]:
        """Data and metadata for Jupyter (IPython's display protocol)."""
        return {"text/html": self.html, "text/plain": self.text}, {"text/html": {KEY: self.facts}}
