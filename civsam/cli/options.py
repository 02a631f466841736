"""Options that several commands have, and what they mean."""

from __future__ import annotations

import argparse
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from civsam.book.audience import READERS
from civsam.danish import plain
from civsam.files import UserError, project, resolved

if TYPE_CHECKING:
    import pandas as pd

STANDARD = "standard"


def parameter_options(command: argparse.ArgumentParser) -> None:
    """The parameters of an edition, and its name."""
    command.add_argument("assignments", nargs="*", metavar="NAVN=VÆRDI", help="en parameter og dens værdi")
    command.add_argument("-p", nargs=2, action="append", default=[], dest="pairs", metavar=("NAVN", "VÆRDI"),
                         help="det samme, skrevet som to ord; kan gentages")
    command.add_argument("--data", metavar="FIL", help="svarfil; det samme som -p data FIL")
    frame_option(command, "rammefil, eller ingen; det samme som -p ramme FIL")
    command.add_argument("--name", metavar="NAVN", help="udgavens navn; ellers laves det af parametrene")
    command.add_argument("--publish-text", action="store_true", help="vis fri tekst; det samme som fritekst=vis")


def reading_options(command: argparse.ArgumentParser) -> None:
    """How an answer file is read."""
    command.add_argument("--sheet", metavar="ARK", action="append", default=[],
                         help="det ark i en projektmappe, som svarene står i; gentages det, samles arkene")
    command.add_argument("--join", metavar="FIL", action="append", default=[],
                         help="en fil med resten af svarene: flere svarpersoner eller flere spørgsmål; kan "
                              "gentages")
    command.add_argument("--ignore", metavar="KOLONNE", action="append", default=[],
                         help="en kolonne, der skal udelades; kan gentages")
    command.add_argument("--map", metavar="YML", help="et kort: hvilken kolonne er hvilket spørgsmål, og hvilken værdi "
                                                      "er hvilket svar; skrives af check --suggest")


def asks_for_reading(options: argparse.Namespace) -> bool:
    """Whether anything is said of how an answer file is read."""
    return bool(options.sheet or options.join or options.map or options.ignore)


def reading_of(options: argparse.Namespace, frame: pd.DataFrame | None) -> dict[str, Any]:
    """How an answer file is read, as `answers.check` takes it. Raises UserError."""
    from civsam.instrument.questionnaire import read
    from civsam.intake import mapping
    from civsam.intake.columns import Columns

    known = Columns(read(), frame).targets
    given = mapping.read(own_path(options.map), read(), known) if options.map else mapping.Map()
    more = [(None, sheet) for sheet in options.sheet[1:]] + [(own_path(file), None) for file in options.join]
    return {"sheet": next(iter(options.sheet), None), "given": given.ignoring(options.ignore), "more": more}


def frame_option(
    command: argparse.ArgumentParser, meaning: str = "rammefil, eller ingen; ellers projektets egen"
) -> None:
    """Who was asked."""
    command.add_argument("--ramme", "--frame", metavar="FIL", help=meaning)


def sharing_options(command: argparse.ArgumentParser) -> None:
    """What many parts are shared out over."""
    command.add_argument("--workers", metavar="N",
                         help="processer på denne maskine; ellers så mange, som den har kerner")
    command.add_argument("--scheduler", metavar="ADRESSE", help="kør på den Dask-klynge, hvis planlægger har adressen")


def workers(options: argparse.Namespace) -> int | None:
    """How many processes were asked for. Raises UserError for what is no such number."""
    if options.workers is not None and not re.fullmatch(r"[1-9]\d{0,3}", options.workers):
        raise UserError(f"--workers kan ikke være '{options.workers}'. Tilladt: hele tal fra 1 til 9999.")
    return options.workers and int(options.workers)


def pairs(options: argparse.Namespace) -> dict[str, str]:
    """The parameters as typed. Raises UserError for one given twice, or an argument without '='."""
    typed = [tuple(pair) for pair in options.pairs]
    typed += [(name, getattr(options, name)) for name in ("data", "ramme") if getattr(options, name) is not None]
    typed += [("fritekst", "vis")] if options.publish_text else []
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
    from civsam.book.contents import FILES

    values = {name: edition.known(name).parse(text) for name, text in typed.items()}
    for name in set(FILES) & values.keys():
        if values[name].strip() and values[name] not in (edition.NO_FRAME, edition.SAME_FRAME):
            path = edition.find_data(values[name])
            values[name] = path.relative_to(project.root).as_posix() if path.is_relative_to(project.root) else str(path)
    edition.check(values)
    return {name: value for name, value in values.items() if value != edition.parameters()[name].default}


def edition_name(wanted: str | None, given: dict[str, Any], audience: str = READERS) -> str:
    """The edition's folder name: as wanted, else made from the parameters. Raises UserError for one that cannot be."""
    from civsam.book.contents import FILES

    if wanted is None:
        texts = {name: Path(value).stem if name in FILES else str(value) for name, value in given.items()}
        parts = [audience] * (audience != READERS) + [f"{name}-{plain(text)}" for name, text in texts.items()]
        return "_".join(parts)[:100] or STANDARD
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}", wanted) or wanted.endswith("."):
        raise UserError(f"udgaven kan ikke hedde '{wanted}'. Navnet må kun bestå af bogstaverne a-z, tal, bindestreg, "
                        "understregning og punktum, og det må ikke begynde med bindestreg eller punktum.")
    if wanted.lower() == STANDARD and (given or audience != READERS):
        raise UserError(f"navnet '{wanted}' er forbeholdt udgaven uden parametre. Vælg et andet med --name.")
    return wanted


def own_path(text: str) -> Path:
    """The path as typed, seen from where the user stands."""
    return resolved(Path(os.path.expanduser(text)))


def frame_for(options: argparse.Namespace) -> pd.DataFrame | None:
    """The frame that an option names, or the project's own; None for none. Raises UserError."""
    from civsam import edition

    return edition.find_frame(edition.check({} if options.ramme is None else {"ramme": options.ramme}))
