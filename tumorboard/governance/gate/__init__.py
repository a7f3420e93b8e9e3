"""The one door to the lake. Pages, tasks, exports and commands read through it, and nothing else does.

A request says who, why, which table and columns, which patients, which version. The gate proves the caller,
asks the decision function, writes the audit record, and only then reads; the filter on the patients is pushed
down into the scan. If the record cannot be written there is no data. `GATE` says where it runs: in a process
of its own (`process`), or in the caller's (`inline`, for tests).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any

import pyarrow as pa
from django.conf import settings

from tumorboard.governance.gate.asking import Condition, Replacement, Request
from tumorboard.governance.gate.deciding import version_of
from tumorboard.governance.gate.faults import (
    BadRequest,
    Damaged,
    GateDown,
    MeaningChanged,
    NotPublished,
    Refused,
    Undeclared,
    UnknownColumn,
)

__all__ = [
    "BadRequest", "Condition", "Damaged", "GateDown", "MeaningChanged", "NotPublished", "Refused", "Request",
    "Undeclared", "UnknownColumn", "ping", "read", "read_file", "read_many", "read_row", "replace_rows",
    "stream_file", "version_of",
]  # fmt: skip


# Named, not imported: a process that has the gate beside it never loads what opens the lake.
DOORS = {"process": "tumorboard.governance.gate.client", "inline": "tumorboard.governance.gate.inline"}


def _door() -> Any:
    return import_module(DOORS[settings.GATE])


def read(request: Request) -> pa.Table:
    """The rows asked for, after the decision and its record.

    Raises Refused, NotPublished (nothing built yet, or not in the snapshot), Damaged, UnknownTable,
    UnknownColumn, BadRequest and GateDown.
    """
    rows: pa.Table = _door().rows([request], all_of_them=True)[0]
    return rows


def read_many(requests: Sequence[Request]) -> dict[str, pa.Table]:
    """Several tables for one person in one step, by table name; a table not built yet is left out."""
    if not requests:
        return {}
    if any(request.by != requests[0].by for request in requests):
        raise ValueError("one read is for one person")
    found = _door().rows(list(requests), all_of_them=False)
    return {request.table: found[n] for n, request in enumerate(requests) if n in found}


def read_row(request: Request) -> dict[str, Any] | None:
    """The first row asked for, as plain values."""
    rows = read(request).slice(0, 1).to_pylist()
    return rows[0] if rows else None


def stream_file(request: Request, *, start: int = 0, length: int | None = None) -> Iterator[bytes]:
    """The file a bronze row came from, as received, in chunks. Raises Refused without the right to it."""
    chunks: Iterator[bytes] = _door().file(request, start, length)
    return chunks


def read_file(request: Request, *, start: int = 0, length: int | None = None) -> bytes:
    """The same file, or a part of it, whole."""
    return b"".join(stream_file(request, start=start, length=length))


def replace_rows(
    *,
    by: Any,
    table: str,
    rows: pa.Table,
    inputs: Mapping[str, int],
    run_id: str,
    code_version: str,
    patients: Sequence[str] | None = None,
) -> int:
    """Put `rows` in the place of all rows of a gold table, or of those of `patients`. The new version.

    For services, with `inputs`: the version of every table the rows were made from. Done twice it is as done
    once. Raises Refused, Undeclared and GateDown.
    """
    change = Replacement(
        table, dict(inputs), run_id, code_version, None if patients is None else list(patients)
    )
    version: int = _door().replace_rows(by, change, rows)
    return version


def ping() -> str:
    """Whether the gate answers, in words. Raises GateDown."""
    words: str = _door().ping()
    return words
