"""An edition of the book: its parameters, checked and told in words, and the survey that follows from them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from civsam.danish import listed
from civsam.files import UserError, per_project, project, resolved, shown, visible
from civsam.inference import sampled, weighting
from civsam.instrument.questionnaire import Background, Questionnaire, read
from civsam.intake import answers
from civsam.intake.frame import of_register, read_frame, with_lookup
from civsam.pages import imprint
from civsam.pages.bibliography import cited, compendium
from civsam.pages.html import table
from civsam.pages.imprint import Imprint
from civsam.pages.output import Output
from civsam.pages.provenance import MARKS
from civsam.survey import survey
from civsam.survey.own import of_sample
from civsam.survey.own_design import DesignFault, renumbered
from civsam.survey.survey import COLLECTED, LIMITS, PLURAL, SYNTHETIC, Survey

SIMULATION = "antagelser.yml"  # projects that have it draw their answers; only they know of the study
STANDARD_DATA, STANDARD_FRAME = "data/svar.csv", "data/ramme.csv"
NO_FRAME = NO_OTHER = "ingen"
SAME_FRAME = "samme"
CHANGES = Path("chapters", "aendringer.ipynb")  # the chapter that holds the edition against another
VALID_ROWS = "gyldige-svar.csv"  # what is left of an answer file with faults
EVERYTHING = "alle"


@dataclass(frozen=True)
class Parameter:
    """One parameter of the chapters: type, default, meaning, and what is allowed (told in words, and as a test)."""

    name: str
    type: type
    default: Any
    meaning: str
    allowed: str
    accepts: Callable[[Any], bool]

    def parse(self, text: str) -> Any:
        """The value of what was typed; a decimal comma is understood. Raises UserError."""
        try:
            return self.type(text.replace(",", ".")) if self.type is float else self.type(text)
        except ValueError:
            raise self.fault(text) from None

    def check(self, value: Any) -> Any:
        """The value, if it may be used. Raises UserError."""
        right_type = isinstance(value, self.type) and not isinstance(value, bool)
        if not right_type or not self.accepts(value):
            raise self.fault(value)
        return value

    def fault(self, value: Any) -> UserError:
        """What is wrong with a value, and what was expected."""
        return UserError(f"parameteren {self.name} kan ikke være '{value}'. Tilladt: {self.allowed}.")


def _one_of(name: str, default: str, meaning: str, codes: list[str]) -> Parameter:
    return Parameter(name, str, default, meaning, ", ".join(codes), codes.__contains__)


def _parameters() -> list[Parameter]:
    """What an edition of this project can be made with: some follow from its questionnaire and its simulation."""
    frame = STANDARD_FRAME if (project.root / STANDARD_FRAME).exists() else NO_FRAME
    always = [
        Parameter("data", str, STANDARD_DATA, "svarfil, regnet fra projektets rod",
                  "stien til en svarfil", lambda value: bool(value.strip())),
        Parameter("ramme", str, frame, "fil med dem, der blev spurgt; »ingen«, hvis det ikke vides",
                  "stien til en rammefil, eller ingen", lambda value: bool(value.strip())),
        Parameter("konfidens", float, 0.95, "konfidensniveau for intervallerne",
                  "et tal fra 0,5 til 0,999", lambda value: 0.5 <= value <= 0.999),
        Parameter("mindst", int, 5, "så få svarpersoner vises en gruppe med, når svarene er indsamlede",
                  ", ".join(map(str, LIMITS)), LIMITS.__contains__),
        _one_of("fritekst", "skjul", "om fri tekst fra indsamlede svar vises", ["skjul", "vis"]),
    ]
    if (project.data / SIMULATION).exists():
        from civsam.study import simulate

        always.append(Parameter("seed", int, simulate.assumptions()["standardfroe"],
                                "frø, som de syntetiske svar trækkes med", "et helt tal fra 0 til 4294967295",
                                lambda value: 0 <= value < 2**32))
    if (project.root / CHANGES).exists():
        always += [
            Parameter("mod", str, NO_OTHER, "tidligere svarfil, eller en anden udgaves tal.json, der sammenlignes med",
                      "stien til en fil, eller ingen", lambda value: bool(value.strip())),
            Parameter("modramme", str, SAME_FRAME, "rammen for den tidligere svarfil",
                      "stien til en rammefil, ingen eller samme", lambda value: bool(value.strip())),
        ]
    if one := first():
        always += [
            _one_of("fokus", EVERYTHING, f"{one.name}, der fremhæves", [EVERYTHING, *one.labels]),
            _one_of("opdel", one.id, "baggrundsvariabel, som svarene deles op efter", list(read().background)),
        ]
    return always


@per_project
def parameters() -> dict[str, Parameter]:
    """What an edition of the project can be made with, by name."""
    return {parameter.name: parameter for parameter in _parameters()}


def first() -> Background | None:
    """The variable that groups are in focus by, if the questionnaire has any."""
    return next(iter(read().background.values()), None)


def known(name: str) -> Parameter:
    """The parameter of that name. Raises UserError, with the nearest name, for an unknown one."""
    if name in parameters():
        return parameters()[name]
    near = get_close_matches(name, parameters(), n=1)
    hint = f" Mente du '{near[0]}'?" if near else ""
    raise UserError(f"ukendt parameter '{name}'.{hint} Kendte: {', '.join(parameters())}.")


def find_data(data: str) -> Path:
    """The answer file: as written where that exists, else from the project's root."""
    path = Path(os.path.expanduser(data))  # unlike Path's own, it leaves an unknown ~name alone
    return resolved(path if path.exists() else project.root / path)


