"""A survey from a DDI codebook (2.x): variables with question texts, categories, ranges and groups."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree

from civsam.intake.sources.markup import children, within
from civsam.intake.sources.material import KEYS, Material, Question, few, one_line
from civsam.intake.sources.naming import unsure
from civsam.intake.sources.wording import text_of, words

HIGHEST, SCOPE = 1000, 600  # of a number whose range is not told; letters of an abstract
SEVERAL = ("multipleresp", "multresp")
ORDERED = ("ordinal", "interval", "ratio")


def read(root: ElementTree.Element) -> Material:
    """The survey in a document whose root is `codeBook`."""
    study = next(children(root, "stdyDscr"), root)
    titles = next(within(study, "titlStmt"), study)
    made = Material(text_of(titles, "titl"), told=["Format: DDI-kodebog."])
    if info := next(within(study, "stdyInfo"), None):
        made.scope = one_line(text_of(info, "abstract"), SCOPE)
    variables = list(within(root, "var"))
    names = {one.get("ID", ""): one.get("name", "") for one in variables}
    groups = _groups(made, root, names)
    blocks = {member: group for group, (_, members, kind) in groups.items() if kind not in SEVERAL
              for member in members}
    sets = {member: (label, members) for label, members, kind in groups.values() if kind in SEVERAL
            for member in members}
    made.blocks = {group: label for group, (label, _, kind) in groups.items() if kind not in SEVERAL}
    by_name = {one.get("name", ""): one for one in variables}
    done: set[str] = set()
    for name, variable in by_name.items():
        if name in sets:
            label, members = sets[name]
            if members[0] == name:
                stem = _stem(members)
                answers = {one.removeprefix(f"{stem}_"): text_of(by_name[one], "labl") or one for one in members}
                made.questions.append(Question(stem or name, label or name, "flere", answers,
                                               block=blocks.get(name, "")))
                made.told.append(f"{made.questions[-1].name} samler {few(members)}.")
            done.update(members)
        elif variable.get("wgt") == "wgt":
            made.lost.append(f"{name} er en vægt. Har svarene den, så skriv i skemaet: stikproeve: {{vaegt: {name}}}")
        elif not made.key and KEYS.fullmatch(name.lower()) and not list(children(variable, "catgry")):
            made.key = name
        else:
            made.questions.append(_question(made, variable, name, blocks.get(name, "")))
    if len(by_name) < len(variables):
        made.lost.append(f"Variable, der hedder det samme som en anden: {len(variables) - len(by_name)}.")
    return made


def _groups(
    made: Material, root: ElementTree.Element, names: dict[str, str]
) -> dict[str, tuple[str, list[str], str]]:
    """The groups of variables: label, names of the members, and kind."""
    found = {}
    for place, group in enumerate(within(root, "varGrp"), 1):
        members = [names[one] for one in group.get("var", "").split() if one in names]
        if members:
            told = text_of(group, "labl"), members, group.get("type", "").lower()
            found[group.get("ID") or f"gruppe{place}"] = told
    return found


def _stem(names: list[str]) -> str:
    """What the names begin with alike, up to a line."""
    parts = {name.rpartition("_")[0] for name in names}
    return parts.pop() if len(parts) == 1 else ""


def _question(made: Material, variable: ElementTree.Element, name: str, block: str) -> Question:
    """A variable as a question."""
    asks = next(children(variable, "qstn"), variable)
    label = text_of(variable, "labl")
    literal = text_of(asks, "qstnLit") or (words("".join(asks.itertext())) if asks is not variable else "")
    asked = Question(name, literal or label or name, "tekst", topic=label, help=text_of(asks, "ivuInstr"), block=block)
    if before := text_of(asks, "preQTxt"):
        asked.wording = f"{before} {asked.wording}" if text_of(asks, "qstnLit") else asked.wording
    answers, missing = {}, []
    for category in children(variable, "catgry"):
        value, words_ = text_of(category, "catValu"), text_of(category, "labl")
        gone = category.get("missing", "N").upper() == "Y" and not unsure(words_)
        if gone:
            missing.append(f"{value} »{words_}«" if words_ else value)
        elif value:
            answers[_plain(value)] = words_ or value
    missing += _invalid(variable)
    answers = {value: label for value, label in answers.items() if value not in missing}
    if missing:
        made.told.append(f"{name}: {few(dict.fromkeys(missing))} er angivet som manglende. Tøm de celler i svarene.")
    if universe := text_of(variable, "universe"):
        made.lost.append(f"{name} er stillet til: {universe}")
    _decide(asked, variable, answers)
    return asked


def _plain(value: str) -> str:
    """A value without needless decimals."""
    return value.partition(".")[0] if re.fullmatch(r"-?\d+\.0+", value) else value


def _invalid(variable: ElementTree.Element) -> Iterator[str]:
    """The values that are declared missing."""
    for ranges in children(variable, "invalrng"):
        yield from (_plain(one.get("VALUE", "")) for one in children(ranges, "item"))
        yield from (f"{one.get('min', '')}–{one.get('max', '')}" for one in children(ranges, "range"))


def _decide(asked: Question, variable: ElementTree.Element, answers: dict[str, str]) -> None:
    """Answers where there are labels for most of the range, a count of numbers, else free text."""
    span = next((one for ranges in children(variable, "valrng") for one in children(ranges, "range")), None)
    ends = [_end(span.get(name, "")) if span is not None else None for name in ("min", "max")]
    form = next(children(variable, "varFormat"), None)
    numeric = form is None or form.get("type", "numeric") != "character"
    wide = None not in ends and ends[1] - ends[0] + 1 > 2 * len(answers)  # type: ignore[operator]
    real = {value: label for value, label in answers.items() if not unsure(label)}
    if real and not (wide and variable.get("intrvl") == "contin"):
        asked.type, asked.answers = "ordinal" if variable.get("nature") in ORDERED else "enkelt", answers
        if not variable.get("nature") and len(real) > 2:
            asked.guesses.append("kodebogen siger ikke, om svarene har en rækkefølge; har de, så skriv type: ordinal")
    elif numeric:
        places = variable.get("dcml", "0")
        asked.type, asked.decimals = "antal", min(int(places), 6) if places.isdigit() else 0
        low, high = (end if end is not None else default for end, default in zip(ends, (0, HIGHEST), strict=True))
        asked.low, asked.high = (low, max(low, high)) if asked.decimals else (int(low), int(max(low, high)))
        asked.dont_know = len(real) < len(answers)
        asked.help = "; ".join(filter(None, [asked.help, *(f"{value} = {label}" for value, label in real.items())]))
        if None in ends:
            asked.guesses.append("mindst og hoejst står ikke i kodebogen; ret dem, hvis der kan svares andet")


def _end(text: str) -> float | None:
    """A limit as a number, if it is one."""
    return float(text) if re.fullmatch(r"-?\d{1,11}(\.\d+)?", text.strip()) else None
