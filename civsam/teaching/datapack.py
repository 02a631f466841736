"""The data of the lessons for R, Stata and SPSS: a zip with answers, design, frame, truth, codebook and syntax.

The syntax is that of the page about other programs, where each has its own part.
"""

from __future__ import annotations

import io
import re
import tempfile
import zipfile
from pathlib import Path

import pandas as pd

from civsam.book.audience import OTHER_PROGRAMS
from civsam.files import project
from civsam.instrument.value_codes import codes
from civsam.intake import export
from civsam.survey.survey import SYNTHETIC, Survey
from civsam.teaching.answer_key import collecting, estimating
from civsam.teaching.exercises import edition

PART = re.compile(r"^:::\{dropdown\} (?P<program>\w+)\n(?P<text>.*?)^:::$", re.MULTILINE | re.DOTALL)
FENCE = re.compile(r"^```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SYNTAX = {"R": "analyse.R", "Stata": "analyse.do", "SPSS": "analyse.sps"}
# A file is the same whenever it is made: the programs write the hour into it.
HOURS = {".sav": (re.compile(rb"(?<=\A.{92}).{17}", re.DOTALL), b"01 Jan 7000:00:00"),
         ".dta": (re.compile(rb"(?<=<timestamp>\x11).{17}"), b"01 Jan 1970 00:00")}
READ_ME = """Data til lektionerne. Alle svar er syntetiske: ingen har svaret dette.

svar.csv, svar.sav, svar.dta  svarene, en række for hver svarperson, med baggrund og design
  vaegt         bogens vægt
  lag           gruppe af fagområde og kommunestørrelse, hvor bortfaldet regnes som tilfældigt
  antal_i_lag   stillinger i rammen i laget (N)
  klynge        kommunens nummer: klyngen, når der spørges, om grupper er forskellige
ramme.csv     alle adspurgte stillinger, også dem, der ikke svarede
sandhed.csv   hvad alle ville have svaret
bortfald.csv  to skæve træk, som intet har med svar.csv at gøre: hvad alle siger om øget fokus (pol_fokus), hvem der
              svarer, når tre fagområder svarer sjældent (skaevt), og når svaret selv bestemmer (efter_svaret)
kodebog.csv   kolonner, spørgsmål og koder
analyse.R, analyse.do, analyse.sps  lektionernes regnestykker i R, Stata og SPSS
"""


def packed() -> bytes:
    """The zip; empty where the project's own answers are not synthetic, or it has no page about other programs."""
    page = project.root / f"{OTHER_PROGRAMS}.md"
    if edition().survey.provenance != SYNTHETIC or not page.exists():
        return b""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as pack:
        for name, content in (contents(edition().survey) | syntax(page.read_text("utf-8"))).items():
            pack.writestr(zipfile.ZipInfo(f"datapakke/{name}"), content, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def syntax(page: str) -> dict[str, str]:
    """The code of each program's part, as a file."""
    return {SYNTAX[part["program"]]: "\n".join(FENCE.findall(part["text"])) for part in PART.finditer(page)}


def contents(survey: Survey) -> dict[str, str | bytes]:
    """The files of data, by name."""
    stage = survey.design.stages[0]
    others = survey.background.rename(columns={"kommunekode": "klynge"}).assign(
        vaegt=survey.design.weights, lag=stage.strata, antal_i_lag=stage.population)
    return {
        "LAESMIG.txt": READ_ME, "svar.csv": _csv(others.join(survey.answers)),
        **{f"svar{kind}": _exported(survey, others, kind) for kind in HOURS},
        "ramme.csv": _csv(survey.frame), "sandhed.csv": _csv(edition().truth.answers), "bortfald.csv": _csv(_skewed()),
        "kodebog.csv": _codebook(survey).to_csv(index=False, lineterminator="\n"),
    }


def _csv(table: pd.DataFrame) -> str:
    return table.sort_index().to_csv(lineterminator="\n")


def _exported(survey: Survey, others: pd.DataFrame, kind: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"svar{kind}")
        export.write(survey.answers, survey.questionnaire, path, others=others)
        hour, none = HOURS[kind]
        return hour.sub(none, path.read_bytes(), count=1)


def _skewed() -> pd.DataFrame:
    """Everybody's answer without anchoring, and who answers (1 or 0) in the two draws of the lessons."""
    uneven, (by_answer, everybody) = estimating.uneven(edition()), collecting.by_answer(edition())
    return everybody.frame[["fagomraade"]].assign(
        pol_fokus=everybody.answers["pol_fokus"], skaevt=everybody.frame.index.isin(uneven.answers.index).astype(int),
        efter_svaret=everybody.frame.index.isin(by_answer.answers.index).astype(int))


def _codebook(survey: Survey) -> pd.DataFrame:
    """A row for each answer that a column may hold: its code in CSV, its number in SPSS and Stata, and its words."""
    asked = survey.questionnaire
    rows = [(item.id, item.wording, code, codes(item).get(code, ""), asked.label(item.id, code) if code else "")
            for item in asked.items.values() for code in item.codes or [""]]
    return pd.DataFrame(rows, columns=["kolonne", "spoergsmaal", "kode", "tal", "betyder"])
