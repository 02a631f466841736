"""The questionnaire as others need it: an XLSForm for ODK and Kobo, a page to print, a codebook.

What a reader of that form's exports must know:

- A column is called as its item. The group of its block, `blok_<block>`, may stand before it (`blok_x/item`,
  `blok_x-item`).
- One answer is its code, `ved_ikke` included; several are codes with a space between, or a column `<item>/<code>` each
  with 0 and 1.
- A count is a number. Whoever does not know it ticks `<item>_ved_ikke`, which then holds `ved_ikke` (where it is split:
  a column `<item>_ved_ikke/ved_ikke` with 1); the count is then blank.
- `noegle` is the respondent's key. Only whoever has none answers the group `YOU`, about the background. The columns of
  `NOTES` are blank: they are text to read.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from html import escape
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile, ZipInfo

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from civsam import collecting, register, webform
from civsam.export import codes, slug
from civsam.files import UserError, listed
from civsam.output import Output, number
from civsam.questionnaire import BACKGROUND, DONT_KNOW, NONE, Item, Questionnaire

About = Mapping[str, str]
KEY = "noegle"
NOTES = ("formaal", "afgraensning", "samtykke")
YOU = "om_dig"
LANGUAGE = "Dansk (da)"
TICK = "kun_ved_ikke"  # the list of choices with 'ved ikke' alone
TYPES = {"enkelt": "select_one", "ordinal": "select_one", "flere": "select_multiple", "antal": "integer",
         "tekst": "text", BACKGROUND: "select_one"}
KINDS = {"enkelt": "ét svar", "ordinal": "ét svar på en ordnet skala", "flere": "et eller flere svar",
         "antal": "et antal", "tekst": "fri tekst"}
SURVEY = ("type", "name", f"label::{LANGUAGE}", f"hint::{LANGUAGE}", "appearance", "relevant", "required", "constraint",
          f"constraint_message::{LANGUAGE}")
CHOICES = ("list_name", "name", f"label::{LANGUAGE}")
SETTINGS = ("form_title", "form_id", "version", "default_language", "style")

KEY_LABEL = "Din nøgle"
KEY_HINT = ("Står i den henvendelse, du har fået. Er feltet udfyldt, så lad det stå. Har du ingen nøgle, så lad det "
            "være tomt.")

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


# ---- Words shared by the forms


def answers(item: Item, questionnaire: Questionnaire) -> dict[str, str]:
    """The codes that may be ticked with the words beside them, 'ved ikke' last; of a count only that."""
    own = {DONT_KNOW: questionnaire.dont_know} if item.allows_dont_know else {}
    return {**item.scale.answers, **own}


def rule(item: Item, questionnaire: Questionnaire) -> str:
    """What an answer must keep to, in words; blank for one answer and for text."""
    if item.scale.type == "antal":
        words = f"Skriv et helt tal fra {number(item.scale.low)} til {number(item.scale.high)}."
        totals = [f"»{questionnaire.items[total].topic}«" for total in item.part_of]
        together = " tilsammen" if len(totals) > 1 else ""
        return f"{words} Tallet må ikke være større end i {listed(totals)}{together}." if totals else words
    alone = [f"»{label}«" for code, label in answers(item, questionnaire).items() if code in (NONE, DONT_KNOW)]
    return f"{listed(alone)} kan kun vælges alene." if item.scale.type == "flere" else ""


def write(questionnaire: Questionnaire, folder: Path, home: str = "") -> list[Path]:
    """Write all forms in a folder, and return their files: electronic, to print, and XLSForm.

    home: address of the book to link to, if any. Raises UserError for texts that are missing and names that clash.
    """
    about = webform.read_about()
    folder.mkdir(parents=True, exist_ok=True)
    sheet, paper = folder / "skema.xlsx", folder / "skema-print.html"
    xlsform(questionnaire, sheet, about)
    paper.write_text(print_page(questionnaire, about), encoding="utf-8", newline="\n")
    return [webform.write(questionnaire, folder, about, home), paper, sheet]


def _purpose(about: About) -> str:
    """Who asks, what for, and how to reach them."""
    return " ".join(about[name] for name in ("afsender", "formaal", "kontakt"))


# ---- XLSForm


def xlsform(questionnaire: Questionnaire, path: Path, about: About) -> None:
    """Write the questionnaire as an XLSForm (.xlsx), the same bytes each time. Raises UserError for names that clash.

    about: see `webform.read_about`. Nothing is required: a blank is an answer not given.
    """
    survey, choices = survey_rows(questionnaire, about), choice_rows(questionnaire)
    _check_names(row["name"] for row in survey if "name" in row)
    settings = {"form_title": questionnaire.title, "form_id": form_id(questionnaire),
                "version": version(questionnaire, about), "default_language": LANGUAGE, "style": "pages"}
    book = Workbook()
    book.remove(book.active)
    for name, columns, rows in (("survey", SURVEY, survey), ("choices", CHOICES, choices),
                                ("settings", SETTINGS, [settings])):
        _fill(book.create_sheet(name), columns, rows)
    path.write_bytes(_timeless(book))


def form_id(questionnaire: Questionnaire) -> str:
    """The form's name for machines: the title in lower-case ASCII, which stays when questions change."""
    return slug(questionnaire.title)[:60]


