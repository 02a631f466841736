"""A real browser for the tests that need one, and the marks by which tests are chosen."""

import os
import shutil
import sys
from collections.abc import Iterator

import pytest

sys.modules.setdefault("rfc3987_syntax", None)  # jsonschema would import it: 1.3 s for a grammar nobody asks for

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
QUIET = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    """Debian's Chromium, one for each worker. Without one the test is left out, but never where all must be run."""
    if CHROMIUM is None and not os.environ.get("CI"):
        pytest.skip("INGEN BROWSER: Chromium mangler, så siderne er ikke prøvet i en browser. apt install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield opened
        opened.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test that uses the browser, so that `-m "not browser"` leaves it out, and put those last.

    While Playwright is open, its loop runs, and what starts one of its own (papermill) cannot.
    """
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)
    items.sort(key=lambda item: "browser" in getattr(item, "fixturenames", ()))
