"""The command line `civsam`: build an edition of the book, draw synthetic answers, run the notebooks again."""

from __future__ import annotations

import argparse
import errno
import os
import re
import sys
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from civsam.files import ROOT, UserError, shown

STANDARD = "standard"
DANISH = {
    "usage: ": "brug: ",
    "options": "valg",
    "positional arguments": "argumenter",
    "show this help message and exit": "vis denne hjælp",
    "the following arguments are required: %s": "der mangler: %s",
    "unrecognized arguments: %s": "ukendte argumenter: %s",
    "ambiguous option: %(option)s could match %(matches)s": "%(option)s er flertydigt: %(matches)s",
    "argument %(argument_name)s: %(message)s": "%(argument_name)s: %(message)s",
    "invalid choice: %(value)r (choose from %(choices)s)": "'%(value)s' findes ikke. Vælg mellem %(choices)s",
    "invalid %(type)s value: %(value)r": "'%(value)s' er ikke en gyldig værdi",
    "ignored explicit argument %r": "tager ingen værdi, men fik %r",
    "expected one argument": "mangler en værdi",
    "expected at least one argument": "mangler en værdi",
    "expected %s argument": "skal have %s værdi",
    "expected %s arguments": "skal have %s værdier",
    "not allowed with argument %s": "kan ikke bruges sammen med %s",
}
SYSTEM_FAULTS = {
    errno.ENOENT: "den findes ikke",
    errno.EACCES: "der er ikke adgang",
    errno.EPERM: "der er ikke adgang",
    errno.EROFS: "der kan ikke skrives dér",
    errno.ENOSPC: "disken er fuld",
    errno.ENAMETOOLONG: "navnet er for langt",
    errno.EEXIST: "der er allerede en fil af det navn",
    errno.ENOTDIR: "en del af stien er en fil, ikke en mappe",
}
argparse._ = lambda text: DANISH.get(text, text)  # argparse has no other way to a language of one's own
argparse.ngettext = lambda one, many, number: argparse._(one if number == 1 else many)


class Parser(argparse.ArgumentParser):
    """An argument parser whose faults are UserErrors."""

    def error(self, message: str) -> NoReturn:
        """Raise UserError with the message and where to find help."""
        raise UserError(f"{message}. Hjælp: {self.prog} --help")


def parser() -> Parser:
    """The commands and their options."""
    top = Parser(prog="civsam", description="Byg bogen, træk syntetiske svar, eller kør notebooks igen.")
    commands = top.add_subparsers(dest="command", required=True, metavar="kommando")

    book = commands.add_parser("book", help="byg en udgave af bogen", description="Byg en udgave af bogen.")
    book.add_argument("assignments", nargs="*", metavar="NAVN=VÆRDI", help="en parameter og dens værdi")
    book.add_argument("-p", nargs=2, action="append", default=[], dest="pairs", metavar=("NAVN", "VÆRDI"),
                      help="det samme, skrevet som to ord; kan gentages")
    book.add_argument("--data", metavar="FIL", help="svarfil; det samme som -p data FIL")
    book.add_argument("--name", metavar="NAVN", help="udgavens navn; ellers laves det af parametrene")

    simulate = commands.add_parser("simulate", help="træk syntetiske svar",
                                   description="Træk hele den syntetiske undersøgelse og skriv den som filer.")
    simulate.add_argument("--seed", metavar="N", help="frø; ellers standardudgavens")
    simulate.add_argument("--out", metavar="MAPPE", help="mappe, der skrives til; ellers data/")

    commands.add_parser("notebooks", help="kør notebooks igen og gem deres resultater",
                        description="Kør bogens notebooks med standardværdierne, og gem resultaterne i dem.")
    return top


def pairs(options: argparse.Namespace) -> dict[str, str]:
    """The parameters as typed. Raises UserError for one given twice, or an argument without '='."""
    typed = [tuple(pair) for pair in options.pairs]
    typed += [("data", options.data)] if options.data is not None else []
    for text in options.assignments:
        name, sign, value = text.partition("=")
        if not sign:
            raise UserError(f"'{text}' er ikke en parameter. Skriv NAVN=VÆRDI, for eksempel seed=7.")
        typed.append((name, value))
    names = [name for name, _ in typed]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UserError(f"parameteren {twice[0]} er angivet mere end én gang.")
    return dict(typed)


