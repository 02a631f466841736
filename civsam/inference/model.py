"""Models of answers by background variables at once: shares, counts and ordered answers, and what clusters mean."""

from civsam.inference.equations import measure
from civsam.inference.models import intraclass_correlation, regression
from civsam.inference.ordinal import ordinal

__all__ = ("intraclass_correlation", "measure", "ordinal", "regression")
