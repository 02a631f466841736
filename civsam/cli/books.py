"""Commands for books and what they are made of: book, profiles, simulate, notebooks, clean, publish."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from civsam.book.audience import ALONG, AUDIENCES, READERS
from civsam.cli.options import (
    STANDARD,
    asks_for_reading,
    edition_name,
    given_values,
    own_path,
    pairs,
    parameter_options,
    reading_of,
    reading_options,
    sharing_options,
    workers,
)
from civsam.files import UserError, project, shown

if TYPE_CHECKING:
    from civsam.book import build
    from civsam.edition import Edition


def _add_kept(commands: argparse._SubParsersAction) -> None:
    """What was made before: run again, or removed."""
    notebooks = commands.add_parser(
        "notebooks", help="kør notebooks igen og gem deres resultater",
        description="Kør bogens notebooks med standardværdierne, og gem resultaterne i dem.")
    notebooks.set_defaults(run=run_notebooks)
    clean = commands.add_parser("clean", help="fjern en udgave og alt, hvad der er lavet til den",
                                description="Fjern udgaver. Svarfiler og kapitler røres ikke.")
    clean.add_argument("names", metavar="NAVN", nargs="*", help="udgavens navn")
    clean.add_argument("--all", action="store_true", help="fjern alle udgaver")
    clean.set_defaults(run=run_clean)


def _add_simulate(commands: argparse._SubParsersAction) -> None:
    """Synthetic answers."""
    simulate = commands.add_parser("simulate", help="træk syntetiske svar",
                                   description="Træk hele den syntetiske undersøgelse og skriv den som filer.")
    simulate.add_argument("--seed", metavar="N", help="frø; ellers standardudgavens")
    simulate.add_argument("--out", metavar="MAPPE", help="mappe, der skrives til; ellers data/")
    simulate.set_defaults(run=run_simulate)


def add(commands: argparse._SubParsersAction) -> None:
    """Books and what they are made of."""
    build = commands.add_parser("book", help="byg en udgave af bogen", description="Byg en udgave af bogen.")
    parameter_options(build)
    build.add_argument("--edition", choices=AUDIENCES, default=READERS, metavar="HVEM",
                      help="hvem udgaven er til: alle (ellers), laerer (løsninger og noter) eller studerende (ingen)")
    reading_options(build)
    build.add_argument("--keep-valid", action="store_true",
                      help="gå videre med de gyldige rækker; de andre skrives til afviste.csv i _build/arbejde/NAVN")
    build.add_argument("--with", dest="along", action="append", default=[], choices=ALONG, metavar="DEL",
                      help=f"tag også sider om projektet med i en bog om dine egne svar: {', '.join(ALONG)}")
    more = build.add_mutually_exclusive_group()
    more.add_argument("--pdf", action="store_true", help="sæt også bogen som PDF; det kræver Chromium")
    more.add_argument("--docx", action="store_true",
                      help="lav også hvert kapitel som en Word-fil, med et link på siden; det kræver pandoc")
    more.add_argument("--watch", action="store_true",
                      help="vis bogen i browseren, og lav den igen, hver gang en side gemmes")
    build.set_defaults(run=run_book)

    profiles = commands.add_parser(
        "profiles", help="lav en side om hver kommune eller gruppe",
        description="Lav en side om hver kommune eller gruppe, og en oversigt over dem.")
    profiles.add_argument("--by", metavar="VARIABEL", default="kommune",
                          help="hvad der laves en side for hver af: kommune (ellers) eller en baggrundsvariabel")
    parameter_options(profiles)
    sharing_options(profiles)
    profiles.set_defaults(run=run_profiles)

    _add_simulate(commands)
    _add_kept(commands)
    publish = commands.add_parser(
        "publish", help="læg en bygget udgave ud med de tidligere versioner",
        description="Kopiér en bygget udgave til en mappe, der kan lægges på nettet: som sin version og som den "
                    "nyeste. Andre versioner i mappen røres ikke.")
    publish.add_argument("folder", metavar="MAPPE", help="mappen med de udgivne versioner; den laves, hvis den mangler")
    publish.add_argument("--name", metavar="NAVN", default=STANDARD, help=f"udgavens navn; ellers {STANDARD}")
    publish.add_argument("--version", metavar="NR", help="versionen; ellers den, der står i CITATION.cff")
    publish.add_argument("--again", action="store_true", help="erstat versionen, hvis den er udgivet før")
    publish.set_defaults(run=run_publish)


def run_book(options: argparse.Namespace) -> None:
    """Build an edition; what runs and renders it begins to import at once. Raises UserError and ChapterError."""
    from civsam.book import warm
    from civsam.book.stale import seem_changed

    pages, chapters = seem_changed(options.name or STANDARD)
    with warm.held(warm.KERNEL, chapters), warm.held(warm.PAGES, pages):
        make_book(options)


def rather_now(options: argparse.Namespace) -> list[Callable[[build.Places], Path]]:
    """What writes the book in the other forms that are asked for.

    Raises UserError, before anything is built, for a fault of the project and a program that is not there.
    """
    from civsam.book import projects

    projects.check_chapter(project.root)
    if (project.data / "kommuner.csv").exists():
        from civsam.study import register

        register.municipalities()
    writers = []
    if options.pdf:
        from civsam.book import pdf

        pdf.browser()
        writers.append(pdf.write)
    if options.docx:
        from civsam.book import word

        word.pandoc()
        writers.append(word.write)
    return writers


def make_book(options: argparse.Namespace) -> None:
    """Check parameters and data, then build the edition. Raises UserError and ChapterError."""
    from civsam import edition
    from civsam.book import build, earlier, releases
    from civsam.cli.whose import ask_for_imprint
    from civsam.intake.frame import register_note
    from civsam.survey.survey import COLLECTED

    taken_along = rather_now(options)
    typed = pairs(options)
    given = given_values(typed)
    name = edition_name(options.name, given, options.edition)
    if options.keep_valid or asks_for_reading(options):
        given["data"] = valid_rows(given, name, options)
    opened = edition.open_edition(**given)
    told = ask_for_imprint(opened.survey.provenance)
    if opened.survey.provenance == COLLECTED:
        told += register_note(opened.survey.frame, opened.survey.questionnaire)
    made_of = releases.traces(opened.survey, earlier.find(opened), edition.find_data(opened.parameters.get("mod", "")))
    told += releases.warnings(name, made_of)
    make = partial(build.build, name, opened.parameters, given, opened.about(), options.edition,
                   partial(releases.publish, made_of=made_of), options.along)
    if options.watch:
        print("\n".join(told), flush=True)
        follow(name, make, opened.parameters)
    made = [make()]
    told += releases.warnings(name, made_of)  # also of what has come in the meantime
    if opened.survey.provenance == COLLECTED:
        told += how_much_is_shown(name, opened)
    made += [write(build.Places(name)) for write in taken_along]
    told += [f"Bogen ligger i {shown(path) if Path.cwd() == project.root else path}" for path in made]
    print("\n".join(dict.fromkeys(told)))


def how_much_is_shown(name: str, opened: Edition) -> list[str]:
    """What of the answers an edition that has been built shows, in words, and what would let it show more.

    The first is worked out already, by its chapters, and the rest is not worked out again until they are.
    """
    from civsam.book import build, stale
    from civsam.disclosure import alternatives, summary
    from civsam.pages import door

    with build.remembering(build.Places(name), stale.surroundings(opened.parameters)):
        known = door.plan_of(opened.survey)
        if told := summary.told(known):
            print("Noget er skjult; det prøves, hvad der ville vises med færre grupper", flush=True)
            told += alternatives.told(known)
        return told


def follow(name: str, make: Callable[[], Path], values: Mapping[str, Any]) -> NoReturn:
    """Make the book again whenever one of its sources is saved, until it is stopped."""
    from civsam.book import build, watch
    from civsam.book.stale import files_in
    from civsam.files import read_json

    def version() -> str:
        make()
        return read_json(build.Places(name).state)[build.BOOK]

    here, beside = Path.cwd(), [(project.root / file).resolve() for file in files_in(values).values()]
    watch.watch(build.Places(name).book, version, beside)
    print("Kode, data eller indstillinger er ændret: der begyndes forfra", flush=True)
    os.chdir(here)
    os.execv(sys.executable, [sys.executable, "-m", "civsam.cli", *sys.argv[1:]])


def valid_rows(given: dict[str, Any], name: str, options: argparse.Namespace) -> str:
    """Write the rows without faults as an answer file in the edition's own folder, the others beside it.

    Returns the answer file, from the project's root. Raises UserError where there is nothing to go on with.
    """
    from civsam import edition
    from civsam.book import build
    from civsam.instrument.questionnaire import read
    from civsam.intake import answers, faults

    use = edition.check(given)
    frame = edition.find_frame(use)
    reading = answers.check(edition.find_data(use["data"]), read(), frame, **reading_of(options, frame))
    told = reading.accept(options.keep_valid)
    folder = build.Places(name).work
    folder.mkdir(parents=True, exist_ok=True)
    table = told.answers if told.background is None else told.answers.join(told.background)
    answers.write(table, folder / edition.VALID_ROWS, read())
    if len(told.rejected):
        faults.write_rejected(told.rejected, folder / "afviste.csv")
        print(f"{len(told.rejected)} rækker har fejl og er ikke med. De står i {shown(folder / 'afviste.csv')}.")
    return (folder / edition.VALID_ROWS).relative_to(project.root).as_posix()


def run_profiles(options: argparse.Namespace) -> None:
    """Make a page about each group. Raises UserError, also where some of the pages could not be made."""
    from civsam import profiles
    from civsam.book import releases
    from civsam.profiles import run

    processes = workers(options)
    given = given_values(pairs(options))
    common = profiles.open_common(options.by, **given)
    own = edition_name(options.name, given)
    name = f"profiler-{own if options.name else options.by if own == STANDARD else f'{options.by}_{own}'}"
    made_of = releases.traces(common.edition.survey)
    told = releases.warnings(name, made_of)
    page, broken = run.build(name, common, given, made_of, workers=processes, scheduler=options.scheduler)
    told += releases.warnings(name, made_of)  # also of what has come in the meantime
    where = shown(page) if Path.cwd() == project.root else page
    told.append(f"{len(common.groups) - len(broken)} profiler ligger i {where}")
    print("\n".join(dict.fromkeys(told)), flush=True)
    if broken:
        why = "\n".join(f"  {group}: {fault}" for group, fault in broken.items())
        raise UserError(f"{len(broken)} af {len(common.groups)} profiler kunne ikke laves:\n{why}")


def run_simulate(options: argparse.Namespace) -> None:
    """Write a synthetic study. Raises UserError for a bad seed, or if it would overwrite the standard one."""
    from civsam import edition
    from civsam.instrument.questionnaire import read
    from civsam.intake import datapackage
    from civsam.study import register, simulate

    folder = project.data if options.out is None else own_path(options.out)
    if folder == project.data:
        register.write_groups(folder)  # before the questionnaire is read, which looks things up in it
    known = edition.parameters()["seed"]
    seed = known.default if options.seed is None else known.check(known.parse(options.seed))
    if folder == project.data and seed != known.default:
        raise UserError(f"frø {seed} ville overskrive standardudgavens svar i data/. Vælg en anden mappe med --out.")
    study = simulate.write_study(seed, folder)
    if folder == project.data:
        datapackage.write_datapackage(read(), project.data, project.data / "datapakke.yml")
    print(f"Frø {seed}: {len(study.answers)} svar fra {len(study.frame)} stillinger.")
    for name in ("svar.csv", "ramme.csv", "sandhed.csv"):
        print(f"  {shown(folder / name)}")


def run_notebooks(options: argparse.Namespace) -> None:
    """Run the committed notebooks again. Raises UserError and ChapterError."""
    from civsam import edition
    from civsam.book import execute, passed

    execute.refresh(raw=passed.raw_allowed(edition.open_edition().about()))


def run_clean(options: argparse.Namespace) -> None:
    """Remove editions with all that was made for them. Raises UserError for one that is not there."""
    from civsam.book import build

    names = build.editions() if options.all else options.names
    if not names:
        raise UserError(f"skriv, hvilken udgave der skal fjernes, eller --all. Der er: {build.told()}.")
    for name in names:
        build.clean(name)
        print(f"  {name} er fjernet")


def run_publish(options: argparse.Namespace) -> None:
    """Copy a built edition to where its versions lie. Raises UserError where something would be lost."""
    from civsam.book import build, contents, own, published, versions
    from civsam.files import read_json

    places, folder = build.Places(edition_name(options.name, {})), own_path(options.folder)
    made_of = read_json(places.state).get(build.MADE_OF)
    if made_of and own.EARLIER in contents.pages():
        release = versions.own_release(places.book, options.version)
    else:
        release = versions.current(project.root / "CITATION.cff", options.version)
    versions.check(places.book, folder, release, versions.releases(folder), options.again)
    with build.one_at_a_time():
        if made_of:
            published.check(folder, made_of)
            published.note(folder, release["version"], made_of)
        newest = versions.publish(places.book, folder, release, again=options.again)
    print(f"Version {release['version']} ligger i {shown(folder / release['version'])}"
          + (f" og som den nyeste i {shown(folder)}." if newest else ". Der er en nyere, som er urørt."))
