"""What is right in the exercises, and where known mistakes lead; every answer is computed from the edition."""

from civsam.teaching.answer_key import asking, collecting, concluding, estimating, sampling
from civsam.teaching.answer_key.concluding import unique

# The modules register their exercises.
__all__ = ["asking", "collecting", "concluding", "estimating", "sampling", "unique"]
