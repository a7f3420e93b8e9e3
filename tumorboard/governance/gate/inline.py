"""The gate inside its caller's process: the same code without the transport. For tests, which hold what they
wrote in a transaction that no other process could see."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa

from tumorboard.governance.gate import calling, door, writing
from tumorboard.governance.gate.asking import Replacement, Request
from tumorboard.governance.gate.proving import Proven, in_process


def rows(requests: Sequence[Request], *, all_of_them: bool) -> dict[int, pa.Table]:
    schemas: dict[int, pa.Schema] = {}
    batches: dict[int, list[pa.RecordBatch]] = {}
    proven = _proven(requests[0].by)
    for number, piece in door.rows(requests, proven, all_of_them=all_of_them, separate=False):
        if isinstance(piece, pa.Schema):
            schemas[number], batches[number] = piece, []
        else:
            batches[number].append(piece)
    return {number: pa.Table.from_batches(found, schemas[number]) for number, found in batches.items()}


def file(request: Request, start: int, length: int | None) -> Iterator[bytes]:
    return door.file(request, _proven(request.by), start=start, length=length, separate=False)


def replace_rows(by: object, change: Replacement, new: pa.Table) -> int:
    return writing.replace_rows(change, new, _proven(by), separate=False)


def ping() -> str:
    return "inside this process"


def _proven(by: object) -> Proven:
    return in_process(by, calling.current())
