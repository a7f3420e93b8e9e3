"""How answers travel: one stream of parts, ended by a mark, so that half an answer is never taken for one.

Flight streams have one schema; an answer may hold several tables, a file, or a fault. So each part is a row
of (what it is, bytes): the schema of a table, a record batch in Arrow's own format (not copied again on the
other side), a chunk of a file, the end, or the fault that came instead.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pyarrow as pa

PART = pa.schema([("what", pa.string()), ("body", pa.large_binary())])
Rebuild = Callable[[Mapping[str, str]], Exception]  # the fault that was sent, as the caller knows it
BROKEN_OFF = {"kind": "GateDown", "words": "the gate broke off before the end of its answer"}
SCHEMA, ROWS, FILE, END, FAULT = "schema", "rows", "file", "end", "fault"


def part(what: str, body: pa.Buffer | bytes = b"") -> pa.RecordBatch:
    """One part; the bytes are taken over as they are."""
    data = body if isinstance(body, pa.Buffer) else pa.py_buffer(body)
    offsets = pa.py_buffer((0).to_bytes(8, "little") + data.size.to_bytes(8, "little"))
    content = pa.Array.from_buffers(pa.large_binary(), 1, [None, offsets, data])
    return pa.record_batch([pa.array([what], pa.string()), content], schema=PART)


def piece(number: int, content: pa.Schema | pa.RecordBatch) -> pa.RecordBatch:
    what = ROWS if isinstance(content, pa.RecordBatch) else SCHEMA
    return part(f"{what}:{number}", content.serialize())


def parts(stream: Any, rebuilt: Rebuild) -> Iterator[tuple[str, pa.Buffer]]:
    """The parts up to the end. Raises the fault that was sent, and one for a stream that stops short."""
    last = None
    for chunk in stream:  # to its very end, so that the gate knows that it arrived
        what, body = chunk.data.column(0)[0].as_py(), chunk.data.column(1)[0].as_buffer()
        if what in (END, FAULT):
            last = what, body
        else:
            yield what, body
    if last is None:
        raise rebuilt(BROKEN_OFF)
    if last[0] == FAULT:
        raise rebuilt(json.loads(last[1].to_pybytes()))


def tables(stream: Any, rebuilt: Rebuild) -> dict[int, pa.Table]:
    """The tables of an answer, by the number of their request."""
    schemas: dict[int, pa.Schema] = {}
    batches: dict[int, list[pa.RecordBatch]] = {}
    for what, body in parts(stream, rebuilt):
        kind, _, number = what.partition(":")
        if kind == SCHEMA:
            schemas[int(number)] = pa.ipc.read_schema(body)
            batches[int(number)] = []
        else:
            batches[int(number)].append(pa.ipc.read_record_batch(body, schemas[int(number)]))
    return {number: pa.Table.from_batches(found, schemas[number]) for number, found in batches.items()}
