"""The record of who did what: append-only, hash-chained, without foreign keys, so that it never hinders
or follows the live data."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any, ClassVar

from django.db import models

from tumorboard.audit.events import Event
from tumorboard.audit.phi import classify

GENESIS = "0" * 64
HASHED = (
    "seq", "event", "at", "actor_id", "actor_label", "purpose", "patient_key", "target_kind", "target_id",
    "table", "version", "columns", "detail", "previous_hash",
)  # fmt: skip


def canonical(content: Any) -> bytes:
    """JSON with one spelling only (sorted keys, no spaces, UTF-8), in the manner of RFC 8785."""
    return json.dumps(
        content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_spelled
    ).encode()


def _spelled(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return str(value)


def actor_of(by: Any) -> tuple[str, str]:
    """(id, label) of whoever acts: a user, the name of a process, or nobody."""
    if by is None or isinstance(by, str):
        return "", by or "nobody"
    return str(by.pk), by.get_username()


class AuditEvents(models.QuerySet["AuditEvent"]):
    def for_patient(self, patient_key: str) -> AuditEvents:
        return self.filter(patient_key=patient_key)

    def by_actor(self, user: Any) -> AuditEvents:
        return self.filter(actor_id=str(user.pk))

    def between(self, start: datetime | None = None, end: datetime | None = None) -> AuditEvents:
        """From `start` (inclusive) to `end` (exclusive); None leaves that side open."""
        events = self.filter(at__gte=start) if start else self
        return events.filter(at__lt=end) if end else events


class AuditEvent(models.Model):
    """One thing somebody did. Triggers refuse UPDATE, DELETE and TRUNCATE (migration 0002)."""

    seq = models.BigIntegerField(primary_key=True, help_text="1, 2, 3 ... without a gap")
    event = models.CharField(max_length=64, help_text="a code of tumorboard.audit.events.Event")
    at = models.DateTimeField()
    actor_id = models.CharField(max_length=64, blank=True)
    actor_label = models.CharField(max_length=150)
    purpose = models.CharField(max_length=32, blank=True)
    patient_key = models.CharField(max_length=64, blank=True)
    target_kind = models.CharField(max_length=64, blank=True)
    target_id = models.CharField(max_length=128, blank=True)
    table = models.CharField(max_length=128, blank=True)
    version = models.BigIntegerField(null=True)
    columns = models.JSONField(default=list)
    detail = models.JSONField(default=dict, help_text="never a patient's value")
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64, unique=True)

    PHI: ClassVar[dict[str, str]] = classify(
        none="seq event at purpose target_kind target_id table version columns detail previous_hash hash",
        id="patient_key actor_id",
        pii="actor_label",
    )
    objects = AuditEvents.as_manager()

    class Meta:
        ordering = ("seq",)
        indexes = [
            models.Index(fields=["patient_key", "seq"], name="audit_patient"),
            models.Index(fields=["actor_id", "seq"], name="audit_actor"),
            models.Index(fields=["at"], name="audit_at"),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.label} by {self.actor_label}"

    @property
    def label(self) -> str:
        """The words for the event; a code that later versions no longer know is shown as it is."""
        return Event(self.event).label if self.event in Event.values else self.event

    def computed_hash(self) -> str:
        return hashlib.sha256(canonical({name: getattr(self, name) for name in HASHED})).hexdigest()
