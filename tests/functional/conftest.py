"""One Chromium for all browser tests; the built front end, or a clear word that it is missing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from django.conf import settings
from playwright.sync_api import Browser, sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests.functional.browser import Visit, visit

# Playwright's event loop runs in the test's thread; the tests' own database calls there are not concurrent.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not CHROMIUM:
        pytest.fail("Chromium is not installed: apt-get install chromium, or set CHROMIUM to its path")
    if not (settings.FRONTEND_DIST / "manifest.json").exists():
        pytest.fail("The front end is not built: run `npm ci && npm run build` in frontend/")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def page_server() -> Iterator[LiveServer]:
    """Pages that need no database, such as the style guide: one server for all, nothing to empty after.

    Tests with rows of their own use pytest-django's `live_server`.
    """
    server = LiveServer("127.0.0.1")
    yield server
    server.stop()


@pytest.fixture
def guide(browser: Browser, page_server: LiveServer) -> Iterator[Visit]:
    with visit(browser, page_server.url) as found:
        yield found.open("/styleguide/")


@pytest.fixture
def patient(browser: Browser, page_server: LiveServer) -> Iterator[Visit]:
    with visit(browser, page_server.url) as found:
        yield found.open("/styleguide/patient/")


@pytest.fixture
def meeting(browser: Browser, page_server: LiveServer) -> Iterator[Visit]:
    with visit(browser, page_server.url, width=1920, height=1080) as found:
        yield found.open("/styleguide/meeting/")
