"""The environment of the processes that make a book: none of the user's own settings."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

from civsam.files import project

PLACE = ".kerne"  # in the project's work folder: what IPython and Jupyter look into in place of the user's folders
# Settings of tools that a user may have of her own, by how they begin; those of where Python finds packages are kept,
# for the kernel is to find the same as this process.
SETTINGS = ("IPYTHON", "JUPYTER", "JPY_", "MATPLOTLIBRC", "MPLBACKEND", "PYTHON", "LANG", "LC_", "TZ")
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
UNUSED = "rfc3987_syntax"  # jsonschema imports it where it is found: 1.4 s for a grammar that nobody here asks for
KEPT = {"PYTHONPATH", "PYTHONHOME", "PYTHONUSERBASE", "PYTHONNOUSERSITE", "PYTHONDONTWRITEBYTECODE",
        "PYTHONPYCACHEPREFIX"}


def clean_environment() -> dict[str, str]:
    """The environment variables of a process whose output is to be the same whoever starts it."""
    own, here = project.work / PLACE, os.environ
    own.mkdir(parents=True, exist_ok=True)  # else IPython tells of it
    matplotlib = Path(find_spec("matplotlib").origin).parent  # type: ignore[union-attr, arg-type]
    return {name: value for name, value in here.items() if name in KEPT or not name.startswith(SETTINGS)} | {
        "IPYTHONDIR": str(own / "ipython"), "JUPYTER_CONFIG_DIR": str(own / "jupyter"),
        "JUPYTER_DATA_DIR": str(own / "data"), "MATPLOTLIBRC": str(matplotlib / "mpl-data" / "matplotlibrc"),
        "JE_ARROW_MALLOC_CONF": "background_thread:false",  # a process with one thread can be forked
        "PYTHONHASHSEED": "0", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TZ": "UTC",
    }
