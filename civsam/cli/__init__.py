"""What a person types: the commands of `civsam`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence

from civsam.cli import answers, books, classes, laboratory, projects, tables
from civsam.cli.language import DANISH, Parser
from civsam.files import UserError, project, reason, visible

# What is left of a command that is stopped; of most, a book.
UNTOUCHED = {"scenarios": "De færdige dele er gemt: kør samme kommando igen for at gøre resten."}


def parser() -> Parser:
    """The commands and their options."""
    top = Parser(prog="civsam", description="Byg bogen, læs svar ind og ud, lav skemaer, og læg egne projekter ud.")
    commands = top.add_subparsers(dest="command", required=True, metavar="kommando")
    for room in (books, answers, tables, projects, classes, laboratory):
        room.add(commands)
    return top


def parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options; parameters of a book may stand anywhere among them. Raises UserError."""
    top = parser()
    options, rest = top.parse_known_args(arguments)
    if rest and (options.command not in ("book", "profiles") or any(text.startswith("-") for text in rest)):
        top.error(DANISH["unrecognized arguments: %s"] % " ".join(rest))
    if rest:
        options.assignments += rest
    return options


def ensure_home() -> None:
    """Give a user whom the machine does not know, as in a container, the folder that Jupyter and matplotlib ask for."""
    if os.path.expanduser("~") == "~":
        os.environ["HOME"] = str(project.work)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit status is 0, 2 for a fault that the user can mend, 1 for others, 130 if stopped."""
    from civsam.book.execute import ChapterError

    options = None
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends as Ctrl-C does, with all that work for it
    try:
        project.open()
        options = parsed(arguments)
        ensure_home()
        options.run(options)
        return 0
    except (UserError, ChapterError) as fault:
        print("\n".join(map(visible, f"civsam: {fault}".split("\n"))), file=sys.stderr)
        return 2 if isinstance(fault, UserError) else 1
    except BrokenPipeError:  # whoever reads what is printed has gone: what was to be written is
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as fault:
        name = visible(str(fault.filename or "filen"))
        print(f"civsam: {name}: kan ikke læses eller skrives; {reason(fault)}.", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        left = UNTOUCHED.get(options and options.command, "Den seneste færdige bog er urørt.")
        print(f"\ncivsam: afbrudt. {left}", file=sys.stderr, flush=True)
        os._exit(130)  # at once: the chapters' threads would be waited for, and their kernels end by themselves
