"""The process that others are forked from: it imports libraries, and does nothing else itself.

``python -m civsam.book.forking WHAT MODULE ...``. Each line of its standard input asks for a process: arguments,
folder, log and environment. The process answers with its number. It has a session of its own, and of this one only the
libraries; it ends when this one does. Where there is more than one thread, so that forking is not sound, the answer is
0. See `warm`.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)
ENDED = ".slut"  # after the name of the log: holds the exit status


def kernel() -> None:
    """What ``python -m ipykernel_launcher`` does: a Jupyter kernel that does not see the folder it starts in."""
    from ipykernel.kernelapp import launch_new_instance

    sys.modules["debugpy"] = None  # type: ignore[assignment]  # nobody debugs here, and it takes 0.5 s
    del sys.path[0]
    launch_new_instance()


def pages() -> None:
    """Jupyter Book, see `jupyter_book`."""
    from civsam.book.jupyter_book import main

    main()


CALLS: dict[str, Callable[[], None]] = {"kernel": kernel, "pages": pages}


def serve(what: str, modules: list[str]) -> None:
    """Import the modules, those that are here, then fork for each line of standard input, until it ends."""
    orders, answers = os.dup(0), os.dup(1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    os.environ["JPY_PARENT_PID"] = str(os.getpid())  # ipykernel reads it when it is imported
    for name in modules:
        with suppress(Exception):  # it is told of by the process that needs it
            import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them here
    with open(orders) as lines:
        for line in lines:
            if len(os.listdir("/proc/self/task")) > 1:
                os.write(answers, b"0\n")
            elif os.fork() == 0:
                become(CALLS[what], json.loads(line), answers)


def become(call: Callable[[], None], order: dict[str, Any], answers: int) -> None:
    """Do what was ordered, in a process of its own. Raises SystemExit, always."""
    ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    if order["log"]:
        log = os.open(order["log"], os.O_CREAT | os.O_TRUNC | os.O_WRONLY)
        os.dup2(log, 1)
        os.dup2(log, 2)
    os.chdir(order["folder"])
    os.environ |= order["environment"]
    sys.argv = order["arguments"]
    os.write(answers, f"{os.getpid()}\n".encode())
    os.close(answers)
    code: Any = 1
    try:
        call()
        code = 0
    except SystemExit as end:
        code = end.code or 0
    finally:
        sys.stdout.flush()
        if order["log"]:
            Path(order["log"] + ENDED).write_text(str(code), "utf-8")
    sys.exit(code)


if __name__ == "__main__":
    serve(sys.argv[1], sys.argv[2:])
