"""The questionnaire as others need it: an XLSForm for ODK and Kobo, a page to print, a codebook.

What a reader of that form's exports must know:

- A column is called as its item. The group of its block, `blok_<block>`, may stand before it (`blok_x/item`,
  `blok_x-item`).
- One answer is its code, `ved_ikke` included; several are codes with a space between, or a column `<item>/<code>` each
  with 0 and 1.
- A count is a number. Whoever does not know it ticks `<item>_ved_ikke`, which then holds `ved_ikke` (where it is split:
  a column `<item>_ved_ikke/ved_ikke` with 1); the count is then blank. So it is with a ranking and a date.
- A ranking is its codes in order with a space between. Where only some are ranked each place is a column,
  `<item>_plads_1`, with the code that has it.
- What is asked of some only is `relevant` for them, so it is blank for all others.
- `noegle` is the respondent's key. Only whoever has none answers the group `YOU`, about the background. The columns of
  `NOTES` are blank: they are text to read.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import ZipFile, ZipInfo

from civsam.danish import slug
from civsam.files import UserError
from civsam.instrument import conditions, keys, languages, routing, webform
from civsam.instrument.dates import iso
from civsam.instrument.english import said
from civsam.instrument.kinds import ASKED
from civsam.instrument.questionnaire import BACKGROUND, DONT_KNOW, NONE, Item, Questionnaire
from civsam.instrument.telling import answers, rule

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

About = Mapping[str, str]
Rows = list[dict[str, str]]
KEY = "noegle"
NOTES = ("formaal", "afgraensning", "samtykke")
YOU = "om_dig"
LANGUAGE = "Dansk (da)"  # of the rows as they are made; a sheet has all languages
TICK = "kun_ved_ikke"  # the list of choices with 'ved ikke' alone
SURVEY = ("type", "name", f"label::{LANGUAGE}", f"hint::{LANGUAGE}", "appearance", "relevant", "required", "constraint",
          f"constraint_message::{LANGUAGE}")
OWN = "civsam"  # a column that other programs pass over: what no other column says, as JSON, for `civsam new --from`
CHOICES = ("list_name", "name", f"label::{LANGUAGE}")
SETTINGS = ("form_title", "form_id", "version", "default_language", "style", OWN)

KEY_LABEL = "Din nøgle"
KEY_HINT = ("Står i den henvendelse, du har fået. Er feltet udfyldt, så lad det stå. Har du ingen nøgle, så lad det "
            "være tomt.")


def purpose_of(about: About) -> str:
    """Who asks, what for, and how to reach them."""
    return " ".join(about[name] for name in ("afsender", "formaal", "kontakt"))


# ---- XLSForm


def xlsform(questionnaire: Questionnaire, path: Path, about: About) -> None:
    """Write the questionnaire as an XLSForm (.xlsx), the same bytes each time. Raises UserError for names that clash.

    about: see `webform.read_about`. Nothing is required: a blank is an answer not given.
    """
    from openpyxl import Workbook  # only who writes one needs it

    questionnaire = questionnaire.collected
    survey, choices = survey_rows(questionnaire, about), choice_rows(questionnaire)
    _check_names(row["name"] for row in survey if "name" in row)
    settings = {"form_title": questionnaire.title, "form_id": form_id(questionnaire),
                "version": version(questionnaire, about), "style": "pages",
                "default_language": languages.name(questionnaire.language),
                OWN: json.dumps({"noegle": questionnaire.key, **({"titler": {
                    code: other.title for code, other in questionnaire.languages.items()}}
                    if questionnaire.languages else {})}, ensure_ascii=False)}
    besides = {f"{item.id}_plads_1" if few_places(item) else item.id: _besides(item, questionnaire)
               for item in keys.asked(questionnaire).values()}
    survey = [row | {OWN: besides[row["name"]]} if row.get("name") in besides else row for row in survey]
    survey, choices = _spoken(survey, choices, questionnaire, about)
    codes = [questionnaire.language, *questionnaire.languages]
    book = Workbook()
    book.remove(book.active)
    for name, columns, rows in (("survey", (*_in(SURVEY, codes), OWN), survey),
                                ("choices", _in(CHOICES, codes), choices), ("settings", SETTINGS, [settings])):
        _fill(book.create_sheet(name), columns, rows)
    path.write_bytes(_timeless(book))


def _in(columns: tuple[str, ...], codes: list[str]) -> tuple[str, ...]:
    """The columns of a sheet, those of texts once for each language."""
    return tuple(dict.fromkeys(column.replace(LANGUAGE, languages.name(code)) for column in columns for code in codes))


def _spoken(survey: Rows, choices: Rows, questionnaire: Questionnaire, about: About) -> tuple[Rows, Rows]:
    """The rows with their texts in each of the questionnaire's languages, its own first."""
    others = [other.collected for other in questionnaire.languages.values()]
    codes = [questionnaire.language, *questionnaire.languages]
    return (_joined([survey, *(survey_rows(other, about) for other in others)], codes),
            _joined([choices, *map(choice_rows, others)], codes))


