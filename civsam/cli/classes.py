"""Commands for a class: lessons, items, grade."""

from __future__ import annotations

import argparse
import zipfile

from civsam.book.audience import AUDIENCES, STUDENTS
from civsam.cli.options import own_path
from civsam.files import UserError


def add(commands: argparse._SubParsersAction) -> None:
    """Lessons out to a class, and its answers back."""
    lessons = commands.add_parser("lessons", help="lektionerne som notebooks til klassen",
                                  description="Skriv lektionerne som notebooks uden løsninger og lærernoter.")
    lessons.add_argument("folder", metavar="MAPPE", help="mappen, de skrives i")
    lessons.add_argument("--edition", choices=AUDIENCES, default=STUDENTS, metavar="HVEM",
                         help="studerende (ellers), alle (med løsninger) eller laerer (også med noter)")
    lessons.set_defaults(run=run_lessons)
    items = commands.add_parser("items", help="opgaverne til Moodle",
                                description="Skriv opgaverne som en spørgsmålsbank, Moodle kan importere.")
    items.add_argument("file", metavar="FIL.xml", help="filen, de skrives i")
    items.set_defaults(run=run_items)
    grade = commands.add_parser("grade", help="ret en klasses notebooks og svarark",
                                description="Find svarene i det, en klasse har afleveret, og ret dem. Intet køres.")
    grade.add_argument("folder", metavar="MAPPE", help="mappen eller zip-filen med alt, hvad der er afleveret")
    grade.add_argument("--out", metavar="CSV", default="point.csv",
                       help="resultatet; ellers point.csv. Ved siden af lægges summer og klassens gæt")
    grade.add_argument("--lessons", metavar="LEKTIONER", default="",
                       help="dem, der rettes for, for eksempel bortfald,vaegtning; ellers dem, nogen har svaret på")
    grade.add_argument("--feedback", metavar="MAPPE", help="en mappe til en tilbagemelding til hver studerende")
    grade.set_defaults(run=run_grade)


def run_lessons(options: argparse.Namespace) -> None:
    """Write the lessons to work in. Raises UserError."""
    from civsam.teaching import handout

    for path in handout.hand_out(own_path(options.folder), options.edition):
        print(f"  {path.name}")


def run_items(options: argparse.Namespace) -> None:
    """Write the exercises as Moodle XML. Raises UserError."""
    from civsam.files import write_if_changed
    from civsam.teaching import moodle

    path = own_path(options.file)
    if path.suffix.lower() != ".xml":
        raise UserError(f"{options.file}: spørgsmålsbanken er en XML-fil. Giv den et navn, der ender på .xml.")
    if not path.parent.is_dir():
        raise UserError(f"{options.file}: mappen findes ikke. Lav den først.")
    content = moodle.bank()
    write_if_changed(path, content)
    print(f"{content.count(b'<questiontext')} spørgsmål ligger i {options.file}.")


def run_grade(options: argparse.Namespace) -> None:
    """Grade what a class has handed in, into CSV files that Danish Excel reads. Raises UserError."""
    from civsam.teaching import grading, standing

    place, out = own_path(options.folder), own_path(options.out)
    back = own_path(options.feedback) if options.feedback else None
    lessons = _lessons(options.lessons)
    if not place.is_dir() and not zipfile.is_zipfile(place):
        raise UserError(f"{options.folder}: det er hverken en mappe eller en zip-fil. Skriv, hvor filerne ligger.")
    if out.suffix.lower() != ".csv":
        raise UserError(f"{options.out}: resultatet er en CSV-fil. Giv den et navn, der ender på .csv.")
    tables = {name: out.with_name(f"{out.stem}{name}.csv") for name in ("", "-studerende", "-opgaver", "-gaet")}
    try:
        graded = grading.grade_all(place, lessons, but=[*tables.values(), *([back] if back else [])])
        if graded.rows.empty:
            raise UserError(f"{options.folder}: der er intet afleveret dér.")
        standing.write(graded.rows, tables[""])
        standing.write(standing.students(graded), tables["-studerende"])
        standing.write(standing.exercises(graded), tables["-opgaver"])
        standing.write(graded.guesses, tables["-gaet"])
        letters = standing.give_back(graded, back) if back else []
    except OSError as fault:
        raise UserError(f"{fault.filename or options.folder}: filen kan ikke læses eller skrives ({fault.strerror}). "
                        "Er den åben i et andet program?") from None
    print(standing.told(graded))
    print(f"Hvert svar står i {options.out}, og summerne i {tables['-studerende'].name} og {tables['-opgaver'].name}."
          + (f" Klassens gæt står i {tables['-gaet'].name}." if len(graded.guesses) else "")
          + (f" {len(letters)} tilbagemeldinger ligger i {options.feedback}." if letters else ""))


def _lessons(typed: str) -> list[str]:
    """The lessons that are named. Raises UserError for one that is not there."""
    from civsam.teaching.lessons import lessons

    wanted = [name.strip() for name in typed.split(",") if name.strip()]
    for name in wanted:
        if name not in lessons():
            raise UserError(f"lektionen '{name}' findes ikke. Der er: {', '.join(lessons())}.")
    return wanted
