"""Words in place of a link to a page that the project has, and this edition does without."""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import docname_join

from civsam.book.contents import contents, files_named, title

NOT_HERE = " (ikke i denne udgave)"


def in_words(app: Sphinx, env: BuildEnvironment, node: nodes.Element, words: nodes.Element) -> nodes.inline | None:
    """What the link would have said, and that the page is not here; None for what leads to no page of the project."""
    if node.get("reftype") != "doc":
        return None
    page = docname_join(node.get("refdoc", env.config.root_doc), node["reftarget"])
    if page in env.found_docs or page not in files_named(contents()):
        return None
    told = words.astext() if node.get("refexplicit") else title(page)
    return nodes.inline("", f"{told}{NOT_HERE}")


def setup(app: Sphinx) -> None:
    """Answer for what Sphinx cannot find."""
    app.connect("missing-reference", in_words)
