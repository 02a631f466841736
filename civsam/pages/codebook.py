"""The codebook: what was asked, and the codes that answers have."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from civsam.danish import listed, number
from civsam.instrument import dates, ranking, routing
from civsam.instrument.kinds import KINDS
from civsam.instrument.questionnaire import DONT_KNOW, Item, Questionnaire, Scale
from civsam.instrument.telling import answers
from civsam.instrument.value_codes import codes
from civsam.pages.output import Output

# ---- Codebook


def codebook(questionnaire: Questionnaire) -> list[Output]:
    """What a page of the codebook shows: links to the items, a part for each block, background, and missing answers.

    An item's place is `kodebog-<item>`, a frame variable's `kodebog-<variable>`. There are no answers in it. The parts
    have headings of level 2 and 3, for a page that has only its title.
    """
    blocks = [_block_book(block, questionnaire) for block in questionnaire.blocks if questionnaire.block(block)]
    background = [_background_book(questionnaire)] if questionnaire.background else []
    return [_contents(questionnaire), *blocks, *background, _missing_book(questionnaire)]


def _contents(questionnaire: Questionnaire) -> Output:
    entries = [(item.id, item.topic) for item in questionnaire.items.values()]
    links = "".join(f'<li><a href="#kodebog-{escape(item)}"><code>{escape(item)}</code> {escape(topic)}</a></li>'
                    for item, topic in entries)
    text = "\n".join(f"{item}: {topic}" for item, topic in entries)
    return Output(f'<nav class="kodebog-liste" aria-label="Spørgsmål i kodebogen"><ul>{links}</ul></nav>', text)


def _block_book(block: str, questionnaire: Questionnaire) -> Output:
    """The items of a block."""
    title, html, text = questionnaire.blocks[block], "", ""
    for item in questionnaire.block(block):
        facts = _facts(item, questionnaire)
        help_ = f'<p class="hjaelp">{escape(item.help)}</p>' if item.help else ""
        html += entry(*_named(item.id, item.topic), {term: made for term, (made, _) in facts.items()},
                      f'<p class="ordlyd">{escape(item.wording)}</p>{help_}')
        told = "; ".join(f"{term}: {words}" for term, (_, words) in facts.items())
        text += f"\n{item.id}: {item.wording} {item.help}".rstrip() + f"\n  {told}"
    return Output(f'<div class="kodebog"><h2>{escape(title)}</h2>{html}</div>', title + text)


def _facts(item: Item, questionnaire: Questionnaire) -> dict[str, tuple[str, str]]:
    """What is to be known of an item: a term to HTML and plain text."""
    scale, numbers = item.scale, {} if item.derived else codes(item)
    facts = {"Type": _both(KINDS[scale.type].words)}
    if item.derived:
        facts["Regnet ud af"] = _both(f"{item.derived.words} ({listed(item.derived.sources)})")
    if item.only_if:
        facts["Stilles kun til"] = _both(routing.base(item, questionnaire))
    if scale.type == "antal":
        facts["Værdier"] = _both(_span(scale))
    if scale.type == "dato":
        facts["Værdier"] = _both(f"{dates.span(scale)}; vises efter {dates.UNITS[scale.unit]}")
    if scale.type == "rangordning":
        facts["Rangordnes"] = _both(ranking.amount(scale))
    if answers(item, questionnaire):
        term = "Koder, og tal i .sav og .dta" if numbers else "Koder"
        facts[term] = _code_list({code: (label, numbers.get(code)) for code, label
                                  in answers(item, questionnaire).items()})
    if item.part_of:
        links = listed(f'<a href="#kodebog-{escape(total)}"><code>{escape(total)}</code></a>' for total in item.part_of)
        facts["Del af"] = links, listed(item.part_of)
    if item.statements:
        facts["Belyser udsagn"] = _both(", ".join(item.statements))
    return facts


def _span(scale: Scale) -> str:
    """The numbers that may be answered."""
    places, unit = scale.decimals, f" ({scale.unit})" if scale.unit else ""
    low, high = (number(end, places if end % 1 else 0) for end in (scale.low, scale.high))
    precise = f" med højst {places} decimal{'er' if places > 1 else ''}" if places else ""
    return f"{'' if places else 'hele '}tal fra {low} til {high}{precise}{unit}"


def _background_book(questionnaire: Questionnaire) -> Output:
    """The frame variables, which are known of everybody asked."""
    title, html, text = "Baggrund fra rammen", "", ""
    for variable in questionnaire.background.values():
        made, words = _code_list({code: (label, None) for code, label in variable.labels.items()})
        kind = "ordnede grupper" if variable.ordered else "grupper uden orden"
        kind = "et tal, delt i klasser" if variable.limits else kind
        html += entry(*_named(variable.id, variable.name.capitalize()), {"Type": kind, "Koder": made})
        text += f"\n{variable.id}: {variable.name} ({kind})\n  {words}"
    return Output(f'<div class="kodebog"><h2>{title}</h2>{html}</div>', title + text)


def _missing_book(questionnaire: Questionnaire) -> Output:
    """How answers that are not there are coded."""
    title, unknown = "Manglende svar", questionnaire.dont_know
    several = f", også »{unknown}«," if questionnaire.offers_dont_know() else ""
    facts = {
        "Ikke besvaret": "Feltet er tomt i svarfilen og i CSV; det er en systemmangel i SPSS (.sav) og Stata (.dta).",
        f"»{unknown}«": f"Koden {DONT_KNOW} i svarfilen. I .sav og .dta står det tal, som spørgsmålet viser, med "
                        f"etiketten »{unknown}«; for et antal er tallet i .sav også angivet som manglende, og i .dta "
                        "står den manglende værdi .a i stedet for det.",
        "Flere svar": f"I svarfilen står koderne i ét felt med mellemrum imellem. I .sav og .dta har hvert "
                      f"svar{several} sin egen kolonne <spørgsmål>_<kode>: 1 er valgt, 0 er ikke valgt, og alle er "
                      "tomme, hvis spørgsmålet ikke er besvaret.",
    }
    if routing.routed(questionnaire):
        facts["Ikke spurgt"] = (
            "Feltet er også tomt for dem, et spørgsmål ikke er stillet til; det fremgår af deres svar på det, som det "
            "afhænger af. De er ikke bortfald og er i intet grundlag. Er det spørgsmål selv ikke besvaret, vides det "
            "ikke, om de skulle spørges, og så tæller et tomt felt som ikke besvaret.")
    if not questionnaire.offers_dont_know():
        del facts[f"»{unknown}«"]
    html = definitions({escape(term): escape(words) for term, words in facts.items()})
    return Output(f'<div class="kodebog"><h2>{title}</h2>{html}</div>',
                  "\n".join([title, *(f"{term}: {words}" for term, words in facts.items())]))


def entry(place: str, heading: str, facts: Mapping[str, str], lead: str = "") -> str:
    """What is told of one thing, with an id to link to: all but the place is HTML, facts by their terms."""
    return (f'<section class="post" id="{place}" aria-labelledby="{place}-navn"><h3 id="{place}-navn">{heading}</h3>'
            f"{lead}{definitions(facts)}</section>")


def _named(name: str, words: str) -> tuple[str, str]:
    """Place and heading of an item's or a variable's entry."""
    return f"kodebog-{escape(name)}", f"{escape(words)} (<code>{escape(name)}</code>)"


def _both(words: str) -> tuple[str, str]:
    """The words as HTML and as plain text."""
    return escape(words), words


def _code_list(labels: dict[str, tuple[str, int | None]]) -> tuple[str, str]:
    """Codes with labels, and with the number that stands for them in .sav and .dta where there is one."""
    shown = {code: f"{code} ({value})" if value is not None else code for code, (_, value) in labels.items()}
    html = "".join(f"<li><code>{escape(code)}</code> {escape(label)}"
                   + (f' <span class="tal">({value})</span>' if value is not None else "") + "</li>"
                   for code, (label, value) in labels.items())
    return f"<ul>{html}</ul>", ", ".join(f"{shown[code]} {label}" for code, (label, _) in labels.items())


def definitions(facts: Mapping[str, str]) -> str:
    """Facts by their terms, as HTML of both."""
    return "<dl>" + "".join(f"<div><dt>{term}</dt><dd>{words}</dd></div>" for term, words in facts.items()) + "</dl>"
