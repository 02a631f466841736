"""A build that goes on from the last one: what is read and written anew, so that all is as if made from nothing.

Sphinx keeps what it has read, and itself reads the pages that changed. It goes by the clock, and by rules that do not
know all that a page takes from others. Here it goes by content, and what is in doubt counts as changed:

- a page is read again where its source, or a file that it takes in, has other bytes;
- all pages are written again where anything differs that pages show of one another: all that Sphinx keeps of pages,
  but for what `OWN` names. What an extension keeps that is not known here is of that kind;
- what Sphinx keeps is put in one order, for it numbers and looks up in the order in which pages were read.

`civsam.book.render` sees to it that code, settings, data and the list of pages are those of the last build.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx_external_toc.api import SiteMap

from civsam.book.stale import digest
from civsam.files import read_json, write_json

# What the environment keeps of single pages, of files, of the run, and of settings: no page shows those of another.
OWN = {
    "all_docs", "app", "civsam_shared", "civsam_sources", "config", "config_status", "config_status_extra",
    "dependencies", "dlfiles", "doctreedir", "domaindata", "domains", "events", "images", "included", "myst_config",
    "mystnb_config", "nb_metadata", "nb_new_exec_data", "original_image_uri", "project", "ref_context", "sd_config",
    "settings", "srcdir", "temp_data", "version", "_pickled_doctree_cache", "_write_doc_doctree_cache",
}
UNDECLARED = {"sphinx_jupyterbook_latex", "sphinx_multitoc_numbering"}  # the one is for LaTeX, the other numbers after
OWN_KEYS = {"bibdata", "line", "lineno", "root_symbol", "wordcount"}  # inside what is kept: parsed files, and places


def source(env: BuildEnvironment, page: str) -> str:
    """Digest of a page's source and of the files that it takes in."""
    files = [Path(env.doc2path(page)), *(Path(env.srcdir, name) for name in sorted(env.dependencies.get(page, ())))]
    return digest(*(file.read_bytes() if file.is_file() else b"" for file in files))


def outdated(app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]) -> list[str]:
    """The pages that are not what they were when they were read, whatever the clock says."""
    known = getattr(env, "civsam_sources", {})
    return [page for page in env.found_docs - added if known.get(page) != source(env, page)]


def plain(value: Any) -> Any:
    """The same in lists and texts, the order of what has none being that of its texts."""
    if isinstance(value, nodes.Node):
        return value.pformat()
    if isinstance(value, SiteMap):
        return plain(value.as_json())
    if hasattr(value, "_asdict"):
        value = value._asdict()
    elif hasattr(value, "__dict__") and type(value).__repr__ is object.__repr__:
        value = vars(value)
    if isinstance(value, Mapping):
        return sorted((repr(plain(key)), plain(part)) for key, part in value.items() if key not in OWN_KEYS)
    if isinstance(value, set | frozenset):
        return sorted(map(repr, map(plain, value)))
    return [plain(part) for part in value] if isinstance(value, list | tuple) else repr(value)


def shared(env: BuildEnvironment) -> str:
    """Digest of all that pages show of one another: titles, numbers, labels, terms, references, contents."""
    kept = {name: value for name, value in vars(env).items() if name not in OWN and not name.startswith("_search_")}
    renamed = {name: called for name, (_, called) in env.images.items() if Path(name).name != called}
    return digest(repr(plain([kept, env.domaindata, renamed])).encode())


def put_in_order(app: Sphinx, env: BuildEnvironment) -> None:
    """Give all that is kept the order and form that it has when the pages are read in the order of their names."""
    for holder in (vars(env), *env.domaindata.values()):
        for name, value in holder.items():
            if isinstance(value, dict) and name not in OWN:
                ordered = sorted(value.items(), key=lambda pair: repr(pair[0]))
                value.clear()
                value.update(ordered)
    pictures = sorted((name, pages) for name, (pages, _) in env.images.items())
    env.images.clear()
    env.images._existing.clear()
    for name, pages in pictures:  # two may have the same name: the first of them keeps it
        for page in sorted(pages):
            env.images.add_file(page, name)
    if "cite" in env.domains:  # a project may cite nothing
        env.get_domain("cite").citation_refs.sort(key=lambda reference: reference.docname)
    for title in (*env.titles.values(), *env.longtitles.values()):
        title.attributes.pop("secnumber", None)  # numbered anew each time, from none
    for contents in env.tocs.values():
        for link in contents.findall(nodes.reference):
            link.attributes.pop("secnumber", None)


def to_write(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """The pages to write beside those that were read: all, where what they show of one another differs."""
    before, env.civsam_shared = getattr(env, "civsam_shared", None), shared(env)
    env.civsam_sources = {page: source(env, page) for page in env.found_docs}
    # else only those of pages written now come along
    app.builder.images |= {name: called for name, (_, called) in env.images.items()}
    return [env.config.root_doc] if env.civsam_shared == before else sorted(env.found_docs)


def once(app: Sphinx, what: str, page: str, made: bytes, make: Callable[[], Any]) -> Any:
    """What is made of a finished page (JSON), made again only where the page has other bytes than in the last build."""
    place, key = Path(app.doctreedir, what, f"{page}.json"), digest(made)
    last = read_json(place)
    if last.get("side") != key:
        last = {"side": key, "lavet": make()}
        write_json(place, last)
    return last["lavet"]


def read_in_parallel(app: Sphinx, env: BuildEnvironment, pages: list[str]) -> None:
    """Declare what two extensions do not themselves: while pages are read and written, they do nothing."""
    for name in UNDECLARED & set(app.extensions):
        app.extensions[name].parallel_read_safe = app.extensions[name].parallel_write_safe = True


def setup(app: Sphinx) -> None:
    """Decide what is read, before all that numbers it put it in order, and after it decide what is written."""
    app.connect("env-get-outdated", outdated)
    app.connect("env-before-read-docs", read_in_parallel)
    app.connect("env-updated", put_in_order, priority=0)
    app.connect("env-get-updated", to_write, priority=999)
