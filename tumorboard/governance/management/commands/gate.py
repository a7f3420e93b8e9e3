"""manage.py gate: the one process, beside the pipeline, that opens the lake."""

from __future__ import annotations

import os
import signal
import socket
import threading
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from tumorboard.governance import gate
from tumorboard.governance.gate.server import Gate

TOO_LONG = 107  # bytes of a Unix socket's address


class Command(BaseCommand):
    help = "Serve the lake to pages, jobs and commands on a Unix socket, until SIGTERM."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--socket", type=Path, default=settings.GATE_SOCKET, help="default: GATE_SOCKET")
        parser.add_argument(
            "--group", action="store_true", help="the socket folder's group may call, not its owner alone"
        )
        parser.add_argument("--ping", action="store_true", help="ask the gate that listens there, and end")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["ping"]:
            self._ask()
            return
        path, group = options["socket"], options["group"]
        make_way(path, group)
        serving = listening(path, group)
        ended = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: ended.set())
        self.stdout.write(f"gate: listening on {path}")
        ended.wait()
        serving.epoch.stop()
        serving.shutdown()

    def _ask(self) -> None:
        try:
            self.stdout.write(f"gate: {gate.ping()}")
        except gate.GateDown as error:
            raise CommandError(str(error)) from None


def listening(path: Path, group: bool) -> Gate:
    """The gate on its socket, which nobody else could call for a moment either."""
    before = os.umask(0o117 if group else 0o177)
    try:
        return Gate(path)
    finally:
        os.umask(before)


def make_way(path: Path, group: bool) -> None:
    """A private folder for the socket, without the socket of a gate that has died. Raises CommandError."""
    if len(os.fsencode(path)) > TOO_LONG:
        raise CommandError(f"{path} is too long for a socket; set GATE_SOCKET to a shorter path")
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o750 if group else 0o700)
    found = path.parent.stat()
    if found.st_uid not in (os.getuid(), 0) or found.st_mode & 0o022:
        raise CommandError(f"{path.parent} can be changed by others; set GATE_SOCKET to a path of your own")
    if path.exists():
        if _answers(path):
            raise CommandError(f"a gate already listens on {path}")
        path.unlink()


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0
