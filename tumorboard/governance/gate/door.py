"""Through the door: decide, record, read, record that it was done. The same in both kinds of process."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa

from tumorboard.audit.events import Event
from tumorboard.governance.gate import deciding, reading
from tumorboard.governance.gate.asking import Request
from tumorboard.governance.gate.deciding import Admission, Check
from tumorboard.governance.gate.faults import BadRequest, NotPublished, Refused
from tumorboard.governance.gate.proving import Proven
from tumorboard.governance.permissions import has_grant

Piece = tuple[int, pa.Schema | pa.RecordBatch]


def nothing_changed() -> None:
    """Inside one process a read is over before anything can change."""


@dataclass
class Tally:
    """What one read has given so far, and the record of its end."""

    admission: Admission
    began: float = field(default_factory=time.monotonic)
    rows: int = 0
    size: int = 0
    parts: dict[int, int] = field(default_factory=dict)

    def add(self, number: int, rows: int, size: int) -> None:
        self.rows, self.size = self.rows + rows, self.size + size
        self.parts[number] = self.parts.get(number, 0) + rows

    def end(self, phase: str, outcome: str) -> None:
        """One record for each table: `complete` with its number of rows, or `fail` with what had flowed."""
        common = {
            "event": Event.LAKE_DELIVERED if phase == "complete" else Event.LAKE_BROKEN_OFF,
            "phase": phase,
            "outcome": outcome,
            "bytes_out": self.size,
            "duration_ms": round((time.monotonic() - self.began) * 1000),
            **self.admission.proven.on_record,
        }
        events = [
            {
                **common,
                "table": read.request.table,
                "version": read.request.version,
                "purpose": read.request.purpose,
                "row_count": self.parts.get(number, 0),
            }
            for number, read in enumerate(self.admission.reads)
        ]
        deciding.keep(events, self.admission.proven.user, durable=True)


def one_person(requests: Sequence[Request]) -> None:
    if any(request.by != requests[0].by for request in requests):
        raise ValueError("one read is for one person")


def rows(
    requests: Sequence[Request], proven: Proven, *, all_of_them: bool, separate: bool, changes: Any = None
) -> Iterator[Piece]:
    """Pieces of each request's rows, with its number: first its schema, then batches.

    `all_of_them` raises NotPublished for a table that is not built; else it is left out. `separate` is the
    gate's own process: the record is committed first and its end is recorded too. `changes` is asked between
    the pieces whether the decision still holds.
    """
    found = deciding.with_versions(requests)
    if all_of_them and len(found) < len(requests):
        raise NotPublished(f"{requests[0].table} had not been built at that time")
    if not found:
        return
    admission = deciding.admit(found, proven, durable=separate)
    numbers = _numbers(requests, [read.request for read in admission.reads])
    tally = Tally(admission)
    still = changes(admission) if changes else nothing_changed
    yield from _watched(tally, _read(admission, numbers, tally, still), separate)


def _numbers(requests: Sequence[Request], found: Sequence[Request]) -> list[int]:
    """Which of the requests each one is that was found; they stand in the same order."""
    asked = enumerate(requests)
    return [next(n for n, r in asked if replace(r, version=one.version) == one) for one in found]


def _read(admission: Admission, numbers: Sequence[int], tally: Tally, still: Check) -> Iterator[Piece]:
    for place, (number, read) in enumerate(zip(numbers, admission.reads, strict=True)):
        for piece in reading.batches(read, still):
            if isinstance(piece, pa.RecordBatch):
                tally.add(place, piece.num_rows, piece.nbytes)
            yield number, piece


def _watched(tally: Tally, pieces: Iterator[Any], separate: bool) -> Iterator[Any]:
    """Pieces, and in the gate's own process the record of how it ended."""
    try:
        yield from pieces
    except BaseException as error:
        if separate:
            tally.end("fail", type(error).__name__)
        raise
    if separate:
        tally.end("complete", "delivered")


def file(
    request: Request,
    proven: Proven,
    *,
    start: int = 0,
    length: int | None = None,
    separate: bool,
    changes: Any = None,
) -> Iterator[bytes]:
    """The file a bronze row came from, in chunks. Raises Refused without the right to the volume."""
    if start < 0 or (length is not None and length < 0):
        raise BadRequest("a range begins and ends inside the file")
    version = deciding.version_of(request)
    if not has_grant(proven.user, "read_volume", "landing", request.purpose):
        deciding.refuse(
            [replace(request, version=version)], proven, "no grant on the volume", durable=separate
        )
        raise Refused("the volume of received files is not open to this person")
    asked = replace(request, columns=["file_hash", "payload"])  # a file tells as much as the rows of it
    admission = deciding.admit(deciding.with_versions([asked]), proven, durable=separate)
    if admission.reads[0].decision.masks:
        raise Refused("a file as received cannot be masked")
    tally = Tally(admission)
    still = changes(admission) if changes else nothing_changed
    yield from _watched(tally, _chunks(admission, tally, still, start, length), separate)


def _chunks(
    admission: Admission, tally: Tally, still: Check, start: int, length: int | None
) -> Iterator[bytes]:
    path = reading.file_of(admission.reads[0], still)
    tally.add(0, 1, 0)
    for chunk in reading.chunks(path, start, length):
        still()
        tally.add(0, 0, len(chunk))
        yield chunk
