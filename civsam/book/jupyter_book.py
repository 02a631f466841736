"""Jupyter Book's own command, with all cores, and without what it imports and nobody here asks for.

To import this module shuts the unused out, so it comes before what would import them.
"""

import os
import sys
from functools import partial
from types import ModuleType

from civsam.book.environment import UNUSED

# MyST-NB takes parts of it by name, for runs that are kept: chapters are run already. With its database, 0.7 s.
CACHE = ("jupyter_cache", "jupyter_cache.base", "jupyter_cache.cache", "jupyter_cache.cache.db",
         "jupyter_cache.executors", "jupyter_cache.executors.utils")


class Empty(ModuleType):
    """A module whose names are there, and are nothing."""

    def __getattr__(self, name: str) -> None:
        """None, for a name that is not Python's own."""
        if name.startswith("__") and name != "__version__":
            raise AttributeError(name)


sys.modules[UNUSED] = None  # type: ignore[assignment]
sys.modules |= {name: Empty(name) for name in CACHE}


def main() -> None:
    """Do what the arguments of the process say."""
    from jupyter_book import sphinx
    from jupyter_book.cli.main import main as command

    sphinx.build_sphinx = partial(sphinx.build_sphinx, jobs=os.cpu_count())  # the command has no option for it
    command()
