"""What a page lets the browser do: every kind of page works, and what somebody has got into it is not run."""

import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, Page
from test_site import Silent

from civsam import profiles
from civsam.edition import open_edition
from civsam.files import in_script, project
from civsam.instrument import policy
from civsam.pages import overview
from civsam.profiles import run

SITE = project.root / "_build" / "udgaver" / "standard"
BOOK = ("index", "chapters/resultater", "chapters/udsagn", "chapters/funktioner", "search", "status", "skema",
        "skema-print", "chapters/undervisning/grupper", "chapters/undervisning/grupper-lysbilleder")
OTHER = "ond.eksempel.dk"
ATTACKS = ("<script>window.stjaalet = 1</script>", '<img src="data:," onerror="window.stjaalet = 2">',
           '<svg onload="window.stjaalet = 3"></svg>', '<iframe srcdoc="<script>top.stjaalet = 4</script>"></iframe>',
           '<script src="data:text/javascript,window.stjaalet=5"></script>',
           '<script src="https://ond.eksempel.dk/x.js"></script>', '<img src="https://ond.eksempel.dk/x.png">',
           '<base href="https://ond.eksempel.dk/">', '<link rel="stylesheet" href="https://ond.eksempel.dk/x.css">')


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A page of each kind: of the book, its slides and forms, a profile, the list of them, and all numbers at once."""
    folder = tmp_path_factory.mktemp("sider")
    edition, common = open_edition(), profiles.open_common("region")
    first, *_ = run.tasks(common, {}, run.TEMPLATE)
    made = run.lay_out(folder / "profiler", common, {task.group.code: run.make(task) if task is first else run.Made()
                                                     for task in [first, *_]})
    (folder / "tal.html").write_bytes(overview.page("Tal", edition.banner(), [*overview.parts(edition.survey)][:2]))
    own = {"profil": made / first.group.address, "profiler": made / "index.html", "tal": folder / "tal.html"}
    return own | {name: SITE / f"{name}.html" for name in BOOK}


@pytest.mark.browser
@pytest.mark.parametrize("name", [*BOOK, "profil", "profiler", "tal"])
def test_no_page_runs_what_somebody_got_into_it_or_asks_another_host(
    browser: Browser, pages: dict[str, Path], name: str
) -> None:
    path = pages[name]
    html = path.read_text("utf-8")
    first = BeautifulSoup(html, "html.parser").head.select_one("[http-equiv], script, link, style")
    assert first.get("http-equiv") == "Content-Security-Policy"
    hostile = path.with_name(f"ond-{path.name}")
    hostile.write_text(html.replace("</body>", "".join(ATTACKS) + "</body>"), "utf-8")
    try:
        for address in served(path.parents[name.count("/")], hostile):
            tab = browser.new_page()
            wanted, refused = asked_for(tab)
            tab.goto(address, wait_until="load")
            tab.wait_for_timeout(100)
            assert tab.evaluate("window.stjaalet") is None
            assert sorted(wanted) == sorted(refused), "en anden vært er spurgt"
            tab.close()
    finally:
        hostile.unlink()


def asked_for(tab: Page) -> tuple[list[str], list[str]]:
    """What the page wants of another host, and what of it the policy refused before anybody was asked."""
    wanted: list[str] = []
    refused: list[str] = []
    tab.on("request", lambda request: wanted.append(request.url) if OTHER in request.url else None)
    tab.on("requestfailed", lambda request: refused.append(request.url) if request.failure == "csp" else None)
    return wanted, refused


def served(top: Path, page: Path) -> Iterator[str]:
    """The page's address on the disk, then on a server."""
    yield page.as_uri()
    handler = functools.partial(Silent, directory=str(top))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/{page.relative_to(top).as_posix()}"
        server.shutdown()


@pytest.mark.browser
def test_the_attacks_do_what_they_are_to_do_where_nothing_stops_them(browser: Browser, tmp_path: Path) -> None:
    for attack in ATTACKS:
        (tmp_path / "side.html").write_text(f"<!DOCTYPE html><p>Side</p>{attack}<img src=x.png>", "utf-8")
        tab = browser.new_page()
        wanted, refused = asked_for(tab)
        tab.goto((tmp_path / "side.html").as_uri())
        tab.wait_for_timeout(100)
        assert tab.evaluate("window.stjaalet") or wanted, attack
        assert not refused
        tab.close()


def test_a_text_in_a_script_ends_neither_the_script_nor_a_line() -> None:
    text = "</script><!--<script>\u2028\u2029 & 👩‍👧"
    made = in_script({"navn": text})
    assert not set("<>&\u2028\u2029") & set(made)
    assert BeautifulSoup(f"<script>{made}</script>", "html.parser").script.string == made


def test_a_page_alone_may_run_only_what_is_named() -> None:
    assert "script-src 'none'" in policy.alone()
    assert policy.digest("x()") in policy.alone("x()")
    assert "unsafe-inline" not in policy.SITE.partition("style-src")[0]
