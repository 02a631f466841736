"""The command line `civsam`: books, profiles, answer files, forms, projects of one's own, classes and scenarios."""

from __future__ import annotations

import argparse
import errno
import os
import re
import signal
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from civsam.book.audience import AUDIENCES, READERS, STUDENTS
from civsam.danish import plain
from civsam.files import UserError, project, shown

if TYPE_CHECKING:
    import pandas as pd

STANDARD = "standard"
DANISH = {
    "usage: ": "brug: ",
    "options": "valg",
    "positional arguments": "argumenter",
    "show this help message and exit": "vis denne hjælp",
    "the following arguments are required: %s": "der mangler: %s",
    "unrecognized arguments: %s": "ukendte argumenter: %s",
    "ambiguous option: %(option)s could match %(matches)s": "%(option)s er flertydigt: %(matches)s",
    "argument %(argument_name)s: %(message)s": "%(argument_name)s: %(message)s",
    "invalid choice: %(value)r (choose from %(choices)s)": "'%(value)s' findes ikke. Vælg mellem %(choices)s",
    "invalid %(type)s value: %(value)r": "'%(value)s' er ikke en gyldig værdi",
    "ignored explicit argument %r": "tager ingen værdi, men fik %r",
    "expected one argument": "mangler en værdi",
    "expected at least one argument": "mangler en værdi",
    "expected %s argument": "skal have %s værdi",
    "expected %s arguments": "skal have %s værdier",
    "not allowed with argument %s": "kan ikke bruges sammen med %s",
}
SYSTEM_FAULTS = {
    errno.ENOENT: "den findes ikke",
    errno.EACCES: "der er ikke adgang",
    errno.EPERM: "der er ikke adgang",
    errno.EROFS: "der kan ikke skrives dér",
    errno.ENOSPC: "disken er fuld",
    errno.ENAMETOOLONG: "navnet er for langt",
    errno.EEXIST: "der er allerede en fil af det navn",
    errno.ENOTDIR: "en del af stien er en fil, ikke en mappe",
}
# What is left of a command that is stopped; of most, a book.
UNTOUCHED = {"scenarios": "De færdige dele er gemt: kør samme kommando igen for at gøre resten."}
argparse._ = lambda text: DANISH.get(text, text)  # argparse has no other way to a language of one's own
argparse.ngettext = lambda one, many, number: argparse._(one if number == 1 else many)


class Parser(argparse.ArgumentParser):
    """An argument parser whose faults are UserErrors."""

    def error(self, message: str) -> NoReturn:
        """Raise UserError with the message and where to find help."""
        raise UserError(f"{message}. Hjælp: {self.prog} --help")


def parser() -> Parser:
    """The commands and their options."""
    top = Parser(prog="civsam", description="Byg bogen, læs svar ind og ud, lav skemaer, og læg egne projekter ud.")
    commands = top.add_subparsers(dest="command", required=True, metavar="kommando")
    _book_commands(commands)
    _answer_commands(commands)
    _project_commands(commands)
    _class_commands(commands)
    _laboratory_commands(commands)
    return top


