"""Commands for a class: lessons, grade."""

from __future__ import annotations

import argparse

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
    grade = commands.add_parser("grade", help="ret en klasses notebooks",
                                description="Find svarene i en mappe med notebooks, og ret dem. Intet i dem køres.")
    grade.add_argument("folder", metavar="MAPPE", help="mappen med notebooks, én for hver studerende")
    grade.add_argument("--out", metavar="CSV", default="point.csv", help="resultatet; ellers point.csv")
    grade.set_defaults(run=run_grade)


def run_lessons(options: argparse.Namespace) -> None:
    """Write the lessons to work in. Raises UserError."""
    from civsam.book import audience

    for path in audience.hand_out(own_path(options.folder), options.edition):
        print(f"  {path.name}")


def run_grade(options: argparse.Namespace) -> None:
    """Grade a folder of notebooks into a CSV file that Danish Excel reads. Raises UserError."""
    from civsam.teaching import grading

    folder = own_path(options.folder)
    notebooks = sorted(folder.glob("*.ipynb"))
    if not notebooks:
        raise UserError(f"{options.folder}: der er ingen notebooks i mappen. De skal ende på .ipynb.")
    points = grading.grade_all(notebooks)
    points.to_csv(own_path(options.out), sep=";", index=False, encoding="utf-8-sig", lineterminator="\n")
    print(f"{len(notebooks)} notebooks med {len(points)} svar, hvoraf {points['rigtigt'].sum()} er rigtige. "
          f"De står i {options.out}.")
