"""An installation of its own for one benchmark: embedded PostgreSQL and a lake in a folder that goes away.

Importing this makes Django ready (nothing is started yet); `installation` starts the database. Once in a
process: settings are read only once.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django
from django.core.management import call_command

from tumorboard.runs import services

HOME = Path(tempfile.mkdtemp(prefix="tumorboard-bench-"))
os.environ.update(
    DJANGO_SETTINGS_MODULE="tumorboard.settings",
    TUMORBOARD_HOME=str(HOME),
    SECRET_KEY="only-for-benchmarks",
    DATABASE_URL=services.postgres_url(HOME),
    REDIS_URL=services.redis_url(HOME),  # nothing listens there: the benchmarks run jobs themselves
    LOG_LEVEL="ERROR",
    GATE="inline",  # benchmarks/gate.py compares both
)
django.setup()


@contextmanager
def installation() -> Iterator[Path]:
    """An empty database and lake; both end with the block."""
    services.start_postgres(HOME)
    try:
        call_command("migrate", verbosity=0)
        yield HOME
    finally:
        services.stop_postgres(HOME)
        shutil.rmtree(HOME, ignore_errors=True)