def _book_commands(commands: argparse._SubParsersAction) -> None:
    """Books and what they are made of."""
    build = commands.add_parser("book", help="byg en udgave af bogen", description="Byg en udgave af bogen.")
    _parameter_options(build)
    build.add_argument("--edition", choices=AUDIENCES, default=READERS, metavar="HVEM",
                      help="hvem udgaven er til: alle (ellers), laerer (løsninger og noter) eller studerende (ingen)")
    _reading_options(build)
    build.add_argument("--keep-valid", action="store_true",
                      help="gå videre med de gyldige rækker; de andre skrives til afviste.csv i _build/arbejde/NAVN")
    build.add_argument("--pdf", action="store_true", help="sæt også bogen som PDF; det kræver Chromium")

    profiles = commands.add_parser(
        "profiles", help="lav en side om hver kommune eller gruppe",
        description="Lav en side om hver kommune eller gruppe, og en oversigt over dem.")
    profiles.add_argument("--by", metavar="VARIABEL", default="kommune",
                          help="hvad der laves en side for hver af: kommune (ellers) eller en baggrundsvariabel")
    _parameter_options(profiles)
    profiles.add_argument("--workers", metavar="N",
                          help="processer på denne maskine; ellers så mange, som den har kerner")
    profiles.add_argument("--scheduler", metavar="ADRESSE",
                          help="kør på den Dask-klynge, hvis planlægger har adressen")

    simulate = commands.add_parser("simulate", help="træk syntetiske svar",
                                   description="Træk hele den syntetiske undersøgelse og skriv den som filer.")
    simulate.add_argument("--seed", metavar="N", help="frø; ellers standardudgavens")
    simulate.add_argument("--out", metavar="MAPPE", help="mappe, der skrives til; ellers data/")

    commands.add_parser("notebooks", help="kør notebooks igen og gem deres resultater",
                        description="Kør bogens notebooks med standardværdierne, og gem resultaterne i dem.")
    clean = commands.add_parser("clean", help="fjern en udgave og alt, hvad der er lavet til den",
                                description="Fjern udgaver. Svarfiler og kapitler røres ikke.")
    clean.add_argument("names", metavar="NAVN", nargs="*", help="udgavens navn")
    clean.add_argument("--all", action="store_true", help="fjern alle udgaver")

    publish = commands.add_parser(
        "publish", help="læg en bygget udgave ud med de tidligere versioner",
        description="Kopiér en bygget udgave til en mappe, der kan lægges på nettet: som sin version og som den "
                    "nyeste. Andre versioner i mappen røres ikke.")
    publish.add_argument("folder", metavar="MAPPE", help="mappen med de udgivne versioner; den laves, hvis den mangler")
    publish.add_argument("--name", metavar="NAVN", default=STANDARD, help=f"udgavens navn; ellers {STANDARD}")
    publish.add_argument("--version", metavar="NR", help="versionen; ellers den, der står i CITATION.cff")
    publish.add_argument("--again", action="store_true", help="erstat versionen, hvis den er udgivet før")


def _answer_commands(commands: argparse._SubParsersAction) -> None:
    """Answers in and out."""
    check = commands.add_parser("check", help="find alle fejl i en svarfil",
                                description="Læs en svarfil, sig, hvad der blev genkendt, og find alle fejl i den.")
    check.add_argument("file", metavar="FIL", help="CSV, .xlsx, .sav, .dta eller .parquet")
    _reading_options(check)
    _frame_option(check)
    check.add_argument("--report", metavar="CSV", help="skriv alle fejl til denne fil")

    collect = commands.add_parser("collect", help="saml svarfiler fra det elektroniske skema",
                                  description="Saml svarfilerne i en mappe til én svarfil.")
    collect.add_argument("folder", metavar="MAPPE", help="mappen med svar-NØGLE.json")
    collect.add_argument("--out", metavar="FIL", default="svar-samlet.csv", help="svarfilen; ellers svar-samlet.csv")
    _frame_option(collect, "rammefil med nøgler; ellers tages alle nøgler")

    export = commands.add_parser("export", help="skriv svar som .sav, .dta eller CSV",
                                 description="Skriv svarene i en svarfil med etiketter.")
    export.add_argument("file", metavar="SVARFIL", help="svarfilen")
    export.add_argument("out", metavar="FIL", help="den nye fil: .sav, .dta eller .csv")
    _reading_options(export)
    _frame_option(export)
    export.add_argument("--excel", action="store_true", help="CSV med etiketter til dansk Excel")


