"""Every write of governance: who reaches which patient, grants, snapshots."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone
from guardian.shortcuts import assign_perm

from tumorboard.accounts.roles import CLINICIANS, CONSOLE, Role
from tumorboard.audit.events import Event
from tumorboard.audit.record import record
from tumorboard.governance.models import Kind, PatientReach, PublishedVersion, Securable, Snapshot
from tumorboard.governance.permissions import CATALOG
from tumorboard.lake import tables

SCHEMAS = ("bronze", "silver", "gold")
SERVICE_GROUP = "service"
READERS = frozenset({*CLINICIANS, Role.COORDINATOR})


@transaction.atomic
def open_reach(
    *,
    patient_key: str,
    reason: str,
    by: Any,
    user: Any = None,
    group: Group | None = None,
    until: datetime | None = None,
) -> PatientReach:
    """Let a person, or a group, see one patient. The same relation twice is one, open until the later end."""
    existing = (
        PatientReach.objects.select_for_update()
        .in_force()
        .filter(patient_key=patient_key, reason=reason, user=user, group=group)
        .first()
    )
    if existing is not None:
        return _extend(existing, until)
    reach = PatientReach.objects.create(
        patient_key=patient_key, reason=reason, user=user, group=group, ends_at=until, opened_by=_person(by)
    )
    whom = {"group": group.name} if group else {"user": user.pk}
    record(Event.REACH_OPENED, by=by, target=reach, patient_key=patient_key, reason=reason, **whom)
    return reach


def _extend(reach: PatientReach, until: datetime | None) -> PatientReach:
    if reach.ends_at is not None and (until is None or until > reach.ends_at):
        reach.ends_at = until
        reach.save(update_fields=["ends_at"])
    return reach


@transaction.atomic
def close_reach(*, reach: PatientReach, by: Any) -> bool:
    """End a relation now. False when it had already ended."""
    now = timezone.now()
    ended = PatientReach.objects.in_force().filter(pk=reach.pk).update(ends_at=now)
    if ended:
        record(Event.REACH_CLOSED, by=by, target=reach, patient_key=reach.patient_key, reason=reach.reason)
    return bool(ended)


@transaction.atomic
def pin_snapshot(*, by: Any) -> Snapshot:
    """Pin the latest published version of every table."""
    latest = PublishedVersion.objects.order_by("table", "-version").distinct("table")
    entries = {row.table: {"version": row.version, "hash": row.content_hash} for row in latest}
    snapshot = Snapshot.objects.create(entries=entries, created_by=_person(by))
    record(Event.SNAPSHOT_PINNED, by=by, target=snapshot, tables=len(entries))
    return snapshot


@transaction.atomic
def register_securables() -> None:
    """Make a securable of every declared table, and give the roles their standing grants.

    Clinicians and coordinators may select what their relations let them reach; stewards and administrators
    browse names, versions and lineage, which shows no data. Run again, it changes nothing.
    """
    catalog = _securable(Kind.CATALOG, CATALOG, None)
    schemas = {name: _securable(Kind.SCHEMA, name, catalog) for name in SCHEMAS}
    for table in tables.all_tables():
        _securable(Kind.TABLE, table.name, schemas[table.schema_name])
    _securable(Kind.VOLUME, "landing", catalog)
    for role in READERS:
        _grant(role.group_name, ("select", "read_volume"), catalog)
    for role in CONSOLE:
        _grant(role.group_name, ("browse",), catalog)
    _grant(SERVICE_GROUP, ("select",), catalog)


def _securable(kind: Kind, name: str, parent: Securable | None) -> Securable:
    return Securable.objects.get_or_create(name=name, defaults={"kind": kind, "parent": parent})[0]


def _grant(group_name: str, privileges: tuple[str, ...], securable: Securable) -> None:
    group, _ = Group.objects.get_or_create(name=group_name)
    for privilege in privileges:
        assign_perm(f"governance.{privilege}", group, securable)


def _person(by: Any) -> Any:
    """The account behind `by`; a process is named in the audit row only."""
    return by if hasattr(by, "pk") else None
