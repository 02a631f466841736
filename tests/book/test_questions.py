"""What readers ask the search of the built book, with the places that answer: the right one is to come first."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from civsam.files import project

SITE = project.root / "_build" / "udgaver" / "standard"
pytestmark = pytest.mark.browser  # needs the built book
# The words, and what the address of a right place matches.
QUESTIONS = {
    "RIS": r"index.html#henvis", "BibTeX": r"index.html#henvis", "citér": r"index.html#henvis",
    "hvordan citerer jeg bogen": r"index.html#henvis", "reference": r"index.html#henvis|litteratur",
    "SVG": r"figurer.html", "hent figur": r"figurer.html", "download": r"figurer.html|koer_igen|egne_svar|index",
    "kort Aarhus": r"baggrund.html#kort-", "landkort": r"baggrund.html", "kort over kommuner": r"baggrund.html",
    "hvilket område har flest samarbejder": r"resultater.html#(fig-(antal|lange|korte)|hvor-mange)|udsagn-o[1235]",
    "flest samarbejder": r"resultater.html#(fig-(antal|lange|korte)|hvor-mange)|udsagn-o[1235]|tab-omfang",
    "svarprocent Sjælland": r"metode.html#tab-svar", "svarprocent": r"ordliste.html#term-svarprocent|metode.html",
    "hvor mange svarede": r"metode.html|index.html|udsagn-n3", "bortfald": r"ordliste.html#term-bortfald|bortfald.html",
    "øget fokus": r"resultater.html", "omkostningseffektivitet": r"resultater.html|index.html|udsagn",
    "spare penge": r"udsagn|resultater|metode", "rød og blå kommuner": r"konklusion|udsagn|baggrund",
    "borgmester": r"baggrund.html|kodebog", "udgiftspres": r"ordliste.html#term-udgiftspres|baggrund|resultater",
    "region forskel": r"konklusion|udsagn|resultater", "initiativ": r"resultater.html",
    "hvem tager initiativet": r"resultater.html", "partnere": r"resultater.html|kodebog",
    "foreninger": r"resultater|udsagn",
    "tillid": r"resultater|udsagn|kodebog", "sundhed og forebyggelse": r"resultater|udsagn|metode",
    "KORA": r"index.html|metode", "Bjarne Ibsen": r"index.html|litteratur",
    "Espersen": r"index.html|litteratur|engelsk",
    "spørgsmålenes ordlyd": r"kodebog|metode.html#tab-spoergsmaal|resultater|anden", "kodebog": r"kodebog.html",
    "konfidensinterval": r"ordliste.html#term-konfidensinterval", "p-værdi": r"ordliste.html#term-p-vrdi|ordliste",
    "vægt": r"ordliste.html#term-v|vaegtning", "raking": r"ordliste.html#term-raking",
    "klynge": r"ordliste.html#term-klynge",
    "styrke": r"ordliste.html#term-styrke", "frø": r"ordliste.html#term-fr", "odds": r"ordliste.html#term-odds",
    "syntetiske svar": r"ordliste.html#term-syntetiske", "egne svar": r"egne_svar", "licens": r"licens.html",
    "ophavsret": r"licens.html", "undervisning": r"undervisning", "meld en fejl": r"rettelser.html",
    "hvordan anonymiseres svarene": r"diskretion|ordliste.html#term-diskretion|egne_svar",
    "hvem har betalt for undersøgelsen": r"index.html#om-rapporten", "print": r"index.html#henvis",
    "ISBN": r"index.html#om-rapporten", "Moodle": r"undervisning.html#opgaverne-i-moodle", "GDPR": r"diskretion",
    "hvad betyder uafgjort": r"konklusion.html#alle-udsagn|ordliste",
    "designeffekt": r"ordliste.html#term-designeffekt",
    "hvor mange kommuner deltog": r"index.html|udsagn-n1|metode.html#tab-ramme",
    "versioner": r"versioner.html", "CSV": r"figurer.html|kodebog|egne_svar|koer_igen",
}


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    opened = browser.new_page()
    opened.goto((SITE / "search.html").as_uri())
    yield opened
    opened.close()


def place(page: Page, query: str) -> int | None:
    """The place from the top of the first right address; None where it is not among the first twenty."""
    found = page.evaluate("query => soegning.find(query).places.slice(0, 20).map(place => place.adresse)", query)
    return next((at for at, address in enumerate(found, 1) if re.search(QUESTIONS[query], address)), None)


def test_the_right_place_comes_first_for_most_of_what_readers_ask(page: Page) -> None:
    places = {query: place(page, query) for query in QUESTIONS}
    assert len(places) >= 50
    late = {query: at for query, at in places.items() if at != 1}
    assert sum(1 / at for at in places.values() if at) / len(places) >= 0.9, late


@pytest.mark.parametrize("query", ["RIS", "BibTeX", "citér", "SVG", "hent figur", "kort Aarhus", "svarprocent Sjælland",
                                   "hvilket område har flest samarbejder"])
def test_what_was_once_not_found_comes_first(page: Page, query: str) -> None:
    assert place(page, query) == 1
