"""Helper library of the compendium on Danish municipalities' collaboration with civil society.

Its names are all that chapters, lessons and notebooks of one's own take from it: `from civsam import estimate, show`.
Each has in its `__all__` what may be called; the book has a page of them all, with an example of each.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

__version__ = "0.4.0"


def lazily(package: str, places: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """A package's `__getattr__` and `__dir__` (PEP 562): names that are fetched when they are first asked for.

    So commands start fast, and nothing is imported that a project has not got. places: names to "module" or
    "module:part".
    """
    def fetch(name: str) -> Any:
        if name not in places:
            raise AttributeError(f"module '{package}' has no attribute '{name}'")
        module, _, part = places[name].partition(":")
        found = import_module(module)
        return getattr(found, part) if part else found

    return fetch, lambda: list(places)


_FACE = {
    "open_edition": "civsam.edition:open_edition",
    "Survey": "civsam.survey.survey:Survey",
    "estimate": "civsam.inference.estimate",
    "compare": "civsam.inference.compare",
    "model": "civsam.inference.model",
    "weighting": "civsam.inference.weighting",
    "nonresponse": "civsam.inference.nonresponse",
    "show": "civsam.pages.show",
    "study": "civsam.study",
    "book": "civsam.book",
    "opgave": "civsam.teaching.opgave",
    "laboratory": "civsam.laboratory",
}
__all__ = list(_FACE)
__getattr__, __dir__ = lazily(__name__, _FACE)
