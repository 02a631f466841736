"""An edition of the book: its parameters, checked and told in words, and the survey that follows from them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any

from civsam import answers, register, simulate, survey, weighting
from civsam.files import DATA, ROOT, UserError, shown
from civsam.questionnaire import read
from civsam.survey import Survey

STANDARD_DATA = "data/svar.csv"
EVERYTHING = "alle"
PLURAL = {survey.SYNTHETIC: "syntetiske", survey.COLLECTED: "indsamlede"}


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


PARAMETERS = {
    parameter.name: parameter
    for parameter in (
        Parameter("data", str, STANDARD_DATA, "svarfil, regnet fra projektets rod",
                  "stien til en svarfil", lambda value: bool(value.strip())),
        Parameter("seed", int, simulate.assumptions()["standardfroe"], "frø, som de syntetiske svar trækkes med",
                  "et helt tal fra 0 til 4294967295", lambda value: 0 <= value < 2**32),
        _one_of("fokus", EVERYTHING, "fagområde, der fremhæves", [EVERYTHING, *read().areas]),
        _one_of("opdel", "fagomraade", "baggrundsvariabel, som svarene deles op efter", list(register.NAMES)),
        Parameter("konfidens", float, 0.95, "konfidensniveau for intervallerne",
                  "et tal fra 0,5 til 0,999", lambda value: 0.5 <= value <= 0.999),
    )
}


def known(name: str) -> Parameter:
    """The parameter of that name. Raises UserError, with the nearest name, for an unknown one."""
    if name in PARAMETERS:
        return PARAMETERS[name]
    near = get_close_matches(name, PARAMETERS, n=1)
    hint = f" Mente du '{near[0]}'?" if near else ""
    raise UserError(f"ukendt parameter '{name}'.{hint} Kendte: {', '.join(PARAMETERS)}.")


def find_data(data: str) -> Path:
    """The answer file: as written where that exists, else from the project's root."""
    path = Path(os.path.expanduser(data))  # unlike Path's own, it leaves an unknown ~name alone
    return path.resolve() if path.exists() else (ROOT / path).resolve()


def check(values: Mapping[str, Any]) -> dict[str, Any]:
    """All parameters with their values, defaults filled in. Raises UserError for a name or value that cannot be."""
    full = {name: parameter.default for name, parameter in PARAMETERS.items()}
    for name, value in values.items():
        full[name] = known(name).check(value)
    own_file = find_data(full["data"]) != DATA / "svar.csv"
    if own_file and full["seed"] != PARAMETERS["seed"].default:
        raise UserError("parameteren seed gælder kun de syntetiske svar. Udelad enten seed eller data.")
    return full


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
    def simulated(self) -> bool:
        """Whether the answers came from a simulation whose seed is known."""
        own_file = find_data(self.parameters["data"]) != DATA / "svar.csv"
        return self.survey.provenance == survey.SYNTHETIC and not own_file

    @cached_property
    def unanchored(self) -> tuple[Survey, Survey] | None:
        """Respondents, not weighted, and everybody, of a draw with the same seed and no anchoring, if simulated."""
        if not self.simulated:
            return None
        study = simulate.simulate(self.parameters["seed"], self.survey.questionnaire, anchored=False)
        return tuple(Survey(table, study.frame, self.survey.questionnaire, level=self.survey.level)
                     for table in (study.answers, study.asked))

    @cached_property
    def truth(self) -> Survey | None:
        """What everybody would have answered, if that was simulated: data of its own, never mixed with the answers."""
        if not self.simulated:
            return None
        study = simulate.simulate(self.parameters["seed"], self.survey.questionnaire)
        return Survey(study.asked, study.frame, self.survey.questionnaire)

    @property
    def raw(self) -> Survey:
        """The same answers with every respondent counting the same."""
        return weighting.unweighted(self.survey)

    def words(self) -> list[tuple[str, str]]:
        """The parameters as a reader wants them: pairs of term and explanation."""
        use, questionnaire = self.parameters, self.survey.questionnaire
        seed = f"frø {use['seed']}" if self.simulated else shown_name(use)
        source = f"{PLURAL[self.survey.provenance]}, {seed}"
        areas = register.labels("fagomraade", questionnaire)
        level = f"{100 * use['konfidens']:.4g}".replace(".", ",")
        return [
            ("Svar", source),
            ("Fagområde i fokus", areas.get(use["fokus"], "alle")),
            ("Delt op efter", register.NAMES[use["opdel"]]),
            ("Konfidensniveau", f"{level} procent"),
        ]


def shown_name(values: Mapping[str, Any]) -> str:
    """The answer file as pages may show it: never with a path outside the project."""
    path = find_data(values["data"])
    return shown(path) if path.is_relative_to(ROOT) else path.name


def open_edition(**values: Any) -> Edition:
    """The edition that these parameters describe. Raises UserError for a bad parameter, data file or questionnaire.

    With the project's own answer file and another seed than the standard one, the answers are simulated here.
    """
    use = check(values)
    questionnaire = read()
    frame = register.frame(questionnaire)
    path, standard = find_data(use["data"]), use["seed"] == PARAMETERS["seed"].default
    if path == DATA / "svar.csv" and not standard:
        given = simulate.simulate(use["seed"], questionnaire).answers
    else:
        given = answers.read(path, questionnaire, frame)
    plain = Survey(given, frame, questionnaire, level=use["konfidens"])
    try:
        return Edition(use, weighting.raked(plain))
    except ValueError:
        raise UserError(f"{shown_name(use)}: svarene kan ikke vægtes til rammen, fordi mindst ét fagområde, én "
                        "kommunetype, region, blok eller gruppe af udgiftspres er helt uden svar.") from None
