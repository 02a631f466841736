"""The columns of the design and the background go out with the answers, and come back as they were."""

from pathlib import Path

import pandas as pd
import pytest
from small import asked, read

from civsam.files import UserError
from civsam.intake import answers, export

SAMPLE = "stikproeve: {vaegt: vægt, strata: lag, klynge: skole, replikater: rw, type: BRR}\nblokke:"
TEXT = """svarperson,afdeling,glad,medlem,timer,sted,andet,vægt,lag,skole,rw1,rw2
p1,nord,lidt,ja,0,hal,,0.1,a,1,0.30000000000000004,0
p2,syd,meget,nej,12,hal skov,Æ,1234567.891,-b,2,1000000,1500000.5
"""


@pytest.mark.parametrize(("file", "excel"), [("ud.sav", False), ("ud.dta", False), ("ud.csv", False), ("e.csv", True)])
def test_what_goes_out_comes_back(file: str, excel: bool, tmp_path: Path) -> None:
    study = asked(tmp_path, "blokke:", SAMPLE)
    reading = read(tmp_path, TEXT, study).accept()
    assert list(reading.background) == ["afdeling", "vægt", "lag", "skole", "rw1", "rw2"]
    export.write(reading.answers, study, tmp_path / file, excel=excel, others=reading.background)
    again = answers.check(tmp_path / file, study, None).accept()
    pd.testing.assert_frame_equal(again.answers, reading.answers)
    pd.testing.assert_frame_equal(again.background, reading.background, check_like=True)


def test_a_name_that_a_format_does_not_take_is_told(tmp_path: Path) -> None:
    study = asked(tmp_path, "blokke:", SAMPLE.replace("lag", "'et lag'"))
    reading = read(tmp_path, TEXT.replace(",lag,", ",et lag,"), study).accept()
    with pytest.raises(UserError, match=r"kolonnen et lag kan ikke hedde sådan i en \.sav-fil"):
        export.write(reading.answers, study, tmp_path / "ud.sav", others=reading.background)
    export.write(reading.answers, study, tmp_path / "ud.csv", others=reading.background)
