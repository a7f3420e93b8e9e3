"""One Chromium for all browser tests; the built front end, or a clear word that it is missing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from django.conf import settings
from playwright.sync_api import Browser, sync_playwright

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
