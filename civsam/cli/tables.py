"""The command for all numbers at once: tables."""

from __future__ import annotations

import argparse
from itertools import groupby
from operator import itemgetter

from civsam.cli.options import asks_for_reading, frame_option, given_values, own_path, reading_options
from civsam.files import UserError, shown, write_if_changed

NAME = "tal"  # of the edition whose folder holds the valid rows


def add(commands: argparse._SubParsersAction) -> None:
    """All questions at once."""
    tables = commands.add_parser(
        "tables", help="vis tallene for alle spørgsmål",
        description="Vis, hvad der er svaret på hvert spørgsmål, med grundlag og interval, som i bogen. "
                    "Små grupper og antal i indsamlede svar er skjult.")
    tables.add_argument("file", nargs="?", metavar="FIL", help="svarfil; ellers projektets egne svar")
    tables.add_argument("--by", metavar="VARIABEL",
                        help="vis også svarene delt op efter denne baggrundsvariabel, eller efter svaret på dette "
                             "spørgsmål")
    tables.add_argument("--out", metavar="HTML", help="skriv dem også som én side, der kan åbnes og sendes for sig")
    reading_options(tables)
    tables.add_argument("--keep-valid", action="store_true", help="gå videre med de gyldige rækker")
    frame_option(tables)
    tables.set_defaults(run=run_tables)


def run_tables(options: argparse.Namespace) -> None:
    """Print what was answered to each question, and write it as a page. Raises UserError."""
    from civsam import edition
    from civsam.cli.books import valid_rows
    from civsam.pages import overview
    from civsam.survey import answered

    out = options.out and own_path(options.out)
    if out and out.exists():
        raise UserError(f"{shown(out)} findes allerede. Vælg et andet navn med --out.")
    given = given_values({name: value for name, value in (("data", options.file), ("ramme", options.ramme)) if value})
    if options.keep_valid or asks_for_reading(options):
        given["data"] = valid_rows(given, NAME, options)
    opened = edition.open_edition(**given)
    survey, by = opened.survey, options.by
    if by is not None:
        survey, by = answered.split_by(survey, by)
    banner, told = opened.banner(split=False), overview.parts(survey, by, options.by or "")
    if out:  # first: whoever reads what is printed may go
        told = [*told]
        write_if_changed(out, overview.page(survey.questionnaire.title, banner, told))
    print(banner.text)
    for heading, those in groupby(told, itemgetter(0)):
        print(f"\n{heading.upper()}")
        for _, _, outputs in those:
            print(*(f"\n{one.text}" for one in outputs), sep="\n", flush=True)
    if out:
        print(f"\nSiden ligger i {options.out}")
