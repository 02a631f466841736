"""Commands for answers in and out: check, collect, export."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from civsam.cli.options import frame_for, frame_option, own_path, reading_of, reading_options
from civsam.files import UserError, shown

if TYPE_CHECKING:
    from civsam.intake.answers import Reading
    from civsam.intake.mapping import Map


def add(commands: argparse._SubParsersAction) -> None:
    """Answers in and out."""
    check = commands.add_parser("check", help="find alle fejl i en svarfil",
                                description="Læs en svarfil, sig, hvad der blev genkendt, og find alle fejl i den.")
    check.add_argument("file", metavar="FIL", help="CSV, .xlsx, .ods, .sav, .dta, .xpt eller .parquet")
    reading_options(check)
    frame_option(check)
    check.add_argument("--report", metavar="CSV", help="skriv alle fejl til denne fil")
    check.add_argument("--suggest", metavar="YML", help="skriv et kort over det, der ikke kunne læses, til --map")
    check.set_defaults(run=run_check)

    collect = commands.add_parser("collect", help="saml svarfiler fra det elektroniske skema",
                                  description="Saml svarfilerne i en mappe til én svarfil.")
    collect.add_argument("folder", metavar="MAPPE", help="mappen med svar-NØGLE.json")
    collect.add_argument("--out", metavar="FIL", default="svar-samlet.csv", help="svarfilen; ellers svar-samlet.csv")
    frame_option(collect, "rammefil med nøgler; ellers tages alle nøgler")
    collect.set_defaults(run=run_collect)

    export = commands.add_parser("export", help="skriv svar som .sav, .dta eller CSV",
                                 description="Skriv svarene i en svarfil med etiketter.")
    export.add_argument("file", metavar="SVARFIL", help="svarfilen")
    export.add_argument("out", metavar="FIL", help="den nye fil: .sav, .dta eller .csv")
    reading_options(export)
    frame_option(export)
    export.add_argument("--excel", action="store_true", help="CSV med etiketter til dansk Excel")
    export.set_defaults(run=run_export)


def run_check(options: argparse.Namespace) -> None:
    """Tell what a file holds and what is wrong with it. Raises UserError with the faults."""
    from civsam import edition
    from civsam.inference import sampled
    from civsam.instrument.questionnaire import read
    from civsam.intake import answers, faults
    from civsam.intake.frame import register_note

    path, frame = own_path(options.file), frame_for(options)
    how = reading_of(options, frame)
    reading = answers.check(path, read(), frame, **how)
    print("\n".join(reading.notes))
    if options.report:
        faults.write_report(reading.faults, own_path(options.report))
        print(f"{len(reading.faults)} fejl er skrevet til {options.report}.")
    if options.suggest:
        suggest(own_path(options.suggest), reading, how["given"])
    reading.accept()
    plain = edition.of_reading(reading, frame, read(), shown(path))
    for line in sampled.told(edition.usual_weights(plain, shown(path))):
        print(f"Stikprøve: {line}.")
    for note in register_note(plain.frame, read()):
        print(note)
    print(f"{len(reading.answers)} svar uden fejl.")


def suggest(path: Path, reading: Reading, given: Map) -> None:
    """Write a map of what could not be read. Raises UserError for a file that is there already."""
    from civsam.instrument.questionnaire import read
    from civsam.intake import mapping

    if path.exists():
        raise UserError(f"{shown(path)}: filen findes allerede og bliver ikke overskrevet. Vælg et andet navn.")
    if not path.parent.is_dir():
        raise UserError(f"{shown(path.parent)}: mappen findes ikke. Opret den først.")
    path.write_text(mapping.suggest(read(), given, reading.faults, reading.unused, reading.absent), encoding="utf-8",
                    newline="\n")
    print(f"Et forslag til et kort står i {shown(path)}. Ret det, og brug det med --map.")


def run_collect(options: argparse.Namespace) -> None:
    """Join the answer files of a folder. Raises UserError."""
    from civsam.instrument.questionnaire import read
    from civsam.intake import collecting

    out, frame = own_path(options.out), None if options.ramme is None else frame_for(options)
    collecting.check_place(out)
    table, report = collecting.collect(own_path(options.folder), read(), frame)
    if len(table):
        collecting.write(table, out)
    print(collecting.summary(report), flush=True)
    if table.empty:
        raise UserError("ingen af filerne kunne bruges, så der er ikke skrevet nogen svarfil.")
    print(f"{len(table)} svar står i {options.out}.")


def run_export(options: argparse.Namespace) -> None:
    """Write answers with labels. Raises UserError."""
    from civsam.instrument.questionnaire import read
    from civsam.intake import answers, export

    out = own_path(options.out)
    export.check_place(out, excel=options.excel)
    frame = frame_for(options)
    reading = answers.check(own_path(options.file), read(), frame, **reading_of(options, frame)).accept()
    export.write(reading.answers, read(), out, excel=options.excel, others=reading.background)
    told = export.cautions(reading.answers, read(), out)
    print(*told, f"{len(reading.answers)} svar står i {options.out}.", sep="\n")
