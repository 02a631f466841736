"""The page of all that notebooks may call: the directive ``funktioner``, made from `civsam.__all__` and docstrings."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx

import civsam

OPEN, CLOSE = '<div class="funktioner" lang="en">', "</div>"  # docstrings are English in a Danish book


class Bare(str):
    """An annotation as it is written in the code."""

    __repr__ = str.__str__


class Functions(Directive):
    """Puts the functions here: a section a name of the face, in it one a function."""

    def run(self) -> list[nodes.Node]:
        """The sections."""
        return [named(name) for name in civsam.__all__]


def named(name: str) -> nodes.section:
    """A name of the face: what it is, and all that may be called of it."""
    thing = getattr(civsam, name)
    inside = thing.__all__ if isinstance(thing, ModuleType) else makers(thing)
    parts = [section(f"{name}.{part}", *called(f"{name}.{part}", getattr(thing, part))) for part in inside]
    own = documented(thing) if isinstance(thing, ModuleType) else called(name, thing)
    return section(name, OPEN, *own, *parts, CLOSE)


def makers(thing: Any) -> list[str]:
    """The other ways to make one of a class: its class methods."""
    found = vars(thing).items() if inspect.isclass(thing) else ()
    return [part for part, made in found if isinstance(made, classmethod)]


def section(name: str, *content: nodes.Node | str) -> nodes.section:
    """A section with a name as its title; texts among its content are HTML."""
    made = [nodes.raw("", one, format="html") if isinstance(one, str) else one for one in content]
    return nodes.section("", nodes.title("", "", nodes.literal("", name)), *made, ids=[nodes.make_id(f"api-{name}")])


def called(name: str, thing: Any) -> Iterator[nodes.Node]:
    """A function or class: its signature, and its docstring with the example."""
    yield nodes.paragraph("", "", nodes.literal("", f"{name}{written(thing)}"), classes=["signatur"])
    yield from documented(thing)


def written(thing: Any) -> str:
    """The signature as it is written in the code."""
    found = inspect.signature(thing)
    parameters = [one.replace(annotation=Bare(one.annotation)) for one in found.parameters.values()]
    back = "" if inspect.isclass(thing) else f" -> {found.return_annotation}"
    return f"{found.replace(parameters=parameters, return_annotation=inspect.Signature.empty)}{back}"


def documented(thing: Any) -> Iterator[nodes.Node]:
    """The paragraphs of a docstring, and its example."""
    for block in re.split(r"\n\s*\n", inspect.getdoc(thing) or ""):
        if block.startswith(">>>"):
            yield nodes.literal_block(block, block, language="none")  # a span a word would make the page heavy
        else:
            pieces = re.split(r"`([^`]+)`", block)
            yield nodes.paragraph("", "", *(nodes.literal("", piece) if place % 2 else nodes.Text(piece)
                                            for place, piece in enumerate(pieces)))


def setup(app: Sphinx) -> None:
    """Register the page."""
    app.add_directive("funktioner", Functions)