def find_frame(use: Mapping[str, Any]) -> pd.DataFrame | None:
    """The frame that the parameters name; None for none. Raises UserError."""
    return None if use["ramme"] == NO_FRAME else read_frame(read(), find_data(use["ramme"]))


def check(values: Mapping[str, Any]) -> dict[str, Any]:
    """All parameters with their values, defaults filled in. Raises UserError for a name or value that cannot be."""
    full = {name: parameter.default for name, parameter in parameters().items()}
    for name, value in values.items():
        full[name] = known(name).check(value)
    if simulates(full) and find_data(full["data"]) != project.data / "svar.csv":
        raise UserError("parameteren seed gælder kun de syntetiske svar. Udelad enten seed eller data.")
    return full


def simulates(use: Mapping[str, Any]) -> bool:
    """Whether the answers are to be drawn with another seed than those in the project's own file."""
    return "seed" in use and use["seed"] != parameters()["seed"].default


@dataclass(frozen=True)
class Edition:
    """What a chapter works on. `survey` is weighted by response groups and raked to the frame's margins."""

    parameters: dict[str, Any]
    survey: Survey

    @cached_property
    def process(self) -> Survey:
        """The same answers for the question whether groups differ: clustered by municipality."""
        return weighting.for_process(self.survey)

    @property
    def icc(self) -> float:
        """The municipalities' share of the variance of an attitude, as the simulation assumes."""
        from civsam.study import simulate

        return simulate.assumptions()["icc"]

    @property
    def simulated(self) -> bool:
        """Whether the answers came from a simulation whose seed is known."""
        own_file = find_data(self.parameters["data"]) != project.data / "svar.csv"
        return self.survey.provenance == survey.SYNTHETIC and not own_file

    @cached_property
    def unanchored(self) -> tuple[Survey, Survey] | None:
        """Respondents, not weighted, and everybody, of a draw with the same seed and no anchoring, if simulated."""
        if not self.simulated:
            return None
        from civsam.study import simulate

        study = simulate.simulate(self.parameters["seed"], self.survey.questionnaire, anchored=False)
        return tuple(Survey(table, study.frame, self.survey.questionnaire, level=self.survey.level)
                     for table in (study.answers, study.asked))

    @cached_property
    def truth(self) -> Survey | None:
        """What everybody would have answered, if that was simulated: data of its own, never mixed with the answers."""
        if not self.simulated:
            return None
        from civsam.study import simulate

        study = simulate.simulate(self.parameters["seed"], self.survey.questionnaire)
        return Survey(study.asked, study.frame, self.survey.questionnaire)

    @property
    def raw(self) -> Survey:
        """The same answers with every respondent counting the same."""
        return weighting.unweighted(self.survey)

    @cached_property
    def imprint(self) -> Imprint | None:
        """Whose edition it is, where the answers are collected and the project's file says it."""
        return imprint.read() if self.survey.provenance == survey.COLLECTED else None

    def words(self, *, split: bool = True) -> list[tuple[str, str]]:
        """The parameters as a reader wants them: pairs of term and explanation. split: those of focus and split too."""
        use, questionnaire = self.parameters, self.survey.questionnaire
        seed = f"frø {use['seed']}" if self.simulated else shown_name(use)
        source = f"{PLURAL[self.survey.provenance]}, {seed}"
        level = f"{100 * use['konfidens']:.4g}".replace(".", ",")
        words = [("Udgave", f"{own.titel}. {own.byline}"), ("Kontakt", own.kontakt)] if (own := self.imprint) else []
        words.append(("Svar", source))
        if not self.survey.framed:
            words.append(("Ramme", "ingen"))
        if how := sampled.told(self.survey):
            words.append(("Stikprøve", "; ".join(how)))
        elif self.survey.framed and self.survey.design.calibration is None and questionnaire.weighting.margins:
            words.append(("Vægte", "kun svargrupper, for der er for få svar til raking"))
        if split and (one := first()):
            words += [(f"{one.name.capitalize()} i fokus", one.labels.get(use["fokus"], "alle")),
                      ("Delt op efter", questionnaire.background[use["opdel"]].name)]
        words.append(("Konfidensniveau", f"{level}\u00a0%"))
        if self.survey.provenance == survey.COLLECTED:
            names, lookup = of_register(self.survey.frame, questionnaire), questionnaire.lookup
            words += [("Register", f"fra {lookup.year}: {listed(names)}")] if names and lookup.year else []
            words.append(("Mindste gruppe", f"{use['mindst']} svar"))
        if use.get("mod", NO_OTHER) != NO_OTHER:
            words.append(("Sammenlignet med", shown_name({"data": use["mod"]})))
        return words

    def about(self) -> dict[str, Any]:
        """What it says it is made of: origin (`oprindelse`), parameters in words (`ord`), digest of answers (`svar`).

        Of collected answers there is no digest: with few answers one could try all until it fits.
        """
        synthetic = self.survey.provenance == survey.SYNTHETIC
        return {"oprindelse": self.survey.provenance, "svar": self.survey.digest if synthetic else "",
                "ord": dict(self.words())}

    def skewed(self, chance: Callable[[Survey], np.ndarray]) -> tuple[Survey, Survey]:
        """Respondents, not weighted, and everybody, of `unanchored`, where each answers with a chance of its own.

        chance: from everybody to probabilities, shape (positions,). Only for simulated answers.
        """
        from civsam.study.simulate import responding

        everybody = self.unanchored[1]
        answers = responding(everybody.answers, chance(everybody), self.parameters["seed"])
        return everybody.having(answers=answers, design=None), everybody

    # ---- What a chapter shows of it

    def banner(self, *, split: bool = True) -> Output:
        """What every chapter opens with: where the answers come from, and the edition's parameters in words.

        split: those of focus and split too, which a page may not follow.
        """
        survey, words = self.survey, self.words(split=split)
        notice = {
            SYNTHETIC: "Ingen har svaret dette. Svarene på siden er trukket af en model, så de passer med det, der "
                       "er offentliggjort om undersøgelsen. Alt andet i dem er antagelser.",
            COLLECTED: "Svarene på siden er læst fra en fil. Små grupper og små antal er skjult, og tal er afrundet, "
                       "så ingen kan genkendes. En streg er et tal, der er skjult eller ikke kan regnes ud.",
        }[survey.provenance]
        if not survey.framed:
            unknown = "Svarprocent og bortfald" if sampled.told(survey) else "Svarprocent, vægte og bortfald"
            notice += (f" Der er ingen ramme, så det vides ikke, hvem der blev spurgt. {unknown} "
                       "kan ikke regnes ud, og intervallerne gælder kun, hvis det er tilfældigt, hvem der har svaret.")
        terms = "".join(f"<div><dt>{escape(term)}</dt><dd>{escape(told)}</dd></div>" for term, told in words)
        marked = MARKS[survey.provenance].capitalize()
        html = (f'<div class="banner {survey.provenance}" role="note"><p><strong>{marked}.</strong> {escape(notice)}'
                f'</p><dl class="parametre">{terms}</dl></div>')
        text = "; ".join(f"{term}: {told}" for term, told in words)
        return Output(html, f"{marked}. {notice}\n{text}")

    def citation(self) -> Output:
        """How to cite this edition: which answers its numbers are made from is part of the reference."""
        made = dict(self.words())["Svar"]
        if own := self.imprint:
            return cited(own.entry(f"Svar: {made}."), "udgave")
        warning = " Tallene er ikke resultater af undersøgelsen." if self.survey.provenance == SYNTHETIC else ""
        return cited(compendium(f"Svar: {made}.{warning}"), "kompendium")

    def parameter_table(self, caption: str, name: str) -> Output:
        """The parameters of an edition: what each means, what it may be, and what it is where nothing else is said."""
        known = parameters().values()
        frame = pd.DataFrame({"Betyder": [one.meaning for one in known], "Tilladt": [one.allowed for one in known],
                              "Ellers": [str(one.default).replace(".", ",") if one.type is float else str(one.default)
                                         for one in known]},
                             index=pd.Index([one.name for one in known], name="Parameter"))
        return table(frame, caption, name, provenance="projekt", words=True)


