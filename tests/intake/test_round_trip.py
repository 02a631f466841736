"""Whatever questionnaire is accepted and whatever is answered to it: every file that is written is read as it was."""

import json
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from civsam.files import UserError
from civsam.instrument import questionnaire
from civsam.instrument.questionnaire import DONT_KNOW, NO_TICK, NONE, Item, Questionnaire
from civsam.intake import answers, export, native, statistics_files

NAMES = st.sampled_from(["q1", "q2", "q1_a", "q1_b", "q1_andet", "Q3", "æble", "timer", "timer_ved_ikke", "start",
                         "en_meget_lang_og_ret_omstaendelig_kode_til_et_spoergsmaal_i_skemaet_1",
                         "en_meget_lang_og_ret_omstaendelig_kode_til_et_spoergsmaal_i_skemaet_2", "status", "id"])
CODES = st.sampled_from(["a", "b", "andet", "ja", "nej", "1", "2", "0", "10", "y", "true", NONE, "na", "A1", "øst",
                         "en_meget_lang_og_ret_omstaendelig_kode_til_et_svar_i_skemaet_1",
                         "en_meget_lang_og_ret_omstaendelig_kode_til_et_svar_i_skemaet_2"])
LABELS = st.one_of(st.sampled_from(["Ja", "Nej", "Ja, helt", "Ved ikke det", "NA", "0-5", "1", "2", "Y", "TRUE",
                                    "Slet ikke/lidt", "Æ" * 130 + "1", "Æ" * 130 + "2", "a", "b; c", "x | y", "=1",
                                    "-", "'", "1,5", "A b"]),
                   st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"]), min_size=1, max_size=12))
TEXTS = st.one_of(st.sampled_from(["", "=1+1", "'x", "a;b", 'c"d', "æøå", "NA", " x ", "1", "x\ny", "'", "0123", "1.0",
                                   "TRUE", "æ" * 3000, "\t", "ja", "I alt", "#N/A"]),
                  st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=20))


@st.composite
def questionnaires(draw: st.DrawFn) -> dict[str, Any]:
    """The content of a questionnaire's file; it need not be one that is accepted."""
    scales, items = {}, []
    for place in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(["enkelt", "ordinal", "flere", "antal", "tekst", "rangordning", "dato"]))
        scale: dict[str, Any] = {"type": kind}
        if kind in ("enkelt", "ordinal", "flere"):
            scale["svar"] = draw(st.dictionaries(CODES, LABELS, min_size=1, max_size=5))
        if kind == "rangordning":
            scale["svar"] = draw(st.dictionaries(CODES.filter(lambda code: not code.isdigit() and code != NONE),
                                                 LABELS.filter(lambda label: not label.isdigit()), min_size=3,
                                                 max_size=4))
            scale["mindst"], scale["hoejst"] = sorted(draw(st.tuples(*[st.integers(1, 3)] * 2)))
        if kind == "antal":
            low, high = sorted(draw(st.tuples(*[st.integers(-1000, 100_000)] * 2)))
            scale |= {"mindst": low, "hoejst": high, "decimaler": draw(st.integers(0, 4))}
        if kind == "dato":
            day = st.dates(date(1900, 1, 1), date(1950, 1, 1))
            scale["mindst"], scale["hoejst"] = sorted(draw(st.tuples(day, day)))
        if kind != "tekst" and draw(st.booleans()):
            scale["ved_ikke"] = False
        scales[f"s{place}"] = scale
        items.append({"id": draw(NAMES), "blok": "b", "skala": f"s{place}", "emne": draw(LABELS),
                      "ordlyd": draw(LABELS)})
    return {"titel": "T", "afgraensning": "A", "ved_ikke": "Ved ikke", "blokke": {"b": "B"}, "skalaer": scales,
            "spoergsmaal": items}


def answer(item: Item) -> st.SearchStrategy[str]:
    """Any answer that the item allows, as it is kept."""
    unsure = [DONT_KNOW] if item.allows_dont_know else []
    scale = item.scale
    if scale.type == "tekst":
        return TEXTS.filter(lambda text: text != DONT_KNOW and (text == "" or bool(text.strip())))
    if scale.type == "antal":
        number = st.integers(int(scale.low * 10**scale.decimals), int(scale.high * 10**scale.decimals)).map(
            lambda whole: f"{whole / 10**scale.decimals:.{scale.decimals}f}".rstrip("0").rstrip(".")
            if scale.decimals else str(whole)).map(lambda text: "0" if text in ("-0", "") else text)
        return st.one_of(st.sampled_from(["", *unsure]), number)
    if scale.type == "dato":
        days = st.dates(*(date.fromordinal(int(end)) for end in (scale.low, scale.high))).map(date.isoformat)
        return st.one_of(st.sampled_from(["", *unsure]), days)
    if scale.type == "rangordning":
        order = st.permutations(list(scale.answers)).flatmap(lambda codes: st.integers(
            int(scale.low), int(scale.high)).map(lambda many: " ".join(codes[:many])))
        return st.one_of(st.sampled_from(["", *unsure]), order)
    if scale.type != "flere":
        return st.sampled_from(["", *scale.answers, *unsure])
    several = [code for code in scale.answers if code != NONE]
    sets = st.lists(st.sampled_from(several), unique=True, min_size=1).map(
        lambda codes: " ".join(sorted(codes, key=several.index))) if several else st.nothing()
    return st.one_of(st.sampled_from(["", NO_TICK, *unsure, *[NONE] * (NONE in scale.answers)]), sets)


def accepted(content: dict[str, Any], folder: Path) -> Questionnaire:
    """The questionnaire, if it is one."""
    path = folder / "skema.yml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    questionnaire._read.cache_clear()
    try:
        return questionnaire.read(path)
    except UserError:
        assume(False)
        raise


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """The native reader in this process: one of its own for each file would take a second."""
    monkeypatch.setattr(statistics_files, "_apart",
                        lambda path, kind, size: json.loads(json.dumps(native.read(kind, str(path)))))


@pytest.mark.slow
@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck),
          phases=(Phase.explicit, Phase.reuse, Phase.generate))  # a small example takes minutes to find
@given(content=questionnaires(), data=st.data())
def test_what_is_written_comes_back_as_it_was(content: dict[str, Any], data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        study = accepted(content, folder)
        rows = data.draw(st.integers(1, 6))
        table = pd.DataFrame({item.id: data.draw(st.lists(answer(item), min_size=rows, max_size=rows))
                              for item in study.collected.items.values()},
                             index=pd.Index([f"p{row}" for row in range(rows)], name=study.key), dtype="str")
        for file in ("svar.csv", "excel.csv", "svar.sav", "svar.dta"):
            export.write(table, study, folder / file, excel=file == "excel.csv")
            back = answers.check(folder / file, study, None).accept().answers
            expected = table if file != "svar.sav" else table.map(lambda text: text.rstrip(" "))  # SPSS has none
            assert back.to_dict("list") == expected.to_dict("list"), file
