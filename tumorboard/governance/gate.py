"""The one door to the lake. Pages, tasks, exports and commands read through `read`, and nothing else does.

A request says who, why, which table and columns, which patient, which snapshot. The gate asks the decision
function, writes the audit record, and only then reads; the filter on the patient is pushed down into the
scan. If the record cannot be written there is no data. A request is plain values, so that the gate can
become a process of its own without touching its callers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from django.db import transaction

from tumorboard.audit.events import Event
from tumorboard.audit.record import record
from tumorboard.governance.ledger import crosswalk, lake
from tumorboard.governance.models import Snapshot
from tumorboard.governance.permissions import decide
from tumorboard.lake import tables
from tumorboard.lake.store import NotPublished

__all__ = ["NotPublished", "Refused", "Request", "read", "read_row"]


class Refused(PermissionError):
    """The decision function said no. Pages answer as if the thing did not exist."""


@dataclass(frozen=True)
class Request:
    """What one read asks for. `columns` None means all; `row_ids` narrows to single rows."""

    by: Any
    purpose: str
    table: str
    columns: Sequence[str] | None = None
    patient_key: str | None = None
    patient_keys: Sequence[str] | None = None
    row_ids: Sequence[str] | None = None
    snapshot: Snapshot | None = None
    version: int | None = None


def read(request: Request) -> pa.Table:
    """The rows asked for, after the decision and its record.

    Raises Refused, lake.NotPublished (nothing built yet, or not in the snapshot), lake.UnknownTable.
    """
    table = tables.get(request.table)
    version = _version(request)
    allowed = _decide(request)
    with transaction.atomic():
        _record(request, version, allowed)
    if not allowed:
        raise Refused(f"{request.table} is not open to this person for {request.purpose}")
    return lake().read(table, version=version, columns=request.columns, where=_where(request))


def read_row(request: Request) -> dict[str, Any] | None:
    """The first row asked for, as plain values."""
    rows = read(request).slice(0, 1).to_pylist()
    return rows[0] if rows else None


def _decide(request: Request) -> bool:
    wanted = request.patient_keys if request.patient_keys is not None else [request.patient_key]
    return all(decide(request.by, request.purpose, request.table, key).allowed for key in wanted)


def _version(request: Request) -> int:
    if request.snapshot is not None:
        version = request.snapshot.version(request.table)
    else:
        version = request.version if request.version is not None else lake().version(request.table)
    if version is None:
        raise NotPublished(f"{request.table} had not been built at that time")
    return version


def _record(request: Request, version: int, allowed: bool) -> None:
    keys = request.patient_keys if request.patient_keys is not None else [request.patient_key]
    for key in keys:
        record(
            Event.LAKE_READ if allowed else Event.LAKE_REFUSED,
            by=request.by,
            patient_key=key or "",
            table=request.table,
            version=version,
            columns=list(request.columns or []),
            purpose=request.purpose,
        )


def _where(request: Request) -> pc.Expression | None:
    """The filter pushed down into the scan: patients (bronze knows only their subjects) and rows."""
    conditions = []
    keys = request.patient_keys if request.patient_keys is not None else [request.patient_key]
    if request.table.startswith("bronze."):
        if keys != [None]:
            conditions.append(
                pc.field("subject_key").isin(sorted(crosswalk().subjects_of(list(filter(None, keys)))))
            )
    elif keys != [None]:
        conditions.append(pc.field("patient_key").isin(list(keys)))
    if request.row_ids is not None:
        conditions.append(pc.field("row_id").isin(list(request.row_ids)))
    return reduce(and_, conditions) if conditions else None
