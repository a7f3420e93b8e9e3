"""Pinned sets of table versions."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from tumorboard.audit.events import Event
from tumorboard.audit.record import record
from tumorboard.governance.actions.who import person
from tumorboard.governance.models import PublishedVersion, Snapshot


@transaction.atomic
def pin_snapshot(*, by: Any) -> Snapshot:
    """Pin the latest published version of every table."""
    latest = PublishedVersion.objects.order_by("table", "-version").distinct("table")
    entries = {row.table: {"version": row.version, "hash": row.content_hash} for row in latest}
    snapshot = Snapshot.objects.create(entries=entries, created_by=person(by))
    record(Event.SNAPSHOT_PINNED, by=by, target=snapshot, tables=len(entries))
    return snapshot
