"""Commands for many surveys whose truth is known: scenarios."""

from __future__ import annotations

import argparse

from civsam.cli.options import own_path, sharing_options, workers
from civsam.files import UserError, project, shown


def add(commands: argparse._SubParsersAction) -> None:
    """Many surveys whose truth is known."""
    scenarios = commands.add_parser("scenarios", help="laboratoriet: mange undersøgelser, hvor sandheden er kendt",
                                    description="Gennemfør undersøgelsen mange gange på mange måder.")
    run = scenarios.add_subparsers(dest="part", required=True, metavar="del").add_parser(
        "run", help="kør et gitter af scenarier", description="Kør et gitter af scenarier. Afbrydes det, fortsætter "
        "samme kommando, hvor det slap.")
    run.add_argument("grid", metavar="GITTER.yml", help="filen med gitteret")
    run.add_argument("--out", metavar="FIL.parquet", help="tabellen; ellers _build/scenarier/GITTER.parquet")
    sharing_options(run)
    run.set_defaults(run=run_scenarios)


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
    print(f"Tabellen ligger i {shown(out)}")
