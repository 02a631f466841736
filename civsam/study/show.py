"""What chapters tell of the study itself: its facts, published figures, register and claims, each by a name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from civsam.pages.figure import Figure
from civsam.pages.output import Output
from civsam.study import claims, comparison, facts, figures, rule_power, sensitivity, structured, verdicts
from civsam.study.comparison import published_sentence as sentence
from civsam.study.municipality_map import municipality_map as map
from civsam.survey.survey import Survey

__all__ = ("judge", "map", "sentence", "table", "told")

TABLES: Mapping[str, Callable[..., Output]] = {
    "antagelser": facts.assumption_table, "kilder": facts.sources_table, "kommuner": facts.municipality_table,
    "marginer": verdicts.margin_table, "offentliggjort": facts.published_table, "områder": facts.area_table,
    "regioner": facts.region_table, "sammenligning": comparison.comparison_table, "slags tal": facts.number_kinds,
    "spørgsmål": facts.item_table, "uden spørgsmål": facts.without_item_table,
}
FACTS: Mapping[str, Callable[..., Output]] = {
    "borgmestre": facts.mayor_sentence, "bredere intervaller": facts.correction_sentence,
    "citat": facts.report_citation, "dengang": verdicts.then_sentence, "forfattere": facts.report_byline,
    "fund": facts.findings, "nøgletal": comparison.cards, "rapport": facts.report_facts,
    "regler": verdicts.rules,
    "søgemaskiner": structured.output,
}


def table(what: str, caption: str, name: str, **of: Any) -> Output:
    """A numbered table of the study, by what it is of; `TABLES` has the names, and an unknown one is told with them.

    of: survey= for "områder", "spørgsmål" and "uden spørgsmål" (those asked for are ids=); ids= of statements for
    "offentliggjort"; survey= and columns= (heading to statement to a one-row estimate) for "sammenligning".

    Raises ValueError for an unknown name.

    >>> from civsam import study
    >>> study.table("regioner", "Regionerne", "tab-eksempel").text.splitlines()[0]
    'Regionerne [register]'
    """
    return _named(TABLES, what)(caption=caption, name=name, **of)


def told(what: str, **of: Any) -> Output:
    """Facts of the study in words, by what they are about; `FACTS` has the names, and an unknown one is told with them.

    of: survey=, before= and after= (estimates for all asked and for the process) for "bredere intervaller"; topics=
    (heading to ids of statements) for "fund"; provenance= for "søgemaskiner"; survey= for "dengang"; survey=, entries=
    (words to a one-row estimate) and statements= (an id for each) for "nøgletal".

    Raises ValueError for an unknown name.

    >>> from civsam import study
    >>> study.told("forfattere").text[:10]
    'Rapport af'
    """
    return _named(FACTS, what)(**of)


def _named(known: Mapping[str, Callable[..., Output]], what: str) -> Callable[..., Output]:
    if what not in known:
        raise ValueError(f"the study has no '{what}'; it has {', '.join(known)}")
    return known[what]


@dataclass(frozen=True)
class Judged:
    """The study's claims held against answers. verdicts: a row a claim, as of `claims.judge`."""

    survey: Survey
    verdicts: pd.DataFrame

    def figure(self, caption: str, name: str) -> Figure:
        """All claims at a glance, by their verdicts."""
        return figures.verdicts(self.survey, self.verdicts, caption, name)

    def summary(self) -> Output:
        """How many claims are decided which way, and those that the answers do not support, in words."""
        return verdicts.summary(self.survey, self.verdicts)

    def table(self, ids: Iterable[str], caption: str, name: str) -> Output:
        """Some claims: what was published, how it is measured, the deciding number and the verdict."""
        return verdicts.claims_table(self.survey, self.verdicts, ids, caption, name)

    def margin(self, id: str) -> float:
        """The smallest difference that matters to a claim of no difference, in shares."""
        return claims.read()[id].margins[0]

    @cached_property
    def _power(self) -> pd.DataFrame:
        """How often each claim would be supported if it were true: seconds of work, for a table and a sentence."""
        return rule_power.supportable(self.survey)

    def power(self, caption: str, name: str) -> Output:
        """How often each claim's whole rule would support it if it were true."""
        return verdicts.power_table(self.survey, self._power, caption, name)

    def out_of_reach(self) -> Output:
        """Which claims such answers could in practice never support."""
        return verdicts.out_of_reach(self.survey, self._power)

    def choices(self, id: str, caption: str, name: str) -> Figure | Output:
        """A claim under every reasonable choice: a specification curve."""
        return figures.specifications(self.survey, sensitivity.curve(self.survey, id), caption, name)


def judge(survey: Survey) -> Judged:
    """The study's claims held against these answers: verdicts, with summary(), figure(), table(), margin() and
    choices().

    >>> from civsam import open_edition, study
    >>> judged = study.judge(open_edition().survey)
    >>> judged.margin("O9")
    0.1
    """
    return Judged(survey, claims.judge(survey))
