"""The kernels that chapters run in: this Python, and none of the user's own settings."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from typing import Any
from uuid import uuid4

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import LocalProvisioner

from civsam.book import warm
from civsam.book.environment import clean_environment


class OwnSpecs(KernelSpecManager):
    """Knows one kernel: the Python that runs this, whatever kernels of that name the user has installed."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """The specification, the same for every name."""
        command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        return KernelSpec(argv=command, display_name="Python 3", language="python")


class Provisioner(LocalProvisioner):
    """Forks a kernel from a process that has imported libraries, where there is one: Jupyter's own place for that."""

    async def launch_kernel(self, cmd: list[str], **options: Any) -> dict[str, Any]:
        """Launch it; arguments and result as for Jupyter's own."""
        launcher = find_spec("ipykernel_launcher").origin
        self.process = warm.start(warm.KERNEL, [launcher, *cmd[cmd.index("-f"):]])
        if self.process is None:
            return await super().launch_kernel(cmd, **options)
        self.pid, self.pgid, self.cwd = self.process.pid, os.getpgid(self.process.pid), options.get("cwd", os.getcwd())
        return self.connection_info


class OwnKernel(AsyncKernelManager):
    """Starts a kernel of `OwnSpecs` in a `clean_environment`."""

    def _kernel_spec_manager_default(self) -> KernelSpecManager:
        return OwnSpecs()

    async def start_kernel(self, **options: Any) -> None:
        """Start it; options as for Jupyter's own."""
        self.provisioner = Provisioner(kernel_id=str(uuid4()), kernel_spec=self.kernel_spec, parent=self)
        await super().start_kernel(**options | {"env": clean_environment()})
