"""The kernels that chapters run in: this Python, and none of the user's own settings."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager

from civsam.files import project

PLACE = ".kerne"  # in the project's work folder: what IPython and Jupyter look into in place of the user's folders
# Settings of tools that a user may have of her own, by how they begin; those of where Python finds packages are kept,
# for the kernel is to find the same as this process.
SETTINGS = ("IPYTHON", "JUPYTER", "JPY_", "MATPLOTLIBRC", "MPLBACKEND", "PYTHON", "LANG", "LC_", "TZ")
KEPT = {"PYTHONPATH", "PYTHONHOME", "PYTHONUSERBASE", "PYTHONNOUSERSITE", "PYTHONDONTWRITEBYTECODE",
        "PYTHONPYCACHEPREFIX"}


def clean_environment() -> dict[str, str]:
    """The environment variables of a process whose output is to be the same whoever starts it."""
    own, here = project.work / PLACE, os.environ
    own.mkdir(parents=True, exist_ok=True)  # else IPython tells of it
    return {name: value for name, value in here.items() if name in KEPT or not name.startswith(SETTINGS)} | {
        "IPYTHONDIR": str(own / "ipython"), "JUPYTER_CONFIG_DIR": str(own / "jupyter"),
        "JUPYTER_DATA_DIR": str(own / "data"), "MATPLOTLIBRC": str(Path(mpl.get_data_path(), "matplotlibrc")),
        "PYTHONHASHSEED": "0", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TZ": "UTC",
    }


class OwnSpecs(KernelSpecManager):
    """Knows one kernel: the Python that runs this, whatever kernels of that name the user has installed."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """The specification, the same for every name."""
        command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        return KernelSpec(argv=command, display_name="Python 3", language="python")


class OwnKernel(AsyncKernelManager):
    """Starts a kernel of `OwnSpecs` in a `clean_environment`."""

    def _kernel_spec_manager_default(self) -> KernelSpecManager:
        return OwnSpecs()

    async def start_kernel(self, **options: Any) -> None:
        """Start it; options as for Jupyter's own."""
        await super().start_kernel(**options | {"env": clean_environment()})
