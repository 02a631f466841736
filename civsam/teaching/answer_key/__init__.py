"""What is right in the exercises, and where known mistakes lead; every answer is computed from the edition."""

from civsam.teaching.answer_key import collecting, concluding, estimating, sampling
from civsam.teaching.answer_key.concluding import unique

__all__ = ["collecting", "concluding", "estimating", "sampling", "unique"]  # the modules register their exercises
