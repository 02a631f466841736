"""A book that follows its sources: made again when one is saved, and the page that is open loads itself anew.

It is served to this machine alone, by the name of this machine: a page elsewhere that leads a browser here is refused,
for a book may be about answers that have been collected. The files of the pages stay as they are; the script that loads
them anew is put in as they are sent. What is held in memory while the book is followed is made of code, data and
settings: where those change, the command starts over.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPHeaders
from tornado.iostream import StreamClosedError
from tornado.web import Application, HTTPError, OutputTransform, RequestHandler, StaticFileHandler
from watchfiles import awatch

from civsam.book import warm
from civsam.book.execute import ChapterError
from civsam.files import PACKAGE, UserError, project
from civsam.instrument import policy

HOSTS = ("127.0.0.1", "localhost")
PORTS = range(8650, 8670)  # the first that is free
NEWS = "/.nyt"  # where a page is told that the book has been made anew
SCRIPT = f"""
(() => {{
  let seen = null;
  new EventSource("{NEWS}").onmessage = ({{ data }}) => {{
    if (seen !== null && seen !== data) location.reload();
    seen = data;
  }};
}})();
"""
# What is put in another's place in a page that is sent: the script, and that it may run and ask this machine.
OTHERS = {"</head>": f"<script>{SCRIPT}</script></head>",
          policy.SITE: policy.SITE.replace("script-src", f"script-src {policy.digest(SCRIPT)}")
                                  .replace("connect-src 'none'", "connect-src 'self'")}
STEP = 150  # milliseconds without further changes before the book is made


class Shelf:
    """The book that is served. version: tells it from the last one, and stays where nothing has changed."""

    def __init__(self, folder: Path, make: Callable[[], str]) -> None:
        """make: makes the book and returns its version. Raises UserError and ChapterError."""
        self.folder, self.make = folder, make
        self.version, self.saved, self.renewed = "", asyncio.Event(), asyncio.Event()
        self.over = False  # whether something has changed that the command must start over for

    async def renew(self) -> None:
        """Make the book, and tell those who look at it; a fault is told, and the last book stays."""
        before = self.version
        loop, done = asyncio.get_running_loop(), asyncio.Event()

        def work() -> None:
            try:
                self.version = self.make()
            except (UserError, ChapterError, OSError) as fault:
                print(f"civsam: {fault}", file=sys.stderr, flush=True)
            loop.call_soon_threadsafe(done.set)

        threading.Thread(target=work, daemon=True).start()  # Ctrl-C does not wait for it
        await done.wait()
        if self.version != before:
            self.renewed.set()
            self.renewed = asyncio.Event()


# ---- To the browser


def refuse_others(handler: RequestHandler) -> None:
    """Raise HTTPError for a request by another name than this machine's own."""
    if handler.request.host_name not in HOSTS:
        raise HTTPError(403)


class Page(StaticFileHandler):
    """A file of the book as it is now."""

    def prepare(self) -> None:
        """Refuse others."""
        refuse_others(self)

    def set_extra_headers(self, path: str) -> None:
        """Let nobody keep it."""
        self.set_header("Cache-Control", "no-store")

    def should_return_304(self) -> bool:
        """Send it always: its time says nothing."""
        return False


class News(RequestHandler):
    """Tells a page the version of the book, at once and whenever there is a new one (server-sent events)."""

    def initialize(self, shelf: Shelf) -> None:
        """The book that it tells of."""
        self.shelf = shelf

    async def get(self) -> None:
        """Tell until the page is left."""
        refuse_others(self)
        self.set_header("Content-Type", "text/event-stream")
        self.set_header("Cache-Control", "no-store")
        try:
            while True:
                self.write(f"data: {self.shelf.version}\n\n")
                await self.flush()
                await self.shelf.renewed.wait()
        except (StreamClosedError, asyncio.CancelledError):
            return


class WithScript(OutputTransform):
    """Puts the script into pages."""

    def transform_first_chunk(
        self, status_code: int, headers: HTTPHeaders, chunk: bytes, finishing: bool
    ) -> tuple[int, HTTPHeaders, bytes]:
        """The chunk that has the end of the head, with the script."""
        if status_code == 200 and headers.get("Content-Type", "").startswith("text/html") and b"</head>" in chunk:
            before = len(chunk)
            for text, other in OTHERS.items():
                chunk = chunk.replace(text.encode(), other.encode(), 1)
            headers["Content-Length"] = str(int(headers["Content-Length"]) + len(chunk) - before)
        return status_code, headers, chunk


def served(shelf: Shelf) -> tuple[HTTPServer, str]:
    """Serve the book, and return its server and address. Raises UserError where no port is free."""
    files = {"path": str(shelf.folder), "default_filename": "index.html"}
    routes: list[Any] = [(NEWS, News, {"shelf": shelf}), ("/(.*)", Page, files)]
    application = Application(routes, transforms=[WithScript], log_function=lambda handler: None)
    for port in PORTS:
        try:
            return application.listen(port, HOSTS[0]), f"http://{HOSTS[0]}:{port}/"
        except OSError:
            continue
    raise UserError(f"ingen af portene {PORTS[0]} til {PORTS[-1]} er fri. Luk en anden civsam book --watch.")


# ---- From the sources


def ours(_: Any, path: str) -> bool:
    """Whether a change is one of the project's: not what is made, hidden, compiled, or half written."""
    place = Path(path)
    inside = place.relative_to(project.root) if place.is_relative_to(project.root) else place.relative_to(place.anchor)
    return not any(part.startswith((".", "_build")) or part.endswith(("~", ".pyc")) or part == "__pycache__"
                   for part in inside.parts)


def held_in_memory(path: Path, beside: list[Path]) -> bool:
    """Whether the command has read the file already, or been made of it."""
    return (path.is_relative_to(PACKAGE) or path.is_relative_to(project.data) or path in beside
            or path in {project.root / name for name in ("_config.yml", "CITATION.cff", "requirements.txt")})


async def look(shelf: Shelf, changes: AsyncIterator[set[tuple[Any, str]]], beside: list[Path]) -> None:
    """Note what is saved."""
    async for found in changes:
        shelf.over |= any(held_in_memory(Path(path), beside) for _, path in found)
        shelf.saved.set()


async def follow(shelf: Shelf, beside: list[Path]) -> None:
    """Serve the book, and make it again when something is saved, until it must start over."""
    folders = [one for one in project.root.iterdir() if one.is_dir() and ours(None, str(one))]
    watched = [*folders, *beside, *([] if PACKAGE.is_relative_to(project.root) else [PACKAGE])]
    seen = [awatch(*watched, watch_filter=ours, step=STEP),
            awatch(project.root, watch_filter=ours, step=STEP, recursive=False)]
    lookers = [asyncio.create_task(look(shelf, changes, beside)) for changes in seen]
    await shelf.renew()
    server, address = served(shelf)
    print(f"Bogen følges: {address}\nGem en side, og den ses igen. Stop med Ctrl-C.", flush=True)
    while not shelf.over:
        await shelf.saved.wait()
        shelf.saved.clear()
        if not shelf.over:
            await shelf.renew()
    server.stop()
    for looker in lookers:
        looker.cancel()


def watch(folder: Path, make: Callable[[], str], beside: list[Path]) -> None:
    """Serve the book in the folder and follow its sources. Returns when it must start over; Ctrl-C ends it.

    make: see `Shelf`. beside: further files that it is made of.
    """
    with warm.held(warm.KERNEL), warm.held(warm.PAGES):
        asyncio.run(follow(Shelf(folder, make), beside))
