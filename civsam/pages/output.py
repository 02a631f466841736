"""What a cell shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Output:
    """What a cell shows: HTML for pages, text for terminals. `facts` make the book give it a number."""

    html: str
    text: str
    facts: dict[str, str] = field(default_factory=dict)

    def __html__(self) -> str:
        """The HTML, for templates of pages."""
        return self.html

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, str], dict[str, Any]]:
        """Data and metadata for Jupyter (IPython's display protocol)."""
        metadata = {"text/html": {"civsam": self.facts}} if self.facts else {}
        return {"text/html": self.html, "text/plain": self.text}, metadata
