"""Two waves of a survey: what has changed, with intervals that know that the same municipalities answer in both.

The waves are stacked into one survey in which the wave is a variable that groups are formed by. A change is then a
contrast as any other (`compare.contrasts`), and its variance comes from the one variance function. What the design of
the stack is depends on the question:

- `population`: what would all who were asked then, and all who are asked now, have said? Each wave has a response phase
  of its own. Its response groups are strata of their own, with the finite population correction and the margins of that
  wave, so the variances add up. Where those who answered once are readier to answer again and hold on to what they
  said, this is a little too wide.
- `process`: has what lies behind the answers changed? A municipality is one cluster in both waves, so that what it
  brings to both cancels: var(a - b) = var(a) + var(b) - 2 cov(a, b), where the covariance comes of adding up the
  influence values of both waves within clusters (Binder 1983; for pooled surveys Lewis 2017). A manager who answers in
  both waves is in the same municipality in both, and so is accounted for too. CR2 as in `compare`.
- `sample`: as for the process, but for the few clusters.

Where no clusters are named, each respondent is one, in both waves, if the answers have keys.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
from scipy.linalg import block_diag

from civsam.danish import listed
from civsam.files import UserError
from civsam.inference import compare, estimate, weighting
from civsam.instrument import routing
from civsam.instrument.kinds import KINDS
from civsam.instrument.questionnaire import Background, Item, Questionnaire, Weighting
from civsam.survey.design import Calibration, Design, Stage
from civsam.survey.survey import PLURAL, Survey

WAVE, NOW, THEN, WHO = "boelge", "nu", "foer", "svarperson"
WAVES = Background(WAVE, "bølge", {NOW: "Nu", THEN: "Før"})

Measured = tuple[str, str | None, bool]  # item, answer (None for a count), and whether a count is a share of others


def measures(items: Iterable[Item]) -> list[Measured]:
    """What is followed from wave to wave, a few numbers an item; free text has none.

    The first answer of two, else every answer; the upper half of an ordered scale as one; the mean of a count, or the
    share that it is of others.
    """
    found: list[Measured] = []
    for item in items:
        codes = list(item.scale.answers)
        if item.scale.type == "antal":
            found.append((item.id, None, bool(item.part_of)))
        elif item.scale.type == "ordinal":
            found.append((item.id, "+".join(codes[-(len(codes) // 2):]), False))
        elif KINDS[item.scale.type].statistic:
            found += [(item.id, code, False) for code in (codes[:1] if len(codes) == 2 else codes)]
    return found


def levels(survey: Survey, wanted: Iterable[Measured]) -> pd.DataFrame:
    """The measures of one wave, a row each, as `estimate` has them."""
    def one(item: str, answer: str | None, ratio: bool) -> pd.DataFrame:
        if answer is not None:
            return estimate.shares(survey, item, answer)
        return estimate.ratios(survey, item) if ratio else estimate.means(survey, item)

    return pd.concat([one(*measured) for measured in wanted], ignore_index=True)


def shared(new: Questionnaire, old: Questionnaire) -> list[Item]:
    """The items that both questionnaires have with the same answers (and parts of the same counts), in order.

    What some are asked only is the same where they are the same ones, and what that depends on is shared too.
    """
    def kept(item: Item) -> tuple[object, ...]:
        return item.scale.type, item.scale.answers, item.part_of, item.only_if, item.derived

    return routing.closed(item for name, item in new.items.items()
                          if name in old.items and kept(item) == kept(old.items[name]))


def changes(
    new: Survey, old: Survey, wanted: Iterable[Measured] | None = None, *, process: bool = False,
    small_sample: bool = True,
) -> pd.DataFrame:
    """The new wave less the old one, a row a measure, with the columns of `compare.contrasts`; by is `WAVE`.

    wanted: all `measures` of the `shared` items unless given. process: the question, see above; both waves are weighted
    as for the population. small_sample: as in `compare`.

    Raises UserError for waves of which only one is synthetic, and for an item that only one of them has; ValueError for
    waves with different targets.
    """
    both = stacked(new, old)
    wanted = measures(both.questionnaire.items.values()) if wanted is None else list(wanted)
    if missing := list(dict.fromkeys(item for item, *_ in wanted if item not in both.questionnaire.items)):
        raise UserError(f"{listed(missing)}: spørgsmålet findes kun i den ene bølge, eller svarmulighederne er ændret, "
                        "eller det er ikke de samme, der spørges. Udelad det af sammenligningen.")
    both = weighting.for_process(both) if process else both
    parts = [compare.contrasts(both, item, answer, WAVE, THEN, ratio=ratio, small_sample=small_sample)
             for item, answer, ratio in wanted]
    return pd.concat(parts, ignore_index=True).assign(provenance=new.provenance)


def stacked(new: Survey, old: Survey) -> Survey:
    """Both waves as one survey of the `shared` items, grouped by `WAVE`; a cluster is the same one in both.

    What is shown of it must go through the plans of both waves (`disclosure.between`): it has none of its own. Errors
    as `changes`.
    """
    if new.provenance != old.provenance:
        raise UserError(f"den ene bølges svar er {PLURAL[new.provenance]} og den andens {PLURAL[old.provenance]}. "
                        "De kan ikke holdes op mod hinanden.")
    if new.design.replicates or old.design.replicates:
        raise UserError("bølger med replikatvægte kan ikke holdes op mod hinanden.")
    if new.design.target != old.design.target:
        raise ValueError(f"one wave is about {new.design.target}, the other about {old.design.target}")
    if new.design.lonely != old.design.lonely:
        raise UserError(f"strata med én klynge: den ene bølge har lonely={new.design.lonely!r}, den anden "
                        f"{old.design.lonely!r}. Læs dem ind med det samme.")
    items = {item.id: item for item in shared(new.questionnaire, old.questionnaire)}
    waves = {NOW: new, THEN: old}
    frame = pd.concat({name: wave.frame.assign(**{WAVE: name}) for name, wave in waves.items()})
    cluster = new.questionnaire.weighting.cluster
    if not cluster and new.keyed and old.keyed:
        cluster, frame = WHO, frame.assign(**{WHO: frame.index.get_level_values(1)})
    design = None if new.design.target == "sample" else _design(new.design, old.design)
    return new.having(
        answers=pd.concat({name: wave.answers[list(items)] for name, wave in waves.items()}),
        frame=frame, framed=new.framed and old.framed, design=design,
        questionnaire=replace(new.questionnaire, items=items, background={WAVE: WAVES},
                              weighting=Weighting(cluster=cluster)),
    )


def _design(new: Design, old: Design) -> Design:
    """Both designs side by side: no stratum, cluster or margin is shared."""
    stages = tuple(
        Stage(_apart(a.strata, b.strata), _apart(a.clusters, b.clusters), np.concatenate([a.population, b.population]))
        for a, b in zip(new.stages, old.stages, strict=True))
    calibration = _calibration(new, old) if new.calibration or old.calibration else None
    design = Design(np.concatenate([new.weights, old.weights]), stages, new.target, calibration, lonely=new.lonely)
    return design.made_by(partial(_among, new, old) if new.target != "drawn" else None)


def _among(new: Design, old: Design, there: np.ndarray) -> Design:
    """The stacked design where those there (n,), of both waves, are the respondents."""
    first = len(new.weights)
    return _design(new.among(there[:first]), old.among(there[first:]))


def _calibration(new: Design, old: Design) -> Calibration:
    """Both calibrations side by side. A wave without one has been calibrated to nothing."""
    a, b = (one.calibration or Calibration(np.zeros(len(one.weights), dtype=int), np.zeros((1, 0)), one.weights)
            for one in (new, old))
    return Calibration(_apart(a.cell, b.cell), block_diag(a.x, b.x), np.concatenate([a.weights, b.weights]),
                       max(a.iterations, b.iterations), max(a.discrepancy, b.discrepancy))


def _apart(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Both arrays of codes as one, with no code in common."""
    return np.concatenate([first, second + first.max(initial=-1) + 1])
