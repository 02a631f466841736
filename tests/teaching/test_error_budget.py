"""The budget of errors, worked out by formula, is what comes of drawing again and again."""

import numpy as np
import pandas as pd
import pytest

from civsam.files import project
from civsam.study import simulate
from civsam.teaching import budget, opgave

SEED, DRAWS = 2015, 4000


@pytest.fixture(scope="module")
def everybody() -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    return budget._everybody(project.root, SEED)


def test_nonresponse_spreads_as_much_as_when_it_is_drawn(everybody: tuple) -> None:
    frame, _, said = everybody
    rng, shares = np.random.default_rng(1), np.zeros(DRAWS)
    answer = frame["svarede"].sum() / frame["inde"].sum()
    for rows in frame.groupby(list(simulate.DRAWN_WITHIN)).indices.values():
        there = round(frame["inde"].to_numpy()[rows].sum() * answer)
        drawn = rng.random((DRAWS, len(rows))).argsort(axis=1)[:, :there]
        shares += said[rows][drawn].mean(axis=1) * len(rows) / len(frame)
    made = budget.as_it_is(SEED)
    variance = made["Bortfald: hele skemaet"][1] + made["Bortfald: kun spørgsmålet"][1]
    assert shares.std() == pytest.approx(variance ** 0.5, rel=0.05)
    assert shares.mean() == pytest.approx(said.mean(), abs=0.002)


def test_what_if_is_what_comes_of_drawing(everybody: tuple) -> None:
    frame, true, said = everybody
    rng, made = np.random.default_rng(2), list(budget.if_it_were_so(SEED).values())
    chosen = rng.random((DRAWS, len(frame))).argsort(axis=1)[:, :budget.SAMPLE]
    answered = rng.random((DRAWS, len(frame))) < np.where(said, budget.SAYS_YES, budget.OTHERS)
    falsely = said | (rng.random((DRAWS, len(frame))) < budget.FALSELY)
    outside = frame["fagomraade"].to_numpy() != "teknik"
    drawn = [np.full(1, said[outside].mean()), said[chosen].mean(axis=1),
             (answered & said).sum(axis=1) / answered.sum(axis=1), falsely.mean(axis=1)]
    for (bias, variance), shares in zip(made, drawn, strict=True):
        assert shares.mean() - said.mean() == pytest.approx(bias, abs=0.002)
        assert shares.std() == pytest.approx(variance ** 0.5, rel=0.06)
    bias = budget.as_it_is(SEED)["Måling: »ved ikke«"][0]
    assert bias == pytest.approx(said.mean() - true.mean())
    assert bias < 0


def test_the_table_adds_biases_and_variances() -> None:
    made = budget.table({"A": (0.03, 0.0), "B": (-0.01, 0.0009), "C": (0.0, 0.0016)}, "I alt")
    assert made.loc["I alt"].map(str).tolist() == ["2,00", "5,00", "29,00"]
    assert "syntetiske svar" in opgave.table("hvis", "Hvis", "tab-hvis").text