def _project_commands(commands: argparse._SubParsersAction) -> None:
    """Who is asked, with what, and in which project."""
    frame = commands.add_parser("frame", help="rammen: hvem der bliver spurgt", description="Arbejd med rammen.")
    keys = frame.add_subparsers(dest="part", required=True, metavar="del").add_parser(
        "keys", help="giv alle i rammen en tilfældig nøgle", description="Giv alle i rammen en tilfældig nøgle.")
    keys.add_argument("--out", metavar="FIL", default="ramme-noegler.csv", help="den nye fil; ellers ramme-noegler.csv")
    _frame_option(keys, "rammefil; ellers projektets egen")
    keys.add_argument("--link", metavar="ADRESSE", help="skemaets adresse; så får alle et link")

    form = commands.add_parser("form", help="skemaet som XLSForm, udskrift og side på nettet",
                               description="Skriv skemaet som XLSForm, til udskrift og som side på nettet.")
    form.add_argument("--out", metavar="MAPPE", default="skema", help="mappe; ellers skema/")

    new = commands.add_parser("new", help="læg et nyt projekt ud om en anden undersøgelse",
                              description="Læg en mappe ud med et spørgeskema og en bog, der er drevet af det.")
    new.add_argument("folder", metavar="NAVN", help="projektets mappe")
    new.add_argument("--questionnaire", metavar="FIL", help="spørgeskemaet; ellers et lille at begynde med")
    new.add_argument("--again", action="store_true", help="lav kun kapitlerne igen, når skemaet er ændret")


def _class_commands(commands: argparse._SubParsersAction) -> None:
    """Lessons out to a class, and its answers back."""
    lessons = commands.add_parser("lessons", help="lektionerne som notebooks til klassen",
                                  description="Skriv lektionerne som notebooks uden løsninger og lærernoter.")
    lessons.add_argument("folder", metavar="MAPPE", help="mappen, de skrives i")
    lessons.add_argument("--edition", choices=AUDIENCES, default=STUDENTS, metavar="HVEM",
                         help="studerende (ellers), alle (med løsninger) eller laerer (også med noter)")
    grade = commands.add_parser("grade", help="ret en klasses notebooks",
                                description="Find svarene i en mappe med notebooks, og ret dem. Intet i dem køres.")
    grade.add_argument("folder", metavar="MAPPE", help="mappen med notebooks, én for hver studerende")
    grade.add_argument("--out", metavar="CSV", default="point.csv", help="resultatet; ellers point.csv")


def _laboratory_commands(commands: argparse._SubParsersAction) -> None:
    """Many surveys whose truth is known."""
    scenarios = commands.add_parser("scenarios", help="laboratoriet: mange undersøgelser, hvor sandheden er kendt",
                                    description="Gennemfør undersøgelsen mange gange på mange måder.")
    run = scenarios.add_subparsers(dest="part", required=True, metavar="del").add_parser(
        "run", help="kør et gitter af scenarier", description="Kør et gitter af scenarier. Afbrydes det, fortsætter "
        "samme kommando, hvor det slap.")
    run.add_argument("grid", metavar="GITTER.yml", help="filen med gitteret")
    run.add_argument("--out", metavar="FIL.parquet", help="tabellen; ellers _build/scenarier/GITTER.parquet")
    run.add_argument("--workers", metavar="N", help="processer på denne maskine; ellers så mange, som den har kerner")
    run.add_argument("--scheduler", metavar="ADRESSE", help="kør på den Dask-klynge, hvis planlægger har adressen")


def parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options; parameters of a book may stand anywhere among them. Raises UserError."""
    top = parser()
    options, rest = top.parse_known_args(arguments)
    if rest and (options.command not in ("book", "profiles") or any(text.startswith("-") for text in rest)):
        top.error(DANISH["unrecognized arguments: %s"] % " ".join(rest))
    if rest:
        options.assignments += rest
    return options


def _parameter_options(command: argparse.ArgumentParser) -> None:
    """The parameters of an edition, and its name."""
    command.add_argument("assignments", nargs="*", metavar="NAVN=VÆRDI", help="en parameter og dens værdi")
    command.add_argument("-p", nargs=2, action="append", default=[], dest="pairs", metavar=("NAVN", "VÆRDI"),
                         help="det samme, skrevet som to ord; kan gentages")
    command.add_argument("--data", metavar="FIL", help="svarfil; det samme som -p data FIL")
    _frame_option(command, "rammefil, eller ingen; det samme som -p ramme FIL")
    command.add_argument("--name", metavar="NAVN", help="udgavens navn; ellers laves det af parametrene")
    command.add_argument("--publish-text", action="store_true", help="vis fri tekst; det samme som fritekst=vis")


def _reading_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--sheet", metavar="ARK", help="det ark i en projektmappe, som svarene står i")


def _frame_option(
    command: argparse.ArgumentParser, meaning: str = "rammefil, eller ingen; ellers projektets egen"
) -> None:
    command.add_argument("--ramme", "--frame", metavar="FIL", help=meaning)


def pairs(options: argparse.Namespace) -> dict[str, str]:
    """The parameters as typed. Raises UserError for one given twice, or an argument without '='."""
    typed = [tuple(pair) for pair in options.pairs]
    typed += [(name, getattr(options, name)) for name in ("data", "ramme") if getattr(options, name) is not None]
    typed += [("fritekst", "vis")] if options.publish_text else []
    for text in options.assignments:
        name, sign, value = text.partition("=")
        if not sign:
            raise UserError(f"'{text}' er ikke en parameter. Skriv NAVN=VÆRDI, for eksempel seed=7.")
        typed.append((name, value))
    names = [name for name, _ in typed]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UserError(f"parameteren {twice[0]} er angivet mere end én gang.")
    return dict(typed)


def given_values(typed: dict[str, str]) -> dict[str, Any]:
    """The typed parameters that differ from the defaults, parsed; a file inside the project is told from its root.

    Raises UserError for an unknown name or a value that cannot be.
    """
    from civsam import edition
    from civsam.book.contents import FILES

    values = {name: edition.known(name).parse(text) for name, text in typed.items()}
    for name in set(FILES) & values.keys():
        if values[name].strip() and values[name] not in (edition.NO_FRAME, edition.SAME_FRAME):
            path = edition.find_data(values[name])
            values[name] = path.relative_to(project.root).as_posix() if path.is_relative_to(project.root) else str(path)
    edition.check(values)
    return {name: value for name, value in values.items() if value != edition.parameters()[name].default}


def edition_name(wanted: str | None, given: dict[str, Any], audience: str = READERS) -> str:
    """The edition's folder name: as wanted, else made from the parameters. Raises UserError for one that cannot be."""
    from civsam.book.contents import FILES

    if wanted is None:
        texts = {name: Path(value).stem if name in FILES else str(value) for name, value in given.items()}
        parts = [audience] * (audience != READERS) + [f"{name}-{plain(text)}" for name, text in texts.items()]
        return "_".join(parts)[:100] or STANDARD
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}", wanted) or wanted.endswith("."):
        raise UserError(f"udgaven kan ikke hedde '{wanted}'. Navnet må kun bestå af bogstaverne a-z, tal, bindestreg, "
                        "understregning og punktum, og det må ikke begynde med bindestreg eller punktum.")
    if wanted.lower() == STANDARD and (given or audience != READERS):
        raise UserError(f"navnet '{wanted}' er forbeholdt udgaven uden parametre. Vælg et andet med --name.")
    return wanted


