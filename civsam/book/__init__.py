"""The book: chapters run, pages rendered, editions kept and published; the Sphinx extension; PDF."""
