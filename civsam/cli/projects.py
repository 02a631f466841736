"""Commands for who is asked, with what, and in which project: frame, form, new."""

from __future__ import annotations

import argparse
import hashlib

from civsam.cli.options import frame_for, frame_option, own_path
from civsam.danish import listed
from civsam.files import QUESTIONNAIRE, UserError, project, shown

# What the study's own form says of who asks, which is nobody: a digest of each text.
OF_STUDY = {"afsender": "0852f49b4b5088b3",
            "formaal": "b72cf134c86da500",
            "kontakt": "04065d69043ce333"}


def add(commands: argparse._SubParsersAction) -> None:
    """Who is asked, with what, and in which project."""
    frame = commands.add_parser("frame", help="rammen: hvem der bliver spurgt", description="Arbejd med rammen.")
    keys = frame.add_subparsers(dest="part", required=True, metavar="del").add_parser(
        "keys", help="giv alle i rammen en tilfældig nøgle", description="Giv alle i rammen en tilfældig nøgle.")
    keys.add_argument("--out", metavar="FIL", default="ramme-noegler.csv", help="den nye fil; ellers ramme-noegler.csv")
    frame_option(keys, "rammefil; ellers projektets egen")
    keys.add_argument("--link", metavar="ADRESSE", help="skemaets adresse; så får alle et link")
    keys.set_defaults(run=run_frame)

    form = commands.add_parser("form", help="skemaet som XLSForm, udskrift og side på nettet",
                               description="Skriv skemaet som XLSForm, til udskrift og som side på nettet.")
    form.add_argument("--out", metavar="MAPPE", default="skema", help="mappe; ellers skema/")
    form.add_argument("--sprog", metavar="KODE", default="",
                      help="et af skemaets sprog, for eksempel en; ellers dets eget")
    form.set_defaults(run=run_form)

    new = commands.add_parser("new", help="læg et nyt projekt ud om en anden undersøgelse",
                              description="Læg en mappe ud med et spørgeskema og en bog, der er drevet af det.")
    new.add_argument("folder", metavar="NAVN", help="projektets mappe")
    new.add_argument("--questionnaire", metavar="FIL", help="spørgeskemaet; ellers et lille at begynde med")
    new.add_argument("--from", dest="source", metavar="FIL",
                     help="lav skemaet, og svarene, hvis de er med, af en fil fra et andet program: SPSS, Stata, "
                          "CSV, Excel, XLSForm, LimeSurvey (.lss) eller DDI (.xml)")
    new.add_argument("--background", metavar="NAVNE", default="",
                     help="med --from: det, svarene deles op efter, med komma imellem, for eksempel koen,region")
    new.add_argument("--sample", metavar="KOLONNER", default="",
                     help="med --from: det, der siger, hvordan de er trukket: vaegt=w,strata=lag,klynge=skole,antal=n")
    new.add_argument("--sheet", metavar="ARK", help="med --from: det ark i en projektmappe, som svarene står i")
    new.add_argument("--again", action="store_true", help="lav kun kapitlerne igen, når skemaet er ændret")
    new.set_defaults(run=run_new)


def run_frame(options: argparse.Namespace) -> None:
    """Give all in the frame a key, and a link where the form's address is known. Raises UserError."""
    from civsam.instrument.questionnaire import read
    from civsam.intake import collecting
    from civsam.intake.frame import register_note

    out = own_path(options.out)
    collecting.check_place(out)
    frame = frame_for(options)
    if frame is None:
        raise UserError("der er ingen ramme at give nøgler. Angiv den med --ramme.")
    keyed = collecting.add_keys(frame)
    collecting.write(collecting.links(keyed, options.link) if options.link else keyed, out)
    print(f"{len(keyed)} nøgler står i {options.out}. Filen siger, hvem der svarer hvad: opbevar den sikkert.")
    for note in register_note(frame, read()):
        print(note)


def run_form(options: argparse.Namespace) -> None:
    """Write the questionnaire as others need it. Raises UserError."""
    from civsam.instrument import forms, webform
    from civsam.instrument.questionnaire import read

    folder = own_path(options.out)
    for path in forms.write(read().spoken(options.sprog), folder):
        print(f"  {shown(path)}")
    if names := [name for name, text in webform.read_about().items() if not_hers(name, text)]:
        where = shown(project.data / "skematekst.yml")
        print(f"Bemærk: skemaet kan ikke sendes ud endnu. I {where} er {listed(names)} ikke skrevet af jer. "
              "Skriv, hvem der spørger, hvad svarene bruges til, hvornår de slettes, og hvem man "
              "kan skrive til.")


def not_hers(name: str, text: str) -> bool:
    """Whether a text of the form is still a place to fill in, or what the study's own form says."""
    return "[Skriv" in text or hashlib.sha256(text.encode()).hexdigest()[:16] == OF_STUDY.get(name)


def run_new(options: argparse.Namespace) -> None:
    """Lay out a project. Raises UserError."""
    from civsam.book import projects

    if options.source is not None:
        return run_from(options)
    if options.background or options.sheet or options.sample:
        raise UserError("--background, --sample og --sheet bruges kun sammen med --from.")
    given = None if options.questionnaire is None else own_path(options.questionnaire)
    if options.again and (own_path(options.folder) / QUESTIONNAIRE).exists():
        print(*projects.changes(own_path(options.folder)), sep="\n")
    for path in projects.create(own_path(options.folder), given, again=options.again):
        print(f"  {shown(path)}")
    if not options.again:
        print(f"Gå til mappen {options.folder}, læg svarene i data/svar.csv, og skriv: civsam book")


def run_from(options: argparse.Namespace) -> None:
    """Lay out a project from another program's file. Raises UserError."""
    from civsam.book import brought
    from civsam.intake.sources import sampled

    if options.again or options.questionnaire is not None:
        raise UserError("--from laver selv skemaet. Udelad --again og --questionnaire.")
    source = own_path(options.source)
    if source.suffix.lower() in (".yml", ".yaml"):
        raise UserError(f"{shown(source)}: er et spørgeskema til civsam. Skriv --questionnaire i stedet for --from.")
    names = [name.strip() for name in options.background.split(",") if name.strip()]
    paths, made = brought.create(own_path(options.folder), source, options.sheet, names, sampled.told(options.sample))
    for path in paths:
        print(f"  {shown(path)}")
    print(brought.report(made, source, options.folder))