def run_book(options: argparse.Namespace) -> None:
    """Check parameters and data, then build the edition. Raises UserError and ChapterError."""
    from civsam import edition
    from civsam.book import build, earlier, projects, releases

    projects.check_chapter(project.root)
    if options.pdf:
        from civsam.book import pdf

        pdf.browser()  # rather now than when the book has been built
    typed = pairs(options)
    given = given_values(typed)
    name = edition_name(options.name, given, options.edition)
    if options.keep_valid or options.sheet:
        given["data"] = valid_rows(given, name, options)
    opened = edition.open_edition(**given)
    made_of = releases.traces(opened.survey, earlier.find(opened), edition.find_data(opened.parameters.get("mod", "")))
    told = releases.warnings(name, made_of)
    made = [build.build(name, opened.parameters, given, opened.about(), options.edition,
                       partial(releases.publish, made_of=made_of))]
    told += releases.warnings(name, made_of)  # also of what has come in the meantime
    made += [pdf.write(build.Places(name))] if options.pdf else []
    told += [f"Bogen ligger i {shown(path) if Path.cwd() == project.root else path}" for path in made]
    print("\n".join(dict.fromkeys(told)))


def run_profiles(options: argparse.Namespace) -> None:
    """Make a page about each group. Raises UserError, also where some of the pages could not be made."""
    from civsam import profiles
    from civsam.book import releases
    from civsam.profiles import run

    if options.workers is not None and not re.fullmatch(r"[1-9]\d{0,3}", options.workers):
        raise UserError(f"--workers kan ikke være '{options.workers}'. Tilladt: hele tal fra 1 til 9999.")
    given = given_values(pairs(options))
    common = profiles.open_common(options.by, **given)
    own = edition_name(options.name, given)
    name = f"profiler-{own if options.name else options.by if own == STANDARD else f'{options.by}_{own}'}"
    made_of = releases.traces(common.edition.survey)
    told = releases.warnings(name, made_of)
    page, broken = run.build(name, common, given, made_of, workers=options.workers and int(options.workers),
                             scheduler=options.scheduler)
    told += releases.warnings(name, made_of)  # also of what has come in the meantime
    where = shown(page) if Path.cwd() == project.root else page
    told.append(f"{len(common.groups) - len(broken)} profiler ligger i {where}")
    print("\n".join(dict.fromkeys(told)), flush=True)
    if broken:
        why = "\n".join(f"  {group}: {fault}" for group, fault in broken.items())
        raise UserError(f"{len(broken)} af {len(common.groups)} profiler kunne ikke laves:\n{why}")


def valid_rows(given: dict[str, Any], name: str, options: argparse.Namespace) -> str:
    """Write the rows without faults as an answer file in the edition's own folder, the others beside it.

    Returns the answer file, from the project's root. Raises UserError where there is nothing to go on with.
    """
    from civsam import edition
    from civsam.book import build
    from civsam.instrument.questionnaire import read
    from civsam.intake import answers, faults

    use = edition.check(given)
    reading = answers.check(edition.find_data(use["data"]), read(), edition.find_frame(use), sheet=options.sheet)
    told = reading.accept(options.keep_valid)
    folder = build.Places(name).work
    folder.mkdir(parents=True, exist_ok=True)
    table = told.answers if told.background is None else told.answers.join(told.background)
    answers.write(table, folder / edition.VALID_ROWS)
    if len(told.rejected):
        faults.write_rejected(told.rejected, folder / "afviste.csv")
        print(f"{len(told.rejected)} rækker har fejl og er ikke med. De står i {shown(folder / 'afviste.csv')}.")
    return (folder / edition.VALID_ROWS).relative_to(project.root).as_posix()


def own_path(text: str) -> Path:
    """The path as typed, seen from where the user stands."""
    return Path(os.path.expanduser(text)).resolve()


def frame_for(options: argparse.Namespace) -> pd.DataFrame | None:
    """The frame that an option names, or the project's own; None for none. Raises UserError."""
    from civsam import edition

    return edition.find_frame(edition.check({} if options.ramme is None else {"ramme": options.ramme}))


