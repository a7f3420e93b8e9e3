"""Emergency access to patients: what waits for review, and what was read under it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from tumorboard.audit.events import Event
from tumorboard.audit.models import AuditEvent, AuditEvents
from tumorboard.audit.record import record
from tumorboard.governance.models import BreakGlass, Notice
from tumorboard.governance.purposes import OPERATIONS
from tumorboard.ui.filters import any_of

OPEN, OVERDUE, REVIEWED = "open", "overdue", "reviewed"
STATES = {OPEN: "To be reviewed", OVERDUE: "Overdue", REVIEWED: "Reviewed"}


def search(chosen: Mapping[str, Any]) -> QuerySet[BreakGlass]:
    """The one that is due first comes first; reviewed ones last."""
    rows = BreakGlass.objects.select_related("user", "reviewed_by", "reach").order_by("state", "due_at")
    if chosen.get("q"):
        rows = rows.filter(any_of(chosen["q"], "user__username", "user__display_name"))
    return rows.filter(_is(chosen.get("state") or ""))


def _is(state: str) -> Q:
    waiting = Q(state=BreakGlass.State.OPEN)
    return {
        OPEN: waiting,
        OVERDUE: waiting & Q(due_at__lt=timezone.now()),
        REVIEWED: Q(state=BreakGlass.State.REVIEWED),
    }.get(state, Q())


def ended_at(opened: BreakGlass) -> datetime:
    """When it ended, or will: a review may have closed it early."""
    return min(opened.ends_at, opened.reach.ends_at or opened.ends_at)


def read_under(opened: BreakGlass) -> AuditEvents:
    """What the person did about this patient while it was open, newest first."""
    events = AuditEvent.objects.between(opened.opened_at, ended_at(opened)).by_actor(opened.user)
    return events.for_patient(opened.patient_key)


def note_look(opened: BreakGlass, by: Any) -> None:
    """Reading the log is an access too."""
    with transaction.atomic():
        record(
            Event.AUDIT_SEARCHED,
            by=by,
            patient_key=opened.patient_key,
            purpose=OPERATIONS,
            break_glass_id=str(opened.uuid),
        )


# ---- notices


def notices(user: Any) -> QuerySet[Notice]:
    """Those for the person or a group of theirs; the unseen first."""
    mine = Notice.objects.filter(Q(user=user) | Q(group__user=user))
    rows = mine.select_related("break_glass__user", "seen_by", "group")
    return rows.order_by("-seen_at", "-created_at")


def unseen(user: Any) -> int:
    return notices(user).filter(seen_at=None).count()
