"""How often the book's rules judge its statements wrongly, in worlds where they are true, false and at their limits.

Part of `bench_statistics.py`; also run alone, with a number of draws and names of worlds. What is finished is kept in
`_build/bench`, and the same command goes on from there.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from civsam.laboratory import run, worlds

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "_build" / "bench"
SEED, DRAWS, LENGTH = 20_160_000, 400, 5  # in each world: a Monte Carlo error of 1.1 percentage points at 5 percent
LIMIT, SURE, FEWEST = 0.05, 3, 20  # what is promised, Monte Carlo errors above it, and draws to say anything from
AT_LIMIT = "graensen"  # the world whose claims about the process are false and as near to true as can be


def counts(draws: int, names: list[str]) -> pd.DataFrame:
    """A row a world and claim: how many were false and true, and supported and contradicted of both."""
    those, rows = worlds.judged(), []
    parts = {name: [worlds.Trials(name, SEED, start, min(start + LENGTH, draws), worlds.model())
                    for start in range(0, draws, LENGTH)] for name in names}
    run.finish(worlds.tried, [part for one in parts.values() for part in one], FOLDER)
    for world, mine in parts.items():
        total = np.sum([run.kept(part, FOLDER)["claims"] for part in mine], axis=0)
        for (name, claim), (false, true) in zip(those.items(), total, strict=True):
            rows.append((world, name, claim.rule, claim.process, false.sum(), false[0], false[2], true.sum(), true[0],
                         true[2]))
    return pd.DataFrame(rows, columns=["world", "id", "rule", "process", "false", "false_supported",
                                       "false_contradicted", "true", "true_supported", "true_contradicted"])


def told(hit: int, n: int) -> str:
    """A rate in percent with its Monte Carlo error, or a dash."""
    if not n:
        return f"{'–':>13}"
    rate = hit / n
    return f"{100 * rate:>6.1f} ± {100 * np.sqrt(rate * (1 - rate) / n):.1f} ".replace(".", ",").rjust(13)


def show(table: pd.DataFrame) -> None:
    """Every world and claim."""
    for world, rows in table.groupby("world", sort=False):
        print(f"\n  Verdenen »{world}«. Procent, og efter ± Monte Carlo-fejlen.\n"
              f"    {'':<20}{'falsk:':>8}{'støttet':>13}{'modsagt':>13}{'sand:':>10}{'støttet':>13}{'modsagt':>13}")
        for row in rows.itertuples():
            print(f"    {row.id:<6}{row.rule:<14}{row.false:>8}{told(row.false_supported, row.false)}"
                  f"{told(row.false_contradicted, row.false)}{row.true:>10}{told(row.true_supported, row.true)}"
                  f"{told(row.true_contradicted, row.true)}")


def wrong(table: pd.DataFrame) -> pd.DataFrame:
    """Both kinds of wrong verdict, a row each that could be: world, id, rule, kind, hit and n.

    At the limit a claim about the process is false by nothing, so a contradiction of it there is wrong too.
    """
    limit = (table["world"] == AT_LIMIT) & table["process"]
    parts = [
        table.assign(kind="støttet, skønt falsk", hit=table["false_supported"], n=table["false"]),
        table.assign(kind="modsagt, skønt sandt", hit=table["true_contradicted"], n=table["true"]),
        table.assign(kind="modsagt, skønt sandt", hit=table["false_contradicted"], n=table["false"])[limit],
    ]
    made = pd.concat(parts, ignore_index=True)[["world", "id", "rule", "kind", "hit", "n"]]
    made = made[made["n"] >= FEWEST]
    return made.assign(rate=made["hit"] / made["n"], over=(made["hit"] / made["n"] - LIMIT) / np.sqrt(
        LIMIT * (1 - LIMIT) / made["n"]))


def statements(draws: int = DRAWS, names: list[str] | None = None) -> list[tuple[str, str, bool]]:
    """Requirement, what was found, and whether it is met, for each kind of rule and both kinds of wrong verdict.

    names: of worlds, all of them unless given.
    """
    names = names or list(worlds.read())
    print(f"\nBogens afgørelser af {len(worlds.judged())} udsagn, {draws} undersøgelser i hver af verdenerne "
          f"{', '.join(names)}. Det færdige gemmes: samme kommando fortsætter.", flush=True)
    table = counts(draws, names)
    show(table)
    print()
    found, fine = wrong(table), []
    for kind in found["kind"].unique():
        for rule in dict.fromkeys(claim.rule for claim in worlds.judged().values()):
            rows = found[(found["kind"] == kind) & (found["rule"] == rule)]
            if rows.empty:
                fine.append((f"{rule}: {kind}", "er ikke prøvet i nogen verden", False))
                continue
            worst = rows.loc[rows["rate"].idxmax()]
            average = rows["hit"].sum() / rows["n"].sum()
            said = (f"højst {told(worst['hit'], worst['n']).strip()} ({worst['id']} i »{worst['world']}«), i alt "
                    f"{100 * average:.1f} procent af {rows['n'].sum()}").replace(".", ",")
            fine.append((f"{rule}: {kind}, højst {100 * LIMIT:.0f} procent", said, bool(rows["over"].max() <= SURE)))
    return fine


if __name__ == "__main__":
    for what, found, fine in statements(int(sys.argv[1]) if len(sys.argv) > 1 else DRAWS, sys.argv[2:]):
        print(f"  {'ok' if fine else 'uden for grænsen':<17} {what}: {found}", flush=True)
