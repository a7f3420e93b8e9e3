"""Child processes of the demo: started in groups of their own, so that stopping leaves none behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

from tumorboard.governance import gate
from tumorboard.runs import services

GRACE = 8.0  # seconds a process has to end before it is killed


class Processes:
    """Redis, gate, worker and web; `stop` ends them in the reverse order of their start."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Processes:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # an impatient second Ctrl-C must not leave half of them
        self.stop()

    def start_redis(self) -> None:
        self.running["redis"] = services.start_redis(self.home)

    def start_gate(self) -> None:
        """It has a pool of connections: calls come on many threads."""
        self.start("gate", ["manage.py", "gate"], {"DATABASE_POOL": "true"})
        self._await_gate()

    def _await_gate(self, seconds: float = 30.0) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.died() != "gate":
            with contextlib.suppress(gate.GateDown):
                gate.ping()
                return
        raise services.ServiceError(f"the gate did not start; {self.home / 'gate.log'} says why")

    def start_worker(self) -> None:
        schedule = ["--schedule", str(self.home / "celerybeat-schedule")]
        queues = ["-Q", "default,pipeline", "-c", "1", "--loglevel", "WARNING"]
        self.start("worker", ["-m", "celery", "-A", "tumorboard.celery", "worker", "-B", *schedule, *queues])

    def start_web(self, port: int) -> None:
        listen = ["--host", "127.0.0.1", "--port", str(port), "--log-level", "warning"]
        options = ["--timeout-graceful-shutdown", "2", "--no-server-header"]
        pool = {"DATABASE_POOL": "true"}
        self.start("web", ["-m", "uvicorn", "tumorboard.asgi:application", *listen, *options], pool)

    def start(self, name: str, arguments: Sequence[str], extra: Mapping[str, str] | None = None) -> None:
        with (self.home / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                [sys.executable, *arguments],
                stdout=log,
                stderr=log,
                cwd=services.ROOT,
                env={**os.environ, **(extra or {})},
                start_new_session=True,
            )

    def died(self) -> str | None:
        """The name of a process that has ended by itself."""
        return next((name for name, process in self.running.items() if process.poll() is not None), None)

    def stop(self) -> None:
        for process in reversed(self.running.values()):
            _signal(process, signal.SIGTERM)
        deadline = time.monotonic() + GRACE
        for process in reversed(self.running.values()):
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, deadline - time.monotonic()))
            _signal(process, signal.SIGKILL)
            process.wait()
        self.running.clear()


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """To the whole group: a worker's children must not outlive it."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