def version(questionnaire: Questionnaire, about: About) -> str:
    """Twelve hexadecimal digits of the SHA-256 of all that the form says, asks and offers."""
    content = json.dumps([survey_rows(questionnaire, about), choice_rows(questionnaire)], ensure_ascii=False)
    return hashlib.sha256(content.encode()).hexdigest()[:12]


def survey_rows(questionnaire: Questionnaire, about: About) -> list[dict[str, str]]:
    """The rows of the sheet `survey`, each a dict of the columns that are filled in."""
    notes = zip(NOTES, (_purpose(about), questionnaire.scope, about["samtykke"]), strict=True)
    rows = [_group("indledning", questionnaire.title)]
    rows += [_row("note", name, text) for name, text in notes]
    rows += [_row("text", KEY, KEY_LABEL, hint=KEY_HINT), {"type": "end_group"}]
    if you := register.unknown(questionnaire):
        inside = [row | {"required": "yes"} for item in you for row in _item_rows(item, questionnaire)]
        rows += [_group(YOU, webform.YOU_TITLE) | {"relevant": f"${{{KEY}}} = ''"}, *inside, {"type": "end_group"}]
    for block, title in questionnaire.blocks.items():
        items = questionnaire.block(block)
        if items:
            inside = [row for item in items for row in _item_rows(item, questionnaire)]
            rows += [_group(f"blok_{block}", title), *inside, {"type": "end_group"}]
    return rows


def choice_rows(questionnaire: Questionnaire) -> list[dict[str, str]]:
    """The rows of the sheet `choices`: every scale with codes, 'ved ikke' last, and a list of 'ved ikke' alone."""
    lists = {item.scale.id: answers(item, questionnaire) for item in collecting.asked(questionnaire).values()
             if item.scale.answers}
    lists[TICK] = {DONT_KNOW: questionnaire.dont_know}
    return [dict(zip(CHOICES, (name, code, label), strict=True))
            for name, labels in lists.items() for code, label in labels.items()]


def _row(kind: str, name: str, label: str, *, hint: str = "", message: str = "", **cells: str) -> dict[str, str]:
    row = {"type": kind, "name": name, SURVEY[2]: label, SURVEY[3]: hint, SURVEY[-1]: message, **cells}
    return {column: text for column, text in row.items() if text}


def _group(name: str, label: str) -> dict[str, str]:
    return _row("begin_group", name, label, appearance="field-list")  # a page of its own


def _item_rows(item: Item, questionnaire: Questionnaire) -> list[dict[str, str]]:
    """An item's row; a count is followed by the tick for 'ved ikke', offered as long as no number stands."""
    scale, test = item.scale, constraint(item)
    kind = f"{TYPES[scale.type]} {scale.id}" if scale.answers else TYPES[scale.type]
    row = _row(kind, item.id, item.wording, hint=item.help, constraint=test,
               message=rule(item, questionnaire) if test else "",
               appearance="multiline" if scale.type == "tekst" else "minimal" if _many(item) else "")
    if scale.type != "antal":
        return [row]
    tick = _row(f"select_multiple {TICK}", f"{item.id}_{DONT_KNOW}", f"{item.topic}: sæt kryds, hvis du ikke ved det.",
                relevant=f"${{{item.id}}} = ''")
    return [row, tick]


