"""The Danish of the finished pages, computed sentences and words of the interface with them, and of the project's own.

Words are looked up by hunspell with Debian's Danish dictionary, which knows how Danish words are put together; those
of the field that it does not know stand in ``ordliste.txt``.
"""

import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from civsam.files import PACKAGE, project

SITE = project.root / "_build" / "udgaver" / "standard"
pytestmark = pytest.mark.browser  # needs the built book
PAGES = sorted(page.relative_to(project.root).as_posix() for page in SITE.rglob("*.html") if page.stem != "litteratur")
OWN = ["README.md", "CHANGELOG.md"]
NO_WORDS = "script, style, pre, template, svg, .headerlink, .expanded"
NOT_DANISH = "[lang]:not(html), .language-en, code, kbd, math, cite"
INLINE = {"a", "abbr", "b", "em", "i", "span", "strong", "sub", "sup"}
SAID = ("aria-label", "title", "placeholder", "alt")
KNOWN = {word for word in (Path(__file__).with_name("ordliste.txt").read_text("utf-8")).split("\n")
         if word and not word.startswith("#")}
# Their points are no decimal commas.
NUMBERED = r"(Tabel|Figur|Afsnit|Kode|[Vv]ersion|civsam|CC BY|Navngivelse|Python|HTML)\s+$"

each_text = pytest.mark.parametrize("name", [*PAGES, *OWN])


@cache
def prose(name: str) -> str:
    """What a reader reads or hears on the page, an element of text a line."""
    text = (project.root / name).read_text("utf-8")
    return markdown(text) if name.endswith(".md") else html(text)


def markdown(text: str) -> str:
    """The words of a page in Markdown: no code, no address, no paragraph that says it is in English."""
    text = re.sub(r"```.*?```|<!--.*?-->|^## In English\n.*?(?=^## |\Z)", "", text, flags=re.DOTALL | re.MULTILINE)
    return re.sub(r" +", " ", re.sub(r"\]\([^)]*\)|[*_\[\]#|]", "", re.sub(r"`[^`]*`|https?:\S+", "x", text)))


def html(text: str) -> str:
    """The words of a page of the book, those for readers who cannot see it among them."""
    page = BeautifulSoup(text, "html.parser")
    for tag in page.select(NO_WORDS):
        tag.decompose()
    for tag in page.select(NOT_DANISH):
        tag.replace_with("x")
    said = [tag[key] for key in SAID for tag in page.find_all(attrs={key: True})]
    for tag in page.find_all(lambda tag: tag.name not in INLINE or "maerke" in tag.get("class", [])):
        tag.insert_before("\n")
        tag.append("\n")
    lines = [line.strip() for line in page.get_text().replace("\xad", "").split("\n")]
    return "\n".join([*filter(None, lines), *said])


@pytest.fixture(scope="module")
def hunspell() -> str:
    """The program. Without it the test is left out, loudly, but never where all must be run."""
    found = shutil.which("hunspell")
    if found is None and not os.environ.get("CI"):
        pytest.skip("INGEN STAVEKONTROL: hunspell mangler. apt install hunspell hunspell-da")
    assert found, "hunspell mangler: apt install hunspell hunspell-da"
    return found


@each_text
def test_the_words_are_spelt_as_in_the_dictionary_or_the_word_list(hunspell: str, name: str) -> None:
    text = re.sub(r"\S*(?:[\w-][_/@]|\w\.)\w\S*", " ", prose(name))  # names in code, addresses and files are no words
    done = subprocess.run([hunspell, "-d", "da_DK", "-i", "UTF-8", "-l"], input=text, capture_output=True,
                          encoding="utf-8", check=True, env=os.environ | {"LC_ALL": "C.UTF-8"})
    unknown = {word.strip(".-") for word in done.stdout.split()} - {""}
    assert not {word for word in unknown if not {word, word.lower()} & KNOWN}, "ret dem, eller skriv dem i ordlisten"


TYPE = {
    "decimaltal med punktum": r"(?<![\d.§])\d+\.\d{1,2}(?![\d.])",
    "andre anførselstegn end »«": r"[\"“”„]|«\w[^»«]*»",
    "tankestreg på engelsk": r"—|\w -{1,2} \w",
    "procenttegn uden afstand": r"\d%",
    "mellemrum foran tegn": r"\w [,;:?!](?=\s|$)",
    "tre punktummer": r"\.\.\.",
    "ord to gange": r"\b(\w{4,}) \1\b",
    "mellemrum to gange": r"(?<=\S)  +(?=\S)",
    "procent efter et tal": r"\d[ \u00a0]procents?\b|\b(fem|ti|tyve|halvfems|hundrede) procents?\b",
    "procent, der kan brydes": r"%-\w",
    "stort efter kolon": r"(?<=\w: )(?:Da|Der|Det|For|Her|Hvis|Man|Når|Også|Så|Udsagnet)\b",
    "to former af et ord": r"\b[Ss]ervices\b|Teknik og Miljø|[Cc]ivile partner|[Ss]amarbejdspartnerne\b",
    "forkert komma": r"\bikke fordi,",
    "decimaltal skilt med komma": r"\d,\d+, −?\d+,\d",
    "komma foran en henvisning": r", \([^()\n]*\d{4}\),",
    "henvisning i en parentes i en parentes": r"\([^()\n]*\([^()\n]*\d{4}\)\)",
    "flere, der er den samme": r"\bslags \w+ er ikke den samme\b|\bmed hver sine\b",
    "grænsen for en betydning har ét navn": r"mindste (?:forskel )?af interesse",
}


@each_text
@pytest.mark.parametrize("fault", TYPE)
def test_signs_are_set_as_in_danish(name: str, fault: str) -> None:
    text = prose(name)
    found = [match for match in re.finditer(TYPE[fault], text)
             if not re.search(NUMBERED, text[max(0, match.start() - 12):match.start()])]
    assert not [text[max(0, match.start() - 30):match.end() + 30] for match in found]


def test_words_may_be_divided_where_a_line_ends() -> None:
    style = (PACKAGE / "book" / "static" / "civsam.css").read_text("utf-8")
    assert re.search(r"\.bd-article \{[^}]*hyphens: auto", style)