def given_values(typed: dict[str, str]) -> dict[str, Any]:
    """The typed parameters that differ from the defaults, parsed; a file inside the project is told from its root.

    Raises UserError for an unknown name or a value that cannot be.
    """
    from civsam import edition

    values = {name: edition.known(name).parse(text) for name, text in typed.items()}
    if values.get("data", "").strip():
        path = edition.find_data(values["data"])
        values["data"] = path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else str(path)
    edition.check(values)
    return {name: value for name, value in values.items() if value != edition.PARAMETERS[name].default}


def edition_name(wanted: str | None, given: dict[str, Any]) -> str:
    """The edition's folder name: as wanted, else made from the parameters. Raises UserError for one that cannot be."""
    if wanted is None:
        texts = {name: Path(value).stem if name == "data" else str(value) for name, value in given.items()}
        return "_".join(f"{name}-{plain(text)}" for name, text in texts.items())[:100] or STANDARD
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}", wanted) or wanted.endswith("."):
        raise UserError(f"udgaven kan ikke hedde '{wanted}'. Navnet må kun bestå af bogstaverne a-z, tal, bindestreg, "
                        "understregning og punktum, og det må ikke begynde med bindestreg eller punktum.")
    if wanted.lower() == STANDARD and given:
        raise UserError(f"navnet '{wanted}' er forbeholdt udgaven uden parametre. Vælg et andet med --name.")
    return wanted


def plain(text: str) -> str:
    """The text as part of a file name."""
    for danish, latin in {"æ": "ae", "ø": "oe", "å": "aa", "Æ": "Ae", "Ø": "Oe", "Å": "Aa"}.items():
        text = text.replace(danish, latin)
    text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9.]+", "-", text).strip("-.") or "x"


def run_book(options: argparse.Namespace) -> None:
    """Check parameters and data, then build the edition. Raises UserError and ChapterError."""
    from civsam import book, edition

    given = given_values(pairs(options))
    name = edition_name(options.name, given)
    values = edition.open_edition(**given).parameters
    print(f"Bogen ligger i {shown(book.build(name, values, given))}")


def run_simulate(options: argparse.Namespace) -> None:
    """Write a synthetic study. Raises UserError for a bad seed, or if it would overwrite the standard one."""
    from civsam import edition, simulate
    from civsam.files import DATA

    known = edition.PARAMETERS["seed"]
    seed = known.default if options.seed is None else known.check(known.parse(options.seed))
    folder = DATA if options.out is None else Path(os.path.expanduser(options.out)).resolve()
    if folder == DATA and seed != known.default:
        raise UserError(f"frø {seed} ville overskrive standardudgavens svar i data/. Vælg en anden mappe med --out.")
    study = simulate.write_study(seed, folder)
    print(f"Frø {seed}: {len(study.answers)} svar fra {len(study.frame)} stillinger.")
    for name in ("svar.csv", "ramme.csv", "sandhed.csv"):
        print(f"  {shown(folder / name)}")


def run_notebooks(options: argparse.Namespace) -> None:
    """Run the committed notebooks again. Raises UserError and ChapterError."""
    from civsam import chapters

    chapters.refresh()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit status is 0, 2 for a fault that the user can mend, 1 for others, 130 if stopped."""
    from civsam.chapters import ChapterError

    commands = {"book": run_book, "simulate": run_simulate, "notebooks": run_notebooks}
    try:
        options = parser().parse_args(arguments)
        commands[options.command](options)
        return 0
    except (UserError, ChapterError) as fault:
        print(f"civsam: {fault}", file=sys.stderr)
        return 2 if isinstance(fault, UserError) else 1
    except OSError as fault:
        why = SYSTEM_FAULTS.get(fault.errno, f"systemfejl {fault.errno}")
        print(f"civsam: {fault.filename or 'filen'}: kan ikke læses eller skrives; {why}.", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\ncivsam: afbrudt. Den seneste færdige bog er urørt.", file=sys.stderr, flush=True)
        os._exit(130)  # at once: the chapters' threads would be waited for, and their kernels end by themselves


if __name__ == "__main__":
    sys.exit(main())
