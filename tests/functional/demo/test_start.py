"""`make demo` as its user meets it: what it prints, what it refuses, what it leaves behind."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.functional.browser import REPOSITORY
from tests.functional.demo.conftest import PASSWORD, Demo, environment, left_behind, start, stop
from tumorboard.runs.services import free_port

ROLES = ("Oncologist", "Pathologist", "Coordinator", "Data steward", "Administrator")


def test_it_says_where_and_who(demo: Demo) -> None:
    text = "\n".join(demo.lines)
    assert all(role in text for role in ROLES)
    assert PASSWORD in text
    assert "SYNTHETIC" in text


def test_health_has_one_entry_per_part(demo: Demo) -> None:
    health = demo.health()
    assert set(health["parts"]) == {
        "database", "broker", "gate", "worker", "audit", "lake", "frontend",
    }  # fmt: skip
    assert health["ok"], health


def test_a_port_in_use_is_one_clear_line(demo: Demo) -> None:
    port = int(demo.url.rsplit(":", 1)[1])
    home = Path(tempfile.mkdtemp(prefix="tumorboard-second-"))
    done = subprocess.run(
        [sys.executable, "manage.py", "demo"],
        check=False, cwd=REPOSITORY, env=environment(home, port, 4),
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1
    assert f"port {port} is in use" in done.stderr
    assert f"PORT={port + 1}" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr


def test_second_start_is_quick_and_stopping_leaves_nothing() -> None:
    home = Path(tempfile.mkdtemp(prefix="tumorboard-again-"))
    stop(start(home, free_port(), patients=2))
    assert left_behind(home) == []
    began = time.monotonic()
    again = start(home, free_port(), patients=2)
    seconds = time.monotonic() - began
    stop(again, signal.SIGINT)
    assert again.process.returncode == 0
    assert left_behind(home) == []
    assert seconds < 30, f"second start took {seconds:.0f} s"  # goal 15 s on a quiet machine; see benchmarks
