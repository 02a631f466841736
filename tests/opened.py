"""What tests share: the standard edition, and how much of a simulation is drawn."""

import os
from functools import cache

from civsam.edition import Edition, open_edition

ALL_DRAWS = "CIVSAM_FULD"  # set by `make bench-statistik`


@cache
def edition() -> Edition:
    """The standard edition, opened once in each process: it cannot be changed."""
    return open_edition()


def draws(number: int) -> int:
    """How many of so many draws a calibration makes: a third, with tolerances that follow, unless all are asked for."""
    return number if os.environ.get(ALL_DRAWS) else number // 3