def _many(item: Item) -> bool:
    """Whether it is about the background, with too many answers to be seen at once."""
    return item.scale.type == BACKGROUND and len(item.scale.answers) > webform.MANY


def constraint(item: Item) -> str:
    """What the answer must fulfil, in XPath with `${item}` for other answers; blank where nothing is demanded.

    A part is held against its totals only where all of them are given.
    """
    scale = item.scale
    if scale.type == "flere":
        alone = [code for code in (*scale.answers, DONT_KNOW) if code in (NONE, DONT_KNOW)]
        return " and ".join(f"(not(selected(., '{code}')) or count-selected(.) = 1)" for code in alone)
    if scale.type != "antal":
        return ""
    test, totals = f". >= {scale.low} and . <= {scale.high}", [f"${{{total}}}" for total in item.part_of]
    blank = " or ".join(f"{total} = ''" for total in totals)
    return f"{test} and ({blank} or . <= {' + '.join(totals)})" if totals else test


def _check_names(names: Iterable[str]) -> None:
    """Raise UserError for a name that is given twice, capitals aside: the form itself needs some."""
    seen: set[str] = set()
    for name in names:
        if name.casefold() in seen:
            raise UserError(f"formularen kan ikke laves: to felter ville hedde '{name}'. Navnene {KEY}, {YOU}, "
                            f"{', '.join(NOTES)} og dem, der ender på _{DONT_KNOW} efter et antal, bruger formularen "
                            "selv. Giv spørgsmålet et andet id.")
        seen.add(name.casefold())


def _fill(sheet: Worksheet, columns: tuple[str, ...], rows: list[dict[str, str]]) -> None:
    """Write a heading and the rows. Everything is text, also what begins as a formula does."""
    for place, row in enumerate([dict(zip(columns, columns, strict=True)), *rows], 1):
        for column, name in enumerate(columns, 1):
            if name in row:
                cell = sheet.cell(place, column, row[name])
                cell.data_type = "s"


