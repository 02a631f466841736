"""A figure is drawn in the house's style alone: the user's own settings of matplotlib and seaborn reach none."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest
import seaborn as sns

from civsam import edition
from civsam.inference import estimate
from civsam.pages import dots, figure, likert
from civsam.study import claims, figures, municipality_map

SURVEY = edition.open_edition().survey
SHARES = estimate.shares(SURVEY, "pol_fokus", "ja", by="fagomraade")
TRUST = estimate.shares(SURVEY, "vae_tillid", by="region")
JUDGED = claims.judge(SURVEY)
RC = "savefig.bbox: tight\nfont.size: 22\nlines.linewidth: 9\nsvg.fonttype: none\naxes.facecolor: black\n"
DRAW: dict[str, Callable[[], figure.Figure]] = {
    "map": lambda: municipality_map.municipality_map("blok", "Kort", "kort-x"),
    "dots": lambda: dots.dots(SURVEY, SHARES, "Fokus", "fig-x"),
    "bars": lambda: likert.likert(SURVEY, TRUST, "Tillid", "fig-y"),
    "verdicts": lambda: figures.verdicts(SURVEY, JUDGED, "Udsagn", "fig-z"),
}


def _own_file(path: Path) -> None:
    (path / "matplotlibrc").write_text(RC, "utf-8")
    mpl.rc_file(path / "matplotlibrc")


OWN = {
    "a file": _own_file,
    "a style": lambda _: plt.style.use("dark_background"),
    "a theme": lambda _: sns.set_theme(context="poster", style="darkgrid", palette="pastel", font="serif"),
    "a setting": lambda _: mpl.rcParams.update({"text.parse_math": True, "path.sketch": (5, 100, 1), "font.size": 3}),
}


@pytest.mark.parametrize("name", DRAW)
@pytest.mark.parametrize("own", OWN)
def test_what_a_user_sets_changes_no_byte_and_is_left_alone(name: str, own: str, tmp_path) -> None:
    right = DRAW[name]().svg
    with mpl.rc_context():
        OWN[own](tmp_path)
        before = dict(mpl.rcParams)
        assert DRAW[name]().svg == right
        assert dict(mpl.rcParams) == before
    assert not plt.get_fignums()


def test_a_figure_is_not_made_outside_the_house_style() -> None:
    with pytest.raises(RuntimeError, match="house_style"):
        figure.canvas(1, 1, 1, 1, 1)


@pytest.mark.slow
def test_a_settings_file_from_before_the_start_changes_no_byte(tmp_path) -> None:
    (tmp_path / "matplotlibrc").write_text(RC, "utf-8")
    code = ("from civsam.study.municipality_map import municipality_map\n"
            "import sys; sys.stdout.write(municipality_map('blok', 'Kort', 'kort-x').svg)")
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True,
                          env=os.environ | {"MATPLOTLIBRC": str(tmp_path / "matplotlibrc")})
    assert made.stdout.decode() == DRAW["map"]().svg


def test_a_letter_that_no_font_has_is_no_warning_and_lines_are_measured_apart() -> None:
    """A warning would have a book of collected answers refused; pytest makes an error of it."""
    with figure.house_style():
        assert figure.inches("God 🙂 漢") > figure.inches("God")
        assert figure.inches("Helt\nuenig") == max(map(figure.inches, ("Helt", "uenig")))
