"""manage.py demo: everything on one machine, with a synthetic cohort. `make demo` calls it."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from tumorboard.runs import services
from tumorboard.runs.demo.cohort import prepare
from tumorboard.runs.demo.people import PEOPLE, ensure_people
from tumorboard.runs.demo.processes import Processes

DISK_NEEDED = 500  # MB
START_WITHIN = 60  # seconds


class Command(BaseCommand):
    help = "Start database, broker, gate, worker and web with a synthetic cohort; Ctrl-C stops all of it."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        self.started = time.monotonic()
        port = _port()
        _check_room(settings.HOME)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, _interrupt)
        try:
            with Processes(settings.HOME) as processes:
                self._start(processes, port)
                self._wait(processes)
        except KeyboardInterrupt:
            self.stdout.write("\nStopped.")
        except services.ServiceError as error:
            raise CommandError(str(error)) from None
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            raise CommandError(
                f"the disk is full; free some space, or set TUMORBOARD_HOME, now {settings.HOME}"
            ) from None

    def _start(self, processes: Processes, port: int) -> None:
        password = _password(settings.HOME)
        with self._step("Database"):
            call_command("migrate", verbosity=0, skip_checks=True)
        with self._step("Broker, gate and worker"):
            processes.start_redis()
            processes.start_gate()
            processes.start_worker()
        people = ensure_people(password)
        prepare(people, settings.HOME, _patients(), self._step)
        with self._step("Web"):
            processes.start_web(port)
            _await_web(processes, port)
        self._ready(port, password)

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        self.stdout.write(f"{name} ...", ending="")
        self.stdout.flush()
        yield
        self.stdout.write(f" {time.monotonic() - began:.1f} s")

    def _ready(self, port: int, password: str) -> None:
        self.stdout.write("")
        self.stdout.write(
            "SYNTHETIC DATA. Not a medical device. The password of every sign-in below: " + password
        )
        for username, (role, name, _) in PEOPLE.items():
            self.stdout.write(f"  {username:14} {role.label:14} {name}")
        self.stdout.write(f"Ready: http://127.0.0.1:{port}")
        self.stdout.write(
            f"({time.monotonic() - self.started:.0f} s; Ctrl-C stops it; data in {settings.HOME})"
        )
        self.stdout.flush()

    def _wait(self, processes: Processes) -> None:
        while (name := processes.died()) is None:
            time.sleep(0.5)
        raise CommandError(f"the {name} process ended; {settings.HOME / (name + '.log')} says why")


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def _port() -> int:
    port = int(os.environ.get("PORT", "8000"))
    if services.port_is_taken(port):
        raise CommandError(
            f"port {port} is in use; stop what uses it, or choose another: PORT={port + 1} make demo"
        )
    return port


def _patients() -> int:
    return int(os.environ.get("DEMO_PATIENTS", "60"))


def _check_room(home: Path) -> None:
    home.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(home).free // 1_000_000
    if free < DISK_NEEDED:
        raise CommandError(
            f"only {free} MB free in {home}, {DISK_NEEDED} MB are needed; free some or set TUMORBOARD_HOME"
        )


def _password(home: Path) -> str:
    """DEMO_PASSWORD, or one made at the first start and kept."""
    if stated := os.environ.get("DEMO_PASSWORD"):
        return stated
    kept = home / "demo_password"
    if not kept.exists():
        kept.touch(mode=0o600)
        kept.write_text(secrets.token_urlsafe(9))
    return kept.read_text().strip()


def _await_web(processes: Processes, port: int) -> None:
    deadline = time.monotonic() + START_WITHIN
    while time.monotonic() < deadline:
        if processes.died() == "web":
            break
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5):
                return
        except urllib.error.HTTPError:
            time.sleep(0.3)  # it answers, but a part is not up yet
        except OSError:
            time.sleep(0.1)
    raise CommandError(f"the web process did not become ready; {settings.HOME / 'web.log'} says why")
