"""Free text of respondents on a page: escaped, and with nothing in it that can hide or turn what stands around it."""

from __future__ import annotations

from html import escape

from civsam.files import UserError
from civsam.pages.output import Output
from civsam.pages.provenance import mark
from civsam.survey.grouping import the_survey
from civsam.survey.survey import Survey

# What may turn text around or hide in it, shown as what it is.
INVISIBLE = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0), 0x61C, 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F),
                           *range(0x2060, 0x206A), 0xFEFF], "\N{REPLACEMENT CHARACTER}") | {10: " / ", 9: " ", 13: ""}


def texts(survey: Survey, item: str) -> Output:
    """The answers in words, if the edition may show them: in alphabetical order, which says nothing of who wrote.

    >>> from civsam import open_edition, show
    >>> show.texts(open_edition().survey, "vae_kommentar").text
    'Fri tekst vises ikke i denne udgave.'
    """
    if the_survey(survey).item(item).scale.type != "tekst":
        raise UserError(f"»{item}« er ikke et spørgsmål med fri tekst. Vis svarene på det med show.table.")
    if not survey.texts:
        nothing = "Fri tekst vises ikke i denne udgave."
        return Output(f'<p class="note">{nothing}</p>', nothing)
    said = sorted(text.translate(INVISIBLE) for text in survey.answers[item] if text.strip())
    html = "".join(f"<li><bdi>{escape(text)}</bdi></li>" for text in said)
    return Output(f'<div class="fritekst"><ul>{html}</ul>{mark(survey.provenance)}</div>', "\n".join(said))
