"""A question, and what may be answered to it."""

from __future__ import annotations

from dataclasses import dataclass

from civsam.instrument.conditions import Condition
from civsam.instrument.derived import Derived
from civsam.instrument.scale import BACKGROUND, DONT_KNOW, Scale


@dataclass(frozen=True)
class Item:
    """One question: wording, scale, block and the published statements that it serves.

    `part_of` names the count items whose sum a count may not exceed. only_if: whom it is asked; None for everybody.
    derived: how it follows from other items; then nobody is asked it, and no file has it.
    """

    id: str
    block: str
    scale: Scale
    topic: str
    wording: str
    help: str = ""
    statements: tuple[str, ...] = ()
    part_of: tuple[str, ...] = ()
    dont_know: bool = True
    only_if: Condition | None = None
    derived: Derived | None = None

    @property
    def allows_dont_know(self) -> bool:
        """Whether 'ved ikke' may be answered: where it is offered, and never to free text and background."""
        return self.dont_know and self.scale.type not in ("tekst", BACKGROUND)

    @property
    def codes(self) -> list[str]:
        """All codes that may be answered, 'ved ikke' last where it may."""
        return [*self.scale.answers, *[DONT_KNOW] * self.allows_dont_know]
