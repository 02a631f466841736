"""What has changed, as a reader meets it: between two editions of the same answers, or between two waves.

Between editions nothing is tested: the answers are the same, so that all that moved was moved by a choice. Between
waves every change has intervals (`waves`). Of collected answers a change is made of the numbers that either side shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.ticker import FuncFormatter, MaxNLocator

from civsam import __version__
from civsam.book import earlier
from civsam.book.change_words import measured, moved, moved_interval, say, signed
from civsam.book.contents import NUMBERS, NUMBERS_KEY
from civsam.book.earlier import Numbers
from civsam.book.stale import code_digest
from civsam.danish import at_level, listed, number, percent
from civsam.disclosure import between as told_of_both
from civsam.edition import NO_OTHER, Edition, shown_name
from civsam.inference import compare, statistics, waves, weighting
from civsam.inference.settled import settled
from civsam.instrument.kinds import KINDS
from civsam.pages import cells
from civsam.pages.door import hidden_note, nothing_to_show, plan_of, shown
from civsam.pages.dots import draw_dots
from civsam.pages.figure import (
    ACCENT,
    INK,
    LAPTOP,
    SPACING,
    Figure,
    canvas,
    finish,
    house_style,
    room,
    row_height,
    wrapped,
)
from civsam.pages.html import table
from civsam.pages.output import Output
from civsam.pages.words import between, p_value, value
from civsam.survey.survey import Survey

LARGEST = 12  # changes that are drawn, or moves that are told
LEAST = 0.05  # percentage points: less is nothing with one decimal
NO_WAVES = "Der er ikke angivet en tidligere svarfil, så der er ingen bølger at sammenligne."


# ---- Two waves -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Pair:
    """Two waves. truth: for an exercise, what everybody would have answered in either."""

    new: Survey
    old: Survey
    truth: tuple[Survey, Survey] | None = None

    @cached_property
    def behind(self) -> pd.DataFrame:
        """The changes in the process behind the answers, with p corrected for all of them (Holm)."""
        return compare.corrected(self._told(waves.changes(self.new, self.old, process=True)), "holm", "alle ændringer")

    @cached_property
    def asked(self) -> pd.DataFrame:
        """The changes among all who were asked."""
        return self._told(waves.changes(self.new, self.old))

    @cached_property
    def apart(self) -> pd.DataFrame:
        """As `behind`, but as if the municipalities of the two waves were others."""
        return self._told(waves.changes(weighting.for_process(self.new), weighting.for_process(self.old)))

    def _told(self, found: pd.DataFrame) -> pd.DataFrame:
        return told_of_both.between(plan_of(self.new), plan_of(self.old), found)

    @property
    def wanted(self) -> list[waves.Measured]:
        """The measures that both waves have."""
        return waves.measures(waves.shared(self.new.questionnaire, self.old.questionnaire))


def pair(edition: Edition) -> Pair | None:
    """The edition's answers and an earlier wave; without one, for synthetic answers, an exercise; else None.

    The exercise: the same managers with the same views are asked twice, and who responds is drawn anew.
    """
    other = earlier.find(edition)
    if isinstance(other, Survey) and other.digest != edition.survey.digest:
        return Pair(edition.survey, other)
    if not edition.simulated:
        return None
    from civsam.study import simulate  # here, since other surveys have no such study

    old, everybody = edition.unanchored
    again = simulate.simulate(edition.parameters["seed"], old.questionnaire, anchored=False,
                              asked_again=edition.parameters["seed"] + 1)
    new, all_again = (Survey(part, again.frame, old.questionnaire, level=old.level)
                      for part in (again.answers, again.asked))
    return Pair(weighting.weighted(new), weighting.weighted(old), (all_again, everybody))


def _empty(caption: str, name: str, why: str) -> Output:
    """A table that others may refer to, with nothing in it but why."""
    frame = pd.DataFrame({"Hvorfor": [why]}, index=pd.Index(["–"], name="Mål"))
    return table(frame, caption, name, provenance="projekt", words=True)


def _between(survey: Survey) -> str:
    return between(survey).removeprefix("usikkerheden er ")


def _largest(rows: pd.DataFrame) -> pd.DataFrame:
    """The largest changes of shares, the greatest rise first."""
    shares = rows[statistics.is_share(rows) & rows["estimate"].notna()]
    chosen = shares["estimate"].abs().sort_values(ascending=False, kind="stable").index[:LARGEST]
    return shares.loc[chosen].sort_values("estimate", ascending=False, kind="stable")


def _drawn(rows: pd.DataFrame, words: list[str], width: float) -> Any:
    """A dot and an interval a change, on both sides of no change."""
    labels = [wrapped(text, 20 if width < LAPTOP else 32) for text in words]
    told = [f"{moved(row)}{f' ({moved_interval(row)})' * (width >= LAPTOP)}" for _, row in rows.iterrows()]
    high = row_height(labels, 0.3)
    drawing, axes = canvas(width, high * len(rows), top=0.05, bottom=0.75, left=room(labels, 1), right=room(told, 0.5))
    place = high * (np.arange(len(rows))[::-1] + 0.5)
    axes.axvline(0, color=INK, linewidth=0.9, zorder=1)
    draw_dots(axes, 100 * rows[["estimate", "low", "high"]], place, np.full(len(rows), ACCENT), told)
    axes.set_yticks(place, labels, linespacing=SPACING)
    axes.set(ylim=(0, high * len(rows)), xlabel="Ændring, procentpoint")
    axes.grid(axis="y", visible=False)
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: number(x)))
    sns.despine(ax=axes, left=True)
    return drawing


# ---- Two editions of the same answers --------------------------------------------------------------------------------


def numbers(edition: Edition) -> Numbers:
    """What the edition shows of all measures."""
    survey = edition.survey
    told = shown(survey, waves.levels(survey, waves.measures(survey.questionnaire.items.values())))
    return Numbers(__version__, edition.about(), told.round(6))


@dataclass(frozen=True)
class Released(Output):
    """An output that carries numbers for the build to lay beside the pages."""

    numbers: Numbers | None = None

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, Any], dict[str, Any]]:
        """Data and metadata for Jupyter, with the numbers among the metadata."""
        data, metadata = super()._repr_mimebundle_(include, exclude)
        return data, metadata | {NUMBERS_KEY: self.numbers.content()}


@dataclass(frozen=True, eq=False)
class Moves:
    """Two editions of the same answers, measure by measure. heads: what they are called; told: what differs."""

    survey: Survey
    heads: tuple[str, str]
    before: pd.DataFrame
    after: pd.DataFrame
    told: str = ""

    @property
    def points(self) -> pd.Series:
        """How far each share moved, in percentage points, the furthest first; only what both editions show."""
        gap = 100 * (self.after["estimate"] - self.before["estimate"])[statistics.is_share(self.after)].dropna()
        return gap.round(9).sort_values(key=abs, ascending=False, kind="stable")


def moves(edition: Edition) -> Moves:
    """The edition against the other one that `mod` names, else its weighted answers against the same unweighted."""
    other, survey, mine = earlier.find(edition), edition.survey, numbers(edition)
    if not isinstance(other, Numbers):
        raw = shown(survey, waves.levels(edition.raw, waves.measures(survey.questionnaire.items.values())))
        return Moves(survey, ("Uvægtet", "Vægtet"), raw, mine.table)
    key = ["statistic", "item", "answer"]
    both = mine.table[key].merge(other.table[key])  # they need not have the same questions
    return Moves(survey, ("Den anden udgave", "Denne udgave"), both.merge(other.table), both.merge(mine.table),
                 _differs(mine, other))


def _differs(mine: Numbers, other: Numbers) -> str:
    """What the two editions were made with, where it is not the same."""
    then = other.about["ord"]
    found = [f"{term.lower()}: {then.get(term, 'ikke angivet')} mod {words}"
             for term, words in mine.about["ord"].items() if term != "Sammenlignet med" and then.get(term) != words]
    if other.version != mine.version:
        found.insert(0, f"version: {other.version} mod {mine.version}")
    elif other.code and other.code != code_digest():
        found.insert(0, "koden er ændret")
    return f" Forskellen på de to udgaver er {listed(found)}." if found else " De to udgaver er lavet ens."


# ---- What a chapter shows of both -----------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Changes:
    """What has changed since an earlier wave, and between two editions of the same answers."""

    edition: Edition

    @cached_property
    def waves(self) -> Pair | None:
        """The two waves, if there are two."""
        return pair(self.edition)

    @cached_property
    def moves(self) -> Moves:
        """The two editions of the same answers."""
        return moves(self.edition)

    def introduction(self) -> Output:
        """What is held against what, and which questions are left out because only one wave has them."""
        edition, two = self.edition, self.waves
        mod = edition.parameters.get("mod", NO_OTHER)
        name = shown_name({"data": mod})
        if two is None or two.truth is not None:
            why = NO_WAVES if mod == NO_OTHER else f"{name} har de samme svar som denne udgave, så der er ingen bølger."
            exercise = (" Her er i stedet en øvelse: de samme chefer med de samme holdninger spørges to gange, og det "
                        "trækkes på ny, hvem der svarer, og hvem der svarer »ved ikke«. Ingen har altså skiftet "
                        "mening.")
            return say(why + exercise * (two is not None), edition.survey)
        told = f"Denne udgaves svar er bølgen »nu«, og svarene i {name} er bølgen »før«."
        left_out = [item.topic for item in two.new.questionnaire.items.values() if KINDS[item.scale.type].statistic
                    and item not in waves.shared(two.new.questionnaire, two.old.questionnaire)]
        if left_out:
            told += f" Disse spørgsmål er kun stillet i den ene bølge og er ikke med: {listed(left_out)}."
        return say(told, edition.survey)

    @house_style()
    def figure(self, caption: str, name: str) -> Figure | Output:
        """The largest changes between two waves with intervals for the process."""
        two = self.waves
        if two is None:
            return Output(f'<p class="note">{NO_WAVES}</p>', NO_WAVES)
        rows, total = _largest(two.behind), two.behind["estimate"].notna().sum()
        if rows.empty:
            return nothing_to_show(caption)
        frame = pd.DataFrame({
            "Ændring": [moved(row) for _, row in rows.iterrows()],
            "Interval": [moved_interval(row) for _, row in rows.iterrows()],
        }, index=pd.Index([measured(row, two.new.questionnaire) for _, row in rows.iterrows()], name="Mål"))
        told = [f"{text} {change} ({limits})" for text, change, limits in frame.itertuples()]
        n = [number(edge) for edge in (rows[["n_a", "n_b"]].min(axis=None), rows[["n_a", "n_b"]].max(axis=None))]
        return finish(
            partial(_drawn, rows, list(frame.index)), two.new.provenance, frame, caption, name=name,
            alt=f"Prikdiagram med intervaller, procentpoint. {'; '.join(told)}.",
            note=f"n fra {n[0]} til {n[1]} i hver bølge. De {number(len(rows))} største af {number(total)} ændringer "
                 f"er valgt ud, og de største er i snit overvurderet.{hidden_note(rows)}",
            reading="Prikken er ændringen fra før til nu i procentpoint, og stregen er dens "
                    f"{at_level(two.new.level, 'interval')}, {_between(two.new)}. Til højre for den lodrette streg "
                    f"er andelen steget, til venstre er den faldet. Den øverste prik er {told[0]}.",
        )

    def changes_table(self, caption: str, name: str) -> Output:
        """All measures then and now, the change with an interval for either question, and p corrected for all."""
        two = self.waves
        if two is None:
            return _empty(caption, name, NO_WAVES)
        behind = two.behind
        now, then = (shown(wave, waves.levels(wave, two.wanted)) for wave in (two.new, two.old))
        frame = pd.DataFrame({
            "Før": [value(row) for _, row in then.iterrows()],
            "Nu": [value(row) for _, row in now.iterrows()],
            "Ændring": [moved(row) for _, row in behind.iterrows()],
            "Processen": [moved_interval(row) for _, row in behind.iterrows()],
            **({"Alle adspurgte": [moved_interval(row) for _, row in two.asked.iterrows()]} if two.new.framed else {}),
            "p, korrigeret": [p_value(p) for p in behind["p_adjusted"]],
        }, index=pd.Index([measured(row, two.new.questionnaire) for _, row in behind.iterrows()], name="Mål"))
        level = at_level(two.new.level, "intervaller")
        process = f"for ændringen i processen bag svarene, {_between(two.new)}"
        told = (f"Der er to {level}: {process}, og for ændringen blandt alle adspurgte" if two.new.framed else
                f"{level} {process}")
        note = (f"Andele i procent og deres ændring i procentpoint; antal i deres egen enhed. {told}. "
                "p gælder processen og er korrigeret for alle "
                f"{number(behind['family_size'].iloc[0])} ændringer (Holms metode).{hidden_note(behind)}")
        return table(frame, caption, name, provenance=two.new.provenance, note=note, folded="Vis alle ændringer")

    def sharing_table(self, caption: str, name: str) -> Output:
        """What it means that municipalities answer in both waves: half the interval's width with and without."""
        two = self.waves
        if two is None:
            return _empty(caption, name, NO_WAVES)
        rows = _largest(two.behind)
        half = {heading: [cells.number(50 * width, 1) for width in (found["high"] - found["low"])[rows.index]]
                for heading, found in (("Kommunerne går igen", two.behind), ("Som var de andre kommuner", two.apart))}
        frame = pd.DataFrame(half, index=pd.Index(
            [measured(row, two.new.questionnaire) for _, row in rows.iterrows()], name="Mål"))
        ratio = float(settled((two.behind["se"] / two.apart["se"]).median()))
        note = ("Halvdelen af intervallets bredde i procentpoint for de ændringer, der er størst. For den midterste "
                f"af alle ændringer er usikkerheden {percent(ratio)} af, hvad den ville være, hvis kommunerne i de to "
                f"bølger ikke var de samme.{hidden_note(rows)}")
        return table(frame, caption, name, provenance=two.new.provenance, note=note)

    def known_truth(self) -> Output:
        """For an exercise: how many intervals hold the true change, and how many changes one would take for real."""
        two = self.waves
        if two is None or two.truth is None:
            told = "Her kendes den sande ændring ikke."
            return Output(f'<p class="note">{told}</p>', told)
        now, then = (waves.levels(everybody, two.wanted)["estimate"] for everybody in two.truth)
        behind, asked = two.behind, two.asked
        right = settled(now - then)
        hits = ((asked["low"] <= right) & (right <= asked["high"])).sum()
        zero = ((behind["low"] <= 0) & (behind["high"] >= 0)).sum()
        below = [number((behind[p] < settled(1 - two.new.level)).sum()) for p in ("p", "p_adjusted")]
        return say(
            f"I øvelsen kendes sandheden. Af {number(len(asked))} intervaller for alle adspurgte rummer {number(hits)} "
            f"den sande ændring, og {number(zero)} af intervallerne for processen rummer nul, som er det sande dér. "
            f"Hver for sig ville {below[0]} ændringer i processen se sikre ud. Når der tages højde for, at der er "
            f"mange, er det {below[1]}.", two.new)

    def moves_table(self, caption: str, name: str) -> Output:
        """The shares that moved most between two editions of the same answers, without tests."""
        both = self.moves
        rows = both.points[both.points.abs() >= LEAST].index[:LARGEST]
        if rows.empty:
            return _empty(caption, name, "Ingen andele flyttede sig.")
        frame = pd.DataFrame({
            **{head: [value(row, 1) for _, row in one.loc[rows].iterrows()]
               for head, one in zip(both.heads, (both.before, both.after), strict=True)},
            "Flyttet": [signed(gap) for gap in both.points[rows]],
        }, index=pd.Index([measured(row, both.survey.questionnaire) for _, row in both.after.loc[rows].iterrows()],
                          name="Mål"))
        note = (f"De {number(len(rows))} andele, der flyttede sig mest, og flytningen i procentpoint. Svarene er de "
                f"samme, så der er intet at teste.{hidden_note(both.after)}")
        return table(frame, caption, name, provenance=both.survey.provenance, note=note)

    def moves_sentence(self) -> Output:
        """How much moved between the editions, and what differs between them."""
        both = self.moves
        points = both.points.abs().round(1)
        return say(f"{both.heads[0]} mod {both.heads[1].lower()}: {number((points >= 1).sum())} af "
                   f"{number(len(points))} andele flyttede sig mindst ét procentpoint, og den største flytning er "
                   f"{number(points.max(), 1)} procentpoint.{both.told}", both.survey)

    def release(self) -> Released:
        """The edition's numbers as a file, to hold a later edition against."""
        told = f"Denne udgaves tal ligger i filen {NUMBERS}."
        link = f'<a href="../{NUMBERS}">{NUMBERS}</a>'
        return Released(f'<p class="note">{told.replace(NUMBERS, link)}</p>', told, numbers=numbers(self.edition))


def changed(edition: Edition) -> Changes:
    """What has changed since the earlier answers, or the other edition, that the parameter `mod` names.

    Between waves it has introduction(), figure(), changes_table(), sharing_table() and known_truth(), each with
    intervals; between editions moves_sentence() and moves_table(), without tests; and release(), the numbers as a file.

    >>> from civsam import book, open_edition
    >>> book.changed(open_edition()).introduction().text[:24]
    'Der er ikke angivet en t'
    """
    return Changes(edition)
