"""A lesson that a student was handed, in JupyterLab in a browser: answered, told, kept."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from civsam.book import audience
from civsam.teaching import grading, handout

LESSON, TOKEN = "population", "klasse"
SETTINGS = {  # asks nobody for news, and keeps cells in the page when they are out of sight
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "notebook-extension/tracker": {"windowingMode": "defer"},
}
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    handout.hand_out(folder := tmp_path_factory.mktemp("klasse"), audience.STUDENTS)
    return folder


@pytest.fixture(scope="module")
def address(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Of the lesson, in a JupyterLab of its own that knows nothing of the user's."""
    home = tmp_path_factory.mktemp("jupyter")
    for name, chosen in SETTINGS.items():
        path = home / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(chosen), "utf-8")
    own = {name: str(home / name.lower()) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR",
                                                       "IPYTHONDIR", "JUPYTERLAB_WORKSPACES_DIR")}
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--port=0", "--allow-root",
               "--expose-app-in-browser", f"--ServerApp.root_dir={folder}",
               f"--IdentityProvider.token={TOKEN}"]
    log = home / "log"
    with log.open("w") as out:
        server = subprocess.Popen(command, stderr=out,
                                  env=os.environ | own | {"JUPYTERLAB_SETTINGS_DIR": str(home / "settings")})
    try:
        yield f"{listening(server, log)}lab/tree/{LESSON}.ipynb?token={TOKEN}"
    finally:
        server.terminate()  # and its kernels with it
        server.wait(60)


def listening(server: subprocess.Popen, log: Path) -> str:
    """Where the server answers, when it does."""
    for _ in range(600):
        if found := re.search(r"http://127\.0\.0\.1:\d+/", log.read_text("utf-8")):
            return found[0]
        assert server.poll() is None, log.read_text("utf-8")
        time.sleep(0.2)
    raise AssertionError(log.read_text("utf-8"))


def cell(page: Page, id: str) -> Locator:
    return page.locator(".jp-CodeCell", has_text=f'opgave.answer("{id}"')


def command(page: Page, name: str) -> None:
    """Give JupyterLab a command, and wait until it is done."""
    page.evaluate("name => jupyterapp.commands.execute(name)", name)


def test_an_exercise_is_answered_in_jupyterlab_and_the_outputs_are_kept(browser: Browser, folder: Path,
                                                                        address: str) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(60_000)
    page.goto(address)
    expect(cell(page, "population-2")).to_be_attached(timeout=60_000)
    expect(page.get_by_text("| Idle")).to_be_visible(timeout=60_000)  # cells run before that are lost
    page.evaluate("window.opened = true")
    command(page, "notebook:run-all-cells")
    asked = cell(page, "population-2")
    expect(asked.locator(".jp-OutputArea")).to_contain_text("skriv dit svar i stedet for", timeout=60_000)
    expect(page.get_by_role("button", name="Tjek svaret")).to_have_count(0)  # a button that does nothing there
    assert not re.search(r":::|\{\w+\}`|Traceback", page.locator(".jp-Notebook").inner_text())
    for typed, told in (("8,6", "Brug punktum"), ('"8,6"', "Rigtigt.")):
        asked.locator(".cm-content").click()
        page.keyboard.press("Control+A")
        page.keyboard.insert_text(f'opgave.answer("population-2", {typed})')
        page.keyboard.press("Control+Enter")
        expect(asked.locator(".tjek")).to_contain_text(told, timeout=20_000)
    assert page.evaluate("window.opened")  # the page was not loaded anew
    command(page, "docmanager:save")
    kept = json.loads((folder / f"{LESSON}.ipynb").read_text("utf-8"))["cells"]
    assert "Rigtigt." in json.dumps([one.get("outputs") for one in kept])
    assert all(one["outputs"] for one in kept if "opgave.answer(" in "".join(one["source"]))
    page.reload()
    expect(cell(page, "population-2").locator(".tjek")).to_contain_text("Rigtigt.", timeout=60_000)
    page.close()
    rows = grading.grade_all(folder, [LESSON]).answers.set_index(["navn", "opgave"])
    assert rows.at[(LESSON, "population-2"), "status"] == grading.RIGHT
