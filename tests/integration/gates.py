"""A real gate in a process of its own, over committed data, for tests and benchmarks."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.test import override_settings

from tests.integration import databases
from tumorboard.accounts.models import User
from tumorboard.governance import gate
from tumorboard.runs import services


class GateProcess:
    """The process, which a test may kill and start again on the same socket."""

    def __init__(self, socket: Path, surroundings: dict[str, str], log: Path) -> None:
        self.socket, self.surroundings, self.log = socket, surroundings, log
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *, wait: bool = True) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "gate", "--socket", str(self.socket)],
                cwd=services.ROOT, env=self.surroundings, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        deadline = time.monotonic() + 30
        while wait and not self.answers():
            assert time.monotonic() < deadline, self.log.read_text()[-2000:]
            assert self.process.poll() is None, self.log.read_text()[-2000:]

    def answers(self) -> bool:
        try:
            gate.ping()
        except gate.GateDown:
            return False
        return True

    def kill(self, number: int = signal.SIGKILL) -> None:
        assert self.process is not None
        if self.process.poll() is None:
            os.killpg(self.process.pid, number)
        self.process.wait(20)


def surroundings(**changed: str) -> dict[str, str]:
    """What another process must know of this installation."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("SPARK_")},
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DATABASE_URL": databases.url(connection.settings_dict["NAME"]),
        "DATABASE_POOL": "true",
        "LAKE_URL": settings.LAKE_URL,
        "VOLUMES_DIR": str(settings.VOLUMES_DIR),
        **changed,
    }


@contextmanager
def running(home: Path, **changed: Any) -> Iterator[GateProcess]:
    """A gate for this installation; the process that asks is told of it for the time of the block."""
    with tempfile.TemporaryDirectory(prefix="tb-gate-") as folder:
        socket = Path(folder) / "gate.sock"
        found = GateProcess(socket, surroundings(**changed), home / "gate.log")
        with override_settings(GATE="process", GATE_SOCKET=socket):
            found.start()
            try:
                yield found
            finally:
                found.kill()


class Nursery:
    """Gates that follow one another within a tenth of a second (tests/integration/gate_nursery.py)."""

    def __init__(self, pids: Path) -> None:
        self.pids = pids

    def ready(self) -> None:
        deadline = time.monotonic() + 30
        while True:
            try:
                gate.ping()
                return
            except gate.GateDown:
                assert time.monotonic() < deadline, "no gate was born"

    def kill(self) -> None:
        os.kill(int(self.pids.read_text()), signal.SIGKILL)


@contextmanager
def nursery(home: Path, *as_user: int) -> Iterator[Nursery]:
    """`as_user`: the numbers of a user and a group that the gates run as."""
    with tempfile.TemporaryDirectory(prefix="tb-gate-") as folder, (home / "nursery.log").open("ab") as log:
        socket, pids = Path(folder) / "gate" / "gate.sock", Path(folder) / "pid"
        if as_user:
            Path(folder).chmod(0o755)
            socket.parent.mkdir()
            socket.parent.chmod(0o750)
            os.chown(socket.parent, *as_user)
        said = [str(socket), str(pids), *map(str, as_user)]
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.gate_nursery", *said],
            cwd=services.ROOT, env=surroundings(), stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
        try:
            with override_settings(GATE="process", GATE_SOCKET=socket):
                yield Nursery(pids)
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(20)


def signed_in(user: User) -> str:
    """The key of a session as signing in makes it."""
    session = SessionStore()
    session["_auth_user_id"] = str(user.pk)
    session["_auth_user_backend"] = "django.contrib.auth.backends.ModelBackend"
    session["_auth_user_hash"] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)
