"""kill -9 of the web and of PostgreSQL at random moments while somebody reads: whatever was received is on
record. (The gate's own kills: tests/integration/test_gate_process.py.)"""

from __future__ import annotations

import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from tests.integration import databases, gates
from tests.integration.proofs import sized
from tests.integration.proofs.hospital import Hospital
from tests.integration.proofs.marks import found
from tumorboard.audit.models import AuditEvent
from tumorboard.governance import gate
from tumorboard.governance.gate.calling import acting
from tumorboard.runs import services

pytestmark = pytest.mark.timeout(sized(300, 3600))
WEB_KILLS, POSTGRES_KILLS = sized(22, 200), sized(8, 100)  # together 30 and 300
REQUEST_ID = re.compile(rb"x-request-id: ([0-9a-f-]{36})", re.IGNORECASE)


@dataclass
class Web:
    port: int
    pids: Path

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(int(self.pids.read_text()), signal.SIGKILL)

    def get(self, path: str, session: str) -> bytes:
        """All bytes of the answer that arrived, whether it was finished or not."""
        lines = [
            f"GET {path} HTTP/1.1",
            "Host: 127.0.0.1",
            f"Cookie: sessionid={session}",
            "Connection: close",
        ]
        asked = "\r\n".join([*lines, "", ""])
        got = b""
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=20) as line:
            line.sendall(asked.encode())
            while part := line.recv(65536):
                got += part
        return got

    def ready(self, session: str) -> None:
        deadline = time.monotonic() + 60
        while not self.get("/sign-in/", session).startswith(b"HTTP/1.1"):
            assert time.monotonic() < deadline, "no web was born"
            time.sleep(0.05)


@contextmanager
def web(place: Hospital) -> Iterator[Web]:
    port, pids = services.free_port(), place.home / "web.pid"
    around = gates.surroundings(GATE="process", GATE_SOCKET=str(settings.GATE_SOCKET), DATABASE_POOL="true")
    with (place.home / "web.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.proofs.web_nursery", str(port), str(pids)],
            cwd=services.ROOT, env=around, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    try:
        yield Web(port, pids)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(20)


def intents(request_id: str) -> set[str]:
    rows = AuditEvent.objects.filter(request_id=request_id, phase="intent").values_list(
        "patient_key", flat=True
    )
    return set(rows)


def test_what_a_killed_web_had_answered_is_on_record(place: Hospital) -> None:
    chance, answered, broken = random.Random(3), 0, 0
    session = place.people["clinician"].caller().session_key
    paths = {
        n: [f"/cases/{place.cases[n].uuid}/{end}" for end in ("timeline.json", "wearables/", "trials/")]
        for n in (1, 4)
    }
    with web(place) as server:
        for _ in range(WEB_KILLS):
            server.ready(session)
            number = chance.choice(list(paths))
            killer = threading.Timer(chance.uniform(0, 0.5), server.kill)
            killer.start()
            got = server.get(chance.choice(paths[number]), session)
            killer.join()
            header, _, body = got.partition(b"\r\n\r\n")
            named = REQUEST_ID.search(header)
            if not body:
                broken += 1
                continue
            answered += 1
            assert named, header[:200]
            if b" 200 " in header[:20]:
                assert place.keys[number] in intents(named[1].decode()), "an answer without a record"
    print(f"\n{WEB_KILLS} kills of the web: {answered} answered, {broken} cut off; rows without a record: 0")
    assert broken
    assert found((place.home / "web.log").read_bytes()) == set()


class Witness:
    """A connection that dies with the others: only then has the kill taken hold."""

    def __init__(self) -> None:
        self.line = psycopg.connect(databases.url(connection.settings_dict["NAME"]), autocommit=True)
        self.others = "select pid from pg_stat_activity where datname = current_database() and pid <> %s"

    def kill(self) -> None:
        """kill -9 of one process: PostgreSQL then ends all others and recovers from its log."""
        pids = [pid for (pid,) in self.line.execute(self.others, [self.line.info.backend_pid])]
        os.kill(pids[0] if pids else self.line.info.backend_pid, signal.SIGKILL)

    def recovered(self) -> None:
        """It is gone, and PostgreSQL answers again."""
        until(lambda: not self._lives())
        until(lambda: Witness._answers(databases.url(connection.settings_dict["NAME"])))
        connection.close()

    def _lives(self) -> bool:
        return self._asked(self.line)

    @staticmethod
    def _answers(address: str) -> bool:
        with suppress(psycopg.Error), psycopg.connect(address) as line:
            return Witness._asked(line)
        return False

    @staticmethod
    def _asked(line: psycopg.Connection[Any]) -> bool:
        with suppress(psycopg.Error):
            return line.execute("select 1").fetchone() is not None
        return False


def until(true: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_what_was_read_while_postgres_was_killed_is_on_record(place: Hospital) -> None:
    chance, read, refused = random.Random(4), 0, 0
    caller = place.people["clinician"].caller()
    for number in range(POSTGRES_KILLS):
        asking, witness = replace(caller, request_id=f"postgres-{number}"), Witness()
        killer = threading.Timer(chance.uniform(0, 0.3), witness.kill)
        killer.start()
        rows = received(place, asking)
        killer.join()
        witness.recovered()
        if rows is None:
            refused += 1
            continue
        read += 1
        assert intents(f"postgres-{number}") == {place.keys[1]}, f"{rows} rows without a record"
    print(f"\n{POSTGRES_KILLS} kills of PostgreSQL: {read} answered, {refused} refused, 0 without a record")
    until(lambda: received(place, caller) is not None, 30)


def received(place: Hospital, caller: Any) -> int | None:
    with acting(caller):
        try:
            return sum(
                gate.read(place.ask("clinician", table, 1)).num_rows
                for table in ("silver.labs", "gold.timeline")
            )
        except (gate.GateDown, gate.Refused):
            return None


@pytest.mark.parametrize("path", ["/", "/boards/", "/healthz"])
def test_without_postgres_a_page_says_so(place: Hospital, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client(SERVER_NAME="127.0.0.1", raise_request_exception=False)
    client.force_login(place.user("clinician"), backend="django.contrib.auth.backends.ModelBackend")
    connection.close()
    with monkeypatch.context() as patch:
        patch.setitem(connection.settings_dict, "HOST", "127.0.0.1")
        patch.setitem(connection.settings_dict, "PORT", "9")
        answer = client.get(path)
        connection.close()
    assert answer.status_code == 503
    if path != "/healthz":
        assert "database does not answer" in answer.text
        assert "Nothing was saved" in answer.text
