"""What forms themselves say, in English: the words of theirs that are no part of the questionnaire, by the Danish ones.

A form in a language without such words has the Danish ones. In braces and after a dollar sign stands what is put in.
"""

from __future__ import annotations

from civsam.danish import number

ENGLISH = {
    # the electronic form: its page
    '<html lang="da">': '<html lang="en">', "– spørgeskema": "– questionnaire", "Om skemaet": "About the form",
    "Hvem spørger": "Who is asking", "Hvad skemaet er til": "What it is for",
    "Svar på det, du kan": "Answer what you can",
    "Du kan springe over, hvad du vil$undtagen. Et svar, der ikke er helt udfyldt, er også velkomment.":
        "You may skip whatever you like$undtagen. An answer that is not complete is welcome too.",
    "Dine svar": "Your answers",
    "Siden sender ingenting. Dine svar forlader kun din browser som den fil, du selv henter til sidst\nog sender. Der "
    "spørges ikke om dit navn.$om_dig Undervejs ligger en kladde i denne browser, indtil du sletter den.":
        "This page sends nothing. Your answers leave your browser only as the file that you download at the end\nand "
        "send. You are not asked for your name.$om_dig Meanwhile a draft is kept in this browser until you delete it.",
    "Samtykke": "Consent", "Kontakt": "Contact", "Brug af skemaet": "Use of the form",
    "Skemaet bruger JavaScript, som er slået fra i din browser. Slå det til, og åbn siden\nigen. Skemaet henter ikke "
    "noget fra nettet.":
        "The form needs JavaScript, which is turned off in your browser. Turn it on, and open the page\nagain. The "
        "form fetches nothing from the internet.",
    "Slet kladden": "Delete the draft",
    "Skemaet er lavet med formularbiblioteket SurveyJS (MIT-licens).":
        "The form is made with the form library SurveyJS (MIT licence).",
    "Til bogen": "To the book",
    # its script
    '"da-DK"': '"en-GB"',
    "Skemaet er åbnet uden personligt link. Dit svar får en tilfældig nøgle, lavet i din browser: $":
        "The form was opened without a personal link. Your answer has a random key, made in your browser: $",
    "`Din nøgle: $": "`Your key: $",
    "Skriv et helt tal fra ${low} til ${high} uden punktum og komma, eller lad feltet stå tomt.":
        "Write a whole number from ${low} to ${high} without full stops and commas, or leave the field blank.",
    "`${item.decimals} decimaler` : \"1 decimal\"": "`${item.decimals} decimals` : \"1 decimal\"",
    "Skriv et tal fra ${low} til ${high} med højst ${most} og uden tusindpunktum, eller lad feltet stå tomt.":
        "Write a number from ${low} to ${high} with at most ${most}, or leave the field blank.",
    "`netop ${item.low}` : `mindst ${item.low} og højst ${item.high}`":
        "`exactly ${item.low}` : `at least ${item.low} and at most ${item.high}`",
    "Rangordn ${few} af svarene, eller fjern dem alle.": "Rank ${few} of the answers, or remove them all.",
    "Skriv en dato fra ${low} til ${high}, eller lad feltet stå tomt.":
        "Give a date from ${low} to ${high}, or leave the field blank.",
    '.join(" og ")': '.join(" and ")',
    "Tallet kan højst være ${danish(sum)}, for det er en del af det, du har svaret ved ${names}.":
        "The number can be at most ${danish(sum)}, since it is a part of what you answered to ${names}.",
    "Fjern svaret": "Remove the answer",
    "Din browser gemmer ingen kladde. Hent dit svar, før du lukker siden.":
        "Your browser keeps no draft. Download your answer before you close the page.",
    "Kladden er gemt i denne browser.": "The draft is kept in this browser.",
    "Din kladde er hentet frem. Du kan fortsætte, hvor du slap.":
        "Your draft is back. You can go on where you left off.",
    "Slet alle dine svar i denne browser? En fil, du har hentet, slettes ikke.":
        "Delete all your answers in this browser? A file that you have downloaded is not deleted.",
    "Kladden er slettet.": "The draft is deleted.",
    "Dit svar er gemt som filen ${link.download} i mappen med hentede filer. Send den til den, der har bedt dig om at "
    "svare. ":
        "Your answer is saved as the file ${link.download} among your downloads. Send it to whoever asked you "
        "to answer. ",
    "Retter du noget, så hent filen igen: den nyeste gælder. Sidder du ved en fælles computer, så slet kladden nederst "
    "på siden.":
        "If you change something, download the file again: the newest counts. At a shared computer, delete the "
        "draft at "
        "the bottom of the page.",
    "Nøglen i linket er ikke hel. Åbn linket igen, og kontrollér, at det hele er med.":
        "The key in the link is not whole. Open the link again, and check that all of it is there.",
    # what it is made of
    "Om dig": "About you", "Hent dit svar": "Download your answer", "Vælg et svar.": "Choose an answer.",
    "Skriv ikke navne eller andet, der peger på en bestemt person.":
        "Do not write names or anything else that points to a certain person.",
    "Skriv tallet i {unit}.": "Write the number of {unit}.",
    "Sæt svarene i rækkefølge: træk dem, eller brug mellemrum og pile. Det første får nummer 1. Rangordn {some}.":
        "Put the answers in order: drag them, or use the space bar and the arrows. The first is number 1. Rank {some}.",
    ", bortset fra spørgsmålene om dig selv": ", except the questions about yourself",
    " Uden personligt link spørges der også om {topics}. Det kommer med i filen. Er I kun få, der svarer ens på "
    "det, kan "
    "det vise, hvem du er.":
        " Without a personal link you are also asked about {topics}. That goes into the file. If only a few of you "
        "answer it alike, it may show who you are.",
    # what an answer must keep to
    "Skriv et helt tal fra {low} til {high}{unit}.": "Write a whole number from {low} to {high}{unit}.",
    "Skriv et tal fra {low} til {high} med højst {places} decimal{unit}.":
        "Write a number from {low} to {high} with at most {places} decimal{unit}.",
    "Skriv et tal fra {low} til {high} med højst {places} decimaler{unit}.":
        "Write a number from {low} to {high} with at most {places} decimals{unit}.",
    " Tallet må ikke være større end i {totals}.": " The number must not be larger than that in {totals}.",
    " Tallet må ikke være større end i {totals} tilsammen.":
        " The number must not be larger than those in {totals} together.",
    "Skriv en dato fra {low} til {high}.": "Give a date from {low} to {high}.",
    "Skriv tal: 1 ved det, du sætter først, 2 ved det næste og så videre. Rangordn {some}.":
        "Write numbers: 1 beside what you put first, 2 beside the next, and so on. Rank {some}.",
    "alle": "all", "mindst {low} og højst {high}": "at least {low} and at most {high}",
    "{labels} kan kun vælges alene.": "{labels} can only be chosen alone.", " og ": " and ",
    # paper
    "spørgeskema til print": "questionnaire to print", "(står i den henvendelse, du har fået)":
    "(stands in the letter that you received)", "Svar kun på dette, hvis du ikke har fået en nøgle.":
    "Answer this only if you have received no key.", "Tak for dit svar. Skemaet sendes eller afleveres til:":
    "Thank you for your answer. Send or hand in the form to:", "Sæt ét kryds.": "Tick one.",
    "Sæt gerne flere krydser.": "You may tick several.", "Skriv den.": "Write it.", "Antal": "Number",
    "Dag, måned og år": "Day, month and year", "spørgsmål {place}": "question {place}",
    "Besvar kun dette, hvis du {told}.": "Answer this only if you {told}.", " eller ": " or ",
    "satte kryds ved »{answer}« i {where}": "ticked »{answer}« in {where}",
    "ikke satte kryds ved »{answer}« i {where}": "did not tick »{answer}« in {where}",
    "svarede {answer} til {where}": "answered {answer} to {where}",
    "ikke svarede {answer} til {where}": "did not answer {answer} to {where}",
    "mindst ": "at least ", "højst ": "at most ",
    # XLSForm
    "Din nøgle": "Your key",
    "Står i den henvendelse, du har fået. Er feltet udfyldt, så lad det stå. Har du ingen nøgle, så lad det være tomt.":
        "Stands in the letter that you received. If the field is filled in, leave it. If you have no key, leave "
        "it blank.",
    "{topic}: sæt kryds, hvis du ikke ved det.": "{topic}: tick if you do not know.", "{wording} Plads {place}":
    "{wording} Place {place}", "Hvert svar kan kun have én plads.": "Each answer can have one place only.",
}


def said(text: str, language: str) -> str:
    """What a form says, in a language."""
    return ENGLISH.get(text, text) if language == "en" else text


def digits(value: float, decimals: int, language: str) -> str:
    """A number as it is written in Danish or English."""
    return f"{value:,.{decimals}f}" if language == "en" else number(value, decimals)


def translated(source: str, language: str) -> str:
    """A form's own page or script with what it says in a language; the longest first, since some are in others."""
    if language == "en":
        for danish in sorted(ENGLISH, key=len, reverse=True):
            if len(danish.split()) > 1 or danish in ("Samtykke", "Kontakt", '"da-DK"'):
                source = source.replace(danish, ENGLISH[danish])
    return source