def shown_name(values: Mapping[str, Any]) -> str:
    """The answer file as pages may show it: never with a path outside the project."""
    path = find_data(values["data"])
    if path.name == VALID_ROWS:
        return "de gyldige rækker i svarfilen (rækker med fejl er ikke med)"
    return shown(path) if path.is_relative_to(project.root) else visible(path.name)


def open_edition(names: Mapping[str, Any] | None = None, /, **values: Any) -> Edition:
    """The edition of these parameters, the standard one for none: its survey, and what a chapter tells of itself.

    names: a notebook's own, `globals()`: those that are parameters count. values: parameters by name. With the
    project's own answer file and another seed than the standard one, the answers are simulated here. Raises UserError
    for a bad parameter, data file or questionnaire.

    The edition has survey (weighted), process (for the question whether groups differ), raw (unweighted), truth and
    unanchored (where they were simulated), and banner(), citation(), parameter_table() and skewed().

    >>> from civsam import open_edition
    >>> survey = open_edition(konfidens=0.9).survey
    >>> len(survey.frame), survey.level
    (838, 0.9)
    """
    project.open()
    given = {name: value for name, value in (names or {}).items() if name in parameters()}
    use, questionnaire = check(given | values), read()
    plain = _drawn(use, questionnaire) if simulates(use) else collected(use, questionnaire)
    return Edition(use, usual_weights(plain, shown_name(use)))