def _joined(sheets: list[Rows], codes: list[str]) -> Rows:
    """The rows of a sheet in several languages as one."""
    named = [[{column.replace(LANGUAGE, languages.name(code)): text for column, text in row.items()
               if sheet is sheets[0] or LANGUAGE in column} for row in sheet]
             for sheet, code in zip(sheets, codes, strict=True)]
    return [{column: text for row in rows for column, text in row.items()} for rows in zip(*named, strict=True)]


def _besides(item: Item, questionnaire: Questionnaire) -> str:
    """What the form itself does not say of an item, as JSON."""
    scale, variable = item.scale, questionnaire.background.get(item.id)
    told: dict[str, object] = {"type": scale.type, "emne": item.topic}
    topics = {code: one.topic for code, other in questionnaire.languages.items()
              if (one := keys.asked(other)[item.id]).topic != item.topic}
    told |= {"emner": topics} if topics else {}
    told |= {"decimaler": scale.decimals} if scale.decimals else {}
    if item.only_if:
        told |= {"kun_hvis": conditions.text(item.only_if), "relevant": routing.relevant(item.only_if, questionnaire)}
    if scale.type == "rangordning":
        told |= {"id": item.id, "mindst": scale.low, "hoejst": scale.high, "ordlyd": item.wording}
    told |= {"vis" if scale.type == "dato" else "enhed": scale.unit} if scale.unit else {}
    told |= {"ordnet": True} if variable and variable.ordered else {}
    told |= {"uoplyst": variable.missing} if variable and variable.missing else {}
    return json.dumps(told, ensure_ascii=False)


def form_id(questionnaire: Questionnaire) -> str:
    """The form's name for machines: the title in lower-case ASCII, which stays when questions change."""
    return slug(questionnaire.title)[:60]


def version(questionnaire: Questionnaire, about: About) -> str:
    """Twelve hexadecimal digits of the SHA-256 of all that the form says, asks and offers."""
    content = json.dumps([survey_rows(questionnaire, about), choice_rows(questionnaire)], ensure_ascii=False)
    return hashlib.sha256(content.encode()).hexdigest()[:12]


def survey_rows(questionnaire: Questionnaire, about: About) -> list[dict[str, str]]:
    """The rows of the sheet `survey`, each a dict of the columns that are filled in."""
    own = questionnaire.language
    notes = zip(NOTES, (purpose_of(about), questionnaire.scope, about["samtykke"]), strict=True)
    rows = [_group("indledning", questionnaire.title)]
    rows += [_row("note", name, text) for name, text in notes]
    rows += [_row("text", KEY, said(KEY_LABEL, own), hint=said(KEY_HINT, own)), {"type": "end_group"}]
    if you := questionnaire.unknown():
        inside = [row | {"required": "yes"} for item in you for row in _item_rows(item, questionnaire)]
        rows += [_group(YOU, said(webform.YOU_TITLE, own)) | {"relevant": f"${{{KEY}}} = ''"}, *inside,
                 {"type": "end_group"}]
    for block, title in questionnaire.blocks.items():
        items = questionnaire.block(block)
        if items:
            inside = [row for item in items for row in _item_rows(item, questionnaire)]
            rows += [_group(f"blok_{block}", title), *inside, {"type": "end_group"}]
    return rows


