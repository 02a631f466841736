"""A small questionnaire and answers to it, as text: what the tests of single faults change one thing in."""

from pathlib import Path

import pytest

from civsam.files import UserError
from civsam.instrument import questionnaire
from civsam.instrument.questionnaire import Questionnaire
from civsam.intake import answers, faults

QUESTIONNAIRE = """
titel: Fritidsundersøgelsen
afgraensning: Tænk på det seneste år.
ved_ikke: Ved ikke
baggrund:
  afdeling: {navn: afdeling, svar: {nord: Nord, syd: Syd}}
blokke: {a: Første del, b: Anden del}
skalaer:
  grad: {type: ordinal, svar: {slet_ikke: Slet ikke, lidt: Lidt, meget: Meget}}
  janej: {type: enkelt, svar: {ja: Ja, nej: Nej}}
  kr: {type: antal, mindst: 0, hoejst: 1000}
  steder: {type: flere, svar: {hal: Idrætshal, skov: "Skov, strand og park", bib: Bibliotek, ingen: Ingen af dem}}
  fri: {type: tekst}
spoergsmaal:
  - {id: glad, blok: a, skala: grad, emne: Glæde, ordlyd: Hvor glad er du?}
  - {id: medlem, blok: a, skala: janej, emne: Medlem, ordlyd: Er du medlem?}
  - {id: timer, blok: a, skala: kr, emne: Timer, ordlyd: Hvor mange timer?}
  - {id: sted, blok: b, skala: steder, emne: Steder, ordlyd: Hvor er du henne?}
  - {id: andet, blok: b, skala: fri, emne: Andet, ordlyd: Er der andet?}
"""
ANSWERS = """svarperson,afdeling,glad,medlem,timer,sted,andet
p1,nord,slet_ikke,ja,0,hal,
p2,syd,lidt,nej,12,hal skov,Blåbær på øen
p3,nord,meget,ja,99,bib,
p4,syd,ved_ikke,nej,ved_ikke,ved_ikke,Æ
p5,nord,,ja,,,
p6,syd,meget,,400,ingen,tak
"""


def asked(folder: Path, old: str = "", new: str = "", text: str = QUESTIONNAIRE) -> Questionnaire:
    """The questionnaire, with one thing changed."""
    assert old in text
    path = folder / "skema.yml"
    path.write_text(text.replace(old, new, 1) if old else text, encoding="utf-8")
    questionnaire._read.cache_clear()
    return questionnaire.read(path)


def refused(folder: Path, old: str, new: str, text: str, message: str) -> None:
    """A questionnaire with one thing changed is refused, with that message and its line."""
    with pytest.raises(UserError) as fault:
        asked(folder, old, new, text)
    assert message in str(fault.value), fault.value
    assert "linje" in str(fault.value)


def read(folder: Path, content: bytes | str, study: Questionnaire | None = None,
         name: str = "svar.csv") -> answers.Reading:
    """What is made of a file with this content."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return answers.check(path, study or asked(folder), None)


def told(reading: answers.Reading) -> str:
    """All notes and faults."""
    return "\n".join([*reading.notes, faults.report(reading.faults)])
