"""Processes that start with the libraries imported: what takes seconds in each chapter is done once.

They are forked from one that has imported libraries and done nothing else (`forking`); each is a process of its own,
and no data and no state are shared. Forking is sound where there is but one thread, and is used on Linux alone;
elsewhere, and where nobody asked for it with `held`, `start` gives None, and the caller starts Python as ever.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from civsam.book.environment import ONE_THREAD, clean_environment
from civsam.book.forking import ENDED
from civsam.files import HOME, UserError, project, read_yaml

KERNEL, PAGES = "kernel", "pages"
BACKEND = "module://matplotlib_inline.backend_inline"  # that of a kernel; Matplotlib asks for it when it is imported
OF_CHAPTERS = ("ipykernel.kernelapp", "ipykernel.zmqshell", "matplotlib.pyplot", "pyarrow", "scipy.stats", "seaborn",
               "statsmodels.api", "civsam.edition", "civsam.pages.show")
OF_STUDY = ("civsam.study", "civsam.laboratory")  # a project of another survey uses neither
OF_PAGES = ("civsam.book.jupyter_book", "jupyter_book.cli.main", "sphinx.builders.html", "sphinx_multitoc_numbering")


class Process:
    """A forked process, with as much of the face of `subprocess.Popen` as Jupyter asks for."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int) -> None:
        """Raises ProcessLookupError where it has ended."""
        self.pid, self._end = pid, os.pidfd_open(pid)

    def poll(self) -> int | None:
        """0 when it has ended, for its status is not known here; None till then."""
        return 0 if self._end < 0 or select.select([self._end], [], [], 0)[0] else None

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended."""
        if self._end >= 0 and select.select([self._end], [], [], timeout)[0]:
            os.close(self._end)
            self._end = -1
        return 0

    def send_signal(self, number: int) -> None:
        """Send it a signal, if it is there."""
        if self.poll() is None:
            signal.pidfd_send_signal(self._end, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)


class Parent:
    """The process that others are forked from. It imports while this one goes on."""

    def __init__(self, what: str) -> None:
        """Start it; what: one of `forking.CALLS`."""
        kernel = what == KERNEL
        own_study = OF_STUDY if project.root == HOME else ()
        modules = (*OF_CHAPTERS, *own_study) if kernel else (*OF_PAGES, *_extensions())
        own = dict.fromkeys(ONE_THREAD, "1") | ({"MPLBACKEND": BACKEND} if kernel else {})
        command = [sys.executable, "-m", "civsam.book.forking", what, *modules]
        self.lock = threading.Lock()
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=project.root,
                                        env=clean_environment() | own, start_new_session=True)

    def fork(self, arguments: list[str], log: Path | None) -> Process | None:
        """A process with those arguments; None where none could be forked."""
        own = {name: value for name, value in os.environ.items() if name.startswith("CIVSAM_")}
        order = {"arguments": arguments, "folder": os.getcwd(), "log": str(log or ""), "environment": own}
        with self.lock:
            try:
                self.process.stdin.write(f"{json.dumps(order)}\n".encode())
                self.process.stdin.flush()
                return Process(int(self.process.stdout.readline()))
            except (OSError, ValueError):
                return None

    def stop(self) -> None:
        """End it, and with it those that were forked from it."""
        self.process.kill()
        self.process.communicate()


_parents: dict[tuple[str, Path], Parent] = {}  # those that run: `held` takes each out again


@contextmanager
def held(what: str, wanted: bool = True) -> Iterator[None]:
    """Have such processes forked meanwhile, if wanted: the libraries are imported while this process goes on."""
    key = (what, project.root)
    own = wanted and key not in _parents and sound()
    if own:
        _parents[key] = Parent(what)
    try:
        yield
    finally:
        if own:
            _parents.pop(key).stop()


def sound() -> bool:
    """Whether this machine can fork, and tell when what was forked has ended."""
    try:
        os.close(os.pidfd_open(os.getpid()))
    except (AttributeError, OSError):
        return False
    return sys.platform == "linux"


def _extensions() -> list[str]:
    """The Sphinx extensions of the book; none where the settings cannot be read, which is told of later."""
    try:
        return [*read_yaml(project.root / "_config.yml")["sphinx"]["config"]["extensions"]]
    except (UserError, KeyError, TypeError):
        return []


def start(what: str, arguments: list[str], log: Path | None = None) -> Process | None:
    """A process from the parent that has been warmed up; None where there is none, or it cannot fork."""
    if log:
        Path(f"{log}{ENDED}").unlink(missing_ok=True)
    parent = _parents.get((what, project.root))
    return parent.fork(arguments, log) if parent else None


def status(log: Path) -> str:
    """The exit status of a process that has ended; empty where it was stopped."""
    ended = Path(f"{log}{ENDED}")
    return ended.read_text("utf-8") if ended.exists() else ""
