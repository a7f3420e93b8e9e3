"""The gate as a process: an Arrow Flight server on a Unix socket.

It proves every caller itself, keeps its record before the first row, and is the only process beside the
pipeline that opens the lake. It listens on no network address.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connections
from pyarrow import flight

from tumorboard.governance.gate import deciding, door, own, wire, writing
from tumorboard.governance.gate.asking import Replacement, Request, from_plain
from tumorboard.governance.gate.calling import Caller
from tumorboard.governance.gate.deciding import Admission
from tumorboard.governance.gate.epoch import Epoch, watching
from tumorboard.governance.gate.faults import CROSSING, BadRequest, GateDown, Refused, described
from tumorboard.governance.gate.proving import Proven, in_process, prove
from tumorboard.governance.models import Snapshot, Study

log = logging.getLogger(__name__)
NO_DATABASE = "the database does not answer, so nothing can be decided or recorded"
Answer = Iterator[pa.RecordBatch]


class Gate(flight.FlightServerBase):  # type: ignore[misc]
    """`do_get` reads tables or a file, `do_put` replaces rows, the action `ping` says that it is there."""

    def __init__(self, socket: Path) -> None:
        self.epoch = Epoch()
        self.epoch.start()
        super().__init__(f"grpc+unix://{socket}")

    def do_get(self, context: Any, ticket: flight.Ticket) -> flight.GeneratorStream:
        return flight.GeneratorStream(wire.PART, _answered(lambda: self._given(json.loads(ticket.ticket))))

    def do_put(self, context: Any, descriptor: Any, reader: Any, writer: Any) -> None:
        for part in _answered(lambda: self._written(json.loads(descriptor.command), reader)):
            writer.write(part.column(1)[0].as_buffer() if part.column(0)[0].as_py() != wire.END else b"")

    def do_action(self, context: Any, action: flight.Action) -> Iterator[flight.Result]:
        yield flight.Result(b"answers")

    # --- reading ------------------------------------------------------------------------------------

    def _given(self, asked: dict[str, Any]) -> Answer:
        if asked.get("tables"):
            yield wire.part(wire.FILE, json.dumps(own.opened_by(_proven(asked))).encode())
            return
        requests, proven = _requested(asked)

        def changes(admission: Admission) -> Callable[[], None]:
            return watching(self.epoch, lambda: _decided_anew(admission, proven))

        how = {"separate": True, "changes": changes}
        if "file" in asked:
            start, length = asked["file"]
            for chunk in door.file(requests[0], proven, start=start, length=length, **how):
                yield wire.part(wire.FILE, chunk)
        else:
            for number, piece in door.rows(requests, proven, all_of_them=asked["all_of_them"], **how):
                yield wire.piece(number, piece)

    # --- writing ------------------------------------------------------------------------------------

    def _written(self, asked: dict[str, Any], reader: Any) -> Answer:
        caller = Caller(**asked["caller"])
        try:
            proven = prove(asked["by"], caller)
        except Refused as error:
            _unproven([], caller, str(error))
            raise
        change = Replacement(**asked["change"])
        writing.check(change, reader.schema, proven)
        version = writing.replace_rows(change, reader.read_all(), proven, separate=True)
        yield wire.part(wire.ROWS, json.dumps({"version": version}).encode())


def _requested(asked: dict[str, Any]) -> tuple[list[Request], Proven]:
    """The requests, as whoever proves to be the one they name. Raises Refused, which is recorded."""
    proven = _proven(asked)
    if proven.capability is not None and proven.capability.is_personal:
        own.used(proven.capability)
        return _read(own.for_its_study(asked["requests"], proven.capability), proven.user), proven
    return _read(asked["requests"], proven.user), proven


def _proven(asked: dict[str, Any]) -> Proven:
    """Whoever proves to be the one the call names. Raises Refused, which is recorded."""
    caller = Caller(**asked["caller"])
    try:
        return prove(asked["by"], caller)
    except Refused as error:
        _unproven(_read(asked.get("requests", []), None), caller, f"{error}")
        raise


def _read(plain: list[dict[str, Any]], user: Any) -> list[Request]:
    wanted = {p["snapshot"] for p in plain if "snapshot" in p}
    snapshots = {str(s.uuid): s for s in Snapshot.objects.filter(uuid__in=wanted)} if wanted else {}
    named = {p["study"] for p in plain if "study" in p}
    studies = Study.objects.in_bulk(named) if named else {}
    if set(studies) != named:
        raise BadRequest("no such study")
    return [from_plain(p, user, snapshots, studies.get(p.get("study"))) for p in plain]


def _unproven(requests: list[Request], caller: Caller, rule: str) -> None:
    """A call without proof is on record as nobody's: whom it claimed to be is not known to be true."""
    deciding.refuse(requests, in_process(None, caller), rule, durable=True)


def _decided_anew(admission: Admission, proven: Proven) -> None:
    """While rows flow: the caller is still proven, and the decision is what it was. Raises Refused."""
    again = prove(str(proven.user.pk), proven.caller)
    if again.until is not None and again.until < datetime.now(UTC):
        raise Refused("the session has ended")
    requests = [(read.request, read.latest) for read in admission.reads]
    found = deciding.decide(requests, again)
    if deciding.first_refusal(found) is not None or found.decided != admission.decided:
        raise Refused("the right to these rows has changed while they were read")


def _answered(answer: Callable[[], Answer]) -> Answer:
    """The parts of an answer and its end; a fault takes the place of what is missing."""
    last = wire.part(wire.END)
    try:
        yield from _on_one_connection(answer)
    except (OperationalError, InterfaceError) as error:
        log.error("a call failed: %s", type(error).__name__)
        last = _fault(GateDown(NO_DATABASE))
    except Exception as error:
        if type(error).__name__ not in CROSSING:
            log.error("a call failed: %s", type(error).__name__)
        last = _fault(error)
    yield last


def _on_one_connection(answer: Callable[[], Answer]) -> Answer:
    """Every step of an answer uses one database connection, which is given back at the end.

    Arrow's threads are not Python's: each step finds thread-local variables new, Django's connection among
    them. It is put in its place before each step; else every step would take another one of the pool.
    """
    used = connections.create_connection(DEFAULT_DB_ALIAS)
    used.inc_thread_sharing()
    parts: Any = None
    try:
        connections[DEFAULT_DB_ALIAS] = used
        parts = answer()
        while (part := next(parts, None)) is not None:
            yield part
            connections[DEFAULT_DB_ALIAS] = used
    finally:
        connections[DEFAULT_DB_ALIAS] = used
        if parts is not None:
            parts.close()  # where the caller went away: the record of that is written now
        used.close()


def _fault(error: Exception) -> pa.RecordBatch:
    return wire.part(wire.FAULT, json.dumps(described(error)).encode())
