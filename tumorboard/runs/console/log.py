"""Searching the audit log, and whether its chain still holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from tumorboard.audit.models import AuditEvent
from tumorboard.audit.verify import verify

FAULTS_SHOWN = 50
VERIFIED_AT_ONCE = 20_000  # events; a longer log is verified when somebody asks


@dataclass(frozen=True)
class Verification:
    """What a walk along the chain found. The head, noted elsewhere, makes a later cut visible."""

    faults: list[str]
    head: AuditEvent | None

    @property
    def shown(self) -> list[str]:
        return self.faults[:FAULTS_SHOWN]


def search(chosen: Mapping[str, Any], patient_key: str = "") -> QuerySet[AuditEvent]:
    """Newest first. `chosen` holds event, actor (part of the label), table, since and until (both days
    included)."""
    events = AuditEvent.objects.between(_midnight(chosen.get("since")), _midnight(chosen.get("until"), 1))
    if chosen.get("event"):
        events = events.filter(event=chosen["event"])
    if chosen.get("actor"):
        events = events.filter(actor_label__icontains=chosen["actor"])
    if chosen.get("table"):
        events = events.filter(table__icontains=chosen["table"])
    if patient_key:
        events = events.for_patient(patient_key)
    return events.order_by("-seq")


def in_words(detail: Mapping[str, Any]) -> str:
    """`old: ready, new: on_agenda`"""
    return ", ".join(f"{name}: {value}" for name, value in detail.items())


def _midnight(day: Any, later: int = 0) -> datetime | None:
    return timezone.make_aware(datetime.combine(day + timedelta(days=later), time.min)) if day else None


def head() -> AuditEvent | None:
    return AuditEvent.objects.order_by("-seq").first()


def verification(noted: tuple[int, str] | None = None) -> Verification:
    return Verification(verify(head=noted), head())
