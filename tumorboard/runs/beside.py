"""A gate for the time of a command, where none is running: on one machine, without the demo."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from tumorboard.runs.demo.processes import Processes


@contextmanager
def gate_beside() -> Iterator[None]:
    """Use the gate that is there, or start one that ends with the block."""
    if settings.GATE != "process" or _is_there():
        yield
        return
    with Processes(settings.HOME) as processes:
        processes.start_gate()
        yield


def _is_there() -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(settings.GATE_SOCKET)) == 0
