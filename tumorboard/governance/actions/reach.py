"""Who sees which patient: relations that open and end."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone

from tumorboard.audit.events import Event
from tumorboard.audit.record import record
from tumorboard.governance.actions.who import person
from tumorboard.governance.models import PatientReach


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
        patient_key=patient_key, reason=reason, user=user, group=group, ends_at=until, opened_by=person(by)
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