def run_check(options: argparse.Namespace) -> None:
    """Tell what a file holds and what is wrong with it. Raises UserError with the faults."""
    from civsam import edition
    from civsam.instrument.questionnaire import read
    from civsam.intake import answers, faults

    path, frame = own_path(options.file), frame_for(options)
    reading = answers.check(path, read(), frame, sheet=options.sheet)
    print("\n".join(reading.notes))
    if options.report:
        faults.write_report(reading.faults, own_path(options.report))
        print(f"{len(reading.faults)} fejl er skrevet til {options.report}.")
    reading.accept()
    if frame is None:
        edition.own_frame(reading, read(), shown(path))
    print(f"{len(reading.answers)} svar uden fejl.")


def run_collect(options: argparse.Namespace) -> None:
    """Join the answer files of a folder. Raises UserError."""
    from civsam.instrument.questionnaire import read
    from civsam.intake import collecting

    frame = None if options.ramme is None else frame_for(options)
    table, report = collecting.collect(own_path(options.folder), read(), frame)
    if len(table):
        collecting.write(table, own_path(options.out))
    print(collecting.summary(report), flush=True)
    if table.empty:
        raise UserError("ingen af filerne kunne bruges, så der er ikke skrevet nogen svarfil.")
    print(f"{len(table)} svar står i {options.out}.")


def run_frame(options: argparse.Namespace) -> None:
    """Give all in the frame a key, and a link where the form's address is known. Raises UserError."""
    from civsam.intake import collecting

    frame = frame_for(options)
    if frame is None:
        raise UserError("der er ingen ramme at give nøgler. Angiv den med --ramme.")
    keyed = collecting.add_keys(frame)
    collecting.write(collecting.links(keyed, options.link) if options.link else keyed, own_path(options.out))
    print(f"{len(keyed)} nøgler står i {options.out}. Filen siger, hvem der svarer hvad: opbevar den sikkert.")


def run_form(options: argparse.Namespace) -> None:
    """Write the questionnaire as others need it. Raises UserError."""
    from civsam.instrument import forms
    from civsam.instrument.questionnaire import read

    folder = own_path(options.out)
    for path in forms.write(read(), folder):
        print(f"  {shown(path)}")


def run_export(options: argparse.Namespace) -> None:
    """Write answers with labels. Raises UserError."""
    from civsam.instrument.questionnaire import read
    from civsam.intake import answers, export

    out = own_path(options.out)
    export.check_place(out, excel=options.excel)
    reading = answers.check(own_path(options.file), read(), frame_for(options), sheet=options.sheet).accept()
    export.write(reading.answers, read(), out, excel=options.excel)
    print(f"{len(reading.answers)} svar står i {options.out}.")


def run_new(options: argparse.Namespace) -> None:
    """Lay out a project. Raises UserError."""
    from civsam.book import projects

    given = None if options.questionnaire is None else own_path(options.questionnaire)
    for path in projects.create(own_path(options.folder), given, again=options.again):
        print(f"  {shown(path)}")
    if not options.again:
        print(f"Gå til mappen {options.folder}, læg svarene i data/svar.csv, og skriv: civsam book")


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
    from civsam.book import build, versions
    from civsam.files import read_json

    release = versions.current(project.root / "CITATION.cff", options.version)
    places, folder = build.Places(edition_name(options.name, {})), own_path(options.folder)
    newest = versions.publish(places.book, folder, release, again=options.again)
    print(f"Version {release['version']} ligger i {shown(folder / release['version'])}"
          + (f" og som den nyeste i {shown(folder)}." if newest else ". Der er en nyere, som er urørt."))
    if read_json(places.state).get(build.MADE_OF) and len(versions.releases(folder)) > 1:
        print("Bemærk: versionerne i mappen kan læses sammen. Er to af dem lavet af næsten de samme svar, kan de røbe, "
              "hvad de sidste svarede. Behold da kun den ene.")


