"""What search engines and catalogues read (schema.org): the report and the data, or an edition of collected answers.

Addresses are left relative, since the book may lie anywhere: a reader resolves them against the page.
"""

from __future__ import annotations

from typing import Any

from babel.dates import get_month_names

from civsam.files import in_script, project, read_yaml
from civsam.pages import imprint
from civsam.pages.bibliography import COMPENDIUM
from civsam.pages.imprint import Imprint
from civsam.pages.output import Output
from civsam.study import published
from civsam.survey.survey import COLLECTED, SYNTHETIC

MONTHS = {name: number for number, name in get_month_names(locale="da_DK").items()}


def report() -> dict[str, Any]:
    """The study's report, from `data/rapport.csv`; its address is that of the source that tells of it."""
    told = published.report()["vaerdi"]
    month, year = told["Udgivet"].lower().split()
    return {
        "@type": "Report", "@id": "#rapport", "name": told["Titel"], "alternativeHeadline": told["Undertitel"],
        "author": [{"@type": "Person", "name": name} for name in told["Forfattere"].split(" og ")],
        "publisher": _organization(told["Udgiver"].partition(",")[0]), "funder": _organization(told["Finansiering"]),
        "datePublished": f"{year}-{MONTHS[month]:02}", "inLanguage": "da", "about": told["Vidensområde"],
        "identifier": {"@type": "PropertyValue", "propertyID": "ISBN", "value": told["ISBN"]},
        "url": published.sources().at["S0", "adresse"],
    }


def dataset() -> dict[str, Any]:
    """The project's synthetic data, from `data/datapakke.yml` and `CITATION.cff`."""
    told, cff = read_yaml(project.data / "datapakke.yml"), read_yaml(project.root / COMPENDIUM)
    return {
        "@type": "Dataset", "@id": "#data", "name": f"{told['title']}: syntetiske svar",
        "description": f"{told['description']} Ingen har svaret dette.", "license": told["licenses"][0]["path"],
        "creator": [_organization(author["name"]) for author in cff["authors"]], "version": str(cff["version"]),
        "datePublished": str(cff["date-released"]), "keywords": cff["keywords"], "inLanguage": "da",
        "isAccessibleForFree": True, "spatialCoverage": "Danmark", "isBasedOn": {"@id": "#rapport"},
    }


def _organization(name: str) -> dict[str, str]:
    return {"@type": "Organization", "name": name}


def edition(told: Imprint) -> dict[str, Any]:
    """A book of answers that somebody has collected, which the study's report is no part of."""
    return {"@type": "Report", "@id": "#udgave", "name": told.titel, "description": told.manchet,
            "publisher": _organization(told.udgiver), "datePublished": str(told.aar), "version": told.version,
            "inLanguage": "da"}


def output(provenance: str) -> Output:
    """The script element of a page. Collected answers are nobody's to fetch, so they are not told of."""
    told = imprint.read() if provenance == COLLECTED else None
    works = [report(), dataset()] if provenance == SYNTHETIC else [edition(told)] if told else []
    content = in_script({"@context": "https://schema.org", "@graph": works}, indent=1)
    return Output(f'<div hidden><script type="application/ld+json">{content}</script></div>',
                  f"Oplysninger til søgemaskiner: {', '.join(work['@type'] for work in works)}")
