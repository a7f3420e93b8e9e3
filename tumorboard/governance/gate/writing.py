"""Rows that the application's own work puts into gold: by a service, with the inputs they were made from."""

from __future__ import annotations

import pyarrow as pa
from django.db import transaction

from tumorboard.audit.events import Event
from tumorboard.audit.record import record
from tumorboard.governance.gate.asking import Replacement
from tumorboard.governance.gate.faults import BadRequest, Refused
from tumorboard.governance.gate.proving import Proven
from tumorboard.governance.models.capabilities import Capability
from tumorboard.governance.opening import lake
from tumorboard.governance.permissions import OPERATIONS, has_grant, is_service
from tumorboard.lake import tables
from tumorboard.lake.store import Commit

WRITTEN = "gold."


def replace_rows(change: Replacement, new: pa.Table, proven: Proven, *, separate: bool) -> int:
    """Put rows in the place of others, in one transaction with its record. The new version."""
    check(change, new.schema, proven)
    commit = Commit(change.run_id, change.code_version, dict(change.inputs))
    with transaction.atomic(durable=separate):
        keep_still(proven)
        published = lake().replace(tables.get(change.table), new, commit, change.patients)
        note(change, published.version, new.num_rows, proven)
    return published.version


def check(change: Replacement, rows: pa.Schema, proven: Proven) -> None:
    """Raises Refused and BadRequest; nothing is written. The lake asks for the inputs itself."""
    tables.get(change.table)
    if not _may(change, proven):
        raise Refused(f"{change.table} is not open for writing to this account")
    missing = set(tables.get(change.table).columns) - set(rows.names)
    if missing:
        raise BadRequest(f"{change.table}: the rows lack the column {min(missing)!r}")


def _may(change: Replacement, proven: Proven) -> bool:
    held = proven.capability is None or proven.capability.allows_writing(change.table)
    return (
        held
        and proven.user is not None
        and proven.user.is_active
        and is_service(proven.user)
        and change.table.startswith(WRITTEN)
        and has_grant(proven.user, "modify", change.table, OPERATIONS)
    )


def keep_still(proven: Proven) -> None:
    """Inside the write's transaction: the capability stays in force until it ends. A worker that has lost its
    job meanwhile is refused, and its successor waits for the write. Raises Refused."""
    if proven.capability is None:
        return
    still = Capability.objects.in_force().filter(pk=proven.capability.pk).select_for_update()
    if not still.exists():
        raise Refused("the capability has ended; another attempt has the job")


def note(change: Replacement, version: int, rows: int, proven: Proven) -> None:
    """The record of the write, in its transaction."""
    record(
        Event.LAKE_WRITTEN,
        by=proven.user,
        phase="complete",
        outcome="written",
        table=change.table,
        version=version,
        purpose=OPERATIONS,
        row_count=rows,
        inputs=dict(change.inputs),
        run=change.run_id,
        **proven.on_record,
    )
