"""The gate as its callers see it: one small client for pages, jobs, exports and commands."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import pyarrow as pa
from django.conf import settings
from pyarrow import flight

from tumorboard.governance.gate import calling, wire
from tumorboard.governance.gate.asking import Replacement, Request, to_plain
from tumorboard.governance.gate.faults import GateDown, rebuilt
from tumorboard.wire.channel import opened

PATIENCE = {
    calling.TASK: 30.0,
    calling.CLI: 10.0,
}  # seconds a gate that restarts is waited for; a page waits one
A_PAGE = 1.0
LONGEST = 600.0  # seconds of one call
AWAY = "the lake gate does not answer; no patient data can be shown until it is back"
T = TypeVar("T")


def rows(requests: Sequence[Request], *, all_of_them: bool) -> dict[int, pa.Table]:
    asked = _asked(requests[0].by, requests=[to_plain(r) for r in requests], all_of_them=all_of_them)
    return _called(lambda channel: wire.tables(_got(channel, asked)))


def file(request: Request, start: int, length: int | None) -> Iterator[bytes]:
    asked = _asked(request.by, requests=[to_plain(request)], file=[start, length])
    parts = _called(lambda channel: _begun(wire.parts(_got(channel, asked))))
    try:
        yield from (body.to_pybytes() for _, body in parts)
    except flight.FlightError:
        raise GateDown(AWAY) from None


def replace_rows(by: Any, change: Replacement, new: pa.Table) -> int:
    asked = json.dumps({"by": _id(by), "caller": calling.current().plain(), "change": change.plain()})
    return _called(lambda channel: _put(channel, asked.encode(), new))


def ping() -> str:
    return _called(lambda channel: next(iter(channel.do_action("ping"))).body.to_pybytes().decode())


# --- one call -----------------------------------------------------------------------------------------


def _asked(by: Any, **what: Any) -> bytes:
    return json.dumps({"by": _id(by), "caller": calling.current().plain(), **what}).encode()


def _id(by: Any) -> str:
    return str(getattr(by, "pk", "") or "")


def _got(channel: Any, asked: bytes) -> Any:
    return channel.do_get(flight.Ticket(asked), flight.FlightCallOptions(timeout=LONGEST))


def _begun(parts: Iterator[Any]) -> Iterator[Any]:
    """With the first part already there: a gate that is away is noticed while the call can be repeated."""
    first = next(parts, None)
    return iter(()) if first is None else _and(first, parts)


def _and(first: Any, others: Iterator[Any]) -> Iterator[Any]:
    yield first
    yield from others


def _put(channel: Any, asked: bytes, new: pa.Table) -> int:
    descriptor = flight.FlightDescriptor.for_command(asked)
    writer, answer = channel.do_put(descriptor, new.schema, flight.FlightCallOptions(timeout=LONGEST))
    with writer:
        writer.write_table(new)
        writer.done_writing()
        told = answer.read()
    said = json.loads(told.to_pybytes()) if told else {}
    if "kind" in said:
        raise rebuilt(said)
    if "version" not in said:
        raise GateDown("the gate did not say whether the rows were written")
    version: int = said["version"]
    return version


def _called(call: Callable[[Any], T]) -> T:
    """The answer to a call, which may be repeated while the gate restarts: reading twice is recorded twice,
    and rows replaced twice are as replaced once. Raises GateDown."""
    deadline = time.monotonic() + PATIENCE.get(calling.current().channel, A_PAGE)
    while True:
        try:
            return call(_channel())
        except flight.FlightUnavailableError:
            _forget()
            if time.monotonic() > deadline:
                raise GateDown(AWAY) from None
            time.sleep(0.1)
        except (flight.FlightError, pa.ArrowException):
            _forget()
            raise GateDown(AWAY) from None


# --- the channel --------------------------------------------------------------------------------------

_channels: dict[tuple[int, str], Any] = {}  # by process: a channel does not survive a fork
_opening = threading.Lock()


def _channel() -> Any:
    key = (os.getpid(), str(settings.GATE_SOCKET))
    with _opening:
        if key not in _channels:
            _channels[key] = opened(key[1])
        return _channels[key]


def _forget() -> None:
    with _opening:
        _channels.pop((os.getpid(), str(settings.GATE_SOCKET)), None)