def _timeless(book: Workbook) -> bytes:
    """The workbook without the time it was made, and not packed: the same bytes each time and everywhere."""
    made, timeless = BytesIO(), BytesIO()
    book.save(made)
    with ZipFile(made) as source, ZipFile(timeless, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d\d-\d\dT[\d:.]+Z", b"2000-01-01T00:00:00Z", content)
            target.writestr(ZipInfo(name), content)
    return timeless.getvalue()


# ---- Print


def print_page(questionnaire: Questionnaire, about: About) -> str:
    """A whole HTML page to print on A4 and fill in by hand; no scripts, and nothing is fetched.

    about: see `webform.read_about`.
    """
    title = escape(questionnaire.title)
    places = {item: f"{place}. " for place, item in enumerate(questionnaire.items, 1)}
    blocks = "".join(
        f'<section aria-labelledby="blok-{escape(block)}"><h2 id="blok-{escape(block)}">{escape(words)}</h2>'
        + "".join(_printed(item, places[item.id], questionnaire) for item in questionnaire.block(block)) + "</section>"
        for block, words in questionnaire.blocks.items() if questionnaire.block(block)
    )
    words = "".join(f"<p>{escape(text)}</p>" for text in (_purpose(about), about["samtykke"]))
    return (
        f'<!DOCTYPE html>\n<html lang="da"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        f"<title>{title}: spørgeskema til print</title><style>{PRINT_STYLE}</style></head>\n<body><main>"
        f"<h1>{title}</h1>"
        f'<div class="om">{words}<p>{KEY_LABEL} (står i den henvendelse, du har fået):</p>'
        f'<span class="linje"></span></div><p>{escape(questionnaire.scope)}</p>\n{_about_you(questionnaire)}{blocks}\n'
        '<div class="retur"><p>Tak for dit svar. Skemaet sendes eller afleveres til:</p><span class="linje"></span>'
        f'<span class="linje"></span></div></main></body></html>\n'
    )


def _about_you(questionnaire: Questionnaire) -> str:
    """What only those without a key answer; blank where nothing is asked."""
    asked = "".join(_printed(item, "", questionnaire) for item in register.unknown(questionnaire))
    return (f'<section aria-labelledby="{YOU}"><h2 id="{YOU}">{webform.YOU_TITLE}</h2>'
            f"<p>Svar kun på dette, hvis du ikke har fået en nøgle.</p>{asked}</section>\n") if asked else ""


def _printed(item: Item, place: str, questionnaire: Questionnaire) -> str:
    """One question: number, wording, how to answer, and where."""
    several = "" if item.help else "Sæt gerne flere krydser."
    once = "Skriv den." if _many(item) else "Sæt ét kryds."
    ways = {"enkelt": "Sæt ét kryds.", "ordinal": "Sæt ét kryds.", "flere": several, BACKGROUND: once}
    help_ = " ".join(filter(None, (item.help, ways.get(item.scale.type, ""), rule(item, questionnaire))))
    fields = {"antal": '<li><span class="boks tal"></span>Antal</li>', "tekst": '<li class="linje"></li>' * 4}
    field = '<li class="linje"></li>' if _many(item) else fields.get(item.scale.type, "")
    ticks = "".join(f'<li><span class="boks"></span>{escape(label)}</li>'
                    for label in answers(item, questionnaire).values() if not _many(item))
    return (
        f'<div class="spoergsmaal" role="group" aria-labelledby="ordlyd-{escape(item.id)}">'
        f'<span class="id">{escape(item.id)}</span>'
        f'<p class="ordlyd" id="ordlyd-{escape(item.id)}">{place}{escape(item.wording)}</p>'
        + (f'<p class="hjaelp">{escape(help_)}</p>' if help_ else "")
        + f'<ul class="svar">{field}{ticks}</ul></div>\n'
    )


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
    scale, numbers = item.scale, codes(item)
    facts = {"Type": _both(KINDS[scale.type])}
    if scale.type == "antal":
        facts["Værdier"] = _both(f"hele tal fra {number(scale.low)} til {number(scale.high)}")
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


def _background_book(questionnaire: Questionnaire) -> Output:
    """The frame variables, which are known of everybody asked."""
    title, html, text = "Baggrund fra rammen", "", ""
    for variable in questionnaire.background.values():
        made, words = _code_list({code: (label, None) for code, label in variable.labels.items()})
        kind = "ordnede grupper" if variable.ordered else "grupper uden orden"
        html += entry(*_named(variable.id, variable.name.capitalize()), {"Type": kind, "Koder": made})
        text += f"\n{variable.id}: {variable.name} ({kind})\n  {words}"
    return Output(f'<div class="kodebog"><h2>{title}</h2>{html}</div>', title + text)


def _missing_book(questionnaire: Questionnaire) -> Output:
    """How answers that are not there are coded."""
    title, unknown = "Manglende svar", questionnaire.dont_know
    facts = {
        "Ikke besvaret": "Feltet er tomt i svarfilen og i CSV; det er en systemmangel i SPSS (.sav) og Stata (.dta).",
        f"»{unknown}«": f"Koden {DONT_KNOW} i svarfilen. I .sav og .dta står det tal, som spørgsmålet viser, med "
                        f"etiketten »{unknown}«; for et antal er tallet i .sav også angivet som manglende, men i .dta "
                        "skal det tages ud før beregninger.",
        "Flere svar": f"I svarfilen står koderne i ét felt med mellemrum imellem. I .sav og .dta har hvert svar, også "
                      f"»{unknown}«, sin egen kolonne <spørgsmål>_<kode>: 1 er valgt, 0 er ikke valgt, og alle er "
                      "tomme, hvis spørgsmålet ikke er besvaret.",
    }
    html = _definitions({escape(term): escape(words) for term, words in facts.items()})
    return Output(f'<div class="kodebog"><h2>{title}</h2>{html}</div>',
                  "\n".join([title, *(f"{term}: {words}" for term, words in facts.items())]))


def entry(place: str, heading: str, facts: Mapping[str, str], lead: str = "") -> str:
    """What is told of one thing, with an id to link to: all but the place is HTML, facts by their terms."""
    return (f'<section class="post" id="{place}" aria-labelledby="{place}-navn"><h3 id="{place}-navn">{heading}</h3>'
            f"{lead}{_definitions(facts)}</section>")


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


def _definitions(facts: Mapping[str, str]) -> str:
    return "<dl>" + "".join(f"<div><dt>{term}</dt><dd>{words}</dd></div>" for term, words in facts.items()) + "</dl>"
