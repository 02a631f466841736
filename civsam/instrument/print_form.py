"""The questionnaire as a page to print and fill in by hand."""

from __future__ import annotations

from html import escape

from civsam.instrument import policy, routing, webform
from civsam.instrument.english import said
from civsam.instrument.kinds import ASKED
from civsam.instrument.questionnaire import Item, Questionnaire
from civsam.instrument.telling import answers, rule
from civsam.instrument.xlsform import KEY_LABEL, YOU, About, has_many, purpose_of

HTML = '<html lang="da">'
IN_LETTER = "(står i den henvendelse, du har fået)"
THANKS = "Tak for dit svar. Skemaet sendes eller afleveres til:"
NO_KEY = "Svar kun på dette, hvis du ikke har fået en nøgle."
PRINT_STYLE = """
@page { size: A4; margin: 18mm 18mm 20mm; }
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { background: #fff; color: #111; font: 11pt/1.45 system-ui, "Segoe UI", Arial, sans-serif; margin: 0 auto;
  max-width: 46rem; padding: 1rem; overflow-wrap: break-word; }
h1 { font-size: 18pt; line-height: 1.2; margin: 0 0 0.6em; }
h2 { border-bottom: 1.5pt solid #111; break-after: avoid; font-size: 14pt; margin: 1.6em 0 0.7em; }
.spoergsmaal, .om, .retur { break-inside: avoid; margin: 0 0 1.3em; }
.ordlyd { font-size: 11pt; font-weight: 600; margin: 0; }
.hjaelp { font-size: 10pt; margin: 0.1em 0 0.3em; }
.id { color: #555; float: right; font: 8pt ui-monospace, Consolas, monospace; padding-left: 1em; }
ul.svar { list-style: none; margin: 0.3em 0 0; padding: 0; }
ul.svar li { display: flex; gap: 0.6em; margin: 0.25em 0; }
.boks { border: 1pt solid #111; flex: none; height: 1.1em; margin-top: 0.15em; width: 1.1em; }
.boks.tal { height: 2em; width: 6em; }
.linje { border-bottom: 1pt solid #111; display: block; height: 2.2em; }
.om, .retur { border: 1pt solid #111; padding: 0.6em 0.9em; }
.om p, .retur p { margin: 0 0 0.5em; }
@media print { body { max-width: none; padding: 0; } }
"""


# ---- Print


def print_page(questionnaire: Questionnaire, about: About) -> str:
    """A whole HTML page to print on A4 and fill in by hand; no scripts, and nothing is fetched.

    about: see `webform.read_about`.
    """
    questionnaire, language = questionnaire.collected, questionnaire.language
    title = escape(questionnaire.title)
    places = {item: f"{place}. " for place, item in enumerate(questionnaire.items, 1)}
    blocks = "".join(
        f'<section aria-labelledby="blok-{escape(block)}"><h2 id="blok-{escape(block)}">{escape(words)}</h2>'
        + "".join(_printed(item, places[item.id], questionnaire, _only(item, places, questionnaire))
                  for item in questionnaire.block(block)) + "</section>"
        for block, words in questionnaire.blocks.items() if questionnaire.block(block)
    )
    words = "".join(f"<p>{escape(text)}</p>" for text in (purpose_of(about), about["samtykke"]))
    return (
        f'<!DOCTYPE html>\n{said(HTML, language)}<head><meta charset="utf-8">{policy.alone()}'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        f'<meta name="description" content="{escape(purpose_of(about))}">'
        f"<title>{title}: {said('spørgeskema til print', language)}</title><style>{PRINT_STYLE}</style></head>\n"
        "<body><main>"
        f"<h1>{title}</h1>"
        f'<div class="om">{words}<p>{said(KEY_LABEL, language)} {said(IN_LETTER, language)}:</p>'
        f'<span class="linje"></span></div><p>{escape(questionnaire.scope)}</p>\n{_about_you(questionnaire)}{blocks}\n'
        f'<div class="retur"><p>{said(THANKS, language)}</p><span class="linje"></span>'
        f'<span class="linje"></span></div></main></body></html>\n'
    )


def _about_you(questionnaire: Questionnaire) -> str:
    """What only those without a key answer; blank where nothing is asked."""
    language = questionnaire.language
    asked = "".join(_printed(item, "", questionnaire) for item in questionnaire.unknown())
    return (f'<section aria-labelledby="{YOU}"><h2 id="{YOU}">{said(webform.YOU_TITLE, language)}</h2>'
            f"<p>{said(NO_KEY, language)}</p>{asked}</section>\n") if asked else ""


def _only(item: Item, places: dict[str, str], questionnaire: Questionnaire) -> str:
    """Who is to answer a question, where that is not everybody."""
    if item.only_if is None:
        return ""
    language = questionnaire.language
    told = routing.words(item.only_if, questionnaire, lambda name: said("spørgsmål {place}", language).format(
        place=places[name].rstrip(". ")))
    return said("Besvar kun dette, hvis du {told}.", language).format(told=told)


def _printed(item: Item, place: str, questionnaire: Questionnaire, only: str = "") -> str:
    """One question: number, wording, who is to answer it, how, and where."""
    language = questionnaire.language
    way = "Skriv den." if has_many(item) else ASKED[item.scale.type].way
    way = "" if item.scale.type == "flere" and item.help else way
    help_ = " ".join(filter(None, (only, item.help, said(way, language), rule(item, questionnaire))))
    unit = escape(item.scale.unit or said("Antal", language))
    box = '<li><span class="boks tal"></span>'
    fields = {"dato": f"{box}{said('Dag, måned og år', language)}</li>", "antal": f"{box}{unit}</li>",
              "tekst": '<li class="linje"></li>' * 4}
    field = '<li class="linje"></li>' if has_many(item) else fields.get(item.scale.type, "")
    ticks = "".join(f'<li><span class="boks"></span>{escape(label)}</li>'
                    for label in answers(item, questionnaire).values() if not has_many(item))
    return (
        f'<div class="spoergsmaal" role="group" aria-labelledby="ordlyd-{escape(item.id)}">'
        f'<span class="id">{escape(item.id)}</span>'
        f'<p class="ordlyd" id="ordlyd-{escape(item.id)}">{place}{escape(item.wording)}</p>'
        + (f'<p class="hjaelp">{escape(help_)}</p>' if help_ else "")
        + f'<ul class="svar">{field}{ticks}</ul></div>\n'
    )
