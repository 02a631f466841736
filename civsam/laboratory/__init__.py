"""The laboratory: the same survey carried out in many ways on populations whose truth is known.

`declare` reads which scenarios there are, `draw` makes the surveys, `weigh` and `estimates` (with `reduced`) analyse
them, `judge` holds the analyses against the truth (`truths`), `run` shares the work out and collects it, `show` makes
figures and tables of it. All but the last two work on many replications at once: arrays with an axis of replications
first. `worlds` judges every statement by the book's own call, a survey at a time, where it is true and where it is not.
"""

from civsam import lazily

__all__ = ("open_grid",)
__getattr__, __dir__ = lazily(__name__, {"open_grid": "civsam.laboratory.show:open_grid"})
