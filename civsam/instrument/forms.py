"""All forms of a questionnaire at once: electronic, to print, and XLSForm."""

from __future__ import annotations

from pathlib import Path

from civsam.instrument import webform
from civsam.instrument.print_form import print_page
from civsam.instrument.questionnaire import Questionnaire
from civsam.instrument.xlsform import xlsform


def write(questionnaire: Questionnaire, folder: Path, home: str = "") -> list[Path]:
    """Write all forms in a folder, and return their files: electronic, to print, and XLSForm.

    home: address of the book to link to, if any. Raises UserError for texts that are missing and names that clash.
    """
    about = webform.read_about()
    folder.mkdir(parents=True, exist_ok=True)
    sheet, paper = folder / "skema.xlsx", folder / "skema-print.html"
    xlsform(questionnaire, sheet, about)
    paper.write_text(print_page(questionnaire, about), encoding="utf-8", newline="\n")
    return [webform.write(questionnaire, folder, about, home), paper, sheet]
