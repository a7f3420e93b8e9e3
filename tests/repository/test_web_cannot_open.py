"""The web's process as it is started: whatever it has loaded after all addresses are known and a page was
answered, nothing of it opens the lake.

PySpark's types are loaded: tables are declared with them, and pages read declarations. They open nothing by
themselves; the engine (`lake.engine`, Sail) and Delta's reader are not there.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.repository.code import ROOT

OPENERS = (
    "deltalake", "pyarrow.dataset", "pyarrow.parquet", "pysail",
    "tumorboard.lake.store", "tumorboard.lake.manifest", "tumorboard.lake.engine",
    "tumorboard.governance.opening", "tumorboard.governance.gate.reading",
)  # fmt: skip
PROGRAM = """
import asyncio, json, sys
from tumorboard.asgi import application
from django.conf import settings
from django.urls import get_resolver, reverse
assert get_resolver().url_patterns
assert settings.GATE == "process"
said = []

async def page():
    scope = {
        "type": "http", "http_version": "1.1", "method": "GET", "path": reverse("accounts:signin"),
        "query_string": b"", "headers": [(b"host", b"127.0.0.1")], "client": ("127.0.0.1", 1),
        "scheme": "http", "server": ("127.0.0.1", 80), "root_path": "", "asgi": {"version": "3.0"},
    }
    asked = iter([{"type": "http.request", "body": b"", "more_body": False}])
    async def receive():
        try:
            return next(asked)
        except StopIteration:
            await asyncio.sleep(60)
    async def send(message):
        said.append(message)
    await application(scope, receive, send)

asyncio.run(page())
import tumorboard.runs.tasks
print(json.dumps([said[0]["status"], sorted(sys.modules)]))
"""


@pytest.mark.timeout(120)
def test_the_web_has_loaded_nothing_that_opens_the_lake(tmp_path: Path) -> None:
    surroundings = {
        **os.environ, "DJANGO_SETTINGS_MODULE": "tumorboard.settings", "GATE": "process",
        "SECRET_KEY": "x" * 50, "TUMORBOARD_HOME": str(tmp_path), "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        "REDIS_URL": "redis://127.0.0.1:1/0",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        check=False,
        env=surroundings,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    status, loaded = json.loads(done.stdout.splitlines()[-1])
    assert status == 200
    assert "tumorboard.urls" in loaded and "tumorboard.runs.kinds" in loaded
    assert [name for name in OPENERS if name in loaded] == []
