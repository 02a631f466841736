"""A book that is followed: what is saved is made, the open page is told, and nobody else is let in."""

import asyncio
import re
import urllib.error
import urllib.request
from http.client import HTTPResponse
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from civsam.book import watch
from civsam.files import Project, UserError
from civsam.instrument import policy

PAGE = f"<html><head>{policy.SITE}<title>Bog</title></head><body>{{0}}</body></html>"


def fetched(address: str, host: str = "127.0.0.1") -> HTTPResponse:
    return urllib.request.urlopen(urllib.request.Request(address, headers={"Host": host}), timeout=10)


def told(news: HTTPResponse) -> str:
    line = news.readline().decode().strip()
    news.readline()
    return line


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for folder in ("data", "chapters", "_build/bog"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "side.md").write_text("første", "utf-8")
    monkeypatch.setattr(Project, "root", tmp_path)
    return tmp_path


def test_a_saved_page_is_made_told_and_served_until_data_change(project: Path, capsys: pytest.CaptureFixture) -> None:
    book = project / "_build" / "bog"

    def make() -> str:
        text = (project / "side.md").read_text("utf-8")
        if text == "forkert":
            raise UserError("siden er forkert")
        (book / "index.html").write_text(PAGE.format(text), "utf-8")
        return f"udgave-{text}"

    async def play() -> None:
        following = asyncio.create_task(watch.follow(watch.Shelf(book, make), []))
        said = ""
        while "Bogen følges" not in said:
            await asyncio.sleep(0.05)
            said += capsys.readouterr().out
        address = re.search(r"http://127\.0\.0\.1:\d+/", said)[0]
        html = (await asyncio.to_thread(fetched, address)).read().decode()
        assert html.count("EventSource") == html.count("</head>") == 1
        assert html.endswith("første</body></html>")
        assert policy.digest(BeautifulSoup(html, "html.parser").script.string) in html
        assert "connect-src 'self'" in html
        assert "EventSource" not in (book / "index.html").read_text("utf-8")
        for path in ("", watch.NEWS[1:]):
            with pytest.raises(urllib.error.HTTPError, match="403"):
                await asyncio.to_thread(fetched, address + path, "ond.eksempel.dk")
        news = await asyncio.to_thread(fetched, address + watch.NEWS[1:])
        assert await asyncio.to_thread(told, news) == "data: udgave-første"
        (project / "side.md").write_text("forkert", "utf-8")
        while "siden er forkert" not in capsys.readouterr().err:
            await asyncio.sleep(0.05)
        (project / "side.md").write_text("anden", "utf-8")
        assert await asyncio.to_thread(told, news) == "data: udgave-anden"
        assert "anden" in (await asyncio.to_thread(fetched, address)).read().decode()
        (project / "_build" / "andet.txt").write_text("laves", "utf-8")  # what is made is not followed
        (project / "data" / "tal.csv").write_text("1", "utf-8")
        await asyncio.wait_for(following, 10)

    asyncio.run(asyncio.wait_for(play(), 60))


def test_it_listens_on_this_machine_alone(monkeypatch: pytest.MonkeyPatch, project: Path) -> None:
    asked: list[tuple[int, str]] = []

    def taken(self: object, port: int, address: str) -> None:
        asked.append((port, address))
        raise OSError

    monkeypatch.setattr(watch.Application, "listen", taken)
    with pytest.raises(UserError, match="ingen af portene"):
        watch.served(watch.Shelf(project, str))
    assert asked == [(port, "127.0.0.1") for port in watch.PORTS]