def usual_weights(plain: Survey, where: str) -> Survey:
    """`weighting.weighted`. where: the answer file. Raises UserError for a design that does not fit what is there."""
    try:
        return weighting.weighted(plain)
    except DesignFault as fault:
        raise UserError(f"{where}{' og rammen' if plain.framed else ''}: {fault}") from None


def _drawn(use: Mapping[str, Any], questionnaire: Questionnaire) -> Survey:
    """Answers drawn here, with a seed of their own."""
    from civsam.study import simulate

    study = simulate.simulate(use["seed"], questionnaire)
    return Survey(study.answers, study.frame, questionnaire, **_shown_how(use))


def collected(use: Mapping[str, Any], questionnaire: Questionnaire) -> Survey:
    """Answers from a file, with the frame, or without one what the file itself says of the respondents; not weighted.

    Raises UserError.
    """
    frame = find_frame(use)
    reading = answers.check(find_data(use["data"]), questionnaire, frame).accept()
    return of_reading(reading, frame, questionnaire, shown_name(use)).having(**_shown_how(use))


def of_reading(
    reading: answers.Reading, frame: pd.DataFrame | None, questionnaire: Questionnaire, where: str
) -> Survey:
    """What was read as a survey, not weighted, with what the file and the frame tell of its sample. Raises UserError.

    where: the answer file, for messages.
    """
    known, sample = own_frame(reading, questionnaire, where) if frame is None else frame, questionnaire.sample
    if frame is not None and reading.background is not None:
        known = frame.join(reading.background)
    if sample is not None and sample.nested:
        known = renumbered(known, of_sample(sample)[0].stages)
    return Survey(reading.answers, known, questionnaire, framed=frame is not None)


def own_frame(reading: answers.Reading, questionnaire: Questionnaire, where: str) -> pd.DataFrame:
    """The respondents as a frame of their own, from what the answer file says of them. Raises UserError."""
    known = reading.background if reading.background is not None else pd.DataFrame(index=reading.answers.index)
    frame = with_lookup(known, questionnaire, where)
    wanted = {name: questionnaire.source(name) for name in questionnaire.background}
    wanted |= {name: name for name in (questionnaire.weighting.cluster,) if name}
    wanted |= {name: name for name in (questionnaire.sample.fixed if questionnaire.sample else ())}
    if missing := dict.fromkeys(source for name, source in wanted.items() if name not in frame):
        what, those = ("kolonnen", "den") if len(missing) == 1 else ("kolonnerne", "dem")
        raise UserError(f"{where}: uden ramme skal svarfilen selv sige, hvem der har svaret. Den mangler {what} "
                        f"{listed(missing)}. Tilføj {those}, eller angiv en ramme med --ramme.")
    return frame


def _shown_how(use: Mapping[str, Any]) -> dict[str, Any]:
    return {"level": use["konfidens"], "minimum": use["mindst"], "texts": use["fritekst"] == "vis",
            "effects": _effects()}


def _effects() -> frozenset[tuple[str, str]] | None:
    """What bears on what in the project's own simulation; None where there is none."""
    if not (project.data / SIMULATION).exists():
        return None
    from civsam.study import assumed

    return assumed.effects()
