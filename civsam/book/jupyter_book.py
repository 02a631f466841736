"""Jupyter Book's own command, with all cores, and without what it imports and nobody here asks for."""

import os
import sys
from functools import partial

from civsam.book.environment import UNUSED


def main() -> None:
    """Do what the arguments of the process say."""
    sys.modules[UNUSED] = None  # type: ignore[assignment]
    from jupyter_book import sphinx
    from jupyter_book.cli.main import main as command

    sphinx.build_sphinx = partial(sphinx.build_sphinx, jobs=os.cpu_count())  # the command has no option for it
    command()
