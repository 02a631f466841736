"""What is special about this study: municipalities, published figures, claims and verdicts, the simulation."""

from civsam import lazily

__all__ = ("judge", "map", "sentence", "table", "told")
__getattr__, __dir__ = lazily(__name__, {name: f"civsam.study.show:{name}" for name in __all__})