def run_simulate(options: argparse.Namespace) -> None:
    """Write a synthetic study. Raises UserError for a bad seed, or if it would overwrite the standard one."""
    from civsam import edition
    from civsam.instrument.questionnaire import read
    from civsam.intake import datapackage
    from civsam.study import register, simulate

    known = edition.parameters()["seed"]
    seed = known.default if options.seed is None else known.check(known.parse(options.seed))
    folder = project.data if options.out is None else Path(os.path.expanduser(options.out)).resolve()
    if folder == project.data and seed != known.default:
        raise UserError(f"frø {seed} ville overskrive standardudgavens svar i data/. Vælg en anden mappe med --out.")
    study = simulate.write_study(seed, folder)
    if folder == project.data:
        register.write_groups(folder)
        datapackage.write_datapackage(read(), project.data, project.data / "datapakke.yml")
    print(f"Frø {seed}: {len(study.answers)} svar fra {len(study.frame)} stillinger.")
    for name in ("svar.csv", "ramme.csv", "sandhed.csv"):
        print(f"  {shown(folder / name)}")


def run_scenarios(options: argparse.Namespace) -> None:
    """Run a grid of scenarios and write the summary. Raises UserError."""
    from civsam.laboratory import declare, run

    if options.workers is not None and not re.fullmatch(r"[1-9]\d{0,3}", options.workers):
        raise UserError(f"--workers kan ikke være '{options.workers}'. Tilladt: hele tal fra 1 til 9999.")
    path = own_path(options.grid)
    out = project.build / run.FOLDER / f"{path.stem}.parquet" if options.out is None else own_path(options.out)
    if out.suffix != ".parquet":
        raise UserError(f"{shown(out)}: tabellen skrives som Parquet. Giv filen et navn, der ender på .parquet.")
    grid = declare.read(path)
    print(f"{grid.title}: {len(grid.scenarios)} scenarier, {grid.replications} gentagelser af hvert.", flush=True)
    table = run.run(grid, project.build / run.FOLDER, options.workers and int(options.workers), options.scheduler)
    run.write(grid, table, out)
    print(f"Tabellen ligger i {shown(out)}")


def ensure_home() -> None:
    """Give a user whom the machine does not know, as in a container, the folder that Jupyter and matplotlib ask for."""
    if os.path.expanduser("~") == "~":
        os.environ["HOME"] = str(project.work)


def run_notebooks(options: argparse.Namespace) -> None:
    """Run the committed notebooks again. Raises UserError and ChapterError."""
    from civsam.book import execute as chapters

    chapters.refresh()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit status is 0, 2 for a fault that the user can mend, 1 for others, 130 if stopped."""
    from civsam.book.execute import ChapterError

    commands = {"book": run_book, "profiles": run_profiles, "simulate": run_simulate, "notebooks": run_notebooks,
                "check": run_check, "collect": run_collect, "frame": run_frame, "form": run_form, "export": run_export,
                "new": run_new, "clean": run_clean, "publish": run_publish, "lessons": run_lessons, "grade": run_grade,
                "scenarios": run_scenarios}
    options = None
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends as Ctrl-C does, with all that work for it
    try:
        project.open()
        options = parsed(arguments)
        ensure_home()
        commands[options.command](options)
        return 0
    except (UserError, ChapterError) as fault:
        print(f"civsam: {fault}", file=sys.stderr)
        return 2 if isinstance(fault, UserError) else 1
    except BrokenPipeError:  # whoever reads what is printed has gone: what was to be written is
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as fault:
        why = SYSTEM_FAULTS.get(fault.errno, f"systemfejl {fault.errno}")
        print(f"civsam: {fault.filename or 'filen'}: kan ikke læses eller skrives; {why}.", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        left = UNTOUCHED.get(options and options.command, "Den seneste færdige bog er urørt.")
        print(f"\ncivsam: afbrudt. {left}", file=sys.stderr, flush=True)
        os._exit(130)  # at once: the chapters' threads would be waited for, and their kernels end by themselves


if __name__ == "__main__":
    sys.exit(main())
