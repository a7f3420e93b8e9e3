"""The demo as a user starts it: one real process tree for all tests of this folder."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.functional.browser import REPOSITORY, Visit, visit
from tumorboard.runs.services import free_port

PASSWORD = os.environ.get("DEMO_PASSWORD", "correct horse battery")
READY_WITHIN = 240
OURS = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "DJANGO_SETTINGS_MODULE", "JOB_LEASE_SECONDS", "LOG_LEVEL")


@dataclass
class Demo:
    """A running demo."""

    process: subprocess.Popen[str] | None
    url: str
    home: Path
    lines: list[str]
    states: dict[str, Any] = field(default_factory=dict)

    def health(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.url}/healthz", timeout=10) as answer:
            return json.load(answer)


def environment(home: Path, port: int, patients: int) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in OURS}
    own = {"TUMORBOARD_HOME": str(home), "PORT": str(port), "DEMO_PASSWORD": PASSWORD}
    return {**kept, **own, "DEMO_PATIENTS": str(patients)}


def start(home: Path, port: int, patients: int) -> Demo:
    process = subprocess.Popen(
        [sys.executable, "manage.py", "demo"],
        cwd=REPOSITORY,
        env=environment(home, port, patients),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    lines: list[str] = []
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline:
        line = process.stdout.readline()
        lines.append(line.rstrip())
        if line.startswith("Ready:"):
            return Demo(process, line.split()[1], home, lines)
        if not line:
            break
    process.kill()
    pytest.fail("the demo did not become ready:\n" + "\n".join(lines[-30:]))


def stop(demo: Demo, number: int = signal.SIGTERM) -> None:
    demo.process.send_signal(number)
    demo.process.wait(30)


def left_behind(home: Path) -> list[str]:
    """Processes whose command line or environment still names this demo's folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                stated = (entry / "environ").read_bytes()
            except OSError:
                continue
            if str(home) in command or f"TUMORBOARD_HOME={home}".encode() in stated:
                found.append(command)
    return found


@pytest.fixture(scope="session")
def demo() -> Iterator[Demo]:
    if running_at := os.environ.get("DEMO_URL"):  # a demo started by hand, while writing tests
        yield Demo(None, running_at, Path(), [])
        return
    home = Path(tempfile.mkdtemp(prefix="tumorboard-demo-"))
    running = start(home, free_port(), patients=48)
    yield running
    stop(running)


@pytest.fixture
def signed_in(demo: Demo, browser: Browser) -> Any:
    """`with signed_in("oncologist", theme="dark") as v:` a page of somebody who has signed in."""

    def opened(username: str, **options: Any) -> AbstractContextManager[Visit]:
        if username not in demo.states:
            demo.states[username] = _sign_in(demo, browser, username)
        return visit(browser, demo.url, storage_state=demo.states[username], **options)

    return opened


def _sign_in(demo: Demo, browser: Browser, username: str) -> Any:
    with visit(browser, demo.url) as v:
        v.open("/sign-in/")
        v.page.fill("input[name=username]", username)
        v.page.fill("input[name=password]", PASSWORD)
        v.page.locator("main button").click()
        v.page.wait_for_url(re.compile(rf"{re.escape(demo.url)}/$|profile|console"))
        return v.page.context.storage_state()


@pytest.fixture(scope="session")
def case_paths(demo: Demo, browser: Browser) -> list[str]:
    """The cases on the oncologist's worklist, in its order."""
    demo.states.setdefault("oncologist", _sign_in(demo, browser, "oncologist"))
    with visit(browser, demo.url, storage_state=demo.states["oncologist"]) as v:
        v.open("/")
        links = v.page.locator("main a[href*='/cases/']").evaluate_all(
            "all => all.map(a => a.getAttribute('href'))"
        )
    pattern = re.compile(r"^/cases/[0-9a-f-]{36}/$")
    return list(dict.fromkeys(link for link in links if pattern.match(link)))
