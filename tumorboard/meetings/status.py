"""The ways of a meeting and of a case within it, as data."""

from __future__ import annotations

from django.db.models import TextChoices


class MeetingStatus(TextChoices):
    PLANNED = "planned", "Planned"
    IN_SESSION = "in_session", "In session"
    CLOSED = "closed", "Closed"


MEETING_TRANSITIONS: dict[MeetingStatus, tuple[MeetingStatus, ...]] = {
    MeetingStatus.PLANNED: (MeetingStatus.IN_SESSION,),
    MeetingStatus.IN_SESSION: (MeetingStatus.CLOSED,),
    MeetingStatus.CLOSED: (),
}


class ItemStatus(TextChoices):
    WAITING = "waiting", "Waiting"
    PRESENTED = "presented", "Presented"
    DECIDED = "decided", "Decided"
    DEFERRED = "deferred", "Deferred"


# A case that a meeting did not reach is deferred when it closes. A decision may be recorded again, and
# deferred after all, until it is signed (policies.check_unlocked).
ITEM_TRANSITIONS: dict[ItemStatus, tuple[ItemStatus, ...]] = {
    ItemStatus.WAITING: (ItemStatus.PRESENTED, ItemStatus.DEFERRED),
    ItemStatus.PRESENTED: (ItemStatus.DECIDED, ItemStatus.DEFERRED),
    ItemStatus.DECIDED: (ItemStatus.DECIDED, ItemStatus.DEFERRED),
    ItemStatus.DEFERRED: (),
}
