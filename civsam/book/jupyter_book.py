"""Jupyter Book's own command, without what it imports and nobody here asks for."""

import sys

from civsam.book.environment import UNUSED


def main() -> None:
    """Do what the arguments of the process say."""
    sys.modules[UNUSED] = None  # type: ignore[assignment]
    from jupyter_book.cli.main import main as command

    command()