def choice_rows(questionnaire: Questionnaire) -> list[dict[str, str]]:
    """The rows of the sheet `choices`: every scale with codes, 'ved ikke' last, and a list of 'ved ikke' alone.

    What is not offered is in neither.
    """
    lists = {_list_of(item): item.scale.answers if ASKED[item.scale.type].apart else answers(item, questionnaire)
             for item in keys.asked(questionnaire).values() if item.scale.answers}
    if any(ASKED[item.scale.type].apart and item.allows_dont_know for item in questionnaire.items.values()):
        lists[TICK] = {DONT_KNOW: questionnaire.dont_know}
    return [dict(zip(CHOICES, (name, code, label), strict=True))
            for name, labels in lists.items() for code, label in labels.items()]


def _list_of(item: Item) -> str:
    """The list of choices of an item: its scale's, or that without 'ved ikke' where only some are offered it."""
    with_it = item.scale.type != BACKGROUND and not ASKED[item.scale.type].apart
    differs = with_it and item.dont_know != item.scale.dont_know
    return item.scale.id + (f"_{'med' if item.dont_know else 'uden'}_{DONT_KNOW}" if differs else "")


def _row(kind: str, name: str, label: str, *, hint: str = "", message: str = "", **cells: str) -> dict[str, str]:
    row = {"type": kind, "name": name, SURVEY[2]: label, SURVEY[3]: hint, SURVEY[-1]: message, **cells}
    return {column: text for column, text in row.items() if text}


def _group(name: str, label: str) -> dict[str, str]:
    return _row("begin_group", name, label, appearance="field-list")  # a page of its own


def _item_rows(item: Item, questionnaire: Questionnaire) -> list[dict[str, str]]:
    """An item's row; where 'ved ikke' is a tick of its own it comes after, offered as long as no answer stands."""
    some = routing.relevant(item.only_if, questionnaire) if item.only_if else ""
    language = questionnaire.language
    rows = _places(item, some, language) if few_places(item) else [_item_row(item, questionnaire, some)]
    if not ASKED[item.scale.type].apart or not item.allows_dont_know:
        return rows
    tick = _row(f"select_multiple {TICK}", f"{item.id}_{DONT_KNOW}",
                said("{topic}: sæt kryds, hvis du ikke ved det.", language).format(topic=item.topic),
                relevant=f"${{{rows[0]['name']}}} = ''" + (f" and ({some})" if some else ""))
    return [*rows, tick]


def few_places(item: Item) -> bool:
    """Whether only some answers may be ranked: the forms' own ranking would rank them all."""
    return item.scale.type == "rangordning" and item.scale.high < len(item.scale.answers)


def _places(item: Item, some: str, language: str) -> list[dict[str, str]]:
    """A row for each place of a ranking, offered once the one before it is filled. some: where the item is asked."""
    names = [f"{item.id}_plads_{place}" for place in range(1, int(item.scale.high) + 1)]
    return [_row(f"select_one {_list_of(item)}", name, said("{wording} Plads {place}", language).format(
        wording=item.wording, place=place), hint=item.help,
                 constraint=" and ".join(f". != ${{{other}}}" for other in names[:place - 1]),
                 message=said("Hvert svar kan kun have én plads.", language) if place > 1 else "",
                 relevant=f"${{{names[place - 2]}}} != ''" if place > 1 else some)
            for place, name in enumerate(names, 1)]


def _item_row(item: Item, questionnaire: Questionnaire, some: str) -> dict[str, str]:
    """The row of an item that has one. some: where it is asked."""
    scale, test = item.scale, constraint(item)
    plain = "decimal" if scale.decimals else ASKED[scale.type].form
    kind = f"{plain} {_list_of(item)}" if scale.answers else plain
    return _row(kind, item.id, item.wording, hint=item.help, constraint=test,
                message=rule(item, questionnaire) if test else "",
                appearance="multiline" if scale.type == "tekst" else "minimal" if has_many(item) else "", relevant=some)


def has_many(item: Item) -> bool:
    """Whether it is about the background, with too many answers to be seen at once."""
    return item.scale.type == BACKGROUND and len(item.scale.answers) > webform.MANY


def constraint(item: Item) -> str:
    """What the answer must fulfil, in XPath with `${item}` for other answers; blank where nothing is demanded.

    A part is held against its totals only where all of them are given.
    """
    scale = item.scale
    if scale.type == "flere":
        alone = [code for code in item.codes if code in (NONE, DONT_KNOW)]
        return " and ".join(f"(not(selected(., '{code}')) or count-selected(.) = 1)" for code in alone)
    if scale.type == "dato":
        return f". >= date('{iso(scale.low)}') and . <= date('{iso(scale.high)}')"
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
