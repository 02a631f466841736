"""The book: chapters run, pages rendered, editions kept and published; the Sphinx extension; PDF."""

from civsam import lazily

__all__ = ("changed", "statements")
__getattr__, __dir__ = lazily(__name__, {
    "changed": "civsam.book.changes:changed", "statements": "civsam.book.catalogue:statements",
})
