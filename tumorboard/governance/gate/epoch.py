"""Has anything changed that a decision rests on? Told by PostgreSQL the moment it is committed.

Triggers on accounts, sessions, relations, grants, policies and capabilities notify a channel (migration
`governance_changed`). One connection of the gate listens; a stream looks at the number between two batches,
which costs nothing, and decides anew when it has moved. While nobody listens the number moves all the time:
then every batch is decided anew.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import threading
from collections.abc import Callable

import psycopg
from django.db import connection

log = logging.getLogger(__name__)
LISTEN = "listen governance_changed"
PAUSE = 0.5  # seconds between attempts to listen again, and how quickly `stop` is noticed


class Epoch:
    """The number of changes so far."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._now = 0
        self._listening = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="epoch", daemon=True)

    def start(self) -> None:
        self._thread.start()
        self._listening.wait(5)

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join(5)

    @property
    def now(self) -> int:
        return self._now if self._listening.is_set() else self._move()

    def _move(self) -> int:
        self._now = next(self._numbers)
        return self._now

    def _run(self) -> None:
        while not self._stopped.is_set():
            with contextlib.suppress(psycopg.Error):
                self._listen()
            self._listening.clear()
            self._stopped.wait(PAUSE)

    def _listen(self) -> None:
        settings = connection.get_connection_params()
        wanted = {k: v for k, v in settings.items() if k in ("host", "port", "user", "password", "dbname")}
        with psycopg.connect(**wanted, autocommit=True) as listener:
            listener.execute(LISTEN)
            self._move()
            self._listening.set()
            while not self._stopped.is_set():
                for _ in listener.notifies(timeout=PAUSE):
                    self._move()


def watching(epoch: Epoch, anew: Callable[[], None]) -> Callable[[], None]:
    """A check for between two batches: `anew` raises when the decision no longer holds."""
    seen = epoch.now

    def still() -> None:
        nonlocal seen
        now = epoch.now
        if now != seen:
            anew()
            seen = now

    return still
