"""What tests of brought surveys share: a file's draft, written and read back as a project would."""

from pathlib import Path

import pandas as pd

from civsam.instrument import questionnaire
from civsam.instrument.questionnaire import Questionnaire
from civsam.intake.sources import reading, sampled, written
from civsam.intake.sources.draft import Draft


def brought(
    path: Path, *background: str, sheet: str | None = None, sample: str = ""
) -> tuple[Questionnaire, pd.DataFrame | None, Draft]:
    """The questionnaire and the answers that a file gives, checked against one another, and the draft they are of."""
    made = reading.survey(path, sheet, background, sampled.told(sample))
    schema, answers = path.parent / "lavet.yml", path.parent / "lavet.csv"
    schema.write_text(written.questionnaire(made, path.name), "utf-8")
    questionnaire._read.cache_clear()
    if made.answers is not None:
        answers.write_bytes(written.answers(made).encode())
        reading.check(made, schema, answers, path.name)
    return questionnaire.read(schema), made.answers, made


def said(made: Draft) -> str:
    """All that is told of what was understood and lost."""
    return "\n".join([*made.told, *made.lost])
