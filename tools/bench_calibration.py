"""Whether errors after raking unequal weights are right: those of a regression, and those of the sweeps of R's `rake`.

Part of `bench_statistics.py`; also run alone. Everybody in a made-up population is drawn independently, with a chance
that depends on both margins at once, as does what is estimated; so what the margins explain depends on the weights.
"""

from dataclasses import replace

import numpy as np
import pandas as pd

from civsam.inference import raking, variance, weighting
from civsam.instrument.questionnaire import read
from civsam.intake.frame import read_frame
from civsam.survey.design import Calibration, Design, Stage, cluster_totals
from civsam.survey.survey import Survey

SEED, DRAWS, TIMES = 20167, 1200, 10  # a Monte Carlo error of 2 percent on the true error; the frame so many times
MARGINS = ("blok", "kommunetype")
CHANCES = np.array([[0.02, 0.2, 0.05], [0.1, 0.02, 0.02]])  # of each block and size type
WAYS = ("regression", "uden ens egen", "R's rake")  # the residuals: as R's `calibrate`, as the book, and as R's `rake`
LIMITS = {WAYS[0]: (0.95, 1.05), WAYS[1]: (0.95, 1.08)}  # of what is stated over the true error; `Design.left_out`
SWEEPS = 10  # of R


class Swept(Calibration):
    """A calibration to margins by R survey's `rake`: unweighted means of one margin after another."""

    def residual(self, influence: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """As `Calibration.residual`."""
        x, z = self.x[self.cell], influence / weights[:, None]
        ends = np.flatnonzero(np.cumsum(x.sum(axis=0)) % len(x) == 0) + 1  # all are in each margin once
        for _ in range(SWEEPS):
            for start, end in zip([0, *ends], ends, strict=False):
                code = x[:, start:end].argmax(axis=1)
                z = z - (cluster_totals(z, code) / np.bincount(code)[:, None])[code]
        return z * weights[:, None]


def measures(rng: np.random.Generator, cell: tuple[np.ndarray, np.ndarray]) -> dict[str, np.ndarray]:
    """What is estimated, of everybody (N,): the mean of counts and a share that go with both margins, or with one."""
    together = np.array([[30, 5, 5], [5, 5, 20]])[cell]
    one = np.array([5, 20])[cell[0]]
    return {"antal efter begge på én gang": rng.poisson(together), "antal efter den ene": rng.poisson(one),
            "andel efter begge på én gang": (rng.random(len(one)) < together / 40).astype(float),
            "andel efter ingen": (rng.random(len(one)) < 0.4).astype(float)}


def drawn() -> pd.DataFrame:
    """A row a measure: what is stated over the true error (root mean squares), a column each of `WAYS`."""
    rng, questionnaire = np.random.default_rng(SEED), replace(read(), items={})
    frame = pd.concat([read_frame(questionnaire)] * TIMES, ignore_index=True).set_axis(
        [f"p{number}" for number in range(TIMES * len(read_frame(questionnaire)))])
    nothing = pd.DataFrame(index=frame.index)
    everyone = Survey(nothing, frame, questionnaire)
    cell = everyone.group(MARGINS[0]), everyone.group(MARGINS[1])
    margins, chance, wanted = raking.frame_margins(everyone, MARGINS), CHANCES[cell], measures(rng, cell)
    y, found, stated = np.column_stack(list(wanted.values())), [], []
    for _ in range(DRAWS):
        rows = np.flatnonzero(rng.random(len(frame)) < chance)
        n = len(rows)
        stage = Stage(np.zeros(n, dtype=int), np.arange(n), np.full(n, np.inf))
        survey = Survey(nothing.iloc[rows], frame, questionnaire, Design(1 / chance[rows], (stage,), "population"))
        made = weighting.rake(survey, margins).design
        w = made.weights[:, None] / made.weights.sum()
        mean = (w * y[rows]).sum(axis=0)
        swept = replace(made, calibration=Swept(made.calibration.cell, made.calibration.x, made.calibration.weights))
        ways = ((made, False), (made, True), (swept, False))
        found.append(mean)
        stated.append([np.diag(variance.covariance(w * (y[rows] - mean), one, left_out=left)) for one, left in ways])
    return pd.DataFrame((np.sqrt(np.mean(stated, axis=0)) / np.std(found, axis=0, ddof=1)).T, list(wanted), WAYS)


def after_unequal_weights() -> list[tuple[str, str, bool]]:
    """What is required, what was found, and whether it is met."""
    print(f"\nAngivet fejl over den sande efter vejning af meget ulige vægte: {DRAWS} træk\n    {'':<32}"
          f"{''.join(f'{way:>16}' for way in WAYS)}", flush=True)
    table = drawn()
    for name, *row in table.itertuples():
        print(f"    {name:<32}{''.join(f'{each:>16.2f}' for each in row)}".replace(".", ","))
    return [(f"fejl efter vejning af ulige vægte, {way}, {low}-{high} af den sande".replace(".", ","),
             f"gennemsnit {table[way].mean():.2f}".replace(".", ","), bool(low <= table[way].mean() <= high))
            for way, (low, high) in LIMITS.items()]


if __name__ == "__main__":
    print(*after_unequal_weights())
