"""Commands for many surveys whose truth is known: scenarios."""

from __future__ import annotations

import argparse

from civsam.cli.options import own_path, sharing_options, workers
from civsam.files import UserError, project, shown


def add(commands: argparse._SubParsersAction) -> None:
    """Many surveys whose truth is known."""
    scenarios = commands.add_parser("scenarios", help="laboratoriet: mange undersøgelser, hvor sandheden er kendt",
                                    description="Gennemfør undersøgelsen mange gange på mange måder.")
    parts = scenarios.add_subparsers(dest="part", required=True, metavar="del")
    run = parts.add_parser(
        "run", help="kør et gitter af scenarier", description="Kør et gitter af scenarier. Afbrydes det, fortsætter "
        "samme kommando, hvor det slap.")
    run.add_argument("grid", metavar="GITTER.yml", help="filen med gitteret")
    run.add_argument("--out", metavar="FIL.parquet", help="tabellen; ellers _build/scenarier/GITTER.parquet")
    sharing_options(run)
    run.set_defaults(run=run_scenarios)
    show = parts.add_parser("show", help="fortæl et resultat", description="Fortæl et resultat i ord, og læg det ved "
                            "siden af som CSV, Excel og tegninger.")
    show.add_argument("result", metavar="FIL.parquet", help="resultatet, som run skrev")
    show.add_argument("--item", metavar="SPØRGSMÅL", default="pol_fokus", help="tallet, der fortælles om")
    show.set_defaults(run=show_scenarios)


def run_scenarios(options: argparse.Namespace) -> None:
    """Run a grid of scenarios and write the summary. Raises UserError."""
    from civsam.laboratory import declare, run

    processes = workers(options)
    path = own_path(options.grid)
    out = project.build / run.FOLDER / f"{path.stem}.parquet" if options.out is None else own_path(options.out)
    if out.suffix != ".parquet":
        raise UserError(f"{shown(out)}: tabellen skrives som Parquet. Giv filen et navn, der ender på .parquet.")
    grid = declare.read(path)
    print(f"{grid.title}: {len(grid.scenarios)} scenarier, {grid.replications} gentagelser af hvert.", flush=True)
    table = run.run(grid, project.build / run.FOLDER, processes, options.scheduler)
    run.write(grid, table, out)
    print(f"Tabellen ligger i {shown(out)}. Se den sådan: civsam scenarios show {shown(out)}")


def show_scenarios(options: argparse.Namespace) -> None:
    """Tell a result in words, and write it as files that others read. Raises UserError."""
    from civsam.laboratory import told

    path = own_path(options.result)
    rows = told.rows_of(path, options.item)
    print(told.in_words(rows), flush=True)
    try:
        made = told.files(path, rows)
    except OSError as fault:
        raise UserError(f"{fault.filename}: filen kan ikke skrives. Er den åben i et andet program?") from None
    print(f"\nVed siden af ligger {', '.join(one.name for one in made)}. Arket kolonner siger, hvad hver kolonne er.")
