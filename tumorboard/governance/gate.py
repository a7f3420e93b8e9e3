"""The one door to the lake. Pages, tasks, exports and commands read through it, and nothing else does.

A request says who, why, which table and columns, which patients, which version. The gate asks the decision
function, writes the audit record, and only then reads; the filter on the patients is pushed down into the
scan. If the record cannot be written there is no data. Requests are plain values, so that the gate can
become a process of its own without touching its callers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import and_
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from django.db import transaction
from django.http import Http404

from tumorboard.audit.events import Event
from tumorboard.audit.record import record_many
from tumorboard.governance.ledger import crosswalk, lake, landing_volume, latest_versions
from tumorboard.governance.models import Snapshot
from tumorboard.governance.permissions import Standing, has_grant
from tumorboard.lake import tables
from tumorboard.lake.store import NotPublished

__all__ = ["NotPublished", "Refused", "Request", "read", "read_file", "read_many", "read_row", "version_of"]


LISTED = 100  # patients named one by one in the audit log


class Refused(Http404, PermissionError):
    """The decision function said no. A page that lets it through answers as if the thing did not exist."""


@dataclass(frozen=True)
class Request:
    """What one read asks for.

    `columns` None means all. `patient_keys` None asks for all patients, which only services may.
    `row_ids` narrows to single rows. Without `snapshot` and `version` the latest published version is read.
    """

    by: Any
    purpose: str
    table: str
    columns: Sequence[str] | None = None
    patient_key: str | None = None
    patient_keys: Sequence[str] | None = None
    row_ids: Sequence[str] | None = None
    snapshot: Snapshot | None = None
    version: int | None = None

    @property
    def patients(self) -> list[str] | None:
        if self.patient_keys is not None:
            return list(self.patient_keys)
        return None if self.patient_key is None else [self.patient_key]


def read(request: Request) -> pa.Table:
    """The rows asked for, after the decision and its record.

    Raises Refused, NotPublished (nothing built yet, or not in the snapshot), lake.UnknownTable.
    """
    return _admit([replace(request, version=version_of(request))])[0]


def version_of(request: Request) -> int:
    """The version a request means. Raises NotPublished."""
    version = _version(request, latest_versions([request.table]))
    if version is None:
        raise NotPublished(f"{request.table} had not been built at that time")
    return version


def read_many(requests: Sequence[Request]) -> dict[str, pa.Table]:
    """Several tables for one person in one step, by table name; a table not built yet is left out."""
    latest = latest_versions([request.table for request in requests])
    resolved = [replace(request, version=_version(request, latest)) for request in requests]
    ready = [request for request in resolved if request.version is not None]
    return {request.table: rows for request, rows in zip(ready, _admit(ready), strict=True)}


def read_row(request: Request) -> dict[str, Any] | None:
    """The first row asked for, as plain values."""
    rows = read(request).slice(0, 1).to_pylist()
    return rows[0] if rows else None


def read_file(request: Request) -> bytes:
    """The file a bronze row came from, as received. Raises Refused without the right to the volume."""
    if not has_grant(request.by, "read_volume", "landing"):
        with transaction.atomic():
            record_many(_events(replace(request, version=version_of(request)), False), by=request.by)
        raise Refused("the volume of received files is not open to this person")
    row = read_row(replace(request, columns=["file_hash"]))
    if row is None:
        raise NotPublished("no such row of this patient")
    return landing_volume().path(row["file_hash"]).read_bytes()


def _admit(requests: Sequence[Request]) -> list[pa.Table]:
    """Decide on all, record all, then read all: one refusal refuses the whole."""
    if not requests:
        return []
    by = requests[0].by
    if any(request.by != by for request in requests):
        raise ValueError("one read is for one person")
    standing = Standing.of(by, {key for request in requests for key in request.patients or []})
    verdicts = [_allowed(standing, request) for request in requests]
    with transaction.atomic():
        record_many([e for r, ok in zip(requests, verdicts, strict=True) for e in _events(r, ok)], by=by)
    if not all(verdicts):
        raise Refused(f"{requests[verdicts.index(False)].table} is not open to this person for this purpose")
    store = lake()
    return [
        store.read(tables.get(r.table), version=r.version, columns=r.columns, where=_where(r))
        for r in requests
    ]


def _allowed(standing: Standing, request: Request) -> bool:
    if not standing.opens(request.purpose, request.table).allowed:
        return False
    wanted: Sequence[str | None] = request.patients if request.patients is not None else [None]
    return all(standing.decide(request.purpose, request.table, key).allowed for key in wanted)


def _version(request: Request, latest: dict[str, int]) -> int | None:
    if request.version is not None:
        return request.version
    return request.snapshot.version(request.table) if request.snapshot else latest.get(request.table)


def _events(request: Request, allowed: bool) -> list[dict[str, Any]]:
    """One record for each patient of the request, so that 'who saw this patient' is one question; of a long
    list (the application's own work) one record with the number of patients and the hash of their keys."""
    common = {
        "event": Event.LAKE_READ if allowed else Event.LAKE_REFUSED,
        "table": request.table,
        "version": request.version,
        "columns": list(request.columns) if request.columns else ["*"],
        "purpose": request.purpose,
    }
    keys = request.patients or [""]
    if len(keys) > LISTED:
        digest = hashlib.sha256("\n".join(sorted(keys)).encode()).hexdigest()
        return [{**common, "patients": len(keys), "digest": digest}]
    return [{**common, "patient_key": key} for key in keys]


def _where(request: Request) -> pc.Expression | None:
    """The filter pushed down into the scan: patients (bronze knows only their subjects) and rows."""
    conditions = []
    if request.patients is not None:
        conditions.append(_about(request.table, request.patients))
    if request.row_ids is not None:
        conditions.append(_one_of("row_id", request.row_ids))
    return reduce(and_, conditions) if conditions else None


def _about(table: str, patients: Sequence[str]) -> pc.Expression:
    if table.startswith("bronze."):
        return _one_of("subject_key", sorted(crosswalk().subjects_of(patients)))
    return _one_of("patient_key", patients)


def _one_of(column: str, values: Sequence[str]) -> pc.Expression:
    """Typed, because a list of nothing has no type of its own."""
    return pc.field(column).isin(pa.array(list(values), pa.string()))
